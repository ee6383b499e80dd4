//! The built-in datatypes of XML Schema Part 2: which strings stand for a value, and which of two values is greater.

use std::cmp::Ordering;

/// A built-in simple type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is named as in XML Schema Part 2")]
pub enum Datatype {
    AnySimpleType,
    String,
    NormalizedString,
    Token,
    Language,
    Name,
    NcName,
    Nmtoken,
    Nmtokens,
    Id,
    Idref,
    Idrefs,
    Entity,
    Entities,
    Boolean,
    Decimal,
    Integer,
    NonPositiveInteger,
    NegativeInteger,
    NonNegativeInteger,
    PositiveInteger,
    Long,
    Int,
    Short,
    Byte,
    UnsignedLong,
    UnsignedInt,
    UnsignedShort,
    UnsignedByte,
    Float,
    Double,
    Duration,
    DateTime,
    Date,
    Time,
    GYear,
    GYearMonth,
    GMonth,
    GMonthDay,
    GDay,
    Base64Binary,
    HexBinary,
    AnyUri,
    QName,
    Notation,
}

use Datatype as D;

/// How white space is treated before a value is looked at (XML Schema Part 2, 4.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhiteSpace {
    /// Nothing is changed.
    Preserve,
    /// Tab, line feed and carriage return become spaces.
    Replace,
    /// Then runs of spaces become one, and none is left at either end.
    Collapse,
}

impl Datatype {
    /// Each datatype with its name, in the order of their numbers.
    const NAMES: [(Self, &'static str); 45] = [
        (D::AnySimpleType, "anySimpleType"),
        (D::String, "string"),
        (D::NormalizedString, "normalizedString"),
        (D::Token, "token"),
        (D::Language, "language"),
        (D::Name, "Name"),
        (D::NcName, "NCName"),
        (D::Nmtoken, "NMTOKEN"),
        (D::Nmtokens, "NMTOKENS"),
        (D::Id, "ID"),
        (D::Idref, "IDREF"),
        (D::Idrefs, "IDREFS"),
        (D::Entity, "ENTITY"),
        (D::Entities, "ENTITIES"),
        (D::Boolean, "boolean"),
        (D::Decimal, "decimal"),
        (D::Integer, "integer"),
        (D::NonPositiveInteger, "nonPositiveInteger"),
        (D::NegativeInteger, "negativeInteger"),
        (D::NonNegativeInteger, "nonNegativeInteger"),
        (D::PositiveInteger, "positiveInteger"),
        (D::Long, "long"),
        (D::Int, "int"),
        (D::Short, "short"),
        (D::Byte, "byte"),
        (D::UnsignedLong, "unsignedLong"),
        (D::UnsignedInt, "unsignedInt"),
        (D::UnsignedShort, "unsignedShort"),
        (D::UnsignedByte, "unsignedByte"),
        (D::Float, "float"),
        (D::Double, "double"),
        (D::Duration, "duration"),
        (D::DateTime, "dateTime"),
        (D::Date, "date"),
        (D::Time, "time"),
        (D::GYear, "gYear"),
        (D::GYearMonth, "gYearMonth"),
        (D::GMonth, "gMonth"),
        (D::GMonthDay, "gMonthDay"),
        (D::GDay, "gDay"),
        (D::Base64Binary, "base64Binary"),
        (D::HexBinary, "hexBinary"),
        (D::AnyUri, "anyURI"),
        (D::QName, "QName"),
        (D::Notation, "NOTATION"),
    ];

    /// The name in the namespace of XML Schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The datatype with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|entry| entry.1 == name).map(|entry| entry.0)
    }

    pub(super) fn from_number(number: u32) -> Self {
        Self::NAMES.get(number as usize).map_or(D::AnySimpleType, |entry| entry.0)
    }

    /// How white space is treated in a value of this type.
    #[must_use]
    pub fn white_space(self) -> WhiteSpace {
        match self {
            D::AnySimpleType | D::String => WhiteSpace::Preserve,
            D::NormalizedString => WhiteSpace::Replace,
            _ => WhiteSpace::Collapse,
        }
    }

    /// Whether every string, its white space treated, stands for a value of this type.
    pub(super) fn takes_all(self) -> bool {
        matches!(self, D::AnySimpleType | D::String | D::NormalizedString | D::Token | D::AnyUri)
    }

