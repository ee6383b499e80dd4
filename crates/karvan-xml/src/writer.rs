//! Making a new document and writing it down.

use crate::{Element, NodeKind, XML_NAMESPACE, is_xml_character};

/// An element to be: name, attributes, content. Prefixes are the concern of the [`Writer`].
///
/// ```
/// use karvan_xml::{ElementBuilder, Writer};
///
/// let mut order = ElementBuilder::new("urn:example:order", "Order");
/// order.push_element("urn:example:basic", "ID").push_text("7");
/// order.push_element("urn:example:basic", "Amount").set_attribute("currency", "IRR").push_text("100");
/// let writer = Writer::new().prefix("", "urn:example:order").prefix("b", "urn:example:basic");
/// assert_eq!(
///     writer.write(&order),
///     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
///      <Order xmlns=\"urn:example:order\" xmlns:b=\"urn:example:basic\">\
///      <b:ID>7</b:ID><b:Amount currency=\"IRR\">100</b:Amount></Order>\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementBuilder {
    namespace: String,
    local_name: String,
    /// Namespace, local name, value.
    attributes: Vec<(String, String, String)>,
    content: Vec<Content>,
}

/// What stands in an element to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Element(ElementBuilder),
    Text(String),
    Comment(String),
}

impl ElementBuilder {
    /// An empty element with this name; an empty `namespace` is none.
    #[must_use]
    pub fn new(namespace: impl Into<String>, local_name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), local_name: local_name.into(), attributes: Vec::new(), content: Vec::new() }
    }

    /// The namespace, empty if it is in none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The local name.
    #[must_use]
    pub fn local_name(&self) -> &str {
        &self.local_name
    }

    /// Whether it has this namespace and local name.
    #[must_use]
    pub fn is(&self, namespace: &str, local_name: &str) -> bool {
        self.local_name == local_name && self.namespace == namespace
    }

    /// Whether nothing stands in it; attributes do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Sets the attribute without namespace `local_name`, in place of an earlier value.
    pub fn set_attribute(&mut self, local_name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.set_attribute_in("", local_name, value)
    }

    /// Sets an attribute in `namespace`, in place of an earlier value.
    pub fn set_attribute_in(
        &mut self,
        namespace: impl Into<String>,
        local_name: impl Into<String>,
        value: impl Into<String>,
    ) -> &mut Self {
        let (namespace, local_name, value) = (namespace.into(), local_name.into(), value.into());
        let same = |(other_namespace, other_name, _): &&mut (String, String, String)| {
            *other_namespace == namespace && *other_name == local_name
        };
        match self.attributes.iter_mut().find(same) {
            Some((_, _, old)) => *old = value,
            None => self.attributes.push((namespace, local_name, value)),
        }
        self
    }

    /// The value of the attribute without namespace `local_name`.
    #[must_use]
    pub fn attribute(&self, local_name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(namespace, name, _)| namespace.is_empty() && name == local_name).map(|(_, _, value)| &**value)
    }

    /// Appends text.
    pub fn push_text(&mut self, text: impl Into<String>) -> &mut Self {
        let text = text.into();
        if !text.is_empty() {
            self.content.push(Content::Text(text));
        }
        self
    }

    /// Appends a comment. What may not stand in one (`--`, a hyphen at the end) is set apart by spaces.
    pub fn push_comment(&mut self, text: impl Into<String>) -> &mut Self {
        self.content.push(Content::Comment(text.into()));
        self
    }

    /// Appends an empty element and gives it, to be filled.
    pub fn push_element(&mut self, namespace: impl Into<String>, local_name: impl Into<String>) -> &mut Self {
        self.push(Self::new(namespace, local_name))
    }

    /// Appends `element` and gives it, to be filled further.
    pub fn push(&mut self, element: Self) -> &mut Self {
        self.insert(self.content.len(), element)
    }

    /// Puts `element` before what stands at `index` of the content (at the end if there is less) and gives it.
    ///
    /// With [`Self::elements`] a caller that knows the order of a grammar finds the index.
    pub fn insert(&mut self, index: usize, element: Self) -> &mut Self {
        let index = index.min(self.content.len());
        self.content.insert(index, Content::Element(element));
        match &mut self.content[index] {
            Content::Element(element) => element,
            Content::Text(_) | Content::Comment(_) => unreachable!("an element was put there just now"),
        }
    }

    /// The elements in it, one level down, each with its index in the content.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = (usize, &Self)> {
        self.content.iter().enumerate().filter_map(|(index, content)| match content {
            Content::Element(element) => Some((index, element)),
            Content::Text(_) | Content::Comment(_) => None,
        })
    }

    /// The elements in it, one level down, to be changed.
    pub fn elements_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Self> {
        self.content.iter_mut().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) | Content::Comment(_) => None,
        })
    }

    /// The text in it, one level down.
    #[must_use]
    pub fn text(&self) -> String {
        let text = |content: &Content| match content {
            Content::Text(text) => Some(text.clone()),
            Content::Element(_) | Content::Comment(_) => None,
        };
        self.content.iter().filter_map(text).collect()
    }
}

