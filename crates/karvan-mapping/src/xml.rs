//! XML documents as trees for the engine, and back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use karvan_schema::xml::{Grammar as Schema, SimpleType, TypeDefinition};
use karvan_text::{Message, Span};
use karvan_xml::{Attribute, Document as XmlDocument, Element, NodeKind, escape_text, escape_value, is_xml_character};

use crate::file::{Told, XmlSyntax};
use crate::grammar::{Grammar, List, Slot};
use crate::pieces::Pieces;
use crate::report::{Entry, LossReport, Place};
use crate::table::Table;
use crate::tree::{Label, Name, NodeId, Tree, split};
use crate::written::Written;

/// The namespace of attributes that speak to processors: `xsi:schemaLocation`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Whether a document with this root element is one for the table.
pub(crate) fn recognises(syntax: &XmlSyntax, root: Element<'_>) -> bool {
    let is = |element: &Element<'_>, name: &str| {
        let (prefix, local) = split(name);
        syntax.namespaces.get(prefix).is_some_and(|namespace| element.is(namespace, local))
    };
    let is_told = |told: &Told| {
        let mut names = told.path.split('/');
        let found = names.try_fold(root, |at, name| at.elements().find(|element| is(element, name)));
        found.is_some_and(|element| told.values.iter().any(|value| value == element.text().trim()))
    };
    is(&root, &syntax.root) && syntax.told.as_ref().is_none_or(is_told)
}

/// The elements and attributes of a document as a tree, and its comments and processing instructions, which belong to its
/// form.
///
/// An element without child elements has its text; one with child elements has text only where there is more than
/// white space between them.
pub(crate) fn tree<'d>(table: &Table, syntax: &XmlSyntax, document: &'d XmlDocument) -> (Tree<'d>, LossReport) {
    let mut names = DocumentNames { table, syntax, known: vec![None; document.name_count()] };
    let root = document.root();
    let label = (root.prefix(), root.local_name());
    let name = names.name_of(root.namespace(), root.local_name());
    let mut tree = Tree::new(table.names.labels(), name, label, root.span());
    let mut report = LossReport::default();
    let mut open = vec![OpenElement::new(root, NodeId::ROOT)];
    names.attributes(root, NodeId::ROOT, &mut tree);
    for node in root.descendants() {
        while let Some(element) = open.pop_if(|element| !element.element.contains(node.id())) {
            element.close(&mut tree);
        }
        let Some(around) = open.last_mut() else { break };
        match node.kind() {
            NodeKind::Element(element) => {
                around.has_elements = true;
                let (name, label) = names.of_element(element, &mut tree);
                let id = tree.push(around.node, name, label, element.span());
                open.push(OpenElement::new(element, id));
                names.attributes(element, id, &mut tree);
            }
            NodeKind::Text(text) => around.add(text, node.span()),
            NodeKind::Comment(_) | NodeKind::ProcessingInstruction { .. } => report.form.extend(form(node)),
        }
    }
    open.into_iter().rev().for_each(|element| element.close(&mut tree));
    report.form.extend(document.children().filter_map(form));
    (tree, report)
}

/// The names of a document in the numbers of a table, each looked up once.
struct DocumentNames<'t> {
    table: &'t Table,
    syntax: &'t XmlSyntax,
    known: Vec<Option<(Name, Label)>>,
}

impl DocumentNames<'_> {
    fn name_of(&self, namespace: &str, local: &str) -> Name {
        let mut prefixes = self.syntax.namespaces.iter();
        let prefix = prefixes.find(|(_, known)| *known == namespace);
        prefix.map_or(Name::UNKNOWN, |(prefix, _)| self.table.names.find(prefix, local))
    }

    fn of_element<'d>(&mut self, element: Element<'d>, tree: &mut Tree<'d>) -> (Name, Label) {
        let number = element.name_number();
        if let Some(known) = self.known[number] {
            return known;
        }
        let name = self.name_of(element.namespace(), element.local_name());
        let label = tree.label_of(name, element.prefix(), element.local_name());
        *self.known[number].insert((name, label))
    }

    fn of_attribute<'d>(&mut self, attribute: Attribute<'d>, tree: &mut Tree<'d>) -> (Name, Label) {
        let number = attribute.name_number();
        if let Some(known) = self.known[number] {
            return known;
        }
        let name = match attribute.namespace() {
            "" => self.table.names.find("", &format!("@{}", attribute.local_name())),
            _ => Name::UNKNOWN,
        };
        let label = tree.label_of(name, "@", attribute.local_name());
        *self.known[number].insert((name, label))
    }

    /// Adds the attributes of an element below its node.
    fn attributes<'d>(&mut self, element: Element<'d>, node: NodeId, tree: &mut Tree<'d>) {
        for attribute in element.attributes().filter(|attribute| attribute.namespace() != INSTANCE) {
            let (name, label) = self.of_attribute(attribute, tree);
            let id = tree.push(node, name, label, attribute.value_span());
            tree.set_text(id, Some(Cow::Borrowed(attribute.value())));
        }
    }
}

