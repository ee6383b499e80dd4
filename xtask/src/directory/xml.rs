//! The conversions are small XML files: elements with attributes, no text.

use std::{collections::BTreeMap, fs, path::Path};

use quick_xml::{Reader, events::Event};

/// An element of a conversion.
#[derive(Default)]
pub(super) struct Node {
    pub(super) name: String,
    attributes: BTreeMap<String, String>,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The value of an attribute; empty where it is missing.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The value of an attribute as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attribute(name).parse().ok()
    }

    /// The `id`, by which the conversions call tags, groups and codes.
    pub(super) fn id(&self) -> &str {
        self.attribute("id")
    }
}

/// Reads the root element of a file.
pub(super) fn read(path: &Path) -> crate::Result<Node> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn parse(text: &str) -> crate::Result<Node> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let mut node = Node { name: tag.name().as_ref().to_owned(), ..Node::default() };
                for attribute in tag.attributes() {
                    let attribute = attribute?;
                    let value = quick_xml::escape::unescape(&attribute.value)?.into_owned();
                    node.attributes.insert(attribute.key.as_ref().to_owned(), value);
                }
                open.push(node);
            }
            _ => {}
        }
        if matches!(event, Event::Empty(_) | Event::End(_)) {
            let node = open.pop().ok_or("element closed twice")?;
            open.last_mut().ok_or("element closed twice")?.children.push(node);
        }
        if matches!(event, Event::Eof) {
            break;
        }
    }
    let root = open.pop().and_then(|mut document| document.children.pop());
    root.ok_or_else(|| "no root element".into())
}
