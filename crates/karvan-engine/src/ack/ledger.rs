//! What an answer has to tell: the findings of a file, charged to the interchange, group, message, segment or data
//! element that they are about, with the numbers that CONTRL counts by.
//!
//! The ledger goes along with the reader, so that it sees each segment with its own findings. It keeps the headers of what is
//! open and of what is at fault, and nothing of the rest.

use karvan_edifact::{ProblemKind, Repertoire, Segment, SegmentBuffer, ServiceCharacters};
use karvan_text::{DataElementPosition, Diagnostic, Language, Place, Severity, Span};

/// An interchange and all that was found wrong in it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// UNB.
    pub(super) header: SegmentBuffer,
    /// Where UNB stands.
    pub(super) place: Place,
    /// The syntax version, 1 to 4.
    pub(super) version: u8,
    /// The repertoire that UNB declares, where it is one that can be read.
    pub(super) repertoire: Option<Repertoire>,
    /// The service characters in force.
    pub(super) characters: ServiceCharacters,
    /// What is wrong with the interchange, UNA, UNB or UNZ.
    pub(super) charge: Option<Charge>,
    /// The groups: those at fault, or all where all are asked for.
    pub(super) groups: Vec<Group>,
    /// The messages and packages outside groups: those at fault, or all where all are asked for.
    pub(super) units: Vec<Unit>,
    /// How many messages and packages there are.
    pub(super) unit_count: u64,
    /// Whether there are messages or packages other than CONTRL.
    pub(super) has_data: bool,
}

/// A group and all that was found wrong in it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// UNG.
    pub(super) header: SegmentBuffer,
    /// What is wrong with the group, UNG or UNE.
    pub(super) charge: Option<Charge>,
    /// Its messages and packages, as in [`Subject::units`].
    pub(super) units: Vec<Unit>,
}

/// A message or package and all that was found wrong in it.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// UNH or UNO.
    pub(super) header: SegmentBuffer,
    /// What is wrong with it as a whole, with its header or its trailer.
    pub(super) charge: Option<Charge>,
    /// What is wrong with its segments, in their order, as many as may be told.
    pub(super) segments: Vec<SegmentCharge>,
    /// How many errors more there were.
    pub(super) dropped: usize,
    /// Whether an error was found in a segment.
    rejected: bool,
    /// The number of the document that it is (1004 of BGM), where one is read for.
    pub(super) document: String,
    /// What was found in it, in words.
    pub(super) remarks: Vec<Remark>,
    /// How many findings more there were than remarks are kept.
    pub(super) unremarked: usize,
    /// How many segments there were so far.
    position: u64,
    /// The security headers: reference and how many segments belong to each so far.
    security: Vec<(String, u64)>,
}

/// A finding in a message, for an application to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// `E3012`.
    pub(super) code: String,
    /// What is wrong.
    pub(super) sentence: String,
    /// Where, in the names of the standard.
    pub(super) path: String,
    /// What stands there.
    pub(super) found: String,
    /// The position of the segment in the message.
    pub(super) position: u64,
}

/// What is wrong with an interchange, a group or a unit as a whole, or with a service segment of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    /// How bad it is.
    pub(super) severity: Severity,
    /// The error code (0085), before it is fitted to syntax version and level.
    pub(super) code: u16,
    /// The service segment at fault; none where it is the whole.
    pub(super) segment: Option<String>,
    /// The data element of it.
    pub(super) data_element: Option<DataElementPosition>,
    /// The security reference (0534) and the position among the segments that it holds together (0138).
    pub(super) security: Option<(String, u64)>,
}

/// What is wrong with a segment of a message, or missing after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentCharge {
    /// Its position in the message (0096), UNH being 1.
    pub(super) position: u64,
    /// Whether it is what should follow that is missing.
    pub(super) missing: bool,
    /// The error code of the segment as a whole.
    pub(super) code: Option<u16>,
    /// The error codes of its data elements, by place.
    pub(super) data_elements: Vec<(u16, DataElementPosition)>,
}

