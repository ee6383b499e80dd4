//! The envelope: interchange, groups, messages and packages, their references and counts.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use karvan_edifact::{Detected, Evidence, MisfitKind, Repertoire, Segment, ServiceCharacters, detect};
use karvan_text::{Code, Diagnostic, Message, Place, Span, Unit};

use super::body::{Body, Definition, Findings, directory_of, excerpt, place};
use crate::directory::Directories;
use crate::message::content::{self, Reading};
use crate::message::rules::RuleBook;
use crate::message::table::Tag;

/// How deep a validator looks; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Envelope, counts, references, character repertoire, service segments.
    Syntax,
    /// Messages: segment groups, segments, data elements, formats.
    Structure,
    /// Code values.
    #[default]
    Codes,
}

/// What a validator is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How deep to look.
    pub depth: Depth,
    /// Read every message as of this type, whatever its UNH says.
    pub read_as: Option<MessageType>,
}

/// The type of a message: message identifier S009 of UNH.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType {
    /// Message type (0065): `INVOIC`.
    pub name: String,
    /// Message version number (0052): `D`.
    pub version: String,
    /// Message release number (0054): `96A`.
    pub release: String,
    /// Controlling agency (0051): `UN`.
    pub agency: String,
    /// Association assigned code (0057): `EAN008`; empty where there is none.
    pub association: String,
    /// Code list directory version (0110, syntax version 4): `16B` where codes are those of D.16B, whatever the release
    /// of the message; empty where there is none.
    pub code_list: String,
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.name, self.version, self.release)
    }
}

/// What a validator has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Interchanges, with or without UNB.
    pub interchanges: u64,
    /// Functional groups.
    pub groups: u64,
    /// Messages.
    pub messages: u64,
    /// Packages.
    pub packages: u64,
    /// Segments.
    pub segments: u64,
    /// Messages by type.
    pub types: BTreeMap<MessageType, u64>,
}

/// Checks the segments of a file, one after the other.
#[derive(Debug)]
pub struct Validator<'d> {
    directories: &'d Directories,
    options: Options,
    counts: Counts,
    /// Whether a service string advice stands before the interchange to come.
    advised: bool,
    interchange: Option<Interchange>,
    group: Option<Level>,
    message: Option<OpenMessage<'d>>,
    package: Option<Level>,
    service: Arc<RuleBook<'d>>,
    services: BTreeMap<u8, Arc<RuleBook<'d>>>,
    definitions: Vec<(MessageType, Option<Arc<Definition<'d>>>)>,
}

/// An open interchange.
#[derive(Debug)]
struct Interchange {
    level: Level,
    repertoire: Option<Repertoire>,
    /// What its octets look like.
    evidence: Evidence,
    reading: Reading,
    groups: u64,
    references: References,
}

/// What every level of the envelope has: a reference, and a count of what it holds.
#[derive(Debug)]
struct Level {
    /// Its reference; none where it was opened without its header.
    reference: Option<Vec<u8>>,
    /// How many segments, messages or packages it holds so far.
    count: u64,
}

#[derive(Debug)]
struct OpenMessage<'d> {
    level: Level,
    body: Option<Body<'d>>,
}

/// References already used, as hashes: an interchange may hold millions.
#[derive(Debug, Default)]
struct References {
    seen: HashSet<u64>,
    full: bool,
}

/// What became of a reference.
enum Remembered {
    New,
    Duplicate,
    /// It is the first that is no longer compared, for as many as may be are remembered.
    LimitReached,
}

impl References {
    /// How many are remembered.
    const LIMIT: usize = 1 << 20;

    fn insert(&mut self, reference: &[u8]) -> Remembered {
        let mut hasher = DefaultHasher::new();
        reference.hash(&mut hasher);
        let hash = hasher.finish();
        if self.seen.contains(&hash) {
            return Remembered::Duplicate;
        }
        if self.seen.len() < Self::LIMIT {
            self.seen.insert(hash);
            return Remembered::New;
        }
        if std::mem::replace(&mut self.full, true) { Remembered::New } else { Remembered::LimitReached }
    }
}

impl<'d> Validator<'d> {
    /// A validator that stands before the first octet of a file.
    #[must_use]
    pub fn new(directories: &'d Directories, options: Options) -> Self {
        Self {
            directories,
            options,
            counts: Counts::default(),
            advised: false,
            interchange: None,
            group: None,
            message: None,
            package: None,
            service: Arc::default(),
            services: BTreeMap::new(),
            definitions: Vec::new(),
        }
    }

