//! Signatures made and verified while the document is read: the same as with a tree.

use std::io::Cursor;
use std::sync::Arc;

use karvan_pki::{Certificate, Limits as PkiLimits, pem};
use karvan_signature::{
    Coverage, Intact, KnownKeys, Policy, PrivateKey, SignError, Signed, SignedObject, Signer, StreamError, verify,
    verify_stream,
};
use karvan_xml::{Canonicalization, Document, ElementBuilder, Limits};
use ring::rand::SystemRandom;

const INVOICE: &str = "<?xml version=\"1.0\"?>\n<!-- before --><?go now?>\n<i:Invoice xmlns:i=\"urn:sample:invoice\" \
    xmlns='urn:sample:basic' xmlns:unused='urn:unused' xml:lang='fa' Id='whole'>\r\n  <Line Id='line'>قالی&#13;<!-- c --></Line>\
    <Empty xmlns=''/>\n</i:Invoice>\n<!-- after -->\n";

/// Ed25519: the same signature every time.
fn key() -> PrivateKey {
    PrivateKey::read(include_bytes!("keys/ed25519.pem"), Arc::new(SystemRandom::new())).expect("a key")
}

fn certificate() -> Certificate {
    let file = include_bytes!("keys/ed25519-certificate.pem");
    let der = pem::blocks(file).next().expect("a block").contents.expect("base64");
    Certificate::from_der(&der, &PkiLimits::default()).expect("a certificate")
}

fn forms() -> [Canonicalization; 3] {
    [Canonicalization::exclusive(), Canonicalization::inclusive(), Canonicalization::inclusive_1_1()]
}

fn read(source: &str) -> Document {
    Document::parse(source, &Limits::default()).expect("well formed")
}

fn streamed(source: &[u8], policy: &Policy) -> (Option<Intact>, Vec<u8>) {
    let mut content = Vec::new();
    let intact = verify_stream(&mut Cursor::new(source), &KnownKeys::default(), policy, &mut content);
    (intact.expect("no source fails"), content)
}

#[test]
fn a_stream_and_a_tree_are_signed_alike() {
    let key = key();
    for form in forms() {
        for source in [INVOICE, "<a/>", "<a ></a >", "<a xml:base='u' xmlns:p=\"urn:&quot;'\"><p:b/></a>"] {
            let signer = Signer::new(&key).with_canonicalization(form.clone());
            let insertion = signer.sign_stream(source.as_bytes(), &Limits::default()).expect("signed");
            let mut signed = Vec::new();
            insertion.write(source.as_bytes(), &mut signed).expect("written");
            let expected = signer.sign_in(read(source).root(), &[Signed::Document]).expect("signed");
            assert_eq!(String::from_utf8(signed), String::from_utf8(expected), "{source}");
        }
    }
}

#[test]
fn a_stream_and_a_tree_are_verified_alike() {
    let key = key();
    for form in forms() {
        let signer = Signer::new(&key).with_canonicalization(form).with_certificates(vec![certificate()]).expect("its");
        let mut properties = ElementBuilder::new("urn:sample:properties", "Properties");
        properties.set_attribute("Id", "properties");
        let object = SignedObject {
            content: properties,
            id: "properties".to_owned(),
            kind: "urn:sample",
            prefix: ("p", "urn:sample:properties"),
        };
        let signer = signer.with_object(object);
        let signed = signer.sign_in(read(INVOICE).root(), &[Signed::Document]).expect("signed");
        let tree = verify(signed.clone(), &[], &[], &Policy::default()).expect("intact");
        let (stream, content) = streamed(&signed, &Policy::default());
        let stream = stream.expect("intact");
        assert_eq!((stream.path(), stream.span()), (tree.path(), tree.span()));
        assert_eq!(stream.place(), tree.place());
        assert_eq!(stream.uncovered(), tree.uncovered());
        let told = |intact: &Intact| {
            let covered = intact.covered().iter();
            covered.map(|part| (part.index, part.uri.clone(), part.digest, part.is_whole)).collect::<Vec<_>>()
        };
        assert_eq!(told(&stream), told(&tree));
        let verified = tree.trust(|_| Ok::<_, ()>(())).expect("trusted");
        assert_eq!(verified.contents().next().map(|(_, octets)| octets), Some(content.as_slice()));
    }
}

