//! What real messages say in more than one way, each on the smallest document that shows it.

use karvan_mapping::{Reading, Target, read, write};
use karvan_model::{Document, Leaf, Part};

fn reading(message: &str, segments: &str) -> Reading {
    let source = format!("UNB+UNOC:3+SENDER+RECIPIENT+261114:0840+7'UNH+1+{message}:UN'{segments}UNT+9+1'UNZ+1+7'");
    read(source.as_bytes()).expect("a document").remove(0)
}

/// The values of a term, in the order of the document.
fn leaves<'d>(document: &'d Document, id: &str) -> Vec<&'d Leaf> {
    let term = document.kind.find(id).expect("a term");
    document.leaves().filter(|leaf| leaf.term == term).collect()
}

fn values(document: &Document, id: &str) -> Vec<String> {
    leaves(document, id).into_iter().map(|leaf| leaf.value.text().into_owned()).collect()
}

/// What was lost on the way there and back.
fn through(document: &Document, target: Target) -> (Document, Vec<String>) {
    let writing = write(document, target).expect("written");
    let lost = writing.report.lost.iter().map(|entry| entry.value.clone()).collect();
    (read(&writing.bytes).expect("a document").remove(0).document, lost)
}

/// The number of an article of the seller was read as one that a standard has given.
#[test]
fn an_item_number_in_the_line_item_is_whose_its_code_says() {
    for (code, id) in [
        ("SA", "sellerIdentifier"),
        ("IN", "buyerIdentifier"),
        ("MF", "manufacturerIdentifier"),
        ("UP", "standardIdentifier"),
    ] {
        let Reading { document, report, .. } = reading("ORDERS:D:96A", &format!("BGM+220+1+9'LIN+1++4711:{code}'"));
        assert_eq!(values(&document, &format!("lines.item.{id}")), ["4711"], "{code}");
        assert!(report.lost.is_empty(), "{code}");
    }
    let invoice = reading("INVOIC:D:96A", "BGM+380+1+9'LIN+1++4711:SA'").document;
    assert_eq!((values(&invoice, "BT-155"), values(&invoice, "BT-157")), (vec!["4711".to_owned()], vec![]));
}

#[test]
fn an_item_has_further_identifiers_with_their_kinds() {
    let document = reading("ORDERS:D:96A", "BGM+220+1+9'LIN+1'PIA+5+4711:SA+0393048799:IB'").document;
    let id = "lines.item.otherIdentifiers";
    let of_kind = |document: &Document| -> Vec<_> {
        let parts = leaves(document, id).into_iter();
        parts.map(|leaf| (leaf.value.text().into_owned(), leaf.value.part(Part::Scheme).map(str::to_owned))).collect()
    };
    let expected = [("0393048799".to_owned(), Some("IB".to_owned()))];
    assert_eq!(of_kind(&document), expected);
    for target in [Target::UBL, Target::Edifact(Some("D.01B"))] {
        let (back, lost) = through(&document, target);
        assert_eq!(of_kind(&back), expected, "{target:?} {lost:?}");
    }
}

#[test]
fn any_reference_is_a_document_of_its_kind() {
    let segments = "BGM+220+1+9'RFF+PD:99'DTM+171:20261101:102'RFF+ACD:7'LIN+1'RFF+PL:AUG93'DTM+171:20261102:102'";
    let Reading { document, report, .. } = reading("ORDERS:D:96A", segments);
    assert!(report.lost.is_empty());
    assert_eq!(values(&document, "documents.number"), ["99", "7"]);
    // ACD, any additional reference, says no more than that.
    assert_eq!(values(&document, "documents.referenceCode"), ["PD"]);
    assert_eq!(values(&document, "documents.issueDate"), ["2026-11-01"]);
    assert_eq!(values(&document, "lines.documents.referenceCode"), ["PL"]);
    assert_eq!(through(&document, Target::Edifact(Some("D.96A"))), (document, vec![]));
}

#[test]
fn quantities_and_days_of_the_order_may_have_the_general_code() {
    let document = reading("ORDERS:D:96A", "BGM+220+1+9'DTM+4:20261101:102'LIN+1'QTY+1:1000:PCE'").document;
    assert_eq!(values(&document, "issueDate"), ["2026-11-01"]);
    assert_eq!(values(&document, "lines.quantity"), ["1000"]);
    let both = reading("ORDERS:D:96A", "BGM+220+1+9'DTM+4:20261101:102'DTM+137:20261102:102'LIN+1'");
    assert_eq!(values(&both.document, "issueDate"), ["2026-11-02"], "the day of the message goes before");
    assert!(both.report.lost.iter().any(|entry| entry.value == "2026-11-01"));
}

#[test]
fn a_moment_keeps_its_time_zone() {
    let document = reading("ORDERS:D:01B", "BGM+220+1+9'DTM+137:202611011430?+00:303'LIN+1'").document;
    let time = |document: &Document| {
        leaves(document, "issueDate").first().and_then(|leaf| leaf.value.part(Part::Time)).map(str::to_owned)
    };
    assert_eq!(time(&document).as_deref(), Some("14:30:00Z"));
    for target in [Target::UBL, Target::Edifact(Some("D.01B"))] {
        assert_eq!(time(&through(&document, target).0).as_deref(), Some("14:30:00Z"), "{target:?}");
    }
}

#[test]
fn a_despatch_advice_counts_its_lines() {
    let document = reading("DESADV:D:96A", "BGM+351+1+9'DTM+358:20261103:102'CPS+1'LIN+1'QTY+12:4'CNT+2:1'").document;
    assert_eq!(values(&document, "lineCount"), ["1"]);
    assert_eq!(values(&document, "shipment.delivery.start"), ["2026-11-03"]);
    assert_eq!(values(&through(&document, Target::UBL).0, "lineCount"), ["1"]);
}

/// UNB says Latin-1 and the file is UTF-8: the name was written with two characters for the umlaut.
#[test]
fn utf8_that_nobody_declared_is_read_as_that() {
    for identifier in ["UNOA", "UNOC", "UNOE"] {
        let source = format!(
            "UNB+{identifier}:3+MÜHLE+RECIPIENT+261114:0840+7'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'\
             NAD+SU+++MÜHLE UND KÖHLER'LIN+1'UNS+S'UNT+6+1'UNZ+1+7'"
        );
        let document = read(source.as_bytes()).expect("a document").remove(0).document;
        assert_eq!(values(&document, "seller.name"), ["MÜHLE UND KÖHLER"], "{identifier}");
    }
}

/// An octet that no one can read became U+FFFD, and the report said nothing.
#[test]
fn a_value_that_means_nothing_in_its_repertoire_is_lost() {
    let mut source = b"UNB+UNOA:3+SENDER+RECIPIENT+261114:0840+7'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'NAD+SU+++M".to_vec();
    source.extend_from_slice(b"\xDCHLE++KARAJ'LIN+1'UNS+S'UNT+6+1'UNZ+1+7'");
    let Reading { document, report, .. } = read(&source).expect("a document").remove(0);
    assert_eq!(values(&document, "seller.name"), [""; 0]);
    assert_eq!(values(&document, "seller.address.city"), ["KARAJ"]);
    let [lost] = &report.lost[..] else { panic!("{:?}", report.lost) };
    assert_eq!((lost.value.as_str(), lost.reason.id()), ("M\u{FFFD}HLE", "octet-not-in-repertoire"));
    assert_eq!(lost.source.as_ref().map(|place| place.path.as_str()), Some("SG2/NAD[3035=SU]/C080/3036"));
}
