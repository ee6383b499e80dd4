//! Where something stands in a source: octet ranges, and lines and columns for people.

use std::ops::Range;

use serde::Serialize;

/// A range of octets in a source, `start` inclusive, `end` exclusive, counted from 0 at the first octet of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Offset of the first octet.
    pub start: u64,
    /// Offset after the last octet.
    pub end: u64,
}

impl Span {
    /// The span from `start` to `end` (exclusive).
    #[must_use]
    pub const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// An empty span at `offset`: the place where something is missing.
    #[must_use]
    pub const fn at(offset: u64) -> Self {
        Self { start: offset, end: offset }
    }

    /// Length in octets.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span covers no octet.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The same span, counted from `base`: turns an offset in a buffer into an offset in the file.
    #[must_use]
    pub const fn offset_by(self, base: u64) -> Self {
        Self { start: self.start + base, end: self.end + base }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The octets of `source` that the span covers, clipped to what is there.
    #[must_use]
    pub fn slice(self, source: &[u8]) -> &[u8] {
        let clip = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(source.len());
        let (start, end) = (clip(self.start), clip(self.end));
        &source[start..end.max(start)]
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start as u64, end: range.end as u64 }
    }
}

/// A line and a column, both counted from 1.
///
/// A column counts characters where the line is UTF-8 up to that place, octets otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

/// Turns octet offsets into lines and columns while a source goes by in pieces.
///
/// The locator remembers only where the last seen piece began, so it serves a stream of any length in constant memory.
/// Lines end with LF, CR LF or a lone CR.
///
/// ```
/// use karvan_text::{Locator, Position};
///
/// let mut locator = Locator::default();
/// locator.advance(b"UNB+UNOA:3'\n");
/// assert_eq!(locator.position(b"UNH+1'", 4), Position { line: 2, column: 5 });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Locator {
    position: Position,
    after_carriage_return: bool,
}

impl Locator {
    /// Passes over `bytes`, the next piece of the source.
    pub fn advance(&mut self, bytes: &[u8]) {
        let (position, after_carriage_return) = self.walk(bytes);
        self.position = position;
        self.after_carriage_return = after_carriage_return;
    }

    /// The position of the octet at `offset` in `bytes`, where `bytes` is the piece that begins where the locator stands.
    #[must_use]
    pub fn position(&self, bytes: &[u8], offset: usize) -> Position {
        self.walk(&bytes[..offset.min(bytes.len())]).0
    }

    /// The offset of `position` in `bytes`, where `bytes` is the piece that begins where the locator stands; none where it
    /// stands elsewhere.
    ///
    /// ```
    /// use karvan_text::{Locator, Position};
    ///
    /// let locator = Locator::default();
    /// assert_eq!(locator.find(b"UNH+1'\nBGM'", Position { line: 2, column: 3 }), Some(9));
    /// assert_eq!(locator.find(b"UNH+1'\nBGM'", Position { line: 1, column: 9 }), None);
    /// ```
    #[must_use]
    pub fn find(&self, bytes: &[u8], position: Position) -> Option<usize> {
        let mut locator = self.clone();
        let mut start = 0;
        for line in bytes.split_inclusive(|octet| matches!(octet, b'\n' | b'\r')) {
            // A LF after its CR stands in the line before, behind all columns.
            if !(locator.after_carriage_return && line == b"\n")
                && locator.position.line == position.line
                && let Some(column) = position.column.checked_sub(locator.position.column)
                && let Some(offset) = offset_of(line, usize::try_from(column).ok()?)
            {
                return Some(start + offset);
            }
            locator.advance(line);
            start += line.len();
        }
        None
    }

