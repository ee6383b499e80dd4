//! Reading the packed file: blocks, and the tables of one directory that are made from them on first use.

use std::{borrow::Cow, io::Read, sync::OnceLock};

use flate2::read::DeflateDecoder;

use super::{
    CODE_VALUE_LENGTH, Dependency, DependencyKind, MAGIC, Malformed,
    facts::{Format, Repertoire, Status},
    handle::Elsewhere,
    stream::{Block, Reader, Text},
};

/// More than any block has; a stated length beyond it is a broken file, not a reason to allocate.
const LARGEST_BLOCK: usize = 1 << 26;

/// The packed file: blocks, inflated on first use.
#[derive(Debug, Default)]
pub(super) struct Pack {
    octets: Cow<'static, [u8]>,
    blocks: Vec<Slot>,
    code_entries: OnceLock<Vec<CodeEntry>>,
    code_names: OnceLock<Vec<Text>>,
}

#[derive(Debug)]
struct Slot {
    start: usize,
    length: usize,
    inflated_length: usize,
    block: OnceLock<Block>,
}

/// The blocks with a purpose of their own; message tables fill the rest.
const CORE: usize = 0;
const CODE_VALUES: usize = 1;
const CODE_NAMES: usize = 2;
const MESSAGES: usize = 3;

impl Pack {
    /// Takes the file apart into blocks; nothing is inflated yet.
    pub(super) fn parse(octets: Cow<'static, [u8]>) -> Result<Self, Malformed> {
        let header = octets.strip_prefix(MAGIC.as_slice()).ok_or(Malformed("not a file of packed directories"))?;
        let mut reader = Reader::new(header);
        let count = reader.size()?;
        let mut blocks = Vec::new();
        let mut start = 0;
        for _ in 0..count {
            let (length, inflated_length) = (reader.size()?, reader.size()?);
            if inflated_length > LARGEST_BLOCK {
                return Err(Malformed("block too large"));
            }
            blocks.push(Slot { start, length, inflated_length, block: OnceLock::new() });
            start += length;
        }
        let body = octets.len() - reader.rest().len();
        if start != reader.rest().len() {
            return Err(Malformed("file cut short or too long"));
        }
        blocks.iter_mut().for_each(|slot| slot.start += body);
        Ok(Self { octets, blocks, code_entries: OnceLock::new(), code_names: OnceLock::new() })
    }

    fn inflate(&self, slot: &Slot) -> Result<Block, Malformed> {
        let deflated = self.octets.get(slot.start..slot.start + slot.length).unwrap_or_default();
        let mut inflated = Vec::with_capacity(slot.inflated_length);
        let limit = slot.inflated_length as u64 + 1;
        DeflateDecoder::new(deflated)
            .take(limit)
            .read_to_end(&mut inflated)
            .map_err(|_| Malformed("block does not inflate"))?;
        if inflated.len() != slot.inflated_length {
            return Err(Malformed("block of another length"));
        }
        Block::parse(&inflated)
    }

    /// The block, empty where the file is broken: [`Pack::verify`] tells.
    fn block(&self, index: usize) -> &Block {
        static EMPTY: OnceLock<Block> = OnceLock::new();
        match self.blocks.get(index) {
            Some(slot) => slot.block.get_or_init(|| self.inflate(slot).unwrap_or_default()),
            None => EMPTY.get_or_init(Block::default),
        }
    }

    /// A piece of text of the core block.
    pub(super) fn core_text(&self, piece: Text) -> &str {
        self.block(CORE).text(piece)
    }

    /// The value of a code entry.
    pub(super) fn code_value(&self, entry: &CodeEntry) -> &str {
        self.block(CODE_VALUES).text(entry.value)
    }

    /// The short name of the code entry with this index.
    pub(super) fn code_name(&self, entry: usize) -> &str {
        let names = self.code_names.get_or_init(|| {
            let mut reader = self.block(CODE_NAMES).reader();
            std::iter::from_fn(|| reader.text().ok()).collect()
        });
        self.block(CODE_NAMES).text(names.get(entry).copied().unwrap_or_default())
    }

    /// The name of the first directory of those, without a gap up to that of the entry, that have its value in its list.
    pub(super) fn first_release(&self, entry: usize) -> &str {
        let mut run = self.code_entries().get(..=entry).unwrap_or_default().iter().rev();
        let Some(mut first) = run.next() else { return "" };
        for earlier in run {
            let joins = earlier.spell.last.checked_add(1) == Some(first.spell.first);
            if !joins || (earlier.element, earlier.key) != (first.element, first.key) {
                break;
            }
            first = earlier;
        }
        let (names, _) = self.read_names().unwrap_or_default();
        names.get(usize::from(first.spell.first)).map_or("", |&name| self.core_text(name))
    }

