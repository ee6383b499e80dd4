//! References that were used: a second use of one is told, in bounded memory.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// References already used, as hashes: an interchange may hold millions.
#[derive(Clone, Debug)]
pub struct References {
    seen: HashSet<u64>,
    limit: usize,
    full: bool,
}

/// What became of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It was not seen before, as far as references were remembered.
    New,
    /// It was seen before.
    Duplicate,
    /// It is the first that is not remembered, for as many as may be are.
    LimitReached,
}

impl References {
    /// How many are remembered, where nobody says otherwise.
    pub const LIMIT: usize = 1 << 20;

    /// None yet, and at most `limit`.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { seen: HashSet::new(), limit, full: false }
    }

    /// Remembers a reference: what names it, all of it.
    pub fn insert(&mut self, reference: impl Hash) -> Remembered {
        let mut hasher = DefaultHasher::new();
        reference.hash(&mut hasher);
        let hash = hasher.finish();
        if self.seen.contains(&hash) {
            return Remembered::Duplicate;
        }
        if self.seen.len() < self.limit {
            self.seen.insert(hash);
            return Remembered::New;
        }
        if std::mem::replace(&mut self.full, true) { Remembered::New } else { Remembered::LimitReached }
    }
}

impl Default for References {
    fn default() -> Self {
        Self::new(Self::LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_beyond_the_limit_are_told_once_and_known_ones_still_found() {
        let mut references = References::new(1000);
        for number in 0..1000_u64 {
            assert_eq!(references.insert(number), Remembered::New);
        }
        assert_eq!(references.insert("one too many"), Remembered::LimitReached);
        assert_eq!(references.insert("another"), Remembered::New);
        assert_eq!(references.insert(7_u64), Remembered::Duplicate);
    }
}
