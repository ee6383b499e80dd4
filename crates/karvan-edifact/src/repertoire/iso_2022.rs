//! Code extension by ISO/IEC 2022: coded character sets, designated by escape sequences, invoked by shifts.
//!
//! Four sets can be designated, G0 to G3; one is invoked into the left half of the code table (octets from 0x20), one
//! into the right half (from 0xA0). Text begins with ASCII as G0 in the left half, and with G1 in the right half.

use encoding_rs::Encoding as Table;

use super::pieces::{Meaning, Piece, one_character};

/// A coded character set of the International Register (ISO 2375).
#[derive(Debug)]
struct CodedSet {
    shape: Shape,
    /// The octet that ends the escape sequences which designate it.
    last: u8,
    cells: Cells,
}

/// How large the code table of a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// 94 characters, from 0x21 to 0x7E.
    Of94,
    /// 96 characters, from 0x20 to 0x7F.
    Of96,
    /// 94 rows of 94 characters, two octets each.
    Of94By94,
}

/// Where the characters of a set are looked up.
#[derive(Debug)]
enum Cells {
    /// ISO 646 with other characters in some places.
    Ascii(&'static [(u8, char)]),
    /// The right half of a table of the Web.
    Upper(&'static Table),
    /// A table of the Web, the upper bits set, behind these octets.
    Pairs(&'static [u8], &'static Table),
}

/// The sets that are known, those first that are preferred when writing.
///
/// The tables of the Web fill some cells that the standards leave empty (rows 13 and 89 to 92 of JIS X 0208, places in rows 2
/// to 9 of GB 2312), and such cells are read, unless for private use. They take some signs for their wide forms: the wave
/// dash of JIS X 0208 for U+FF5E, its minus sign for U+FF0D, its cent, pound and not signs likewise.
static SETS: [CodedSet; 23] = [
    CodedSet { shape: Shape::Of94, last: b'B', cells: Cells::Ascii(&[]) },
    CodedSet { shape: Shape::Of96, last: b'A', cells: Cells::Upper(encoding_rs::WINDOWS_1252) }, // ISO 8859-1
    CodedSet { shape: Shape::Of96, last: b'B', cells: Cells::Upper(encoding_rs::ISO_8859_2) },
    CodedSet { shape: Shape::Of96, last: b'L', cells: Cells::Upper(encoding_rs::ISO_8859_5) },
    CodedSet { shape: Shape::Of96, last: b'F', cells: Cells::Upper(encoding_rs::ISO_8859_7) },
    CodedSet { shape: Shape::Of96, last: b'G', cells: Cells::Upper(encoding_rs::ISO_8859_6) },
    CodedSet { shape: Shape::Of96, last: b'H', cells: Cells::Upper(encoding_rs::ISO_8859_8) },
    CodedSet { shape: Shape::Of96, last: b'M', cells: Cells::Upper(encoding_rs::WINDOWS_1254) }, // ISO 8859-9
    CodedSet { shape: Shape::Of96, last: b'C', cells: Cells::Upper(encoding_rs::ISO_8859_3) },
    CodedSet { shape: Shape::Of96, last: b'D', cells: Cells::Upper(encoding_rs::ISO_8859_4) },
    CodedSet { shape: Shape::Of96, last: b'b', cells: Cells::Upper(encoding_rs::ISO_8859_15) },
    CodedSet { shape: Shape::Of96, last: b'V', cells: Cells::Upper(encoding_rs::ISO_8859_10) },
    CodedSet { shape: Shape::Of96, last: b'Y', cells: Cells::Upper(encoding_rs::ISO_8859_13) },
    CodedSet { shape: Shape::Of96, last: b'_', cells: Cells::Upper(encoding_rs::ISO_8859_14) },
    CodedSet { shape: Shape::Of94By94, last: b'B', cells: Cells::Pairs(&[], encoding_rs::EUC_JP) }, // JIS X 0208:1983
    CodedSet { shape: Shape::Of94By94, last: b'A', cells: Cells::Pairs(&[], encoding_rs::GBK) },    // GB 2312
    CodedSet { shape: Shape::Of94By94, last: b'C', cells: Cells::Pairs(&[], encoding_rs::EUC_KR) }, // KS C 5601
    CodedSet { shape: Shape::Of94, last: b'I', cells: Cells::Upper(encoding_rs::SHIFT_JIS) }, // JIS X 0201, Katakana
    CodedSet { shape: Shape::Of94By94, last: b'D', cells: Cells::Pairs(&[0x8F], encoding_rs::EUC_JP) }, // JIS X 0212
    CodedSet { shape: Shape::Of94, last: b'J', cells: Cells::Ascii(&[(b'\\', '¥'), (b'~', '‾')]) }, // JIS X 0201, Latin
    CodedSet { shape: Shape::Of94, last: b'@', cells: Cells::Ascii(&[(b'$', '¤'), (b'~', '‾')]) }, // ISO 646:1973
    CodedSet { shape: Shape::Of94, last: b'A', cells: Cells::Ascii(&[(b'#', '£')]) },         // BS 4730
    CodedSet { shape: Shape::Of94By94, last: b'@', cells: Cells::Pairs(&[], encoding_rs::EUC_JP) }, // JIS C 6226:1978
];

impl CodedSet {
    fn find(shape: Shape, last: u8) -> Option<&'static Self> {
        SETS.iter().find(|set| set.shape == shape && set.last == last)
    }

    /// How many octets a character takes.
    const fn width(&self) -> usize {
        match self.shape {
            Shape::Of94 | Shape::Of96 => 1,
            Shape::Of94By94 => 2,
        }
    }

    /// The character at this place, given in octets of either half.
    fn character(&self, place: &[u8]) -> Option<char> {
        let edge = |octet: &u8| matches!(octet & 0x7F, 0x20 | 0x7F);
        if self.shape != Shape::Of96 && place.iter().any(edge) {
            return None;
        }
        let character = match (&self.cells, place) {
            (Cells::Ascii(others), [octet]) => {
                let octet = octet & 0x7F;
                let other = others.iter().find(|(place, _)| *place == octet);
                Some(other.map_or(char::from(octet), |&(_, character)| character))
            }
            (Cells::Upper(table), [octet]) => one_character(table, &[octet | 0x80]),
            (Cells::Pairs([], table), [first, second]) => one_character(table, &[first | 0x80, second | 0x80]),
            (Cells::Pairs(before, table), [first, second]) => {
                one_character(table, &[before, &[first | 0x80, second | 0x80][..]].concat())
            }
            _ => None,
        };
        character.filter(|character| !matches!(character, '\u{E000}'..='\u{F8FF}'))
    }

    /// The place of `character` in octets of the right half, if the set holds it.
    fn place(&self, character: char) -> Option<Vec<u8>> {
        let mut buffer = [0; 4];
        let text = &*character.encode_utf8(&mut buffer);
        let place: Vec<u8> = match &self.cells {
            Cells::Ascii(others) => {
                let other = others.iter().find(|(_, found)| *found == character).map(|(octet, _)| *octet);
                vec![other.or_else(|| u8::try_from(character).ok().filter(u8::is_ascii))? | 0x80]
            }
            Cells::Upper(table) | Cells::Pairs(_, table) => {
                let (octets, _, unmappable) = table.encode(text);
                Some(octets.into_owned()).filter(|_| !unmappable)?
            }
        };
        // The tables hold more than the set, and put some characters in the place of others.
        let inside = place.len() == self.width() && place.iter().all(|octet| *octet >= 0xA0);
        (inside && self.character(&place) == Some(character)).then_some(place)
    }

    /// The escape sequence that designates the set as G1.
    fn designation_as_g1(&self) -> Vec<u8> {
        match self.shape {
            Shape::Of94 => vec![ESCAPE, b')', self.last],
            Shape::Of96 => vec![ESCAPE, b'-', self.last],
            Shape::Of94By94 => vec![ESCAPE, b'$', b')', self.last],
        }
    }
}

const ESCAPE: u8 = 0x1B;
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;

/// Reads text with code extension.
#[derive(Clone, Debug)]
pub(super) struct Iso2022<'a> {
    octets: &'a [u8],
    at: usize,
    /// G0 to G3.
    designated: [Option<&'static CodedSet>; 4],
    left: usize,
    right: usize,
    /// The set that a single shift invokes for the next character.
    single: Option<usize>,
}

/// What an escape sequence asks for.
enum Escape {
    Designate(usize, Option<&'static CodedSet>),
    LockLeft(usize),
    LockRight(usize),
    Single(usize),
    /// It announces something, or tells the edition of the set that follows.
    Nothing,
}

impl<'a> Iso2022<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        let designated = [CodedSet::find(Shape::Of94, b'B'), None, None, None];
        Self { octets, at: 0, designated, left: 0, right: 1, single: None }
    }

