//! Character repertoires: what octets mean and which characters an interchange may carry.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding as Table;

/// A character repertoire with its encoding, as data elements 0001 and 0133 of UNB declare it.
///
/// ```
/// use karvan_edifact::{Misfit, Repertoire};
///
/// let latin = Repertoire::from_identifier(b"UNOC").unwrap();
/// assert_eq!(latin.decode(&b"M\xDCLLER"[..]).text, "MÜLLER");
/// assert_eq!(&*latin.encode("Zoë").unwrap(), b"Zo\xEB");
/// assert_eq!(latin.encode("تهران").unwrap_err().character, 'ت');
///
/// // UTF-8 where Latin-1 was declared is read as declared, and told.
/// let decoded = latin.decode("MÜLLER".as_bytes());
/// assert_eq!(decoded.text, "MÃ\u{9c}LLER");
/// assert_eq!(decoded.misfit, Some(Misfit::Utf8 { offset: 1, character: 'Ü' }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Repertoire {
    level: Level,
    encoding: Encoding,
}

/// The levels of the syntax identifier (data element 0001).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// `UNOA`: capital letters, digits and a few signs of ISO 646; also `IATA`.
    A,
    /// `UNOB`: level A and small letters; also `IATB`.
    B,
    /// `UNOC`: ISO 8859-1, Latin alphabet 1.
    C,
    /// `UNOD`: ISO 8859-2, Latin alphabet 2.
    D,
    /// `UNOE`: ISO 8859-5, Latin and Cyrillic.
    E,
    /// `UNOF`: ISO 8859-7, Latin and Greek.
    F,
    /// `UNOG`: ISO 8859-3, Latin alphabet 3.
    G,
    /// `UNOH`: ISO 8859-4, Latin alphabet 4.
    H,
    /// `UNOI`: ISO 8859-6, Latin and Arabic.
    I,
    /// `UNOJ`: ISO 8859-8, Latin and Hebrew.
    J,
    /// `UNOK`: ISO 8859-9, Latin alphabet 5.
    K,
    /// `UNOL`: ISO 8859-15, Latin alphabet 9.
    L,
    /// `UNOW`: ISO 10646 as UTF-8.
    W,
    /// `UNOX`: code extension by ISO 2022, read here as ISO-2022-JP.
    X,
    /// `UNOY`: ISO 10646, read as UTF-8.
    Y,
    /// `UNOZ`: ISO 10646, read as UTF-8.
    Z,
    /// `KECA`: KS C 5601, Korean.
    Keca,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Ascii,
    /// ISO 8859-1 itself, which the Web's table replaces by Windows-1252.
    Latin1,
    /// ISO 8859-9 itself, which the Web's table replaces by Windows-1254.
    Latin5,
    Utf8,
    Table(&'static Table),
}

