//! How much a document may ask for.

/// How much of everything a document may have before reading stops with a finding.
///
/// A document type declaration is refused unless it is asked for, so nothing but the five predefined entities and character
/// references can stand in a document, and both are shorter when resolved. What is left to bound is the tree itself, some
/// 50 to 150 octets of memory a node.
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
    /// Whether a tree may have a document type declaration, of which the internal subset is read (`E9110`). What is read in
    /// a stream may have none.
    pub document_type: bool,
    /// Octets that entities of an internal subset may expand to, all together (`E9110`).
    pub expansion: usize,
}

impl Limits {
    /// No source is longer than this: offsets are kept in 32 bits.
    pub const LARGEST_SIZE: usize = 2_000_000_000;
}

impl Default for Limits {
    /// 256 MiB, 256 levels, 256 attributes, 256 namespaces, 16 million nodes; in a stream 2 MiB of names,
    /// 16 MiB of markup, 64 MiB of a value. No document type declaration; where one is allowed, 1 MiB of expanded entities.
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
            document_type: false,
            expansion: 1 << 20,
        }
    }
}
