//! `karvan diff`.

use crate::documents::{INVOICE, ORDER, invoice_with_more};
use crate::support::{Folder, sample};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("order.edi", ORDER);
    folder
}

#[test]
fn a_translation_says_the_same() {
    let folder = folder();
    for target in ["cii", "edifact", "json"] {
        folder.run(["convert", "-q", "--to", target, "-o", "other", "invoice.xml"]).expect(0);
        let run = folder.run(["diff", "invoice.xml", "other"]).expect(0);
        assert!(run.stdout.contains("THE SAME: "), "{}", run.stdout);
        let run = folder.run(["diff", "--format=json", "other", "invoice.xml"]).expect(0);
        assert_eq!(run.json()["same"], true);
    }
}

#[test]
fn what_differs_is_told_with_both_places() {
    let folder = folder();
    folder.run(["convert", "-q", "--allow-loss", "--to=ubl", "-o", "order.xml", "order.edi"]).expect(0);
    let changed = folder.read("order.xml").replace("12.5", "13.0").replace("2026-11-22", "2026-11-23");
    folder.write("order.xml", &changed);
    let run = folder.run(["diff", "order.edi", "order.xml"]).expect(1);
    let lines: Vec<_> = run.stdout.lines().map(str::trim).collect();
    let expected = [
        "issueDate Order issue date",
        "- \"2026-11-22\"  order.edi:5 DTM[2005=137]/C507/2380 (",
        "+ \"2026-11-23\"  order.xml:",
        "lines Order line 1",
        "lines.quantity Ordered quantity",
        "- \"12.5\" unit KGM  order.edi:9 SG25/QTY[6063=21]/C186/6060 (214–218)",
        "+ \"13.0\" unit KGM  order.xml:",
    ];
    let mut rest = lines.iter();
    for expected in expected {
        assert!(rest.any(|line| line.starts_with(expected)), "{expected} in {}", run.stdout);
    }
    let json = folder.run(["diff", "--format=json", "order.edi", "order.xml"]).expect(1).json();
    let differences = json["documents"][0]["differences"].as_array().unwrap();
    let terms: Vec<_> = differences.iter().map(|one| one["term"].as_str().unwrap()).collect();
    assert_eq!(terms, ["issueDate", "lines.quantity"]);
    let right = &differences[1]["right"];
    let at = |name: &str| usize::try_from(right["span"][name].as_u64().unwrap()).unwrap();
    assert_eq!(&changed[at("start")..at("end")], "13.0");
    assert_eq!(differences[1]["within"][0]["key"], "1");
    let persian = folder.run(["diff", "--lang=fa", "order.edi", "order.xml"]).expect(1).stdout;
    assert!(persian.contains("متفاوت"), "{persian}");
}

#[test]
fn layout_and_decimals_differ_only_where_that_is_asked_for() {
    let folder = folder();
    folder.write("same.edi", ORDER.replace('\n', "").replace("12.5", "12.500").replace("+77'", "+78'"));
    folder.run(["diff", "order.edi", "same.edi"]).expect(0);
    let run = folder.run(["diff", "--strict", "--format=json", "order.edi", "same.edi"]).expect(1);
    let differences = run.json()["documents"][0]["differences"].clone();
    let values = differences.as_array().unwrap().iter().filter_map(|one| one["right"]["value"].as_str());
    let values: Vec<_> = values.collect();
    assert!(values.contains(&"12.500") && values.iter().any(|value| value.ends_with("+78")), "{values:?}");
}

/// A value that CII has no place for is in no way another author's word.
#[test]
fn what_the_other_syntax_cannot_say_is_told_apart() {
    let folder = folder();
    folder.write("more.xml", invoice_with_more());
    folder.run(["convert", "-q", "--to=cii", "--allow-loss", "-o", "other.xml", "more.xml"]).expect(0);
    let run = folder.run(["diff", "more.xml", "other.xml"]).expect(0);
    assert!(run.stdout.contains("\"3f9a\"  more.xml:7 /Invoice/cbc:UUID"), "{}", run.stdout);
    let run = folder.run(["diff", "more.xml", "invoice.xml"]).expect(1);
    assert!(run.stdout.contains("- \"3f9a\"  more.xml:7 /Invoice/cbc:UUID"), "{}", run.stdout);
}

#[test]
fn documents_of_several_are_found_by_their_numbers() {
    let folder = folder();
    let second = ORDER.replace("PO-1", "PO-2").replace("+77'", "+78'").replace("12.5", "7");
    folder.write("both.edi", [ORDER, &second].concat());
    folder.write("second.edi", &second);
    let run = folder.run(["diff", "both.edi", "second.edi"]).expect(1);
    assert!(run.stdout.contains("order PO-1: only in both.edi (ORDERS D.96A)"), "{}", run.stdout);
    assert!(run.stdout.contains("DIFFERENT: 0 differences, 1 documents alone, "), "{}", run.stdout);
    let run = folder.run(["diff", "order.edi", "invoice.xml"]).expect(1);
    assert_eq!(run.stdout.matches("only in").count(), 2, "{}", run.stdout);
}

#[test]
fn a_message_that_no_table_reads_leaves_the_comparison_unfinished() {
    let folder = folder();
    let other = ORDER.replace("ORDERS", "SLSRPT").replace("+77'", "+78'");
    folder.write("both.edi", [ORDER, &other].concat());
    let run = folder.run(["diff", "both.edi", "order.edi"]).expect(4);
    assert!(run.stdout.contains("both.edi: 1 messages are not compared"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = folder();
    folder.write("letter.txt", "Dear Sir");
    let run = folder.run(["diff", "order.edi", "letter.txt"]).expect(1);
    assert!(run.stderr.contains("E0001") && run.stderr.contains("letter.txt"), "{}", run.stderr);
    folder.run(["diff", "order.edi", "missing.xml"]).expect(3);
    folder.run(["diff", "order.edi"]).expect(2);
    folder.run(["diff", "-", "-"]).expect(2);
    folder.run(["diff", "--max-size=100", "order.edi", "order.edi"]).expect(4);
    folder.run_with(["diff", "-", "order.edi"], ORDER.as_bytes()).expect(0);
    folder.run(["diff", &sample("order-de.edi"), &sample("order-de.edi")]).expect(0);
}