    /// When the list that `like` belongs to has a value that it lacks in the directory of this name.
    pub(super) fn code_elsewhere(&self, like: usize, key: u64, directory: &str) -> Option<Elsewhere<'_>> {
        let (names, _) = self.read_names().ok()?;
        let name = |index: u16| names.get(usize::from(index)).map(|&name| self.core_text(name));
        let entries = self.code_entries();
        let element = entries.get(like)?.element;
        let same = |entry: &&CodeEntry| entry.element == element;
        let (before, after) = entries.split_at(like);
        let list = before.iter().rev().take_while(same).chain(after.iter().take_while(same));
        let spells: Vec<Spell> = list.filter(|entry| entry.key == key).map(|entry| entry.spell).collect();
        let here = names.iter().position(|&name| self.core_text(name) == directory)?;
        let (earlier, later): (Vec<Spell>, Vec<Spell>) =
            spells.iter().partition(|spell| usize::from(spell.last) < here);
        if later.iter().any(|spell| usize::from(spell.first) <= here) {
            return None;
        }
        let until = earlier.iter().map(|spell| spell.last).max().and_then(name).map(Elsewhere::Until);
        until.or_else(|| later.iter().map(|spell| spell.first).min().and_then(name).map(Elsewhere::Since))
    }

    /// All codes of all directories: by data element, then value, then time.
    pub(super) fn code_entries(&self) -> &[CodeEntry] {
        self.code_entries.get_or_init(|| self.read_code_entries().unwrap_or_default())
    }

    fn read_code_entries(&self) -> Result<Vec<CodeEntry>, Malformed> {
        let block = self.block(CODE_VALUES);
        let mut reader = block.reader();
        let mut entries = Vec::new();
        for _ in 0..reader.size()? {
            let element = reader.small()?;
            for _ in 0..reader.size()? {
                let value = reader.text()?;
                let key = code_key(block.text(value).as_bytes()).ok_or(Malformed("code value"))?;
                entries.push(CodeEntry { element, value, key, spell: spell(&mut reader)? });
            }
        }
        Ok(entries)
    }

    /// The names of the directories, and how many of them are releases.
    pub(super) fn read_names(&self) -> Result<(Vec<Text>, usize), Malformed> {
        let mut reader = self.block(CORE).reader();
        let names = read_names(&mut reader)?;
        Ok(names)
    }

    /// The tables of the directory with this index.
    pub(super) fn read_tables(&self, directory: u16) -> Result<Tables, Malformed> {
        let mut reader = self.block(CORE).reader();
        let (names, _) = read_names(&mut reader)?;
        let name = names.get(usize::from(directory)).copied().ok_or(Malformed("no such directory"))?;
        let mut tables = Tables { name, ..Tables::default() };

        let mut segment_tags = Vec::new();
        for _ in 0..reader.size()? {
            let tag = reader.text()?;
            let index = tables.segments.len();
            for _ in 0..reader.size()? {
                if let Some(segment) = read_part(&mut reader, tag, directory, &mut tables)? {
                    tables.segments.push(segment);
                }
            }
            segment_tags.push(SegmentTag { tag, segment: (tables.segments.len() > index).then_some(index as u16) });
        }
        let data_tags = (0..reader.size()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
        let mut targets = vec![Target::Unknown; data_tags.len()];
        for (&tag, target) in data_tags.iter().zip(&mut targets) {
            for _ in 0..reader.size()? {
                if let Some(element) = read_element(&mut reader, tag, directory)? {
                    *target = Target::Element(tables.elements.len() as u16);
                    tables.elements.push(element);
                }
            }
            for _ in 0..reader.size()? {
                if let Some(composite) = read_part(&mut reader, tag, directory, &mut tables)? {
                    *target = Target::Composite(tables.composites.len() as u16);
                    tables.composites.push(composite);
                }
            }
        }
        for row in &mut tables.rows {
            row.tag = data_tags.get(usize::from(row.data)).copied().ok_or(Malformed("data element of a row"))?;
            row.target = targets[usize::from(row.data)];
        }
        for _ in 0..reader.size()? {
            let (tag, spell) = (reader.text()?, spell(&mut reader)?);
            let name = reader.text()?;
            let (dependencies, interactive) = read_notes(&mut reader)?;
            let record = MessageRecord {
                tag,
                name,
                interactive,
                dependencies,
                position_digits: reader.small()?,
                block: MESSAGES + reader.size()?,
                offset: reader.size()?,
                rows: OnceLock::new(),
            };
            if spell.holds_in(directory) {
                tables.messages.push(record);
            }
        }
        tables.segment_tags = segment_tags;
        self.select_codes(directory, &targets, &mut tables);
        Ok(tables)
    }

    fn select_codes(&self, directory: u16, targets: &[Target], tables: &mut Tables) {
        for (index, entry) in self.code_entries().iter().enumerate() {
            if !entry.spell.holds_in(directory) {
                continue;
            }
            let Some(&Target::Element(element)) = targets.get(usize::from(entry.element)) else { continue };
            let codes = &mut tables.elements[usize::from(element)].codes;
            if codes.end == 0 {
                codes.start = tables.code_keys.len();
            }
            codes.end = tables.code_keys.len() + 1;
            tables.code_keys.push(entry.key);
            tables.code_entries.push(index as u32);
        }
    }

    /// The rows of a message table.
    pub(super) fn read_message(
        &self,
        message: &MessageRecord,
        tables: &Tables,
    ) -> Result<Vec<MessageRowRecord>, Malformed> {
        let mut reader = self.block(message.block).reader_at(message.offset);
        let mut rows: Vec<MessageRowRecord> = Vec::new();
        let mut open: Vec<u16> = Vec::new();
        let (mut position, mut group) = (0i32, 0i32);
        for index in 0..reader.small::<u16>()? {
            let head = reader.number()?;
            let opens = head & 1 != 0;
            if message.position_digits > 0 {
                position = reader.signed()?.saturating_add(position).saturating_add(10);
            }
            let kind = if opens {
                group = reader.signed()?.saturating_add(group).saturating_add(1);
                MessageRowTarget::Group(u16::try_from(group).map_err(|_| Malformed("group number"))?)
            } else {
                let tag = reader.small()?;
                if usize::from(tag) >= tables.segment_tags.len() {
                    return Err(Malformed("segment of a row"));
                }
                MessageRowTarget::Segment(tag)
            };
            rows.push(MessageRowRecord {
                position: u32::try_from(position).map_err(|_| Malformed("position of a row"))?,
                kind,
                status: status(head >> 1 & 1),
                repetitions: reader.number()?,
                depth: u8::try_from(open.len()).map_err(|_| Malformed("depth of a row"))?,
                end: index + 1,
                parent: open.last().copied(),
            });
            if opens {
                open.push(index);
            }
            for _ in 0..head >> 2 {
                let group = open.pop().ok_or(Malformed("end of a group"))?;
                rows[usize::from(group)].end = index + 1;
            }
        }
        if open.is_empty() { Ok(rows) } else { Err(Malformed("group without end")) }
    }

    /// Reads everything once, strictly.
    pub(super) fn verify(&self) -> Result<(), Malformed> {
        for slot in &self.blocks {
            self.inflate(slot)?;
        }
        let entries = self.read_code_entries()?.len();
        let mut reader = self.block(CODE_NAMES).reader();
        for _ in 0..entries {
            reader.text()?;
        }
        let (names, releases) = self.read_names()?;
        if releases > names.len() {
            return Err(Malformed("more releases than directories"));
        }
        for index in 0..names.len() {
            let tables = self.read_tables(index as u16)?;
            for message in &tables.messages {
                self.read_message(message, &tables)?;
            }
        }
        Ok(())
    }
}

