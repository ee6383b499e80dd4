//! How fast octets become segments and elements, beside the machine's own measure and a peer.
//!
//! `cargo bench -p karvan-edifact` prints a table; `-- --megabytes 1000` changes the size of the file, and `-- --lines`
//! puts each segment on a line of its own. Figures are for one thread, the best of several runs, the file in memory.

#![allow(clippy::print_stdout)] // A benchmark's table is its output.

use std::hint::black_box;
use std::time::{Duration, Instant};

use karvan_edifact::{Item, Reader, Transmission, items, segments};

/// How often each measure is taken; the best counts.
const RUNS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let megabytes: usize = after("--megabytes").and_then(|text| text.parse().ok()).unwrap_or(100);
    let line_end = if arguments.iter().any(|argument| argument == "--lines") { "\n" } else { "" };
    let file = interchange(megabytes * 1_000_000, line_end);
    let file = file.as_slice();
    println!("INVOIC and DESADV, {} octets, {} segments", file.len(), segments(file).count());

    let measures: Vec<(&str, Duration)> = vec![
        ("memchr, count of terminators (the machine)", best(RUNS, || memchr::memchr_iter(b'\'', file).count())),
        ("memchr, each terminator", best(RUNS, || memchr::memchr_iter(b'\'', file).fold(0, |sum, at| sum ^ at))),
        ("karvan segments", best(RUNS, || segments(file).map(|segment| segment.raw().len()).sum::<usize>())),
        ("karvan segments and elements", best(RUNS, || elements(file))),
        ("karvan segments, elements, components", best(RUNS, || components(file))),
        ("karvan reader, segments and elements", best(RUNS, || read(file))),
        ("karvan tree", best(2, || Transmission::read(file).interchanges().count())),
        ("edifact-rs 0.18, segments and elements", best(2, || peer(file))),
    ];
    let [.., (_, peer)] = measures[..] else { return };
    println!("{:44} {:>8} {:>10}", "", "MB/s", "x peer");
    for (name, duration) in measures {
        let speed = file.len() as f64 / 1e6 / duration.as_secs_f64();
        println!("{name:44} {speed:8.0} {:10.1}", peer.as_secs_f64() / duration.as_secs_f64());
    }
}

/// The shortest of `runs` runs.
fn best<T>(runs: usize, work: impl Fn() -> T) -> Duration {
    let one = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    (0..runs).map(one).min().unwrap_or_default()
}

fn elements(file: &[u8]) -> usize {
    segments(file).map(|segment| segment.elements().map(|element| element.raw().len()).sum::<usize>()).sum()
}

fn components(file: &[u8]) -> usize {
    let of_element = |element: karvan_edifact::Element<'_>| {
        element.components().map(|component| component.raw().len()).sum::<usize>()
    };
    items(file).filter_map(|item| item.segment()).flat_map(|segment| segment.elements()).map(of_element).sum()
}

fn read(file: &[u8]) -> usize {
    let mut reader = Reader::new(file);
    let mut sum = 0;
    while let Ok(Some(item)) = reader.next() {
        if let Item::Segment(segment) = item {
            sum += segment.elements().map(|element| element.raw().len()).sum::<usize>();
        }
    }
    sum
}

fn peer(file: &[u8]) -> usize {
    let segments = edifact_rs::from_bytes(file).filter_map(Result::ok);
    segments.map(|segment| segment.elements.len()).sum()
}

/// An interchange of about `size` octets: invoices and despatch advices with ten lines each.
fn interchange(size: usize, line_end: &str) -> Vec<u8> {
    let mut file = String::with_capacity(size + 4096);
    let mut messages = 0;
    let put = |file: &mut String, segment: &str| {
        file.push_str(segment);
        file.push('\'');
        file.push_str(line_end);
    };
    put(&mut file, "UNB+UNOC:3+4012345000009:14+4098765000008:14+261122:0900+B1");
    while file.len() < size {
        messages += 1;
        let body = if messages % 2 == 1 { invoice(messages) } else { despatch_advice(messages) };
        for segment in &body {
            put(&mut file, segment);
        }
        put(&mut file, &format!("UNT+{}+{messages}", body.len() + 1));
    }
    put(&mut file, &format!("UNZ+{messages}+B1"));
    file.into_bytes()
}

fn invoice(number: usize) -> Vec<String> {
    let mut body: Vec<String> = [
        &format!("UNH+{number}+INVOIC:D:96A:UN:EAN008"),
        &format!("BGM+380+RE{number:08}+9"),
        "DTM+137:20261122:102",
        "DTM+35:20261120:102",
        "FTX+AAI+++Zahlbar innerhalb von 14 Tagen mit 2 % Skonto?, sonst 30 Tage netto",
        &format!("RFF+ON:PO{number:07}"),
        "RFF+DQ:LS55120",
        "NAD+BY+4098765000008::9++NORDLICHT HANDEL GMBH+AM HAFEN 12+HAMBURG++20457+DE",
        "RFF+VA:DE123456789",
        "NAD+SU+4012345000009::9++SPEICHERSTADT ROESTEREI AG+KAFFEEGASSE 3+BREMEN++28195+DE",
        "RFF+VA:DE987654321",
        "CUX+2:EUR:4",
        "PAT+1++5:3:D:30",
    ]
    .map(str::to_owned)
    .into();
    for line in 1..=10 {
        body.extend(
            [
                &format!("LIN+{line}++40123450{line:05}:EN"),
                &format!("PIA+1+ART-{line:05}:SA::91"),
                "IMD+F++:::Kaffee, ganze Bohne, 1 kg Beutel:geroestet",
                "QTY+47:12.5:KGM",
                "MOA+203:187.50",
                "PRI+AAA:15.00:::1:KGM",
                "TAX+7+VAT+++:::7+S",
            ]
            .map(str::to_owned),
        );
    }
    body.extend(["UNS+S", "MOA+77:2006.25", "MOA+79:1875", "TAX+7+VAT+++:::7+S", "MOA+124:131.25"].map(str::to_owned));
    body
}

fn despatch_advice(number: usize) -> Vec<String> {
    let mut body: Vec<String> = [
        &format!("UNH+{number}+DESADV:D:96A:UN:EAN005"),
        &format!("BGM+351+LS{number:08}+9"),
        "DTM+137:202611220900:203",
        "DTM+17:20261124:102",
        &format!("RFF+ON:PO{number:07}"),
        "NAD+BY+4098765000008::9",
        "NAD+SU+4012345000009::9",
        "NAD+DP+4098765000015::9++NORDLICHT LAGER O?'HARA+KAI 7+HAMBURG++20457+DE",
        "TDT+20++30+31",
        "CPS+1",
        "PAC+2++201::9",
    ]
    .map(str::to_owned)
    .into();
    for line in 1..=10 {
        body.extend(
            [
                &format!("CPS+{}+1", line + 1),
                "PAC+1++CT",
                "MEA+PD+AAB+KGM:12.7",
                "PCI+33E",
                &format!("GIN+BJ+3401234500000{line:05}"),
                &format!("LIN+{line}++40123450{line:05}:EN"),
                "QTY+12:10:PCE",
            ]
            .map(str::to_owned),
        );
    }
    body
}
