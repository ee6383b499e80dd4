//! Writing segments: separators, release characters, counts.

use std::fmt;
use std::io::{self, Read, Write};

use crate::repertoire::{NotInRepertoire, Repertoire};
use crate::{Segment, ServiceCharacters};

/// A segment to be written: its tag and its values, not yet in octets.
///
/// ```
/// use karvan_edifact::SegmentBuffer;
///
/// let mut segment = SegmentBuffer::new("NAD").element("BY").composite(["4012345000009", "", "9"]);
/// segment.set(3, 0, 0, "O'Neil");
/// assert_eq!(segment.value(3, 0, 0), "O'Neil");
/// assert_eq!(segment.value(2, 0, 0), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentBuffer {
    tag: String,
    /// Elements, their occurrences, their components.
    elements: Vec<Vec<Vec<String>>>,
}

impl SegmentBuffer {
    /// A segment without elements.
    #[must_use]
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), elements: Vec::new() }
    }

    /// The values of `segment`, read in `repertoire`.
    #[must_use]
    pub fn from_segment(segment: &Segment<'_>, repertoire: Repertoire) -> Self {
        let text = |component: crate::Component<'_>| component.text(repertoire).text.into_owned();
        let elements = segment.elements().map(|element| {
            element.repetitions().map(|repetition| repetition.components().map(text).collect()).collect()
        });
        Self { tag: repertoire.decode(segment.tag()).text.into_owned(), elements: elements.collect() }
    }

    /// Adds a simple data element; an empty one keeps the place.
    #[must_use]
    pub fn element(mut self, value: impl Into<String>) -> Self {
        self.elements.push(vec![vec![value.into()]]);
        self
    }

    /// Adds a composite data element.
    #[must_use]
    pub fn composite<T: Into<String>>(mut self, components: impl IntoIterator<Item = T>) -> Self {
        self.elements.push(vec![components.into_iter().map(Into::into).collect()]);
        self
    }

    /// Adds one more occurrence of the element added last.
    #[must_use]
    pub fn repeat<T: Into<String>>(mut self, components: impl IntoIterator<Item = T>) -> Self {
        let occurrence = components.into_iter().map(Into::into).collect();
        match self.elements.last_mut() {
            Some(element) => element.push(occurrence),
            None => self.elements.push(vec![occurrence]),
        }
        self
    }

    /// Puts `value` in its place, making room for it: element, occurrence and component, each from 0.
    pub fn set(&mut self, element: usize, repetition: usize, component: usize, value: impl Into<String>) {
        let element = grown(&mut self.elements, element);
        let repetition = grown(element, repetition);
        *grown(repetition, component) = value.into();
    }

    /// Gives the segment another tag.
    pub fn set_tag(&mut self, tag: impl Into<String>) {
        self.tag = tag.into();
    }

    /// The value in this place, empty where there is none.
    #[must_use]
    pub fn value(&self, element: usize, repetition: usize, component: usize) -> &str {
        let occurrence = self.elements.get(element).and_then(|element| element.get(repetition));
        occurrence.and_then(|occurrence| occurrence.get(component)).map_or("", String::as_str)
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The data elements: of each the occurrences, of each the components.
    #[must_use]
    pub fn elements(&self) -> &[Vec<Vec<String>>] {
        &self.elements
    }

    /// Whether no element has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.iter().flatten().flatten().all(String::is_empty)
    }
}

/// The place `index` of `values`, which are made as many as that takes.
fn grown<T: Default>(values: &mut Vec<T>, index: usize) -> &mut T {
    if values.len() <= index {
        values.resize_with(index + 1, T::default);
    }
    &mut values[index]
}

/// How segments follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Each on a line of its own.
    #[default]
    Lines,
    /// One behind the other.
    Minified,
}

/// How an interchange is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The service characters.
    pub characters: ServiceCharacters,
    /// The character repertoire.
    pub repertoire: Repertoire,
    /// Line ends.
    pub layout: Layout,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { characters: ServiceCharacters::DEFAULT, repertoire: Repertoire::UNOC, layout: Layout::Lines }
    }
}

impl WriteOptions {
    /// Sets the service characters.
    #[must_use]
    pub const fn characters(mut self, characters: ServiceCharacters) -> Self {
        self.characters = characters;
        self
    }

