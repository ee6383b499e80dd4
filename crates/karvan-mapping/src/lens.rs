//! Lenses: how the text at a place becomes the value of a term, and back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use karvan_model::{Content, Kind, Part, Value};
use karvan_text::Message;
use rust_decimal::Decimal;

/// How text and value turn into each other. What [`Lens::put`] writes, [`Lens::get`] reads back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lens {
    /// The text as it is; numbers as XML Schema writes them, octets as base64.
    Plain,
    /// A number of EDIFACT (ISO 9735-1 §10): a comma will do for a point, an exponent is worked out.
    Number,
    /// A day as `2026-03-21` (XML Schema date).
    DateIso,
    /// A day as `20260321` (format 102 of code list 2379).
    Date102,
    /// A code, translated by a table from that of the syntax to that of the model; with `*` for `*` any other stands for itself.
    Codes(BTreeMap<String, String>),
    /// Text that goes on in the next repetition of its element where one is full; after one that is not, a new word begins.
    Joined,
    /// The same, where the next is another text's unless this one is full.
    Continued,
    /// Text whose lines stand in the repetitions of an element each; a full one goes on in the next.
    Lines,
    /// An electronic address with the code of its scheme before it, `0088:4012345000009`, where no element holds the code.
    Addressed,
}

impl Lens {
    /// The lens with this name in a table.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Plain,
            "number" => Self::Number,
            "date" => Self::DateIso,
            "date-102" => Self::Date102,
            "joined" => Self::Joined,
            "continued" => Self::Continued,
            "lines" => Self::Lines,
            "addressed" => Self::Addressed,
            _ => return None,
        })
    }

    /// Whether the value is spread over the repetitions of its element.
    pub(crate) fn is_spread(&self) -> bool {
        matches!(self, Self::Joined | Self::Continued | Self::Lines)
    }

    /// The content that `text` stands for.
    ///
    /// # Errors
    /// Why it stands for none.
    pub fn get(&self, kind: Kind, text: &str) -> Result<Content, Message> {
        let refused = |_| Message::new(refusal(kind)).with("value", text);
        match self {
            Self::Plain | Self::DateIso | Self::Joined | Self::Continued | Self::Lines | Self::Addressed => {
                Content::parse(kind, text).map_err(refused)
            }
            Self::Number => Content::parse(kind, &plain_number(text)).map_err(refused),
            Self::Date102 => {
                let text = text.trim();
                match (text.get(0..4), text.get(4..6), text.get(6..)) {
                    (Some(year), Some(month), Some(day)) if text.len() == 8 => {
                        Content::parse(kind, &[year, month, day].join("-")).map_err(refused)
                    }
                    _ => Err(Message::new(refusal(kind)).with("value", text)),
                }
            }
            Self::Codes(table) => match table.get(text) {
                Some(code) => Ok(Content::Text(code.into())),
                None if is_open(table, text) && table.values().all(|known| known != text) => {
                    Ok(Content::Text(text.into()))
                }
                None => Err(Message::new("mapping-no-code").with("value", text)),
            },
        }
    }

    /// The text that stands for `content`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn put<'a>(&'a self, content: &'a Content) -> Result<Cow<'a, str>, Message> {
        match (self, content) {
            (Self::Date102, Content::Date(_)) => Ok(content.text().replace('-', "").into()),
            (Self::Number, Content::Number(number)) => Ok(digits_around_mark(number.as_str())),
            _ => self.put_text(content.text()),
        }
    }

    /// The text that stands for a canonical text; numbers and days in it are left as they are.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn put_text<'a>(&'a self, text: Cow<'a, str>) -> Result<Cow<'a, str>, Message> {
        let Self::Codes(table) = self else { return Ok(text) };
        match table.iter().find(|(_, known)| **known == text) {
            Some((own, _)) => Ok(Cow::Borrowed(own)),
            None if is_open(table, &text) && !table.contains_key(&*text) => Ok(text),
            None => Err(Message::new("mapping-no-code").with("value", text)),
        }
    }

    /// The canonical text of what was written and is read again.
    pub(crate) fn read_again<'a>(&'a self, content: &'a Content) -> Cow<'a, str> {
        match self {
            Self::Number => self.put(content).unwrap_or_else(|_| content.text()),
            _ => content.text(),
        }
    }

    /// The scheme that stands before the address in `text`, and the address.
    pub(crate) fn scheme<'a>(&self, text: &'a str) -> (Option<&'a str>, &'a str) {
        if !matches!(self, Self::Addressed) {
            return (None, text);
        }
        match text.split_once(':') {
            Some((scheme, address)) if is_address_scheme(scheme) => (Some(scheme), address),
            _ => (None, text),
        }
    }

    /// The scheme of `value` that stands in its text: a number always, letters where they have no place of their own.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn scheme_in_text<'a>(&self, value: &'a Value, has_place: impl Fn() -> bool) -> Option<&'a str> {
        let scheme = matches!(self, Self::Addressed).then(|| value.part(Part::Scheme))??;
        let is_number = scheme.starts_with(|first: char| first.is_ascii_digit());
        (is_address_scheme(scheme) && (is_number || !has_place())).then_some(scheme)
    }

    /// One text from the pieces in the repetitions of an element, each of which holds at most `limit` characters.
    #[must_use]
    pub fn join<'a>(&self, pieces: impl IntoIterator<Item = &'a str>, limit: Option<usize>) -> Cow<'a, str> {
        let mut pieces = pieces.into_iter();
        let mut piece = pieces.next().unwrap_or_default();
        let mut whole = Cow::Borrowed(piece);
        for next in pieces {
            let full = limit.is_some_and(|limit| piece.chars().count() >= limit);
            let text = whole.to_mut();
            match self {
                Self::Lines if !full => text.push('\n'),
                // What was not cut off for want of room ended with a word.
                Self::Joined if !full && !text.ends_with(char::is_whitespace) => text.push(' '),
                _ => {}
            }
            text.push_str(next);
            piece = next;
        }
        whole
    }

    /// What of a text is told by its pieces: lines with nothing in them before the first and after the last are not.
    pub(crate) fn told<'a>(&self, text: &'a str) -> &'a str {
        if *self == Self::Lines { text.trim_matches('\n') } else { text }
    }

    /// The text of several lines as one, where its lines are more than the element has repetitions: a space stands between them.
    pub(crate) fn flowing(&self, text: &str) -> Option<String> {
        let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        (*self == Self::Lines && text.contains('\n')).then(|| lines.collect::<Vec<_>>().join(" "))
    }

    /// The pieces of a text for the repetitions of an element.
    ///
    /// # Errors
    /// If they would not be the same text when joined again: a line that ends exactly where a piece is full.
    pub fn split(&self, text: &str, limit: Option<usize>) -> Result<Vec<String>, Message> {
        let lines: Vec<&str> = if *self == Self::Lines { text.split('\n').collect() } else { vec![text] };
        let mut pieces = Vec::new();
        for line in lines {
            let characters: Vec<char> = line.chars().collect();
            let chunks = characters.chunks(limit.unwrap_or(usize::MAX).max(1));
            if characters.is_empty() {
                pieces.push(String::new());
            }
            pieces.extend(chunks.map(|chunk| chunk.iter().collect::<String>()));
        }
        if self.join(pieces.iter().map(String::as_str), limit) == text {
            Ok(pieces)
        } else {
            Err(Message::new("mapping-not-splittable"))
        }
    }
}

