//! What a conversion says of itself is what it did: a document that is written and read back differs from itself by
//! exactly what the reports list.

use std::collections::BTreeMap;

use karvan_mapping::{LossReport, Target, read, write};
use karvan_model::{Document, Term};

/// Terms with their values, counted.
pub(crate) type Terms = BTreeMap<(&'static str, String), i64>;

pub(crate) fn terms(document: &Document) -> Terms {
    let mut terms = Terms::new();
    let mut count = |term, value: String| {
        *terms.entry((document.kind.term(term).id(), value)).or_default() += 1;
    };
    for leaf in document.leaves() {
        count(leaf.term, leaf.value.text().into_owned());
        for (term, part) in leaf.parts(document.kind) {
            if let Some(term) = term {
                count(term, part.text.to_string());
            }
        }
    }
    terms
}

/// `terms` less what the report says is gone, and with what it says has come.
fn after(mut terms: Terms, report: &LossReport) -> Terms {
    let mut count = |term: Option<&'static Term>, value: &str, by: i64| {
        if let Some(term) = term {
            *terms.entry((term.id(), value.to_owned())).or_default() += by;
        }
    };
    let gone = report.lost.iter().chain(&report.repeated).chain(&report.changed);
    gone.for_each(|entry| count(entry.term, &entry.value, -1));
    report.added.iter().for_each(|entry| count(entry.term, &entry.value, 1));
    report.changed.iter().for_each(|entry| count(entry.term, entry.written.as_deref().unwrap_or_default(), 1));
    terms.retain(|_, count| *count != 0);
    terms
}

/// Writes a document if its kind has the syntax, reads it back, and compares the difference with the reports.
pub(crate) fn check(document: &Document, target: Target) -> Option<LossReport> {
    let writing = write(document, target).ok()?;
    let mut readings = read(&writing.bytes).expect("read");
    assert_eq!(readings.len(), 1);
    let reading = readings.remove(0);
    let mut report = writing.report;
    report.extend(reading.report);
    let (told, done) = (after(terms(document), &report), terms(&reading.document));
    let told_only: Vec<_> = told.iter().filter(|(term, count)| done.get(*term) != Some(count)).collect();
    let done_only: Vec<_> = done.iter().filter(|(term, count)| told.get(*term) != Some(count)).collect();
    let text = String::from_utf8_lossy(&writing.bytes);
    assert!(told == done, "{} as {target}: told {told_only:?}, done {done_only:?}\n{text}", document.kind.name());
    Some(report)
}