/// A copy of an element of a tree, to be changed. Processing instructions are left out.
impl From<Element<'_>> for ElementBuilder {
    fn from(element: Element<'_>) -> Self {
        let mut builder = Self::new(element.namespace(), element.local_name());
        for attribute in element.attributes() {
            builder.set_attribute_in(attribute.namespace(), attribute.local_name(), attribute.value());
        }
        for child in element.children() {
            match child.kind() {
                NodeKind::Element(child) => {
                    builder.push(child.into());
                }
                NodeKind::Text(text) => {
                    builder.push_text(text);
                }
                NodeKind::Comment(text) => {
                    builder.push_comment(text);
                }
                NodeKind::ProcessingInstruction { .. } => {}
            }
        }
        builder
    }
}

/// How an [`ElementBuilder`] is written down. The same element and the same writer give the same octets always.
///
/// A namespace without prefix of its own gets `n1`, `n2`, … in the order of appearance. Namespaces are declared on the
/// outermost element: those given with [`Self::prefix`] in that order, whether used or not.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    prefixes: Vec<(String, String)>,
    indented: bool,
    no_declaration: bool,
}

impl Writer {
    /// A writer that knows no prefix, sets no white space between elements and writes an XML declaration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses `prefix` (empty: none, the default namespace) for `namespace`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>, namespace: impl Into<String>) -> Self {
        self.prefixes.push((prefix.into(), namespace.into()));
        self
    }

    /// Sets every element on a line of its own, two spaces a level; elements that hold text stay as they are.
    #[must_use]
    pub fn indented(mut self) -> Self {
        self.indented = true;
        self
    }

    /// Writes no XML declaration and no line end after the document element: for a part of a document.
    #[must_use]
    pub fn without_declaration(mut self) -> Self {
        self.no_declaration = true;
        self
    }

    /// `root` as a document, in UTF-8.
    ///
    /// A character that no XML document may hold ([`crate::is_xml_character`]) is written as U+FFFD: who must not lose
    /// it looks for it before.
    #[must_use]
    pub fn write(&self, root: &ElementBuilder) -> String {
        let mut prefixes = self.prefixes.clone();
        if has_element_without_namespace(root) {
            // A default namespace for all would take those in.
            prefixes.retain(|(prefix, _)| !prefix.is_empty());
        }
        complete_prefixes(root, &mut prefixes);
        let mut output = Output { prefixes, indented: self.indented, text: String::new() };
        if !self.no_declaration {
            output.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        }
        output.element(root, 0);
        if !self.no_declaration {
            output.text.push('\n');
        }
        output.text
    }
}

