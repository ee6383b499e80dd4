//! What a file is made of, and what can be wrong with it before anything is understood.

use karvan_text::{Code, Diagnostic, Message, Place, Position, Span};

use crate::{Segment, ServiceCharacters};

/// A piece of an EDIFACT file. The pieces follow each other without a gap: together they are the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)] // The kind takes a word of its own: hidden in an octet of the segment it would cut each copy into odd pieces.
#[non_exhaustive]
pub enum Item<'a> {
    /// UNA, the service string advice.
    Advice(Advice<'a>),
    /// A segment with its terminator.
    Segment(Segment<'a>),
    /// Octets of the object in a package, between UNO and UNP, or encrypted data, between USD and USU: all of them, or
    /// the next part.
    Object(Octets<'a>),
    /// Line ends and blanks between segments, and a byte order mark at the beginning.
    Layout(Octets<'a>),
    /// Text outside any interchange, or part of a segment that is longer than the limit.
    Stray(Octets<'a>),
}

impl<'a> Item<'a> {
    /// The octets as they stand in the file.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        match self {
            Self::Advice(advice) => advice.octets.raw(),
            Self::Segment(segment) => segment.raw(),
            Self::Object(octets) | Self::Layout(octets) | Self::Stray(octets) => octets.raw(),
        }
    }

    /// Where the item stands in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Advice(advice) => advice.octets.span(),
            Self::Segment(segment) => segment.span(),
            Self::Object(octets) | Self::Layout(octets) | Self::Stray(octets) => octets.span(),
        }
    }

    /// The segment, if it is one.
    #[must_use]
    pub const fn segment(&self) -> Option<Segment<'a>> {
        match self {
            Self::Segment(segment) => Some(*segment),
            _ => None,
        }
    }
}

/// Octets at a place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Octets<'a> {
    octets: &'a [u8],
    offset: u64,
}

impl<'a> Octets<'a> {
    pub(crate) const fn new(octets: &'a [u8], offset: u64) -> Self {
        Self { octets, offset }
    }

    /// The octets.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.octets
    }

    /// Where they stand in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.octets.len() as u64)
    }
}

/// UNA: what declares the service characters of the interchange that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice<'a> {
    octets: Octets<'a>,
    declared: ServiceCharacters,
}

impl<'a> Advice<'a> {
    pub(crate) const fn new(octets: Octets<'a>, declared: ServiceCharacters) -> Self {
        Self { octets, declared }
    }

    /// The octets as they stand in the file.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.octets.raw()
    }

    /// Where UNA stands in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.octets.span()
    }

    /// What it declares; the segments that follow tell what is in force.
    #[must_use]
    pub const fn declared(&self) -> ServiceCharacters {
        self.declared
    }
}

/// Something wrong with the octets of a file, found while it is cut into items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// Where it is.
    pub span: Span,
}

/// What can be wrong with the octets of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A byte order mark stands before the interchange.
    ByteOrderMark,
    /// Control characters other than line ends and tabs stand between segments.
    ControlsBetweenSegments,
    /// Line ends or blanks stand between segments; told once an interchange, and only by strict reading.
    LayoutBetweenSegments,
    /// Text stands before the first interchange.
    TextBeforeInterchange,
    /// Text stands outside any interchange, behind the first.
    StrayText,
    /// A space stands between `UNA` and its characters.
    AdviceMisplaced,
    /// UNA stands where no interchange begins: before another UNA, or within an interchange.
    AdviceRepeated,
    /// UNA declares a repetition separator and the syntax version is one before 4, which knows none: it is data.
    RepetitionSeparatorUnused {
        /// The character.
        octet: u8,
        /// The syntax version.
        version: u8,
    },
    /// Segments end with line ends, though the segment terminator is another.
    LineEndsTerminate {
        /// The segment terminator that is declared, or the default one.
        declared: u8,
    },
    /// UNA declares a service character that can hardly be meant: a letter, a digit, a space, or one in two roles.
    DoubtfulServiceCharacter {
        /// The character.
        octet: u8,
    },
    /// The last segment has no terminator.
    Unterminated,
    /// A segment is longer than the limit; it is passed over.
    SegmentTooLong {
        /// The limit, in octets.
        limit: usize,
    },
    /// The object of a package, or the encrypted data, is not as long as its header says.
    ObjectLength {
        /// The tag of the header, `UNO` or `USD`.
        header: &'static str,
        /// What it says; none where it says nothing that is a number.
        declared: Option<u64>,
        /// How many octets there are.
        counted: u64,
    },
    /// An object is longer than the limit.
    ObjectTooLong {
        /// The limit, in octets.
        limit: u64,
    },
    /// The file ends inside an object.
    ObjectTruncated {
        /// The tag of its header, `UNO` or `USD`.
        header: &'static str,
        /// What it says.
        declared: Option<u64>,
        /// How many octets there are.
        counted: u64,
    },
}

