//! Signed containers (ASiC, ETSI EN 319 162-1): a ZIP archive of files and the signatures over them.
//!
//! * [`create()`] puts files into an ASiC-E container and signs them: a manifest lists each with its digest, and a CMS
//!   signature with the attributes of CAdES stands over the manifest. [`sign_xml`] and [`create_with`] do so with XAdES.
//! * [`verify()`] reads ASiC-E and ASiC-S, with signatures of CMS and of XML, and says which files they cover. What is right
//!   is [`IntactContainer`]; [`IntactContainer::trust`] asks the caller about the signers and gives [`VerifiedContainer`],
//!   which hands out the covered files and no others.
//!
//! Codes: `E6320` an archive that is none or could be read in two ways, `E6321` a manifest that cannot be read or names a
//! file that is not there, `E6322` a file that was changed, `E6323` a container without a signature; `E9221` to `E9223`
//! limits.

mod create;
mod manifest;
mod verify;
mod zip;

pub use create::{CreateError, File, create, create_with, sign_xml};
pub use verify::{
    ContainerError, ContainerSignature, CoveredFile, IntactContainer, Kind, Policy, VerifiedContainer, verify,
};
pub use zip::{Limits, ZipError};

/// The file that says what the container is, the first one.
const MIMETYPE: &str = "mimetype";
/// The folder of what is about the files.
const META: &str = "META-INF/";
/// The media type of ASiC-E.
pub const EXTENDED: &str = "application/vnd.etsi.asic-e+zip";
/// The media type of ASiC-S.
pub const SIMPLE: &str = "application/vnd.etsi.asic-s+zip";
