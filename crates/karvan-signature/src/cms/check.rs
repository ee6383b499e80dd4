//! Checking what signers say, and the values of their signatures: RFC 5652 §5.4, §5.6, §11.

use karvan_pki::{Certificate, Legacy, PublicKey, SignatureAlgorithm, SignatureError};
use karvan_text::{Code, Diagnostic, Message, Place};

use super::algorithm::Unusable;
use super::der::{self, INTEGER, OCTET_STRING, ObjectIdentifier, SET, Value};
use super::long_term::{certificate_values, revocation_values};
use super::policy::Policy;
use super::signature::{Carried, Signature};
use super::signed_data::Facts;
use super::structure::{
    ALGORITHM_PROTECTION, Attributes, CERTIFICATE_VALUES, CONTENT_HINTS, CONTENT_TYPE, COUNTERSIGNATURE,
    CertificateReference, DATA, MESSAGE_DIGEST, REVOCATION_VALUES, SIGNATURE_TIMESTAMP, SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2, SIGNING_TIME, SignerIdentifier, SignerInfo, protected_algorithms,
};
use super::time;

/// What a signature is over.
enum Signed {
    /// These octets.
    Octets(Vec<u8>),
    /// Octets with this digest.
    Digest(Vec<u8>),
}

impl Signed {
    fn verify(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
        allowed: Legacy,
    ) -> Result<(), SignatureError> {
        match self {
            Self::Octets(octets) => key.verify_allowing(algorithm, octets, signature, allowed),
            Self::Digest(digest) => key.verify_digest(algorithm, digest, signature, allowed),
        }
    }
}

/// Checks signers one after the other, and collects what is wrong.
pub(super) struct Checker<'c> {
    pub(super) offered: &'c [Certificate],
    /// What `SignedData` tells of revocation.
    pub(super) revocation: &'c [Vec<u8>],
    pub(super) known: &'c [Certificate],
    pub(super) policy: &'c Policy,
    /// Countersigners that may still come.
    pub(super) left: usize,
    pub(super) findings: Vec<Diagnostic>,
}

