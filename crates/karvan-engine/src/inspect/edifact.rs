//! An EDIFACT file, walked through as it is read.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use karvan_edifact::{
    GroupHeader, InterchangeHeader, Item, MessageHeader, PackageHeader, Reader, Repertoire, Segment, ServiceCharacters,
};
use karvan_schema::directory::{self, Constituent, Directories, Directory};
use karvan_schema::interchange::{MessageType, directory_of};
use karvan_schema::message::arrange::{Arranger, Placement};
use karvan_schema::message::table::{Table, Tag};
use karvan_text::{Locator, Position, Span};

use super::choice::Weighed;
use super::node::{
    FunctionNode, GroupNode, InterchangeNode, MessageNode, Node, OtherKind, OtherNode, PackageNode, PlaceNode,
    SegmentGroupNode, SegmentNode, Summary, ValueNode,
};
use super::{At, Depth, Options, Selector};

/// How many characters of a value or a segment are shown.
const SHOWN: usize = 200;

/// How many different functions of a KEYMAN are told; the code list has 23.
const FUNCTIONS: usize = 100;

pub(super) fn inspect(
    source: impl Read,
    options: &Options,
    directories: &'static Directories,
    tell: &mut dyn FnMut(Node),
) -> io::Result<Summary> {
    let mut reader = Reader::with_options(source, options.reading());
    let mut walk = Walk::new(options, directories);
    let mut found = Vec::new();
    let mut locator = Locator::default();
    while let Some(item) = reader.next()? {
        walk.summary.octets = item.span().end;
        if let Some(At::Position(position)) = &options.at {
            let offset = locator.find(item.raw(), *position);
            walk.octet = offset.map(|offset| item.span().start + offset as u64);
            locator.advance(item.raw());
        }
        walk.item(&item, &mut found);
        // Found or not, what is wrong with the octets is told by a check.
        reader.problems().for_each(drop);
        if let Some(message) = walk.message.as_mut().filter(|message| message.segments == 1) {
            message.node.position = reader.position(message.node.span.start);
        }
        for mut node in found.drain(..) {
            if let Some((span, position)) = node.place() {
                *position = reader.position(span.start);
            }
            if let (Node::Place(place), Some(open)) = (&mut node, &walk.message)
                && let Some(message) = &mut place.message
            {
                message.position = open.node.position;
            }
            walk.hand_out(node, tell);
        }
        if walk.found {
            return Ok(walk.summary);
        }
    }
    walk.finish(&mut found);
    for node in found {
        walk.hand_out(node, tell);
    }
    Ok(walk.summary)
}

impl Node {
    /// Where it begins, and the line and column to be found.
    fn place(&mut self) -> Option<(Span, &mut Position)> {
        match self {
            Self::Interchange(node) => Some((node.span, &mut node.position)),
            Self::Group(node) => Some((node.span, &mut node.position)),
            // One that is told at its end was placed at its beginning.
            Self::Message(node) => node.segments.is_none().then_some((node.span, &mut node.position)),
            Self::Package(node) => Some((node.span, &mut node.position)),
            Self::Segment(node) => Some((node.span, &mut node.position)),
            Self::Place(node) => Some((node.segment.span, &mut node.segment.position)),
            Self::SegmentGroup(_) | Self::Other(_) | Self::Document(_) => None,
        }
    }
}

/// The state of a walk through a file.
struct Walk<'o> {
    options: &'o Options,
    directories: &'static Directories,
    summary: Summary,
    repertoire: Option<Repertoire>,
    /// The service directory of the interchange.
    service: Option<Directory<'static>>,
    message: Option<OpenMessage>,
    /// The tables of message types that came by, by directory and tag: most files hold few types.
    tables: BTreeMap<(&'static str, &'static str), Arc<Table>>,
    told: u64,
    /// The octet that is asked about, where it is known.
    octet: Option<u64>,
    /// What was asked about is found.
    found: bool,
}

struct OpenMessage {
    node: MessageNode,
    segments: u64,
    directory: Option<Directory<'static>>,
    /// Where the codes are taken from, which need not be where the message is.
    codes: Option<Directory<'static>>,
    arranger: Option<Arranger<Arc<Table>>>,
    triggers: Vec<Trigger>,
}

/// The segment that opened a group, kept for what is asked of the group.
pub(super) struct Trigger {
    pub(super) group: SegmentGroupNode,
    row: usize,
    octets: Vec<u8>,
    characters: ServiceCharacters,
    pub(super) definition: Option<directory::Segment<'static>>,
}

