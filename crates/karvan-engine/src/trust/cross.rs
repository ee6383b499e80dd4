//! Cross-certificates before they are relied on: pairs, drafts, stores.

use std::sync::Arc;

use jiff::Timestamp;
use karvan_pki::{
    Certificate, CertificateSet, Draft, DraftError, Limits, Options, PairCheck, Reach, Sourced, StoreCheck, Terms,
    TrustStore, check_pair, check_store, reach,
};
use karvan_signature::{PrivateKey, SigningKey};
use karvan_text::{Diagnostic, Message};
use serde::Serialize;

use super::{Material, Named, borrowed};

/// Holds the two certificates of a pair against each other, as of the time `at`. They may stand in one file or in two.
///
/// # Errors
/// The findings, each with its file: what cannot be read. None where there are not exactly two certificates.
pub fn pair(files: &[Named], at: Timestamp, limits: &Limits) -> Result<PairCheck, Vec<(String, Diagnostic)>> {
    let (set, problems) = CertificateSet::load(borrowed(files), limits);
    let pair: Vec<&Sourced> = set.iter().collect();
    match (&pair[..], problems.is_empty()) {
        ([one, other], true) => Ok(check_pair(one, other, at)),
        _ => Err(problems.iter().map(|problem| (problem.file.clone(), problem.diagnostic())).collect()),
    }
}

/// A cross-certificate that is to be signed, or is.
#[derive(Debug)]
pub struct Drafted {
    draft: Draft,
    certificate: Option<Certificate>,
}

/// What a cross-certificate says, and what it would let in.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DraftReport {
    /// What it says.
    #[serde(flatten)]
    pub direction: karvan_pki::Direction,
    /// Whether its issuer has signed it.
    pub signed: bool,
    /// Who of the pool would be reached through it.
    pub reach: Reach,
}

impl Drafted {
    /// Drafts the certificate by which the first certificate of `issuer` certifies name and key of the first one of
    /// `subject` on `terms`, a table (TOML).
    ///
    /// # Errors
    /// Why it cannot be drafted: terms that cannot be followed, a file without a certificate.
    pub fn new(issuer: &Named, subject: &Named, terms: &str, limits: &Limits) -> Result<Self, Message> {
        let first = |file: &Named| {
            let (set, _) = CertificateSet::load(borrowed(std::slice::from_ref(file)), limits);
            let first = set.iter().next().map(|sourced| (*sourced.certificate).clone());
            first.ok_or_else(|| Message::new("cross-no-certificate").with("file", &file.0))
        };
        let (issuer, subject) = (first(issuer)?, first(subject)?);
        let terms = Terms::from_toml(terms).map_err(|error| refused(&error))?;
        let draft = Draft::new(&issuer, &subject, terms).map_err(|error| refused(&error))?;
        Ok(Self { draft, certificate: None })
    }

    /// The octets that the issuer signs, DER.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.draft.to_be_signed()
    }

    /// Takes the issuer's signature, made elsewhere over [`to_be_signed`](Self::to_be_signed).
    ///
    /// # Errors
    /// It is not one by the issuer's key.
    pub fn complete(&mut self, signature: &[u8]) -> Result<(), Message> {
        self.certificate = Some(self.draft.complete(signature).map_err(|error| refused(&error))?);
        Ok(())
    }

    /// Signs it with the issuer's private key.
    ///
    /// # Errors
    /// The key cannot be read, or is not the issuer's.
    pub fn sign(&mut self, key: &[u8]) -> Result<(), Message> {
        let failed = |error: &dyn std::fmt::Display| Message::new("cross-draft-unreadable").with("detail", error);
        let key = PrivateKey::read(key, Arc::new(ring::rand::SystemRandom::new())).map_err(|error| failed(&error))?;
        let signature = key.sign(self.draft.to_be_signed()).map_err(|error| failed(&error))?;
        self.certificate = Some(self.draft.complete_with(&signature).map_err(|error| refused(&error))?);
        Ok(())
    }

    /// The certificate, DER, once it is signed.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_ref().map(Certificate::der)
    }

    /// What it says, and what it would let in of the certificates of `pool` at the time `at`.
    ///
    /// # Errors
    /// What it would be cannot be tried.
    pub fn report(&self, pool: &[Named], at: Timestamp, limits: &Limits) -> Result<DraftReport, Message> {
        let (mut pool, _) = CertificateSet::load(borrowed(pool), limits);
        let (anchor, cross) = self.draft.trial().map_err(|error| refused(&error))?;
        let direction = karvan_pki::Direction::of(self.certificate.as_ref().unwrap_or(&cross));
        let mut anchors = CertificateSet::default();
        anchors.insert(anchor, &"".into(), limits);
        pool.insert(cross, &"".into(), limits);
        let options = Options { limits: limits.clone(), ..Options::document_signature(at) };
        let reach = reach(&pool, &TrustStore::new(anchors), &options);
        Ok(DraftReport { direction, signed: self.certificate.is_some(), reach })
    }
}

fn refused(error: &DraftError) -> Message {
    Message::new("cross-draft-unreadable").with("detail", error)
}

impl DraftReport {
    /// The report for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: karvan_text::Language) -> String {
        let id = if self.signed { "cross-draft-signed" } else { "cross-draft-unsigned" };
        let signed = Message::new(id).with("issuer", &self.direction.issuer).text(language);
        format!("{}{signed}\n{}", self.direction.text(language), self.reach.text(language))
    }
}

impl Material {
    /// Every foreign authority that the anchors lead to through the certificates at the time `at`.
    #[must_use]
    pub fn reach(&self, at: Timestamp) -> Reach {
        let options = self.asked(at);
        let mut reach = reach(&self.pool, &self.anchors(at), &options);
        // Signers are many, and who certifies them is the question here.
        reach.signers.clear();
        reach
    }

    /// The anchors, looked over as of the time `at`.
    #[must_use]
    pub fn check_store(&self, at: Timestamp) -> StoreCheck {
        check_store(&self.anchors(at), at)
    }
}
