//! Signatures made and verified, and everything that must not verify.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use karvan_pki::{Certificate, SignatureAlgorithm, pem};
use karvan_signature::{
    Coverage, DigestAlgorithm, ExternalFile, Intact, Policy, Position, PrivateKey, Rejected, Selection, SignError,
    Signed, SignedObject, Signer, SigningKey, Target, signature_identifier, verify,
};
use karvan_text::{Language, catalogue};
use karvan_xml::{Canonicalization, Document, ElementBuilder, Limits};
use ring::rand::SystemRandom;

const INVOICE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by hand -->\n\
    <i:Invoice xmlns:i=\"urn:sample:invoice\" xmlns='urn:sample:basic' xml:lang='fa' Id=\"whole\">\r\n\
    \x20 <ID>۱۴۰۴-7</ID><Seller Id='seller'>Sahand Carpets &amp; Sons</Seller>\n\
    \x20 <Total currency='IRR' >1200</Total><Note/>\n</i:Invoice>\n";

macro_rules! keys {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("keys/", $name, ".pem")), include_bytes!(concat!("keys/", $name, "-certificate.pem")))),*]
    };
}

/// Name, key file, certificate file.
const KEYS: [(&str, &[u8], &[u8]); 4] = keys!["rsa", "p256", "p384", "ed25519"];

fn key(name: &str) -> PrivateKey {
    let (_, file, _) = KEYS.into_iter().find(|(other, ..)| *other == name).unwrap();
    PrivateKey::read(file, Arc::new(SystemRandom::new())).unwrap()
}

fn certificate(name: &str) -> Certificate {
    let (_, _, file) = KEYS.into_iter().find(|(other, ..)| *other == name).unwrap();
    let der = pem::blocks(file).next().unwrap().contents.unwrap();
    Certificate::from_der(&der, &karvan_pki::Limits::default()).unwrap()
}

/// A digest of each family and length.
const DIGESTS: [DigestAlgorithm; 3] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512, DigestAlgorithm::Sha3_384];

/// All kinds of keys with these digests.
fn all_keys() -> Vec<PrivateKey> {
    let digests = DIGESTS.into_iter().flat_map(|digest| {
        ["rsa", "p256", "p384"].into_iter().filter_map(move |name| key(name).with_digest(digest).ok())
    });
    let pss = key("rsa").with_algorithm(SignatureAlgorithm::rsa_pss(DigestAlgorithm::Sha384)).unwrap();
    // RFC 9231 names no RSA PKCS #1 with SHA-3.
    digests.chain([pss, key("ed25519")]).filter(|key| signature_identifier(key.algorithm()).is_some()).collect()
}

fn forms() -> [Canonicalization; 5] {
    [
        Canonicalization::inclusive(),
        Canonicalization::inclusive().with_comments(true),
        Canonicalization::exclusive(),
        Canonicalization::exclusive().with_comments(true),
        Canonicalization::exclusive().with_inclusive_prefixes(["i", "#default"]),
    ]
}

fn read(source: impl Into<Vec<u8>>) -> Document {
    Document::parse(source, &Limits::default()).unwrap()
}

/// The invoice with an enveloped signature over all of it.
fn signed_invoice() -> String {
    let key = key("ed25519");
    let signer = Signer::new(&key).with_certificates(vec![certificate("ed25519")]).unwrap();
    let signed = signer.sign_in(read(INVOICE).root(), &[Signed::Document]).unwrap();
    String::from_utf8(signed).unwrap()
}

/// The invoice with a signature over its Seller alone.
fn signed_seller() -> String {
    let key = key("ed25519");
    let signed = Signer::new(&key).sign_in(read(INVOICE).root(), &[Signed::Element { id: "seller" }]).unwrap();
    String::from_utf8(signed).unwrap()
}

fn check(source: impl Into<Vec<u8>>) -> Result<Intact, Rejected> {
    verify(source, &[], &[], &Policy::default())
}

fn anything() -> Policy {
    Policy { coverage: Coverage::Anything, ..Policy::default() }
}

