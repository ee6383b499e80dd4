//! What real messages say in more than one way, each on the smallest document that shows it.

mod messages;

use karvan_mapping::{Entry, Reading, Target, read, write};
use karvan_model::{Document, Part};

use messages::{leaves, reading, through, values};

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

/// What is to come when and where stood in ORDERS, and nothing of it in the document.
#[test]
fn a_line_may_be_split_over_places_and_over_time() {
    let splits = "LOC+7+4012345000016::9'QTY+11:24'DTM+2:20261113:102'LOC+7+4012345000023::9'QTY+11:16'";
    let schedule = "SCC+1++W'QTY+21:10'DTM+2:20261201:102'QTY+21:30'";
    for release in ["96A", "01B"] {
        let segments = format!("BGM+220+1+9'LIN+1++4711:SA'QTY+21:40'{splits}{schedule}UNS+S'");
        let Reading { document, report, .. } = reading(&format!("ORDERS:D:{release}"), &segments);
        assert!(report.lost.is_empty(), "{release}: {:?}", report.lost);
        assert_eq!(values(&document, "lines.quantity"), ["40"], "a part is no whole");
        assert_eq!(values(&document, "lines.splits.quantity"), ["24", "16"]);
        assert_eq!(values(&document, "lines.splits.location.identifier"), ["4012345000016", "4012345000023"]);
        assert_eq!(values(&document, "lines.splits.date"), ["2026-11-13"]);
        assert_eq!(values(&document, "lines.schedules.frequencyCode"), ["W"]);
        assert_eq!(values(&document, "lines.schedules.splits.quantity"), ["10", "30"]);
        // UBL has a delivery for each part, and no word for a schedule.
        let (back, _) = through(&document, Target::UBL);
        for id in ["lines.splits.quantity", "lines.splits.location.identifier", "lines.splits.date"] {
            assert_eq!(values(&back, id), values(&document, id), "{id}");
        }
        assert_eq!(through(&document, Target::Edifact(Some("D.21B"))).1, [] as [&str; 0]);
    }
}

#[test]
fn a_description_may_be_coded_or_one_of_a_characteristic() {
    // 7081 has a segment of its own up to D.96B, and a composite (C272) later.
    let segments = "BGM+220+1+9'LIN+1'IMD+C++TU::9'IMD+F++:::Ink'IMD+F+35+:::blue'IMD+C+98+12:::'";
    let Reading { document, report, .. } = reading("ORDERS:D:96A", segments);
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert_eq!(values(&document, "lines.item.name"), ["Ink"]);
    assert_eq!(values(&document, "lines.item.natureCode"), ["TU"]);
    assert_eq!(values(&document, "lines.item.characteristics.code"), ["35", "98"]);
    assert_eq!(values(&document, "lines.item.characteristics.value"), ["blue"]);
    assert_eq!(values(&document, "lines.item.characteristics.valueCode"), ["12"]);
    assert_eq!(through(&document, Target::Edifact(Some("D.96A"))), (document.clone(), vec![]));
    let (back, lost) = through(&document, Target::Edifact(Some("D.01B")));
    assert_eq!(values(&back, "lines.item.characteristics.value"), ["blue"]);
    assert_eq!(lost, ["C", "TU", "9", "12"], "D.01B has a list of its own for 7009");
    let (back, _) = through(&document, Target::UBL);
    assert_eq!(values(&back, "lines.item.natureCode"), ["TU"]);
    assert_eq!(values(&back, "lines.item.characteristics.value"), ["blue"]);
}

/// Only the first of several would have been read, as if it were the name: a library orders by author and title.
#[test]
fn a_characteristic_with_a_code_of_ones_own_is_not_the_name() {
    let document = reading("ORDERS:D:96A", "BGM+220+1+9'LIN+1'IMD+F+BAU+:::Hafez'IMD+F+BTI+:::Divan'").document;
    assert_eq!(values(&document, "lines.item.name"), [] as [&str; 0]);
    assert_eq!(values(&document, "lines.item.characteristics.value"), ["Hafez", "Divan"]);
    // The list of D.01B lacks both codes; what they tell is lost with them, and does not become the name.
    let (back, lost) = through(&document, Target::Edifact(Some("D.01B")));
    assert_eq!(values(&back, "lines.item.name"), [] as [&str; 0]);
    assert_eq!(lost, ["BAU", "Hafez", "BTI", "Divan"]);
    let (back, lost) = through(&document, Target::UBL);
    assert_eq!(values(&back, "lines.item.characteristics.code"), ["BAU", "BTI"]);
    // UBL has no function of an order.
    assert_eq!(lost, ["9"]);
}

