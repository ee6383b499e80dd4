//! Values of terms: text, exact decimal numbers as they were written, days, octets, and what qualifies them.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::document::Origin;
use crate::terms::{Kind, Part};

/// The value of a term: its content and what qualifies it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The content.
    pub content: Content,
    /// What qualifies it: at most one value for each part, in the order of [`Part`].
    pub parts: Vec<PartValue>,
}

impl Value {
    /// A value that nothing qualifies.
    #[must_use]
    pub const fn new(content: Content) -> Self {
        Self { content, parts: Vec::new() }
    }

    /// Reads a value of `kind` from its canonical text: numbers with a point, days as `2026-03-21`, octets as base64.
    ///
    /// # Errors
    /// If the text is no value of the kind.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, ValueError> {
        Content::parse(kind, text).map(Self::new)
    }

    /// Qualifies the value.
    #[must_use]
    pub fn with(mut self, part: Part, text: impl Into<SmolStr>) -> Self {
        self.set(PartValue { part, text: text.into(), origin: Origin::default() });
        self
    }

    /// Sets one part, in place of what it was.
    pub fn set(&mut self, value: PartValue) {
        match self.parts.binary_search_by_key(&value.part, |other| other.part) {
            Ok(index) => self.parts[index] = value,
            Err(index) => {
                // Most values have one part at most.
                self.parts.reserve_exact(1);
                self.parts.insert(index, value);
            }
        }
    }

    /// The text of one part.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&str> {
        self.parts.iter().find(|value| value.part == part).map(|value| value.text.as_str())
    }

    /// The canonical text of the content.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.content.text()
    }
}

/// The content of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, a code or an identifier.
    Text(SmolStr),
    /// A number.
    Number(Number),
    /// A day.
    Date(Date),
    /// Octets.
    Binary(Vec<u8>),
}

impl Content {
    /// Reads the content of a value of `kind` from its canonical text.
    ///
    /// # Errors
    /// If the text is no content of the kind.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, ValueError> {
        match kind {
            Kind::Amount | Kind::Quantity | Kind::Percentage => Number::parse(text.trim()).map(Self::Number),
            Kind::Date => parse_date(text.trim()).map(Self::Date),
            Kind::Binary => {
                let packed: String = text.split_ascii_whitespace().collect();
                BASE64.decode(packed).map(Self::Binary).map_err(|_| ValueError::Binary)
            }
            _ => Ok(Self::Text(SmolStr::new(text))),
        }
    }

    /// The canonical text: numbers with a point, days as `2026-03-21`, octets as base64.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Borrowed(number.as_str()),
            Self::Date(date) => Cow::Owned(date_text(*date)),
            Self::Binary(octets) => Cow::Owned(BASE64.encode(octets)),
        }
    }
}

/// A day as `2026-03-21`.
fn date_text(date: Date) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    // Years before the Christian era have a sign and six digits (ISO 8601).
    if year < 0 {
        return date.to_string();
    }
    let digit = |number: i16| char::from(b'0' + u8::try_from(number % 10).unwrap_or_default());
    let (month, day) = (i16::from(month), i16::from(day));
    let digits = [year / 1000, year / 100, year / 10, year, month / 10, month, day / 10, day].map(digit);
    let mut text = String::with_capacity(10);
    for (place, digit) in digits.into_iter().enumerate() {
        if place == 4 || place == 6 {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

impl Content {
    /// [`Self::text`] of content that is not needed any more.
    #[must_use]
    pub fn into_text(self) -> SmolStr {
        match self {
            Self::Text(text) => text,
            other => other.text().into(),
        }
    }
}

/// A day as `2026-03-21`, and nothing else.
fn parse_date(text: &str) -> Result<Date, ValueError> {
    let digits = |range: std::ops::Range<usize>| {
        let part = text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<i16>().ok()).ok_or(ValueError::Date)
    };
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(ValueError::Date);
    }
    let (month, day) = (digits(5..7)?, digits(8..10)?);
    let small = |number: i16| i8::try_from(number).map_err(|_| ValueError::Date);
    Date::new(digits(0..4)?, small(month)?, small(day)?).map_err(|_| ValueError::Date)
}

/// What qualifies a value.
#[derive(Clone, Debug, PartialEq)]
pub struct PartValue {
    /// Which part.
    pub part: Part,
    /// Its text.
    pub text: SmolStr,
    /// Where it came from.
    pub origin: Origin,
}

/// A decimal number that remembers how it was written: `4000.00` stays `4000.00`.
///
/// Numbers compare by their value.
#[derive(Clone, Debug)]
pub struct Number {
    written: SmolStr,
    value: Decimal,
}

impl Number {
    /// Reads a number as XML Schema writes decimals: a sign, digits, a point, digits; no exponent.
    ///
    /// # Errors
    /// If it is none, or has more digits than can be held exactly (28).
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !plain || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(ValueError::Number);
        }
        let value = Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).map_err(|_| ValueError::Number)?;
        Ok(Self { written: text.into(), value })
    }

    /// The number as it was written, with a point.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Decimal {
        self.value
    }
}

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self { written: value.to_string().into(), value }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Why a text is no value of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// It is no decimal number of up to 28 digits.
    Number,
    /// It is no day of the calendar.
    Date,
    /// It is no base64.
    Binary,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "not a decimal number of up to 28 digits",
            Self::Date => "not a day of the calendar",
            Self::Binary => "not base64",
        })
    }
}

