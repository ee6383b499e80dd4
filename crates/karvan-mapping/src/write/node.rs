//! The nodes at the places of rows: found or made, and still what they were when more is written.

use std::borrow::Cow;

use karvan_text::Message;

use super::{Context, Writer};
use crate::matching::{holds, matching};
use crate::names::Name;
use crate::place::{Equals, Place, PlaceStep, Predicate};
use crate::table::Row;
use crate::tree::NodeId;

impl<'w> Writer<'w, '_> {
    /// Whether what a place must not be is not true of it.
    pub(super) fn keeps(&self, place: &Place, node: NodeId) -> bool {
        let predicates = place.steps.last().map_or(&[][..], |step| &step.predicates);
        let mut refusals = predicates.iter().filter(|predicate| matches!(predicate, Predicate::Not(_)));
        refusals.all(|predicate| holds(&self.out.tree, predicate, node, &|term| self.value_of(term)))
    }

    /// Whether a reader would take a text in the group at `node` for a term beside it, which was not written and may stand there.
    pub(super) fn is_anothers_place(&self, row: &Row, node: NodeId, at: usize) -> bool {
        let (table, kind) = (self.table, self.table.kind());
        // Of a term of the whole document it is told ([`Writer::told_by_others`]): a total is worth more than its currency.
        let Some(within) = kind.term(row.term).within() else { return false };
        let is_beside = |other: &&Row| kind.term(other.term).within() == Some(within);
        let others = table.either.iter().map(|&other| &table.rows[other]).filter(is_beside);
        let Some(base) = self.contexts[at].node else { return false };
        others.filter_map(|other| self.first(other, base)).any(|(number, found)| {
            number > 0 && std::iter::successors(Some(found), |&found| self.out.tree.parent(found)).any(|up| up == node)
        })
    }

    /// The first node with a text at the places of a row, and the number of the place.
    pub(super) fn first(&self, row: &Row, base: NodeId) -> Option<(usize, NodeId)> {
        let tree = &self.out.tree;
        row.places.iter().enumerate().find_map(|(number, place)| {
            let (mut found, base) = (None, if place.from_root { NodeId::ROOT } else { base });
            matching(tree, &place.steps, base, &|term| self.value_of(term), &mut |node| {
                found = tree.text(node).filter(|text| !text.trim().is_empty()).map(|_| (number, node));
                found.is_some()
            });
            found
        })
    }

    /// Whether the predicates of a place are true of what was written there, up from `node` at the last step.
    pub(super) fn is_found_again(&self, place: &Place, node: NodeId) -> bool {
        if !place.is_told {
            return true;
        }
        let mut at = Some(node);
        place.steps.iter().rev().filter(|step| step.name != Name::PARENT).all(|step| {
            let node = at.unwrap_or(NodeId::ROOT);
            at = self.out.tree.parent(node);
            step.predicates.iter().all(|one| holds(&self.out.tree, one, node, &|term| self.value_of(term)))
        })
    }

    /// Keeps in mind that what is written later below the nodes of a place must leave the value what it is.
    pub(super) fn guard(&mut self, place: &'w Place, node: NodeId) {
        for height in &place.guarded {
            let mut above = std::iter::successors(Some(node), |&node| self.out.tree.parent(node));
            let at = above.nth(*height).unwrap_or(NodeId::ROOT);
            self.guarded.entry(at).or_default().push((place, node));
            self.guards.push((self.out.tree.len(), at));
        }
    }

    /// Whether the values whose meaning the texts set last may have changed are still found at their places.
    pub(super) fn guarded_are_found_again(&self) -> bool {
        let above = |node: NodeId| std::iter::successors(Some(node), |&node| self.out.tree.parent(node));
        self.guarded.is_empty()
            || self
                .set_last
                .iter()
                .flat_map(|&node| above(node))
                .filter_map(|node| self.guarded.get(&node))
                .all(|guarded| guarded.iter().all(|(place, node)| self.is_found_again(place, *node)))
    }

    /// The node of a context, made now if it was not before.
    #[inline(always)] // A call would take as long as what it does.
    pub(super) fn node_of(&mut self, at: usize) -> Result<NodeId, Message> {
        if let Some(node) = self.contexts[at].node {
            return Ok(node);
        }
        let Context { parent, place, repeats, .. } = self.contexts[at];
        let node = match place {
            Some(place) => self.make_in(place, parent, repeats && !place.steps.is_empty())?,
            None => NodeId::ROOT,
        };
        // A place without steps is that of the group around, and made with it.
        if place.is_some_and(|place| !place.steps.is_empty()) {
            self.contexts[at].node = Some(node);
        }
        Ok(node)
    }

    pub(super) fn make_in(&mut self, place: &'w Place, at: usize, new: bool) -> Result<NodeId, Message> {
        let base = if place.from_root { NodeId::ROOT } else { self.node_of(at)? };
        self.make(&place.steps, base, new)
    }

    /// The node at `steps` from `base`: found or made; with `new` made at the step that repeats.
    pub(super) fn make(&mut self, steps: &'w [PlaceStep], base: NodeId, new: bool) -> Result<NodeId, Message> {
        let last = steps.len().wrapping_sub(1);
        let fresh = new.then(|| steps.iter().position(|step| step.fresh).unwrap_or(last));
        let mut at = base;
        for (index, step) in steps.iter().enumerate() {
            if step.name == Name::PARENT {
                at = self.out.tree.parent(at).unwrap_or(NodeId::ROOT);
                continue;
            }
            // In a new node stands nothing but what its predicates have made.
            let is_sought = fresh != Some(index);
            let found = if is_sought { self.find(step, at) } else { None };
            at = match found {
                Some(node) => node,
                // Where any node of the name would do, there is none.
                None => self.make_step(step, &steps[index + 1..], at, is_sought && step.plain().is_some())?,
            };
        }
        Ok(at)
    }

    /// The first node below `base` of which all is true that the step asks for.
    pub(super) fn find(&self, step: &PlaceStep, base: NodeId) -> Option<NodeId> {
        let tree = &self.out.tree;
        tree.named(base, step.name).find(|&child| {
            (step.occurrences.is_empty() || step.occurrences.contains(&tree.node(child).occurrence))
                && step.predicates.iter().all(|predicate| holds(tree, predicate, child, &|term| self.value_of(term)))
        })
    }

    /// Makes one node and what its predicates ask for; not what they ask of the value at `rest` itself. `is_first` says that
    /// there is none of its name yet.
    fn make_step(
        &mut self,
        step: &'w PlaceStep,
        rest: &[PlaceStep],
        parent: NodeId,
        is_first: bool,
    ) -> Result<NodeId, Message> {
        if is_first {
            return self.out.push_first(self.grammar, parent, step.name).ok_or_else(|| self.no_place());
        }
        let node = self.push(parent, step.name, step.occurrences.first().copied())?;
        for predicate in &step.predicates {
            if let Predicate::Equals(Equals { path, values, .. }) = predicate {
                if leads_to_the_same(path, rest) {
                    continue;
                }
                if let Some(text) = values.first().and_then(|value| self.text_of(value)) {
                    let at = self.make(path, node, false)?;
                    self.set(at, text)?;
                }
            }
        }
        Ok(node)
    }

    /// Appends a node where the grammar has a place for it, as the occurrence that is told or the next one.
    pub(super) fn push(&mut self, parent: NodeId, name: Name, occurrence: Option<u32>) -> Result<NodeId, Message> {
        let made = self.out.push(self.grammar, parent, name, occurrence);
        made.map_err(|refusal| refusal.unwrap_or_else(|| self.no_place()))
    }

    /// Gives a node its text, if the syntax can hold it there.
    #[inline(always)] // A call would take as long as what it does.
    pub(super) fn set(&mut self, node: NodeId, text: Cow<'w, str>) -> Result<(), Message> {
        self.out.set(self.grammar, node, text)?;
        self.set_last.push(node);
        Ok(())
    }

    pub(super) fn back_to(&mut self, nodes: usize) {
        self.out.truncate(nodes);
        self.traces.iter_mut().for_each(|traces| traces.retain(|trace| trace.node.index() < nodes));
        if let Some(placed) = &mut self.placed {
            let kept = placed.partition_point(|placed| placed.nodes <= nodes);
            placed.truncate(kept);
        }
        // What was guarded before the nodes came has nothing to do with them.
        let late = self.guards.partition_point(|(length, _)| *length <= nodes);
        for (_, at) in self.guards.split_off(late) {
            let Some(guarded) = self.guarded.get_mut(&at) else { continue };
            guarded.retain(|(_, node)| node.index() < nodes);
            if guarded.is_empty() || at.index() >= nodes {
                self.guarded.remove(&at);
            } else {
                self.guards.push((nodes, at));
            }
        }
        // A group whose place was made meanwhile has none again.
        for context in &mut self.contexts {
            context.node = context.node.filter(|node| node.index() < nodes);
        }
    }
}

/// Whether two paths have the same names and, where both say which occurrence, one in common.
fn leads_to_the_same(one: &[PlaceStep], other: &[PlaceStep]) -> bool {
    let meets = |one: &[u32], other: &[u32]| {
        one.is_empty() || other.is_empty() || one.iter().any(|occurrence| other.contains(occurrence))
    };
    let same =
        |(one, other): (&PlaceStep, &PlaceStep)| one.name == other.name && meets(&one.occurrences, &other.occurrences);
    one.len() == other.len() && one.iter().zip(other).all(same)
}
