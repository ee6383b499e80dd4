//! Sections of a group that are read like one before them.
//!
//! The lines of an invoice differ, but what one says of its price stands mostly in the same segments or elements as in others,
//! with other texts. A group is read in sections that have nothing to do with each other, and what is read of one is then
//! what was read of another but for some texts: the engine goes through the rows of the table for the first, and the others
//! are copies with values of their own.

use std::ops::Range;

use karvan_model::{Group, Kind, Leaf, Node, Origin, PartValue, Value};

use crate::lens::Lens;
use crate::report::{Entry, LossReport, Place};
use crate::table::{Row, Table};
use crate::tree::{NodeId, Tree};

/// Where a section of a group stands: the node of the group, and those of the section in runs that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) node: NodeId,
    pub(crate) nodes: Vec<Range<usize>>,
}

/// A section of a group that was read, for others like it.
pub(crate) struct Example {
    ground: Ground,
    /// The group with what the section says of it.
    group: Group,
    /// Whether another text may stand in a node, for each of those of the section.
    own: Vec<bool>,
    /// What was told of it: the section of the report, the node, the entry.
    told: Vec<(usize, NodeId, Entry)>,
    /// The long texts in it that tell values apart, by number.
    pub(crate) qualifiers: Range<usize>,
}

impl Ground {
    /// The numbers of its nodes.
    fn iter(&self) -> impl Iterator<Item = usize> {
        self.nodes.iter().flat_map(Range::clone)
    }

    /// Which of its nodes `at` is.
    fn position(&self, at: NodeId) -> Option<usize> {
        let mut before = 0;
        for nodes in &self.nodes {
            if nodes.contains(&at.index()) {
                return Some(before + at.index() - nodes.start);
            }
            before += nodes.len();
        }
        None
    }

    /// The node that stands where `at` stands in another ground like this one.
    fn moved(&self, at: NodeId, from: &Self) -> NodeId {
        let mut pairs = from.nodes.iter().zip(&self.nodes);
        let found = pairs.find(|(nodes, _)| nodes.contains(&at.index()));
        found.map_or(self.node, |(nodes, own)| NodeId::nth(at.index() - nodes.start + own.start))
    }
}

impl Example {
    /// How many are kept for a section.
    pub(crate) const MOST: usize = 64;

    /// The example of what was read as `group` on `ground`; `told` is what the report got meanwhile, with the number of the
    /// section. None where that cannot be told again.
    pub(crate) fn new(
        table: &Table,
        tree: &Tree<'_>,
        ground: Ground,
        group: &Group,
        told: impl Iterator<Item = (usize, Entry)>,
        qualifiers: Range<usize>,
    ) -> Option<Self> {
        let position = |origin: &Origin| ground.position(NodeId::at(origin.node()?));
        let mut own = vec![false; ground.nodes.iter().map(Range::len).sum()];
        for leaf in group.leaves() {
            let at = position(&leaf.origin)?;
            // The text of one node.
            if tree.node(NodeId::at(leaf.origin.node()?)).span != leaf.origin.span {
                return None;
            }
            own[at] = is_free(table, leaf);
            leaf.value.parts.iter().try_for_each(|part| position(&part.origin).map(drop))?;
        }
        let place = |(section, entry): (usize, Entry)| {
            let span = entry.source.as_ref()?.span;
            let is_there = |id: &NodeId| tree.node(*id).span == span && tree.text(*id) == Some(&entry.value);
            let at = ground.iter().map(NodeId::nth).find(is_there)?;
            (!own[ground.position(at)?]).then_some((section, at, entry))
        };
        let told = told.map(place).collect::<Option<_>>()?;
        Some(Self { ground, group: group.clone(), own, told, qualifiers })
    }

    /// The nodes of the section.
    pub(crate) fn nodes(&self) -> &[Range<usize>] {
        &self.ground.nodes
    }

    /// Whether the nodes of `ground` are like those of the example, but for texts of their own.
    pub(crate) fn fits(&self, tree: &Tree<'_>, ground: &Ground) -> bool {
        let (all, others) = (&self.ground.nodes, &ground.nodes);
        if all.len() != others.len() || all.iter().zip(others).any(|(one, other)| one.len() != other.len()) {
            return false;
        }
        // How far a node stands behind the one that it stands in; that of the group is the same for all.
        let height = |node: NodeId, around: NodeId| match tree.parent(node) {
            Some(parent) if parent == around => None,
            parent => parent.map(|parent| node.index() - parent.index()),
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
                && height(one, self.ground.node) == height(other, ground.node)
        };
        self.ground.iter().zip(ground.iter()).zip(&self.own).all(alike)
    }

    /// What is read on `ground`, whose nodes are like those of the example; none where a text is no value.
    pub(crate) fn read(&self, table: &Table, tree: &Tree<'_>, ground: &Ground) -> Option<Group> {
        self.copy(table, tree, ground, &self.group)
    }

    fn copy(&self, table: &Table, tree: &Tree<'_>, ground: &Ground, example: &Group) -> Option<Group> {
        let mut children = Vec::with_capacity(example.children.len());
        let moved = |origin: &Origin| {
            let at = origin.node().map_or(ground.node, |at| ground.moved(NodeId::at(at), &self.ground));
            Origin::new(tree.node(at).span, at.number())
        };
        for child in &example.children {
            children.push(match child {
                Node::Group(inner) => Node::Group(self.copy(table, tree, ground, inner)?),
                Node::Leaf(Leaf { term, value, origin: from }) => {
                    let origin = moved(from);
                    let content = match table.row_of(*term) {
                        Some(row) if self.is_own(from) => {
                            let kind = table.kind().term(*term).kind();
                            let text = tree.text(NodeId::at(origin.node()?)).filter(|text| is_plain(kind, text))?;
                            row.lens.get(kind, text).ok()?
                        }
                        _ => value.content.clone(),
                    };
                    let part = |part: &PartValue| PartValue { origin: moved(&part.origin), ..part.clone() };
                    let parts = value.parts.iter().map(part).collect();
                    Node::Leaf(Leaf { term: *term, value: Value { content, parts }, origin })
                }
            });
        }
        Some(Group { term: example.term, children, origin: moved(&example.origin) })
    }

    /// Tells of `ground` what was told of the example.
    pub(crate) fn tell(&self, tree: &Tree<'_>, ground: &Ground, report: &mut LossReport) {
        for (section, at, entry) in &self.told {
            let at = ground.moved(*at, &self.ground);
            let source = Some(Place { span: tree.node(at).span, path: tree.path(at.number()) });
            report.sections_mut()[*section].push(Entry { source, ..entry.clone() });
        }
    }

    /// Whether another text may stand where a value of the example came from.
    fn is_own(&self, origin: &Origin) -> bool {
        let at = origin.node().and_then(|at| self.ground.position(NodeId::at(at)));
        at.and_then(|at| self.own.get(at)).is_some_and(|own| *own)
    }
}

/// Whether a text is a value as it stands: there is one, and no layout around a code.
fn is_plain(kind: Kind, text: &str) -> bool {
    let value = text.trim();
    !value.is_empty() && (kind != Kind::Code || value.len() == text.len())
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
