//! The form that documents of every syntax take for the engine: named nodes with text, in one arena.
//!
//! Elements and attributes of XML, and groups, segments, composites and components of EDIFACT are nodes alike; so one
//! engine reads and writes them all. A tree that is read borrows from its source, one that is written owns its texts.

use std::borrow::Cow;
use std::collections::HashMap;

use karvan_model::Places;
use karvan_text::Span;

/// A name that a table knows, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

impl Name {
    /// Every name that the table does not know.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);
    /// The step `..`.
    pub(crate) const PARENT: Self = Self(0);
}

/// A set of names that may seem to hold some that were never added: enough to pass by what is surely not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameSet(u64);

impl NameSet {
    pub(crate) fn add(&mut self, name: Name) {
        self.0 |= 1 << (name.0 % u64::BITS);
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
    /// By local name: the prefixes it is known with.
    known: HashMap<String, Vec<(String, Name)>>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { texts: Vec::new(), known: HashMap::new() };
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
}

/// `ram:Name` as prefix and local name; an attribute's `@` stays with its local name.
pub(crate) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
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

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// A node: an element, an attribute, a group, a segment, a composite, a component.
#[derive(Clone, Debug)]
pub(crate) struct Node<'s> {
    /// Its name, if the table knows it.
    pub(crate) name: Name,
    /// Its name as the source or the table writes it: prefix and local name.
    pub(crate) label: (&'s str, &'s str),
    /// Its own text.
    pub(crate) text: Option<Cow<'s, str>>,
    /// Its octets in the source.
    pub(crate) span: Span,
    /// Which one it is among its brothers of the same name, from 1.
    pub(crate) occurrence: u32,
    /// How many characters its text may have at most; 0 where the grammar sets no limit.
    pub(crate) limit: u16,
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

/// Nodes of one document.
#[derive(Clone, Debug)]
pub(crate) struct Tree<'s> {
    nodes: Vec<Node<'s>>,
}

impl<'s> Tree<'s> {
    /// A tree of nothing but its root.
    pub(crate) fn new(name: Name, label: (&'s str, &'s str), span: Span) -> Self {
        Self { nodes: vec![Node::new(name, label, span, NodeId::NONE)] }
    }

