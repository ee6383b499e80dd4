//! Documents as they were before EN 16931, or beside it: what they say at another place or by their name alone is carried, and
//! told; a check misses it all the same.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use karvan_mapping::{Entry, Purpose, Target, read, read_xml_for, write};
use karvan_model::{Document, Invoice};
use karvan_xml::Limits;

/// A document of UBL with this in it.
fn ubl(root: &str, content: &str) -> String {
    format!(
        r#"<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
            xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
            xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">{content}</{root}>"#
    )
}

fn document(source: &str) -> (Document, Vec<(String, String)>) {
    let reading = read(source.as_bytes()).unwrap().remove(0);
    let told = |entries: &[Entry]| -> Vec<_> {
        let entries = entries.iter().filter_map(|entry| Some((entry, entry.term?)));
        entries.map(|(entry, term)| (format!("{} {}", term.id(), entry.value), entry.reason.id().to_owned())).collect()
    };
    let told = [told(&reading.report.added), told(&reading.report.changed), told(&reading.report.lost)].concat();
    (reading.document, told)
}

fn written(document: &Document, target: Target) -> (String, Vec<String>) {
    let writing = write(document, target).unwrap();
    let added = writing.report.added.iter();
    let added = added.map(|entry| format!("{} {}", entry.term.map_or("-", |term| term.id()), entry.value)).collect();
    (String::from_utf8(writing.bytes).unwrap(), added)
}

fn checked(source: &str) -> Document {
    let tree = karvan_xml::Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    read_xml_for(&tree, Purpose::Check).unwrap().document
}

#[test]
fn a_credit_note_without_a_type_code_is_a_credit_note_everywhere() {
    for (root, code) in [("CreditNote", "381"), ("Invoice", "380")] {
        let source = ubl(root, "<cbc:ID>G-1</cbc:ID><cbc:IssueDate>2026-03-21</cbc:IssueDate>");
        let (document, told) = document(&source);
        assert_eq!(told, [(format!("BT-3 {code}"), "mapping-by-name".to_owned())]);
        let (text, _) = written(&document, Target::UBL);
        assert!(text.contains(&format!("<{root} ")) && text.contains(&format!("TypeCode>{code}</")), "{text}");
        assert!(written(&document, Target::CII).0.contains(&format!("<ram:TypeCode>{code}</ram:TypeCode>")));
        assert!(written(&document, Target::Edifact(None)).0.contains(&format!("BGM+{code}+G-1'")));
        // Who checks it misses the code (BR-04).
        assert!(Invoice::try_from(&checked(&source)).unwrap().type_code.is_none());
    }
}

#[test]
fn a_day_with_a_time_zone_is_that_day() {
    for zone in ["Z", "+03:30", "-14:00"] {
        let source = ubl("Invoice", &format!("<cbc:IssueDate>2026-03-21{zone}</cbc:IssueDate>"));
        let (document, told) = document(&source);
        assert!(told.contains(&(format!("BT-2 2026-03-21{zone}"), "mapping-zone".to_owned())), "{told:?}");
        assert_eq!(Invoice::try_from(&document).unwrap().issue_date, Some("2026-03-21".into()));
    }
    for wrong in ["z", "+3:30", "+03:60", "+14:01", "+0330", "T00:00:00Z"] {
        let source = ubl("Invoice", &format!("<cbc:IssueDate>2026-03-21{wrong}</cbc:IssueDate>"));
        let (_, told) = document(&source);
        assert!(told.contains(&(format!("BT-2 2026-03-21{wrong}"), "mapping-no-date".to_owned())), "{told:?}");
    }
}

