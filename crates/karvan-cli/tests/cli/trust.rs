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

/// ISO 9735-9: USE, then for each certificate of the path USF 222 with its number and USC; the certificates are objects of packages.
#[test]
fn a_path_is_delivered_by_a_keyman() {
    let folder = Folder::new();
    let keyman = |name: &str, trust: Vec<String>, out: &str| {
        let parties = ["--sender=ANKA:14", "--recipient=PISHGAM", "--interchange-reference=K7"].map(str::to_owned);
        let leaf = sample(&format!("pki/signers/{name}.pem"));
        folder.run(arguments!["trust", "keyman", leaf, trust, NOW, parties, "-o", out])
    };
    keyman("anka", from_iran().to_vec(), "keyman.edi").expect(0);
    let octets = std::fs::read(folder.path("keyman.edi")).unwrap();
    let text = String::from_utf8_lossy(&octets);
    assert!(text.starts_with("UNB+UNOW:4+ANKA:14+PISHGAM+20"), "{text}");
    assert!(text.contains("+K7'UNH+K7+KEYMAN:4:1:UN'USE+1'USF+222+++1'USC+"), "{text}");
    // The signer, the authority in Türkiye and the cross-certificate; the root in Iran is the partner's own.
    let message = &text[..text.find("UNT+").unwrap()];
    assert_eq!(message.matches("USF+222+++").count(), 3);
    assert_eq!(message.matches("USC+").count(), 3);
    assert!(text.contains("UNT+9+K7'UNO+CERTIFICATE1+1:CERTIFICATE1+55::X.509+"), "{text}");
    assert!(text.ends_with("UNZ+4+K7'"));
    folder.run(arguments!["validate", "keyman.edi"]).expect(0);
    let told = folder.run(arguments!["inspect", "keyman.edi"]).expect(0).stdout;
    assert!(told.contains("key management 222: Certificate path delivery, 3 ×"), "{told}");
    let told = folder.run(arguments!["inspect", "--format=json", "keyman.edi"]).expect(0).json();
    let message = told.as_array().unwrap().iter().find(|node| node["node"] == "message").unwrap();
    let function = serde_json::json!([{ "code": "222", "name": "Certificate path delivery", "count": 3 }]);
    assert_eq!(message["functions"], function);

    // What is no path is not delivered.
    let run = keyman("nordhafen", from_iran().to_vec(), "none.edi").expect(1);
    assert!(run.stderr.contains("nothing is delivered"), "{}", run.stderr);
    keyman("anka", from_iran_without_lists().to_vec(), "none.edi").expect(5);
    keyman("anka", Vec::new(), "none.edi").expect(2);
    assert!(!folder.path("none.edi").exists());
}

#[test]
fn what_a_keyman_asks_for_is_told() {
    let folder = Folder::new();
    let body = "USE+1'USF+121'USC+AB+3:K+3'USF+130'USC+AC+3:K+3'USF+130'USC+AD+3:K+3'USF+ZZ'";
    let file = format!("UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+KEYMAN:4:1:UN'{body}UNT+10+1'UNZ+1+1'");
    folder.write("asked.edi", file);
    let told = folder.run(arguments!["inspect", "asked.edi"]).expect(0).stdout;
    let functions: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("    key management ")).collect();
    assert_eq!(
        functions,
        ["121: Certificate (path) retrieval request, 1 ×", "130: Revocation request, 2 ×", "ZZ: —, 1 ×"]
    );
}
