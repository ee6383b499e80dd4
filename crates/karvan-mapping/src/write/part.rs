//! The parts of values: schemes, units, currencies and what else qualifies them.

use std::borrow::Cow;

use karvan_model::{Leaf, Part, PartValue};
use karvan_text::Message;

use super::Writer;
use super::whole::Placed;
use crate::place::Place;
use crate::report::Entry;
use crate::table::{PartRow, Row};
use crate::tree::NodeId;

impl<'w> Writer<'w, '_> {
    /// Writes the parts of a value, and what the syntax wants said of it besides.
    pub(super) fn parts(&mut self, row: &'w Row, place: &Place, leaf: &Leaf, node: NodeId, at: usize) {
        let in_text = row.scheme_in_text(&leaf.value);
        for part in &row.parts {
            let in_text = in_text.is_some() && part.part == Part::Scheme;
            let own = leaf.value.part(part.part).filter(|text| !in_text && !self.is_implied(part, text));
            let text = match own {
                Some(text) if part.absent.as_deref() == Some(text) => {
                    self.lose_part(leaf, part.part, &self.other_meaning());
                    None
                }
                Some(text) => Some(Cow::Owned(text.to_owned())),
                None => part.default.as_ref().and_then(|value| self.text_of(value)),
            };
            let mut is_written = false;
            if let Some(text) = text {
                let is_added = leaf.value.part(part.part).is_none() && part.implied.is_none();
                let added = is_added.then(|| text.to_string());
                let put = match self.refused.find(leaf.into(), part) {
                    Some(wanted) if own.is_some() => Err(Message::new("mapping-beside").with("name", wanted)),
                    _ => self.put_part(part, text, node, at),
                };
                match put {
                    Err(reason) => self.lose_part(leaf, part.part, &reason),
                    Ok(last) => {
                        is_written = true;
                        if let Some(placed) = self.placed.as_mut().filter(|_| own.is_some()) {
                            placed.push(Placed::part(last, self.out.tree.len(), node, leaf, part));
                        }
                    }
                }
                if let Some(own) = leaf.value.parts.iter().find(|own| own.part == part.part && is_written) {
                    self.change_part(part, own, node);
                }
                if let Some(added) = added.filter(|_| is_written) {
                    let reason = self.wanted();
                    self.add(part.term.map(|term| self.table.kind().term(term)), &added, reason, node);
                }
            }
            if let Some(absent) = part.absent.as_deref().filter(|_| !is_written) {
                // A grammar that cannot hold it is a wrong table; its tests find that.
                if let (Ok(last), Some(_)) = (self.put_part(part, absent.into(), node, at), &part.default) {
                    // The syntax asks for it, and nothing says it.
                    self.add(part.term.map(|term| self.table.kind().term(term)), absent, self.wanted(), last);
                }
            }
        }
        let said = |part: Part| match part {
            Part::Time => place.format.is_some_and(|format| format.says_time(&leaf.value)),
            Part::Scheme => in_text.is_some(),
            _ => false,
        };
        for value in &leaf.value.parts {
            if row.parts.iter().all(|part| part.part != value.part) && !said(value.part) {
                self.lose_part(leaf, value.part, &self.no_place());
            }
        }
    }

    /// Tells that a part of the value at `node` is another code there.
    pub(super) fn change_part(&mut self, part: &PartRow, own: &PartValue, node: NodeId) {
        let Ok(written) = part.lens.put_text(Cow::Borrowed(&own.text)) else { return };
        if written != *own.text {
            let term = part.term.map(|term| self.table.kind().term(term));
            let entry = self.source_entry(term, &own.text, &own.origin, Message::new("mapping-other-code"));
            let (written, target) = (Some(written.into_owned()), Some(self.out.tree.path(node.number())));
            self.out.report.changed.push(Entry { written, target, ..entry });
        }
    }

    /// Writes the text of a part of the value at `node` at the first of its places that takes it, or nothing.
    pub(super) fn put_part(
        &mut self,
        part: &'w PartRow,
        text: Cow<'w, str>,
        node: NodeId,
        at: usize,
    ) -> Result<NodeId, Message> {
        let mut refusal = None;
        for place in &part.places {
            let nodes = self.out.tree.len();
            let made = part.lens.put_text(text.clone()).and_then(|text| {
                let base = if place.from_group { self.node_of(at)? } else { node };
                let base = if place.from_root { NodeId::ROOT } else { base };
                let node = self.make(&place.steps, base, false)?;
                self.set(node, text).map(|()| node)
            });
            match made {
                Ok(node) => return Ok(node),
                Err(reason) => {
                    self.back_to(nodes);
                    refusal.get_or_insert(reason);
                }
            }
        }
        Err(refusal.unwrap_or_else(|| self.no_place()))
    }

    /// Whether `text` need not be written because another term says it.
    pub(super) fn is_implied(&self, part: &'w PartRow, text: &str) -> bool {
        part.implied.as_ref().and_then(|value| self.text_of(value)).is_some_and(|implied| implied == text)
    }

    pub(super) fn lose_part(&mut self, leaf: &Leaf, part: Part, reason: &Message) {
        let kind = self.table.kind();
        for (term, value) in leaf.parts(kind).filter(|(_, value)| value.part == part) {
            let term = term.map(|term| kind.term(term));
            let entry = self.source_entry(term, &value.text, &value.origin, reason.clone());
            self.out.report.lost.push(entry);
        }
    }
}
