//! A private key in memory.

use std::fmt;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use der::asn1::ObjectIdentifier;
use karvan_pki::{PublicKey, SignatureAlgorithm};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{EncodePublicKey as _, PrivateKeyInfoRef};
use ring::rand::SecureRandom;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use zeroize::Zeroizing;

use super::{KeyError, SigningKey, check_algorithm, usual_algorithm, with_digest};
use crate::asn1;
use karvan_pki::DigestAlgorithm;

/// A private key in memory: RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519. It is wiped when it is dropped.
pub struct PrivateKey {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    public: PublicKey,
    random: Arc<dyn SecureRandom + Send + Sync>,
}

enum Pair {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl PrivateKey {
    /// Reads a key file without a password: [`KeyFile::read`](super::KeyFile::read).
    ///
    /// # Errors
    /// What is no private key that can be used, encrypted ones among them.
    pub fn read(file: &[u8], random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        super::KeyFile::read(file, None, random).map(|file| file.key)
    }

    /// A key out of PKCS #8 in DER.
    pub(super) fn from_pkcs8(der: &[u8], random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Unknown)?;
        let curve = info.algorithm.parameters.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
        let pair = match (info.algorithm.oid, curve) {
            (asn1::RSA_ENCRYPTION, _) => Pair::Rsa(Box::new(info.try_into().map_err(rejected)?)),
            (asn1::ED25519, _) => Pair::Ed25519(Box::new(info.try_into().map_err(rejected)?)),
            (asn1::EC_PUBLIC_KEY, Some(asn1::CURVE_P256)) => Pair::P256(info.try_into().map_err(rejected)?),
            (asn1::EC_PUBLIC_KEY, Some(asn1::CURVE_P384)) => Pair::P384(info.try_into().map_err(rejected)?),
            (asn1::EC_PUBLIC_KEY, Some(asn1::CURVE_P521)) => Pair::P521(info.try_into().map_err(rejected)?),
            (algorithm, curve) => return Err(KeyError::Unsupported(curve.unwrap_or(algorithm).to_string())),
        };
        Self::new(pair, random)
    }

    /// A key out of PKCS #1 in DER (RFC 8017 A.1.2).
    pub(super) fn from_pkcs1(der: &[u8], random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        use rsa::pkcs1::DecodeRsaPrivateKey as _;
        Self::new(Pair::Rsa(Box::new(RsaPrivateKey::from_pkcs1_der(der).map_err(rejected)?)), random)
    }

    /// A key out of SEC 1 in DER (RFC 5915).
    pub(super) fn from_sec1(
        der: &[u8],
        curve: Option<ObjectIdentifier>,
        random: Arc<dyn SecureRandom + Send + Sync>,
    ) -> Result<Self, KeyError> {
        let pair = match curve {
            Some(asn1::CURVE_P256) => Pair::P256(p256::SecretKey::from_sec1_der(der).map_err(rejected)?.into()),
            Some(asn1::CURVE_P384) => Pair::P384(p384::SecretKey::from_sec1_der(der).map_err(rejected)?.into()),
            Some(asn1::CURVE_P521) => Pair::P521(p521::SecretKey::from_sec1_der(der).map_err(rejected)?.into()),
            Some(other) => return Err(KeyError::Unsupported(other.to_string())),
            None => return Err(KeyError::Rejected("the curve is left out".to_owned())),
        };
        Self::new(pair, random)
    }

    fn new(pair: Pair, random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        let spki = match &pair {
            Pair::Rsa(key) => {
                let bits = key.n().bits();
                if !(2048..=8192).contains(&bits) {
                    return Err(KeyError::Rejected(format!("an RSA key of {bits} bits is not from 2048 to 8192")));
                }
                key.to_public_key().to_public_key_der()
            }
            Pair::P256(key) => key.verifying_key().to_public_key_der(),
            Pair::P384(key) => key.verifying_key().to_public_key_der(),
            Pair::P521(key) => key.verifying_key().to_public_key_der(),
            Pair::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        let public = PublicKey::from_spki(spki.map_err(rejected)?.as_bytes()).map_err(rejected)?;
        Ok(Self { pair, algorithm: usual_algorithm(public.kind())?, public, random })
    }

    /// The same key with another digest, the scheme as it is. Ed25519 has a digest of its own and stays.
    ///
    /// # Errors
    /// A digest that is not sound.
    pub fn with_digest(self, digest: DigestAlgorithm) -> Result<Self, KeyError> {
        let algorithm = with_digest(self.algorithm, digest);
        self.with_algorithm(algorithm)
    }

    /// The same key with another algorithm: PSS in place of PKCS #1, or another digest.
    ///
    /// # Errors
    /// An algorithm that the key does not sign with, or one that is not sound.
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        check_algorithm(self.public.kind(), algorithm)?;
        self.algorithm = algorithm;
        Ok(self)
    }

