//! What a document is kept in: tables of nodes, elements, attributes and declarations, and the strings that they stand for.
//!
//! The reader fills them, the views of nodes look into them.

use karvan_text::Span;

use super::NodeId;

/// The strings of a document: octets of the source where they stand there as they are, or else what was resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) source: String,
    /// Strings that differ from their octets; their offsets begin where those of the source end.
    pub(crate) resolved: String,
    /// The names of elements and attributes.
    pub(crate) names: Vec<NameData>,
}

impl Store {
    pub(crate) fn str(&self, slice: Slice) -> &str {
        look_up(&self.source, &self.resolved, slice)
    }

    /// A piece of the name of this number.
    pub(super) fn name(&self, number: u32, piece: impl Fn(&NameData) -> Slice) -> &str {
        self.str(piece(&self.names[number as usize]))
    }
}

/// A name as it is written, and the namespace that it is in where that is so.
#[derive(Clone, Debug)]
pub(crate) struct NameData {
    pub(crate) prefix: Slice,
    pub(crate) local: Slice,
    pub(crate) namespace: Slice,
}

/// The string that `slice` stands for, in `source` or, behind its end, in `resolved`.
#[inline]
pub(crate) fn look_up<'s>(source: &'s str, resolved: &'s str, slice: Slice) -> &'s str {
    let (start, end) = (slice.start as usize, slice.end as usize);
    match start.checked_sub(source.len()) {
        Some(start) => &resolved[start..end - source.len()],
        None => &source[start..end],
    }
}

/// A range of octets in a store, or of entries in one of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Slice {
    /// Offsets fit: [`crate::Limits::LARGEST_SIZE`] bounds the source, and what is resolved is shorter still.
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
}

impl From<Slice> for Span {
    fn from(slice: Slice) -> Self {
        Self::new(u64::from(slice.start), u64::from(slice.end))
    }
}

/// A node: nodes are stored in document order, so that what follows an element up to its end stands in it.
#[derive(Clone, Debug)]
pub(crate) struct NodeData {
    pub(crate) parent: NodeId,
    pub(crate) octets: Slice,
    pub(crate) kind: Kind,
}

impl NodeData {
    pub(super) fn span(&self) -> Span {
        self.octets.into()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Element(u32),
    Text(Slice),
    Comment(Slice),
    ProcessingInstruction(Slice, Slice),
}

#[derive(Clone, Debug)]
pub(crate) struct ElementData {
    /// The number of its name.
    pub(crate) name: u32,
    /// The octets between the tags.
    pub(crate) content: Slice,
    pub(crate) attributes: Slice,
    pub(crate) declarations: Slice,
    /// The id of the first node that no longer stands in the element.
    pub(crate) end: NodeId,
    /// Whether an element stands in it.
    pub(crate) has_elements: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct AttributeData {
    /// The number of its name.
    pub(crate) name: u32,
    pub(crate) value: Slice,
    pub(crate) span: Slice,
    pub(crate) value_span: Slice,
}

#[derive(Clone, Debug)]
pub(crate) struct DeclarationData {
    pub(crate) prefix: Slice,
    pub(crate) namespace: Slice,
    pub(crate) span: Slice,
}
