//! Findings on their way out, in the format that was asked for.

use std::io::{self, Write};

use karvan_engine::text::Diagnostic;
use karvan_engine::text::render::human::{self, Style};
use karvan_engine::text::render::json::{InFile, List};
use karvan_engine::text::render::{github, junit, sarif};
use karvan_engine::validate::{Outcome, Totals, Verdict};
use serde_json::json;

use crate::arguments::Format;

/// A report being written. What of it stands on the output is whole only after [`Self::finish`].
pub(crate) enum Report {
    Human(Style),
    Json(List),
    Sarif(sarif::Log),
    Junit(junit::Report),
    Github,
}

impl Report {
    pub(crate) fn new(format: Format, style: Style) -> Self {
        match format {
            Format::Human => Self::Human(style),
            Format::Json => Self::Json(List::array()),
            Format::Jsonl => Self::Json(List::lines()),
            Format::Sarif => Self::Sarif(sarif::Log::default()),
            Format::Junit => Self::Junit(junit::Report::default()),
            Format::Github => Self::Github,
        }
    }

    /// Writes one finding about the document `name`.
    pub(crate) fn finding(&mut self, out: &mut dyn Write, name: &str, finding: &Diagnostic) -> io::Result<()> {
        match self {
            Self::Human(style) => human::write(out, name, finding, *style),
            Self::Json(list) => list.item(out, &InFile { file: name, facts: finding }),
            Self::Sarif(log) => log.finding(out, name, finding),
            Self::Junit(report) => {
                report.finding(name, finding);
                Ok(())
            }
            Self::Github => github::write(out, name, finding),
        }
    }

    /// Ends the findings about the document `name`.
    pub(crate) fn outcome(&mut self, out: &mut dyn Write, name: &str, outcome: &Outcome) -> io::Result<()> {
        match self {
            Self::Human(style) => writeln!(out, "{}", outcome.text(name, style.language)),
            Self::Json(list) => list.item(out, &InFile { file: name, facts: outcome }),
            Self::Sarif(log) => {
                if outcome.verdict == Verdict::Unfinished {
                    log.unfinished();
                }
                Ok(())
            }
            Self::Junit(report) => report.document(out, name, outcome.verdict),
            Self::Github => Ok(()),
        }
    }

    /// Says that the document `name` could not be read; why is told elsewhere.
    pub(crate) fn unread(&mut self, out: &mut dyn Write, name: &str) -> io::Result<()> {
        match self {
            Self::Human(_) | Self::Json(_) | Self::Github => Ok(()),
            Self::Sarif(log) => {
                log.unfinished();
                Ok(())
            }
            Self::Junit(report) => report.document(out, name, Verdict::Unfinished),
        }
    }

    /// Writes what a run over several documents came to, where the format has a place for it.
    pub(crate) fn totals(&mut self, out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
        match self {
            Self::Human(style) => out.write_all(totals.text(style.language).as_bytes()),
            Self::Json(list) => list.item(out, &json!({ "totals": totals })),
            Self::Sarif(_) | Self::Junit(_) | Self::Github => Ok(()),
        }
    }

    /// Writes what a whole report ends with.
    pub(crate) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Human(_) | Self::Github => Ok(()),
            Self::Json(list) => list.finish(out),
            Self::Sarif(log) => log.finish(out),
            Self::Junit(report) => report.finish(out),
        }
    }
}