/// What of a text is the value, where that is not all of it, and the sentence that tells so: a code is what its list says,
/// without the white space that somebody's layout put around it, and a day is one of the calendar, whatever its time zone.
#[inline]
pub(crate) fn core(kind: Kind, text: &str) -> Option<(&str, &'static str)> {
    match kind {
        Kind::Code if is_padded(text) => Some((text.trim(), "mapping-trimmed")),
        Kind::Date => Some((without_zone(text)?, "mapping-zone")),
        _ => None,
    }
}

/// Whether white space stands around a text; most have none.
fn is_padded(text: &str) -> bool {
    let is_plain = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_graphic);
    !(is_plain(text.as_bytes().first()) && is_plain(text.as_bytes().last())) && text.trim().len() < text.len()
}

/// The day of `2026-03-21Z` or `2026-03-21+03:30` (XML Schema date).
fn without_zone(text: &str) -> Option<&str> {
    let (day, zone) = text.split_at_checked("2026-03-21".len())?;
    let is_zone = match zone.as_bytes() {
        b"Z" => true,
        [b'+' | b'-', hours @ .., b':', ten, one] => {
            hours.len() == 2
                && hours.iter().chain([ten, one]).all(u8::is_ascii_digit)
                && zone[1..] <= *"14:00"
                && *ten < b'6'
        }
        _ => false,
    };
    is_zone.then_some(day)
}

/// Whether a code that a translation does not name stands for itself: all do by `*`, those that begin with 0 by `0*`.
fn is_open(table: &BTreeMap<String, String>, code: &str) -> bool {
    table.keys().filter_map(|key| key.strip_suffix('*')).any(|begin| code.starts_with(begin))
}

