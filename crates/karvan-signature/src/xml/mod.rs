//! XML Signature 1.1: made and verified.

mod key_info;
mod namespaces;
mod policy;
mod reference;
mod sign;
mod structure;
mod verify;

pub use policy::{Coverage, Policy, Position, Selection};
pub use sign::{SignError, Signed, SignedObject, Signer};
pub use verify::{Covered, ExternalFile, Intact, Rejected, SignedBy, Target, Uncovered, Verified, verify};
