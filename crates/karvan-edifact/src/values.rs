//! All values of a segment in one pass: for checks that look at everything.

use std::borrow::Cow;

use karvan_text::{DataElementPosition, Span};

use crate::scan::BLOCK;
use crate::{Component, Segment, ServiceCharacters};

/// A value of a segment and its place: which data element, which repetition, which component, each from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// The data element, 0 being the first after the tag.
    pub element: usize,
    /// The repetition of the data element.
    pub repetition: usize,
    /// The component of the repetition.
    pub component: usize,
    /// Whether another component follows in the same repetition.
    pub goes_on: bool,
    /// Whether it is the last of the segment.
    pub is_last: bool,
    value: Component<'a>,
    released: bool,
}

impl<'a> Value<'a> {
    /// The value as a component data element.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Component<'a> {
        self.value
    }

    /// The octets without the release characters; copied only where there are any.
    #[inline]
    #[must_use]
    pub fn unescaped(&self) -> Cow<'a, [u8]> {
        if self.released { self.value.unescaped() } else { Cow::Borrowed(self.value.raw()) }
    }
}

/// The values of a segment; see [`Segment::values`].
#[derive(Clone, Debug)]
pub struct Values<'a> {
    octets: &'a [u8],
    offset: u64,
    characters: ServiceCharacters,
    /// Separators in the block at `block` that were not passed yet.
    separators: u64,
    block: usize,
    /// Whether a release character ended the block before, as far as that was found out.
    carry: Option<bool>,
    /// Where the next value begins; none after the last.
    start: Option<usize>,
    element: usize,
    repetition: usize,
    component: usize,
    released: bool,
}

impl<'a> Segment<'a> {
    /// All values after the tag, in order, empty ones too.
    ///
    /// This is the quick way through a whole segment; [`Segment::element`] and its kin are the handy one.
    ///
    /// ```
    /// use karvan_edifact::{Segment, ServiceCharacters};
    ///
    /// let segment = Segment::new(b"IMD+F++:::TEA'", 0, ServiceCharacters::DEFAULT);
    /// let places = segment.values().map(|value| (value.element, value.component, value.value().raw()));
    /// let last = places.last().unwrap();
    /// assert_eq!(last, (2, 3, &b"TEA"[..]));
    /// ```
    #[inline]
    #[must_use]
    pub fn values(&self) -> Values<'a> {
        let octets = self.body();
        let separators = self.separators();
        let tag = match separators.elements.trailing_zeros() as usize {
            end if end < BLOCK => end.min(octets.len()),
            _ => self.tag_element().raw().len(),
        };
        let start = if tag < octets.len() { Some(tag + 1) } else { None };
        let characters = self.characters();
        let mut values = Values {
            octets,
            offset: self.span().start,
            characters,
            separators: 0,
            block: 0,
            carry: None,
            start,
            element: 0,
            repetition: 0,
            component: 0,
            released: false,
        };
        let within = if octets.len() < BLOCK { (1 << octets.len()) - 1 } else { u64::MAX };
        values.released = separators.releases & within != 0 || (octets.len() > BLOCK && values.has_release_later());
        if tag < BLOCK {
            // The separators of the tag, the one after it, and those of what follows the segment are left out.
            values.separators = separators.any() & within & (u64::MAX << tag) & !(1 << tag);
        } else {
            values.begin_at(tag + 1);
        }
        values
    }
}

impl Segment<'_> {
    /// The data element that `span` lies in, by numbers; none where it begins with the tag or reaches beyond one.
    ///
    /// What is a composite and what repeats is known by the separators that are there: the definition of the segment may
    /// know better.
    ///
    /// ```
    /// use karvan_edifact::{Segment, ServiceCharacters};
    ///
    /// let segment = Segment::new(b"NAD+BY+4012345000009::9'", 0, ServiceCharacters::DEFAULT);
    /// let place = segment.position_of(segment.component(1, 2).span()).unwrap();
    /// assert_eq!((place.position, place.component), (3, Some(3)));
    /// assert!(segment.position_of(segment.tag_span()).is_none());
    /// ```
    #[must_use]
    pub fn position_of(&self, span: Span) -> Option<DataElementPosition> {
        if span.start <= self.tag_span().end {
            return None;
        }
        let place = |value: &Value<'_>| value.value().span();
        let first = self.values().take_while(|value| place(value).start <= span.start).last()?;
        let last = self.values().take_while(|value| place(value).start < span.end).last().unwrap_or(first);
        let composite = first.component > 0 || first.goes_on;
        let repeats = self.values().any(|value| value.element == first.element && value.repetition > 0);
        (last.element <= first.element).then_some(DataElementPosition {
            position: first.element + 2,
            component: (composite && last.component <= first.component).then_some(first.component + 1),
            occurrence: repeats.then_some(first.repetition + 1),
        })
    }
}

