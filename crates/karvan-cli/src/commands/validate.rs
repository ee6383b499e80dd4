//! `karvan validate`.

use std::io;

use karvan_engine::MessageType;
use karvan_engine::text::Diagnostic;
use karvan_engine::validate::{self, Options, Verdict};

use crate::arguments::Validate;
use crate::input::Input;
use crate::session::{Session, say, say_failed};
use crate::status::Status;

pub(crate) fn run(asked: &Validate, mut session: Session) -> io::Result<Status> {
    let read_as = match asked.as_message.as_deref().map(message_type) {
        Some(None) => {
            say("karvan: --as takes MESSAGE:VERSION:RELEASE, as in CUSDEC:D:96B");
            return Ok(Status::Usage);
        }
        Some(message) => message,
        None => None,
    };
    let mut options = Options::default();
    options.depth = asked.level.into();
    options.read_as = read_as;
    options.segment_limit = asked.max_segment;
    options.finding_limit = asked.max_findings;
    options.size_limit = session.max_size;

    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let mut worst = Status::Good;
    for input in &inputs {
        worst = worst.max(one(input, &options, &mut session)?);
    }
    session.finish_findings()?;
    Ok(if asked.exit_zero { Status::Good } else { worst })
}

/// `CUSDEC:D:96B` as a message type of the UN.
pub(crate) fn message_type(text: &str) -> Option<MessageType> {
    let mut parts = text.split(':').map(str::to_ascii_uppercase);
    let (name, version, release) = (parts.next()?, parts.next()?, parts.next()?);
    if [&name, &version, &release].iter().any(|part| part.is_empty()) {
        return None;
    }
    let agency = parts.next().unwrap_or_else(|| "UN".to_owned());
    Some(MessageType { name, version, release, agency, ..MessageType::default() })
}

fn one(input: &Input, options: &Options, session: &mut Session) -> io::Result<Status> {
    let name = input.name();
    let source = match input.open() {
        Ok(source) => source,
        Err(error) => return Ok(say_failed(&name, &error)),
    };
    let mut written = Ok(());
    let mut report = |finding: Diagnostic| {
        if written.is_ok() {
            written = session.finding(&name, &finding);
        }
    };
    let outcome = validate::validate(source, options, &mut report);
    written?;
    match outcome {
        Ok(outcome) => {
            session.outcome(&name, &outcome)?;
            Ok(match outcome.verdict {
                Verdict::Valid => Status::Good,
                Verdict::Invalid => Status::Findings,
                Verdict::Unfinished => Status::Unfinished,
            })
        }
        Err(error) => Ok(say_failed(&name, &error)),
    }
}
