//! Making a segment of a value.

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, Serializer,
};

use super::{Error, ErrorKind, Field};
use crate::{SegmentBuffer, ServiceCharacters};

/// Makes a segment of `value`; numbers get the decimal mark of `characters`. See the [module](super).
///
/// # Errors
/// What has no form in a segment.
pub fn to_segment<T: Serialize + ?Sized>(value: &T, characters: &ServiceCharacters) -> Result<SegmentBuffer, Error> {
    value.serialize(Whole { decimal: characters.decimal })
}

fn no_form<T>(what: &'static str) -> Result<T, Error> {
    Err(Error::new(ErrorKind::NoForm { what }))
}

/// A whole segment.
#[derive(Clone, Copy)]
struct Whole {
    decimal: u8,
}

impl Whole {
    fn begin(self, tag: &str) -> Fields {
        Fields { segment: SegmentBuffer::new(tag), decimal: self.decimal, key: None }
    }
}

/// Methods for what has no form.
macro_rules! refuse {
    ($what:literal: $($method:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<$output, Error> {
            $(let _ = $argument;)*
            no_form($what)
        }
    )*};
}

type Never<T> = Impossible<T, Error>;

impl Serializer for Whole {
    type Ok = SegmentBuffer;
    type Error = Error;
    type SerializeSeq = Never<SegmentBuffer>;
    type SerializeTuple = Never<SegmentBuffer>;
    type SerializeTupleStruct = Never<SegmentBuffer>;
    type SerializeTupleVariant = Never<SegmentBuffer>;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    refuse! { "a value alone, without a struct that is named for a segment,":
        serialize_bool(value: bool) -> SegmentBuffer;
        serialize_i8(value: i8) -> SegmentBuffer;
        serialize_i16(value: i16) -> SegmentBuffer;
        serialize_i32(value: i32) -> SegmentBuffer;
        serialize_i64(value: i64) -> SegmentBuffer;
        serialize_u8(value: u8) -> SegmentBuffer;
        serialize_u16(value: u16) -> SegmentBuffer;
        serialize_u32(value: u32) -> SegmentBuffer;
        serialize_u64(value: u64) -> SegmentBuffer;
        serialize_f32(value: f32) -> SegmentBuffer;
        serialize_f64(value: f64) -> SegmentBuffer;
        serialize_char(value: char) -> SegmentBuffer;
        serialize_str(value: &str) -> SegmentBuffer;
        serialize_bytes(value: &[u8]) -> SegmentBuffer;
        serialize_none() -> SegmentBuffer;
        serialize_unit() -> SegmentBuffer;
        serialize_seq(length: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(length: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeTupleVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<SegmentBuffer, Error> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<SegmentBuffer, Error> {
        Ok(SegmentBuffer::new(name))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        tag: &'static str,
    ) -> Result<SegmentBuffer, Error> {
        Ok(SegmentBuffer::new(tag))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<SegmentBuffer, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<SegmentBuffer, Error> {
        value.serialize(self)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Fields, Error> {
        Ok(self.begin(""))
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Fields, Error> {
        Ok(self.begin(name))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        tag: &'static str,
        _length: usize,
    ) -> Result<Fields, Error> {
        Ok(self.begin(tag))
    }
}

/// A segment that is being put together from fields.
struct Fields {
    segment: SegmentBuffer,
    decimal: u8,
    /// The key of a map whose value is to come.
    key: Option<Field>,
}

impl Fields {
    fn put<T: Serialize + ?Sized>(&mut self, field: Field, value: &T) -> Result<(), Error> {
        let place = match field {
            Field::Tag => Place::Tag,
            Field::Element(element) => Place::Element(element),
            Field::Component(element, component) => Place::Column(element, component),
        };
        value.serialize(Part { segment: &mut self.segment, decimal: self.decimal, place })
    }
}

/// A struct and a variant with fields are put together in the same way.
macro_rules! put_by_name {
    ($($kind:ident),*) => {$(
        impl $kind for Fields {
            type Ok = SegmentBuffer;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.put(Field::named(name)?, value)
            }

            fn end(self) -> Result<SegmentBuffer, Error> {
                Ok(self.segment)
            }
        }
    )*};
}

put_by_name!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Fields {
    type Ok = SegmentBuffer;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        // A key is written where a tag would be, and read from there.
        let mut name = SegmentBuffer::default();
        key.serialize(Part { segment: &mut name, decimal: self.decimal, place: Place::Tag })?;
        self.key = Some(Field::named(name.tag())?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match self.key.take() {
            Some(field) => self.put(field, value),
            None => no_form("a value without a key"),
        }
    }

    fn end(self) -> Result<SegmentBuffer, Error> {
        Ok(self.segment)
    }
}

/// Where in a segment something is put.
#[derive(Clone, Copy)]
enum Place {
    Tag,
    Element(usize),
    /// A component in the occurrences of an element.
    Column(usize, usize),
    Occurrence(usize, usize),
    Component(usize, usize, usize),
}

/// A part of a segment that is being put together.
struct Part<'s> {
    segment: &'s mut SegmentBuffer,
    decimal: u8,
    place: Place,
}

impl Part<'_> {
    fn put(self, value: impl Into<String>) -> Result<(), Error> {
        let (element, repetition, component) = match self.place {
            Place::Tag => {
                self.segment.set_tag(value);
                return Ok(());
            }
            Place::Element(element) => (element, 0, 0),
            Place::Column(element, component) => (element, 0, component),
            Place::Occurrence(element, repetition) => (element, repetition, 0),
            Place::Component(element, repetition, component) => (element, repetition, component),
        };
        self.segment.set(element, repetition, component, value);
        Ok(())
    }

    fn float(self, value: f64, text: String) -> Result<(), Error> {
        if !value.is_finite() {
            return no_form("a number that is not finite");
        }
        let text = if self.decimal == b',' { text.replace('.', ",") } else { text };
        self.put(text)
    }
}

/// The components of an occurrence, one after the other or by their numbers.
struct Composite<'s> {
    segment: &'s mut SegmentBuffer,
    decimal: u8,
    element: usize,
    repetition: usize,
    next: usize,
}

impl<'s> Composite<'s> {
    fn of(part: Part<'s>) -> Result<Self, Error> {
        let (element, repetition) = match part.place {
            Place::Element(element) => (element, 0),
            Place::Occurrence(element, repetition) => (element, repetition),
            _ => return no_form("a composite within a component"),
        };
        Ok(Self { segment: part.segment, decimal: part.decimal, element, repetition, next: 0 })
    }

    fn put<T: Serialize + ?Sized>(&mut self, component: usize, value: &T) -> Result<(), Error> {
        let place = Place::Component(self.element, self.repetition, component);
        value.serialize(Part { segment: self.segment, decimal: self.decimal, place })
    }

    fn put_next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next += 1;
        self.put(self.next - 1, value)
    }
}

impl SerializeStruct for Composite<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.put(Field::component(name)?, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// A tuple and a tuple struct are put together in the same way.
macro_rules! put_in_order {
    ($($kind:ident $method:ident),*) => {$(
        impl $kind for Composite<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.put_next(value)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )*};
}

put_in_order!(SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

/// The occurrences of an element, or of a component of it, or the components of an occurrence.
struct List<'s> {
    part: Part<'s>,
    next: usize,
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let number = self.next;
        self.next += 1;
        let place = match self.part.place {
            Place::Element(element) => Place::Occurrence(element, number),
            Place::Column(element, component) => Place::Component(element, number, component),
            Place::Occurrence(element, repetition) => Place::Component(element, repetition, number),
            Place::Tag | Place::Component(..) => return no_form("a list within a component"),
        };
        value.serialize(Part { segment: self.part.segment, decimal: self.part.decimal, place })
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! whole_numbers {
    ($($method:ident($type:ty);)*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.put(value.to_string())
        }
    )*};
}

impl<'s> Serializer for Part<'s> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'s>;
    type SerializeTuple = Composite<'s>;
    type SerializeTupleStruct = Composite<'s>;
    type SerializeTupleVariant = Never<()>;
    type SerializeMap = Never<()>;
    type SerializeStruct = Composite<'s>;
    type SerializeStructVariant = Never<()>;

    whole_numbers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
    }

    refuse! { "a truth value, octets, a map or a variant with fields":
        serialize_bool(value: bool) -> ();
        serialize_bytes(value: &[u8]) -> ();
        serialize_map(length: Option<usize>) -> Self::SerializeMap;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeTupleVariant;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeStructVariant;
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.float(value.into(), value.to_string())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.float(value, value.to_string())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, code: &'static str) -> Result<(), Error> {
        self.put(code)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        no_form("a variant with fields")
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<List<'s>, Error> {
        Ok(List { part: self, next: 0 })
    }

    fn serialize_tuple(self, _length: usize) -> Result<Composite<'s>, Error> {
        Composite::of(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Composite<'s>, Error> {
        Composite::of(self)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Composite<'s>, Error> {
        Composite::of(self)
    }
}
