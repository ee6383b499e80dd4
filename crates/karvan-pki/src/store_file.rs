//! The table that may lie in the folder of a trust store: what each of its anchors is trusted for (RFC 5937).
//!
//! ```toml
//! [[anchor]]
//! fingerprint = "sha256:…"
//! permitted = ["directory:C=TR"]
//! path-length = 1
//! policies = ["1.3.6.1.4.1.32473.792.1"]
//! until = "2030-01-01T00:00:00Z"
//! ```

use jiff::Timestamp;
use karvan_text::{Code, Diagnostic, Message, Place};
use serde::Deserialize;

use crate::{AnchorConstraints, Fingerprint, GeneralSubtree, NameConstraints, ObjectIdentifierText, TrustStore};

/// Constraints of anchors, by their fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreFile {
    #[serde(default, rename = "anchor")]
    anchors: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    fingerprint: Fingerprint,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    path_length: Option<u64>,
    #[serde(default)]
    permitted: Vec<Subtree>,
    #[serde(default)]
    excluded: Vec<Subtree>,
    policies: Option<Vec<ObjectIdentifierText>>,
    purposes: Option<Vec<ObjectIdentifierText>>,
    #[serde(default)]
    require_explicit_policy: bool,
    #[serde(default)]
    inhibit_policy_mapping: bool,
    #[serde(default)]
    inhibit_any_policy: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Subtree(GeneralSubtree);

impl TryFrom<String> for Subtree {
    type Error = crate::NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        GeneralSubtree::from_text(&text).map(Self)
    }
}

impl StoreFile {
    /// Whether `octets` look like such a table rather than certificates.
    #[must_use]
    pub fn is_one(octets: &[u8]) -> bool {
        let table = || std::str::from_utf8(octets).is_ok_and(|text| text.contains("[[anchor]]"));
        !crate::pem::is_pem(octets) && table()
    }

    /// Reads the table from TOML.
    ///
    /// # Errors
    /// What is not such a table, with line and column.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Constrains the anchors of `store`. What names none of them is a finding.
    pub fn apply(&self, store: &mut TrustStore) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for row in &self.anchors {
            let anchors = store.anchors().iter().map(|anchor| anchor.certificate.clone());
            let named: Vec<_> = anchors.filter(|anchor| row.fingerprint.is_of(anchor)).collect();
            if named.is_empty() {
                let message =
                    Message::new("store-no-such-anchor").with("fingerprint", format!("{:?}", row.fingerprint));
                findings.push(Diagnostic::new(Code::warning(7231), message, Place::default()).rule("RFC 5937"));
            }
            for anchor in named {
                store.constrain(&anchor, row.constraints());
            }
        }
        findings
    }
}

impl Row {
    fn constraints(&self) -> AnchorConstraints {
        let trees = |list: &[Subtree]| list.iter().map(|tree| tree.0.clone()).collect::<Vec<_>>();
        let names = NameConstraints { permitted: trees(&self.permitted), excluded: trees(&self.excluded) };
        let identifiers = |list: &[ObjectIdentifierText]| list.iter().map(|one| one.0).collect::<Vec<_>>();
        AnchorConstraints {
            policies: self.policies.as_deref().map(|list| identifiers(list).into_iter().collect()),
            require_explicit_policy: self.require_explicit_policy,
            inhibit_policy_mapping: self.inhibit_policy_mapping,
            inhibit_any_policy: self.inhibit_any_policy,
            names: (names != NameConstraints::default()).then_some(names),
            path_length: self.path_length,
            extended_key_usage: self.purposes.as_deref().map(identifiers),
            not_before: self.from,
            not_after: self.until,
        }
    }
}
