//! The rules of a segment laid flat, and one quick look that tells whether a segment keeps them.
//!
//! Nearly all segments are as they should be. The look reads each octet once, follows no pointer but that of a code list
//! and stops at the first thing it does not like; [`content::check`](super::content::check) then says what it is.

use std::ops::Range;
use std::sync::Arc;

use karvan_edifact::{End, Segment};

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
    /// The places of its components.
    components: Range<u32>,
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
                components: narrowed(components.len())..narrowed(components.len() + element.components.len()),
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
    #[inline(never)] // It is long, and called for nearly every segment from one place.
    pub(super) fn is_kept(&self, segment: &Segment<'_>, reading: &Reading) -> bool {
        let released = segment.has_release();
        let mut elements = self.elements.iter();
        let Some(mut element) = elements.next() else { return segment.cuts().next().is_none() };
        let (mut place, mut repetition) = (element.components.start, 1);
        for cut in segment.cuts() {
            let Some(component) = self.components.get(place as usize).filter(|_| place < element.components.end) else {
                return false;
            };
            let goes_on = cut.end == End::Component;
            if cut.value.is_empty() {
                let alone = !goes_on && place == element.components.start;
                let separates_nothing = cut.end == End::Segment || (!alone && !goes_on);
                let missing = if alone { element.mandatory && repetition == 1 } else { component.mandatory };
                if separates_nothing || missing {
                    return false;
                }
            } else {
                let unescaped;
                let value = if released {
                    unescaped = cut.value.unescaped();
                    &unescaped
                } else {
                    cut.value.raw()
                };
                if !component.takes(value, reading) || (component.mandatory_after && !goes_on) {
                    return false;
                }
            }
            match cut.end {
                End::Component => place += 1,
                End::Repetition if repetition < element.repetitions => {
                    (place, repetition) = (element.components.start, repetition + 1);
                }
                End::Repetition => return false,
                End::Element => {
                    let Some(next) = elements.next() else { return false };
                    (element, place, repetition) = (next, next.components.start, 1);
                }
                End::Segment => return !element.mandatory_after,
            }
        }
        !self.mandatory
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

#[cfg(test)]
mod tests {
    use karvan_edifact::ServiceCharacters;
    use karvan_text::Code;
    use proptest::prelude::*;

    use super::super::content::{NumberForm, check_closely};
    use super::super::rules::SegmentRules;
    use super::*;
    use crate::directory::Directories;

    const V4: ServiceCharacters = ServiceCharacters { repetition: Some(b'*'), ..ServiceCharacters::DEFAULT };

    proptest! {
        #[test]
        fn a_segment_is_kept_where_a_closer_look_finds_nothing(
            tag in prop::sample::select(vec!["NAD", "QTY", "IMD", "DTM", "PRI", "MOA", "UNS", "CST"]),
            release in prop::sample::select(vec!["D.93A", "D.96A", "D.21B"]),
            separators in prop::collection::vec(prop::sample::select(vec!["+", "+", ":", ":", "*"]), 0..12),
            values in prop::collection::vec(prop::sample::select(
                vec!["", "BY", "1", "137", "12.5", "-1", ",5", "X?+", "20261122", "102", "KGM", "a text of more than thirty-five octets"]), 12),
        ) {
            let directories = Directories::builtin();
            let directory = directories.release(release).expect("a known release");
            let segment = directory.segment(tag).or_else(|| directories.service("3").and_then(|it| it.segment(tag)));
            let Some(segment) = segment else { return Ok(()) };
            let rules = SegmentRules::new(segment);
            let mut text = tag.to_owned();
            for (separator, value) in separators.iter().zip(values) {
                text.push_str(separator);
                text.push_str(value);
            }
            let segment = Segment::new(text.as_bytes(), 0, V4);
            prop_assume!(!rules.has_dependencies);
            let forms = [NumberForm::EitherMark, NumberForm::AdvisedMark, NumberForm::Iso6093];
            for (codes, numbers) in [false, true].into_iter().flat_map(|codes| forms.map(|form| (codes, form))) {
                let reading = Reading {
                    characters: V4,
                    repertoire: None,
                    numbers,
                    codes,
                    unknown_code: Code::error,
                };
                let mut faults = Vec::new();
                check_closely(&segment, &rules, &reading, &mut |fault| faults.push(fault));
                let kept = rules.outline.is_kept(&segment, &reading);
                // That a code comes from a list other than the directory's is left to the closer look.
                let left_open = codes && !kept;
                prop_assert!(left_open || kept == faults.is_empty(), "{text}: {faults:?}");
            }
        }
    }
}