fn has_element_without_namespace(element: &ElementBuilder) -> bool {
    element.namespace.is_empty() || element.elements().any(|(_, child)| has_element_without_namespace(child))
}

/// Gives a prefix to every namespace used that has none that fits: attributes need one that is not empty.
fn complete_prefixes(element: &ElementBuilder, prefixes: &mut Vec<(String, String)>) {
    let mut need = |namespace: &str, attribute: bool| {
        if !namespace.is_empty() && namespace != XML_NAMESPACE && prefix_of(prefixes, namespace, attribute).is_none() {
            let taken = |name: &str| prefixes.iter().any(|(prefix, _)| prefix == name);
            let free = (1_u32..).map(|number| format!("n{number}")).find(|name| !taken(name));
            prefixes.push((free.unwrap_or_default(), namespace.to_owned()));
        }
    };
    need(&element.namespace, false);
    element.attributes.iter().for_each(|(namespace, _, _)| need(namespace, true));
    element.elements().for_each(|(_, child)| complete_prefixes(child, prefixes));
}

fn prefix_of<'p>(prefixes: &'p [(String, String)], namespace: &str, attribute: bool) -> Option<&'p str> {
    let fits = |(prefix, other): &&(String, String)| other == namespace && !(attribute && prefix.is_empty());
    prefixes.iter().find(fits).map(|(prefix, _)| &**prefix)
}

struct Output {
    prefixes: Vec<(String, String)>,
    indented: bool,
    text: String,
}

impl Output {
    fn element(&mut self, element: &ElementBuilder, depth: usize) {
        self.text.push('<');
        self.name(&element.namespace, &element.local_name, false);
        if depth == 0 {
            for index in 0..self.prefixes.len() {
                let (prefix, namespace) = self.prefixes[index].clone();
                self.text.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
                self.text.push_str(&prefix);
                self.value(&namespace);
            }
        }
        for (namespace, local_name, value) in &element.attributes {
            self.text.push(' ');
            self.name(namespace, local_name, true);
            self.value(value);
        }
        if element.content.is_empty() {
            self.text.push_str("/>");
            return;
        }
        self.text.push('>');
        let indented = self.indented && !element.content.iter().any(|content| matches!(content, Content::Text(_)));
        for content in &element.content {
            if indented {
                self.line(depth + 1);
            }
            match content {
                // Within mixed content white space would be text.
                Content::Element(child) if !indented && self.indented => {
                    self.indented = false;
                    self.element(child, depth + 1);
                    self.indented = true;
                }
                Content::Element(child) => self.element(child, depth + 1),
                Content::Text(text) => escape_text(text, &mut self.text),
                Content::Comment(text) => self.comment(text),
            }
        }
        if indented {
            self.line(depth);
        }
        self.text.push_str("</");
        self.name(&element.namespace, &element.local_name, false);
        self.text.push('>');
    }

    fn name(&mut self, namespace: &str, local_name: &str, attribute: bool) {
        let prefix =
            if namespace == XML_NAMESPACE { Some("xml") } else { prefix_of(&self.prefixes, namespace, attribute) };
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            self.text.push_str(prefix);
            self.text.push(':');
        }
        self.text.push_str(local_name);
    }

    fn value(&mut self, value: &str) {
        self.text.push_str("=\"");
        escape_value(value, &mut self.text);
        self.text.push('"');
    }

    fn comment(&mut self, text: &str) {
        self.text.push_str("<!--");
        let mut last = '-';
        for character in text.chars().map(allowed) {
            if character == '-' && last == '-' {
                self.text.push(' ');
            }
            self.text.push(character);
            last = character;
        }
        self.text.push_str(if last == '-' { " -->" } else { "-->" });
    }

    fn line(&mut self, depth: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", depth));
    }
}

fn allowed(character: char) -> char {
    if is_xml_character(character) { character } else { char::REPLACEMENT_CHARACTER }
}

