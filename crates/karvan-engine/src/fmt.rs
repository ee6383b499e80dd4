//! Laying out an interchange anew: lines, counts, delimiters, repertoire. What it says stays the same.
//!
//! A file goes through in constant memory, piece by piece. Each piece is handed on as it was and as it is to be, so that one
//! walk serves writing, `--check` and `--diff`.
//!
//! * Segments are copied octet by octet unless something in them has to change; values change only in their encoding.
//! * Objects in packages, and all between UNO and UNP, stay as they are. So does text outside any interchange.
//! * Line ends and blanks between segments, and a byte order mark, are layout: they are made anew.
//! * Counts are those that [`validate`](crate::validate) expects: both come from one place.

mod diff;
mod rewrite;
mod transcode;

use std::io::{self, Read};

use karvan_edifact::{
    Advice, InterchangeHeader, Item, Layout, ReadOptions, Reader, Repertoire, Segment, ServiceCharacters,
};
use karvan_schema::interchange::{Definitions, Depth, Validator};
use karvan_text::{Code, Diagnostic, Fix, Message, Place, Severity};

pub use self::diff::Diff;
use self::rewrite::{Rewrite, may_have_idle_separators};
use self::transcode::Transcoder;
use crate::detect::{self, Kind};

/// How an interchange is laid out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// One segment a line, or all on one.
    pub layout: Layout,
    /// Write the counts in trailers anew.
    pub recount: bool,
    /// Leave out separators that separate nothing.
    pub trim: bool,
    /// Write in this repertoire, in the encoding that belongs to it, and say so in UNB.
    pub repertoire: Option<Repertoire>,
    /// Read in this repertoire, whatever UNB says.
    pub read_as: Option<Repertoire>,
    /// Read with these service characters, whatever UNA and UNB say.
    pub read_characters: Option<ServiceCharacters>,
    /// Write with these service characters, and say so in UNA where that is needed. The decimal mark and whether
    /// elements repeat stay as the interchange has them: numbers are not rewritten.
    pub characters: Option<ServiceCharacters>,
    /// The longest segment that is read, in octets.
    pub segment_limit: usize,
    /// After how many findings to stop.
    pub finding_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            layout: Layout::Lines,
            recount: false,
            trim: false,
            repertoire: None,
            read_as: None,
            read_characters: None,
            characters: None,
            segment_limit: 16 << 20,
            finding_limit: 10_000,
        }
    }
}

