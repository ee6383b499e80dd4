//! How fast octets become segments and elements, beside the machine's own measure and a peer.
//!
//! `cargo bench -p benches --bench scan` prints a table; `-- --lines` puts each segment on a line of its own. StAEDI is measured
//! where it was prepared, see [`staedi::PREPARE`].

use std::time::Duration;

use benches::{best, interchange, print, size, staedi};
use karvan_edifact::{Item, Reader, Transmission, items, segments};

/// How often each measure is taken; the best counts.
const RUNS: usize = 7;

fn main() {
    let line_end = if std::env::args().any(|argument| argument == "--lines") { "\n" } else { "" };
    let file = interchange(size(100), line_end);
    let file = file.as_slice();

    let staedi = staedi::row("StAEDI 1.25, each value", staedi::measure(file, None));
    let mut measures: Vec<(&str, Duration)> = vec![
        ("memchr, count of terminators (the machine)", best(RUNS, || memchr::memchr_iter(b'\'', file).count())),
        ("memchr, each terminator", best(RUNS, || memchr::memchr_iter(b'\'', file).fold(0, |sum, at| sum ^ at))),
        ("karvan segments", best(RUNS, || segments(file).map(|segment| segment.raw().len()).sum::<usize>())),
        ("karvan segments and elements", best(RUNS, || elements(file))),
        ("karvan segments, elements, components", best(RUNS, || components(file))),
        ("karvan reader, segments and elements", best(RUNS, || read(file))),
        ("karvan tree", best(2, || Transmission::read(file).interchanges().count())),
    ];
    measures.extend(staedi);
    measures.push(("edifact-rs 0.18, segments and elements", best(2, || peer(file))));
    print("INVOIC and DESADV", file.len(), &measures);
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
