//! Filters: how any octets become characters that an interchange may carry (data element 0505; ISO 9735-5 annex D).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_edifact::{Level, Repertoire};

/// A filter function (code list 0505). Filtered values are released like any other where they contain service characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// 1: the octets as they are.
    None,
    /// 2: two hexadecimal digits an octet, upper case; lower case is understood.
    #[default]
    Hexadecimal,
    /// 5: three of 43 characters for two octets, any repertoire can carry them.
    Eda,
    /// 6: for each seven octets one that says which of them were moved out of the control characters; repertoires of
    /// eight bits.
    Edc,
    /// 7: Base64 (RFC 1521), padded, on one line.
    Base64,
}

/// The characters of EDA in the order of their values: those of repertoire A that no syntax and no telex takes away.
const EDA: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,-()/=";

/// The bit that EDC sets, "position 1" counted from the most significant one.
const EDC_BIT: u8 = 0x40;

/// The bits of the control octet of EDC for the octets 1 to 7: position 1 is always set, so the first has position 0.
const EDC_CONTROL: [u8; 7] = [0x80, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01];

impl Filter {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Hexadecimal, Self::Eda, Self::Edc, Self::Base64];

    /// The code of list 0505.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "1",
            Self::Hexadecimal => "2",
            Self::Eda => "5",
            Self::Edc => "6",
            Self::Base64 => "7",
        }
    }

    /// The filter with this code. Codes 3 and 4 (the ASCII and Baudot filters of a draft, DIS 10126-1) and `ZZZ` are not
    /// known here.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.code() == code)
    }

    /// Whether what the filter makes may stand in an interchange of `repertoire`.
    #[must_use]
    pub fn suits(self, repertoire: Repertoire) -> bool {
        match self {
            Self::None => false,
            Self::Hexadecimal | Self::Eda => true,
            Self::Base64 => repertoire.level() != Level::A,
            // Columns 4 to 7 and 12 to 15 of the eight-bit sets are the ones that EDC writes.
            Self::Edc => repertoire.has_one_octet_a_character() && !matches!(repertoire.level(), Level::A | Level::B),
        }
    }

    /// The filtered form of `octets`.
    #[must_use]
    pub fn encode(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::None => octets.to_vec(),
            Self::Hexadecimal => {
                let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
                octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
            }
            Self::Eda => octets.chunks(2).flat_map(eda_symbols).collect(),
            Self::Edc => octets.chunks(7).flat_map(edc_group).collect(),
            Self::Base64 => STANDARD.encode(octets).into_bytes(),
        }
    }

    /// The octets whose filtered form is `value`; none where it is the form of no octets.
    #[must_use]
    pub fn decode(self, value: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::None => Some(value.to_vec()),
            Self::Hexadecimal => {
                let digit = |octet: u8| char::from(octet).to_digit(16);
                let pairs = value.chunks(2).map(|pair| match *pair {
                    [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
                    _ => None,
                });
                pairs.collect()
            }
            Self::Eda => {
                let triples: Option<Vec<_>> = value.chunks(3).map(eda_octets).collect();
                Some(triples?.into_iter().flatten().flatten().collect())
            }
            Self::Edc => {
                let groups: Option<Vec<_>> = value.chunks(8).map(edc_octets).collect();
                Some(groups?.concat())
            }
            Self::Base64 => STANDARD.decode(value).ok(),
        }
    }
}

/// Three symbols for two octets, two for a single one at the end: 256 is less than 43².
fn eda_symbols(octets: &[u8]) -> impl Iterator<Item = u8> + use<> {
    let value = octets.iter().fold(0, |value, octet| value << 8 | usize::from(*octet));
    let symbols = [value / 1849, value / 43 % 43, value % 43];
    symbols.into_iter().skip(usize::from(octets.len() == 1)).map(|symbol| EDA[symbol])
}

/// The octets of three symbols, or of the last two. Each value has one form: what exceeds the octets is no form of any.
fn eda_octets(symbols: &[u8]) -> Option<[Option<u8>; 2]> {
    let position = |symbol: &u8| EDA.iter().position(|other| other == symbol);
    let value = symbols.iter().try_fold(0, |value, symbol| Some(value * 43 + position(symbol)?))?;
    match symbols.len() {
        3 => {
            let [high, low] = u16::try_from(value).ok()?.to_be_bytes();
            Some([Some(high), Some(low)])
        }
        2 => Some([Some(u8::try_from(value).ok()?), None]),
        _ => None,
    }
}

