//! What a syntax has only beside something else: an address line beside the first one, a measure beside its unit. Where that is
//! missing, the smallest part of the message that may be left out is, and what it would say goes to other places or is lost.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;

use karvan_model::{Group, Leaf};

use crate::grammar::{Grammar, Wanted, Wants};
use crate::place::Place;
use crate::table::PartRow;
use crate::tree::NodeId;
use crate::written::Written;

/// What is written at a place, by where the document keeps it: a value, or the group that a default is written for. A document
/// does not change while it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Whose(usize);

impl From<&Leaf> for Whose {
    fn from(leaf: &Leaf) -> Self {
        Self(ptr::from_ref(leaf).addr())
    }
}

impl From<&Group> for Whose {
    fn from(group: &Group) -> Self {
        Self(ptr::from_ref(group).addr())
    }
}

/// What is written, and its place or the row of a part of it, by where the table keeps those.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    whose: Whose,
    place: usize,
}

impl Key {
    fn of<P>(whose: Whose, place: &P) -> Self {
        Self { whose, place: ptr::from_ref(place).addr() }
    }
}

/// A value where it was written, or a part of one.
pub(super) struct Placed {
    node: NodeId,
    /// How many nodes there were then.
    pub(super) nodes: usize,
    /// The value that a part qualifies.
    of: Option<NodeId>,
    key: Key,
}

impl Placed {
    pub(super) fn value(node: NodeId, nodes: usize, whose: Whose, place: &Place) -> Self {
        Self { node, nodes, of: None, key: Key::of(whose, place) }
    }

    pub(super) fn part(node: NodeId, nodes: usize, of: NodeId, leaf: &Leaf, part: &PartRow) -> Self {
        Self { node, nodes, of: Some(of), key: Key::of(leaf.into(), part) }
    }
}

/// What cannot stand where it would, with the name of what is missing beside it.
#[derive(Default)]
pub(super) struct Refused(HashMap<Key, &'static str>);

impl Refused {
    /// What is missing beside a value at a place, or beside a part of it, if it is refused.
    pub(super) fn find<P>(&self, whose: Whose, place: &P) -> Option<&'static str> {
        if self.0.is_empty() { None } else { self.0.get(&Key::of(whose, place)).copied() }
    }

    /// Whether any of them was not refused before.
    pub(super) fn add(&mut self, refused: impl IntoIterator<Item = (Key, &'static str)>) -> bool {
        let mut more = false;
        for (key, name) in refused {
            if let Entry::Vacant(entry) = self.0.entry(key) {
                entry.insert(name);
                more = true;
            }
        }
        more
    }
}

/// The values that stand in parts of `written` that lack something.
pub(super) fn broken(grammar: &Grammar, written: &Written<'_>, placed: &[Placed]) -> Vec<(Key, &'static str)> {
    let mut lacking: HashMap<NodeId, &'static str> = HashMap::new();
    if grammar.wants_any() {
        for node in written.tree.ids() {
            let Some(wants) = grammar.wants(written.slots[node.index()].key) else { continue };
            lacking.extend(lacks(written, node, wants).map(|(at, name)| (without(grammar, written, at), name)));
        }
    }
    if lacking.is_empty() {
        return Vec::new();
    }
    let above = |node: NodeId| std::iter::successors(Some(node), |&node| written.tree.parent(node));
    let lack = |node: NodeId| above(node).find_map(|node| lacking.get(&node).copied());
    // A part goes with its value, wherever that goes.
    let own = placed.iter().filter(|placed| placed.of.is_none_or(|of| lack(of).is_none()));
    own.filter_map(|placed| Some((placed.key, lack(placed.node)?))).collect()
}

/// The node that cannot be written as it is, with the name of what is missing: `node` itself, or what stands in it and needs
/// something beside.
fn lacks(written: &Written<'_>, node: NodeId, wants: &Wants) -> Option<(NodeId, &'static str)> {
    let child = |wanted: &Wanted| {
        let mut named = written.tree.named(node, wanted.name);
        named.find(|&child| written.tree.node(child).occurrence == wanted.occurrence && says(written, child))
    };
    if let Some(missing) = wants.all.iter().find(|wanted| child(wanted).is_none()) {
        return Some((node, missing.tag));
    }
    wants.notes.iter().find_map(|(kind, about)| {
        let there: Vec<_> = about.iter().map(child).collect();
        if kind.holds(&there.iter().map(Option::is_some).collect::<Vec<_>>()) {
            return None;
        }
        let missing = about.iter().zip(&there).find(|(_, there)| there.is_none());
        Some((there.iter().flatten().next().copied()?, missing.map_or(about[0].tag, |(missing, _)| missing.tag)))
    })
}

/// Whether a text stands in a node.
fn says(written: &Written<'_>, node: NodeId) -> bool {
    written.tree.text(node).is_some_and(|text| !text.is_empty())
        || written.tree.children(node).any(|child| says(written, child))
}

/// The node that has to go with `node`: the one around that has to have it, or itself.
fn without(grammar: &Grammar, written: &Written<'_>, node: NodeId) -> NodeId {
    let Some(parent) = written.tree.parent(node) else { return node };
    let made = written.tree.node(node);
    let is_meant = |wanted: &Wanted| wanted.name == made.name && wanted.occurrence == made.occurrence;
    match grammar.wants(written.slots[parent.index()].key) {
        Some(wants) if wants.all.iter().any(is_meant) => without(grammar, written, parent),
        _ => node,
    }
}

#[cfg(test)]
mod tests {
    use karvan_model::json;

    use crate::{Target, write};

    #[test]
    fn a_default_is_refused_in_the_repetition_that_is_not_whole_and_in_no_other() {
        let items = r#"{"amount":"7"},{"number":"2","amount":"8"}"#;
        let source = format!(
            r#"{{"document":"remittance-advice","version":1,"currencyCode":"EUR","lines":[{{"invoice":"R-1","items":[{items}]}}]}}"#
        );
        let document = json::read(&source).expect("a document").document;
        let writing = write(&document, Target::Edifact(Some("D.01B"))).expect("a message");
        let text = String::from_utf8_lossy(&writing.bytes);
        // DLI has nothing to say without the number of the line; beside it, it must have an action.
        assert!(text.contains("DLI+1+2'"), "{text}");
        let lost: Vec<_> = writing.report.lost.iter().filter_map(|entry| Some(entry.term?.id())).collect();
        assert_eq!(lost, ["lines.items.amount"], "{text}");
    }
}
