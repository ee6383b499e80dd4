//! Private keys: one small trait, and keys out of files behind it.

use std::fmt;
use std::sync::Arc;

use karvan_pki::pem::{self, BlockError};
use karvan_pki::{KeyKind, PublicKey, SignatureAlgorithm};
use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
};

use crate::DigestAlgorithm;
use crate::asn1::{self, Container};

/// What signs: a key in memory, a token, a service far away.
pub trait SigningKey {
    /// The algorithm it signs with. ECDSA signatures are `r ‖ s`, each as long as the order of the curve.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The public key that verifies what it signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`; the digest of the algorithm is its concern.
    ///
    /// # Errors
    /// What keeps it from signing.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is encrypted; Karvan takes no passwords.
    Encrypted,
    /// A PKCS #12 file.
    Pkcs12,
    /// There is no private key in it, but this: the label of a PEM block.
    NotPrivate(String),
    /// It is no key in a form that is known (PKCS #8, PKCS #1, SEC 1; PEM or DER).
    Unknown,
    /// A PEM block cannot be decoded.
    Pem(BlockError),
    /// A key of an algorithm or curve, by object identifier, that Karvan does not sign with.
    Unsupported(String),
    /// The key is broken or too weak: what the library says.
    Rejected(String),
    /// The algorithm asked for is none of this key.
    Digest {
        /// What the key is.
        key: KeyKind,
        /// What was asked for.
        digest: DigestAlgorithm,
    },
    /// Signing failed.
    Failed,
}

impl KeyError {
    /// What to do about it, if that can be said.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Encrypted => Some("decrypt it first: openssl pkey -in KEY.pem -out PLAIN.pem"),
            Self::Pkcs12 => Some("take the key out first: openssl pkcs12 -in FILE.p12 -nodes -out PLAIN.pem"),
            _ => None,
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encrypted => f.write_str("the private key is encrypted"),
            Self::Pkcs12 => f.write_str("this is a PKCS #12 file, not a private key"),
            Self::NotPrivate(label) => write!(f, "no private key in it, but {label}"),
            Self::Unknown => f.write_str("no private key in PKCS #8, PKCS #1 or SEC 1, PEM or DER"),
            Self::Pem(BlockError::Unfinished) => f.write_str("the PEM block has no END line of its own"),
            Self::Pem(_) => f.write_str("the PEM block is not base64"),
            Self::Unsupported(identifier) => write!(f, "a key of algorithm or curve {identifier} is not supported"),
            Self::Rejected(reason) => write!(f, "the private key is rejected: {reason}"),
            Self::Digest { key, digest } => write!(f, "a {key} key does not sign with {digest}"),
            Self::Failed => f.write_str("the key failed to sign"),
        }?;
        self.help().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for KeyError {}

/// A private key in memory: RSA of 2048 to 4096 bits, P-256, P-384, Ed25519.
pub struct PrivateKey {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    public: PublicKey,
    random: Arc<dyn SecureRandom + Send + Sync>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Reads a key file: PEM (the first private key in it, whatever stands around) or DER; PKCS #8, PKCS #1, SEC 1.
    ///
    /// RSA and P-256 sign with SHA-256 then, P-384 with SHA-384. `random` serves ECDSA and the blinding of RSA.
    ///
    /// # Errors
    /// What is no private key that can be used, encrypted ones among them.
    pub fn read(file: &[u8], random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        if !pem::is_pem(file) {
            return Self::from_der(file, random);
        }
        let mut first_other = None;
        for block in pem::blocks(file) {
            match (block.label, block.contents) {
                ("PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY", Ok(der)) => return Self::from_der(&der, random),
                ("ENCRYPTED PRIVATE KEY", _) | ("RSA PRIVATE KEY" | "EC PRIVATE KEY", Err(BlockError::Headers)) => {
                    return Err(KeyError::Encrypted);
                }
                (label, Err(error)) if label.ends_with("PRIVATE KEY") => return Err(KeyError::Pem(error)),
                (label, _) => {
                    first_other.get_or_insert_with(|| label.to_owned());
                }
            }
        }
        Err(first_other.map_or(KeyError::Unknown, KeyError::NotPrivate))
    }

