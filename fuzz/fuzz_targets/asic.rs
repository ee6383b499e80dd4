//! Any octets as a container, and as the manifest and the signature in one: they are read or told, and what Anka is believed
//! to have signed she did sign. Any octets as a file in a container come out of it again.

#![no_main]

use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock};

use karvan_pki::{Certificate, DigestAlgorithm, Legacy, Limits, certificates};
use karvan_signature::PrivateKey;
use karvan_signature::asic::{EXTENDED, File, Policy, create, verify};
use karvan_signature::cms::Signer;
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use zip::write::{SimpleFileOptions, ZipWriter};

/// The files of the container to begin with.
const SIGNED: [&[u8]; 2] =
    [include_bytes!("../../samples/invoice-tr.cii.xml"), include_bytes!("../../samples/order-ir.edi")];

static ANKA: LazyLock<Vec<Certificate>> =
    LazyLock::new(|| certificates("anka", include_bytes!("../../samples/pki/signers/anka.pem"), &Limits::default()).0);

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
    let random = Arc::new(SystemRandom::new());
    let file = include_bytes!("../../crates/karvan-signature/tests/keys/ed25519.pem");
    PrivateKey::read(file, random).expect("a key")
});

static CHAIN: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let file = include_bytes!("../../crates/karvan-signature/tests/keys/ed25519-certificate.pem");
    certificates("signer", file, &Limits::default()).0
});

/// The files that are covered, if the container is good and signed by one of `signers`.
fn believed(container: &[u8], signers: &[Certificate]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut policy = Policy::default();
    (policy.cms.legacy, policy.xml.legacy) = (Legacy::ALL, Legacy::ALL);
    let intact = verify(Cursor::new(container), &[], &policy).ok()?;
    assert!(!intact.signatures().is_empty());
    let judged = intact.trust(|signature| match signature.certificate() {
        Some(certificate) if signers.contains(certificate) => Ok(()),
        _ => Err(()),
    });
    let mut verified = judged.ok()?;
    let names: Vec<_> = verified.covered().iter().map(|file| file.name.clone()).collect();
    let read = |name: String| {
        let octets = verified.read(&name).expect("it was read before").expect("it is covered");
        (name, octets)
    };
    Some(names.into_iter().map(read).collect())
}

/// A container of one file, with `about` it.
fn container(about: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let files = [("mimetype", EXTENDED.as_bytes()), ("order.edi", SIGNED[1])];
    for (name, octets) in files.iter().chain(about) {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(*name, stored).expect("memory can be written");
        archive.write_all(octets).expect("memory can be written");
    }
    archive.finish().expect("memory can be written").into_inner()
}

fuzz_target!(|data: &[u8]| {
    let (manifest, signature) = data.split_at(data.len() / 2);
    let manifest = container(&[("META-INF/ASiCManifest.xml", manifest), ("META-INF/signature.p7s", signature)]);
    let signatures = container(&[("META-INF/signatures.xml", data)]);
    for container in [data, manifest.as_slice(), signatures.as_slice()] {
        for (_, octets) in believed(container, &ANKA).into_iter().flatten() {
            assert!(SIGNED.contains(&octets.as_slice()));
        }
    }
    let file = File { name: "octets", octets: data, media_type: None };
    let signer = Signer::new(&*KEY, CHAIN.clone()).expect("a signer");
    let made = create(&[file], &signer, DigestAlgorithm::Sha256, Vec::new()).expect("memory can be written");
    assert_eq!(believed(&made, &CHAIN), Some(vec![("octets".to_owned(), data.to_vec())]));
});
