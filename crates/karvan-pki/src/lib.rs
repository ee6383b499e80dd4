//! Certificates and paths through cross-certificates (RFC 5280, RFC 4158).
//!
//! * [`Certificate`] is one X.509 certificate: its octets exactly as they came, and what they say.
//! * [`CertificateSet`] is what was read from files (PEM, DER, PKCS #7); a [`TrustStore`] is a set whose members are
//!   believed without proof, the trust anchors.
//! * [`find_paths`] finds and validates the paths from a signer's certificate to a trust anchor. Its [`Verdict`] holds the
//!   [`VerifiedPath`], or why each path was rejected, and gives both as findings and as an [`Explanation`].
//! * [`PublicKey::verify`] checks one signature.
//!
//! Not checked yet are the [`Check::NOT_DONE`]: revocation and certificate policies. Every verdict says so.
//!
//! Nothing here reads a file, a clock or the network: octets and the time come from the caller. No input makes this
//! crate panic, and every cost has a limit with a name ([`Limits`]).

#![forbid(unsafe_code)]

mod algorithm;
mod asn1;
mod build;
mod certificate;
mod check;
mod constraints;
mod digest;
mod explain;
mod extensions;
mod general_name;
mod key;
mod legacy;
mod limits;
mod load;
mod name;
pub mod pem;
mod store;
mod validate;
mod verdict;

pub use algorithm::SignatureAlgorithm;
pub use build::{Options, find_paths};
pub use certificate::{Certificate, CertificateError};
pub use check::{Check, Rejection};
pub use der::asn1::ObjectIdentifier;
pub use digest::{Digest, DigestAlgorithm, DigestContext};
pub use explain::{CertificateFacts, Explanation, FoundBy, LimitFacts, NotChecked, PathFacts, RejectionFacts, Role};
pub use extensions::{BasicConstraints, Extensions, GeneralSubtree, KeyUsage, NameConstraints};
pub use general_name::GeneralName;
pub use key::{KeyKind, PublicKey, SignatureError};
pub use legacy::Legacy;
pub use limits::{Limit, Limits};
pub use load::{LoadError, LoadProblem, certificates};
pub use name::Name;
pub use store::{CertificateSet, Sourced, TrustStore};
pub use validate::Purpose;
pub use verdict::{Effort, RejectedPath, Status, Verdict, VerifiedPath};
