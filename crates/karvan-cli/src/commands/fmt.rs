//! `karvan fmt`.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use karvan_engine::fmt::{Diff, Options, Outcome, format};
use karvan_engine::text::render::json::List;
use karvan_engine::text::{Diagnostic, Message};
use karvan_engine::{Layout, Repertoire, ServiceCharacters};
use serde::Serialize;

use crate::arguments::Format;
use crate::checking::Reading;
use crate::input::Input;
use crate::output::Output;
use crate::session::{Aside, Session, say, say_failed, say_unread};
use crate::status::Status;

/// `karvan fmt`.
#[derive(Args, Debug)]
pub(crate) struct Fmt {
    /// Files and folders; standard input where there are none or `-` is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Write all segments on one line, instead of each on its own.
    #[arg(long)]
    minify: bool,

    /// Write the counts in UNT, UNE, UNZ, UIT and UIZ anew.
    #[arg(long)]
    recount: bool,

    /// Leave out separators that separate nothing.
    #[arg(long)]
    trim: bool,

    /// Write in this repertoire, UNOA to UNOY, and declare it in UNB; refused where a character cannot be carried.
    #[arg(long, value_name = "IDENTIFIER", value_parser = repertoire)]
    charset: Option<Repertoire>,

    /// Read in this repertoire, whatever UNB declares.
    #[arg(long, value_name = "IDENTIFIER", value_parser = repertoire, requires = "charset")]
    from_charset: Option<Repertoire>,

    /// Write with these service characters: `default`, or six as UNA has them; the decimal mark stays that of the file.
    #[arg(long, value_name = "CHARACTERS", value_parser = characters)]
    delimiters: Option<ServiceCharacters>,

    /// Write nothing; tell what would change, and end with status 1 if anything would.
    #[arg(long)]
    check: bool,

    /// Write nothing but what would change, as a unified diff; ends with status 1 if there is any.
    #[arg(long, conflicts_with = "check")]
    diff: bool,

    /// Replace each file by its new form once that is whole.
    #[arg(short, long, conflicts_with_all = ["check", "diff"])]
    in_place: bool,

    #[command(flatten)]
    reading: Reading,

    /// Stop after this many findings a document.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true,
        value_parser = value_parser!(u64).range(1..))]
    max_findings: u64,
}

fn repertoire(text: &str) -> Result<Repertoire, String> {
    Repertoire::from_identifier(text.to_ascii_uppercase().as_bytes())
        .ok_or_else(|| format!("the repertoires are {}", Repertoire::identifiers().collect::<Vec<_>>().join(", ")))
}

fn characters(text: &str) -> Result<ServiceCharacters, String> {
    if text == "default" {
        return Ok(ServiceCharacters::for_version(4));
    }
    let characters = Some(format!("UNA{text}"))
        .filter(|advice| text.is_ascii() && advice.len() == ServiceCharacters::ADVICE_LENGTH)
        .and_then(|advice| ServiceCharacters::from_advice(advice.as_bytes()))
        .ok_or("six characters as in UNA, such as \":+.?*'\"")?;
    if !characters.doubtful().is_empty() {
        return Err("no letter, no digit, no space as a separator, and no character in two roles".to_owned());
    }
    Ok(characters)
}

pub(crate) fn run(asked: &Fmt, mut session: Session) -> io::Result<Status> {
    let mut options = Options::default();
    options.layout = if asked.minify { Layout::Minified } else { Layout::Lines };
    options.recount = asked.recount;
    options.trim = asked.trim;
    options.repertoire = asked.charset;
    options.read_as = asked.from_charset;
    options.characters = asked.delimiters;
    options.read_characters = asked.reading.una;
    options.segment_limit = asked.reading.max_segment;
    options.finding_limit = asked.max_findings;
    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let only_files = inputs.iter().all(|input| matches!(input, Input::File(_)));
    if asked.in_place && !(session.output.is_stdout() && only_files) {
        return Ok(session.usage(&Message::new("usage-in-place")));
    }
    let (mut worst, mut any_refused, mut list) = (Status::Good, false, session.list());
    for input in &inputs {
        let (status, refused) = one(input, asked, &options, &mut session, &mut list)?;
        worst = worst.max(status);
        any_refused |= refused;
    }
    if asked.check {
        session.finish_list(&mut list)?;
    }
    // A file that could not be written as asked leaves none behind.
    if asked.check || session.output.is_stdout() || !any_refused {
        session.output.finish()?;
    }
    Ok(worst)
}