/// The places where ISO 8859-9 differs from ISO 8859-1.
const LATIN_5: [(u8, char); 6] = [(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];

const LEVELS: [(&str, Level, Encoding); 19] = [
    ("UNOA", Level::A, Encoding::Ascii),
    ("UNOB", Level::B, Encoding::Ascii),
    ("UNOC", Level::C, Encoding::Latin1),
    ("UNOD", Level::D, Encoding::Table(encoding_rs::ISO_8859_2)),
    ("UNOE", Level::E, Encoding::Table(encoding_rs::ISO_8859_5)),
    ("UNOF", Level::F, Encoding::Table(encoding_rs::ISO_8859_7)),
    ("UNOG", Level::G, Encoding::Table(encoding_rs::ISO_8859_3)),
    ("UNOH", Level::H, Encoding::Table(encoding_rs::ISO_8859_4)),
    ("UNOI", Level::I, Encoding::Table(encoding_rs::ISO_8859_6)),
    ("UNOJ", Level::J, Encoding::Table(encoding_rs::ISO_8859_8)),
    ("UNOK", Level::K, Encoding::Latin5),
    ("UNOL", Level::L, Encoding::Table(encoding_rs::ISO_8859_15)),
    ("UNOW", Level::W, Encoding::Utf8),
    ("UNOX", Level::X, Encoding::Table(encoding_rs::ISO_2022_JP)),
    ("UNOY", Level::Y, Encoding::Utf8),
    ("UNOZ", Level::Z, Encoding::Utf8),
    ("KECA", Level::Keca, Encoding::Table(encoding_rs::EUC_KR)),
    ("IATA", Level::A, Encoding::Ascii),
    ("IATB", Level::B, Encoding::Ascii),
];

impl Repertoire {
    /// Level A, the smallest one: what may be written where nothing is declared.
    pub const UNOA: Self = Self { level: Level::A, encoding: Encoding::Ascii };
    /// Level C, ISO 8859-1.
    pub const UNOC: Self = Self { level: Level::C, encoding: Encoding::Latin1 };
    /// Level W, UTF-8.
    pub const UNOW: Self = Self { level: Level::W, encoding: Encoding::Utf8 };
    /// Level Y, read and written as UTF-8.
    pub const UNOY: Self = Self { level: Level::Y, encoding: Encoding::Utf8 };

    /// The repertoire with this syntax identifier (data element 0001), if Karvan supports it.
    #[must_use]
    pub fn from_identifier(identifier: &[u8]) -> Option<Self> {
        let found = LEVELS.iter().find(|(name, ..)| name.as_bytes() == identifier);
        found.map(|&(_, level, encoding)| Self { level, encoding })
    }

    /// The repertoire with this syntax identifier in the encoding of data element 0133 (code `7`, UTF-8; `1` and `2`,
    /// seven and eight bits; empty where it is not given).
    ///
    /// None where the identifier or the encoding is not supported: EBCDIC, code page 850, UCS-2, UCS-4 and UTF-16 are
    /// not.
    #[must_use]
    pub fn declared(identifier: &[u8], encoding: &[u8]) -> Option<Self> {
        let declared = Self::from_identifier(identifier)?;
        match encoding {
            b"" | b"1" | b"2" | b"ZZZ" => Some(declared),
            b"7" => Some(Self { encoding: Encoding::Utf8, ..declared }),
            _ => None,
        }
    }

    /// The level.
    #[must_use]
    pub const fn level(self) -> Level {
        self.level
    }

    /// The syntax identifier, `UNOC`.
    #[must_use]
    pub fn identifier(self) -> &'static str {
        LEVELS.iter().find(|(_, level, _)| *level == self.level).map_or("", |(name, ..)| name)
    }

    /// Whether the octets are UTF-8.
    #[must_use]
    pub fn is_utf8(self) -> bool {
        self.encoding == Encoding::Utf8
    }

    /// Whether `character` belongs to the repertoire.
    #[must_use]
    pub fn permits(self, character: char) -> bool {
        if character.is_control() {
            return false;
        }
        match self.level {
            Level::A | Level::B if !character.is_ascii() => false,
            // ISO 9735:1988 §5.1; the last line "cannot be used internationally in telex transmissions".
            Level::A => {
                matches!(character, 'A'..='Z' | '0'..='9' | ' ' | '.' | ',' | '-' | '(' | ')' | '/' | '=' | '\'' | '+' | ':' | '?'
                    | '!' | '"' | '%' | '&' | '*' | ';' | '<' | '>')
            }
            Level::B => character.is_ascii_lowercase() || Self::UNOA.permits(character),
            Level::W | Level::Y | Level::Z => true,
            _ => character.is_ascii() || self.by_level().encode_character(character),
        }
    }

    /// The repertoire in the encoding that belongs to its level.
    fn by_level(self) -> Self {
        Self::from_identifier(self.identifier().as_bytes()).unwrap_or(self)
    }

    fn encode_character(self, character: char) -> bool {
        self.octets_of(character.encode_utf8(&mut [0; 4])).is_some()
    }

    /// The text that `octets` stand for; see [`Decoded`].
    #[must_use]
    pub fn decode<'a>(self, octets: impl Into<Cow<'a, [u8]>>) -> Decoded<'a> {
        let octets = octets.into();
        let misfit = self.misfit(&octets);
        let text = match self.encoding {
            _ if octets.is_ascii() && self.level != Level::X => utf8(octets),
            Encoding::Ascii | Encoding::Utf8 => utf8(octets),
            Encoding::Latin1 => encoding_rs::mem::decode_latin1(&octets).into_owned().into(),
            Encoding::Latin5 => octets.iter().map(|&octet| latin_5(octet)).collect::<String>().into(),
            Encoding::Table(table) => table.decode_without_bom_handling(&octets).0.into_owned().into(),
        };
        Decoded { text, misfit }
    }

    /// The first thing in `octets` that does not belong there.
    #[must_use]
    pub fn misfit(self, octets: &[u8]) -> Option<Misfit> {
        match self.encoding {
            Encoding::Utf8 => self.misfit_in_utf8(octets),
            Encoding::Table(table) if self.is_multi_octet() => {
                let (text, malformed) = table.decode_without_bom_handling(octets);
                if malformed {
                    let offset = octets.iter().position(|octet| !octet.is_ascii()).unwrap_or(0);
                    return Some(Misfit::Malformed { offset, octet: octets.get(offset).copied().unwrap_or(0) });
                }
                let character = text.chars().find(|&character| !self.permits(character))?;
                Some(Misfit::NotPermitted { offset: 0, character })
            }
            _ => {
                let unfit = octets.iter().position(|&octet| !self.permits_octet(octet));
                match (unfit, declared_wrongly(octets)) {
                    (Some(offset), Some(utf8)) if offset < utf8.offset() => Some(self.unfit(octets, offset)),
                    (_, Some(utf8)) => Some(utf8),
                    (Some(offset), None) => Some(self.unfit(octets, offset)),
                    (None, None) => None,
                }
            }
        }
    }

    /// Whether nothing in `octets` is out of place: cheap, for whole segments.
    ///
    /// Delimiters outside the repertoire count as out of place: look closer then.
    #[must_use]
    pub fn accepts(self, octets: &[u8]) -> bool {
        self.misfit(octets).is_none()
    }

    /// `text` in the octets of the repertoire.
    ///
    /// # Errors
    /// The first character that the repertoire does not hold.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, NotInRepertoire> {
        let refused = |character| NotInRepertoire { character, repertoire: self };
        if let Some(character) = text.chars().find(|&character| !self.permits(character)) {
            return Err(refused(character));
        }
        self.octets_of(text).ok_or_else(|| refused(char::REPLACEMENT_CHARACTER))
    }

    /// `text` in the encoding, whatever the level permits.
    fn octets_of(self, text: &str) -> Option<Cow<'_, [u8]>> {
        if text.is_ascii() {
            return Some(Cow::Borrowed(text.as_bytes()));
        }
        match self.encoding {
            Encoding::Ascii => None,
            Encoding::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            Encoding::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<_>>>().map(Cow::Owned),
            Encoding::Latin5 => text.chars().map(octet_of_latin_5).collect::<Option<Vec<_>>>().map(Cow::Owned),
            Encoding::Table(table) => {
                let (octets, _, unmappable) = table.encode(text);
                (!unmappable).then_some(octets)
            }
        }
    }

    fn is_multi_octet(self) -> bool {
        matches!(self.level, Level::X | Level::Keca)
    }

    fn permits_octet(self, octet: u8) -> bool {
        match self.level {
            Level::A | Level::B => octet.is_ascii() && self.permits(char::from(octet)),
            // Latin alphabets without gaps.
            Level::C | Level::D | Level::H | Level::K | Level::L => matches!(octet, 0x20..=0x7E | 0xA0..),
            _ => self.character(octet).is_some_and(|character| !character.is_control()),
        }
    }

    /// What a single octet stands for.
    fn character(self, octet: u8) -> Option<char> {
        match self.encoding {
            Encoding::Latin1 => Some(char::from(octet)),
            Encoding::Latin5 => Some(latin_5(octet)),
            Encoding::Table(table) => {
                table.decode_without_bom_handling_and_without_replacement(&[octet]).and_then(|text| text.chars().next())
            }
            Encoding::Ascii | Encoding::Utf8 => octet.is_ascii().then(|| char::from(octet)),
        }
    }

    fn unfit(self, octets: &[u8], offset: usize) -> Misfit {
        let octet = octets[offset];
        match self.character(octet) {
            Some(character) => Misfit::NotPermitted { offset, character },
            None => Misfit::Malformed { offset, octet },
        }
    }

    fn misfit_in_utf8(self, octets: &[u8]) -> Option<Misfit> {
        let (text, malformed) = match std::str::from_utf8(octets) {
            Ok(text) => (text, None),
            Err(error) => {
                let offset = error.valid_up_to();
                let valid = std::str::from_utf8(&octets[..offset]).unwrap_or_default();
                (valid, Some(Misfit::Malformed { offset, octet: octets[offset] }))
            }
        };
        let unfit = text.char_indices().find(|&(_, character)| !self.permits(character));
        unfit.map(|(offset, character)| Misfit::NotPermitted { offset, character }).or(malformed)
    }
}

