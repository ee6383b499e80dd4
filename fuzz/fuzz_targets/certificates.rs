//! Any octets as a file of certificates: what is read is told, and its names and extensions can be shown.

#![no_main]

use karvan_pki::{CertificateSet, Limits, Name, PublicKey, TrustStore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let (set, problems) = CertificateSet::load([("file", data)], &limits);
    assert!(!set.is_empty() || !problems.is_empty(), "nothing is passed over in silence");
    for sourced in set.iter() {
        let certificate = &sourced.certificate;
        let _ = (certificate.subject().to_string(), certificate.serial(), format!("{:?}", certificate.extensions()));
        assert_eq!(set.find(certificate).map(|found| &found.certificate), Some(certificate));
    }
    let _ = TrustStore::load([("store", data)], &limits);
    let _ = (Name::from_der(data), PublicKey::from_spki(data));
});
