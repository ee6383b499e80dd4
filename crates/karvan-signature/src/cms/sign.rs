//! Making CMS signatures, detached and around what they sign.

use std::fmt;
use std::io::{self, Read, Write};

use jiff::Timestamp;
use karvan_pki::{Certificate, DigestContext, SignatureAlgorithm};

use super::algorithm::Identifier;
use super::der::{self, CONSTRUCTED, OCTET_STRING, ObjectIdentifier, SEQUENCE, SET, UTF8_STRING, context};
use super::structure::{
    ALGORITHM_PROTECTION, CONTENT_HINTS, CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNATURE_TIMESTAMP, SIGNED_DATA,
    SIGNING_CERTIFICATE_V2, SIGNING_TIME, SignerIdentifier, attribute,
};
use super::time;
use crate::timestamp::{Authority, StampError};
use crate::{DigestAlgorithm, KeyError, SigningKey};

/// Content up to so many octets is written in DER; what is longer is written while it is read, in BER, for its length
/// is not known before its end.
const SMALL: usize = 1 << 20;

/// The octets of each piece of long content.
const PIECE: usize = 1 << 16;

/// Makes CMS signatures (RFC 5652) with the attributes of CAdES-BES (ETSI EN 319 122-1): content type, digest, signing
/// certificate and, if it is given, the time.
///
/// ```
/// use std::sync::Arc;
/// use karvan_pki::{Limits, certificates};
/// use karvan_signature::cms::{Policy, Signer, verify};
/// use karvan_signature::PrivateKey;
///
/// # let key_file = include_bytes!("../../tests/keys/p256.pem");
/// # let certificate_file = include_bytes!("../../tests/keys/p256-certificate.pem");
/// let key = PrivateKey::read(key_file, Arc::new(ring::rand::SystemRandom::new()))?;
/// let (chain, _) = certificates("p256-certificate.pem", certificate_file, &Limits::default());
/// let order = b"UNB+UNOA:3+...";
/// let signature = Signer::new(&key, chain)?.sign_detached(&order[..])?;
///
/// let intact = verify(&signature[..], Some(&mut &order[..]), &[], &Policy::default(), Vec::new())?;
/// let verified = intact.trust(|signature| match signature.certificate().subject().short().as_deref() {
///     Some("p256") => Ok(()),
///     _ => Err("somebody else signed it"),
/// })?;
/// assert_eq!(verified.content(), order);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Signer<'k> {
    keys: Vec<(&'k dyn SigningKey, Certificate)>,
    certificates: Vec<Certificate>,
    revocation: Vec<Vec<u8>>,
    content_type: ObjectIdentifier,
    content_hint: Option<String>,
    time: Option<Timestamp>,
    authority: Option<&'k dyn Authority>,
}

/// Why there is no signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignError {
    /// The content cannot be read, or the signature not be written.
    Io(io::Error),
    /// The key failed.
    Key(KeyError),
    /// CMS has no identifier for the algorithm of the key.
    Algorithm(SignatureAlgorithm),
    /// No certificate says whose key it is; a CMS signature names its signer by a certificate.
    NoCertificate,
    /// The first certificate is not that of the key.
    WrongKey {
        /// The subject of the certificate.
        subject: String,
    },
    /// There is no timestamp.
    Timestamp(StampError),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Algorithm(algorithm) => write!(f, "CMS has no identifier for {algorithm}"),
            Self::NoCertificate => f.write_str("the certificate of the key is needed"),
            Self::WrongKey { subject } => write!(f, "the private key does not belong to the certificate of {subject}"),
            Self::Timestamp(error) => write!(f, "no timestamp: {error}"),
        }
    }
}

impl std::error::Error for SignError {}

impl From<io::Error> for SignError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<KeyError> for SignError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl<'k> Signer<'k> {
    /// Signs with `key`; of the certificates, which all go along, the first is that of the key.
    ///
    /// # Errors
    /// A key without its certificate.
    pub fn new(key: &'k dyn SigningKey, chain: Vec<Certificate>) -> Result<Self, SignError> {
        let signer = Self {
            keys: Vec::new(),
            certificates: Vec::new(),
            revocation: Vec::new(),
            content_type: DATA,
            content_hint: None,
            time: None,
            authority: None,
        };
        signer.and(key, chain)
    }

