//! A segment and its parts, as views of the octets they stand in.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use karvan_text::Span;

use crate::ServiceCharacters;
use crate::repertoire::{Decoded, Misfit, Repertoire};
use crate::scan::{BLOCK, Separators};

/// A segment: tag, data elements, terminator (ISO 9735-1 §7.5).
///
/// A segment is a small value that borrows its octets; nothing is copied, and parts are found when asked for. The places
/// of the delimiters among its first 64 octets are known beforehand, so that walking over a usual segment costs little.
///
/// ```
/// use karvan_edifact::{Segment, ServiceCharacters};
///
/// let segment = Segment::new(b"NAD+BY+4012345000009::9++O?'NEIL'", 100, ServiceCharacters::DEFAULT);
/// assert_eq!(segment.tag(), b"NAD");
/// assert_eq!(segment.element(0).raw(), b"BY");
/// assert_eq!(segment.element(1).component(2).raw(), b"9");
/// assert_eq!(&*segment.element(3).component(0).unescaped(), b"O'NEIL");
/// assert_eq!(segment.element(3).span().start, 125);
/// assert!(segment.element(7).is_empty());
/// ```
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    octets: &'a [u8],
    offset: u64,
    /// The separators among the first 64 octets.
    separators: Separators,
    characters: ServiceCharacters,
    /// Length without the terminator: a word, as all fields are, for segments are copied often and odd sizes slow that down.
    length: usize,
}

impl<'a> Segment<'a> {
    /// The segment at the beginning of `octets`, which ends with its terminator or with the octets.
    ///
    /// `offset` is the place of the first octet in the file.
    #[must_use]
    pub fn new(octets: &'a [u8], offset: u64, characters: ServiceCharacters) -> Self {
        let delimiters = characters.delimiters(octets, &mut false);
        let length = match delimiters.terminators {
            0 if octets.len() > BLOCK => characters.find(octets, |delimiters| delimiters.terminators),
            0 => octets.len(),
            found => found.trailing_zeros() as usize,
        };
        let terminated = length < octets.len();
        let octets = &octets[..length + usize::from(terminated)];
        Self { octets, offset, separators: delimiters.separators, characters, length }
    }

    /// A segment whose end and whose first delimiters the scanner knows; `octets` includes the terminator.
    #[inline]
    pub(crate) fn scanned(
        octets: &'a [u8],
        offset: u64,
        terminated: bool,
        separators: Separators,
        characters: ServiceCharacters,
    ) -> Self {
        Self { octets, offset, separators, characters, length: octets.len() - usize::from(terminated) }
    }

    /// All octets, the terminator included.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.octets
    }

    /// The octets without the terminator.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        &self.octets[..self.length()]
    }

    /// Length without the terminator.
    #[inline]
    const fn length(&self) -> usize {
        self.length
    }

    /// Where the segment stands in the file, the terminator included.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.octets.len() as u64)
    }

    /// Whether the segment ends with a terminator; only the last one of a truncated file does not.
    #[must_use]
    pub const fn is_terminated(&self) -> bool {
        self.length < self.octets.len()
    }

    /// The service characters in force.
    #[must_use]
    pub const fn characters(&self) -> ServiceCharacters {
        self.characters
    }

    /// The separators among the first 64 octets; further ones may belong to what follows the segment.
    pub(crate) const fn separators(&self) -> Separators {
        self.separators
    }

    /// The segment tag, without the explicit nesting that syntax versions 1 to 3 allow behind it (`NAD:1:2`).
    #[inline]
    #[must_use]
    pub fn tag(&self) -> &'a [u8] {
        let end = self.separators.any().trailing_zeros() as usize;
        if end < BLOCK || self.length() <= BLOCK {
            return &self.octets[..end.min(self.length())];
        }
        &self.octets[..self.characters.find(self.body(), |delimiters| delimiters.separators.any())]
    }

    /// Where the tag stands.
    #[must_use]
    pub fn tag_span(&self) -> Span {
        Span::new(self.offset, self.offset + self.tag().len() as u64)
    }

    /// The tag as an element, its components being the tag and the explicit nesting indicators
    /// (ISO 9735:1988 §8.1.1 and §9.1).
    #[must_use]
    pub fn tag_element(&self) -> Element<'a> {
        self.pieces().next().unwrap_or_else(|| self.absent())
    }

    /// The data elements after the tag, in order.
    #[inline]
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        let mut elements = self.pieces();
        elements.next();
        elements
    }

    /// The data element `n`, 0 being the first after the tag.
    ///
    /// Where there is none, an empty element at the end of the segment stands for it.
    #[inline]
    #[must_use]
    pub fn element(&self, n: usize) -> Element<'a> {
        self.elements().nth(n).unwrap_or_else(|| self.absent())
    }

    /// The component `c` of the data element `e`, both from 0: short for `element(e).component(c)`.
    #[inline]
    #[must_use]
    pub fn component(&self, e: usize, c: usize) -> Component<'a> {
        self.element(e).component(c)
    }

    /// What does not belong into `repertoire`: of each value the first thing, with its place in the file.
    pub fn misfits(&self, repertoire: Repertoire) -> impl Iterator<Item = (Span, Misfit)> + use<'a> {
        // The usual service characters belong to every repertoire: most segments are done with one look.
        let elements = (!repertoire.accepts(self.body())).then(|| self.pieces());
        let values = elements.into_iter().flatten().flat_map(|element| element.repetitions());
        values.flat_map(|repetition| repetition.components()).filter_map(move |value| value.misfit(repertoire))
    }

    #[inline]
    fn pieces(&self) -> Elements<'a> {
        Elements {
            octets: Some(self.body()),
            offset: self.offset,
            separators: self.separators,
            known: BLOCK,
            characters: self.characters,
        }
    }

    fn absent(&self) -> Element<'a> {
        let end = &self.octets[self.length()..self.length()];
        Element {
            octets: end,
            offset: self.offset + self.length() as u64,
            separators: Separators::default(),
            known: 0,
            characters: self.characters,
        }
    }
}

