//! The nodes of the XPath data model, and sets of them.

use std::cmp::Ordering;

use crate::{Attribute, Document, Element, Node, NodeId, NodeKind, XML_NAMESPACE};

/// A node of the XPath data model: the document, or an element, text, comment or processing instruction of the tree, or an
/// attribute or namespace of an element. Points of one document are ordered as they stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// One more than the number of the node, 0 for the document.
    node: u32,
    part: Part,
}

/// Which node it is of all that an element has: XPath 1.0 §5, document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Itself,
    /// The number of the declaration; [`XML_PREFIX`] for the one that needs none.
    Namespace(u32),
    /// The number of the attribute.
    Attribute(u32),
}

/// What stands for the declaration of the prefix `xml`, which no document has to hold.
pub(crate) const XML_PREFIX: u32 = u32::MAX;

impl Point {
    /// The document.
    pub const DOCUMENT: Self = Self { node: 0, part: Part::Itself };

    pub(crate) const fn new(id: NodeId, part: Part) -> Self {
        Self { node: id.0 + 1, part }
    }

    /// The node of the tree that it is, or whose attribute or namespace it is; none for the document.
    pub(crate) fn node_id(self) -> Option<NodeId> {
        self.node.checked_sub(1).map(NodeId)
    }

    pub(crate) const fn part(self) -> Part {
        self.part
    }

    /// The node of the tree that it is; none for the document, an attribute or a namespace.
    #[must_use]
    pub fn node(self, document: &Document) -> Option<Node<'_>> {
        if self.part == Part::Itself { document.node(self.node_id()?) } else { None }
    }

    /// Whether it is a namespace.
    #[must_use]
    pub const fn is_namespace(self) -> bool {
        matches!(self.part, Part::Namespace(_))
    }

    /// Whether it is `element` of the same document, or stands in it.
    #[must_use]
    pub fn is_within(self, element: Element<'_>) -> bool {
        self.node_id().is_some_and(|id| element.contains(id))
    }

    /// The attribute that it is.
    pub(crate) fn attribute(self, document: &Document) -> Option<Attribute<'_>> {
        match self.part {
            Part::Attribute(index) => document.attribute(index),
            _ => None,
        }
    }

    /// The prefix and the namespace, if it is a namespace.
    pub(crate) fn namespace(self, document: &Document) -> Option<(&str, &str)> {
        match self.part {
            Part::Namespace(XML_PREFIX) => Some(("xml", XML_NAMESPACE)),
            Part::Namespace(index) => document.declaration(index),
            _ => None,
        }
    }

    /// The node that it stands in: of an attribute or a namespace, its element. None for the document.
    pub(crate) fn parent(self, document: &Document) -> Option<Self> {
        if self.part != Part::Itself {
            return Some(Self { part: Part::Itself, ..self });
        }
        let node = document.node(self.node_id()?)?;
        Some(node.parent().map_or(Self::DOCUMENT, Self::from))
    }
}

impl From<Node<'_>> for Point {
    fn from(node: Node<'_>) -> Self {
        Self::new(node.id(), Part::Itself)
    }
}

impl From<Element<'_>> for Point {
    fn from(element: Element<'_>) -> Self {
        Self::new(element.id(), Part::Itself)
    }
}

/// The namespaces in scope of `element`, by declaration, the prefix `xml` among them.
pub(crate) fn namespaces_in_scope(element: Element<'_>) -> Vec<u32> {
    let document = element.document();
    let mut prefixes: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for ancestor in element.ancestors() {
        for (index, declared) in ancestor.numbered_declarations() {
            if !prefixes.contains(&declared.prefix) {
                prefixes.push(declared.prefix);
                // A default namespace that was taken back is no node.
                if !declared.namespace.is_empty() && declared.prefix != "xml" {
                    found.push(index);
                }
            }
        }
    }
    debug_assert!(found.iter().all(|&index| document.declaration(index).is_some()));
    found.sort_unstable();
    found.push(XML_PREFIX);
    found
}

/// A set of nodes of one document, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet(Vec<Point>);

