//! The levels that the syntax identifier names, and the encodings that belong to them.

use encoding_rs::Encoding as Table;

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
    /// `UNOX`: code extension by ISO 2022, each value read by itself from ASCII on; see [`Repertoire`](super::Repertoire).
    X,
    /// `UNOY`: ISO 10646 without code extension, read as UTF-8.
    Y,
    /// `UNOZ`: in no list of ISO 9735-10, but met; read as ISO 10646 in UTF-8.
    Z,
    /// `KECA`: KS C 5601, the Korean set of Hangul and Hanja, as the Korean committee has it.
    Keca,
}

/// How characters stand in octets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Ascii,
    /// ISO 8859-1 itself, which the Web's table replaces by Windows-1252.
    Latin1,
    Utf8,
    /// One octet a character, by a table of ours for the octets from 0x80 on.
    Upper(&'static [char; 128]),
    /// One octet a character, by a table of the Web.
    Table(&'static Table),
    Iso2022,
    Korean,
}

/// Of each syntax identifier its level and the encoding that belongs to it; the first of a level gives it its name.
pub(super) const LEVELS: [(&str, Level, Encoding); 19] = [
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
    ("UNOK", Level::K, Encoding::Upper(&LATIN_5)),
    ("UNOL", Level::L, Encoding::Table(encoding_rs::ISO_8859_15)),
    ("UNOW", Level::W, Encoding::Utf8),
    ("UNOX", Level::X, Encoding::Iso2022),
    ("UNOY", Level::Y, Encoding::Utf8),
    ("UNOZ", Level::Z, Encoding::Utf8),
    ("KECA", Level::Keca, Encoding::Korean),
    ("IATA", Level::A, Encoding::Ascii),
    ("IATB", Level::B, Encoding::Ascii),
];

/// The octets of level A (ISO 9735:1988 §5.1), those included that "cannot be used internationally in telex
/// transmissions".
pub(super) const IN_LEVEL_A: [bool; 256] = {
    let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>";
    let mut table = [false; 256];
    let mut index = 0;
    while index < characters.len() {
        table[characters[index] as usize] = true;
        index += 1;
    }
    table
};

/// ISO 8859-9 itself, which the Web's table replaces by Windows-1254: ISO 8859-1 with six other letters.
const LATIN_5: [char; 128] = {
    let letters = [(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];
    let mut table = ['\0'; 128];
    let mut index = 0;
    while index < table.len() {
        table[index] = (0x80 + index as u8) as char;
        index += 1;
    }
    let mut index = 0;
    while index < letters.len() {
        table[letters[index].0 - 0x80] = letters[index].1;
        index += 1;
    }
    table
};

/// Code page 850 (data element 0133, code 4), from 0x80 on.
#[rustfmt::skip]
pub(super) const CODE_PAGE_850: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ',
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '®', '¬', '½', '¼', '¡', '«', '»',
    '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©', '╣', '║', '╗', '╝', '¢', '¥', '┐',
    '└', '┴', '┬', '├', '─', '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦', '╠', '═', '╬', '¤',
    'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█', '▄', '¦', 'Ì', '▀',
    'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´',
    '\u{ad}', '±', '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{a0}',
];
