//! ISO 9735 octets: delimiters, scanner, segments, lossless interchange, character repertoires, writer.
//!
//! Reading never fails and loses nothing: a file is cut into [`Item`]s that add up to exactly its octets. What is wrong
//! with the octets is told as [`Problem`]s beside them.

#![forbid(unsafe_code)]

mod characters;
mod envelope;
mod item;
mod object;
mod reader;
mod repertoire;
mod scan;
mod scanner;
mod segment;
mod transmission;
mod values;
mod writer;

pub use characters::ServiceCharacters;
pub use envelope::{EnvelopeParty, GroupHeader, InterchangeHeader, MessageHeader, PackageHeader, Trailer};
pub use item::{Advice, Item, Octets, Problem, ProblemKind};
pub use reader::{Items, Reader, items, segments};
pub use repertoire::{Decoded, Level, Misfit, MisfitKind, NotInRepertoire, Repertoire};
pub use scanner::ReadOptions;
pub use segment::{Component, Components, Element, Elements, Repetition, Repetitions, Segment};
pub use transmission::{Group, Interchange, Message, Package, Transmission};
pub use values::{Value, Values};
pub use writer::{Layout, SegmentBuffer, WriteError, WriteOptions, Writer};
