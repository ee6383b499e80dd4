//! Declarations: of XML, of namespaces.

use std::ops::Range;

use karvan_text::Message;

use crate::attributes::raw_attributes;
use crate::problem::{Problem, Step};
use crate::{XML_NAMESPACE, XMLNS_NAMESPACE};

/// Encodings whose first 128 characters are those of ASCII: a document that has no others reads the same in all of them.
const LIKE_ASCII: [&str; 5] = ["US-ASCII", "ISO-8859-1", "ISO-8859-9", "ISO-8859-15", "windows-1252"];

/// Checks the XML declaration at `octets`, and tells the encoding that it promises where only ASCII of that is read.
///
/// XML 1.0 §2.8: `'<?xml' VersionInfo EncodingDecl? SDDecl? S? '?>'`.
pub(crate) fn xml_declaration(text: &str, octets: Range<usize>) -> Step<Option<&'static str>> {
    let malformed = |span| Problem::new(5012, Message::new("xml-declaration"), span);
    let mut expected = ["version", "encoding", "standalone"].into_iter();
    let mut ascii = None;
    for attribute in raw_attributes(text, octets.start + "<?xml".len()..octets.end - "?>".len()) {
        let attribute = attribute?;
        let (name, value) = (&text[attribute.name.clone()], &text[attribute.value.clone()]);
        let is_first = expected.len() == 3;
        if !expected.any(|other| other == name) || is_first && name != "version" {
            return Err(malformed(attribute.span()));
        }
        match name {
            "version" if value == "1.0" => {}
            "version" => {
                let message = Message::new("xml-version").with("version", value);
                return Err(Problem::new(5012, message, attribute.value));
            }
            // UTF8 is no registered name, but it is written and leaves no doubt.
            "encoding" if value.eq_ignore_ascii_case("UTF-8") || value.eq_ignore_ascii_case("UTF8") => {}
            "encoding" => match LIKE_ASCII.iter().find(|name| value.eq_ignore_ascii_case(name)) {
                Some(name) => ascii = Some(*name),
                None => return Err(other_encoding(value, attribute.value)),
            },
            _ if matches!(value, "yes" | "no") => {}
            _ => return Err(malformed(attribute.span())),
        }
    }
    if expected.len() == 3 { Err(malformed(octets)) } else { Ok(ascii) }
}

/// The problem that a document in `encoding`, of which only ASCII is read, has with `text`.
pub(crate) fn not_ascii(encoding: &str, text: &str) -> Option<Box<Problem>> {
    let at = text.bytes().position(|octet| !octet.is_ascii())?;
    Some(other_encoding(encoding, at..at + text[at..].chars().next().map_or(0, char::len_utf8)))
}

fn other_encoding(name: &str, span: Range<usize>) -> Box<Problem> {
    Problem::new(5010, Message::new("xml-encoding").with("encoding", name), span).help("xml-encoding-help")
}

/// Checks that `prefix` may be bound to `namespace`, as the attribute `span` of `text` says: Namespaces in XML 1.0 §3,
/// reserved prefixes and namespace names; §2.2, §5.
pub(crate) fn check_namespace(prefix: &str, namespace: &str, text: &str, span: Range<usize>) -> Step<()> {
    let reserved =
        prefix == "xmlns" || namespace == XMLNS_NAMESPACE || (prefix == "xml") != (namespace == XML_NAMESPACE);
    if reserved {
        let message = Message::new("xml-namespace-reserved").with("name", &text[span.clone()]);
        return Err(Problem::new(5009, message, span));
    }
    if namespace.is_empty() && !prefix.is_empty() {
        return Err(Problem::new(5009, Message::new("xml-namespace-empty").with("prefix", prefix), span));
    }
    Ok(())
}
