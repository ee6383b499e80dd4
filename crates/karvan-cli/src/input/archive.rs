//! ZIP archives: each member is a document. The directory at the end says which there are.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::compression::{Spending, failing, guarded};
use super::{Document, Meter, Refusal, too_large};

/// An archive that is open.
pub(super) struct Archive {
    directory: ZipArchive<BufReader<File>>,
    octets: Octets,
    spending: Arc<Spending>,
}

impl Archive {
    /// The archive that `file` is.
    pub(super) fn open(file: File, spending: Arc<Spending>, meter: Arc<Meter>) -> io::Result<Self> {
        // What members expand to is held against the whole archive: they may overlap.
        spending.set_taken(file.metadata()?.len());
        let octets = Octets { file: Arc::new(Mutex::new(file.try_clone()?)), meter };
        let directory = ZipArchive::new(BufReader::new(file)).map_err(problem)?;
        Ok(Self { directory, octets, spending })
    }

    /// The archive that `source` gives, which is put on disk, up to `limit` octets.
    pub(super) fn spill(
        source: Box<dyn Read>,
        spending: Arc<Spending>,
        meter: Arc<Meter>,
        limit: u64,
    ) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        if io::copy(&mut source.take(limit.saturating_add(1)), &mut file)? > limit {
            return Err(too_large(limit));
        }
        Self::open(file, spending, meter)
    }

    /// Whether it holds no file.
    pub(super) fn is_empty(&self) -> bool {
        !self.directory.file_names().any(|name| !name.is_ok_and(|name| name.ends_with('/')))
    }

    /// The member of this name.
    pub(super) fn member_named(mut self, name: &str) -> io::Result<Box<dyn Read>> {
        match self.directory.index_for_name(name) {
            Some(index) => Ok(self.member(index).map_or_else(failing, |member| member.1)),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no such member in the archive")),
        }
    }

    /// The files in it, by their names there.
    pub(super) fn members(mut self) -> impl Iterator<Item = Document> {
        (0..self.directory.len()).filter_map(move |index| match self.member(index) {
            Ok((name, _)) if name.ends_with('/') => None,
            Ok(member) => Some(member),
            Err(error) => Some((format!("#{}", index + 1), failing(error))),
        })
    }

    fn member(&mut self, index: usize) -> io::Result<Document> {
        let member = self.directory.by_index_raw(index).map_err(problem)?;
        let name = member.name().map_err(problem)?.into_owned();
        if member.encrypted() {
            return Ok((name, failing(Refusal::Encrypted.into())));
        }
        let Some(start) = member.data_start() else {
            return Ok((name, failing(Refusal::Damaged("no content".to_owned()).into())));
        };
        let octets = Section { octets: self.octets.clone(), at: start, rest: member.compressed_size() };
        let octets = BufReader::with_capacity(1 << 16, octets);
        let decoder: Box<dyn Read> = match member.compression() {
            CompressionMethod::Stored => Box::new(octets),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(octets)),
            other => return Ok((name, failing(Refusal::Method(other.to_string()).into()))),
        };
        let checked = Checked { decoder, sum: Crc::new(), expected: (member.crc32(), member.size()), given: 0 };
        Ok((name, guarded(Box::new(checked), Arc::clone(&self.spending))))
    }
}

/// What is wrong with the archive, as an error of reading.
fn problem(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => Refusal::Damaged(other.to_string()).into(),
    }
}

/// The octets of an archive, which its members share.
#[derive(Clone)]
struct Octets {
    file: Arc<Mutex<File>>,
    meter: Arc<Meter>,
}

/// A part of an archive.
struct Section {
    octets: Octets,
    at: u64,
    rest: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.rest).unwrap_or(usize::MAX));
        let mut file = self.octets.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(&mut buffer[..wanted])?;
        self.octets.meter.pass(read)?;
        self.at += read as u64;
        self.rest -= read as u64;
        Ok(read)
    }
}

/// A decoder whose output is compared with what the directory says of it.
struct Checked {
    decoder: Box<dyn Read>,
    sum: Crc,
    given: u64,
    expected: (u32, u64),
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let given = self.decoder.read(buffer)?;
        self.sum.update(&buffer[..given]);
        self.given += given as u64;
        if given == 0 && !buffer.is_empty() && (self.sum.sum(), self.given) != self.expected {
            return Err(Refusal::Damaged("checksum or size differ from the directory".to_owned()).into());
        }
        Ok(given)
    }
}
