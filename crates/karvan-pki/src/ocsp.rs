//! Answers of OCSP responders (RFC 6960 §4.2).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{ErrorKind, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use ring::digest;

use crate::asn1::{self, AlgorithmIdentifier, Reader, Signed};
use crate::certificate::{fits, hex, sha256};
use crate::crl::{Revocation, RevocationReason};
use crate::extensions::{self, Extension};
use crate::octets::place;
use crate::{
    Certificate, CertificateError, Legacy, Limit, Limits, Name, PublicKey, SignatureAlgorithm, SignatureError,
};

const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
const ARCHIVE_CUTOFF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.6");
const EXTENDED_REVOKE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.9");

/// The answer of an OCSP responder: its octets exactly as they came, and what they say.
#[derive(Clone)]
pub struct OcspResponse {
    /// The `BasicOCSPResponse`.
    der: Box<[u8]>,
    signed: Range<usize>,
    fingerprint: [u8; 32],
    responder: Responder,
    produced_at: Timestamp,
    answers: Vec<Answer>,
    nonce: Option<Box<[u8]>>,
    archive_cutoff: Option<Timestamp>,
    unprocessed_critical: Vec<ObjectIdentifier>,
    certificates: Vec<Arc<Certificate>>,
    signature_algorithm: Result<SignatureAlgorithm, SignatureError>,
    signature: Option<Box<[u8]>>,
}

/// `ResponderID`: who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Responder {
    /// `byName`.
    Name(Name),
    /// `byKey`: the SHA-1 digest of the key.
    Key(Box<[u8]>),
}

/// `SingleResponse`: what is said of one certificate.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    algorithm: ObjectIdentifier,
    issuer_name_hash: Box<[u8]>,
    issuer_key_hash: Box<[u8]>,
    pub(crate) serial: Box<[u8]>,
    pub(crate) status: CertificateStatus,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

/// `CertStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateStatus {
    Good,
    Revoked(Revocation),
    Unknown,
}

impl OcspResponse {
    /// Reads the DER of an `OCSPResponse`, or of the `BasicOCSPResponse` within one, as signatures carry it (RFC 5126 §6.3.4).
    ///
    /// # Errors
    /// What is neither, what is larger than [`Limits::revocation_size`], and an answer that says that there is none
    /// (`responseStatus`).
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, CertificateError> {
        fits(der, Limit::RevocationSize, limits)?;
        match response_bytes(der).map_err(|error| CertificateError::malformed("OCSPResponse", error))? {
            Response::Basic(basic) => Self::from_basic(basic, limits),
            Response::Refused(status) => Err(CertificateError::NoAnswer(status)),
        }
    }

    fn from_basic(der: &[u8], limits: &Limits) -> Result<Self, CertificateError> {
        let malformed = |field| move |error| CertificateError::malformed(field, error);
        let (Signed { octets: signed, algorithm, signature }, certificates) = asn1::whole(der, |reader| {
            reader.sequence(|reader| {
                let head = Signed::read(reader)?;
                let certificates = match reader.context(0)? {
                    Some(list) => asn1::whole(list.value(), |reader| reader.each(|reader| reader.whole_value()))?,
                    None => Vec::new(),
                };
                Ok((head, certificates))
            })
        })
        .map_err(malformed("BasicOCSPResponse"))?;
        let fields = asn1::whole(signed, Fields::read).map_err(malformed("tbsResponseData"))?;
        let mut response = Self {
            signed: place(signed, der).unwrap_or_default(),
            fingerprint: sha256(der),
            responder: fields.responder,
            produced_at: fields.produced_at,
            answers: Vec::new(),
            nonce: None,
            archive_cutoff: None,
            unprocessed_critical: Vec::new(),
            // A certificate that cannot be read is not the responder's; the answer then has none.
            certificates: certificates
                .into_iter()
                .filter_map(|der| Certificate::from_der(der, limits).ok())
                .map(Arc::new)
                .collect(),
            signature_algorithm: SignatureAlgorithm::of(&algorithm),
            signature: signature.as_bytes().map(Into::into),
            der: der.into(),
        };
        for bytes in [fields.extensions].into_iter().flatten().chain(fields.answer_extensions) {
            for extension in extensions::list(bytes)? {
                response.read_extension(extension).map_err(malformed("responseExtensions"))?;
            }
        }
        response.answers = fields.answers;
        Ok(response)
    }

