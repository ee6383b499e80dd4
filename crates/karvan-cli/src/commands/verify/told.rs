//! How a verification is told: in one shape, whatever the form of the signature.

use std::io::{self, Write};

use karvan_engine::text::{Diagnostic, Message};
use karvan_engine::verify::{GivenKey, GivenKind, Part};
use karvan_engine::{Indication, TrustStatus, Verdict};
use serde_json::{Value, json};

use crate::arguments::Format;
use crate::commands::trust::status;
use crate::session::Session;
use crate::status::Status;

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Conclusion {
    /// Signatures and signers are good.
    Trusted,
    /// The signature is good by a key of this kind that the user gave; nobody looked at the signer.
    GivenKey(GivenKind),
    /// The signatures are good; of the signers, this is the worst that is to be said.
    Signers(TrustStatus),
    /// The signatures are good; whose they are cannot be said.
    Indeterminate,
    /// The signatures could not be verified: what that takes is not there.
    Unverified,
    /// A signature is not good.
    Broken(Status),
}

/// What was found.
pub(super) struct Told<'v> {
    pub(super) conclusion: Conclusion,
    pub(super) indication: Indication,
    /// The signatures, each with the verdict on its signer if there is one.
    pub(super) signatures: Vec<(Value, Option<&'v Verdict>)>,
    /// What none of them covers.
    pub(super) uncovered: Vec<Part>,
    /// What a digest protects that nobody signed.
    pub(super) digests: Value,
    /// The key that the user gave, where it is what the signature is good by.
    pub(super) given: Option<&'v GivenKey>,
    pub(super) findings: Vec<&'v Diagnostic>,
    /// What is said to people of the signatures and their signers.
    pub(super) text: String,
}

impl Conclusion {
    /// What `findings`, which there are, make of signatures.
    pub(super) fn broken<'d>(findings: impl IntoIterator<Item = &'d Diagnostic>) -> Self {
        Self::Broken(findings.into_iter().map(Status::from).max().unwrap_or(Status::Findings))
    }

    /// What the verdicts on all signers amount to; nothing where all are accepted.
    pub(super) fn of_signers<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Option<Self> {
        let statuses = verdicts.into_iter().map(Verdict::status).filter(|told| *told != TrustStatus::Accepted);
        statuses.max_by_key(|told| status(*told)).map(Self::Signers)
    }

    /// The word for machines, the id of the sentence for people, and the exit status.
    fn words(self) -> (&'static str, &'static str, Status) {
        match self {
            Self::Trusted | Self::Signers(TrustStatus::Accepted) => ("trusted", "verify-trusted", Status::Good),
            Self::GivenKey(GivenKind::PublicKey) => ("given_key", "verify-given-key", Status::Good),
            Self::GivenKey(GivenKind::Secret) => ("given_key", "verify-given-secret", Status::Good),
            Self::Signers(TrustStatus::Indeterminate) | Self::Indeterminate => {
                ("indeterminate", "verify-indeterminate", Status::Indeterminate)
            }
            Self::Signers(told) => ("untrusted", "verify-untrusted", status(told)),
            Self::Unverified => ("indeterminate", "verify-unverified", Status::Indeterminate),
            Self::Broken(ended) => ("broken", "verify-broken", ended),
        }
    }
}

/// Tells what was found in the file `name`.
pub(super) fn tell(name: &str, told: Told<'_>, session: &mut Session) -> io::Result<Status> {
    let (word, id, ended) = told.conclusion.words();
    if session.format != Format::Human {
        let explained =
            |(signature, verdict): (Value, Option<&Verdict>)| (signature, json!(verdict.map(Verdict::explanation)));
        let mut signatures = told.signatures.into_iter().map(explained);
        let (signature, trust) = signatures.next().unwrap_or_default();
        let mut object = json!({
            "file": name, "verdict": word, "indication": told.indication.to_string(),
            "signature": signature, "trust": trust, "uncovered": told.uncovered, "findings": told.findings,
        });
        if let Some(given) = told.given {
            object["given_key"] = json!(given);
        }
        let others: Vec<_> =
            signatures.map(|(signature, trust)| json!({ "signature": signature, "trust": trust })).collect();
        if !others.is_empty() {
            object["others"] = others.into();
        }
        if told.digests.as_array().is_some_and(|digests| !digests.is_empty()) {
            object["digests"] = told.digests;
        }
        serde_json::to_writer(&mut session.output, &object)?;
        writeln!(session.output)?;
        return Ok(ended);
    }
    for finding in told.findings {
        session.finding(name, finding)?;
    }
    session.output.write_all(told.text.as_bytes())?;
    let conclusion = told.given.iter().fold(Message::new(id), |message, given| message.with("name", &given.name));
    for message in [Message::new("verify-indication").with("indication", told.indication), conclusion] {
        let text = session.text(&message);
        writeln!(session.output, "{text}")?;
    }
    Ok(ended)
}
