//! `karvan validate`.

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::Folder;

/// Checks `content` and expects these findings and this exit status.
#[track_caller]
fn expect(content: impl AsRef<[u8]>, status: i32, findings: &[&str]) {
    let run = Folder::new().run_with(["validate", "--format=json"], content.as_ref()).expect(status);
    assert_eq!(run.findings(), findings, "{run:?}");
}

/// Checks the order with `from` replaced by `to`.
#[track_caller]
fn order_with(from: &str, to: &str, findings: &[&str]) {
    assert!(ORDER.contains(from), "{from} is in the order");
    expect(ORDER.replacen(from, to, 1), 1, findings);
}

/// Checks the invoice with `from` replaced by `to`.
#[track_caller]
fn invoice_with(from: &str, to: &str, status: i32, findings: &[&str]) {
    assert!(INVOICE.contains(from), "{from} is in the invoice");
    expect(INVOICE.replacen(from, to, 1), status, findings);
}

#[test]
fn good_documents_are_valid() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("invoice.xml", INVOICE);
    let run = folder.run(["validate", "order.edi", "invoice.xml"]).expect(0);
    assert_eq!(
        run.stdout,
        "VALID order.edi: 1 interchange, 1 message (ORDERS D.96A), 0 errors, 0 warnings\n\
         VALID invoice.xml: Invoice (OASIS Universal Business Language 2.1), 0 errors, 0 warnings\n\
         2 documents: 2 valid, 0 invalid, 0 not finished, 0 not read\n"
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_finding_has_code_place_excerpt_and_what_was_expected() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11"));
    let run = folder.run(["validate", "order.edi"]).expect(1);
    assert_eq!(
        run.stdout,
        "error[E1029]: UNT counts 11 segments, the message has 10 (UNH to UNT inclusive)\n  \
           --> order.edi:12:5 (byte 244)  UNH 1 › UNT/0074\n    \
             |\n \
          12 | UNT+11+1'\n    \
             |     ^^ 11\n   \
             = expected: 10\n   \
           = help: karvan fmt --recount FILE writes the counts anew\n\
         INVALID order.edi: 1 interchange, 1 message (ORDERS D.96A), 1 error, 0 warnings\n"
    );
}

#[test]
fn counts_and_references_that_differ_are_found() {
    order_with("UNT+10+1'", "UNT+11+1'", &["E1029 12:5 UNT/0074"]);
    order_with("UNT+10+1'", "UNT+10+2'", &["E1028 12:8 UNT/0062"]);
    order_with("UNZ+1+77'", "UNZ+2+77'", &["E1029 13:5 UNZ/0036"]);
    order_with("UNZ+1+77'", "UNZ+1+78'", &["E1028 13:7 UNZ/0020"]);
}

#[test]
fn files_that_end_too_early_are_found() {
    order_with("UNZ+1+77'\n", "", &["E1013 13:1 UNZ"]);
    order_with("UNT+10+1'\nUNZ+1+77'\n", "", &["E1013 12:1 UNT", "E1013 12:1 UNZ"]);
    order_with("UNZ+1+77'\n", "UNZ+1+77", &["E1903 13:1"]);
}

#[test]
fn messages_and_releases_that_are_not_known_are_told_and_the_envelope_is_checked() {
    order_with("UNH+1+ORDERS:D:96A", "UNH+1+ORDUHR:D:96A", &["E1017 3:7 UNH/S009"]);
    order_with("UNH+1+ORDERS:D:96A", "UNH+1+ORDERS:D:77C", &["E1017 3:7 UNH/S009"]);
}

#[test]
fn characters_outside_the_repertoire_are_found() {
    order_with("PO-1", "PÖ-1", &["E1021 4:10 BGM[1001=220]/1004", "W1910 13:1 UNZ"]);
    order_with("UNB+UNOC:3", "UNB+UNOQ:3", &["E1046 2:5 UNB/S001"]);
}