#[test]
fn a_stream_says_good_or_nothing() {
    let key = key();
    let signed = Signer::new(&key).sign_in(read(INVOICE).root(), &[Signed::Document]).expect("signed");
    let signed = String::from_utf8(signed).expect("UTF-8");
    let is_good = |source: &str| {
        let stream = streamed(source.as_bytes(), &Policy::default()).0.is_some();
        assert_eq!(stream, verify(source, &[], &[], &Policy::default()).is_ok(), "{source}");
        stream
    };
    assert!(is_good(&signed));
    let signature = &signed[signed.find("<ds:Signature ").expect("there")..signed.find("</i:Invoice>").expect("there")];
    for broken in [
        signed.replace("قالی", "گبه"),
        signed.replace("xml:lang='fa'", "xml:lang='en'"),
        signed.replace("<?go now?>", "<?go later?>"),
        signed.replace("</i:Invoice>", &format!("{signature}</i:Invoice>")),
        signed.replace("<Empty xmlns=''/>", ""),
        signed.replace("</i:Invoice>", "<Added/></i:Invoice>"),
        signed.replace("</i:Invoice>", ""),
        signed.replace(signature, ""),
        signed.replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        signed.replace("<ds:DigestValue>", "<ds:DigestValue><!-- -->"),
        signed.replace("URI=\"\"", "URI=\"#whole\""),
        format!("<wrapper>{}</wrapper>", signed.split_once("?>\n").expect("a declaration").1),
        String::new(),
        "http://www.w3.org/2000/09/xmldsig#".to_owned(),
        "<http://www.w3.org/2000/09/xmldsig#".to_owned(),
        INVOICE.to_owned(),
    ] {
        assert!(!is_good(&broken), "{broken}");
    }
    // A signature that is good, but not what the stream can compute.
    let element = Signer::new(&key).sign_in(read(INVOICE).root(), &[Signed::Element { id: "line" }]).expect("signed");
    let policy = Policy { coverage: Coverage::Anything, ..Policy::default() };
    assert!(verify(element.clone(), &[], &[], &policy).is_ok());
    assert!(streamed(&element, &policy).0.is_none());
}

#[test]
fn what_looks_like_the_signature_does_not_decide() {
    let key = key();
    let decoy = "<!-- <Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><SignedInfo/></Signature> -->";
    let source = format!("<a>{decoy}<b/></a>");
    let signed = Signer::new(&key).sign_in(read(&source).root(), &[Signed::Document]).expect("signed");
    assert!(verify(signed.clone(), &[], &[], &Policy::default()).is_ok());
    assert!(streamed(&signed, &Policy::default()).0.is_none());
}

#[test]
fn a_signed_or_broken_document_is_not_signed() {
    let key = key();
    let signed = Signer::new(&key).sign_in(read(INVOICE).root(), &[Signed::Document]).expect("signed");
    let error = Signer::new(&key).sign_stream(signed.as_slice(), &Limits::default()).expect_err("signed already");
    assert!(matches!(error, StreamError::Sign(SignError::AlreadySigned { .. })));
    let error = Signer::new(&key).sign_stream(&b"<a><b></a>"[..], &Limits::default()).expect_err("broken");
    assert!(matches!(error, StreamError::Read(_)));
    let error = Signer::new(&key).sign_stream(&b"<a xmlns='relative'/>"[..], &Limits::default()).expect_err("no form");
    assert!(matches!(error, StreamError::Sign(SignError::Canonicalization(_))));
}
