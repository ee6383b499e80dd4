//! What of a document a signature covers, compared with what it must.

use karvan_text::{Code, Message};
use karvan_xml::{Document, Element, NodeKind};

use super::namespaces::{SIGNATURE, XADES};
use super::policy::{Coverage, Policy};
use super::structure::{Finding, SignatureElement};
use super::verify::{Covered, Target, Uncovered};

/// A covered part, and the element that it is about if it is one of the document's.
pub(super) type Part<'d> = (Covered, Option<Element<'d>>);

/// Compares what is covered with what must be.
pub(super) fn check_coverage(
    document: &Document,
    signature: &SignatureElement<'_>,
    covered: &[Part<'_>],
    policy: &Policy,
) -> Result<(), Finding> {
    let covers = |element: Element<'_>| {
        wholes(covered).any(|apex| apex.contains(element.id())) && !signature.element.contains(element.id())
    };
    let missing = |path: String| {
        let message = Message::new("signature-coverage").with("path", path);
        let diagnostic = signature.element.diagnostic(Code::error(6015), message);
        Err(Box::new(diagnostic.help(Message::new("signature-coverage-help"))))
    };
    match &policy.coverage {
        Coverage::Anything => Ok(()),
        Coverage::Document if signature.element == document.root() => {
            let content = covered.iter().filter(|(part, _)| !part.is_properties());
            let is_about = |element: Element<'_>| covered.iter().any(|(_, apex)| *apex == Some(element));
            // Whatever the signature carries is covered: else the signed object could be put aside, and another in its place.
            let objects = signature.element.children_named(SIGNATURE, "Object");
            let left = objects.flat_map(|object| match is_about(object) {
                true => Vec::new(),
                false if object.elements().next().is_none() => vec![object],
                false => object.elements().filter(|element| !is_about(*element) && !is_properties(*element)).collect(),
            });
            match (content.count(), left.map(Element::path).next()) {
                (0, _) => missing(signature.element.path()),
                (_, Some(path)) => missing(path),
                (_, None) => Ok(()),
            }
        }
        Coverage::Document if covers(document.root()) => Ok(()),
        Coverage::Document => missing(document.root().path()),
        Coverage::Elements(paths) => {
            let is_missing = |path: &&String| !document.find(path).is_some_and(covers);
            paths.iter().find(is_missing).map_or(Ok(()), |path| missing(path.clone()))
        }
    }
}

/// The parts of the document that nothing covers.
pub(super) fn uncovered(document: &Document, signature: &SignatureElement<'_>, covered: &[Part<'_>]) -> Vec<Uncovered> {
    let apexes: Vec<_> = wholes(covered).collect();
    let objects = signature.element.children_named(SIGNATURE, "Object").map(Element::node);
    let mut pending: Vec<_> = document.children().chain(objects).collect();
    pending.reverse();
    let mut uncovered = Vec::new();
    while let Some(node) = pending.pop() {
        let within = |apex: &Element<'_>| {
            // What the enveloped-signature transform takes out is not covered by what is around it.
            apex.contains(node.id())
                && (!signature.element.contains(node.id()) || signature.element.contains(apex.id()))
        };
        if apexes.iter().any(within) {
            continue;
        }
        let path = node.parent().map_or_else(String::new, Element::path);
        match node.kind() {
            NodeKind::Element(element) if element == signature.element => {}
            NodeKind::Element(element) => {
                let around =
                    apexes.iter().any(|apex| element.contains(apex.id())) || element.contains(signature.element.id());
                let span = if around { element.start_tag_span() } else { element.span() };
                uncovered.push(Uncovered { path: element.path(), span });
                if around {
                    let from = pending.len();
                    pending.extend(element.children());
                    pending[from..].reverse();
                }
            }
            NodeKind::Text(text) if !text.trim_ascii().is_empty() => {
                uncovered.push(Uncovered { path, span: node.span() })
            }
            NodeKind::ProcessingInstruction { .. }
                if !covered.iter().any(|(part, _)| part.target == Target::Document && part.is_whole) =>
            {
                uncovered.push(Uncovered { path, span: node.span() });
            }
            _ => {}
        }
    }
    uncovered
}

/// The elements that are covered with all in them.
fn wholes<'c, 'd>(covered: &'c [Part<'d>]) -> impl Iterator<Item = Element<'d>> + use<'c, 'd> {
    covered.iter().filter(|(part, _)| part.is_whole).filter_map(|(_, apex)| *apex)
}

/// Whether `element` says something about the signature and is no content: XML Signature 1.1 §5.2, ETSI EN 319 132-1 §4.3.
fn is_properties(element: Element<'_>) -> bool {
    element.is(SIGNATURE, "SignatureProperties") || element.is(XADES, "QualifyingProperties")
}
