//! The tree of a document that is being written: what the grammar has no place for does not come into it.

use std::borrow::Cow;
use std::ops::Range;

use karvan_text::{Message, Span};

use crate::grammar::{Grammar, Slot};
use crate::names::{Label, Name};
use crate::report::LossReport;
use crate::tree::{NodeId, Tree};

/// What was written.
pub(crate) struct Written<'w> {
    pub(crate) tree: Tree<'w>,
    /// What the grammar says of each node.
    pub(crate) slots: Vec<Slot>,
    pub(crate) report: LossReport,
    /// What stands in the nodes that are finished, in the syntax of the document.
    finished: String,
    /// Those nodes, in their order, with their part of it.
    parts: Vec<(NodeId, Range<usize>)>,
}

impl<'w> Written<'w> {
    /// How many nodes there may be before those that are finished become text: about what stays in the cache.
    pub(crate) const ROOM: usize = 4096;

    /// Nothing but the root.
    pub(crate) fn new(tree: Tree<'w>) -> Self {
        let (finished, parts) = (String::new(), Vec::new());
        Self { tree, slots: vec![Slot::ROOT], report: LossReport::default(), finished, parts }
    }

    /// Makes room for so many nodes more.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.tree.reserve(nodes);
        self.slots.reserve(nodes);
    }

    /// Appends a node where the grammar has a place for it, as the occurrence that is told or the next one.
    ///
    /// # Errors
    /// Why there is none; nothing where the name stands for nothing there.
    pub(crate) fn push(
        &mut self,
        grammar: &Grammar,
        parent: NodeId,
        name: Name,
        occurrence: Option<u32>,
    ) -> Result<NodeId, Option<Message>> {
        let key = self.slots[parent.index()].key;
        let first = grammar.child(key, name).ok_or(None)?;
        let node = self.tree.push(parent, name, Label::of(name), Span::default());
        let made = self.tree.node_mut(node);
        made.occurrence = occurrence.unwrap_or(made.occurrence);
        let slot = grammar.place_of(key, name, first, made.occurrence).map_err(|limit| {
            self.tree.truncate(node.index());
            Message::new("mapping-repeated").with("limit", limit)
        })?;
        self.tree.node_mut(node).limit = slot.limit;
        self.slots.push(slot);
        Ok(node)
    }

    /// [`Self::push`] of a node that has no brother of its name yet.
    pub(crate) fn push_first(&mut self, grammar: &Grammar, parent: NodeId, name: Name) -> Option<NodeId> {
        let slot = grammar.child(self.slots[parent.index()].key, name)?;
        self.slots.push(slot);
        Some(self.tree.push_first(parent, (name, Label::of(name)), Span::default(), slot.limit, None))
    }

    /// Gives a node its text.
    ///
    /// # Errors
    /// Why the syntax cannot hold it there.
    pub(crate) fn set(&mut self, grammar: &Grammar, node: NodeId, text: Cow<'w, str>) -> Result<(), Message> {
        self.held(node).takes(grammar, &text)?;
        self.tree.set_text(node, Some(text));
        Ok(())
    }

    /// How many characters the text of a node may have, 0 for any number.
    pub(crate) fn limit(&self, node: NodeId) -> usize {
        usize::from(self.slots[node.index()].limit)
    }

    /// How many digits the number of a node must have.
    pub(crate) fn digits(&self, node: NodeId) -> usize {
        let slot = self.slots[node.index()];
        if slot.numeric { usize::from(slot.least) } else { 0 }
    }

    /// What the text of a node must keep to.
    pub(crate) fn held(&self, node: NodeId) -> Held {
        let parent = self.tree.parent(node).map_or(Slot::NOTHING, |parent| self.slots[parent.index()].key);
        Held { slot: self.slots[node.index()], parent, name: self.tree.node(node).name }
    }

    /// Takes back all nodes from number `nodes` on.
    pub(crate) fn truncate(&mut self, nodes: usize) {
        self.tree.truncate(nodes);
        self.slots.truncate(nodes);
        let kept = self.parts.partition_point(|(node, _)| node.index() < nodes);
        if let Some((_, part)) = self.parts.get(kept) {
            self.finished.truncate(part.start);
            self.parts.truncate(kept);
        }
    }

    /// Whether all nodes made since `node` stand in it.
    pub(crate) fn is_last(&self, node: NodeId) -> bool {
        let mut later = self.tree.ids().skip(node.index() + 1);
        later.all(|later| self.tree.parent(later).is_some_and(|parent| parent >= node))
    }

    /// Puts what stands in a node, the last of all, in the place of the nodes in it: nothing will be added to it. `content`
    /// appends it, or nothing where there is none; so many more nodes like it are to come.
    pub(crate) fn finish(
        &mut self,
        node: NodeId,
        more: usize,
        content: impl FnOnce(&mut String) -> Option<()>,
    ) -> Option<()> {
        self.truncate(node.index() + 1);
        let start = self.finished.len();
        content(&mut self.finished)?;
        let length = self.finished.len();
        self.parts.push((node, start..length));
        let each = length / self.parts.len();
        if self.finished.capacity() - length < 2 * each {
            // Room for all at once, rather than for twice as much again and again; but others may be longer, or much shorter.
            self.finished.reserve((each + each / 4).saturating_mul(more).min(64 * length));
        }
        Some(())
    }

    /// What stands in a node that is finished.
    pub(crate) fn finished(&self, node: NodeId) -> Option<&str> {
        let found = self.parts.binary_search_by_key(&node, |(node, _)| *node).ok()?;
        self.finished.get(self.parts[found].1.clone())
    }

    /// About how long the document will be.
    pub(crate) fn length(&self) -> usize {
        self.finished.len() + 64 * self.tree.len()
    }
}

/// What the text of a node must keep to.
pub(crate) struct Held {
    slot: Slot,
    /// The key of the place around the node.
    parent: u32,
    name: Name,
}

impl Held {
    /// Whether the syntax can hold `text` there.
    ///
    /// # Errors
    /// Why it cannot.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn takes(&self, grammar: &Grammar, text: &str) -> Result<(), Message> {
        let limit = usize::from(self.slot.limit);
        // No text has more characters than octets.
        if self.slot.limit > 0 && text.len() > limit {
            let length = text.chars().filter(|c| !self.slot.numeric || c.is_ascii_digit()).count();
            if length > limit {
                return Err(too_long(length, limit));
            }
        }
        if self.slot.numeric && !is_numeric(text) {
            return Err(Message::new("mapping-no-number").with("value", text));
        }
        match grammar.refuses(text).or_else(|| grammar.lacks(self.parent, self.name, text)) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }
}

/// Whether a text is a number as a numeric format of EDIFACT has it (ISO 9735-1 §10).
fn is_numeric(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    !decimals.is_empty() && !number.is_empty() && digits(whole) && digits(decimals)
}

/// That a text has more characters than its place.
pub(crate) fn too_long(length: usize, limit: usize) -> Message {
    Message::new("mapping-too-long").with("length", length).with("limit", limit)
}

/// That a text has more pieces than its element has repetitions.
pub(crate) fn too_many_pieces(pieces: usize, limit: usize) -> Message {
    Message::new("mapping-too-many-pieces").with("pieces", pieces).with("limit", limit)
}
