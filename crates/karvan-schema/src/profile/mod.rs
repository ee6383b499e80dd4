//! Profiles: message implementation guidelines, which narrow a message of the directory for a community of users.
//!
//! A profile is a TOML file (`docs/profiles.md` tells every key). [`Profile::read`] checks it against the directory: what
//! it names must be there, and it may only narrow. Each mistake is a finding with its place in the file. A message of an
//! interchange is then checked by the [`Validator`](crate::interchange::Validator) against the directory and the profile.
//!
//! ```
//! use karvan_schema::directory::Directories;
//! use karvan_schema::profile::Profile;
//!
//! let text = r#"
//! title = "Orders of one buyer"
//! message = "ORDERS"
//! releases = ["D.96A"]
//! rules = [
//!     { path = "SG2/NAD[3035=BY]", times = 1 },
//!     { path = "SG2/NAD/C082/3039", format = "n13" },
//! ]
//! "#;
//! let profile = Profile::read("orders", text, Directories::builtin()).map_err(|mistakes| format!("{mistakes:?}"))?;
//! assert_eq!(profile.title(), "Orders of one buyer");
//!
//! // NAD has no data element 1004.
//! let wrong = text.replace("C082/3039", "C082/1004");
//! let mistakes = Profile::read("orders", &wrong, Directories::builtin()).unwrap_err();
//! assert_eq!(mistakes[0].code.to_string(), "E0033");
//! assert_eq!(mistakes[0].place.position.line, 7);
//! # Ok::<(), String>(())
//! ```

mod compile;
mod content;
mod file;
mod guide;
mod mistakes;
mod path;
mod shipped;
mod variants;
mod watch;

use std::sync::Arc;

pub use file::Times;
use karvan_text::{Diagnostic, Message};
pub use shipped::{Shipped, shipped};
pub(crate) use watch::{Placed, Watch};

use crate::directory::Directories;
use crate::interchange::MessageType;
pub(crate) use guide::Guide;

/// A profile, checked against the directory.
#[derive(Debug)]
pub struct Profile {
    name: String,
    title: String,
    message: String,
    association: Vec<String>,
    code_lists: Option<String>,
    repertoires: Vec<String>,
    /// One of each release.
    guides: Vec<Arc<Guide>>,
    rules: Vec<Rule>,
}

/// A rule as its file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The line of the file.
    pub line: u64,
    /// The place; empty for the message itself.
    pub path: String,
    /// What is asked of it: `times = 1..`, `codes = BY, SU`.
    pub asks: Vec<String>,
    /// What the guideline calls it.
    pub id: Option<String>,
    /// What the guideline says of it.
    pub note: Option<String>,
}

impl Rule {
    /// What is told of it: what the guideline says of it, else what it asks for.
    fn told(&self) -> String {
        self.note.clone().unwrap_or_else(|| format!("{} {}", self.path, self.asks.join(", ")).trim_start().to_owned())
    }
}

impl Profile {
    /// Reads the profile of this name.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn read(name: &str, text: &str, directories: &Directories) -> Result<Self, Vec<Diagnostic>> {
        compile::read(name, text, directories)
    }

    /// The name under which it was read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is of.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Message type (0065).
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The releases of the message that it is for: `D.96A`.
    pub fn releases(&self) -> impl Iterator<Item = &str> {
        self.guides.iter().map(|guide| guide.release.as_str())
    }

    /// The association assigned codes (0057) that it is for; any where there are none.
    #[must_use]
    pub fn association(&self) -> &[String] {
        &self.association
    }

    /// The release whose code lists hold, where it is not that of the message.
    #[must_use]
    pub fn code_lists(&self) -> Option<&str> {
        self.code_lists.as_deref()
    }

    /// The syntax identifiers (0001) that it allows; any where there are none.
    #[must_use]
    pub fn repertoires(&self) -> &[String] {
        &self.repertoires
    }

    /// Its rules, in the order of the file; what it says of the parts of the message comes last.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How often a row of the message table stands, as far as the profile says so whatever else stands in the message.
    #[must_use]
    pub fn times(&self, release: &str, row: usize) -> Option<Times> {
        let guide = self.guides.iter().find(|guide| guide.release == release)?;
        guide.limits(row).map(|limit| limit.times).reduce(Times::both)
    }

    /// Whether it is for messages of this type: message, release and association assigned code.
    #[must_use]
    pub fn is_for(&self, message: &MessageType) -> bool {
        let takes = |code: &String| *code == message.association;
        self.guide(message).is_some() && (self.association.is_empty() || self.association.iter().any(takes))
    }

    /// Whether there is a message that both are for.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = |one: &[String], two: &[String]| {
            one.is_empty() || two.is_empty() || one.iter().any(|code| two.contains(code))
        };
        self.message == other.message
            && self.releases().any(|release| other.releases().any(|it| it == release))
            && shared(&self.association, &other.association)
    }

    /// What it is for: `ORDERS D.96A EAN008`.
    #[must_use]
    pub fn scope(&self) -> String {
        let releases: Vec<_> = self.releases().collect();
        format!("{} {} {}", self.message, releases.join("|"), self.association.join("|")).trim_end().to_owned()
    }

    /// What it says of messages of this type, whatever their association assigned code.
    pub(crate) fn guide(&self, message: &MessageType) -> Option<Arc<Guide>> {
        let release = format!("{}.{}", message.version, message.release);
        let guide = self.guides.iter().find(|guide| self.message == message.name && guide.release == release);
        guide.map(Arc::clone)
    }

    /// Which rule says so.
    fn help(&self, rule: usize) -> Message {
        let message = Message::new("help-profile-rule").with("profile", &self.name);
        match self.rules.get(rule) {
            Some(rule) => message.with("line", rule.line).with("rule", rule.told()),
            None => message,
        }
    }

    /// What the guideline calls the rule.
    fn rule_id(&self, rule: usize) -> Option<String> {
        self.rules.get(rule)?.id.clone()
    }
}
