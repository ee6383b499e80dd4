//! XAdES: signing with properties, and adding to a signature what lets it last.

use std::fmt;

use jiff::Timestamp;
use karvan_pki::Evidence;
use karvan_signature::timestamp::{Authority, IntactToken, Request, Response, StampError, Token};
use karvan_signature::xades::{DataObjectFormat, Extension, Level, Limits, Properties, Qualified, ValidationData};
use karvan_signature::{DigestAlgorithm, ExternalFile, Intact, Policy, SignError, Signer, cms};
use karvan_text::{Diagnostic, Language};
use karvan_xml::{Document, ParseError};

use crate::detect::{self, Kind};
use crate::trust::{Material, Named};

/// Makes `signer` say `properties` of its signature over `documents`, and what format each has.
pub(super) fn qualify<'k>(
    signer: Signer<'k>,
    properties: &Properties,
    documents: &[&[u8]],
) -> Result<Signer<'k>, SignError> {
    let id = identifier(documents, properties.signing_time);
    let media_type = |document: &[u8]| match detect::kind(document) {
        Some(Kind::Xml) => "application/xml",
        Some(Kind::Json) => "application/json",
        Some(Kind::Edifact) => "application/EDIFACT",
        _ => "application/octet-stream",
    };
    let mut properties = properties.clone();
    let format = |(index, document): (usize, &&[u8])| DataObjectFormat::of(&id, index + 1, media_type(document));
    properties.formats = documents.iter().enumerate().map(format).collect();
    properties.qualify(signer, &id)
}

/// An identifier that no element of the documents has, the same for the same documents and time.
fn identifier(documents: &[&[u8]], time: Option<Timestamp>) -> String {
    let mut context = DigestAlgorithm::Sha256.context();
    documents.iter().for_each(|document| context.update(document));
    context.update(time.unwrap_or_default().to_string().as_bytes());
    let digest = context.finish();
    let digits: String = digest.as_ref().iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    format!("xades-{digits}")
}

/// Why nothing is added to a signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExtendError {
    /// The document is not XML.
    Document(ParseError),
    /// The signature is not good, or has no properties of XAdES.
    Signature(Vec<Diagnostic>),
    /// There is no timestamp.
    Stamp(StampError),
    /// The timestamp is not good.
    Token(Vec<Diagnostic>),
    /// No path leads from the certificate to a trust anchor, so what proves it cannot be added: the subject.
    Untrusted(String),
}

impl fmt::Display for ExtendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = |findings: &[Diagnostic]| {
            findings.first().map(|finding| finding.message.text(Language::English)).unwrap_or_default()
        };
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Signature(findings) => write!(f, "the signature cannot be extended: {}", first(findings)),
            Self::Stamp(error) => write!(f, "no timestamp: {error}"),
            Self::Token(findings) => write!(f, "the timestamp is not good: {}", first(findings)),
            Self::Untrusted(subject) => {
                write!(f, "no path leads from {subject} to a trust anchor, so there is nothing to add that proves it")
            }
        }
    }
}

impl std::error::Error for ExtendError {}

impl From<StampError> for ExtendError {
    fn from(error: StampError) -> Self {
        Self::Stamp(error)
    }
}

impl From<Box<Diagnostic>> for ExtendError {
    fn from(finding: Box<Diagnostic>) -> Self {
        Self::Signature(vec![*finding])
    }
}

/// A timestamp that was had elsewhere: a `TimeStampToken`, or a `TimeStampResp` that holds one.
#[derive(Clone, Debug)]
pub struct Had(pub Vec<u8>);

impl Authority for Had {
    fn stamp(&self, _octets: &[u8]) -> Result<Token, StampError> {
        match Response::from_der(&self.0) {
            Some(response) => response.granted(),
            None => Token::from_der(&self.0).map_err(StampError::Token),
        }
    }
}

/// A signature, and with what it is extended.
pub struct Extender<'e> {
    /// The files of a detached signature.
    pub files: &'e [Named],
    /// What the signature may be like.
    pub policy: &'e Policy,
    /// What proves the certificates.
    pub material: &'e Material,
    /// Who stamps.
    pub authority: &'e dyn Authority,
    /// The time.
    pub now: Timestamp,
}

