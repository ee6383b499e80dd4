//! The tree: nodes in document order, each with its octets.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use karvan_text::{Code, Diagnostic, Excerpt, Locator, Message, Place, Position, Span};

use crate::reader::parse;
use crate::{Limits, ParseError, XML_NAMESPACE};

/// An XML document: its octets and the tree read from them.
///
/// The tree is the one of the XPath data model without namespace nodes: elements, text (character references resolved,
/// CDATA sections merged, line ends normalised), comments, processing instructions. Nothing of the source is lost,
/// for the source itself is kept.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) store: Store,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) elements: Vec<ElementData>,
    pub(crate) attributes: Vec<AttributeData>,
    pub(crate) declarations: Vec<DeclarationData>,
    /// The attributes that an internal subset declares to be identifiers, by number.
    pub(crate) identifiers: Vec<u32>,
    /// The document element.
    pub(crate) root: NodeId,
    lines: OnceLock<Vec<u32>>,
    /// Offsets within long lines, with their columns.
    columns: OnceLock<Vec<(u32, u64)>>,
    /// The number of each element among its siblings of that name, by node; 0 where there is no other.
    numbers: OnceLock<Vec<u32>>,
}

impl Document {
    /// Reads `source`, UTF-8 with or without byte order mark.
    ///
    /// # Errors
    /// What is not well formed (XML 1.0, Namespaces in XML 1.0), not UTF-8, beyond a limit, or a document type
    /// declaration, as a finding with its place.
    pub fn parse(source: impl Into<Vec<u8>>, limits: &Limits) -> Result<Self, ParseError> {
        parse(source.into(), limits, &|_| None)
    }

    /// The same with external entities, which `file` gives by their system identifiers, where [`Limits::document_type`]
    /// allows a document type declaration.
    ///
    /// # Errors
    /// As [`Self::parse`]; an external entity that `file` does not give.
    pub fn parse_with_entities(
        source: impl Into<Vec<u8>>,
        limits: &Limits,
        file: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, ParseError> {
        parse(source.into(), limits, file)
    }

    pub(crate) fn from_parts(
        store: Store,
        nodes: Vec<NodeData>,
        elements: Vec<ElementData>,
        attributes: Vec<AttributeData>,
        declarations: Vec<DeclarationData>,
        identifiers: Vec<u32>,
        root: NodeId,
    ) -> Self {
        let (lines, columns, numbers) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { store, nodes, elements, attributes, declarations, identifiers, root, lines, columns, numbers }
    }

    /// The octets that the document was read from, exactly.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        self.store.source.as_bytes()
    }