#[test]
fn as_reads_messages_as_of_another_directory() {
    let unknown = ORDER.replace("D:96A", "D:77C");
    let folder = Folder::new();
    folder.run_with(["validate", "--as=ORDERS:D:96A"], unknown.as_bytes()).expect(0);
    for unclear in ["ORDERS", "ORDERS:D", "ORDERS::96A", "::"] {
        folder.run_with(["validate", "--as", unclear], unknown.as_bytes()).expect(2);
    }
}

#[test]
fn a_level_stops_before_the_next() {
    let code = ORDER.replace("BGM+220", "BGM+ZZ9");
    let structure = ORDER.replace("UNS+S'", "GIS+1'");
    let folder = Folder::new();
    let status = |level: &str, text: &str| folder.run_with(["validate", "--level", level], text.as_bytes()).status;
    assert_eq!(["syntax", "structure", "codes"].map(|level| status(level, &code)), [0, 0, 1]);
    assert_eq!(["syntax", "structure", "codes"].map(|level| status(level, &structure)), [0, 1, 1]);
}

#[test]
fn business_rules_are_asked_of_who_claims_to_keep_them() {
    let folder = Folder::new();
    let status =
        |arguments: &[&str], text: &str| folder.run_with([&["validate"], arguments].concat(), text.as_bytes()).status;
    let broken = INVOICE.replace("900.00</cbc:PayableAmount>", "901.00</cbc:PayableAmount>");
    let silent = broken.replace("urn:cen.eu:en16931:2017", "urn:example:2026");
    assert_eq!((status(&[], &broken), status(&[], &silent)), (1, 0));
    assert_eq!((status(&["--level", "codes"], &broken), status(&["--level", "rules"], &silent)), (0, 1));
    let findings: serde_json::Value =
        serde_json::from_str(&folder.run_with(["validate", "--format", "json"], broken.as_bytes()).stdout)
            .expect("JSON");
    let finding = &findings[0];
    assert_eq!((&finding["code"], &finding["rule"]), (&"E4003".into(), &"BR-CO-16".into()));
    assert_eq!((&finding["expected"], &finding["found"]), (&"900.00".into(), &"901.00".into()));
    assert_eq!(finding["path"], "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount");
}

#[test]
fn business_rules_hold_for_a_message_as_for_its_twin() {
    let folder = Folder::new();
    let message = folder.run_with(["convert", "--to", "edifact"], INVOICE.as_bytes()).stdout;
    // Two messages, each on lines of its own: the places are those of the file.
    let message = message.replacen("MOA+9:900.00'", "MOA+9:901.00'", 1);
    let trailer = message.find("UNZ+1").expect("a trailer");
    let header = message.find("UNH+1").expect("a header");
    let second = message[header..trailer].replace("UNH+1+", "UNH+2+").replace("+1'\n", "+2'\n");
    let both = [&message[..trailer], &second, &message[trailer..].replace("UNZ+1", "UNZ+2")].concat();
    let findings: serde_json::Value =
        serde_json::from_str(&folder.run_with(["validate", "--format", "json"], both.as_bytes()).stdout).expect("JSON");
    let told: Vec<_> = findings.as_array().expect("a list").iter().filter(|item| item["rule"].is_string()).collect();
    assert_eq!(told.len(), 2, "{findings}");
    for (number, finding) in (1_usize..).zip(told) {
        assert_eq!((&finding["rule"], &finding["unit"]["number"]), (&"BR-CO-16".into(), &number.into()));
        let start = finding["span"]["start"].as_u64().expect("an offset") as usize;
        assert!(both[start..].starts_with("901.00'"), "{finding}");
        let line = both[..start].matches('\n').count() + 1;
        assert_eq!((&finding["line"], &finding["column"]), (&line.into(), &7.into()));
    }
}

