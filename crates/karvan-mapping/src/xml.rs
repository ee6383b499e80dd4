//! XML documents as trees for the engine, and back.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use karvan_schema::xml::{AttributeUse, Datatype, Grammar as Schema, INSTANCE_NAMESPACE, SimpleType, TypeDefinition};
use karvan_text::Message;
use karvan_xml::{Attribute, Document as XmlDocument, Element, NodeKind, escape_text, escape_value, is_xml_character};

use crate::file::{Told, XmlSyntax};
use crate::fixed::FixedMap;
use crate::grammar::{Grammar, List, Slot, Wanted, Wants};
use crate::names::{Label, Name, split};
use crate::report::{Entry, LossReport, Place};
use crate::table::Table;
use crate::tree::{NodeId, Tree};
use crate::written::Written;

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
pub(crate) fn tree<'d>(table: &Table, syntax: &XmlSyntax, root: Element<'d>) -> Tree<'d> {
    let mut known = Known { table, syntax, names: vec![None; root.document().name_count()] };
    let name = known.name(root.namespace(), root.local_name());
    let mut tree = Tree::new(table.names.labels(), name, (root.prefix(), root.local_name()), root.span());
    if let Some(envelope) = root.parent() {
        tree = tree.within(envelope.path());
    }
    // Half of the nodes of a document are texts.
    tree.reserve(root.descendants().size_hint().0 / 2);
    attributes(&mut known, &mut tree, root, NodeId::ROOT);
    // The elements that the next node may stand in.
    let mut open = vec![(root, NodeId::ROOT)];
    for node in root.descendants() {
        while open.pop_if(|(element, ..)| !element.contains(node.id())).is_some() {}
        let Some(&(parent, above)) = open.last() else { break };
        match node.kind() {
            NodeKind::Element(element) => {
                let (name, label) = known.element(&mut tree, element);
                let id = tree.push(above, name, label, element.span());
                attributes(&mut known, &mut tree, element, id);
                open.push((element, id));
            }
            NodeKind::Text(text) if tree.text(above).is_none() && !(parent.has_elements() && is_blank(text)) => {
                let text = if parent.has_elements() { Cow::Owned(own_text(parent)) } else { parent.text() };
                tree.set_text(above, Some(text));
                tree.node_mut(above).span = parent.text_span();
            }
            _ => {}
        }
    }
    tree
}

fn attributes<'d>(known: &mut Known<'_>, tree: &mut Tree<'d>, element: Element<'d>, node: NodeId) {
    for attribute in element.attributes().filter(|attribute| attribute.namespace() != INSTANCE_NAMESPACE) {
        let (name, label) = known.attribute(tree, attribute);
        let id = tree.push(node, name, label, attribute.value_span());
        tree.set_text(id, Some(Cow::Borrowed(attribute.value())));
    }
}

/// What the table knows of the names of a document: each is looked up once, however often it stands there.
struct Known<'t> {
    table: &'t Table,
    syntax: &'t XmlSyntax,
    /// By the numbers that the document has for its names.
    names: Vec<Option<(Name, Label)>>,
}

impl Known<'_> {
    fn element<'d>(&mut self, tree: &mut Tree<'d>, element: Element<'d>) -> (Name, Label) {
        if let Some(known) = self.names[element.name_number()] {
            return known;
        }
        let name = self.name(element.namespace(), element.local_name());
        let label = tree.label_of(name, element.prefix(), element.local_name());
        *self.names[element.name_number()].insert((name, label))
    }

    fn attribute<'d>(&mut self, tree: &mut Tree<'d>, attribute: Attribute<'d>) -> (Name, Label) {
        if let Some(known) = self.names[attribute.name_number()] {
            return known;
        }
        let name = match attribute.namespace() {
            "" => self.table.names.find("", &format!("@{}", attribute.local_name())),
            _ => Name::UNKNOWN,
        };
        let label = tree.label_of(name, "@", attribute.local_name());
        *self.names[attribute.name_number()].insert((name, label))
    }

    /// The name of an element.
    fn name(&self, namespace: &str, local: &str) -> Name {
        let prefix = self.syntax.namespaces.iter().find(|(_, known)| *known == namespace);
        prefix.map_or(Name::UNKNOWN, |(prefix, _)| self.table.names.find(prefix, local))
    }
}

/// What stands between the child elements of an element, but for white space alone.
pub(crate) fn own_text(element: Element<'_>) -> String {
    element.children().filter_map(karvan_xml::Node::as_text).filter(|text| !is_blank(text)).collect()
}

fn is_blank(text: &str) -> bool {
    // No other character below the space may stand in XML.
    text.bytes().all(|octet| octet <= b' ') || text.trim_start().is_empty()
}

