//! Validating text in tests.

use karvan_edifact::{Item, Reader};
use karvan_schema::interchange::{Definitions, Options, Validator};
use karvan_text::Diagnostic;

/// What a validator with these options finds.
pub(crate) fn check_with(text: &[u8], options: Options) -> Vec<Diagnostic> {
    let mut reader = Reader::new(text);
    let mut validator = Validator::new(Definitions::builtin(), options);
    let mut found = Vec::new();
    let mut end = 0;
    while let Some(item) = reader.next().expect("memory can be read") {
        end = item.span().end;
        match item {
            Item::Segment(segment) => validator.segment(&segment, &mut |finding| found.push(finding)),
            Item::Advice(advice) => validator.advice(&advice),
            _ => {}
        }
    }
    validator.finish(end, &mut |finding| found.push(finding));
    found
}

/// What a validator finds.
pub(crate) fn check(text: &str) -> Vec<Diagnostic> {
    check_with(text.as_bytes(), Options::default())
}

/// `code path marked-octets` of each finding.
pub(crate) fn told(text: &str, findings: &[Diagnostic]) -> Vec<String> {
    let marked = |finding: &Diagnostic| String::from_utf8_lossy(finding.place.span.slice(text.as_bytes())).into_owned();
    findings.iter().map(|finding| format!("{} {} {}", finding.code, finding.place.path, marked(finding))).collect()
}
