//! The envelope: interchange, groups, messages and packages, their references and counts.

use std::sync::Arc;

use karvan_edifact::{
    Advice, Component, Evidence, GroupHeader, InterchangeHeader, MessageHeader, PackageHeader, Repertoire, Segment,
    ServiceCharacters, StatusReport, Trailer, detect,
};
use karvan_text::{Code, Diagnostic, Message, Span, Unit};

use super::body::{Body, Definition};
use super::definitions::{Definitions, Undefined};
use super::finding::{
    Findings, at, constituent_at, detected_otherwise, excerpt, header_missing, misplaced, out_of_repertoire, outside,
    place, shown, span_of,
};
use super::level::{Level, Names};
use super::open::{Interchange, OpenGroup, OpenPackage, dialogue};
use super::options::{Counts, Depth, MessageType, Options};
use super::references::{References, Remembered};
use super::security::is_security_segment;
use crate::message::content::{self, NumberForm, Reading};
use crate::message::rules::RuleBook;
use crate::message::table::Tag;

/// Checks the segments of a file, one after the other.
#[derive(Debug)]
pub struct Validator<'d> {
    definitions: &'d Definitions<'d>,
    options: Options,
    counts: Counts,
    /// The service string advice before the interchange to come: where it stands, and its decimal mark.
    advised: Option<(Span, u8)>,
    interchange: Option<Interchange>,
    group: Option<OpenGroup>,
    message: Option<OpenMessage<'d>>,
    package: Option<OpenPackage>,
    /// The interchanges so far, by what identifies them.
    interchanges: References,
    /// Whether an interchange with a header was seen.
    headed: bool,
    /// Whether the segment before was an empty one, or one outside any message.
    run: Run,
    /// The rules of the service segments of this interchange.
    service: Arc<RuleBook<'d>>,
    /// The messages that came by: most files hold few types.
    known: Vec<(MessageType, bool, Result<Arc<Definition<'d>>, Undefined<'d>>)>,
}

/// Segments of a kind that are told once, however many follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    None,
    Empty,
    Outside,
}

#[derive(Debug)]
struct OpenMessage<'d> {
    level: Level,
    body: Option<Body<'d>>,
}

impl<'d> Validator<'d> {
    /// A validator that stands before the first octet of a file and checks against these definitions.
    #[must_use]
    pub fn new(definitions: &'d Definitions<'d>, options: Options) -> Self {
        Self {
            definitions,
            counts: Counts::default(),
            advised: None,
            interchange: None,
            group: None,
            message: None,
            package: None,
            interchanges: References::new(options.reference_limit),
            headed: false,
            run: Run::None,
            options,
            service: Arc::default(),
            known: Vec::new(),
        }
    }

    /// What was seen so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes note of a service string advice.
    pub fn advice(&mut self, advice: &Advice<'_>) {
        self.advised = Some((advice.span(), advice.declared().decimal));
    }

    /// Takes note of a segment that is longer than the reader's limit: it counts, though nobody has looked at it.
    pub fn passed_over(&mut self) {
        self.counts.segments += 1;
        if let Some(message) = &mut self.message {
            message.level.count += 1;
        }
    }

    /// Checks the next segment.
    ///
    /// Findings come with the octets they concern, in the segment or at its start; their line and column are left to the
    /// reader of the file, who can tell them at no cost as long as there is nothing to tell.
    pub fn segment(&mut self, segment: &Segment<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let mut findings = Findings { report, unit: self.unit() };
        if segment.body().is_empty() {
            self.empty_segment(segment, &mut findings);
            return;
        }
        self.counts.segments += 1;
        if !segment.is_terminated() && !matches!(segment.tag(), b"UNT" | b"UNE" | b"UNZ" | b"UIT" | b"UIZ") {
            // The end of the file cut it short, which its reader tells; what it was to be is not known.
            return;
        }
        let tag = Tag::new(segment.tag());
        if tag.is_service() {
            self.of_service(segment, tag, &mut findings);
        } else {
            self.of_message(segment, tag, &mut findings);
        }
    }