    /// The document element.
    #[must_use]
    pub fn root(&self) -> Element<'_> {
        // In document order the first element is the document element.
        Element { document: self, id: self.root, data: &self.elements[0] }
    }

    /// The nodes of the document itself: comments, processing instructions, and the document element.
    pub fn children(&self) -> impl Iterator<Item = Node<'_>> {
        Siblings { document: self, next: NodeId(0), end: NodeId(self.nodes.len() as u32) }
    }

    /// The comments and processing instructions, wherever they stand, in document order.
    pub fn remarks(&self) -> impl Iterator<Item = Node<'_>> {
        let is_remark = |data: &NodeData| matches!(data.kind, Kind::Comment(_) | Kind::ProcessingInstruction(..));
        let numbered = (0..).zip(&self.nodes);
        numbered.filter(move |(_, data)| is_remark(data)).map(|(id, _)| Node { document: self, id: NodeId(id) })
    }

    /// The node with this id, if the document has it.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<Node<'_>> {
        (id.index() < self.nodes.len()).then_some(Node { document: self, id })
    }

    /// The element with this id, if the document has it.
    #[must_use]
    pub fn element(&self, id: NodeId) -> Option<Element<'_>> {
        self.node(id)?.as_element()
    }

    /// The elements with an identifier of which `is_wanted` holds.
    ///
    /// An identifier is the value of an attribute `Id`, `ID`, `id`, `xml:id` or, of WS-Security, `wsu:Id`, or of one that the
    /// internal subset declares to be one: nothing else says which attributes are.
    pub fn elements_with_identifier<'d, F: Fn(&str) -> bool>(
        &'d self,
        is_wanted: F,
    ) -> impl Iterator<Item = Element<'d>> + use<'d, F> {
        let elements = (0..self.node_count()).filter_map(|id| self.element(NodeId(id)));
        elements.filter(move |element| {
            element.attribute_numbers().zip(element.attributes()).any(|(number, attribute)| {
                let is_identifier = is_identifier(attribute.namespace(), attribute.local_name())
                    || self.identifiers.binary_search(&number).is_ok();
                is_identifier && is_wanted(attribute.value())
            })
        })
    }

    /// How many names there are, each as it is written: [`Element::name_number`] is the number of one.
    #[must_use]
    pub fn name_count(&self) -> usize {
        self.store.names.len()
    }

    pub(crate) fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The attribute of this number.
    pub(crate) fn attribute(&self, number: u32) -> Option<Attribute<'_>> {
        Some(Attribute { document: self, data: self.attributes.get(number as usize)? })
    }

    /// The prefix and the namespace of the declaration of this number.
    pub(crate) fn declaration(&self, number: u32) -> Option<(&str, &str)> {
        let data = self.declarations.get(number as usize)?;
        Some((self.store.str(data.prefix), self.store.str(data.namespace)))
    }

    /// The element with this path, written as [`Element::path`] writes it; a number of 1 may be left out.
    ///
    /// ```
    /// # use karvan_xml::{Document, Limits};
    /// let document = Document::parse("<a><b/><b x='2'/></a>", &Limits::default())?;
    /// assert_eq!(document.find("/a/b[2]").and_then(|b| b.attribute("x")), Some("2"));
    /// assert_eq!(document.find("/a/c"), None);
    /// # Ok::<(), karvan_xml::ParseError>(())
    /// ```
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Element<'_>> {
        let mut steps = path.strip_prefix('/')?.split('/').map(|step| match step.split_once('[') {
            None => Some((step, 1)),
            Some((name, number)) => Some((name, number.strip_suffix(']')?.parse::<usize>().ok()?)),
        });
        let is_root = |(name, number): (&str, usize)| number == 1 && self.root().qualified_name() == name;
        steps.next()?.filter(|step| is_root(*step))?;
        steps.try_fold(self.root(), |element, step| {
            let (name, number) = step?;
            element.elements().filter(|child| child.qualified_name() == name).nth(number.checked_sub(1)?)
        })
    }

    /// The line and column of the octet at `offset`.
    #[must_use]
    pub fn position(&self, offset: u64) -> Position {
        let lines = self.lines.get_or_init(|| line_starts(self.source()));
        let offset = u32::try_from(offset).unwrap_or(u32::MAX).min(self.source().len() as u32);
        let line = lines.partition_point(|&start| start <= offset);
        // A document of one line, with a finding at every end of it, would otherwise be read anew for each.
        let columns = self.columns.get_or_init(|| column_marks(self.source(), lines));
        let start = (lines[line - 1], 1);
        let (start, column) = columns[..columns.partition_point(|mark| mark.0 <= offset)]
            .last()
            .copied()
            .filter(|mark| mark.0 > start.0)
            .unwrap_or(start);
        let further = Locator::default().position(&self.source()[start as usize..], (offset - start) as usize);
        Position { line: line as u64, column: column + further.column - 1 }
    }

    /// The number of the element `id` among its siblings of that name; 0 where there is no other.
    fn number(&self, id: NodeId) -> u32 {
        self.numbers.get_or_init(|| {
            let mut numbers = vec![0; self.nodes.len()];
            let root = self.root();
            let elements = std::iter::once(root).chain(root.descendants().filter_map(Node::as_element));
            for parent in elements {
                let mut known: HashMap<_, (NodeId, u32)> = HashMap::new();
                for child in parent.elements() {
                    let name = (child.namespace(), child.local_name());
                    let (first, count) = known.entry(name).or_insert((child.id, 0));
                    *count += 1;
                    if *count > 1 {
                        numbers[first.index()] = 1;
                        numbers[child.id.index()] = *count;
                    }
                }
            }
            numbers
        })[id.index()]
    }

    /// A finding about the octets of `span`, at the element `path`: place and excerpt filled in.
    #[must_use]
    pub fn diagnostic(&self, code: Code, message: Message, span: Span, path: impl Into<String>) -> Diagnostic {
        let place = Place { span, position: self.position(span.start), path: path.into(), ..Place::default() };
        Diagnostic::new(code, message, place).excerpt(excerpt(self.source(), span))
    }
}

/// Whether the attribute of this namespace and name is an identifier, in all vocabularies that signatures are used with.
pub(crate) fn is_identifier(namespace: &str, local_name: &str) -> bool {
    matches!((namespace, local_name), ("", "Id" | "ID" | "id") | (XML_NAMESPACE, "id") | (SECURITY_UTILITY, "Id"))
}

/// WS-Security utility, for its attribute Id.
const SECURITY_UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

/// How far apart offsets with known columns are, at least.
const COLUMN_MARKS: usize = 4096;

