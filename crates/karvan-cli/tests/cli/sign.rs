//! `karvan sign`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_engine::sign::{Identity, Scheme};
use serde_json::Value;

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, NOW, from_iran, sample, signer};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("order.edi", ORDER);
    folder
}

/// Signs the invoice with `arguments` besides, and expects this status and that standard error has `said`.
#[track_caller]
fn refused(arguments: Vec<String>, status: i32, said: &str) {
    let folder = folder();
    let before = folder.names();
    let run = folder.run(arguments!["sign", "-o", "signed.xml"].into_iter().chain(arguments)).expect(status);
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(folder.names(), before, "nothing is left behind");
}

#[test]
fn every_octet_but_the_signature_stays() {
    let run = folder().run(arguments!["sign", signer("anka"), "invoice.xml"]).expect(0);
    let signature = run.stdout.find("<ds:Signature").unwrap()
        ..run.stdout.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    assert_eq!([&run.stdout[..signature.start], &run.stdout[signature.end..]].concat(), INVOICE);
    assert_eq!(run.stderr, "");
}

#[test]
fn every_kind_of_key_and_form_signs_and_verifies() {
    for name in ["sahand", "karun", "anka"] {
        for form in [["--c14n=exclusive", "--digest=sha256"], ["--c14n=inclusive", "--digest=sha512"]] {
            let folder = folder();
            folder
                .run(arguments!["sign", signer(name), form.map(str::to_owned), "-o", "s.xml", "invoice.xml"])
                .expect(0);
            folder
                .run(arguments!["verify", from_iran(), format!("--cert={}", sample("pki/intermediate")), NOW, "s.xml"])
                .expect(0);
        }
    }
}

#[test]
fn a_file_of_any_kind_is_signed_beside_it() {
    let folder = folder();
    folder.run(arguments!["sign", "--detached", signer("sahand"), "-o", "order.sig", "order.edi"]).expect(0);
    assert!(folder.read("order.sig").contains("URI=\"order.edi\""));
    folder.run(arguments!["verify", from_iran(), NOW, "order.sig"]).expect(0);
}

#[test]
fn a_file_of_any_kind_is_signed_within_the_signature() {
    let folder = folder();
    folder.run(arguments!["sign", "--enveloping", signer("sahand"), "-o", "order.xml", "order.edi"]).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "--out", "again.edi", "order.xml"]).expect(0);
    assert_eq!(folder.read("again.edi"), folder.read("order.edi"));
    let run = folder.run(arguments!["sign", "--form=cms", "--enveloping", signer("sahand"), "order.edi"]).expect(2);
    assert!(run.stderr.contains("--enveloping"), "{}", run.stderr);
}

/// The name was escaped in the signature, and the file was then looked for under the escaped name.
#[test]
fn a_file_whose_name_a_uri_escapes_is_found_again() {
    let folder = folder();
    folder.write("فاکتور 7%20#.edi", ORDER);
    folder.run(arguments!["sign", "--detached", signer("sahand"), "-o", "order.sig", "فاکتور 7%20#.edi"]).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "order.sig"]).expect(0);
}

#[test]
fn a_document_is_signed_on_its_way_through_a_pipe() {
    let folder = folder();
    let run = folder.run_with(arguments!["sign", signer("sahand"), "-"], INVOICE.as_bytes()).expect(0);
    folder.run_with(arguments!["verify", from_iran(), NOW, "-"], run.stdout.as_bytes()).expect(0);
    // What is read twice is the same from a pipe and from a file: RSA PKCS #1 signs alike each time.
    let of_a_file = folder.run(arguments!["sign", signer("sahand"), "invoice.xml"]).expect(0);
    assert_eq!(run.stdout, of_a_file.stdout);
    let limited = arguments!["sign", "--max-size=100", signer("sahand"), "-"];
    assert!(folder.run_with(limited, INVOICE.as_bytes()).expect(4).stderr.contains("--max-size"));
    let other = folder.run_with(arguments!["sign", signer("sahand"), "-"], ORDER.as_bytes()).expect(1);
    assert!(other.stderr.contains("--detached"), "{}", other.stderr);
    let run = folder.run_with(arguments!["sign", signer("sahand")], INVOICE.as_bytes()).expect(0);
    folder.run_with(arguments!["verify", from_iran(), NOW], run.stdout.as_bytes()).expect(0);
    // A detached signature refers to its document by a name.
    let run = folder.run_with(arguments!["sign", "--detached", signer("sahand"), "-"], ORDER.as_bytes()).expect(2);
    assert!(run.stderr.contains("--detached"), "{}", run.stderr);
}

#[test]
fn a_document_that_is_no_xml_is_a_finding_with_help() {
    refused(arguments![signer("anka"), "order.edi"], 1, "= help: --detached signs a file of any kind");
    let folder = folder();
    folder.write("cut.xml", &INVOICE[..600]);
    let run = folder.run(arguments!["sign", signer("anka"), "cut.xml"]).expect(1);
    assert!(run.stderr.contains("--> cut.xml:"), "{}", run.stderr);
}

#[test]
fn a_signed_document_is_not_signed_again() {
    let folder = folder();
    folder.run(arguments!["sign", signer("anka"), "-o", "signed.xml", "invoice.xml"]).expect(0);
    let run = folder.run(arguments!["sign", signer("anka"), "signed.xml"]).expect(2);
    assert!(run.stderr.contains("the document is signed already, at /Invoice/ds:Signature"), "{}", run.stderr);
}

