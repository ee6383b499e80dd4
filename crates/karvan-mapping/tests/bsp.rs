//! Documents of the Buy-Ship-Pay data model in JSON.

use std::fs;
use std::path::Path;

use karvan_mapping::{ReadError, Target, read, write};
use karvan_schema::json::{Datatype, Definition, Grammar};
use serde_json::Value as Json;

/// The samples that can be read, by name.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let files = fs::read_dir(folder).expect("the samples").map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.is_file());
    files
        .map(|path| {
            (path.file_name().expect("a file").to_string_lossy().into_owned(), fs::read(&path).expect("readable"))
        })
        .collect()
}

/// Where a document is not what the grammar declares.
fn faults(value: &Json, definition: Definition<'_>, path: &str, found: &mut Vec<String>) {
    let is_one = match (value, definition.datatype()) {
        (Json::Object(members), Datatype::Object) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "x-schema") {
                let Some(member) = definition.member(name) else {
                    found.push(format!("{path}/{name} is unknown"));
                    continue;
                };
                let items = match value {
                    Json::Array(items) if member.is_array() => items.as_slice(),
                    Json::Array(_) => &[],
                    one if !member.is_array() => std::slice::from_ref(one),
                    _ => &[],
                };
                if items.is_empty() || member.maximum().is_some_and(|most| items.len() > most as usize) {
                    found.push(format!("{path}/{name} stands {} times", items.len()));
                }
                items.iter().for_each(|item| faults(item, member.definition(), &format!("{path}/{name}"), found));
            }
            let missing =
                definition.members().filter(|member| member.is_required() && !members.contains_key(member.name()));
            found.extend(missing.map(|member| format!("{path}/{} is missing", member.name())));
            return;
        }
        (Json::Bool(_), Datatype::Boolean) | (Json::Number(_), Datatype::Integer) => true,
        (Json::String(text), Datatype::Text) => definition.codes().is_empty() || definition.codes().contains(text),
        (Json::String(text), Datatype::Moment) => text.len() >= 20 && text.as_bytes()[10] == b'T',
        (Json::String(text), Datatype::Date) => text.len() == 10 || text.len() >= 20,
        (Json::String(text), Datatype::Decimal) => text.ends_with(|last: char| last.is_ascii_digit()),
        (Json::String(_), Datatype::Binary) => true,
        _ => false,
    };
    if !is_one {
        found.push(format!("{path}: {value} is no {:?}", definition.datatype()));
    }
}

#[test]
fn what_is_written_is_what_the_schemas_declare() {
    let mut written = 0;
    for (name, source) in samples() {
        for reading in read(&source).into_iter().flatten() {
            let Ok(writing) = write(&reading.document, Target::Bsp) else { continue };
            let document: Json = serde_json::from_slice(&writing.bytes).expect("JSON");
            let schema = document["x-schema"].as_str().and_then(|schema| schema.rsplit('/').next()).expect("a schema");
            let mut found = Vec::new();
            faults(&document, Grammar::builtin().root(schema).expect("a document"), "", &mut found);
            assert!(found.is_empty(), "{name}: {found:?}");
            written += 1;
        }
    }
    assert!(written > 10);
}

#[test]
fn the_samples_are_read_whole_and_written_again_as_they_are() {
    let samples: Vec<_> = samples().into_iter().filter(|(name, _)| name.ends_with(".bsp.json")).collect();
    for (name, source) in &samples {
        let reading = read(source).expect("a document").remove(0);
        assert!(reading.report.lost.is_empty(), "{name}: {:?}", reading.report.lost);
        assert_eq!(reading.syntax, Target::Bsp);
        let writing = write(&reading.document, Target::Bsp).expect("written");
        assert!(writing.report.lost.is_empty() && writing.report.added.is_empty(), "{name}: {:?}", writing.report);
        assert_eq!(String::from_utf8_lossy(&writing.bytes), String::from_utf8_lossy(source), "{name}");
    }
    for kind in ["invoice", "order-", "orderresponse", "orderchange"] {
        assert!(samples.iter().filter(|(name, _)| name.starts_with(kind)).count() >= 2, "{kind}");
    }
}

