//! What a name means: the code of a finding, a business rule, a message type, a segment, a data element, a code value.
//!
//! ```
//! use karvan_engine::explain::{Topic, explain};
//! use karvan_engine::text::Language;
//!
//! let Topic::Finding(counts) = explain("E1029")? else { return Err("not a finding".into()) };
//! assert!(counts.text(Language::English).contains("UNT+9+1'"));
//! let party = explain("3035=BY@D.96A")?;
//! assert!(party.text(Language::English).contains("Buyer"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod entry;
mod finding;
mod rule;

use std::fmt;

pub(crate) use entry::nearest;
pub use entry::{Definition, EntryTopic, Spell, distance};
pub use finding::{ErrorCode, FindingTopic, Sample};
use karvan_schema::directory::Directories;
use karvan_text::explanation::Explanation;
use karvan_text::{Code, Language, Message};
pub use rule::RuleTopic;
use serde::Serialize;

use crate::code_lists::{self, CodesView};

/// Something that can be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Topic {
    /// The code of a finding.
    Finding(FindingTopic),
    /// A business rule.
    Rule(RuleTopic),
    /// A published code list, or a code of one.
    Codes(CodesView),
    /// An entry of the directories.
    Entry(Box<EntryTopic>),
}

impl Topic {
    /// The explanation for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match self {
            Self::Finding(finding) => finding.text(language),
            Self::Rule(rule) => rule.text(language),
            Self::Codes(codes) => codes.text(language),
            Self::Entry(entry) => entry.text(language),
        }
    }
}

/// Explains `name`: the code of a finding (`E1029`), a business rule (`BR-CO-10`), a message type, segment, composite or data element (`INVOIC`, `NAD`, `C082`,
/// `3035`), with or without a release (`NAD@D.96A`, `UNB@3`), a code value (`3035=BY`, `3035=BY@D.96A`), or a published
/// code list or a code of it (`REC20`, `REC20=KGM`).
///
/// Without a release the newest is meant that has the entry, the service directories last.
pub fn explain(name: &str) -> Result<Topic, Unknown> {
    let directories = Directories::builtin();
    let code = name.to_ascii_uppercase().parse::<Code>();
    if let Some(explanation) = code.ok().and_then(Explanation::of) {
        return Ok(Topic::Finding(FindingTopic::new(explanation, directories)));
    }
    if let Some(rule) = RuleTopic::find(name) {
        return Ok(Topic::Rule(rule));
    }
    let of_list = match name.split_once('=') {
        Some((list, value)) => code_lists::code(list, value),
        None => code_lists::list(name).map(Ok),
    };
    if let Some(found) = of_list {
        return found.map(Topic::Codes).map_err(|_| Unknown { name: name.to_owned(), near: code_lists::near(name) });
    }
    match entry::find(directories, name) {
        Some(entry) => Ok(Topic::Entry(Box::new(entry))),
        None => Err(Unknown { name: name.to_owned(), near: entry::near(directories, name) }),
    }
}

/// The explanations of all codes of findings, by number.
pub fn findings() -> impl Iterator<Item = FindingTopic> {
    Explanation::all().iter().map(|explanation| FindingTopic::new(explanation, Directories::builtin()))
}

/// There is nothing of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// The names that are most like it, the nearest first.
    pub near: Vec<String>,
}

impl Unknown {
    /// The sentence to tell, from the catalogue.
    #[must_use]
    pub fn message(&self) -> Message {
        match self.near.as_slice() {
            [] => Message::new("topic-unknown").with("name", &self.name),
            near => Message::new("topic-unknown-near").with("name", &self.name).with("near", near.join(", ")),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::English))
    }
}

impl std::error::Error for Unknown {}

/// A sentence of the catalogue without arguments.
fn label(id: &'static str, language: Language) -> String {
    Message::new(id).text(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_whatever_its_severity_or_its_letters() {
        for name in ["E3012", "W3012", "e3012"] {
            let Topic::Finding(topic) = explain(name).unwrap() else { panic!("{name} is a finding") };
            assert_eq!(topic.codes.len(), 2);
        }
    }

    #[test]
    fn names_that_are_not_there_get_the_nearest() {
        assert!(explain("NDA").unwrap_err().near.contains(&"NAD".to_owned()));
        assert!(explain("E1092").unwrap_err().near.contains(&"E1029".to_owned()));
        assert!(explain("INVIOC").unwrap_err().near.contains(&"INVOIC".to_owned()));
        assert!(explain("3035=SUU@D.96A").unwrap_err().near.contains(&"3035=SU".to_owned()));
        assert_eq!(explain("no such thing at all").unwrap_err().near, Vec::<String>::new());
    }
}
