//! EDIFACT messages as trees for the engine, and back, arranged and limited by their directory.
//!
//! Groups, segments, composites and components are nodes: `SG2`, `NAD`, `C080`, `3036`. A group holds its trigger like
//! any other segment. Packages (UNO … UNP) stand beside the message in the interchange; in the tree they are nodes `UNO`
//! at the root, with a node `object` for the octets in base64.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use karvan_edifact::{
    Component, EnvelopeParty, Group as MessageGroup, Interchange, Message as EdifactMessage, MisfitKind, Package,
    Repertoire, Segment, SegmentBuffer, ServiceCharacters, Value, WriteError, WriteOptions, Writer,
};
use karvan_model::{Document, Group, Part, TermId};
use karvan_schema::directory::{
    Constituent, Dependency, Directories, Directory, Element, OtherCodes, PartRow, Repertoire as Characters, Status,
};
use karvan_schema::message::arrange::Arrangement;
use karvan_schema::message::table::{Table as MessageTable, Tag};
use karvan_text::{Message, Span};

use crate::convert::Partners;
use crate::file::{EdifactSyntax, Told};
use crate::fixed::FixedMap;
use crate::grammar::{Grammar, List, Slot, Wanted, Wants};
use crate::names::{Label, Name, Names, Spelling};
use crate::report::{Entry, LossReport, Place};
use crate::table::Table;
use crate::tree::{NodeId, Tree};
use crate::written::Written;

/// The name of the node that stands for a package.
const PACKAGE: &str = "UNO";

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
    by_tag: FixedMap<&'static str, usize>,
    /// The layout of each row of the message that is a segment.
    by_row: Vec<Option<usize>>,
    /// The name of each row of the message and how it is spelled: a group as `SG7`.
    names: Vec<(Name, Label)>,
    /// How all that may stand in the message is spelled.
    labels: Arc<Vec<Spelling>>,
    /// How a value is spelled that has no place in its segment.
    surplus: Label,
    /// The segments that open groups, by the key of the group.
    triggers: FixedMap<u32, &'static str>,
}

/// A segment: its elements in order.
#[derive(Debug)]
struct Layout {
    name: Name,
    label: Label,
    cells: Vec<Cell>,
    /// Its place in the grammar.
    key: u32,
}

/// An element of a segment or a component of a composite.
#[derive(Clone, Debug)]
struct Cell {
    name: Name,
    label: Label,
    /// Which one it is of its name.
    occurrence: u32,
    /// The element of the segment, or the component of the composite, from 0; [`Self::OBJECT`] for that of a package.
    position: usize,
    /// The repetition of the element, from 0 (ISO 9735-1 §8.7).
    repetition: usize,
    /// The largest length; 0 for a composite.
    limit: u16,
    /// The smallest length: that of an element of a fixed one.
    least: u16,
    numeric: bool,
    /// The tag.
    tag: &'static str,
    /// The position that dependency notes tell it by.
    number: u32,
    /// Whether what it stands in must have it.
    mandatory: bool,
    /// The components of a composite.
    components: Vec<Cell>,
    /// The dependency notes of a composite.
    notes: &'static [Dependency],
}

impl Cell {
    /// The position of the octets of a package, which no segment holds.
    const OBJECT: usize = usize::MAX;

    fn wanted(&self) -> Wanted {
        Wanted { name: self.name, occurrence: self.occurrence, tag: self.tag }
    }
}

/// Spellings as they are given numbers: first those of a table, then those that only the directory has.
struct Spellings<'n> {
    names: &'n Names,
    labels: Vec<Spelling>,
    besides: HashMap<String, Label>,
}

impl<'n> Spellings<'n> {
    fn new(names: &'n Names) -> Self {
        Self { names, labels: names.labels().to_vec(), besides: HashMap::new() }
    }

    fn number(&mut self, text: &str) -> (Name, Label) {
        let name = self.names.find("", text);
        if name != Name::UNKNOWN {
            return (name, Label::of(name));
        }
        let label = *self.besides.entry(text.to_owned()).or_insert_with(|| {
            self.labels.push(("".into(), text.into()));
            Label::at(self.labels.len() - 1)
        });
        (name, label)
    }
}

