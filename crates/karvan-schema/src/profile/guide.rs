//! What a profile says of one message of one release, compiled: a tree of places, and what is asked of each.

use std::collections::{BTreeSet, HashMap};

use karvan_edifact::Segment;

use super::file::Times;
use crate::directory::{Format, Repertoire};
use crate::message::machine::Variant;
use crate::message::table::Tag;

/// What a profile says of a message of one release.
#[derive(Debug)]
pub(crate) struct Guide {
    /// The release.
    pub(super) release: String,
    /// The places; the first is the message itself.
    pub(super) nodes: Vec<Node>,
    /// Segments that have fewer places than their tag.
    pub(crate) variants: Vec<Variant>,
    /// Which variant a segment is of, by its tag.
    pub(super) symbols: HashMap<Tag, Symbols>,
}

/// A place: a segment group, or a segment, and what must be true of the segment.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The place around it; none of the message itself.
    pub(super) parent: Option<usize>,
    /// Its rows in the message table: one, but for a segment that its group has several times.
    pub(super) rows: Vec<usize>,
    /// What must be true of the segment; of a group, of that which it begins with.
    pub(super) conditions: Vec<Condition>,
    /// The places in it.
    pub(super) children: Vec<usize>,
    /// How often it stands in each of what is around it.
    pub(super) limits: Vec<Limit>,
    /// What is asked of the data elements of the segment.
    pub(super) content: Vec<ContentRule>,
}

/// How often a place is taken.
#[derive(Debug)]
pub(super) struct Limit {
    /// The rule that says so.
    pub(super) rule: usize,
    /// The path of the place.
    pub(super) path: String,
    /// Whether it is a group.
    pub(super) is_group: bool,
    /// What the rule says.
    pub(super) times: Times,
    /// What of its minimum the directory does not see to.
    pub(super) minimum: u32,
}

/// A data element that has one of these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// The places of data element and component.
    pub(super) place: (usize, usize),
    /// The values.
    pub(super) values: BTreeSet<Vec<u8>>,
}

/// What is asked of a data element.
#[derive(Debug)]
pub(super) struct ContentRule {
    /// The rule that says so.
    pub(super) rule: usize,
    /// The places of the data element in the segment.
    pub(super) elements: Vec<usize>,
    /// The places of the component in the composite; none where the whole data element is meant.
    pub(super) components: Vec<usize>,
    /// What is asked.
    pub(super) asks: Asks,
}

/// What can be asked of a data element.
#[derive(Debug)]
pub(super) enum Asks {
    /// To stand so often in its segment, or composite.
    Times(Times),
    /// To have one of these values.
    Codes(BTreeSet<Vec<u8>>),
    /// To be of this form.
    Format {
        /// The form.
        format: Format,
        /// Which characters the directory asks for.
        narrows: Repertoire,
    },
}

/// Which variants the segments of a tag are of, by their qualifier: their first value.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    /// The variant of each qualifier that the profile names; none where it has all places of the tag.
    pub(super) named: HashMap<Vec<u8>, Option<usize>>,
    /// The variant of all other qualifiers.
    pub(super) other: Option<usize>,
}

impl Guide {
    /// The variant that a segment is of, where it has fewer places than its tag.
    pub(crate) fn variant(&self, tag: Tag, segment: &Segment<'_>) -> Option<usize> {
        let symbols = self.symbols.get(&tag)?;
        let qualifier = segment.component(0, 0).unescaped();
        symbols.named.get(&*qualifier).copied().unwrap_or(symbols.other)
    }
}

impl Guide {
    /// What is asked of a row of the message table whatever the segments say.
    pub(super) fn limits(&self, row: usize) -> impl Iterator<Item = &Limit> {
        let nodes = self.nodes.iter().enumerate().filter(move |(_, node)| node.rows.contains(&row));
        nodes.filter(|(index, _)| self.is_unconditional(*index)).flat_map(|(_, node)| &node.limits)
    }

    /// Whether a place is one whatever the segments say.
    pub(super) fn is_unconditional(&self, node: usize) -> bool {
        let around = std::iter::successors(Some(node), |&node| self.nodes[node].parent);
        around.into_iter().all(|node| self.nodes[node].conditions.is_empty())
    }
}

impl Condition {
    pub(super) fn holds(&self, segment: &Segment<'_>) -> bool {
        let (element, component) = self.place;
        self.values.contains(&*segment.component(element, component).unescaped())
    }
}
