//! What an XML grammar declares: an element or a type with all that may stand in it.

use std::fmt::{self, Write};

use karvan_schema::xml::{
    AttributeUse, Content, Grammar, Grammars, Particle, SimpleType, Term, TypeDefinition, Variety,
};
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};
use serde::Serialize;

use crate::explain::nearest;

/// An element or a type of an XML grammar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "declaration")]
pub struct DeclarationView {
    /// The grammar: `ubl-2.1`.
    pub grammar: &'static str,
    /// What was asked for: a name, or a path of names.
    pub name: String,
    /// The namespace of the element or type; empty for none.
    pub namespace: &'static str,
    /// The type of an element, where it has a name.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub definition: Option<&'static str>,
    /// What a value must be, where the content is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueView>,
    /// Whether text may stand between elements.
    pub mixed: bool,
    /// The attributes.
    pub attributes: Vec<AttributeView>,
    /// The elements and groups of elements, in order; those of a group follow it.
    pub rows: Vec<RowView>,
}

/// A simple type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueView {
    /// The datatype of XML Schema that it goes back to: `decimal`; or `list`, `union`.
    pub datatype: &'static str,
    /// The facets in force other than enumerations, the nearest first.
    pub facets: Vec<FacetView>,
    /// The values that are listed; none where any will do.
    pub values: Vec<&'static str>,
}

/// A constraining facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetView {
    /// `maxLength`.
    pub facet: &'static str,
    /// `35`.
    pub value: &'static str,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttributeView {
    /// The namespace; empty for none.
    pub namespace: &'static str,
    /// The local name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What its value must be.
    pub value: ValueView,
    /// The value where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// The only value it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<&'static str>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// An element.
    Element,
    /// Each of the rows in it, in order.
    Sequence,
    /// One of the rows in it.
    Choice,
    /// Each of the rows in it, in any order.
    All,
    /// Any element.
    Any,
}

/// An element or a group among those that may stand in an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowView {
    /// What it is.
    pub row: RowKind,
    /// How many groups are around it.
    pub depth: usize,
    /// The namespace of an element; empty for none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub namespace: &'static str,
    /// The local name of an element.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'static str,
    /// The type of an element, where it has a name.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub definition: Option<&'static str>,
    /// The datatype of an element that holds a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatype: Option<&'static str>,
    /// How often it must stand there.
    pub minimum: u32,
    /// How often it may stand there; none for any number.
    pub maximum: Option<u32>,
}

/// Why nothing was found in the grammars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationUnknown {
    /// What was asked for.
    pub name: String,
    /// The grammar that was asked, if one was named.
    pub grammar: Option<&'static str>,
    /// The names that are most like it.
    pub near: Vec<String>,
}

impl DeclarationUnknown {
    /// The sentence to tell, from the catalogue.
    #[must_use]
    pub fn message(&self) -> Message {
        let message = Message::new(if self.near.is_empty() { "declaration-unknown" } else { "declaration-near" });
        let message = message.with("name", &self.name).with("grammar", self.grammar.unwrap_or("*"));
        if self.near.is_empty() { message } else { message.with("near", self.near.join(", ")) }
    }
}

impl fmt::Display for DeclarationUnknown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::English))
    }
}

impl std::error::Error for DeclarationUnknown {}

/// What `query` names in a grammar: an element or type as `Invoice@ubl-2.1`, an element in another one as
/// `Invoice/InvoiceLine@ubl-2.1`; without a grammar, in the newest that has it. None where what stands behind `@` is no
/// grammar.
///
/// ```
/// use karvan_engine::grammars::declaration;
///
/// let invoice = declaration("Invoice@ubl-2.1").unwrap()?;
/// let line = invoice.rows.iter().find(|row| row.name == "InvoiceLine").unwrap();
/// assert_eq!((line.minimum, line.maximum, line.definition), (1, None, Some("InvoiceLineType")));
/// assert!(declaration("INVOIC@D.96A").is_none());
/// # Ok::<(), karvan_engine::grammars::DeclarationUnknown>(())
/// ```
#[must_use]
pub fn declaration(query: &str) -> Option<Result<DeclarationView, DeclarationUnknown>> {
    let grammars = Grammars::builtin();
    let (name, grammars): (_, Vec<&'static Grammar>) = match query.rsplit_once('@') {
        Some((name, grammar)) => {
            let heading = grammars.headings().find(|heading| heading.name().eq_ignore_ascii_case(grammar))?;
            (name, grammars.grammar(heading.name()).into_iter().collect())
        }
        None => (query, grammars.headings().rev().filter_map(|heading| grammars.grammar(heading.name())).collect()),
    };
    let found = grammars.iter().find_map(|grammar| find(grammar, name));
    Some(found.ok_or_else(|| DeclarationUnknown::of(name, &grammars, query.contains('@'))))
}

