//! Signatures on trade documents: XMLDSig (XML Signature 1.1), made and verified.
//!
//! * [`Signer`] signs: enveloped in a document, or detached in a file of its own, with any [`SigningKey`];
//!   [`PrivateKey`] is one out of a file.
//! * [`verify()`] checks a signature under a [`Policy`]. What it finds good is [`Intact`]; [`Intact::trust`] asks the
//!   caller about the signer and gives [`Verified`], the only way to the content. There is no yes or no to forget, and
//!   no way from a signature to what it does not cover.
//!
//! SHA-256, SHA-384, SHA-512; RSA PKCS #1 v1.5, ECDSA on P-256 and P-384, Ed25519; Canonical XML 1.0 and Exclusive XML
//! Canonicalization 1.0. SHA-1, MD5 and HMAC are refused. Files, clock and randomness come from the caller.
//!
//! ```
//! use std::sync::Arc;
//! use karvan_signature::{ExternalFile, Policy, PrivateKey, Signed, Signer, verify};
//!
//! # let key_file = include_bytes!("../tests/keys/ed25519.pem");
//! let key = PrivateKey::read(key_file, Arc::new(ring::rand::SystemRandom::new()))?;
//! let invoice = ExternalFile { name: "invoice.edi", octets: b"UNB+UNOA:3+..." };
//! let what = Signed::File { name: invoice.name, octets: invoice.octets };
//! let signature = Signer::new(&key).sign_detached(&[what])?;
//!
//! let intact = verify(signature, &[invoice], &[], &Policy::default())?;
//! let verified = intact.trust(|signed_by| match signed_by.key() == Some(karvan_signature::SigningKey::public_key(&key)) {
//!     true => Ok(()),
//!     false => Err("somebody else signed it"),
//! })?;
//! assert_eq!(verified.content(), Some(invoice.octets));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`Indication`] is how a validation ended in the words of ETSI EN 319 102-1, whatever the form of the signature.
//! * [`asic`] puts files into signed containers (ASiC-E) and verifies them.
//! * [`cms`] signs and verifies octets of any kind and length (CMS, CAdES-BES); [`timestamp`] is about RFC 3161.
//!
//! Codes: `E60xx` what is wrong with a signature, `E92xx` limits.

#![forbid(unsafe_code)]

mod algorithm;
pub mod asic;
mod asn1;
pub mod cms;
pub mod edifact;
mod indication;
mod key;
pub mod timestamp;
pub mod xades;
pub mod xml;

pub use algorithm::{digest_algorithm, digest_identifier, signature_algorithm, signature_identifier};
pub use indication::{Doubt, Failure, Indication};
pub use karvan_pki::{DigestAlgorithm, Legacy};
#[cfg(feature = "pkcs11")]
pub use key::Token;
pub use key::{
    KeyError, KeyFile, PrivateKey, RemoteKey, Secret, SigningKey, ToBeSigned, read_public_key, usual_algorithm,
    with_digest,
};
pub use xml::{
    Coverage, Covered, ExternalFile, Insertion, Intact, KnownKeys, Policy, Position, Rejected, Selection, SignError,
    SignatureMethod, Signed, SignedBy, SignedObject, Signer, StreamError, Target, Uncovered, Verified, verify,
    verify_stream, verify_with,
};
