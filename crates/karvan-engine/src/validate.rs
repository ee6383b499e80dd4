//! Checking a document: what it is decides how.

mod xml;

use std::io::{self, Read};
use std::sync::Arc;

use karvan_edifact::{InterchangeHeader, Item, ProblemKind, ReadOptions, Reader, ServiceCharacters};
use karvan_mapping::{ReadError, Target};
use karvan_model::json::JsonError;
use karvan_schema::interchange::{self, Counts, Definitions, Depth, References, Validator};
use karvan_schema::json::Grammar;
use karvan_schema::profile::Profile;
pub use karvan_text::Verdict;
use karvan_text::{Code, Diagnostic, Locator, Message, Place, Position, Severity, Span, Summary, Unit};
use karvan_xml::Limits;

use crate::ReadAs;
pub use crate::business::Rules;
use crate::business::{Messages, Step};
use crate::detect::{self, Kind};
pub use crate::outcome::{Content, Outcome};
pub use crate::run::{Opening, Run};
pub use crate::totals::Totals;
pub(crate) use xml::GRAMMAR_HEAD;

/// How a document is checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How deep to look.
    pub depth: Depth,
    /// Which business rules are asked of the documents.
    pub rules: Rules,
    /// The longest message of which rules are asked, in octets.
    pub message_limit: usize,
    /// Read every message as of this type, or every XML document by this grammar, whatever it says.
    pub read_as: Option<ReadAs>,
    /// Whether deviations from the syntax that are read all the same are errors: every warning about the envelope.
    pub strict: bool,
    /// Service characters that are in force whatever UNA and UNB say.
    pub characters: Option<ServiceCharacters>,
    /// Whether to say why segments stand where they do, where their message has several places for them.
    pub explain_structure: bool,
    /// Profiles: each message is checked against the one that is for it too, and what none is for is not finished.
    pub profiles: Vec<Arc<Profile>>,
    /// The longest segment that is read, in octets.
    pub segment_limit: usize,
    /// The longest object of a package that is not told as too long, in octets.
    pub object_limit: u64,
    /// How many references of one interchange are compared, and how many interchanges of one file.
    pub reference_limit: usize,
    /// After how many findings to stop.
    pub finding_limit: u64,
    /// The largest document that is read whole, in octets: JSON, and XML of which business rules are asked.
    pub size_limit: u64,
    /// How much of everything an XML document may have.
    pub xml: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            depth: Depth::Codes,
            rules: Rules::default(),
            message_limit: 64 << 20,
            read_as: None,
            strict: false,
            characters: None,
            explain_structure: false,
            profiles: Vec::new(),
            segment_limit: 16 << 20,
            object_limit: 1 << 30,
            reference_limit: References::LIMIT,
            finding_limit: 10_000,
            size_limit: 1 << 30,
            xml: Limits::default(),
        }
    }
}

impl Options {
    /// How octets are cut into segments.
    pub(crate) fn reading(&self) -> ReadOptions {
        let options = ReadOptions::default()
            .segment_limit(self.segment_limit)
            .object_limit(self.object_limit)
            .strict(self.strict);
        match self.characters {
            Some(characters) => options.characters(characters),
            None => options,
        }
    }

    /// How segments are checked.
    pub(crate) fn checking(&self) -> interchange::Options {
        interchange::Options {
            depth: self.depth,
            read_as: match &self.read_as {
                Some(ReadAs::Message(message)) => Some(message.clone()),
                _ => None,
            },
            reference_limit: self.reference_limit,
            explain_structure: self.explain_structure,
            profiles: self.profiles.clone(),
        }
    }
}

/// Checks what `source` gives and hands each finding to `report` as soon as it is found.
///
/// # Errors
/// Those of `source`.
pub fn validate(mut source: impl Read, options: &Options, report: &mut dyn FnMut(Diagnostic)) -> io::Result<Outcome> {
    let mut head = Vec::with_capacity(detect::HEAD);
    source.by_ref().take(detect::HEAD as u64).read_to_end(&mut head)?;
    let unread = detect::unread_encoding(&head);
    let kind = detect::kind(&head).filter(|_| unread.is_none());
    let empty = head.is_empty();
    let source = head.chain(source);
    let mut tally = Tally::new(options, report);
    let mut openings = Vec::new();
    let content = match kind {
        Some(Kind::Edifact) => Content::Edifact(edifact(source, options, &mut openings, &mut tally)?),
        Some(Kind::Xml) => without_profile("XML", xml::check(source, options, &mut tally)?, options, &mut tally),
        Some(Kind::Json) => without_profile("JSON", json(source, options, &mut tally)?, options, &mut tally),
        None => {
            let finding = |code, message| Diagnostic::new(code, message, Place::default());
            tally.add(match unread {
                Some(encoding) => {
                    let message = Message::new("interchange-encoding").with("encoding", encoding);
                    let help = Message::new("help-interchange-encoding").with("encoding", encoding);
                    finding(Code::error(1046), message).help(help)
                }
                None if empty => finding(Code::error(1), Message::new("content-empty")),
                None => finding(Code::error(1), Message::new("content-unknown")),
            });
            Content::Unknown
        }
    };
    let verdict = match (tally.unfinished, tally.summary.errors) {
        (true, _) => Verdict::Unfinished,
        (false, 0) => Verdict::Valid,
        (false, _) => Verdict::Invalid,
    };
    Ok(Outcome { verdict, summary: tally.summary, content, openings })
}

