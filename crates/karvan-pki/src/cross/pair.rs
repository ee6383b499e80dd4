//! The two certificates of a pair, held against each other.

use jiff::Timestamp;
use karvan_text::catalogue::isolate;
use karvan_text::{Code, Diagnostic, Language, Message, Place};
use serde::Serialize;

use crate::explain::line;
use crate::policy::ANY_POLICY;
use crate::{Certificate, GeneralSubtree, KeyUsage, ObjectIdentifier, PolicyMapping, Sourced};

/// What one of the two lets the other do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Direction {
    /// Who certified, RFC 4514.
    pub issuer: String,
    /// Who was certified, RFC 4514.
    pub subject: String,
    /// Hexadecimal.
    pub serial: String,
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// The first instant, RFC 3339.
    pub not_before: String,
    /// The last instant, RFC 3339.
    pub not_after: String,
    /// How many further authorities may follow; none: any number.
    pub path_length: Option<u64>,
    /// The names that may be certified; empty: any.
    pub permitted: Vec<String>,
    /// The names that may not.
    pub excluded: Vec<String>,
    /// The policies under which it was issued.
    pub policies: Vec<String>,
    /// Which policy of the subject counts for which of the issuer.
    pub mappings: Vec<Mapping>,
    /// After how many certificates a policy must be stated.
    pub require_explicit_policy: Option<u64>,
    /// After how many certificates nobody may map policies.
    pub inhibit_policy_mapping: Option<u64>,
    /// After how many certificates `anyPolicy` counts no more.
    pub inhibit_any_policy: Option<u64>,
}

/// A policy of the issuer and the one of the subject that counts for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// What the issuer calls it.
    pub issuer: String,
    /// What the subject calls it.
    pub subject: String,
}

/// A pair of cross-certificates, checked.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PairCheck {
    /// What the first lets the second do, and the other way round.
    pub directions: [Direction; 2],
    /// The time in which both are valid, RFC 3339; none where there is no such time.
    pub overlap: Option<[String; 2]>,
    /// What is wrong, and what is worth a look.
    pub findings: Vec<Diagnostic>,
}

/// Checks that `one` and `other` are a pair: each certifies the subject and the key of the other's issuer. Both are then
/// held against each other, as of the time `at`: validity, constraints, policies and their mappings.
///
/// What is an error makes one of the directions useless; a warning is for what lets in more than partners commonly mean
/// to, or lets more in one way than the other.
#[must_use]
pub fn check_pair(one: &Sourced, other: &Sourced, at: Timestamp) -> PairCheck {
    let pair = [one, other].map(|sourced| &*sourced.certificate);
    let mut check = Check { pair, findings: Vec::new() };
    for (own, twin) in [(0, 1), (1, 0)] {
        check.belongs(own, twin);
        check.may_certify(own);
        check.validity(own, at);
        check.breadth(own);
        check.mappings(own, twin);
    }
    check.asymmetry();
    let from = pair.map(Certificate::not_before).into_iter().max();
    let until = pair.map(Certificate::not_after).into_iter().min();
    let overlap = from.zip(until).filter(|(from, until)| from <= until);
    if overlap.is_none() {
        check.tell(0, Code::error(7212), Message::new("pair-no-overlap"), "RFC 5280 §6.1.3 (a)(2)");
    }
    PairCheck {
        directions: pair.map(Direction::of),
        overlap: overlap.map(|(from, until)| [from.to_string(), until.to_string()]),
        findings: check.findings,
    }
}

struct Check<'a> {
    pair: [&'a Certificate; 2],
    findings: Vec<Diagnostic>,
}

