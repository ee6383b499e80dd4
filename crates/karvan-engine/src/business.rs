//! Business rules on the documents of a file: which rules are asked of it, and where what does not hold stands.

use karvan_edifact::{Item, MessageHeader, Transmission};
use karvan_mapping::{Purpose, Reading};
use karvan_model::DocumentType;
use karvan_rules::RuleSet;
use karvan_text::{Code, Diagnostic, Excerpt, Locator, Message, Place, Position, Span, Unit};
use karvan_xml::Document;
use memchr::memmem;

/// Which business rules are asked of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// None.
    None,
    /// Those that the document says it keeps.
    #[default]
    Claimed,
    /// Those that there are for documents of its kind, whatever it says.
    All,
}

impl Rules {
    /// Whether a document of these octets may be asked anything: to read it costs more than to look for a word.
    pub(crate) fn may_be_asked(self, octets: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Claimed => RuleSet::claimable().any(|set| is_in(octets, set)),
        }
    }

    /// Whether a document of this kind may be asked anything, whatever it says.
    fn are_for(self, kind: &'static DocumentType) -> bool {
        RuleSet::of(kind).is_some_and(|set| self == Self::All || set.claim_word().is_some())
    }

    /// What does not hold of the rules that are asked.
    pub(crate) fn check(self, reading: &Reading) -> Vec<Diagnostic> {
        let set = RuleSet::of(reading.document.kind);
        let set = set.filter(|set| self == Self::All || set.is_claimed_by(&reading.document));
        set.map(|set| set.check(&reading.document)).unwrap_or_default()
    }
}

fn is_in(octets: &[u8], set: &RuleSet) -> bool {
    set.claim_word().is_some_and(|word| memmem::find(octets, word.as_bytes()).is_some())
}

/// Asks the rules of an XML document.
pub(crate) fn xml(document: &Document, rules: Rules) -> Vec<Diagnostic> {
    if !rules.may_be_asked(document.source()) {
        return Vec::new();
    }
    let Ok(reading) = karvan_mapping::read_xml_for(document, Purpose::Check) else { return Vec::new() };
    let mut findings = rules.check(&reading);
    for finding in &mut findings {
        let Place { span, path, .. } = std::mem::take(&mut finding.place);
        let placed = document.diagnostic(finding.code, Message::new(finding.message.id()), span, path);
        (finding.place, finding.excerpt) = (placed.place, placed.excerpt);
    }
    findings
}

/// Asks the rules of the messages of a stream: keeps the octets of one message at a time, where something may be asked of it.
#[derive(Debug)]
pub(crate) struct Messages {
    rules: Rules,
    limit: usize,
    /// Service string advice and header of the interchange.
    head: Vec<u8>,
    /// The message so far, from its header on.
    body: Vec<u8>,
    /// Whether something may be asked of the message.
    keeps: bool,
    /// Where the message begins.
    start: u64,
    position: Position,
}

impl Messages {
    /// In so many octets at its beginning, a message says what it claims.
    const CLAIM: usize = 1 << 16;

    /// For messages of up to `limit` octets.
    pub(crate) fn new(rules: Rules, limit: usize) -> Self {
        Self { rules, limit, head: Vec::new(), body: Vec::new(), keeps: false, start: 0, position: Position::default() }
    }

    /// Whether nothing is ever asked.
    pub(crate) fn is_idle(&self) -> bool {
        self.rules == Rules::None
    }

    /// Takes the next item of the stream; says whether a message is whole now, so that [`Messages::check`] may be asked.
    #[inline]
    pub(crate) fn take(&mut self, item: &Item<'_>) -> Step {
        match item {
            Item::Segment(segment) if !self.keeps && !segment.raw().starts_with(b"U") => Step::On,
            // A segment within a message that is still too short to be asked what it claims.
            Item::Segment(segment)
                if !segment.raw().starts_with(b"U")
                    && self.body.len() + segment.raw().len() < Self::CLAIM.min(self.limit) =>
            {
                self.body.extend_from_slice(segment.raw());
                Step::On
            }
            _ => self.take_closely(item),
        }
    }

