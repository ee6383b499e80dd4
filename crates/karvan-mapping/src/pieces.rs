//! The elements of a group of which nothing is left to be written, as text.

use std::ops::Range;

/// Elements as text, each with its place among the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) text: String,
    /// The order that the grammar gives an element, and where its text stands.
    all: Vec<(u32, Range<usize>)>,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Adds what was appended to the text from `start` on, as one element.
    pub(crate) fn add(&mut self, order: u32, start: usize) {
        self.all.push((order, start..self.text.len()));
    }

    /// The elements from the one of this number on.
    pub(crate) fn since(&self, number: usize) -> Self {
        let start = self.all.get(number).map_or(self.text.len(), |(_, range)| range.start);
        let all = self.all[number..].iter().map(|(order, range)| (*order, range.start - start..range.end - start));
        Self { text: self.text[start..].to_owned(), all: all.collect() }
    }

    /// The elements with their order, as they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Range<usize>)> {
        self.all.iter().cloned()
    }

    /// Appends the elements in their order.
    pub(crate) fn put(&self, out: &mut String) {
        if self.all.is_sorted_by_key(|(order, _)| *order) {
            return out.push_str(&self.text);
        }
        let mut sorted: Vec<&(u32, Range<usize>)> = self.all.iter().collect();
        // Stable: repetitions stay as they came.
        sorted.sort_by_key(|(order, _)| *order);
        sorted.into_iter().for_each(|(_, range)| out.push_str(&self.text[range.clone()]));
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some((_, range)) = self.all.get(length) {
            self.text.truncate(range.start);
            self.all.truncate(length);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.all.clear();
    }
}
