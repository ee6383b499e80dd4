//! What reading keeps, and what it refuses.

use karvan_text::{Language, Span, catalogue};
use proptest::prelude::*;

use super::*;
use crate::NodeKind;

fn read(source: &str) -> Document {
    Document::parse(source, &Limits::default()).expect("the document is well formed")
}

/// The code, the message id and the octets of the finding.
fn problem(source: impl Into<Vec<u8>>) -> (u16, &'static str, String) {
    let source = source.into();
    let error = Document::parse(source.clone(), &Limits::default()).expect_err("the document is broken");
    let diagnostic = error.into_diagnostic();
    let octets = String::from_utf8_lossy(diagnostic.place.span.slice(&source)).into_owned();
    for message in [Some(&diagnostic.message), diagnostic.help.as_ref()].into_iter().flatten() {
        assert!(catalogue::sentence(Language::English, message.id()).is_some(), "{}", message.id());
        assert!(!message.text(Language::English).contains('{'), "arguments of {}", message.id());
    }
    (diagnostic.code.number, diagnostic.message.id(), octets)
}

#[test]
fn every_node_knows_its_octets() {
    let source =
        "\u{feff}<?xml version='1.0'?><!-- c -->\n<a x='1' >t&amp;<![CDATA[<u>]]>v<b/><?p  d ?></a ><!--e-->\n";
    let document = read(source);
    assert_eq!(document.source(), source.as_bytes());
    let octets = |span: Span| std::str::from_utf8(span.slice(source.as_bytes())).expect("spans end between characters");
    let root = document.root();
    assert_eq!(octets(root.start_tag_span()), "<a x='1' >");
    assert_eq!(octets(root.content_span()), "t&amp;<![CDATA[<u>]]>v<b/><?p  d ?>");
    assert!(octets(root.span()).ends_with("</a >"));
    assert_eq!(root.text(), "t&<u>v");
    assert_eq!(octets(root.text_span()), "t&amp;<![CDATA[<u>]]>v");
    let attribute = root.attributes().next().expect("an attribute");
    assert_eq!((octets(attribute.span()), octets(attribute.value_span())), ("x='1'", "1"));
    let all: Vec<_> = document.children().map(|node| octets(node.span())).collect();
    assert_eq!(all, ["<!-- c -->", octets(root.span()), "<!--e-->"]);
    let inner: Vec<_> = root.children().map(|node| octets(node.span())).collect();
    assert_eq!(inner, ["t&amp;<![CDATA[<u>]]>v", "<b/>", "<?p  d ?>"]);
    assert!(matches!(
        root.children().last().map(|node| node.kind()),
        Some(NodeKind::ProcessingInstruction { target: "p", data: "d " })
    ));
}

#[test]
fn namespaces_are_resolved_where_they_stand() {
    let document = read(
        "<a xmlns='urn:1' xmlns:p='urn:2' q='' p:q='' xml:lang='fa'><p:b xmlns:p='urn:3'/><c xmlns=''><d/></c><p:e/></a>",
    );
    let root = document.root();
    let names: Vec<_> = root
        .descendants()
        .filter_map(|node| node.as_element())
        .map(|element| (element.namespace(), element.local_name()))
        .collect();
    assert_eq!(names, [("urn:3", "b"), ("", "c"), ("", "d"), ("urn:2", "e")]);
    let attributes: Vec<_> =
        root.attributes().map(|attribute| (attribute.namespace(), attribute.local_name())).collect();
    assert_eq!(attributes, [("", "q"), ("urn:2", "q"), (XML_NAMESPACE, "lang")]);
    let d = root.descendants().filter_map(|node| node.as_element()).nth(2).expect("d");
    assert_eq!(d.namespace_of_prefix(""), None);
    assert_eq!(d.namespace_of_prefix("p"), Some("urn:2"));
    assert_eq!(d.namespace_of_prefix("xml"), Some(XML_NAMESPACE));
}

#[test]
fn names_are_told_apart_however_many_there_are() {
    // More than there are places at hand, and many with the same ends; each twice, in two namespaces.
    let names: Vec<_> = (0..2_000).map(|number| format!("p:elements{number}elements")).collect();
    let scope = |namespace: &str| {
        let elements: String = names.iter().map(|name| format!("<{name} {name}='{namespace}'/>")).collect();
        format!("<s xmlns:p='{namespace}'>{elements}{elements}</s>")
    };
    let document = read(&format!("<r>{}{}</r>", scope("urn:1"), scope("urn:2")));
    let scopes: Vec<_> = document.root().elements().collect();
    assert_eq!(scopes.len(), 2);
    for (scope, namespace) in scopes.into_iter().zip(["urn:1", "urn:2"]) {
        assert_eq!(scope.elements().count(), 2 * names.len());
        for (element, name) in scope.elements().zip(names.iter().cycle()) {
            assert_eq!(element.qualified_name(), *name);
            assert_eq!(element.namespace(), namespace);
            assert_eq!(element.attribute_in(namespace, &name[2..]), Some(namespace));
        }
    }
    // Each has a number of its own in each namespace.
    let numbers: std::collections::HashSet<_> =
        document.root().elements().flat_map(|scope| scope.elements().map(|element| element.name_number())).collect();
    assert_eq!(numbers.len(), 2 * names.len());
}