#[test]
fn what_else_stands_in_an_order_is_read() {
    let head = "FTX+ZZZ+1+001::91'CUX+2:TRY:9+3:EUR:4+35.2'TDT+20++30+31'";
    let line = "LIN+1++1022:SRS'QTY+21:5'QTY+192:1'PRI+AAA:12:CT:AAE'RFF+LI:77/1'PAC+2+:51+CS'PCI+14'";
    let Reading { document, report, .. } = reading("ORDERS:D:96A", &format!("BGM+220+1+9'{head}{line}UNS+S'"));
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    for (id, value) in [
        ("notes.code", "001"),
        ("notes.functionCode", "1"),
        ("currencyCode", "TRY"),
        ("exchangeRate.targetCurrencyCode", "EUR"),
        ("exchangeRate.rate", "35.2"),
        ("shipment.stages.modeCode", "30"),
        ("lines.number", "1"),
        ("lines.documents.number", "77/1"),
        ("lines.documents.referenceCode", "LI"),
        ("lines.otherQuantities.typeCode", "192"),
        ("lines.price.basisCode", "CT"),
        ("lines.price.typeCode", "AAE"),
        ("lines.packages.quantity", "2"),
        ("lines.packages.informationCode", "51"),
        ("lines.packages.markings.instructionsCode", "14"),
    ] {
        assert_eq!(values(&document, id), [value], "{id}");
    }
    let scheme = leaves(&document, "lines.item.standardIdentifier")[0].value.part(Part::Scheme).map(str::to_owned);
    assert_eq!(scheme.as_deref(), Some("SRS"));
    assert_eq!(through(&document, Target::Edifact(Some("D.96A"))), (document.clone(), vec![]));
    let (back, _) = through(&document, Target::UBL);
    assert_eq!(values(&back, "shipment.stages.modeCode"), ["30"]);
    assert_eq!(values(&back, "lines.documents.referenceCode"), ["LI"]);
}

/// Parties with a function of their own were lost: a shipper of a despatch advice, the two sides of an exchange of energy data.
#[test]
fn any_party_is_one_with_its_function() {
    let parties = "NAD+BY+4012345000016::9'NAD+MS+4012345000023::9'CTA+IC+:Einkauf'NAD+MR+9900357000004::293'";
    for (message, head) in
        [("ORDERS:D:09B", "BGM+Z12+1'"), ("ORDRSP:D:10A", "BGM+Z19+1'"), ("DESADV:D:96A", "BGM+351+1'")]
    {
        let Reading { document, report, .. } = reading(message, &format!("{head}{parties}"));
        assert!(report.lost.is_empty(), "{message}: {:?}", report.lost);
        assert_eq!(values(&document, "otherParties.functionCode"), ["MS", "MR"]);
        assert_eq!(values(&document, "otherParties.party.identifiers"), ["4012345000023", "9900357000004"]);
        assert_eq!(values(&document, "otherParties.party.contact.name"), ["Einkauf"]);
    }
    // A shipper (SH, of EANCOM) was written as a party without its function, which is mandatory.
    let shipper = "BGM+351+1+9'NAD+SH+4012345000016::9'";
    let (back, lost) = through(&reading("DESADV:D:96A", shipper).document, Target::Edifact(Some("D.96A")));
    assert_eq!((values(&back, "otherParties.party.identifiers").len(), lost.len()), (0, 3), "{lost:?}");
}

/// Order-X wants the sum of the lines (`LineTotalAmount`, `TaxBasisTotalAmount`, each 1..1) of orders that tell none.
#[test]
fn the_sum_of_an_order_follows_from_lines_that_all_have_an_amount() {
    let order = |lines: &str| {
        let charge = "ALC+C'MOA+8:5'";
        reading("ORDERS:D:96A", &format!("BGM+220+1+9'CUX+2:EUR:9'{charge}{lines}UNS+S'")).document
    };
    let document = order("LIN+1'MOA+203:10.50'LIN+2'MOA+203:20'");
    let writing = write(&document, Target::CIO).expect("written");
    let computed = writing.report.added.iter().filter(|entry| entry.reason.id() == "mapping-computed");
    let computed: Vec<_> = computed.map(|entry| (entry.term.unwrap().id(), entry.value.as_str())).collect();
    assert_eq!(computed, [("totals.lines", "30.50"), ("totals.withoutVat", "35.50")]);
    let text = String::from_utf8(writing.bytes).unwrap();
    assert!(text.contains("<ram:TaxBasisTotalAmount>35.50<"), "{text}");
    // An amount that is missing is none of nothing, and rials are no euros.
    for lines in ["LIN+1'MOA+203:10'LIN+2'", "LIN+1'MOA+203:10'LIN+2'MOA+203:20:IRR'", ""] {
        let writing = write(&order(lines), Target::CIO).expect("written");
        assert!(!String::from_utf8_lossy(&writing.bytes).contains("TaxBasisTotalAmount"), "{lines}");
    }
}