    /// Sets the character repertoire.
    #[must_use]
    pub const fn repertoire(mut self, repertoire: Repertoire) -> Self {
        self.repertoire = repertoire;
        self
    }

    /// Sets the line ends.
    #[must_use]
    pub const fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }
}

/// Writes segments to any sink, one `write` a segment: give it a buffered sink.
///
/// Trailers are computed: whatever stands in a UNT, UNE or UNZ that is written, its count and its reference are those of
/// what was written. Components and elements without a value at the end are left out (ISO 9735-1 §8.7).
///
/// ```
/// use karvan_edifact::{SegmentBuffer, WriteOptions, Writer};
///
/// let mut writer = Writer::new(Vec::new(), WriteOptions::default());
/// writer.segment(&SegmentBuffer::new("UNB").composite(["UNOC", "3"]).element("A").element("B").element("").element("R1"))?;
/// writer.segment(&SegmentBuffer::new("UNH").element("1").composite(["INVOIC", "D", "96A", "UN"]))?;
/// writer.segment(&SegmentBuffer::new("FTX").element("AAI").composite(["", ""]).element("Why?"))?;
/// writer.end_message()?;
/// writer.end_interchange()?;
/// let expected = "UNB+UNOC:3+A+B++R1'\nUNH+1+INVOIC:D:96A:UN'\nFTX+AAI++Why??'\nUNT+3+1'\nUNZ+1+R1'\n";
/// assert_eq!(String::from_utf8_lossy(&writer.into_inner()), expected);
/// # Ok::<(), karvan_edifact::WriteError>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    options: WriteOptions,
    line: Vec<u8>,
    interchange: Option<Open>,
    group: Option<Open>,
    message: Option<Open>,
}

/// A part that has begun.
#[derive(Debug, Default)]
struct Open {
    reference: String,
    /// Segments of a message, messages and packages of a group or an interchange.
    count: u64,
    /// Groups of an interchange.
    groups: u64,
}

impl<W: Write> Writer<W> {
    /// A writer to `sink`.
    #[must_use]
    pub fn new(sink: W, options: WriteOptions) -> Self {
        let options = WriteOptions { characters: options.characters.usable(), ..options };
        Self { sink, options, line: Vec::new(), interchange: None, group: None, message: None }
    }

    /// The options.
    #[must_use]
    pub const fn options(&self) -> &WriteOptions {
        &self.options
    }

    /// Writes UNA.
    ///
    /// # Errors
    /// What the sink says.
    pub fn advice(&mut self) -> Result<(), WriteError> {
        self.line.clear();
        self.line.extend_from_slice(&self.options.characters.advice());
        self.end_line()
    }

    /// Writes a segment.
    ///
    /// # Errors
    /// A value that cannot be carried, or what the sink says; in the first case nothing was written.
    pub fn segment(&mut self, segment: &SegmentBuffer) -> Result<(), WriteError> {
        match segment.tag.as_str() {
            "UNT" => return self.end_message(),
            "UNE" => return self.end_group(),
            "UNZ" => return self.end_interchange(),
            _ => {}
        }
        self.put(segment)?;
        self.end_line()?;
        self.count(segment.tag(), |element| segment.value(element, 0, 0).to_owned());
        Ok(())
    }

    /// Writes a segment as it was read, with the service characters of this writer; its octets are not read as text, and
    /// trailers are copied like other segments.
    ///
    /// # Errors
    /// A value with a service character that cannot be released, or what the sink says.
    pub fn copy(&mut self, segment: &Segment<'_>) -> Result<(), WriteError> {
        self.line.clear();
        let characters = self.options.characters;
        let tag = String::from_utf8_lossy(segment.tag()).into_owned();
        for (index, element) in std::iter::once(segment.tag_element()).chain(segment.elements()).enumerate() {
            if index > 0 {
                self.line.push(characters.element);
            }
            for (index, repetition) in element.repetitions().enumerate() {
                if index > 0 {
                    self.line.push(characters.repetition.ok_or_else(|| WriteError::NoRepetition { tag: tag.clone() })?);
                }
                for (index, component) in repetition.components().enumerate() {
                    if index > 0 {
                        self.line.push(characters.component);
                    }
                    self.release(&component.unescaped(), &tag)?;
                }
            }
        }
        self.line.push(characters.terminator);
        // An object begins right behind UNO.
        if segment.tag() == b"UNO" {
            self.sink.write_all(&self.line)?
        } else {
            self.end_line()?
        };
        let repertoire = self.options.repertoire;
        self.count(&tag, |element| segment.component(element, 0).text(repertoire).text.into_owned());
        Ok(())
    }

