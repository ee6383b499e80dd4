//! Validation comes to its end, tells places in the file, and tells the same of a stream in pieces.

#![no_main]

mod pieces;

use std::io::Read;

use karvan_engine::detect::{self, Kind};
use karvan_engine::validate::{Options, validate};
use karvan_text::{Diagnostic, Language};
use libfuzzer_sys::fuzz_target;

use pieces::Pieces;

fn findings(source: impl Read) -> Vec<Diagnostic> {
    let mut options = Options::default();
    options.segment_limit = 4096;
    options.finding_limit = 500;
    let mut findings = Vec::new();
    let outcome = validate(source, &options, &mut |finding| findings.push(finding));
    assert!(outcome.is_ok());
    findings
}

fuzz_target!(|file: &[u8]| {
    if detect::kind(file) != Some(Kind::Edifact) {
        return;
    }
    let told = findings(file);
    for finding in &told {
        let span = finding.place.span;
        assert!(span.start <= span.end && span.end <= file.len() as u64, "{finding:?}");
        for language in [Language::English, Language::Persian] {
            assert!(!finding.message.text(language).is_empty());
        }
    }
    assert_eq!(told, findings(Pieces(file, 7)));
});
