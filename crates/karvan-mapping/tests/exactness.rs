//! What a conversion says of itself is what it did: a document that is written and read back differs from itself by
//! exactly what the report of the conversion lists.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod account;

use std::fs;
use std::path::Path;

use account::{check, terms};
use karvan_mapping::{Target, read, write};
use karvan_model::{Document, DocumentType, Group, Kind, Node, Part, TermId, Value};
use proptest::prelude::*;

const TARGETS: [Target; 7] = [
    Target::CII,
    Target::Bsp,
    Target::UBL,
    Target::Json,
    Target::Edifact(Some("D.14B")),
    Target::Edifact(Some("D.96A")),
    Target::Edifact(Some("D.01B")),
];

/// An invoice in which a term stands where `chosen` says so; what may repeat stands twice.
fn invoice(type_code: &str, mut chosen: impl FnMut(&str) -> bool) -> Document {
    let kind = DocumentType::invoice();
    let mut document = Document::new(kind);
    fill(kind, type_code, kind.top(), &mut document.root, "1", &mut chosen);
    document
}

fn fill(
    kind: &'static DocumentType,
    type_code: &str,
    members: &[TermId],
    group: &mut Group,
    mark: &str,
    chosen: &mut impl FnMut(&str) -> bool,
) {
    for &id in members {
        let term = kind.term(id);
        // Without these the places of others cannot be told.
        let needed = ["BT-3", "BT-5", "BT-6", "BT-81", "BT-118", "BT-122"].contains(&term.id());
        if !needed && !chosen(term.id()) {
            continue;
        }
        let repetitions: &[&str] = if term.repeats() { &["1", "2"] } else { &["1"] };
        for repetition in repetitions {
            let mark = format!("{mark}{repetition}");
            if term.kind() == Kind::Group {
                let mut inner = Group::new(Some(id));
                fill(kind, type_code, term.members(), &mut inner, &mark, chosen);
                if !inner.is_empty() {
                    group.push(Node::Group(inner));
                }
            } else {
                group.push_value(id, value(kind, id, type_code, &mark));
            }
        }
    }
}

/// A value for a term that every syntax can hold, and that no other term has.
fn value(kind: &'static DocumentType, id: TermId, type_code: &str, mark: &str) -> Value {
    let term = kind.term(id);
    // The mark ends with the repetition of the group and that of the term.
    let first = mark.ends_with("11");
    // Terms that the standard has not have numbers beyond those of the standard.
    let place =
        || kind.terms().iter().position(|other| other.id() == term.id()).map(|place| (1000 + place).to_string());
    let number = term.id().strip_prefix("BT-").map(str::to_owned).or_else(place).expect("a term of the kind");
    let text = match (term.id(), term.kind()) {
        ("BT-3", _) => type_code.to_owned(),
        ("BT-5", _) => "IRR".to_owned(),
        ("BT-6", _) => "EUR".to_owned(),
        ("BT-8", _) => "35".to_owned(),
        ("BT-21", _) => if first { "AAI" } else { "SUR" }.to_owned(),
        ("BT-118", _) => if first { "S" } else { "E" }.to_owned(),
        (_, Kind::Code) => mark.chars().rev().take(2).collect(),
        (_, Kind::Date) => format!("2026-03-{}", 10 + mark.len()),
        (_, Kind::Binary) => "S2FydmFu".to_owned(),
        (_, Kind::Amount | Kind::Quantity | Kind::Percentage) => format!("{number}.{mark}0"),
        _ => format!("{number}{mark}"),
    };
    let mut value = Value::parse(term.kind(), &text).expect("a value of its kind");
    let parts = [
        (Part::Scheme, if term.id() == "BT-157" { "0160" } else { "0088" }),
        (Part::Unit, "C62"),
        (Part::Mime, "application/pdf"),
        (Part::FileName, "a.pdf"),
    ];
    for (part, text) in parts {
        if term.part(part).is_some() {
            value = value.with(part, text);
        }
    }
    value
}

