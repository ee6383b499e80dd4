//! Finding the place of each segment in its message: the segment groups, resolved.
//!
//! A message travels as a flat run of segments; the directory says which groups they form. The [`Arranger`] reads the
//! segments in order and moves through the table, always taking the nearest allowed place: the same row again, a later
//! row of the open group, the open group once more, then the same one level out (ISO 9735-1 §8, message design rules:
//! position in the sequence and, where tags collide, separators such as UNS decide). A place that would skip a mandatory
//! row is taken only when there is no other.

use std::ops::Deref;

use super::table::{RowKind, Table, Tag};

/// One open level of a message: the message itself, or a segment group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The row of the group; of the message itself, none.
    pub group: Option<usize>,
    /// Which repetition of the group this is, from 1.
    pub repetition: u32,
    /// The row last used on this level: a segment's, or the group's that is open below.
    row: usize,
    /// How often that row was used.
    count: u32,
    /// The row after the last of this level.
    end: usize,
}

/// Where a segment came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the row `row`; [`Arranger::levels`] tells the groups around it.
    Placed {
        /// The row of the segment.
        row: usize,
        /// How many levels were closed first.
        closed: usize,
        /// How many levels were then opened.
        opened: usize,
        /// Which count the place went over, if any.
        excess: Option<Excess>,
    },
    /// Nowhere: the message does not support the segment at this point. The open levels stay as they are.
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

/// A way to place a segment: on which level, at which row.
#[derive(Clone, Copy)]
struct Candidate {
    level: usize,
    row: usize,
}

/// Follows the segments of one message through its table, borrowed (`&Table`) or shared (`Arc<Table>`).
#[derive(Clone, Debug)]
pub struct Arranger<T> {
    table: T,
    levels: Vec<Level>,
}

impl<T: Deref<Target = Table>> Arranger<T> {
    /// An arranger that stands before the first row.
    #[must_use]
    pub fn new(table: T) -> Self {
        let root = Level { group: None, repetition: 1, row: 0, count: 0, end: table.rows().len() };
        Self { table, levels: vec![root] }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The open levels, the message first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Places the next segment. Rows that had to stand before it and do not are appended to `missing`; a mandatory
    /// group is named by its own row.
    pub fn place(&mut self, tag: Tag, missing: &mut Vec<usize>) -> Placement {
        if let Some(candidate) = self.clean(tag) {
            return self.take(candidate, None, missing);
        }
        if let Some((candidate, excess)) = self.excessive(tag) {
            return self.take(candidate, Some(excess), missing);
        }
        match self.skipping(tag) {
            Some(candidate) => self.take(candidate, None, missing),
            None => Placement::Unsupported,
        }
    }

    /// Ends the message: closes all levels and appends the mandatory rows that never came to `missing`.
    pub fn finish(&mut self, missing: &mut Vec<usize>) {
        while self.levels.len() > 1 {
            self.close(missing);
        }
        let root = self.levels[0];
        self.missing_between(root.row, root.count > 0, root.end, missing);
    }

    /// The nearest place that skips no mandatory row.
    fn clean(&self, tag: Tag) -> Option<Candidate> {
        for (depth, level) in self.levels.iter().enumerate().rev() {
            if level.count > 0 {
                let row = self.table.row(level.row);
                if row.tag == tag && level.count < row.repetitions {
                    return Some(Candidate { level: depth, row: level.row });
                }
            }
            let mut at = self.next(level);
            while at < level.end {
                let row = self.table.row(at);
                if row.tag == tag {
                    return Some(Candidate { level: depth, row: at });
                }
                if row.mandatory {
                    return None;
                }
                at = self.table.after(at);
            }
        }
        None
    }

    /// The nearest open row with this tag, though its count is used up.
    fn excessive(&self, tag: Tag) -> Option<(Candidate, Excess)> {
        self.levels.iter().enumerate().rev().find_map(|(depth, level)| {
            // A trigger that comes again begins its group again, so the count that it goes over is the group's.
            if level.count == 0 || level.group == level.row.checked_sub(1) {
                return None;
            }
            let row = self.table.row(level.row);
            if row.tag != tag || level.count < row.repetitions {
                return None;
            }
            let excess = match row.kind {
                RowKind::Segment => Excess::Segment,
                RowKind::Group { .. } => Excess::Group(level.row),
            };
            Some((Candidate { level: depth, row: level.row }, excess))
        })
    }

    /// The nearest place at all.
    fn skipping(&self, tag: Tag) -> Option<Candidate> {
        self.levels.iter().enumerate().rev().find_map(|(depth, level)| {
            if level.count > 0 && self.table.row(level.row).tag == tag {
                return Some(Candidate { level: depth, row: level.row });
            }
            let mut at = self.next(level);
            while at < level.end {
                if self.table.row(at).tag == tag {
                    return Some(Candidate { level: depth, row: at });
                }
                at = self.table.after(at);
            }
            None
        })
    }

    /// The first row of a level that was not used yet.
    fn next(&self, level: &Level) -> usize {
        if level.count == 0 { level.row } else { self.table.after(level.row) }
    }

    fn take(&mut self, candidate: Candidate, excess: Option<Excess>, missing: &mut Vec<usize>) -> Placement {
        let mut closed = 0;
        while self.levels.len() > candidate.level + 1 {
            self.close(missing);
            closed += 1;
        }
        let level = self.levels[candidate.level];
        if candidate.row == level.row && level.count > 0 {
            self.levels[candidate.level].count += 1;
        } else {
            self.missing_between(level.row, level.count > 0, candidate.row, missing);
            self.levels[candidate.level].row = candidate.row;
            self.levels[candidate.level].count = 1;
        }
        // A group begins with its trigger, which may itself be a group's.
        let mut row = candidate.row;
        let mut opened = 0;
        while let RowKind::Group { end, .. } = self.table.row(row).kind {
            if row + 1 >= end {
                break;
            }
            let repetition = self.levels[self.levels.len() - 1].count;
            self.levels.push(Level { group: Some(row), repetition, row: row + 1, count: 1, end });
            row += 1;
            opened += 1;
        }
        Placement::Placed { row, closed, opened, excess }
    }

    fn close(&mut self, missing: &mut Vec<usize>) {
        if let Some(level) = self.levels.pop() {
            self.missing_between(level.row, level.count > 0, level.end, missing);
        }
    }

    /// Appends the mandatory rows from `from` (after it, if it was `used`) up to `to`, not counting those inside groups.
    fn missing_between(&self, from: usize, used: bool, to: usize, missing: &mut Vec<usize>) {
        let mut at = if used { self.table.after(from) } else { from };
        while at < to {
            if self.table.row(at).mandatory {
                missing.push(at);
            }
            at = self.table.after(at);
        }
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
                    for level in &arranger.levels()[1..] {
                        let RowKind::Group { number, .. } = table.row(level.group.unwrap()).kind else {
                            panic!("a group")
                        };
                        text.push_str(&format!("SG{number}.{}/", level.repetition));
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
        assert_eq!(places[3], Placement::Placed { row: 3, closed: 1, opened: 1, excess: Some(Excess::Group(2)) });
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
