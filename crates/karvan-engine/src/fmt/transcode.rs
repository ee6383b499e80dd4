//! Carrying values from the repertoire of an interchange to another one.

use std::borrow::Cow;

use karvan_edifact::{Component, InterchangeHeader, Level, MisfitKind, Repertoire, Segment};
use karvan_text::{Code, Diagnostic, Fix, Message};

use super::rewrite::finding;

/// Writes the values of an interchange in another repertoire.
///
/// Values are read as UNB declares. Where all that is beyond ASCII turns out to be UTF-8, though an alphabet of one octet a
/// character is declared, they are read as UTF-8, and that is told; where both kinds stand in one interchange, nobody can
/// say what is meant, and the second kind is refused.
#[derive(Debug)]
pub(super) struct Transcoder {
    target: Repertoire,
    /// The repertoire to read in, whatever UNB says.
    forced: Option<Repertoire>,
    declared: Option<Repertoire>,
    /// As what the values beyond ASCII were read so far.
    reading: Option<Reading>,
}

/// As what a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Declared,
    Utf8,
}

impl Transcoder {
    pub(super) fn new(target: Repertoire, forced: Option<Repertoire>) -> Self {
        Self { target: target.in_own_encoding(), forced, declared: forced, reading: None }
    }

    /// Begins an interchange; gives back what changes in its header.
    pub(super) fn begin(&mut self, header: &InterchangeHeader<'_>, version: u8) -> Vec<Fix> {
        self.declared = self.forced.or_else(|| header.repertoire()).map(|declared| declared.in_version(version));
        self.target = self.target.in_version(version);
        self.reading = None;
        let (identifier, encoding) = (header.syntax_identifier(), header.character_encoding());
        let mut edits = Vec::new();
        if identifier.raw() != self.target.identifier().as_bytes() {
            edits.push(Fix { span: identifier.span(), replacement: self.target.identifier().to_owned() });
        }
        // Where 0133 is not given, the encoding is the one that belongs to the level.
        let code = if self.target.is_utf8() { "7" } else { "" };
        if !encoding.is_empty() && encoding.raw() != code.as_bytes() {
            edits.push(Fix { span: encoding.span(), replacement: code.to_owned() });
        }
        edits
    }

    /// Whether the octets of `segment` are the same in both repertoires.
    pub(super) fn keeps(&self, segment: &Segment<'_>) -> bool {
        self.target.is_plain(segment.body())
    }

    /// The octets of a value in the target; none where it cannot be carried, which is told.
    pub(super) fn carry<'v>(
        &mut self,
        segment: &Segment<'_>,
        component: &Component<'_>,
        octets: Cow<'v, [u8]>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Cow<'v, [u8]>> {
        if self.target.is_plain(&octets) {
            return Some(octets);
        }
        let source = match self.source(&octets) {
            Ok((source, first)) => {
                if first {
                    let message = Message::new("fmt-read-as-utf8").with("identifier", source.identifier());
                    let message = match self.declared {
                        Some(declared) => message.with("declared", declared),
                        None => message.with("declared", "?"),
                    };
                    found.push(finding(segment, component.span(), Code::warning(1910), message));
                }
                source
            }
            Err(message) => {
                let found_here = finding(segment, component.span(), Code::error(1046), message);
                found.push(found_here.help(Message::new("fmt-help-read-as")));
                return None;
            }
        };
        let text = match source.text(&*octets) {
            Ok(text) => text,
            Err(misfit) => {
                let MisfitKind::Malformed { octet } = misfit.kind else { return None };
                let span = component.place(misfit.offset..misfit.offset + misfit.length);
                let message = Message::new("octet-not-in-repertoire")
                    .with("octet", format!("{octet:02X}"))
                    .with("identifier", source);
                let refused = finding(segment, span, Code::error(1021), message).found(format!("{octet:02X}"));
                found.push(refused.help(Message::new("fmt-help-read-as")));
                return None;
            }
        };
        match self.encode(&text) {
            Ok(octets) => Some(Cow::Owned(octets)),
            Err(character) => {
                found.push(self.refused(segment, component, source, &octets, &text, character));
                None
            }
        }
    }

    /// `text` in the target; the character that is in the way where there is one.
    ///
    /// Control characters of ASCII, such as line ends within values, belong to no repertoire and are the same octet in
    /// all: they are carried as they are, but for those that shift sets in ISO 2022.
    fn encode(&self, text: &str) -> Result<Vec<u8>, char> {
        let shifts = |character: char| self.target.level() == Level::X && matches!(character, '\x0E' | '\x0F' | '\x1B');
        let mut octets = Vec::with_capacity(text.len());
        for run in text.split_inclusive(|character: char| character.is_ascii_control()) {
            let (graphic, control) = match run.char_indices().next_back() {
                Some((at, last)) if last.is_ascii_control() => (&run[..at], Some(last)),
                _ => (run, None),
            };
            octets.extend_from_slice(&self.target.encode(graphic).map_err(|refused| refused.character)?);
            if let Some(control) = control {
                octets.push(u8::try_from(control).ok().filter(|_| !shifts(control)).ok_or(control)?);
            }
        }
        Ok(octets)
    }

    /// As what `octets` are read, and whether that is to be told.
    fn source(&mut self, octets: &[u8]) -> Result<(Repertoire, bool), Message> {
        let Some(declared) = self.declared else {
            return Err(Message::new("fmt-repertoire-unknown"));
        };
        if self.forced.is_some() || octets.is_ascii() {
            return Ok((declared, false));
        }
        let reading = if declared.utf8_instead(octets).is_some() { Reading::Utf8 } else { Reading::Declared };
        let before = self.reading.replace(reading);
        if before.is_some_and(|before| before != reading) {
            self.reading = before;
            return Err(Message::new("fmt-repertoires-mixed").with("declared", declared));
        }
        Ok(match reading {
            Reading::Declared => (declared, false),
            Reading::Utf8 => (Repertoire::UNOY, before.is_none()),
        })
    }

    fn refused(
        &self,
        segment: &Segment<'_>,
        component: &Component<'_>,
        source: Repertoire,
        octets: &[u8],
        text: &str,
        character: char,
    ) -> Diagnostic {
        let number = text.chars().position(|found| found == character).unwrap_or_default();
        let span = source.place(octets, number).map_or(component.span(), |place| component.place(place));
        let shown = if character.is_control() {
            format!("U+{:04X}", u32::from(character))
        } else {
            format!("U+{:04X} '{character}'", u32::from(character))
        };
        let message = Message::new("fmt-character-refused").with("character", &shown).with("identifier", self.target);
        finding(segment, span, Code::error(1021), message).found(shown).help(Message::new("fmt-help-wider"))
    }
}
