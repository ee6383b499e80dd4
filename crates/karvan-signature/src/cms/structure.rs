//! The parts of `SignedData` that describe signatures: RFC 5652 §5.3, §11, RFC 5035, RFC 6211.

use karvan_pki::{Certificate, Legacy};
use karvan_text::{Place, Span};

use super::algorithm::Identifier;
use super::der::{
    self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, ObjectIdentifier, Parts, SEQUENCE, SET, UTF8_STRING, Value,
    context, primitive,
};
use crate::DigestAlgorithm;

const fn identifier(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// `id-data`: the content is octets (RFC 5652 §4).
pub(crate) const DATA: ObjectIdentifier = identifier("1.2.840.113549.1.7.1");
/// `id-signedData` (RFC 5652 §5.1).
pub(crate) const SIGNED_DATA: ObjectIdentifier = identifier("1.2.840.113549.1.7.2");
/// `id-contentType` (RFC 5652 §11.1).
pub(crate) const CONTENT_TYPE: ObjectIdentifier = identifier("1.2.840.113549.1.9.3");
/// `id-messageDigest` (RFC 5652 §11.2).
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = identifier("1.2.840.113549.1.9.4");
/// `id-signingTime` (RFC 5652 §11.3).
pub(crate) const SIGNING_TIME: ObjectIdentifier = identifier("1.2.840.113549.1.9.5");
/// `id-countersignature` (RFC 5652 §11.4).
pub(crate) const COUNTERSIGNATURE: ObjectIdentifier = identifier("1.2.840.113549.1.9.6");
/// `id-aa-signingCertificate` (RFC 2634 §5.4), with SHA-1.
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.12");
/// `id-aa-signingCertificateV2` (RFC 5035 §3).
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.47");
/// `id-aa-contentHint` (RFC 2634 §2.9).
pub(crate) const CONTENT_HINTS: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.4");
/// `id-aa-CMSAlgorithmProtection` (RFC 6211 §2).
pub(crate) const ALGORITHM_PROTECTION: ObjectIdentifier = identifier("1.2.840.113549.1.9.52");
/// `id-aa-signatureTimeStampToken` (RFC 3161 appendix A).
pub(crate) const SIGNATURE_TIMESTAMP: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.14");

/// `id-aa-ets-certValues` (RFC 5126 §6.3.3).
pub(crate) const CERTIFICATE_VALUES: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.23");
/// `id-aa-ets-revocationValues` (RFC 5126 §6.3.4).
pub(crate) const REVOCATION_VALUES: ObjectIdentifier = identifier("1.2.840.113549.1.9.16.2.24");

/// `SignerInfo` (RFC 5652 §5.3).
#[derive(Clone, Debug)]
pub(crate) struct SignerInfo {
    pub(crate) signer: SignerIdentifier,
    pub(crate) digest: Identifier,
    pub(crate) signed: Option<Attributes>,
    pub(crate) algorithm: Identifier,
    pub(crate) signature: Vec<u8>,
    pub(crate) unsigned: Attributes,
    /// Where it stands.
    pub(crate) place: Place,
}

/// `SignerIdentifier`: which certificate is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignerIdentifier {
    /// The DER of the issuer's name, and that of the serial number.
    IssuerAndSerial(Vec<u8>, Vec<u8>),
    /// The subject key identifier.
    Key(Vec<u8>),
}

/// `SignedAttributes` or `UnsignedAttributes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// What stands in the set, one value after the other, as it came.
    pub(crate) content: Vec<u8>,
    attributes: Vec<(ObjectIdentifier, Vec<u8>)>,
}

