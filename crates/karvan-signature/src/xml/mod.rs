//! XML Signature 1.1: made and verified.

mod coverage;
mod key_info;
mod keys;
mod method;
pub(crate) mod namespaces;
mod policy;
pub(crate) mod reference;
mod relationships;
pub(crate) mod sign;
mod stream;
pub(crate) mod structure;
mod transforms;
pub(crate) mod verify;

pub use keys::{KnownKeys, SignedBy};
pub use method::SignatureMethod;
pub use policy::{Coverage, Policy, Position, Selection};
pub use sign::{SignError, Signed, SignedObject, Signer};
pub use stream::{Insertion, StreamError, verify_stream};
pub use verify::{Covered, ExternalFile, Intact, Rejected, Target, Uncovered, Verified, verify, verify_with};
