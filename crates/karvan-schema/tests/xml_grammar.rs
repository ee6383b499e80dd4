//! Schema documents compiled to a grammar, and documents checked against it.

use std::collections::BTreeMap;

use karvan_schema::xml::{Content, Grammar, GrammarError, Heading, Library, SchemaError, Term, compile, validate};
use karvan_xml::{Document, Limits};

const ORDER: &str = "urn:example:order";
const COMMON: &str = "urn:example:common";

/// Schema documents by location.
struct Shelf(BTreeMap<&'static str, String>);

impl Library for Shelf {
    fn open(
        &mut self,
        base: Option<&str>,
        location: Option<&str>,
        _namespace: &str,
    ) -> Result<Option<(String, Document)>, String> {
        let Some(location) = location else { return Ok(None) };
        let folder = base.and_then(|base| base.rsplit_once('/')).map_or("", |(folder, _)| folder);
        let location = match location.strip_prefix("../") {
            Some(rest) if folder == "parts" => rest.to_owned(),
            _ => location.trim_start_matches("./").to_owned(),
        };
        let text = self.0.get(location.as_str()).ok_or("no such document")?;
        Ok(Some((location, parse(text))))
    }
}

fn parse(text: &str) -> Document {
    Document::parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn packed() -> Vec<u8> {
    let shelf = [
        ("order.xsd", include_str!("xml_grammar/order.xsd")),
        ("codes.xsd", include_str!("xml_grammar/codes.xsd")),
        ("parts/common.xsd", include_str!("xml_grammar/common.xsd")),
    ];
    let mut shelf = Shelf(shelf.map(|(location, text)| (location, text.to_owned())).into());
    compile(Heading::new("order", "Order"), &["order.xsd"], &mut shelf).expect("the schemas compile")
}

fn failure(schema: &str) -> SchemaError {
    let schema = format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='urn:x' targetNamespace='urn:x'>{schema}</xs:schema>"
    );
    compile(Heading::new("x", "x"), &["x.xsd"], &mut Shelf([("x.xsd", schema)].into()))
        .expect_err("the schema is wrong")
}

#[test]
fn documents_are_judged_as_xmllint_judges_them() {
    let grammar = Grammar::from_bytes(&packed()).unwrap();
    let cases: Vec<&str> = include_str!("xml_grammar/cases.txt").split("\n\n").skip(1).collect();
    assert!(cases.len() > 40);
    for case in cases {
        let (codes, document) = case.trim().split_once('\n').unwrap();
        let declarations = format!(
            "xmlns='{ORDER}' xmlns:o='{ORDER}' xmlns:c='{COMMON}' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
        );
        let document = document.replace("{l}", "<Line number=\"1\"><Quantity unit=\"KGM\">1</Quantity></Line>");
        // The children of a party are in no namespace.
        let document = document.replace("<Name>", "<Name xmlns=''>").replace("{o}", &declarations);
        let findings = validate(&parse(&document), &grammar);
        let found: Vec<String> = findings.iter().map(|finding| finding.code.to_string()).collect();
        let found = if found.is_empty() { "valid".to_owned() } else { found.join(" ") };
        assert_eq!(found, codes, "{document}\n{findings:#?}");
    }
}

#[test]
fn the_grammar_holds_what_the_schema_declares() {
    let grammar = Grammar::from_bytes(&packed()).unwrap();
    let roots: Vec<&str> = grammar.roots().map(|root| root.name()).collect();
    assert_eq!(roots, ["Order", "Charge", "Freight", "Insurance"]);
    let order = grammar.root(ORDER, "Order").unwrap().definition();
    let children: Vec<String> = order
        .children()
        .iter()
        .map(|child| {
            let maximum = child.maximum().map_or("n".to_owned(), |maximum| maximum.to_string());
            format!("{} {}..{maximum}", child.element().name(), child.minimum())
        })
        .collect();
    assert_eq!(
        children.join(", "),
        "ID 1..1, Issued 0..1, Buyer 0..1, BuyerCode 0..1, BuyerCountry 0..1, Incoterm 0..n, Days 0..n, Places 0..1, \
         Freight 0..2, Insurance 0..2, Line 1..n, Totals 0..1, Remark 0..1, Extension 0..1"
    );
    assert_eq!(order.child(ORDER, "Line").unwrap().order(), 10);
    assert!(order.child(ORDER, "Charge").is_none(), "an abstract element stands nowhere");
    assert!(order.child(ORDER, "Old").is_none(), "what may stand there 0 times is not there");
    let country = order.child(ORDER, "BuyerCountry").unwrap().element().definition().value().unwrap();
    assert_eq!(country.enumeration(), ["DE", "IR", "TR"]);
    assert_eq!((country.namespace(), country.name()), (ORDER, Some("CountryCode")));
    let Content::Elements(part) = order.child(ORDER, "Totals").unwrap().element().definition().content() else {
        panic!("elements")
    };
    assert!(matches!(part.term(), Term::All(parts) if parts.iter().count() == 3));
    let insurance = grammar.definition(ORDER, "InsuranceType").unwrap();
    assert!(insurance.derives_from(grammar.definition(ORDER, "ChargeType").unwrap()));
    assert_eq!(insurance.children().len(), 2);
}

#[test]
fn a_finding_says_what_where_and_what_was_expected() {
    let grammar = Grammar::from_bytes(&packed()).unwrap();
    let source =
        format!("<o:Order xmlns:o='{ORDER}' version='2'><o:ID>7</o:ID>\n<o:BuyerCode>a b</o:BuyerCode></o:Order>");
    let findings = validate(&parse(&source), &grammar);
    let codes: Vec<String> = findings.iter().map(|finding| finding.code.to_string()).collect();
    assert_eq!(codes, ["E5137", "E5113", "E5113"]);
    assert_eq!(findings[1].expected.as_deref(), Some("o:BuyerCountry"));
    let datatype = &findings[0];
    assert_eq!(datatype.place.path, "/o:Order/o:BuyerCode");
    assert_eq!(datatype.place.span.slice(source.as_bytes()), b"a b");
    assert_eq!((datatype.place.position.line, datatype.place.position.column), (2, 14));
    assert_eq!((datatype.expected.as_deref(), datatype.found.as_deref()), (Some("NMTOKEN"), Some("a b")));
    let missing = &findings[2];
    assert_eq!(missing.place.path, "/o:Order/o:Line");
    assert_eq!(missing.expected.as_deref(), Some("o:Line"));
    assert!(source[missing.place.span.start as usize..].starts_with("</o:Order>"));
}

#[test]
fn what_a_schema_lacks_is_an_error() {
    assert!(matches!(failure("<xs:element name='a' type='b'/>"), SchemaError::Undefined { kind: "type", .. }));
    assert!(matches!(failure("<xs:include schemaLocation='y.xsd'/>"), SchemaError::Unavailable { .. }));
    assert!(matches!(failure("<xs:redefine schemaLocation='x.xsd'/>"), SchemaError::Unsupported { .. }));
    let pattern = "<xs:simpleType name='a'><xs:restriction base='xs:string'><xs:pattern value='('/></xs:restriction></xs:simpleType>";
    assert!(matches!(failure(pattern), SchemaError::Unsupported { .. }));
    let error = compile(Heading::new("x", "x"), &["x.xsd"], &mut Shelf([("x.xsd", "<schema/>".to_owned())].into()))
        .unwrap_err();
    assert_eq!(error, SchemaError::NotASchema { location: "x.xsd".to_owned() });
}

#[test]
fn compiling_twice_gives_the_same_octets() {
    assert_eq!(packed(), packed());
}

#[test]
fn a_damaged_grammar_is_an_error_and_no_panic() {
    let packed = packed();
    assert_eq!(Grammar::from_bytes(b"").unwrap_err(), GrammarError::Head);
    assert_eq!(Grammar::from_bytes(b"karvan xml grammar 1\n\n").unwrap_err(), GrammarError::Head);
    for cut in 0..packed.len() {
        assert!(Grammar::from_bytes(&packed[..cut]).is_err(), "{cut}");
    }
    for at in 0..packed.len() {
        let mut damaged = packed.clone();
        damaged[at] ^= 0x55;
        if let Ok(grammar) = Grammar::from_bytes(&damaged) {
            for root in grammar.roots() {
                assert!(root.definition().children().len() <= packed.len());
            }
        }
    }
}
