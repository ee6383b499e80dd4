//! What is written though no term of the document says it: defaults, sums, and what must stand beside members.

use std::borrow::Cow;

use karvan_model::{Content, Group, Leaf, Origin, Part, Term, TermId};
use karvan_text::Message;
use rust_decimal::Decimal;

use super::{Repetition, Writer};
use crate::place::Place;
use crate::report::Entry;
use crate::table::Row;
use crate::tree::NodeId;

/// The default that says which repetition of its group it stands in, from 1.
const COUNT: &str = "{#}";

impl<'w> Writer<'w, '_> {
    /// Writes what stands for a term that is missing, where the row has something for that.
    pub(super) fn missing(&mut self, row: &'w Row, group: &Group, at: usize) {
        if let Some(nothing) = &row.required {
            return self.group(row, nothing, at, Repetition::default());
        }
        if let Some(absent) = row.absent.as_deref().filter(|_| !group.is_empty()) {
            let made = self.make_in(&row.places[0], at, false);
            let _ = made.and_then(|node| self.set(node, absent.into()));
        }
        self.imply(row, at);
        let Some((text, with)) = &row.default else { return };
        // Beside a term of its group, or of the document.
        let stands = |term: TermId| [group, &self.document.root].iter().any(|group| !group.all(term).is_empty());
        if !with.is_empty() && !with.iter().any(|&with| stands(with)) {
            return;
        }
        let term = self.table.kind().term(row.term);
        let (text, reason) = match self.sum(text, group).or_else(|| self.copy(text, group)) {
            Some(value) => (value, Message::new("mapping-computed").with("formula", text)),
            None if text == COUNT => match self.node_of(at) {
                Ok(node) => (self.out.tree.node(node).occurrence.to_string(), self.wanted()),
                Err(_) => return,
            },
            None => (text.clone(), self.wanted()),
        };
        if let Ok(value) = karvan_model::Value::parse(term.kind(), &text) {
            let leaf = Leaf { term: row.term, value, origin: Origin::default() };
            let written = row.lens.put(&leaf.value.content).map(|text| Cow::Owned(text.into_owned()));
            let whose = self.contexts[at].whose;
            if let Ok((node, _)) = written.and_then(|written| self.put(row, &leaf, whose, written, at)) {
                self.add(Some(term), &text, reason, node);
            }
        }
    }

    /// Tells what the syntax says of a term without a place for it.
    pub(super) fn imply(&mut self, row: &'w Row, at: usize) {
        if let (Some(implied), Some(node)) = (row.implies(), self.contexts[at].node) {
            self.add(Some(self.table.kind().term(row.term)), implied, self.wanted(), node);
        }
    }

    /// The value of a formula `{BT-112}-{BT-113}+{BT-114}` on members of `group`; the first must be there unless the
    /// formula begins with `0+`, others count as nothing where they are missing. `{totals.lines|all(lines.amount)}` is the first
    /// that is there, and `all` the sum over the repetitions of a group at the top.
    pub(super) fn sum(&self, formula: &str, group: &Group) -> Option<String> {
        let (formula, may_be_nothing) = match formula.strip_prefix("0+") {
            Some(formula) => (formula, true),
            None => (formula, false),
        };
        let mut sum = Decimal::ZERO;
        for (index, part) in formula.split('{').skip(1).enumerate() {
            let (ids, _) = part.split_once('}')?;
            let value = match self.operand(ids, group)? {
                Some(value) => value,
                None if index > 0 || may_be_nothing => Decimal::ZERO,
                None => return None,
            };
            // The sign stands before the brace, at the end of the part before.
            let before = formula.split('{').nth(index).unwrap_or_default();
            sum = if before.ends_with('-') { sum.checked_sub(value)? } else { sum.checked_add(value)? };
        }
        formula.starts_with('{').then(|| sum.to_string())
    }

    /// What a brace of a formula stands for, none where it is missing; nothing where no number can be told.
    fn operand(&self, ids: &str, group: &Group) -> Option<Option<Decimal>> {
        for id in ids.split('|') {
            let of_all = id.strip_prefix("all(").and_then(|rest| rest.strip_suffix(')'));
            let term = self.table.kind().find(of_all.unwrap_or(id))?;
            let value = match (of_all, group.leaf(term)) {
                (Some(_), _) => self.total(term)?,
                (None, Some(leaf)) => Some(number(leaf)?),
                (None, None) => None,
            };
            if value.is_some() {
                return Some(value);
            }
        }
        Some(None)
    }

    /// The sum of a member of a group at the top of the document; none without repetitions, and nothing where one of them lacks
    /// it or has it in another currency.
    fn total(&self, term: TermId) -> Option<Option<Decimal>> {
        let around = self.table.kind().term(term).within()?;
        let mut total = None;
        for group in self.document.root.groups(around) {
            let leaf = group.leaf(term).filter(|leaf| leaf.value.part(Part::Currency).is_none())?;
            total = Some(total.unwrap_or(Decimal::ZERO).checked_add(number(leaf)?)?);
        }
        Some(total)
    }

    /// The text of the member of `group` that a formula `{BT-28}` names.
    fn copy(&self, formula: &str, group: &Group) -> Option<String> {
        let term = self.table.kind().find(formula.strip_prefix('{')?.strip_suffix('}')?)?;
        Some(group.leaf(term)?.value.text().into_owned())
    }

    pub(super) fn wanted(&self) -> Message {
        Message::new("mapping-default").with("syntax", self.table.title())
    }

    /// Tells that something was written that no term says.
    pub(super) fn add(&mut self, term: Option<&'static Term>, value: &str, reason: Message, node: NodeId) {
        self.out.report.added.push(Entry {
            term,
            value: value.to_owned(),
            written: None,
            reason,
            source: None,
            target: Some(self.out.tree.path(node.number())),
        });
    }

    /// Tells which terms that the document does not tell a reader will take from the values of others.
    pub(super) fn told_by_others(&mut self) {
        let (table, root) = (self.table, &self.document.root);
        let rows = table.either.iter().map(|&row| &table.rows[row]);
        // Of what it takes from there against the rules a reader tells itself.
        for row in rows.filter(|row| !row.lenient && table.kind().term(row.term).within().is_none()) {
            let term = table.kind().term(row.term);
            let is_lost =
                || self.out.report.lost.iter().any(|entry| entry.term.is_some_and(|lost| lost.id() == term.id()));
            if root.leaf(row.term).is_some() && !is_lost() {
                continue;
            }
            let Some((1.., node)) = self.first(row, NodeId::ROOT) else { continue };
            let text = row.lens.get(term.kind(), self.out.tree.text(node).unwrap_or_default());
            if let Ok(content) = text {
                let reason = Message::new("mapping-stands-for").with("syntax", table.title());
                self.add(Some(term), &content.into_text(), reason, node);
            }
        }
    }

    /// Writes what must stand beside the members of a group, where it does not yet.
    pub(super) fn need(&mut self, place: &'w Place, text: Option<&'w str>, at: NodeId) {
        let at = if place.from_root { NodeId::ROOT } else { at };
        let made = self.make(&place.steps, at, false);
        let (Ok(node), Some(text)) = (made, text) else { return };
        if self.out.tree.text(node).is_none() && self.set(node, text.into()).is_ok() {
            let reason = self.wanted();
            self.add(None, text, reason, node);
        }
    }
}

fn number(leaf: &Leaf) -> Option<Decimal> {
    match &leaf.value.content {
        Content::Number(number) => Some(number.value()),
        _ => None,
    }
}
