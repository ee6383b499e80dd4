//! A certification authority for tests: certificates, revocation lists and OCSP responses of any shape, right or wrong.

#![allow(dead_code, reason = "every test file uses its own part")]

pub(crate) mod evidence;

use std::sync::Arc;

use karvan_pki::{Certificate, CertificateSet, Limits, Options, Sourced, TrustStore, Verdict, find_paths};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

/// The DER of a value.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match length {
        0..=0x7f => bytes.push(u8::try_from(length).unwrap()),
        0x80..=0xff => bytes.extend([0x81, u8::try_from(length).unwrap()]),
        _ => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// The DER of a name, one UTF-8 attribute a part: `C=TR,O=Anka`, the most general part first.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let parts = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (keyword, value) = part.split_once('=').unwrap();
        let kind: &[u8] = match keyword {
            "CN" => b"\x55\x04\x03",
            "C" => b"\x55\x04\x06",
            "O" => b"\x55\x04\x0a",
            "email" => b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01",
            other => panic!("{other}"),
        };
        let tag = if keyword == "email" { 0x16 } else { 0x0c };
        tlv(0x31, &sequence(&[tlv(0x06, kind), tlv(tag, value.as_bytes())]))
    });
    sequence(&parts.collect::<Vec<_>>())
}

/// Somebody with a name and a key.
#[derive(Clone)]
pub(crate) struct Entity {
    pub(crate) name: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Ed25519(Arc<Ed25519KeyPair>),
    Rsa(Arc<RsaKeyPair>),
}

impl Entity {
    /// The key, of Ed25519, follows from the name.
    pub(crate) fn new(name: &str) -> Self {
        Self::with_key(name, name)
    }

    /// The key follows from `key`.
    pub(crate) fn with_key(name: &str, key: &str) -> Self {
        let seed = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
        let key = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).unwrap();
        Self { name: name.to_owned(), key: Key::Ed25519(key.into()) }
    }

    /// With an RSA key, PKCS #8 in PEM.
    pub(crate) fn with_rsa(name: &str, pem: &[u8]) -> Self {
        let der = karvan_pki::pem::blocks(pem).next().unwrap().contents.unwrap();
        Self { name: name.to_owned(), key: Key::Rsa(RsaKeyPair::from_pkcs8(&der).unwrap().into()) }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The contents of the BIT STRING of its key.
    pub(crate) fn public_key(&self) -> &[u8] {
        match &self.key {
            Key::Ed25519(key) => key.public_key().as_ref(),
            Key::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// The `AlgorithmIdentifier` of its signatures.
    fn algorithm(&self) -> Vec<u8> {
        match self.key {
            Key::Ed25519(_) => sequence(&[tlv(0x06, b"\x2b\x65\x70")]),
            Key::Rsa(_) => sequence(&[tlv(0x06, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), tlv(0x05, &[])]),
        }
    }

    /// Its `SubjectPublicKeyInfo`.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let algorithm = match self.key {
            Key::Ed25519(_) => self.algorithm(),
            Key::Rsa(_) => sequence(&[tlv(0x06, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), tlv(0x05, &[])]),
        };
        sequence(&[algorithm, tlv(0x03, &[&[0], self.public_key()].concat())])
    }

    /// `signed`, the algorithm and the signature: what certificates, lists and responses are.
    fn signed(&self, signed: Vec<u8>, rest: &[Vec<u8>]) -> Vec<u8> {
        let signature = tlv(0x03, &[&[0], &self.sign(&signed)[..]].concat());
        sequence(&[&[signed, self.algorithm(), signature][..], rest].concat())
    }
}