impl Checker<'_> {
    pub(super) fn tell(&mut self, code: u16, message: Message, place: Place) {
        self.findings.push(Diagnostic::new(Code::error(code), message, place));
    }

    fn unusable(&mut self, unusable: &Unusable, place: Place) {
        self.tell(6306, unusable.message(), place);
    }

    /// Checks one signature over content of this type; a countersignature has none (RFC 5652 §11.4).
    pub(super) fn check(
        &mut self,
        signer: &SignerInfo,
        content: &Facts,
        content_type: Option<ObjectIdentifier>,
    ) -> Option<Signature> {
        let told = self.findings.len();
        let digest = match signer.digest.digest(self.policy.legacy) {
            Ok(digest) => digest,
            Err(unusable) => {
                self.unusable(&unusable, signer.place_of("digestAlgorithm"));
                return None;
            }
        };
        let algorithm = match signer.algorithm.signature(digest) {
            Ok(algorithm) => algorithm,
            Err(unusable) => {
                self.unusable(&unusable, signer.place_of("signatureAlgorithm"));
                return None;
            }
        };
        let Some(value) = content.digest(digest) else {
            let message = Message::new("cms-digest-not-announced").with("digest", digest);
            self.tell(6302, message, signer.place_of("digestAlgorithm"));
            return None;
        };
        let messages = match &signer.signed {
            Some(signed) => {
                self.check_attributes(signer, signed, value, content_type);
                let came = der::value(SET, &[&signed.content]);
                let parts = der::Parts::new(&signed.content).map(|part| part.octets.to_vec()).collect();
                // RFC 5652 §5.4 asks for the order of DER; some sign the order that they write.
                let ordered = der::set_of(SET, parts);
                let octets = if ordered == came { vec![came] } else { vec![came, ordered] };
                octets.into_iter().map(Signed::Octets).collect()
            }
            None => vec![self.message(signer, content, algorithm, value, content_type)?],
        };
        let (certificate, key) = self.check_value(signer, algorithm, &messages)?;
        if let Some(signed) = &signer.signed {
            self.check_signing_certificate(signer, signed, &certificate);
        }
        self.check_unsigned(signer);
        let carried = self.read_carried(signer);
        let countersignatures = self.check_countersignatures(signer);
        (self.findings.len() == told)
            .then(|| Signature::new(signer, digest, algorithm, (certificate, key), carried, countersignatures))
    }

    /// What is signed where there are no signed attributes: the content itself.
    fn message(
        &mut self,
        signer: &SignerInfo,
        content: &Facts,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        content_type: Option<ObjectIdentifier>,
    ) -> Option<Signed> {
        // RFC 5652 §5.3: they may be left out with plain octets only.
        if let Some(other) = content_type.filter(|content_type| *content_type != DATA) {
            let message = Message::new("cms-attributes-required").with("type", other);
            self.tell(6302, message, signer.place_of("signedAttrs"));
            return None;
        }
        let Some(whole) = &content.whole else {
            if algorithm.digest().is_some() {
                return Some(Signed::Digest(digest.to_vec()));
            }
            let message = Message::new("cms-limit-whole").with("limit", self.policy.whole);
            self.tell(9213, message, signer.place.clone());
            return None;
        };
        // What was signed may have been the signed attributes of another signature, which are now shown as content.
        let attributes = Value::whole(whole, SET).and_then(Attributes::read);
        if attributes.is_some_and(|attributes| attributes.kinds().any(|kind| kind == MESSAGE_DIGEST)) {
            self.tell(6302, Message::new("cms-attributes-as-content"), signer.place_of("signedAttrs"));
            return None;
        }
        Some(Signed::Octets(whole.clone()))
    }

    /// RFC 5652 §5.3, §5.6, §11: what signed attributes say of the content.
    fn check_attributes(
        &mut self,
        signer: &SignerInfo,
        signed: &Attributes,
        digest: &[u8],
        content_type: Option<ObjectIdentifier>,
    ) {
        let here = || signer.place_of("signedAttrs");
        let mut seen: Vec<ObjectIdentifier> = Vec::new();
        for kind in signed.kinds() {
            if seen.contains(&kind) {
                self.tell(6302, Message::new("cms-attribute-several").with("name", attribute_name(kind)), here());
            }
            seen.push(kind);
        }
        let single = |kind: ObjectIdentifier| match signed.single(kind) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err("cms-attribute-missing"),
            Err(()) => Err("cms-attribute-several"),
        };
        let mut faults = Vec::new();
        let mut fault = |id, kind| faults.push((6302, Message::new(id).with("name", attribute_name(kind))));
        match (content_type, single(CONTENT_TYPE)) {
            (Some(expected), Ok(value)) => match value.object_identifier() {
                Some(found) if found == expected => {}
                Some(found) => {
                    let message = Message::new("cms-content-type").with("expected", expected).with("found", found);
                    faults.push((6302, message));
                }
                None => fault("cms-attribute-unreadable", CONTENT_TYPE),
            },
            (Some(_), Err(id)) => fault(id, CONTENT_TYPE),
            // RFC 5652 §11.4: a countersignature has no content type.
            (None, Err("cms-attribute-missing")) => {}
            (None, _) => fault("cms-attribute-superfluous", CONTENT_TYPE),
        }
        match single(MESSAGE_DIGEST) {
            Ok(value) if value.tag != OCTET_STRING => {
                faults.push((
                    6302,
                    Message::new("cms-attribute-unreadable").with("name", attribute_name(MESSAGE_DIGEST)),
                ));
            }
            Ok(value) if value.content != digest => faults.push((6303, Message::new("cms-digest"))),
            Ok(_) => {}
            Err(id) => faults.push((6302, Message::new(id).with("name", attribute_name(MESSAGE_DIGEST)))),
        }
        for (kind, readable) in [
            (SIGNING_TIME, (|value| time::read(value).is_some()) as fn(Value<'_>) -> bool),
            (ALGORITHM_PROTECTION, |value| protected_algorithms(value).is_some()),
        ] {
            let id = match signed.single(kind) {
                Ok(Some(value)) if !readable(value) => "cms-attribute-unreadable",
                Ok(_) => continue,
                Err(()) => "cms-attribute-several",
            };
            faults.push((6302, Message::new(id).with("name", attribute_name(kind))));
        }
        if let Ok(Some(value)) = signed.single(ALGORITHM_PROTECTION)
            && let Some((digest, algorithm)) = protected_algorithms(value)
            && (digest.algorithm != signer.digest.algorithm || algorithm != signer.algorithm)
        {
            faults.push((6302, Message::new("cms-protection")));
        }
        for (code, message) in faults {
            self.tell(code, message, here());
        }
    }

    /// Looks for the certificate whose key the signature verifies with.
    fn check_value(
        &mut self,
        signer: &SignerInfo,
        algorithm: SignatureAlgorithm,
        messages: &[Signed],
    ) -> Option<(Certificate, PublicKey)> {
        let mut meant: Vec<&Certificate> = Vec::new();
        for certificate in self.offered.iter().chain(self.known) {
            if signer.signer.is(certificate) && !meant.contains(&certificate) {
                meant.push(certificate);
            }
        }
        let mut unfit = None;
        for certificate in &meant {
            for message in messages {
                match message.verify(certificate.public_key(), algorithm, &signer.signature, self.policy.legacy) {
                    Ok(()) => return Some(((*certificate).clone(), certificate.public_key().clone())),
                    Err(SignatureError::Wrong) => {}
                    Err(error) => unfit = Some(error),
                }
            }
        }
        let finding = match (meant.is_empty(), unfit) {
            (true, _) => {
                let message = Message::new("cms-no-certificate").with("signer", named(&signer.signer));
                Diagnostic::new(Code::error(6305), message, signer.place_of("sid"))
                    .help(Message::new("help-cms-certificate"))
            }
            (false, Some(error)) => {
                let message = Message::new("cms-unfit-key").with("detail", error);
                Diagnostic::new(Code::error(6304), message, signer.place_of("signature"))
            }
            (false, None) => {
                let message = Message::new("cms-value").with("algorithm", algorithm);
                Diagnostic::new(Code::error(6304), message, signer.place_of("signature"))
            }
        };
        self.findings.push(finding);
        None
    }

    /// RFC 5035 §5: the certificate that the signer named is the one that verifies.
    fn check_signing_certificate(&mut self, signer: &SignerInfo, signed: &Attributes, certificate: &Certificate) {
        for kind in [SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE] {
            let fault = match signed.single(kind) {
                Ok(None) => continue,
                Ok(Some(value)) => match CertificateReference::first(kind, value) {
                    Some(reference) if reference.is(certificate) => continue,
                    Some(_) => "cms-signing-certificate",
                    None => "cms-attribute-unreadable",
                },
                Err(()) => "cms-attribute-several",
            };
            let message = Message::new(fault).with("name", attribute_name(kind));
            self.tell(6305, message, signer.place_of("signedAttrs"));
        }
    }

    /// What must be signed and is not (RFC 5652 §11.1 to §11.3, RFC 5035 §3).
    fn check_unsigned(&mut self, signer: &SignerInfo) {
        const SIGNED_ONLY: [ObjectIdentifier; 6] = [
            CONTENT_TYPE,
            MESSAGE_DIGEST,
            SIGNING_TIME,
            SIGNING_CERTIFICATE,
            SIGNING_CERTIFICATE_V2,
            ALGORITHM_PROTECTION,
        ];
        for kind in signer.unsigned.kinds().filter(|kind| SIGNED_ONLY.contains(kind)) {
            let message = Message::new("cms-attribute-unsigned").with("name", attribute_name(kind));
            self.tell(6302, message, signer.place_of("unsignedAttrs"));
        }
    }

    /// The certificates and the revocation data that serve to validate the signature later.
    fn read_carried(&mut self, signer: &SignerInfo) -> Carried {
        let limits = &self.policy.certificates;
        let unreadable = "cms-attribute-unreadable";
        let certificates = match signer.unsigned.single(CERTIFICATE_VALUES) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(value)) => certificate_values(value, limits).ok_or((unreadable, CERTIFICATE_VALUES)),
            Err(()) => Err(("cms-attribute-several", CERTIFICATE_VALUES)),
        };
        let revocation = match signer.unsigned.single(REVOCATION_VALUES) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(value)) => revocation_values(value).ok_or((unreadable, REVOCATION_VALUES)),
            Err(()) => Err(("cms-attribute-several", REVOCATION_VALUES)),
        };
        for (id, kind) in [certificates.as_ref().err(), revocation.as_ref().err()].into_iter().flatten() {
            let message = Message::new(id).with("name", attribute_name(*kind));
            self.tell(6302, message, signer.place_of("unsignedAttrs"));
        }
        let revocation = [self.revocation, &revocation.unwrap_or_default()].concat();
        Carried { certificates: certificates.unwrap_or_default(), revocation }
    }

    fn check_countersignatures(&mut self, signer: &SignerInfo) -> Vec<Signature> {
        let mut signatures = Vec::new();
        for (index, value) in signer.unsigned.values(COUNTERSIGNATURE).enumerate() {
            let place = signer.place_of(&format!("countersignature[{}]", index + 1));
            let Some(left) = self.left.checked_sub(1) else {
                let message = Message::new("cms-limit-signers").with("limit", self.policy.signers);
                self.tell(9212, message, place);
                break;
            };
            self.left = left;
            let Some(countersigner) = SignerInfo::read(value.octets, place.clone()) else {
                let message = Message::new("cms-attribute-unreadable").with("name", attribute_name(COUNTERSIGNATURE));
                self.tell(6302, message, place);
                continue;
            };
            let facts = match countersigner.digest.digest(self.policy.legacy) {
                Ok(digest) => Facts::of(&signer.signature, digest),
                Err(_) => Facts { digests: Vec::new(), octets: 0, whole: None },
            };
            signatures.extend(self.check(&countersigner, &facts, None));
        }
        signatures
    }
}

