//! Where the security groups of a file stand, and what they enclose.

use karvan_edifact::{Advice, Item, Items, Problem, ReadOptions, Segment, ServiceCharacters};
use karvan_text::Span;

use super::group::SecurityHeader;
use super::record::Record;

/// What can be secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// UNB to UNZ.
    Interchange,
    /// UNG to UNE.
    Group,
    /// UNH to UNT.
    Message,
    /// UNO to UNP.
    Package,
}

impl Level {
    /// The level that a segment opens.
    #[must_use]
    pub fn opened_by(tag: &[u8]) -> Option<Self> {
        match tag {
            b"UNB" => Some(Self::Interchange),
            b"UNG" => Some(Self::Group),
            b"UNH" => Some(Self::Message),
            b"UNO" => Some(Self::Package),
            _ => None,
        }
    }

    /// The level that a segment closes.
    #[must_use]
    pub fn closed_by(tag: &[u8]) -> Option<Self> {
        match tag {
            b"UNZ" => Some(Self::Interchange),
            b"UNE" => Some(Self::Group),
            b"UNT" => Some(Self::Message),
            b"UNP" => Some(Self::Package),
            _ => None,
        }
    }

    /// The tag of its header.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Interchange => "UNB",
            Self::Group => "UNG",
            Self::Message => "UNH",
            Self::Package => "UNO",
        }
    }

    /// Which data element of its header is its reference: 0020, 0048, 0062, 0800.
    #[must_use]
    pub const fn reference_element(self) -> usize {
        match self {
            Self::Interchange | Self::Group => 4,
            Self::Message | Self::Package => 0,
        }
    }
}

/// A file in memory as its structures, each with its security groups.
#[derive(Clone, Debug)]
pub struct Structures<'a> {
    octets: &'a [u8],
    options: ReadOptions,
    /// In the order in which they begin.
    structures: Vec<Structure>,
    problems: Vec<Problem>,
    advice: Option<Advice<'a>>,
}

/// An interchange, a group, a message or a package.
#[derive(Clone, Debug)]
pub struct Structure {
    /// What it is.
    pub level: Level,
    /// Its reference: 0020, 0048, 0062 or 0800.
    pub reference: String,
    /// Its header.
    pub header: Record,
    /// Where its header stands.
    pub header_span: Span,
    /// From the first octet of its header to the terminator of its trailer.
    pub span: Span,
    /// Where its trailer stands; none where it has none.
    pub trailer_span: Option<Span>,
    /// Which structure it stands in.
    pub parent: Option<usize>,
    /// The service characters in force.
    pub characters: ServiceCharacters,
    /// Its header groups.
    pub headers: Vec<PlacedHeader>,
    /// Its trailer groups.
    pub trailers: Vec<PlacedTrailer>,
    /// What is secured: to the beginning of the first trailer group, or to the end of the object of a package.
    pub body: Span,
    /// Security segments that do not stand where such segments do.
    pub misplaced: Vec<(String, Span)>,
    /// Where encrypted data begin (USD).
    pub encrypted: Option<Span>,
    phase: Phase,
}

/// A header group in its place.
#[derive(Clone, Debug)]
pub struct PlacedHeader {
    /// What it says.
    pub group: SecurityHeader,
    /// From USH to where the next segment, or the object, begins.
    pub span: Span,
    /// Where the last segment of the group ends.
    pub end: u64,
    /// How many segments it has.
    pub segments: u64,
}

/// A trailer group in its place: UST and USR.
#[derive(Clone, Debug)]
pub struct PlacedTrailer {
    /// UST.
    pub trailer: Record,
    /// USR, if there is one.
    pub result: Option<Record>,
    /// From UST to the terminator of the group.
    pub span: Span,
    /// Where UST stands.
    pub trailer_span: Span,
}

impl PlacedTrailer {
    /// 0534.
    #[must_use]
    pub fn reference(&self) -> String {
        self.trailer.text(0).into_owned()
    }

    /// How many segments it has.
    #[must_use]
    pub const fn segments(&self) -> u64 {
        1 + self.result.is_some() as u64
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Headers,
    Body,
    Trailers,
}

/// Header groups of one structure, and trailer groups (ISO 9735-5 §5.1).
const GROUPS: usize = 99;

impl<'a> Structures<'a> {
    /// Looks through a file.
    #[must_use]
    pub fn read(octets: &'a [u8], options: ReadOptions) -> Self {
        let mut found = Self { octets, options, structures: Vec::new(), problems: Vec::new(), advice: None };
        let mut open: Vec<usize> = Vec::new();
        let mut items = Items::new(octets, options);
        for item in items.by_ref() {
            match item {
                Item::Segment(segment) => found.segment(&segment, &mut open),
                Item::Object(object) => found.object(object.span(), &open),
                Item::Advice(advice) => found.advice = found.advice.or(Some(advice)),
                _ => {}
            }
        }
        found.problems = items.problems().collect();
        found.settle(&open, octets.len() as u64);
        found
    }

