//! The kinds of damage. Each makes mutants of a sample and says what is to be told of them, from what it changed.

mod content;
mod envelope;
mod octets;
mod structure;

use std::ops::Range;

use super::sample::{Sample, Slot, Written};

/// A kind of damage.
pub(super) struct Kind {
    /// Its name in the table.
    pub(super) name: &'static str,
    /// What is damaged.
    pub(super) about: &'static str,
    /// Makes the mutants; none where the sample has nothing to damage in this way.
    pub(super) make: for<'d> fn(&Sample<'d>) -> Vec<Mutant>,
}

/// All kinds.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    [envelope::KINDS, structure::KINDS, content::KINDS, octets::KINDS].into_iter().flatten()
}

/// A damaged interchange and what is to be told of it.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// The octets.
    pub(super) octets: Vec<u8>,
    /// The findings that must be there, each once.
    pub(super) expected: Vec<Expected>,
    /// Where more may be told: the octets whose meaning the damage took away.
    pub(super) consequences: Vec<Range<usize>>,
}

/// A finding that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// `E1029`.
    pub(super) code: &'static str,
    /// The path in the names of the standard.
    pub(super) path: String,
    /// The damaged octets: the finding lies within.
    pub(super) span: Range<usize>,
}

impl Mutant {
    fn new(written: Written) -> Self {
        Self { octets: written.octets, expected: Vec::new(), consequences: Vec::new() }
    }

    /// What must be told.
    fn tells(mut self, code: &'static str, path: impl Into<String>, span: Range<usize>) -> Self {
        self.expected.push(Expected { code, path: path.into(), span });
        self
    }

    /// Where more may be told.
    fn with_consequences(mut self, span: Range<usize>) -> Self {
        self.consequences.push(span);
        self
    }
}

/// Evenly spread candidates, at most as many as the sample is to give mutants of one kind.
fn some<T>(sample: &Sample<'_>, candidates: Vec<T>) -> Vec<T> {
    let step = candidates.len().div_ceil(sample.most).max(1);
    candidates.into_iter().step_by(step).collect()
}

/// Some of the values in messages that satisfy `test`.
fn slots<'d>(sample: &Sample<'d>, test: impl Fn(&Slot<'d>) -> bool) -> Vec<Slot<'d>> {
    some(sample, sample.body().flat_map(|line| sample.slots(line)).filter(test).collect())
}

/// A copy of the sample with one value changed, and where that value came to stand.
fn with_value<'d>(sample: &Sample<'d>, slot: &Slot<'d>, value: impl Into<Vec<u8>>) -> (Sample<'d>, Written) {
    let mut changed = sample.clone();
    changed.lines[slot.line].set(slot.element, slot.component, value);
    let written = changed.write();
    (changed, written)
}
