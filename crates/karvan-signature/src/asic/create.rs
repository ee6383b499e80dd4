//! Making containers: ASiC-E with CAdES (EN 319 162-1 §5.3.3).

use std::fmt;
use std::io::{self, Write};

use super::manifest::Manifest;
use super::zip::Writer;
use super::{EXTENDED, META, MIMETYPE};
use crate::DigestAlgorithm;
use crate::cms::{SignError, Signer};

/// A file for a container.
#[derive(Clone, Copy, Debug)]
pub struct File<'f> {
    /// Its name in the container: a relative path with `/`.
    pub name: &'f str,
    /// Its octets.
    pub octets: &'f [u8],
    /// Its media type, if it is to be told.
    pub media_type: Option<&'f str>,
}

/// Why there is no container.
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// It cannot be written.
    Io(io::Error),
    /// There is nothing to sign.
    Nothing,
    /// A file of that name cannot be in a container, or two have it.
    Name(String),
    /// The signature cannot be made.
    Sign(SignError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Nothing => f.write_str("there is nothing to sign"),
            Self::Name(name) => write!(f, "a container cannot hold a file of the name {name:?}, or holds two"),
            Self::Sign(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CreateError {}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SignError> for CreateError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

/// Writes a container of `files` to `out`, all of them signed by `signer`, digested with `digest`.
///
/// # Errors
/// Why there is no container; what was written is to be thrown away then.
pub fn create<W: Write>(
    files: &[File<'_>],
    signer: &Signer<'_>,
    digest: DigestAlgorithm,
    out: W,
) -> Result<W, CreateError> {
    const SIGNATURE: &str = "META-INF/signature001.p7s";
    if files.is_empty() {
        return Err(CreateError::Nothing);
    }
    for (index, file) in files.iter().enumerate() {
        let twice = files[..index].iter().any(|other| other.name.to_lowercase() == file.name.to_lowercase());
        if twice || !may_be_named(file.name) {
            return Err(CreateError::Name(file.name.to_owned()));
        }
    }
    let manifest = Manifest::write(files, SIGNATURE, digest);
    let signature = signer.sign_detached(&manifest[..])?;
    let mut archive = Writer::new(out);
    // EN 319 162-1 annex A.1: first, and as it is, so that its octets stand at a known place.
    archive.store(MIMETYPE, EXTENDED.as_bytes())?;
    for file in files {
        archive.compress(file.name, file.octets)?;
    }
    archive.compress("META-INF/ASiCManifest001.xml", &manifest)?;
    archive.compress(SIGNATURE, &signature)?;
    Ok(archive.finish()?)
}

fn may_be_named(name: &str) -> bool {
    let strange = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let inside = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    inside && !name.contains(strange) && name != MIMETYPE && !name.to_uppercase().starts_with(META)
}
