//! A source that somebody has changed at random is read and written as exactly as a sound one: what is read of it is in the
//! document or in the report, and what is written of it differs from it by what the report says.
//!
//! `MUTANTS` says how many are made of a sample, `SEED` begins another series, `SAMPLES` is a folder with others; one that fails
//! is printed.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod account;
#[path = "account/untold.rs"]
mod untold;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use karvan_mapping::{Target, read};
use serde_json::{Value, json};

/// Texts to put in the place of others.
const TEXTS: [&str; 20] = [
    "",
    "-",
    "0",
    "7",
    "-1",
    "12.50",
    "1e3",
    "ZZZ",
    "EUR",
    "20260231",
    "2026-03-01",
    " x ",
    "#AAI#a",
    "380",
    "true",
    "a b\u{a0}",
    "one\n\n three\n",
    "\u{645}\u{62a}\u{646} \u{fdfc}",
    "a text of more than the thirty-five characters that many elements have room for, and more than seventy",
    "12345678901234567.123",
];

/// A generator of Knuth's; enough to choose by.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Messages with something in their segments changed; the envelope stays.
fn edifact(source: &str, chance: &mut Chance) -> String {
    let mut segments: Vec<String> = source.split_inclusive('\'').map(str::to_owned).collect();
    for _ in 0..=chance.below(3) {
        if segments.len() < 8 {
            break;
        }
        // Between UNH and UNT.
        let (first, number) = (3, segments.len() - 6);
        let (at, other) = (first + chance.below(number), first + chance.below(number));
        match chance.below(6) {
            0 => drop(segments.remove(at)),
            1 => segments.insert(at, segments[other].clone()),
            2 => segments.swap(at, other),
            _ => segments[at] = segment(&segments[at], chance),
        }
    }
    segments.concat()
}

/// A segment with one value more, one less, or one that says something else.
fn segment(text: &str, chance: &mut Chance) -> String {
    // Values, each with the separator before it.
    let mut values: Vec<String> = Vec::new();
    for character in text.trim_end_matches('\'').chars() {
        match values.last_mut() {
            Some(value) if !"+:".contains(character) => value.push(character),
            _ => values.push(character.to_string()),
        }
    }
    if values.len() > 1 {
        let at = 1 + chance.below(values.len() - 1);
        let value = values[at][1..].to_owned();
        match chance.below(4) {
            0 => values.insert(at, format!("{}{}", chance.of(&["+", ":"]), chance.of(&TEXTS))),
            1 => drop(values.remove(at)),
            2 => values[at].push_str(&format!(" {value}").repeat(5)),
            _ => values[at].replace_range(1.., chance.of(&TEXTS)),
        }
    }
    values.concat() + "'"
}

/// A document in XML with some of its elements gone, said again or saying something else.
fn xml(source: &str, chance: &mut Chance) -> String {
    let mut text = source.to_owned();
    for _ in 0..=chance.below(3) {
        let starts: Vec<usize> = text.match_indices('<').skip(1).map(|(at, _)| at).collect();
        let Some(&at) = starts.get(chance.below(starts.len())) else { break };
        let is_name = |c: &char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-');
        let name: String = text[at + 1..].chars().take_while(is_name).collect();
        let end_tag = format!("</{name}>");
        let Some(length) = text[at..].find(&end_tag).filter(|_| !name.is_empty()) else { continue };
        let Some(content) = text[at..at + length].find('>').map(|start| at + start + 1) else { continue };
        let (content_end, end) = (at + length, at + length + end_tag.len());
        match chance.below(6) {
            0 => text.replace_range(at..end, ""),
            1 => {
                let element = text[at..end].to_owned();
                text.insert_str(at, &element);
            }
            2 => text.insert_str(content, chance.of(&TEXTS)),
            3 => {
                let name = chance.of(&["schemeID", "a", "unitCode"]);
                text.insert_str(content - 1, &format!(" {name}=\"{}\"", chance.of(&TEXTS)));
            }
            4 => text.insert_str(end, chance.of(&TEXTS)),
            _ if !text[content..content_end].contains('<') => {
                text.replace_range(content..content_end, chance.of(&TEXTS));
            }
            _ => {}
        }
    }
    text
}

