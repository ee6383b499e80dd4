//! Documents in other encodings than UTF-8, brought into it (XML 1.0 §4.3.3, appendix F).

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::attributes::raw_attributes;

/// A document that came in another encoding, in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcoded {
    /// The document; its declaration names UTF-8. Places in it count these octets: those of the file up to the first
    /// character that is more than one.
    pub octets: Vec<u8>,
    /// The encoding that it declares, or has by its byte order mark.
    pub encoding: String,
    /// Whether it was UTF-8 all the same: all that is beyond ASCII is, and to read it as declared would make two or three
    /// wrong characters of each right one.
    pub was_utf8: bool,
}

/// The document as UTF-8, where it is in another encoding: UTF-16, or one that its declaration names, of those of the
/// Encoding Standard. None where it is UTF-8, or octets of it stand for nothing in that encoding.
///
/// Signatures are over the octets of a document: it is verified as it came.
///
/// ```
/// let latin = karvan_xml::transcoded(b"<?xml version='1.0' encoding='ISO-8859-1'?><name>M\xDCHLE</name>").unwrap();
/// assert_eq!(latin.octets, "<?xml version='1.0' encoding='UTF-8'     ?><name>MÜHLE</name>".as_bytes());
/// assert_eq!(karvan_xml::transcoded(b"<name/>"), None);
/// ```
#[must_use]
pub fn transcoded(octets: &[u8]) -> Option<Transcoded> {
    if let Some(encoding) = wide(octets) {
        let text = encoding.decode_with_bom_removal(octets);
        let (text, false) = text else { return None };
        return Some(Transcoded {
            octets: declared_as_utf8(&text).into_bytes(),
            encoding: "UTF-16".to_owned(),
            was_utf8: false,
        });
    }
    let (name, encoding) = named(octets)?;
    let text = match std::str::from_utf8(octets) {
        Ok(text) => Some(text.to_owned()),
        // The Encoding Standard takes it for Windows-1252, which has letters where this one has control characters.
        Err(_) if is_latin1(name) => Some(encoding_rs::mem::decode_latin1(octets).into_owned()),
        Err(_) => {
            let text = encoding.decode_without_bom_handling_and_without_replacement(octets);
            text.map(std::borrow::Cow::into_owned)
        }
    };
    let was_utf8 = !octets.is_ascii() && std::str::from_utf8(octets).is_ok();
    let encoding = name.to_owned();
    Some(Transcoded { octets: declared_as_utf8(&text?).into_bytes(), encoding, was_utf8 })
}

/// Whether a document that begins with `head` is in another encoding than UTF-8, or says so.
#[must_use]
pub fn is_encoded_otherwise(head: &[u8]) -> bool {
    wide(head).is_some() || named(head).is_some()
}

/// The encoding of two octets a character that a document begins in: a byte order mark, or `<?` (XML 1.0, appendix F).
fn wide(octets: &[u8]) -> Option<&'static Encoding> {
    match octets {
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Some(UTF_16BE),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Some(UTF_16LE),
        _ => None,
    }
}

/// The encoding other than UTF-8 that the declaration names, with that name.
fn named(octets: &[u8]) -> Option<(&str, &'static Encoding)> {
    let length = memchr::memmem::find(&octets[..octets.len().min(HEAD)], b"?>")? + 2;
    let declaration = std::str::from_utf8(&octets[..length]).ok()?;
    let name = &declaration[declared(declaration)?];
    let encoding = Encoding::for_label(name.as_bytes())?;
    // What has no encoding of its own to be written in has two octets a character, and no such declaration.
    (encoding != UTF_8 && encoding.output_encoding() == encoding).then_some((name, encoding))
}

/// How many octets of a document are looked at for its declaration.
const HEAD: usize = 1 << 10;

/// ISO 8859-1 by its registered names.
fn is_latin1(name: &str) -> bool {
    ["ISO-8859-1", "ISO_8859-1", "latin1", "l1"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Where the declaration at the beginning of `text` names an encoding.
fn declared(text: &str) -> Option<Range<usize>> {
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let inside = text[start..].strip_prefix("<?xml")?;
    let (start, end) = (text.len() - inside.len(), text.len() - inside.len() + inside.find("?>")?);
    let encoding = |attribute: &crate::attributes::RawAttribute| &text[attribute.name.clone()] == "encoding";
    raw_attributes(text, start..end).map_while(Result::ok).find(encoding).map(|attribute| attribute.value)
}

/// The document with a declaration that names UTF-8, and as long as it was where the name was not shorter.
fn declared_as_utf8(text: &str) -> String {
    const NAME: &str = "UTF-8";
    match declared(text) {
        Some(name) => {
            let quote = name.end + 1;
            let space = " ".repeat(name.len().saturating_sub(NAME.len()));
            [&text[..name.start], NAME, &text[name.end..quote], &space, &text[quote..]].concat()
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, octets: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(octets).collect()
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        let document = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><n>تهران</n>";
        for text in [document.to_owned(), format!("\u{FEFF}{document}")] {
            for octets in [wide(&text, u16::to_be_bytes), wide(&text, u16::to_le_bytes)] {
                let found = transcoded(&octets).unwrap();
                assert_eq!(found.octets, document.replace("UTF-16\"", "UTF-8\" ").into_bytes());
                assert_eq!((found.encoding.as_str(), found.was_utf8), ("UTF-16", false));
            }
        }
        // Half of a pair.
        assert_eq!(transcoded(b"\xFF\xFE<\0\0\xD8"), None);
    }

    #[test]
    fn what_a_declaration_names_is_read() {
        let read = |name: &str, octets: &[u8]| {
            let document = [format!("<?xml version='1.0' encoding='{name}'?><n>").as_bytes(), octets, b"</n>"].concat();
            let text = transcoded(&document).map(|found| String::from_utf8(found.octets).unwrap());
            text.map(|text| text[text.find("<n>").unwrap() + 3..].replace("</n>", ""))
        };
        assert_eq!(read("iso-8859-1", b"\xFC\x80").as_deref(), Some("ü\u{80}"));
        assert_eq!(read("windows-1252", b"\xFC\x80").as_deref(), Some("ü€"));
        assert_eq!(read("ISO-8859-9", b"\xDE").as_deref(), Some("Ş"));
        assert_eq!(read("windows-1256", b"\xC8").as_deref(), Some("ب"));
        assert_eq!(read("windows-1256", b"u").as_deref(), Some("u"));
        // Nothing to do, nothing known, nothing that could be meant.
        for (name, octets) in [("utf-8", &b"\xC3\xBC"[..]), ("EBCDIC", b"\xFC"), ("UTF-16", b"\xFC")] {
            assert_eq!(read(name, octets), None, "{name}");
        }
        assert_eq!(read("Shift_JIS", b"\xFF"), None);
    }

    #[test]
    fn utf8_that_is_declared_otherwise_stays_what_it_is() {
        let document = "<?xml version='1.0' encoding='ISO-8859-1'?><n>MÜHLE</n>";
        let found = transcoded(document.as_bytes()).unwrap();
        assert!(found.was_utf8);
        assert_eq!(found.octets, document.replace("ISO-8859-1'", "UTF-8'     ").into_bytes());
        assert_eq!(found.octets.len(), document.len());
    }
}
