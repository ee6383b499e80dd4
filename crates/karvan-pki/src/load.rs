//! Certificates out of files: PEM, DER, PKCS #7, pairs of cross-certificates and LDIF.

use std::fmt;
use std::ops::Range;

use der::asn1::ObjectIdentifier;
use der::{ErrorKind, Tag, Tagged};
use karvan_text::{Code, Diagnostic, Locator, Message, Place};

use crate::asn1::{self, Reader};
use crate::ldif;
use crate::pem::{self, BlockError};
use crate::{Certificate, CertificateError, Limits, OcspResponse, RevocationList};

/// A part of a file that could not be used; the rest of the file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadProblem {
    /// The name of the file, as the caller gave it.
    pub file: String,
    /// Which certificate of the file, from 1.
    pub index: usize,
    /// Where it stands in the file.
    pub place: Place,
    /// What is wrong with it.
    pub error: LoadError,
}

/// Why something in a file is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// The file holds no certificate at all.
    Nothing,
    /// A PEM block cannot be decoded.
    Pem(BlockError),
    /// A certificate cannot be read.
    Certificate(CertificateError),
    /// The file holds no revocation list and no OCSP response at all.
    NoEvidence,
    /// A revocation list or an OCSP response cannot be read.
    Evidence(CertificateError),
    /// A PKCS #7 structure cannot be read: what the DER reader says.
    Pkcs7(String),
    /// A pair of cross-certificates (RFC 4523 §2.3) cannot be read: what the DER reader says.
    Pair(String),
    /// A value of an LDIF file is not base64.
    Ldif,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no certificate (PEM, DER or PKCS #7) in it"),
            Self::Pem(BlockError::Unfinished) => f.write_str("the PEM block has no END line of its own"),
            Self::Pem(BlockError::NotBase64) => f.write_str("the PEM block is not base64"),
            Self::Pem(BlockError::Headers) => f.write_str("the PEM block has headers"),
            Self::NoEvidence => f.write_str("no revocation list or OCSP response (PEM, DER or PKCS #7) in it"),
            Self::Certificate(error) | Self::Evidence(error) => error.fmt(f),
            Self::Pkcs7(detail) => write!(f, "PKCS #7 is malformed: {detail}"),
            Self::Pair(detail) => write!(f, "the pair of cross-certificates is malformed: {detail}"),
            Self::Ldif => f.write_str("the value is not base64"),
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadProblem {
    /// A file that as a whole could not be read.
    pub(crate) fn of_file(file: &str, bytes: &[u8], error: CertificateError) -> Self {
        let place = Place { span: (0..bytes.len()).into(), ..Place::default() };
        Self { file: file.to_owned(), index: 1, place, error: LoadError::Certificate(error) }
    }

    /// The problem as a finding: a warning, for what cannot be read cannot be trusted either.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (code, message) = match &self.error {
            LoadError::Nothing => (7902, Message::new("trust-no-certificate")),
            LoadError::NoEvidence => (7904, Message::new("trust-no-evidence")),
            LoadError::Evidence(error) => {
                let message = Message::new("trust-evidence-unreadable").with("index", self.index);
                (7903, message.with("detail", error))
            }
            error => {
                let message = Message::new("trust-certificate-unreadable").with("index", self.index);
                (7901, message.with("detail", error))
            }
        };
        Diagnostic::new(Code::warning(code), message, self.place.clone())
    }
}