impl Definition {
    /// The definition of the message of a table, if its directory is part of Karvan.
    pub(crate) fn new(table: &Table, syntax: &EdifactSyntax) -> Option<Self> {
        let directories = Directories::builtin();
        let directory = directories.release(&syntax.release)?;
        let message = directory.message(&syntax.message)?;
        // UNS and the packages are the same in every version that has them.
        let service = directories.service("4");
        let mut places = Places::default();
        places.add_group();
        let (mut layouts, mut by_tag, mut triggers) = (Vec::new(), FixedMap::default(), FixedMap::default());
        let (mut by_row, mut names) = (Vec::new(), Vec::new());
        let mut spellings = Spellings::new(&table.names);
        // The keys of the rows: groups have their own, segments of one tag share theirs.
        let mut keys: Vec<u32> = Vec::new();
        let mut later: FixedMap<(u32, Name), Vec<Slot>> = FixedMap::default();
        for row in message.rows() {
            let segment = row.segment().or_else(|| service?.segment(row.tag()?));
            let (number, key, layout) = match segment {
                Some(segment) => {
                    let layout = *by_tag.entry(segment.tag()).or_insert_with(|| {
                        let cells = cells(&mut spellings, segment.rows());
                        let key = places.add(&cells, segment.dependencies());
                        let (name, label) = spellings.number(segment.tag());
                        layouts.push(Layout { name, label, cells, key });
                        layouts.len() - 1
                    });
                    let Layout { name, label, key, .. } = layouts[layout];
                    ((name, label), key, Some(layout))
                }
                None => {
                    let key = places.add_group();
                    triggers.insert(key, row.trigger().unwrap_or_default());
                    (spellings.number(&format!("SG{}", row.group().unwrap_or_default())), key, None)
                }
            };
            keys.push(key);
            by_row.push(layout);
            names.push(number);
            let parent = row.parent().map_or(0, |parent| keys[parent.index()]);
            let order = u32::try_from(row.index()).unwrap_or(u32::MAX);
            let slot = Slot { key, order, repetitions: row.repetitions(), limit: 0, least: 0, numeric: false };
            // A group begins with its trigger, even one that says nothing.
            let is_trigger = row.parent().is_some_and(|group| group.index() + 1 == row.index());
            if is_trigger && !places.wants[key as usize].all.is_empty() {
                let tag = row.tag().unwrap_or_default();
                places.wants[parent as usize].all.push(Wanted { name: number.0, occurrence: 1, tag });
            }
            match places.slots[parent as usize].iter().any(|(name, _)| *name == number.0) {
                true => later.entry((parent, number.0)).or_default().push(slot),
                false => places.slots[parent as usize].push((number.0, slot)),
            }
        }
        if let Some(package) = service.and_then(|service| service.segment("UNO")) {
            let mut cells = cells(&mut spellings, package.rows());
            let (name, label) = spellings.number(OBJECT);
            cells.push(Cell {
                name,
                label,
                occurrence: 1,
                position: Cell::OBJECT,
                repetition: 0,
                limit: 0,
                least: 0,
                numeric: false,
                tag: OBJECT,
                number: 0,
                mandatory: false,
                components: Vec::new(),
                notes: &[],
            });
            let ((name, label), key) = (spellings.number("UNO"), places.add(&cells, package.dependencies()));
            // The reference and the length of a package come with the interchange.
            places.wants[key as usize] = Wants::default();
            by_tag.insert("UNO", layouts.len());
            layouts.push(Layout { name, label, cells, key });
            let slot = Slot { key, order: u32::MAX, repetitions: u32::MAX, limit: 0, least: 0, numeric: false };
            places.slots[0].push((name, slot));
        }
        let Places { slots: places, wants } = places;
        // Whatever else a repertoire lacks, UNOW has it; control characters are data in none (ISO 9735-1 §6).
        let lists = if syntax.known_codes { lists(&places, &table.names, directory) } else { FixedMap::default() };
        let grammar = Grammar::new(places, |character| Repertoire::UNOW.permits(character));
        let wants = if syntax.incomplete { Vec::new() } else { wants };
        let grammar = grammar.with_later(later).keeping_to(lists).wanting(wants);
        let (_, surplus) = spellings.number("?");
        let (rows, labels) = (MessageTable::of(message), Arc::new(spellings.labels));
        Some(Self { rows, grammar, layouts, by_tag, by_row, names, labels, surplus, triggers })
    }