/// The codes of the findings; each has its sentence, whole, in the catalogue.
fn codes(outcome: Result<Intact, Rejected>) -> Vec<u16> {
    let rejected = outcome.map(|intact| intact.path().to_owned()).unwrap_err();
    assert!(!rejected.findings().is_empty());
    for finding in rejected.findings() {
        for message in [Some(&finding.message), finding.help.as_ref()].into_iter().flatten() {
            assert!(catalogue::sentence(Language::English, message.id()).is_some(), "{}", message.id());
            assert!(!message.text(Language::English).contains(['{', '}']), "{}", message.text(Language::English));
        }
    }
    rejected.findings().iter().map(|finding| finding.code.number).collect()
}

fn content(intact: Intact) -> Vec<u8> {
    let verified = intact.trust(|_| Ok::<_, ()>(())).unwrap();
    verified.content().unwrap().to_vec()
}

#[test]
fn every_algorithm_signs_and_verifies_in_every_form() {
    let document = read(INVOICE);
    let canonical = Canonicalization::inclusive().to_vec(karvan_xml::Subset::document(&document)).unwrap();
    for key in all_keys() {
        for form in forms() {
            for digest in DIGESTS {
                let signer = Signer::new(&key).with_canonicalization(form.clone()).with_digest(digest).unwrap();
                let signed = signer.sign_in(document.root(), &[Signed::Document]).unwrap();
                let intact = check(signed).unwrap();
                assert_eq!(intact.signed_by().algorithm(), Some(key.algorithm()));
                assert_eq!(intact.signed_by().key(), Some(key.public_key()));
                assert_eq!(intact.uncovered(), []);
                assert_eq!(intact.covered()[0].digest, digest);
                if !form.is_exclusive() {
                    assert_eq!(content(intact), canonical);
                }
            }
        }
    }
}

#[test]
fn files_are_signed_as_octets_or_as_documents() {
    let document = read(INVOICE);
    let edifact = ExternalFile { name: "order 7.edi", octets: b"UNB+UNOA:3\xff'" };
    let xml = ExternalFile { name: "invoice.xml", octets: INVOICE.as_bytes() };
    for key in all_keys() {
        for form in forms() {
            let what = [
                Signed::File { name: edifact.name, octets: edifact.octets },
                Signed::XmlFile { name: xml.name, document: &document },
            ];
            let signer = Signer::new(&key).with_canonicalization(form);
            let signature = signer.sign_detached(&what).unwrap();
            let intact = verify(signature.clone(), &[xml, edifact], &[], &Policy::default()).unwrap();
            assert_eq!(intact.covered()[0].target, Target::File { name: "order 7.edi".to_owned() });
            assert_eq!(intact.covered()[0].uri, "order%207.edi");
            let verified = intact.trust(|_| Ok::<_, ()>(())).unwrap();
            let octets: Vec<_> = verified.contents().map(|(_, octets)| octets).collect();
            assert_eq!(octets[0], edifact.octets);
            assert!(octets[1].windows(4).any(|window| window == b"1200"));
            assert_eq!(verified.content(), None, "two files are covered");

            // Another way to write the same document remains signed; another octet of the other file does not.
            let rewritten = INVOICE.replace("currency='IRR' ", "currency=\"IRR\"");
            let xml = ExternalFile { octets: rewritten.as_bytes(), ..xml };
            assert!(verify(signature.clone(), &[xml, edifact], &[], &Policy::default()).is_ok());
            let edifact = ExternalFile { octets: b"UNB+UNOB:3\xff'", ..edifact };
            assert_eq!(codes(verify(signature.clone(), &[xml, edifact], &[], &Policy::default())), [6011]);
            assert_eq!(codes(verify(signature, &[xml], &[], &Policy::default())), [6009]);
        }
    }
}

#[test]
fn the_rest_of_the_document_stays_as_it_is() {
    let signed = signed_invoice();
    let (before, rest) = signed.split_once("<ds:Signature").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    assert_eq!(format!("{before}{after}"), INVOICE);
}

