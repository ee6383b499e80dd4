//! What neither document nor report tells of a source.

use std::collections::HashSet;
use std::sync::LazyLock;

use karvan_edifact::{Message, Transmission};
use karvan_mapping::{LossReport, Reading, tables};
use karvan_text::Span;
use karvan_xml::{Document as XmlDocument, Limits, NodeKind};
use serde_json::Value;

/// The values of a file by their octets, with their texts: in EDIFACT those of the segments of messages that are read, in XML
/// texts and attributes, in JSON texts and numbers.
fn values(source: &[u8], readings: &[Reading]) -> Vec<(Span, String)> {
    let mut values = Vec::new();
    if source.starts_with(b"<") || source.starts_with(b"\xEF\xBB\xBF<") {
        let document = XmlDocument::parse(source, &Limits::default()).unwrap();
        for node in document.root().descendants() {
            match node.kind() {
                NodeKind::Text(text) => values.push((node.span(), text.trim().to_owned())),
                NodeKind::Element(element) => values
                    .extend(element.attributes().map(|attribute| (attribute.span(), attribute.value().to_owned()))),
                _ => {}
            }
        }
    } else if let Ok(document) = serde_json::from_slice::<Value>(source) {
        // Karvan's own is the document itself.
        if document.get("document").is_some() {
            return values;
        }
        scalars(&document, &String::from_utf8_lossy(source), &mut values);
    } else {
        let transmission = Transmission::read(source);
        let messages = transmission.interchanges().flat_map(|interchange| interchange.messages().collect::<Vec<_>>());
        let read: Vec<_> = readings.iter().map(|reading| reading.document.root.origin.span).collect();
        let is_read = |message: &Message<'_>| {
            let start = message.header().map_or(0, |header| header.segment().span().start);
            read.iter().any(|span| span.start <= start && start < span.end)
        };
        for message in messages.filter(is_read) {
            for segment in message.segments().filter(|segment| !segment.tag().starts_with(b"UN")) {
                let components = segment.values().map(|value| value.value());
                values
                    .extend(components.map(|one| (one.span(), String::from_utf8_lossy(&one.unescaped()).into_owned())));
            }
        }
    }
    // White space alone is no value.
    values.retain(|(_, text)| !text.trim().is_empty());
    values
}

/// The texts and numbers in JSON, each where its text stands first.
fn scalars(value: &Value, source: &str, found: &mut Vec<(Span, String)>) {
    let text = match value {
        Value::Array(items) => return items.iter().for_each(|item| scalars(item, source, found)),
        Value::Object(members) => {
            let said = members.iter().filter(|(name, _)| *name != "x-schema");
            return said.for_each(|(_, member)| scalars(member, source, found));
        }
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null => return,
    };
    let start = source.find(&value.to_string()).unwrap_or_default() as u64;
    found.push((Span::new(start, start + value.to_string().len() as u64), text));
}

/// The values of a source that neither document nor report tells of.
pub(crate) fn untold(source: &[u8], readings: &[Reading]) -> Vec<String> {
    let mut told = Vec::new();
    // What a place is told by is a code of a table: a qualifier.
    static CODES: LazyLock<HashSet<&str>> =
        LazyLock::new(|| tables().flat_map(|table| table.codes().into_iter().map(|(_, code)| code)).collect());
    let mut words = HashSet::new();
    for reading in readings {
        for leaf in reading.document.leaves() {
            told.push(leaf.origin.span);
            told.extend(leaf.value.parts.iter().map(|part| part.origin.span));
            words.insert(leaf.value.text().into_owned());
        }
        let LossReport { lost, added, changed, repeated, form } = &reading.report;
        let entries = [lost, added, changed, repeated, form].into_iter().flatten();
        told.extend(entries.filter_map(|entry| Some(entry.source.as_ref()?.span)));
    }
    told.sort_unstable();
    // The furthest end of all that begins before.
    let mut ends: Vec<_> = told.iter().map(|span| span.end).collect();
    (1..ends.len()).for_each(|at| ends[at] = ends[at].max(ends[at - 1]));
    let is_told = |span: Span| {
        let before = told.partition_point(|other| other.start < span.end.max(span.start + 1));
        before > 0 && span.start < ends[before - 1]
    };
    // White space around a code says nothing.
    let is_word = |text: &String| words.contains(text) || CODES.contains(text.trim());
    let values = values(source, readings).into_iter().filter(|(span, text)| !is_told(*span) && !is_word(text));
    values.map(|(span, text)| format!("{text:?} at {}", span.start)).collect()
}
