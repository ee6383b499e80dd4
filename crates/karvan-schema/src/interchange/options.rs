//! What a validator is asked, and what it answers beside its findings.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use karvan_edifact::{Component, MessageHeader};

use super::finding::{bounded, shown};
use super::references::References;
use crate::profile::Profile;

/// How deep a validator looks; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Envelope, counts, references, character repertoire, service segments.
    Syntax,
    /// Messages: segment groups, segments, data elements, formats.
    Structure,
    /// Code values.
    #[default]
    Codes,
}

/// What a validator is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// How deep to look.
    pub depth: Depth,
    /// Read every message as of this type, whatever its UNH says.
    pub read_as: Option<MessageType>,
    /// How many references of one interchange are compared, and how many interchanges of one file.
    pub reference_limit: usize,
    /// Whether to say why segments stand where they do, where their message has several places for them.
    pub explain_structure: bool,
    /// Profiles, of which each message is checked against the one that is for it.
    pub profiles: Vec<Arc<Profile>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            depth: Depth::default(),
            read_as: None,
            reference_limit: References::LIMIT,
            explain_structure: false,
            profiles: Vec::new(),
        }
    }
}

/// The type of a message: message identifier S009 of UNH.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType {
    /// Message type (0065): `INVOIC`.
    pub name: String,
    /// Message version number (0052): `D`.
    pub version: String,
    /// Message release number (0054): `96A`.
    pub release: String,
    /// Controlling agency (0051): `UN`.
    pub agency: String,
    /// Association assigned code (0057): `EAN008`; empty where there is none.
    pub association: String,
    /// Code list directory version (0110, syntax version 4): `16B` where codes are those of D.16B, whatever the release
    /// of the message; empty where there is none.
    pub code_list: String,
}

impl MessageType {
    /// The type that UNH or UIH declares.
    pub(super) fn declared(header: &MessageHeader<'_>) -> Self {
        let text = |component: Component<'_>| shown(bounded(&component.unescaped()));
        Self {
            name: text(header.message_type()),
            version: text(header.version()),
            release: text(header.release()),
            agency: text(header.agency()),
            association: text(header.association()),
            code_list: text(header.code_list_version()),
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.name, self.version, self.release)
    }
}

/// What a validator has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Interchanges, with or without UNB.
    pub interchanges: u64,
    /// Functional groups.
    pub groups: u64,
    /// Messages.
    pub messages: u64,
    /// Packages.
    pub packages: u64,
    /// Status reports of interactive interchanges (UIR).
    pub status_reports: u64,
    /// Segments.
    pub segments: u64,
    /// Messages by type; beyond [`Counts::TYPES`] types, further ones are counted together as the type without a name.
    pub types: BTreeMap<MessageType, u64>,
}

impl Counts {
    /// How many types of messages are counted each for itself.
    pub const TYPES: usize = 1024;

    /// Counts a message of this type.
    pub(super) fn message(&mut self, kind: &MessageType) {
        self.messages += 1;
        if let Some(count) = self.types.get_mut(kind) {
            *count += 1;
            return;
        }
        let kind = if self.types.len() < Self::TYPES { kind.clone() } else { MessageType::default() };
        *self.types.entry(kind).or_default() += 1;
    }
}
