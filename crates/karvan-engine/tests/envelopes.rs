//! Documents in a StandardBusinessDocument: they are what they are without it, and what its header says is told.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::Path;

use karvan_engine::text::Diagnostic;
use karvan_engine::validate::{Options, Rules, validate};
use karvan_mapping::{Partners, ReadError, Reading, read};

/// The header of an envelope: who sends what to whom.
const HEADER: &str = r#"<sh:StandardBusinessDocumentHeader>
    <sh:HeaderVersion>1.0</sh:HeaderVersion>
    <sh:Sender><sh:Identifier Authority="iso6523-actorid-upis">0088:4012345000009</sh:Identifier></sh:Sender>
    <sh:Receiver><sh:Identifier Authority="urn:iana">ASIA-SPICES-COOPERATIVE</sh:Identifier></sh:Receiver>
    <sh:DocumentIdentification>
      <sh:Standard>urn:oasis:names:specification:ubl:schema:xsd</sh:Standard>
      <sh:TypeVersion>2.1</sh:TypeVersion>
      <sh:InstanceIdentifier>27f2c3b1-5f5a-4d0e-9a55-0e6a3f2b9c11</sh:InstanceIdentifier>
      <sh:Type>Invoice</sh:Type>
      <sh:CreationDateAndTime>2026-11-06T09:15:00Z</sh:CreationDateAndTime>
    </sh:DocumentIdentification>
  </sh:StandardBusinessDocumentHeader>"#;

/// An envelope with this in it.
fn envelope(content: &str) -> String {
    let namespace = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader";
    format!("<sh:StandardBusinessDocument xmlns:sh=\"{namespace}\">{content}</sh:StandardBusinessDocument>")
}

/// A sample without its declaration, which stands at the beginning alone.
fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name);
    let text = fs::read_to_string(path).unwrap();
    text.split_once("?>").unwrap().1.trim_start().to_owned()
}

fn reading(source: &str) -> Reading {
    read(source.as_bytes()).unwrap().remove(0)
}

fn findings(source: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut options = Options::default();
    options.rules = Rules::All;
    validate(source.as_bytes(), &options, &mut |finding| findings.push(finding)).unwrap();
    findings
}

fn told(findings: &[Diagnostic]) -> Vec<(String, &str)> {
    findings.iter().map(|finding| (finding.code.to_string(), finding.place.path.as_str())).collect()
}

#[test]
fn a_document_in_an_envelope_is_read_as_it_is_without() {
    for name in
        ["invoice-in.ubl.xml", "invoice-de.cii.xml", "order-in.ubl.xml", "order-fr.cio.xml", "waybill-ir.ecmr.xml"]
    {
        let bare = sample(name);
        let (alone, wrapped) = (reading(&bare), reading(&envelope(&(HEADER.to_owned() + &bare))));
        let [written, expected] = [&wrapped, &alone].map(|reading| karvan_model::json::write(&reading.document));
        assert_eq!(written, expected, "{name}");
        assert_eq!((wrapped.syntax, &wrapped.format), (alone.syntax, &alone.format));
        let texts = |reading: &Reading| -> Vec<_> {
            let entries = reading.report.lost.iter().chain(&reading.report.changed).chain(&reading.report.repeated);
            entries.map(|entry| entry.value.clone()).collect()
        };
        assert_eq!(texts(&wrapped), texts(&alone), "{name}");
    }
}

#[test]
fn what_the_header_says_is_told_with_its_place() {
    let source = envelope(&format!("{HEADER} stray {}", sample("invoice-in.ubl.xml")));
    let report = reading(&source).report;
    let form: Vec<_> = report.form.iter().filter(|entry| entry.reason.id() == "mapping-envelope").collect();
    let values: Vec<_> = form.iter().map(|entry| entry.value.trim()).collect();
    let expected = [
        "stray",
        "1.0",
        "iso6523-actorid-upis",
        "0088:4012345000009",
        "urn:iana",
        "ASIA-SPICES-COOPERATIVE",
        "urn:oasis:names:specification:ubl:schema:xsd",
        "2.1",
        "27f2c3b1-5f5a-4d0e-9a55-0e6a3f2b9c11",
        "Invoice",
        "2026-11-06T09:15:00Z",
    ];
    let sorted = |values: &[&str]| {
        let mut values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        values.sort();
        values
    };
    assert_eq!(sorted(&values), sorted(&expected));
    for entry in &form[1..] {
        let place = entry.source.as_ref().unwrap();
        let octets = usize::try_from(place.span.start).unwrap()..usize::try_from(place.span.end).unwrap();
        assert!(entry.value == source[octets.clone()] || source[octets].contains("stray"), "{}", place.path);
        assert!(place.path.starts_with("/sh:StandardBusinessDocument"), "{}", place.path);
    }
}

