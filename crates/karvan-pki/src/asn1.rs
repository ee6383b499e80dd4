//! Reading DER: the few shapes that every certificate is made of.
//!
//! `der` reads strictly (definite, shortest lengths). The structures are taken apart here rather than by a ready-made
//! certificate type, because three things must survive that such types give up: the exact octets that were signed,
//! dates before 1970, and names of every form.

use std::ops::Range;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, ErrorKind, Reader, SliceReader, Tag, Tagged};
use jiff::{Timestamp, civil, tz::Offset};

/// `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlgorithmIdentifier<'a> {
    /// The algorithm.
    pub(crate) algorithm: ObjectIdentifier,
    /// Its parameters, if any.
    pub(crate) parameters: Option<AnyRef<'a>>,
}

impl<'a> AlgorithmIdentifier<'a> {
    /// Reads one.
    pub(crate) fn read(reader: &mut SliceReader<'a>) -> der::Result<Self> {
        reader.sequence(|reader| {
            Ok(Self {
                algorithm: reader.decode()?,
                parameters: if reader.is_finished() { None } else { Some(reader.decode()?) },
            })
        })
    }
}

/// What certificates, revocation lists and OCSP responses begin with: `SIGNED` (X.509 §6.1).
pub(crate) struct Signed<'a> {
    /// Where in the whole the octets stand that are signed.
    pub(crate) octets: Range<usize>,
    /// With what.
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub(crate) signature: BitStringRef<'a>,
}

impl<'a> Signed<'a> {
    /// Reads the fields within the SEQUENCE; `reader` reads the whole.
    pub(crate) fn read(reader: &mut SliceReader<'a>) -> der::Result<Self> {
        let start = usize::try_from(reader.position())?;
        let octets = start..start + reader.tlv_bytes()?.len();
        Ok(Self { octets, algorithm: AlgorithmIdentifier::read(reader)?, signature: BitStringRef::decode(reader)? })
    }
}

/// The DER of an `AlgorithmIdentifier`.
pub(crate) fn identifier(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> der::Result<Vec<u8>> {
    let parameters = parameters.map_or(Ok(Vec::new()), |parameters| parameters.to_der())?;
    AnyRef::new(Tag::Sequence, &[algorithm.to_der()?, parameters].concat())?.to_der()
}

/// Reads exactly one value from `bytes`: what is left over is an error.
pub(crate) fn whole<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<T> {
    let mut reader = SliceReader::new(bytes)?;
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Reads every element of a `SEQUENCE OF` or `SET OF`, `tag` says which.
pub(crate) fn each<'a, T>(
    reader: &mut SliceReader<'a>,
    tag: Tag,
    mut read: impl FnMut(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<Vec<T>> {
    let list = AnyRef::decode(reader)?;
    list.tag().assert_eq(tag)?;
    elements(list.value(), &mut read)
}

/// Reads values until `bytes` is used up.
pub(crate) fn elements<'a, T>(
    bytes: &'a [u8],
    mut read: impl FnMut(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<Vec<T>> {
    whole(bytes, |reader| {
        let mut values = Vec::new();
        while !reader.is_finished() {
            values.push(read(reader)?);
        }
        Ok(values)
    })
}

/// Takes the next value off `octets`: its tag and its contents. It is what `der` does for every value, without what `der` keeps for
/// errors: names and entries of lists, of which there may be tens of thousands, are read with it.
pub(crate) fn next<'a>(octets: &mut &'a [u8]) -> der::Result<(u8, &'a [u8])> {
    let too_short = || der::Error::from(ErrorKind::Failed);
    let (&[tag, first], mut rest) = octets.split_first_chunk().ok_or_else(too_short)?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        // X.690 §10.1: the definite form, in as few octets as can be.
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or_else(too_short)?;
        let shortest = matches!(digits, [0x80..=0xff] | [1..=0xff, _, ..]) && digits.len() <= 4;
        if !shortest {
            return Err(ErrorKind::Overlength.into());
        }
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (contents, rest) = rest.split_at_checked(length).ok_or_else(too_short)?;
    *octets = rest;
    Ok((tag, contents))
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The same, of a value that must have the `tag`.
pub(crate) fn expect<'a>(octets: &mut &'a [u8], tag: u8) -> der::Result<&'a [u8]> {
    match next(octets)? {
        (found, contents) if found == tag => Ok(contents),
        _ => Err(ErrorKind::Failed.into()),
    }
}

/// The tag number of the next value, if it is context-specific.
pub(crate) fn context_number(reader: &SliceReader<'_>) -> Option<u32> {
    let tag = Tag::peek(reader).ok()?;
    tag.is_context_specific().then(|| tag.number().value())
}

/// Takes the next value if it is context-specific with `number`.
pub(crate) fn context<'a>(reader: &mut SliceReader<'a>, number: u32) -> der::Result<Option<AnyRef<'a>>> {
    if context_number(reader) == Some(number) { AnyRef::decode(reader).map(Some) } else { Ok(None) }
}

/// The content octets of an INTEGER: at least one, and no more than needed (X.690 §8.3.2).
pub(crate) fn integer<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let value = AnyRef::decode(reader)?;
    value.tag().assert_eq(Tag::Integer)?;
    integer_of(value.value())
}

