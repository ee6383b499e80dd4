//! Looking up which kinds of documents there are, what terms each has and what it can be written as.

use karvan_mapping::Target;
use karvan_model::{DocumentType, Kind, TermId, json};
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};
use serde::Serialize;

/// Something of the kinds of documents that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DocumentsView {
    /// All kinds.
    Documents {
        /// In the order of the tables.
        documents: Vec<DocumentView>,
    },
    /// One kind with its terms.
    Document {
        /// What it is.
        #[serde(flatten)]
        document: DocumentView,
        /// Its terms, every group before its members.
        terms: Vec<TermView>,
    },
}

/// A kind of document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentView {
    /// `invoice`, as Karvan's JSON names it.
    pub document: &'static str,
    /// What it can be written as, by the names that `karvan convert --to` knows.
    pub targets: Vec<String>,
}

/// A term of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermView {
    /// `BT-44`; where no standard gives an id, that is the path.
    pub term: &'static str,
    /// The keys that lead to it in Karvan's JSON: `buyer.name`.
    pub path: String,
    /// How often it stands in its group where the standard is kept: `0..n`.
    pub occurs: &'static str,
    /// `group`, or the kind of its value.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its tag in the Trade Data Elements Directory (UNTDED, ISO 7372).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untded: Option<&'static str>,
    /// Its name in English.
    pub name: &'static str,
    /// Its name in Persian.
    pub name_fa: &'static str,
}

/// All kinds of documents.
///
/// ```
/// use karvan_engine::documents::{DocumentsView, list};
///
/// let DocumentsView::Documents { documents } = list() else { unreachable!() };
/// assert!(documents.iter().any(|view| view.document == "invoice" && view.targets.contains(&"cii".to_owned())));
/// ```
#[must_use]
pub fn list() -> DocumentsView {
    DocumentsView::Documents { documents: DocumentType::all().map(DocumentView::new).collect() }
}

/// The kind of document of this name with its terms, if there is one.
#[must_use]
pub fn show(name: &str) -> Option<DocumentsView> {
    let kind = DocumentType::named(name)?;
    let mut terms = Vec::new();
    collect(kind, kind.top(), "", &mut terms);
    Some(DocumentsView::Document { document: DocumentView::new(kind), terms })
}

/// The JSON Schema of Karvan's own JSON of the kind of this name, if there is one.
#[must_use]
pub fn json_schema(name: &str) -> Option<String> {
    Some(format!("{:#}\n", json::schema(DocumentType::named(name)?)))
}

fn collect(kind: &'static DocumentType, terms: &'static [TermId], around: &str, views: &mut Vec<TermView>) {
    for term in terms {
        let shape = kind.term(*term);
        let path = format!("{around}{}", shape.key());
        views.push(TermView::new(kind, *term, path.clone()));
        let parts = shape.kind().parts().iter().filter_map(|part| Some((part, shape.part(*part)?)));
        views.extend(parts.map(|(part, own)| TermView::new(kind, own, format!("{path}.{part}"))));
        collect(kind, shape.members(), &format!("{path}."), views);
    }
}

impl DocumentView {
    fn new(kind: &'static DocumentType) -> Self {
        Self { document: kind.name(), targets: Target::of(kind).iter().map(Target::to_string).collect() }
    }

    fn line(&self, language: Language) -> String {
        let targets = isolate(&self.targets.join(" "), language).into_owned();
        Message::new("document-kind").with("document", self.document).with("targets", targets).text(language)
    }
}

impl TermView {
    fn new(kind: &'static DocumentType, term: TermId, path: String) -> Self {
        let term = kind.term(term);
        Self {
            term: term.id(),
            path,
            occurs: match (term.is_required(), term.repeats()) {
                (true, false) => "1..1",
                (true, true) => "1..n",
                (false, false) => "0..1",
                (false, true) => "0..n",
            },
            kind: match term.kind() {
                Kind::Group => term.shared().unwrap_or(Kind::Group.name()),
                other => other.name(),
            },
            untded: term.untded(),
            name: term.name(Language::English),
            name_fa: term.name(Language::Persian),
        }
    }

    fn line(&self, width: usize, language: Language) -> String {
        let Self { path, occurs, kind, term, .. } = self;
        let own = if term == path { "" } else { term };
        let left = format!("  {path:<width$}  {occurs}  {kind:<13} {:<4}  {own:<8}", self.untded.unwrap_or_default());
        let name = match language {
            Language::English => self.name,
            Language::Persian => self.name_fa,
        };
        format!("{} {name}", isolate(&left, language))
    }
}

impl DocumentsView {
    /// What was found, for people: a kind or a term a line.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let lines: Vec<String> = match self {
            Self::Documents { documents } => documents.iter().map(|view| view.line(language)).collect(),
            Self::Document { document, terms } => {
                let width = terms.iter().map(|term| term.path.len()).max().unwrap_or_default();
                let terms = terms.iter().map(|term| term.line(width, language));
                std::iter::once(document.line(language)).chain(terms).collect()
            }
        };
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_shown_with_its_terms() {
        let text = show("invoice").expect("a kind").text(Language::English);
        let line = |path: &str| text.lines().find(|line| line.trim_start().starts_with(path)).expect(path).to_owned();
        assert!(text.starts_with("invoice: written as edifact "), "{text}");
        let words: Vec<_> = line("buyer.name ").split_whitespace().map(str::to_owned).collect();
        assert_eq!(words[..5], ["buyer.name", "1..1", "text", "3036", "BT-44"]);
        assert!(line("seller.identifiers.scheme ").contains("BT-29-1"));
        let order = show("order").expect("a kind").text(Language::Persian);
        assert!(order.contains("buyer.address.city ") && order.contains("شهر"));
        assert!(show("orders").is_none() && json_schema("orders").is_none());
    }
}
