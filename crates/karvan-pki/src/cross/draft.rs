//! A cross-certificate that is still to be signed.

use std::fmt;

use jiff::Timestamp;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Deserialize;

use crate::certificate::sha256;
use crate::encode::{count, explicit, extension, identifier, integer, sequence, time, value};
use crate::names_written::subtree_base;
use crate::{Certificate, CertificateError, KeyKind, Limits, NameError, ObjectIdentifier, ObjectIdentifierText};

/// What a cross-certificate is to allow.
///
/// ```toml
/// from = "2026-01-01T00:00:00Z"
/// until = "2030-01-01T00:00:00Z"
/// path-length = 1
/// permitted = ["directory:C=TR"]
/// policies = ["1.3.6.1.4.1.32473.364.1"]
/// mappings = [{ issuer = "1.3.6.1.4.1.32473.364.1", subject = "1.3.6.1.4.1.32473.792.1" }]
/// require-explicit-policy = 0
/// inhibit-policy-mapping = 0
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Terms {
    /// The first instant of its validity.
    pub from: Timestamp,
    /// The last instant.
    pub until: Timestamp,
    /// The serial number in hexadecimal digits; where none is given, one that follows from the content.
    pub serial: Option<String>,
    /// How many further authorities may follow.
    pub path_length: Option<u64>,
    /// The names that may be certified: `directory:C=TR`, `dns:com.tr`, `email:…`, `uri:…`, `ip:…/…`.
    #[serde(default)]
    pub permitted: Vec<String>,
    /// The names that may not.
    #[serde(default)]
    pub excluded: Vec<String>,
    /// The policies under which it is issued.
    #[serde(default)]
    pub policies: Vec<ObjectIdentifierText>,
    /// Which policies of the subject count for which of the issuer.
    #[serde(default)]
    pub mappings: Vec<TermsMapping>,
    /// After how many certificates a policy must be stated.
    pub require_explicit_policy: Option<u64>,
    /// After how many certificates nobody may map policies.
    pub inhibit_policy_mapping: Option<u64>,
    /// After how many certificates `anyPolicy` counts no more.
    pub inhibit_any_policy: Option<u64>,
    /// Where the revocation list of the issuer is.
    #[serde(default)]
    pub revocation_lists: Vec<String>,
}

/// A policy of the issuer and the one of the subject that counts for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsMapping {
    /// What the issuer calls it.
    pub issuer: ObjectIdentifierText,
    /// What the subject calls it.
    pub subject: ObjectIdentifierText,
}

/// Why a cross-certificate cannot be drafted or completed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftError {
    /// The terms are not the table that is expected: what the reader says, with line and column.
    Terms(String),
    /// It would end before it begins.
    EndsBeforeItBegins,
    /// A name of the constraints cannot be written.
    Name(NameError),
    /// The serial number is not one to twenty octets in hexadecimal digits.
    Serial(String),
    /// Karvan knows no signature algorithm for the key of the issuer.
    Key(String),
    /// What it becomes with the signature is no certificate.
    Certificate(CertificateError),
    /// The signature is not one by the key of the issuer.
    Signature,
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms(detail) => f.write_str(detail),
            Self::EndsBeforeItBegins => f.write_str("the cross-certificate would end before it begins"),
            Self::Name(error) => error.fmt(f),
            Self::Serial(text) => write!(f, "{text} is no serial number of one to twenty octets in hexadecimal digits"),
            Self::Key(kind) => write!(f, "no signature algorithm is known for a key of the kind {kind}"),
            Self::Certificate(error) => error.fmt(f),
            Self::Signature => f.write_str("the signature is not one by the key of the issuer"),
        }
    }
}

impl std::error::Error for DraftError {}

impl Terms {
    /// Reads terms from TOML.
    ///
    /// # Errors
    /// What is not such a table.
    pub fn from_toml(text: &str) -> Result<Self, DraftError> {
        toml::from_str(text).map_err(|error| DraftError::Terms(error.to_string()))
    }
}

/// A cross-certificate to be signed by its issuer.
#[derive(Clone, Debug)]
pub struct Draft {
    issuer: Certificate,
    subject: Certificate,
    terms: Terms,
    to_be_signed: Vec<u8>,
    algorithm: Vec<u8>,
}

