//! EDIFACT messages against their directory: segment groups and findings.

pub mod arrange;
pub mod choice;
pub(crate) mod codes;
pub mod content;
pub(crate) mod dependencies;
pub mod example;
pub(crate) mod machine;
mod outline;
pub mod rules;
pub mod table;
