//! Verifying a CMS signature, and whom it can be trusted to come from.

use std::fmt::Write as _;
use std::io::{self, BufReader, Read, Write};

use jiff::Timestamp;
use karvan_pki::{Certificate, Evidence, Status, Verdict};
use karvan_signature::Indication;
use karvan_signature::cms::{self, Armored, Signature, VerifyError};
use karvan_signature::timestamp::Token;
use karvan_text::{Code, Diagnostic, Language, Message, Severity};
use serde::Serialize;

use super::{CoveredPart, Part, Report};
use crate::trust::Material;

pub use karvan_signature::cms::Policy;

/// How the verification of a CMS signature ended.
#[derive(Debug)]
pub struct Verification<S> {
    /// The signers, as far as their signatures are good; none if one is not.
    pub signers: Vec<Signer>,
    /// The files of a container that no signature covers.
    pub uncovered: Vec<Part>,
    /// What is wrong with the signatures, or keeps from telling whether they can be trusted.
    pub findings: Vec<Diagnostic>,
    content: Option<S>,
}

/// A signer, and what was found about it.
#[derive(Clone, Debug, Serialize)]
pub struct Signer {
    /// What was signed by whom.
    #[serde(flatten)]
    pub report: Report,
    /// What the signature says about itself.
    pub attributes: Attributes,
    /// Whether a path leads from its certificate to a trust anchor; none without any anchor.
    #[serde(skip)]
    pub verdict: Option<Verdict>,
}

/// What a CMS signature says about itself, and who says something about it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Attributes {
    /// Whether it names the certificate of the signer, as CAdES-BES asks.
    pub names_certificate: bool,
    /// When it was made, as the signer claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_time: Option<Timestamp>,
    /// What the content is, in the words of the signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_hint: Option<String>,
    /// Times by which it is proven to have been there.
    pub timestamps: Vec<Stamp>,
    /// The subjects of those who signed the signature.
    pub countersigners: Vec<String>,
}

/// A timestamp over a signature.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// The time.
    pub time: Timestamp,
    /// The subject of the authority's certificate.
    pub authority: String,
    /// Whether a path leads from the authority to a trust anchor.
    pub trusted: bool,
}

impl<S> Verification<S> {
    pub(super) const fn new(signers: Vec<Signer>, findings: Vec<Diagnostic>, content: Option<S>) -> Self {
        Self { signers, uncovered: Vec::new(), findings, content }
    }

    pub(super) fn with_uncovered(mut self, uncovered: Vec<Part>) -> Self {
        self.uncovered = uncovered;
        self
    }

    pub(super) const fn rejected(findings: Vec<Diagnostic>) -> Self {
        Self::new(Vec::new(), findings, None)
    }

    /// Whether all signatures are good and all signers trusted.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        self.content.is_some()
    }

    /// The outcome in the words of ETSI EN 319 102-1.
    #[must_use]
    pub fn indication(&self) -> Indication {
        let verdicts = self.signers.iter().filter_map(|signer| signer.verdict.as_ref()).map(Indication::of_path);
        verdicts.chain([Indication::of_findings(&self.findings)]).max().unwrap_or(Indication::TotalPassed)
    }

    /// What the content was written to, if every signer is trusted.
    #[must_use]
    pub fn into_content(self) -> Option<S> {
        self.content
    }
}

impl Signer {
    fn new(signature: &Signature) -> Self {
        let subject = |signature: &Signature| signature.certificate().subject().to_string();
        let content = Part { path: "/".to_owned(), span: None };
        let report = Report {
            signature: signature.place().path.clone(),
            algorithm: signature.algorithm().to_string(),
            key: signature.key().kind().to_string(),
            legacy: signature.legacy().names().collect(),
            signer: Some(subject(signature)),
            covered: vec![CoveredPart {
                reference: 1,
                manifest: None,
                uri: String::new(),
                digest: signature.digest().to_string(),
                part: content,
                filtered: false,
            }],
            uncovered: Vec::new(),
            properties: None,
            notes: Vec::new(),
        };
        let attributes = Attributes {
            names_certificate: signature.names_certificate(),
            signing_time: signature.signing_time(),
            content_hint: signature.content_hint().map(str::to_owned),
            timestamps: Vec::new(),
            countersigners: signature.countersignatures().iter().map(subject).collect(),
        };
        Self { report, attributes, verdict: None }
    }

