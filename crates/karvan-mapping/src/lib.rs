//! Tables that tie every term of a document to its place in a syntax, and the engine that runs them both ways.

#![forbid(unsafe_code)]

mod convert;
mod edifact;
mod lens;
mod path;
mod read;
mod report;
mod table;
mod tree;
mod write;
mod xml;

pub use convert::{
    ReadError, Reading, Target, UnknownTarget, WriteError, Writing, read, read_edifact, read_json, read_xml, tables,
    write, write_with,
};
pub use edifact::Envelope;
pub use lens::Lens;
pub use path::{Condition, Operand, Path, PathError, Start, Step};
pub use report::{Entry, LossReport, Place};
pub use table::{EdifactSyntax, Syntax, Table, TableError, XmlSyntax};
