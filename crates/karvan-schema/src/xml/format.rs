//! The packed form of a grammar: what `schemas/xml/README.md` tells, in code.
//!
//! A file is a head of text lines, an empty line, and a raw deflate stream (RFC 1951): the number of records of each table
//! and the octets of the string pool, the tables one after the other, and the pool (UTF-8). A record is a fixed number of
//! words of 32 bits; a range is a start and an end in another table. A table is written word by word of its records: all
//! first words, all second words and so on, each as its difference from the one before (zigzag, base 128), for
//! neighbours are nearly the same.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// The first line of every file.
pub(super) const SIGNATURE: &str = "karvan xml grammar 2";

/// "There is none", where a word would name a record.
pub(super) const NONE: u32 = u32::MAX;

/// The largest body that is inflated, in octets: a guard against a file that is not ours.
const MAXIMUM_BODY: u64 = 64 << 20;

/// How deep groups stand in groups at most.
pub(super) const DEEPEST_GROUP: usize = 128;

/// The tables, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    /// End of the string in the pool, in ascending order; it begins where the one before ends. The first is empty.
    Strings,
    /// `namespace name type flags default fixed`
    Elements,
    /// `namespace name base flags simple particle attributes-start attributes-end wildcard`
    Types,
    /// `namespace name base datatype variety members-start members-end facets-start facets-end`
    SimpleTypes,
    /// `kind minimum maximum first second`
    Particles,
    /// `namespace name simple-type required default fixed`
    Attributes,
    /// `kind value`
    Facets,
    /// `process constraint namespaces-start namespaces-end`
    Wildcards,
    /// Numbers of records elsewhere: item or member types, namespaces of wildcards.
    Lists,
    /// Global element declarations, sorted by namespace and name.
    GlobalElements,
    /// Global type definitions, sorted by namespace and name.
    GlobalTypes,
    /// Global attribute declarations, sorted by namespace and name.
    GlobalAttributes,
}

impl Table {
    /// Words a record, by table.
    pub(super) const WIDTHS: [usize; 12] = [1, 6, 9, 9, 5, 6, 2, 4, 1, 1, 1, 1];

    /// Words a record.
    pub(super) const fn width(self) -> usize {
        Self::WIDTHS[self as usize]
    }
}

/// The bits of the `flags` word of elements and types.
pub(super) mod flag {
    /// The element may carry `xsi:nil`.
    pub(crate) const NILLABLE: u32 = 1;
    /// The element or type may not be used itself.
    pub(crate) const ABSTRACT: u32 = 2;
    /// Character data may stand between the children.
    pub(crate) const MIXED: u32 = 4;
}

/// What a particle's `kind` word says.
pub(super) mod particle {
    /// `first` is an element declaration.
    pub(crate) const ELEMENT: u32 = 0;
    /// `first..second` are particles, all in this order.
    pub(crate) const SEQUENCE: u32 = 1;
    /// `first..second` are particles, one of them.
    pub(crate) const CHOICE: u32 = 2;
    /// `first..second` are particles, all in any order.
    pub(crate) const ALL: u32 = 3;
    /// `first` is a wildcard.
    pub(crate) const ANY: u32 = 4;
}

/// Head, tables and pool of a grammar file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// The words of each table.
    pub(super) tables: [Vec<u32>; 12],
    /// The strings, one after the other.
    pub(super) pool: String,
}

/// Why octets are not a grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrammarError {
    /// The head does not begin with the signature of this version, or its lines are not text.
    Head,
    /// The body does not inflate, or is larger than any grammar.
    Deflate,
    /// The body ends within a table or holds more than its tables.
    Length,
    /// A record names another that does not exist.
    Reference,
    /// The grammars of the program are in use already, so that none can be added.
    InUse,
}

impl std::fmt::Display for GrammarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "not a packed XML grammar of this version",
            Self::Deflate => "the body of the packed XML grammar does not inflate",
            Self::Length => "the tables of the packed XML grammar are cut short or too long",
            Self::Reference => "the packed XML grammar refers to a record that it does not hold",
            Self::InUse => "the XML grammars of the program are in use already",
        })
    }
}

impl std::error::Error for GrammarError {}

