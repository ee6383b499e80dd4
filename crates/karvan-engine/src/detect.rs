//! What a file is, told by its content, never by its name.

/// The kinds of content that Karvan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An EDIFACT interchange, with or without its envelope.
    Edifact,
    /// An XML document.
    Xml,
    /// A JSON document.
    Json,
}

/// How many octets from the beginning are enough to tell what a file is.
pub const HEAD: usize = 4096;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Tells what the content is that begins with `head`; none where it is nothing that Karvan reads.
///
/// EDIFACT begins with the service string advice or a service segment; what stands before it is stepped over where UNA with
/// a service segment, UNB or UNH follows within the head. XML begins with `<`, JSON with `{`. XML in UTF-16 is told by its byte order mark.
#[must_use]
pub fn kind(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"\xFE\xFF") || head.starts_with(b"\xFF\xFE") {
        return Some(Kind::Xml);
    }
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let content = head.trim_ascii_start();
    match content {
        [b'<', ..] => return Some(Kind::Xml),
        [b'{', ..] => return Some(Kind::Json),
        _ => {}
    }
    let headers = [b"UNB", b"UNG", b"UNH", b"UIB", b"UIH"];
    let begins = |octets: &[u8]| headers.iter().any(|tag| octets.starts_with(*tag));
    if content.starts_with(b"UNA") || begins(content) {
        return Some(Kind::Edifact);
    }
    // The header of another system, or a broken UNB. What is looked for is long enough not to be met by chance.
    let follows = |octets: &[u8]| {
        let advised = octets.starts_with(b"UNA") && octets.get(9..).is_some_and(|rest| begins(rest.trim_ascii_start()));
        let headers: [&[u8]; 4] = [b"UNB+UNO", b"UNH+", b"UIB+UNO", b"UIH+"];
        advised || headers.iter().any(|header| octets.starts_with(header))
    };
    (0..content.len()).any(|start| follows(&content[start..])).then_some(Kind::Edifact)
}

/// The encoding in which `head` begins an interchange, where its delimiters are other octets than those that are read.
#[must_use]
pub fn unread_encoding(head: &[u8]) -> Option<&'static str> {
    type Encode = fn(u8) -> Vec<u8>;
    // Each with its byte order mark and the octets of a capital letter; the longer marks first.
    const ENCODINGS: [(&str, &[u8], Encode); 5] = [
        ("UTF-32LE", b"\xFF\xFE\0\0", |letter| vec![letter, 0, 0, 0]),
        ("UTF-32BE", b"\0\0\xFE\xFF", |letter| vec![0, 0, 0, letter]),
        ("UTF-16LE", b"\xFF\xFE", |letter| vec![letter, 0]),
        ("UTF-16BE", b"\xFE\xFF", |letter| vec![0, letter]),
        // Code page 500, as all of EBCDIC in its letters: A to I, J to R, S to Z.
        ("IBM500", b"", |letter| match letter {
            b'A'..=b'I' => vec![letter - b'A' + 0xC1],
            b'J'..=b'R' => vec![letter - b'J' + 0xD1],
            _ => vec![letter.wrapping_sub(b'S').wrapping_add(0xE2)],
        }),
    ];
    let found = ENCODINGS.iter().find(|(_, mark, encode)| {
        let text = head.strip_prefix(*mark).unwrap_or(head);
        let begins =
            |tag: &[u8; 3]| text.starts_with(&tag.iter().flat_map(|&letter| encode(letter)).collect::<Vec<_>>());
        [b"UNA", b"UNB", b"UNG", b"UNH", b"UIB", b"UIH"].into_iter().any(begins)
    });
    found.map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_kind() {
        assert_eq!(kind(b"UNA:+.? '\r\nUNB+UNOC:3+A+B"), Some(Kind::Edifact));
        assert_eq!(kind(b"\xEF\xBB\xBFUNB+UNOY:4"), Some(Kind::Edifact));
        assert_eq!(kind(b"UNH+1+ORDERS:D:96A:UN'"), Some(Kind::Edifact));
        assert_eq!(kind(b"COALA;1\r\nUNA:+.? 'UNB+UNOC:3"), Some(Kind::Edifact));
        assert_eq!(kind(b"COALA;1\r\nUNA|^,\\ ~UNB^UNOC|3"), Some(Kind::Edifact));
        assert_eq!(kind(b"NB+UNOB:1+A+B'UNH+1+ORDERS:D:96A:UN'"), Some(Kind::Edifact));
        assert_eq!(kind(b"the message is UNAVAILABLE"), None);
        assert_eq!(kind(b"\n <Invoice/>"), Some(Kind::Xml));
        assert_eq!(kind(b"\xFF\xFE<\0"), Some(Kind::Xml));
        assert_eq!(kind(b" {\"invoice\": 1}"), Some(Kind::Json));
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"ISA*00*"), None);
    }

    #[test]
    fn interchanges_in_other_encodings_are_told() {
        assert_eq!(unread_encoding(b"\xFF\xFEU\0N\0B\0+\0"), Some("UTF-16LE"));
        assert_eq!(unread_encoding(b"\0U\0N\0A\0:"), Some("UTF-16BE"));
        assert_eq!(unread_encoding(b"\xFF\xFE\0\0U\0\0\0N\0\0\0H\0\0\0"), Some("UTF-32LE"));
        assert_eq!(unread_encoding(b"\0\0\0U\0\0\0I\0\0\0B"), Some("UTF-32BE"));
        assert_eq!(unread_encoding(b"\xE4\xD5\xC2N\xE4\xD5\xD6\xC3"), Some("IBM500"), "UNB+UNOC");
        for other in [&b"UNB+UNOC:3"[..], b"\xFF\xFE<\0", b"\xEF\xBB\xBFUNB", b"", b"\xE4\xD5"] {
            assert_eq!(unread_encoding(other), None, "{}", other.escape_ascii());
        }
    }
}