#[test]
fn the_partners_of_the_header_are_those_of_an_interchange() {
    let invoice = sample("invoice-in.ubl.xml");
    let of = |header: &str| reading(&envelope(&(header.to_owned() + &invoice))).partners;
    let partner = |identification: &str, qualifier: &str| Some((identification.to_owned(), qualifier.to_owned()));
    // ISO/IEC 6523 numbers the GS1 location number 0088, code list 0007 numbers it 14.
    let expected =
        Partners { sender: partner("4012345000009", "14"), recipient: partner("ASIA-SPICES-COOPERATIVE", "") };
    assert_eq!(of(HEADER), expected);
    assert_eq!(of(""), Partners::default());
    // Data element 0004 has 35 characters.
    let long = of(&HEADER.replace("ASIA-SPICES-COOPERATIVE", &"A".repeat(36)));
    assert_eq!(long, Partners { recipient: None, ..expected });
}

#[test]
fn an_envelope_without_one_document_is_none_of_ours() {
    let invoice = sample("invoice-in.ubl.xml");
    for content in [HEADER.to_owned(), format!("{HEADER}{invoice}{invoice}"), format!("{HEADER}<Payload/>")] {
        let source = envelope(&content);
        assert!(matches!(read(source.as_bytes()), Err(ReadError::Unknown)), "{content}");
        assert!(!findings(&source).is_empty());
    }
}

#[test]
fn envelope_and_document_are_checked_each_by_its_grammar() {
    let invoice = sample("invoice-in.ubl.xml");
    let whole = envelope(&(HEADER.to_owned() + &invoice));
    assert_eq!(told(&findings(&whole)), []);
    let of_header = whole.replace("<sh:TypeVersion>2.1</sh:TypeVersion>", "");
    let at = "/sh:StandardBusinessDocument/sh:StandardBusinessDocumentHeader/sh:DocumentIdentification/sh:TypeVersion";
    assert_eq!(told(&findings(&of_header)), [("E5113".to_owned(), at)]);
    let of_document = whole.replace("<cbc:ID>SS/2026-27/0614</cbc:ID>", "");
    let at = "/sh:StandardBusinessDocument/Invoice/cbc:ID";
    let found = findings(&of_document);
    // By the grammar, and by BR-02.
    assert!(told(&found).contains(&("E5113".to_owned(), at)), "{found:?}");
    assert!(found.iter().any(|finding| finding.rule.as_deref() == Some("BR-02")), "{found:?}");
    let wrong = whole.replace("<cbc:PayableAmount currencyID=\"INR\">", "<cbc:PayableAmount currencyID=\"INR\">9");
    let found = findings(&wrong);
    let place = &found.first().expect("BR-CO-16").place;
    assert_eq!(found[0].rule.as_deref(), Some("BR-CO-16"));
    assert_eq!(place.path, "/sh:StandardBusinessDocument/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount");
    assert!(wrong[usize::try_from(place.span.start).unwrap()..].starts_with('9'));
}

#[test]
fn a_document_that_no_grammar_is_for_is_not_called_valid_for_its_envelope() {
    let source = envelope(&format!("{HEADER}<a:Statistics xmlns:a='urn:x'/>"));
    assert_eq!(told(&findings(&source)), [("E5150".to_owned(), "/sh:StandardBusinessDocument/a:Statistics")]);
    // Nor one that begins where nobody looks for it.
    let far = envelope(&format!("{HEADER}{}{}", " ".repeat(70_000), sample("invoice-in.ubl.xml")));
    assert_eq!(told(&findings(&far)), [("E5150".to_owned(), "/sh:StandardBusinessDocument/Invoice")]);
    // Two documents are one too many.
    let invoice = sample("invoice-in.ubl.xml");
    let two = envelope(&format!("{HEADER}{invoice}{invoice}"));
    assert_eq!(told(&findings(&two)).len(), 1);
}
