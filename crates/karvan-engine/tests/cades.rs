//! CMS signatures that carry what validates them (CAdES): unsigned attributes put in by hand, as RFC 5126 §6.3 writes them.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use karvan_engine::sign::cms::{Options, sign};
use karvan_engine::sign::{Identity, Scheme};
use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::cms::{Policy, Verification, verify};
use karvan_engine::{PathLimits, RevocationMode, TrustStatus};
use karvan_pki::pem;

const ORDER: &[u8] = b"UNB+UNOC:3+A+B+261122:0900+1'UNZ+0+1'";
const CERTIFICATE_VALUES: &str = "060b2a864886f70d0109100217";
const REVOCATION_VALUES: &str = "060b2a864886f70d0109100218";

const LISTS: [(&str, &[u8]); 7] = [
    ("germany-trade.pem", include_bytes!("../../../samples/pki/crl/germany-trade.pem")),
    ("germany.pem", include_bytes!("../../../samples/pki/crl/germany.pem")),
    ("iran-2025.pem", include_bytes!("../../../samples/pki/crl/iran-2025.pem")),
    ("iran-trade.pem", include_bytes!("../../../samples/pki/crl/iran-trade.pem")),
    ("iran.pem", include_bytes!("../../../samples/pki/crl/iran.pem")),
    ("turkey-trade.pem", include_bytes!("../../../samples/pki/crl/turkey-trade.pem")),
    ("turkey.pem", include_bytes!("../../../samples/pki/crl/turkey.pem")),
];

macro_rules! sample {
    ($name:literal) => {
        ($name.to_owned(), include_bytes!(concat!("../../../samples/pki/", $name)).to_vec())
    };
}

fn material() -> Material {
    let cross = [sample!("cross/iran-to-turkey.pem")];
    let store = [sample!("trust-iran/rishe-ye-melli.pem")];
    Material::load(&store, &cross, PathLimits::default()).revocation(RevocationMode::Require, None)
}

/// The blocks of PEM files, one after the other.
fn ders(files: &[Named]) -> Vec<u8> {
    files.iter().flat_map(|(_, octets)| pem::blocks(octets)).flat_map(|block| block.contents.unwrap()).collect()
}

/// A value of DER.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|octet| **octet == 0).count()..];
    let mut octets = vec![tag];
    if content.len() >= 0x80 {
        octets.push(0x80 | significant.len() as u8);
        octets.extend(significant);
    } else {
        octets.push(content.len() as u8);
    }
    octets.extend(content);
    octets
}

/// The first value in `octets`: tag, content, and how long it is in all.
fn first(octets: &[u8]) -> (u8, &[u8], usize) {
    let (start, length) = match octets[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            (2 + count, octets[2..2 + count].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)))
        }
    };
    (octets[0], &octets[start..start + length], start + length)
}

/// `octets` with `added` at the end of the last value of the last value …, so many levels down.
fn with_last(octets: &[u8], levels: usize, added: &[u8]) -> Vec<u8> {
    let (tag, content, _) = first(octets);
    if levels == 0 {
        return value(tag, &[content, added].concat());
    }
    let (mut at, mut last) = (0, 0);
    while at < content.len() {
        last = at;
        at += first(&content[at..]).2;
    }
    value(tag, &[&content[..last], &with_last(&content[last..], levels - 1, added)].concat())
}

/// The order signed by Anka; its certificate alone, or with those above it.
fn signed(with_authorities: bool) -> Vec<u8> {
    let (name, chain) = sample!("signers/anka.pem");
    let end = if with_authorities { chain.len() } else { pem::blocks(&chain).next().unwrap().range.end };
    let chain = [(name, chain[..end].to_vec())];
    let key = include_bytes!("../../../samples/pki/signers/anka.key.pem");
    let identity = Identity::open(key, None, &chain, Scheme::default()).unwrap();
    let mut out = Vec::new();
    sign(ORDER, &mut out, &identity, &Options::default()).unwrap();
    out
}

