//! What is wrong with a profile, each mistake at its place in the file.

use std::ops::Range;

use karvan_text::{Code, Diagnostic, Excerpt, Locator, Message, Place, Position, Span};

/// The mistakes in a file.
pub(super) struct Mistakes<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl<'t> Mistakes<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Adds a mistake at these octets. The same one is told once, though several releases show it.
    pub(super) fn add(&mut self, code: Code, message: Message, octets: Range<usize>) -> &mut Diagnostic {
        let position = self.position(octets.start);
        let text = self.text.as_bytes();
        let line = text[..octets.start].iter().rposition(|&octet| octet == b'\n').map_or(0, |end| end + 1);
        let end =
            text[octets.start..].iter().position(|&octet| octet == b'\n').map_or(text.len(), |end| octets.start + end);
        let excerpt = Excerpt::new(&text[line..end], octets.start - line..octets.end.clamp(octets.start, end) - line);
        let place = Place { span: Span::from(octets), position, ..Place::default() };
        let mistake = Diagnostic::new(code, message, place).excerpt(excerpt);
        let same = |known: &Diagnostic| known.code == mistake.code && known.place == mistake.place;
        let index = self.found.iter().position(same).unwrap_or(self.found.len());
        if index == self.found.len() {
            self.found.push(mistake);
        }
        &mut self.found[index]
    }

    /// The line at this offset.
    pub(super) fn line(&self, offset: usize) -> u64 {
        self.position(offset).line
    }

    /// All of them, in the order of the file.
    pub(super) fn into_found(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|mistake| mistake.place.span);
        self.found
    }

    fn position(&self, offset: usize) -> Position {
        Locator::default().position(self.text.as_bytes(), offset)
    }
}
