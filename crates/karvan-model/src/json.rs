//! Karvan's own JSON: the whole document, both ways, nothing lost.
//!
//! ```json
//! {
//!   "document": "invoice",
//!   "version": 1,
//!   "number": "R-17",
//!   "issueDate": "2026-03-21",
//!   "seller": { "name": "…", "identifiers": [{ "value": "4012345000009", "scheme": "0088" }] },
//!   "totals": { "due": { "value": "11900.00", "currency": "EUR" } }
//! }
//! ```
//!
//! * A term stands under its key (the column `key` of the table of terms); terms that may repeat stand in an array always.
//! * A value is a string, or where something qualifies it an object with `value` and the parts that qualify it
//!   (`scheme`, `version`, `currency`, `unit`, `time`, `mime`, `filename`).
//! * Numbers are strings in the form they were written in, because `4000.00` says more than `4000`; numbers of JSON are
//!   read too. Days are `2026-03-21`, octets base64.
//! * Where a value came from ([`Origin`]) is not said: it is a fact about another file.
//!
//! [`schema()`] is the JSON Schema of all that for a kind of document; what does not keep to it is [`Unread`].

mod schema;

use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use karvan_text::Span;

use crate::document::{Document, Group, Leaf, Node, Origin, Places};
use crate::terms::{DocumentType, Kind, Part, TermId};
use crate::value::{PartValue, Value, ValueError};

pub use schema::schema;

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// The document as JSON.
#[must_use]
pub fn write(document: &Document) -> Json {
    let mut object = Map::new();
    object.insert("document".to_owned(), document.kind.name().into());
    object.insert("version".to_owned(), VERSION.into());
    write_group(document.kind, &document.root, &mut object);
    Json::Object(object)
}

fn write_group(kind: &DocumentType, group: &Group, object: &mut Map<String, Json>) {
    for members in group.children.chunk_by(|a, b| a.term() == b.term()) {
        let Some(term) = members[0].term().map(|term| kind.term(term)) else { continue };
        let mut values: Vec<Json> = members.iter().map(|member| write_node(kind, member)).collect();
        let value = if term.repeats() || values.len() > 1 { Json::Array(values) } else { values.remove(0) };
        object.insert(term.key().to_owned(), value);
    }
}

fn write_node(kind: &DocumentType, node: &Node) -> Json {
    match node {
        Node::Group(group) => {
            let mut object = Map::new();
            write_group(kind, group, &mut object);
            Json::Object(object)
        }
        Node::Leaf(leaf) => {
            let value = Json::String(leaf.value.text().into_owned());
            if leaf.value.parts.is_empty() {
                return value;
            }
            let parts = leaf.value.parts.iter().map(|part| (part.part.name().to_owned(), part.text.as_str().into()));
            Json::Object([("value".to_owned(), value)].into_iter().chain(parts).collect())
        }
    }
}

/// What came of reading JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The document, with all that could be read.
    pub document: Document,
    /// What could not.
    pub unread: Vec<Unread>,
}

/// A part of the JSON that found no place in the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// The octets.
    pub span: Span,
    /// The path, as a JSON pointer (RFC 6901).
    pub path: String,
    /// The JSON that stands there.
    pub value: String,
    /// The term whose key it has, if it has one.
    pub term: Option<TermId>,
    /// Why it was not read.
    pub reason: Reason,
}

/// Why a part of the JSON was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No term has this key here.
    Unknown,
    /// It is another kind of JSON than the term wants, an array for a name.
    Shape,
    /// The text is no value of the term's kind.
    Value(ValueError),
    /// The term may stand once only.
    Repeated,
    /// It is white space or less, and says nothing.
    Empty,
}

/// Why JSON holds no document at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonError {
    /// It is no JSON object.
    Syntax(serde_json::Error),
    /// It does not say what document it is: `"document": "invoice", "version": 1`.
    NotKarvan,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "not a JSON object: {error}"),
            Self::NotKarvan => f.write_str("not a document of Karvan (\"document\": \"invoice\", \"version\": 1)"),
        }
    }
}

impl std::error::Error for JsonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Syntax(error) => Some(error),
            Self::NotKarvan => None,
        }
    }
}

/// Whether `source` looks like Karvan's JSON: an object that names a document.
#[must_use]
pub fn recognises(source: &str) -> bool {
    entries(source).is_ok_and(|entries| head(&entries).is_some())
}

/// Reads a document from Karvan's JSON.
///
/// # Errors
/// If `source` is no JSON, or not of a document that Karvan knows.
pub fn read(source: &str) -> Result<Reading, JsonError> {
    let entries = entries(source).map_err(JsonError::Syntax)?;
    let kind = head(&entries).ok_or(JsonError::NotKarvan)?;
    let mut reader = Reader { source, kind, unread: Vec::new(), pointers: Vec::new() };
    let (head, members): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, _)| key == "document" || key == "version");
    for (index, (key, raw)) in head.iter().enumerate() {
        if head[..index].iter().any(|(before, _)| before == key) {
            reader.refuse(raw, format!("/{key}"), None, Reason::Repeated);
        }
    }
    let mut document = Document::new(kind);
    reader.group(None, members.into_iter(), "", &mut document.root);
    document.places = Some(Arc::new(Pointers(reader.pointers)));
    Ok(Reading { document, unread: reader.unread })
}

