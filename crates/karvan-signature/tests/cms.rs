//! CMS signatures and timestamps: those of OpenSSL read, ours read back, and what must not pass.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use std::io::Read;
use std::sync::Arc;

use karvan_pki::{Certificate, Limits, ObjectIdentifier, SignatureAlgorithm, certificates};
use karvan_signature::cms::{Armored, Intact, Policy, SignError, Signer, VerifyError, verify};
use karvan_signature::timestamp::{Authority, Exchange, Request, Response, StampError, Token};
use karvan_signature::{DigestAlgorithm, Legacy, PrivateKey};
use proptest::prelude::*;
use ring::rand::SystemRandom;

const ORDER: &[u8] = include_bytes!("cms/order.edi");

macro_rules! file {
    ($name:literal) => {
        &include_bytes!(concat!("cms/", $name))[..]
    };
}

macro_rules! key {
    ($name:literal) => {
        (
            PrivateKey::read(include_bytes!(concat!("keys/", $name, ".pem")), Arc::new(SystemRandom::new())).unwrap(),
            chain(include_bytes!(concat!("keys/", $name, "-certificate.pem"))),
        )
    };
}

fn chain(pem: &[u8]) -> Vec<Certificate> {
    certificates("file", pem, &Limits::default()).0
}

fn check(signature: &[u8]) -> Result<Intact<Vec<u8>>, Vec<u16>> {
    check_with(signature, None, &[], &Policy::default())
}

fn check_with(
    signature: &[u8],
    content: Option<&[u8]>,
    known: &[Certificate],
    policy: &Policy,
) -> Result<Intact<Vec<u8>>, Vec<u16>> {
    let mut content = content;
    let content = content.as_mut().map(|content| content as &mut dyn Read);
    verify(signature, content, known, policy, Vec::new()).map_err(|error| match error {
        VerifyError::Rejected(findings) => findings.iter().map(|finding| finding.code.number).collect(),
        other => panic!("{other}"),
    })
}

fn content(intact: Intact<Vec<u8>>) -> Vec<u8> {
    intact.trust(|_| Ok::<_, ()>(())).unwrap().into_content()
}

#[test]
fn what_openssl_signs_is_verified() {
    for (name, signature, signers) in [
        ("enclosing", file!("enclosing.p7"), 1),
        ("cades", file!("cades.p7"), 1),
        ("pss", file!("pss.p7"), 1),
        ("indefinite", file!("indefinite.p7"), 1),
        ("key-identifier", file!("key-identifier.p7"), 1),
        ("no-attributes", file!("no-attributes.p7"), 1),
        ("sha512", file!("sha512.p7"), 1),
        ("two", file!("two.p7"), 2),
    ] {
        let intact = check(signature).unwrap_or_else(|codes| panic!("{name}: {codes:?}"));
        assert_eq!(intact.signatures().len(), signers, "{name}");
        assert!(intact.is_enclosed());
        assert_eq!(intact.octets(), ORDER.len() as u64);
        let signature = &intact.signatures()[0];
        assert_eq!(signature.has_attributes(), name != "no-attributes");
        assert_eq!(signature.signing_time().is_some(), name != "no-attributes");
        assert_eq!(signature.names_certificate(), name == "cades");
        assert_eq!(content(intact), ORDER, "{name}");
    }
    let mut der = Vec::new();
    Armored::new(file!("armored.pem")).read_to_end(&mut der).unwrap();
    assert_eq!(content(check(&der).unwrap()), ORDER);
}

#[test]
fn detached_content_comes_from_outside() {
    let signature = file!("detached.p7");
    let with = |content| check_with(signature, content, &[], &Policy::default());
    assert_eq!(content(with(Some(ORDER)).unwrap()), ORDER);
    assert_eq!(with(None).unwrap_err(), [6307]);
    assert_eq!(with(Some(b"another order")).unwrap_err(), [6303]);
    assert_eq!(check_with(file!("enclosing.p7"), Some(ORDER), &[], &Policy::default()).unwrap_err(), [6307]);
}

