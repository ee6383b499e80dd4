//! Tables that tie every term of a document to its place in a syntax, and the engine that runs them both ways.
//!
//! A [`Table`] is a file in `schemas/documents/`: one row for each term, with its place in one syntax as a [`Path`] and,
//! where text and value differ, a [`Lens`]. The same row reads and writes: what a path asks of a node (`NAD[3035=BY]`) is
//! matched when reading and made true when writing. The grammar of the syntax, not the table, orders what is written and
//! says how often and how long it may be.
//!
//! ```text
//! edifact:  { term = "BT-44", path = "NAD/C080/3036[1,3,4,5]", lens = "joined" }     in the group SG2/NAD[3035=BY]
//! cii:      { term = "BT-44", path = "ram:Name" }                                    in …/ram:BuyerTradeParty
//! bsp:      { term = "BT-44", path = "name" }                                        in tradeTransaction/…/buyer
//! ubl:      { term = "BT-44", path = "cac:PartyLegalEntity/cbc:RegistrationName" }   in cac:AccountingCustomerParty/…
//! ```
//!
//! # What is told
//!
//! Nothing is lost or added silently. Reading tells every value that no row took, writing every value that found no place
//! and every value that the syntax asked for besides, each with its octets and its path, in a [`LossReport`]. A document
//! that is written and read back differs from itself by exactly what the reports list.
//!
//! ```
//! use karvan_mapping::{Target, read, write};
//!
//! let source = br#"{"document":"invoice","version":1,"number":"R-17","typeCode":"380",
//!     "seller":{"name":"Karvan Bazargani"},"colour":"turquoise"}"#;
//! let reading = read(source)?.remove(0);
//! let writing = write(&reading.document, Target::UBL)?;
//! assert!(String::from_utf8_lossy(&writing.bytes).contains("<cbc:RegistrationName>Karvan Bazargani<"));
//!
//! let mut report = reading.report;
//! report.extend(writing.report);
//! assert_eq!(report.lost.len(), 1);
//! let lost = report.lost[0].source.as_ref().unwrap();
//! assert_eq!((lost.path.as_str(), lost.span.slice(source)), ("/colour", &br#""turquoise""#[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How a conversion goes
//!
//! octets → `xml`, `json` or `edifact` → one kind of tree for all syntaxes (`tree`) → `read` → [`karvan_model::Document`] →
//! `write` → tree → `xml`, `json` or `edifact` → octets. No module knows an invoice; what the mechanism could not say at first
//! (texts in pieces, parts of a value elsewhere, groups in several places, values in the interchange) became part of the
//! mechanism and of the table's language, described with the fields of a row in `table.rs`.

#![forbid(unsafe_code)]

mod convert;
mod edifact;
mod envelope;
mod example;
mod file;
mod fixed;
mod grammar;
mod json;
mod lens;
mod library;
mod locate;
mod matching;
mod moment;
mod names;
mod path;
mod pattern;
mod place;
mod qualifier;
mod read;
mod report;
mod table;
mod tree;
mod used;
mod write;
mod written;
mod xml;

pub use convert::{
    Partners, Preparation, ReadError, Reading, WriteError, Writing, read, read_edifact, read_edifact_for, read_json,
    read_json_for, read_within, read_xml, read_xml_for, write, write_on, write_prepared, write_with,
};
pub use edifact::Envelope;
pub use file::{EdifactSyntax, JsonSyntax, Told, XmlSyntax};
pub use lens::Lens;
pub use library::{Target, UnknownTarget, json_document, kind_of, tables};
pub use path::{Condition, Operand, Path, PathError, Start, Step};
pub use read::Purpose;
pub use report::{Entry, LossReport, Place};
pub use table::{Syntax, Table, TableError};