/// With an unsigned attribute: ContentInfo › [0] › SignedData › signerInfos › SignerInfo.
fn with_attributes(signature: &[u8], attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let octets = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let written: Vec<_> = attributes
        .iter()
        .flat_map(|(kind, content)| value(0x30, &[octets(kind), value(0x31, content)].concat()))
        .collect();
    with_last(signature, 4, &value(0xa1, &written))
}

fn verified(signature: &[u8]) -> Verification<Vec<u8>> {
    let at = "2026-06-01T00:00:00Z".parse().unwrap();
    verify(signature, None, &material(), &Policy::default(), at, Vec::new()).unwrap()
}

fn status(signature: &[u8]) -> TrustStatus {
    verified(signature).signers[0].verdict.as_ref().unwrap().status()
}

fn lists() -> Vec<u8> {
    let lists = ders(&LISTS.map(|(name, octets)| (name.to_owned(), octets.to_vec())));
    value(0x30, &value(0xa0, &value(0x30, &lists)))
}

#[test]
fn lists_in_an_unsigned_attribute_settle_revocation() {
    let bare = signed(true);
    assert_eq!(status(&bare), TrustStatus::Indeterminate);
    let carrying = verified(&with_attributes(&bare, &[(REVOCATION_VALUES, lists())]));
    assert_eq!(carrying.findings, []);
    assert_eq!(carrying.into_content().unwrap(), ORDER);
}

#[test]
fn certificates_in_an_unsigned_attribute_lead_on() {
    let bare = signed(false);
    let only_lists = with_attributes(&bare, &[(REVOCATION_VALUES, lists())]);
    assert_eq!(status(&only_lists), TrustStatus::Rejected);
    let certificates = value(0x30, &ders(&[sample!("signers/anka.pem")]));
    let both = [(CERTIFICATE_VALUES, certificates), (REVOCATION_VALUES, lists())];
    assert_eq!(status(&with_attributes(&bare, &both)), TrustStatus::Accepted);
}

#[test]
fn values_that_cannot_be_read_spoil_the_signature() {
    for (kind, content) in [
        (CERTIFICATE_VALUES, value(0x30, &value(0x30, &[]))),
        (REVOCATION_VALUES, value(0x31, &[])),
        (REVOCATION_VALUES, [lists(), lists()].concat()),
    ] {
        let told = verified(&with_attributes(&signed(true), &[(kind, content)]));
        let codes: Vec<_> = told.findings.iter().map(|finding| finding.code.to_string()).collect();
        assert_eq!(codes, ["E6302"]);
        assert!(told.into_content().is_none());
    }
}

/// `stamped.p7m`: the order signed as `samples/xades/signers/p256.pem` (until 2037), its value stamped in 2026 by OpenSSL's `ts -reply`
/// as `samples/xades/tsa/tsa.pem` (until 2050). A timestamp counted for the time that it gives itself, so that whoever has an old key
/// of an authority could date back.
#[test]
fn a_timestamp_counts_while_its_authority_does() {
    let file = |name: &str, octets: &[u8]| (name.to_owned(), octets.to_vec());
    let store = [file("root", include_bytes!("../../../samples/xades/trust/root.pem"))];
    let authorities = [
        file("stamps", include_bytes!("../../../samples/xades/authorities/stamps.pem")),
        file("traders", include_bytes!("../../../samples/xades/authorities/traders.pem")),
    ];
    let material = Material::load(&store, &authorities, PathLimits::default()).revocation(RevocationMode::Off, None);
    let at = |time: &str| {
        let stamped = &include_bytes!("cades/stamped.p7m")[..];
        let told = verify(stamped, None, &material, &Policy::default(), time.parse().unwrap(), Vec::new()).unwrap();
        (told.signers[0].attributes.timestamps[0].trusted, told.is_trusted())
    };
    assert_eq!(at("2027-01-01T00:00:00Z"), (true, true));
    assert_eq!(
        at("2046-06-01T00:00:00Z"),
        (true, true),
        "the signer ended, and is judged for the time of the timestamp"
    );
    assert_eq!(at("2051-01-01T00:00:00Z"), (false, false));
}
