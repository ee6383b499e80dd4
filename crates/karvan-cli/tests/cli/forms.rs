//! `karvan sign` and `karvan verify` in every form, from the key to the content that is handed out.

use std::fs::{self, File};
use std::io::{Read, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, NOW, Run, from_iran, from_iran_without_lists, sample, signer};

/// The order in syntax version 4, which has security segments.
fn order_4() -> String {
    ORDER.replace("UNA:+.? '", "UNA:+.?*'").replace("UNOC:3", "UNOC:4").replace("+261122:", "+20261122:")
}

/// Two messages in one group, syntax version 4.
const GROUP: &str = "UNB+UNOC:4+PISHGAM:14+ANKA:14+20261122:0900+4711'\n\
    UNG+ORDERS+PISHGAM+ANKA+20261122:0900+1+UN+D:96A'\n\
    UNH+1+ORDERS:D:96A:UN'\nBGM+220+PO-17+9'\nUNT+3+1'\n\
    UNH+2+ORDERS:D:96A:UN'\nBGM+220+PO-18+9'\nUNT+3+2'\n\
    UNE+2+1'\nUNZ+1+4711'\n";

/// A package of three octets, syntax version 4.
const PACKAGE: &str = "UNB+UNOC:4+PISHGAM:14+ANKA:14+20261122:0900+4711'UNO+1+X:1+:::+3'abcUNP+3+1'UNZ+1+4711'";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("order.edi", ORDER);
    folder.write("order-4.edi", order_4());
    folder.write("group.edi", GROUP);
    folder.write("package.edi", PACKAGE);
    folder
}

/// `--cert` of a signer that the signature does not carry the certificate of.
fn known(name: &str) -> String {
    format!("--cert={}", sample(&format!("pki/signers/{name}.pem")))
}

/// Puts another octet in the place of the first octet of `part`.
fn change(folder: &Folder, name: &str, part: &[u8]) {
    let mut octets = fs::read(folder.path(name)).unwrap();
    let at = octets.windows(part.len()).position(|window| window == part).expect("the part is there");
    octets[at] ^= 1;
    folder.write(name, octets);
}

/// Verifies as JSON, which is held against the published schema; expects this status, and that the shape is the one that
/// every form has.
#[track_caller]
fn verify(folder: &Folder, arguments: Vec<String>, status: i32) -> Value {
    let run = folder.run(arguments!["verify", "--format=json"].into_iter().chain(arguments)).expect(status);
    let told = run.json();
    let (verdict, indication) = match status {
        0 => ("trusted", "TOTAL-PASSED"),
        5 => ("indeterminate", "INDETERMINATE"),
        _ => ("broken", "TOTAL-FAILED"),
    };
    assert_eq!(told["verdict"], verdict, "{told:#}");
    assert!(told["indication"].as_str().unwrap().starts_with(indication), "{told:#}");
    if status == 0 {
        assert_eq!(told["trust"]["status"], "accepted", "{told:#}");
        assert!(!told["signature"]["covered"].as_array().unwrap().is_empty(), "{told:#}");
    }
    told
}

/// The ids of the messages of the findings.
fn messages(told: &Value) -> Vec<&str> {
    told["findings"].as_array().unwrap().iter().filter_map(|finding| finding["message"]["id"].as_str()).collect()
}

#[test]
fn cms_encloses_content_of_any_kind() {
    for name in ["sahand", "anka", "karun"] {
        let folder = folder();
        folder.run(arguments!["sign", "--form=cms", signer(name), "-o", "order.p7m", "order.edi"]).expect(0);
        verify(&folder, arguments![from_iran(), NOW, "--out=content.edi", "order.p7m"], 0);
        assert_eq!(folder.read("content.edi"), ORDER);

        change(&folder, "order.p7m", b"PO-1+9");
        let told = verify(&folder, arguments![from_iran(), NOW, "--out=changed.edi", "order.p7m"], 1);
        assert_eq!(told["indication"], "TOTAL-FAILED/HASH_FAILURE", "{told:#}");
        assert!(!folder.path("changed.edi").exists());
    }
}

