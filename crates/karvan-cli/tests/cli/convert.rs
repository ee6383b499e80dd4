//! `karvan convert`.

use serde_json::Value;

use crate::documents::{INVOICE, ORDER, invoice_with_more};
use crate::support::{Folder, place, sample};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("more.xml", invoice_with_more());
    folder.write("order.edi", ORDER);
    folder
}

#[test]
fn the_result_goes_to_standard_output_and_the_report_beside_it() {
    for (target, begins) in [("cii", "<?xml"), ("ubl", "<?xml"), ("json", "{"), ("edifact", "UN")] {
        let folder = folder();
        let run = folder.run(["convert", "--to", target, "invoice.xml"]).expect(0);
        assert!(run.stdout.starts_with(begins), "{}", run.stdout);
        assert!(run.stderr.starts_with("invoice.xml: UBL 2.1 Invoice → "), "{}", run.stderr);
        // What was written is valid, and all of it can be read again.
        folder.run_with(["validate"], run.stdout.as_bytes()).expect(0);
        let back = folder.run_with(["convert", "--to=ubl"], run.stdout.as_bytes()).expect(0);
        for value in ["KV-2026-17", "2026-05-04", "Sahand Farsh", "Nordhafen GmbH", "Karavan-e abrisham", "300.00"] {
            assert!(back.stdout.contains(value), "{target}: {value} in {}", back.stdout);
        }
    }
}

