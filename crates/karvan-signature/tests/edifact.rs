//! EDIFACT security, over every level, scope, filter, algorithm and layout: what is signed verifies, and what is changed
//! afterwards does not.

#![allow(clippy::unwrap_used)] // In tests.

use std::sync::Arc;

use karvan_edifact::{ReadOptions, segments};
use karvan_pki::{Certificate, KeyKind, Limits, SignatureAlgorithm, pem};
use karvan_signature::edifact::autack::{self, Position, Values};
use karvan_signature::edifact::{
    Coverage, Files, Filter, Intact, Layout, Level, Options, Policy, Rejected, Scope, SecurityError, Service,
    SignError, Signer, Structures, verify,
};
use karvan_signature::{DigestAlgorithm, Legacy, PrivateKey, SigningKey};
use ring::rand::SystemRandom;

/// A file with every level: a group of two messages, of which the second holds released characters, and a package, whose
/// object holds what looks like segments. Laid out in lines, with a service string advice.
const GROUPED: &[u8] = b"UNA:+.?*'\nUNB+UNOC:4+SENDER:14+RECEIVER:14+20261122:0900+I7'\nUNG+ORDERS+A+B+20261122:0900+G1+UN+D:96A'\nUNH+M1+ORDERS:D:96A:UN'\nBGM+220+4711'\nDTM+137:20261122:102'\nUNT+4+M1'\nUNH+M2+ORDERS:D:96A:UN'\nBGM+220+48??12'\nFTX+AAI+++O?'Neil ?+ S\xf6hne'\nUNT+4+M2'\nUNO+P1+1:X+1+15'UNT+1'UNZ+1+1'\nUNP+15+P1'\nUNE+3+G1'\nUNZ+1+I7'\n";

/// The same on one line and without groups.
const FLAT: &[u8] = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20261122:0900+I7'UNH+M1+ORDERS:D:96A:UN'BGM+220+4711'DTM+137:20261122:102'UNT+4+M1'UNH+M2+ORDERS:D:96A:UN'BGM+220+4812'UNT+3+M2'UNO+P1+1:X+1+9'\x00\x01'BGM'\xff!UNP+9+P1'UNZ+3+I7'";

/// Syntax version 3, which has no security segments.
const VERSION_3: &[u8] = b"UNB+UNOC:3+SENDER:14+RECEIVER:14+261122:0900+I7'\r\nUNH+M1+ORDERS:D:96A:UN'\r\nBGM+220+4711'\r\nUNT+3+M1'\r\nUNZ+1+I7'\r\n";

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../samples/pki/signers/", $name))
    };
}

fn certificate(file: &[u8]) -> Certificate {
    let der = pem::blocks(file).next().unwrap().contents.unwrap();
    Certificate::from_der(&der, &Limits::default()).unwrap()
}

fn key(file: &[u8]) -> PrivateKey {
    PrivateKey::read(file, Arc::new(SystemRandom::new())).unwrap()
}

/// Signers with every kind of algorithm that an interchange can name, and their certificates.
fn signers() -> Vec<(PrivateKey, Certificate)> {
    use DigestAlgorithm as D;
    use SignatureAlgorithm as A;
    let rsa: [(&[u8], &[u8]); 1] = [(file!("sahand.key.pem"), file!("sahand.pem"))];
    let algorithms = [
        A::RsaPkcs1(D::Sha256),
        A::RsaPkcs1(D::Sha384),
        A::RsaPkcs1(D::Sha512),
        A::RsaPkcs1(D::Sha3_256),
        A::rsa_pss(D::Sha256),
        A::rsa_pss(D::Sha512),
    ];
    let mut signers: Vec<_> = rsa
        .into_iter()
        .flat_map(|(key_file, certificate_file)| {
            algorithms
                .map(|algorithm| (key(key_file).with_algorithm(algorithm).unwrap(), certificate(certificate_file)))
        })
        .collect();
    signers.push((key(file!("anka.key.pem")), certificate(file!("anka.pem"))));
    signers.push((key(file!("nordhafen.key.pem")), certificate(file!("nordhafen.pem"))));
    signers.push((key(file!("karun.key.pem")), certificate(file!("karun.pem"))));
    signers
}

fn scheme_is_slow(key: &PrivateKey) -> bool {
    matches!(key.public_key().kind(), KeyKind::Rsa { .. })
}

