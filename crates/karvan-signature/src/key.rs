//! Keys that sign: one small trait, and what stands behind it.

use std::fmt;

use karvan_pki::pem::BlockError;
use karvan_pki::{DigestAlgorithm, KeyKind, PublicKey, SignatureAlgorithm};

mod file;
mod given;
mod private;
mod remote;
#[cfg(feature = "pkcs11")]
mod token;

pub use file::KeyFile;
pub use given::{Secret, read_public_key};
pub use private::PrivateKey;
pub use remote::{RemoteKey, ToBeSigned};
#[cfg(feature = "pkcs11")]
pub use token::Token;

/// What signs: a key in memory, a token, a service far away.
pub trait SigningKey {
    /// The algorithm it signs with. Signatures of elliptic curves are `r ‖ s`, each as long as the order of the curve.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The public key that verifies what it signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`.
    ///
    /// # Errors
    /// What keeps it from signing.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.algorithm().digest() {
            Some(digest) => self.sign_digest(digest.digest(message).as_ref()),
            None => Err(KeyError::Failed),
        }
    }

    /// Signs the message that has this digest, of the [digest algorithm](SignatureAlgorithm::digest) of
    /// [`algorithm`](Self::algorithm).
    ///
    /// # Errors
    /// What keeps it from signing; Ed25519 signs no digests ([`KeyError::WholeMessage`]).
    fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The file is encrypted, and there is no password.
    Encrypted,
    /// The password does not open the file.
    Password,
    /// The file is encrypted in a way that is not read: the old headers of PEM, or an algorithm by object identifier.
    Encryption(String),
    /// There is no private key in it, but this: the label of a PEM block.
    NotPrivate(String),
    /// There is no public key in it (SubjectPublicKeyInfo, PKCS #1, a certificate; PEM or DER).
    NotPublic,
    /// There are several keys in it, and nothing says which is meant.
    Several,
    /// A secret that somebody could guess: how many octets it has, fewer than [`Secret::LEAST`].
    ShortSecret(usize),
    /// It is no key in a form that is known (PKCS #8, PKCS #1, SEC 1, PKCS #12; PEM or DER).
    Unknown,
    /// A PEM block cannot be decoded.
    Pem(BlockError),
    /// A key of an algorithm or curve, by object identifier, that Karvan does not sign with.
    Unsupported(String),
    /// The key is broken or too weak: what the library says.
    Rejected(String),
    /// A certificate beside the key cannot be read.
    Certificate(String),
    /// The algorithm asked for is none of this key.
    Algorithm {
        /// What the key is.
        key: KeyKind,
        /// What was asked for.
        algorithm: String,
    },
    /// The key signs whole messages only, no digest made before.
    WholeMessage,
    /// Signing failed.
    Failed,
    /// The key is elsewhere, and no value has come back yet.
    Elsewhere,
    /// The value that came back is no signature of what was asked: the document changed in between, or another key signed.
    Value,
    /// What a token or its library says.
    Token(String),
}

impl KeyError {
    /// What to do about it, if that can be said.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Encrypted => Some("give its password: --password-file FILE or --password-env NAME"),
            Self::Encryption(_) => Some("write it anew: openssl pkey -in KEY.pem -aes256 -out NEW.pem"),
            _ => None,
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encrypted => f.write_str("the private key is encrypted"),
            Self::Password => f.write_str("the password does not open the private key"),
            Self::Encryption(how) => write!(f, "the private key is encrypted with {how}, which is not read"),
            Self::NotPrivate(label) => write!(f, "no private key in it, but {label}"),
            Self::NotPublic => {
                f.write_str("no public key in it: SubjectPublicKeyInfo, PKCS #1 or a certificate, PEM or DER")
            }
            Self::Several => f.write_str("several keys in it, and one is meant"),
            Self::ShortSecret(octets) => {
                write!(f, "the secret has {octets} octets; {} are needed", Secret::LEAST)
            }
            Self::Unknown => f.write_str("no private key in PKCS #8, PKCS #1, SEC 1 or PKCS #12, PEM or DER"),
            Self::Pem(BlockError::Unfinished) => f.write_str("the PEM block has no END line of its own"),
            Self::Pem(_) => f.write_str("the PEM block is not base64"),
            Self::Unsupported(identifier) => write!(f, "a key of algorithm or curve {identifier} is not supported"),
            Self::Rejected(reason) => write!(f, "the private key is rejected: {reason}"),
            Self::Certificate(reason) => write!(f, "a certificate beside the private key: {reason}"),
            Self::Algorithm { key, algorithm } => write!(f, "a {key} key does not sign with {algorithm}"),
            Self::WholeMessage => f.write_str("an Ed25519 key signs whole messages, not digests"),
            Self::Failed => f.write_str("the key failed to sign"),
            Self::Elsewhere => f.write_str("the key is elsewhere"),
            Self::Value => f.write_str("the value is no signature of this document by the key of the certificate"),
            Self::Token(reason) => write!(f, "the token: {reason}"),
        }?;
        self.help().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for KeyError {}

