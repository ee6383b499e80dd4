//! The nodes of a document as they are walked: elements, attributes, text and what stands beside it.

use std::borrow::Cow;
use std::fmt;

use karvan_text::{Code, Diagnostic, Message, Span};

use super::Document;
use super::store::{AttributeData, ElementData, Kind, NodeData, Slice};
use crate::XML_NAMESPACE;

/// What names a node within its document: ids grow in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// What stands for the document itself, the parent of the document element.
    pub(crate) const DOCUMENT: Self = Self(u32::MAX);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is, and its content.
#[derive(Clone, Copy, Debug)]
pub enum NodeKind<'d> {
    /// An element.
    Element(Element<'d>),
    /// Character data: references resolved, line ends normalised, CDATA sections merged with what is around them.
    Text(&'d str),
    /// What stands between `<!--` and `-->`.
    Comment(&'d str),
    /// A processing instruction.
    ProcessingInstruction {
        /// Whom it is for.
        target: &'d str,
        /// What follows the target and the white space after it; may be empty.
        data: &'d str,
    },
}

/// A node of the tree. Two nodes are equal if they are the same node of the same document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(super) document: &'d Document,
    pub(super) id: NodeId,
}

impl<'d> Node<'d> {
    /// The id.
    #[must_use]
    pub const fn id(self) -> NodeId {
        self.id
    }

    /// The document it belongs to.
    #[must_use]
    pub const fn document(self) -> &'d Document {
        self.document
    }

    /// The octets of the node; of an element, from `<` of its start tag to `>` of its end tag.
    #[must_use]
    pub fn span(self) -> Span {
        self.data().span()
    }

    /// What it is.
    #[must_use]
    #[inline]
    pub fn kind(self) -> NodeKind<'d> {
        let store = &self.document.store;
        match self.data().kind {
            Kind::Element(index) => NodeKind::Element(self.element(index)),
            Kind::Text(text) => NodeKind::Text(store.str(text)),
            Kind::Comment(text) => NodeKind::Comment(store.str(text)),
            Kind::ProcessingInstruction(target, data) => {
                NodeKind::ProcessingInstruction { target: store.str(target), data: store.str(data) }
            }
        }
    }

    /// The node as an element, if it is one.
    #[must_use]
    pub fn as_element(self) -> Option<Element<'d>> {
        match self.data().kind {
            Kind::Element(index) => Some(self.element(index)),
            _ => None,
        }
    }

    /// The node as text, if it is text.
    #[must_use]
    pub fn as_text(self) -> Option<&'d str> {
        match self.data().kind {
            Kind::Text(text) => Some(self.document.store.str(text)),
            _ => None,
        }
    }

    /// The element it stands in; none for what stands beside the document element, and for that itself.
    #[must_use]
    pub fn parent(self) -> Option<Element<'d>> {
        self.document.element(self.data().parent)
    }

    fn element(self, index: u32) -> Element<'d> {
        Element { document: self.document, id: self.id, data: &self.document.elements[index as usize] }
    }

    fn data(self) -> &'d NodeData {
        &self.document.nodes[self.id.index()]
    }
}

/// An element. Two elements are equal if they are the same element of the same document.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    pub(super) document: &'d Document,
    pub(super) id: NodeId,
    pub(super) data: &'d ElementData,
}

impl<'d> Element<'d> {
    /// The id.
    #[must_use]
    pub const fn id(self) -> NodeId {
        self.id
    }