    /// What was seen so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes note of a service string advice.
    pub fn advice(&mut self) {
        self.advised = true;
    }

    /// Checks the next segment.
    ///
    /// Findings come with the octets they concern, in the segment or at its start; their line and column are left to the
    /// reader of the file, who can tell them at no cost as long as there is nothing to tell.
    pub fn segment(&mut self, segment: &Segment<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let mut findings = Findings { report, unit: self.unit() };
        self.counts.segments += 1;
        if !segment.is_terminated() && !matches!(segment.tag(), b"UNT" | b"UNE" | b"UNZ") {
            // The end of the file cut it short, which its reader tells; what it was to be is not known.
            return;
        }
        let tag = Tag::new(segment.tag());
        if !tag.is_service() {
            self.other(segment, tag, &mut findings);
            return;
        }
        match segment.tag() {
            b"UNB" => self.interchange_header(segment, &mut findings),
            b"UNG" => self.group_header(segment, &mut findings),
            b"UNH" => self.message_header(segment, &mut findings),
            b"UNO" => self.package_header(segment, &mut findings),
            b"UNT" if self.message.is_some() => self.message_trailer(segment, &mut findings),
            b"UNP" if self.package.is_some() => self.package_trailer(segment, &mut findings),
            b"UNE" if self.group.is_some() || self.message.is_some() => self.group_trailer(segment, &mut findings),
            b"UNZ" if self.interchange.is_some() => self.interchange_trailer(segment, &mut findings),
            _ => self.other(segment, tag, &mut findings),
        }
    }

    /// Ends the file, `end` octets long.
    pub fn finish(&mut self, end: u64, report: &mut dyn FnMut(Diagnostic)) {
        let mut findings = Findings { report, unit: self.unit() };
        self.close_interchange(Span::at(end), &mut findings);
    }

    /// The message or package that is open.
    fn unit(&self) -> Option<Unit> {
        match (&self.package, &self.message) {
            (Some(_), _) => Some(Unit { header: "UNO", number: self.counts.packages }),
            (None, Some(_)) => Some(Unit { header: "UNH", number: self.counts.messages }),
            (None, None) => None,
        }
    }