impl Draft {
    /// Drafts the certificate by which `issuer` certifies name and key of `subject` on these terms.
    ///
    /// # Errors
    /// Terms that no certificate can say.
    pub fn new(issuer: &Certificate, subject: &Certificate, terms: Terms) -> Result<Self, DraftError> {
        let algorithm = algorithm(issuer.public_key().kind())?;
        let identifier = match &issuer.extensions().subject_key_identifier {
            Some(identifier) => identifier.to_vec(),
            None => sha256(issuer.public_key().spki())[..20].to_vec(),
        };
        let to_be_signed = to_be_signed(issuer.subject_der(), &identifier, &algorithm, subject, &terms)?;
        Ok(Self { issuer: issuer.clone(), subject: subject.clone(), terms, to_be_signed, algorithm })
    }

    /// The octets that the issuer signs: the `tbsCertificate`, DER.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// The certificate with the issuer's signature.
    ///
    /// # Errors
    /// The signature is not one by the issuer's key over [`to_be_signed`](Self::to_be_signed).
    pub fn complete(&self, signature: &[u8]) -> Result<Certificate, DraftError> {
        let certificate = assemble(&self.to_be_signed, &self.algorithm, signature)?;
        certificate.verify_signature(self.issuer.public_key()).map_err(|_| DraftError::Signature)?;
        Ok(certificate)
    }

    /// The same with a signature whose two numbers, if the key is on an elliptic curve, stand side by side (`r ‖ s`).
    ///
    /// # Errors
    /// As of [`complete`](Self::complete).
    pub fn complete_with(&self, signature: &[u8]) -> Result<Certificate, DraftError> {
        match self.issuer.public_key().kind() {
            KeyKind::EcP256 | KeyKind::EcP384 => {
                let (r, s) = signature.split_at(signature.len() / 2);
                self.complete(&sequence([&integer(r)[..], &integer(s)]))
            }
            _ => self.complete(signature),
        }
    }

    /// The same cross-certificate under a stand-in for the issuer, and that stand-in as an anchor: what it would let in can be
    /// asked before anybody has signed it. Neither is of any use for anything else, the stand-in's key being known to all.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn trial(&self) -> Result<(Certificate, Certificate), DraftError> {
        let kind = || DraftError::Key(KeyKind::Ed25519.to_string());
        let key = Ed25519KeyPair::from_seed_unchecked(&sha256(b"stand-in")).map_err(|_| kind())?;
        let algorithm = algorithm(&KeyKind::Ed25519)?;
        let spki = sequence([&algorithm[..], &bit_string(key.public_key().as_ref())]);
        let sign = |content: &[u8]| assemble(content, &algorithm, key.sign(content).as_ref());
        // A root of version 1, so that nothing but the terms binds what is below it.
        let name = self.issuer.subject_der();
        let validity = sequence([&time(self.terms.from)[..], &time(self.terms.until)]);
        let root = sequence([&integer(&[1])[..], &algorithm, name, &validity, name, &spki]);
        let cross = to_be_signed(name, b"stand-in", &algorithm, &self.subject, &self.terms)?;
        Ok((sign(&root)?, sign(&cross)?))
    }
}

fn to_be_signed(
    issuer: &[u8],
    issuer_key_identifier: &[u8],
    algorithm: &[u8],
    subject: &Certificate,
    terms: &Terms,
) -> Result<Vec<u8>, DraftError> {
    if terms.until <= terms.from {
        return Err(DraftError::EndsBeforeItBegins);
    }
    let extensions = extensions(issuer_key_identifier, subject, terms)?;
    let validity = sequence([&time(terms.from)[..], &time(terms.until)]);
    let parts = [algorithm, issuer, &validity, subject.subject_der(), subject.public_key().spki(), &extensions];
    let serial = match &terms.serial {
        Some(text) => serial(text).ok_or_else(|| DraftError::Serial(text.clone()))?,
        // RFC 5280 §4.1.2.2 asks for a number of its own: what differs in content differs in it.
        None => {
            let mut octets = sha256(&parts.concat())[..16].to_vec();
            octets[0] = octets[0] & 0x7f | 0x40;
            octets
        }
    };
    let version = explicit(0, &integer(&[2]));
    let serial = integer(&serial);
    Ok(sequence([&version[..], &serial].into_iter().chain(parts)))
}

fn serial(text: &str) -> Option<Vec<u8>> {
    let digits = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    let pairs = digits.as_bytes().chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|octet| octet.is_ascii_hexdigit()))?;
        u8::from_str_radix(pair, 16).ok()
    });
    // At most twenty octets, the sign included.
    pairs.collect::<Option<Vec<_>>>().filter(|octets| {
        (1..=20).contains(&octets.len())
            && octets.iter().any(|octet| *octet != 0)
            && !(octets.len() == 20 && octets[0] >= 0x80)
    })
}