#[test]
fn xml_that_breaks_its_grammar_is_found() {
    invoice_with("<cbc:ID>KV-2026-17</cbc:ID>", "", 1, &["E5113 7:3 /Invoice/cbc:ID", "E4001 2:1 /Invoice"]);
    invoice_with("2026-05-04", "4 May 2026", 1, &["E5137 7:18 /Invoice/cbc:IssueDate"]);
}

#[test]
fn xml_that_is_not_well_formed_is_found_where_it_breaks() {
    invoice_with("</Invoice>", "", 1, &["E5001 2:1 /Invoice"]);
    invoice_with("<cbc:ID>KV-2026-17</cbc:ID>", "<cbc:ID>KV-2026-17</cbc:IDD>", 1, &["E5002 6:21 /Invoice/cbc:ID"]);
    invoice_with("Karavan-e abrisham", "Karavan & abrisham", 1, &["E5005 9:21 /Invoice/cbc:Note"]);
    invoice_with("Karavan-e abrisham", "Karavan\0abrisham", 1, &["E5004 9:20 /Invoice/cbc:Note"]);
    invoice_with("<Invoice ", "<Invoice a='1' a='2' ", 1, &["E5007 2:16"]);
}

#[test]
fn entities_are_refused() {
    let bomb = "<!DOCTYPE Invoice [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n<Invoice ";
    invoice_with("<Invoice ", bomb, 4, &["E9110 2:1"]);
    let external = "<!DOCTYPE Invoice [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\n<Invoice ";
    let run = Folder::new().run_with(["validate"], INVOICE.replace("<Invoice ", external).as_bytes()).expect(4);
    assert!(run.stdout.contains("= help: remove the DOCTYPE"), "{}", run.stdout);
    invoice_with("Karavan-e", "&karavan;", 1, &["E5005 9:13 /Invoice/cbc:Note"]);
}

#[test]
fn deep_xml_is_not_finished() {
    let deep = format!("<Invoice>{}", "<a>".repeat(100_000));
    let run = Folder::new().run_with(["validate", "--format=json"], deep.as_bytes()).expect(4);
    let findings = run.findings();
    assert_eq!(findings[0], "E5150 1:1 /Invoice");
    assert!(findings[1].starts_with("E9102 1:775 /Invoice/a/a/"), "{run:?}");
}

#[test]
fn the_encoding_of_a_document_is_the_one_it_has_or_declares() {
    let wide: Vec<u8> =
        std::iter::once(0xFEFF).chain(INVOICE.encode_utf16()).flat_map(|unit: u16| unit.to_le_bytes()).collect();
    expect(wide, 0, &[]);
    let wide: Vec<u8> = ORDER.encode_utf16().flat_map(u16::to_be_bytes).collect();
    expect(wide, 1, &["E1046 1:1"]);
    expect(
        INVOICE.replace("Karavan-e", "Karav\u{e4}n").chars().map(|c| c as u8).collect::<Vec<_>>(),
        1,
        &["E5010 9:18 /Invoice/cbc:Note"],
    );
    invoice_with("UTF-8", "windows-1256", 0, &[]);
    invoice_with("UTF-8", "EBCDIC-CP-US", 1, &["E5010 1:31"]);
}

#[test]
fn a_byte_order_mark_is_part_of_no_interchange() {
    expect([b"\xEF\xBB\xBF", ORDER.as_bytes()].concat(), 0, &["W1901 1:1"]);
    expect([b"\xEF\xBB\xBF", INVOICE.as_bytes()].concat(), 0, &[]);
}

#[test]
fn what_is_no_document_is_told_so() {
    expect("", 1, &["E0001 1:1"]);
    expect("Dear Sir, please find enclosed", 1, &["E0001 1:1"]);
    expect([0; 5000], 1, &["E0001 1:1"]);
    let run = Folder::new().run_with(["validate"], b"").expect(1);
    assert!(run.stdout.starts_with("error[E0001]: the document is empty\n"), "{}", run.stdout);
}

