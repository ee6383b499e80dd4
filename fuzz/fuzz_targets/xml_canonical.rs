//! Of every document that can be read: the canonical form of the canonical form is the canonical form; tree, stream and set of
//! nodes give the same.

#![no_main]

use karvan_xml::{
    CanonicalStream, Canonicalization, Document, EventReader, Limits, NodeSet, Point, Subset, XmlAttributes,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let limits = Limits::default();
    let Ok(document) = Document::parse(source, &limits) else { return };
    let forms = [
        Canonicalization::inclusive(),
        Canonicalization::inclusive_1_1().with_comments(true),
        Canonicalization::exclusive(),
        Canonicalization::exclusive().with_inclusive_prefixes(["a", "#default"]),
    ];
    for form in forms {
        let Ok(tree) = form.to_vec(Subset::document(&document)) else { continue };
        assert_eq!(streamed(source, &form), tree);
        if let Some(nodes) = NodeSet::subtree(&document, Point::DOCUMENT, true, 100_000) {
            let mut octets = Vec::new();
            form.write_nodes(&document, &nodes, &mut octets).expect("it has a form");
            assert_eq!(octets, tree);
        }
        let again = Document::parse(tree.as_slice(), &limits).expect("a canonical form is a document");
        assert_eq!(form.to_vec(Subset::document(&again)).expect("it has a form"), tree);
    }
});

fn streamed(source: &[u8], form: &Canonicalization) -> Vec<u8> {
    let mut reader = EventReader::new(source, Limits::default());
    let mut stream = CanonicalStream::new(form.clone(), Vec::new(), XmlAttributes::default());
    while let Some(markup) = reader.advance_markup().expect("the tree was read") {
        stream.take(&reader, markup).expect("the tree has a form");
    }
    stream.finish().expect("the tree has a form")
}