/// The content octets of an INTEGER, if they are such.
pub(crate) fn integer_of(contents: &[u8]) -> der::Result<&[u8]> {
    match contents {
        [] => Err(ErrorKind::Length { tag: Tag::Integer }.into()),
        [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(ErrorKind::Noncanonical { tag: Tag::Integer }.into()),
        octets => Ok(octets),
    }
}

/// A non-negative integer from its content octets; what does not fit is `u64::MAX`, so that no limit is widened.
pub(crate) fn unsigned(octets: &[u8]) -> der::Result<u64> {
    if octets.is_empty() || octets[0] & 0x80 != 0 {
        return Err(ErrorKind::Value { tag: Tag::Integer }.into());
    }
    let value = octets.iter().try_fold(0_u64, |value, &octet| Some(value.checked_mul(256)? + u64::from(octet)));
    Ok(value.unwrap_or(u64::MAX))
}

/// `Time`: UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them, in UTC with seconds.
///
/// `99991231235959Z`, "no well-defined expiration", lies after the last instant that a [`Timestamp`] can hold; that one
/// stands for it.
pub(crate) fn time(reader: &mut SliceReader<'_>) -> der::Result<Timestamp> {
    let value = AnyRef::decode(reader)?;
    time_of(value.tag(), value.value())
}

/// The time that a value says.
pub(crate) fn time_of(tag: Tag, contents: &[u8]) -> der::Result<Timestamp> {
    let wrong = || der::Error::from(ErrorKind::Value { tag });
    let digits = contents.strip_suffix(b"Z").ok_or_else(wrong)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let number = |digits: &[u8]| digits.iter().fold(0_i16, |number, digit| number * 10 + i16::from(digit - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the twentieth century.
        (Tag::UtcTime, 12) => match number(&digits[..2]) {
            year @ 50.. => (1900 + year, &digits[2..]),
            year => (2000 + year, &digits[2..]),
        },
        (Tag::GeneralizedTime, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return Err(wrong()),
    };
    let field = |index: usize| i8::try_from(number(&rest[2 * index..2 * index + 2])).unwrap_or(i8::MAX);
    let date_time =
        civil::DateTime::new(year, field(0), field(1), field(2), field(3), field(4), 0).map_err(|_| wrong())?;
    match Offset::UTC.to_timestamp(date_time) {
        Ok(timestamp) => Ok(timestamp),
        Err(_) if year == 9999 => Ok(Timestamp::MAX),
        Err(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(tag: u8, text: &str) -> der::Result<Timestamp> {
        let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
        bytes.extend(text.as_bytes());
        whole(&bytes, time)
    }

    #[test]
    fn times_of_both_kinds_and_centuries() {
        for (tag, text, expected) in [
            (0x17, "500101120000Z", "1950-01-01T12:00:00Z"),
            (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
            (0x18, "20500101000000Z", "2050-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(tag, text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn no_well_defined_expiration_is_the_last_instant() {
        assert_eq!(parse(0x18, "99991231235959Z").unwrap(), Timestamp::MAX);
    }

    #[test]
    fn times_that_rfc_5280_does_not_allow() {
        for (tag, text) in [
            (0x17, "5001011200Z"),
            (0x17, "500101120000+0100"),
            (0x17, "501301120000Z"),
            (0x18, "20500230000000Z"),
            (0x18, "20500101000000.5Z"),
            (0x18, "2050010100000٠Z"),
            (0x13, "20500101000000Z"),
            (0x17, ""),
        ] {
            assert!(parse(tag, text).is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_taken_as_der_reads_them() {
        let long = [&b"\x04\x81\x80"[..], &[7; 128]].concat();
        for bytes in [
            &b"\x04\x00"[..],
            b"\x04\x02ab",
            &long,
            b"\x04\x81\x02ab",
            b"\x04\x82\x00\x80",
            b"\x04\x80ab\x00\x00",
            b"\x04\x85\x01\x00\x00\x00\x00",
            b"\x04\x03ab",
            b"\x04",
            b"",
        ] {
            let mut rest = bytes;
            let read = AnyRef::try_from(bytes);
            let taken = expect(&mut rest, 0x04).ok().filter(|_| rest.is_empty());
            assert_eq!(taken, read.ok().map(|value| value.value()), "{bytes:x?}");
        }
    }

    #[test]
    fn integers_too_large_do_not_wrap() {
        assert_eq!(unsigned(&[1, 0]).unwrap(), 256);
        assert_eq!(unsigned(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap(), u64::MAX);
        assert!(unsigned(&[0x80]).is_err());
    }

    #[test]
    fn integers_are_as_short_as_can_be() {
        for (bytes, good) in [
            (&b"\x02\x01\x00"[..], true),
            (b"\x02\x02\x00\x80", true),
            (b"\x02\x02\xff\x7f", true),
            (b"\x02\x02\x00\x7f", false),
            (b"\x02\x02\xff\x80", false),
            (b"\x02\x00", false),
        ] {
            assert_eq!(whole(bytes, integer).is_ok(), good, "{bytes:x?}");
        }
    }
}
