//! Reading DER: the few shapes that every certificate is made of.
//!
//! A [`Reader`] reads as strictly as `der` does, whose types and errors it gives out, and keeps nothing for errors: names, extensions and
//! entries of lists, of which there may be tens of thousands, are read with it. The structures are taken apart here rather
//! than by a ready-made certificate type, because three things must survive that such types give up: the exact octets that
//! were signed, dates before 1970, and names of every form.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, ErrorKind, Length, Tag, TagNumber};
use jiff::{Timestamp, civil, tz::Offset};

const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Takes values off octets, one after the other, as DER has them: definite lengths in as few octets as can be (X.690 §10.1).
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// How many octets there were.
    length: usize,
}

impl<'a> Reader<'a> {
    /// Reads `octets`.
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, length: octets.len() }
    }

    /// Whether there is no further value.
    pub(crate) const fn is_finished(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value: its tag and its contents.
    pub(crate) fn next(&mut self) -> der::Result<(u8, &'a [u8])> {
        let (&[tag, first], mut rest) = self.rest.split_first_chunk().ok_or_else(|| incomplete(2, self.rest))?;
        // No structure that is read here has a tag of several octets.
        if tag & 0x1f == 0x1f {
            return Err(ErrorKind::TagNumberInvalid.into());
        }
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let digits = usize::from(first & 0x7f);
            let (digits, after) = rest.split_at_checked(digits).ok_or_else(|| incomplete(digits, rest))?;
            let shortest = matches!(digits, [0x80..=0xff] | [1..=0xff, _, ..]) && digits.len() <= 4;
            if !shortest {
                return Err(ErrorKind::Overlength.into());
            }
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            rest = after;
        }
        let (contents, rest) = rest.split_at_checked(length).ok_or_else(|| incomplete(length, rest))?;
        self.rest = rest;
        Ok((tag, contents))
    }

    /// The contents of the next value, which must have the `tag`.
    pub(crate) fn expect(&mut self, tag: u8) -> der::Result<&'a [u8]> {
        match self.next()? {
            (found, contents) if found == tag => Ok(contents),
            (found, _) => Err(self::tag(found)?.unexpected_error(Some(self::tag(tag)?)).into()),
        }
    }

    /// The octets of the next value, its tag and length included.
    pub(crate) fn whole_value(&mut self) -> der::Result<&'a [u8]> {
        let all = self.rest;
        // What no tag begins is wrong here already, and not only where it is taken apart.
        tag(self.next()?.0)?;
        Ok(&all[..all.len() - self.rest.len()])
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> der::Result<AnyRef<'a>> {
        let (octet, contents) = self.next()?;
        AnyRef::new(tag(octet)?, contents)
    }

    /// The next value as `der` decodes it.
    pub(crate) fn decode<T: Decode<'a, Error = der::Error>>(&mut self) -> der::Result<T> {
        T::from_der(self.whole_value()?)
    }

    /// A SEQUENCE, of which `read` must leave nothing.
    pub(crate) fn sequence<T>(&mut self, read: impl FnOnce(&mut Self) -> der::Result<T>) -> der::Result<T> {
        whole(self.expect(SEQUENCE)?, read)
    }

    /// Every element of a SEQUENCE OF.
    pub(crate) fn each<T>(&mut self, read: impl FnMut(&mut Self) -> der::Result<T>) -> der::Result<Vec<T>> {
        elements(self.expect(SEQUENCE)?, read)
    }

    /// The next value if it is context-specific with `number`.
    pub(crate) fn context(&mut self, number: u32) -> der::Result<Option<AnyRef<'a>>> {
        if self.context_number() == Some(number) { self.any().map(Some) } else { Ok(None) }
    }

    /// The tag number of the next value, if it is context-specific.
    pub(crate) fn context_number(&self) -> Option<u32> {
        self.peek().filter(|tag| tag & 0xc0 == 0x80).map(|tag| u32::from(tag & 0x1f))
    }

    /// An OBJECT IDENTIFIER.
    pub(crate) fn identifier(&mut self) -> der::Result<ObjectIdentifier> {
        Ok(ObjectIdentifier::from_bytes(self.expect(OBJECT_IDENTIFIER)?)?)
    }

    /// The contents of an OCTET STRING.
    pub(crate) fn octets(&mut self) -> der::Result<&'a [u8]> {
        self.expect(OCTET_STRING)
    }

    /// A BIT STRING.
    pub(crate) fn bits(&mut self) -> der::Result<BitStringRef<'a>> {
        bits_of(self.expect(BIT_STRING)?)
    }

    /// A BOOLEAN that is FALSE by default.
    pub(crate) fn flag(&mut self) -> der::Result<bool> {
        if self.peek() == Some(BOOLEAN) { self.decode() } else { Ok(false) }
    }

    /// The content octets of an INTEGER: at least one, and no more than needed (X.690 §8.3.2).
    pub(crate) fn integer(&mut self) -> der::Result<&'a [u8]> {
        match self.expect(INTEGER)? {
            [] => Err(ErrorKind::Length { tag: Tag::Integer }.into()),
            [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(ErrorKind::Noncanonical { tag: Tag::Integer }.into()),
            octets => Ok(octets),
        }
    }

    /// `Time`: UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them, in UTC with seconds.
    ///
    /// `99991231235959Z`, "no well-defined expiration", lies after the last instant that a [`Timestamp`] can hold; that one
    /// stands for it.
    pub(crate) fn time(&mut self) -> der::Result<Timestamp> {
        match self.next()? {
            (UTC_TIME, contents) => time_of(Tag::UtcTime, contents),
            (GENERALIZED_TIME, contents) => time_of(Tag::GeneralizedTime, contents),
            (other, _) => Err(tag(other)?.unexpected_error(None).into()),
        }
    }
}