impl From<Point> for NodeSet {
    fn from(point: Point) -> Self {
        Self(vec![point])
    }
}

impl NodeSet {
    /// These points.
    pub(crate) fn new(mut points: Vec<Point>) -> Self {
        if !points.is_sorted_by(|one, other| one < other) {
            points.sort_unstable();
            points.dedup();
        }
        Self(points)
    }

    /// `node` with all in it, attributes and namespaces of all elements among them; comments only if asked for. Of the
    /// document itself, all of it.
    ///
    /// XML Signature 1.1 §4.4.3.2 and §4.4.3.3 have references to the document and to elements mean such sets. None where
    /// there would be more than `limit` nodes.
    #[must_use]
    pub fn subtree(document: &Document, node: Point, comments: bool, limit: usize) -> Option<Self> {
        let mut points = Vec::new();
        let ids = match node.node_id() {
            None => {
                points.push(Point::DOCUMENT);
                0..document.node_count()
            }
            Some(id) => id.0..document.element(id).map_or(id.0 + 1, |element| element.end().0),
        };
        // Namespaces in scope, for each open element: where it ends, and what it has.
        let mut open: Vec<(NodeId, Vec<u32>)> = Vec::new();
        for id in ids.map(NodeId) {
            let node = document.node(id)?;
            let Some(element) = node.as_element() else {
                if comments || !matches!(node.kind(), NodeKind::Comment(_)) {
                    points.push(node.into());
                }
                continue;
            };
            while open.pop_if(|(end, _)| *end <= id).is_some() {}
            let in_scope = match open.last() {
                Some((_, around)) if element.declarations().next().is_none() => around.clone(),
                _ => namespaces_in_scope(element),
            };
            points.push(element.into());
            points.extend(in_scope.iter().map(|&index| Point::new(id, Part::Namespace(index))));
            points.extend(element.attribute_numbers().map(|index| Point::new(id, Part::Attribute(index))));
            open.push((element.end(), in_scope));
            if points.len() > limit {
                return None;
            }
        }
        Some(Self(points))
    }

    /// The nodes, in the order of the document.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Point> {
        self.0.iter().copied()
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `point` is among them.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.0.binary_search(&point).is_ok()
    }

    /// The nodes of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut points = Vec::with_capacity(self.len() + other.len());
        let (mut one, mut two) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let next = match (one.peek(), two.peek()) {
                (Some(first), Some(second)) => match first.cmp(second) {
                    Ordering::Less => one.next(),
                    Ordering::Greater => two.next(),
                    Ordering::Equal => {
                        two.next();
                        one.next()
                    }
                },
                (Some(_), None) => one.next(),
                (None, _) => two.next(),
            };
            match next {
                Some(point) => points.push(point),
                None => return Self(points),
            }
        }
    }

    /// Those nodes of which `keep` holds.
    ///
    /// # Errors
    /// What `keep` says.
    pub fn filter<E>(&self, mut keep: impl FnMut(Point) -> Result<bool, E>) -> Result<Self, E> {
        let mut points = Vec::new();
        for point in self.iter() {
            if keep(point)? {
                points.push(point);
            }
        }
        Ok(Self(points))
    }

    /// Those nodes that stand in one of `roots` or are one: what each of them is the beginning of, attributes and
    /// namespaces with it (XML Signature XPath Filter 2.0 §4).
    #[must_use]
    pub fn within(&self, document: &Document, roots: &Self) -> Self {
        let is_root_or_in_one = |point: &Point| {
            let mut around = Some(*point);
            while let Some(at) = around {
                if roots.contains(at) {
                    return true;
                }
                around = at.parent(document);
            }
            false
        };
        Self(self.0.iter().filter(|point| is_root_or_in_one(point)).copied().collect())
    }

    /// Those nodes that do not stand in one of `roots` and are none.
    #[must_use]
    pub fn without(&self, document: &Document, roots: &Self) -> Self {
        let inside = self.within(document, roots);
        Self(self.0.iter().filter(|point| !inside.contains(**point)).copied().collect())
    }
}
