//! `karvan explain`.

use crate::support::Folder;

#[test]
fn a_code_is_explained_with_an_example_and_its_clause() {
    let text = Folder::new().run(["explain", "E1029"]).expect(0).stdout;
    assert!(text.starts_with("E1029: A control count differs from what was counted\n"), "{text}");
    for part in ["\n  - UNT+9+1'\n  + UNT+5+1'\n", "\nClause: ISO 9735-1 ", "\nCONTRL answers it with code 29: "] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn all_codes_are_listed_where_none_is_named() {
    let list = Folder::new().run(["explain"]).expect(0).stdout;
    assert!(list.lines().count() > 100);
    assert!(list.lines().any(|line| line.starts_with("E3012 W3012: ")));
}

#[test]
fn names_of_the_directories_are_explained_in_both_languages() {
    let folder = Folder::new();
    let text = folder.run(["explain", "NAD@D.96A"]).expect(0).stdout;
    assert!(text.starts_with("NAD NAME AND ADDRESS, segment of directory D.96A"), "{text}");
    assert!(text.contains("Party qualifier\n") && text.contains("\nIn directories D.93A–D.24A\nUsed in "), "{text}");
    let persian = folder.run(["explain", "--lang", "fa", "NAD@D.96A", "3035=BY"]).expect(0).stdout;
    assert!(persian.starts_with("نام و نشانی — ") && persian.contains("\nخریدار — "), "{persian}");
    let json = folder.run(["explain", "--format", "json", "3035=BY@D.96A"]).expect(0).json();
    assert_eq!((&json["kind"], &json["name"]), (&"code".into(), &"Buyer".into()));
    assert_eq!(json["releases"][0]["first"], "D.94A");
}

#[test]
fn an_unknown_name_gets_the_nearest() {
    let run = Folder::new().run(["explain", "NDA"]).expect(1);
    assert!(run.stderr.contains("did you mean") && run.stderr.contains("NAD"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_business_rule_and_a_code_of_a_published_list_are_explained() {
    let folder = Folder::new();
    let rule = folder.run(["explain", "br-co-10"]).expect(0).stdout;
    assert!(rule.starts_with("BR-CO-10 (EN 16931-1:2017)\n"), "{rule}");
    let persian = folder.run(["explain", "--lang", "fa", "BR-CO-10"]).expect(0).stdout;
    assert!(persian.contains("جمع مبلغ خالص ردیف"), "{persian}");
    assert!(folder.run(["explain", "REC20=KGM"]).expect(0).stdout.starts_with("KGM       kilogram\n"));
    assert!(folder.run(["explain", "REC20=KMG"]).expect(1).stderr.contains("REC20=KGM"));
}
