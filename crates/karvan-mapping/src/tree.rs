//! The form that documents of every syntax take for the engine: named nodes with text, in one arena.
//!
//! Elements and attributes of XML, and groups, segments, composites and components of EDIFACT are nodes alike; so one
//! engine reads and writes them all. The shape of a tree, its nodes and their names, owns all it has: it goes on to tell
//! the paths of values when the source is gone. The texts borrow from the source or from the document that is written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use karvan_text::Span;

/// A name that a table knows, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

impl Name {
    /// Every name that the table does not know.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);
    /// The step `..`.
    pub(crate) const PARENT: Self = Self(0);

    /// Its place in a [`NameSet`], which it shares with others.
    const fn place(self) -> usize {
        self.0 as usize % NameSet::PLACES
    }
}

/// A set of names that may seem to hold some that were never added: enough to pass by what is surely not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameSet(u64);

impl NameSet {
    const PLACES: usize = u64::BITS as usize;

    pub(crate) fn add(&mut self, name: Name) {
        self.0 |= 1 << name.place();
    }

    pub(crate) const fn add_all(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether some name may be in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The names that a table knows.
#[derive(Debug)]
pub(crate) struct Names {
    texts: Vec<String>,
    tags: Vec<Tags>,
    labels: Arc<Vec<Spelling>>,
    /// By local name: the prefixes it is known with.
    known: HashMap<String, Vec<(String, Name)>>,
}

/// A known name as XML writes it.
#[derive(Debug)]
pub(crate) struct Tags {
    /// The start tag of an element without attributes.
    start: String,
    pub(crate) end: String,
    /// Whether it is the name of an attribute instead.
    pub(crate) is_attribute: bool,
}

impl Tags {
    pub(crate) fn start(&self) -> &str {
        &self.start
    }

    /// The start tag without what follows the name in it.
    pub(crate) fn open_start(&self) -> &str {
        &self.start[..self.start.len() - 1]
    }
}

/// A prefix and a local name; an attribute has its mark `@` where an element has its prefix.
pub(crate) type Spelling = (Box<str>, Box<str>);

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { texts: Vec::new(), tags: Vec::new(), labels: Arc::default(), known: HashMap::new() };
        names.add("..");
        names
    }
}

impl Names {
    /// The number of `name`, which becomes known.
    pub(crate) fn add(&mut self, name: &str) -> Name {
        let (prefix, local) = split(name);
        let found = self.find(prefix, local);
        if found != Name::UNKNOWN {
            return found;
        }
        let number = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(name.to_owned());
        self.tags.push(Tags {
            start: format!("<{name}>"),
            end: format!("</{name}>"),
            is_attribute: name.starts_with('@'),
        });
        let spelling = name.strip_prefix('@').map_or((prefix, local), |attribute| ("@", attribute));
        Arc::make_mut(&mut self.labels).push((spelling.0.into(), spelling.1.into()));
        self.known.entry(local.to_owned()).or_default().push((prefix.to_owned(), number));
        number
    }

    /// The number of the name with this prefix of the table and this local name.
    pub(crate) fn find(&self, prefix: &str, local: &str) -> Name {
        let prefixes = self.known.get(local).map_or(&[][..], Vec::as_slice);
        prefixes.iter().find(|(known, _)| known == prefix).map_or(Name::UNKNOWN, |(_, name)| *name)
    }

    /// The spelling of a known name.
    pub(crate) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", String::as_str)
    }

    /// The tags of the elements of a known name.
    pub(crate) fn tags(&self, name: Name) -> &Tags {
        // The step `..` names no element.
        self.tags.get(name.0 as usize).unwrap_or(&self.tags[0])
    }

    /// How the table spells its names, in their order.
    pub(crate) fn labels(&self) -> &Arc<Vec<Spelling>> {
        &self.labels
    }
}

/// `ram:Name` as prefix and local name; an attribute's `@` stays with its local name.
pub(crate) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// How a node is spelled, by number: as the table or the directory has it, or as the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(u32);

impl Label {
    /// The number of the spelling at `index` of those that a tree begins with.
    pub(crate) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The spelling that the table has for a name that it knows.
    pub(crate) const fn of(name: Name) -> Self {
        Self(name.0)
    }
}

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

/// A text of at most three octets, as qualifiers are, in one word; every longer text and no text are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Short(u32);

impl Short {
    /// Set where an octet is no letter, digit or mark: such a text is not compared octet by octet.
    const SPACED: u32 = 1 << 24;

    pub(crate) fn of(text: &str) -> Self {
        let octets = match *text.as_bytes() {
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            _ => return Self::default(),
        };
        let spaced = text.bytes().fold(false, |spaced, octet| spaced | !octet.is_ascii_graphic());
        Self(u32::from_le_bytes(octets) | if spaced { Self::SPACED } else { 0 })
    }

    /// Whether the text is all that is needed to compare it with another.
    pub(crate) const fn is_telling(self) -> bool {
        self.0 != 0 && self.0 & Self::SPACED == 0
    }
}

