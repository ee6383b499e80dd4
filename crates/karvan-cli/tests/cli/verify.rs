//! `karvan verify`.

use serde_json::Value;

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, NOW, Run, from_iran, place, sample, signer};

/// A folder with the invoice, signed by `name` as `signed.xml`.
fn signed_by(name: &str) -> Folder {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.run(arguments!["sign", signer(name), "-o", "signed.xml", "invoice.xml"]).expect(0);
    folder
}

/// Verifies the signed invoice after `change`; nothing is handed out unless all is good.
#[track_caller]
fn after(change: impl FnOnce(String) -> String) -> Run {
    let folder = signed_by("anka");
    let source = folder.read("signed.xml");
    let changed = change(source.clone());
    assert_ne!(changed, source, "something was changed");
    folder.write("changed.xml", changed);
    let run = folder.run(arguments!["verify", "--format=json", from_iran(), NOW, "--out=content.xml", "changed.xml"]);
    assert_eq!(run.status == 0, folder.path("content.xml").exists());
    run
}

/// `code line:column path` of the findings.
fn findings(run: &Run) -> Vec<String> {
    run.json()["findings"].as_array().expect("findings").iter().map(place).collect()
}

/// The ids of the messages of the findings.
fn messages(run: &Run) -> Vec<String> {
    let told = run.json();
    let ids = told["findings"].as_array().expect("findings").iter().map(|finding| finding["message"]["id"].clone());
    ids.map(|id| id.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_foreign_signer_is_trusted_through_a_cross_certificate() {
    let folder = signed_by("anka");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "--out=content.xml", "signed.xml"]).expect(0);
    assert!(run.stdout.starts_with("SIGNED by CN=Anka Dis Ticaret"), "{}", run.stdout);
    assert!(run.stdout.contains("cross-certificate, key P-384"), "{}", run.stdout);
    let content = folder.read("content.xml");
    assert!(content.contains("KV-2026-17") && !content.contains("Signature"), "{content}");
}

/// The last line said TRUSTED and nothing else, although a certificate may be revoked.
#[test]
fn what_was_not_checked_is_said_and_nothing_else() {
    let folder = signed_by("anka");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "signed.xml"]).expect(0);
    assert!(run.stdout.lines().last().unwrap().starts_with("TRUSTED: "), "{}", run.stdout);
    assert!(!run.stdout.contains("NOT CHECKED"), "{}", run.stdout);
    let run = folder.run(arguments!["verify", from_iran(), "--revocation=off", NOW, "signed.xml"]).expect(0);
    assert!(run.stdout.contains("NOT CHECKED: revocation"), "{}", run.stdout);
}

#[test]
fn a_cross_certificate_counts_while_it_is_valid() {
    let folder = signed_by("nordhafen");
    let at = |time: &str| folder.run(arguments!["verify", from_iran(), format!("--at={time}"), "signed.xml"]);
    at("2025-06-01T00:00:00Z").expect(0);
    let run = at("2026-06-01T00:00:00Z").expect(1);
    assert!(
        run.stdout.contains("Bundeswurzel B1 (sample),O=Bundeswurzel (sample),C=DE expired at 2025-12-31T23:59:59Z")
    );
    assert!(run.stdout.ends_with("NOT TRUSTED: the signature is good, its signer is not trusted\n"), "{}", run.stdout);
}

#[test]
fn an_expired_signer_counts_for_the_time_when_it_was_valid() {
    let folder = signed_by("sahand-expired");
    let at = |time: &str| folder.run(arguments!["verify", from_iran(), format!("--at={time}"), "signed.xml"]);
    // The lists of today say nothing of a certificate that was good and has expired since: it is not known.
    at("2022-06-01T00:00:00Z").expect(5);
    let off = "--revocation=off";
    folder.run(arguments!["verify", from_iran(), off, "--at=2022-06-01T00:00:00Z", "signed.xml"]).expect(0);
    let run = at("2026-06-01T00:00:00Z").expect(1);
    assert!(run.stdout.contains("expired at 2023-01-01T00:00:00Z") && run.stdout.contains("[E7005"), "{}", run.stdout);
}

#[test]
fn a_key_that_may_not_sign_documents_is_not_trusted() {
    let folder = signed_by("sahand-encipherment");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "signed.xml"]).expect(1);
    assert!(run.stdout.contains("is not for signing documents"), "{}", run.stdout);
}

#[test]
fn a_name_that_the_cross_certificate_does_not_permit_is_not_trusted() {
    let folder = signed_by("isar");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "signed.xml"]).expect(1);
    assert!(run.stdout.contains("permitted to certify"), "{}", run.stdout);
}

