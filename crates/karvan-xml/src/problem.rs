//! What stops reading: a problem at a place of the source, and the finding made of it.

use std::fmt;
use std::ops::Range;

use karvan_text::{Code, Diagnostic, Excerpt, Language, Locator, Message, Place, Span};

use crate::document::excerpt;

/// Why a document could not be read: one finding, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(Box<Diagnostic>);

impl ParseError {
    /// The finding.
    #[must_use]
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0
    }

    /// The finding, to keep.
    #[must_use]
    pub fn into_diagnostic(self) -> Diagnostic {
        *self.0
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { code, message, place, .. } = self.diagnostic();
        let position = place.position;
        write!(f, "{code} at {}:{}: {}", position.line, position.column, message.text(Language::English))
    }
}

impl std::error::Error for ParseError {}

/// A problem before the source is looked at for line and column.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    message: Message,
    span: Range<usize>,
    help: Option<Message>,
}

impl Problem {
    pub(crate) fn new(number: u16, message: Message, span: Range<usize>) -> Box<Self> {
        Box::new(Self { code: Code::error(number), message, span, help: None })
    }

    pub(crate) fn help(mut self: Box<Self>, help: &'static str) -> Box<Self> {
        self.help = Some(Message::new(help));
        self
    }

    /// The octets concerned, in what was looked at.
    pub(crate) fn span(&self) -> Span {
        Span::from(self.span.clone())
    }

    /// The finding, with line, column and excerpt out of `source`; `path` is that of the element being read.
    pub(crate) fn into_error(self, source: &[u8], path: String) -> ParseError {
        let span = self.span();
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let place = Place { span, position: Locator::default().position(source, start), path, ..Place::default() };
        self.into_error_at(place, excerpt(source, span))
    }

    /// The finding at this place.
    pub(crate) fn into_error_at(self, place: Place, excerpt: Excerpt) -> ParseError {
        let mut diagnostic = Diagnostic::new(self.code, self.message, place).excerpt(excerpt);
        diagnostic.help = self.help;
        ParseError(Box::new(diagnostic))
    }
}

/// The outcome of a step of reading.
pub(crate) type Step<T> = Result<T, Box<Problem>>;