    fn interchange_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.close_interchange(Span::at(segment.span().start), findings);
        self.counts.interchanges += 1;
        let syntax = segment.element(0);
        let version = match &*syntax.component(1).unescaped() {
            [digit @ b'1'..=b'9', ..] => digit - b'0',
            _ => 3,
        };
        let identifier = syntax.component(0);
        let encoding = syntax.component(3);
        let repertoire = Repertoire::declared(&identifier.unescaped(), &encoding.unescaped())
            .map(|declared| declared.in_version(version));
        self.open_interchange(
            Some(segment.component(4, 0).unescaped().into_owned()),
            version,
            repertoire,
            segment.characters(),
        );
        self.service_segment(segment, findings);
        // One that is missing was told as missing.
        if repertoire.is_none() && !identifier.is_empty() {
            let span = if encoding.is_empty() { identifier.span() } else { identifier.span().to(encoding.span()) };
            let shown = String::from_utf8_lossy(span_of(segment, span)).into_owned();
            let message = Message::new("repertoire-unsupported").with("identifier", &shown);
            findings.report(at(segment, span, "UNB/S001", Code::error(1046), message).found(shown));
        }
        if !(1..=4).contains(&version) {
            let span = syntax.component(1).span();
            let message = Message::new("syntax-version-unsupported").with("version", version);
            findings.report(at(segment, span, "UNB/S001/0002", Code::error(1002), message).expected("1, 2, 3, 4"));
        }
    }

    fn open_interchange(
        &mut self,
        reference: Option<Vec<u8>>,
        version: u8,
        repertoire: Option<Repertoire>,
        characters: ServiceCharacters,
    ) {
        let reading = Reading {
            characters,
            repertoire,
            advised_decimal_mark: self.advised && version < 4,
            codes: self.options.depth >= Depth::Codes,
            unknown_code: Code::error,
        };
        self.advised = false;
        let directories = self.directories;
        let book = self.services.entry(version).or_insert_with(|| {
            let directory = directories.service(&version.clamp(1, 4).to_string());
            Arc::new(directory.map(|directory| RuleBook::new(directory.segments(), None)).unwrap_or_default())
        });
        self.service = Arc::clone(book);
        self.interchange = Some(Interchange {
            level: Level { reference, count: 0 },
            repertoire,
            evidence: Evidence::default(),
            reading,
            groups: 0,
            references: References::default(),
        });
    }

    fn interchange_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.close_group(start, findings);
        self.service_segment(segment, findings);
        let Some(interchange) = self.interchange.take() else { return };
        if let Some(finding) = detected_otherwise(&interchange, segment.tag_span()) {
            findings.report(finding.excerpt(excerpt(segment, segment.tag_span())));
        }
        let (count, what) = match interchange.groups {
            0 => (interchange.level.count, "count-differs-unz-messages"),
            groups => (groups, "count-differs-unz-groups"),
        };
        check_count(segment, "UNZ/0036", count, what, findings);
        check_reference(segment, "UNZ/0020", "UNB", interchange.level.reference.as_deref(), findings);
        if interchange.groups == 0 && interchange.level.count == 0 {
            let message = Message::new("interchange-empty");
            findings.report(at(segment, segment.tag_span(), "UNZ", Code::error(1032), message));
        }
        self.advised = false;
    }

    fn close_interchange(&mut self, end: Span, findings: &mut Findings<'_>) {
        self.close_package(end, findings);
        self.close_message(end, findings);
        self.close_group(end, findings);
        let Some(interchange) = self.interchange.take() else { return };
        if let Some(finding) = detected_otherwise(&interchange, end) {
            findings.report(finding);
        }
        if interchange.level.reference.is_some() {
            findings.report(trailer_missing("UNZ", "UNB", end));
        }
    }

    fn group_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.close_group(start, findings);
        self.need_interchange(segment, findings);
        self.service_segment(segment, findings);
        self.counts.groups += 1;
        let reference = segment.component(4, 0).unescaped().into_owned();
        if let Some(interchange) = &mut self.interchange {
            interchange.groups += 1;
            if interchange.level.count > 0 {
                let message = Message::new("groups-and-messages-mixed");
                findings.report(at(segment, segment.tag_span(), "UNG", Code::error(1030), message));
            }
        }
        self.group = Some(Level { reference: Some(reference), count: 0 });
    }

    fn group_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.service_segment(segment, findings);
        let Some(group) = self.group.take() else {
            findings.report(outside(segment));
            return;
        };
        check_count(segment, "UNE/0060", group.count, "count-differs-une", findings);
        check_reference(segment, "UNE/0048", "UNG", group.reference.as_deref(), findings);
        if group.count == 0 {
            let message = Message::new("group-empty");
            findings.report(at(segment, segment.tag_span(), "UNE", Code::error(1032), message));
        }
    }

    fn close_group(&mut self, end: Span, findings: &mut Findings<'_>) {
        if self.group.take().is_some() {
            findings.report(trailer_missing("UNE", "UNG", end));
        }
    }

    fn message_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.need_interchange(segment, findings);
        self.counts.messages += 1;
        findings.unit = Some(Unit { header: "UNH", number: self.counts.messages });
        self.count_unit(segment, findings);
        let declared = message_type(segment);
        match self.counts.types.get_mut(&declared) {
            Some(count) => *count += 1,
            None => drop(self.counts.types.insert(declared.clone(), 1)),
        }
        let reference = segment.component(0, 0).unescaped().into_owned();
        if let Some(interchange) = &mut self.interchange {
            // Codes that a user community added stand in its own guideline, not in the directory.
            interchange.reading.unknown_code =
                if declared.association.is_empty() { Code::error } else { Code::warning };
        }
        self.check_duplicate(segment, &reference, "UNH/0062", findings);
        self.message = Some(OpenMessage { level: Level { reference: Some(reference), count: 1 }, body: None });
        self.service_segment(segment, findings);
        if self.options.depth < Depth::Structure {
            return;
        }
        let wanted = self.options.read_as.clone().unwrap_or(declared);
        match self.definition(&wanted) {
            Some(definition) => {
                if let Some(message) = &mut self.message {
                    message.body = Some(Body::new(definition));
                }
                self.hand_to_body(segment, findings);
            }
            None => findings.report(self.unknown_message(segment, &wanted)),
        }
    }

    fn message_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.hand_to_body(segment, findings);
        self.service_segment(segment, findings);
        let Some(mut message) = self.message.take() else { return };
        message.level.count += 1;
        check_count(segment, "UNT/0074", message.level.count, "count-differs-unt", findings);
        check_reference(segment, "UNT/0062", "UNH", message.level.reference.as_deref(), findings);
        if let Some(body) = message.body {
            body.finish(Span::at(segment.span().start), findings);
        }
    }

    fn close_message(&mut self, end: Span, findings: &mut Findings<'_>) {
        if let Some(message) = self.message.take() {
            findings.report(trailer_missing("UNT", "UNH", end));
            if let Some(body) = message.body {
                body.finish(end, findings);
            }
            findings.unit = None;
        }
    }

    fn package_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.need_interchange(segment, findings);
        self.counts.packages += 1;
        findings.unit = Some(Unit { header: "UNO", number: self.counts.packages });
        self.count_unit(segment, findings);
        self.service_segment(segment, findings);
        let reference = segment.component(0, 0).unescaped().into_owned();
        self.check_duplicate(segment, &reference, "UNO/0800", findings);
        self.package = Some(Level { reference: Some(reference), count: 0 });
    }

    fn package_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.service_segment(segment, findings);
        if let Some(package) = self.package.take() {
            check_reference(segment, "UNP/0800", "UNO", package.reference.as_deref(), findings);
        }
    }

    fn close_package(&mut self, end: Span, findings: &mut Findings<'_>) {
        if self.package.take().is_some() {
            findings.report(trailer_missing("UNP", "UNO", end));
            findings.unit = None;
        }
    }

    fn other(&mut self, segment: &Segment<'_>, tag: Tag, findings: &mut Findings<'_>) {
        if tag.is_service() && matches!(segment.tag(), b"UIB" | b"UIH") {
            let message = Message::new("interactive-unsupported");
            findings.report(at(segment, segment.tag_span(), "", Code::error(1047), message));
        }
        let Some(message) = &mut self.message else {
            self.need_interchange(segment, findings);
            self.check_repertoire(segment, findings);
            // Security segments protect an interchange, a group or a package (ISO 9735-5 §5.3).
            if self.service.get(tag).is_some() && segment.tag().starts_with(b"US") {
                self.service_segment(segment, findings);
            } else {
                findings.report(outside(segment));
            }
            return;
        };
        message.level.count += 1;
        self.check_repertoire(segment, findings);
        self.hand_to_body(segment, findings);
    }

    /// Counts a message or package in the group, or in the interchange where there is no group.
    fn count_unit(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        match (&mut self.group, &mut self.interchange) {
            (Some(group), _) => group.count += 1,
            (None, Some(interchange)) => {
                interchange.level.count += 1;
                if interchange.groups > 0 {
                    let message = Message::new("groups-and-messages-mixed");
                    findings.report(at(segment, segment.tag_span(), "", Code::error(1030), message));
                }
            }
            (None, None) => {}
        }
    }

    /// Opens an interchange without UNB where a segment stands outside any.
    fn need_interchange(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        if self.interchange.is_some() {
            return;
        }
        self.counts.interchanges += 1;
        let version = if segment.characters().repetition.is_some() { 4 } else { 3 };
        self.open_interchange(None, version, None, segment.characters());
        let span = Span::at(segment.span().start);
        let finding = Diagnostic::new(
            Code::error(1013),
            Message::new("interchange-header-missing").with("segment", Tag::new(segment.tag())),
            place(span, "UNB"),
        );
        findings.report(finding.expected("UNB").excerpt(excerpt(segment, span)));
    }

    fn check_duplicate(&mut self, segment: &Segment<'_>, reference: &[u8], path: &str, findings: &mut Findings<'_>) {
        let Some(interchange) = self.interchange.as_mut().filter(|_| !reference.is_empty()) else { return };
        let span = segment.component(0, 0).span();
        match interchange.references.insert(reference) {
            Remembered::New => {}
            Remembered::Duplicate => {
                let shown = String::from_utf8_lossy(reference).into_owned();
                let message = Message::new("reference-duplicate").with("reference", &shown);
                findings.report(at(segment, span, path, Code::error(1026), message).found(shown));
            }
            Remembered::LimitReached => {
                let message = Message::new("reference-limit").with("limit", References::LIMIT);
                findings.report(at(segment, span, path, Code::error(9003), message));
            }
        }
    }

    /// Checks a service segment by the service directory of the syntax version.
    fn service_segment(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.check_repertoire(segment, findings);
        let tag = Tag::new(segment.tag());
        let (Some(interchange), Some(rules)) = (&self.interchange, self.service.get(tag)) else { return };
        content::check(segment, rules, &interchange.reading, &mut |fault| {
            findings.fault(fault, segment, rules, rules.tag, true);
        });
    }

    /// Hands a segment to the body of the open message.
    #[inline]
    fn hand_to_body(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        if let (Some(interchange), Some(OpenMessage { body: Some(body), .. })) = (&self.interchange, &mut self.message)
        {
            body.segment(segment, &self.service, &interchange.reading, findings);
        }
    }

    /// Finds octets that the declared repertoire does not hold (ISO 9735-1 §6).
    #[inline]
    fn check_repertoire(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let Some(Interchange { repertoire: Some(repertoire), evidence, .. }) = &mut self.interchange else { return };
        if repertoire.is_plain(segment.body()) {
            return;
        }
        *evidence += detect(segment.body());
        for (span, misfit) in segment.misfits(*repertoire) {
            findings.report(out_of_repertoire(segment, span, *repertoire, misfit.kind));
        }
    }

    fn definition(&mut self, wanted: &MessageType) -> Option<Arc<Definition<'d>>> {
        if let Some((_, definition)) = self.definitions.iter().find(|(known, _)| known == wanted) {
            return definition.clone();
        }
        let definition = directory_of(self.directories, wanted)
            .filter(|_| wanted.agency.is_empty() || wanted.agency == "UN")
            .and_then(|directory| directory.message(&wanted.name))
            .map(|message| {
                let codes = self.directories.release(&format!("{}.{}", wanted.version, wanted.code_list));
                Arc::new(Definition::new(message, codes))
            });
        self.definitions.push((wanted.clone(), definition.clone()));
        definition
    }

    fn unknown_message(&self, segment: &Segment<'_>, wanted: &MessageType) -> Diagnostic {
        let releases = self.directories.releases();
        let known: Vec<_> = releases
            .iter()
            .filter(|name| {
                self.directories.release(name).is_some_and(|release| release.message(&wanted.name).is_some())
            })
            .collect();
        let message = if !wanted.agency.is_empty() && wanted.agency != "UN" {
            Message::new("agency-unsupported").with("agency", &wanted.agency)
        } else if known.is_empty() {
            Message::new("message-unknown").with("message", &wanted.name)
        } else {
            Message::new("release-unknown")
                .with("message", &wanted.name)
                .with("release", format!("{}.{}", wanted.version, wanted.release))
        };
        let expected = match (known.first(), known.last()) {
            (Some(first), Some(last)) => format!("{} {first}–{last}", wanted.name),
            _ => match (releases.first(), releases.last()) {
                (Some(first), Some(last)) => format!("{first}–{last}"),
                _ => String::new(),
            },
        };
        let span = segment.element(1).span();
        at(segment, span, "UNH/S009", Code::error(1017), message)
            .expected(expected)
            .found(String::from_utf8_lossy(segment.element(1).raw()))
            .help(Message::new("help-read-as"))
    }
}