    /// `text` in octets; none where no set holds a character.
    ///
    /// Where ISO-2022-JP, which most who read UNOX expect, can carry the text, that is what is written. Else each set is
    /// designated as G1 and stands in the right half, so that no octet of a character looks like a delimiter.
    pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
        let (octets, _, unmappable) = encoding_rs::ISO_2022_JP.encode(text);
        let same = || Iso2022::new(&octets).map(|piece| piece.meaning).filter_map(Meaning::shown).eq(text.chars());
        if !unmappable && same() {
            return Some(octets.into_owned());
        }
        let mut octets = Vec::with_capacity(text.len());
        let mut designated: Option<&CodedSet> = None;
        for character in text.chars() {
            if character.is_ascii() {
                octets.push(u8::try_from(character).ok()?);
                continue;
            }
            let kept = designated.and_then(|set| set.place(character));
            let place = match kept {
                Some(place) => place,
                None => {
                    let (set, place) = SETS.iter().find_map(|set| Some((set, set.place(character)?)))?;
                    octets.extend(set.designation_as_g1());
                    designated = Some(set);
                    place
                }
            };
            octets.extend(place);
        }
        Some(octets)
    }

    /// The escape sequence at the beginning of `octets`, after ESC, and its length; none where it is none.
    fn escape(octets: &[u8]) -> Option<(Escape, usize)> {
        let intermediates = octets.iter().take_while(|octet| matches!(octet, 0x20..=0x2F)).count();
        let last = *octets.get(intermediates).filter(|octet| matches!(octet, 0x30..=0x7E))?;
        let of = |shape, number: u8| Escape::Designate(usize::from(number), CodedSet::find(shape, last));
        let escape = match &octets[..intermediates] {
            [] => match last {
                b'n' => Escape::LockLeft(2),
                b'o' => Escape::LockLeft(3),
                b'~' => Escape::LockRight(1),
                b'}' => Escape::LockRight(2),
                b'|' => Escape::LockRight(3),
                b'N' => Escape::Single(2),
                b'O' => Escape::Single(3),
                _ => return None,
            },
            [place @ b'('..=b'+'] => of(Shape::Of94, place - b'('),
            [place @ b'-'..=b'/'] => of(Shape::Of96, place - b','),
            [b'$'] if matches!(last, b'@' | b'A' | b'B') => of(Shape::Of94By94, 0),
            [b'$', place @ b'('..=b'+'] => of(Shape::Of94By94, place - b'('),
            [b' ' | b'&'] => Escape::Nothing,
            _ => return None,
        };
        Some((escape, intermediates + 1))
    }

    fn obey(&mut self, rest: &[u8]) -> (usize, Meaning) {
        let Some((escape, length)) = Self::escape(rest) else { return (1, Meaning::Malformed) };
        let mut meaning = Meaning::Silent;
        match escape {
            Escape::Designate(place, set) => {
                self.designated[place] = set;
                if set.is_none() {
                    meaning = Meaning::Malformed;
                }
            }
            Escape::LockLeft(place) => self.left = place,
            Escape::LockRight(place) => self.right = place,
            Escape::Single(place) => self.single = Some(place),
            Escape::Nothing => {}
        }
        (length + 1, meaning)
    }

    fn graphic(&mut self, rest: &[u8], first: u8) -> (usize, Meaning) {
        let half = if first < 0x80 { self.left } else { self.right };
        let Some(set) = self.designated[self.single.take().unwrap_or(half)] else { return (1, Meaning::Malformed) };
        // The left half has a space in front of a set of 94.
        if first == b' ' && set.shape != Shape::Of96 {
            return (1, Meaning::Character(' '));
        }
        let place = rest.get(..set.width()).filter(|place| place.iter().all(|octet| (octet ^ first) & 0x80 == 0));
        match place.and_then(|place| set.character(place)) {
            Some(character) => (set.width(), Meaning::Character(character)),
            None => (1, Meaning::Malformed),
        }
    }
}