impl Check<'_> {
    /// The issuer of one is the subject of the other, by name and by key.
    fn belongs(&mut self, own: usize, twin: usize) {
        let (certificate, issuer) = (self.pair[own], self.pair[twin]);
        if certificate.issuer() != issuer.subject() {
            let message = Message::new("pair-name-differs").with("issuer", certificate.issuer());
            let message = message.with("subject", issuer.subject());
            return self.tell(own, Code::error(7211), message, "RFC 4523 §2.3");
        }
        if certificate.verify_signature(issuer.public_key()).is_err() {
            let message = Message::new("pair-key-differs").with("issuer", certificate.issuer());
            self.tell(own, Code::error(7211), message, "RFC 4523 §2.3");
        }
    }

    /// It lets its subject certify others.
    fn may_certify(&mut self, own: usize) {
        let certificate = self.pair[own];
        let usage = certificate.extensions().key_usage;
        if !certificate.is_authority() || usage.is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
            let message = Message::new("pair-no-authority").with("subject", certificate.subject());
            self.tell(own, Code::error(7215), message, "RFC 5280 §4.2.1.9, §4.2.1.3");
        }
        let unknown = &certificate.extensions().unprocessed_critical;
        if !unknown.is_empty() {
            let extensions = unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = Message::new("pair-critical-extension").with("extensions", extensions);
            self.tell(own, Code::error(7215), message, "RFC 5280 §4.2");
        }
    }

    fn validity(&mut self, own: usize, at: Timestamp) {
        let (from, until) = (self.pair[own].not_before(), self.pair[own].not_after());
        if at < from || at > until {
            let message = Message::new("pair-not-valid").with("from", from).with("until", until).with("at", at);
            self.tell(own, Code::warning(7212), message, "RFC 5280 §6.1.3 (a)(2)");
        }
    }

    /// What it leaves open that is commonly closed between countries.
    fn breadth(&mut self, own: usize) {
        let extensions = self.pair[own].extensions();
        let permitted = extensions.name_constraints.as_ref().is_some_and(|names| !names.permitted.is_empty());
        let length = extensions.basic_constraints.and_then(|constraints| constraints.path_length);
        let policies = extensions.certificate_policies.as_deref().unwrap_or_default();
        let constraints = extensions.policy_constraints.unwrap_or_default();
        let any = policies.iter().any(|policy| policy.identifier == ANY_POLICY);
        let mapped = !extensions.policy_mappings.is_empty();
        for (open, id, clause) in [
            (!permitted, "pair-any-name", "RFC 5280 §4.2.1.10"),
            (length.is_none(), "pair-any-length", "RFC 5280 §4.2.1.9"),
            (any, "pair-any-policy", "RFC 5280 §4.2.1.4"),
            (policies.is_empty(), "pair-no-policy", "RFC 5280 §4.2.1.4"),
            (mapped && constraints.inhibit_policy_mapping.is_none(), "pair-mapping-goes-on", "RFC 5280 §4.2.1.11"),
            (mapped && constraints.require_explicit_policy.is_none(), "pair-not-explicit", "RFC 5280 §4.2.1.11"),
        ] {
            if open {
                let message = Message::new(id).with("subject", self.pair[own].subject());
                self.tell(own, Code::warning(7214), message, clause);
            }
        }
    }

    /// Mappings that cannot hold, and those that the other direction does not answer.
    fn mappings(&mut self, own: usize, twin: usize) {
        let extensions = self.pair[own].extensions();
        let stated = extensions.certificate_policies.as_deref().unwrap_or_default();
        let stated = |policy: ObjectIdentifier| {
            stated.iter().any(|other| other.identifier == policy || other.identifier == ANY_POLICY)
        };
        let answers = &self.pair[twin].extensions().policy_mappings;
        for PolicyMapping { issuer, subject } in extensions.policy_mappings.clone() {
            let message = |id| Message::new(id).with("issuer", issuer).with("subject", subject);
            if issuer == ANY_POLICY || subject == ANY_POLICY {
                self.tell(own, Code::error(7215), message("pair-maps-any-policy"), "RFC 5280 §6.1.4 (a)");
            } else if !stated(issuer) {
                self.tell(own, Code::warning(7214), message("pair-maps-unstated"), "RFC 5280 §4.2.1.5");
            } else if !answers.contains(&PolicyMapping { issuer: subject, subject: issuer }) {
                self.tell(own, Code::warning(7213), message("pair-mapping-one-way"), "RFC 5280 §4.2.1.5");
            }
        }
    }

    /// What one direction allows and the other does not.
    fn asymmetry(&mut self) {
        let lengths = self.pair.map(|certificate| {
            certificate.extensions().basic_constraints.and_then(|constraints| constraints.path_length)
        });
        let shown = |length: Option<u64>| length.map_or_else(|| "∞".to_owned(), |length| length.to_string());
        if lengths[0] != lengths[1] {
            let message = Message::new("pair-length-differs").with("one", shown(lengths[0]));
            self.tell(0, Code::warning(7213), message.with("other", shown(lengths[1])), "RFC 5280 §4.2.1.9");
        }
        let named = self.pair.map(|certificate| certificate.extensions().name_constraints.is_some());
        if named[0] != named[1] {
            let open = usize::from(named[0]);
            let message = Message::new("pair-names-one-way").with("subject", self.pair[open].subject());
            self.tell(open, Code::warning(7213), message, "RFC 5280 §4.2.1.10");
        }
        let ends = self.pair.map(Certificate::not_after);
        if ends[0] != ends[1] {
            let message = Message::new("pair-ends-differ").with("one", ends[0]).with("other", ends[1]);
            self.tell(0, Code::note(7213), message, "RFC 5280 §4.1.2.5");
        }
    }

    fn tell(&mut self, own: usize, code: Code, message: Message, clause: &'static str) {
        let label = |name: &crate::Name| name.short().map_or_else(|| name.to_string(), crate::name::quiet);
        let path = format!("{} → {}", label(self.pair[own].issuer()), label(self.pair[own].subject()));
        let place = Place { path, ..Place::default() };
        self.findings.push(Diagnostic::new(code, message, place).rule(clause));
    }
}

