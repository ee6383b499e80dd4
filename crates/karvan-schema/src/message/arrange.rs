//! Finding the place of each segment in its message: the segment groups, resolved.
//!
//! A message travels as a flat run of segments; the directory says which groups they form. The [`Arranger`] reads the
//! segments in order and moves through the table, always taking the nearest allowed place: the same row again, a later
//! row of the open group, the open group once more, then the same one level out (ISO 9735:1988, annex C, and the
//! message design rules: position in the sequence and, where tags collide, separators such as UNS decide).
//!
//! The nearest place may turn out wrong: a segment that follows fits nowhere then. So where a segment has no place, the
//! choices made for the segments before it are reconsidered, the latest first, and the first that gives every segment since
//! a place without a fault holds. How far back that goes is bounded. Only where no choice helps is the segment placed over
//! a count, or where mandatory rows are left out, or nowhere.
//!
//! A segment that stands out of order within its section may fit the next section alone, past a section control (UNS) that
//! is yet to come. Where what follows fits only the section before, that one goes on, and the segment had no place.

use std::ops::Deref;

use super::machine::{Step, ways};
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
        /// How many of the segments before it came to stand elsewhere than was told, for this one to have a place.
        revised: usize,
    },
    /// In the row `row` of the section before the last section control that was told to be missing: the segments since
    /// then have no place after all.
    Back {
        /// The row of the segment.
        row: usize,
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
    state: State,
    trail: Trail,
    /// The state before the last step past a section control that had not come.
    before_leap: Option<State>,
}

/// How far a message has come.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The row of the segment placed last: with it the open groups are known.
    at: Option<usize>,
    /// How many groups are open.
    depth: usize,
    /// How often each row in use was used within its group: the open groups, the outermost first, then `at`.
    counts: Box<[u32]>,
}

/// The latest steps, all without a fault, for the choices among them may have to be reconsidered.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    /// The state before the first of them.
    start: State,
    /// The state after as many of them as the trail reaches back at least, where there are so many.
    middle: State,
    /// The number of each tag, and the step taken for it.
    steps: Vec<(u16, Step)>,
}

impl Trail {
    /// How many choices are kept at least: no directory needs more, and a fault costs no more than this squared.
    pub(crate) const REACH: usize = 32;
}

impl State {
    /// The state before the first row.
    pub(crate) fn new(table: &Table) -> Self {
        Self { at: None, depth: 0, counts: vec![0; table.machine().depth() + 1].into() }
    }

    /// Becomes the same as another state of the same table.
    fn copy(&mut self, other: &Self) {
        (self.at, self.depth) = (other.at, other.depth);
        self.counts.copy_from_slice(&other.counts);
    }

    /// The rows in use, the innermost first: that of the segment placed last, and those of the groups around it; each with
    /// how often it was used.
    fn used<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = (usize, u32)> + 'a {
        let rows = self.at.into_iter().flat_map(|row| std::iter::once(row).chain(table.groups_around(row)));
        rows.zip(self.counts[..=self.depth].iter().rev().copied())
    }

    /// The open groups, the innermost first.
    pub(crate) fn groups<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = OpenGroup> + 'a {
        self.used(table).skip(1).map(|(row, repetition)| OpenGroup { row, repetition })
    }

    /// Whether the row in use was used as often as it may be.
    fn is_used_up(&self, table: &Table, row: usize) -> bool {
        self.used(table).any(|(used, count)| used == row && count >= table.row(row).repetitions)
    }

    /// The nearest place for the tag of this number, where there is one without a fault.
    #[inline]
    fn nearest(&self, table: &Table, tag: u16) -> Option<Step> {
        self.places(table, tag).next()
    }

    /// All places for the tag of this number that leave nothing out and go over no count, the nearest first.
    #[inline]
    fn places<'a>(&'a self, table: &'a Table, tag: u16) -> impl Iterator<Item = Step> + 'a {
        let steps = table.machine().places(self.at, tag).iter().copied();
        steps.filter(|step| !step.again || self.counts[usize::from(step.level)] < step.limit)
    }

    /// Takes a step: the groups from its anchor on begin, each with its trigger.
    #[inline]
    pub(crate) fn take(&mut self, step: Step) {
        let level = usize::from(step.level);
        self.counts[level] = if step.again { self.counts[level].saturating_add(1) } else { 1 };
        self.at = Some(usize::from(step.row));
        self.depth = step.depth();
        for count in &mut self.counts[level + 1..=self.depth] {
            *count = 1;
        }
    }
}