    fn take_closely(&mut self, item: &Item<'_>) -> Step {
        let Item::Segment(segment) = item else {
            match item {
                // Line ends between segments count where octets are told.
                _ if self.keeps => self.body.extend_from_slice(item.raw()),
                Item::Advice(_) => self.head = item.raw().to_vec(),
                _ => {}
            }
            return Step::On;
        };
        match segment.tag() {
            b"UNB" => {
                // A service string advice holds for the interchange behind it.
                if !self.head.starts_with(b"UNA") {
                    self.head.clear();
                }
                self.head.truncate(9);
                self.head.extend_from_slice(item.raw());
                Step::On
            }
            b"UNH" => {
                self.start = item.span().start;
                let kind = MessageHeader::of(*segment).and_then(|header| karvan_mapping::kind_of(&header));
                self.keeps = kind.is_some_and(|kind| self.rules.are_for(kind));
                self.body.clear();
                if !self.keeps {
                    return Step::On;
                }
                self.body.extend_from_slice(item.raw());
                Step::Begun
            }
            _ if !self.keeps => Step::On,
            tag => {
                let from = self.body.len();
                self.body.extend_from_slice(item.raw());
                let length = self.body.len();
                if tag == b"UNT" {
                    return Step::Whole;
                }
                if from < Self::CLAIM && length >= Self::CLAIM && !self.rules.may_be_asked(&self.body) {
                    self.keeps = false;
                } else if length > self.limit {
                    (self.keeps, self.body) = (false, Vec::new());
                    return Step::TooLong;
                }
                Step::On
            }
        }
    }

    /// Where the message begins.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The same in lines and columns.
    pub(crate) fn begin(&mut self, position: Position) {
        self.position = position;
    }

    /// Asks the rules of the message that is whole.
    pub(crate) fn check(&mut self, unit: Unit) -> Vec<Diagnostic> {
        let Self { body, head, rules, .. } = self;
        if !std::mem::take(&mut self.keeps) || !rules.may_be_asked(body) {
            return Vec::new();
        }
        let octets = [head.as_slice(), body].concat();
        let transmission = Transmission::read(octets.as_slice());
        let Ok(readings) = karvan_mapping::read_edifact_for(&transmission, Purpose::Check) else { return Vec::new() };
        let mut findings: Vec<_> = readings.iter().flat_map(|reading| rules.check(reading)).collect();
        let head = head.len() as u64;
        for finding in &mut findings {
            // What is about the message as a whole stands at its header.
            let span = if finding.place.span.start < head { Span::at(head) } else { finding.place.span };
            finding.excerpt = excerpt(&transmission, span);
            let (start, end) = (span.start - head, span.end - head);
            let within = Locator::default().position(body, usize::try_from(start).unwrap_or(usize::MAX));
            finding.place.position = match within.line {
                1 => Position { column: self.position.column + within.column - 1, ..self.position },
                line => Position { line: self.position.line + line - 1, ..within },
            };
            finding.place.span = Span::new(self.start + start, self.start + end);
            finding.place.unit = Some(unit);
        }
        findings
    }

    /// That a message is longer than may be kept.
    pub(crate) fn too_long(&self, unit: Unit) -> Diagnostic {
        let place = Place { span: Span::at(self.start), position: self.position, unit: Some(unit), ..Place::default() };
        Diagnostic::new(Code::error(9005), Message::new("rules-message-too-long").with("limit", self.limit), place)
    }
}

/// What an item means for the message it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing by itself.
    On,
    /// A message begins that is kept.
    Begun,
    /// The message is whole.
    Whole,
    /// The message is longer than may be kept.
    TooLong,
}

/// The segment that the octets stand in, with the octets marked.
fn excerpt(transmission: &Transmission<'_>, span: Span) -> Option<Excerpt> {
    let segment = transmission.segments().find(|segment| segment.span().end > span.start)?;
    let start = usize::try_from(span.start.saturating_sub(segment.span().start)).ok()?;
    let end = start + usize::try_from(span.end - span.start).ok()?;
    Some(Excerpt::new(segment.body(), start..end))
}
