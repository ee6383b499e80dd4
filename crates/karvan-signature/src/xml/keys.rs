//! The keys that signatures are verified with.

use std::borrow::Cow;

use karvan_pki::{Certificate, KeyKind, Legacy, PublicKey, SignatureAlgorithm, SignatureError};
use karvan_text::{Code, Message};

use super::key_info::Offered;
use super::method::{SignatureMethod, authentication_code, is_code};
use super::policy::Policy;
use super::structure::{Finding, SignatureElement, finding};
use crate::key::Secret;

/// Keys that whoever verifies has beforehand, beside those that a signature offers.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownKeys<'k> {
    /// Certificates: their keys.
    pub certificates: &'k [Certificate],
    /// Bare keys, by the names that signatures may give them (KeyName).
    pub keys: &'k [(String, PublicKey)],
    /// Secrets shared with the signer, for HMAC, by their names.
    pub secrets: &'k [(String, Secret)],
    /// Whether these alone count, and no key that the signature itself offers.
    pub alone: bool,
}

/// Who holds the key that a signature verifies with, as far as the signature itself tells.
#[derive(Clone, Debug)]
pub struct SignedBy {
    key: Option<PublicKey>,
    name: Option<String>,
    method: SignatureMethod,
    certificate: Option<Certificate>,
    offered: Offered,
}

impl SignedBy {
    /// The public key that the signature verifies with; none where that is a secret.
    #[must_use]
    pub const fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    /// The name under which the key or the secret was known, if it has one.
    #[must_use]
    pub fn key_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How the signature was made.
    #[must_use]
    pub const fn method(&self) -> SignatureMethod {
        self.method
    }

    /// The signature algorithm of the key; none where that is a secret.
    #[must_use]
    pub const fn algorithm(&self) -> Option<SignatureAlgorithm> {
        self.method.algorithm()
    }

    /// The certificate of that key, offered or known; none if the signature offers a bare key.
    #[must_use]
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// All certificates that the signature offers, in its order, for building a path.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered.certificates
    }

    /// The revocation lists that the signature offers, in DER.
    #[must_use]
    pub fn revocation_lists(&self) -> &[Vec<u8>] {
        &self.offered.revocation_lists
    }

    /// What is weak about the key and the algorithm, and was allowed.
    #[must_use]
    pub fn legacy(&self) -> Legacy {
        self.method.legacy() | self.key.as_ref().map_or(Legacy::NONE, |key| key.kind().legacy())
    }
}

/// The key that `octets`, the canonical SignedInfo, are signed with, among those offered and those known.
pub(super) fn find_key(
    signature: &SignatureElement<'_>,
    octets: &[u8],
    offered: Offered,
    known: &KnownKeys<'_>,
    policy: &Policy,
) -> Result<SignedBy, Finding> {
    let method = signature.method;
    let algorithm = match method {
        SignatureMethod::Key(algorithm) => algorithm,
        SignatureMethod::Secret { digest, bits } => {
            let fits = |(_, secret): &&(String, Secret)| {
                is_code(&signature.value, &authentication_code(digest, secret.octets(), octets), bits)
            };
            return match known.secrets.iter().find(fits) {
                Some((name, _)) => {
                    let name = Some(name.clone()).filter(|name| !name.is_empty());
                    Ok(SignedBy { key: None, name, method, certificate: None, offered })
                }
                None if known.secrets.is_empty() => Err(no_key(signature, &offered)),
                None => Err(wrong(signature)),
            };
        }
    };
    let (certificates, bare): (&[_], &[_]) = match known.alone {
        true => (&[], &[]),
        false => (&offered.certificates, &offered.keys),
    };
    let certificates = certificates.iter().chain(known.certificates);
    let certified = certificates.map(|certificate| (certificate.public_key(), None, Some(certificate)));
    let named = known.keys.iter().map(|(name, key)| (key, Some(name).filter(|name| !name.is_empty()), None));
    let bare = bare.iter().map(|key| (key, None, None));
    let mut reason: Option<(u8, SignatureError)> = None;
    for (key, name, certificate) in certified.chain(named).chain(bare) {
        let value = number_pair(&signature.value, key.kind().curve_octets());
        match key.verify_allowing(algorithm, octets, &value, policy.legacy) {
            Ok(()) => {
                let is_of_key = |certificate: &&Certificate| certificate.public_key() == key;
                let certificate = certificate.or_else(|| offered.certificates.iter().find(is_of_key)).cloned();
                return Ok(SignedBy { key: Some(key.clone()), name: name.cloned(), method, certificate, offered });
            }
            // That one key does not fit is told only if no other one could have fitted, and that it is not of one which it
            // cannot be of only if there is no other.
            Err(error) => {
                let weight = match error {
                    SignatureError::Wrong if may_be_of(key, &value) => 2,
                    SignatureError::Wrong => 0,
                    _ => 1,
                };
                if reason.as_ref().is_none_or(|(other, _)| weight > *other) {
                    reason = Some((weight, error));
                }
            }
        }
    }
    Err(match reason {
        None => no_key(signature, &offered),
        Some((_, SignatureError::Wrong)) => wrong(signature),
        Some((_, error)) => finding(signature.element, 6013, Message::new("signature-unfit-key").with("detail", error)),
    })
}

/// Whether a signature of this length may be one by the key: one by RSA is as long as the modulus (RFC 8017 §8.2.2).
fn may_be_of(key: &PublicKey, value: &[u8]) -> bool {
    match key.kind() {
        KeyKind::Rsa { bits } => bits.div_ceil(8) == value.len(),
        _ => true,
    }
}

/// The value with both numbers of an elliptic curve as long as the order of the curve, `size` octets (XML Signature 1.1 §6.4.3).
/// Some signers write both shorter or longer, with the same number of octets; that leaves no doubt about the numbers.
fn number_pair(value: &[u8], size: Option<usize>) -> Cow<'_, [u8]> {
    let Some(size) = size.filter(|size| value.len() != 2 * size && value.len().is_multiple_of(2)) else {
        return value.into();
    };
    let mut pair = Vec::with_capacity(2 * size);
    for half in value.chunks(value.len() / 2) {
        let number = &half[half.iter().take_while(|octet| **octet == 0).count()..];
        if number.len() > size {
            return value.into();
        }
        pair.resize(pair.len() + size - number.len(), 0);
        pair.extend_from_slice(number);
    }
    pair.into()
}

fn no_key(signature: &SignatureElement<'_>, offered: &Offered) -> Finding {
    let message = match offered.named.is_empty() {
        true => Message::new("signature-no-key"),
        false => Message::new("signature-no-key-named").with("names", offered.named.join("; ")),
    };
    let diagnostic = signature.element.diagnostic(Code::error(6013), message);
    Box::new(diagnostic.help(Message::new("signature-no-key-help")))
}

fn wrong(signature: &SignatureElement<'_>) -> Finding {
    let message = Message::new("signature-value").with("algorithm", signature.method);
    let diagnostic = signature.value_element.diagnostic(Code::error(6012), message);
    Box::new(diagnostic.help(Message::new("signature-value-help")))
}