impl Subject {
    /// The values and sentences that an answer may hold.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let units = || self.units.iter().chain(self.groups.iter().flat_map(|group| &group.units));
        let headers = self.groups.iter().map(|group| &group.header).chain(units().map(|unit| &unit.header));
        let values = std::iter::once(&self.header)
            .chain(headers)
            .flat_map(|header| header.elements().iter().flatten().flatten());
        let remarks = units().flat_map(|unit| {
            let words = unit.remarks.iter().flat_map(|remark| [&remark.sentence, &remark.path, &remark.found]);
            words.chain([&unit.document])
        });
        values.chain(remarks).map(String::as_str)
    }
}

impl Group {
    /// Whether it is rejected, or something in it.
    pub(super) fn is_rejected(&self) -> bool {
        is_error(self.charge.as_ref()) || self.units.iter().any(Unit::is_rejected)
    }
}

impl Unit {
    /// Whether it is a package.
    pub(super) fn is_package(&self) -> bool {
        self.header.tag() == "UNO"
    }

    /// Whether it is an acknowledgement itself, which is not acknowledged (ISO 9735-4 §5).
    fn is_contrl(&self) -> bool {
        !self.is_package() && self.header.value(1, 0, 0) == "CONTRL"
    }

    /// Whether it is rejected.
    pub(super) fn is_rejected(&self) -> bool {
        self.rejected || is_error(self.charge.as_ref())
    }

    /// Whether it is a message other than an acknowledgement.
    pub(super) fn is_answered_by_applications(&self) -> bool {
        !self.is_package() && !matches!(self.header.value(1, 0, 0), "CONTRL" | "APERAK")
    }

    /// Takes down a finding, as long as there is room for it.
    fn remark(&mut self, finding: &Diagnostic, most: usize) {
        if self.remarks.len() >= most {
            self.unremarked += 1;
            return;
        }
        self.remarks.push(Remark {
            code: finding.code.to_string(),
            sentence: finding.message.text(Language::English),
            path: finding.place.path.clone(),
            found: finding.found.clone().unwrap_or_default(),
            position: self.position,
        });
    }

    fn is_charged(&self) -> bool {
        self.charge.is_some() || !self.segments.is_empty() || !self.remarks.is_empty()
    }

    /// Charges a segment, or a data element of it.
    fn charge_segment(
        &mut self,
        position: u64,
        missing: bool,
        (severity, code): Fault,
        place: Option<DataElementPosition>,
    ) {
        self.rejected |= severity == Severity::Error;
        // Findings come in the order of the segments: the same one is among the last.
        let tail = self.segments.iter().rev().take_while(|charge| charge.position >= position);
        let known = tail.zip(1..).find(|(charge, _)| (charge.position, charge.missing) == (position, missing));
        let index = match known {
            Some((_, from_end)) => self.segments.len() - from_end,
            None if self.segments.len() >= MOST_SEGMENTS => {
                self.dropped += 1;
                return;
            }
            None => {
                self.segments.push(SegmentCharge { position, missing, code: None, data_elements: Vec::new() });
                self.segments.len() - 1
            }
        };
        let SegmentCharge { code: of_segment, data_elements, .. } = &mut self.segments[index];
        match place {
            // No more than one error is told of one thing (ISO 9735-4 §5.3.3).
            Some(place) if data_elements.iter().any(|(_, known)| *known == place) => {}
            Some(_) if data_elements.len() >= MOST_DATA_ELEMENTS => self.dropped += 1,
            Some(place) => data_elements.push((code, place)),
            None if of_segment.is_none_or(|known| known == UNSPECIFIED) => *of_segment = Some(code),
            None => {}
        }
    }