impl Problem {
    /// The finding to tell, standing at `position` (that of `span.start`; see [`Reader::position`](crate::Reader)).
    #[must_use]
    pub fn diagnostic(&self, position: Position) -> Diagnostic {
        let place = Place { span: self.span, position, ..Place::default() };
        let finding = |code, message| Diagnostic::new(code, message, place.clone());
        let anew = || Message::new("help-lay-out");
        let declared_text =
            |declared: Option<u64>| declared.map_or_else(|| "?".to_owned(), |length| length.to_string());
        let character = |octet: u8| format!("'{}'", octet.escape_ascii());
        match self.kind {
            ProblemKind::ByteOrderMark => {
                finding(Code::warning(1901), Message::new("byte-order-mark")).fix(self.span, "").help(anew())
            }
            ProblemKind::ControlsBetweenSegments => {
                finding(Code::warning(1021), Message::new("controls-between-segments")).fix(self.span, "").help(anew())
            }
            ProblemKind::LayoutBetweenSegments => finding(Code::warning(1909), Message::new("layout-between-segments"))
                .help(Message::new("help-minify-file")),
            ProblemKind::TextBeforeInterchange => {
                finding(Code::warning(1907), Message::new("text-before-interchange")).fix(self.span, "")
            }
            ProblemKind::StrayText => finding(Code::error(1033), Message::new("text-outside-interchange")),
            ProblemKind::AdviceMisplaced => {
                finding(Code::warning(1902), Message::new("advice-misplaced")).help(Message::new("help-advice-shape"))
            }
            ProblemKind::AdviceRepeated => {
                finding(Code::warning(1905), Message::new("advice-repeated")).fix(self.span, "")
            }
            ProblemKind::RepetitionSeparatorUnused { octet, version } => {
                let message = Message::new("repetition-separator-unused")
                    .with("character", character(octet))
                    .with("version", version);
                finding(Code::warning(1906), message).fix(self.span, " ")
            }
            ProblemKind::LineEndsTerminate { declared } => {
                let message = Message::new("line-ends-terminate").with("character", character(declared));
                finding(Code::warning(1908), message).help(Message::new("help-line-ends-terminate"))
            }
            ProblemKind::DoubtfulServiceCharacter { octet } => {
                let message = Message::new("service-character-doubtful").with("character", character(octet));
                finding(Code::warning(1020), message).help(Message::new("help-service-characters"))
            }
            ProblemKind::Unterminated => {
                finding(Code::error(1903), Message::new("segment-unterminated")).help(Message::new("help-truncated"))
            }
            ProblemKind::SegmentTooLong { limit } => {
                finding(Code::error(9001), Message::new("segment-too-long").with("limit", limit))
                    .help(Message::new("help-segment-limit"))
            }
            ProblemKind::ObjectTooLong { limit } => {
                finding(Code::error(9004), Message::new("object-too-long").with("limit", limit))
                    .help(Message::new("help-object-limit"))
            }
            ProblemKind::ObjectLength { header, declared, counted } => {
                let declared = declared_text(declared);
                let message = Message::new("object-length-differs")
                    .with("header", header)
                    .with("declared", &declared)
                    .with("counted", counted);
                let mut finding = finding(Code::error(1029), message).expected(counted.to_string()).found(declared);
                finding.place.path = length_path(header);
                finding
            }
            ProblemKind::ObjectTruncated { header, declared, counted } => {
                let message = Message::new("object-truncated")
                    .with("header", header)
                    .with("declared", declared_text(declared))
                    .with("counted", counted);
                let mut finding = finding(Code::error(1904), message).help(Message::new("help-truncated"));
                finding.place.path = length_path(header);
                finding
            }
        }
    }
}

/// Where a header says how long the octets after it are.
fn length_path(header: &str) -> String {
    format!("{header}/{}", if header == "UNO" { "S022/0810" } else { "0556" })
}