#[test]
fn keys_that_cannot_be_used_are_told() {
    let key = |name: &str| format!("--key={}", sample(&format!("pki/signers/{name}")));
    refused(
        arguments![key("sahand-encrypted.key.pem"), "invoice.xml"],
        2,
        "the private key is encrypted; give its password",
    );
    refused(arguments![key("sahand.pem"), "invoice.xml"], 2, "no private key in it, but CERTIFICATE");
    refused(arguments!["--key=order.edi", "invoice.xml"], 2, "no private key");
    refused(arguments!["--key=pkcs11:token=a", "invoice.xml"], 2, "karvan: pkcs11:token=a: the token: ");
    refused(arguments!["--key=missing.pem", "invoice.xml"], 3, "karvan: missing.pem: ");
    refused(arguments!["invoice.xml"], 2, "--key <FILE>");
}

#[test]
fn a_key_that_does_not_fit_the_certificate_is_told() {
    let other = format!("--cert={}", sample("pki/signers/anka.pem"));
    let key = format!("--key={}", sample("pki/signers/sahand.key.pem"));
    refused(arguments![key, other, "invoice.xml"], 2, "the private key does not belong to the certificate of CN=Anka");
}

#[test]
fn a_certificate_that_cannot_be_read_is_told() {
    let key = format!("--key={}", sample("pki/signers/sahand.key.pem"));
    refused(arguments![key.clone(), "--cert=missing.pem", "invoice.xml"], 3, "karvan: missing.pem: ");
    refused(arguments![key, "--cert=order.edi", "invoice.xml"], 2, "karvan: order.edi: ");
}

#[test]
fn what_is_missing_or_too_large_is_not_signed() {
    refused(arguments![signer("anka"), "missing.xml"], 3, "karvan: missing.xml: ");
    refused(arguments![signer("anka"), "."], 2, "karvan: sign takes one file, not a folder");
    refused(arguments![signer("anka"), "--max-size=10", "invoice.xml"], 4, "larger than 10 octets");
    refused(arguments![signer("anka"), "--form=paper", "invoice.xml"], 2, "invalid value 'paper'");
}

#[test]
fn an_encrypted_key_is_opened_with_its_password() {
    let key = format!("--key={}", sample("pki/signers/sahand-encrypted.key.pem"));
    let cert = format!("--cert={}", sample("pki/signers/sahand.pem"));
    let folder = folder();
    folder.write("password", "caravan\n");
    folder
        .run(arguments!["sign", key.clone(), cert, "--password-file=password", "-o", "s.xml", "invoice.xml"])
        .expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "s.xml"]).expect(0);
    folder.write("password", "another\n");
    let run = folder.run(arguments!["sign", key.clone(), "--password-file=password", "invoice.xml"]).expect(2);
    assert!(run.stderr.contains("the password does not open"), "{}", run.stderr);
    let run = folder.run(arguments!["sign", key, "--password-env=KARVAN_NO_SUCH", "invoice.xml"]).expect(2);
    assert!(run.stderr.contains("KARVAN_NO_SUCH"), "{}", run.stderr);
}

#[test]
fn every_digest_and_padding_signs_and_verifies() {
    for (padding, digest) in [("--pss", "sha256"), ("--pss", "sha3-256"), ("--c14n=exclusive", "sha224")] {
        let folder = folder();
        let digest = format!("--digest={digest}");
        folder.run(arguments!["sign", signer("sahand"), padding, digest, "-o", "s.xml", "invoice.xml"]).expect(0);
        let run = folder.run(arguments!["verify", from_iran(), NOW, "s.xml"]).expect(0);
        assert_eq!(run.stdout.contains("RSA PSS"), padding == "--pss", "{}", run.stdout);
    }
}

/// Signing in two halves: what is to be signed goes to a key elsewhere, its signature comes back.
#[test]
fn a_key_elsewhere_signs_what_was_prepared() {
    for name in ["sahand", "karun", "anka"] {
        let folder = folder();
        let cert = format!("--cert={}", sample(&format!("pki/signers/{name}.pem")));
        folder.run(arguments!["sign", cert.clone(), "--prepare=ticket.json", "-o", "s.xml", "invoice.xml"]).expect(0);
        assert!(!folder.names().contains(&"s.xml".to_owned()), "nothing is signed yet");
        let mut ticket: Value = serde_json::from_str(&folder.read("ticket.json")).unwrap();
        let message = STANDARD.decode(ticket["message"].as_str().unwrap()).unwrap();
        let key = std::fs::read(sample(&format!("pki/signers/{name}.key.pem"))).unwrap();
        let there = Identity::open(&key, None, &[], Scheme::default()).unwrap();
        ticket["value"] = STANDARD.encode(there.key().sign(&message).unwrap()).into();
        folder.write("ticket.json", ticket.to_string());
        let complete = arguments!["sign", cert, "--complete=ticket.json", "-o", "s.xml", "invoice.xml"];
        folder.run(complete.clone()).expect(0);
        folder
            .run(arguments!["verify", from_iran(), format!("--cert={}", sample("pki/intermediate")), NOW, "s.xml"])
            .expect(0);
        // The document changed in between.
        folder.write(
            "invoice.xml",
            INVOICE.replacen("?>", "?>\n<!-- changed --> ", 1).replacen("Carpets", "Rugs", 1).replacen("</", " </", 1),
        );
        let run = folder.run(complete.clone()).expect(2);
        assert!(run.stderr.contains("no signature of this document"), "{}", run.stderr);
        ticket["value"] = Value::Null;
        folder.write("ticket.json", ticket.to_string());
        let run = folder.run(complete).expect(2);
        assert!(run.stderr.contains("\"value\" is missing"), "{}", run.stderr);
    }
}
