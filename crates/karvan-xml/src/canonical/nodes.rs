//! Canonical forms of sets of nodes.

use std::io::Write;

use super::octets::{OutputAttribute, check_namespace, write_leaf, write_name, write_namespace};
use super::{Canonicalization, CanonicalizationError, XmlAttributes};
use crate::xpath::Part;
use crate::{Document, Element, NodeId, NodeKind, NodeSet, Point};

/// Writes the canonical form of `nodes`: Canonical XML 1.0 §2.1 and §2.3, Exclusive XML Canonicalization 1.0 §3.
pub(super) fn write(
    form: &Canonicalization,
    document: &Document,
    nodes: &NodeSet,
    sink: &mut impl Write,
) -> Result<(), CanonicalizationError> {
    let mut writer = NodesWriter { form, document, nodes, sink, open: Vec::new() };
    let points: Vec<Point> = nodes.iter().collect();
    let mut rest = points.as_slice();
    while let Some(first) = rest.first() {
        let Some(id) = first.node_id() else {
            rest = &rest[1..];
            continue;
        };
        // An element, its namespaces and its attributes stand together, whichever of them are in the set.
        let count = rest.iter().take_while(|point| point.node_id() == Some(id)).count();
        let (own, behind) = rest.split_at(count);
        rest = behind;
        writer.close(id)?;
        match document.element(id) {
            Some(element) => writer.element(element, own)?,
            None => writer.leaf(*first)?,
        }
    }
    writer.close(NodeId(u32::MAX))
}

struct NodesWriter<'w, W> {
    form: &'w Canonicalization,
    document: &'w Document,
    nodes: &'w NodeSet,
    sink: &'w mut W,
    open: Vec<Open<'w>>,
}

/// An element that is written, and whose end is yet to come.
struct Open<'w> {
    element: Element<'w>,
    /// What descendants need not declare again: of inclusive forms the namespaces in scope that are in the set, of the
    /// exclusive one what was written here or around.
    known: Vec<(&'w str, &'w str)>,
}

impl<'w, W: Write> NodesWriter<'w, W> {
    /// Writes the end tags of elements that end before `next`.
    fn close(&mut self, next: NodeId) -> Result<(), CanonicalizationError> {
        while let Some(open) = self.open.pop_if(|open| open.element.end() <= next) {
            self.sink.write_all(b"</")?;
            write_name(self.sink, open.element.prefix(), open.element.local_name())?;
            self.sink.write_all(b">")?;
        }
        Ok(())
    }

    fn leaf(&mut self, point: Point) -> Result<(), CanonicalizationError> {
        let Some(node) = point.node(self.document) else { return Ok(()) };
        if matches!(node.kind(), NodeKind::Comment(_)) && !self.form.comments {
            return Ok(());
        }
        let root = self.document.root().id();
        let is_beside = node.parent().is_none();
        if is_beside && node.id() > root {
            self.sink.write_all(b"\n")?;
        }
        write_leaf(self.sink, node.kind(), self.form.comments)?;
        if is_beside && node.id() < root {
            self.sink.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Writes what of an element is in the set: its start tag, or only namespaces and attributes, as the clauses have it.
    fn element(&mut self, element: Element<'w>, points: &[Point]) -> Result<(), CanonicalizationError> {
        let document = self.document;
        let is_written = points.iter().any(|point| point.part() == Part::Itself);
        let namespaces: Vec<(&str, &str)> = points
            .iter()
            .filter_map(|point| point.namespace(document))
            .filter(|(prefix, _)| *prefix != "xml")
            .collect();
        for declared in element.declarations() {
            check_namespace(declared.namespace, || element.path())?;
        }
        let mut attributes: Vec<OutputAttribute<'_>> =
            points.iter().filter_map(|point| point.attribute(document)).map(OutputAttribute::from).collect();
        let known = self.open.last().map_or(&[][..], |open| open.known.as_slice());
        let mut written = self.declarations(element, is_written, &namespaces, &attributes, known);
        let inner = if self.form.is_exclusive() {
            // Exclusive XML Canonicalization 1.0 §3, 3.2: what the nearest element that uses a prefix lacks is not known in it.
            let replaced = |prefix: &str| {
                let is_lost = !namespaces.iter().any(|(other, _)| *other == prefix);
                written.iter().any(|(other, _)| *other == prefix)
                    || is_lost && self.uses(element, is_written, &attributes, prefix)
            };
            let around = known.iter().filter(|(prefix, _)| !replaced(prefix));
            around.chain(&written).copied().collect()
        } else {
            namespaces
        };
        // Only an element whose parent is left out inherits attributes.
        let parent = element.parent().map_or(Point::DOCUMENT, Point::from);
        let is_apart = is_written && !self.nodes.contains(parent);
        let inherited = if is_apart { self.inherited(element) } else { Vec::new() };
        OutputAttribute::inherit(&mut attributes, &inherited);
        if is_written {
            self.sink.write_all(b"<")?;
            write_name(self.sink, element.prefix(), element.local_name())?;
        }
        written.sort_unstable();
        for (prefix, namespace) in written {
            write_namespace(self.sink, prefix, namespace)?;
        }
        OutputAttribute::write_all(&mut attributes, self.sink)?;
        if is_written {
            self.sink.write_all(b">")?;
            self.open.push(Open { element, known: inner });
        }
        Ok(())
    }

    /// The declarations to be written, where those in `known` are around.
    fn declarations(
        &self,
        element: Element<'w>,
        is_written: bool,
        namespaces: &[(&'w str, &'w str)],
        attributes: &[OutputAttribute<'_>],
        known: &[(&'w str, &'w str)],
    ) -> Vec<(&'w str, &'w str)> {
        let around =
            |prefix: &str| known.iter().find(|(other, _)| *other == prefix).map_or("", |(_, namespace)| namespace);
        let is_used = |prefix: &str| {
            let listed = self.form.inclusive_prefixes.iter().any(|listed| listed == prefix);
            !self.form.is_exclusive() || listed || self.uses(element, is_written, attributes, prefix)
        };
        let mut written: Vec<(&str, &str)> = namespaces
            .iter()
            .filter(|(prefix, namespace)| is_used(prefix) && around(prefix) != *namespace)
            .copied()
            .collect();
        // Canonical XML 1.0 §2.3, namespace axis: a default namespace around is taken back.
        let has_default = namespaces.iter().any(|(prefix, _)| prefix.is_empty());
        if is_written && !has_default && !around("").is_empty() && is_used("") {
            written.push(("", ""));
        }
        written
    }

    /// Whether the element or one of its attributes visibly uses `prefix`, if the element is written (Exclusive XML
    /// Canonicalization 1.0 §3, 2).
    fn uses(&self, element: Element<'_>, is_written: bool, attributes: &[OutputAttribute<'_>], prefix: &str) -> bool {
        let by_attribute = || !prefix.is_empty() && attributes.iter().any(|attribute| attribute.prefix == prefix);
        is_written && (element.prefix() == prefix || by_attribute())
    }

    /// The attributes `xml:` that `element`, whose parent is not in the set, takes over.
    fn inherited(&self, element: Element<'w>) -> Vec<(String, Option<String>)> {
        let mut xml = XmlAttributes::default();
        xml.add(element);
        xml.end_own();
        for ancestor in element.ancestors().skip(1) {
            // Canonical XML 1.1 §2.4: bases count up to the nearest ancestor that is written.
            if self.nodes.contains(ancestor.into()) {
                xml.end_bases();
            }
            xml.add(ancestor);
        }
        xml.inherited(self.form.method)
    }
}