fn anka() -> (PrivateKey, Certificate) {
    (key(file!("anka.key.pem")), certificate(file!("anka.pem")))
}

fn options(certificate: &Certificate) -> Options {
    let mut options = Options::default();
    options.certificate = Some(certificate.clone());
    options
}

fn sign(source: &[u8], key: &PrivateKey, options: &Options) -> Vec<u8> {
    let mut signed = Vec::new();
    Signer::new(key).sign(source, &mut signed, options).unwrap();
    signed
}

fn anything() -> Policy {
    let mut policy = Policy::default();
    policy.coverage = Coverage::Anything;
    policy
}

fn check(source: &[u8], known: &[Certificate], policy: &Policy) -> Result<Intact, Rejected> {
    verify(Files { source: source.to_vec(), content: None }, known, policy)
}

fn codes(outcome: Result<Intact, Rejected>) -> Vec<u16> {
    outcome.unwrap_err().findings().iter().map(|finding| finding.code.number).collect()
}

/// The counts of the trailers hold, and the groups stand where the validator wants them.
fn assert_counts(file: &[u8]) {
    let mut open = Vec::new();
    for (index, segment) in segments(file).enumerate() {
        match segment.tag() {
            b"UNH" => open.push(index),
            b"UNT" => {
                let counted = index - open.pop().unwrap() + 1;
                assert_eq!(segment.element(0).raw(), counted.to_string().as_bytes());
            }
            _ => {}
        }
    }
}

#[test]
fn every_level_scope_filter_algorithm_and_layout_goes_round() {
    let levels = [Level::Message, Level::Package, Level::Group, Level::Interchange];
    let filters = [None, Some(Filter::Hexadecimal), Some(Filter::Eda), Some(Filter::Edc), Some(Filter::Base64)];
    let mut runs = 0;
    for (key, certificate) in &signers() {
        for source in [GROUPED, FLAT] {
            for level in levels {
                if source == FLAT && level == Level::Group {
                    continue;
                }
                for scope in [Scope::HeaderAndBody, Scope::HeaderToTrailer] {
                    for layout in [Layout::Kept, Layout::LeftOut] {
                        for filter in filters {
                            // All filters with all else where signing is quick; of RSA one of each is enough.
                            if scheme_is_slow(key) && (filter.is_some() || layout == Layout::LeftOut) {
                                continue;
                            }
                            let mut options = options(certificate);
                            (options.level, options.scope, options.layout, options.filter) =
                                (level, scope, layout, filter);
                            let signed = sign(source, key, &options);
                            assert_counts(&signed);
                            let policy = anything();
                            let intact =
                                check(&signed, std::slice::from_ref(certificate), &policy).unwrap_or_else(|rejected| {
                                    panic!("{level:?} {scope:?} {filter:?} {layout:?}: {rejected}")
                                });
                            let expected = if level == Level::Message { 2 } else { 1 };
                            assert_eq!(intact.signatures().len(), expected);
                            for signature in intact.signatures() {
                                assert_eq!(
                                    (signature.scope, signature.key.clone()),
                                    (scope, certificate.public_key().clone())
                                );
                                assert!(filter.is_none_or(|filter| filter == signature.filter));
                                // In a file without line ends both layouts are one.
                                let lines = signature.covered[0].layout == Layout::LeftOut;
                                assert!(!lines || source == GROUPED && layout == Layout::LeftOut);
                            }
                            runs += 1;
                        }
                    }
                }
            }
        }
    }
    assert_eq!(runs, 3 * 7 * 2 * 2 * 5 + 6 * 7 * 2);
}

#[test]
fn one_changed_octet_anywhere_in_what_is_covered_is_found() {
    let (key, certificate) = anka();
    for source in [GROUPED, FLAT] {
        for level in [Level::Message, Level::Package, Level::Group, Level::Interchange] {
            for scope in [Scope::HeaderAndBody, Scope::HeaderToTrailer] {
                let mut options = options(&certificate);
                (options.level, options.scope) = (level, scope);
                if source == FLAT && level == Level::Group {
                    continue;
                }
                let signed = sign(source, &key, &options);
                let known = [certificate.clone()];
                let intact = check(&signed, &known, &anything()).unwrap();
                let spans: Vec<_> = intact.signatures().iter().flat_map(|one| one.covered[0].spans.clone()).collect();
                for span in spans {
                    for at in span.start as usize..span.end as usize {
                        // A line end may become another one, or none: what the layout is made of is no content.
                        if signed[at] <= b' ' && level != Level::Package {
                            continue;
                        }
                        let mut changed = signed.clone();
                        changed[at] ^= 1;
                        let outcome = check(&changed, &known, &anything());
                        assert!(outcome.is_err(), "{level:?} {scope:?} {}", changed[at - 8..at + 8].escape_ascii());
                    }
                }
            }
        }
    }
}

