//! The nodes at a path of a table: what its predicates ask for is true of them.

use std::borrow::Cow;

use karvan_model::TermId;

use crate::names::Name;
use crate::place::{Equals, PlaceStep, Predicate, Value};
use crate::tree::{Named, NodeId, Tree};

/// Visits the nodes at all of `steps` from `base`, in document order, until `visit` says so; `compared` gives the value of
/// a term. Whether it was stopped.
pub(crate) fn matching<'v>(
    tree: &Tree<'_>,
    mut steps: &[PlaceStep],
    mut base: NodeId,
    compared: &impl Fn(TermId) -> Option<Cow<'v, str>>,
    visit: &mut impl FnMut(NodeId) -> bool,
) -> bool {
    while let Some((step, rest)) = steps.split_first() {
        let only = if step.name == Name::PARENT {
            tree.parent(base)
        } else {
            let children = tree.named(base, step.name);
            match children.only() {
                Some(child) => child.filter(|child| is_at(tree, step, *child, compared)),
                None => return among(tree, children, step, rest, compared, visit),
            }
        };
        let Some(only) = only else { return false };
        (base, steps) = (only, rest);
    }
    visit(base)
}

/// [`matching`] among the nodes at the first step.
#[inline(always)] // A call would take as long as what it does.
pub(crate) fn among<'v>(
    tree: &Tree<'_>,
    mut children: Named<'_>,
    step: &PlaceStep,
    rest: &[PlaceStep],
    compared: &impl Fn(TermId) -> Option<Cow<'v, str>>,
    visit: &mut impl FnMut(NodeId) -> bool,
) -> bool {
    children.any(|child| is_at(tree, step, child, compared) && matching(tree, rest, child, compared, visit))
}

/// Whether `node`, which has the name of `step`, is one that the step asks for.
#[inline(always)] // A call would take as long as what it does.
fn is_at<'v>(
    tree: &Tree<'_>,
    step: &PlaceStep,
    node: NodeId,
    compared: &impl Fn(TermId) -> Option<Cow<'v, str>>,
) -> bool {
    step.asks_nothing()
        || match step.qualifier().and_then(|qualifier| qualifier.decide(tree, node)) {
            Some((is_one, _)) => is_one,
            None => is_told(tree, step, node, compared),
        }
}

fn is_told<'v>(
    tree: &Tree<'_>,
    step: &PlaceStep,
    node: NodeId,
    compared: &impl Fn(TermId) -> Option<Cow<'v, str>>,
) -> bool {
    (step.occurrences.is_empty() || step.occurrences.contains(&tree.node(node).occurrence))
        && step.checks.iter().all(|predicate| holds(tree, predicate, node, compared))
}

/// Whether `predicate` is true of `node`.
pub(crate) fn holds<'v>(
    tree: &Tree<'_>,
    predicate: &Predicate,
    node: NodeId,
    compared: &impl Fn(TermId) -> Option<Cow<'v, str>>,
) -> bool {
    match predicate {
        Predicate::Not(other) => !holds(tree, other, node, compared),
        Predicate::Exists(path) => matching(tree, path, node, compared, &mut |_| true),
        Predicate::Equals(Equals { path, values, qualifier }) => {
            if let Some((is_one, _)) = qualifier.as_ref().and_then(|qualifier| qualifier.decide(tree, node)) {
                return is_one;
            }
            matching(tree, path, node, compared, &mut |node| {
                let text = tree.text(node).unwrap_or_default();
                values.iter().any(|value| is(value, text, compared))
            })
        }
    }
}

pub(crate) fn is<'v>(value: &Value, text: &str, compared: &impl Fn(TermId) -> Option<Cow<'v, str>>) -> bool {
    match value {
        Value::Text(expected) => text == expected || text.len() > expected.len() && text.trim() == expected,
        Value::Term(term) => compared(*term).is_some_and(|expected| text.trim() == expected.trim()),
    }
}
