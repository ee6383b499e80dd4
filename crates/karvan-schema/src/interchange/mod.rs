//! An interchange against the standard: envelope, counts and references (ISO 9735-1 §7), the messages in it against
//! their directory.
//!
//! The [`Validator`] is fed the segments of a file as they are read and keeps nothing of what has passed but counts and
//! references, so its memory does not grow with the interchange.

mod body;
mod definitions;
mod envelope;
pub(crate) mod finding;
mod level;
mod open;
mod options;
mod references;
mod security;

pub use body::directory_of;
pub use definitions::Definitions;
pub use envelope::Validator;
pub use options::{Counts, Depth, MessageType, Options};
pub use references::{References, Remembered};