impl Options {
    /// Whether something may turn out that cannot be written as asked, so that the output counts only at its end.
    #[must_use]
    pub const fn may_refuse(&self) -> bool {
        self.repertoire.is_some() || self.characters.is_some()
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the output differs from the input.
    pub changed: bool,
    /// Whether something could not be written as asked: what was handed on is not to be used.
    pub refused: bool,
    /// Whether errors were told that do not stand in the way of the output.
    pub errors: bool,
    /// Whether a limit was hit.
    pub unfinished: bool,
}

/// Takes a piece of the file as it was and as it is to be; either may be empty.
pub type Sink<'a> = dyn FnMut(&[u8], &[u8]) -> io::Result<()> + 'a;

/// Lays out what `source` gives, hands each piece to `sink` and each finding to `report` at once.
///
/// ```
/// use karvan_engine::fmt::{Options, format};
///
/// let source = &b"UNB+UNOC:3+A+B+261122:0900+1'UNH+1+ORDERS:D:96A:UN'UNT+7+1'UNZ+1+1'"[..];
/// let mut options = Options::default();
/// options.recount = true;
/// let mut output = Vec::new();
/// let outcome = format(source, &options, &mut |_, to_be| Ok(output.extend_from_slice(to_be)), &mut |_| {})?;
/// assert_eq!(output, b"UNB+UNOC:3+A+B+261122:0900+1'\nUNH+1+ORDERS:D:96A:UN'\nUNT+2+1'\nUNZ+1+1'\n");
/// assert!(outcome.changed && !outcome.refused);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of `source` and `sink`.
pub fn format(
    mut source: impl Read,
    options: &Options,
    sink: &mut Sink<'_>,
    report: &mut dyn FnMut(Diagnostic),
) -> io::Result<Outcome> {
    let mut head = Vec::with_capacity(detect::HEAD);
    source.by_ref().take(detect::HEAD as u64).read_to_end(&mut head)?;
    let other = match detect::kind(&head) {
        Some(Kind::Edifact) => None,
        Some(Kind::Xml) => Some(Message::new("fmt-other-kind").with("kind", "XML")),
        Some(Kind::Json) => Some(Message::new("fmt-other-kind").with("kind", "JSON")),
        None => Some(Message::new(if head.is_empty() { "content-empty" } else { "content-unknown" })),
    };
    if let Some(message) = other {
        report(Diagnostic::new(Code::error(1), message, Place::default()));
        return Ok(Outcome { refused: true, ..Outcome::default() });
    }
    // Objects pass by and are not kept, however long.
    let mut reading = ReadOptions::default().segment_limit(options.segment_limit).object_limit(u64::MAX);
    reading.characters = options.read_characters;
    let mut reader = Reader::with_options(head.chain(source), reading);
    let mut formatter = Formatter::new(options, sink);
    let mut told = 0;
    while let Some(item) = reader.next()? {
        formatter.item(&item)?;
        // What stands between segments is judged by `validate`; here counts what keeps the output from being whole.
        let problems: Vec<_> = reader.problems().collect();
        for problem in problems {
            let position = reader.position(problem.span.start);
            let finding = problem.diagnostic(position);
            if finding.code.severity == Severity::Error {
                formatter.outcome.errors = true;
                formatter.outcome.unfinished |= finding.code.layer() == 9;
                report(finding);
                told += 1;
            }
        }
        for mut finding in formatter.found.drain(..) {
            finding.place.position = reader.position(finding.place.span.start);
            report(finding);
            told += 1;
        }
        if told >= options.finding_limit {
            let message = Message::new("finding-limit").with("limit", options.finding_limit);
            report(Diagnostic::new(Code::note(9900), message, Place::default()));
            return Ok(Outcome { unfinished: true, refused: true, ..formatter.outcome });
        }
    }
    formatter.finish()
}

/// What came last, as far as it decides about line ends.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// Nothing, or layout that is written already.
    Layout,
    /// A segment, or UNA, which this line end shall follow.
    Segment(&'static [u8]),
    /// Octets that are kept, and with them what follows.
    Kept,
}

struct Formatter<'a, 's> {
    options: &'a Options,
    sink: &'a mut Sink<'s>,
    outcome: Outcome,
    found: Vec<Diagnostic>,
    last: Last,
    /// Between UNO and UNP.
    in_package: bool,
    /// What the UNA before the interchange to come is made.
    advised: Option<ServiceCharacters>,
    /// The service characters to write; none where they stay.
    characters: Option<ServiceCharacters>,
    transcoder: Option<Transcoder>,
    counter: Option<Validator<'static>>,
    edits: Vec<Fix>,
    /// Whether it was told that a signature is at stake.
    secured: bool,
}

impl<'a, 's> Formatter<'a, 's> {
    fn new(options: &'a Options, sink: &'a mut Sink<'s>) -> Self {
        let transcoder = options.repertoire.map(|target| Transcoder::new(target, options.read_as));
        let check = karvan_schema::interchange::Options { depth: Depth::Syntax, ..Default::default() };
        let counter = options.recount.then(|| Validator::new(Definitions::builtin(), check));
        Self {
            options,
            sink,
            outcome: Outcome::default(),
            found: Vec::new(),
            last: Last::Layout,
            in_package: false,
            advised: None,
            characters: None,
            transcoder,
            counter,
            edits: Vec::new(),
            secured: false,
        }
    }

    fn item(&mut self, item: &Item<'_>) -> io::Result<()> {
        match item {
            Item::Segment(segment) => self.segment(segment),
            Item::Advice(advice) => self.advice(advice),
            Item::Layout(layout) => match self.last {
                Last::Kept => self.put(layout.raw(), layout.raw()),
                Last::Layout => self.put(layout.raw(), b""),
                Last::Segment(line_end) => {
                    self.last = Last::Layout;
                    self.put(layout.raw(), line_end)
                }
            },
            Item::Object(object) => {
                // It begins right behind its header: a line end would be part of it.
                self.last = Last::Kept;
                self.put(object.raw(), object.raw())
            }
            _ => {
                self.end_line()?;
                self.last = Last::Kept;
                self.put(item.raw(), item.raw())
            }
        }
    }

    fn finish(mut self) -> io::Result<Outcome> {
        self.end_line()?;
        Ok(self.outcome)
    }

    /// Hands on a piece.
    fn put(&mut self, as_it_was: &[u8], to_be: &[u8]) -> io::Result<()> {
        if as_it_was.is_empty() && to_be.is_empty() {
            return Ok(());
        }
        self.outcome.changed |= as_it_was != to_be;
        (self.sink)(as_it_was, to_be)
    }

