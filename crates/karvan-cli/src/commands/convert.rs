//! `karvan convert`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use karvan_engine::convert::{Conversion, Error, Options, convert};
use karvan_engine::text::{Diagnostic, Message, Severity};
use karvan_engine::{Partners, ReadError, Target, Timestamp};

use crate::arguments::Format;
use crate::commands::batch;
use crate::output::Output;
use crate::session::{Aside, Session, say, say_problem, say_unread};
use crate::status::Status;

/// `karvan convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// The document; standard input where there is none or `-` is named. With --out-dir or --out-archive files, folders and
    /// archives.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// What to write: edifact (an invoice as INVOIC D.14B, 16B, any other document as of D.96A), edifact:D96A and others, cii
    /// (invoices), cio (orders), ecmr (waybills), ubl, bsp, json.
    #[arg(long, value_name = "SYNTAX")]
    to: String,

    /// Write the output though something of the source is not in it.
    #[arg(long)]
    pub(crate) allow_loss: bool,

    /// Which document of an interchange that holds several, from 1.
    #[arg(long, value_name = "NUMBER")]
    document: Option<usize>,

    /// The time of preparation where the document has no date, RFC 3339, taken as UTC (default: now).
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// Who sends an interchange that is written: an identification, and after a colon its qualifier (0007). Without it, a party of
    /// the document does, or the sender of the interchange that it came in.
    #[arg(long, value_name = "ID[:QUALIFIER]", value_parser = partner)]
    sender: Option<Partner>,

    /// Who receives an interchange that is written.
    #[arg(long, value_name = "ID[:QUALIFIER]", value_parser = partner)]
    recipient: Option<Partner>,

    /// Write the report of the conversion to FILE, as JSON (default: standard error, for a person); with --out-dir and
    /// --out-archive an array of the account, one object a document and the totals.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// Translate every document of every file, each to a file of its own in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "document", group = "several")]
    pub(crate) out_dir: Option<PathBuf>,

    /// Translate every document of every file, all into one ZIP archive.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["document", "resume"], group = "several")]
    pub(crate) out_archive: Option<PathBuf>,

    /// How many files to translate at a time (default: as many as there are processors).
    #[arg(short, long, value_name = "COUNT", requires = "several")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Leave out what an earlier run with this folder has translated to the same syntax and has not changed since.
    #[arg(long, requires = "out_dir")]
    pub(crate) resume: bool,
}

/// A partner of an interchange: identification (0004, 0010) and qualifier (0007).
pub(crate) type Partner = (String, String);

pub(crate) fn partner(text: &str) -> Result<Partner, String> {
    let (identification, qualifier) = text.rsplit_once(':').unwrap_or((text, ""));
    let holds = |text: &str, most| text.chars().count() <= most;
    if identification.is_empty() || !holds(identification, 35) || !holds(qualifier, 4) {
        return Err("an identification of 1 to 35 characters, a qualifier of at most 4".to_owned());
    }
    Ok((identification.to_owned(), qualifier.to_owned()))
}