    /// The report for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let Attributes { signing_time, content_hint, timestamps, countersigners, .. } = &self.attributes;
        let mut lines: Vec<Message> = Vec::new();
        lines.extend(content_hint.iter().map(|hint| Message::new("verify-cms-hint").with("hint", hint)));
        lines.extend(signing_time.map(|time| Message::new("verify-cms-time").with("time", time)));
        lines.extend(timestamps.iter().map(|stamp| {
            let id = if stamp.trusted { "verify-cms-stamp" } else { "verify-cms-stamp-untrusted" };
            Message::new(id).with("time", stamp.time).with("authority", &stamp.authority)
        }));
        lines.extend(
            countersigners.iter().map(|signer| Message::new("verify-cms-countersigned").with("signer", signer)),
        );
        lines.iter().fold(self.report.text(language), |mut text, line| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line.text(language));
            text
        })
    }
}

/// Whether `head`, the beginning of a file, is that of a CMS signature, in DER, BER or PEM.
#[must_use]
pub fn begins(head: &[u8]) -> bool {
    // SEQUENCE, its length, and the object identifier of signed data.
    const SIGNED_DATA: [u8; 11] = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    let start = head.get(..24).unwrap_or(head);
    let binary = head.first() == Some(&0x30) && start.windows(SIGNED_DATA.len()).any(|octets| octets == SIGNED_DATA);
    binary || Armored::<&[u8]>::begins(head)
}

/// The octets of the signature in `source`, a file that begins with `head`: those in its PEM block, if it is one.
pub fn decoded<'r>(head: &[u8], source: impl Read + 'r) -> Box<dyn Read + 'r> {
    if Armored::<&[u8]>::begins(head) { Box::new(Armored::new(BufReader::new(source))) } else { Box::new(source) }
}

/// Verifies the CMS signature that `source` gives, over `detached` where the content is outside, and looks for the paths
/// from its signers to a trust anchor of `material` at the time `at`. Where a trusted timestamp proves that a signature was
/// there earlier, its signer may be judged at that time.
///
/// The content is written to `content`; it comes back from [`Verification::into_content`] only if every signer is trusted.
///
/// # Errors
/// Reading or writing failed.
pub fn verify<S: Write>(
    source: impl Read,
    detached: Option<&mut dyn Read>,
    material: &Material,
    policy: &Policy,
    at: Timestamp,
    content: S,
) -> io::Result<Verification<S>> {
    let mut policy = policy.clone();
    policy.certificates = material.limits().clone();
    let intact = match cms::verify(source, detached, &material.certificates(), &policy, content) {
        Ok(intact) => intact,
        Err(VerifyError::Io(error)) => return Err(error),
        Err(VerifyError::Rejected(findings)) => {
            return Ok(Verification::rejected(findings));
        }
        Err(other) => return Err(io::Error::other(other)),
    };
    let mut judge = Judge::new(material, &policy, at);
    judge.findings.extend_from_slice(intact.problems());
    let signers: Vec<_> =
        intact.signatures().iter().map(|signature| judge.signer(signature, intact.offered())).collect();
    judge.require_anchors(intact.signatures().first());
    let trusted = judge.trusts(&signers);
    let content = if trusted { intact.trust(|_| Ok::<_, ()>(())).ok().map(cms::Verified::into_content) } else { None };
    Ok(Verification::new(signers, judge.findings, content))
}

/// Who judges signers, and what comes up on the way.
pub(super) struct Judge<'m> {
    material: &'m Material,
    policy: &'m Policy,
    at: Timestamp,
    findings: Vec<Diagnostic>,
}

