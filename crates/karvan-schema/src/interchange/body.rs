//! The body of a message: each segment at its place in the table, its content by the directory.

use std::sync::Arc;

use karvan_edifact::Segment;
use karvan_text::{Code, Diagnostic, Message, Span};

use super::finding::{Findings, constituent_at, excerpt, place, qualifier};
use super::options::MessageType;
use crate::directory::{self, Dependency, DependencyKind, Directory};
use crate::message::arrange::{Arranger, Excess, Placement};
use crate::message::content::{self, Reading};
use crate::message::dependencies::sentence;
use crate::message::rules::{RuleBook, SegmentRules};
use crate::message::table::{RowKind, Table, Tag};
use crate::profile::{Guide, Placed, Profile, Watch};

/// What a message is checked against: its table and the rules of its segments.
#[derive(Debug)]
pub(super) struct Definition<'d> {
    directory: Directory<'d>,
    /// The name of the directory that code values are taken from, where that is another.
    codes: Option<&'d str>,
    name: &'d str,
    table: Arc<Table>,
    /// Of each row of the table, its position as the directory prints it.
    positions: Vec<directory::Position>,
    rules: RuleBook<'d>,
    /// Of each row of the table, the place of its segment in the rules; none of header and trailer, whose content is
    /// checked with the envelope.
    rules_of_rows: Vec<Option<usize>>,
    /// The profile that narrows it, and what that says of this message.
    profile: Option<(Arc<Profile>, Arc<Guide>)>,
    /// Its dependency notes, each with the rows that it is about.
    notes: Vec<(DependencyKind, Vec<usize>)>,
}

impl<'d> Definition<'d> {
    /// The definition of `message`, its code values taken from `codes` where that is another directory; a profile may narrow it.
    pub(super) fn new(
        message: directory::Message<'d>,
        codes: Option<Directory<'d>>,
        profile: Option<(Arc<Profile>, Arc<Guide>)>,
    ) -> Self {
        let table = match &profile {
            Some((_, guide)) => Table::with_variants(Table::of(message).rows().to_vec(), &guide.variants),
            None => Table::of(message),
        };
        let rules = RuleBook::new(message.rows().filter_map(|row| row.segment()), codes);
        let position = |tag: Tag| rules.position(tag).filter(|_| !is_envelope(tag));
        let rules_of_rows = table.rows().iter().map(|row| position(row.tag)).collect();
        let positions: Vec<_> = message.rows().map(|row| row.position()).collect();
        let notes = notes(message, &positions, &table);
        let (directory, name, table) = (message.directory(), message.tag(), Arc::new(table));
        let codes = codes.map(Directory::name);
        Self { directory, codes, name, table, positions, rules, rules_of_rows, profile, notes }
    }

    /// Whether it is what [`Definition::new`] makes of this.
    pub(super) fn is_of(
        &self,
        message: directory::Message<'d>,
        codes: Option<Directory<'d>>,
        profile: Option<&(Arc<Profile>, Arc<Guide>)>,
    ) -> bool {
        let same_guide = match (&self.profile, profile) {
            (Some((_, guide)), Some((_, other))) => Arc::ptr_eq(guide, other),
            (None, None) => true,
            _ => false,
        };
        same_guide
            && (self.name, self.directory.name()) == (message.tag(), message.directory().name())
            && self.codes == codes.map(Directory::name)
    }
}

/// Whether the content of segments with this tag is checked with the envelope.
fn is_envelope(tag: Tag) -> bool {
    tag.is_service() && (tag.begins_message() || tag.ends_message())
}

/// A message that is being read.
#[derive(Debug)]
pub(super) struct Body<'d> {
    definition: Arc<Definition<'d>>,
    arranger: Arranger<Arc<Table>>,
    /// Whether to say why each segment stands where it does, where there is a choice.
    explains: bool,
    /// Follows it by its profile, where there is one.
    watch: Option<Box<Watch>>,
    /// Of each row whether the message has it, where its dependency notes ask.
    seen: Option<Box<[bool]>>,
}

impl<'d> Body<'d> {
    pub(super) fn new(definition: Arc<Definition<'d>>, explains: bool) -> Self {
        let arranger = Arranger::new(Arc::clone(&definition.table));
        let watch = |(profile, guide): &(Arc<Profile>, Arc<Guide>)| {
            Box::new(Watch::new(Arc::clone(profile), Arc::clone(guide), &definition.table))
        };
        let seen = (!definition.notes.is_empty()).then(|| vec![false; definition.table.rows().len()].into());
        Self { watch: definition.profile.as_ref().map(watch), definition, arranger, explains, seen }
    }

