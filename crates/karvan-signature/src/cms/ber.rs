//! Reading BER as it streams (X.690 §8): definite and indefinite lengths, strings in pieces.
//!
//! What is small is kept, written anew in DER (§10), so that all that looks at it afterwards sees one encoding. The
//! content of a signature, which may be of any size, passes through piece by piece.

use std::io::{self, Read};

use super::der::{CONSTRUCTED, OCTET_STRING, write_header};

/// Levels of constructed values that may be open at once.
const DEPTH: usize = 48;

/// Why reading ended.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The source failed.
    Io(io::Error),
    /// The octets are not what they should be.
    Malformed {
        /// The offset of the value concerned.
        at: u64,
        /// What is wrong.
        detail: &'static str,
    },
    /// More would have to be kept than is allowed.
    TooLarge {
        /// The offset of the value concerned.
        at: u64,
    },
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A source of BER, read once from its beginning.
pub(crate) struct Source<R> {
    inner: R,
    buffer: Box<[u8]>,
    /// What of the buffer is read from `inner` and not yet consumed.
    ready: std::ops::Range<usize>,
    position: u64,
    /// Where the open constructed values end; none: at their end-of-contents octets.
    open: Vec<Option<u64>>,
    /// Octets that may still be kept.
    budget: usize,
}

impl<R: Read> Source<R> {
    /// Reads `inner`, keeping `budget` octets at most.
    pub(crate) fn new(inner: R, budget: usize) -> Self {
        let buffer = vec![0; 1 << 16].into_boxed_slice();
        Self { inner, buffer, ready: 0..0, position: 0, open: Vec::new(), budget }
    }