/// Every certificate in `bytes`, whatever the file is: PEM with any number of blocks (keys and others are passed
/// over), one DER certificate, a PKCS #7 bag of certificates (`.p7b`, `.p7c`) in PEM or DER, a pair of
/// cross-certificates (`crossCertificatePair`, RFC 4523 §2.3) in DER, or the LDIF of a directory (RFC 2849).
///
/// `file` names the file in problems.
#[must_use]
pub fn certificates(file: &str, bytes: &[u8], limits: &Limits) -> (Vec<Certificate>, Vec<LoadProblem>) {
    let mut loaded = Loaded::new(file, bytes, limits);
    if !is_der(bytes) && pem::is_pem(bytes) {
        for block in pem::blocks(bytes) {
            loaded.range = block.range;
            match (block.label, block.contents) {
                ("CERTIFICATE" | "X509 CERTIFICATE", Ok(der)) => loaded.certificate(&der),
                ("PKCS7" | "CMS", Ok(der)) => loaded.pkcs7(&der),
                ("CERTIFICATE" | "X509 CERTIFICATE" | "PKCS7" | "CMS", Err(error)) => {
                    loaded.problem(LoadError::Pem(error))
                }
                // Keys, requests, revocation lists.
                _ => {}
            }
        }
    } else if ldif::is_ldif(bytes) {
        for value in ldif::values(bytes) {
            loaded.range = value.range;
            match (value.kind, value.contents) {
                (ldif::Kind::Certificate, Some(der)) => loaded.certificate(&der),
                (ldif::Kind::Pair, Some(der)) => loaded.pair(&der),
                (_, None) => loaded.problem(LoadError::Ldif),
            }
        }
    } else if is_pkcs7(bytes) {
        loaded.pkcs7(bytes);
    } else if is_pair(bytes) {
        loaded.pair(bytes);
    } else if bytes.first() == Some(&0x30) {
        loaded.certificate(bytes);
    }
    if loaded.certificates.is_empty() && loaded.problems.is_empty() {
        loaded.range = 0..0;
        loaded.problem(LoadError::Nothing);
    }
    (loaded.certificates, loaded.problems)
}

/// Every revocation list and OCSP response in `bytes`, told apart by what they are: PEM with any number of blocks (others
/// are passed over), one of them in DER, or the lists of a PKCS #7 bag.
pub(crate) fn evidence(
    file: &str,
    bytes: &[u8],
    limits: &Limits,
) -> (Vec<RevocationList>, Vec<OcspResponse>, Vec<LoadProblem>) {
    let mut loaded = Loaded::new(file, bytes, limits);
    if pem::is_pem(bytes) {
        for block in pem::blocks(bytes) {
            loaded.range = block.range;
            match (block.label, block.contents) {
                ("X509 CRL" | "OCSP RESPONSE", Ok(der)) => loaded.evidence(&der),
                ("PKCS7" | "CMS", Ok(der)) => loaded.pkcs7_lists(&der),
                ("X509 CRL" | "OCSP RESPONSE" | "PKCS7" | "CMS", Err(error)) => {
                    loaded.problem(LoadError::Pem(error));
                }
                _ => {}
            }
        }
    } else if is_pkcs7(bytes) {
        loaded.pkcs7_lists(bytes);
    } else if bytes.first() == Some(&0x30) {
        loaded.evidence(bytes);
    }
    if loaded.lists.is_empty() && loaded.responses.is_empty() && loaded.problems.is_empty() {
        loaded.range = 0..0;
        loaded.problem(LoadError::NoEvidence);
    }
    (loaded.lists, loaded.responses, loaded.problems)
}

/// Whether the DER may be an OCSP response: `ENUMERATED`, or a sequence that begins with the responder or the version, where
/// a list has its version or an algorithm.
fn is_response(der: &[u8]) -> bool {
    asn1::whole(der, |reader| {
        reader.sequence(|reader| {
            let first = reader.any()?;
            while !reader.is_finished() {
                reader.any()?;
            }
            let inner = first.value().first().copied();
            Ok(first.tag() == Tag::Enumerated || inner.is_some_and(|tag| tag & 0xc0 == 0x80))
        })
    })
    .unwrap_or(false)
}

struct Loaded<'a> {
    file: &'a str,
    bytes: &'a [u8],
    limits: &'a Limits,
    /// Where in `bytes` the block stands that is read.
    range: Range<usize>,
    certificates: Vec<Certificate>,
    lists: Vec<RevocationList>,
    responses: Vec<OcspResponse>,
    problems: Vec<LoadProblem>,
}

