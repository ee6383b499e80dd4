//! Checking a document: what it is decides how.

use std::io::{self, Read};

use karvan_edifact::{Item, ReadOptions, Reader};
use karvan_schema::directory::Directories;
use karvan_schema::interchange::{Counts, Depth, MessageType, Validator};
use karvan_schema::xml::Grammar;
use karvan_text::{Code, Diagnostic, Message, Place, Summary};
use karvan_xml::{Document, Limits};

use crate::detect::{self, Kind};

/// How a document is checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How deep to look.
    pub depth: Depth,
    /// Read every message as of this type, whatever it says.
    pub read_as: Option<MessageType>,
    /// The longest segment that is read, in octets.
    pub segment_limit: usize,
    /// After how many findings to stop.
    pub finding_limit: u64,
    /// The largest document that is read whole, in octets: XML and JSON.
    pub size_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { depth: Depth::Codes, read_as: None, segment_limit: 16 << 20, finding_limit: 10_000, size_limit: 1 << 30 }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No error was found, and everything was looked at.
    Valid,
    /// Errors were found.
    Invalid,
    /// The check did not come to its end: a limit was hit.
    Unfinished,
}

/// What a check found in all.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// How many findings there were.
    pub summary: Summary,
    /// What the document holds.
    pub content: Content,
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// EDIFACT interchanges.
    Edifact(Counts),
    /// An XML document, by the name of its root element and the title of the grammar it was checked against, if there
    /// is one.
    Xml {
        /// The local name of the root element.
        root: String,
        /// The title of the grammar.
        grammar: Option<String>,
    },
    /// Nothing that Karvan knows.
    Unknown,
}

/// Checks what `source` gives and hands each finding to `report` as soon as it is found.
///
/// # Errors
/// Those of `source`.
pub fn validate(mut source: impl Read, options: &Options, report: &mut dyn FnMut(Diagnostic)) -> io::Result<Outcome> {
    let mut head = Vec::with_capacity(detect::HEAD);
    source.by_ref().take(detect::HEAD as u64).read_to_end(&mut head)?;
    let kind = detect::kind(&head);
    let source = head.chain(source);
    let mut tally = Tally { summary: Summary::default(), limit: options.finding_limit, unfinished: false, report };
    let content = match kind {
        Some(Kind::Edifact) => Content::Edifact(edifact(source, options, &mut tally)?),
        Some(Kind::Xml) => xml(source, options, &mut tally)?,
        Some(Kind::Json) | None => {
            tally.add(Diagnostic::new(Code::error(1), Message::new("content-unknown"), Place::default()));
            Content::Unknown
        }
    };
    let verdict = match (tally.unfinished, tally.summary.errors) {
        (true, _) => Verdict::Unfinished,
        (false, 0) => Verdict::Valid,
        (false, _) => Verdict::Invalid,
    };
    Ok(Outcome { verdict, summary: tally.summary, content })
}

/// Counts findings on their way out, up to the limit.
struct Tally<'a> {
    summary: Summary,
    limit: u64,
    unfinished: bool,
    report: &'a mut dyn FnMut(Diagnostic),
}

impl Tally<'_> {
    fn add(&mut self, finding: Diagnostic) {
        if self.is_full() {
            self.unfinished = true;
            return;
        }
        // Limits are layer 9: what lies beyond one was not looked at.
        self.unfinished |= finding.code.layer() == 9;
        self.summary.add(finding.code.severity);
        (self.report)(finding);
        if self.is_full() {
            let message = Message::new("finding-limit").with("limit", self.limit);
            (self.report)(Diagnostic::new(Code::note(9900), message, Place::default()));
        }
    }

    fn is_full(&self) -> bool {
        self.summary.errors + self.summary.warnings + self.summary.notes >= self.limit
    }
}

fn edifact(source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Counts> {
    let mut reader = Reader::with_options(source, ReadOptions::default().segment_limit(options.segment_limit));
    let check = karvan_schema::interchange::Options { depth: options.depth, read_as: options.read_as.clone() };
    let mut validator = Validator::new(Directories::builtin(), check);
    let mut found = Vec::new();
    let mut end = 0;
    while let Some(item) = reader.next()? {
        end = item.span().end;
        match item {
            Item::Segment(segment) => validator.segment(&segment, &mut |finding| found.push(finding)),
            Item::Advice(advice) => validator.advice(&advice),
            _ => {}
        }
        tell(&mut reader, &mut found, tally);
        if tally.is_full() {
            // The rest is not looked at, and that is said.
            tally.unfinished = true;
            return Ok(validator.counts().clone());
        }
    }
    validator.finish(end, &mut |finding| found.push(finding));
    tell(&mut reader, &mut found, tally);
    Ok(validator.counts().clone())
}

fn xml(source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Content> {
    let mut octets = Vec::new();
    source.take(options.size_limit.saturating_add(1)).read_to_end(&mut octets)?;
    if octets.len() as u64 > options.size_limit {
        let message = Message::new("document-too-large").with("limit", options.size_limit);
        tally.add(Diagnostic::new(Code::error(9002), message, Place::default()));
        return Ok(Content::Unknown);
    }
    let document = match Document::parse(octets, &Limits::default()) {
        Ok(document) => document,
        Err(error) => {
            tally.add(error.into_diagnostic());
            return Ok(Content::Unknown);
        }
    };
    let root = document.root();
    let grammar = Grammar::for_root(root.namespace(), root.local_name());
    match grammar {
        Some(grammar) if options.depth > Depth::Syntax => {
            for finding in karvan_schema::xml::validate(&document, grammar) {
                tally.add(finding);
            }
        }
        Some(_) => {}
        None if options.depth == Depth::Syntax => {}
        None => {
            let message = Message::new("document-grammar-unknown").with("element", root.qualified_name());
            let expected: Vec<_> = Grammar::names().collect();
            tally.add(
                root.diagnostic(Code::error(5150), message).expected(expected.join(" | ")).found(root.namespace()),
            );
        }
    }
    let grammar = grammar.map(|grammar| grammar.title().to_owned());
    Ok(Content::Xml { root: root.local_name().to_owned(), grammar })
}

/// Hands on what the reader and the validator found, now that nothing borrows the reader's buffer.
fn tell<R: Read>(reader: &mut Reader<R>, found: &mut Vec<Diagnostic>, tally: &mut Tally<'_>) {
    let problems: Vec<_> = reader.problems().collect();
    for problem in problems {
        let position = reader.position(problem.span.start);
        tally.add(problem.diagnostic(position));
    }
    for mut finding in found.drain(..) {
        finding.place.position = reader.position(finding.place.span.start);
        tally.add(finding);
    }
}
