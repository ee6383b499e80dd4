//! Which values are codes of lists that schema documents do not hold: those of ISO, of the UN, of the directories.

use std::sync::OnceLock;

use super::format::Table;
use super::grammar::Grammar;
use crate::codes::CodeList;
use crate::directory::Directories;

/// Where codes of a list stand in the documents of a grammar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodePlace {
    /// An attribute, `@currencyID`, at whatever element; or the name of a type, `InvoiceTypeCodeType`.
    pub place: String,
    /// The lists that a code may be of: published ones by their names, those of data elements by their tags: `REC20|REC21`.
    pub lists: String,
    /// The attribute that, beside the code, names another list; none where nothing can.
    pub unless: Option<String>,
}

/// The place of this number among those of a grammar, from 1; 0 where any text may stand.
pub(super) type Number = u8;

/// Where codes stand in the documents of a grammar, by the numbers of its components.
#[derive(Debug)]
pub(super) struct CodeLists {
    places: Vec<Lists>,
    attributes: Vec<Number>,
    types: Vec<Number>,
}

#[derive(Debug)]
struct Lists {
    place: CodePlace,
    /// Looked up when there is a value to look for.
    lists: OnceLock<Vec<CodeList<'static>>>,
}

impl CodeLists {
    pub(super) fn new(grammar: &Grammar) -> Self {
        let places: Vec<CodePlace> = grammar.heading().code_places().take(usize::from(Number::MAX)).cloned().collect();
        let named = |wanted: &str, is_attribute: bool| -> Number {
            let is_it = |place: &CodePlace| match place.place.strip_prefix('@') {
                Some(name) => is_attribute && name == wanted,
                None => !is_attribute && place.place == wanted,
            };
            places.iter().position(is_it).map_or(0, |index| Number::try_from(index + 1).unwrap_or_default())
        };
        let attributes = grammar.names_of(Table::Attributes).map(|name| named(name, true)).collect();
        let types = grammar.names_of(Table::Types).map(|name| named(name, false)).collect();
        let places = places.into_iter().map(|place| Lists { place, lists: OnceLock::new() }).collect();
        Self { places, attributes, types }
    }

    pub(super) fn of_attribute(&self, index: u32) -> Number {
        self.attributes.get(index as usize).copied().unwrap_or_default()
    }

    pub(super) fn of_type(&self, index: u32) -> Number {
        self.types.get(index as usize).copied().unwrap_or_default()
    }

    /// The attribute that names another list, where `number` has one.
    pub(super) fn unless(&self, number: Number) -> Option<&str> {
        self.places.get(usize::from(number).checked_sub(1)?)?.place.unless.as_deref()
    }

    /// The lists whose codes stand at a place.
    pub(super) fn lists(&self, number: Number) -> &[CodeList<'static>] {
        let Some(place) = usize::from(number).checked_sub(1).and_then(|index| self.places.get(index)) else {
            return &[];
        };
        place.lists.get_or_init(|| place.place.lists.split('|').filter_map(list).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

/// A published list, or that of a data element in the newest release.
fn list(name: &str) -> Option<CodeList<'static>> {
    CodeList::published(name).or_else(|| Directories::builtin().newest()?.element(name).map(CodeList::Directory))
}

#[cfg(test)]
mod tests {
    use super::super::Grammars;
    use super::*;

    #[test]
    fn every_list_and_every_place_of_the_program_is_there() {
        for heading in Grammars::builtin().headings() {
            let grammar = Grammars::builtin().grammar(heading.name()).unwrap();
            for CodePlace { place, lists, unless } in heading.code_places() {
                for name in lists.split('|') {
                    assert!(list(name).is_some_and(|list| !list.is_empty()), "{}: {name}", heading.name());
                }
                let attributes: Vec<&str> = grammar.names_of(Table::Attributes).collect();
                let found = match place.strip_prefix('@') {
                    Some(name) => attributes.contains(&name),
                    None => grammar.names_of(Table::Types).any(|name| name == place),
                };
                assert!(found, "{} has no {place}", heading.name());
                assert!(unless.as_deref().is_none_or(|name| attributes.contains(&name)), "{unless:?}");
            }
        }
    }
}