    /// Writes octets of an object, between an UNO and an UNP that are copied.
    ///
    /// # Errors
    /// What the sink says.
    pub fn copy_object(&mut self, octets: &[u8]) -> Result<(), WriteError> {
        self.sink.write_all(octets)?;
        Ok(())
    }

    /// Writes a package: UNO, `length` octets of `object`, UNP.
    ///
    /// `header` is the segment UNO; the length is put into its data element 0810 here.
    ///
    /// # Errors
    /// An object of another length, a value that cannot be carried, or what object or sink say.
    pub fn package(&mut self, mut header: SegmentBuffer, length: u64, mut object: impl Read) -> Result<(), WriteError> {
        header.set(3, 0, 0, length.to_string());
        self.put(&header)?;
        self.sink.write_all(&self.line)?;
        let written = io::copy(&mut object.by_ref().take(length), &mut self.sink)?;
        let longer = object.read(&mut [0])? > 0;
        if written != length || longer {
            return Err(WriteError::ObjectLength { declared: length });
        }
        let trailer = SegmentBuffer::new("UNP").element(length.to_string()).element(header.value(0, 0, 0));
        self.put(&trailer)?;
        self.end_line()?;
        match &mut self.message {
            Some(message) => message.count += 2,
            None => self.count_part(),
        }
        Ok(())
    }

    /// Writes UNT with the number of segments and the reference of UNH.
    ///
    /// # Errors
    /// Where no message was begun, or what the sink says.
    pub fn end_message(&mut self) -> Result<(), WriteError> {
        let message = self.message.take().ok_or(WriteError::NothingToEnd { tag: "UNT" })?;
        self.trailer("UNT", message.count + 1, message.reference)
    }

    /// Writes UNE with the number of messages and packages and the reference of UNG.
    ///
    /// # Errors
    /// Where no group was begun, or what the sink says.
    pub fn end_group(&mut self) -> Result<(), WriteError> {
        let group = self.group.take().ok_or(WriteError::NothingToEnd { tag: "UNE" })?;
        self.trailer("UNE", group.count, group.reference)
    }

    /// Writes UNZ with the number of groups, or else of messages and packages, and the reference of UNB.
    ///
    /// # Errors
    /// Where no interchange was begun, or what the sink says.
    pub fn end_interchange(&mut self) -> Result<(), WriteError> {
        let interchange = self.interchange.take().ok_or(WriteError::NothingToEnd { tag: "UNZ" })?;
        let count = if interchange.groups > 0 { interchange.groups } else { interchange.count };
        self.trailer("UNZ", count, interchange.reference)
    }

    /// The sink.
    #[must_use]
    pub fn into_inner(self) -> W {
        self.sink
    }

    fn trailer(&mut self, tag: &str, count: u64, reference: String) -> Result<(), WriteError> {
        self.put(&SegmentBuffer::new(tag).element(count.to_string()).element(reference))?;
        self.end_line()
    }

    /// Keeps count of what `tag` begins or belongs to.
    fn count(&mut self, tag: &str, reference: impl Fn(usize) -> String) {
        let open = |element| Some(Open { reference: reference(element), ..Open::default() });
        match tag {
            "UNB" => (self.interchange, self.group, self.message) = (open(4), None, None),
            "UNG" => {
                self.group = open(4);
                if let Some(interchange) = &mut self.interchange {
                    interchange.groups += 1;
                }
            }
            "UNH" => {
                self.message = open(0);
                self.count_part();
            }
            "UNO" if self.message.is_none() => self.count_part(),
            "UNT" => self.message = None,
            "UNE" => self.group = None,
            "UNZ" => self.interchange = None,
            _ => {}
        }
        if let Some(message) = &mut self.message {
            message.count += 1;
        }
    }

