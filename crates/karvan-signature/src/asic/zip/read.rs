//! Reading archives (APPNOTE 6.3), strictly.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::{CENTRAL, DEFLATED, DESCRIPTOR, END, END_64, LOCAL, LOCATOR_64, STORED};

/// How much of everything an archive may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files (`E9221`).
    pub entries: usize,
    /// Octets that all files together may expand to (`E9222`).
    pub expanded: u64,
    /// How many times its size a file may expand to, where that is more than a megabyte (`E9223`).
    pub ratio: u64,
}

impl Default for Limits {
    /// A thousand files, a gigabyte, 200 times.
    fn default() -> Self {
        Self { entries: 1_000, expanded: 1 << 30, ratio: 200 }
    }
}

/// Why an archive cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ZipError {
    /// The source failed.
    Io(io::Error),
    /// It is no archive, or one that could be read in two ways.
    Malformed {
        /// The offset concerned.
        at: u64,
        /// What is wrong.
        detail: &'static str,
    },
    /// It exceeds a limit: the code of that limit, and its value.
    Limit(u16, u64),
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Malformed { at, detail } => write!(f, "{detail} (octet {at})"),
            Self::Limit(code, limit) => write!(f, "a limit is exceeded (E{code}, {limit})"),
        }
    }
}

impl std::error::Error for ZipError {}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name: a relative path with `/`.
    pub(crate) name: String,
    /// Its octets.
    pub(crate) size: u64,
    /// Whether it stands there as it is.
    pub(crate) stored: bool,
    /// Whether more than name and content stands before it.
    pub(crate) has_extra: bool,
    offset: u64,
    content: u64,
    compressed: u64,
    sum: u32,
}

/// An archive in which nothing but its files stands.
pub(crate) struct Archive<R> {
    source: R,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory and compares it with what stands before each file.
    ///
    /// # Errors
    /// What is no archive, or not one that everybody reads alike.
    pub(crate) fn open(mut source: R, limits: Limits) -> Result<Self, ZipError> {
        let length = source.seek(SeekFrom::End(0))?;
        let directory = Directory::find(&mut source, length)?;
        if directory.count > limits.entries as u64 {
            return Err(ZipError::Limit(9221, limits.entries as u64));
        }
        let octets = take(&mut source, directory.start, directory.end - directory.start)?;
        let mut fields = Fields { octets: &octets, at: directory.start };
        let mut entries = Vec::new();
        let mut flags = Vec::new();
        while !fields.octets.is_empty() {
            let (entry, flag) = central(&mut fields)?;
            entries.push(entry);
            flags.push(flag);
        }
        if entries.len() as u64 != directory.count {
            return Err(malformed(directory.end, "the directory counts other files than it lists"));
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|index| entries[*index].offset);
        let mut end = 0;
        for index in order {
            let entry = &mut entries[index];
            if entry.offset != end {
                return Err(malformed(end, "octets that belong to no file, or to two"));
            }
            end = local(&mut source, entry, flags[index], directory.start)?;
        }
        if end != directory.start {
            return Err(malformed(end, "octets that belong to no file"));
        }
        let mut names: Vec<_> = entries.iter().map(|entry| entry.name.to_lowercase()).collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed(directory.start, "two files have the same name"));
        }
        let total = entries.iter().try_fold(0_u64, |total, entry| total.checked_add(entry.size));
        if total.is_none_or(|total| total > limits.expanded) {
            return Err(ZipError::Limit(9222, limits.expanded));
        }
        let bomb = |entry: &Entry| entry.size > 1 << 20 && entry.size / limits.ratio > entry.compressed;
        if entries.iter().any(bomb) {
            return Err(ZipError::Limit(9223, limits.ratio));
        }
        Ok(Self { source, entries })
    }

    /// The files, in the order of the directory.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The file of this name.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The octets of a file, whose length and checksum are as said.
    ///
    /// # Errors
    /// What cannot be expanded, or is something else than the directory says.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ZipError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else { return Ok(None) };
        self.source.seek(SeekFrom::Start(entry.content))?;
        let raw = self.source.by_ref().take(entry.compressed);
        let damaged = || malformed(entry.content, "a file is not what the directory says of it");
        let mut octets = Vec::new();
        // One octet more than there may be shows that there is more.
        let most = entry.size.saturating_add(1);
        if entry.stored {
            raw.take(most).read_to_end(&mut octets)?;
        } else {
            let mut decoder = DeflateDecoder::new(raw);
            match decoder.by_ref().take(most).read_to_end(&mut octets) {
                Ok(_) if decoder.total_in() == entry.compressed => {}
                Ok(_) => return Err(damaged()),
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(damaged()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged()),
                Err(error) => return Err(error.into()),
            }
        }
        let mut sum = Crc::new();
        sum.update(&octets);
        if octets.len() as u64 == entry.size && sum.sum() == entry.sum { Ok(Some(octets)) } else { Err(damaged()) }
    }
}

const fn malformed(at: u64, detail: &'static str) -> ZipError {
    ZipError::Malformed { at, detail }
}