/// The document type that the head of an object names, if its version is known too.
fn head(entries: &[(String, &RawValue)]) -> Option<&'static DocumentType> {
    let field = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, raw)| raw.get());
    let named = field("document").and_then(|raw| serde_json::from_str::<String>(raw).ok())?;
    DocumentType::named(&named).filter(|_| field("version").and_then(|version| version.parse().ok()) == Some(VERSION))
}

/// The members of a JSON object, every one with its text in the source.
fn entries(object: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, &'de RawValue)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let entries = deserializer.deserialize_map(Entries)?;
    deserializer.end()?;
    Ok(entries)
}

struct Reader<'s> {
    source: &'s str,
    kind: &'static DocumentType,
    unread: Vec<Unread>,
    /// The pointers of the values read so far.
    pointers: Vec<String>,
}

impl<'s> Reader<'s> {
    fn group(
        &mut self,
        term: Option<TermId>,
        members: impl Iterator<Item = (String, &'s RawValue)>,
        path: &str,
        group: &mut Group,
    ) {
        for (key, raw) in members {
            let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
            let known = self.kind.members(term).iter().copied().find(|&member| self.kind.term(member).key() == key);
            let Some(member) = known else {
                self.refuse(raw, path, None, Reason::Unknown);
                continue;
            };
            let repeats = self.kind.term(member).repeats();
            if repeats != raw.get().starts_with('[') {
                self.refuse(raw, path, Some(member), Reason::Shape);
            } else if repeats {
                let items = Vec::<&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
                for (index, item) in items.unwrap_or_default().into_iter().enumerate() {
                    self.member(member, item, format!("{path}/{index}"), group);
                }
            } else {
                self.member(member, raw, path, group);
            }
        }
    }

    fn member(&mut self, term: TermId, raw: &'s RawValue, path: String, group: &mut Group) {
        let shape = self.kind.term(term);
        if !shape.repeats() && !group.all(term).is_empty() {
            self.refuse(raw, path, Some(term), Reason::Repeated);
        } else if shape.kind() != Kind::Group {
            self.leaf(term, raw, path, group);
        } else if let Ok(entries) = entries(raw.get()) {
            let mut inner = Group::new(Some(term));
            self.group(Some(term), entries.into_iter(), &path, &mut inner);
            if !inner.is_empty() {
                group.push(Node::Group(inner));
            }
        } else {
            self.refuse(raw, path, Some(term), Reason::Shape);
        }
    }

    fn leaf(&mut self, term: TermId, raw: &'s RawValue, path: String, group: &mut Group) {
        let mut content = Some(raw);
        let mut parts: Vec<PartValue> = Vec::new();
        let kind = self.kind.term(term).kind();
        // What nothing may qualify is no object.
        let qualified = (!kind.parts().is_empty()).then(|| entries(raw.get()));
        if let Some(Ok(entries)) = qualified {
            content = None;
            for (key, raw) in entries {
                let place = format!("{path}/{key}");
                let part = Part::from_name(&key).filter(|part| kind.parts().contains(part));
                let again = part.is_some_and(|part| parts.iter().any(|known| known.part == part));
                if again || (key == "value" && content.is_some()) {
                    self.refuse(raw, place, Some(term), Reason::Repeated);
                } else if key == "value" {
                    content = Some(raw);
                } else if part.is_some() && is_blank(raw) {
                    self.refuse(raw, place, Some(term), Reason::Empty);
                } else if let (Some(part), Some(text)) = (part, scalar(raw)) {
                    let origin = self.origin(raw, place);
                    parts.push(PartValue { part, text: text.into(), origin });
                } else {
                    self.refuse(raw, place, Some(term), Reason::Unknown);
                }
            }
        }
        let Some((text, at)) = content.and_then(|raw| Some((scalar(raw)?, raw))) else {
            return self.refuse(raw, path, Some(term), Reason::Shape);
        };
        if text.trim().is_empty() {
            // What qualifies nothing is lost with it.
            let (raw, reason) = if parts.is_empty() { (at, Reason::Empty) } else { (raw, Reason::Shape) };
            return self.refuse(raw, path, Some(term), reason);
        }
        // In days, numbers and octets XML may have white space, JSON has none.
        let is_spaced = !kind.is_text() && text.contains(char::is_whitespace);
        match Value::parse(kind, &text) {
            Ok(_) if is_spaced => self.refuse(raw, path, Some(term), Reason::Shape),
            Ok(mut value) => {
                parts.into_iter().for_each(|part| value.set(part));
                let origin = self.origin(at, path);
                group.push(Node::Leaf(Leaf { term, value, origin }));
            }
            Err(error) => self.refuse(raw, path, Some(term), Reason::Value(error)),
        }
    }

    fn refuse(&mut self, raw: &RawValue, path: String, term: Option<TermId>, reason: Reason) {
        let value = scalar(raw).unwrap_or_else(|| raw.get().to_owned());
        self.unread.push(Unread { span: self.span(raw), path, value, term, reason });
    }

    fn origin(&mut self, raw: &RawValue, pointer: String) -> Origin {
        let node = u32::try_from(self.pointers.len()).unwrap_or(u32::MAX);
        self.pointers.push(pointer);
        Origin::new(self.span(raw), node)
    }

    /// Where `raw` stands: it is a slice of the source.
    fn span(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        Span::from(start..start + raw.get().len())
    }
}

/// Places that are known by their paths: JSON pointers (RFC 6901).
#[derive(Debug)]
struct Pointers(Vec<String>);

impl Places for Pointers {
    fn path(&self, node: u32) -> String {
        self.0.get(node as usize).cloned().unwrap_or_default()
    }
}

/// Whether a string has nothing in it but white space.
fn is_blank(raw: &RawValue) -> bool {
    scalar(raw).is_some_and(|text| text.trim().is_empty())
}

/// The text of a JSON string or number.
fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"document":"invoice","version":1,"number":"R-1","typeCode":"380",
        "seller":{"name":"کاروان","identifiers":[{"value":"1","scheme":"0088"},"2"]},
        "totals":{"due":{"value":"10.50","currency":"EUR"}},
        "lines":[{"identifier":"1","quantity":{"value":"3","unit":"C62"}}]}"#;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let reading = read(SMALL).unwrap();
        assert_eq!(reading.unread, []);
        let written = write(&reading.document);
        assert_eq!(written, serde_json::from_str::<Json>(SMALL).unwrap());
        assert_eq!(read(&written.to_string()).unwrap().document, reading.document);
    }

    #[test]
    fn a_value_knows_where_it_stood() {
        let reading = read(SMALL).unwrap();
        let leaf = reading.document.leaves().next().unwrap();
        assert_eq!(leaf.origin.span.slice(SMALL.as_bytes()), br#""R-1""#);
        assert_eq!(reading.document.path(&leaf.origin).unwrap(), "/number");
    }

    #[test]
    fn what_has_no_place_is_told_with_its_place() {
        let source = r#"{"document":"invoice","version":1,"number":["A"],"colour":"red","issueDate":"soon",
            "dueDate":" 2026-03-21","typeCode":{"value":"380"},"notes":{"text":"N"},"buyerReference":"A",
            "seller":"me","totals":{"due":10.50,"paid":{"value":"1","size":"2"}}}"#;
        let reading = read(source).unwrap();
        let told: Vec<_> = reading.unread.iter().map(|unread| (unread.path.as_str(), unread.reason)).collect();
        assert_eq!(
            told,
            [
                ("/number", Reason::Shape),
                ("/colour", Reason::Unknown),
                ("/issueDate", Reason::Value(ValueError::Date)),
                ("/dueDate", Reason::Shape),
                ("/typeCode", Reason::Shape),
                ("/notes", Reason::Shape),
                ("/seller", Reason::Shape),
                ("/totals/paid/size", Reason::Unknown),
            ]
        );
        assert_eq!(reading.unread[1].span.slice(source.as_bytes()), br#""red""#);
        let texts: Vec<_> = reading.document.leaves().map(|leaf| leaf.value.text().into_owned()).collect();
        assert_eq!(texts, ["A", "1", "10.50"]);
    }

    /// The last one won, and the others were lost unsaid.
    #[test]
    fn a_key_that_stands_twice_is_told() {
        let source = r#"{"document":"invoice","version":1,"version":2,
            "totals":{"due":{"value":"1","value":"2","currency":"EUR","currency":"IRR"}}}"#;
        let reading = read(source).unwrap();
        let told: Vec<_> = reading.unread.iter().map(|unread| (unread.path.as_str(), &*unread.value)).collect();
        assert_eq!(told, [("/version", "2"), ("/totals/due/value", "2"), ("/totals/due/currency", "IRR")]);
        assert_eq!(reading.document.leaves().next().unwrap().value.text(), "1");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        assert!(matches!(read("[]"), Err(JsonError::Syntax(_))));
        assert!(matches!(read("{\"document\":\"invoice\",\"version\":2}"), Err(JsonError::NotKarvan)));
        assert!(matches!(read("{}"), Err(JsonError::NotKarvan)));
        assert!(recognises(SMALL) && !recognises("UNA:+.? '"));
    }
}
