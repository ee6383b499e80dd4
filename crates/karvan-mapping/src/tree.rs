//! The form that documents of every syntax take for the engine: named nodes with text, in one arena.
//!
//! Elements and attributes of XML, and groups, segments, composites and components of EDIFACT are nodes alike; so one
//! engine reads and writes them all. The shape of a tree, its nodes and their names, owns all it has: it goes on to tell
//! the paths of values when the source is gone. The texts borrow from the source or from the document that is written.

mod path;
mod short;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use karvan_text::Span;

use self::path::Paths;
pub(crate) use self::short::Short;
use crate::names::{Label, Name, NameSet, Spelling};

/// A node by number; they grow in document order while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub(crate) const ROOT: Self = Self(0);
    const NONE: Self = Self(u32::MAX);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The node of this number.
    pub(crate) const fn at(number: u32) -> Self {
        Self(number)
    }

    /// The node at `index` among all.
    pub(crate) fn nth(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// A node: an element, an attribute, a group, a segment, a composite, a component.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its name, if the table knows it.
    pub(crate) name: Name,
    /// How its name is spelled.
    label: Label,
    /// Its octets in the source.
    pub(crate) span: Span,
    /// Which one it is among its brothers of the same name, from 1.
    pub(crate) occurrence: u32,
    /// How many characters its text may have at most; 0 where the grammar sets no limit.
    pub(crate) limit: u16,
    /// Its text, if that is short enough for a qualifier: a path shows it when the text is gone.
    short: Short,
    /// Whether a brother of the same name follows, at once or later.
    more: bool,
    parent: NodeId,
    first: NodeId,
    last: NodeId,
    next: NodeId,
    previous: NodeId,
    /// The first of its run: of the brothers of the same name that stand together with it.
    run: NodeId,
    /// For the first of a run: the first of the next run.
    next_run: NodeId,
}

/// The nodes of one document and how they are spelled: what is left when their texts are gone.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    nodes: Vec<Node>,
    /// The path of what the root stands in, where that is an envelope.
    above: Box<str>,
    /// The spellings that a table or a directory has.
    labels: Arc<Vec<Spelling>>,
    /// Those of the source besides.
    own: Vec<Spelling>,
}

/// One document.
#[derive(Clone, Debug)]
pub(crate) struct Tree<'s> {
    shape: Shape,
    /// The own text of each node.
    texts: Vec<Option<Cow<'s, str>>>,
    /// The numbers of the spellings that only the source has.
    own: HashMap<(&'s str, &'s str), Label>,
}

impl<'s> Tree<'s> {
    /// A tree of nothing but its root, which has the first spelling of its own.
    pub(crate) fn new(labels: &Arc<Vec<Spelling>>, name: Name, label: (&'s str, &'s str), span: Span) -> Self {
        let shape = Shape { nodes: Vec::new(), above: Box::default(), labels: Arc::clone(labels), own: Vec::new() };
        let mut tree = Self { shape, texts: vec![None], own: HashMap::new() };
        let label = tree.label(label.0, label.1);
        tree.shape.nodes.push(Node::new(name, label, span, NodeId::NONE));
        tree
    }

    /// The same tree within an envelope of this path.
    pub(crate) fn within(mut self, above: String) -> Self {
        self.shape.above = above.into();
        self
    }

    /// The number of a spelling of the source.
    pub(crate) fn label(&mut self, prefix: &'s str, local: &'s str) -> Label {
        let Shape { labels, own, .. } = &mut self.shape;
        *self.own.entry((prefix, local)).or_insert_with(|| {
            own.push((prefix.into(), local.into()));
            Label::at(labels.len() + own.len() - 1)
        })
    }

    /// The number of a spelling of a name in the source, which mostly is that of the table.
    pub(crate) fn label_of(&mut self, name: Name, prefix: &'s str, local: &'s str) -> Label {
        let usual = self.shape.labels.get(Label::of(name).index());
        if usual.is_some_and(|usual| *usual.0 == *prefix && *usual.1 == *local) {
            return Label::of(name);
        }
        self.label(prefix, local)
    }

