//! PEM around a signature, read as it streams (RFC 7468 §8, §9).

use std::fmt;
use std::io::{self, BufRead, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The labels of signatures.
const LABELS: [&str; 3] = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];

/// The octets in the first PEM block of a source.
///
/// What stands before the block is passed over, what stands after it is not read.
pub struct Armored<R> {
    source: R,
    /// Base64 that is not decoded yet.
    text: Vec<u8>,
    octets: io::Cursor<Vec<u8>>,
    state: State,
}

/// What is wrong with a block; in an error of reading, for the source itself did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArmorError(pub(crate) &'static str);

impl fmt::Display for ArmorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ArmorError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    After,
}

/// A line of PEM is 64 characters; some write all in one, which is read in pieces.
const LINE: u64 = 1 << 16;

impl<R: BufRead> Armored<R> {
    /// Whether `head`, the beginning of a file, begins such a block.
    #[must_use]
    pub fn begins(head: &[u8]) -> bool {
        LABELS.iter().any(|label| {
            let line = format!("-----BEGIN {label}-----");
            head.windows(line.len()).any(|octets| octets == line.as_bytes())
        })
    }

    /// Reads the block in `source`.
    pub fn new(source: R) -> Self {
        Self { source, text: Vec::new(), octets: io::Cursor::default(), state: State::Before }
    }

    /// Takes one line, or a piece of a long one, in.
    fn line(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        if self.source.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Err(io::Error::other(ArmorError("the PEM block has no END line of its own")));
        }
        let line = line.trim_ascii();
        match self.state {
            State::Before => {
                if Self::begins(line) {
                    self.state = State::Within;
                }
            }
            State::Within if line.starts_with(b"-----END ") => {
                self.state = State::After;
                self.decode(self.text.len())?;
            }
            State::Within => {
                self.text.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace()));
                self.decode(self.text.len() / 4 * 4)?;
            }
            State::After => {}
        }
        Ok(())
    }

    fn decode(&mut self, length: usize) -> io::Result<()> {
        let not_base64 = |_| io::Error::other(ArmorError("the PEM block is not base64"));
        let octets = STANDARD.decode(&self.text[..length]).map_err(not_base64)?;
        self.text.drain(..length);
        self.octets = io::Cursor::new(octets);
        Ok(())
    }
}

impl<R: BufRead> Read for Armored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.octets.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.state == State::After {
                return Ok(read);
            }
            self.line()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        Armored::new(text.as_bytes()).read_to_end(&mut octets)?;
        Ok(octets)
    }

    #[test]
    fn a_block_is_decoded_whatever_its_lines() {
        for text in [
            "-----BEGIN CMS-----\nAQIDBA==\n-----END CMS-----\n",
            "note\r\n-----BEGIN PKCS7-----\r\nAQ\r\nIDB\r\nA==\r\n-----END PKCS7-----",
        ] {
            assert!(Armored::<&[u8]>::begins(text.as_bytes()));
            assert_eq!(read(text).unwrap(), [1, 2, 3, 4], "{text}");
        }
        assert!(!Armored::<&[u8]>::begins(b"-----BEGIN CERTIFICATE-----"));
    }

    #[test]
    fn a_broken_block_is_an_error() {
        for text in [
            "-----BEGIN CMS-----\nAQID",
            "-----BEGIN CMS-----\n????\n-----END CMS-----",
            "-----BEGIN CMS-----\nAQI\n-----END CMS-----",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.get_ref().is_some_and(|error| error.is::<ArmorError>()), "{error}");
        }
    }
}