#[test]
fn what_stands_where_older_rules_had_it_is_carried_and_told() {
    let means = "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-04-20\
        </cbc:PaymentDueDate><cac:PayeeFinancialAccount><cbc:ID>DE1</cbc:ID><cac:FinancialInstitutionBranch>\
        <cac:FinancialInstitution><cbc:ID>NDEADEFF</cbc:ID></cac:FinancialInstitution></cac:FinancialInstitutionBranch>\
        </cac:PayeeFinancialAccount></cac:PaymentMeans>";
    let code = "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>";
    let lenient = |value: &str| (value.to_owned(), "mapping-lenient".to_owned());
    let source = ubl("Invoice", &format!("{code}{means}"));
    let (read_in, told) = document(&source);
    assert_eq!(told, [lenient("BT-9 2026-04-20"), lenient("BT-86 NDEADEFF")]);
    let invoice = Invoice::try_from(&read_in).unwrap();
    assert_eq!(invoice.due_date, Some("2026-04-20".into()));
    assert_eq!(
        invoice.payment_instructions[0].credit_transfers[0].service_provider.as_ref().unwrap().value,
        "NDEADEFF"
    );
    assert!(Invoice::try_from(&checked(&source)).unwrap().due_date.is_none());
    // At its own place it is what it says, and the other place says it again.
    let (_, told) = document(&ubl("Invoice", &format!("<cbc:DueDate>2026-04-20</cbc:DueDate>{code}{means}")));
    assert_eq!(told, [lenient("BT-86 NDEADEFF")]);
    let (both, _) = document(&ubl("Invoice", &format!("<cbc:DueDate>2026-05-01</cbc:DueDate>{code}{means}")));
    assert_eq!(Invoice::try_from(&both).unwrap().due_date, Some("2026-05-01".into()));
}

#[test]
fn a_credit_note_has_a_code_of_the_means_beside_the_day_when_payment_is_due() {
    let json = r#"{"document":"invoice","version":1,"typeCode":"381","dueDate":"2026-04-20"}"#;
    let (text, added) = written(&document(json).0, Target::UBL);
    assert!(text.contains("<cbc:PaymentMeansCode>1</cbc:PaymentMeansCode>"), "{text}");
    assert_eq!(added, ["BT-81 1"]);
    let json = r#"{"document":"invoice","version":1,"typeCode":"381"}"#;
    assert!(!written(&document(json).0, Target::UBL).0.contains("PaymentMeans"));
}

#[test]
fn who_has_a_trading_name_alone_goes_by_it_in_older_messages() {
    let json = r#"{"document":"invoice","version":1,"seller":{"tradingName":"Karvan"},"buyer":{"name":"A","tradingName":"B"}}"#;
    let (read_in, _) = document(json);
    for release in ["D.96A", "D.01B"] {
        let (text, added) = written(&read_in, Target::Edifact(Some(release)));
        assert_eq!(added.iter().filter(|entry| entry.starts_with("BT-27")).count(), 1, "{added:?}");
        assert!(text.contains("NAD+SU++Karvan+Karvan'") && text.contains("NAD+BY++B+A'"), "{text}");
        let invoice = Invoice::try_from(&document(&text).0).unwrap();
        assert_eq!(invoice.seller.unwrap().trading_name.as_deref(), Some("Karvan"));
        assert_eq!(invoice.buyer.unwrap().trading_name.as_deref(), Some("B"));
    }
}

#[test]
fn the_lines_of_a_name_of_an_item_stay_lines() {
    let json = r#"{"document":"invoice","version":1,"lines":[{"id":"1","item":{"name":"one\ntwo\nthree"}}]}"#;
    let (read_in, _) = document(json);
    for release in ["D.96A", "D.14B"] {
        let (text, _) = written(&read_in, Target::Edifact(Some(release)));
        let invoice = Invoice::try_from(&document(&text).0).unwrap();
        assert_eq!(invoice.lines[0].item.as_ref().unwrap().name.as_deref(), Some("one\ntwo\nthree"), "{text}");
    }
}

#[test]
fn cii_has_no_scheme_where_its_rules_allow_none() {
    let source =
        ubl("Invoice", "<cbc:CustomizationID schemeID=\"PEPPOL\">urn:x</cbc:CustomizationID><cbc:ID>1</cbc:ID>");
    let writing = write(&document(&source).0, Target::CII).unwrap();
    let text = String::from_utf8(writing.bytes).unwrap();
    assert!(text.contains("<ram:ID>urn:x</ram:ID>"), "{text}");
    assert!(writing.report.lost.iter().any(|entry| entry.value == "PEPPOL"), "{:?}", writing.report.lost);
}