    /// Makes room for so many nodes more.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.shape.nodes.reserve(nodes);
        self.texts.reserve(nodes);
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.shape.nodes[id.index()]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.shape.nodes[id.index()]
    }

    /// The text of a node, if it has one of its own.
    pub(crate) fn text(&self, id: NodeId) -> Option<&str> {
        self.texts[id.index()].as_deref()
    }

    /// The texts of all nodes.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().filter_map(|text| text.as_deref())
    }

    /// Gives a node its text, or takes it away.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn set_text(&mut self, id: NodeId, text: Option<Cow<'s, str>>) {
        self.node_mut(id).short = text.as_deref().map(Short::of).unwrap_or_default();
        self.texts[id.index()] = text;
    }

    /// The node at a path of names that leads to the first child everywhere, and to no other: where qualifiers stand.
    pub(crate) fn sole(&self, from: NodeId, path: &[Name]) -> Option<NodeId> {
        let (mut id, mut node) = (from, self.node(from));
        for name in path {
            id = node.first;
            node = self.shape.at(id).filter(|first| !first.more && first.name == *name)?;
        }
        Some(id)
    }

    /// How a node is spelled, without its prefix.
    pub(crate) fn local_name(&self, id: NodeId) -> &str {
        self.shape.spelling(self.node(id).label).1
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<'s> {
        (0..u32::try_from(self.texts.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent.some()
    }

    /// The first child of a node.
    pub(crate) fn first(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).first.some()
    }

    /// What stands below a node of a source, whose nodes follow each other: what reads a source goes through all that stands
    /// in one before it comes to the next.
    pub(crate) fn outline(&self, id: NodeId) -> Outline {
        let Some(start) = self.first(id).map(NodeId::index) else { return Outline::default() };
        let (mut end, mut names) = (start, 0_u64);
        for node in &self.shape.nodes[start..] {
            if node.parent != id && (node.parent.index() < start || node.parent == NodeId::NONE) {
                break;
            }
            names = with(names, node.name.number().into());
            end += 1;
        }
        Outline { below: start..end, names }
    }

    pub(crate) fn has_children(&self, id: NodeId) -> bool {
        self.node(id).first != NodeId::NONE
    }

    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.node(id).first.some(), |&child| self.node(child).next.some())
    }

    /// The first nodes of the runs of children that stand together and have one name.
    pub(crate) fn runs(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.node(id).first.some(), |&head| self.node(head).next_run.some())
    }

    /// The children of one name, in order; passes the others by in runs, for a message may have many thousand lines.
    pub(crate) fn named(&self, id: NodeId, name: Name) -> Named<'_> {
        Named { nodes: &self.shape.nodes, at: self.node(id).first, name }
    }

    /// What stands below a node.
    pub(crate) fn below(&self, node: NodeId) -> Below {
        let mut below = Below { node, names: NameSet::default(), firsts: [NodeId::NONE; NameSet::PLACES] };
        for head in self.runs(node) {
            let name = self.node(head).name;
            let first = &mut below.firsts[name.place()];
            *first = first.some().unwrap_or(head);
            below.names.add(name);
        }
        below
    }

    /// [`Self::named`], found without passing by what comes before.
    pub(crate) fn named_below(&self, below: &Below, name: Name) -> Named<'_> {
        Named { nodes: &self.shape.nodes, at: below.firsts[name.place()], name }
    }

    /// Appends a node; its occurrence is one more than that of its last brother of the same name.
    pub(crate) fn push(&mut self, parent: NodeId, name: Name, label: Label, span: Span) -> NodeId {
        let occurrence = match self.shape.at(self.node(parent).last) {
            Some(last) => self.next_occurrence(parent, last.name == name, name, label),
            None => 1,
        };
        self.append(parent, (name, label), span, occurrence, 0, None)
    }

    /// Which one of its name the next node below `parent` is, which has children; the last of them may have the same name.
    fn next_occurrence(&mut self, parent: NodeId, is_last: bool, name: Name, label: Label) -> u32 {
        let last = self.node(parent).last;
        let same = if is_last { Some(last) } else { self.named(parent, name).last() };
        let Some(same) = same else { return 1 };
        self.node_mut(same).more = true;
        let like = |node: &Node| node.name == name && (name != Name::UNKNOWN || node.label == label);
        let latest = match self.node(last) {
            last if like(last) => last.occurrence,
            _ => {
                let like = self.named(parent, name).map(|child| self.node(child)).filter(|child| like(child));
                like.map(|child| child.occurrence).max().unwrap_or(0)
            }
        };
        latest.saturating_add(1)
    }

    /// [`Self::push`] of a node that has no brother of its name yet, with its text.
    #[inline(always)] // Nearly every node of a message comes by here.
    pub(crate) fn push_first(
        &mut self,
        parent: NodeId,
        name: (Name, Label),
        span: Span,
        limit: u16,
        text: Option<Cow<'s, str>>,
    ) -> NodeId {
        self.append(parent, name, span, 1, limit, text)
    }

    #[inline(always)] // What a node is made of then goes to its place at once.
    fn append(
        &mut self,
        parent: NodeId,
        (name, label): (Name, Label),
        span: Span,
        occurrence: u32,
        limit: u16,
        text: Option<Cow<'s, str>>,
    ) -> NodeId {
        let none = NodeId::NONE;
        let short = text.as_deref().map(Short::of).unwrap_or_default();
        let nodes = &mut self.shape.nodes;
        let id = NodeId(u32::try_from(nodes.len()).unwrap_or(u32::MAX));
        let around = &mut nodes[parent.index()];
        let previous = std::mem::replace(&mut around.last, id);
        let mut run = id;
        if previous == none {
            around.first = id;
        } else {
            let brother = &mut nodes[previous.index()];
            brother.next = id;
            let of_brother = brother.run;
            if brother.name == name {
                run = of_brother;
            } else {
                nodes[of_brother.index()].next_run = id;
            }
        }
        let (first, last, next, next_run, more) = (none, none, none, none, false);
        nodes.push(Node {
            name,
            label,
            span,
            occurrence,
            limit,
            short,
            more,
            parent,
            first,
            last,
            next,
            previous,
            run,
            next_run,
        });
        self.texts.push(text);
        id
    }

    /// Takes back all nodes from number `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        let length = length.max(1);
        self.texts.truncate(length);
        while self.shape.nodes.len() > length {
            // The youngest node of all is the last child of its parent.
            let Some(Node { parent, previous, .. }) = self.shape.nodes.pop() else { return };
            self.node_mut(parent).last = previous;
            let Some(before) = previous.some() else {
                self.node_mut(parent).first = NodeId::NONE;
                continue;
            };
            self.node_mut(before).next = NodeId::NONE;
            let run = self.node(before).run;
            self.node_mut(run).next_run = NodeId::NONE;
        }
    }

    /// The path of a node for people.
    pub(crate) fn path(&self, node: u32) -> String {
        self.shape.path(node)
    }

    /// The paths of many nodes.
    pub(crate) fn paths(&self) -> Paths<'_> {
        Paths::new(&self.shape)
    }

    /// What is left when the texts are gone.
    pub(crate) fn into_shape(self) -> Shape {
        self.shape
    }
}

