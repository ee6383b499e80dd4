//! What all verbs share: the output, the language, and how findings are told.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use karvan_engine::text::catalogue::{Language, isolate};
use karvan_engine::text::render::human::{self, Style};
use karvan_engine::text::render::json::{InFile, List};
use karvan_engine::text::{Diagnostic, Message, Summary};
use karvan_engine::validate::{Outcome, Totals, Verdict};
use serde::Serialize;

use crate::arguments::{Common, Format, Lang, When};
use crate::input::{Input, Limits, Refusal};
use crate::output::Output;
use crate::report::Report;
use crate::status::Status;

/// One run of the program.
pub(crate) struct Session {
    /// Where results go.
    pub(crate) output: Output,
    /// How they are written.
    pub(crate) format: Format,
    /// How they look to a person.
    pub(crate) style: Style,
    /// Whether only results and errors are told.
    pub(crate) quiet: bool,
    /// Whether it is told what is done.
    pub(crate) verbose: bool,
    /// How much is read.
    pub(crate) limits: Limits,
    /// The findings on their way out.
    report: Report,
}

impl Session {
    /// Opens the output and settles language and colour.
    pub(crate) fn new(common: &Common) -> io::Result<Self> {
        let output = Output::open(common.output.as_deref())?;
        let colour = match common.color {
            When::Always => true,
            When::Never => false,
            When::Auto => output.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let style = Style { language: language(common.lang), colour };
        Ok(Self {
            output,
            format: common.format,
            style,
            quiet: common.quiet,
            verbose: common.verbose,
            limits: common.limits(),
            report: Report::new(common.format, style),
        })
    }

    /// Whether a person reads what is written.
    pub(crate) fn is_human(&self) -> bool {
        self.format == Format::Human
    }

    /// The sentence of `message`.
    pub(crate) fn text(&self, message: &Message) -> String {
        message.text(self.style.language)
    }

    /// Tells what is done, where that is asked for.
    pub(crate) fn note(&self, message: &Message) {
        if self.verbose {
            note(message, self.style.language);
        }
    }

    /// Tells why the command line cannot be followed.
    pub(crate) fn usage(&self, problem: &Message) -> Status {
        say(&format!("karvan: {}", self.text(problem)));
        Status::Usage
    }

    /// The one input of `verb`: the file that is named, or standard input where none is. What else is named is told.
    pub(crate) fn one_input(&self, path: Option<&PathBuf>, verb: &str) -> Result<Input, Status> {
        match Input::all(path.map_or(&[], std::slice::from_ref)) {
            Ok(mut inputs) if inputs.len() == 1 => Ok(inputs.remove(0)),
            Ok(_) => Err(self.usage(&Message::new("usage-one-file").with("verb", verb))),
            Err(error) => Err(say_failed("input", &error)),
        }
    }

    /// Writes one finding about the document `name` to the output.
    pub(crate) fn finding(&mut self, name: &str, finding: &Diagnostic) -> io::Result<()> {
        self.report.finding(&mut self.output, name, finding)
    }

    /// Ends the findings about the document `name`.
    pub(crate) fn outcome(&mut self, name: &str, outcome: &Outcome) -> io::Result<()> {
        if self.quiet && self.format == Format::Human && outcome.verdict == Verdict::Valid {
            return Ok(());
        }
        self.report.outcome(&mut self.output, name, outcome)
    }

    /// Tells why the document `name` could not be read, on standard error.
    pub(crate) fn unread(&mut self, name: &str, error: &io::Error) -> io::Result<Status> {
        self.report.unread(&mut self.output, name)?;
        Ok(say_unread(name, error))
    }

    /// Writes what a run over several documents came to.
    pub(crate) fn totals(&mut self, totals: &Totals) -> io::Result<()> {
        self.report.totals(&mut self.output, totals)
    }

    /// Ends the findings, though there be none; the output is whole.
    pub(crate) fn finish_findings(mut self) -> io::Result<()> {
        self.report.finish(&mut self.output)?;
        self.output.finish()
    }

    /// Writes the one result of a verb whose result is no list of findings, for a person or as one JSON document.
    pub(crate) fn result(&mut self, text: impl FnOnce(Language) -> String, object: &impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Human => return self.output.write_all(text(self.style.language).as_bytes()),
            Format::Json => serde_json::to_writer_pretty(&mut self.output, object)?,
            _ => serde_json::to_writer(&mut self.output, object)?,
        }
        writeln!(self.output)
    }

