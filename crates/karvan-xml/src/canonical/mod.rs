//! Canonical XML 1.0 and 1.1, and Exclusive XML Canonicalization 1.0.

mod base;
mod nodes;
mod octets;
mod stream;
mod tree;

use std::fmt;
use std::io::{self, Write};

use crate::{Document, Element, NodeId, NodeSet, Point};

pub use stream::{CanonicalStream, XmlAttributes};

/// A canonical form: the octets that stand for a document, or for a part of it, whatever way it was written.
///
/// Canonical XML 1.0 (W3C Recommendation of 15 March 2001), Canonical XML 1.1 (2 May 2008) and Exclusive XML
/// Canonicalization 1.0 (18 July 2002), each with and without comments. [`CanonicalStream`] makes the same of a document that
/// is read in a stream.
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
    method: Method,
    comments: bool,
    /// The InclusiveNamespaces PrefixList, the default namespace as an empty prefix.
    inclusive_prefixes: Vec<String>,
}

/// What a canonical form of a part takes over from around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Canonical XML 1.0: namespaces in scope, and all attributes `xml:`.
    Inclusive,
    /// Canonical XML 1.1: the same, but of the attributes `xml:lang` and `xml:space`, and what the values of `xml:base` come to.
    Inclusive11,
    /// Exclusive XML Canonicalization 1.0: namespaces in use.
    Exclusive,
}

/// The algorithms by their identifiers: the method, whether with comments.
const ALGORITHMS: [(&str, Method, bool); 6] = [
    ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", Method::Inclusive, false),
    ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", Method::Inclusive, true),
    ("http://www.w3.org/2006/12/xml-c14n11", Method::Inclusive11, false),
    ("http://www.w3.org/2006/12/xml-c14n11#WithComments", Method::Inclusive11, true),
    ("http://www.w3.org/2001/10/xml-exc-c14n#", Method::Exclusive, false),
    ("http://www.w3.org/2001/10/xml-exc-c14n#WithComments", Method::Exclusive, true),
];

impl Canonicalization {
    /// Canonical XML 1.0 without comments: all namespaces in scope are part of it.
    #[must_use]
    pub const fn inclusive() -> Self {
        Self::without_comments(Method::Inclusive)
    }

    /// Canonical XML 1.1 without comments: as 1.0, but a part does not inherit `xml:id`, and `xml:base` as it works there.
    #[must_use]
    pub const fn inclusive_1_1() -> Self {
        Self::without_comments(Method::Inclusive11)
    }

    /// Exclusive XML Canonicalization 1.0 without comments: only namespaces in use are part of it.
    #[must_use]
    pub const fn exclusive() -> Self {
        Self::without_comments(Method::Exclusive)
    }

    const fn without_comments(method: Method) -> Self {
        Self { method, comments: false, inclusive_prefixes: Vec::new() }
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

    /// The form with this algorithm identifier, if it is one of the six.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        let &(_, method, comments) = ALGORITHMS.iter().find(|(other, ..)| *other == identifier)?;
        Some(Self { method, comments, inclusive_prefixes: Vec::new() })
    }

    /// The algorithm identifier.
    #[must_use]
    pub const fn identifier(&self) -> &'static str {
        ALGORITHMS[2 * self.method as usize + self.comments as usize].0
    }

    /// The prefixes that the exclusive form treats as the inclusive one would, as a PrefixList has them.
    pub fn inclusive_prefixes(&self) -> impl Iterator<Item = &str> {
        self.inclusive_prefixes.iter().map(|prefix| if prefix.is_empty() { "#default" } else { prefix })
    }

    /// Whether it is the exclusive form.
    #[must_use]
    pub const fn is_exclusive(&self) -> bool {
        matches!(self.method, Method::Exclusive)
    }

    /// Whether comments are part of it.
    #[must_use]
    pub const fn has_comments(&self) -> bool {
        self.comments
    }

    /// Writes the canonical form of `subset` to `sink`, in small pieces.
    ///
    /// # Errors
    /// A relative namespace name (Canonical XML 1.0 §1.3: it must fail), or what `sink` reports.
    pub fn write(&self, subset: Subset<'_>, sink: &mut impl Write) -> Result<(), CanonicalizationError> {
        tree::TreeWriter::new(self, sink).subset(subset)
    }

    /// Writes the canonical form of a set of nodes of `document` to `sink`, in small pieces.
    ///
    /// # Errors
    /// A relative namespace name, or what `sink` reports.
    pub fn write_nodes(
        &self,
        document: &Document,
        nodes: &NodeSet,
        sink: &mut impl Write,
    ) -> Result<(), CanonicalizationError> {
        nodes::write(self, document, nodes, sink)
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

    /// The document that it is of.
    #[must_use]
    pub const fn document_of(self) -> &'d Document {
        self.document
    }

    /// Whether `node` is in it.
    #[must_use]
    pub fn contains(self, node: NodeId) -> bool {
        let is_in = |element: Option<Element<'d>>| element.map(|element| element.contains(node));
        is_in(self.apex).unwrap_or(true) && !is_in(self.omitted).unwrap_or(false)
    }

    /// Its nodes one by one, comments only if asked for; none where there would be more than `limit`.
    #[must_use]
    pub fn nodes(self, comments: bool, limit: usize) -> Option<NodeSet> {
        let all = NodeSet::subtree(self.document, self.apex.map_or(Point::DOCUMENT, Point::from), comments, limit)?;
        Some(match self.omitted {
            Some(omitted) => all.without(self.document, &NodeSet::from(Point::from(omitted))),
            None => all,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Limits, Node, Value, XPath};

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

    /// An empty value is one too (Canonical XML 1.0 §2.4, 1.1 §2.4); it was left out.
    #[test]
    fn a_part_inherits_empty_values() {
        let source = "<a xml:lang='fa'><b xml:lang=''><x/></b></a>";
        for form in [Canonicalization::inclusive(), Canonicalization::inclusive_1_1()] {
            assert_eq!(forms(source, &form).1, "<x xml:lang=\"\"></x>");
        }
    }

    /// Exclusive XML Canonicalization 1.0 §3: a namespace is written if its element is in the set.
    #[test]
    fn what_is_left_of_an_element_without_it_declares_nothing() {
        let document = read("<b:e xmlns:b='urn:b' b:x='1'/>");
        let expression = XPath::parse("//@* | //namespace::*", |_| None).expect("an expression");
        let Value::Nodes(nodes) = expression.evaluate(&Context::new(&document)).expect("a value") else {
            panic!("nodes")
        };
        let mut octets = Vec::new();
        Canonicalization::exclusive().write_nodes(&document, &nodes, &mut octets).expect("it has a form");
        assert_eq!(octets, b" b:x=\"1\"");
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
        assert_eq!(Canonicalization::from_identifier("http://www.w3.org/2006/12/xml-c14n"), None);
    }
}
