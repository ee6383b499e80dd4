//! Who signs: a private key, here or elsewhere, and the certificates offered with it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use karvan_pki::{Certificate, Limits, certificates};
use karvan_signature::{
    DigestAlgorithm, KeyError, KeyFile, PrivateKey, RemoteKey, SignError, SigningKey, ToBeSigned, usual_algorithm,
    with_digest,
};
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::trust::Named;

/// A private key and the certificates that are offered with it.
#[derive(Debug)]
pub struct Identity {
    key: Key,
    certificates: Vec<Certificate>,
}

#[derive(Debug)]
enum Key {
    Here(PrivateKey),
    Elsewhere(RemoteKey),
    #[cfg(feature = "pkcs11")]
    Token(karvan_signature::Token),
}

/// What a key signs with, where that is not what such keys usually do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scheme {
    /// The digest of the signature.
    pub digest: Option<DigestAlgorithm>,
    /// RSASSA-PSS in place of PKCS #1 v1.5, for RSA.
    pub pss: bool,
}

impl Identity {
    /// The key in a key file, and the certificates in that file and in `chain`.
    ///
    /// # Errors
    /// What is no such key or certificate; [`SignError::WrongKey`] where there are certificates and none is the key's.
    pub fn open(key: &[u8], password: Option<&str>, chain: &[Named], scheme: Scheme) -> Result<Self, Error> {
        let file = KeyFile::read(key, password, Arc::new(SystemRandom::new()))?;
        let algorithm = scheme.algorithm(&file.key)?;
        let key = file.key.with_algorithm(algorithm)?;
        let certificates = read_chain(chain)?.into_iter().chain(file.certificates).collect();
        let certificates = signer_first(certificates, &key)?;
        Ok(Self { key: Key::Here(key), certificates })
    }

    /// The key of the first certificate in `chain`, which is elsewhere; `value` is what came back from there, if it did.
    ///
    /// # Errors
    /// What is no certificate, or one of a key that does not sign like that; [`SignError::NoCertificate`] where there is
    /// none.
    pub fn elsewhere(chain: &[Named], scheme: Scheme, value: Option<Vec<u8>>) -> Result<Self, Error> {
        let certificates = read_chain(chain)?;
        let public = certificates.first().ok_or(Error::NoCertificate)?.public_key().clone();
        let usual = RemoteKey::new(public.clone(), usual_algorithm(public.kind())?)?;
        let key = RemoteKey::new(public, scheme.algorithm(&usual)?)?;
        let key = value.into_iter().fold(key, RemoteKey::with_value);
        Ok(Self { key: Key::Elsewhere(key), certificates })
    }

    /// The key on a token that a URI names (RFC 7512), its certificate the first in `chain` or beside it on the token.
    ///
    /// # Errors
    /// What the URI lacks or the token says; [`KeyError::Token`] in a build without the feature `pkcs11`.
    pub fn on_token(uri: &str, pin: Option<&str>, chain: &[Named], scheme: Scheme) -> Result<Self, Error> {
        let chain = read_chain(chain)?;
        #[cfg(feature = "pkcs11")]
        {
            let key = karvan_signature::Token::open(uri, pin, chain.first())?;
            let algorithm = scheme.algorithm(&key)?;
            let key = key.with_algorithm(algorithm)?;
            let certificates = chain.into_iter().chain(key.certificates().iter().cloned()).collect();
            let certificates = signer_first(certificates, &key)?;
            Ok(Self { key: Key::Token(key), certificates })
        }
        #[cfg(not(feature = "pkcs11"))]
        {
            let _ = (uri, pin, chain, scheme);
            Err(KeyError::Token("this program was built without them (feature pkcs11)".to_owned()).into())
        }
    }

    /// What signs.
    #[must_use]
    pub fn key(&self) -> &dyn SigningKey {
        match &self.key {
            Key::Here(key) => key,
            Key::Elsewhere(key) => key,
            #[cfg(feature = "pkcs11")]
            Key::Token(key) => key,
        }
    }

    /// The signer's certificate, then others that lead to its authority; or none.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What a key elsewhere was asked to sign, after signing has come to that.
    #[must_use]
    pub fn asked(&self, now: Timestamp) -> Option<Ticket> {
        let Key::Elsewhere(key) = &self.key else { return None };
        let algorithm = key.algorithm();
        let asked = key.asked()?;
        let (message, digest) = match &asked {
            ToBeSigned::Message(message) => (
                Some(STANDARD.encode(message)),
                algorithm.digest().map(|digest| digest.digest(message).as_ref().to_vec()),
            ),
            ToBeSigned::Digest(digest) => (None, Some(digest.clone())),
        };
        Some(Ticket {
            algorithm: algorithm.to_string(),
            digest_algorithm: algorithm.digest().map(|digest| digest.to_string()),
            digest: digest.map(|digest| STANDARD.encode(digest)),
            message,
            time: now,
            value: None,
        })
    }
}

impl Scheme {
    fn algorithm(self, key: &dyn SigningKey) -> Result<karvan_pki::SignatureAlgorithm, KeyError> {
        let mut algorithm = key.algorithm();
        if let (true, Some(digest)) = (self.pss, algorithm.digest()) {
            algorithm = karvan_pki::SignatureAlgorithm::rsa_pss(digest);
        }
        Ok(self.digest.map_or(algorithm, |digest| with_digest(algorithm, digest)))
    }
}

/// What is to be signed elsewhere: written by the first half of signing, read with its `value` by the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The signature algorithm, for people.
    pub algorithm: String,
    /// The digest algorithm, if the signature algorithm has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<String>,
    /// The digest to be signed, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The octets to be signed, in Base64, where they are at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The time that the signature gives as its own.
    pub time: Timestamp,
    /// The signature value that came back, in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Ticket {
    /// Reads a ticket with its value.
    ///
    /// # Errors
    /// What is no ticket, or has no value in Base64.
    pub fn read(file: &[u8]) -> Result<(Timestamp, Vec<u8>), Error> {
        let ticket: Self = serde_json::from_slice(file).map_err(|error| Error::Ticket(error.to_string()))?;
        let value = ticket.value.ok_or_else(|| Error::Ticket("\"value\" is missing".to_owned()))?;
        let value: String = value.split_ascii_whitespace().collect();
        let value = STANDARD.decode(value).map_err(|error| Error::Ticket(format!("\"value\": {error}")))?;
        Ok((ticket.time, value))
    }
}

fn read_chain(files: &[Named]) -> Result<Vec<Certificate>, Error> {
    let mut chain = Vec::new();
    for (name, octets) in files {
        let (read, problems) = certificates(name, octets, &Limits::default());
        if let Some(problem) = problems.first() {
            return Err(Error::Certificate(format!("{name}: {}", problem.error)));
        }
        chain.extend(read);
    }
    Ok(chain)
}

/// The chain with the certificate of `key` before the others, each once.
fn signer_first(chain: Vec<Certificate>, key: &dyn SigningKey) -> Result<Vec<Certificate>, Error> {
    let mut unique: Vec<Certificate> = Vec::new();
    for certificate in chain {
        if !unique.contains(&certificate) {
            unique.push(certificate);
        }
    }
    match unique.iter().position(|certificate| certificate.public_key() == key.public_key()) {
        Some(position) => unique[..=position].rotate_right(1),
        None => {
            if let Some(first) = unique.first() {
                return Err(SignError::WrongKey { subject: first.subject().to_string() }.into());
            }
        }
    }
    Ok(unique)
}
