//! Canonical forms of documents of every kind, made at random, beside libxml2: all six methods, lists of prefixes, whole
//! documents and what XPath expressions leave of them. The seed is fixed, so that every run has the same documents.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_xml::{Canonicalization, Context, Document, Limits, Subset, Value, XPath};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::Table;
use super::oracle::{Oracle, file, output};

/// How many documents are made.
const DOCUMENTS: usize = 1000;

/// The conditions for the nodes of a document that are left. Of every element that is left, its attributes are left too, and
/// the document element always is: else libxml2 goes its own ways (conformance/README.md).
const CONDITIONS: [&str; 9] = [
    "not(self::comment() or self::processing-instruction())",
    "not(self::text())",
    "ancestor-or-self::a:e",
    "not(ancestor-or-self::b:e)",
    "not(ancestor-or-self::*[1][self::e])",
    "count(ancestor-or-self::*) mod 2 = 1",
    "not(namespace-uri(ancestor-or-self::*[1]) = 'urn:b')",
    "string-length(ancestor-or-self::*[1]) mod 3 != 1",
    "string-length(.) mod 3 != 1 or not(self::text())",
];

/// The lists of prefixes for the exclusive forms, and none.
const PREFIXES: [&str; 3] = ["", "a #default", "b c"];

pub(super) fn run(_data: &std::path::Path) -> crate::Result<Table> {
    let mut libxml2 = Oracle::python("c14n.py")?;
    let mut table = Table::new(["form", "prefixes", "nodes", "documents", "same", "octets", "first different"]);
    let documents = documents();
    let (mut same, mut all) = (0, 0);
    for (mode, form) in
        [Canonicalization::inclusive(), Canonicalization::exclusive(), Canonicalization::inclusive_1_1()]
            .iter()
            .enumerate()
    {
        for comments in [false, true] {
            for prefixes in if form.is_exclusive() { &PREFIXES[..] } else { &PREFIXES[..1] } {
                let form = form.clone().with_comments(comments);
                let form = form.with_inclusive_prefixes(prefixes.split_ascii_whitespace());
                for condition in std::iter::once(None).chain(CONDITIONS.map(Some)) {
                    let expression = condition
                        .map(|condition| {
                            format!("(//. | //@* | //namespace::*)[{condition} or count(ancestor-or-self::*) < 2]")
                        })
                        .unwrap_or_default();
                    let (mut alike, mut octets, mut different) = (0, 0, None);
                    for (index, source) in documents.iter().enumerate() {
                        let ours = canonical(source, &form, &expression)?;
                        let (mode, comments) = (mode.to_string(), u8::from(comments).to_string());
                        let document = STANDARD.encode(source);
                        let asked = [mode.as_str(), &comments, prefixes, &expression, &document];
                        if libxml2.ask(&asked)? == STANDARD.encode(&ours) {
                            alike += 1;
                            octets += ours.len();
                        } else {
                            different = different.or(Some(index));
                        }
                    }
                    same += alike;
                    all += documents.len();
                    table.row([
                        form.identifier().to_owned(),
                        (*prefixes).to_owned(),
                        condition.unwrap_or("all").to_owned(),
                        documents.len().to_string(),
                        alike.to_string(),
                        octets.to_string(),
                        different.map_or_else(String::new, |index| index.to_string()),
                    ]);
                }
            }
        }
    }
    table.summary(format!("{same} of {all} canonical forms are those of libxml2, octet for octet"));
    table.tool(output(Command::new("python3").arg(file("c14n.py")).arg("version"))?.trim());
    Ok(table)
}

fn canonical(source: &str, form: &Canonicalization, expression: &str) -> crate::Result<Vec<u8>> {
    let document = Document::parse(source, &Limits::default())?;
    if expression.is_empty() {
        return Ok(form.to_vec(Subset::document(&document))?);
    }
    let namespace = |prefix: &str| match prefix {
        "a" => Some("urn:a"),
        "b" => Some("urn:b"),
        _ => None,
    };
    let Value::Nodes(nodes) = XPath::parse(expression, namespace)?.evaluate(&Context::new(&document))? else {
        return Err("the expression gives no nodes".into());
    };
    let mut octets = Vec::new();
    form.write_nodes(&document, &nodes, &mut octets)?;
    Ok(octets)
}

/// The documents, the same on every run.
fn documents() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = document();
    let made = (0..DOCUMENTS).map_while(|_| Some(strategy.new_tree(&mut runner).ok()?.current()));
    made.collect()
}

fn document() -> impl Strategy<Value = String> {
    let outside = || prop::collection::vec(prop_oneof![comment(), instruction(), white_space()], 0..3);
    let declaration =
        prop_oneof![Just(""), Just("<?xml version='1.0'?>"), Just("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n")];
    (declaration, outside(), element(), outside()).prop_map(|(declaration, before, root, after)| {
        format!("{declaration}{}{root}{}", before.concat(), after.concat())
    })
}

