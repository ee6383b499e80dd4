//! How fast an interchange is checked, level by level, and in how much memory, beside a peer that checks envelopes.

use std::fs;
use std::io::Read;
use std::time::Duration;

use benches::{Stream, best, interchange, invoices, print, size, staedi};
use karvan_engine::Depth;
use karvan_engine::validate::{Options, Verdict, validate};

fn main() {
    // First, while the process has held nothing else.
    memory();
    let file = interchange(size(100), "");
    let file = file.as_slice();
    let measures: Vec<(&str, Duration)> = vec![
        ("memchr, count of terminators (the machine)", best(5, || memchr::memchr_iter(b'\'', file).count())),
        ("karvan validate --level syntax", best(3, || check(file, Depth::Syntax))),
        ("karvan validate --level structure", best(3, || check(file, Depth::Structure))),
        ("karvan validate (all levels)", best(3, || check(file, Depth::Codes))),
        ("edifact-rs 0.18, envelope check alone", best(1, || peer(file))),
    ];
    print("validate, INVOIC and DESADV D.96A", file.len(), &measures);
    beside_staedi();
}

/// StAEDI keeps to the schema of the first message of an interchange, so it is given invoices alone.
fn beside_staedi() {
    let file = invoices(size(10));
    let file = file.as_slice();
    let Some(schema) = staedi::schema("D.96A", "INVOIC") else { return };
    let mut measures = vec![("karvan validate (all levels)", best(3, || check(file, Depth::Codes)))];
    measures.extend(staedi::row("StAEDI 1.25, with a schema of the message", staedi::measure(file, Some(&schema))));
    print("validate, INVOIC D.96A", file.len(), &measures);
}

fn check(source: impl Read, depth: Depth) -> u64 {
    let mut options = Options::default();
    options.depth = depth;
    let mut findings = 0;
    let outcome = validate(source, &options, &mut |finding| {
        findings += 1;
        assert!(findings < 100, "the file is sound: {finding:?}");
    });
    match outcome {
        Ok(outcome) if outcome.verdict == Verdict::Valid => outcome.summary.warnings,
        other => panic!("the file is sound: {other:?}"),
    }
}

fn peer(file: &[u8]) -> usize {
    let segments: Vec<_> = edifact_rs::from_bytes(file).filter_map(Result::ok).collect();
    match edifact_rs::validate_envelope(&segments) {
        Ok(_) => segments.len(),
        Err(error) => panic!("the file is sound: {error:?}"),
    }
}

/// Checks one gigabyte as it is made, and prints the largest memory that the process has held until then.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn memory() {
    let warnings = check(Stream::new(1_000_000_000, ""), Depth::Codes);
    let peak = peak().map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib.div_ceil(1024)));
    println!("validate, 1 GB as it streams: peak memory {peak}, {warnings} warnings\n");
}

/// The largest memory that the process has held so far, in KiB, where the system tells it.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
