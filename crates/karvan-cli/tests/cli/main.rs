//! The command line as its users meet it: one module per verb, each runs the program itself.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod ack;
mod batch;
mod completions;
mod convert;
mod diff;
mod documents;
mod explain;
mod fetch;
mod fmt;
mod formats;
mod forms;
mod import;
mod inputs;
mod inspect;
#[path = "../../../karvan-pki/tests/issue/mod.rs"]
mod issue;
mod jobs;
mod keys;
mod limits;
mod manners;
mod profiles;
mod published;
mod readme;
mod schema;
mod settings;
mod shipment;
mod sign;
mod support;
mod trust;
mod validate;
mod verify;