#[test]
fn json_is_read_as_karvans_own() {
    expect("{\"document\": \"invoice\", \"version\": 1, \"number\": \"R-17\"}", 0, &[]);
    expect("{\"document\": \"invoice\",\n \"version\": 1,\n \"number\": R-17}", 1, &["E5201 3:12"]);
    expect("{\"document\": \"invoice\"", 1, &["E5201 1:22"]);
    expect("{\"document\": \"waybill\", \"version\": 1}", 1, &["E5202 1:1"]);
    expect("{\"document\": \"invoice\", \"version\": 1,\n \"colour\": 1}", 1, &["E5203 2:12 /colour"]);
    expect(b"{\"document\": \"\xFF\"}", 1, &["E5204 1:15"]);
    expect("\u{feff}{\"document\": \"invoice\", \"version\": 1}", 1, &["E5201 1:1"]);
}

#[test]
fn nul_octets_in_an_interchange_are_found() {
    order_with("PO-1", "PO\0-1", &["E1021 4:11 BGM[1001=220]/1004"]);
}

/// A value of a megabyte was told whole, in the sentence and below it.
#[test]
fn a_long_value_is_cut_for_people() {
    let long = "9".repeat(100_000);
    let run = Folder::new().run_with(["validate"], ORDER.replace("PO-1", &long).as_bytes()).expect(1);
    assert!(run.stdout.len() < 3000, "{} octets", run.stdout.len());
    let json = format!("{{\"document\": \"invoice\", \"version\": 1, \"colour\": \"{long}\"}}");
    let run = Folder::new().run_with(["validate"], json.as_bytes()).expect(1);
    assert!(run.stdout.len() < 3000, "{} octets", run.stdout.len());
    let xml = INVOICE.replace("2026-05-04", &long);
    let run = Folder::new().run_with(["validate"], xml.as_bytes()).expect(1);
    assert!(run.stdout.len() < 3000, "{} octets", run.stdout.len());
}

/// Twenty thousand lines with a fault each took minutes: every path counted all lines before it, every column all
/// octets before it.
#[test]
fn many_findings_take_no_longer_than_their_number() {
    let (begin, rest) = INVOICE.split_once("  <cac:InvoiceLine>").unwrap();
    let (line, end) = rest.split_once("</Invoice>").unwrap();
    let lines =
        format!("  <cac:InvoiceLine>{line}").replace("<cbc:ID>1</cbc:ID>", "<cbc:IDX>سطر</cbc:IDX>").repeat(3000);
    let document = format!("{begin}{lines}</Invoice>{end}").replace('\n', " ");
    let run =
        Folder::new().run_with(["validate", "--format=json", "--max-findings=3000"], document.as_bytes()).expect(4);
    let findings = run.findings();
    assert_eq!(findings.len(), 3001);
    assert!(findings[2999].contains("/Invoice/cac:InvoiceLine["), "{}", findings[2999]);
    for finding in &run.json().as_array().unwrap()[..3000] {
        let start = usize::try_from(finding["span"]["start"].as_u64().unwrap()).unwrap();
        assert_eq!(finding["column"], document[..start].chars().count() + 1);
    }

    let members: Vec<_> = (0..20_000).map(|number| format!("{{\"identifier\": \"{number}\", \"x\": 1}}")).collect();
    let json = format!("{{\"document\": \"invoice\", \"version\": 1, \"lines\": [{}]}}", members.join(","));
    let run = Folder::new().run_with(["validate", "--format=json"], json.as_bytes()).expect(4);
    let told = run.json();
    let last = &told[9999];
    assert_eq!((last["path"].as_str(), last["line"].as_u64()), (Some("/lines/9999/x"), Some(1)));
    assert_eq!(last["column"], last["span"]["start"].as_u64().unwrap() + 1);
}

