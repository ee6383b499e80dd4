//! From a document to a syntax tree: every row makes its place, and what has none is told.

mod missing;
mod node;
mod part;
mod terms;
mod together;
mod whole;

use std::borrow::Cow;
use std::collections::HashSet;

use karvan_model::{Content, Document, DocumentType, Group, Leaf, Node, Origin, Term, TermId};
use karvan_text::{Message, Span};

use self::terms::Terms;
use self::whole::{Placed, Refused, Whose};
use crate::Lens;
use crate::fixed::FixedMap;
use crate::grammar::Grammar;
use crate::names::Name;
use crate::pattern::{Pattern, Trace, alike, terms_of};
use crate::place::{Equals, Place, PlaceStep, Predicate, Value};
use crate::report::{Entry, LossReport, Place as SourcePlace};
use crate::table::{Member, Row, Syntax, Table};
use crate::tree::{NodeId, Tree};
use crate::written::{Written, too_long, too_many_pieces};

/// Writes `document` by `table`, as `grammar` allows it.
pub(crate) fn write<'w>(table: &'w Table, document: &'w Document, grammar: &'w Grammar) -> Written<'w> {
    let mut refused = Refused::default();
    let mut written = loop {
        let (written, placed) = write_but(table, document, grammar, &refused);
        // What the syntax has nowhere without something else, which is missing, goes elsewhere or is lost.
        if !refused.add(whole::broken(grammar, &written, &placed)) {
            break written;
        }
    };
    lose_qualifiers_of(document, &mut written.report);
    written
}

/// Writes a document without what is `refused`, and gives the places of its values if some may have to be.
fn write_but<'w>(
    table: &'w Table,
    document: &'w Document,
    grammar: &'w Grammar,
    refused: &Refused,
) -> (Written<'w>, Vec<Placed>) {
    let label = match table.syntax() {
        Syntax::Xml(syntax) => crate::names::split(&syntax.root),
        Syntax::Edifact(_) | Syntax::Json(_) => ("", ""),
    };
    let mut written = Written::new(Tree::new(table.names.labels(), Name::UNKNOWN, label, Span::default()));
    // A value has its node, perhaps one for what qualifies it, and a share of the nodes around it.
    let in_parts = table.top.iter().any(|member| table.rows[member.row].is_closed);
    let most = if in_parts { Written::ROOM / 3 } else { usize::MAX };
    written.reserve(3 * document.leaves().take(most).count());
    let values = table.referred.iter().map(|&term| (term, None)).collect();
    let contexts = vec![Context::at(NodeId::ROOT, &document.root)];
    let mut writer = Writer {
        table,
        document,
        values,
        grammar,
        contexts,
        guarded: FixedMap::default(),
        guards: Vec::new(),
        set_last: Vec::new(),
        traces: None,
        patterns: Vec::new(),
        placed: grammar.wants_any().then(Vec::new),
        refused,
        kept: 0,
        out: written,
    };
    for place in &table.fixed {
        // A place of the table's own that the grammar lacks is a wrong table; its tests find that.
        let _ = writer.make(&place.steps, NodeId::ROOT, false);
    }
    writer.rows(&table.top, &document.root, 0, None);
    writer.told_by_others();
    (writer.out, writer.placed.unwrap_or_default())
}

/// Tells the qualifiers of the source that told nothing but values that are lost.
fn lose_qualifiers_of(document: &Document, report: &mut LossReport) {
    let told = report.lost.iter().filter_map(|entry| Some((entry.term?.id(), entry.source.as_ref()?.span)));
    let told: HashSet<_> = told.collect();
    let Some(places) = document.places.as_ref().filter(|_| !told.is_empty()) else { return };
    let (mut lost, mut kept) = (Vec::new(), Vec::new());
    for leaf in document.leaves() {
        let is_lost = told.contains(&(document.kind.term(leaf.term).id(), leaf.origin.span));
        if is_lost { &mut lost } else { &mut kept }.extend(leaf.origin.node());
    }
    crate::read::lose_qualifiers(&**places, &lost, &kept, report);
}

