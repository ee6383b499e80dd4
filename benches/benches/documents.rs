//! How long it takes to turn an invoice of one XML syntax into the other, and to ask the rules of EN 16931 of it, beside the
//! crates `en16931-formats` and `en16931`: the same documents, in memory, in one run.
//!
//! The samples and an invoice of a thousand lines; with `--data DIR` (or `KARVAN_DATA`) also the invoices of
//! `documents/invoice-quadruples` there that the peer can read.

#![allow(clippy::print_stdout, reason = "a benchmark talks to the terminal")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use benches::{argument, steady, ubl};
use en16931_formats::{Loss, Syntax};
use karvan_mapping::{Purpose, Target, read_xml, read_xml_for, write};
use karvan_rules::RuleSet;
use karvan_xml::{Document, Limits};

fn main() {
    let samples = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples"));
    let mut sets =
        vec![("samples", documents(&samples)), ("an invoice of 1000 lines", vec![ubl::invoice(1_000).into_bytes()])];
    let data = argument("--data").map(PathBuf::from).or_else(|| std::env::var_os("KARVAN_DATA").map(PathBuf::from));
    let data = data.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")));
    for (name, folder) in [("quadruples, UBL", "ubl"), ("quadruples, CII", "cii")] {
        sets.push((name, documents(&data.join("documents/invoice-quadruples").join(folder))));
    }
    for (name, documents) in sets {
        let ours = |file: &[u8]| convert(file).is_some();
        let sound: Vec<Vec<u8>> =
            documents.into_iter().filter(|file| ours(file) && other_convert(file).is_some()).collect();
        if sound.is_empty() {
            continue;
        }
        let octets: usize = sound.iter().map(Vec::len).sum();
        println!("{name}: {} documents that both read, {} kB each", sound.len(), octets / sound.len() / 1_000);
        let each = |work: &dyn Fn(&[u8]) -> Option<usize>| {
            steady(5, || sound.iter().filter_map(|file| work(file)).sum::<usize>())
                / u32::try_from(sound.len()).unwrap_or(1)
        };
        pair("to the other syntax", each(&convert), "en16931-formats 0.8", each(&other_convert));
        pair("the same, rules asked", each(&checked_convert), "en16931-formats 0.8", each(&other_checked_convert));
        let trees: Vec<Document> = sound.iter().filter_map(|file| parsed(file)).collect();
        let readings: Vec<_> = trees.iter().filter_map(|tree| read_xml_for(tree, Purpose::Check).ok()).collect();
        let theirs: Vec<_> = sound.iter().filter_map(|file| en16931_formats::read(file).ok()).collect();
        let count = u32::try_from(sound.len()).unwrap_or(1);
        let rules = steady(5, || {
            let checked = readings.iter().filter_map(|reading| Some((RuleSet::of(reading.document.kind)?, reading)));
            checked.map(|(rules, reading)| rules.check(&reading.document).len()).sum::<usize>()
        });
        let others =
            steady(5, || theirs.iter().map(|read| en16931::validate(&read.invoice).findings().len()).sum::<usize>());
        pair("rules of EN 16931", rules / count, "en16931 0.8", others / count);
        println!();
    }
}

/// Prints what a document takes here and there.
fn pair(what: &str, here: Duration, peer: &str, there: Duration) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "  {what:<22} {:>9.1} µs   {peer:<20} {:>9.1} µs   {:>5.1} x",
        micros(here),
        micros(there),
        there.as_secs_f64() / here.as_secs_f64()
    );
}

/// The XML files in a folder; none where there is no such folder.
fn documents(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "xml"));
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn parsed(file: &[u8]) -> Option<Document> {
    Document::parse(file, &Limits::default()).ok()
}

/// Octets to octets: read, mapped, written.
fn convert(file: &[u8]) -> Option<usize> {
    converted(&parsed(file)?)
}

fn converted(tree: &Document) -> Option<usize> {
    let target = if tree.root().namespace().contains(":ubl:") { Target::CII } else { Target::UBL };
    let reading = read_xml(tree).ok()?;
    Some(write(&reading.document, target).ok()?.bytes.len())
}

/// The same, and the rules of EN 16931.
fn checked_convert(file: &[u8]) -> Option<usize> {
    let tree = parsed(file)?;
    let reading = read_xml_for(&tree, Purpose::Check).ok()?;
    let findings = RuleSet::of(reading.document.kind)?.check(&reading.document).len();
    Some(converted(&tree)? + findings)
}

/// The same by the peer, whose own call to convert asks the rules.
fn other_checked_convert(file: &[u8]) -> Option<usize> {
    let is_ubl = file[..file.len().min(1_024)].windows(5).any(|window| window == b":ubl:");
    let target = if is_ubl { Syntax::Cii } else { Syntax::Ubl };
    Some(en16931_formats::convert(file, target, Loss::Allow).ok()?.document.len())
}

/// The conversion alone by the peer.
fn other_convert(file: &[u8]) -> Option<usize> {
    let read = en16931_formats::read(file).ok()?;
    let target = if read.syntax == Syntax::Ubl { Syntax::Cii } else { Syntax::Ubl };
    Some(en16931_formats::write_unchecked(&read.invoice, target).ok()?.xml.len())
}
