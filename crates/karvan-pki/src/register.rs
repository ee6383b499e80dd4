//! The register of agreements: which foreign authorities are recognised at home, by which agreement, and when.
//!
//! That a path holds says that authorities certified each other. Whether a court at home takes the signature for one
//! is another question: there, a treaty or a decision of a council recognises the authority, from a day on, for certain
//! policies, and can be suspended. A [`Register`] holds these as data, and a path is judged by both.
//!
//! ```toml
//! [[agreement]]
//! id = "IR-TR-2024"
//! title = "Mutual recognition of certification authorities"
//! parties = ["IR", "TR"]
//! basis = "Article 18 of the regulation under Article 32"
//! from = "2024-01-01T00:00:00Z"
//! until = "2030-01-01T00:00:00Z"
//! anchors = ["sha256:…"]
//! policies = [{ foreign = "1.3.6.1.4.1.32473.792.1", home = "1.3.6.1.4.1.32473.364.1" }]
//! suspended = [{ from = "2026-04-01T00:00:00Z", until = "2026-05-01T00:00:00Z" }]
//! ```

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use karvan_text::Message;
use serde::{Deserialize, Serialize};

use crate::certificate::hex;
use crate::check::{Check, Rejection};
use crate::policy::ValidPolicy;
use crate::trace::{Fact, Facts, Step, StepResult};
use crate::{Certificate, ObjectIdentifier};

/// Agreements on the recognition of foreign certification authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Register {
    /// The agreements, in the order in which they are asked.
    #[serde(default, rename = "agreement")]
    agreements: Vec<Agreement>,
}

/// One agreement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Agreement {
    /// By what name verdicts call it.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    /// The countries that it binds, ISO 3166-1 alpha-2.
    pub parties: Vec<String>,
    /// What it rests on: a treaty, an article, a decision.
    pub basis: String,
    /// The first instant at which it holds.
    pub from: Timestamp,
    /// The instant at which it ends, if that is known.
    pub until: Option<Timestamp>,
    /// The certificates, or the keys, of the foreign authorities that it recognises.
    pub anchors: Vec<Fingerprint>,
    /// The foreign policies that it takes for policies at home; empty: it says nothing of policies.
    #[serde(default)]
    pub policies: Vec<Equivalence>,
    /// When it was suspended.
    #[serde(default)]
    pub suspended: Vec<Suspension>,
}

/// SHA-256 over a certificate or over the `SubjectPublicKeyInfo` in it: 64 hexadecimal digits, `sha256:` before them or
/// not, colons between them or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Fingerprint([u8; 32]);

/// A foreign policy and the one that it counts for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalence {
    /// What the foreign authority calls it.
    pub foreign: ObjectIdentifierText,
    /// What it counts for at home.
    pub home: ObjectIdentifierText,
}

/// An object identifier as it is written with digits and dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectIdentifierText(pub ObjectIdentifier);

/// A time in which an agreement did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Its first instant.
    pub from: Timestamp,
    /// The instant at which the agreement holds again; none: not yet.
    pub until: Option<Timestamp>,
}

/// What the register says of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "status")]
#[non_exhaustive]
pub enum Recognition {
    /// No foreign authority is in the path: nothing need be recognised.
    Domestic,
    /// An agreement recognises the foreign authority.
    Recognised {
        /// The agreement, by its id.
        agreement: String,
        /// What it rests on.
        basis: String,
        /// The foreign policies of the path that it takes for policies at home.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        policies: Vec<Equivalence>,
    },
}

/// Why a register cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// It is not the table that is expected: what the reader says, with line and column.
    Malformed(String),
    /// An agreement ends before it begins.
    EndsBeforeItBegins(String),
    /// Two agreements have one id.
    Duplicate(String),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(detail) => f.write_str(detail),
            Self::EndsBeforeItBegins(id) => write!(f, "agreement {id} ends before it begins"),
            Self::Duplicate(id) => write!(f, "two agreements are called {id}"),
        }
    }
}

impl std::error::Error for RegisterError {}

impl Register {
    /// Reads a register from TOML.
    ///
    /// # Errors
    /// What is not such a table, or contradicts itself.
    pub fn from_toml(text: &str) -> Result<Self, RegisterError> {
        let register: Self = toml::from_str(text).map_err(|error| RegisterError::Malformed(error.to_string()))?;
        for (index, agreement) in register.agreements.iter().enumerate() {
            let ends_early = |from, until: Option<Timestamp>| until.is_some_and(|until| until <= from);
            let suspensions = agreement.suspended.iter().any(|time| ends_early(time.from, time.until));
            if ends_early(agreement.from, agreement.until) || suspensions {
                return Err(RegisterError::EndsBeforeItBegins(agreement.id.clone()));
            }
            if register.agreements[..index].iter().any(|other| other.id == agreement.id) {
                return Err(RegisterError::Duplicate(agreement.id.clone()));
            }
        }
        Ok(register)
    }