impl Iterator for Iso2022<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let offset = self.at;
        let rest = &self.octets[offset..];
        let (&first, after) = rest.split_first()?;
        let (length, meaning) = match first {
            ESCAPE => self.obey(after),
            SHIFT_IN | SHIFT_OUT => {
                self.left = usize::from(first == SHIFT_OUT);
                (1, Meaning::Silent)
            }
            0x8E | 0x8F => {
                self.single = Some(usize::from(first - 0x8C));
                (1, Meaning::Silent)
            }
            0x20..=0x7E | 0xA0.. => self.graphic(rest, first),
            _ => (1, Meaning::Outside(char::from(first))),
        };
        self.at += length;
        Some(Piece { offset, length, meaning })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> String {
        Iso2022::new(octets).filter_map(|piece| piece.meaning.shown()).collect()
    }

    /// What iconv and Python write in the well-known profiles of ISO 2022.
    #[test]
    fn profiles_are_read() {
        assert_eq!(read(b"\x1B$B?7$7$$\x1B(B"), "新しい", "ISO-2022-JP");
        assert_eq!(read(b"\x1B$(D+1\x1B$BF|\x1B(B"), "é日", "ISO-2022-JP-2, JIS X 0212");
        assert_eq!(read(b"\x1B.A\x1BNi\x1B$(C<-\x1B$A11\x1B(BZ"), "é서北Z", "ISO-2022-JP-2, three sets");
        assert_eq!(read(b"\x1B$)C\x0E<-?o\x0F+A"), "서울+A", "ISO-2022-KR");
        assert_eq!(read(b"\x1B$)A\x0E11>)\x0F:1"), "北京:1", "ISO-2022-CN");
        assert_eq!(read(b"\x1B-F\xC1\xE8\xDE\xED\xE1\x1B-A \xE9"), "Αθήνα é", "eight bits");
        assert_eq!(read(b"\x1B(I1\x1B(J\\\x1B(B\\"), "ｱ¥\\", "JIS X 0201");
        assert_eq!(read(b"\x1B$)B\xC6\xFC\xCB\xDC"), "日本", "JIS X 0208 in the right half");
    }

    #[test]
    fn what_no_set_gives_a_meaning_is_malformed() {
        let first_bad = |octets| Iso2022::new(octets).find(|piece| piece.meaning == Meaning::Malformed);
        let at = |offset, length| Some(Piece { offset, length, meaning: Meaning::Malformed });
        assert_eq!(first_bad(b"AB\xC4"), at(2, 1), "nothing in the right half");
        assert_eq!(first_bad(b"A\x1B$)GjW"), at(1, 4), "CNS 11643 is not known");
        assert_eq!(first_bad(b"A\x1B"), at(1, 1), "no escape sequence");
        assert_eq!(first_bad(b"\x1B$B?"), at(3, 1), "half a character");
        assert_eq!(first_bad(b"\x1B$BF\xFC"), at(3, 1), "halves of two kinds");
        assert_eq!(first_bad(b"\x0EA"), at(1, 1), "nothing is G1");
        assert_eq!(first_bad(b"\x1B$A*!"), at(3, 1), "row 10 of GB 2312 is empty");
    }

    #[test]
    fn japanese_is_written_as_most_read_it_and_the_rest_in_the_right_half() {
        assert_eq!(Iso2022::encode("新しい A").expect("in JIS X 0208"), b"\x1B$B?7$7$$\x1B(B A");
        assert_eq!(Iso2022::encode("Zoë").expect("in ISO 8859-1"), b"Zo\x1B-A\xEB");
        assert_eq!(Iso2022::encode("Łódź 서울").expect("in two sets"), b"\x1B-B\xA3\xF3d\xBC \x1B$)C\xBC\xAD\xBF\xEF");
        assert_eq!(read(&Iso2022::encode("تهران ｱ").expect("Arabic has no Persian letters but these")), "تهران ｱ");
        assert_eq!(Iso2022::encode("پ"), None, "Persian has letters that ISO 8859-6 lacks");
    }

    proptest::proptest! {
        #[test]
        fn no_octets_are_lost_from_sight(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            let mut end = 0;
            for piece in Iso2022::new(&octets) {
                assert_eq!(piece.offset, end);
                end += piece.length;
            }
            assert_eq!(end, octets.len());
        }

        #[test]
        fn what_is_written_is_read(text in "[A-z é-þĀ-žА-я؀-ي가-힣一-鿿ｱ-ﾝ¥]{0,12}") {
            if let Some(octets) = Iso2022::encode(&text) {
                assert_eq!(read(&octets), text);
            }
        }
    }
}