pub(crate) fn run(asked: &Convert, mut session: Session) -> io::Result<Status> {
    let target: Target = match asked.to.parse() {
        Ok(target) => target,
        Err(error) => {
            say(&format!("karvan: --to: {error}"));
            return Ok(Status::Usage);
        }
    };
    let mut options = Options::default();
    options.number = asked.document;
    options.at = Some(asked.at.unwrap_or_else(Timestamp::now));
    options.partners = Partners { sender: asked.sender.clone(), recipient: asked.recipient.clone() };
    options.check.size_limit = session.limits.size;
    options.check.xml = session.limits.xml;
    let report_to_stdout = asked.report.as_deref() == Some(Path::new("-"));
    if report_to_stdout && session.output.is_stdout() {
        return Ok(session.usage(&Message::new("usage-two-to-output").with("option", "--report")));
    }
    if let Some(place) = batch::Place::asked(asked) {
        return batch::run(asked, place, target, &options, session);
    }
    if asked.paths.len() > 1 {
        return Ok(session.usage(&Message::new("usage-several-files")));
    }
    let input = match session.one_input(asked.paths.first(), "convert") {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    let name = input.name();
    let source = match input.read(session.limits) {
        Ok(source) => source,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let conversion = match convert(&source, target, &options) {
        Ok(conversion) => conversion,
        Err(error) => return Ok(nothing(&name, &error, &session)),
    };
    let mut aside = Aside::new(&session);
    for finding in &conversion.source_findings {
        aside.finding(&name, finding);
    }
    let withheld = conversion.is_lossy() && !asked.allow_loss;
    let output_name = session.text(&Message::new("convert-output"));
    for finding in conversion.target_findings.iter().filter(|_| !withheld) {
        aside.finding(&output_name, finding);
    }
    report(asked, &name, &conversion, withheld, &session)?;
    if withheld {
        return Ok(Status::Findings);
    }
    session.output.write_all(&conversion.octets)?;
    session.output.finish()?;
    Ok(match (conversion.checked, conversion.has_errors()) {
        (false, _) => Status::Unfinished,
        (true, true) => Status::Findings,
        (true, false) => Status::Good,
    })
}

fn nothing(name: &str, error: &Error, session: &Session) -> Status {
    let mut aside = Aside::new(session);
    if let Error::Read(findings, _) = error {
        for finding in findings {
            aside.finding(name, finding);
        }
    }
    // What is no document at all was told by the findings.
    if !matches!(error, Error::Read(_, ReadError::Xml(_) | ReadError::Json(_))) || aside.summary.errors == 0 {
        say_problem(name, error);
    }
    match error {
        Error::Several { .. } | Error::NoSuchDocument { .. } => Status::Usage,
        Error::Read(findings, _) => findings.iter().map(Status::from).max().unwrap_or(Status::Findings),
        _ => Status::Findings,
    }
}

/// Writes the report where it was asked for: as JSON to a file, for a person to standard error.
fn report(asked: &Convert, name: &str, conversion: &Conversion, withheld: bool, session: &Session) -> io::Result<()> {
    let report = told(name, conversion, !withheld);
    if let Some(path) = &asked.report {
        let mut file = Output::open(Some(path))?;
        serde_json::to_writer_pretty(&mut file, &report)?;
        writeln!(file)?;
        file.finish()?;
    }
    // Why nothing was written is no note: it is told to those who asked for quiet as well.
    let told = withheld || !session.quiet;
    if asked.report.is_none() && session.format != Format::Human {
        if told {
            say(&report.to_string());
        }
        return Ok(());
    }
    let head =
        Message::new("convert-done").with("name", name).with("from", &conversion.from).with("to", &conversion.to);
    if told {
        say(&session.text(&head));
    }
    if told && asked.report.is_none() {
        say(conversion.report.text(session.style.language).trim_end());
    }
    let (source, target) = (errors(&conversion.source_findings), errors(&conversion.target_findings));
    let checked = if conversion.checked { "convert-checked" } else { "convert-unchecked" };
    if told {
        say(&session.text(&Message::new(checked).with("source", source).with("target", target)));
    }
    if withheld {
        say(&session.text(&Message::new("convert-withheld")));
    }
    Ok(())
}

/// What is told of a conversion to a machine.
pub(crate) fn told(name: &str, conversion: &Conversion, is_written: bool) -> serde_json::Value {
    serde_json::json!({
        "file": name, "from": conversion.from, "to": conversion.to, "written": is_written, "report": conversion.report,
        "source_findings": conversion.source_findings, "target_findings": conversion.target_findings,
    })
}

pub(crate) fn errors(findings: &[Diagnostic]) -> usize {
    findings.iter().filter(|finding| finding.code.severity == Severity::Error).count()
}
