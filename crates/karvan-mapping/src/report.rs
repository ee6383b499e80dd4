//! What a conversion carried and what it did not.

use karvan_model::Term;
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message, Span};
use serde::{Serialize, Serializer};

/// The report of a conversion: every value that was not carried, was changed or was added, and where.
///
/// `form` holds what is no loss: envelopes and counters, comments, what a code list or a term says by itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LossReport {
    /// Values of the source that the target does not hold.
    pub lost: Vec<Entry>,
    /// Values of the target that the source does not hold.
    pub added: Vec<Entry>,
    /// Values that the target says otherwise.
    pub changed: Vec<Entry>,
    /// Values that the source says more than once and the target once.
    pub repeated: Vec<Entry>,
    /// What belongs to the form of the source or the target, not to the document.
    pub form: Vec<Entry>,
}

impl LossReport {
    /// Whether something of the document was lost.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Takes in what another step of the same conversion reports.
    pub fn extend(&mut self, other: Self) {
        self.lost.extend(other.lost);
        self.added.extend(other.added);
        self.changed.extend(other.changed);
        self.repeated.extend(other.repeated);
        self.form.extend(other.form);
        self.cancel();
    }

    /// A code that one step changed and the next changed back was not changed.
    fn cancel(&mut self) {
        let mut at = 0;
        while at < self.changed.len() {
            let (there, rest) = self.changed.split_at(at + 1);
            let back = rest.iter().position(|other| there[at].is_undone_by(other));
            match back {
                Some(back) => {
                    self.changed.remove(at + 1 + back);
                    self.changed.remove(at);
                }
                None => at += 1,
            }
        }
    }

    /// Puts the entries in the order of the source.
    pub(crate) fn sort(&mut self) {
        let place = |entry: &Entry| entry.source.as_ref().map(|place| place.span.start);
        for entries in self.sections_mut() {
            entries.sort_by_key(place);
        }
    }

    /// How many sections there are.
    pub(crate) const SECTIONS: usize = 5;

    pub(crate) fn sections_mut(&mut self) -> [&mut Vec<Entry>; Self::SECTIONS] {
        let Self { lost, added, changed, repeated, form } = self;
        [lost, added, changed, repeated, form]
    }

    /// The report for people: a head line, then one line an entry, the entries of the form counted only.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let head = Message::new("mapping-report")
            .with("lost", self.lost.len())
            .with("changed", self.changed.len())
            .with("added", self.added.len())
            .with("repeated", self.repeated.len())
            .with("form", self.form.len());
        let mut text = head.text(language) + "\n";
        let sections = [
            ("mapping-lost", &self.lost),
            ("mapping-changed", &self.changed),
            ("mapping-added", &self.added),
            ("mapping-once", &self.repeated),
        ];
        for (title, entries) in sections {
            for entry in entries {
                text.push_str("  ");
                text.push_str(&entry.text(title, language));
                text.push('\n');
            }
        }
        text
    }
}

/// One value in a [`LossReport`].
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The term, if one stands at this place; a machine gets its id, `BT-44`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "id")]
    pub term: Option<&'static Term>,
    /// The value in the source, or the value added.
    pub value: String,
    /// What the target says instead, where it says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Why.
    pub reason: Message,
    /// Where the value stands in the source; none for what was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    /// The path in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The octets.
    pub span: Span,
    /// The path.
    pub path: String,
}

impl Entry {
    fn is_undone_by(&self, other: &Self) -> bool {
        self.term.map(Term::id) == other.term.map(Term::id)
            && self.written.as_deref() == Some(&*other.value)
            && other.written.as_deref() == Some(&*self.value)
    }

    /// The entry as one line under `title`.
    fn text(&self, title: &'static str, language: Language) -> String {
        let name = self.term.map_or_else(String::new, |term| format!("{} {} ", term.id(), term.name(language)));
        let mut line = Message::new(title).text(language);
        line.push_str(": ");
        line.push_str(&name);
        line.push_str(&isolate(&shown(&self.value), language));
        if let Some(written) = &self.written {
            line.push_str(" → ");
            line.push_str(&isolate(&shown(written), language));
        }
        if let Some(place) = &self.source {
            let at = format!(" ({}, {}–{})", place.path, place.span.start, place.span.end);
            line.push_str(&isolate(&at, language));
        } else if let Some(target) = &self.target {
            line.push_str(&isolate(&format!(" ({target})"), language));
        }
        line.push_str(" — ");
        line.push_str(&self.reason.text(language));
        line
    }
}

/// The beginning of a value, on one line.
fn shown(value: &str) -> String {
    const WIDTH: usize = 60;
    let mut shown: String = value.chars().take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().count() > WIDTH {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

#[allow(clippy::ref_option, reason = "serde gives a field by reference")]
fn id<S: Serializer>(term: &Option<&'static Term>, serializer: S) -> Result<S::Ok, S::Error> {
    term.map(Term::id).serialize(serializer)
}
