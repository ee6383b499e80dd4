//! Writing a segment anew, value by value.

use karvan_edifact::{Component, Segment, ServiceCharacters};
use karvan_text::{Code, Diagnostic, Excerpt, Fix, Message, Place, Span};

use super::transcode::Transcoder;

/// A segment to be written anew.
pub(super) struct Rewrite<'s> {
    pub(super) segment: &'s Segment<'s>,
    /// The service characters to write.
    pub(super) characters: ServiceCharacters,
    /// Whether separators that separate nothing are left out.
    pub(super) trim: bool,
    /// Values to put in place of others, by their places in the file.
    pub(super) edits: &'s [Fix],
    /// What is written.
    pub(super) line: Vec<u8>,
}

impl Rewrite<'_> {
    /// Writes the segment; false where a value cannot be carried, which is told.
    pub(super) fn write(&mut self, mut transcoder: Option<&mut Transcoder>, found: &mut Vec<Diagnostic>) -> bool {
        let segment = self.segment;
        let told = found.len();
        // Up to where something is said.
        let mut said = 0;
        for (number, element) in std::iter::once(segment.tag_element()).chain(segment.elements()).enumerate() {
            if number > 0 {
                self.line.push(self.characters.element);
            }
            for (number, repetition) in element.repetitions().enumerate() {
                if number > 0 {
                    match self.characters.repetition {
                        Some(separator) => self.line.push(separator),
                        None => found.push(no_repetition(segment, element.span())),
                    }
                }
                let mut said_here = self.line.len();
                for (number, component) in repetition.components().enumerate() {
                    if number > 0 {
                        self.line.push(self.characters.component);
                    }
                    let before = self.line.len();
                    self.value(&component, transcoder.as_deref_mut(), found);
                    if self.line.len() > before {
                        said_here = self.line.len();
                        said = said_here;
                    }
                }
                if self.trim {
                    self.line.truncate(said_here);
                }
            }
        }
        if self.trim {
            self.line.truncate(said);
        }
        if segment.is_terminated() {
            self.line.push(self.characters.terminator);
        }
        found[told..].iter().all(|finding| finding.code.severity != karvan_text::Severity::Error)
    }

    fn value(&mut self, component: &Component<'_>, transcoder: Option<&mut Transcoder>, found: &mut Vec<Diagnostic>) {
        if let Some(edit) = self.edits.iter().find(|edit| edit.span == component.span()) {
            self.line.extend_from_slice(edit.replacement.as_bytes());
            return;
        }
        let octets = component.unescaped();
        let octets = match transcoder {
            Some(transcoder) => match transcoder.carry(self.segment, component, octets, found) {
                Some(octets) => octets,
                None => return,
            },
            None => octets,
        };
        let mut rest = &octets[..];
        while let Some(at) = rest.iter().position(|octet| self.characters.contains(*octet)) {
            let Some(release) = self.characters.release else {
                found.push(no_release(self.segment, component, rest[at]));
                return;
            };
            self.line.extend_from_slice(&rest[..at]);
            self.line.extend_from_slice(&[release, rest[at]]);
            rest = &rest[at + 1..];
        }
        self.line.extend_from_slice(rest);
    }
}

/// Whether `segment` may have separators that separate nothing: a quick look, which released octets can deceive.
pub(super) fn may_have_idle_separators(segment: &Segment<'_>) -> bool {
    let ServiceCharacters { component, element, repetition, .. } = segment.characters();
    let body = segment.body();
    let separates = |octet: u8| octet == component || octet == element || Some(octet) == repetition;
    let idle = |pair: &[u8]| {
        (pair[0] == component || Some(pair[0]) == repetition)
            && (pair[1] == element || Some(pair[1]) == repetition && pair[0] == component)
    };
    body.last().is_some_and(|octet| separates(*octet)) || body.windows(2).any(idle)
}

/// A finding about octets of a segment.
pub(super) fn finding(segment: &Segment<'_>, span: Span, code: Code, message: Message) -> Diagnostic {
    let within = |offset: u64| usize::try_from(offset.saturating_sub(segment.span().start)).unwrap_or(usize::MAX);
    let path = String::from_utf8_lossy(segment.tag()).into_owned();
    let place = Place { span, path, ..Place::default() };
    Diagnostic::new(code, message, place).excerpt(Excerpt::new(segment.raw(), within(span.start)..within(span.end)))
}

fn no_release(segment: &Segment<'_>, component: &Component<'_>, octet: u8) -> Diagnostic {
    let message = Message::new("fmt-no-release").with("character", octet.escape_ascii());
    finding(segment, component.span(), Code::error(1020), message)
}

fn no_repetition(segment: &Segment<'_>, span: Span) -> Diagnostic {
    finding(segment, span, Code::error(1020), Message::new("fmt-no-repetition"))
}