/// A document in JSON with some of its members and items gone, said again or saying something else.
fn json(source: &str, chance: &mut Chance) -> String {
    let mut document: Value = serde_json::from_str(source).unwrap();
    for _ in 0..=chance.below(3) {
        let mut places = Vec::new();
        pointers(&document, String::new(), &mut places);
        let Some(place) = places.get(chance.below(places.len())) else { break };
        let (around, name) = place.rsplit_once('/').unwrap();
        let text = Value::from(chance.of(&TEXTS));
        let there = document.pointer_mut(place).unwrap();
        match chance.below(6) {
            0 => *there = json!([there, there]),
            1 => *there = json!({"content": there}),
            2 => *there = json!({"content": there, "unitCode": text}),
            3 => *there = text,
            choice => match document.pointer_mut(around).unwrap() {
                Value::Array(items) if choice == 4 => items.push(text),
                Value::Array(items) => drop(items.remove(name.parse::<usize>().unwrap())),
                Value::Object(members) if choice == 4 => drop(members.insert("another".to_owned(), text)),
                Value::Object(members) => drop(members.remove(name)),
                _ => {}
            },
        }
    }
    document.to_string()
}

/// Where everything stands in a JSON document but the document itself.
fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    let mut inner = |name: &str, value| {
        let at = format!("{at}/{name}");
        found.push(at.clone());
        pointers(value, at, found);
    };
    match value {
        Value::Array(items) => (0..).zip(items).for_each(|(number, item): (usize, _)| inner(&number.to_string(), item)),
        Value::Object(members) => members.iter().for_each(|(name, member)| inner(name, member)),
        _ => {}
    }
}

/// What is wrong with the readings of a source, or with what is written of them.
fn wrong(source: &[u8]) -> Option<String> {
    let checks = || {
        let Ok(readings) = read(source) else { return };
        let untold = untold::untold(source, &readings);
        assert!(untold.is_empty(), "untold: {untold:?}");
        for reading in &readings {
            for target in Target::of(reading.document.kind) {
                account::check(&reading.document, target);
            }
        }
    };
    let error = catch_unwind(AssertUnwindSafe(checks)).err()?;
    Some(error.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned()))
}

/// The files in a folder and those in it, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn samples_that_were_changed_are_accounted_for_as_well() {
    let number = |name: &str, default: u64| {
        env::var(name).map_or(default, |number| number.parse().unwrap_or_else(|_| panic!("{name} is no number")))
    };
    let (number, mut chance) = (number("MUTANTS", 2), Chance(number("SEED", 0)));
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let paths = files(&env::var_os("SAMPLES").map_or_else(own, PathBuf::from));
    let mut mutants = 0;
    // Each kind of failure with how often it was met and the first mutant that has it.
    let mut failures: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for path in paths {
        // Some samples are in other encodings, and some of other things.
        let source = fs::read_to_string(path).unwrap_or_default();
        if source.is_empty() || read(source.as_bytes()).is_err() {
            continue;
        }
        let mutate = match source.trim_start_matches('\u{feff}').as_bytes()[0] {
            b'<' => xml,
            b'{' => json,
            _ => edifact,
        };
        for _ in 0..number {
            let mutant = mutate(&source, &mut chance);
            mutants += 1;
            if let Some(found) = wrong(mutant.as_bytes()) {
                let kind = found.chars().take(90).collect();
                failures.entry(kind).or_insert_with(|| (0, format!("{found}\nof {mutant}"))).0 += 1;
            }
        }
    }
    assert!(mutants > 0, "no samples");
    let kinds = failures.iter().map(|(kind, (count, first))| format!("{count} times {kind}\n{first}\n\n"));
    assert!(failures.is_empty(), "of {mutants} mutants\n{}", kinds.collect::<String>());
}