/// Offsets within lines longer than [`COLUMN_MARKS`], each with its column.
fn column_marks(source: &[u8], lines: &[u32]) -> Vec<(u32, u64)> {
    let ends = lines.iter().skip(1).map(|&end| end as usize).chain([source.len()]);
    let mut marks = Vec::new();
    for (start, end) in lines.iter().map(|&start| start as usize).zip(ends) {
        let (mut at, mut column) = (start, 1);
        while end - at > COLUMN_MARKS {
            // A mark stands where a character begins.
            let next = (at + COLUMN_MARKS..end).find(|&next| source[next] & 0xC0 != 0x80).unwrap_or(end);
            column += Locator::default().position(&source[at..], next - at).column - 1;
            at = next;
            marks.push((at as u32, column));
        }
    }
    marks
}

/// The offsets at which lines begin.
fn line_starts(source: &[u8]) -> Vec<u32> {
    let ends = memchr::memchr2_iter(b'\n', b'\r', source)
        .filter(|&end| source[end] == b'\n' || source.get(end + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|end| end as u32 + 1)).collect()
}

/// The line that `span` begins on, the span marked as far as it stands on that line.
pub(crate) fn excerpt(source: &[u8], span: Span) -> Excerpt {
    let clip = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(source.len());
    let (start, end) = (clip(span.start), clip(span.end));
    let line_start = memchr::memrchr2(b'\n', b'\r', &source[..start]).map_or(0, |at| at + 1);
    let line_end = memchr::memchr2(b'\n', b'\r', &source[start..]).map_or(source.len(), |at| start + at);
    Excerpt::new(&source[line_start..line_end], start - line_start..end.min(line_end) - line_start)
}

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
    document: &'d Document,
    id: NodeId,
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
    document: &'d Document,
    id: NodeId,
    data: &'d ElementData,
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
    document: &'d Document,
    data: &'d AttributeData,
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
struct Siblings<'d> {
    document: &'d Document,
    next: NodeId,
    end: NodeId,
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

/// The strings of a document: octets of the source where they stand there as they are, or else what was resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) source: String,
    /// Strings that differ from their octets; their offsets begin where those of the source end.
    pub(crate) resolved: String,
    /// The names of elements and attributes.
    pub(crate) names: Vec<NameData>,
}

impl Store {
    pub(crate) fn str(&self, slice: Slice) -> &str {
        look_up(&self.source, &self.resolved, slice)
    }

    /// A piece of the name of this number.
    fn name(&self, number: u32, piece: impl Fn(&NameData) -> Slice) -> &str {
        self.str(piece(&self.names[number as usize]))
    }
}

/// A name as it is written, and the namespace that it is in where that is so.
#[derive(Clone, Debug)]
pub(crate) struct NameData {
    pub(crate) prefix: Slice,
    pub(crate) local: Slice,
    pub(crate) namespace: Slice,
}

/// The string that `slice` stands for, in `source` or, behind its end, in `resolved`.
#[inline]
pub(crate) fn look_up<'s>(source: &'s str, resolved: &'s str, slice: Slice) -> &'s str {
    let (start, end) = (slice.start as usize, slice.end as usize);
    match start.checked_sub(source.len()) {
        Some(start) => &resolved[start..end - source.len()],
        None => &source[start..end],
    }
}

/// A range of octets in a store, or of entries in one of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Slice {
    /// Offsets fit: [`Limits::LARGEST_SIZE`] bounds the source, and what is resolved is shorter still.
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
}

impl From<Slice> for Span {
    fn from(slice: Slice) -> Self {
        Self::new(u64::from(slice.start), u64::from(slice.end))
    }
}

/// A node: nodes are stored in document order, so that what follows an element up to its end stands in it.
#[derive(Clone, Debug)]
pub(crate) struct NodeData {
    pub(crate) parent: NodeId,
    pub(crate) octets: Slice,
    pub(crate) kind: Kind,
}

impl NodeData {
    fn span(&self) -> Span {
        self.octets.into()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Element(u32),
    Text(Slice),
    Comment(Slice),
    ProcessingInstruction(Slice, Slice),
}

#[derive(Clone, Debug)]
pub(crate) struct ElementData {
    /// The number of its name.
    pub(crate) name: u32,
    /// The octets between the tags.
    pub(crate) content: Slice,
    pub(crate) attributes: Slice,
    pub(crate) declarations: Slice,
    /// The id of the first node that no longer stands in the element.
    pub(crate) end: NodeId,
}

#[derive(Clone, Debug)]
pub(crate) struct AttributeData {
    /// The number of its name.
    pub(crate) name: u32,
    pub(crate) value: Slice,
    pub(crate) span: Slice,
    pub(crate) value_span: Slice,
}

#[derive(Clone, Debug)]
pub(crate) struct DeclarationData {
    pub(crate) prefix: Slice,
    pub(crate) namespace: Slice,
    pub(crate) span: Slice,
}