#[test]
fn certificates_may_come_from_outside() {
    let signature = file!("no-certificate.p7");
    assert_eq!(check(signature).unwrap_err(), [6305]);
    let known = chain(include_bytes!("keys/rsa-certificate.pem"));
    assert_eq!(content(check_with(signature, None, &known, &Policy::default()).unwrap()), ORDER);
    let others = chain(include_bytes!("keys/p256-certificate.pem"));
    assert_eq!(check_with(signature, None, &others, &Policy::default()).unwrap_err(), [6305]);
}

#[test]
fn what_is_no_signature_says_so() {
    assert_eq!(check(file!("certificates.p7")).unwrap_err(), [6301]);
    assert_eq!(check(b"").unwrap_err(), [6301]);
    assert_eq!(check(ORDER).unwrap_err(), [6301]);
    assert_eq!(check(include_bytes!("keys/rsa.der")).unwrap_err(), [6301]);
    assert_eq!(check(&[file!("enclosing.p7"), b"\0"].concat()).unwrap_err(), [6301], "more follows");
    for end in 0..file!("enclosing.p7").len() {
        assert_eq!(check(&file!("enclosing.p7")[..end]).unwrap_err(), [6301], "cut off at {end}");
    }
}

#[test]
fn broken_digests_are_refused() {
    assert_eq!(check(file!("sha1.p7")).unwrap_err(), [6306]);
    let mut policy = Policy::default();
    policy.legacy = Legacy::SHA1;
    let intact = check_with(file!("sha1.p7"), None, &[], &policy).unwrap();
    assert_eq!(intact.signatures()[0].legacy(), Legacy::SHA1, "allowed by name, and told");
}

#[test]
fn limits_end_it() {
    let with = |policy: Policy| check_with(file!("no-attributes.p7"), None, &[], &policy).unwrap_err();
    let mut policy = Policy::default();
    policy.kept = 100;
    assert_eq!(with(policy), [9211]);
    let mut policy = Policy::default();
    policy.signers = 0;
    assert_eq!(with(policy), [9212]);
}

#[test]
fn no_octet_of_a_signature_may_change_what_is_handed_out() {
    for signature in [file!("cades.p7"), file!("no-attributes.p7"), file!("indefinite.p7")] {
        for at in 0..signature.len() {
            for bit in [0x01, 0x80] {
                let mut changed = signature.to_vec();
                changed[at] ^= bit;
                if let Ok(intact) = check(&changed) {
                    assert_eq!(content(intact), ORDER, "octet {at}");
                }
            }
        }
    }
}

#[test]
fn every_key_signs_detached_and_enclosing() {
    let time = "2026-11-22T16:00:00Z".parse().unwrap();
    for (key, chain) in [key!("rsa"), key!("p256"), key!("p384"), key!("ed25519")] {
        let signer = Signer::new(&key, chain.clone()).unwrap().at(time).with_content_hint("ORDERS D.96A");
        let detached = signer.sign_detached(ORDER).unwrap();
        let intact = check_with(&detached, Some(ORDER), &[], &Policy::default()).unwrap();
        let signature = &intact.signatures()[0];
        assert_eq!(signature.certificate(), &chain[0]);
        assert_eq!(signature.signing_time(), Some(time));
        assert_eq!(signature.content_hint(), Some("ORDERS D.96A"));
        assert!(signature.names_certificate() && signature.has_attributes() && !intact.is_enclosed());
        let mut enclosing = Vec::new();
        signer.sign(ORDER, &mut enclosing).unwrap();
        assert_eq!(content(check(&enclosing).unwrap()), ORDER);
    }
}

#[test]
fn rsa_signs_with_every_digest_and_padding() {
    for digest in DigestAlgorithm::sound() {
        for algorithm in [SignatureAlgorithm::RsaPkcs1(digest), SignatureAlgorithm::rsa_pss(digest)] {
            let (key, chain) = key!("rsa");
            let key = key.with_algorithm(algorithm).unwrap();
            let mut enclosing = Vec::new();
            Signer::new(&key, chain).unwrap().sign(ORDER, &mut enclosing).unwrap();
            let intact = check(&enclosing).unwrap_or_else(|codes| panic!("{algorithm}: {codes:?}"));
            let signature = &intact.signatures()[0];
            assert_eq!((signature.algorithm(), signature.digest()), (algorithm, digest));
        }
    }
}

