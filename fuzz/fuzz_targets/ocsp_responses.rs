//! Any octets as an OCSP response, and as a file of revocation lists and responses.

#![no_main]

use karvan_pki::{Evidence, Limits, OcspResponse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    if let Ok(response) = OcspResponse::from_der(data, &limits) {
        let _ = (format!("{response:?}"), response.fingerprint_hex(), response.certificates().len());
    }
    let (evidence, problems) = Evidence::load([("file", data)], &limits);
    assert!(!evidence.is_empty() || !problems.is_empty(), "nothing is passed over in silence");
});
