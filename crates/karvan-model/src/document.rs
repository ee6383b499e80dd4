//! The document as a tree of terms, each with the place it came from.

use std::fmt;
use std::sync::Arc;

use karvan_text::Span;

use crate::terms::{DocumentType, TermId};
use crate::value::{PartValue, Value};

/// Knows the paths of the nodes of a source, for the day that somebody asks for one.
///
/// A document has many values and few of their paths are ever looked at, so a value keeps the number of its node and the
/// document keeps who knows them all.
pub trait Places: fmt::Debug + Send + Sync {
    /// The path of a node, in the names of the syntax.
    fn path(&self, node: u32) -> String;

    /// The texts that tell values apart from others and are no values themselves, where of those that they tell none is at
    /// the nodes `kept` and at least one at the nodes `lost`: they are lost with them.
    fn qualifiers(&self, lost: &[u32], kept: &[u32]) -> Vec<(String, Origin)> {
        let _ = (lost, kept);
        Vec::new()
    }
}

/// Where a value stood in the source it was read from.
///
/// Two documents are the same whatever they were read from, so all origins are equal to each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// The octets of the value in the source.
    pub span: Span,
    node: Option<u32>,
}

impl Origin {
    /// The octets `span` at `node` of the [`Places`] of the document.
    #[must_use]
    pub const fn new(span: Span, node: u32) -> Self {
        Self { span, node: Some(node) }
    }

    /// The node in the source; none where the value was made by a program.
    #[must_use]
    pub const fn node(&self) -> Option<u32> {
        self.node
    }
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A trade document: its type and its terms.
///
/// ```
/// use karvan_model::{Document, DocumentType, Kind, Value};
///
/// let invoice = DocumentType::invoice();
/// let mut document = Document::new(invoice);
/// let number = invoice.find("BT-1").unwrap();
/// document.root.push_value(number, Value::parse(Kind::Identifier, "R-17").unwrap());
/// assert_eq!(document.root.leaf(number).unwrap().value.text(), "R-17");
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    /// What kind of document it is.
    pub kind: &'static DocumentType,
    /// The terms.
    pub root: Group,
    /// The paths of the source that the values came from; none where a program made them all.
    pub places: Option<Arc<dyn Places>>,
}

impl Document {
    /// An empty document.
    #[must_use]
    pub fn new(kind: &'static DocumentType) -> Self {
        Self { kind, root: Group::new(None), places: None }
    }

    /// The path in the source that a value of this document came from, in the names of the syntax; none where the value
    /// was made by a program.
    #[must_use]
    pub fn path(&self, origin: &Origin) -> Option<String> {
        Some(self.places.as_ref()?.path(origin.node?))
    }

    /// Every value of the document, in order.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.root.leaves()
    }
}

/// What a document says does not depend on where it was read.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.root == other.root
    }
}

/// A group of terms, or the root of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The term of the group; none for the root.
    pub term: Option<TermId>,
    /// Its members: in the order of the terms, repetitions in the order of the document.
    pub children: Vec<Node>,
    /// Where it came from.
    pub origin: Origin,
}

impl Group {
    /// An empty group.
    #[must_use]
    pub fn new(term: Option<TermId>) -> Self {
        Self { term, children: Vec::new(), origin: Origin::default() }
    }

    /// Adds a member after all members of the same term or of earlier terms.
    pub fn push(&mut self, node: Node) {
        // Mostly members come in their order.
        if self.children.last().is_none_or(|last| last.term() <= node.term()) {
            self.children.push(node);
        } else {
            let at = self.children.partition_point(|other| other.term() <= node.term());
            self.children.insert(at, node);
        }
    }

    /// Adds a value that came from no source.
    pub fn push_value(&mut self, term: TermId, value: Value) {
        self.push(Node::Leaf(Leaf { term, value, origin: Origin::default() }));
    }

    /// All members of one term, in order.
    #[inline]
    #[must_use]
    pub fn all(&self, term: TermId) -> &[Node] {
        // Members are mostly asked for as they are added, in their order.
        if self.children.last().is_none_or(|last| last.term() < Some(term)) { &[] } else { self.found(term) }
    }

