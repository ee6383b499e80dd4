//! The JSON Schema of Karvan's own JSON, made of the tables of terms.

use karvan_text::Language;
use serde_json::{Map, Value as Json, json};

use super::VERSION;
use crate::terms::{DocumentType, Fact, Kind, Term, TermId};

/// The JSON Schema (draft 2020-12) of documents of `kind` as [`write`](super::write) writes them and
/// [`read`](super::read) reads them.
///
/// Besides what it asserts it annotates every term: `title` and `x-name-fa` are its names, `x-term` its id in the standard,
/// `x-untded` its tag in the Trade Data Elements Directory, `x-occurs` how often it stands in its group where the standard is
/// kept, `x-parts` the terms that the standard gives to what qualifies a value. That a term is missing is no fault of the
/// JSON: a document says what its source says, and what it should have said is asked by the rules that it claims to keep.
///
/// ```
/// use karvan_model::{DocumentType, json};
///
/// let schema = json::schema(DocumentType::invoice());
/// assert_eq!(schema["$id"], "urn:karvan:document:1:invoice");
/// assert_eq!(schema["properties"]["number"]["x-term"], "BT-1");
/// ```
#[must_use]
pub fn schema(kind: &'static DocumentType) -> Json {
    let mut definitions = Definitions(Map::new());
    let mut properties = Map::new();
    properties.insert("document".to_owned(), json!({ "const": kind.name() }));
    properties.insert("version".to_owned(), json!({ "const": VERSION }));
    definitions.members(kind, kind.top(), &mut properties);
    let title = title(kind.name());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:karvan:document:{VERSION}:{}", kind.name()),
        "title": title,
        "description": format!("{title} in Karvan's own JSON: a term stands under its key, one that may repeat in an array."),
        "type": "object",
        "required": ["document", "version"],
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions.0,
    })
}

/// `order-response` as people write it.
fn title(name: &str) -> String {
    let mut title = name.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// The kinds of values and the shared groups that were met.
struct Definitions(Map<String, Json>);

impl Definitions {
    /// The members of a group, each as a property.
    fn members(&mut self, kind: &'static DocumentType, members: &[TermId], properties: &mut Map<String, Json>) {
        for member in members {
            let term = kind.term(*member);
            let content = match (term.kind(), term.shared().filter(|_| has_shared_members_only(kind, term))) {
                (_, Some(shared)) => self.shared(shared),
                (Kind::Group, None) => {
                    let mut inner = Map::new();
                    self.members(kind, term.members(), &mut inner);
                    object(inner)
                }
                (value, None) => self.value(value),
            };
            let mut property = annotations(&term.into());
            property.insert("x-term".to_owned(), term.id().into());
            let parts: Map<_, _> = parts(kind, term).collect();
            if !parts.is_empty() {
                property.insert("x-parts".to_owned(), Json::Object(parts));
            }
            properties.insert(term.key().to_owned(), repeated(property, term.repeats(), content));
        }
    }

    /// A reference to the definition of a shared group, which is made where it is not there yet.
    fn shared(&mut self, group: &str) -> Json {
        if !self.0.contains_key(group) {
            // Its place, before those of the groups in it.
            self.0.insert(group.to_owned(), Json::Null);
            let mut properties = Map::new();
            for fact in DocumentType::shared(group) {
                let content = match fact.kind {
                    Ok(value) => self.value(value),
                    Err(shared) => self.shared(shared),
                };
                let property = repeated(annotations(&fact), fact.repeats, content);
                properties.insert(fact.key.to_owned(), property);
            }
            self.0.insert(group.to_owned(), object(properties));
        }
        reference(group)
    }

    /// A reference to the definition of a kind of value.
    fn value(&mut self, kind: Kind) -> Json {
        self.0.entry(kind.name()).or_insert_with(|| value(kind));
        reference(kind.name())
    }
}

/// Whether a group has no members but those that the shared groups in it have: a kind of document may add its own.
fn has_shared_members_only(kind: &'static DocumentType, term: &Term) -> bool {
    let own = |group: &str| term.members().len() == DocumentType::shared(group).count();
    let members = || term.members().iter().map(|&member| kind.term(member));
    term.shared().is_none_or(own) && members().all(|member| has_shared_members_only(kind, member))
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn object(properties: Map<String, Json>) -> Json {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// What is told of a term wherever it stands.
fn annotations(fact: &Fact<'_>) -> Map<String, Json> {
    let mut told = Map::new();
    told.insert("title".to_owned(), fact.english.into());
    told.insert("x-name-fa".to_owned(), fact.persian.into());
    told.extend(fact.untded.map(|tag| ("x-untded".to_owned(), tag.into())));
    let occurs = format!("{}..{}", u8::from(fact.required), if fact.repeats { "n" } else { "1" });
    told.insert("x-occurs".to_owned(), occurs.into());
    told
}

/// The terms that the standard gives to the parts of a value.
fn parts<'k>(kind: &'k DocumentType, term: &'k Term) -> impl Iterator<Item = (String, Json)> + use<'k> {
    term.kind().parts().iter().filter_map(|part| {
        let own = kind.term(term.part(*part)?);
        let mut told = annotations(&own.into());
        told.insert("x-term".to_owned(), own.id().into());
        Some((part.name().to_owned(), Json::Object(told)))
    })
}

/// `property` with its content, or with an array of that.
fn repeated(mut property: Map<String, Json>, repeats: bool, content: Json) -> Json {
    match content {
        Json::Object(content) if !repeats => property.extend(content),
        items => {
            property.insert("type".to_owned(), "array".into());
            property.insert("items".to_owned(), items);
        }
    }
    Json::Object(property)
}

/// A value: a string, or where something may qualify it an object with `value` and what does.
fn value(kind: Kind) -> Json {
    let (description, plain) = match kind {
        Kind::Amount => ("A decimal amount; without currency it is in that of the document.", number()),
        Kind::Quantity => ("A decimal quantity.", number()),
        Kind::Percentage => ("A percentage, 25 for 25 %.", number()),
        Kind::Date => (
            "A day of the Gregorian calendar.",
            json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        ),
        Kind::Binary => (
            "Octets.",
            json!({
                "type": "string",
                "contentEncoding": "base64",
                "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            }),
        ),
        Kind::Code => ("A value of the code list that the term fixes.", text()),
        Kind::Identifier => ("An identifier.", text()),
        Kind::Text | Kind::Group | Kind::Part(_) => ("Text for people.", text()),
    };
    let mut whole = Map::new();
    whole.insert("description".to_owned(), description.into());
    if kind.parts().is_empty() {
        whole.extend(plain.as_object().cloned().unwrap_or_default());
        return Json::Object(whole);
    }
    let mut properties = Map::new();
    properties.insert("value".to_owned(), plain.clone());
    properties.extend(kind.parts().iter().map(|part| (part.name().to_owned(), text())));
    let mut qualified = object(properties);
    qualified["required"] = json!(["value"]);
    whole.insert("anyOf".to_owned(), json!([plain, qualified]));
    Json::Object(whole)
}

fn text() -> Json {
    json!({ "type": ["string", "number"] })
}

/// A decimal as XML Schema writes it; a string keeps the form in which it was written.
fn number() -> Json {
    json!({ "type": ["string", "number"], "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$" })
}

impl<'t> From<&'t Term> for Fact<'t> {
    fn from(term: &'t Term) -> Self {
        Self {
            key: term.key(),
            required: term.is_required(),
            repeats: term.repeats(),
            kind: Ok(term.kind()),
            untded: term.untded(),
            english: term.name(Language::English),
            persian: term.name(Language::Persian),
        }
    }
}