    fn layout(&self, tag: &str) -> Option<&Layout> {
        self.by_tag.get(tag).map(|layout| &self.layouts[*layout])
    }
}

/// The code lists of what stands in `places`, those that take no other codes.
fn lists(places: &[Vec<(Name, Slot)>], names: &Names, directory: Directory<'static>) -> FixedMap<(u32, Name), List> {
    let named = (0..).zip(places).flat_map(|(key, place)| place.iter().map(move |(name, _)| (key, *name)));
    let closed = |element: &Element<'_>| element.is_coded() && element.other_codes() == OtherCodes::None;
    let coded = |name| directory.element(names.text(name)).filter(closed);
    named.filter_map(|(key, name)| Some(((key, name), List::Element(coded(name)?)))).collect()
}

/// What stands in each place, and what must, by key.
#[derive(Default)]
struct Places {
    slots: Vec<Vec<(Name, Slot)>>,
    wants: Vec<Wants>,
}

impl Places {
    /// A place for a group of segments; gives its key.
    fn add_group(&mut self) -> u32 {
        self.push(Vec::new(), Wants::default())
    }

    /// A place for what stands in `layout`; gives its key.
    fn add(&mut self, layout: &[Cell], notes: &[Dependency]) -> u32 {
        let mut slots: Vec<(Name, Slot)> = Vec::new();
        for (order, cell) in (0..).zip(layout) {
            match slots.iter_mut().find(|(name, _)| *name == cell.name && cell.name != Name::UNKNOWN) {
                Some((_, slot)) => slot.repetitions += 1,
                None => {
                    let is_simple = cell.components.is_empty();
                    let key = if is_simple { Slot::NOTHING } else { self.add(&cell.components, cell.notes) };
                    let slot = Slot {
                        key,
                        order,
                        repetitions: 1,
                        limit: cell.limit,
                        least: cell.least,
                        numeric: cell.numeric,
                    };
                    slots.push((cell.name, slot));
                }
            }
        }
        let at = |position: &u16| layout.iter().find(|cell| cell.number == u32::from(*position)).map(Cell::wanted);
        let note = |note: &Dependency| Some((note.kind, note.positions.iter().map(at).collect::<Option<_>>()?));
        let all = layout.iter().filter(|cell| cell.mandatory).map(Cell::wanted).collect();
        let notes = notes.iter().filter_map(note).collect();
        self.push(slots, Wants { all, notes })
    }

    fn push(&mut self, slots: Vec<(Name, Slot)>, wants: Wants) -> u32 {
        self.slots.push(slots);
        self.wants.push(wants);
        u32::try_from(self.slots.len() - 1).unwrap_or(Slot::NOTHING)
    }
}

/// The cells of a segment or a composite.
fn cells(spellings: &mut Spellings<'_>, rows: impl Iterator<Item = PartRow<'static>>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (position, row) in rows.enumerate() {
        let mut notes: &[Dependency] = &[];
        let (tag, limit, least, numeric, components) = match row.constituent() {
            Some(Constituent::Composite(composite)) => {
                notes = composite.dependencies();
                (composite.tag(), 0, 0, false, self::cells(spellings, composite.rows()))
            }
            Some(Constituent::Element(element)) => {
                let format = element.format();
                (element.tag(), format.maximum, format.minimum, format.repertoire == Characters::Numeric, Vec::new())
            }
            None => (row.tag(), 0, 0, false, Vec::new()),
        };
        let number = row.position().number;
        let (name, label) = spellings.number(tag);
        for repetition in 0..usize::from(row.repetitions().max(1)) {
            let before = cells.iter().filter(|cell| cell.label == label).count();
            let occurrence = u32::try_from(before + 1).unwrap_or(u32::MAX);
            let components = components.clone();
            let mandatory = repetition == 0 && row.status() == Status::Mandatory;
            let cell = Cell {
                name,
                label,
                occurrence,
                position,
                repetition,
                limit,
                least,
                numeric,
                tag,
                number,
                mandatory,
                components,
                notes,
            };
            cells.push(cell);
        }
    }
    cells
}

