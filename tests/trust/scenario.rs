//! The scenarios of this folder, for the tests and for the conformance run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use karvan_pki::{
    CertificateSet, Evidence, Limits, ObjectIdentifier, Options, PolicyOptions, Purpose, Recognition, Register,
    RevocationMode, RevocationOptions, Status, StoreFile, TrustStore, Verdict, find_paths, pem,
};
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

/// The word of a status in the table.
pub(crate) const fn word(status: Status) -> &'static str {
    match status {
        Status::Accepted => "accepted",
        Status::Rejected => "rejected",
        Status::Indeterminate => "indeterminate",
        _ => "unfinished",
    }
}

/// All scenarios.
pub(crate) fn table() -> Table {
    let text = std::fs::read_to_string(folder().join("scenarios.toml")).expect("scenarios.toml");
    toml::from_str(&text).expect("a table of scenarios")
}

impl Table {
    /// The policy that scenarios call `word`.
    pub(crate) fn oid(&self, word: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(&self.policies[word])
    }
}

impl Scenario {
    /// What Karvan says to it.
    pub(crate) fn judge(&self, table: &Table) -> Verdict {
        let limits = Limits::default();
        let bundle = self.bundle();
        let (mut anchors, problems) = TrustStore::load(bundle.anchors, &limits);
        assert_eq!(problems, [], "{}", self.name);
        if self.store.is_some() {
            let store = StoreFile::from_toml(&self.text("store.toml")).expect("a table of constraints");
            assert_eq!(store.apply(&mut anchors), [], "{}", self.name);
        }
        let (pool, problems) = CertificateSet::load(bundle.pool, &limits);
        assert_eq!(problems, [], "{}", self.name);
        let (evidence, problems) = Evidence::load(bundle.lists.into_iter().chain(bundle.answers), &limits);
        assert_eq!(problems, [], "{}", self.name);
        let (signer, problems) = CertificateSet::load([bundle.signer], &limits);
        assert_eq!(problems, [], "{}", self.name);
        let signer = signer.iter().next().expect("a signer");
        find_paths(signer, &pool, &anchors, &self.options(table, evidence))
    }

    fn options(&self, table: &Table, evidence: Evidence) -> Options {
        let mut purpose = Purpose::document_signature();
        if self.purpose.as_deref() == Some("email") {
            purpose.extended_key_usage.push(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"));
        }
        let register = self.register.as_ref().map(|_| {
            let register = Register::from_toml(&self.text("register.toml")).expect("a register");
            Arc::new(register)
        });
        Options {
            purpose,
            policies: PolicyOptions {
                acceptable: self.policies.iter().map(|word| table.oid(word)).collect(),
                require_explicit: self.explicit,
                inhibit_mapping: self.inhibit_mapping,
                inhibit_any: self.inhibit_any,
            },
            revocation: RevocationOptions {
                mode: if self.revocation.is_some() { RevocationMode::Require } else { RevocationMode::Off },
                freshness: None,
                evidence: Arc::new(evidence),
            },
            register,
            ..Options::document_signature(self.at.parse().expect("a time"))
        }
    }

    /// What of `verdict` differs from what is expected.
    pub(crate) fn difference(&self, table: &Table, verdict: &Verdict) -> Option<String> {
        let status = word(verdict.status());
        let faults: BTreeSet<(String, String)> = verdict
            .rejected
            .iter()
            .flat_map(|path| path.rejections.iter().map(move |fault| (path, fault)))
            .filter_map(|(path, fault)| {
                let certificate = path.certificate(fault.position)?;
                Some((fault.check.name().to_owned(), certificate.origin.as_ref().to_owned()))
            })
            .collect();
        if status != self.expect {
            return Some(format!("{status}, not {}: {faults:?}", self.expect));
        }
        if let Some(check) = &self.check {
            let at = self.at_certificate.as_deref();
            if !faults.iter().any(|(found, place)| found == check && at.is_none_or(|at| at == place)) {
                return Some(format!("{check} at {at:?} is not among {faults:?}"));
            }
        }
        let path = verdict.path();
        if let (Some(words), Some(path)) = (&self.valid_policies, path) {
            let expected: BTreeSet<_> = words.iter().map(|word| table.oid(word)).collect();
            let found: BTreeSet<_> = path.policies().iter().map(|policy| policy.policy).collect();
            if found != expected {
                return Some(format!("policies {found:?}, not {expected:?}"));
            }
        }
        if self.register.is_some()
            && let Some(path) = path
        {
            let by = match path.recognition() {
                Some(Recognition::Recognised { agreement, .. }) => Some(agreement.as_str()),
                _ => None,
            };
            if by != self.recognised_by.as_deref() {
                return Some(format!("recognised by {by:?}"));
            }
        }
        None
    }

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

    fn text(&self, ending: &str) -> String {
        String::from_utf8(self.read(ending).expect("a file of the scenario")).expect("a text")
    }

    /// The file of the scenario with this ending.
    fn read(&self, ending: &str) -> Option<Vec<u8>> {
        std::fs::read(folder().join(format!("scenarios/{}.{ending}", self.name))).ok()
    }
}
