//! Reading a segment into a type.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Error, ErrorKind, Field};
use crate::repertoire::{MisfitKind, Repertoire};
use crate::{Component, Element, Repetition, Segment};
use karvan_text::Span;

/// Reads `segment` into a `T`, its values in `repertoire`; see the [module](super).
///
/// # Errors
/// What does not fit, with its place in the file.
pub fn from_segment<'de, T: Deserialize<'de>>(segment: &Segment<'de>, repertoire: Repertoire) -> Result<T, Error> {
    T::deserialize(Whole { segment: *segment, repertoire }).map_err(|error| error.at(segment.span()))
}

/// A whole segment.
#[derive(Clone, Copy)]
struct Whole<'de> {
    segment: Segment<'de>,
    repertoire: Repertoire,
}

impl<'de> Whole<'de> {
    fn tag(&self) -> Cow<'de, str> {
        String::from_utf8_lossy(self.segment.tag())
    }

    fn part(&self, place: Place<'de>) -> Part<'de> {
        Part { place, repertoire: self.repertoire }
    }

    /// The parts that `fields` ask for, as far as there is something, and then those that nobody asks for.
    fn fields(&self, fields: &'static [&'static str]) -> Result<Entries<'de>, Error> {
        let mut entries = Vec::new();
        let mut asked = Vec::new();
        for name in fields {
            let place = match Field::named(name)? {
                Field::Tag => Place::Tag(self.segment.tag_element()),
                Field::Element(element) => {
                    asked.push(element);
                    Place::Element(self.segment.element(element))
                }
                Field::Component(element, component) => {
                    asked.push(element);
                    Place::Column(self.segment.element(element), component)
                }
            };
            entries.push((Key::Field(name), self.part(place)));
        }
        let rest = self.segment.elements().enumerate().filter(|(number, _)| !asked.contains(number));
        entries.extend(rest.map(|(number, element)| (Key::Number(number), self.part(Place::Element(element)))));
        entries.retain(|(_, part)| !part.is_empty());
        Ok(Entries::of(entries))
    }
}

impl<'de> Deserializer<'de> for Whole<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut entries = vec![(Key::Field("tag"), self.part(Place::Tag(self.segment.tag_element())))];
        let elements = self.segment.elements().enumerate();
        entries.extend(elements.map(|(number, element)| (Key::Number(number), self.part(Place::Element(element)))));
        entries.retain(|(_, part)| !part.is_empty());
        visitor.visit_map(Entries::of(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.segment.tag() != name.as_bytes() {
            let kind = ErrorKind::OtherSegment { expected: name.to_owned(), found: self.tag().into_owned() };
            return Err(Error::new(kind).at(self.segment.tag_span()));
        }
        visitor.visit_map(self.fields(fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The variant is the one that has the name of the segment.
impl<'de> EnumAccess<'de> for Whole<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let tag = StringDeserializer::new(self.tag().into_owned());
        Ok((seed.deserialize(tag)?, self))
    }
}

impl<'de> VariantAccess<'de> for Whole<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.fields(fields)?)
    }
}

/// A part of a segment.
#[derive(Clone, Copy)]
struct Part<'de> {
    place: Place<'de>,
    repertoire: Repertoire,
}