/// Whether a message says one of the texts that a table asks for, at the place that the directory of `release` gives it.
pub(crate) fn says(message: &EdifactMessage<'_>, release: &str, told: &Told) -> bool {
    let mut tags = told.path.split('/');
    let found = tags.next().and_then(|tag| {
        let segment = Directories::builtin().release(release)?.segment(tag)?;
        let element = tags.next()?;
        let at = segment.rows().position(|row| row.tag() == element)?;
        let component = match (segment.rows().nth(at)?.constituent()?, tags.next()) {
            (Constituent::Composite(composite), Some(tag)) => composite.rows().position(|row| row.tag() == tag)?,
            _ => 0,
        };
        let segment = message.segments().find(|segment| segment.tag() == tag.as_bytes())?;
        Some(segment.component(at, component))
    });
    found.is_some_and(|found| told.values.iter().any(|value| value.as_bytes() == found.raw()))
}

/// The segments of a message and the packages of its interchange as a tree, and what belongs to the envelope.
pub(crate) fn tree<'i>(
    definition: &Definition,
    table: &Table,
    interchange: &Interchange<'i>,
    group: Option<&MessageGroup<'i>>,
    message: &EdifactMessage<'i>,
) -> (Tree<'i>, LossReport) {
    let repertoire = reading(interchange.repertoire(), message.raw());
    let root = Tree::new(&definition.labels, Name::UNKNOWN, ("", ""), message.span());
    // Where the octets of the message are their text, so are those of each value.
    let plain = match repertoire.text(message.raw()) {
        Ok(Cow::Borrowed(text)) => text,
        _ => "",
    };
    let (start, report) = (message.span().start, LossReport::default());
    let mut builder = Builder { definition, table, repertoire, plain, start, tree: root, report };
    let headers = [
        interchange.header().map(|header| header.segment()),
        group.and_then(MessageGroup::header).map(|header| header.segment()),
    ];
    let trailers = [interchange.trailer(), group.and_then(MessageGroup::trailer)]
        .map(|trailer| trailer.map(|trailer| trailer.segment()));
    let loose = interchange.loose_segments().chain(group.into_iter().flat_map(MessageGroup::loose_segments));
    for segment in headers.into_iter().chain(trailers).flatten().chain(loose) {
        builder.envelope(&segment);
    }
    builder.message(message);
    for package in interchange.packages() {
        builder.package(&package);
    }
    (builder.tree, builder.report)
}

/// As what octets are read that were declared in this repertoire: as UTF-8 where all beyond ASCII is that. Each character
/// would else become two or three others, and be written so. The findings on the source tell it.
fn reading(declared: Option<Repertoire>, octets: &[u8]) -> Repertoire {
    declared.filter(|declared| declared.utf8_instead(octets).is_none()).unwrap_or(Repertoire::UNOW)
}

struct Builder<'t, 'i> {
    definition: &'t Definition,
    table: &'t Table,
    repertoire: Repertoire,
    /// The message as text, if its octets are that, and where it begins in the file.
    plain: &'i str,
    start: u64,
    tree: Tree<'i>,
    report: LossReport,
}