    /// A source of randomness for one signature: the blinding of RSA and the salt of PSS.
    fn generator(&self) -> Result<ChaCha20Rng, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        self.random.fill(&mut *seed).map_err(|_| KeyError::Failed)?;
        Ok(ChaCha20Rng::from_seed(*seed))
    }

    fn sign_rsa(&self, key: &RsaPrivateKey, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        use DigestAlgorithm as D;
        let mut random = self.generator()?;
        let random = &mut random;
        match self.algorithm {
            SignatureAlgorithm::RsaPss { digest: algorithm, salt } => match algorithm {
                D::Sha224 => key.sign_with_rng(random, Pss::<sha2::Sha224>::new_with_salt(salt), digest),
                D::Sha256 => key.sign_with_rng(random, Pss::<sha2::Sha256>::new_with_salt(salt), digest),
                D::Sha384 => key.sign_with_rng(random, Pss::<sha2::Sha384>::new_with_salt(salt), digest),
                D::Sha512 => key.sign_with_rng(random, Pss::<sha2::Sha512>::new_with_salt(salt), digest),
                D::Sha3_224 => key.sign_with_rng(random, Pss::<sha3::Sha3_224>::new_with_salt(salt), digest),
                D::Sha3_256 => key.sign_with_rng(random, Pss::<sha3::Sha3_256>::new_with_salt(salt), digest),
                D::Sha3_384 => key.sign_with_rng(random, Pss::<sha3::Sha3_384>::new_with_salt(salt), digest),
                D::Sha3_512 => key.sign_with_rng(random, Pss::<sha3::Sha3_512>::new_with_salt(salt), digest),
                D::Md5 | D::Ripemd160 | D::Sha1 => return Err(KeyError::Failed),
            },
            SignatureAlgorithm::RsaPkcs1(algorithm) => {
                let prefix = algorithm.info_prefix().into();
                key.sign_with_rng(random, Pkcs1v15Sign { hash_len: Some(digest.len()), prefix }, digest)
            }
            _ => return Err(KeyError::Failed),
        }
        .map_err(|_| KeyError::Failed)
    }
}

impl SigningKey for PrivateKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match (&self.pair, self.algorithm.digest()) {
            (Pair::Ed25519(key), _) => Ok(key.sign(message).to_bytes().to_vec()),
            (_, Some(digest)) => self.sign_digest(digest.digest(message).as_ref()),
            _ => Err(KeyError::Failed),
        }
    }

    fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        let length = self.algorithm.digest().ok_or(KeyError::WholeMessage)?.length();
        if digest.len() != length {
            return Err(KeyError::Failed);
        }
        // A digest shorter than half the order is not taken as it is; as a number it is the same with zeros before it.
        let padded = |size: usize| [&vec![0; size.saturating_sub(digest.len())], digest].concat();
        match &self.pair {
            Pair::Rsa(key) => self.sign_rsa(key, digest),
            Pair::P256(key) => {
                { key.sign_prehash(&padded(32)).map(|signature: p256::ecdsa::Signature| signature.to_bytes().to_vec()) }
                    .map_err(|_| KeyError::Failed)
            }
            Pair::P384(key) => {
                { key.sign_prehash(&padded(48)).map(|signature: p384::ecdsa::Signature| signature.to_bytes().to_vec()) }
                    .map_err(|_| KeyError::Failed)
            }
            Pair::P521(key) => {
                { key.sign_prehash(&padded(66)).map(|signature: p521::ecdsa::Signature| signature.to_bytes().to_vec()) }
                    .map_err(|_| KeyError::Failed)
            }
            Pair::Ed25519(_) => Err(KeyError::WholeMessage),
        }
    }
}

/// The private half is never shown.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", self.public.kind()).finish_non_exhaustive()
    }
}

fn rejected(error: impl fmt::Display) -> KeyError {
    KeyError::Rejected(error.to_string())
}
