//! Attributes of a start tag, and references: XML 1.0 §3.1, §3.3.3, §4.1, §4.6.

use std::ops::Range;

use karvan_text::Message;

use crate::characters::{is_space, is_xml_character};
use crate::problem::{Problem, Step};

/// An attribute as it is written: octet ranges of its name and of what stands between its quotation marks.
pub(crate) struct RawAttribute {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
}

impl RawAttribute {
    /// The octets from the name to the closing quotation mark.
    pub(crate) fn span(&self) -> Range<usize> {
        self.name.start..self.value.end + 1
    }
}

/// Reads the attributes in `source[range]`, what stands in a tag behind its name.
pub(crate) fn raw_attributes(source: &str, range: Range<usize>) -> impl Iterator<Item = Step<RawAttribute>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let attribute = next_attribute(source, at..range.end)?;
        at = attribute.as_ref().map_or(range.end, |attribute| attribute.span().end);
        Some(attribute)
    })
}

/// Reads the first attribute in `source[range]`, what stands in a tag behind its name or behind another attribute.
pub(crate) fn next_attribute(source: &str, range: Range<usize>) -> Option<Step<RawAttribute>> {
    let bytes = source.as_bytes();
    let start = skip_space(bytes, range.start, range.end);
    if start == range.end {
        return None;
    }
    Some(if start == range.start {
        // XML 1.0 §3.1: STag ::= '<' Name (S Attribute)* S? '>'
        Err(Problem::new(5006, Message::new("xml-attribute-space"), start..start))
    } else {
        raw_attribute(bytes, start, range.end)
    })
}

fn raw_attribute(bytes: &[u8], start: usize, end: usize) -> Step<RawAttribute> {
    let is_name_end = |&byte: &u8| is_space(byte) || matches!(byte, b'=' | b'"' | b'\'');
    let name_end = bytes[start..end].iter().position(is_name_end).map_or(end, |length| start + length);
    let equals = skip_space(bytes, name_end, end);
    if equals == end || bytes[equals] != b'=' || name_end == start {
        return Err(Problem::new(5006, Message::new("xml-attribute-equals"), start..name_end.max(start + 1).min(end)));
    }
    let quote = skip_space(bytes, equals + 1, end);
    let not_quoted = || Problem::new(5006, Message::new("xml-attribute-quote"), start..end);
    let Some(&mark @ (b'"' | b'\'')) = bytes[..end].get(quote) else { return Err(not_quoted()) };
    let value_start = quote + 1;
    let length = memchr::memchr(mark, &bytes[value_start..end]).ok_or_else(not_quoted)?;
    let value = value_start..value_start + length;
    if let Some(at) = memchr::memchr(b'<', &bytes[value.clone()]) {
        // XML 1.0 §3.1, well-formedness constraint: no < in attribute values.
        let at = value.start + at;
        return Err(Problem::new(5006, Message::new("xml-attribute-less-than"), at..at + 1));
    }
    Ok(RawAttribute { name: start..name_end, value })
}

fn skip_space(bytes: &[u8], from: usize, end: usize) -> usize {
    bytes[from..end].iter().position(|&byte| !is_space(byte)).map_or(end, |length| from + length)
}

/// Whether the normalised value differs from what is written.
pub(crate) fn needs_normalization(raw: &str) -> bool {
    raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r'))
}

/// Appends the value `source[range]`, normalised (XML 1.0 §3.3.3), to `out`.
///
/// Without a DTD every attribute is of type CDATA: white space becomes spaces, a line end (§2.11) one space, and what a
/// character reference stands for is left as it is.
pub(crate) fn normalize_value(source: &str, range: Range<usize>, out: &mut String) -> Step<()> {
    let raw = &source[range.clone()];
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(length) = bytes[at..].iter().position(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
        out.push_str(&raw[at..at + length]);
        at += length;
        if bytes[at] == b'&' {
            let offset = range.start + at;
            let Some(semicolon) = memchr::memchr(b';', &bytes[at..]) else {
                return Err(unclosed_reference(offset..range.end));
            };
            out.push(reference(&raw[at + 1..at + semicolon], offset..offset + semicolon + 1)?);
            at += semicolon + 1;
        } else {
            out.push(' ');
            at += if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
        }
    }
    out.push_str(&raw[at..]);
    Ok(())
}

/// The problem of a `&` that no `;` follows.
pub(crate) fn unclosed_reference(span: Range<usize>) -> Box<Problem> {
    Problem::new(5005, Message::new("xml-reference-unclosed"), span).help("xml-reference-help")
}

/// The character that `name` stands for between `&` and `;`, where `span` covers all three.
pub(crate) fn reference(name: &str, span: Range<usize>) -> Step<char> {
    let Some(number) = name.strip_prefix('#') else {
        return predefined_entity(name).ok_or_else(|| {
            Problem::new(5005, Message::new("xml-entity-unknown").with("name", name), span).help("xml-reference-help")
        });
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // from_str_radix would take a sign.
    let value = if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() };
    value
        .and_then(char::from_u32)
        .filter(|&character| is_xml_character(character))
        .ok_or_else(|| Problem::new(5005, Message::new("xml-reference-character").with("name", name), span))
}

/// XML 1.0 §4.6.
fn predefined_entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(raw: &str) -> Option<String> {
        let mut out = String::new();
        normalize_value(raw, 0..raw.len(), &mut out).ok().map(|()| out)
    }

    #[test]
    fn values_are_normalised_as_cdata() {
        // XML 1.0 §3.3.3, the table of examples, column CDATA, and line ends of §2.11.
        assert_eq!(normalized("\r\n\r\nxyz").as_deref(), Some("  xyz"));
        assert_eq!(normalized("&#xd;&#xA;A").as_deref(), Some("\r\nA"));
        assert_eq!(normalized("a\tb\nc\rd").as_deref(), Some("a b c d"));
        assert_eq!(normalized("&lt;&gt;&amp;&apos;&quot;&#x20AC;&#8364;").as_deref(), Some("<>&'\"€€"));
    }

    #[test]
    fn what_is_no_reference_is_a_problem() {
        for bad in [
            "&",
            "&lt",
            "&nbsp;",
            "&#;",
            "&#x;",
            "&#+65;",
            "&#X41;",
            "&#0;",
            "&#xD800;",
            "&#xFFFE;",
            "&#99999999999;",
            "& amp;",
        ] {
            assert_eq!(normalized(bad), None, "{bad}");
        }
    }

    #[test]
    fn attributes_are_told_apart() {
        let read = |text: &str| {
            raw_attributes(text, 0..text.len())
                .map(|attribute| attribute.map(|a| (text[a.name].to_owned(), text[a.value].to_owned())))
                .collect::<Result<Vec<_>, _>>()
                .ok()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(" a='1'\n b = \"x'y\" "), Some(vec![pair("a", "1"), pair("b", "x'y")]));
        assert_eq!(read(""), Some(vec![]));
        for bad in ["a='1'", " a='1'b='2'", " a", " a=", " a=1", " a='1", " ='1'", " a='<'", " /", " a b='1'"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
