//! `karvan trust path`.

use crate::arguments;
use crate::support::{Folder, NOW, from_iran, from_iran_without_lists, sample};

fn leaf(name: &str) -> String {
    sample(&format!("pki/signers/{name}.pem"))
}

#[test]
fn a_path_is_explained_from_signer_to_anchor() {
    let run = Folder::new().run(arguments!["trust", "path", from_iran(), NOW, leaf("anka")]).expect(0);
    assert!(run.stdout.starts_with("ACCEPTED at 2026-06-01T00:00:00Z: CN=Anka"), "{}", run.stdout);
    let roles = ["signer, key", "authority, key", "cross-certificate, key", "trust anchor, key"];
    let places: Vec<_> = roles.iter().map(|role| run.stdout.find(role).expect(role)).collect();
    assert!(places.is_sorted(), "{}", run.stdout);
}

#[test]
fn a_rejected_path_says_why() {
    for (name, why) in [
        ("nordhafen", "expired at 2025-12-31T23:59:59Z"),
        ("sahand-expired", "expired at 2023-01-01T00:00:00Z"),
        ("sahand-encipherment", "is not for signing documents"),
        ("isar", "was permitted to certify"),
    ] {
        let run = Folder::new().run(arguments!["trust", "path", from_iran(), NOW, leaf(name)]).expect(1);
        assert!(run.stdout.starts_with("REJECTED at ") && run.stdout.contains(why), "{}", run.stdout);
        assert!(run.stdout.contains("      help: "), "{}", run.stdout);
    }
}

#[test]
fn revocation_decides_and_what_is_not_known_of_it_is_never_good() {
    let folder = Folder::new();
    let bare = || from_iran_without_lists();
    let run = folder.run(arguments!["trust", "path", from_iran(), NOW, leaf("arvand")]).expect(1);
    assert!(run.stdout.contains("was revoked; since 2026-03-01T08:00:00Z"), "{}", run.stdout);
    let before = "--at=2026-02-01T00:00:00Z";
    folder.run(arguments!["trust", "path", from_iran(), before, leaf("arvand")]).expect(0);
    let run = folder.run(arguments!["trust", "path", bare(), NOW, leaf("anka")]).expect(5);
    assert!(run.stdout.starts_with("INDETERMINATE at "), "{}", run.stdout);
    assert!(run.stdout.contains("[E7101, RFC 5280 §6.3.3]"), "{}", run.stdout);
    // The lists are out of date by then.
    folder.run(arguments!["trust", "path", from_iran(), "--at=2036-12-31T12:00:00Z", leaf("anka")]).expect(5);
    let age = "--max-revocation-age=7d";
    folder.run(arguments!["trust", "path", from_iran(), age, NOW, leaf("anka")]).expect(5);
    folder.run(arguments!["trust", "path", bare(), "--revocation=check", NOW, leaf("anka")]).expect(0);
    let run = folder.run(arguments!["trust", "path", bare(), "--revocation=off", NOW, leaf("anka")]).expect(0);
    assert!(run.stdout.contains("NOT CHECKED: revocation"), "{}", run.stdout);
}

#[test]
fn policies_are_asked_for_by_their_identifiers() {
    let folder = Folder::new();
    let asked = ["--policy=1.2.3".to_owned(), "--require-explicit-policy".to_owned()];
    let run = folder.run(arguments!["trust", "path", from_iran(), asked, NOW, leaf("anka")]).expect(1);
    assert!(run.stdout.contains("E7010"), "{}", run.stdout);
    folder.run(arguments!["trust", "path", from_iran(), "--policy=1.2.3", NOW, leaf("anka")]).expect(0);
    folder.run(arguments!["trust", "path", from_iran(), "--policy=any", NOW, leaf("anka")]).expect(2);
    folder.run(arguments!["trust", "path", from_iran(), "--max-revocation-age=old", NOW, leaf("anka")]).expect(2);
}

#[test]
fn a_path_without_a_store_to_lead_to_is_no_question() {
    let run = Folder::new().run(arguments!["trust", "path", NOW, leaf("anka")]).expect(2);
    assert!(run.stderr.contains("--trust STORE"), "{}", run.stderr);
}

#[test]
fn an_expired_cross_certificate_counts_for_the_time_when_it_was_valid() {
    let at = "--at=2025-06-01T00:00:00Z";
    Folder::new().run(arguments!["trust", "path", from_iran(), at, leaf("nordhafen")]).expect(0);
}

#[test]
fn what_is_no_certificate_is_told() {
    let folder = Folder::new();
    folder.write("letter.txt", "Dear Sir");
    folder.write("empty", "");
    let pem = std::fs::read_to_string(leaf("anka")).unwrap();
    folder.write("broken.pem", pem.replacen("MII", "MIX", 1));
    for name in ["letter.txt", "empty", "broken.pem"] {
        let run = folder.run(arguments!["trust", "path", from_iran(), NOW, name]).expect(1);
        assert!(run.stdout.contains(&format!("--> {name}:")), "{name}: {}", run.stdout);
        let run = folder.run(arguments!["trust", "path", "--format=json", from_iran(), NOW, name]).expect(1);
        assert!(run.findings()[0].contains("79"), "{run:?}");
    }
    folder.run(arguments!["trust", "path", from_iran(), NOW, "missing.pem"]).expect(3);
    folder.run(arguments!["trust", "path", from_iran(), "--max-size=10", leaf("anka")]).expect(4);
    folder.run(arguments!["trust", "path", from_iran(), "--at=now", leaf("anka")]).expect(2);
    folder.run(arguments!["trust", "path"]).expect(2);
    folder.run(arguments!["trust", "road"]).expect(2);
}

#[test]
fn json_is_one_object() {
    let run = Folder::new().run(arguments!["trust", "path", "--format=json", from_iran(), NOW, leaf("anka")]).expect(0);
    let told = run.json();
    assert_eq!(told["status"], "accepted");
    let path = told["accepted"][0]["certificates"].as_array().unwrap();
    let roles: Vec<_> = path.iter().map(|certificate| certificate["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["signer", "authority", "cross-certificate", "anchor"]);
    let run =
        Folder::new().run(arguments!["trust", "path", "--format=jsonl", from_iran(), NOW, leaf("isar")]).expect(1);
    assert_eq!(run.json_lines()[0]["status"], "rejected");
}