#[test]
fn one_octet_less_or_more_is_found() {
    let (key, certificate) = anka();
    let signed = sign(FLAT, &key, &options(&certificate));
    let known = [certificate];
    let intact = check(&signed, &known, &anything()).unwrap();
    let spans: Vec<_> = intact.signatures().iter().flat_map(|one| one.covered[0].spans.clone()).collect();
    for at in spans.iter().flat_map(|span| span.start as usize..span.end as usize) {
        let mut shorter = signed.clone();
        shorter.remove(at);
        assert!(check(&shorter, &known, &anything()).is_err(), "without octet {at}");
        let mut longer = signed.clone();
        longer.insert(at, b'0');
        if spans.iter().all(|span| span.start as usize != at) {
            assert!(check(&longer, &known, &anything()).is_err(), "with one more at {at}");
        }
    }
    for length in 0..signed.len() {
        let outcome = check(&signed[..length], &known, &anything());
        assert!(outcome.is_err(), "cut off at {length}");
    }
}

#[test]
fn several_signatures_stand_within_each_other() {
    let (anka_key, anka) = anka();
    let (sahand_key, sahand) = (key(file!("sahand.key.pem")), certificate(file!("sahand.pem")));
    for inner in [Scope::HeaderAndBody, Scope::HeaderToTrailer] {
        for outer in [Scope::HeaderAndBody, Scope::HeaderToTrailer] {
            for layout in [Layout::Kept, Layout::LeftOut] {
                let mut first = options(&anka);
                (first.scope, first.layout) = (inner, layout);
                let mut second = options(&sahand);
                (second.scope, second.layout) = (outer, layout);
                let signed = sign(&sign(GROUPED, &anka_key, &first), &sahand_key, &second);
                assert_counts(&signed);
                // And around all of it one of the interchange, which covers them.
                second.level = Level::Interchange;
                let signed = sign(&signed, &sahand_key, &second);
                let known = [anka.clone(), sahand.clone()];
                let intact = check(&signed, &known, &Policy::default()).unwrap();
                assert_eq!(intact.signatures().len(), 5);
                let references: Vec<_> =
                    intact.signatures().iter().map(|one| (&*one.structure, &*one.reference)).collect();
                assert_eq!(references[1..3], [("UNB I7 › UNG G1 › UNH M1", "1"), ("UNB I7 › UNG G1 › UNH M1", "2")]);
            }
        }
    }
}

#[test]
fn digests_alone_prove_integrity_and_no_sender() {
    let mut options = Options::default();
    options.service = Service::Integrity;
    for digest in DigestAlgorithm::sound() {
        options.digest = Some(digest);
        let mut signed = Vec::new();
        Signer::without_key().sign(FLAT, &mut signed, &options).unwrap();
        let intact = check(&signed, &[], &anything()).unwrap();
        assert_eq!((intact.signatures().len(), intact.unsigned().len()), (0, 2));
        assert_eq!(intact.unsigned()[0].algorithm, digest);
        assert!(intact.trust(|_| Ok::<_, ()>(())).unwrap().content().is_empty());
    }
    options.service = Service::NonRepudiationOfOrigin;
    assert!(matches!(Signer::without_key().sign(FLAT, Vec::new(), &options), Err(SignError::Service(_))));
}

