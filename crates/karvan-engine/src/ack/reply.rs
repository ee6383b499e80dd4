//! The interchange that carries an answer: back to the sender, in a repertoire and with service characters that both sides
//! can be expected to read, with nothing in it that the service directory does not allow.

use jiff::civil::DateTime;
use karvan_edifact::{Repertoire, Segment, SegmentBuffer, ServiceCharacters, WriteError, WriteOptions, Writer};
use karvan_schema::directory::{Directories, Directory, Message};
use karvan_schema::message::content::{self, NumberForm, Reading};
use karvan_schema::message::rules::{RuleBook, SegmentRules};
use karvan_schema::message::table::Tag;
use karvan_text::{Code, Severity};

use super::ledger::Subject;

/// An interchange to be written.
pub(super) struct Reply {
    /// The syntax version: that of the interchange which is answered, but for version 1.
    pub(super) version: u8,
    /// The service directory of the syntax version.
    pub(super) service: Directory<'static>,
    /// The rules of service segments, and of the segments of the answering message.
    rules: [RuleBook<'static>; 2],
    options: WriteOptions,
    /// Whether the service characters must be declared.
    advise: bool,
    /// Data element 0133, where the repertoire is not in the encoding of its level.
    encoding: String,
}

impl Reply {
    /// A reply to `subject`, by a service message, or by `message`.
    pub(super) fn to(subject: &Subject, message: Option<Message<'static>>) -> Option<Self> {
        // Version 1 has numbers alone in 0052, and can name neither `D:3` nor the messages of any directory since 1993.
        let version = subject.version.max(2);
        let service = Directories::builtin().service(&version.to_string())?;
        let of_message =
            message.into_iter().flat_map(|message| message.rows().filter_map(|row| row.segment()).collect::<Vec<_>>());
        let rules = [RuleBook::new(service.segments(), None), RuleBook::new(of_message, None)];
        let declared = subject.repertoire.into_iter();
        let others = ["UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOK", "UNOW"];
        let others = others.iter().filter(|name| service.code("0001", name).is_some());
        let others = others.filter_map(|name| Repertoire::from_identifier(name.as_bytes()));
        let others = others.map(|repertoire| repertoire.in_version(version));
        let carries = |repertoire: &Repertoire| subject.texts().all(|text| repertoire.encode(text).is_ok());
        let repertoire =
            declared.clone().chain(others).find(carries).or(subject.repertoire).unwrap_or(Repertoire::UNOC);
        let own = subject.repertoire == Some(repertoire);
        let encoding = if own { subject.header.value(0, 0, 3).to_owned() } else { String::new() };
        let usual = ServiceCharacters::for_version(version);
        let characters = if is_sound(subject.characters, repertoire) { subject.characters } else { usual };
        let options = WriteOptions::default().repertoire(repertoire).characters(characters);
        let advise = !same_separators(characters, usual);
        Some(Self { version, service, rules, options, advise, encoding })
    }

    /// How many components the directory gives the data element at `element` (from 0) of this segment.
    pub(super) fn components(&self, tag: &str, element: usize) -> usize {
        self.rules(tag).and_then(|rules| rules.elements.get(element)).map_or(0, |rules| rules.components.len())
    }

    /// How many characters the first component of a data element may have.
    pub(super) fn longest(&self, tag: &str, element: usize) -> usize {
        let rules = self.rules(tag).and_then(|rules| rules.elements.get(element)?.components.first()?.format);
        rules.map_or(0, |format| usize::from(format.maximum))
    }

    fn rules(&self, tag: &str) -> Option<&SegmentRules<'static>> {
        self.rules.iter().find_map(|rules| rules.get(Tag::new(tag.as_bytes())))
    }

    /// `segment` without the values that the service directory or the repertoire does not allow; none where one of them is
    /// mandatory.
    pub(super) fn fitted(&self, mut segment: SegmentBuffer) -> Option<SegmentBuffer> {
        let rules = self.rules(segment.tag())?;
        loop {
            let misfits = match self.misfits(&segment, rules) {
                Some(misfits) if misfits.is_empty() => return Some(segment),
                misfits => misfits?,
            };
            for (element, repetition, component) in misfits {
                if !segment.value(element, repetition, component).is_empty() {
                    segment.set(element, repetition, component, "");
                    continue;
                }
                // What is missing cannot be mended, but a composite without its mandatory part can be left out.
                let components = segment.elements().get(element).and_then(|element| element.get(repetition));
                let count = components.filter(|values| values.iter().any(|value| !value.is_empty()))?.len();
                (0..count).for_each(|component| segment.set(element, repetition, component, ""));
            }
        }
    }