/// The sentence that refuses a value of `kind`.
fn refusal(kind: Kind) -> &'static str {
    match kind {
        Kind::Date => "mapping-no-date",
        Kind::Binary => "mapping-no-base64",
        _ => "mapping-no-number",
    }
}

/// Whether a text looks like a code of the list of schemes of electronic addresses (EAS): the number of an issuing agency
/// in ISO/IEC 6523, or one of the letter codes that it takes from code list 3155.
fn is_address_scheme(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) || ["AN", "AQ", "AS", "AU", "EM"].contains(&text)
}

/// A number of EDIFACT as the model writes numbers: with a point, and with no exponent (syntax version 4 has them).
fn plain_number(text: &str) -> Cow<'_, str> {
    if text.contains(['E', 'e'])
        && let Ok(number) = Decimal::from_scientific(&text.replace(',', "."))
    {
        return number.to_string().into();
    }
    if text.contains(',') { text.replace(',', ".").into() } else { text.into() }
}

/// A number with no plus and with digits on both sides of its mark, as syntax versions 1 to 3 ask for them (ISO 9735:1988,
/// §10) and XML Schema does not.
fn digits_around_mark(number: &str) -> Cow<'_, str> {
    let number = number.trim_start_matches('+');
    let number = number.strip_suffix('.').unwrap_or(number);
    match number.strip_prefix('-').unwrap_or(number).strip_prefix('.') {
        Some(decimals) if number.starts_with('-') => format!("-0.{decimals}").into(),
        Some(decimals) => format!("0.{decimals}").into(),
        None => number.into(),
    }
}

/// A note with its subject code in one text, `#AAI#Delivered as agreed` (the habit of EN 16931 in UBL).
///
/// A text that begins like a code and has none keeps its first `#` apart with nothing between: it cannot be told, so
/// [`code_and_text`] reads only three capital letters as a code.
#[must_use]
pub(crate) fn code_and_text(text: &str) -> (Option<&str>, &str) {
    let rest = text.strip_prefix('#').unwrap_or_default();
    match rest.split_once('#') {
        Some((code, note)) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            (Some(code), note)
        }
        _ => (None, text),
    }
}

/// The text that [`code_and_text`] takes apart; none if it would take it apart otherwise.
#[must_use]
pub(crate) fn with_code(code: Option<&str>, text: &str) -> Option<String> {
    let mut whole = String::new();
    if let Some(code) = code {
        let _ = write!(whole, "#{code}#");
    }
    whole.push_str(text);
    (code_and_text(&whole) == (code, text)).then_some(whole)
}

#[cfg(test)]
mod tests {
    use karvan_model::{Origin, PartValue};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_in_both_forms() {
        let day = Lens::Date102.get(Kind::Date, "20240229").unwrap();
        assert_eq!(Lens::DateIso.put(&day).unwrap(), "2024-02-29");
        for text in ["20230229", "2024-02-29", "202402", "", "2024022x", "٢٠٢٤٠٢٢٩"] {
            assert!(Lens::Date102.get(Kind::Date, text).is_err(), "{text}");
        }
    }

    /// `.5` of XML went into syntax version 3, which does not have it; `1E3` of version 4 was refused.
    #[test]
    fn numbers_have_digits_on_both_sides_and_no_exponent() {
        for (text, written) in [
            (".5", "0.5"),
            ("-.50", "-0.50"),
            ("5.", "5"),
            ("+07", "07"),
            ("1E3", "1000"),
            ("-25e-1", "-2.5"),
            ("2,50", "2.50"),
        ] {
            let amount = Lens::Number.get(Kind::Amount, text).unwrap();
            assert_eq!(Lens::Number.put(&amount).unwrap(), written, "{text}");
        }
        for text in ["1E", "E3", "1E99", ".", "1E3E3", ""] {
            assert!(Lens::Number.get(Kind::Amount, text).is_err(), "{text}");
        }
    }

