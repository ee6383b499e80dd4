//! A verdict explained: every certificate, every path, every reason.

use std::fmt::Write as _;

use karvan_text::catalogue::isolate;
use karvan_text::{Code, Language, Message};
use serde::Serialize;

use crate::account::Separation;
use crate::build::{KeyIdentifier, key_identifier};
use crate::check::{Check, Rejection};
use crate::policy::ValidPolicy;
use crate::trace::Step;
use crate::verdict::{Effort, Status, Verdict};
use crate::{Certificate, Limit, Recognition, Sourced};

/// A verdict with its facts, to be serialised for machines or written out for people.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The answer.
    pub status: Status,
    /// The time for which it holds, RFC 3339.
    pub at: String,
    /// The certificate that was asked about.
    pub signer: CertificateFacts,
    /// The paths that passed, the best first.
    pub accepted: Vec<PathFacts>,
    /// The paths that did not.
    pub rejected: Vec<PathFacts>,
    /// The rule by which the accepted path differs from the rejected one that came nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separation: Option<Separation>,
    /// The limit that ended the search, if one did, and its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitFacts>,
    /// The checks that were not done; an accepted path may fail them.
    pub not_checked: Vec<NotChecked>,
    /// What was spent.
    pub effort: Effort,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LimitFacts {
    /// Its name.
    pub name: Limit,
    /// Its value.
    pub value: usize,
}

/// A check that was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NotChecked {
    /// The check.
    pub check: Check,
    /// The clause that asks for it.
    pub clause: &'static str,
}

/// One path, from the signer's certificate towards the anchor.
#[derive(Clone, Debug, Serialize)]
pub struct PathFacts {
    /// The certificates, the signer's first, the anchor, if it was reached, last.
    pub certificates: Vec<CertificateFacts>,
    /// The policies for which it is valid, as the trust anchor calls them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ValidPolicy>,
    /// What each certificate did not pass; of an accepted path what is not known and need not be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<RejectionFacts>,
    /// Which agreement recognises the foreign authority, where a register was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognition: Option<Recognition>,
    /// Every step of its validation, with what it looked at.
    pub steps: Vec<Step>,
}

/// One certificate of a path.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateFacts {
    /// What it is in the path.
    pub role: Role,
    /// RFC 4514.
    pub subject: String,
    /// RFC 4514.
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// RFC 3339.
    pub not_before: String,
    /// RFC 3339.
    pub not_after: String,
    /// Kind of the key, such as `RSA-2048`.
    pub key: String,
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// Where it was found: a file, a part of a document.
    pub origin: String,
    /// How it was recognised as the issuer of the certificate before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_by: Option<FoundBy>,
}

/// What a certificate is in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The one that was asked about.
    Signer,
    /// An authority between the signer and the anchor.
    Authority,
    /// Such an authority, certified by another country or organisation than its own (RFC 5280 §3.2).
    CrossCertificate,
    /// The trust anchor.
    Anchor,
}

/// How an issuer was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// By its name and the identifier of its key.
    NameAndKeyIdentifier,
    /// By its name; one of the two certificates names no key identifier.
    Name,
    /// By its name, although the key identifiers differ.
    NameDespiteKeyIdentifier,
}

/// A check that a certificate did not pass.
#[derive(Clone, Debug, Serialize)]
pub struct RejectionFacts {
    /// Which certificate of the path, from 0.
    pub certificate: usize,
    /// The check.
    pub check: Check,
    /// The code of the finding.
    pub code: Code,
    /// The clause of the standard.
    pub clause: &'static str,
    /// What is wrong.
    pub message: Message,
    /// What the check asks for.
    pub expected: String,
    /// What the certificate has.
    pub found: String,
}

impl Explanation {
    pub(crate) fn new(verdict: &Verdict) -> Self {
        let accepted = verdict.accepted.iter().map(|path| PathFacts {
            certificates: certificates(path.certificates(), Some(path.anchor())),
            policies: path.policies().to_vec(),
            rejections: path.unknown().iter().map(RejectionFacts::new).collect(),
            recognition: path.recognition().cloned(),
            steps: path.steps().to_vec(),
        });
        let rejected = verdict.rejected.iter().map(|path| PathFacts {
            certificates: certificates(&path.certificates, path.anchor.as_ref()),
            policies: Vec::new(),
            rejections: path.rejections.iter().map(RejectionFacts::new).collect(),
            recognition: None,
            steps: path.steps.clone(),
        });
        Self {
            status: verdict.status(),
            at: verdict.at.to_string(),
            signer: CertificateFacts::new(Role::Signer, &verdict.signer, None),
            accepted: accepted.collect(),
            rejected: rejected.collect(),
            separation: Separation::new(verdict),
            limit: verdict.unfinished.map(|(name, value)| LimitFacts { name, value }),
            not_checked: verdict
                .not_checked()
                .iter()
                .map(|&check| NotChecked { check, clause: check.clause() })
                .collect(),
            effort: verdict.effort,
        }
    }

