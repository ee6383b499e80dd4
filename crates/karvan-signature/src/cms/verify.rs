//! Verifying CMS signatures, and handing out the content they cover and nothing else.

use std::fmt;
use std::io::{self, Read, Write};

use jiff::Timestamp;
use karvan_pki::{Certificate, DigestContext, Legacy, PublicKey, SignatureAlgorithm, SignatureError};
use karvan_text::{Code, Diagnostic, Language, Message, Place};

use super::algorithm::{Identifier, Unusable};
use super::armor::ArmorError;
use super::ber::{Problem, Source};
use super::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, ObjectIdentifier, SEQUENCE, SET, Value, context};
use super::policy::Policy;
use super::structure::{
    ALGORITHM_PROTECTION, Attributes, CONTENT_HINTS, CONTENT_TYPE, COUNTERSIGNATURE, CertificateReference, DATA,
    MESSAGE_DIGEST, SIGNATURE_TIMESTAMP, SIGNED_DATA, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNING_TIME,
    SignerIdentifier, SignerInfo, content_hint, place, protected_algorithms,
};
use super::time;
use crate::DigestAlgorithm;

/// Why nothing is handed out.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyError {
    /// A source or the destination of the content failed.
    Io(io::Error),
    /// The signature is not good, or not one that may be relied on: one finding at least.
    Rejected(Vec<Diagnostic>),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = match self {
            Self::Io(error) => return error.fmt(f),
            Self::Rejected(findings) => findings,
        };
        for (index, finding) in findings.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", finding.code, finding.message.text(Language::English))?;
        }
        Ok(())
    }
}

impl std::error::Error for VerifyError {}

impl From<io::Error> for VerifyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Diagnostic> for VerifyError {
    fn from(finding: Diagnostic) -> Self {
        Self::Rejected(vec![finding])
    }
}

/// Verifies the CMS `SignedData` (RFC 5652) that `source` gives, in DER or BER.
///
/// The content is inside, or, where it is not, given as `detached`. It is written to `content` as it passes; whoever
/// gives that hands it over, and gets it back from [`Intact::trust`] only if every signer is believed. Signers are looked
/// for among the certificates inside and the `known` ones. Memory does not grow with the content.
///
/// # Errors
/// What failed, or the findings: malformed octets, a signature that the policy does not allow, what was changed. Every
/// signer must be found right.
pub fn verify<S: Write>(
    source: impl Read,
    detached: Option<&mut dyn Read>,
    known: &[Certificate],
    policy: &Policy,
    content: S,
) -> Result<Intact<S>, VerifyError> {
    let mut source = Source::new(source, policy.kept);
    let mut problems = Vec::new();
    let read = read(&mut source, detached, policy, content, &mut problems);
    let SignedData { content_type, enclosed, content, certificates, revocation, signers, .. } =
        read.map_err(|problem| match problem {
            Stopped::Problem(Problem::Io(error)) => match error.get_ref().and_then(|error| error.downcast_ref()) {
                Some(ArmorError(detail)) => malformed(0, detail).into(),
                None => VerifyError::Io(error),
            },
            Stopped::Problem(Problem::Malformed { at, detail }) => malformed(at, detail).into(),
            Stopped::Problem(Problem::TooLarge { at }) => {
                let message = Message::new("cms-limit-kept").with("limit", policy.kept);
                Diagnostic::new(Code::error(9211), message, place(at, at, "SignedData")).into()
            }
            Stopped::Finding(finding) => VerifyError::Rejected(vec![*finding]),
        })?;
    let (facts, spool) = content.finish();
    let mut checker = Checker { offered: &certificates, known, policy, left: policy.signers, findings: Vec::new() };
    let mut signatures = Vec::new();
    for signer in &signers {
        signatures.extend(checker.check(signer, &facts, Some(content_type)));
    }
    if signers.is_empty() {
        let message = Message::new("cms-no-signer");
        checker.tell(6301, message, place(0, source.position(), "SignedData/signerInfos"));
    }
    if checker.findings.is_empty() {
        let octets = facts.octets;
        Ok(Intact { signatures, content_type, enclosed, octets, certificates, revocation, problems, content: spool })
    } else {
        Err(VerifyError::Rejected(checker.findings))
    }
}

/// `SignedData` as it was read.
struct SignedData<S> {
    content_type: ObjectIdentifier,
    enclosed: bool,
    content: Content<S>,
    certificates: Vec<Certificate>,
    revocation: Vec<Vec<u8>>,
    signers: Vec<SignerInfo>,
}

