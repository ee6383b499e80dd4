//! Canonical XML 1.0 and Exclusive XML Canonicalization 1.0.

use std::fmt;
use std::io::{self, Write};

use crate::{Attribute, Document, Element, Node, NodeId, NodeKind, XML_NAMESPACE};

/// A canonical form: the octets that stand for a document, or for a part of it, whatever way it was written.
///
/// Canonical XML 1.0 (W3C Recommendation of 15 March 2001) and Exclusive XML Canonicalization 1.0 (18 July 2002), each
/// with and without comments.
///
/// ```
/// use karvan_xml::{Canonicalization, Document, Limits, Subset};
///
/// let document = Document::parse("<a:x  xmlns:b='urn:b' xmlns:a='urn:a' ><a:y z='1' a='\"'/></a:x>", &Limits::default())?;
/// let y = document.root().child("urn:a", "y").expect("there is one");
/// let inclusive = Canonicalization::inclusive().to_vec(Subset::element(y))?;
/// assert_eq!(inclusive, br#"<a:y xmlns:a="urn:a" xmlns:b="urn:b" a="&quot;" z="1"></a:y>"#);
/// let exclusive = Canonicalization::exclusive().to_vec(Subset::element(y))?;
/// assert_eq!(exclusive, br#"<a:y xmlns:a="urn:a" a="&quot;" z="1"></a:y>"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonicalization {
    exclusive: bool,
    comments: bool,
    /// The InclusiveNamespaces PrefixList, the default namespace as an empty prefix.
    inclusive_prefixes: Vec<String>,
}

/// The four algorithms by their identifiers: whether exclusive, whether with comments.
const ALGORITHMS: [(&str, bool, bool); 4] = [
    ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", false, false),
    ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", false, true),
    ("http://www.w3.org/2001/10/xml-exc-c14n#", true, false),
    ("http://www.w3.org/2001/10/xml-exc-c14n#WithComments", true, true),
];

impl Canonicalization {
    /// Canonical XML 1.0 without comments: all namespaces in scope are part of it.
    #[must_use]
    pub const fn inclusive() -> Self {
        Self { exclusive: false, comments: false, inclusive_prefixes: Vec::new() }
    }

    /// Exclusive XML Canonicalization 1.0 without comments: only namespaces in use are part of it.
    #[must_use]
    pub const fn exclusive() -> Self {
        Self { exclusive: true, comments: false, inclusive_prefixes: Vec::new() }
    }

    /// The same with comments, or without.
    #[must_use]
    pub fn with_comments(mut self, comments: bool) -> Self {
        self.comments = comments;
        self
    }

    /// The prefixes that the exclusive form treats as the inclusive one would; `#default` is the default namespace.
    #[must_use]
    pub fn with_inclusive_prefixes<'p>(mut self, prefixes: impl IntoIterator<Item = &'p str>) -> Self {
        let prefix = |prefix: &str| if prefix == "#default" { String::new() } else { prefix.to_owned() };
        self.inclusive_prefixes = prefixes.into_iter().map(prefix).collect();
        self
    }

    /// The form with this algorithm identifier, if it is one of the four.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        let &(_, exclusive, comments) = ALGORITHMS.iter().find(|(other, ..)| *other == identifier)?;
        Some(Self { exclusive, comments, inclusive_prefixes: Vec::new() })
    }

    /// The algorithm identifier.
    #[must_use]
    pub const fn identifier(&self) -> &'static str {
        ALGORITHMS[2 * self.exclusive as usize + self.comments as usize].0
    }

    /// The prefixes that the exclusive form treats as the inclusive one would, as a PrefixList has them.
    pub fn inclusive_prefixes(&self) -> impl Iterator<Item = &str> {
        self.inclusive_prefixes.iter().map(|prefix| if prefix.is_empty() { "#default" } else { prefix })
    }

    /// Whether it is the exclusive form.
    #[must_use]
    pub const fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    /// Writes the canonical form of `subset` to `sink`, in small pieces.
    ///
    /// # Errors
    /// A relative namespace name (Canonical XML 1.0 §1.3: it must fail), or what `sink` reports.
    pub fn write(&self, subset: Subset<'_>, sink: &mut impl Write) -> Result<(), CanonicalizationError> {
        CanonicalWriter::new(self, sink).subset(subset)
    }

    /// The canonical form of `subset`.
    ///
    /// # Errors
    /// A relative namespace name.
    pub fn to_vec(&self, subset: Subset<'_>) -> Result<Vec<u8>, CanonicalizationError> {
        let mut octets = Vec::new();
        self.write(subset, &mut octets)?;
        Ok(octets)
    }
}

