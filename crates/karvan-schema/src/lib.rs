//! Which trees are allowed: UN/EDIFACT directories and XML grammars packed as data, and the checks that read them.

#![forbid(unsafe_code)]

pub mod codes;
pub mod directory;
pub mod interchange;
pub mod json;
pub mod message;
pub mod profile;
pub mod xml;
