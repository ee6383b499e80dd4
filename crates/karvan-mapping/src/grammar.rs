//! What a grammar allows, in the names of a table: the one form in which XML schemas and EDIFACT directories reach the
//! engine, made once for each table.

use karvan_text::Message;

use crate::tree::Name;

/// What a grammar says of a node that stands at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// What the grammar knows the place by.
    pub(crate) key: u32,
    /// The order among its brothers.
    pub(crate) order: u32,
    /// How often it may stand there at most.
    pub(crate) repetitions: u32,
    /// How many characters its text may have; 0 for any number.
    pub(crate) limit: u16,
    /// Whether the limit counts digits only (ISO 9735-1 §10).
    pub(crate) numeric: bool,
}

impl Slot {
    /// The key of a place that nothing stands in.
    pub(crate) const NOTHING: u32 = u32::MAX;
    /// The place of the root.
    pub(crate) const ROOT: Self = Self { key: 0, order: 0, repetitions: 1, limit: 0, numeric: false };
}

/// The grammar of a syntax: which nodes stand where, in what order, how often, how long.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// What may stand in each place, by key, in the order of the names.
    places: Vec<Vec<(Name, Slot)>>,
    /// Whether a text may hold a character.
    permits: fn(char) -> bool,
}

impl Grammar {
    /// The grammar of these places; `permits` is true of every printable character of ASCII.
    pub(crate) fn new(mut places: Vec<Vec<(Name, Slot)>>, permits: fn(char) -> bool) -> Self {
        for place in &mut places {
            place.retain(|(name, _)| *name != Name::UNKNOWN);
            // Stable, and so the first of several with one name is the one that counts.
            place.sort_by_key(|(name, _)| *name);
            place.dedup_by_key(|(name, _)| *name);
        }
        Self { places, permits }
    }

    /// The place of `name` in the place with this key.
    pub(crate) fn child(&self, parent: u32, name: Name) -> Option<Slot> {
        let place = self.places.get(parent as usize)?;
        place.binary_search_by_key(&name, |(known, _)| *known).ok().map(|found| place[found].1)
    }

    /// Why the syntax cannot hold `text`, if it cannot.
    pub(crate) fn refuses(&self, text: &str) -> Option<Message> {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        let bad = text.chars().find(|character| !(self.permits)(*character))?;
        Some(Message::new("mapping-character").with("character", format!("U+{:04X}", u32::from(bad))))
    }
}
