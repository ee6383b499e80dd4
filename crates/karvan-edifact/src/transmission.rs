//! A whole file as a tree that loses nothing.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use karvan_text::Span;

use crate::envelope::{GroupHeader, InterchangeHeader, MessageHeader, PackageHeader, StatusReport, Trailer};
use crate::item::{Advice, Item, Octets, Problem};
use crate::reader::Items;
use crate::repertoire::Repertoire;
use crate::scan::{BLOCK, Separators};
use crate::scanner::ReadOptions;
use crate::{Segment, ServiceCharacters};

/// The items of a file with the structure that the service segments give them: interchanges with groups, messages and
/// packages.
///
/// Nothing is refused: where a header or a trailer is missing, the structure ends where the next one begins, and a
/// message outside any interchange stands in an interchange without a header.
///
/// ```
/// use karvan_edifact::Transmission;
///
/// let file = b"UNB+UNOA:3+A+B+261122:0900+1'UNH+7+INVOIC:D:96A:UN'BGM+380+1'UNT+3+7'UNZ+1+1'\n";
/// let transmission = Transmission::read(&file[..]);
/// let interchange = transmission.interchanges().next().unwrap();
/// let message = interchange.messages().next().unwrap();
/// assert_eq!(message.header().unwrap().message_type().raw(), b"INVOIC");
/// assert_eq!(message.segments().count(), 3);
///
/// let mut again = Vec::new();
/// transmission.write_to(&mut again)?;
/// assert_eq!(again, file);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transmission<'a> {
    octets: Cow<'a, [u8]>,
    nodes: Vec<Node>,
    /// The service characters of the file, one after the other as they change.
    characters: Vec<ServiceCharacters>,
    parts: Vec<Part>,
    problems: Vec<Problem>,
}

/// An item, told by its place; it ends where the next one begins.
#[derive(Clone, Copy, Debug)]
struct Node {
    start: usize,
    kind: NodeKind,
    /// Which of the service characters of the file are in force, for UNA which are declared.
    characters: u32,
}

impl Node {
    fn is_segment(&self) -> bool {
        matches!(self.kind, NodeKind::Segment { .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKind {
    Advice,
    Segment { terminated: bool },
    Object,
    Layout,
    Stray,
}

/// An interchange, a group, a message or a package. Parts stand in the order in which they begin.
#[derive(Clone, Debug)]
struct Part {
    kind: PartKind,
    nodes: Range<usize>,
    /// Where the parts within this one end; they begin behind it.
    parts_end: usize,
    header: Option<usize>,
    trailer: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    Interchange,
    Group,
    Message,
    Package,
}

impl<'a> Transmission<'a> {
    /// Reads `octets`, borrowed or owned.
    #[must_use]
    pub fn read(octets: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::read_with(octets, ReadOptions::default())
    }

    /// Reads `octets` as `options` say.
    #[must_use]
    pub fn read_with(octets: impl Into<Cow<'a, [u8]>>, options: ReadOptions) -> Self {
        let octets = octets.into();
        // Segments have 20 octets and more.
        let mut builder = Builder { nodes: Vec::with_capacity(octets.len() / 20), ..Builder::default() };
        let mut items = Items::new(&octets, options);
        for item in items.by_ref() {
            builder.add(&item);
        }
        let problems = items.problems().collect();
        builder.close(PartKind::Interchange);
        let Builder { nodes, characters, parts, .. } = builder;
        Self { octets, nodes, characters, parts, problems }
    }

    /// The octets of the file.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What is wrong with the octets, in the order of the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All items, in the order of the file; together they are the file.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        (0..self.nodes.len()).map(|node| self.item(node))
    }

    /// Writes the file as it was read, item by item.
    ///
    /// # Errors
    /// What the sink says.
    pub fn write_to(&self, mut sink: impl Write) -> io::Result<()> {
        self.items().try_for_each(|item| sink.write_all(item.raw()))
    }

    /// All segments, in the order of the file.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments_of(0..self.nodes.len())
    }

    /// The interchanges, in the order of the file.
    pub fn interchanges(&self) -> impl Iterator<Item = Interchange<'_>> {
        self.parts_in(0..self.parts.len()).map(|part| Interchange(View { tree: self, part }))
    }

    /// The parts in `range` that are not within another one of it.
    fn parts_in(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let first = Some(range.start).filter(|start| *start < range.end);
        std::iter::successors(first, move |part| Some(self.parts[*part].parts_end).filter(|next| *next < range.end))
    }

    fn octets_of(&self, nodes: Range<usize>) -> Octets<'_> {
        let place = |node: usize| self.nodes.get(node).map_or(self.octets.len(), |node| node.start);
        let (start, end) = (place(nodes.start), place(nodes.end));
        Octets::new(&self.octets[start..end], start as u64)
    }