#[test]
fn an_empty_element_takes_a_signature() {
    let key = key("p256");
    let signed = Signer::new(&key).sign_in(read("<a:b xmlns:a='urn:a' />").root(), &[Signed::Document]).unwrap();
    assert!(signed.starts_with(b"<a:b xmlns:a='urn:a' ><ds:Signature") && signed.ends_with(b"</ds:Signature></a:b>"));
    assert_eq!(content(check(signed).unwrap()), b"<a:b xmlns:a=\"urn:a\"></a:b>");
}

#[test]
fn a_signature_can_be_put_at_a_path() {
    let key = key("p256");
    let source = "<a xmlns='urn:a' xmlns:x='urn:x' xml:space='preserve'><x:b xmlns:x='urn:y'><c/></x:b></a>";
    let document = read(source);
    for form in forms() {
        let signer = Signer::new(&key).with_canonicalization(form);
        let signed = signer.sign_in(document.find("/a/x:b/c").unwrap(), &[Signed::Document]).unwrap();
        assert_eq!(codes(check(signed.clone())), [6003]);
        let chain = [("urn:y", "b"), ("urn:a", "c")].map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
        let policy = Policy { positions: vec![Position::Below(chain.to_vec())], ..Policy::default() };
        assert!(verify(signed, &[], &[], &policy).is_ok());
    }
}

#[test]
fn a_signature_without_key_verifies_with_a_known_certificate() {
    let signed = signed_invoice();
    let (start, end) = (signed.find("<ds:KeyInfo>").unwrap(), signed.find("</ds:Signature>").unwrap());
    let bare = format!("{}{}", &signed[..start], &signed[end..]);
    assert_eq!(codes(check(bare.clone())), [6013]);
    let known = [certificate("rsa"), certificate("ed25519")];
    let intact = verify(bare.clone(), &[], &known, &Policy::default()).unwrap();
    assert_eq!(intact.signed_by().certificate().unwrap().der(), known[1].der());
    assert_eq!(codes(verify(bare, &[], &known[..1], &Policy::default())), [6013]);
}