    /// A segment whose tag is one of a service segment.
    #[inline(never)] // The usual segment then needs little of the stack.
    fn of_service(&mut self, segment: &Segment<'_>, tag: Tag, findings: &mut Findings<'_>) {
        let octets = segment.tag();
        let ends = |level: Option<&Level>| level.is_some_and(|level| level.names.trailer.as_bytes() == octets);
        match octets {
            b"UNB" | b"UIB" => self.interchange_header(segment, findings),
            b"UNG" => self.group_header(segment, findings),
            b"UNH" | b"UIH" => self.message_header(segment, findings),
            b"UNO" => self.package_header(segment, findings),
            b"UIR" => self.status_report(segment, findings),
            _ if ends(self.message.as_ref().map(|message| &message.level)) => self.message_trailer(segment, findings),
            _ if ends(self.package.as_ref().map(|package| &package.level)) => self.package_trailer(segment, findings),
            b"UNE" if self.group.is_some() || self.message.is_some() => self.group_trailer(segment, findings),
            _ if ends(self.interchange.as_ref().map(|interchange| &interchange.level)) => {
                self.interchange_trailer(segment, findings);
            }
            _ if is_security_segment(octets) && self.service.get(tag).is_some() => {
                self.security_segment(segment, findings);
            }
            _ => self.of_message(segment, tag, findings),
        }
    }

    /// Ends the file, `end` octets long.
    pub fn finish(&mut self, end: u64, report: &mut dyn FnMut(Diagnostic)) {
        let mut findings = Findings { report, unit: self.unit() };
        self.close_interchange(Span::at(end), &mut findings);
        if self.advised.take().is_some() {
            let message = Message::new("advice-without-interchange");
            let finding = Diagnostic::new(Code::error(1013), message, place(Span::at(end), "UNB")).expected("UNB");
            findings.report(finding.help(Message::new("help-interchange-header")));
        }
    }

    /// The message or package that is open.
    fn unit(&self) -> Option<Unit> {
        match (&self.package, &self.message) {
            (Some(package), _) => Some(Unit { header: package.level.names.header, number: self.counts.packages }),
            (None, Some(message)) => Some(Unit { header: message.level.names.header, number: self.counts.messages }),
            (None, None) => None,
        }
    }