/// Tells a document of a syntax that profiles say nothing of.
fn without_profile(syntax: &str, content: Content, options: &Options, tally: &mut Tally<'_>) -> Content {
    if !options.profiles.is_empty() {
        let scopes: Vec<_> = options.profiles.iter().map(|profile| profile.scope()).collect();
        let message = Message::new("profile-none").with("message", syntax);
        let finding = Diagnostic::new(Code::note(NO_PROFILE), message, Place::default());
        tally.add(finding.expected(scopes.join(", ")).found(syntax).help(Message::new("help-profile-none")));
    }
    content
}

/// The number of the note that no profile is for a message.
const NO_PROFILE: u16 = 4900;

/// Makes an error of what deviates from the syntax and is read all the same.
pub(crate) fn judge_strictly(finding: &mut Diagnostic) {
    if finding.code.layer() == 1 && finding.code.severity == Severity::Warning {
        finding.code = Code::error(finding.code.number);
    }
}

/// Counts findings on their way out, up to the limit.
struct Tally<'a> {
    summary: Summary,
    limit: u64,
    strict: bool,
    unfinished: bool,
    report: &'a mut dyn FnMut(Diagnostic),
}

impl<'a> Tally<'a> {
    fn new(options: &Options, report: &'a mut dyn FnMut(Diagnostic)) -> Self {
        let Options { finding_limit: limit, strict, .. } = *options;
        Self { summary: Summary::default(), limit, strict, unfinished: false, report }
    }

    fn add(&mut self, mut finding: Diagnostic) {
        if self.strict {
            judge_strictly(&mut finding);
        }
        if self.is_full() {
            self.unfinished = true;
            return;
        }
        // Limits are layer 9: what lies beyond one was not looked at. Nor was a message by a profile that is not for it.
        self.unfinished |= finding.code.layer() == 9 || finding.code.number == NO_PROFILE;
        self.summary.add(finding.code.severity);
        let place =
            Place { span: Span::at(finding.place.span.start), position: finding.place.position, ..Place::default() };
        (self.report)(finding);
        if self.is_full() {
            let message = Message::new("finding-limit").with("limit", self.limit);
            (self.report)(Diagnostic::new(Code::note(9900), message, place));
        }
    }

    fn is_full(&self) -> bool {
        self.summary.errors + self.summary.warnings + self.summary.notes >= self.limit
    }
}

fn edifact(
    source: impl Read,
    options: &Options,
    openings: &mut Vec<Opening>,
    tally: &mut Tally<'_>,
) -> io::Result<Counts> {
    let mut reader = Reader::with_options(source, options.reading());
    let mut validator = Validator::new(Definitions::builtin(), options.checking());
    let mut messages = Messages::new(options.rules, options.message_limit);
    let mut found = Vec::new();
    let mut end = 0;
    loop {
        let mut opening = None;
        let mut step = Step::On;
        // An item is looked at where it is: to move a hundred octets for each segment takes a tenth of the time.
        match reader.next() {
            Ok(Some(ref item)) => {
                end = item.span().end;
                if !messages.is_idle() {
                    step = messages.take(item);
                }
                match item {
                    Item::Segment(segment) => {
                        validator.segment(segment, &mut |finding| found.push(finding));
                        if segment.raw().starts_with(b"U") {
                            opening = InterchangeHeader::of(*segment).and_then(|header| Opening::of(&header));
                        }
                    }
                    Item::Advice(advice) => validator.advice(advice),
                    _ => {}
                }
            }
            Ok(None) => break,
            Err(error) => return Err(error),
        }
        if let Some(opening) = opening {
            let position = reader.position(opening.start());
            if openings.len() < Opening::LIMIT {
                openings.push(opening.at(position));
            } else if openings.len() == Opening::LIMIT && !std::mem::replace(&mut tally.unfinished, true) {
                tally.add(references_limited(Opening::LIMIT, opening.start(), position));
            }
        }
        if !found.is_empty() || reader.has_problems() {
            tell(&mut reader, &mut validator, &mut found, tally);
        }
        if step != Step::On {
            let unit = Unit { header: "UNH", number: validator.counts().messages };
            match step {
                Step::On => {}
                Step::Begun => messages.begin(reader.position(messages.start())),
                Step::Whole => messages.check(unit).into_iter().for_each(|finding| tally.add(finding)),
                Step::TooLong => tally.add(messages.too_long(unit)),
            }
        }
        if tally.is_full() {
            // The rest is not looked at, and that is said.
            tally.unfinished = true;
            return Ok(validator.counts().clone());
        }
    }
    validator.finish(end, &mut |finding| found.push(finding));
    tell(&mut reader, &mut validator, &mut found, tally);
    Ok(validator.counts().clone())
}

