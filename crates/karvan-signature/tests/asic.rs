//! Signed containers: made, read back, read from archives that another program wrote, and what must not pass.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use std::io::{Cursor, Write};
use std::sync::Arc;

use karvan_pki::{Certificate, Limits, certificates};
use karvan_signature::asic::{
    CreateError, EXTENDED, File, IntactContainer, Kind, Policy, SIMPLE, create, create_with, sign_xml, verify,
};
use karvan_signature::cms::{Signer, VerifyError};
use karvan_signature::{DigestAlgorithm, PrivateKey};
use ring::rand::SystemRandom;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const EDI: &[u8] = b"UNB+UNOA:3+SAHAND+ANKA+261122:1600+1'UNZ+0+1'";
const FILES: [File<'_>; 3] = [
    File { name: "invoice.edi", octets: EDI, media_type: Some("application/EDIFACT") },
    File { name: "forms/invoice.xml", octets: b"<Invoice>7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7</Invoice>", media_type: None },
    File { name: "صورتحساب.json", octets: b"{\"invoice\": 7}", media_type: None },
];

fn key() -> (PrivateKey, Vec<Certificate>) {
    let key = PrivateKey::read(include_bytes!("keys/p256.pem"), Arc::new(SystemRandom::new())).unwrap();
    let chain = certificates("file", include_bytes!("keys/p256-certificate.pem"), &Limits::default()).0;
    (key, chain)
}

fn container() -> Vec<u8> {
    let (key, chain) = key();
    create(&FILES, &Signer::new(&key, chain).unwrap(), DigestAlgorithm::Sha256, Vec::new()).unwrap()
}

fn check(container: &[u8]) -> Result<IntactContainer<Cursor<&[u8]>>, Vec<u16>> {
    check_with(container, &Policy::default())
}

fn check_with<'c>(container: &'c [u8], policy: &Policy) -> Result<IntactContainer<Cursor<&'c [u8]>>, Vec<u16>> {
    verify(Cursor::new(container), &[], policy).map_err(|error| match error {
        VerifyError::Rejected(findings) => findings.iter().map(|finding| finding.code.number).collect(),
        other => panic!("{other}"),
    })
}

/// The covered files, if the container is good.
fn covered(container: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Vec<u16>> {
    let mut verified = check(container)?.trust(|_| Ok::<_, ()>(())).unwrap();
    let names: Vec<_> = verified.covered().iter().map(|file| file.name.clone()).collect();
    Ok(names.into_iter().map(|name| (name.clone(), verified.read(&name).unwrap().unwrap())).collect())
}

/// The files of a container with some exchanged, removed or added, written by another program.
fn rewritten(change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(container())).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut octets = Vec::new();
        std::io::copy(&mut file, &mut octets).unwrap();
        if let Some(octets) = change(&name, octets) {
            files.push((name, octets));
        }
    }
    files.extend(more.iter().map(|(name, octets)| ((*name).to_owned(), octets.to_vec())));
    let files: Vec<_> = files.iter().map(|(name, octets)| (name.as_str(), octets.as_slice())).collect();
    written(&files)
}

fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in files {
        let method = if *name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(octets).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn all_forms_of_a_document_are_signed_together() {
    let container = container();
    assert_eq!(&container[30..38 + EXTENDED.len()], format!("mimetype{EXTENDED}").as_bytes());
    let intact = check(&container).unwrap();
    assert_eq!(intact.kind(), Kind::Extended);
    assert!(intact.uncovered().is_empty());
    assert_eq!(intact.signatures().len(), 1);
    assert!(intact.signatures()[0].cms().unwrap().names_certificate());
    let expected: Vec<_> = FILES.iter().map(|file| (file.name.to_owned(), file.octets.to_vec())).collect();
    assert_eq!(covered(&container).unwrap(), expected);
}

#[test]
fn archives_of_others_are_read() {
    assert_eq!(covered(&rewritten(|_, octets| Some(octets), &[])).unwrap().len(), 3);
}

#[test]
fn what_is_not_signed_is_told_and_not_handed_out() {
    let container = rewritten(|_, octets| Some(octets), &[("invoice2.edi", EDI), ("META-INF/note.txt", b"!")]);
    assert_eq!(check(&container).unwrap().uncovered(), ["invoice2.edi", "META-INF/note.txt"]);
    let mut verified = check(&container).unwrap().trust(|_| Ok::<_, ()>(())).unwrap();
    assert_eq!(verified.read("invoice2.edi").unwrap(), None);
    assert_eq!(verified.covered().len(), 3);
}

#[test]
fn changes_are_found() {
    let changed = |name: &'static str| {
        move |other: &str, mut octets: Vec<u8>| {
            if other == name {
                octets.reverse();
            }
            Some(octets)
        }
    };
    let removed = |name: &'static str| move |other: &str, octets: Vec<u8>| (other != name).then_some(octets);
    let codes = |container: Vec<u8>| check(&container).map(|_| ()).unwrap_err();
    assert_eq!(codes(rewritten(changed("invoice.edi"), &[])), [6322]);
    assert_eq!(codes(rewritten(removed("invoice.edi"), &[])), [6321]);
    assert_eq!(codes(rewritten(removed("META-INF/signature001.p7s"), &[])), [6321]);
    assert_eq!(codes(rewritten(removed("META-INF/ASiCManifest001.xml"), &[])), [6323]);
    assert_eq!(codes(rewritten(changed("META-INF/ASiCManifest001.xml"), &[])), [6321]);
    assert_eq!(codes(rewritten(changed("META-INF/signature001.p7s"), &[])), [6301]);
    assert_eq!(codes(rewritten(removed("mimetype"), &[])), [6320]);
    assert_eq!(codes(rewritten(changed("mimetype"), &[])), [6320]);
    let blank = |name: &str, octets: Vec<u8>| match name {
        "META-INF/ASiCManifest001.xml" => Some([&octets[..], b" "].concat()),
        _ => Some(octets),
    };
    assert_eq!(codes(rewritten(blank, &[])), [6303], "one blank behind the manifest");
}

#[test]
fn no_octet_may_change_what_is_handed_out() {
    let container = container();
    let expected = covered(&container).unwrap();
    for at in 0..container.len() {
        let mut changed = container.clone();
        changed[at] ^= 0x40;
        if let Ok(covered) = covered(&changed) {
            assert_eq!(covered, expected, "octet {at}");
        }
    }
    for end in 0..container.len() {
        assert!(check(&container[..end]).is_err(), "cut off at {end}");
    }
}

#[test]
fn a_container_may_hold_another() {
    let inner = container();
    // Stored as it is, since it is small already: its directory ends as that of the outer one does.
    let files = [&inner[inner.len() - 40..], &inner];
    for octets in files {
        let (key, chain) = key();
        let file = File { name: "inner.asice", octets, media_type: None };
        let outer = create(&[file], &Signer::new(&key, chain).unwrap(), DigestAlgorithm::Sha256, Vec::new()).unwrap();
        assert_eq!(covered(&outer).unwrap(), [("inner.asice".to_owned(), octets.to_vec())]);
    }
}

#[test]
fn archives_that_could_be_read_in_two_ways_are_refused() {
    let container = container();
    let codes = |container: &[u8]| check(container).map(|_| ()).unwrap_err();
    assert_eq!(codes(&[b"MZ", &container[..]].concat()), [6320], "something before it");
    assert_eq!(codes(&[&container[..], b"more"].concat()), [6320], "something behind it");
    assert_eq!(codes(&[&container[..], &container[..]].concat()), [6320], "two archives");
    let end = container.len() - 22;
    let comment = [&container[..end + 20], &[22, 0], &container[end..]].concat();
    assert_eq!(codes(&comment), [6320], "an end of a directory in the comment");
    let directory = u32::from_le_bytes(container[end + 16..end + 20].try_into().unwrap()) as usize;
    let mut gap = [&container[..directory], b"hidden", &container[directory..]].concat();
    gap[end + 6 + 16..end + 6 + 20].copy_from_slice(&(directory as u32 + 6).to_le_bytes());
    assert_eq!(codes(&gap), [6320], "octets that no file has");
    let mut fewer = container.clone();
    fewer[end + 8] -= 1;
    fewer[end + 10] -= 1;
    assert_eq!(codes(&fewer), [6320], "a file that the directory does not count");
    for name in ["../x", "/x", "a//x", "a/./x", "C:x", "a\\x", "Invoice.EDI"] {
        assert_eq!(codes(&rewritten(|_, octets| Some(octets), &[(name, b"x")])), [6320], "{name}");
    }
}

