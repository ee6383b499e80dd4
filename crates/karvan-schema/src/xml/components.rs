//! What schema documents declare, as it is gathered before it is packed.

use std::collections::HashMap;

use super::Datatype;
use super::format::{self, Body, NONE, Table, particle};
use super::grammar::Facet;
use super::grammars::Heading;

/// A namespace name (empty for none) and a local name.
pub(super) type Name = (String, String);

/// An element declaration.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Name,
    /// Number in [`Components::types`].
    pub(super) definition: u32,
    pub(super) flags: u32,
    pub(super) default: Option<String>,
    pub(super) fixed: Option<String>,
}

/// A complex type, or a simple type where an element has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Type {
    pub(super) namespace: String,
    pub(super) name: Option<String>,
    pub(super) base: Option<u32>,
    pub(super) flags: u32,
    /// Number in [`Components::simple_types`].
    pub(super) simple: Option<u32>,
    pub(super) particle: Option<Particle>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) wildcard: Option<Wildcard>,
}

/// A particle.
#[derive(Clone, Debug)]
pub(super) struct Particle {
    pub(super) minimum: u32,
    /// [`NONE`] for any number.
    pub(super) maximum: u32,
    pub(super) term: Term,
}

impl Particle {
    /// How many particles it is, with all in it.
    pub(super) fn size(&self) -> usize {
        match &self.term {
            Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => {
                1 + parts.iter().map(Self::size).sum::<usize>()
            }
            Term::Element(_) | Term::Any(_) => 1,
        }
    }
}

/// What a particle is a particle of.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// Number in [`Components::elements`].
    Element(u32),
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    All(Vec<Particle>),
    Any(Wildcard),
}

/// A wildcard.
#[derive(Clone, Debug)]
pub(super) struct Wildcard {
    /// 0 strict, 1 lax, 2 skip.
    pub(super) process: u32,
    /// 0 any, 1 all but the namespaces, 2 the namespaces.
    pub(super) constraint: u32,
    pub(super) namespaces: Vec<String>,
}

/// An attribute use.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Name,
    /// Number in [`Components::simple_types`].
    pub(super) value: u32,
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) fixed: Option<String>,
}

/// A simple type.
#[derive(Clone, Debug)]
pub(super) struct Simple {
    pub(super) namespace: String,
    pub(super) name: Option<String>,
    pub(super) base: Option<u32>,
    pub(super) datatype: Datatype,
    /// 0 atomic, 1 list, 2 union.
    pub(super) variety: u32,
    pub(super) members: Vec<u32>,
    pub(super) facets: Vec<(Facet, String)>,
}

/// All of a grammar.
#[derive(Debug, Default)]
pub(super) struct Components {
    pub(super) elements: Vec<Element>,
    pub(super) types: Vec<Type>,
    pub(super) simple_types: Vec<Simple>,
    pub(super) global_elements: Vec<u32>,
    pub(super) global_types: Vec<u32>,
    pub(super) global_attributes: Vec<Attribute>,
}

impl Components {
    /// The file of a grammar.
    pub(super) fn pack(mut self, heading: &Heading) -> Vec<u8> {
        self.global_elements.sort_by_key(|&index| &self.elements[index as usize].name);
        self.global_types.sort_by_key(|&index| {
            let definition = &self.types[index as usize];
            (&definition.namespace, &definition.name)
        });
        self.global_attributes.sort_by(|one, other| one.name.cmp(&other.name));
        // Strings are numbered in their order, so all have to be known before any has a number.
        let mut collecting = Packer::default();
        collecting.components(&self);
        let mut strings: Vec<String> = collecting.strings.into_keys().collect();
        strings.sort_unstable();
        let mut packer = Packer::default();
        for text in &strings {
            packer.string(text);
        }
        packer.components(&self);
        let mut file = format!("{}\n{heading}\n", format::SIGNATURE).into_bytes();
        file.extend(packer.body.deflate());
        file
    }
}

/// Writes components into tables.
#[derive(Default)]
struct Packer {
    body: Body,
    strings: HashMap<String, u32>,
}

impl Packer {
    fn components(&mut self, components: &Components) {
        // Number 0 is the empty string, "no namespace".
        self.string("");
        for element in &components.elements {
            let record = [
                self.string(&element.name.0),
                self.string(&element.name.1),
                element.definition,
                element.flags,
                self.optional_string(element.default.as_deref()),
                self.optional_string(element.fixed.as_deref()),
            ];
            self.push(Table::Elements, &record);
        }
        components.types.iter().for_each(|definition| self.definition(definition));
        components.simple_types.iter().for_each(|simple| self.simple_type(simple));
        self.push(Table::GlobalElements, &components.global_elements);
        self.push(Table::GlobalTypes, &components.global_types);
        for attribute in &components.global_attributes {
            let index = self.attribute(attribute);
            self.push(Table::GlobalAttributes, &[index]);
        }
    }

