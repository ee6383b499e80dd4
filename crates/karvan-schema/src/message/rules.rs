//! What the directory asks of a segment, laid out for checking many of them: elements and components by their position.

use super::table::Tag;
use crate::directory::{Composite, Constituent, Element, PartRow, Segment};

/// The rules of one segment.
#[derive(Clone, Debug)]
pub struct SegmentRules<'d> {
    /// Its tag.
    pub tag: &'d str,
    /// Its name.
    pub name: &'d str,
    /// Its data elements by position.
    pub elements: Vec<ElementRules<'d>>,
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
    /// What the directory says of it; none where it does not define the tag.
    pub element: Option<Element<'d>>,
    /// Whether the directory has a code list for it.
    pub coded: bool,
}

impl<'d> SegmentRules<'d> {
    /// The rules of `segment`.
    #[must_use]
    pub fn new(segment: Segment<'d>) -> Self {
        Self { tag: segment.tag(), name: segment.name(), elements: segment.rows().map(element_rules).collect() }
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

fn element_rules<'d>(row: PartRow<'d>) -> ElementRules<'d> {
    let mandatory = row.status().is_mandatory();
    let (name, composite, components) = match row.constituent() {
        Some(Constituent::Composite(composite)) => (composite.name(), true, components_of(composite)),
        Some(Constituent::Element(element)) => {
            (element.name(), false, vec![component_rules(row.tag(), mandatory, Some(element))])
        }
        None => ("", false, vec![component_rules(row.tag(), mandatory, None)]),
    };
    ElementRules {
        tag: row.tag(),
        name,
        mandatory,
        repetitions: usize::from(row.repetitions()).max(1),
        composite,
        components,
    }
}

fn components_of(composite: Composite<'_>) -> Vec<ComponentRules<'_>> {
    composite
        .rows()
        .map(|row| match row.constituent() {
            Some(Constituent::Element(element)) => {
                component_rules(row.tag(), row.status().is_mandatory(), Some(element))
            }
            // No directory has composites within composites; what it does not define is not checked further.
            _ => component_rules(row.tag(), row.status().is_mandatory(), None),
        })
        .collect()
}

fn component_rules<'d>(tag: &'d str, mandatory: bool, element: Option<Element<'d>>) -> ComponentRules<'d> {
    let (name, coded) = element.map_or(("", false), |element| (element.name(), element.is_coded()));
    ComponentRules { tag, name, mandatory, element, coded }
}

/// The rules of several segments, found by tag.
#[derive(Clone, Debug, Default)]
pub struct RuleBook<'d> {
    rules: Vec<(Tag, SegmentRules<'d>)>,
}

impl<'d> RuleBook<'d> {
    /// The rules of these segments; of two with one tag, the first.
    #[must_use]
    pub fn new(segments: impl IntoIterator<Item = Segment<'d>>) -> Self {
        let mut rules: Vec<_> = segments
            .into_iter()
            .map(|segment| (Tag::new(segment.tag().as_bytes()), SegmentRules::new(segment)))
            .collect();
        rules.sort_by_key(|(tag, _)| *tag);
        rules.dedup_by_key(|(tag, _)| *tag);
        Self { rules }
    }

    /// The rules of the segment `tag`.
    #[must_use]
    pub fn get(&self, tag: Tag) -> Option<&SegmentRules<'d>> {
        let index = self.rules.binary_search_by_key(&tag, |(known, _)| *known).ok()?;
        Some(&self.rules[index].1)
    }
}
