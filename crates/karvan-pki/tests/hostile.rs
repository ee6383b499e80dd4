//! Octets that are no certificate, and certificates with a change anywhere.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod issue;

use issue::{Entity, Request, alternative_names, judge, name_constraints};
use karvan_pki::{Certificate, CertificateError, Limit, Limits, LoadError, Name, PublicKey, Status, certificates};
use proptest::prelude::*;

fn chain() -> (Request, Request, Request) {
    let [root, authority, signer] = ["C=IR,CN=Root", "C=IR,CN=Authority", "C=IR,CN=Signer"].map(Entity::new);
    let names = ["dns:example.com", "email:a@example.com", "ip:0a000001", "directory:C=IR", "other:x"];
    (
        Request::authority(&root, &root),
        Request::authority(&authority, &root).with(name_constraints(&["dns:example.com"], &["ip:0b000000ff000000"])),
        Request::signer(&signer, &authority).with(alternative_names(&names)),
    )
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let (root, authority, signer) = chain();
    let root = root.issue();
    let accepted = |signer: Option<Certificate>, authority: Option<Certificate>| {
        let (Some(signer), Some(authority)) = (signer, authority) else { return false };
        judge(signer, vec![authority], root.clone()).status() == Status::Accepted
    };
    let read = |der: &[u8]| Certificate::from_der(der, &Limits::default()).ok();
    let originals = [signer.der(), authority.der()];
    assert!(accepted(read(&originals[0]), read(&originals[1])));
    for which in 0..2 {
        for at in 0..originals[which].len() {
            for bit in 0..8 {
                let mut changed = originals.clone();
                changed[which][at] ^= 1 << bit;
                assert!(!accepted(read(&changed[0]), read(&changed[1])), "certificate {which}, octet {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn malformed_certificates_are_told_by_file_and_field() {
    let (_, _, signer) = chain();
    let der = signer.der();
    let why = |bytes: &[u8]| {
        let (certificates, problems) = certificates("trader.der", bytes, &Limits::default());
        assert_eq!((certificates.len(), problems.len()), (0, 1));
        assert_eq!(problems[0].file, "trader.der");
        problems[0].error.clone()
    };
    assert!(matches!(why(&der[..der.len() - 1]), LoadError::Certificate(CertificateError::Malformed { .. })));
    assert!(matches!(why(&[&der[..], b"\0"].concat()), LoadError::Certificate(CertificateError::Malformed { .. })));
    assert_eq!(why(b""), LoadError::Nothing);
    assert_eq!(why(b"UNB+UNOA:3'"), LoadError::Nothing);
    let field = |request: Request| match Certificate::from_der(&request.der(), &Limits::default()) {
        Err(CertificateError::Malformed { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(signer.clone().valid("20240101000000", "20370101000000Z")), "validity");
    assert_eq!(field(Request { serial: vec![], ..signer.clone() }), "serialNumber");
    assert_eq!(field(signer.clone().with(issue::extension(19, true, b"\x30"))), "basicConstraints");
    assert_eq!(
        Certificate::from_der(&signer.clone().version(2).der(), &Limits::default()),
        Err(CertificateError::Version(1)),
        "extensions are of version 3"
    );
    let too_large = |limits: Limits, limit, size| {
        let most = match limit {
            Limit::NameSize => limits.name_size,
            _ => limits.certificate_size,
        };
        assert_eq!(Certificate::from_der(&der, &limits), Err(CertificateError::TooLarge { size, limit, most }));
    };
    too_large(Limits { certificate_size: 100, ..Limits::default() }, Limit::CertificateSize, der.len());
    too_large(Limits { name_size: 20, ..Limits::default() }, Limit::NameSize, issue::name("C=IR,CN=Authority").len());
}

#[test]
fn every_kind_of_file_gives_its_certificates() {
    let (root, authority, _) = chain();
    let subjects = |bytes: &[u8]| {
        let (certificates, problems) = certificates("file", bytes, &Limits::default());
        assert_eq!(problems, []);
        certificates.iter().map(|certificate| certificate.subject().short().unwrap().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(subjects(&root.der()), ["Root"]);
    let pkcs7 = issue::pkcs7(&[root.der(), authority.der()]);
    assert_eq!(subjects(&pkcs7), ["Root", "Authority"]);
    let pem = |label: &str, der: &[u8]| {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let bundle = [
        "subject=Authority\n",
        &pem("CERTIFICATE", &authority.der()),
        &pem("PRIVATE KEY", b"not looked at"),
        &pem("PKCS7", &pkcs7),
        &pem("X509 CRL", b"not looked at"),
    ];
    assert_eq!(subjects(bundle.concat().as_bytes()), ["Authority", "Root", "Authority"]);
    let (_, problems) = certificates("key.pem", pem("PRIVATE KEY", b"key").as_bytes(), &Limits::default());
    assert_eq!(problems[0].error, LoadError::Nothing);
    assert_eq!(problems[0].diagnostic().code.to_string(), "W7902");
    let broken = [pem("CERTIFICATE", &root.der()), pem("CERTIFICATE", b"broken")].concat();
    let (_, problems) = certificates("bundle.pem", broken.as_bytes(), &Limits::default());
    assert_eq!((problems[0].index, problems[0].place.position.line), (2, 4));
    for end in 0..pkcs7.len() {
        let (found, problems) = certificates("cut.p7b", &pkcs7[..end], &Limits::default());
        assert!(found.is_empty() && !problems.is_empty(), "cut at {end}");
    }
}

#[test]
fn a_set_of_certificates_is_limited() {
    let limits = Limits { certificates: 1, ..Limits::default() };
    let (root, authority, _) = chain();
    let files = [("root", root.der()), ("again", root.der())];
    let (set, _) = karvan_pki::CertificateSet::load(files, &limits);
    assert_eq!((set.len(), set.exceeded()), (1, None), "the same certificate counts once");
    let files = [("root", root.der()), ("authority", authority.der())];
    let (set, _) = karvan_pki::CertificateSet::load(files, &limits);
    assert_eq!((set.len(), set.exceeded()), (1, Some(Limit::Certificates)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_is_an_error_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = certificates("garbage", &bytes, &Limits::default());
        let _ = Name::from_der(&bytes);
        let _ = PublicKey::from_spki(&bytes);
        let _ = Certificate::from_der(&bytes, &Limits::default());
    }

    #[test]
    fn garbage_inside_a_certificate_is_an_error_and_never_a_panic(
        at in any::<prop::sample::Index>(),
        length in 0_usize..8,
        with in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let (root, authority, signer) = chain();
        let mut der = signer.der();
        let at = at.index(der.len());
        let end = (at + length).min(der.len());
        der.splice(at..end, with);
        if let Ok(changed) = Certificate::from_der(&der, &Limits::default()) {
            let _ = (format!("{changed:?}"), changed.serial());
            let same = changed == signer.issue();
            let verdict = judge(changed, vec![authority.issue()], root.issue());
            prop_assert_eq!(verdict.status() == Status::Accepted, same);
            let _ = verdict.explanation().text(karvan_text::Language::Persian);
        }
    }

    #[test]
    fn garbage_in_a_pem_block_is_a_problem_and_never_a_panic(text in "[-A-Z a-z=/+\n:]{0,200}") {
        let file = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let (certificates, problems) = certificates("file.pem", file.as_bytes(), &Limits::default());
        prop_assert!(certificates.is_empty() && !problems.is_empty());
    }
}
