//! The cursor gives what the tree gives, however the source comes in.

use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::{Document, NodeKind};

/// Gives a source in pieces of a few octets.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

/// What is told of a document: names, attributes, texts; or the finding.
fn told(source: &[u8], piece: usize) -> (Vec<String>, Option<Diagnostic>) {
    let mut reader = EventReader::new(Pieces(source, piece), Limits::default());
    let (mut told, mut text) = (Vec::new(), String::new());
    loop {
        let event = match reader.advance() {
            Ok(event) => event,
            Err(ReadError::Malformed(error)) => return (told, Some(error.into_diagnostic())),
            Err(ReadError::Source(error)) => panic!("{error}"),
        };
        if event == Some(Event::Text) {
            text.push_str(reader.text());
            continue;
        }
        if !text.is_empty() {
            told.push(format!("text {text:?}"));
            text.clear();
        }
        match event {
            Some(Event::Start) => {
                told.push(format!("start {{{}}}{}", reader.namespace(), reader.qualified_name()));
                for attribute in reader.attributes() {
                    let (namespace, name) = (attribute.namespace(), attribute.qualified_name());
                    told.push(format!(
                        "attribute {{{namespace}}}{name} {:?} {:?}",
                        attribute.value(),
                        attribute.span()
                    ));
                }
            }
            Some(_) => told.push(format!("end {} {:?}", reader.qualified_name(), reader.element_span())),
            None => return (told, None),
        }
    }
}

/// The same of the tree.
fn told_of_tree(document: &Document) -> Vec<String> {
    fn tell(element: crate::Element<'_>, told: &mut Vec<String>) {
        told.push(format!("start {{{}}}{}", element.namespace(), element.qualified_name()));
        for attribute in element.attributes() {
            let name = match attribute.prefix() {
                "" => attribute.local_name().to_owned(),
                prefix => format!("{prefix}:{}", attribute.local_name()),
            };
            let namespace = attribute.namespace();
            told.push(format!("attribute {{{namespace}}}{name} {:?} {:?}", attribute.value(), attribute.span()));
        }
        let mut text = String::new();
        for child in element.children() {
            match child.kind() {
                NodeKind::Text(piece) => text.push_str(piece),
                NodeKind::Element(inner) => {
                    if !text.is_empty() {
                        told.push(format!("text {text:?}"));
                        text.clear();
                    }
                    tell(inner, told);
                }
                _ => {}
            }
        }
        if !text.is_empty() {
            told.push(format!("text {text:?}"));
        }
        told.push(format!("end {} {:?}", element.qualified_name(), element.span()));
    }
    let mut told = Vec::new();
    tell(document.root(), &mut told);
    told
}

fn compare(source: &[u8]) {
    let whole = told(source, usize::MAX);
    for piece in [1, 2, 3, 7] {
        let (told, finding) = told(source, piece);
        // Where the rest has not come in yet, less can be shown; and what is promised of all octets is broken later.
        let core = |finding: &Diagnostic| {
            (finding.code, finding.message.id(), finding.place.span.start, finding.place.position)
        };
        let name = format!("pieces of {piece}: {:?}", String::from_utf8_lossy(source));
        assert_eq!(finding.as_ref().map(core), whole.1.as_ref().map(core), "{name}");
        assert!(told.starts_with(&whole.0), "{name}\n{told:?}\n{:?}", whole.0);
    }
    match Document::parse(source, &Limits::default()) {
        Ok(document) => assert_eq!(whole, (told_of_tree(&document), None)),
        Err(error) => {
            let (expected, mut found) = (error.diagnostic(), whole.1.expect("a finding"));
            // Only the cursor knows the numbers before the document is read.
            let names = found.place.path.split('/').map(|step| step.split('[').next().unwrap_or_default());
            found.place.path = names.collect::<Vec<_>>().join("/");
            // The tree looks at all octets before it looks at any markup.
            if std::str::from_utf8(source).is_ok() && expected.message.id() != "xml-character" {
                assert_eq!(found, *expected, "{:?}", String::from_utf8_lossy(source));
            }
        }
    }
}

