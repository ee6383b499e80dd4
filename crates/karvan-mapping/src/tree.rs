//! The form that documents of every syntax take for the engine: named nodes with text, in one arena.
//!
//! Elements and attributes of XML, and groups, segments, composites and components of EDIFACT are nodes alike; so one
//! engine reads and writes them all. A tree that is read borrows from its source, one that is written owns its texts.

use std::borrow::Cow;
use std::collections::HashMap;

use karvan_text::Span;

/// A name that a table knows, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(u32);

impl Name {
    /// Every name that the table does not know.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);
    /// The step `..`.
    pub(crate) const PARENT: Self = Self(0);
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
    pub(crate) occurrence: u16,
    /// How many characters its text may have at most; 0 where the grammar sets no limit.
    pub(crate) limit: u16,
    parent: NodeId,
    first: NodeId,
    last: NodeId,
    next: NodeId,
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

    /// Appends a node; its occurrence is one more than that of its last brother of the same name.
    pub(crate) fn push(&mut self, parent: NodeId, name: Name, label: (&'s str, &'s str), span: Span) -> NodeId {
        let same = |other: &Node<'_>| other.name == name && (name != Name::UNKNOWN || other.label == label);
        let last = self.node(parent).last;
        let occurrence = match last.some().map(|last| self.node(last)) {
            None => 1,
            Some(brother) if same(brother) => brother.occurrence.saturating_add(1),
            Some(_) => {
                let before = self.children(parent).map(|child| self.node(child)).filter(|child| same(child));
                before.map(|child| child.occurrence).max().unwrap_or(0).saturating_add(1)
            }
        };
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let mut node = Node::new(name, label, span, parent);
        node.occurrence = occurrence;
        self.nodes.push(node);
        self.node_mut(parent).last = id;
        match last.some() {
            Some(last) => self.node_mut(last).next = id,
            None => self.node_mut(parent).first = id,
        }
        id
    }

    /// Takes back all nodes from number `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        while self.nodes.len() > length.max(1) {
            // The youngest node of all is the last child of its parent.
            let parent = self.nodes[self.nodes.len() - 1].parent;
            let gone = self.node(parent).last;
            let before = self.children(parent).take_while(|&child| child != gone).last().unwrap_or(NodeId::NONE);
            match before.some() {
                Some(before) => self.node_mut(before).next = NodeId::NONE,
                None => self.node_mut(parent).first = NodeId::NONE,
            }
            self.node_mut(parent).last = before;
            self.nodes.pop();
        }
    }

    /// The path of a node for people, in the names of the source.
    ///
    /// A number stands where there are brothers of the same name; a segment shows its qualifier: `SG2[3]/NAD[3035=BY]`.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            steps.push(id);
            next = self.parent(id);
        }
        let mut path = String::with_capacity(steps.len() * 20);
        for &id in steps.iter().rev() {
            let node = self.node(id);
            // The root of a message has no name of its own in a path.
            if node.label.1.is_empty() {
                continue;
            }
            if !path.is_empty() || !node.label.0.is_empty() || !self.node(NodeId::ROOT).label.1.is_empty() {
                path.push('/');
            }
            // An attribute has its mark where an element has its prefix.
            if !node.label.0.is_empty() {
                path.push_str(node.label.0);
                if node.label.0 != "@" {
                    path.push(':');
                }
            }
            path.push_str(node.label.1);
            if let Some(qualifier) = self.qualifier(id) {
                path.push_str(&qualifier);
            } else if node.occurrence > 1 || self.has_later_brother(id) {
                path.push('[');
                path.push_str(&node.occurrence.to_string());
                path.push(']');
            }
        }
        path
    }

    fn has_later_brother(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.next.some().is_some_and(|next| self.node(next).label == node.label)
    }

    /// `[3035=BY]` for a segment that begins with a qualifier.
    fn qualifier(&self, id: NodeId) -> Option<String> {
        let tag = self.node(id).label.1;
        if tag.len() != 3 || !tag.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut first = self.node(id).first.some()?;
        if self.node(first).text.is_none() {
            first = self.node(first).first.some()?;
        }
        let node = self.node(first);
        let text = node.text.as_deref()?;
        let qualifies = text.len() <= 3 && node.label.1.len() == 4 && !text.is_empty();
        qualifies.then(|| format!("[{}={text}]", node.label.1))
    }
}

impl<'s> Node<'s> {
    fn new(name: Name, label: (&'s str, &'s str), span: Span, parent: NodeId) -> Self {
        let none = NodeId::NONE;
        Self { name, label, text: None, span, occurrence: 1, limit: 0, parent, first: none, last: none, next: none }
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
        let f = tree.push(NodeId::ROOT, Name::UNKNOWN, ("", "b"), Span::default());
        assert_eq!(tree.node(f).occurrence, 2);
        assert_eq!(tree.path(f), "/a/b[2]");
    }
}
