//! The names that a table knows, by number, and how they are spelled.
//!
//! Known names are compared by number alone. How one is spelled is a label of its own: a source may have another prefix for a
//! name that the table knows, and names that no table knows.

use std::sync::Arc;

use crate::fixed::FixedMap;

/// A name that a table knows, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

impl Name {
    /// Every name that the table does not know.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);
    /// The step `..`.
    pub(crate) const PARENT: Self = Self(0);

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// Its place in a [`NameSet`], which it shares with others.
    pub(crate) const fn place(self) -> usize {
        self.0 as usize % NameSet::PLACES
    }
}

/// A set of names that may seem to hold some that were never added: enough to pass by what is surely not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameSet(u64);

impl NameSet {
    /// How many places there are for all names.
    pub(crate) const PLACES: usize = u64::BITS as usize;

    pub(crate) fn add(&mut self, name: Name) {
        self.0 |= 1 << name.place();
    }

    pub(crate) const fn add_all(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a name may be in it.
    pub(crate) fn has(self, name: Name) -> bool {
        self.0 & (1 << name.place()) != 0
    }

    /// Whether some name may be in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The names that a table knows.
#[derive(Debug)]
pub(crate) struct Names {
    texts: Vec<String>,
    tags: Vec<Tags>,
    labels: Arc<Vec<Spelling>>,
    /// By local name: the prefixes it is known with.
    known: FixedMap<String, Vec<(String, Name)>>,
}

/// A known name as XML writes it.
#[derive(Debug)]
pub(crate) struct Tags {
    /// The start tag of an element without attributes.
    start: String,
    pub(crate) end: String,
    /// Whether it is the name of an attribute instead.
    pub(crate) is_attribute: bool,
}

impl Tags {
    pub(crate) fn start(&self) -> &str {
        &self.start
    }

    /// The start tag without what follows the name in it.
    pub(crate) fn open_start(&self) -> &str {
        &self.start[..self.start.len() - 1]
    }
}

/// A prefix and a local name; an attribute has its mark `@` where an element has its prefix.
pub(crate) type Spelling = (Box<str>, Box<str>);

impl Default for Names {
    fn default() -> Self {
        let mut names =
            Self { texts: Vec::new(), tags: Vec::new(), labels: Arc::default(), known: FixedMap::default() };
        names.add("..");
        names
    }
}

impl Names {
    /// The number of `name`, which becomes known.
    pub(crate) fn add(&mut self, name: &str) -> Name {
        let (prefix, local) = split(name);
        let found = self.find(prefix, local);
        if found != Name::UNKNOWN {
            return found;
        }
        let number = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(name.to_owned());
        self.tags.push(Tags {
            start: format!("<{name}>"),
            end: format!("</{name}>"),
            is_attribute: name.starts_with('@'),
        });
        let spelling = name.strip_prefix('@').map_or((prefix, local), |attribute| ("@", attribute));
        Arc::make_mut(&mut self.labels).push((spelling.0.into(), spelling.1.into()));
        self.known.entry(local.to_owned()).or_default().push((prefix.to_owned(), number));
        number
    }

    /// The number of the name with this prefix of the table and this local name.
    pub(crate) fn find(&self, prefix: &str, local: &str) -> Name {
        let prefixes = self.known.get(local).map_or(&[][..], Vec::as_slice);
        prefixes.iter().find(|(known, _)| known == prefix).map_or(Name::UNKNOWN, |(_, name)| *name)
    }

    /// The spelling of a known name.
    pub(crate) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", String::as_str)
    }

    /// The tags of the elements of a known name.
    pub(crate) fn tags(&self, name: Name) -> &Tags {
        // The step `..` names no element.
        self.tags.get(name.0 as usize).unwrap_or(&self.tags[0])
    }

    /// How the table spells its names, in their order.
    pub(crate) fn labels(&self) -> &Arc<Vec<Spelling>> {
        &self.labels
    }
}

/// `ram:Name` as prefix and local name; an attribute's `@` stays with its local name.
pub(crate) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// How a node is spelled, by number: as the table or the directory has it, or as the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(u32);

impl Label {
    /// The number of the spelling at `index` of those that a tree begins with.
    pub(crate) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The spelling that the table has for a name that it knows.
    pub(crate) const fn of(name: Name) -> Self {
        Self(name.0)
    }

    /// Where the spelling stands among those of the table, or behind them among others.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_prefix_and_local_name() {
        let mut names = Names::default();
        let name = names.add("ram:ID");
        assert_eq!(names.add("ram:ID"), name);
        assert_ne!(names.add("cbc:ID"), name);
        assert_eq!(names.find("ram", "ID"), name);
        assert_eq!(names.find("", "ID"), Name::UNKNOWN);
        assert_eq!(names.text(name), "ram:ID");
    }
}
