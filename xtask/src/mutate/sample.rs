//! A sound interchange as a list of segments, and the octets it is written as.
//!
//! Nothing here asks Karvan's reader, writer or validator: what a mutant is to be told is worked out from what was
//! changed. From the packed directories come facts only: tags, status, formats, codes.

use std::ops::Range;

use karvan_schema::directory::{Constituent, Directory, Element, Message, PartRow, Segment};

/// The service characters with which a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Characters {
    pub(super) component: u8,
    pub(super) element: u8,
    pub(super) decimal: u8,
    pub(super) release: u8,
    /// The repetition separator; a space up to syntax version 3.
    pub(super) repetition: u8,
    pub(super) terminator: u8,
}

/// How a sample is enveloped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// 0001, the character repertoire.
    pub(super) repertoire: &'static str,
    /// 0002, the syntax version.
    pub(super) version: u8,
    /// The service characters.
    pub(super) characters: Characters,
    /// Whether UNA stands before UNB.
    pub(super) advice: bool,
    /// Whether the messages stand in a functional group.
    pub(super) group: bool,
    /// Whether a package follows the messages.
    pub(super) package: bool,
    /// Whether each segment stands on a line of its own.
    pub(super) lines: bool,
}

/// A segment as it is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) tag: String,
    /// Data elements, their repetitions, their components.
    pub(super) elements: Vec<Vec<Vec<Vec<u8>>>>,
    /// The segment groups around it, `SG1/SG4/`; of a service segment, nothing.
    pub(super) groups: String,
    /// Its row in the segment table; none where it stands in no message.
    pub(super) row: Option<usize>,
    /// The object of a package, which follows the segment.
    pub(super) object: Vec<u8>,
}

impl Line {
    /// Reads `TAG+element+component:component`, with `?` as release character and `*` between repetitions.
    pub(super) fn parse(text: &str) -> Self {
        let mut elements = vec![vec![vec![Vec::new()]]];
        let mut octets = text.bytes();
        while let Some(octet) = octets.next() {
            let (Some(repetitions), next) = (elements.last_mut(), octet) else { break };
            match (next, repetitions.last_mut()) {
                (b'+', _) => elements.push(vec![vec![Vec::new()]]),
                (b'*', _) => repetitions.push(vec![Vec::new()]),
                (b':', Some(components)) => components.push(Vec::new()),
                (other, Some(components)) => {
                    let literal = if other == b'?' { octets.next() } else { Some(other) };
                    components.last_mut().into_iter().for_each(|value| value.extend(literal));
                }
                (_, None) => {}
            }
        }
        let tag = String::from_utf8_lossy(&elements.remove(0)[0][0]).into_owned();
        Self { tag, elements, ..Self::default() }
    }

    /// The value at this place; empty where there is none.
    pub(super) fn value(&self, element: usize, component: usize) -> &[u8] {
        let components = self.elements.get(element).and_then(|repetitions| repetitions.first());
        components.and_then(|components| components.get(component)).map_or(&[], Vec::as_slice)
    }

    /// Puts `value` at this place, which is made where it is not there.
    pub(super) fn set(&mut self, element: usize, component: usize, value: impl Into<Vec<u8>>) {
        while self.elements.len() <= element {
            self.elements.push(vec![vec![Vec::new()]]);
        }
        let components = &mut self.elements[element][0];
        while components.len() <= component {
            components.push(Vec::new());
        }
        components[component] = value.into();
    }

    /// Takes away separators that separate nothing.
    pub(super) fn trim(&mut self) {
        for components in self.elements.iter_mut().flatten() {
            while components.len() > 1 && components.last().is_some_and(Vec::is_empty) {
                components.pop();
            }
        }
        let empty = |repetitions: &Vec<Vec<Vec<u8>>>| repetitions.iter().flatten().all(Vec::is_empty);
        while self.elements.last().is_some_and(empty) {
            self.elements.pop();
        }
    }
}

impl Line {
    /// Whether it begins a message.
    pub(super) fn is_header(&self) -> bool {
        matches!(self.tag.as_str(), "UNH" | "UIH")
    }