#[test]
fn only_what_is_covered_is_handed_out() {
    let (key, certificate) = anka();
    let signed = sign(FLAT, &key, &options(&certificate));
    let known = [certificate];
    let intact = check(&signed, &known, &anything()).unwrap();
    let uncovered: Vec<_> = intact.uncovered().iter().map(|part| part.segments.as_str()).collect();
    assert_eq!(uncovered, ["UNB … UNH", "UST … UNH", "UST … UNZ"]);
    let verified = intact.trust(|_| Ok::<_, ()>(())).unwrap();
    let content = verified.content();
    assert_eq!(content.len(), 2);
    assert!(content[0].starts_with(b"USH+1+1+1+1+2+2'") || content[0].starts_with(b"USH+1+1+1+1+2+2"));
    assert!(content[0].ends_with(b"BGM+220+4711'DTM+137:20261122:102'"));
    // The package is not signed: by itself the file is not accepted.
    assert_eq!(codes(check(&signed, &known, &Policy::default())), [6224]);
    let mut whole = Policy::default();
    whole.coverage = Coverage::Interchanges;
    assert_eq!(codes(check(&signed, &known, &whole)), [6224]);
}

fn autack_options(certificate: &Certificate) -> autack::Options {
    let mut options = autack::Options::default();
    options.signing.certificate = Some(certificate.clone());
    options.signing.time = Some(("20261122".to_owned(), "100000".to_owned()));
    options.reference = "AUT1".to_owned();
    options
}