impl DeclarationUnknown {
    /// None of the grammars declares `name`; the first was asked, if one was named.
    pub(crate) fn of(name: &str, grammars: &[&'static Grammar], named: bool) -> Self {
        let known = grammars.iter().flat_map(|grammar| grammar.elements().map(|element| element.name().to_owned()));
        let grammar = grammars.first().filter(|_| named).map(|grammar| grammar.name());
        Self { name: name.to_owned(), grammar, near: nearest(name, 2, known) }
    }
}

/// The element or type that a path of local names leads to.
fn find(grammar: &'static Grammar, path: &str) -> Option<DeclarationView> {
    let (namespace, definition) = definition(grammar, path)?;
    Some(DeclarationView::new(grammar.name(), path, namespace, definition))
}

/// The namespace and the type of the element or type that a path of local names leads to.
pub(crate) fn definition(grammar: &'static Grammar, path: &str) -> Option<(&'static str, TypeDefinition<'static>)> {
    let mut names = path.split('/');
    let first = names.next()?;
    let element = grammar.roots().chain(grammar.elements()).find(|element| element.name() == first);
    let (mut namespace, mut definition) = match element {
        Some(element) => (element.namespace(), element.definition()),
        None => {
            let definition = grammar.definitions().find(|definition| definition.name() == Some(first))?;
            (definition.namespace(), definition)
        }
    };
    for name in names {
        let child = definition.children().into_iter().find(|child| child.element().name() == name)?.element();
        (namespace, definition) = (child.namespace(), child.definition());
    }
    Some((namespace, definition))
}

impl DeclarationView {
    fn new(grammar: &'static str, name: &str, namespace: &'static str, definition: TypeDefinition<'static>) -> Self {
        let mut rows = Vec::new();
        let (value, mixed) = match definition.content() {
            Content::Empty => (None, false),
            Content::Simple(value) => (Some(ValueView::new(value)), false),
            Content::Elements(part) => {
                collect(part, 0, &mut rows);
                (None, false)
            }
            Content::Mixed(part) => {
                part.into_iter().for_each(|part| collect(part, 0, &mut rows));
                (None, true)
            }
        };
        Self {
            grammar,
            name: name.to_owned(),
            namespace,
            definition: definition.name(),
            value,
            mixed,
            attributes: definition.attributes().map(AttributeView::new).collect(),
            rows,
        }
    }

    /// The view for people: what it is, its attributes, then a row a line.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let heading = Message::new("declaration-heading")
            .with("name", &self.name)
            .with("grammar", self.grammar)
            .with("type", self.definition.unwrap_or("–"));
        let mut text = heading.text(language) + "\n";
        let mut line = |content: &str| text += &format!("{}\n", isolate(content.trim_end(), language));
        if !self.namespace.is_empty() {
            line(&format!("  {{{}}}", self.namespace));
        }
        self.value.iter().for_each(|value| line(&format!("  = {value}")));
        for attribute in &self.attributes {
            let occurrence = if attribute.required { "1" } else { "0..1" };
            let fixed = attribute.fixed.map(|fixed| format!(" = {fixed}")).unwrap_or_default();
            line(&format!("  @{:<40} {occurrence:<6} {}{fixed}", attribute.name, attribute.value));
        }
        let left = |row: &RowView| format!("{:indent$}{}", "", row.title(), indent = 2 + 2 * row.depth);
        let width = self.rows.iter().map(|row| left(row).chars().count()).max().unwrap_or_default();
        for row in &self.rows {
            let kind = row.definition.or(row.datatype).unwrap_or_default();
            line(&format!("{:<width$}  {:<6} {kind}", left(row), row.occurrence()));
        }
        text
    }
}

