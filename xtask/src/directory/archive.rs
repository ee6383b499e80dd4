//! The archive of the official texts.

use std::{fs::File, io::Read, path::Path};

use karvan_schema::directory::texts::TextFile;
use lzma_rust2::XzReader;

/// Reads the files that matter, in the order of the archive; `un-directories.tar.xz` holds a folder a release.
pub(crate) fn read(path: &Path, mut each: impl FnMut(TextFile, Vec<u8>)) -> crate::Result<()> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut archive = tar::Archive::new(XzReader::new(std::io::BufReader::new(file), false));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
        let Some(file) = TextFile::of(&names) else { continue };
        let mut octets = Vec::new();
        entry.read_to_end(&mut octets)?;
        each(file, octets);
    }
    Ok(())
}
