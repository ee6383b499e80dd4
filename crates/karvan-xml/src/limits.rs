//! How much a document may ask for.

/// How much of everything a document may have before reading stops with a finding.
///
/// Entities are no concern here: a document type declaration is refused, so nothing but the five predefined entities
/// and character references can stand in a document, and both are shorter when resolved. What is left to bound is the
/// tree itself, some 50 to 150 octets of memory a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the source (`E9101`); never more than [`Self::LARGEST_SIZE`], whatever is asked for here.
    pub size: usize,
    /// Elements within one another (`E9102`).
    pub depth: usize,
    /// Attributes and namespace declarations of one element (`E9103`).
    pub attributes: usize,
    /// Namespace declarations in scope of one element (`E9104`).
    pub namespaces: usize,
    /// Nodes of the tree, attributes among them (`E9105`).
    pub nodes: usize,
    /// Octets of the different names of a document that is read in a stream, some for keeping them added (`E9106`).
    pub names: usize,
    /// Octets of a tag, a comment, a section or an instruction of a document that is read in a stream (`E9107`).
    pub markup: usize,
    /// Octets of the value of an element that is checked while a document is read in a stream (`E9108`).
    pub value: usize,
}

impl Limits {
    /// No source is longer than this: offsets are kept in 32 bits.
    pub const LARGEST_SIZE: usize = 2_000_000_000;
}

impl Default for Limits {
    /// 256 MiB, 256 levels, 256 attributes, 256 namespaces, 16 million nodes; in a stream 2 MiB of names,
    /// 16 MiB of markup, 64 MiB of a value.
    fn default() -> Self {
        Self {
            size: 256 << 20,
            depth: 256,
            attributes: 256,
            namespaces: 256,
            nodes: 16_000_000,
            names: 2 << 20,
            markup: 16 << 20,
            value: 64 << 20,
        }
    }
}