#[test]
fn the_cursor_tells_what_the_tree_tells() {
    for source in [
        "\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n<!-- c --><a xmlns='urn:1' xmlns:p='urn:2' p:q='a&#10;b' c='\t'>\r\n\
         x&amp;<![CDATA[<\r\n]]>]]<?p d?><p:b/><p:b xmlns:p='urn:3'> </p:b ><c xmlns=''/>\r</a> <?e?>\n",
        "<a>\u{e9}\u{4e2d}\u{1f600}</a>",
        "<a>&#13;&#xA;</a>",
        "<?xml version='1.0' encoding='us-ascii'?><a>\u{e9}</a>",
        "<a><b></c></a>",
        "<a x='1' x='2'/>",
        "<a>]]></a>",
        "<a>]]",
        "<a>x & y</a>",
        "<a/><b/>",
        "<a/>text",
        "",
        " <?xml version='1.0'?><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<a><b>",
        "<a",
        "<a xmlns:p=''/>",
        "<a p:b=''/>",
    ] {
        compare(source.as_bytes());
    }
}

#[test]
fn octets_like_a_mark_of_another_encoding_are_one_at_the_beginning_alone() {
    for source in [&b"\xff\xfe<\0a\0/\0>\0"[..], b"\xfe\xff\0<\0a", b"\xff", b"<a>\xff\xfe<\0", b"<abc>\xfe\xff\0<"] {
        compare(source);
    }
}

#[test]
fn a_long_text_comes_in_pieces_and_keeps_its_line() {
    let source = format!("<a>\n<b>{}</b>\n<c></d></a>", "0123456789\r\n".repeat(50_000));
    let (told, finding) = told(source.as_bytes(), usize::MAX);
    assert_eq!(told[1], "text \"\\n\"");
    assert_eq!(told[3].len(), "text \"\"".len() + 50_000 * 12);
    let place = finding.expect("a finding").place;
    assert_eq!((place.position.line, place.position.column), (50_003, 4));
    assert_eq!(place.span.slice(source.as_bytes()), b"</d>");
}

#[test]
fn memory_has_limits() {
    let code = |source: &str, limits: Limits| {
        let mut reader = EventReader::new(source.as_bytes(), limits);
        loop {
            match reader.advance() {
                Ok(Some(_)) => {}
                Ok(None) => return 0,
                Err(ReadError::Malformed(error)) => return error.diagnostic().code.number,
                Err(ReadError::Source(error)) => panic!("{error}"),
            }
        }
    };
    let many: String = (0..2_000).map(|number| format!("<n{number}/>")).collect();
    assert_eq!(code(&format!("<a>{many}</a>"), Limits::default()), 0);
    assert_eq!(code(&format!("<a>{many}</a>"), Limits { names: 100_000, ..Limits::default() }), 9106);
    let long = format!("<a b='{}'/>", "x".repeat(1 << 20));
    assert_eq!(code(&long, Limits::default()), 0);
    assert_eq!(code(&long, Limits { markup: 1 << 19, ..Limits::default() }), 9107);
    assert_eq!(code(&"<a>".repeat(1_000_000), Limits::default()), 9102);
}

#[test]
fn children_are_counted_by_name() {
    let mut reader = EventReader::new("<a><b/><c/><b/><b>".as_bytes(), Limits::default());
    for _ in 0..8 {
        reader.advance().expect("good so far");
    }
    assert_eq!(reader.path(), "/a/b[3]");
    assert_eq!(reader.depth(), 2);
}

proptest! {
    #[test]
    fn no_source_makes_a_difference(source in prop::collection::vec(
        prop::sample::select(vec![
            "<a>", "</a>", "<b/>", "<a x='1'", ">", " xmlns:p='v'", "<p:b", "&amp;", "&", ";", "<!--", "-->", "<![CDATA[",
            "]]>", "]", "<?p", "?>", "\r\n", "\r", "\u{feff}", "text", "ش", "<", "'",
        ]), 0..16)
    ) {
        compare(format!("<a>{}</a>", source.concat()).as_bytes());
        compare(source.concat().as_bytes());
    }
}

/// What was asked for at the wrong event was cut from where it stood no more, and that was a panic.
#[test]
fn a_text_can_be_asked_for_at_any_event() {
    let source = format!("<?p q?><a>x&amp;<b k='1'/>{}<!-- c --><c/></a>", "&#xE9;".repeat(40));
    let mut reader = EventReader::new(source.as_bytes(), Limits::default());
    let mut asked = 0;
    while reader.advance().expect("well formed").is_some() {
        asked += reader.text().len().min(1) + reader.target().len().min(1) + reader.attributes().count();
    }
    assert!(asked > 0);
}
