//! Any octets as a register of agreements, as the table of a store, as LDIF of a directory and as a bundle: read or told, never more.

#![no_main]

use karvan_engine::trust::fetch::Bundle;
use karvan_pki::{Limits, Register, StoreFile, TrustStore, certificates};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(register) = Register::from_toml(&text) {
        let _ = format!("{:?}", register.agreements());
    }
    if let Ok(table) = StoreFile::from_toml(&text) {
        let _ = table.apply(&mut TrustStore::default());
    }
    let ldif = [&b"version: 1\n"[..], data].concat();
    let (read, problems) = certificates("directory.ldif", &ldif, &Limits::default());
    assert!(!read.is_empty() || !problems.is_empty(), "nothing is passed over in silence");
    if let Ok(bundle) = Bundle::read(data) {
        assert_eq!(Bundle::read(&bundle.write()), Ok(bundle));
    }
});
