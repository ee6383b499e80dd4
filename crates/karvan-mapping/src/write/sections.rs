//! Groups that are written section by section, in parts that have nothing to do with each other.

use karvan_model::{Group, Node};

use super::{Context, Terms, Writer};
use crate::pattern::Pattern;
use crate::pieces::Pieces;
use crate::table::{Row, WriteSection};

impl<'w> Writer<'w> {
    /// Writes a group section by section: each becomes text as soon as it is written, or is written like one before it; and
    /// shows others how to be written, if there are more to come.
    pub(super) fn in_sections(&mut self, row: &'w Row, group: &'w Group, at: usize, has_more: bool) {
        self.remember(group);
        let present = Terms::of(group);
        self.contexts.push(Context { node: None, parent: at, place: Some(&row.places[0]), repeats: true });
        let own = self.contexts.len() - 1;
        let mut pieces = std::mem::take(&mut self.pieces);
        let mut members: Vec<&'w Node> = Vec::with_capacity(group.children.len());
        for WriteSection { number, members: section } in &row.write_sections {
            members.clear();
            members.extend(section.iter().flat_map(|member| present.all(member.term)));
            if members.is_empty() && !section.iter().any(|member| member.fills)
                || self.like_another(*number, &members, own, &mut pieces)
            {
                continue;
            }
            if self.patterns.len() <= *number {
                self.patterns.resize_with(number + 1, Vec::new);
            }
            self.traces = (has_more && self.patterns[*number].len() < Pattern::MOST).then(Vec::new);
            let (first, entries) = (self.guards.len(), self.counts());
            section.iter().for_each(|member| self.member(member, &present, own, None));
            let traces = self.traces.take().filter(|_| entries == self.counts());
            let Some(node) = self.contexts[own].node else { continue };
            let (start, begin) = (pieces.len(), pieces.text.len());
            let texts = crate::xml::elements(self.table, &self.out, node, &mut pieces);
            if let Some(traces) = traces {
                let pattern =
                    Pattern::new(self.table, &members, &self.out, &traces, (pieces.since(start), begin), &texts);
                self.patterns[*number].extend(pattern);
            }
            // Nothing comes to these nodes any more.
            self.guards.drain(first..).for_each(|(_, at)| drop(self.guarded.remove(&at)));
            self.out.truncate(node.index() + 1);
        }
        self.without_row(group);
        if let Some(node) = self.contexts.pop().and_then(|context| context.node) {
            let table = self.table;
            self.out.finish(node, |written, out| crate::xml::close(table, written, node, &pieces, out));
        }
        pieces.clear();
        self.pieces = pieces;
    }

    /// Writes a section as another one was written that says the same terms, if there is one.
    pub(super) fn like_another(&mut self, section: usize, members: &[&Node], at: usize, pieces: &mut Pieces) -> bool {
        let (table, nodes) = (self.table, self.out.tree.len());
        let fits = |pattern: &Pattern<'_>| pattern.fits(table, members);
        let Some(found) = self.patterns.get(section).and_then(|known| known.iter().position(fits)) else {
            return false;
        };
        if self.node_of(at).is_ok() && self.patterns[section][found].put(self.grammar, members, pieces).is_some() {
            // What is met often comes to stand first.
            self.patterns[section].swap(found, found / 2);
            return true;
        }
        self.back_to(nodes);
        false
    }
}