#[test]
fn limits_end_a_check_without_a_verdict() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11").replace("UNZ+1", "UNZ+2"));
    folder.write("long.edi", ORDER.replace("PO-1", &"9".repeat(5000)));
    folder.write("invoice.json", format!("{{\"document\": \"invoice\"}}{}", " ".repeat(100)));
    let run = folder.run(["validate", "--max-findings=1", "--format=json", "order.edi"]).expect(4);
    assert_eq!(run.findings(), ["E1029 12:5 UNT/0074", "N9900 12:5"]);
    let run = folder.run(["validate", "--max-segment=4096", "--format=json", "long.edi"]).expect(4);
    assert_eq!(run.findings()[0], "E9001 4:1");
    let run = folder.run(["validate", "--max-size=100", "--format=json", "invoice.json"]).expect(4);
    assert_eq!(run.findings(), ["E9002 1:1"]);
    folder.run(["validate", "--max-segment=10", "order.edi"]).expect(2);
    folder.run(["validate", "--max-findings=0", "order.edi"]).expect(2);
    folder.run(["validate", "--max-size=-1", "order.edi"]).expect(2);
}

#[test]
fn the_worst_of_several_inputs_decides() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write("bad.edi", ORDER.replace("UNT+10", "UNT+11"));
    folder.write("large.json", format!("{{}}{}", " ".repeat(10_000)));
    let status = |names: &[&str]| folder.run([&["validate", "--max-size=9000"], names].concat()).status;
    assert_eq!(status(&["bad.edi", "good.edi"]), 1);
    assert_eq!(status(&["large.json", "bad.edi"]), 4);
    assert_eq!(status(&["missing.edi", "large.json", "bad.edi"]), 3);
    folder.run(["validate", "--exit-zero", "bad.edi"]).expect(0);
}

#[test]
fn a_folder_stands_for_its_files_and_an_empty_one_is_not_valid() {
    let folder = Folder::new();
    folder.write("in/b.edi", ORDER);
    folder.write("in/a/z.xml", INVOICE);
    let run = folder.run(["validate", "in"]).expect(0);
    let files: Vec<_> = run.stdout.lines().take(2).map(|line| line.split([' ', ':']).nth(1).unwrap()).collect();
    assert_eq!(files, ["in/a/z.xml", "in/b.edi"]);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let run = folder.run(["validate", "empty"]).expect(3);
    assert_eq!(run.stderr, "karvan: input: no file in empty\n");
}