    /// Whether different strings stand for different values.
    pub(super) fn is_text(self) -> bool {
        self <= D::Entities
    }

    /// Whether `value`, its white space treated, stands for a value of this type.
    #[must_use]
    pub fn accepts(self, value: &str) -> bool {
        match self {
            _ if self.takes_all() => true,
            D::Language => is_language(value),
            D::Name => is_name(value),
            D::NcName | D::Id | D::Idref | D::Entity => is_name(value) && !value.contains(':'),
            D::Nmtoken => !value.is_empty() && value.chars().all(is_name_character),
            D::Nmtokens => words(value, D::Nmtoken),
            D::Idrefs | D::Entities => words(value, D::NcName),
            D::Boolean => matches!(value, "true" | "false" | "1" | "0"),
            D::Decimal => Number::read(value).is_some(),
            D::Float | D::Double => is_float(value),
            D::Duration => is_duration(value),
            D::DateTime | D::Date | D::Time | D::GYear | D::GYearMonth | D::GMonth | D::GMonthDay | D::GDay => {
                Instant::read(self, value).is_some()
            }
            D::Base64Binary => base64_length(value).is_some(),
            D::HexBinary => value.len().is_multiple_of(2) && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
            D::QName | D::Notation => {
                let (prefix, local) = value.split_once(':').unwrap_or(("_", value));
                [prefix, local].iter().all(|part| is_name(part) && !part.contains(':'))
            }
            _ => self.accepts_integer(value),
        }
    }

    /// The length that the facets `length`, `minLength` and `maxLength` speak of: characters, octets or items.
    #[must_use]
    pub fn length(self, value: &str) -> usize {
        match self {
            D::HexBinary => value.len() / 2,
            D::Base64Binary => base64_length(value).unwrap_or_default(),
            D::Nmtokens | D::Idrefs | D::Entities => value.split_whitespace().count(),
            _ => value.chars().count(),
        }
    }

    /// Which of two values is greater; `None` where the type has no order or one of the two is no value.
    #[must_use]
    pub fn compare(self, one: &str, other: &str) -> Option<Ordering> {
        match self {
            D::Float | D::Double => {
                let read = |value: &str| value.replace("INF", "inf").parse::<f64>().ok();
                read(one)?.partial_cmp(&read(other)?)
            }
            D::DateTime | D::Date | D::Time | D::GYear | D::GYearMonth | D::GMonth | D::GMonthDay | D::GDay => {
                Some(Instant::read(self, one)?.cmp(&Instant::read(self, other)?))
            }
            _ if self.is_decimal() => Some(Number::read(one)?.compare(&Number::read(other)?)),
            _ => None,
        }
    }

    /// Whether two literals stand for one value.
    #[must_use]
    pub fn is_same(self, one: &str, other: &str) -> bool {
        one == other || self.compare(one, other) == Some(Ordering::Equal)
    }

    /// Digits in all and after the mark, without leading and trailing zeros, of a decimal.
    #[must_use]
    pub fn digits(self, value: &str) -> Option<(usize, usize)> {
        let number = self.is_decimal().then(|| Number::read(value)).flatten()?;
        Some((number.whole.len() + number.fraction.len(), number.fraction.len()))
    }

    /// Whether this is `decimal` or derived from it.
    #[must_use]
    pub fn is_decimal(self) -> bool {
        (D::Decimal..=D::UnsignedByte).contains(&self)
    }

    fn accepts_integer(self, value: &str) -> bool {
        let (minimum, maximum): (Option<i128>, Option<i128>) = match self {
            D::NonPositiveInteger => (None, Some(0)),
            D::NegativeInteger => (None, Some(-1)),
            D::NonNegativeInteger => (Some(0), None),
            D::PositiveInteger => (Some(1), None),
            D::Long => (Some(i64::MIN.into()), Some(i64::MAX.into())),
            D::Int => (Some(i32::MIN.into()), Some(i32::MAX.into())),
            D::Short => (Some(i16::MIN.into()), Some(i16::MAX.into())),
            D::Byte => (Some(i8::MIN.into()), Some(i8::MAX.into())),
            D::UnsignedLong => (Some(0), Some(u64::MAX.into())),
            D::UnsignedInt => (Some(0), Some(u32::MAX.into())),
            D::UnsignedShort => (Some(0), Some(u16::MAX.into())),
            D::UnsignedByte => (Some(0), Some(u8::MAX.into())),
            _ => (None, None),
        };
        let bound = |bound: Option<i128>, wrong: Ordering| {
            bound.is_none_or(|bound| D::Decimal.compare(value, &bound.to_string()) != Some(wrong))
        };
        !value.contains('.')
            && Number::read(value).is_some()
            && bound(minimum, Ordering::Less)
            && bound(maximum, Ordering::Greater)
    }
}

