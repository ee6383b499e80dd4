//! Verifying the security groups of an interchange (ISO 9735-5 and -6), and whom they can be trusted to come from.

use std::fmt::Write as _;

use jiff::Timestamp;
use karvan_pki::{Status, Verdict};
pub use karvan_signature::edifact::{Answer, Answered, Coverage, Files, Level, Policy};
use karvan_signature::edifact::{Digested, Intact, Layout, SecurityError, Signature, Verified, Which, verify};
use karvan_signature::{Doubt, Indication};
use karvan_text::{Code, Diagnostic, Language, Message, Place, Span};
use serde::Serialize;

use super::{CoveredPart, Part, Report as Signed};
use crate::trust::Material;

/// How a verification ended.
#[derive(Debug)]
pub enum Outcome {
    /// All groups hold, and a path leads from each signer to a trust anchor: here is the content.
    Trusted(Box<Trusted>),
    /// All groups hold; one of the signers is not trusted. The verdict on each signature, in their order, says why.
    Untrusted(Box<Report>, Vec<Verdict>),
    /// Nothing is wrong, and whom to trust cannot be said: no trust anchor, no certificate, or digests alone.
    Indeterminate(Option<Box<Report>>, Vec<Diagnostic>),
    /// A group does not hold, or may not be relied on. There is one finding at least.
    Broken(Vec<Diagnostic>),
}

impl Outcome {
    /// The outcome in the words of ETSI EN 319 102-1.
    #[must_use]
    pub fn indication(&self) -> Indication {
        match self {
            Self::Trusted(_) => Indication::TotalPassed,
            Self::Untrusted(_, verdicts) => {
                verdicts.iter().map(Indication::of_path).max().unwrap_or(Indication::TotalPassed)
            }
            Self::Indeterminate(_, findings) | Self::Broken(findings) => Indication::of_findings(findings),
        }
    }
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The signatures, in the order of the file.
    pub signatures: Vec<SignatureReport>,
    /// What only a digest protects.
    pub unsigned: Vec<CoveredOctets>,
    /// What none of the signatures covers.
    pub uncovered: Vec<UncoveredOctets>,
}

/// One signature.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SignatureReport {
    /// What was signed by whom.
    #[serde(flatten)]
    pub signed: Signed,
    /// What its security groups say.
    pub security: Security,
}

/// What the security groups of a signature say.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Security {
    /// 0534.
    pub reference: String,
    /// Where its USH stands.
    pub span: Span,
    /// 0501.
    pub service: &'static str,
    /// 0541.
    pub scope: &'static str,
    /// 0505.
    pub filter: &'static str,
    /// S501: when it was secured, as it stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time: String,
    /// 0520.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sequence: String,
    /// Whether an acknowledgement is asked for.
    pub acknowledgement: bool,
    /// The octets that it covers.
    pub octets: Vec<CoveredOctets>,
}

