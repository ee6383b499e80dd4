//! The use cases of Karvan as plain functions: validate, convert, sign, verify, look up.
//!
//! Every function takes octets and options and gives back a result with its findings; none of them opens a file, asks
//! the clock or the network. The command line, a service or an editor wire these functions to the world.

#![forbid(unsafe_code)]

pub mod ack;
mod business;
pub mod code_lists;
pub mod convert;
pub mod detect;
pub mod diff;
pub mod documents;
mod encoding;
pub mod explain;
pub mod fmt;
pub mod grammars;
pub mod import;
pub mod inspect;
mod outcome;
pub mod profile;
mod read_as;
mod run;
pub mod schema;
pub mod schema_diff;
pub mod sign;
mod totals;
pub mod trust;
pub mod validate;
pub mod verify;

pub use jiff::Timestamp;
pub use karvan_edifact::{Layout, Repertoire, ServiceCharacters};
pub use karvan_mapping::{Partners, ReadError, Target};
pub use karvan_pki::{
    Graph as TrustGraph, Limits as PathLimits, ObjectIdentifier, PolicyOptions, RevocationMode, Status as TrustStatus,
    Verdict,
};
pub use karvan_schema::directory::{Directories, Import};
pub use karvan_schema::interchange::{Depth, MessageType};
pub use karvan_schema::xml::Grammars;
pub use karvan_signature::xades;
pub use karvan_signature::{Coverage, DigestAlgorithm, Indication, Legacy, Policy as SignaturePolicy};
pub use karvan_text as text;
pub use karvan_xml::Limits as XmlLimits;
pub use read_as::{ReadAs, ReadAsError, read_as};
