//! EDIFACT messages as trees for the engine, and back, arranged and limited by their directory.
//!
//! Groups, segments, composites and components are nodes: `SG2`, `NAD`, `C080`, `3036`. A group holds its trigger like
//! any other segment. Packages (UNO … UNP) stand beside the message in the interchange; in the tree they are nodes `UNO`
//! at the root, with a node `object` for the octets in base64.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use karvan_edifact::{
    Component, Interchange, Message as EdifactMessage, Package, Repertoire, Segment, SegmentBuffer, ServiceCharacters,
    WriteError, WriteOptions, Writer,
};
use karvan_model::{Document, Part};
use karvan_schema::directory::{Constituent, Directories, PartRow, Repertoire as Characters};
use karvan_schema::message::table::{Table as MessageTable, Tag};
use karvan_schema::message::tree::{Child, Group};
use karvan_text::{Message, Span};

use crate::grammar::{Grammar, Slot};
use crate::report::{Entry, LossReport, Place};
use crate::table::{EdifactSyntax, Table};
use crate::tree::{Name, NodeId, Tree};
use crate::write::Written;

/// The name of the node that holds the octets of a package.
const OBJECT: &str = "object";

/// What a directory says of one message, in the names of a table.
#[derive(Debug)]
pub(crate) struct Definition {
    rows: MessageTable,
    /// The message as the grammar that the engine writes by.
    pub(crate) grammar: Grammar,
    /// The segments.
    layouts: Vec<Layout>,
    /// The layout of each segment, by tag.
    by_tag: HashMap<&'static str, usize>,
    /// The layout of each row of the message that is a segment.
    by_row: Vec<Option<usize>>,
    /// The name of each row of the message.
    names: Vec<Name>,
    /// The segments that open groups, by the key of the group.
    triggers: HashMap<u32, &'static str>,
}

/// A segment: its elements in order.
#[derive(Debug)]
struct Layout {
    name: Name,
    cells: Vec<Cell>,
    /// Its place in the grammar.
    key: u32,
}

/// An element of a segment or a component of a composite.
#[derive(Clone, Debug)]
struct Cell {
    name: Name,
    label: &'static str,
    /// Which one it is of its name.
    occurrence: u32,
    /// The element of the segment, or the component of the composite, from 0.
    position: usize,
    /// The repetition of the element, from 0 (ISO 9735-1 §8.7).
    repetition: usize,
    /// The largest length; 0 for a composite.
    limit: u16,
    numeric: bool,
    /// The components of a composite.
    components: Vec<Cell>,
}

impl Definition {
    /// The definition of the message of a table, if its directory is part of Karvan.
    pub(crate) fn new(table: &Table, syntax: &EdifactSyntax) -> Option<Self> {
        let directories = Directories::builtin();
        let directory = directories.release(&syntax.release)?;
        let message = directory.message(&syntax.message)?;
        // UNS and the packages are the same in every version that has them.
        let service = directories.service("4");
        let mut places = vec![Vec::new()];
        let (mut layouts, mut by_tag, mut triggers) = (Vec::new(), HashMap::new(), HashMap::new());
        let (mut by_row, mut names) = (Vec::new(), Vec::new());
        // The keys of the rows: groups have their own, segments of one tag share theirs.
        let mut keys: Vec<u32> = Vec::new();
        for row in message.rows() {
            let segment = row.segment().or_else(|| service?.segment(row.tag()?));
            let (name, key, layout) = match segment {
                Some(segment) => {
                    let layout = *by_tag.entry(segment.tag()).or_insert_with(|| {
                        let cells = cells(table, segment.rows());
                        let key = add(&mut places, &cells);
                        layouts.push(Layout { name: table.names.find("", segment.tag()), cells, key });
                        layouts.len() - 1
                    });
                    (layouts[layout].name, layouts[layout].key, Some(layout))
                }
                None => {
                    let key = add(&mut places, &[]);
                    triggers.insert(key, row.trigger().unwrap_or_default());
                    (table.names.find("", &format!("SG{}", row.group().unwrap_or_default())), key, None)
                }
            };
            keys.push(key);
            by_row.push(layout);
            names.push(name);
            let parent = row.parent().map_or(0, |parent| keys[parent.index()]);
            let order = u32::try_from(row.index()).unwrap_or(u32::MAX);
            let slot = Slot { key, order, repetitions: row.repetitions(), limit: 0, numeric: false };
            places[parent as usize].push((name, slot));
        }
        if let Some(package) = service.and_then(|service| service.segment("UNO")) {
            let mut cells = cells(table, package.rows());
            cells.push(Cell {
                name: table.names.find("", OBJECT),
                label: OBJECT,
                occurrence: 1,
                position: usize::MAX,
                repetition: 0,
                limit: 0,
                numeric: false,
                components: Vec::new(),
            });
            let (name, key) = (table.names.find("", "UNO"), add(&mut places, &cells));
            by_tag.insert("UNO", layouts.len());
            layouts.push(Layout { name, cells, key });
            let slot = Slot { key, order: u32::MAX, repetitions: u32::MAX, limit: 0, numeric: false };
            places[0].push((name, slot));
        }
        // Whatever else a repertoire lacks, UNOW has it; control characters are data in none (ISO 9735-1 §6).
        let grammar = Grammar::new(places, |character| Repertoire::UNOW.permits(character));
        Some(Self { rows: MessageTable::of(message), grammar, layouts, by_tag, by_row, names, triggers })
    }