    /// The explanation for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let head = Message::new(match self.status {
            Status::Accepted => "trust-explain-accepted",
            Status::Indeterminate => "trust-explain-indeterminate",
            Status::Rejected => "trust-explain-rejected",
            Status::Unfinished => "trust-explain-unfinished",
        });
        line(&mut text, 0, &head.with("subject", &self.signer.subject).with("at", &self.at).text(language));
        if let (Status::Unfinished, Some(limit)) = (self.status, self.limit) {
            let message = Message::new("trust-limit").with("limit", limit.name).with("value", limit.value);
            line(&mut text, 1, &message.text(language));
        }
        for path in &self.accepted {
            path.write(&mut text, language);
        }
        for (index, path) in self.rejected.iter().enumerate() {
            let title = Message::new("trust-explain-rejected-path")
                .with("number", index + 1)
                .with("count", self.rejected.len());
            line(&mut text, 0, &title.text(language));
            path.write(&mut text, language);
        }
        if self.not_checked.is_empty() {
            return text;
        }
        let not_checked: Vec<_> = self.not_checked.iter().map(|one| titled(one.check, language)).collect();
        let separator = Message::new("trust-explain-separator").text(language);
        let label = Message::new("trust-explain-not-checked").text(language);
        line(&mut text, 0, &format!("{label}: {}", not_checked.join(&format!("{separator} "))));
        text
    }
}

/// The title of a check and its clause.
fn titled(check: Check, language: Language) -> String {
    format!("{} ({})", check.title().text(language), isolate(check.clause(), language))
}

impl PathFacts {
    fn write(&self, text: &mut String, language: Language) {
        for (index, certificate) in self.certificates.iter().enumerate() {
            line(text, 1, &format!("{} {}", index + 1, isolate(&certificate.subject, language)));
            for message in certificate.facts() {
                line(text, 2, &message.text(language));
            }
            for rejection in self.rejections.iter().filter(|rejection| rejection.certificate == index) {
                rejection.write(text, language);
            }
        }
        for policy in &self.policies {
            let mut trail: Vec<_> = policy.trail.iter().map(ToString::to_string).collect();
            trail.dedup();
            let message = Message::new("trust-explain-policy").with("policy", policy.policy);
            line(text, 1, &message.with("trail", trail.join(" → ")).text(language));
        }
        for sentence in self.recognition.iter().flat_map(|recognition| recognition.text(language)) {
            line(text, 1, &sentence);
        }
    }
}

impl CertificateFacts {
    fn new(role: Role, sourced: &Sourced, issued: Option<&Certificate>) -> Self {
        let certificate = &sourced.certificate;
        let found_by = issued.map(|issued| match key_identifier(issued, certificate) {
            KeyIdentifier::Fits => FoundBy::NameAndKeyIdentifier,
            KeyIdentifier::Unknown => FoundBy::Name,
            KeyIdentifier::Differs => FoundBy::NameDespiteKeyIdentifier,
        });
        Self {
            role,
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
            key: certificate.public_key().kind().to_string(),
            fingerprint: certificate.fingerprint_hex(),
            origin: sourced.origin.as_ref().to_owned(),
            found_by,
        }
    }

    /// The lines below its name.
    fn facts(&self) -> [Message; 3] {
        let role = Message::new(match self.role {
            Role::Signer => "trust-explain-signer",
            Role::Authority => "trust-explain-authority",
            Role::CrossCertificate => "trust-explain-cross-certificate",
            Role::Anchor => "trust-explain-anchor",
        });
        let found = Message::new(match self.found_by {
            None => "trust-explain-origin",
            Some(FoundBy::NameAndKeyIdentifier) => "trust-explain-origin-key",
            Some(FoundBy::Name) => "trust-explain-origin-name",
            Some(FoundBy::NameDespiteKeyIdentifier) => "trust-explain-origin-despite",
        });
        let validity = Message::new("trust-explain-validity");
        [
            role.with("issuer", &self.issuer).with("serial", &self.serial).with("key", &self.key),
            validity.with("from", &self.not_before).with("until", &self.not_after),
            found.with("origin", &self.origin),
        ]
    }
}

impl RejectionFacts {
    fn new(rejection: &Rejection) -> Self {
        Self {
            certificate: rejection.position,
            check: rejection.check,
            code: rejection.check.code(),
            clause: rejection.check.clause(),
            message: rejection.message.clone(),
            expected: rejection.expected.clone(),
            found: rejection.found.clone(),
        }
    }

    fn write(&self, text: &mut String, language: Language) {
        let code = format!("{}, {}", self.code, self.clause);
        let sentence = self.message.text(language);
        line(text, 2, &format!("✗ {sentence} [{}]", isolate(&code, language)));
        for (label, value) in [("label-expected", &self.expected), ("label-found", &self.found)] {
            line(text, 3, &format!("{}: {}", Message::new(label).text(language), isolate(value, language)));
        }
        let help = self.check.help().text(language);
        line(text, 3, &format!("{}: {help}", Message::new("label-help").text(language)));
    }
}

/// The facts of a path's certificates.
fn certificates(path: &[Sourced], anchor: Option<&Sourced>) -> Vec<CertificateFacts> {
    // A signer's certificate that is itself an anchor stands once.
    let anchor = anchor.filter(|anchor| path.iter().all(|step| step.certificate != anchor.certificate));
    let mut issued = None;
    let mut facts = Vec::with_capacity(path.len() + 1);
    for (position, sourced) in path.iter().chain(anchor).enumerate() {
        let certificate = &*sourced.certificate;
        let role = if position == 0 {
            Role::Signer
        } else if position == path.len() {
            Role::Anchor
        } else if certificate.subject().is_same_entity(certificate.issuer()) {
            Role::Authority
        } else {
            Role::CrossCertificate
        };
        facts.push(CertificateFacts::new(role, sourced, issued));
        issued = Some(certificate);
    }
    facts
}

pub(crate) fn line(text: &mut String, depth: usize, content: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:1$}{content}", "", 2 * depth);
}