/// The `extensions` field, its tag included.
fn extensions(issuer: &[u8], subject: &Certificate, terms: &Terms) -> Result<Vec<u8>, DraftError> {
    let kind = |last: u8| ObjectIdentifier::from_bytes(&[0x55, 0x1d, last]);
    let mut list = Vec::new();
    let mut add = |last: u8, critical: bool, content: Vec<u8>| {
        // Arcs below 128 always make an identifier.
        if let Ok(kind) = kind(last) {
            list.push(extension(kind, critical, &content));
        }
    };
    let length = terms.path_length.map(|length| value(0x02, &count(length))).unwrap_or_default();
    add(19, true, sequence([&[0x01, 0x01, 0xff][..], &length]));
    // keyCertSign and cRLSign.
    add(15, true, vec![0x03, 0x02, 0x01, 0x06]);
    let own = match &subject.extensions().subject_key_identifier {
        Some(identifier) => identifier.to_vec(),
        None => sha256(subject.public_key().spki())[..20].to_vec(),
    };
    add(14, false, value(0x04, &own));
    add(35, false, sequence([&value(0x80, issuer)[..]]));
    let trees = |number: u8, texts: &[String]| {
        let trees = texts.iter().map(|text| Ok(sequence([&subtree_base(text).map_err(DraftError::Name)?[..]])));
        let trees = trees.collect::<Result<Vec<_>, DraftError>>()?.concat();
        Ok(if trees.is_empty() { trees } else { explicit(number, &trees) })
    };
    let names = [trees(0, &terms.permitted)?, trees(1, &terms.excluded)?].concat();
    if !names.is_empty() {
        add(30, true, sequence([&names[..]]));
    }
    if !terms.policies.is_empty() {
        let policies = terms.policies.iter().map(|policy| sequence([&identifier(policy.0)[..]]));
        add(32, true, sequence([&policies.collect::<Vec<_>>().concat()[..]]));
    }
    if !terms.mappings.is_empty() {
        let pair = |pair: &TermsMapping| sequence([&identifier(pair.issuer.0)[..], &identifier(pair.subject.0)]);
        add(33, true, sequence([&terms.mappings.iter().map(pair).collect::<Vec<_>>().concat()[..]]));
    }
    let counted = |tag: u8, number: Option<u64>| number.map(|number| value(tag, &count(number))).unwrap_or_default();
    let constraints =
        [counted(0x80, terms.require_explicit_policy), counted(0x81, terms.inhibit_policy_mapping)].concat();
    if !constraints.is_empty() {
        add(36, true, sequence([&constraints[..]]));
    }
    if let Some(number) = terms.inhibit_any_policy {
        add(54, true, value(0x02, &count(number)));
    }
    if !terms.revocation_lists.is_empty() {
        let point = |uri: &String| sequence([&explicit(0, &explicit(0, &value(0x86, uri.as_bytes())))[..]]);
        add(31, false, sequence([&terms.revocation_lists.iter().map(point).collect::<Vec<_>>().concat()[..]]));
    }
    Ok(explicit(3, &sequence(list.iter().map(Vec::as_slice))))
}

/// The `AlgorithmIdentifier` with which a key of that kind signs.
fn algorithm(kind: &KeyKind) -> Result<Vec<u8>, DraftError> {
    const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
    const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
    const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
    const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
    let (kind, parameters): (_, &[u8]) = match kind {
        KeyKind::Rsa { .. } => (SHA256_WITH_RSA, &[0x05, 0x00]),
        KeyKind::EcP256 => (ECDSA_SHA256, &[]),
        KeyKind::EcP384 => (ECDSA_SHA384, &[]),
        KeyKind::Ed25519 => (ED25519, &[]),
        other => return Err(DraftError::Key(other.to_string())),
    };
    Ok(sequence([&identifier(kind)[..], parameters]))
}

fn assemble(content: &[u8], algorithm: &[u8], signature: &[u8]) -> Result<Certificate, DraftError> {
    let der = sequence([content, algorithm, &bit_string(signature)]);
    Certificate::from_der(&der, &Limits::default()).map_err(DraftError::Certificate)
}

fn bit_string(octets: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], octets].concat())
}
