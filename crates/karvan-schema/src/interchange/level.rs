//! What every level of the envelope has: a header and a trailer, a reference, a count, security segments.

use karvan_edifact::{Segment, Trailer};
use karvan_text::{Code, Message, Span};

use super::finding::{Findings, at, differing_reference, shown, trailer_missing};
use super::security::Security;

/// The segments and data elements of a level.
#[derive(Debug)]
pub(super) struct Names {
    /// The tag of the header.
    pub(super) header: &'static str,
    /// The tag of the trailer.
    pub(super) trailer: &'static str,
    /// The reference in the trailer: `UNT/0062`.
    pub(super) reference: &'static str,
    /// The count in the trailer: `UNT/0074`.
    pub(super) count: &'static str,
    /// Whether the level is one of an interactive interchange, in which references and counts may be left out.
    pub(super) interactive: bool,
}

impl Names {
    pub(super) const INTERCHANGE: Self = Self::batch("UNB", "UNZ", "UNZ/0020", "UNZ/0036");
    pub(super) const GROUP: Self = Self::batch("UNG", "UNE", "UNE/0048", "UNE/0060");
    pub(super) const MESSAGE: Self = Self::batch("UNH", "UNT", "UNT/0062", "UNT/0074");
    pub(super) const PACKAGE: Self = Self::batch("UNO", "UNP", "UNP/0800", "UNP/0810");
    pub(super) const INTERACTIVE_INTERCHANGE: Self =
        Self { interactive: true, ..Self::batch("UIB", "UIZ", "UIZ/S302/0300", "UIZ/0036") };
    pub(super) const INTERACTIVE_MESSAGE: Self =
        Self { interactive: true, ..Self::batch("UIH", "UIT", "UIT/0340", "UIT/0074") };

    const fn batch(header: &'static str, trailer: &'static str, reference: &'static str, count: &'static str) -> Self {
        Self { header, trailer, reference, count, interactive: false }
    }
}

/// An open level of the envelope.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) names: &'static Names,
    /// Its reference; none where it was opened without its header.
    pub(super) reference: Option<Vec<u8>>,
    /// How many segments, messages or packages it holds so far.
    pub(super) count: u64,
    pub(super) security: Security,
}

impl Level {
    pub(super) fn new(names: &'static Names, reference: Option<Vec<u8>>) -> Self {
        Self { names, reference, count: 0, security: Security::default() }
    }

    /// Compares the count of the trailer with what was counted.
    pub(super) fn check_count(
        &self,
        trailer: &Segment<'_>,
        actual: u64,
        message: &'static str,
        findings: &mut Findings<'_>,
    ) {
        let Some(value) = Trailer::of(*trailer).map(|trailer| trailer.count()) else { return };
        let text = value.unescaped();
        let counted = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<u64>().ok());
        if text.is_empty() || counted == Some(actual) {
            return;
        }
        let shown = shown(&text);
        let message = Message::new(message).with("counted", &shown).with("actual", actual);
        findings.report(
            at(trailer, value.span(), self.names.count, Code::error(1029), message)
                .expected(actual.to_string())
                .found(shown)
                .fix(value.span(), actual.to_string())
                .help(Message::new("help-recount")),
        );
    }

    /// Compares the reference of the trailer with that of the header.
    pub(super) fn check_reference(&self, trailer: &Segment<'_>, findings: &mut Findings<'_>) {
        let Some(value) = Trailer::of(*trailer).map(|trailer| trailer.reference()) else { return };
        let found = value.unescaped();
        let Some(expected) = self.reference.as_deref().filter(|_| !(self.names.interactive && found.is_empty())) else {
            return;
        };
        if *found != *expected {
            let (path, header) = (self.names.reference, self.names.header);
            findings.report(differing_reference(trailer, value.span(), path, header, expected, &found));
        }
    }

    /// Ends the level at `end`, its trailer missing.
    pub(super) fn trailer_missing(&self, end: Span, findings: &mut Findings<'_>) {
        findings.report(trailer_missing(self.names.trailer, self.names.header, end));
    }
}
