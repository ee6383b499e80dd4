//! XAdES from the level B-B to B-LTA: the invoices of `samples/xades`, sound and changed in every part, at several times.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::{Outcome, Report, verify};
use karvan_engine::{PathLimits, SignaturePolicy};
use karvan_pki::RevocationMode;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../samples/xades/", $name))
    };
}

const LEVELS: [(&str, &str); 4] = [
    ("B-B", sample!("invoice-b.xml")),
    ("B-T", sample!("invoice-t.xml")),
    ("B-LT", sample!("invoice-lt.xml")),
    ("B-LTA", sample!("invoice-lta.xml")),
];
/// Shortly after the samples were made, and after the signer's certificate expired.
const NOW: &str = "2026-12-01T00:00:00Z";
const LATER: &str = "2040-01-01T00:00:00Z";

fn file(octets: &str) -> Vec<Named> {
    vec![("file".to_owned(), octets.as_bytes().to_vec())]
}

/// The root alone: all else comes with the signature.
fn material() -> Material {
    Material::load(&file(sample!("trust/root.pem")), &[], PathLimits::default())
}

fn verified(source: &str, material: &Material, at: &str) -> Outcome {
    verify(source.as_bytes().to_vec(), &[], material, &SignaturePolicy::default(), at.parse().unwrap())
}

fn indication(source: &str, at: &str) -> String {
    verified(source, &material(), at).indication().to_string()
}

fn report(outcome: &Outcome) -> &Report {
    match outcome {
        Outcome::Trusted(trusted) => &trusted.report,
        Outcome::ByGivenKey(good) => &good.report,
        Outcome::Untrusted(report, _) | Outcome::Indeterminate(report, _) => report,
        Outcome::Broken(findings) => panic!("{findings:?}"),
    }
}

/// The document with a letter or digit exchanged, that many octets after `start`.
fn changed(source: &str, start: &str, offset: usize) -> String {
    let at = source.find(start).unwrap_or_else(|| panic!("{start}")) + start.len() + offset;
    let at = at + source[at..].find(|letter: char| letter.is_ascii_alphanumeric()).unwrap();
    let other = if source.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &source[..at], &source[at + 1..])
}

#[test]
fn every_level_is_what_it_says_and_proves_what_it_can() {
    for (level, source) in LEVELS {
        let outcome = verified(source, &material(), NOW);
        assert_eq!(outcome.indication().to_string(), "TOTAL-PASSED", "{level}");
        let properties = report(&outcome).properties.as_ref().unwrap();
        assert_eq!(properties.level.as_deref(), Some(level));
        assert_eq!(properties.proven.is_some(), level != "B-B");
        assert_eq!(properties.commitments, ["http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"]);
        assert!(properties.timestamps.iter().all(|stamp| stamp.trusted), "{level}");
        assert!(report(&outcome).notes.is_empty(), "{level}");
    }
}

#[test]
fn a_signature_outlives_its_certificate_if_a_timestamp_proves_its_age() {
    for (level, source) in LEVELS {
        let expected = if level == "B-B" { "INDETERMINATE/OUT_OF_BOUNDS_NO_POE" } else { "TOTAL-PASSED" };
        assert_eq!(indication(source, LATER), expected, "{level}");
    }
    // The root trusted is not that of the timestamps: nothing is proven.
    let outcome = verified(LEVELS[3].1, &Material::load(&[], &[], PathLimits::default()), LATER);
    assert!(report(&outcome).properties.as_ref().unwrap().proven.is_none());
    assert_eq!(outcome.indication().to_string(), "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND");
}

#[test]
fn revocation_is_proven_by_what_the_signature_carries() {
    let asked = || material().revocation(RevocationMode::Require, None);
    // The list and the answer are of the days of signing; they are in the signature from the level B-LT on.
    for (level, source) in LEVELS {
        let expected = matches!(level, "B-LT" | "B-LTA");
        for at in [NOW, LATER] {
            let outcome = verified(source, &asked(), at);
            assert_eq!(matches!(outcome, Outcome::Trusted(_)), expected, "{level} at {at}: {}", outcome.indication());
        }
    }
}