/// The data elements of a segment; see [`Segment::elements`].
#[derive(Clone)]
pub struct Elements<'a> {
    /// What is left, none after the last element.
    octets: Option<&'a [u8]>,
    offset: u64,
    separators: Separators,
    /// For how many of the octets left `separators` speaks.
    known: usize,
    characters: ServiceCharacters,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let octets = self.octets?;
        let mut end = self.separators.elements.trailing_zeros() as usize;
        if end >= self.known && self.known < octets.len() {
            (self.separators, end) = look_ahead(self.characters, octets, |separators| separators.elements);
            self.known = BLOCK;
        }
        let (element, rest) = match octets.split_at_checked(end) {
            Some((element, rest)) if !rest.is_empty() => (element, Some(&rest[1..])),
            _ => (octets, None),
        };
        let found = Element {
            octets: element,
            offset: self.offset,
            separators: self.separators,
            known: self.known,
            characters: self.characters,
        };
        self.octets = rest;
        self.offset += end as u64 + 1;
        self.separators = self.separators.after(end);
        self.known = self.known.saturating_sub(end + 1);
        Some(found)
    }
}

/// The first separator of the kind that `kind` picks, where those at hand do not reach it, and the separators that
/// `octets` begins with.
#[cold]
#[inline(never)]
fn look_ahead(characters: ServiceCharacters, octets: &[u8], kind: fn(&Separators) -> u64) -> (Separators, usize) {
    let separators = characters.separators(octets);
    let end = match kind(&separators) {
        0 if octets.len() > BLOCK => characters.find(octets, |delimiters| kind(&delimiters.separators)),
        found => found.trailing_zeros() as usize,
    };
    (separators, end)
}

/// A data element as it stands in a segment: simple or composite, repeated or not.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    octets: &'a [u8],
    offset: u64,
    separators: Separators,
    known: usize,
    characters: ServiceCharacters,
}

impl<'a> Element<'a> {
    /// The octets as they stand in the file.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.octets
    }

    /// Where the element stands in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.octets.len() as u64)
    }

    /// Whether nothing is given, not even a separator.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The occurrences of a repeating data element (ISO 9735-1 §8.7); one where it is not repeated.
    #[inline]
    #[must_use]
    pub fn repetitions(&self) -> Repetitions<'a> {
        Repetitions { rest: Some(*self) }
    }

    /// The occurrence `n`, from 0; an empty one at the end where there is none.
    #[inline]
    #[must_use]
    pub fn repetition(&self, n: usize) -> Repetition<'a> {
        self.repetitions().nth(n).unwrap_or_else(|| Repetition { element: self.end() })
    }

    /// The components of the first occurrence.
    #[inline]
    #[must_use]
    pub fn components(&self) -> Components<'a> {
        self.repetition(0).components()
    }

    /// The component `n` of the first occurrence, from 0; an empty one at the end where there is none.
    #[inline]
    #[must_use]
    pub fn component(&self, n: usize) -> Component<'a> {
        self.repetition(0).component(n)
    }

    /// The empty element at the end of this one.
    fn end(&self) -> Self {
        let length = self.octets.len();
        Self {
            octets: &self.octets[length..],
            offset: self.offset + length as u64,
            separators: Separators::default(),
            known: 0,
            ..*self
        }
    }

    /// What stands before and after the first separator of the kind that `kind` picks.
    #[inline]
    fn split(mut self, kind: fn(&Separators) -> u64) -> (Self, Option<Self>) {
        let mut end = kind(&self.separators).trailing_zeros() as usize;
        if end >= self.known && self.known < self.octets.len() {
            (self.separators, end) = look_ahead(self.characters, self.octets, kind);
            self.known = BLOCK;
        }
        match self.octets.split_at_checked(end) {
            Some((octets, rest)) if !rest.is_empty() => (
                Self { octets, ..self },
                Some(Self {
                    octets: &rest[1..],
                    offset: self.offset + end as u64 + 1,
                    separators: self.separators.after(end),
                    known: self.known.saturating_sub(end + 1),
                    ..self
                }),
            ),
            _ => (self, None),
        }
    }
}

