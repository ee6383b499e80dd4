//! Writing directories into one packed file; `unpack` is its mirror. The layout is told in the page
//! `docs/packed-directories.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::Write,
};

use flate2::{Compression, write::DeflateEncoder};

use super::{
    CODE_VALUE_LENGTH, MAGIC,
    dependency::Dependency,
    facts::{DirectoryFacts, ElementFacts, MessageFacts, MessageRowKind, PartFacts, Repertoire, Status},
    stream::Writer,
};

/// Message tables are gathered into blocks of about this many octets: small enough that opening one message is quick,
/// large enough that the versions of a message, which differ little, stand side by side.
const MESSAGE_BLOCK: usize = 48 * 1024;

/// Why directories cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// A code value is empty, longer than the eight octets that lookup compares, or ends with NUL.
    CodeValue {
        /// The directory.
        directory: String,
        /// The data element of the list.
        element: String,
        /// The value.
        value: String,
    },
    /// The row of a message lies deeper than the groups that are open there.
    Depth {
        /// The directory.
        directory: String,
        /// The message type.
        message: String,
        /// Index of the row.
        row: usize,
    },
}

impl fmt::Display for PackError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeValue { directory, element, value } => {
                write!(out, "{directory}: code value {value:?} of {element} cannot be looked up")
            }
            Self::Depth { directory, message, row } => {
                write!(out, "{directory}: row {row} of {message} lies in a group that was not opened")
            }
        }
    }
}

impl std::error::Error for PackError {}

/// Packs releases, oldest first, and service directories, in order of syntax version, into one file.
///
/// The same facts give the same octets. Equal parts of neighbouring directories are stored once, with the span of
/// directories in which they hold.
pub fn pack(releases: &[DirectoryFacts], services: &[DirectoryFacts]) -> Result<Vec<u8>, PackError> {
    let all: Vec<&DirectoryFacts> = releases.iter().chain(services).collect();
    all.iter().try_for_each(|directory| check(directory))?;
    let tags = Tags::collect(&all);
    let (message_blocks, places) = message_blocks(&all, &tags);
    let (values, names) = code_blocks(&all, &tags);
    let core = core_block(releases.len(), &all, &tags, &places);

    let blocks: Vec<Vec<u8>> = [core, values, names].into_iter().chain(message_blocks).collect();
    let mut header = Writer::default();
    let mut body = Vec::new();
    header.size(blocks.len());
    for block in &blocks {
        let deflated = deflate(block);
        header.size(deflated.len());
        header.size(block.len());
        body.extend_from_slice(&deflated);
    }
    Ok([MAGIC.as_slice(), &header.into_numbers(), &body].concat())
}

fn check(directory: &DirectoryFacts) -> Result<(), PackError> {
    for (element, codes) in &directory.codes {
        for value in codes.keys() {
            if value.is_empty() || value.len() > CODE_VALUE_LENGTH || value.ends_with('\0') {
                let (directory, element, value) = (directory.name.clone(), element.clone(), value.clone());
                return Err(PackError::CodeValue { directory, element, value });
            }
        }
    }
    for (message, facts) in &directory.messages {
        let mut open = 0;
        for (row, facts) in facts.rows.iter().enumerate() {
            if usize::from(facts.depth) > open {
                let (directory, message) = (directory.name.clone(), message.clone());
                return Err(PackError::Depth { directory, message, row });
            }
            open = usize::from(facts.depth) + usize::from(matches!(facts.kind, MessageRowKind::Group(_)));
        }
    }
    Ok(())
}

fn deflate(octets: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(octets);
    encoder.finish().unwrap_or_default()
}

/// All tags of all directories, each kind sorted; a packed row names a tag by its index.
struct Tags<'a> {
    segments: BTreeMap<&'a str, usize>,
    /// Simple data elements, whose tags are digits, then composites, whose tags begin with a letter.
    data: BTreeMap<&'a str, usize>,
}

