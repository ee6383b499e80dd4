//! What the directory asks of a segment, laid out for checking many of them: elements and components by their position.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::content::Reading;
use super::dependencies::{self, DependencyRule};
use super::outline::Outline;
use super::table::Tag;
use crate::codes::CodeList;
use crate::directory::{
    Code, Composite, Constituent, Directory, Element, Format, OtherCodes, PartRow, Publication, Repertoire, Segment,
};

/// The rules of one segment.
#[derive(Clone, Debug)]
pub struct SegmentRules<'d> {
    /// Its tag.
    pub tag: &'d str,
    /// Its name.
    pub name: &'d str,
    /// Its data elements by position.
    pub elements: Vec<ElementRules<'d>>,
    /// Dependency notes on them.
    pub dependencies: Vec<DependencyRule<'d>>,
    /// Whether there are any, on them or on the components of one.
    pub(super) has_dependencies: bool,
    /// The same, laid out for one quick look.
    pub(super) outline: Outline<'d>,
}

/// The rules of a data element, simple or composite, at its position in a segment.
#[derive(Clone, Debug)]
pub struct ElementRules<'d> {
    /// The tag: `C082`, `3164`.
    pub tag: &'d str,
    /// Its name.
    pub name: &'d str,
    /// Status M.
    pub mandatory: bool,
    /// How often it may stand here.
    pub repetitions: usize,
    /// Whether it is a composite data element.
    pub composite: bool,
    /// Its components; of a simple data element, itself.
    pub components: Vec<ComponentRules<'d>>,
    /// Dependency notes on the components.
    pub dependencies: Vec<DependencyRule<'d>>,
}

/// The rules of a component data element, or of a simple one.
#[derive(Clone, Debug)]
pub struct ComponentRules<'d> {
    /// The tag: `3035`.
    pub tag: &'d str,
    /// Its name.
    pub name: &'d str,
    /// Status M.
    pub mandatory: bool,
    /// Its format; none where the directory does not define the tag.
    pub format: Option<Format>,
    /// Its code list; none where the directory has none.
    pub codes: Option<Arc<AllowedCodes<'d>>>,
}

/// The codes that a data element may have: those of the directory, and those of a publication that the directory names.
#[derive(Debug)]
pub struct AllowedCodes<'d> {
    element: Element<'d>,
    /// Which codes it takes beside those of the list.
    other_codes: OtherCodes,
    published: Option<Publication>,
    /// The codes, gathered when the first is asked for.
    set: OnceLock<CodeSet>,
}

impl<'d> AllowedCodes<'d> {
    /// A published list that is longer is searched where it lies.
    const GATHERED: usize = 10_000;

    pub(crate) fn new(element: Element<'d>) -> Self {
        let (other_codes, published) = (element.other_codes(), element.publication());
        Self { element, other_codes, published, set: OnceLock::new() }
    }

    /// The data element.
    #[must_use]
    pub const fn element(&self) -> Element<'d> {
        self.element
    }

    /// Which codes it takes beside those of the list.
    #[must_use]
    pub const fn other_codes(&self) -> OtherCodes {
        self.other_codes
    }

    /// The publication that the directory names, if it is built in.
    #[must_use]
    pub const fn publication(&self) -> Option<Publication> {
        self.published
    }

    /// The list to look for a code in: that of the directory where it has one.
    #[must_use]
    pub fn list(&self) -> CodeList<'d> {
        match self.published {
            Some(publication) if !self.element.is_coded() => CodeList::Published(publication.list),
            _ => CodeList::Directory(self.element),
        }
    }

    /// Whether every value is taken, for the directory names a publication that is not built in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.published.is_none() && self.other_codes == OtherCodes::Published
    }

    /// Whether the value stands in a list, or another publication adds to it.
    #[inline]
    #[must_use]
    pub fn contains(&self, value: &[u8]) -> bool {
        // Nearly all values stand in the list: the rest is asked of the others.
        self.set.get_or_init(|| self.gathered()).contains(value) || self.is_open() || self.is_in_other_list(value)
    }

    #[cold]
    fn gathered(&self) -> CodeSet {
        let short = self.published.filter(|publication| publication.list.len() <= Self::GATHERED);
        let published = short.iter().flat_map(|publication| publication.list.codes()).map(|code| code.value);
        let codes: Vec<_> = self.element.codes().map(Code::value).chain(published).collect();
        CodeSet::new(codes.into_iter())
    }

    #[cold]
    fn is_in_other_list(&self, value: &[u8]) -> bool {
        let long = self.published.map(|publication| publication.list).filter(|list| list.len() > Self::GATHERED);
        let beside = self.published.and_then(|publication| publication.beside);
        let holds = |value: &str| long.into_iter().chain(beside).any(|list| list.code(value).is_some());
        std::str::from_utf8(value).is_ok_and(holds)
    }
}