    fn layout(&self, tag: &str) -> Option<&Layout> {
        self.by_tag.get(tag).map(|layout| &self.layouts[*layout])
    }
}

/// A place for what stands in `layout`; gives its key.
fn add(places: &mut Vec<Vec<(Name, Slot)>>, layout: &[Cell]) -> u32 {
    let mut slots: Vec<(Name, Slot)> = Vec::new();
    for (order, cell) in (0..).zip(layout) {
        match slots.iter_mut().find(|(name, _)| *name == cell.name && cell.name != Name::UNKNOWN) {
            Some((_, slot)) => slot.repetitions += 1,
            None => {
                let key = if cell.components.is_empty() { Slot::NOTHING } else { add(places, &cell.components) };
                let slot = Slot { key, order, repetitions: 1, limit: cell.limit, numeric: cell.numeric };
                slots.push((cell.name, slot));
            }
        }
    }
    places.push(slots);
    u32::try_from(places.len() - 1).unwrap_or(Slot::NOTHING)
}

/// The cells of a segment or a composite.
fn cells(table: &Table, rows: impl Iterator<Item = PartRow<'static>>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (position, row) in rows.enumerate() {
        let (label, limit, numeric, components) = match row.constituent() {
            Some(Constituent::Composite(composite)) => {
                (composite.tag(), 0, false, self::cells(table, composite.rows()))
            }
            Some(Constituent::Element(element)) => {
                let format = element.format();
                (element.tag(), format.maximum, format.repertoire == Characters::Numeric, Vec::new())
            }
            None => (row.tag(), 0, false, Vec::new()),
        };
        for repetition in 0..usize::from(row.repetitions().max(1)) {
            let before = cells.iter().filter(|cell| cell.label == label).count();
            let occurrence = u32::try_from(before + 1).unwrap_or(u32::MAX);
            let (name, components) = (table.names.find("", label), components.clone());
            cells.push(Cell { name, label, occurrence, position, repetition, limit, numeric, components });
        }
    }
    cells
}

/// Whether the table is for messages with this header.
pub(crate) fn recognises(syntax: &EdifactSyntax, message: &EdifactMessage<'_>) -> bool {
    let Some(header) = message.header() else { return false };
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let release = format!("{}.{}", text(header.version().raw()), text(header.release().raw()));
    header.message_type().raw() == syntax.message.as_bytes() && release == syntax.release
}