#[test]
fn cii_and_ubl_and_json_hold_every_term() {
    for target in [Target::CII, Target::UBL, Target::Json] {
        for type_code in ["380", "381"] {
            let document = invoice(type_code, |_| true);
            let report = check(&document, target).expect("an invoice has every syntax");
            // In CII and UBL some terms that stand in a group that repeats have one place only.
            let lost: Vec<_> = report.lost.iter().filter_map(|entry| Some(entry.term?.id())).collect();
            assert!(lost.iter().all(|id| ONE_PLACE.contains(id)), "{target:?}: {lost:?}");
        }
    }
}

/// Terms of the payment instructions, which stand twice in the document and once in CII; and the first preceding invoice.
const ONE_PLACE: [&str; 7] = ["BT-25", "BT-26", "BT-83", "BT-89", "BT-90", "BT-84-1", "BT-91-1"];

#[test]
fn an_interchange_holds_most_terms_and_tells_the_rest() {
    for target in [Target::Edifact(Some("D.14B")), Target::Edifact(Some("D.96A")), Target::Edifact(Some("D.01B"))] {
        let document = invoice("380", |_| true);
        let report = check(&document, target).expect("an invoice has every syntax");
        let all: i64 = terms(&document).values().sum();
        assert!(report.lost.len() * 4 < usize::try_from(all).unwrap(), "{target:?}: {} of {all}", report.lost.len());
    }
}

/// A self-billed invoice of UBL has one set of payment instructions: of two, the second is told once.
#[test]
fn a_self_billed_invoice_tells_the_payment_instructions_that_it_does_not_hold() {
    let lost = check(&invoice("389", |_| true), Target::UBL).expect("an invoice has every syntax").lost;
    let means = lost.iter().filter(|entry| entry.term.is_some_and(|term| term.id() == "BT-81"));
    assert_eq!(means.count(), 1);
}

#[test]
fn what_was_read_from_one_syntax_is_the_same_in_every_other() {
    let document = invoice("380", |id| !ONE_PLACE.contains(&id) && id != "BG-16");
    let through = |first: Target, second: Target| {
        let once = read(&write(&document, first).unwrap().bytes).unwrap().remove(0).document;
        read(&write(&once, second).unwrap().bytes).unwrap().remove(0).document
    };
    let expected = terms(&through(Target::CII, Target::Json));
    for (first, second) in [(Target::UBL, Target::CII), (Target::CII, Target::UBL), (Target::Json, Target::CII)] {
        assert_eq!(terms(&through(first, second)), expected, "{first:?} {second:?}");
    }
}

/// An attachment without its reference, or with one that the target cannot hold, is told once.
#[test]
fn what_hangs_on_a_reference_is_lost_with_it_and_told_once() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/invoice-in.ubl.xml");
    let invoice = fs::read_to_string(sample).unwrap();
    let reference = invoice.split("<cac:AdditionalDocumentReference>").nth(1).unwrap();
    let number = reference.split("<cbc:ID>").nth(1).unwrap().split("</cbc:ID>").next().unwrap();
    let element = format!("<cbc:ID>{number}</cbc:ID>");
    for other in [String::new(), element.replace(number, &"long".repeat(60))] {
        let source = invoice.replacen(&element, &other, 1);
        assert_ne!(source, invoice);
        let reading = read(source.as_bytes()).unwrap().remove(0);
        for target in Target::of(reading.document.kind) {
            check(&reading.document, target);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_report_is_exact(choices in proptest::collection::vec(any::<bool>(), 400), type_code in 0..4_usize, target in 0..TARGETS.len()) {
        let mut choices = choices.into_iter().cycle();
        let document = invoice(["380", "381", "389", "261"][type_code], |_| choices.next().unwrap_or_default());
        check(&document, TARGETS[target]).expect("an invoice has every syntax");
    }
}