/// The octets at `span` do not belong into the declared repertoire.
fn out_of_repertoire(segment: &Segment<'_>, span: Span, repertoire: Repertoire, misfit: MisfitKind) -> Diagnostic {
    let described = |character: char| match character.is_control() {
        true => format!("U+{:04X}", u32::from(character)),
        false => format!("U+{:04X} '{character}'", u32::from(character)),
    };
    let (id, name, shown) = match misfit {
        MisfitKind::NotPermitted { character } => ("character-not-in-repertoire", "character", described(character)),
        MisfitKind::Utf8 { character } => ("utf8-in-repertoire", "character", described(character)),
        _ => {
            let octet = span_of(segment, span).first().copied().unwrap_or_default();
            ("octet-not-in-repertoire", "octet", format!("{octet:02X}"))
        }
    };
    let message = Message::new(id).with(name, &shown).with("identifier", repertoire);
    let found = at(segment, span, "", Code::error(1021), message).found(shown);
    match misfit {
        MisfitKind::Utf8 { .. } => found.help(Message::new("help-utf8-found")),
        // A control character is in no repertoire.
        MisfitKind::NotPermitted { character } if !character.is_control() => found.help(Message::new("help-charset")),
        _ => found,
    }
}

/// Tells, at the end of an interchange, that its octets do not look like the repertoire that UNB declares.
fn detected_otherwise(interchange: &Interchange, span: Span) -> Option<Diagnostic> {
    let Interchange { repertoire: Some(repertoire), evidence, .. } = interchange else { return None };
    let detected = evidence.detected();
    if repertoire.agrees_with(detected) {
        return None;
    }
    let id = match detected {
        Detected::Utf8 => "repertoire-detected-utf8",
        Detected::Iso2022 => "repertoire-detected-iso-2022",
        Detected::CodePage => "repertoire-detected-code-page",
        Detected::EightBit => "repertoire-detected-eight-bit",
        _ => "repertoire-detected-mixed",
    };
    let message = Message::new(id)
        .with("identifier", repertoire)
        .with("characters", evidence.utf8)
        .with("octets", evidence.eight_bit);
    let finding = Diagnostic::new(Code::warning(1910), message, place(span, "UNB/S001/0001"));
    Some(finding.help(Message::new("help-repertoire-detected")))
}

