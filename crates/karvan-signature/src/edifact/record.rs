//! Segments of the security parts as values: octets that are released only where they are written.

use std::borrow::Cow;

use karvan_edifact::{Segment, ServiceCharacters};

/// A segment: its tag, and its data elements, of each the occurrences, of each the components. Values are octets, for a
/// filtered signature need not be text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    tag: Vec<u8>,
    elements: Vec<Vec<Vec<Vec<u8>>>>,
}

impl Record {
    /// A segment without data elements.
    #[must_use]
    pub fn new(tag: &str) -> Self {
        Self { tag: tag.into(), elements: Vec::new() }
    }

    /// The values of `segment`.
    #[must_use]
    pub fn of(segment: &Segment<'_>) -> Self {
        let value = |component: karvan_edifact::Component<'_>| component.unescaped().into_owned();
        let elements = segment.elements().map(|element| {
            element.repetitions().map(|repetition| repetition.components().map(value).collect()).collect()
        });
        Self { tag: segment.tag().to_vec(), elements: elements.collect() }
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> &[u8] {
        &self.tag
    }

    /// Adds a simple data element; an empty one keeps the place.
    #[must_use]
    pub fn element(self, value: impl AsRef<[u8]>) -> Self {
        self.composite([value])
    }

    /// Adds a composite data element.
    #[must_use]
    pub fn composite<T: AsRef<[u8]>>(mut self, components: impl IntoIterator<Item = T>) -> Self {
        self.elements.push(vec![components.into_iter().map(|value| value.as_ref().to_vec()).collect()]);
        self
    }

    /// Adds a composite data element with as many occurrences as there are; without any it keeps the place.
    #[must_use]
    pub fn repeated<T: AsRef<[u8]>>(mut self, occurrences: impl IntoIterator<Item = Vec<T>>) -> Self {
        let values = |components: Vec<T>| components.iter().map(|value| value.as_ref().to_vec()).collect();
        self.elements.push(occurrences.into_iter().map(values).collect());
        self
    }

    /// The value in this place, each from 0; empty where there is none.
    #[must_use]
    pub fn value(&self, element: usize, repetition: usize, component: usize) -> &[u8] {
        let occurrence = self.elements.get(element).and_then(|element| element.get(repetition));
        occurrence.and_then(|occurrence| occurrence.get(component)).map_or(&[], Vec::as_slice)
    }

    /// The first component of a data element, as text.
    #[must_use]
    pub fn text(&self, element: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.value(element, 0, 0))
    }

    /// The occurrences of a data element that are not empty.
    pub fn occurrences(&self, element: usize) -> impl Iterator<Item = &[Vec<u8>]> {
        let occurrences = self.elements.get(element).into_iter().flatten();
        occurrences.map(Vec::as_slice).filter(|components| components.iter().any(|value| !value.is_empty()))
    }

    /// The octets of the segment, its terminator included; none where a value holds a service character and there is no
    /// release character, or repeats without a repetition separator.
    #[must_use]
    pub fn octets(&self, characters: &ServiceCharacters) -> Option<Vec<u8>> {
        let mut octets = self.tag.clone();
        let mut written = octets.len();
        for element in &self.elements {
            octets.push(characters.element);
            for (repetition, components) in element.iter().enumerate() {
                if repetition > 0 {
                    octets.push(characters.repetition?);
                }
                let used = components.iter().rposition(|value| !value.is_empty()).map_or(0, |last| last + 1);
                for (index, value) in components[..used].iter().enumerate() {
                    if index > 0 {
                        octets.push(characters.component);
                    }
                    for octet in value {
                        if characters.contains(*octet) {
                            octets.push(characters.release?);
                        }
                        octets.push(*octet);
                    }
                    written = octets.len();
                }
            }
        }
        // ISO 9735-1 §8.4: separators of what is left out at the end are left out as well.
        octets.truncate(written);
        octets.push(characters.terminator);
        Some(octets)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERSION_4: ServiceCharacters = ServiceCharacters::for_version(4);

    #[test]
    fn separators_at_the_end_are_left_out_and_service_characters_are_released() {
        let record = Record::new("USR").repeated([vec!["2", "A+B'"], vec!["3", "", ""]]).element("").element("");
        assert_eq!(record.octets(&VERSION_4).unwrap(), b"USR+2:A?+B?'*3'");
        assert_eq!(record.octets(&ServiceCharacters::DEFAULT), None, "no repetition before version 4");
        let released = ServiceCharacters { release: None, ..VERSION_4 };
        assert_eq!(Record::new("USR").element("'").octets(&released), None);
        assert_eq!(Record::new("UNS").octets(&VERSION_4).unwrap(), b"UNS'");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 1..5)) {
            let record = Record::new("USC").composite(values.clone()).element("x").repeated([values.clone(), values]);
            let octets = record.octets(&VERSION_4).unwrap();
            prop_assert_eq!(Record::of(&Segment::new(&octets, 0, VERSION_4)), record);
        }
    }
}