impl<'m> Judge<'m> {
    pub(super) const fn new(material: &'m Material, policy: &'m Policy, at: Timestamp) -> Self {
        Self { material, policy, at, findings: Vec::new() }
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.findings
    }

    /// Tells that nobody can be trusted where there is no trust anchor.
    pub(super) fn require_anchors(&mut self, signature: Option<&Signature>) {
        if !self.material.has_anchors() {
            let place = signature.map(|signature| signature.place().clone()).unwrap_or_default();
            let finding = Diagnostic::new(Code::warning(7900), Message::new("verify-no-anchors"), place);
            self.findings.push(finding.help(Message::new("help-trust")));
        }
    }

    /// Whether every one of the signers is trusted, and nothing speaks against their signatures.
    pub(super) fn trusts(&self, signers: &[Signer]) -> bool {
        let accepted =
            |signer: &Signer| signer.verdict.as_ref().is_some_and(|verdict| verdict.status() == Status::Accepted);
        let sound = self.findings.iter().all(|finding| finding.code.severity != Severity::Error);
        sound && !signers.is_empty() && signers.iter().all(accepted)
    }

    /// The verdict about a certificate now, `offered` in the pool; none without any anchor.
    pub(super) fn path(&self, certificate: &Certificate, offered: &[Certificate]) -> Option<Verdict> {
        self.path_at(certificate, offered, &Evidence::default(), self.at)
    }

    fn path_at(
        &self,
        certificate: &Certificate,
        offered: &[Certificate],
        evidence: &Evidence,
        at: Timestamp,
    ) -> Option<Verdict> {
        let others = offered.iter().filter(|other| *other != certificate);
        self.material.has_anchors().then(|| self.material.path_with(certificate, others, evidence, at))
    }

    /// What is to be said of a signature that is good, and of its signer.
    pub(super) fn signer(&mut self, signature: &Signature, offered: &[Certificate]) -> Signer {
        let mut signer = Signer::new(signature);
        let offered = [signature.certificate_values(), offered].concat();
        for token in signature.timestamps() {
            match self.stamp(token, signature, &offered) {
                Ok(stamp) => signer.attributes.timestamps.push(stamp),
                Err(wrong) => self.findings.extend(wrong),
            }
        }
        let evidence = self.material.carried(signature.revocation());
        let judged = |at| self.path_at(signature.certificate(), &offered, &evidence, at);
        signer.verdict = judged(self.at);
        let is_accepted = |verdict: &Verdict| verdict.status() == Status::Accepted;
        let stamps = signer.attributes.timestamps.iter().filter(|stamp| stamp.trusted);
        // EN 319 102-1 §5.5.4: what the timestamp proves to be older is judged for its time.
        if let Some(proven) = stamps.map(|stamp| stamp.time).min().filter(|proven| *proven < self.at)
            && !signer.verdict.as_ref().is_some_and(is_accepted)
        {
            signer.verdict = judged(proven);
        }
        signer
    }

    fn stamp(&self, token: &[u8], signature: &Signature, offered: &[Certificate]) -> Result<Stamp, Vec<Diagnostic>> {
        let known = [offered, &self.material.certificates()].concat();
        let token = Token::from_der(token)?.verify(signature.value(), &known, self.policy)?;
        let time = token.info().time;
        let own = token.signature();
        let offered = [token.offered(), own.certificate_values(), offered].concat();
        let others = offered.iter().filter(|other| *other != token.certificate());
        let evidence = self.material.carried(own.revocation().iter().chain(signature.revocation()));
        // Nothing proves the age of the timestamp itself, so its authority has to be good at the time of the judgement.
        let verdict = self.material.path_of_clock(token.certificate(), others, &evidence, self.at);
        let trusted = verdict.status() == Status::Accepted;
        Ok(Stamp { time, authority: token.certificate().subject().to_string(), trusted })
    }
}
