//! The published vectors: Karvan verifies them, and so does a program that shares nothing with it.

#![allow(clippy::print_stdout, reason = "what is not tested is told")]
#![allow(clippy::unwrap_used)] // In tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use karvan_pki::{Certificate, Limits, certificates};
use karvan_signature::edifact::{Files, Policy, verify};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/edifact-security")
}

fn known() -> Vec<Certificate> {
    let signers = folder().join("../pki/signers");
    let names = ["anka", "sahand", "karun", "nordhafen"];
    let files = names.map(|name| std::fs::read(signers.join(format!("{name}.pem"))).unwrap());
    files.iter().flat_map(|file| certificates("signer", file, &Limits::default()).0).collect()
}

fn vectors() -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let is_vector = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".edi") && !name.starts_with("order")
    };
    files.filter(is_vector).collect()
}

#[test]
fn every_vector_verifies() {
    let known = known();
    let vectors = vectors();
    assert_eq!(vectors.len(), 23);
    for path in vectors {
        let source = std::fs::read(&path).unwrap();
        let apart = source.windows(6).any(|octets| octets == b"AUTACK") && !path.ends_with("autack-inside.edi");
        let content = apart.then(|| std::fs::read(folder().join("order-version-3.edi")).unwrap());
        let intact = verify(Files { source, content }, &known, &Policy::default());
        let intact = intact.unwrap_or_else(|rejected| panic!("{}: {rejected}", path.display()));
        assert!(!intact.signatures().is_empty());
    }
}

#[test]
fn another_program_verifies_every_vector() {
    let ready = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !ready.is_ok_and(|output| output.status.success()) {
        println!("not checked: python3 with the package cryptography is missing");
        return;
    }
    let output = Command::new("python3").arg(folder().join("verify.py")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.ends_with("28 values, 0 bad\n"), "{told}");
}