/// Adds the rows of a particle.
fn collect(part: Particle<'static>, depth: usize, rows: &mut Vec<RowView>) {
    let (row, parts) = match part.term() {
        // The elements of a type stand in a sequence nearly always; it is not worth a row.
        Term::Sequence(parts) if depth == 0 && (part.minimum(), part.maximum()) == (1, Some(1)) => {
            parts.iter().for_each(|part| collect(part, 0, rows));
            return;
        }
        Term::Element(_) => (RowKind::Element, None),
        Term::Any(_) => (RowKind::Any, None),
        Term::Sequence(parts) => (RowKind::Sequence, Some(parts)),
        Term::Choice(parts) => (RowKind::Choice, Some(parts)),
        Term::All(parts) => (RowKind::All, Some(parts)),
    };
    let element = match part.term() {
        Term::Element(element) => Some(element),
        _ => None,
    };
    rows.push(RowView {
        row,
        depth,
        namespace: element.map_or("", |element| element.namespace()),
        name: element.map_or("", |element| element.name()),
        definition: element.and_then(|element| element.definition().name()),
        datatype: element.and_then(|element| element.definition().value()).map(datatype),
        minimum: part.minimum(),
        maximum: part.maximum(),
    });
    parts.into_iter().flat_map(|parts| parts.iter()).for_each(|part| collect(part, depth + 1, rows));
}

impl RowView {
    fn title(&self) -> &'static str {
        match self.row {
            RowKind::Element => self.name,
            RowKind::Sequence => "sequence",
            RowKind::Choice => "choice",
            RowKind::All => "all",
            RowKind::Any => "any",
        }
    }

    /// `1`, `0..1`, `1..n`.
    fn occurrence(&self) -> String {
        match self.maximum {
            Some(maximum) if maximum == self.minimum => maximum.to_string(),
            Some(maximum) => format!("{}..{maximum}", self.minimum),
            None => format!("{}..n", self.minimum),
        }
    }
}

impl AttributeView {
    fn new(attribute: AttributeUse<'static>) -> Self {
        Self {
            namespace: attribute.namespace(),
            name: attribute.name(),
            required: attribute.is_required(),
            value: ValueView::new(attribute.value()),
            default: attribute.default(),
            fixed: attribute.fixed(),
        }
    }
}

impl ValueView {
    fn new(value: SimpleType<'static>) -> Self {
        let mut facets: Vec<FacetView> = Vec::new();
        for step in std::iter::successors(Some(value), |step| step.base()) {
            let given = step.facets().map(|(facet, value)| FacetView { facet: facet.name(), value });
            let nearer = facets.len();
            for one in given.filter(|one| one.facet != "enumeration") {
                // Patterns of all steps hold; of other facets the nearest is the narrowest.
                if one.facet == "pattern" || facets[..nearer].iter().all(|other| other.facet != one.facet) {
                    facets.push(one);
                }
            }
        }
        Self { datatype: datatype(value), facets, values: value.enumeration() }
    }
}

/// The datatype that a value goes back to.
pub(crate) fn datatype(value: SimpleType<'static>) -> &'static str {
    match value.variety() {
        Variety::Atomic => value.datatype().name(),
        Variety::List(_) => "list",
        Variety::Union(_) => "union",
    }
}

/// `decimal, maxLength 35, one of A | B`.
impl fmt::Display for ValueView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.datatype)?;
        self.facets.iter().try_for_each(|facet| write!(f, ", {} {}", facet.facet, facet.value))?;
        if self.values.is_empty() {
            return Ok(());
        }
        let mut listed = String::new();
        for value in &self.values {
            let _ = write!(listed, "{}{value}", if listed.is_empty() { "" } else { " | " });
        }
        write!(f, ", {listed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> DeclarationView {
        declaration(query).unwrap().unwrap_or_else(|error| panic!("{error}"))
    }

    // What is expected here is read from the schema documents.
    #[test]
    fn elements_types_and_paths_are_shown() {
        let amount = shown("Invoice/LegalMonetaryTotal/PayableAmount@UBL-2.1");
        assert_eq!(amount.value.as_ref().unwrap().datatype, "decimal");
        let currency = amount.attributes.iter().find(|attribute| attribute.name == "currencyID").unwrap();
        assert!(currency.required, "{amount:?}");
        let party = shown("PartyType@ubl-2.3");
        assert!(party.rows.iter().all(|row| row.row == RowKind::Element && row.depth == 0));
        let choice = shown("DateTimeType@cii-d16b");
        assert_eq!((choice.rows[0].row, choice.rows[1].depth), (RowKind::Choice, 1));
        assert!(choice.text(Language::English).contains("\n  choice"), "{}", choice.text(Language::English));
        assert_eq!(shown("PackingList").grammar, "ubl-2.5", "the newest that has it");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is_like_it() {
        let error = declaration("Invoise@ubl-2.1").unwrap().unwrap_err();
        assert!(error.near.iter().any(|name| name == "Invoice"), "{error}");
        assert!(declaration("Invoice/Foo@ubl-2.1").unwrap().is_err());
        assert!(declaration("Invoice@D.96A").is_none());
    }
}
