//! Finding the place of each segment in its message: the segment groups, resolved.
//!
//! A message travels as a flat run of segments; the directory says which groups they form. The [`Arranger`] reads the
//! segments in order and moves through the table, always taking the nearest allowed place: the same row again, a later
//! row of the open group, the open group once more, then the same one level out (ISO 9735-1 §8, message design rules:
//! position in the sequence and, where tags collide, separators such as UNS decide). A place that would skip a mandatory
//! row is taken only when there is no other.

use std::ops::Deref;

use super::machine::Step;
use super::table::{RowKind, Table, Tag};

/// Where a segment came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the row `row`; [`Arranger::groups`] tells the groups around it.
    Placed {
        /// The row of the segment.
        row: usize,
        /// Which count the place went over, if any.
        excess: Option<Excess>,
    },
    /// Nowhere: the message does not support the segment at this point. The open groups stay as they are.
    Unsupported,
}

/// A repetition count that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Of a segment (or of its only place in the group).
    Segment,
    /// Of the segment group at this row.
    Group(usize),
}

/// An open segment group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenGroup {
    /// The row of the group.
    pub row: usize,
    /// Which repetition of the group this is, from 1.
    pub repetition: u32,
}

/// Follows the segments of one message through its table, borrowed (`&Table`) or shared (`Arc<Table>`).
#[derive(Clone, Debug)]
pub struct Arranger<T> {
    table: T,
    /// The row of the segment placed last: with it the open groups are known.
    at: Option<usize>,
    /// How often each row was used within its group; it holds for `at` and the groups around it.
    counts: Vec<u32>,
}

impl<T: Deref<Target = Table>> Arranger<T> {
    /// An arranger that stands before the first row.
    #[must_use]
    pub fn new(table: T) -> Self {
        let counts = vec![0; table.rows().len()];
        Self { table, at: None, counts }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The open groups, the innermost first.
    pub fn groups(&self) -> impl Iterator<Item = OpenGroup> + '_ {
        let rows = self.at.into_iter().flat_map(|row| self.table.groups_around(row));
        rows.map(|row| OpenGroup { row, repetition: self.counts[row] })
    }

    /// Places the next segment. Rows that had to stand before it and do not are appended to `missing`; a mandatory
    /// group is named by its own row.
    pub fn place(&mut self, tag: Tag, missing: &mut Vec<usize>) -> Placement {
        match self.step(tag) {
            Some(row) => Placement::Placed { row, excess: None },
            None => self.place_anyhow(tag, missing),
        }
    }

    /// Places the next segment where that goes over no count and leaves nothing out, and gives its row.
    #[inline]
    pub fn step(&mut self, tag: Tag) -> Option<usize> {
        let machine = self.table.machine();
        let nearest = machine.places(self.at, machine.tag(tag)?).find(|step| self.allows(*step))?;
        self.take(nearest);
        Some(usize::from(nearest.row))
    }

    /// Ends the message: appends the mandatory rows that never came to `missing`.
    pub fn finish(&mut self, missing: &mut Vec<usize>) {
        let root = self.leave(None, missing);
        self.mandatory_between(root, self.table.rows().len(), missing);
    }

    /// Whether the counts allow a step.
    #[inline]
    fn allows(&self, step: Step) -> bool {
        let anchor = usize::from(step.anchor);
        !step.again || self.counts[anchor] < self.table.row(anchor).repetitions
    }

    /// Takes a step: the groups from its anchor on begin, each with its trigger.
    #[inline]
    fn take(&mut self, step: Step) {
        let (anchor, row) = (usize::from(step.anchor), usize::from(step.row));
        self.counts[anchor] = if step.again { self.counts[anchor].saturating_add(1) } else { 1 };
        self.counts[anchor + 1..=row].fill(1);
        self.at = Some(row);
    }

    /// Places a segment that cannot be placed without a fault: over a count, or else where mandatory rows are skipped.
    #[cold]
    fn place_anyhow(&mut self, tag: Tag, missing: &mut Vec<usize>) -> Placement {
        let (step, excess) = match self.excessive(tag) {
            Some((step, excess)) => (step, Some(excess)),
            None => match self.skipping(tag) {
                Some(step) => (step, None),
                None => return Placement::Unsupported,
            },
        };
        let anchor = usize::from(step.anchor);
        let used = self.leave(self.table.row(anchor).parent, missing);
        if !step.again {
            self.mandatory_between(used, anchor, missing);
        }
        self.take(step);
        Placement::Placed { row: usize::from(step.row), excess }
    }

