//! Importing what is not built in from a user's own copy: releases of the UN/EDIFACT directories from their texts, XML grammars
//! from XML Schema documents.

mod grammar;
mod release;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use karvan_schema::directory::PackError;
use karvan_schema::directory::texts::{ReleaseTexts, TextFile};
use karvan_schema::xml::{Collection, GrammarError, SchemaError};
use karvan_text::{Language, Message};
use serde::Serialize;

pub use self::grammar::{ImportedGrammar, Naming};
pub use self::release::ImportedRelease;

/// Texts of releases and schema documents as they are found, in any order: of one release or of several, and of one grammar.
#[derive(Debug, Default)]
pub struct Importer {
    releases: BTreeMap<String, ReleaseTexts>,
    schemas: Collection,
    naming: Naming,
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Imported {
    /// A release of the directories.
    Release(ImportedRelease),
    /// An XML grammar.
    Grammar(ImportedGrammar),
}

/// Why nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportError {
    /// No file is a text of a directory by its name, or a schema document.
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
    /// The name of a grammar is not made of lower case letters, digits, `.`, `-` and `_`.
    Name(String),
    /// No schema document lies where documents are said to begin.
    Entry(String),
    /// No schema document declares what a document begins with.
    NoRoots,
    /// Two schema documents declare the same element as the root of a document, so they are of two grammars.
    Clash {
        /// The element.
        element: String,
        /// One of the schema documents.
        one: String,
        /// The other.
        other: String,
    },
    /// The schema documents make no grammar.
    Schema(SchemaError),
    /// What they make cannot be kept.
    Grammar(GrammarError),
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
            Self::Name(name) => Message::new("import-name").with("name", name),
            Self::Entry(path) => Message::new("import-entry").with("path", path),
            Self::NoRoots => Message::new("import-no-roots"),
            Self::Clash { element, one, other } => {
                Message::new("import-clash").with("element", element).with("one", one).with("other", other)
            }
            Self::Schema(error) => Message::new("import-schema").with("detail", error),
            Self::Grammar(error) => Message::new("import-schema").with("detail", error),
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
    /// An importer that makes of all schema documents one grammar, called so.
    #[must_use]
    pub fn new(naming: Naming) -> Self {
        Self { naming, ..Self::default() }
    }

    /// Whether the file at `path` (names of folders and archives, then its own) is one to read.
    #[must_use]
    pub fn wants(path: &[&str]) -> bool {
        is_schema(path) || TextFile::of(path).is_some()
    }

    /// Reads the octets of the file at `path`; passes over what is neither a text of a directory nor a schema document.
    pub fn read(&mut self, path: &[&str], octets: Vec<u8>) {
        if is_schema(path) {
            self.schemas.add(path.join("/"), octets);
        } else if let Some(file) = TextFile::of(path) {
            let texts = self.releases.entry(file.release).or_insert_with_key(|release| ReleaseTexts::new(release));
            texts.read(&file.kind, &octets);
        }
    }

    /// What was read: the releases by their names, then the grammar.
    ///
    /// # Errors
    /// If nothing was, a release lacks one of its directories, or the schema documents make no grammar.
    pub fn finish(mut self) -> Result<Vec<Imported>, ImportError> {
        let releases = self.releases.into_values().map(|texts| release::imported(texts).map(Imported::Release));
        let mut imported = releases.collect::<Result<Vec<_>, _>>()?;
        if self.schemas.paths().next().is_some() {
            imported.push(Imported::Grammar(grammar::imported(&mut self.schemas, self.naming)?));
        }
        if imported.is_empty() { Err(ImportError::Nothing) } else { Ok(imported) }
    }
}

fn is_schema(path: &[&str]) -> bool {
    path.last().is_some_and(|name| name.to_ascii_lowercase().ends_with(".xsd"))
}

impl Imported {
    /// What came of it, for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match self {
            Self::Release(release) => release.text(language),
            Self::Grammar(grammar) => grammar.text(language),
        }
    }

    /// The file to keep, which the program adds to what is built in when it starts, and its name.
    #[must_use]
    pub fn file(&self) -> (String, Cow<'_, [u8]>) {
        match self {
            Self::Release(release) => (format!("{}.release", release.release), release.import.to_octets().into()),
            Self::Grammar(grammar) => (format!("{}.grammar", grammar.grammar), grammar.file.as_slice().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_release_is_refused() {
        let mut nothing = Importer::default();
        nothing.read(&["README.TXT"], b"text".to_vec());
        assert_eq!(nothing.finish().unwrap_err(), ImportError::Nothing);
        let mut part = Importer::default();
        part.read(&["UNCL.99Z"], b"text".to_vec());
        let error = part.finish().unwrap_err();
        assert!(error.to_string().contains("D.99Z") && error.to_string().contains("EDMD, EDSD, EDCD, EDED"), "{error}");
    }
}
