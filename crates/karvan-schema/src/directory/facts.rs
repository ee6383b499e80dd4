//! What a directory states, as plain owned data: the form in which directories are collected before they are packed.
//!
//! Only facts have a place here: tags, positions, status, repetitions, formats, code values and short names.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::Dependency;

/// One directory: a release of the UN/EDIFACT directories, or the service directory of a syntax version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryFacts {
    /// `D.96A` for a release, `3` for the service directory of syntax version 3.
    pub name: String,
    /// Message types by tag (`INVOIC`).
    pub messages: BTreeMap<String, MessageFacts>,
    /// Segments by tag (`NAD`).
    pub segments: BTreeMap<String, PartFacts>,
    /// Composite data elements by tag (`C082`, `S001`, `E001`).
    pub composites: BTreeMap<String, PartFacts>,
    /// Simple data elements by tag (`3035`).
    pub elements: BTreeMap<String, ElementFacts>,
    /// Code lists by the tag of their data element: short names by code value.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// A message type and its segment table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFacts {
    /// `Invoice message`.
    pub name: String,
    /// Whether it belongs to the interactive directory.
    pub interactive: bool,
    /// How many digits a position has: 4 up to D.11A, 5 later, 0 where the table states no positions (D.93A).
    pub position_digits: u8,
    /// The segment table, in order.
    pub rows: Vec<MessageRowFacts>,
    /// Its dependency notes, about rows of the table, in order.
    pub dependencies: Vec<Dependency>,
}

/// A line of a segment table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRowFacts {
    /// The position; 0 where none is stated.
    pub position: u32,
    /// Segment or group.
    pub kind: MessageRowKind,
    /// Mandatory or conditional.
    pub status: Status,
    /// The largest number of times it may stand here.
    pub repetitions: u32,
    /// How many groups enclose it; a group's own row does not count itself.
    pub depth: u8,
}

/// What a line of a segment table is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageRowKind {
    /// A segment, by tag.
    Segment(String),
    /// A segment group, by number.
    Group(u16),
}

/// A segment or a composite: a name and an ordered list of what it consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartFacts {
    /// `Name and address`.
    pub name: String,
    /// Whether it belongs to the interactive directory.
    pub interactive: bool,
    /// Its data elements, in order.
    pub rows: Vec<PartRowFacts>,
    /// Its dependency notes, in order.
    pub dependencies: Vec<Dependency>,
}

/// A composite or simple data element at its place in a segment or composite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRowFacts {
    /// The position as stated: 10, 20, …; counted in tens where none is stated (D.93A).
    pub position: u16,
    /// Tag of the composite or simple data element.
    pub tag: String,
    /// Mandatory or conditional.
    pub status: Status,
    /// The largest number of times it may stand here (syntax version 4 repetition); 1 where none is stated.
    pub repetitions: u16,
}

/// A simple data element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementFacts {
    /// `Party qualifier`.
    pub name: String,
    /// Its representation.
    pub format: Format,
}

/// Whether something must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// `M`.
    Mandatory,
    /// `C`.
    Conditional,
}

impl Status {
    /// `M` or `C`.
    pub fn letter(self) -> char {
        match self {
            Self::Mandatory => 'M',
            Self::Conditional => 'C',
        }
    }

    /// Whether it is [`Status::Mandatory`].
    pub fn is_mandatory(self) -> bool {
        self == Self::Mandatory
    }
}

/// Which characters a data element takes (ISO 9735:1988, annexes A and B).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Repertoire {
    /// `a`: letters (and, as everywhere, the space and other non-digits of the repertoire).
    Alphabetic,
    /// `n`: a number, with decimal mark and minus sign where they apply.
    Numeric,
    /// `an`: any character of the repertoire.
    #[default]
    Alphanumeric,
}

/// The representation of a simple data element, such as `an..35` or `n4`; lengths are in characters.
///
/// ```
/// use karvan_schema::directory::{Format, Repertoire};
///
/// let format: Format = "an..35".parse()?;
/// assert_eq!(format, Format { repertoire: Repertoire::Alphanumeric, minimum: 0, maximum: 35 });
/// assert_eq!("n4".parse::<Format>()?.minimum, 4);
/// assert_eq!(format.to_string(), "an..35");
/// # Ok::<(), karvan_schema::directory::NotAFormat>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Format {
    /// Which characters.
    pub repertoire: Repertoire,
    /// The smallest length: that of a fixed-length element, else 0.
    pub minimum: u16,
    /// The largest length.
    pub maximum: u16,
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = match self.repertoire {
            Repertoire::Alphabetic => "a",
            Repertoire::Numeric => "n",
            Repertoire::Alphanumeric => "an",
        };
        let dots = if self.minimum == self.maximum { "" } else { ".." };
        write!(out, "{letters}{dots}{}", self.maximum)
    }
}

/// The text is not a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFormat;

impl fmt::Display for NotAFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not a representation such as an..35 or n4")
    }
}

impl std::error::Error for NotAFormat {}

impl FromStr for Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        let (repertoire, rest) = if let Some(rest) = text.strip_prefix("an") {
            (Repertoire::Alphanumeric, rest)
        } else if let Some(rest) = text.strip_prefix('a') {
            (Repertoire::Alphabetic, rest)
        } else if let Some(rest) = text.strip_prefix('n') {
            (Repertoire::Numeric, rest)
        } else {
            return Err(NotAFormat);
        };
        let (fixed, digits) = match rest.strip_prefix("..") {
            Some(digits) => (false, digits),
            None => (true, rest),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAFormat);
        }
        let maximum = digits.parse().map_err(|_| NotAFormat)?;
        Ok(Self { repertoire, minimum: if fixed { maximum } else { 0 }, maximum })
    }
}
