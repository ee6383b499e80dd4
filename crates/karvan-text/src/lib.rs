//! Positions in a source, findings, and telling both to a human or a machine.
//!
//! Every other crate of Karvan reports what is wrong with a *document* as a [`Diagnostic`]: a [`Code`], a [`Message`]
//! (an id with arguments, never a finished sentence), a [`Place`], what was expected and what was found, and a help.
//! What keeps the *program* from working is an error type of the crate concerned, not a diagnostic.
//!
//! Sentences live in the [`catalogue`], in English and Persian; a renderer in [`render`] puts both together.

#![forbid(unsafe_code)]

pub mod catalogue;
mod diagnostic;
pub mod explanation;
pub mod render;
mod source;

pub use catalogue::{Language, Message};
pub use diagnostic::{
    Code, DataElementPosition, Diagnostic, Excerpt, Fix, NotACode, Place, Severity, Summary, Unit, Verdict,
};
pub use source::{Locator, Position, Span};
