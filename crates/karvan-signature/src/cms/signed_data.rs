//! Reading `SignedData` (RFC 5652 §5.1) while its content passes by.

use std::io::{self, Read, Write};

use karvan_pki::{Certificate, DigestContext};
use karvan_text::{Code, Diagnostic, Message, Place};

use super::algorithm::Identifier;
use super::ber::{Problem, Source};
use super::der::{INTEGER, OBJECT_IDENTIFIER, ObjectIdentifier, SEQUENCE, SET, Value, context};
use super::long_term::revocation_info;
use super::policy::Policy;
use super::structure::{SIGNED_DATA, SignerInfo, place};
use crate::DigestAlgorithm;

/// `SignedData` as it was read.
pub(super) struct SignedData<S> {
    pub(super) content_type: ObjectIdentifier,
    pub(super) enclosed: bool,
    pub(super) content: Content<S>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) revocation: Vec<Vec<u8>>,
    pub(super) signers: Vec<SignerInfo>,
}

/// Why reading stopped.
pub(super) enum Stopped {
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

pub(super) fn malformed(at: u64, detail: &str) -> Diagnostic {
    let message = Message::new("cms-malformed").with("detail", detail);
    Diagnostic::new(Code::error(6301), message, place(at, at, "SignedData"))
}

/// RFC 5652 §3, §5.1: `ContentInfo` around `SignedData`.
pub(super) fn read<S: Write>(
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
            revocation.push(revocation_info(source.element()?));
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
pub(super) struct Content<S> {
    spool: S,
    digests: Vec<(DigestAlgorithm, DigestContext)>,
    octets: u64,
    /// All of it, as long as it is small.
    whole: Option<Vec<u8>>,
    limit: usize,
}

/// What is known of content that has passed.
pub(super) struct Facts {
    pub(super) digests: Vec<(DigestAlgorithm, Vec<u8>)>,
    pub(super) octets: u64,
    pub(super) whole: Option<Vec<u8>>,
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

    pub(super) fn finish(self) -> (Facts, S) {
        let digests = self.digests.into_iter();
        let digests = digests.map(|(digest, context)| (digest, context.finish().as_ref().to_vec())).collect();
        (Facts { digests, octets: self.octets, whole: self.whole }, self.spool)
    }
}

impl Facts {
    /// Those of octets in memory, digested with whatever is asked for.
    pub(super) fn of(octets: &[u8], digest: DigestAlgorithm) -> Self {
        Self {
            digests: vec![(digest, digest.digest(octets).as_ref().to_vec())],
            octets: octets.len() as u64,
            whole: Some(octets.to_vec()),
        }
    }

    pub(super) fn digest(&self, digest: DigestAlgorithm) -> Option<&[u8]> {
        self.digests.iter().find(|(other, _)| *other == digest).map(|(_, octets)| octets.as_slice())
    }
}
