//! The little DER that keys need beside certificates: RFC 5958, RFC 8017 appendix A, RFC 5915, RFC 5480.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};

pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const CURVE_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(crate) const CURVE_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(crate) const CURVE_P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What a private key file in DER is.
pub(crate) enum Container {
    /// PKCS #8.
    Pkcs8,
    /// PKCS #8 encrypted.
    EncryptedPkcs8,
    /// PKCS #1, RSA.
    Pkcs1,
    /// SEC 1, and the curve if it is there.
    Sec1(Option<ObjectIdentifier>),
    /// PKCS #12.
    Pkcs12,
}

/// Tells what `der` is, if it is a container of private keys.
pub(crate) fn container(der: &[u8]) -> Option<Container> {
    let mut reader = SliceReader::new(der).ok()?;
    let container = reader.sequence(read_container).ok()?;
    reader.finish().ok()?;
    Some(container)
}

fn read_container(reader: &mut SliceReader<'_>) -> der::Result<Container> {
    let first = AnyRef::decode(reader)?;
    if first.tag() == Tag::Sequence {
        AnyRef::decode(reader)?.tag().assert_eq(Tag::OctetString)?;
        return Ok(Container::EncryptedPkcs8);
    }
    let version: u8 = first.decode_as()?;
    let second = AnyRef::decode(reader)?;
    let rest = rest(reader)?;
    Ok(match (version, second.tag()) {
        (0 | 1, Tag::Sequence) => Container::Pkcs8,
        (0, Tag::Integer) => Container::Pkcs1,
        (1, Tag::OctetString) => {
            let parameters = rest.iter().find(|any| is_context(any, 0)).map(|any| any.value());
            Container::Sec1(parameters.and_then(|value| ObjectIdentifier::from_der(value).ok()))
        }
        (3, Tag::Sequence) => Container::Pkcs12,
        (_, tag) => return Err(der::ErrorKind::TagUnexpected { expected: None, actual: tag }.into()),
    })
}

/// The object identifier of how an `EncryptedPrivateKeyInfo` is encrypted, for people.
pub(crate) fn encryption(der: &[u8]) -> String {
    let read = |reader: &mut SliceReader<'_>| {
        let identifier = AnyRef::decode(reader)?;
        AnyRef::decode(reader)?;
        identifier.sequence(|reader: &mut SliceReader<'_>| -> der::Result<_> {
            let identifier: ObjectIdentifier = ObjectIdentifier::decode(reader)?;
            rest(reader)?;
            Ok(identifier.to_string())
        })
    };
    let identifier = SliceReader::new(der).and_then(|mut reader| reader.sequence(read));
    identifier.unwrap_or_else(|_| "an unknown algorithm".to_owned())
}

fn rest<'a>(reader: &mut SliceReader<'a>) -> der::Result<Vec<AnyRef<'a>>> {
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(AnyRef::decode(reader)?);
    }
    Ok(values)
}

fn is_context(any: &AnyRef<'_>, number: u32) -> bool {
    any.tag() == Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The DER of `RSAPublicKey` from modulus and exponent, big-endian.
pub(crate) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    [UintRef::new(modulus).ok()?, UintRef::new(exponent).ok()?].to_vec().to_der().ok()
}

/// The DER of the `SubjectPublicKeyInfo` of a DSA key from `p`, `q`, `g` and `y`, big-endian (RFC 3279 §2.3.2).
pub(crate) fn dsa_spki(parameters: [&[u8]; 3], y: &[u8]) -> Option<Vec<u8>> {
    const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
    let number = |octets| UintRef::new(octets).ok()?.to_der().ok();
    let [p, q, g] = parameters;
    let parameters = sequence(&[&number(p)?, &number(q)?, &number(g)?])?;
    let identifier = sequence(&[&DSA.to_der().ok()?, &parameters])?;
    let key = number(y)?;
    sequence(&[&identifier, &BitStringRef::from_bytes(&key).ok()?.to_der().ok()?])
}

/// Modulus and exponent of an `RSAPublicKey`, big-endian, without leading zeros.
pub(crate) fn rsa_numbers(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(key).ok()?;
    reader
        .sequence(|reader| -> der::Result<_> {
            Ok((UintRef::decode(reader)?.as_bytes(), UintRef::decode(reader)?.as_bytes()))
        })
        .ok()
}

/// The DER of a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
pub(crate) fn spki(algorithm: ObjectIdentifier, curve: Option<ObjectIdentifier>, key: &[u8]) -> Option<Vec<u8>> {
    let parameters = match curve {
        Some(curve) => curve.to_der().ok()?,
        // RFC 3279 §2.3.1: NULL with RSA; RFC 8410 §3: nothing with Ed25519.
        None if algorithm == RSA_ENCRYPTION => AnyRef::NULL.to_der().ok()?,
        None => Vec::new(),
    };
    let identifier = sequence(&[&algorithm.to_der().ok()?, &parameters])?;
    let key = BitStringRef::from_bytes(key).ok()?.to_der().ok()?;
    sequence(&[&identifier, &key])
}

fn sequence(parts: &[&[u8]]) -> Option<Vec<u8>> {
    AnyRef::new(Tag::Sequence, &parts.concat()).ok()?.to_der().ok()
}
