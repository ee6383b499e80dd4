//! Any octets as a document signed with XAdES: verifying ends, early and late, and what is believed under the sample root is
//! what was signed under it.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::{Outcome, verify};
use karvan_engine::{PathLimits, SignaturePolicy};
use karvan_pki::Legacy;
use libfuzzer_sys::fuzz_target;

static MATERIAL: LazyLock<Material> = LazyLock::new(|| {
    let root = named(include_bytes!("../../samples/xades/trust/root.pem"));
    let lists = [include_bytes!("../../samples/xades/crl/root.crl").as_slice()].map(named);
    Material::load(&[root], &[], PathLimits::default()).with_evidence(&lists)
});

macro_rules! files {
    ($($name:literal)*) => { [$(include_bytes!(concat!("../../", $name)).as_slice()),*] };
}

/// What the sample traders signed with Karvan and with EU DSS, signed properties included.
static SIGNED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let samples = files![
        "samples/xades/invoice-b.xml"
        "samples/xades/invoice-t.xml"
        "samples/xades/invoice-lt.xml"
        "samples/xades/invoice-lta.xml"
        "samples/xades/revoked-t.xml"
        "samples/xades/revoked-lta.xml"
        "crates/karvan-engine/tests/xades/dss-B.xml"
        "crates/karvan-engine/tests/xades/dss-T.xml"
        "crates/karvan-engine/tests/xades/dss-LT.xml"
        "crates/karvan-engine/tests/xades/dss-LTA.xml"
        "crates/karvan-engine/tests/xades/dss-extended.xml"
        "crates/karvan-engine/tests/xades/dss-enveloping.xml"
    ];
    samples.iter().flat_map(|sample| contents(sample, &SignaturePolicy::default(), MOMENTS[0])).collect()
});

/// Shortly after the samples were made, and after the signers' certificates expired.
static MOMENTS: LazyLock<[Timestamp; 2]> =
    LazyLock::new(|| ["2026-12-01T00:00:00Z", "2040-01-01T00:00:00Z"].map(|time| time.parse().expect("a time")));

fn named(octets: &[u8]) -> Named {
    ("file".to_owned(), octets.to_vec())
}

fn contents(source: &[u8], policy: &SignaturePolicy, at: Timestamp) -> Vec<Vec<u8>> {
    match verify(source.to_vec(), &[], &MATERIAL, policy, at) {
        Outcome::Trusted(trusted) => trusted.verified.contents().map(|(_, octets)| octets.to_vec()).collect(),
        _ => Vec::new(),
    }
}

fuzz_target!(|source: &[u8]| {
    for at in *MOMENTS {
        let policy = SignaturePolicy { legacy: Legacy::ALL, ..SignaturePolicy::default() };
        for content in contents(source, &policy, at) {
            assert!(SIGNED.contains(&content), "believed without having been signed");
        }
    }
});