    fn found(&self, term: TermId) -> &[Node] {
        let is_before = |node: &Node| node.term() < Some(term);
        let start = match self.children.len() {
            ..=16 => self.children.iter().take_while(|node| is_before(node)).count(),
            _ => self.children.partition_point(is_before),
        };
        let rest = &self.children[start..];
        // Most terms that are asked for are not there, or stand once.
        let is_member = |node: &Node| node.term() == Some(term);
        match rest.get(1) {
            Some(second) if is_member(second) => &rest[..rest.partition_point(is_member)],
            _ => &rest[..usize::from(rest.first().is_some_and(is_member))],
        }
    }

    /// The first value of one term.
    #[must_use]
    pub fn leaf(&self, term: TermId) -> Option<&Leaf> {
        self.all(term).iter().find_map(Node::as_leaf)
    }

    /// The groups of one term, in order.
    pub fn groups(&self, term: TermId) -> impl Iterator<Item = &Self> {
        self.all(term).iter().filter_map(Node::as_group)
    }

    /// Every value of the group and of the groups in it, in order.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let mut stack: Vec<std::slice::Iter<'_, Node>> = vec![self.children.iter()];
        std::iter::from_fn(move || {
            while let Some(top) = stack.last_mut() {
                match top.next() {
                    Some(Node::Leaf(leaf)) => return Some(leaf),
                    Some(Node::Group(group)) => stack.push(group.children.iter()),
                    None => {
                        stack.pop();
                    }
                }
            }
            None
        })
    }

    /// Whether nothing stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A group of terms.
    Group(Group),
    /// A term with a value.
    Leaf(Leaf),
}

impl Node {
    /// The term of the member; none for the root of a document, which is nobody's member.
    #[must_use]
    pub fn term(&self) -> Option<TermId> {
        match self {
            Self::Group(group) => group.term,
            Self::Leaf(leaf) => Some(leaf.term),
        }
    }

    /// The value, if it is one.
    #[must_use]
    pub fn as_leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Group(_) => None,
        }
    }

    /// The group, if it is one.
    #[must_use]
    pub fn as_group(&self) -> Option<&Group> {
        match self {
            Self::Group(group) => Some(group),
            Self::Leaf(_) => None,
        }
    }
}

/// A term with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The term.
    pub term: TermId,
    /// Its value.
    pub value: Value,
    /// Where the value came from.
    pub origin: Origin,
}

impl Leaf {
    /// The parts that qualify the value, each with the term of its own that the standard gives it, if it does.
    pub fn parts<'a>(&'a self, kind: &'a DocumentType) -> impl Iterator<Item = (Option<TermId>, &'a PartValue)> {
        self.value.parts.iter().map(|part| (kind.term(self.term).part(part.part), part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn members_stand_in_the_order_of_the_terms() {
        let invoice = DocumentType::invoice();
        let mut document = Document::new(invoice);
        for (id, text) in [("BT-11", "P"), ("BT-1", "1"), ("BT-5", "IRR"), ("BT-3", "380")] {
            document.root.push_value(invoice.find(id).unwrap(), Value::parse(Kind::Text, text).unwrap());
        }
        let texts: Vec<_> = document.leaves().map(|leaf| leaf.value.text().into_owned()).collect();
        assert_eq!(texts, ["1", "380", "IRR", "P"]);
    }

    #[test]
    fn repetitions_keep_their_order() {
        let invoice = DocumentType::invoice();
        let seller = invoice.find("BG-4").unwrap();
        let identifier = invoice.find("BT-29").unwrap();
        let mut group = Group::new(Some(seller));
        for text in ["b", "a", "c"] {
            group.push_value(identifier, Value::parse(Kind::Identifier, text).unwrap());
        }
        let all: Vec<_> =
            group.all(identifier).iter().filter_map(Node::as_leaf).map(|leaf| leaf.value.text()).collect();
        assert_eq!(all, ["b", "a", "c"]);
        assert!(group.all(invoice.find("BT-27").unwrap()).is_empty());
    }
}