/// Of more interchanges than these, references are not compared.
pub(crate) fn references_limited(limit: usize, start: u64, position: Position) -> Diagnostic {
    let place = Place { span: Span::at(start), position, ..Place::default() };
    let message = Message::new("reference-limit").with("limit", limit);
    Diagnostic::new(Code::error(9003), message, place).help(Message::new("help-reference-limit"))
}

/// The document whole; none where it is larger than it may be, which is told.
fn whole(source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut octets = Vec::new();
    source.take(options.size_limit.saturating_add(1)).read_to_end(&mut octets)?;
    if octets.len() as u64 <= options.size_limit {
        return Ok(Some(octets));
    }
    let message = Message::new("document-too-large").with("limit", options.size_limit);
    tally.add(Diagnostic::new(Code::error(9002), message, Place::default()));
    Ok(None)
}

/// JSON is a document if it can be read as one; Karvan's own is good if all of it can.
fn json(source: impl Read, options: &Options, tally: &mut Tally<'_>) -> io::Result<Content> {
    let Some(octets) = whole(source, options, tally)? else { return Ok(Content::Unknown) };
    let (mut locator, mut located) = (Locator::default(), 0);
    let mut place = |span: Span, path: String| {
        let offset = usize::try_from(span.start).unwrap_or(usize::MAX).min(octets.len());
        if offset < located {
            (locator, located) = (Locator::default(), 0);
        }
        // Findings come in order, nearly all: what lies before one is read once.
        locator.advance(&octets[located..offset]);
        located = offset;
        Place { span, position: locator.position(&[], 0), path, ..Place::default() }
    };
    let text = std::str::from_utf8(&octets).unwrap_or_default();
    let name = karvan_mapping::json_document(text);
    let definition = name.as_ref().and_then(|name| Grammar::builtin().root(name));
    let title = || name.as_ref().and_then(|name| Grammar::builtin().title_of(name)).map(str::to_owned);
    for mut finding in
        definition.map(|definition| karvan_schema::json::validate(text, definition)).into_iter().flatten()
    {
        finding.place = place(finding.place.span, finding.place.path);
        tally.add(finding);
    }
    match karvan_mapping::read_json(&octets) {
        // A document of a standard that no table is for.
        Err(ReadError::Json(_)) if definition.is_some() => return Ok(Content::Json(title())),
        Ok(reading) => {
            for mut finding in options.rules.check(&reading) {
                finding.place = place(finding.place.span, finding.place.path);
                tally.add(finding);
            }
            // What a standard allows may be no term of ours.
            let unread = Some(reading.report.lost).filter(|_| reading.syntax == Target::Json);
            for entry in unread.into_iter().flatten() {
                let Some(source) = entry.source else { continue };
                let place = place(source.span, source.path);
                tally.add(Diagnostic::new(Code::error(5203), entry.reason, place).found(entry.value));
            }
            return Ok(Content::Json(title()));
        }
        // RFC 8259 §8.1: none may be added.
        Err(ReadError::Json(_)) if octets.starts_with(b"\xEF\xBB\xBF") => {
            let place = place(Span::new(0, 3), String::new());
            tally.add(Diagnostic::new(Code::error(5201), Message::new("json-byte-order-mark"), place));
        }
        Err(ReadError::Json(JsonError::Syntax(error))) => {
            let before = octets.split_inclusive(|&octet| octet == b'\n').take(error.line().saturating_sub(1));
            let offset = before.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
            let message = Message::new("json-malformed").with("detail", &error);
            tally.add(Diagnostic::new(Code::error(5201), message, place(Span::at(offset as u64), String::new())));
        }
        Err(ReadError::Json(_)) => {
            let finding = Diagnostic::new(Code::error(5202), Message::new("json-unknown"), Place::default());
            tally.add(finding.expected("\"document\": \"invoice\", \"version\": 1"));
        }
        Err(_) => {
            let offset = std::str::from_utf8(&octets).map_or_else(|error| error.valid_up_to(), str::len);
            let place = place(Span::at(offset as u64), String::new());
            tally.add(Diagnostic::new(Code::error(5204), Message::new("json-not-utf8"), place));
        }
    }
    Ok(Content::Unknown)
}

/// Hands on what the reader and the validator found, now that nothing borrows the reader's buffer.
fn tell(
    reader: &mut Reader<impl Read>,
    validator: &mut Validator<'_>,
    found: &mut Vec<Diagnostic>,
    tally: &mut Tally<'_>,
) {
    let problems: Vec<_> = reader.problems().collect();
    for problem in problems {
        if matches!(problem.kind, ProblemKind::SegmentTooLong { .. }) {
            validator.passed_over();
        }
        let position = reader.position(problem.span.start);
        tally.add(problem.diagnostic(position));
    }
    for mut finding in found.drain(..) {
        finding.place.position = reader.position(finding.place.span.start);
        tally.add(finding);
    }
}
