//! Signature algorithms and their `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).

use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag, TagNumber, Tagged};

use crate::asn1::{self, AlgorithmIdentifier, Reader};
use crate::{DigestAlgorithm, KeyKind, Legacy, SignatureError};

pub(crate) const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// A signature algorithm, its digest included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS (RFC 8017 §8.1), MGF1 with the same digest.
    RsaPss {
        /// The digest of the message and of the mask.
        digest: DigestAlgorithm,
        /// Octets of the salt.
        salt: usize,
    },
    /// ECDSA, the signature the DER of `Ecdsa-Sig-Value`, as in X.509.
    Ecdsa(DigestAlgorithm),
    /// ECDSA, the signature `r ‖ s`, each as long as the order of the curve, as in XML Signature 1.1 §6.4.3.
    EcdsaFixed(DigestAlgorithm),
    /// DSA, the signature the DER of `Dss-Sig-Value`, as in X.509.
    Dsa(DigestAlgorithm),
    /// DSA, the signature `r ‖ s`, each as long as `q`, as in XML Signature 1.1 §6.4.1.
    DsaFixed(DigestAlgorithm),
    /// Ed25519 (RFC 8032), the message not hashed before.
    Ed25519,
}

/// Algorithm identifiers that name their digest: RFC 8017 A.2.4, RFC 5758, RFC 3279, TeleTrusT, NIST CSOR.
const IDENTIFIERS: [(ObjectIdentifier, SignatureAlgorithm); 26] = {
    use DigestAlgorithm as D;
    use SignatureAlgorithm::{Dsa, Ecdsa, Ed25519, RsaPkcs1};
    const fn of(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }
    [
        (of("1.2.840.113549.1.1.4"), RsaPkcs1(D::Md5)),
        (of("1.3.36.3.3.1.2"), RsaPkcs1(D::Ripemd160)),
        (of("1.2.840.113549.1.1.5"), RsaPkcs1(D::Sha1)),
        (of("1.2.840.113549.1.1.14"), RsaPkcs1(D::Sha224)),
        (of("1.2.840.113549.1.1.11"), RsaPkcs1(D::Sha256)),
        (of("1.2.840.113549.1.1.12"), RsaPkcs1(D::Sha384)),
        (of("1.2.840.113549.1.1.13"), RsaPkcs1(D::Sha512)),
        (of("2.16.840.1.101.3.4.3.13"), RsaPkcs1(D::Sha3_224)),
        (of("2.16.840.1.101.3.4.3.14"), RsaPkcs1(D::Sha3_256)),
        (of("2.16.840.1.101.3.4.3.15"), RsaPkcs1(D::Sha3_384)),
        (of("2.16.840.1.101.3.4.3.16"), RsaPkcs1(D::Sha3_512)),
        (of("1.2.840.10045.4.1"), Ecdsa(D::Sha1)),
        (of("1.2.840.10045.4.3.1"), Ecdsa(D::Sha224)),
        (of("1.2.840.10045.4.3.2"), Ecdsa(D::Sha256)),
        (of("1.2.840.10045.4.3.3"), Ecdsa(D::Sha384)),
        (of("1.2.840.10045.4.3.4"), Ecdsa(D::Sha512)),
        (of("2.16.840.1.101.3.4.3.9"), Ecdsa(D::Sha3_224)),
        (of("2.16.840.1.101.3.4.3.10"), Ecdsa(D::Sha3_256)),
        (of("2.16.840.1.101.3.4.3.11"), Ecdsa(D::Sha3_384)),
        (of("2.16.840.1.101.3.4.3.12"), Ecdsa(D::Sha3_512)),
        (of("1.2.840.10040.4.3"), Dsa(D::Sha1)),
        (of("2.16.840.1.101.3.4.3.1"), Dsa(D::Sha224)),
        (of("2.16.840.1.101.3.4.3.2"), Dsa(D::Sha256)),
        (of("2.16.840.1.101.3.4.3.3"), Dsa(D::Sha384)),
        (of("2.16.840.1.101.3.4.3.4"), Dsa(D::Sha512)),
        (of("1.3.101.112"), Ed25519),
    ]
};

impl SignatureAlgorithm {
    /// RSASSA-PSS with a salt as long as the digest.
    #[must_use]
    pub const fn rsa_pss(digest: DigestAlgorithm) -> Self {
        Self::RsaPss { digest, salt: digest.length() }
    }

