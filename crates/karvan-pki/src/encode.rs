//! Writing DER: what a certificate to be signed is made of.
//!
//! The shapes are few and every value is small, so each function gives the octets of one value.

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A value with its tag and the shortest length (X.690 §10.1).
pub(crate) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => octets.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits = &length[length.iter().take_while(|octet| **octet == 0).count()..];
            // A length has at most eight octets.
            octets.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            octets.extend(digits);
        }
    }
    octets.extend(content);
    octets
}

/// A SEQUENCE of values.
pub(crate) fn sequence<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    value(0x30, &parts.into_iter().flatten().copied().collect::<Vec<_>>())
}

/// A value in an explicit context-specific tag.
pub(crate) fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    value(0xa0 | number, content)
}

/// An unsigned INTEGER from its octets, the greatest first.
pub(crate) fn integer(octets: &[u8]) -> Vec<u8> {
    value(0x02, &unsigned(octets))
}

/// The content of an INTEGER that is a count.
pub(crate) fn count(number: u64) -> Vec<u8> {
    unsigned(&number.to_be_bytes())
}

fn unsigned(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let digits = &octets[zeros.min(octets.len())..];
    match digits.first() {
        None => vec![0],
        Some(0x80..) => [&[0], digits].concat(),
        Some(_) => digits.to_vec(),
    }
}

/// An OBJECT IDENTIFIER.
pub(crate) fn identifier(identifier: ObjectIdentifier) -> Vec<u8> {
    value(0x06, identifier.as_bytes())
}

/// One extension (RFC 5280 §4.1.2.9).
pub(crate) fn extension(kind: ObjectIdentifier, critical: bool, content: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    sequence([&identifier(kind)[..], critical, &value(0x04, content)])
}

/// A time as RFC 5280 §4.1.2.5 has it: UTCTime from 1950 to 2049, else GeneralizedTime; whole seconds.
pub(crate) fn time(time: Timestamp) -> Vec<u8> {
    let time = time.to_zoned(TimeZone::UTC);
    if (1950..2050).contains(&time.year()) {
        value(0x17, time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        value(0x18, time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}

/// A text in the narrowest string type: PrintableString where it has no other characters, else UTF8String (RFC 5280
/// §4.1.2.4).
pub(crate) fn directory_string(text: &str) -> Vec<u8> {
    let printable = |octet: u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet);
    value(if text.bytes().all(printable) { 0x13 } else { 0x0c }, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{self, Reader};

    #[test]
    fn lengths_are_the_shortest() {
        assert_eq!(value(4, &[0; 3])[..2], [4, 3]);
        assert_eq!(value(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(value(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(value(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn integers_are_the_shortest_and_positive() {
        assert_eq!(integer(&[0, 0, 5]), [2, 1, 5]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[]), [2, 1, 0]);
        assert_eq!(count(0), [0]);
        assert_eq!(count(300), [1, 44]);
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "1949-12-31T23:59:59Z"] {
            let written: Timestamp = text.parse().unwrap();
            assert_eq!(asn1::whole(&time(written), Reader::time).unwrap(), written);
        }
    }
}