    /// Checks the next segment, which has this tag, UNH and UNT included; `service` holds the rules of service segments.
    #[inline]
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        tag: Tag,
        service: &RuleBook<'_>,
        reading: &Reading,
        findings: &mut Findings<'_>,
    ) {
        if self.explains {
            self.explain(segment, tag, findings);
        }
        let row = match &self.watch {
            None => self.arranger.step(tag),
            Some(watch) => watch.step(&mut self.arranger, tag, segment),
        };
        let rules = row.and_then(|row| self.definition.rules_of_rows[row]).map(|at| self.definition.rules.at(at));
        let mut placed = row.map(|row| (row, 0));
        if !rules.is_some_and(|rules| rules.are_kept_by(segment, reading)) {
            placed = self.segment_at_fault(segment, tag, row, service, reading, findings);
        }
        if self.watch.is_some() {
            self.follow(segment, tag, placed, reading, findings);
        }
        if let (Some(seen), Some((row, _))) = (&mut self.seen, placed) {
            let outermost = self.definition.table.groups_around(row).last();
            seen[outermost.unwrap_or(row)] = true;
        }
    }

    /// Checks a segment against the profile, where it has a place in the message.
    #[inline(never)]
    fn follow(
        &mut self,
        segment: &Segment<'_>,
        tag: Tag,
        placed: Option<(usize, usize)>,
        reading: &Reading,
        findings: &mut Findings<'_>,
    ) {
        let (Some(watch), Some((row, revised))) = (&mut self.watch, placed) else { return };
        let rules = self.definition.rules_of_rows[row].map(|at| self.definition.rules.at(at));
        let arranger = &self.arranger;
        let path = || path(arranger, tag);
        let placed = Placed { segment, rules, path: &path, revised };
        watch.segment(placed, arranger, reading, &mut |finding| findings.report(finding));
    }

    /// Tells the places that a segment has in the message, where it has several, and what speaks for or against each.
    #[cold]
    fn explain(&self, segment: &Segment<'_>, tag: Tag, findings: &mut Findings<'_>) {
        let variant = self.watch.as_ref().and_then(|watch| watch.variant(tag, segment));
        let candidates = self.arranger.candidates_of(tag, variant);
        for candidate in candidates.iter().filter(|_| candidates.len() > 1) {
            let table = &self.definition.table;
            let message = candidate.message(table, self.definition.positions[candidate.row]);
            let (span, path) = (segment.tag_span(), table.path(candidate.row));
            findings
                .report(Diagnostic::new(Code::note(2901), message, place(span, &path)).excerpt(excerpt(segment, span)));
        }
    }

    /// Tells what is wrong with a segment: with its place, where there is no row for it, and with its content. Gives its row,
    /// and how many segments before it came to stand elsewhere.
    #[cold]
    fn segment_at_fault(
        &mut self,
        segment: &Segment<'_>,
        tag: Tag,
        row: Option<usize>,
        service: &RuleBook<'_>,
        reading: &Reading,
        findings: &mut Findings<'_>,
    ) -> Option<(usize, usize)> {
        let placed = row.map(|row| (row, 0)).or_else(|| self.misplaced(segment, tag, service, findings));
        if is_envelope(tag) {
            return placed;
        }
        let of_directory = match placed {
            Some((row, _)) => self.definition.rules_of_rows[row].map(|at| self.definition.rules.at(at)),
            None => self.definition.rules.get(tag),
        };
        let is_service = of_directory.is_none();
        let path = || path(&self.arranger, tag);
        if let Some(rules) = of_directory.or_else(|| service.get(tag)) {
            content::check(segment, rules, reading, &mut |fault| {
                findings.fault(fault, segment, rules, &path(), is_service);
            });
        } else if let Some(other) = self.definition.directory.segment(&tag.to_string()) {
            // Out of place, but the directory knows it: its content can be judged all the same.
            let rules = SegmentRules::new(other);
            content::check(segment, &rules, reading, &mut |fault| {
                findings.fault(fault, segment, &rules, &path(), false);
            });
        }
        placed
    }

    /// Finds the row of a segment that cannot stand where it does without a fault, if there is one, and tells the fault; gives
    /// how many segments before it came to stand elsewhere, too.
    fn misplaced(
        &mut self,
        segment: &Segment<'_>,
        tag: Tag,
        service: &RuleBook<'_>,
        findings: &mut Findings<'_>,
    ) -> Option<(usize, usize)> {
        let table = &self.definition.table;
        let mut left_out = Vec::new();
        let placement = self.arranger.place(tag, &mut left_out);
        for row in left_out {
            findings.report(missing(&self.definition, row, Span::at(segment.span().start), Some(tag)));
        }
        match placement {
            Placement::Placed { row, excess, revised } => {
                if let Some(excess) = excess {
                    findings.report(too_often(table, row, excess, segment, &path(&self.arranger, tag)));
                }
                Some((row, revised))
            }
            Placement::Back { row } => Some((row, 0)),
            Placement::Unsupported => {
                let unsupported = unsupported(&self.definition, service, segment, tag);
                findings.report(match allowed(&self.arranger) {
                    Some(allowed) => unsupported.expected(allowed),
                    None => unsupported,
                });
                None
            }
        }
    }

    /// The profile that it is checked against.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.definition.profile.as_ref().map(|(profile, _)| &**profile)
    }

    /// Whether the table of the message has a place for segments with this tag.
    pub(super) fn knows(&self, tag: Tag) -> bool {
        self.definition.table.knows(tag)
    }

    /// The path of the octets at `span` of the segment taken last: its groups, itself with its qualifier, the data element.
    pub(super) fn path_at(&self, segment: &Segment<'_>, span: Span, service: &RuleBook<'_>) -> String {
        let tag = Tag::new(segment.tag());
        let mut path = path(&self.arranger, tag);
        if let Some(rules) = self.definition.rules.get(tag) {
            path.push_str(&qualifier(segment, rules).unwrap_or_default());
            path.push_str(&constituent_at(segment, span, rules));
        } else if let Some(rules) = service.get(tag) {
            path.push_str(&constituent_at(segment, span, rules));
        }
        path
    }

    /// Ends the message at `end`.
    pub(super) fn finish(mut self, end: Span, findings: &mut Findings<'_>) {
        let seen = self.seen.unwrap_or_default();
        for (kind, rows) in &self.definition.notes {
            let present: Vec<_> = rows.iter().map(|row| seen[*row]).collect();
            if !kind.holds(&present) {
                findings.report(note_broken(&self.definition, *kind, rows, &present, end));
            }
        }
        let mut left_out = Vec::new();
        self.arranger.finish(&mut left_out);
        for row in left_out {
            // A missing trailer is told by the envelope.
            if !self.definition.table.row(row).tag.ends_message() {
                findings.report(missing(&self.definition, row, end, None));
            }
        }
        if let Some(watch) = self.watch {
            watch.finish(end, &mut |finding| findings.report(finding));
        }
    }
}

