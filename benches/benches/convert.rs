//! How fast an EDIFACT invoice becomes UN/CEFACT XML, beside a peer that only reads the segments.

use std::time::Duration;

use benches::edifact::{Lines, invoice};
use benches::{best, print, size};
use karvan_mapping::{Target, read, write};

fn main() {
    // Many ordinary invoices and one large one of each sort: the first show what a document costs, the others what a line
    // costs, where it is like others and where it is not.
    let files = [
        ("convert, ten lines", invoice(10, Lines::Alike), 500),
        ("convert, ten varied lines", invoice(10, Lines::Varied), 500),
        ("convert, one large invoice", invoice(size(4) / 230, Lines::Alike), 1),
        ("convert, one large invoice of varied lines", invoice(size(4) / 280, Lines::Varied), 1),
        ("convert, one large invoice of lines that have nothing in common", invoice(size(4) / 280, Lines::Mixed), 1),
    ];
    for (title, file, times) in &files {
        let (file, times) = (file.as_bytes(), *times);
        let measures: Vec<(&str, Duration)> = vec![
            ("memchr, count of terminators (the machine)", best(5, || memchr::memchr_iter(b'\'', file).count())),
            (
                "karvan, EDIFACT read into the document",
                best(5, || repeat(times, || read(file).map_or(0, |all| all.len()))) / times,
            ),
            ("karvan, EDIFACT to CII", best(5, || repeat(times, || convert(file, Target::CII))) / times),
            ("karvan, EDIFACT to UBL", best(5, || repeat(times, || convert(file, Target::UBL))) / times),
            ("edifact-rs 0.18, segments and elements", best(5, || repeat(times, || peer(file))) / times),
        ];
        print(title, file.len(), &measures);
    }
}

fn repeat(times: u32, work: impl Fn() -> usize) -> usize {
    (0..times).map(|_| work()).sum()
}

fn convert(file: &[u8], target: Target) -> usize {
    let readings = read(file).unwrap_or_else(|error| panic!("the invoice is sound: {error}"));
    let written = readings.iter().map(|reading| write(&reading.document, target));
    written.map(|written| written.map_or(0, |written| written.bytes.len())).sum()
}

fn peer(file: &[u8]) -> usize {
    edifact_rs::from_bytes(file).filter_map(Result::ok).map(|segment| segment.elements.len()).sum()
}
