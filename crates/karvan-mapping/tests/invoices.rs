//! What real invoices say in more than one way, in each release of INVOIC that is read.

mod messages;

use karvan_mapping::{Reading, Target, write};
use karvan_model::{Document, Invoice, Part};
use karvan_schema::directory::Directories;

use messages::{leaves, reading, through, values};

/// An invoice with this between its number and its lines, in each release.
fn invoices(segments: &str) -> impl Iterator<Item = (String, Reading)> {
    ["D:93A", "D:96A", "D:97A", "D:97B", "D:01B", "D:03B", "D:06A"].into_iter().map(move |release| {
        let segments =
            format!("BGM+380+1+9'{segments}LIN+1'MOA+203:7.00'UNS+S'MOA+77:8.33'TAX+7+VAT+++:::19+S'MOA+124:1.33'");
        (release.replace(':', "."), reading(&format!("INVOIC:{release}"), &segments))
    })
}

/// The group of taxes behind the lines, and the segment that terms of payment stand in, are not the same in all.
#[test]
fn an_invoice_of_every_packed_release_from_the_oldest_on_is_read_and_written() {
    let directories = Directories::builtin();
    let releases = directories.releases().iter().filter(|release| {
        let has_invoice = directories.release(release).is_some_and(|release| release.message("INVOIC").is_some());
        has_invoice && !matches!(release.as_str(), "D.14B")
    });
    let mut count = 0;
    for release in releases.skip_while(|release| *release != "D.93A") {
        let segments = "BGM+380+1'DTM+137:20261101:102'NAD+SU+7'NAD+BY+8'LIN+1'MOA+203:7.00'UNS+S'MOA+77:8.33'\
            TAX+7+VAT+++:::19+S'MOA+124:1.33'";
        let Reading { document, report, format, .. } =
            reading(&format!("INVOIC:{}", release.replace('.', ":")), segments);
        assert_eq!((format, report.lost.len()), (format!("INVOIC {release}"), 0), "{:?}", report.lost);
        assert_eq!(
            (values(&document, "BT-117"), values(&document, "BT-119")),
            (vec!["1.33".into()], vec!["19".into()])
        );
        let target: Target = format!("edifact:{release}").parse().expect("a target");
        assert_eq!(through(&document, target), (document, vec![]), "{release}");
        count += 1;
    }
    assert!(count > 40, "{count}");
}

/// An invoice of another directory than D.96A, D.01B and D.14B was not read at all.
#[test]
fn an_invoice_of_a_neighbouring_release_is_read_and_written() {
    for (release, Reading { document, report, format, .. }) in invoices("DTM+137:20261101:102'NAD+SU+7'NAD+BY+8'") {
        assert_eq!((format, report.lost.len()), (format!("INVOIC {release}"), 0), "{:?}", report.lost);
        for (id, value) in
            [("BT-2", "2026-11-01"), ("BT-29", "7"), ("BT-46", "8"), ("BT-112", "8.33"), ("BT-119", "19")]
        {
            assert_eq!(values(&document, id), [value], "{release} {id}");
        }
        assert_eq!(
            values(&document, "BT-117"),
            ["1.33"],
            "{release}: the tax group behind the lines has another number"
        );
        let release = Target::all()
            .into_iter()
            .find(|target| target.to_string() == format!("edifact:{}", release.replace('.', "")));
        assert_eq!(through(&document, release.expect("a target")), (document, vec![]));
    }
}

#[test]
fn who_sells_and_who_buys_may_have_other_codes() {
    for (seller, buyer) in [("SU", "BY"), ("SE", "IV"), ("SE", "BT"), ("MS", "MR")] {
        for (release, Reading { document, report, .. }) in invoices(&format!("NAD+{seller}+7'NAD+{buyer}+8'")) {
            assert_eq!((values(&document, "BT-29"), values(&document, "BT-46")), (vec!["7".into()], vec!["8".into()]));
            assert!(report.lost.is_empty(), "{release} {:?}", report.lost);
        }
    }
    // One that is named besides is not mixed with the first.
    let (_, both) = invoices("NAD+BY+8'NAD+IV+9'").nth(1).expect("D.96A");
    assert_eq!(values(&both.document, "BT-46"), ["8"]);
    assert!(both.report.lost.iter().any(|entry| entry.value == "9"));
}

