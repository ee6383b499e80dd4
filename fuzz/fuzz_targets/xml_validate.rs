//! Checking an XML document comes to its end, tells places in the file, and tells the same of a stream in pieces.

#![no_main]

mod pieces;

use std::io::Read;

use karvan_engine::detect::{self, Kind};
use karvan_engine::validate::{Options, validate};
use karvan_text::{Code, Diagnostic, Language};
use libfuzzer_sys::fuzz_target;

use pieces::Pieces;

fn findings(source: impl Read) -> Vec<Diagnostic> {
    let mut options = Options::default();
    options.finding_limit = 500;
    options.xml.depth = 64;
    let mut findings = Vec::new();
    let outcome = validate(source, &options, &mut |finding| findings.push(finding));
    assert!(outcome.is_ok());
    findings
}

/// How much can be shown of what is not well formed depends on how much of it has come in.
fn core(finding: &Diagnostic) -> (Code, &'static str, u64) {
    (finding.code, finding.message.id(), finding.place.span.start)
}

fuzz_target!(|file: &[u8]| {
    if detect::kind(file) != Some(Kind::Xml) {
        return;
    }
    let told = findings(file);
    // Places in a document in another encoding are those in UTF-8.
    let length = karvan_xml::transcoded(file).map_or(file.len(), |document| document.octets.len());
    for finding in &told {
        let span = finding.place.span;
        assert!(span.start <= span.end && span.end <= length as u64, "{finding:?}");
        for language in [Language::English, Language::Persian] {
            assert!(!finding.message.text(language).is_empty());
        }
    }
    assert!(told.iter().map(core).eq(findings(Pieces(file, 7)).iter().map(core)));
});
