//! Making containers: ASiC-E with CAdES (EN 319 162-1 §5.3.3), or with XAdES (§5.3.2).

use std::fmt;
use std::io::{self, Write};

use karvan_xml::{Document, ElementBuilder, Limits, Writer};

use super::manifest::{ASIC, Manifest};
use super::zip;
use super::{EXTENDED, META, MIMETYPE};
use crate::DigestAlgorithm;
use crate::cms::{SignError, Signer};
use crate::xml::{self, Signed};

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
    /// The signature of XML cannot be made.
    Xml(xml::SignError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Nothing => f.write_str("there is nothing to sign"),
            Self::Name(name) => write!(f, "a container cannot hold a file of the name {name:?}, or holds two"),
            Self::Sign(error) => error.fmt(f),
            Self::Xml(error) => error.fmt(f),
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

impl From<xml::SignError> for CreateError {
    fn from(error: xml::SignError) -> Self {
        Self::Xml(error)
    }
}

/// Writes a container of `files` to `out`, all of them signed by `signer` with CAdES, digested with `digest`.
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
    check(files)?;
    let manifest = Manifest::write(files, SIGNATURE, digest);
    let signature = signer.sign_detached(&manifest[..])?;
    enclose(files, &[("META-INF/ASiCManifest001.xml", &manifest), (SIGNATURE, &signature)], out)
}

/// The file of signatures for a container of `files`: one of `signer` over all of them. A signature of XAdES can be extended
/// there, before [`create_with`] puts it into the container.
///
/// # Errors
/// Why there is no signature.
pub fn sign_xml(files: &[File<'_>], signer: &xml::Signer<'_>) -> Result<Vec<u8>, CreateError> {
    check(files)?;
    let root = format!("<asic:XAdESSignatures xmlns:asic=\"{ASIC}\"></asic:XAdESSignatures>\n");
    let document = Document::parse(root, &Limits::default()).map_err(xml::SignError::from)?;
    let what: Vec<_> = files.iter().map(|file| Signed::File { name: file.name, octets: file.octets }).collect();
    Ok(signer.sign_in(document.root(), &what)?)
}

/// Writes a container of `files` to `out`, with the `signatures` that [`sign_xml`] made.
///
/// # Errors
/// Why there is no container; what was written is to be thrown away then.
pub fn create_with<W: Write>(files: &[File<'_>], signatures: &[u8], out: W) -> Result<W, CreateError> {
    check(files)?;
    let manifest = package_manifest(files);
    enclose(files, &[("META-INF/manifest.xml", manifest.as_bytes()), ("META-INF/signatures001.xml", signatures)], out)
}

/// What the container holds, in the manifest of OpenDocument 1.2 part 3 §4: readers ask for it beside signatures of XML.
fn package_manifest(files: &[File<'_>]) -> String {
    const MANIFEST: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";
    let mut manifest = ElementBuilder::new(MANIFEST, "manifest");
    manifest.set_attribute_in(MANIFEST, "version", "1.2");
    let all = files.iter().map(|file| (file.name, file.media_type.unwrap_or_default()));
    for (path, media_type) in std::iter::once(("/", EXTENDED)).chain(all) {
        let entry = manifest.push_element(MANIFEST, "file-entry");
        entry.set_attribute_in(MANIFEST, "full-path", path);
        entry.set_attribute_in(MANIFEST, "media-type", media_type);
    }
    Writer::new().prefix("manifest", MANIFEST).write(&manifest)
}

/// Whether a container can hold the files.
fn check(files: &[File<'_>]) -> Result<(), CreateError> {
    if files.is_empty() {
        return Err(CreateError::Nothing);
    }
    for (index, file) in files.iter().enumerate() {
        let twice = files[..index].iter().any(|other| other.name.to_lowercase() == file.name.to_lowercase());
        if twice || !may_be_named(file.name) {
            return Err(CreateError::Name(file.name.to_owned()));
        }
    }
    Ok(())
}

/// Writes the files, and what is about them.
fn enclose<W: Write>(files: &[File<'_>], about: &[(&str, &[u8])], out: W) -> Result<W, CreateError> {
    let mut archive = zip::Writer::new(out);
    // EN 319 162-1 annex A.1: first, and as it is, so that its octets stand at a known place.
    archive.store(MIMETYPE, EXTENDED.as_bytes())?;
    for file in files {
        archive.compress(file.name, file.octets)?;
    }
    for (name, octets) in about {
        archive.compress(name, octets)?;
    }
    Ok(archive.finish()?)
}

fn may_be_named(name: &str) -> bool {
    let strange = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let inside = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    inside && !name.contains(strange) && name != MIMETYPE && !name.to_uppercase().starts_with(META)
}