#[test]
fn paths_count_only_where_it_is_needed() {
    let document = read("<a xmlns:p='urn:p'><p:b/><p:b><c/></p:b><d/></a>");
    let paths: Vec<_> =
        document.root().descendants().filter_map(|node| node.as_element()).map(|element| element.path()).collect();
    assert_eq!(paths, ["/a/p:b[1]", "/a/p:b[2]", "/a/p:b[2]/c", "/a/d"]);
}

#[test]
fn line_ends_become_line_feeds() {
    let document = read("<a>\r\nx\ry<![CDATA[\r\n]]>&#13;</a>");
    assert_eq!(document.root().text(), "\nx\ny\n\r");
    assert_eq!(document.position(7), karvan_text::Position { line: 3, column: 1 });
}

#[test]
fn an_empty_section_is_no_node() {
    assert_eq!(read("<a><![CDATA[]]></a>").root().children().count(), 0);
}

#[test]
fn what_is_not_well_formed_is_named_in_its_place() {
    let cases: &[(&str, u16, &str, &str)] = &[
        ("", 5011, "xml-no-root", ""),
        ("<!-- x -->", 5011, "xml-no-root", ""),
        ("<a>", 5001, "xml-element-unclosed", "<a>"),
        ("<a><b></a>", 5002, "xml-end-tag", "</a>"),
        ("<a/></a>", 5002, "xml-end-tag-alone", "</a>"),
        ("<a/><b/>", 5011, "xml-second-root", "<b/>"),
        ("x<a/>", 5011, "xml-text-outside", "x"),
        ("<a/>&amp;", 5011, "xml-text-outside", "&amp;"),
        ("<a/><![CDATA[x]]>", 5011, "xml-text-outside", "<![CDATA[x]]>"),
        ("\u{feff}\u{feff}<a/>", 5011, "xml-text-outside", "\u{feff}"),
        ("< a/>", 5003, "xml-name", ""),
        ("<a:b:c/>", 5003, "xml-name", "a:b:c"),
        ("<a", 5001, "xml-markup-unclosed", "<a"),
        ("<a><!-- x</a>", 5001, "xml-markup-unclosed", "<!-- x</a"),
        ("<a><![CDATA[x</a>", 5001, "xml-markup-unclosed", "<![CDATA[x</a"),
        ("<a><?x </a>", 5001, "xml-markup-unclosed", "<?x </a"),
        ("<a b='1", 5001, "xml-markup-unclosed", "<a b='1"),
        ("<a><!x></a>", 5001, "xml-markup", "<!x>"),
        ("<a b/>", 5006, "xml-attribute-equals", "b"),
        ("<a b=c/>", 5006, "xml-attribute-quote", "b=c"),
        ("<a b='1'c='2'/>", 5006, "xml-attribute-space", ""),
        ("<a b='<'/>", 5006, "xml-attribute-less-than", "<"),
        ("<a b='' b=''/>", 5007, "xml-attribute-twice", "b=''"),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", 5007, "xml-attribute-twice", "q:b=''"),
        ("<a xmlns='u' xmlns='u'/>", 5007, "xml-attribute-twice", "xmlns='u'"),
        ("<p:a/>", 5008, "xml-prefix-unbound", "p:a"),
        ("<a p:b=''/>", 5008, "xml-prefix-unbound", "p:b=''"),
        ("<a><b xmlns:p='u'/><p:c/></a>", 5008, "xml-prefix-unbound", "p:c"),
        ("<a xmlns:xmlns='u'/>", 5009, "xml-namespace-reserved", "xmlns:xmlns='u'"),
        ("<a xmlns:xml='u'/>", 5009, "xml-namespace-reserved", "xmlns:xml='u'"),
        ("<xmlns:a/>", 5009, "xml-namespace-reserved", "xmlns:a"),
        ("<a xmlns:p=''/>", 5009, "xml-namespace-empty", "xmlns:p=''"),
        ("<a>&nbsp;</a>", 5005, "xml-entity-unknown", "&nbsp;"),
        ("<a b='&x;'/>", 5005, "xml-entity-unknown", "&x;"),
        ("<a>&#0;</a>", 5005, "xml-reference-character", "&#0;"),
        ("<a>x & y</a>", 5005, "xml-reference-unclosed", "&"),
        ("<a>]]></a>", 5004, "xml-section-end", "]]>"),
        ("<a>\u{1}</a>", 5004, "xml-character", "\u{1}"),
        ("<a>\u{ffff}</a>", 5004, "xml-character", "\u{ffff}"),
        ("<a><!-- -- --></a>", 5013, "xml-comment-hyphens", "--"),
        ("<a><!-- x ---></a>", 5013, "xml-comment-hyphens", "--"),
        ("<a><?XML x?></a>", 5014, "xml-instruction", "XML"),
        ("<a><?p:q x?></a>", 5014, "xml-instruction", "p:q"),
        (" <?xml version='1.0'?><a/>", 5012, "xml-declaration-place", "<?xml version='1.0'?>"),
        ("<?xml?><a/>", 5012, "xml-declaration", "<?xml?>"),
        ("<?xml encoding='UTF-8'?><a/>", 5012, "xml-declaration", "encoding='UTF-8'"),
        ("<?xml version='1.0' standalone='maybe'?><a/>", 5012, "xml-declaration", "standalone='maybe'"),
        ("<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", 5012, "xml-declaration", "encoding='UTF-8'"),
        ("<?xml version='1.1'?><a/>", 5012, "xml-version", "1.1"),
        ("<?xml version='1.0' encoding='Shift_JIS'?><a/>", 5010, "xml-encoding", "Shift_JIS"),
        ("<!DOCTYPE a><a/>", 9110, "xml-document-type", "<!DOCTYPE a>"),
        ("<!DOCTYPE><a/>", 9110, "xml-document-type", "<!DOCTYPE>"),
        ("<!DOCTYPE a [<!ENTITY x 'y'", 9110, "xml-document-type", "<!DOCTYPE a [<!ENTITY x 'y'"),
    ];
    for &(source, code, id, octets) in cases {
        assert_eq!(problem(source), (code, id, octets.to_owned()), "{source:?}");
    }
}

