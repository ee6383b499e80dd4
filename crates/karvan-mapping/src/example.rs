//! Sections of a group that are read like one before them.
//!
//! The lines of an invoice differ, but what one says of its price stands mostly in the same segments or elements as in others,
//! with other texts. A group is read in sections that have nothing to do with each other, and what is read of one is then
//! what was read of another but for some texts: the engine goes through the rows of the table for the first, and the others
//! are copies with values of their own.

use std::iter::Peekable;
use std::ops::Range;

use karvan_model::{Content, Group, Kind, Leaf, Node, Origin, PartValue, TermId, Value};

use crate::lens::Lens;
use crate::report::{Entry, LossReport, Place};
use crate::table::{Row, Table};
use crate::tree::{Form, NodeId, Tree};

/// Where a section of a group stands: the node of the group, and those of the section in runs that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) node: NodeId,
    pub(crate) nodes: Vec<Range<usize>>,
}

/// A section of a group that was read, for others like it.
pub(crate) struct Example {
    ground: Ground,
    /// What the nodes of others must be like.
    likenesses: Vec<Likeness>,
    /// The group with what the section says of it; its origins are positions among the nodes of the section.
    group: Group,
    /// The values that have texts of their own, in order, with their positions.
    own: Vec<(TermId, u32)>,
    /// What was told of it: the section of the report, the position of the node, the entry.
    told: Vec<(usize, u32, Entry)>,
    /// The long texts in it that tell values apart, by number.
    pub(crate) qualifiers: Range<usize>,
}

/// What a node must be to stand for another one.
struct Likeness {
    form: Form,
    /// How far it stands behind the node that it stands in; 0 in that of the group.
    height: usize,
    text: Text,
}

/// The text of a node.
enum Text {
    None,
    /// Another one may stand in its place.
    Own,
    Same(Box<str>),
}

impl Ground {
    /// The position of the node of the group.
    const GROUP: u32 = u32::MAX;

    /// The numbers of its nodes.
    fn iter(&self) -> impl Iterator<Item = usize> {
        self.nodes.iter().flat_map(Range::clone)
    }

    /// Which of its nodes `at` is, from 0.
    fn position(&self, at: NodeId) -> Option<u32> {
        let found = self.iter().position(|index| index == at.index())?;
        u32::try_from(found).ok()
    }

    /// The node at a position.
    fn at(&self, position: u32) -> NodeId {
        let mut position = position as usize;
        for nodes in &self.nodes {
            if position < nodes.len() {
                return NodeId::nth(nodes.start + position);
            }
            position -= nodes.len();
        }
        self.node
    }

    /// How far a node stands behind the one that it stands in; 0 in that of the group.
    fn height(&self, tree: &Tree<'_>, node: NodeId) -> usize {
        let within = tree.parent(node).filter(|parent| *parent != self.node);
        within.map_or(0, |parent| node.index() - parent.index())
    }

    /// Where a value stands that has this position in its origin.
    fn origin(&self, tree: &Tree<'_>, of: &Origin) -> Origin {
        let node = self.at(of.node().unwrap_or(Self::GROUP));
        Origin::new(tree.node(node).span, node.number())
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
        let (mut own, mut group) = (Vec::new(), group.clone());
        place(&mut group, &ground)?;
        for leaf in group.leaves() {
            let position = leaf.origin.node()?;
            // The text of one node.
            if tree.node(ground.at(position)).span != leaf.origin.span {
                return None;
            }
            own.extend(is_free(table, leaf).then_some((leaf.term, position)));
        }
        let is_own = |position: u32| own.iter().any(|(_, own)| *own == position);
        let placed = |(section, entry): (usize, Entry)| {
            let span = entry.source.as_ref()?.span;
            let is_there = |id: &NodeId| tree.node(*id).span == span && tree.text(*id) == Some(&entry.value);
            let at = ground.position(ground.iter().map(NodeId::nth).find(is_there)?)?;
            (!is_own(at)).then_some((section, at, entry))
        };
        let told = told.map(placed).collect::<Option<_>>()?;
        let likeness = |(position, index): (u32, usize)| {
            let node = NodeId::nth(index);
            let text = match tree.text(node) {
                None => Text::None,
                Some(_) if is_own(position) => Text::Own,
                Some(text) => Text::Same(text.into()),
            };
            Likeness { form: tree.node(node).form(), height: ground.height(tree, node), text }
        };
        let likenesses = (0..).zip(ground.iter()).map(likeness).collect();
        Some(Self { ground, likenesses, group, own, told, qualifiers })
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
        self.likenesses.iter().zip(ground.iter()).all(|(likeness, index)| {
            let node = NodeId::nth(index);
            let is_text = match (&likeness.text, tree.text(node)) {
                (Text::None, None) | (Text::Own, Some(_)) => true,
                (Text::Same(own), Some(text)) => **own == *text,
                _ => false,
            };
            is_text && tree.node(node).form() == likeness.form && ground.height(tree, node) == likeness.height
        })
    }

