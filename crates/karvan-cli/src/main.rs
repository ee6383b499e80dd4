//! The command line of Karvan: flags, streams and exit status around the functions of `karvan-engine`.

#![forbid(unsafe_code)]

mod arguments;
mod checking;
mod commands;
mod crash;
mod fetching;
mod input;
mod jobs;
mod network;
mod output;
mod profiles;
mod progress;
mod report;
mod session;
mod settings;
mod signing;
mod status;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use arguments::{Arguments, Verb};
use clap::{CommandFactory, FromArgMatches, Parser};
use crash::Telling;
use karvan_engine::text::Message;
use session::{Session, language, note, say, say_failed};
use status::Status;

/// A document is many small values: DESIGN.md, "Dependencies".
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Status {
    let asked = Arguments::parse();
    let telling = Telling { language: language(asked.common.lang), verbose: asked.common.verbose };
    crash::guarded(telling, || {
        let began = Instant::now();
        let status = settle_and_run(asked);
        if telling.verbose {
            let seconds = format!("{:.3}", began.elapsed().as_secs_f64());
            let ended = Message::new("note-ended").with("status", status.number()).with("seconds", seconds);
            note(&ended, telling.language);
        }
        status
    })
}

fn settle_and_run(asked: Arguments) -> Status {
    let path = settings_of(&asked);
    let arguments = match path.as_deref().map_or(Ok(asked), settled) {
        Ok(arguments) => arguments,
        Err(problem) => {
            say(&format!("karvan: {problem}"));
            return Status::Usage;
        }
    };
    let session = match Session::new(&arguments.common) {
        Ok(session) => session,
        Err(error) => {
            let output = arguments.common.output.unwrap_or_else(|| PathBuf::from("output"));
            return say_failed(&output.display().to_string(), &error);
        }
    };
    if let Some(path) = path {
        session.note(&Message::new("note-settings").with("path", path.display()));
    }
    commands::import::load(&session);
    if arguments.common.format.is_for_findings_alone() && !arguments.verb.tells_findings() {
        return session.usage(&Message::new("usage-findings-alone"));
    }
    let done = match &arguments.verb {
        Verb::Validate(asked) => commands::validate::run(asked, session),
        Verb::Ack(asked) => commands::ack::run(asked, session),
        Verb::Convert(asked) => commands::convert::run(asked, session),
        Verb::Diff(asked) => commands::diff::run(asked, session),
        Verb::Fmt(asked) => commands::fmt::run(asked, session),
        Verb::Sign(asked) => commands::sign::run(asked, session),
        Verb::Verify(asked) => commands::verify::run(asked, session),
        Verb::Trust(asked) => commands::trust::run(asked, session),
        Verb::Explain(asked) => commands::explain::run(asked, session),
        Verb::Inspect(asked) => commands::inspect::run(asked, session),
        Verb::Schema(asked) => commands::schema::run(asked, session),
        Verb::Completions(asked) => commands::completions::completions(asked, session),
        Verb::Man(asked) => commands::completions::man(asked),
    };
    match done {
        Ok(status) => status,
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Good,
        Err(error) => say_failed("output", &error),
    }
}

/// The file of settings that holds, if there is one.
fn settings_of(asked: &Arguments) -> Option<PathBuf> {
    asked.common.config.clone().or_else(|| if asked.common.isolated { None } else { settings::file() })
}

/// The arguments with the settings of the file at `path`, or why that cannot be used.
fn settled(path: &Path) -> Result<Arguments, String> {
    let named = |problem: String| format!("{}: {}", path.display(), problem.trim_end());
    let matches = settings::settle(Arguments::command(), path).map_err(named)?.try_get_matches();
    // The command line alone was understood: what is not is a setting.
    matches.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|error| named(error.to_string()))
}
