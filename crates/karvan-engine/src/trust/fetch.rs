//! Asking others for what a verdict lacks, and keeping all that they said, so that the verdict can be come to again without them.
//!
//! Nothing here uses the network: a [`Source`] is asked, which is the network or a [`Bundle`] of what was fetched before.
//! What comes is never believed for where it came from: certificates, lists and responses are signed, and judged as if they had
//! lain in a folder.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use karvan_pki::{CertificateSet, DigestAlgorithm, Evidence, Limits, LoadProblem, Wanted, WantedKind};
use karvan_text::{Code, Diagnostic, Message, Place};
use serde::{Deserialize, Serialize};

/// Who can be asked.
pub trait Source: Send {
    /// What `url` gives, asked with `request` (an `OCSPRequest`) or without.
    ///
    /// # Errors
    /// What stands in the way, in words.
    fn fetch(&mut self, url: &str, request: Option<&[u8]>) -> Result<Fetched, String>;
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// When it came.
    pub at: Timestamp,
    /// What it was said to be.
    pub media_type: Option<String>,
    /// The octets, exactly as they came.
    pub octets: Vec<u8>,
}

/// All that was asked for, and what came: enough to come to the same verdicts again, offline.
///
/// As a file it is JSON: `bundle` (1), `at` (the time that was asked about) and `items`, each with `url`, `request` (base64; of
/// OCSP), and either `fetched`, `media_type`, `sha256` and `octets` (base64), or `error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    bundle: u8,
    /// The time that was asked about.
    pub at: Timestamp,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    octets: Option<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Base64(Vec<u8>);

impl From<Base64> for String {
    fn from(octets: Base64) -> Self {
        STANDARD.encode(octets.0)
    }
}

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

impl Bundle {
    const VERSION: u8 = 1;

    /// Reads the file of a bundle.
    ///
    /// # Errors
    /// What is none, is of another version, or has octets that are not those of their digest.
    pub fn read(octets: &[u8]) -> Result<Self, String> {
        let bundle: Self = serde_json::from_slice(octets).map_err(|error| error.to_string())?;
        if bundle.bundle != Self::VERSION {
            return Err(format!("a bundle of version {}", bundle.bundle));
        }
        for item in &bundle.items {
            let digest = item.octets.as_ref().map(|octets| sha256(&octets.0));
            if digest != item.sha256 || item.octets.is_some() == item.error.is_some() {
                return Err(format!("{}: the octets are not those that came", item.url));
            }
        }
        Ok(bundle)
    }

    /// The file.
    ///
    /// # Panics
    /// Never: everything in it can be written.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut octets = serde_json::to_vec_pretty(self).unwrap_or_default();
        octets.push(b'\n');
        octets
    }
}

impl Source for Bundle {
    fn fetch(&mut self, url: &str, request: Option<&[u8]>) -> Result<Fetched, String> {
        let asked = |item: &&Item| item.url == url && item.request.as_ref().map(|request| &request.0[..]) == request;
        let item = self.items.iter().find(asked).ok_or_else(|| format!("{url}: not in the bundle"))?;
        match (&item.octets, &item.error) {
            (Some(octets), _) => Ok(Fetched {
                at: item.fetched.unwrap_or(self.at),
                media_type: item.media_type.clone(),
                octets: octets.0.clone(),
            }),
            (None, error) => Err(error.clone().unwrap_or_default()),
        }
    }
}

/// Asks a source, each question once, and keeps what came.
pub struct Fetching {
    state: Mutex<State>,
    /// How many questions are asked.
    limit: usize,
}

struct State {
    source: Box<dyn Source>,
    asked: HashSet<Wanted>,
    items: Vec<Item>,
    certificates: CertificateSet,
    evidence: Evidence,
    findings: Vec<(String, Diagnostic)>,
}

impl fmt::Debug for Fetching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetching").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Fetching {
    /// Asks `source` at most `limit` questions.
    #[must_use]
    pub fn new(source: impl Source + 'static, limit: usize) -> Self {
        let state = State {
            source: Box::new(source),
            asked: HashSet::new(),
            items: Vec::new(),
            certificates: CertificateSet::default(),
            evidence: Evidence::default(),
            findings: Vec::new(),
        };
        Self { state: state.into(), limit }
    }

    /// What was asked and came, about the time `at`.
    #[must_use]
    pub fn bundle(&self, at: Timestamp) -> Bundle {
        Bundle { bundle: Bundle::VERSION, at, items: self.with(|state| state.items.clone()) }
    }

    /// What could not be had or read, each with its address.
    #[must_use]
    pub fn findings(&self) -> Vec<(String, Diagnostic)> {
        self.with(|state| state.findings.clone())
    }

    /// Everything that came.
    pub(super) fn material(&self) -> (CertificateSet, Evidence) {
        self.with(|state| (state.certificates.clone(), state.evidence.clone()))
    }

    /// Asks for what was not asked for before; whether something came.
    pub(super) fn ask(&self, wanted: Vec<Wanted>, limits: &Limits) -> bool {
        self.with(|state| {
            let mut came = false;
            for one in wanted {
                if state.asked.contains(&one) {
                    continue;
                }
                if state.asked.len() >= self.limit {
                    let message = Message::new("fetch-limit").with("limit", self.limit);
                    let finding = Diagnostic::new(Code::error(9307), message, Place::default());
                    if state.findings.iter().all(|(_, told)| told.code != finding.code) {
                        state.findings.push((one.url, finding));
                    }
                    break;
                }
                state.asked.insert(one.clone());
                came |= state.ask(&one, limits);
            }
            came
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // Whoever panicked while asking left at worst a question without an answer.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn ask(&mut self, wanted: &Wanted, limits: &Limits) -> bool {
        let url = &wanted.url;
        let request = match &wanted.kind {
            WantedKind::Response(request) => Some(request.clone()),
            WantedKind::Certificates | WantedKind::List => None,
        };
        let answer = self.source.fetch(url, request.as_deref());
        let item = Item {
            url: url.clone(),
            request: request.map(Base64),
            fetched: answer.as_ref().ok().map(|fetched| fetched.at),
            media_type: answer.as_ref().ok().and_then(|fetched| fetched.media_type.clone()),
            sha256: answer.as_ref().ok().map(|fetched| sha256(&fetched.octets)),
            octets: answer.as_ref().ok().map(|fetched| Base64(fetched.octets.clone())),
            error: answer.as_ref().err().cloned(),
        };
        self.items.push(item);
        let problems = match answer {
            Err(detail) => {
                let message = Message::new("fetch-failed").with("detail", detail);
                self.findings.push((url.clone(), Diagnostic::new(Code::warning(7905), message, Place::default())));
                return false;
            }
            Ok(Fetched { octets, .. }) if wanted.kind == WantedKind::Certificates => {
                let (certificates, problems) = CertificateSet::load([(url, octets)], limits);
                self.certificates.extend(&certificates, limits);
                problems
            }
            Ok(Fetched { octets, .. }) => {
                let (evidence, problems) = Evidence::load([(url, octets)], limits);
                self.evidence.extend(&evidence, limits);
                problems
            }
        };
        self.findings.extend(problems.iter().map(|problem| (url.clone(), LoadProblem::diagnostic(problem))));
        true
    }
}

fn sha256(octets: &[u8]) -> String {
    DigestAlgorithm::Sha256.digest(octets).as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}
