//! What the documents of customs must get right, each on the smallest document that shows it.

use karvan_mapping::{Entry, Reading, Target, Writing, read, write};
use karvan_model::Document;

/// An interchange of one message of this type and release with these segments.
fn interchange(message: &str, segments: &str) -> String {
    format!("UNB+UNOC:3+SENDER+RECIPIENT+261114:0840+7'UNH+1+{message}:D:96B:UN'{segments}UNT+9+1'UNZ+1+7'")
}

fn reading(source: &str) -> Reading {
    read(source.as_bytes()).expect("a document").remove(0)
}

/// The values of a term, in the order of the document.
fn values(document: &Document, id: &str) -> Vec<String> {
    let term = document.kind.find(id).expect("a term");
    document.leaves().filter(|leaf| leaf.term == term).map(|leaf| leaf.value.text().into_owned()).collect()
}

fn told(entries: &[Entry]) -> Vec<(&str, &str)> {
    entries.iter().filter_map(|entry| Some((entry.term?.id(), entry.value.as_str()))).collect()
}

fn text(writing: &Writing) -> &str {
    std::str::from_utf8(&writing.bytes).expect("UTF-8")
}

/// A customs declaration of UBL with only a number.
fn declaration(root: &str) -> String {
    format!(
        "<{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"><cbc:ID>7</cbc:ID></{root}>"
    )
}

#[test]
fn the_root_element_says_what_the_document_code_says() {
    for (root, code) in
        [("ImportCustomsDeclaration", "929"), ("ExportCustomsDeclaration", "830"), ("TransitCustomsDeclaration", "950")]
    {
        let read_in = reading(&declaration(root));
        assert_eq!(values(&read_in.document, "typeCode"), [code]);
        let message = write(&read_in.document, Target::Edifact(None)).expect("written");
        assert!(text(&message).contains(&format!("BGM+{code}+7'")), "{}", text(&message));
        let back = write(&reading(text(&message)).document, Target::UBL).expect("written");
        assert!(text(&back).contains(&format!("<{root} ")) && back.report.added.is_empty(), "{}", text(&back));
    }
}

#[test]
fn a_document_code_without_a_root_element_of_its_own_is_told() {
    let read_in = reading(&interchange("CUSDEC", "BGM+914+7'UNS+D'CST+1'UNS+S'"));
    let writing = write(&read_in.document, Target::UBL).expect("written");
    assert_eq!(told(&writing.report.lost), [("typeCode", "914")]);
    assert_eq!(told(&writing.report.added), [("typeCode", "929")]);
}

#[test]
fn the_sections_of_a_declaration_stand_between_their_controls() {
    let segments = "BGM+929+7'LOC+22+10100'UNS+D'CST+1'TAX+1+CUD+++:::5'UNS+S'CNT+5:1'TAX+3+CUD'MOA+161:12'";
    let read_in = reading(&interchange("CUSDEC", segments));
    assert!(read_in.report.lost.is_empty(), "{:?}", read_in.report.lost);
    assert_eq!(values(&read_in.document, "items.duties.rate"), ["5"]);
    assert_eq!(values(&read_in.document, "duties.amount"), ["12"]);
    let writing = write(&read_in.document, Target::Edifact(None)).expect("written");
    assert!(text(&writing).replace('\n', "").contains(segments), "{}", text(&writing));
}

#[test]
fn codes_of_an_item_are_told_by_their_lists_in_any_order() {
    let read_in = reading(&interchange("CUSDEC", "BGM+929+7'UNS+D'CST+1+4000:117+300:116+84137010:122+A9'UNS+S'"));
    let of = |id| values(&read_in.document, id);
    assert_eq!(of("items.commodityCode"), ["84137010"]);
    assert_eq!(of("items.procedureCode"), ["4000"]);
    assert_eq!(of("items.preferenceCode"), ["300"]);
    assert_eq!(of("items.codes"), ["A9"]);
    assert!(read_in.report.lost.is_empty(), "{:?}", read_in.report.lost);
}

#[test]
fn an_amount_without_a_currency_keeps_none() {
    let read_in = reading(&interchange("CUSDEC", "BGM+929+7'UNS+D'CST+1'MOA+40:512000'UNS+S'"));
    let writing = write(&read_in.document, Target::UBL).expect("written");
    assert!(
        text(&writing).contains("<cbc:DeclaredCustomsValueAmount currencyID=\"XXX\">512000<"),
        "{}",
        text(&writing)
    );
    let back = write(&reading(text(&writing)).document, Target::Edifact(None)).expect("written");
    assert!(text(&back).contains("MOA+40:512000'"), "{}", text(&back));
}

#[test]
fn a_further_transport_document_is_no_reference_of_a_party() {
    let segments = "BGM+785+7'CNI+1'RFF+BM:A'NAD+CN+++ONE'GID+1'RFF+BM:B'NAD+CN+++TWO'GID+1'";
    let mut read_in = reading(&interchange("CUSCAR", segments));
    assert_eq!(values(&read_in.document, "consignments.bills.number"), ["A", "B"]);
    // UBL has a consignment for each of them; without goods there, an item stands for them.
    let manifest = write(&read_in.document, Target::UBL).expect("written");
    read_in = reading(&text(&manifest).replace("<cbc:SequenceNumberID>1</cbc:SequenceNumberID>", ""));
    let writing = write(&read_in.document, Target::Edifact(None)).expect("written");
    let again = reading(text(&writing));
    assert_eq!(values(&again.document, "consignments.bills.number"), ["A", "B"], "{}", text(&writing));
    assert_eq!(values(&again.document, "consignments.bills.consignee.name"), ["ONE", "TWO"]);
    assert_eq!(told(&writing.report.added).iter().filter(|(id, _)| id.ends_with("goodsItems.number")).count(), 2);
}

#[test]
fn what_goods_are_worth_and_where_they_are_from_goes_both_ways() {
    let goods = "CNI+1'RFF+BM:B1'GID+1'MOA+66:900:EUR'MOA+40:950:EUR'MOA+123:940:EUR'CST++4000:117+T1:120'LOC+27+IR'";
    let source = interchange("CUSCAR", &format!("BGM+85+7+9'{goods}")).replace("D:96B", "D:21B");
    let Reading { document, report, .. } = reading(&source);
    assert_eq!(told(&report.lost), []);
    let term = |name: &str| format!("consignments.bills.goodsItems.{name}");
    let all = ["value", "customsValue", "statisticalValue", "procedureCode", "statusCode", "originCountryCode"];
    let said = |document: &Document| all.map(|name| values(document, &term(name)).concat());
    assert_eq!(said(&document), ["900", "950", "940", "4000", "T1", "IR"]);
    let manifest = write(&document, Target::UBL).expect("a manifest");
    assert_eq!(said(&reading(text(&manifest)).document), said(&document));

    let goods = "UNS+D'CST+1'MEA+AAE+AAW+MTQ:2.5'MOA+44:800:EUR'MOA+157:850:EUR'MOA+67:9:EUR'UNS+S'";
    let document = reading(&interchange("CUSDEC", &format!("BGM+929+7+9'{goods}"))).document;
    let said = |document: &Document| {
        ["items.grossVolume", "items.carriageValue", "items.insuranceValue"].map(|id| values(document, id).concat())
    };
    assert_eq!(said(&document), ["2.5", "800", "850"]);
    assert_eq!(values(&document, "items.adjustments.typeCode"), ["67"]);
    let declaration = write(&document, Target::UBL).expect("a declaration");
    assert_eq!(said(&reading(text(&declaration)).document), said(&document));
}