/// The part of a document that a canonical form is made of: all of it or one element with all in it, perhaps without
/// some other element with all in it.
#[derive(Clone, Copy, Debug)]
pub struct Subset<'d> {
    document: &'d Document,
    apex: Option<Element<'d>>,
    omitted: Option<Element<'d>>,
}

impl<'d> Subset<'d> {
    /// The whole document: the document element and the comments and processing instructions beside it.
    #[must_use]
    pub const fn document(document: &'d Document) -> Self {
        Self { document, apex: None, omitted: None }
    }

    /// `element` and all in it.
    #[must_use]
    pub const fn element(element: Element<'d>) -> Self {
        Self { document: element.document(), apex: Some(element), omitted: None }
    }

    /// The same without `element` and all in it.
    #[must_use]
    pub const fn without(mut self, element: Element<'d>) -> Self {
        self.omitted = Some(element);
        self
    }

    /// The element that it is, or none if it is the document.
    #[must_use]
    pub const fn apex(self) -> Option<Element<'d>> {
        self.apex
    }
}

/// Why there is no canonical form.
#[derive(Debug)]
#[non_exhaustive]
pub enum CanonicalizationError {
    /// A namespace name is a relative reference.
    RelativeNamespace {
        /// The namespace name.
        namespace: String,
        /// The path of the element that declares it.
        path: String,
    },
    /// The sink failed.
    Sink(io::Error),
}

impl fmt::Display for CanonicalizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RelativeNamespace { namespace, path } => {
                write!(f, "the namespace name {namespace} of {path} is relative: there is no canonical form")
            }
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CanonicalizationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RelativeNamespace { .. } => None,
            Self::Sink(error) => Some(error),
        }
    }
}

impl From<io::Error> for CanonicalizationError {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

/// A prefix and its namespace.
type Binding<'s> = (&'s str, &'s str);

/// Writes the canonical form tag by tag, in the order of the document.
///
/// It holds what is open and nothing else, so that it serves a reader that keeps no tree as well as the tree.
struct CanonicalWriter<'c, 's, W> {
    form: &'c Canonicalization,
    sink: W,
    /// Declarations in scope, the innermost last.
    in_scope: Vec<Binding<'s>>,
    /// Declarations written and in scope of what is written, the innermost last.
    rendered: Vec<Binding<'s>>,
    /// How many of both there were before each open element.
    marks: Vec<(usize, usize)>,
}

impl<'c, 's, W: Write> CanonicalWriter<'c, 's, W> {
    fn new(form: &'c Canonicalization, sink: W) -> Self {
        Self { form, sink, in_scope: Vec::new(), rendered: Vec::new(), marks: Vec::new() }
    }

    fn subset(&mut self, subset: Subset<'s>) -> Result<(), CanonicalizationError> {
        let omitted = subset.omitted.map(Element::id);
        if let Some(apex) = subset.apex {
            let mut inherited = Vec::new();
            for ancestor in apex.ancestors().skip(1) {
                // The innermost comes first here, but must stand last.
                let declarations = ancestor.declarations().map(|declared| (declared.prefix, declared.namespace));
                self.in_scope.splice(0..0, declarations);
                inherited.extend(ancestor.attributes().filter(|attribute| attribute.namespace() == XML_NAMESPACE));
            }
            return self.subtree(apex, omitted, &inherited);
        }
        let root = subset.document.root();
        for node in subset.document.children() {
            match node.as_element() {
                Some(root) => self.subtree(root, omitted, &[])?,
                // Canonical XML 1.0 §2.3: line feeds set apart what stands beside the document element.
                None if !self.is_written(node) => {}
                None if node.id() < root.id() => {
                    self.leaf(node)?;
                    self.sink.write_all(b"\n")?;
                }
                None => {
                    self.sink.write_all(b"\n")?;
                    self.leaf(node)?;
                }
            }
        }
        Ok(())
    }

