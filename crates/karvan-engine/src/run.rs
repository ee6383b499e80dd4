//! What the interchanges of one run have in common: a reference used for two of them.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};

use karvan_edifact::{Component, InterchangeHeader};
use karvan_schema::interchange::References;
use karvan_text::{Code, Diagnostic, Message, Place, Position, Span, Verdict};

use crate::outcome::Outcome;
use crate::validate::{judge_strictly, references_limited};

/// The header of an interchange: what names it (ISO 9735-10, UNB), and where that stands.
#[derive(Clone, Debug)]
pub struct Opening {
    sender: String,
    reference: String,
    /// Of all that names it: sender, recipient, reference.
    name: u64,
    path: &'static str,
    span: Span,
    position: Position,
}

impl Opening {
    /// How many openings of one document are remembered.
    pub(crate) const LIMIT: usize = 1 << 16;

    /// The opening of an interchange that has a reference.
    pub(crate) fn of(header: &InterchangeHeader<'_>) -> Option<Self> {
        let reference = header.reference();
        if reference.is_empty() {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        let parties = [header.sender(), header.recipient()].map(|party| party.element().raw());
        (parties, header.dialogue().element().raw(), reference.raw()).hash(&mut hasher);
        let text = |component: Component<'_>| String::from_utf8_lossy(&component.unescaped()).into_owned();
        Some(Self {
            sender: text(header.sender().identification()),
            reference: text(reference),
            name: hasher.finish(),
            path: if header.is_interactive() { "UIB/S302/0300" } else { "UNB/0020" },
            span: reference.span(),
            position: Position::default(),
        })
    }

    /// Where its reference begins.
    pub(crate) const fn start(&self) -> u64 {
        self.span.start
    }

    /// The same with line and column.
    pub(crate) const fn at(mut self, position: Position) -> Self {
        self.position = position;
        self
    }
}

/// The interchanges of a run, document after document.
#[derive(Clone, Debug)]
pub struct Run {
    /// The document in which each interchange was, by what names it.
    seen: HashMap<u64, u32>,
    documents: Vec<String>,
    limit: usize,
    limit_told: bool,
    strict: bool,
}

impl Default for Run {
    fn default() -> Self {
        let limit = References::LIMIT;
        Self { seen: HashMap::new(), documents: Vec::new(), limit, limit_told: false, strict: false }
    }
}

impl Run {
    /// A run that remembers up to `limit` interchanges.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The same, to which an interchange that comes again is an error.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// Compares the interchanges of the document `name` with those of the documents before it. What is found is counted
    /// in its outcome.
    ///
    /// A document may be sound by itself and yet a copy, so this is a warning where the run is not strict. An interchange
    /// that comes twice in one document was told when that was checked.
    pub fn compare(&mut self, name: &str, outcome: &mut Outcome) -> Vec<Diagnostic> {
        let openings = std::mem::take(&mut outcome.openings);
        let Ok(document) = u32::try_from(self.documents.len()) else { return Vec::new() };
        if openings.is_empty() {
            return Vec::new();
        }
        self.documents.push(name.to_owned());
        let mut found = Vec::new();
        let mut limited = None;
        for opening in openings {
            let full = self.seen.len() >= self.limit;
            match self.seen.entry(opening.name) {
                Entry::Occupied(entry) if *entry.get() == document => {}
                Entry::Occupied(entry) => found.push(seen_before(opening, &self.documents[*entry.get() as usize])),
                Entry::Vacant(_) if full => limited = limited.or(Some(opening)),
                Entry::Vacant(entry) => drop(entry.insert(document)),
            }
        }
        if self.strict {
            found.iter_mut().for_each(judge_strictly);
        }
        if self.strict && !found.is_empty() && outcome.verdict == Verdict::Valid {
            outcome.verdict = Verdict::Invalid;
        }
        if let Some(opening) = limited.filter(|_| !std::mem::replace(&mut self.limit_told, true)) {
            found.push(references_limited(self.limit, opening.start(), opening.position));
            outcome.verdict = Verdict::Unfinished;
        }
        for finding in &found {
            outcome.summary.add(finding.code.severity);
        }
        found
    }
}

fn seen_before(opening: Opening, file: &str) -> Diagnostic {
    let Opening { sender, reference, path, span, position, .. } = opening;
    let place = Place { span, position, path: path.to_owned(), ..Place::default() };
    let message =
        Message::new("interchange-seen-before").with("reference", &reference).with("sender", sender).with("file", file);
    Diagnostic::new(Code::warning(1026), message, place).found(reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{Options, validate};

    fn outcome(text: &str) -> Outcome {
        validate(text.as_bytes(), &Options::default(), &mut |_| {}).expect("memory can be read")
    }

    fn interchange(sender: &str, reference: &str) -> String {
        format!(
            "UNB+UNOC:4+{sender}+B+20261122:0900+{reference}'UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+1'\nUNZ+1+{reference}'"
        )
    }

    #[test]
    fn a_reference_of_an_earlier_document_is_told() {
        let mut run = Run::default();
        let mut compare = |name: &str, text: &str| {
            let mut outcome = outcome(text);
            let found = run.compare(name, &mut outcome);
            let told: Vec<_> = found.iter().map(|finding| format!("{} {}", finding.code, finding.place.path)).collect();
            (told, outcome.verdict)
        };
        assert_eq!(compare("a", &interchange("A", "1")), (vec![], Verdict::Valid));
        assert_eq!(compare("b", &interchange("A", "2")), (vec![], Verdict::Valid));
        assert_eq!(compare("c", &interchange("C", "1")), (vec![], Verdict::Valid));
        let again = ["\n", &interchange("A", "1")].concat();
        assert_eq!(compare("d", &again), (vec!["W1026 UNB/0020".to_owned()], Verdict::Valid));
        run = run.strict(true);
        let mut outcome = outcome(&again);
        assert_eq!(run.compare("e", &mut outcome)[0].code.to_string(), "E1026");
        assert_eq!(outcome.verdict, Verdict::Invalid);
    }

    #[test]
    fn beyond_the_limit_it_is_said_once_that_nothing_is_compared() {
        let mut run = Run::new(1);
        let mut codes = |reference: &str| {
            let mut outcome = outcome(&interchange("A", reference));
            let found = run.compare(reference, &mut outcome);
            (found.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>(), outcome.verdict)
        };
        assert_eq!(codes("1"), (vec![], Verdict::Valid));
        assert_eq!(codes("2"), (vec!["E9003".to_owned()], Verdict::Unfinished));
        assert_eq!(codes("3"), (vec![], Verdict::Valid));
        assert_eq!(codes("1"), (vec!["W1026".to_owned()], Verdict::Valid));
    }

    #[test]
    fn the_place_and_the_earlier_document_are_named() {
        let mut run = Run::default();
        run.compare("first.edi", &mut outcome(&interchange("A", "1")));
        let text = [interchange("A", "2"), "\n".to_owned(), interchange("A", "1")].concat();
        let finding = &run.compare("second.edi", &mut outcome(&text))[0];
        assert_eq!((finding.place.position.line, finding.place.position.column), (3, 30));
        assert_eq!(finding.place.span.slice(text.as_bytes()), b"1");
        assert!(finding.message.text(karvan_text::Language::English).contains("first.edi"));
    }
}