/// A certificate to be.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) subject: Entity,
    pub(crate) issuer: Entity,
    pub(crate) version: u8,
    pub(crate) serial: Vec<u8>,
    pub(crate) from: &'static str,
    pub(crate) until: &'static str,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Request {
    /// A certificate of version 3 without any extension.
    pub(crate) fn new(subject: &Entity, issuer: &Entity) -> Self {
        Self {
            subject: subject.clone(),
            issuer: issuer.clone(),
            version: 3,
            serial: vec![1],
            from: "20240101000000Z",
            until: "20370101000000Z",
            extensions: Vec::new(),
        }
    }

    /// One of an authority.
    pub(crate) fn authority(subject: &Entity, issuer: &Entity) -> Self {
        Self::new(subject, issuer).with(basic_constraints(true, None)).with(key_usage(&[0x06]))
    }

    /// One of a signer.
    pub(crate) fn signer(subject: &Entity, issuer: &Entity) -> Self {
        Self::new(subject, issuer).with(key_usage(&[0xc0]))
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn valid(mut self, from: &'static str, until: &'static str) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    pub(crate) fn serial(mut self, serial: u16) -> Self {
        self.serial = [&[1][..], &serial.to_be_bytes()].concat();
        self
    }

    pub(crate) fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        if self.version > 1 {
            fields.push(tlv(0xa0, &tlv(0x02, &[self.version - 1])));
        }
        fields.extend([
            tlv(0x02, &self.serial),
            self.issuer.algorithm(),
            name(&self.issuer.name),
            sequence(&[tlv(0x18, self.from.as_bytes()), tlv(0x18, self.until.as_bytes())]),
            name(&self.subject.name),
            self.subject.spki(),
        ]);
        if !self.extensions.is_empty() {
            fields.push(tlv(0xa3, &sequence(&self.extensions)));
        }
        self.issuer.signed(sequence(&fields), &[])
    }

    pub(crate) fn issue(&self) -> Certificate {
        Certificate::from_der(&self.der(), &Limits::default()).unwrap()
    }
}

/// An extension by the last arc of its identifier under 2.5.29.
pub(crate) fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![tlv(0x06, &[0x55, 0x1d, arc])];
    if critical {
        parts.push(tlv(0x01, &[0xff]));
    }
    parts.push(tlv(0x04, value));
    sequence(&parts)
}

pub(crate) fn basic_constraints(ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let mut parts = Vec::new();
    if ca {
        parts.push(tlv(0x01, &[0xff]));
    }
    parts.extend(path_length.map(|length| tlv(0x02, &[length])));
    extension(19, true, &sequence(&parts))
}

/// `bits`: the octets of the BIT STRING, bit 0 first.
pub(crate) fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension(15, true, &tlv(0x03, &[&[0], bits].concat()))
}

pub(crate) fn extended_key_usage(purposes: &[&[u8]]) -> Vec<u8> {
    let purposes: Vec<_> = purposes.iter().map(|purpose| tlv(0x06, purpose)).collect();
    extension(37, false, &sequence(&purposes))
}

/// `authorityInfoAccess`: `ocsp` or `issuers`, each with its address.
pub(crate) fn access(descriptions: &[(&str, &str)]) -> Vec<u8> {
    let descriptions = descriptions.iter().map(|(method, url)| {
        let method = match *method {
            "ocsp" => 1,
            "issuers" => 2,
            other => panic!("{other}"),
        };
        let method = tlv(0x06, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, method]);
        sequence(&[method, general_name(&format!("uri:{url}"))])
    });
    let kind = tlv(0x06, b"\x2b\x06\x01\x05\x05\x07\x01\x01");
    sequence(&[kind, tlv(0x04, &sequence(&descriptions.collect::<Vec<_>>()))])
}

/// The policies, each by the content octets of its identifier.
pub(crate) fn certificate_policies(policies: &[&[u8]]) -> Vec<u8> {
    let policies: Vec<_> = policies.iter().map(|policy| sequence(&[tlv(0x06, policy)])).collect();
    extension(32, false, &sequence(&policies))
}

/// Pairs of policies, the issuer's and the subject's.
pub(crate) fn policy_mappings(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let pairs: Vec<_> = pairs.iter().map(|(one, other)| sequence(&[tlv(0x06, one), tlv(0x06, other)])).collect();
    extension(33, true, &sequence(&pairs))
}