    /// The element as a node.
    #[must_use]
    pub const fn node(self) -> Node<'d> {
        Node { document: self.document, id: self.id }
    }

    /// The document it belongs to.
    #[must_use]
    pub const fn document(self) -> &'d Document {
        self.document
    }

    /// The namespace, empty if it is in none.
    #[must_use]
    pub fn namespace(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.namespace)
    }

    /// The local name.
    #[must_use]
    pub fn local_name(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.local)
    }

    /// The prefix as written, empty if there is none.
    #[must_use]
    pub fn prefix(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.prefix)
    }

    /// The number of its name among those of the document: what has the same number has the same namespace, local name and
    /// prefix, an attribute with its own numbers.
    #[must_use]
    pub const fn name_number(self) -> usize {
        self.data.name as usize
    }

    /// Whether it has this namespace and local name.
    #[must_use]
    pub fn is(self, namespace: &str, local_name: &str) -> bool {
        self.local_name() == local_name && self.namespace() == namespace
    }

    /// The octets from `<` of the start tag to `>` of the end tag.
    #[must_use]
    pub fn span(self) -> Span {
        self.node().span()
    }

    /// The octets of the start tag; of an empty-element tag, all of it.
    #[must_use]
    pub fn start_tag_span(self) -> Span {
        Span::new(self.span().start, u64::from(self.data.content.start))
    }

    /// The octets between start tag and end tag; empty, behind the tag, for an empty-element tag.
    #[must_use]
    pub fn content_span(self) -> Span {
        let Slice { start, end } = self.data.content;
        Span::new(u64::from(start), u64::from(end))
    }

    /// The element it stands in; none for the document element.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.node().parent()
    }

    /// The element itself, the element it stands in, and so on to the document element.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |element| element.parent())
    }

    /// The nodes in it, one level down.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        Siblings { document: self.document, next: NodeId(self.id.0 + 1), end: self.end() }
    }

    /// The elements in it, one level down.
    pub fn elements(self) -> impl Iterator<Item = Self> {
        self.children().filter_map(Node::as_element)
    }

    /// Whether there is an element in it.
    #[must_use]
    pub const fn has_elements(self) -> bool {
        self.data.has_elements
    }

    /// The elements in it, one level down, that have this name.
    pub fn children_named<'n>(
        self,
        namespace: &'n str,
        local_name: &'n str,
    ) -> impl Iterator<Item = Self> + use<'d, 'n> {
        self.elements().filter(move |element| element.is(namespace, local_name))
    }

    /// The first element in it, one level down, that has this name.
    #[must_use]
    pub fn child(self, namespace: &str, local_name: &str) -> Option<Self> {
        self.elements().find(|element| element.is(namespace, local_name))
    }

    /// All nodes in it, at any depth, in document order; the element itself is not among them.
    pub fn descendants(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        (self.id.0 + 1..self.end().0).map(move |id| Node { document, id: NodeId(id) })
    }

    /// Whether `node` is this element or stands in it.
    #[must_use]
    pub fn contains(self, node: NodeId) -> bool {
        (self.id..self.end()).contains(&node)
    }

    /// The attributes, in the order of the source; namespace declarations are not among them.
    pub fn attributes(self) -> impl ExactSizeIterator<Item = Attribute<'d>> {
        let document = self.document;
        let Slice { start, end } = self.data.attributes;
        document.attributes[start as usize..end as usize].iter().map(move |data| Attribute { document, data })
    }

    /// The value of the attribute without namespace that has this name.
    #[must_use]
    pub fn attribute(self, local_name: &str) -> Option<&'d str> {
        self.attribute_in("", local_name)
    }

    /// The value of the attribute that has this namespace and name.
    #[must_use]
    pub fn attribute_in(self, namespace: &str, local_name: &str) -> Option<&'d str> {
        self.attributes()
            .find(|attribute| attribute.local_name() == local_name && attribute.namespace() == namespace)
            .map(Attribute::value)
    }

    /// The namespace declarations of its start tag, in the order of the source.
    pub fn declarations(self) -> impl ExactSizeIterator<Item = NamespaceDeclaration<'d>> {
        let document = self.document;
        let Slice { start, end } = self.data.declarations;
        document.declarations[start as usize..end as usize].iter().map(move |data| NamespaceDeclaration {
            prefix: document.store.str(data.prefix),
            namespace: document.store.str(data.namespace),
            span: data.span.into(),
        })
    }

    /// The numbers of its attributes, in the order of [`Self::attributes`].
    pub(crate) fn attribute_numbers(self) -> std::ops::Range<u32> {
        self.data.attributes.start..self.data.attributes.end
    }

    /// Its namespace declarations with their numbers.
    pub(crate) fn numbered_declarations(self) -> impl Iterator<Item = (u32, NamespaceDeclaration<'d>)> {
        (self.data.declarations.start..).zip(self.declarations())
    }

    /// The namespace that `prefix` (empty: the default namespace) stands for here; none where it is not bound.
    #[must_use]
    pub fn namespace_of_prefix(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        self.ancestors()
            .find_map(|element| element.declarations().find(|declaration| declaration.prefix == prefix))
            .map(|declaration| declaration.namespace)
            .filter(|namespace| !namespace.is_empty())
    }

    /// The text in it, at any depth: its string value in the sense of XPath.
    ///
    /// Borrowed where the element holds one piece of text, which is nearly always.
    #[must_use]
    pub fn text(self) -> Cow<'d, str> {
        let mut pieces = self.descendants().filter_map(Node::as_text);
        let first = pieces.next().unwrap_or_default();
        match pieces.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(pieces).collect()),
        }
    }

    /// The octets of the text in it: from the first piece of text to the last, one level down; the content where
    /// there is no text.
    #[must_use]
    pub fn text_span(self) -> Span {
        let is_text = |node: &Node<'_>| matches!(node.data().kind, Kind::Text(_));
        let pieces = self.children().filter(is_text).map(Node::span);
        pieces.reduce(Span::to).unwrap_or_else(|| self.content_span())
    }

    /// The path from the document element, with the prefixes of the source and a number, from 1, where the parent holds
    /// more than one element of that name: `/Invoice/cac:Party[2]/cbc:Name`.
    #[must_use]
    pub fn path(self) -> String {
        let mut steps: Vec<_> = self.ancestors().collect();
        steps.reverse();
        steps.into_iter().map(|step| format!("/{}", step.step())).collect()
    }

    /// A finding about this element: its start tag and its path are the place.
    #[must_use]
    pub fn diagnostic(self, code: Code, message: Message) -> Diagnostic {
        self.document.diagnostic(code, message, self.start_tag_span(), self.path())
    }

    /// The name as written, and the number among siblings of that name where there are several.
    fn step(self) -> String {
        let name = self.qualified_name();
        match self.document.number(self.id) {
            0 => name.into_owned(),
            number => format!("{name}[{number}]"),
        }
    }

    /// The name as written, `cbc:ID`.
    #[must_use]
    pub fn qualified_name(self) -> Cow<'d, str> {
        match self.prefix() {
            "" => Cow::Borrowed(self.local_name()),
            prefix => Cow::Owned(format!("{prefix}:{}", self.local_name())),
        }
    }

    /// The id of the first node that no longer stands in it.
    pub(crate) fn end(self) -> NodeId {
        self.data.end
    }
}

