//! XML octets: reader with spans, namespaces, tree, canonicalisation, writer.
//!
//! * [`Document::parse`] reads XML 1.0 with Namespaces 1.0 into a lossless tree: every node knows its octets, and
//!   [`Document::source`] gives all of them back. What is not well formed is a [`karvan_text::Diagnostic`] with its
//!   place. A document type declaration is refused, so no entity is ever expanded and nothing is ever fetched;
//!   [`Limits`] bound the rest.
//! * [`Element`], [`Node`] and [`Attribute`] walk the tree. Names are compared as (namespace, local name).
//! * [`EventReader`] reads a document of any length from front to back, in memory that does not grow with it.
//! * [`transcoded`] brings a document that is in another encoding into UTF-8, which is all that the readers read.
//! * [`ElementBuilder`] makes a new document and [`Writer`] writes it down.
//! * [`Canonicalization`] is Canonical XML 1.0 and 1.1 and Exclusive XML Canonicalization 1.0, to any [`std::io::Write`];
//!   [`CanonicalStream`] makes it while a document is read.
//! * [`XPath`] is XPath 1.0, and [`NodeSet`] what it filters: the parts of documents that signatures are about.
//!
//! ```
//! use karvan_xml::{Document, Limits};
//!
//! let document = Document::parse("<a:Order xmlns:a='urn:example'><a:ID>7</a:ID></a:Order>", &Limits::default())?;
//! let id = document.root().child("urn:example", "ID").expect("the order has an ID");
//! assert_eq!(id.text(), "7");
//! assert_eq!(id.path(), "/a:Order/a:ID");
//! assert_eq!(id.span().slice(document.source()), b"<a:ID>7</a:ID>");
//! # Ok::<(), karvan_xml::ParseError>(())
//! ```
//!
//! Codes: `E50xx` what is not well formed, `E91xx` limits and hostile input.

#![forbid(unsafe_code)]

mod attributes;
mod canonical;
mod characters;
mod declaration;
mod doctype;
mod document;
mod encoding;
mod events;
mod limits;
mod names;
mod problem;
mod reader;
mod token;
mod window;
mod writer;
mod xpath;

pub use canonical::{CanonicalStream, Canonicalization, CanonicalizationError, Subset, XmlAttributes};
pub use characters::{is_local_name, is_xml_character};
pub use document::{Attribute, Document, Element, NamespaceDeclaration, Node, NodeId, NodeKind};
pub use encoding::{Transcoded, is_encoded_otherwise, transcoded};
pub use events::{Event, EventAttribute, EventReader, Markup, ReadError};
pub use limits::Limits;
pub use names::NameId;
pub use problem::ParseError;
pub use writer::{ElementBuilder, Writer, escape_text, escape_value};
pub use xpath::{Context, NodeSet, Point, Value, XPath, XPathError};

/// The namespace that the prefix `xml` is bound to.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespace that the prefix `xmlns` is bound to.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
