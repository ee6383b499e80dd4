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
//! * [`typed`] reads segments into structs of yours and back, by the numbers of data elements.
//!
//! Nothing here opens a file, knows a directory or a message; bring any [`Read`](std::io::Read) and
//! [`Write`](std::io::Write). The folder `examples` has small programs: counting segments, the lines of an invoice, writing
//! an order, transcoding.
//!
//! # A file in memory
//!
//! Segments borrow the file; a value is copied only where something in it is released or decoded.
//!
//! ```
//! use karvan_edifact::{Repertoire, segments};
//!
//! let file = b"UNB+UNOC:3+A+B+261122:0900+1'UNH+1+ORDERS:D:96A:UN'NAD+BY+4012345000009::9++O?'Neil'UNT+3+1'UNZ+1+1'";
//! let buyer = segments(file).find(|segment| segment.tag() == b"NAD" && segment.element(0).raw() == b"BY").unwrap();
//! assert_eq!(buyer.component(1, 0).raw(), b"4012345000009");
//! assert_eq!(buyer.component(3, 0).text(Repertoire::UNOC).text, "O'Neil");
//! assert_eq!(buyer.component(3, 0).span().start, 76); // where in the file it stands
//! ```
//!
//! # A file as a tree
//!
//! ```
//! use karvan_edifact::Transmission;
//!
//! let file = b"UNB+UNOC:3+A+B+261122:0900+1'UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'UNH+2+ORDERS:D:96A:UN'UNT+2+2'UNZ+2+1'";
//! let tree = Transmission::read(&file[..]);
//! let interchange = tree.interchanges().next().unwrap();
//! for message in interchange.messages() {
//!     let header = message.header().unwrap();
//!     assert_eq!(header.message_type().raw(), b"ORDERS");
//!     // UNT counts the segments of its message.
//!     assert_eq!(message.trailer().unwrap().count().raw(), message.segments().count().to_string().as_bytes());
//! }
//! ```
//!
//! # A stream of any length
//!
//! The buffer holds one segment; lines and columns are counted only where they are asked for.
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
//!
//! # Writing
//!
//! ```
//! use karvan_edifact::{Layout, Repertoire, SegmentBuffer, WriteOptions, Writer};
//!
//! let options = WriteOptions::default().repertoire(Repertoire::UNOY).layout(Layout::Minified);
//! let mut writer = Writer::new(Vec::new(), options);
//! writer.segment(&SegmentBuffer::new("UNB").composite(["UNOY", "4"]).element("A").element("B").element("").element("1"))?;
//! writer.segment(&SegmentBuffer::new("UNH").element("1").composite(["ORDERS", "D", "96A", "UN"]))?;
//! writer.segment(&SegmentBuffer::new("FTX").element("AAI").element("").element("").element("O'Neil, تهران"))?;
//! writer.end_message()?; // counts the segments
//! writer.end_interchange()?; // counts the messages
//! let expected = "UNB+UNOY:4+A+B++1'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++O?'Neil, تهران'UNT+3+1'UNZ+1+1'";
//! assert_eq!(String::from_utf8(writer.into_inner())?, expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
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
#[cfg(feature = "serde")]
pub mod typed;
mod values;
mod writer;

pub use characters::ServiceCharacters;
pub use envelope::{
    DialogueReference, EnvelopeParty, GroupHeader, InterchangeHeader, MessageHeader, PackageHeader, StatusReport,
    Trailer,
};
pub use item::{Advice, Item, Octets, Problem, ProblemKind};
pub use reader::{Items, Reader, items, segments};
pub use repertoire::{Decoded, Detected, Evidence, Level, Misfit, MisfitKind, NotInRepertoire, Repertoire, detect};
pub use scanner::ReadOptions;
pub use segment::{Component, Components, Element, Elements, Repetition, Repetitions, Segment};
pub use transmission::{Group, Interchange, Message, Package, Transmission};
pub use values::{Cut, Cuts, End, Value, Values};
pub use writer::{Layout, SegmentBuffer, WriteError, WriteOptions, Writer};
