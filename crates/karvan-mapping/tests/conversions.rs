//! Single things that conversions must get right, each on the smallest document that shows it.

use karvan_mapping::{
    Envelope, LossReport, Partners, Preparation, Purpose, ReadError, Target, Writing, read, read_xml_for, write,
    write_on, write_prepared, write_with,
};
use karvan_model::{Document, Invoice};
use karvan_text::Language;
use proptest::prelude::*;

/// An interchange of one INVOIC D.14B with these segments, and packages behind it.
fn interchange(segments: &str, packages: &str) -> String {
    format!(
        "UNA:+.? '\nUNB+UNOW:4+SENDER+RECIPIENT+20260321:0900+77'\nUNH+1+INVOIC:D:14B:UN::16B'\nBGM+380+R-17'\n\
         {segments}UNS+S'\nUNT+9+1'\n{packages}UNZ+1+77'\n"
    )
}

fn invoice(source: &str) -> (Invoice, LossReport) {
    let reading = read(source.as_bytes()).expect("a document").remove(0);
    (Invoice::try_from(&reading.document).expect("an invoice"), reading.report)
}

fn written(document: &Document, target: Target) -> String {
    String::from_utf8(write(document, target).expect("written").bytes).expect("UTF-8")
}

#[test]
fn what_no_row_takes_is_told_with_its_octets_and_its_path() {
    let source = interchange("DTM+137:20260321:102'\nGEI+1+3'\n", "");
    let (_, report) = invoice(&source);
    let told: Vec<_> = report
        .lost
        .iter()
        .map(|entry| entry.source.as_ref().expect("a place"))
        .map(|place| (place.path.as_str(), place.span.slice(source.as_bytes())))
        .collect();
    assert_eq!(told, [("GEI[9649=1]/9649", &b"1"[..]), ("GEI[9649=1]/C012/7365", &b"3"[..])]);
    assert!(report.form.iter().any(|entry| entry.value.starts_with("UNB")), "the envelope is told as form");
}

#[test]
fn a_qualifier_without_a_value_is_a_value() {
    let (with_code, _) = invoice(&interchange("DTM+35'\nDTM+35:20260320:102'\n", ""));
    assert_eq!(with_code.tax_point_date_code.as_deref(), Some("35"));
    assert_eq!(with_code.delivery.and_then(|delivery| delivery.date), Some("2026-03-20".into()));
}

#[test]
fn lines_of_a_text_stand_in_the_repetitions_of_its_element() {
    let (read_in, _) = invoice(&interchange("FTX+AAI+++first line:second line'\n", ""));
    assert_eq!(read_in.notes[0].text.as_deref(), Some("first line\nsecond line"));
    let document = Document::try_from(&read_in).expect("a document");
    assert!(written(&document, Target::Edifact(Some("D.14B"))).contains("FTX+AAI+++first line:second line'"));
}

#[test]
fn an_attachment_travels_as_a_package_of_the_interchange() {
    let source =
        interchange("EFI+plan.pdf:Ground plan'\nRFF+ATS:D1'\n", "UNO+P1+1:D1+13:application/pdf+8'S2FydmFuUNP+8+P1'\n");
    let (read_in, report) = invoice(&source);
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    let attachment = read_in.supporting_documents[0].attachment.clone().expect("an attachment");
    assert_eq!((attachment.value.as_str(), attachment.filename.as_deref()), ("S2FydmFu", Some("plan.pdf")));
    let document = Document::try_from(&read_in).expect("a document");
    assert!(
        written(&document, Target::Edifact(Some("D.14B")))
            .contains("UNO+P1+1:D1+13:application/pdf+8'S2FydmFuUNP+8+P1'")
    );
}

#[test]
fn accounts_and_means_of_payment_that_stand_equally_often_belong_together() {
    let source = interchange("NAD+SE'\nFII+RB+IR1'\nFII+RB+IR2'\nPYT+1'\nPAI+::30'\nPYT+1'\nPAI+::42'\n", "");
    let (read_in, _) = invoice(&source);
    let pairs: Vec<_> = read_in
        .payment_instructions
        .iter()
        .map(|one| (one.means_code.as_deref(), one.credit_transfers.len(), one.credit_transfers[0].account.as_ref()))
        .map(|(code, count, account)| (code, count, account.map(|account| account.value.as_str())))
        .collect();
    assert_eq!(pairs, [(Some("30"), 1, Some("IR1")), (Some("42"), 1, Some("IR2"))]);
}

#[test]
fn an_indicator_may_be_a_digit() {
    // XML Schema: `0` and `false` are the same boolean.
    let source = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
        xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
        xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
        <cbc:ID>R-17</cbc:ID><cbc:DocumentCurrencyCode>IRR</cbc:DocumentCurrencyCode>
        <cac:AllowanceCharge><cbc:ChargeIndicator>0</cbc:ChargeIndicator>
        <cbc:Amount currencyID="IRR">5.00</cbc:Amount></cac:AllowanceCharge></Invoice>"#;
    let (read_in, report) = invoice(source);
    assert_eq!(read_in.allowances[0].amount.as_ref().map(|amount| amount.value.as_str()), Some("5.00"));
    assert!(report.lost.is_empty(), "{:?}", report.lost);
}

#[test]
fn persian_goes_where_the_repertoire_holds_it() {
    let json = r#"{"document":"invoice","version":1,"number":"۱۷","seller":{"name":"بازرگانی کاروان"}}"#;
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    for (target, repertoire) in [(Target::Edifact(Some("D.14B")), "UNOW:4"), (Target::Edifact(Some("D.96A")), "UNOW:4")]
    {
        let text = written(&document, target);
        assert!(text.contains(&format!("UNB+{repertoire}")) && text.contains("بازرگانی کاروان"), "{text}");
    }
    let latin = r#"{"document":"invoice","version":1,"seller":{"name":"Çelik Ticaret"}}"#;
    let document = read(latin.as_bytes()).expect("a document").remove(0).document;
    let octets = write(&document, Target::Edifact(Some("D.96A"))).expect("written").bytes;
    assert!(octets.windows(10).any(|window| window == b"UNB+UNOC:3"), "{}", String::from_utf8_lossy(&octets));
    assert!(octets.contains(&0xC7), "Ç in ISO 8859-1");
}