#[test]
fn a_document_is_known_by_its_schema_or_by_its_type() {
    let kind = |source: &str| read(source.as_bytes()).map(|mut all| all.remove(0).document.kind.name());
    let typed = |code: &str| format!(r#"{{"exchangedDocument":{{"typeCode":{code}}}}}"#);
    assert_eq!(kind(&typed(r#"{"content":"380"}"#)).unwrap(), "invoice");
    assert_eq!(kind(&typed(r#""220""#)).unwrap(), "order");
    let named =
        |schema: &str| format!(r#"{{"x-schema":"{schema}","exchangedDocument":{{"typeCode":{{"content":"1"}}}}}}"#);
    assert_eq!(kind(&named("https://example.org/D23B/UNECE-CrossIndustryOrder.json")).unwrap(), "order");
    assert_eq!(kind(&named("CrossIndustryInvoice")).unwrap(), "invoice");
    for unknown in [typed(r#"{"content":"0"}"#), named("SPSCertificate"), "{}".to_owned()] {
        assert!(matches!(kind(&unknown), Err(ReadError::Json(_))), "{unknown}");
    }
}

#[test]
fn what_no_row_takes_is_told_with_its_octets_and_its_path() {
    let source = r#"{"exchangedDocument":{"typeCode":{"content":"380"},"colour":["red",["blue"]],"name":null,
        "includedNote":[{"content":[{"content":"N\u0031","languageId":"fa"}]}],"\u00e9":"x"}}"#;
    let report = read(source.as_bytes()).unwrap().remove(0).report;
    let slice = |entry: &karvan_mapping::Entry| {
        let place = entry.source.clone().unwrap();
        (place.path, String::from_utf8_lossy(place.span.slice(source.as_bytes())).into_owned())
    };
    let told: Vec<_> = report.lost.iter().map(slice).collect();
    let told: Vec<_> = told.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("exchangedDocument/colour[1]", "\"red\""),
            ("exchangedDocument/colour[2]", "[\"blue\"]"),
            ("exchangedDocument/includedNote/content/languageId", "\"fa\""),
            ("exchangedDocument/…", "\"x\""),
        ]
    );
}

#[test]
fn numbers_keep_every_digit_and_days_their_time() {
    let source = r#"{"exchangedDocument":{"typeCode":{"content":"380"},"issueDateTime":"2026-03-21T14:30:00+03:30"},
        "tradeTransaction":[{"applicableHeaderTradeSettlement":{"specifiedTradeSettlementHeaderMonetarySummation":{
            "duePayableAmount":[{"content":0.1000000000000000055,"currencyId":"EUR"}],
            "grandTotalAmount":[{"content":"4000.00"}]}}}]}"#;
    let document = read(source.as_bytes()).unwrap().remove(0).document;
    let text = |id: &str| {
        let term = document.kind.find(id).unwrap();
        let leaf = document.leaves().find(|leaf| leaf.term == term).unwrap();
        (leaf.value.text().into_owned(), leaf.value.part(karvan_model::Part::Time).map(str::to_owned))
    };
    assert_eq!(text("BT-115").0, "0.1000000000000000055");
    assert_eq!(text("BT-112").0, "4000.00");
    assert_eq!(text("BT-2"), ("2026-03-21".to_owned(), Some("14:30:00+03:30".to_owned())));
}

#[test]
fn no_depth_is_too_deep() {
    for (open, close) in [("[", "]"), ("{\"includedNote\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100), close.repeat(100));
        let source = format!(r#"{{"exchangedDocument":{{"typeCode":{{"content":"380"}},"includedNote":{deep}}}}}"#);
        assert_eq!(read(source.as_bytes()).unwrap().remove(0).report.lost.len(), 1, "{open}");
    }
}
