//! A message table in the form that arranging reads: one flat row a segment or group, in the order of the directory.

use std::fmt;

use super::machine::{Machine, Variant};
use crate::directory::{Message, MessageRowKind};

/// A segment tag: up to three octets, kept in one word so that comparing two is one instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// The tag `UNH`, with which every batch message begins (ISO 9735-1 §7.3).
    pub const UNH: Self = Self::new(b"UNH");
    /// The tag `UNT`, with which every batch message ends.
    pub const UNT: Self = Self::new(b"UNT");

    /// The tag of these octets. Tags have three; a longer one can equal no tag of a directory.
    #[must_use]
    pub const fn new(octets: &[u8]) -> Self {
        match *octets {
            [a, b, c] => Self(u32::from_be_bytes([0, a, b, c])),
            [a, b] => Self(u32::from_be_bytes([0, 0, a, b])),
            [a] => Self(u32::from_be_bytes([0, 0, 0, a])),
            [] => Self(0),
            _ => Self(u32::MAX),
        }
    }

    /// Well-mixed bits of the tag, for places in a table.
    #[inline]
    pub(super) const fn hash(self) -> usize {
        (self.0.wrapping_mul(0x9E37_79B1) >> 16) as usize
    }

    /// Whether it is that of the header of a message, batch or interactive.
    #[must_use]
    pub fn begins_message(self) -> bool {
        self == Self::UNH || self == Self::new(b"UIH")
    }

    /// Whether it is that of the trailer of a message, batch or interactive.
    #[must_use]
    pub fn ends_message(self) -> bool {
        self == Self::UNT || self == Self::new(b"UIT")
    }

    /// Whether it is that of the section control, which stands between sections of a message.
    #[must_use]
    pub fn controls_sections(self) -> bool {
        self == Self::new(b"UNS")
    }

    /// Whether the tag begins with `U`, as the tags of all service segments but TXT do.
    #[must_use]
    pub const fn is_service(self) -> bool {
        self.0 >> 16 == b'U' as u32
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == u32::MAX {
            return f.write_str("?");
        }
        for octet in self.0.to_be_bytes().into_iter().skip_while(|octet| *octet == 0) {
            write!(f, "{}", char::from(octet).escape_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One row of a message table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tag of the segment; of a group, that of its trigger, the segment it begins with.
    pub tag: Tag,
    /// Status M of the directory; C where false.
    pub mandatory: bool,
    /// How often it may stand in its place.
    pub repetitions: u32,
    /// What the row is.
    pub kind: RowKind,
    /// The row of the group it stands in; of the message itself where there is none.
    pub parent: Option<usize>,
}

impl Row {
    /// The row that follows on the same level when this row stands at `index`: over a whole group where it is one.
    pub(super) fn after(&self, index: usize) -> usize {
        match self.kind {
            RowKind::Segment => index + 1,
            RowKind::Group { end, .. } => end,
        }
    }
}

/// What a row of a message table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A segment.
    Segment,
    /// A segment group: its number, and the row after its last.
    Group {
        /// The number of the group in this message, 25 for `SG25`.
        number: u16,
        /// Index of the first row that no longer belongs to the group.
        end: usize,
    },
}

/// The rows of a message from UNH to UNT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Row>,
    machine: Machine,
}

impl Table {
    /// A table of these rows.
    ///
    /// The rows of a group follow the row of the group; the first of them is its trigger. Rows that break this are
    /// dropped from the table where the group's end lies outside it.
    #[must_use]
    pub fn new(rows: Vec<Row>) -> Self {
        Self::with_variants(rows, &[])
    }

    /// A table of these rows in which these segments have symbols of their own.
    pub(crate) fn with_variants(mut rows: Vec<Row>, variants: &[Variant]) -> Self {
        let length = rows.len();
        for (index, row) in rows.iter_mut().enumerate() {
            if let RowKind::Group { end, .. } = &mut row.kind {
                *end = (*end).clamp(index + 1, length);
            }
        }
        let machine = Machine::new(&rows, variants);
        Self { rows, machine }
    }