#[test]
fn limits_end_it() {
    let container = container();
    let codes = |change: fn(&mut Policy)| {
        let mut policy = Policy::default();
        change(&mut policy);
        check_with(&container, &policy).map(|_| ()).unwrap_err()
    };
    assert_eq!(codes(|policy| policy.archive.entries = 3), [9221]);
    assert_eq!(codes(|policy| policy.archive.expanded = 100), [9222]);
    let bomb = vec![0; 4 << 20];
    assert_eq!(check(&rewritten(|_, octets| Some(octets), &[("zeros", &bomb)])).map(|_| ()).unwrap_err(), [9223]);
}

#[test]
fn a_simple_container_holds_one_file() {
    let (key, chain) = key();
    let signature = Signer::new(&key, chain).unwrap().sign_detached(EDI).unwrap();
    let simple: [(&str, &[u8]); 3] =
        [("mimetype", SIMPLE.as_bytes()), ("order.edi", EDI), ("META-INF/signature.p7s", &signature)];
    let container = written(&simple);
    assert_eq!(check(&container).unwrap().kind(), Kind::Simple);
    assert_eq!(covered(&container).unwrap(), [("order.edi".to_owned(), EDI.to_vec())]);
    let two = written(&[&simple[..], &[("second.edi", EDI)]].concat());
    assert_eq!(check(&two).map(|_| ()).unwrap_err(), [6321]);
}

#[test]
fn signatures_in_xml_cover_files_of_the_container() {
    let (key, chain) = key();
    let signer = karvan_signature::Signer::new(&key).with_certificates(chain).unwrap();
    let signed = [File { name: "order.edi", octets: EDI, media_type: None }];
    let signatures = sign_xml(&signed, &signer).unwrap();
    let whole = create_with(&signed, &signatures, Vec::new()).unwrap();
    assert_eq!(covered(&whole).unwrap(), [("order.edi".to_owned(), EDI.to_vec())]);
    let files: [(&str, &[u8]); 4] = [
        ("mimetype", EXTENDED.as_bytes()),
        ("order.edi", EDI),
        ("note.txt", b"!"),
        ("META-INF/signatures001.xml", &signatures),
    ];
    let container = written(&files);
    assert_eq!(check(&container).unwrap().uncovered(), ["note.txt"]);
    assert_eq!(covered(&container).unwrap(), [("order.edi".to_owned(), EDI.to_vec())]);
    let changed = written(&[files[0], ("order.edi", b"UNB+UNOA:4"), files[2], files[3]]);
    assert_eq!(check(&changed).map(|_| ()).unwrap_err(), [6011]);
}

#[test]
fn names_that_others_would_read_otherwise_are_not_written() {
    let (key, chain) = key();
    let signer = Signer::new(&key, chain).unwrap();
    let made = |name: &str| {
        let file = File { name, octets: EDI, media_type: None };
        create(&[file], &signer, DigestAlgorithm::Sha256, Vec::new()).map(|_| ())
    };
    assert!(made("a/b.edi").is_ok());
    for name in ["", "mimetype", "META-INF/x", "meta-inf/x", "../x", "/x", "a\\b", "c:x"] {
        assert!(matches!(made(name), Err(CreateError::Name(_))), "{name}");
    }
    assert!(matches!(create(&[], &signer, DigestAlgorithm::Sha256, Vec::new()), Err(CreateError::Nothing)));
}
