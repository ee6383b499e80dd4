//! XAdES: what is made of properties, and every way in which properties must not be believed.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use karvan_pki::{Certificate, pem};
use karvan_signature::xades::{
    Commitment, DataObjectFormat, Level, Limits, ObjectIdentifier, PolicyDigest, ProductionPlace, Properties,
    Qualified, SignaturePolicy, SignerRole,
};
use karvan_signature::{DigestAlgorithm, ExternalFile, Indication, Intact, Policy, PrivateKey, Signed, Signer, verify};
use karvan_text::{Code, Diagnostic, Language, catalogue};
use karvan_xml::{Canonicalization, Document, Limits as XmlLimits};
use ring::rand::SystemRandom;

const INVOICE: &str = "<?xml version=\"1.0\"?>\n<i:Invoice xmlns:i=\"urn:sample:invoice\" xmlns='urn:sample:basic' \
    xml:lang='fa'>\r\n <ID>۱۴۰۴-7</ID><Total currency='IRR'>1200</Total>\n</i:Invoice>\n";

macro_rules! keys {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("keys/", $name, ".pem")), include_bytes!(concat!("keys/", $name, "-certificate.pem")))),*]
    };
}

const KEYS: [(&str, &[u8], &[u8]); 4] = keys!["rsa", "p256", "p384", "ed25519"];

fn key(name: &str) -> (PrivateKey, Certificate) {
    let (_, key, certificate) = KEYS.into_iter().find(|(other, ..)| *other == name).unwrap();
    let der = pem::blocks(certificate).next().unwrap().contents.unwrap();
    let certificate = Certificate::from_der(&der, &karvan_pki::Limits::default()).unwrap();
    (PrivateKey::read(key, Arc::new(SystemRandom::new())).unwrap(), certificate)
}

fn parse(source: impl Into<Vec<u8>>) -> Document {
    Document::parse(source, &XmlLimits::default()).unwrap()
}

/// Something for every property that can be written.
fn everything() -> Properties {
    Properties {
        signing_time: Some("2026-06-01T08:30:00Z".parse().unwrap()),
        policy: Some(SignaturePolicy::Explicit {
            identifier: ObjectIdentifier {
                description: Some("Rules of the bazaar".to_owned()),
                documents: vec!["https://example.org/rules".to_owned()],
                ..ObjectIdentifier::new("1.3.6.1.4.1.32473.7")
            },
            digest: PolicyDigest { algorithm: Some(DigestAlgorithm::Sha256), value: vec![7; 32], transformed: false },
            location: Some("https://example.org/rules.pdf".to_owned()),
            notice: Some("By these rules & no others".to_owned()),
        }),
        place: Some(ProductionPlace {
            city: Some("اصفهان".to_owned()),
            street: Some("Chahar Bagh 1".to_owned()),
            country: Some("IR".to_owned()),
            ..ProductionPlace::default()
        }),
        role: Some(SignerRole { claimed: vec!["exporter".to_owned()], ..SignerRole::default() }),
        formats: vec![DataObjectFormat::of("s", 1, "application/xml")],
        commitments: vec![Commitment::new("ProofOfOrigin"), Commitment::new("1.2.3")],
        ..Properties::default()
    }
}

fn signed_with(properties: &Properties, name: &str, form: Canonicalization) -> String {
    let (key, certificate) = key(name);
    let signer = Signer::new(&key).with_certificates(vec![certificate]).unwrap().with_canonicalization(form);
    let signer = properties.qualify(signer, "s").unwrap();
    String::from_utf8(signer.sign_in(parse(INVOICE).root(), &[Signed::Document]).unwrap()).unwrap()
}

fn signed() -> String {
    signed_with(&everything(), "p256", Canonicalization::exclusive())
}

/// The signature, and what it says about itself; or what is wrong with either.
fn read(source: &str) -> Result<(Intact, Qualified), Vec<Diagnostic>> {
    let intact = verify(source, &[], &[], &Policy::default()).map_err(|rejected| rejected.into_findings())?;
    let qualified =
        Qualified::read(&parse(source), &intact, &[], &Limits::default()).map_err(|finding| vec![*finding])?;
    Ok((intact, qualified.unwrap()))
}