/// A number for a sequence, given that of all but its last: the same for the same sequence, and seldom for another one.
pub(crate) const fn with(sequence: u64, last: u64) -> u64 {
    // Any odd number will do that spreads the bits.
    (sequence.rotate_left(5) ^ last).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The nodes below a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// Their numbers.
    pub(crate) below: Range<usize>,
    /// A number for their names, [`with`] each.
    pub(crate) names: u64,
}

/// What stands below a node: which names, and the first node at each place of the set of names.
pub(crate) struct Below {
    pub(crate) node: NodeId,
    pub(crate) names: NameSet,
    firsts: [NodeId; NameSet::PLACES],
}

/// The children of one name; see [`Tree::named`].
#[derive(Clone)]
pub(crate) struct Named<'t> {
    nodes: &'t [Node],
    at: NodeId,
    name: Name,
}

impl Named<'_> {
    /// The one child, or none; `None` if there are several.
    #[inline]
    pub(crate) fn only(&self) -> Option<Option<NodeId>> {
        let mut children = self.clone();
        let first = children.next();
        (children.at == NodeId::NONE || first.is_none()).then_some(first)
    }
}

impl Iterator for Named<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        loop {
            // No node has the number that stands for none.
            let (child, node) = (self.at, self.nodes.get(self.at.index())?);
            if node.name == self.name {
                self.at = if node.more { node.next } else { NodeId::NONE };
                return Some(child);
            }
            // Only the first of a run is ever met with another name.
            self.at = node.next_run;
        }
    }
}