/// An element with all in it: prefixes that shadow one another, white space in tags, every kind of node.
fn element() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => text(),
        1 => comment(),
        1 => instruction(),
        2 => (tag(), any::<bool>()).prop_map(|(tag, empty)| tag.around("", empty)),
    ];
    let inside = leaf.prop_recursive(5, 40, 5, |inner| {
        (tag(), prop::collection::vec(inner, 0..5)).prop_map(|(tag, children)| tag.around(&children.concat(), false))
    });
    (tag(), prop::collection::vec(inside, 0..5)).prop_map(|(tag, children)| tag.around(&children.concat(), false))
}

/// A start tag, and how the end tag ends.
#[derive(Clone, Debug)]
struct Tag {
    prefix: &'static str,
    attributes: String,
    end: &'static str,
}

impl Tag {
    fn around(&self, content: &str, empty: bool) -> String {
        let Self { prefix, attributes, end } = self;
        if empty {
            format!("<{prefix}e{attributes}{end}/>")
        } else {
            format!("<{prefix}e{attributes}{end}>{content}</{prefix}e{end}>")
        }
    }
}

fn tag() -> impl Strategy<Value = Tag> {
    let prefix = prop_oneof![Just(""), Just("a:"), Just("b:")];
    let declared = |name: &'static str, values: &'static [&'static str]| {
        prop::option::of((prop::sample::select(values), space(), any::<bool>()).prop_map(
            move |(value, space, single)| {
                let quote = if single { '\'' } else { '"' };
                format!("{space}{name}={quote}{value}{quote}")
            },
        ))
    };
    let declarations = (
        declared("xmlns", &["", "urn:a", "urn:b", "urn:c"]),
        declared("xmlns:a", &["urn:a", "urn:b", "urn:other"]),
        declared("xmlns:b", &["urn:b", "urn:a", "urn:other"]),
        declared("xmlns:c", &["urn:c", "urn:a"]),
    );
    let attribute = |name: &'static str| {
        prop::option::weighted(
            0.3,
            (value(), space(), equals(), any::<bool>()).prop_map(move |(value, space, equals, single)| {
                let (quote, other) = if single { ('\'', "&apos;") } else { ('"', "&quot;") };
                format!("{space}{name}{equals}{quote}{}{quote}", value.replace(quote, other))
            }),
        )
    };
    let attributes = (
        attribute("z"),
        attribute("a"),
        attribute("a:y"),
        attribute("b:x"),
        attribute("xml:lang"),
        prop::option::weighted(
            0.2,
            prop::sample::select(vec![" xml:base='../x/'", " xml:base='http://x.example/y/z'", " xml:base='q'"]),
        ),
        prop::option::weighted(0.2, prop::sample::select(vec![" xml:space='preserve'", "\txml:space = 'default'"])),
    );
    (prefix, declarations, attributes, prop_oneof![Just(""), Just(" "), Just("\n\t")]).prop_map(
        |(prefix, (default, a, b, c), (one, two, three, four, lang, base, space), end)| {
            // Whatever is used is declared here or outside, so declare it here if it is not.
            let used = |mark: &str, attribute: &Option<String>| prefix == mark || attribute.is_some();
            let a = a.or_else(|| used("a:", &three).then(|| " xmlns:a='urn:a'".to_owned()));
            let b = b.or_else(|| used("b:", &four).then(|| " xmlns:b='urn:b'".to_owned()));
            let parts = [three, default, one, a, lang, c, two, b, four];
            let mut attributes: String = parts.into_iter().flatten().collect();
            attributes.extend(base);
            attributes.extend(space);
            Tag { prefix, attributes, end }
        },
    )
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "  ", "\n", "\t ", "\r\n"])
}

fn equals() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["=", " =", "= ", "\n=\t"])
}

/// Values of attributes: white space in every notation, references, both quotes.
fn value() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "x", " ", "  ", "\t", "\n", "\r\n", "&#9;", "&#10;", "&#xD;", "&#32;", "&lt;", ">", "&amp;", "'", "\"", "قالی",
        "é", "𐎠",
    ]);
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "x",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "&#13;",
        "&#9;",
        "&lt;",
        "&gt;",
        ">",
        "&amp;",
        "&quot;",
        "'",
        "\"",
        "قالی",
        "𐎠",
        "<![CDATA[<&>\r\n]]>",
        "<![CDATA[]]>",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn comment() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["<!---->", "<!-- a < & b\r\n -->", "<!--é-->"]).prop_map(str::to_owned)
}

fn instruction() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["<?go?>", "<?go  now ?>", "<?go\r\n<&'\">?>"]).prop_map(str::to_owned)
}

fn white_space() -> impl Strategy<Value = String> {
    prop::sample::select(vec![" ", "\n", "\r\n\t"]).prop_map(str::to_owned)
}
