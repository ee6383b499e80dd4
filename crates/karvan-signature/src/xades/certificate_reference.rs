//! References to certificates: CertID and CertIDTypeV2 (ETSI EN 319 132-1 §5.2.2, Annex D).

use der::asn1::AnyRef;
use der::{Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use karvan_pki::{Certificate, Name};

use crate::DigestAlgorithm;
use crate::cms::issuer_and_serial;

/// What a signature says about which certificate is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateReference {
    /// The digest algorithm, if Karvan has it.
    pub algorithm: Option<DigestAlgorithm>,
    /// The digest of the certificate's octets.
    pub digest: Vec<u8>,
    /// Issuer and serial number, as far as they are told.
    pub(super) issuer_serial: Option<IssuerSerial>,
}

/// The issuer of a certificate and its serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IssuerSerial {
    /// SigningCertificateV2: DER.
    Encoded {
        /// The name of the issuer, where it is a single directory name.
        issuer: Option<Name>,
        /// The serial number, as [`Certificate::serial`] gives it.
        serial: String,
    },
    /// SigningCertificate: text in one of several forms; the name cannot be compared safely, the number can.
    Text {
        /// The serial number, decimal digits.
        serial: String,
    },
}

impl CertificateReference {
    /// A reference to `certificate`.
    #[must_use]
    pub fn to(certificate: &Certificate, algorithm: DigestAlgorithm) -> Self {
        let issuer_serial =
            IssuerSerial::Encoded { issuer: Some(certificate.issuer().clone()), serial: certificate.serial() };
        Self {
            algorithm: Some(algorithm),
            digest: algorithm.digest(certificate.der()).as_ref().to_vec(),
            issuer_serial: Some(issuer_serial),
        }
    }

    /// Whether `certificate` is the one that is meant: the digest decides (§5.2.2.1: issuer and serial number are a hint).
    /// None if the digest algorithm is not known.
    #[must_use]
    pub fn is_to(&self, certificate: &Certificate) -> Option<bool> {
        Some(self.algorithm?.digest(certificate.der()).as_ref() == self.digest)
    }

    /// Whether issuer and serial number, as far as they are told, are those of `certificate`.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        match &self.issuer_serial {
            None => true,
            Some(IssuerSerial::Encoded { issuer, serial }) => {
                issuer.as_ref().is_some_and(|issuer| issuer == certificate.issuer()) && *serial == certificate.serial()
            }
            Some(IssuerSerial::Text { serial }) => *serial == decimal(&certificate.serial()),
        }
    }
}

/// `IssuerSerial` (RFC 5035 §4) of `certificate`, which IssuerSerialV2 holds.
pub(super) fn issuer_serial(certificate: &Certificate) -> Option<Vec<u8>> {
    let (issuer, serial) = issuer_and_serial(certificate)?;
    let context = Tag::ContextSpecific { constructed: true, number: TagNumber(4) };
    let encode = |tag, content: &[u8]| AnyRef::new(tag, content).and_then(|value| value.to_der()).ok();
    let names = encode(Tag::Sequence, &encode(context, issuer)?)?;
    encode(Tag::Sequence, &[&names, serial].concat())
}

/// Reads `IssuerSerial`.
pub(super) fn read_issuer_serial(octets: &[u8]) -> der::Result<IssuerSerial> {
    let mut reader = SliceReader::new(octets)?;
    let read = reader.sequence(|reader: &mut SliceReader<'_>| {
        let names = AnyRef::decode(reader)?;
        names.tag().assert_eq(Tag::Sequence)?;
        let name = AnyRef::from_der(names.value()).ok();
        let is_directory_name =
            |name: &AnyRef<'_>| name.tag().is_context_specific() && name.tag().number() == TagNumber(4);
        let issuer = name.filter(is_directory_name).and_then(|name| Name::from_der(name.value()).ok());
        let serial = AnyRef::decode(reader)?;
        serial.tag().assert_eq(Tag::Integer)?;
        // An issuerUID may follow.
        while !reader.is_finished() {
            AnyRef::decode(reader)?;
        }
        let serial = serial.value().iter().map(|octet| format!("{octet:02x}")).collect();
        Ok::<_, der::Error>(IssuerSerial::Encoded { issuer, serial })
    })?;
    reader.finish()?;
    Ok(read)
}

/// A non-negative number in decimal digits, from hexadecimal ones.
fn decimal(hexadecimal: &str) -> String {
    // Sixteen times the number so far and the next digit; certificates have serial numbers of twenty octets at most.
    let mut digits = vec![0_u32];
    for digit in hexadecimal.chars().filter_map(|digit| digit.to_digit(16)) {
        let mut carry = digit;
        for place in &mut digits {
            let value = *place * 16 + carry;
            *place = value % 10;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

#[cfg(test)]
mod tests {
    use karvan_pki::pem;

    use super::*;

    fn certificate() -> Certificate {
        let file = include_bytes!("../../tests/keys/p256-certificate.pem");
        let der = pem::blocks(file).next().unwrap().contents.unwrap();
        Certificate::from_der(&der, &karvan_pki::Limits::default()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let certificate = certificate();
        let encoded = issuer_serial(&certificate).unwrap();
        let reference = CertificateReference {
            algorithm: None,
            digest: Vec::new(),
            issuer_serial: Some(read_issuer_serial(&encoded).unwrap()),
        };
        assert!(reference.names(&certificate));
        assert_eq!(reference.is_to(&certificate), None);
        assert_eq!(CertificateReference::to(&certificate, DigestAlgorithm::Sha512).is_to(&certificate), Some(true));
        for end in 0..encoded.len() {
            assert!(read_issuer_serial(&encoded[..end]).is_err());
        }
    }

    #[test]
    fn serial_numbers_are_decimal() {
        assert_eq!(decimal("00"), "0");
        assert_eq!(decimal("00ff"), "255");
        assert_eq!(decimal("010000000000000000"), "18446744073709551616");
    }
}
