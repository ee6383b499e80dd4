//! What the check of a document came to, for a person and for a machine.

use karvan_schema::interchange::Counts;
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message, Summary, Verdict};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::run::Opening;

/// What a check found in all.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// How many findings there were.
    pub summary: Summary,
    /// What the document holds.
    pub content: Content,
    /// What names the interchanges in it, for [`Run`](crate::validate::Run) to compare.
    #[serde(skip)]
    pub openings: Vec<Opening>,
}

impl Outcome {
    /// `VALID order.edi: 1 interchange, 1 message (ORDERS D.96A), 0 errors, 0 warnings`, in `language`.
    #[must_use]
    pub fn text(&self, name: &str, language: Language) -> String {
        let id = match self.verdict {
            Verdict::Valid => "summary-valid",
            Verdict::Invalid => "summary-invalid",
            Verdict::Unfinished => "summary-unfinished",
        };
        let mut parts = self.content.parts(language);
        parts.push(counted("errors", self.summary.errors, language));
        parts.push(counted("warnings", self.summary.warnings, language));
        let separator = Message::new("list-separator").text(language);
        format!("{}: {}", Message::new(id).with("name", name).text(language), parts.join(&format!("{separator} ")))
    }
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// EDIFACT interchanges.
    Edifact(Counts),
    /// An XML document, by the name of its root element and the title of the grammar it was checked against, if there
    /// is one.
    Xml {
        /// The local name of the root element.
        root: String,
        /// The title of the grammar.
        grammar: Option<String>,
    },
    /// A document in JSON, by the title of the schema it was checked against; none if it is Karvan's own.
    Json(Option<String>),
    /// Nothing that Karvan knows.
    Unknown,
}

impl Content {
    /// What it is, in words.
    fn parts(&self, language: Language) -> Vec<String> {
        let named = |name: &str| isolate(name, language).into_owned();
        let counts = match self {
            Self::Edifact(counts) => counts,
            Self::Xml { root, grammar: Some(grammar) } => return vec![named(&format!("{root} ({grammar})"))],
            Self::Xml { root, grammar: None } => return vec![named(root)],
            Self::Json(None) => return vec![named("JSON")],
            Self::Json(Some(title)) => return vec![named(&format!("JSON ({title})"))],
            Self::Unknown => return vec![Message::new("content-none").text(language)],
        };
        let mut parts = vec![counted("interchanges", counts.interchanges, language)];
        if counts.groups > 0 {
            parts.push(counted("groups", counts.groups, language));
        }
        let mut messages = counted("messages", counts.messages, language);
        let mut kinds: Vec<_> = counts.types.keys().map(ToString::to_string).collect();
        kinds.dedup();
        if !kinds.is_empty() {
            kinds.truncate(4);
            messages = format!("{messages} ({})", named(&kinds.join(", ")));
        }
        parts.push(messages);
        if counts.packages > 0 {
            parts.push(counted("packages", counts.packages, language));
        }
        parts
    }
}

/// An object whose `syntax` says which fields it has.
impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Edifact(counts) => {
                map.serialize_entry("syntax", "edifact")?;
                map.serialize_entry("interchanges", &counts.interchanges)?;
                map.serialize_entry("groups", &counts.groups)?;
                map.serialize_entry("messages", &counts.messages)?;
                map.serialize_entry("packages", &counts.packages)?;
                map.serialize_entry("segments", &counts.segments)?;
                let types = counts.types.iter().map(|(kind, &count)| TypeCount { kind: kind.to_string(), count });
                map.serialize_entry("types", &types.collect::<Vec<_>>())?;
            }
            Self::Xml { root, grammar } => {
                map.serialize_entry("syntax", "xml")?;
                map.serialize_entry("root", root)?;
                map.serialize_entry("grammar", grammar)?;
            }
            Self::Json(grammar) => {
                map.serialize_entry("syntax", "json")?;
                map.serialize_entry("grammar", grammar)?;
            }
            Self::Unknown => map.serialize_entry("syntax", &None::<&str>)?,
        }
        map.end()
    }
}

/// How many messages of one type there were.
#[derive(Serialize)]
struct TypeCount {
    #[serde(rename = "type")]
    kind: String,
    count: u64,
}

/// `1 message`, `2 messages`.
fn counted(what: &'static str, count: u64, language: Language) -> String {
    let id = match (what, count) {
        ("errors", 1) => "counted-error",
        ("errors", _) => "counted-errors",
        ("warnings", 1) => "counted-warning",
        ("warnings", _) => "counted-warnings",
        ("interchanges", 1) => "counted-interchange",
        ("interchanges", _) => "counted-interchanges",
        ("groups", 1) => "counted-group",
        ("groups", _) => "counted-groups",
        ("packages", 1) => "counted-package",
        ("packages", _) => "counted-packages",
        (_, 1) => "counted-message",
        _ => "counted-messages",
    };
    Message::new(id).with("count", count).text(language)
}