/// Octets with their digest.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CoveredOctets {
    /// The file: `source` or `content`.
    pub file: &'static str,
    /// The structure that they belong to.
    pub structure: String,
    /// Whether the layout between segments is digested: `kept` or `left_out`.
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
#[derive(Clone, Debug)]
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
        let signatures = intact.signatures().iter().map(|signature| signature_report(intact, signature));
        let unsigned = intact.unsigned().iter().map(|part| covered_octets(intact, part)).collect();
        Self { signatures: signatures.collect(), unsigned, uncovered: uncovered.collect() }
    }

    /// The report for people, several lines, each ended; `explain` shows each stretch of octets with its digest.
    #[must_use]
    pub fn text(&self, language: Language, explain: bool) -> String {
        let mut text = String::new();
        let mut line = |message: Message| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", message.text(language));
        };
        for SignatureReport { signed, security } in &self.signatures {
            line(
                Message::new("security-report-signed")
                    .with("reference", &security.reference)
                    .with("structure", &signed.signature)
                    .with("signer", signed.signer.as_deref().unwrap_or_default())
                    .with("algorithm", &signed.algorithm)
                    .with("key", &signed.key)
                    .with("service", security.service)
                    .with("scope", security.scope),
            );
            if !signed.legacy.is_empty() {
                line(Message::new("security-report-weak").with("names", signed.legacy.join(", ")));
            }
            for part in &security.octets {
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

/// The span of octets that stand in the file itself.
fn own(file: &str, span: Span) -> Option<Span> {
    (file == "source").then_some(span)
}

impl UncoveredOctets {
    /// The same in the words of every form.
    #[must_use]
    pub fn part(&self) -> Part {
        Part { path: self.segments.clone(), span: own(self.file, self.span) }
    }
}

impl CoveredOctets {
    fn part(&self) -> Part {
        let span = match &*self.stretches {
            [stretch] => own(self.file, stretch.span),
            _ => None,
        };
        Part { path: self.structure.clone(), span }
    }

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
    let octets: Vec<_> = signature.covered.iter().map(|part| covered_octets(intact, part)).collect();
    let covered = octets.iter().enumerate().map(|(index, octets)| CoveredPart {
        reference: index + 1,
        manifest: None,
        uri: String::new(),
        digest: octets.digest_algorithm.clone(),
        part: octets.part(),
        filtered: false,
    });
    let signed = Signed {
        signature: signature.structure.clone(),
        algorithm: signature.algorithm.to_string(),
        key: signature.key.kind().to_string(),
        legacy: signature.legacy.names().collect(),
        signer: Some(signature.certificate.subject().to_string()),
        covered: covered.collect(),
        uncovered: Vec::new(),
        properties: None,
        notes: Vec::new(),
    };
    let security = Security {
        reference: signature.reference.clone(),
        span: signature.span,
        service: signature.service.code(),
        scope: signature.scope.code(),
        filter: signature.filter.code(),
        time: signature.time.join(" ").trim().to_owned(),
        sequence: signature.sequence.clone(),
        acknowledgement: signature.asks_for_acknowledgement,
        octets,
    };
    SignatureReport { signed, security }
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
            Layout::LeftOut => "left_out",
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
    verify_and_answer(files, material, policy, at, Level::Message).0
}

/// The same, with what is to be answered of the structures of this level (ISO 9735-6): those that a believed signature covers are
/// confirmed, those that are not good are refused; none where nothing could be said of any.
#[must_use]
pub fn verify_and_answer(
    files: Files,
    material: &Material,
    policy: &Policy,
    at: Timestamp,
    level: Level,
) -> (Outcome, Option<Answer>) {
    let known = material.certificates();
    let mut policy = policy.clone();
    policy.certificates = material.limits().clone();
    let intact = match verify(files, &known, &policy) {
        Ok(intact) => intact,
        Err(rejected) if rejected.wants_certificates() => {
            return (Outcome::Indeterminate(None, rejected.into_findings()), None);
        }
        Err(rejected) => {
            let answer = rejected.refusal(level);
            return (Outcome::Broken(rejected.into_findings()), answer);
        }
    };
    let report = Report::new(&intact);
    let indeterminate = |id: &'static str, help: &'static str| {
        let finding = Diagnostic::new(Code::warning(7900), Message::new(id), Place::default());
        (Outcome::Indeterminate(Some(Box::new(report.clone())), vec![finding.help(Message::new(help))]), None)
    };
    if intact.signatures().is_empty() {
        return indeterminate("security-unsigned", "help-security-unsigned");
    }
    if !material.has_anchors() {
        return indeterminate("verify-no-anchors", "help-trust");
    }
    let verdicts = intact.signatures().iter().map(|signature| {
        let others = intact.offered().iter().filter(|other| other.der() != signature.certificate.der());
        material.path_of(&signature.certificate, others, at)
    });
    let mut verdicts: Vec<_> = verdicts.collect();
    if verdicts.iter().any(|verdict| verdict.status() != Status::Accepted) {
        // What more data could settle is not refused, and not confirmed.
        let rejected = verdicts.iter().find(|verdict| verdict.status() == Status::Rejected);
        let answer = rejected.and_then(|verdict| intact.refusal(level, refusal_of(verdict)));
        return (Outcome::Untrusted(Box::new(report), verdicts), answer);
    }
    verdicts.reverse();
    match intact.trust(|_| verdicts.pop().ok_or(())) {
        Ok(verified) => {
            let answer = verified.answer(level);
            (Outcome::Trusted(Box::new(Trusted { verified, report })), answer)
        }
        Err(()) => indeterminate("verify-no-certificate", "help-signer-certificate"),
    }
}

/// Why a signer is not believed, in the words of list 0571.
fn refusal_of(verdict: &Verdict) -> SecurityError {
    match Indication::of_path(verdict) {
        Indication::Indeterminate(Doubt::NoCertificateChainFound) => SecurityError::IncompletePath,
        _ => SecurityError::WrongCertificate,
    }
}
