//! The archive that translated documents are added to.

use std::io::{self, Write};
use std::path::{Component, Path};

use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::output::Output;

/// A ZIP archive, whose members have no time of their own: the same documents make the same archive.
pub(super) struct Archive {
    writer: ZipWriter<StreamWriter<Output>>,
}

impl Archive {
    /// An archive that appears when it is whole.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { writer: ZipWriter::new_stream(Output::open(Some(path))?) })
    }

    /// Adds a file.
    pub(super) fn add(&mut self, path: &Path, octets: &[u8]) -> io::Result<()> {
        // In an archive a slash parts names on every system.
        let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
        let names: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
        self.writer.start_file(names.join("/"), SimpleFileOptions::default())?;
        self.writer.write_all(octets)
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.writer.finish()?.into_inner().finish()
    }
}