#[test]
fn cms_stands_beside_its_content() {
    for name in ["sahand", "anka", "karun"] {
        let folder = folder();
        folder
            .run(arguments!["sign", "--form=cms", "--detached", signer(name), "-o", "order.p7s", "order.edi"])
            .expect(0);
        verify(&folder, arguments![from_iran(), NOW, "--content=order.edi", "order.p7s"], 0);
        let told = folder.run(arguments!["verify", "--format=json", from_iran(), NOW, "order.p7s"]).json();
        assert_eq!(told["indication"], "INDETERMINATE/SIGNED_DATA_NOT_FOUND", "{told:#}");
        change(&folder, "order.edi", b"PO-1+9");
        verify(&folder, arguments![from_iran(), NOW, "--content=order.edi", "order.p7s"], 1);
    }
}

/// Nobody is trusted of whom it is not known whether the certificate was revoked.
#[test]
fn without_lists_every_form_is_indeterminate() {
    for (form, file) in
        [("cms", "order.edi"), ("asic", "order.edi"), ("xades", "invoice.xml"), ("edifact", "order-4.edi")]
    {
        let folder = folder();
        folder.run(arguments!["sign", "--form", form, signer("anka"), "-o", "signed", file]).expect(0);
        let asked = arguments![from_iran_without_lists(), known("anka"), NOW, "--out=content", "signed"];
        let told = verify(&folder, asked, 5);
        assert!(!folder.path("content").exists(), "{form}");
        assert_eq!(told["trust"]["status"], "indeterminate", "{form}: {told:#}");
        // Nor without anybody to trust.
        verify(&folder, arguments![known("anka"), NOW, "signed"], 5);
    }
}

/// The members of a ZIP archive, in order.
fn members(folder: &Folder, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(File::open(folder.path(name)).unwrap()).unwrap();
    let count = archive.len();
    let read = |index| {
        let mut member = archive.by_index(index).unwrap();
        let mut octets = Vec::new();
        member.read_to_end(&mut octets).unwrap();
        (member.name().unwrap().into_owned(), octets)
    };
    (0..count).map(read).collect()
}

