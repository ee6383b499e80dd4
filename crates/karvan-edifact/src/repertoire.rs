//! Character repertoires: what octets mean and which characters an interchange may carry.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding as Table;

/// A character repertoire with its encoding, as data elements 0001 and 0133 of UNB declare it.
///
/// ```
/// use karvan_edifact::{MisfitKind, Repertoire};
///
/// let latin = Repertoire::from_identifier(b"UNOC").unwrap();
/// assert_eq!(latin.decode(&b"M\xDCLLER"[..]).text, "MÜLLER");
/// assert_eq!(&*latin.encode("Zoë").unwrap(), b"Zo\xEB");
/// assert_eq!(latin.encode("تهران").unwrap_err().character, 'ت');
///
/// // UTF-8 where Latin-1 was declared is read as declared, and told.
/// let decoded = latin.decode("MÜLLER".as_bytes());
/// assert_eq!(decoded.text, "MÃ\u{9c}LLER");
/// assert_eq!(decoded.misfit.unwrap().kind, MisfitKind::Utf8 { character: 'Ü' });
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
    /// `UNOX`: code extension by ISO 2022, read here as ISO-2022-JP. Delimiters are looked for octet by octet: one that is
    /// half of a character must be released.
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

/// The octets of level A (ISO 9735:1988 §5.1), those included that "cannot be used internationally in telex
/// transmissions".
const IN_LEVEL_A: [bool; 256] = {
    let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>";
    let mut table = [false; 256];
    let mut index = 0;
    while index < characters.len() {
        table[characters[index] as usize] = true;
        index += 1;
    }
    table
};

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
        if character.is_ascii() || matches!(self.level, Level::W | Level::Y | Level::Z) {
            return self.may_hold(character);
        }
        self.may_hold(character) && self.by_level().octets_of(character.encode_utf8(&mut [0; 4])).is_some()
    }

    /// Whether `character` is neither a control character nor kept out by level A or B.
    fn may_hold(self, character: char) -> bool {
        match self.level {
            _ if character.is_control() => false,
            Level::A => u8::try_from(character).is_ok_and(|octet| IN_LEVEL_A[usize::from(octet)]),
            Level::B => character.is_ascii_lowercase() || Self::UNOA.may_hold(character),
            _ => true,
        }
    }

    /// The repertoire in the encoding that belongs to its level.
    fn by_level(self) -> Self {
        let entry = LEVELS.iter().find(|(_, level, _)| *level == self.level);
        Self { encoding: entry.map_or(self.encoding, |(.., encoding)| *encoding), ..self }
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
            _ if self.is_plain(octets) => None,
            Encoding::Utf8 => self.misfit_in_utf8(octets),
            Encoding::Table(table) if self.is_multi_octet() => self.misfit_in_table(table, octets),
            _ => {
                let unfit = octets.iter().position(|&octet| !self.permits_octet(octet));
                match (unfit, declared_wrongly(octets)) {
                    (Some(offset), Some(utf8)) if offset < utf8.offset => Some(self.unfit(octets, offset)),
                    (_, Some(utf8)) => Some(utf8),
                    (Some(offset), None) => Some(self.unfit(octets, offset)),
                    (None, None) => None,
                }
            }
        }
    }

    /// Whether nothing in `octets` is out of place: cheap for whole segments.
    ///
    /// Delimiters outside the repertoire count as out of place: look closer then.
    #[must_use]
    pub fn accepts(self, octets: &[u8]) -> bool {
        self.misfit(octets).is_none()
    }

    /// Whether all octets are graphic characters or spaces of ISO 646 that every level, or this one, holds.
    fn is_plain(self, octets: &[u8]) -> bool {
        match self.level {
            Level::A => octets.iter().all(|octet| IN_LEVEL_A[usize::from(*octet)]),
            Level::B => octets.iter().all(|octet| IN_LEVEL_A[usize::from(*octet)] || octet.is_ascii_lowercase()),
            // Without an early end, so that many octets are looked at together.
            _ => octets.iter().fold(true, |plain, octet| plain & matches!(octet, b' '..=b'~')),
        }
    }

    /// `text` in the octets of the repertoire.
    ///
    /// # Errors
    /// The first character that the repertoire does not hold.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, NotInRepertoire> {
        let by_level = self.by_level();
        let octets = Some(text)
            .filter(|text| self.is_plain(text.as_bytes()) || text.chars().all(|character| self.may_hold(character)))
            .filter(|text| by_level == self || by_level.octets_of(text).is_some())
            .and_then(|text| self.octets_of(text));
        octets.ok_or_else(|| {
            let character = text.chars().find(|character| !self.permits(*character));
            NotInRepertoire { character: character.unwrap_or(char::REPLACEMENT_CHARACTER), repertoire: self }
        })
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
            Some(character) => Misfit::not_permitted(offset, 1, character),
            None => Misfit::malformed(offset, octet),
        }
    }

    fn misfit_in_table(self, table: &'static Table, octets: &[u8]) -> Option<Misfit> {
        let (text, malformed) = table.decode_without_bom_handling(octets);
        if malformed {
            let offset = octets.iter().position(|octet| !octet.is_ascii()).unwrap_or(0);
            return Some(Misfit::malformed(offset, octets.get(offset).copied().unwrap_or(0)));
        }
        let character = text.chars().find(|&character| !self.permits(character))?;
        // A character of several octets is not counted back to its place.
        Some(Misfit::not_permitted(0, octets.len(), character))
    }

    fn misfit_in_utf8(self, octets: &[u8]) -> Option<Misfit> {
        let (text, malformed) = match std::str::from_utf8(octets) {
            Ok(text) => (text, None),
            Err(error) => {
                let offset = error.valid_up_to();
                let valid = std::str::from_utf8(&octets[..offset]).unwrap_or_default();
                (valid, Some(Misfit::malformed(offset, octets[offset])))
            }
        };
        let unfit = text.char_indices().find(|&(_, character)| !self.permits(character));
        let unfit = unfit.map(|(offset, character)| Misfit::not_permitted(offset, character.len_utf8(), character));
        unfit.or(malformed)
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
    const fn malformed(offset: usize, octet: u8) -> Self {
        Self { kind: MisfitKind::Malformed { octet }, offset, length: 1 }
    }

    const fn not_permitted(offset: usize, length: usize, character: char) -> Self {
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

/// The first UTF-8 sequence, where there is one and all octets beyond ASCII belong to such.
fn declared_wrongly(octets: &[u8]) -> Option<Misfit> {
    let offset = octets.iter().position(|octet| !octet.is_ascii())?;
    let character = std::str::from_utf8(&octets[offset..]).ok()?.chars().next()?;
    Some(Misfit { kind: MisfitKind::Utf8 { character }, offset, length: character.len_utf8() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_a_and_b_are_what_iso_9735_lists() {
        let level_a = Repertoire::UNOA;
        let level_b = Repertoire::from_identifier(b"UNOB").expect("level B");
        for character in "ABCXYZ0189 .,-()/='+:?!\"%&*;<>".chars() {
            assert!(level_a.permits(character) && level_b.permits(character), "{character}");
        }
        for character in "#$@[\\]^_`{|}~Üä\u{a0}\n\t".chars() {
            assert!(!level_a.permits(character) && !level_b.permits(character), "{character}");
        }
        assert!(!level_a.permits('a') && level_b.permits('a'));
    }

    /// Characters of each alphabet at the places that ISO 8859 gives them.
    #[test]
    fn alphabets_are_decoded_and_encoded() {
        let cases: [(&str, &[u8], &str); 12] = [
            ("UNOC", b"M\xFCller \xA7", "Müller §"),
            ("UNOD", b"\xA3\xF3d\xBC", "Łódź"),
            ("UNOE", b"\xBC\xDE\xE1\xDA\xD2\xD0", "Мосzва"),
            ("UNOF", b"\xC1\xE8\xDE\xED\xE1", "Αθήνα"),
            ("UNOG", b"\xA1a\xFC", "Ħaü"),
            ("UNOH", b"R\xBEga", "Ržga"),
            ("UNOI", b"\xC7\xE4\xE2\xC7", "القا"),
            ("UNOJ", b"\xF9\xEC\xE5\xED", "שלום"),
            ("UNOK", b"\xDDzmir \xFE\xF0", "İzmir şğ"),
            ("UNOL", b"10 \xA4", "10 €"),
            ("UNOY", "تهران".as_bytes(), "تهران"),
            ("KECA", b"\xBC\xAD\xBF\xEF", "서울"),
        ];
        for (identifier, octets, text) in cases {
            let text = text.replace("сz", "ск");
            let repertoire = Repertoire::from_identifier(identifier.as_bytes()).expect("supported");
            assert_eq!(repertoire.identifier(), identifier);
            assert_eq!(repertoire.decode(octets), Decoded { text: text.clone().into(), misfit: None }, "{identifier}");
            assert_eq!(repertoire.encode(&text).expect("in the repertoire"), octets, "{identifier}");
        }
    }

    #[test]
    fn windows_characters_are_not_latin_1() {
        // WHATWG decodes ISO 8859-1 as Windows-1252, where 80 is the euro sign.
        assert_eq!(Repertoire::UNOC.misfit(b"\x80"), Some(Misfit::not_permitted(0, 1, '\u{80}')));
        assert_eq!(Repertoire::UNOC.encode("€").expect_err("no euro sign").character, '€');
        let latin_5 = Repertoire::from_identifier(b"UNOK").expect("level K");
        assert_eq!(latin_5.encode("Ð").expect_err("its place is taken").character, 'Ð');
    }

    #[test]
    fn utf8_is_told_where_it_is_not_declared() {
        let misfit = Repertoire::UNOC.misfit("Größe".as_bytes()).expect("a misfit");
        assert_eq!(misfit, Misfit { kind: MisfitKind::Utf8 { character: 'ö' }, offset: 2, length: 2 });
        assert_eq!(Repertoire::UNOC.misfit(b"Gr\xF6\xDFe"), None);
        // One sequence that is none, and it is Latin-1.
        assert_eq!(Repertoire::UNOC.misfit(b"\xC3\xB6 \xF6"), None);
        assert_eq!(
            Repertoire::UNOA.misfit("MÜL".as_bytes()).expect("a misfit").kind,
            MisfitKind::Utf8 { character: 'Ü' }
        );
        assert_eq!(Repertoire::UNOA.misfit(b"ab\xDC").expect("a misfit").offset, 0);
    }

    #[test]
    fn broken_utf8_is_told_and_replaced() {
        let decoded = Repertoire::UNOY.decode(&b"a\xC3+"[..]);
        assert_eq!(decoded.text, "a\u{fffd}+");
        assert_eq!(decoded.misfit, Some(Misfit::malformed(1, 0xC3)));
        assert_eq!(Repertoire::UNOY.misfit(b"a\x00\xFF"), Some(Misfit::not_permitted(1, 1, '\0')));
    }

    #[test]
    fn the_encoding_of_unb_counts() {
        let latin_as_utf8 = Repertoire::declared(b"UNOC", b"7").expect("UTF-8");
        assert_eq!(latin_as_utf8.decode("Zoë".as_bytes()), Decoded { text: "Zoë".into(), misfit: None });
        assert_eq!(latin_as_utf8.encode("Zoë").expect("Latin-1 as UTF-8"), "Zoë".as_bytes());
        assert_eq!(latin_as_utf8.encode("تهران").expect_err("not Latin-1").character, 'ت');
        assert_eq!(Repertoire::declared(b"UNOZ", b"3"), None, "EBCDIC");
        assert_eq!(Repertoire::declared(b"XXXA", b""), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(level in 0..LEVELS.len(), text in "\\PC{0,12}") {
            let (identifier, ..) = LEVELS[level];
            let repertoire = Repertoire::from_identifier(identifier.as_bytes()).expect("supported");
            match repertoire.encode(&text) {
                Ok(octets) => {
                    let decoded = repertoire.decode(octets);
                    assert_eq!(decoded.text, text);
                    // Eight-bit text may look like UTF-8 by chance.
                    assert!(decoded.misfit.is_none_or(|misfit| matches!(misfit.kind, MisfitKind::Utf8 { .. })));
                }
                Err(refused) => assert!(text.contains(refused.character) && !repertoire.permits(refused.character)),
            }
        }
    }
}
