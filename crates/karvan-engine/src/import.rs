//! Importing a release of the UN/EDIFACT directories from a user's own copy of the official texts.

use std::collections::BTreeMap;
use std::fmt;

use karvan_schema::directory::texts::{ReleaseTexts, TextFile};
use karvan_schema::directory::{Import, PackError};
use karvan_text::{Language, Message};
use serde::Serialize;

/// The texts of releases as they are found, in any order: of one release or of several.
#[derive(Debug, Default)]
pub struct Importer {
    releases: BTreeMap<String, ReleaseTexts>,
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
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

/// Why nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// No file is a text of a directory by its name.
    Nothing,
    /// What was read of a release is not enough to check a message by it: a directory is missing.
    Incomplete {
        /// The release.
        release: String,
        /// The directories that are missing, by the names of their files.
        missing: String,
    },
    /// It cannot be packed.
    Pack(PackError),
}

impl ImportError {
    /// The sentence to tell, from the catalogue.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Nothing => Message::new("import-nothing"),
            Self::Incomplete { release, missing } => {
                Message::new("import-incomplete").with("release", release).with("missing", missing)
            }
            Self::Pack(error) => Message::new("import-unpackable").with("detail", error),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::English))
    }
}

impl std::error::Error for ImportError {}

impl Importer {
    /// Whether the file at `path` (names of folders and archives, then its own) is one to read.
    #[must_use]
    pub fn wants(path: &[&str]) -> bool {
        TextFile::of(path).is_some()
    }

    /// Reads the octets of the file at `path`; passes over what is no text of a directory.
    pub fn read(&mut self, path: &[&str], octets: &[u8]) {
        let Some(file) = TextFile::of(path) else { return };
        let texts = self.releases.entry(file.release).or_insert_with_key(|release| ReleaseTexts::new(release));
        texts.read(&file.kind, octets);
    }

    /// What was read, by release.
    ///
    /// # Errors
    /// If nothing was, or a release lacks one of its directories.
    pub fn finish(self) -> Result<Vec<Imported>, ImportError> {
        if self.releases.is_empty() {
            return Err(ImportError::Nothing);
        }
        self.releases.into_values().map(imported).collect()
    }
}

fn imported(texts: ReleaseTexts) -> Result<Imported, ImportError> {
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
    Ok(Imported {
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

impl Imported {
    /// What came of it, for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_release_is_refused() {
        let mut nothing = Importer::default();
        nothing.read(&["README.TXT"], b"text");
        assert_eq!(nothing.finish().unwrap_err(), ImportError::Nothing);
        let mut part = Importer::default();
        part.read(&["UNCL.99Z"], b"text");
        let error = part.finish().unwrap_err();
        assert!(error.to_string().contains("D.99Z") && error.to_string().contains("EDMD, EDSD, EDCD, EDED"), "{error}");
    }
}
