//! XPath 1.0 by its examples and clauses.

use karvan_xml::{Context, Document, Limits, Node, Point, Value, XPath, XPathError};

const SOURCE: &str = "<doc xmlns:p='urn:p' xml:lang='en'><chapter id='c1'><title>One</title><p:para n='1'>a</p:para>\
    <p:para n='2'>b<!-- note --></p:para></chapter><chapter id='c2' xml:lang='fa-IR'><title>Two</title><?go now?>\
    <p:para n='3'>ج</p:para></chapter></doc>";

fn document() -> Document {
    Document::parse(SOURCE, &Limits::default()).expect("well formed")
}

fn evaluate(expression: &str) -> Result<Value, XPathError> {
    let document = document();
    XPath::parse(expression, |prefix| (prefix == "p").then_some("urn:p"))?.evaluate(&Context::new(&document))
}

fn text(expression: &str) -> String {
    evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}")).string(&document())
}

#[test]
fn paths_follow_every_axis() {
    for (expression, expected) in [
        ("count(//p:para)", "3"),
        ("count(/descendant::node())", "15"),
        ("//chapter[2]/title", "Two"),
        ("//p:para[@n = '2']/preceding-sibling::*[1]", "a"),
        ("//p:para[@n = '2']/preceding-sibling::*[last()]", "One"),
        ("//title[. = 'One']/following-sibling::p:para", "a"),
        ("count(//title[1]/following::p:para)", "3"),
        ("count((//title)[1]/following::p:para)", "3"),
        ("count((//title)[2]/preceding::p:para)", "2"),
        ("(//p:para)[3]/ancestor::chapter/@id", "c2"),
        ("count(//@n/ancestor-or-self::node())", "10"),
        ("name(//comment()/..)", "p:para"),
        ("string(//processing-instruction('go'))", "now"),
        ("count(//processing-instruction('other'))", "0"),
        ("count(/doc/namespace::*)", "2"),
        ("/doc/namespace::p", "urn:p"),
        ("local-name(/doc/namespace::*[. = 'urn:p'])", "p"),
        ("count(//p:para[1] | //p:para)", "3"),
        ("count(id('c1 c2'))", "2"),
        ("id('c2')/title", "Two"),
        ("count(//*[self::p:*])", "3"),
        ("count(//chapter/child::*[position() > 1])", "3"),
        ("count(//chapter[title = 'Two' and not(@id = 'c1')])", "1"),
        ("namespace-uri(//p:para)", "urn:p"),
        ("string(/..)", ""),
    ] {
        assert_eq!(text(expression), expected, "{expression}");
    }
}

#[test]
fn functions_do_what_the_clauses_say() {
    for (expression, expected) in [
        // XPath 1.0 §4.2, the examples of substring().
        ("substring('12345', 2, 3)", "234"),
        ("substring('12345', 2)", "2345"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0, 3)", "12"),
        ("substring('12345', 0 div 0, 3)", ""),
        ("substring('12345', -42, 1 div 0)", "12345"),
        ("substring('12345', -1 div 0, 1 div 0)", ""),
        ("substring-before('1999/04/01', '/')", "1999"),
        ("substring-after('1999/04/01', '/')", "04/01"),
        ("translate('bar', 'abc', 'AB')", "BAr"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("normalize-space('  a \t b ')", "a b"),
        ("string-length('قالی')", "4"),
        ("concat('a', 1, true())", "a1true"),
        ("starts-with('abc', 'ab') and contains('abc', 'bc')", "true"),
        ("1 div 0", "Infinity"),
        ("-1 div 0", "-Infinity"),
        ("0 div 0", "NaN"),
        ("-0", "0"),
        ("5 mod -2", "1"),
        ("-5 mod 2", "-1"),
        ("1.5 mod 0.5", "0"),
        ("2 * 3 + 4 div 2 - 1", "7"),
        ("--1", "1"),
        ("1000000000000000000000", "1000000000000000000000"),
        ("0.1", "0.1"),
        ("round(-1.5)", "-1"),
        ("round(2.5)", "3"),
        ("floor(-1.5) + ceiling(1.2)", "0"),
        ("number(' -12.5 ')", "-12.5"),
        ("number('1e3')", "NaN"),
        ("sum(//@n)", "6"),
        ("boolean(//none)", "false"),
        ("not(//none)", "true"),
        ("//@n = 2", "true"),
        ("//@n != 2", "true"),
        ("//@n > 3", "false"),
        ("//none = //none", "false"),
        ("true() = 'x'", "true"),
        ("'1' = 1", "true"),
        ("1 < 2 < 3", "true"),
        ("count(//title[lang('en')])", "1"),
        ("count(//title[lang('FA')])", "1"),
        ("count(//title[position() = last()])", "2"),
    ] {
        assert_eq!(text(expression), expected, "{expression}");
    }
}

#[test]
fn here_is_the_element_of_the_expression() {
    let document = document();
    let title = document.root().descendants().filter_map(Node::as_element).nth(1).unwrap();
    let expression = XPath::parse("count(here()/ancestor::chapter)", |_| None).unwrap();
    let context = Context::new(&document).with_here(Point::from(title));
    assert_eq!(expression.evaluate(&context), Ok(Value::Number(1.0)));
}

#[test]
fn what_has_no_value_says_why() {
    assert_eq!(evaluate("unknown()"), Err(XPathError::Function { name: "unknown".to_owned() }));
    assert_eq!(evaluate("concat('a')"), Err(XPathError::Function { name: "concat".to_owned() }));
    assert_eq!(evaluate("count(1)"), Err(XPathError::NoNodeSet));
    assert_eq!(evaluate("1 | 2"), Err(XPathError::NoNodeSet));
    let document = document();
    let expression = XPath::parse("//node()[count(//node()[count(//node()) > 1]) > 1]", |_| None).unwrap();
    let context = Context::new(&document).with_limit(1000);
    assert_eq!(expression.evaluate(&context), Err(XPathError::Work { limit: 1000 }));
}
