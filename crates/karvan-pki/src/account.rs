//! The whole account of a verdict for people: every path that was tried, every check of every certificate with what it
//! looked at, and the rule by which the accepted path differs from the one that came nearest to it.

use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};
use serde::Serialize;

use crate::certificate::hex;
use crate::explain::{Explanation, PathFacts, line};
use crate::trace::{Fact, Facts, Step, StepResult};
use crate::{Check, Recognition, Verdict};

/// The first rule that separates the best of the rejected paths from the accepted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Separation {
    /// The check that the rejected path did not pass, the first one from the trust anchor on.
    pub check: Check,
    /// The clause of the standard.
    pub clause: &'static str,
    /// Whose certificate did not pass it, RFC 4514.
    pub subject: String,
    /// That certificate, SHA-256, hexadecimal.
    pub certificate: String,
    /// The certificate of the same subject in the accepted path, if that has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl Separation {
    /// Compares the accepted path with the rejected one that came nearest.
    pub(crate) fn new(verdict: &Verdict) -> Option<Self> {
        let (accepted, rejected) = (verdict.path()?, verdict.rejected.first()?);
        // Steps stand in the order of the validation, from the anchor on.
        let step = rejected.steps.iter().find(|step| step.result != StepResult::Passed)?;
        let concerned = &rejected.certificate(step.certificate)?.certificate;
        let own = accepted.certificates().iter().map(|step| &step.certificate);
        let own = own.chain([&accepted.anchor().certificate]).find(|other| other.subject() == concerned.subject());
        let instead = own.filter(|own| own.fingerprint() != concerned.fingerprint());
        Some(Self {
            check: step.check,
            clause: step.clause,
            subject: concerned.subject().to_string(),
            certificate: concerned.fingerprint_hex(),
            instead: instead.map(|own| own.fingerprint_hex()),
        })
    }

    fn text(&self, language: Language) -> String {
        let id = if self.instead.is_some() { "account-separation-instead" } else { "account-separation" };
        let message = Message::new(id).with("check", self.check.title().text(language)).with("clause", self.clause);
        message.with("subject", &self.subject).text(language)
    }
}

impl Explanation {
    /// The account for people: what [`text`](Self::text) says, and every step of every path.
    #[must_use]
    pub fn account(&self, language: Language) -> String {
        let mut text = self.text(language);
        if let Some(separation) = &self.separation {
            line(&mut text, 0, &separation.text(language));
        }
        let named = [(&self.accepted, "account-accepted-steps"), (&self.rejected, "account-rejected-steps")];
        for (paths, id) in named {
            for (index, path) in paths.iter().enumerate() {
                let title = Message::new(id).with("number", index + 1).with("count", paths.len());
                line(&mut text, 0, &title.text(language));
                path.write_steps(&mut text, language);
            }
        }
        text
    }
}

impl PathFacts {
    fn write_steps(&self, text: &mut String, language: Language) {
        let mut last = None;
        for step in &self.steps {
            if last != Some(step.certificate) {
                last = Some(step.certificate);
                let subject = self.certificates.get(step.certificate).map_or("", |certificate| &certificate.subject);
                line(text, 1, &format!("{} {}", step.certificate + 1, isolate(subject, language)));
            }
            write_step(text, step, language);
        }
    }
}

fn write_step(text: &mut String, step: &Step, language: Language) {
    let mark = match step.result {
        StepResult::Passed => '✓',
        StepResult::Failed => '✗',
        StepResult::Unknown => '?',
    };
    let title = step.check.title().text(language);
    line(text, 2, &format!("{mark} {title} ({})", isolate(step.clause, language)));
    for (name, value) in step.inputs.iter() {
        let fact = format!("{name} = {}", shown(value));
        line(text, 3, &isolate(&fact, language));
    }
}

/// A value on one line.
fn shown(fact: &Fact) -> String {
    let joined = |facts: &Facts| {
        facts.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect::<Vec<_>>().join(", ")
    };
    match fact {
        Fact::Absent => "∅".to_owned(),
        Fact::Bool(value) => value.to_string(),
        Fact::Number(value) => value.to_string(),
        Fact::Text(text) => text.to_string(),
        Fact::Time(time) => time.to_string(),
        Fact::Identifier(identifier) => identifier.to_string(),
        Fact::Name(name) => name.to_string(),
        Fact::Digest(digest) => hex(digest),
        Fact::List(values) if values.is_empty() => "∅".to_owned(),
        Fact::List(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join("; ")),
        Fact::Facts(facts) => format!("{{{}}}", joined(facts)),
    }
}

impl Recognition {
    /// What the register says, for people: a sentence, and one more a policy that counts for one at home.
    #[must_use]
    pub fn text(&self, language: Language) -> Vec<String> {
        match self {
            Self::Domestic => vec![Message::new("register-domestic").text(language)],
            Self::Recognised { agreement, basis, policies } => {
                let message = Message::new("register-recognised").with("agreement", agreement).with("basis", basis);
                let equivalent = policies.iter().map(|pair| {
                    let message = Message::new("register-equivalent").with("foreign", pair.foreign.0);
                    message.with("home", pair.home.0).text(language)
                });
                [message.text(language)].into_iter().chain(equivalent).collect()
            }
        }
    }
}