    /// Counts a message or a package.
    fn count_part(&mut self) {
        for enclosing in [&mut self.interchange, &mut self.group].into_iter().flatten() {
            enclosing.count += 1;
        }
    }

    /// Makes the octets of a segment, without a line end.
    fn put(&mut self, segment: &SegmentBuffer) -> Result<(), WriteError> {
        self.line.clear();
        let characters = self.options.characters;
        if segment.tag.is_empty() || !segment.tag.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return Err(WriteError::NoTag { tag: segment.tag.clone() });
        }
        self.line.extend_from_slice(segment.tag.as_bytes());
        let elements = trimmed(&segment.elements, |element| element.iter().flatten().all(String::is_empty));
        for (position, element) in elements.iter().enumerate() {
            self.line.push(characters.element);
            let occurrences = trimmed(element, |occurrence| occurrence.iter().all(String::is_empty));
            for (index, occurrence) in occurrences.iter().enumerate() {
                if index > 0 {
                    let tag = || WriteError::NoRepetition { tag: segment.tag.clone() };
                    self.line.push(characters.repetition.ok_or_else(tag)?);
                }
                for (component, value) in trimmed(occurrence, String::is_empty).iter().enumerate() {
                    if component > 0 {
                        self.line.push(characters.component);
                    }
                    let octets = self.options.repertoire.encode(value).map_err(|error| {
                        WriteError::NotInRepertoire { error, tag: segment.tag.clone(), element: position, component }
                    })?;
                    self.release(&octets, &segment.tag)?;
                }
            }
        }
        self.line.push(characters.terminator);
        Ok(())
    }

    /// Writes a value with its service characters released.
    fn release(&mut self, octets: &[u8], tag: &str) -> Result<(), WriteError> {
        let characters = self.options.characters;
        for &octet in octets {
            if characters.contains(octet) {
                let without = || WriteError::NoRelease { octet, tag: tag.to_owned() };
                self.line.push(characters.release.ok_or_else(without)?);
            }
            self.line.push(octet);
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), WriteError> {
        if self.options.layout == Layout::Lines && self.options.characters.terminator != b'\n' {
            self.line.push(b'\n');
        }
        self.sink.write_all(&self.line)?;
        Ok(())
    }
}

/// `values` without those at the end that say nothing.
fn trimmed<T>(values: &[T], is_empty: impl Fn(&T) -> bool) -> &[T] {
    let length = values.iter().rposition(|value| !is_empty(value)).map_or(0, |last| last + 1);
    &values[..length]
}

/// A segment could not be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// The sink failed, or the object could not be read.
    Io(io::Error),
    /// A value holds a character that the repertoire lacks.
    NotInRepertoire {
        /// The character and the repertoire.
        error: NotInRepertoire,
        /// The segment.
        tag: String,
        /// The data element, from 0.
        element: usize,
        /// The component, from 0.
        component: usize,
    },
    /// A value holds a service character, and there is no release character.
    NoRelease {
        /// The service character.
        octet: u8,
        /// The segment.
        tag: String,
    },
    /// An element is repeated, and there is no repetition separator.
    NoRepetition {
        /// The segment.
        tag: String,
    },
    /// A segment has no tag, or one with other signs than letters and digits.
    NoTag {
        /// The tag.
        tag: String,
    },
    /// An object is not as long as was said.
    ObjectLength {
        /// The length that was said.
        declared: u64,
    },
    /// A trailer was to be written, and its header was not.
    NothingToEnd {
        /// The trailer.
        tag: &'static str,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotInRepertoire { error, tag, element, component } => {
                write!(f, "{tag}, element {}, component {}: {error}", element + 1, component + 1)
            }
            Self::NoRelease { octet, tag } => {
                write!(f, "{tag}: '{}' is a service character and there is no release character", octet.escape_ascii())
            }
            Self::NoRepetition { tag } => write!(f, "{tag}: an element is repeated without a repetition separator"),
            Self::NoTag { tag } => write!(f, "{tag:?} is no segment tag"),
            Self::ObjectLength { declared } => write!(f, "the object is not {declared} octets long"),
            Self::NothingToEnd { tag } => write!(f, "{tag} has nothing to end"),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::NotInRepertoire { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
