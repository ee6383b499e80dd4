//! Repetitions of a group that are read like one before them.
//!
//! The segments of most lines of an invoice, or their elements, are the same but for some texts. What is read of them is
//! then the same but for these: the engine goes through the rows of the table for the first, and the others are copies with
//! values of their own.

use std::ops::Range;

use karvan_model::{Group, Leaf, Node, Origin, PartValue, Value};

use crate::lens::Lens;
use crate::report::{Entry, LossReport, Place};
use crate::table::{Row, Table};
use crate::tree::{NodeId, Outline, Tree};

/// A repetition of a group that was read, for others like it.
pub(crate) struct Example {
    /// Its node, and the nodes below it.
    node: NodeId,
    outline: Outline,
    /// Which repetition of the group in the document it is, from 0.
    number: usize,
    /// Whether another text may stand in a node, for each of those below.
    own: Vec<bool>,
    /// What was told of it: the section of the report, the node, the entry.
    told: Vec<(usize, NodeId, Entry)>,
    /// The long texts in it that tell values apart, by number.
    pub(crate) qualifiers: Range<usize>,
}

impl Example {
    /// How many are kept for a group.
    pub(crate) const MOST: usize = 64;
    /// Among how many repetitions that follow there has to be one whose nodes are the same.
    pub(crate) const AHEAD: usize = 8;

    /// The example of what was read as `group`, the repetition of this number, at `node` and below; `told` is what the report
    /// got meanwhile, with the number of the section. None where that cannot be told again.
    pub(crate) fn new(
        table: &Table,
        tree: &Tree<'_>,
        (node, outline): (NodeId, Outline),
        (number, group): (usize, &Group),
        told: impl Iterator<Item = (usize, Entry)>,
        qualifiers: Range<usize>,
    ) -> Option<Self> {
        let below = outline.below.clone();
        let at = |origin: &Origin| origin.node().map(NodeId::at).filter(|at| below.contains(&at.index()));
        let mut own = vec![false; below.len()];
        for leaf in group.leaves() {
            let stands_at = at(&leaf.origin)?;
            // The text of one node.
            if tree.node(stands_at).span != leaf.origin.span {
                return None;
            }
            own[stands_at.index() - below.start] = is_free(table, leaf);
            leaf.value.parts.iter().try_for_each(|part| at(&part.origin).map(drop))?;
        }
        let place = |(section, entry): (usize, Entry)| {
            let span = entry.source.as_ref()?.span;
            let is_there = |id: &NodeId| tree.node(*id).span == span && tree.text(*id) == Some(&entry.value);
            let stands_at = below.clone().map(NodeId::nth).find(is_there)?;
            (!own[stands_at.index() - below.start]).then_some((section, stands_at, entry))
        };
        let told = told.map(place).collect::<Option<_>>()?;
        Some(Self { node, outline, number, own, told, qualifiers })
    }

    /// Whether the nodes below `node` are like those of the example, but for texts of their own.
    pub(crate) fn fits(&self, tree: &Tree<'_>, node: NodeId, outline: &Outline) -> bool {
        let (of_example, below) = (&self.outline.below, &outline.below);
        let parent = |node: NodeId, around: NodeId, start: usize| match tree.parent(node) {
            Some(parent) if parent == around => None,
            parent => parent.map(|parent| parent.index().wrapping_sub(start)),
        };
        let alike = |((one, other), own): ((usize, usize), &bool)| {
            let (one, other) = (NodeId::nth(one), NodeId::nth(other));
            let same_text = match (tree.text(one), tree.text(other)) {
                (Some(one), Some(other)) => *own || one == other,
                (None, None) => true,
                _ => false,
            };
            same_text
                && tree.node(one).is_same(tree.node(other))
                && parent(one, self.node, of_example.start) == parent(other, node, below.start)
        };
        self.outline.names == outline.names
            && of_example.len() == below.len()
            && of_example.clone().zip(below.clone()).zip(&self.own).all(alike)
    }

    /// Where the example is read in the document, and where it stands in the source.
    pub(crate) fn place(&self) -> (usize, Range<usize>) {
        (self.number, self.outline.below.clone())
    }

    /// What is read at `node`, below which there are nodes like those of the example; none where a text is no value.
    pub(crate) fn read(
        &self,
        table: &Table,
        tree: &Tree<'_>,
        (node, below): (NodeId, &Range<usize>),
        example: &Group,
    ) -> Option<Group> {
        let mut children = Vec::with_capacity(example.children.len());
        let origin = |origin: &Origin| {
            let at = origin.node().map_or(node, |at| self.moved(NodeId::at(at), node, below.start));
            Origin::new(tree.node(at).span, at.number())
        };
        for child in &example.children {
            children.push(match child {
                Node::Group(inner) => Node::Group(self.read(table, tree, (node, below), inner)?),
                Node::Leaf(Leaf { term, value, origin: from }) => {
                    let origin_of = origin(from);
                    let content = match table.row_of(*term) {
                        Some(row) if self.is_own(from) => {
                            let text =
                                tree.text(NodeId::at(origin_of.node()?)).filter(|text| !text.trim().is_empty())?;
                            row.lens.get(table.kind().term(*term).kind(), text).ok()?
                        }
                        _ => value.content.clone(),
                    };
                    let part = |part: &PartValue| PartValue { origin: origin(&part.origin), ..part.clone() };
                    let parts = value.parts.iter().map(part).collect();
                    Node::Leaf(Leaf { term: *term, value: Value { content, parts }, origin: origin_of })
                }
            });
        }
        Some(Group { term: example.term, children, origin: origin(&example.origin) })
    }

    /// Tells of a repetition what was told of the example.
    pub(crate) fn tell(&self, tree: &Tree<'_>, node: NodeId, below: &Range<usize>, report: &mut LossReport) {
        for (section, at, entry) in &self.told {
            let at = self.moved(*at, node, below.start);
            let source = Some(Place { span: tree.node(at).span, path: tree.path(at.number()) });
            report.sections_mut()[*section].push(Entry { source, ..entry.clone() });
        }
    }

    /// Whether another text may stand where a value of the example came from.
    fn is_own(&self, origin: &Origin) -> bool {
        let at = origin.node().and_then(|at| NodeId::at(at).index().checked_sub(self.outline.below.start));
        at.and_then(|at| self.own.get(at)).is_some_and(|own| *own)
    }

    /// The node that stands where `at` stands in the example.
    fn moved(&self, at: NodeId, node: NodeId, start: usize) -> NodeId {
        if at == self.node { node } else { NodeId::nth(at.index() - self.outline.below.start + start) }
    }
}

/// Whether nothing but its own text hangs on a value that stands in one node.
fn is_free(table: &Table, leaf: &Leaf) -> bool {
    let is_free = |row: &Row| {
        row.is_free
            && row.again.is_none()
            && row.lens != Lens::Continued
            && row.places.iter().all(|place| place.format.is_none())
    };
    table.row_of(leaf.term).is_some_and(is_free)
}
