//! `karvan inspect`.

use crate::support::Folder;

const ORDER: &str = "UNB+UNOC:3+SENDER+RECEIVER+261122:0900+7'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+A1'\nDTM+137:20261122:102'\nNAD+BY+5412345000013::9'\nNAD+SU+4012345500004::9'\nUNS+S'\nUNT+7+1'\nUNZ+1+7'\n";

fn said(arguments: &[&str]) -> String {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.run([&["inspect", "order.edi"], arguments].concat()).expect(0).stdout
}

#[test]
fn envelope_and_messages_are_told_first() {
    let octets = ORDER.len();
    assert_eq!(
        said(&[]),
        format!(
            "interchange 1 from SENDER to RECEIVER, 261122 0900, reference 7, UNOC:3\n  message 1: ORDERS D.96A, reference 1 — Purchase order message, 7 segments\norder.edi: interchanges 1, groups 0, messages 1 (1 × ORDERS D.96A), packages 0, segments 9, octets {octets}\n"
        )
    );
    assert!(said(&["--lang", "fa"]).contains("سفارش خرید"));
}

#[test]
fn the_tree_goes_as_deep_as_asked() {
    assert!(said(&["--depth", "2"]).contains("\n    SG2 (2)\n      NAD+SU+4012345500004::9  — NAME AND ADDRESS\n"));
    assert!(said(&["--depth", "3"]).contains("\n          3035 Party qualifier: SU (Supplier)\n"));
    let few = said(&["--depth", "2", "--max-nodes", "3"]);
    assert!(few.ends_with("8 more are not shown; --max-nodes 3 is the limit\n"), "{few}");
}

#[test]
fn a_path_and_an_octet_lead_to_segments() {
    let found = said(&["--path", "SG2/NAD[3035=SU]/C082/3039", "--format", "jsonl"]);
    let objects: Vec<serde_json::Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&objects[0]["path"], &objects[0]["line"]), (&"SG2/NAD[3035=SU]".into(), &6.into()));
    assert_eq!(objects[0]["values"][0]["value"], "4012345500004");
    let at = ORDER.find("4012345500004").unwrap().to_string();
    let place = said(&["--at", &at]);
    assert!(place.contains("SG2/NAD[3035=SU]") && place.contains("line 6"), "{place}");
    assert!(place.contains("\n      C082/3039 Party id. identification: 4012345500004\n"), "{place}");
    assert!(place.contains("\n  → SG2/NAD (0120) is the nearest place"), "{place}");
    for same in ["6:8", "NAD[3035=SU]/C082/3039"] {
        assert_eq!(said(&["--at", same]), place);
    }
    assert!(
        said(&["--at", &at, "--lang", "fa"]).contains("\n  → \u{2066}SG2/NAD\u{2069} (\u{2066}0120\u{2069}) نزدیک")
    );
}

#[test]
fn what_was_expected_in_place_of_a_segment_is_told() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("DTM+137:20261122:102'\n", ""));
    let told = folder.run(["inspect", "order.edi", "--at", "4:1", "--format", "json"]).expect(0).json();
    assert_eq!(told[0]["choice"]["left_out"], serde_json::json!(["DTM"]));
    assert_eq!(told[0]["choice"]["expected"], serde_json::json!(["DTM"]));
    assert_eq!(told[0]["choice"]["places"][0]["taken"], true);
}

#[test]
fn what_is_not_there_is_told() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("notes.txt", "no document");
    assert!(folder.run(["inspect", "order.edi", "--at", "9999"]).expect(1).stderr.contains("has nothing at 9999"));
    assert!(folder.run(["inspect", "order.edi", "--path", "RFF"]).expect(1).stderr.contains("nothing at this path"));
    assert!(folder.run(["inspect", "notes.txt"]).expect(1).stdout.contains("neither EDIFACT nor XML nor JSON"));
    folder.run(["inspect", "order.edi", "--path", "NAD["]).expect(2);
    folder.run(["inspect", "order.edi", "--at", "0:1"]).expect(2);
    folder.run(["inspect", "order.edi", "--depth", "4"]).expect(2);
    folder.write("note.xml", "<note/>");
    assert!(folder.run(["inspect", "note.xml", "--at", "1:1"]).expect(1).stderr.contains("no interchange"));
    folder.run(["inspect", "missing.edi"]).expect(3);
}
