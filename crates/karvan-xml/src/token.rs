//! Cutting text into markup and character data; what the pieces hold is looked at elsewhere.

use std::ops::Range;

use karvan_text::Message;
use memchr::memmem;

use crate::characters::is_space;
use crate::problem::{Problem, Step};

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Character data, without references.
    Text,
    /// `&…;`
    Reference,
    /// `<![CDATA[…]]>`
    Section,
    /// A start tag, or an empty-element tag.
    Start {
        /// The name.
        name: Range<usize>,
        /// What stands behind the name, `>` or `/>` aside.
        attributes: Range<usize>,
        /// Whether it is an empty-element tag.
        empty: bool,
    },
    /// An end tag.
    End {
        /// The name.
        name: Range<usize>,
    },
    /// `<!--…-->`
    Comment,
    /// A processing instruction.
    Instruction {
        /// The target.
        target: Range<usize>,
    },
    /// `<?xml …?>`
    Declaration,
}

/// The token that begins at `at`, with the offset of its end. None where `text` ends before the token does and is not
/// `whole`: there is more to come.
///
/// Text is given as far as it is there.
#[inline]
pub(crate) fn token(text: &str, at: usize, whole: bool) -> Step<Option<(Token, usize)>> {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    match rest {
        [b'<', b'/', ..] => {
            let Some(length) = memchr::memchr(b'>', rest) else { return unclosed(text, at, ">", whole) };
            let inner = rest[2..length].trim_ascii_end();
            Ok(Some((Token::End { name: at + 2..at + 2 + inner.len() }, at + length + 1)))
        }
        [b'<', b'?', ..] => instruction(text, at, whole),
        [b'<', b'!', ..] => declaration(text, at, whole),
        [b'<', ..] => start_tag(text, at, whole),
        [b'&', ..] => reference(text, at, whole),
        _ => {
            let length = match memchr::memchr2(b'<', b'&', rest) {
                Some(length) => length,
                None if whole => rest.len(),
                // What may be the first half of CR LF or of `]]>` waits for the other.
                None => rest.len() - rest.iter().rev().take_while(|octet| matches!(octet, b'\r' | b']')).count(),
            };
            Ok((length > 0).then_some((Token::Text, at + length)))
        }
    }
}

/// XML 1.0 §3.1: `'<' Name (S Attribute)* S? '/'? '>'`, where `>` may stand in the values of attributes.
fn start_tag(text: &str, at: usize, whole: bool) -> Step<Option<(Token, usize)>> {
    let bytes = text.as_bytes();
    // Most tags have no attributes and end with the name.
    let ends_name = |octet: &u8| is_space(*octet) || matches!(octet, b'/' | b'>' | b'"' | b'\'');
    let mut from = bytes[at + 1..].iter().position(ends_name).map_or(bytes.len(), |length| at + 1 + length);
    if bytes.get(from) == Some(&b'>') {
        let token = Token::Start { name: at + 1..from, attributes: from..from, empty: false };
        return Ok(Some((token, from + 1)));
    }
    let end = loop {
        let found = memchr::memchr3(b'>', b'"', b'\'', &bytes[from..]).map(|length| from + length);
        match found.map(|place| (place, bytes[place])) {
            None => return unclosed(text, at, ">", whole),
            Some((place, b'>')) => break place,
            Some((place, mark)) => match memchr::memchr(mark, &bytes[place + 1..]) {
                None => return unclosed(text, at, if mark == b'"' { "\"" } else { "'" }, whole),
                Some(length) => from = place + 1 + length + 1,
            },
        }
    };
    let inside = &bytes[at + 1..end];
    let empty = inside.ends_with(b"/");
    let inside = inside.strip_suffix(b"/").unwrap_or(inside);
    let length = inside.iter().position(|&octet| is_space(octet) || octet == b'/').unwrap_or(inside.len());
    let name = at + 1..at + 1 + length;
    let attributes = name.end..at + 1 + inside.len();
    Ok(Some((Token::Start { name, attributes, empty }, end + 1)))
}

/// XML 1.0 §2.6, and §2.8 for `<?xml`.
fn instruction(text: &str, at: usize, whole: bool) -> Step<Option<(Token, usize)>> {
    let Some(length) = memmem::find(&text.as_bytes()[at + 2..], b"?>") else { return unclosed(text, at, "?>", whole) };
    let inside = &text[at + 2..at + 2 + length];
    let target = inside.find([' ', '\t', '\r', '\n']).map_or(inside, |end| &inside[..end]);
    let token = match target {
        "xml" => Token::Declaration,
        _ => Token::Instruction { target: at + 2..at + 2 + target.len() },
    };
    Ok(Some((token, at + 2 + length + 2)))
}

