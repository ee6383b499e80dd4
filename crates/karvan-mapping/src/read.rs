//! From a syntax tree to a document: every row finds its place, and what no row took is told.

mod counted;
mod prefixed;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use karvan_model::{
    Content, Document, Group, Kind, Leaf, Node, Origin, Part, PartValue, Places, TermId, Value as TermValue,
};
use karvan_text::Message;

use self::counted::counted;
use crate::example::Example;
use crate::lens::{Lens, code_and_text, core};
use crate::matching::{among, is, matching};
use crate::names::Name;
use crate::place::{Equals, Place, Predicate};
use crate::qualifier::{Qualifiers, Source};
use crate::report::{Entry, LossReport, Place as SourcePlace};
use crate::table::{Member, PartRow, Row, Table};
use crate::tree::{Below, NodeId, Outline, Tree};
use crate::used::Use;

/// What a document is read for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be written elsewhere: a group without a value says nothing.
    #[default]
    Convert,
    /// To be checked: what stands in the source is there, though it is a group without a value, a qualifier of nothing, no
    /// value of its kind, or one more than there may be.
    Check,
}

/// Reads a document from `tree` by `table`.
pub(crate) fn read(table: &Table, tree: Tree<'_>, purpose: Purpose) -> (Document, LossReport) {
    let (used, report) = (vec![Use::Free; tree.len()], LossReport::default());
    let mut reader = Reader {
        table,
        tree: &tree,
        used,
        qualifiers: Qualifiers::none_of(tree.len()),
        dropped: Vec::new(),
        found: Vec::new(),
        values: Vec::new(),
        report,
        purpose,
        rooms: Vec::new(),
    };
    reader.values = table.referred.iter().map(|&term| (term, reader.value_of(term))).collect();
    let mut document = Document::new(table.kind());
    document.root.origin = reader.origin(NodeId::ROOT);
    let below = tree.below(NodeId::ROOT);
    reader.rows(&table.top, Some(&below), &[], &mut document.root);
    for place in &table.fixed {
        let start = reader.find(0, place, Some(&below), false);
        for at in start..reader.found.len() {
            reader.enter(place, reader.found[at].node);
        }
        reader.found.truncate(start);
    }
    for (term, place) in &table.counted {
        reader.counter(*term, place, &below, &document.root);
    }
    if purpose == Purpose::Convert {
        reader.prefixes(&mut document.root);
    }
    reader.leftovers();
    let Reader { qualifiers, dropped, mut report, .. } = reader;
    let source = Source::new(tree.into_shape(), qualifiers);
    if !dropped.is_empty() {
        let kept: Vec<_> = document.leaves().filter_map(|leaf| leaf.origin.node()).collect();
        lose_qualifiers(&source, &dropped, &kept, &mut report);
    }
    document.places = Some(Arc::new(source));
    (document, report)
}

/// Tells the qualifiers of nothing but values that are lost.
pub(crate) fn lose_qualifiers(source: &dyn Places, lost: &[u32], kept: &[u32], report: &mut LossReport) {
    let entries = source.qualifiers(lost, kept).into_iter().map(|(value, origin)| {
        let place = origin.node().map(|node| SourcePlace { span: origin.span, path: source.path(node) });
        let reason = Message::new("mapping-qualifier");
        Entry { term: None, value, written: None, reason, source: place, target: None }
    });
    report.lost.extend(entries);
}

/// The node that a row of a repeated group was given, one a repetition.
type Assigned = (usize, NodeId);

/// How much was told of a source.
struct Count {
    /// Values that were lost though a row had taken them.
    dropped: usize,
    /// Texts that tell values apart.
    qualifiers: usize,
    /// The entries in each section of the report.
    told: [usize; LossReport::SECTIONS],
}

/// A node at one of the places of a row.
#[derive(Clone, Copy)]
struct Found {
    place: usize,
    node: NodeId,
}

struct Reader<'t, 's> {
    table: &'t Table,
    tree: &'t Tree<'s>,
    /// What the rows have made of each node.
    used: Vec<Use>,
    /// Texts that were compared with, and are no values.
    qualifiers: Qualifiers,
    /// The nodes of values that were lost though a row had taken them.
    dropped: Vec<u32>,
    /// What was found for the rows that are being read, the innermost last.
    found: Vec<Found>,
    /// The values of the terms that predicates compare with.
    values: Vec<(TermId, Option<String>)>,
    report: LossReport,
    purpose: Purpose,
    /// Room for the members of a group while they are found, used again and again.
    rooms: Vec<Vec<Node>>,
}