/// A signature shorter than the modulus was told to be broken, though the key that may have made it was not looked at.
#[test]
fn a_signature_of_another_length_is_of_another_key() {
    let method = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";
    let signed = signed_invoice().replace(method, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    let (start, end) = (signed.find("<ds:KeyInfo>").unwrap(), signed.find("</ds:Signature>").unwrap());
    let bare = format!("{}{}", &signed[..start], &signed[end..]);
    let known = [certificate("rsa"), certificate("ed25519")];
    assert_eq!(codes(verify(bare.clone(), &[], &known, &Policy::default())), [6013]);
    // Where there is no other, it is not by that one.
    assert_eq!(codes(verify(bare, &[], &known[..1], &Policy::default())), [6012]);
}

#[test]
fn offered_certificates_are_handed_over() {
    let key = key("rsa");
    let chain = vec![certificate("rsa"), certificate("p256")];
    let signer = Signer::new(&key).with_certificates(chain).unwrap().with_key_value();
    let intact = check(signer.sign_in(read(INVOICE).root(), &[Signed::Document]).unwrap()).unwrap();
    assert_eq!(intact.signed_by().certificate().unwrap().der(), certificate("rsa").der());
    assert_eq!(intact.signed_by().offered().len(), 2);
    // Whoever is not believed opens nothing.
    assert_eq!(intact.trust(|_| Err::<(), _>("unknown")).unwrap_err(), "unknown");
}

#[test]
fn what_cannot_be_signed_says_why() {
    let key = key("p256");
    let wrong = Signer::new(&key).with_certificates(vec![certificate("rsa")]);
    assert!(matches!(wrong.err(), Some(SignError::WrongKey { .. })));
    let signer = Signer::new(&key);
    let document = read(INVOICE);
    let root = document.root();
    assert!(matches!(signer.sign_in(root, &[]), Err(SignError::Nothing)));
    assert!(matches!(signer.sign_in(root, &[Signed::Element { id: "x" }]), Err(SignError::Id { several: false, .. })));
    assert!(matches!(signer.sign_detached(&[Signed::Document]), Err(SignError::NoDocument)));
    let signed = read(signed_invoice());
    assert!(matches!(signer.sign_in(signed.root(), &[Signed::Document]), Err(SignError::AlreadySigned { .. })));
    let relative = read("<a xmlns='relative'/>");
    assert!(matches!(signer.sign_in(relative.root(), &[Signed::Document]), Err(SignError::Canonicalization(_))));
}

#[test]
fn every_changed_octet_is_found() {
    let signed = signed_invoice();
    let original = content(check(signed.clone()).unwrap());
    let (key_info, key_info_end) = (signed.find("<ds:KeyInfo>").unwrap(), signed.find("</ds:KeyInfo>").unwrap());
    for index in 0..signed.len() {
        let mut changed = signed.clone().into_bytes();
        changed[index] ^= 1;
        let Ok(intact) = check(changed) else { continue };
        let is_comment = INVOICE.find(" made by hand ").is_some_and(|at| (at..at + 14).contains(&index));
        if (key_info..key_info_end).contains(&index) {
            // A certificate is proven by its own signature, not by this one.
            assert_ne!(intact.signed_by().certificate().unwrap().der(), certificate("ed25519").der());
        } else {
            assert!(is_comment, "octet {index}: {:?}", &signed[index.saturating_sub(20)..index + 1]);
        }
        assert_eq!(content(intact), original, "octet {index}");
    }
}

#[test]
fn a_finding_names_what_was_changed() {
    let signed = signed_invoice();
    let tampered = signed.replace("1200", "1300");
    let rejected = check(tampered).unwrap_err();
    let finding = &rejected.findings()[0];
    assert_eq!((finding.code.number, finding.message.id()), (6011, "signature-digest"));
    assert!(finding.message.text(Language::English).contains("reference 1"));
    assert!(finding.expected.is_some() && finding.found.is_some() && finding.expected != finding.found);
    assert_eq!(finding.place.path, "/i:Invoice/ds:Signature/ds:SignedInfo/ds:Reference/ds:DigestValue");

    let replace_in = |element: &str| {
        let start = signed.find(&format!("<ds:{element}>")).unwrap() + element.len() + "<ds:>".len();
        let other = if signed.as_bytes()[start] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &signed[..start], &signed[start + 1..])
    };
    assert_eq!(codes(check(replace_in("SignatureValue"))), [6012]);
    assert_eq!(codes(check(replace_in("DigestValue"))), [6012, 6011]);
    // Another algorithm in SignedInfo: what it covers is as it was, the signature is not.
    let other = signed.replace("<ds:Transforms>", "<ds:Transforms >");
    assert!(check(other).is_ok(), "the canonical form is the same");
    assert_eq!(codes(check(signed.replace("<ds:Transforms>", "<ds:Transforms x=\"\">"))), [6012]);
}

#[test]
fn a_moved_element_is_not_what_was_signed() {
    // The signed invoice hides in the Object of its own signature, another invoice takes its place.
    let key = key("ed25519");
    let signed = Signer::new(&key).sign_in(read(INVOICE).root(), &[Signed::Element { id: "whole" }]).unwrap();
    let signed = String::from_utf8(signed).unwrap();
    assert!(check(signed.clone()).is_ok());
    let start = signed.find("<ds:Signature").unwrap();
    let signature = &signed[start..signed.find("</ds:Signature>").unwrap()];
    let invoice = INVOICE.split_once("<i:Invoice").map(|(_, rest)| format!("<i:Invoice{}", rest.trim_end())).unwrap();
    let evil = invoice.replace("1200", "9900").replace("Id=\"whole\"", "Id=\"evil\"");
    let object = format!("<ds:Object>{invoice}</ds:Object></ds:Signature></i:Invoice>");
    let wrapped = evil.replace("</i:Invoice>", &format!("{signature}{object}"));
    // The enveloped-signature transform takes the signature out of what it does not stand in.
    assert_eq!(codes(check(wrapped.clone())), [6008]);

    // Without that transform the digest is right, and only the coverage tells.
    let signed = signed_seller();
    let moved = signed
        .replace("<Seller Id='seller'>Sahand Carpets &amp; Sons</Seller>", "<Seller Id='evil'>Thief</Seller>")
        .replace(
            "</ds:Signature>",
            "<ds:Object><Seller Id='seller'>Sahand Carpets &amp; Sons</Seller></ds:Object></ds:Signature>",
        );
    assert_eq!(codes(check(moved.clone())), [6015]);
    let policy = Policy { coverage: Coverage::Elements(vec!["/i:Invoice/Seller".to_owned()]), ..Policy::default() };
    assert!(verify(signed, &[], &[], &policy).is_ok());
    assert_eq!(codes(verify(moved.clone(), &[], &[], &policy)), [6015]);
    // Who asks for anything gets what was signed, not what took its place.
    let intact = verify(moved, &[], &[], &anything()).unwrap();
    assert!(intact.uncovered().iter().any(|part| part.path == "/i:Invoice/Seller"));
    assert!(String::from_utf8(content(intact)).unwrap().contains("Sahand Carpets"));
}

