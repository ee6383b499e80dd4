//! Terms with their values, counted: what an invoice says, and the arithmetic of what a report tells about it.

use std::collections::{BTreeMap, BTreeSet};

use karvan_mapping::{Entry, LossReport};

/// A multiset of terms with their values; a count may be below zero where a report tells of more than there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms(BTreeMap<(String, String), i64>);

/// Gives values as the extractor writes them.
pub(super) type Normal = BTreeMap<String, String>;

impl Terms {
    /// Counts a term `by` more or, below zero, less.
    pub(super) fn count(&mut self, term: &str, value: &str, by: i64) {
        let count = self.0.entry((term.to_owned(), value.to_owned())).or_default();
        *count += by;
        if *count == 0 {
            self.0.remove(&(term.to_owned(), value.to_owned()));
        }
    }

    /// How many there are.
    pub(super) fn total(&self) -> i64 {
        self.0.values().filter(|count| **count > 0).sum()
    }

    /// What stands in both.
    pub(super) fn common(&self, other: &Self) -> Self {
        self.combine(other, i64::min)
    }

    /// What stands in one of them.
    pub(super) fn either(&self, other: &Self) -> Self {
        self.combine(other, i64::max)
    }

    /// What stands here and not there.
    pub(super) fn without(&self, other: &Self) -> Self {
        self.combine(other, |here, there| (here - there).max(0))
    }

    /// What this becomes if the report is true.
    pub(super) fn after(&self, told: &Told) -> Self {
        self.combine(&told.gone, |here, gone| here - gone).combine(&told.come, |here, come| here + come)
    }

    /// What this was if the report is true.
    pub(super) fn before(&self, told: &Told) -> Self {
        self.combine(&told.come, |here, come| here - come).combine(&told.gone, |here, gone| here + gone)
    }

    /// The terms with their counts: `BT-29 BT-31*2`; `-` where there are none.
    pub(super) fn names(&self) -> String {
        let mut names: BTreeMap<(u32, &str), i64> = BTreeMap::new();
        for ((term, _), count) in &self.0 {
            let number = term.trim_start_matches("BT-").parse().unwrap_or_default();
            *names.entry((number, term)).or_default() += count.abs();
        }
        let name = |((_, term), count): (&(u32, &str), &i64)| {
            if *count == 1 { (*term).to_owned() } else { format!("{term}*{count}") }
        };
        let names: Vec<String> = names.iter().map(name).collect();
        if names.is_empty() { "-".to_owned() } else { names.join(" ") }
    }

    fn combine(&self, other: &Self, by: impl Fn(i64, i64) -> i64) -> Self {
        let keys: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let count = |terms: &Self, key| terms.0.get(key).copied().unwrap_or_default();
        let counts = keys.into_iter().map(|key| (key.clone(), by(count(self, key), count(other, key))));
        Self(counts.filter(|(_, count)| *count != 0).collect())
    }
}

/// What a report tells of the terms that the extractor knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Terms of the source that the target does not hold, not so, or not as often.
    pub(super) gone: Terms,
    /// Terms of the target that the source does not hold, or not so.
    pub(super) come: Terms,
    /// Of those gone, what the target says all the same: once for all, or by the code that its own list has for it.
    pub(super) said: Terms,
}

impl Told {
    pub(super) fn new(report: &LossReport, normal: &Normal) -> Self {
        let mut told = Self::default();
        let count = |terms: &mut Terms, entry: &Entry, value: &str| {
            let Some(term) = entry.term.map(karvan_model::Term::id).filter(|id| is_extracted(id)) else { return };
            let value = normal.get(value).map_or(value, String::as_str);
            if !value.is_empty() {
                terms.count(term, value, 1);
            }
        };
        for entry in report.lost.iter().chain(&report.repeated).chain(&report.changed) {
            count(&mut told.gone, entry, &entry.value);
        }
        for entry in &report.changed {
            count(&mut told.come, entry, entry.written.as_deref().unwrap_or_default());
        }
        report.added.iter().for_each(|entry| count(&mut told.come, entry, &entry.value));
        let other_codes = report.changed.iter().filter(|entry| entry.reason.id() == "mapping-other-code");
        for entry in report.repeated.iter().chain(other_codes) {
            count(&mut told.said, entry, &entry.value);
        }
        told
    }
}

/// The values in a report that the extractor may write otherwise.
pub(super) fn values(report: &LossReport) -> impl Iterator<Item = &str> {
    let LossReport { lost, added, changed, repeated, form: _ } = report;
    let entries = lost.iter().chain(added).chain(changed).chain(repeated);
    entries.flat_map(|entry| [Some(entry.value.as_str()), entry.written.as_deref()]).flatten()
}

/// Whether the extractor knows the term: it gives no groups, and no parts of terms (`BT-84-1`).
fn is_extracted(id: &str) -> bool {
    id.strip_prefix("BT-").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(terms: &[(&str, i64)]) -> Terms {
        let mut all = Terms::default();
        terms.iter().for_each(|(term, count)| all.count(term, "x", *count));
        all
    }

    #[test]
    fn terms_are_compared_as_often_as_they_stand() {
        let (here, there) = (terms(&[("BT-1", 2), ("BT-29", 1)]), terms(&[("BT-1", 1), ("BT-3", 1)]));
        assert_eq!(here.common(&there), terms(&[("BT-1", 1)]));
        assert_eq!(here.either(&there), terms(&[("BT-1", 2), ("BT-3", 1), ("BT-29", 1)]));
        assert_eq!(here.without(&there).names(), "BT-1 BT-29");
        assert_eq!((here.total(), here.names().as_str()), (3, "BT-1*2 BT-29"));
        assert_eq!(Terms::default().names(), "-");
    }

    #[test]
    fn a_true_report_leads_there_and_back() {
        let told = Told { gone: terms(&[("BT-29", 1)]), come: terms(&[("BT-3", 1)]), said: Terms::default() };
        let (before, after) = (terms(&[("BT-1", 2), ("BT-29", 1)]), terms(&[("BT-1", 2), ("BT-3", 1)]));
        assert_eq!((before.after(&told), after.before(&told)), (after, before));
    }

    #[test]
    fn parts_and_groups_are_not_extracted() {
        assert_eq!(["BT-84", "BT-84-1", "BG-4"].map(is_extracted), [true, false, false]);
    }
}