impl Direction {
    /// What `certificate` lets its subject do.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let extensions = certificate.extensions();
        let trees = |list: &[GeneralSubtree]| list.iter().map(|tree| tree.base.to_string()).collect::<Vec<_>>();
        let names = extensions.name_constraints.clone().unwrap_or_default();
        let policies = extensions.certificate_policies.as_deref().unwrap_or_default();
        let constraints = extensions.policy_constraints.unwrap_or_default();
        let mapping =
            |pair: &PolicyMapping| Mapping { issuer: pair.issuer.to_string(), subject: pair.subject.to_string() };
        Self {
            issuer: certificate.issuer().to_string(),
            subject: certificate.subject().to_string(),
            serial: certificate.serial(),
            fingerprint: certificate.fingerprint_hex(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
            path_length: extensions.basic_constraints.and_then(|constraints| constraints.path_length),
            permitted: trees(&names.permitted),
            excluded: trees(&names.excluded),
            policies: policies.iter().map(|policy| policy.identifier.to_string()).collect(),
            mappings: extensions.policy_mappings.iter().map(mapping).collect(),
            require_explicit_policy: constraints.require_explicit_policy,
            inhibit_policy_mapping: constraints.inhibit_policy_mapping,
            inhibit_any_policy: extensions.inhibit_any_policy,
        }
    }

    /// The certificate for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let title = Message::new("cross-direction").with("issuer", &self.issuer).with("subject", &self.subject);
        line(&mut text, 0, &title.text(language));
        let validity = Message::new("trust-explain-validity");
        let validity = validity.with("from", &self.not_before).with("until", &self.not_after);
        line(&mut text, 1, &validity.text(language));
        let count = |count: Option<u64>| count.map(|count| count.to_string()).into_iter().collect();
        let mappings = self.mappings.iter().map(|pair| format!("{} = {}", pair.issuer, pair.subject)).collect();
        for (id, values) in [
            ("cross-path-length", count(self.path_length)),
            ("cross-permitted", self.permitted.clone()),
            ("cross-excluded", self.excluded.clone()),
            ("cross-policies", self.policies.clone()),
            ("cross-mappings", mappings),
            ("cross-require-explicit", count(self.require_explicit_policy)),
            ("cross-inhibit-mapping", count(self.inhibit_policy_mapping)),
            ("cross-inhibit-any", count(self.inhibit_any_policy)),
        ] {
            if !values.is_empty() {
                let values = isolate(&values.join(" | "), language).into_owned();
                line(&mut text, 1, &format!("{}: {values}", Message::new(id).text(language)));
            }
        }
        text
    }
}

impl PairCheck {
    /// The facts of both directions for people; the findings are told beside them.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text: String = self.directions.iter().map(|direction| direction.text(language)).collect();
        if let Some([from, until]) = &self.overlap {
            let overlap = Message::new("cross-overlap").with("from", from).with("until", until);
            line(&mut text, 0, &overlap.text(language));
        }
        text
    }
}