    /// The rows in use, the innermost first: that of the segment placed last, and those of the groups around it.
    fn used(&self) -> impl Iterator<Item = usize> + '_ {
        self.at.into_iter().flat_map(|row| std::iter::once(row).chain(self.table.groups_around(row)))
    }

    /// The nearest row in use with this tag, though its count is used up.
    fn excessive(&self, tag: Tag) -> Option<(Step, Excess)> {
        self.used().find_map(|index| {
            let row = self.table.row(index);
            // A trigger that comes again begins its group again, so the count that it goes over is the group's.
            let is_trigger = row.parent == index.checked_sub(1);
            if is_trigger || row.tag != tag || self.counts[index] < row.repetitions {
                return None;
            }
            let excess = match row.kind {
                RowKind::Segment => Excess::Segment,
                RowKind::Group { .. } => Excess::Group(index),
            };
            Some((Step::new(self.table.rows(), index, true), excess))
        })
    }

    /// The nearest place at all.
    fn skipping(&self, tag: Tag) -> Option<Step> {
        let step = |index, again| Step::new(self.table.rows(), index, again);
        let tags = |index: usize| self.table.row(index).tag;
        let mut used = self.at;
        loop {
            if let Some(row) = used.filter(|&row| tags(row) == tag) {
                return Some(step(row, true));
            }
            let group = used.and_then(|row| self.table.row(row).parent);
            if let Some(row) = self.table.siblings(used, self.end(group)).find(|&row| tags(row) == tag) {
                return Some(step(row, false));
            }
            used = Some(group?);
        }
    }

    /// Leaves the groups within `parent`, appends what is missing in them, and gives the row in use in `parent`.
    fn leave(&self, parent: Option<usize>, missing: &mut Vec<usize>) -> Option<usize> {
        let mut used = self.at;
        while let Some(group) = used.and_then(|row| self.table.row(row).parent).filter(|&group| Some(group) != parent) {
            self.mandatory_between(used, self.end(Some(group)), missing);
            used = Some(group);
        }
        used
    }

    /// Appends the mandatory rows after `used` and before `end`, not counting those inside groups.
    fn mandatory_between(&self, used: Option<usize>, end: usize, missing: &mut Vec<usize>) {
        missing.extend(self.table.siblings(used, end).filter(|&row| self.table.row(row).mandatory));
    }

    /// The row after the last of a group, or of the message.
    fn end(&self, group: Option<usize>) -> usize {
        group.map_or(self.table.rows().len(), |group| self.table.after(group))
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    /// Arranges tags and writes where each came to stand: `SG1.2/NAD`, `!` for excess, `?` for unsupported, and what is missing.
    fn arrange(table_text: &str, tags: &str) -> (Vec<String>, Vec<String>) {
        let table = table(table_text);
        let mut arranger = Arranger::new(&table);
        let mut missing = Vec::new();
        let mut placed = Vec::new();
        for tag in tags.split_whitespace() {
            let text = match arranger.place(Tag::new(tag.as_bytes()), &mut missing) {
                Placement::Unsupported => format!("?{tag}"),
                Placement::Placed { row, excess, .. } => {
                    assert_eq!(table.row(row).tag.to_string(), tag);
                    let mut text = String::new();
                    for group in arranger.groups() {
                        text.insert_str(0, &format!("SG{}.{}/", table.number(group.row), group.repetition));
                    }
                    format!("{text}{tag}{}", if excess.is_some() { "!" } else { "" })
                }
            };
            placed.push(text);
        }
        arranger.finish(&mut missing);
        let missing = missing
            .into_iter()
            .map(|row| match table.row(row).kind {
                RowKind::Segment => table.row(row).tag.to_string(),
                RowKind::Group { number, .. } => format!("SG{number}"),
            })
            .collect();
        (placed, missing)
    }

    #[test]
    fn nested_groups_repeat_and_close() {
        let (placed, missing) = arrange(
            "UNH M 1\nBGM M 1\nSG1 C 9\n  NAD M 1\n  LOC C 2\n  SG2 C 9\n    RFF M 1\n    DTM C 1\nUNT M 1",
            "UNH BGM NAD LOC LOC RFF DTM RFF NAD RFF UNT",
        );
        assert_eq!(
            placed.join(" "),
            "UNH BGM SG1.1/NAD SG1.1/LOC SG1.1/LOC SG1.1/SG2.1/RFF SG1.1/SG2.1/DTM SG1.1/SG2.2/RFF SG1.2/NAD \
             SG1.2/SG2.1/RFF UNT"
        );
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn a_tag_that_stands_twice_goes_to_the_nearest_place_first() {
        // BAPLIE D.95B: LOC stands in SG1 and opens SG2.
        let text = "UNH M 1\nSG1 M 9\n  TDT M 1\n  LOC C 2\nSG2 C 99\n  LOC M 1\n  RFF C 9\nUNT M 1";
        let (placed, _) = arrange(text, "UNH TDT LOC LOC LOC RFF LOC UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/TDT SG1.1/LOC SG1.1/LOC SG2.1/LOC SG2.1/RFF SG2.2/LOC UNT");
    }

    #[test]
    fn a_separator_decides_between_sections() {
        let text = "UNH M 1\nSG1 C 9\n  TAX M 1\nSG2 M 9\n  LIN M 1\n  SG3 C 9\n    TAX M 1\nUNS M 1\nSG4 C 9\n  TAX M 1\nUNT M 1";
        let (placed, missing) = arrange(text, "UNH TAX LIN TAX UNS TAX TAX UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/TAX SG2.1/LIN SG2.1/SG3.1/TAX UNS SG4.1/TAX SG4.2/TAX UNT");
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn too_many_segments_and_too_many_groups_are_told_apart() {
        let text = "UNH M 1\nBGM M 1\nSG1 C 2\n  NAD M 1\nUNT M 1";
        let (placed, _) = arrange(text, "UNH BGM BGM NAD NAD NAD UNT");
        assert_eq!(placed.join(" "), "UNH BGM BGM! SG1.1/NAD SG1.2/NAD SG1.3/NAD! UNT");
        let table = table(text);
        let mut arranger = Arranger::new(&table);
        let places: Vec<_> =
            ["UNH", "NAD", "NAD", "NAD"].map(|tag| arranger.place(Tag::new(tag.as_bytes()), &mut Vec::new())).into();
        assert_eq!(places[3], Placement::Placed { row: 3, excess: Some(Excess::Group(2)) });
    }

    #[test]
    fn single_segment_groups_repeat_without_excess() {
        // DESADV: groups that hold nothing but their trigger.
        let text = "UNH M 1\nSG1 C 10\n  NAD M 1\nSG2 C 10\n  TOD M 1\nUNT M 1";
        let (placed, _) = arrange(text, "UNH NAD NAD NAD TOD UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/NAD SG1.2/NAD SG1.3/NAD SG2.1/TOD UNT");
    }

    #[test]
    fn missing_mandatory_rows_are_named_where_the_next_segment_stands() {
        let text = "UNH M 1\nBGM M 1\nDTM M 9\nSG1 M 9\n  NAD M 1\n  LOC M 1\nUNT M 1";
        let (placed, missing) = arrange(text, "UNH BGM NAD UNT");
        assert_eq!(placed.join(" "), "UNH BGM SG1.1/NAD UNT");
        assert_eq!(missing, ["DTM", "LOC"]);
        assert_eq!(arrange(text, "UNH UNT").1, ["BGM", "DTM", "SG1"]);
        assert_eq!(arrange(text, "UNH BGM").1, ["DTM", "SG1", "UNT"]);
    }

    #[test]
    fn a_segment_out_of_place_leaves_the_rest_in_place() {
        let text = "UNH M 1\nBGM M 1\nDTM C 9\nSG1 C 9\n  NAD M 1\n  LOC C 1\nUNT M 1";
        let (placed, missing) = arrange(text, "UNH BGM NAD XYZ DTM LOC UNT");
        assert_eq!(placed.join(" "), "UNH BGM SG1.1/NAD ?XYZ ?DTM SG1.1/LOC UNT");
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn a_message_without_its_header_still_finds_its_places() {
        let (placed, missing) = arrange("UNH M 1\nBGM M 1\nDTM C 9\nUNT M 1", "BGM DTM UNT");
        assert_eq!(placed.join(" "), "BGM DTM UNT");
        assert_eq!(missing, ["UNH"]);
    }

    #[test]
    fn an_empty_table_supports_nothing() {
        let table = Table::default();
        let mut arranger = Arranger::new(&table);
        assert_eq!(arranger.place(Tag::UNH, &mut Vec::new()), Placement::Unsupported);
        arranger.finish(&mut Vec::new());
    }
}
