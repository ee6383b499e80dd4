//! Public keys and the signatures that they verify.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::OnceLock;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Encode, ErrorKind, Tag};
use ring::signature::{self as fast, UnparsedPublicKey, VerificationAlgorithm};

use crate::algorithm::{RSASSA_PSS, pss};
use crate::asn1::{self, AlgorithmIdentifier};
use crate::certificate::sha256;
use crate::octets::place;
use crate::{DigestAlgorithm, Legacy, Octets, SignatureAlgorithm};

mod slow;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVE_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const CURVE_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const CURVE_P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// A public key as a certificate carries it (`SubjectPublicKeyInfo`, RFC 5280 §4.1.2.7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    kind: KeyKind,
    /// What an RSA key restricts itself to (RFC 4055 §1.2).
    padding: Padding,
    spki: Octets,
    /// Where in it the contents of the BIT STRING stand.
    key: Range<usize>,
    digest: KeyDigest,
}

/// The SHA-256 digest of a `SubjectPublicKeyInfo`, once it was asked for. It follows from the rest of the key.
#[derive(Clone, Debug, Default)]
struct KeyDigest(OnceLock<[u8; 32]>);

impl PartialEq for KeyDigest {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, _: &mut H) {}
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
    /// An elliptic curve key on P-521 (secp521r1).
    EcP521,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// DSA, verified only as [`Legacy::DSA`].
    Dsa {
        /// Bits of `p`; none where the key leaves its parameters to its issuer (RFC 3279 §2.3.2).
        bits: Option<usize>,
    },
    /// A kind that Karvan cannot use: the object identifier of the algorithm or the curve.
    Unsupported(String),
}

impl KeyKind {
    /// What must be allowed for a key of this kind to be believed.
    #[must_use]
    pub fn legacy(&self) -> Legacy {
        match self {
            Self::Rsa { bits } if *bits < *RSA_BITS.start() => Legacy::SHORT_RSA,
            Self::Dsa { .. } => Legacy::DSA,
            _ => Legacy::NONE,
        }
    }

    /// The octets of `r` or `s` in a signature of an elliptic curve key.
    #[must_use]
    pub const fn curve_octets(&self) -> Option<usize> {
        match self {
            Self::EcP256 => Some(32),
            Self::EcP384 => Some(48),
            Self::EcP521 => Some(66),
            _ => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::EcP256 => f.write_str("P-256"),
            Self::EcP384 => f.write_str("P-384"),
            Self::EcP521 => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Dsa { bits: Some(bits) } => write!(f, "DSA-{bits}"),
            Self::Dsa { bits: None } => f.write_str("DSA without parameters"),
            Self::Unsupported(identifier) => f.write_str(identifier),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Padding {
    Any,
    Pss,
    /// PSS with these parameters, the salt at least as long (RFC 4055 §3.3).
    PssWith(DigestAlgorithm, usize),
}

impl PublicKey {
    /// Reads the DER of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// What is not such a structure. A key of an unknown algorithm is none: its kind is [`KeyKind::Unsupported`].
    pub fn from_spki(spki: &[u8]) -> der::Result<Self> {
        Self::read(spki.into())
    }

    pub(crate) fn read(spki: Octets) -> der::Result<Self> {
        let (algorithm, bits) = asn1::whole(&spki, |reader| {
            reader.sequence(|reader| Ok((AlgorithmIdentifier::read(reader)?, reader.bits()?)))
        })?;
        let key = bits.as_bytes().ok_or(ErrorKind::Value { tag: Tag::BitString })?;
        let mut padding = Padding::Any;
        let kind = match algorithm.algorithm {
            RSA_ENCRYPTION => KeyKind::Rsa { bits: modulus_bits(key)? },
            RSASSA_PSS => match algorithm.parameters.map(pss) {
                None => {
                    padding = Padding::Pss;
                    KeyKind::Rsa { bits: modulus_bits(key)? }
                }
                Some(Ok(Some(SignatureAlgorithm::RsaPss { digest, salt }))) => {
                    padding = Padding::PssWith(digest, salt);
                    KeyKind::Rsa { bits: modulus_bits(key)? }
                }
                Some(_) => KeyKind::Unsupported(RSASSA_PSS.to_string()),
            },
            EC_PUBLIC_KEY => match algorithm.parameters.map(|parameters| parameters.decode_as::<ObjectIdentifier>()) {
                Some(Ok(CURVE_P256)) => KeyKind::EcP256,
                Some(Ok(CURVE_P384)) => KeyKind::EcP384,
                Some(Ok(CURVE_P521)) => KeyKind::EcP521,
                Some(Ok(curve)) => KeyKind::Unsupported(curve.to_string()),
                _ => KeyKind::Unsupported(EC_PUBLIC_KEY.to_string()),
            },
            ED25519 => KeyKind::Ed25519,
            DSA => KeyKind::Dsa { bits: algorithm.parameters.map(dsa_bits).transpose()? },
            other => KeyKind::Unsupported(other.to_string()),
        };
        let key = place(key, &spki).unwrap_or_default();
        Ok(Self { kind, padding, spki, key, digest: KeyDigest::default() })
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

    /// SHA-256 over the `SubjectPublicKeyInfo`.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        self.digest.0.get_or_init(|| sha256(&self.spki))
    }

    /// The key itself: `RSAPublicKey`, the point of a curve, the 32 octets of Ed25519, `y` of DSA.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.spki[self.key.clone()]
    }

    /// This DSA key with the parameters of `issuer`'s, where it has none of its own (RFC 5280 §6.1.4 (f)).
    #[must_use]
    pub fn with_parameters_of(&self, issuer: &Self) -> Option<Self> {
        let KeyKind::Dsa { bits: None } = self.kind else { return None };
        let parameters = slow::dsa_parameters(&issuer.spki)?;
        let algorithm = asn1::identifier(DSA, Some(parameters)).ok()?;
        let bits = BitStringRef::from_bytes(self.octets()).ok()?.to_der().ok()?;
        let spki = AnyRef::new(Tag::Sequence, &[algorithm, bits].concat()).ok()?.to_der().ok()?;
        Self::from_spki(&spki).ok()
    }

    /// Checks that `signature` is the signature of `message` made with the private key of this one, nothing weak about it.
    ///
    /// # Errors
    /// Why it is not, or why it cannot be told.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        self.verify_allowing(algorithm, message, signature, Legacy::NONE)
    }

    /// The same, with what is weak but `allowed`. What was made use of is [`SignatureAlgorithm::legacy`].
    ///
    /// # Errors
    /// Why it is not, or why it cannot be told.
    pub fn verify_allowing(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
        allowed: Legacy,
    ) -> Result<(), SignatureError> {
        self.suits(algorithm, allowed)?;
        let Some(verification) = self.fast(algorithm) else {
            let digest = algorithm.digest().map(|digest| digest.digest(message));
            return slow::verify(self, algorithm, digest.as_ref().map_or(message, AsRef::as_ref), signature);
        };
        let converted;
        let signature = match self.kind.curve_octets() {
            Some(size) if algorithm != algorithm.in_der() => {
                converted = fixed_to_der(signature, size).ok_or(SignatureError::Wrong)?;
                &converted
            }
            _ => signature,
        };
        UnparsedPublicKey::new(verification, self.octets())
            .verify(message, signature)
            .map_err(|_| SignatureError::Wrong)
    }

    /// The same for a message of which only the digest is at hand, with the algorithm's digest. Ed25519 has no such
    /// thing.
    ///
    /// # Errors
    /// Why it is not, or why it cannot be told.
    pub fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
        allowed: Legacy,
    ) -> Result<(), SignatureError> {
        self.suits(algorithm, allowed)?;
        match algorithm.digest() {
            Some(expected) if expected.length() == digest.len() => slow::verify(self, algorithm, digest, signature),
            Some(_) => Err(SignatureError::Wrong),
            None => Err(SignatureError::UnsupportedAlgorithm(format!("{algorithm} of a digest"))),
        }
    }

