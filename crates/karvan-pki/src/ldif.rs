//! LDIF (RFC 2849): certificates out of what a directory was written to.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A value of an entry that holds certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// What it holds.
    pub(crate) kind: Kind,
    /// Where it stands in the file.
    pub(crate) range: Range<usize>,
    /// The octets; none where it is not base64.
    pub(crate) contents: Option<Vec<u8>>,
}

/// The attributes of RFC 4523 that hold certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `userCertificate` and `cACertificate`.
    Certificate,
    /// `crossCertificatePair`.
    Pair,
}

/// Whether `bytes` look like LDIF: their first line that says something names a version or an entry.
pub(crate) fn is_ldif(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|octet| *octet == b'\n');
    let first = lines.find(|line| !line.starts_with(b"#") && !line.trim_ascii().is_empty());
    first.is_some_and(|line| line.starts_with(b"version:") || line.starts_with(b"dn:"))
}

/// The values that hold certificates, in order.
pub(crate) fn values(bytes: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    let mut end = 0;
    // A logical line, and where it stands: a line that begins with a space goes on with the one before.
    let mut line: Option<(Vec<u8>, Range<usize>)> = None;
    for physical in bytes.split(|octet| *octet == b'\n') {
        let range = end..end + physical.len();
        end = range.end + 1;
        let physical = physical.strip_suffix(b"\r").unwrap_or(physical);
        match (&mut line, physical.strip_prefix(b" ")) {
            (Some((text, place)), Some(more)) => {
                text.extend(more);
                place.end = range.end;
            }
            _ => {
                values.extend(line.replace((physical.to_vec(), range)).and_then(value));
            }
        }
    }
    values.extend(line.and_then(value));
    values
}

fn value((text, range): (Vec<u8>, Range<usize>)) -> Option<Value> {
    let text = std::str::from_utf8(&text).ok()?;
    let (attribute, content) = text.split_once("::")?;
    let attribute = attribute.split(';').next().unwrap_or(attribute);
    let kind = if ["userCertificate", "cACertificate"].iter().any(|name| attribute.eq_ignore_ascii_case(name)) {
        Kind::Certificate
    } else if attribute.eq_ignore_ascii_case("crossCertificatePair") {
        Kind::Pair
    } else {
        return None;
    };
    Some(Value { kind, range, contents: STANDARD.decode(content.trim()).ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_folded_and_attributes_have_options() {
        let text = b"version: 1\n# note\ndn: o=Bridge\ncACertificate;binary:: AQ\n ID\nmail: a@b\nCrossCertificatePair:: BA==\r\nuserCertificate:: ?";
        assert!(is_ldif(text));
        let found: Vec<_> = values(text).into_iter().map(|value| (value.kind, value.contents)).collect();
        assert_eq!(
            found,
            [(Kind::Certificate, Some(vec![1, 2, 3])), (Kind::Pair, Some(vec![4])), (Kind::Certificate, None)]
        );
        assert_eq!(&text[values(text)[0].range.clone()], b"cACertificate;binary:: AQ\n ID");
        assert!(!is_ldif(b"-----BEGIN CERTIFICATE-----"));
    }
}