#[test]
fn quiet_leaves_the_report_out() {
    let run = folder().run(["convert", "-q", "--to=cii", "invoice.xml"]).expect(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn standard_input_is_read_where_no_file_is_named() {
    let folder = folder();
    let named = folder.run(["convert", "--to=cii", "invoice.xml"]).expect(0).stdout;
    for arguments in [vec!["convert", "--to=cii"], vec!["convert", "--to=cii", "-"]] {
        assert_eq!(folder.run_with(arguments, INVOICE.as_bytes()).expect(0).stdout, named);
    }
}

#[test]
fn a_loss_withholds_the_output_and_is_reported() {
    let folder = folder();
    let before = folder.names();
    let run = folder.run(["convert", "--to=cii", "-o", "out.xml", "more.xml"]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("\"3f9a\" (/Invoice/cbc:UUID, "), "{}", run.stderr);
    assert!(
        run.stderr.ends_with("nothing was written: something would be lost (--allow-loss writes it all the same)\n")
    );
    assert_eq!(folder.names(), before);
    // Asking for quiet does not hide why there is nothing.
    let run = folder.run(["convert", "--quiet", "--to=cii", "more.xml"]).expect(1);
    assert!(run.stderr.contains("\"3f9a\""), "{}", run.stderr);

    let run = folder.run(["convert", "--to=cii", "--allow-loss", "-o", "out.xml", "more.xml"]).expect(0);
    assert!(run.stderr.contains("\"3f9a\""), "{}", run.stderr);
    assert!(folder.read("out.xml").contains("KV-2026-17"));
}

#[test]
fn a_withheld_conversion_leaves_an_older_output_alone() {
    let folder = folder();
    folder.write("out.xml", "older");
    folder.run(["convert", "--to=cii", "-o", "out.xml", "more.xml"]).expect(1);
    assert_eq!(folder.read("out.xml"), "older");
}

#[test]
fn the_report_is_json_in_a_file_of_its_own() {
    let folder = folder();
    folder.run(["convert", "--to=cii", "--report=report.json", "more.xml"]).expect(1);
    let report: Value = serde_json::from_str(&folder.read("report.json")).unwrap();
    assert_eq!(report["from"], "UBL 2.1 Invoice");
    assert_eq!(report["to"], "CII D16B");
    assert_eq!(report["written"], false);
    let lost = &report["report"]["lost"][0];
    assert_eq!(lost["value"], "3f9a");
    assert_eq!(lost["source"]["path"], "/Invoice/cbc:UUID");
    let span = |name: &str| usize::try_from(lost["source"]["span"][name].as_u64().unwrap()).unwrap();
    assert_eq!(&invoice_with_more()[span("start")..span("end")], "3f9a");
}

#[test]
fn the_report_is_json_on_standard_error_for_a_machine() {
    let run = folder().run(["convert", "--to=cii", "--format=jsonl", "more.xml"]).expect(1);
    let report: Value = serde_json::from_str(run.stderr.lines().next().unwrap()).unwrap();
    assert_eq!(report["report"]["lost"][0]["value"], "3f9a");
}

#[test]
fn findings_do_not_stop_a_conversion() {
    let folder = folder();
    let edifact = folder.run(["convert", "--to=edifact", "invoice.xml"]).expect(0).stdout;
    let counted = edifact.find("UNZ+1").expect("a trailer");
    folder.write("miscounted.edi", format!("{}UNZ+2{}", &edifact[..counted], &edifact[counted + 5..]));
    let run = folder.run(["convert", "--to=cii", "-o", "out.xml", "miscounted.edi"]).expect(1);
    assert!(run.stderr.starts_with("error[E1029]: UNZ counts 2 messages"), "{}", run.stderr);
    assert!(folder.read("out.xml").contains("KV-2026-17"));
    let run = folder.run(["convert", "--to=cii", "--format=jsonl", "miscounted.edi"]).expect(1);
    let finding: Value = serde_json::from_str(run.stderr.lines().next().unwrap()).unwrap();
    assert!(place(&finding).starts_with("E1029 "), "{finding}");
    assert_eq!(finding["file"], "miscounted.edi");
}

#[test]
fn documents_that_no_table_is_for_are_told() {
    let folder = folder();
    folder.write("sales.edi", ORDER.replace("ORDERS", "SLSRPT"));
    let run = folder.run(["convert", "--to=cii", "sales.edi"]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("karvan: sales.edi: no table maps this document"), "{}", run.stderr);
    let run = folder.run(["convert", "--to=cii", "order.edi"]).expect(1);
    assert_eq!(run.stdout, "");
    let told = "karvan: order.edi: there is no table that writes a document of the kind order as cii";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn other_documents_than_invoices_are_converted() {
    let folder = folder();
    for (name, target, expected) in [
        ("order-ir.edi", "ubl", "<cbc:ID>NV-5512</cbc:ID>"),
        ("order-de.edi", "cio", "<ram:ID>B-70231</ram:ID>"),
        ("order-tr.cio.xml", "edifact:D01B", "UNH+1+ORDERS:D:01B:UN'"),
        ("orderresponse-de.ubl.xml", "edifact", "UNH+1+ORDRSP:D:96A:UN'"),
        ("despatchadvice-de.ubl.xml", "edifact:D21B", "UNH+1+DESADV:D:21B:UN'"),
        ("ordercancellation-ae.ubl.xml", "edifact:D01B", "BGM+230+LPO-8812-C+1'"),
        ("orderresponse-tr.cio.xml", "edifact:D01B", "BGM+231+BM-T-3307+29'"),
        ("orderresponsesimple-de.ubl.xml", "edifact:D01B", "BGM+231+AB-44190+27'"),
        ("packinglist-ir.ubl.xml", "edifact:D01B", "BGM+271+"),
        ("packinglist-tr.edi", "ubl", "<cbc:ID>CL-2231</cbc:ID>"),
        ("receivingadvice-in.ubl.xml", "edifact:D01B", "UNH+1+RECADV:D:01B:UN'"),
        ("remittanceadvice-de.edi", "ubl", "<cbc:ID>ZA-4402</cbc:ID>"),
        ("goodsdeclaration-ir.edi", "ubl", "<cbc:CommodityCode>84137010</cbc:CommodityCode>"),
        ("goodsdeclaration-tr.ubl.xml", "edifact:D96B", "BGM+950+TR-TRN-2026-5519'"),
        ("customsresponse-de.edi", "json", "\"document\": \"customs-response\""),
        ("cargoreport-tr.ubl.xml", "edifact:D01B", "UNH+1+CUSCAR:D:01B:UN'"),
        ("despatchadvice-tr.edi", "json", "\"document\": \"despatch-advice\""),
    ] {
        let path = sample(name);
        folder.run(["convert", "--allow-loss", "--to", target, "-o", "out", &path]).expect(0);
        // An interchange is not always UTF-8.
        let octets = std::fs::read(folder.path("out")).unwrap();
        let text = String::from_utf8_lossy(&octets);
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn what_cannot_be_read_is_a_finding_with_its_place() {
    let folder = folder();
    for (name, content, begins) in [
        ("cut.xml", &INVOICE[..500], "error[E50"),
        ("empty", "", "error[E0001]: the document is empty"),
        ("letter.txt", "Dear Sir", "error[E0001]: the content is neither"),
        ("cut.json", "{\"document\": ", "error[E5201]: this is no JSON object"),
        ("other.json", "{\"a\": 1}", "error[E5202]: the JSON is not a document of Karvan"),
    ] {
        folder.write(name, content);
        let run = folder.run(["convert", "--to=cii", "-o", "out", name]).expect(1);
        assert!(run.stderr.starts_with(begins), "{name}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("--> {name}:")), "{name}: {}", run.stderr);
        assert!(!folder.path("out").exists());
    }
}

#[test]
fn of_several_documents_one_is_chosen() {
    let folder = folder();
    let edifact = folder.run(["convert", "--to=edifact", "invoice.xml"]).expect(0).stdout;
    let second =
        edifact.replace("KV-2026-17", "KV-2026-18").replace("0000+1'", "0000+2'").replace("UNZ+1+1'", "UNZ+1+2'");
    folder.write("two.edi", [edifact.as_str(), &second].concat());
    let run = folder.run(["convert", "--to=cii", "two.edi"]).expect(2);
    assert_eq!(run.stderr, "karvan: two.edi: it holds 2 documents; choose one with --document 1 to 2\n");
    let run = folder.run(["convert", "--to=cii", "--document=2", "two.edi"]).expect(0);
    assert!(run.stdout.contains("KV-2026-18") && !run.stdout.contains("KV-2026-17"));
    let run = folder.run(["convert", "--to=cii", "--document=3", "two.edi"]).expect(2);
    assert_eq!(run.stderr, "karvan: two.edi: there is no document 3 in it; documents that can be converted: 2\n");
    folder.run(["convert", "--to=cii", "--document=0", "two.edi"]).expect(2);
}

/// An interchange with an invoice and an order became an invoice, and the order was not mentioned.
#[test]
fn a_message_that_cannot_be_converted_is_not_left_out_unsaid() {
    let folder = folder();
    let edifact = folder.run(["convert", "--to=edifact", "invoice.xml"]).expect(0).stdout;
    let other = "UNB+UNOA:3+ACME+KAUF+261122:0900+7'UNH+1+GENRAL:D:96A:UN'BGM+220+5'UNT+3+1'UNZ+1+7'";
    folder.write("both.edi", [&edifact, other].concat());
    let run = folder.run(["convert", "--to=cii", "both.edi"]).expect(2);
    assert!(run.stderr.contains("it holds 2 messages, one of which can be converted"), "{}", run.stderr);
    folder.run(["convert", "--to=cii", "--document=1", "both.edi"]).expect(0);
}

#[test]
fn usage_is_told_before_anything_is_read() {
    let folder = folder();
    let run = folder.run(["convert", "--to=xls", "missing.xml"]).expect(2);
    assert!(run.stderr.starts_with("karvan: --to: \"xls\" is none of edifact"), "{}", run.stderr);
    folder.run(["convert", "invoice.xml"]).expect(2);
    folder.run(["convert", "--to=cii", "."]).expect(2);
    folder.run(["convert", "--to=cii", "invoice.xml", "more.xml"]).expect(2);
}

/// The report was written into the middle of the document.
#[test]
fn document_and_report_do_not_share_standard_output() {
    let folder = folder();
    let run = folder.run(["convert", "--to=cii", "--report=-", "invoice.xml"]).expect(2);
    assert_eq!(run.stdout, "");
    let run = folder.run(["convert", "--to=cii", "--report=-", "-o", "out.xml", "invoice.xml"]).expect(0);
    assert_eq!(run.json()["written"], true);
}

#[test]
fn what_cannot_be_opened_is_a_failure() {
    let folder = folder();
    folder.run(["convert", "--to=cii", "missing.xml"]).expect(3);
    folder.run(["convert", "--to=cii", "-o", "nowhere/out.xml", "invoice.xml"]).expect(3);
    folder.run(["convert", "--to=cii", "--report=nowhere/report.json", "invoice.xml"]).expect(3);
}

#[test]
fn a_document_larger_than_the_limit_is_not_looked_at() {
    let run = folder().run(["convert", "--to=cii", "--max-size=100", "invoice.xml"]).expect(4);
    assert_eq!(run.stderr, "karvan: invoice.xml: larger than 100 octets (--max-size)\n");
}
