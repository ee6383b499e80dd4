//! The sentences of Karvan, in English and Persian, by message id.
//!
//! A catalogue file holds one message a line, `id = sentence with {argument}`; lines that begin with `#` are comments.
//! Every id stands in every language with the same arguments; the tests see to it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A language that Karvan speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Persian.
    Persian,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Persian];

    /// The language with this ISO 639 code or locale (`fa`, `fa_IR.UTF-8`), if Karvan speaks it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.split(['_', '-', '.']).next()? {
            "en" => Some(Self::English),
            "fa" => Some(Self::Persian),
            _ => None,
        }
    }
}

/// A sentence to be: its id in the catalogue and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: &'static str,
    arguments: Vec<(&'static str, String)>,
    /// Arguments that are sentences themselves, as Persian says them.
    persian: Vec<(&'static str, String)>,
}

impl Message {
    /// The message `id` without arguments.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id, arguments: Vec::new(), persian: Vec::new() }
    }

    /// Gives one argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.arguments.push((name, value.to_string()));
        self
    }

    /// Gives one argument that is a sentence itself, or part of one, and so has to be said in each language.
    #[must_use]
    pub fn with_sentence(self, name: &'static str, sentence: impl Fn(Language) -> String) -> Self {
        let mut message = self.with(name, sentence(Language::English));
        message.persian.push((name, sentence(Language::Persian)));
        message
    }

    /// The id in the catalogue.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The arguments, in the order they were given.
    #[must_use]
    pub fn arguments(&self) -> &[(&'static str, String)] {
        &self.arguments
    }

    /// The sentence in `language`.
    ///
    /// Arguments are codes, paths and text of the source: in Persian each is isolated (U+2066 … U+2069), so that it
    /// keeps its own direction. Long ones are cut. An id that the catalogue lacks is shown as it is, with its arguments.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let Some(template) = sentence(language, self.id) else {
            let arguments: Vec<_> = self.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
            return format!("{} {}", self.id, arguments.join(" ")).trim_end().to_owned();
        };
        let mut text = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                text.push('{');
                rest = after;
                continue;
            };
            match self.persian.iter().find(|(key, _)| language == Language::Persian && *key == name) {
                Some((_, sentence)) => text.push_str(sentence),
                None => {
                    let value = self.arguments.iter().find(|(key, _)| *key == name).map_or(name, |(_, value)| value);
                    text.push_str(&isolate(&shortened(value), language));
                }
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// A message is `{"id": …, "arguments": {…}, "text": …}` to a machine; the text is English always.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", self.id)?;
        let arguments: serde_json::Map<_, _> =
            self.arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        map.serialize_entry("arguments", &arguments)?;
        map.serialize_entry("text", &self.text(Language::English))?;
        map.end()
    }
}

/// `value` for a sentence in `language`: isolated where the sentence runs from right to left.
///
/// It may come from a hostile document, so characters that steer a terminal or the direction of text become pictures.
#[must_use]
pub fn isolate(value: &str, language: Language) -> Cow<'_, str> {
    let value = if value.chars().any(|c| picture(c) != c) {
        Cow::Owned(value.chars().map(picture).collect())
    } else {
        Cow::Borrowed(value)
    };
    match language {
        Language::English => value,
        Language::Persian => Cow::Owned(format!("\u{2066}{value}\u{2069}")),
    }
}

/// The beginning of a value that is longer than a person wants to see.
pub(crate) fn shortened(value: &str) -> Cow<'_, str> {
    const LENGTH: usize = 500;
    match value.char_indices().nth(LENGTH) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

/// A character as shown to a person: control characters and those that change the direction of text as pictures.
pub(crate) fn picture(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('␦'),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '␦',
        other => other,
    }
}

/// The sentence of `id` in `language`, with its arguments still in braces.
#[must_use]
pub fn sentence(language: Language, id: &str) -> Option<&'static str> {
    static ENGLISH: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    static PERSIAN: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    let (cell, column) = match language {
        Language::English => (&ENGLISH, 0),
        Language::Persian => (&PERSIAN, 1),
    };
    cell.get_or_init(|| FILES.iter().flat_map(|file| entries(file[column])).collect()).get(id).copied()
}

/// The entries of one catalogue file.
fn entries(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(id, text)| (id.trim(), text.trim()))
}

macro_rules! files {
    ($($area:literal),* $(,)?) => {
        [$([include_str!(concat!("../catalogue/en/", $area, ".txt")), include_str!(concat!("../catalogue/fa/", $area, ".txt"))]),*]
    };
}

/// One pair of files (English, Persian) an area, so that an area can be read as a whole.
static FILES: &[[&str; 2]] = &files! {
    "ack",
    "batch",
    "cms",
    "command",
    "cross",
    "diff",
    "directory",
    "edifact",
    "edifact-security",
    "explain",
    "format",
    "grammar",
    "input",
    "import",
    "inspect",
    "mapping",
    "profile",
    "render",
    "rules",
    "schema",
    "signature",
    "topic",
    "trust",
    "usage",
    "xades",
    "xml",
};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn arguments(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_hold_the_same_messages_with_the_same_arguments() {
        for file in FILES {
            let [english, persian] = file.map(|text| entries(text).collect::<BTreeMap<_, _>>());
            assert_eq!(
                english.keys().collect::<Vec<_>>(),
                persian.keys().collect::<Vec<_>>(),
                "ids of one catalogue file in English and in Persian"
            );
            for (id, text) in &english {
                assert_eq!(arguments(text), arguments(persian[id]), "arguments of {id}");
            }
        }
    }

    #[test]
    fn no_id_stands_twice() {
        for column in 0..2 {
            let mut seen = BTreeSet::new();
            for (id, text) in FILES.iter().flat_map(|file| entries(file[column])) {
                assert!(seen.insert(id), "{id} stands twice");
                assert!(!text.is_empty(), "{id} is empty");
            }
        }
    }

    #[test]
    fn persian_isolates_what_is_not_persian() {
        let message = Message::new("summary-invalid")
            .with("name", "a.edi")
            .with("parts", "1")
            .with("errors", 2)
            .with("warnings", 0);
        assert!(message.text(Language::Persian).contains("\u{2066}a.edi\u{2069}"));
        assert!(!message.text(Language::English).contains('\u{2066}'));
    }

    /// The first letter decides the direction of a paragraph: a mark in front keeps it from right to left.
    #[test]
    fn persian_sentences_run_from_right_to_left() {
        let persian = |letter: char| matches!(letter, '\u{600}'..='\u{6FF}');
        for (id, sentence) in FILES.iter().flat_map(|file| entries(file[1])) {
            let is_mixed =
                sentence.starts_with(|letter: char| letter.is_ascii_alphabetic()) && sentence.contains(persian);
            assert!(!is_mixed, "{id} begins with a Latin letter and no mark (U+200F)");
        }
    }

    #[test]
    fn an_unknown_id_is_shown_not_hidden() {
        assert_eq!(Message::new("no-such-id").with("a", 1).text(Language::English), "no-such-id a=1");
    }
}
