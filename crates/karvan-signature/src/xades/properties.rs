//! The signed properties: ETSI EN 319 132-1 §5.2, the same when made and when found.

use jiff::Timestamp;

use super::CertificateReference;
use crate::DigestAlgorithm;

/// What a signer says about a signature, under the signature.
///
/// The defaults say nothing. [`qualify`](Properties::qualify) adds the signer's certificate and the formats of what is signed
/// where they are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// SigningTime (§5.2.1): when the signer claims to have signed.
    pub signing_time: Option<Timestamp>,
    /// SigningCertificateV2 (§5.2.2), or the SigningCertificate of earlier versions: the signer's certificate first, then
    /// perhaps those of its path.
    pub certificates: Vec<CertificateReference>,
    /// SignaturePolicyIdentifier (§5.2.9): the rules that the signature was made under.
    pub policy: Option<SignaturePolicy>,
    /// SignatureProductionPlaceV2 (§5.2.5), or that of earlier versions.
    pub place: Option<ProductionPlace>,
    /// SignerRoleV2 (§5.2.6), or that of earlier versions.
    pub role: Option<SignerRole>,
    /// DataObjectFormat (§5.2.4), one for each thing that is signed.
    pub formats: Vec<DataObjectFormat>,
    /// CommitmentTypeIndication (§5.2.3): what signing means.
    pub commitments: Vec<Commitment>,
}

/// An object identifier or URI with what it stands for (§4.5.3, ObjectIdentifierType).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectIdentifier {
    /// A URI; an OID as `urn:oid:1.2.3`.
    pub identifier: String,
    /// A description for people.
    pub description: Option<String>,
    /// Where more is said about it.
    pub documents: Vec<String>,
}

impl ObjectIdentifier {
    /// The identifier alone; digits and points are an OID.
    #[must_use]
    pub fn new(identifier: impl Into<String>) -> Self {
        let identifier = identifier.into();
        let is_oid = !identifier.is_empty()
            && identifier.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|digit| digit.is_ascii_digit()));
        let identifier = if is_oid { format!("urn:oid:{identifier}") } else { identifier };
        Self { identifier, ..Self::default() }
    }
}

/// The rules that a signature was made under (§5.2.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// They follow from what is signed.
    Implied,
    /// They are those of a document.
    Explicit {
        /// The document.
        identifier: ObjectIdentifier,
        /// The digest of it, if its octets were digested as they are.
        digest: PolicyDigest,
        /// SPURI: where the document can be had.
        location: Option<String>,
        /// SPUserNotice: what to show whoever looks at the signature.
        notice: Option<String>,
    },
}

/// The digest of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDigest {
    /// The algorithm, if Karvan has it.
    pub algorithm: Option<DigestAlgorithm>,
    /// The digest.
    pub value: Vec<u8>,
    /// Whether the digest is of something made of the document by transforms, and cannot be compared with its octets.
    pub transformed: bool,
}

/// Where the signer claims to have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductionPlace {
    /// City.
    pub city: Option<String>,
    /// Street and number; not in earlier versions.
    pub street: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// In which role the signer signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerRole {
    /// Roles that the signer claims.
    pub claimed: Vec<String>,
    /// How many attribute certificates say so; Karvan tells of them and does not validate them.
    pub certified: usize,
    /// How many signed assertions say so; Karvan tells of them and does not validate them.
    pub assertions: usize,
}

/// What format something signed has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataObjectFormat {
    /// The Reference that it is about: `#` and its identifier.
    pub reference: String,
    /// A description for people.
    pub description: Option<String>,
    /// An identifier of the format.
    pub identifier: Option<ObjectIdentifier>,
    /// The media type.
    pub mime_type: Option<String>,
    /// The encoding, a URI.
    pub encoding: Option<String>,
}

/// What signing means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// Which commitment.
    pub identifier: ObjectIdentifier,
    /// The References that it is about; none: all of them.
    pub references: Vec<String>,
}

impl Commitment {
    /// The commitments that ETSI names (EN 319 132-1 §5.2.3, TS 119 172-1 Annex B), by the last part of their URI.
    pub const NAMES: [&'static str; 6] =
        ["ProofOfOrigin", "ProofOfReceipt", "ProofOfDelivery", "ProofOfSender", "ProofOfApproval", "ProofOfCreation"];

    /// A commitment to all that is signed: one of [`Self::NAMES`], or any URI or OID.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let identifier = match Self::NAMES.contains(&name) {
            true => format!("http://uri.etsi.org/01903/v1.2.2#{name}"),
            false => name.to_owned(),
        };
        Self { identifier: ObjectIdentifier::new(identifier), references: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_uris() {
        assert_eq!(ObjectIdentifier::new("1.2.840.113549").identifier, "urn:oid:1.2.840.113549");
        assert_eq!(ObjectIdentifier::new("https://example.org/policy").identifier, "https://example.org/policy");
        assert_eq!(ObjectIdentifier::new("").identifier, "");
        let origin = "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin";
        assert_eq!(Commitment::new("ProofOfOrigin").identifier.identifier, origin);
    }
}
