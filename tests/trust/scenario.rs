//! The scenarios of this folder, for the tests and for the conformance run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use karvan_pki::pem;
use serde::Deserialize;

/// `scenarios.toml`.
#[derive(Debug, Deserialize)]
pub(crate) struct Table {
    /// Policies by the words that scenarios call them with.
    pub(crate) policies: BTreeMap<String, String>,
    /// The scenarios.
    pub(crate) scenario: Vec<Scenario>,
}

/// One scenario: what is asked, and what follows from the standard.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// `accepted`, `rejected` or `indeterminate`.
    pub(crate) expect: String,
    /// The check that is not passed.
    pub(crate) check: Option<String>,
    /// The certificate that does not pass it, as `issuer/subject`.
    pub(crate) at_certificate: Option<String>,
    /// The clause that the verdict follows from.
    pub(crate) clause: String,
    #[serde(default = "summer")]
    pub(crate) at: String,
    /// The policies that are asked for, by their words.
    #[serde(default)]
    pub(crate) policies: Vec<String>,
    #[serde(default)]
    pub(crate) explicit: bool,
    #[serde(default)]
    pub(crate) inhibit_mapping: bool,
    #[serde(default)]
    pub(crate) inhibit_any: bool,
    /// The policies for which the path is to be valid, by their words.
    pub(crate) valid_policies: Option<Vec<String>>,
    pub(crate) purpose: Option<String>,
    pub(crate) revocation: Option<String>,
    /// The agreement that is to recognise the foreign authority.
    pub(crate) recognised_by: Option<String>,
    pub(crate) register: Option<String>,
    pub(crate) store: Option<String>,
    /// Why the verdict of OpenSSL differs.
    pub(crate) openssl_differs: Option<String>,
    /// Why OpenSSL cannot be asked.
    pub(crate) openssl_cannot: Option<String>,
}

fn summer() -> String {
    "2026-06-01T00:00:00Z".to_owned()
}

/// What the file of a scenario holds: PEM texts, each with what stands above it.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    /// Label (`iran/turkey`) and block.
    pub(crate) anchors: Vec<(String, String)>,
    pub(crate) signer: (String, String),
    pub(crate) pool: Vec<(String, String)>,
    pub(crate) lists: Vec<(String, String)>,
    pub(crate) answers: Vec<(String, String)>,
}

/// The folder of the scenarios.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|path| path.join("tests/trust").is_dir())
        .map_or_else(|| panic!("no folder tests/trust"), |root| root.join("tests/trust"))
}

/// All scenarios.
pub(crate) fn table() -> Table {
    let text = std::fs::read_to_string(folder().join("scenarios.toml")).expect("scenarios.toml");
    toml::from_str(&text).expect("a table of scenarios")
}

impl Scenario {
    /// What its file holds.
    pub(crate) fn bundle(&self) -> Bundle {
        let octets = self.read("pem").unwrap_or_default();
        let text = String::from_utf8_lossy(&octets);
        let (mut bundle, mut end) = (Bundle::default(), 0);
        for block in pem::blocks(&octets) {
            let above = text[end..block.range.start].trim();
            let pem = format!("{}\n", &text[block.range.clone()]);
            end = block.range.end;
            let (role, label) = above.split_once(' ').unwrap_or(("", above));
            let entry = (label.to_owned(), pem);
            match role {
                "anchor" => bundle.anchors.push(entry),
                "signer" => bundle.signer = entry,
                "crl" => bundle.lists.push(entry),
                "ocsp" => bundle.answers.push(entry),
                _ => bundle.pool.push(entry),
            }
        }
        bundle
    }

    /// The file of the scenario with this ending.
    pub(crate) fn read(&self, ending: &str) -> Option<Vec<u8>> {
        std::fs::read(folder().join(format!("scenarios/{}.{ending}", self.name))).ok()
    }
}
