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

/// A value, and what ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// The value.
    pub value: Component<'a>,
    /// What stands behind them.
    pub end: End,
}

/// What ends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A component data element separator: another component follows.
    Component,
    /// A repetition separator: another repetition of the data element follows.
    Repetition,
    /// A data element separator: another data element follows.
    Element,
    /// The segment ends with it.
    Segment,
}

/// The values of a segment as they are cut; see [`Segment::cuts`].
#[derive(Clone, Debug)]
pub struct Cuts<'a> {
    /// What is left; none after the last value.
    rest: Option<&'a [u8]>,
    offset: u64,
    /// Where values end among the first 64 octets of what is left: the separators, and the end of the segment. Nothing says
    /// that they were not looked for yet.
    ends: u64,
    characters: ServiceCharacters,
}

/// The values of a segment; see [`Segment::values`].
#[derive(Clone, Debug)]
pub struct Values<'a> {
    cuts: Cuts<'a>,
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
        let released = self.has_release();
        Values { cuts: self.cuts(), element: 0, repetition: 0, component: 0, released }
    }

    /// All values after the tag, and what ends each: the quickest way, for checks that look at everything and
    /// need no places.
    #[inline]
    #[must_use]
    pub fn cuts(&self) -> Cuts<'a> {
        let octets = self.body();
        let separators = self.separators();
        let tag = match separators.elements.trailing_zeros() as usize {
            end if end < BLOCK => end.min(octets.len()),
            _ => self.tag_element().raw().len(),
        };
        let rest = octets.get(tag + 1..);
        let ends = if tag < BLOCK { separators.any() >> tag >> 1 } else { 0 };
        let ends = if octets.len() < BLOCK { with_end(ends, octets.len().saturating_sub(tag + 1)) } else { ends };
        Cuts { rest, offset: self.span().start + tag as u64 + 1, ends, characters: self.characters() }
    }

    /// Whether a release character stands in the segment.
    #[inline]
    #[must_use]
    pub fn has_release(&self) -> bool {
        let octets = self.body();
        let later = |release| memchr::memchr(release, &octets[BLOCK..]).is_some();
        self.separators().releases & self.within_first_block() != 0
            || (octets.len() > BLOCK && self.characters().release.is_some_and(later))
    }

    /// Which of the first 64 octets belong to the segment, its terminator left out.
    #[inline]
    fn within_first_block(&self) -> u64 {
        let length = self.body().len();
        if length < BLOCK { (1 << length) - 1 } else { u64::MAX }
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

/// The separators before `end`, which is less than 64, and the end itself.
#[inline]
const fn with_end(separators: u64, end: usize) -> u64 {
    separators & ((1 << end) - 1) | 1 << end
}

/// How long the first value of `rest` is, and where values end among the first 64 octets behind it.
#[cold]
#[inline(never)]
fn look_ahead(rest: &[u8], characters: ServiceCharacters) -> (usize, u64) {
    let separators = characters.separators(rest).any();
    match if rest.len() < BLOCK { with_end(separators, rest.len()) } else { separators } {
        0 => (characters.find(rest, |delimiters| delimiters.separators.any()), 0),
        ends => first(ends),
    }
}

/// Where the first of these ends is, and those behind it.
#[inline]
const fn first(ends: u64) -> (usize, u64) {
    let end = ends.trailing_zeros();
    (end as usize, ends >> end >> 1)
}

impl<'a> Iterator for Cuts<'a> {
    type Item = Cut<'a>;

    #[inline(always)] // What is cut then stays in registers.
    fn next(&mut self) -> Option<Cut<'a>> {
        let rest = self.rest?;
        let (length, ends) = if self.ends == 0 { look_ahead(rest, self.characters) } else { first(self.ends) };
        let (octets, behind) = rest.split_at_checked(length)?;
        // A separator in two roles is the larger one, as elsewhere.
        let end = match behind.first() {
            Some(&octet) if octet == self.characters.element => End::Element,
            Some(&octet) if octet == self.characters.component => End::Component,
            Some(_) => End::Repetition,
            None => End::Segment,
        };
        let value = Component::at(octets, self.offset, self.characters.release);
        self.rest = behind.get(1..);
        self.offset += length as u64 + 1;
        self.ends = ends;
        Some(Cut { value, end })
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        let Cut { value, end } = self.cuts.next()?;
        let found = Value {
            element: self.element,
            repetition: self.repetition,
            component: self.component,
            goes_on: end == End::Component,
            value,
            released: self.released,
        };
        match end {
            End::Component => self.component += 1,
            End::Repetition => (self.repetition, self.component) = (self.repetition + 1, 0),
            End::Element | End::Segment => {
                (self.element, self.repetition, self.component) = (self.element + 1, 0, 0);
            }
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
