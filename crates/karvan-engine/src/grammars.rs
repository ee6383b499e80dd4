//! Looking up which XML grammars there are, and what they declare.

mod declaration;

use karvan_schema::xml::{Grammars, Heading};
use karvan_text::Language;
use karvan_text::catalogue::isolate;
use serde::Serialize;

pub use self::declaration::{
    AttributeView, DeclarationUnknown, DeclarationView, FacetView, RowKind, RowView, ValueView, declaration,
};
pub(crate) use self::declaration::{datatype, definition};

/// All XML grammars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "grammars")]
pub struct GrammarsView {
    /// By name.
    pub grammars: Vec<GrammarView>,
}

/// An XML grammar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrammarView {
    /// `ubl-2.1`, as for `--as`.
    pub grammar: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The local names of the elements that a document may have as its root.
    pub roots: Vec<&'static str>,
}

/// All XML grammars, without opening any.
///
/// ```
/// let list = karvan_engine::grammars::list();
/// assert!(list.grammars.iter().any(|view| view.grammar == "ubl-2.5" && view.roots.contains(&"PackingList")));
/// ```
#[must_use]
pub fn list() -> GrammarsView {
    let view = |heading: &'static Heading| GrammarView {
        grammar: heading.name(),
        title: heading.title(),
        roots: heading.roots().map(|(_, name)| name).collect(),
    };
    GrammarsView { grammars: Grammars::builtin().headings().map(view).collect() }
}

impl GrammarsView {
    /// One grammar a line, and below it the elements that documents begin with.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        for GrammarView { grammar, title, roots } in &self.grammars {
            text += &format!("{}  {}\n", isolate(&format!("{grammar:22}"), language), isolate(title, language));
            text += &format!("    {}\n", isolate(&roots.join(" "), language));
        }
        text
    }
}
