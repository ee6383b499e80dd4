//! Documents that are no interchange, summed up.

use std::collections::BTreeMap;
use std::io::{self, Read};

use karvan_schema::xml::{Grammars, Heading};
use karvan_text::Language;
use karvan_xml::{Document, Element};
use serde_json::Value;

use super::node::{DocumentNode, Node, Summary};
use super::{Depth, Options};
use crate::encoding::in_utf8;
use crate::validate::GRAMMAR_HEAD;

pub(super) fn xml(source: impl Read, options: &Options, tell: &mut dyn FnMut(Node)) -> io::Result<Summary> {
    let octets = whole(source, options)?;
    let summary = Summary { syntax: Some("xml"), octets: octets.len() as u64, ..Summary::default() };
    let octets = in_utf8(&octets).0;
    let mut node = DocumentNode { syntax: "xml", ..DocumentNode::default() };
    let choice = Grammars::builtin().choose(&octets[..octets.len().min(GRAMMAR_HEAD)]);
    match Document::parse(&*octets, &options.xml) {
        Ok(document) => {
            let root = document.root();
            node.root = root.local_name().to_owned();
            node.namespace = root.namespace().to_owned();
            node.grammar = choice.and_then(|choice| choice.envelope.or(choice.grammar)).map(Heading::title);
            let elements = root.descendants().filter_map(karvan_xml::Node::as_element);
            for element in std::iter::once(root).chain(elements) {
                node.elements += 1;
                node.depth = node.depth.max(element.ancestors().count() as u64);
            }
            if options.depth >= Depth::Messages {
                node.children = counted(root.elements().map(Element::local_name));
            }
        }
        Err(error) => node.malformed = Some(error.into_diagnostic().message.text(Language::English)),
    }
    if !options.asks_for_a_part() {
        tell(Node::Document(node));
    }
    Ok(summary)
}

pub(super) fn json(source: impl Read, options: &Options, tell: &mut dyn FnMut(Node)) -> io::Result<Summary> {
    let octets = whole(source, options)?;
    let summary = Summary { syntax: Some("json"), octets: octets.len() as u64, ..Summary::default() };
    let mut node = DocumentNode { syntax: "json", ..DocumentNode::default() };
    match serde_json::from_slice::<Value>(&octets) {
        Ok(value) => {
            // Karvan's own JSON says what it is.
            node.root = value["document"].as_str().unwrap_or_default().to_owned();
            (node.elements, node.depth) = measured(&value);
            if let Some(fields) = value.as_object().filter(|_| options.depth >= Depth::Messages) {
                node.children = counted(fields.iter().flat_map(|(name, value)| {
                    std::iter::repeat_n(name.as_str(), value.as_array().map_or(1, Vec::len))
                }));
            }
        }
        Err(error) => node.malformed = Some(error.to_string()),
    }
    if !options.asks_for_a_part() {
        tell(Node::Document(node));
    }
    Ok(summary)
}

/// The document, up to the limit.
fn whole(source: impl Read, options: &Options) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    source.take(options.size_limit.saturating_add(1)).read_to_end(&mut octets)?;
    if octets.len() as u64 > options.size_limit {
        let problem = format!("larger than {} octets (--max-size)", options.size_limit);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(octets)
}

/// Names with how often each stands, in the order of their first.
fn counted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counted: Vec<(String, u64)> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let index = *known.entry(name).or_insert_with(|| {
            counted.push((name.to_owned(), 0));
            counted.len() - 1
        });
        counted[index].1 += 1;
    }
    counted
}

/// How many fields a value holds, and how deep they stand in one another; the reader of JSON limits the depth.
fn measured(value: &Value) -> (u64, u64) {
    let within: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return (0, 0),
    };
    let own = if value.is_object() { within.len() as u64 } else { 0 };
    let measures = within.into_iter().map(measured);
    let (fields, depth) = measures.fold((own, 0), |(fields, depth), inner| (fields + inner.0, depth.max(inner.1)));
    (fields, depth + 1)
}