impl Trigger {
    pub(super) fn segment(&self) -> Segment<'_> {
        Segment::new(&self.octets, self.group.byte, self.characters)
    }
}

impl OpenMessage {
    /// Counts what a segment USF of a KEYMAN asks for or delivers (ISO 9735-9).
    fn key_management(&mut self, segment: &Segment<'_>, repertoire: Option<Repertoire>) {
        if segment.tag() != b"USF" {
            return;
        }
        let code = text(&segment.element(0).component(0).unescaped(), repertoire);
        let functions = &mut self.node.functions;
        if let Some(known) = functions.iter_mut().find(|known| known.code == code) {
            known.count += 1;
        } else if functions.len() < FUNCTIONS {
            let element = self.directory.and_then(|directory| directory.element("0579"));
            let name = element.and_then(|element| element.code(&code)).map_or("", directory::Code::name);
            functions.push(FunctionNode { code, name, count: 1 });
        }
    }
}

impl<'o> Walk<'o> {
    fn new(options: &'o Options, directories: &'static Directories) -> Self {
        Self {
            options,
            directories,
            summary: Summary { syntax: Some("edifact"), ..Summary::default() },
            repertoire: None,
            service: directories.service("4"),
            message: None,
            tables: BTreeMap::new(),
            told: 0,
            octet: match &options.at {
                Some(At::Octet(octet)) => Some(*octet),
                _ => None,
            },
            found: false,
        }
    }

    /// Hands a node out, unless there were enough of them.
    fn hand_out(&mut self, node: Node, tell: &mut dyn FnMut(Node)) {
        if self.told < self.options.node_limit {
            self.told += 1;
            tell(node);
        } else {
            self.summary.withheld += 1;
        }
    }

    fn item(&mut self, item: &Item<'_>, found: &mut Vec<Node>) {
        let what = match item {
            Item::Segment(segment) => return self.segment(segment, found),
            Item::Advice(_) => OtherKind::Advice,
            Item::Object(_) => OtherKind::Object,
            Item::Layout(_) => OtherKind::Layout,
            _ => OtherKind::Text,
        };
        if self.is_asked_about(item.span()) {
            self.found = true;
            found.push(Node::Other(OtherNode { span: item.span(), what }));
        }
    }

    fn is_asked_about(&self, span: Span) -> bool {
        self.octet.is_some_and(|octet| (span.start..span.end).contains(&octet))
    }

    fn segment(&mut self, segment: &Segment<'_>, found: &mut Vec<Node>) {
        self.summary.segments += 1;
        if matches!(segment.tag(), b"UNB" | b"UIB" | b"UNG" | b"UNE" | b"UNH" | b"UIH" | b"UNO" | b"UNZ" | b"UIZ") {
            // A message that has no trailer ends where something else begins.
            self.end_message(None, found);
        }
        if let Some(header) = InterchangeHeader::of(*segment) {
            self.interchange(&header, found);
        } else if let Some(header) = GroupHeader::of(*segment) {
            self.group(&header, found);
        } else if let Some(header) = MessageHeader::of(*segment) {
            self.message(&header, found);
        } else if let Some(header) = PackageHeader::of(*segment) {
            self.package(&header, found);
        }
        if let Some(message) = self.message.as_mut().filter(|message| message.node.message == "KEYMAN") {
            message.key_management(segment, self.repertoire);
        }
        self.body(segment, found);
        if matches!(segment.tag(), b"UNT" | b"UIT") {
            self.end_message(Some(segment.span()), found);
        }
    }

    /// Whether headers are told: where something else is asked for, they are not.
    fn tells_tree(&self) -> bool {
        !self.options.asks_for_a_part()
    }

