//! Certificates and paths through cross-certificates (RFC 5280, RFC 4158).
//!
//! * [`Certificate`] is one X.509 certificate: its octets exactly as they came, and what they say.
//! * [`CertificateSet`] is what was read from files (PEM, DER, PKCS #7); a [`TrustStore`] is a set whose members are
//!   believed without proof, the trust anchors.
//! * [`find_paths`] finds and validates the paths from a signer's certificate to a trust anchor. Its [`Verdict`] holds the
//!   [`VerifiedPath`], or why each path was rejected, and gives both as findings and as an [`Explanation`].
//! * [`PublicKey::verify`] checks one signature.
//!
//! * [`Evidence`] is what there is about revocation: lists ([`RevocationList`]) and OCSP responses ([`OcspResponse`]).
//!
//! Every check of a path is a [`Step`] with what it looked at, so that whoever has a verdict can decide it again.
//!
//! Nothing here reads a file, a clock or the network: octets and the time come from the caller. No input makes this
//! crate panic, and every cost has a limit with a name ([`Limits`]).

#![forbid(unsafe_code)]

mod account;
mod algorithm;
mod anchor;
mod asn1;
mod build;
mod certificate;
mod check;
mod constraints;
mod crl;
mod cross;
mod digest;
mod distribution;
mod encode;
mod evidence;
mod explain;
mod extensions;
mod general_name;
pub mod graph;
mod key;
mod ldif;
mod legacy;
mod limits;
mod load;
mod name;
mod names_written;
mod ocsp;
mod octets;
pub mod pem;
mod policy;
mod register;
mod revocation;
mod session;
mod store;
mod store_file;
mod trace;
mod validate;
mod verdict;
mod wanted;

pub use account::Separation;
pub use algorithm::SignatureAlgorithm;
pub use anchor::AnchorConstraints;
pub use build::{Options, find_paths};
pub use certificate::{Certificate, CertificateError};
pub use check::{Check, Rejection};
pub use crl::{Revocation, RevocationList, RevocationReason};
pub use cross::{
    AnchorFacts, ConstraintFacts, Direction, Draft, DraftError, PairCheck, Reach, ReachedAuthority, StoreCheck, Terms,
    check_pair, check_store, reach,
};
pub use der::asn1::ObjectIdentifier;
pub use digest::{Digest, DigestAlgorithm, DigestContext};
pub use distribution::{DistributionPoint, DistributionPointName, IssuingDistributionPoint, Reasons};
pub use evidence::{Evidence, SourcedEvidence};
pub use explain::{CertificateFacts, Explanation, FoundBy, LimitFacts, NotChecked, PathFacts, RejectionFacts, Role};
pub use extensions::{AccessDescription, BasicConstraints, Extensions, GeneralSubtree, KeyUsage, NameConstraints};
pub use general_name::GeneralName;
pub use graph::Graph;
pub use key::{KeyKind, PublicKey, SignatureError};
pub use legacy::Legacy;
pub use limits::{Limit, Limits};
pub use load::{LoadError, LoadProblem, certificates};
pub use name::Name;
pub use names_written::NameError;
pub use ocsp::{OcspResponse, Responder};
pub use octets::Octets;
pub use policy::{
    ANY_POLICY, CertificatePolicy, PolicyConstraints, PolicyMapping, PolicyOptions, PolicyQualifier, ValidPolicy,
};
pub use register::{
    Agreement, Equivalence, Fingerprint, ObjectIdentifierText, Recognition, Register, RegisterError, Suspension,
};
pub use revocation::{RevocationMode, RevocationOptions};
pub use session::SignatureMemory;
pub use store::{CertificateSet, Sourced, TrustStore};
pub use store_file::StoreFile;
pub use trace::{Fact, Facts, Step, StepResult};
pub use validate::Purpose;
pub use verdict::{Effort, RejectedPath, Status, Verdict, VerifiedPath};
pub use wanted::{Wanted, WantedKind};
