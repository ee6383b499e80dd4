//! Public keys and the signatures that they verify.

use std::fmt;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, ErrorKind, Reader, Tag};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use crate::asn1::{self, AlgorithmIdentifier};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVE_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const CURVE_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key as a certificate carries it (`SubjectPublicKeyInfo`, RFC 5280 §4.1.2.7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    kind: KeyKind,
    spki: Box<[u8]>,
    /// The contents of the BIT STRING.
    key: Box<[u8]>,
}

/// What kind of key it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// An elliptic curve key on P-256 (secp256r1).
    EcP256,
    /// An elliptic curve key on P-384 (secp384r1).
    EcP384,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// A kind that Karvan cannot use: the object identifier of the algorithm or the curve.
    Unsupported(String),
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::EcP256 => f.write_str("P-256"),
            Self::EcP384 => f.write_str("P-384"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Unsupported(identifier) => f.write_str(identifier),
        }
    }
}

impl PublicKey {
    /// Reads the DER of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// What is not such a structure. A key of an unknown algorithm is none: its kind is [`KeyKind::Unsupported`].
    pub fn from_spki(spki: &[u8]) -> der::Result<Self> {
        let (algorithm, bits) = asn1::whole(spki, |reader| {
            reader.sequence(|reader| Ok((AlgorithmIdentifier::read(reader)?, BitStringRef::decode(reader)?)))
        })?;
        let key = bits.as_bytes().ok_or(ErrorKind::Value { tag: Tag::BitString })?;
        let kind = match algorithm.algorithm {
            RSA_ENCRYPTION => KeyKind::Rsa { bits: modulus_bits(key)? },
            EC_PUBLIC_KEY => match algorithm.parameters.map(|parameters| parameters.decode_as::<ObjectIdentifier>()) {
                Some(Ok(CURVE_P256)) => KeyKind::EcP256,
                Some(Ok(CURVE_P384)) => KeyKind::EcP384,
                Some(Ok(curve)) => KeyKind::Unsupported(curve.to_string()),
                _ => KeyKind::Unsupported(EC_PUBLIC_KEY.to_string()),
            },
            ED25519 => KeyKind::Ed25519,
            other => KeyKind::Unsupported(other.to_string()),
        };
        Ok(Self { kind, spki: spki.into(), key: key.into() })
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// The DER of the `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key itself: `RSAPublicKey`, the point of a curve, the 32 octets of Ed25519.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.key
    }

    /// Checks that `signature` is the signature of `message` made with the private key of this one.
    ///
    /// # Errors
    /// Why it is not, or why it cannot be told.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        use SignatureAlgorithm as A;
        let mismatch = || SignatureError::KeyKind { algorithm, key: self.kind.clone() };
        let verification: &dyn VerificationAlgorithm = match (&self.kind, algorithm) {
            (KeyKind::Unsupported(kind), _) => return Err(SignatureError::UnsupportedKey(kind.clone())),
            (KeyKind::Rsa { bits }, _) if algorithm.is_rsa() && !RSA_BITS.contains(bits) => {
                return Err(SignatureError::KeySize { bits: *bits });
            }
            (KeyKind::Rsa { .. }, A::RsaPkcs1Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, A::RsaPkcs1Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, A::RsaPkcs1Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
            (KeyKind::Rsa { .. }, A::RsaPssSha256) => &signature::RSA_PSS_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, A::RsaPssSha384) => &signature::RSA_PSS_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, A::RsaPssSha512) => &signature::RSA_PSS_2048_8192_SHA512,
            (KeyKind::EcP256, A::EcdsaSha256 | A::EcdsaSha256Fixed) => &signature::ECDSA_P256_SHA256_ASN1,
            (KeyKind::EcP256, A::EcdsaSha384 | A::EcdsaSha384Fixed) => &signature::ECDSA_P256_SHA384_ASN1,
            (KeyKind::EcP384, A::EcdsaSha256 | A::EcdsaSha256Fixed) => &signature::ECDSA_P384_SHA256_ASN1,
            (KeyKind::EcP384, A::EcdsaSha384 | A::EcdsaSha384Fixed) => &signature::ECDSA_P384_SHA384_ASN1,
            (KeyKind::Ed25519, A::Ed25519) => &signature::ED25519,
            _ => return Err(mismatch()),
        };
        let converted;
        let signature = if algorithm.is_fixed() {
            let size = if self.kind == KeyKind::EcP256 { 32 } else { 48 };
            converted = fixed_to_der(signature, size).ok_or(SignatureError::Wrong)?;
            &converted
        } else {
            signature
        };
        UnparsedPublicKey::new(verification, &self.key).verify(message, signature).map_err(|_| SignatureError::Wrong)
    }
}

