//! The published code lists that are built in, and the file that holds them.
//!
//! `schemas/codes/lists.bin` begins with `KVCODES1`, the length of its index (four octets, the lowest first) and the
//! index: a line of tab separated columns for each list. Behind it stand the lists, each deflated by itself: a line for each
//! code, in order of the octets, with value, name and use. A list is inflated when it is first asked for and then read in
//! place.

use std::io::{Read, Write};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{ListedCode, Use};

static FILE: &[u8] = include_bytes!("../../../../schemas/codes/lists.bin");
const MAGIC: &[u8] = b"KVCODES1";

/// A code list that is published by itself.
#[derive(Debug)]
pub struct Published {
    name: &'static str,
    title: &'static str,
    keeper: &'static str,
    length: usize,
    packed: &'static [u8],
    lines: OnceLock<String>,
}

impl Published {
    /// Its short name: `REC20`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it lists.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Who keeps and publishes it.
    #[must_use]
    pub fn keeper(&self) -> &'static str {
        self.keeper
    }

    /// How many codes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no codes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The code of this value.
    #[must_use]
    pub fn code(&self, value: &str) -> Option<ListedCode<'_>> {
        let lines = self.lines();
        let (mut low, mut high) = (0, lines.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let start = memchr::memrchr(b'\n', &lines.as_bytes()[..middle]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &lines.as_bytes()[start..]).map_or(lines.len(), |length| start + length);
            let line = &lines[start..end];
            let code = &line[..memchr::memchr(b'\t', line.as_bytes()).unwrap_or(line.len())];
            match code.cmp(value) {
                std::cmp::Ordering::Equal => return Some(listed(line)),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }

    /// All codes, in order of the octets.
    pub fn codes(&self) -> impl Iterator<Item = ListedCode<'_>> {
        self.lines().lines().map(listed)
    }

    fn lines(&self) -> &str {
        self.lines.get_or_init(|| {
            let mut lines = String::new();
            // What cannot be inflated is empty; a test reads what is built in.
            if DeflateDecoder::new(self.packed).read_to_string(&mut lines).is_err() {
                lines.clear();
            }
            lines
        })
    }
}

fn listed(line: &str) -> ListedCode<'_> {
    let mut columns = line.split('\t');
    let (value, name) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let use_ = match columns.next() {
        Some("D") => Use::Deprecated,
        Some("X") => Use::Withdrawn,
        _ => Use::Current,
    };
    ListedCode { value, name, use_ }
}

/// The published code lists that Karvan knows.
#[derive(Debug, Default)]
pub struct PublishedLists {
    lists: Vec<Published>,
}

impl PublishedLists {
    /// Those that are built in.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static LISTS: OnceLock<PublishedLists> = OnceLock::new();
        LISTS.get_or_init(|| Self::read(FILE).unwrap_or_default())
    }

    /// All lists, by name.
    #[must_use]
    pub fn all(&self) -> &[Published] {
        &self.lists
    }

    /// The list of this name, in letters of any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Published> {
        let as_written = self.lists.iter().find(|list| list.name == name);
        as_written.or_else(|| self.lists.iter().find(|list| list.name.eq_ignore_ascii_case(name)))
    }

    /// The lists of a packed file; none where it is malformed.
    fn read(file: &'static [u8]) -> Option<Self> {
        let (length, rest) = file.strip_prefix(MAGIC)?.split_first_chunk()?;
        let (index, mut packed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let mut lists = Vec::new();
        for line in std::str::from_utf8(index).ok()?.lines() {
            let columns: Vec<_> = line.split('\t').collect();
            let &[name, title, keeper, length, octets] = columns.as_slice() else { return None };
            let (own, others) = packed.split_at_checked(octets.parse().ok()?)?;
            packed = others;
            let (length, lines) = (length.parse().ok()?, OnceLock::new());
            lists.push(Published { name, title, keeper, length, packed: own, lines });
        }
        Some(Self { lists })
    }
}

/// Packs lists: name, title and keeper of each, and its codes.
///
/// # Errors
/// None but those of the memory that is written to.
pub fn pack(lists: &[([&str; 3], Vec<ListedCode<'_>>)]) -> std::io::Result<Vec<u8>> {
    let (mut index, mut packed) = (String::new(), Vec::new());
    for (head, codes) in lists {
        let mut codes = codes.clone();
        codes.sort_by_key(|code| code.value);
        codes.dedup_by_key(|code| code.value);
        let start = packed.len();
        let mut out = DeflateEncoder::new(&mut packed, Compression::best());
        for ListedCode { value, name, use_ } in &codes {
            let mark = match use_ {
                Use::Current => "",
                Use::Deprecated => "\tD",
                Use::Withdrawn => "\tX",
            };
            writeln!(out, "{value}\t{name}{mark}")?;
        }
        out.finish()?;
        index += &format!("{}\t{}\t{}\n", head.join("\t"), codes.len(), packed.len() - start);
    }
    let length = u32::try_from(index.len()).map_err(std::io::Error::other)?;
    Ok([MAGIC, &length.to_le_bytes(), index.as_bytes(), &packed].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_whole() {
        let lists = PublishedLists::builtin();
        assert!(lists.all().len() > 20);
        for list in lists.all() {
            assert_eq!(list.codes().count(), list.len(), "{}", list.name());
            assert!(
                list.codes().all(|code| !code.value.is_empty() && code.value == code.value.trim()),
                "{}",
                list.name()
            );
        }
    }

    #[test]
    fn a_code_is_found_wherever_it_stands() {
        let currencies = PublishedLists::builtin().get("ISO4217").unwrap();
        for code in currencies.codes() {
            assert_eq!(currencies.code(code.value), Some(code));
        }
        for value in ["", "AAA", "ZZZ", "EU", "EURO", "eur", "EUR\t"] {
            assert_eq!(currencies.code(value), None, "{value}");
        }
    }

    #[test]
    fn malformed_files_give_no_lists() {
        for file in [&b""[..], b"KVCODES1", b"KVCODES1\xff\0\0\0a", b"KVCODES1\x02\0\0\0a\n"] {
            assert!(PublishedLists::read(file).is_none());
        }
    }
}
