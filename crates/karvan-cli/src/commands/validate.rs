//! `karvan validate`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use clap::Args;
use karvan_engine::text::{Diagnostic, Message, Summary};
use karvan_engine::validate::{self, Content, Options, Outcome, Run, Totals, Verdict};

use crate::checking::{Checking, Level};
use crate::input::{Input, Limits, Meter, Refusal};
use crate::jobs::{Told, in_order};
use crate::profiles;
use crate::progress::Progress;
use crate::session::{Session, say_failed};
use crate::status::Status;

/// `karvan validate`.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// Files and folders, as they are or compressed (gzip, zstd, ZIP); standard input where there are none or `-` is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    checking: Checking,

    /// Check messages against this profile too, by its name or its file; one for each kind of message (karvan schema
    /// list --profiles).
    #[arg(long, value_name = "NAME|FILE")]
    profile: Vec<String>,

    /// Say why segments stand where they do, where their message has several places for them.
    #[arg(long)]
    explain_structure: bool,

    /// How many files to check at a time (default: as many as there are processors).
    #[arg(short, long, value_name = "COUNT")]
    jobs: Option<NonZeroUsize>,

    /// End with status 0 whatever was found.
    #[arg(long)]
    exit_zero: bool,
}

pub(crate) fn run(asked: &Validate, mut session: Session) -> io::Result<Status> {
    let mut options = match asked.checking.options(session.limits) {
        Ok(options) => options,
        Err(error) => return Ok(session.usage(&error.message())),
    };
    options.explain_structure = asked.explain_structure;
    if asked.checking.level == Some(Level::Syntax) && !asked.profile.is_empty() {
        return Ok(session.usage(&Message::new("profile-level")));
    }
    options.profiles = match profiles::load(&asked.profile, &session) {
        Ok(profiles) => profiles,
        Err(status) => return Ok(status),
    };

    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let jobs = asked.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let (limits, meter) = (session.limits, Arc::default());
    let mut told_so_far = ToldSoFar {
        totals: Totals::default(),
        run: Run::new(asked.checking.max_references).strict(asked.checking.strict),
    };
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
    let took = progress.finish();
    let octets = meter.octets();
    let rate = format!("{:.1}", octets as f64 / 1e6 / took.as_secs_f64().max(1e-6));
    session.note(&Message::new("note-read").with("octets", octets).with("rate", rate));
    if told_so_far.totals.documents > 1 && !session.quiet {
        session.totals(&told_so_far.totals)?;
    }
    session.finish_findings()?;
    Ok(if asked.exit_zero { Status::Good } else { worst })
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