/// The occurrences of a repeating data element; see [`Element::repetitions`].
#[derive(Clone)]
pub struct Repetitions<'a> {
    rest: Option<Element<'a>>,
}

impl<'a> Iterator for Repetitions<'a> {
    type Item = Repetition<'a>;

    #[inline]
    fn next(&mut self) -> Option<Repetition<'a>> {
        let rest = self.rest?;
        if rest.characters.repetition.is_none() {
            self.rest = None;
            return Some(Repetition { element: rest });
        }
        let (element, rest) = rest.split(|separators| separators.repetitions);
        self.rest = rest;
        Some(Repetition { element })
    }
}

/// One occurrence of a data element.
#[derive(Clone, Copy)]
pub struct Repetition<'a> {
    element: Element<'a>,
}

impl<'a> Repetition<'a> {
    /// The octets as they stand in the file.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.element.raw()
    }

    /// Where the occurrence stands in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.element.span()
    }

    /// Whether nothing is given, not even a separator.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.element.is_empty()
    }

    /// The components, one where the data element is simple.
    #[inline]
    #[must_use]
    pub fn components(&self) -> Components<'a> {
        Components { rest: Some(self.element) }
    }

    /// The component `n`, from 0; an empty one at the end where there is none.
    #[inline]
    #[must_use]
    pub fn component(&self, n: usize) -> Component<'a> {
        self.components().nth(n).unwrap_or_else(|| Component::of(&self.element.end()))
    }
}

/// The components of a composite data element; see [`Repetition::components`].
#[derive(Clone)]
pub struct Components<'a> {
    rest: Option<Element<'a>>,
}

impl<'a> Iterator for Components<'a> {
    type Item = Component<'a>;

    #[inline]
    fn next(&mut self) -> Option<Component<'a>> {
        let (component, rest) = self.rest?.split(|separators| separators.components);
        self.rest = rest;
        Some(Component::of(&component))
    }
}

/// A component data element, or a simple data element: a single value.
#[derive(Clone, Copy)]
pub struct Component<'a> {
    octets: &'a [u8],
    offset: u64,
    release: Option<u8>,
}

impl<'a> Component<'a> {
    #[inline]
    fn of(element: &Element<'a>) -> Self {
        Self::at(element.octets, element.offset, element.characters.release)
    }

    /// The component that is `octets`, standing at `offset` in the file.
    #[inline]
    pub(crate) const fn at(octets: &'a [u8], offset: u64, release: Option<u8>) -> Self {
        Self { octets, offset, release }
    }

    /// The octets as they stand in the file, release characters included.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.octets
    }

    /// Where the component stands in the file.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.octets.len() as u64)
    }

    /// Whether nothing is given.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The octets without the release characters; copied only where there are any.
    #[must_use]
    pub fn unescaped(&self) -> Cow<'a, [u8]> {
        let Some(release) = self.release else { return Cow::Borrowed(self.octets) };
        let Some(first) = memchr::memchr(release, self.octets) else { return Cow::Borrowed(self.octets) };
        let (plain, mut rest) = self.octets.split_at(first);
        let mut value = plain.to_vec();
        while let Some((&octet, after)) = rest.split_first() {
            rest = after;
            match after.split_first() {
                Some((&released, after)) if octet == release => {
                    value.push(released);
                    rest = after;
                }
                _ => value.push(octet),
            }
        }
        Cow::Owned(value)
    }

    /// The first thing in the value that does not belong into `repertoire`, with its place in the file.
    #[must_use]
    pub fn misfit(&self, repertoire: Repertoire) -> Option<(Span, Misfit)> {
        let misfit = repertoire.misfit(&self.unescaped())?;
        Some((self.place(misfit.offset..misfit.offset + misfit.length), misfit))
    }

    /// Where octets of the value stand in the file; release characters are no part of the value.
    #[must_use]
    pub fn place(&self, value: Range<usize>) -> Span {
        let mut start = value.start;
        if let Some(release) = self.release {
            // Release characters in force before the place were left out of the count.
            let (mut octets, mut values) = (self.octets.iter().enumerate(), 0);
            while let Some((place, &octet)) = octets.next() {
                let place = if octet == release { octets.next().map_or(place, |(next, _)| next) } else { place };
                if values == value.start {
                    start = place;
                    break;
                }
                values += 1;
            }
        }
        let start = self.offset + start as u64;
        Span::new(start, start + value.len() as u64)
    }

    /// The value as text; what `repertoire` cannot read is shown as U+FFFD and told.
    #[must_use]
    pub fn text(&self, repertoire: Repertoire) -> Decoded<'a> {
        repertoire.decode(self.unescaped())
    }
}

macro_rules! show {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let span = self.span();
                write!(f, "{}({}..{} \"{}\")", stringify!($type), span.start, span.end, self.raw().escape_ascii())
            }
        }

        /// Equal where the same octets stand at the same place.
        impl PartialEq for $type<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.span() == other.span() && self.raw() == other.raw()
            }
        }

        impl Eq for $type<'_> {}
    )*};
}

show!(Segment, Element, Repetition, Component);