    fn item(&self, index: usize) -> Item<'_> {
        let node = self.nodes[index];
        let octets = self.octets_of(index..index + 1);
        let characters = self.characters.get(node.characters as usize).copied().unwrap_or_default();
        match node.kind {
            NodeKind::Advice => Item::Advice(Advice::new(octets, characters)),
            NodeKind::Segment { terminated } => Item::Segment(self.segment(index, terminated, &mut Seen::default())),
            NodeKind::Object => Item::Object(octets),
            NodeKind::Layout => Item::Layout(octets),
            NodeKind::Stray => Item::Stray(octets),
        }
    }

    /// The segment that is the node at `index`; `seen` is what was looked at for those before it.
    fn segment(&self, index: usize, terminated: bool, seen: &mut Seen) -> Segment<'_> {
        let node = self.nodes[index];
        let characters = self.characters.get(node.characters as usize).copied().unwrap_or_default();
        let octets = self.octets_of(index..index + 1).raw();
        let end = node.start + octets.len();
        if node.start < seen.start || end > seen.end || node.characters != seen.characters {
            // Sixty-four octets are looked at in less time than the few of a segment cut out of them.
            let separators = characters.separators(&self.octets[node.start..]);
            *seen = Seen { start: node.start, end: node.start + BLOCK, characters: node.characters, separators };
        }
        let separators = seen.separators.from(node.start - seen.start);
        Segment::scanned(octets, node.start as u64, terminated, separators, characters)
    }

    fn segments_of(&self, nodes: Range<usize>) -> impl Iterator<Item = Segment<'_>> {
        let mut seen = Seen::default();
        nodes.filter_map(move |node| match self.nodes[node].kind {
            NodeKind::Segment { terminated } => Some(self.segment(node, terminated, &mut seen)),
            NodeKind::Layout => None,
            // A release character at its end would have a meaning behind it.
            NodeKind::Advice | NodeKind::Object | NodeKind::Stray => {
                seen = Seen::default();
                None
            }
        })
    }
}

/// The separators of 64 octets, by the service characters of this number.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    start: usize,
    end: usize,
    characters: u32,
    separators: Separators,
}

/// A part of a tree.
#[derive(Clone, Copy, Debug)]
struct View<'t> {
    tree: &'t Transmission<'t>,
    part: usize,
}

impl<'t> View<'t> {
    fn part(self) -> &'t Part {
        &self.tree.parts[self.part]
    }

    fn segment(self, node: Option<usize>) -> Option<Segment<'t>> {
        self.tree.item(node?).segment()
    }

    fn header(self) -> Option<Segment<'t>> {
        self.segment(self.part().header)
    }

    fn trailer(self) -> Option<Trailer<'t>> {
        self.segment(self.part().trailer).and_then(Trailer::of)
    }

    fn octets(self) -> Octets<'t> {
        self.tree.octets_of(self.part().nodes.clone())
    }

    fn segments(self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
        self.tree.segments_of(self.part().nodes.clone())
    }

    /// The parts within, at any depth, that are of this kind.
    fn all(self, kind: PartKind) -> impl Iterator<Item = Self> + use<'t> {
        let parts = self.part + 1..self.part().parts_end;
        parts.map(move |part| Self { part, ..self }).filter(move |view| view.part().kind == kind)
    }

    /// The parts directly within that are of this kind.
    fn children(self, kind: PartKind) -> impl Iterator<Item = Self> + use<'t> {
        let parts = self.tree.parts_in(self.part + 1..self.part().parts_end);
        parts.map(move |part| Self { part, ..self }).filter(move |view| view.part().kind == kind)
    }

    /// The segments that belong neither to a part within nor to the envelope.
    fn loose_segments(self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
        let Part { nodes, header, trailer, parts_end, .. } = self.part();
        let mut parts = self.tree.parts_in(self.part + 1..*parts_end).map(|part| self.tree.parts[part].nodes.clone());
        let mut within = parts.next();
        let loose = nodes.clone().filter(move |node| {
            while within.as_ref().is_some_and(|nodes| nodes.end <= *node) {
                within = parts.next();
            }
            let inside = within.as_ref().is_some_and(|nodes| nodes.contains(node));
            !inside && Some(*node) != *header && Some(*node) != *trailer
        });
        loose.filter(|node| self.tree.nodes[*node].is_segment()).filter_map(move |node| self.tree.item(node).segment())
    }
}