    /// Writes the results of a verb that has several: for a person, as an array of JSON, or as one JSON document a line.
    pub(crate) fn results<T: Serialize>(
        &mut self,
        text: impl Fn(&T, Language) -> String,
        objects: &[T],
    ) -> io::Result<()> {
        let mut list = self.list();
        for object in objects {
            match self.format {
                Format::Human => self.output.write_all(text(object, self.style.language).as_bytes())?,
                _ => list.item(&mut self.output, object)?,
            }
        }
        self.finish_list(&mut list)
    }

    /// The list of what is told to a machine.
    pub(crate) const fn list(&self) -> List {
        match self.format {
            Format::Jsonl => List::lines(),
            _ => List::array(),
        }
    }

    /// Ends the list of what is told to a machine.
    pub(crate) fn finish_list(&mut self, list: &mut List) -> io::Result<()> {
        if self.format == Format::Human { Ok(()) } else { list.finish(&mut self.output) }
    }
}

/// Findings told on standard error: by verbs whose result is a document.
pub(crate) struct Aside {
    format: Format,
    style: Style,
    /// How many there were.
    pub(crate) summary: Summary,
}

impl Aside {
    pub(crate) fn new(session: &Session) -> Self {
        let colour = session.style.colour && io::stderr().is_terminal();
        Self { format: session.format, style: Style { colour, ..session.style }, summary: Summary::default() }
    }

    /// Writes one finding about the document `name` to standard error.
    pub(crate) fn finding(&mut self, name: &str, finding: &Diagnostic) {
        self.summary.add(finding.code.severity);
        let mut text = Vec::new();
        let written = match self.format {
            Format::Human => human::write(&mut text, name, finding, self.style),
            _ => serde_json::to_writer(&mut text, &InFile { file: name, facts: finding }).map_err(Into::into),
        };
        if written.is_ok() {
            say(String::from_utf8_lossy(&text).trim_end());
        }
    }
}

/// Tells what is done, on standard error.
pub(crate) fn note(message: &Message, language: Language) {
    say(&format!("karvan: {}", message.text(language)));
}

/// Writes a line to standard error. Where that is closed, nobody is there to be told.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Tells why an input could not be read. One that is beyond a limit was not looked at, which is no failure to read.
pub(crate) fn say_unread(name: &str, error: &io::Error) -> Status {
    let status = say_failed(name, error);
    let looked_at = error.kind() != io::ErrorKind::FileTooLarge && Refusal::of(error).is_none();
    if looked_at { status } else { Status::Unfinished }
}

/// Tells why something could not be read or written.
pub(crate) fn say_failed(name: &str, error: &dyn Display) -> Status {
    say_problem(name, error);
    Status::InputOutput
}

/// Tells what stands in the way of an answer about the document `name`; what it says may come from that document.
pub(crate) fn say_problem(name: &str, problem: &dyn Display) {
    say(&isolate(&format!("karvan: {name}: {problem}"), Language::English));
}

/// The language that was asked for, else that of the locale.
pub(crate) fn language(asked: Option<Lang>) -> Language {
    match asked {
        Some(Lang::En) => Language::English,
        Some(Lang::Fa) => Language::Persian,
        None => ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
            .and_then(|locale| Language::from_code(&locale))
            .unwrap_or_default(),
    }
}
