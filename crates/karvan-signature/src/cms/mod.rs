//! CMS signatures (RFC 5652) with the attributes of CAdES (ETSI EN 319 122-1).
//!
//! * [`Signer`] signs octets: detached, or in one file with its signatures. What is long streams.
//! * [`verify()`] checks every signature under a [`Policy`]. What it finds good is [`Intact`]; [`Intact::trust`] asks the
//!   caller about the signers and gives [`Verified`], the only way to the content.
//! * [`Armored`] reads the PEM of a signature as it streams.
//!
//! Codes: `E6301` to `E6307` what is wrong, `E9211` to `E9213` limits.

mod algorithm;
mod armor;
pub(crate) mod ber;
mod check;
pub(crate) mod der;
mod long_term;
mod policy;
mod sign;
mod signature;
mod signed_data;
mod structure;
pub(crate) mod time;
mod verify;

pub(crate) use algorithm::{Identifier, Unusable};
pub use armor::Armored;
pub use policy::Policy;
pub use sign::{SignError, Signer};
pub use signature::Signature;
pub(crate) use structure::{issuer_and_serial, place};
pub use verify::{Intact, Verified, VerifyError, verify};
