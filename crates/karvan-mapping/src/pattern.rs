//! Repetitions of a group that are written like one before them.
//!
//! Most lines of an invoice say the same terms. What is written of one line is then what was written of another but for
//! the texts of some values: the engine goes through the rows of the table for the first, and puts the texts of the others
//! into a copy. A value of which more hangs than its own text, such as a code that places are told by, has to be the same
//! in both; so has all that qualifies a value.

use std::borrow::Cow;
use std::ops::Range;

use karvan_model::{Group, Leaf, Node};
use karvan_xml::escape_text;

use crate::grammar::Grammar;
use crate::place::Place;
use crate::table::{Row, Table};
use crate::tree::{NodeId, with};
use crate::written::{Held, Written};

/// A value that was written, with its row, its node and its place, if that was the first one tried.
#[derive(Clone, Copy)]
pub(crate) struct Trace<'w> {
    pub(crate) leaf: &'w Leaf,
    pub(crate) row: &'w Row,
    pub(crate) place: Option<&'w Place>,
    pub(crate) node: NodeId,
}

/// What was written of a repetition of a group, without loss and without addition.
pub(crate) struct Pattern<'w> {
    like: &'w Group,
    /// [`terms_of`] that group.
    terms: u64,
    content: String,
    /// In the order of the content.
    holes: Vec<Hole<'w>>,
}

/// The place of a text that each repetition has of its own.
struct Hole<'w> {
    range: Range<usize>,
    /// Which of the values of the group stands there.
    leaf: usize,
    row: &'w Row,
    place: &'w Place,
    held: Held,
}

impl<'w> Pattern<'w> {
    /// How many there are at most in a document.
    pub(crate) const MOST: usize = 64;
    /// Among how many repetitions that follow there has to be one that is written like it.
    pub(crate) const AHEAD: usize = 8;

    /// The pattern of `group`, of which `content` was written; `texts` tells where the texts of its nodes stand in it. None
    /// where not every text that others may have of their own is found.
    pub(crate) fn new(
        table: &Table,
        group: &'w Group,
        written: &Written<'_>,
        traces: &[Trace<'w>],
        content: &str,
        texts: &[(NodeId, Range<usize>)],
    ) -> Option<Self> {
        let free = group.leaves().enumerate().filter(|(_, leaf)| is_free(table, leaf));
        let hole = |(number, leaf): (usize, &Leaf)| {
            let mut traces = traces.iter().filter(|trace| std::ptr::eq(trace.leaf, leaf));
            let trace = traces.next().filter(|_| traces.next().is_none())?;
            let (_, range) = texts.iter().find(|(node, _)| *node == trace.node)?;
            let held = written.held(trace.node);
            Some(Hole { range: range.clone(), leaf: number, row: trace.row, place: trace.place?, held })
        };
        let mut holes: Vec<_> = free.map(hole).collect::<Option<_>>()?;
        holes.sort_by_key(|hole| hole.range.start);
        Some(Self { like: group, terms: terms_of(group), content: content.to_owned(), holes })
    }

    /// Whether `group`, which has these terms, says what this pattern was made of, but for texts of its own.
    pub(crate) fn fits(&self, table: &Table, group: &Group, terms: u64) -> bool {
        self.terms == terms && self.like.term == group.term && alike(table, self.like, group)
    }

    /// Appends what is to be written of `group`, which the pattern fits; nothing where one of its texts has no place.
    pub(crate) fn put(&self, grammar: &Grammar, group: &Group, out: &mut String) -> Option<()> {
        let (length, mut done) = (out.len(), 0);
        let leaves: Vec<&Leaf> = group.leaves().collect();
        for hole in &self.holes {
            let text = leaves.get(hole.leaf).and_then(|leaf| hole.text(grammar, leaf));
            let Some(text) = text else {
                out.truncate(length);
                return None;
            };
            out.push_str(&self.content[done..hole.range.start]);
            escape_text(&text, out);
            done = hole.range.end;
        }
        out.push_str(&self.content[done..]);
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

/// Whether nothing but its own text hangs on a value that stands in one node.
fn is_free(table: &Table, leaf: &Leaf) -> bool {
    table.row_of(leaf.term).is_some_and(|row| row.is_free && !row.lens.is_spread())
}

/// A number for the terms in a group, [`with`] each.
pub(crate) fn terms_of(group: &Group) -> u64 {
    group.children.iter().fold(group.children.len() as u64, |terms, node| {
        let inner = match node {
            Node::Group(inner) => terms_of(inner),
            Node::Leaf(leaf) => leaf.term.index() as u64,
        };
        with(terms, inner)
    })
}

/// Whether two groups say the same terms, and the same of all values that are not free.
pub(crate) fn alike(table: &Table, one: &Group, other: &Group) -> bool {
    let same = |(one, other): (&Node, &Node)| match (one, other) {
        (Node::Group(one), Node::Group(other)) => one.term == other.term && alike(table, one, other),
        (Node::Leaf(one), Node::Leaf(other)) => {
            let (parts, others) = (&one.value.parts, &other.value.parts);
            one.term == other.term
                && parts.len() == others.len()
                && parts.iter().zip(others).all(|(one, other)| one.part == other.part && one.text == other.text)
                && (is_free(table, one) || one.value.text() == other.value.text())
        }
        _ => false,
    };
    one.children.len() == other.children.len() && one.children.iter().zip(&other.children).all(same)
}
