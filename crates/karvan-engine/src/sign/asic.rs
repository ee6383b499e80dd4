//! Signing a document in all its forms: one container, one signature.

use std::io::Write;

use karvan_signature::DigestAlgorithm;
use karvan_signature::asic::{CreateError, File, create, create_with, sign_xml};

use super::Identity;
use super::cms::{Options, signer};
use crate::detect::{self, Kind};
use crate::trust::Named;

pub use karvan_signature::asic::CreateError as Error;

/// Writes an ASiC-E container of `files` to `out`, all of them signed as `identity` with CAdES.
///
/// # Errors
/// Why there is no container; what was written is to be thrown away then.
pub fn sign(
    files: &[Named],
    out: impl Write,
    identity: &Identity,
    digest: DigestAlgorithm,
    options: &Options<'_>,
) -> Result<(), CreateError> {
    create(&named(files), &signer(identity, options)?, digest, out)?;
    Ok(())
}

/// The signatures of XAdES for a container of `files`, made as `identity`: all of the files are signed. They can be extended
/// before [`enclose`] puts them there.
///
/// # Errors
/// Why there is no signature.
pub fn sign_xades(files: &[Named], identity: &Identity, options: &super::Options) -> Result<Vec<u8>, super::Error> {
    let signer = super::signer(identity, options)?;
    let documents: Vec<_> = files.iter().map(|(_, octets)| octets.as_slice()).collect();
    let properties = options.properties.clone().unwrap_or_default();
    let signer = super::xades::qualify(signer, &properties, &documents)?;
    sign_xml(&named(files), &signer).map_err(super::Error::Container)
}

/// Writes an ASiC-E container of `files` to `out`, with the `signatures` that [`sign_xades`] made.
///
/// # Errors
/// Why there is no container; what was written is to be thrown away then.
pub fn enclose(files: &[Named], signatures: &[u8], out: impl Write) -> Result<(), CreateError> {
    create_with(&named(files), signatures, out)?;
    Ok(())
}

fn named(files: &[Named]) -> Vec<File<'_>> {
    files.iter().map(|(name, octets)| File { name, octets, media_type: Some(media_type(octets)) }).collect()
}

/// What a file is, told by its content (RFC 1767 for EDIFACT).
fn media_type(octets: &[u8]) -> &'static str {
    match detect::kind(octets.get(..detect::HEAD).unwrap_or(octets)) {
        Some(Kind::Edifact) => "application/EDIFACT",
        Some(Kind::Xml) => "application/xml",
        Some(Kind::Json) => "application/json",
        None if octets.starts_with(b"%PDF-") => "application/pdf",
        None => "application/octet-stream",
    }
}
