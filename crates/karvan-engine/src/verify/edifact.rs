//! Verifying the security groups of an interchange (ISO 9735-5 and -6), and whom they can be trusted to come from.

use std::fmt::Write as _;

use jiff::Timestamp;
use karvan_pki::{Status, Verdict};
pub use karvan_signature::edifact::{Coverage, Files, Policy};
use karvan_signature::edifact::{Digested, Intact, Layout, Signature, Verified, Which, verify};
use karvan_text::{Code, Diagnostic, Language, Message, Place, Span};
use serde::Serialize;

use crate::trust::Material;

/// How a verification ended.
#[derive(Debug)]
pub enum Outcome {
    /// All groups hold, and a path leads from each signer to a trust anchor: here is the content.
    Trusted(Box<Trusted>),
    /// All groups hold; one of the signers is not trusted. The verdict says why.
    Untrusted(Box<Report>, Box<Verdict>),
    /// Nothing is wrong, and whom to trust cannot be said: no trust anchor, no certificate, or digests alone.
    Indeterminate(Option<Box<Report>>, Vec<Diagnostic>),
    /// A group does not hold, or may not be relied on. There is one finding at least.
    Broken(Vec<Diagnostic>),
}

/// Content of which it is proven who signed it.
#[derive(Debug)]
pub struct Trusted {
    /// The content, and of each signature the path that proves the signer.
    pub verified: Verified<Verdict>,
    /// What was signed by whom.
    pub report: Report,
}

/// What was signed, by whom, and what was not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The signatures, in the order of the file.
    pub signatures: Vec<SignatureReport>,
    /// What only a digest protects.
    pub unsigned: Vec<CoveredOctets>,
    /// What no signature covers.
    pub uncovered: Vec<UncoveredOctets>,
}

/// One signature.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignatureReport {
    /// 0534.
    pub reference: String,
    /// The structure that its groups stand in.
    pub structure: String,
    /// Where its USH stands.
    pub span: Span,
    /// 0501.
    pub service: &'static str,
    /// 0541.
    pub scope: &'static str,
    /// 0505.
    pub filter: &'static str,
    /// The signature algorithm.
    pub algorithm: String,
    /// The kind of the signer's key.
    pub key: String,
    /// The subject of the signer's certificate.
    pub signer: String,
    /// S501: when it was secured, as it stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time: String,
    /// 0520.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sequence: String,
    /// What is weak about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legacy: Vec<&'static str>,
    /// Whether an acknowledgement is asked for.
    pub acknowledgement: bool,
    /// What it covers.
    pub covered: Vec<CoveredOctets>,
}

/// Octets with their digest.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoveredOctets {
    /// The file: `source` or `content`.
    pub file: &'static str,
    /// The structure that they belong to.
    pub structure: String,
    /// Whether the layout between segments is digested: `kept` or `leftOut`.
    pub layout: &'static str,
    /// The digest algorithm.
    pub digest_algorithm: String,
    /// The digest of all of them, in hexadecimal.
    pub digest: String,
    /// The stretches, in order.
    pub stretches: Vec<StretchReport>,
}

/// A stretch of octets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StretchReport {
    /// Where it stands.
    pub span: Span,
    /// The digest of these octets alone, in hexadecimal.
    pub digest: String,
    /// Its first octets, escaped.
    pub first: String,
    /// Its last octets, escaped.
    pub last: String,
}

/// Octets that no signature covers.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct UncoveredOctets {
    /// The file: `source` or `content`.
    pub file: &'static str,
    /// Where they stand.
    pub span: Span,
    /// The tags of the first and the last segment there.
    pub segments: String,
}

/// How many octets of each end of a stretch are shown.
const SHOWN: usize = 20;

impl Report {
    fn new(intact: &Intact) -> Self {
        let uncovered = intact.uncovered().iter().map(|part| UncoveredOctets {
            file: file(part.file),
            span: part.span,
            segments: part.segments.clone(),
        });
        Self {
            signatures: intact.signatures().iter().map(|signature| signature_report(intact, signature)).collect(),
            unsigned: intact.unsigned().iter().map(|part| covered_octets(intact, part)).collect(),
            uncovered: uncovered.collect(),
        }
    }

    /// The report for people, several lines, each ended; `explain` shows each stretch of octets with its digest.
    #[must_use]
    pub fn text(&self, language: Language, explain: bool) -> String {
        let mut text = String::new();
        let mut line = |message: Message| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", message.text(language));
        };
        for signature in &self.signatures {
            line(
                Message::new("security-report-signed")
                    .with("reference", &signature.reference)
                    .with("structure", &signature.structure)
                    .with("signer", &signature.signer)
                    .with("algorithm", &signature.algorithm)
                    .with("key", &signature.key)
                    .with("service", signature.service)
                    .with("scope", signature.scope),
            );
            if !signature.legacy.is_empty() {
                line(Message::new("security-report-weak").with("names", signature.legacy.join(", ")));
            }
            for part in &signature.covered {
                part.tell("security-report-covered", explain, &mut line);
            }
        }
        for part in &self.unsigned {
            part.tell("security-report-unsigned", explain, &mut line);
        }
        for part in &self.uncovered {
            line(
                Message::new("security-report-uncovered")
                    .with("segments", &part.segments)
                    .with("start", part.span.start)
                    .with("end", part.span.end),
            );
        }
        text
    }
}

