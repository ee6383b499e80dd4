//! One X.509 certificate.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::asn1::{self, AlgorithmIdentifier, Reader, Signed};
use crate::octets::place;
use crate::{Extensions, Legacy, Limit, Limits, Name, Octets, PublicKey, SignatureAlgorithm, SignatureError};

/// An X.509 certificate (RFC 5280 §4): its octets exactly as they came, and what they say.
///
/// ```
/// # let der = karvan_pki::pem::blocks(include_bytes!("../../../samples/pki/signers/anka.pem")).next().unwrap().contents.unwrap();
/// let certificate = karvan_pki::Certificate::from_der(&der, &karvan_pki::Limits::default())?;
/// assert_eq!(certificate.subject().to_string(), "CN=Anka Dis Ticaret (sample),O=Anka Dis Ticaret (sample),C=TR");
/// assert_eq!(certificate.not_after().to_string(), "2037-01-01T00:00:00Z");
/// # Ok::<(), karvan_pki::CertificateError>(())
/// ```
#[derive(Clone)]
pub struct Certificate {
    der: Octets,
    /// Where in `der` the `tbsCertificate` stands: the octets that are signed.
    signed: Range<usize>,
    fingerprint: OnceLock<[u8; 32]>,
    version: u64,
    serial: Octets,
    issuer: Name,
    /// Where in `der` the issuer stands.
    issuer_range: Range<usize>,
    subject: Name,
    /// Where in `der` the subject stands.
    subject_range: Range<usize>,
    not_before: Timestamp,
    not_after: Timestamp,
    public_key: PublicKey,
    signature_algorithm: Result<SignatureAlgorithm, SignatureError>,
    /// Where in `der` it stands; none where it is not a whole number of octets: readable, but the signature of nobody.
    signature: Option<Range<usize>>,
    extensions: Extensions,
}

/// Why octets are no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// A field is not the DER that RFC 5280 asks for.
    Malformed {
        /// The field, in the words of RFC 5280.
        field: &'static str,
        /// What the DER reader says.
        detail: String,
    },
    /// The certificate or one of its names is larger than a limit.
    TooLarge {
        /// Octets it has.
        size: usize,
        /// The limit that it exceeds.
        limit: Limit,
        /// Octets it may have.
        most: usize,
    },
    /// The signed and the unsigned signature algorithm differ (RFC 5280 §4.1.1.2).
    AlgorithmsDiffer,
    /// An extension stands twice (RFC 5280 §4.2).
    DuplicateExtension(ObjectIdentifier),
    /// An OCSP responder had no answer: its `responseStatus` (RFC 6960 §4.2.1).
    NoAnswer(u8),
    /// Extensions in a certificate of version 1 or 2, or a version that does not exist (RFC 5280 §4.1.2.1).
    Version(u64),
}

impl CertificateError {
    pub(crate) fn malformed(field: &'static str, error: der::Error) -> Self {
        Self::Malformed { field, detail: error.to_string() }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { field, detail } => write!(f, "{field} is malformed: {detail}"),
            Self::TooLarge { size, limit, most } => write!(f, "{size} octets exceed the limit {limit} ({most})"),
            Self::AlgorithmsDiffer => f.write_str("signature and signatureAlgorithm differ"),
            Self::DuplicateExtension(identifier) => write!(f, "extension {identifier} stands twice"),
            Self::NoAnswer(status) => {
                let name = match status {
                    1 => "malformedRequest",
                    2 => "internalError",
                    3 => "tryLater",
                    5 => "sigRequired",
                    6 => "unauthorized",
                    _ => "unknown status",
                };
                write!(f, "the OCSP responder did not answer: {name} ({status})")
            }
            Self::Version(version) => write!(f, "version {} with these fields", version.saturating_add(1)),
        }
    }
}

impl std::error::Error for CertificateError {}

impl Certificate {
    /// Reads the DER of a certificate.
    ///
    /// # Errors
    /// What is not a certificate as RFC 5280 §4.1 writes it, or one larger than the limit. An unknown signature
    /// algorithm, kind of key or extension is none: the path that needs it fails.
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, CertificateError> {
        fits(der, Limit::CertificateSize, limits)?;
        Self::read(der.into(), limits)
    }

    fn read(der: Octets, limits: &Limits) -> Result<Self, CertificateError> {
        let Signed { octets: signed, algorithm: outer_algorithm, signature } =
            asn1::whole(&der, |reader| reader.sequence(Signed::read))
                .map_err(|error| CertificateError::malformed("Certificate", error))?;
        let fields = Fields::read(signed)?;
        if fields.signature != outer_algorithm {
            return Err(CertificateError::AlgorithmsDiffer);
        }
        fits(fields.issuer, Limit::NameSize, limits)?;
        fits(fields.subject, Limit::NameSize, limits)?;
        let malformed = |field| move |error| CertificateError::malformed(field, error);
        let extensions = match (fields.version, fields.extensions) {
            (0..=2, None) => Extensions::default(),
            (2, Some(extensions)) => Extensions::read(extensions, &der)?,
            (version, _) => return Err(CertificateError::Version(version)),
        };
        let range = |part: &[u8]| place(part, &der).unwrap_or_default();
        Ok(Self {
            fingerprint: OnceLock::new(),
            version: fields.version + 1,
            serial: der.part(fields.serial),
            issuer_range: range(fields.issuer),
            subject_range: range(fields.subject),
            issuer: Name::from_der(fields.issuer).map_err(malformed("issuer"))?,
            subject: Name::from_der(fields.subject).map_err(malformed("subject"))?,
            not_before: fields.not_before,
            not_after: fields.not_after,
            public_key: PublicKey::read(der.part(fields.public_key)).map_err(malformed("subjectPublicKeyInfo"))?,
            signature_algorithm: SignatureAlgorithm::of(&outer_algorithm),
            signature: signature.as_bytes().map(range),
            extensions,
            signed: range(signed),
            der,
        })
    }