    fn interchange(&mut self, header: &InterchangeHeader<'_>, found: &mut Vec<Node>) {
        self.summary.interchanges += 1;
        self.repertoire = header.repertoire();
        let version = header.version().unwrap_or(3).clamp(1, 4);
        self.service = self.directories.service(&version.to_string());
        if !self.tells_tree() {
            return;
        }
        let text = |component: &karvan_edifact::Component<'_>| text(&component.unescaped(), self.repertoire);
        let party = |party: &karvan_edifact::EnvelopeParty<'_>| {
            let (id, qualifier) = (text(&party.identification()), text(&party.qualifier()));
            if qualifier.is_empty() { id } else { format!("{id}:{qualifier}") }
        };
        found.push(Node::Interchange(InterchangeNode {
            span: header.segment().span(),
            position: Position::default(),
            number: self.summary.interchanges,
            syntax: format!("{}:{}", text(&header.syntax_identifier()), text(&header.syntax_version())),
            sender: party(&header.sender()),
            recipient: party(&header.recipient()),
            date: text(&header.date()),
            time: text(&header.time()),
            reference: text(&header.reference()),
            application: text(&header.application_reference()),
            test: header.test_indicator().raw() == b"1",
            interactive: header.is_interactive(),
        }));
    }

    fn group(&mut self, header: &GroupHeader<'_>, found: &mut Vec<Node>) {
        self.summary.groups += 1;
        if !self.tells_tree() || self.options.depth < Depth::Messages {
            return;
        }
        let text = |component: karvan_edifact::Component<'_>| text(&component.unescaped(), self.repertoire);
        found.push(Node::Group(GroupNode {
            span: header.segment().span(),
            position: Position::default(),
            identification: text(header.identification()),
            sender: text(header.sender().identification()),
            recipient: text(header.recipient().identification()),
            reference: text(header.reference()),
        }));
    }

    fn package(&mut self, header: &PackageHeader<'_>, found: &mut Vec<Node>) {
        self.summary.packages += 1;
        if !self.tells_tree() || self.options.depth < Depth::Messages {
            return;
        }
        found.push(Node::Package(PackageNode {
            span: header.segment().span(),
            position: Position::default(),
            reference: text(&header.reference().unescaped(), self.repertoire),
            length: text(&header.length().unescaped(), self.repertoire),
        }));
    }

    fn message(&mut self, header: &MessageHeader<'_>, found: &mut Vec<Node>) {
        self.summary.messages += 1;
        let text = |component: karvan_edifact::Component<'_>| text(&component.unescaped(), self.repertoire);
        let kind = MessageType {
            name: text(header.message_type()),
            version: text(header.version()),
            release: text(header.release()),
            agency: text(header.agency()),
            association: text(header.association()),
            code_list: text(header.identifier().component(5)),
        };
        *self.summary.types.entry(kind.to_string()).or_default() += 1;
        let directory = directory_of(self.directories, &kind);
        let known = directory.and_then(|directory| directory.message(&kind.name));
        let node = MessageNode {
            span: header.segment().span(),
            position: Position::default(),
            number: self.summary.messages,
            reference: text(header.reference()),
            release: format!("{}.{}", kind.version, kind.release),
            association: kind.association,
            name: known.map_or("", directory::Message::name),
            message: kind.name,
            segments: None,
            functions: Vec::new(),
        };
        // The tree is drawn only where it is asked for: finding places takes most of the time.
        let draws = self.options.depth >= Depth::Segments || !self.tells_tree();
        if draws && self.tells_tree() {
            found.push(Node::Message(node.clone()));
        }
        let codes = self.directories.release(&format!("{}.{}", kind.version, kind.code_list));
        self.message = Some(OpenMessage {
            node,
            segments: 0,
            directory,
            codes: codes.or(directory),
            arranger: known.filter(|_| draws).map(|message| Arranger::new(self.table(message))),
            triggers: Vec::new(),
        });
    }

    fn table(&mut self, message: directory::Message<'static>) -> Arc<Table> {
        let key = (message.directory().name(), message.tag());
        Arc::clone(self.tables.entry(key).or_insert_with(|| Arc::new(Table::of(message))))
    }

    /// Ends the open message, if there is one, at its trailer.
    fn end_message(&mut self, trailer: Option<Span>, found: &mut Vec<Node>) {
        let Some(mut message) = self.message.take() else { return };
        if self.tells_tree() && self.options.depth == Depth::Messages {
            message.node.segments = Some(message.segments);
            if let Some(trailer) = trailer {
                message.node.span = message.node.span.to(trailer);
            }
            found.push(Node::Message(message.node));
        }
    }

    fn finish(&mut self, found: &mut Vec<Node>) {
        self.end_message(None, found);
    }

    /// Places a segment in the tree and tells of it where it is asked for.
    fn body(&mut self, segment: &Segment<'_>, found: &mut Vec<Node>) {
        let (options, service, repertoire, told) = (self.options, self.service, self.repertoire, self.told);
        let octet = self.octet.filter(|_| self.is_asked_about(segment.span()));
        let Some(message) = &mut self.message else {
            // An envelope segment: it stands in no group.
            let tag = text(segment.tag(), None);
            let definition = service.and_then(|service| service.segment(&tag));
            if let Some(asked) = Asked::about(options, octet, &[], segment, definition) {
                self.found = octet.is_some();
                let node = SegmentNode { path: tag.clone(), ..described(segment, tag, definition, repertoire) };
                found.push(Node::Place(Box::new(place(segment, node, definition, None, asked, repertoire))));
            }
            return;
        };
        message.segments += 1;
        if options.depth < Depth::Segments && !options.asks_for_a_part() {
            return;
        }
        let tag = text(segment.tag(), None);
        let own = message.directory.and_then(|directory| directory.segment(&tag));
        let definition = own.or_else(|| service.and_then(|service| service.segment(&tag)));
        // Places are weighed before one is taken.
        let may_be_asked_about = match &options.at {
            Some(At::Path(path)) => path.may_match(segment.tag()),
            _ => octet.is_some(),
        };
        let weighed =
            message.arranger.as_ref().filter(|_| may_be_asked_about).map(|arranger| Weighed::of(arranger, segment));
        let mut left_out = Vec::new();
        let (kept, placement) = message.arrange(segment, definition, &mut left_out);
        let node = || SegmentNode {
            path: message.path(segment, &tag, definition),
            depth: message.triggers.len(),
            misplaced: placement == Some(Placement::Unsupported),
            ..described(segment, tag.clone(), definition, repertoire)
        };
        if options.at.is_some() {
            if let Some(asked) = Asked::about(options, octet, &message.triggers, segment, definition) {
                let mut place = place(segment, node(), definition, Some(message), asked, repertoire);
                place.choice = weighed.zip(placement).and_then(|(weighed, placement)| {
                    let definition = message.directory?.message(&message.node.message)?;
                    Some(weighed.choice(message.arranger.as_ref()?.table(), definition, placement, &left_out))
                });
                self.found = octet.is_some();
                found.push(Node::Place(Box::new(place)));
            }
        } else if let Some(select) = &options.select {
            if select.matches(&message.triggers, segment, definition) {
                let values = values(segment, definition, message.codes, repertoire);
                let values = values.into_iter().filter(|value| select.wants(&value.path)).collect();
                found.push(Node::Segment(SegmentNode { values, ..node() }));
            }
        } else if told >= options.node_limit {
            // Only their number is told.
            self.summary.withheld += (message.triggers.len() - kept) as u64 + 1;
        } else if options.depth >= Depth::Segments {
            let opened = message.triggers.iter().skip(kept).map(|trigger| Node::SegmentGroup(trigger.group.clone()));
            found.extend(opened);
            let values = match options.depth {
                Depth::Elements => values(segment, definition, message.codes, repertoire),
                _ => Vec::new(),
            };
            found.push(Node::Segment(SegmentNode { values, ..node() }));
        }
    }
}