/// What begins with `<!`.
fn declaration(text: &str, at: usize, whole: bool) -> Step<Option<(Token, usize)>> {
    const MARKS: [&str; 3] = ["<!--", "<![CDATA[", "<!DOCTYPE"];
    let rest = &text.as_bytes()[at..];
    let begins = |mark: &str| rest.starts_with(mark.as_bytes());
    let closed = |mark: &str, end: &'static str, token: Token| match memmem::find(&rest[mark.len()..], end.as_bytes()) {
        Some(length) => Ok(Some((token, at + mark.len() + length + end.len()))),
        None => unclosed(text, at, end, whole),
    };
    if begins("<!--") {
        closed("<!--", "-->", Token::Comment)
    } else if begins("<![CDATA[") {
        closed("<![CDATA[", "]]>", Token::Section)
    } else if begins("<!DOCTYPE") {
        Err(document_type(at..line_end(text, at)))
    } else if !whole && MARKS.iter().any(|mark| mark.as_bytes().starts_with(rest)) {
        Ok(None)
    } else {
        let end = line_end(text, at);
        Err(Problem::new(5001, Message::new("xml-markup"), at..end))
    }
}

/// XML 1.0 §4.1: `'&' Name ';'`, `'&#' … ';'`. No name of a reference that is known is as long as this.
const LONGEST_REFERENCE: usize = 64;

fn reference(text: &str, at: usize, whole: bool) -> Step<Option<(Token, usize)>> {
    let rest = &text.as_bytes()[at..];
    let seen = &rest[..rest.len().min(LONGEST_REFERENCE)];
    match memchr::memchr3(b';', b'<', b' ', seen).filter(|&end| seen[end] == b';') {
        Some(length) => Ok(Some((Token::Reference, at + length + 1))),
        None if seen.len() == rest.len() && !whole && !seen.contains(&b'<') => Ok(None),
        None => Err(crate::attributes::unclosed_reference(at..at + 1)),
    }
}

/// Markup that `text` holds only the beginning of: a problem where there is no more.
fn unclosed(text: &str, at: usize, end: &str, whole: bool) -> Step<Option<(Token, usize)>> {
    if !whole {
        return Ok(None);
    }
    let message = Message::new("xml-markup-unclosed").with("end", end);
    let line = &text[at..];
    let length = line.find(['\n', '>']).unwrap_or(line.len());
    Err(Problem::new(5001, message, at..at + length))
}

/// The offset behind the `>` that ends the markup at `at`, or of the end of its line.
fn line_end(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    memchr::memchr2(b'>', b'\n', rest).map_or(text.len(), |end| at + end + usize::from(rest[end] == b'>'))
}

/// An entity could stand for a billion others or for a file of this machine; trade documents need none.
fn document_type(octets: Range<usize>) -> Box<Problem> {
    Problem::new(9110, Message::new("xml-document-type"), octets).help("xml-document-type-help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(Token, &str)> {
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            let (token, end) = token(text, at, true).expect("good markup").expect("the text is whole");
            found.push((token, &text[at..end]));
            at = end;
        }
        found
    }

    #[test]
    fn tokens_follow_one_another() {
        let found =
            tokens("<?xml version='1.0'?><?p d?><!-- > --><a b='>' c=\"'/>\"/><x:y ></x:y >t]&lt;<![CDATA[<]]>");
        let pieces: Vec<&str> = found.iter().map(|(_, piece)| *piece).collect();
        assert_eq!(
            pieces,
            [
                "<?xml version='1.0'?>",
                "<?p d?>",
                "<!-- > -->",
                "<a b='>' c=\"'/>\"/>",
                "<x:y >",
                "</x:y >",
                "t]",
                "&lt;",
                "<![CDATA[<]]>"
            ]
        );
        assert!(matches!(found[3].0, Token::Start { empty: true, .. }));
        assert!(matches!(&found[4].0, Token::Start { empty: false, name, .. } if name.len() == 3));
        assert!(matches!(&found[5].0, Token::End { name } if name.len() == 3));
    }

    #[test]
    fn a_start_tag_is_its_name_and_what_stands_behind() {
        let cases = [
            ("<a>", "a", "", false),
            ("<a/>", "a", "", true),
            ("<a\t>", "a", "\t", false),
            ("<a\n/>", "a", "\n", true),
            ("<a b='>'>", "a", " b='>'", false),
            ("<a/b>", "a", "/b", false),
            ("<a\">\">", "a\">\"", "", false),
        ];
        for (tag, name, attributes, empty) in cases {
            let found = token(&format!("{tag}>"), 0, true).expect("good markup");
            let end = 1 + name.len();
            let attributes = end..end + attributes.len();
            assert_eq!(found, Some((Token::Start { name: 1..end, attributes, empty }, tag.len())), "{tag}");
        }
    }

    #[test]
    fn what_is_cut_waits_for_the_rest() {
        for whole in ["<a b='>'>", "</a>", "<!-- -->", "<![CDATA[]]>", "<?p ?>", "&amp;"] {
            for cut in 1..whole.len() {
                assert_eq!(token(&whole[..cut], 0, false).expect("no problem"), None, "{}", &whole[..cut]);
                assert!(token(&whole[..cut], 0, true).is_err(), "{}", &whole[..cut]);
            }
        }
        assert_eq!(token("ab\r", 0, false).unwrap(), Some((Token::Text, 2)));
        assert_eq!(token("]]", 0, false).unwrap(), None);
        assert_eq!(token("]]", 0, true).unwrap(), Some((Token::Text, 2)));
    }
}
