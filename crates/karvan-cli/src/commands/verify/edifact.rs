//! `karvan verify` of interchanges with security groups, and of AUTACK.

use std::io::{self, Write};

use karvan_engine::text::Message;
use karvan_engine::trust::Material;
use karvan_engine::verify::edifact::{Coverage, Files, Outcome, Policy, verify_interchange};
use karvan_engine::{Timestamp, Verdict};
use serde_json::json;

use super::{CoverageName, Verify};
use crate::arguments::Format;
use crate::commands::trust::status;
use crate::input::Input;
use crate::output::Output;
use crate::session::{Session, say_unread};
use crate::status::Status;

/// Verifies the groups in `source`, and what an AUTACK in it says of the file that `--content` names.
pub(super) fn run(
    asked: &Verify,
    input: &Input,
    source: Vec<u8>,
    material: &Material,
    at: Timestamp,
    mut session: Session,
) -> io::Result<Status> {
    let name = input.name();
    let content = asked.content.as_deref().map(|path| {
        let input = Input::one(path);
        input.read(session.limits).map_err(|error| say_unread(&input.name(), &error))
    });
    let content = match content.transpose() {
        Ok(content) => content,
        Err(status) => return Ok(status),
    };
    let mut policy = Policy::default();
    policy.legacy = asked.trust.legacy();
    policy.keys = asked.max_keys;
    policy.coverage = match asked.coverage_of_interchange() {
        CoverageName::Bodies => Coverage::Bodies,
        CoverageName::Interchanges => Coverage::Interchanges,
        CoverageName::Anything => Coverage::Anything,
    };
    let outcome = verify_interchange(Files { source, content }, material, &policy, at);
    let ended = tell(asked, &name, &outcome, &mut session)?;
    if let (Outcome::Trusted(trusted), Some(out)) = (&outcome, &asked.out) {
        let mut output = Output::open(Some(out))?;
        for part in trusted.verified.content() {
            output.write_all(part)?;
        }
        output.finish()?;
    }
    session.output.finish()?;
    Ok(ended)
}

fn tell(asked: &Verify, name: &str, outcome: &Outcome, session: &mut Session) -> io::Result<Status> {
    let (word, id, ended) = match outcome {
        Outcome::Trusted(_) => ("trusted", "verify-trusted", Status::Good),
        Outcome::Untrusted(_, verdict) => ("untrusted", "verify-untrusted", status(verdict.status())),
        Outcome::Indeterminate(..) => ("indeterminate", "verify-indeterminate", Status::Indeterminate),
        Outcome::Broken(findings) => {
            let ended = findings.iter().map(Status::from).max().unwrap_or(Status::Findings);
            ("broken", "verify-broken", ended)
        }
    };
    let (report, verdicts, findings) = match outcome {
        Outcome::Trusted(trusted) => (Some(&trusted.report), trusted.verified.trust().iter().collect(), &[][..]),
        Outcome::Untrusted(report, verdict) => (Some(&**report), vec![&**verdict], &[][..]),
        Outcome::Indeterminate(report, findings) => (report.as_deref(), Vec::new(), &findings[..]),
        Outcome::Broken(findings) => (None, Vec::new(), &findings[..]),
    };
    let explanations: Vec<_> = verdicts.into_iter().map(Verdict::explanation).collect();
    if session.format != Format::Human {
        let told = json!({
            "file": name, "verdict": word, "security": report, "trust": explanations, "findings": findings,
        });
        serde_json::to_writer(&mut session.output, &told)?;
        writeln!(session.output)?;
        return Ok(ended);
    }
    for finding in findings {
        session.finding(name, finding)?;
    }
    let language = session.style.language;
    if let Some(report) = report {
        session.output.write_all(report.text(language, asked.explain).as_bytes())?;
    }
    for explanation in &explanations {
        session.output.write_all(explanation.text(language).as_bytes())?;
    }
    let text = session.text(&Message::new(id));
    writeln!(session.output, "{text}")?;
    Ok(ended)
}
