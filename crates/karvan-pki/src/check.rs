//! The checks of a path, each by its name, its clause and its code.

use std::fmt;

use karvan_text::{Code, Message};
use serde::{Serialize, Serializer};

/// One check of a path.
///
/// The set is that of RFC 5280 §6.1 with what RFC 4158 adds before it (an issuer must be found) and what the use of the
/// signer's key adds after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// A certificate of the issuer is known, so that the path can go on to a trust anchor.
    Issuer,
    /// The signature is that of the issuer's key.
    Signature,
    /// Signature algorithm and key are such that Karvan can verify with them.
    Algorithm,
    /// The time lies in the validity period.
    Validity,
    /// What the path begins with: the inputs of the validation, and the constraints of the trust anchor.
    Initialization,
    /// The certificate was not revoked.
    Revocation,
    /// It is known whether the certificate was revoked.
    RevocationKnown,
    /// The issuer's name is the subject of the certificate before.
    NameChaining,
    /// The names lie in the permitted subtrees.
    PermittedNames,
    /// The names lie in no excluded subtree.
    ExcludedNames,
    /// The certificate policies are acceptable.
    Policies,
    /// No policy is mapped to or from any policy.
    PolicyMappings,
    /// The issuer of another certificate is a certification authority.
    Authority,
    /// No more authorities follow than one before allows.
    PathLength,
    /// An authority's key may sign certificates.
    CertificateSigning,
    /// Every extension marked critical was processed.
    CriticalExtensions,
    /// The signer's key may sign what it signed.
    KeyUsage,
    /// The signer's key is meant for the purpose.
    Purpose,
    /// The trust anchor is trusted for that: the time and the purpose lie within what was said of it.
    AnchorConstraints,
    /// An agreement recognises the foreign authority (asked where a register is given).
    Recognition,
}

impl Check {
    /// Whether a certificate that does not pass may still be good: more evidence could tell.
    #[must_use]
    pub const fn is_doubt(self) -> bool {
        matches!(self, Self::RevocationKnown)
    }

    /// The name that machine output uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// The clause of the standard that asks for it.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        self.facts().1
    }

    /// The code of a finding that it was not passed.
    #[must_use]
    pub const fn code(self) -> Code {
        Code::error(self.facts().2)
    }

    /// The name for people, from the catalogue.
    #[must_use]
    pub fn title(self) -> Message {
        Message::new(self.facts().3)
    }

    /// What to do where it is not passed.
    #[must_use]
    pub fn help(self) -> Message {
        Message::new(self.facts().4)
    }

    /// Name, clause, code, title, help.
    const fn facts(self) -> (&'static str, &'static str, u16, &'static str, &'static str) {
        match self {
            Self::Issuer => ("issuer", "RFC 5280 §6.1 (b)", 7002, "trust-check-issuer", "trust-help-issuer"),
            Self::Signature => {
                ("signature", "RFC 5280 §6.1.3 (a)(1)", 7003, "trust-check-signature", "trust-help-signature")
            }
            Self::Algorithm => {
                ("algorithm", "RFC 5280 §6.1.3 (a)(1)", 7004, "trust-check-algorithm", "trust-help-algorithm")
            }
            Self::Validity => {
                ("validity", "RFC 5280 §6.1.3 (a)(2)", 7005, "trust-check-validity", "trust-help-validity")
            }
            Self::Initialization => {
                ("initialization", "RFC 5280 §6.1.2", 7000, "trust-check-initialization", "trust-help-issuer")
            }
            Self::RevocationKnown => {
                ("revocation-known", "RFC 5280 §6.3.3", 7101, "trust-check-revocation-known", "trust-help-revocation")
            }
            Self::PolicyMappings => {
                ("policy-mappings", "RFC 5280 §6.1.4 (a)", 7017, "trust-check-policy-mappings", "trust-help-policies")
            }
            Self::AnchorConstraints => {
                ("anchor-constraints", "RFC 5937 §3.2", 7018, "trust-check-anchor-constraints", "trust-help-anchor")
            }
            Self::Revocation => {
                ("revocation", "RFC 5280 §6.1.3 (a)(3)", 7006, "trust-check-revocation", "trust-help-revoked")
            }
            Self::NameChaining => {
                ("name-chaining", "RFC 5280 §6.1.3 (a)(4)", 7007, "trust-check-name-chaining", "trust-help-issuer")
            }
            Self::PermittedNames => {
                ("permitted-names", "RFC 5280 §6.1.3 (b)", 7008, "trust-check-permitted-names", "trust-help-names")
            }
            Self::ExcludedNames => {
                ("excluded-names", "RFC 5280 §6.1.3 (c)", 7009, "trust-check-excluded-names", "trust-help-names")
            }
            Self::Policies => {
                ("policies", "RFC 5280 §6.1.3 (d)–(f)", 7010, "trust-check-policies", "trust-help-policies")
            }
            Self::Authority => {
                ("authority", "RFC 5280 §6.1.4 (k)", 7011, "trust-check-authority", "trust-help-authority")
            }
            Self::PathLength => {
                ("path-length", "RFC 5280 §6.1.4 (l)", 7012, "trust-check-path-length", "trust-help-authority")
            }
            Self::CertificateSigning => (
                "certificate-signing",
                "RFC 5280 §6.1.4 (n)",
                7013,
                "trust-check-certificate-signing",
                "trust-help-authority",
            ),
            Self::CriticalExtensions => (
                "critical-extensions",
                "RFC 5280 §6.1.4 (o), §6.1.5 (f)",
                7014,
                "trust-check-critical-extensions",
                "trust-help-critical-extensions",
            ),
            Self::KeyUsage => ("key-usage", "RFC 5280 §4.2.1.3", 7015, "trust-check-key-usage", "trust-help-key-usage"),
            Self::Purpose => ("purpose", "RFC 5280 §4.2.1.12", 7016, "trust-check-purpose", "trust-help-key-usage"),
            Self::Recognition => ("recognition", "Register", 7201, "trust-check-recognition", "trust-help-recognition"),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A check that a certificate of a path did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which certificate: 0 is the signer's, the number of the path's certificates is the trust anchor.
    pub position: usize,
    /// Which check.
    pub check: Check,
    /// What is wrong, as a sentence with the names and values concerned.
    pub message: Message,
    /// What the check asks for.
    pub expected: String,
    /// What the certificate has.
    pub found: String,
}
