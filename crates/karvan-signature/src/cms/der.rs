//! DER in memory: taking values apart, and putting them together (X.690 §10).

pub(crate) use ::der::asn1::ObjectIdentifier;

/// The bit of a tag that says that the value has parts.
pub(crate) const CONSTRUCTED: u8 = 0x20;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag `[number]`, of a value without parts.
pub(crate) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// The tag `[number]`, of a value with parts or around another tag.
pub(crate) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    /// Its tag octet.
    pub(crate) tag: u8,
    /// All of it.
    pub(crate) octets: &'a [u8],
    /// What follows tag and length.
    pub(crate) content: &'a [u8],
}

impl<'a> Value<'a> {
    /// The one value that `octets` are.
    pub(crate) fn whole(octets: &'a [u8], tag: u8) -> Option<Self> {
        let mut parts = Parts::new(octets);
        let value = parts.field(tag)?;
        parts.is_empty().then_some(value)
    }

    /// The parts of a constructed value.
    pub(crate) const fn parts(self) -> Parts<'a> {
        Parts::new(self.content)
    }

    /// The object identifier that it is.
    pub(crate) fn object_identifier(self) -> Option<ObjectIdentifier> {
        (self.tag == OBJECT_IDENTIFIER).then(|| ObjectIdentifier::from_bytes(self.content).ok()).flatten()
    }

    /// The number that it is, from 0, as far as it fits.
    pub(crate) fn unsigned(self) -> Option<u64> {
        match self.content {
            [] => None,
            [first, ..] if *first >= 0x80 => None,
            octets => octets.iter().try_fold(0_u64, |number, &octet| Some(number.checked_mul(256)? + u64::from(octet))),
        }
    }
}

/// Values one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// The next value, if it has this tag.
    pub(crate) fn field(&mut self, tag: u8) -> Option<Value<'a>> {
        if self.0.first() == Some(&tag) { self.next() } else { None }
    }

    /// The object identifier that comes next.
    pub(crate) fn object_identifier(&mut self) -> Option<ObjectIdentifier> {
        self.field(OBJECT_IDENTIFIER)?.object_identifier()
    }
}

/// Ends at what is no value: [`Parts::is_empty`] tells whether that is the end.
impl<'a> Iterator for Parts<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let all = self.0;
        let (&tag, rest) = all.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let length = octets.iter().fold(0_u64, |length, &octet| length << 8 | u64::from(octet));
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Value { tag, octets: &all[..all.len() - rest.len()], content })
    }
}

/// Appends tag and length.
pub(crate) fn write_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    let octets = (length as u64).to_be_bytes();
    let significant = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    match significant {
        [] => out.push(0),
        [short @ 0..=0x7F] => out.push(*short),
        _ => {
            out.push(0x80 | significant.len() as u8);
            out.extend_from_slice(significant);
        }
    }
}

/// A value of these parts.
pub(crate) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 8);
    write_header(&mut out, tag, length);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// `SEQUENCE`.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, parts)
}

/// `SET OF`, or another tag in its place, in the order of DER (X.690 §11.6).
pub(crate) fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    value(tag, &[&elements.concat()])
}

/// `OBJECT IDENTIFIER`.
pub(crate) fn object_identifier(identifier: ObjectIdentifier) -> Vec<u8> {
    value(OBJECT_IDENTIFIER, &[identifier.as_bytes()])
}

/// `INTEGER` from the octets of a number, the highest first.
pub(crate) fn unsigned(octets: &[u8]) -> Vec<u8> {
    let significant = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    match significant.first() {
        None | Some(0x80..) => value(INTEGER, &[&[0], significant]),
        Some(_) => value(INTEGER, &[significant]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_as_short_as_can_be() {
        assert_eq!(unsigned(&[0, 0, 0]), b"\x02\x01\x00");
        assert_eq!(unsigned(&[0, 0x7F]), b"\x02\x01\x7f");
        assert_eq!(unsigned(&[0x80]), b"\x02\x02\x00\x80");
        assert_eq!(value(OCTET_STRING, &[&[7; 0x7F]])[..2], [4, 0x7F]);
        assert_eq!(value(OCTET_STRING, &[&[7; 0x80]])[..3], [4, 0x81, 0x80]);
        assert_eq!(value(OCTET_STRING, &[&[7; 0x100]])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn values_come_apart_as_they_were_put_together() {
        let inner = [unsigned(&[1, 0]), value(OCTET_STRING, &[b"ab", b"c"])];
        let whole = sequence(&[&inner[0], &inner[1]]);
        let mut parts = Value::whole(&whole, SEQUENCE).unwrap().parts();
        assert_eq!(parts.field(INTEGER).unwrap().unsigned(), Some(256));
        assert_eq!(parts.field(INTEGER), None);
        assert_eq!(parts.next().unwrap().content, b"abc");
        assert!(parts.is_empty());
        assert_eq!(Value::whole(&[&whole[..], b"\0"].concat(), SEQUENCE), None);
    }

    #[test]
    fn sets_are_in_order() {
        assert_eq!(
            set_of(SET, vec![b"\x02\x01\x07".to_vec(), b"\x02\x01\x05".to_vec()]),
            b"\x31\x06\x02\x01\x05\x02\x01\x07"
        );
    }
}