impl OpenMessage {
    /// Places a segment; gives back how many of the open groups were open before it, and where it came to stand.
    fn arrange(
        &mut self,
        segment: &Segment<'_>,
        definition: Option<directory::Segment<'static>>,
        left_out: &mut Vec<usize>,
    ) -> (usize, Option<Placement>) {
        let Some(arranger) = &mut self.arranger else { return (0, None) };
        let placement = arranger.place(Tag::new(segment.tag()), left_out);
        if placement == Placement::Unsupported {
            return (self.triggers.len(), Some(placement));
        }
        let mut groups: Vec<_> = arranger.groups().collect();
        groups.reverse();
        let same = |(group, trigger): &(&karvan_schema::message::arrange::OpenGroup, &Trigger)| {
            group.row == trigger.row && group.repetition == trigger.group.repetition
        };
        let kept = groups.iter().zip(&self.triggers).take_while(same).count();
        self.triggers.truncate(kept);
        for (depth, group) in groups.iter().enumerate().skip(kept) {
            let group_node = SegmentGroupNode {
                number: arranger.table().number(group.row),
                repetition: group.repetition,
                depth,
                byte: segment.span().start,
            };
            self.triggers.push(Trigger {
                group: group_node,
                row: group.row,
                octets: segment.raw().to_vec(),
                characters: segment.characters(),
                definition,
            });
        }
        (kept, Some(placement))
    }

    /// `SG2/NAD[3035=BY]`.
    fn path(&self, segment: &Segment<'_>, tag: &str, definition: Option<directory::Segment<'static>>) -> String {
        let mut path: String = self.triggers.iter().map(|trigger| format!("SG{}/", trigger.group.number)).collect();
        path.push_str(tag);
        let first = definition.and_then(|definition| definition.rows().next()?.constituent());
        let element = match first {
            Some(Constituent::Element(element)) => Some(element),
            Some(Constituent::Composite(composite)) => {
                match composite.rows().next().and_then(|row| row.constituent()) {
                    Some(Constituent::Element(element)) => Some(element),
                    _ => None,
                }
            }
            None => None,
        };
        let value = segment.component(0, 0);
        if let Some(element) = element.filter(|element| element.is_coded())
            && !value.is_empty()
            && value.raw().len() <= 8
        {
            path.push_str(&format!("[{}={}]", element.tag(), String::from_utf8_lossy(value.raw())));
        }
        path
    }
}