impl<'t> Reader<'t, '_> {
    /// The value of a term at the top of the document, before anything was read.
    fn value_of(&self, term: TermId) -> Option<String> {
        let row = self.table.row_of(term).filter(|_| self.table.kind().term(term).within().is_none())?;
        let node = row.places.iter().find_map(|place| self.first(place, Some(NodeId::ROOT)))?;
        self.tree.text(node).map(str::to_owned)
    }

    /// Remembers a value that predicates compare with; `None` where a group begins that has none yet.
    fn remember(&mut self, term: TermId, value: Option<&str>) {
        if let Some((_, known)) = self.values.iter_mut().find(|(known, _)| *known == term) {
            *known = value.map(str::to_owned);
        }
    }

    /// Reads the members of a group that stands at `base`; without one only what is told from the root is read.
    fn rows(&mut self, members: &[Member], base: Option<&Below>, assigned: &[Assigned], group: &mut Group) {
        let table = self.table;
        let here = base.map(|base| base.names).unwrap_or_default();
        for member in members.iter().filter(|member| member.always || member.names.meets(here)) {
            let row = &table.rows[member.row];
            if !row.is_for(group) {
                continue;
            }
            let given = assigned.iter().find(|(row, _)| *row == member.row).map(|(_, node)| *node);
            if table.kind().term(row.term).kind() == Kind::Group {
                self.group(row, base, given, group);
            } else {
                self.leaf(row, base, given, group);
            }
        }
    }

    fn group(&mut self, row: &'t Row, base: Option<&Below>, given: Option<NodeId>, group: &mut Group) {
        let start = self.found.len();
        match given {
            Some(node) => self.found.extend((0..row.places.len()).map(|place| Found { place, node })),
            None => {
                for (number, place) in row.places.iter().enumerate() {
                    self.find(number, place, base, row.beside);
                }
            }
        }
        if row.elsewhere {
            // The repetitions stand at either place, in the order of the document.
            let mut found = self.found.split_off(start);
            found.sort_by_key(|found| found.node.index());
            found.dedup_by_key(|found| found.node);
            self.found.append(&mut found);
        }
        let end = self.found.len();
        if start == end {
            let mut inner = Group::new(Some(row.term));
            self.rows(&row.members, None, &[], &mut inner);
            if !inner.is_empty() {
                self.add(row, inner, group);
            }
        }
        let shared = self.shared(row, end - start);
        let mut goes_on = false;
        let mut examples: Vec<Example> = Vec::new();
        // Of this repetition and of the next ones: those of all would have left the cache when their turn comes.
        let mut outlines: VecDeque<Outline> = VecDeque::new();
        for index in start..end {
            let Found { place, node } = self.found[index];
            if row.is_apart && end - start > 1 {
                let next = self.found[index + outlines.len()..end].iter().take(1 + Example::AHEAD - outlines.len());
                outlines.extend(next.map(|found| self.tree.outline(found.node)));
            }
            let outline = outlines.pop_front();
            if outline.as_ref().is_some_and(|outline| self.like_another(row, node, outline, &examples, group)) {
                continue;
            }
            let before = self.count();
            let example = outline.filter(|outline| {
                examples.len() < Example::MOST
                    && outlines.iter().any(|next| next.names == outline.names)
                    && self.is_untouched(outline)
            });
            let children = self.rooms.pop().unwrap_or_default();
            let mut inner = Group { term: Some(row.term), children, origin: self.origin(node) };
            if let Some((code, text)) = row.code_and_text {
                self.told_together(code, text, node, &mut inner);
            }
            if !row.members.is_empty() {
                row.referred_members.iter().for_each(|&member| self.remember(member, None));
                let assigned: Vec<_> = shared.iter().map(|(member, nodes)| (*member, nodes[index - start])).collect();
                match base.filter(|base| base.node == node) {
                    Some(same) => self.rows(&row.members, Some(same), &assigned, &mut inner),
                    None => self.rows(&row.members, Some(&self.tree.below(node)), &assigned, &mut inner),
                }
            }
            let has_place = !row.places[place].steps.is_empty();
            let is_more = goes_on && self.is_more(row, &inner, group);
            goes_on = row.continued.is_some_and(|term| self.is_filled(term, node));
            if is_more {
                self.enter(&row.places[place], node);
                self.go_on(row, inner, group);
            } else if !inner.is_empty() || (self.purpose == Purpose::Check && has_place) {
                self.enter(&row.places[place], node);
                // A document may have many thousand groups, and they stay: each gets the room that it needs.
                let members = inner.children.drain(..).collect();
                let room = std::mem::replace(&mut inner.children, members);
                self.add(row, inner, group);
                self.rooms.push(room);
                if let Some(outline) = example {
                    examples.extend(self.example(row, node, &outline, before, group));
                }
            } else {
                self.rooms.push(inner.children);
            }
        }
        self.found.truncate(start);
    }

    /// Whether nothing was taken yet of what stands below a node.
    fn is_untouched(&self, outline: &Outline) -> bool {
        self.used[outline.below.clone()].iter().all(|used| *used == Use::Free)
    }

    /// How much was told so far.
    fn count(&self) -> Count {
        let told = self.report.sections().map(Vec::len);
        Count { dropped: self.dropped.len(), qualifiers: self.qualifiers.texts(), told }
    }

    /// The example that the last repetition in `group` is for others; `before` it so much had been told.
    fn example(&self, row: &Row, node: NodeId, outline: &Outline, before: Count, group: &Group) -> Option<Example> {
        let all = group.all(row.term);
        let number = all.len().checked_sub(1).filter(|_| before.dropped == self.dropped.len())?;
        let sections = self.report.sections().into_iter().zip(before.told).enumerate();
        let told =
            sections.flat_map(|(section, (all, from))| all[from..].iter().map(move |entry| (section, entry.clone())));
        let qualifiers = before.qualifiers..self.qualifiers.texts();
        let place = (node, outline.clone());
        let example = Example::new(self.table, self.tree, place, (number, all[number].as_group()?), told, qualifiers)?;
        self.qualifiers.stand_in(&outline.below, &example.qualifiers).then_some(example)
    }

    /// Reads a group as another repetition of it in `group` was read whose nodes are the same, if there is one.
    fn like_another(
        &mut self,
        row: &Row,
        node: NodeId,
        outline: &Outline,
        examples: &[Example],
        group: &mut Group,
    ) -> bool {
        let Self { table, tree, .. } = *self;
        let found = examples.iter().find(|example| example.fits(tree, node, outline));
        let Some(example) = found.filter(|_| self.is_untouched(outline)) else { return false };
        let below = &outline.below;
        let (number, of_example) = example.place();
        let Some(like) = group.all(row.term).get(number).and_then(Node::as_group) else { return false };
        let Some(inner) = example.read(table, tree, (node, below), like) else { return false };
        example.tell(tree, node, below, &mut self.report);
        self.qualifiers.repeat(&of_example, &example.qualifiers, below.start);
        self.used.copy_within(of_example, below.start);
        self.enter(&row.places[0], node);
        group.push(Node::Group(inner));
        true
    }

    /// Whether nothing more fits in the place of a text below `node`.
    fn is_filled(&self, term: TermId, node: NodeId) -> bool {
        let Some(place) = self.table.row_of(term).and_then(|row| row.places.first()) else { return false };
        let (mut pieces, mut last) = (0, None);
        matching(self.tree, &place.steps, node, &|term| self.compared(term), &mut |node| {
            (pieces, last) = (pieces + 1, Some(node));
            false
        });
        let room = place.steps.last().map_or(0, |step| step.occurrences.len());
        pieces == room && last.is_some_and(|last| is_full(self.tree, last))
    }

    /// Whether the last repetition of a group goes on in this one: all else that they say is the same.
    fn is_more(&self, row: &Row, inner: &Group, group: &Group) -> bool {
        let others = |group: &Group| -> Vec<_> {
            let leaves = group.leaves().filter(|leaf| Some(leaf.term) != row.continued);
            leaves.map(|leaf| (leaf.term, leaf.value.clone())).collect()
        };
        // One without a text has nothing more of it, and what comes after it is another text.
        let last = group.all(row.term).last().and_then(Node::as_group);
        last.is_some_and(|last| others(last) == others(inner))
    }

    /// Adds the text of a group to that of the last repetition.
    fn go_on(&self, row: &Row, inner: Group, group: &mut Group) {
        let last = group.children.iter_mut().rfind(|node| node.term() == Some(row.term));
        let Some(Node::Group(last)) = last else { return };
        let text = last.children.iter_mut().find(|node| node.term() == row.continued);
        let more = inner.children.into_iter().find(|node| node.term() == row.continued);
        if let (Some(Node::Leaf(text)), Some(Node::Leaf(more))) = (text, more) {
            let whole = text.value.text().into_owned() + &more.value.text();
            text.value.content = Content::Text(whole.into());
            text.origin.span = text.origin.span.to(more.origin.span);
        }
    }

    /// Adds what was read of a group to the group around it, if there is room.
    fn add(&mut self, row: &Row, inner: Group, group: &mut Group) {
        if row.distinct && group.groups(row.term).any(|other| *other == inner) {
            inner.children.iter().filter_map(Node::as_leaf).for_each(|leaf| self.said_again(leaf));
        } else if group.all(row.term).is_empty() || self.table.kind().term(row.term).repeats() {
            group.push(Node::Group(inner));
        } else {
            self.lose_group(&inner, &Message::new("mapping-repeated").with("limit", 1));
        }
    }

    /// Members told from the root that stand as often as their group: each repetition gets its own.
    fn shared(&mut self, row: &Row, repetitions: usize) -> Vec<(usize, Vec<NodeId>)> {
        if repetitions < 2 {
            return Vec::new();
        }
        let Self { table, tree, .. } = *self;
        let rows = row.members.iter().map(|member| (member.row, &table.rows[member.row]));
        let from_root = rows.filter(|(_, row)| row.places.iter().all(|place| place.from_root));
        let members = from_root.map(|(index, row)| {
            let start = self.found.len();
            row.places.iter().for_each(|place| {
                self.find(0, place, None, false);
            });
            (index, self.found.drain(start..).map(|found| found.node).collect::<Vec<_>>())
        });
        // The pieces of one text are no values of several repetitions.
        let are_pieces = |index: usize, nodes: &[NodeId]| {
            let together = |two: &[NodeId]| tree.parent(two[0]) == tree.parent(two[1]);
            table.rows[index].lens.is_spread() && nodes.windows(2).any(together)
        };
        members.filter(|(index, nodes)| nodes.len() == repetitions && !are_pieces(*index, nodes)).collect()
    }

    /// A group whose own text tells its two members.
    fn told_together(&mut self, code: TermId, text: TermId, node: NodeId, group: &mut Group) {
        let source = self.tree.text(node).unwrap_or_default();
        if source.trim().is_empty() {
            return;
        }
        let (first, second) = code_and_text(source);
        for (term, part) in [(code, first), (text, Some(second))] {
            if let Some(part) = part {
                let value = TermValue::new(Content::Text(part.into()));
                group.push(Node::Leaf(Leaf { term, value, origin: self.origin(node) }));
            }
        }
        self.used[node.index()].take();
    }

    fn leaf(&mut self, row: &'t Row, base: Option<&Below>, given: Option<NodeId>, group: &mut Group) {
        let start = self.found.len();
        let places = if row.lenient && self.purpose == Purpose::Check { 1 } else { row.places.len() };
        for (number, place) in row.places.iter().enumerate().take(places) {
            if row.either && !group.all(row.term).is_empty() {
                break;
            }
            match given {
                Some(node) => self.found.push(Found { place: number, node }),
                None => {
                    self.find(number, place, base, row.common);
                    if row.common && self.found.len() > start + 1 {
                        // Each repetition of the group has its own.
                        self.found.truncate(start);
                        self.find(number, place, base, false);
                    }
                }
            }
            if self.found.len() == start {
                continue;
            }
            let mut at = start;
            let is_said = self.found.get(start).is_some_and(|found| self.used[found.node.index()] != Use::Free);
            // One that is told from the root may be another repetition's, and one that stands here for want of a better place
            // another term's: a group takes no more than it can hold.
            let shared = (place.from_root && row.only.is_some()) || row.either;
            let holds_one = shared && !self.table.kind().term(row.term).repeats();
            while at < self.found.len() && !(holds_one && group.leaf(row.term).is_some()) {
                let own = if row.lens.is_spread() { self.pieces(&row.lens, at) } else { 1 };
                self.value(row, place, at..at + own, base, group);
                at += own;
            }
            let from_elsewhere = match (row.common && is_said, row.lenient && number > 0) {
                (true, _) => Some("mapping-common"),
                (_, is_lenient) => is_lenient.then_some("mapping-lenient"),
            };
            if let (Some(reason), Some(leaf)) = (from_elsewhere, group.leaf(row.term)) {
                let reason = Message::new(reason).with("syntax", self.table.title());
                let entry = self.entry(Some(row.term), self.found[start].node, leaf.value.text().into_owned(), reason);
                self.report.added.push(entry);
            }
            self.found.truncate(start);
        }
        let is_asked = !row.lenient || self.purpose == Purpose::Convert;
        if let Some(implied) = row.implied.as_deref().filter(|_| is_asked && group.all(row.term).is_empty()) {
            let value = TermValue::new(Content::Text(implied.into()));
            if row.lenient {
                let reason = Message::new("mapping-by-name").with("syntax", self.table.title());
                let entry = self.entry(Some(row.term), NodeId::ROOT, implied.to_owned(), reason);
                self.report.added.push(entry);
            }
            group.push(Node::Leaf(Leaf { term: row.term, value, origin: group.origin }));
        }
        if let Some(again) = &row.again
            && let Some(leaf) = group.leaf(row.term)
        {
            self.find(0, again, base, false);
            for at in start..self.found.len() {
                self.again(row, self.found[at].node, base, leaf);
            }
            self.found.truncate(start);
        }
    }

    /// Takes a value that says the same as `leaf`, with all that qualifies it; leaves any other.
    fn again(&mut self, row: &Row, node: NodeId, base: Option<&Below>, leaf: &Leaf) {
        let tree = self.tree;
        let text = tree.text(node).unwrap_or_default();
        let mut taken = vec![node];
        let same_parts = row.parts.iter().all(|part| {
            let found = self.part_node(part, node, base);
            taken.extend(found.map(|(_, node)| node));
            found.and_then(|(_, node)| tree.text(node)) == leaf.value.part(part.part)
        });
        let kind = self.table.kind().term(row.term).kind();
        let is_free = self.used[node.index()] == Use::Free;
        if is_free && same_parts && row.lens.get(kind, text).is_ok_and(|content| content == leaf.value.content) {
            for taken in taken {
                self.used[taken.index()].take();
                let text = tree.text(taken).unwrap_or_default().to_owned();
                let entry = self.entry(Some(row.term), taken, text, Message::new("mapping-said-again"));
                self.report.form.push(entry);
            }
        }
    }

    /// How many of the nodes found from `at` on are pieces of the first one's text: those in the same parent.
    fn pieces(&self, lens: &Lens, at: usize) -> usize {
        let tree = self.tree;
        let parent = |found: &Found| tree.parent(found.node);
        let first = parent(&self.found[at]);
        let pieces = self.found[at..].iter().take_while(|found| parent(found) == first).count();
        match lens {
            Lens::Continued => {
                let rest = &self.found[at..at + pieces];
                rest.iter().position(|found| !is_full(tree, found.node)).map_or(pieces, |last| last + 1)
            }
            _ => pieces,
        }
    }

    /// Takes the value at the nodes found at `own`, one node or the pieces of a spread text.
    fn value(&mut self, row: &Row, place: &Place, own: Range<usize>, base: Option<&Below>, group: &mut Group) {
        let tree = self.tree;
        let first = self.found[own.start].node;
        let mut pieces = Vec::new();
        let text = if row.lens.is_spread() {
            for Found { node, .. } in &self.found[own.clone()] {
                // A piece with nothing in it is an empty line between others.
                let (at, before) = (tree.node(*node).occurrence, pieces.len() as u32);
                let first = tree.node(first).occurrence;
                let empty = if row.lens == Lens::Lines { at.saturating_sub(first + before) } else { 0 };
                pieces.extend((0..empty).map(|_| ""));
                pieces.push(tree.text(*node).unwrap_or_default());
            }
            let limit = Some(usize::from(tree.node(first).limit)).filter(|limit| *limit > 0);
            row.lens.join(pieces.iter().copied(), limit)
        } else {
            Cow::Borrowed(tree.text(first).unwrap_or_default())
        };
        let is_empty = is_blank(&text);
        if is_empty && (self.purpose == Purpose::Convert || row.parts.is_empty()) {
            return;
        }
        let mut origin = self.origin(first);
        for Found { node, .. } in &self.found[own] {
            self.used[node.index()].take();
            origin.span = origin.span.to(tree.node(*node).span);
        }
        if row.absent.as_deref() == Some(&*text) {
            self.use_path(place, first);
            let entry = self.entry(Some(row.term), first, text.into_owned(), Message::new("mapping-absent"));
            self.report.form.push(entry);
            return;
        }
        let shape = self.table.kind().term(row.term);
        let (text, mut cut) = match core(shape.kind(), &text).filter(|_| self.purpose == Purpose::Convert) {
            Some((core, reason)) => (Cow::Owned(core.to_owned()), Some(reason)),
            None => (text, None),
        };
        let (scheme, text) = match row.lens.scheme(&text) {
            (Some(scheme), address) => (Some(scheme.to_owned()), Cow::Owned(address.to_owned())),
            (None, _) => (None, text),
        };
        let read = match place.format {
            Some(format) => format.read(&text).or_else(|refused| {
                let other = format.read_otherwise(&text).filter(|_| self.purpose == Purpose::Convert).ok_or(refused)?;
                cut = Some("mapping-date-format");
                Ok(other)
            }),
            None => row.lens.get(shape.kind(), &text).map(|content| (content, None)),
        };
        let (content, time) = match read {
            Ok(read) => read,
            Err(_) if self.purpose == Purpose::Check => (Content::Text(text.as_ref().into()), None),
            Err(reason) => {
                let entry = self.entry(Some(row.term), first, text.into_owned(), reason);
                self.report.lost.push(entry);
                self.dropped.push(first.number());
                return;
            }
        };
        let (mut value, mut changed) = (TermValue::new(content), Vec::new());
        for part in &row.parts {
            let found = self.part_node(part, first, base);
            if let Some((place, node, text)) = found.and_then(|(place, node)| Some((place, node, tree.text(node)?))) {
                let implied =
                    part.implied.as_ref().is_some_and(|implied| is(implied, text, &|term| self.compared(term)));
                if implied || part.absent.as_deref() == Some(text) {
                    self.use_path(place, node);
                    if implied {
                        self.qualifiers.add(node, &place.steps, text);
                    } else {
                        let entry = self.entry(part.term, node, text.to_owned(), Message::new("mapping-absent"));
                        self.report.form.push(entry);
                    }
                } else if !text.is_empty() && self.used[node.index()] != Use::Taken {
                    // A code without a counterpart stays behind, and is told as such.
                    if let Ok(content) = part.lens.get(Kind::Code, text) {
                        let (code, origin) = (content.into_text(), self.origin(node));
                        if code != text {
                            changed.push(self.changed(part.term, node, text, &code, "mapping-other-code"));
                        }
                        value.set(PartValue { part: part.part, text: code, origin });
                        self.use_path(place, node);
                        self.used[node.index()] = Use::Qualifies;
                    }
                }
            }
        }
        if let Some(text) = time {
            value.set(PartValue { part: Part::Time, text: text.into(), origin });
        }
        if let Some(text) = scheme {
            value.set(PartValue { part: Part::Scheme, text: text.into(), origin });
        }
        if is_empty && value.parts.is_empty() {
            return;
        }
        self.use_path(place, first);
        let leaf = Leaf { term: row.term, value, origin };
        let has_room = || match self.purpose {
            Purpose::Convert => group.all(row.term).is_empty(),
            Purpose::Check => group.leaf(row.term).is_none_or(|other| other.value != leaf.value),
        };
        if shape.repeats() || has_room() {
            if matches!(row.lens, Lens::Codes(_)) && leaf.value.text() != text {
                changed.push(self.changed(Some(row.term), first, &text, &leaf.value.text(), "mapping-other-code"));
            }
            if let Some(reason) = cut {
                let written = tree.text(first).unwrap_or_default();
                let read = if place.format.is_some() { leaf.value.text() } else { Cow::Borrowed(&*text) };
                changed.push(self.changed(Some(row.term), first, written, &read, reason));
            }
            if pieces.len() > 1 && row.lens == Lens::Joined && pieces.concat() != text {
                changed.push(self.changed(Some(row.term), first, &pieces.join("\n"), &text, "mapping-joined"));
            }
            self.report.changed.append(&mut changed);
            if row.is_referred {
                self.remember(row.term, Some(&leaf.value.text()));
            }
            group.push(Node::Leaf(leaf));
        } else if group.leaf(row.term).is_some_and(|other| other.value == leaf.value) {
            self.said_again(&leaf);
        } else {
            self.lose(&leaf, &Message::new("mapping-repeated").with("limit", 1));
        }
    }

    /// Takes what says again how often a term stands, or what its values sum up to; anything else it says is left over.
    fn counter(&mut self, term: TermId, place: &Place, below: &Below, root: &Group) {
        let start = self.find(0, place, Some(below), false);
        // Once for all: a hostile document may say it a million times.
        let counted = if start < self.found.len() { counted(term, root) } else { None };
        for at in start..self.found.len() {
            let node = self.found[at].node;
            let text = self.tree.text(node).unwrap_or_default();
            if Lens::Number.get(Kind::Quantity, text).is_ok_and(|said| Some(&said) == counted.as_ref()) {
                self.use_path(place, node);
                let entry = self.entry(Some(term), node, text.to_owned(), Message::new("mapping-counted"));
                self.report.form.push(entry);
            }
        }
        self.found.truncate(start);
    }

    /// Tells what no row has taken.
    fn leftovers(&mut self) {
        let Self { tree, table, .. } = *self;
        let left = |id: NodeId| {
            let text = if self.used[id.index()].has_left() { tree.text(id) } else { None };
            Some((id, text.filter(|text| !is_blank(text))?))
        };
        // A document may have nothing else.
        self.report.lost.reserve(tree.ids().filter_map(left).count());
        let mut paths = tree.paths();
        for (id, text) in tree.ids().filter_map(left) {
            let node = tree.node(id);
            let implied = node.name != Name::UNKNOWN && table.implied.binary_search(&node.name).is_ok();
            let reason = Message::new(if implied { "mapping-implied" } else { "mapping-no-term" });
            let source = Some(SourcePlace { span: node.span, path: paths.of(id) });
            let entry = Entry { term: None, value: text.to_owned(), written: None, reason, source, target: None };
            if implied { self.report.form.push(entry) } else { self.report.lost.push(entry) }
        }
    }

    /// The node of a part of the value at `node`, whose group stands at `base`, and which of the places it is.
    fn part_node<'p>(&self, part: &'p PartRow, node: NodeId, base: Option<&Below>) -> Option<(&'p Place, NodeId)> {
        part.places.iter().find_map(|place| {
            let from = if place.from_group { base.map(|base| base.node) } else { Some(node) };
            Some((place, self.first(place, from)?))
        })
    }

    /// The first node at `place`.
    fn first(&self, place: &Place, base: Option<NodeId>) -> Option<NodeId> {
        let base = if place.from_root { NodeId::ROOT } else { base? };
        let mut first = None;
        matching(self.tree, &place.steps, base, &|term| self.compared(term), &mut |node| {
            first = Some(node);
            true
        });
        first
    }

    /// Adds the nodes at `place` that no row has taken yet, or all with `beside`, to those found; gives where they begin.
    #[inline(always)] // A call would take as long as what it does.
    fn find(&mut self, number: usize, place: &Place, base: Option<&Below>, beside: bool) -> usize {
        let Self { tree, used, found, values, .. } = self;
        let (start, compared) = (found.len(), |term| compared(values, term));
        let mut visit = |node: NodeId| {
            // A group may stand where its group does: the place itself is no value that could be taken twice.
            if beside || place.steps.is_empty() || used[node.index()] == Use::Free {
                found.push(Found { place: number, node });
            }
            false
        };
        match (base, place.steps.split_first()) {
            _ if place.from_root => {
                matching(tree, &place.steps, NodeId::ROOT, &compared, &mut visit);
            }
            (Some(base), Some((step, rest))) if step.name != Name::PARENT => {
                let children = tree.named_below(base, step.name);
                among(tree, children, step, rest, &compared, &mut visit);
            }
            (Some(base), _) => {
                matching(tree, &place.steps, base.node, &compared, &mut visit);
            }
            (None, _) => {}
        }
        start
    }

    fn compared(&self, term: TermId) -> Option<Cow<'_, str>> {
        compared(&self.values, term)
    }

    /// Marks what a value at `node`, the last step of `place`, stands for as taken: its text and those on the way.
    fn use_path(&mut self, place: &Place, node: NodeId) {
        self.used[node.index()].take();
        self.use_compared(place, node);
    }

    /// Marks the place of a group at `node`, the last step of `place`, and the texts on the way.
    fn enter(&mut self, place: &Place, node: NodeId) {
        self.used[node.index()].enter();
        self.use_compared(place, node);
    }

    /// Marks the texts that the predicates of `place` compared with as taken, from `node` at its last step upwards.
    fn use_compared(&mut self, place: &Place, node: NodeId) {
        if !place.compares {
            return;
        }
        let mut at = Some(node);
        for step in place.steps.iter().rev() {
            let Some(node) = at else { return };
            for predicate in &step.checks {
                if let Predicate::Equals(Equals { path, values, qualifier }) = predicate {
                    let Self { tree, used, qualifiers, values: known, .. } = self;
                    if let Some(qualifier) = qualifier
                        && let Some((true, sole)) = qualifier.decide(tree, node)
                    {
                        used[sole.index()].take();
                        qualifiers.add_short(sole, qualifier.height());
                        continue;
                    }
                    let compared = |term| compared(known, term);
                    let mut mark = |node: NodeId| {
                        let text = tree.text(node).unwrap_or_default();
                        if values.iter().any(|value| is(value, text, &compared)) {
                            used[node.index()].take();
                            qualifiers.add(node, path, text);
                        }
                        false
                    };
                    matching(tree, path, node, &compared, &mut mark);
                }
            }
            at = self.tree.parent(node);
        }
    }

    fn lose_group(&mut self, group: &Group, reason: &Message) {
        for node in &group.children {
            match node {
                Node::Group(inner) => self.lose_group(inner, reason),
                Node::Leaf(leaf) => self.lose(leaf, reason),
            }
        }
    }

    fn lose(&mut self, leaf: &Leaf, reason: &Message) {
        self.dropped.extend(leaf.origin.node());
        crate::write::lose(self.table.kind(), &path_in(self.tree), leaf, reason, &mut self.report.lost);
    }

    fn said_again(&mut self, leaf: &Leaf) {
        let reason = Message::new("mapping-said-again");
        crate::write::lose(self.table.kind(), &path_in(self.tree), leaf, &reason, &mut self.report.repeated);
    }

    fn origin(&self, node: NodeId) -> Origin {
        Origin::new(self.tree.node(node).span, node.number())
    }

    /// That `value` at a node has become `written`.
    fn changed(&self, term: Option<TermId>, node: NodeId, value: &str, written: &str, reason: &'static str) -> Entry {
        let entry = self.entry(term, node, value.to_owned(), Message::new(reason));
        Entry { written: Some(written.to_owned()), ..entry }
    }

    fn entry(&self, term: Option<TermId>, node: NodeId, value: String, reason: Message) -> Entry {
        let (span, path) = (self.tree.node(node).span, self.tree.path(node.number()));
        let term = term.map(|term| self.table.kind().term(term));
        Entry { term, value, written: None, reason, source: Some(SourcePlace { span, path }), target: None }
    }
}

/// Whether a text has nothing but white space; most begin with something else.
fn is_blank(text: &str) -> bool {
    text.bytes().next().is_none_or(|first| !first.is_ascii_graphic()) && text.trim().is_empty()
}

/// Whether no more characters fit in the place of a text.
fn is_full(tree: &Tree<'_>, node: NodeId) -> bool {
    let limit = usize::from(tree.node(node).limit);
    limit > 0 && tree.text(node).is_some_and(|text| text.chars().count() >= limit)
}

/// Tells the paths of values that stand in `tree`.
fn path_in(tree: &Tree<'_>) -> impl Fn(&Origin) -> Option<String> {
    |origin| origin.node().map(|node| tree.path(node))
}

/// The value of a term that predicates compare with.
fn compared(values: &[(TermId, Option<String>)], term: TermId) -> Option<Cow<'_, str>> {
    let (_, value) = values.iter().find(|(known, _)| *known == term)?;
    value.as_deref().map(Cow::Borrowed)
}