impl std::error::Error for ValueError {}

/// Declares the typed form of a value with parts: a string where nothing qualifies it, else an object.
macro_rules! qualified {
    ($(#[$doc:meta])* $name:ident { $(#[$value_doc:meta])* value: $value:ty, $($(#[$part_doc:meta])* $part:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $(#[$value_doc])*
            pub value: $value,
            $($(#[$part_doc])* pub $part: Option<String>,)+
        }

        impl $name {
            /// The value with nothing that qualifies it.
            #[must_use]
            pub fn new(value: impl Into<$value>) -> Self {
                Self { value: value.into(), $($part: None),+ }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let parts = [$((stringify!($part), &self.$part)),+];
                if parts.iter().all(|(_, text)| text.is_none()) {
                    return self.value.serialize(serializer);
                }
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("value", &self.value)?;
                for (name, text) in parts {
                    if let Some(text) = text {
                        map.serialize_entry(name, text)?;
                    }
                }
                map.end()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                #[serde(untagged)]
                enum Form {
                    Bare($value),
                    Qualified { value: $value, $(#[serde(default)] $part: Option<String>),+ },
                }
                Ok(match Form::deserialize(deserializer)? {
                    Form::Bare(value) => Self { value, $($part: None),+ },
                    Form::Qualified { value, $($part),+ } => Self { value, $($part),+ },
                })
            }
        }
    };
}

qualified! {
    /// A day, perhaps with its time.
    Day {
        /// The day, `2026-03-21`.
        value: String,
        /// The time, `14:30:00`, perhaps with its offset from UTC.
        time
    }
}

impl From<&str> for Day {
    fn from(day: &str) -> Self {
        Self::new(day)
    }
}

qualified! {
    /// An identifier with its scheme.
    Identifier {
        /// The identifier.
        value: String,
        /// The scheme it belongs to, an ICD code of ISO/IEC 6523 or an address scheme (EAS).
        scheme,
        /// The version of the scheme.
        version
    }
}

qualified! {
    /// An amount with its currency.
    Amount {
        /// The amount.
        value: Number,
        /// The currency, ISO 4217; without one it is the currency of the invoice.
        currency
    }
}

qualified! {
    /// A quantity with its unit.
    Quantity {
        /// The quantity.
        value: Number,
        /// The unit, UN/ECE Recommendation 20.
        unit
    }
}

qualified! {
    /// Octets with their type and file name.
    Attachment {
        /// The octets as base64.
        value: String,
        /// The media type.
        mime,
        /// The file name.
        filename
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_keep_their_written_form_and_compare_by_value() {
        let number = Number::parse("4000.00").unwrap();
        assert_eq!(number.as_str(), "4000.00");
        assert_eq!(number, Number::parse("4000").unwrap());
        assert_eq!(Number::parse("-.5").unwrap().value(), Decimal::new(-5, 1));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", ".", "-", "1e3", "1,5", "0x1", "1.2.3", " 1", "٣", "12345678901234567890123456789.5", "--1"] {
            assert_eq!(Number::parse(text), Err(ValueError::Number), "{text}");
        }
    }

    #[test]
    fn days_are_read_exactly() {
        assert!(parse_date("2024-02-29").is_ok());
        for text in ["2023-02-29", "20240229", "2024-2-29", "2024-02-29Z", "", "2024-02-2x", "é24-02-29"] {
            assert_eq!(parse_date(text), Err(ValueError::Date), "{text}");
        }
    }

    #[test]
    fn an_identifier_is_a_string_until_something_qualifies_it() {
        let bare = Identifier::new("123");
        assert_eq!(serde_json::to_string(&bare).unwrap(), r#""123""#);
        let qualified = Identifier { scheme: Some("0088".into()), ..bare };
        let json = serde_json::to_string(&qualified).unwrap();
        assert_eq!(json, r#"{"value":"123","scheme":"0088"}"#);
        assert_eq!(serde_json::from_str::<Identifier>(&json).unwrap(), qualified);
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back(text in "-?[0-9]{1,12}(\\.[0-9]{1,6})?", octets: Vec<u8>, days in 0i64..100_000) {
            let number = Content::parse(Kind::Amount, &text).unwrap();
            prop_assert_eq!(number.text(), text);
            let binary = Content::Binary(octets);
            prop_assert_eq!(Content::parse(Kind::Binary, &binary.text()), Ok(binary.clone()));
            let date = Content::Date(jiff::civil::date(1900, 1, 1).saturating_add(jiff::Span::new().days(days)));
            prop_assert_eq!(Content::parse(Kind::Date, &date.text()), Ok(date.clone()));
        }

        #[test]
        fn no_text_panics(text: String) {
            for kind in [Kind::Amount, Kind::Date, Kind::Binary, Kind::Text] {
                let _ = Content::parse(kind, &text);
            }
        }
    }
}