/// The tag that an octet says, the usual ones without asking `der`.
fn tag(octet: u8) -> der::Result<Tag> {
    Ok(match octet {
        SEQUENCE => Tag::Sequence,
        UTF8_STRING => Tag::Utf8String,
        PRINTABLE_STRING => Tag::PrintableString,
        NULL => Tag::Null,
        0x80..=0xbf => {
            Tag::ContextSpecific { constructed: octet & 0x20 != 0, number: TagNumber(u32::from(octet & 0x1f)) }
        }
        _ => Tag::from_der(&[octet])?,
    })
}

/// A BIT STRING from its content octets, the first of which says how many bits of the last do not count.
pub(crate) fn bits_of(contents: &[u8]) -> der::Result<BitStringRef<'_>> {
    let (unused, octets) = contents.split_first().ok_or(ErrorKind::Length { tag: Tag::BitString })?;
    BitStringRef::new(*unused, octets)
}

fn incomplete(expected: usize, actual: &[u8]) -> der::Error {
    let length = |octets| Length::try_from(octets).unwrap_or(Length::MAX);
    ErrorKind::Incomplete { expected_len: length(expected), actual_len: length(actual.len()) }.into()
}

/// Reads exactly one value, or the values of one structure, from `bytes`: what is left over is an error.
pub(crate) fn whole<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> der::Result<T>) -> der::Result<T> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    if reader.is_finished() {
        return Ok(value);
    }
    let remaining = Length::try_from(reader.rest.len())?;
    Err(ErrorKind::TrailingData { decoded: (Length::try_from(reader.length)? - remaining)?, remaining }.into())
}

/// Reads values until `bytes` is used up.
pub(crate) fn elements<'a, T>(
    bytes: &'a [u8],
    mut read: impl FnMut(&mut Reader<'a>) -> der::Result<T>,
) -> der::Result<Vec<T>> {
    whole(bytes, |reader| {
        let mut values = Vec::new();
        while !reader.is_finished() {
            values.push(read(reader)?);
        }
        Ok(values)
    })
}

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
    pub(crate) fn read(reader: &mut Reader<'a>) -> der::Result<Self> {
        reader.sequence(|reader| {
            Ok(Self {
                algorithm: reader.identifier()?,
                parameters: if reader.is_finished() { None } else { Some(reader.any()?) },
            })
        })
    }
}

/// What certificates, revocation lists and OCSP responses begin with: `SIGNED` (X.509 §6.1).
pub(crate) struct Signed<'a> {
    /// The octets that are signed.
    pub(crate) octets: &'a [u8],
    /// With what.
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub(crate) signature: BitStringRef<'a>,
}