#[test]
fn files_that_cannot_be_read_are_a_failure() {
    let run = Folder::new().run(["validate", "missing.edi"]).expect(3);
    assert!(run.stderr.starts_with("karvan: missing.edi: "), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11"));
    folder.write("invoice.xml", INVOICE);
    let run = folder.run(["validate", "--format=json", "order.edi", "invoice.xml"]).expect(1);
    let expected = serde_json::json!([
        {
            "file": "order.edi", "code": "E1029", "severity": "error",
            "message": {
                "id": "count-differs-unt", "arguments": {"counted": "11", "actual": "10"},
                "text": "UNT counts 11 segments, the message has 10 (UNH to UNT inclusive)",
            },
            "span": {"start": 244, "end": 246}, "line": 12, "column": 5,
            "unit": {"header": "UNH", "number": 1}, "path": "UNT/0074", "data_element": {"position": 2},
            "expected": "10", "found": "11",
            "help": {
                "id": "help-recount", "arguments": {}, "text": "karvan fmt --recount FILE writes the counts anew",
            },
            "fix": {"span": {"start": 244, "end": 246}, "replacement": "10"},
        },
        {
            "file": "order.edi", "verdict": "invalid", "summary": {"errors": 1, "warnings": 0, "notes": 0},
            "content": {
                "syntax": "edifact", "interchanges": 1, "groups": 0, "messages": 1, "packages": 0, "segments": 12,
                "types": [{"type": "ORDERS D.96A", "count": 1}],
            },
        },
        {
            "file": "invoice.xml", "verdict": "valid", "summary": {"errors": 0, "warnings": 0, "notes": 0},
            "content": {"syntax": "xml", "root": "Invoice", "grammar": "OASIS Universal Business Language 2.1"},
        },
        {
            "totals": {
                "documents": 2, "valid": 1, "invalid": 1, "unfinished": 0, "unread": 0, "codes": {"E1029": 1},
            },
        },
    ]);
    assert_eq!(run.json(), expected);
    let lines = folder.run(["validate", "--format=jsonl", "order.edi", "invoice.xml"]).expect(1);
    assert_eq!(serde_json::Value::Array(lines.json_lines()), expected);
    // Machine output is never translated.
    let persian = folder.run(arguments!["validate", "--format=jsonl", "--lang=fa", "order.edi", "invoice.xml"]);
    assert_eq!(persian.stdout, lines.stdout);
}

#[test]
fn strict_reading_makes_errors_of_deviations() {
    let folder = Folder::new();
    let one_line = ORDER.replace('\n', "");
    let codes = |file: &str, more: &[&str]| {
        folder.write("file.edi", file);
        let arguments = [&["validate", "--format=json", "file.edi"], more].concat();
        let run = folder.run(arguments);
        (run.status, run.findings().iter().map(|finding| finding[..5].to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(codes(&one_line, &["--strict"]), (0, vec![]));
    assert_eq!(codes(ORDER, &["--strict"]), (1, vec!["E1909".to_owned()]));
    let marked = format!("\u{feff}{one_line}");
    assert_eq!(codes(&marked, &[]), (0, vec!["W1901".to_owned()]));
    assert_eq!(codes(&marked, &["--strict"]), (1, vec!["E1901".to_owned()]));
    let alone = &one_line[one_line.find("UNH").expect("UNH")..one_line.find("UNZ").expect("UNZ")];
    assert_eq!(codes(alone, &[]), (0, vec!["W1913".to_owned()]));
    assert_eq!(codes(alone, &["--strict"]), (1, vec!["E1913".to_owned()]));
}

#[test]
fn service_characters_of_the_command_line_win() {
    let folder = Folder::new();
    let invoice = "UNA:+.?*'UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+ORDERS:D:96A:UN'BGM+220+A*1'DTM+137:20261122:102'UNS+S'\
                   UNT+5+1'UNZ+1+1'";
    folder.write("file.edi", invoice);
    assert_eq!(
        folder.run(["validate", "--format=json", "file.edi"]).expect(1).findings(),
        ["E2035 1:73 BGM[1001=220]/1004"]
    );
    folder.run(["validate", "--una", ":+.? '", "file.edi"]).expect(0);
    for wrong in [":+.?", ":+.?A'", "++.? '", ":+.? ''"] {
        folder.run(["validate", "--una", wrong, "file.edi"]).expect(2);
    }
}

#[test]
fn a_release_that_is_not_known_is_refused_before_anything_is_read() {
    let folder = Folder::new();
    for (message, named) in
        [("ORDERS:D:96Z", "D.96Z"), ("ORDERX:D:96A", "ORDERX"), ("ORDERS:D:96A:ZZ", "ORDERS:D:96A:ZZ")]
    {
        let run = folder.run(["validate", "--as", message, "no-such-file.edi"]).expect(2);
        assert!(run.stderr.contains(named), "{}", run.stderr);
    }
    folder.write("order.edi", ORDER);
    folder.run(["validate", "--as=orders:d:96a", "order.edi"]).expect(0);
}

#[test]
fn an_interchange_that_comes_in_two_files_is_told() {
    let folder = Folder::new();
    folder.write("a.edi", ORDER);
    folder.write("b.edi", format!("\n{ORDER}"));
    folder.write("c.edi", ORDER.replace("+77'", "+78'"));
    for jobs in ["--jobs=1", "--jobs=3"] {
        let run = folder.run(["validate", jobs, "--format=json", "a.edi", "b.edi", "c.edi"]).expect(0);
        assert_eq!(run.findings(), ["W1026 3:58 UNB/0020"], "{run:?}");
        assert!(run.stdout.contains("was used before, in a.edi"), "{run:?}");
        folder.run(["validate", jobs, "--strict", "a.edi", "b.edi", "c.edi"]).expect(1);
    }
}

#[test]
fn limits_have_flags_and_codes_of_their_own() {
    let folder = Folder::new();
    let twice = ORDER.replace("UNZ+1", "UNH+2+ORDERS:D:96A:UN'\nUNT+2+2'\nUNZ+2");
    folder.write("file.edi", twice);
    let run = folder.run(["validate", "--level=syntax", "--max-references=1", "--format=json", "file.edi"]).expect(4);
    assert_eq!(run.findings(), ["E9003 13:5 UNH/0062"]);
    let package = "UNB+UNOC:4+A+B+20261122:0900+1'UNO+P1+1:X+1:Y+4'a'+bUNP+4+P1'UNZ+1+1'";
    folder.write("file.edi", package);
    folder.run(["validate", "file.edi"]).expect(0);
    let run = folder.run(["validate", "--max-package=3", "--format=json", "file.edi"]).expect(4);
    assert_eq!(run.findings(), ["E9004 1:49"]);
}

#[test]
fn a_document_is_checked_by_the_grammar_that_is_asked_for() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    let grammar = |arguments: &[&str]| {
        let run =
            folder.run([&["validate", "--format=json", "--level=structure"], arguments, &["invoice.xml"]].concat());
        run.json()[0]["content"]["grammar"].as_str().map(str::to_owned)
    };
    assert_eq!(grammar(&[]).as_deref(), Some("OASIS Universal Business Language 2.1"));
    assert_eq!(grammar(&["--as=ubl-2.4"]).as_deref(), Some("OASIS Universal Business Language 2.4"));
    folder.run(["validate", "--as=ubl-1.0", "invoice.xml"]).expect(2);
    let listed = folder.run(["schema", "list", "--grammars", "--format=json"]).expect(0).json();
    let names: Vec<_> = listed["grammars"].as_array().unwrap().iter().map(|one| one["grammar"].clone()).collect();
    assert!(names.contains(&"ecmr-1.0".into()), "{names:?}");
}

#[test]
fn codes_of_xml_documents_of_every_kind_are_looked_up() {
    let folder = Folder::new();
    let document = |currency: &str, unit: &str, country: &str| {
        format!(
            "<PackingList xmlns='urn:oasis:names:specification:ubl:schema:xsd:PackingList-2'
                xmlns:cac='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'
                xmlns:cbc='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'>\
            <cbc:ID>P-1</cbc:ID><cac:Shipment><cbc:ID>S-1</cbc:ID>\
            <cbc:GrossWeightMeasure unitCode='{unit}'>12</cbc:GrossWeightMeasure>\
            <cbc:DeclaredCustomsValueAmount currencyID='{currency}'>5</cbc:DeclaredCustomsValueAmount>\
            <cac:ExportCountry><cbc:IdentificationCode>{country}</cbc:IdentificationCode></cac:ExportCountry>\
            </cac:Shipment></PackingList>"
        )
    };
    let codes = |text: String| {
        folder.write("list.xml", text);
        let found = folder.run(["validate", "--format", "json", "list.xml"]).json();
        let found = found.as_array().unwrap().iter().filter(|one| one["code"] == "W3012");
        found
            .map(|one| {
                (one["found"].as_str().unwrap().to_owned(), one["expected"].as_str().unwrap_or_default().to_owned())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(document("EUR", "KGM", "DE")), []);
    let found = codes(document("EUX", "KMG", "UK"));
    assert_eq!(found.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), ["KMG", "EUX", "UK"]);
    assert!(found[0].1.contains("KGM (kilogram)") && found[1].1.contains("EUR"), "{found:?}");
    let other =
        document("EUR", "KGM", "UK").replace("<cbc:IdentificationCode>", "<cbc:IdentificationCode listID='OURS'>");
    assert_eq!(codes(other), [], "a list of theirs");
    folder.run(["validate", "--level", "structure", "list.xml"]).expect(0);
}