    fn push(&mut self, table: Table, words: &[u32]) {
        self.body.tables[table as usize].extend(words);
    }

    fn count(&self, table: Table) -> u32 {
        number(self.body.count(table))
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let index = self.count(Table::Strings);
        self.body.pool.push_str(text);
        self.push(Table::Strings, &[number(self.body.pool.len())]);
        self.strings.insert(text.to_owned(), index);
        index
    }

    fn optional_string(&mut self, text: Option<&str>) -> u32 {
        text.map_or(NONE, |text| self.string(text))
    }

    fn definition(&mut self, definition: &Type) {
        let particle = definition.particle.as_ref().map_or(NONE, |particle| {
            let at = self.count(Table::Particles);
            self.push(Table::Particles, &[0; Table::Particles.width()]);
            self.particle(at, particle);
            at
        });
        let start = self.count(Table::Attributes);
        for attribute in &definition.attributes {
            self.attribute(attribute);
        }
        let record = [
            self.string(&definition.namespace),
            self.optional_string(definition.name.as_deref()),
            definition.base.unwrap_or(NONE),
            definition.flags,
            definition.simple.unwrap_or(NONE),
            particle,
            start,
            self.count(Table::Attributes),
            definition.wildcard.as_ref().map_or(NONE, |wildcard| self.wildcard(wildcard)),
        ];
        self.push(Table::Types, &record);
    }

    fn attribute(&mut self, attribute: &Attribute) -> u32 {
        let record = [
            self.string(&attribute.name.0),
            self.string(&attribute.name.1),
            attribute.value,
            u32::from(attribute.required),
            self.optional_string(attribute.default.as_deref()),
            self.optional_string(attribute.fixed.as_deref()),
        ];
        self.push(Table::Attributes, &record);
        self.count(Table::Attributes) - 1
    }

    /// Writes `part` into the record `at`, which is there; its own parts go behind it, side by side.
    fn particle(&mut self, at: u32, part: &Particle) {
        let (kind, first, second) = match &part.term {
            Term::Element(index) => (particle::ELEMENT, *index, 0),
            Term::Any(wildcard) => (particle::ANY, self.wildcard(wildcard), 0),
            Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => {
                let start = self.count(Table::Particles);
                let width = Table::Particles.width();
                self.push(Table::Particles, &vec![0; parts.len() * width]);
                for (index, part) in (start..).zip(parts) {
                    self.particle(index, part);
                }
                let kind = match &part.term {
                    Term::Choice(_) => particle::CHOICE,
                    Term::All(_) => particle::ALL,
                    _ => particle::SEQUENCE,
                };
                (kind, start, start + number(parts.len()))
            }
        };
        let start = at as usize * Table::Particles.width();
        self.body.tables[Table::Particles as usize][start..start + Table::Particles.width()].copy_from_slice(&[
            kind,
            part.minimum,
            part.maximum,
            first,
            second,
        ]);
    }

    fn wildcard(&mut self, wildcard: &Wildcard) -> u32 {
        let start = self.count(Table::Lists);
        for namespace in &wildcard.namespaces {
            let namespace = self.string(namespace);
            self.push(Table::Lists, &[namespace]);
        }
        let record = [wildcard.process, wildcard.constraint, start, self.count(Table::Lists)];
        self.push(Table::Wildcards, &record);
        self.count(Table::Wildcards) - 1
    }

    fn simple_type(&mut self, simple: &Simple) {
        let members = self.count(Table::Lists);
        self.push(Table::Lists, &simple.members);
        let facets = self.count(Table::Facets);
        for (facet, value) in &simple.facets {
            let value = self.string(value);
            self.push(Table::Facets, &[*facet as u32, value]);
        }
        let record = [
            self.string(&simple.namespace),
            self.optional_string(simple.name.as_deref()),
            simple.base.unwrap_or(NONE),
            simple.datatype as u32,
            simple.variety,
            members,
            self.count(Table::Lists),
            facets,
            self.count(Table::Facets),
        ];
        self.push(Table::SimpleTypes, &record);
    }
}

/// A count as a word; no grammar comes near the limit.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NONE)
}
