//! What changed between two XML grammars: elements, types, and what may stand in them.

use karvan_schema::xml::{Child, Grammar, Grammars, TypeDefinition};

use super::{Aspect, Change, DiffView, Kind, Pair, Row, compare, counted, pair, pairs, presence};
use crate::grammars::{DeclarationUnknown, datatype, definition};

/// Compares two grammars whole, or what may stand in an element or type of both; none where `old` or `new` is no grammar.
///
/// ```
/// use karvan_engine::schema_diff::{Aspect, diff_grammars};
///
/// let view = diff_grammars("ubl-2.1", "ubl-2.3", None).unwrap()?;
/// assert!(view.changes.iter().any(|change| change.path == "AddressType" && change.aspect == Aspect::Content));
/// assert!(diff_grammars("D.96A", "D.01B", None).is_none());
/// # Ok::<(), karvan_engine::grammars::DeclarationUnknown>(())
/// ```
#[must_use]
pub fn diff_grammars(old: &str, new: &str, name: Option<&str>) -> Option<Result<DiffView, DeclarationUnknown>> {
    let grammars = Grammars::builtin();
    let found = |name: &str| {
        let heading = grammars.headings().find(|heading| heading.name().eq_ignore_ascii_case(name))?;
        grammars.grammar(heading.name())
    };
    let (old, new) = (found(old)?, found(new)?);
    let changes = match name {
        None => whole(old, new),
        Some(name) => match of_name(old, new, name) {
            Some(changes) => changes,
            None => return Some(Err(DeclarationUnknown::of(name, &[new, old], true))),
        },
    };
    Some(Ok(DiffView { old: old.name(), new: new.name(), name: name.map(str::to_owned), changes }))
}

/// The changes of what a name or path stands for in either grammar; none where neither has it.
fn of_name(old: &'static Grammar, new: &'static Grammar, name: &str) -> Option<Vec<Change>> {
    let both = pair(definition(old, name), definition(new, name))?;
    Some(match both {
        Pair::Both((_, old), (_, new)) => compare(&rows(old), &rows(new)),
        one => {
            let mut changes = Vec::new();
            presence(
                &mut changes,
                Kind::Element,
                name,
                one.map(|(_, definition)| definition.name().unwrap_or_default()),
            );
            changes
        }
    })
}

/// The changes of everything that has a name, each in one line.
fn whole(old: &'static Grammar, new: &'static Grammar) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((_, name), pair) in pairs(old.elements(), new.elements(), |one| (one.namespace(), one.name())) {
        match pair {
            Pair::Both(..) => {}
            one => presence(
                &mut changes,
                Kind::Element,
                name,
                one.map(|element| element.definition().name().unwrap_or_default()),
            ),
        }
    }
    let named = |grammar: &'static Grammar| grammar.definitions().filter(|definition| definition.name().is_some());
    for ((_, name), pair) in pairs(named(old), named(new), |one| (one.namespace(), one.name().unwrap_or_default())) {
        match pair {
            Pair::Both(old, new) => {
                let differing = compare(&rows(old), &rows(new)).len();
                changes.extend(counted(Kind::Type, name, "", Aspect::Content, differing));
            }
            one => presence(&mut changes, Kind::Type, name, one.map(|_| "")),
        }
    }
    changes
}

/// The attributes and the elements of a type.
fn rows(definition: TypeDefinition<'static>) -> Vec<Row> {
    let status = |must: bool| if must { 'M' } else { 'C' };
    let attributes = definition.attributes().map(|attribute| Row {
        key: format!("@{}", attribute.name()),
        path: format!("@{}", attribute.name()),
        name: "",
        status: status(attribute.is_required()),
        repetitions: "1".to_owned(),
        detail: datatype(attribute.value()).to_owned(),
        detail_aspect: Aspect::Format,
    });
    let child = |child: Child<'static>| {
        let element = child.element();
        Row {
            key: format!("{{{}}}{}", element.namespace(), element.name()),
            path: element.name().to_owned(),
            name: element.definition().name().unwrap_or_default(),
            status: status(child.minimum() > 0),
            repetitions: child.maximum().map_or_else(|| "n".to_owned(), |maximum| maximum.to_string()),
            detail: element.definition().value().map_or("", datatype).to_owned(),
            detail_aspect: Aspect::Format,
        }
    };
    attributes.chain(definition.children().into_iter().map(child)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(old: &str, new: &str, name: Option<&str>) -> Vec<Change> {
        diff_grammars(old, new, name).unwrap().unwrap().changes
    }

    // What changed is read from the schema documents of both releases.
    #[test]
    fn documents_and_their_parts_are_compared() {
        assert_eq!(changes("ubl-2.3", "UBL-2.3", None), []);
        let whole = changes("ubl-2.1", "ubl-2.5", None);
        let of =
            |path: &str| whole.iter().find(|change| change.path == path).map(|change| (change.kind, change.aspect));
        assert_eq!(of("BusinessCard"), Some((Kind::Element, Aspect::Added)));
        assert_eq!(of("InvoiceLineType"), Some((Kind::Type, Aspect::Content)));
        assert_eq!(changes("ubl-2.1", "ubl-2.5", Some("BusinessCard"))[0].aspect, Aspect::Added);
        let line = changes("ubl-2.1", "ubl-2.5", Some("Invoice/InvoiceLine"));
        assert!(line.iter().all(|change| change.kind == Kind::Row) && !line.is_empty(), "{line:?}");
        assert!(diff_grammars("ubl-2.1", "ubl-2.5", Some("Businescard")).unwrap().is_err());
    }
}