    fn from_der(der: &[u8], random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        let rejected = |error: ring::error::KeyRejected| KeyError::Rejected(error.to_string());
        match asn1::container(der).ok_or(KeyError::Unknown)? {
            Container::EncryptedPkcs8 => Err(KeyError::Encrypted),
            Container::Pkcs12 => Err(KeyError::Pkcs12),
            Container::Pkcs1 => Self::rsa(RsaKeyPair::from_der(der).map_err(rejected)?, random),
            Container::Pkcs8(asn1::RSA_ENCRYPTION, _) => {
                Self::rsa(RsaKeyPair::from_pkcs8(der).map_err(rejected)?, random)
            }
            Container::Pkcs8(asn1::ED25519, _) => {
                // RFC 8410 §7: the public key may be left out, and OpenSSL does.
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(rejected)?;
                let public = public_key(asn1::ED25519, None, pair.public_key().as_ref())?;
                Ok(Self { pair: Pair::Ed25519(pair), algorithm: SignatureAlgorithm::Ed25519, public, random })
            }
            Container::Pkcs8(asn1::EC_PUBLIC_KEY, Some(curve)) => {
                let (signing, _) = curve_algorithm(curve)?;
                let pair = EcdsaKeyPair::from_pkcs8(signing, der, &*random).map_err(rejected)?;
                Self::ecdsa(pair, curve, random)
            }
            Container::Pkcs8(other, parameters) => Err(KeyError::Unsupported(parameters.unwrap_or(other).to_string())),
            Container::Sec1(Some(curve), private, Some(public)) => {
                let (signing, _) = curve_algorithm(curve)?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, private, public, &*random);
                Self::ecdsa(pair.map_err(rejected)?, curve, random)
            }
            Container::Sec1(..) => Err(KeyError::Rejected("curve or public key left out".to_owned())),
        }
    }

    fn rsa(pair: RsaKeyPair, random: Arc<dyn SecureRandom + Send + Sync>) -> Result<Self, KeyError> {
        let public = public_key(asn1::RSA_ENCRYPTION, None, pair.public().as_ref())?;
        Ok(Self { pair: Pair::Rsa(pair), algorithm: SignatureAlgorithm::RsaPkcs1Sha256, public, random })
    }

    fn ecdsa(
        pair: EcdsaKeyPair,
        curve: der::asn1::ObjectIdentifier,
        random: Arc<dyn SecureRandom + Send + Sync>,
    ) -> Result<Self, KeyError> {
        let (_, algorithm) = curve_algorithm(curve)?;
        let public = public_key(asn1::EC_PUBLIC_KEY, Some(curve), pair.public_key().as_ref())?;
        Ok(Self { pair: Pair::Ecdsa(pair), algorithm, public, random })
    }

    /// The same key with another digest: SHA-256, SHA-384 or SHA-512 with RSA; the other keys have one digest each.
    ///
    /// # Errors
    /// A digest that the key does not sign with.
    pub fn with_digest(mut self, digest: DigestAlgorithm) -> Result<Self, KeyError> {
        use SignatureAlgorithm as A;
        self.algorithm = match (&self.pair, digest) {
            (Pair::Rsa(_), DigestAlgorithm::Sha256) => A::RsaPkcs1Sha256,
            (Pair::Rsa(_), DigestAlgorithm::Sha384) => A::RsaPkcs1Sha384,
            (Pair::Rsa(_), DigestAlgorithm::Sha512) => A::RsaPkcs1Sha512,
            (Pair::Ecdsa(_), DigestAlgorithm::Sha256) if self.algorithm == A::EcdsaSha256Fixed => self.algorithm,
            (Pair::Ecdsa(_), DigestAlgorithm::Sha384) if self.algorithm == A::EcdsaSha384Fixed => self.algorithm,
            _ => return Err(KeyError::Digest { key: self.public.kind().clone(), digest }),
        };
        Ok(self)
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
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding = match self.algorithm {
                    SignatureAlgorithm::RsaPkcs1Sha512 => &RSA_PKCS1_SHA512,
                    SignatureAlgorithm::RsaPkcs1Sha384 => &RSA_PKCS1_SHA384,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &*self.random, message, &mut signature).map_err(|_| KeyError::Failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => pair
                .sign(&*self.random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyError::Failed),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// The private half is never shown.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", self.public.kind()).finish_non_exhaustive()
    }
}

fn curve_algorithm(
    curve: der::asn1::ObjectIdentifier,
) -> Result<(&'static EcdsaSigningAlgorithm, SignatureAlgorithm), KeyError> {
    match curve {
        asn1::CURVE_P256 => Ok((&ECDSA_P256_SHA256_FIXED_SIGNING, SignatureAlgorithm::EcdsaSha256Fixed)),
        asn1::CURVE_P384 => Ok((&ECDSA_P384_SHA384_FIXED_SIGNING, SignatureAlgorithm::EcdsaSha384Fixed)),
        other => Err(KeyError::Unsupported(other.to_string())),
    }
}

