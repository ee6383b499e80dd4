//! Character repertoires: what octets mean and which characters an interchange may carry.

mod evidence;
mod iso_2022;
mod level;
mod misfit;
mod pieces;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub use evidence::{Detected, Evidence, detect};
use iso_2022::Iso2022;
pub use level::Level;
use level::{CODE_PAGE_850, Encoding, IN_LEVEL_A, LEVELS};
pub use misfit::{Decoded, Misfit, MisfitKind, NotInRepertoire};
use pieces::{Korean, Meaning, Piece, one_character};

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
///
/// # Code extension
///
/// `UNOX` values are read by themselves: each begins in ASCII and designates what it uses. The sets are those of
/// ISO-2022-JP, -JP-2, -KR and -CN (but CNS 11643), the right halves of ISO 8859, and JIS X 0201; a designation of
/// any other set is a misfit. Delimiters are looked for octet by octet, before anything is shifted: where half of a
/// character looks like one, it must be released.
///
/// ```
/// use karvan_edifact::Repertoire;
///
/// let extended = Repertoire::from_identifier(b"UNOX").unwrap();
/// assert_eq!(extended.decode(&b"\x1B$BEl5~\x1B(B 1-1"[..]).text, "東京 1-1");
/// assert_eq!(&*extended.encode("Łódź").unwrap(), b"\x1B-B\xA3\xF3d\xBC");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Repertoire {
    level: Level,
    encoding: Encoding,
    /// Whether levels A and B hold the low line, as they do from syntax version 4 on.
    low_line: bool,
}

impl Repertoire {
    /// Level A, the smallest one: what may be written where nothing is declared.
    pub const UNOA: Self = Self::of(Level::A, Encoding::Ascii);
    /// Level C, ISO 8859-1.
    pub const UNOC: Self = Self::of(Level::C, Encoding::Latin1);
    /// Level W, UTF-8.
    pub const UNOW: Self = Self::of(Level::W, Encoding::Utf8);
    /// Level Y, read and written as UTF-8.
    pub const UNOY: Self = Self::of(Level::Y, Encoding::Utf8);

    const fn of(level: Level, encoding: Encoding) -> Self {
        Self { level, encoding, low_line: false }
    }

    /// The repertoire with this syntax identifier (data element 0001), if Karvan supports it.
    #[must_use]
    pub fn from_identifier(identifier: &[u8]) -> Option<Self> {
        let found = LEVELS.iter().find(|(name, ..)| name.as_bytes() == identifier);
        found.map(|&(_, level, encoding)| Self::of(level, encoding))
    }

    /// The repertoire with this syntax identifier in the encoding of data element 0133 (code `7`, UTF-8; `4`, code page
    /// 850; `1` and `2`, seven and eight bits; empty where it is not given).
    ///
    /// None where the identifier or the encoding is not supported: EBCDIC (`3`), UCS-2, UCS-4 and UTF-16 (`5`, `6`, `8`)
    /// are not, for their delimiters are other octets.
    #[must_use]
    pub fn declared(identifier: &[u8], encoding: &[u8]) -> Option<Self> {
        let declared = Self::from_identifier(identifier)?;
        match encoding {
            b"" | b"1" | b"2" | b"ZZZ" => Some(declared),
            b"4" => Some(Self { encoding: Encoding::Upper(&CODE_PAGE_850), ..declared }),
            b"7" => Some(Self { encoding: Encoding::Utf8, ..declared }),
            _ => None,
        }
    }

    /// The same repertoire as it is in a syntax version (data element 0002).
    ///
    /// Before version 4 levels A and B are lists of characters; since then they are what the basic code table of ISO 646
    /// assigns to no alternative, national or application use, and that includes the low line `_`.
    #[must_use]
    pub const fn in_version(self, version: u8) -> Self {
        Self { low_line: version >= 4, ..self }
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

    /// The repertoires that there are, by their syntax identifiers.
    pub fn identifiers() -> impl Iterator<Item = &'static str> {
        LEVELS.iter().map(|(name, ..)| *name)
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
        self.may_hold(character) && self.in_own_encoding().octets_of(character.encode_utf8(&mut [0; 4])).is_some()
    }

    /// Whether `character` is neither a control character nor kept out by level A or B.
    fn may_hold(self, character: char) -> bool {
        match self.level {
            _ if character.is_control() => false,
            Level::A | Level::B if character == '_' => self.low_line,
            Level::A => u8::try_from(character).is_ok_and(|octet| IN_LEVEL_A[usize::from(octet)]),
            Level::B => character.is_ascii_lowercase() || Self::UNOA.may_hold(character),
            _ => true,
        }
    }

