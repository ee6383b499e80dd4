//! `karvan verify` of interchanges with security groups, and of AUTACK.

use std::io::{self, Write};

use karvan_engine::Timestamp;
use karvan_engine::trust::Material;
use karvan_engine::verify::edifact::{Coverage, Files, Outcome, Policy, UncoveredOctets, verify_and_answer};
use serde_json::json;

use super::told::{self, Conclusion, Told};
use super::{CoverageName, Verify};
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
    let (outcome, answer) = verify_and_answer(Files { source, content }, material, &policy, at, asked.answer.level());
    let ended = tell(asked, &name, &outcome, &mut session)?;
    if let (Outcome::Trusted(trusted), Some(out)) = (&outcome, &asked.out) {
        let mut output = Output::open(Some(out))?;
        for part in trusted.verified.content() {
            output.write_all(part)?;
        }
        output.finish()?;
    }
    let told = asked.answer.write(answer.as_ref(), &session)?;
    session.output.finish()?;
    Ok(told.unwrap_or(ended))
}

fn tell(asked: &Verify, name: &str, outcome: &Outcome, session: &mut Session) -> io::Result<Status> {
    let (conclusion, report, verdicts, findings) = match outcome {
        Outcome::Trusted(trusted) => (Conclusion::Trusted, Some(&trusted.report), trusted.verified.trust(), &[][..]),
        Outcome::Untrusted(report, verdicts) => {
            let conclusion = Conclusion::of_signers(verdicts).unwrap_or(Conclusion::Indeterminate);
            (conclusion, Some(&**report), &verdicts[..], &[][..])
        }
        Outcome::Indeterminate(Some(report), findings) => {
            (Conclusion::Indeterminate, Some(&**report), &[][..], &findings[..])
        }
        Outcome::Indeterminate(None, findings) => (Conclusion::Unverified, None, &[][..], &findings[..]),
        Outcome::Broken(findings) => (Conclusion::broken(findings), None, &[][..], &findings[..]),
    };
    let language = session.style.language;
    let mut text = report.map(|report| report.text(language, asked.explain)).unwrap_or_default();
    text.extend(verdicts.iter().map(|verdict| verdict.explanation().text(language)));
    let verdicts = verdicts.iter().map(Some).chain(std::iter::repeat(None));
    let signatures = report.iter().flat_map(|report| &report.signatures).map(|signature| json!(signature));
    let told = Told {
        conclusion,
        indication: outcome.indication(),
        signatures: signatures.zip(verdicts).collect(),
        uncovered: report.iter().flat_map(|report| &report.uncovered).map(UncoveredOctets::part).collect(),
        digests: json!(report.map(|report| &report.unsigned)),
        given: None,
        findings: findings.iter().collect(),
        text,
    };
    told::tell(name, told, session)
}