impl WhiteSpace {
    /// The value of the facet `whiteSpace`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "preserve" => Some(Self::Preserve),
            "replace" => Some(Self::Replace),
            "collapse" => Some(Self::Collapse),
            _ => None,
        }
    }

    /// `value` with its white space treated.
    #[must_use]
    pub fn treat(self, value: &str) -> std::borrow::Cow<'_, str> {
        let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
        match self {
            Self::Replace if value.contains(['\t', '\n', '\r']) => value.replace(['\t', '\n', '\r'], " ").into(),
            Self::Collapse => {
                let trimmed = value.trim_matches(space);
                if trimmed.contains(['\t', '\n', '\r']) || trimmed.contains("  ") {
                    trimmed.split(space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").into()
                } else {
                    trimmed.into()
                }
            }
            _ => value.into(),
        }
    }
}

/// A decimal of any length: sign, digits without leading zeros, digits without trailing zeros.
struct Number<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Number<'a> {
    fn read(value: &'a str) -> Option<Self> {
        let (negative, digits) = match value.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, value.strip_prefix('+').unwrap_or(value)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let good = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !good(whole) || !good(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        Some(Self { negative: negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let size = (self.whole.len(), self.whole, self.fraction).cmp(&(other.whole.len(), other.whole, other.fraction));
        match (self.negative, other.negative) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// A date, a time or a part of one: seconds since 0000-01-01 in UTC, and the fraction of the second.
///
/// What is given without a zone is taken as UTC.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Instant<'a> {
    seconds: i64,
    fraction: &'a str,
}

impl<'a> Instant<'a> {
    fn read(datatype: Datatype, value: &'a str) -> Option<Self> {
        let mut input = Input(value);
        let (mut year, mut month, mut day) = (1972, 1, 1); // a leap year, so that --02-29 is a day
        let (mut hour, mut minute, mut second, mut fraction) = (0, 0, 0, "");
        match datatype {
            D::GYear => year = input.year()?,
            D::GYearMonth => (year, month) = (input.year()?, input.after("-")?),
            D::GMonth => month = input.after("--")?,
            D::GMonthDay => (month, day) = (input.after("--")?, input.after("-")?),
            D::GDay => day = input.after("---")?,
            D::Date | D::DateTime => (year, month, day) = (input.year()?, input.after("-")?, input.after("-")?),
            _ => {}
        }
        if matches!(datatype, D::DateTime | D::Time) {
            hour = input.after(if datatype == D::DateTime { "T" } else { "" })?;
            (minute, second) = (input.after(":")?, input.after(":")?);
            if let Some(rest) = input.0.strip_prefix('.') {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let digits = &rest[..end];
                if digits.is_empty() {
                    return None;
                }
                (fraction, input.0) = (digits.trim_end_matches('0'), &rest[end..]);
            }
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let midnight = hour == 24 && minute == 0 && second == 0 && fraction.is_empty();
        if !(1..=length).contains(&day) || (hour > 23 && !midnight) || minute > 59 || second > 59 {
            return None;
        }
        let zone = input.zone()?;
        // Days since 0000-03-01 in the proleptic Gregorian calendar.
        let (from_march, of_march) = (if month > 2 { year } else { year - 1 }, (month + 9) % 12);
        let days = 365 * from_march + from_march.div_euclid(4) - from_march.div_euclid(100)
            + from_march.div_euclid(400)
            + (153 * of_march + 2) / 5
            + day;
        Some(Self { seconds: days * 86_400 + hour * 3600 + (minute - zone) * 60 + second, fraction })
    }
}

/// What is left to read of a date or time.
struct Input<'a>(&'a str);

impl Input<'_> {
    /// `separator` and two digits.
    fn after(&mut self, separator: &str) -> Option<i64> {
        let (digits, rest) = self.0.strip_prefix(separator)?.split_at_checked(2)?;
        self.0 = rest;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    }

    /// Four digits or more, of which more than four do not begin with 0; `-` before them; not 0000.
    fn year(&mut self) -> Option<i64> {
        let (negative, digits) = self.0.strip_prefix('-').map_or((false, self.0), |rest| (true, rest));
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (year, rest) = digits.split_at(end);
        if !(4..=12).contains(&end) || (end > 4 && year.starts_with('0')) || year == "0000" {
            return None;
        }
        self.0 = rest;
        year.parse::<i64>().ok().map(|year| if negative { -year } else { year })
    }

    /// The zone that ends the value, in minutes east of UTC.
    fn zone(mut self) -> Option<i64> {
        if matches!(self.0, "" | "Z") {
            return Some(0);
        }
        let sign = if self.0.starts_with('-') { -1 } else { 1 };
        let hours = self.after("+").or_else(|| self.after("-"))?;
        let minutes = self.after(":")?;
        let good = self.0.is_empty() && minutes < 60 && (hours < 14 || (hours == 14 && minutes == 0));
        good.then_some(sign * (hours * 60 + minutes))
    }
}

fn words(value: &str, item: Datatype) -> bool {
    !value.is_empty() && value.split(' ').all(|word| item.accepts(word))
}

/// `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`
fn is_language(value: &str) -> bool {
    value.split('-').enumerate().all(|(place, part)| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphabetic() || (place > 0 && byte.is_ascii_digit()))
    })
}

