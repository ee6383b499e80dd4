//! Limits: each has a flag and a code of its own, and what it cuts short is not finished.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, NOW, from_iran, sample, signer};

#[test]
fn every_limit_on_a_document_has_a_flag_and_a_code() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("long.edi", ORDER.replace("BGM+220", &format!("FTX+AAI+++{}'\nBGM+220", "X".repeat(5000))));
    folder.write("package.edi", "UNB+UNOC:4+A+B+20261122:0900+7'UNO+1+X:1+:::+3'abc'UNP+3+1'UNZ+1+7'");
    let message =
        |number: u8| format!("UNH+{number}+ORDERS:D:96A:UN'BGM+220'DTM+137:20261122:102'UNS+S'UNT+5+{number}'");
    let messages: String = (1..=3).map(message).collect();
    folder.write("many.edi", format!("UNB+UNOA:3+A+B+261122:0900+7'{messages}UNZ+3+7'"));
    folder.write("invoice.xml", INVOICE);
    folder.write(
        "comment.xml",
        format!("<!-- {} -->{INVOICE}", "x".repeat(200_000)).replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", ""),
    );
    folder.write("invoice.json", "{\"document\": \"invoice\"}");
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(ORDER.repeat(8000).as_bytes()).unwrap();
    folder.write("order.gz", compressed.finish().unwrap());
    for (flag, name, code) in [
        ("--max-segment=4096", "long.edi", "E9001"),
        ("--max-size=10", "invoice.json", "E9002"),
        ("--max-references=1", "many.edi", "E9003"),
        ("--max-package=2", "package.edi", "E9004"),
        ("--max-xml-depth=1", "invoice.xml", "E9102"),
        ("--max-xml-attributes=0", "invoice.xml", "E9103"),
        ("--max-xml-namespaces=1", "invoice.xml", "E9104"),
        ("--max-xml-names=999", "invoice.xml", "E9106"),
        ("--max-xml-markup=999", "comment.xml", "E9107"),
        ("--max-xml-value=9", "invoice.xml", "E9108"),
        ("--max-ratio=2", "order.gz", "E9302"),
        ("--max-expanded=100", "order.gz", "E9303"),
        ("--max-findings=1", "long.edi", "N9900"),
    ] {
        let run = folder.run(["validate", "--format=json", "--level=structure", flag, name]).expect(4);
        let findings = run.findings();
        assert!(findings.iter().any(|finding| finding.starts_with(code)), "{flag}: {findings:?}");
        let human = folder.run(["validate", "--level=structure", flag, name]).expect(4).stdout;
        assert!(human.contains(flag.split('=').next().unwrap()), "{flag} is not told: {human}");
    }
}

/// A segment that was passed over was not counted, and so the trailer seemed to count one too many.
#[test]
fn a_segment_over_the_limit_still_counts() {
    let long = ORDER.replace("UNS+S'", &format!("FTX+AAI+++{}'\nUNS+S'", "X".repeat(5000))).replace("UNT+10", "UNT+11");
    let run = Folder::new().run_with(["validate", "--format=json", "--max-segment=4096"], long.as_bytes()).expect(4);
    let findings = run.findings();
    assert!(findings.iter().all(|finding| !finding.starts_with("E1029")), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.starts_with("E9001")), "{findings:?}");
}

#[test]
fn limits_on_xml_hold_for_every_verb() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.run(arguments!["sign", "--max-xml-depth=1", signer("anka"), "invoice.xml"]).expect(4);
    folder.run(arguments!["sign", signer("anka"), "invoice.xml", "-o", "signed.xml"]).expect(0);
    folder.run(arguments!["verify", "--max-xml-depth=1", from_iran(), NOW, "signed.xml"]).expect(4);
    folder.run(["convert", "--to=cii", "--max-xml-depth=1", "invoice.xml"]).expect(4);
    let run = folder.run(["convert", "--to=cii", "--max-xml-nodes=9", "invoice.xml"]).expect(4);
    assert!(run.stderr.contains("E9105"), "{run:?}");
    let inspected = folder.run(["inspect", "--max-xml-depth=1", "invoice.xml"]).expect(0).stdout;
    assert!(inspected.contains("--max-xml-depth"), "{inspected}");
}

#[test]
fn every_limit_on_a_signature_has_a_flag_and_a_code() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.run(arguments!["sign", signer("anka"), "invoice.xml", "-o", "signed.xml"]).expect(0);
    let signed = folder.read("signed.xml");
    let reference = signed.find("<ds:Reference").unwrap()..signed.find("</ds:SignedInfo>").unwrap();
    let twice = signed[reference.clone()].repeat(2);
    folder.write("twice.xml", format!("{}{twice}{}", &signed[..reference.start], &signed[reference.end..]));
    for (flag, name, code) in [
        ("--max-signed-parts=1", "twice.xml", "E9201"),
        ("--max-transforms=0", "signed.xml", "E9202"),
        ("--max-keys=0", "signed.xml", "E9203"),
    ] {
        let run = folder.run(arguments!["verify", "--format=json", flag, from_iran(), NOW, name]).expect(4);
        assert_eq!(run.json()["findings"][0]["code"], code, "{run:?}");
    }
}

#[test]
fn every_limit_on_the_search_for_a_path_has_a_flag() {
    let leaf = sample("pki/signers/anka.pem");
    for (flag, limit) in [
        ("--max-path-length=1", "path-length"),
        ("--max-edges=1", "edges"),
        ("--max-signature-checks=1", "signature-checks"),
        ("--max-paths=0", "paths"),
    ] {
        let run = Folder::new().run(arguments!["trust", "path", "--format=json", flag, from_iran(), NOW, leaf.clone()]);
        assert_eq!(run.expect(4).json()["limit"]["name"], limit);
    }
    for flag in ["--max-certificate-size=100", "--max-name-size=1", "--max-certificates=0"] {
        let run = Folder::new().run(arguments!["trust", "path", flag, from_iran(), NOW, leaf.clone()]);
        assert_ne!(run.status, 0, "{flag}: {run:?}");
    }
}
