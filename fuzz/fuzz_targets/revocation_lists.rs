//! Any octets as a list of revoked certificates: reading ends, and what is listed is found.

#![no_main]

use karvan_pki::{Limits, RevocationList};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(list) = RevocationList::from_der(data, &Limits::default()) {
        let _ = (format!("{list:?}"), list.fingerprint_hex(), list.scope().is_some(), list.number().is_some());
        let _ = list.find(&[1], list.issuer());
    }
});
