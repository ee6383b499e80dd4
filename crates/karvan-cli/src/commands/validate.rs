//! `karvan validate`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use karvan_engine::MessageType;
use karvan_engine::text::{Diagnostic, Summary};
use karvan_engine::validate::{self, Content, Options, Outcome, Run, Totals, Verdict};

use crate::arguments::Validate;
use crate::input::{Input, Limits, Meter, Refusal};
use crate::jobs::{Told, in_order};
use crate::progress::Progress;
use crate::session::{Session, say, say_failed};
use crate::status::Status;

pub(crate) fn run(asked: &Validate, mut session: Session) -> io::Result<Status> {
    let read_as = match asked.as_message.as_deref().map(known_message_type).transpose() {
        Ok(read_as) => read_as,
        Err(reason) => {
            say(&format!("karvan: {reason}"));
            return Ok(Status::Usage);
        }
    };
    let mut options = Options::default();
    options.depth = asked.level.into();
    options.read_as = read_as;
    options.strict = asked.strict;
    options.explain_structure = asked.explain_structure;
    options.characters = asked.una;
    options.segment_limit = asked.max_segment;
    options.object_limit = asked.max_package;
    options.reference_limit = asked.max_references;
    options.finding_limit = asked.max_findings;
    options.size_limit = session.limits.size;

    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let jobs = asked.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let (limits, meter) = (session.limits, Arc::default());
    let mut told_so_far =
        ToldSoFar { totals: Totals::default(), run: Run::new(asked.max_references).strict(asked.strict) };
    let mut worst = Status::Good;
    let mut progress = Progress::new(session.quiet, session.output.is_terminal());
    in_order(
        &inputs,
        jobs,
        |input, say| check(input, &options, limits, &meter, say),
        |told| {
            progress.show(&inputs, &meter);
            progress.beside(|| match told {
                Told::Said(event) => {
                    worst = worst.max(tell(event, &mut told_so_far, &mut session)?);
                    Ok(())
                }
                Told::Pause => session.output.flush(),
            })
        },
        || meter.stop(),
    )?;
    progress.finish();
    if told_so_far.totals.documents > 1 && !session.quiet {
        session.totals(&told_so_far.totals)?;
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

/// The message type that `text` names, if there is such a message.
fn known_message_type(text: &str) -> Result<MessageType, String> {
    let message = message_type(text).ok_or("--as takes MESSAGE:VERSION:RELEASE, as in CUSDEC:D:96B")?;
    match validate::knows(&message) {
        true => Ok(message),
        false => Err(format!("--as {text}: no such message; karvan schema list names the releases")),
    }
}

/// What the documents so far came to, and what the next ones are compared with.
struct ToldSoFar {
    totals: Totals,
    run: Run,
}

/// What is said about the document of this name.
struct Event(Arc<str>, Fact);

enum Fact {
    Finding(Box<Diagnostic>),
    Outcome(Outcome),
    Unread(io::Error),
}

/// Checks the documents of `input` and says what is found, as soon as it is.
fn check(input: &Input, options: &Options, limits: Limits, meter: &Arc<Meter>, say: &mut dyn FnMut(Event)) {
    let documents = match input.documents(limits, meter) {
        Ok(documents) => documents,
        Err(error) => return cut_short(&input.name().into(), error, Summary::default(), say),
    };
    for (name, source) in documents {
        let name: Arc<str> = name.into();
        let mut summary = Summary::default();
        let mut report = |finding: Diagnostic| {
            summary.add(finding.code.severity);
            say(Event(Arc::clone(&name), Fact::Finding(Box::new(finding))));
        };
        match validate::validate(source, options, &mut report) {
            Ok(outcome) => say(Event(name, Fact::Outcome(outcome))),
            Err(error) => cut_short(&name, error, summary, say),
        }
    }
}

/// Says why a document was not read to its end: a finding where its form is to blame, else a failure to read.
fn cut_short(name: &Arc<str>, error: io::Error, mut summary: Summary, say: &mut dyn FnMut(Event)) {
    let mut say = |fact| say(Event(Arc::clone(name), fact));
    let Some(refusal) = Refusal::of(&error) else { return say(Fact::Unread(error)) };
    let finding = refusal.diagnostic();
    summary.add(finding.code.severity);
    say(Fact::Finding(Box::new(finding)));
    say(Fact::Outcome(Outcome {
        verdict: Verdict::Unfinished,
        summary,
        content: Content::Unknown,
        openings: Vec::new(),
    }));
}

/// Tells and counts what was said.
fn tell(Event(name, fact): Event, so_far: &mut ToldSoFar, session: &mut Session) -> io::Result<Status> {
    let ToldSoFar { totals, run } = so_far;
    match fact {
        Fact::Finding(finding) => {
            totals.finding(finding.code);
            session.finding(&name, &finding)?;
            Ok(Status::Good)
        }
        Fact::Outcome(mut outcome) => {
            for finding in run.compare(&name, &mut outcome) {
                totals.finding(finding.code);
                session.finding(&name, &finding)?;
            }
            totals.document(outcome.verdict);
            session.outcome(&name, &outcome)?;
            Ok(match outcome.verdict {
                Verdict::Valid => Status::Good,
                Verdict::Invalid => Status::Findings,
                Verdict::Unfinished => Status::Unfinished,
            })
        }
        Fact::Unread(error) => {
            totals.unread();
            session.unread(&name, &error)
        }
    }
}
