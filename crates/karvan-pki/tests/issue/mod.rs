//! A certification authority for tests: certificates of any shape, right or wrong, signed with Ed25519.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::sync::Arc;

use karvan_pki::{Certificate, CertificateSet, Limits, Options, Sourced, TrustStore, Verdict, find_paths};
use ring::signature::{Ed25519KeyPair, KeyPair};

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

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
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
    seed: [u8; 32],
}

impl Entity {
    /// The key follows from the name.
    pub(crate) fn new(name: &str) -> Self {
        Self::with_key(name, name)
    }

    /// The key follows from `key`.
    pub(crate) fn with_key(name: &str, key: &str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
        Self { name: name.to_owned(), seed: digest.as_ref().try_into().unwrap() }
    }

    fn key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).unwrap()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key().sign(message).as_ref().to_vec()
    }

    fn spki(&self) -> Vec<u8> {
        let algorithm = sequence(&[tlv(0x06, b"\x2b\x65\x70")]);
        sequence(&[algorithm, tlv(0x03, &[&[0], self.key().public_key().as_ref()].concat())])
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
        let algorithm = sequence(&[tlv(0x06, b"\x2b\x65\x70")]);
        let mut fields = Vec::new();
        if self.version > 1 {
            fields.push(tlv(0xa0, &tlv(0x02, &[self.version - 1])));
        }
        fields.extend([
            tlv(0x02, &self.serial),
            algorithm.clone(),
            name(&self.issuer.name),
            sequence(&[tlv(0x18, self.from.as_bytes()), tlv(0x18, self.until.as_bytes())]),
            name(&self.subject.name),
            self.subject.spki(),
        ]);
        if !self.extensions.is_empty() {
            fields.push(tlv(0xa3, &sequence(&self.extensions)));
        }
        let signed = sequence(&fields);
        let signature = self.issuer.key().sign(&signed);
        sequence(&[signed, algorithm, tlv(0x03, &[&[0], signature.as_ref()].concat())])
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
