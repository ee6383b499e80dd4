//! `--profile`, and looking profiles up.

use crate::arguments;
use crate::support::{Folder, sample};

const RULES: &str = "title = \"Orders of one buyer\"\nmessage = \"ORDERS\"\nreleases = [\"D.96A\"]\n\
                     rules = [{ path = \"SG2/NAD[3035=BY]\", times = 1, id = \"R1\", note = \"one buyer\" }]\n";
const ORDER: &str = "UNB+UNOC:3+SENDER+RECEIVER+261122:0900+7'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+A1'\n\
                     DTM+137:20261122:102'\nUNS+S'\nUNT+5+1'\nUNZ+1+7'\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("rules.toml", RULES);
    folder.write("order.edi", ORDER);
    folder.write("bought.edi", ORDER.replace("UNS+S'", "NAD+BY+1'\nUNS+S'").replace("UNT+5", "UNT+6"));
    folder
}

#[test]
fn a_message_is_checked_by_a_profile_of_ones_own_and_by_a_shipped_one() {
    let folder = folder();
    let told = folder.run(["validate", "--profile", "rules.toml", "order.edi"]).expect(1).stdout;
    for part in ["error[E4013]: SG2/NAD[3035=BY] is missing", "order.edi:5:1", "= expected: 1", "line 4: one buyer"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    folder.run(["validate", "--profile", "rules.toml", "bought.edi"]).expect(0);
    let json =
        folder.run(["validate", "--format=jsonl", "--profile", "rules.toml", "order.edi"]).expect(1).json_lines();
    assert_eq!((&json[0]["code"], &json[0]["rule"]), (&"E4013".into(), &"R1".into()));
    folder.run(arguments!["validate", "--profile=eancom97-orders", sample("order-eancom.edi")]).expect(0);
    let persian = folder.run(["validate", "--lang=fa", "--profile=rules.toml", "order.edi"]).expect(1).stdout;
    assert!(persian.contains("می‌خواهد"), "{persian}");
}

#[test]
fn what_no_profile_is_for_is_not_finished() {
    let folder = folder();
    for input in [sample("invoice-de.edi"), sample("invoice-tr.cii.xml")] {
        let run = folder.run(arguments!["validate", "--profile=rules.toml", input.clone()]).expect(4);
        assert!(run.stdout.contains("note[N4900]") && run.stdout.contains("NOT FINISHED"), "{}", run.stdout);
        folder.run(arguments!["validate", input]).expect(0);
    }
    // One profile for each kind of message.
    let both = ["--profile=eancom97-orders", "--profile=eancom97-invoic"].map(str::to_owned);
    folder.run(arguments!["validate", both, sample("order-eancom.edi"), sample("invoice-de.edi")]).expect(0);
}

#[test]
fn a_profile_that_cannot_be_used_is_told_before_anything_is_checked() {
    let folder = folder();
    folder.write("wrong.toml", RULES.replace("SG2/NAD", "SG99/NAD"));
    let run = folder.run(["validate", "--profile=wrong.toml", "order.edi"]).expect(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("error[E0033]") && run.stderr.contains("wrong.toml:4:19"), "{}", run.stderr);
    let run = folder.run(["validate", "--profile=rules.toml", "--profile=eancom97-orders", "order.edi"]).expect(2);
    assert!(run.stderr.contains("E0037"), "{}", run.stderr);
    folder.run(["validate", "--profile=rules.toml", "--level=syntax", "order.edi"]).expect(2);
    folder.run(["validate", "--profile=none.toml", "order.edi"]).expect(3);
}

#[test]
fn settings_name_profiles_too() {
    let folder = folder();
    folder.write("karvan.toml", "[validate]\nprofile = [\"rules.toml\", \"eancom97-invoic\"]\n");
    folder.run(["validate", "order.edi"]).expect(1);
    folder.run(["validate", "--isolated", "order.edi"]).expect(0);
    folder.run(["validate", "--profile=eancom97-orders", "order.edi"]).expect(4);
    folder.write("karvan.toml", "[validate]\nlevel = [\"codes\", \"syntax\"]\n");
    folder.run(["validate", "order.edi"]).expect(2);
}

#[test]
fn profiles_are_listed_and_shown() {
    let folder = folder();
    let list = folder.run(["schema", "list", "--profiles"]).expect(0).stdout;
    assert!(list.contains("en16931-invoic: ") && list.contains("(ORDERS D.96A EAN008)"), "{list}");
    let shown = folder.run(["schema", "show", "rules.toml"]).expect(0).stdout;
    assert!(shown.starts_with("rules.toml: Orders of one buyer (ORDERS D.96A)\n"), "{shown}");
    assert!(shown.contains("    4  SG2/NAD[3035=BY]  times = 1  R1: one buyer"), "{shown}");
    // What a profile does not use is not in its table, and what it asks for is mandatory.
    let shown = folder.run(["schema", "show", "en16931-invoic"]).expect(0).stdout;
    let line = |position: &str| shown.lines().find(|line| line.starts_with(position)).map(str::to_owned);
    assert_eq!((line("00040"), line("00370")), (None, None));
    assert!(line("01160").unwrap().contains("M 9999999"), "{shown}");
    assert!(line("00350").unwrap().starts_with("00350  └ └ COM"), "{shown}");
    folder.write("wrong.toml", "title = 1");
    folder.run(["schema", "show", "wrong.toml"]).expect(2);
}
