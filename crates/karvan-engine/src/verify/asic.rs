//! Verifying a signed container, and whom its signatures can be trusted to come from.

use std::io::{self, Read, Seek};

use jiff::Timestamp;
use karvan_signature::Coverage;
use karvan_signature::asic::{self, ContainerSignature, EXTENDED, SIMPLE};
use karvan_signature::cms::VerifyError;
use karvan_text::{Code, Diagnostic, Message, Place};

use super::cms::{Attributes, Judge, Signer, Verification};
use super::{CoveredPart, Part, Report};
use crate::trust::Material;

pub use karvan_signature::asic::{Policy, VerifiedContainer};

/// How many octets from the beginning tell a container.
pub const HEAD: usize = 38 + EXTENDED.len();

/// Whether `head`, the beginning of a file, is that of a container (EN 319 162-1 annex A.1).
#[must_use]
pub fn begins(head: &[u8]) -> bool {
    let name = head.get(30..38) == Some(b"mimetype");
    let content = head.get(38..).unwrap_or_default();
    head.starts_with(b"PK\x03\x04")
        && name
        && [EXTENDED, SIMPLE].iter().any(|kind| content.starts_with(kind.as_bytes()))
}

/// Verifies all signatures of the container `source`, and looks for the paths from their signers to a trust anchor of
/// `material` at the time `at`.
///
/// The covered files come from [`Verification::into_content`], if every signer is trusted. A file that no signature covers is
/// a finding, `E6324`, unless [`Coverage::Anything`] is enough.
///
/// # Errors
/// Reading failed.
pub fn verify<R: Read + Seek>(
    source: R,
    material: &Material,
    policy: &Policy,
    at: Timestamp,
) -> io::Result<Verification<VerifiedContainer<(), R>>> {
    let mut policy = policy.clone();
    policy.cms.certificates = material.limits().clone();
    policy.xml.certificates = material.limits().clone();
    let intact = match asic::verify(source, &material.certificates(), &policy) {
        Ok(intact) => intact,
        Err(VerifyError::Io(error)) => return Err(error),
        Err(VerifyError::Rejected(findings)) => return Ok(Verification::rejected(findings)),
        Err(other) => return Err(io::Error::other(other)),
    };
    let uncovered: Vec<_> = intact.uncovered().iter().filter(|name| !name.starts_with("META-INF/")).collect();
    if !uncovered.is_empty() && !matches!(policy.xml.coverage, Coverage::Anything) {
        return Ok(Verification::rejected(uncovered.into_iter().map(|name| not_covered(name)).collect()));
    }
    let mut judge = Judge::new(material, &policy.cms, at);
    let signers: Vec<_> = intact.signatures().iter().map(|signature| signer(signature, &mut judge)).collect();
    let uncovered = intact.uncovered().iter().map(|name| Part { path: name.clone(), span: None }).collect();
    judge.require_anchors(None);
    let trusted = judge.trusts(&signers);
    let content = if trusted { intact.trust(|_| Ok::<_, ()>(())).ok() } else { None };
    Ok(Verification::new(signers, judge.into_findings(), content).with_uncovered(uncovered))
}

fn not_covered(name: &str) -> Diagnostic {
    let place = Place { path: name.to_owned(), ..Place::default() };
    let finding = Diagnostic::new(Code::error(6324), Message::new("asic-not-covered").with("file", name), place);
    finding.help(Message::new("help-asic-not-covered"))
}

fn signer(signature: &ContainerSignature, judge: &mut Judge<'_>) -> Signer {
    let mut signer = match signature.cms() {
        Some(cms) => judge.signer(cms, signature.offered()),
        None => Signer {
            report: Report {
                signature: String::new(),
                algorithm: signature.algorithm().to_string(),
                key: signature.key().kind().to_string(),
                legacy: Vec::new(),
                signer: signature.certificate().map(|certificate| certificate.subject().to_string()),
                covered: Vec::new(),
                uncovered: Vec::new(),
                properties: None,
                notes: Vec::new(),
            },
            attributes: Attributes::default(),
            verdict: signature.certificate().and_then(|certificate| judge.path(certificate, signature.offered())),
        },
    };
    signature.path().clone_into(&mut signer.report.signature);
    let covered = signature.covered().iter().enumerate().map(|(index, file)| CoveredPart {
        reference: index + 1,
        manifest: None,
        uri: file.name.clone(),
        digest: file.digest.to_string(),
        part: Part { path: file.name.clone(), span: None },
        filtered: false,
    });
    signer.report.covered = covered.collect();
    signer
}