impl<'a> Tags<'a> {
    fn collect(all: &[&'a DirectoryFacts]) -> Self {
        let mut segments = BTreeSet::new();
        let mut data = BTreeSet::new();
        for directory in all {
            segments.extend(directory.segments.keys().map(String::as_str));
            for row in directory.messages.values().flat_map(|message| &message.rows) {
                if let MessageRowKind::Segment(tag) = &row.kind {
                    segments.insert(tag);
                }
            }
            for part in directory.segments.values().chain(directory.composites.values()) {
                data.extend(part.rows.iter().map(|row| row.tag.as_str()));
            }
            data.extend(directory.composites.keys().map(String::as_str));
            data.extend(directory.elements.keys().map(String::as_str));
            data.extend(directory.codes.keys().map(String::as_str));
        }
        let number = |set: BTreeSet<&'a str>| set.into_iter().zip(0..).collect();
        Self { segments: number(segments), data: number(data) }
    }
}

/// The directories `first..=last`, in which a fact holds unchanged.
struct Spell<'a, T: ?Sized> {
    first: usize,
    last: usize,
    fact: &'a T,
}

/// What holds when: the fact in each directory, equal neighbours joined. Directories without it stand between spells.
fn spells<'a, T: PartialEq + ?Sized>(facts: impl Iterator<Item = Option<&'a T>>) -> Vec<Spell<'a, T>> {
    let mut spells: Vec<Spell<'a, T>> = Vec::new();
    for (index, fact) in facts.enumerate() {
        let Some(fact) = fact else { continue };
        match spells.last_mut() {
            Some(spell) if spell.last + 1 == index && spell.fact == fact => spell.last = index,
            _ => spells.push(Spell { first: index, last: index, fact }),
        }
    }
    spells
}

fn core_block(releases: usize, all: &[&DirectoryFacts], tags: &Tags<'_>, places: &[MessagePlace]) -> Vec<u8> {
    let mut out = Writer::default();
    out.size(releases);
    out.size(all.len());
    all.iter().for_each(|directory| out.text(&directory.name));

    out.size(tags.segments.len());
    for &tag in tags.segments.keys() {
        out.text(tag);
        let spells = spells(all.iter().map(|directory| directory.segments.get(tag)));
        out.size(spells.len());
        spells.iter().for_each(|spell| part(&mut out, spell, tags));
    }
    out.size(tags.data.len());
    tags.data.keys().for_each(|tag| out.text(tag));
    for &tag in tags.data.keys() {
        let elements = spells(all.iter().map(|directory| directory.elements.get(tag)));
        out.size(elements.len());
        elements.iter().for_each(|spell| element(&mut out, spell));
        let composites = spells(all.iter().map(|directory| directory.composites.get(tag)));
        out.size(composites.len());
        composites.iter().for_each(|spell| part(&mut out, spell, tags));
    }
    out.size(places.len());
    for place in places {
        out.text(&place.tag);
        out.size(place.first);
        out.size(place.last);
        out.text(&place.name);
        notes(&mut out, &place.dependencies, place.interactive);
        out.number(u32::from(place.position_digits));
        out.size(place.block);
        out.size(place.offset);
    }
    out.finish()
}

fn element(out: &mut Writer, spell: &Spell<'_, ElementFacts>) {
    out.size(spell.first);
    out.size(spell.last);
    out.text(&spell.fact.name);
    let format = spell.fact.format;
    out.number(match format.repertoire {
        Repertoire::Alphabetic => 0,
        Repertoire::Numeric => 1,
        Repertoire::Alphanumeric => 2,
    });
    out.number(u32::from(format.minimum));
    out.number(u32::from(format.maximum));
}

fn part(out: &mut Writer, spell: &Spell<'_, PartFacts>, tags: &Tags<'_>) {
    out.size(spell.first);
    out.size(spell.last);
    out.text(&spell.fact.name);
    notes(out, &spell.fact.dependencies, spell.fact.interactive);
    out.size(spell.fact.rows.len());
    let mut before = 0;
    for row in &spell.fact.rows {
        out.signed(i32::from(row.position) - before - 10);
        before = i32::from(row.position);
        out.size(tags.data.get(row.tag.as_str()).copied().unwrap_or_default());
        out.number(u32::from(row.repetitions) << 1 | mandatory(row.status));
    }
}