impl Shape {
    fn spelling(&self, label: Label) -> (&str, &str) {
        let number = label.index();
        let spelling = self.labels.get(number).or_else(|| self.own.get(number - self.labels.len()));
        spelling.map_or(("", "?"), |(prefix, local)| (prefix, local))
    }

    fn at(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// How a node is spelled, without its prefix.
    pub(crate) fn local_name(&self, id: NodeId) -> &str {
        self.at(id).map_or("", |node| self.spelling(node.label).1)
    }

    pub(crate) fn span(&self, id: NodeId) -> Span {
        self.at(id).map_or_else(Span::default, |node| node.span)
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.at(id)?.parent.some()
    }

    /// The first child of a node.
    pub(crate) fn first(&self, id: NodeId) -> Option<NodeId> {
        self.at(id)?.first.some()
    }

    /// Whether a text like this is kept: [`Self::short`].
    pub(crate) fn keeps(text: &str) -> bool {
        Short::of(text) != Short::default()
    }

    /// The text of a node, if it is short.
    pub(crate) fn short(&self, id: NodeId) -> String {
        let mut text = String::new();
        self.at(id).map_or_else(Short::default, |node| node.short).put(&mut text);
        text
    }
}

impl Node {
    fn new(name: Name, label: Label, span: Span, parent: NodeId) -> Self {
        let none = NodeId::NONE;
        let (occurrence, limit, short, more) = (1, 0, Short::default(), false);
        let (first, last, next, previous, run, next_run) = (none, none, none, none, none, none);
        Self { name, label, span, occurrence, limit, short, more, parent, first, last, next, previous, run, next_run }
    }

    /// Whether both are the same by all that a reader looks at but their texts and what stands around them.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.name, self.label, self.occurrence, self.limit) == (other.name, other.label, other.occurrence, other.limit)
    }

    /// Its text, if that is short and telling.
    pub(crate) fn short_text(&self) -> Option<Short> {
        self.short.is_telling().then_some(self.short)
    }

    /// Whether both have one name; those that no table knows are told apart by their spelling.
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && (self.name != Name::UNKNOWN || self.label == other.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    #[test]
    fn what_was_pushed_can_be_taken_back() {
        let mut tree = Tree::new(Names::default().labels(), Name::UNKNOWN, ("", "a"), Span::default());
        let push = |tree: &mut Tree<'static>, parent, local| {
            let label = tree.label("", local);
            tree.push(parent, Name::UNKNOWN, label, Span::default())
        };
        let b = push(&mut tree, NodeId::ROOT, "b");
        let mark = tree.len();
        let c = push(&mut tree, b, "c");
        push(&mut tree, NodeId::ROOT, "d");
        push(&mut tree, c, "e");
        tree.truncate(mark);
        assert_eq!(tree.children(NodeId::ROOT).collect::<Vec<_>>(), [b]);
        assert_eq!(tree.children(b).count(), 0);
        assert_eq!(tree.runs(NodeId::ROOT).collect::<Vec<_>>(), [b]);
        let f = push(&mut tree, NodeId::ROOT, "b");
        assert_eq!(tree.node(f).occurrence, 2);
        assert_eq!(tree.path(f.number()), "/a/b[2]");
    }

    #[test]
    fn children_of_one_name_are_found_in_their_runs() {
        let mut names = Names::default();
        let labels = ["b", "b", "c", "b", "d", "d", "b"].map(|label| names.add(label));
        let mut tree = Tree::new(names.labels(), Name::UNKNOWN, ("", "a"), Span::default());
        for name in labels {
            tree.push(NodeId::ROOT, name, Label::of(name), Span::default());
        }
        let occurrences = |name| tree.named(NodeId::ROOT, name).map(|id| tree.node(id).occurrence).collect::<Vec<_>>();
        assert_eq!(tree.runs(NodeId::ROOT).count(), 5);
        assert_eq!(occurrences(names.find("", "b")), [1, 2, 3, 4]);
        assert_eq!(occurrences(names.find("", "d")), [1, 2]);
        assert!(occurrences(Name::UNKNOWN).is_empty());
    }
}