#[test]
fn the_currency_of_an_invoice_may_be_called_that_of_its_order() {
    for (segments, currency) in [
        ("CUX+2:EUR:4'", "EUR"),
        ("CUX+2:EUR:9'", "EUR"),
        ("CUX+2:SEK:10'", "SEK"),
        ("CUX+2:USD:11'CUX+2:EUR:4'", "EUR"),
    ] {
        for (release, Reading { document, .. }) in invoices(segments) {
            assert_eq!(values(&document, "BT-5"), [currency], "{release} {segments}");
        }
    }
}

/// Control totals were told as lost; those that are right say nothing of their own.
#[test]
fn totals_that_can_be_counted_again_are_no_loss() {
    let of = |release: &str, counts: &str| {
        let lines = "LIN+1'QTY+47:2.5:KGM'LIN+2'QTY+47:3:PCE'";
        reading(&format!("INVOIC:{release}"), &format!("BGM+380+1+9'{lines}UNS+S'{counts}")).report
    };
    for release in ["D:96A", "D:01B", "D:14B"] {
        let right = of(release, "CNT+1:5.50'CNT+2:2'");
        assert!(right.lost.is_empty(), "{release} {:?}", right.lost);
        let told: Vec<_> = right.form.iter().filter(|entry| entry.reason.id() == "mapping-counted").collect();
        assert_eq!(told.iter().map(|entry| &*entry.value).collect::<Vec<_>>(), ["5.50", "2"]);
        for (wrong, lost) in [("CNT+2:3'", "3"), ("CNT+1:5'", "5"), ("CNT+2:X'", "X"), ("CNT+3:2'", "2")] {
            assert!(of(release, wrong).lost.iter().any(|entry| entry.value == lost), "{release} {wrong}");
        }
    }
}

#[test]
fn an_invoice_may_tell_the_minute_of_its_day() {
    for (release, Reading { document, report, .. }) in invoices("DTM+137:202611011430:203'") {
        assert!(report.lost.is_empty(), "{release} {:?}", report.lost);
        let time = |document: &Document| leaves(document, "BT-2")[0].value.part(Part::Time).map(str::to_owned);
        assert_eq!(time(&document).as_deref(), Some("14:30:00"), "{release}");
        let day = Invoice::try_from(&document).expect("an invoice").issue_date.expect("a day");
        assert_eq!((&*day.value, day.time.as_deref()), ("2026-11-01", Some("14:30:00")));
        for target in [Target::UBL, Target::Edifact(Some("D.96A")), Target::Json] {
            assert_eq!(time(&through(&document, target).0), time(&document), "{release} {target}");
        }
        assert_eq!(
            write(&document, Target::CII).expect("written").report.lost.len(),
            1,
            "the time has no place in CII"
        );
    }
    for text in ["20260230:102", "202611012560:203", "2026110114:203"] {
        let (_, Reading { document, report, .. }) = invoices(&format!("DTM+137:{text}'")).nth(1).expect("D.96A");
        assert_eq!(values(&document, "BT-2"), [""; 0]);
        assert!(report.lost.iter().any(|entry| text.starts_with(&entry.value)), "{text}");
    }
}