    /// Puts the charges in the order of their places: what a segment is charged with before what is missing after it.
    fn sort(&mut self) {
        self.segments.sort_by_key(|charge| (charge.position, charge.missing));
        for charge in &mut self.segments {
            charge.data_elements.sort_by_key(|(_, place)| (place.position, place.occurrence, place.component));
        }
    }

    /// Counts the segment, and finds what it belongs to where it is one of security.
    fn pass(&mut self, segment: &Segment<'_>) {
        self.position += 1;
        let reference = |element| String::from_utf8_lossy(&segment.component(element, 0).unescaped()).into_owned();
        match segment.tag() {
            b"USH" => self.security.push((reference(1), 1)),
            b"UST" => {
                let closed = reference(0);
                if let Some(place) = self.security.iter().rposition(|(known, _)| *known == closed) {
                    let (known, count) = self.security.remove(place);
                    self.security.push((known, count + 1));
                }
            }
            tag if is_security(tag) => {
                if let Some((_, count)) = self.security.last_mut() {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
}

/// Whether a charge rejects what it is charged to.
pub(super) fn is_error(charge: Option<&Charge>) -> bool {
    charge.is_some_and(|charge| charge.severity == Severity::Error)
}

/// What the ledger keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keeping {
    /// Warnings too.
    pub(super) warnings: bool,
    /// Messages, packages and groups without fault too.
    pub(super) all: bool,
    /// How many findings a message in words, too.
    pub(super) remarks: usize,
}

/// The book of a file.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    keeping: Keeping,
    done: Vec<Subject>,
    open: Option<Subject>,
    group: Option<Group>,
    unit: Option<Unit>,
    /// What is wrong with the UNA of the interchange to come.
    advice: Option<Charge>,
    /// What had its trailer with the segment before; what the reader finds wrong behind a trailer still belongs to it.
    ended: Option<Level>,
    /// The tag of the segment before, and where a fault in it is told.
    last: Option<(String, Level)>,
}

/// What is charged, from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Segment,
    Unit,
    Group,
    Interchange,
}

/// How bad something is and its error code (0085).
type Fault = (Severity, u16);

impl Ledger {
    pub(super) fn new(keeping: Keeping) -> Self {
        Self { keeping, ..Self::default() }
    }

    /// Takes note of the next segment and what was found with it.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, findings: &[Diagnostic]) {
        match self.ended.take() {
            Some(Level::Interchange) => self.close_interchange(),
            Some(Level::Group) => self.close_group(),
            Some(Level::Unit) => self.close_unit(),
            Some(Level::Segment) | None => {}
        }
        // What is missing is told with the segment before which it is missing.
        let start = Span::at(segment.span().start);
        for finding in findings.iter().filter(|finding| finding.place.span == start) {
            self.missing(finding);
        }
        self.enter(segment);
        for finding in findings.iter().filter(|finding| finding.place.span != start) {
            self.found(segment, finding);
        }
        self.ended = match segment.tag() {
            b"UNT" | b"UNP" => Some(Level::Unit),
            b"UNE" => Some(Level::Group),
            b"UNZ" => Some(Level::Interchange),
            _ => None,
        };
    }

    /// Takes note of where the UNB of the segment before stands.
    pub(super) fn place(&mut self, place: Place) {
        if let Some(subject) = &mut self.open {
            subject.place = place;
        }
    }

