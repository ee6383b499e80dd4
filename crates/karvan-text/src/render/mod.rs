//! Findings as text: one file per output format.
//!
//! `human` speaks the reader's language. All others are for machines and are never translated; what they quote of a
//! sentence is English.

pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod sarif;
