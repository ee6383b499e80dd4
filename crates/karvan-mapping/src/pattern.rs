//! Sections of a group that are written like one before them.
//!
//! The lines of an invoice differ, but what is said of the price in one of them is mostly said in others too. A line is
//! written in sections that have nothing to do with each other, and what is written of one is then what was written of
//! another but for the texts of some values: the engine goes through the rows of the table for the first, and puts the texts
//! of the others into a copy. A value of which more hangs than its own text, such as a code that places are told by, has to
//! be the same in both; so has all that qualifies a value.

use std::borrow::Cow;
use std::ops::Range;

use karvan_model::{Leaf, Node};
use karvan_xml::escape_text;

use crate::grammar::Grammar;
use crate::pieces::Pieces;
use crate::place::Place;
use crate::table::{Row, Table};
use crate::tree::NodeId;
use crate::written::{Held, Written};

/// A value that was written, with its row, its node and its place, if that was the first one tried.
#[derive(Clone, Copy)]
pub(crate) struct Trace<'w> {
    pub(crate) leaf: &'w Leaf,
    pub(crate) row: &'w Row,
    pub(crate) place: Option<&'w Place>,
    pub(crate) node: NodeId,
}

/// What was written of a section of a group, without loss and without addition.
pub(crate) struct Pattern<'w> {
    like: Vec<&'w Node>,
    pieces: Pieces,
    /// In the order of the text.
    holes: Vec<Hole<'w>>,
}

/// The place of a text that each repetition has of its own.
struct Hole<'w> {
    range: Range<usize>,
    /// Which of the values of the section stands there.
    leaf: usize,
    row: &'w Row,
    place: &'w Place,
    held: Held,
}

impl<'w> Pattern<'w> {
    /// How many there are at most of a section.
    pub(crate) const MOST: usize = 64;

    /// The pattern of `members`, of which `pieces` were written; `texts` tells where the texts of their nodes stand, the
    /// first piece at `start`. None where not every text that others may have of their own is found.
    pub(crate) fn new(
        table: &Table,
        members: &[&'w Node],
        written: &Written<'_>,
        traces: &[Trace<'w>],
        (pieces, start): (Pieces, usize),
        texts: &[(NodeId, Range<usize>)],
    ) -> Option<Self> {
        let leaves = leaves(members);
        let free = leaves.iter().enumerate().filter(|(_, leaf)| is_free(table, leaf));
        let hole = |(number, leaf): (usize, &&Leaf)| {
            let mut traces = traces.iter().filter(|trace| std::ptr::eq(trace.leaf, *leaf));
            let trace = traces.next().filter(|_| traces.next().is_none())?;
            let (_, range) = texts.iter().find(|(node, _)| *node == trace.node)?;
            let (range, held) = (range.start - start..range.end - start, written.held(trace.node));
            Some(Hole { range, leaf: number, row: trace.row, place: trace.place?, held })
        };
        let mut holes: Vec<_> = free.map(hole).collect::<Option<_>>()?;
        holes.sort_by_key(|hole| hole.range.start);
        Some(Self { like: members.to_vec(), pieces, holes })
    }

    /// Whether `members` say what this pattern was made of, but for texts of their own.
    pub(crate) fn fits(&self, table: &Table, members: &[&Node]) -> bool {
        self.like.len() == members.len() && self.like.iter().zip(members).all(|(one, other)| is_like(table, one, other))
    }

    /// Adds what is to be written of `members`, which the pattern fits; nothing where one of its texts has no place.
    pub(crate) fn put(&self, grammar: &Grammar, members: &[&Node], out: &mut Pieces) -> Option<()> {
        let (length, leaves, mut holes) = (out.len(), leaves(members), self.holes.iter().peekable());
        for (order, Range { start: mut done, end }) in self.pieces.iter() {
            let start = out.text.len();
            while let Some(hole) = holes.next_if(|hole| hole.range.start < end) {
                let Some(text) = leaves.get(hole.leaf).and_then(|leaf| hole.text(grammar, leaf)) else {
                    out.text.truncate(start);
                    out.truncate(length);
                    return None;
                };
                out.text.push_str(&self.pieces.text[done..hole.range.start]);
                escape_text(&text, &mut out.text);
                done = hole.range.end;
            }
            out.text.push_str(&self.pieces.text[done..end]);
            out.add(order, start);
        }
        Some(())
    }
}

impl Hole<'_> {
    fn text<'a>(&'a self, grammar: &Grammar, leaf: &'a Leaf) -> Option<Cow<'a, str>> {
        let text = match self.place.format {
            Some(format) => format.write(&leaf.value)?.into(),
            None => self.row.text(&leaf.value).ok()??,
        };
        (!text.is_empty() && self.held.takes(grammar, &text).is_ok()).then_some(text)
    }
}

/// The values of members and of the groups among them, in order.
fn leaves<'a>(members: &[&'a Node]) -> Vec<&'a Leaf> {
    let mut leaves = Vec::with_capacity(2 * members.len());
    for member in members {
        match member {
            Node::Leaf(leaf) => leaves.push(leaf),
            Node::Group(group) => leaves.extend(group.leaves()),
        }
    }
    leaves
}

/// Whether nothing but its own text hangs on a value that stands in one node.
fn is_free(table: &Table, leaf: &Leaf) -> bool {
    table.row_of(leaf.term).is_some_and(|row| row.is_free && !row.lens.is_spread())
}

/// Whether two members say the same terms, and the same of all values that are not free.
fn is_like(table: &Table, one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Group(one), Node::Group(other)) => {
            let mut pairs = one.children.iter().zip(&other.children);
            one.term == other.term
                && one.children.len() == other.children.len()
                && pairs.all(|(one, other)| is_like(table, one, other))
        }
        (Node::Leaf(one), Node::Leaf(other)) => {
            let (parts, others) = (&one.value.parts, &other.value.parts);
            one.term == other.term
                && parts.len() == others.len()
                && parts.iter().zip(others).all(|(one, other)| one.part == other.part && one.text == other.text)
                && (is_free(table, one) || one.value.text() == other.value.text())
        }
        _ => false,
    }
}
