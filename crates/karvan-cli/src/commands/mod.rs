//! One file a verb. Each wires its flags to a function of the engine and tells what came of it.

pub(crate) mod ack;
pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod schema;
pub(crate) mod sign;
pub(crate) mod trust;
pub(crate) mod validate;
pub(crate) mod verify;