fn write_members(folder: &Folder, name: &str, members: &[(String, Vec<u8>)]) {
    let mut archive = ZipWriter::new(File::create(folder.path(name)).unwrap());
    for (name, octets) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name.as_str(), options).unwrap();
        archive.write_all(octets).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn a_container_holds_files_that_are_signed_together() {
    for name in ["sahand", "anka", "karun"] {
        let folder = folder();
        folder
            .run(arguments!["sign", "--form=asic", signer(name), "-o", "both.asice", "order.edi", "invoice.xml"])
            .expect(0);
        let told = verify(&folder, arguments![from_iran(), NOW, "--out=both", "both.asice"], 0);
        let covered =
            told["signature"]["covered"].as_array().unwrap().iter().map(|part| part["path"].as_str().unwrap());
        assert_eq!(covered.filter(|path| !path.contains('/')).collect::<Vec<_>>(), ["order.edi", "invoice.xml"]);
        assert_eq!(folder.read("both/order.edi"), ORDER);
        assert_eq!(folder.read("both/invoice.xml"), INVOICE);

        let sound = members(&folder, "both.asice");
        write_members(&folder, "again.asice", &sound);
        verify(&folder, arguments![from_iran(), NOW, "again.asice"], 0);
        let mut changed = sound.clone();
        let (_, order) = changed.iter_mut().find(|(name, _)| name == "order.edi").unwrap();
        order[100] ^= 1;
        write_members(&folder, "changed.asice", &changed);
        let told = verify(&folder, arguments![from_iran(), NOW, "--out=changed", "changed.asice"], 1);
        assert_eq!(told["indication"], "TOTAL-FAILED/HASH_FAILURE", "{told:#}");
        assert!(!folder.path("changed").exists());
        let mut more = sound;
        more.push(("note.txt".to_owned(), b"pay twice".to_vec()));
        write_members(&folder, "more.asice", &more);
        let told = folder.run(arguments!["verify", "--format=json", from_iran(), NOW, "more.asice"]).expect(1).json();
        assert_eq!(messages(&told), ["asic-not-covered"]);
        assert_eq!(told["indication"], "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
        let asked = arguments![from_iran(), NOW, "--require-covers=anything", "--out=more", "more.asice"];
        let told = verify(&folder, asked, 0);
        assert_eq!(told["uncovered"][0]["path"], "note.txt");
        assert!(folder.path("more/order.edi").exists() && !folder.path("more/note.txt").exists());
    }
}

#[test]
fn the_signed_samples_hold_what_they_say() {
    let folder = folder();
    verify(&folder, arguments![from_iran(), NOW, "--out=invoice.edi", sample("signed/invoice.p7m").as_str()], 0);
    assert_eq!(folder.read("invoice.edi"), fs::read_to_string(sample("invoice-ir.edi")).unwrap());
    verify(&folder, arguments![from_iran(), NOW, "--out=forms", sample("signed/invoice.asice").as_str()], 0);
    assert_eq!(folder.read("forms/invoice-tr.cii.xml"), fs::read_to_string(sample("invoice-tr.cii.xml")).unwrap());
    for form in ["edi", "ubl.xml", "bsp.json"] {
        assert!(folder.path(&format!("forms/invoice-tr.{form}")).exists(), "{form}");
    }
}

#[test]
fn xades_signs_what_it_says_of_itself() {
    for name in ["sahand", "anka", "karun"] {
        let folder = folder();
        let asked = arguments!["--form=xades", "--level=b", "--role=exporter", "--city=Tabriz", "--country=IR"];
        folder
            .run(arguments!["sign", signer(name), "-o", "signed.xml", "invoice.xml"].into_iter().chain(asked))
            .expect(0);
        let told = verify(&folder, arguments![from_iran(), NOW, "--out=content.xml", "signed.xml"], 0);
        assert_eq!(told["signature"]["properties"]["level"], "B-B");
        assert_eq!(told["signature"]["properties"]["roles"][0], "exporter");
        let content = folder.read("content.xml");
        assert!(content.contains("KV-2026-17") && !content.contains("Signature"), "{content}");
        let signed = folder.read("signed.xml");
        for (property, other) in [("exporter", "importer"), ("Tabriz<", "Tabris<"), ("KV-2026-17", "KV-2026-18")] {
            let at = signed.rfind(property).unwrap();
            let changed = format!("{}{other}{}", &signed[..at], &signed[at + property.len()..]);
            folder.write("changed.xml", changed);
            let told = verify(&folder, arguments![from_iran(), NOW, "changed.xml"], 1);
            assert_eq!(told["indication"], "TOTAL-FAILED/HASH_FAILURE", "{property}: {told:#}");
        }
    }
}

#[test]
fn xades_signs_the_files_of_a_container() {
    let folder = folder();
    let signed =
        arguments!["sign", "--form=asic-xades", signer("anka"), "-o", "order.asice", "invoice.xml", "order.edi"];
    folder.run(signed).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "--out", "forms", "order.asice"]).expect(0);
    assert_eq!(folder.read("forms/order.edi"), ORDER);
    let higher = arguments!["sign", "--form=asic-xades", "--level=t", signer("anka"), "-o", "t.asice", "order.edi"];
    let run = folder.run(higher).expect(1);
    assert!(run.stderr.contains("no timestamp"), "{}", run.stderr);
}

#[test]
fn xades_asks_an_authority_for_the_time() {
    let folder = folder();
    let asked = |form: &str, url: &str| {
        let key = [
            format!("--key={}", sample("xades/signers/p256.key.pem")),
            format!("--cert={}", sample("xades/signers/p256.pem")),
        ];
        arguments![
            "sign",
            form.to_owned(),
            "--level=t",
            format!("--timestamp={url}"),
            key,
            "-o",
            "signed.xml",
            "invoice.xml"
        ]
    };
    let run = folder.run(asked("--form=xades", "http://127.0.0.1:9/")).expect(1);
    assert!(run.stderr.contains("no timestamp") && run.stderr.contains("no public address"), "{}", run.stderr);
    let run = folder.run(asked("--form=xmldsig", "http://127.0.0.1:9/")).expect(2);
    assert!(run.stderr.contains("--timestamp"), "{}", run.stderr);
}

