//! Code lists, whoever keeps them: those of the directories, and those that others publish — ISO, the UN, the users of
//! EN 16931 — which directories and rules send the reader to.
//!
//! ```
//! use karvan_schema::codes::CodeList;
//!
//! let units = CodeList::published("REC20").ok_or("no REC20")?;
//! assert_eq!(units.code("KGM").map(|code| code.name), Some("kilogram"));
//! assert_eq!(units.code("KMG"), None);
//! assert!(units.nearest("KMG").iter().any(|code| code.value == "KGM"));
//! # Ok::<(), &str>(())
//! ```

mod likeness;
mod published;

pub use published::{Published, PublishedLists, pack};

use crate::directory::Element;

/// A code list.
#[derive(Clone, Copy, Debug)]
pub enum CodeList<'d> {
    /// That of a data element in one release of the directories.
    Directory(Element<'d>),
    /// One that is published by itself.
    Published(&'d Published),
}

/// A code in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedCode<'d> {
    /// `KGM`.
    pub value: &'d str,
    /// `kilogram`; empty where the list is known by its codes alone.
    pub name: &'d str,
    /// Whether the keeper of the list still recommends it.
    pub use_: Use,
}

/// Whether a code is still to be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Use {
    /// It is.
    #[default]
    Current,
    /// It still holds, and another is recommended.
    Deprecated,
    /// It was taken out of the list; older documents have it.
    Withdrawn,
}

/// How many codes are offered in place of one that a list lacks.
const OFFERED: usize = 3;

impl<'d> CodeList<'d> {
    /// The published list of this name, `REC20`, in letters of any case.
    #[must_use]
    pub fn published(name: &str) -> Option<CodeList<'static>> {
        PublishedLists::builtin().get(name).map(CodeList::Published)
    }

    /// What it is called where codes are looked up: `3035`, `REC20`.
    #[must_use]
    pub fn name(self) -> &'d str {
        match self {
            Self::Directory(element) => element.tag(),
            Self::Published(list) => list.name(),
        }
    }

    /// What it lists: `Party qualifier`.
    #[must_use]
    pub fn title(self) -> &'d str {
        match self {
            Self::Directory(element) => element.name(),
            Self::Published(list) => list.title(),
        }
    }

    /// The code of this value.
    #[must_use]
    pub fn code(self, value: &str) -> Option<ListedCode<'d>> {
        match self {
            Self::Directory(element) => element.code(value).map(ListedCode::from),
            Self::Published(list) => list.code(value),
        }
    }

    /// All codes, by value (in order of the octets).
    pub fn codes(self) -> impl Iterator<Item = ListedCode<'d>> {
        let (directory, published) = match self {
            Self::Directory(element) => (Some(element.codes().map(ListedCode::from)), None),
            Self::Published(list) => (None, Some(list.codes())),
        };
        directory.into_iter().flatten().chain(published.into_iter().flatten())
    }

    /// How many codes it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Directory(element) => element.codes().len(),
            Self::Published(list) => list.len(),
        }
    }

    /// Whether it has no codes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The codes that look most like a value that the list lacks, the most alike first; none where none does.
    #[must_use]
    pub fn nearest(self, value: &str) -> Vec<ListedCode<'d>> {
        likeness::nearest(value, self.codes(), OFFERED)
    }

    /// The same for people: `SU (Supplier), BY (Buyer)`.
    #[must_use]
    pub fn offer(self, value: &str) -> Option<String> {
        let offered: Vec<_> = self.nearest(value).into_iter().map(ListedCode::text).collect();
        (!offered.is_empty()).then(|| offered.join(", "))
    }
}

impl ListedCode<'_> {
    fn text(self) -> String {
        if self.name.is_empty() { self.value.to_owned() } else { format!("{} ({})", self.value, self.name) }
    }
}

impl<'d> From<crate::directory::Code<'d>> for ListedCode<'d> {
    fn from(code: crate::directory::Code<'d>) -> Self {
        Self { value: code.value(), name: code.name(), use_: Use::Current }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directories;

    fn list(release: &str, element: &str) -> CodeList<'static> {
        let release = Directories::builtin().release(release).expect("a known release");
        CodeList::Directory(release.element(element).expect("a known element"))
    }

    #[test]
    fn codes_that_look_alike_are_offered() {
        let parties = list("D.96A", "3035");
        assert!(parties.offer("su").expect("SU").starts_with("SU (Supplier)"));
        assert!(parties.offer("UD1").expect("UD").contains("UD ("));
        assert_eq!(parties.offer("§§§"), None);
    }

    #[test]
    fn lists_are_alike_whoever_keeps_them() {
        for list in [list("D.96A", "3035"), CodeList::published("iso4217").unwrap()] {
            let codes: Vec<_> = list.codes().collect();
            assert_eq!(codes.len(), list.len());
            assert!(codes.is_sorted_by_key(|code| code.value), "{}", list.name());
            assert!(codes.iter().all(|code| list.code(code.value) == Some(*code)), "{}", list.name());
        }
    }
}
