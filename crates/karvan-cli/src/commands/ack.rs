//! `karvan ack`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, value_parser};
use karvan_engine::ack::{Acknowledgement, Action, Answer, AperakRelease, Kind, Options, When, Withheld, acknowledge};
use karvan_engine::text::{Diagnostic, Message};
use karvan_engine::validate::Verdict;
use karvan_engine::{ReadAsError, Timestamp};
use serde_json::json;

use crate::arguments::Format;
use crate::checking::Checking;
use crate::input::Limits;
use crate::output::Output;
use crate::session::{Aside, Session, say, say_failed, say_unread};
use crate::status::Status;

/// `karvan ack`.
#[derive(Args, Debug)]
pub(crate) struct Ack {
    /// The interchange; standard input where there is none or `-` is named.
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,

    /// The answer: contrl, one report on the syntax of the interchange, or aperak, an answer to each of its messages in words.
    #[arg(long = "type", value_enum, default_value_t, value_name = "TYPE")]
    answer_type: Type,

    /// The release of the directories that APERAK is written by, D.95A or later (default: D.96A).
    #[arg(long, value_name = "RELEASE")]
    release: Option<AperakRelease>,

    /// Say only that the interchange was received (CONTRL, action 8); nothing of it is checked but its UNB.
    #[arg(long, conflicts_with = "answer_type")]
    receipt: bool,

    /// When to answer: always, where UNB requests it, or where something is rejected.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    when: Answering,

    /// Which interchange of a file that holds several, from 1 (default: each is answered).
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u64).range(1..))]
    interchange: Option<u64>,

    /// Name messages, packages and groups without fault too.
    #[arg(long, conflicts_with = "receipt")]
    explicit: bool,

    /// Reject the whole interchange where any of it is rejected.
    #[arg(long, conflicts_with = "receipt")]
    whole: bool,

    /// Tell warnings too; they reject nothing.
    #[arg(long, conflicts_with = "receipt")]
    warnings: bool,

    #[command(flatten)]
    checking: Checking,

    /// Interchange control reference of the answer (default: a letter and that of the interchange).
    #[arg(long, value_name = "REFERENCE", value_parser = at_most::<14>)]
    reference: Option<String>,

    /// Association assigned code of the answering message (0057), as a user community asks for it.
    #[arg(long, value_name = "CODE", value_parser = at_most::<6>)]
    association: Option<String>,

    /// The time of preparation of the answer, RFC 3339, written as UTC (default: now).
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// Write what was answered to FILE, as JSON (default: standard error, for a person).
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// End with status 0 whatever was found.
    #[arg(long)]
    exit_zero: bool,
}

/// What the answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Type {
    /// Syntax and service report.
    #[default]
    Contrl,
    /// Application error and acknowledgement.
    Aperak,
}

/// When an interchange is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Answering {
    /// Always.
    #[default]
    Always,
    /// Where UNB requests an acknowledgement (0031).
    Requested,
    /// Where something is rejected.
    Rejected,
}

/// A value of so many characters at most, printable ones of ISO 646.
fn at_most<const LONGEST: usize>(text: &str) -> Result<String, String> {
    let printable = !text.is_empty() && text.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic());
    match text.len() <= LONGEST && printable {
        true => Ok(text.to_owned()),
        false => Err(format!("1 to {LONGEST} printable characters of ASCII")),
    }
}