/// The sizes of RSA keys that are verified: what ring checks, and what is not too weak.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The bits of the modulus of an `RSAPublicKey` (RFC 8017 A.1.1).
fn modulus_bits(key: &[u8]) -> der::Result<usize> {
    asn1::whole(key, |reader| {
        reader.sequence(|reader| {
            let modulus = UintRef::decode(reader)?;
            UintRef::decode(reader)?;
            let octets = modulus.as_bytes();
            Ok(octets.first().map_or(0, |first| octets.len() * 8 - first.leading_zeros() as usize))
        })
    })
}

/// `r ‖ s`, each of `size` octets, as the DER of `Ecdsa-Sig-Value` (RFC 5480 appendix A).
fn fixed_to_der(signature: &[u8], size: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * size {
        return None;
    }
    let (r, s) = signature.split_at(size);
    [UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_vec().to_der().ok()
}

/// A signature algorithm, its digest included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 octets.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 octets.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 octets.
    RsaPssSha512,
    /// ECDSA with SHA-256, the signature the DER of `Ecdsa-Sig-Value`, as in X.509.
    EcdsaSha256,
    /// ECDSA with SHA-384, the signature the DER of `Ecdsa-Sig-Value`, as in X.509.
    EcdsaSha384,
    /// ECDSA with SHA-256, the signature `r ‖ s`, as in XML Signature 1.1 §6.4.3.
    EcdsaSha256Fixed,
    /// ECDSA with SHA-384, the signature `r ‖ s`, as in XML Signature 1.1 §6.4.3.
    EcdsaSha384Fixed,
    /// Ed25519 (RFC 8032), the message not hashed before.
    Ed25519,
}

impl SignatureAlgorithm {
    const fn is_fixed(self) -> bool {
        matches!(self, Self::EcdsaSha256Fixed | Self::EcdsaSha384Fixed)
    }

    const fn is_rsa(self) -> bool {
        !matches!(
            self,
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha256Fixed | Self::EcdsaSha384Fixed | Self::Ed25519
        )
    }

    /// The algorithm of a certificate's `signatureAlgorithm`.
    pub(crate) fn of(identifier: &AlgorithmIdentifier<'_>) -> Result<Self, SignatureError> {
        if identifier.algorithm == RSASSA_PSS {
            let algorithm = identifier.parameters.and_then(|parameters| pss(parameters).ok().flatten());
            let other = || SignatureError::UnsupportedAlgorithm("RSA PSS with these parameters".to_owned());
            return algorithm.ok_or_else(other);
        }
        let (algorithm, null) = match identifier.algorithm.to_string().as_str() {
            "1.2.840.113549.1.1.11" => (Self::RsaPkcs1Sha256, true),
            "1.2.840.113549.1.1.12" => (Self::RsaPkcs1Sha384, true),
            "1.2.840.113549.1.1.13" => (Self::RsaPkcs1Sha512, true),
            "1.2.840.10045.4.3.2" => (Self::EcdsaSha256, false),
            "1.2.840.10045.4.3.3" => (Self::EcdsaSha384, false),
            "1.3.101.112" => (Self::Ed25519, false),
            other => return Err(SignatureError::UnsupportedAlgorithm(other.to_owned())),
        };
        // RFC 4055 §5: NULL with RSA (its absence is tolerated); RFC 5758 §3.2 and RFC 8410 §3: absent with the others.
        match identifier.parameters {
            None => Ok(algorithm),
            Some(parameters) if null && parameters == AnyRef::NULL => Ok(algorithm),
            Some(_) => Err(SignatureError::UnsupportedAlgorithm(format!("{algorithm} with parameters"))),
        }
    }
}