fn take<R: Read + Seek>(source: &mut R, at: u64, length: u64) -> Result<Vec<u8>, ZipError> {
    source.seek(SeekFrom::Start(at))?;
    let mut octets = Vec::new();
    source.by_ref().take(length).read_to_end(&mut octets)?;
    if octets.len() as u64 == length { Ok(octets) } else { Err(malformed(at, "the archive ends too early")) }
}

/// Where the directory stands.
struct Directory {
    start: u64,
    end: u64,
    count: u64,
}

impl Directory {
    fn find<R: Read + Seek>(source: &mut R, length: u64) -> Result<Self, ZipError> {
        const SIZE: u64 = 22;
        let reach = length.min(SIZE + u64::from(u16::MAX));
        let tail = take(source, length - reach, reach)?;
        let signature = END.to_le_bytes();
        let ends = (0..tail.len().saturating_sub(SIZE as usize - 1)).filter(|at| tail[*at..].starts_with(&signature));
        // A file may hold what looks like an end, as an archive in an archive does. Programs take the last, or the one whose
        // comment reaches to the end of the file: both must be the same.
        let reaches = |at: &usize| {
            let (comment, rest) = (at + SIZE as usize - 2, tail.len() - at - SIZE as usize);
            usize::from(u16::from_le_bytes([tail[comment], tail[comment + 1]])) == rest
        };
        let last = ends.clone().next_back();
        let mut reaching = ends.filter(reaches);
        let (Some(at), None) = (reaching.next().filter(|at| last == Some(*at)), reaching.next()) else {
            return Err(malformed(length, "no end of a directory, or several"));
        };
        let here = length - reach + at as u64;
        let mut fields = Fields { octets: &tail[at + 4..], at: here };
        let (disk, directory_disk) = (fields.short()?, fields.short()?);
        let (here_count, count) = (fields.short()?, fields.short()?);
        let (size, start) = (fields.long()?, fields.long()?);
        if (disk, directory_disk) != (0, 0) || here_count != count {
            return Err(malformed(here, "the end of the directory makes no sense"));
        }
        let mut found = Self { start: start.into(), end: here, count: count.into() };
        let mut size = u64::from(size);
        if count == u16::MAX || start == u32::MAX || size == u64::from(u32::MAX) {
            (found, size) = Self::large(source, here)?;
        }
        if found.start.checked_add(size) != Some(found.end) {
            return Err(malformed(found.start, "the directory does not reach to its end"));
        }
        Ok(found)
    }

    /// APPNOTE 4.3.14, 4.3.15: the same in fields that are large enough.
    fn large<R: Read + Seek>(source: &mut R, end: u64) -> Result<(Self, u64), ZipError> {
        let nonsense = || malformed(end, "the end of the large directory makes no sense");
        let at = end.checked_sub(20).ok_or_else(nonsense)?;
        let octets = take(source, at, 20)?;
        let mut fields = Fields { octets: &octets, at };
        let located = (fields.long()?, fields.long()?, fields.huge()?, fields.long()?);
        let here = at.checked_sub(56).ok_or_else(nonsense)?;
        if located != (LOCATOR_64, 0, here, 1) {
            return Err(nonsense());
        }
        let octets = take(source, here, 56)?;
        let mut fields = Fields { octets: &octets, at: here };
        let head = (fields.long()?, fields.huge()?);
        fields.long()?;
        let disks = (fields.long()?, fields.long()?);
        let counts = (fields.huge()?, fields.huge()?);
        let (size, start) = (fields.huge()?, fields.huge()?);
        if head != (END_64, 44) || disks != (0, 0) || counts.0 != counts.1 {
            return Err(nonsense());
        }
        Ok((Self { start, end: here, count: counts.0 }, size))
    }
}

/// What a file says of itself in the directory, and before its content.
const DESCRIBED_AFTER: u16 = 1 << 3;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

fn central(fields: &mut Fields<'_>) -> Result<(Entry, u16), ZipError> {
    let at = fields.at;
    if fields.long()? != CENTRAL {
        return Err(malformed(at, "the directory has something else among its files"));
    }
    fields.long()?;
    let (flags, method) = (fields.short()?, fields.short()?);
    fields.long()?;
    let (sum, compressed, size) = (fields.long()?, fields.long()?, fields.long()?);
    let (name, extra, comment) = (fields.short()?, fields.short()?, fields.short()?);
    let disk = fields.short()?;
    fields.take(6)?;
    let offset = fields.long()?;
    let name = name_of(fields.take(name.into())?, at)?;
    let extra_field = fields.take(extra.into())?;
    fields.take(comment.into())?;
    let (mut size, mut compressed, mut offset) = (u64::from(size), u64::from(compressed), u64::from(offset));
    let mut large = extra_64(extra_field, at)?;
    for field in [&mut size, &mut compressed, &mut offset] {
        if *field == u64::from(u32::MAX) {
            *field = large.huge()?;
        }
    }
    if flags & ENCRYPTED != 0 {
        return Err(malformed(at, "a file is encrypted"));
    }
    if disk != 0 || !matches!(method, STORED | DEFLATED) || (method == STORED && size != compressed) {
        return Err(malformed(at, "a file is stored in a way that is not read"));
    }
    if name.ends_with('/') && size != 0 {
        return Err(malformed(at, "a folder has content"));
    }
    let stored = method == STORED;
    Ok((Entry { name, size, stored, has_extra: extra != 0, offset, content: 0, compressed, sum }, flags))
}

