//! Signing a document: in place, in a file around it, or in a file beside it.

use std::fmt;
use std::io::{self, Read};

use karvan_signature::xades::Properties;
use karvan_signature::{DigestAlgorithm, KeyError, SignError, Signed, Signer, StreamError};
use karvan_xml::{Canonicalization, Document, Limits, ParseError, ReadError};

use crate::trust::Named;

pub mod asic;
pub mod cms;
pub mod edifact;
mod identity;
mod xades;

pub use identity::{Identity, Scheme, Ticket};
pub use karvan_signature::Insertion;
pub use xades::{ExtendError, Extender, Had, timestamp_request};

/// How a document is signed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Where the signature stands.
    pub placement: Placement,
    /// Canonical XML 1.0 in place of Exclusive XML Canonicalization.
    pub inclusive: bool,
    /// The digest of what is signed.
    pub digest: DigestAlgorithm,
    /// How much of everything the document may have.
    pub xml: Limits,
    /// What the signature says about itself: one of XAdES, level B-B. The time of signing has to be among it; the signer's
    /// certificate and the format of the document are added.
    pub properties: Option<Properties>,
}

/// Where a signature stands, and what it signs stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// In the document.
    #[default]
    Enveloped,
    /// Around the document, which it carries in Base64: a file of its own.
    Enveloping,
    /// Beside the document, to which it refers by its name: a file of its own.
    Detached,
}

/// Why there is no signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The key cannot be used.
    Key(KeyError),
    /// A certificate cannot be read: the file, and what is wrong.
    Certificate(String),
    /// A key elsewhere is known by its certificate, and there is none.
    NoCertificate,
    /// What came back from a key elsewhere cannot be read.
    Ticket(String),
    /// The document is not XML that can be signed in place.
    Document(ParseError),
    /// The document cannot be read.
    Source(io::Error),
    /// The signature cannot be made.
    Sign(SignError),
    /// The container cannot be made.
    Container(asic::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Certificate(problem) => f.write_str(problem),
            Self::NoCertificate => f.write_str("a key elsewhere is known by its certificate: give it with --cert"),
            Self::Ticket(problem) => write!(f, "what was signed elsewhere cannot be read: {problem}"),
            Self::Document(error) => error.fmt(f),
            Self::Source(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
            Self::Container(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

/// Signs `document` as `identity`.
///
/// In place, the document is XML, and every octet of it but the signature stays as it is. Otherwise it is any file: its
/// exact octets are signed, under its name or in the signature.
///
/// # Errors
/// Why there is no signature.
pub fn sign(document: &Named, identity: &Identity, options: &Options) -> Result<Vec<u8>, Error> {
    let signer = signer(identity, options)?;
    let (name, octets) = document;
    let signer = match &options.properties {
        Some(properties) => xades::qualify(signer, properties, &[octets.as_slice()])?,
        None => signer,
    };
    match options.placement {
        Placement::Detached => return Ok(signer.sign_detached(&[Signed::File { name, octets }])?),
        Placement::Enveloping => return Ok(signer.sign_detached(&[Signed::Content { octets }])?),
        Placement::Enveloped => {}
    }
    let document = Document::parse(octets.as_slice(), &options.xml).map_err(Error::Document)?;
    Ok(signer.sign_in(document.root(), &[Signed::Document])?)
}

/// Signs the XML document that `source` gives, in place, in memory that does not grow with it: the signature, to be put into the
/// document when that is written.
///
/// # Errors
/// Why there is no signature.
pub fn sign_stream(source: impl Read, identity: &Identity, options: &Options) -> Result<Insertion, Error> {
    signer(identity, options)?.sign_stream(source, &options.xml).map_err(|error| match error {
        StreamError::Sign(error) => Error::Sign(error),
        StreamError::Read(ReadError::Malformed(error)) => Error::Document(error),
        StreamError::Read(ReadError::Source(error)) => Error::Source(error),
        other => Error::Source(io::Error::other(other)),
    })
}

fn signer<'i>(identity: &'i Identity, options: &Options) -> Result<Signer<'i>, Error> {
    let canonicalization =
        if options.inclusive { Canonicalization::inclusive() } else { Canonicalization::exclusive() };
    Ok(Signer::new(identity.key())
        .with_certificates(identity.certificates().to_vec())?
        .with_canonicalization(canonicalization)
        .with_digest(options.digest)?)
}
