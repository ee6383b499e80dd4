//! What a CMS signature may look like to be verified at all.

use karvan_pki::Legacy;

use super::der::ObjectIdentifier;
use super::structure::DATA;

/// What is asked of a CMS signature before anything it signs is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The type that the content must have; `id-data`, plain octets, unless a protocol says otherwise.
    pub content_type: ObjectIdentifier,
    /// Octets that are kept of everything but the content: certificates, revocation lists, attributes (`E9211`).
    pub kept: usize,
    /// Signers and countersigners at most (`E9212`).
    pub signers: usize,
    /// Octets of content that Ed25519 may sign without signed attributes (`E9213`): such a signature is over the content
    /// itself, not over a digest of it, so that it has to be kept whole.
    pub whole: usize,
    /// What is weak and believed all the same.
    pub legacy: Legacy,
    /// Limits on the certificates read.
    pub certificates: karvan_pki::Limits,
}

impl Default for Policy {
    /// Plain octets, 8 MiB beside them, 16 signers, 1 MiB without signed attributes, nothing weak.
    fn default() -> Self {
        Self {
            content_type: DATA,
            kept: 8 << 20,
            signers: 16,
            whole: 1 << 20,
            legacy: Legacy::NONE,
            certificates: karvan_pki::Limits::default(),
        }
    }
}
