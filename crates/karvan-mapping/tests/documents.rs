//! Every kind of document, made up and from the samples, through every syntax that it has: what is read back differs by
//! exactly what the reports list.

mod account;

use std::fs;
use std::path::Path;

use account::{check, terms};
use karvan_mapping::{Target, read, write};
use karvan_model::{Document, DocumentType, Group, Kind, Node, Part, Term, TermId, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// A document in which a term stands where `chosen` says so; what may repeat stands twice.
fn document(kind: &'static DocumentType, mut chosen: impl FnMut(&str) -> bool) -> Document {
    let mut document = Document::new(kind);
    let mut number = 0;
    fill(kind, kind.top(), &mut document.root, &mut number, &mut chosen);
    document
}

fn fill(
    kind: &'static DocumentType,
    members: &[TermId],
    group: &mut Group,
    number: &mut i64,
    chosen: &mut impl FnMut(&str) -> bool,
) {
    for &id in members {
        let term = kind.term(id);
        if !term.is_required() && !chosen(term.id()) {
            continue;
        }
        for _ in 0..if term.repeats() { 2 } else { 1 } {
            if term.kind() == Kind::Group {
                let mut inner = Group::new(Some(id));
                fill(kind, term.members(), &mut inner, number, chosen);
                if !inner.is_empty() {
                    group.push(Node::Group(inner));
                }
            } else {
                *number += 1;
                group.push_value(id, value(term, *number));
            }
        }
    }
}

/// A value that no other term has.
fn value(term: &Term, number: i64) -> Value {
    let text = match (term.key(), term.kind()) {
        ("currencyCode", _) => "IRR".to_owned(),
        // What a party or a place is hangs on its code: it is lost with one that no list has.
        ("functionCode", _) => "ZZZ".to_owned(),
        ("unNumber", _) => format!("{}", 1000 + number),
        (_, Kind::Code) => format!("C{number}"),
        (_, Kind::Date) => {
            jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(number)).expect("a day").to_string()
        }
        (_, Kind::Binary) => "S2FydmFu".to_owned(),
        (_, Kind::Amount | Kind::Quantity | Kind::Percentage) => format!("{number}.50"),
        _ => format!("{number}"),
    };
    let value = Value::parse(term.kind(), &text).expect("a value of its kind");
    match term.kind() {
        Kind::Quantity => value.with(Part::Unit, "KGM"),
        Kind::Binary => value.with(Part::Mime, "application/pdf").with(Part::FileName, "a.pdf"),
        _ => value,
    }
}

/// The kinds of documents that are not the invoice, which has tests of its own.
fn kinds() -> impl Iterator<Item = &'static DocumentType> {
    DocumentType::all().filter(|kind| *kind != DocumentType::invoice())
}

/// The samples of one kind, read.
fn samples(kind: &str) -> Vec<(String, Document)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let files = fs::read_dir(folder).expect("the samples").map(|entry| entry.expect("an entry").path());
    let mut samples: Vec<_> = files
        .filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension != "md"))
        .filter_map(|path| {
            let reading = read(&fs::read(&path).expect("a sample")).ok()?.remove(0);
            let name = path.file_name()?.to_string_lossy().into_owned();
            // Samples of a profile have what users of it write; terms of payment of an order are no term of ours.
            let is_whole = !name.starts_with("invoice") && !name.ends_with("-eancom.edi");
            assert!(reading.report.lost.is_empty() || !is_whole, "{name}: {:?}", reading.report.lost);
            (reading.document.kind.name() == kind).then_some((name, reading.document))
        })
        .collect();
    samples.sort_by(|one, other| one.0.cmp(&other.0));
    samples
}

/// Whether a syntax holds of some documents but a part: a consignment note of road transport nothing of ships and customs, and
/// the Buy-Ship-Pay schemas of transport documents have few of the members of their data model.
fn is_narrow(target: Target) -> bool {
    target == Target::ECMR || target == Target::Bsp
}

#[test]
fn a_document_with_every_term_is_carried_as_the_report_says() {
    for kind in kinds() {
        let whole = document(kind, |_| true);
        let all: i64 = terms(&whole).values().sum();
        for target in Target::all() {
            let Some(report) = check(&whole, target) else { continue };
            let lost = i64::try_from(report.lost.iter().filter(|entry| entry.term.is_some()).count()).unwrap();
            // An interchange has few places for what only UBL says of an address or a party, and a consignment note of road
            // transport for what is said of ships and of customs.
            let (share, of) = if is_narrow(target) { (99, 100) } else { (3, 4) };
            assert!(lost * of < all * share, "{} as {target}: {lost} of {all}", kind.name());
        }
    }
}