/// `SG25/SG38/TAX`: the open groups, and the segment.
fn path(arranger: &Arranger<Arc<Table>>, tag: Tag) -> String {
    match arranger.groups().next() {
        Some(innermost) => format!("{}/{tag}", arranger.table().path(innermost.row)),
        None => tag.to_string(),
    }
}

/// What is missing before the segment `before`, or at the end of the message.
fn missing(definition: &Definition<'_>, row: usize, span: Span, before: Option<Tag>) -> Diagnostic {
    let table = &definition.table;
    let entry = table.row(row);
    let message = match entry.kind {
        RowKind::Segment => {
            let id = if before.is_some() { "segment-missing" } else { "segment-missing-at-end" };
            Message::new(id).with("name", entry.tag)
        }
        RowKind::Group { number, .. } => {
            let id = if before.is_some() { "group-missing" } else { "group-missing-at-end" };
            Message::new(id).with("name", format!("SG{number}")).with("trigger", entry.tag)
        }
    };
    let (message, help) = match before {
        // What is missing may be the control, or the segment may stand out of order in the section before.
        Some(before) if entry.tag.controls_sections() => {
            let help = Message::new("help-section-control").with("before", before).with("name", entry.tag);
            let help = help.with("message", definition.name).with("release", definition.directory.name());
            (message.with("before", before), help)
        }
        Some(before) => (message.with("before", before), table_help(definition)),
        None => (message, table_help(definition)),
    };
    Diagnostic::new(Code::error(2013), message, place(span, &table.path(row))).expected(table.name(row)).help(help)
}