/// The segments of a message and the packages of its interchange as a tree, and what belongs to the envelope.
pub(crate) fn tree<'i>(
    definition: &Definition,
    table: &Table,
    interchange: &Interchange<'i>,
    message: &EdifactMessage<'i>,
) -> (Tree<'i>, LossReport) {
    let repertoire = interchange.repertoire().unwrap_or(Repertoire::UNOW);
    let segments: Vec<Segment<'i>> = message.segments().collect();
    let group = Group::arrange(&definition.rows, segments.iter().map(|segment| Tag::new(segment.tag())));
    let mut builder = Builder {
        definition,
        table,
        repertoire,
        segments,
        tree: Tree::new(Name::UNKNOWN, ("", ""), message.span()),
        report: LossReport::default(),
    };
    let (header, trailer) = (interchange.header(), interchange.trailer());
    let around = header.map(|header| header.segment()).into_iter().chain(trailer.map(|trailer| trailer.segment()));
    for segment in around.chain(interchange.loose_segments()) {
        builder.envelope(&segment);
    }
    // With its group, its composites and their components a segment has about so many.
    builder.tree.reserve(6 * builder.segments.len());
    builder.group(&group, NodeId::ROOT);
    for package in interchange.packages() {
        builder.package(&package);
    }
    (builder.tree, builder.report)
}

struct Builder<'t, 'i> {
    definition: &'t Definition,
    table: &'t Table,
    repertoire: Repertoire,
    segments: Vec<Segment<'i>>,
    tree: Tree<'i>,
    report: LossReport,
}

impl<'t, 'i> Builder<'t, 'i> {
    fn group(&mut self, group: &Group, node: NodeId) {
        for child in &group.children {
            match child {
                Child::Group(inner) => {
                    let label = GROUPS.get(usize::from(inner.number)).copied().unwrap_or("SG");
                    let first = inner.segments().next().map_or(0, |index| index);
                    let span = self.segments.get(first).map_or_else(Span::default, Segment::span);
                    let name = inner.row.map_or(Name::UNKNOWN, |row| self.definition.names[row]);
                    let inner_node = self.tree.push(node, name, ("", label), span);
                    self.group(inner, inner_node);
                }
                Child::Segment { index, row } => {
                    let segment = self.segments[*index];
                    match segment.tag() {
                        b"UNH" | b"UNT" => self.envelope(&segment),
                        _ => {
                            let layout = row.and_then(|row| self.definition.by_row[row]);
                            self.segment(&segment, layout.map(|layout| &self.definition.layouts[layout]), node);
                        }
                    }
                }
            }
        }
    }

    /// Adds a segment, by the layout of its tag if the row of the message did not give it.
    fn segment(&mut self, segment: &Segment<'i>, layout: Option<&'t Layout>, parent: NodeId) -> NodeId {
        let tag = std::str::from_utf8(segment.tag()).unwrap_or("?");
        let layout = layout.or_else(|| self.definition.layout(tag));
        let name = layout.map_or_else(|| self.table.names.find("", tag), |layout| layout.name);
        let node = self.tree.push(parent, name, ("", tag), segment.span());
        let mut cells = layout.map_or(&[][..], |layout| &layout.cells);
        for (position, element) in segment.elements().enumerate() {
            for (number, repetition) in element.repetitions().enumerate() {
                // Cells stand in the order of the elements.
                while let [cell, later @ ..] = cells
                    && (cell.position, cell.repetition) < (position, number)
                {
                    cells = later;
                }
                match cells.first().filter(|cell| (cell.position, cell.repetition) == (position, number)) {
                    Some(cell) if !cell.components.is_empty() => {
                        if repetition.components().any(|component| !component.raw().is_empty()) {
                            let composite = self.node(node, cell, repetition.span());
                            self.components(repetition.components(), &cell.components, composite);
                        }
                    }
                    // More components than a simple element has, or more elements than the segment: still told.
                    Some(cell) => self.components(repetition.components(), std::slice::from_ref(cell), node),
                    None => self.components(repetition.components(), &[], node),
                }
            }
        }
        node
    }

    fn components(&mut self, components: impl Iterator<Item = Component<'i>>, cells: &[Cell], parent: NodeId) {
        for (index, component) in components.enumerate() {
            if component.raw().is_empty() {
                continue;
            }
            let node = match cells.get(index) {
                Some(cell) => self.node(parent, cell, component.span()),
                None => self.tree.push(parent, Name::UNKNOWN, ("", "?"), component.span()),
            };
            self.tree.node_mut(node).text = Some(component.text(self.repertoire).text);
        }
    }