/// An element that is being read.
struct OpenElement<'d> {
    element: Element<'d>,
    node: NodeId,
    has_elements: bool,
    text: ElementText<'d>,
}

/// The text of an element so far.
#[derive(Clone, Copy)]
enum ElementText<'d> {
    None,
    /// One piece, and its octets.
    Piece(&'d str, Span),
    /// Pieces with other nodes between them.
    Pieces,
}

impl<'d> OpenElement<'d> {
    const fn new(element: Element<'d>, node: NodeId) -> Self {
        Self { element, node, has_elements: false, text: ElementText::None }
    }

    fn add(&mut self, text: &'d str, span: Span) {
        self.text = match self.text {
            ElementText::None => ElementText::Piece(text, span),
            // Between elements there is mostly layout.
            ElementText::Piece(piece, _) if self.has_elements && is_layout(piece) && is_layout(text) => return,
            _ => ElementText::Pieces,
        };
    }

    /// Gives its node the text of the element, which is at its end.
    fn close(self, tree: &mut Tree<'d>) {
        let Self { element, node, has_elements, text } = self;
        let (text, span) = match text {
            ElementText::None => return,
            ElementText::Piece(piece, span) if !has_elements => (Cow::Borrowed(piece), span),
            ElementText::Piece(piece, _) if is_layout(piece) => return,
            ElementText::Piece(..) | ElementText::Pieces if has_elements => {
                let pieces = element.children().filter_map(karvan_xml::Node::as_text);
                let own: String = pieces.filter(|text| !text.trim().is_empty()).collect();
                (Cow::Owned(own), element.text_span())
            }
            ElementText::Piece(..) | ElementText::Pieces => (element.text(), element.text_span()),
        };
        if !text.is_empty() {
            tree.set_text(node, Some(text));
            tree.node_mut(node).span = span;
        }
    }
}

/// Whether a text is the white space that XML documents are laid out with, and nothing else.
fn is_layout(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_whitespace())
}

/// What is told of a comment or a processing instruction.
fn form(node: karvan_xml::Node<'_>) -> Option<Entry> {
    let text = match node.kind() {
        NodeKind::Comment(text) => text,
        NodeKind::ProcessingInstruction { data, .. } => data,
        NodeKind::Element(_) | NodeKind::Text(_) => return None,
    };
    Some(Entry {
        term: None,
        value: text.to_owned(),
        written: None,
        reason: Message::new("mapping-comment"),
        source: Some(Place { span: node.span(), path: node.parent().map(Element::path).unwrap_or_default() }),
        target: None,
    })
}

/// The written tree as a document, its children in the order of the grammar: an element a line, two spaces a level.
///
/// Written here rather than from an element tree, because the tree of the engine is one already.
pub(crate) fn document(table: &Table, syntax: &XmlSyntax, written: &Written<'_>) -> String {
    let mut out = String::with_capacity(written.length());
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    out.push_str(&syntax.root);
    for (prefix, namespace) in &syntax.namespaces {
        out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        out.push_str(prefix);
        out.push_str("=\"");
        escape_value(namespace, &mut out);
        out.push('"');
    }
    let end = format!("</{}>", syntax.root);
    Output { table, written, elements: Vec::new(), texts: None, out: &mut out }.content(NodeId::ROOT, &end, 1);
    out.push('\n');
    out
}

/// Appends the elements in that of a node as [`document`] writes them; gives where their texts stand.
pub(crate) fn elements(
    table: &Table,
    written: &Written<'_>,
    node: NodeId,
    pieces: &mut Pieces,
) -> Vec<(NodeId, Range<usize>)> {
    let (mut texts, depth) = (Vec::new(), depth(written, node));
    for child in written.tree.children(node) {
        let start = pieces.text.len();
        let out = &mut pieces.text;
        Output { table, written, elements: Vec::new(), texts: Some(&mut texts), out }.element(child, depth);
        pieces.add(written.slots[child.index()].order, start);
    }
    texts
}

/// Appends what follows the name of an element in its start tag, up to its end, of which the elements in it are written.
pub(crate) fn close(table: &Table, written: &Written<'_>, node: NodeId, pieces: &Pieces, out: &mut String) {
    out.push('>');
    pieces.put(out);
    line(depth(written, node) - 1, out);
    out.push_str(table.names.end_tag(written.tree.node(node).name));
}

/// How many elements an element in that of a node stands in.
fn depth(written: &Written<'_>, node: NodeId) -> usize {
    std::iter::successors(Some(node), |node| written.tree.parent(*node)).count()
}

