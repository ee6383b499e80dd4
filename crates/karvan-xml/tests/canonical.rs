//! What holds of canonical forms of every document.

use karvan_xml::{
    CanonicalStream, Canonicalization, Document, EventReader, Limits, NodeSet, Point, Subset, XmlAttributes,
};
use proptest::prelude::*;

/// An element in some notation: prefixes that shadow one another, white space in tags, comments, sections, references.
fn element() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![Just(""), Just("a:"), Just("b:")];
    let declarations = prop::sample::subsequence(
        vec![" xmlns='urn:1'", "  xmlns:a=\"urn:a\"", "\txmlns:b='urn:b'", " xmlns:c='urn:c'"],
        0..=4,
    );
    let shadowing = prop_oneof![Just(""), Just(" xmlns:a='urn:other'"), Just(" xmlns=''"), Just(" xmlns:b='urn:a'")];
    let attributes = prop::sample::subsequence(
        vec![
            " z='1'",
            "\n a:y = \"&lt;&#9;'\"",
            " b:x='  é&quot;\t'",
            " xml:lang='fa'",
            " xml:base='../x/'",
            " xml:id='i'",
        ],
        0..=6,
    );
    let leaf = prop_oneof![
        Just("text &amp; &#13; > \r\n".to_owned()),
        Just("<![CDATA[<&>]]>".to_owned()),
        Just("<!-- comment -->".to_owned()),
        Just("<?target  data ?>".to_owned()),
        Just("قالی".to_owned()),
        Just(String::new()),
    ];
    let start =
        (prefix, declarations, shadowing, attributes).prop_map(|(prefix, mut declarations, shadowing, attributes)| {
            let name = shadowing.trim().split('=').next().unwrap_or_default();
            declarations.retain(|declaration| declaration.trim().split('=').next() != Some(name));
            (prefix, format!("{}{shadowing}{}", declarations.concat(), attributes.concat()))
        });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (start.clone(), prop::collection::vec(inner, 0..4))
            .prop_map(|((prefix, tag), children)| format!("<{prefix}e{tag}>{}</{prefix}e >", children.concat()))
    })
}

fn document() -> impl Strategy<Value = String> {
    prop::collection::vec(element(), 1..4).prop_map(|elements| {
        format!(
            "<?xml version='1.0'?>\n<!-- before --><?one?>\n<r xmlns:a='urn:a' xmlns:b='urn:b' xml:space='preserve'>{}</r>\
             <?two data?> <!-- after -->\n",
            elements.concat()
        )
    })
}

fn forms() -> Vec<Canonicalization> {
    let all = [Canonicalization::inclusive(), Canonicalization::inclusive_1_1(), Canonicalization::exclusive()];
    let listed = Canonicalization::exclusive().with_inclusive_prefixes(["a", "#default", "c", "unknown"]);
    all.into_iter().chain([listed]).flat_map(|form| [form.clone(), form.with_comments(true)]).collect()
}

fn read(source: &str) -> Document {
    Document::parse(source, &Limits::default()).expect("well formed")
}

/// The form of the whole document, or of the first element named `e`, made while reading.
fn streamed(source: &str, form: &Canonicalization, part: bool) -> Vec<u8> {
    let mut reader = EventReader::new(source.as_bytes(), Limits::default());
    let whole = CanonicalStream::new(form.clone(), Vec::new(), XmlAttributes::default());
    let mut stream = if part { None } else { Some(whole) };
    let mut around = vec![XmlAttributes::default()];
    while let Some(markup) = reader.advance_markup().expect("well formed") {
        if part && stream.is_none() && reader.local_name() == "e" {
            let inherited = around.last().cloned().unwrap_or_default();
            stream = Some(CanonicalStream::new(form.clone(), Vec::new(), inherited));
        } else if part && stream.is_none() && reader.depth() == 1 {
            around.push(around[0].within(&reader));
        }
        if let Some(stream) = &mut stream {
            stream.take(&reader, markup).expect("a form");
            if part && stream.is_at_end() {
                break;
            }
        }
    }
    stream.map_or_else(Vec::new, |stream| stream.finish().expect("a form"))
}

proptest! {
    #[test]
    fn a_form_of_a_form_is_the_form(source in document()) {
        for form in forms() {
            let once = form.to_vec(Subset::document(&read(&source))).expect("a form");
            let again = read(std::str::from_utf8(&once).expect("UTF-8"));
            prop_assert_eq!(form.to_vec(Subset::document(&again)).expect("a form"), once);
        }
    }

    #[test]
    fn stream_tree_and_set_of_nodes_give_the_same(source in document()) {
        let document = read(&source);
        let part = document.root().elements().next();
        for form in forms() {
            let tree = form.to_vec(Subset::document(&document)).expect("a form");
            prop_assert_eq!(&streamed(&source, &form, false), &tree);
            let nodes = NodeSet::subtree(&document, Point::DOCUMENT, true, usize::MAX).expect("no limit");
            let mut octets = Vec::new();
            form.write_nodes(&document, &nodes, &mut octets).expect("a form");
            prop_assert_eq!(octets, tree);
            if let Some(part) = part {
                let tree = form.to_vec(Subset::element(part)).expect("a form");
                prop_assert_eq!(&streamed(&source, &form, true), &tree);
                let nodes = NodeSet::subtree(&document, part.into(), true, usize::MAX).expect("no limit");
                let mut octets = Vec::new();
                form.write_nodes(&document, &nodes, &mut octets).expect("a form");
                prop_assert_eq!(octets, tree);
            }
        }
    }
}
