//! A stream in pieces gives the events of the whole, and those are what the tree has; where one finds something, so do all.

#![no_main]

mod pieces;

use std::io::Read;

use karvan_text::{Code, Diagnostic, Position};
use karvan_xml::{Document, Element, Event, EventReader, Limits, NodeKind, ReadError};
use libfuzzer_sys::fuzz_target;

use pieces::Pieces;

/// What is told of a document: names, attributes, texts.
#[derive(Default, Debug, PartialEq)]
struct Told(Vec<String>);

impl Told {
    fn start(&mut self, namespace: &str, name: &str) {
        self.0.push(format!("start {{{namespace}}}{name}"));
    }

    fn attribute(&mut self, namespace: &str, name: &str, value: &str) {
        self.0.push(format!("attribute {{{namespace}}}{name} {value:?}"));
    }

    /// Pieces of a text are one text.
    fn text(&mut self, piece: &str) {
        match self.0.last_mut().filter(|last| last.starts_with("text ")) {
            Some(last) => last.push_str(piece),
            None if !piece.is_empty() => self.0.push(format!("text {piece}")),
            None => {}
        }
    }

    fn element(&mut self, element: Element<'_>) {
        self.start(element.namespace(), element.local_name());
        for attribute in element.attributes() {
            self.attribute(attribute.namespace(), attribute.local_name(), attribute.value());
        }
        for child in element.children() {
            match child.kind() {
                NodeKind::Text(piece) => self.text(piece),
                NodeKind::Element(inner) => self.element(inner),
                _ => {}
            }
        }
        self.0.push("end".to_owned());
    }
}

/// What is told of a source and what is found in it: how much can be shown of it depends on how much has come in.
fn told(source: impl Read) -> (Told, Option<(Code, &'static str, u64, Position)>) {
    let mut reader = EventReader::new(source, limits());
    let mut told = Told::default();
    let core =
        |finding: Diagnostic| (finding.code, finding.message.id(), finding.place.span.start, finding.place.position);
    loop {
        match reader.advance() {
            Ok(Some(Event::Start)) => {
                told.start(reader.namespace(), reader.local_name());
                for attribute in reader.attributes() {
                    told.attribute(attribute.namespace(), attribute.local_name(), attribute.value());
                }
                assert!(reader.path().starts_with('/') && reader.depth() > 0);
            }
            Ok(Some(Event::Text)) => told.text(reader.text()),
            Ok(Some(Event::End)) => told.0.push("end".to_owned()),
            Ok(None) => return (told, None),
            Err(ReadError::Malformed(error)) => return (told, Some(core(error.into_diagnostic()))),
            Err(error) => panic!("{error}"),
        }
    }
}

fn limits() -> Limits {
    Limits { depth: 64, attributes: 32, namespaces: 32, names: 64 << 10, markup: 1 << 20, ..Limits::default() }
}

fuzz_target!(|file: &[u8]| {
    let (expected, finding) = told(file);
    let (found, same) = told(Pieces(file, file.len() % 32 + 1));
    assert_eq!(same, finding);
    // A piece may be told before it is known that the rest of its text is no text.
    if finding.is_none() {
        assert_eq!(found, expected);
    }
    match Document::parse(file, &limits()) {
        Ok(document) => {
            let mut tree = Told::default();
            tree.element(document.root());
            assert_eq!((tree, None), (expected, finding));
        }
        Err(_) => assert!(finding.is_some()),
    }
});