    /// The contents of the values with texts of their own on `ground`, whose nodes are like those of the example; none
    /// where one is no value.
    pub(crate) fn contents(&self, table: &Table, tree: &Tree<'_>, ground: &Ground) -> Option<Vec<Content>> {
        let content = |(term, position): &(TermId, u32)| {
            let kind = table.kind().term(*term).kind();
            let text = tree.text(ground.at(*position)).filter(|text| is_plain(kind, text))?;
            table.row_of(*term)?.lens.get(kind, text).ok()
        };
        self.own.iter().map(content).collect()
    }

    /// Adds what is read on `ground` to `group`, with these contents.
    pub(crate) fn read(&self, tree: &Tree<'_>, ground: &Ground, contents: Vec<Content>, group: &mut Group) {
        copy(tree, ground, &self.group, &mut self.own.iter().copied().zip(contents).peekable(), group);
    }

    /// Tells of `ground` what was told of the example.
    pub(crate) fn tell(&self, tree: &Tree<'_>, ground: &Ground, report: &mut LossReport) {
        for (section, position, entry) in &self.told {
            let at = ground.at(*position);
            let source = Some(Place { span: tree.node(at).span, path: tree.path(at.number()) });
            report.sections_mut()[*section].push(Entry { source, ..entry.clone() });
        }
    }
}

/// Adds what a section says of a group; of a group that stands where its own does, each section says its part.
pub(crate) fn merge(read: Group, group: &mut Group) {
    for member in read.children {
        match member {
            Node::Group(inner) => match same_group(group, inner.term, inner.origin.node()) {
                Some(known) => merge(inner, known),
                None => group.push(Node::Group(inner)),
            },
            leaf @ Node::Leaf(_) => group.push(leaf),
        }
    }
}

/// The group of this term in `group` that stands where `group` does, if that is `node`.
fn same_group(group: &mut Group, term: Option<TermId>, node: Option<u32>) -> Option<&mut Group> {
    if group.origin.node() != node {
        return None;
    }
    group.children.iter_mut().find_map(|member| match member {
        Node::Group(other) if other.term == term => Some(other),
        _ => None,
    })
}

/// Puts positions on `ground` in the place of the nodes that a group and its members came from; none where one came from
/// elsewhere.
fn place(group: &mut Group, ground: &Ground) -> Option<()> {
    let position = |origin: &mut Origin| {
        *origin = Origin::new(origin.span, ground.position(NodeId::at(origin.node()?))?);
        Some(())
    };
    if group.origin.node() == Some(ground.node.number()) {
        group.origin = Origin::new(group.origin.span, Ground::GROUP);
    } else {
        position(&mut group.origin)?;
    }
    group.children.iter_mut().try_for_each(|member| match member {
        Node::Group(inner) => place(inner, ground),
        Node::Leaf(leaf) => {
            position(&mut leaf.origin)?;
            leaf.value.parts.iter_mut().try_for_each(|part| position(&mut part.origin))
        }
    })
}

/// Adds to `group` what `example` says, each value where it stands on `ground`, with the next of the contents where that is
/// its own.
fn copy<I: Iterator<Item = ((TermId, u32), Content)>>(
    tree: &Tree<'_>,
    ground: &Ground,
    example: &Group,
    contents: &mut Peekable<I>,
    group: &mut Group,
) {
    for child in &example.children {
        match child {
            Node::Group(inner) => {
                let origin = ground.origin(tree, &inner.origin);
                if let Some(known) = same_group(group, inner.term, origin.node()) {
                    copy(tree, ground, inner, contents, known);
                    continue;
                }
                let mut new = Group { term: inner.term, children: Vec::with_capacity(inner.children.len()), origin };
                copy(tree, ground, inner, contents, &mut new);
                group.push(Node::Group(new));
            }
            Node::Leaf(Leaf { term, value, origin }) => {
                let is_this =
                    |((own, position), _): &((TermId, u32), Content)| (*own, Some(*position)) == (*term, origin.node());
                let own = contents.next_if(is_this).map(|(_, content)| content);
                let content = own.unwrap_or_else(|| value.content.clone());
                let part = |part: &PartValue| PartValue { origin: ground.origin(tree, &part.origin), ..part.clone() };
                let parts = value.parts.iter().map(part).collect();
                let origin = ground.origin(tree, origin);
                group.push(Node::Leaf(Leaf { term: *term, value: Value { content, parts }, origin }));
            }
        }
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
