//! Why a segment stands where it does: the places that its tag has in the message, and what speaks for or against each.

use std::ops::Deref;

use karvan_text::Message;

use super::arrange::Arranger;
use super::table::{RowKind, Table, Tag};

/// A place that was considered for a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The row of the segment.
    pub row: usize,
    /// What speaks for or against it.
    pub verdict: Verdict,
}

/// What speaks for or against a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the nearest that leaves nothing out: the segment is placed there.
    Nearest,
    /// It is not the nearest, but the profile has segments of this qualifier there: the segment is placed there.
    ByProfile,
    /// It leaves nothing out, but another is nearer. It is taken where a later segment has no place otherwise.
    Farther,
    /// It was used as often as it may be.
    UsedUp,
    /// This mandatory row would be left out.
    LeavesOut(usize),
    /// The message is past it.
    Passed,
    /// This group would have to be open.
    NotOpen(usize),
}

impl Verdict {
    /// The row that it speaks of: one that would be left out, a group that would have to be open.
    #[must_use]
    pub const fn other(self) -> Option<usize> {
        match self {
            Self::LeavesOut(row) | Self::NotOpen(row) => Some(row),
            Self::Nearest | Self::ByProfile | Self::Farther | Self::UsedUp | Self::Passed => None,
        }
    }

    /// Its name, as the catalogue of sentences has it: `place-nearest`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Nearest => "place-nearest",
            Self::ByProfile => "place-by-profile",
            Self::Farther => "place-farther",
            Self::UsedUp => "place-used-up",
            Self::LeavesOut(_) => "place-leaves-out",
            Self::Passed => "place-passed",
            Self::NotOpen(_) => "place-not-open",
        }
    }
}

impl Candidate {
    /// The sentence about it; `position` is that of its row in the directory.
    #[must_use]
    pub fn message(&self, table: &Table, position: impl ToString) -> Message {
        let message =
            Message::new(self.verdict.id()).with("place", table.path(self.row)).with("position", position.to_string());
        match self.verdict.other() {
            Some(other) => message.with("other", table.path(other)),
            None => message,
        }
    }
}

impl<T: Deref<Target = Table>> Arranger<T> {
    /// The places that the next segment may be meant for, if that has this tag, in the order of the table.
    #[must_use]
    pub fn candidates(&self, tag: Tag) -> Vec<Candidate> {
        self.candidates_of(tag, None)
    }

    /// The same for a segment that is of this variant of its tag.
    pub(crate) fn candidates_of(&self, tag: Tag, variant: Option<usize>) -> Vec<Candidate> {
        let preferred = variant.and_then(|variant| self.nearest_as(variant));
        let open = self.places(tag);
        let rows = self.table().rows().iter().enumerate();
        let rows = rows.filter(|(_, row)| row.tag == tag && row.kind == RowKind::Segment).map(|(index, _)| index);
        let verdict = |row: usize| match open.iter().position(|&place| place == row) {
            Some(0) if preferred.is_none_or(|preferred| preferred == row) => Verdict::Nearest,
            Some(_) if preferred == Some(row) => Verdict::ByProfile,
            Some(_) => Verdict::Farther,
            None => self.hindrance(row),
        };
        rows.map(|row| Candidate { row, verdict: verdict(row) }).collect()
    }

    /// What speaks against a place where the segment cannot stand without a fault.
    fn hindrance(&self, row: usize) -> Verdict {
        let table = self.table();
        let parent = |row: usize| table.row(row).parent;
        // A segment that begins a group may begin it again, one level out.
        let anchors = std::iter::successors(Some(row), |&row| parent(row).filter(|group| group + 1 == row));
        let mut verdict = Verdict::NotOpen(anchors.clone().last().and_then(parent).unwrap_or(row));
        for anchor in anchors {
            let used = self.used().find(|&used| parent(used) == parent(anchor));
            if used.is_none() && (parent(anchor).is_some() || self.used().next().is_some()) {
                continue;
            }
            verdict = match used {
                Some(used) if anchor < used => Verdict::Passed,
                Some(used) if anchor == used && self.is_used_up(anchor) => Verdict::UsedUp,
                _ => self.left_out_before(anchor).map_or(Verdict::UsedUp, Verdict::LeavesOut),
            };
        }
        verdict
    }

    /// The first mandatory row that stands between the segment placed last and the row `anchor` of an open level.
    fn left_out_before(&self, anchor: usize) -> Option<usize> {
        let table = self.table();
        let level = table.row(anchor).parent;
        let mandatory = |used: Option<usize>, end| table.siblings(used, end).find(|&row| table.row(row).mandatory);
        for used in self.used() {
            let group = table.row(used).parent;
            if group == level {
                return mandatory(Some(used), anchor);
            }
            if let Some(row) = group.and_then(|group| mandatory(Some(used), table.after(group))) {
                return Some(row);
            }
        }
        mandatory(None, anchor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    fn verdicts(text: &str, before: &str, tag: &str) -> Vec<Verdict> {
        let table = table(text);
        let mut arranger = Arranger::new(&table);
        for tag in before.split_whitespace() {
            arranger.place(Tag::new(tag.as_bytes()), &mut Vec::new());
        }
        arranger.candidates(Tag::new(tag.as_bytes())).iter().map(|candidate| candidate.verdict).collect()
    }

    #[test]
    fn each_place_has_its_verdict() {
        use Verdict::{Farther, LeavesOut, Nearest, NotOpen, Passed, UsedUp};
        let text = "UNH M 1\nSG1 M 9\n  TDT M 1\n  LOC C 2\nSG2 C 9\n  LOC M 1\n  RFF M 1\n  LOC C 1\nLOC M 1\nUNT M 1";
        assert_eq!(verdicts(text, "UNH TDT", "LOC"), [Nearest, Farther, NotOpen(4), Farther]);
        assert_eq!(verdicts(text, "UNH TDT LOC LOC", "LOC"), [UsedUp, Nearest, NotOpen(4), Farther]);
        assert_eq!(
            verdicts(text, "UNH TDT LOC LOC LOC", "LOC"),
            [NotOpen(1), LeavesOut(6), LeavesOut(6), LeavesOut(6)]
        );
        assert_eq!(verdicts(text, "UNH", "LOC"), [NotOpen(1), LeavesOut(1), NotOpen(4), LeavesOut(1)]);
        assert_eq!(verdicts(text, "UNH TDT LOC UNT", "LOC")[3], Passed);
        assert_eq!(verdicts(text, "", "UNH"), [Nearest]);
        assert_eq!(verdicts(text, "", "UNT"), [LeavesOut(0)]);
    }
}
