//! What whoever verifies has instead of a certificate: a public key in a file, or a secret shared with the signer.

use std::fmt;

use karvan_pki::pem::{self, BlockError};
use karvan_pki::{Certificate, Limits, PublicKey};
use zeroize::Zeroizing;

use super::KeyError;
use crate::asn1::{self, RSA_ENCRYPTION};

/// Reads the public key in `file`, PEM or DER: a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), the RSAPublicKey of PKCS #1, or that
/// of a certificate, of which nothing else counts.
///
/// ```
/// let key = karvan_signature::read_public_key(include_bytes!("../../tests/keys/p256-certificate.pem"))?;
/// assert_eq!(key.kind().to_string(), "P-256");
/// # Ok::<(), karvan_signature::KeyError>(())
/// ```
///
/// # Errors
/// What is not exactly one public key: a key of several, such as the chain of a signer, could be that of anybody.
pub fn read_public_key(file: &[u8]) -> Result<PublicKey, KeyError> {
    if !pem::is_pem(file) {
        return of_key_info(file).or_else(|_| of_certificate(file)).map_err(|_| KeyError::NotPublic);
    }
    let mut keys = pem::blocks(file).map(|block| {
        let der = |contents: Result<Vec<u8>, BlockError>| contents.map_err(KeyError::Pem);
        match block.label {
            "PUBLIC KEY" => of_key_info(&der(block.contents)?),
            "RSA PUBLIC KEY" => {
                let info = asn1::spki(RSA_ENCRYPTION, None, &der(block.contents)?).ok_or(KeyError::NotPublic)?;
                of_key_info(&info)
            }
            "CERTIFICATE" => of_certificate(&der(block.contents)?),
            _ => Err(KeyError::NotPublic),
        }
    });
    match (keys.next(), keys.next()) {
        (Some(key), None) => key,
        (Some(_), Some(_)) => Err(KeyError::Several),
        (None, _) => Err(KeyError::NotPublic),
    }
}

fn of_key_info(der: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::from_spki(der).map_err(|error| KeyError::Rejected(error.to_string()))
}

fn of_certificate(der: &[u8]) -> Result<PublicKey, KeyError> {
    let certificate = Certificate::from_der(der, &Limits::default());
    certificate
        .map(|certificate| certificate.public_key().clone())
        .map_err(|error| KeyError::Certificate(error.to_string()))
}

/// A secret shared by those who sign and those who verify (HMAC, RFC 2104). It is wiped when it is dropped, and not shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// How many octets a secret has at least: 112 bits, as NIST SP 800-131A §10 asks of HMAC.
    pub const LEAST: usize = 14;

    /// The secret of these octets.
    ///
    /// # Errors
    /// Fewer than [`Self::LEAST`]: somebody could try them all.
    pub fn new(octets: impl Into<Zeroizing<Vec<u8>>>) -> Result<Self, KeyError> {
        let octets = octets.into();
        if octets.len() < Self::LEAST { Err(KeyError::ShortSecret(octets.len())) } else { Ok(Self(octets)) }
    }

    /// The same of any length, for signatures that were made with one that is too short today.
    #[must_use]
    pub fn of_any_length(octets: impl Into<Zeroizing<Vec<u8>>>) -> Self {
        Self(octets.into())
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = include_bytes!("../../tests/keys/rsa-certificate.pem");

    #[test]
    fn a_key_is_read_in_each_of_its_forms() {
        let der = pem::blocks(CERTIFICATE).next().unwrap().contents.unwrap();
        let key = read_public_key(CERTIFICATE).unwrap();
        assert_eq!(read_public_key(&der).unwrap(), key);
        assert_eq!(read_public_key(key.spki()).unwrap(), key);
        let pem = |label: &str, der: &[u8]| {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n").into_bytes()
        };
        assert_eq!(read_public_key(&pem("PUBLIC KEY", key.spki())).unwrap(), key);
        assert_eq!(read_public_key(&pem("RSA PUBLIC KEY", key.octets())).unwrap(), key);
    }

    #[test]
    fn what_is_not_one_public_key_is_none() {
        let chain = [CERTIFICATE, include_bytes!("../../tests/keys/p256-certificate.pem")].concat();
        assert_eq!(read_public_key(&chain), Err(KeyError::Several));
        assert_eq!(read_public_key(include_bytes!("../../tests/keys/rsa.pem")), Err(KeyError::NotPublic));
        assert_eq!(read_public_key(b"secret"), Err(KeyError::NotPublic));
        assert!(matches!(
            read_public_key(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            Err(KeyError::Rejected(_))
        ));
    }

    #[test]
    fn a_short_secret_is_none_and_no_secret_is_shown() {
        assert_eq!(Secret::new(vec![1; 13]).unwrap_err(), KeyError::ShortSecret(13));
        assert_eq!(format!("{:?}", Secret::new(vec![1; 14]).unwrap()), "Secret(..)");
    }
}
