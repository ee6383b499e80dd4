//! XML grammars: what XML Schema documents declare, packed as data, read in place, and checked against.
//!
//! * [`Grammar`] is a packed grammar. Writers ask it for the order of children ([`TypeDefinition::child`]), checks ask it for
//!   everything. [`Grammars`] are those that a program works with; [`Grammars::choose`] finds the one for a document.
//! * [`Validator`] checks a document as it is read and finds every place where it departs from its grammar.
//! * [`compile`] makes a packed grammar of the schema documents that their keeper publishes.
//!
//! The packed form holds facts only: names, order, occurrence, types, attributes, facets; see `schemas/xml/README.md`.
//!
//! Codes: `E51nn`, where the last two digits are those of the CONTRL error that means the same (data element 0085), or
//! from 50 our own: E5112 value, E5113 missing, E5115 place, E5135 too often, E5137 not of the datatype, E5139 too long,
//! E5140 too short; E5150 root, E5151 unknown element, E5152 wrong namespace, E5153 content, E5154 text where elements
//! stand, E5155 elements where a value stands, E5156 not empty, E5157 unknown attribute, E5158 `xsi:type`, E5159
//! `xsi:nil`, E5160 abstract; W3012 a code that is in none of the lists for its place.

mod code_lists;
mod collection;
mod compiler;
mod components;
mod content;
mod datatype;
mod envelope;
mod format;
mod grammar;
mod grammars;
mod pattern;
mod problem;
mod validate;
mod value;

pub use code_lists::CodePlace;
pub use collection::Collection;
pub use compiler::{Library, SchemaError, compile};
pub use datatype::{Datatype, WhiteSpace};
pub use envelope::{ENVELOPE_NAMESPACE, document_within};
pub use format::GrammarError;
pub use grammar::{
    AttributeUse, Child, Content, ElementDeclaration, Facet, Grammar, Particle, Particles, Process, SimpleType, Term,
    TypeDefinition, Variety, Wildcard,
};
pub use grammars::{Choice, Grammars, Heading};
pub use validate::{Validator, validate};
pub use value::ValueProblem;

/// The namespace of schema documents and of the built-in types.
pub const SCHEMA_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema";

/// The namespace of `xsi:type`, `xsi:nil` and `xsi:schemaLocation`.
pub const INSTANCE_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";