/// The message type that UNH declares.
fn message_type(segment: &Segment<'_>) -> MessageType {
    let identifier = segment.element(1);
    let text = |n| String::from_utf8_lossy(&identifier.component(n).unescaped()).into_owned();
    MessageType {
        name: text(0),
        version: text(1),
        release: text(2),
        agency: text(3),
        association: text(4),
        code_list: text(5),
    }
}

fn at(segment: &Segment<'_>, span: Span, path: &str, code: Code, message: Message) -> Diagnostic {
    let tag;
    let path = if path.is_empty() {
        tag = Tag::new(segment.tag()).to_string();
        &tag
    } else {
        path
    };
    let place = Place { data_element: segment.position_of(span), ..place(span, path) };
    Diagnostic::new(code, message, place).excerpt(excerpt(segment, span))
}

fn span_of<'a>(segment: &Segment<'a>, span: Span) -> &'a [u8] {
    let start = segment.span().start;
    Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start)).slice(segment.raw())
}

fn check_count(segment: &Segment<'_>, path: &str, actual: u64, message: &'static str, findings: &mut Findings<'_>) {
    let value = segment.component(0, 0);
    let text = value.unescaped();
    if text.is_empty() || std::str::from_utf8(&text).ok().and_then(|text| text.parse::<u64>().ok()) == Some(actual) {
        return;
    }
    let shown = String::from_utf8_lossy(&text).into_owned();
    let message = Message::new(message).with("counted", &shown).with("actual", actual);
    findings.report(
        at(segment, value.span(), path, Code::error(1029), message)
            .expected(actual.to_string())
            .found(shown)
            .fix(value.span(), actual.to_string())
            .help(Message::new("help-recount")),
    );
}