/// The codes of what is wrong, every sentence of which exists.
fn codes(source: &str) -> Vec<u16> {
    let findings = read(source).err().unwrap_or_default();
    for finding in &findings {
        for language in [Language::English, Language::Persian] {
            for message in std::iter::once(&finding.message).chain(&finding.help) {
                assert!(catalogue::sentence(language, message.id()).is_some(), "{}", message.id());
            }
        }
    }
    findings.iter().map(|finding| finding.code.number).collect()
}

/// The signature of a document whose properties were exchanged before it was made, as a signer that is wrong would.
fn signed_wrongly(change: impl Fn(&str) -> String) -> String {
    let (key, certificate) = key("p256");
    let signer = || Signer::new(&key).with_certificates(vec![certificate.clone()]).unwrap();
    let right = signed();
    let document = parse(right.as_str());
    let qualifying = document.root().descendants().filter_map(|node| node.as_element());
    let qualifying = qualifying.into_iter().find(|element| element.local_name() == "QualifyingProperties").unwrap();
    let text = String::from_utf8(qualifying.span().slice(right.as_bytes()).to_vec()).unwrap();
    let declared = text.replacen(
        " Target=",
        " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Target=",
        1,
    );
    let changed = parse(change(&declared));
    let object = karvan_signature::SignedObject {
        content: changed.root().into(),
        id: "s-properties".to_owned(),
        kind: "http://uri.etsi.org/01903#SignedProperties",
        prefix: ("xades", "http://uri.etsi.org/01903/v1.3.2#"),
    };
    let signed = signer().with_id("s").with_object(object).sign_in(parse(INVOICE).root(), &[Signed::Document]);
    String::from_utf8(signed.unwrap()).unwrap()
}

#[test]
fn what_is_said_is_found_by_every_key_and_canonical_form() {
    for (name, ..) in KEYS {
        for form in [Canonicalization::exclusive(), Canonicalization::inclusive()] {
            let (intact, qualified) = read(&signed_with(&everything(), name, form)).unwrap();
            let certificates = qualified.properties().certificates.clone();
            assert_eq!(*qualified.properties(), Properties { certificates, ..everything() });
            assert_eq!(qualified.properties().certificates[0].is_to(&key(name).1), Some(true));
            assert_eq!(qualified.level(), Some(Level::B));
            assert_eq!((qualified.timestamps().len(), qualified.notes().len()), (0, 0));
            assert_eq!(intact.covered().len(), 2);
            assert!(!intact.covered()[0].is_properties() && intact.covered()[1].is_properties());
        }
    }
}

#[test]
fn every_changed_property_is_found() {
    let signed = signed();
    for (from, to) in [
        ("08:30:00Z", "08:30:01Z"),
        ("32473.7<", "32473.8<"),
        ("https://example.org/rules.pdf", "https://example.com/rules.pdf"),
        ("By these rules", "By those rules"),
        ("اصفهان", "تهران"),
        ("Chahar Bagh 1", "Chahar Bagh 2"),
        (">exporter<", ">importer<"),
        ("application/xml", "text/xml"),
        ("ProofOfOrigin", "ProofOfReceipt"),
        ("AllSignedDataObjects", "AllSignedDataObject"),
        ("#s-reference-1", "#s-reference-2"),
    ] {
        let changed = signed.replace(from, to);
        assert_ne!(changed, signed, "{from}");
        assert_eq!(codes(&changed), [6011], "{from}");
    }
    let findings = read(&signed.replace("08:30:00Z", "08:30:01Z")).unwrap_err();
    assert_eq!(Indication::of_findings(&findings).to_string(), "TOTAL-FAILED/HASH_FAILURE");
}

