//! Verifying ends without a crash whatever a signature says; nothing that a stream calls good is refused otherwise.

#![no_main]

use std::io::Cursor;

use karvan_pki::Legacy;
use karvan_signature::{Coverage, ExternalFile, KnownKeys, Policy, Position, Secret, verify_stream, verify_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let mut open = Policy {
        coverage: Coverage::Anything,
        positions: vec![Position::Anywhere],
        legacy: Legacy::ALL,
        work: 100_000,
        transforms: 8,
        ..Policy::default()
    };
    open.xml.document_type = true;
    open.xml.nodes = 20_000;
    let secrets = [("key".to_owned(), Secret::of_any_length(b"secret".to_vec()))];
    let known = KnownKeys { secrets: &secrets, ..KnownKeys::default() };
    let files = [ExternalFile { name: "a", octets: b"<a/>" }];
    for policy in [open, Policy::default()] {
        let whole = verify_with(source, &files, &known, &policy);
        let mut content = Vec::new();
        let streamed = verify_stream(&mut Cursor::new(source), &known, &policy, &mut content);
        if let Some(streamed) = streamed.expect("the source can be read") {
            let whole = whole.expect("what a stream calls good is good");
            assert_eq!(streamed.covered().len(), whole.covered().len());
            let verified = whole.trust(|_| Ok::<_, ()>(())).expect("trusted");
            assert!(verified.contents().any(|(_, octets)| octets == content));
        }
    }
});
