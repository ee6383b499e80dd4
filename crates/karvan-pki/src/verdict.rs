//! What the search for a path found.

use jiff::Timestamp;
use karvan_text::{Code, Diagnostic, Message, Place};
use serde::Serialize;

use crate::check::{Check, Rejection};
use crate::policy::ValidPolicy;
use crate::revocation::RevocationMode;
use crate::trace::Step;
use crate::validate::Validated;
use crate::{Certificate, Explanation, Legacy, Limit, PublicKey, Recognition, Sourced};

/// A path that passed every check, from the signer's certificate to a trust anchor.
///
/// It can be had only from [`find_paths`](crate::find_paths); [`Verdict::not_checked`] says what it was not checked for.
/// Its parts are the outputs of RFC 5280 §6.1.6.
#[derive(Clone, Debug)]
pub struct VerifiedPath {
    certificates: Vec<Sourced>,
    anchor: Sourced,
    at: Timestamp,
    validated: Validated,
    recognition: Option<Recognition>,
}

impl VerifiedPath {
    /// For the search alone, after validation.
    pub(crate) fn new(certificates: Vec<Sourced>, anchor: Sourced, at: Timestamp, validated: Validated) -> Self {
        Self { certificates, anchor, at, validated, recognition: None }
    }

    /// With what the register says of it.
    pub(crate) fn recognised(mut self, recognition: Option<Recognition>) -> Self {
        self.recognition = recognition;
        self
    }

    /// The certificates, the signer's first, the anchor not among them; where the signer's certificate is itself the
    /// anchor, that one.
    #[must_use]
    pub fn certificates(&self) -> &[Sourced] {
        &self.certificates
    }

    /// The trust anchor.
    #[must_use]
    pub const fn anchor(&self) -> &Sourced {
        &self.anchor
    }

    /// The signer's certificate.
    #[must_use]
    pub fn signer(&self) -> &Certificate {
        self.certificates.first().map_or(&self.anchor.certificate, |signer| &signer.certificate)
    }

    /// The signer's key with its parameters, the `working_public_key` of RFC 5280 §6.1.6.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.validated.public_key
    }

    /// What of the signatures of its certificates is weak, and was allowed.
    #[must_use]
    pub const fn legacy(&self) -> Legacy {
        self.validated.legacy
    }

    /// The time for which it was verified.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The policies for which it is valid, as the trust anchor calls them, of those that were acceptable (the
    /// `user-constrained-policy-set`); each with what it is called on the way down. [`ANY_POLICY`](crate::ANY_POLICY) among them:
    /// any.
    #[must_use]
    pub fn policies(&self) -> &[ValidPolicy] {
        &self.validated.policies
    }

    /// What is not known and need not be ([`RevocationMode::Check`]): the certificates about which there is no revocation list
    /// and no response.
    #[must_use]
    pub fn unknown(&self) -> &[Rejection] {
        &self.validated.unknown
    }

    /// Every step of its validation, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.validated.steps
    }

    /// Which agreement recognises the foreign authority; none where no register was given.
    #[must_use]
    pub const fn recognition(&self) -> Option<&Recognition> {
        self.recognition.as_ref()
    }
}

/// A path that was tried and not accepted.
#[derive(Clone, Debug)]
pub struct RejectedPath {
    /// The certificates, the signer's first, the anchor not among them.
    pub certificates: Vec<Sourced>,
    /// The trust anchor, if the path reached one.
    pub anchor: Option<Sourced>,
    /// Every check that was not passed, at least one.
    pub rejections: Vec<Rejection>,
    /// Every step of its validation, in order; of a path that reached no anchor, those where it ended.
    pub steps: Vec<Step>,
}

impl RejectedPath {
    /// The certificate at `position` of a [`Rejection`].
    #[must_use]
    pub fn certificate(&self, position: usize) -> Option<&Sourced> {
        self.certificates.get(position).or(self.anchor.as_ref())
    }

    /// Whether nothing speaks against the path but that something is not known.
    #[must_use]
    pub fn is_indeterminate(&self) -> bool {
        self.rejections.iter().all(|rejection| rejection.check.is_doubt())
    }
}

/// The answer to "is this certificate trusted?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// A path passed every check.
    Accepted,
    /// Every path was tried; none passed, but nothing speaks against one of them except that it is not known whether its
    /// certificates were revoked.
    Indeterminate,
    /// Every path was tried, and none passed.
    Rejected,
    /// A limit ended the search before a path passed: nothing is known.
    Unfinished,
}

/// What was spent on the search, to be held against [`Limits`](crate::Limits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Certificates considered as the issuer of another one.
    pub edges: usize,
    /// Signatures checked.
    pub signature_checks: usize,
    /// Paths tried, dead ends included.
    pub paths: usize,
    /// Comparisons of a name with a name constraint.
    pub name_comparisons: usize,
    /// Nodes and edges of policy graphs.
    pub policy_nodes: usize,
    /// Revocation lists and OCSP responses looked at.
    pub revocation_checks: usize,
}