    /// Signs with this key as well, side by side.
    ///
    /// # Errors
    /// A key without its certificate.
    pub fn and(mut self, key: &'k dyn SigningKey, chain: Vec<Certificate>) -> Result<Self, SignError> {
        let first = chain.first().ok_or(SignError::NoCertificate)?;
        if first.public_key() != key.public_key() {
            return Err(SignError::WrongKey { subject: first.subject().to_string() });
        }
        self.keys.push((key, first.clone()));
        for certificate in chain {
            if !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
        Ok(self)
    }

    /// Says when it was signed.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// Says what the content is (RFC 2634 §2.9).
    #[must_use]
    pub fn with_content_hint(mut self, description: &str) -> Self {
        self.content_hint = Some(description.to_owned());
        self
    }

    /// Says that the content is of this type, in place of plain octets.
    #[must_use]
    pub fn with_content_type(mut self, content_type: ObjectIdentifier) -> Self {
        self.content_type = content_type;
        self
    }

    /// Puts lists of revoked certificates inside, each in DER.
    #[must_use]
    pub fn with_revocation(mut self, lists: Vec<Vec<u8>>) -> Self {
        self.revocation = lists;
        self
    }

    /// Has every signature stamped with the time by `authority` (CAdES-T).
    #[must_use]
    pub fn with_timestamp(mut self, authority: &'k dyn Authority) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Signs `content`, which stays outside: the signature, in DER.
    ///
    /// # Errors
    /// Why there is no signature.
    pub fn sign_detached(&self, mut content: impl Read) -> Result<Vec<u8>, SignError> {
        let mut digests = self.digests()?;
        let mut buffer = vec![0; PIECE];
        loop {
            let read = fill(&mut content, &mut buffer)?;
            digests.iter_mut().for_each(|(_, context)| context.update(&buffer[..read]));
            if read < buffer.len() {
                break;
            }
        }
        let content_info = der::object_identifier(self.content_type);
        self.finish(&der::sequence(&[&content_info]), digests)
    }

    /// Signs `content` and writes it to `out` inside the signature: in DER where it is small, while it is read where it
    /// is not, in BER, in constant memory.
    ///
    /// # Errors
    /// Why there is no signature; what was written is to be thrown away then.
    pub fn sign(&self, mut content: impl Read, mut out: impl Write) -> Result<(), SignError> {
        let mut digests = self.digests()?;
        let mut buffer = vec![0; SMALL];
        let mut read = fill(&mut content, &mut buffer)?;
        let mut update = |octets: &[u8]| digests.iter_mut().for_each(|(_, context)| context.update(octets));
        if read < buffer.len() {
            let octets = &buffer[..read];
            update(octets);
            let octets = der::value(context(0), &[&der::value(OCTET_STRING, &[octets])]);
            let content_info = der::sequence(&[&der::object_identifier(self.content_type), &octets]);
            return Ok(out.write_all(&self.finish(&content_info, digests)?)?);
        }
        const BEGIN: u8 = 0x80;
        const END: [u8; 2] = [0, 0];
        out.write_all(&[SEQUENCE, BEGIN])?;
        out.write_all(&der::object_identifier(SIGNED_DATA))?;
        out.write_all(&[context(0), BEGIN, SEQUENCE, BEGIN])?;
        out.write_all(&self.head()?)?;
        out.write_all(&[SEQUENCE, BEGIN])?;
        out.write_all(&der::object_identifier(self.content_type))?;
        out.write_all(&[context(0), BEGIN, OCTET_STRING | CONSTRUCTED, BEGIN])?;
        while read > 0 {
            for piece in buffer[..read].chunks(PIECE) {
                update(piece);
                let mut header = Vec::with_capacity(8);
                der::write_header(&mut header, OCTET_STRING, piece.len());
                out.write_all(&header)?;
                out.write_all(piece)?;
            }
            read = fill(&mut content, &mut buffer)?;
        }
        // The octets, what is around them, and their type.
        out.write_all(&END.repeat(3))?;
        out.write_all(&self.tail(digests)?)?;
        // SignedData, what is around it, and ContentInfo.
        Ok(out.write_all(&END.repeat(3))?)
    }

    /// All of it, around `content_info`.
    fn finish(
        &self,
        content_info: &[u8],
        digests: Vec<(DigestAlgorithm, DigestContext)>,
    ) -> Result<Vec<u8>, SignError> {
        let signed_data = der::sequence(&[&self.head()?, content_info, &self.tail(digests)?]);
        Ok(der::sequence(&[&der::object_identifier(SIGNED_DATA), &der::value(context(0), &[&signed_data])]))
    }

    /// The digests that the keys need, each once.
    fn digests(&self) -> Result<Vec<(DigestAlgorithm, DigestContext)>, SignError> {
        let mut digests: Vec<(DigestAlgorithm, DigestContext)> = Vec::new();
        for (key, _) in &self.keys {
            let (_, digest) = identifiers(*key)?;
            if digests.iter().all(|(other, _)| *other != digest) {
                digests.push((digest, digest.context()));
            }
        }
        Ok(digests)
    }

    /// `version` and `digestAlgorithms` (RFC 5652 §5.1).
    fn head(&self) -> Result<Vec<u8>, SignError> {
        // Signers are named by issuer and serial number, so it is 1 with plain octets and 3 with others.
        let version = if self.content_type == DATA { 1 } else { 3 };
        let digests = self.digests()?;
        let digests = digests.iter().map(|(digest, _)| Identifier::of_digest(*digest).to_der()).collect();
        Ok([der::unsigned(&[version]), der::set_of(SET, digests)].concat())
    }

    /// `certificates`, `crls` and `signerInfos`.
    fn tail(&self, digests: Vec<(DigestAlgorithm, DigestContext)>) -> Result<Vec<u8>, SignError> {
        let digests: Vec<_> = digests.into_iter().map(|(digest, context)| (digest, context.finish())).collect();
        let certificates = self.certificates.iter().map(|certificate| certificate.der().to_vec()).collect();
        let mut tail = der::set_of(context(0), certificates);
        if !self.revocation.is_empty() {
            tail.extend(der::set_of(context(1), self.revocation.clone()));
        }
        let mut signers = Vec::new();
        for (key, certificate) in &self.keys {
            let (algorithm, digest) = identifiers(*key)?;
            let content = digests.iter().find(|(other, _)| *other == digest);
            let content = content.map_or(&[][..], |(_, octets)| octets.as_ref());
            signers.push(self.signer(*key, certificate, &algorithm, digest, content)?);
        }
        tail.extend(der::set_of(SET, signers));
        Ok(tail)
    }

    /// `SignerInfo` (RFC 5652 §5.3).
    fn signer(
        &self,
        key: &dyn SigningKey,
        certificate: &Certificate,
        algorithm: &Identifier,
        digest: DigestAlgorithm,
        content: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        let signer = SignerIdentifier::of(certificate).ok_or(SignError::NoCertificate)?;
        let digest_algorithm = Identifier::of_digest(digest).to_der();
        let attributes = self.attributes(certificate, algorithm, digest, content, &signer);
        let signed = der::set_of(SET, attributes);
        let value = encoded(key.algorithm(), key.sign(&signed)?).ok_or(SignError::Key(KeyError::Failed))?;
        // RFC 5652 §5.4: signed as a SET, written with the tag [0].
        let mut written = signed;
        written[0] = context(0);
        let mut parts = vec![
            der::unsigned(&[1]),
            signer.to_der(),
            digest_algorithm,
            written,
            algorithm.to_der(),
            der::value(OCTET_STRING, &[&value]),
        ];
        if let Some(authority) = self.authority {
            let token = authority.stamp(&value).map_err(SignError::Timestamp)?;
            parts.push(der::value(context(1), &[&attribute(SIGNATURE_TIMESTAMP, token.der())]));
        }
        Ok(der::sequence(&[&parts.concat()]))
    }

    fn attributes(
        &self,
        certificate: &Certificate,
        algorithm: &Identifier,
        digest: DigestAlgorithm,
        content: &[u8],
        signer: &SignerIdentifier,
    ) -> Vec<Vec<u8>> {
        let content_type = der::object_identifier(self.content_type);
        let mut attributes = vec![
            attribute(CONTENT_TYPE, &content_type),
            attribute(MESSAGE_DIGEST, &der::value(OCTET_STRING, &[content])),
            attribute(SIGNING_CERTIFICATE_V2, &signing_certificate(certificate, signer)),
            attribute(ALGORITHM_PROTECTION, &protection(&Identifier::of_digest(digest), algorithm)),
        ];
        if let Some(time) = self.time {
            attributes.push(attribute(SIGNING_TIME, &time::write(time)));
        }
        if let Some(description) = &self.content_hint {
            let description = der::value(UTF8_STRING, &[description.as_bytes()]);
            attributes.push(attribute(CONTENT_HINTS, &der::sequence(&[&description, &content_type])));
        }
        attributes
    }
}

/// The identifier of a key's signature algorithm, and the digest of the content that goes with it.
fn identifiers(key: &dyn SigningKey) -> Result<(Identifier, DigestAlgorithm), SignError> {
    let algorithm = key.algorithm();
    Identifier::of_signature(algorithm).ok_or(SignError::Algorithm(algorithm))
}

/// `SigningCertificateV2` (RFC 5035 §3) with one certificate, by its SHA-256, issuer and serial number.
fn signing_certificate(certificate: &Certificate, signer: &SignerIdentifier) -> Vec<u8> {
    // SHA-256 is the default, which DER leaves out.
    let digest = der::value(OCTET_STRING, &[certificate.fingerprint()]);
    let issuer_serial = match signer {
        SignerIdentifier::IssuerAndSerial(issuer, serial) => {
            let names = der::sequence(&[&der::value(context(4), &[issuer])]);
            der::sequence(&[&names, serial])
        }
        SignerIdentifier::Key(_) => Vec::new(),
    };
    let reference = der::sequence(&[&digest, &issuer_serial]);
    der::sequence(&[&der::sequence(&[&reference])])
}

/// `CMSAlgorithmProtection` (RFC 6211 §2).
fn protection(digest: &Identifier, algorithm: &Identifier) -> Vec<u8> {
    let algorithm = [der::object_identifier(algorithm.algorithm), algorithm.parameters.clone()];
    der::sequence(&[&digest.to_der(), &der::value(context(1), &[&algorithm[0], &algorithm[1]])])
}

/// A signature as CMS writes it: that of ECDSA is `Ecdsa-Sig-Value` (RFC 5753 §2.1).
fn encoded(algorithm: SignatureAlgorithm, signature: Vec<u8>) -> Option<Vec<u8>> {
    if algorithm == algorithm.in_der() {
        return Some(signature);
    }
    let (r, s) = signature.split_at_checked(signature.len() / 2)?;
    Some(der::sequence(&[&der::unsigned(r), &der::unsigned(s)]))
}

/// Reads until the buffer is full or the source ends; gives how much was read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
