//! Verifying what ring does not: digests made before, P-521, SHA-3, other salts, and what is weak.

use der::asn1::{AnyRef, UintRef};
use der::{Decode, Tag, Tagged};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};

use super::{KeyKind, PublicKey, SignatureError, bits};
use crate::asn1::{self, AlgorithmIdentifier};
use crate::{DigestAlgorithm as D, SignatureAlgorithm as A};

/// Checks a signature of `digest`, which is as long as the algorithm's; of Ed25519 nothing comes here.
pub(super) fn verify(key: &PublicKey, algorithm: A, digest: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let good = match (&key.kind, algorithm) {
        (KeyKind::Rsa { .. }, A::RsaPkcs1(_) | A::RsaPss { .. }) => rsa(key.octets(), algorithm, digest, signature),
        (KeyKind::EcP256, _) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key.octets());
            let signature = match algorithm {
                A::EcdsaFixed(_) => p256::ecdsa::Signature::from_slice(signature),
                _ => p256::ecdsa::Signature::from_der(signature),
            };
            key.and_then(|key| key.verify_prehash(&padded(digest, 32), &signature?)).ok()
        }
        (KeyKind::EcP384, _) => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key.octets());
            let signature = match algorithm {
                A::EcdsaFixed(_) => p384::ecdsa::Signature::from_slice(signature),
                _ => p384::ecdsa::Signature::from_der(signature),
            };
            key.and_then(|key| key.verify_prehash(&padded(digest, 48), &signature?)).ok()
        }
        (KeyKind::EcP521, _) => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key.octets());
            let signature = match algorithm {
                A::EcdsaFixed(_) => p521::ecdsa::Signature::from_slice(signature),
                _ => p521::ecdsa::Signature::from_der(signature),
            };
            key.and_then(|key| key.verify_prehash(&padded(digest, 66), &signature?)).ok()
        }
        (KeyKind::Dsa { .. }, _) => dsa(key, algorithm, digest, signature),
        _ => return Err(SignatureError::KeyKind { algorithm, key: key.kind.clone() }),
    };
    good.ok_or(SignatureError::Wrong)
}

/// A digest as a number of `size` octets at least: a short one is not shifted (FIPS 186-5 §6.4.2).
fn padded(digest: &[u8], size: usize) -> Vec<u8> {
    [&vec![0; size.saturating_sub(digest.len())], digest].concat()
}

fn rsa(key: &[u8], algorithm: A, digest: &[u8], signature: &[u8]) -> Option<()> {
    let (modulus, exponent) = asn1::whole(key, |reader| {
        reader.sequence(|reader| {
            Ok((reader.decode::<UintRef<'_>>()?.as_bytes(), reader.decode::<UintRef<'_>>()?.as_bytes()))
        })
    })
    .ok()?;
    let key = RsaPublicKey::new(number(modulus)?, number(exponent)?).ok()?;
    match algorithm {
        A::RsaPss { digest: D::Md5, salt } => key.verify(Pss::<md5::Md5>::new_with_salt(salt), digest, signature),
        A::RsaPss { digest: D::Ripemd160, salt } => {
            key.verify(Pss::<ripemd::Ripemd160>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha1, salt } => key.verify(Pss::<sha1::Sha1>::new_with_salt(salt), digest, signature),
        A::RsaPss { digest: D::Sha224, salt } => {
            key.verify(Pss::<sha2::Sha224>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha256, salt } => {
            key.verify(Pss::<sha2::Sha256>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha384, salt } => {
            key.verify(Pss::<sha2::Sha384>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha512, salt } => {
            key.verify(Pss::<sha2::Sha512>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha3_224, salt } => {
            key.verify(Pss::<sha3::Sha3_224>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha3_256, salt } => {
            key.verify(Pss::<sha3::Sha3_256>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha3_384, salt } => {
            key.verify(Pss::<sha3::Sha3_384>::new_with_salt(salt), digest, signature)
        }
        A::RsaPss { digest: D::Sha3_512, salt } => {
            key.verify(Pss::<sha3::Sha3_512>::new_with_salt(salt), digest, signature)
        }
        _ => key.verify(pkcs1(algorithm.digest()?), digest, signature),
    }
    .ok()
}

/// EMSA-PKCS1-v1_5 with the `DigestInfo` of an algorithm (RFC 8017 §9.2).
fn pkcs1(digest: D) -> Pkcs1v15Sign {
    Pkcs1v15Sign { hash_len: Some(digest.length()), prefix: digest.info_prefix().into() }
}

fn dsa(key: &PublicKey, algorithm: A, digest: &[u8], signature: &[u8]) -> Option<()> {
    let [p, q, g] = dsa_numbers(dsa_parameters(&key.spki)?).ok()?;
    let y = UintRef::from_der(key.octets()).ok()?.as_bytes();
    let half = bits(q).div_ceil(8);
    let (r, s) = match algorithm {
        A::DsaFixed(_) if signature.len() == 2 * half => signature.split_at(half),
        A::DsaFixed(_) => return None,
        _ => asn1::whole(signature, |reader| {
            reader.sequence(|reader| {
                Ok((reader.decode::<UintRef<'_>>()?.as_bytes(), reader.decode::<UintRef<'_>>()?.as_bytes()))
            })
        })
        .ok()?,
    };
    // The sizes of FIPS 186-4 §4.2, that of numbers which bring others within theirs.
    let size = bits(p);
    if !matches!((size, bits(q)), (1024, 160) | (2048, 224 | 256) | (3072, 256)) || bits(y) > size || bits(g) > size {
        return None;
    }
    let number = |octets: &[u8], size: usize| BoxedUint::from_be_slice(octets, u32::try_from(size).ok()?).ok();
    let components = dsa::Components::from_components(number(p, size)?, number(q, bits(q))?, number(g, size)?).ok()?;
    let key = dsa::VerifyingKey::from_components(components, number(y, size)?).ok()?;
    let signature = dsa::Signature::from_components(self::number(r)?, self::number(s)?)?;
    key.verify_prehash(digest, &signature).ok()
}

/// The parameters of a DSA key (`Dss-Parms`), if it has any.
pub(super) fn dsa_parameters(spki: &[u8]) -> Option<AnyRef<'_>> {
    let parameters = asn1::whole(spki, |reader| {
        reader.sequence(|reader| {
            let algorithm = AlgorithmIdentifier::read(reader)?;
            reader.any()?;
            Ok((algorithm.algorithm == super::DSA).then_some(algorithm.parameters).flatten())
        })
    });
    parameters.ok().flatten()
}

/// `p`, `q` and `g` of `Dss-Parms` (RFC 3279 §2.3.2).
pub(super) fn dsa_numbers(parameters: AnyRef<'_>) -> der::Result<[&[u8]; 3]> {
    parameters.tag().assert_eq(Tag::Sequence)?;
    asn1::elements(parameters.value(), |reader| Ok(reader.decode::<UintRef<'_>>()?.as_bytes()))?
        .try_into()
        .map_err(|_| der::ErrorKind::Failed.into())
}

fn number(octets: &[u8]) -> Option<BoxedUint> {
    BoxedUint::from_be_slice(octets, u32::try_from(bits(octets).max(1)).ok()?).ok()
}