    /// The agreements.
    #[must_use]
    pub fn agreements(&self) -> &[Agreement] {
        &self.agreements
    }

    /// Adds the agreements of another register; one whose id is there already stays out.
    pub fn extend(&mut self, other: Self) {
        for agreement in other.agreements {
            if self.agreements.iter().all(|own| own.id != agreement.id) {
                self.agreements.push(agreement);
            }
        }
    }

    /// Judges a path that holds: `path` from the signer's certificate upwards, the anchor not among it; `policies` are
    /// those for which the path is valid. Gives what the register says, or why no agreement recognises the path, that of the
    /// agreement that comes nearest; and the step with all that was looked at.
    ///
    /// A path is domestic where every authority of it is of the anchor's country. Else an agreement must name the
    /// certificate or the key of one of its authorities, hold at the time, and bind the countries of that authority and
    /// of all below it: what two countries agreed on says nothing about a third one.
    pub(crate) fn recognise(
        &self,
        path: &[&Certificate],
        anchor: &Certificate,
        policies: &[ValidPolicy],
        at: Timestamp,
    ) -> (Result<Recognition, Box<Rejection>>, Step) {
        let authorities = path.get(1..).unwrap_or_default();
        let home = anchor.subject().country();
        let names: BTreeSet<ObjectIdentifier> =
            policies.iter().flat_map(|policy| policy.trail.iter().copied().chain([policy.policy])).collect();
        let result = self.judge(authorities, anchor, &names, at);
        let position = result.as_ref().err().map_or(0, |rejection| rejection.position);
        let step = Step {
            certificate: position,
            check: Check::Recognition,
            clause: Check::Recognition.clause(),
            inputs: Facts::new()
                .with("at", at)
                .with("home", home.map(Cow::into_owned))
                .with("anchor_key", key_fingerprint(anchor))
                .with("authorities", authorities.iter().map(|one| authority_facts(one)).collect::<Vec<_>>())
                .with("policies", Fact::texts(&names))
                .with("agreements", self.agreements.iter().map(Agreement::facts).collect::<Vec<_>>())
                .into(),
            result: StepResult::passed(result.is_ok()),
        };
        (result, step)
    }

    fn judge(
        &self,
        authorities: &[&Certificate],
        anchor: &Certificate,
        policies: &BTreeSet<ObjectIdentifier>,
        at: Timestamp,
    ) -> Result<Recognition, Box<Rejection>> {
        let home = anchor.subject().country();
        let foreign = |certificate: &&Certificate| {
            let country = certificate.subject().country();
            (country != home || country.is_none()) && certificate.public_key() != anchor.public_key()
        };
        let Some(nearest) = authorities.iter().position(foreign) else {
            return Ok(Recognition::Domestic);
        };
        let mut why: Option<(Standing, &Agreement, usize)> = None;
        for agreement in &self.agreements {
            let names = |certificate: &&Certificate| agreement.anchors.iter().any(|anchor| anchor.is_of(certificate));
            let Some(named) = authorities.iter().position(names) else { continue };
            let standing = agreement.standing(&authorities[..=named], policies, at);
            if standing == Standing::Holds {
                let equivalent = agreement.policies.iter().filter(|pair| policies.contains(&pair.foreign.0)).cloned();
                return Ok(Recognition::Recognised {
                    agreement: agreement.id.clone(),
                    basis: agreement.basis.clone(),
                    policies: equivalent.collect(),
                });
            }
            if why.as_ref().is_none_or(|(nearest, ..)| standing > *nearest) {
                why = Some((standing, agreement, named));
            }
        }
        Err(Box::new(match why {
            Some((standing, agreement, named)) => standing.rejection(agreement, &authorities[..=named], policies, at),
            None => {
                let subject = authorities[nearest].subject();
                let message = Message::new("register-no-agreement").with("subject", subject);
                let expected = self.agreements.iter().map(|agreement| agreement.id.as_str()).collect::<Vec<_>>();
                rejection(nearest + 1, message, expected.join(" | "), authorities[nearest].fingerprint_hex())
            }
        }))
    }
}

fn authority_facts(certificate: &Certificate) -> Facts {
    Facts::new()
        .with("country", certificate.subject().country().map(Cow::into_owned))
        .with("certificate", *certificate.fingerprint())
        .with("key", key_fingerprint(certificate))
}

/// How far an agreement carries: the greater, the nearer it comes to recognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    NotYet,
    Ended,
    Suspended,
    ThirdCountry,
    Policy,
    Holds,
}

