//! What is asked of a file before anything is handed out.

use karvan_edifact::ReadOptions;
use karvan_pki::Legacy;

/// What is asked of a file before anything is handed out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// What must be covered.
    pub coverage: Coverage,
    /// What is weak and believed all the same.
    pub legacy: Legacy,
    /// How many certificates are tried for one signature at most (`E9241`).
    pub keys: usize,
    /// How many times the octets of a file may be digested (`E9242`): each security group digests what it covers.
    pub passes: u64,
    /// How files are read.
    pub read: ReadOptions,
    /// Limits on the certificates that packages hold.
    pub certificates: karvan_pki::Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            coverage: Coverage::Bodies,
            legacy: Legacy::NONE,
            keys: 16,
            passes: 64,
            read: ReadOptions::default(),
            certificates: karvan_pki::Limits::default(),
        }
    }
}

/// What must be covered by signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// The body of every message and package, those that carry signatures for others (AUTACK) excepted.
    ///
    /// Scopes 1 and 2 leave out the service segments around a body: its type and references can then be changed unseen.
    #[default]
    Bodies,
    /// Every octet of each interchange: what only an AUTACK for the whole interchange does.
    Interchanges,
    /// Whatever the signatures say that they sign. Use only what is handed out, never the file around it.
    Anything,
}