fn is_float(value: &str) -> bool {
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    matches!(value, "INF" | "-INF" | "NaN")
        || (Number::read(mantissa).is_some() && !exponent.contains('.') && Number::read(exponent).is_some())
}

/// `-?P(nY)?(nM)?(nD)?(T(nH)?(nM)?(n(.n)?S)?)?` with at least one part, and one after a `T`.
fn is_duration(value: &str) -> bool {
    let value = value.strip_prefix('-').unwrap_or(value);
    let Some(value) = value.strip_prefix('P') else { return false };
    let (date, time) = match value.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (value, None),
    };
    let parts = |text: &str, units: &str| {
        let mut units = units.chars();
        let mut number = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            let whole = number.bytes().all(|byte| byte.is_ascii_digit());
            let good = number.starts_with(|c: char| c.is_ascii_digit())
                && (whole || (c == 'S' && !number.ends_with('.') && Number::read(&number).is_some()));
            if !good || !units.any(|unit| unit == c) {
                return false;
            }
            number.clear();
        }
        number.is_empty()
    };
    parts(date, "YMD") && time.is_none_or(|time| !time.is_empty() && parts(time, "HMS")) && !value.is_empty()
}

/// The number of octets that `value` encodes, if it is base64 (white space aside).
fn base64_length(value: &str) -> Option<usize> {
    let digits: Vec<u8> = value.bytes().filter(|byte| *byte != b' ').collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    let data = &digits[..digits.len() - padding];
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let good = digits.len().is_multiple_of(4) && padding <= 2 && data.iter().all(alphabet);
    // The bits that the last digit holds beyond the last octet are zero (XML Schema Part 2, 3.2.16).
    let last = data.last().copied().unwrap_or(b'A');
    let clean = match padding {
        1 => b"AEIMQUYcgkosw048".contains(&last),
        2 => b"AQgw".contains(&last),
        _ => true,
    };
    (good && clean).then_some(data.len() * 3 / 4)
}

/// Whether `value` is a Name (XML 1.0, production 5).
fn is_name(value: &str) -> bool {
    value.starts_with(is_name_start) && value.chars().all(is_name_character)
}

