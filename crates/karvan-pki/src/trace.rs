//! What was looked at on the way to a verdict: every check of every certificate, with the values it had before it.
//!
//! A trace says facts alone. Whoever has it can decide again what was decided, without the certificates: what a check
//! compared is among its [inputs](Step::inputs), and what it left for the certificates after it (the state variables of
//! RFC 5280 §6.1.2) is there as well.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::certificate::hex;
use crate::{Check, Name, ObjectIdentifier};

/// One check of one certificate of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which certificate: 0 is the signer's, the number of the path's certificates is the trust anchor.
    pub certificate: usize,
    /// Which check.
    pub check: Check,
    /// The clause of the standard that this step is.
    pub clause: &'static str,
    /// What it looked at, by the names of the standard.
    #[serde(serialize_with = "shared")]
    pub inputs: Arc<Facts>,
    /// What came of it.
    pub result: StepResult,
}

fn shared<S: Serializer>(facts: &Arc<Facts>, serializer: S) -> Result<S::Ok, S::Error> {
    facts.serialize(serializer)
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// The certificate is as the check asks.
    Passed,
    /// It is not.
    Failed,
    /// What there is does not suffice to say.
    Unknown,
}

impl StepResult {
    /// Passed or failed.
    #[must_use]
    pub const fn passed(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

/// Named values, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(&'static str, Fact)>);

/// A value that a check looked at; texts are made of it where somebody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// There is none.
    Absent,
    /// Yes or no.
    Bool(bool),
    /// A count.
    Number(u64),
    /// Words.
    Text(Cow<'static, str>),
    /// A time, written as RFC 3339 has it.
    Time(Timestamp),
    /// An object identifier, written in decimal numbers.
    Identifier(ObjectIdentifier),
    /// A distinguished name, written as RFC 4514 has it.
    Name(Name),
    /// A SHA-256 digest, written in hexadecimal digits.
    Digest([u8; 32]),
    /// Several.
    List(Vec<Self>),
    /// Values with names of their own.
    Facts(Facts),
}

impl Facts {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds one.
    pub fn insert(&mut self, name: &'static str, value: impl Into<Fact>) {
        self.0.push((name, value.into()));
    }

    /// The value of that name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Fact> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Fact)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => serializer.collect_str(time),
            Self::Identifier(identifier) => serializer.collect_str(identifier),
            Self::Name(name) => serializer.collect_str(name),
            Self::Digest(digest) => serializer.serialize_str(&hex(digest)),
            Self::List(values) => serializer.collect_seq(values),
            Self::Facts(facts) => facts.serialize(serializer),
        }
    }
}

impl Fact {
    /// The text of what can be displayed.
    pub fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string().into())
    }

    /// Several.
    pub fn list<T: Into<Self>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }

    /// The texts of what can be displayed.
    pub fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(values.into_iter().map(Self::text).collect())
    }
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Fact {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<usize> for Fact {
    fn from(value: usize) -> Self {
        Self::Number(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl From<&'static str> for Fact {
    fn from(value: &'static str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Fact {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Timestamp> for Fact {
    fn from(value: Timestamp) -> Self {
        Self::Time(value)
    }
}

impl From<ObjectIdentifier> for Fact {
    fn from(value: ObjectIdentifier) -> Self {
        Self::Identifier(value)
    }
}

impl From<&ObjectIdentifier> for Fact {
    fn from(value: &ObjectIdentifier) -> Self {
        Self::Identifier(*value)
    }
}

impl From<&Name> for Fact {
    fn from(value: &Name) -> Self {
        Self::Name(value.clone())
    }
}

impl From<[u8; 32]> for Fact {
    fn from(value: [u8; 32]) -> Self {
        Self::Digest(value)
    }
}

impl From<Facts> for Fact {
    fn from(value: Facts) -> Self {
        Self::Facts(value)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Fact {
    fn from(values: Vec<T>) -> Self {
        Self::list(values)
    }
}

impl<T: Into<Self>> From<Option<T>> for Fact {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_written_as_an_object() {
        let facts = Facts::new()
            .with("at", Timestamp::UNIX_EPOCH)
            .with("max_path_length", 3_u64)
            .with("explicit_policy", None::<u64>)
            .with("names", Fact::texts(["a", "b"]))
            .with("nested", Facts::new().with("self_issued", false));
        assert_eq!(
            serde_json::to_string(&facts).unwrap(),
            r#"{"at":"1970-01-01T00:00:00Z","max_path_length":3,"explicit_policy":null,"names":["a","b"],"nested":{"self_issued":false}}"#
        );
        assert_eq!(facts.value("max_path_length"), Some(&Fact::Number(3)));
    }
}