    fn interchange_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.close_interchange(Span::at(segment.span().start), findings);
        let Some(header) = InterchangeHeader::of(*segment) else { return };
        self.counts.interchanges += 1;
        self.headed = true;
        let declared_version = header.syntax_version();
        let version = match &*declared_version.unescaped() {
            _ if header.is_interactive() => 4,
            [digit @ b'1'..=b'9', ..] => digit - b'0',
            _ => 3,
        };
        let (identifier, encoding) = (header.syntax_identifier(), header.character_encoding());
        let repertoire = Repertoire::declared(&identifier.unescaped(), &encoding.unescaped())
            .map(|declared| declared.in_version(version));
        let names = if header.is_interactive() { &Names::INTERACTIVE_INTERCHANGE } else { &Names::INTERCHANGE };
        let level = Level::new(names, Some(header.reference().unescaped().into_owned()));
        self.check_decimal_mark(version, findings);
        self.open_interchange(level, version, repertoire, segment.characters());
        if let Some(interchange) = &mut self.interchange {
            interchange.dialogue = dialogue(header.dialogue());
        }
        self.service_segment(segment, findings);
        self.check_interchange_reference(&header, findings);
        let path = |rest: &str| format!("{}/S001{rest}", names.header);
        // One that is missing was told as missing.
        if repertoire.is_none() && !identifier.is_empty() {
            let span = if encoding.is_empty() { identifier.span() } else { identifier.span().to(encoding.span()) };
            let shown = String::from_utf8_lossy(span_of(segment, span)).into_owned();
            let message = Message::new("repertoire-unsupported").with("identifier", &shown);
            findings.report(at(segment, span, &path(""), Code::error(1046), message).found(shown));
        }
        let expected = if header.is_interactive() { "4" } else { "1, 2, 3, 4" };
        let is_supported = match &*declared_version.unescaped() {
            [b'4'] => true,
            [b'1'..=b'3'] => !header.is_interactive(),
            // One that is missing was told as missing.
            octets => octets.is_empty(),
        };
        if !is_supported {
            let shown = shown(&declared_version.unescaped());
            let message = Message::new("syntax-version-unsupported").with("version", &shown);
            let finding = at(segment, declared_version.span(), &path("/0002"), Code::error(1002), message);
            findings.report(finding.expected(expected).found(shown));
        }
    }

    /// Tells a decimal mark of UNA that is none: a comma or a full stop (ISO 9735:1988, annex B). Version 4 passes over it.
    fn check_decimal_mark(&self, version: u8, findings: &mut Findings<'_>) {
        let Some((span, mark)) = self.advised.filter(|(_, mark)| version < 4 && !b".,".contains(mark)) else { return };
        // UNA, two separators, the mark.
        let span = Span::new(span.start + 5, span.start + 6);
        let character = format!("'{}'", mark.escape_ascii());
        let message = Message::new("advised-mark-invalid").with("character", &character);
        findings
            .report(Diagnostic::new(Code::warning(1019), message, place(span, "UNA")).expected(". ,").found(character));
    }

    /// Tells an interchange of this sender, recipient and reference that was in the file before (ISO 9735-10, UNB).
    fn check_interchange_reference(&mut self, header: &InterchangeHeader<'_>, findings: &mut Findings<'_>) {
        let reference = header.reference();
        if reference.is_empty() {
            return;
        }
        let parties = [header.sender(), header.recipient()].map(|party| party.element().raw());
        let dialogue = header.dialogue();
        let remembered = self.interchanges.insert((parties, dialogue.element().raw(), reference.raw()));
        let path = if header.is_interactive() { "UIB/S302/0300" } else { "UNB/0020" };
        self.report_remembered(remembered, "interchange-duplicate", &header.segment(), &reference, path, findings);
    }

    fn open_interchange(
        &mut self,
        level: Level,
        version: u8,
        repertoire: Option<Repertoire>,
        characters: ServiceCharacters,
    ) {
        let reading = Reading {
            characters,
            repertoire,
            numbers: match version {
                4.. => NumberForm::Iso6093,
                _ => match self.advised {
                    Some((_, b'.' | b',')) => NumberForm::AdvisedMark,
                    _ => NumberForm::EitherMark,
                },
            },
            codes: self.options.depth >= Depth::Codes,
            unknown_code: Code::error,
        };
        self.advised = None;
        self.service = self.definitions.service(version);
        self.interchange = Some(Interchange {
            level,
            dialogue: Default::default(),
            version,
            repertoire,
            evidence: Evidence::default(),
            reading,
            groups: 0,
            references: References::new(self.options.reference_limit),
        });
    }

    fn interchange_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.close_group(start, findings);
        self.service_segment(segment, findings);
        let Some(mut interchange) = self.interchange.take() else { return };
        interchange.level.security.finish(start, findings);
        if let Some(finding) = detected_otherwise(&interchange, segment.tag_span()) {
            findings.report(finding.excerpt(excerpt(segment, segment.tag_span())));
        }
        let level = &interchange.level;
        if level.reference.is_none() {
            findings.report(header_missing(segment, level.names));
        }
        let (count, what) = match interchange.groups {
            _ if level.names.interactive => (level.count, "count-differs-uiz"),
            0 => (level.count, "count-differs-unz-messages"),
            groups => (groups, "count-differs-unz-groups"),
        };
        level.check_count(segment, count, what, findings);
        if level.names.interactive {
            let repeated = Trailer::of(*segment).map(|trailer| trailer.dialogue());
            interchange.check_dialogue(segment, repeated, findings);
        } else {
            level.check_reference(segment, findings);
        }
        // A dialogue may consist of status reports.
        if interchange.groups == 0 && level.count == 0 && !level.names.interactive {
            let message = Message::new("interchange-empty");
            findings.report(at(segment, segment.tag_span(), "", Code::error(1032), message));
        }
        self.advised = None;
    }

    fn close_interchange(&mut self, end: Span, findings: &mut Findings<'_>) {
        self.close_package(end, findings);
        self.close_message(end, findings);
        self.close_group(end, findings);
        self.run = Run::None;
        let Some(interchange) = self.interchange.take() else { return };
        if let Some(finding) = detected_otherwise(&interchange, end) {
            findings.report(finding);
        }
        if interchange.level.reference.is_some() {
            interchange.level.trailer_missing(end, findings);
        }
    }

    fn group_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.close_group(start, findings);
        self.begin_within(segment, findings);
        self.service_segment(segment, findings);
        self.counts.groups += 1;
        let Some(header) = GroupHeader::of(*segment) else { return };
        let reference = header.reference();
        if let Some(interchange) = &mut self.interchange {
            interchange.groups += 1;
            if interchange.level.names.interactive {
                findings.report(misplaced(segment));
            } else if interchange.level.count > 0 {
                let message = Message::new("groups-and-messages-mixed");
                findings.report(at(segment, segment.tag_span(), "UNG", Code::error(1030), message));
            }
            // ISO 9735-10, UNG: sender, recipient and reference together name a group.
            if !reference.is_empty() {
                let parties = [header.sender(), header.recipient()].map(|party| party.element().raw());
                let remembered = interchange.references.insert(("UNG", parties, reference.raw()));
                self.report_remembered(remembered, "reference-duplicate", segment, &reference, "UNG/0048", findings);
            }
        }
        let level = Level::new(&Names::GROUP, Some(reference.unescaped().into_owned()));
        // Messages of one type alone; from version 4 on where 0038 is given (ISO 9735:1988 §6.1; ISO 9735-10, UNG).
        let version = self.interchange.as_ref().map_or(0, |interchange| interchange.version);
        let of_one_type = version < 4 || !header.identification().is_empty();
        self.group = Some(OpenGroup { level, of_one_type, message_type: None });
    }

    fn group_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.service_segment(segment, findings);
        let Some(OpenGroup { level: mut group, .. }) = self.group.take() else {
            findings.report(outside(segment));
            return;
        };
        group.security.finish(start, findings);
        group.check_count(segment, group.count, "count-differs-une", findings);
        group.check_reference(segment, findings);
        if group.count == 0 {
            let message = Message::new("group-empty");
            findings.report(at(segment, segment.tag_span(), "UNE", Code::error(1032), message));
        }
    }

    fn close_group(&mut self, end: Span, findings: &mut Findings<'_>) {
        if let Some(group) = self.group.take() {
            group.level.trailer_missing(end, findings);
        }
    }

    fn message_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.begin_within(segment, findings);
        let Some(header) = MessageHeader::of(*segment) else { return };
        let names = if header.is_interactive() { &Names::INTERACTIVE_MESSAGE } else { &Names::MESSAGE };
        let declared = MessageType::declared(&header);
        self.counts.message(&declared);
        findings.unit = Some(Unit { header: names.header, number: self.counts.messages });
        self.count_unit(segment, findings);
        if let Some(interchange) = &mut self.interchange {
            // Codes that a user community added stand in its own guideline, not in the directory.
            interchange.reading.unknown_code =
                if declared.association.is_empty() { Code::error } else { Code::warning };
            if interchange.level.names.interactive != names.interactive {
                findings.report(misplaced(segment));
            }
        }
        let type_in_group = self.group.is_some().then(|| declared.name.clone());
        let reference = header.reference();
        let path = if header.is_interactive() { "UIH/0340" } else { "UNH/0062" };
        self.check_duplicate(segment, &reference, header.identifier().raw(), path, findings);
        let level = Level { count: 1, ..Level::new(names, Some(reference.unescaped().into_owned())) };
        self.message = Some(OpenMessage { level, body: None });
        self.service_segment(segment, findings);
        if let Some(interchange) = &self.interchange {
            interchange.check_dialogue(segment, Some(header.dialogue()), findings);
        }
        if self.options.depth < Depth::Structure {
            self.check_type_in_group(&header, type_in_group, findings);
            return;
        }
        let wanted = match self.options.read_as.clone() {
            Some(read_as) => MessageType { association: declared.association, ..read_as },
            None => declared,
        };
        match self.definition(&wanted, names.interactive) {
            Ok(definition) => {
                self.check_type_in_group(&header, type_in_group, findings);
                let body = Body::new(definition, self.options.explain_structure);
                if !self.options.profiles.is_empty() {
                    self.check_profile(&body, segment, &header, &wanted, findings);
                }
                if let Some(message) = &mut self.message {
                    message.body = Some(body);
                }
                self.hand_to_body(segment, Tag::new(segment.tag()), findings);
            }
            Err(undefined) => findings.report(undefined.finding(segment, &header, &wanted)),
        }
    }

    /// Tells a message of another type than the others in its group; one of a type that is none is told as that.
    fn check_type_in_group(&mut self, header: &MessageHeader<'_>, name: Option<String>, findings: &mut Findings<'_>) {
        if let (Some(group), Some(name)) = (&mut self.group, name) {
            group.check_type(header, name, findings);
        }
    }

    /// Tells a message that no profile is for, and one whose interchange declares a repertoire that its profile does not allow.
    fn check_profile(
        &self,
        body: &Body<'_>,
        segment: &Segment<'_>,
        header: &MessageHeader<'_>,
        message: &MessageType,
        findings: &mut Findings<'_>,
    ) {
        let path = if header.is_interactive() { "UIH/S306" } else { "UNH/S009" };
        let Some(profile) = body.profile() else {
            let found = format!("{message} {}", message.association);
            let scopes: Vec<_> = self.options.profiles.iter().map(|profile| profile.scope()).collect();
            let sentence = Message::new("profile-none").with("message", found.trim_end());
            let finding = at(segment, header.identifier().span(), path, Code::note(4900), sentence);
            findings.report(
                finding.expected(scopes.join(", ")).found(found.trim_end()).help(Message::new("help-profile-none")),
            );
            return;
        };
        let declared = self.interchange.as_ref().and_then(|interchange| interchange.repertoire);
        let allowed = profile.repertoires();
        if let Some(declared) =
            declared.filter(|it| !allowed.is_empty() && !allowed.iter().any(|name| name == it.identifier()))
        {
            let sentence =
                Message::new("profile-repertoire").with("identifier", declared).with("profile", profile.name());
            let finding = at(segment, segment.tag_span(), "UNB/S001/0001", Code::error(4046), sentence);
            let finding = finding.expected(allowed.join(", ")).found(declared.identifier());
            findings.report(finding.help(Message::new("help-charset")));
        }
    }

    fn message_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.hand_to_body(segment, Tag::new(segment.tag()), findings);
        self.service_segment(segment, findings);
        let Some(mut message) = self.message.take() else { return };
        let start = Span::at(segment.span().start);
        message.level.security.finish(start, findings);
        message.level.count += 1;
        let what = if message.level.names.interactive { "count-differs-uit" } else { "count-differs-unt" };
        message.level.check_count(segment, message.level.count, what, findings);
        message.level.check_reference(segment, findings);
        if let Some(body) = message.body {
            body.finish(start, findings);
        }
    }

    fn close_message(&mut self, end: Span, findings: &mut Findings<'_>) {
        if let Some(message) = self.message.take() {
            message.level.trailer_missing(end, findings);
            if let Some(body) = message.body {
                body.finish(end, findings);
            }
            findings.unit = None;
        }
    }

    fn package_header(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        let Some(header) = PackageHeader::of(*segment) else { return };
        // Packages came with syntax version 4 and stand beside messages; before, some wrote them into one.
        match &mut self.message {
            Some(message) if self.interchange.as_ref().is_some_and(|interchange| interchange.version < 4) => {
                message.level.count += 1;
                findings.report(misplaced(segment));
                self.counts.packages += 1;
            }
            _ => {
                self.close_message(start, findings);
                self.begin_within(segment, findings);
                self.counts.packages += 1;
                findings.unit = Some(Unit { header: Names::PACKAGE.header, number: self.counts.packages });
                self.count_unit(segment, findings);
            }
        }
        self.service_segment(segment, findings);
        let reference = header.reference();
        self.check_duplicate(segment, &reference, b"", "UNO/0800", findings);
        if let Some(interchange) = &self.interchange {
            interchange.check_dialogue(segment, Some(header.dialogue()), findings);
        }
        let level = Level::new(&Names::PACKAGE, Some(reference.unescaped().into_owned()));
        let length = shown(&header.length().unescaped());
        self.package = Some(OpenPackage { level, length, end: segment.span().end, object: 0 });
    }

    fn package_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.service_segment(segment, findings);
        if let Some(message) = &mut self.message {
            message.level.count += 1;
        }
        let Some(mut package) = self.package.take() else { return };
        package.segment(segment);
        package.level.security.finish(Span::at(segment.span().start), findings);
        package.check_length(segment, findings);
        package.level.check_reference(segment, findings);
    }

    fn close_package(&mut self, end: Span, findings: &mut Findings<'_>) {
        if let Some(package) = self.package.take() {
            package.level.trailer_missing(end, findings);
            findings.unit = None;
        }
    }

    /// UIR, which stands between the messages of an interactive interchange.
    fn status_report(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let start = Span::at(segment.span().start);
        self.close_package(start, findings);
        self.close_message(start, findings);
        self.begin_within(segment, findings);
        self.counts.status_reports += 1;
        self.service_segment(segment, findings);
        let Some(interchange) = &self.interchange else { return };
        if !interchange.level.names.interactive {
            findings.report(misplaced(segment));
        }
        let repeated = StatusReport::of(*segment).map(|report| report.dialogue());
        interchange.check_dialogue(segment, repeated, findings);
    }

    /// A segment that secures the level it stands on (ISO 9735-5 §5 and §6).
    fn security_segment(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.run = Run::None;
        // AUTACK and KEYMAN have places of their own for them; what is not checked against a table is not judged here.
        let placed = self
            .message
            .as_ref()
            .is_some_and(|message| message.body.as_ref().is_none_or(|body| body.knows(Tag::new(segment.tag()))));
        if let Some(message) = &mut self.message {
            message.level.count += 1;
        } else {
            self.need_interchange(segment, findings);
        }
        if placed && self.message.as_ref().is_some_and(|message| message.body.is_some()) {
            self.hand_to_body(segment, Tag::new(segment.tag()), findings);
            self.check_repertoire(segment, findings);
        } else {
            self.service_segment(segment, findings);
        }
        let level = match (&mut self.package, &mut self.message, &mut self.group, &mut self.interchange) {
            (Some(package), ..) => &mut package.level,
            (None, Some(message), ..) => &mut message.level,
            (None, None, Some(group), _) => &mut group.level,
            (None, None, None, Some(interchange)) => &mut interchange.level,
            (None, None, None, None) => return,
        };
        level.security.segment(segment, placed, findings);
        if let Some(package) = &mut self.package {
            package.segment(segment);
        }
    }

    /// A segment of a message: what stands between its header and its trailer.
    #[inline]
    fn of_message(&mut self, segment: &Segment<'_>, tag: Tag, findings: &mut Findings<'_>) {
        let Some(message) = &mut self.message else {
            self.outside_messages(segment, findings);
            return;
        };
        self.run = Run::None;
        message.level.count += 1;
        message.level.security.content(segment, findings);
        self.hand_to_body(segment, tag, findings);
        self.check_repertoire(segment, findings);
    }

    /// A segment that no message holds. Of several that follow each other the first is told, and what shows which header is
    /// missing.
    fn outside_messages(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let names = match segment.tag() {
            b"UNZ" => Some(&Names::INTERCHANGE),
            b"UIZ" => Some(&Names::INTERACTIVE_INTERCHANGE),
            b"UNT" => Some(&Names::MESSAGE),
            b"UIT" => Some(&Names::INTERACTIVE_MESSAGE),
            _ => None,
        };
        if let Some(names) = names {
            self.run = Run::None;
            findings.report(header_missing(segment, names));
            return;
        }
        if segment.tag() == b"UNA" && self.interchange.is_none() {
            // Where it gave characters, it would be no segment.
            let finding = at(segment, segment.span(), "", Code::warning(1902), Message::new("advice-malformed"));
            findings.report(finding.help(Message::new("help-advice-shape")));
            return;
        }
        self.need_interchange(segment, findings);
        self.check_repertoire(segment, findings);
        if std::mem::replace(&mut self.run, Run::Outside) != Run::Outside {
            findings.report(outside(segment));
        }
    }

    /// Nothing between two terminators: it counts as no segment.
    fn empty_segment(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        if std::mem::replace(&mut self.run, Run::Empty) != Run::Empty {
            let span = segment.span();
            let finding = Diagnostic::new(Code::warning(1912), Message::new("segment-empty"), place(span, ""));
            findings.report(finding.fix(span, "").excerpt(excerpt(segment, span)));
        }
    }

    /// Begins a group, a message, a package or a report within what is open.
    fn begin_within(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.run = Run::None;
        self.need_interchange(segment, findings);
        match (&mut self.group, &mut self.interchange) {
            (Some(group), _) => group.level.security.content(segment, findings),
            (None, Some(interchange)) => interchange.level.security.content(segment, findings),
            (None, None) => {}
        }
    }

    /// Counts a message or package in the group, or in the interchange where there is no group.
    fn count_unit(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        match (&mut self.group, &mut self.interchange) {
            (Some(group), _) => group.level.count += 1,
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
    ///
    /// Messages and groups on their own are a deviation that many live with; behind an interchange, its header is missing.
    fn need_interchange(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        if self.interchange.is_some() {
            return;
        }
        self.counts.interchanges += 1;
        let interactive = segment.tag().starts_with(b"UI");
        let version = if interactive || segment.characters().repetition.is_some() { 4 } else { 3 };
        let names = if interactive { &Names::INTERACTIVE_INTERCHANGE } else { &Names::INTERCHANGE };
        self.open_interchange(Level::new(names, None), version, None, segment.characters());
        let span = Span::at(segment.span().start);
        let (code, id) = match self.headed {
            true => (Code::error(1013), "interchange-header-missing"),
            false => (Code::warning(1913), "interchange-without-header"),
        };
        let message = Message::new(id).with("segment", Tag::new(segment.tag())).with("header", names.header);
        let finding = Diagnostic::new(code, message, place(span, names.header)).expected(names.header);
        findings.report(finding.excerpt(excerpt(segment, span)).help(Message::new("help-interchange-header")));
    }

    /// Tells a message or package whose reference was used before: within its group, or within the interchange where it
    /// stands in none. From version 4 on the type of a message belongs to what names it (ISO 9735-10, UNH).
    fn check_duplicate(
        &mut self,
        segment: &Segment<'_>,
        reference: &Component<'_>,
        kind: &[u8],
        path: &str,
        findings: &mut Findings<'_>,
    ) {
        let Some(interchange) = self.interchange.as_mut().filter(|_| !reference.is_empty()) else { return };
        let group = self.group.as_ref().map(|_| interchange.groups);
        let kind = if interchange.version >= 4 { kind } else { b"" };
        let remembered = interchange.references.insert((path, group, kind, reference.raw()));
        self.report_remembered(remembered, "reference-duplicate", segment, reference, path, findings);
    }

    fn report_remembered(
        &self,
        remembered: Remembered,
        duplicate: &'static str,
        segment: &Segment<'_>,
        reference: &Component<'_>,
        path: &str,
        findings: &mut Findings<'_>,
    ) {
        match remembered {
            Remembered::New => {}
            Remembered::Duplicate => {
                let shown = shown(&reference.unescaped());
                let message = Message::new(duplicate).with("reference", &shown);
                findings.report(at(segment, reference.span(), path, Code::error(1026), message).found(shown));
            }
            Remembered::LimitReached => {
                let message = Message::new("reference-limit").with("limit", self.options.reference_limit);
                let finding = at(segment, reference.span(), path, Code::error(9003), message);
                findings.report(finding.help(Message::new("help-reference-limit")));
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
    fn hand_to_body(&mut self, segment: &Segment<'_>, tag: Tag, findings: &mut Findings<'_>) {
        if let (Some(interchange), Some(OpenMessage { body: Some(body), .. })) = (&self.interchange, &mut self.message)
        {
            body.segment(segment, tag, &self.service, &interchange.reading, findings);
        }
    }

    /// The path of the octets at `span` of a segment just taken, in the names of its directory.
    fn path_at(&self, segment: &Segment<'_>, span: Span) -> String {
        let tag = Tag::new(segment.tag());
        match (&self.message, self.service.get(tag)) {
            (Some(OpenMessage { body: Some(body), .. }), _) => body.path_at(segment, span, &self.service),
            (_, Some(rules)) => format!("{tag}{}", constituent_at(segment, span, rules)),
            (_, None) => tag.to_string(),
        }
    }

    /// Finds octets that the declared repertoire does not hold (ISO 9735-1 §6).
    #[inline]
    fn check_repertoire(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let repertoire = self.interchange.as_ref().and_then(|interchange| interchange.repertoire);
        if let Some(repertoire) = repertoire.filter(|repertoire| !repertoire.is_plain(segment.body())) {
            self.check_characters(segment, repertoire, findings);
        }
    }

    /// Tells what does not belong into the repertoire, where something may not.
    #[cold]
    fn check_characters(&mut self, segment: &Segment<'_>, repertoire: Repertoire, findings: &mut Findings<'_>) {
        if let Some(interchange) = &mut self.interchange {
            interchange.evidence += detect(segment.body());
        }
        for (span, misfit) in segment.misfits(repertoire) {
            let path = self.path_at(segment, span);
            findings.report(out_of_repertoire(segment, span, &path, repertoire, misfit.kind));
        }
    }

    fn definition(&mut self, wanted: &MessageType, interactive: bool) -> Result<Arc<Definition<'d>>, Undefined<'d>> {
        let is_wanted = |(known, kind, _): &&(MessageType, bool, _)| known == wanted && *kind == interactive;
        if let Some((.., definition)) = self.known.iter().find(is_wanted) {
            return definition.clone();
        }
        let definition = self.definitions.message(wanted, interactive, &self.options.profiles);
        if self.known.len() == Definitions::LIMIT {
            self.known.clear();
        }
        self.known.push((wanted.clone(), interactive, definition.clone()));
        definition
    }
}
