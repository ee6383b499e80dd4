//! The handles through which a directory is read. All are `Copy`: two or three references.

use std::fmt;

use super::{
    dependency::Dependency,
    facts::{Format, Status},
    stream::Text,
    unpack::{
        ElementRecord, MessageRecord, MessageRowRecord, MessageRowTarget, Pack, PartRecord, PartRowRecord, Tables,
        Target, code_key,
    },
};

/// One directory: a release of the UN/EDIFACT directories, or the service directory of a syntax version.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    pack: &'a Pack,
    tables: &'a Tables,
}

impl<'a> Directory<'a> {
    pub(super) fn new(pack: &'a Pack, tables: &'a Tables) -> Self {
        Self { pack, tables }
    }

    fn text(self, piece: Text) -> &'a str {
        self.pack.core_text(piece)
    }

    /// `D.96A`; of a service directory, the syntax version.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.text(self.tables.name)
    }

    /// All message types, by tag; batch and interactive ones.
    pub fn messages(self) -> impl ExactSizeIterator<Item = Message<'a>> {
        self.tables.messages.iter().map(move |record| Message { directory: self, record })
    }

    /// All segments, by tag.
    pub fn segments(self) -> impl ExactSizeIterator<Item = Segment<'a>> {
        self.tables.segments.iter().map(move |record| Segment { directory: self, record })
    }

    /// All composite data elements, by tag.
    pub fn composites(self) -> impl ExactSizeIterator<Item = Composite<'a>> {
        self.tables.composites.iter().map(move |record| Composite { directory: self, record })
    }

    /// All simple data elements, by tag.
    pub fn elements(self) -> impl ExactSizeIterator<Item = Element<'a>> {
        self.tables.elements.iter().map(move |record| Element { directory: self, record })
    }

    /// The message type of this tag: `INVOIC`.
    #[must_use]
    pub fn message(self, tag: &str) -> Option<Message<'a>> {
        let record = self.find(&self.tables.messages, |record| record.tag, tag)?;
        Some(Message { directory: self, record })
    }

    /// The segment of this tag: `NAD`.
    #[must_use]
    pub fn segment(self, tag: &str) -> Option<Segment<'a>> {
        let record = self.find(&self.tables.segments, |record| record.tag, tag)?;
        Some(Segment { directory: self, record })
    }

    /// The composite data element of this tag: `C082`.
    #[must_use]
    pub fn composite(self, tag: &str) -> Option<Composite<'a>> {
        let record = self.find(&self.tables.composites, |record| record.tag, tag)?;
        Some(Composite { directory: self, record })
    }

    /// The simple data element of this tag: `3035`.
    #[must_use]
    pub fn element(self, tag: &str) -> Option<Element<'a>> {
        let record = self.find(&self.tables.elements, |record| record.tag, tag)?;
        Some(Element { directory: self, record })
    }

    /// The code of this value in the code list of this data element: `3035`, `SU`.
    #[must_use]
    pub fn code(self, element: &str, value: &str) -> Option<Code<'a>> {
        self.element(element)?.code(value)
    }

    fn find<T>(self, records: &'a [T], tag_of: impl Fn(&T) -> Text, tag: &str) -> Option<&'a T> {
        let index = records.binary_search_by(|record| self.text(tag_of(record)).cmp(tag)).ok()?;
        records.get(index)
    }

    fn constituent(self, target: Target) -> Option<Constituent<'a>> {
        match target {
            Target::Unknown => None,
            Target::Composite(index) => {
                let record = self.tables.composites.get(usize::from(index))?;
                Some(Constituent::Composite(Composite { directory: self, record }))
            }
            Target::Element(index) => {
                let record = self.tables.elements.get(usize::from(index))?;
                Some(Constituent::Element(Element { directory: self, record }))
            }
        }
    }

    fn part_rows(self, part: &'a PartRecord) -> impl ExactSizeIterator<Item = PartRow<'a>> {
        let rows = self.tables.rows.get(part.first as usize..part.end as usize).unwrap_or_default();
        rows.iter().map(move |record| PartRow { directory: self, record })
    }
}