/// Why reading stopped.
enum Stopped {
    Problem(Problem),
    Finding(Box<Diagnostic>),
}

impl<P: Into<Problem>> From<P> for Stopped {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

fn stop(code: u16, message: Message, place: Place) -> Stopped {
    Stopped::Finding(Box::new(Diagnostic::new(Code::error(code), message, place)))
}

fn malformed(at: u64, detail: &str) -> Diagnostic {
    let message = Message::new("cms-malformed").with("detail", detail);
    Diagnostic::new(Code::error(6301), message, place(at, at, "SignedData"))
}

/// RFC 5652 §3, §5.1: `ContentInfo` around `SignedData`.
fn read<S: Write>(
    source: &mut Source<impl Read>,
    detached: Option<&mut dyn Read>,
    policy: &Policy,
    spool: S,
    problems: &mut Vec<Diagnostic>,
) -> Result<SignedData<S>, Stopped> {
    source.enter(SEQUENCE)?;
    let kind = object_identifier(source)?;
    if kind != SIGNED_DATA {
        let message = Message::new("cms-not-signed").with("type", kind);
        return Err(stop(6301, message, place(0, source.position(), "ContentInfo/contentType")));
    }
    source.enter(context(0))?;
    source.enter(SEQUENCE)?;
    expect(source, INTEGER)?;

    let at = source.position();
    let digests = expect(source, SET)?;
    let mut content = Content::new(spool, policy.whole);
    for digest in Value::whole(&digests, SET).into_iter().flat_map(Value::parts) {
        let identifier = Identifier::read(digest)
            .ok_or(Problem::Malformed { at, detail: "digestAlgorithms is not a set of algorithms" })?;
        // One that is not known, or no longer good, matters only if a signer uses it.
        if let Ok(digest) = identifier.digest(policy.legacy) {
            content.add(digest);
        }
    }

    let at = source.position();
    source.enter(SEQUENCE)?;
    let content_type = object_identifier(source)?;
    let here = place(at, source.position(), "SignedData/encapContentInfo");
    if content_type != policy.content_type {
        let message =
            Message::new("cms-content-type").with("expected", policy.content_type).with("found", content_type);
        return Err(stop(6302, message, here));
    }
    let enclosed = source.peek()? == Some(context(0));
    let has_detached = detached.is_some();
    match (enclosed, detached) {
        (true, None) => {
            source.enter(context(0))?;
            source.octets(&mut |piece| Ok(content.update(piece)?))?;
            source.leave()?;
        }
        (false, Some(detached)) => {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match detached.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(read) => content.update(&buffer[..read])?,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        (true, Some(_)) => return Err(stop(6307, Message::new("cms-content-twice"), here.clone())),
        // Told only if somebody signed: files of certificates alone have no content either.
        (false, None) => {}
    }
    let missing = !enclosed && !has_detached;
    source.leave()?;

    let mut certificates = Vec::new();
    if source.peek()? == Some(context(0)) {
        source.enter(context(0))?;
        while let Some(tag) = source.peek()? {
            let start = source.position();
            let element = source.element()?;
            // Attribute certificates and others (RFC 5652 §10.2.2) are passed over.
            if tag != SEQUENCE {
                continue;
            }
            match Certificate::from_der(&element, &policy.certificates) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => {
                    let message = Message::new("cms-certificate").with("detail", error);
                    let place = place(start, source.position(), "SignedData/certificates");
                    problems.push(Diagnostic::new(Code::warning(6305), message, place));
                }
            }
        }
        source.leave()?;
    }
    let mut revocation = Vec::new();
    if source.peek()? == Some(context(1)) {
        source.enter(context(1))?;
        while source.peek()?.is_some() {
            revocation.push(source.element()?);
        }
        source.leave()?;
    }

    let mut signers = Vec::new();
    source.enter(SET)?;
    while source.peek()?.is_some() {
        let start = source.position();
        if signers.len() >= policy.signers {
            let message = Message::new("cms-limit-signers").with("limit", policy.signers);
            return Err(stop(9212, message, place(start, start, "SignedData/signerInfos")));
        }
        let element = source.element()?;
        let path = format!("SignedData/signerInfos[{}]", signers.len() + 1);
        let here = place(start, source.position(), path);
        let signer = SignerInfo::read(&element, here)
            .ok_or(Problem::Malformed { at: start, detail: "a SignerInfo cannot be read" })?;
        signers.push(signer);
    }
    source.leave()?;
    for _ in 0..3 {
        source.leave()?;
    }
    source.finish()?;
    if missing && !signers.is_empty() {
        let finding = Diagnostic::new(Code::error(6307), Message::new("cms-content-missing"), here);
        return Err(Stopped::Finding(Box::new(finding.help(Message::new("help-cms-content")))));
    }
    Ok(SignedData { content_type, enclosed, content, certificates, revocation, signers })
}

fn expect(source: &mut Source<impl Read>, tag: u8) -> Result<Vec<u8>, Problem> {
    let at = source.position();
    if source.peek()? == Some(tag) {
        source.element()
    } else {
        Err(Problem::Malformed { at, detail: "another value is expected here" })
    }
}

fn object_identifier(source: &mut Source<impl Read>) -> Result<ObjectIdentifier, Problem> {
    let at = source.position();
    let element = expect(source, OBJECT_IDENTIFIER)?;
    Value::whole(&element, OBJECT_IDENTIFIER)
        .and_then(Value::object_identifier)
        .ok_or(Problem::Malformed { at, detail: "the object identifier makes no sense" })
}

/// The content as it passes.
struct Content<S> {
    spool: S,
    digests: Vec<(DigestAlgorithm, DigestContext)>,
    octets: u64,
    /// All of it, as long as it is small.
    whole: Option<Vec<u8>>,
    limit: usize,
}

/// What is known of content that has passed.
struct Facts {
    digests: Vec<(DigestAlgorithm, Vec<u8>)>,
    octets: u64,
    whole: Option<Vec<u8>>,
}

impl<S: Write> Content<S> {
    fn new(spool: S, limit: usize) -> Self {
        Self { spool, digests: Vec::new(), octets: 0, whole: Some(Vec::new()), limit }
    }

