//! A message table as a state machine: where a segment may stand, by the row of the segment before it.
//!
//! A state is the row that the segment before took, or the beginning of the message. Which groups are open follows from the
//! row; how often each row was used is counted by the [`Arranger`](super::arrange::Arranger). For each state and each tag
//! the machine lists the places that skip no mandatory row, the nearest first: the same row again, later rows of the open
//! group, the open group once more, then the same one level out.
//!
//! A profile may tell segments of one tag apart by their qualifiers. Each kind of them is a [`Variant`]: a symbol of its own
//! beside those of the tags, whose lists hold only the places that the profile has for it.

use super::table::{Row, RowKind, Tag};

/// A place that a segment may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The row of the segment.
    pub(crate) row: u16,
    /// The row of the outermost group that begins with the segment; the segment's own where none does.
    pub(super) anchor: u16,
    /// How many groups stand around the anchor.
    pub(super) level: u16,
    /// Whether the anchor stands once more, which its count must allow.
    pub(super) again: bool,
    /// How often the anchor may stand.
    pub(super) limit: u32,
}

impl Step {
    /// The step to the row `anchor`, a segment or a group that begins.
    pub(super) fn new(rows: &[Row], anchor: usize, again: bool) -> Self {
        Self {
            row: number(first_segment(rows, anchor)),
            anchor: number(anchor),
            level: number(std::iter::successors(rows[anchor].parent, |&group| rows[group].parent).count()),
            again,
            limit: rows[anchor].repetitions,
        }
    }

    /// How many groups stand around the segment: each row from the anchor to it is one further in.
    #[inline]
    pub(super) fn depth(self) -> usize {
        usize::from(self.level) + usize::from(self.row - self.anchor)
    }
}

/// Segments of a tag that have fewer places than the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Their tag.
    pub(crate) tag: Tag,
    /// The rows that they may take, in order.
    pub(crate) rows: Vec<usize>,
}

/// The states and the ways between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    tags: TagNumbers,
    /// How many tags and variants there are.
    width: usize,
    /// For each state and each symbol, where the list of places begins in `steps`; it ends where the next begins.
    lists: Box<[u32]>,
    steps: Box<[Step]>,
    /// How many groups stand around a segment at most.
    depth: usize,
}

impl Machine {
    /// The machine of these rows; the symbols of the variants follow those of the tags.
    pub(super) fn new(rows: &[Row], variants: &[Variant]) -> Self {
        let tags = TagNumbers::new(rows.iter().map(|row| row.tag));
        let numbers: Vec<u16> = rows.iter().filter_map(|row| tags.get(row.tag)).collect();
        let bases: Vec<_> = variants.iter().map(|variant| tags.get(variant.tag).map_or(0, usize::from)).collect();
        let width = tags.count + variants.len();
        let mut lists = Vec::with_capacity((rows.len() + 1) * width + 1);
        let mut steps = Vec::new();
        let mut found = vec![Vec::new(); width];
        for state in std::iter::once(None).chain((0..rows.len()).map(Some)) {
            if state.is_none_or(|row| rows[row].kind == RowKind::Segment) {
                ways(rows, state, |anchor, again| {
                    found[usize::from(numbers[anchor])].push(Step::new(rows, anchor, again));
                });
                for (index, (variant, &base)) in variants.iter().zip(&bases).enumerate() {
                    let takes = |step: &Step| variant.rows.binary_search(&usize::from(step.row)).is_ok();
                    found[tags.count + index] = found[base].iter().copied().filter(takes).collect();
                }
            }
            for list in &mut found {
                lists.push(u32::try_from(steps.len()).unwrap_or(u32::MAX));
                steps.append(list);
            }
        }
        lists.push(u32::try_from(steps.len()).unwrap_or(u32::MAX));
        let depth = (0..rows.len()).map(|row| Step::new(rows, row, false).depth()).max().unwrap_or(0);
        Self { tags, width, lists: lists.into(), steps: steps.into(), depth }
    }

    /// How many groups stand around a segment at most.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// The number of a tag that stands in the table.
    #[inline]
    pub(super) fn tag(&self, tag: Tag) -> Option<u16> {
        self.tags.get(tag)
    }

    /// The symbol of the variant at `index`.
    pub(super) fn variant(&self, index: usize) -> u16 {
        number(self.tags.count + index)
    }