#[derive(Clone, Copy)]
enum Place<'de> {
    /// The tag, without explicit nesting.
    Tag(Element<'de>),
    /// A data element with all its occurrences.
    Element(Element<'de>),
    /// A component in all occurrences of a data element.
    Column(Element<'de>, usize),
    Occurrence(Repetition<'de>),
    Component(Component<'de>),
}

impl<'de> Part<'de> {
    fn span(&self) -> Span {
        match self.place {
            Place::Tag(element) | Place::Element(element) | Place::Column(element, _) => element.span(),
            Place::Occurrence(occurrence) => occurrence.span(),
            Place::Component(component) => component.span(),
        }
    }

    fn of(self, place: Place<'de>) -> Self {
        Self { place, ..self }
    }

    /// Whether no value is given.
    fn is_empty(&self) -> bool {
        let nothing = |occurrence: Repetition<'de>| occurrence.components().all(|component| component.is_empty());
        match self.place {
            Place::Tag(_) => false,
            Place::Element(element) => element.repetitions().all(nothing),
            Place::Column(element, number) => {
                element.repetitions().all(|occurrence| occurrence.component(number).is_empty())
            }
            Place::Occurrence(occurrence) => nothing(occurrence),
            Place::Component(component) => component.is_empty(),
        }
    }

    fn several(&self) -> Error {
        Error::new(ErrorKind::SeveralValues).at(self.span())
    }

    /// The only occurrence.
    fn occurrence(&self) -> Result<Repetition<'de>, Error> {
        match self.place {
            Place::Occurrence(occurrence) => Ok(occurrence),
            Place::Tag(element) | Place::Element(element) | Place::Column(element, _) => {
                if element.repetitions().nth(1).is_some() {
                    return Err(self.several());
                }
                Ok(element.repetition(0))
            }
            Place::Component(_) => Err(Error::new(ErrorKind::NoForm { what: "a composite within a component" })),
        }
    }

    /// The only value.
    fn component(&self) -> Result<Component<'de>, Error> {
        match self.place {
            Place::Component(component) => Ok(component),
            Place::Tag(element) => Ok(element.component(0)),
            Place::Column(_, number) => Ok(self.occurrence()?.component(number)),
            Place::Element(_) | Place::Occurrence(_) => {
                let occurrence = self.occurrence()?;
                if occurrence.components().skip(1).any(|component| !component.is_empty()) {
                    return Err(self.several());
                }
                Ok(occurrence.component(0))
            }
        }
    }

    fn text(&self) -> Result<Cow<'de, str>, Error> {
        let component = self.component()?;
        self.repertoire.text(component.unescaped()).map_err(|misfit| {
            let octet = match misfit.kind {
                MisfitKind::Malformed { octet } => octet,
                _ => 0,
            };
            let place = component.place(misfit.offset..misfit.offset + misfit.length);
            Error::new(ErrorKind::NotInRepertoire { octet }).at(place)
        })
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, Error> {
        let text = self.text()?;
        // ISO 9735-1 §10: digits, a minus sign in front, a comma or a full stop as decimal mark; from syntax version 4 on an
        // exponent too. Nothing else that `parse` takes is a number.
        let plain = text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'-' | b'.' | b',' | b'E' | b'e'));
        let number = plain.then(|| text.replacen(',', ".", 1).parse().ok()).flatten();
        number.ok_or_else(|| Error::new(ErrorKind::NotANumber { value: text.into_owned() }).at(self.span()))
    }

    /// The parts of a list: occurrences, or the components of one.
    fn list(self) -> Parts<'de> {
        let parts: Vec<_> = match self.place {
            _ if self.is_empty() => Vec::new(),
            Place::Element(element) => {
                element.repetitions().map(|occurrence| self.of(Place::Occurrence(occurrence))).collect()
            }
            Place::Column(element, number) => {
                let components = element.repetitions().map(|occurrence| occurrence.component(number));
                components.map(|component| self.of(Place::Component(component))).collect()
            }
            Place::Occurrence(occurrence) => {
                occurrence.components().map(|component| self.of(Place::Component(component))).collect()
            }
            Place::Tag(_) | Place::Component(_) => vec![self],
        };
        Parts(parts.into_iter())
    }

    /// Says of an error where it arose.
    fn here<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| error.at(self.span()))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.here(visitor.$visit(self.number()?))
        }
    )*};
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.place {
            Place::Element(element) if element.repetitions().nth(1).is_some() => self.deserialize_seq(visitor),
            Place::Column(element, _) if element.repetitions().nth(1).is_some() => self.deserialize_seq(visitor),
            Place::Element(_) | Place::Occurrence(_) => {
                let occurrence = self.occurrence()?;
                match occurrence.components().nth(1) {
                    Some(_) => self.of(Place::Occurrence(occurrence)).deserialize_seq(visitor),
                    None => self.deserialize_str(visitor),
                }
            }
            _ => self.deserialize_str(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.here(match self.text()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.here(match self.component()?.unescaped() {
            Cow::Borrowed(octets) => visitor.visit_borrowed_bytes(octets),
            Cow::Owned(octets) => visitor.visit_byte_buf(octets),
        })
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.here(visitor.visit_seq(self.list()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let occurrence = self.here(self.occurrence())?;
        if occurrence.components().skip(length).any(|component| !component.is_empty()) {
            return Err(self.several());
        }
        let parts: Vec<_> = (0..length).map(|number| self.of(Place::Component(occurrence.component(number)))).collect();
        self.here(visitor.visit_seq(Parts(parts.into_iter())))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let occurrence = self.here(self.occurrence())?;
        let mut entries = Vec::new();
        let mut asked = Vec::new();
        for name in fields {
            let number = Field::component(name)?;
            asked.push(number);
            entries.push((Key::Field(name), self.of(Place::Component(occurrence.component(number)))));
        }
        let rest = occurrence.components().enumerate().filter(|(number, _)| !asked.contains(number));
        entries.extend(rest.map(|(number, component)| (Key::Number(number), self.of(Place::Component(component)))));
        entries.retain(|(_, part)| !part.is_empty());
        self.here(visitor.visit_map(Entries::of(entries)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = StringDeserializer::<Error>::new(self.text()?.into_owned());
        self.here(text.deserialize_enum(name, variants, visitor))
    }

    numbers! {
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_i128 visit_i128,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_u128 visit_u128,
        deserialize_f32 visit_f32,
        deserialize_f64 visit_f64,
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // No value of EDIFACT is a truth value by itself: a text, which says so.
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { unit_struct identifier }
}

/// Parts one after the other.
struct Parts<'de>(std::vec::IntoIter<Part<'de>>);

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|part| seed.deserialize(part)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The name of a part.
#[derive(Clone, Copy)]
enum Key {
    Field(&'static str),
    Number(usize),
}

/// Parts with their names.
struct Entries<'de> {
    entries: std::vec::IntoIter<(Key, Part<'de>)>,
    part: Option<Part<'de>>,
}

impl<'de> Entries<'de> {
    fn of(entries: Vec<(Key, Part<'de>)>) -> Self {
        Self { entries: entries.into_iter(), part: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, part)) = self.entries.next() else { return Ok(None) };
        self.part = Some(part);
        let key = match key {
            Key::Field(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Key::Number(number) => seed.deserialize(StringDeserializer::new(number.to_string())),
        };
        part.here(key.map(Some))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.part.take() {
            Some(part) => seed.deserialize(part),
            None => Err(Error::new(ErrorKind::Message("a value is asked for before its key".to_owned()))),
        }
    }
}