fn check_reference(
    segment: &Segment<'_>,
    path: &str,
    header: &str,
    expected: Option<&[u8]>,
    findings: &mut Findings<'_>,
) {
    // Every trailer carries its count or length first, the reference second.
    let value = segment.component(1, 0);
    let (Some(expected), found) = (expected, value.unescaped()) else { return };
    if *found == *expected {
        return;
    }
    let show = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let message = Message::new("reference-differs")
        .with("trailer", Tag::new(segment.tag()))
        .with("header", header)
        .with("found", show(&found))
        .with("expected", show(expected));
    findings.report(
        at(segment, value.span(), path, Code::error(1028), message).expected(show(expected)).found(show(&found)),
    );
}

fn trailer_missing(trailer: &str, header: &str, end: Span) -> Diagnostic {
    let message = Message::new("trailer-missing").with("trailer", trailer).with("header", header);
    Diagnostic::new(Code::error(1013), message, place(end, trailer)).expected(trailer)
}

fn outside(segment: &Segment<'_>) -> Diagnostic {
    let message = Message::new("segment-outside").with("segment", Tag::new(segment.tag()));
    at(segment, segment.tag_span(), "", Code::error(1033), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_beyond_the_limit_are_told_once_and_known_ones_still_found() {
        let mut references = References::default();
        for number in 0..References::LIMIT as u64 {
            assert!(matches!(references.insert(&number.to_be_bytes()), Remembered::New));
        }
        assert!(matches!(references.insert(b"one too many"), Remembered::LimitReached));
        assert!(matches!(references.insert(b"another"), Remembered::New));
        assert!(matches!(references.insert(&7_u64.to_be_bytes()), Remembered::Duplicate));
    }
}