    /// The places of a symbol in the state after `row`; the nearest first.
    #[inline]
    pub(super) fn places(&self, row: Option<usize>, symbol: u16) -> &[Step] {
        let list = row.map_or(0, |row| row + 1) * self.width + usize::from(symbol);
        match self.lists.get(list..list + 2) {
            Some(&[start, end]) => self.steps.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// All places that skip no mandatory row when `state` is the row used last: the row, and whether it is used again.
pub(super) fn ways(rows: &[Row], state: Option<usize>, mut found: impl FnMut(usize, bool)) {
    let mut used = state;
    loop {
        if let Some(row) = used.filter(|&row| rows[row].repetitions > 1) {
            found(row, true);
        }
        let group = used.and_then(|row| rows[row].parent);
        let end = group.map_or(rows.len(), |group| rows[group].after(group));
        let mut at = used.map_or(0, |row| rows[row].after(row));
        while at < end {
            found(at, false);
            if rows[at].mandatory {
                return;
            }
            at = rows[at].after(at);
        }
        match group {
            Some(group) => used = Some(group),
            None => return,
        }
    }
}

/// The segment that a row begins with: a group begins with its trigger, which may itself be a group's.
fn first_segment(rows: &[Row], mut row: usize) -> usize {
    while let RowKind::Group { end, .. } = rows[row].kind
        && row + 1 < end
    {
        row += 1;
    }
    row
}

/// A row as a number; tables have fewer rows than that.
fn number(row: usize) -> u16 {
    u16::try_from(row).unwrap_or(u16::MAX)
}

/// The tags of a table, numbered, found by hashing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TagNumbers {
    count: usize,
    /// As many places as a power of two, a quarter of them taken at most; none of an empty table.
    places: Box<[Option<(Tag, u16)>]>,
}

impl TagNumbers {
    fn new(tags: impl Iterator<Item = Tag>) -> Self {
        let mut distinct: Vec<Tag> = tags.collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut numbers =
            Self { count: distinct.len(), places: vec![None; 4 * distinct.len().next_power_of_two()].into() };
        for (index, tag) in distinct.into_iter().enumerate() {
            let place = numbers.place(tag);
            numbers.places[place] = Some((tag, number(index)));
        }
        numbers
    }

    #[inline]
    fn get(&self, tag: Tag) -> Option<u16> {
        if self.count == 0 {
            return None;
        }
        self.places[self.place(tag)].map(|(_, number)| number)
    }

    /// Where the tag stands, or the empty place where it would.
    #[inline]
    fn place(&self, tag: Tag) -> usize {
        let mask = self.places.len() - 1;
        let mut place = tag.hash() & mask;
        while self.places[place].is_some_and(|(other, _)| other != tag) {
            place = (place + 1) & mask;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    #[test]
    fn places_are_listed_from_the_nearest_to_the_farthest() {
        let table = table("UNH M 1\nSG1 C 9\n  TDT M 1\n  LOC C 9\n  DTM C 1\nSG2 C 9\n  LOC M 1\nLOC M 1\nUNT M 1");
        let machine = Machine::new(table.rows(), &[]);
        let loc = machine.tag(Tag::new(b"LOC")).unwrap();
        let places =
            |row| -> Vec<_> { machine.places(row, loc).iter().map(|step| (step.anchor, step.again)).collect() };
        assert_eq!(places(Some(3)), [(3, true), (5, false), (7, false)]);
        assert_eq!(places(Some(6)), [(5, true), (7, false)]);
        assert_eq!(places(None), []);
        assert_eq!(machine.tag(Tag::new(b"XXX")), None);
    }

    #[test]
    fn a_variant_has_the_places_of_its_rows_alone() {
        let table = table("UNH M 1\nSG1 C 9\n  TDT M 1\n  LOC C 9\n  DTM C 1\nSG2 C 9\n  LOC M 1\nLOC M 1\nUNT M 1");
        let variants = [Variant { tag: Tag::new(b"LOC"), rows: vec![6] }];
        let machine = Machine::new(table.rows(), &variants);
        let places =
            |row| -> Vec<_> { machine.places(row, machine.variant(0)).iter().map(|step| step.anchor).collect() };
        assert_eq!(places(Some(3)), [5]);
        assert_eq!(places(Some(7)).len(), 0);
        let loc = machine.tag(Tag::new(b"LOC")).unwrap();
        assert_eq!(machine.places(Some(3), loc).len(), 3);
    }
}