    #[test]
    fn codes_go_both_ways_or_are_told() {
        let table = [("5", "3"), ("29", "35")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let lens = Lens::Codes(BTreeMap::from(table));
        assert_eq!(lens.get(Kind::Code, "5").unwrap().text(), "3");
        assert_eq!(lens.put(&Content::Text("35".into())).unwrap(), "29");
        assert_eq!(lens.put(&Content::Text("5".into())).unwrap_err().id(), "mapping-no-code");
    }

    #[test]
    fn a_code_that_an_open_translation_does_not_name_stands_for_itself_unless_another_code_does() {
        let lens = Lens::Codes([("9", "0088"), ("*", "*")].map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        let (get, put) = (|text| lens.get(Kind::Code, text), |text: &str| lens.put_text(text.to_owned().into()));
        assert_eq!((get("91").unwrap().text(), &*put("91").unwrap()), ("91".into(), "91"));
        assert_eq!((get("9").unwrap().text(), &*put("0088").unwrap()), ("0088".into(), "9"));
        assert!(get("0088").is_err() && put("9").is_err());
    }

    #[test]
    fn a_translation_may_be_open_for_what_begins_with_a_text() {
        let lens = Lens::Codes([("9", "0088"), ("0*", "0*")].map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        let (get, put) = (|text| lens.get(Kind::Code, text), |text: &str| lens.put_text(text.to_owned().into()));
        assert_eq!((get("0184").unwrap().text(), &*put("0184").unwrap()), ("0184".into(), "0184"));
        assert!(get("0088").is_err() && get("91").is_err() && put("GLN").is_err());
    }

    #[test]
    fn lines_that_are_full_go_on() {
        let pieces = Lens::Lines.split("abcdefg\nhi", Some(4)).unwrap();
        assert_eq!(pieces, ["abcd", "efg", "hi"]);
        assert!(Lens::Lines.split("abcd\nef", Some(4)).is_err());
        assert_eq!(Lens::Joined.split("ab\ncd", Some(3)).unwrap(), ["ab\n", "cd"]);
        // "Nordhafen GmbH" and "Einkauf" became "Nordhafen GmbHEinkauf".
        assert_eq!(Lens::Joined.join(["abc", "de", "f"], Some(3)), "abcde f");
    }

    proptest! {
        #[test]
        fn every_lens_reads_what_it_writes(text in "[ -~]{0,40}", number in "-?[0-9]{1,9}(\\.[0-9]{1,4})?", days in 0i64..60_000) {
            let date = Content::Date(jiff::civil::date(1950, 1, 1).saturating_add(jiff::Span::new().days(days)));
            for lens in [Lens::DateIso, Lens::Date102] {
                prop_assert_eq!(lens.get(Kind::Date, &lens.put(&date).unwrap()).unwrap(), date.clone());
            }
            let amount = Content::parse(Kind::Amount, &number).unwrap();
            for lens in [Lens::Plain, Lens::Number] {
                let back = lens.get(Kind::Amount, &lens.put(&amount).unwrap()).unwrap();
                prop_assert_eq!(back.text(), amount.text());
            }
            let plain = Content::Text(text.into());
            prop_assert_eq!(Lens::Plain.get(Kind::Text, &Lens::Plain.put(&plain).unwrap()).unwrap(), plain);
        }

        #[test]
        fn an_address_is_told_from_its_scheme(scheme in "([0-9]{4}|EM|AS|[A-Z]{3})?", address in "[0-9a-z:@.]{1,20}") {
            let mut value = Value::new(Content::Text(address.as_str().into()));
            if !scheme.is_empty() {
                value.set(PartValue { part: Part::Scheme, text: scheme.as_str().into(), origin: Origin::default() });
            }
            match Lens::Addressed.scheme_in_text(&value, || false) {
                Some(in_text) => {
                    let text = format!("{in_text}:{address}");
                    prop_assert_eq!(Lens::Addressed.scheme(&text), (Some(&*scheme), &*address));
                }
                None => prop_assert!(scheme.is_empty() || scheme.len() == 3),
            }
        }

        #[test]
        fn what_is_split_joins_again(text in "[a-c\n]{0,60}", limit in 1usize..20) {
            for lens in [Lens::Joined, Lens::Lines] {
                if let Ok(pieces) = lens.split(&text, Some(limit)) {
                    prop_assert!(pieces.iter().all(|piece| piece.chars().count() <= limit));
                    prop_assert_eq!(lens.join(pieces.iter().map(String::as_str), Some(limit)), text.clone());
                }
            }
            prop_assert!(Lens::Joined.split(&text, Some(limit)).is_ok());
        }

        #[test]
        fn notes_read_back(code in proptest::option::of("[A-Z]{3}"), text in "[#A-Z a-z]{0,20}") {
            if let Some(whole) = with_code(code.as_deref(), &text) {
                prop_assert_eq!(code_and_text(&whole), (code.as_deref(), text.as_str()));
            } else {
                prop_assert!(text.starts_with('#'));
            }
        }
    }
}
