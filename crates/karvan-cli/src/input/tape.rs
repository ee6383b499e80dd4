//! Tar archives (POSIX.1-2017, `pax`): members one after the other, read in one pass, so that a pipe will do. Names are those of
//! ustar, of pax and of GNU; links, devices and folders are no documents.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use super::compression::{failing, once};
use super::{Document, Refusal};

/// Headers and content stand in blocks of so many octets.
pub(super) const BLOCK: usize = 512;

/// How many octets a name may have that stands in a member of its own.
const LONGEST_NAME: u64 = 1 << 16;

/// An archive that is being read.
#[derive(Clone)]
pub(super) struct Tape(Rc<RefCell<Reel>>);

/// Where the reading of an archive is.
struct Reel {
    source: Box<dyn Read>,
    /// The number of the member that is being read.
    number: u64,
    /// What is left of its content, and the padding behind that.
    rest: u64,
    padding: u64,
    ended: bool,
}

impl Tape {
    pub(super) fn new(source: Box<dyn Read>) -> Self {
        Self(Rc::new(RefCell::new(Reel { source, number: 0, rest: 0, padding: 0, ended: false })))
    }
}

impl Iterator for Tape {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        let mut reel = self.0.borrow_mut();
        let next = reel.next_file();
        let number = reel.number;
        drop(reel);
        match next {
            Ok(name) => name.map(|name| (name, once(Box::new(Member { tape: self.clone(), number })))),
            Err(error) => Some((format!("#{}", number + 1), failing(error))),
        }
    }
}

impl Reel {
    /// Goes on to the next file and gives its name; what is wrong ends the archive.
    fn next_file(&mut self) -> io::Result<Option<String>> {
        let file = self.find_file();
        self.ended |= !matches!(file, Ok(Some(_)));
        file
    }

    fn find_file(&mut self) -> io::Result<Option<String>> {
        let mut long_name = None;
        while !self.ended {
            self.skip()?;
            let Some(header) = self.block()? else { break };
            if header.iter().all(|octet| *octet == 0) {
                break;
            }
            if !is_header(&header) {
                return Err(damaged("a block that is no header"));
            }
            let size = number(&header[124..136]).ok_or_else(|| damaged("a size that is no number"))?;
            (self.rest, self.padding) = (size, size.wrapping_neg() % BLOCK as u64);
            self.number += 1;
            match header[156] {
                // A regular file; 0 and 7 are old words for it.
                b'0' | 0 | b'7' => {
                    let name = long_name.take().unwrap_or_else(|| name_in(&header));
                    if !name.ends_with('/') {
                        return Ok(Some(name));
                    }
                }
                b'L' => long_name = Some(text(self.content()?.split(|octet| *octet == 0).next().unwrap_or_default())),
                b'x' => long_name = path_in(&self.content()?).or(long_name),
                // Attributes for all, folders, links, devices.
                _ => {}
            }
        }
        Ok(None)
    }

    /// Leaves out what is left of a member.
    fn skip(&mut self) -> io::Result<()> {
        let rest = self.rest.saturating_add(self.padding);
        (self.rest, self.padding) = (0, 0);
        match io::copy(&mut self.source.as_mut().take(rest), &mut io::sink())? {
            skipped if skipped < rest => Err(damaged("it ends within a member")),
            _ => Ok(()),
        }
    }

    /// The next block; none at the end.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut octets = Vec::with_capacity(BLOCK);
        self.source.as_mut().take(BLOCK as u64).read_to_end(&mut octets)?;
        match <[u8; BLOCK]>::try_from(octets) {
            Ok(block) => Ok(Some(block)),
            Err(octets) if octets.is_empty() => Ok(None),
            Err(_) => Err(damaged("it ends within a header")),
        }
    }

    /// The whole content of a member that says something of the next.
    fn content(&mut self) -> io::Result<Vec<u8>> {
        if self.rest > LONGEST_NAME {
            return Err(damaged("a name without end"));
        }
        let mut octets = Vec::new();
        self.rest -= self.source.as_mut().take(self.rest).read_to_end(&mut octets)? as u64;
        Ok(octets)
    }
}

/// The content of a member; it can be read until the next one is asked for.
struct Member {
    tape: Tape,
    number: u64,
}

impl Read for Member {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut reel = self.tape.0.borrow_mut();
        if reel.number != self.number {
            return Err(io::Error::other("a member that was left"));
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        let wanted = buffer.len().min(usize::try_from(reel.rest).unwrap_or(usize::MAX));
        let read = reel.source.read(&mut buffer[..wanted])?;
        reel.rest -= read as u64;
        if read == 0 && wanted > 0 { Err(damaged("it ends within a member")) } else { Ok(read) }
    }
}

