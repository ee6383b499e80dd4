//! XML grammars.

use std::collections::BTreeMap;

use karvan_schema::xml::{Collection, Grammar, Heading, compile};
use karvan_text::{Language, Message};
use serde::Serialize;

use super::ImportError;

/// What the grammar of imported schema documents is called, and which documents follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The name, as for `--as`: `ubl-2.2`.
    pub name: String,
    /// The name for people; else the other.
    pub title: Option<String>,
    /// Schema documents or folders of them, by the end of their paths, whose elements documents begin with; where there
    /// are none, the documents that no other includes or imports.
    pub entries: Vec<String>,
    /// Path and beginning of a value that tell a document of this grammar from others of its family.
    pub signs: Vec<(String, String)>,
}

/// A grammar that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedGrammar {
    /// Its name.
    pub grammar: String,
    /// Its name for people.
    pub title: String,
    /// The local names of the elements that a document may have as its root.
    pub roots: Vec<String>,
    /// The schema documents that declare them.
    pub entries: Vec<String>,
    /// The file to keep; the program adds it to the built-in grammars when it starts.
    #[serde(skip)]
    pub file: Vec<u8>,
}

pub(super) fn imported(schemas: &mut Collection, naming: Naming) -> Result<ImportedGrammar, ImportError> {
    let Naming { name, title, entries: named, signs } = naming;
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_good) {
        return Err(ImportError::Name(name));
    }
    let entries = if named.is_empty() { schemas.entries() } else { lying_at(schemas, &named)? };
    if let Some((element, one, other)) = clash(schemas, &entries) {
        return Err(ImportError::Clash { element, one, other });
    }
    let title = title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let heading = Heading::new(&name, title.as_ref().unwrap_or(&name));
    let heading = signs.into_iter().fold(heading, |heading, (path, text)| heading.sign(path, text));
    let paths: Vec<_> = entries.iter().map(String::as_str).collect();
    let file = compile(heading, &paths, schemas).map_err(ImportError::Schema)?;
    let grammar = Grammar::from_bytes(&file).map_err(ImportError::Grammar)?;
    if grammar.roots().next().is_none() {
        return Err(ImportError::NoRoots);
    }
    let heading = grammar.heading();
    let roots = heading.roots().map(|(_, name)| name.to_owned()).collect();
    Ok(ImportedGrammar { grammar: name, title: heading.title().to_owned(), roots, entries, file })
}

/// The schema documents at the places that are named: their own path, or that of a folder that they lie in, or its end.
fn lying_at(schemas: &Collection, named: &[String]) -> Result<Vec<String>, ImportError> {
    let mut entries = Vec::new();
    for place in named {
        let place = format!("/{}/", place.trim_matches('/'));
        let found: Vec<_> = schemas.paths().filter(|path| format!("/{path}/").contains(&place)).collect();
        if found.is_empty() {
            return Err(ImportError::Entry(place.trim_matches('/').to_owned()));
        }
        entries.extend(found.into_iter().map(str::to_owned));
    }
    entries.sort();
    entries.dedup();
    Ok(entries)
}

/// An element that two entries declare, and both.
fn clash(schemas: &Collection, entries: &[String]) -> Option<(String, String, String)> {
    let mut declared = BTreeMap::new();
    for path in entries {
        for element in schemas.elements(path) {
            if let Some(other) = declared.insert(element.clone(), path) {
                return Some((element.1, other.clone(), path.clone()));
            }
        }
    }
    None
}

impl ImportedGrammar {
    /// What came of it, for people.
    pub(super) fn text(&self, language: Language) -> String {
        let message = Message::new("import-grammar-done")
            .with("grammar", &self.grammar)
            .with("roots", self.roots.len())
            .with("documents", self.entries.len());
        format!("{}\n    {}\n", message.text(language), self.roots.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Imported, Importer};
    use super::*;

    fn schema(inside: &str) -> Vec<u8> {
        format!(r#"<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">{inside}</s:schema>"#)
            .into_bytes()
    }

    fn import(naming: Naming, documents: &[(&[&str], &str)]) -> Result<ImportedGrammar, ImportError> {
        let mut importer = Importer::new(naming);
        for (path, inside) in documents {
            assert!(Importer::wants(path));
            importer.read(path, schema(inside));
        }
        match importer.finish()?.remove(0) {
            Imported::Grammar(grammar) => Ok(grammar),
            Imported::Release(release) => panic!("{release:?}"),
        }
    }

    fn named(name: &str, entries: &[&str]) -> Naming {
        Naming {
            name: name.to_owned(),
            entries: entries.iter().map(ToString::to_string).collect(),
            ..Naming::default()
        }
    }

    #[test]
    fn two_sets_of_the_same_documents_are_told_apart_by_where_documents_begin() {
        let order = "<s:include schemaLocation='b.xsd'/><s:element name='Order' type='s:date'/>";
        let documents: [(&[&str], &str); 4] = [
            (&["release", "xsd", "a.xsd"], order),
            (&["release", "xsd", "b.xsd"], "<s:element name='Note' type='s:date'/>"),
            (&["release", "xsdrt", "a.xsd"], order),
            (&["release", "xsdrt", "b.xsd"], "<s:element name='Note' type='s:date'/>"),
        ];
        let error = import(named("x", &[]), &documents).unwrap_err();
        assert_eq!(error.to_string().matches("a.xsd").count(), 2, "{error}");
        let grammar = import(named("x", &["xsd"]), &documents).unwrap();
        assert_eq!((grammar.roots.join(" "), grammar.entries.len()), ("Order Note".to_owned(), 2));
        let grammar = import(named("x", &["xsd/a.xsd"]), &documents).unwrap();
        assert_eq!(
            (grammar.roots.join(" "), grammar.entries.join(" ")),
            ("Order".to_owned(), "release/xsd/a.xsd".to_owned())
        );
    }

    #[test]
    fn what_makes_no_grammar_is_refused() {
        let order = "<s:element name='Order' type='s:date'/>";
        for name in ["", "Order", "../x", ".x", "a/b", "é"] {
            assert_eq!(import(named(name, &[]), &[(&["a.xsd"], order)]), Err(ImportError::Name(name.to_owned())));
        }
        assert_eq!(import(named("x", &["b"]), &[(&["a.xsd"], order)]), Err(ImportError::Entry("b".to_owned())));
        let only_types = "<s:simpleType name='T'><s:restriction base='s:date'/></s:simpleType>";
        assert_eq!(import(named("x", &[]), &[(&["a.xsd"], only_types)]), Err(ImportError::NoRoots));
        let unknown = "<s:element name='Order' type='s:nothing'/>";
        assert!(matches!(import(named("x", &[]), &[(&["a.xsd"], unknown)]), Err(ImportError::Schema(_))));
    }
}