/// The lines of the head and the deflated body of `file`.
pub(super) fn split(file: &[u8]) -> Result<(&str, &[u8]), GrammarError> {
    let end = file.windows(2).position(|pair| pair == b"\n\n").ok_or(GrammarError::Head)?;
    let head = std::str::from_utf8(&file[..=end]).map_err(|_| GrammarError::Head)?;
    let lines = head.strip_prefix(SIGNATURE).and_then(|rest| rest.strip_prefix('\n')).ok_or(GrammarError::Head)?;
    Ok((lines, &file[end + 2..]))
}

impl Body {
    /// Reads the deflated body of a file.
    pub(super) fn inflate(deflated: &[u8]) -> Result<Self, GrammarError> {
        let mut octets = Vec::new();
        DeflateDecoder::new(deflated).take(MAXIMUM_BODY).read_to_end(&mut octets).map_err(|_| GrammarError::Deflate)?;
        let mut numbers = Numbers(octets.as_slice());
        let mut counts = [0; Table::WIDTHS.len()];
        for count in &mut counts {
            *count = numbers.next()? as usize;
        }
        let length = numbers.next()? as usize;
        let mut body = Self::default();
        for (table, (count, width)) in body.tables.iter_mut().zip(counts.into_iter().zip(Table::WIDTHS)) {
            // A number takes an octet at least.
            if count.saturating_mul(width) > numbers.0.len() {
                return Err(GrammarError::Length);
            }
            *table = vec![0; count * width];
            for column in 0..width {
                let mut before = 0;
                for word in table.iter_mut().skip(column).step_by(width) {
                    before = undifferenced(before, numbers.next()?);
                    *word = before;
                }
            }
        }
        if numbers.0.len() != length {
            return Err(GrammarError::Length);
        }
        body.pool = std::str::from_utf8(numbers.0).map_err(|_| GrammarError::Length)?.to_owned();
        body.check()?;
        Ok(body)
    }

    /// The body as it stands in a file.
    pub(super) fn deflate(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let counts = self.tables.iter().zip(Table::WIDTHS).map(|(words, width)| words.len() / width);
        for count in counts.chain([self.pool.len()]) {
            push_number(u32::try_from(count).unwrap_or(NONE), &mut octets);
        }
        for (table, width) in self.tables.iter().zip(Table::WIDTHS) {
            for column in 0..width {
                let mut before = 0;
                for &word in table.iter().skip(column).step_by(width) {
                    push_number(differenced(before, word), &mut octets);
                    before = word;
                }
            }
        }
        octets.extend(self.pool.bytes());
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        // Writing into memory cannot fail.
        encoder.write_all(&octets).and_then(|()| encoder.finish()).unwrap_or_default()
    }

    /// How many records `table` has.
    pub(super) fn count(&self, table: Table) -> usize {
        self.tables[table as usize].len() / table.width()
    }

    /// Checks that every record named by another exists, so that reading in place needs no further check.
    fn check(&self) -> Result<(), GrammarError> {
        use Table::{
            Attributes, Elements, Facets, GlobalAttributes, GlobalElements, GlobalTypes, Lists, Particles, SimpleTypes,
            Strings, Types, Wildcards,
        };
        let mut start = 0;
        for &end in &self.tables[Strings as usize] {
            if self.pool.get(start..end as usize).is_none() {
                return Err(GrammarError::Reference);
            }
            start = end as usize;
        }
        // (table, word, table named, none allowed), then (table, start word, table named) of ranges.
        let one: [(Table, usize, Table, bool); 23] = [
            (Elements, 0, Strings, false),
            (Elements, 1, Strings, false),
            (Elements, 2, Types, false),
            (Elements, 4, Strings, true),
            (Elements, 5, Strings, true),
            (Types, 0, Strings, false),
            (Types, 1, Strings, true),
            (Types, 2, Types, true),
            (Types, 4, SimpleTypes, true),
            (Types, 5, Particles, true),
            (Types, 8, Wildcards, true),
            (SimpleTypes, 0, Strings, false),
            (SimpleTypes, 1, Strings, true),
            (SimpleTypes, 2, SimpleTypes, true),
            (Attributes, 0, Strings, false),
            (Attributes, 1, Strings, false),
            (Attributes, 2, SimpleTypes, false),
            (Attributes, 4, Strings, true),
            (Attributes, 5, Strings, true),
            (Facets, 1, Strings, false),
            (GlobalElements, 0, Elements, false),
            (GlobalTypes, 0, Types, false),
            (GlobalAttributes, 0, Attributes, false),
        ];
        let ranges = [(Types, 6, Attributes), (SimpleTypes, 5, Lists), (SimpleTypes, 7, Facets), (Wildcards, 2, Lists)];
        let good =
            one.iter().all(|&(table, word, named, none)| {
                let count = self.count(named);
                let mut values = self.tables[table as usize].iter().skip(word).step_by(table.width());
                values.all(|&value| (value as usize) < count || (none && value == NONE))
            }) && ranges.iter().all(|&(table, word, named)| {
                let count = self.count(named);
                let mut records = self.tables[table as usize].chunks(table.width());
                records.all(|record| record[word] <= record[word + 1] && record[word + 1] as usize <= count)
            }) && self.tables[SimpleTypes as usize].chunks(SimpleTypes.width()).enumerate().all(|(own, record)| {
                // A base stands before what is derived from it, so that a chain of bases ends.
                record[2] == NONE || (record[2] as usize) < own
            }) && self.lists_are_good()
                && self.particles_are_good();
        if good { Ok(()) } else { Err(GrammarError::Reference) }
    }