    /// The octets of the `BasicOCSPResponse`, exactly as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the octets, in lower-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        hex(&self.fingerprint)
    }

    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Who answered.
    #[must_use]
    pub const fn responder(&self) -> &Responder {
        &self.responder
    }

    /// When the answer was signed.
    #[must_use]
    pub const fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// What the question had to make its answer its own (RFC 8954).
    #[must_use]
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// Since when the responder keeps what it knows of expired certificates.
    #[must_use]
    pub const fn archive_cutoff(&self) -> Option<Timestamp> {
        self.archive_cutoff
    }

    /// Certificates that came with it.
    #[must_use]
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// Critical extensions that are not processed: it may not be used.
    #[must_use]
    pub fn unprocessed_critical(&self) -> &[ObjectIdentifier] {
        &self.unprocessed_critical
    }

    /// Whether it may tell of `certificate`: of a serial number like its own.
    #[must_use]
    pub fn tells_of(&self, certificate: &Certificate) -> bool {
        self.answers.iter().any(|answer| *answer.serial == *certificate.serial_number())
    }

    pub(crate) fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// Whether `certificate` is that of the responder.
    #[must_use]
    pub fn is_by(&self, certificate: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => name == certificate.subject(),
            Responder::Key(digest) => **digest == *sha1(certificate.public_key().octets()).as_ref(),
        }
    }

    /// Checks the signature of the answer with the key of its responder, with what is weak but
    /// `allowed`.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn verify_signature(&self, responder: &PublicKey, allowed: Legacy) -> Result<(), SignatureError> {
        let algorithm = self.signature_algorithm.clone()?;
        let signature = self.signature.as_deref().ok_or(SignatureError::Wrong)?;
        responder.verify_allowing(algorithm, &self.der[self.signed.clone()], signature, allowed)
    }

    fn read_extension(&mut self, extension: Extension<'_>) -> der::Result<()> {
        let Extension { identifier, critical, value } = extension;
        match identifier {
            // RFC 8954 §2.1: an OCTET STRING, which older responders leave out.
            NONCE => {
                let octets = asn1::whole(value, Reader::octets);
                self.nonce = Some(octets.unwrap_or(value).into());
            }
            ARCHIVE_CUTOFF => self.archive_cutoff = Some(asn1::whole(value, Reader::time)?),
            EXTENDED_REVOKE => {}
            _ if critical => self.unprocessed_critical.push(identifier),
            _ => {}
        }
        Ok(())
    }
}

impl Answer {
    /// Whether this is about a certificate of `issuer` (RFC 6960 §4.1.1): by its name and its key.
    pub(crate) fn is_about(&self, issuer_name: &[u8], issuer_key: &PublicKey) -> bool {
        let algorithm = match self.algorithm.to_string().as_str() {
            "1.3.14.3.2.26" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "2.16.840.1.101.3.4.2.1" => &digest::SHA256,
            "2.16.840.1.101.3.4.2.2" => &digest::SHA384,
            "2.16.840.1.101.3.4.2.3" => &digest::SHA512,
            _ => return false,
        };
        // The digests only tell issuers apart: who may answer is checked by signature.
        *self.issuer_name_hash == *digest::digest(algorithm, issuer_name).as_ref()
            && *self.issuer_key_hash == *digest::digest(algorithm, issuer_key.octets()).as_ref()
    }