#[test]
fn xades_verifies_at_every_level() {
    let folder = Folder::new();
    let trust = format!("--trust={}", sample("xades/trust"));
    let lists = [format!("--crl={}", sample("xades/crl")), format!("--cert={}", sample("xades/authorities"))];
    for (level, at) in [("b", "2026-12-01"), ("t", "2026-12-01"), ("lt", "2026-12-01"), ("lta", "2026-12-01")] {
        let at = format!("--at={at}T00:00:00Z");
        let signed = sample(&format!("xades/invoice-{level}.xml"));
        let told = verify(&folder, arguments![trust.clone(), lists.clone(), at, signed], 0);
        assert_eq!(told["signature"]["properties"]["level"], format!("B-{}", level.to_uppercase()));
    }
    // What carries all that proves it needs nothing else, and lasts beyond the certificate of the signer.
    let run = |name: &str, at: &str| {
        folder.run(arguments!["verify", trust.clone(), format!("--at={at}"), sample(&format!("xades/{name}.xml"))])
    };
    run("invoice-lt", "2026-12-01T00:00:00Z").expect(0);
    run("invoice-lta", "2040-01-01T00:00:00Z").expect(0);
    assert_ne!(run("invoice-b", "2040-01-01T00:00:00Z").status, 0);
}

#[test]
fn security_groups_protect_every_structure() {
    for (level, file) in [
        ("message", "order-4.edi"),
        ("message", "group.edi"),
        ("group", "group.edi"),
        ("interchange", "group.edi"),
        ("package", "package.edi"),
    ] {
        for name in ["sahand", "anka", "karun"] {
            let folder = folder();
            folder
                .run(arguments!["sign", "--form=edifact", "--secure", level, signer(name), "-o", "signed.edi", file])
                .expect(0);
            let told = verify(&folder, arguments![from_iran(), known(name), NOW, "--out=content", "signed.edi"], 0);
            let signatures = 1 + told["others"].as_array().map_or(0, Vec::len);
            assert_eq!(signatures, if (level, file) == ("message", "group.edi") { 2 } else { 1 }, "{told:#}");
            let part: &[u8] = if level == "package" { b"abc" } else { b"PO-1" };
            assert!(folder.read("content").contains(std::str::from_utf8(part).unwrap()));
            assert!(!folder.read("content").contains("UST+"), "the content alone");

            change(&folder, "signed.edi", part);
            let told = verify(&folder, arguments![from_iran(), known(name), NOW, "--out=changed", "signed.edi"], 1);
            assert_eq!(told["indication"], "TOTAL-FAILED/SIG_CRYPTO_FAILURE", "{told:#}");
            assert!(!folder.path("changed").exists());
        }
    }
}

#[test]
fn what_of_an_interchange_must_be_covered_is_asked_for() {
    let folder = folder();
    folder.run(arguments!["sign", "--form=edifact", signer("anka"), "-o", "messages.edi", "group.edi"]).expect(0);
    folder
        .run(arguments!["sign", "--form=edifact", "--secure=interchange", signer("anka"), "-o", "all.edi", "group.edi"])
        .expect(0);
    // A message that nobody signed, in front of those that somebody did.
    let signed = folder.read("messages.edi");
    let added = "UNH+0+ORDERS:D:96A:UN'\nBGM+220+PO-19+9'\nUNT+3+0'\nUNH+1+";
    folder.write("added.edi", signed.replacen("UNH+1+", added, 1).replace("UNE+2", "UNE+3"));
    for (file, what, status) in [
        ("messages.edi", "bodies", 0),
        ("messages.edi", "interchanges", 1),
        ("messages.edi", "anything", 0),
        ("added.edi", "bodies", 1),
        ("added.edi", "anything", 0),
    ] {
        let run = folder.run(arguments!["verify", from_iran(), known("anka"), NOW, "--require-covers", what, file]);
        assert_eq!(run.status, status, "{file} {what}: {run:?}");
    }
    let run = folder.run(arguments!["verify", from_iran(), known("anka"), NOW, "--explain", "messages.edi"]).expect(0);
    let plain = folder.run(arguments!["verify", from_iran(), known("anka"), NOW, "messages.edi"]).expect(0);
    assert!(run.stdout.lines().count() > plain.stdout.lines().count(), "{}", run.stdout);
}

