//! What reading and writing in a repertoire come to.

use std::borrow::Cow;
use std::fmt;

use super::Repertoire;

/// Text read in a repertoire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text; U+FFFD stands for octets that mean nothing.
    pub text: Cow<'a, str>,
    /// The first thing that is out of place, if any.
    pub misfit: Option<Misfit>,
}

/// Octets that do not belong into a repertoire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is wrong with them.
    pub kind: MisfitKind,
    /// Where they begin in the octets looked at.
    pub offset: usize,
    /// How many there are.
    pub length: usize,
}

/// What is wrong with octets in a repertoire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MisfitKind {
    /// The octet means nothing.
    Malformed {
        /// The octet.
        octet: u8,
    },
    /// The character has no place there.
    NotPermitted {
        /// The character.
        character: char,
    },
    /// Everything beyond ASCII is UTF-8, which was not declared.
    Utf8 {
        /// The first character, read as UTF-8.
        character: char,
    },
}

impl Misfit {
    /// Whether the octets mean nothing.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        matches!(self.kind, MisfitKind::Malformed { .. })
    }

    pub(super) const fn malformed(offset: usize, octet: u8) -> Self {
        Self { kind: MisfitKind::Malformed { octet }, offset, length: 1 }
    }

    pub(super) const fn not_permitted(offset: usize, length: usize, character: char) -> Self {
        Self { kind: MisfitKind::NotPermitted { character }, offset, length }
    }
}

/// A character cannot be written in a repertoire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInRepertoire {
    /// The character.
    pub character: char,
    /// The repertoire that lacks it.
    pub repertoire: Repertoire,
}

impl fmt::Display for NotInRepertoire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, repertoire } = self;
        write!(f, "U+{:04X} '{character}' is not in {repertoire}", u32::from(*character))
    }
}

impl std::error::Error for NotInRepertoire {}