/// The code lists that the rules of several segments share.
#[derive(Debug, Default)]
struct CodeLists<'d> {
    /// Where code values are taken from, for the data elements that have a list there.
    directory: Option<Directory<'d>>,
    lists: HashMap<&'d str, Option<Arc<AllowedCodes<'d>>>>,
}

impl<'d> CodeLists<'d> {
    fn of(&mut self, element: Element<'d>) -> Option<Arc<AllowedCodes<'d>>> {
        let directory = self.directory;
        let list = self.lists.entry(element.tag()).or_insert_with(|| {
            let elsewhere = directory.and_then(|directory| directory.element(element.tag()));
            let coded = [elsewhere, Some(element)].into_iter().flatten().find(|element| element.is_coded());
            let coded = coded.or_else(|| Some(element).filter(|element| element.publication().is_some()));
            coded.map(|element| Arc::new(AllowedCodes::new(element)))
        });
        list.clone()
    }
}

/// A set of code values, hashed: a message holds thousands of codes, and a search over a sorted list misses the branch
/// predictor at each step.
#[derive(Clone, Debug)]
struct CodeSet {
    /// As many places as a power of two; 0 is an empty one. Codes have at most eight octets, so that each fits a word.
    places: Box<[u64]>,
}

impl CodeSet {
    fn new<'c>(codes: impl ExactSizeIterator<Item = &'c str>) -> Self {
        let mut set = Self { places: vec![0; (2 * codes.len()).next_power_of_two().max(2)].into() };
        for key in codes.filter_map(|code| Self::key(code.as_bytes())) {
            let place = set.place(key);
            set.places[place] = key;
        }
        set
    }

    #[inline]
    fn contains(&self, value: &[u8]) -> bool {
        Self::key(value).is_some_and(|key| self.places[self.place(key)] == key)
    }

    /// The value as a number that no other value has; none of one that no code has.
    #[inline]
    fn key(value: &[u8]) -> Option<u64> {
        word(value).filter(|_| value.last().is_some_and(|last| *last != 0))
    }

    /// Where the key stands, or the empty place where it would.
    #[inline]
    fn place(&self, key: u64) -> usize {
        let mask = self.places.len() - 1;
        // Fibonacci hashing: the high bits of the product are well mixed.
        let mut place = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        while self.places[place] != 0 && self.places[place] != key {
            place = (place + 1) & mask;
        }
        place
    }
}

/// Up to eight octets as a number, the first its lowest octet; none of more.
#[inline]
pub(super) fn word(octets: &[u8]) -> Option<u64> {
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk())
        && octets.len() <= 8
    {
        // The octets that both halves have are those of the lower one.
        let high = u64::from(u32::from_le_bytes(*last)) >> (8 * (8 - octets.len()));
        return Some(u64::from(u32::from_le_bytes(*first)) | high << 32);
    }
    match *octets {
        [] => Some(0),
        [a] => Some(u64::from(a)),
        [a, b] => Some(u64::from(u16::from_le_bytes([a, b]))),
        [a, b, c] => Some(u64::from(u32::from_le_bytes([a, b, c, 0]))),
        _ => None,
    }
}

impl<'d> SegmentRules<'d> {
    /// The rules of `segment`.
    #[must_use]
    pub fn new(segment: Segment<'d>) -> Self {
        Self::with_lists(segment, &mut CodeLists::default())
    }

    /// Whether one look at the segment tells that it keeps the rules.
    #[inline]
    #[must_use]
    pub fn are_kept_by(&self, segment: &karvan_edifact::Segment<'_>, reading: &Reading) -> bool {
        self.outline.is_kept(segment, reading) && !self.has_dependencies
    }

    fn with_lists(segment: Segment<'d>, lists: &mut CodeLists<'d>) -> Self {
        let positions: Vec<_> = segment.rows().map(|row| row.position().number).collect();
        let elements: Vec<_> = segment.rows().map(|row| element_rules(row, lists)).collect();
        let dependencies = dependencies::rules(segment.dependencies(), &positions);
        let has_dependencies =
            !dependencies.is_empty() || elements.iter().any(|element| !element.dependencies.is_empty());
        let outline = Outline::new(&elements);
        Self { tag: segment.tag(), name: segment.name(), elements, dependencies, has_dependencies, outline }
    }
}

