//! The rules of a segment laid flat, and one quick look that tells whether a segment keeps them.
//!
//! Nearly all segments are as they should be. The look reads each octet once, follows no pointer but that of a code list
//! and stops at the first thing it does not like; [`content::check`](super::content::check) then says what it is.

use std::sync::Arc;

use karvan_edifact::{Component, Cut, End, Segment};

use super::content::{Reading, characters, number_digits};
use super::rules::{AllowedCodes, ElementRules};
use crate::directory::{Format, Repertoire};

/// The rules of one segment, laid flat.
#[derive(Clone, Debug)]
pub(super) struct Outline<'d> {
    /// One for each component, in order.
    slots: Box<[Slot<'d>]>,
    /// Whether the segment has a mandatory data element.
    mandatory: bool,
}

/// A component at its position.
#[derive(Clone, Debug)]
struct Slot<'d> {
    codes: Option<Arc<AllowedCodes<'d>>>,
    next: Next,
    minimum: u16,
    maximum: u16,
    /// How often its data element may stand.
    repetitions: u16,
    form: Form,
    /// Whether only the length of a value matters.
    plain: bool,
}

/// The slot of the value behind one, for each [`End`]: first where the one is empty, then where it is given.
#[derive(Clone, Copy, Debug)]
struct Next([u16; 8]);

impl Next {
    /// The value may not end so.
    const NONE: u16 = u16::MAX;
    /// The segment may end here.
    const DONE: u16 = u16::MAX - 1;

    #[inline]
    const fn after(&self, given: bool, end: End) -> u16 {
        self.0[4 * given as usize + end as usize]
    }
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
        let mut slots: Vec<Slot<'d>> = Vec::new();
        for (index, element) in rules.iter().enumerate() {
            let first = slots.len();
            let later = &rules[index + 1..];
            for (index, component) in element.components.iter().enumerate() {
                let format = component.format.unwrap_or_default();
                let codes = component.codes.clone().filter(|codes| !codes.is_open());
                let form = component.format.map_or(Form::Any, Form::of);
                slots.push(Slot {
                    next: next(first, index, element, later),
                    minimum: format.minimum,
                    maximum: format.maximum,
                    repetitions: narrowed(element.repetitions),
                    form,
                    plain: form == Form::Text && codes.is_none(),
                    codes,
                });
            }
        }
        Self { slots: slots.into(), mandatory: rules.iter().any(|element| element.mandatory) }
    }

    /// Whether the segment keeps the rules. Where it says so, a closer look finds nothing.
    #[inline]
    pub(super) fn is_kept(&self, segment: &Segment<'_>, reading: &Reading) -> bool {
        if segment.has_release() {
            self.is_kept_unescaped(segment, reading)
        } else {
            self.is_kept_plainly(segment, reading)
        }
    }

    #[inline(never)] // It is long, and called for nearly every segment from one place.
    fn is_kept_plainly(&self, segment: &Segment<'_>, reading: &Reading) -> bool {
        let counts_octets = reading.counts_octets();
        self.walk(segment, |slot, value| match slot.plain && counts_octets {
            true => slot.has_room(value.raw().len()),
            false => slot.takes(value.raw(), reading),
        })
    }

    #[cold]
    fn is_kept_unescaped(&self, segment: &Segment<'_>, reading: &Reading) -> bool {
        self.walk(segment, |slot, value| slot.takes(&value.unescaped(), reading))
    }

    /// Whether each value that is given fits its slot, and nothing is missing or too much.
    #[inline(always)] // What is walked over then stays in registers.
    fn walk<'s>(&self, segment: &Segment<'s>, fits: impl Fn(&Slot<'d>, Component<'s>) -> bool) -> bool {
        let mut at = 0;
        // The slot behind the last repetition separator, and how many repetitions there were.
        let mut repeated = (0, 0);
        for Cut { value, end } in segment.cuts() {
            let Some(slot) = self.slots.get(usize::from(at)) else { return false };
            let given = !value.is_empty();
            if given && !fits(slot, value) {
                return false;
            }
            at = slot.next.after(given, end);
            if end == End::Repetition {
                let count = if repeated.0 == at { repeated.1 + 1 } else { 1 };
                if count >= slot.repetitions {
                    return false;
                }
                repeated = (at, count);
            }
        }
        // Where there are no values, none is done with.
        at == Next::DONE || (at == 0 && !self.mandatory)
    }
}

/// What follows the component at `index` of `element`, whose first slot is `first` and behind which `later` come: of what a
/// value ends, nothing mandatory may be missing, and no separator may be one too many.
fn next(first: usize, index: usize, element: &ElementRules<'_>, later: &[ElementRules<'_>]) -> Next {
    let rest = &element.components[index + 1..];
    let allowed = |allowed: bool, next: u16| if allowed { next } else { Next::NONE };
    let behind = narrowed(first + element.components.len());
    let goes_on = |may_end: bool| allowed(may_end && !rest.is_empty(), narrowed(first + index + 1));
    let is_optional = !(element.composite && element.components[index].mandatory);
    // An empty value that is not the last of a segment stands for a data element that is left out.
    let left_out = index == 0 && !element.mandatory;
    let complete = !rest.iter().any(|component| component.mandatory);
    let last = complete && !later.iter().any(|element| element.mandatory);
    let [mut empty, mut given] = [[Next::NONE; 4]; 2];
    empty[End::Component as usize] = goes_on(is_optional);
    empty[End::Repetition as usize] = allowed(left_out, narrowed(first));
    empty[End::Element as usize] = allowed(left_out, behind);
    given[End::Component as usize] = goes_on(true);
    given[End::Repetition as usize] = allowed(complete, narrowed(first));
    given[End::Element as usize] = allowed(complete, behind);
    given[End::Segment as usize] = allowed(last, Next::DONE);
    let [a, b, c, d] = empty;
    let [e, f, g, h] = given;
    Next([a, b, c, d, e, f, g, h])
}

impl Slot<'_> {
    /// Whether a value of so many characters, or digits, fits.
    #[inline]
    fn has_room(&self, length: usize) -> bool {
        (usize::from(self.minimum)..=usize::from(self.maximum)).contains(&length)
    }

    /// Whether the value has the form of the data element and stands in its code list.
    #[inline(never)] // So that the walk over the values keeps to the registers.
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
        self.has_room(length) && (!reading.codes || self.codes.as_ref().is_none_or(|codes| codes.contains(value)))
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
fn narrowed(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
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
                // That a code comes from a list other than the directory's is left to the closer look, and so are
                // repetitions that are left out.
                let left_open = !kept && (codes || text.contains("*+") || text.contains("**"));
                prop_assert!(left_open || kept == faults.is_empty(), "{text}: {faults:?}");
            }
        }
    }
}