/// Dependency notes, with whether what they are of is interactive.
fn notes(out: &mut Writer, dependencies: &[Dependency], interactive: bool) {
    out.size(dependencies.len() << 1 | usize::from(interactive));
    for dependency in dependencies {
        out.number(u32::from(dependency.kind.number()));
        out.size(dependency.positions.len());
        dependency.positions.iter().for_each(|position| out.number(u32::from(*position)));
    }
}

fn mandatory(status: Status) -> u32 {
    u32::from(status.is_mandatory())
}

/// A message type as the core block tells it, and where its rows are.
struct MessagePlace {
    tag: String,
    first: usize,
    last: usize,
    name: String,
    interactive: bool,
    dependencies: Vec<Dependency>,
    position_digits: u8,
    block: usize,
    offset: usize,
}

fn message_blocks(all: &[&DirectoryFacts], tags: &Tags<'_>) -> (Vec<Vec<u8>>, Vec<MessagePlace>) {
    let types: BTreeSet<&str> =
        all.iter().flat_map(|directory| directory.messages.keys()).map(String::as_str).collect();
    let mut blocks = Vec::new();
    let mut places = Vec::new();
    let mut block = Writer::default();
    for tag in types {
        for spell in spells(all.iter().map(|directory| directory.messages.get(tag))) {
            places.push(MessagePlace {
                tag: tag.to_owned(),
                first: spell.first,
                last: spell.last,
                name: spell.fact.name.clone(),
                interactive: spell.fact.interactive,
                dependencies: spell.fact.dependencies.clone(),
                position_digits: spell.fact.position_digits,
                block: blocks.len(),
                offset: block.position(),
            });
            message(&mut block, spell.fact, tags);
        }
        if block.position() >= MESSAGE_BLOCK {
            blocks.push(std::mem::take(&mut block).finish());
        }
    }
    if block.position() > 0 {
        blocks.push(block.finish());
    }
    (blocks, places)
}

/// Rows are written relative to the row before, so that a table into which one row was inserted still repeats, octet for
/// octet, the rest of its predecessor.
fn message(out: &mut Writer, message: &MessageFacts, tags: &Tags<'_>) {
    out.size(message.rows.len());
    let mut position = 0;
    let mut group = 0;
    for (index, row) in message.rows.iter().enumerate() {
        let opens = matches!(row.kind, MessageRowKind::Group(_));
        let open = u32::from(row.depth) + u32::from(opens);
        let next = message.rows.get(index + 1).map_or(open, |next| u32::from(next.depth));
        let closes = open.saturating_sub(next);
        out.number(closes << 2 | mandatory(row.status) << 1 | u32::from(opens));
        if message.position_digits > 0 {
            out.signed(row.position.cast_signed() - position - 10);
            position = row.position.cast_signed();
        }
        match &row.kind {
            MessageRowKind::Segment(tag) => out.size(tags.segments.get(tag.as_str()).copied().unwrap_or_default()),
            MessageRowKind::Group(number) => {
                out.signed(i32::from(*number) - group - 1);
                group = i32::from(*number);
            }
        }
        out.number(row.repetitions);
    }
}

/// Two blocks in step: values and spells, which checking reads, and names, which only people read.
fn code_blocks(all: &[&DirectoryFacts], tags: &Tags<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut out_values = Writer::default();
    let mut out_names = Writer::default();
    let elements: BTreeSet<&str> =
        all.iter().flat_map(|directory| directory.codes.keys()).map(String::as_str).collect();
    out_values.size(elements.len());
    for element in elements {
        let lists: Vec<_> = all.iter().map(|directory| directory.codes.get(element)).collect();
        let values: BTreeSet<&str> = lists.iter().flatten().flat_map(|list| list.keys()).map(String::as_str).collect();
        let mut entries = Vec::new();
        for value in values {
            let names = lists.iter().map(|list| list.and_then(|list| list.get(value)).map(String::as_str));
            entries.extend(spells(names).into_iter().map(|spell| (value, spell)));
        }
        out_values.size(tags.data.get(element).copied().unwrap_or_default());
        out_values.size(entries.len());
        for (value, spell) in entries {
            out_values.text(value);
            out_values.size(spell.first);
            out_values.size(spell.last);
            out_names.text(spell.fact);
        }
    }
    (out_values.finish(), out_names.finish())
}
