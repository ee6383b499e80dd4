//! The octets of a packed block: a run of text, and a run of numbers that say how the text is cut and what it means.
//!
//! Numbers are unsigned and little-endian in groups of seven bits, the high bit saying that more follow; signed ones are
//! folded (0, -1, 1, -2, …). Text is consumed in order: a number gives the length of the next piece.

use super::Malformed;

/// A piece of the text of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    start: u32,
    length: u32,
}

/// A block, inflated.
#[derive(Debug, Default)]
pub(super) struct Block {
    text: String,
    numbers: Vec<u8>,
}

impl Block {
    /// Takes the octets of a block apart.
    pub(super) fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader { octets, text: 0 };
        let length = reader.size()?;
        let (text, numbers) = reader.octets.split_at_checked(length).ok_or(Malformed("text cut short"))?;
        let text = str::from_utf8(text).map_err(|_| Malformed("text not UTF-8"))?;
        Ok(Self { text: text.to_owned(), numbers: numbers.to_vec() })
    }

    /// Reads the numbers from the start.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { octets: &self.numbers, text: 0 }
    }

    /// Reads the numbers from this place; there must be no text to consume.
    pub(super) fn reader_at(&self, offset: usize) -> Reader<'_> {
        Reader { octets: self.numbers.get(offset..).unwrap_or_default(), text: 0 }
    }

    /// The piece of text; empty when it is not one of this block.
    pub(super) fn text(&self, piece: Text) -> &str {
        let start = piece.start as usize;
        self.text.get(start..start + piece.length as usize).unwrap_or_default()
    }
}

/// Reads numbers, and the text that they cut.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    octets: &'a [u8],
    text: u32,
}

impl<'a> Reader<'a> {
    /// Reads from bare octets.
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { octets, text: 0 }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.octets
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Result<u32, Malformed> {
        let mut value = 0;
        for shift in (0..32).step_by(7) {
            let (&octet, rest) = self.octets.split_first().ok_or(Malformed("numbers cut short"))?;
            self.octets = rest;
            value |= u32::from(octet & 0x7F) << shift;
            if octet < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("number too long"))
    }

    /// The next number, of a smaller kind.
    pub(super) fn small<T: TryFrom<u32>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.number()?).map_err(|_| Malformed("number out of range"))
    }

    /// The next number, as a length or an index.
    pub(super) fn size(&mut self) -> Result<usize, Malformed> {
        Ok(self.number()? as usize)
    }

    /// The next number, signed.
    pub(super) fn signed(&mut self) -> Result<i32, Malformed> {
        let folded = self.number()?;
        Ok((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
    }

    /// The next piece of text.
    pub(super) fn text(&mut self) -> Result<Text, Malformed> {
        let piece = Text { start: self.text, length: self.number()? };
        self.text = self.text.checked_add(piece.length).ok_or(Malformed("text too long"))?;
        Ok(piece)
    }
}

/// Writes a block.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    numbers: Vec<u8>,
}

impl Writer {
    /// Appends a number.
    pub(super) fn number(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.numbers.push((value & 0x7F) as u8 | 0x80);
            value >>= 7;
        }
        self.numbers.push(value as u8);
    }

    /// Appends a length or an index. What is packed is far smaller than four gigabytes; more would not fit.
    pub(super) fn size(&mut self, value: usize) {
        self.number(u32::try_from(value).unwrap_or(u32::MAX));
    }

    /// Appends a signed number.
    pub(super) fn signed(&mut self, value: i32) {
        self.number(((value << 1) ^ (value >> 31)).cast_unsigned());
    }

    /// Appends a piece of text.
    pub(super) fn text(&mut self, piece: &str) {
        self.size(piece.len());
        self.text.push_str(piece);
    }

    /// How many octets the numbers take so far.
    pub(super) fn position(&self) -> usize {
        self.numbers.len()
    }

    /// The numbers alone.
    pub(super) fn into_numbers(self) -> Vec<u8> {
        self.numbers
    }

    /// The octets of the block.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut block = Self::default();
        block.size(self.text.len());
        let mut octets = block.numbers;
        octets.extend_from_slice(self.text.as_bytes());
        octets.extend_from_slice(&self.numbers);
        octets
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(unsigned: Vec<u32>, signed: Vec<i32>, pieces: Vec<String>) {
            let mut writer = Writer::default();
            unsigned.iter().for_each(|&number| writer.number(number));
            signed.iter().for_each(|&number| writer.signed(number >> 1));
            pieces.iter().for_each(|piece| writer.text(piece));
            let block = Block::parse(&writer.finish())?;
            let mut reader = block.reader();
            for number in unsigned {
                prop_assert_eq!(reader.number()?, number);
            }
            for number in signed {
                prop_assert_eq!(reader.signed()?, number >> 1);
            }
            for piece in pieces {
                let text = reader.text()?;
                prop_assert_eq!(block.text(text), piece);
            }
            prop_assert!(reader.rest().is_empty());
        }
    }
}