#[test]
fn a_part_that_is_signed_leaves_the_rest_uncovered() {
    let signed = signed_seller();
    assert_eq!(codes(check(signed.clone())), [6015]);
    let intact = verify(signed, &[], &[], &anything()).unwrap();
    let uncovered: Vec<_> = intact.uncovered().iter().map(|part| part.path.as_str()).collect();
    assert_eq!(uncovered, ["/i:Invoice", "/i:Invoice/ID", "/i:Invoice/Total", "/i:Invoice/Note"]);
    assert_eq!(
        content(intact),
        "<Seller xmlns=\"urn:sample:basic\" Id=\"seller\">Sahand Carpets &amp; Sons</Seller>".as_bytes()
    );
}

#[test]
fn an_identifier_that_stands_twice_is_found() {
    let twice = signed_seller().replace("<Note/>", "<Note Id=\"seller\"/>");
    assert_eq!(codes(verify(twice, &[], &[], &anything())), [6010]);
    let other_attribute = signed_seller().replace("<Note/>", "<Note xml:id=\"seller\"/>");
    assert_eq!(codes(verify(other_attribute, &[], &[], &anything())), [6010]);
}

#[test]
fn a_second_signed_info_is_found() {
    let signed = signed_invoice();
    let (start, end) = (signed.find("<ds:SignedInfo>").unwrap(), signed.find("<ds:SignatureValue>").unwrap());
    let signed_info = &signed[start..end];
    let twice = format!("{}{signed_info}{}", &signed[..start], &signed[start..]);
    assert_eq!(codes(check(twice)), [6004]);
    let after = signed.replace("</ds:Signature>", &format!("{signed_info}</ds:Signature>"));
    assert_eq!(codes(check(after)), [6004]);
    let wrapped = signed.replace(signed_info, &format!("<w>{signed_info}</w>"));
    assert_eq!(codes(check(wrapped)), [6004]);
    let none = signed.replace(signed_info, "");
    assert_eq!(codes(check(none)), [6004]);
}

#[test]
fn a_second_signature_is_found() {
    let signed = signed_invoice();
    let (start, end) = (signed.find("<ds:Signature ").unwrap(), signed.find("</i:Invoice>").unwrap());
    let signature = &signed[start..end];
    let twice = format!("{}{signature}{}", &signed[..start], &signed[start..]);
    assert_eq!(codes(check(twice.clone())), [6002]);
    // Chosen by its path, it covers the other one, too, which was not there.
    let policy = Policy { selection: Selection::Path("/i:Invoice/ds:Signature[2]".to_owned()), ..Policy::default() };
    assert_eq!(codes(verify(twice, &[], &[], &policy)), [6011]);
    assert_eq!(codes(check(INVOICE)), [6001]);
    let elsewhere = signed.replace(signature, "").replace("<Note/>", &format!("<Note>{signature}</Note>"));
    assert_eq!(codes(check(elsewhere)), [6003]);
}