    /// The places of the values that may not stand in `segment`; none where something else is wrong with it.
    fn misfits(&self, segment: &SegmentBuffer, rules: &SegmentRules<'_>) -> Option<Vec<(usize, usize, usize)>> {
        let unencodable = all_values(segment).filter(|(_, value)| self.options.repertoire.encode(value).is_err());
        let mut misfits: Vec<_> = unencodable.map(|(place, _)| place).collect();
        if !misfits.is_empty() {
            return Some(misfits);
        }
        let mut writer = Writer::new(Vec::new(), self.options);
        writer.segment(segment).ok()?;
        let octets = writer.into_inner();
        let reading = Reading {
            characters: self.options.characters,
            repertoire: Some(self.options.repertoire),
            numbers: NumberForm::EitherMark,
            codes: true,
            unknown_code: Code::error,
        };
        let mut mendable = true;
        let written = Segment::new(octets.trim_ascii_end(), 0, self.options.characters);
        content::check(&written, rules, &reading, &mut |fault| {
            if fault.code.severity < Severity::Error || fault.is_judged_elsewhere() {
                return;
            }
            let from_zero = |number: Option<usize>| number.map_or(0, |number| number.saturating_sub(1));
            match fault.place {
                Some(place) if place.position >= 2 => {
                    misfits.push((place.position - 2, from_zero(place.occurrence), from_zero(place.component)));
                }
                _ => mendable = false,
            }
        });
        mendable.then_some(misfits)
    }

    /// UNB: sender and recipient change places, a test is answered by a test. None where the header that is answered does
    /// not say who sent it.
    pub(super) fn header(&self, subject: &Subject, at: DateTime, reference: &str) -> Option<SegmentBuffer> {
        let mut header = SegmentBuffer::new("UNB");
        header.set(0, 0, 0, self.options.repertoire.identifier());
        header.set(0, 0, 1, self.version.to_string());
        if !self.encoding.is_empty() {
            header.set(0, 0, 3, &self.encoding);
        }
        self.copy(&subject.header, 2, &mut header, 1);
        self.copy(&subject.header, 1, &mut header, 2);
        header.set(3, 0, 0, at.strftime(if self.version < 4 { "%y%m%d" } else { "%Y%m%d" }).to_string());
        header.set(3, 0, 1, at.strftime("%H%M").to_string());
        header.set(4, 0, 0, reference);
        if !subject.header.value(10, 0, 0).is_empty() {
            header.set(10, 0, 0, subject.header.value(10, 0, 0));
        }
        self.fitted(header)
    }

    /// Copies a data element, as many components of it as may stand there.
    pub(super) fn copy(&self, from: &SegmentBuffer, element: usize, to: &mut SegmentBuffer, at: usize) {
        for component in 0..self.components(to.tag(), at) {
            let value = from.value(element, 0, component);
            if !value.is_empty() {
                to.set(at, 0, component, value);
            }
        }
    }

    /// Begins the interchange.
    pub(super) fn begin(&self, header: &SegmentBuffer) -> Result<Writer<Vec<u8>>, WriteError> {
        let mut writer = Writer::new(Vec::new(), self.options);
        if self.advise {
            writer.advice()?;
        }
        writer.segment(header)?;
        Ok(writer)
    }
}

/// The values of a segment with their places.
fn all_values(segment: &SegmentBuffer) -> impl Iterator<Item = ((usize, usize, usize), &str)> {
    segment.elements().iter().enumerate().flat_map(|(element, occurrences)| {
        occurrences.iter().enumerate().flat_map(move |(repetition, components)| {
            components.iter().enumerate().map(move |(component, value)| ((element, repetition, component), &**value))
        })
    })
}

/// Whether the service characters that the sender declares can be used in an answer: each is one that the repertoire has,
/// none has two roles, and data can be released.
fn is_sound(characters: ServiceCharacters, repertoire: Repertoire) -> bool {
    let roles = [characters.component, characters.element, characters.terminator];
    characters.release.is_some()
        && characters.doubtful().is_empty()
        && roles.into_iter().chain(characters.release).all(|octet| repertoire.permits(char::from(octet)))
}

/// Whether segments written with the one can be read with the other; a report on syntax has no decimals.
fn same_separators(one: ServiceCharacters, other: ServiceCharacters) -> bool {
    ServiceCharacters { decimal: other.decimal, ..one } == other
}