/// What became of a file, as `--check` tells it to a machine.
#[derive(Debug, Serialize)]
struct Done<'a> {
    file: &'a str,
    changed: bool,
    refused: bool,
}

/// Lays out one input; gives back whether that was refused, too.
fn one(
    input: &Input,
    asked: &Fmt,
    options: &Options,
    session: &mut Session,
    list: &mut List,
) -> io::Result<(Status, bool)> {
    let name = input.name();
    let mut aside = Aside::new(session);
    let mut report = |finding: Diagnostic| aside.finding(&name, &finding);
    let done = match input {
        Input::File(path) if asked.in_place => replace(path, options, &mut report),
        _ => match input.open(session.limits) {
            Ok(source) => write(source, &name, asked, options, session, &mut report),
            Err(error) => Err(error),
        },
    };
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error),
        Err(error) => return Ok((say_unread(&name, &error), false)),
    };
    tell(&name, asked, outcome, session)?;
    if asked.check && session.format != Format::Human {
        let done = Done { file: &name, changed: outcome.changed, refused: outcome.refused };
        list.item(&mut session.output, &done)?;
    }
    Ok((status(asked, outcome), outcome.refused))
}

fn write(
    source: impl io::Read,
    name: &str,
    asked: &Fmt,
    options: &Options,
    session: &mut Session,
    report: &mut dyn FnMut(Diagnostic),
) -> io::Result<Outcome> {
    if asked.check {
        format(source, options, &mut |_, _| Ok(()), report)
    } else if asked.diff {
        diff(source, name, options, session, report)
    } else if options.may_refuse() {
        spooled(source, options, session, report)
    } else {
        format(source, options, &mut |_, to_be| session.output.write_all(to_be), report)
    }
}

/// Replaces a file by its new form, where that is another one.
///
/// The file is read as it is: one that is compressed is no interchange, and stays.
fn replace(path: &Path, options: &Options, report: &mut dyn FnMut(Diagnostic)) -> io::Result<Outcome> {
    let source = File::open(path)?;
    let mut output = Output::open(Some(path))?;
    let outcome = format(source, options, &mut |_, to_be| output.write_all(to_be), report)?;
    if outcome.changed && !outcome.refused && !outcome.unfinished {
        output.finish()?;
    }
    Ok(outcome)
}

fn status(asked: &Fmt, outcome: Outcome) -> Status {
    let differs = (asked.check || asked.diff) && outcome.changed;
    match outcome {
        Outcome { unfinished: true, .. } => Status::Unfinished,
        Outcome { refused: true, .. } | Outcome { errors: true, .. } => Status::Findings,
        _ if differs => Status::Findings,
        _ => Status::Good,
    }
}

/// What would change, or did, to those who want to know.
fn tell(name: &str, asked: &Fmt, outcome: Outcome, session: &mut Session) -> io::Result<()> {
    let message = |id: &'static str| Message::new(id).with("name", name);
    if outcome.refused {
        // The findings said why.
        if !asked.check {
            say(&session.text(&message("fmt-kept")));
        }
    } else if asked.check && outcome.changed && session.format == Format::Human {
        let line = session.text(&message("fmt-would-change"));
        writeln!(session.output, "{line}")?;
    } else if asked.in_place && outcome.changed && !session.quiet {
        say(&session.text(&message("fmt-changed")));
    }
    Ok(())
}

fn diff(
    source: impl io::Read,
    name: &str,
    options: &Options,
    session: &mut Session,
    report: &mut dyn FnMut(Diagnostic),
) -> io::Result<Outcome> {
    // A refusal may come late, and a diff of what cannot be written would be no answer.
    let mut diff = Diff::new(tempfile::tempfile()?, name, session.limits.size);
    let outcome = format(source, options, &mut |as_it_was, to_be| diff.piece(as_it_was, to_be), report)?;
    copy_unless_refused(diff.finish()?, outcome, session)
}

/// Writes the output when it is certain that all of it can be written.
fn spooled(
    source: impl io::Read,
    options: &Options,
    session: &mut Session,
    report: &mut dyn FnMut(Diagnostic),
) -> io::Result<Outcome> {
    let mut spool = io::BufWriter::new(tempfile::tempfile()?);
    let outcome = format(source, options, &mut |_, to_be| spool.write_all(to_be), report)?;
    copy_unless_refused(spool.into_inner()?, outcome, session)
}

fn copy_unless_refused(mut spool: File, outcome: Outcome, session: &mut Session) -> io::Result<Outcome> {
    if !outcome.refused {
        spool.rewind()?;
        io::copy(&mut spool, &mut session.output)?;
    }
    Ok(outcome)
}
