//! Cross-certificates before they are relied on: does a pair fit together, what would a new one let in, and who is
//! reachable through a store.
//!
//! * [`check_pair`] holds the two certificates of a pair against each other.
//! * [`Draft`] makes a cross-certificate that is still to be signed.
//! * [`reach`] lists every foreign authority that the anchors of a store lead to, with what binds it.

mod draft;
mod pair;
mod reach;
mod store;

pub use draft::{Draft, DraftError, Terms};
pub use pair::{Direction, PairCheck, check_pair};
pub use reach::{Reach, ReachedAuthority, reach};
pub use store::{AnchorFacts, ConstraintFacts, StoreCheck, check_store};
