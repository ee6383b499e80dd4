//! What is read is in the document or in the report, and what is written of it differs from it by what the report says.

#![no_main]

#[path = "../../crates/karvan-mapping/tests/account/mod.rs"]
mod account;
#[path = "../../crates/karvan-mapping/tests/account/untold.rs"]
mod untold;

use karvan_mapping::{Target, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(readings) = read(file) else { return };
    let untold = untold::untold(file, &readings);
    assert!(untold.is_empty(), "{untold:?}");
    for reading in readings.iter().take(2) {
        for target in Target::of(reading.document.kind) {
            account::check(&reading.document, target);
        }
    }
});
