//! What a conversion carried and what it did not.

use std::collections::{HashMap, VecDeque};

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
        let changes_more = !other.changed.is_empty();
        self.lost.extend(other.lost);
        self.added.extend(other.added);
        self.changed.extend(other.changed);
        self.repeated.extend(other.repeated);
        self.form.extend(other.form);
        if changes_more {
            self.cancel();
        }
    }

    /// A code that one step changed and the next changed back was not changed.
    fn cancel(&mut self) {
        // By what they say, for many lines may say the same.
        let mut open: HashMap<Change<'_>, VecDeque<usize>> = HashMap::new();
        for (at, entry) in self.changed.iter().enumerate() {
            open.entry(entry.change()).or_default().push_back(at);
        }
        let mut undone = vec![false; self.changed.len()];
        for (at, entry) in self.changed.iter().enumerate() {
            if undone[at] {
                continue;
            }
            let (term, value, written) = entry.change();
            let Some(back) = written.and_then(|written| open.get_mut(&(term, written, Some(value)))) else { continue };
            while back.front().is_some_and(|back| *back <= at) {
                back.pop_front();
            }
            if let Some(back) = back.pop_front() {
                (undone[at], undone[back]) = (true, true);
            }
        }
        let mut undone = undone.into_iter();
        self.changed.retain(|_| !undone.next().unwrap_or_default());
    }

    /// Puts the entries in the order of the source.
    pub(crate) fn sort(&mut self) {
        let place = |entry: &Entry| entry.source.as_ref().map(|place| place.span.start);
        for entries in self.sections_mut() {
            // Entries are large: each is to move once.
            if !entries.is_sorted_by_key(place) {
                entries.sort_by_cached_key(place);
            }
        }
    }

    /// How many sections there are.
    pub(crate) const SECTIONS: usize = 5;

    pub(crate) fn sections(&self) -> [&Vec<Entry>; Self::SECTIONS] {
        let Self { lost, added, changed, repeated, form } = self;
        [lost, added, changed, repeated, form]
    }

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

/// What a changed value says: its term, what it was and what it is.
type Change<'e> = (Option<&'static str>, &'e str, Option<&'e str>);

impl Entry {
    fn change(&self) -> Change<'_> {
        (self.term.map(Term::id), &self.value, self.written.as_deref())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change((value, written): (char, char)) -> Entry {
        let (value, written) = (value.to_string(), Some(written.to_string()));
        Entry { term: None, value, written, reason: Message::new("mapping-other-code"), source: None, target: None }
    }

    /// Takes away each change with the first later one that undoes it, as it is said.
    fn cancelled(mut changes: Vec<(char, char)>) -> Vec<(char, char)> {
        let mut at = 0;
        while at < changes.len() {
            let (value, written) = changes[at];
            match changes[at + 1..].iter().position(|later| *later == (written, value)) {
                Some(back) => {
                    changes.remove(at + 1 + back);
                    changes.remove(at);
                }
                None => at += 1,
            }
        }
        changes
    }

    proptest! {
        #[test]
        fn what_is_changed_back_was_not_changed(
            first in prop::collection::vec(("[ab]", "[abc]"), 0..20),
            second in prop::collection::vec(("[abc]", "[ab]"), 0..20),
        ) {
            let letter = |text: &String| text.chars().next().unwrap();
            let changes = |all: &[(String, String)]| all.iter().map(|(a, b)| (letter(a), letter(b))).collect::<Vec<_>>();
            let all = [changes(&first), changes(&second)].concat();
            let report = |all: &[(String, String)]| {
                let changed = changes(all).into_iter().map(change).collect();
                LossReport { changed, ..LossReport::default() }
            };
            let mut whole = report(&first);
            whole.extend(report(&second));
            let told = whole.changed.iter().map(|entry| (letter(&entry.value), letter(entry.written.as_ref().unwrap())));
            // What changes nothing undoes nothing.
            let expected = if second.is_empty() { all } else { cancelled(all) };
            prop_assert_eq!(told.collect::<Vec<_>>(), expected);
        }
    }
}
