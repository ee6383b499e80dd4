//! What the crate spends at most on one question.

use std::fmt;

use serde::Serialize;

/// How much is read, tried and computed at most; a limit that is reached ends the work with its name, never with a
/// verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one certificate.
    pub certificate_size: usize,
    /// Octets of the subject or the issuer of a certificate: names are repeated wherever something is told.
    pub name_size: usize,
    /// Certificates in one set.
    pub certificates: usize,
    /// Certificates in one path, the signer's included, the trust anchor not.
    pub path_length: usize,
    /// Certificates considered as the issuer of another one, over all paths.
    pub edges: usize,
    /// Signatures checked; one that was checked before costs nothing.
    pub signature_checks: usize,
    /// Paths tried.
    pub paths: usize,
    /// Comparisons of a name with a name constraint.
    pub name_comparisons: usize,
    /// Nodes and edges of policy graphs, over all paths.
    pub policy_nodes: usize,
    /// Octets of one revocation list or OCSP response.
    pub revocation_size: usize,
    /// Revocation lists and OCSP responses in all.
    pub revocation_items: usize,
    /// Revocation lists and OCSP responses looked at, over all certificates and paths.
    pub revocation_checks: usize,
    /// Authorities behind each other whose lists must be proven to prove a list.
    pub revocation_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            certificate_size: 64 * 1024,
            name_size: 2 * 1024,
            certificates: 100_000,
            path_length: 12,
            edges: 10_000,
            signature_checks: 1_000,
            paths: 1_000,
            name_comparisons: 250_000,
            policy_nodes: 250_000,
            revocation_size: 64 * 1024 * 1024,
            revocation_items: 10_000,
            revocation_checks: 10_000,
            revocation_depth: 8,
        }
    }
}

/// The name of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::certificate_size`].
    CertificateSize,
    /// [`Limits::name_size`].
    NameSize,
    /// [`Limits::certificates`].
    Certificates,
    /// [`Limits::path_length`].
    PathLength,
    /// [`Limits::edges`].
    Edges,
    /// [`Limits::signature_checks`].
    SignatureChecks,
    /// [`Limits::paths`].
    Paths,
    /// [`Limits::name_comparisons`].
    NameComparisons,
    /// [`Limits::policy_nodes`].
    PolicyNodes,
    /// [`Limits::revocation_size`].
    RevocationSize,
    /// [`Limits::revocation_items`].
    RevocationItems,
    /// [`Limits::revocation_checks`].
    RevocationChecks,
    /// [`Limits::revocation_depth`].
    RevocationDepth,
}

impl Limit {
    /// The name that flags, findings and machine output use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CertificateSize => "certificate-size",
            Self::NameSize => "name-size",
            Self::Certificates => "certificates",
            Self::PathLength => "path-length",
            Self::Edges => "edges",
            Self::SignatureChecks => "signature-checks",
            Self::Paths => "paths",
            Self::NameComparisons => "name-comparisons",
            Self::PolicyNodes => "policy-nodes",
            Self::RevocationSize => "revocation-size",
            Self::RevocationItems => "revocation-items",
            Self::RevocationChecks => "revocation-checks",
            Self::RevocationDepth => "revocation-depth",
        }
    }

    /// Its value in `limits`.
    #[must_use]
    pub const fn value(self, limits: &Limits) -> usize {
        match self {
            Self::CertificateSize => limits.certificate_size,
            Self::NameSize => limits.name_size,
            Self::Certificates => limits.certificates,
            Self::PathLength => limits.path_length,
            Self::Edges => limits.edges,
            Self::SignatureChecks => limits.signature_checks,
            Self::Paths => limits.paths,
            Self::NameComparisons => limits.name_comparisons,
            Self::PolicyNodes => limits.policy_nodes,
            Self::RevocationSize => limits.revocation_size,
            Self::RevocationItems => limits.revocation_items,
            Self::RevocationChecks => limits.revocation_checks,
            Self::RevocationDepth => limits.revocation_depth,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much of a limit is left.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Limit,
    most: usize,
    left: usize,
}

impl Budget {
    /// The whole of `limit`, which is `most`.
    pub(crate) const fn new(limit: Limit, most: usize) -> Self {
        Self { limit, most, left: most }
    }

    /// Takes one.
    pub(crate) fn spend(&mut self) -> Result<(), Limit> {
        self.left = self.left.checked_sub(1).ok_or(self.limit)?;
        Ok(())
    }

    /// How much was taken.
    pub(crate) const fn spent(&self) -> usize {
        self.most - self.left
    }
}
