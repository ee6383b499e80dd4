//! `karvan diff`.

use std::io;
use std::path::PathBuf;

use clap::Args;
use karvan_engine::ReadError;
use karvan_engine::diff::{Diff as Differences, Error, Options, Sides, diff, text_of_diff};
use karvan_engine::text::Message;
use serde::Serialize;

use crate::input::Input;
use crate::session::{Aside, Session, say_problem, say_unread};
use crate::status::Status;

/// `karvan diff`.
#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// The one document, or the interchange of several.
    #[arg(value_name = "A")]
    left: PathBuf,

    /// The other one, in any syntax; `-` for standard input.
    #[arg(value_name = "B")]
    right: PathBuf,

    /// Tell also what is only written otherwise: 12.50 and 12.5, white space, and in one syntax counters and envelopes.
    #[arg(long)]
    strict: bool,
}

/// What is told to a machine.
#[derive(Serialize)]
struct Told<'a> {
    files: Sides<&'a str>,
    #[serde(flatten)]
    diff: &'a Differences,
}

pub(crate) fn run(asked: &Diff, mut session: Session) -> io::Result<Status> {
    let inputs = [&asked.left, &asked.right].map(|path| Input::one(path));
    if inputs[0] == inputs[1] && inputs[0] == Input::Stdin {
        return Ok(session.usage(&Message::new("usage-two-from-input")));
    }
    let names = inputs.each_ref().map(Input::name);
    let mut sources = Vec::new();
    for (input, name) in inputs.iter().zip(&names) {
        match input.read(session.limits) {
            Ok(source) => sources.push(source),
            Err(error) => return Ok(say_unread(name, &error)),
        }
    }
    let mut options = Options::default();
    options.strict = asked.strict;
    options.check.size_limit = session.limits.size;
    options.check.xml = session.limits.xml;
    let names = Sides { left: names[0].as_str(), right: names[1].as_str() };
    let diff = match diff(&sources[0], &sources[1], &options) {
        Ok(diff) => diff,
        Err(error) => return Ok(nothing(names, &error, &session)),
    };
    let style = session.style;
    session.result(|_| text_of_diff(&diff, names, style), &Told { files: names, diff: &diff })?;
    session.output.finish()?;
    Ok(match (diff.is_finished(), diff.same) {
        (false, _) => Status::Unfinished,
        (true, true) => Status::Good,
        (true, false) => Status::Findings,
    })
}

fn nothing(names: Sides<&str>, error: &Error, session: &Session) -> Status {
    let name = if error.is_right { names.right } else { names.left };
    let mut aside = Aside::new(session);
    error.findings.iter().for_each(|finding| aside.finding(name, finding));
    // What is no document at all was told by the findings.
    if !matches!(error.error, ReadError::Xml(_) | ReadError::Json(_)) || aside.summary.errors == 0 {
        say_problem(name, &error.error);
    }
    // Nothing was compared, so nothing is the same.
    error.findings.iter().map(Status::from).max().unwrap_or_default().max(Status::Findings)
}