    /// Writes `apex` and all in it but the element `omitted`.
    fn subtree(
        &mut self,
        apex: Element<'s>,
        omitted: Option<NodeId>,
        inherited: &[Attribute<'s>],
    ) -> Result<(), CanonicalizationError> {
        let mut open: Vec<Element<'s>> = Vec::new();
        let mut next = apex.id();
        while next < apex.end() {
            while let Some(element) = open.pop_if(|element| element.end() <= next) {
                self.end_tag(element)?;
            }
            let Some(node) = apex.document().node(next) else { break };
            next = NodeId(next.0 + 1);
            match node.as_element() {
                Some(element) if Some(element.id()) == omitted => next = element.end(),
                Some(element) => {
                    self.start_tag(element, if open.is_empty() { inherited } else { &[] })?;
                    open.push(element);
                }
                None => self.leaf(node)?,
            }
        }
        while let Some(element) = open.pop() {
            self.end_tag(element)?;
        }
        Ok(())
    }

    fn start_tag(&mut self, element: Element<'s>, inherited: &[Attribute<'s>]) -> Result<(), CanonicalizationError> {
        let outermost = self.marks.is_empty();
        let (declared, rendered) = (self.in_scope.len(), self.rendered.len());
        self.marks.push((declared, rendered));
        for declaration in element.declarations() {
            if !declaration.namespace.is_empty() && !has_scheme(declaration.namespace) {
                let (namespace, path) = (declaration.namespace.to_owned(), element.path());
                return Err(CanonicalizationError::RelativeNamespace { namespace, path });
            }
            self.in_scope.push((declaration.prefix, declaration.namespace));
        }
        let mut attributes: Vec<_> = element.attributes().collect();
        if self.form.exclusive {
            self.render(element.prefix());
            attributes.iter().map(|attribute| attribute.prefix()).filter(|prefix| !prefix.is_empty()).for_each(
                // Attributes without prefix use no namespace.
                |prefix| self.render(prefix),
            );
            let form = self.form;
            form.inclusive_prefixes.iter().for_each(|prefix| self.render_in_scope(prefix));
        } else {
            let from = if outermost { 0 } else { declared };
            for index in from..self.in_scope.len() {
                self.render(self.in_scope[index].0);
            }
            // Canonical XML 1.0 §2.4: the outermost element of a part inherits what xml: attributes it lacks.
            for attribute in inherited {
                if !attributes.iter().any(|own| is_same_name(*own, *attribute)) {
                    attributes.push(*attribute);
                }
            }
        }
        self.sink.write_all(b"<")?;
        self.name(element.prefix(), element.local_name())?;
        self.rendered[rendered..].sort_unstable();
        for &(prefix, namespace) in &self.rendered[rendered..] {
            self.sink.write_all(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" })?;
            self.sink.write_all(prefix.as_bytes())?;
            write_value(&mut self.sink, namespace)?;
        }
        attributes.sort_unstable_by_key(|attribute| (attribute.namespace(), attribute.local_name()));
        for attribute in attributes {
            self.sink.write_all(b" ")?;
            self.name(attribute.prefix(), attribute.local_name())?;
            write_value(&mut self.sink, attribute.value())?;
        }
        Ok(self.sink.write_all(b">")?)
    }

    fn end_tag(&mut self, element: Element<'s>) -> io::Result<()> {
        if let Some((declared, rendered)) = self.marks.pop() {
            self.in_scope.truncate(declared);
            self.rendered.truncate(rendered);
        }
        self.sink.write_all(b"</")?;
        self.name(element.prefix(), element.local_name())?;
        self.sink.write_all(b">")
    }

    /// Has the declaration of `prefix` written, unless what is written around has the same already.
    fn render(&mut self, prefix: &'s str) {
        let namespace = bound(&self.in_scope, prefix);
        // The prefix xml needs no declaration, and what is nowhere bound is bound to nothing around, too.
        if prefix != "xml" && bound(&self.rendered, prefix) != namespace {
            self.rendered.push((prefix, namespace));
        }
    }

    /// The same for a prefix of the PrefixList, which need not be bound here.
    fn render_in_scope(&mut self, prefix: &str) {
        if let Some(&(prefix, _)) = self.in_scope.iter().rev().find(|(other, _)| *other == prefix) {
            self.render(prefix);
        }
    }

    fn leaf(&mut self, node: Node<'s>) -> io::Result<()> {
        match node.kind() {
            NodeKind::Text(text) => write_text(&mut self.sink, text),
            NodeKind::Comment(text) if self.form.comments => {
                self.sink.write_all(b"<!--")?;
                self.sink.write_all(text.as_bytes())?;
                self.sink.write_all(b"-->")
            }
            NodeKind::ProcessingInstruction { target, data } => {
                self.sink.write_all(b"<?")?;
                self.sink.write_all(target.as_bytes())?;
                if !data.is_empty() {
                    self.sink.write_all(b" ")?;
                    self.sink.write_all(data.as_bytes())?;
                }
                self.sink.write_all(b"?>")
            }
            NodeKind::Comment(_) | NodeKind::Element(_) => Ok(()),
        }
    }

    fn is_written(&self, node: Node<'s>) -> bool {
        self.form.comments || !matches!(node.kind(), NodeKind::Comment(_))
    }

    fn name(&mut self, prefix: &str, local_name: &str) -> io::Result<()> {
        if !prefix.is_empty() {
            self.sink.write_all(prefix.as_bytes())?;
            self.sink.write_all(b":")?;
        }
        self.sink.write_all(local_name.as_bytes())
    }
}

/// What `prefix` is bound to, the empty string where it is not.
fn bound<'s>(bindings: &[Binding<'s>], prefix: &str) -> &'s str {
    bindings.iter().rev().find(|(other, _)| *other == prefix).map_or("", |&(_, namespace)| namespace)
}

