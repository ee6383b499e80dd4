//! What is compressed, told by its first octets, and expanded on the way, within limits.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Limits, Refusal, tape};

/// How content is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is not.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstandard,
    /// A ZIP archive.
    Archive,
    /// A tar archive.
    Tape,
}

/// Tells the form of what `source` gives, which is handed back whole.
pub(super) fn form(mut source: Box<dyn Read>) -> io::Result<(Form, Box<dyn Read>)> {
    let mut head = Vec::new();
    source.as_mut().take(tape::BLOCK as u64).read_to_end(&mut head)?;
    let form = match *head {
        [0x1F, 0x8B, 8, _, ..] => Form::Gzip,
        // A frame, or one to be skipped before it (RFC 8878 §3.1).
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Form::Zstandard,
        // A first member, the end of a directory of none.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Form::Archive,
        _ if tape::is_header(&head) => Form::Tape,
        _ => Form::Plain,
    };
    Ok((form, Box::new(Cursor::new(head).chain(source))))
}

/// Expands what `source` gives, which is of form `wrapping`, while it is read: a document or a tar archive.
pub(super) fn expanded(wrapping: Form, source: Box<dyn Read>, spending: Arc<Spending>) -> (Form, Box<dyn Read>) {
    let source = BufReader::with_capacity(1 << 16, source);
    let decoder: Box<dyn Read> = match wrapping {
        Form::Plain | Form::Archive | Form::Tape => Box::new(source),
        Form::Gzip => Box::new(MultiGzDecoder::new(source)),
        Form::Zstandard => Box::new(Zstandard::new(source)),
    };
    match form(Box::new(Guarded { decoder, spending })) {
        Ok(found @ (Form::Plain | Form::Tape, _)) => found,
        Ok(_) => (Form::Plain, failing(Refusal::Nested.into())),
        Err(error) => (Form::Plain, failing(error)),
    }
}

/// What `decoder` gives, within the limits, and not compressed once more.
pub(super) fn guarded(decoder: Box<dyn Read>, spending: Arc<Spending>) -> Box<dyn Read> {
    once(Box::new(Guarded { decoder, spending }))
}

/// What `source` gives, if that is neither compressed nor an archive.
pub(super) fn once(source: Box<dyn Read>) -> Box<dyn Read> {
    match form(source) {
        Ok((Form::Plain, source)) => source,
        Ok(_) => failing(Refusal::Nested.into()),
        Err(error) => failing(error),
    }
}

/// A source that cannot be read.
pub(super) fn failing(error: io::Error) -> Box<dyn Read> {
    Box::new(Failing(Some(error)))
}

struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// What one input has cost so far: octets read, and octets that they expanded to.
#[derive(Debug)]
pub(super) struct Spending {
    taken: AtomicU64,
    given: AtomicU64,
    limits: Limits,
}

impl Spending {
    /// The ratio says nothing about what is small: a thousand blanks expand from a handful of octets.
    const SMALL: u64 = 1 << 20;

    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { taken: AtomicU64::new(0), given: AtomicU64::new(0), limits })
    }

    /// Counts octets that were read.
    pub(super) fn take(&self, octets: usize) {
        self.taken.fetch_add(octets as u64, Ordering::Relaxed);
    }

    /// Says what was read in all, where it is known before it is read.
    pub(super) fn set_taken(&self, octets: u64) {
        self.taken.store(octets, Ordering::Relaxed);
    }

    /// Counts octets that it expanded to.
    fn give(&self, octets: usize) -> Result<(), Refusal> {
        let given = self.given.fetch_add(octets as u64, Ordering::Relaxed) + octets as u64;
        let Limits { expanded, ratio, .. } = self.limits;
        if given > expanded {
            return Err(Refusal::Expanded(expanded));
        }
        let taken = self.taken.load(Ordering::Relaxed);
        if given > Self::SMALL && given / ratio > taken {
            return Err(Refusal::Ratio(ratio));
        }
        Ok(())
    }
}

/// A decoder whose output is counted.
struct Guarded {
    decoder: Box<dyn Read>,
    spending: Arc<Spending>,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let given = self.decoder.read(buffer).map_err(|error| match error.kind() {
            // Decoders complain of content by these kinds; others come from the source.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
                if Refusal::of(&error).is_none() =>
            {
                Refusal::Damaged(error.to_string()).into()
            }
            _ => error,
        })?;
        self.spending.give(given)?;
        Ok(given)
    }
}

/// Zstandard: frames one after the other, those to be skipped skipped, checksums compared.
struct Zstandard<R> {
    source: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: io::BufRead> Zstandard<R> {
    fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), within: false }
    }

    /// Begins the next frame, if there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                    if skipped < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
        Ok(false)
    }

    /// Ends a frame: its checksum, where it has one, is that of what it gave.
    fn end(&mut self) -> io::Result<()> {
        self.within = false;
        match self.decoder.get_checksum_from_data() {
            Some(told) if Some(told) != self.decoder.get_calculated_checksum() => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum differs"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: io::BufRead> Read for Zstandard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(|error| damaged(&error))?;
            }
            let given = self.decoder.read(buffer)?;
            if given > 0 || buffer.is_empty() {
                return Ok(given);
            }
            self.end()?;
        }
    }
}

fn damaged(error: &FrameDecoderError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