    fn node(&mut self, parent: NodeId, cell: &Cell, span: Span) -> NodeId {
        let node = self.tree.push(parent, cell.name, ("", cell.label), span);
        self.tree.node_mut(node).occurrence = cell.occurrence;
        self.tree.node_mut(node).limit = cell.limit;
        node
    }

    fn package(&mut self, package: &Package<'i>) {
        let Some(header) = package.header() else { return };
        let node = self.segment(&header.segment(), None, NodeId::ROOT);
        // The reference and the length of the package are the envelope of its object.
        for id in self.tree.ids().skip(node.index()) {
            if matches!(self.tree.node(id).label.1, "0800" | "0810") {
                self.tree.node_mut(id).text = None;
            }
        }
        let object = package.object();
        let text = std::str::from_utf8(object.raw()).ok().filter(|text| is_base64(text));
        let text = text.map_or_else(|| Cow::Owned(BASE64.encode(object.raw())), Cow::Borrowed);
        let name = self.table.names.find("", OBJECT);
        let child = self.tree.push(node, name, ("", OBJECT), object.span());
        self.tree.node_mut(child).text = Some(text);
    }

    fn envelope(&mut self, segment: &Segment<'i>) {
        self.report.form.push(Entry {
            term: None,
            value: String::from_utf8_lossy(segment.body()).into_owned(),
            written: None,
            reason: Message::new("mapping-envelope"),
            source: Some(Place { span: segment.span(), path: String::from_utf8_lossy(segment.tag()).into_owned() }),
            target: None,
        });
    }
}

/// Whether an object is base64 already, as the examples of EN 16931-3-4 have it.
fn is_base64(text: &str) -> bool {
    let packed: String = text.split_ascii_whitespace().collect();
    !packed.is_empty() && BASE64.decode(packed).is_ok()
}

macro_rules! group_names {
    ($($number:literal)*) => {
        &["", $(concat!("SG", $number)),*]
    };
}

/// The names of segment groups by number; no message has more.
const GROUPS: &[&str] = group_names!(
    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43
    44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83
    84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99
);

/// Who sends an interchange to whom, when, under which reference: what no term of a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender's identification (0004) and its qualifier (0007), which may be empty.
    pub sender: (String, String),
    /// The recipient's identification (0010) and its qualifier (0007), which may be empty.
    pub recipient: (String, String),
    /// The day of preparation, `CCYYMMDD` (0017).
    pub date: String,
    /// The time of preparation, `HHMM` (0019).
    pub time: String,
    /// The interchange control reference (0020).
    pub reference: String,
}

impl Envelope {
    /// The envelope that a document suggests in this syntax: its parties, its day, the reference 1.
    #[must_use]
    pub fn of(document: &Document, syntax: &EdifactSyntax) -> Self {
        let find = |id: &String| document.kind.find(id);
        let party = |terms: &[String]| {
            let mut terms = terms.iter();
            let group = terms.next().and_then(find).and_then(|group| document.root.groups(group).next());
            let values = terms.filter_map(|id| group?.leaf(find(id)?));
            // Data elements 0004 and 0010 have 35 characters.
            let mut short = values.filter(|leaf| leaf.value.text().chars().count() <= 35);
            short.next().map_or_else(Default::default, |leaf| {
                // ISO/IEC 6523 numbers the GS1 location number 0088, code list 0007 numbers it 14.
                let gln = leaf.value.part(Part::Scheme) == Some("0088");
                (leaf.value.text().into_owned(), if gln { "14".to_owned() } else { String::new() })
            })
        };
        let issued = find(&syntax.prepared).and_then(|term| document.root.leaf(term));
        Self {
            sender: party(&syntax.sender),
            recipient: party(&syntax.recipient),
            date: issued.map_or_else(|| "19700101".to_owned(), |leaf| leaf.value.text().replace('-', "")),
            time: "0000".to_owned(),
            reference: "1".to_owned(),
        }
    }
}

