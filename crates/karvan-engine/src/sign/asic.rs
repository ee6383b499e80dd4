//! Signing a document in all its forms: one container, one signature.

use std::io::Write;

use karvan_signature::DigestAlgorithm;
use karvan_signature::asic::{CreateError, File, create};

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
    let files: Vec<_> =
        files.iter().map(|(name, octets)| File { name, octets, media_type: Some(media_type(octets)) }).collect();
    create(&files, &signer(identity, options)?, digest, out)?;
    Ok(())
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