/// What the search for a path found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The certificate that was asked about.
    pub signer: Sourced,
    /// The time that was asked for.
    pub at: Timestamp,
    /// Paths that passed, the best first; one, unless all were asked for.
    pub accepted: Vec<VerifiedPath>,
    /// Paths that were tried and did not pass, those that came nearest first: before all others those against which nothing
    /// speaks but a doubt.
    pub rejected: Vec<RejectedPath>,
    /// What was asked about revocation.
    pub revocation: RevocationMode,
    /// The limit that ended the search, with its value.
    pub unfinished: Option<(Limit, usize)>,
    /// What was spent.
    pub effort: Effort,
}

impl Verdict {
    /// The answer.
    #[must_use]
    pub fn status(&self) -> Status {
        if !self.accepted.is_empty() {
            Status::Accepted
        } else if self.unfinished.is_some() {
            Status::Unfinished
        } else if self.rejected.iter().any(RejectedPath::is_indeterminate) {
            Status::Indeterminate
        } else {
            Status::Rejected
        }
    }

    /// The checks that were not done: an accepted path may fail them.
    #[must_use]
    pub fn not_checked(&self) -> &'static [Check] {
        match self.revocation {
            RevocationMode::Off => &[Check::Revocation],
            RevocationMode::Require | RevocationMode::Check => &[],
        }
    }

    /// The path to rely on, if there is one.
    #[must_use]
    pub fn path(&self) -> Option<&VerifiedPath> {
        self.accepted.first()
    }

    /// The verdict as findings: why no path passed, the nearest path first, or what the accepted path was not checked
    /// for.
    ///
    /// The path of a finding's place names the certificates from the signer's to the one concerned.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        match self.status() {
            Status::Accepted => {
                for unknown in self.path().into_iter().flat_map(VerifiedPath::unknown) {
                    let code = Code::warning(unknown.check.code().number);
                    let finding = Diagnostic::new(code, unknown.message.clone(), self.place(&[]));
                    diagnostics.push(finding.help(unknown.check.help()).rule(unknown.check.clause()));
                }
            }
            status @ (Status::Rejected | Status::Indeterminate) => {
                let (code, id) = match status {
                    Status::Indeterminate => (Code::warning(7100), "trust-indeterminate"),
                    _ => (Code::error(7001), "trust-rejected"),
                };
                let message = Message::new(id)
                    .with("subject", self.signer.certificate.subject())
                    .with("at", self.at)
                    .with("count", self.rejected.len());
                diagnostics.push(Diagnostic::new(code, message, self.place(&[])));
                diagnostics.extend(self.reasons());
            }
            Status::Unfinished => {
                if let Some((limit, value)) = self.unfinished {
                    let message = Message::new("trust-limit").with("limit", limit).with("value", value);
                    let help = Message::new("trust-help-limit").with("limit", limit);
                    diagnostics.push(Diagnostic::new(Code::error(9701), message, self.place(&[])).help(help));
                }
            }
        }
        diagnostics.extend(self.not_checked().iter().map(|check| {
            let code = Code::note(check.code().number);
            let message = Message::new("trust-revocation-not-checked");
            Diagnostic::new(code, message, self.place(&[])).help(check.help()).rule(check.clause())
        }));
        diagnostics
    }

    /// What is wrong, each fault of a certificate once.
    fn reasons(&self) -> impl Iterator<Item = Diagnostic> {
        let mut told: Vec<([u8; 32], Check)> = Vec::new();
        let faults = self.rejected.iter().flat_map(|path| path.rejections.iter().map(move |fault| (path, fault)));
        faults.filter_map(move |(path, rejection)| {
            let concerned = path.certificate(rejection.position)?;
            let fault = (*concerned.certificate.fingerprint(), rejection.check);
            if told.contains(&fault) {
                return None;
            }
            told.push(fault);
            let steps = path.certificates.iter().take(rejection.position + 1);
            let anchor = path.anchor.iter().filter(|_| rejection.position >= path.certificates.len());
            let place = self.place(&steps.chain(anchor).collect::<Vec<_>>());
            let check = rejection.check;
            let diagnostic = Diagnostic::new(check.code(), rejection.message.clone(), place);
            Some(
                diagnostic
                    .expected(&rejection.expected)
                    .found(&rejection.found)
                    .help(check.help())
                    .rule(check.clause()),
            )
        })
    }

    /// A place that names `steps`, or the signer where there are none.
    fn place(&self, steps: &[&Sourced]) -> Place {
        let signer = [&self.signer];
        let steps = if steps.is_empty() { &signer[..] } else { steps };
        let names: Vec<_> = steps.iter().map(|step| step.label()).collect();
        Place { path: names.join(" ← "), ..Place::default() }
    }

    /// The verdict with every certificate and every reason, for people and for machines.
    #[must_use]
    pub fn explanation(&self) -> Explanation {
        Explanation::new(self)
    }
}
