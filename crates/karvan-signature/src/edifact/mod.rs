//! EDIFACT security (ISO 9735-5, -6 and -9): security header and trailer groups around messages, packages, groups and
//! interchanges, AUTACK and KEYMAN.
//!
//! * [`Signer`] puts groups around every structure of a [`Level`] while a file goes by, in constant memory.
//! * [`autack`] answers for structures that are sent apart, or acknowledges what was received: an [`Answer`] of a verification.
//! * [`verify()`] checks every group of a file, and what an AUTACK says of another. What it finds good is [`Intact`];
//!   [`Intact::trust`] asks the caller about each signer and gives [`Verified`], the only way to the content.
//!
//! What is covered are octets as they stand: see [`scope`] for which. `docs/edifact-security.md` describes it all for a
//! partner who has another program.

mod answer;
mod attach;
pub mod autack;
mod code;
mod filter;
mod group;
pub mod keyman;
mod record;
mod references;
pub mod scope;
mod sign;
mod structure;
mod verify;

pub use answer::{Answer, Answered};
pub use code::{Algorithm, Scheme, Scope, SecurityError, Service};
pub use filter::Filter;
pub use group::{CertificateReference, Particulars, SecurityHeader};
pub use record::Record;
pub use references::{Referenced, ReferencedValue, Unresolved};
pub use scope::Layout;
pub use sign::{LONGEST_VALUE, Options, SignError, Signer};
pub use structure::{Level, PlacedHeader, PlacedTrailer, Structure, Structures};
pub use verify::{Coverage, Digested, Files, Intact, Policy, Rejected, Signature, Uncovered, Verified, Which, verify};