impl SignerInfo {
    /// Reads the DER of one.
    pub(crate) fn read(octets: &[u8], place: Place) -> Option<Self> {
        let mut parts = Value::whole(octets, SEQUENCE)?.parts();
        parts.field(INTEGER)?;
        let signer = SignerIdentifier::read(parts.next()?)?;
        let digest = Identifier::take(&mut parts)?;
        let signed = match parts.field(context(0)) {
            Some(attributes) => Some(Attributes::read(attributes)?),
            None => None,
        };
        let algorithm = Identifier::take(&mut parts)?;
        let signature = parts.field(OCTET_STRING)?.content.to_vec();
        let unsigned = match parts.field(context(1)) {
            Some(attributes) => Attributes::read(attributes)?,
            None => Attributes::default(),
        };
        parts.is_empty().then_some(Self { signer, digest, signed, algorithm, signature, unsigned, place })
    }

    /// The place of something that belongs to it.
    pub(crate) fn place_of(&self, name: &str) -> Place {
        Place { path: format!("{}/{name}", self.place.path), ..self.place.clone() }
    }
}

impl SignerIdentifier {
    fn read(value: Value<'_>) -> Option<Self> {
        match value.tag {
            SEQUENCE => {
                let mut parts = value.parts();
                let (issuer, serial) = (parts.field(SEQUENCE)?, parts.field(INTEGER)?);
                parts.is_empty().then(|| Self::IssuerAndSerial(issuer.octets.to_vec(), serial.octets.to_vec()))
            }
            tag if tag == primitive(0) => Some(Self::Key(value.content.to_vec())),
            _ => None,
        }
    }

    /// The identifier of `certificate` by issuer and serial number.
    pub(crate) fn of(certificate: &Certificate) -> Option<Self> {
        let (issuer, serial) = issuer_and_serial(certificate)?;
        Some(Self::IssuerAndSerial(issuer.to_vec(), serial.to_vec()))
    }

    /// Whether `certificate` is meant.
    pub(crate) fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial(issuer, serial) => {
                issuer_and_serial(certificate) == Some((issuer.as_slice(), serial.as_slice()))
            }
            Self::Key(key) => certificate.extensions().subject_key_identifier.as_deref() == Some(key.as_slice()),
        }
    }

    /// The DER.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        match self {
            Self::IssuerAndSerial(issuer, serial) => der::sequence(&[issuer, serial]),
            Self::Key(key) => der::value(primitive(0), &[key]),
        }
    }
}

/// The DER of a certificate's issuer and of its serial number (RFC 5280 §4.1).
pub(crate) fn issuer_and_serial(certificate: &Certificate) -> Option<(&[u8], &[u8])> {
    let mut fields = Value::whole(certificate.der(), SEQUENCE)?.parts().field(SEQUENCE)?.parts();
    fields.field(context(0));
    let serial = fields.field(INTEGER)?;
    fields.field(SEQUENCE)?;
    Some((fields.field(SEQUENCE)?.octets, serial.octets))
}

impl Attributes {
    pub(crate) fn read(set: Value<'_>) -> Option<Self> {
        let mut attributes = Vec::new();
        let mut parts = set.parts();
        while !parts.is_empty() {
            let mut attribute = parts.field(SEQUENCE)?.parts();
            let kind = attribute.object_identifier()?;
            let values = attribute.field(SET)?;
            if !attribute.is_empty() {
                return None;
            }
            attributes.push((kind, values.content.to_vec()));
        }
        Some(Self { content: set.content.to_vec(), attributes })
    }

    /// The kinds of the attributes, in order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = ObjectIdentifier> {
        self.attributes.iter().map(|(kind, _)| *kind)
    }

    /// The values of all attributes of this kind.
    pub(crate) fn values(&self, kind: ObjectIdentifier) -> impl Iterator<Item = Value<'_>> {
        self.attributes.iter().filter(move |(other, _)| *other == kind).flat_map(|(_, values)| Parts::new(values))
    }

    /// The one value of the one attribute of this kind; none if there is no such attribute.
    ///
    /// # Errors
    /// Several attributes or values, or none in it (RFC 5652 §11.1 to §11.3).
    pub(crate) fn single(&self, kind: ObjectIdentifier) -> Result<Option<Value<'_>>, ()> {
        let mut found = self.attributes.iter().filter(|(other, _)| *other == kind);
        let Some((_, values)) = found.next() else { return Ok(None) };
        let mut parts = Parts::new(values);
        match (parts.next(), parts.is_empty(), found.next()) {
            (Some(value), true, None) => Ok(Some(value)),
            _ => Err(()),
        }
    }
}

