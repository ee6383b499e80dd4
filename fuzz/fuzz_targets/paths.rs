//! A file as signer, pool, store and lists at once: the search ends within its limits, and says why it ended so.

#![no_main]

use std::sync::Arc;

use karvan_pki::{
    CertificateSet, Evidence, Legacy, Limits, Options, RevocationMode, RevocationOptions, Status, TrustStore,
    find_paths,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { edges: 200, paths: 50, signature_checks: 50, ..Limits::default() };
    let (pool, _) = CertificateSet::load([("file", data)], &limits);
    let (evidence, _) = Evidence::load([("file", data)], &limits);
    let evidence = Arc::new(evidence);
    let mut store = CertificateSet::default();
    if let Some(last) = pool.iter().last() {
        store.insert(Arc::clone(&last.certificate), &last.origin, &limits);
    }
    let store = TrustStore::new(store);
    for signer in pool.iter().take(4) {
        for mode in [RevocationMode::Require, RevocationMode::Off] {
            let revocation = RevocationOptions { mode, freshness: None, evidence: Arc::clone(&evidence) };
            let options = Options {
                revocation,
                legacy: Legacy::ALL,
                limits: limits.clone(),
                every_path: true,
                ..Options::document_signature("2026-06-01T00:00:00Z".parse().unwrap())
            };
            let verdict = find_paths(signer, &pool, &store, &options);
            assert!(verdict.status() != Status::Rejected || !verdict.rejected.is_empty());
            let _ = verdict.diagnostics();
        }
    }
});
