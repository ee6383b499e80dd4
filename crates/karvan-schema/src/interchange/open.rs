//! What is open while a file is read: an interchange, a group, a package.

use karvan_edifact::{DialogueReference, Evidence, MessageHeader, Repertoire, Segment};
use karvan_text::{Code, Message};

use super::finding::{Findings, at, differing_reference, shown};
use super::level::Level;
use super::references::References;
use crate::message::content::Reading;

/// An open interchange.
#[derive(Debug)]
pub(super) struct Interchange {
    pub(super) level: Level,
    /// The components of S302 in UIB.
    pub(super) dialogue: [Vec<u8>; 4],
    pub(super) version: u8,
    pub(super) repertoire: Option<Repertoire>,
    /// What its octets look like.
    pub(super) evidence: Evidence,
    pub(super) reading: Reading,
    pub(super) groups: u64,
    pub(super) references: References,
}

impl Interchange {
    /// Compares the dialogue that a segment names with that of UIB, as far as both name it: a responder's reference may come
    /// later (ISO 9735-10, UIB).
    pub(super) fn check_dialogue(
        &self,
        segment: &Segment<'_>,
        repeated: Option<DialogueReference<'_>>,
        findings: &mut Findings<'_>,
    ) {
        let Some(repeated) = repeated.filter(|_| self.level.names.interactive) else { return };
        for (n, (element, expected)) in ["0300", "0303", "0051", "0304"].iter().zip(&self.dialogue).enumerate() {
            let value = repeated.element().component(n);
            if !value.is_empty() && !expected.is_empty() && *value.unescaped() != **expected {
                let path = format!("{}/S302/{element}", shown(segment.tag()));
                findings.report(differing_reference(segment, value.span(), &path, "UIB", expected, &value.unescaped()));
            }
        }
    }
}

/// The components of S302.
pub(super) fn dialogue(reference: DialogueReference<'_>) -> [Vec<u8>; 4] {
    std::array::from_fn(|n| reference.element().component(n).unescaped().into_owned())
}

/// A group that is being read.
#[derive(Debug)]
pub(super) struct OpenGroup {
    pub(super) level: Level,
    /// Whether it may hold messages of one type alone.
    pub(super) of_one_type: bool,
    /// The type of its first message.
    pub(super) message_type: Option<String>,
}

impl OpenGroup {
    /// Tells a message that is of another type than those before it in the group.
    pub(super) fn check_type(&mut self, header: &MessageHeader<'_>, message_type: String, findings: &mut Findings<'_>) {
        let Some(expected) = &self.message_type else {
            self.message_type = Some(message_type);
            return;
        };
        if !self.of_one_type || *expected == message_type {
            return;
        }
        let message = Message::new("group-of-several-types").with("type", &message_type).with("expected", expected);
        let span = header.message_type().span();
        let finding = at(&header.segment(), span, "UNH/S009/0065", Code::error(1031), message);
        findings.report(finding.expected(&**expected).found(message_type));
    }
}

/// A package that is being read.
#[derive(Debug)]
pub(super) struct OpenPackage {
    pub(super) level: Level,
    /// The length that UNO tells.
    pub(super) length: String,
    /// Where the last of its segments ends.
    pub(super) end: u64,
    /// How many octets stand between two of its segments at most: those of the object, and a line end perhaps.
    pub(super) object: u64,
}

impl OpenPackage {
    /// Compares the length that UNP tells with that of UNO. Where the latter is wrong, which the reader of the octets tells,
    /// the former may be right.
    pub(super) fn check_length(&self, trailer: &Segment<'_>, findings: &mut Findings<'_>) {
        let value = trailer.component(0, 0);
        let found = shown(&value.unescaped());
        let fits = |length: u64| (self.object.saturating_sub(2)..=self.object).contains(&length);
        if found.is_empty() || found == self.length || found.parse().is_ok_and(fits) {
            return;
        }
        let message = Message::new("count-differs-unp").with("counted", &found).with("declared", &self.length);
        let finding = at(trailer, value.span(), self.level.names.count, Code::error(1029), message);
        findings.report(finding.expected(&*self.length).found(found));
    }

    /// Takes note of the place of a segment.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        self.object = self.object.max(segment.span().start.saturating_sub(self.end));
        self.end = segment.span().end;
    }
}