fn too_often(table: &Table, row: usize, excess: Excess, segment: &Segment<'_>, path: &str) -> Diagnostic {
    let (number, message) = match excess {
        Excess::Segment => {
            let row = table.row(row);
            (2035, Message::new("segment-excess").with("name", row.tag).with("allowed", row.repetitions))
        }
        Excess::Group(row) => {
            let name = format!("SG{}", table.number(row));
            (2036, Message::new("group-excess").with("name", name).with("allowed", table.row(row).repetitions))
        }
    };
    let span = segment.tag_span();
    Diagnostic::new(Code::error(number), message, place(span, path)).excerpt(excerpt(segment, span))
}

fn unsupported(definition: &Definition<'_>, service: &RuleBook<'_>, segment: &Segment<'_>, tag: Tag) -> Diagnostic {
    let message = if definition.table.knows(tag) {
        Message::new("segment-position").with("name", tag)
    } else if definition.directory.segment(&tag.to_string()).is_some() || service.get(tag).is_some() {
        Message::new("segment-not-in-message").with("name", tag).with("message", definition.name)
    } else {
        Message::new("segment-unknown").with("name", tag).with("directory", definition.directory.name())
    };
    let span = segment.tag_span();
    Diagnostic::new(Code::error(2015), message, place(span, &tag.to_string()))
        .found(tag.to_string())
        .help(table_help(definition))
        .excerpt(excerpt(segment, span))
}

/// What may stand here instead, the nearest first: `LOC, RFF, SG3 (CTA)`.
fn allowed(arranger: &Arranger<Arc<Table>>) -> Option<String> {
    const SHOWN: usize = 12;
    let table = arranger.table();
    let rows = arranger.allowed();
    let mut names: Vec<_> = rows.iter().take(SHOWN).map(|&row| table.name(row)).collect();
    names.extend((rows.len() > SHOWN).then(|| "…".to_owned()));
    (!names.is_empty()).then(|| names.join(", "))
}

/// The dependency notes of a message, with their rows. They are about rows of the message itself: no directory has one
/// about what stands in a group.
fn notes(
    message: directory::Message<'_>,
    positions: &[directory::Position],
    table: &Table,
) -> Vec<(DependencyKind, Vec<usize>)> {
    let row = |position: &u16| {
        let row = positions.iter().position(|known| known.number == u32::from(*position))?;
        table.row(row).parent.is_none().then_some(row)
    };
    let rows = |note: &Dependency| Some((note.kind, note.positions.iter().map(row).collect::<Option<_>>()?));
    message.dependencies().iter().filter_map(rows).collect()
}

/// What a dependency note asks of a message that ends at `end`, and of which these rows are there.
fn note_broken(
    definition: &Definition<'_>,
    kind: DependencyKind,
    rows: &[usize],
    present: &[bool],
    end: Span,
) -> Diagnostic {
    let names: Vec<_> = rows.iter().map(|row| definition.table.name(*row)).collect();
    let positions: Vec<_> = rows.iter().map(|row| definition.positions[*row].to_string()).collect();
    let first = rows.iter().zip(present).find(|(_, present)| **present).map_or(rows[0], |(row, _)| *row);
    Diagnostic::new(Code::error(2048), sentence(kind, &names), place(end, &definition.table.path(first)))
        .expected(format!("D{}({})", kind.number(), positions.join(",")))
        .help(table_help(definition))
}

fn table_help(definition: &Definition<'_>) -> Message {
    Message::new("help-message-table").with("message", definition.name).with("release", definition.directory.name())
}

/// The name of the directory that a message type belongs to, as [`directory::Directories`] knows it; the service
/// messages belong to the service directory of a syntax version.
#[must_use]
pub fn directory_of<'d>(directories: &'d directory::Directories, message: &MessageType) -> Option<Directory<'d>> {
    if matches!(message.name.as_str(), "CONTRL" | "AUTACK" | "KEYMAN") {
        // Written D:3 (or 2:2) up to syntax version 3, 4:1 in version 4.
        let version = if message.version == "D" { &message.release } else { &message.version };
        return directories.service(version);
    }
    directories.release(&format!("{}.{}", message.version, message.release))
}
