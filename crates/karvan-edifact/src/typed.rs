//! Segments as structs of your own: the serde view of a segment by element number.
//!
//! A struct takes the name of the segment, its fields the numbers of the data elements, all from 0 as elsewhere in this
//! crate: `"1"` is the second data element, `"1.0"` the first component of it.
//!
//! ```
//! use karvan_edifact::typed::{from_segment, to_segment};
//! use karvan_edifact::{Repertoire, Segment, ServiceCharacters};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Deserialize, Serialize)]
//! #[serde(rename = "NAD")]
//! struct Party {
//!     #[serde(rename = "0")]
//!     role: Role,
//!     #[serde(rename = "1")]
//!     identification: Option<Identification>,
//!     #[serde(rename = "3.0")]
//!     name: Option<String>,
//! }
//!
//! #[derive(Debug, PartialEq, Deserialize, Serialize)]
//! enum Role {
//!     #[serde(rename = "BY")]
//!     Buyer,
//!     #[serde(rename = "SU")]
//!     Supplier,
//! }
//!
//! /// A composite: its fields are numbers of components.
//! #[derive(Debug, PartialEq, Deserialize, Serialize)]
//! struct Identification {
//!     #[serde(rename = "0")]
//!     code: String,
//!     #[serde(rename = "2")]
//!     agency: Option<u16>,
//! }
//!
//! let segment = Segment::new(b"NAD+BY+4012345000009::9++O?'NEIL'", 0, ServiceCharacters::DEFAULT);
//! let party: Party = from_segment(&segment, Repertoire::UNOC)?;
//! let identification = Identification { code: "4012345000009".into(), agency: Some(9) };
//! let expected = Party { role: Role::Buyer, identification: Some(identification), name: Some("O'NEIL".into()) };
//! assert_eq!(party, expected);
//!
//! let buffer = to_segment(&party, &ServiceCharacters::DEFAULT)?;
//! assert_eq!((buffer.tag(), buffer.value(1, 0, 2), buffer.value(3, 0, 0)), ("NAD", "9", "O'NEIL"));
//! # Ok::<(), karvan_edifact::typed::Error>(())
//! ```
//!
//! # What becomes what
//!
//! | in the segment | in Rust |
//! |---|---|
//! | a value | `String`, `&str` where nothing is released or decoded, `char`, integers, floats, an `enum` of codes, any newtype of these |
//! | a composite | a struct whose fields are component numbers, or a tuple |
//! | a repeated data element (syntax version 4) | a `Vec` of values, structs or tuples; `"1.0"` as a `Vec` takes that component of each |
//! | nothing | `None`; with `#[serde(default)]` the default; else an error that names the field |
//! | segments of several kinds | an `enum` whose variants have the names of segments, with `#[serde(other)]` for the rest |
//! | a segment that is not known beforehand | a map: `"tag"`, and each data element by its number |
//!
//! Numbers are read with `.` or `,` as decimal mark, and written with the mark of the service characters. What no field asks
//! for is passed over, or refused with `#[serde(deny_unknown_fields)]`; but a field that asks for one value where there are
//! several is an error: nothing is lost unseen.
//!
//! ```
//! use karvan_edifact::typed::from_segment;
//! use karvan_edifact::{Repertoire, segments};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! enum Item {
//!     #[serde(rename = "LIN")]
//!     Line(Line),
//!     #[serde(rename = "QTY")]
//!     Quantity(Quantity),
//!     #[serde(other)]
//!     Other,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(rename = "LIN")]
//! struct Line {
//!     #[serde(rename = "0")]
//!     number: u32,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(rename = "QTY")]
//! struct Quantity {
//!     #[serde(rename = "0")]
//!     quantity: (String, f64, Option<String>),
//! }
//!
//! let mut total = 0.0;
//! for segment in segments(b"UNB+UNOC:3'LIN+1'QTY+21:12,5:KGM'LIN+2'QTY+21:7'") {
//!     match from_segment(&segment, Repertoire::UNOC)? {
//!         Item::Quantity(Quantity { quantity: (_, value, _) }) => total += value,
//!         Item::Line(line) => assert!(line.number < 3),
//!         Item::Other => {}
//!     }
//! }
//! assert_eq!(total, 19.5);
//! # Ok::<(), karvan_edifact::typed::Error>(())
//! ```

mod read;
mod write;

use std::fmt;

use karvan_text::Span;

pub use read::from_segment;
pub use write::to_segment;

/// A segment and a type do not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    span: Option<Span>,
}

/// Why a segment and a type do not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The segment is another one than the struct is named for.
    OtherSegment {
        /// The name of the struct.
        expected: String,
        /// The tag of the segment.
        found: String,
    },
    /// A field is named neither for a data element (`0`), nor for a component (`0.1`), nor `tag`.
    NoSuchField {
        /// The name of the field.
        name: String,
    },
    /// A field asks for one value where there are several, components or repetitions.
    SeveralValues,
    /// A value is no number of the kind that is asked for.
    NotANumber {
        /// The value.
        value: String,
    },
    /// Octets mean nothing in the repertoire.
    NotInRepertoire {
        /// The first of them.
        octet: u8,
    },
    /// Something that has no form in a segment: a `bool`, a number that is not finite, structs within composites.
    NoForm {
        /// What it is.
        what: &'static str,
    },
    /// What serde or a type says.
    Message(String),
}

impl Error {
    fn new(kind: ErrorKind) -> Self {
        Self { kind, span: None }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where in the file, when reading.
    #[must_use]
    pub const fn span(&self) -> Option<Span> {
        self.span
    }

    /// Says where, unless that is known more exactly.
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(span) = self.span {
            write!(f, "byte {}: ", span.start)?;
        }
        match &self.kind {
            ErrorKind::OtherSegment { expected, found } => write!(f, "segment {found} is no {expected}"),
            ErrorKind::NoSuchField { name } => write!(f, "field {name:?} is no number of a data element or component"),
            ErrorKind::SeveralValues => write!(f, "there are several values where one is asked for"),
            ErrorKind::NotANumber { value } => write!(f, "{value:?} is not such a number"),
            ErrorKind::NotInRepertoire { octet } => write!(f, "octet {octet:02X} means nothing in the repertoire"),
            ErrorKind::NoForm { what } => write!(f, "{what} has no form in a segment"),
            ErrorKind::Message(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::Message(message.to_string()))
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::Message(message.to_string()))
    }
}

/// What a field of a segment is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Tag,
    Element(usize),
    Component(usize, usize),
}

impl Field {
    fn named(name: &str) -> Result<Self, Error> {
        let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()));
        let field = match name.split_once('.') {
            _ if name == "tag" => Some(Self::Tag),
            None => number(name).map(Self::Element),
            Some((element, component)) => {
                number(element).zip(number(component)).map(|(element, component)| Self::Component(element, component))
            }
        };
        field.ok_or_else(|| Error::new(ErrorKind::NoSuchField { name: name.to_owned() }))
    }

    /// The number of a component, for a field of a composite.
    fn component(name: &str) -> Result<usize, Error> {
        match Self::named(name)? {
            Self::Element(number) => Ok(number),
            _ => Err(Error::new(ErrorKind::NoSuchField { name: name.to_owned() })),
        }
    }
}

#[cfg(test)]
mod tests;