    /// Takes note of what the reader found wrong with the octets up to here.
    pub(super) fn problem(&mut self, problem: ProblemKind, finding: &Diagnostic) {
        let Some(fault) = self.fault_of(finding) else { return };
        match problem {
            // What stands outside any interchange is nothing that its sender could be told of by reference to it.
            ProblemKind::StrayText | ProblemKind::TextBeforeInterchange | ProblemKind::ByteOrderMark => {}
            ProblemKind::AdviceMisplaced
            | ProblemKind::AdviceRepeated
            | ProblemKind::RepetitionSeparatorUnused { .. }
            | ProblemKind::DoubtfulServiceCharacter { .. } => {
                let (severity, code) = fault;
                let segment = Some("UNA".to_owned());
                let charge = Charge { severity, code, segment, data_element: None, security: None };
                put(&mut self.advice, charge);
            }
            ProblemKind::ObjectLength { header, .. } | ProblemKind::ObjectTruncated { header, .. } => {
                self.charge(Level::Unit, fault, Some(header.to_owned()), None);
            }
            ProblemKind::ObjectTooLong { .. } => self.charge(Level::Unit, fault, None, None),
            ProblemKind::SegmentTooLong { .. } => {
                if let Some(unit) = &mut self.unit {
                    unit.position += 1;
                }
                self.charge(Level::Segment, fault, None, None);
            }
            _ => {
                let (tag, level) = self.last.clone().unwrap_or((String::new(), Level::Interchange));
                self.charge(level, fault, Some(tag).filter(|tag| !tag.is_empty()), None);
            }
        }
    }

    /// Ends the file, with what was missing there.
    pub(super) fn finish(mut self, findings: &[Diagnostic]) -> Vec<Subject> {
        for finding in findings {
            self.missing(finding);
        }
        self.close_interchange();
        self.done
    }

    fn enter(&mut self, segment: &Segment<'_>) {
        match segment.tag() {
            b"UNB" => {
                self.close_interchange();
                self.open = Some(subject(segment, self.advice.take()));
            }
            b"UNG" => {
                self.close_group();
                self.group = Some(Group { header: self.read(segment), charge: None, units: Vec::new() });
            }
            b"UNH" | b"UNO" => {
                self.close_unit();
                let header = self.read(segment);
                let unit = Unit {
                    header,
                    charge: None,
                    segments: Vec::new(),
                    dropped: 0,
                    rejected: false,
                    document: String::new(),
                    remarks: Vec::new(),
                    unremarked: 0,
                    position: 1,
                    security: Vec::new(),
                };
                if let Some(subject) = &mut self.open {
                    subject.unit_count += 1;
                    subject.has_data |= !unit.is_contrl();
                }
                self.unit = Some(unit);
            }
            b"UIB" => self.close_interchange(),
            b"UNE" => self.close_unit(),
            b"UNZ" => self.close_group(),
            tag => {
                let document = (tag == b"BGM" && self.keeping.remarks > 0).then(|| self.read(segment));
                if let Some(unit) = &mut self.unit {
                    unit.pass(segment);
                    if let Some(document) = document {
                        document.value(1, 0, 0).clone_into(&mut unit.document);
                    }
                }
            }
        }
        let level = self.level_of(segment.tag());
        self.last = Some((String::from_utf8_lossy(segment.tag()).into_owned(), level));
    }

    /// Where a fault in a segment with this tag is told.
    fn level_of(&self, tag: &[u8]) -> Level {
        match tag {
            b"UNB" | b"UNZ" => Level::Interchange,
            b"UNG" | b"UNE" => Level::Group,
            b"UNH" | b"UNT" | b"UNO" | b"UNP" => Level::Unit,
            // From syntax version 4 on the security of a message is told with its envelope (ISO 9735-10, UCM).
            tag if is_security(tag) && self.version() >= 4 => Level::Unit,
            _ => Level::Segment,
        }
    }

    fn version(&self) -> u8 {
        self.open.as_ref().map_or(0, |subject| subject.version)
    }

    /// Takes down a finding about the open message, if findings are to be told in words.
    fn remark(&mut self, finding: &Diagnostic) {
        let told = (1..=4).contains(&finding.code.layer()) && finding.code.severity == Severity::Error;
        if let (Some(unit), true) = (&mut self.unit, told && self.keeping.remarks > 0) {
            unit.remark(finding, self.keeping.remarks);
        }
    }

