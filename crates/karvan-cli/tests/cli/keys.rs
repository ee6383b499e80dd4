//! `karvan verify` with a key that the user gives, of signatures that xmlsec1 made (`tests/keys/make.sh`).

use crate::arguments;
use crate::support::{Folder, Run, from_iran};

/// A folder with those files.
fn folder() -> Folder {
    let folder = Folder::new();
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
    for file in std::fs::read_dir(made).unwrap().map(Result::unwrap) {
        folder.write(file.file_name().to_str().unwrap(), std::fs::read(file.path()).unwrap());
    }
    folder
}

/// The codes of the findings.
fn codes(run: &Run) -> Vec<String> {
    let told = run.json();
    let codes = told["findings"].as_array().expect("findings").iter().map(|finding| finding["code"].clone());
    codes.map(|code| code.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_secret_verifies_and_nobody_is_said_to_be_trusted() {
    let folder = folder();
    let run = folder.run(arguments!["verify", "--secret-file=shared.key", "--out=content.xml", "hmac.xml"]).expect(0);
    assert!(!run.stdout.contains("TRUSTED: "), "{}", run.stdout);
    assert!(run.stdout.lines().last().unwrap().starts_with("GOOD BY YOUR SECRET: "), "{}", run.stdout);
    assert_eq!(folder.read("content.xml"), folder.read("order.xml"));
    let told =
        folder.run(arguments!["verify", "--format=json", "--secret-file=shared.key", "hmac.xml"]).expect(0).json();
    assert_eq!(told["verdict"], "given_key");
    assert_eq!(told["indication"], "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND");
    assert!(told["trust"].is_null() && told["signature"]["signer"].is_null(), "{told}");
    assert_eq!(told["given_key"], serde_json::json!({ "kind": "secret", "name": "shared.key" }));
}

#[test]
fn a_secret_may_stand_in_the_environment() {
    let folder = folder();
    let mut command = folder.command(arguments!["verify", "--format=json", "--secret-env=SHARED", "hmac.xml"]);
    let output = command.env("SHARED", folder.read("shared.key")).output().expect("the program runs");
    let run = crate::support::ended(&output).expect(0);
    assert_eq!(run.json()["given_key"]["name"], "SHARED");
    folder.run(arguments!["verify", "--secret-env=SHARED_NOT", "hmac.xml"]).expect(2);
}

#[test]
fn what_the_secret_does_not_make_is_bad() {
    let folder = folder();
    folder.write("guessed.key", "what nobody else can know");
    folder.write("changed.xml", folder.read("hmac.xml").replace(">7<", ">8<"));
    let run = |secret: &str, file: &str| {
        folder.run(arguments!["verify", "--format=json", "--out=content.xml", format!("--secret-file={secret}"), file])
    };
    assert_eq!(codes(&run("guessed.key", "hmac.xml").expect(1)), ["E6012"]);
    assert_eq!(codes(&run("shared.key", "changed.xml").expect(1)), ["E6011"]);
    // XML Signature 1.1 §6.3.1: not shorter than half of the digest.
    assert_eq!(codes(&run("shared.key", "hmac-80.xml").expect(1)), ["E6007"]);
    assert!(!folder.path("content.xml").exists());
    let short = run("short.key", "hmac.xml").expect(2);
    assert!(short.stderr.contains("14 are needed"), "{}", short.stderr);
}

#[test]
fn a_key_that_is_only_named_is_the_one_that_the_user_gives() {
    let folder = folder();
    let run = folder.run(arguments!["verify", "--format=json", "named.xml"]).expect(1);
    assert_eq!(codes(&run), ["E6013"]);
    let run = folder.run(arguments!["verify", "--public-key=signer.pub.pem", "named.xml"]).expect(0);
    assert!(run.stdout.lines().last().unwrap().starts_with("GOOD BY YOUR KEY: "), "{}", run.stdout);
    let run = folder.run(arguments!["verify", "--format=json", "--public-key=other.pub.pem", "named.xml"]).expect(1);
    assert_eq!(codes(&run), ["E6012"]);
}

/// Whoever signs can offer a key; it counts for nothing where the user gives another.
#[test]
fn a_key_that_the_signature_offers_does_not_take_the_place_of_the_given_one() {
    let folder = folder();
    folder.run(arguments!["verify", from_iran(), "value.xml"]).expect(5);
    let run = |key: &str| folder.run(arguments!["verify", "--format=json", format!("--public-key={key}"), "value.xml"]);
    assert_eq!(run("signer.pub.pem").expect(0).json()["given_key"]["kind"], "public_key");
    assert_eq!(codes(&run("other.pub.pem").expect(1)), ["E6012"]);
    let both = arguments!["verify", "--public-key=signer.pub.pem", "--public-key=other.pub.pem", "value.xml"];
    folder.run(both).expect(0);
}

#[test]
fn every_reference_of_a_manifest_is_checked_and_told() {
    let folder = folder();
    let run = |format: &str| folder.run(arguments!["verify", format, "--public-key=signer.pub.pem", "manifest.xml"]);
    let told = run("--format=json").expect(0).json();
    let covered = |name: &str| -> Vec<_> {
        told["signature"]["covered"].as_array().unwrap().iter().map(|part| part[name].clone()).collect()
    };
    assert_eq!(covered("reference"), [1, 2, 3]);
    assert_eq!(covered("path"), ["/Signature/Object/Manifest", "order.xml", "terms.txt"]);
    assert_eq!(covered("manifest"), [serde_json::Value::Null, 1.into(), 1.into()]);
    let text = run("--format=human").expect(0).stdout;
    assert!(text.contains("covers terms.txt (reference 3 of the manifest that reference 1 covers, SHA-256)"), "{text}");

    folder.write("terms.txt", "Delivered at place, Hamburg.\n");
    std::fs::remove_file(folder.path("order.xml")).unwrap();
    let told = run("--format=json").expect(1);
    assert_eq!(codes(&told), ["E6009", "E6011"]);
    let indexes: Vec<_> = told.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["message"]["arguments"]["index"].clone())
        .collect();
    assert_eq!(indexes, ["2", "3"], "each is named as what it is, whatever else fails");
}

#[test]
fn a_given_key_is_for_signatures_in_xml_and_not_beside_a_path() {
    let folder = folder();
    folder.run(arguments!["verify", "--secret-file=shared.key", from_iran(), "hmac.xml"]).expect(2);
    folder.write("order.edi", "UNB+UNOC:3+A+B+261122:0900+1'UNZ+0+1'");
    let run = folder.run(arguments!["verify", "--public-key=signer.pub.pem", "order.edi"]).expect(2);
    assert!(run.stderr.contains("--public-key is for signatures in XML"), "{}", run.stderr);
    folder.run(arguments!["verify", "--public-key=short.key", "named.xml"]).expect(2);
}