impl Values<'_> {
    /// Whether a release character stands behind the first block.
    #[inline(never)]
    fn has_release_later(&self) -> bool {
        self.characters.release.is_some_and(|release| memchr::memchr(release, &self.octets[BLOCK..]).is_some())
    }

    /// Moves on to the block that holds `at`, leaving out the separators before it.
    #[cold]
    fn begin_at(&mut self, at: usize) {
        while self.block + BLOCK <= at && self.next_block() {}
        // The segment may end where `at` is.
        self.separators &= u32::try_from(at - self.block).ok().and_then(|past| u64::MAX.checked_shl(past)).unwrap_or(0);
    }

    /// Looks at the next block; false where there is none.
    #[inline]
    fn next_block(&mut self) -> bool {
        self.block + BLOCK < self.octets.len() && self.look_ahead()
    }

    #[cold]
    fn look_ahead(&mut self) -> bool {
        let mut released = self.carry.unwrap_or_else(|| {
            let mut released = false;
            self.characters.delimiters(self.octets, &mut released);
            released
        });
        self.block += BLOCK;
        let rest = self.octets.get(self.block..).unwrap_or_default();
        self.separators = self.characters.delimiters(rest, &mut released).separators.any();
        self.carry = Some(released);
        true
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    #[inline(always)] // What of a value is not asked for is then not made: a third of the time of a check.
    fn next(&mut self) -> Option<Value<'a>> {
        let start = self.start?;
        while self.separators == 0 && self.next_block() {}
        let end = match self.separators {
            0 => self.octets.len(),
            separators => self.block + separators.trailing_zeros() as usize,
        };
        let separator = self.octets.get(end).copied();
        self.separators &= self.separators.wrapping_sub(1);
        // A separator in two roles is the larger one, as elsewhere.
        let ends_element = separator == Some(self.characters.element);
        let goes_on = !ends_element && separator == Some(self.characters.component);
        let value = Component::at(
            self.octets.get(start..end).unwrap_or_default(),
            self.offset + start as u64,
            self.characters.release,
        );
        let found = Value {
            element: self.element,
            repetition: self.repetition,
            component: self.component,
            goes_on,
            is_last: separator.is_none(),
            value,
            released: self.released,
        };
        self.start = separator.map(|_| end + 1);
        if goes_on {
            self.component += 1;
        } else if ends_element {
            (self.element, self.repetition, self.component) = (self.element + 1, 0, 0);
        } else {
            (self.repetition, self.component) = (self.repetition + 1, 0);
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: ServiceCharacters = ServiceCharacters { repetition: Some(b'*'), ..ServiceCharacters::DEFAULT };

    /// The same places and octets, by way of elements, repetitions and components.
    fn by_parts<'a>(segment: &Segment<'a>) -> Vec<(usize, usize, usize, Component<'a>)> {
        let mut found = Vec::new();
        for (e, element) in segment.elements().enumerate() {
            for (r, repetition) in element.repetitions().enumerate() {
                found.extend(repetition.components().enumerate().map(|(c, component)| (e, r, c, component)));
            }
        }
        found
    }

    fn in_one_pass<'a>(segment: &Segment<'a>) -> Vec<(usize, usize, usize, Component<'a>)> {
        let place = |value: Value<'a>| (value.element, value.repetition, value.component, value.value());
        segment.values().map(place).collect()
    }

    #[test]
    fn a_tag_alone_has_no_values() {
        assert_eq!(Segment::new(b"UNS'", 0, V4).values().count(), 0);
        assert_eq!(Segment::new(b"UNS+'", 0, V4).values().count(), 1);
    }

    #[test]
    fn a_long_tag_that_ends_with_a_block_is_no_value() {
        for length in [63, 64, 127, 128, 191] {
            let text = format!("{}+'", "T".repeat(length));
            let segment = Segment::new(text.as_bytes(), 0, V4);
            assert_eq!(in_one_pass(&segment), by_parts(&segment), "{length}");
        }
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_the_parts_find(text in "[A-Z]{0,3}(:[0-9]){0,2}([+:*]|\\?[+:*?']|[a-c]){0,200}") {
            let text = format!("{text}'");
            let segment = Segment::new(text.as_bytes(), 7, V4);
            prop_assert_eq!(in_one_pass(&segment), by_parts(&segment));
        }

        #[test]
        fn whether_a_composite_goes_on_is_told(text in "ABC([+:*]|\\?[+:*?']|[a-c]{0,40}){0,20}") {
            let text = format!("{text}'");
            let segment = Segment::new(text.as_bytes(), 0, V4);
            let values: Vec<_> = segment.values().collect();
            for pair in values.windows(2) {
                prop_assert_eq!(pair[0].goes_on, pair[1].component > 0);
            }
        }
    }
}