    /// Whether it ends a message.
    pub(super) fn is_trailer(&self) -> bool {
        matches!(self.tag.as_str(), "UNT" | "UIT")
    }
}

/// The service segments of an interchange, and where they have counts and references: the data element and its path.
pub(super) struct Envelope {
    pub(super) begin: &'static str,
    pub(super) header: &'static str,
    pub(super) trailer: &'static str,
    pub(super) end: &'static str,
    pub(super) identifier: (usize, &'static str),
    pub(super) header_reference: (usize, &'static str),
    pub(super) trailer_count: (usize, &'static str),
    pub(super) trailer_reference: (usize, &'static str),
    pub(super) end_count: (usize, &'static str),
    pub(super) end_reference: (usize, &'static str),
}

/// The batch envelope (ISO 9735-2).
const BATCH: Envelope = Envelope {
    begin: "UNB",
    header: "UNH",
    trailer: "UNT",
    end: "UNZ",
    identifier: (1, "UNH/S009"),
    header_reference: (0, "UNH/0062"),
    trailer_count: (0, "UNT/0074"),
    trailer_reference: (1, "UNT/0062"),
    end_count: (0, "UNZ/0036"),
    end_reference: (1, "UNZ/0020"),
};

/// The interactive envelope (ISO 9735-3).
const INTERACTIVE: Envelope = Envelope {
    begin: "UIB",
    header: "UIH",
    trailer: "UIT",
    end: "UIZ",
    identifier: (0, "UIH/S306"),
    header_reference: (1, "UIH/0340"),
    trailer_count: (1, "UIT/0074"),
    trailer_reference: (0, "UIT/0340"),
    end_count: (1, "UIZ/0036"),
    end_reference: (0, "UIZ/S302/0300"),
};

/// Where the parts of a segment came to stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    /// From the tag to the terminator, which is counted in.
    pub(super) whole: Range<usize>,
    pub(super) tag: Range<usize>,
    /// Data elements, their repetitions, their components.
    pub(super) elements: Vec<Vec<Vec<Range<usize>>>>,
}

impl Spans {
    /// The data element with all its repetitions; the end of the segment where there is none.
    pub(super) fn element(&self, element: usize) -> Range<usize> {
        let mut parts = self.elements.get(element).into_iter().flatten().flatten();
        let Some(first) = parts.next() else { return self.end() };
        first.start..parts.last().unwrap_or(first).end
    }

    /// The component; the end of its data element, or of the segment, where there is none.
    pub(super) fn component(&self, element: usize, repetition: usize, component: usize) -> Range<usize> {
        let Some(components) = self.elements.get(element).and_then(|repetitions| repetitions.get(repetition)) else {
            return self.end();
        };
        let last = components.last().map_or(self.whole.end, |range| range.end);
        components.get(component).cloned().unwrap_or(last..last)
    }

    /// The gap before the terminator.
    pub(super) fn end(&self) -> Range<usize> {
        let end = self.elements.last().and_then(|repetitions| repetitions.last()?.last()).unwrap_or(&self.tag).end;
        end..end
    }
}

/// The octets of a sample or of what was made of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) octets: Vec<u8>,
    pub(super) spans: Vec<Spans>,
}

impl Written {
    /// The gap before segment `index`: from the end of the one before to its own beginning.
    pub(super) fn gap(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).and_then(|before| self.spans.get(before)).map_or(0, |spans| spans.whole.end);
        start..self.spans.get(index).map_or(self.octets.len(), |spans| spans.whole.start)
    }

    /// From the beginning of segment `first` to the end of segment `last`.
    pub(super) fn reach(&self, first: usize, last: usize) -> Range<usize> {
        self.spans[first].whole.start..self.spans[last.min(self.spans.len() - 1)].whole.end
    }
}

/// A sound interchange with messages of one type and release.
#[derive(Clone)]
pub(super) struct Sample<'d> {
    pub(super) message: Message<'d>,
    pub(super) service: Directory<'d>,
    pub(super) style: Style,
    pub(super) lines: Vec<Line>,
    /// How many mutants of one kind are made of it, at most.
    pub(super) most: usize,
}

/// A value of a segment beside what the directory says of its place.
#[derive(Clone, Copy)]
pub(super) struct Slot<'d> {
    pub(super) line: usize,
    pub(super) element: usize,
    pub(super) component: usize,
    /// The data element at its place in the segment.
    pub(super) row: PartRow<'d>,
    /// The component at its place in the composite; of a simple data element, the same as `row`.
    pub(super) part: PartRow<'d>,
    /// What it is.
    pub(super) is: Element<'d>,
    /// Whether the data element is a composite.
    pub(super) composite: bool,
    /// Whether the composite has a place for the list its codes come from, other than the directory's.
    pub(super) other_lists: bool,
}

impl<'d> Sample<'d> {
    /// `D.96A`.
    pub(super) fn release(&self) -> &'d str {
        self.message.directory().name()
    }

