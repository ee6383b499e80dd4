//! Revocation lists (RFC 5280 §5) and OCSP responses (RFC 6960 §4.2).

use karvan_pki::{Evidence, Limits, OcspResponse, RevocationList};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Entity, extension, general_name, name, sequence, tlv};

/// A revocation list to be.
#[derive(Clone)]
pub(crate) struct List {
    issuer: Entity,
    from: &'static str,
    until: Option<&'static str>,
    entries: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
}

impl List {
    /// A list of nobody, made on the first of May and good until the first of July 2026.
    pub(crate) fn new(issuer: &Entity, number: u8) -> Self {
        let number = extension(20, false, &tlv(0x02, &[number]));
        let (from, until) = ("20260501000000Z", Some("20260701000000Z"));
        Self { issuer: issuer.clone(), from, until, entries: Vec::new(), extensions: vec![number] }
    }

    pub(crate) fn made(mut self, from: &'static str, until: Option<&'static str>) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    /// It continues the list of that number.
    pub(crate) fn delta(self, base: u8) -> Self {
        self.with(extension(27, true, &tlv(0x02, &[base])))
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Lists the certificate with the serial number of [`Request::serial`](super::Request::serial), revoked in March 2026.
    pub(crate) fn revoke(self, serial: u16, extensions: &[Vec<u8>]) -> Self {
        self.revoke_on(serial, "20260301000000Z", extensions)
    }

    pub(crate) fn revoke_on(mut self, serial: u16, date: &str, extensions: &[Vec<u8>]) -> Self {
        let serial = [&[1][..], &serial.to_be_bytes()].concat();
        let mut fields = vec![tlv(0x02, &serial), tlv(0x18, date.as_bytes())];
        if !extensions.is_empty() {
            fields.push(sequence(extensions));
        }
        self.entries.push(sequence(&fields));
        self
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut fields =
            vec![tlv(0x02, &[1]), self.issuer.algorithm(), name(&self.issuer.name), tlv(0x18, self.from.as_bytes())];
        fields.extend(self.until.map(|until| tlv(0x18, until.as_bytes())));
        if !self.entries.is_empty() {
            fields.push(sequence(&self.entries));
        }
        if !self.extensions.is_empty() {
            fields.push(tlv(0xa0, &sequence(&self.extensions)));
        }
        self.issuer.signed(sequence(&fields), &[])
    }

    pub(crate) fn issue(&self) -> RevocationList {
        RevocationList::from_der(&self.der(), &Limits::default()).unwrap()
    }
}

/// `reasonCode` of an entry.
pub(crate) fn reason(code: u8) -> Vec<u8> {
    extension(21, false, &tlv(0x0a, &[code]))
}

/// `invalidityDate` of an entry.
pub(crate) fn invalid_since(date: &str) -> Vec<u8> {
    extension(24, false, &tlv(0x18, date.as_bytes()))
}

/// `certificateIssuer` of an entry.
pub(crate) fn certificate_issuer(issuer: &Entity) -> Vec<u8> {
    extension(29, true, &sequence(&[general_name(&format!("directory:{}", issuer.name))]))
}

/// `IssuingDistributionPoint`: the name of the list, the reasons (octets of the BIT STRING with the count of unused bits), and
/// whether it is indirect.
pub(crate) fn issuing_distribution_point(url: Option<&str>, reasons: Option<&[u8]>, indirect: bool) -> Vec<u8> {
    let mut fields = Vec::new();
    fields.extend(url.map(|url| tlv(0xa0, &tlv(0xa0, &general_name(&format!("uri:{url}"))))));
    fields.extend(reasons.map(|reasons| tlv(0x83, reasons)));
    fields.extend(indirect.then(|| tlv(0x84, &[0xff])));
    extension(28, true, &sequence(&fields))
}

/// A `DistributionPoint`: its name, its reasons and who signs the list.
#[derive(Clone, Copy, Default)]
pub(crate) struct Point<'p> {
    pub(crate) url: Option<&'p str>,
    pub(crate) reasons: Option<&'p [u8]>,
    pub(crate) issuer: Option<&'p Entity>,
}

