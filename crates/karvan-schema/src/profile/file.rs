//! A profile as its file has it, each entry with its octets.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::path::Path;
use crate::directory::Format;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    /// What the profile is of.
    pub(super) title: String,
    /// Message type (0065).
    pub(super) message: Spanned<String>,
    /// The releases of the message that it is for.
    pub(super) releases: Vec<Spanned<String>>,
    /// Association assigned codes (0057) that it is for; any where there are none.
    #[serde(default)]
    pub(super) association: Vec<String>,
    /// The release of which code values are.
    pub(super) code_lists: Option<Spanned<String>>,
    /// Syntax identifiers (0001) that it allows; any where there are none.
    #[serde(default)]
    pub(super) repertoires: Vec<Spanned<String>>,
    /// The segments and groups of the message that are used, beside the mandatory ones; all where it is not said.
    pub(super) uses: Option<Spanned<Vec<Spanned<String>>>>,
    /// What else it says.
    #[serde(default)]
    pub(super) rules: Vec<Spanned<Rule>>,
}

/// A rule: what a place is narrowed to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The place.
    pub(super) path: Spanned<Read<Path>>,
    /// How often it stands in what it stands in.
    pub(super) times: Option<Spanned<Times>>,
    /// Which of its parts are used, beside the mandatory ones.
    pub(super) uses: Option<Vec<Spanned<String>>>,
    /// The values that it may have.
    pub(super) codes: Option<Vec<Spanned<String>>>,
    /// Its representation.
    pub(super) format: Option<Spanned<Read<Format>>>,
    /// The name of the rule in the guideline.
    pub(super) id: Option<String>,
    /// What the guideline says of it.
    pub(super) note: Option<String>,
}

/// A value that is written as a string of a grammar of its own.
#[derive(Debug)]
pub(super) struct Read<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// How often something stands: `1`, `"0..5"`, `"1.."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// At least.
    pub minimum: u32,
    /// At most; as often as the directory allows where there is none.
    pub maximum: Option<u32>,
}

impl Times {
    /// Not at all.
    pub const NONE: Self = Self { minimum: 0, maximum: Some(0) };

    /// What both ask for.
    pub(super) fn both(self, other: Self) -> Self {
        let maximum = self.maximum.into_iter().chain(other.maximum).min();
        Self { minimum: self.minimum.max(other.minimum), maximum }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.maximum {
            Some(maximum) if maximum == self.minimum => write!(out, "{maximum}"),
            Some(maximum) => write!(out, "{}..{maximum}", self.minimum),
            None => write!(out, "{}..", self.minimum),
        }
    }
}

impl FromStr for Times {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NEITHER: &str = "neither a number, nor a range such as \"0..5\" or \"1..\"";
        let number = |text: &str| text.parse::<u32>().map_err(|_| NEITHER);
        let times = match text.split_once("..") {
            Some((minimum, "")) => Self { minimum: number(minimum)?, maximum: None },
            Some((minimum, maximum)) => Self { minimum: number(minimum)?, maximum: Some(number(maximum)?) },
            None => Self { minimum: number(text)?, maximum: Some(number(text)?) },
        };
        match times.maximum {
            Some(maximum) if maximum < times.minimum => Err("the range ends before it begins"),
            _ => Ok(times),
        }
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Times;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number, or a range such as \"0..5\" or \"1..\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Times, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Times, E> {
                text.parse().map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["0", "1", "0..5", "1..", "2..2"] {
            let times: Times = text.parse().unwrap();
            assert_eq!(times.to_string().parse(), Ok(times), "{text}");
        }
        assert_eq!("0".parse(), Ok(Times::NONE));
        for text in ["", "..", "..5", "5..1", "-1", "one", "1...2"] {
            assert!(text.parse::<Times>().is_err(), "{text}");
        }
    }
}
