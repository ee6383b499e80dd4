//! Verifying the security groups of a file, and handing out what they cover and nothing else.

mod autack;
mod coverage;
mod groups;
mod policy;
mod subject;
mod value;

use std::fmt;

use karvan_pki::{Certificate, Digest, DigestAlgorithm, Legacy, PublicKey, SignatureAlgorithm};
use karvan_text::{Code, Diagnostic, Language, Span};

pub(super) use self::coverage::{covered_spans, first_gap};
use self::groups::{Found, Verification};
pub use self::policy::{Coverage, Policy};
use super::code::{Scope, Service};
use super::filter::Filter;
use super::scope::{self, Layout, Stretch};

/// The file with the security groups, and the one that its AUTACK refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The file that is verified.
    pub source: Vec<u8>,
    /// The file that an AUTACK of the first refers to, where it stands in another.
    pub content: Option<Vec<u8>>,
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// [`Files::source`].
    Source,
    /// [`Files::content`].
    Content,
}

/// Why nothing is handed out: one finding at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    findings: Vec<Diagnostic>,
    files: Files,
}

/// Files whose security groups all hold: nothing that they cover was changed since it was secured.
#[derive(Clone, Debug)]
pub struct Intact {
    files: Files,
    signatures: Vec<Signature>,
    unsigned: Vec<Digested>,
    uncovered: Vec<Uncovered>,
    offered: Vec<Certificate>,
}

/// One signature that holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signature {
    /// 0534: its security reference number.
    pub reference: String,
    /// The structure that its groups stand in, `UNB 7 › UNH 1`.
    pub structure: String,
    /// Where its USH stands in the source.
    pub span: Span,
    /// 0501: the service.
    pub service: Service,
    /// 0541: the scope.
    pub scope: Scope,
    /// 0505: the filter of its values.
    pub filter: Filter,
    /// The algorithm, its digest included; Ed25519 signs the digest as a message.
    pub algorithm: SignatureAlgorithm,
    /// The digest.
    pub digest: DigestAlgorithm,
    /// What is weak about it.
    pub legacy: Legacy,
    /// The public key that it verifies with.
    pub key: PublicKey,
    /// The certificate of that key.
    pub certificate: Certificate,
    /// What it covers: what its scope says, then what an AUTACK confirms by digests that the signature covers.
    pub covered: Vec<Digested>,
    /// 0520: the security sequence number.
    pub sequence: String,
    /// S501: date, time and offset from UTC when it was secured, as they stand.
    pub time: [String; 3],
    /// Whether an acknowledgement is asked for (0503).
    pub asks_for_acknowledgement: bool,
}

/// Octets whose digest is what it should be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Digested {
    /// The security reference number (0534) of the header group that says how the digest is made.
    pub reference: String,
    /// The file.
    pub file: Which,
    /// What they belong to, `UNB 7 › UNH 1`.
    pub structure: String,
    /// The scope that was applied.
    pub scope: Scope,
    /// Whether the layout between segments belongs to them.
    pub layout: Layout,
    /// The digest algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest of all of them.
    pub digest: Digest,
    /// Where the octets stand, in order.
    pub spans: Vec<Span>,
}

/// Octets that no signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The file.
    pub file: Which,
    /// Where they stand.
    pub span: Span,
    /// The tags of the first and the last segment there, `UNH … UNT`.
    pub segments: String,
}

/// Content of which it is proven who signed it.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    intact: Intact,
    trust: Vec<T>,
}

/// Verifies all security groups in `files`, with the `known` certificates and those in packages of the source.
///
/// # Errors
/// The findings: every group that does not hold, by its reference, and what the policy asks for and no signature covers.
/// There is no partial acceptance.
pub fn verify(files: Files, known: &[Certificate], policy: &Policy) -> Result<Intact, Rejected> {
    match Verification::new(&files, known, policy).run() {
        Ok(Found { signatures, unsigned, uncovered, offered }) => {
            Ok(Intact { files, signatures, unsigned, uncovered, offered })
        }
        Err(findings) => Err(Rejected { findings, files }),
    }
}

impl Rejected {
    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The findings, to keep.
    #[must_use]
    pub fn into_findings(self) -> Vec<Diagnostic> {
        self.findings
    }

    pub(super) const fn files(&self) -> &Files {
        &self.files
    }

    /// Whether nothing is known to be wrong, and only certificates are missing.
    #[must_use]
    pub fn wants_certificates(&self) -> bool {
        self.findings.iter().all(|finding| finding.code == NO_CERTIFICATE)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", finding.code, finding.message.text(Language::English))?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

impl Intact {
    /// The signatures, in the order of the file; none where digests alone protect it.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The certificates in packages of the source.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered
    }

    /// What only a digest protects: whoever changed it could have made a new one.
    #[must_use]
    pub fn unsigned(&self) -> &[Digested] {
        &self.unsigned
    }

    /// The stretches of octets that something is made of, each with its own digest: what two partners compare where one
    /// of them finds another digest.
    #[must_use]
    pub fn stretches(&self, part: &Digested) -> Vec<Stretch> {
        scope::stretches(self.octets(part.file), &part.spans, part.algorithm)
    }

    /// The octets of a file.
    #[must_use]
    pub fn octets(&self, which: Which) -> &[u8] {
        match which {
            Which::Source => &self.files.source,
            Which::Content => self.files.content.as_deref().unwrap_or_default(),
        }
    }

    pub(super) const fn files(&self) -> &Files {
        &self.files
    }

    /// What no signature covers.
    #[must_use]
    pub fn uncovered(&self) -> &[Uncovered] {
        &self.uncovered
    }

    /// Asks `judge` about every signature and hands out what they cover if it believes them all.
    ///
    /// # Errors
    /// What `judge` says about the first one that it does not believe. Without any signature there is nobody to believe:
    /// the content stays unproven, and empty.
    pub fn trust<T, E>(self, judge: impl FnMut(&Signature) -> Result<T, E>) -> Result<Verified<T>, E> {
        let trust = self.signatures.iter().map(judge).collect::<Result<_, _>>()?;
        Ok(Verified { intact: self, trust })
    }
}

impl<T> Verified<T> {
    /// What was found intact.
    #[must_use]
    pub const fn intact(&self) -> &Intact {
        &self.intact
    }

    /// What the judge said, of each signature.
    pub fn trust(&self) -> &[T] {
        &self.trust
    }

    /// The octets that signatures cover, in the order of the files: of the source, then of the content.
    #[must_use]
    pub fn content(&self) -> Vec<&[u8]> {
        let files =
            [(Which::Source, Some(&self.intact.files.source)), (Which::Content, self.intact.files.content.as_ref())];
        let covered = files.into_iter().filter_map(|(which, octets)| Some((which, octets?)));
        covered
            .flat_map(|(which, octets)| {
                covered_spans(&self.intact.signatures, which).into_iter().map(move |span| span.slice(octets))
            })
            .collect()
    }
}

/// No certificate is at hand that the reference may mean.
const NO_CERTIFICATE: Code = Code::error(6210);