/// The control octet and up to seven octets, those of columns 0 to 3 and 8 to 11 moved up by four columns.
fn edc_group(octets: &[u8]) -> Vec<u8> {
    let mut group = vec![EDC_BIT];
    for (octet, control) in octets.iter().zip(EDC_CONTROL) {
        if octet & EDC_BIT == 0 {
            group[0] |= control;
        }
        group.push(octet | EDC_BIT);
    }
    group
}

/// The octets of a group; those that the control octet names are moved back.
fn edc_octets(group: &[u8]) -> Option<Vec<u8>> {
    let (control, octets) =
        group.split_first().filter(|(control, octets)| **control & EDC_BIT != 0 && !octets.is_empty())?;
    let moved = octets.iter().zip(EDC_CONTROL).map(|(octet, bit)| match control & bit {
        0 => Some(*octet),
        _ => (octet & EDC_BIT != 0).then_some(octet ^ EDC_BIT),
    });
    // A bit for an octet that is not there says that something was cut off.
    let named: u8 = EDC_CONTROL[octets.len().min(7)..].iter().fold(0, |bits, bit| bits | bit);
    if control & named != 0 { None } else { moved.collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values worked by hand: 0xADFF = 24 · 1849 + 3 · 43 + 38; EDC of "a1b2c3d" moves the digits (0x31 → 0x71) and tells
    /// so at positions 2, 4 and 6 of its control octet.
    #[test]
    fn known_values() {
        assert_eq!(Filter::Hexadecimal.encode(b"\xAD\xFF"), b"ADFF");
        assert_eq!(Filter::Hexadecimal.decode(b"adFf").unwrap(), b"\xAD\xFF");
        assert_eq!(Filter::Eda.encode(b"\xAD\xFF"), b"O3-");
        assert_eq!(Filter::Eda.encode(b"\xAD\xFF\xFF"), b"O3-5)");
        assert_eq!(Filter::Edc.encode(b"a1b2c3d"), b"jaqbrcsd");
        assert_eq!(Filter::Edc.encode(b"a"), b"@a");
        assert_eq!(Filter::Base64.encode(b"\xAD\xFF"), b"rf8=");
    }

    #[test]
    fn what_is_no_form_of_octets_is_told() {
        for (filter, value) in [
            (Filter::Hexadecimal, &b"ADF"[..]),
            (Filter::Hexadecimal, b"AG"),
            (Filter::Eda, b"O3-5"),
            (Filter::Eda, b"==="),
            (Filter::Eda, b"=="),
            (Filter::Eda, b"a00"),
            (Filter::Edc, b"@"),
            (Filter::Edc, b"!a"),
            (Filter::Edc, b"Aa"),
            (Filter::Edc, b"\xC0\x21"),
            (Filter::Base64, b"rf8"),
            (Filter::Base64, b"r\nf8="),
        ] {
            assert_eq!(filter.decode(value), None, "{filter:?} {}", value.escape_ascii());
        }
    }

    #[test]
    fn filters_suit_the_repertoires_that_have_their_characters() {
        assert!(Filter::Hexadecimal.suits(Repertoire::UNOA) && Filter::Eda.suits(Repertoire::UNOA));
        let level_b = Repertoire::from_identifier(b"UNOB").unwrap();
        assert!(!Filter::Base64.suits(Repertoire::UNOA) && Filter::Base64.suits(level_b));
        assert!(!Filter::Edc.suits(level_b) && Filter::Edc.suits(Repertoire::UNOC));
        assert!(!Filter::Edc.suits(Repertoire::UNOY));
    }

    proptest! {
        #[test]
        fn every_filter_gives_back_what_it_took(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            for filter in Filter::ALL {
                let filtered = filter.encode(&octets);
                prop_assert_eq!(filter.decode(&filtered), Some(octets.clone()), "{:?}", filter);
                if filter == Filter::Edc {
                    prop_assert!(filtered.iter().all(|octet| octet & EDC_BIT != 0));
                }
            }
        }

        #[test]
        fn no_value_makes_a_filter_panic(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            for filter in Filter::ALL {
                if let Some(octets) = filter.decode(&value) && matches!(filter, Filter::Eda | Filter::Base64) {
                    prop_assert_eq!(filter.encode(&octets), value.clone());
                }
            }
        }
    }
}