/// `CRLDistributionPoints`.
pub(crate) fn distribution_points(points: &[Point<'_>]) -> Vec<u8> {
    let points = points.iter().map(|Point { url, reasons, issuer }| {
        let mut fields = Vec::new();
        fields.extend(url.map(|url| tlv(0xa0, &tlv(0xa0, &general_name(&format!("uri:{url}"))))));
        fields.extend(reasons.map(|reasons| tlv(0x81, reasons)));
        fields.extend(issuer.map(|issuer| tlv(0xa2, &general_name(&format!("directory:{}", issuer.name)))));
        sequence(&fields)
    });
    extension(31, false, &sequence(&points.collect::<Vec<_>>()))
}

/// An OCSP response about one certificate to be.
#[derive(Clone)]
pub(crate) struct Response {
    responder: Entity,
    by_key: bool,
    authority: Entity,
    serial: u16,
    /// `CertStatus`.
    status: Vec<u8>,
    from: &'static str,
    until: Option<&'static str>,
    nonce: Option<Vec<u8>>,
    certificates: Vec<Vec<u8>>,
}

impl Response {
    /// `responder` says that the certificate of `authority` with that serial number is good.
    pub(crate) fn good(responder: &Entity, authority: &Entity, serial: u16) -> Self {
        Self {
            responder: responder.clone(),
            by_key: false,
            authority: authority.clone(),
            serial,
            status: tlv(0x80, &[]),
            from: "20260601000000Z",
            until: Some("20260602000000Z"),
            nonce: None,
            certificates: Vec::new(),
        }
    }

    pub(crate) fn revoked(mut self, date: &str, reason: u8) -> Self {
        let fields = [tlv(0x18, date.as_bytes()), tlv(0xa0, &tlv(0x0a, &[reason]))];
        self.status = tlv(0xa1, &fields.concat());
        self
    }

    pub(crate) fn unknown(mut self) -> Self {
        self.status = tlv(0x82, &[]);
        self
    }

    pub(crate) fn by_key(mut self) -> Self {
        self.by_key = true;
        self
    }

    pub(crate) fn made(mut self, from: &'static str, until: Option<&'static str>) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    pub(crate) fn nonce(mut self, nonce: &[u8]) -> Self {
        self.nonce = Some(nonce.to_vec());
        self
    }

    /// With the certificate of the responder.
    pub(crate) fn with(mut self, certificate: Vec<u8>) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// An `OCSPResponse`.
    pub(crate) fn der(&self) -> Vec<u8> {
        let sha1 = |octets: &[u8]| tlv(0x04, digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref());
        let serial = [&[1][..], &self.serial.to_be_bytes()].concat();
        let identifier = sequence(&[
            sequence(&[tlv(0x06, b"\x2b\x0e\x03\x02\x1a"), tlv(0x05, &[])]),
            sha1(&name(&self.authority.name)),
            sha1(self.authority.public_key()),
            tlv(0x02, &serial),
        ]);
        let mut answer = vec![identifier, self.status.clone(), tlv(0x18, self.from.as_bytes())];
        answer.extend(self.until.map(|until| tlv(0xa0, &tlv(0x18, until.as_bytes()))));
        let responder = match self.by_key {
            true => tlv(0xa2, &sha1(self.responder.public_key())),
            false => tlv(0xa1, &name(&self.responder.name)),
        };
        let mut data = vec![responder, tlv(0x18, self.from.as_bytes()), sequence(&[sequence(&answer)])];
        data.extend(self.nonce.as_ref().map(|nonce| {
            let kind = tlv(0x06, b"\x2b\x06\x01\x05\x05\x07\x30\x01\x02");
            tlv(0xa1, &sequence(&[sequence(&[kind, tlv(0x04, &tlv(0x04, nonce))])]))
        }));
        let certificates = (!self.certificates.is_empty()).then(|| tlv(0xa0, &sequence(&self.certificates)));
        let basic = self.responder.signed(sequence(&data), &Vec::from_iter(certificates));
        let kind = tlv(0x06, b"\x2b\x06\x01\x05\x05\x07\x30\x01\x01");
        let bytes = tlv(0xa0, &sequence(&[kind, tlv(0x04, &basic)]));
        sequence(&[tlv(0x0a, &[0]), bytes])
    }

    pub(crate) fn issue(&self) -> OcspResponse {
        OcspResponse::from_der(&self.der(), &Limits::default()).unwrap()
    }
}

/// `id-kp-OCSPSigning`, for [`extended_key_usage`](super::extended_key_usage).
pub(crate) const OCSP_SIGNING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x09";

/// `id-pkix-ocsp-nocheck`.
pub(crate) fn no_check() -> Vec<u8> {
    sequence(&[tlv(0x06, b"\x2b\x06\x01\x05\x05\x07\x30\x01\x05"), tlv(0x04, &tlv(0x05, &[]))])
}

/// All of it together.
pub(crate) fn evidence(lists: &[List], responses: &[Response]) -> Evidence {
    let limits = Limits::default();
    let mut evidence = Evidence::default();
    lists.iter().for_each(|list| evidence.insert_list(list.issue(), &"lists".into(), &limits));
    responses.iter().for_each(|response| evidence.insert_response(response.issue(), &"responses".into(), &limits));
    evidence
}