    /// Makes room for so many nodes more.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve(nodes);
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node<'s> {
        &self.nodes[id.index()]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node<'s> {
        &mut self.nodes[id.index()]
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent.some()
    }

    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.node(id).first.some(), |&child| self.node(child).next.some())
    }

    /// The first nodes of the runs of children that stand together and have one name.
    pub(crate) fn runs(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.node(id).first.some(), |&head| self.node(head).next_run.some())
    }

    /// The children of one name, in order; passes the others by in runs, for a message may have many thousand lines.
    pub(crate) fn named(&self, id: NodeId, name: Name) -> impl Iterator<Item = NodeId> + '_ {
        let mut at = self.node(id).first;
        std::iter::from_fn(move || {
            loop {
                let child = at.some()?;
                let node = self.node(child);
                if node.name == name {
                    at = node.next;
                    return Some(child);
                }
                // Only the first of a run is ever met with another name.
                at = node.next_run;
            }
        })
    }

    /// The names of the children.
    pub(crate) fn names_in(&self, id: NodeId) -> NameSet {
        let mut names = NameSet::default();
        self.runs(id).for_each(|head| names.add(self.node(head).name));
        names
    }

    /// Appends a node; its occurrence is one more than that of its last brother of the same name.
    pub(crate) fn push(&mut self, parent: NodeId, name: Name, label: (&'s str, &'s str), span: Span) -> NodeId {
        let same = |other: &Node<'_>| other.name == name && (name != Name::UNKNOWN || other.label == label);
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let mut node = Node::new(name, label, span, parent);
        (node.previous, node.run) = (self.node(parent).last, id);
        if let Some(last) = node.previous.some() {
            let brother = self.node(last);
            if brother.name == name {
                node.run = brother.run;
            }
            node.occurrence = if same(brother) {
                brother.occurrence.saturating_add(1)
            } else {
                let before = self.named(parent, name).map(|child| self.node(child)).filter(|child| same(child));
                before.map(|child| child.occurrence).max().unwrap_or(0).saturating_add(1)
            };
            let run = brother.run;
            if node.run == id {
                self.node_mut(run).next_run = id;
            }
            self.node_mut(last).next = id;
        } else {
            self.node_mut(parent).first = id;
        }
        self.node_mut(parent).last = id;
        self.nodes.push(node);
        id
    }

    /// Takes back all nodes from number `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        while self.nodes.len() > length.max(1) {
            // The youngest node of all is the last child of its parent.
            let Some(Node { parent, previous, .. }) = self.nodes.pop() else { return };
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

    /// What the path of each node says, kept apart from the source.
    pub(crate) fn places(&self) -> TreePlaces {
        let mut labels: Vec<(Box<str>, Box<str>)> = Vec::new();
        let mut unknown: HashMap<(&str, &str), u32> = HashMap::new();
        // Nearly all nodes have a name that the table knows: those are told apart by its number.
        let mut known: Vec<Option<u32>> = Vec::new();
        let mut number = |node: &Node<'s>| {
            let add = || {
                labels.push((node.label.0.into(), node.label.1.into()));
                u32::try_from(labels.len() - 1).unwrap_or(u32::MAX)
            };
            if node.name == Name::UNKNOWN {
                return *unknown.entry(node.label).or_insert_with(add);
            }
            let index = node.name.0 as usize;
            if known.len() <= index {
                known.resize(index + 1, None);
            }
            *known[index].get_or_insert_with(add)
        };
        let mut steps = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let qualifier = self.qualifier(node).map(|(element, text)| Qualifier::new(number(element), text));
            let label = number(node);
            let (parent, occurrence, has_later) = (node.parent, node.occurrence, self.has_later(node));
            steps.push(PathStep { parent, label, occurrence, has_later, qualifier });
        }
        TreePlaces { steps, labels }
    }

    /// The path of a node for people.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let chain = std::iter::successors(Some(id), |id| self.parent(*id)).map(|id| self.node(id));
        let pieces = chain.map(|node| Piece {
            label: node.label,
            occurrence: node.occurrence,
            has_later: self.has_later(node),
            qualifier: self.qualifier(node).map(|(element, text)| (element.label.1, Cow::Borrowed(text))),
        });
        join(pieces.collect())
    }

    /// Whether a brother of the same name follows.
    fn has_later(&self, node: &Node<'s>) -> bool {
        let same = |next: &Node<'_>| match node.name {
            Name::UNKNOWN => next.label == node.label,
            name => next.name == name,
        };
        node.next.some().is_some_and(|next| same(self.node(next)))
    }

    /// The element that a segment begins with and its value, if that is a qualifier: `3035` and `BY`.
    fn qualifier(&self, node: &Node<'s>) -> Option<(&Node<'s>, &str)> {
        let tag = node.label.1;
        if tag.len() != 3 || !tag.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut first = self.node(node.first.some()?);
        if first.text.is_none() {
            first = self.node(first.first.some()?);
        }
        let text = first.text.as_deref()?;
        let qualifies = text.len() <= Qualifier::LENGTH && first.label.1.len() == 4 && !text.is_empty();
        qualifies.then_some((first, text))
    }
}

/// The paths of the nodes of a tree that is gone.
#[derive(Debug)]
pub(crate) struct TreePlaces {
    steps: Vec<PathStep>,
    labels: Vec<(Box<str>, Box<str>)>,
}

#[derive(Debug)]
struct PathStep {
    parent: NodeId,
    label: u32,
    occurrence: u32,
    has_later: bool,
    qualifier: Option<Qualifier>,
}

/// The number of the label of an element, and its value.
#[derive(Clone, Copy, Debug)]
struct Qualifier {
    label: u32,
    text: [u8; Self::LENGTH],
}

impl Qualifier {
    /// Qualifiers have three characters at most.
    const LENGTH: usize = 3;

    fn new(label: u32, text: &str) -> Self {
        let mut octets = [0; Self::LENGTH];
        octets.iter_mut().zip(text.bytes()).for_each(|(octet, byte)| *octet = byte);
        Self { label, text: octets }
    }

    fn text(&self) -> Cow<'_, str> {
        let length = self.text.iter().position(|octet| *octet == 0).unwrap_or(Self::LENGTH);
        String::from_utf8_lossy(&self.text[..length])
    }
}