/// Adds an entry for `leaf` and one for each part of its value; `path` tells where they came from.
pub(crate) fn lose(
    kind: &'static DocumentType,
    path: &impl Fn(&Origin) -> Option<String>,
    leaf: &Leaf,
    reason: &Message,
    entries: &mut Vec<Entry>,
) {
    let entry = |term, value: &str, origin: &Origin| {
        let source = path(origin).map(|path| SourcePlace { span: origin.span, path });
        Entry { term, value: value.to_owned(), written: None, reason: reason.clone(), source, target: None }
    };
    entries.push(entry(Some(kind.term(leaf.term)), &leaf.value.text(), &leaf.origin));
    for (term, part) in leaf.parts(kind) {
        entries.push(entry(term.map(|term| kind.term(term)), &part.text, &part.origin));
    }
}

/// The place of a group that is being written: made when its first member needs it.
struct Context<'w> {
    node: Option<NodeId>,
    parent: usize,
    place: Option<&'w Place>,
    /// Whether the group may repeat, so that every repetition needs a node of its own.
    repeats: bool,
    repetition: Repetition<'w>,
    /// The group of the document: that around where the document has none.
    whose: Whose,
}

impl Context<'_> {
    fn at(node: NodeId, group: &Group) -> Self {
        let repetition = Repetition::default();
        Self { node: Some(node), parent: 0, place: None, repeats: false, repetition, whose: group.into() }
    }
}

/// Which of the repetitions of a group one is.
#[derive(Clone, Copy, Default)]
struct Repetition<'w> {
    all: &'w [Node],
    number: usize,
}

impl<'w> Repetition<'w> {
    fn before(&self) -> impl Iterator<Item = &'w Group> + use<'w> {
        self.all.iter().take(self.number).filter_map(Node::as_group)
    }

    fn after(&self) -> impl Iterator<Item = &'w Group> + use<'w> {
        self.all.iter().skip(self.number + 1).filter_map(Node::as_group)
    }

    /// How many come after it.
    fn left(&self) -> usize {
        self.all.len().saturating_sub(self.number + 1)
    }
}

/// Which repetition of which member a group is written for.
type Only = Option<(TermId, usize)>;

