//! Signing done elsewhere: what is to be signed goes out, its signature comes back.

use std::cell::RefCell;

use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use karvan_pki::{Legacy, PublicKey, SignatureAlgorithm};

use super::{KeyError, SigningKey};

/// What a signature is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToBeSigned {
    /// These octets.
    Message(Vec<u8>),
    /// A message with this digest.
    Digest(Vec<u8>),
}

/// A private key that is somewhere else.
///
/// A form is signed twice with it. The first time the key takes down what is [asked](Self::asked) of it and fails with
/// [`KeyError::Elsewhere`]. The second time, with the value that came back, it gives that, if it is a signature of the
/// same octets: whoever changes the document in between, or takes another key, is told so.
#[derive(Debug)]
pub struct RemoteKey {
    public: PublicKey,
    algorithm: SignatureAlgorithm,
    value: Option<Vec<u8>>,
    asked: RefCell<Option<ToBeSigned>>,
}

impl RemoteKey {
    /// The private half of `public`, signing with `algorithm`.
    ///
    /// # Errors
    /// An algorithm that such keys do not sign with, or one that is not sound.
    pub fn new(public: PublicKey, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        super::check_algorithm(public.kind(), algorithm)?;
        Ok(Self { public, algorithm, value: None, asked: RefCell::new(None) })
    }

    /// The same with the value that came back: for elliptic curves `r ‖ s` or DER, as most tools give it.
    #[must_use]
    pub fn with_value(mut self, value: Vec<u8>) -> Self {
        self.value = Some(value);
        self
    }

    /// What was asked of it last.
    #[must_use]
    pub fn asked(&self) -> Option<ToBeSigned> {
        self.asked.borrow().clone()
    }

    fn answer(&self, asked: ToBeSigned) -> Result<Vec<u8>, KeyError> {
        let value = self.value.as_ref().map(|value| {
            let size = self.public.kind().curve_octets();
            size.and_then(|size| der_to_fixed(value, size)).unwrap_or_else(|| value.clone())
        });
        let good = value.as_ref().map(|value| match &asked {
            ToBeSigned::Message(message) => self.public.verify(self.algorithm, message, value),
            ToBeSigned::Digest(digest) => self.public.verify_digest(self.algorithm, digest, value, Legacy::NONE),
        });
        *self.asked.borrow_mut() = Some(asked);
        match (value, good) {
            (Some(value), Some(Ok(()))) => Ok(value),
            (Some(_), _) => Err(KeyError::Value),
            (None, _) => Err(KeyError::Elsewhere),
        }
    }
}

impl SigningKey for RemoteKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.answer(ToBeSigned::Message(message.to_vec()))
    }

    fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.algorithm.digest() {
            Some(_) => self.answer(ToBeSigned::Digest(digest.to_vec())),
            None => Err(KeyError::WholeMessage),
        }
    }
}

/// The DER of `Ecdsa-Sig-Value` as `r ‖ s`, each of `size` octets; nothing if it is no such DER.
pub(crate) fn der_to_fixed(signature: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(signature).ok()?;
    let numbers = reader.sequence(|reader| -> der::Result<_> {
        Ok([UintRef::decode(reader)?.as_bytes(), UintRef::decode(reader)?.as_bytes()])
    });
    let numbers = numbers.ok().filter(|_| reader.is_finished())?;
    let mut fixed = Vec::with_capacity(2 * size);
    for number in numbers {
        fixed.resize(fixed.len() + size.checked_sub(number.len())?, 0);
        fixed.extend(number);
    }
    Some(fixed)
}
