//! XML Signature 1.1: made and verified.

mod key_info;
pub(crate) mod namespaces;
mod policy;
pub(crate) mod reference;
pub(crate) mod sign;
pub(crate) mod structure;
pub(crate) mod verify;

pub use policy::{Coverage, Policy, Position, Selection};
pub use sign::{SignError, Signed, SignedObject, Signer};
pub use verify::{Covered, ExternalFile, Intact, Rejected, SignedBy, Target, Uncovered, Verified, verify};