#[test]
fn other_encodings_are_named() {
    read("<?xml version='1.0' encoding='utf8'?><a/>");
    read("<?xml version='1.0' encoding='us-ascii'?><a/>");
    read("<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
    assert_eq!(problem("<?xml version='1.0' encoding='ISO-8859-1'?><a>ö</a>").1, "xml-encoding");
    assert_eq!(problem("<?xml version='1.0' encoding='us-ascii'?><a>ش</a>").1, "xml-encoding");
    let utf16: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(problem(utf16).1, "xml-encoding");
    assert_eq!(problem(&b"<a>M\xDCLLER</a>"[..]).1, "xml-not-utf8");
    assert_eq!(problem(&b"<a>\xC3"[..]).1, "xml-not-utf8");
}

#[test]
fn limits_hold() {
    let limits = Limits { size: 200, depth: 3, attributes: 2, namespaces: 2, nodes: 6, ..Limits::default() };
    let code = |source: &str| Document::parse(source, &limits).err().map_or(0, |error| error.diagnostic().code.number);
    assert_eq!(code(&format!("<a>{}</a>", "x".repeat(193))), 0);
    assert_eq!(code(&format!("<a>{}</a>", "x".repeat(194))), 9101);
    assert_eq!(code("<a><b><c/></b></a>"), 0);
    assert_eq!(code("<a><b><c><d/></c></b></a>"), 9102);
    assert_eq!(code("<a b='' c=''/>"), 0);
    assert_eq!(code("<a b='' c='' d=''/>"), 9103);
    assert_eq!(code("<a xmlns='u' xmlns:p='u'><b/></a>"), 0);
    assert_eq!(code("<a xmlns='u' xmlns:p='u'><b xmlns:q='u'/></a>"), 9104);
    assert_eq!(code("<a><b/><b/><b/><b/><b/></a>"), 0);
    assert_eq!(code("<a><b/><b/><b/><b/><b c=''/></a>"), 9105);
}

#[test]
fn a_finding_says_line_column_and_path() {
    let error = Document::parse("<a xmlns:p='u'>\n <p:b>\n  &x;</p:b></a>", &Limits::default()).expect_err("broken");
    let place = &error.diagnostic().place;
    assert_eq!((place.position.line, place.position.column, place.path.as_str()), (3, 3, "/a/p:b"));
    assert!(error.to_string().starts_with("E5005 at 3:3: the entity x"), "{error}");
}

/// Pieces of XML, good and bad, in any order.
fn fragments() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<a>",
        "</a>",
        "<a",
        "<b/>",
        ">",
        "/>",
        " x='1'",
        " xmlns='u'",
        " xmlns:p='v'",
        "<p:b",
        "&amp;",
        "&#x41;",
        "&",
        ";",
        "<!--",
        "-->",
        "-",
        "<![CDATA[",
        "]]>",
        "]",
        "<?p",
        "?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE a",
        "[",
        "<!ENTITY x",
        "\"",
        "'",
        "<",
        "!",
        "\r\n",
        "\u{feff}",
        "text",
        "ش",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_spans_lie_in_the_source(source in fragments()) {
        match Document::parse(source.clone(), &Limits::default()) {
            Ok(document) => {
                for node in document.root().descendants() {
                    prop_assert!(source.get(node.span().start as usize..node.span().end as usize).is_some());
                    if let Some(element) = node.as_element() {
                        prop_assert!(element.parent().is_some_and(|parent| parent.contains(element.id())));
                    }
                }
            }
            Err(error) => {
                let span = error.diagnostic().place.span;
                prop_assert!(span.start <= span.end && span.end <= source.len() as u64, "{error} {span:?}");
            }
        }
    }

    #[test]
    fn no_octets_panic(source in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Document::parse(source, &Limits::default());
    }
}