    /// The table of a message of a directory.
    #[must_use]
    pub fn of(message: Message<'_>) -> Self {
        let rows = message.rows().map(|row| Row {
            tag: Tag::new(row.trigger().unwrap_or_default().as_bytes()),
            mandatory: row.status().is_mandatory(),
            repetitions: row.repetitions(),
            kind: match row.kind() {
                MessageRowKind::Segment(_) => RowKind::Segment,
                MessageRowKind::Group(number) => RowKind::Group { number, end: row.end() },
            },
            parent: row.parent().map(|parent| parent.index()),
        });
        Self::new(rows.collect())
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row at `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> &Row {
        &self.rows[index]
    }

    /// The row that follows `index` on the same level: over a whole group where `index` is one.
    #[must_use]
    pub fn after(&self, index: usize) -> usize {
        self.rows[index].after(index)
    }

    /// The rows after `used` and before `end` on one level, over whole groups; from the first row where none is used.
    pub(super) fn siblings(&self, used: Option<usize>, end: usize) -> impl Iterator<Item = usize> + '_ {
        let within = move |row: usize| (row < end).then_some(row);
        let first = used.map_or(0, |row| self.after(row));
        std::iter::successors(within(first), move |&row| within(self.after(row)))
    }

    /// The rows of the groups around the row, innermost first.
    pub fn groups_around(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.rows[index].parent, |&group| self.rows[group].parent)
    }

    /// The number of the group at `index`, 25 for `SG25`; 0 for a segment.
    #[must_use]
    pub fn number(&self, index: usize) -> u16 {
        match self.rows[index].kind {
            RowKind::Segment => 0,
            RowKind::Group { number, .. } => number,
        }
    }

    /// The way to the row: `SG25/SG38/TAX`, of a group `SG25/SG38`.
    #[must_use]
    pub fn path(&self, index: usize) -> String {
        let mut numbers: Vec<_> = self.groups_around(index).map(|group| self.number(group)).collect();
        numbers.reverse();
        let mut path: String = numbers.iter().map(|number| format!("SG{number}/")).collect();
        path.push_str(&match self.rows[index].kind {
            RowKind::Segment => self.rows[index].tag.to_string(),
            RowKind::Group { number, .. } => format!("SG{number}"),
        });
        path
    }

    /// The row as one speaks of it: `LOC`, of a group `SG3 (CTA)`.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        let Row { tag, kind, .. } = &self.rows[index];
        match kind {
            RowKind::Segment => tag.to_string(),
            RowKind::Group { number, .. } => format!("SG{number} ({tag})"),
        }
    }

    /// Whether any row has this tag.
    #[must_use]
    pub fn knows(&self, tag: Tag) -> bool {
        self.machine.tag(tag).is_some()
    }

    /// The rows as a state machine.
    pub(super) const fn machine(&self) -> &Machine {
        &self.machine
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads a table from one row a line: depth by indentation (two spaces), `TAG M|C repetitions` or `SGn M|C repetitions`.
    pub(crate) fn table(text: &str) -> Table {
        let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let depth = |line: &str| (line.len() - line.trim_start().len()) / 2;
        let mut rows = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            open.truncate(depth(line));
            let words: Vec<_> = line.split_whitespace().collect();
            let group = words[0].strip_prefix("SG");
            let kind = match group {
                Some(number) => RowKind::Group {
                    number: number.parse().unwrap(),
                    end: (index + 1..lines.len())
                        .find(|&next| depth(lines[next]) <= depth(line))
                        .unwrap_or(lines.len()),
                },
                None => RowKind::Segment,
            };
            let trigger = if group.is_some() { lines[index + 1].split_whitespace().next().unwrap() } else { words[0] };
            rows.push(Row {
                tag: Tag::new(trigger.as_bytes()),
                mandatory: words[1] == "M",
                repetitions: words[2].parse().unwrap(),
                kind,
                parent: open.last().copied(),
            });
            if group.is_some() {
                open.push(index);
            }
        }
        Table::new(rows)
    }

    #[test]
    fn tags_compare_and_print() {
        assert_eq!(Tag::new(b"NAD").to_string(), "NAD");
        assert_ne!(Tag::new(b"NAD"), Tag::new(b"NADX"));
        assert_eq!(Tag::new(b"\x01AB").to_string(), "\\u{1}AB");
    }

    #[test]
    fn groups_know_their_end_and_their_parents() {
        let table = table("UNH M 1\nSG1 C 9\n  NAD M 1\n  SG2 C 9\n    RFF M 1\nUNT M 1");
        assert_eq!(table.after(1), 5);
        assert_eq!(table.groups_around(4).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(table.groups_around(5).count(), 0);
    }
}