impl<'a> Signed<'a> {
    /// Reads the fields within the SEQUENCE.
    pub(crate) fn read(reader: &mut Reader<'a>) -> der::Result<Self> {
        Ok(Self {
            octets: reader.whole_value()?,
            algorithm: AlgorithmIdentifier::read(reader)?,
            signature: reader.bits()?,
        })
    }
}

/// The DER of an `AlgorithmIdentifier`.
pub(crate) fn identifier(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> der::Result<Vec<u8>> {
    let parameters = parameters.map_or(Ok(Vec::new()), |parameters| parameters.to_der())?;
    AnyRef::new(Tag::Sequence, &[algorithm.to_der()?, parameters].concat())?.to_der()
}

/// A non-negative integer from its content octets; what does not fit is `u64::MAX`, so that no limit is widened.
pub(crate) fn unsigned(octets: &[u8]) -> der::Result<u64> {
    if octets.is_empty() || octets[0] & 0x80 != 0 {
        return Err(ErrorKind::Value { tag: Tag::Integer }.into());
    }
    let value = octets.iter().try_fold(0_u64, |value, &octet| Some(value.checked_mul(256)? + u64::from(octet)));
    Ok(value.unwrap_or(u64::MAX))
}

/// The time that a value says.
fn time_of(tag: Tag, contents: &[u8]) -> der::Result<Timestamp> {
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
    use der::{Reader as _, SliceReader};
    use proptest::prelude::*;

    use super::*;

    /// Values one after the other: sound lengths and all that can be wrong with one, contents that are cut off or go on.
    fn values() -> impl Strategy<Value = Vec<u8>> {
        let tag = prop_oneof![Just(SEQUENCE), Just(OCTET_STRING), Just(INTEGER), Just(0xa0), any::<u8>()];
        let length = prop_oneof![
            4 => Just(Vec::new()),
            1 => (0..=2_u8).prop_map(|zeros| vec![zeros]),
            1 => prop::collection::vec(any::<u8>(), 1..7),
        ];
        let value = (tag, length, prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(tag, odd, contents)| {
            let digits = (contents.len() as u16).to_be_bytes();
            let length = match (&odd[..], contents.len()) {
                ([], length @ ..0x80) => vec![length as u8],
                ([], 0x80..0x100) => vec![0x81, digits[1]],
                ([], _) => vec![0x82, digits[0], digits[1]],
                // More digits than needed.
                ([zeros @ 0..=2], _) => [&[0x82 + zeros][..], &vec![0; usize::from(*zeros)], &digits].concat(),
                (odd, _) => odd.to_vec(),
            };
            [vec![tag], length, contents].concat()
        });
        prop::collection::vec(value, 1..4).prop_map(|values| values.concat())
    }

    proptest! {
        #[test]
        fn values_are_as_strictly_read_as_by_der(octets in values()) {
            let (mut own, mut theirs) = (Reader::new(&octets), SliceReader::new(&octets).unwrap());
            while own.peek().is_some_and(|tag| tag & 0x1f != 0x1f) {
                let (one, other) = (own.any(), AnyRef::decode(&mut theirs));
                prop_assert_eq!(one.as_ref().ok(), other.as_ref().ok());
                if one.is_err() {
                    break;
                }
                prop_assert_eq!(own.rest.len(), usize::try_from(theirs.remaining_len()).unwrap());
            }
        }
    }

    fn parse(tag: u8, text: &str) -> der::Result<Timestamp> {
        let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
        bytes.extend(text.as_bytes());
        whole(&bytes, Reader::time)
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
            let read = AnyRef::try_from(bytes);
            let taken = whole(bytes, Reader::octets).ok();
            assert_eq!(taken, read.ok().map(|value| value.value()), "{bytes:x?}");
        }
    }

    #[test]
    fn tags_are_those_of_der() {
        for octet in (0..=u8::MAX).filter(|octet| octet & 0x1f != 0x1f) {
            assert_eq!(tag(octet).ok(), Tag::from_der(&[octet]).ok(), "{octet:#x}");
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
            assert_eq!(whole(bytes, Reader::integer).is_ok(), good, "{bytes:x?}");
        }
    }
}