#[test]
fn an_autack_secures_every_level_of_every_version() {
    for (key, certificate) in &signers() {
        for (source, levels) in [
            (GROUPED, &[Level::Interchange, Level::Group, Level::Message, Level::Package][..]),
            (FLAT, &[Level::Interchange, Level::Message, Level::Package]),
            (VERSION_3, &[Level::Interchange, Level::Message]),
        ] {
            for &level in levels {
                for values in [Values::Digests, Values::Signatures] {
                    for scope in [Scope::Whole, Scope::BatchMessage] {
                        for place in [Position::Apart, Position::Inside] {
                            let mut options = autack_options(certificate);
                            (options.signing.level, options.values, options.scope, options.place) =
                                (level, values, scope, place);
                            let outcome = autack::write(source, Signer::new(key), &options);
                            let possible = (scope == Scope::Whole || level == Level::Message)
                                && (place == Position::Apart || source == FLAT && level != Level::Interchange);
                            if place == Position::Inside && source == FLAT && level == Level::Interchange {
                                // It can be written; to verify it, the AUTACK would have to cover itself.
                                continue;
                            }
                            assert_eq!(
                                outcome.is_ok(),
                                possible,
                                "{level:?} {values:?} {scope:?} {place:?} {:?}",
                                outcome.err()
                            );
                            let Ok(written) = outcome else { continue };
                            assert_counts(&written);
                            let known = [certificate.clone()];
                            let content = (place == Position::Apart).then(|| source.to_vec());
                            let files = |source: &[u8], content: &Option<Vec<u8>>| Files {
                                source: source.to_vec(),
                                content: content.clone(),
                            };
                            let intact = verify(files(&written, &content), &known, &anything()).unwrap();
                            let mut policy = Policy::default();
                            policy.coverage = Coverage::Interchanges;
                            let whole = verify(files(&written, &content), &known, &policy);
                            assert_eq!(whole.is_ok(), level == Level::Interchange, "{level:?} {place:?}");
                            drop(intact);
                            let Some(content) = content else { continue };
                            let mut changed = content.clone();
                            let at = changed.windows(4).position(|octets| octets == b"4711").unwrap();
                            changed[at] = b'5';
                            let outcome = verify(files(&written, &Some(changed)), &known, &anything());
                            let held = level == Level::Package;
                            assert_eq!(outcome.is_ok(), held);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn an_acknowledgement_confirms_what_was_verified_or_refuses_it() {
    let (key, certificate) = anka();
    let options = autack_options(&certificate);
    let known = [certificate.clone()];
    let against = |source: &[u8], content: &[u8]| {
        verify(Files { source: source.to_vec(), content: Some(content.to_vec()) }, &known, &anything())
    };
    let autack = autack::write(VERSION_3, Signer::new(&key), &options).unwrap();
    let verified = against(&autack, VERSION_3).unwrap().trust(|_| Ok::<_, ()>(())).unwrap();
    let answer = verified.answer(Level::Message).unwrap();
    assert!(answer.structures().iter().all(|answered| answered.error.is_none()));
    let answer = autack::acknowledge(&answer, Signer::new(&key), &options).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.contains("UNB+UNOC:4+RECEIVER:14+SENDER:14") && text.contains(":SECACK'") && text.contains("USH+5+"));
    let intact = against(&answer, VERSION_3).unwrap();
    assert_eq!(intact.signatures()[0].service, Service::NonRepudiationOfReceipt);
    assert_eq!(codes(against(&answer, FLAT)), [6222]);

    // Of two messages the first is changed: it is refused, and the second neither confirmed nor refused.
    let autack = autack::write(FLAT, Signer::new(&key), &options).unwrap();
    let at = FLAT.windows(4).position(|octets| octets == b"4711").unwrap();
    let changed = [&FLAT[..at], b"4712", &FLAT[at + 4..]].concat();
    let answer = against(&autack, &changed).unwrap_err().refusal(Level::Message).unwrap();
    let told: Vec<_> = answer.structures().iter().map(|one| (one.structure.clone(), one.error)).collect();
    assert_eq!(told, [("UNB I7 › UNH M1".to_owned(), Some(SecurityError::WrongAuthenticator))]);
    let refusal = autack::acknowledge(&answer, Signer::new(&key), &options).unwrap();
    let rejected = against(&refusal, FLAT).unwrap_err();
    let told: Vec<_> = rejected
        .findings()
        .iter()
        .map(|finding| (finding.code.number, finding.message.arguments()[0].1.clone()))
        .collect();
    assert_eq!(told, [(6223, "UNB I7 › UNH M1".to_owned())]);
    // That a receiver refused is not answered again; nor what was not at hand.
    assert!(rejected.refusal(Level::Message).is_none());
    let alone = verify(Files { source: autack, content: None }, &known, &anything()).unwrap_err();
    assert!(alone.refusal(Level::Message).is_none());
}

#[test]
fn an_autack_of_another_interchange_is_told_apart_from_a_wrong_value() {
    let (key, certificate) = anka();
    let known = [certificate.clone()];
    let autack = autack::write(FLAT, Signer::new(&key), &autack_options(&certificate)).unwrap();
    let against = |content: Option<&[u8]>| {
        codes(verify(Files { source: autack.clone(), content: content.map(<[u8]>::to_vec) }, &known, &anything()))
    };
    let replaced = |from: &str, to: &str| {
        let at = FLAT.windows(from.len()).position(|octets| octets == from.as_bytes()).unwrap();
        [&FLAT[..at], to.as_bytes(), &FLAT[at + from.len()..]].concat()
    };
    assert_eq!(against(None), [6213, 6213], "no file at hand");
    assert_eq!(against(Some(&replaced("0900+I7", "0900+I8"))), [6213, 6213], "another interchange");
    assert_eq!(against(Some(&replaced("SENDER:14", "SENDER:1"))), [6214, 6214], "another sender");
    assert_eq!(against(Some(&replaced("UNH+M1+ORDERS", "UNH+M1+INVOIC"))), [6214], "another message type");
    assert_eq!(against(Some(&replaced("UNH+M1", "UNH+M2"))), [6213, 6213], "two messages of one reference");
    assert_eq!(against(Some(&replaced("4711", "4712"))), [6222], "another content");
}

/// A message whose security segments were tampered with in one way each, and what is told of it.
#[test]
fn attacks_on_the_groups_are_named() {
    let (key, certificate) = anka();
    let known = [certificate.clone()];
    let one =
        b"UNB+UNOC:4+S+R+20261122:0900+I7'UNH+M1+ORDERS:D:96A:UN'BGM+220+4711'DTM+137:20261122:102'UNT+4+M1'UNZ+1+I7'";
    let signed = String::from_utf8(sign(one, &key, &options(&certificate))).unwrap();
    let again = String::from_utf8(sign(signed.as_bytes(), &key, &options(&certificate))).unwrap();
    let cut = |text: &str, from: &str, to: &str| {
        let start = text.find(from).unwrap();
        text[start..start + text[start..].find(to).unwrap()].to_owned()
    };
    let header = cut(&signed, "USH+", "BGM");
    let trailer = cut(&signed, "UST+", "UNT");
    let usr = cut(&signed, "USR+", "UNT");
    let cases: [(&str, String, &[u16]); 21] = [
        (
            "header moved behind the body",
            signed.replace(&header, "").replace("UST+", &format!("{header}UST+")),
            &[6202, 6203],
        ),
        (
            "trailer before the body",
            signed.replace(&trailer, "").replace("BGM", &format!("{trailer}BGM")),
            &[6202, 6202],
        ),
        ("segment behind the trailer", signed.replace("UNT+", "FTX+AAI'UNT+"), &[6202]),
        ("segment before the header", signed.replace("USH+", "FTX+AAI'USH+"), &[6202, 6203]),
        ("no trailer", signed.replace(&trailer, ""), &[6203]),
        ("no header", signed.replace(&header, ""), &[6203]),
        ("no result", signed.replace(&usr, "").replace("UST+1+6", "UST+1+5"), &[6208]),
        ("wrong count", signed.replace("UST+1+6", "UST+1+7"), &[6205]),
        ("reference of the trailer", signed.replace("UST+1+", "UST+9+"), &[6203, 6203]),
        (
            "references of two swapped",
            again.replace("UST+1+", "UST+x+").replace("UST+2+", "UST+1+").replace("UST+x+", "UST+2+"),
            &[6220, 6220],
        ),
        ("the same reference twice", again.replace("USH+1+2", "USH+1+1").replace("UST+2+", "UST+1+"), &[6204, 6204]),
        ("header twice", signed.replace(&header, &format!("{header}{header}")), &[6204]),
        ("trailer twice", signed.replace(&trailer, &format!("{trailer}{trailer}")), &[6204]),
        ("scope 2 instead of 1", signed.replace("USH+1+1+1+", "USH+1+1+2+"), &[6220]),
        ("scope 3 within the message", signed.replace("USH+1+1+1+", "USH+1+1+3+"), &[6207]),
        ("interactive scope", signed.replace("USH+1+1+1+", "USH+1+1+4+"), &[6207]),
        ("another filter", signed.replace("USH+1+1+1+1+2", "USH+1+1+1+1+7"), &[6220]),
        ("an unknown filter", signed.replace("USH+1+1+1+1+2", "USH+1+1+1+1+3"), &[6208]),
        ("digest instead of signature", signed.replace("USH+1+", "USH+3+"), &[6220]),
        ("an unknown digest", signed.replace("USA+1:::48", "USA+1:::51"), &[6209]),
        ("a weak digest", signed.replace("USA+1:::48", "USA+1:::6"), &[6221]),
    ];
    assert!(check(signed.as_bytes(), &known, &Policy::default()).is_ok());
    assert!(check(again.as_bytes(), &known, &Policy::default()).is_ok());
    for (name, file, expected) in cases {
        assert_eq!(codes(check(file.as_bytes(), &known, &Policy::default())), expected, "{name}: {file}");
    }
}

#[test]
fn values_that_are_cut_off_swapped_or_of_another_message_are_wrong() {
    let (key, certificate) = anka();
    let known = [certificate.clone()];
    let signed = String::from_utf8(sign(VERSION_4_TWO, &key, &options(&certificate))).unwrap();
    let values: Vec<_> =
        signed.match_indices("USR+2:").map(|(at, _)| signed[at..at + 4 + 2 + 64 + 3 + 64 + 1].to_owned()).collect();
    let [first, second] = &values[..] else { panic!("two signatures") };
    let swapped = signed.replace(first, "USR").replace(second, first).replace("USR'", "USR").replacen(
        "USRUNT",
        &format!("{second}UNT"),
        1,
    );
    assert_eq!(codes(check(swapped.as_bytes(), &known, &Policy::default())), [6220, 6220]);
    let (r, s) = (&first[6..70], &first[73..137]);
    for (name, value, code) in [
        ("r and s swapped", format!("USR+2:{s}*3:{r}'"), 6220),
        ("only r", format!("USR+2:{r}'"), 6208),
        ("r twice", format!("USR+2:{r}*2:{s}'"), 6208),
        ("as one value", format!("USR+1:{r}{s}'"), 6220),
        ("cut off", format!("USR+2:{r}*3:{}'", &s[..62]), 6220),
        ("cut off within an octet", format!("USR+2:{r}*3:{}'", &s[..63]), 6208),
        ("too long", format!("USR+2:{r}*3:{s}00'"), 6220),
        ("nothing", "USR'".to_owned(), 6208),
    ] {
        let file = signed.replace(first, &value);
        assert_eq!(codes(check(file.as_bytes(), &known, &Policy::default())), [code], "{name}");
    }
    let small = signed.replace(first, &first.to_lowercase().replace("usr", "USR"));
    assert!(check(small.as_bytes(), &known, &Policy::default()).is_ok(), "lower case digits are understood");
}

const VERSION_4_TWO: &[u8] = b"UNB+UNOC:4+S+R+20261122:0900+I7'UNH+M1+ORDERS:D:96A:UN'BGM+220+4711'UNT+3+M1'UNH+M2+ORDERS:D:96A:UN'BGM+220+4812'UNT+3+M2'UNZ+2+I7'";

#[test]
fn messages_that_nobody_signed_are_not_accepted_beside_signed_ones() {
    let (key, certificate) = anka();
    let known = [certificate.clone()];
    let signed = String::from_utf8(sign(VERSION_4_TWO, &key, &options(&certificate))).unwrap();
    let added = signed.replace("UNZ+2", "UNH+M3+ORDERS:D:96A:UN'BGM+220+9999'UNT+3+M3'UNZ+3");
    assert!(check(signed.as_bytes(), &known, &Policy::default()).is_ok());
    assert_eq!(codes(check(added.as_bytes(), &known, &Policy::default())), [6224]);
    assert_eq!(codes(check(b"UNB+UNOC:4+S+R+20261122:0900+I7'UNZ+0+I7'", &known, &Policy::default())), [6201]);
}

#[test]
fn service_characters_that_changed_since_are_told() {
    let (key, certificate) = anka();
    let known = [certificate.clone()];
    let source = b"UNA:+.?*'UNB+UNOC:4+S+R+20261122:0900+I7'UNH+M1+ORDERS:D:96A:UN'BGM+220+4711'UNT+3+M1'UNZ+1+I7'";
    let signed = String::from_utf8(sign(source, &key, &options(&certificate))).unwrap();
    assert!(signed.contains("+1:27*2:3A*3:2B*4:3F*5:2A'"), "{signed}");
    let other = signed.replace("UNA:+.?*'", "UNA:+.!*'");
    assert_eq!(codes(check(other.as_bytes(), &known, &Policy::default())), [6216]);
}

#[test]
fn a_missing_or_foreign_certificate_is_told() {
    let (key, certificate) = anka();
    let sahand = self::certificate(file!("sahand.pem"));
    let isar = self::certificate(file!("isar.pem"));
    let signed = sign(VERSION_4_TWO, &key, &options(&certificate));
    for known in [&[][..], &[sahand], std::slice::from_ref(&isar)] {
        let rejected = check(&signed, known, &Policy::default()).unwrap_err();
        assert!(rejected.wants_certificates());
    }
    // Where nothing tells whose it is, every certificate with such a key is tried.
    let anonymous = sign(VERSION_4_TWO, &key, &Options::default());
    assert_eq!(codes(check(&anonymous, std::slice::from_ref(&isar), &Policy::default())), [6220, 6220]);
    assert!(check(&anonymous, &[isar, certificate], &Policy::default()).is_ok());
}

#[test]
fn certificates_in_packages_are_used() {
    let (key, certificate) = anka();
    let der = certificate.der();
    let package = format!("UNO+C1+1:ANKA+1+{}'", der.len());
    let trailer = format!("UNP+{}+C1'UNZ+3+I7'", der.len());
    let source = String::from_utf8(VERSION_4_TWO.to_vec()).unwrap();
    let source = [source.replace("UNZ+2+I7'", &package).as_bytes(), der, trailer.as_bytes()].concat();
    let signed = sign(&source, &key, &options(&certificate));
    assert_eq!(check(&signed, &[], &anything()).unwrap().signatures().len(), 2);
}

#[test]
fn encrypted_data_are_recognised_and_never_called_good() {
    let file = b"UNB+UNOC:4+S+R+20261122:0900+I7'UNH+M1+ORDERS:D:96A:UN'USH+4+1+1+1+7'USA+2:2:1:13:1'USD+4+E1'\x01\x02\x03\x04USU+4+E1'UST+1+3'UNT+6+M1'UNZ+1+I7'";
    assert!(codes(check(file, &[], &anything())).contains(&6212));
}

#[test]
fn what_cannot_be_signed_is_told() {
    let (key, certificate) = anka();
    let refuse = |source: &[u8], options: &Options| Signer::new(&key).sign(source, Vec::new(), options).unwrap_err();
    let usual = options(&certificate);
    assert!(matches!(refuse(VERSION_3, &usual), SignError::Version(_)));
    assert!(matches!(refuse(b"UNB+UNOC:4+S+R+20261122:0900+I7'UNZ+0+I7'", &usual), SignError::Nothing(Level::Message)));
    assert!(matches!(refuse(&FLAT[..120], &usual), SignError::Unclosed(_) | SignError::Problem(_)));
    let with = |change: fn(&mut Options)| {
        let mut options = usual.clone();
        change(&mut options);
        refuse(FLAT, &options)
    };
    assert!(matches!(with(|options| options.scope = Scope::Whole), SignError::Service(_)));
    assert!(matches!(with(|options| options.filter = Some(Filter::None)), SignError::Filter(..)));
    assert!(matches!(with(|options| options.digest = Some(DigestAlgorithm::Sha512)), SignError::Digest(_)));
    assert!(matches!(with(|options| options.level = Level::Group), SignError::Nothing(Level::Group)));
    let unoa = String::from_utf8(VERSION_4_TWO.to_vec()).unwrap().replace("UNOC", "UNOA");
    let mut edc = usual.clone();
    edc.filter = Some(Filter::Edc);
    assert!(matches!(refuse(unoa.as_bytes(), &edc), SignError::Filter(..)));
}

#[test]
fn the_structures_of_a_signed_file_are_those_of_the_file() {
    let (key, certificate) = anka();
    let mut options = options(&certificate);
    options.level = Level::Package;
    let signed = sign(GROUPED, &key, &options);
    let structures = Structures::read(&signed, ReadOptions::default());
    let package = structures.all().last().unwrap();
    assert_eq!(package.body.slice(&signed), b"UNT+1'UNZ+1+1'\n");
    assert_eq!(package.header.value(3, 0, 1), b"4", "0814 counts the segments before the object");
    let mut policy = anything();
    policy.legacy = Legacy::ALL;
    assert!(check(&signed, &[certificate], &policy).is_ok());
}

#[test]
fn certificates_travel_with_the_interchange() {
    const LINES: &[u8] = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20261122:0900+I7'\nUNH+M1+ORDERS:D:96A:UN'\nBGM+220+4711'\nUNT+3+M1'\nUNZ+1+I7'\n";
    let (key, certificate) = anka();
    let signed = |file: &[u8], level, scope, layout| {
        let mut options = options(&certificate);
        (options.level, options.scope, options.layout) = (level, scope, layout);
        options.attached = vec![certificate.clone()];
        let mut signed = Vec::new();
        Signer::new(&key).sign(file, &mut signed, &options).map(|_| signed)
    };
    for (file, level, count) in
        [(LINES, Level::Message, b"UNZ+2+"), (LINES, Level::Interchange, b"UNZ+2+"), (FLAT, Level::Package, b"UNZ+4+")]
    {
        for scope in [Scope::HeaderAndBody, Scope::HeaderToTrailer] {
            for layout in [Layout::Kept, Layout::LeftOut] {
                let signed = signed(file, level, scope, layout).unwrap();
                let intact = check(&signed, &[], &anything()).unwrap();
                assert_eq!(intact.offered(), std::slice::from_ref(&certificate), "{level:?}");
                assert!(intact.signatures().iter().all(|signature| signature.certificate == certificate));
                assert!(segments(&signed).any(|segment| segment.raw().starts_with(count)), "{level:?}");
                assert_eq!(Structures::read(&signed, ReadOptions::default()).problems(), []);
            }
        }
    }
    // A certificate needs no signature; a package that holds anything else does.
    let mut signed_messages = signed(LINES, Level::Message, Scope::HeaderAndBody, Layout::Kept).unwrap();
    assert_eq!(check(&signed_messages, &[], &Policy::default()).unwrap().signatures().len(), 1);
    let object = signed_messages.windows(certificate.der().len()).position(|octets| octets == certificate.der());
    signed_messages[object.unwrap()] ^= 1;
    let rejected = check(&signed_messages, std::slice::from_ref(&certificate), &Policy::default()).unwrap_err();
    assert!(rejected.findings().iter().any(|finding| finding.code.number == 6224), "{rejected}");
    // Packages of an interchange of groups stand in groups.
    let refused = signed(GROUPED, Level::Message, Scope::HeaderAndBody, Layout::Kept);
    assert!(matches!(refused, Err(SignError::Groups)));
}