/// Appends `text` so that it reads back the same between tags.
pub fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        // A carriage return as such would be read as a line feed.
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends `value` so that it reads back the same between quotation marks.
pub fn escape_value(value: &str, out: &mut String) {
    escape(value, out, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

/// The octets that begin a character that could be written otherwise: of what UTF-8 can hold EF begins U+FFFE.
static BEGINS_ANOTHER: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = matches!(octet as u8, 0..=0x1F | b'"' | b'&' | b'<' | b'>' | 0xEF);
        octet += 1;
    }
    table
};

/// Appends `text` with what `reference` has instead of a character, and U+FFFD for one that no document may hold.
fn escape(text: &str, out: &mut String, reference: impl Fn(char) -> Option<&'static str>) {
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !BEGINS_ANOTHER[usize::from(byte)] {
            continue;
        }
        let Some(character) = text[at..].chars().next() else { break };
        let forbidden = (!is_xml_character(character)).then_some("\u{fffd}");
        if let Some(instead) = reference(character).or(forbidden) {
            out.push_str(&text[written..at]);
            out.push_str(instead);
            written = at + character.len_utf8();
        }
    }
    out.push_str(&text[written..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Document, Limits};

    fn read(text: &str) -> Document {
        Document::parse(text, &Limits::default()).expect("what is written can be read")
    }

    #[test]
    fn indented_elements_keep_their_text() {
        let mut root = ElementBuilder::new("", "a");
        root.push_element("", "b").push_text(" x ").push_element("", "i").push_element("", "j");
        root.push_comment("-- x --");
        root.push_element("", "c");
        let text = Writer::new().indented().write(&root);
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b> x <i><j/></i></b>\n  <!-- - - x - - -->\n  <c/>\n</a>\n";
        assert_eq!(text, expected);
        read(&text);
    }

    #[test]
    fn namespaces_without_prefix_get_one() {
        let mut root = ElementBuilder::new("urn:a", "a");
        root.set_attribute_in("urn:a", "x", "1").set_attribute_in(XML_NAMESPACE, "lang", "fa");
        root.push_element("urn:b", "b");
        let writer = Writer::new().prefix("", "urn:a").without_declaration();
        assert_eq!(
            writer.write(&root),
            "<a xmlns=\"urn:a\" xmlns:n1=\"urn:a\" xmlns:n2=\"urn:b\" n1:x=\"1\" xml:lang=\"fa\"><n2:b/></a>"
        );
        root.push_element("", "none");
        assert_eq!(
            writer.write(&root),
            "<n1:a xmlns:n1=\"urn:a\" xmlns:n2=\"urn:b\" n1:x=\"1\" xml:lang=\"fa\"><n2:b/><none/></n1:a>"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_marked() {
        let mut root = ElementBuilder::new("", "a");
        root.push_text("x\u{1}y");
        assert_eq!(read(&Writer::new().write(&root)).root().text(), "x\u{fffd}y");
    }

    fn builders() -> impl Strategy<Value = ElementBuilder> {
        let name = prop::sample::select(vec!["a", "b", "نام"]);
        let namespace = prop::sample::select(vec!["", "urn:a", "urn:b"]);
        let leaf =
            (namespace, name, "[\\PC\r\n\t]{0,8}", "[\\PC\r\n\t]{0,8}").prop_map(|(namespace, name, value, text)| {
                let mut element = ElementBuilder::new(namespace, name);
                element.set_attribute("v", value).set_attribute_in("urn:a", "v", "1").push_text(text);
                element
            });
        leaf.prop_recursive(4, 24, 4, |inner| {
            (inner.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(mut parent, children)| {
                for child in children {
                    parent.push(child);
                }
                parent
            })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(builder in builders()) {
            let text = Writer::new().prefix("", "urn:b").write(&builder);
            prop_assert_eq!(ElementBuilder::from(read(&text).root()), builder);
        }
    }
}
