//! Verifying CMS signatures, and handing out the content they cover and nothing else.

use std::fmt;
use std::io::{self, Read, Write};

use karvan_pki::Certificate;
use karvan_text::{Code, Diagnostic, Language, Message};

use super::armor::ArmorError;
use super::ber::{Problem, Source};
use super::check::Checker;
use super::der::ObjectIdentifier;
use super::policy::Policy;
use super::signature::Signature;
use super::signed_data::{SignedData, Stopped, malformed, read};
use super::structure::place;

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
    let mut checker = Checker {
        offered: &certificates,
        revocation: &revocation,
        known,
        policy,
        left: policy.signers,
        findings: Vec::new(),
    };
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