    /// A trust anchor that is told by its name and key alone (RFC 5914): it has no issuer but itself, no signature and no end,
    /// and its octets are those of the `TrustAnchorInfo`.
    pub(crate) fn of_anchor(
        der: &[u8],
        name: &[u8],
        public_key: &[u8],
        unprocessed_critical: Vec<ObjectIdentifier>,
    ) -> Result<Self, CertificateError> {
        let malformed = |field| move |error| CertificateError::malformed(field, error);
        let read = Name::from_der(name).map_err(malformed("taName"))?;
        let range = place(name, der).unwrap_or_default();
        Ok(Self {
            fingerprint: OnceLock::new(),
            version: 3,
            serial: [0][..].into(),
            issuer: read.clone(),
            issuer_range: range.clone(),
            subject: read,
            subject_range: range,
            not_before: Timestamp::MIN,
            not_after: Timestamp::MAX,
            public_key: PublicKey::from_spki(public_key).map_err(malformed("pubKey"))?,
            signature_algorithm: Err(SignatureError::Wrong),
            signature: None,
            extensions: Extensions { unprocessed_critical, ..Extensions::default() },
            signed: 0..0,
            der: der.into(),
        })
    }

    /// The octets of the certificate, exactly as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same, to keep.
    pub(crate) const fn octets(&self) -> &Octets {
        &self.der
    }

    /// SHA-256 over the octets.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        self.fingerprint.get_or_init(|| sha256(&self.der))
    }

    /// The fingerprint in lower-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        hex(self.fingerprint())
    }

    /// 1, 2 or 3.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The serial number in lower-case hexadecimal digits, as it is encoded.
    #[must_use]
    pub fn serial(&self) -> String {
        hex(self.serial_number())
    }

    /// The content octets of the serial number.
    #[must_use]
    pub fn serial_number(&self) -> &[u8] {
        &self.serial
    }

    /// The DER of the issuer, exactly as it came.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.der[self.issuer_range.clone()]
    }

    /// The DER of the subject, exactly as it came.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.der[self.subject_range.clone()]
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose key it is.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The first instant of its validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last instant of its validity.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The subject's key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// What its extensions say.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The algorithm of its signature, if Karvan knows it.
    #[must_use]
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.signature_algorithm.as_ref().ok().copied()
    }

    /// Whether subject and issuer are the same name (RFC 5280 §6.1): a new key or policy of the same authority, or a
    /// root.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether its extensions say that the subject may issue certificates.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Checks the signature of the certificate with the key of its issuer (RFC 5280 §6.1.3 (a)(1)).
    ///
    /// # Errors
    /// Why it is not good.
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<(), SignatureError> {
        self.verify_signature_allowing(issuer, Legacy::NONE)
    }

    /// The same, with what is weak but `allowed`.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn verify_signature_allowing(&self, issuer: &PublicKey, allowed: Legacy) -> Result<(), SignatureError> {
        let algorithm = self.signature_algorithm.clone()?;
        let signature = self.signature.clone().ok_or(SignatureError::Wrong)?;
        issuer.verify_allowing(algorithm, &self.der[self.signed.clone()], &self.der[signature], allowed)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} issued by {}, serial {})", self.subject, self.issuer, self.serial())
    }
}

/// Whether there are no more octets than a limit allows.
///
/// # Errors
/// That there are.
pub(crate) fn fits(octets: &[u8], limit: Limit, limits: &Limits) -> Result<(), CertificateError> {
    let (size, most) = (octets.len(), limit.value(limits));
    if size > most { Err(CertificateError::TooLarge { size, limit, most }) } else { Ok(()) }
}

/// `TBSCertificate`, taken apart.
struct Fields<'a> {
    version: u64,
    serial: &'a [u8],
    signature: AlgorithmIdentifier<'a>,
    issuer: &'a [u8],
    not_before: Timestamp,
    not_after: Timestamp,
    subject: &'a [u8],
    public_key: &'a [u8],
    extensions: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        // Which field is read, for the error.
        let mut field = "tbsCertificate";
        let fields = asn1::whole(bytes, |reader| {
            reader.sequence(|reader| {
                field = "version";
                let version = match reader.context(0)? {
                    None => 0,
                    Some(version) => asn1::unsigned(asn1::whole(version.value(), Reader::integer)?)?,
                };
                field = "serialNumber";
                let serial = reader.integer()?;
                field = "signature";
                let signature = AlgorithmIdentifier::read(reader)?;
                field = "issuer";
                let issuer = reader.whole_value()?;
                field = "validity";
                let (not_before, not_after) =
                    reader.sequence(|reader| Ok::<_, der::Error>((reader.time()?, reader.time()?)))?;
                field = "subject";
                let subject = reader.whole_value()?;
                field = "subjectPublicKeyInfo";
                let public_key = reader.whole_value()?;
                field = "issuerUniqueID";
                reader.context(1)?;
                field = "subjectUniqueID";
                reader.context(2)?;
                field = "extensions";
                let extensions = reader.context(3)?.map(|extensions| extensions.value());
                Ok(Fields {
                    version,
                    serial,
                    signature,
                    issuer,
                    not_before,
                    not_after,
                    subject,
                    public_key,
                    extensions,
                })
            })
        });
        fields.map_err(|error| CertificateError::malformed(field, error))
    }
}

/// The SHA-256 digest of `octets`.
pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, octets).as_ref());
    digest
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
}