impl Agreement {
    /// Whether it holds at `at`, suspensions considered.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.in_force(at) == Standing::Holds
    }

    fn binds(&self, country: &str) -> bool {
        self.parties.iter().any(|party| party.eq_ignore_ascii_case(country))
    }

    fn in_force(&self, at: Timestamp) -> Standing {
        if at < self.from {
            Standing::NotYet
        } else if self.until.is_some_and(|until| at >= until) {
            Standing::Ended
        } else if self.suspended.iter().any(|time| at >= time.from && time.until.is_none_or(|until| at < until)) {
            Standing::Suspended
        } else {
            Standing::Holds
        }
    }

    fn facts(&self) -> Facts {
        let suspended =
            self.suspended.iter().map(|time| Facts::new().with("from", time.from).with("until", time.until));
        Facts::new()
            .with("id", self.id.clone())
            .with("from", self.from)
            .with("until", self.until)
            .with("parties", self.parties.clone())
            .with("anchors", self.anchors.iter().map(|anchor| hex(&anchor.0)).collect::<Vec<_>>())
            .with("policies", Fact::texts(self.policies.iter().map(|pair| pair.foreign.0)))
            .with("suspended", suspended.collect::<Vec<_>>())
    }

    /// What it says of `authorities`, of which it names the last.
    fn standing(&self, authorities: &[&Certificate], policies: &BTreeSet<ObjectIdentifier>, at: Timestamp) -> Standing {
        let in_force = self.in_force(at);
        if in_force != Standing::Holds {
            in_force
        } else if !authorities
            .iter()
            .all(|authority| authority.subject().country().is_none_or(|country| self.binds(&country)))
        {
            Standing::ThirdCountry
        } else if !self.policies.is_empty() && !self.policies.iter().any(|pair| policies.contains(&pair.foreign.0)) {
            Standing::Policy
        } else {
            Standing::Holds
        }
    }
}

impl Standing {
    fn rejection(
        self,
        agreement: &Agreement,
        authorities: &[&Certificate],
        policies: &BTreeSet<ObjectIdentifier>,
        at: Timestamp,
    ) -> Rejection {
        // The signer's certificate comes before the authorities; the last of them is the one that is named.
        let position = authorities.len();
        let subject = authorities.last().map_or_else(String::new, |named| named.subject().to_string());
        let message = |id| Message::new(id).with("agreement", &agreement.id).with("subject", &subject);
        let period = || {
            let until = agreement.until.map_or_else(|| "…".to_owned(), |until| until.to_string());
            format!("{} … {until}", agreement.from)
        };
        let list = |values: &mut dyn Iterator<Item = String>| match values.collect::<Vec<_>>() {
            none if none.is_empty() => "∅".to_owned(),
            some => some.join(" | "),
        };
        match self {
            Self::NotYet => rejection(position, message("register-not-yet").with("from", agreement.from), period(), at),
            Self::Ended | Self::Holds => {
                let until = agreement.until.map_or_else(String::new, |until| until.to_string());
                rejection(position, message("register-ended").with("until", until), period(), at)
            }
            Self::Suspended => {
                let since = agreement.suspended.iter().map(|time| time.from).filter(|from| *from <= at).max();
                let since = since.map_or_else(String::new, |from| from.to_string());
                rejection(position, message("register-suspended").with("from", &since), format!("at < {since}"), at)
            }
            Self::ThirdCountry => {
                let parties = agreement.parties.join(", ");
                let other = authorities.iter().filter_map(|authority| authority.subject().country());
                let other = other.filter(|country| !agreement.binds(country));
                let found = list(&mut other.map(Cow::into_owned));
                let message = message("register-third-country").with("parties", &parties);
                rejection(position, message.with("country", &found), parties, found)
            }
            Self::Policy => {
                let found = list(&mut policies.iter().map(ToString::to_string));
                let expected = list(&mut agreement.policies.iter().map(|pair| pair.foreign.0.to_string()));
                let message = message("register-policy").with("policies", &found);
                rejection(position, message, expected, found)
            }
        }
    }
}

fn rejection(position: usize, message: Message, expected: impl ToString, found: impl ToString) -> Rejection {
    let (expected, found) = (expected.to_string(), found.to_string());
    Rejection { position, check: Check::Recognition, message, expected, found }
}

impl Fingerprint {
    /// Whether it is that of the certificate or of its key.
    #[must_use]
    pub fn is_of(&self, certificate: &Certificate) -> bool {
        self.0 == *certificate.fingerprint() || self.0 == key_fingerprint(certificate)
    }
}

/// SHA-256 over the `SubjectPublicKeyInfo`: the same for every certificate of a key.
fn key_fingerprint(certificate: &Certificate) -> [u8; 32] {
    *certificate.public_key().digest()
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "a fingerprint is SHA-256, 64 hexadecimal digits";
        let digits: Vec<u8> =
            text.strip_prefix("sha256:").unwrap_or(&text).bytes().filter(|octet| *octet != b':').collect();
        let mut fingerprint = [0; 32];
        if digits.len() != 2 * fingerprint.len() || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(WRONG);
        }
        for (octet, pair) in fingerprint.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| WRONG)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(fingerprint))
    }
}

impl TryFrom<String> for ObjectIdentifierText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        ObjectIdentifier::new(&text).map(Self).map_err(|_| format!("{text} is no object identifier"))
    }
}

impl Serialize for ObjectIdentifierText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