#[test]
fn a_later_revocation_does_no_harm_to_what_a_timestamp_proves_to_be_older() {
    let list = vec![("traders.crl".to_owned(), include_bytes!("../../../samples/xades/crl-2027/traders.crl").to_vec())];
    let root = vec![("root.crl".to_owned(), include_bytes!("../../../samples/xades/crl/root.crl").to_vec())];
    let asked =
        || material().with_evidence(&[list.clone(), root.clone()].concat()).revocation(RevocationMode::Check, None);
    let at = "2027-06-01T00:00:00Z";
    assert_eq!(verified(sample!("revoked-lta.xml"), &asked(), at).indication().to_string(), "TOTAL-PASSED");
    assert_eq!(verified(sample!("revoked-t.xml"), &asked(), at).indication().to_string(), "TOTAL-PASSED");
    // Without the timestamp nothing tells whether it was signed before or after.
    let source = sample!("revoked-t.xml");
    let start = source.find("<xades:UnsignedProperties").unwrap();
    let end = source.find("</xades:UnsignedProperties>").unwrap() + "</xades:UnsignedProperties>".len();
    let bare = format!("{}{}", &source[..start], &source[end..]);
    assert_eq!(verified(&bare, &asked(), at).indication().to_string(), "INDETERMINATE/REVOKED_NO_POE");
}

#[test]
fn a_change_of_anything_is_found() {
    let lta = LEVELS[3].1;
    let hash = "TOTAL-FAILED/HASH_FAILURE";
    for (start, expected) in [
        ("<ram:Name>", hash),
        ("<xades:Identifier>", hash),
        ("<xades:IssuerSerialV2>", hash),
        ("-value\">", "TOTAL-FAILED/SIG_CRYPTO_FAILURE"),
    ] {
        assert_eq!(indication(&changed(lta, start, 0), NOW), expected, "{start}");
    }
    // What the archive timestamp is over, and both timestamps themselves: never trusted.
    for start in [
        "<xades:EncapsulatedTimeStamp>",
        "<xades:EncapsulatedX509Certificate>",
        "<xades:EncapsulatedCRLValue>",
        "<xades:EncapsulatedOCSPValue>",
        "<ds:X509Certificate>",
    ] {
        let outcome = verified(&changed(lta, start, 40), &material(), NOW);
        assert!(matches!(outcome, Outcome::Broken(_)), "{start}: {}", outcome.indication());
    }
}

#[test]
fn a_timestamp_of_another_signature_is_found() {
    let token = |source: &'static str| {
        let start = source.find("<xades:SignatureTimeStamp").unwrap();
        &source[start..source.find("</xades:SignatureTimeStamp>").unwrap()]
    };
    let (ours, other) = (LEVELS[1].1, sample!("revoked-t.xml"));
    let exchanged = ours.replace(token(ours), token(other));
    assert_ne!(exchanged, ours);
    let Outcome::Broken(findings) = verified(&exchanged, &material(), NOW) else { panic!("broken") };
    assert_eq!(findings[0].code.number, 6114);
    assert_eq!(indication(&exchanged, NOW), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
    // An archive timestamp before what it is over is over nothing of it.
    let lta = LEVELS[3].1;
    let start = lta.find("<xades141:ArchiveTimeStamp").unwrap();
    let end = lta.find("</xades141:ArchiveTimeStamp>").unwrap() + "</xades141:ArchiveTimeStamp>".len();
    let first = lta.find("<xades:SignatureTimeStamp").unwrap();
    let moved = format!("{}{}{}{}", &lta[..first], &lta[start..end], &lta[first..start], &lta[end..]);
    assert_eq!(indication(&moved, NOW), "INDETERMINATE/SIG_CONSTRAINTS_FAILURE");
}

/// Signatures that EU DSS 6.1 made with the keys of the samples (`xtask/oracle/xades`), one of them extended from Karvan's B-T.
#[test]
fn what_others_make_is_good() {
    let authorities = [file(sample!("authorities/traders.pem")), file(sample!("authorities/stamps.pem"))].concat();
    let material = Material::load(&file(sample!("trust/root.pem")), &authorities, PathLimits::default());
    for (level, source) in [
        ("B-B", include_str!("xades/dss-B.xml")),
        ("B-T", include_str!("xades/dss-T.xml")),
        ("B-LT", include_str!("xades/dss-LT.xml")),
        ("B-LTA", include_str!("xades/dss-LTA.xml")),
        ("B-LTA", include_str!("xades/dss-extended.xml")),
        // The archive timestamp is over the signed object and over the element around it.
        ("B-LTA", include_str!("xades/dss-enveloping.xml")),
    ] {
        let outcome = verified(source, &material, NOW);
        assert_eq!(outcome.indication().to_string(), "TOTAL-PASSED", "{level} {outcome:?}");
        let properties = report(&outcome).properties.as_ref().unwrap();
        assert_eq!(properties.level.as_deref(), Some(level));
        assert!(properties.timestamps.iter().all(|stamp| stamp.trusted), "{level}");
    }
}
