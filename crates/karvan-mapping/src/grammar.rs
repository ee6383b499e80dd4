//! What a grammar allows, in the names of a table: the one form in which schemas and EDIFACT directories reach the
//! engine, made once for each table.

use karvan_schema::directory::{DependencyKind, Element};
use karvan_schema::xml::{Datatype, SimpleType};
use karvan_text::Message;

use crate::fixed::FixedMap;
use crate::names::{Name, NameSet};

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
    /// How many it must have.
    pub(crate) least: u16,
    /// Whether the limits count digits only (ISO 9735-1 §10).
    pub(crate) numeric: bool,
}

impl Slot {
    /// The key of a place that nothing stands in.
    pub(crate) const NOTHING: u32 = u32::MAX;
    /// The place of the root.
    pub(crate) const ROOT: Self = Self { key: 0, order: 0, repetitions: 1, limit: 0, least: 0, numeric: false };
}

/// The grammar of a syntax: which nodes stand where, in what order, how often, how long.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// What may stand in each place, by key, in the order of the names.
    places: Vec<Vec<(Name, Slot)>>,
    /// The places of a name that stands in several places of one, such as UNS, but for the first.
    later: FixedMap<(u32, Name), Vec<Slot>>,
    /// Whether a text may hold a character.
    permits: fn(char) -> bool,
    /// The lists that are kept to, by the key of the place around and the name.
    lists: FixedMap<(u32, Name), List>,
    /// The names that have some.
    listed: NameSet,
    /// What a node must have in it to be written, by the key of its place; none where nothing is taken back.
    wants: Vec<Wants>,
    /// Whether that is there as soon as the node is written, so that it need not be looked for in the end.
    at_once: bool,
}

/// What a node must have in it to be written.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    /// What must be there.
    pub(crate) all: Vec<Wanted>,
    /// What must or must not stand together.
    pub(crate) notes: Vec<(DependencyKind, Vec<Wanted>)>,
}

/// A node that is wanted in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: Name,
    /// Which one it is of its name.
    pub(crate) occurrence: u32,
    /// What it is called, whether or not a table has its name.
    pub(crate) tag: &'static str,
}

/// The codes that a place may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    /// Those of an element of a directory.
    Element(Element<'static>),
    /// Those of a type of a schema.
    Type(SimpleType<'static>),
    /// The values of a datatype.
    Datatype(Datatype),
    /// Those of a place of a JSON document, sorted.
    Codes(&'static [String]),
    /// `true` and `false`.
    Boolean,
}

impl List {
    fn holds(self, code: &str) -> bool {
        match self {
            Self::Element(element) => element.has_code(code.as_bytes()),
            Self::Type(simple) => simple.enumeration().contains(&code.trim()),
            Self::Codes(codes) => codes.binary_search_by(|known| known.as_str().cmp(code)).is_ok(),
            Self::Datatype(datatype) => datatype.accepts(code.trim()),
            Self::Boolean => matches!(code, "true" | "false"),
        }
    }

    /// Why it does not hold a code.
    fn refusal(self, code: &str) -> Message {
        let id = match self {
            Self::Datatype(datatype) if datatype.is_decimal() => "mapping-no-number",
            _ => "mapping-no-code",
        };
        Message::new(id).with("value", code)
    }
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
        let (later, lists, listed) = (FixedMap::default(), FixedMap::default(), NameSet::default());
        Self { places, later, permits, lists, listed, wants: Vec::new(), at_once: false }
    }

    /// The grammar in which names have these places besides.
    pub(crate) fn with_later(self, later: FixedMap<(u32, Name), Vec<Slot>>) -> Self {
        Self { later, ..self }
    }

    /// The grammar that refuses what these lists lack.
    pub(crate) fn keeping_to(self, lists: FixedMap<(u32, Name), List>) -> Self {
        let mut listed = NameSet::default();
        lists.keys().for_each(|(_, name)| listed.add(*name));
        Self { lists, listed, ..self }
    }

    /// The grammar in which nodes must have these in them.
    pub(crate) fn wanting(self, wants: Vec<Wants>) -> Self {
        Self { wants, ..self }
    }

    /// The grammar in which nodes must have these in them as soon as they are written.
    pub(crate) fn wanting_at_once(self, wants: Vec<Wants>) -> Self {
        Self { wants, at_once: true, ..self }
    }

    /// Whether nodes must have others in them in the end.
    pub(crate) fn wants_any(&self) -> bool {
        !self.wants.is_empty() && !self.at_once
    }

    /// Whether nodes must have others in them as soon as they are written.
    #[inline]
    pub(crate) fn wants_at_once(&self) -> bool {
        self.at_once
    }

    /// What a node in the place with this key must have in it.
    pub(crate) fn wants(&self, key: u32) -> Option<&Wants> {
        self.wants.get(key as usize)
    }

    /// Why `name` cannot hold this code in the place with this key, if its list lacks it.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn lacks(&self, parent: u32, name: Name, code: &str) -> Option<Message> {
        if !self.listed.has(name) {
            return None;
        }
        let list = self.lists.get(&(parent, name))?;
        (!list.holds(code)).then(|| list.refusal(code))
    }

    /// The place of `name` in the place with this key.
    pub(crate) fn child(&self, parent: u32, name: Name) -> Option<Slot> {
        let place = self.places.get(parent as usize)?;
        place.binary_search_by_key(&name, |(known, _)| *known).ok().map(|found| place[found].1)
    }

    /// The place of the `occurrence`th `name` in the place with this key, given that of the first; else how many there may
    /// be.
    pub(crate) fn place_of(&self, parent: u32, name: Name, first: Slot, occurrence: u32) -> Result<Slot, u32> {
        let mut room = first.repetitions;
        if occurrence <= room {
            return Ok(first);
        }
        for slot in self.later.get(&(parent, name)).into_iter().flatten() {
            room = room.saturating_add(slot.repetitions);
            if occurrence <= room {
                return Ok(*slot);
            }
        }
        Err(room)
    }

    /// Why the syntax cannot hold `text`, if it cannot.
    #[inline(always)] // A call would take as long as what it does.
    pub(crate) fn refuses(&self, text: &str) -> Option<Message> {
        if is_printable(text) {
            return None;
        }
        let bad = text.chars().find(|character| !(self.permits)(*character))?;
        Some(Message::new("mapping-character").with("character", format!("U+{:04X}", u32::from(bad))))
    }
}

/// Whether a text has printable characters of ASCII alone.
fn is_printable(text: &str) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    // The highest bit of an octet is set where it was, where 7F became 80, and where less than a space was borrowed for.
    let has_other = |eight: &[u8; 8]| {
        let octets = u64::from_le_bytes(*eight);
        (octets | octets.wrapping_add(EACH) | octets.wrapping_sub(EACH * 0x20)) & (EACH * 0x80) != 0
    };
    !eights.iter().any(has_other) && rest.iter().all(|octet| matches!(octet, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn printable_characters_are_told(text in "[ -~]{0,20}(\\PC|[\\x00-\\x20\\x7F~ ]){0,2}[ -~]{0,20}") {
            prop_assert_eq!(is_printable(&text), text.chars().all(|character| (' '..='~').contains(&character)));
        }
    }
}
