//! Looking codes up in published code lists: which lists there are, what they hold, what a code means.

use karvan_schema::codes::{CodeList, ListedCode, Published, PublishedLists, Use};
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};
use serde::Serialize;

/// Something of the published lists that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CodesView {
    /// All lists.
    CodeLists {
        /// By name.
        lists: Vec<ListView>,
    },
    /// One list with its codes.
    CodeList {
        /// What it is.
        #[serde(flatten)]
        list: ListView,
        /// Its codes, by value.
        values: Vec<ValueView>,
    },
    /// One code.
    ListedCode {
        /// The list it is of.
        #[serde(flatten)]
        list: ListView,
        /// The code.
        #[serde(flatten)]
        code: ValueView,
    },
}

/// A published list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListView {
    /// `REC20`.
    pub list: &'static str,
    /// What it lists.
    pub title: &'static str,
    /// Who keeps it.
    pub keeper: &'static str,
    /// How many codes it has.
    pub codes: usize,
}

/// A code of a published list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ValueView {
    /// `KGM`.
    pub value: &'static str,
    /// `kilogram`; empty where the list is known by its codes alone.
    pub name: &'static str,
    /// Whether it is still to be used: `current`, `deprecated`, `withdrawn`.
    pub status: &'static str,
}

/// All lists.
#[must_use]
pub fn lists() -> CodesView {
    CodesView::CodeLists { lists: PublishedLists::builtin().all().iter().map(ListView::new).collect() }
}

/// The list of this name with its codes, if it is a published one.
#[must_use]
pub fn list(name: &str) -> Option<CodesView> {
    let list = PublishedLists::builtin().get(name)?;
    Some(CodesView::CodeList { list: ListView::new(list), values: list.codes().map(ValueView::new).collect() })
}

/// A code of a published list; none where the list of this name is not a published one.
///
/// # Errors
/// What to tell where the list has no such code.
pub fn code(name: &str, value: &str) -> Option<Result<CodesView, Message>> {
    let list = PublishedLists::builtin().get(name)?;
    let found = list.code(value).or_else(|| list.code(&value.to_uppercase()));
    Some(match found {
        Some(code) => Ok(CodesView::ListedCode { list: ListView::new(list), code: ValueView::new(code) }),
        None => Err(unknown(list, value)),
    })
}

/// The codes most like one that its list lacks, each as `REC20=KGM`.
pub(crate) fn near(name: &str) -> Vec<String> {
    let Some((list, value)) = name.split_once('=') else { return Vec::new() };
    let Some(list) = CodeList::published(list) else { return Vec::new() };
    list.nearest(value).iter().map(|code| format!("{}={}", list.name(), code.value)).collect()
}

fn unknown(list: &'static Published, value: &str) -> Message {
    match CodeList::Published(list).offer(value) {
        Some(near) => Message::new("listed-code-near").with("near", near),
        None => Message::new("listed-code-unknown"),
    }
    .with("value", value)
    .with("list", list.name())
}

impl ListView {
    fn new(list: &'static Published) -> Self {
        Self { list: list.name(), title: list.title(), keeper: list.keeper(), codes: list.len() }
    }

    fn line(&self, language: Language) -> String {
        let line = format!("{:<16} {:>7}  {} ({})", self.list, self.codes, self.title, self.keeper);
        isolate(&line, language).into_owned()
    }
}

impl ValueView {
    fn new(code: ListedCode<'static>) -> Self {
        let status = match code.use_ {
            Use::Current => "current",
            Use::Deprecated => "deprecated",
            Use::Withdrawn => "withdrawn",
        };
        Self { value: code.value, name: code.name, status }
    }

    fn line(&self, language: Language) -> String {
        let mark = match self.status {
            "current" => String::new(),
            "deprecated" => format!(" ({})", Message::new("code-deprecated").text(language)),
            _ => format!(" ({})", Message::new("code-withdrawn").text(language)),
        };
        let line = format!("{:<8}  {}", self.value, self.name);
        isolate(line.trim_end(), language).into_owned() + &mark
    }
}

impl CodesView {
    /// What was found, for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let heading = |list: &ListView| {
            Message::new("code-list").with("list", list.list).with("title", list.title).with("keeper", list.keeper)
        };
        let mut lines = Vec::new();
        match self {
            Self::CodeLists { lists } => lines.extend(lists.iter().map(|list| list.line(language))),
            Self::CodeList { list, values } => {
                lines.push(heading(list).text(language));
                lines.extend(values.iter().map(|value| value.line(language)));
            }
            Self::ListedCode { list, code } => {
                lines.push(code.line(language));
                lines.push(heading(list).text(language));
            }
        }
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_whatever_its_letters() {
        let found = code("rec20", "kgm").expect("a published list").expect("a code");
        assert_eq!(
            found.text(Language::English),
            "KGM       kilogram\nREC20: Units of measure, Recommendation 20 (UN/CEFACT, UNECE)\n"
        );
        assert!(found.text(Language::Persian).contains("\u{2066}REC20\u{2069}"));
        assert_eq!(serde_json::to_value(&found).unwrap()["kind"], "listed-code");
    }

    #[test]
    fn what_a_list_lacks_gets_the_nearest() {
        let message = code("ISO4217", "EUS").expect("a published list").expect_err("no such currency");
        assert!(message.text(Language::English).contains("EUR (Euro)"), "{}", message.text(Language::English));
        assert!(code("3035", "BY").is_none(), "a data element of the directories");
    }
}
