//! A source that is read in pieces.

use std::io::{self, Read};

/// Gives so many octets at a time.
pub struct Pieces<'a>(pub &'a [u8], pub usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.1.min(buffer.len());
        Read::read(&mut self.0, &mut buffer[..piece])
    }
}