fn public_key(
    algorithm: der::asn1::ObjectIdentifier,
    curve: Option<der::asn1::ObjectIdentifier>,
    key: &[u8],
) -> Result<PublicKey, KeyError> {
    let rejected = || KeyError::Rejected("its public half has no encoding".to_owned());
    let spki = asn1::spki(algorithm, curve, key).ok_or_else(rejected)?;
    PublicKey::from_spki(&spki).map_err(|_| rejected())
}

#[cfg(test)]
mod tests {
    use karvan_pki::{Certificate, Limits};
    use ring::rand::SystemRandom;

    use super::*;

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../tests/keys/", $name))
        };
    }

    fn read(file: &[u8]) -> Result<PrivateKey, KeyError> {
        PrivateKey::read(file, Arc::new(SystemRandom::new()))
    }

    #[test]
    fn every_container_gives_the_key_of_its_certificate() {
        let cases: [(&[u8], &[u8]); 7] = [
            (file!("rsa.pem"), file!("rsa-certificate.pem")),
            (file!("rsa.der"), file!("rsa-certificate.pem")),
            (file!("rsa-pkcs1.pem"), file!("rsa-certificate.pem")),
            (file!("p256.pem"), file!("p256-certificate.pem")),
            (file!("p256-sec1.pem"), file!("p256-certificate.pem")),
            (file!("p384.pem"), file!("p384-certificate.pem")),
            (file!("ed25519.pem"), file!("ed25519-certificate.pem")),
        ];
        for (key, certificate) in cases {
            let key = read(key).unwrap();
            let der = pem::blocks(certificate).next().unwrap().contents.unwrap();
            let certificate = Certificate::from_der(&der, &Limits::default()).unwrap();
            assert_eq!(key.public_key(), certificate.public_key());
            let signature = key.sign(b"message").unwrap();
            assert_eq!(certificate.public_key().verify(key.algorithm(), b"message", &signature), Ok(()));
        }
    }

    #[test]
    fn a_bundle_may_hold_certificates_before_the_key() {
        let bundle = [&file!("p256-certificate.pem")[..], &file!("p256.pem")[..]].concat();
        assert_eq!(read(&bundle).unwrap().public_key().kind(), &KeyKind::EcP256);
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let error = |file: &[u8]| read(file).unwrap_err();
        assert_eq!(error(file!("encrypted.pem")), KeyError::Encrypted);
        assert_eq!(error(file!("encrypted-pkcs1.pem")), KeyError::Encrypted);
        assert!(error(file!("encrypted.pem")).to_string().contains("openssl pkey"));
        let der = pem::blocks(file!("encrypted.pem")).next().unwrap().contents.unwrap();
        assert_eq!(error(&der), KeyError::Encrypted);
        assert_eq!(error(file!("rsa-p12.der")), KeyError::Pkcs12);
        assert_eq!(error(file!("rsa-certificate.pem")), KeyError::NotPrivate("CERTIFICATE".to_owned()));
        assert_eq!(error(file!("secp256k1.pem")), KeyError::Unsupported("1.3.132.0.10".to_owned()));
        assert!(matches!(error(file!("small.pem")), KeyError::Rejected(_)));
        assert_eq!(error(b""), KeyError::Unknown);
        assert_eq!(error(b"\x30\x03\x02\x01\x00"), KeyError::Unknown);
        assert_eq!(error(b"-----BEGIN PRIVATE KEY-----\n"), KeyError::Pem(BlockError::Unfinished));
        assert_eq!(
            error(b"-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n"),
            KeyError::Pem(BlockError::NotBase64)
        );
    }

    #[test]
    fn digests_belong_to_keys() {
        let rsa = read(file!("rsa.pem")).unwrap().with_digest(DigestAlgorithm::Sha512).unwrap();
        assert_eq!(rsa.algorithm(), SignatureAlgorithm::RsaPkcs1Sha512);
        let p256 = read(file!("p256.pem")).unwrap().with_digest(DigestAlgorithm::Sha256).unwrap();
        let error = p256.with_digest(DigestAlgorithm::Sha384).unwrap_err();
        assert_eq!(error, KeyError::Digest { key: KeyKind::EcP256, digest: DigestAlgorithm::Sha384 });
    }
}
