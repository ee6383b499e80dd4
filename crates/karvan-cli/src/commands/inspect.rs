//! `karvan inspect`.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, value_parser};
use karvan_engine::Directories;
use karvan_engine::inspect::{At, Depth, Node, Options, Selector, Summary, inspect, text_of_node, text_of_summary};
use karvan_engine::text::Message;
use karvan_engine::text::render::json::{InFile, List};

use crate::arguments::Format;
use crate::checking::Reading;
use crate::input::Input;
use crate::session::{Session, say, say_failed, say_unread};
use crate::status::Status;

/// `karvan inspect`.
#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// Files and folders; standard input where there are none or `-` is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How deep to show the tree: 0 interchanges, 1 groups and messages, 2 segments, 3 data elements.
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = value_parser!(u8).range(0..=3))]
    depth: u8,

    /// Show the segments at this path alone, with their values: NAD, SG5/NAD[3035=EX], SG2/NAD[3035=BY]/SG3/RFF.
    #[arg(long, value_name = "PATH")]
    path: Option<Selector>,

    /// Show what stands at this octet, counted from 0, in this line and column, or at this path; the way to it, and why it
    /// stands there.
    #[arg(long, value_name = "BYTE|LINE:COLUMN|PATH", conflicts_with = "path")]
    at: Option<At>,

    /// Show this many lines of the tree at most; what comes after is counted.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true)]
    max_nodes: u64,

    #[command(flatten)]
    reading: Reading,
}

pub(crate) fn run(asked: &Inspect, mut session: Session) -> io::Result<Status> {
    let mut options = Options::default();
    options.depth = match asked.depth {
        0 => Depth::Interchanges,
        1 => Depth::Messages,
        2 => Depth::Segments,
        _ => Depth::Elements,
    };
    options.select.clone_from(&asked.path);
    options.at.clone_from(&asked.at);
    options.node_limit = asked.max_nodes;
    options.characters = asked.reading.una;
    options.segment_limit = asked.reading.max_segment;
    options.size_limit = session.limits.size;
    options.xml = session.limits.xml;

    let inputs = match Input::all(&asked.paths) {
        Ok(inputs) => inputs,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let mut list = session.list();
    let mut worst = Status::Good;
    for input in &inputs {
        let documents = match input.documents(session.limits, &Arc::default()) {
            Ok(documents) => documents,
            Err(error) => {
                worst = worst.max(say_unread(&input.name(), &error));
                continue;
            }
        };
        for (name, source) in documents {
            worst = worst.max(one(&name, source, &options, &mut session, &mut list)?);
        }
    }
    session.finish_list(&mut list)?;
    session.output.finish()?;
    Ok(worst)
}

fn one(name: &str, source: impl Read, options: &Options, session: &mut Session, list: &mut List) -> io::Result<Status> {
    let (human, language) = (session.format == Format::Human, session.style.language);
    let (mut written, mut told) = (Ok(()), 0u64);
    let mut tell = |node: Node| {
        told += 1;
        if written.is_ok() {
            written = match human {
                true => session.output.write_all(text_of_node(&node, language).as_bytes()),
                false => list.item(&mut session.output, &InFile { file: name, facts: &node }),
            };
        }
    };
    let summary = inspect(source, options, Directories::builtin(), &mut tell);
    written?;
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => return Ok(say_unread(name, &error)),
    };
    if told == 0 && summary.syntax.is_some() {
        let missing = match (&options.at, &options.select) {
            _ if summary.syntax != Some("edifact") => Some(Message::new("inspect-no-interchange")),
            (Some(at), _) => Some(Message::new("inspect-nothing-at").with("place", at)),
            (None, Some(_)) => Some(Message::new("inspect-nothing-selected")),
            (None, None) => None,
        };
        if let Some(missing) = missing {
            say(&format!("karvan: {}", session.text(&missing.with("name", name))));
            return Ok(Status::Findings);
        }
    }
    tell_summary(name, &summary, options, session, list)?;
    Ok(if summary.syntax.is_some() { Status::Good } else { Status::Findings })
}

fn tell_summary(
    name: &str,
    summary: &Summary,
    options: &Options,
    session: &mut Session,
    list: &mut List,
) -> io::Result<()> {
    if session.format != Format::Human {
        return list.item(&mut session.output, &InFile { file: name, facts: summary });
    }
    // Where one place was asked for, the rest was not looked at.
    if options.at.is_none() {
        let text = text_of_summary(summary, name, options.node_limit, session.style.language);
        session.output.write_all(text.as_bytes())?;
    }
    Ok(())
}
