//! Encodings in which a character may take several octets, read piece by piece so that each keeps its place.

use encoding_rs::{EUC_KR, Encoding as Table};

/// Some octets and what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where they begin.
    pub(super) offset: usize,
    /// How many they are.
    pub(super) length: usize,
    pub(super) meaning: Meaning,
}

/// What octets stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Character(char),
    /// A character that can be read, but that the repertoire does not hold.
    Outside(char),
    /// Nothing.
    Malformed,
    /// No character: a shift, or the escape sequence that designates a set.
    Silent,
}

impl Meaning {
    /// The character to read, U+FFFD for what means nothing.
    pub(super) fn shown(self) -> Option<char> {
        match self {
            Self::Character(character) | Self::Outside(character) => Some(character),
            Self::Malformed => Some(char::REPLACEMENT_CHARACTER),
            Self::Silent => None,
        }
    }
}

/// The one character that `octets` stand for by `table`.
pub(super) fn one_character(table: &'static Table, octets: &[u8]) -> Option<char> {
    let text = table.decode_without_bom_handling_and_without_replacement(octets)?;
    let mut characters = text.chars();
    let character = characters.next()?;
    characters.next().is_none().then_some(character)
}

/// Korean text: ASCII, and KS C 5601 with the upper bit set.
///
/// The table of the Web also holds the syllables that code page 949 added around KS C 5601; they are read and told.
#[derive(Clone, Debug)]
pub(super) struct Korean<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Korean<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }

    /// `text` in octets; none where a character is not in ASCII or KS C 5601.
    pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
        let (octets, _, unmappable) = EUC_KR.encode(text);
        let inside = !unmappable && Korean::new(&octets).all(|piece| matches!(piece.meaning, Meaning::Character(_)));
        inside.then(|| octets.into_owned())
    }
}

impl Iterator for Korean<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let offset = self.at;
        let (length, meaning) = match self.octets.get(offset..)? {
            [] => return None,
            [octet, ..] if octet.is_ascii_control() => (1, Meaning::Outside(char::from(*octet))),
            [octet, ..] if octet.is_ascii() => (1, Meaning::Character(char::from(*octet))),
            [first, second, ..] => match one_character(EUC_KR, &[*first, *second]) {
                Some(character) if *first >= 0xA1 && *second >= 0xA1 => (2, Meaning::Character(character)),
                Some(character) => (2, Meaning::Outside(character)),
                None => (1, Meaning::Malformed),
            },
            [_] => (1, Meaning::Malformed),
        };
        self.at += length;
        Some(Piece { offset, length, meaning })
    }
}