    fn add(&mut self, digest: DigestAlgorithm) {
        if self.digests.iter().all(|(other, _)| *other != digest) {
            self.digests.push((digest, digest.context()));
        }
    }

    fn update(&mut self, piece: &[u8]) -> io::Result<()> {
        self.octets += piece.len() as u64;
        self.digests.iter_mut().for_each(|(_, context)| context.update(piece));
        match &mut self.whole {
            Some(whole) if whole.len() + piece.len() <= self.limit => whole.extend_from_slice(piece),
            whole => *whole = None,
        }
        self.spool.write_all(piece)
    }

    fn finish(self) -> (Facts, S) {
        let digests = self.digests.into_iter();
        let digests = digests.map(|(digest, context)| (digest, context.finish().as_ref().to_vec())).collect();
        (Facts { digests, octets: self.octets, whole: self.whole }, self.spool)
    }
}

impl Facts {
    /// Those of octets in memory, digested with whatever is asked for.
    fn of(octets: &[u8], digest: DigestAlgorithm) -> Self {
        Self {
            digests: vec![(digest, digest.digest(octets).as_ref().to_vec())],
            octets: octets.len() as u64,
            whole: Some(octets.to_vec()),
        }
    }

    fn digest(&self, digest: DigestAlgorithm) -> Option<&[u8]> {
        self.digests.iter().find(|(other, _)| *other == digest).map(|(_, octets)| octets.as_slice())
    }
}

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
struct Checker<'c> {
    offered: &'c [Certificate],
    known: &'c [Certificate],
    policy: &'c Policy,
    /// Countersigners that may still come.
    left: usize,
    findings: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn tell(&mut self, code: u16, message: Message, place: Place) {
        self.findings.push(Diagnostic::new(Code::error(code), message, place));
    }

    fn unusable(&mut self, unusable: &Unusable, place: Place) {
        self.tell(6306, unusable.message(), place);
    }

