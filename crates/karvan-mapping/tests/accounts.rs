//! Nothing is passed over in silence: every value in the octets of a source is in the document or in the report, whatever
//! the source is like.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "account/untold.rs"]
mod untold;

use std::fs;
use std::path::Path;

use karvan_mapping::{Entry, LossReport, Target, read, write};

/// The values of a source that neither document nor report tells of.
fn untold(source: &[u8]) -> Vec<String> {
    untold::untold(source, &read(source).unwrap())
}

fn samples() -> impl Iterator<Item = (String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.filter(|path| path.extension().is_some_and(|extension| extension != "md")).map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(path).unwrap())
    })
}

fn sample(name: &str) -> String {
    // What is no UTF-8 does not matter here.
    String::from_utf8_lossy(&samples().find(|(known, _)| known == name).unwrap().1).into_owned()
}

/// The report of a translation.
fn report(source: &str, target: Target) -> LossReport {
    let reading = read(source.as_bytes()).unwrap().remove(0);
    let mut report = reading.report;
    report.extend(write(&reading.document, target).unwrap().report);
    report
}

/// `value → written (reason)` of entries.
fn told(entries: &[Entry]) -> Vec<String> {
    let told = entries.iter().map(|entry| {
        format!("{} → {} ({})", entry.value, entry.written.as_deref().unwrap_or_default(), entry.reason.id())
    });
    told.collect()
}

#[test]
fn every_value_of_the_samples_is_told_of() {
    for (name, source) in samples() {
        assert_eq!(untold(&source), [""; 0], "{name}");
        let readings = read(&source).unwrap();
        for target in Target::all() {
            // What is written is a source in its turn, and its reading tells of all there is in it.
            if let Ok(writing) = write(&readings[0].document, target) {
                assert_eq!(untold(&writing.bytes), [""; 0], "{name} as {target}");
            }
        }
    }
}

/// `false` before an allowance tells it from a charge: carried with the amount, it is lost with the amount.
#[test]
fn what_told_values_apart_is_lost_with_them_and_never_without() {
    let qualifiers = |report: &LossReport, source: &str| -> Vec<String> {
        let entries = report.lost.iter().filter(|entry| entry.reason.id() == "mapping-qualifier");
        let slices = entries.map(|entry| {
            let place = entry.source.as_ref().unwrap();
            assert_eq!(place.span.slice(source.as_bytes()), entry.value.as_bytes(), "{}", place.path);
            format!("{} {}", place.path, entry.value)
        });
        slices.collect()
    };
    let amount = |currency: &str| format!("<cbc:Amount currencyID=\"{currency}\">12345678901234567890.00</cbc:Amount>");
    let allowance = |rest: &str| {
        format!("<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>{rest}</cac:AllowanceCharge>")
    };
    let source = |price: &str| {
        format!(
            "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
             xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
             xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\
             <cbc:ID>7</cbc:ID><cbc:DocumentCurrencyCode>EUR\n</cbc:DocumentCurrencyCode>\
             <cac:InvoiceLine><cbc:ID>1</cbc:ID><cac:Price><cbc:PriceAmount currencyID=\"EUR\">8.00</cbc:PriceAmount>\
             {}</cac:Price></cac:InvoiceLine></Invoice>",
            allowance(price)
        )
    };
    let path = "/Invoice/cac:InvoiceLine/cac:Price/cac:AllowanceCharge";
    // An amount has 18 digits in D.96A.
    let discounted = source(&amount("EUR"));
    let told = qualifiers(&report(&discounted, Target::Edifact(Some("D.96A"))), &discounted);
    assert_eq!(
        told,
        [format!("{path}/cbc:ChargeIndicator false"), format!("{path}/cbc:Amount/@currencyID EUR")],
        "lost with the amount"
    );
    assert_eq!(qualifiers(&report(&discounted, Target::CII), &discounted), [""; 0], "carried with the amount");
    let nothing = source("");
    assert_eq!(qualifiers(&report(&nothing, Target::CII), &nothing), [""; 0], "no value was told apart");
    let trimmed: Vec<_> = report(&nothing, Target::CII).changed.iter().map(|entry| entry.reason.id()).collect();
    assert_eq!(trimmed, ["mapping-trimmed"], "the code of the currency and what stands around it");
}

#[test]
fn a_code_that_is_another_one_in_the_target_is_changed() {
    let order = sample("order-de.edi");
    assert!(order.contains("::9"), "an identifier by GS1");
    let told = told(&report(&order, Target::UBL).changed);
    assert!(told.contains(&"9 → 0088 (mapping-other-code)".to_owned()), "{told:?}");
    // There and back nothing is changed.
    assert_eq!(report(&order, Target::Edifact(None)).changed.len(), 0);
}