impl Extender<'_> {
    /// The signed document `source` with all that the baseline `level` asks for and that is not there yet; for the level
    /// B-LTA another archive timestamp at any rate.
    ///
    /// # Errors
    /// Why nothing is added.
    pub fn extend(&self, mut source: Vec<u8>, level: Level) -> Result<Vec<u8>, ExtendError> {
        let mut archived = false;
        loop {
            let signed = Signed::read(&source, self.files, self.policy, self.material)?;
            let had = signed.qualified.level().unwrap_or(Level::B);
            let extension = Extension::of(&signed.document, &signed.intact)?;
            source = if had < Level::T && level >= Level::T {
                let token = self.token(&extension.signature_octets()?)?;
                extension.with_signature_timestamp(&token)
            } else if level >= Level::Lt && (had < Level::Lt || !archived) {
                // What proves the last timestamp has to be there before the next one is put over it.
                let (signer, timestamps) = self.validation_data(&signed)?;
                archived = true;
                if signer.is_empty() && timestamps.is_empty() {
                    source
                } else {
                    extension.with_values(&signer, &timestamps)
                }
            } else if level >= Level::Lta && archived {
                let token = self.token(&extension.archive_octets()?)?;
                return Ok(extension.with_archive_timestamp(&token));
            } else {
                return Ok(source);
            };
        }
    }

    /// A timestamp over `octets`, which is one indeed.
    fn token(&self, octets: &[u8]) -> Result<Token, ExtendError> {
        let token = self.authority.stamp(octets)?;
        let known = self.material.certificates();
        let _: IntactToken = token.verify(octets, &known, &cms::Policy::default()).map_err(ExtendError::Token)?;
        Ok(token)
    }
}

/// The `TimeStampReq` (RFC 3161 §2.4.1) for the next timestamp that `level` asks for in the signed document `source`; none
/// if it has it.
///
/// # Errors
/// The signature is not one that can be extended.
pub fn timestamp_request(
    source: &[u8],
    files: &[Named],
    policy: &Policy,
    material: &Material,
    level: Level,
) -> Result<Option<Vec<u8>>, ExtendError> {
    let signed = Signed::read(source, files, policy, material)?;
    let extension = Extension::of(&signed.document, &signed.intact)?;
    let octets = match (signed.qualified.level().unwrap_or(Level::B), level) {
        (_, Level::B) => return Ok(None),
        (Level::B, _) => extension.signature_octets()?,
        (_, Level::Lta) => extension.archive_octets()?,
        _ => return Ok(None),
    };
    Ok(Some(Request::new(DigestAlgorithm::Sha256, &octets).to_der()))
}

/// A signed document, read.
struct Signed {
    document: Document,
    intact: Intact,
    qualified: Qualified,
}

impl Signed {
    fn read(source: &[u8], files: &[Named], policy: &Policy, material: &Material) -> Result<Self, ExtendError> {
        let files: Vec<_> = files.iter().map(|(name, octets)| ExternalFile { name, octets }).collect();
        let known = material.certificates();
        let intact = karvan_signature::verify(source, &files, &known, policy)
            .map_err(|rejected| ExtendError::Signature(rejected.into_findings()))?;
        let document = Document::parse(source, &policy.xml).map_err(ExtendError::Document)?;
        // It tells what is missing if there are no properties.
        Extension::of(&document, &intact)?;
        let qualified = Qualified::read(&document, &intact, &known, &Limits::default())?;
        let qualified = qualified.ok_or_else(|| ExtendError::Signature(Vec::new()))?;
        Ok(Self { document, intact, qualified })
    }
}

impl Extender<'_> {
    /// What proves the signer's certificate and those of the timestamps and is not in the signature yet.
    fn validation_data(&self, signed: &Signed) -> Result<(ValidationData, ValidationData), ExtendError> {
        let carried = signed.qualified.data();
        let signed_by = signed.intact.signed_by();
        let offered = [signed_by.offered(), &carried.certificates].concat();
        let had = ValidationData { certificates: offered, ..carried.clone() };
        // What a signature carried before is not asked for again: the certificates may have expired since.
        let mut for_signer = ValidationData::default();
        if signed.qualified.level() < Some(Level::Lt) {
            let signer = signed_by
                .certificate()
                .ok_or_else(|| ExtendError::Untrusted("a key without certificate".to_owned()))?;
            let verdict = self.material.path_with(signer, had.certificates.iter(), &Evidence::default(), self.now);
            let path = verdict.path().ok_or_else(|| ExtendError::Untrusted(signer.subject().to_string()))?;
            for_signer = self.material.data_of(path).without(&had);
        }
        let mut for_timestamps = ValidationData::default();
        let mut tokens = signed.qualified.timestamps().iter().filter_map(|timestamp| timestamp.token.as_ref().ok());
        if let Some(last) = tokens.next_back() {
            let authority = last.certificate();
            let offered = last.offered().iter().chain(&had.certificates);
            let verdict = self.material.path_of_clock(authority, offered, &Evidence::default(), self.now);
            let path = verdict.path().ok_or_else(|| ExtendError::Untrusted(authority.subject().to_string()))?;
            for_timestamps = self.material.data_of(path);
        }
        let mut known = had;
        known.extend(for_signer.clone());
        Ok((for_signer, for_timestamps.without(&known)))
    }
}