/// From the first directory to the last in which a fact holds, by index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spell {
    pub(super) first: u16,
    pub(super) last: u16,
}

impl Spell {
    pub(super) fn holds_in(self, directory: u16) -> bool {
        (self.first..=self.last).contains(&directory)
    }
}

/// A code value of a data element with one short name, in the directories of its spell.
#[derive(Clone, Debug)]
pub(super) struct CodeEntry {
    /// Index of the data element's tag among all tags.
    pub(super) element: u16,
    value: Text,
    pub(super) key: u64,
    pub(super) spell: Spell,
}

/// Everything of one directory but its message tables, which are read one by one.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) name: Text,
    pub(super) messages: Vec<MessageRecord>,
    pub(super) segments: Vec<PartRecord>,
    pub(super) composites: Vec<PartRecord>,
    pub(super) elements: Vec<ElementRecord>,
    /// The rows of all segments and composites.
    pub(super) rows: Vec<PartRowRecord>,
    /// The code values of all lists, list by list, each sorted.
    pub(super) code_keys: Vec<u64>,
    /// In step with `code_keys`: the index of the entry.
    pub(super) code_entries: Vec<u32>,
    pub(super) segment_tags: Vec<SegmentTag>,
}

/// A segment tag that some directory uses, and the segment of this directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentTag {
    pub(super) tag: Text,
    pub(super) segment: Option<u16>,
}