/// With an internal subset allowed.
fn with_document_type(source: &str) -> Result<Document, ParseError> {
    let limits = Limits { document_type: true, expansion: 1000, ..Limits::default() };
    Document::parse_with_entities(source, &limits, &|name| (name == "world.txt").then(|| b"world\r\n".to_vec()))
}

#[test]
fn an_internal_subset_gives_entities_types_and_defaults() {
    let document = with_document_type(
        "<!DOCTYPE a PUBLIC 'p' \"s>\" [<!-- ]> --><?p ]> ?><!ELEMENT a (#PCDATA)*><!NOTATION n SYSTEM '>'>\
         <!ENTITY one 'x&two;&#38;lt;'><!ENTITY two \"y\"><!ENTITY two 'z'><!ENTITY file SYSTEM 'world.txt'>\
         <!ENTITY image SYSTEM 'i' NDATA n>\
         <!ATTLIST a i ID #IMPLIED k (u|v) #FIXED 'v' d CDATA ' 1 ' xmlns:p CDATA 'urn:p'>] >\
         <a i='  q  r ' e='&one;\n'>&one;-&file;</a>",
    )
    .unwrap();
    let root = document.root();
    assert_eq!(root.text(), "xy<-world\n");
    assert_eq!(root.attribute("e"), Some("xy< "));
    assert_eq!(root.attribute("i"), Some("q r"));
    assert_eq!(root.attribute("k"), Some("v"));
    assert_eq!(root.attribute("d"), Some(" 1 "));
    assert_eq!(root.namespace_of_prefix("p"), Some("urn:p"));
    assert_eq!(document.elements_with_identifier(|identifier| identifier == "q r").count(), 1);
}

#[test]
fn entities_that_blow_up_or_name_files_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\
                <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>";
    for (source, id) in [
        (format!("{bomb}<a>&d;</a>"), "xml-limit-expansion"),
        (format!("{bomb}<a b='&d;'/>"), "xml-limit-expansion"),
        ("<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>".to_owned(), "xml-limit-expansion"),
        ("<!DOCTYPE a [<!ATTLIST a b CDATA '0123456789'>]>".to_owned() + &"<a>".repeat(101), "xml-limit-expansion"),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM '/etc/passwd'>]><a>&x;</a>".to_owned(), "xml-entity-external"),
        ("<!DOCTYPE a [<!ENTITY x '<b/>'>]><a>&x;</a>".to_owned(), "xml-entity-markup"),
        ("<!DOCTYPE a [<!ENTITY % x 'y'>]><a/>".to_owned(), "xml-entity-parameter"),
        ("<!DOCTYPE a [%x;]><a/>".to_owned(), "xml-entity-parameter"),
        ("<!DOCTYPE a [<!ENTITY x '&#60;'>]><a b='&x;'/>".to_owned(), "xml-attribute-less-than"),
        ("<!DOCTYPE a [<!ATTLIST a b WORD #IMPLIED>]><a/>".to_owned(), "xml-document-type-malformed"),
        ("<!DOCTYPE a [<!ELEMENT".to_owned(), "xml-document-type-malformed"),
        ("<!DOCTYPE a><!DOCTYPE a><a/>".to_owned(), "xml-document-type"),
        ("<a/><!DOCTYPE a>".to_owned(), "xml-document-type"),
    ] {
        assert_eq!(with_document_type(&source).unwrap_err().diagnostic().message.id(), id, "{source}");
    }
}