/// A segment by itself: what its path and depth are is known to the message.
fn described(
    segment: &Segment<'_>,
    tag: String,
    definition: Option<directory::Segment<'static>>,
    repertoire: Option<Repertoire>,
) -> SegmentNode {
    SegmentNode {
        span: segment.span(),
        name: definition.map_or("", directory::Segment::name),
        text: text(segment.body(), repertoire),
        tag,
        ..SegmentNode::default()
    }
}

/// What is asked about of a segment.
enum Asked<'o> {
    Octet(u64),
    Path(&'o Selector),
}

impl<'o> Asked<'o> {
    /// What is asked about of the segment, if anything; `octet` is the one within it that is asked about.
    fn about(
        options: &'o Options,
        octet: Option<u64>,
        triggers: &[Trigger],
        segment: &Segment<'_>,
        definition: Option<directory::Segment<'static>>,
    ) -> Option<Self> {
        match &options.at {
            Some(At::Path(path)) => path.matches(triggers, segment, definition).then_some(Self::Path(path)),
            _ => octet.map(Self::Octet),
        }
    }

    fn is(&self, value: &ValueNode) -> bool {
        match self {
            Self::Octet(octet) => (value.span.start..value.span.end).contains(octet),
            Self::Path(path) => path.is_for_values() && path.wants(&value.path),
        }
    }
}

fn place(
    segment: &Segment<'_>,
    node: SegmentNode,
    definition: Option<directory::Segment<'static>>,
    message: Option<&OpenMessage>,
    asked: Asked<'_>,
    repertoire: Option<Repertoire>,
) -> PlaceNode {
    let codes = message.and_then(|message| message.codes);
    let value = values(segment, definition, codes, repertoire).into_iter().find(|value| asked.is(value));
    PlaceNode {
        byte: match asked {
            Asked::Octet(octet) => octet,
            Asked::Path(_) => value.as_ref().map_or(segment.span(), |value| value.span).start,
        },
        segment: node,
        value,
        groups: message.iter().flat_map(|message| &message.triggers).map(|trigger| trigger.group.clone()).collect(),
        message: message.map(|message| message.node.clone()),
        choice: None,
    }
}

/// The values of a segment that are not empty, with their names and meanings.
pub(super) fn values(
    segment: &Segment<'_>,
    definition: Option<directory::Segment<'static>>,
    codes: Option<Directory<'static>>,
    repertoire: Option<Repertoire>,
) -> Vec<ValueNode> {
    let rows: Vec<_> = definition.into_iter().flat_map(|definition| definition.rows()).collect();
    let mut values = Vec::new();
    for (index, element) in segment.elements().enumerate() {
        let row = rows.get(index).copied();
        for repetition in element.repetitions() {
            for (number, component) in
                repetition.components().enumerate().filter(|(_, component)| !component.is_empty())
            {
                let (path, known) = match row.and_then(|row| row.constituent()) {
                    Some(Constituent::Element(simple)) if number == 0 => (simple.tag().to_owned(), Some(simple)),
                    Some(Constituent::Composite(composite)) => match composite.rows().nth(number) {
                        Some(part) => {
                            let known = match part.constituent() {
                                Some(Constituent::Element(simple)) => Some(simple),
                                _ => None,
                            };
                            (format!("{}/{}", composite.tag(), part.tag()), known)
                        }
                        None => (format!("{}/{}", composite.tag(), number + 1), None),
                    },
                    _ => (format!("{}/{}", index + 1, number + 1), None),
                };
                let octets = component.unescaped();
                let value = text(&octets, repertoire);
                let listed = known.and_then(|known| codes.and_then(|codes| codes.code(known.tag(), &value)));
                let meaning = listed.or_else(|| known.and_then(|known| known.code(&value)));
                values.push(ValueNode {
                    span: component.span(),
                    path,
                    name: known.map_or("", directory::Element::name),
                    meaning: meaning.map(directory::Code::name),
                    value,
                });
            }
        }
    }
    values
}

/// Octets as text, in the repertoire of the interchange; long ones are cut.
fn text(octets: &[u8], repertoire: Option<Repertoire>) -> String {
    let head = &octets[..octets.len().min(4 * SHOWN)];
    let text = match repertoire {
        Some(repertoire) => repertoire.decode(head).text.into_owned(),
        None => String::from_utf8_lossy(head).into_owned(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