/// An attribute of an element.
#[derive(Clone, Copy)]
pub struct Attribute<'d> {
    pub(super) document: &'d Document,
    pub(super) data: &'d AttributeData,
}

impl<'d> Attribute<'d> {
    /// The namespace, empty if it is in none: an attribute without prefix is in no namespace.
    #[must_use]
    pub fn namespace(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.namespace)
    }

    /// The local name.
    #[must_use]
    pub fn local_name(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.local)
    }

    /// The prefix as written, empty if there is none.
    #[must_use]
    pub fn prefix(self) -> &'d str {
        self.document.store.name(self.data.name, |name| name.prefix)
    }

    /// The number of its name among those of the document, as [`Element::name_number`].
    #[must_use]
    pub const fn name_number(self) -> usize {
        self.data.name as usize
    }

    /// The value, normalised as XML 1.0 §3.3.3 has it for attributes that no DTD declares.
    #[must_use]
    pub fn value(self) -> &'d str {
        self.document.store.str(self.data.value)
    }

    /// The octets from the name to the closing quotation mark.
    #[must_use]
    pub fn span(self) -> Span {
        self.data.span.into()
    }

    /// The octets between the quotation marks.
    #[must_use]
    pub fn value_span(self) -> Span {
        self.data.value_span.into()
    }
}

/// A namespace declaration: `xmlns="…"` or `xmlns:prefix="…"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamespaceDeclaration<'d> {
    /// The prefix, empty for the default namespace.
    pub prefix: &'d str,
    /// The namespace, empty where the default namespace is taken back.
    pub namespace: &'d str,
    /// The octets from the name to the closing quotation mark.
    pub span: Span,
}

macro_rules! same_node {
    ($($name:ident),*) => {$(
        impl PartialEq for $name<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.id == other.id && std::ptr::eq(self.document, other.document)
            }
        }

        impl Eq for $name<'_> {}
    )*};
}

same_node!(Node, Element);

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({})", self.path())
    }
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({}:{}={:?})", self.prefix(), self.local_name(), self.value())
    }
}

/// Nodes of one level: each next one begins where the last one's descendants end.
pub(super) struct Siblings<'d> {
    pub(super) document: &'d Document,
    pub(super) next: NodeId,
    pub(super) end: NodeId,
}

impl<'d> Iterator for Siblings<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { document: self.document, id: self.next };
        self.next = node.as_element().map_or(NodeId(self.next.0 + 1), Element::end);
        Some(node)
    }
}
