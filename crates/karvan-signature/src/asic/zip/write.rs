//! Writing archives.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::{CENTRAL, DEFLATED, END, LOCAL, STORED};

/// Names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// 1 January 1980: the same content gives the same archive.
const DATE: u16 = 0x0021;

/// An archive that is being written.
pub(crate) struct Writer<W> {
    out: W,
    position: u64,
    directory: Vec<u8>,
    count: u16,
}

impl<W: Write> Writer<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, position: 0, directory: Vec::new(), count: 0 }
    }

    /// Adds a file as it is.
    pub(crate) fn store(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        self.add(name, STORED, octets, octets)
    }

    /// Adds a file, compressed where that makes it smaller.
    pub(crate) fn compress(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(octets)?;
        let compressed = encoder.finish()?;
        if compressed.len() < octets.len() {
            self.add(name, DEFLATED, octets, &compressed)
        } else {
            self.store(name, octets)
        }
    }

    fn add(&mut self, name: &str, method: u16, octets: &[u8], written: &[u8]) -> io::Result<()> {
        let mut sum = Crc::new();
        sum.update(octets);
        let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "too large for a container");
        let small = |length: usize| u32::try_from(length).map_err(too_large);
        let name_length = u16::try_from(name.len()).map_err(too_large)?;
        let offset = u32::try_from(self.position).map_err(too_large)?;
        // From the version to the length of the extra field, which stands in both places alike.
        let mut common = Vec::with_capacity(26);
        for field in [20_u16, UTF_8, method, 0, DATE] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for field in [sum.sum(), small(written.len())?, small(octets.len())?] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for field in [name_length, 0] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for part in [&LOCAL.to_le_bytes()[..], &common, name.as_bytes(), written] {
            self.out.write_all(part)?;
            self.position += part.len() as u64;
        }
        self.directory.extend_from_slice(&CENTRAL.to_le_bytes());
        self.directory.extend_from_slice(&20_u16.to_le_bytes());
        self.directory.extend_from_slice(&common);
        // No comment, first disk, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count = self.count.checked_add(1).ok_or_else(|| io::Error::other("too many files for a container"))?;
        Ok(())
    }

    /// Writes the directory.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "too large for a container");
        let length = u32::try_from(self.directory.len()).map_err(too_large)?;
        let offset = u32::try_from(self.position).map_err(too_large)?;
        let mut end = END.to_le_bytes().to_vec();
        end.extend_from_slice(&[0; 4]);
        end.extend_from_slice(&self.count.to_le_bytes());
        end.extend_from_slice(&self.count.to_le_bytes());
        end.extend_from_slice(&length.to_le_bytes());
        end.extend_from_slice(&offset.to_le_bytes());
        end.extend_from_slice(&[0; 2]);
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end)?;
        Ok(self.out)
    }
}