impl fmt::Debug for Directory<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A message type: a flat table of segments and segment groups.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    directory: Directory<'a>,
    record: &'a MessageRecord,
}

impl<'a> Message<'a> {
    /// The directory it belongs to.
    #[must_use]
    pub fn directory(self) -> Directory<'a> {
        self.directory
    }

    /// `INVOIC`.
    #[must_use]
    pub fn tag(self) -> &'a str {
        self.directory.text(self.record.tag)
    }

    /// `Invoice message`.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.directory.text(self.record.name)
    }

    /// Whether it belongs to the interactive directory (ISO 9735-3), its header being UIH.
    #[must_use]
    pub fn is_interactive(self) -> bool {
        self.record.interactive
    }

    /// Its dependency notes, about the positions of rows.
    #[must_use]
    pub fn dependencies(self) -> &'a [Dependency] {
        &self.record.dependencies
    }

    /// The segment table, in order. The row of a group comes before the rows in it, the first of which is its trigger.
    pub fn rows(self) -> impl ExactSizeIterator<Item = MessageRow<'a>> {
        (0..self.records().len()).map(move |index| MessageRow { message: self, index })
    }

    /// The row at this index.
    #[must_use]
    pub fn row(self, index: usize) -> Option<MessageRow<'a>> {
        (index < self.records().len()).then_some(MessageRow { message: self, index })
    }

    fn records(self) -> &'a [MessageRowRecord] {
        self.record
            .rows
            .get_or_init(|| self.directory.pack.read_message(self.record, self.directory.tables).unwrap_or_default())
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.tag(), self.directory.name())
    }
}

/// A line of a segment table.
#[derive(Clone, Copy)]
pub struct MessageRow<'a> {
    message: Message<'a>,
    /// Always the index of a record.
    index: usize,
}

/// What a line of a segment table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRowKind<'a> {
    /// A segment, by tag.
    Segment(&'a str),
    /// A segment group, by number: 25 for `SG25`.
    Group(u16),
}

impl<'a> MessageRow<'a> {
    fn record(self) -> &'a MessageRowRecord {
        &self.message.records()[self.index]
    }

    /// Its index in the table.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// The position as printed: `0900`, `01170`; empty where the table states none (D.93A).
    #[must_use]
    pub fn position(self) -> Position {
        Position { number: self.record().position, digits: self.message.record.position_digits }
    }

    /// Segment or group.
    #[must_use]
    pub fn kind(self) -> MessageRowKind<'a> {
        match self.record().kind {
            MessageRowTarget::Segment(index) => {
                let tag = self.message.directory.tables.segment_tags[usize::from(index)].tag;
                MessageRowKind::Segment(self.message.directory.text(tag))
            }
            MessageRowTarget::Group(number) => MessageRowKind::Group(number),
        }
    }

    /// The tag of the segment; none for a group.
    #[must_use]
    pub fn tag(self) -> Option<&'a str> {
        match self.kind() {
            MessageRowKind::Segment(tag) => Some(tag),
            MessageRowKind::Group(_) => None,
        }
    }

    /// The number of the group; none for a segment.
    #[must_use]
    pub fn group(self) -> Option<u16> {
        match self.record().kind {
            MessageRowTarget::Segment(_) => None,
            MessageRowTarget::Group(number) => Some(number),
        }
    }

    /// The tag with which this row begins: a segment's own, a group's trigger.
    #[must_use]
    pub fn trigger(self) -> Option<&'a str> {
        self.message.rows().skip(self.index).find_map(MessageRow::tag)
    }

    /// The segment; none for a group, nor where this directory does not define the tag: the service segments UGH and UGT
    /// are found in the service directory.
    #[must_use]
    pub fn segment(self) -> Option<Segment<'a>> {
        let MessageRowTarget::Segment(index) = self.record().kind else { return None };
        let tables = self.message.directory.tables;
        let segment = tables.segment_tags[usize::from(index)].segment?;
        Some(Segment { directory: self.message.directory, record: tables.segments.get(usize::from(segment))? })
    }

    /// Mandatory or conditional.
    #[must_use]
    pub fn status(self) -> Status {
        self.record().status
    }

    /// The largest number of times it may stand here.
    #[must_use]
    pub fn repetitions(self) -> u32 {
        self.record().repetitions
    }

    /// How many groups enclose it; a group's own row does not count itself.
    #[must_use]
    pub fn depth(self) -> usize {
        usize::from(self.record().depth)
    }

    /// The index after its last row: of a group, after all that is in it; of a segment, the next row.
    #[must_use]
    pub fn end(self) -> usize {
        usize::from(self.record().end)
    }

    /// The row of the group it stands in; none on the level of the message.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let index = usize::from(self.record().parent?);
        Some(Self { message: self.message, index })
    }
}