impl<T: Deref<Target = Table>> Arranger<T> {
    /// An arranger that stands before the first row.
    #[must_use]
    pub fn new(table: T) -> Self {
        let state = State::new(&table);
        let steps = Vec::with_capacity(2 * Trail::REACH);
        let trail = Trail { start: state.clone(), middle: state.clone(), steps };
        Self { table, state, trail, before_leap: None }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The open groups, the innermost first.
    pub fn groups(&self) -> impl Iterator<Item = OpenGroup> + '_ {
        self.state.groups(&self.table)
    }

    /// The rows that may come next, nothing being left out and no count gone over, the nearest first.
    #[must_use]
    pub fn allowed(&self) -> Vec<usize> {
        let mut rows = Vec::new();
        ways(self.table.rows(), self.state.at, |row, again| {
            if !again || !self.is_used_up(row) {
                rows.push(row);
            }
        });
        rows
    }

    /// Places the next segment. Rows that had to stand before it and do not are appended to `missing`; a mandatory
    /// group is named by its own row.
    pub fn place(&mut self, tag: Tag, missing: &mut Vec<usize>) -> Placement {
        if let Some(row) = self.step(tag) {
            return Placement::Placed { row, excess: None, revised: 0 };
        }
        if let Some(placement) = self.reconsider(tag).or_else(|| self.go_back(tag)) {
            return placement;
        }
        // What is told to be at fault now stays so.
        self.forget();
        self.place_anyhow(tag, missing)
    }

    /// Begins the trail anew.
    fn forget(&mut self) {
        self.trail.steps.clear();
        self.trail.start.copy(&self.state);
    }

    /// Goes on with the section before the leap where the segment begins a group there or ends the section: by that only is
    /// it known from another that is out of order, too.
    #[cold]
    fn go_back(&mut self, tag: Tag) -> Option<Placement> {
        let table = &self.table;
        let number = table.machine().tag(tag)?;
        let is_sure = |step: Step| step.row != step.anchor || tag.controls_sections();
        let state = self.before_leap.take_if(|state| state.nearest(table, number).is_some_and(is_sure))?;
        self.state = state;
        self.forget();
        self.step_by(number).map(|step| Placement::Back { row: usize::from(step.row) })
    }

    /// Places the next segment where that goes over no count and leaves nothing out, and gives its row.
    #[inline]
    pub fn step(&mut self, tag: Tag) -> Option<usize> {
        self.step_by(self.table.machine().tag(tag)?).map(|step| usize::from(step.row))
    }

    /// The same for a segment of the variant at `index` among those of the table.
    pub(crate) fn step_as(&mut self, index: usize) -> Option<usize> {
        self.step_by(self.table.machine().variant(index)).map(|step| usize::from(step.row))
    }

    #[inline]
    fn step_by(&mut self, symbol: u16) -> Option<Step> {
        let step = self.state.nearest(&self.table, symbol)?;
        self.take(symbol, step);
        Some(step)
    }