impl<'t, 'i> Builder<'t, 'i> {
    /// Adds the segments of the message, in the groups that the directory puts them in.
    fn message(&mut self, message: &EdifactMessage<'i>) {
        // Of 20 octets a segment has, with its group, its composites and its components, about six nodes.
        let span = message.span();
        self.tree.reserve(usize::try_from(3 * (span.end - span.start) / 10).unwrap_or(0));
        let definition = self.definition;
        let mut segments: Vec<Segment<'i>> =
            Vec::with_capacity(usize::try_from((span.end - span.start) / 20).unwrap_or(0));
        segments.extend(message.segments());
        let tags = segments.iter().map(|segment| Tag::new(segment.tag()));
        let mut arrangement = Arrangement::new(&definition.rows, tags);
        let mut open: Vec<NodeId> = Vec::new();
        let mut begun: Vec<usize> = Vec::new();
        for segment in &segments {
            let mut layout = None;
            if let Some(row) = arrangement.next().flatten() {
                open.truncate(arrangement.kept());
                begun.extend(arrangement.groups().take(arrangement.depth() - open.len()).map(|group| group.row));
                for group in begun.drain(..).rev() {
                    let (name, label) = definition.names[group];
                    let parent = open.last().copied().unwrap_or(NodeId::ROOT);
                    open.push(self.tree.push(parent, name, label, segment.span()));
                }
                layout = definition.by_row[row].map(|layout| &definition.layouts[layout]);
            }
            match segment.tag() {
                b"UNH" | b"UNT" => self.envelope(segment),
                _ => {
                    self.segment(segment, layout, open.last().copied().unwrap_or(NodeId::ROOT));
                }
            }
        }
    }

    /// Adds a segment, by the layout of its tag if the row of the message did not give it.
    fn segment(&mut self, segment: &Segment<'i>, layout: Option<&'t Layout>, parent: NodeId) -> NodeId {
        let layout = layout.or_else(|| self.definition.layout(tag_of(segment)));
        let (name, label) = match layout {
            Some(layout) => (layout.name, layout.label),
            None => {
                let tag = tag_of(segment);
                let name = self.table.names.find("", tag);
                (name, self.tree.label_of(name, "", tag))
            }
        };
        let node = self.tree.push(parent, name, label, segment.span());
        let mut cells = layout.map_or(&[][..], |layout| &layout.cells);
        let (mut cell, mut composite): (Option<&Cell>, Option<NodeId>) = (None, None);
        let mut start = 0;
        for value in segment.values() {
            if value.component == 0 {
                let place = (value.element, value.repetition);
                (composite, start) = (None, value.value().span().start);
                // Cells stand in the order of the elements.
                while let [cell, later @ ..] = cells
                    && (cell.position, cell.repetition) < place
                {
                    cells = later;
                }
                cell = cells.first().filter(|cell| (cell.position, cell.repetition) == place);
            }
            let end = value.value().span().end;
            if value.value().raw().is_empty() {
                // Separators at its end belong to a composite.
                if let Some(composite) = composite {
                    self.tree.node_mut(composite).span.end = end;
                }
                continue;
            }
            match cell {
                Some(cell) if !cell.components.is_empty() => {
                    let outer = match composite {
                        Some(outer) => {
                            self.tree.node_mut(outer).span.end = end;
                            outer
                        }
                        None => self.cell(node, cell, Span::new(start, end), None),
                    };
                    composite = Some(outer);
                    self.value(&value, cell.components.get(value.component), outer);
                }
                // More components than a simple element has, or more elements than the segment: still told.
                Some(cell) if value.component == 0 => self.value(&value, Some(cell), node),
                _ => self.value(&value, None, node),
            }
        }
        node
    }

    #[inline(always)] // A value goes to its node at once.
    fn value(&mut self, value: &Value<'i>, cell: Option<&Cell>, parent: NodeId) {
        let (span, text) = (value.value().span(), self.text(value));
        let (text, octet) = match text {
            Ok(text) => (Some(text), None),
            Err(octet) => (None, Some(octet)),
        };
        let node = if let Some(cell) = cell {
            self.cell(parent, cell, span, text)
        } else {
            let node = self.tree.push(parent, Name::UNKNOWN, self.definition.surplus, span);
            self.tree.set_text(node, text);
            node
        };
        if let Some(octet) = octet {
            self.meaningless(value, node, octet);
        }
    }