macro_rules! view {
    ($(#[$doc:meta])* $name:ident, $header:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'t>(View<'t>);

        impl<'t> $name<'t> {
            /// The header, if it is there.
            #[must_use]
            pub fn header(&self) -> Option<$header<'t>> {
                self.0.header().and_then($header::of)
            }

            /// The trailer, if it is there.
            #[must_use]
            pub fn trailer(&self) -> Option<Trailer<'t>> {
                self.0.trailer()
            }

            /// All segments, header and trailer included, in the order of the file.
            pub fn segments(&self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
                self.0.segments()
            }

            /// The octets from the beginning of the header to the end of the trailer.
            #[must_use]
            pub fn raw(&self) -> &'t [u8] {
                self.0.octets().raw()
            }

            /// Where it stands in the file.
            #[must_use]
            pub fn span(&self) -> Span {
                self.0.octets().span()
            }
        }
    };
}

view! {
    /// An interchange, from UNA, UNB or UIB to UNZ or UIZ.
    Interchange, InterchangeHeader
}

view! {
    /// A group of messages, from UNG to UNE.
    Group, GroupHeader
}

view! {
    /// A message, from UNH to UNT, or from UIH to UIT.
    Message, MessageHeader
}

view! {
    /// A package, from UNO to UNP.
    Package, PackageHeader
}

impl<'t> Interchange<'t> {
    /// UNA, if it is there.
    #[must_use]
    pub fn advice(&self) -> Option<Advice<'t>> {
        let nodes = self.0.part().nodes.clone();
        nodes.take(1).find_map(|node| match self.0.tree.item(node) {
            Item::Advice(advice) => Some(advice),
            _ => None,
        })
    }

    /// The service characters in force.
    #[must_use]
    pub fn characters(&self) -> ServiceCharacters {
        self.segments().next().map_or_else(ServiceCharacters::default, |segment| segment.characters())
    }

    /// The character repertoire that UNB declares, if it declares one that is supported.
    #[must_use]
    pub fn repertoire(&self) -> Option<Repertoire> {
        self.header()?.repertoire()
    }

    /// The groups.
    pub fn groups(&self) -> impl Iterator<Item = Group<'t>> + use<'t> {
        self.0.children(PartKind::Group).map(Group)
    }

    /// The messages, in groups or not.
    pub fn messages(&self) -> impl Iterator<Item = Message<'t>> + use<'t> {
        self.0.all(PartKind::Message).map(Message)
    }

    /// The packages, in groups or not.
    pub fn packages(&self) -> impl Iterator<Item = Package<'t>> + use<'t> {
        self.0.all(PartKind::Package).map(Package)
    }

    /// The segments that stand in no group, message or package.
    pub fn loose_segments(&self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
        self.0.loose_segments()
    }

    /// Whether the interchange is one side of a dialogue, and not of the batch kind.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.header().is_some_and(|header| header.is_interactive())
    }

    /// The reports on the status of the dialogue (UIR).
    pub fn status_reports(&self) -> impl Iterator<Item = StatusReport<'t>> {
        self.loose_segments().filter_map(StatusReport::of)
    }
}

impl<'t> Group<'t> {
    /// The messages of the group.
    pub fn messages(&self) -> impl Iterator<Item = Message<'t>> + use<'t> {
        self.0.all(PartKind::Message).map(Message)
    }

    /// The packages of the group.
    pub fn packages(&self) -> impl Iterator<Item = Package<'t>> + use<'t> {
        self.0.all(PartKind::Package).map(Package)
    }

    /// The segments that stand in no message or package.
    pub fn loose_segments(&self) -> impl Iterator<Item = Segment<'t>> + use<'t> {
        self.0.loose_segments()
    }
}

impl<'t> Message<'t> {
    /// Packages that stand inside the message: the standard has them beside it, but some write them so.
    pub fn packages(&self) -> impl Iterator<Item = Package<'t>> + use<'t> {
        self.0.children(PartKind::Package).map(Package)
    }
}

impl<'t> Package<'t> {
    /// The octets of the object.
    #[must_use]
    pub fn object(&self) -> Octets<'t> {
        let Part { nodes, .. } = self.0.part();
        let tree = self.0.tree;
        let is_object = |node: &usize| tree.nodes[*node].kind == NodeKind::Object;
        // Without octets the object stands behind UNO.
        let start = nodes.clone().find(is_object).unwrap_or(nodes.start + 1);
        let end = (start..nodes.end).find(|node| !is_object(node)).unwrap_or(nodes.end);
        tree.octets_of(start..end)
    }
}