    /// The offset of what comes next.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// The tag octet of the next value; none at the end of the innermost open value.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, Problem> {
        match self.open.last() {
            Some(&Some(end)) if self.position >= end => Ok(None),
            Some(Some(_)) => match self.fill(1)? {
                0 => Err(self.malformed("the file ends within a value")),
                _ => Ok(Some(self.buffer[self.ready.start])),
            },
            Some(None) => match self.fill(2)? {
                0 | 1 => Err(self.malformed("the file ends within a value")),
                _ if self.buffer[self.ready.start..].starts_with(&[0, 0]) => Ok(None),
                _ => Ok(Some(self.buffer[self.ready.start])),
            },
            None => Ok(if self.fill(1)? == 0 { None } else { Some(self.buffer[self.ready.start]) }),
        }
    }

    /// Enters the next value, which is constructed and has this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<(), Problem> {
        let at = self.position;
        if self.peek()? != Some(tag) {
            return Err(Problem::Malformed { at, detail: "another value is expected here" });
        }
        let (_, length) = self.header()?;
        if self.open.len() >= DEPTH {
            return Err(Problem::Malformed { at, detail: "values are nested too deeply" });
        }
        self.open.push(length.map(|length| self.position + length));
        Ok(())
    }

    /// Leaves the innermost open value, in which nothing is left.
    pub(crate) fn leave(&mut self) -> Result<(), Problem> {
        if self.peek()?.is_some() {
            return Err(self.malformed("a value has more parts than it may have"));
        }
        if self.open.pop() == Some(None) {
            self.consume(2);
        }
        Ok(())
    }

    /// Says that nothing may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Problem> {
        if self.peek()?.is_some() { Err(self.malformed("octets follow the end")) } else { Ok(()) }
    }

    /// The next value, kept, in DER.
    pub(crate) fn element(&mut self) -> Result<Vec<u8>, Problem> {
        let mut element = Vec::new();
        self.keep(&mut element)?;
        Ok(element)
    }

    /// Hands the octets of the OCTET STRING that comes next to `sink`, piece by piece.
    pub(crate) fn octets(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), Problem>) -> Result<(), Problem> {
        const PIECES: u8 = OCTET_STRING | CONSTRUCTED;
        match self.peek()? {
            Some(PIECES) => {
                self.enter(PIECES)?;
                while self.peek()?.is_some() {
                    self.octets(sink)?;
                }
                self.leave()
            }
            Some(OCTET_STRING) => {
                let (_, length) = self.header()?;
                let mut rest = length.unwrap_or_default();
                while rest > 0 {
                    if self.fill(1)? == 0 {
                        return Err(self.malformed("the file ends within a value"));
                    }
                    let piece = usize::try_from(rest).unwrap_or(usize::MAX).min(self.ready.len());
                    sink(&self.buffer[self.ready.start..self.ready.start + piece])?;
                    self.consume(piece);
                    rest -= piece as u64;
                }
                Ok(())
            }
            _ => Err(self.malformed("an OCTET STRING is expected here")),
        }
    }

    fn keep(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        let at = self.position;
        let tag = self.peek()?.ok_or_else(|| self.malformed("a value is missing"))?;
        let mut content = Vec::new();
        if tag == OCTET_STRING | CONSTRUCTED {
            let mut budget = self.budget;
            self.octets(&mut |piece| {
                budget = budget.checked_sub(piece.len()).ok_or(Problem::TooLarge { at })?;
                content.extend_from_slice(piece);
                Ok(())
            })?;
            self.budget = budget;
            write_header(out, OCTET_STRING, content.len());
        } else if tag & CONSTRUCTED != 0 {
            self.enter(tag)?;
            while self.peek()?.is_some() {
                self.keep(&mut content)?;
            }
            self.leave()?;
            write_header(out, tag, content.len());
        } else {
            let (_, length) = self.header()?;
            let mut rest = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
            self.budget = self.budget.checked_sub(rest.max(1)).ok_or(Problem::TooLarge { at })?;
            while rest > 0 {
                if self.fill(1)? == 0 {
                    return Err(self.malformed("the file ends within a value"));
                }
                let piece = rest.min(self.ready.len());
                content.extend_from_slice(&self.buffer[self.ready.start..self.ready.start + piece]);
                self.consume(piece);
                rest -= piece;
            }
            write_header(out, tag, content.len());
        }
        out.append(&mut content);
        Ok(())
    }

    /// Tag and length of the next value; a primitive one always has a length.
    fn header(&mut self) -> Result<(u8, Option<u64>), Problem> {
        let at = self.position;
        let malformed = |detail| Problem::Malformed { at, detail };
        if self.fill(2)? < 2 {
            return Err(malformed("the file ends within a value"));
        }
        let [tag, first] = [self.buffer[self.ready.start], self.buffer[self.ready.start + 1]];
        if tag & 0x1F == 0x1F {
            return Err(malformed("tags of several octets do not occur here"));
        }
        self.consume(2);
        let length = match first {
            0x80 if tag & CONSTRUCTED != 0 => None,
            0x80 => return Err(malformed("a primitive value without a length")),
            0..=0x7F => Some(u64::from(first)),
            _ => {
                let count = usize::from(first & 0x7F);
                if count > 8 || self.fill(count)? < count {
                    return Err(malformed("the length makes no sense"));
                }
                let octets = &self.buffer[self.ready.start..self.ready.start + count];
                let length = octets.iter().fold(0_u64, |length, &octet| length << 8 | u64::from(octet));
                self.consume(count);
                Some(length)
            }
        };
        if let Some(length) = length {
            let end = self.position.checked_add(length);
            // Values without a length of their own end with the one around that has one.
            let around = self.open.iter().rev().find_map(|end| *end);
            if end.is_none_or(|end| around.is_some_and(|around| end > around)) {
                return Err(malformed("a value is longer than the one around it"));
            }
        }
        Ok((tag, length))
    }

    /// Reads until `wanted` octets are ready or the source ends; gives how many are.
    fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        while self.ready.len() < wanted {
            if self.ready.is_empty() {
                self.ready = 0..0;
            } else if self.ready.start + wanted > self.buffer.len() {
                self.buffer.copy_within(self.ready.clone(), 0);
                self.ready = 0..self.ready.len();
            }
            match self.inner.read(&mut self.buffer[self.ready.end..]) {
                Ok(0) => break,
                Ok(read) => self.ready.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.ready.len())
    }

    fn consume(&mut self, octets: usize) {
        self.ready.start += octets;
        self.position += octets as u64;
    }

    const fn malformed(&self, detail: &'static str) -> Problem {
        Problem::Malformed { at: self.position, detail }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives one octet at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn kept(octets: &[u8]) -> Result<Vec<u8>, Problem> {
        let mut source = Source::new(Slow(octets), 1 << 16);
        let element = source.element()?;
        source.finish().map(|()| element)
    }

    #[test]
    fn what_is_kept_is_der() {
        // X.690 §8.1.3.6, §8.7.3: indefinite length, a string in pieces, a length in more octets than needed.
        let ber = b"\x30\x80\x24\x80\x04\x02ab\x24\x03\x04\x01c\x00\x00\x02\x82\x00\x01\x07\x00\x00";
        assert_eq!(kept(ber).unwrap(), b"\x30\x08\x04\x03abc\x02\x01\x07");
        let der = b"\x30\x08\x04\x03abc\x02\x01\x07";
        assert_eq!(kept(der).unwrap(), der);
    }

    #[test]
    fn what_is_broken_says_where() {
        let at = |octets: &[u8]| match kept(octets) {
            Err(Problem::Malformed { at, .. }) => at,
            other => panic!("{other:?}"),
        };
        assert_eq!(at(b""), 0);
        assert_eq!(at(b"\x30\x05\x02\x01\x07"), 5, "the file ends");
        assert_eq!(at(b"\x30\x03\x02\x02\x07\x07"), 2, "a part reaches beyond the whole");
        assert_eq!(at(b"\x30\x80\x30\x02\x02\x05aaaaa"), 4, "the same in one without a length");
        assert_eq!(at(b"\x04\x80a\x00\x00"), 0, "no length");
        assert_eq!(at(b"\x1f\x81\x01\x00"), 0, "a long tag");
        assert_eq!(at(b"\x02\x01\x07\x00"), 3, "more follows");
        assert_eq!(at(&b"\x30\x80".repeat(100)), 2 * DEPTH as u64, "deep");
        assert!(matches!(kept(b"\x04\x84\x7f\xff\xff\xffa"), Err(Problem::TooLarge { at: 0 })));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(octets: Vec<u8>) {
            let whole = kept(&octets);
            let mut source = Source::new(&octets[..], 1 << 16);
            prop_assert_eq!(whole.is_ok(), source.element().and_then(|_| source.finish()).is_ok());
            let _ = Source::new(&octets[..], 1 << 16).octets(&mut |_| Ok(()));
        }

        #[test]
        fn strings_in_pieces_are_whole(pieces: Vec<Vec<u8>>) {
            let mut ber = b"\x24\x80".to_vec();
            for piece in &pieces {
                write_header(&mut ber, OCTET_STRING, piece.len());
                ber.extend_from_slice(piece);
            }
            ber.extend_from_slice(&[0, 0]);
            let mut read = Vec::new();
            Source::new(Slow(&ber), 0).octets(&mut |piece| { read.extend_from_slice(piece); Ok(()) }).unwrap();
            prop_assert_eq!(read, pieces.concat());
        }
    }
}