#[test]
fn every_sample_is_carried_as_the_report_says_and_comes_back() {
    for kind in kinds() {
        let samples = samples(kind.name());
        for (name, sample) in &samples {
            for target in Target::all() {
                if let Some(report) = check(sample, target) {
                    // What is said of sea or air transport is much more than a consignment note of road transport holds.
                    let lost = report.lost.iter().filter(|entry| entry.term.is_some()).count();
                    let is_enough = is_narrow(target) || lost * 3 < terms(sample).len();
                    assert!(is_enough, "{name} as {target}: {:?}", report.lost);
                }
            }
        }
    }
}

/// Releases that no table names are read and written by their own directories: each kind tries some of them.
#[test]
fn a_sample_is_carried_as_the_report_says_through_other_releases() {
    let releases = karvan_schema::directory::Directories::builtin().releases();
    for (number, kind) in kinds().enumerate() {
        let samples = samples(kind.name());
        let Some((name, sample)) = samples.iter().find(|(name, _)| name.ends_with(".edi")) else { continue };
        let mut written = 0;
        for release in releases.iter().skip(number % 6).step_by(6) {
            let Some(report) = check(sample, Target::Edifact(Some(release))) else { continue };
            let lost = report.lost.iter().filter(|entry| entry.term.is_some()).count();
            assert!(lost * 3 < terms(sample).len(), "{name} in {release}: {:?}", report.lost);
            written += 1;
        }
        assert!(written > 4, "{name}: {written}");
    }
}

#[test]
fn every_kind_has_two_samples_in_each_of_its_syntaxes() {
    for kind in kinds() {
        let names: Vec<_> = samples(kind.name()).into_iter().map(|(name, _)| name).collect();
        for target in Target::all() {
            let ending = match target {
                Target::Edifact(None) => ".edi".to_owned(),
                Target::Xml(name) => format!(".{name}.xml"),
                Target::Bsp => ".bsp.json".to_owned(),
                Target::Edifact(Some(_)) | Target::Json => continue,
            };
            if write(&Document::new(kind), target).is_ok() {
                let count = names.iter().filter(|name| name.ends_with(&ending)).count();
                assert!(count >= 2, "{} {ending}: {names:?}", kind.name());
            }
        }
    }
}

/// A message of a type in D.96A with these segments, read.
fn message(message_type: &str, segments: &str) -> Document {
    let source =
        format!("UNB+UNOC:3+NORDHAFEN+ANKA+261123:0900+1'UNH+1+{message_type}:D:96A:UN'{segments}UNT+1+1'UNZ+1+1'");
    read(source.as_bytes()).expect("a message").remove(0).document
}

/// Who reads UBL without a currency of the document takes that of its total: the document says more than it did.
#[test]
fn a_currency_that_a_total_tells_for_the_whole_document_is_told_as_added() {
    let advice = message("REMADV", "BGM+481+R-7'DTM+137:20261123:102'DOC+380+A-1'MOA+9:7:EUR'UNS+S'MOA+12:7:EUR'");
    assert!(advice.leaves().all(|leaf| advice.kind.term(leaf.term).id() != "currencyCode"));
    let report = check(&advice, Target::UBL).expect("UBL has it");
    let added: Vec<_> = report.added.iter().filter(|entry| entry.reason.id() == "mapping-stands-for").collect();
    assert_eq!(added.len(), 1);
    assert_eq!((added[0].term.map(Term::id), added[0].value.as_str()), (Some("currencyCode"), "EUR"));
}

/// A line without a number of its own has that of the first RFF+LI; the second was lost as one number too many.
#[test]
fn a_second_reference_to_a_line_is_a_reference() {
    let order = message("ORDERS", "BGM+220+B-7'LIN'QTY+21:4'RFF+LI:6/1'RFF+LI:6/2'UNS+S'");
    let values: Vec<_> = order.leaves().map(|leaf| (order.kind.term(leaf.term).id(), leaf.value.text())).collect();
    assert!(values.contains(&("lines.number", "6/1".into())), "{values:?}");
    assert!(values.contains(&("lines.documents.number", "6/2".into())), "{values:?}");
    check(&order, Target::Edifact(Some("D.96A")));
    // A number that is too long is lost, and does not leave its place to the reference.
    let line = format!(r#"{{"number":"{}","documents":[{{"number":"6/2","referenceCode":"LI"}}]}}"#, "6".repeat(40));
    let source = format!(r#"{{"document":"order","version":1,"lines":[{line}]}}"#);
    let order = read(source.as_bytes()).expect("an order").remove(0).document;
    let report = check(&order, Target::Edifact(Some("D.96A"))).expect("a message");
    let lost: Vec<_> = report.lost.iter().filter_map(|entry| Some(entry.term?.id())).collect();
    assert_eq!(lost, ["lines.number", "lines.documents.number", "lines.documents.referenceCode"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_document_is_carried_as_the_report_says(kind in select(kinds().collect::<Vec<_>>()), seed in any::<u64>(), share in 1u64..10) {
        let mut state = seed;
        let made = document(kind, |_| {
            // A generator of Knuth's; enough to choose by.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 10 < share
        });
        for target in Target::of(kind) {
            check(&made, target);
        }
    }
}