    /// Charges what is missing before the segment to come, or at the end of the file.
    fn missing(&mut self, finding: &Diagnostic) {
        if !matches!(finding.place.path.as_str(), "UNE" | "UNZ" | "UNB") {
            self.remark(finding);
        }
        let Some(fault) = self.fault_of(finding) else { return };
        let tag = || Some(finding.place.path.clone());
        match finding.place.path.as_str() {
            "UNT" | "UNP" => self.charge(Level::Unit, fault, tag(), None),
            "UNE" => self.charge(Level::Group, fault, tag(), None),
            "UNZ" => self.charge(Level::Interchange, fault, tag(), None),
            // There is nobody to be told of a missing UNB.
            "UNB" => {}
            _ => match &mut self.unit {
                Some(unit) => {
                    let position = unit.position;
                    unit.charge_segment(position, true, fault, None);
                }
                None => self.charge(Level::Group, fault, None, None),
            },
        }
    }

    /// Charges what was found in `segment`.
    fn found(&mut self, segment: &Segment<'_>, finding: &Diagnostic) {
        self.remark(finding);
        let Some(fault) = self.fault_of(finding) else { return };
        let tag = String::from_utf8_lossy(segment.tag()).into_owned();
        match fault.1 {
            // Groups and messages are mixed by the interchange, whichever comes second.
            30 => self.charge(Level::Interchange, fault, None, None),
            // What is about a whole is not about its header or trailer.
            26 | 32 => self.charge(self.level_of(segment.tag()), fault, None, None),
            33 if self.unit.is_none() => self.charge(Level::Group, fault, None, None),
            _ => self.charge(self.level_of(segment.tag()), fault, Some(tag), finding.place.data_element),
        }
    }

    /// Charges a level, or the next above that is there: then it is not the service segment that is at fault, but that it
    /// stands where it does.
    fn charge(
        &mut self,
        level: Level,
        (severity, code): Fault,
        segment: Option<String>,
        data_element: Option<DataElementPosition>,
    ) {
        if let (Level::Segment, Some(unit)) = (level, &mut self.unit) {
            let position = unit.position;
            unit.charge_segment(position, false, (severity, code), data_element);
            return;
        }
        let whole = Charge { severity, code, segment: None, data_element: None, security: None };
        let charge = match (&self.unit, segment) {
            (Some(unit), Some(tag)) if is_security(tag.as_bytes()) => match unit.security.last() {
                // A security segment is told by its reference, or not at all (ISO 9735-10, UCM).
                Some((reference, _)) if reference.is_empty() => whole.clone(),
                None => whole.clone(),
                security => Charge { segment: Some(tag), data_element, security: security.cloned(), ..whole.clone() },
            },
            (_, segment) => Charge { segment, data_element, ..whole.clone() },
        };
        let slots = [
            (Level::Unit, self.unit.as_mut().map(|unit| &mut unit.charge)),
            (Level::Group, self.group.as_mut().map(|group| &mut group.charge)),
            (Level::Interchange, self.open.as_mut().map(|subject| &mut subject.charge)),
        ];
        let slot =
            slots.into_iter().filter(|(known, _)| *known >= level).find_map(|(known, slot)| Some((known, slot?)));
        match slot {
            Some((known, slot)) if known == level => put(slot, charge),
            Some((_, slot)) => put(slot, whole),
            None => {}
        }
    }

    /// How bad a finding is and its error code; none where it is not told in a report on syntax.
    fn fault_of(&self, finding: &Diagnostic) -> Option<Fault> {
        let severity = finding.code.severity;
        let told = severity == Severity::Error || severity == Severity::Warning && self.keeping.warnings;
        let code = match (finding.code.layer(), finding.code.number % 1000) {
            (1..=3, digits @ 0..900) => digits,
            // What lies beyond a limit was not looked at, and cannot be acknowledged.
            (1..=3 | 9, _) => UNSPECIFIED,
            _ => return None,
        };
        told.then_some((severity, code))
    }

