//! A document that was read: its octets, the tree read from them, and places in both.

mod node;
pub(crate) mod store;

use std::collections::HashMap;
use std::sync::OnceLock;

use karvan_text::{Code, Diagnostic, Excerpt, Locator, Message, Place, Position, Span};

use self::node::Siblings;
pub use self::node::{Attribute, Element, NamespaceDeclaration, Node, NodeId, NodeKind};
use self::store::{AttributeData, DeclarationData, ElementData, Kind, NodeData, Store};
use crate::reader::parse;
use crate::{Limits, ParseError, XML_NAMESPACE};

/// An XML document: its octets and the tree read from them.
///
/// The tree is the one of the XPath data model without namespace nodes: elements, text (character references resolved,
/// CDATA sections merged, line ends normalised), comments, processing instructions. Nothing of the source is lost,
/// for the source itself is kept.
#[derive(Clone, Debug)]
pub struct Document {
    store: Store,
    nodes: Vec<NodeData>,
    elements: Vec<ElementData>,
    attributes: Vec<AttributeData>,
    declarations: Vec<DeclarationData>,
    /// The attributes that an internal subset declares to be identifiers, by number.
    identifiers: Vec<u32>,
    /// The document element.
    root: NodeId,
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
