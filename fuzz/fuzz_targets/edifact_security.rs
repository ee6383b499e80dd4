//! Security groups of any octets: verifying never panics, and nothing is accepted without a certificate; what is signed
//! verifies in its structure.

#![no_main]

use karvan_signature::edifact::{Files, Options, Policy, Service, Signer, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let (source, content) = octets.split_at(octets.len() / 2);
    let files = Files { source: source.to_vec(), content: Some(content.to_vec()) };
    if let Ok(intact) = verify(files, &[], &Policy::default()) {
        assert!(intact.signatures().iter().all(|signature| !signature.covered.is_empty()));
    }
    let mut options = Options::default();
    options.service = Service::Integrity;
    let mut signed = Vec::new();
    if Signer::without_key().sign(octets, &mut signed, &options).is_ok() {
        let _ = verify(Files { source: signed, content: None }, &[], &Policy::default());
    }
});