    fn close_unit(&mut self) {
        let Some(mut unit) = self.unit.take() else { return };
        unit.sort();
        // In an interchange with other messages CONTRL is as if it were not there (ISO 9735-4 §5).
        if unit.is_contrl() || !(unit.is_charged() || self.keeping.all) {
            return;
        }
        match (&mut self.group, &mut self.open) {
            (Some(group), _) => group.units.push(unit),
            (None, Some(subject)) => subject.units.push(unit),
            (None, None) => {}
        }
    }

    fn close_group(&mut self) {
        self.close_unit();
        let (Some(group), Some(subject)) = (self.group.take(), &mut self.open) else { return };
        // Before syntax version 4 an acknowledged interchange acknowledges its groups, not the messages in them
        // (0083, code 7): each group is answered.
        if group.charge.is_some() || !group.units.is_empty() || self.keeping.all || subject.version < 4 {
            subject.groups.push(group);
        }
    }

    fn close_interchange(&mut self) {
        self.close_group();
        self.done.extend(self.open.take());
    }

    fn read(&self, segment: &Segment<'_>) -> SegmentBuffer {
        SegmentBuffer::from_segment(
            segment,
            readable(segment, self.open.as_ref().and_then(|subject| subject.repertoire)),
        )
    }
}

/// How many segments of a message, and data elements of a segment, CONTRL lets stand (SG2, UCD).
const MOST_SEGMENTS: usize = 999;
const MOST_DATA_ELEMENTS: usize = 99;

/// 0085, unspecified error.
pub(super) const UNSPECIFIED: u16 = 18;

/// 0085, syntax version or level not supported.
const SYNTAX_UNSUPPORTED: u16 = 2;

/// Puts a charge where there is none, or none as bad or as precise: of each level one error is told (ISO 9735-4 §5.3.3).
fn put(slot: &mut Option<Charge>, charge: Charge) {
    // What is told of a syntax version that is none may be told of nothing but that.
    let precision = |code| if code == SYNTAX_UNSUPPORTED { 2 } else { u8::from(code != UNSPECIFIED) };
    let weight = |charge: &Charge| (charge.severity, precision(charge.code));
    if slot.as_ref().is_none_or(|known| weight(known) < weight(&charge)) {
        *slot = Some(charge);
    }
}

/// Whether it is a segment of the security part (ISO 9735-5): USA, USB, USC …
fn is_security(tag: &[u8]) -> bool {
    matches!(tag, [b'U', b'S', b'A'..=b'Z'])
}

/// The interchange that UNB opens, charged with what is wrong with the service string advice before it.
fn subject(segment: &Segment<'_>, advice: Option<Charge>) -> Subject {
    let syntax = segment.element(0);
    let version = match &*syntax.component(1).unescaped() {
        [digit @ b'1'..=b'4', ..] => digit - b'0',
        [b'5'..=b'9', ..] => 4,
        _ => 3,
    };
    let repertoire = Repertoire::declared(&syntax.component(0).unescaped(), &syntax.component(3).unescaped())
        .map(|declared| declared.in_version(version));
    Subject {
        header: SegmentBuffer::from_segment(segment, readable(segment, repertoire)),
        place: Place::default(),
        version,
        repertoire,
        characters: segment.characters(),
        charge: advice,
        groups: Vec::new(),
        units: Vec::new(),
        unit_count: 0,
        has_data: false,
    }
}

/// The repertoire in which `segment` can be read: the declared one, unless its octets say otherwise.
fn readable(segment: &Segment<'_>, declared: Option<Repertoire>) -> Repertoire {
    let fits = |repertoire: &Repertoire| segment.misfits(*repertoire).next().is_none();
    let utf8 = std::str::from_utf8(segment.raw()).is_ok();
    declared.filter(fits).unwrap_or(if utf8 { Repertoire::UNOY } else { Repertoire::UNOC })
}
