//! How fast an EDIFACT invoice becomes UN/CEFACT XML, beside a peer that only reads the segments.

use std::fs;
use std::path::Path;
use std::time::Duration;

use benches::edifact::{Lines, invoice};
use benches::{best, print, size};
use karvan_mapping::{Target, read, write};

fn main() {
    // Many ordinary invoices and one large one of each sort: the first show what a document costs, the others what a line
    // costs, where it is like others and where it is not.
    let one = |lines, sort| vec![invoice(lines, sort).into_bytes()];
    let sets = [
        ("convert, the sample invoices of four countries", samples(), 150),
        ("convert, ten lines", one(10, Lines::Alike), 500),
        ("convert, ten varied lines", one(10, Lines::Varied), 500),
        ("convert, one large invoice", one(size(4) / 230, Lines::Alike), 1),
        ("convert, one large invoice of varied lines", one(size(4) / 280, Lines::Varied), 1),
        ("convert, one large invoice of lines that have nothing in common", one(size(4) / 280, Lines::Mixed), 1),
    ];
    for (title, files, times) in &sets {
        let measure = |work: &dyn Fn(&[u8]) -> usize| {
            let all = || files.iter().map(|file| work(file)).sum::<usize>();
            best(5, || (0..*times).map(|_| all()).sum::<usize>()) / *times
        };
        let measures: Vec<(&str, Duration)> = vec![
            ("memchr, count of terminators (the machine)", measure(&|file| memchr::memchr_iter(b'\'', file).count())),
            ("karvan, EDIFACT read into the document", measure(&|file| read(file).map_or(0, |all| all.len()))),
            ("karvan, EDIFACT to CII", measure(&|file| convert(file, Target::CII))),
            ("karvan, EDIFACT to UBL", measure(&|file| convert(file, Target::UBL))),
            ("edifact-rs 0.18, segments and elements", measure(&peer)),
        ];
        print(title, files.iter().map(Vec::len).sum(), &measures);
    }
}

/// The invoices in EDIFACT among the samples.
fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples"));
    let paths = ["ae", "de", "ir", "nl"].map(|country| folder.join(format!("invoice-{country}.edi")));
    paths.map(|path| fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).into()
}

fn convert(file: &[u8], target: Target) -> usize {
    let readings = read(file).unwrap_or_else(|error| panic!("the invoice is sound: {error}"));
    let written = readings.iter().map(|reading| write(&reading.document, target));
    written.map(|written| written.map_or(0, |written| written.bytes.len())).sum()
}

fn peer(file: &[u8]) -> usize {
    edifact_rs::from_bytes(file).filter_map(Result::ok).map(|segment| segment.elements.len()).sum()
}
