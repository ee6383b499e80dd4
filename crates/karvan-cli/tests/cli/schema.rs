//! `karvan schema`.

use crate::support::Folder;

#[track_caller]
fn said(arguments: &[&str]) -> String {
    let run = Folder::new().run([&["schema"], arguments].concat()).expect(0);
    assert_eq!(run.stderr, "");
    run.stdout
}

#[test]
fn all_releases_are_listed() {
    let list = said(&["list"]);
    assert!(list.starts_with("62 releases of the UN/EDIFACT directories\n"), "{list}");
    assert!(
        list.contains("\nD.96A: messages 125, interactive messages 0, segments 127, composites 161, data elements 462")
    );
    assert_eq!(list.lines().filter(|line| line.starts_with("D.")).count(), 62);
}

#[test]
fn a_message_is_shown_with_its_groups() {
    for name in ["INVOIC@D.96A", "invoic@d96a"] {
        let message = said(&["show", name]);
        assert!(message.starts_with("INVOIC Invoice message, directory D.96A\n0010  UNH MESSAGE HEADER"), "{message}");
        assert!(message.contains("SG25"), "{message}");
    }
    assert!(said(&["show", "INVOIC"]).starts_with("INVOIC Invoice message, directory D.24A\n"), "the newest");
}

#[test]
fn segments_composites_elements_and_codes_are_shown() {
    assert!(said(&["segment", "NAD@D.96A"]).starts_with("NAD NAME AND ADDRESS, segment of directory D.96A"));
    assert!(said(&["composite", "C082@D.96A"]).starts_with("C082 PARTY IDENTIFICATION DETAILS, composite"));
    assert!(said(&["element", "3035@D.96A"]).starts_with("3035 Party qualifier, data element an..3"));
    assert!(said(&["code", "3035"]).contains("\n  SU     Supplier"));
    assert!(
        said(&["code", "3035@D.96A", "SU"]).starts_with("SU Supplier: code of 3035 Party qualifier in directory D.96A")
    );
    assert!(said(&["segment", "UNB@3"]).starts_with("UNB "), "the service directories too");
}

#[test]
fn a_kind_of_document_is_shown_with_its_terms_and_its_json_schema() {
    assert!(said(&["list", "--documents"]).contains("\norder: written as edifact edifact:"));
    let invoice = said(&["show", "invoice"]);
    assert!(invoice.lines().any(|line| line.starts_with("  number ") && line.ends_with("BT-1     Invoice number")));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/output/documents/invoice.schema.json");
    assert_eq!(said(&["show", "invoice", "--json-schema"]), std::fs::read_to_string(file).unwrap());
    let run = Folder::new().run(["schema", "show", "INVOIC", "--json-schema"]).expect(1);
    assert!(run.stderr.starts_with("karvan: there is no kind of document INVOIC;"), "{}", run.stderr);
}

#[test]
fn what_is_not_there_is_told() {
    for (arguments, why) in [
        (&["show", "FOOBAR@D.96A"][..], "karvan: FOOBAR is in no directory\n"),
        (&["show", "INVOIC@D.77Z"], "karvan: there is no directory D.77Z; the releases are D.93A to D.24A"),
        (&["segment", "ZZZ"], "karvan: ZZZ is in no directory\n"),
        (&["segment", "INVOIC"], "karvan: this is something else: INVOIC Invoice message, directory D.24A\n"),
        (&["code", "3035", "ZZZZ"], "karvan: code ZZZZ is in no list of 3035"),
    ] {
        let run = Folder::new().run([&["schema"], arguments].concat()).expect(1);
        assert!(run.stderr.starts_with(why), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    Folder::new().run(["schema"]).expect(2);
    Folder::new().run(["schema", "list", "everything"]).expect(2);
}

/// The heading was isolated within an isolate.
#[test]
fn persian_sentences_are_not_nested() {
    let run = Folder::new().run(["schema", "segment", "INVOIC", "--lang=fa"]).expect(1);
    assert!(run.stderr.contains("این چیز دیگری است: پیام \u{2066}INVOIC\u{2069}"), "{}", run.stderr);
    assert!(!run.stderr.contains('␦'), "{}", run.stderr);
}

#[test]
fn json_is_one_object() {
    for (arguments, kind) in [
        (&["list"][..], "releases"),
        (&["show", "INVOIC@D.96A"], "message"),
        (&["segment", "NAD@D.96A"], "segment"),
        (&["code", "3035@D.96A", "SU"], "code"),
        (&["list", "--codes"], "code-lists"),
        (&["code", "ISO4217"], "code-list"),
        (&["code", "REC20", "KGM"], "listed-code"),
    ] {
        let json = Folder::new().run([&["schema", "--format=json"], arguments].concat()).expect(0).json();
        assert_eq!(json["kind"], kind);
        let lines = Folder::new().run([&["schema", "--format=jsonl"], arguments].concat()).expect(0).json_lines();
        assert_eq!(lines, [json]);
    }
    let message = Folder::new().run(["schema", "show", "INVOIC@D.21B", "--format=json"]).expect(0).json();
    let rows = message["rows"].as_array().unwrap();
    let lines: Vec<_> = rows.iter().filter(|row| row["segment"] == "LIN").collect();
    assert_eq!((&lines[0]["position"], &lines[0]["group"]), (&"01160".into(), &27.into()));
    assert_eq!((&lines[1]["position"], &lines[1]["within"]), (&"01170".into(), &vec![27].into()));
}

#[test]
fn releases_are_compared() {
    let place = said(&["diff", "D.96A", "D.01B", "NAD"]);
    assert!(place.starts_with("NAD from D.96A to D.01B, changes: "), "{place}");
    assert!(place.contains("\n~ 3251 Postal identification code: format an..9 → an..17\n"), "{place}");
    assert!(place.contains("\n+ C819 COUNTRY SUB-ENTITY DETAILS C 1\n"), "{place}");
    assert_eq!(said(&["diff", "D.96A", "D96A", "INVOIC"]), "INVOIC is the same in D.96A and D.96A\n");
    assert!(said(&["diff", "D.96A", "D.21B"]).contains("\n+ VERMAS Verified gross mass message\n"));
    let json = Folder::new().run(["schema", "diff", "D.96A", "D.21B", "3035", "--format", "json"]).expect(0).json();
    assert!(json["changes"].as_array().unwrap().iter().any(|change| change["kind"] == "code"));
    let run = Folder::new().run(["schema", "diff", "D.96A", "D.77Z"]).expect(1);
    assert!(run.stderr.contains("there is no directory D.77Z"), "{}", run.stderr);
}

#[test]
fn codes_of_published_lists_are_looked_up() {
    assert!(said(&["list", "--codes"]).lines().any(|line| line.starts_with("REC20 ")));
    assert!(said(&["code", "rec20", "KGM"]).starts_with("KGM       kilogram\n"));
    assert!(said(&["code", "ISO4217", "DEM"]).contains("taken out of the list"));
    let run = Folder::new().run(["schema", "code", "LOCODE", "IRBNX"]).expect(1);
    assert!(run.stderr.contains("IRBND (Bandar Abbas)"), "{}", run.stderr);
}