impl TreePlaces {
    fn label(&self, number: u32) -> (&str, &str) {
        self.labels.get(number as usize).map_or(("", "?"), |(prefix, local)| (prefix, local))
    }
}

impl Places for TreePlaces {
    fn path(&self, node: u32) -> String {
        let chain = std::iter::successors(self.steps.get(node as usize), |step| self.steps.get(step.parent.index()));
        let pieces = chain.map(|step| Piece {
            label: self.label(step.label),
            occurrence: step.occurrence,
            has_later: step.has_later,
            qualifier: step.qualifier.as_ref().map(|qualifier| (self.label(qualifier.label).1, qualifier.text())),
        });
        join(pieces.collect())
    }
}

/// What one node adds to a path.
struct Piece<'p> {
    label: (&'p str, &'p str),
    occurrence: u32,
    has_later: bool,
    qualifier: Option<(&'p str, Cow<'p, str>)>,
}

/// The path of the first of `pieces`, the last being the root.
///
/// A number stands where there are brothers of the same name; a segment shows its qualifier: `SG2[3]/NAD[3035=BY]`.
fn join(pieces: Vec<Piece<'_>>) -> String {
    let mut path = String::with_capacity(pieces.len() * 20);
    // The root of a message has no name of its own in a path, that of an XML document has.
    let rooted = pieces.last().is_some_and(|root| !root.label.1.is_empty());
    for Piece { label: (prefix, local), occurrence, has_later, qualifier } in pieces.into_iter().rev() {
        if local.is_empty() {
            continue;
        }
        if rooted || !path.is_empty() {
            path.push('/');
        }
        // An attribute has its mark where an element has its prefix.
        path.push_str(prefix);
        if !prefix.is_empty() && prefix != "@" {
            path.push(':');
        }
        path.push_str(local);
        if let Some((tag, value)) = qualifier {
            path.push_str(&format!("[{tag}={value}]"));
        } else if occurrence > 1 || has_later {
            path.push_str(&format!("[{occurrence}]"));
        }
    }
    path
}

impl<'s> Node<'s> {
    fn new(name: Name, label: (&'s str, &'s str), span: Span, parent: NodeId) -> Self {
        let none = NodeId::NONE;
        let (occurrence, limit) = (1, 0);
        let (first, last, next, previous, run, next_run) = (none, none, none, none, none, none);
        Self { name, label, text: None, span, occurrence, limit, parent, first, last, next, previous, run, next_run }
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
        let mut tree = Tree::new(Name::UNKNOWN, ("", "a"), Span::default());
        let b = tree.push(NodeId::ROOT, Name::UNKNOWN, ("", "b"), Span::default());
        let mark = tree.len();
        let c = tree.push(b, Name::UNKNOWN, ("", "c"), Span::default());
        tree.push(NodeId::ROOT, Name::UNKNOWN, ("", "d"), Span::default());
        tree.push(c, Name::UNKNOWN, ("", "e"), Span::default());
        tree.truncate(mark);
        assert_eq!(tree.children(NodeId::ROOT).collect::<Vec<_>>(), [b]);
        assert_eq!(tree.children(b).count(), 0);
        assert_eq!(tree.runs(NodeId::ROOT).collect::<Vec<_>>(), [b]);
        let f = tree.push(NodeId::ROOT, Name::UNKNOWN, ("", "b"), Span::default());
        assert_eq!(tree.node(f).occurrence, 2);
        assert_eq!(tree.path(f), "/a/b[2]");
    }

    #[test]
    fn children_of_one_name_are_found_in_their_runs() {
        let mut names = Names::default();
        let mut tree = Tree::new(Name::UNKNOWN, ("", "a"), Span::default());
        for label in ["b", "b", "c", "b", "d", "d", "b"] {
            tree.push(NodeId::ROOT, names.add(label), ("", label), Span::default());
        }
        let occurrences = |name| tree.named(NodeId::ROOT, name).map(|id| tree.node(id).occurrence).collect::<Vec<_>>();
        assert_eq!(tree.runs(NodeId::ROOT).count(), 5);
        assert_eq!(occurrences(names.find("", "b")), [1, 2, 3, 4]);
        assert_eq!(occurrences(names.find("", "d")), [1, 2]);
        assert!(occurrences(Name::UNKNOWN).is_empty());
    }
}