    /// The digest of the message; Ed25519 has none of its own.
    #[must_use]
    pub const fn digest(self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1(digest)
            | Self::RsaPss { digest, .. }
            | Self::Ecdsa(digest)
            | Self::EcdsaFixed(digest)
            | Self::Dsa(digest)
            | Self::DsaFixed(digest) => Some(digest),
            Self::Ed25519 => None,
        }
    }

    /// The same algorithm with the signature as `r ‖ s`, where there is that difference.
    #[must_use]
    pub const fn fixed(self) -> Self {
        match self {
            Self::Ecdsa(digest) => Self::EcdsaFixed(digest),
            Self::Dsa(digest) => Self::DsaFixed(digest),
            other => other,
        }
    }

    /// The same algorithm with the signature in DER, where there is that difference.
    #[must_use]
    pub const fn in_der(self) -> Self {
        match self {
            Self::EcdsaFixed(digest) => Self::Ecdsa(digest),
            Self::DsaFixed(digest) => Self::Dsa(digest),
            other => other,
        }
    }

    /// What must be allowed for a signature of this algorithm by a key of this kind to be believed.
    #[must_use]
    pub fn legacy(self, key: &KeyKind) -> Legacy {
        let digest = self.digest().map_or(Legacy::NONE, DigestAlgorithm::legacy);
        digest | key.legacy()
    }

    /// The DER of the `AlgorithmIdentifier` as X.509 and CMS write it: NULL with RSA, the parameters of PSS, nothing with
    /// the others. `None` where no object identifier is registered.
    #[must_use]
    pub fn identifier(self) -> Option<Vec<u8>> {
        if let Self::RsaPss { digest, salt } = self {
            return pss_identifier(digest, salt).ok();
        }
        let of = self.in_der();
        let (identifier, _) = IDENTIFIERS.iter().find(|(_, other)| *other == of)?;
        let null = matches!(self, Self::RsaPkcs1(_));
        asn1::identifier(*identifier, null.then_some(AnyRef::NULL)).ok()
    }

    /// The algorithm of an `AlgorithmIdentifier` in DER that names its digest.
    ///
    /// # Errors
    /// An algorithm or parameters that Karvan does not verify, by name, or what is no such structure.
    pub fn from_identifier(der: &[u8]) -> Result<Self, SignatureError> {
        let identifier = asn1::whole(der, AlgorithmIdentifier::read);
        let identifier = identifier.map_err(|error| SignatureError::UnsupportedAlgorithm(error.to_string()))?;
        Self::of(&identifier)
    }

    /// The algorithm of a certificate's `signatureAlgorithm`.
    pub(crate) fn of(identifier: &AlgorithmIdentifier<'_>) -> Result<Self, SignatureError> {
        if identifier.algorithm == RSASSA_PSS {
            let algorithm = identifier.parameters.and_then(|parameters| pss(parameters).ok().flatten());
            let other = || SignatureError::UnsupportedAlgorithm("RSA PSS with these parameters".to_owned());
            return algorithm.ok_or_else(other);
        }
        let Some(&(_, algorithm)) = IDENTIFIERS.iter().find(|(other, _)| *other == identifier.algorithm) else {
            return Err(SignatureError::UnsupportedAlgorithm(identifier.algorithm.to_string()));
        };
        // RFC 4055 §5: NULL with RSA (its absence is tolerated); RFC 5758 §3.2 and RFC 8410 §3: absent with the others.
        let null = matches!(algorithm, Self::RsaPkcs1(_));
        match identifier.parameters {
            None => Ok(algorithm),
            Some(parameters) if null && parameters == AnyRef::NULL => Ok(algorithm),
            Some(_) => Err(SignatureError::UnsupportedAlgorithm(format!("{algorithm} with parameters"))),
        }
    }
}

