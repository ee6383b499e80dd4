//! What documents say again of themselves: how many lines there are, what their quantities sum up to.

use karvan_model::{Content, Group, TermId};
use rust_decimal::Decimal;

/// How often a group stands at the top of a document, or the sum of the values of a term anywhere in it.
pub(super) fn counted(term: TermId, root: &Group) -> Option<Content> {
    let groups = root.groups(term).count();
    let mut values = root.leaves().filter(|leaf| leaf.term == term);
    let sum = values.try_fold(Decimal::from(groups), |sum, leaf| match &leaf.value.content {
        Content::Number(number) => sum.checked_add(number.value()),
        _ => None,
    });
    sum.map(|sum| Content::Number(sum.into()))
}
