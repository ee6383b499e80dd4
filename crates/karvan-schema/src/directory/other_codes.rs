//! Which codes a data element takes beside those that its directory lists.
//!
//! A code list of a directory is not always the whole of it. The notes of the data element directory send the user to a
//! recommendation or a standard for some data elements; up to D.00B they let users and associations agree codes of their
//! own for others.

use super::handle::Element;
use crate::codes::{Published, PublishedLists};

/// Where codes may come from that the list of the directory lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherCodes {
    /// From nowhere: the list is closed.
    #[default]
    None,
    /// From users or an association that agreed on them.
    Agreed,
    /// From a recommendation or a standard that the directory names, or from another of its lists.
    Published,
}

/// Notes of the data element directories: the data element, the first and the last release (of service directories, the
/// syntax versions) that say so, and what.
const NOTES: &[(&str, &str, &str, OtherCodes)] = &[
    // Up to syntax version 3, what the interchange agreement says; version 4 lists them (ISO 9735-10).
    ("0007", "1", "3", OtherCodes::Agreed),
    ("0029", "1", "3", OtherCodes::Agreed),
    ("3285", "D.93A", "D.00B", OtherCodes::Agreed),
    ("3301", "D.93A", "D.00B", OtherCodes::Agreed),
    // UN/ECE Recommendation 5, Incoterms.
    ("4053", "D.93A", "", OtherCodes::Published),
    ("4065", "D.93A", "D.00B", OtherCodes::Agreed),
    ("4079", "D.93A", "D.00B", OtherCodes::Agreed),
    // UN/ECE Recommendation 17, Payterms.
    ("4277", "D.93A", "", OtherCodes::Published),
    // UN/ECE Recommendation 24, for the status of transports.
    ("4405", "D.99A", "", OtherCodes::Published),
    // The codes of 5387.
    ("5125", "D.93A", "D.01B", OtherCodes::Published),
    ("5237", "D.93A", "D.00B", OtherCodes::Agreed),
    ("5243", "D.93A", "D.00B", OtherCodes::Agreed),
    ("5249", "D.93A", "D.00B", OtherCodes::Agreed),
    // UN/ECE Recommendation 20.
    ("6411", "D.93A", "", OtherCodes::Published),
    ("7009", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7085", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7143", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7161", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7187", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7273", "D.93A", "D.00B", OtherCodes::Agreed),
    ("7295", "D.93A", "D.00B", OtherCodes::Agreed),
    // ISO 6346, for containers.
    ("8155", "D.93A", "", OtherCodes::Published),
    ("8179", "D.93A", "D.00B", OtherCodes::Agreed),
    // UN/ECE Recommendation 28.
    ("8179", "D.04A", "", OtherCodes::Published),
    ("9011", "D.93A", "D.00B", OtherCodes::Agreed),
    ("9013", "D.93A", "D.00B", OtherCodes::Agreed),
    ("9015", "D.93A", "D.00B", OtherCodes::Agreed),
    ("9143", "D.93A", "D.00B", OtherCodes::Agreed),
];

/// A published list that the notes send the user to.
#[derive(Clone, Copy, Debug)]
pub struct Publication {
    /// The list.
    pub list: &'static Published,
    /// Whether the notes say that it is to be used; else they recommend it, and partners may agree on another.
    pub binding: bool,
    /// Whether a list of another agency may stand in its place at any time, so that it holds only where the composite names
    /// the UN/ECE (3055).
    pub named: bool,
    /// Another list of the same agency, the codes of which may stand in its place.
    pub beside: Option<&'static Published>,
}

/// Notes of the data element directories of all releases: the data element, the list, whether it is to be used, and
/// whether it holds only where the composite names the UN/ECE.
const PUBLICATIONS: &[(&str, &str, bool, bool)] = &[
    ("3207", "ISO3166", true, false),
    ("3225", "LOCODE", false, true),
    ("3239", "ISO3166", true, false),
    ("6345", "ISO4217", true, false),
    ("6411", "REC20", false, false),
    ("7065", "REC21", false, true),
    ("8179", "REC28", true, false),
];

/// Lists of the same agency that may stand in the place of the publication: a country is a place, too (UN/ECE
/// Recommendation 3).
const BESIDE: &[(&str, &str)] = &[("3225", "ISO3166")];

impl Element<'_> {
    /// The published list that its directory sends the user to, where it is built in.
    ///
    /// ```
    /// use karvan_schema::directory::Directories;
    ///
    /// let country = Directories::builtin().release("D.96A").and_then(|release| release.element("3207"));
    /// assert_eq!(country.and_then(|country| country.publication()).map(|found| found.list.name()), Some("ISO3166"));
    /// ```
    #[must_use]
    pub fn publication(self) -> Option<Publication> {
        let (_, list, binding, named) = PUBLICATIONS.iter().find(|(element, ..)| *element == self.tag())?;
        let list = PublishedLists::builtin().get(list)?;
        let beside = BESIDE.iter().find(|(element, _)| *element == self.tag());
        let beside = beside.and_then(|(_, list)| PublishedLists::builtin().get(list));
        Some(Publication { list, binding: *binding, named: *named, beside })
    }

    /// Which codes it takes beside those of its list, as its directory says.
    ///
    /// ```
    /// use karvan_schema::directory::{Directories, OtherCodes};
    ///
    /// let unit = Directories::builtin().release("D.24A").and_then(|release| release.element("6411"));
    /// assert_eq!(unit.ok_or("no 6411")?.other_codes(), OtherCodes::Published);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn other_codes(self) -> OtherCodes {
        let Some(release) = age(self.directory().name()) else { return OtherCodes::None };
        let holds = |from: &str, to: &str| age(from) <= Some(release) && (to.is_empty() || Some(release) <= age(to));
        let note = NOTES.iter().find(|(element, from, to, _)| *element == self.tag() && holds(from, to));
        note.map_or(OtherCodes::None, |(.., other)| *other)
    }
}

/// A release in the order of time; a service directory by its syntax version.
fn age(release: &str) -> Option<(u32, &str)> {
    let Some(release) = release.strip_prefix("D.") else { return Some((release.parse().ok()?, "")) };
    let (year, letter) = release.split_at_checked(2)?;
    let year: u32 = year.parse().ok()?;
    Some((if year >= 90 { 1900 + year } else { 2000 + year }, letter))
}

#[cfg(test)]
mod tests {
    use super::super::Directories;
    use super::*;

    #[test]
    fn partners_agree_on_qualifiers_up_to_syntax_version_3() {
        let other = |version: &str| {
            let qualifier = Directories::builtin().service(version).and_then(|directory| directory.element("0007"));
            qualifier.unwrap().other_codes()
        };
        assert_eq!(["1", "2", "3"].map(other), [OtherCodes::Agreed; 3]);
        assert_eq!(other("4"), OtherCodes::None);
    }

    #[test]
    fn a_note_holds_for_its_releases() {
        let other = |release: &str, tag: &str| {
            Directories::builtin().release(release).and_then(|directory| directory.element(tag)).unwrap().other_codes()
        };
        assert_eq!(other("D.96A", "8179"), OtherCodes::Agreed);
        assert_eq!(other("D.01B", "8179"), OtherCodes::None);
        assert_eq!(other("D.10A", "8179"), OtherCodes::Published);
        assert_eq!(other("D.99B", "4053"), OtherCodes::Published);
        assert_eq!(other("D.96A", "3035"), OtherCodes::None);
    }
}
