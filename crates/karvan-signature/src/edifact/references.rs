//! What an AUTACK refers to: USX and USY (ISO 9735-6 §5).

use std::borrow::Cow;

use karvan_edifact::Segment;
use karvan_text::Span;

use super::code::SecurityError;
use super::record::Record;
use super::structure::{Level, Structure, Structures};

/// A USX with its USY: a structure, and what is said about it.
#[derive(Clone, Debug)]
pub struct Referenced {
    reference: Record,
    span: Span,
    values: Vec<ReferencedValue>,
}

/// A USY: the value made for a structure, or why it is refused.
#[derive(Clone, Debug)]
pub struct ReferencedValue {
    pub(super) record: Record,
    /// Where USY stands.
    pub span: Span,
}

impl ReferencedValue {
    /// 0534: the header group that says how the value was made.
    #[must_use]
    pub fn reference(&self) -> Cow<'_, str> {
        self.record.text(0)
    }

    /// 0571: why the structure is refused, as it stands.
    #[must_use]
    pub fn error_code(&self) -> Cow<'_, str> {
        self.record.text(2)
    }

    /// The same, where the code is known.
    #[must_use]
    pub fn error(&self) -> Option<SecurityError> {
        SecurityError::from_code(&self.error_code())
    }
}

/// Why a reference leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// No structure has these references.
    Missing,
    /// Several have.
    Ambiguous,
    /// The structure with these references has another sender, recipient or message identifier: which data element.
    Differs(&'static str),
}

/// The data elements of USX.
mod usx {
    pub(super) const INTERCHANGE: usize = 0;
    pub(super) const SENDER: usize = 1;
    pub(super) const RECIPIENT: usize = 2;
    pub(super) const GROUP: usize = 3;
    pub(super) const MESSAGE: usize = 6;
    pub(super) const IDENTIFIER: usize = 7;
    pub(super) const PACKAGE: usize = 8;
}

impl Referenced {
    /// The references in `message`, an AUTACK.
    #[must_use]
    pub fn all(octets: &[u8], message: &Structure) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let mut at = message.body.start;
        while at < message.body.end {
            let rest = Span::new(at, message.body.end).slice(octets);
            let layout = rest.iter().take_while(|octet| octet.is_ascii_whitespace()).count();
            let segment = Segment::new(&rest[layout..], at + layout as u64, message.characters);
            match (segment.tag(), found.last_mut()) {
                (b"USX", _) => {
                    found.push(Self { reference: Record::of(&segment), span: segment.span(), values: Vec::new() });
                }
                (b"USY", Some(last)) => {
                    last.values.push(ReferencedValue { record: Record::of(&segment), span: segment.span() });
                }
                _ => {}
            }
            at = segment.span().end.max(at + 1);
        }
        found
    }

    /// USX that refers to a structure.
    #[must_use]
    pub fn record(structures: &Structures<'_>, index: usize) -> Record {
        let at = |level| structures.enclosing(index, level);
        let header = |level, element: usize| {
            let structure = at(level);
            structure.and_then(|one| one.header.occurrences(element).next()).map_or(vec![], <[Vec<u8>]>::to_vec)
        };
        let reference = |level| at(level).map_or("", |structure| structure.reference.as_str());
        Record::new("USX")
            .element(reference(Level::Interchange))
            .composite(header(Level::Interchange, 1))
            .composite(header(Level::Interchange, 2))
            .element(reference(Level::Group))
            .composite(header(Level::Group, 1))
            .composite(header(Level::Group, 2))
            .element(reference(Level::Message))
            .composite(header(Level::Message, 1))
            .element(reference(Level::Package))
    }

    /// Where USX stands.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// What is said about the structure.
    #[must_use]
    pub fn values(&self) -> &[ReferencedValue] {
        &self.values
    }

    /// 0020: the interchange.
    #[must_use]
    pub fn interchange(&self) -> Cow<'_, str> {
        self.reference.text(usx::INTERCHANGE)
    }

    /// The references for people: `interchange I, message M`.
    #[must_use]
    pub fn path(&self) -> String {
        let levels = [("UNB", usx::INTERCHANGE), ("UNG", usx::GROUP), ("UNH", usx::MESSAGE), ("UNO", usx::PACKAGE)];
        let parts = levels.into_iter().map(|(tag, element)| (tag, self.reference.text(element)));
        let parts: Vec<_> =
            parts.filter(|(_, value)| !value.is_empty()).map(|(tag, value)| format!("{tag} {value}")).collect();
        parts.join(" › ")
    }

    /// The structure among `structures` that is meant.
    ///
    /// # Errors
    /// Why there is none.
    pub fn resolve(&self, structures: &Structures<'_>) -> Result<usize, Unresolved> {
        let value = |element: usize| self.reference.text(element);
        let level = match (value(usx::PACKAGE).is_empty(), value(usx::MESSAGE).is_empty(), value(usx::GROUP).is_empty())
        {
            (false, _, _) => Level::Package,
            (_, false, _) => Level::Message,
            (_, _, false) => Level::Group,
            _ => Level::Interchange,
        };
        let is = |index, level, element: usize| {
            let reference = structures.enclosing(index, level).map(|structure| structure.reference.as_str());
            reference.unwrap_or_default() == value(element)
        };
        let all = structures.all().iter().enumerate();
        let mut meant =
            all.filter(|(_, structure)| structure.level == level).map(|(index, _)| index).filter(|&index| {
                is(index, Level::Interchange, usx::INTERCHANGE)
                    && (level == Level::Interchange || is(index, Level::Group, usx::GROUP))
                    && (level < Level::Message
                        || is(index, level, if level == Level::Message { usx::MESSAGE } else { usx::PACKAGE }))
            });
        let index = meant.next().ok_or(Unresolved::Missing)?;
        if meant.next().is_some() {
            return Err(Unresolved::Ambiguous);
        }
        let told = [
            (usx::SENDER, Level::Interchange, 1, "S002"),
            (usx::RECIPIENT, Level::Interchange, 2, "S003"),
            (usx::IDENTIFIER, Level::Message, 1, "S009"),
        ];
        for (element, level, in_header, name) in told {
            let Some(expected) = self.reference.occurrences(element).next() else { continue };
            let header = structures.enclosing(index, level).map(|structure| &structure.header);
            if header.and_then(|header| header.occurrences(in_header).next()) != Some(expected) {
                return Err(Unresolved::Differs(name));
            }
        }
        Ok(index)
    }
}
