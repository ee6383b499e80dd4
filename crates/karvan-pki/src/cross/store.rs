//! A trust store, looked over: what each anchor is, what it is trusted for, and what is worth a look.

use jiff::Timestamp;
use karvan_text::catalogue::isolate;
use karvan_text::{Code, Diagnostic, Language, Message, Place};
use serde::Serialize;

use crate::explain::line;
use crate::{AnchorConstraints, KeyKind, Sourced, TrustStore};

/// A trust store, looked over.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StoreCheck {
    /// The time as of which it was, RFC 3339.
    pub at: String,
    /// The anchors, in the order of the store.
    pub anchors: Vec<AnchorFacts>,
    /// What is worth a look.
    pub findings: Vec<Diagnostic>,
}

/// One anchor of a store.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AnchorFacts {
    /// RFC 4514.
    pub subject: String,
    /// Kind of the key, such as `RSA-2048`.
    pub key: String,
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// RFC 3339.
    pub not_before: String,
    /// RFC 3339.
    pub not_after: String,
    /// The file that held it.
    pub origin: String,
    /// What it is trusted for, where the store says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<ConstraintFacts>,
}

/// What an anchor is trusted for (RFC 5937); what is left out is not limited.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ConstraintFacts {
    /// The first instant, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// The last instant, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// How many authorities may follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_length: Option<u64>,
    /// The names that may be certified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permitted: Vec<String>,
    /// The names that may not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// The policies for which it is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
    /// The purposes for which it is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purposes: Option<Vec<String>>,
}

/// Looks over the anchors of `store`, as of the time `at`.
#[must_use]
pub fn check_store(store: &TrustStore, at: Timestamp) -> StoreCheck {
    let mut findings = Vec::new();
    let anchors: Vec<_> = store.anchors().iter().collect();
    for (index, anchor) in anchors.iter().enumerate() {
        let certificate = &anchor.certificate;
        let mut tell = |code: Code, message: Message, clause: &'static str| {
            let place = Place { path: anchor.label(), ..Place::default() };
            findings.push(Diagnostic::new(code, message.with("subject", certificate.subject()), place).rule(clause));
        };
        let (from, until) = (certificate.not_before(), certificate.not_after());
        if at < from || at > until {
            let message = Message::new("store-not-valid").with("from", from).with("until", until).with("at", at);
            tell(Code::warning(7232), message, "RFC 5280 §6.1.1 (d)");
        }
        if certificate.version() == 3 && !certificate.is_authority() {
            tell(Code::warning(7232), Message::new("store-no-authority"), "RFC 5280 §4.2.1.9");
        }
        if let KeyKind::Rsa { bits: bits @ ..2048 } = certificate.public_key().kind() {
            tell(Code::warning(7232), Message::new("store-weak-key").with("bits", bits), "NIST SP 800-131A §3");
        }
        let same = |other: &&Sourced| other.certificate.subject() == certificate.subject();
        if anchors[..index].iter().any(same) {
            tell(Code::note(7232), Message::new("store-same-name"), "RFC 4210 §4.4");
        }
    }
    let facts = anchors.iter().map(|anchor| AnchorFacts {
        subject: anchor.certificate.subject().to_string(),
        key: anchor.certificate.public_key().kind().to_string(),
        fingerprint: anchor.certificate.fingerprint_hex(),
        not_before: anchor.certificate.not_before().to_string(),
        not_after: anchor.certificate.not_after().to_string(),
        origin: anchor.origin.as_ref().to_owned(),
        constraints: store.constraints(&anchor.certificate).map(ConstraintFacts::new),
    });
    StoreCheck { at: at.to_string(), anchors: facts.collect(), findings }
}

impl ConstraintFacts {
    fn new(constraints: &AnchorConstraints) -> Self {
        let names = constraints.names.clone().unwrap_or_default();
        let shown = |trees: &[crate::GeneralSubtree]| trees.iter().map(|tree| tree.base.to_string()).collect();
        Self {
            not_before: constraints.not_before.map(|time| time.to_string()),
            not_after: constraints.not_after.map(|time| time.to_string()),
            path_length: constraints.path_length,
            permitted: shown(&names.permitted),
            excluded: shown(&names.excluded),
            policies: constraints.policies.as_ref().map(|list| list.iter().map(ToString::to_string).collect()),
            purposes: constraints
                .extended_key_usage
                .as_ref()
                .map(|list| list.iter().map(ToString::to_string).collect()),
        }
    }
}

impl StoreCheck {
    /// The anchors for people; the findings are told beside them.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let title = Message::new("store-anchors").with("count", self.anchors.len());
        line(&mut text, 0, &title.text(language));
        for anchor in &self.anchors {
            line(&mut text, 1, &isolate(&anchor.subject, language));
            let facts = format!("{}, sha256:{}", anchor.key, anchor.fingerprint);
            line(&mut text, 2, &isolate(&facts, language));
            let validity = Message::new("trust-explain-validity");
            let validity = validity.with("from", &anchor.not_before).with("until", &anchor.not_after);
            line(&mut text, 2, &validity.text(language));
            line(&mut text, 2, &Message::new("trust-explain-origin").with("origin", &anchor.origin).text(language));
            let Some(constraints) = &anchor.constraints else { continue };
            let times = [&constraints.not_before, &constraints.not_after];
            let times = times.map(|time| time.as_deref().unwrap_or("…"));
            let times = if times == ["…", "…"] { String::new() } else { times.join(" … ") };
            for (id, value) in [
                ("store-trusted", times),
                ("cross-path-length", constraints.path_length.map(|length| length.to_string()).unwrap_or_default()),
                ("cross-permitted", constraints.permitted.join(" | ")),
                ("cross-excluded", constraints.excluded.join(" | ")),
                ("cross-policies", constraints.policies.as_deref().unwrap_or_default().join(" | ")),
                ("store-purposes", constraints.purposes.as_deref().unwrap_or_default().join(" | ")),
            ] {
                if !value.is_empty() {
                    line(&mut text, 2, &format!("{}: {}", Message::new(id).text(language), isolate(&value, language)));
                }
            }
        }
        text
    }
}