#[test]
fn without_trust_anchors_trust_is_indeterminate() {
    let folder = signed_by("anka");
    let run = folder.run(arguments!["verify", "--out=content.xml", "signed.xml"]).expect(5);
    assert!(run.stdout.contains("warning[W7900]: no trust anchor was given\n  --> signed.xml:"), "{}", run.stdout);
    assert!(!run.stdout.contains("signed.xml:1:1 "), "the place is that of the signature: {}", run.stdout);
    assert!(!folder.path("content.xml").exists());
}

#[test]
fn a_signature_without_certificate_needs_one_that_is_known() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    let [key, certificate] = signer("anka");
    folder.run(arguments!["sign", key, "-o", "signed.xml", "invoice.xml"]).expect(0);
    let run = folder.run(arguments!["verify", from_iran(), NOW, "signed.xml"]).expect(5);
    assert!(run.stdout.contains("= help: give the certificate of the signer: --cert FILE"), "{}", run.stdout);
    folder.run(arguments!["verify", from_iran(), certificate, NOW, "signed.xml"]).expect(0);
}

#[test]
fn one_changed_octet_names_the_reference() {
    let run = after(|text| {
        text.replace("<cbc:PayableAmount currencyID=\"EUR\">9", "<cbc:PayableAmount currencyID=\"EUR\">8")
    });
    assert_eq!(messages(&run), ["signature-digest"]);
    assert_eq!(run.json()["verdict"], "broken");
    assert_eq!(run.json()["findings"][0]["message"]["arguments"]["index"], "1");
    run.expect(1);
}

#[test]
fn a_changed_signature_value_is_bad() {
    let run = after(|text| {
        let at = text.find("<ds:SignatureValue>").unwrap() + 25;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    });
    assert_eq!(messages(&run), ["signature-value"]);
    run.expect(1);
}

/// The `ds:NAME` element of a signed document.
fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let end = format!("</ds:{name}>");
    &text[text.find(&format!("<ds:{name}")).unwrap()..text.find(&end).unwrap() + end.len()]
}

#[test]
fn two_lists_of_references_are_refused() {
    let run = after(|text| {
        let list = element(&text, "SignedInfo").to_owned();
        text.replace(&list, &list.repeat(2))
    });
    assert_eq!(messages(&run), ["signature-expected"]);
    assert!(findings(&run)[0].contains("SignedInfo"), "{run:?}");
    run.expect(1);
}

#[test]
fn two_signatures_are_refused() {
    let run = after(|text| {
        let signature = element(&text, "Signature").to_owned();
        text.replace(&signature, &signature.repeat(2))
    });
    assert_eq!(messages(&run), ["signature-several"]);
    run.expect(1);
}

#[test]
fn content_put_around_what_is_signed_is_refused() {
    // The signed invoice moves into an extension, another invoice takes its place.
    let run = after(|text| {
        let body = text.split_once("?>").unwrap().1;
        let other = INVOICE.replace("KV-2026-17", "KV-2026-99");
        other.replace("</Invoice>", &format!("<ext>{body}</ext></Invoice>"))
    });
    assert_eq!(run.json()["verdict"], "broken");
    run.expect(1);
}

#[test]
fn algorithms_that_prove_nothing_are_refused() {
    let run =
        after(|text| text.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"));
    assert_eq!(messages(&run), ["signature-algorithm-refused"]);
    run.expect(1);
}

#[test]
fn entities_are_refused() {
    let run = after(|text| {
        text.replace("<Invoice ", "<!DOCTYPE Invoice [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Invoice ")
    });
    assert_eq!(messages(&run), ["xml-document-type"]);
    run.expect(4);
}

#[test]
fn a_file_without_signature_is_told_so() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("order.edi", ORDER);
    folder.write("empty", "");
    for (name, said) in [
        ("invoice.xml", "error[E6001]: the document has no signature\n  --> invoice.xml:2:1 "),
        ("order.edi", "error[E6201]: the interchange has no security segments\n  --> order.edi:1:1 "),
        ("empty", "error[E6001]: the file is not XML; it holds no XML signature\n  --> empty:1:1 "),
    ] {
        let run = folder.run(["verify", name]).expect(1);
        assert!(run.stdout.starts_with(said), "{}", run.stdout);
        assert!(run.stdout.ends_with("BAD: there is no signature here that can be relied on\n"), "{}", run.stdout);
    }
}

#[test]
fn a_detached_signature_covers_the_file_beside_it() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.run(arguments!["sign", "--detached", signer("sahand"), "-o", "order.sig", "order.edi"]).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "--out=content", "order.sig"]).expect(0);
    assert_eq!(folder.read("content"), ORDER);

    folder.write("order.edi", ORDER.replace("12.5", "13.5"));
    let run = folder.run(arguments!["verify", from_iran(), NOW, "--format=json", "order.sig"]).expect(1);
    assert_eq!(messages(&run), ["signature-digest"]);

    folder.write("moved/order", ORDER);
    folder.run(arguments!["verify", from_iran(), NOW, "--content=moved/order", "order.sig"]).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "--content=missing", "order.sig"]).expect(3);
    std::fs::remove_file(folder.path("order.edi")).unwrap();
    let run = folder.run(arguments!["verify", from_iran(), NOW, "--format=json", "order.sig"]).expect(1);
    assert_eq!(messages(&run), ["signature-file-missing"]);
}