    /// Whether particles name what exists, are parts of one whole at most, which stands before them, and are not too deep
    /// in one another, so that walking down ends soon.
    fn particles_are_good(&self) -> bool {
        let count = self.count(Table::Particles);
        let mut depths = vec![0; count];
        self.tables[Table::Particles as usize].chunks(Table::Particles.width()).enumerate().all(|(own, record)| {
            let (first, second) = (record[3] as usize, record[4] as usize);
            match record[0] {
                particle::ELEMENT => first < self.count(Table::Elements),
                particle::ANY => first < self.count(Table::Wildcards),
                particle::SEQUENCE | particle::CHOICE | particle::ALL => {
                    let depth = depths[own] + 1;
                    let within = first <= second && second <= count && (first == second || own < first);
                    within
                        && depth <= DEEPEST_GROUP
                        && depths[first..second].iter_mut().all(|part| std::mem::replace(part, depth) == 0)
                }
                _ => false,
            }
        })
    }

    /// Whether the lists hold what their users take them for.
    fn lists_are_good(&self) -> bool {
        let lists = &self.tables[Table::Lists as usize];
        let mut simple = self.tables[Table::SimpleTypes as usize].chunks(Table::SimpleTypes.width()).enumerate();
        let mut wildcards = self.tables[Table::Wildcards as usize].chunks(Table::Wildcards.width());
        simple.all(|(own, record)| {
            lists[record[5] as usize..record[6] as usize].iter().all(|&member| (member as usize) < own)
        }) && wildcards.all(|record| {
            let names = &lists[record[2] as usize..record[3] as usize];
            names.iter().all(|&name| (name as usize) < self.count(Table::Strings))
        })
    }
}

/// Numbers in base 128, the lowest digit first; all digits but the last have the highest bit set.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u32, GrammarError> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let (&digit, rest) = self.0.split_first().ok_or(GrammarError::Length)?;
            self.0 = rest;
            number |= u64::from(digit & 0x7F) << shift;
            if digit & 0x80 == 0 {
                return u32::try_from(number).map_err(|_| GrammarError::Length);
            }
        }
        Err(GrammarError::Length)
    }
}

fn push_number(mut number: u32, octets: &mut Vec<u8>) {
    while number >= 0x80 {
        octets.push(number as u8 | 0x80);
        number >>= 7;
    }
    octets.push(number as u8);
}

/// The difference of two words, small where they are near one another: 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 ….
const fn differenced(before: u32, word: u32) -> u32 {
    let difference = word.wrapping_sub(before);
    (difference << 1) ^ ((difference as i32 >> 31) as u32)
}

/// The word that has this difference from the one before.
const fn undifferenced(before: u32, number: u32) -> u32 {
    before.wrapping_add((number >> 1) ^ (number & 1).wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_from_their_differences() {
        let words = [0, 1, 127, 128, 5, NONE, 0, NONE - 1, 1 << 31, 7];
        let (mut octets, mut before) = (Vec::new(), 0);
        for word in words {
            push_number(differenced(before, word), &mut octets);
            before = word;
        }
        let (mut numbers, mut before) = (Numbers(&octets), 0);
        for word in words {
            before = undifferenced(before, numbers.next().unwrap());
            assert_eq!(before, word);
        }
        assert_eq!(numbers.next(), Err(GrammarError::Length));
        assert_eq!(Numbers(&[0x80; 9]).next(), Err(GrammarError::Length));
    }
}