impl<'a> Loaded<'a> {
    const fn new(file: &'a str, bytes: &'a [u8], limits: &'a Limits) -> Self {
        Self {
            file,
            bytes,
            limits,
            range: 0..bytes.len(),
            certificates: Vec::new(),
            lists: Vec::new(),
            responses: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn evidence(&mut self, der: &[u8]) {
        let read = if is_response(der) {
            OcspResponse::from_der(der, self.limits).map(|response| self.responses.push(response))
        } else {
            RevocationList::from_der(der, self.limits).map(|list| self.lists.push(list))
        };
        if let Err(error) = read {
            self.problem(LoadError::Evidence(error));
        }
    }

    fn pkcs7_lists(&mut self, der: &[u8]) {
        match pkcs7(der) {
            Ok((_, lists)) => lists.into_iter().for_each(|list| self.evidence(list)),
            Err(error) => self.problem(LoadError::Pkcs7(error.to_string())),
        }
    }

    fn certificate(&mut self, der: &[u8]) {
        match Certificate::from_der(der, self.limits) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(error) => self.problem(LoadError::Certificate(error)),
        }
    }

    fn pkcs7(&mut self, der: &[u8]) {
        match pkcs7(der) {
            Ok((certificates, _)) => certificates.into_iter().for_each(|certificate| self.certificate(certificate)),
            Err(error) => self.problem(LoadError::Pkcs7(error.to_string())),
        }
    }

    fn pair(&mut self, der: &[u8]) {
        match pair_certificates(der) {
            Ok(certificates) => certificates.into_iter().for_each(|certificate| self.certificate(certificate)),
            Err(error) => self.problem(LoadError::Pair(error.to_string())),
        }
    }

    fn problem(&mut self, error: LoadError) {
        let read = self.certificates.len() + self.lists.len() + self.responses.len();
        let index = read + self.problems.len() + 1;
        let position = Locator::default().position(self.bytes, self.range.start);
        let place = Place { span: self.range.clone().into(), position, ..Place::default() };
        self.problems.push(LoadProblem { file: self.file.to_owned(), index, place, error });
    }
}

/// Whether `bytes` are one SEQUENCE and nothing else: no text, whatever stands in it.
fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && asn1::whole(bytes, Reader::any).is_ok()
}

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Whether `bytes` begin a `ContentInfo` of `SignedData`.
fn is_pkcs7(bytes: &[u8]) -> bool {
    let identifier = SIGNED_DATA.as_bytes();
    // SEQUENCE, its length in one to five octets, OBJECT IDENTIFIER and its length.
    let window = bytes.get(..8 + identifier.len()).unwrap_or(bytes);
    bytes.first() == Some(&0x30) && window.windows(identifier.len()).any(|octets| octets == identifier)
}

/// Whether `bytes` begin a `CertificatePair`: a SEQUENCE whose first member has the tag \[0\] or \[1\].
fn is_pair(bytes: &[u8]) -> bool {
    let header = match bytes {
        [0x30, 0..=0x7f, ..] => 2,
        [0x30, length, ..] => 2 + usize::from(length & 0x7f),
        _ => return false,
    };
    matches!(bytes.get(header), Some(0xa0 | 0xa1))
}

/// The certificates of a `CertificatePair` (RFC 4523 §2.3): the one issued to the authority, then the one it issued.
fn pair_certificates(bytes: &[u8]) -> der::Result<Vec<&[u8]>> {
    asn1::whole(bytes, |reader| {
        reader.sequence(|reader| {
            let pair = [reader.context(0)?, reader.context(1)?];
            Ok(pair.into_iter().flatten().map(|certificate| certificate.value()).collect())
        })
    })
}

/// The certificates and the revocation lists of a PKCS #7 / CMS `SignedData` (RFC 5652 §5.1), as their octets; no signature
/// in it is looked at.
#[expect(clippy::type_complexity, reason = "two lists of octets")]
fn pkcs7(bytes: &[u8]) -> der::Result<(Vec<&[u8]>, Vec<&[u8]>)> {
    let content = asn1::whole(bytes, |reader| {
        reader.sequence(|reader| {
            let kind = reader.identifier()?;
            let content = reader.context(0)?;
            if kind == SIGNED_DATA { Ok(content) } else { Err(ErrorKind::Value { tag: Tag::ObjectIdentifier }.into()) }
        })
    })?;
    let Some(content) = content else { return Ok((Vec::new(), Vec::new())) };
    asn1::whole(content.value(), |reader| {
        reader.sequence(|reader| {
            reader.integer()?;
            for expected in [Tag::Set, Tag::Sequence] {
                reader.any()?.tag().assert_eq(expected)?;
            }
            let mut bags = [Vec::new(), Vec::new()];
            for (number, bag) in (0..).zip(&mut bags) {
                if let Some(list) = reader.context(number)? {
                    *bag = asn1::elements(list.value(), |reader| reader.whole_value())?;
                }
            }
            // What follows, the signers, is not looked at.
            while !reader.is_finished() {
                reader.any()?;
            }
            let [certificates, lists] = bags;
            Ok((certificates, lists))
        })
    })
}