/// Begins a line.
fn line(depth: usize, out: &mut String) {
    const LINE: &str = "\n                                ";
    match LINE.get(..1 + 2 * depth) {
        Some(line) => out.push_str(line),
        None => out.extend(std::iter::once("\n").chain(std::iter::repeat_n("  ", depth))),
    }
}

struct Output<'o> {
    table: &'o Table,
    written: &'o Written<'o>,
    /// The elements still to be written on the levels that are open, the innermost last.
    elements: Vec<NodeId>,
    /// Where the texts of elements were written, if somebody asks.
    texts: Option<&'o mut Vec<(NodeId, Range<usize>)>>,
    out: &'o mut String,
}

impl Output<'_> {
    /// Writes an element on a line of its own.
    fn element(&mut self, node: NodeId, depth: usize) {
        let name = self.written.tree.node(node).name;
        line(depth, self.out);
        self.out.push('<');
        self.out.push_str(self.table.names.text(name));
        self.content(node, self.table.names.end_tag(name), depth + 1);
    }

    /// Writes what follows the name of an element in its start tag, all that stands in it, and its end tag.
    fn content(&mut self, node: NodeId, end_tag: &str, depth: usize) {
        let Self { table, written, .. } = *self;
        if let Some(content) = written.finished(node) {
            self.out.push_str(content);
            return;
        }
        let Written { tree, slots, .. } = written;
        let order = |node: &NodeId| slots[node.index()].order;
        let text = tree.text(node).unwrap_or_default();
        let start = self.elements.len();
        for child in tree.children(node) {
            match table.names.text(tree.node(child).name).strip_prefix('@') {
                Some(attribute) => {
                    self.out.push(' ');
                    self.out.push_str(attribute);
                    self.out.push_str("=\"");
                    escape_value(tree.text(child).unwrap_or_default(), self.out);
                    self.out.push('"');
                }
                None => self.elements.push(child),
            }
        }
        let end = self.elements.len();
        if !self.elements[start..].is_sorted_by_key(order) {
            self.elements[start..].sort_by_key(order);
        }
        if text.is_empty() && start == end {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        let begin = self.out.len();
        escape_text(text, self.out);
        if let Some(texts) = &mut self.texts {
            texts.push((node, begin..self.out.len()));
        }
        for index in start..end {
            self.element(self.elements[index], depth);
        }
        self.elements.truncate(start);
        if start < end {
            line(depth - 1, self.out);
        }
        self.out.push_str(end_tag);
    }
}

/// An XML schema as the grammar that the engine writes by, if Karvan has it.
///
/// Only what the table has names for is taken: the types that no place leads to are left out.
pub(crate) fn grammar(table: &Table, syntax: &XmlSyntax) -> Option<Grammar> {
    let (prefix, local) = split(&syntax.root);
    let root = Schema::builtin(&syntax.grammar)?.root(syntax.namespaces.get(prefix)?, local)?;
    // A type is a place wherever it stands; its index is the key.
    let mut types: Vec<TypeDefinition<'static>> = vec![root.definition()];
    let (mut places, mut lists) = (Vec::new(), HashMap::new());
    let mut keep_to = |place: usize, name: Name, values: Option<SimpleType<'static>>| {
        let listed = values.filter(|values| syntax.known_codes && !values.enumeration().is_empty());
        if let (Some(values), Ok(key)) = (listed, u32::try_from(place)) {
            lists.insert((key, name), List::Type(values));
        }
    };
    while let Some(definition) = types.get(places.len()).copied() {
        let mut place = Vec::new();
        for attribute in definition.attributes().filter(|attribute| attribute.namespace().is_empty()) {
            let name = table.names.find("", &format!("@{}", attribute.name()));
            keep_to(places.len(), name, Some(attribute.value()));
            place.push((name, Slot { key: Slot::NOTHING, order: 0, repetitions: 1, limit: 0, numeric: false }));
        }
        for child in definition.children() {
            let element = child.element();
            let prefixes = syntax.namespaces.iter().filter(|(_, namespace)| *namespace == element.namespace());
            for name in prefixes.map(|(prefix, _)| table.names.find(prefix, element.name())) {
                if name == Name::UNKNOWN {
                    continue;
                }
                let definition = element.definition();
                keep_to(places.len(), name, definition.value());
                let key = types.iter().position(|known| *known == definition).unwrap_or_else(|| {
                    types.push(definition);
                    types.len() - 1
                });
                let (key, order) = (u32::try_from(key).ok()?, u32::try_from(child.order()).ok()?);
                let repetitions = child.maximum().unwrap_or(u32::MAX);
                place.push((name, Slot { key, order, repetitions, limit: 0, numeric: false }));
            }
        }
        places.push(place);
    }
    Some(Grammar::new(places, is_xml_character).keeping_to(lists))
}
