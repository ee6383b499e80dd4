//! XML documents as trees for the engine, and back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use karvan_schema::xml::{Grammar as Schema, SimpleType, TypeDefinition};
use karvan_text::Message;
use karvan_xml::{Document as XmlDocument, Element, NodeKind, escape_text, escape_value, is_xml_character};

use crate::file::{Told, XmlSyntax};
use crate::grammar::{Grammar, List, Slot};
use crate::report::{Entry, LossReport, Place};
use crate::table::Table;
use crate::tree::{Name, NodeId, Tree, split};
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

/// The elements and attributes of a document as a tree.
///
/// An element without child elements has its text; one with child elements has text only where there is more than
/// white space between them.
pub(crate) fn tree<'d>(table: &Table, syntax: &XmlSyntax, document: &'d XmlDocument) -> Tree<'d> {
    let prefixes: Vec<(&str, &str)> = syntax.namespaces.iter().map(|(a, b)| (b.as_str(), a.as_str())).collect();
    let name_of = |namespace: &str, local: &str| {
        let prefix = prefixes.iter().find(|(known, _)| *known == namespace);
        prefix.map_or(Name::UNKNOWN, |(_, prefix)| table.names.find(prefix, local))
    };
    let root = document.root();
    let label = (root.prefix(), root.local_name());
    let mut tree = Tree::new(table.names.labels(), name_of(root.namespace(), root.local_name()), label, root.span());
    let mut open = vec![(root, NodeId::ROOT)];
    while let Some((element, node)) = open.pop() {
        for attribute in element.attributes().filter(|attribute| attribute.namespace() != INSTANCE) {
            let name = match attribute.namespace() {
                "" => table.names.find("", &format!("@{}", attribute.local_name())),
                _ => Name::UNKNOWN,
            };
            let label = tree.label_of(name, "@", attribute.local_name());
            let id = tree.push(node, name, label, attribute.value_span());
            tree.set_text(id, Some(Cow::Borrowed(attribute.value())));
        }
        let first = open.len();
        for child in element.elements() {
            let name = name_of(child.namespace(), child.local_name());
            let label = tree.label_of(name, child.prefix(), child.local_name());
            let id = tree.push(node, name, label, child.span());
            open.push((child, id));
        }
        if open.len() == first {
            let text = element.text();
            if !text.is_empty() {
                tree.set_text(node, Some(text));
                tree.node_mut(node).span = element.text_span();
            }
        } else {
            let own = element.children().filter_map(karvan_xml::Node::as_text).filter(|text| !text.trim().is_empty());
            let own: String = own.collect();
            if !own.is_empty() {
                tree.set_text(node, Some(Cow::Owned(own)));
                tree.node_mut(node).span = element.text_span();
            }
        }
        open[first..].reverse();
    }
    tree
}

/// Comments and processing instructions, which belong to the form of a document.
pub(crate) fn form(document: &XmlDocument) -> LossReport {
    let mut report = LossReport::default();
    let within = document.root().descendants();
    for node in document.children().chain(within) {
        let text = match node.kind() {
            NodeKind::Comment(text) => text,
            NodeKind::ProcessingInstruction { data, .. } => data,
            NodeKind::Element(_) | NodeKind::Text(_) => continue,
        };
        report.form.push(Entry {
            term: None,
            value: text.to_owned(),
            written: None,
            reason: Message::new("mapping-comment"),
            source: Some(Place { span: node.span(), path: node.parent().map(Element::path).unwrap_or_default() }),
            target: None,
        });
    }
    report
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
    Output { table, written, elements: Vec::with_capacity(64), texts: None, out: &mut out }.content(
        NodeId::ROOT,
        &end,
        1,
    );
    out.push('\n');
    out
}

/// What follows the name of an element in its start tag, up to its end, as [`document`] writes it, and where the texts of
/// the elements stand in it.
pub(crate) fn content(table: &Table, written: &Written<'_>, node: NodeId) -> (String, Vec<(NodeId, Range<usize>)>) {
    let mut out = String::with_capacity(64 * (written.tree.len() - node.index()));
    let mut texts = Vec::with_capacity(written.tree.len() - node.index());
    let depth = std::iter::successors(Some(node), |node| written.tree.parent(*node)).count();
    let end = &table.names.tags(written.tree.node(node).name).end;
    Output { table, written, elements: Vec::with_capacity(32), texts: Some(&mut texts), out: &mut out }
        .content(node, end, depth);
    (out, texts)
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
    /// Writes what follows the name of an element in its start tag, all that stands in it, and its end tag.
    fn content(&mut self, node: NodeId, end_tag: &str, depth: usize) {
        let Self { table, written, .. } = *self;
        let Written { tree, slots, .. } = written;
        let start = self.elements.len();
        let (mut order, mut is_sorted) = (0, true);
        for child in tree.children(node) {
            let name = tree.node(child).name;
            if table.names.tags(name).is_attribute {
                self.attribute(table.names.text(name), tree.text(child).unwrap_or_default());
                continue;
            }
            is_sorted &= order <= slots[child.index()].order;
            order = slots[child.index()].order;
            self.elements.push(child);
        }
        let end = self.elements.len();
        if !is_sorted {
            self.elements[start..].sort_by_key(|node| slots[node.index()].order);
        }
        let text = tree.text(node).unwrap_or_default();
        if start == end
            && let Some(content) = written.finished(node).or_else(|| text.is_empty().then_some("/>"))
        {
            self.out.push_str(content);
            return;
        }
        self.out.push('>');
        self.text(node, text);
        if start < end {
            let line = new_line(depth);
            for index in start..end {
                let child = self.elements[index];
                let tags = table.names.tags(tree.node(child).name);
                self.out.push_str(&line);
                match tree.text(child).filter(|text| !text.is_empty() && !tree.has_children(child)) {
                    Some(text) => {
                        self.out.push_str(tags.start());
                        self.text(child, text);
                        self.out.push_str(&tags.end);
                    }
                    None => {
                        self.out.push_str(tags.open_start());
                        self.content(child, &tags.end, depth + 1);
                    }
                }
            }
            self.elements.truncate(start);
            self.out.push_str(&line[..line.len() - 2]);
        }
        self.out.push_str(end_tag);
    }

    /// Writes the text of an element.
    fn text(&mut self, node: NodeId, text: &str) {
        let begin = self.out.len();
        escape_text(text, self.out);
        if let Some(texts) = &mut self.texts {
            texts.push((node, begin..self.out.len()));
        }
    }

    /// Writes an attribute, whose name has its mark.
    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name.trim_start_matches('@'));
        self.out.push_str("=\"");
        escape_value(value, self.out);
        self.out.push('"');
    }
}

/// The end of a line and the white space before an element at this depth.
fn new_line(depth: usize) -> Cow<'static, str> {
    const LINE: &str = "\n                                ";
    LINE.get(..1 + 2 * depth).map_or_else(|| format!("\n{}", "  ".repeat(depth)).into(), Cow::Borrowed)
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