#[test]
fn long_content_is_written_in_pieces() {
    let (key, chain) = key!("p256");
    let long: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    let mut enclosing = Vec::new();
    Signer::new(&key, chain).unwrap().sign(&long[..], &mut enclosing).unwrap();
    assert_eq!(enclosing[..2], [0x30, 0x80]);
    assert_eq!(content(check(&enclosing).unwrap()), long);
    enclosing[1_000_000] ^= 1;
    assert_eq!(check(&enclosing).unwrap_err(), [6303]);
}

#[test]
fn several_sign_side_by_side_and_all_must_be_right() {
    let ((rsa, rsa_chain), (p384, p384_chain)) = (key!("rsa"), key!("p384"));
    let signer = Signer::new(&rsa, rsa_chain).unwrap().and(&p384, p384_chain).unwrap();
    let signature = signer.sign_detached(ORDER).unwrap();
    let verified = |content: &[u8]| check_with(&signature, Some(content), &[], &Policy::default());
    assert_eq!(verified(ORDER).unwrap().signatures().len(), 2);
    assert_eq!(verified(b"other").unwrap_err(), [6303, 6303]);
    let believed = verified(ORDER).unwrap().trust(|signature| match signature.digest() {
        DigestAlgorithm::Sha256 => Ok(()),
        other => Err(other),
    });
    assert_eq!(believed.unwrap_err(), DigestAlgorithm::Sha384, "one is not enough");
}

#[test]
fn keys_and_certificates_belong_together() {
    let ((rsa, _), (_, p256_chain)) = (key!("rsa"), key!("p256"));
    assert!(matches!(Signer::new(&rsa, p256_chain), Err(SignError::WrongKey { .. })));
    assert!(matches!(Signer::new(&rsa, Vec::new()), Err(SignError::NoCertificate)));
}

/// Puts `new` in place of the only `old`.
fn replaced(octets: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<_> = (0..octets.len()).filter(|at| octets[*at..].starts_with(old)).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    [&octets[..places[0]], new, &octets[places[0] + old.len()..]].concat()
}

fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(text).as_bytes().to_vec()
}

#[test]
fn attributes_that_do_not_tie_the_content_are_rejected() {
    let signature = file!("enclosing.p7");
    let without = |kind: &str| replaced(signature, &oid(kind), &oid("1.2.840.113549.1.9.99"));
    // Each breaks the signature as well: what is signed has changed.
    assert_eq!(check(&without("1.2.840.113549.1.9.3")).unwrap_err(), [6302, 6304], "no contentType");
    assert_eq!(check(&without("1.2.840.113549.1.9.4")).unwrap_err(), [6302, 6304], "no messageDigest");
    let twice = replaced(signature, &oid("1.2.840.113549.1.9.5"), &oid("1.2.840.113549.1.9.4"));
    assert!(check(&twice).unwrap_err().contains(&6302), "two messageDigest");
}

/// RFC 5652 §5.4 signs a SET; shown as content without attributes, its octets would verify.
#[test]
fn signed_attributes_shown_as_content_are_rejected() {
    let (key, chain) = key!("p256");
    let signed = Signer::new(&key, chain).unwrap().sign_detached(ORDER).unwrap();
    // SignerInfo ends with [0] attributes, the algorithm and the signature; the first attribute is the shortest.
    let attributes = (0..signed.len()).rev().find(|at| {
        signed[*at] == 0xA0
            && signed[at + 1..].starts_with(&[0x82])
            && signed[at + 4..].starts_with(&[0x30, 0x18, 6, 9])
    });
    let attributes = attributes.unwrap();
    let (header, length) = header(&signed[attributes..]);
    let length = header + length;
    let mut content = signed[attributes..attributes + length].to_vec();
    content[0] = 0x31;
    let rest = &signed[attributes + length..];
    // Everything around shrinks by what was taken out.
    let before = &signed[..attributes];
    let forged = shrink(&[before, rest].concat(), before.len(), length);
    let codes = check_with(&forged, Some(&content), &[], &Policy::default()).unwrap_err();
    assert_eq!(codes, [6302], "the signature itself would be right");
}