    fn read<'a>(reader: &mut Reader<'a>) -> der::Result<(Self, Option<&'a [u8]>)> {
        reader.sequence(|reader| {
            let (algorithm, issuer_name_hash, issuer_key_hash, serial) = reader.sequence(|reader| {
                Ok::<_, der::Error>((
                    AlgorithmIdentifier::read(reader)?.algorithm,
                    reader.octets()?.into(),
                    reader.octets()?.into(),
                    reader.integer()?.into(),
                ))
            })?;
            let status = CertificateStatus::read(reader.any()?)?;
            let this_update = reader.time()?;
            let next_update = reader.context(0)?.map(|field| asn1::whole(field.value(), Reader::time)).transpose()?;
            let extensions = reader.context(1)?.map(|extensions| extensions.value());
            let answer =
                Self { algorithm, issuer_name_hash, issuer_key_hash, serial, status, this_update, next_update };
            Ok((answer, extensions))
        })
    }
}

impl CertificateStatus {
    fn read(value: AnyRef<'_>) -> der::Result<Self> {
        let wrong = || der::Error::from(ErrorKind::Value { tag: value.tag() });
        if !value.tag().is_context_specific() {
            return Err(wrong());
        }
        match value.tag().number() {
            TagNumber(0) => Ok(Self::Good),
            TagNumber(1) => asn1::whole(value.value(), |reader| {
                let at = reader.time()?;
                let reason = match reader.context(0)? {
                    Some(reason) => asn1::whole(reason.value(), RevocationReason::read)?,
                    None => RevocationReason::UNSPECIFIED,
                };
                Ok(Self::Revoked(Revocation { at, reason, invalid_since: None }))
            }),
            TagNumber(2) => Ok(Self::Unknown),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for CertificateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Revoked(_) => "revoked",
            Self::Unknown => "unknown",
        })
    }
}

impl fmt::Display for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Key(digest) => write!(f, "key {}", hex(digest)),
        }
    }
}

impl PartialEq for OcspResponse {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for OcspResponse {}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({} at {}, {} answers)", self.responder, self.produced_at, self.answers.len())
    }
}

fn sha1(octets: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets)
}

enum Response<'a> {
    Basic(&'a [u8]),
    Refused(u8),
}

/// The `BasicOCSPResponse` of an `OCSPResponse`; one by itself begins with the sequence that is signed.
fn response_bytes(der: &[u8]) -> der::Result<Response<'_>> {
    asn1::whole(der, |reader| {
        reader.sequence(|reader| {
            let first = reader.any()?;
            if first.tag() != Tag::Enumerated {
                while !reader.is_finished() {
                    reader.any()?;
                }
                return Ok(Response::Basic(der));
            }
            let bytes = reader.context(0)?;
            match (first.value(), bytes) {
                ([0], Some(bytes)) => asn1::whole(bytes.value(), |reader| {
                    reader.sequence(|reader| {
                        let kind = reader.identifier()?;
                        let response = reader.octets()?;
                        if kind == BASIC {
                            Ok(Response::Basic(response))
                        } else {
                            Err(ErrorKind::Value { tag: Tag::ObjectIdentifier }.into())
                        }
                    })
                }),
                ([status], None) if *status != 0 => Ok(Response::Refused(*status)),
                _ => Err(ErrorKind::Value { tag: Tag::Enumerated }.into()),
            }
        })
    })
}

/// `ResponseData`, taken apart.
struct Fields<'a> {
    responder: Responder,
    produced_at: Timestamp,
    answers: Vec<Answer>,
    extensions: Option<&'a [u8]>,
    answer_extensions: Vec<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(reader: &mut Reader<'a>) -> der::Result<Self> {
        reader.sequence(|reader| {
            reader.context(0)?;
            let responder = if let Some(name) = reader.context(1)? {
                Responder::Name(asn1::whole(name.value(), Name::read)?)
            } else if let Some(digest) = reader.context(2)? {
                Responder::Key(asn1::whole(digest.value(), Reader::octets)?.into())
            } else {
                return Err(ErrorKind::Value { tag: Tag::Sequence }.into());
            };
            let produced_at = reader.time()?;
            let answers = reader.each(Answer::read)?;
            let extensions = reader.context(1)?.map(|extensions| extensions.value());
            let (answers, answer_extensions): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
            let answer_extensions = answer_extensions.into_iter().flatten().collect();
            Ok(Self { responder, produced_at, answers, extensions, answer_extensions })
        })
    }
}