    /// The repertoire in the encoding that belongs to its level, whatever 0133 says.
    #[must_use]
    pub fn in_own_encoding(self) -> Self {
        let entry = LEVELS.iter().find(|(_, level, _)| *level == self.level);
        Self { encoding: entry.map_or(self.encoding, |(.., encoding)| *encoding), ..self }
    }

    /// The text that `octets` stand for; see [`Decoded`].
    #[must_use]
    pub fn decode<'a>(self, octets: impl Into<Cow<'a, [u8]>>) -> Decoded<'a> {
        let octets = octets.into();
        if let Cow::Borrowed(octets) = octets
            && self.is_plain(octets)
            && let Ok(text) = std::str::from_utf8(octets)
        {
            return Decoded { text: Cow::Borrowed(text), misfit: None };
        }
        let misfit = self.misfit(&octets);
        Decoded { text: self.shown(octets), misfit }
    }

    /// The text that `octets` stand for, U+FFFD in the place of those that mean nothing.
    fn shown(self, octets: Cow<'_, [u8]>) -> Cow<'_, str> {
        match self.encoding {
            _ if octets.is_ascii() && self.level != Level::X => utf8(octets),
            Encoding::Ascii | Encoding::Utf8 => utf8(octets),
            Encoding::Latin1 => encoding_rs::mem::decode_latin1(&octets).into_owned().into(),
            Encoding::Upper(_) => octets.iter().filter_map(|octet| self.character(*octet)).collect::<String>().into(),
            Encoding::Iso2022 | Encoding::Korean => {
                self.pieces(&octets).filter_map(|piece| piece.meaning.shown()).collect::<String>().into()
            }
            Encoding::Table(table) => table.decode_without_bom_handling(&octets).0.into_owned().into(),
        }
    }

    /// The text that `octets` stand for, whether the level permits its characters or not.
    ///
    /// # Errors
    /// The first octets that stand for nothing.
    pub fn text<'a>(self, octets: impl Into<Cow<'a, [u8]>>) -> Result<Cow<'a, str>, Misfit> {
        let octets = octets.into();
        let malformed = match self.encoding {
            Encoding::Utf8 => std::str::from_utf8(&octets).err().map(|error| error.valid_up_to()),
            Encoding::Iso2022 | Encoding::Korean => {
                if let Some(misfit) = self.misfits_in_pieces(&octets).find(Misfit::is_malformed) {
                    return Err(misfit);
                }
                None
            }
            Encoding::Latin1 | Encoding::Upper(_) => None,
            Encoding::Ascii | Encoding::Table(_) => {
                octets.iter().position(|octet| !octet.is_ascii() && self.character(*octet).is_none())
            }
        };
        match malformed {
            Some(offset) => Err(Misfit::malformed(offset, octets[offset])),
            None => Ok(self.shown(octets)),
        }
    }

    /// Where the character `n` of `octets`, from 0, stands among them.
    #[must_use]
    pub fn place(self, octets: &[u8], n: usize) -> Option<Range<usize>> {
        match self.encoding {
            Encoding::Utf8 => {
                let text = std::str::from_utf8(octets).ok()?;
                text.char_indices().nth(n).map(|(offset, character)| offset..offset + character.len_utf8())
            }
            Encoding::Iso2022 | Encoding::Korean => {
                let mut characters = self.pieces(octets).filter(|piece| piece.meaning != Meaning::Silent);
                characters.nth(n).map(|piece| piece.offset..piece.offset + piece.length)
            }
            _ => (n < octets.len()).then_some(n..n + 1),
        }
    }

    /// The first character of UTF-8 in `octets`, where the repertoire has one octet a character and all octets beyond ASCII
    /// are UTF-8: then another repertoire was hardly meant.
    #[must_use]
    pub fn utf8_instead(self, octets: &[u8]) -> Option<Misfit> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Iso2022 | Encoding::Korean => None,
            _ => declared_wrongly(octets),
        }
    }

    /// The first thing in `octets` that does not belong there.
    #[must_use]
    pub fn misfit(self, octets: &[u8]) -> Option<Misfit> {
        match self.encoding {
            _ if self.is_plain(octets) => None,
            Encoding::Utf8 => self.misfit_in_utf8(octets),
            Encoding::Iso2022 | Encoding::Korean => self.misfits_in_pieces(octets).next(),
            _ => {
                let unfit = octets.iter().position(|&octet| !self.permits_octet(octet));
                match (unfit, self.utf8_instead(octets)) {
                    (Some(offset), Some(utf8)) if offset < utf8.offset => Some(self.unfit(octets, offset)),
                    (_, Some(utf8)) => Some(utf8),
                    (Some(offset), None) => Some(self.unfit(octets, offset)),
                    (None, None) => None,
                }
            }
        }
    }

    /// Whether octets that look like `detected` can be of this repertoire.
    #[must_use]
    pub fn agrees_with(self, detected: Detected) -> bool {
        match (self.encoding, detected) {
            (_, Detected::Ascii)
            | (Encoding::Utf8, Detected::Utf8)
            | (Encoding::Iso2022, Detected::Iso2022)
            | (Encoding::Latin1 | Encoding::Table(_), Detected::EightBit)
            | (Encoding::Upper(_) | Encoding::Korean, Detected::EightBit | Detected::CodePage) => true,
            // By chance, letters of Korean and code pages look like UTF-8 here and there.
            (Encoding::Korean, Detected::Mixed) => true,
            _ => false,
        }
    }

    /// Whether nothing in `octets` is out of place: cheap for whole segments.
    ///
    /// Delimiters outside the repertoire count as out of place: look closer then.
    #[must_use]
    pub fn accepts(self, octets: &[u8]) -> bool {
        self.misfit(octets).is_none()
    }

    /// Whether all octets are graphic characters or spaces of ISO 646 that every level, or this one, holds: the quickest
    /// look, after which nothing needs a closer one.
    #[must_use]
    pub fn is_plain(self, octets: &[u8]) -> bool {
        match self.level {
            Level::A => octets.iter().all(|octet| IN_LEVEL_A[usize::from(*octet)]),
            Level::B => octets.iter().all(|octet| IN_LEVEL_A[usize::from(*octet)] || octet.is_ascii_lowercase()),
            _ => are_graphic(octets),
        }
    }

    /// `text` in the octets of the repertoire.
    ///
    /// # Errors
    /// The first character that the repertoire does not hold.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, NotInRepertoire> {
        let by_level = self.in_own_encoding();
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
            Encoding::Upper(table) => {
                let octet = |character: char| match u8::try_from(character) {
                    Ok(octet) if octet.is_ascii() => Some(octet),
                    _ => table.iter().position(|found| *found == character).and_then(|at| u8::try_from(0x80 + at).ok()),
                };
                text.chars().map(octet).collect::<Option<Vec<_>>>().map(Cow::Owned)
            }
            Encoding::Iso2022 => Iso2022::encode(text).map(Cow::Owned),
            Encoding::Korean => Korean::encode(text).map(Cow::Owned),
            Encoding::Table(table) => {
                let (octets, _, unmappable) = table.encode(text);
                (!unmappable).then_some(octets)
            }
        }
    }

    /// Whether each octet is a character, so that lengths can be told without a look at the octets.
    #[inline]
    #[must_use]
    pub const fn has_one_octet_a_character(self) -> bool {
        !matches!(self.encoding, Encoding::Utf8 | Encoding::Iso2022 | Encoding::Korean)
    }

    /// How many characters `octets` are: what the length of a data element counts (ISO 9735-1 §6).
    #[inline]
    #[must_use]
    pub fn length(self, octets: &[u8]) -> usize {
        if self.has_one_octet_a_character() { octets.len() } else { self.count(octets) }
    }

    /// How many characters of one or several octets there are.
    fn count(self, octets: &[u8]) -> usize {
        match self.encoding {
            Encoding::Utf8 => octets.iter().filter(|octet| (**octet & 0xC0) != 0x80).count(),
            _ => self.pieces(octets).filter(|piece| piece.meaning != Meaning::Silent).count(),
        }
    }

    /// The pieces of octets in an encoding of several octets a character.
    fn pieces(self, octets: &[u8]) -> Box<dyn Iterator<Item = Piece> + '_> {
        match self.encoding {
            Encoding::Korean => Box::new(Korean::new(octets)),
            _ => Box::new(Iso2022::new(octets)),
        }
    }

    fn permits_octet(self, octet: u8) -> bool {
        match self.level {
            _ if matches!(self.encoding, Encoding::Upper(_)) => {
                self.character(octet).is_some_and(|character| self.permits(character))
            }
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
            Encoding::Upper(table) => Some(match octet.checked_sub(0x80) {
                Some(place) => table[usize::from(place)],
                None => char::from(octet),
            }),
            Encoding::Table(table) => one_character(table, &[octet]),
            _ => octet.is_ascii().then(|| char::from(octet)),
        }
    }

    fn unfit(self, octets: &[u8], offset: usize) -> Misfit {
        let octet = octets[offset];
        match self.character(octet) {
            Some(character) => Misfit::not_permitted(offset, 1, character),
            None => Misfit::malformed(offset, octet),
        }
    }

    fn misfits_in_pieces(self, octets: &[u8]) -> impl Iterator<Item = Misfit> + '_ {
        self.pieces(octets).filter_map(|Piece { offset, length, meaning }| match meaning {
            Meaning::Character(_) | Meaning::Silent => None,
            Meaning::Outside(character) => Some(Misfit::not_permitted(offset, length, character)),
            Meaning::Malformed => Some(Misfit { length, ..Misfit::malformed(offset, octets[offset]) }),
        })
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