/// "Nordhafen GmbH" and "Einkauf" became "Nordhafen GmbHEinkauf", and nothing was said of it.
#[test]
fn a_text_of_several_pieces_is_one_text_and_that_is_told() {
    let invoice = sample("invoice-nl.edi");
    let pieces = invoice.replacen("Delta Factoring B.V.", "Nordhafen GmbH:Einkauf", 1);
    let reading = read(pieces.as_bytes()).unwrap().remove(0);
    assert!(reading.document.leaves().any(|leaf| leaf.value.text() == "Nordhafen GmbH Einkauf"));
    let told = told(&reading.report.changed);
    assert!(told.contains(&"Nordhafen GmbH\nEinkauf → Nordhafen GmbH Einkauf (mapping-joined)".to_owned()), "{told:?}");
}

#[test]
fn a_day_that_does_not_exist_is_lost_and_told() {
    let order = sample("order-de.edi");
    let day = order.split("DTM+137:").nth(1).unwrap().split(':').next().unwrap();
    for wrong in ["20260230", "20261301", "00000000", "2026AB01"] {
        let report = report(&order.replacen(day, wrong, 1), Target::UBL);
        let lost = told(&report.lost);
        assert!(lost.contains(&format!("{wrong} →  (mapping-no-date)")), "{lost:?}");
    }
    let invoice = sample("invoice-in.ubl.xml");
    let day = invoice.split("<cbc:IssueDate>").nth(1).unwrap().split('<').next().unwrap();
    let lost = told(&report(&invoice.replacen(day, "2025-02-29", 1), Target::CII).lost);
    assert!(lost.contains(&"2025-02-29 →  (mapping-no-date)".to_owned()), "{lost:?}");
}

#[test]
fn unknown_qualifiers_and_codes_are_lost_and_told() {
    let order = sample("order-de.edi");
    for (known, unknown) in [("DTM+137:", "DTM+ZZ9:"), ("NAD+BY+", "NAD+XYZ+"), ("QTY+21:", "QTY+ZQ:")] {
        assert!(order.contains(known), "{known}");
        let source = order.replacen(known, unknown, 1);
        assert_eq!(untold(source.as_bytes()), [""; 0], "{unknown}");
        let lost = told(&report(&source, Target::UBL).lost);
        let code = &unknown[4..unknown.len() - 1];
        assert!(lost.iter().any(|entry| entry.starts_with(&format!("{code} → "))), "{unknown}: {lost:?}");
    }
}

/// A price has fifteen characters in EDIFACT; it is neither cut nor rounded.
#[test]
fn decimals_beyond_what_the_target_holds_are_lost_and_told() {
    let invoice = sample("invoice-in.ubl.xml");
    let price = invoice.split("<cbc:PriceAmount").nth(1).unwrap().split(['>', '<']).nth(1).unwrap();
    for long in ["1234567890123456.5", "0.12345678901234567890"] {
        let lost = told(&report(&invoice.replacen(price, long, 1), Target::Edifact(Some("D.14B"))).lost);
        assert!(lost.contains(&format!("{long} →  (mapping-too-long)")), "{lost:?}");
    }
}

#[test]
fn an_amount_in_another_currency_keeps_it_or_is_told() {
    let invoice = sample("invoice-in.ubl.xml");
    let foreign = invoice.replacen("currencyID=\"INR\"", "currencyID=\"XAU\"", 1);
    assert_ne!(foreign, invoice);
    assert_eq!(untold(foreign.as_bytes()), [""; 0]);
    for target in
        [Target::CII, Target::UBL, Target::Json, Target::Edifact(Some("D.14B")), Target::Edifact(Some("D.96A"))]
    {
        let reading = read(foreign.as_bytes()).unwrap().remove(0);
        let writing = write(&reading.document, target).unwrap();
        let is_kept = String::from_utf8_lossy(&writing.bytes).contains("XAU");
        let is_told = |entries: &[Entry]| entries.iter().any(|entry| entry.value == "XAU");
        assert!(is_kept || is_told(&reading.report.lost) || is_told(&writing.report.lost), "{target}");
    }
}