/// Whether a block is the header of a member: the magic of ustar or GNU, and the sum of its octets, in which the sum itself
/// counts as blanks.
pub(super) fn is_header(block: &[u8]) -> bool {
    let (Some(b"ustar"), Some(told)) = (block.get(257..262), block.get(148..156).and_then(number)) else {
        return false;
    };
    let sum = |octets: &[u8]| octets.iter().map(|octet| u64::from(*octet)).sum::<u64>();
    block.len() == BLOCK && sum(&block[..148]) + 8 * u64::from(b' ') + sum(&block[156..]) == told
}

/// An octal number, ended by blanks or nothing; GNU writes large ones in binary.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, high @ .., _, _, _, _, _, _, _, _] = field {
        let low = field[field.len() - 8..].iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        return high.iter().all(|octet| *octet == 0).then_some(low);
    }
    let digits = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

/// The name in a header: that of ustar may begin with a prefix.
fn name_in(header: &[u8; BLOCK]) -> String {
    let field =
        |range: std::ops::Range<usize>| text(header[range].split(|octet| *octet == 0).next().unwrap_or_default());
    // GNU has times where the prefix stands.
    let prefix = if &header[257..263] == b"ustar\0" { field(345..500) } else { String::new() };
    if prefix.is_empty() { field(0..100) } else { format!("{prefix}/{}", field(0..100)) }
}

/// The path among the records of pax, `27 path=day/order.edi` and a line end each.
fn path_in(records: &[u8]) -> Option<String> {
    let (mut rest, mut path) = (records, None);
    while let Some(blank) = rest.iter().position(|octet| *octet == b' ') {
        let length: usize = std::str::from_utf8(&rest[..blank]).ok()?.parse().ok()?;
        let record = rest.get(blank + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(text(value.strip_suffix(b"\n").unwrap_or(value)));
        }
        rest = &rest[length..];
    }
    path
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn damaged(detail: &str) -> io::Error {
    Refusal::Damaged(detail.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(octets: Vec<u8>) -> Vec<(String, io::Result<String>)> {
        let documents = Tape::new(Box::new(io::Cursor::new(octets)));
        let read = |(name, mut source): Document| {
            let mut text = String::new();
            (name, source.read_to_string(&mut text).map(|_| text))
        };
        documents.map(read).collect()
    }

    /// An archive as the crate `tar` writes it.
    fn archive(members: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn members_are_read_one_after_the_other() {
        let long = format!("{}/order.edi", "folder".repeat(60));
        let octets = archive(&[("a.edi", "UNB"), (&long, &"x".repeat(1000)), ("day/empty.edi", "")]);
        let read: Vec<_> = all(octets).into_iter().map(|(name, text)| (name, text.unwrap().len())).collect();
        assert_eq!(read, [("a.edi".to_owned(), 3), (long, 1000), ("day/empty.edi".to_owned(), 0)]);
    }

    #[test]
    fn a_member_that_was_left_is_skipped() {
        let octets = archive(&[("a", &"x".repeat(5000)), ("b", "second")]);
        let names: Vec<_> = Tape::new(Box::new(io::Cursor::new(octets))).map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_name_of_pax_is_the_name() {
        assert_eq!(path_in(b"18 mtime=1.000000\n25 path=day/order \xC3\xBC.edi\n"), Some("day/order ü.edi".to_owned()));
        assert_eq!(path_in(b"9999 path=x\n"), None);
    }

    #[test]
    fn what_is_cut_or_damaged_is_told() {
        let octets = archive(&[("a", &"x".repeat(600)), ("b", "second")]);
        for cut in [700, 1100, 1600] {
            assert!(all(octets[..cut].to_vec()).iter().any(|(_, text)| text.is_err()), "{cut}");
        }
        let mut damaged = octets;
        damaged[1536 + 10] ^= 1;
        assert!(all(damaged).iter().any(|(_, text)| text.is_err()));
    }

    proptest! {
        #[test]
        fn no_octets_panic_or_never_end(octets in proptest::collection::vec(any::<u8>(), 0..3000), at in 0usize..3000) {
            let mut archive = archive(&[("a", "first"), ("b", "second")]);
            let at = at.min(archive.len());
            archive.splice(at..archive.len().min(at + 40), octets.into_iter().take(60));
            prop_assert!(all(archive).len() <= 10);
        }
    }
}