/// The first UTF-8 sequence, where there is one and all octets beyond ASCII belong to such.
fn declared_wrongly(octets: &[u8]) -> Option<Misfit> {
    // Nearly all text is ASCII, and this looks at many octets at once.
    if octets.is_ascii() {
        return None;
    }
    let offset = octets.iter().position(|octet| !octet.is_ascii())?;
    let character = std::str::from_utf8(&octets[offset..]).ok()?.chars().next()?;
    Some(Misfit { kind: MisfitKind::Utf8 { character }, offset, length: character.len_utf8() })
}

fn utf8(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
    match octets {
        // The quick way first: nearly all octets are what they say.
        Cow::Borrowed(octets) => {
            std::str::from_utf8(octets).map_or_else(|_| String::from_utf8_lossy(octets), Cow::Borrowed)
        }
        Cow::Owned(octets) => Cow::Owned(
            String::from_utf8(octets).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    }
}

/// Whether all octets are graphic characters or spaces of ISO 646, ` ` to `~`; eight are looked at together.
#[inline]
fn are_graphic(octets: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 255;
    // The highest bit of an octet says that it, or one below it, is a control character or beyond ISO 646.
    let unfit = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let delete = word ^ (EACH * 0x7F);
        (word | (word.wrapping_sub(EACH * 0x20)) | (delete.wrapping_sub(EACH) & !delete)) & (EACH * 0x80)
    };
    let (words, _) = octets.as_chunks();
    match octets.last_chunk() {
        Some(last) => words.iter().fold(unfit(last), |found, word| found | unfit(word)) == 0,
        None => octets.iter().all(|octet| matches!(octet, b' '..=b'~')),
    }
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

    /// ISO 646 assigns 5/15 to the low line in its basic code table, for no alternative or national use.
    #[test]
    fn levels_a_and_b_hold_the_low_line_from_version_4_on() {
        for identifier in [b"UNOA", b"UNOB"] {
            let level = Repertoire::from_identifier(identifier).expect("supported");
            assert!(!level.in_version(3).permits('_') && level.in_version(4).permits('_'));
            assert_eq!(level.in_version(4).misfit(b"A_B"), None);
            assert_eq!(level.misfit(b"A_B"), Some(Misfit::not_permitted(1, 1, '_')));
            assert_eq!(level.in_version(4).misfit(b"A@B"), Some(Misfit::not_permitted(1, 1, '@')));
        }
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
    fn what_is_declared_is_held_against_what_is_there() {
        let agrees = |identifier: &[u8], octets: &[u8]| {
            Repertoire::from_identifier(identifier).expect("supported").agrees_with(detect(octets).detected())
        };
        assert!(agrees(b"UNOC", b"M\xDCLLER") && agrees(b"UNOY", "MÜLLER".as_bytes()) && agrees(b"UNOA", b"MUELLER"));
        assert!(
            !agrees(b"UNOC", "MÜLLER".as_bytes()) && !agrees(b"UNOY", b"M\xDCLLER") && !agrees(b"UNOA", b"M\xDCLLER")
        );
        assert!(!agrees(b"UNOC", b"10 \x80") && agrees(b"KECA", b"\x8C\x63") && agrees(b"UNOX", b"\x1B$BEl5~\x1B(B"));
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
        let dos = Repertoire::declared(b"UNOC", b"4").expect("code page 850");
        assert_eq!(dos.decode(&b"M\x81ller"[..]), Decoded { text: "Müller".into(), misfit: None });
        assert_eq!(dos.encode("Müller").expect("in both"), &b"M\x81ller"[..]);
        assert_eq!(dos.misfit(b"\xC9"), Some(Misfit::not_permitted(0, 1, '╔')), "no letter of Latin alphabet 1");
        assert_eq!(Repertoire::declared(b"UNOC", b"3"), None, "code page 500, EBCDIC");
        assert_eq!(Repertoire::declared(b"XXXA", b""), None);
    }

    #[test]
    fn korean_of_the_code_page_alone_is_read_and_told() {
        let korean = Repertoire::from_identifier(b"KECA").expect("supported");
        assert_eq!(korean.length(b"\xBC\xAD\xBF\xEF 1"), 4, "two syllables, a space, a digit");
        // Code page 949 has 똠, KS C 5601 has not.
        let decoded = korean.decode(&b"AB\x8C\x63"[..]);
        assert_eq!(decoded, Decoded { text: "AB똠".into(), misfit: Some(Misfit::not_permitted(2, 2, '똠')) });
        assert_eq!(korean.encode("똠").expect_err("not in KS C 5601").character, '똠');
        assert_eq!(korean.misfit(b"\xBC"), Some(Misfit::malformed(0, 0xBC)), "half a syllable");
    }

    #[test]
    fn text_is_read_whatever_the_level_permits() {
        assert_eq!(Repertoire::UNOA.text(&b"a@b"[..]).expect("ISO 646"), "a@b");
        assert_eq!(Repertoire::UNOA.text(&b"a\xDC@"[..]), Err(Misfit::malformed(1, 0xDC)));
        assert_eq!(Repertoire::UNOY.text(&b"\x00\xC3"[..]), Err(Misfit::malformed(1, 0xC3)));
        let korean = Repertoire::from_identifier(b"KECA").expect("supported");
        assert_eq!(korean.text(&b"\x8C\x63\xBC"[..]), Err(Misfit::malformed(2, 0xBC)));
        assert_eq!((korean.place(b"A\x8C\x63B", 1), korean.place(b"A\x8C\x63B", 3)), (Some(1..3), None));
        assert_eq!(Repertoire::UNOY.place("aöb".as_bytes(), 2), Some(3..4));
        assert_eq!(Repertoire::UNOC.place(b"a\xF6b", 2), Some(2..3));
    }

    #[test]
    fn code_extension_keeps_places_and_counts_characters() {
        let extended = Repertoire::from_identifier(b"UNOX").expect("supported");
        let octets = b"A\x1B$BEl5~\x1B(B\x07";
        assert_eq!(extended.length(octets), 4);
        assert_eq!(extended.misfit(octets), Some(Misfit::not_permitted(11, 1, '\u{7}')));
        assert_eq!(extended.misfit(&octets[..11]), None);
        let unknown = Misfit { kind: MisfitKind::Malformed { octet: 0x1B }, offset: 0, length: 4 };
        assert_eq!(extended.misfit(b"\x1B$)GjW"), Some(unknown), "CNS 11643");
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

        /// Whatever the octets are: the text has as many characters as are counted, each has a place, and misfits lie within.
        #[test]
        fn places_and_lengths_agree(level in 0..LEVELS.len(), octets in proptest::collection::vec(octet(), 0..24)) {
            let (identifier, ..) = LEVELS[level];
            let repertoire = Repertoire::from_identifier(identifier.as_bytes()).expect("supported");
            let misfit = repertoire.misfit(&octets);
            assert!(misfit.is_none_or(|misfit| misfit.length > 0 && misfit.offset + misfit.length <= octets.len()));
            assert_eq!(repertoire.accepts(&octets), misfit.is_none());
            assert!(!repertoire.is_plain(&octets) || misfit.is_none());
            match repertoire.text(&octets[..]) {
                Ok(text) => {
                    let count = text.chars().count();
                    assert_eq!(repertoire.length(&octets), count);
                    let mut end = 0;
                    for n in 0..count {
                        let place = repertoire.place(&octets, n).expect("a place");
                        assert!(end <= place.start && place.start < place.end && place.end <= octets.len());
                        end = place.end;
                    }
                    assert_eq!(repertoire.place(&octets, count), None);
                    assert_eq!(repertoire.decode(&octets[..]).text, text);
                }
                Err(malformed) => assert!(malformed.is_malformed() && misfit.is_some()),
            }
        }
    }

    /// Octets that are likely to meet: letters, ends of the table, escape sequences.
    fn octet() -> impl proptest::strategy::Strategy<Value = u8> {
        use proptest::prelude::*;
        prop_oneof![any::<u8>(), prop::sample::select(&b"A0\x1B$()-.,BACJI@no~}|N\x0E\x0F\x8E\xA1\xB0\xC3\x9C"[..])]
    }
}