impl fmt::Debug for MessageRow<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:?} {}{}", self.position(), self.kind(), self.status().letter(), self.repetitions())
    }
}

/// A position in a segment table, written with as many digits as the directory writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The number; 0 where none is stated.
    pub number: u32,
    /// How many digits are written; 0 where none is stated.
    pub digits: u8,
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits == 0 {
            return Ok(());
        }
        write!(out, "{:0digits$}", self.number, digits = usize::from(self.digits))
    }
}

/// A segment: a name and an ordered list of composite and simple data elements.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    directory: Directory<'a>,
    record: &'a PartRecord,
}

/// A composite data element: a name and an ordered list of component data elements.
#[derive(Clone, Copy)]
pub struct Composite<'a> {
    directory: Directory<'a>,
    record: &'a PartRecord,
}

macro_rules! part {
    ($part:ident, $tag:literal, $name:literal) => {
        impl<'a> $part<'a> {
            #[doc = concat!("`", $tag, "`.")]
            #[must_use]
            pub fn tag(self) -> &'a str {
                self.directory.text(self.record.tag)
            }

            #[doc = concat!("`", $name, "`, in the letters of its directory.")]
            #[must_use]
            pub fn name(self) -> &'a str {
                self.directory.text(self.record.name)
            }

            /// Whether it belongs to the interactive directory.
            #[must_use]
            pub fn is_interactive(self) -> bool {
                self.record.interactive
            }

            /// Its data elements, in order.
            pub fn rows(self) -> impl ExactSizeIterator<Item = PartRow<'a>> {
                self.directory.part_rows(self.record)
            }

            /// Its dependency notes.
            #[must_use]
            pub fn dependencies(self) -> &'a [Dependency] {
                &self.record.dependencies
            }
        }

        impl fmt::Debug for $part<'_> {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}@{}", self.tag(), self.directory.name())
            }
        }
    };
}

part!(Segment, "NAD", "NAME AND ADDRESS");
part!(Composite, "C082", "PARTY IDENTIFICATION DETAILS");

/// A data element at its place in a segment or composite.
#[derive(Clone, Copy)]
pub struct PartRow<'a> {
    directory: Directory<'a>,
    record: &'a PartRowRecord,
}

impl<'a> PartRow<'a> {
    /// The position, written with three digits: `010`.
    #[must_use]
    pub fn position(self) -> Position {
        Position { number: u32::from(self.record.position), digits: 3 }
    }

    /// The tag of the composite or simple data element.
    #[must_use]
    pub fn tag(self) -> &'a str {
        self.directory.text(self.record.tag)
    }

    /// Mandatory or conditional.
    #[must_use]
    pub fn status(self) -> Status {
        self.record.status
    }

    /// The largest number of times it may stand here by the repetition of syntax version 4; 1 where none is stated.
    #[must_use]
    pub fn repetitions(self) -> u16 {
        self.record.repetitions
    }

    /// What the tag names; none where the directory does not define it.
    #[must_use]
    pub fn constituent(self) -> Option<Constituent<'a>> {
        self.directory.constituent(self.record.target)
    }
}

