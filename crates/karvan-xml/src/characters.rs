//! Which characters may stand where: XML 1.0 (fifth edition) §2.2 and §2.3, Namespaces in XML 1.0 §3.

/// Whether `character` may stand in an XML document: the production `Char`, XML 1.0 §2.2.
#[must_use]
pub const fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether `name` is a name without colon: the production `NCName`, Namespaces in XML 1.0 §3.
///
/// ```
/// assert!(karvan_xml::is_local_name("Invoice"));
/// assert!(!karvan_xml::is_local_name("cbc:ID"));
/// assert!(!karvan_xml::is_local_name("2nd"));
/// ```
#[must_use]
pub fn is_local_name(name: &str) -> bool {
    // Names are ASCII mostly, and those of few characters of it.
    if name.bytes().all(|octet| PLAIN[usize::from(octet)]) {
        return name.as_bytes().first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
    }
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_part)
}

/// The octets of ASCII that may stand in a name.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet: u8 = 0;
    while octet < 128 {
        plain[octet as usize] = octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.');
        octet += 1;
    }
    plain
};

/// `name` as prefix (empty where there is none) and local name: the production `QName`, Namespaces in XML 1.0 §4.
pub(crate) fn split_name(name: &str) -> Option<(&str, &str)> {
    match name.bytes().position(|octet| octet == b':') {
        None => is_local_name(name).then_some(("", name)),
        Some(colon) => {
            let (prefix, local) = (&name[..colon], &name[colon + 1..]);
            (is_local_name(prefix) && is_local_name(local)).then_some((prefix, local))
        }
    }
}

/// The white space of XML 1.0 §2.3: space, tab, carriage return, line feed.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The offset of the first character of `text` that no XML document may hold.
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    // Of all that UTF-8 can hold only the C0 controls and U+FFFE, U+FFFF (EF BF BE, EF BF BF) are forbidden.
    let suspicious = |&octet: &u8| (octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r')) || octet == 0xef;
    let bytes = text.as_bytes();
    let mut start = 0;
    for block in bytes.chunks(64) {
        // Without an early end the compiler looks at many octets at once.
        if block.iter().fold(false, |any, octet| any | suspicious(octet)) {
            let found = block.iter().enumerate().find(|(at, octet)| {
                suspicious(octet)
                    && (**octet != 0xef
                        || matches!(bytes.get(start + at + 1..start + at + 3), Some([0xbf, 0xbe | 0xbf])))
            });
            if let Some((at, _)) = found {
                return Some(start + at);
            }
        }
        start += block.len();
    }
    None
}

const fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

const fn is_name_part(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_productions() {
        for good in ["a", "_x", "نام", "Ünit", "a-b.c1", "\u{10000}"] {
            assert!(is_local_name(good), "{good}");
        }
        for bad in ["", "1a", "-a", ".a", "a b", "a:b", "\u{d7}", "a\u{2000}", "\u{f0000}"] {
            assert!(!is_local_name(bad), "{bad:?}");
        }
        assert_eq!(split_name("cbc:ID"), Some(("cbc", "ID")));
        assert_eq!(split_name("ID"), Some(("", "ID")));
        for bad in [":ID", "cbc:", "a:b:c", ":", "a:1"] {
            assert_eq!(split_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_octet_scan_agrees_with_the_production() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert_eq!(first_forbidden(&text).is_none(), is_xml_character(character), "{:?}", character);
        }
        assert_eq!(first_forbidden("ab\u{b}"), Some(2));
    }
}