impl Short {
    /// Appends the text.
    fn put(self, out: &mut String) {
        let [octets @ .., _] = self.0.to_le_bytes();
        let length = octets.iter().position(|octet| *octet == 0).unwrap_or(octets.len());
        out.push_str(std::str::from_utf8(&octets[..length]).unwrap_or_default());
    }
}

/// The nodes of one document and how they are spelled: what is left when their texts are gone.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    nodes: Vec<Node>,
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
        let shape = Shape { nodes: Vec::new(), labels: Arc::clone(labels), own: Vec::new() };
        let mut tree = Self { shape, texts: vec![None], own: HashMap::new() };
        let label = tree.label(label.0, label.1);
        tree.shape.nodes.push(Node::new(name, label, span, NodeId::NONE));
        tree
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
        let usual = self.shape.labels.get(name.0 as usize);
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
            names = with(names, node.name.0.into());
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
        Paths { shape: &self.shape, parent: NodeId::NONE, of_parent: String::new() }
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
    fn spelling(&self, Label(number): Label) -> (&str, &str) {
        let number = number as usize;
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

    /// The element that a segment begins with and its value, if that is a qualifier: `3035` and `BY`.
    fn qualifier(&self, node: &Node) -> Option<(&str, Short)> {
        let (_, tag) = self.spelling(node.label);
        if tag.len() != 3 || !tag.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut first = self.at(node.first)?;
        // A composite has no text of its own.
        if let Some(component) = self.at(first.first) {
            first = component;
        }
        let (_, element) = self.spelling(first.label);
        (element.len() == 4 && first.short != Short::default()).then_some((element, first.short))
    }

    /// The path of a node: a number stands where there are brothers of the same name; a segment shows its qualifier:
    /// `SG2[3]/NAD[3035=BY]`.
    pub(crate) fn path(&self, node: u32) -> String {
        let mut chain = Vec::with_capacity(16);
        chain.extend(std::iter::successors(self.at(NodeId(node)), |node| self.at(node.parent)));
        let mut path = String::with_capacity(chain.len() * 20);
        chain.into_iter().rev().for_each(|node| self.put_step(node, &mut path));
        path
    }

    /// Appends the last step of the path of a node to that of its parent.
    fn put_step(&self, node: &Node, path: &mut String) {
        let (prefix, local) = self.spelling(node.label);
        if local.is_empty() {
            return;
        }
        // The root of a message has no name of its own in a path, that of an XML document has.
        if !path.is_empty() || self.nodes.first().is_some_and(|root| !self.spelling(root.label).1.is_empty()) {
            path.push('/');
        }
        if !prefix.is_empty() {
            path.push_str(prefix);
            if prefix != "@" {
                path.push(':');
            }
        }
        path.push_str(local);
        if let Some((element, value)) = self.qualifier(node) {
            path.push('[');
            path.push_str(element);
            path.push('=');
            value.put(path);
            path.push(']');
        } else if node.occurrence > 1 || self.at(node.next).is_some_and(|next| next.is_like(node)) {
            path.push('[');
            match u8::try_from(node.occurrence) {
                Ok(digit @ ..=9) => path.push(char::from(b'0' + digit)),
                _ => path.push_str(&node.occurrence.to_string()),
            }
            path.push(']');
        }
    }
}

/// The paths of nodes one after the other: brothers share that of their parent.
pub(crate) struct Paths<'t> {
    shape: &'t Shape,
    parent: NodeId,
    of_parent: String,
}

impl Paths<'_> {
    pub(crate) fn of(&mut self, id: NodeId) -> String {
        let Some(node) = self.shape.at(id) else { return String::new() };
        if node.parent != self.parent {
            self.parent = node.parent;
            self.of_parent = self.shape.path(node.parent.number());
        }
        let mut path = String::with_capacity(self.of_parent.len() + 20);
        path.push_str(&self.of_parent);
        self.shape.put_step(node, &mut path);
        path
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

    #[test]
    fn names_are_known_by_prefix_and_local_name() {
        let mut names = Names::default();
        let name = names.add("ram:ID");
        assert_eq!(names.add("ram:ID"), name);
        assert_ne!(names.add("cbc:ID"), name);
        assert_eq!(names.find("ram", "ID"), name);
        assert_eq!(names.find("", "ID"), Name::UNKNOWN);
        assert_eq!(names.text(name), "ram:ID");
    }

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

    #[test]
    fn a_path_is_spelled_as_the_source_spells_it() {
        let mut names = Names::default();
        let (name, attribute) = (names.add("ram:Name"), names.add("@languageID"));
        let mut tree = Tree::new(names.labels(), Name::UNKNOWN, ("x", "a"), Span::default());
        let usual = tree.label_of(name, "ram", "Name");
        assert_eq!(usual, Label::of(name));
        let other = tree.label_of(name, "r", "Name");
        let element = tree.push(NodeId::ROOT, name, other, Span::default());
        let label = tree.label_of(attribute, "@", "languageID");
        assert_eq!(label, Label::of(attribute));
        let inner = tree.push(element, attribute, label, Span::default());
        assert_eq!(tree.into_shape().path(inner.number()), "/x:a/r:Name/@languageID");
    }
}
