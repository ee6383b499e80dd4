//! `karvan fmt`.

use std::fs;

use super::documents::{INVOICE, ORDER};
use super::support::Folder;

fn small() -> String {
    ORDER.replace('\n', "")
}

#[test]
fn files_go_to_standard_output_in_order() {
    let folder = Folder::new();
    folder.write("a.edi", small());
    folder.write("b.edi", ORDER);
    assert_eq!(folder.run(["fmt", "a.edi", "b.edi"]).expect(0).stdout, ORDER.repeat(2));
    assert_eq!(folder.run(["fmt", "--minify", "b.edi", "-o", "c.edi"]).expect(0).stdout, "");
    assert_eq!(folder.read("c.edi"), small());
    assert_eq!(folder.run_with(["fmt"], small().as_bytes()).expect(0).stdout, ORDER);
}

#[test]
fn check_and_diff_write_nothing_and_tell() {
    let folder = Folder::new();
    folder.write("tidy.edi", ORDER);
    folder.write("small.edi", small());
    let run = folder.run(["fmt", "--check", "tidy.edi", "small.edi"]).expect(1);
    assert_eq!(run.stdout, "would change: small.edi\n");
    folder.run(["fmt", "--check", "tidy.edi"]).expect(0);
    let told = folder.run(["fmt", "--check", "--format=json", "tidy.edi", "small.edi"]).expect(1).json();
    assert_eq!((told[0]["changed"].as_bool(), told[1]["changed"].as_bool()), (Some(false), Some(true)));
    folder.write("count.edi", ORDER.replace("UNT+10", "UNT+12"));
    let run = folder.run(["fmt", "--diff", "--recount", "count.edi"]).expect(1);
    let expected = "--- count.edi\n+++ count.edi\n@@ -9,5 +9,5 @@\n QTY+21:12.5:KGM'\n UNS+S'\n CNT+2:1'\n-UNT+12+1'\n\
        +UNT+10+1'\n UNZ+1+77'\n";
    assert_eq!(run.stdout, expected);
    assert_eq!(folder.read("small.edi"), small());
    assert_eq!(folder.run(["fmt", "--diff", "tidy.edi"]).expect(0).stdout, "");
}

/// What a finding says is to be done mends it.
#[test]
fn the_helps_of_validate_help() {
    let folder = Folder::new();
    for (damaged, help) in [
        (ORDER.replace("UNT+10", "UNT+12").replace("UNZ+1", "UNZ+7"), "fmt --recount"),
        (ORDER.replace("UNS+S'", "UNS+S+++'"), "fmt --trim"),
        (ORDER.replace("PO-1", "PÖ-1"), "fmt --charset UNOY"),
        (ORDER.replace("UNOC", "UNOA").replace("PO-1", "po_1"), "fmt --charset UNOY"),
        (format!("\u{feff}{ORDER}"), "fmt"),
        (ORDER.replace("UNA:+.? '\n", "").replace("'\n", "\r\n"), "fmt --delimiters default"),
    ] {
        folder.write("order.edi", &damaged);
        let told = folder.run(["validate", "order.edi"]).stdout;
        assert!(told.contains(&format!("help: karvan {help} FILE")), "{help}: {told}");
        let command: Vec<_> = help.split(' ').chain(["order.edi", "--in-place"]).collect();
        folder.run(command).expect(0);
        assert_eq!(folder.run(["validate", "--format=json", "order.edi"]).expect(0).findings(), [""; 0]);
    }
}

#[test]
fn in_place_replaces_what_changes_and_nothing_else() {
    let folder = Folder::new();
    folder.write("small.edi", small());
    folder.write("tidy.edi", ORDER);
    let before = fs::metadata(folder.path("tidy.edi")).unwrap().modified().unwrap();
    let run = folder.run(["fmt", "--in-place", "small.edi", "tidy.edi"]).expect(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "changed: small.edi\n"));
    assert_eq!(folder.read("small.edi"), ORDER);
    assert_eq!(fs::metadata(folder.path("tidy.edi")).unwrap().modified().unwrap(), before);
    assert_eq!(folder.names(), ["small.edi", "tidy.edi"]);
    folder.run_with(["fmt", "-i", "-"], b"").expect(2);
    folder.run(["fmt", "-i", "tidy.edi", "-o", "x.edi"]).expect(2);
}

#[test]
fn what_cannot_be_carried_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    let order = ORDER.replace("UNOC", "UNOY").replace("PO-1", "PO-تهران");
    folder.write("order.edi", &order);
    let run = folder.run(["fmt", "--charset", "UNOC", "order.edi"]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("error[E1021]: character U+062A 'ت' cannot be written in UNOC"), "{}", run.stderr);
    assert!(run.stderr.contains("order.edi:4:12 (byte 105)"), "{}", run.stderr);
    folder.run(["fmt", "-i", "--charset=unoc", "order.edi"]).expect(1);
    folder.run(["fmt", "--charset=UNOC", "-o", "latin.edi", "order.edi"]).expect(1);
    assert_eq!(folder.read("order.edi"), order);
    assert_eq!(folder.names(), ["order.edi"]);
    folder.run(["fmt", "--charset=UNOQ", "order.edi"]).expect(2);
    folder.run(["fmt", "--delimiters=::::::", "order.edi"]).expect(2);
    let arabic = folder.run(["fmt", "--charset=UNOI", "-o", "arabic.edi", "order.edi"]).expect(0);
    assert_eq!(arabic.stderr, "");
    assert_eq!(folder.run(["fmt", "--charset=UNOY", "arabic.edi"]).expect(0).stdout, order);
}

#[test]
fn other_documents_are_refused() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    let run = folder.run(["fmt", "-i", "invoice.xml"]).expect(1);
    assert!(run.stderr.contains("this is XML; only EDIFACT is laid out anew"), "{}", run.stderr);
    assert_eq!(folder.read("invoice.xml"), INVOICE);
    folder.run(["fmt", "absent.edi"]).expect(3);
}
