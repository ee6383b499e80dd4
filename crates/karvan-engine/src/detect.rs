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
}