#[test]
fn an_autack_stands_for_an_interchange_elsewhere() {
    for extra in ["--secure=message", "--secure=interchange", "--sign-references"] {
        let folder = folder();
        let before = folder.read("order.edi");
        folder
            .run(arguments![
                "sign",
                "--form=autack",
                "--detached",
                extra,
                signer("anka"),
                "-o",
                "autack.edi",
                "order.edi"
            ])
            .expect(0);
        assert_eq!(folder.read("order.edi"), before);
        let asked = || arguments![from_iran(), known("anka"), NOW, "--content=order.edi", "autack.edi"];
        verify(&folder, asked(), 0);
        // Without the file there is nothing to hold it against.
        let run = folder.run(arguments!["verify", "--format=json", from_iran(), known("anka"), NOW, "autack.edi"]);
        assert_eq!(run.json()["indication"], "INDETERMINATE/SIGNED_DATA_NOT_FOUND", "{run:?}");
        change(&folder, "order.edi", b"PO-1+9");
        let told = verify(&folder, asked(), 1);
        let indication = if extra == "--sign-references" { "SIG_CRYPTO_FAILURE" } else { "HASH_FAILURE" };
        assert_eq!(told["indication"], format!("TOTAL-FAILED/{indication}"), "{told:#}");
    }
}

#[test]
fn an_autack_at_the_end_signs_what_stands_before_it() {
    let folder = folder();
    folder.run(arguments!["sign", "--form=autack", signer("anka"), "-o", "signed.edi", "order-4.edi"]).expect(0);
    verify(&folder, arguments![from_iran(), known("anka"), NOW, "signed.edi"], 0);
    change(&folder, "signed.edi", b"PO-1+9");
    verify(&folder, arguments![from_iran(), known("anka"), NOW, "signed.edi"], 1);
}

/// `--acknowledge` with the key of the receiver.
fn answering(file: &str) -> Vec<String> {
    let [key, certificate] = signer("karun").map(|option| option.replacen("--", "--acknowledge-", 1));
    arguments!["verify", from_iran(), NOW, format!("--acknowledge={file}"), key, certificate]
}

