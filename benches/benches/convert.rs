//! How fast an EDIFACT invoice becomes UN/CEFACT XML, beside a peer that only reads the segments.

use std::fmt::Write as _;
use std::time::Duration;

use benches::{best, print, size};
use karvan_mapping::{Target, read, write};

fn main() {
    // Many small invoices and one large: the first shows what a document costs, the second what a line costs.
    let small = invoice(10);
    let large = invoice(size(4) / 230);
    for (title, file, times) in [("convert, ten lines", &small, 500), ("convert, one large invoice", &large, 1)] {
        let file = file.as_bytes();
        let measures: Vec<(&str, Duration)> = vec![
            ("memchr, count of terminators (the machine)", best(5, || memchr::memchr_iter(b'\'', file).count())),
            (
                "karvan, EDIFACT read into the document",
                best(3, || repeat(times, || read(file).map_or(0, |all| all.len()))) / times,
            ),
            ("karvan, EDIFACT to CII", best(3, || repeat(times, || convert(file))) / times),
            ("edifact-rs 0.18, segments and elements", best(3, || repeat(times, || peer(file))) / times),
        ];
        print(title, file.len(), &measures);
    }
}

fn repeat(times: u32, work: impl Fn() -> usize) -> usize {
    (0..times).map(|_| work()).sum()
}

fn convert(file: &[u8]) -> usize {
    let readings = read(file).unwrap_or_else(|error| panic!("the invoice is sound: {error}"));
    let written = readings.iter().map(|reading| write(&reading.document, Target::CII));
    written.map(|written| written.map_or(0, |written| written.bytes.len())).sum()
}

fn peer(file: &[u8]) -> usize {
    edifact_rs::from_bytes(file).filter_map(Result::ok).map(|segment| segment.elements.len()).sum()
}

/// An invoice of so many lines, INVOIC D.14B as EN 16931-3-4 has it.
fn invoice(lines: usize) -> String {
    let mut file = String::from(
        "UNB+UNOW:4+4012345000009:14+4098765000008:14+20261122:0900+B1'\
         UNH+1+INVOIC:D:14B:UN::16B'BGM+380+RE-2026-1'DTM+137:20261122:102'\
         FTX+DOC+++urn?:cen.eu?:en16931?:2017'RFF+ON:PO-77'\
         NAD+SE+++Speicherstadt Roesterei AG+Kaffeegasse 3+Bremen++28195+DE'RFF+VA:DE987654321'\
         NAD+BY+++Nordlicht Handel GmbH+Am Hafen 12+Hamburg++20457+DE'CUX+2:EUR'PYT+1'DTM+13:20261222:102'",
    );
    for line in 1..=lines {
        // Writing to a string cannot fail.
        let _ = write!(
            file,
            "LIN+{line}++4012345000016:SRV::9'PIA+5+ART-{line}:SA'IMD+F++:::Kaffee, ganze Bohne'\
             IMD+A++:::Geroestet, Beutel zu 1 kg'QTY+47:10:KGM'ALI+BR'MOA+203:150'PRI+AAA:15:::1:KGM'TAX+7+VAT+++:::7+S'",
        );
    }
    let net = 150 * lines;
    let _ = write!(
        file,
        "UNS+S'MOA+79:{net}'MOA+389:{net}'MOA+176:{tax}'MOA+388:{gross}'MOA+9:{gross}'\
         TAX+7+VAT+++:::7+S'MOA+125:{net}'MOA+124:{tax}'UNT+{count}+1'UNZ+1+B1'",
        tax = format_args!("{:.2}", net as f64 * 0.07),
        gross = format_args!("{:.2}", net as f64 * 1.07),
        count = 22 + 9 * lines,
    );
    file
}