#[test]
fn values_hold_nothing_but_text() {
    let signed = signed_invoice();
    for element in ["DigestValue", "SignatureValue", "X509Certificate"] {
        for intruder in ["<!--x-->", "<x/>", "<?x?>"] {
            let tag = format!("<ds:{element}>");
            assert_eq!(codes(check(signed.replace(&tag, &format!("{tag}{intruder}")))), [6005], "{element} {intruder}");
        }
        let tag = format!("</ds:{element}>");
        assert_eq!(codes(check(signed.replace(&tag, &format!("!{tag}")))), [6005], "{element}");
    }
    assert_eq!(codes(check(signed.replace("<ds:SignedInfo>", "<ds:SignedInfo>text"))), [6004]);
}

#[test]
fn algorithms_that_are_weak_or_unknown_are_refused() {
    let signed = signed_invoice();
    let method = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";
    let digest = "http://www.w3.org/2001/04/xmlenc#sha256";
    let form = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let cases = [
        (method, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", 6007),
        (method, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", 6013),
        (method, "http://www.w3.org/2001/04/xmldsig-more#hmac-md5", 6007),
        (method, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", 6013),
        (digest, "http://www.w3.org/2000/09/xmldsig#sha1", 6007),
        (digest, "urn:no-such-digest", 6006),
        (form, "http://www.w3.org/TR/1999/REC-xpath-19991116", 6004),
        (form, "http://www.w3.org/2000/09/xmldsig#enveloped-signature", 6008),
    ];
    for (old, new, code) in cases {
        let found = codes(check(signed.replace(old, new)));
        // A method of canonicalisation is also one of SignedInfo, which is read first or last.
        assert!(found == [code] || found == [6006], "{new}: {found:?}");
    }
    let transforms = "<ds:Transforms>";
    let xslt = format!("{transforms}<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>");
    assert_eq!(codes(check(signed.replace(transforms, &xslt))), [6008]);
    // A signature cannot be verified with a key of another kind.
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    assert_eq!(codes(check(signed.replace(method, rsa))), [6013]);
}

#[test]
fn the_filter_that_leaves_the_signature_out_is_the_enveloped_transform() {
    let filter = |expression: &str| {
        format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>{expression}</ds:XPath></ds:Transform>"
        )
    };
    let signed = signed_invoice();
    let form = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let with = |expression: &str| check(signed.replace(form, &format!("{}{form}", filter(expression))));
    // The list of references is another one now, and the signature breaks; what it covers is not.
    assert_eq!(codes(with(" not(ancestor-or-self::ds:Signature) ")), [6012]);
    // The signature is out already: all that is kept is all there is.
    assert_eq!(codes(with("true()")), [6012]);
    for (other, expected) in [
        ("not(ancestor-or-self::*[local-name() = 'Seller'])", &[6012, 6011][..]),
        ("not(ancestor-or-self::unbound:Line)", &[6008]),
        ("not(", &[6008]),
        ("unknown()", &[6012, 6008]),
        ("count(1)", &[6012, 6008]),
    ] {
        assert_eq!(codes(with(other)), expected, "{other}");
    }
}

#[test]
fn references_lead_where_the_policy_lets_them() {
    let signed = signed_invoice();
    let uri = |uri: &str| check(signed.replace("URI=\"\"", uri));
    assert_eq!(codes(uri("")), [6012, 6009]);
    assert_eq!(codes(uri("URI=\"#none\"")), [6012, 6009]);
    // With comments it means the same here.
    assert_eq!(codes(uri("URI=\"#xpointer(/)\"")), [6012]);
    assert_eq!(codes(uri("URI=\"#xpointer(//Line)\"")), [6012, 6009]);
    assert_eq!(codes(uri("URI=\"http://example.org/invoice.xml\"")), [6012, 6009]);
    assert_eq!(codes(uri("URI=\"/etc/passwd\"")), [6012, 6009]);
}

#[test]
fn limits_hold() {
    let signed = signed_invoice();
    let (start, end) = (signed.find("<ds:Reference ").unwrap(), signed.find("</ds:SignedInfo>").unwrap());
    let many = signed.replace(&signed[start..end], &signed[start..end].repeat(33));
    assert_eq!(codes(check(many)), [9201]);
    let (start, end) = (signed.find("<ds:Transform ").unwrap(), signed.find("</ds:Transforms>").unwrap());
    let many = signed.replace(&signed[start..end], &signed[start..end].repeat(3));
    assert!(matches!(codes(check(many))[..], [6008 | 9202]));
    let policy = Policy { transforms: 1, ..Policy::default() };
    assert_eq!(codes(verify(signed.clone(), &[], &[], &policy)), [9202]);
    let (start, end) = (signed.find("<ds:X509Certificate>").unwrap(), signed.find("</ds:X509Data>").unwrap());
    let many = signed.replace(&signed[start..end], &signed[start..end].repeat(17));
    assert_eq!(codes(check(many)), [9203]);
    let policy = Policy { xml: Limits { depth: 4, ..Limits::default() }, ..Policy::default() };
    assert_eq!(codes(verify(signed, &[], &[], &policy)), [9102]);
}

/// An object that a signature carries is signed where it stands, whatever the canonical form takes over from around it.
#[test]
fn an_object_of_the_signature_is_covered() {
    let key = key("p256");
    let content = |id: &str| {
        let mut note = ElementBuilder::new("urn:sample:note", "Note");
        note.set_attribute("Id", id).push_text("seen");
        SignedObject { content: note, id: id.to_owned(), kind: "urn:sample:kind", prefix: ("n", "urn:sample:note") }
    };
    for form in forms() {
        let signer = Signer::new(&key).with_canonicalization(form).with_id("s").with_object(content("n"));
        let signed = signer.sign_in(read(INVOICE).root(), &[Signed::Document]).unwrap();
        let signed = String::from_utf8(signed).unwrap();
        for expected in ["Id=\"s\"", "Id=\"s-value\"", "Id=\"s-reference-1\"", "Type=\"urn:sample:kind\""] {
            assert!(signed.contains(expected), "{expected} in {signed}");
        }
        let intact = check(signed.clone()).unwrap();
        assert!(matches!(&intact.covered()[1].target, Target::Element { path, .. } if path.ends_with("Note")));
        assert_eq!(codes(check(signed.replace(">seen<", ">Seen<"))), [6011]);
    }
}

/// Content of any kind within the signature, in Base64: what is handed out are its octets.
#[test]
fn content_is_signed_where_the_signature_carries_it() {
    let (key, content) = (key("p256"), b"UNB+UNOA:3+\xff".as_slice());
    let signed = Signer::new(&key).with_id("s").sign_detached(&[Signed::Content { octets: content }]).unwrap();
    let signed = String::from_utf8(signed).unwrap();
    assert!(signed.contains("URI=\"#s-object-1\""), "{signed}");
    let intact = check(signed.clone()).unwrap();
    assert!(intact.uncovered().is_empty());
    let verified = intact.trust(|_| Ok::<_, ()>(())).unwrap();
    assert_eq!(verified.content(), Some(content));
    let carried = "VU5CK1VOT0E6";
    assert!(signed.contains(carried));
    assert_eq!(codes(check(signed.replace(carried, "VU5CK1VOT0I6"))), [6011]);
    // Nothing may have its identifier already.
    let document = read("<a Id='object-1'/>");
    let taken = Signer::new(&key).sign_in(document.root(), &[Signed::Content { octets: content }]);
    assert!(matches!(taken, Err(SignError::Id { several: true, .. })));
}

/// Signed by xmlsec1 1.2.37 with `p256`: the pointer names one element, and that alone is covered.
#[test]
fn a_pointer_among_the_transforms_covers_what_it_names() {
    let source = include_str!("xpointer.xml");
    let policy = Policy { coverage: Coverage::Anything, ..Policy::default() };
    let intact = verify(source, &[], &[], &policy).unwrap();
    assert!(!intact.covered()[0].is_whole);
    let verified = intact.trust(|_| Ok::<_, ()>(())).unwrap();
    assert_eq!(verified.content(), Some(b"<Line Id=\"line\">7</Line>".as_slice()));
    assert_eq!(codes(check(source)), [6015]);
    assert_eq!(codes(verify(source.replace(">7<", ">8<"), &[], &[], &policy)), [6011]);
    let twice = source.replace("Id=\"other\"", "Id=\"line\"");
    assert_eq!(codes(verify(twice, &[], &[], &policy)), [6009]);
}