/// XML 1.0 (fifth edition), production 4.
pub(super) fn is_name_start(c: char) -> bool {
    matches!(c,
        ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// XML 1.0 (fifth edition), production 4a.
pub(super) fn is_name_character(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_the_order_of_their_numbers() {
        for (number, (datatype, name)) in D::NAMES.iter().enumerate() {
            assert_eq!(*datatype as usize, number, "{name}");
            assert_eq!(D::from_name(name), Some(*datatype));
        }
        for (number, (facet, name)) in super::super::Facet::NAMES.iter().enumerate() {
            assert_eq!(*facet as usize, number, "{name}");
        }
    }

    #[test]
    fn literals_of_part_2() {
        let cases: [(D, &[&str], &[&str]); 15] = [
            (
                D::Decimal,
                &["-1.23", "12678967.543233", "+100000.00", "210", ".5", "5."],
                &["", ".", "1e3", "1,5", "--1"],
            ),
            (D::Integer, &["-1", "0", "+12678967543233"], &["1.0", "1.", ""]),
            (D::Byte, &["127", "-128", "+0"], &["128", "-129", "1.5"]),
            (D::UnsignedLong, &["18446744073709551615"], &["18446744073709551616", "-1"]),
            (D::PositiveInteger, &["1", "00002"], &["0", "-3"]),
            (D::Boolean, &["true", "0"], &["TRUE", "yes", ""]),
            (D::Double, &["-1E4", "12.78e-2", "INF", "NaN", "12"], &["+INF", "1E", "1E2.5", "inf"]),
            (
                D::Date,
                &["2024-02-29", "2002-10-10+13:00", "2002-10-10Z", "-0044-03-15", "12024-01-01"],
                &[
                    "2023-02-29",
                    "2024-13-01",
                    "24-01-01",
                    "2024-1-1",
                    "0000-01-01",
                    "02024-01-01",
                    "2024-01-01+15:00",
                    "20240101",
                ],
            ),
            (
                D::DateTime,
                &["2002-10-10T12:00:00-05:00", "2002-10-10T24:00:00", "2002-10-10T00:00:00.125Z"],
                &["2002-10-10T25:00:00", "2002-10-10", "2002-10-10T24:00:01", "2002-10-10T00:00:00."],
            ),
            (D::Time, &["13:20:00-05:00", "00:00:00"], &["13:20", "13:60:00"]),
            (D::GMonthDay, &["--02-29"], &["--02-30", "02-29"]),
            (D::Duration, &["P1Y2M3DT10H30M", "-P120D", "PT0.5S"], &["P", "P1YT", "P-1Y", "P1S", "PT1.5M", "1Y"]),
            (D::Base64Binary, &["", "TWFu", "TWE=", "TQ==", "TW Fu"], &["TQ=", "TR==", "TWF", "T===", "TQ==TWFu"]),
            (D::Language, &["fa", "en-GB", "x-klingon-1"], &["", "e1", "123456789", "en-"]),
            (D::Nmtokens, &["a 1 -b"], &["", "a  b", "a,b"]),
        ];
        for (datatype, good, bad) in cases {
            for value in good {
                assert!(datatype.accepts(value), "{} {value:?}", datatype.name());
            }
            for value in bad {
                assert!(!datatype.accepts(value), "{} {value:?}", datatype.name());
            }
        }
    }

    #[test]
    fn values_are_compared_as_values() {
        assert!(D::Decimal.is_same("1.0", "+01"));
        assert!(D::Decimal.is_same("-0", "0"));
        assert_eq!(D::Decimal.compare("-10", "-9"), Some(Ordering::Less));
        assert_eq!(D::Decimal.compare("0.5", "0.49"), Some(Ordering::Greater));
        assert_eq!(D::Integer.digits("00120"), Some((3, 0)));
        assert_eq!(D::Decimal.digits("-1.250"), Some((3, 2)));
        assert!(D::DateTime.is_same("2002-10-10T12:00:00+05:00", "2002-10-10T07:00:00Z"));
        assert!(D::DateTime.is_same("1999-12-31T24:00:00Z", "2000-01-01T00:00:00Z"));
        assert_eq!(D::Date.compare("2000-02-29", "2000-03-01"), Some(Ordering::Less));
        assert_eq!(D::String.compare("a", "b"), None);
    }

    #[test]
    fn white_space_is_treated() {
        assert_eq!(WhiteSpace::Collapse.treat("\n a \t b "), "a b");
        assert_eq!(WhiteSpace::Replace.treat("a\tb "), "a b ");
        assert_eq!(WhiteSpace::Preserve.treat(" a "), " a ");
    }
}