pub(crate) fn run(asked: &Ack, mut session: Session) -> io::Result<Status> {
    let options = match options(asked, session.limits) {
        Ok(options) => options,
        Err(error) => return Ok(session.usage(&error.message())),
    };
    if asked.report.as_deref() == Some(Path::new("-")) && session.output.is_stdout() {
        return Ok(session.usage(&Message::new("usage-two-to-output").with("option", "--report")));
    }
    let input = match session.one_input(asked.path.as_ref(), "ack") {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    let name = input.name();
    let source = match input.open(session.limits) {
        Ok(source) => source,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let mut aside = Aside::new(&session);
    let mut told = Vec::new();
    let keep = asked.report.is_some();
    let mut report = |finding: Diagnostic| {
        aside.finding(&name, &finding);
        if keep {
            told.push(finding);
        }
    };
    let at = asked.at.unwrap_or_else(Timestamp::now);
    let acknowledgement = match acknowledge(source, &options, at, &mut report) {
        Ok(acknowledgement) => acknowledgement,
        Err(error) => return Ok(say_failed(&name, &error)),
    };
    summary(asked, &name, &acknowledgement, &told, &session)?;
    // What is empty is no interchange: a file of that kind would only be mistaken for one.
    if !acknowledgement.octets.is_empty() {
        session.output.write_all(&acknowledgement.octets)?;
        session.output.finish()?;
    }
    Ok(match acknowledgement.verdict {
        _ if asked.exit_zero => Status::Good,
        Verdict::Valid => Status::Good,
        Verdict::Invalid => Status::Findings,
        Verdict::Unfinished => Status::Unfinished,
    })
}

/// What the engine is asked.
fn options(asked: &Ack, limits: Limits) -> Result<Options, ReadAsError> {
    let mut options = Options::default();
    options.check = asked.checking.options(limits)?;
    options.kind = match asked.answer_type {
        _ if asked.receipt => Kind::Receipt,
        Type::Contrl => Kind::Contrl,
        Type::Aperak => Kind::Aperak,
    };
    options.release = asked.release.unwrap_or_default();
    options.when = match asked.when {
        Answering::Always => When::Always,
        Answering::Requested => When::Requested,
        Answering::Rejected => When::Rejected,
    };
    options.interchange = asked.interchange.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    options.explicit = asked.explicit;
    options.whole = asked.whole;
    options.warnings = asked.warnings;
    options.reference.clone_from(&asked.reference);
    options.association.clone_from(&asked.association);
    Ok(options)
}

/// Tells what was answered: as JSON to the file that was named, else to standard error.
fn summary(
    asked: &Ack,
    name: &str,
    acknowledgement: &Acknowledgement,
    told: &[Diagnostic],
    session: &Session,
) -> io::Result<()> {
    if let Some(path) = &asked.report {
        let mut file = Output::open(Some(path))?;
        let report = json!({ "file": name, "answers": acknowledgement.answers, "findings": told });
        serde_json::to_writer_pretty(&mut file, &report)?;
        writeln!(file)?;
        return file.finish();
    }
    if session.quiet {
        return Ok(());
    }
    for answer in &acknowledgement.answers {
        if session.format == Format::Human {
            sentences(answer).iter().for_each(|message| say(&session.text(message)));
        } else {
            say(&serde_json::to_string(answer)?);
        }
    }
    Ok(())
}

/// What came of one interchange, for a person.
fn sentences(answer: &Answer) -> Vec<Message> {
    let about = |id| Message::new(id).with("reference", &answer.reference);
    let given = match (&answer.answer, answer.withheld) {
        (Some(given), _) => given,
        (None, Some(Withheld::NotAsked)) => return vec![about("ack-withheld-asked")],
        (None, Some(Withheld::NotRequested)) => return vec![about("ack-withheld-requested")],
        (None, Some(Withheld::NotRejected)) => return vec![about("ack-withheld-rejected")],
        (None, Some(Withheld::Rejected)) => return vec![about("ack-withheld-syntax")],
        // The others are findings.
        (None, _) => return Vec::new(),
    };
    let done = match given.action {
        Action::Received => about("ack-received"),
        Action::Rejected => about("ack-rejected"),
        _ if given.rejected() > 0 => about("ack-partly").with("rejected", given.rejected()).with("units", answer.units),
        _ => about("ack-acknowledged"),
    };
    let mut told = vec![done.with("sender", &answer.sender).with("answer", &given.answer_reference)];
    if given.unreported > 0 {
        told.push(about("ack-unreported").with("count", given.unreported));
    }
    if !answer.requested {
        told.push(about("ack-not-requested"));
    }
    told
}
