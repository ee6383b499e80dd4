//! A signature that verifies, and what it says about itself.

use jiff::Timestamp;
use karvan_pki::{Certificate, Legacy, PublicKey, SignatureAlgorithm};
use karvan_text::Place;

use super::structure::{
    CONTENT_HINTS, SIGNATURE_TIMESTAMP, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNING_TIME, SignerInfo,
    content_hint,
};
use super::time;
use crate::DigestAlgorithm;

/// One signature that verifies, by a key that nobody has looked at yet.
#[derive(Clone, Debug)]
pub struct Signature {
    place: Place,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: DigestAlgorithm,
    certificate: Certificate,
    value: Vec<u8>,
    has_attributes: bool,
    names_certificate: bool,
    signing_time: Option<Timestamp>,
    content_hint: Option<String>,
    timestamps: Vec<Vec<u8>>,
    carried: Carried,
    countersignatures: Vec<Signature>,
}

/// What a signature carries to be validated later.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    pub(super) certificates: Vec<Certificate>,
    pub(super) revocation: Vec<Vec<u8>>,
}

impl Signature {
    pub(super) fn new(
        signer: &SignerInfo,
        digest: DigestAlgorithm,
        algorithm: SignatureAlgorithm,
        (certificate, key): (Certificate, PublicKey),
        carried: Carried,
        countersignatures: Vec<Self>,
    ) -> Self {
        let signed = signer.signed.as_ref();
        let single = |kind| signed.and_then(|signed| signed.single(kind).ok().flatten());
        Self {
            place: signer.place.clone(),
            key,
            algorithm,
            digest,
            certificate,
            value: signer.signature.clone(),
            has_attributes: signed.is_some(),
            names_certificate: single(SIGNING_CERTIFICATE_V2).or_else(|| single(SIGNING_CERTIFICATE)).is_some(),
            signing_time: single(SIGNING_TIME).and_then(time::read),
            content_hint: single(CONTENT_HINTS)
                .and_then(content_hint)
                .and_then(|(description, _)| description)
                .map(str::to_owned),
            timestamps: signer.unsigned.values(SIGNATURE_TIMESTAMP).map(|value| value.octets.to_vec()).collect(),
            carried,
            countersignatures,
        }
    }

    /// Where it stands in the file.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The public key that it verifies with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The signature algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The digest of the content.
    #[must_use]
    pub const fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// What is weak about it, and was allowed.
    #[must_use]
    pub fn legacy(&self) -> Legacy {
        self.algorithm.legacy(self.key.kind()) | self.digest.legacy()
    }

    /// The certificate of that key.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The octets of the signature, which timestamps and countersignatures are over.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Whether attributes are signed with the content.
    #[must_use]
    pub const fn has_attributes(&self) -> bool {
        self.has_attributes
    }

    /// Whether the signer's certificate is named in what is signed (`signingCertificateV2`, or the older
    /// `signingCertificate`), as CAdES-BES asks
    /// (ETSI EN 319 122-1 §6.3).
    #[must_use]
    pub const fn names_certificate(&self) -> bool {
        self.names_certificate
    }

    /// When it was made, as the signer claims.
    #[must_use]
    pub const fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// What the content is, in the words of the signer (RFC 2634 §2.9).
    #[must_use]
    pub fn content_hint(&self) -> Option<&str> {
        self.content_hint.as_deref()
    }

    /// Timestamps over the signature (RFC 3161 appendix A), each the DER of a token, not yet verified.
    #[must_use]
    pub fn timestamps(&self) -> &[Vec<u8>] {
        &self.timestamps
    }

    /// The certificates among its unsigned attributes (RFC 5126 §6.3.3), for building paths; those of `SignedData` stand beside it.
    #[must_use]
    pub fn certificate_values(&self) -> &[Certificate] {
        &self.carried.certificates
    }

    /// What is told of revocation for its sake, lists and OCSP responses, each in DER: in `SignedData`, and among its unsigned
    /// attributes (RFC 5126 §6.3.4).
    #[must_use]
    pub fn revocation(&self) -> &[Vec<u8>] {
        &self.carried.revocation
    }

    /// Signatures over this signature, which verify.
    #[must_use]
    pub fn countersignatures(&self) -> &[Self] {
        &self.countersignatures
    }
}