impl CoveredOctets {
    fn tell(&self, id: &'static str, explain: bool, line: &mut impl FnMut(Message)) {
        let octets: u64 = self.stretches.iter().map(|stretch| stretch.span.len()).sum();
        let message = Message::new(id).with("structure", &self.structure).with("octets", octets);
        line(message.with("algorithm", &self.digest_algorithm).with("digest", &self.digest));
        for stretch in self.stretches.iter().filter(|_| explain) {
            line(
                Message::new("security-report-stretch")
                    .with("start", stretch.span.start)
                    .with("end", stretch.span.end)
                    .with("digest", &stretch.digest)
                    .with("first", &stretch.first)
                    .with("last", &stretch.last),
            );
        }
    }
}

fn file(which: Which) -> &'static str {
    match which {
        Which::Source => "source",
        Which::Content => "content",
    }
}

fn signature_report(intact: &Intact, signature: &Signature) -> SignatureReport {
    SignatureReport {
        reference: signature.reference.clone(),
        structure: signature.structure.clone(),
        span: signature.span,
        service: signature.service.code(),
        scope: signature.scope.code(),
        filter: signature.filter.code(),
        algorithm: signature.algorithm.to_string(),
        key: signature.key.kind().to_string(),
        signer: signature.certificate.subject().to_string(),
        time: signature.time.join(" ").trim().to_owned(),
        sequence: signature.sequence.clone(),
        legacy: signature.legacy.names().collect(),
        acknowledgement: signature.asks_for_acknowledgement,
        covered: signature.covered.iter().map(|part| covered_octets(intact, part)).collect(),
    }
}

fn covered_octets(intact: &Intact, part: &Digested) -> CoveredOctets {
    let octets = intact.octets(part.file);
    let stretches = intact.stretches(part).into_iter().map(|stretch| {
        let own = stretch.span.slice(octets);
        StretchReport {
            span: stretch.span,
            digest: format!("{:?}", stretch.digest),
            first: own[..own.len().min(SHOWN)].escape_ascii().to_string(),
            last: own[own.len().saturating_sub(SHOWN)..].escape_ascii().to_string(),
        }
    });
    CoveredOctets {
        file: file(part.file),
        structure: part.structure.clone(),
        layout: match part.layout {
            Layout::Kept => "kept",
            Layout::LeftOut => "leftOut",
        },
        digest_algorithm: part.algorithm.to_string(),
        digest: format!("{:?}", part.digest),
        stretches: stretches.collect(),
    }
}

/// Verifies all security groups of an interchange, and looks for the path from each signer to a trust anchor of `material`
/// at the time `at`.
#[must_use]
pub fn verify_interchange(files: Files, material: &Material, policy: &Policy, at: Timestamp) -> Outcome {
    let known = material.certificates();
    let mut policy = policy.clone();
    policy.certificates = material.limits().clone();
    let intact = match verify(files, &known, &policy) {
        Ok(intact) => intact,
        Err(rejected) if rejected.wants_certificates() => {
            return Outcome::Indeterminate(None, rejected.into_findings());
        }
        Err(rejected) => return Outcome::Broken(rejected.into_findings()),
    };
    let report = Report::new(&intact);
    let indeterminate = |id: &'static str, help: &'static str| {
        let finding = Diagnostic::new(Code::warning(7900), Message::new(id), Place::default());
        Outcome::Indeterminate(Some(Box::new(report.clone())), vec![finding.help(Message::new(help))])
    };
    if intact.signatures().is_empty() {
        return indeterminate("security-unsigned", "help-security-unsigned");
    }
    if !material.has_anchors() {
        return indeterminate("verify-no-anchors", "help-trust");
    }
    let offered = intact.offered().to_vec();
    let mut judged = None;
    let verified = intact.trust(|signature| {
        let others = offered.iter().filter(|other| other.der() != signature.certificate.der());
        let verdict = material.path_of(&signature.certificate, others, at);
        if verdict.status() == Status::Accepted {
            return Ok(verdict);
        }
        judged = Some(verdict);
        Err(())
    });
    match (verified, judged) {
        (Ok(verified), _) => Outcome::Trusted(Box::new(Trusted { verified, report })),
        (Err(()), Some(verdict)) => Outcome::Untrusted(Box::new(report), Box::new(verdict)),
        (Err(()), None) => indeterminate("verify-no-certificate", "help-signer-certificate"),
    }
}
