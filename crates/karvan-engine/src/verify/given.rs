//! Verifying with a key that the user gives, in place of a path from a certificate to a trust anchor.
//!
//! Nobody but the user says whose key it is. So the outcome is one of its own ([`Outcome::ByGivenKey`]), its proof is a
//! [`GivenKey`] and no verdict, and what the signature offers, keys and certificates, counts for nothing.

use std::io::{self, Read, Seek, Write};

use jiff::Timestamp;
use karvan_pki::{Limits, PublicKey};
use karvan_signature::{Intact, KeyError, KnownKeys, Policy, Secret, Verified, read_public_key};
use serde::Serialize;

use super::xades::Examined;
use super::{Outcome, Report, intact};
use crate::trust::{Material, Named};

/// The keys that the user gives, each with the name of where it comes from.
#[derive(Clone, Debug, Default)]
pub struct GivenKeys {
    keys: Vec<(String, PublicKey)>,
    secrets: Vec<(String, Secret)>,
}

impl GivenKeys {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.secrets.is_empty()
    }

    /// Adds the public key in a file: PEM or DER, by itself or in a certificate, of which nothing else counts.
    ///
    /// # Errors
    /// What is not exactly one public key.
    pub fn add_key(&mut self, (name, octets): &Named) -> Result<(), KeyError> {
        self.keys.push((name.clone(), read_public_key(octets)?));
        Ok(())
    }

    /// Adds a secret that is shared with the signer (HMAC).
    ///
    /// # Errors
    /// A secret that somebody could guess: one that is shorter than [`Secret::LEAST`].
    pub fn add_secret(&mut self, name: String, octets: Vec<u8>) -> Result<(), KeyError> {
        self.secrets.push((name, Secret::new(octets)?));
        Ok(())
    }

    fn known(&self) -> KnownKeys<'_> {
        KnownKeys { keys: &self.keys, secrets: &self.secrets, alone: true, ..KnownKeys::default() }
    }
}

/// Which of the given keys a signature verifies with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GivenKey {
    /// What it is.
    pub kind: GivenKind,
    /// Where it comes from, as the user named it.
    pub name: String,
}

/// What a given key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenKind {
    /// A public key: whoever has the private one signed.
    PublicKey,
    /// A secret: whoever has it can have signed, the verifier too.
    Secret,
}

/// Content that whoever has the given key signed.
#[derive(Debug)]
pub struct ByGivenKey {
    /// The content, and the key that proves it.
    pub verified: Verified<GivenKey>,
    /// What was signed. It names no signer: nobody proved one.
    pub report: Report,
}

/// Verifies the signature in `source`, over `files` where it refers to any, with `keys` alone.
///
/// The outcome is [`Outcome::ByGivenKey`] or [`Outcome::Broken`]; never one that a path decides. `at` is the time at which the
/// properties of XAdES are looked at.
///
/// ```
/// use karvan_engine::verify::{GivenKeys, Outcome, verify_by_keys};
/// use karvan_signature::{DigestAlgorithm, Signed, Signer};
///
/// let secret = b"known to both of us".to_vec();
/// let order = karvan_xml::Document::parse("<order><id>7</id></order>", &Default::default())?;
/// let signer = Signer::with_secret(&secret, DigestAlgorithm::Sha256);
/// let signed = signer.sign_in(order.root(), &[Signed::Document])?;
///
/// let mut keys = GivenKeys::default();
/// keys.add_secret("shared.key".to_owned(), secret)?;
/// let outcome = verify_by_keys(signed.into(), &[], &keys, &Default::default(), jiff::Timestamp::UNIX_EPOCH);
/// let Outcome::ByGivenKey(good) = outcome else { panic!("it is good") };
/// assert_eq!(good.verified.trust().name, "shared.key");
/// assert_eq!(good.verified.content(), Some(&b"<order><id>7</id></order>"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn verify_by_keys(source: Vec<u8>, files: &[Named], keys: &GivenKeys, policy: &Policy, at: Timestamp) -> Outcome {
    let nobody = Material::load(&[], &[], Limits::default());
    match intact(source, files, &keys.known(), &nobody, policy, at) {
        Ok((intact, examined)) => believed(intact, examined),
        Err(findings) => Outcome::Broken(findings),
    }
}

/// The same of a document that is read in a stream, as [`verify_stream`](super::verify_stream) reads it.
///
/// # Errors
/// What the source or `content` reports.
pub fn verify_stream_by_keys(
    source: &mut (impl Read + Seek),
    keys: &GivenKeys,
    policy: &Policy,
    content: &mut dyn Write,
) -> io::Result<Option<Outcome>> {
    let intact = karvan_signature::verify_stream(source, &keys.known(), policy, content)?;
    Ok(intact.map(|intact| believed(intact, None)))
}

/// Only given keys were known, so it was one of them.
fn believed(intact: Intact, examined: Option<Examined>) -> Outcome {
    let mut report = Report::new(&intact);
    // A certificate may name whomever it likes while no path proves it.
    report.signer = None;
    if let Some(examined) = examined {
        (report.properties, report.notes) = (Some(examined.properties), examined.notes);
    }
    let verified = intact.trust(|signed_by| {
        let kind = if signed_by.key().is_some() { GivenKind::PublicKey } else { GivenKind::Secret };
        let name = signed_by.key_name().unwrap_or_default().to_owned();
        Ok::<_, std::convert::Infallible>(GivenKey { kind, name })
    });
    match verified {
        Ok(verified) => Outcome::ByGivenKey(Box::new(ByGivenKey { verified, report })),
        Err(never) => match never {},
    }
}