impl fmt::Debug for PartRow<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}{}", self.position(), self.tag(), self.status().letter(), self.repetitions())
    }
}

/// What a segment or composite consists of.
#[derive(Clone, Copy, Debug)]
pub enum Constituent<'a> {
    /// A composite data element.
    Composite(Composite<'a>),
    /// A simple data element, or a component of a composite.
    Element(Element<'a>),
}

impl<'a> Constituent<'a> {
    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'a str {
        match self {
            Self::Composite(composite) => composite.tag(),
            Self::Element(element) => element.tag(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Composite(composite) => composite.name(),
            Self::Element(element) => element.name(),
        }
    }
}

/// A simple data element.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    directory: Directory<'a>,
    record: &'a ElementRecord,
}

impl<'a> Element<'a> {
    /// The directory it belongs to.
    #[must_use]
    pub fn directory(self) -> Directory<'a> {
        self.directory
    }

    /// `3035`.
    #[must_use]
    pub fn tag(self) -> &'a str {
        self.directory.text(self.record.tag)
    }

    /// `Party qualifier`.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.directory.text(self.record.name)
    }

    /// Its representation.
    #[must_use]
    pub fn format(self) -> Format {
        self.record.format
    }

    /// Whether the directory has a code list for it.
    #[must_use]
    pub fn is_coded(self) -> bool {
        !self.record.codes.is_empty()
    }

    /// Its code list, by value (in order of the octets).
    pub fn codes(self) -> impl ExactSizeIterator<Item = Code<'a>> {
        let entries = self.directory.tables.code_entries.get(self.record.codes.clone()).unwrap_or_default();
        entries.iter().map(move |&entry| Code { pack: self.directory.pack, entry })
    }

    /// The code of this value.
    #[must_use]
    pub fn code(self, value: &str) -> Option<Code<'a>> {
        let index = self.record.codes.start + self.code_index(value.as_bytes())?;
        let entry = *self.directory.tables.code_entries.get(index)?;
        Some(Code { pack: self.directory.pack, entry })
    }

    /// Whether the code list has this value. Meant for the inside of loops: a binary search over numbers.
    #[must_use]
    pub fn has_code(self, value: &[u8]) -> bool {
        self.code_index(value).is_some()
    }

    /// Which other releases have this value in the list, where this one lacks it.
    #[must_use]
    pub fn code_elsewhere(self, value: &str) -> Option<Elsewhere<'a>> {
        let like = *self.directory.tables.code_entries.get(self.record.codes.start)?;
        let key = code_key(value.as_bytes())?;
        self.directory.pack.code_elsewhere(like as usize, key, self.directory.name())
    }

    fn code_index(self, value: &[u8]) -> Option<usize> {
        let keys = self.directory.tables.code_keys.get(self.record.codes.clone())?;
        keys.binary_search(&code_key(value)?).ok()
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{} {}", self.tag(), self.directory.name(), self.format())
    }
}

/// When a code list has a value that it lacks in the release at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere<'a> {
    /// Later on, since this release.
    Since(&'a str),
    /// Before, the last time in this release.
    Until(&'a str),
}

/// A value of a code list.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    pack: &'a Pack,
    entry: u32,
}

impl<'a> Code<'a> {
    /// `SU`.
    #[must_use]
    pub fn value(self) -> &'a str {
        self.pack.code_entries().get(self.entry as usize).map_or("", |entry| self.pack.code_value(entry))
    }

    /// `Supplier`.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.pack.code_name(self.entry as usize)
    }

    /// The first release of the unbroken run of releases, up to this one, that have the value in this list, under
    /// whatever name. D.93A has no code lists, so that nothing is older than D.94A.
    #[must_use]
    pub fn since(self) -> &'a str {
        self.pack.first_release(self.entry as usize)
    }
}

impl fmt::Debug for Code<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.value(), self.name())
    }
}