    /// Checks one signature over content of this type; a countersignature has none (RFC 5652 §11.4).
    fn check(
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
        let countersignatures = self.check_countersignatures(signer);
        (self.findings.len() == told)
            .then(|| Signature::new(signer, digest, algorithm, certificate, key, countersignatures))
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

/// One signature that verifies, by a key that nobody has looked at yet.
#[derive(Clone, Debug)]
pub struct Signature {
    place: Place,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: DigestAlgorithm,
    certificate: Certificate,
    value: Vec<u8>,
    has_attributes: bool,
    names_certificate: bool,
    signing_time: Option<Timestamp>,
    content_hint: Option<String>,
    timestamps: Vec<Vec<u8>>,
    countersignatures: Vec<Signature>,
}

impl Signature {
    fn new(
        signer: &SignerInfo,
        digest: DigestAlgorithm,
        algorithm: SignatureAlgorithm,
        certificate: Certificate,
        key: PublicKey,
        countersignatures: Vec<Self>,
    ) -> Self {
        let signed = signer.signed.as_ref();
        let single = |kind| signed.and_then(|signed| signed.single(kind).ok().flatten());
        Self {
            place: signer.place.clone(),
            key,
            algorithm,
            digest,
            certificate,
            value: signer.signature.clone(),
            has_attributes: signed.is_some(),
            names_certificate: single(SIGNING_CERTIFICATE_V2).or_else(|| single(SIGNING_CERTIFICATE)).is_some(),
            signing_time: single(SIGNING_TIME).and_then(time::read),
            content_hint: single(CONTENT_HINTS)
                .and_then(content_hint)
                .and_then(|(description, _)| description)
                .map(str::to_owned),
            timestamps: signer.unsigned.values(SIGNATURE_TIMESTAMP).map(|value| value.octets.to_vec()).collect(),
            countersignatures,
        }
    }

    /// Where it stands in the file.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The public key that it verifies with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The signature algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The digest of the content.
    #[must_use]
    pub const fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// What is weak about it, and was allowed.
    #[must_use]
    pub fn legacy(&self) -> Legacy {
        self.algorithm.legacy(self.key.kind()) | self.digest.legacy()
    }

    /// The certificate of that key.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The octets of the signature, which timestamps and countersignatures are over.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Whether attributes are signed with the content.
    #[must_use]
    pub const fn has_attributes(&self) -> bool {
        self.has_attributes
    }

    /// Whether the signer's certificate is named in what is signed (`signingCertificateV2`, or the older
    /// `signingCertificate`), as CAdES-BES asks
    /// (ETSI EN 319 122-1 §6.3).
    #[must_use]
    pub const fn names_certificate(&self) -> bool {
        self.names_certificate
    }

    /// When it was made, as the signer claims.
    #[must_use]
    pub const fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    /// What the content is, in the words of the signer (RFC 2634 §2.9).
    #[must_use]
    pub fn content_hint(&self) -> Option<&str> {
        self.content_hint.as_deref()
    }

    /// Timestamps over the signature (RFC 3161 appendix A), each the DER of a token, not yet verified.
    #[must_use]
    pub fn timestamps(&self) -> &[Vec<u8>] {
        &self.timestamps
    }

    /// Signatures over this signature, which verify.
    #[must_use]
    pub fn countersignatures(&self) -> &[Self] {
        &self.countersignatures
    }
}

/// Signatures that verify, by keys that nobody has looked at yet.
///
/// It tells who signed; the content comes out only through [`Self::trust`].
#[derive(Clone, Debug)]
#[must_use = "nothing is trusted yet"]
pub struct Intact<S> {
    signatures: Vec<Signature>,
    content_type: ObjectIdentifier,
    enclosed: bool,
    octets: u64,
    certificates: Vec<Certificate>,
    revocation: Vec<Vec<u8>>,
    problems: Vec<Diagnostic>,
    content: S,
}

impl<S> Intact<S> {
    /// The signatures, one at least.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The type of the content.
    #[must_use]
    pub const fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// Whether the content is inside.
    #[must_use]
    pub const fn is_enclosed(&self) -> bool {
        self.enclosed
    }

    /// How many octets are signed.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The certificates inside, for building paths.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What is inside about revocation, each in DER: lists, and others as RFC 5652 §10.2.1 has them.
    #[must_use]
    pub fn revocation(&self) -> &[Vec<u8>] {
        &self.revocation
    }

    /// What is wrong with what no signature depends on: certificates that cannot be read.
    #[must_use]
    pub fn problems(&self) -> &[Diagnostic] {
        &self.problems
    }

    /// Hands the content out if `judge` believes every signer, together with what made it believe.
    ///
    /// # Errors
    /// The first reason of `judge` not to believe.
    pub fn trust<T, E>(self, judge: impl FnMut(&Signature) -> Result<T, E>) -> Result<Verified<T, S>, E> {
        let trust = self.signatures.iter().map(judge).collect::<Result<_, _>>()?;
        Ok(Verified { trust, content: self.content })
    }
}

/// Content of which it is proven who signed it.
#[derive(Clone, Debug)]
pub struct Verified<T, S> {
    trust: Vec<T>,
    content: S,
}

impl<T, S> Verified<T, S> {
    /// What made the caller believe each signer, in the order of the signatures.
    #[must_use]
    pub fn trust(&self) -> &[T] {
        &self.trust
    }

    /// What the content was written to.
    #[must_use]
    pub const fn content(&self) -> &S {
        &self.content
    }

    /// What the content was written to, to keep.
    #[must_use]
    pub fn into_content(self) -> S {
        self.content
    }
}
