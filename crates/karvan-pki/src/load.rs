//! Certificates out of files: PEM, DER and PKCS #7.

use std::fmt;
use std::ops::Range;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, ErrorKind, Reader, Tag, Tagged};
use karvan_text::{Code, Diagnostic, Locator, Message, Place};

use crate::asn1;
use crate::pem::{self, BlockError};
use crate::{Certificate, CertificateError, Limits};

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
    /// A PKCS #7 structure cannot be read: what the DER reader says.
    Pkcs7(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no certificate (PEM, DER or PKCS #7) in it"),
            Self::Pem(BlockError::Unfinished) => f.write_str("the PEM block has no END line of its own"),
            Self::Pem(BlockError::NotBase64) => f.write_str("the PEM block is not base64"),
            Self::Pem(BlockError::Headers) => f.write_str("the PEM block has headers"),
            Self::Certificate(error) => error.fmt(f),
            Self::Pkcs7(detail) => write!(f, "PKCS #7 is malformed: {detail}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadProblem {
    /// The problem as a finding: a warning, for what cannot be read cannot be trusted either.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (code, message) = match &self.error {
            LoadError::Nothing => (7902, Message::new("trust-no-certificate")),
            error => {
                let message = Message::new("trust-certificate-unreadable").with("index", self.index);
                (7901, message.with("detail", error))
            }
        };
        Diagnostic::new(Code::warning(code), message, self.place.clone())
    }
}

/// Every certificate in `bytes`, whatever the file is: PEM with any number of blocks (keys and others are passed
/// over), one DER certificate, or a PKCS #7 bag of certificates (`.p7b`, `.p7c`) in PEM or DER.
///
/// `file` names the file in problems.
#[must_use]
pub fn certificates(file: &str, bytes: &[u8], limits: &Limits) -> (Vec<Certificate>, Vec<LoadProblem>) {
    let mut loaded =
        Loaded { file, bytes, limits, range: 0..bytes.len(), certificates: Vec::new(), problems: Vec::new() };
    if pem::is_pem(bytes) {
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
    } else if is_pkcs7(bytes) {
        loaded.pkcs7(bytes);
    } else if bytes.first() == Some(&0x30) {
        loaded.certificate(bytes);
    }
    if loaded.certificates.is_empty() && loaded.problems.is_empty() {
        loaded.range = 0..0;
        loaded.problem(LoadError::Nothing);
    }
    (loaded.certificates, loaded.problems)
}

struct Loaded<'a> {
    file: &'a str,
    bytes: &'a [u8],
    limits: &'a Limits,
    /// Where in `bytes` the block stands that is read.
    range: Range<usize>,
    certificates: Vec<Certificate>,
    problems: Vec<LoadProblem>,
}

impl Loaded<'_> {
    fn certificate(&mut self, der: &[u8]) {
        match Certificate::from_der(der, self.limits) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(error) => self.problem(LoadError::Certificate(error)),
        }
    }

    fn pkcs7(&mut self, der: &[u8]) {
        match pkcs7_certificates(der) {
            Ok(certificates) => certificates.into_iter().for_each(|certificate| self.certificate(certificate)),
            Err(error) => self.problem(LoadError::Pkcs7(error.to_string())),
        }
    }

    fn problem(&mut self, error: LoadError) {
        let index = self.certificates.len() + self.problems.len() + 1;
        let position = Locator::default().position(self.bytes, self.range.start);
        let place = Place { span: self.range.clone().into(), position, ..Place::default() };
        self.problems.push(LoadProblem { file: self.file.to_owned(), index, place, error });
    }
}

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Whether `bytes` begin a `ContentInfo` of `SignedData`.
fn is_pkcs7(bytes: &[u8]) -> bool {
    let identifier = SIGNED_DATA.as_bytes();
    // SEQUENCE, its length in one to five octets, OBJECT IDENTIFIER and its length.
    let window = bytes.get(..8 + identifier.len()).unwrap_or(bytes);
    bytes.first() == Some(&0x30) && window.windows(identifier.len()).any(|octets| octets == identifier)
}

/// The certificates of a PKCS #7 / CMS `SignedData` (RFC 5652 §5.1), as its octets; no signature in it is looked at.
fn pkcs7_certificates(bytes: &[u8]) -> der::Result<Vec<&[u8]>> {
    let content = asn1::whole(bytes, |reader| {
        reader.sequence(|reader| {
            let kind = ObjectIdentifier::decode(reader)?;
            let content = asn1::context(reader, 0)?;
            if kind == SIGNED_DATA { Ok(content) } else { Err(ErrorKind::Value { tag: Tag::ObjectIdentifier }.into()) }
        })
    })?;
    let Some(content) = content else { return Ok(Vec::new()) };
    let certificates = asn1::whole(content.value(), |reader| {
        reader.sequence(|reader| {
            asn1::integer(reader)?;
            for expected in [Tag::Set, Tag::Sequence] {
                AnyRef::decode(reader)?.tag().assert_eq(expected)?;
            }
            let certificates = asn1::context(reader, 0)?;
            // What follows, lists of revoked certificates and the signers, is not looked at.
            while !reader.is_finished() {
                AnyRef::decode(reader)?;
            }
            Ok(certificates)
        })
    })?;
    let Some(certificates) = certificates else { return Ok(Vec::new()) };
    asn1::elements(certificates.value(), |reader| reader.tlv_bytes())
}