#[test]
fn what_the_schema_wants_is_computed_and_told() {
    let json =
        r#"{"document":"invoice","version":1,"currencyCode":"EUR","totals":{"grossTotal":"119.00","paid":"19.5"}}"#;
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    let writing = write(&document, Target::UBL).expect("written");
    let added: Vec<_> = writing.report.added.iter().map(|entry| entry.value.as_str()).collect();
    assert_eq!(added, ["99.50"]);
    let place = writing.report.added[0].target.as_deref();
    assert_eq!(place, Some("/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount"));
    assert!(String::from_utf8_lossy(&writing.bytes).contains("<cbc:PayableAmount currencyID=\"EUR\">99.50<"));
}

#[test]
fn nothing_is_cut_to_fit() {
    let long = "x".repeat(36);
    let json = format!(r#"{{"document":"invoice","version":1,"seller":{{"address":{{"city":"{long}"}}}}}}"#);
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    let writing = write(&document, Target::Edifact(Some("D.14B"))).expect("written");
    assert_eq!(writing.report.lost[0].reason.text(Language::English), "it has 36 characters where 35 may stand");
    assert!(!String::from_utf8_lossy(&writing.bytes).contains("xxx"));
}

#[test]
fn a_long_line_of_an_address_stands_where_there_is_room_for_it() {
    // Data element 3042 is an..35 and stands four times, 3124 is an..35 and stands five times; the first is mandatory.
    let street = |lengths: [usize; 3]| lengths.map(|length| "x".repeat(length));
    for (lines, lost) in
        [(street([70, 70, 35]), 0), (street([36, 0, 35]), 0), (street([70, 70, 70]), 0), (street([35, 35, 36]), 1)]
    {
        let [one, two, three] = &lines;
        let address = format!(r#"{{"line1":"{one}","line2":"{two}","line3":"{three}"}}"#).replace(r#""line2":"","#, "");
        let json = format!(r#"{{"document":"invoice","version":1,"seller":{{"name":"A","address":{address}}}}}"#);
        let document = read(json.as_bytes()).expect("a document").remove(0).document;
        let writing = write(&document, Target::Edifact(Some("D.14B"))).expect("written");
        assert_eq!(writing.report.lost.len(), lost, "{:?}", writing.report.lost);
        let again = read(&writing.bytes).expect("a document").remove(0);
        assert!(again.report.lost.is_empty(), "{:?}", again.report.lost);
        let seller = Invoice::try_from(&again.document).expect("an invoice").seller;
        let address = seller.and_then(|seller| seller.address).expect("an address");
        let mut expected = lines.map(|line| Some(line).filter(|line| !line.is_empty()));
        if lost == 1 {
            expected[2] = None;
        }
        assert_eq!([address.line1, address.line2, address.line3], expected);
    }
}

#[test]
fn a_full_line_of_an_address_takes_none_of_the_next_party() {
    let street = "x".repeat(35);
    let parties = format!("NAD+DP+++A+{street}+Qom'\nNAD+DP+++B+Azadi 5+Yazd'\n");
    let (invoice, report) = invoice(&interchange(&parties, ""));
    let address = invoice.delivery.and_then(|delivery| delivery.address).expect("an address");
    assert_eq!(address.line1, Some(street));
    assert!(report.lost.iter().any(|entry| entry.value == "Azadi 5"), "{:?}", report.lost);
}

#[test]
fn an_address_keeps_its_scheme() {
    // Data element 3155 is mandatory in C076 and holds three characters; a number of four stands before the address.
    for (scheme, lost, segment) in [
        ("0088", 0, "0088?:4012345000009:EI"),
        ("EM", 0, "4012345000009:EM"),
        ("EI", 1, "4012345000009:EI"),
        ("DK:CVR", 1, "4012345000009:EI"),
    ] {
        let address = format!(r#"{{"value":"4012345000009","scheme":"{scheme}"}}"#);
        let json =
            format!(r#"{{"document":"invoice","version":1,"seller":{{"name":"A","electronicAddress":{address}}}}}"#);
        let document = read(json.as_bytes()).expect("a document").remove(0).document;
        let writing = write(&document, Target::Edifact(Some("D.14B"))).expect("written");
        assert_eq!(writing.report.lost.len(), lost, "{scheme}");
        let text = String::from_utf8_lossy(&writing.bytes).into_owned();
        assert!(text.contains(&format!("COM+{segment}'")), "{text}");
        let again = read(text.as_bytes()).expect("a document").remove(0);
        assert!(again.report.lost.is_empty());
        let (invoice, kept) = (Invoice::try_from(&again.document).expect("an invoice"), lost == 0);
        let read_again = invoice.seller.and_then(|seller| seller.electronic_address).expect("an address");
        assert_eq!(read_again.scheme.as_deref(), kept.then_some(scheme));
    }
}

#[test]
fn a_line_that_no_number_counts_is_named_in_a_reference() {
    // Data element 1082 is n..6 in D.96A, and an..6 in D.14B.
    let (read_in, _) = invoice(&interchange("LIN+A-17'\nIMD+F++:::Rug'\n", ""));
    let document = Document::try_from(&read_in).expect("a document");
    let by_release =
        |target| written(&document, target).lines().filter(|line| line.contains("A-17")).collect::<String>();
    assert_eq!(by_release(Target::Edifact(Some("D.14B"))), "LIN+A-17'");
    assert_eq!(by_release(Target::Edifact(Some("D.96A"))), "RFF+LI:A-17'");
}

/// The scheme of an article that no code of data element 7143 says was lost, and with it what BR-64 asks for.
#[test]
fn the_scheme_of_an_article_goes_along_in_every_release() {
    let sources = [("0160", "EN", "SRV"), ("0088", "GD:0088", "EN"), ("XR01", "GD:XR01", ":XR01"), ("MF", "MF", "MF")];
    for (scheme, in_d96a, in_others) in sources {
        let line = format!(r#""item":{{"name":"Rug","standardIdentifier":{{"value":"4711","scheme":"{scheme}"}}}}"#);
        for (release, said) in [("D.96A", in_d96a), ("D.01B", in_others), ("D.14B", in_others)] {
            let document = in_json("", &line);
            let text = written(&document, Target::Edifact(Some(release)));
            assert!(text.contains(&format!(":{said}'")) || text.contains(&format!("+{said}'")), "{said} in {text}");
            let (back, report) = through(&document, Target::Edifact(Some(release)));
            let items = Invoice::try_from(&back).expect("an invoice").lines.remove(0).item;
            let identifier = items.and_then(|item| item.standard_identifier);
            assert_eq!(identifier.and_then(|identifier| identifier.scheme).as_deref(), Some(scheme), "{release}");
            assert!(report.lost.is_empty(), "{:?}", report.lost);
        }
    }
}

/// `one::three` was read as two lines; lines with nothing in them at the beginning were left out in silence.
#[test]
fn an_empty_line_between_others_is_one_and_any_other_is_told() {
    for (text, kept) in [
        ("one\n\nthree", "one\n\nthree"),
        ("one\n\n\nfour\nfive", "one\n\n\nfour\nfive"),
        ("one\n \nthree", "one\n \nthree"),
        ("\n\none", "one"),
        ("\none\n\nthree\n", "one\n\nthree"),
    ] {
        let members = format!(r#""paymentTerms":{text:?},"notes":[{{"text":{text:?}}}],"#);
        for release in ["D.14B", "D.96A", "D.01B"] {
            let (back, report) = through(&in_json(&members, ONE), Target::Edifact(Some(release)));
            let invoice = Invoice::try_from(&back).expect("an invoice");
            assert_eq!(invoice.payment_terms.as_deref(), Some(kept), "{text:?} in {release}");
            assert_eq!(texts_of_notes(&back), [kept], "{text:?} in {release}");
            let told: Vec<_> = report.changed.iter().filter_map(|entry| entry.written.as_deref()).collect();
            assert_eq!(told, if text == kept { vec![] } else { vec![kept; 2] }, "{text:?} in {release}");
            let segment = format!("FTX+AAB+++{}'", kept.replace('\n', ":"));
            assert!(written(&in_json(&members, ONE), Target::Edifact(Some(release))).contains(&segment), "{segment}");
        }
    }
}

/// `Ã¼` in ISO 8859-1 is `ü` in UTF-8, as which it was read back.
#[test]
fn a_text_whose_octets_could_be_utf_8_is_written_in_utf_8() {
    for (text, repertoire) in
        [("M\u{c3}\u{bc}ller", "UNOW"), ("M\u{c3}\u{bc}ller & S\u{f6}hne", "UNOC"), ("Müller", "UNOC")]
    {
        let document = in_json(&format!(r#""notes":[{{"text":"{text}"}}],"#), ONE);
        let writing = write(&document, Target::Edifact(Some("D.96A"))).expect("written");
        assert!(String::from_utf8_lossy(&writing.bytes).contains(&format!("UNB+{repertoire}:")), "{text}");
        assert_eq!(texts_of_notes(&read(&writing.bytes).expect("a document").remove(0).document), [text]);
    }
}

/// Of a reason in two pieces, in an invoice of two VAT categories, the second piece was taken for the other category's.
#[test]
fn a_long_exemption_reason_is_one_beside_another_category() {
    let reason =
        "Steuerschuldnerschaft des Leistungsempfängers nach § 13b des Gesetzes, gemeldet im Zeitraum der Abnahme";
    assert!(reason.chars().count() > 70);
    let members = format!(
        r#""vatBreakdown":[{{"taxableAmount":"7","taxAmount":"0","categoryCode":"AE","rate":"0","exemptionReason":"{reason}"}},
        {{"taxableAmount":"5","taxAmount":"1","categoryCode":"S","rate":"20"}}],"#
    );
    for release in ["D.14B", "D.96A", "D.01B"] {
        let (back, _) = through(&in_json(&members, ONE), Target::Edifact(Some(release)));
        let reasons = Invoice::try_from(&back).expect("an invoice").vat_breakdown;
        let reasons: Vec<_> = reasons.iter().map(|vat| vat.exemption_reason.as_deref()).collect();
        assert_eq!(reasons, [Some(reason), None], "{release}");
    }
}

/// A line, where one must be.
const ONE: &str = r#""buyerAccountingReference":"4711""#;

/// The texts of the notes of an invoice.
fn texts_of_notes(document: &Document) -> Vec<String> {
    let notes = Invoice::try_from(document).expect("an invoice").notes;
    notes.into_iter().filter_map(|note| note.text).collect()
}

/// The six lines of a note were lost where five may stand, though they say what one text says.
#[test]
fn lines_that_have_no_room_stand_in_one_text_and_that_is_told() {
    let note = |text: &str| in_json(&format!(r#""notes":[{{"text":"{text}"}}],"#), ONE);
    let (read_in, report) = through(&note(r"1\n2\n  3\n4\n5\n6"), Target::Edifact(Some("D.14B")));
    assert!(report.lost.is_empty());
    let changed: Vec<_> = report.changed.iter().map(|entry| (&*entry.value, entry.written.as_deref())).collect();
    assert_eq!(changed, [("1\n2\n  3\n4\n5\n6", Some("1 2 3 4 5 6"))]);
    assert_eq!(texts_of_notes(&read_in), ["1 2 3 4 5 6"]);

    // In D.96A five lines of 70 characters: what is longer goes on in the next segment.
    let long = format!("{} {}", "x".repeat(350), "y".repeat(360));
    let document = note(&long);
    let text = written(&document, Target::Edifact(Some("D.96A")));
    assert_eq!(text.matches("FTX+ZZZ+++").count(), 3, "{text}");
    let (read_in, report) = through(&document, Target::Edifact(Some("D.96A")));
    assert!(report.lost.is_empty() && report.changed.is_empty());
    assert_eq!(read_in, document);
}

/// A note that ends where its place does was lost, for the next one of its kind would have been read as more of its text. One
/// segment without a text stands between them: nothing more comes.
#[test]
fn a_note_that_fills_its_place_does_not_take_the_next_one() {
    let notes = |lengths: &[usize]| {
        let notes: Vec<_> = lengths.iter().map(|length| format!(r#"{{"text":"{}"}}"#, "x".repeat(*length))).collect();
        in_json(&format!(r#""notes":[{}],"#, notes.join(",")), ONE)
    };
    let d96a = Target::Edifact(Some("D.96A"));
    // FTX stands ten times, C108 has five texts of 70 characters.
    for (lengths, segments) in [
        (&[350][..], 1),
        (&[700], 2),
        (&[350, 7], 3),
        (&[7, 350], 2),
        (&[350, 350, 350], 5),
        (&[700, 349, 350, 351], 8),
        (&[350, 350, 350, 350, 350, 1], 10),
    ] {
        let document = notes(lengths);
        let text = written(&document, d96a);
        assert_eq!(text.matches("FTX+ZZZ").count(), segments, "{lengths:?}");
        let (read_in, report) = through(&document, d96a);
        let lost = report.lost.iter().map(|entry| entry.value.len()).collect::<Vec<_>>();
        let kept: Vec<_> = texts_of_notes(&read_in).iter().map(String::len).collect();
        assert_eq!([kept, lost].concat(), lengths);
        assert!(report.changed.is_empty() && report.added.is_empty());
    }
    let mixed = format!(r#""notes":[{{"subjectCode":"AAI","text":"{}"}},{{"text":"another"}}],"#, "x".repeat(350));
    let document = in_json(&mixed, ONE);
    assert_eq!(through(&document, d96a).0, document);
}

/// An invoice with these allowances and charges, each an amount and a reason.
fn with_reasons(allowances: &[(&str, &str)], charges: &[(&str, &str)]) -> Document {
    let all = |reasons: &[(&str, &str)]| {
        let told = reasons.iter().map(|(amount, reason)| match *reason {
            "" => format!(r#"{{"amount":"{amount}"}}"#),
            reason => format!(r#"{{"amount":"{amount}","reason":"{reason}"}}"#),
        });
        told.collect::<Vec<_>>().join(",")
    };
    in_json(&format!(r#""allowances":[{}],"charges":[{}],"#, all(allowances), all(charges)), ONE)
}

/// ALC of D.96A has 35 or 70 characters for a reason, and its group no free text: one of 121 characters was lost.
#[test]
fn a_long_reason_of_an_allowance_stands_in_the_header() {
    let long = "x".repeat(121);
    let d96a = Target::Edifact(Some("D.96A"));
    let document = with_reasons(
        &[("5.00", ""), (".50", &long), ("7", "short")],
        &[("0.50", &format!(r"{0}\n{0}\n{0}\nd", "y".repeat(30))), ("7", &long)],
    );
    let text = written(&document, d96a);
    for segment in [
        format!("FTX+ALC++A+0.50:{}:{}'", "x".repeat(70), "x".repeat(51)),
        format!("FTX+ALC++C+7:{}:{}'", "x".repeat(70), "x".repeat(51)),
        format!("FTX+ALC++C+0.50:{0}:{0}:{0}:d'", "y".repeat(30)),
        "ALC+A+short'".to_owned(),
    ] {
        assert!(text.contains(&segment), "{segment} in {text}");
    }
    let (read_in, report) = through(&document, d96a);
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert!(report.changed.iter().all(|entry| entry.value == ".50"), "{:?}", report.changed);
    let reasons = |document: &Document| {
        let invoice = Invoice::try_from(document).expect("an invoice");
        let of_allowances = invoice.allowances.into_iter().map(|allowance| allowance.reason);
        of_allowances.chain(invoice.charges.into_iter().map(|charge| charge.reason)).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&read_in), reasons(&document));

    // What an earlier one of the same amount would be read with is lost and not mistaken.
    let (read_in, report) = through(&with_reasons(&[("5.00", ""), ("5.00", &long)], &[]), d96a);
    assert_eq!(report.lost.iter().map(|entry| entry.value.len()).collect::<Vec<_>>(), [121]);
    assert_eq!(reasons(&read_in), [None, None]);

    // Any other free text about them is a note.
    let (read_in, _) = through(
        &in_json(r#""notes":[{"subjectCode":"ALC","text":"5.00\nnet"}],"allowances":[{"amount":"5.00"}],"#, ONE),
        d96a,
    );
    assert_eq!((texts_of_notes(&read_in), reasons(&read_in)), (vec!["5.00\nnet".to_owned()], vec![None]));
}

/// Of two documents with one number the first took the attachment of the second.
#[test]
fn an_attachment_is_not_read_with_another_document_of_its_number() {
    let documents = r#"[{"reference":"D1"},{"reference":"D1","attachment":{"value":"S2FydmFu","mime":"application/pdf","filename":"plan.pdf"}}]"#;
    let document = in_json(&format!(r#""supportingDocuments":{documents},"#), ONE);
    for release in ["D.96A", "D.14B"] {
        let (read_in, report) = through(&document, Target::Edifact(Some(release)));
        assert!(report.lost.iter().any(|entry| entry.value == "S2FydmFu"), "{release}");
        assert!(read_in.leaves().all(|leaf| leaf.value.text() != "S2FydmFu"), "{release}");
    }
}

/// UBL has documents of its own for invoices that the buyer makes; EN 16931-3-2 binds their type codes to its two documents.
#[test]
fn who_bills_himself_has_documents_of_his_own_in_ubl_and_not_in_en_16931() {
    let of = |code: &str, specification: &str| {
        let process = format!(r#""process":{{"specification":"{specification}"}},"#);
        let json = format!(
            r#"{{"document":"invoice","version":1,"number":"1","typeCode":"{code}",{process}"dueDate":"2026-04-01"}}"#
        );
        read(json.as_bytes()).expect("an invoice").remove(0).document
    };
    for (code, own, place, otherwise) in [
        ("389", "SelfBilledInvoice", "PaymentMeans", "<Invoice "),
        ("261", "SelfBilledCreditNote", "PaymentMeans", "<CreditNote "),
    ] {
        let document = of(code, "urn:example:1");
        let text = written(&document, Target::UBL);
        assert!(text.contains(&format!("<{own} ")) && text.contains(place) && !text.contains("TypeCode"), "{text}");
        let again = read(text.as_bytes()).expect("an invoice").remove(0);
        assert_eq!(again.document, document, "the document says what type it is of");
        assert!(!again.report.is_lossy(), "{:?}", again.report.lost);
        for specification in ["urn:cen.eu:en16931:2017", "urn:peppol:pint:selfbilling-1@jp-1"] {
            let text = written(&of(code, specification), Target::UBL);
            assert!(text.contains(otherwise) && text.contains(&format!("TypeCode>{code}<")), "{text}");
        }
    }
}

/// UBL says the remittance information with each account, the others once for all: on the way back it was there once.
#[test]
fn what_is_said_once_is_true_of_every_repetition() {
    let instructions = r#"{"meansCode":"30","remittanceInformation":"RF18"}"#;
    let document = in_json(&format!(r#""paymentInstructions":[{instructions},{instructions}],"#), ONE);
    for target in [Target::CII, Target::Edifact(Some("D.96A")), Target::Edifact(Some("D.14B"))] {
        let (read_in, _) = through(&document, target);
        let remittances = read_in.leaves().filter(|leaf| leaf.value.text() == "RF18").count();
        assert_eq!(remittances, 2, "{target:?}");
        let told = read(written(&document, Target::CII).as_bytes()).expect("an invoice").remove(0).report;
        assert_eq!(told.added.iter().map(|entry| &*entry.value).collect::<Vec<_>>(), ["RF18"]);
    }
}

/// The nodes of a long document become text on the way, those of a short one stay till the end.
#[test]
fn a_line_of_a_long_invoice_is_written_as_that_of_a_short_one() {
    let line = |number: usize| {
        format!(
            "LIN+{number}++4012345000016:SRV'IMD+F++:::Tea {number}'IMD+A++:::In bags'QTY+47:{number}:KGM'\
             MOA+203:150'PRI+AAA:15:::1:KGM'TAX+7+VAT+++:::7+S'ALC+A'MOA+204:3'"
        )
    };
    let document = |lines: &str| read(interchange(lines, "").as_bytes()).expect("an invoice").remove(0).document;
    let all = document(&(1..=500).map(line).collect::<String>());
    for (target, name) in [(Target::CII, "ram:IncludedSupplyChainTradeLineItem"), (Target::UBL, "cac:InvoiceLine")] {
        let lines = |text: &str| -> Vec<String> {
            text.split(&format!("<{name}>"))
                .skip(1)
                .map(|line| line.split(&format!("</{name}>")).next().unwrap().to_owned())
                .collect()
        };
        let whole = written(&all, target);
        let long = lines(&whole);
        assert_eq!(long.len(), 500, "{name}");
        for number in [1, 2, 250, 499, 500] {
            let short = lines(&written(&document(&line(number)), target));
            assert_eq!(short, [&*long[number - 1]], "{name}");
        }
        let back = read(whole.as_bytes()).expect("an invoice").remove(0);
        assert_eq!(back.document.leaves().count(), document_as_written(&all, target), "{name}");
    }
}

/// How many values a document has when it is written in a syntax: those that it has, less the lost and with the added ones.
fn document_as_written(document: &Document, target: Target) -> usize {
    let report = write(document, target).expect("written").report;
    let terms = |entries: &[karvan_mapping::Entry]| entries.iter().filter(|entry| entry.term.is_some()).count();
    document.leaves().count() + terms(&report.added) - terms(&report.lost)
}

#[test]
fn an_interchange_may_have_an_envelope_of_its_own() {
    let json = r#"{"document":"invoice","version":1,"number":"1"}"#;
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    let envelope = Envelope {
        sender: ("4012345000009".to_owned(), "14".to_owned()),
        recipient: ("B".to_owned(), String::new()),
        date: "20260321".to_owned(),
        time: "0930".to_owned(),
        reference: "R9".to_owned(),
    };
    let octets = write_with(&document, Target::Edifact(Some("D.01B")), Some(&envelope)).expect("written").bytes;
    let text = String::from_utf8(octets).expect("ASCII");
    assert!(text.contains("UNB+UNOC:3+4012345000009:14+B+260321:0930+R9'"), "{text}");
    assert!(text.contains("UNH+1+INVOIC:D:01B:UN:EAN011'") && text.contains("UNZ+1+R9'"), "{text}");
}

/// It had been prepared in 1970, and nothing said so.
#[test]
fn an_undated_document_is_prepared_on_the_day_of_its_conversion_and_that_is_told() {
    let json = r#"{"document":"invoice","version":1,"number":"1"}"#;
    let document = read(json.as_bytes()).expect("a document").remove(0).document;
    let today = "2026-11-22".parse().expect("a day");
    let writing = write_on(&document, Target::Edifact(Some("D.14B")), today).expect("written");
    let prepared = |writing: &Writing| {
        let added = writing.report.added.iter().find(|entry| entry.target.as_deref() == Some("UNB/S004/0017"));
        added.map(|entry| entry.value.clone())
    };
    assert_eq!(prepared(&writing).as_deref(), Some("20261122"));
    assert!(String::from_utf8_lossy(&writing.bytes).contains("+20261122:0000+1'"), "{writing:?}");
    // Who has no clock writes none.
    let writing = write(&document, Target::Edifact(Some("D.14B"))).expect("written");
    assert!(String::from_utf8_lossy(&writing.bytes).contains("+:0000+1'"), "{writing:?}");

    let dated = r#"{"document":"invoice","version":1,"number":"1","issueDate":"2026-03-21"}"#;
    let document = read(dated.as_bytes()).expect("a document").remove(0).document;
    let writing = write_on(&document, Target::Edifact(Some("D.14B")), today).expect("written");
    assert_eq!(prepared(&writing), None);
}

#[test]
fn the_report_reads_in_both_languages() {
    let (_, report) = invoice(&interchange("GEI+1+3'\n", ""));
    assert!(report.text(Language::English).contains("lost: \"3\" (GEI[9649=1]/C012/7365, "));
    assert!(report.text(Language::Persian).contains("از دست رفت"));
}

#[test]
fn what_no_table_is_for_is_refused() {
    for source in ["", "hello", "<a/>", "{}", "UNB+UNOA:1+A+B+260321:0900+1'UNH+1+SLSRPT:D:96A:UN'UNT+2+1'UNZ+1+1'"] {
        assert!(read(source.as_bytes()).is_err(), "{source}");
    }
    let unknown = "UNB+UNOA:1+A+B+260321:0900+1'UNH+1+INVOIC:D:99X:UN'UNT+2+1'UNZ+1+1'";
    assert!(matches!(read(unknown.as_bytes()), Err(ReadError::Unknown)), "the nearest release is never assumed");
}

/// A line with a few terms, in Karvan's JSON; some texts are nothing for XML, and on some others hang.
fn line() -> impl Strategy<Value = String> {
    let of = proptest::option::of::<&'static str>;
    let texts = ("[0-9<&]{1,2}", of("(a|b>|\u{1})"), "(KGM|C62)", of("[a-c]"), of("(AA|AB)"));
    let prices = ("[1-3]", of("[1-3]"), of("[4-6]"), of("[7-9]"), "(S|E)");
    (texts, prices).prop_map(|((number, note, unit, object, scheme), (net, discount, gross, allowance, category))| {
        let object = object.map(|value| serde_json::json!({ "value": value, "scheme": scheme }));
        let mut line = serde_json::json!({
            "identifier": number,
            "note": note,
            "object": object,
            "quantity": { "value": "10", "unit": unit },
            "netAmount": net,
            "allowances": allowance.map(|amount| [serde_json::json!({ "amount": amount })]),
            "price": { "net": net, "discount": discount, "gross": gross },
            "vat": { "categoryCode": category },
            "item": { "name": number },
        });
        without_nothing(&mut line);
        line.to_string()
    })
}

/// Lines of a few kinds, so that most are like another one but for a text of their own.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let kinds = proptest::collection::vec(line(), 1..4);
    let order = proptest::collection::vec((any::<proptest::sample::Index>(), "[0-9<&]{1,2}"), 1..16);
    (kinds, order).prop_map(|(kinds, order)| {
        let of_kind = |(kind, number): (proptest::sample::Index, String)| {
            let mut line: serde_json::Value = serde_json::from_str(kind.get::<String>(&kinds)).expect("JSON");
            line["identifier"] = number.clone().into();
            line["item"]["name"] = number.into();
            line.to_string()
        };
        order.into_iter().map(of_kind).collect()
    })
}

/// What is read of the lines of an invoice: each value with its parts, its octets and the last step of its path.
fn values_of_lines(source: &[u8]) -> Vec<String> {
    let document = read(source).expect("an invoice").remove(0).document;
    let lines = document.root.groups(document.kind.find("BG-25").expect("a term"));
    let told = |origin: &karvan_model::Origin| {
        let path = document.path(origin).unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        (String::from_utf8_lossy(origin.span.slice(source)).into_owned(), last)
    };
    let values = lines.flat_map(|line| line.leaves()).map(|leaf| {
        let parts: Vec<_> = leaf.value.parts.iter().map(|part| (&part.text, told(&part.origin))).collect();
        format!("{:?} {} {:?} {parts:?}", leaf.term, leaf.value.text(), told(&leaf.origin))
    });
    values.collect()
}

/// An invoice in Karvan's JSON with these members besides, and one line with these.
fn in_json(members: &str, line: &str) -> Document {
    let json = format!(
        r#"{{"document":"invoice","version":1,"number":"1","issueDate":"2026-03-21","typeCode":"380","currencyCode":"EUR",{members}
        "lines":[{{"identifier":"1",{line}}}]}}"#
    );
    read(json.as_bytes()).expect("an invoice").remove(0).document
}

/// What `target` holds of a document, read back, and what was told on the way there.
fn through(document: &Document, target: Target) -> (Document, LossReport) {
    let writing = write(document, target).expect("written");
    (read(&writing.bytes).expect("a document").remove(0).document, writing.report)
}

/// `10.000000000000000000` was lost, for D.96A has eighteen digits.
#[test]
fn zeros_for_which_there_is_no_room_are_no_loss() {
    let price = r#""price":{"net":{"value":"10.000000000000000000"},"gross":{"value":"1.00000000000000000001"}}"#;
    let (back, report) = through(&in_json("", price), Target::Edifact(Some("D.96A")));
    let price = Invoice::try_from(&back).expect("an invoice").lines.remove(0).price.expect("a price");
    assert_eq!(price.net.expect("a price").value.to_string(), "10.0000000000000");
    let told: Vec<_> = report.changed.iter().map(|entry| (entry.value.as_str(), entry.reason.id())).collect();
    assert_eq!(told, [("10.000000000000000000", "mapping-zeros")]);
    let lost: Vec<_> = report.lost.iter().map(|entry| entry.value.as_str()).collect();
    assert_eq!(lost, ["1.00000000000000000001"], "no digit that says something is left out");
}

/// ISO 9735:1988 §10 wants digits on both sides of the mark and knows no plus; XML Schema has both.
#[test]
fn a_number_that_the_target_writes_otherwise_is_told() {
    let price = r#""price":{"net":{"value":"+1.50"},"gross":{"value":".5"}}"#;
    let (_, report) = through(&in_json("", price), Target::Edifact(Some("D.96A")));
    let mut told: Vec<_> =
        report.changed.iter().map(|entry| (entry.value.as_str(), entry.written.as_deref())).collect();
    told.sort_unstable();
    assert_eq!(told, [("+1.50", Some("1.50")), (".5", Some("0.5"))]);
}

/// The schemas of Buy-Ship-Pay list the units of Recommendation 20, and no packages; nor the reasons of charges.
#[test]
fn codes_that_an_enumeration_lacks_stand_where_any_code_may() {
    let line = |unit: &str, per: &str| {
        format!(
            r#""quantity":{{"value":"3","unit":"{unit}"}},"price":{{"net":{{"value":"2"}},"baseQuantity":{{"value":"1"{per}}}}},
            "charges":[{{"amount":{{"value":"1"}},"reasonCode":"FC"}}]"#
        )
    };
    for (unit, per) in
        [("KGM", r#","unit":"KGM""#), ("XPP", r#","unit":"XPP""#), ("XPP", ""), ("KGM", r#","unit":"XPP""#)]
    {
        let document = in_json("", &line(unit, per));
        let (back, report) = through(&document, Target::Bsp);
        assert!(report.lost.is_empty(), "{:?}", report.lost);
        assert_eq!(Invoice::try_from(&back).expect("an invoice"), Invoice::try_from(&document).expect("an invoice"));
    }
}

#[test]
fn the_tax_point_of_an_invoice_is_a_period_told_by_its_purpose() {
    let document = in_json(r#""taxPointDate":"2026-04-30","#, r#""note":"none""#);
    assert!(written(&document, Target::Bsp).contains("effectivePeriod"));
    let (back, report) = through(&document, Target::Bsp);
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert_eq!(Invoice::try_from(&back).expect("an invoice").tax_point_date, Some("2026-04-30".into()));
}

/// What is too long for its element in D.96A has another one: descriptions of documents, contacts, regions, attributes.
#[test]
fn long_texts_of_an_old_release_stand_in_other_elements() {
    let members = r#"
        "seller":{"name":"Nordhafen GmbH","address":{"countrySubdivision":"Schleswig-Holstein"},
            "contact":{"name":"Customer service and sales to our partners abroad","telephone":"+49 1"}},
        "supportingDocuments":[{"reference":"D1","description":"plan"},
            {"reference":"D2","description":"A drawing of the harbour with all of its quays and cranes",
             "location":"https://www.nordhafen.example/documents/2026"},
            {"reference":"D3","description":"Another drawing of the harbour, of its railways"}],"#;
    let attribute = |number| format!(r#"{{"name":"Attribute {number}","value":"Value {number}"}}"#);
    let attributes: Vec<_> = (0..7).map(attribute).collect();
    let line = format!(r#""item":{{"name":"Crane","attributes":[{}]}}"#, attributes.join(","));
    let document = in_json(members, &line);
    let (back, report) = through(&document, Target::Edifact(Some("D.96A")));
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert_eq!(Invoice::try_from(&back).expect("an invoice"), Invoice::try_from(&document).expect("an invoice"));
}

/// A party with a trading name alone made INVOIC D.14B without its mandatory name, and an interchange without partners.
#[test]
fn a_trading_name_alone_stands_in_no_form_and_names_the_partner() {
    let members = r#""seller":{"tradingName":"Nordhafen"},"buyer":{"tradingName":"Darya"},"#;
    let document = in_json(members, r#""note":"none""#);
    let interchange = written(&document, Target::Edifact(Some("D.14B")));
    assert!(
        interchange.contains("UNB+UNOW:4+Nordhafen+Darya+") && interchange.contains("NAD+SE++Nordhafen'"),
        "{interchange}"
    );
    let (back, report) = through(&document, Target::Edifact(Some("D.14B")));
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    assert_eq!(Invoice::try_from(&back).expect("an invoice"), Invoice::try_from(&document).expect("an invoice"));
}

#[test]
fn partners_are_those_asked_for_or_of_the_document_or_of_the_interchange_it_came_in() {
    let reading = read(interchange("", "").as_bytes()).expect("a document").remove(0);
    let partner = |name: &str, qualifier: &str| Some((name.to_owned(), qualifier.to_owned()));
    assert_eq!(reading.partners, Partners { sender: partner("SENDER", ""), recipient: partner("RECIPIENT", "") });
    let asked = Partners { sender: partner("ME", "ZZ"), recipient: None };
    let header = |document: &Document, partners: &Partners| {
        let otherwise = reading.partners.clone();
        let preparation = Preparation { partners: partners.clone(), otherwise, ..Preparation::default() };
        let writing = write_prepared(document, Target::Edifact(Some("D.14B")), &preparation).expect("written");
        String::from_utf8(writing.bytes).expect("UTF-8").lines().nth(1).expect("a header").to_owned()
    };
    assert_eq!(
        header(&reading.document, &Partners::default()),
        "UNB+UNOW:4+SENDER+RECIPIENT++0000+1'".replace("++0000", "+:0000")
    );
    assert_eq!(header(&reading.document, &asked), "UNB+UNOW:4+ME:ZZ+RECIPIENT+:0000+1'");
    let named = in_json(r#""seller":{"name":"Nordhafen"},"#, r#""note":"none""#);
    assert_eq!(header(&named, &Partners::default()), "UNB+UNOW:4+Nordhafen+RECIPIENT+20260321:0000+1'");
}

/// Invoices of UBL 2.0 say their currency with each amount only, and their taxes may be of any scheme.
#[test]
fn a_tax_subtotal_that_says_no_tax_is_a_breakdown_with_gaps() {
    let source = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
        xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
        xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
        <cac:TaxTotal><cac:TaxSubtotal/><cac:TaxSubtotal><cac:TaxCategory><cac:TaxScheme><cbc:ID>OTH</cbc:ID>
        </cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal></Invoice>"#;
    let source = karvan_xml::Document::parse(source, &karvan_xml::Limits::default()).expect("well-formed");
    let document = read_xml_for(&source, Purpose::Check).expect("an invoice").document;
    let breakdown = document.kind.find("BG-23").expect("a term");
    assert_eq!(document.root.groups(breakdown).count(), 1);
}

#[test]
fn the_currency_of_the_amount_due_is_that_of_an_invoice_that_says_none() {
    let source = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
        xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
        xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>1</cbc:ID>
        <cac:TaxTotal><cbc:TaxAmount currencyID="GBP">17.5</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxAmount
        currencyID="GBP">17.5</cbc:TaxAmount><cac:TaxCategory><cac:TaxScheme><cbc:ID>OTH</cbc:ID></cac:TaxScheme></cac:TaxCategory>
        </cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="GBP">117.5</cbc:PayableAmount>
        </cac:LegalMonetaryTotal></Invoice>"#;
    let checked = karvan_xml::Document::parse(source, &karvan_xml::Limits::default()).expect("well-formed");
    let checked = read_xml_for(&checked, Purpose::Check).expect("an invoice").document;
    assert!(checked.root.leaf(checked.kind.find("BT-5").expect("a term")).is_none(), "BR-05 misses it");
    let (invoice, report) = invoice(source);
    assert_eq!(invoice.currency_code.as_deref(), Some("GBP"));
    let lost: Vec<_> = report.lost.iter().map(|entry| entry.value.as_str()).collect();
    assert_eq!(lost, ["GBP", "17.5", "OTH"], "a tax that is no VAT is no breakdown of it");
    let document = Document::try_from(&invoice).expect("a document");
    let written = written(&document, Target::UBL);
    assert!(written.contains("<cbc:TaxAmount currencyID=\"GBP\">17.5</cbc:TaxAmount>"), "{written}");
    assert!(!written.contains("TaxSubtotal") && written.contains("AccountingSupplierParty"), "{written}");
}

/// Takes the members away that are nothing.
fn without_nothing(value: &mut serde_json::Value) {
    if let serde_json::Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(without_nothing);
    }
}

proptest! {
    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&octets);
    }

    /// A line is written like one before it that says the same terms; nothing of that one may stand in it.
    #[test]
    fn a_line_among_others_is_written_as_one_alone(lines in lines()) {
        let json = |lines: &[String]| format!(
            r#"{{"document":"invoice","version":1,"number":"1","issueDate":"2026-03-21","typeCode":"380","currency":"EUR",
            "lines":[{}]}}"#,
            lines.join(",")
        );
        let writing = |lines: &[String], target| {
            let document = read(json(lines).as_bytes()).expect("an invoice").remove(0).document;
            write(&document, target).expect("written")
        };
        for (target, name) in [(Target::CII, "ram:IncludedSupplyChainTradeLineItem"), (Target::UBL, "cac:InvoiceLine")] {
            let all = writing(&lines, target);
            let each: Vec<Writing> = lines.iter().map(|line| writing(std::slice::from_ref(line), target)).collect();
            let parts = |writing: &Writing| -> Vec<String> {
                let text = String::from_utf8(writing.bytes.clone()).expect("UTF-8");
                text.split(&format!("<{name}>")).skip(1).map(|line| line.split(&format!("</{name}>")).next().unwrap().to_owned()).collect()
            };
            prop_assert_eq!(parts(&all).len(), lines.len());
            prop_assert_eq!(parts(&all), each.iter().flat_map(parts).collect::<Vec<_>>());
            let lost = |writing: &Writing| writing.report.lost.iter().map(|entry| entry.value.clone()).collect::<Vec<_>>();
            prop_assert_eq!(lost(&all), each.iter().flat_map(lost).collect::<Vec<_>>());
            let values = |writing: &Writing| values_of_lines(&writing.bytes);
            prop_assert_eq!(values(&all), each.iter().flat_map(values).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_segments_panic(segments in "([A-Z]{3}[+:A-Z0-9?' ]{0,30}'){0,30}") {
        for reading in read(interchange(&segments, "").as_bytes()).unwrap_or_default() {
            let _ = write(&reading.document, Target::CII);
        }
    }
}