/// What an acknowledgement says: the security error of each message (0571), nothing where it is confirmed.
fn answers(folder: &Folder, file: &str) -> Vec<String> {
    let text = folder.read(file);
    let segments = text.split('\'').map(str::trim);
    let values = segments.filter_map(|segment| segment.strip_prefix("USY+"));
    values.map(|value| value.split('+').nth(2).unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_was_verified_is_acknowledged() {
    let folder = folder();
    folder
        .run(arguments!["sign", "--form=autack", "--detached", signer("anka"), "-o", "autack.edi", "order.edi"])
        .expect(0);
    let run = |content: &str, status: i32, answer: &str| {
        let content = format!("--content={content}");
        folder.run(arguments![answering(answer), known("anka"), content, "autack.edi"]).expect(status)
    };
    let run_good = run("order.edi", 0, "received.edi");
    assert!(run_good.stderr.contains("confirmed: UNB "), "{run_good:?}");
    assert_eq!(answers(&folder, "received.edi"), [""]);
    // The acknowledgement is itself an AUTACK over what was received, by the receiver.
    verify(&folder, arguments![from_iran(), known("karun"), NOW, "--content=order.edi", "received.edi"], 0);

    folder.write("other.edi", folder.read("order.edi").replace("PO-1", "PO-2"));
    run("other.edi", 1, "refused.edi");
    assert_eq!(answers(&folder, "refused.edi"), ["1"]);
    let refused = arguments!["--format=json", from_iran(), known("karun"), NOW, "--content=other.edi", "refused.edi"];
    let told = folder.run(arguments!["verify", refused]).expect(1);
    assert!(messages(&told.json()).contains(&"autack-refused"), "{told:?}");
}

/// An acknowledgement was made of whatever it was asked of, signed or not.
#[test]
fn nothing_is_acknowledged_that_was_not_verified() {
    let folder = folder();
    folder.run(arguments!["sign", "--form=edifact", signer("anka"), "-o", "signed.edi", "order-4.edi"]).expect(0);
    let run = |more: Vec<String>, status: i32| {
        let run = folder.run(arguments![more, "signed.edi"]).expect(status);
        let answered = folder.path("answer.edi").exists().then(|| answers(&folder, "answer.edi"));
        let _ = fs::remove_file(folder.path("answer.edi"));
        assert_eq!(run.stderr.contains("nothing is acknowledged"), answered.is_none(), "{run:?}");
        answered
    };
    let messages = folder.read("order-4.edi").matches("UNH+").count();
    let each = |code: &str| Some(vec![code.to_owned(); messages]);
    assert_eq!(run(arguments![answering("answer.edi"), known("anka")], 0), each(""));
    // Nobody knows the certificate; or nobody whom we trust; or not whether it was revoked.
    assert_eq!(run(answering("answer.edi"), 5), None);
    let [key, certificate] = signer("karun").map(|option| option.replacen("--", "--acknowledge-", 1));
    let untrusting = arguments!["verify", NOW, "--acknowledge=answer.edi", key, certificate, known("anka")];
    assert_eq!(run(untrusting.clone(), 5), None);
    let unlisted = arguments![untrusting.clone(), from_iran_without_lists()];
    assert_eq!(run(unlisted, 5), None);
    // No path leads to the signer.
    let elsewhere = arguments![untrusting, format!("--trust={}", sample("pki/signers/nordhafen.pem"))];
    assert_eq!(run(elsewhere, 1), each("3"));
    // What was signed was changed, or is not signed at all.
    change(&folder, "signed.edi", b"PO-1+9");
    let changed = run(arguments![answering("answer.edi"), known("anka")], 1).unwrap();
    assert!(changed.contains(&"1".to_owned()), "{changed:?}");
    fs::copy(folder.path("order-4.edi"), folder.path("signed.edi")).unwrap();
    assert_eq!(run(arguments![answering("answer.edi"), known("anka")], 1), each("7"));
    folder.run(arguments![answering("answer.edi"), "invoice.xml"]).expect(2);
}

#[test]
fn keys_of_pkcs12_and_pss_sign_in_every_form() {
    for (form, file) in [
        ("xmldsig", "invoice.xml"),
        ("xades", "invoice.xml"),
        ("cms", "order.edi"),
        ("asic", "order.edi"),
        ("edifact", "order-4.edi"),
        ("autack", "order-4.edi"),
    ] {
        let folder = folder();
        folder.write("password", "caravan\n");
        let key = [format!("--key={}", sample("pki/signers/sahand.p12")), "--password-file=password".to_owned()];
        folder.run(arguments!["sign", "--form", form, key, "--pss", "-o", "signed", file]).expect(0);
        let told = verify(&folder, arguments![from_iran(), known("sahand"), NOW, "signed"], 0);
        let algorithm = told["signature"]["algorithm"].as_str().unwrap();
        assert!(algorithm.contains("PSS"), "{form}: {algorithm}");
    }
}

/// Without the certificate of the signer it was said that the signature was good, although nobody had looked.
#[test]
fn an_interchange_whose_signer_is_not_known_is_not_said_to_be_good() {
    let folder = folder();
    folder.run(arguments!["sign", "--form=edifact", signer("anka"), "-o", "signed.edi", "order-4.edi"]).expect(0);
    let told = verify(&folder, arguments![from_iran(), NOW, "signed.edi"], 5);
    assert_eq!(told["indication"], "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND");
    let Run { stdout, .. } = folder.run(arguments!["verify", from_iran(), NOW, "signed.edi"]).expect(5);
    assert!(stdout.contains("INDETERMINATE: no signature could be verified"), "{stdout}");
}