/// The written tree as an interchange of one message and its packages.
///
/// # Errors
/// What the writer of segments refuses; what the engine has let through it takes.
pub(crate) fn interchange(
    definition: &Definition,
    syntax: &EdifactSyntax,
    written: &Written<'_>,
    envelope: &Envelope,
) -> Result<Vec<u8>, WriteError> {
    let holds = |repertoire: Repertoire| {
        written
            .tree
            .ids()
            .filter_map(|id| written.tree.node(id).text.as_deref())
            .all(|text| repertoire.encode(text).is_ok())
            && [&envelope.sender.0, &envelope.recipient.0].into_iter().all(|text| repertoire.encode(text).is_ok())
    };
    let wanted = Repertoire::from_identifier(syntax.repertoire.as_bytes()).filter(|wanted| holds(*wanted));
    let (repertoire, version) = wanted.map_or((Repertoire::UNOW, 4), |wanted| (wanted, syntax.version));
    let characters = ServiceCharacters::for_version(version);
    let mut writer = Writer::new(Vec::new(), WriteOptions::default().characters(characters).repertoire(repertoire));
    writer.advice()?;
    let party = |(identification, qualifier): &(String, String)| [identification.clone(), qualifier.clone()];
    // Syntax version 4 writes the century of 0017 (ISO 9735-1:2002), earlier ones do not.
    let date = if version < 4 { envelope.date.get(2..).unwrap_or_default() } else { &envelope.date };
    writer.segment(
        &SegmentBuffer::new("UNB")
            .composite([repertoire.identifier(), &version.to_string()])
            .composite(party(&envelope.sender))
            .composite(party(&envelope.recipient))
            .composite([date, &envelope.time])
            .element(&*envelope.reference),
    )?;
    let (directory, release) = syntax.release.split_once('.').unwrap_or(("D", &syntax.release));
    let identifier = [&syntax.message, directory, release, &syntax.agency, &syntax.association, &syntax.code_lists];
    writer.segment(&SegmentBuffer::new("UNH").element("1").composite(identifier))?;
    let mut packages = Vec::new();
    put(definition, written, NodeId::ROOT, &mut writer, &mut packages)?;
    writer.end_message()?;
    for (number, (mut header, object)) in (1..).zip(packages) {
        header.set(0, 0, 0, format!("P{number}"));
        writer.package(header, object.len() as u64, object.as_bytes())?;
    }
    writer.end_interchange()?;
    Ok(writer.into_inner())
}

/// Writes the segments in a group, in the order of the directory; packages are kept for later.
fn put(
    definition: &Definition,
    written: &Written<'_>,
    group: NodeId,
    writer: &mut Writer<Vec<u8>>,
    packages: &mut Vec<(SegmentBuffer, String)>,
) -> Result<(), WriteError> {
    let tree = &written.tree;
    let mut children: Vec<NodeId> = tree.children(group).collect();
    children.sort_by_key(|child| written.slots[child.index()].order);
    // A group begins with its trigger, even one that says nothing (ISO 9735-1 §7.4).
    if let Some(&trigger) = definition.triggers.get(&written.slots[group.index()].key)
        && children.first().is_none_or(|first| tree.node(*first).label.1 != trigger)
    {
        writer.segment(&SegmentBuffer::new(trigger))?;
    }
    for child in children {
        let tag = tree.node(child).label.1;
        let Some(layout) = definition.layout(tag) else {
            put(definition, written, child, writer, packages)?;
            continue;
        };
        let mut segment = SegmentBuffer::new(tag);
        let mut object = None;
        for element in tree.children(child) {
            let Some(cell) = cell_of(&layout.cells, tree, element) else { continue };
            match tree.node(element).text.as_deref() {
                Some(text) if cell.label == OBJECT => object = Some(text.to_owned()),
                Some(text) => segment.set(cell.position, cell.repetition, 0, text),
                None => {
                    for component in tree.children(element) {
                        if let Some(inner) = cell_of(&cell.components, tree, component) {
                            let text = tree.node(component).text.as_deref().unwrap_or_default();
                            segment.set(cell.position, cell.repetition, inner.position, text);
                        }
                    }
                }
            }
        }
        match object {
            Some(object) => packages.push((segment, object)),
            None => writer.segment(&segment)?,
        }
    }
    Ok(())
}

/// The cell that a node stands in.
fn cell_of<'c>(cells: &'c [Cell], tree: &Tree<'_>, node: NodeId) -> Option<&'c Cell> {
    let node = tree.node(node);
    cells.iter().find(|cell| cell.name == node.name && cell.occurrence == node.occurrence)
}