/// The algorithm of `RSASSA-PSS-params` (RFC 4055 §3.1): one digest throughout, the salt as long as it, as ring verifies.
/// The defaults, SHA-1, are none of these.
fn pss(parameters: AnyRef<'_>) -> der::Result<Option<SignatureAlgorithm>> {
    parameters.sequence(|reader| {
        let digest = match asn1::context(reader, 0)? {
            Some(digest) => Some(asn1::whole(digest.value(), AlgorithmIdentifier::read)?.algorithm),
            None => None,
        };
        let mask = match asn1::context(reader, 1)? {
            Some(mask) => {
                let mask = asn1::whole(mask.value(), AlgorithmIdentifier::read)?;
                match mask.parameters {
                    Some(digest) if mask.algorithm == MGF1 => {
                        Some(asn1::whole(&digest.to_der()?, |reader| Ok(AlgorithmIdentifier::read(reader)?.algorithm))?)
                    }
                    _ => None,
                }
            }
            None => None,
        };
        let salt = match asn1::context(reader, 2)? {
            Some(salt) => asn1::unsigned(asn1::whole(salt.value(), asn1::integer)?)?,
            None => 20,
        };
        Ok(match (digest, mask, salt) {
            (Some(SHA256), Some(SHA256), 32) => Some(SignatureAlgorithm::RsaPssSha256),
            (Some(SHA384), Some(SHA384), 48) => Some(SignatureAlgorithm::RsaPssSha384),
            (Some(SHA512), Some(SHA512), 64) => Some(SignatureAlgorithm::RsaPssSha512),
            _ => None,
        })
    })
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaPkcs1Sha256 => "RSA PKCS#1 SHA-256",
            Self::RsaPkcs1Sha384 => "RSA PKCS#1 SHA-384",
            Self::RsaPkcs1Sha512 => "RSA PKCS#1 SHA-512",
            Self::RsaPssSha256 => "RSA PSS SHA-256",
            Self::RsaPssSha384 => "RSA PSS SHA-384",
            Self::RsaPssSha512 => "RSA PSS SHA-512",
            Self::EcdsaSha256 | Self::EcdsaSha256Fixed => "ECDSA SHA-256",
            Self::EcdsaSha384 | Self::EcdsaSha384Fixed => "ECDSA SHA-384",
            Self::Ed25519 => "Ed25519",
        })
    }
}

/// Why a signature was not found good.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// The signature is not one of this message by this key.
    Wrong,
    /// The algorithm, by object identifier, is one that Karvan does not verify.
    UnsupportedAlgorithm(String),
    /// The key, by the object identifier of its algorithm or curve, is of a kind that Karvan does not use.
    UnsupportedKey(String),
    /// The key cannot belong to a signature of that algorithm.
    KeyKind {
        /// What the signature claims to be.
        algorithm: SignatureAlgorithm,
        /// What the key is.
        key: KeyKind,
    },
    /// An RSA key of less than 2048 or more than 8192 bits.
    KeySize {
        /// Bits of the modulus.
        bits: usize,
    },
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("the signature does not verify with the key"),
            Self::UnsupportedAlgorithm(algorithm) => write!(f, "signature algorithm {algorithm} is not supported"),
            Self::UnsupportedKey(key) => write!(f, "public key algorithm {key} is not supported"),
            Self::KeyKind { algorithm, key } => write!(f, "a {key} key makes no {algorithm} signature"),
            Self::KeySize { bits } => write!(f, "an RSA key of {bits} bits is not from 2048 to 8192"),
        }
    }
}

