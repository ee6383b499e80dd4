//! EDIFACT messages against their directory: segment groups and findings.

pub mod arrange;
pub mod choice;
mod codes;
pub mod content;
mod dependencies;
pub mod example;
mod machine;
mod outline;
pub mod rules;
pub mod table;
pub mod tree;