impl ElementRules<'_> {
    /// Whether a component of this element names the code list that another was taken from: 1131 (code list) or
    /// 3055 (responsible agency). A value of such a composite need not stand in the directory's own list.
    #[must_use]
    pub fn names_code_list(&self) -> bool {
        self.components.iter().any(|component| matches!(component.tag, "1131" | "3055"))
    }
}

fn element_rules<'d>(row: PartRow<'d>, lists: &mut CodeLists<'d>) -> ElementRules<'d> {
    let mandatory = row.status().is_mandatory();
    let mut dependencies = Vec::new();
    let (name, composite, components) = match row.constituent() {
        Some(Constituent::Composite(composite)) => {
            let positions: Vec<_> = composite.rows().map(|row| row.position().number).collect();
            dependencies = dependencies::rules(composite.dependencies(), &positions);
            (composite.name(), true, components_of(composite, lists))
        }
        Some(Constituent::Element(element)) => {
            (element.name(), false, vec![component_rules(row, Some(element), lists)])
        }
        None => ("", false, vec![component_rules(row, None, lists)]),
    };
    ElementRules {
        tag: row.tag(),
        name,
        mandatory,
        repetitions: usize::from(row.repetitions()).max(1),
        composite,
        components,
        dependencies,
    }
}

fn components_of<'d>(composite: Composite<'d>, lists: &mut CodeLists<'d>) -> Vec<ComponentRules<'d>> {
    let component = |row: PartRow<'d>| match row.constituent() {
        Some(Constituent::Element(element)) => component_rules(row, Some(element), lists),
        // No directory has composites within composites; what it does not define is not checked further.
        _ => component_rules(row, None, lists),
    };
    composite.rows().map(component).collect()
}

fn component_rules<'d>(
    row: PartRow<'d>,
    element: Option<Element<'d>>,
    lists: &mut CodeLists<'d>,
) -> ComponentRules<'d> {
    ComponentRules {
        tag: row.tag(),
        name: element.map_or("", Element::name),
        mandatory: row.status().is_mandatory(),
        format: element.map(format_of),
        codes: element.and_then(|element| lists.of(element)),
    }
}

/// The format of a data element. Syntax version 1 was written when versions and releases were numbers; the directories since
/// D.93A call them `D` and `93A` in interchanges of that version, too.
fn format_of(element: Element<'_>) -> Format {
    let format = element.format();
    match (element.directory().name(), element.tag()) {
        ("1", "0052" | "0054") => Format { repertoire: Repertoire::Alphanumeric, ..format },
        _ => format,
    }
}

/// The rules of several segments, found by tag.
#[derive(Clone, Debug, Default)]
pub struct RuleBook<'d> {
    rules: Vec<(Tag, SegmentRules<'d>)>,
}

impl<'d> RuleBook<'d> {
    /// The rules of these segments; of two with one tag, the first. Code values are those of `codes` where that has a
    /// list for the data element.
    #[must_use]
    pub fn new(segments: impl IntoIterator<Item = Segment<'d>>, codes: Option<Directory<'d>>) -> Self {
        let mut segments: Vec<_> =
            segments.into_iter().map(|segment| (Tag::new(segment.tag().as_bytes()), segment)).collect();
        segments.sort_by_key(|(tag, _)| *tag);
        segments.dedup_by_key(|(tag, _)| *tag);
        let mut lists = CodeLists { directory: codes, ..CodeLists::default() };
        let rules = segments.into_iter().map(|(tag, segment)| (tag, SegmentRules::with_lists(segment, &mut lists)));
        Self { rules: rules.collect() }
    }

    /// The rules of the segment `tag`.
    #[must_use]
    pub fn get(&self, tag: Tag) -> Option<&SegmentRules<'d>> {
        self.position(tag).map(|position| self.at(position))
    }

    /// Where the rules of the segment `tag` stand, for [`RuleBook::at`].
    #[must_use]
    pub fn position(&self, tag: Tag) -> Option<usize> {
        self.rules.binary_search_by_key(&tag, |(known, _)| *known).ok()
    }

    /// The rules at a position that [`RuleBook::position`] told.
    #[must_use]
    pub fn at(&self, position: usize) -> &SegmentRules<'d> {
        &self.rules[position].1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_holds_its_codes_and_no_others(
            codes in proptest::collection::btree_set("[A-Z0-9]{1,6}", 0..300),
            others in proptest::collection::vec("[A-Z0-9]{0,9}", 0..100),
        ) {
            let values: Vec<_> = codes.iter().map(String::as_str).collect();
            let set = CodeSet::new(values.iter().copied());
            for code in &values {
                prop_assert!(set.contains(code.as_bytes()));
            }
            for other in &others {
                prop_assert_eq!(set.contains(other.as_bytes()), codes.contains(other));
            }
        }
    }
}