    /// Tells a value that no one can read: with another character in the place of each octet, it would be another value.
    #[cold]
    fn meaningless(&mut self, value: &Value<'i>, node: NodeId, octet: u8) {
        self.report.lost.push(Entry {
            term: None,
            value: self.repertoire.decode(value.unescaped()).text.into_owned(),
            written: None,
            reason: Message::new("octet-not-in-repertoire")
                .with("octet", format!("{octet:02X}"))
                .with("identifier", self.repertoire.identifier()),
            source: Some(Place { span: value.value().span(), path: self.tree.path(node.number()) }),
            target: None,
        });
    }

    /// The text of a value; an octet of it that means nothing in the repertoire, where there is one.
    #[inline(always)] // A call would take as long as what it does.
    fn text(&self, value: &Value<'i>) -> Result<Cow<'i, str>, u8> {
        let octets = value.unescaped();
        if let Cow::Borrowed(octets) = octets
            && let Some(start) =
                value.value().span().start.checked_sub(self.start).and_then(|start| usize::try_from(start).ok())
            && let Some(text) = self.plain.get(start..start + octets.len())
        {
            return Ok(Cow::Borrowed(text));
        }
        self.repertoire.text(octets).map_err(|misfit| match misfit.kind {
            MisfitKind::Malformed { octet } => octet,
            _ => 0,
        })
    }

    #[inline(always)] // A call would take as long as what it does.
    fn cell(&mut self, parent: NodeId, cell: &Cell, span: Span, text: Option<Cow<'i, str>>) -> NodeId {
        if cell.occurrence == 1 && cell.name != Name::UNKNOWN {
            return self.tree.push_first(parent, (cell.name, cell.label), span, cell.limit, text);
        }
        let node = self.tree.push(parent, cell.name, cell.label, span);
        let made = self.tree.node_mut(node);
        (made.occurrence, made.limit) = (cell.occurrence, cell.limit);
        self.tree.set_text(node, text);
        node
    }

    fn package(&mut self, package: &Package<'i>) {
        let Some(header) = package.header() else { return };
        let node = self.segment(&header.segment(), None, NodeId::ROOT);
        // The reference and the length of the package are the envelope of its object.
        for id in self.tree.ids().skip(node.index()) {
            if matches!(self.tree.local_name(id), "0800" | "0810") {
                self.tree.set_text(id, None);
            }
        }
        let object = package.object();
        let text = std::str::from_utf8(object.raw()).ok().filter(|text| is_base64(text));
        let text = text.map_or_else(|| Cow::Owned(BASE64.encode(object.raw())), Cow::Borrowed);
        let name = self.table.names.find("", OBJECT);
        let label = self.tree.label_of(name, "", OBJECT);
        let child = self.tree.push(node, name, label, object.span());
        self.tree.set_text(child, Some(text));
    }

    fn envelope(&mut self, segment: &Segment<'i>) {
        self.report.form.push(Entry {
            term: None,
            value: self.repertoire.decode(segment.body()).text.into_owned(),
            written: None,
            reason: Message::new("mapping-envelope"),
            source: Some(Place { span: segment.span(), path: tag_of(segment).to_owned() }),
            target: None,
        });
    }
}

fn tag_of<'i>(segment: &Segment<'i>) -> &'i str {
    std::str::from_utf8(segment.tag()).unwrap_or("?")
}

/// Whether an object is base64 already, as the examples of EN 16931-3-4 have it.
fn is_base64(text: &str) -> bool {
    let packed: String = text.split_ascii_whitespace().collect();
    !packed.is_empty() && BASE64.decode(packed).is_ok()
}