/// What XML may look like without saying anything else.
#[test]
fn the_form_of_xml_changes_nothing_and_notes_in_it_are_told() {
    let invoice = sample("invoice-in.ubl.xml");
    let plain = read(invoice.as_bytes()).unwrap().remove(0).document;
    let number = invoice.split("<cbc:ID>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let element = format!("<cbc:ID>{number}</cbc:ID>");
    let forms = [
        format!("<cbc:ID><![CDATA[{number}]]></cbc:ID>"),
        format!("<!-- a note --><cbc:ID>{number}</cbc:ID><?printer tray 2?>"),
        format!("<cbc:ID>{}<!-- within -->{}</cbc:ID>", &number[..1], &number[1..]),
        format!(
            "<k:ID xmlns:k=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">{number}</k:ID>"
        ),
        format!("<cbc:ID\n>{number}</cbc:ID\n>"),
        format!("<cbc:ID>&#{};{}</cbc:ID>", u32::from(number.chars().next().unwrap()), &number[1..]),
    ];
    for form in forms {
        let source = invoice.replacen(&element, &form, 1);
        assert_ne!(source, invoice);
        let reading = read(source.as_bytes()).unwrap().remove(0);
        assert_eq!(reading.document, plain, "{form}");
        let notes = form.matches("<!--").count() + form.matches("<?").count();
        let told = reading.report.form.iter().filter(|entry| entry.reason.id() == "mapping-comment").count();
        assert_eq!(told, notes + invoice.matches("<!--").count(), "{form}");
    }
}

/// A text where only elements belong has no place in a document.
#[test]
fn a_text_between_elements_is_lost_and_told() {
    let stray = "neither here nor there";
    let invoice = sample("invoice-in.ubl.xml");
    let containers: Vec<usize> = invoice.match_indices("<cac:").map(|(at, _)| at).collect();
    assert!(containers.len() > 20);
    for at in containers {
        let inside = at + invoice[at..].find('>').unwrap() + 1;
        let source = format!("{}{stray}{}", &invoice[..inside], &invoice[inside..]);
        let lost = told(&read(source.as_bytes()).unwrap().remove(0).report.lost);
        assert!(lost.iter().any(|entry| entry.starts_with(stray)), "{}", &invoice[at..inside]);
    }
}

/// White space around a value stays in it or is told: it is not trimmed away in silence.
#[test]
fn white_space_in_a_value_is_kept() {
    let invoice = sample("invoice-in.ubl.xml");
    let note = invoice.split("<cbc:Note>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let source = invoice.replacen(&note, "  two\n\t words  ", 1);
    let reading = read(source.as_bytes()).unwrap().remove(0);
    assert!(reading.document.leaves().any(|leaf| leaf.value.text() == "  two\n\t words  "));
    for target in [Target::CII, Target::UBL, Target::Json] {
        let writing = write(&reading.document, target).unwrap();
        let again = read(&writing.bytes).unwrap().remove(0);
        assert!(again.document.leaves().any(|leaf| leaf.value.text() == "  two\n\t words  "), "{target}");
    }
}

/// `#ADU#` before a note is its subject in UBL (EN 16931); what only looks like one stays text.
#[test]
fn notes_with_a_subject_code_in_them_come_back_as_they_were() {
    let invoice = sample("invoice-in.ubl.xml");
    let note = invoice.split("<cbc:Note>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    for text in ["#ADU#By road", "#ADU#", "#adu#By road", "##By road", "#A#By road", "ADU#By road", "#ADU#BOO#By road"]
    {
        let source = invoice.replacen(&note, text, 1);
        assert_eq!(untold(source.as_bytes()), [""; 0], "{text}");
        let reading = read(source.as_bytes()).unwrap().remove(0);
        for target in [Target::CII, Target::Json, Target::Edifact(Some("D.14B"))] {
            let writing = write(&reading.document, target).unwrap();
            let again = read(&writing.bytes).unwrap().remove(0).document;
            let back = write(&again, Target::UBL).unwrap();
            let is_told = [&reading.report, &writing.report, &back.report].iter().any(|report| report.is_lossy());
            let is_kept = String::from_utf8_lossy(&back.bytes).contains(&format!("<cbc:Note>{text}</cbc:Note>"));
            assert!(is_kept || is_told, "{text} by {target}: {:?}", told(&reading.report.lost));
        }
    }
}

/// A release that no table is for is never read as its neighbour; one interchange may hold several releases.
#[test]
fn messages_of_several_releases_are_each_read_by_their_own() {
    let order = sample("order-de.edi");
    assert!(order.contains("ORDERS:D:96A:UN"));
    assert!(read(order.replace("ORDERS:D:96A:UN", "ORDERS:D:99X:UN").as_bytes()).is_err());
    // Older than the oldest that the tables name: what was said otherwise then is not guessed at.
    assert!(read(order.replace("ORDERS:D:96A:UN", "ORDERS:D:93A:UN").as_bytes()).is_err());
    let later = read(order.replace("ORDERS:D:96A:UN", "ORDERS:D:97A:UN").as_bytes()).unwrap();
    assert_eq!(later[0].format, "ORDERS D.97A");
    let start = order.find("UNH+").unwrap();
    let end = order.find("UNZ+").unwrap();
    let other = order[start..end].replace("D:96A:UN", "D:01B:UN");
    let both = format!("{}{other}{}", &order[..end], &order[end..]);
    let formats: Vec<_> = read(both.as_bytes()).unwrap().into_iter().map(|reading| reading.format).collect();
    assert_eq!(formats, ["ORDERS D.96A", "ORDERS D.01B"]);
    assert_eq!(untold(both.as_bytes()), [""; 0]);
}