#[derive(Debug)]
pub(super) struct MessageRecord {
    pub(super) tag: Text,
    pub(super) name: Text,
    pub(super) interactive: bool,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) position_digits: u8,
    block: usize,
    offset: usize,
    pub(super) rows: OnceLock<Vec<MessageRowRecord>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct MessageRowRecord {
    pub(super) position: u32,
    pub(super) kind: MessageRowTarget,
    pub(super) status: Status,
    pub(super) repetitions: u32,
    pub(super) depth: u8,
    pub(super) end: u16,
    pub(super) parent: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum MessageRowTarget {
    /// Index into `Tables::segment_tags`.
    Segment(u16),
    /// Number of the group.
    Group(u16),
}

/// A segment or composite.
#[derive(Clone, Debug)]
pub(super) struct PartRecord {
    pub(super) tag: Text,
    pub(super) name: Text,
    pub(super) interactive: bool,
    pub(super) first: u32,
    pub(super) end: u32,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PartRowRecord {
    pub(super) position: u16,
    /// Index of the tag among all tags.
    data: u16,
    pub(super) tag: Text,
    pub(super) target: Target,
    pub(super) status: Status,
    pub(super) repetitions: u16,
}

/// What a row of a segment or composite names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// A tag that this directory does not define.
    Unknown,
    Composite(u16),
    Element(u16),
}

#[derive(Clone, Debug)]
pub(super) struct ElementRecord {
    pub(super) tag: Text,
    pub(super) name: Text,
    pub(super) format: Format,
    /// Its codes among all codes.
    pub(super) codes: std::ops::Range<usize>,
}

/// A code value as a number that sorts like its text; none when it cannot be one.
pub(super) fn code_key(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > CODE_VALUE_LENGTH || value.ends_with(&[0]) {
        return None;
    }
    let mut octets = [0; CODE_VALUE_LENGTH];
    octets[..value.len()].copy_from_slice(value);
    Some(u64::from_be_bytes(octets))
}

fn status(bit: u32) -> Status {
    if bit == 0 { Status::Conditional } else { Status::Mandatory }
}

fn spell(reader: &mut Reader<'_>) -> Result<Spell, Malformed> {
    Ok(Spell { first: reader.small()?, last: reader.small()? })
}

fn read_names(reader: &mut Reader<'_>) -> Result<(Vec<Text>, usize), Malformed> {
    let releases = reader.size()?;
    let count = reader.size()?;
    let names = (0..count).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
    Ok((names, releases))
}

fn read_element(reader: &mut Reader<'_>, tag: Text, directory: u16) -> Result<Option<ElementRecord>, Malformed> {
    let spell = spell(reader)?;
    let name = reader.text()?;
    let repertoire = match reader.number()? {
        0 => Repertoire::Alphabetic,
        1 => Repertoire::Numeric,
        2 => Repertoire::Alphanumeric,
        _ => return Err(Malformed("repertoire of an element")),
    };
    let format = Format { repertoire, minimum: reader.small()?, maximum: reader.small()? };
    Ok(spell.holds_in(directory).then_some(ElementRecord { tag, name, format, codes: 0..0 }))
}

/// Reads a segment or composite; gives it, and keeps its rows, if it holds in the directory.
fn read_part(
    reader: &mut Reader<'_>,
    tag: Text,
    directory: u16,
    tables: &mut Tables,
) -> Result<Option<PartRecord>, Malformed> {
    let spell = spell(reader)?;
    let name = reader.text()?;
    let (dependencies, interactive) = read_notes(reader)?;
    let first = tables.rows.len() as u32;
    let mut position = 0i32;
    for _ in 0..reader.size()? {
        position = reader.signed()?.saturating_add(position).saturating_add(10);
        let data = reader.small()?;
        let head = reader.number()?;
        if spell.holds_in(directory) {
            tables.rows.push(PartRowRecord {
                position: u16::try_from(position).map_err(|_| Malformed("position of a row"))?,
                data,
                tag: Text::default(),
                target: Target::Unknown,
                status: status(head & 1),
                repetitions: u16::try_from(head >> 1).map_err(|_| Malformed("repetitions of a row"))?,
            });
        }
    }
    let end = tables.rows.len() as u32;
    let part = PartRecord { tag, name, interactive, first, end, dependencies };
    Ok(spell.holds_in(directory).then_some(part))
}

/// Dependency notes, and whether what they are of is interactive.
fn read_notes(reader: &mut Reader<'_>) -> Result<(Vec<Dependency>, bool), Malformed> {
    let head = reader.size()?;
    let notes = (0..head >> 1).map(|_| read_dependency(reader)).collect::<Result<_, _>>()?;
    Ok((notes, head & 1 != 0))
}

fn read_dependency(reader: &mut Reader<'_>) -> Result<Dependency, Malformed> {
    let kind = DependencyKind::from_number(reader.small()?).ok_or(Malformed("dependency note"))?;
    let positions = (0..reader.size()?).map(|_| reader.small()).collect::<Result<_, _>>()?;
    Ok(Dependency { kind, positions })
}