/// `Attribute` with one value.
pub(crate) fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::object_identifier(kind), &der::value(SET, &[value])])
}

/// `ESSCertIDv2` (RFC 5035 §4) or `ESSCertID`: the digest of a certificate, and whose it is.
pub(crate) struct CertificateReference<'a> {
    /// The digest algorithm; none where the reference is an `ESSCertID`, which means SHA-1.
    pub(crate) algorithm: Option<Identifier>,
    /// The digest of the DER of the certificate.
    pub(crate) digest: &'a [u8],
    /// The DER of issuer name and serial number, if they are there and the issuer is a directory name.
    pub(crate) issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> CertificateReference<'a> {
    /// The first reference of a `SigningCertificateV2` or, by the kind of the attribute, a `SigningCertificate`: the one to
    /// the signer's certificate.
    pub(crate) fn first(kind: ObjectIdentifier, value: Value<'a>) -> Option<Self> {
        let mut parts = value.parts().field(SEQUENCE)?.parts().field(SEQUENCE)?.parts();
        let algorithm = (kind == SIGNING_CERTIFICATE_V2).then(|| {
            // The default is SHA-256, which DER leaves out and some write.
            Identifier::take(&mut parts).unwrap_or_else(|| Identifier::of_digest(DigestAlgorithm::Sha256))
        });
        let digest = parts.field(OCTET_STRING)?.content;
        let issuer_and_serial = parts.field(SEQUENCE).and_then(|issuer_serial| {
            let mut parts = issuer_serial.parts();
            // GeneralNames with one directoryName [4].
            let name = parts.field(SEQUENCE)?.parts().field(context(4))?.content;
            Some((name, parts.field(INTEGER)?.octets))
        });
        Some(Self { algorithm, digest, issuer_and_serial })
    }

    /// Whether it refers to `certificate`. SHA-1 will do here: to be taken for another certificate, one would need the same
    /// digest, issuer and serial number.
    pub(crate) fn is(&self, certificate: &Certificate) -> bool {
        let algorithm = match &self.algorithm {
            None => Ok(DigestAlgorithm::Sha1),
            Some(algorithm) => algorithm.digest(Legacy::NONE),
        };
        let named = self.issuer_and_serial.is_none_or(|named| issuer_and_serial(certificate) == Some(named));
        named && algorithm.is_ok_and(|algorithm| algorithm.digest(certificate.der()).as_ref() == self.digest)
    }
}

/// `CMSAlgorithmProtection` (RFC 6211 §2): digest and signature algorithm, said once more where it is signed.
pub(crate) fn protected_algorithms(value: Value<'_>) -> Option<(Identifier, Identifier)> {
    let mut parts = value.parts();
    let digest = Identifier::take(&mut parts)?;
    Some((digest, Identifier::read(parts.field(context(1))?)?))
}

/// `ContentHints` (RFC 2634 §2.9): what the content is, in words, and its type.
pub(crate) fn content_hint(value: Value<'_>) -> Option<(Option<&str>, ObjectIdentifier)> {
    let mut parts = value.parts();
    let description = parts.field(UTF8_STRING).and_then(|text| std::str::from_utf8(text.content).ok());
    Some((description, parts.field(OBJECT_IDENTIFIER)?.object_identifier()?))
}

/// Where something stands in a file.
pub(crate) fn place(start: u64, end: u64, path: impl Into<String>) -> Place {
    Place { span: Span { start, end }, path: path.into(), ..Place::default() }
}
