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
/// EDIFACT begins with the service string advice or a service segment; text before it is stepped over where a UNA or UNB
/// follows within the head. XML begins with `<`, JSON with `{`. XML in UTF-16 is told by its byte order mark.
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
    let begins = |tag: &[u8]| content.starts_with(tag);
    if begins(b"UNA") || [b"UNB", b"UNG", b"UNH", b"UIB", b"UIH"].iter().any(|tag| begins(*tag)) {
        return Some(Kind::Edifact);
    }
    // A header of another system before the interchange: UNB+UNO… and UNA:+ are long enough not to be met by chance.
    let within = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
    (within(b"UNB+UNO") || within(b"UNA:+")).then_some(Kind::Edifact)
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
        assert_eq!(kind(b"\n <Invoice/>"), Some(Kind::Xml));
        assert_eq!(kind(b"\xFF\xFE<\0"), Some(Kind::Xml));
        assert_eq!(kind(b" {\"invoice\": 1}"), Some(Kind::Json));
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"ISA*00*"), None);
    }
}