fn is_same_name(one: Attribute<'_>, other: Attribute<'_>) -> bool {
    one.local_name() == other.local_name() && one.namespace() == other.namespace()
}

/// RFC 3986 §3.1.
fn has_scheme(reference: &str) -> bool {
    let is_scheme_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_scheme_part)
    })
}

/// Canonical XML 1.0 §2.3, text nodes.
fn write_text(sink: &mut impl Write, text: &str) -> io::Result<()> {
    write_escaped(sink, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Canonical XML 1.0 §2.3, attribute nodes.
fn write_value(sink: &mut impl Write, value: &str) -> io::Result<()> {
    sink.write_all(b"=\"")?;
    write_escaped(sink, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    })?;
    sink.write_all(b"\"")
}

fn write_escaped(sink: &mut impl Write, text: &str, escape: impl Fn(u8) -> Option<&'static str>) -> io::Result<()> {
    let bytes = text.as_bytes();
    let mut written = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if let Some(escaped) = escape(byte) {
            sink.write_all(&bytes[written..index])?;
            sink.write_all(escaped.as_bytes())?;
            written = index + 1;
        }
    }
    sink.write_all(&bytes[written..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn read(source: &str) -> Document {
        Document::parse(source, &Limits::default()).expect("well formed")
    }

    /// The whole document, and its first element that is named `x`, in one form.
    fn forms(source: &str, form: &Canonicalization) -> (String, String) {
        let document = read(source);
        let x = document.root().descendants().filter_map(Node::as_element).find(|element| element.local_name() == "x");
        let text = |subset| String::from_utf8(form.to_vec(subset).expect("it has a form")).expect("UTF-8");
        (text(Subset::document(&document)), x.map_or_else(String::new, |x| text(Subset::element(x))))
    }

    #[test]
    fn what_stands_beside_the_document_element_is_set_apart() {
        // Canonical XML 1.0 §3.1 in miniature.
        let source = "<?xml version='1.0'?>\n\n<?p q?>\n<!-- 1 -->\n<a/>\n<!-- 2 --> <?r?>\n";
        let inclusive = Canonicalization::inclusive();
        assert_eq!(forms(source, &inclusive).0, "<?p q?>\n<a></a>\n<?r?>");
        assert_eq!(forms(source, &inclusive.with_comments(true)).0, "<?p q?>\n<!-- 1 -->\n<a></a>\n<!-- 2 -->\n<?r?>");
    }

    #[test]
    fn characters_are_escaped_as_the_clause_lists_them() {
        let source = "<a b='&#9;&#10;&#13;&lt;>&quot;&apos;&amp;'>&#13;\t\r\n&lt;&gt;\"'&amp;<![CDATA[<&]]></a>";
        let expected = "<a b=\"&#x9;&#xA;&#xD;&lt;>&quot;'&amp;\">&#xD;\t\n&lt;&gt;\"'&amp;&lt;&amp;</a>";
        assert_eq!(forms(source, &Canonicalization::inclusive()).0, expected);
    }

    #[test]
    fn attributes_are_ordered_by_namespace_then_name() {
        // Canonical XML 1.0 §3.3: by namespace name, not by prefix.
        let source = "<a xmlns:z='urn:1' xmlns:b='urn:2' b:attr='1' z:attr='2' attr2='3' attr='4' xml:id='5'/>";
        let expected =
            "<a xmlns:b=\"urn:2\" xmlns:z=\"urn:1\" attr=\"4\" attr2=\"3\" xml:id=\"5\" z:attr=\"2\" b:attr=\"1\"></a>";
        assert_eq!(forms(source, &Canonicalization::inclusive()).0, expected);
    }

    #[test]
    fn declarations_are_written_where_they_change_something() {
        let source = "<a xmlns='urn:1' xmlns:p='urn:p'><b xmlns='urn:1' xmlns:p='urn:p'><x xmlns=''><c xmlns=''/><p:d xmlns='urn:1'/></x></b></a>";
        let (all, x) = forms(source, &Canonicalization::inclusive());
        assert_eq!(
            all,
            "<a xmlns=\"urn:1\" xmlns:p=\"urn:p\"><b><x xmlns=\"\"><c></c><p:d xmlns=\"urn:1\"></p:d></x></b></a>"
        );
        assert_eq!(x, "<x xmlns:p=\"urn:p\"><c></c><p:d xmlns=\"urn:1\"></p:d></x>");
        let (all, x) = forms(source, &Canonicalization::exclusive());
        assert_eq!(all, "<a xmlns=\"urn:1\"><b><x xmlns=\"\"><c></c><p:d xmlns:p=\"urn:p\"></p:d></x></b></a>");
        assert_eq!(x, "<x><c></c><p:d xmlns:p=\"urn:p\"></p:d></x>");
    }

    #[test]
    fn a_part_inherits_xml_attributes_in_the_inclusive_form_only() {
        let source = "<a xml:lang='fa' xml:space='preserve'><b xml:lang='en' xml:base='u'><x xml:base='v'/></b></a>";
        let (_, x) = forms(source, &Canonicalization::inclusive());
        assert_eq!(x, "<x xml:base=\"v\" xml:lang=\"en\" xml:space=\"preserve\"></x>");
        assert_eq!(forms(source, &Canonicalization::exclusive()).1, "<x xml:base=\"v\"></x>");
    }

    #[test]
    fn listed_prefixes_are_written_as_in_the_inclusive_form() {
        let source = "<a xmlns='urn:1' xmlns:p='urn:p' xmlns:q='urn:q'><p:x><q:y/></p:x></a>";
        let form = Canonicalization::exclusive().with_inclusive_prefixes(["q", "#default", "none"]);
        let (_, x) = forms(source, &form);
        assert_eq!(x, "<p:x xmlns=\"urn:1\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><q:y></q:y></p:x>");
    }

    #[test]
    fn an_element_can_be_left_out() {
        let document = read("<a>1<b>2<c/></b>3</a>");
        let b = document.root().child("", "b").expect("b");
        let form = Canonicalization::inclusive();
        assert_eq!(form.to_vec(Subset::document(&document).without(b)).expect("form"), b"<a>13</a>");
        assert_eq!(form.to_vec(Subset::document(&document).without(document.root())).expect("form"), b"");
    }

    #[test]
    fn relative_namespace_names_have_no_form() {
        let document = read("<a xmlns='relative/name'/>");
        let error = Canonicalization::inclusive().to_vec(Subset::document(&document)).expect_err("must fail");
        assert!(matches!(error, CanonicalizationError::RelativeNamespace { .. }));
    }

    #[test]
    fn identifiers_go_both_ways() {
        for (identifier, ..) in ALGORITHMS {
            let form = Canonicalization::from_identifier(identifier).expect("known");
            assert_eq!(form.identifier(), identifier);
        }
        assert_eq!(Canonicalization::from_identifier("http://www.w3.org/2006/12/xml-c14n11"), None);
    }
}