impl std::error::Error for SignatureError {}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair};

    fn ec_key(curve: ObjectIdentifier, point: &[u8]) -> PublicKey {
        use crate::name::tests::tlv;
        let algorithm = tlv(0x30, &[EC_PUBLIC_KEY.to_der().unwrap(), curve.to_der().unwrap()].concat());
        let bits = tlv(0x03, &[&[0], point].concat());
        PublicKey::from_spki(&tlv(0x30, &[algorithm, bits].concat())).unwrap()
    }

    #[test]
    fn ecdsa_in_both_encodings() {
        let random = SystemRandom::new();
        for (fixed, curve, algorithm, size) in [
            (&signature::ECDSA_P256_SHA256_FIXED_SIGNING, CURVE_P256, SignatureAlgorithm::EcdsaSha256Fixed, 64),
            (&signature::ECDSA_P384_SHA384_FIXED_SIGNING, CURVE_P384, SignatureAlgorithm::EcdsaSha384Fixed, 96),
        ] {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(fixed, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(fixed, pkcs8.as_ref(), &random).unwrap();
            let key = ec_key(curve, pair.public_key().as_ref());
            // Enough signatures that some r or s begins with a zero or a set high bit.
            for round in 0..64_u8 {
                let signature = pair.sign(&random, &[round]).unwrap();
                assert_eq!(signature.as_ref().len(), size);
                assert_eq!(key.verify(algorithm, &[round], signature.as_ref()), Ok(()));
                assert_eq!(key.verify(algorithm, &[!round], signature.as_ref()), Err(SignatureError::Wrong));
            }
            assert_eq!(key.verify(algorithm, b"", &[0; 64][..]), Err(SignatureError::Wrong));
            assert_eq!(key.verify(algorithm, b"", &[]), Err(SignatureError::Wrong));
            assert!(matches!(
                key.verify(SignatureAlgorithm::Ed25519, b"", &[0; 64]),
                Err(SignatureError::KeyKind { key: KeyKind::EcP256 | KeyKind::EcP384, .. })
            ));
        }
    }

    #[test]
    fn ed25519() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let spki = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", pair.public_key().as_ref()].concat();
        let key = PublicKey::from_spki(&spki).unwrap();
        let signature = pair.sign(b"message");
        assert_eq!(key.verify(SignatureAlgorithm::Ed25519, b"message", signature.as_ref()), Ok(()));
        assert_eq!(key.verify(SignatureAlgorithm::Ed25519, b"massage", signature.as_ref()), Err(SignatureError::Wrong));
    }

    #[test]
    fn keys_that_karvan_cannot_use_are_named() {
        let secp256k1 = ObjectIdentifier::new_unwrap("1.3.132.0.10");
        let key = ec_key(secp256k1, &[4; 65]);
        assert_eq!(
            key.verify(SignatureAlgorithm::EcdsaSha256, b"", b""),
            Err(SignatureError::UnsupportedKey("1.3.132.0.10".to_owned()))
        );
    }

    #[test]
    fn rsa_with_every_padding_and_digest() {
        let block = crate::pem::blocks(include_bytes!("../../../samples/pki/signers/sahand.key.pem")).next().unwrap();
        let pair = signature::RsaKeyPair::from_pkcs8(&block.contents.unwrap()).unwrap();
        let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        let bits = [&[0], pair.public().as_ref()].concat();
        let key = [&algorithm[..], &crate::name::tests::tlv(0x03, &bits)].concat();
        let key = PublicKey::from_spki(&crate::name::tests::tlv(0x30, &key)).unwrap();
        assert_eq!(*key.kind(), KeyKind::Rsa { bits: 2048 });
        let paddings: [(&dyn signature::RsaEncoding, SignatureAlgorithm); 6] = [
            (&signature::RSA_PKCS1_SHA256, SignatureAlgorithm::RsaPkcs1Sha256),
            (&signature::RSA_PKCS1_SHA384, SignatureAlgorithm::RsaPkcs1Sha384),
            (&signature::RSA_PKCS1_SHA512, SignatureAlgorithm::RsaPkcs1Sha512),
            (&signature::RSA_PSS_SHA256, SignatureAlgorithm::RsaPssSha256),
            (&signature::RSA_PSS_SHA384, SignatureAlgorithm::RsaPssSha384),
            (&signature::RSA_PSS_SHA512, SignatureAlgorithm::RsaPssSha512),
        ];
        for (encoding, algorithm) in paddings {
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), b"message", &mut signature).unwrap();
            for (_, other) in paddings {
                let expected = if other == algorithm { Ok(()) } else { Err(SignatureError::Wrong) };
                assert_eq!(key.verify(other, b"message", &signature), expected, "{algorithm} read as {other}");
            }
        }
    }

    #[test]
    fn pss_parameters_name_one_digest_throughout() {
        // As OpenSSL writes them for SHA-256 with a salt of 32 octets.
        let mut parameters = *b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20";
        let read = |parameters: &[u8]| pss(AnyRef::from_der(parameters).unwrap());
        assert_eq!(read(&parameters), Ok(Some(SignatureAlgorithm::RsaPssSha256)));
        *parameters.last_mut().unwrap() = 20;
        assert_eq!(read(&parameters), Ok(None), "another salt");
        assert_eq!(read(b"\x30\x00"), Ok(None), "the defaults are SHA-1");
    }
}