/// When the documents were issued that an invoice refers to, and what tax there is on a line, an allowance, a charge: EN 16931
/// has no terms for it, and the messages, UBL and CII have places.
#[test]
fn what_en_16931_has_no_term_for_is_carried_where_both_have_a_place() {
    let references = "RFF+ON:4711'DTM+171:20261001:102'RFF+CT:V-1'DTM+171:20260101:102'\
        RFF+AAK:L-9'DTM+171:20261020:102'RFF+ALO:W-3'DTM+171:20261021:102'";
    let charges = "ALC+C++++FC'MOA+23:12.00'TAX+7+VAT+++:::19+S'MOA+124:2.28'\
        ALC+A'MOA+204:2.00'TAX+7+VAT+++:::19+S'MOA+124:0.38'";
    let lines = "LIN+1'MOA+203:100.00'TAX+7+VAT+++:::19+S'MOA+124:19.00'LIN+2'MOA+203:50.00'";
    let expected = [
        ("purchaseOrderDate", "2026-10-01"),
        ("contractDate", "2026-01-01"),
        ("despatchAdviceDate", "2026-10-20"),
        ("receivingAdviceDate", "2026-10-21"),
        ("charges.vatAmount", "2.28"),
        ("allowances.vatAmount", "0.38"),
        ("lines.vatAmount", "19.00"),
    ];
    for release in ["D:96A", "D:01B", "D:14B"] {
        let currency = if release == "D:14B" { "CUX+2:EUR'" } else { "CUX+2:EUR:4'" };
        let segments = format!("BGM+380+1'{references}{currency}{charges}{lines}UNS+S'");
        let reading = reading(&format!("INVOIC:{release}"), &segments);
        assert!(reading.report.lost.is_empty(), "{release} {:?}", reading.report.lost);
        for target in [Target::UBL, Target::CII, Target::Bsp, Target::Edifact(Some("D.96A"))] {
            let (back, lost) = through(&reading.document, target);
            assert!(lost.is_empty(), "{release} {target} {lost:?}");
            for (id, value) in expected {
                assert_eq!(values(&back, id), [value], "{release} {target} {id}");
            }
        }
        let ubl = String::from_utf8(write(&reading.document, Target::UBL).expect("written").bytes).expect("UTF-8");
        let plain: String = ubl.lines().map(str::trim).collect();
        for element in [
            "<cac:OrderReference><cbc:ID>4711</cbc:ID><cbc:IssueDate>2026-10-01</cbc:IssueDate></cac:OrderReference>",
            "<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">19.00</cbc:TaxAmount></cac:TaxTotal>",
        ] {
            assert!(plain.contains(element), "{element}");
        }
    }
    // UBL wants the number of what has a date.
    let (back, lost) =
        through(&reading("INVOIC:D:96A", "BGM+380+1'RFF+ON'DTM+171:20261001:102'LIN+1'").document, Target::UBL);
    assert!(values(&back, "purchaseOrderDate").is_empty() && lost.contains(&"2026-10-01".to_owned()), "{lost:?}");
}

/// Messages of the energy market tell the period of an account, and terms in the segment that came with D.04A.
#[test]
fn an_account_of_a_period_is_an_invoice_of_it() {
    let head = "DTM+155:202601010000?+01:303'DTM+156:202601312300?+01:303'PYT+3'DTM+265:20260215:102'";
    let lines = "LIN+1'QTY+47:10:KWH'PRI+CAL:0.25:::1:KWH'";
    let Reading { document, report, .. } = reading("INVOIC:D:06A", &format!("BGM+380+1'{head}{lines}"));
    assert!(report.lost.is_empty(), "{:?}", report.lost);
    for (id, value) in
        [("BT-73", "2026-01-01"), ("BT-74", "2026-01-31"), ("BT-9", "2026-02-15"), ("BT-146", "0.25"), ("BT-149", "1")]
    {
        assert_eq!(values(&document, id), [value], "{id}");
    }
}

/// A party that stands in no form (C058) lost its name and its address.
#[test]
fn name_and_address_in_no_form_are_a_line_each() {
    let parties = "NAD+SU++SAFFRON LTD:12 Azadi St:Unit 4:Industrial Park'NAD+BY+8+CARPETS LTD'\
        NAD+DP++DEPOT:9 Kaj Rd'NAD+PE++BANK:4 Naz Sq'";
    for (release, Reading { document, report, .. }) in invoices(parties) {
        for (id, value) in [
            ("BT-27", "SAFFRON LTD"),
            ("BT-35", "12 Azadi St"),
            ("BT-36", "Unit 4"),
            ("BT-162", "Industrial Park"),
            ("BT-44", "CARPETS LTD"),
            ("BT-70", "DEPOT"),
            ("BT-75", "9 Kaj Rd"),
            ("BT-59", "BANK"),
        ] {
            assert_eq!(values(&document, id), [value], "{release} {id}");
        }
        // A payee has no address in EN 16931.
        assert_eq!(report.lost.iter().map(|entry| &*entry.value).collect::<Vec<_>>(), ["4 Naz Sq"], "{release}");
        assert_eq!(through(&document, Target::Edifact(Some("D.96A"))), (document, vec![]), "{release}");
    }
    // Beside a name in its form it is something else: the trading name.
    let document = reading("INVOIC:D:96A", "BGM+380+1'NAD+SU++SAFFRON+SAFFRON LTD'LIN+1'").document;
    assert_eq!(
        (values(&document, "BT-27"), values(&document, "BT-28")),
        (vec!["SAFFRON LTD".into()], vec!["SAFFRON".into()])
    );
}
