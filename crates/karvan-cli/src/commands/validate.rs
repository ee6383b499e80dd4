//! `karvan validate`.

use std::io::{self, Write};

use karvan_engine::text::catalogue::isolate;
use karvan_engine::text::{Diagnostic, Message};
use karvan_engine::validate::{self, Content, Options, Outcome, Verdict};
use karvan_engine::{Depth, MessageType};
use serde_json::json;

use crate::arguments::{Format, Level, Validate};
use crate::input::Input;
use crate::session::{Session, say, say_failed};
use crate::status::Status;

pub(crate) fn run(asked: &Validate, mut session: Session) -> io::Result<Status> {
    let read_as = match asked.as_message.as_deref().map(message_type) {
        Some(None) => {
            say("karvan: --as takes MESSAGE:VERSION:RELEASE, as in CUSDEC:D:96B");
            return Ok(Status::Usage);
        }
        Some(message) => message,
        None => None,
    };
    let mut options = Options::default();
    options.depth = match asked.level {
        Level::Syntax => Depth::Syntax,
        Level::Structure => Depth::Structure,
        Level::Codes => Depth::Codes,
    };
    options.read_as = read_as;
    options.segment_limit = asked.max_segment;
    options.finding_limit = asked.max_findings;
    options.size_limit = session.max_size;

    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let mut worst = Status::Good;
    for input in &inputs {
        worst = worst.max(one(input, &options, &mut session)?);
    }
    session.finish_objects()?;
    Ok(if asked.exit_zero { Status::Good } else { worst })
}

/// `CUSDEC:D:96B` as a message type of the UN.
fn message_type(text: &str) -> Option<MessageType> {
    let mut parts = text.split(':').map(str::to_ascii_uppercase);
    let (name, version, release) = (parts.next()?, parts.next()?, parts.next()?);
    if [&name, &version, &release].iter().any(|part| part.is_empty()) {
        return None;
    }
    let agency = parts.next().unwrap_or_else(|| "UN".to_owned());
    Some(MessageType { name, version, release, agency, ..MessageType::default() })
}

fn one(input: &Input, options: &Options, session: &mut Session) -> io::Result<Status> {
    let name = input.name();
    let source = match input.open() {
        Ok(source) => source,
        Err(error) => return Ok(say_failed(&name, &error)),
    };
    let mut written = Ok(());
    let mut report = |finding: Diagnostic| {
        if written.is_ok() {
            written = session.finding(&name, &finding);
        }
    };
    let outcome = validate::validate(source, options, &mut report);
    written?;
    match outcome {
        Ok(outcome) => {
            summary(&name, &outcome, session)?;
            Ok(match outcome.verdict {
                Verdict::Valid => Status::Good,
                Verdict::Invalid => Status::Findings,
                Verdict::Unfinished => Status::Unfinished,
            })
        }
        Err(error) => Ok(say_failed(&name, &error)),
    }
}

fn summary(name: &str, outcome: &Outcome, session: &mut Session) -> io::Result<()> {
    let (id, word) = match outcome.verdict {
        Verdict::Valid => ("summary-valid", "valid"),
        Verdict::Invalid => ("summary-invalid", "invalid"),
        Verdict::Unfinished => ("summary-unfinished", "unfinished"),
    };
    match session.format {
        Format::Human => {
            let head = session.text(&Message::new(id).with("name", name));
            let mut told = parts(&outcome.content, session);
            told.push(counted("errors", outcome.summary.errors, session));
            told.push(counted("warnings", outcome.summary.warnings, session));
            let separator = session.text(&Message::new("list-separator"));
            writeln!(session.output, "{head}: {}", told.join(&format!("{separator} ")))
        }
        Format::Json | Format::Jsonl => {
            let content = match &outcome.content {
                Content::Edifact(counts) => json!({
                    "syntax": "edifact", "interchanges": counts.interchanges, "groups": counts.groups,
                    "messages": counts.messages, "packages": counts.packages, "segments": counts.segments,
                    "types": counts.types.iter().map(|(kind, count)| json!({"type": kind.to_string(), "count": count}))
                        .collect::<Vec<_>>(),
                }),
                Content::Xml { root, grammar } => json!({ "syntax": "xml", "root": root, "grammar": grammar }),
                Content::Json => json!({ "syntax": "json" }),
                Content::Unknown => json!({ "syntax": null }),
            };
            let summary = json!({ "file": name, "verdict": word, "summary": outcome.summary, "content": content });
            session.object(&summary)
        }
    }
}

/// What the document holds, in words.
fn parts(content: &Content, session: &Session) -> Vec<String> {
    let named = |name: &str| isolate(name, session.style.language).into_owned();
    let counts = match content {
        Content::Edifact(counts) => counts,
        Content::Xml { root, grammar: Some(grammar) } => return vec![named(&format!("{root} ({grammar})"))],
        Content::Xml { root, grammar: None } => return vec![named(root)],
        Content::Json => return vec![named("JSON")],
        Content::Unknown => return vec![session.text(&Message::new("content-none"))],
    };
    let mut parts = vec![counted("interchanges", counts.interchanges, session)];
    if counts.groups > 0 {
        parts.push(counted("groups", counts.groups, session));
    }
    let mut messages = counted("messages", counts.messages, session);
    let mut kinds: Vec<_> = counts.types.keys().map(ToString::to_string).collect();
    kinds.dedup();
    if !kinds.is_empty() {
        kinds.truncate(4);
        messages = format!("{messages} ({})", named(&kinds.join(", ")));
    }
    parts.push(messages);
    if counts.packages > 0 {
        parts.push(counted("packages", counts.packages, session));
    }
    parts
}

/// `1 message`, `2 messages`.
fn counted(what: &'static str, count: u64, session: &Session) -> String {
    let id = match (what, count) {
        ("errors", 1) => "counted-error",
        ("errors", _) => "counted-errors",
        ("warnings", 1) => "counted-warning",
        ("warnings", _) => "counted-warnings",
        ("interchanges", 1) => "counted-interchange",
        ("interchanges", _) => "counted-interchanges",
        ("groups", 1) => "counted-group",
        ("groups", _) => "counted-groups",
        ("packages", 1) => "counted-package",
        ("packages", _) => "counted-packages",
        (_, 1) => "counted-message",
        _ => "counted-messages",
    };
    session.text(&Message::new(id).with("count", count))
}