/// The name of an attribute, as RFC 5652 and its kin write it.
fn attribute_name(kind: ObjectIdentifier) -> String {
    let name = match kind {
        CONTENT_TYPE => "contentType",
        MESSAGE_DIGEST => "messageDigest",
        SIGNING_TIME => "signingTime",
        COUNTERSIGNATURE => "countersignature",
        SIGNING_CERTIFICATE => "signingCertificate",
        SIGNING_CERTIFICATE_V2 => "signingCertificateV2",
        CONTENT_HINTS => "contentHints",
        ALGORITHM_PROTECTION => "CMSAlgorithmProtection",
        SIGNATURE_TIMESTAMP => "signatureTimeStampToken",
        CERTIFICATE_VALUES => "certValues",
        REVOCATION_VALUES => "revocationValues",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// A signer as a message names it, by key identifier or serial number.
fn named(signer: &SignerIdentifier) -> String {
    let (name, octets) = match signer {
        SignerIdentifier::Key(key) => ("subjectKeyIdentifier", key.as_slice()),
        SignerIdentifier::IssuerAndSerial(_, serial) => {
            ("serialNumber", Value::whole(serial, INTEGER).map_or(&[][..], |serial| serial.content))
        }
    };
    octets.iter().fold(format!("{name} "), |text, octet| format!("{text}{octet:02x}"))
}