struct Writer<'w, 'r> {
    table: &'w Table,
    document: &'w Document,
    /// The values of the terms that places are told by.
    values: Vec<(TermId, Option<Cow<'w, str>>)>,
    grammar: &'w Grammar,
    contexts: Vec<Context<'w>>,
    /// Values that what is written later may give another meaning, with their places, by the node that it would have to
    /// be written below.
    guarded: FixedMap<NodeId, Vec<(&'w Place, NodeId)>>,
    /// The keys of those in the order they came, with the length of the tree then.
    guards: Vec<(usize, NodeId)>,
    /// The nodes that got their texts with the value that is being written.
    set_last: Vec<NodeId>,
    /// The values written since others are to be written like them.
    traces: Option<Vec<Trace<'w>>>,
    /// How repetitions of groups were written, for others that say the same terms.
    patterns: Vec<Pattern<'w>>,
    /// Where the values of the document stand, where some may have to be taken back.
    placed: Option<Vec<Placed>>,
    /// What may not stand where it would.
    refused: &'r Refused,
    /// How many values stand somewhere, or need not.
    kept: usize,
    out: Written<'w>,
}

impl<'w> Writer<'w, '_> {
    /// Writes the members of `group`, whose place is the context `at`.
    fn rows(&mut self, rows: &[Member], group: &'w Group, at: usize, only: Only) {
        let table = self.table;
        self.remember(group);
        let present = Terms::of(group);
        for row in rows {
            let members = present.all(row.term);
            if members.is_empty() && !row.fills {
                continue;
            }
            let row = &table.rows[row.row];
            if members.is_empty() {
                self.missing(row, group, at);
                continue;
            }
            if !row.is_for(group) {
                let reason = self.no_place();
                members.iter().for_each(|member| self.lose(member, &reason));
                continue;
            }
            let mut lost = 0;
            for (number, member) in members.iter().enumerate() {
                let again = only.is_some_and(|(term, repetition)| term != row.term && repetition > 0);
                let skipped = match only {
                    Some((term, repetition)) if term == row.term => number != repetition,
                    // Beyond the first repetition only what the group cannot be without is said again.
                    _ => again && !table.kind().term(row.term).is_required(),
                };
                match member {
                    _ if skipped => {}
                    Node::Leaf(leaf) if row.implies().is_some_and(|text| text == leaf.value.text()) => {
                        self.kept += 1;
                    }
                    Node::Group(inner) if again => self.group_again(row, inner, at),
                    Node::Group(inner) => self.group(row, inner, at, Repetition { all: members, number }),
                    Node::Leaf(leaf) => match self.leaf(row, leaf, at) {
                        Ok(node) if again => {
                            let reason = Message::new("mapping-each").with("syntax", table.title());
                            self.add(Some(table.kind().term(row.term)), &leaf.value.text(), reason, node);
                            self.kept += 1;
                        }
                        Ok(_) => self.kept += 1,
                        Err(reason) => {
                            // What is said again has been written before, or told.
                            if !again {
                                self.lose_leaf(leaf, &reason);
                            }
                            self.forget_value(row.term);
                            lost += 1;
                        }
                    },
                }
            }
            if lost == members.len() {
                // The place must be filled all the same.
                self.missing(row, group, at);
            }
        }
        if only.is_none_or(|(_, repetition)| repetition == 0) {
            let own = group.term.and_then(|term| table.row_of(term)).filter(|row| row.code_and_text.is_some());
            let has_none = |term| table.row_of(term).is_none() && !own.is_some_and(|row| row.tells(term));
            for member in group.children.iter().filter(|member| member.term().is_some_and(has_none)) {
                let reason = self.no_place();
                self.lose(member, &reason);
            }
        }
    }

    /// Writes a group, whose place is in the context `at`.
    fn group(&mut self, row: &'w Row, group: &'w Group, at: usize, which: Repetition<'w>) {
        if let Some((code, text)) = row.code_and_text {
            return self.told_together(row, (code, text), group, at, which);
        }
        let is_plain = at == 0 && row.is_closed && row.each.is_none() && !row.places[0].is_told;
        if is_plain {
            if self.like_another(row, group, at, which) {
                return;
            }
            self.traces = self.is_example(group, which).then(Vec::new);
        }
        let each = row.each.map_or(1, |each| group.all(each).len());
        if each == 0 && row.inhabited {
            let reason = self.no_place();
            group.children.iter().for_each(|member| self.lose(member, &reason));
            return;
        }
        for repetition in 0..each.max(1) {
            let only = row.each.map(|each| (each, repetition));
            let (nodes, entries, kept) = (self.out.tree.len(), self.counts(), self.kept);
            let mut places = row.places.iter().take(if row.elsewhere { usize::MAX } else { 1 }).peekable();
            while let Some(place) = places.next() {
                if self.group_in(row, place, group, (at, which), only) || places.peek().is_none() {
                    break;
                }
                self.back_to(nodes);
                self.forget(entries);
                self.kept = kept;
            }
        }
    }

    /// Writes a repetition of a group at one of the places of its row, in the context `at`; whether anything of it is there.
    fn group_in(
        &mut self,
        row: &'w Row,
        place: &'w Place,
        group: &'w Group,
        (at, which): (usize, Repetition<'w>),
        only: Option<(TermId, usize)>,
    ) -> bool {
        let (nodes, entries, kept) = (self.out.tree.len(), self.counts(), self.kept);
        let repeats = self.table.kind().term(row.term).repeats();
        let is_of_table = row.required.as_ref().is_some_and(|nothing| std::ptr::eq(nothing, group));
        let whose = if is_of_table { self.contexts[at].whose } else { group.into() };
        let context = Context { node: None, parent: at, place: Some(place), repeats, repetition: which, whose };
        self.contexts.push(context);
        let own = self.contexts.len() - 1;
        self.rows(&row.members, group, own, only);
        let mut node = self.contexts.pop().and_then(|context| context.node);
        if self.placed.is_some() && self.kept == kept && !group.is_empty() {
            // What stands beside the values of the group, or in place of some, says nothing without them.
            self.back_to(nodes);
            self.forget_all_but_lost(entries);
            node = None;
        }
        if let Some(node) = node {
            row.needs.iter().for_each(|(need, text)| self.need(need, text.as_deref(), node));
        }
        let at_once = node.filter(|_| self.grammar.wants_at_once());
        let missing = at_once.and_then(|node| self.missing_around(node, nodes));
        let reason = match missing {
            Some(name) => Some(Message::new("mapping-beside").with("name", name)),
            None => {
                let is_found = |node| self.keeps(place, node) && !self.is_anothers_place(row, node, at);
                (!node.is_none_or(is_found)).then(|| self.other_meaning())
            }
        };
        if let Some(reason) = reason {
            // What was written would be read as something else, or not be whole.
            self.back_to(nodes);
            self.forget(entries);
            group.children.iter().for_each(|member| self.lose(member, &reason));
            return false;
        }
        if let Some(node) = node.filter(|_| at == 0 && row.is_closed) {
            let is_carried = entries == self.counts();
            let traces = self.traces.take().filter(|_| is_carried);
            self.finish(node, group, traces, which);
        }
        self.kept > kept || group.is_empty()
    }

    /// Whether one of the next repetitions of a group may be written like this one.
    fn is_example(&self, group: &Group, which: Repetition<'w>) -> bool {
        let mut next = which.after().take(Pattern::AHEAD);
        self.patterns.len() < Pattern::MOST && next.any(|next| alike(self.table, group, next))
    }

    /// Writes a group as another repetition of it was written that says the same terms, if there is one.
    fn like_another(&mut self, row: &'w Row, group: &Group, at: usize, which: Repetition<'w>) -> bool {
        let table = self.table;
        let terms = if self.patterns.is_empty() { 0 } else { terms_of(group) };
        let fits = |pattern: &Pattern<'_>| pattern.fits(table, group, terms);
        let Some(found) = self.patterns.iter().position(fits) else { return false };
        let nodes = self.out.tree.len();
        if let Ok(node) = self.make_in(&row.places[0], at, true) {
            let Self { patterns, grammar, out, .. } = self;
            if out.finish(node, which.left(), |content| patterns[found].put(grammar, group, content)).is_some() {
                return true;
            }
        }
        self.back_to(nodes);
        false
    }

    /// Writes out what nothing comes to any more, where there is much already, for a document may have many thousand lines,
    /// or where the `traces` of the values in it show others how to be written.
    fn finish(&mut self, node: NodeId, group: &'w Group, traces: Option<Vec<Trace<'w>>>, which: Repetition<'w>) {
        let late = self.guards.partition_point(|(length, _)| *length <= node.index());
        // A value that must keep its meaning is looked at again when something is written below a node around it.
        let are_within = self.guards[late..].iter().all(|(_, at)| *at >= node);
        if (node.index() >= Written::ROOM || traces.is_some()) && are_within && self.out.is_last(node) {
            self.guards.drain(late..).for_each(|(_, at)| drop(self.guarded.remove(&at)));
            let (content, texts) = crate::xml::content(self.table, &self.out, node);
            let pattern = traces.map(|traces| Pattern::new(self.table, group, &self.out, &traces, &content, &texts));
            self.patterns.extend(pattern.flatten());
            self.out.finish(node, which.left(), |out| {
                out.push_str(&content);
                Some(())
            });
        }
    }

    /// Writes a group once more for another repetition of the group around: what is written has been added.
    fn group_again(&mut self, row: &'w Row, group: &'w Group, at: usize) {
        let mut entries = self.counts();
        self.group(row, group, at, Repetition::default());
        // What finds no place was told the first time; sections stand in the order of the report, lost first.
        let lost = self.out.report.lost.split_off(entries[0]);
        entries[0] = self.out.report.lost.len();
        self.forget(entries);
        let mut lost: Vec<_> = lost.iter().map(|entry| (entry.term.map(Term::id), entry.value.clone())).collect();
        let kind = self.table.kind();
        for leaf in group.leaves() {
            let (term, text) = (kind.term(leaf.term), leaf.value.text());
            if let Some(found) = lost.iter().position(|(id, value)| *id == Some(term.id()) && *value == text) {
                lost.swap_remove(found);
                continue;
            }
            let reason = Message::new("mapping-each").with("syntax", self.table.title());
            self.out.report.added.push(Entry {
                term: Some(term),
                value: text.into_owned(),
                written: None,
                reason,
                source: None,
                target: None,
            });
        }
    }

    /// Writes a value at the first of its places that takes it, and gives the node.
    fn leaf(&mut self, row: &'w Row, leaf: &'w Leaf, at: usize) -> Result<NodeId, Message> {
        let text = row.text(&leaf.value)?.ok_or_else(|| self.other_meaning())?;
        let (node, place) = self.put(row, leaf, leaf.into(), text, at)?;
        if let Some(traces) = &mut self.traces {
            traces.push(Trace { leaf, row, place, node });
        }
        Ok(node)
    }

    /// Writes `text`, which the lens has made of `leaf`, and gives the node, and the place if it is the first that was tried.
    fn put(
        &mut self,
        row: &'w Row,
        leaf: &Leaf,
        whose: Whose,
        text: Cow<'w, str>,
        at: usize,
    ) -> Result<(NodeId, Option<&'w Place>), Message> {
        if row.absent.as_deref() == Some(&*text) {
            // What stands for no value cannot stand for this one.
            self.make_in(&row.places[0], at, false).and_then(|node| self.set(node, text))?;
            return Err(self.other_meaning());
        }
        let repeats = self.table.kind().term(row.term).repeats();
        let mut refusal = None;
        // Lines are one text where no place has room for each alone.
        let has_lines = row.lens == Lens::Lines && row.places.len() > 1 && text.contains('\n');
        let tries = row.places.iter().map(|place| (place, !has_lines));
        let more = row.places.iter().filter(|_| has_lines).map(|place| (place, true));
        for (place, flows) in tries.chain(more).filter(|(place, _)| suits(place, row, leaf)) {
            if let Some(wanted) = self.refused.find(whose, place) {
                refusal.get_or_insert_with(|| Message::new("mapping-beside").with("name", wanted));
                continue;
            }
            let nodes = self.out.tree.len();
            let text = match place.format.map(|format| format.write(&leaf.value)) {
                Some(Some(text)) => text.into(),
                // Another place has the format that says as much as the value.
                Some(None) => continue,
                None => text.clone(),
            };
            let entries = self.grammar.wants_at_once().then(|| self.counts());
            let mut put = self.put_at(row, (place, flows), leaf, text, at, repeats);
            if let (Ok(node), Some(entries)) = (&put, entries)
                && let Some(name) = self.missing_around(*node, nodes)
            {
                self.forget(entries);
                put = Err(Message::new("mapping-beside").with("name", name));
            }
            match put {
                Ok(node) => {
                    if let Some(placed) = &mut self.placed {
                        placed.push(Placed::value(node, self.out.tree.len(), whose, place));
                    }
                    return Ok((node, refusal.is_none().then_some(place)));
                }
                Err(reason) => {
                    self.back_to(nodes);
                    refusal.get_or_insert(reason);
                }
            }
        }
        Err(refusal.unwrap_or_else(|| self.no_place()))
    }

    fn put_at(
        &mut self,
        row: &'w Row,
        (place, flows): (&'w Place, bool),
        leaf: &Leaf,
        text: Cow<'w, str>,
        at: usize,
        repeats: bool,
    ) -> Result<NodeId, Message> {
        if place.told_by.iter().any(|&term| self.is_anothers(term)) {
            return Err(self.other_meaning());
        }
        // What is told from the root for a group that repeats is written once a repetition where its path says so.
        let shared = place.from_root && place.is_fresh && self.contexts[at].repeats;
        let nodes = self.out.tree.len();
        let node = match self.make_in(place, at, repeats || shared) {
            Err(_) if shared && !repeats => {
                self.back_to(nodes);
                self.make_in(place, at, false)?
            }
            made => made?,
        };
        if let Some(there) = self.out.tree.text(node) {
            // A place that another group has filled already with the same value says it for both.
            if there != text {
                return Err(Message::new("mapping-repeated").with("limit", 1));
            }
            let (reason, repeated) = (Message::new("mapping-said-again"), &mut self.out.report.repeated);
            lose(self.table.kind(), &|origin| self.document.path(origin), leaf, &reason, repeated);
            return Ok(node);
        }
        self.set_last.clear();
        let (mut shorter, mut longer, mut flowing) = (None, None, None);
        if row.lens.is_spread() {
            flowing = self.spread(row, (place, flows), node, row.lens.told(&text), at)?;
        } else if let Some(filled) = with_zeros(&leaf.value.content, &text, self.out.digits(node)) {
            self.set(node, filled.clone().into())?;
            longer = Some(filled);
        } else if let Err(reason) = self.set(node, text.clone()) {
            shorter = without_zeros(&leaf.value.content, &text, self.out.limit(node));
            self.set(node, shorter.clone().ok_or(reason)?.into())?;
        }
        let told = self.counts();
        self.parts(row, place, leaf, node, at);
        if !self.is_found_again(place, node) || !self.guarded_are_found_again() {
            self.forget(told);
            return Err(self.other_meaning());
        }
        self.guard(place, node);
        let other = match row.lens {
            _ if flowing.is_some() => flowing.as_deref().map(|flowing| (flowing, "mapping-flowing")),
            Lens::Codes(_) if text != leaf.value.text() => Some((text.as_ref(), "mapping-other-code")),
            Lens::Lines if row.lens.told(&text) != text => Some((row.lens.told(&text), "mapping-line-end")),
            Lens::Number if longer.is_none() && shorter.is_none() && text != leaf.value.text() => {
                Some((text.as_ref(), "mapping-number-form"))
            }
            _ if longer.is_some() => longer.as_deref().map(|longer| (longer, "mapping-leading-zeros")),
            _ => shorter.as_deref().map(|shorter| (shorter, "mapping-zeros")),
        };
        if let Some((written, reason)) = other {
            let term = Some(self.table.kind().term(leaf.term));
            let entry = self.source_entry(term, &leaf.value.text(), &leaf.origin, Message::new(reason));
            let (written, target) = (Some(written.to_owned()), Some(self.out.tree.path(node.number())));
            self.out.report.changed.push(Entry { written, target, ..entry });
        }
        Ok(node)
    }

    /// What is missing in the nodes that were made for the value or the group at `node` alone, of which there were `nodes` before.
    fn missing_around(&self, node: NodeId, nodes: usize) -> Option<&'static str> {
        let above = std::iter::successors(Some(node), |&node| self.out.tree.parent(node));
        let is_own =
            |node: &NodeId| node.index() >= nodes && self.contexts.iter().all(|context| context.node != Some(*node));
        above.take_while(is_own).find_map(|node| whole::missing(self.grammar, &self.out, node))
    }

    /// Whether an earlier repetition of its group has the value of a term: what is told by that value would be read as its.
    fn is_anothers(&self, term: TermId) -> bool {
        let Some(within) = self.table.kind().term(term).within() else { return false };
        let value = self.value_of(term);
        let groups = self.contexts.iter().rev().flat_map(|context| context.repetition.before());
        let others = groups.filter(|group| group.term == Some(within)).filter_map(|group| group.leaf(term));
        others.map(|other| self.table.read_again(other)).any(|other| value.as_ref() == Some(&other))
    }

    fn no_place(&self) -> Message {
        Message::new("mapping-no-place").with("syntax", self.table.title())
    }

    fn other_meaning(&self) -> Message {
        Message::new("mapping-other-meaning").with("syntax", self.table.title())
    }

    /// Writes a text in pieces: into `first` and as many of its brothers as it takes, and into those of further repetitions
    /// of the group at `at` where it may go on there. Gives the text that its lines made together if they had no room else and it
    /// `flows`.
    fn spread(
        &mut self,
        row: &Row,
        (place, flows): (&'w Place, bool),
        first: NodeId,
        text: &str,
        at: usize,
    ) -> Result<Option<String>, Message> {
        let slot = self.out.slots[first.index()];
        let limit = Some(usize::from(slot.limit)).filter(|limit| *limit > 0);
        let occurrences = place.steps.last().map_or(&[][..], |step| &step.occurrences);
        let room = if occurrences.is_empty() { slot.repetitions as usize } else { occurrences.len() };
        let mut pieces = row.lens.split(text, limit)?;
        let mut flowing = None;
        if pieces.len() > room && flows {
            flowing = row.lens.flowing(text);
            pieces = flowing.as_deref().map_or(Ok(pieces), |text| row.lens.split(text, limit))?;
        }
        let goes_on = self.table.continued(row.term).is_some() && room > 0;
        if pieces.len() > room && !goes_on {
            let (length, most) = (text.chars().count(), limit.map_or(usize::MAX, |limit| limit * room));
            return Err(if length > most { too_long(length, most) } else { too_many_pieces(pieces.len(), room) });
        }
        let is_full = pieces.last().map(|last| last.chars().count()) == limit;
        let goes_on = goes_on && is_full && pieces.len().is_multiple_of(room);
        let mut first = first;
        for (index, pieces) in pieces.chunks(room.max(1)).enumerate() {
            if index > 0 {
                first = self.repeat(place, at, first)?;
            }
            let name = self.out.tree.node(first).name;
            let parent = self.out.tree.parent(first).unwrap_or(NodeId::ROOT);
            for (index, piece) in pieces.iter().enumerate() {
                let node = if index == 0 { first } else { self.push(parent, name, occurrences.get(index).copied())? };
                if !piece.is_empty() {
                    self.set(node, piece.clone().into())?;
                }
            }
        }
        if goes_on && self.contexts[at].repetition.left() > 0 {
            // What comes after a full place is read as more of the text: nothing more. Where there is no room for that, there
            // is none for what it would stand before.
            let nodes = self.out.tree.len();
            if self.repeat(place, at, first).is_err() {
                self.back_to(nodes);
            }
        }
        Ok(flowing)
    }

    /// Makes a repetition of the group at `at` that says the same of the value at `place`, whose node it gives; `said` is that
    /// of the repetition before.
    fn repeat(&mut self, place: &'w Place, at: usize, said: NodeId) -> Result<NodeId, Message> {
        let Context { node: Some(group), parent, place: Some(of), .. } = self.contexts[at] else {
            return Err(self.no_place());
        };
        let tree = &self.out.tree;
        let texts =
            tree.children(group).filter_map(|child| Some((tree.node(child).name, tree.text(child)?.to_owned())));
        let texts: Vec<_> = texts.filter(|(name, _)| *name != tree.node(said).name).collect();
        let next = self.make_in(of, parent, true)?;
        for (name, text) in texts {
            let tree = &self.out.tree;
            if tree.children(next).any(|child| tree.node(child).name == name) {
                // The place itself asks for it.
                continue;
            }
            let node = self.push(next, name, None)?;
            self.set(node, text.into())?;
        }
        self.make(&place.steps, next, false)
    }

    fn text_of(&self, value: &'w Value) -> Option<Cow<'w, str>> {
        match value {
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Term(term) => self.values.iter().find(|(known, _)| known == term)?.1.clone(),
        }
    }

    /// The value of a term that places are told by: of the group that is being written, or of the document.
    fn value_of(&self, term: TermId) -> Option<Cow<'_, str>> {
        let (_, value) = self.values.iter().find(|(known, _)| *known == term)?;
        value.as_deref().map(Cow::Borrowed)
    }

    /// Keeps the values of a group that places are told by.
    fn remember(&mut self, group: &'w Group) {
        let table = self.table;
        for (term, value) in &mut self.values {
            if table.kind().term(*term).within() == group.term {
                *value = group.leaf(*term).map(|leaf| table.read_again(leaf));
            }
        }
    }

    /// Lets no place be told by the value of a term any more: it is lost.
    fn forget_value(&mut self, term: TermId) {
        if let Some((_, value)) = self.values.iter_mut().find(|(known, _)| *known == term) {
            *value = None;
        }
    }

    fn counts(&mut self) -> [usize; LossReport::SECTIONS] {
        self.out.report.sections_mut().map(|entries| entries.len())
    }

    fn forget(&mut self, counts: [usize; LossReport::SECTIONS]) {
        for (entries, count) in self.out.report.sections_mut().into_iter().zip(counts) {
            entries.truncate(count);
        }
    }

    fn forget_all_but_lost(&mut self, mut counts: [usize; LossReport::SECTIONS]) {
        // Sections stand in the order of the report, lost first.
        counts[0] = self.out.report.lost.len();
        self.forget(counts);
    }

    fn lose(&mut self, member: &Node, reason: &Message) {
        match member {
            Node::Leaf(leaf) => self.lose_leaf(leaf, reason),
            Node::Group(group) => group.children.iter().for_each(|member| self.lose(member, reason)),
        }
    }

    fn lose_leaf(&mut self, leaf: &Leaf, reason: &Message) {
        let path = |origin: &Origin| self.document.path(origin);
        lose(self.table.kind(), &path, leaf, reason, &mut self.out.report.lost);
    }

    fn source_entry(&self, term: Option<&'static Term>, value: &str, origin: &Origin, reason: Message) -> Entry {
        let path = self.document.path(origin);
        let source = path.map(|path| SourcePlace { span: origin.span, path });
        Entry { term, value: value.to_owned(), written: None, reason, source, target: None }
    }
}

/// A decimal number in `limit` digits, less as many of the zeros at its end as that takes: it is the same number.
fn without_zeros(content: &Content, text: &str, limit: usize) -> Option<String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let end = text.len().checked_sub(digits.checked_sub(limit).filter(|_| limit > 0)?)?;
    let is_same = matches!(content, Content::Number(_)) && text.get(..end)?.contains(['.', ',']);
    let kept = (is_same && text.get(end..)?.bytes().all(|byte| byte == b'0')).then(|| &text[..end])?;
    Some(kept.strip_suffix(['.', ',']).unwrap_or(kept).to_owned())
}

/// A decimal number with as many zeros before it as it lacks digits: it is the same number.
fn with_zeros(content: &Content, text: &str, digits: usize) -> Option<String> {
    let missing = digits.checked_sub(text.bytes().filter(u8::is_ascii_digit).count()).filter(|missing| *missing > 0)?;
    let (sign, number) = text.split_at(usize::from(text.starts_with('-')));
    matches!(content, Content::Number(_)).then(|| format!("{sign}{}{number}", "0".repeat(missing)))
}

/// Whether `place` is one for this value: a place that asks for a part of the value suits values that have it.
fn suits(place: &Place, row: &Row, leaf: &Leaf) -> bool {
    let predicates = place.steps.last().map_or(&[][..], |step| &step.predicates);
    let part_at =
        |path: &[PlaceStep]| row.parts.iter().find(|part| part.places.iter().any(|place| place.steps == path));
    let has = |path: &[PlaceStep]| {
        let part = part_at(path)?;
        Some(leaf.value.part(part.part).is_some())
    };
    predicates.iter().all(|predicate| match predicate {
        Predicate::Exists(path) => has(path).unwrap_or(true),
        Predicate::Not(inner) => match &**inner {
            Predicate::Exists(path) => !has(path).unwrap_or(false),
            _ => true,
        },
        Predicate::Equals(Equals { path, values, .. }) => match part_at(path) {
            Some(part) => values.iter().any(|value| match (value, leaf.value.part(part.part)) {
                (Value::Text(expected), Some(text)) => expected == text,
                (Value::Term(_), _) => true,
                _ => false,
            }),
            None => true,
        },
    })
}