#[test]
fn a_detached_signature_leads_to_no_other_folder() {
    let folder = Folder::new();
    folder.write("secret", "secret");
    folder.write("in/order.edi", ORDER);
    folder.run(arguments!["sign", "--detached", signer("sahand"), "-o", "in/order.sig", "in/order.edi"]).expect(0);
    folder.write("in/order.sig", folder.read("in/order.sig").replace("URI=\"order.edi\"", "URI=\"../secret\""));
    let refused = || {
        let run = folder.run(arguments!["verify", from_iran(), NOW, "--format=json", "in/order.sig"]).expect(1);
        assert!(messages(&run).contains(&"signature-file-missing".to_owned()), "{run:?}");
    };
    refused();
    folder.write("in/order.sig", folder.read("in/order.sig").replace("URI=\"../secret\"", "URI=\"%2E%2E%2fsecret\""));
    refused();
}

#[test]
fn a_time_is_written_as_rfc_3339_has_it() {
    let folder = signed_by("anka");
    for time in ["yesterday", "2026-06-01", "2026-06-01T00:00:00", "1405/03/11", "2026-13-01T00:00:00Z", ""] {
        let run = folder.run(arguments!["verify", from_iran(), format!("--at={time}"), "signed.xml"]).expect(2);
        assert!(run.stderr.contains("--at takes a time as RFC 3339 writes it, 2026-06-01T00:00:00Z"), "{}", run.stderr);
    }
    folder.run(arguments!["verify", from_iran(), "--at=2026-06-01T03:30:00+03:30", "signed.xml"]).expect(0);
}

#[test]
fn stores_that_hold_no_certificate_are_told() {
    let folder = signed_by("anka");
    folder.run(["verify", "--trust=missing", "signed.xml"]).expect(3);
    let run = folder.run(["verify", "--trust=invoice.xml", "signed.xml"]).expect(2);
    assert!(run.stderr.contains("warning[W7902]: no certificate in the file"), "{}", run.stderr);
    assert!(run.stderr.ends_with("karvan: --trust names no certificate\n"), "{}", run.stderr);
    std::fs::create_dir(folder.path("empty")).unwrap();
    folder.run(["verify", "--trust=empty", "signed.xml"]).expect(3);
}

#[test]
fn files_that_cannot_be_read_are_a_failure() {
    let folder = signed_by("anka");
    folder.run(["verify", "missing.xml"]).expect(3);
    folder.run(["verify", "."]).expect(2);
    folder.run(["verify", "--max-size=10", "signed.xml"]).expect(4);
    assert!(folder.run(["verify"]).expect(1).stdout.contains("no XML signature"), "standard input is empty");
    folder.run(arguments!["verify", from_iran(), NOW, "--out=nowhere/content.xml", "signed.xml"]).expect(3);
}

/// The content was written into the middle of the report.
#[test]
fn content_and_report_do_not_share_standard_output() {
    let folder = signed_by("anka");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "--out=-", "signed.xml"]).expect(2);
    assert_eq!(run.stdout, "");
    let run = folder.run(arguments!["verify", from_iran(), NOW, "--out=-", "-o", "report", "signed.xml"]).expect(0);
    assert!(run.stdout.contains("KV-2026-17") && !run.stdout.contains("SIGNED"), "{}", run.stdout);
    assert!(folder.read("report").starts_with("SIGNED by"));
}

#[test]
fn json_is_one_object() {
    let folder = signed_by("anka");
    for format in ["--format=json", "--format=jsonl"] {
        let run = folder.run(arguments!["verify", from_iran(), NOW, format, "signed.xml"]).expect(0);
        let told = run.json();
        assert_eq!((&told["file"], &told["verdict"]), (&Value::from("signed.xml"), &Value::from("trusted")));
        assert_eq!(told["signature"]["covered"][0]["path"], "/");
        assert_eq!(told["trust"]["status"], "accepted");
        assert_eq!(told["trust"]["not_checked"].as_array().map(Vec::len), Some(0));
        assert_eq!(told["findings"], Value::Array(Vec::new()));
    }
    let store = format!("--trust={}", sample("pki/trust-germany"));
    let run = folder.run(arguments!["verify", store, NOW, "--format=json", "signed.xml"]).expect(1);
    assert_eq!(run.json()["verdict"], "untrusted");
}
