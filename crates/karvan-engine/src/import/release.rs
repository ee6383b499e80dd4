//! Releases of the UN/EDIFACT directories.

use karvan_schema::directory::Import;
use karvan_schema::directory::texts::ReleaseTexts;
use karvan_text::{Language, Message};
use serde::Serialize;

use super::ImportError;

/// A release that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedRelease {
    /// The release: `D.25A`.
    pub release: String,
    /// Message types.
    pub messages: usize,
    /// Segments.
    pub segments: usize,
    /// Composite data elements.
    pub composites: usize,
    /// Simple data elements.
    pub elements: usize,
    /// Code lists.
    pub code_lists: usize,
    /// Definitions.
    pub definitions: usize,
    /// Lines that were not understood.
    pub problems: Vec<String>,
    /// The file to keep; the program adds it to the built-in directories when it starts.
    #[serde(skip)]
    pub import: Import,
}

pub(super) fn imported(texts: ReleaseTexts) -> Result<ImportedRelease, ImportError> {
    let (facts, definitions, remarks) = texts.finish();
    let directories = [
        ("EDMD", facts.messages.is_empty()),
        ("EDSD", facts.segments.is_empty()),
        ("EDCD", facts.composites.is_empty()),
        ("EDED", facts.elements.is_empty()),
    ];
    let missing: Vec<_> = directories.into_iter().filter(|(_, empty)| *empty).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        return Err(ImportError::Incomplete { release: facts.name, missing: missing.join(", ") });
    }
    let import = Import::new(&facts, definitions).map_err(ImportError::Pack)?;
    Ok(ImportedRelease {
        release: facts.name,
        messages: facts.messages.len(),
        segments: facts.segments.len(),
        composites: facts.composites.len(),
        elements: facts.elements.len(),
        code_lists: facts.codes.len(),
        definitions: import.definitions().len(),
        problems: remarks.problems,
        import,
    })
}

impl ImportedRelease {
    /// What came of it, for people.
    pub(super) fn text(&self, language: Language) -> String {
        let message = Message::new("import-done")
            .with("release", &self.release)
            .with("messages", self.messages)
            .with("segments", self.segments)
            .with("composites", self.composites)
            .with("elements", self.elements)
            .with("lists", self.code_lists)
            .with("definitions", self.definitions);
        let mut text = message.text(language) + "\n";
        if !self.problems.is_empty() {
            let problems = Message::new("import-problems").with("count", self.problems.len());
            text += &(problems.text(language) + "\n");
            text.extend(self.problems.iter().map(|problem| format!("  {problem}\n")));
        }
        text
    }
}
