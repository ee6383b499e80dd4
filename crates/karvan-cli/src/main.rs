//! The command line of Karvan: flags, streams and exit status around the functions of `karvan-engine`.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod input;
mod jobs;
mod output;
mod progress;
mod report;
mod session;
mod settings;
mod status;

use std::io;

use arguments::{Arguments, Verb};
use clap::{CommandFactory, FromArgMatches, Parser};
use session::{Session, say, say_failed};
use status::Status;

fn main() -> Status {
    let arguments = match settled(Arguments::parse()) {
        Ok(arguments) => arguments,
        Err(problem) => {
            say(&format!("karvan: {problem}"));
            return Status::Usage;
        }
    };
    commands::import::load();
    if arguments.common.format.is_for_findings_alone() && !arguments.verb.tells_findings() {
        say(
            "karvan: --format sarif, junit and github are for the findings of validate; here it is human, json or jsonl",
        );
        return Status::Usage;
    }
    let session = match Session::new(&arguments.common) {
        Ok(session) => session,
        Err(error) => return say_failed("output", &error),
    };
    let done = match &arguments.verb {
        Verb::Validate(asked) => commands::validate::run(asked, session),
        Verb::Ack(asked) => commands::ack::run(asked, session),
        Verb::Convert(asked) => commands::convert::run(asked, session),
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

/// The arguments with the settings of the file that holds, or why that cannot be used.
fn settled(arguments: Arguments) -> Result<Arguments, String> {
    let common = &arguments.common;
    let Some(path) = common.config.clone().or_else(|| if common.isolated { None } else { settings::file() }) else {
        return Ok(arguments);
    };
    let named = |problem: String| format!("{}: {}", path.display(), problem.trim_end());
    let matches = settings::settle(Arguments::command(), &path).map_err(named)?.try_get_matches();
    // The command line alone was understood: what is not is a setting.
    matches.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|error| named(error.to_string()))
}
