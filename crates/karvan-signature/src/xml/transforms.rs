//! Transforms of a reference: XML Signature 1.1 §6.6, XML Signature XPath Filter 2.0.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use karvan_text::{Code, Message};
use karvan_xml::{
    Canonicalization, Context, Document, Element, Node, NodeKind, NodeSet, Point, Subset, Value, XPath, XPathError,
};

use super::namespaces::{BASE64, ENVELOPED, FILTER, RELATIONSHIPS, XPATH, XPOINTER, XSLT};
use super::policy::{Coverage, Policy};
use super::reference::{Local, element_with_id, without_comments};
use super::relationships::Relationships;
use super::structure::{Children, Finding, canonical_form, finding, identifier};

/// A transform, read.
pub(crate) enum Transform<'d> {
    /// Takes the signature itself out.
    Enveloped,
    Canonical(Canonicalization),
    /// Decodes text.
    Base64,
    /// Keeps the nodes for which an expression holds; the element of the expression.
    XPath(Element<'d>, XPath),
    /// Keeps and takes out what stands in the nodes of expressions.
    Filters(Vec<(Filter, Element<'d>, XPath)>),
    /// Takes the element with an identifier; the element that points there.
    Pointer(Element<'d>, String),
    /// Takes relationships of Open Packaging.
    Relationships(Relationships),
}

/// What an expression of Filter 2 does with what stands in its nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Intersect,
    Subtract,
    Union,
}

impl<'d> Transform<'d> {
    /// Reads the Transform `element`.
    pub(crate) fn read(element: Element<'d>) -> Result<Self, Finding> {
        if let Some(form) = canonical_form(element)? {
            return Ok(Self::Canonical(form));
        }
        match identifier(element)? {
            ENVELOPED => Children::of(element)?.finish().map(|()| Self::Enveloped),
            // Some write what they mean into it; it means nothing here.
            BASE64 => Ok(Self::Base64),
            XPATH => {
                let mut children = Children::of(element)?;
                let expression = children.required("XPath")?;
                children.finish()?;
                Ok(Self::XPath(expression, parse(expression)?))
            }
            FILTER => {
                let mut filters = Vec::new();
                for expression in element.elements() {
                    let filter = match expression.attribute("Filter").filter(|_| expression.is(FILTER, "XPath")) {
                        Some("intersect") => Filter::Intersect,
                        Some("subtract") => Filter::Subtract,
                        Some("union") => Filter::Union,
                        _ => return Err(refused(expression, "signature-transform")),
                    };
                    filters.push((filter, expression, parse(expression)?));
                }
                if filters.is_empty() {
                    Err(refused(element, "signature-transform"))
                } else {
                    Ok(Self::Filters(filters))
                }
            }
            XPOINTER => {
                let mut pointers = element.elements().filter(|pointer| pointer.is(XPOINTER, "XPointer"));
                match (pointers.next(), pointers.next()) {
                    (Some(pointer), None) => match Local::of_pointer(text(pointer)?.trim_ascii()) {
                        Local::Element { id, .. } => Ok(Self::Pointer(pointer, id.to_owned())),
                        _ => Err(refused(element, "signature-transform")),
                    },
                    _ => Err(refused(element, "signature-transform")),
                }
            }
            RELATIONSHIPS => Relationships::read(element)
                .map(Self::Relationships)
                .ok_or_else(|| refused(element, "signature-transform")),
            XSLT => Err(refused(element, "signature-transform-program")),
            _ => Err(refused(element, "signature-transform")),
        }
    }
}

fn refused(element: Element<'_>, id: &'static str) -> Finding {
    let message = Message::new(id).with("algorithm", element.attribute("Algorithm").unwrap_or(element.local_name()));
    Box::new(element.diagnostic(Code::error(6008), message).help(Message::new("signature-transform-help")))
}

/// The text of an element that holds nothing else.
fn text(expression: Element<'_>) -> Result<String, Finding> {
    // A comment in it would let two readers read two expressions.
    if let Some(node) = expression.children().find(|node| node.as_text().is_none()) {
        let message = Message::new("signature-not-text").with("element", expression.local_name());
        let document = expression.document();
        return Err(Box::new(document.diagnostic(Code::error(6005), message, node.span(), expression.path())));
    }
    Ok(expression.text().into_owned())
}

fn parse(expression: Element<'_>) -> Result<XPath, Finding> {
    XPath::parse(&text(expression)?, |prefix| expression.namespace_of_prefix(prefix))
        .map_err(|error| expression_problem(expression, &error))
}

fn expression_problem(expression: Element<'_>, error: &XPathError) -> Finding {
    let number = if matches!(error, XPathError::Work { .. } | XPathError::Depth { .. }) { 9202 } else { 6008 };
    finding(expression, number, Message::new("signature-expression").with("detail", error))
}

/// What transforms work on.
pub(crate) enum Data<'d> {
    Octets(Cow<'d, [u8]>),
    /// A document or an element with all in it, perhaps without comments.
    Part(Subset<'d>, bool),
    Nodes(&'d Document, NodeSet),
}

/// What a reference covers, in octets.
pub(crate) struct Transformed {
    pub(crate) octets: Vec<u8>,
    /// Whether all that the reference names is in them, but for comments and the signature itself.
    pub(crate) is_whole: bool,
}

/// Transforms of the reference `element` of `signature`.
pub(crate) struct Transformer<'t> {
    pub(crate) signature: Element<'t>,
    pub(crate) element: Element<'t>,
    /// Which reference, from 1.
    pub(crate) index: usize,
    pub(crate) uri: &'t str,
    pub(crate) policy: &'t Policy,
}

impl Transformer<'_> {
    /// Makes octets of `data`.
    pub(crate) fn run(&self, data: Data<'_>, transforms: &[Transform<'_>]) -> Result<Transformed, Finding> {
        self.step(data, transforms, true)
    }

    fn step(&self, data: Data<'_>, transforms: &[Transform<'_>], is_whole: bool) -> Result<Transformed, Finding> {
        let Some((first, rest)) = transforms.split_first() else {
            // XML Signature 1.1 §4.4.3.2: nodes become octets by Canonical XML.
            let octets = match data {
                Data::Octets(octets) => octets.into_owned(),
                nodes => self.canonical(&Canonicalization::inclusive(), &nodes)?,
            };
            return Ok(Transformed { octets, is_whole });
        };
        match (first, data) {
            (Transform::Base64, data) => {
                let octets = self.decoded(&data)?;
                // The text of an element that holds nothing else is all there is to it.
                let is_text = match &data {
                    Data::Octets(_) => true,
                    Data::Part(subset, _) => subset.apex().is_some_and(|apex| apex.elements().next().is_none()),
                    Data::Nodes(..) => false,
                };
                self.step(Data::Octets(octets.into()), rest, is_whole && is_text)
            }
            (_, Data::Octets(octets)) => {
                let document = Document::parse(octets.into_owned(), &self.policy.xml).map_err(|error| {
                    let message = Message::new("signature-file-not-xml").with("uri", self.uri).with("detail", error);
                    finding(self.element, 6009, message)
                })?;
                self.step(Data::Part(Subset::document(&document), true), transforms, is_whole)
            }
            (Transform::Enveloped, Data::Part(subset, comments)) => {
                let document = subset.document_of();
                let apex = subset.apex().unwrap_or(document.root());
                if self.is_here(document) && self.signature.contains(apex.id()) && apex != self.signature {
                    // It stands in the signature, and is taken out with it.
                    return match self.policy.coverage {
                        Coverage::Anything => self.step(Data::Nodes(document, NodeSet::default()), rest, false),
                        _ => Err(self.not_enveloped()),
                    };
                }
                if !self.is_here(document) || !apex.contains(self.signature.id()) {
                    return Err(self.not_enveloped());
                }
                self.step(Data::Part(subset.without(self.signature), comments), rest, is_whole)
            }
            (Transform::Enveloped, Data::Nodes(document, nodes)) => {
                if !self.is_here(document) {
                    return Err(self.not_enveloped());
                }
                let signature = NodeSet::from(Point::from(self.signature));
                self.step(Data::Nodes(document, nodes.without(document, &signature)), rest, is_whole)
            }
            (Transform::Pointer(pointer, id), data) => {
                let Data::Part(subset, _) = data else { return Err(refused(self.element, "signature-transform")) };
                // What is named must be part of what the reference names.
                let element = element_with_id(subset.document_of(), id).ok();
                let element = element.filter(|element| subset.contains(element.id())).ok_or_else(|| {
                    let message = Message::new("signature-reference-id").with("index", self.index).with("uri", id);
                    finding(*pointer, 6009, message)
                })?;
                self.step(Data::Part(Subset::element(element), true), rest, false)
            }
            (Transform::Relationships(kept), data) => {
                let part = match &data {
                    Data::Part(subset, _) => kept.keep(subset.document_of()),
                    _ => None,
                };
                let part = part.ok_or_else(|| refused(self.element, "signature-transform"))?;
                self.step(Data::Octets(part.into()), rest, false)
            }
            (Transform::Canonical(form), data) => {
                let octets = self.canonical(form, &data)?;
                self.step(Data::Octets(octets.into()), rest, is_whole)
            }
            (Transform::XPath(expression, parsed), data) => {
                let (document, nodes) = self.nodes(data)?;
                let mut context = self.context(document, *expression);
                let kept = nodes.filter(|point| {
                    context.move_to(point);
                    parsed.evaluate(&context).map(|value| value.boolean())
                });
                let kept = kept.map_err(|error| expression_problem(*expression, &error))?;
                let is_whole = is_whole && self.is_all_kept(document, &nodes, &kept);
                self.step(Data::Nodes(document, kept), rest, is_whole)
            }
            (Transform::Filters(filters), data) => {
                let (document, nodes) = self.nodes(data)?;
                let mut kept = nodes.clone();
                for (filter, expression, parsed) in filters {
                    let value = parsed.evaluate(&self.context(document, *expression));
                    let roots = match value.map_err(|error| expression_problem(*expression, &error))? {
                        Value::Nodes(roots) => roots,
                        _ => return Err(expression_problem(*expression, &XPathError::NoNodeSet)),
                    };
                    // XPath Filter 2.0 §3.4: all filters together make one set, which the input is cut down to.
                    kept = match filter {
                        Filter::Intersect => kept.within(document, &roots),
                        Filter::Subtract => kept.without(document, &roots),
                        Filter::Union => kept.union(&nodes.within(document, &roots)),
                    };
                }
                let is_whole = is_whole && self.is_all_kept(document, &nodes, &kept);
                self.step(Data::Nodes(document, kept), rest, is_whole)
            }
        }
    }

    fn canonical(&self, form: &Canonicalization, data: &Data<'_>) -> Result<Vec<u8>, Finding> {
        let mut octets = Vec::new();
        let written = match data {
            Data::Octets(octets) => return Ok(octets.to_vec()),
            Data::Part(subset, true) => form.write(*subset, &mut octets),
            Data::Part(subset, false) => without_comments(form).write(*subset, &mut octets),
            Data::Nodes(document, nodes) => form.write_nodes(document, nodes, &mut octets),
        };
        match written {
            Ok(()) => Ok(octets),
            Err(error) => Err(super::verify::not_canonical(self.element, &error)),
        }
    }

    /// The nodes of `data`, one by one.
    fn nodes<'n>(&self, data: Data<'n>) -> Result<(&'n Document, NodeSet), Finding> {
        match data {
            Data::Nodes(document, nodes) => Ok((document, nodes)),
            Data::Part(subset, comments) => {
                let nodes = subset.nodes(comments, self.policy.xml.nodes);
                let too_many = || {
                    let message = Message::new("signature-limit-nodes").with("limit", self.policy.xml.nodes);
                    finding(self.element, 9202, message)
                };
                Ok((subset.document_of(), nodes.ok_or_else(too_many)?))
            }
            // Octets are read before any transform of nodes.
            Data::Octets(_) => Err(self.not_enveloped()),
        }
    }

    fn context<'n>(&self, document: &'n Document, expression: Element<'_>) -> Context<'n> {
        let context = Context::new(document).with_limit(self.policy.work);
        // XML Signature 1.1 §6.6.3: the expression has a place in its own document only.
        if self.is_here(document) { context.with_here(expression.into()) } else { context }
    }

    /// Whether the signature stands in `document`.
    fn is_here(&self, document: &Document) -> bool {
        std::ptr::eq(document, self.element.document())
    }

    fn not_enveloped(&self) -> Finding {
        let message = Message::new("signature-not-enveloped").with("uri", self.uri).with("index", self.index);
        finding(self.element, 6008, message)
    }

    /// Whether nothing but comments, namespaces and the signature is left out of `kept`.
    fn is_all_kept(&self, document: &Document, nodes: &NodeSet, kept: &NodeSet) -> bool {
        let is_here = self.is_here(document);
        let may_go = |point: Point| {
            let is_comment = || matches!(point.node(document).map(Node::kind), Some(NodeKind::Comment(_)));
            let in_signature = || is_here && point.is_within(self.signature);
            point == Point::DOCUMENT || point.is_namespace() || is_comment() || in_signature()
        };
        nodes.iter().all(|point| kept.contains(point) || may_go(point))
    }

    /// XML Signature 1.1 §6.6.2: the text of nodes is taken without markup, and what is no base64 in it passed over (RFC 2045).
    fn decoded(&self, data: &Data<'_>) -> Result<Vec<u8>, Finding> {
        let text = match data {
            Data::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            Data::Part(subset, _) => {
                let nodes = subset.document_of().root().descendants();
                let inside = |node: &Node<'_>| subset.contains(node.id());
                nodes.filter(inside).filter_map(Node::as_text).collect()
            }
            Data::Nodes(document, nodes) => {
                nodes.iter().filter_map(|point| point.node(document).and_then(Node::as_text)).collect()
            }
        };
        let mut text: String = text.split_ascii_whitespace().collect();
        text.retain(|character| character.is_ascii_alphanumeric() || matches!(character, '+' | '/'));
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &alphabet::STANDARD,
            GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::RequireNone)
                .with_decode_allow_trailing_bits(true),
        );
        LENIENT.decode(text).map_err(|_| {
            let message = Message::new("signature-transform-base64").with("index", self.index).with("uri", self.uri);
            finding(self.element, 6008, message)
        })
    }
}