    /// Whether a key of this kind makes signatures of that algorithm, nothing weak about it that is not allowed.
    fn suits(&self, algorithm: SignatureAlgorithm, allowed: Legacy) -> Result<(), SignatureError> {
        use SignatureAlgorithm as A;
        match (&self.kind, algorithm) {
            (KeyKind::Unsupported(kind), _) => return Err(SignatureError::UnsupportedKey(kind.clone())),
            (KeyKind::Rsa { bits }, A::RsaPkcs1(_) | A::RsaPss { .. }) if !MOST_RSA_BITS.contains(bits) => {
                return Err(SignatureError::KeySize { bits: *bits });
            }
            (KeyKind::Rsa { .. }, A::RsaPss { digest, salt }) => match self.padding {
                Padding::PssWith(only, least) if only != digest || salt < least => {
                    return Err(SignatureError::KeyKind { algorithm, key: self.kind.clone() });
                }
                _ => {}
            },
            (KeyKind::Rsa { .. }, A::RsaPkcs1(_)) if self.padding == Padding::Any => {}
            (KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521, A::Ecdsa(_) | A::EcdsaFixed(_))
            | (KeyKind::Ed25519, A::Ed25519)
            | (KeyKind::Dsa { bits: Some(_) }, A::Dsa(_) | A::DsaFixed(_)) => {}
            _ => return Err(SignatureError::KeyKind { algorithm, key: self.kind.clone() }),
        }
        match algorithm.legacy(&self.kind).without(allowed) {
            Legacy::NONE => Ok(()),
            refused => Err(SignatureError::Legacy(refused)),
        }
    }