    fn walk(&self, bytes: &[u8]) -> (Position, bool) {
        let Some(&last) = bytes.last() else { return (self.position, self.after_carriage_return) };
        // A LF that completes a CR LF begun in an earlier piece ends no further line.
        let rest = if self.after_carriage_return && bytes[0] == b'\n' { &bytes[1..] } else { bytes };
        let mut position = self.position;
        let mut line_start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', rest) {
            if rest[end] == b'\r' && rest.get(end + 1) == Some(&b'\n') {
                continue;
            }
            position = Position { line: position.line + 1, column: 1 };
            line_start = end + 1;
        }
        position.column += columns(&rest[line_start..]);
        (position, last == b'\r')
    }
}

/// The offset in `line` of the character before which there are so many: of the octet, where the line is no UTF-8 so far.
fn offset_of(line: &[u8], columns: usize) -> Option<usize> {
    let readable = line.utf8_chunks().next()?.valid();
    match readable.char_indices().nth(columns) {
        Some((offset, _)) => Some(offset),
        None => (readable.len()..line.len()).contains(&columns).then_some(columns),
    }
}

/// How many columns `line` takes: its characters if it is UTF-8, its octets otherwise.
fn columns(line: &[u8]) -> u64 {
    if line.is_ascii() {
        return line.len() as u64;
    }
    std::str::from_utf8(line).map_or(line.len(), |text| text.chars().count()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(source: &str, offset: usize) -> (u64, u64) {
        let found = Locator::default().position(source.as_bytes(), offset);
        (found.line, found.column)
    }

    #[test]
    fn every_line_ending_counts_once() {
        assert_eq!(position("a\nb\r\nc\rd", 0), (1, 1));
        assert_eq!(position("a\nb\r\nc\rd", 2), (2, 1));
        assert_eq!(position("a\nb\r\nc\rd", 5), (3, 1));
        assert_eq!(position("a\nb\r\nc\rd", 7), (4, 1));
    }

    #[test]
    fn columns_count_characters_of_utf8() {
        assert_eq!(position("تهران+x", "تهران+".len()), (1, 7));
    }

    #[test]
    fn pieces_give_the_same_positions_as_the_whole() {
        let source = b"UNA:+.? '\r\nUNB+x'\rUNH+y'\n\nUNT'";
        for cut in 0..source.len() {
            let mut locator = Locator::default();
            locator.advance(&source[..cut]);
            for offset in cut..=source.len() {
                // The octet after a CR that ends a piece may still turn out to be its LF: both name the same line then.
                let whole = Locator::default().position(source, offset);
                let pieces = locator.position(&source[cut..], offset - cut);
                if offset > 0 && source.get(offset) == Some(&b'\n') && source[offset - 1] == b'\r' {
                    continue;
                }
                assert_eq!(pieces, whole, "cut {cut}, offset {offset}");
            }
        }
    }

    #[test]
    fn a_position_leads_back_to_its_octet() {
        let sources =
            [&b"UNA:+.? '\r\nUNB+x'\rUNH+y'\n\nUNT'"[..], "FTX+AAI+++تهران'\nUNT'".as_bytes(), b"NAD+\xfcber'\nUNT'"];
        for source in sources {
            let text = str::from_utf8(source);
            let begins = |offset: &usize| text.is_ok_and(|text| text.is_char_boundary(*offset)) || text.is_err();
            for cut in (0..source.len()).filter(begins) {
                let mut locator = Locator::default();
                locator.advance(&source[..cut]);
                for offset in (cut..source.len()).filter(begins) {
                    // Between CR and LF one stands where the next line begins.
                    if offset > 0 && source[offset - 1..=offset] == *b"\r\n" {
                        continue;
                    }
                    let position = locator.position(&source[cut..], offset - cut);
                    assert_eq!(locator.find(&source[cut..], position), Some(offset - cut), "cut {cut}");
                }
            }
        }
    }

    #[test]
    fn spans_clip_to_the_source() {
        assert_eq!(Span::new(2, 99).slice(b"abcd"), b"cd");
        assert_eq!(Span::at(9).slice(b"abcd"), b"");
        assert_eq!(Span::new(1, 3).to(Span::new(5, 6)), Span::new(1, 6));
    }
}