    /// The octets of the file.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The structures, in the order in which they begin.
    #[must_use]
    pub fn all(&self) -> &[Structure] {
        &self.structures
    }

    /// What is wrong with the octets.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The service string advice before the first interchange.
    #[must_use]
    pub const fn advice(&self) -> Option<&Advice<'a>> {
        self.advice.as_ref()
    }

    /// The items of the file anew.
    pub fn items(&self) -> Items<'a> {
        Items::new(self.octets, self.options)
    }

    /// The structure of this level that encloses the one at `index`, or is it.
    #[must_use]
    pub fn enclosing(&self, index: usize, level: Level) -> Option<&Structure> {
        let mut at = Some(index);
        while let Some(structure) = at.and_then(|index| self.structures.get(index)) {
            if structure.level == level {
                return Some(structure);
            }
            at = structure.parent;
        }
        None
    }

    /// The way to the structure at `index` by references, `UNB 7 › UNH 1`.
    #[must_use]
    pub fn path(&self, index: usize) -> String {
        let levels = [Level::Interchange, Level::Group, Level::Message, Level::Package];
        let parts = levels.into_iter().filter_map(|level| {
            let structure = self.enclosing(index, level)?;
            Some(format!("{} {}", level.tag(), structure.reference))
        });
        parts.collect::<Vec<_>>().join(" › ")
    }

    fn segment(&mut self, segment: &Segment<'_>, open: &mut Vec<usize>) {
        let tag = segment.tag();
        if let Some(level) = Level::opened_by(tag) {
            // What is not closed before its sibling begins ends there.
            while open.last().is_some_and(|&last| !encloses(self.structures[last].level, level)) {
                open.pop();
            }
            if let Some(&parent) = open.last() {
                self.structures[parent].content(tag, segment.span());
            }
            let parent = open.last().copied();
            open.push(self.structures.len());
            self.structures.push(Structure::begin(level, segment, parent));
            return;
        }
        if let Some(level) = Level::closed_by(tag) {
            if let Some(depth) = open.iter().rposition(|&index| self.structures[index].level == level) {
                open.truncate(depth + 1);
                if let Some(index) = open.pop() {
                    self.structures[index].close(segment.span());
                }
            }
            return;
        }
        if let Some(&index) = open.last() {
            self.structures[index].take(segment);
        }
    }

    fn object(&mut self, span: Span, open: &[usize]) {
        if let Some(structure) = open.last().and_then(|&index| self.structures.get_mut(index)) {
            structure.end_header(span.start);
            if structure.phase == Phase::Headers {
                structure.phase = Phase::Body;
                structure.body = span;
            }
            structure.body.end = span.end;
        }
    }

    /// What is open at the end of the file ends there, without a trailer.
    fn settle(&mut self, open: &[usize], end: u64) {
        for &index in open {
            let structure = &mut self.structures[index];
            structure.end_header(end);
            structure.span.end = end;
        }
    }
}

/// Whether a structure of one level may hold one of the other.
fn encloses(outer: Level, inner: Level) -> bool {
    match outer {
        Level::Interchange => inner != Level::Interchange,
        Level::Group => matches!(inner, Level::Message | Level::Package),
        Level::Message | Level::Package => false,
    }
}

impl Structure {
    fn begin(level: Level, segment: &Segment<'_>, parent: Option<usize>) -> Self {
        let span = segment.span();
        let header = Record::of(segment);
        Self {
            level,
            reference: header.text(level.reference_element()).into_owned(),
            header,
            header_span: span,
            span,
            trailer_span: None,
            parent,
            characters: segment.characters(),
            headers: Vec::new(),
            trailers: Vec::new(),
            body: Span::new(span.end, span.end),
            misplaced: Vec::new(),
            encrypted: None,
            phase: Phase::Headers,
        }
    }

    /// The header group that a trailer group belongs to.
    pub fn header_of(&self, trailer: &PlacedTrailer) -> Option<&PlacedHeader> {
        self.headers.iter().find(|header| header.group.reference() == trailer.reference())
    }

