//! The rules of a segment laid flat, and one quick look that tells whether a segment keeps them.
//!
//! Nearly all segments are as they should be. The look reads each octet once, follows no pointer but that of a code list
//! and stops at the first thing it does not like; [`content::check`](super::content::check) then says what it is.

use std::sync::Arc;

use karvan_edifact::Segment;

use super::content::{Reading, characters, number_digits};
use super::rules::{CodeList, ElementRules};
use crate::directory::{Format, Repertoire};

/// The rules of one segment, laid flat.
#[derive(Clone, Debug)]
pub(super) struct Outline<'d> {
    elements: Box<[ElementOutline]>,
    components: Box<[ComponentOutline<'d>]>,
    /// Whether the segment has a mandatory data element.
    mandatory: bool,
}

/// A data element at its position.
#[derive(Clone, Debug)]
struct ElementOutline {
    /// Where its components begin.
    first: u32,
    /// How many components it has.
    components: u32,
    repetitions: u32,
    mandatory: bool,
    /// Whether a mandatory data element follows it.
    mandatory_after: bool,
}

/// A component at its position.
#[derive(Clone, Debug)]
struct ComponentOutline<'d> {
    codes: Option<Arc<CodeList<'d>>>,
    minimum: u16,
    maximum: u16,
    form: Form,
    /// Whether it is mandatory in its composite.
    mandatory: bool,
    /// Whether a mandatory component follows it.
    mandatory_after: bool,
}

/// What a value may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Any,
    Text,
    NoDigits,
    Number,
}

impl<'d> Outline<'d> {
    /// The outline of these data elements.
    pub(super) fn new(rules: &[ElementRules<'d>]) -> Self {
        let mut components = Vec::new();
        let mut elements = Vec::with_capacity(rules.len());
        for (index, element) in rules.iter().enumerate() {
            elements.push(ElementOutline {
                first: narrowed(components.len()),
                components: narrowed(element.components.len()),
                repetitions: narrowed(element.repetitions),
                mandatory: element.mandatory,
                mandatory_after: rules[index + 1..].iter().any(|element| element.mandatory),
            });
            for (index, component) in element.components.iter().enumerate() {
                let format = component.format.unwrap_or_default();
                components.push(ComponentOutline {
                    codes: component.codes.clone(),
                    minimum: format.minimum,
                    maximum: format.maximum,
                    form: component.format.map_or(Form::Any, Form::of),
                    mandatory: element.composite && component.mandatory,
                    mandatory_after: element.components[index + 1..].iter().any(|component| component.mandatory),
                });
            }
        }
        let mandatory = rules.iter().any(|element| element.mandatory);
        Self { elements: elements.into(), components: components.into(), mandatory }
    }

    /// Whether the segment keeps the rules. Where it says so, a closer look finds nothing.
    #[inline]
    pub(super) fn is_kept(&self, segment: &Segment<'_>, reading: &Reading) -> bool {
        let mut mandatory_left = self.mandatory;
        for value in segment.values() {
            let Some(element) = self.elements.get(value.element) else { return false };
            if value.repetition >= element.repetitions as usize || value.component >= element.components as usize {
                return false;
            }
            let Some(component) = self.components.get(element.first as usize + value.component) else { return false };
            mandatory_left = element.mandatory_after;
            if value.value().is_empty() {
                let alone = value.component == 0 && !value.goes_on;
                let separates_nothing = value.is_last || (!alone && !value.goes_on);
                let missing = if alone { element.mandatory && value.repetition == 0 } else { component.mandatory };
                if separates_nothing || missing {
                    return false;
                }
            } else if !component.takes(&value.unescaped(), reading) || (!value.goes_on && component.mandatory_after) {
                return false;
            }
        }
        !mandatory_left
    }
}

impl ComponentOutline<'_> {
    #[inline]
    fn takes(&self, value: &[u8], reading: &Reading) -> bool {
        let length = match self.form {
            Form::Any => return true,
            Form::Text => characters(value, reading),
            Form::NoDigits if value.iter().any(u8::is_ascii_digit) => return false,
            Form::NoDigits => characters(value, reading),
            Form::Number => match number_digits(value, reading) {
                Ok(digits) => digits,
                Err(_) => return false,
            },
        };
        (usize::from(self.minimum)..=usize::from(self.maximum)).contains(&length)
            && (!reading.codes || self.codes.as_ref().is_none_or(|codes| codes.contains(value)))
    }
}

impl Form {
    fn of(format: Format) -> Self {
        match format.repertoire {
            Repertoire::Numeric => Self::Number,
            Repertoire::Alphabetic => Self::NoDigits,
            Repertoire::Alphanumeric => Self::Text,
        }
    }
}

/// A count of the directory, none of which comes near the limit.
fn narrowed(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