/// Not one octet of SignedInfo, SignedProperties or SignatureValue can change unseen, but for white space between tags that
/// canonical forms keep.
#[test]
fn no_octet_of_what_is_signed_changes_unseen() {
    let signed = signed();
    let range = |start: &str, end: &str| signed.find(start).unwrap() + start.len()..signed.find(end).unwrap();
    let ranges = [
        range("<ds:SignedInfo", "</ds:SignedInfo"),
        range(" Id=\"s-value\">", "</ds:SignatureValue"),
        range("<xades:SignedProperties", "</xades:SignedProperties"),
    ];
    for at in ranges.into_iter().flatten().filter(|at| signed.as_bytes()[*at].is_ascii_alphanumeric()) {
        let mut changed = signed.clone().into_bytes();
        changed[at] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let found = verify(changed.as_str(), &[], &[], &Policy::default()).is_err();
        assert!(found, "{at}: …{}…", &signed[at.saturating_sub(10)..(at + 10).min(signed.len())].escape_debug());
    }
}

#[test]
fn properties_that_are_not_signed_are_not_believed() {
    // The signed ones stand elsewhere; others stand in their place.
    let signed = signed();
    let start = signed.find("<xades:SignedProperties").unwrap();
    let end = signed.find("</xades:SignedProperties>").unwrap() + "</xades:SignedProperties>".len();
    let properties = &signed[start..end];
    let forged = properties.replace("s-properties", "other").replace("08:30", "09:30");
    let objects = format!("{forged}</xades:QualifyingProperties></ds:Object><ds:Object>{properties}</ds:Object>");
    let moved = signed.replace(&signed[start..signed.find("</ds:Object>").unwrap() + "</ds:Object>".len()], &objects);
    assert_eq!(codes(&moved), [6106]);

    // A reference to something else that calls itself a reference to the properties.
    let elsewhere = signed_wrongly(|properties| {
        let twin = properties.replace(" Id=\"s-properties\"", " Id=\"s-twin\"");
        let start = twin.find("<xades:SignedProperties").unwrap();
        let end = twin.find("</xades:QualifyingProperties>").unwrap();
        properties
            .replace("</xades:QualifyingProperties>", &format!("{}</xades:QualifyingProperties>", &twin[start..end]))
    });
    assert_eq!(codes(&elsewhere), [6004]);
}

#[test]
fn a_signature_of_properties_alone_signs_nothing() {
    let (key, certificate) = key("p256");
    let signer = Signer::new(&key).with_certificates(vec![certificate]).unwrap();
    let signer = everything().qualify(signer, "s").unwrap();
    let file = [ExternalFile { name: "order.edi", octets: b"UNA" }];
    let signed = signer.sign_detached(&[Signed::File { name: "order.edi", octets: b"UNA" }]).unwrap();
    let signed = String::from_utf8(signed).unwrap();
    let verified = verify(signed.as_str(), &file, &[], &Policy::default()).unwrap().trust(|_| Ok::<_, ()>(())).unwrap();
    assert_eq!(verified.content(), Some(&b"UNA"[..]), "the properties are no second content");
}

#[test]
fn another_certificate_of_the_same_key_is_found() {
    // KeyInfo is not signed: the certificate in it can be exchanged for another one of the same key.
    let (_, certificate) = key("p256");
    let other = key("rsa").1;
    let wrong = signed_wrongly(|properties| {
        let base64 = |certificate: &Certificate| {
            use base64::Engine as _;
            let digest = ring::digest::digest(&ring::digest::SHA256, certificate.der());
            base64::engine::general_purpose::STANDARD.encode(digest)
        };
        let changed = properties.replace(&base64(&certificate), &base64(&other));
        assert_ne!(changed, properties);
        changed
    });
    assert_eq!(codes(&wrong), [6107]);
    let findings = read(&wrong).unwrap_err();
    assert_eq!(Indication::of_findings(&findings).to_string(), "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND");
}

#[test]
fn what_the_schema_does_not_allow_is_found() {
    for (from, to, code) in [
        ("<xades:SigningTime>2026-06-01T08:30:00Z", "<xades:SigningTime>yesterday", 6104),
        ("Target=\"#s\"", "Target=\"#t\"", 6101),
        ("Target=\"#s\"", "", 6101),
        (
            "<xades:SigningCertificateV2>",
            "<xades:SigningTime>2026-06-01T08:30:00Z</xades:SigningTime><xades:SigningCertificateV2>",
            6004,
        ),
        ("<xades:AllSignedDataObjects/>", "", 6004),
        ("<xades:MimeType>", "<xades:Mime/><xades:MimeType>", 6004),
        ("<xades:IssuerSerialV2>", "<xades:IssuerSerialV2>AAAA", 6105),
        ("<xades:IssuerSerialV2>", "<xades:IssuerSerialV2>!", 6005),
        (
            "xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"",
            "xmlns:xades=\"http://uri.etsi.org/01903/v1.2.2#\"",
            6102,
        ),
    ] {
        let wrong = signed_wrongly(|properties| {
            let changed = properties.replacen(from, to, 1);
            assert_ne!(changed, properties, "{from}");
            changed
        });
        assert_eq!(codes(&wrong), [code], "{to}");
    }
}

