//! ISO 9735 octets: delimiters, scanner, segments, lossless interchange, character repertoires, writer.
//!
//! Reading never fails and loses nothing: a file is cut into [`Item`]s that add up to exactly its octets. What is wrong
//! with the octets is told as [`Problem`]s beside them; an I/O error is the only error there is.
//!
//! * [`items`] and [`segments`] look at a file in memory, [`Reader`] reads any source in constant memory, and
//!   [`Transmission`] keeps a file as a tree: interchanges, groups, messages, packages.
//! * A [`Segment`] is a view of its octets: [`Element`]s, [`Repetition`]s, [`Component`]s, each with its place in the file.
//!   [`InterchangeHeader`] and its kin give names to the service segments.
//! * [`ServiceCharacters`] are decided by UNA, or else by the syntax version of UNB; a [`Repertoire`] by UNB.
//! * [`Writer`] writes [`SegmentBuffer`]s, releases what must be released and counts for the trailers.
//!
//! Checking a stream of any length, with lines and columns only where they are asked for:
//!
//! ```
//! use karvan_edifact::{InterchangeHeader, Item, Reader, Repertoire};
//!
//! let file = &b"UNB+UNOC:3+A+B+261122:0900+1'\nUNH+1+INVOIC:D:96A:UN'\nFTX+AAI+++\xE4\x01'\nUNZ+1+1'"[..];
//! let mut reader = Reader::new(file);
//! let mut repertoire = Repertoire::UNOA;
//! let mut found = Vec::new();
//! while let Some(item) = reader.next()? {
//!     let mut misfits = Vec::new();
//!     if let Item::Segment(segment) = item {
//!         if let Some(header) = InterchangeHeader::of(segment) {
//!             repertoire = header.repertoire().unwrap_or(Repertoire::UNOC);
//!         }
//!         misfits.extend(segment.misfits(repertoire));
//!     }
//!     for (span, misfit) in misfits {
//!         found.push((reader.position(span.start), misfit.kind));
//!     }
//!     // What the reader itself found wrong before this item or with it.
//!     let problems: Vec<_> = reader.problems().collect();
//!     for problem in problems {
//!         let position = reader.position(problem.span.start);
//!         println!("{:?}", problem.diagnostic(position));
//!     }
//! }
//! assert_eq!((found[0].0.line, found[0].0.column), (3, 12));
//! # Ok::<(), std::io::Error>(())
//! ```

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
pub use repertoire::{Decoded, Detected, Evidence, Level, Misfit, MisfitKind, NotInRepertoire, Repertoire, detect};
pub use scanner::ReadOptions;
pub use segment::{Component, Components, Element, Elements, Repetition, Repetitions, Segment};
pub use transmission::{Group, Interchange, Message, Package, Transmission};
pub use values::{Value, Values};
pub use writer::{Layout, SegmentBuffer, WriteError, WriteOptions, Writer};
