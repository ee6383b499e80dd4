//! Key files: PKCS #8 plain and encrypted, PKCS #1, SEC 1, PKCS #12, and PEM bundles with certificates beside the key.

use std::sync::Arc;

use karvan_pki::pem::{self, BlockError};
use karvan_pki::{Certificate, Limits};
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use pkcs8::EncryptedPrivateKeyInfoRef;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use super::{KeyError, PrivateKey};
use crate::asn1::{self, Container};

/// What a key file holds.
#[derive(Debug)]
pub struct KeyFile {
    /// The private key: in a PEM file the first one, whatever stands around it.
    pub key: PrivateKey,
    /// The certificates beside it, in the order of the file; of PKCS #12 the one of the key first.
    pub certificates: Vec<Certificate>,
}

type Random = Arc<dyn SecureRandom + Send + Sync>;

impl KeyFile {
    /// Reads a key file: PEM or DER; PKCS #8, PKCS #1, SEC 1, PKCS #12. `password` opens what is encrypted.
    ///
    /// RSA and P-256 sign with SHA-256 then, P-384 with SHA-384, P-521 with SHA-512. `random` serves the blinding of RSA
    /// and the salt of PSS.
    ///
    /// # Errors
    /// What is no private key that can be used.
    pub fn read(file: &[u8], password: Option<&str>, random: Random) -> Result<Self, KeyError> {
        if !pem::is_pem(file) {
            return from_der(file, password, random);
        }
        let (mut key, mut certificates, mut first_other) = (None, Vec::new(), None);
        for block in pem::blocks(file) {
            match (block.label, block.contents) {
                ("PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY", Ok(der)) => {
                    let der = Zeroizing::new(der);
                    if key.is_none() {
                        key = Some(from_der(&der, password, Arc::clone(&random))?.key);
                    }
                }
                ("RSA PRIVATE KEY" | "EC PRIVATE KEY", Err(BlockError::Headers)) => {
                    return Err(KeyError::Encryption("the headers of PEM".to_owned()));
                }
                (label, Err(error)) if label.ends_with("PRIVATE KEY") => return Err(KeyError::Pem(error)),
                ("CERTIFICATE", Ok(der)) => {
                    certificates.push(certificate(&der)?);
                    first_other.get_or_insert_with(|| "CERTIFICATE".to_owned());
                }
                (label, _) => {
                    first_other.get_or_insert_with(|| label.to_owned());
                }
            }
        }
        let key = key.ok_or_else(|| first_other.map_or(KeyError::Unknown, KeyError::NotPrivate))?;
        Ok(Self { key, certificates })
    }
}

fn from_der(der: &[u8], password: Option<&str>, random: Random) -> Result<KeyFile, KeyError> {
    let key = match asn1::container(der).ok_or(KeyError::Unknown)? {
        Container::Pkcs12 => return from_pkcs12(der, password.ok_or(KeyError::Encrypted)?, random),
        Container::EncryptedPkcs8 => {
            let plain = decrypt(der, password.ok_or(KeyError::Encrypted)?)?;
            PrivateKey::from_pkcs8(plain.as_bytes(), random)
        }
        Container::Pkcs8 => PrivateKey::from_pkcs8(der, random),
        Container::Pkcs1 => PrivateKey::from_pkcs1(der, random),
        Container::Sec1(curve) => PrivateKey::from_sec1(der, curve, random),
    }?;
    Ok(KeyFile { key, certificates: Vec::new() })
}

/// Opens an `EncryptedPrivateKeyInfo` (RFC 5958 §3) under PBES2 (RFC 8018 §6.2).
fn decrypt(der: &[u8], password: &str) -> Result<pkcs8::SecretDocument, KeyError> {
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Encryption(asn1::encryption(der)))?;
    if info.encryption_algorithm.pbes2().is_none() {
        return Err(KeyError::Encryption(asn1::encryption(der)));
    }
    info.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            KeyError::Encryption(oid.to_string())
        }
        _ => KeyError::Password,
    })
}

/// Opens a PKCS #12 file (RFC 7292): the first private key and its chain.
fn from_pkcs12(der: &[u8], password: &str, random: Random) -> Result<KeyFile, KeyError> {
    let store = KeyStore::from_pkcs12(der, password, Pkcs12ImportPolicy::Strict).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) | p12_keystore::error::Error::UnpadError => KeyError::Password,
        other => KeyError::Encryption(other.to_string()),
    })?;
    let chain = store.entries().find_map(|(_, entry)| match entry {
        KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let chain = chain.ok_or_else(|| KeyError::NotPrivate("CERTIFICATE".to_owned()))?;
    let key = PrivateKey::from_pkcs8(chain.key().as_der(), random)?;
    let certificates = chain.certs().iter().map(|other| certificate(other.as_der())).collect::<Result<_, _>>()?;
    Ok(KeyFile { key, certificates })
}

fn certificate(der: &[u8]) -> Result<Certificate, KeyError> {
    Certificate::from_der(der, &Limits::default()).map_err(|error| KeyError::Certificate(error.to_string()))
}