impl fmt::Debug for Repertoire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.identifier())
    }
}

impl fmt::Display for Repertoire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.identifier())
    }
}

/// Text read in a repertoire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text; U+FFFD stands for octets that mean nothing.
    pub text: Cow<'a, str>,
    /// The first thing that is out of place, if any.
    pub misfit: Option<Misfit>,
}

/// An octet that does not belong into its repertoire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// The octet means nothing in the repertoire.
    Malformed {
        /// Where, in the octets looked at.
        offset: usize,
        /// The octet.
        octet: u8,
    },
    /// The character has no place in the repertoire.
    NotPermitted {
        /// Where, in the octets looked at.
        offset: usize,
        /// The character.
        character: char,
    },
    /// Everything beyond ASCII is UTF-8, which was not declared.
    Utf8 {
        /// Where, in the octets looked at.
        offset: usize,
        /// The first character, read as UTF-8.
        character: char,
    },
}

impl Misfit {
    /// Where it stands in the octets looked at.
    #[must_use]
    pub const fn offset(self) -> usize {
        match self {
            Self::Malformed { offset, .. } | Self::NotPermitted { offset, .. } | Self::Utf8 { offset, .. } => offset,
        }
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

/// The first UTF-8 sequence, where there is one and all octets beyond ASCII belong to such.
fn declared_wrongly(octets: &[u8]) -> Option<Misfit> {
    let offset = octets.iter().position(|octet| !octet.is_ascii())?;
    let character = std::str::from_utf8(&octets[offset..]).ok()?.chars().next()?;
    Some(Misfit::Utf8 { offset, character })
}

fn utf8(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
    match octets {
        Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
        Cow::Owned(octets) => Cow::Owned(
            String::from_utf8(octets).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    }
}

fn latin_5(octet: u8) -> char {
    LATIN_5.iter().find(|(place, _)| *place == octet).map_or(char::from(octet), |&(_, character)| character)
}

fn octet_of_latin_5(character: char) -> Option<u8> {
    if let Some((octet, _)) = LATIN_5.iter().find(|(_, found)| *found == character) {
        return Some(*octet);
    }
    u8::try_from(character).ok().filter(|octet| LATIN_5.iter().all(|(place, _)| place != octet))
}