pub(crate) fn subject_key_identifier(key: &[u8]) -> Vec<u8> {
    extension(14, false, &tlv(0x04, key))
}

pub(crate) fn authority_key_identifier(key: &[u8]) -> Vec<u8> {
    extension(35, false, &sequence(&[tlv(0x80, key)]))
}

/// A general name: `dns:`, `email:`, `uri:`, `directory:`, `ip:` (hexadecimal) or `other:`.
pub(crate) fn general_name(text: &str) -> Vec<u8> {
    let (form, value) = text.split_once(':').unwrap();
    match form {
        "email" => tlv(0x81, value.as_bytes()),
        "dns" => tlv(0x82, value.as_bytes()),
        "uri" => tlv(0x86, value.as_bytes()),
        "directory" => tlv(0xa4, &name(value)),
        "ip" => {
            let octets: Vec<u8> =
                (0..value.len()).step_by(2).map(|at| u8::from_str_radix(&value[at..at + 2], 16).unwrap()).collect();
            tlv(0x87, &octets)
        }
        "other" => tlv(0xa0, &[tlv(0x06, b"\x2a\x03"), tlv(0xa0, &tlv(0x0c, value.as_bytes()))].concat()),
        other => panic!("{other}"),
    }
}

pub(crate) fn alternative_names(names: &[&str]) -> Vec<u8> {
    extension(17, false, &sequence(&names.iter().map(|name| general_name(name)).collect::<Vec<_>>()))
}

pub(crate) fn name_constraints(permitted: &[&str], excluded: &[&str]) -> Vec<u8> {
    let list = |tag, names: &[&str]| {
        let subtrees: Vec<_> = names.iter().map(|name| sequence(&[general_name(name)])).collect();
        if subtrees.is_empty() { Vec::new() } else { tlv(tag, &subtrees.concat()) }
    };
    extension(30, true, &sequence(&[list(0xa0, permitted), list(0xa1, excluded)]))
}

/// A PKCS #7 bag of certificates.
pub(crate) fn pkcs7(certificates: &[Vec<u8>]) -> Vec<u8> {
    let identifier = |last: u8| tlv(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]);
    let signed_data = sequence(&[
        tlv(0x02, &[1]),
        tlv(0x31, &[]),
        sequence(&[identifier(1)]),
        tlv(0xa0, &certificates.concat()),
        tlv(0x31, &[]),
    ]);
    sequence(&[identifier(2), tlv(0xa0, &signed_data)])
}

pub(crate) const NOON: &str = "2026-06-01T12:00:00Z";

pub(crate) fn set(certificates: impl IntoIterator<Item = Certificate>, origin: &str) -> CertificateSet {
    let mut set = CertificateSet::default();
    for certificate in certificates {
        set.insert(certificate, &Arc::from(origin), &Limits::default());
    }
    set
}

/// The verdict on `signer`, with the certificates of `pool` and the anchor `anchor`.
pub(crate) fn judge(signer: Certificate, pool: Vec<Certificate>, anchor: Certificate) -> Verdict {
    judge_with(signer, pool, vec![anchor], &Options::document_signature(NOON.parse().unwrap()))
}

pub(crate) fn judge_with(
    signer: Certificate,
    pool: Vec<Certificate>,
    anchors: Vec<Certificate>,
    options: &Options,
) -> Verdict {
    let signer = Sourced { certificate: Arc::new(signer), origin: Arc::from("signer") };
    find_paths(&signer, &set(pool, "pool"), &TrustStore::new(set(anchors, "anchors")), options)
}

/// The names of the checks that were not passed, over all paths, with the position of the certificate.
pub(crate) fn faults(verdict: &Verdict) -> Vec<(usize, &'static str)> {
    let faults = verdict.rejected.iter().flat_map(|path| &path.rejections);
    faults.map(|fault| (fault.position, fault.check.name())).collect()
}