    /// The latest steps, the last of them the latest; as many as were revised can be asked for.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = Step> + '_ {
        let steps = &self.trail.steps;
        steps[steps.len().saturating_sub(count)..].iter().map(|(_, step)| *step)
    }

    /// Takes a step, and note of it.
    #[inline]
    fn take(&mut self, tag: u16, step: Step) {
        let trail = &mut self.trail;
        if trail.steps.len() == 2 * Trail::REACH {
            trail.steps.drain(..Trail::REACH);
            std::mem::swap(&mut trail.start, &mut trail.middle);
        }
        if trail.steps.len() == Trail::REACH {
            trail.middle.copy(&self.state);
        }
        trail.steps.push((tag, step));
        self.state.take(step);
    }

    /// The rows where a segment with this tag may stand now without a fault, the nearest first.
    pub(super) fn places(&self, tag: Tag) -> Vec<usize> {
        let tag = self.table.machine().tag(tag);
        tag.into_iter().flat_map(|tag| self.state.places(&self.table, tag)).map(|step| usize::from(step.row)).collect()
    }

    /// The nearest row for a segment of the variant at `index`.
    pub(super) fn nearest_as(&self, index: usize) -> Option<usize> {
        let symbol = self.table.machine().variant(index);
        self.state.nearest(&self.table, symbol).map(|step| usize::from(step.row))
    }

    /// Whether the row was used as often as it may be, where it is the one used last on its level.
    pub(super) fn is_used_up(&self, row: usize) -> bool {
        self.state.is_used_up(&self.table, row)
    }

    /// Finds the latest choice that, made otherwise, gives all segments since a place without a fault, and this one too.
    fn reconsider(&mut self, tag: Tag) -> Option<Placement> {
        let tag = self.table.machine().tag(tag)?;
        let table = &*self.table;
        let steps = &self.trail.steps;
        let mut tags: Vec<u16> = steps.iter().map(|(tag, _)| *tag).collect();
        tags.push(tag);
        let mut states = vec![self.trail.start.clone()];
        for (index, (_, step)) in steps.iter().enumerate() {
            let mut state = states[index].clone();
            state.take(*step);
            states.push(state);
        }
        let (index, taken) = (0..steps.len()).rev().find_map(|index| {
            let before = &states[index];
            let chosen = steps[index].1;
            let mut others = before.places(table, tags[index]).skip_while(|step| *step != chosen).skip(1);
            others.find_map(|step| arranged(table, before, step, &tags[index..])).map(|taken| (index, taken))
        })?;
        let revised = steps.len() - index;
        self.trail.steps.truncate(index);
        self.state.copy(&states[index]);
        for (tag, step) in tags[index..].iter().zip(&taken) {
            self.take(*tag, *step);
        }
        let row = taken.last().map_or(0, |step| usize::from(step.row));
        Some(Placement::Placed { row, excess: None, revised })
    }

    /// Ends the message: appends the mandatory rows that never came to `missing`.
    pub fn finish(&mut self, missing: &mut Vec<usize>) {
        let root = self.leave(None, missing);
        self.mandatory_between(root, self.table.rows().len(), missing);
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
        let told = missing.len();
        let used = self.leave(self.table.row(anchor).parent, missing);
        if !step.again {
            self.mandatory_between(used, anchor, missing);
        }
        if missing[told..].iter().any(|&row| self.table.row(row).tag.controls_sections()) {
            self.before_leap = Some(self.state.clone());
        }
        if let Some(tag) = self.table.machine().tag(tag) {
            self.take(tag, step);
        }
        Placement::Placed { row: usize::from(step.row), excess, revised: 0 }
    }

    /// The rows in use, the innermost first: that of the segment placed last, and those of the groups around it.
    pub(super) fn used(&self) -> impl Iterator<Item = usize> + '_ {
        self.state.used(&self.table).map(|(row, _)| row)
    }

    /// The nearest row in use with this tag, though its count is used up.
    fn excessive(&self, tag: Tag) -> Option<(Step, Excess)> {
        self.state.used(&self.table).find_map(|(index, count)| {
            let row = self.table.row(index);
            // A trigger that comes again begins its group again, so the count that it goes over is the group's.
            let is_trigger = row.parent == index.checked_sub(1);
            if is_trigger || row.tag != tag || count < row.repetitions {
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
        let mut used = self.state.at;
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
        let mut used = self.state.at;
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

/// The steps that place segments with these tags from the state `before` on, the first by `step`, none with a fault.
fn arranged(table: &Table, before: &State, step: Step, tags: &[u16]) -> Option<Vec<Step>> {
    let mut state = before.clone();
    state.take(step);
    let mut steps = vec![step];
    for tag in &tags[1..] {
        let step = state.nearest(table, *tag)?;
        state.take(step);
        steps.push(step);
    }
    Some(steps)
}

/// Where all segments of a message stand in the end: a choice that a later segment revised is as that left it.
///
/// Gives the row of each segment in turn, none where the message has no place for it.
#[derive(Clone, Debug)]
pub struct Arrangement<'t> {
    table: &'t Table,
    steps: std::vec::IntoIter<Option<Step>>,
    state: State,
    kept: usize,
}

impl<'t> Arrangement<'t> {
    /// Places the segments with these tags.
    #[must_use]
    pub fn new(table: &'t Table, tags: impl Iterator<Item = Tag>) -> Self {
        let mut arranger = Arranger::new(table);
        let (mut steps, mut missing) = (Vec::with_capacity(tags.size_hint().0), Vec::new());
        let mut leap = 0;
        for tag in tags {
            // Nearly every segment has its place at once.
            let symbol = table.machine().tag(tag);
            if let Some(step) = symbol.and_then(|symbol| arranger.step_by(symbol)) {
                steps.push(Some(step));
                continue;
            }
            match arranger.place(tag, &mut missing) {
                Placement::Placed { revised, .. } => {
                    steps.truncate(steps.len() - revised);
                    steps.extend(arranger.latest(revised + 1).map(Some));
                }
                Placement::Back { .. } => {
                    steps[leap..].fill(None);
                    steps.extend(arranger.latest(1).map(Some));
                }
                Placement::Unsupported => steps.push(None),
            }
            if missing.drain(..).any(|row| table.row(row).tag.controls_sections()) {
                leap = steps.len() - 1;
            }
        }
        Self { table, steps: steps.into_iter(), state: State::new(table), kept: 0 }
    }

    /// The groups around the segment that was given last, the innermost first.
    pub fn groups(&self) -> impl Iterator<Item = OpenGroup> + '_ {
        self.state.groups(self.table)
    }

    /// How many groups are open around the segment that was given last.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.state.depth
    }

    /// How many of the groups, the outermost first, were open already around the segment before it; the others begin with
    /// this one.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }
}

impl Iterator for Arrangement<'_> {
    type Item = Option<usize>;

    fn next(&mut self) -> Option<Option<usize>> {
        let step = self.steps.next()?;
        self.kept = self.state.depth;
        if let Some(step) = step {
            self.state.take(step);
            // What lies deeper than the step begins anew; a segment at its end is no group.
            self.kept = usize::from(step.level).min(self.state.depth);
        }
        Some(step.map(|step| usize::from(step.row)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;
    use crate::directory::Directories;

    /// Arranges tags and writes where each came to stand in the end: `SG1.2/NAD`, `!` for excess, `?` for unsupported, and what is missing.
    fn arrange(table_text: &str, tags: &str) -> (Vec<String>, Vec<String>) {
        arrange_in(&table(table_text), tags)
    }

    fn arrange_in(table: &Table, tags: &str) -> (Vec<String>, Vec<String>) {
        let mut arranger = Arranger::new(table);
        let mut missing = Vec::new();
        let mut faults = Vec::new();
        for tag in tags.split_whitespace() {
            let placement = arranger.place(Tag::new(tag.as_bytes()), &mut missing);
            faults.push(match placement {
                Placement::Placed { excess: Some(_), .. } => "!",
                _ => "",
            });
        }
        let mut placed = placed(table, tags);
        for (place, fault) in placed.iter_mut().zip(faults) {
            place.push_str(fault);
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

    /// Where each segment came to stand in the end: `SG1.2/NAD`, `?NAD` where it has no place.
    fn placed(table: &Table, tags: &str) -> Vec<String> {
        let mut arrangement = Arrangement::new(table, tags.split_whitespace().map(|tag| Tag::new(tag.as_bytes())));
        let place = |tag: &str| {
            if arrangement.next().flatten().is_none() {
                return format!("?{tag}");
            }
            let groups =
                arrangement.groups().map(|group| format!("SG{}.{}/", table.number(group.row), group.repetition));
            let mut path: Vec<_> = groups.collect();
            path.reverse();
            path.concat() + tag
        };
        tags.split_whitespace().map(place).collect()
    }

    /// The same, and what is missing, for a message of a directory.
    fn arranged_with_missing(release: &str, message: &str, tags: &str) -> (Vec<String>, Vec<String>) {
        let directory = Directories::builtin().release(release).expect("a known release");
        arrange_in(&Table::of(directory.message(message).expect("a known message")), tags)
    }

    /// The same for a message of a directory.
    fn arranged(release: &str, message: &str, tags: &str) -> String {
        let directory = Directories::builtin().release(release).expect("a known release");
        placed(&Table::of(directory.message(message).expect("a known message")), tags).join(" ")
    }

    #[test]
    fn a_section_goes_on_after_a_segment_that_fits_the_next_alone() {
        // A price before the amount of its line: MOA has a place after UNS only.
        let (placed, missing) =
            arranged_with_missing("D.96A", "ORDERS", "UNH BGM DTM LIN QTY PRI MOA FTX LIN QTY PRI MOA UNS MOA CNT UNT");
        let lines = "SG25.1/LIN SG25.1/QTY SG25.1/SG28.1/PRI ?MOA ?FTX SG25.2/LIN SG25.2/QTY SG25.2/SG28.1/PRI ?MOA";
        assert_eq!(placed.join(" "), format!("UNH BGM DTM {lines} UNS MOA CNT UNT"));
        assert_eq!(missing, ["UNS", "UNS"]);
    }

    #[test]
    fn a_section_control_may_be_missing() {
        let (placed, missing) = arranged_with_missing("D.96A", "ORDERS", "UNH BGM DTM LIN QTY MOA PRI MOA MOA CNT UNT");
        assert_eq!(placed.join(" "), "UNH BGM DTM SG25.1/LIN SG25.1/QTY SG25.1/MOA SG25.1/SG28.1/PRI MOA MOA CNT UNT");
        assert_eq!(missing, ["UNS"]);
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
    fn a_choice_is_reconsidered_where_what_follows_fits_another_only() {
        let text = "UNH M 1\nSG1 M 9\n  TDT M 1\n  LOC C 2\nSG2 C 99\n  LOC M 1\n  RFF C 9\nUNT M 1";
        let (placed, missing) = arrange(text, "UNH TDT LOC RFF LOC RFF UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/TDT SG2.1/LOC SG2.1/RFF SG2.2/LOC SG2.2/RFF UNT");
        assert_eq!(missing, [""; 0]);
        let (placed, _) = arrange(text, "UNH TDT LOC LOC RFF UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/TDT SG1.1/LOC SG2.1/LOC SG2.1/RFF UNT");
    }

    #[test]
    fn a_choice_is_reconsidered_where_a_mandatory_segment_would_be_missing() {
        let text = "UNH M 1\nSG1 C 9\n  NAD M 1\n  LOC C 1\nLOC M 1\nUNT M 1";
        let (placed, missing) = arrange(text, "UNH NAD LOC UNT");
        assert_eq!(placed.join(" "), "UNH SG1.1/NAD LOC UNT");
        assert_eq!(missing, [""; 0]);
        assert_eq!(arrange(text, "UNH NAD LOC LOC UNT").0.join(" "), "UNH SG1.1/NAD SG1.1/LOC LOC UNT");
    }

    #[test]
    fn choices_far_back_hold() {
        let text =
            "UNH M 1\nSG1 M 9\n  TDT M 1\n  LOC C 1\nSG2 C 99\n  LOC M 1\n  DTM C 999\n  RFF M 1\nDTM C 999\nUNT M 1";
        let far = format!("UNH TDT LOC {} RFF UNT", "DTM ".repeat(100));
        let (placed, missing) = arrange(text, &far);
        assert_eq!((placed[2].as_str(), missing), ("SG1.1/LOC", vec![]));
        let near = format!("UNH TDT LOC {} RFF UNT", "DTM ".repeat(20));
        assert_eq!(arrange(text, &near).0[2], "SG2.1/LOC");
        let text = text.replace("SG1 M 9", "DTM C 999\nSG1 M 9");
        for before in [31, 32, 33, 63, 64, 65, 96, 97, 200] {
            let (placed, _) = arrange(&text, &format!("UNH {} TDT LOC DTM RFF UNT", "DTM ".repeat(before)));
            assert_eq!(placed[before + 2..], ["SG2.1/LOC", "SG2.1/DTM", "SG2.1/RFF", "UNT"], "{before}");
        }
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
        assert_eq!(places[3], Placement::Placed { row: 3, excess: Some(Excess::Group(2)), revised: 0 });
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

    #[test]
    fn places_of_cargo_in_baplie_are_not_those_of_the_voyage() {
        // LOC stands in SG1, opens SG2 and stands in SG2 again (D.95B).
        assert_eq!(
            arranged("D.95B", "BAPLIE", "UNH BGM DTM TDT LOC LOC DTM LOC MEA LOC LOC RFF EQD LOC MEA RFF UNT"),
            "UNH BGM DTM SG1.1/TDT SG1.1/LOC SG1.1/LOC SG1.1/DTM SG2.1/LOC SG2.1/MEA SG2.1/LOC SG2.1/LOC SG2.1/RFF \
             SG2.1/SG3.1/EQD SG2.2/LOC SG2.2/MEA SG2.2/RFF UNT"
        );
    }

    #[test]
    fn taxes_of_an_invoice_are_told_apart_by_the_section() {
        assert_eq!(
            arranged("D.96A", "INVOIC", "UNH BGM DTM NAD TAX LIN TAX UNS MOA TAX MOA UNT"),
            "UNH BGM DTM SG2.1/NAD SG6.1/TAX SG25.1/LIN SG25.1/SG33.1/TAX UNS SG48.1/MOA SG50.1/TAX SG50.1/MOA UNT"
        );
    }

    #[test]
    fn groups_of_a_single_segment_repeat() {
        let parties = "NAD ".repeat(10);
        let placed = arranged("D.96A", "DESADV", &format!("UNH BGM {parties} NAD CPS UNT"));
        // Ten are allowed, and the eleventh is still one of them.
        assert!(
            placed.starts_with("UNH BGM SG2.1/NAD SG2.2/NAD") && placed.ends_with("SG2.11/NAD SG10.1/CPS UNT"),
            "{placed}"
        );
    }

    #[test]
    fn quantities_of_meter_readings_open_a_group() {
        assert_eq!(
            arranged("D.04B", "MSCONS", "UNH BGM UNS NAD LOC LIN QTY DTM DTM STS QTY DTM LIN QTY UNT"),
            "UNH BGM UNS SG5.1/NAD SG5.1/SG6.1/LOC SG5.1/SG6.1/SG9.1/LIN SG5.1/SG6.1/SG9.1/SG10.1/QTY \
             SG5.1/SG6.1/SG9.1/SG10.1/DTM SG5.1/SG6.1/SG9.1/SG10.1/DTM SG5.1/SG6.1/SG9.1/SG10.1/STS \
             SG5.1/SG6.1/SG9.1/SG10.2/QTY SG5.1/SG6.1/SG9.1/SG10.2/DTM SG5.1/SG6.1/SG9.2/LIN \
             SG5.1/SG6.1/SG9.2/SG10.1/QTY UNT"
        );
    }
}
