//! Findings on their way out, in the format that was asked for.

use std::io::{self, Write};

use karvan_engine::text::Diagnostic;
use karvan_engine::text::render::human::{self, Style};
use karvan_engine::text::render::json::{InFile, List};
use karvan_engine::text::render::{github, junit, sarif};
use karvan_engine::validate::{Outcome, Verdict};

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