/// Comments and processing instructions, which belong to the form of a document.
pub(crate) fn form(document: &XmlDocument) -> LossReport {
    let mut report = LossReport::default();
    for node in document.remarks() {
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
    let (mut places, mut lists) = (Vec::new(), FixedMap::default());
    let texts = table.texts();
    let mut keep_to = |place: usize, name: Name, values: Option<SimpleType<'static>>| {
        let list = values.and_then(|values| match values.datatype() {
            _ if syntax.known_codes && !values.enumeration().is_empty() => Some(List::Type(values)),
            datatype if takes_any_text(datatype) || !texts.contains(&name) => None,
            datatype => Some(List::Datatype(datatype)),
        });
        if let (Some(list), Ok(key), true) = (list, u32::try_from(place), name != Name::UNKNOWN) {
            lists.insert((key, name), list);
        }
    };
    // The types of the elements that are not written without what stands in them.
    let mut whole = HashSet::new();
    while let Some(definition) = types.get(places.len()).copied() {
        let mut place = Vec::new();
        for attribute in definition.attributes().filter(|attribute| attribute.namespace().is_empty()) {
            let name = table.names.find("", &format!("@{}", attribute.name()));
            keep_to(places.len(), name, Some(attribute.value()));
            place.push((
                name,
                Slot { key: Slot::NOTHING, order: 0, repetitions: 1, limit: 0, least: 0, numeric: false },
            ));
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
                if table.is_whole(table.names.text(name)) {
                    whole.insert(key);
                }
                let (key, order) = (u32::try_from(key).ok()?, u32::try_from(child.order()).ok()?);
                let repetitions = child.maximum().unwrap_or(u32::MAX);
                place.push((name, Slot { key, order, repetitions, limit: 0, least: 0, numeric: false }));
            }
        }
        places.push(place);
    }
    let grammar = Grammar::new(places, is_xml_character).keeping_to(lists);
    if table.whole.is_empty() {
        return Some(grammar);
    }
    let wanted = |name: &str, prefix: &str, tag| Wanted { name: table.names.find(prefix, name), occurrence: 1, tag };
    let wants = types.iter().enumerate().map(|(key, definition)| {
        let is_asked_for = |attribute: &AttributeUse<'_>| attribute.namespace().is_empty() && attribute.is_required();
        let attributes = definition.attributes().filter(is_asked_for).map(|attribute| {
            let name = format!("@{}", attribute.name());
            (table.is_whole(&name), wanted(&name, "", attribute.name()))
        });
        let attributes = attributes.filter(|(is_whole, _)| *is_whole).map(|(_, wanted)| wanted);
        let children = definition.children().into_iter().filter(|child| whole.contains(&key) && child.minimum() > 0);
        let children = children.map(|child| {
            let element = child.element();
            let prefix = syntax.namespaces.iter().find(|(_, namespace)| *namespace == element.namespace());
            wanted(element.name(), prefix.map_or("", |(prefix, _)| prefix), element.name())
        });
        Wants { all: attributes.chain(children).collect(), notes: Vec::new() }
    });
    let wants = wants.collect();
    Some(grammar.wanting_at_once(wants))
}

/// Whether a datatype takes texts of any form, or nearly so.
fn takes_any_text(datatype: Datatype) -> bool {
    use Datatype as D;
    matches!(datatype, D::AnySimpleType | D::String | D::NormalizedString | D::Token | D::AnyUri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use karvan_xml::Limits;

    const COMPONENTS: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

    #[test]
    fn elements_and_attributes_are_nodes_with_texts() {
        let inside = "\n <c:ID> </c:ID> stray\u{a0}<c:Note languageID='de' c:x='1' xml:lang='de'>a<!-- c -->b</c:Note>\u{a0}\n\
                      <c:Note/><d:Note xmlns:d='urn:d'>n<d:Sub/></d:Note><?p?>end";
        let text = format!(
            "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' xmlns:c='{COMPONENTS}' \
             xmlns:i='{INSTANCE_NAMESPACE}' i:nil='0'>{inside}</Invoice>"
        );
        let document = XmlDocument::parse(text.as_str(), &Limits::default()).unwrap();
        let table = crate::library::for_root(document.root()).unwrap();
        let crate::table::Syntax::Xml(syntax) = table.syntax() else { panic!("a table for XML") };
        let tree = tree(table, syntax, document.root());
        let note = table.names.find("cbc", "Note");
        assert_ne!(note, Name::UNKNOWN);
        assert_eq!(tree.named(NodeId::ROOT, note).count(), 2);
        let octets = |id| {
            let span = tree.node(id).span;
            &text[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()]
        };
        let found: Vec<_> = tree.ids().skip(1).map(|id| (tree.path(id.number()), tree.text(id), octets(id))).collect();
        // White space alone is text where nothing else is in an element; a no-break space is white space too.
        assert_eq!(tree.text(NodeId::ROOT), Some(" stray\u{a0}end"));
        assert_eq!(octets(NodeId::ROOT), inside);
        assert_eq!(
            found,
            [
                ("/Invoice/c:ID".to_owned(), Some(" "), " "),
                ("/Invoice/c:Note[1]".to_owned(), Some("ab"), "a<!-- c -->b"),
                ("/Invoice/c:Note[1]/@languageID".to_owned(), Some("de"), "de"),
                ("/Invoice/c:Note[1]/@x".to_owned(), Some("1"), "1"),
                ("/Invoice/c:Note[1]/@lang".to_owned(), Some("de"), "de"),
                ("/Invoice/c:Note[2]".to_owned(), None, "<c:Note/>"),
                ("/Invoice/d:Note".to_owned(), Some("n"), "n"),
                ("/Invoice/d:Note/d:Sub".to_owned(), None, "<d:Sub/>"),
            ]
        );
    }

    #[test]
    fn comments_and_instructions_are_told_wherever_they_stand() {
        let document = XmlDocument::parse("<!--1--><a><?p 2?><b><!--3--></b></a><!--4-->", &Limits::default()).unwrap();
        let report = form(&document);
        let values: Vec<_> = report.form.iter().map(|entry| entry.value.as_str()).collect();
        assert_eq!(values, ["1", "2", "3", "4"]);
    }
}