    /// Whether it is an interactive interchange.
    pub(super) fn is_interactive(&self) -> bool {
        self.message.is_interactive()
    }

    /// The service segments that make its envelope.
    pub(super) fn envelope(&self) -> &'static Envelope {
        if self.is_interactive() { &INTERACTIVE } else { &BATCH }
    }

    /// The octets.
    pub(super) fn write(&self) -> Written {
        let Characters { component, element, decimal, release, repetition, terminator } = self.style.characters;
        let mut written = Written::default();
        let Written { octets, spans } = &mut written;
        if self.style.advice {
            octets.extend([b'U', b'N', b'A', component, element, decimal, release, repetition, terminator]);
            self.end_line(octets);
        }
        for line in &self.lines {
            let start = octets.len();
            octets.extend(line.tag.as_bytes());
            let mut own = Spans { tag: start..octets.len(), ..Spans::default() };
            for repetitions in &line.elements {
                octets.push(element);
                let mut ranges = Vec::new();
                for (number, components) in repetitions.iter().enumerate() {
                    octets.extend((number > 0).then_some(repetition));
                    let mut parts = Vec::new();
                    for (number, value) in components.iter().enumerate() {
                        octets.extend((number > 0).then_some(component));
                        let from = octets.len();
                        for octet in value {
                            let is_service = [component, element, release, terminator].contains(octet)
                                || *octet == repetition && self.style.version > 3;
                            octets.extend(is_service.then_some(release));
                            octets.push(*octet);
                        }
                        parts.push(from..octets.len());
                    }
                    ranges.push(parts);
                }
                own.elements.push(ranges);
            }
            octets.push(terminator);
            own.whole = start..octets.len();
            spans.push(own);
            octets.extend(&line.object);
            // Between an object and its trailer there is no layout.
            if line.object.is_empty() {
                self.end_line(octets);
            }
        }
        written
    }

    fn end_line(&self, octets: &mut Vec<u8>) {
        if self.style.lines {
            octets.extend(b"\r\n");
        }
    }

    /// Puts the right counts into all trailers.
    pub(super) fn recount(&mut self) {
        let (trailer_count, end_count) = (self.envelope().trailer_count.0, self.envelope().end_count.0);
        let (mut segments, mut units, mut groups) = (0, 0, 0);
        let mut in_group = false;
        let mut outside = 0;
        for line in &mut self.lines {
            segments += 1;
            match line.tag.as_str() {
                "UNB" | "UIB" => (units, groups, in_group, outside) = (0, 0, false, 0),
                "UNG" => (units, groups, in_group) = (0, groups + 1, true),
                "UNH" | "UIH" => {
                    segments = 1;
                    units += 1;
                    outside += u32::from(!in_group);
                }
                "UNO" => {
                    units += 1;
                    outside += u32::from(!in_group);
                }
                "UNT" | "UIT" => line.set(trailer_count, 0, segments.to_string()),
                "UNE" => {
                    line.set(0, 0, units.to_string());
                    in_group = false;
                }
                "UNZ" | "UIZ" => line.set(end_count, 0, if groups > 0 { groups } else { outside }.to_string()),
                _ => {}
            }
        }
    }

    /// The segment of the directory, or of the service directory, that the line is one of.
    pub(super) fn segment(&self, line: usize) -> Option<Segment<'d>> {
        let tag = &self.lines[line].tag;
        self.message.directory().segment(tag).or_else(|| self.service.segment(tag))
    }

    /// The indices of the first line with this tag, of the second, and so on.
    pub(super) fn all(&self, tag: &str) -> impl Iterator<Item = usize> {
        self.lines.iter().enumerate().filter(move |(_, line)| line.tag == tag).map(|(index, _)| index)
    }

    /// The index of the last line with this tag.
    pub(super) fn last(&self, tag: &str) -> Option<usize> {
        self.lines.iter().rposition(|line| line.tag == tag)
    }

    /// The lines between UNH and UNT of every message.
    pub(super) fn body(&self) -> impl Iterator<Item = usize> {
        let inside = |line: &Line| line.row.is_some() && !line.is_header() && !line.is_trailer();
        self.lines.iter().enumerate().filter(move |(_, line)| inside(line)).map(|(index, _)| index)
    }

    /// The values of a line that are not empty, each with its place in the directory.
    pub(super) fn slots(&self, line: usize) -> Vec<Slot<'d>> {
        let Some(segment) = self.segment(line) else { return Vec::new() };
        let mut slots = Vec::new();
        for (element, row) in segment.rows().enumerate() {
            let (parts, composite): (Vec<PartRow<'d>>, bool) = match row.constituent() {
                Some(Constituent::Composite(composite)) => (composite.rows().collect(), true),
                _ => (vec![row], false),
            };
            let other_lists = parts.iter().any(|part| matches!(part.tag(), "1131" | "3055"));
            for (component, part) in parts.into_iter().enumerate() {
                let Some(Constituent::Element(is)) = part.constituent() else { continue };
                if !self.lines[line].value(element, component).is_empty() {
                    slots.push(Slot { line, element, component, row, part, is, composite, other_lists });
                }
            }
        }
        slots
    }

    /// `SG2/NAD[3035=BY]`: the groups, the tag, and the qualifier where the first value is a coded one.
    pub(super) fn path(&self, line: usize) -> String {
        let Line { tag, groups, .. } = &self.lines[line];
        let value = String::from_utf8_lossy(self.lines[line].value(0, 0));
        let first =
            self.segment(line).and_then(|segment| segment.rows().next()).and_then(|row| match row.constituent()? {
                Constituent::Composite(composite) => match composite.rows().next()?.constituent()? {
                    Constituent::Element(element) => Some(element),
                    Constituent::Composite(_) => None,
                },
                Constituent::Element(element) => Some(element),
            });
        match first.filter(|first| first.is_coded() && !value.is_empty()) {
            Some(first) => format!("{groups}{tag}[{}={value}]", first.tag()),
            None => format!("{groups}{tag}"),
        }
    }

    /// `SG2/NAD`: the groups and the tag.
    pub(super) fn plain_path(&self, line: usize) -> String {
        format!("{}{}", self.lines[line].groups, self.lines[line].tag)
    }

    /// `SG2/NAD[3035=BY]/C080/3036`.
    pub(super) fn path_to(&self, slot: &Slot<'_>) -> String {
        let path = self.path(slot.line);
        if slot.composite {
            format!("{path}/{}/{}", slot.row.tag(), slot.part.tag())
        } else {
            format!("{path}/{}", slot.row.tag())
        }
    }

    /// The lines of the instance of a group that begins with `line`: the segments in it and in the groups below it.
    pub(super) fn group_from(&self, line: usize) -> Range<usize> {
        let groups = &self.lines[line].groups;
        let trigger = self.lines[line].row;
        let inside = |other: &Line| {
            !other.groups.is_empty()
                && other.groups.starts_with(groups.as_str())
                && !(other.groups == *groups && other.row == trigger)
        };
        let length = self.lines[line + 1..].iter().take_while(|other| inside(other)).count();
        line..line + 1 + length
    }
}