/// How long tag and length are, and the length.
fn header(octets: &[u8]) -> (usize, usize) {
    match octets[1] {
        short @ 0..=0x7F => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7F);
            (2 + count, octets[2..2 + count].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)))
        }
    }
}

/// Takes `by` from the lengths of all values that reach over the octet `at`, of which so many were removed there.
fn shrink(octets: &[u8], at: usize, by: usize) -> Vec<u8> {
    let (mut position, _) = header(octets);
    let mut content = Vec::new();
    while position < octets.len() {
        let (child, length) = header(&octets[position..]);
        let (inner, end) = (position + child, position + child + length);
        // What was removed stood within it, not at its beginning.
        if octets[position] & 0x20 != 0 && inner < at && at < end {
            content.extend(shrink(&octets[position..end - by], at - position, by));
            position = end - by;
        } else {
            content.extend_from_slice(&octets[position..end]);
            position = end;
        }
    }
    let length = content.len();
    let mut whole = vec![octets[0]];
    match length {
        0..=0x7F => whole.push(length as u8),
        0x80..=0xFF => whole.extend([0x81, length as u8]),
        _ => whole.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    whole.extend(content);
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_content_is_signed_and_handed_out(octets: Vec<u8>) {
        let (key, chain) = key!("ed25519");
        let mut enclosing = Vec::new();
        Signer::new(&key, chain).unwrap().sign(&octets[..], &mut enclosing).unwrap();
        prop_assert_eq!(content(check(&enclosing).unwrap()), octets);
    }

    #[test]
    fn nothing_makes_it_panic(octets: Vec<u8>, at in 0..1000_usize) {
        let _ = check(&octets);
        let mut mixed = file!("two.p7").to_vec();
        let end = (at + octets.len()).min(mixed.len());
        mixed.splice(at..end, octets);
        let _ = check(&mixed);
        let _ = Token::from_der(&mixed);
        let _ = Response::from_der(&mixed);
    }
}

#[test]
fn what_openssl_stamps_is_verified() {
    let request = Request::new(DigestAlgorithm::Sha512, ORDER);
    assert_eq!(request.to_der(), file!("sha512.tsq"));
    let bare = Request::new(DigestAlgorithm::Sha256, ORDER).without_certificates();
    assert_eq!(bare.to_der(), file!("bare.tsq"));

    let token = Response::from_der(file!("sha512.tsr")).unwrap().token(&request).unwrap();
    assert_eq!(token.info().policy.to_string(), "1.3.6.1.4.1.99999.1");
    assert!(token.info().ordering);
    assert_eq!(token.info().accuracy.unwrap().0.as_micros(), 1_500_100);
    let intact = token.verify(ORDER, &[], &Policy::default()).unwrap();
    assert_eq!(intact.certificate(), &chain(file!("authority.pem"))[0]);
    let stamped = intact.trust(|_| Ok::<_, ()>("believed")).unwrap();
    assert_eq!(stamped.info().latest().duration_since(stamped.info().time).as_micros(), 1_500_100);

    let codes =
        |findings: Vec<karvan_text::Diagnostic>| findings.iter().map(|finding| finding.code.number).collect::<Vec<_>>();
    assert_eq!(codes(token.verify(b"another order", &[], &Policy::default()).unwrap_err()), [6310]);

    let bare = Response::from_der(file!("bare.tsr")).unwrap().token(&bare).unwrap();
    assert_eq!(codes(bare.verify(ORDER, &[], &Policy::default()).unwrap_err()), [6305], "no certificate inside");
    assert!(bare.verify(ORDER, &chain(file!("authority.pem")), &Policy::default()).is_ok());
}

#[test]
fn answers_to_other_requests_are_no_timestamps() {
    let request = Request::new(DigestAlgorithm::Sha512, ORDER);
    let answer = |file: &[u8], request: &Request| Response::from_der(file).unwrap().token(request).unwrap_err();
    assert_eq!(answer(file!("granted.tsr"), &request), StampError::Differs("messageImprint"));
    let request = request.with_nonce(&[1, 2, 3]);
    assert_eq!(answer(file!("sha512.tsr"), &request), StampError::Differs("nonce"));
    let other = Request::new(DigestAlgorithm::Sha512, ORDER).with_policy(ObjectIdentifier::new_unwrap("1.2.3"));
    assert_eq!(answer(file!("sha512.tsr"), &other), StampError::Differs("policy"));
    let StampError::Refused { status: 2, text, failure } = answer(file!("refused.tsr"), &request) else { panic!() };
    assert_eq!((text.as_str(), failure), ("Message digest algorithm is not supported.", Some("badAlg")));
    assert_eq!(Response::from_der(ORDER), None);
}

/// An authority of our own making, for what OpenSSL refuses to make.
fn token(certificate: &[u8]) -> Token {
    let (key, _) = key!("p256");
    let info = Response::from_der(file!("bare.tsr")).unwrap();
    let bare = info.token(&Request::new(DigestAlgorithm::Sha256, ORDER).without_certificates()).unwrap();
    // TSTInfo stands in the token as it is.
    let der = bare.der();
    let at =
        (0..der.len()).find(|at| der[*at..].starts_with(&[0x30]) && der[at + 2..].starts_with(&[2, 1, 1, 6])).unwrap();
    let info = &der[at..at + 2 + usize::from(der[at + 1])];
    let mut signed = Vec::new();
    Signer::new(&key, chain(certificate))
        .unwrap()
        .with_content_type(ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4"))
        .sign(info, &mut signed)
        .unwrap();
    Token::from_der(&signed).unwrap()
}

#[test]
fn only_certificates_for_timestamps_alone_stamp() {
    let codes = |certificate: &[u8]| match token(certificate).verify(ORDER, &[], &Policy::default()) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.iter().map(|finding| finding.code.number).collect(),
    };
    assert_eq!(codes(file!("authority.pem")), [0_u16; 0]);
    assert_eq!(codes(file!("broad.pem")), [6311]);
    assert_eq!(codes(file!("uncritical.pem")), [6311]);
    assert_eq!(codes(include_bytes!("keys/p256-certificate.pem")), [6311]);
}

/// X.690 §8.1.3.6: some authorities write the outermost values without their lengths.
#[test]
fn a_timestamp_in_ber_is_read() {
    let token = token(file!("authority.pem"));
    let content = &token.der()[4..];
    let ber = [&[0x30, 0x80], content, &[0, 0]].concat();
    assert_eq!(token.der()[..2], [0x30, 0x82]);
    let read = Token::from_der(&ber).unwrap();
    assert_eq!(read.info(), token.info());
    let _ = read.verify(ORDER, &[], &Policy::default()).unwrap();
    assert!(Token::from_der(&[&*ber, &[0]].concat()).is_err());
}

#[test]
fn a_timestamp_is_no_document() {
    let token = token(file!("authority.pem"));
    assert_eq!(check(token.der()).unwrap_err(), [6302]);
    assert!(Token::from_der(file!("enclosing.p7")).is_err());
}

#[test]
fn a_signature_is_stamped_with_the_time() {
    struct Clock(Token);
    impl Authority for Clock {
        fn stamp(&self, _: &[u8]) -> Result<Token, StampError> {
            Ok(self.0.clone())
        }
    }
    let (key, chain) = key!("p256");
    let clock = Clock(token(file!("authority.pem")));
    let signer = Signer::new(&key, chain.clone()).unwrap().with_timestamp(&clock);
    let signature = signer.sign_detached(ORDER).unwrap();
    let intact = check_with(&signature, Some(ORDER), &[], &Policy::default()).unwrap();
    let [stamp] = intact.signatures()[0].timestamps() else { panic!() };
    assert_eq!(stamp, clock.0.der());

    let silent = |_: &[u8]| Err("nobody there".to_owned());
    let (random, transport) = (SystemRandom::new(), silent);
    let exchange = Exchange::new(&transport, &random);
    let error = Signer::new(&key, chain).unwrap().with_timestamp(&exchange).sign_detached(ORDER).unwrap_err();
    assert_eq!(error.to_string(), "no timestamp: nobody there");
}
