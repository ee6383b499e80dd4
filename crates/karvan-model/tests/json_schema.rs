//! The JSON Schemas of Karvan's own JSON: the files are what the tables give, and reading agrees with them.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use karvan_model::{Document, DocumentType, Group, Kind, Leaf, Node, Origin, Part, TermId, Value, json};
use serde_json::{Value as Json, json};

/// A document that says every term of its kind, those that repeat twice.
fn full(kind: &'static DocumentType) -> Document {
    let mut document = Document::new(kind);
    fill(kind, kind.top(), &mut document.root);
    document
}

fn fill(kind: &'static DocumentType, members: &[TermId], group: &mut Group) {
    for member in members {
        let term = kind.term(*member);
        for _ in 0..if term.repeats() { 2 } else { 1 } {
            if term.kind() == Kind::Group {
                let mut inner = Group::new(Some(*member));
                fill(kind, term.members(), &mut inner);
                group.push(Node::Group(inner));
                continue;
            }
            let text = match term.kind() {
                Kind::Amount | Kind::Quantity | Kind::Percentage => "-4000.00",
                Kind::Date => "2026-03-21",
                Kind::Binary => "AQID",
                _ => "فرش ۱",
            };
            let value = Value::parse(term.kind(), text).expect("made");
            let parts: &[Part] = if term.is_required() { &[] } else { term.kind().parts() };
            let value = parts.iter().fold(value, |value, part| value.with(*part, "X"));
            group.push(Node::Leaf(Leaf { term: *member, value, origin: Origin::default() }));
        }
    }
}

fn validator(kind: &'static DocumentType) -> Validator {
    jsonschema::validator_for(&json::schema(kind)).expect("made")
}

#[test]
fn the_files_are_what_the_tables_give() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/output/documents"));
    for kind in DocumentType::all() {
        let file = fs::read(folder.join(format!("{}.schema.json", kind.name()))).unwrap_or_default();
        let file: Json = serde_json::from_slice(&file).unwrap_or_default();
        assert!(file == json::schema(kind), "{}: run cargo xtask json-schema", kind.name());
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), DocumentType::all().count(), "and no others");
}

#[test]
fn what_is_written_keeps_to_the_schema() {
    for kind in DocumentType::all() {
        let document = full(kind);
        let written = json::write(&document);
        let faults: Vec<_> = validator(kind).iter_errors(&written).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0], "{}", kind.name());
        let reading = json::read(&written.to_string()).unwrap();
        assert_eq!(reading.unread, []);
        assert_eq!(reading.document, document);
    }
}

/// The pointers of all that stands below `value`.
fn pointers(value: &Json, path: &str, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Json| {
        let path = format!("{path}/{key}");
        found.push(path.clone());
        pointers(value, &path, found);
    };
    match value {
        Json::Object(members) => members.iter().for_each(|(key, value)| below(key, value)),
        Json::Array(items) => items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item)),
        _ => {}
    }
}

#[test]
fn reading_refuses_what_the_schema_refuses_and_nothing_else() {
    let others = [json!(null), json!(true), json!("x"), json!(17), json!({}), json!({ "value": "1" }), json!(["1"])];
    for kind in DocumentType::all() {
        let validator = validator(kind);
        let written = json::write(&full(kind));
        let mut places = Vec::new();
        pointers(&written, "", &mut places);
        places.retain(|path| !["/document", "/version"].contains(&path.as_str()));
        // A part of them, which meets every kind of change.
        for (number, path) in places.iter().step_by(7).enumerate() {
            let mut changed = written.clone();
            let there = changed.pointer_mut(path).unwrap();
            match (there.as_object_mut(), number % 8) {
                (Some(members), 0) => drop(members.insert("unforeseen".to_owned(), json!("1"))),
                (_, number) => *there = others[number.min(others.len() - 1)].clone(),
            }
            let reading = json::read(&changed.to_string()).unwrap();
            let refused: Vec<_> = reading.unread.iter().map(|unread| unread.path.as_str()).collect();
            assert_eq!(validator.is_valid(&changed), refused.is_empty(), "{path}: {refused:?}");
            let is_there = |refused: &&str| refused.starts_with(path.as_str()) || path.starts_with(*refused);
            assert!(refused.iter().all(is_there), "{path}: {refused:?}");
        }
    }
}

#[test]
fn every_schema_is_one() {
    for kind in DocumentType::all() {
        assert!(jsonschema::meta::is_valid(&json::schema(kind)), "{}", kind.name());
    }
}