/// A reference that opens no group of its own found no place.
#[test]
fn what_the_last_release_has_a_place_for_comes_back() {
    let lines = r#""lines":[{"number":"1","item":{"name":"Ink","brand":"Rang","model":"R-7","specifications":[{"number":"S-1"}]}}]"#;
    let source =
        format!(r#"{{"document":"price-catalogue","version":1,"number":"7","issueDate":"2026-11-14",{lines}}}"#);
    let document = read(source.as_bytes()).expect("a document").remove(0).document;
    let (back, lost) = through(&document, Target::Edifact(Some("D.21B")));
    assert!(lost.is_empty(), "{lost:?}");
    for (id, value) in [("brand", "Rang"), ("model", "R-7"), ("specifications.number", "S-1")] {
        assert_eq!(values(&back, &format!("lines.item.{id}")), [value]);
    }
    // The list of D.96A has neither code.
    assert_eq!(through(&document, Target::Edifact(Some("D.96A"))).1[..2], ["Rang", "R-7"]);
}

/// A document in Karvan's JSON: its kind and the members besides.
fn made(kind: &str, members: &str) -> Document {
    let source = format!(r#"{{"document":"{kind}","version":1,{members}}}"#);
    read(source.as_bytes()).expect("a document").remove(0).document
}

/// A second line of an address, a measure without a unit, a text behind another one: where the directory asks for something
/// beside them that is not there, they made the message invalid (E2013).
#[test]
fn what_stands_only_beside_something_is_lost_without_it() {
    let told = |document: &Document, release| {
        let writing = write(document, Target::Edifact(Some(release))).expect("written");
        let lost = writing.report.lost.iter();
        let lost: Vec<_> =
            lost.map(|entry| (entry.value.clone(), entry.reason.id(), format!("{:?}", entry.reason))).collect();
        (String::from_utf8_lossy(&writing.bytes).into_owned(), lost)
    };
    let address = made("order", r#""buyer":{"name":"Darya","address":{"line2":"Second floor"}}"#);
    let (text, lost) = told(&address, "D.96A");
    assert!(text.contains("NAD+BY+++Darya'"), "{text}");
    assert!(lost.len() == 1 && lost[0].1 == "mapping-beside" && lost[0].2.contains("3042"), "{lost:?}");
    // The process of an invoice is too long for its code, and its text stands behind that of the specification.
    let process = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";
    let invoice = |specification: &str| {
        let number = r#""number":"1","issueDate":"2026-03-21","typeCode":"380","currencyCode":"EUR""#;
        made("invoice", &format!(r#"{number},"process":{{"businessProcess":"{process}"{specification}}}"#))
    };
    for (specification, is_lost) in [("", true), (r#","specification":"urn:cen.eu:en16931:2017""#, false)] {
        let (text, lost) = told(&invoice(specification), "D.14B");
        assert_eq!((!text.contains("FTX+DOC"), lost.len()), (is_lost, usize::from(is_lost)), "{lost:?} {text}");
    }
    // With its qualifier a party goes, and a contact that would else stand alone for it.
    let shipper = r#""otherParties":[{"functionCode":"Q9","party":{"name":"Darya","contact":{"name":"Shirin"}}}]"#;
    let (text, lost) = told(&made("dangerous-goods-notification", shipper), "D.01B");
    assert!(!text.contains("NAD") && !text.contains("CTA"), "{text}");
    assert_eq!(lost.iter().map(|(value, ..)| value.as_str()).collect::<Vec<_>>(), ["Q9", "Darya", "Shirin"]);
    // A unit that is not told is none of EDIFACT's to make up; D.21B can do without.
    let dimension = r#""lines":[{"item":{"dimensions":[{"attributeCode":"LN","measure":{"value":"7"}}]}}]"#;
    assert_eq!(told(&made("order-change", dimension), "D.96A").1.len(), 1);
    // D5(040,030) of TDT: what kind of means it is stands beside the mode.
    let means = r#""shipment":{"stages":[{"meansTypeCode":"31"}]}"#;
    let (text, lost) = told(&made("order", means), "D.21B");
    assert!(lost.len() == 1 && lost[0].2.contains("C220"), "{lost:?} {text}");
}

/// A temperature of IFTMIN has three digits, no less (`n3`): `7` was written as it is, and was a finding (E2040).
#[test]
fn a_number_of_a_fixed_length_is_filled_with_zeros() {
    let temperature = |value: &str| {
        let temperatures = format!(r#""temperatures":[{{"typeCode":"2","value":{{"value":"{value}","unit":"CEL"}}}}]"#);
        made("forwarding-instruction", &format!(r#""consignment":{{"goodsItems":[{{{temperatures}}}]}}"#))
    };
    for (value, written) in [("7", "TMP+2+007:CEL'"), ("-18", "TMP+2+-018:CEL'"), ("120", "TMP+2+120:CEL'")] {
        let writing = write(&temperature(value), Target::Edifact(Some("D.96A"))).expect("written");
        let text = String::from_utf8_lossy(&writing.bytes);
        assert!(text.contains(written), "{text}");
        let changed = writing.report.changed.iter().map(|entry| entry.reason.id());
        assert_eq!(changed.count(), usize::from(value != "120"));
    }
}

/// The reference of a declaration without its qualifier was written without it, though the directory wants one.
#[test]
fn references_and_documents_of_customs_without_a_code_have_one() {
    let members = r#""references":[{"number":"R-7"}],"documents":[{"number":"D-7"}]"#;
    let (back, lost) = through(&made("goods-declaration", members), Target::Edifact(Some("D.96B")));
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(values(&back, "references.number"), ["R-7"]);
    assert_eq!(values(&back, "references.referenceCode").len(), 0);
    assert_eq!(values(&back, "documents.number"), ["D-7"]);
    assert_eq!(values(&back, "documents.typeCode"), ["916"], "a related document");
}

/// EFI of INVOIC D.14B stood without its mandatory C077 where a supporting document has no description.
#[test]
fn a_supporting_document_without_a_description_stands_in_invoic() {
    let number = r#""number":"1","issueDate":"2026-03-21","typeCode":"380","currencyCode":"EUR""#;
    let document = made("invoice", &format!(r#"{number},"supportingDocuments":[{{"reference":"D1"}}]"#));
    let text = write(&document, Target::Edifact(Some("D.14B"))).expect("written").bytes;
    assert!(String::from_utf8_lossy(&text).contains("EFI+"));
    let (back, lost) = through(&document, Target::Edifact(Some("D.14B")));
    assert_eq!((values(&back, "BT-122"), values(&back, "BT-123").len(), lost.len()), (vec!["D1".to_owned()], 0, 0));
}

/// An empty string was a value, which was left out in silence wherever it was written.
#[test]
fn an_empty_string_says_nothing_and_is_told() {
    let json = r#"{"document":"order","version":1,"number":"","notes":[{"text":"a"},{"text":" "}],"buyer":{"identifiers":[{"value":"7","scheme":""},{"value":"","scheme":"0088"}]}}"#;
    let reading = read(json.as_bytes()).expect("an order").remove(0);
    let values: Vec<_> = reading.document.leaves().map(|leaf| (leaf.value.text(), leaf.value.parts.len())).collect();
    assert_eq!(values, [("a".into(), 0), ("7".into(), 0)]);
    let told = |entries: &[Entry]| entries.iter().map(|entry| entry.value.clone()).collect::<Vec<_>>();
    assert_eq!(told(&reading.report.form), ["", " ", ""]);
    assert_eq!(told(&reading.report.lost), [r#"{"value":"","scheme":"0088"}"#]);
}

#[test]
fn a_note_of_the_subject_of_another_term_stands_apart_and_is_not_mistaken() {
    let long = "word ".repeat(150);
    let json = format!(
        r#"{{"document":"invoice","version":1,"notes":[{{"subjectCode":"REG","text":"a note about rules"}},{{"text":"b"}},
        {{"subjectCode":"AAB","text":"{}"}}],"paymentTerms":"30 days","seller":{{"name":"A","legalInformation":"Amtsgericht B"}}}}"#,
        long.trim_end()
    );
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    for release in ["D.96A", "D.01B", "D.14B"] {
        let writing = write(&document, Target::Edifact(Some(release))).expect("written");
        assert!(writing.report.lost.is_empty() && writing.report.changed.is_empty(), "{:?}", writing.report);
        let text = String::from_utf8_lossy(&writing.bytes).into_owned();
        assert!(text.contains("FTX+REG+4++a note about rules'") && text.contains("FTX+REG+++Amtsgericht B'"), "{text}");
        let back = read(text.as_bytes()).expect("a message").remove(0).document;
        assert_eq!(values(&back, "BT-22"), ["a note about rules", "b", long.trim_end()]);
        assert_eq!(values(&back, "BT-20"), ["30 days"]);
        assert_eq!(values(&back, "BT-33"), ["Amtsgericht B"]);
    }
}

/// A class by the code of a seller's article numbers came back as the number of the article.
#[test]
fn a_classification_does_not_come_back_as_the_number_of_the_article() {
    for (code, releases) in [("SA", &["D.14B"][..]), ("HS", &["D.96A", "D.01B", "D.14B"])] {
        let json = format!(
            r#"{{"document":"invoice","version":1,"lines":[{{"item":{{"classifications":[{{"value":"7318","scheme":"{code}"}}]}}}}]}}"#
        );
        let document = read(json.as_bytes()).expect("a document").remove(0).document;
        for release in ["D.96A", "D.01B", "D.14B"] {
            let (back, lost) = through(&document, Target::Edifact(Some(release)));
            assert_eq!(!values(&back, "BT-158").is_empty(), releases.contains(&release), "{release} {lost:?}");
            assert!(values(&back, "BT-155").is_empty(), "{release} {lost:?}");
        }
    }
}

/// The packages of goods in a segment of their own, as manifests of trucks have them, were lost.
#[test]
fn packages_of_a_cargo_report_stand_with_the_goods_or_behind_them() {
    let segments = "BGM+85+4711+9'CNI+1'RFF+BM:B1'GID+1+3:CT'PAC+158++COL'GID+2'PAC+2++PK'";
    let document = reading("CUSCAR:D:03B", segments).document;
    let told = |document: &Document| {
        ["quantity", "typeCode"].map(|id| values(document, &format!("consignments.bills.goodsItems.packages.{id}")))
    };
    let expected = [["3", "158", "2"], ["CT", "COL", "PK"]].map(|values| values.map(str::to_owned).to_vec());
    assert_eq!(told(&document), expected);
    for target in [Target::Edifact(Some("D.03B")), Target::UBL] {
        let (back, lost) = through(&document, target);
        assert_eq!(told(&back), expected, "{target:?} {lost:?}");
    }
    // The goods have room for few kinds of packages: five in D.03B. Older releases have no other place.
    let many: String = (1..=8).map(|number| format!("PAC+{number}++PK'")).collect();
    let document = reading("CUSCAR:D:03B", &format!("BGM+85+4711+9'CNI+1'RFF+BM:B1'GID+1'{many}")).document;
    let (back, lost) = through(&document, Target::Edifact(Some("D.03B")));
    assert_eq!((told(&back), lost), (told(&document), vec![]));
}

/// Despatch advices of EANCOM say that a package is marked with its SSCC (33E) and whose code its type is: both were lost.
#[test]
fn packages_of_eancom_are_read_whole() {
    let segments =
        "BGM+351+DA1+9'CPS+1'PAC+1++201::9'PCI+33E'GIN+BJ+354107380000001051'PAC+20++CT'LIN+1++5410738000152:EN'";
    for message in ["DESADV:D:96A", "DESADV:D:01B"] {
        let Reading { document, report, .. } = reading(message, segments);
        assert!(report.lost.is_empty(), "{message} {:?}", report.lost);
        assert_eq!(values(&document, "packings.packages.identifiers"), ["354107380000001051"]);
        let agencies = |document: &Document| -> Vec<_> {
            let types = leaves(document, "packings.packages.typeCode").into_iter();
            types
                .map(|code| (code.value.text().into_owned(), code.value.part(Part::Scheme).map(str::to_owned)))
                .collect()
        };
        let expected = [("201".to_owned(), Some("9".to_owned())), ("CT".to_owned(), None)];
        assert_eq!(agencies(&document), expected, "{message}");
        for target in [Target::Edifact(Some("D.96A")), Target::Edifact(Some("D.21B")), Target::UBL] {
            let (back, lost) = through(&document, target);
            assert_eq!(agencies(&back), expected, "{message} {target:?} {lost:?}");
            assert_eq!(values(&back, "packings.packages.identifiers"), ["354107380000001051"], "{target:?} {lost:?}");
        }
    }
}

/// The day of an event (78) and that on which it takes effect (7) are those of a status where nothing else is.
#[test]
fn a_status_has_the_day_of_its_event() {
    for qualifier in ["334", "78", "7"] {
        let segments = format!("BGM+23+S1+9'CNI+1'LOC+14+:::WENDLINGEN'STS+1+21'DTM+{qualifier}:20160714173746:204'");
        let Reading { document, report, .. } = reading("IFTSTA:D:07B", &segments);
        assert!(report.lost.is_empty(), "{qualifier} {:?}", report.lost);
        assert_eq!(values(&document, "consignments.statuses.date"), ["2016-07-14"]);
    }
}

/// Of a goods declaration any other party, and the days of references and documents, were lost.
#[test]
fn a_goods_declaration_has_other_parties_and_the_days_of_its_references() {
    let segments = "BGM+929+LRN+9'CST++4000:105'RFF+BH:HB1'DTM+137:20160506:102'DOC+380+INV1'DTM+3:20160118:102'\
                    NAD+AG+00505655'NAD+MS+TST'UNS+D'CST+1+84501290:122'UNS+S'";
    let document = reading("CUSDEC:D:96B", segments).document;
    let told = |document: &Document| {
        let ids = [
            "otherParties.functionCode",
            "otherParties.party.identifiers",
            "references.issueDate",
            "documents.issueDate",
        ];
        ids.map(|id| values(document, id).join(" "))
    };
    let expected = ["AG MS", "00505655 TST", "2016-05-06", "2016-01-18"];
    assert_eq!(told(&document), expected);
    for release in ["D.96B", "D.21B"] {
        let (back, lost) = through(&document, Target::Edifact(Some(release)));
        assert_eq!(told(&back), expected, "{release} {lost:?}");
    }
}

/// Carriers stand with the transport (TDT) as often as alone.
#[test]
fn a_carrier_stands_with_the_transport_or_alone() {
    for (message, lines) in [("DESADV:D:96A", "CPS+1'LIN+1'"), ("RECADV:D:96A", "CPS+1'LIN+1'")] {
        let carriers = ["TDT+20++30+31+5411234512309::9:ACME LOGISTICS'", "NAD+CA+5411234512309::9++ACME LOGISTICS'"];
        for carrier in carriers {
            // Parties come before the transport.
            let segments = format!("BGM+351+DA1+9'NAD+SU+5412345000013::9'{carrier}{lines}");
            let Reading { document, report, .. } = reading(message, &segments);
            assert!(report.lost.is_empty(), "{segments} {:?}", report.lost);
            let told = |document: &Document| {
                ["identifiers", "name"].map(|id| values(document, &format!("shipment.carrier.{id}")).join(" "))
            };
            let expected = ["5411234512309", "ACME LOGISTICS"];
            assert_eq!(told(&document), expected, "{segments}");
            for target in [Target::Edifact(Some("D.01B")), Target::UBL] {
                let (back, lost) = through(&document, target);
                assert_eq!(told(&back), expected, "{segments} {target:?} {lost:?}");
            }
        }
    }
}

/// EANCOM says from when to when a catalogue holds by DTM+194 and DTM+206.
#[test]
fn a_catalogue_holds_from_a_day_to_another() {
    let segments = "BGM+9+C1+9'DTM+194:20201110:102'DTM+206:20210509:102'PGI+2'LIN+1++5715021128903:EN'";
    let Reading { document, report, .. } = reading("PRICAT:D:01B", segments);
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert_eq!(
        ["start", "end"].map(|id| values(&document, &format!("validity.{id}")).join("")),
        ["2020-11-10", "2021-05-09"]
    );
}

/// Of a customs response any other party was lost, and the day of processing where it has no other.
#[test]
fn a_customs_response_has_other_parties_and_a_day() {
    let segments = "BGM+961+R1+11'DTM+9:20051108103504:204'NAD+MR+AAA374M::95'NAD+CM+66015286036::95'";
    let Reading { document, report, .. } = reading("CUSRES:D:99B", segments);
    assert!(report.lost.iter().all(|entry| entry.value == "95"), "{:?}", report.lost);
    assert_eq!(values(&document, "issueDate"), ["2005-11-08"]);
    assert_eq!(values(&document, "otherParties.functionCode"), ["MR"]);
    assert_eq!(values(&through(&document, Target::Edifact(Some("D.96B"))).0, "otherParties.functionCode"), ["MR"]);
}

/// Addresses beside a name that are in no form (C058) were lost.
#[test]
fn what_stands_beside_a_name_in_no_form_is_an_address() {
    let segments = "BGM+220+1+9'NAD+BY++Havenweg 1:3011 Rotterdam:Nederland+Afzender BV'\
                    NAD+SU++Spijkerweg 2+Ontvanger BV+Kade 4'LIN+1++4711:SA'";
    let Reading { document, report, .. } = reading("ORDERS:D:96A", segments);
    let lines = |document: &Document, party: &str| {
        ["line1", "line2", "line3"].map(|line| values(document, &format!("{party}.address.{line}")).join(""))
    };
    let expected = [["Havenweg 1", "3011 Rotterdam", "Nederland"], ["Kade 4", "", ""]];
    assert_eq!([lines(&document, "buyer"), lines(&document, "seller")], expected);
    // Where the street stands in its place, what else there is says nothing that is known.
    assert_eq!(report.lost.iter().map(|entry| entry.value.as_str()).collect::<Vec<_>>(), ["Spijkerweg 2"]);
    let (back, lost) = through(&document, Target::Edifact(Some("D.01B")));
    assert_eq!([lines(&back, "buyer"), lines(&back, "seller")], expected, "{lost:?}");
}

/// The fourth line of an address was lost, but in invoices, where a long first one goes on in it.
#[test]
fn an_address_has_four_lines() {
    for (message, release, code, party, line) in [
        ("ORDERS:D:01B", "D.01B", "220", "BY", "buyer.address.line3"),
        ("REMADV:D:96A", "D.96A", "481", "PE", "payee.address.line3"),
    ] {
        let segments = format!("BGM+{code}+1+9'NAD+{party}+++Nordlys AS+Havnegata:Bygg 2:3:a+Bergen++5003+NO'");
        let Reading { document, report, .. } = reading(message, &segments);
        assert_eq!(values(&document, line), ["3\na"], "{message}");
        assert!(report.lost.is_empty(), "{:?}", report.lost);
        let (back, _) = through(&document, Target::Edifact(Some(release)));
        assert_eq!(values(&back, line), ["3\na"], "{message}");
    }
}

/// The seat of a party, which most orders of UBL tell beside its address, was lost.
#[test]
fn a_registered_address_is_the_place_of_registration() {
    let segments = "BGM+220+1+9'NAD+BY+++Nordlys AS+Havnegata 3+Bergen++5003+NO'LOC+89+:::Oslo+NO'LIN+1++4711:SA'";
    let Reading { document, report, .. } = reading("ORDERS:D:01B", segments);
    let seat = |document: &Document| {
        ["city", "countryCode"].map(|member| values(document, &format!("buyer.legalAddress.{member}")).join(""))
    };
    assert_eq!((seat(&document), report.lost.len()), (["Oslo".to_owned(), "NO".to_owned()], 0));
    for release in ["D.96A", "D.01B"] {
        assert_eq!(seat(&through(&document, Target::Edifact(Some(release))).0), ["Oslo", "NO"], "{release}");
    }
}

/// What a currency is for (6343), as it is in messages of this kind or of the next, was lost; quotes have discrete quantities.
#[test]
fn a_currency_is_that_of_the_document_whatever_it_is_for() {
    for (message, start, purposes) in [
        ("QUOTES:D:96A", "BGM+310+1+9'", &["8", "12", "9"][..]),
        ("REQOTE:D:96A", "BGM+311+1+9'", &["8", "12"]),
        ("ORDERS:D:96A", "BGM+220+1+9'", &["9", "4", "11"]),
        ("REMADV:D:96A", "BGM+481+1+9'", &["11", "9", "4"]),
    ] {
        for purpose in purposes {
            let Reading { document, report, .. } = reading(message, &format!("{start}CUX+2:GBP:{purpose}'"));
            assert!(report.lost.is_empty(), "{message} {purpose} {:?}", report.lost);
            assert_eq!(values(&document, "currencyCode"), ["GBP"]);
        }
    }
    let document = reading("QUOTES:D:96A", "BGM+310+1+9'LIN+1++9780330258647:EN'QTY+1:2'").document;
    assert_eq!(values(&document, "lines.quantity"), ["2"]);
}

/// Days with a time whose code is that of days, and the other way round, were lost.
#[test]
fn a_day_is_read_though_its_format_is_another() {
    for (date, value) in
        [("202104220000:102", "2021-04-22"), ("20210422:203", "2021-04-22"), ("20210422093011:102", "2021-04-22")]
    {
        let Reading { document, report, .. } = reading("ORDERS:D:01B", &format!("BGM+220+1+9'DTM+137:{date}'"));
        assert_eq!(values(&document, "issueDate"), [value]);
        assert!(report.lost.is_empty(), "{:?}", report.lost);
        let changed: Vec<_> = report.changed.iter().map(|entry| (entry.value.as_str(), entry.reason.id())).collect();
        assert_eq!(changed, [(date.split(':').next().unwrap_or_default(), "mapping-date-format")]);
    }
    let no_day = reading("ORDERS:D:01B", "BGM+220+1+9'DTM+137:202113220000:102'");
    assert_eq!(values(&no_day.document, "issueDate"), Vec::<String>::new());
    assert!(no_day.report.lost.iter().any(|entry| entry.value == "202113220000"));
}

/// An invoice of what was despatched had no quantities.
#[test]
fn an_invoice_may_be_of_what_was_despatched() {
    let line = |quantities: &str| reading("INVOIC:D:97A", &format!("BGM+380+1+9'LIN+1++4711:IN'{quantities}"));
    let told = |reading: &Reading| reading.report.added.iter().map(|entry| entry.value.clone()).collect::<Vec<_>>();
    let despatched = line("QTY+12:54:PCE'");
    assert_eq!(
        (values(&despatched.document, "BT-129"), told(&despatched)),
        (vec!["54".to_owned()], vec!["54".to_owned()])
    );
    assert!(despatched.report.lost.is_empty(), "{:?}", despatched.report.lost);
    let both = line("QTY+12:54:PCE'QTY+47:50:PCE'");
    assert_eq!((values(&both.document, "BT-129"), told(&both)), (vec!["50".to_owned()], Vec::<String>::new()));
}

/// Messages give VAT numbers without the prefix that the identifiers of EN 16931 have (BR-CO-09).
#[test]
fn vat_numbers_have_the_prefix_of_their_country() {
    let read = |release: &str, country: &str, number: &str| {
        let party = format!("NAD+SU+++Nordlys AS+Havnegata 3+Bergen++5003+{country}'RFF+VA:{number}'");
        reading(&format!("INVOIC:{release}"), &format!("BGM+380+1+9'{party}"))
    };
    for (release, country, number, identifier) in [
        ("D:96A", "NO", "967611265MVA", "NO967611265MVA"),
        ("D:01B", "DE", "811234567", "DE811234567"),
        ("D:96A", "NO", "967611265", "967611265"),
        ("D:96A", "DE", "DE811234567", "DE811234567"),
        ("D:96A", "IR", "811234567", "811234567"),
    ] {
        let Reading { document, report, .. } = read(release, country, number);
        assert_eq!(values(&document, "BT-31"), [identifier], "{number} of {country}");
        let told: Vec<_> = report.changed.iter().map(|entry| (&*entry.value, entry.written.as_deref())).collect();
        let expected = if number == identifier { vec![] } else { vec![(number, Some(identifier))] };
        assert_eq!(told, expected, "{number} of {country}");
    }
}

/// UPC and EAN are both trade item numbers of GS1.
#[test]
fn trade_item_numbers_are_those_of_gs1() {
    for (release, code) in [("D:96A", "EN"), ("D:96A", "UP"), ("D:01B", "SRV"), ("D:01B", "UP"), ("D:14B", "UP")] {
        let segments = format!("BGM+380+1+9'LIN+1++036000291452:{code}'");
        let document = reading(&format!("INVOIC:{release}"), &segments).document;
        let article = document.leaves().find(|leaf| leaf.value.text() == "036000291452");
        assert_eq!(article.and_then(|leaf| leaf.value.part(Part::Scheme)), Some("0160"), "{code} in {release}");
    }
}

/// The scheme of an article that no code of list 7143 says was lost, and with it what BR-64 asks for.
#[test]
fn any_scheme_of_an_article_goes_along() {
    for (release, segments) in
        [("D:96A", "LIN+1++4711'RFF+GD:XR01'"), ("D:01B", "LIN+1++4711::XR01'"), ("D:14B", "LIN+1++4711::XR01'")]
    {
        let Reading { document, report, .. } =
            reading(&format!("INVOIC:{release}"), &format!("BGM+380+1+9'{segments}"));
        let article = document.leaves().find(|leaf| leaf.value.text() == "4711");
        assert_eq!(article.and_then(|leaf| leaf.value.part(Part::Scheme)), Some("XR01"), "{release}");
        assert!(report.lost.is_empty(), "{:?}", report.lost);
    }
}

/// The header and the trailer of a group of messages were told nowhere.
#[test]
fn what_stands_around_a_message_is_told() {
    let message = |number: u8| format!("UNH+{number}+ORDERS:D:96A:UN'BGM+220+{number}+9'UNT+3+{number}'");
    let source = format!(
        "UNB+UNOC:3+SENDER+RECIPIENT+261114:0840+7'UNG+ORDERS+A+B+261114:0840+1+UN+D:96A'{}{}UNE+2+1'\
         UNG+ORDERS+C+D+261114:0840+2+UN+D:96A'{}UNE+1+2'UNZ+2+7'",
        message(1),
        message(2),
        message(3)
    );
    let readings = read(source.as_bytes()).expect("documents");
    let paths = |reading: &Reading| -> Vec<_> {
        let form = reading.report.form.iter();
        form.map(|entry| (entry.source.as_ref().expect("a place").path.clone(), entry.value.clone())).collect()
    };
    let expected = |group: &str, end: &str, number: u8| -> Vec<(String, String)> {
        let segments = [
            "UNB+UNOC:3+SENDER+RECIPIENT+261114:0840+7".to_owned(),
            format!("UNG+ORDERS+{group}+UN+D:96A"),
            format!("UNH+{number}+ORDERS:D:96A:UN"),
            format!("UNT+3+{number}"),
            format!("UNE+{end}"),
            "UNZ+2+7".to_owned(),
        ];
        segments.map(|segment| (segment[..3].to_owned(), segment)).into()
    };
    let found: Vec<_> = readings.iter().map(paths).collect();
    let [first, last] = ["A+B+261114:0840+1", "C+D+261114:0840+2"];
    assert_eq!(found, [expected(first, "2+1", 1), expected(first, "2+1", 2), expected(last, "1+2", 3)]);
}
