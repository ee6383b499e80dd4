//! Comparing documents: a document is the same as what it is translated to, and what is changed in it is told.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::Path;

use karvan_engine::Target;
use karvan_engine::convert::convert;
use karvan_engine::diff::{Diff, Options, diff};

/// The documents among the samples, with their names.
fn samples() -> impl Iterator<Item = (String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|extension| extension != "md"));
    documents.filter(|path| path.is_file()).map(|path| (path.display().to_string(), fs::read(path).unwrap()))
}

/// What is different, in words.
fn told(diff: &Diff) -> Vec<String> {
    let differences = diff.documents.iter().flat_map(|compared| &compared.differences);
    let said =
        |said: &Option<karvan_engine::diff::Said>| said.as_ref().map(|said| (said.value.clone(), said.path.clone()));
    let told = differences.map(|one| {
        format!("{} {:?} → {:?}", one.term.map_or("", karvan_engine::diff::Term::id), said(&one.left), said(&one.right))
    });
    told.collect()
}

#[test]
fn a_document_is_the_same_as_what_it_is_translated_to() {
    let mut compared = 0;
    for (name, source) in samples() {
        for target in Target::all() {
            let Ok(conversion) = convert(&source, target, &Default::default()) else { continue };
            let diff = diff(&source, &conversion.octets, &Options::default()).unwrap();
            // What is lost within one syntax is a difference: no term holds it, or its release has not the code.
            let is_lost = |value: &str| conversion.report.lost.iter().any(|entry| entry.value == value);
            let differences = diff.documents.iter().flat_map(|compared| &compared.differences);
            let told_as_lost = differences.filter(|one| one.left.as_ref().is_some_and(|left| is_lost(&left.value)));
            assert_eq!(told_as_lost.count(), told(&diff).len(), "{name} as {target}: {:#?}", told(&diff));
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// What no term holds was another thing under another prefix.
#[test]
fn prefixes_are_no_difference() {
    let invoice = |prefix: &str, version: &str| {
        let namespace = "urn:oasis:names:specification:ubl:schema:xsd:";
        format!(
            "<Invoice xmlns='{namespace}Invoice-2' xmlns:{prefix}='{namespace}CommonBasicComponents-2'>\
             <{prefix}:UBLVersionID>{version}</{prefix}:UBLVersionID><{prefix}:ID>7</{prefix}:ID></Invoice>"
        )
    };
    let same = |left: String, right: String| diff(left.as_bytes(), right.as_bytes(), &Options::default()).unwrap();
    assert_eq!(told(&same(invoice("cbc", "2.1"), invoice("b", "2.1"))), [""; 0]);
    assert_eq!(told(&same(invoice("cbc", "2.1"), invoice("b", "2.3"))).len(), 2);
}

/// A document in another encoding was refused, though its declaration says how it is read.
#[test]
fn the_encoding_is_no_difference() {
    let text = "<?xml version='1.0' encoding='UTF-8'?><Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2' \
        xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'><c:ID>MÜHLE</c:ID></Order>";
    let latin: Vec<u8> =
        text.replace("UTF-8", "ISO-8859-1").chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let wide: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for other in [latin, wide] {
        let diff = diff(text.as_bytes(), &other, &Options::default()).unwrap();
        assert_eq!(told(&diff), [""; 0]);
        let findings =
            |source: &[u8]| convert(source, Target::Json, &Default::default()).unwrap().source_findings.len();
        assert_eq!(findings(&other), findings(text.as_bytes()));
    }
}

#[test]
fn utf8_that_is_declared_as_another_encoding_is_told() {
    let order = "<?xml version='1.0' encoding='ISO-8859-1'?>\
        <Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2' \
        xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'><c:ID>MÜHLE</c:ID></Order>";
    let conversion = convert(order.as_bytes(), Target::Json, &Default::default()).unwrap();
    assert!(String::from_utf8(conversion.octets).unwrap().contains("MÜHLE"));
    assert_eq!(conversion.source_findings[0].code.number, 5015);
}
