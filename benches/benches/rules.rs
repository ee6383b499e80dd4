//! How long the business rules of EN 16931 take, a document of ten lines and one of a thousand.

#![allow(clippy::print_stdout, reason = "a benchmark talks to the terminal")]

use std::time::Duration;

use benches::{best, ubl};
use karvan_mapping::{Purpose, read_xml_for};
use karvan_rules::RuleSet;
use karvan_xml::{Document, Limits};

fn main() {
    for (lines, times) in [(10, 200), (1_000, 5)] {
        let file = ubl::invoice(lines);
        let document = Document::parse(file.as_bytes(), &Limits::default()).expect("the invoice is well formed");
        let read = || read_xml_for(&document, Purpose::Check).expect("the invoice is mapped");
        let reading = read();
        let rules = RuleSet::of(reading.document.kind).expect("the invoice has rules");
        let findings = rules.check(&reading.document);
        assert!(findings.is_empty(), "the invoice keeps the rules: {findings:?}");
        let measures: [(&str, Duration); 2] = [
            (
                "the document read from its tree",
                best(5, || (0..times).map(|_| usize::from(read().report.lost.is_empty())).sum::<usize>()),
            ),
            ("its rules", best(5, || (0..times).map(|_| rules.check(&reading.document).len()).sum::<usize>())),
        ];
        println!("{} rules, an invoice of {lines} lines ({} kB of UBL)", rules.rules().len(), file.len() / 1_000);
        for (what, time) in measures {
            println!("  {what:<34} {:>9.1} µs", (time / times).as_secs_f64() * 1e6);
        }
    }
}
