//! PEM (RFC 7468): labelled base64 blocks in a text.
//!
//! Files of the wild hold several blocks, keys between certificates and explanations around them; everything outside
//! the blocks is passed over.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One block of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands after `BEGIN`, such as `CERTIFICATE`.
    pub label: &'a str,
    /// Where it stands in the file, from its `BEGIN` line to its `END` line.
    pub range: Range<usize>,
    /// The decoded octets.
    pub contents: Result<Vec<u8>, BlockError>,
}

/// Why a block cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockError {
    /// No `END` line with the same label.
    Unfinished,
    /// What stands between the lines is not base64.
    NotBase64,
    /// The block has headers (RFC 1421), such as those of an encrypted key.
    Headers,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The blocks of `bytes`, in order; none where there is no PEM in it.
pub fn blocks(bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
    // A block is ASCII: what is not UTF-8 belongs to an explanation and ends the line it stands in.
    let mut end = 0;
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).map(move |line| {
        let range = end..end + line.len();
        end = range.end + 1;
        let text = std::str::from_utf8(line).unwrap_or_default();
        (range, text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}'))
    });
    std::iter::from_fn(move || {
        let (mut range, label) =
            lines.find_map(|(range, line)| Some((range, line.strip_prefix(BEGIN)?.strip_suffix(DASHES)?)))?;
        let mut text = String::new();
        let contents = loop {
            let Some((line_range, line)) = lines.next() else { break Err(BlockError::Unfinished) };
            range.end = line_range.end;
            if let Some(end) = line.strip_prefix(END) {
                break if end.strip_suffix(DASHES) != Some(label) {
                    Err(BlockError::Unfinished)
                } else if text.contains(':') {
                    Err(BlockError::Headers)
                } else {
                    STANDARD.decode(&text).map_err(|_| BlockError::NotBase64)
                };
            }
            text.extend(line.split_ascii_whitespace());
        };
        Some(Block { label, range, contents })
    })
}

/// Whether `bytes` look like PEM rather than DER.
#[must_use]
pub fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_among_other_text_and_line_endings() {
        let text = b"subject: \xff\n-----BEGIN A B-----\r\nAQID\r\nBA==\r\n-----END A B-----\r\nnote\n-----BEGIN C-----\nAA==\n-----END C-----";
        let found: Vec<_> = blocks(text).map(|block| (block.label, block.contents)).collect();
        assert_eq!(found, [("A B", Ok(vec![1, 2, 3, 4])), ("C", Ok(vec![0]))]);
        let places: Vec<_> = blocks(text).map(|block| &text[block.range]).collect();
        assert!(places.iter().all(|place| place.starts_with(b"-----BEGIN") && place.ends_with(b"-----")));
    }

    #[test]
    fn broken_blocks_say_why() {
        let why = |text: &str| blocks(text.as_bytes()).next().unwrap().contents.unwrap_err();
        assert_eq!(why("-----BEGIN X-----\nAQID"), BlockError::Unfinished);
        assert_eq!(why("-----BEGIN X-----\nAQID\n-----END Y-----"), BlockError::Unfinished);
        assert_eq!(why("-----BEGIN X-----\n?\n-----END X-----"), BlockError::NotBase64);
        assert_eq!(why("-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END X-----"), BlockError::Headers);
        assert_eq!(blocks(b"no pem").next(), None);
    }
}
