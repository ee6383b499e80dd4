//! The packed form of a grammar: see `schemas/json/README.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Datatype, Grammar, MemberShape, Root, Shape};

/// What a file begins with.
const SIGNATURE: &str = "karvan json grammar 1\n";

/// The largest body that is inflated, in octets: twenty times that of the largest grammar there is.
const LIMIT: u64 = 32 << 20;

const REQUIRED: u32 = 1;
const ARRAY: u32 = 2;

/// A file is no grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrammarError;

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no packed grammar of JSON documents")
    }
}

impl std::error::Error for GrammarError {}

pub(super) fn pack(grammar: &Grammar) -> Vec<u8> {
    let names = grammar.shapes.iter().flat_map(|shape| &shape.members).map(|member| &member.name);
    let roots = grammar.roots.iter().flat_map(|root| [&root.id, &root.title]);
    let mut strings: Vec<&String> = names.chain(grammar.lists.iter().flatten()).chain(roots).collect();
    strings.sort_unstable();
    strings.dedup();
    let numbers: BTreeMap<&str, usize> =
        strings.iter().enumerate().map(|(number, string)| (string.as_str(), number)).collect();
    let mut body = Vec::new();
    put(&mut body, strings.len());
    for string in &strings {
        put(&mut body, string.len());
        body.extend_from_slice(string.as_bytes());
    }
    put(&mut body, grammar.lists.len());
    for list in &grammar.lists {
        put(&mut body, list.len());
        // Codes are sorted, and so are the strings: the distances are small.
        let mut before = 0;
        for code in list {
            put(&mut body, numbers[code.as_str()] - before);
            before = numbers[code.as_str()];
        }
    }
    put(&mut body, grammar.shapes.len());
    for shape in &grammar.shapes {
        let datatype = Datatype::ALL.iter().position(|known| *known == shape.datatype);
        put(&mut body, datatype.unwrap_or_default());
        put(&mut body, shape.list.map_or(0, |list| list + 1));
        put(&mut body, shape.members.len());
        for member in &shape.members {
            put(&mut body, numbers[member.name.as_str()]);
            put(&mut body, member.shape);
            let flags = if member.required { REQUIRED } else { 0 } | if member.array { ARRAY } else { 0 };
            put(&mut body, flags as usize);
            put(&mut body, member.least as usize);
            put(&mut body, member.most.map_or(0, |most| most as usize + 1));
        }
    }
    put(&mut body, grammar.roots.len());
    for root in &grammar.roots {
        put(&mut body, numbers[root.id.as_str()]);
        put(&mut body, numbers[root.title.as_str()]);
        put(&mut body, root.shape);
    }
    let mut file = format!("{SIGNATURE}name {}\ntitle {}\n\n", grammar.name, grammar.title).into_bytes();
    let mut encoder = DeflateEncoder::new(&mut file, Compression::best());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(&body).and_then(|()| encoder.try_finish());
    drop(encoder);
    file
}

/// Adds a number in base 128, the lowest digit first, all digits but the last with the highest bit set.
fn put(body: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        body.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}

pub(super) fn unpack(file: &[u8]) -> Result<Grammar, GrammarError> {
    let end = file.windows(2).position(|octets| octets == b"\n\n").ok_or(GrammarError)?;
    let head = std::str::from_utf8(&file[..=end]).map_err(|_| GrammarError)?;
    let head = head.strip_prefix(SIGNATURE).ok_or(GrammarError)?;
    let field = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let mut body = Vec::new();
    DeflateDecoder::new(&file[end + 2..]).take(LIMIT).read_to_end(&mut body).map_err(|_| GrammarError)?;
    let mut body = Body(&body);
    let strings = body.list(|body| body.string())?;
    let string = |number: usize| strings.get(number).cloned().ok_or(GrammarError);
    let lists = body.list(|body| {
        let mut number = 0_usize;
        body.list(|body| {
            number = number.checked_add(body.number()?).ok_or(GrammarError)?;
            string(number)
        })
    })?;
    let shapes = body.list(|body| {
        let datatype = *Datatype::ALL.get(body.number()?).ok_or(GrammarError)?;
        let list = body.number()?.checked_sub(1);
        let members = body.list(|body| {
            let (name, shape, flags) = (string(body.number()?)?, body.number()?, body.small()?);
            let (least, most) = (body.small()?, body.small()?.checked_sub(1));
            Ok(MemberShape { name, shape, required: flags & REQUIRED != 0, array: flags & ARRAY != 0, least, most })
        })?;
        Ok(Shape { datatype, list, members })
    })?;
    let roots = body
        .list(|body| Ok(Root { id: string(body.number()?)?, title: string(body.number()?)?, shape: body.number()? }))?;
    // Every number leads somewhere, so that nobody has to look again.
    let known = |shape: usize| shape < shapes.len();
    let whole = shapes.iter().all(|shape| {
        shape.list.is_none_or(|list| list < lists.len()) && shape.members.iter().all(|member| known(member.shape))
    });
    if !whole || !roots.iter().all(|root| known(root.shape)) {
        return Err(GrammarError);
    }
    Ok(Grammar { name: field("name "), title: field("title "), roots, shapes, lists })
}

/// What is left of the body.
struct Body<'b>(&'b [u8]);

impl Body<'_> {
    fn number(&mut self) -> Result<usize, GrammarError> {
        let mut number = 0_usize;
        for shift in (0..32).step_by(7) {
            let (&octet, rest) = self.0.split_first().ok_or(GrammarError)?;
            self.0 = rest;
            number |= usize::from(octet & 0x7F).checked_shl(shift).ok_or(GrammarError)?;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(GrammarError)
    }

    fn small(&mut self) -> Result<u32, GrammarError> {
        u32::try_from(self.number()?).map_err(|_| GrammarError)
    }

    fn string(&mut self) -> Result<String, GrammarError> {
        let length = self.number()?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(GrammarError)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).map_err(|_| GrammarError)
    }

    /// As many items as the next number says, each of one octet at least.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, GrammarError>) -> Result<Vec<T>, GrammarError> {
        let count = self.number()?;
        if count > self.0.len() {
            return Err(GrammarError);
        }
        (0..count).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_file_in_the_repository_is_whole() {
        let grammar = unpack(super::super::BUILTIN).expect("a grammar");
        assert_eq!(grammar.name(), "bsp-d23b");
        assert_eq!(unpack(&pack(&grammar)).as_ref(), Ok(&grammar));
    }

    proptest! {
        #[test]
        fn no_file_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut file = format!("{SIGNATURE}\n\n").into_bytes();
            let mut encoder = DeflateEncoder::new(&mut file, Compression::fast());
            encoder.write_all(&body).unwrap();
            encoder.finish().unwrap();
            let _ = unpack(&file);
            let _ = unpack(&body);
        }
    }
}