/// Who sends an interchange to whom, when, under which reference: what no term of a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender's identification (0004) and its qualifier (0007), which may be empty.
    pub sender: (String, String),
    /// The recipient's identification (0010) and its qualifier (0007), which may be empty.
    pub recipient: (String, String),
    /// The day of preparation, `CCYYMMDD` (0017); empty where nothing says it.
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
            let of = |term: TermId| first(document, document.kind.term(term).within()?)?.leaf(term);
            let values = terms.iter().filter_map(find).filter_map(of);
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
            date: issued.map(|leaf| leaf.value.text().replace('-', "")).unwrap_or_default(),
            time: "0000".to_owned(),
            reference: "1".to_owned(),
        }
    }
}

impl Envelope {
    /// Takes these partners for those of whom `is_open` is true.
    pub(crate) fn take(&mut self, partners: &Partners, is_open: impl Fn(&(String, String)) -> bool) {
        for (own, given) in [(&mut self.sender, &partners.sender), (&mut self.recipient, &partners.recipient)] {
            if let Some(given) = given.as_ref().filter(|_| is_open(own)) {
                own.clone_from(given);
            }
        }
    }
}

/// Who sent an interchange to whom.
pub(crate) fn partners(interchange: &Interchange<'_>) -> Partners {
    let Some(header) = interchange.header() else { return Partners::default() };
    let repertoire = reading(header.repertoire(), header.segment().raw());
    let text = |component: Component<'_>| repertoire.decode(component.unescaped()).text.into_owned();
    let party = |party: EnvelopeParty<'_>| {
        Some((text(party.identification()), text(party.qualifier())))
            .filter(|(identification, _)| !identification.is_empty())
    };
    Partners { sender: party(header.sender()), recipient: party(header.recipient()) }
}

/// The first group of a term, wherever it stands.
fn first(document: &Document, term: TermId) -> Option<&Group> {
    let around = match document.kind.term(term).within() {
        Some(group) => first(document, group)?,
        None => &document.root,
    };
    around.groups(term).next()
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
        // Octets that could be UTF-8 are read as that, if there are no others ([`reading`]).
        let (mut utf8, mut others) = (false, false);
        let mut holds = |text: &str| {
            let octets = repertoire.encode(text);
            let is_utf8 = octets.as_ref().is_ok_and(|octets| repertoire.utf8_instead(octets).is_some());
            utf8 |= is_utf8;
            others |= !is_utf8 && !text.is_ascii();
            octets.is_ok()
        };
        written.tree.texts().all(&mut holds)
            && [&envelope.sender.0, &envelope.recipient.0].into_iter().all(|text| holds(text))
            && (others || !utf8)
    };
    let wanted = Repertoire::from_identifier(syntax.repertoire.as_bytes()).filter(|wanted| holds(*wanted));
    let (repertoire, version) = wanted.map_or((Repertoire::UNOW, 4), |wanted| (wanted, syntax.version));
    // Packages came with syntax version 4 (ISO 9735-8).
    let has_packages = written.tree.children(NodeId::ROOT).any(|child| written.tree.local_name(child) == PACKAGE);
    let version = if has_packages { version.max(4) } else { version };
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
    let association = syntax.associations.get(&syntax.release).map_or("", String::as_str);
    let identifier = [&syntax.message, directory, release, &syntax.agency, association, &syntax.code_lists];
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
        && children.first().is_none_or(|first| tree.local_name(*first) != trigger)
    {
        writer.segment(&SegmentBuffer::new(trigger))?;
    }
    for child in children {
        let tag = tree.local_name(child);
        let Some(layout) = definition.layout(tag) else {
            put(definition, written, child, writer, packages)?;
            continue;
        };
        let mut segment = SegmentBuffer::new(tag);
        let mut object = None;
        for element in tree.children(child) {
            let Some(cell) = cell_of(&layout.cells, tree, element) else { continue };
            match tree.text(element) {
                Some(text) if cell.position == Cell::OBJECT => object = Some(text.to_owned()),
                Some(text) => segment.set(cell.position, cell.repetition, 0, text),
                None => {
                    for component in tree.children(element) {
                        if let Some(inner) = cell_of(&cell.components, tree, component) {
                            let text = tree.text(component).unwrap_or_default();
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