/// Gives the items their structure as they come.
#[derive(Debug, Default)]
struct Builder {
    nodes: Vec<Node>,
    characters: Vec<ServiceCharacters>,
    parts: Vec<Part>,
    /// The parts that are open, the innermost last.
    open: Vec<usize>,
    /// An UNA that waits for its interchange.
    advice: Option<usize>,
}

impl Builder {
    fn add(&mut self, item: &Item<'_>) {
        let node = self.nodes.len();
        let (kind, characters) = match item {
            Item::Advice(advice) => (NodeKind::Advice, Some(advice.declared())),
            Item::Segment(segment) => {
                (NodeKind::Segment { terminated: segment.is_terminated() }, Some(segment.characters()))
            }
            Item::Object(_) => (NodeKind::Object, None),
            Item::Layout(_) => (NodeKind::Layout, None),
            Item::Stray(_) => (NodeKind::Stray, None),
        };
        match item {
            Item::Segment(segment) => self.before_segment(segment.tag(), node),
            Item::Advice(_) => self.advice = Some(node),
            _ => {}
        }
        let start = usize::try_from(item.span().start).unwrap_or(usize::MAX);
        if characters.is_some_and(|characters| self.characters.last() != Some(&characters)) {
            self.characters.extend(characters);
        }
        let characters = u32::try_from(self.characters.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.nodes.push(Node { start, kind, characters });
        if let Item::Segment(segment) = item {
            self.after_segment(segment.tag(), node);
        }
    }

    /// Opens what a header opens.
    fn before_segment(&mut self, tag: &[u8], node: usize) {
        let kind = match tag {
            b"UNB" | b"UIB" => PartKind::Interchange,
            b"UNG" => PartKind::Group,
            b"UNH" | b"UIH" => PartKind::Message,
            b"UNO" => PartKind::Package,
            _ => {
                self.enclose(node);
                return;
            }
        };
        if kind == PartKind::Interchange {
            // What an UNA begins no longer belongs to the interchange before.
            let end = self.advice.unwrap_or(node);
            self.close_at(kind, end, end);
        } else {
            self.close(kind);
            self.enclose(node);
        }
        self.open(kind, node, Some(node));
    }

    /// Closes what a trailer closes.
    fn after_segment(&mut self, tag: &[u8], node: usize) {
        let kind = match tag {
            b"UNZ" | b"UIZ" => PartKind::Interchange,
            b"UNE" => PartKind::Group,
            b"UNT" | b"UIT" => PartKind::Message,
            b"UNP" => PartKind::Package,
            _ => return,
        };
        if let Some(&part) = self.open.iter().rev().find(|part| self.parts[**part].kind == kind) {
            self.close_at(kind, node, node + 1);
            self.parts[part].trailer = Some(node);
        }
    }

    /// A segment without an interchange around it gets one without a header.
    fn enclose(&mut self, node: usize) {
        if self.open.is_empty() {
            self.open(PartKind::Interchange, node, None);
        }
        // An UNA within an interchange begins none.
        self.advice = None;
    }

    fn open(&mut self, kind: PartKind, node: usize, header: Option<usize>) {
        let start = self.advice.take().filter(|_| kind == PartKind::Interchange).unwrap_or(node);
        self.open.push(self.parts.len());
        self.parts.push(Part { kind, nodes: start..start, parts_end: 0, header, trailer: None });
    }

    /// Closes the open parts of this kind and those within, at the end of the nodes so far.
    fn close(&mut self, kind: PartKind) {
        let end = self.nodes.len();
        self.close_at(kind, end, end);
    }

    /// Closes the outermost open part that is not larger than `kind`, at `end`, and those within at `within`.
    fn close_at(&mut self, kind: PartKind, within: usize, end: usize) {
        let outermost = self.open.iter().position(|part| self.parts[*part].kind.rank() >= kind.rank());
        let Some(outermost) = outermost else { return };
        let parts_end = self.parts.len();
        for (depth, part) in self.open.drain(outermost..).enumerate() {
            let part = &mut self.parts[part];
            part.nodes.end = if depth == 0 { end } else { within };
            part.parts_end = parts_end;
        }
    }
}

impl PartKind {
    /// A part that begins ends those of the same and of higher rank; packages may stand in messages.
    const fn rank(self) -> u8 {
        match self {
            Self::Interchange => 0,
            Self::Group => 1,
            Self::Message => 2,
            Self::Package => 3,
        }
    }
}