    /// What ring has for it.
    fn fast(&self, algorithm: SignatureAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        use DigestAlgorithm as D;
        use SignatureAlgorithm as A;
        let salted = |digest: D, salt: usize| digest.length() == salt;
        Some(match (&self.kind, algorithm) {
            (KeyKind::Rsa { bits }, _) if !RSA_BITS.contains(bits) => return None,
            (KeyKind::Rsa { .. }, A::RsaPkcs1(D::Sha256)) => &fast::RSA_PKCS1_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, A::RsaPkcs1(D::Sha384)) => &fast::RSA_PKCS1_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, A::RsaPkcs1(D::Sha512)) => &fast::RSA_PKCS1_2048_8192_SHA512,
            (KeyKind::Rsa { .. }, A::RsaPss { digest, salt }) if salted(digest, salt) => match digest {
                D::Sha256 => &fast::RSA_PSS_2048_8192_SHA256,
                D::Sha384 => &fast::RSA_PSS_2048_8192_SHA384,
                D::Sha512 => &fast::RSA_PSS_2048_8192_SHA512,
                _ => return None,
            },
            (KeyKind::EcP256, A::Ecdsa(D::Sha256) | A::EcdsaFixed(D::Sha256)) => &fast::ECDSA_P256_SHA256_ASN1,
            (KeyKind::EcP256, A::Ecdsa(D::Sha384) | A::EcdsaFixed(D::Sha384)) => &fast::ECDSA_P256_SHA384_ASN1,
            (KeyKind::EcP384, A::Ecdsa(D::Sha256) | A::EcdsaFixed(D::Sha256)) => &fast::ECDSA_P384_SHA256_ASN1,
            (KeyKind::EcP384, A::Ecdsa(D::Sha384) | A::EcdsaFixed(D::Sha384)) => &fast::ECDSA_P384_SHA384_ASN1,
            (KeyKind::Ed25519, A::Ed25519) => &fast::ED25519,
            _ => return None,
        })
    }
}

/// The sizes of RSA keys that are strong enough, and not too dear to check.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The sizes of RSA keys that are verified at all.
const MOST_RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

/// The bits of the modulus of an `RSAPublicKey` (RFC 8017 A.1.1).
fn modulus_bits(key: &[u8]) -> der::Result<usize> {
    asn1::whole(key, |reader| {
        reader.sequence(|reader| {
            let modulus = reader.decode::<UintRef<'_>>()?;
            reader.decode::<UintRef<'_>>()?;
            Ok(bits(modulus.as_bytes()))
        })
    })
}

/// The bits of `p` of `Dss-Parms` (RFC 3279 §2.3.2).
fn dsa_bits(parameters: AnyRef<'_>) -> der::Result<usize> {
    slow::dsa_numbers(parameters).map(|[p, ..]| bits(p))
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// `r ‖ s`, each of `size` octets, as the DER of `Ecdsa-Sig-Value` (RFC 5480 appendix A).
fn fixed_to_der(signature: &[u8], size: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * size {
        return None;
    }
    let (r, s) = signature.split_at(size);
    [UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_vec().to_der().ok()
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
    /// An RSA key of less than 1024 or more than 8192 bits.
    KeySize {
        /// Bits of the modulus.
        bits: usize,
    },
    /// What is weak about it, and was not allowed.
    Legacy(Legacy),
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("the signature does not verify with the key"),
            Self::UnsupportedAlgorithm(algorithm) => write!(f, "signature algorithm {algorithm} is not supported"),
            Self::UnsupportedKey(key) => write!(f, "public key algorithm {key} is not supported"),
            Self::KeyKind { algorithm, key } => write!(f, "a {key} key makes no {algorithm} signature"),
            Self::KeySize { bits } => write!(f, "an RSA key of {bits} bits is not from 1024 to 8192"),
            Self::Legacy(legacy) => write!(f, "weak and not allowed: {legacy}"),
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
            (
                &fast::ECDSA_P256_SHA256_FIXED_SIGNING,
                CURVE_P256,
                SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha256),
                64,
            ),
            (
                &fast::ECDSA_P384_SHA384_FIXED_SIGNING,
                CURVE_P384,
                SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha384),
                96,
            ),
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
            key.verify(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256), b"", b""),
            Err(SignatureError::UnsupportedKey("1.3.132.0.10".to_owned()))
        );
    }

    #[test]
    fn rsa_with_every_padding_and_digest() {
        let block = crate::pem::blocks(include_bytes!("../../../samples/pki/signers/sahand.key.pem")).next().unwrap();
        let pair = fast::RsaKeyPair::from_pkcs8(&block.contents.unwrap()).unwrap();
        let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        let bits = [&[0], pair.public().as_ref()].concat();
        let key = [&algorithm[..], &crate::name::tests::tlv(0x03, &bits)].concat();
        let key = PublicKey::from_spki(&crate::name::tests::tlv(0x30, &key)).unwrap();
        assert_eq!(*key.kind(), KeyKind::Rsa { bits: 2048 });
        let paddings: [(&dyn fast::RsaEncoding, SignatureAlgorithm); 6] = [
            (&fast::RSA_PKCS1_SHA256, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
            (&fast::RSA_PKCS1_SHA384, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha384)),
            (&fast::RSA_PKCS1_SHA512, SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
            (&fast::RSA_PSS_SHA256, SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha256)),
            (&fast::RSA_PSS_SHA384, SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha384)),
            (&fast::RSA_PSS_SHA512, SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha512)),
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
}