    /// Writes the line end that is still owed, where none stood in the file.
    fn end_line(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.last, Last::Layout) {
            Last::Segment(line_end) => self.put(b"", line_end),
            Last::Layout | Last::Kept => Ok(()),
        }
    }

    fn line_end(&self, characters: &ServiceCharacters) -> Last {
        // Where a line feed is a service character it can be no layout.
        let lines = self.options.layout == Layout::Lines && !characters.contains(b'\n');
        Last::Segment(if lines { b"\n" } else { b"" })
    }

    fn advice(&mut self, advice: &Advice<'_>) -> io::Result<()> {
        self.end_line()?;
        if let Some(counter) = &mut self.counter {
            counter.advice(advice);
        }
        let declared = advice.declared();
        let characters = self.options.characters.map_or(declared, |wanted| ServiceCharacters {
            decimal: declared.decimal,
            repetition: declared.repetition.and(wanted.repetition),
            ..wanted
        });
        self.advised = Some(characters);
        self.last = self.line_end(&characters);
        self.put(advice.raw(), &characters.advice())
    }

    fn segment(&mut self, segment: &Segment<'_>) -> io::Result<()> {
        self.end_line()?;
        self.edits.clear();
        if let Some(header) = InterchangeHeader::of(*segment) {
            self.interchange_header(&header)?;
        }
        if let Some(counter) = &mut self.counter {
            counter.segment(segment, &mut |finding| {
                // A count may be judged later than it stands; what is written already stays.
                let here = |fix: &Fix| finding.code == Code::error(1029) && fix.span.start >= segment.span().start;
                self.edits.extend(finding.fix.filter(here));
            });
        }
        if segment.tag() == b"USH" {
            self.warn_of_signature(segment);
        }
        let characters = self.characters.unwrap_or(segment.characters());
        let plain = self.transcoder.as_ref().is_none_or(|transcoder| transcoder.keeps(segment));
        let trim = self.options.trim && !self.in_package && may_have_idle_separators(segment);
        if plain && !trim && self.edits.is_empty() && characters == segment.characters() {
            self.put(segment.raw(), segment.raw())?;
        } else {
            let mut rewrite = Rewrite { segment, characters, trim, edits: &self.edits, line: Vec::new() };
            if rewrite.write(self.transcoder.as_mut(), &mut self.found) {
                let line = rewrite.line;
                self.put(segment.raw(), &line)?;
            } else {
                self.outcome.refused = true;
                self.put(segment.raw(), segment.raw())?;
            }
        }
        match segment.tag() {
            b"UNO" => self.in_package = true,
            b"UNP" => self.in_package = false,
            b"UNZ" | b"UIZ" => self.characters = None,
            _ => {}
        }
        // A line end behind a segment that is cut short could be taken for its terminator.
        let kept = self.in_package || !segment.is_terminated();
        self.last = if kept { Last::Kept } else { self.line_end(&characters) };
        Ok(())
    }

    /// Settles what holds for the interchange that begins.
    fn interchange_header(&mut self, header: &InterchangeHeader<'_>) -> io::Result<()> {
        self.secured = false;
        self.in_package = false;
        let version = header.version().unwrap_or(3);
        if let Some(transcoder) = &mut self.transcoder {
            self.edits.extend(transcoder.begin(header, version));
        }
        let advised = self.advised.take();
        let Some(wanted) = self.options.characters else { return Ok(()) };
        let characters = match advised {
            Some(advised) => advised.in_version(Some(version)),
            None => {
                let read = header.segment().characters();
                let repetition = wanted.repetition.filter(|_| version >= 4);
                let characters = ServiceCharacters { decimal: read.decimal, repetition, ..wanted };
                if characters != ServiceCharacters::for_version(version) {
                    self.put(b"", &characters.advice())?;
                    self.last = self.line_end(&characters);
                    self.end_line()?;
                }
                characters
            }
        };
        self.characters = Some(characters);
        Ok(())
    }

    /// A signature is over octets: what is written anew may no longer be what was signed (ISO 9735-5 §5).
    fn warn_of_signature(&mut self, segment: &Segment<'_>) {
        if std::mem::replace(&mut self.secured, true) {
            return;
        }
        let place = Place { span: segment.tag_span(), path: "USH".to_owned(), ..Place::default() };
        self.found.push(Diagnostic::new(Code::warning(1911), Message::new("fmt-secured"), place));
    }
}

#[cfg(test)]
mod tests;
