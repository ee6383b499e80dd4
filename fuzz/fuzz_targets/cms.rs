//! Any octets as a signature of CMS, a timestamp and the answer of an authority: they are read or told, in pieces as
//! whole, and what the sample signers are believed to have signed is what they did sign.

#![no_main]

#[path = "pieces.rs"]
mod pieces;

use std::io::Read;
use std::sync::LazyLock;

use karvan_pki::{Certificate, Legacy, Limits, certificates};
use karvan_signature::cms::{Armored, Policy, Signature, VerifyError, verify};
use karvan_signature::timestamp::{Response, Token};
use libfuzzer_sys::fuzz_target;
use pieces::Pieces;

const ORDER: &[u8] = include_bytes!("../../crates/karvan-signature/tests/cms/order.edi");

static SIGNERS: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let files: [&[u8]; 3] = [
        include_bytes!("../../crates/karvan-signature/tests/keys/rsa-certificate.pem"),
        include_bytes!("../../crates/karvan-signature/tests/keys/p256-certificate.pem"),
        include_bytes!("../../crates/karvan-signature/tests/keys/p384-certificate.pem"),
    ];
    files.iter().flat_map(|file| certificates("signer", file, &Limits::default()).0).collect()
});

fn believe(signature: &Signature) -> Result<(), ()> {
    if SIGNERS.contains(signature.certificate()) { Ok(()) } else { Err(()) }
}

/// The content and whether a sample signer is believed to have signed it; else the codes of the findings.
fn outcome(source: impl Read, detached: Option<&[u8]>, policy: &Policy) -> Result<(Vec<u8>, bool), Vec<u16>> {
    let mut detached = detached;
    let outside = detached.as_mut().map(|octets| octets as &mut dyn Read);
    let intact = match verify(source, outside, &SIGNERS, policy, Vec::new()) {
        Ok(intact) => intact,
        Err(VerifyError::Rejected(findings)) => {
            assert!(!findings.is_empty());
            return Err(findings.iter().map(|finding| finding.code.number).collect());
        }
        Err(other) => panic!("memory can be read: {other}"),
    };
    let believed = intact.signatures().iter().all(|signature| believe(signature).is_ok());
    let content = intact.trust(|_| Ok::<_, ()>(())).expect("everybody is believed").into_content();
    Ok((content, believed))
}

fuzz_target!(|data: &[u8]| {
    let mut policy = Policy::default();
    (policy.legacy, policy.kept, policy.signers, policy.whole) = (Legacy::ALL, 1 << 16, 4, 1 << 12);
    for detached in [None, Some(ORDER), Some(&b"something else"[..])] {
        let whole = outcome(data, detached, &policy);
        if let Ok((content, true)) = &whole {
            assert_eq!(content, ORDER);
        }
        assert_eq!(whole, outcome(Pieces(data, 1), detached, &policy));
    }
    let _ = outcome(Armored::new(data), None, &policy);
    let tokens = Response::from_der(data).and_then(|response| response.granted().ok());
    for token in tokens.into_iter().chain(Token::from_der(data)) {
        if let Ok(intact) = token.verify(ORDER, &SIGNERS, &policy) {
            assert_eq!(intact.info().imprint, token.info().digest.digest(ORDER).as_ref());
        }
    }
});