/// Whether keys of this kind sign with that algorithm, and it is sound.
fn check_algorithm(key: &KeyKind, algorithm: SignatureAlgorithm) -> Result<(), KeyError> {
    let fits = match key {
        KeyKind::Rsa { .. } => {
            matches!(algorithm, SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss { .. })
        }
        KeyKind::Ed25519 => algorithm == SignatureAlgorithm::Ed25519,
        _ => key.curve_octets().is_some() && matches!(algorithm, SignatureAlgorithm::EcdsaFixed(_)),
    };
    if fits && algorithm.legacy(key).is_empty() {
        Ok(())
    } else {
        Err(KeyError::Algorithm { key: key.clone(), algorithm: algorithm.to_string() })
    }
}

/// What a key of this kind signs with unless something else is asked for: RSA with PKCS #1 and SHA-256, elliptic curves
/// with the digest of their strength.
///
/// # Errors
/// A kind of key that Karvan does not sign with.
pub fn usual_algorithm(key: &KeyKind) -> Result<SignatureAlgorithm, KeyError> {
    Ok(match key {
        KeyKind::Rsa { .. } => SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        KeyKind::EcP256 => SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha256),
        KeyKind::EcP384 => SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha384),
        KeyKind::EcP521 => SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha512),
        KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
        other => return Err(KeyError::Unsupported(other.to_string())),
    })
}

/// An algorithm with another digest, the scheme as it is. Ed25519 has a digest of its own and stays.
#[must_use]
pub const fn with_digest(algorithm: SignatureAlgorithm, digest: DigestAlgorithm) -> SignatureAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaPss { .. } => SignatureAlgorithm::rsa_pss(digest),
        SignatureAlgorithm::RsaPkcs1(_) => SignatureAlgorithm::RsaPkcs1(digest),
        SignatureAlgorithm::Ed25519 => SignatureAlgorithm::Ed25519,
        _ => SignatureAlgorithm::EcdsaFixed(digest),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use karvan_pki::{Certificate, Limits, pem};
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
        assert!(matches!(error(file!("encrypted-pkcs1.pem")), KeyError::Encryption(_)));
        assert!(error(file!("encrypted-pkcs1.pem")).to_string().contains("openssl pkey"));
        assert!(error(file!("encrypted.pem")).to_string().contains("--password-file"));
        let der = pem::blocks(file!("encrypted.pem")).next().unwrap().contents.unwrap();
        assert_eq!(error(&der), KeyError::Encrypted);
        assert_eq!(error(file!("rsa-p12.der")), KeyError::Encrypted);
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
        assert_eq!(rsa.algorithm(), SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512));
        let p256 = read(file!("p256.pem")).unwrap().with_digest(DigestAlgorithm::Sha3_512).unwrap();
        assert_eq!(p256.algorithm(), SignatureAlgorithm::EcdsaFixed(DigestAlgorithm::Sha3_512));
        let error = p256.with_digest(DigestAlgorithm::Sha1).unwrap_err();
        assert_eq!(error, KeyError::Algorithm { key: KeyKind::EcP256, algorithm: "ECDSA SHA-1".to_owned() });
        let error = rsa.with_algorithm(SignatureAlgorithm::Ed25519).unwrap_err();
        assert_eq!(error.to_string(), "a RSA-2048 key does not sign with Ed25519");
    }
}