    fn take(&mut self, segment: &Segment<'_>) {
        let (tag, span) = (segment.tag(), segment.span());
        match (tag, self.phase) {
            (b"USH", Phase::Headers) if self.headers.len() < GROUPS => {
                self.end_header(span.start);
                let group = SecurityHeader::begin(Record::of(segment));
                self.headers.push(PlacedHeader { group, span, end: span.end, segments: 1 });
            }
            (b"USA" | b"USC" | b"USR", Phase::Headers) => {
                let taken = self.headers.last_mut().is_some_and(|header| {
                    header.segments += 1;
                    header.end = span.end;
                    header.group.add(Record::of(segment))
                });
                if !taken {
                    self.misplace(tag, span);
                }
            }
            (b"UST", _) if self.trailers.len() < GROUPS => {
                self.end_header(span.start);
                if self.phase == Phase::Body && self.level != Level::Package {
                    self.body.end = span.start;
                }
                self.phase = Phase::Trailers;
                let trailer = PlacedTrailer { trailer: Record::of(segment), result: None, span, trailer_span: span };
                self.trailers.push(trailer);
            }
            (b"USR", Phase::Trailers) => match self.trailers.last_mut() {
                Some(trailer) if trailer.result.is_none() => {
                    trailer.result = Some(Record::of(segment));
                    trailer.span.end = span.end;
                }
                _ => self.misplace(tag, span),
            },
            (b"USH" | b"UST", _) => self.misplace(tag, span),
            _ => {
                if tag == b"USD" {
                    self.encrypted.get_or_insert(span);
                }
                self.content(tag, span);
            }
        }
    }

    /// A segment of the body, or a structure within.
    fn content(&mut self, tag: &[u8], span: Span) {
        self.end_header(span.start);
        match self.phase {
            Phase::Headers => {
                self.phase = Phase::Body;
                self.body = span;
            }
            Phase::Body => {}
            Phase::Trailers => self.misplace(tag, span),
        }
    }

    fn close(&mut self, trailer: Span) {
        self.end_header(trailer.start);
        if self.phase == Phase::Body && self.level != Level::Package {
            self.body.end = trailer.start;
        }
        self.span.end = trailer.end;
        self.trailer_span = Some(trailer);
    }

    /// The header group under way ends before what begins at `next`.
    fn end_header(&mut self, next: u64) {
        if self.phase == Phase::Headers
            && let Some(header) = self.headers.last_mut()
        {
            header.span.end = next;
        }
    }

    fn misplace(&mut self, tag: &[u8], span: Span) {
        self.misplaced.push((String::from_utf8_lossy(tag).into_owned(), span));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(file: &[u8], span: Span) -> &str {
        std::str::from_utf8(&file[span.start as usize..span.end as usize]).unwrap()
    }

    #[test]
    fn groups_and_body_are_found_at_every_level() {
        let file = b"UNB+UNOC:4+A+B+20261122:0900+I'\nUSH+1+9'\nUSA+1'\nUNH+M+ORDERS:D:96A:UN'USH+1+1+2'USA+1:::48'USH+1+2'BGM+220'\nUST+2+2'USR+1:A'UST+1+3'UNT+8+M'\nUNO+P+1:x+1+3:1'USH+1+7'abcUST+7+2'UNP+3+P'UST+9+3'UNZ+2+I'\n";
        let found = Structures::read(file, ReadOptions::default());
        assert_eq!(found.problems(), []);
        let [interchange, message, package] = found.all() else { panic!("three structures") };
        assert_eq!((&*interchange.reference, &*message.reference, &*package.reference), ("I", "M", "P"));
        assert_eq!(cut(file, interchange.headers[0].span), "USH+1+9'\nUSA+1'\n");
        assert!(cut(file, interchange.body).starts_with("UNH+M") && cut(file, interchange.body).ends_with("UNP+3+P'"));
        assert_eq!(cut(file, message.headers[0].span), "USH+1+1+2'USA+1:::48'");
        assert_eq!(cut(file, message.headers[1].span), "USH+1+2'");
        assert_eq!(cut(file, message.body), "BGM+220'\n");
        assert_eq!(cut(file, message.trailers[0].span), "UST+2+2'USR+1:A'");
        assert_eq!(message.header_of(&message.trailers[1]).unwrap().segments, 2);
        assert_eq!((cut(file, package.headers[0].span), cut(file, package.body)), ("USH+1+7'", "abc"));
        assert_eq!((message.parent, package.parent, interchange.parent), (Some(0), Some(0), None));
        assert!(cut(file, interchange.span).ends_with("UNZ+2+I'"));
    }

    #[test]
    fn security_segments_elsewhere_are_told() {
        let file = b"UNB+UNOC:4+A+B+20261122:0900+I'UNH+M+X'BGM'USH+1+1'UST+1+1'DTM'USR+1'USR+1'UNT+1+M'UNZ+1+I'";
        let found = Structures::read(file, ReadOptions::default());
        let misplaced: Vec<_> = found.all()[1].misplaced.iter().map(|(tag, _)| tag.as_str()).collect();
        assert_eq!(misplaced, ["USH", "DTM", "USR"]);
    }

    #[test]
    fn what_is_not_closed_has_no_trailer() {
        let file = b"UNB+UNOC:4+A+B+20261122:0900+I'UNH+M+X'USH+1+1'BGM'UNH+N+X'UNT+2+N'";
        let found = Structures::read(file, ReadOptions::default());
        assert_eq!(found.all().iter().map(|one| one.trailer_span.is_some()).collect::<Vec<_>>(), [false, false, true]);
    }
}