#[test]
fn a_time_without_zone_is_taken_as_utc_and_another_zone_is_minded() {
    for (written, meant) in [("08:30:00", "08:30:00"), ("08:30:00.5Z", "08:30:00.5"), ("12:00:00+03:30", "08:30:00")] {
        let signed = signed_wrongly(|properties| properties.replace("08:30:00Z", written));
        let meant = format!("2026-06-01T{meant}Z").parse().unwrap();
        assert_eq!(read(&signed).unwrap().1.properties().signing_time, Some(meant));
    }
}

#[test]
fn what_is_not_known_is_told_and_does_no_harm() {
    let signed = signed();
    let unsigned = |properties: &str| {
        let properties = format!(
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{properties}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties>"
        );
        signed.replace("</xades:QualifyingProperties>", &properties)
    };
    let notes = |properties: &str| {
        let (_, qualified) = read(&unsigned(properties)).unwrap();
        qualified.notes().iter().map(|note| note.code).collect::<Vec<_>>()
    };
    assert_eq!(notes("<own:Stamp xmlns:own='urn:own'/>"), [Code::note(6110)]);
    assert_eq!(notes("<xades:AttributeRevocationRefs/>"), [Code::note(6111)]);
    // A signature over the signature does not make the document one of two signers.
    assert_eq!(notes("<xades:CounterSignature><ds:Signature/></xades:CounterSignature>"), [Code::note(6112)]);
    assert_eq!(codes(&unsigned("<xades:Nothing/>")), [6004]);
    let bad = "<xades:CertificateValues><xades:EncapsulatedX509Certificate>AAAA</xades:EncapsulatedX509Certificate>\
               </xades:CertificateValues>";
    assert_eq!(codes(&unsigned(bad)), [6113]);
    let stamp = "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>AAAA</xades:EncapsulatedTimeStamp>\
                 </xades:SignatureTimeStamp>";
    let (_, qualified) = read(&unsigned(stamp)).unwrap();
    assert!(qualified.timestamps()[0].token.is_err());
    assert_eq!(codes(&unsigned("<xades:SignatureTimeStamp/>")), [6004]);
    assert_eq!(codes(&unsigned(&stamp.repeat(33))), [9231]);
    let list = "<xades:EncapsulatedCRLValue>AA==</xades:EncapsulatedCRLValue>".repeat(513);
    let lists = format!("<xades:RevocationValues><xades:CRLValues>{list}</xades:CRLValues></xades:RevocationValues>");
    assert_eq!(codes(&unsigned(&lists)), [9232]);
}

#[test]
fn the_issuer_and_number_of_earlier_versions_are_read() {
    let first = |serial: &str| {
        signed_wrongly(|properties| {
            let start = properties.find("<xades:IssuerSerialV2>").unwrap();
            let end = properties.find("</xades:IssuerSerialV2>").unwrap() + "</xades:IssuerSerialV2>".len();
            let name = "<ds:X509IssuerName>CN=whoever</ds:X509IssuerName>";
            let number = format!("<ds:X509SerialNumber>{serial}</ds:X509SerialNumber>");
            let replaced = format!("<xades:IssuerSerial>{name}{number}</xades:IssuerSerial>");
            properties.replace(&properties[start..end], &replaced).replace("SigningCertificateV2", "SigningCertificate")
        })
    };
    // As `openssl x509 -serial` has it, in decimal digits.
    assert_eq!(codes(&first("97567689287347721908579197902014228776376679124")), [] as [u16; 0]);
    assert_eq!(codes(&first("97567689287347721908579197902014228776376679125")), [6107]);
}