/// Compares what stands before the content with the directory; gives the offset where the file ends.
fn local<R: Read + Seek>(source: &mut R, entry: &mut Entry, flags: u16, end: u64) -> Result<u64, ZipError> {
    let at = entry.offset;
    let differs = || malformed(at, "a file says something else of itself than the directory");
    let octets = take(source, at, 30)?;
    let mut fields = Fields { octets: &octets, at };
    if fields.long()? != LOCAL {
        return Err(differs());
    }
    fields.short()?;
    let (own_flags, method) = (fields.short()?, fields.short()?);
    fields.long()?;
    let (sum, compressed, size) = (fields.long()?, fields.long()?, fields.long()?);
    let (name, extra) = (fields.short()?, fields.short()?);
    let names = take(source, at + 30, u64::from(name) + u64::from(extra))?;
    let (name, extra) = names.split_at(name.into());
    let method_differs = (method == STORED) != entry.stored || !matches!(method, STORED | DEFLATED);
    if name != entry.name.as_bytes() || method_differs || own_flags != flags {
        return Err(differs());
    }
    entry.has_extra |= !extra.is_empty();
    entry.content = at + 30 + names.len() as u64;
    let after = entry.content.checked_add(entry.compressed).filter(|after| *after <= end).ok_or_else(differs)?;
    let is_large = [compressed, size].contains(&u32::MAX);
    let (mut own_size, mut own_compressed) = (u64::from(size), u64::from(compressed));
    if is_large {
        let mut large = extra_64(extra, at)?;
        (own_size, own_compressed) = (large.huge()?, large.huge()?);
    }
    let said = (sum, own_compressed, own_size);
    let expected = (entry.sum, entry.compressed, entry.size);
    if flags & DESCRIBED_AFTER == 0 {
        return if said == expected { Ok(after) } else { Err(differs()) };
    }
    if said != expected && said != (0, 0, 0) && !(is_large && sum == 0) {
        return Err(differs());
    }
    // APPNOTE 4.3.9: with its signature or without, in four octets or eight.
    let room = end - after;
    for (signature, wide) in [(true, false), (false, false), (true, true), (false, true)] {
        let length = 4 + if signature { 4 } else { 0 } + if wide { 16 } else { 8 };
        if length > room {
            continue;
        }
        let octets = take(source, after, length)?;
        let mut fields = Fields { octets: &octets, at: after };
        let marked = !signature || fields.long()? == DESCRIPTOR;
        let sum = fields.long()?;
        let (compressed, size) =
            if wide { (fields.huge()?, fields.huge()?) } else { (fields.long()?.into(), fields.long()?.into()) };
        if marked && (sum, compressed, size) == expected {
            return Ok(after + length);
        }
    }
    Err(malformed(after, "what follows a file is something else than the directory says"))
}

/// The field for large files (APPNOTE 4.5.3) among the extra fields.
fn extra_64(octets: &[u8], at: u64) -> Result<Fields<'_>, ZipError> {
    let mut fields = Fields { octets, at };
    while !fields.octets.is_empty() {
        let (kind, length) = (fields.short()?, fields.short()?);
        let octets = fields.take(length.into())?;
        if kind == 1 {
            return Ok(Fields { octets, at });
        }
    }
    Ok(Fields { octets: &[], at })
}

/// A name that leads nowhere but into the archive, the same for every program.
fn name_of(octets: &[u8], at: u64) -> Result<String, ZipError> {
    let name = std::str::from_utf8(octets).map_err(|_| malformed(at, "the name of a file is not UTF-8"))?;
    let path = name.strip_suffix('/').unwrap_or(name);
    let leads_away = |part: &str| matches!(part, "" | "." | "..");
    let strange = |c: char| c.is_control() || matches!(c, '\\' | ':');
    if path.split('/').any(leads_away) || name.contains(strange) {
        return Err(malformed(at, "the name of a file leads out of the archive, or means different files"));
    }
    Ok(name.to_owned())
}

/// Numbers one after the other, the lowest octet first.
struct Fields<'a> {
    octets: &'a [u8],
    at: u64,
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ZipError> {
        let short = malformed(self.at, "the archive ends within the directory");
        let (taken, rest) = self.octets.split_at_checked(length).ok_or(short)?;
        self.octets = rest;
        self.at += length as u64;
        Ok(taken)
    }

    fn number(&mut self, length: usize) -> Result<u64, ZipError> {
        Ok(self.take(length)?.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    fn short(&mut self) -> Result<u16, ZipError> {
        Ok(self.number(2)? as u16)
    }

    fn long(&mut self) -> Result<u32, ZipError> {
        Ok(self.number(4)? as u32)
    }

    fn huge(&mut self) -> Result<u64, ZipError> {
        self.number(8)
    }
}