/// The algorithm of `RSASSA-PSS-params` (RFC 4055 §3.1), if the mask has the same digest. What is left out is SHA-1, with
/// a salt of 20 octets.
pub(crate) fn pss(parameters: AnyRef<'_>) -> der::Result<Option<SignatureAlgorithm>> {
    parameters.tag().assert_eq(Tag::Sequence)?;
    asn1::whole(parameters.value(), |reader| {
        let sha1 = DigestAlgorithm::Sha1.object_identifier();
        let digest = match reader.context(0)? {
            Some(digest) => asn1::whole(digest.value(), AlgorithmIdentifier::read)?.algorithm,
            None => sha1,
        };
        let mask = match reader.context(1)? {
            Some(mask) => {
                let mask = asn1::whole(mask.value(), AlgorithmIdentifier::read)?;
                match mask.parameters {
                    Some(digest) if mask.algorithm == MGF1 => {
                        Some(asn1::whole(&digest.to_der()?, |reader| Ok(AlgorithmIdentifier::read(reader)?.algorithm))?)
                    }
                    _ => None,
                }
            }
            None => Some(sha1),
        };
        let salt = match reader.context(2)? {
            Some(salt) => asn1::unsigned(asn1::whole(salt.value(), Reader::integer)?)?,
            None => 20,
        };
        let trailer = match reader.context(3)? {
            Some(trailer) => asn1::unsigned(asn1::whole(trailer.value(), Reader::integer)?)?,
            None => 1,
        };
        let digest = DigestAlgorithm::from_object_identifier(digest).filter(|_| mask == Some(digest) && trailer == 1);
        let salt = usize::try_from(salt).ok().filter(|salt| *salt <= 1024);
        Ok(digest.zip(salt).map(|(digest, salt)| SignatureAlgorithm::RsaPss { digest, salt }))
    })
}

fn pss_identifier(digest: DigestAlgorithm, salt: usize) -> der::Result<Vec<u8>> {
    let field = |number: u32, contents: &[u8]| {
        AnyRef::new(Tag::ContextSpecific { constructed: true, number: TagNumber(number) }, contents)?.to_der()
    };
    let digest = asn1::identifier(digest.object_identifier(), Some(AnyRef::NULL))?;
    let mask = asn1::identifier(MGF1, Some(AnyRef::new(Tag::Sequence, inner(&digest)?)?))?;
    let salt = u64::try_from(salt).unwrap_or(u64::MAX).to_der()?;
    let fields = [field(0, &digest)?, field(1, &mask)?, field(2, &salt)?].concat();
    asn1::identifier(RSASSA_PSS, Some(AnyRef::new(Tag::Sequence, &fields)?))
}

/// The contents of one value in DER.
fn inner(der: &[u8]) -> der::Result<&[u8]> {
    Ok(asn1::whole(der, Reader::any)?.value())
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(digest) => write!(f, "RSA PKCS#1 {digest}"),
            Self::RsaPss { digest, salt } if *salt == digest.length() => write!(f, "RSA PSS {digest}"),
            Self::RsaPss { digest, salt } => write!(f, "RSA PSS {digest} salt {salt}"),
            Self::Ecdsa(digest) | Self::EcdsaFixed(digest) => write!(f, "ECDSA {digest}"),
            Self::Dsa(digest) | Self::DsaFixed(digest) => write!(f, "DSA {digest}"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_go_both_ways() {
        let pss = DigestAlgorithm::ALL.into_iter().map(SignatureAlgorithm::rsa_pss);
        let other_salt = SignatureAlgorithm::RsaPss { digest: DigestAlgorithm::Sha256, salt: 20 };
        for algorithm in IDENTIFIERS.into_iter().map(|(_, algorithm)| algorithm).chain(pss).chain([other_salt]) {
            let der = algorithm.identifier().unwrap();
            assert_eq!(SignatureAlgorithm::from_identifier(&der), Ok(algorithm));
            assert_eq!(algorithm.fixed().in_der(), algorithm);
        }
        assert_eq!(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Md5).identifier(), None);
    }

    #[test]
    fn pss_parameters_name_one_digest_throughout() {
        // As OpenSSL writes them for SHA-256 with a salt of 32 octets.
        let parameters = *b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20";
        let read = |parameters: &[u8]| pss(AnyRef::try_from(parameters).unwrap());
        let sha256 = SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha256);
        assert_eq!(read(&parameters), Ok(Some(sha256)));
        let identifier = sha256.identifier().unwrap();
        assert!(identifier.ends_with(&parameters), "written as OpenSSL does");
        let mut other = parameters;
        other[46] = 2;
        assert_eq!(read(&other), Ok(None), "the mask with another digest");
        assert_eq!(read(b"\x30\x00"), Ok(Some(SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha1))), "what is left out");
        assert_eq!(read(b"\x30\x05\xa3\x03\x02\x01\x02"), Ok(None), "another trailer");
    }

    #[test]
    fn parameters_where_there_are_none_are_refused() {
        let der = asn1::identifier(ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), Some(AnyRef::NULL)).unwrap();
        assert!(matches!(SignatureAlgorithm::from_identifier(&der), Err(SignatureError::UnsupportedAlgorithm(_))));
    }
}
