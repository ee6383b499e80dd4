//! The canonicalisation cases that libxml2 keeps, byte for byte.
//!
//! A case is a document and, where only a part of it is meant, an XPath expression that gives the nodes. Documents have
//! internal subsets here; the one external entity is the file beside it.

use std::path::Path;

use karvan_xml::{
    CanonicalStream, Canonicalization, Context, Document, EventReader, Limits, Node, Subset, Value, XPath,
    XmlAttributes,
};

use super::Table;

/// Folder and algorithm identifier.
const FOLDERS: [(&str, &str); 4] = [
    ("without-comments", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    ("with-comments", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
    ("1-1-without-comments", "http://www.w3.org/2006/12/xml-c14n11"),
    ("exc-without-comments", "http://www.w3.org/2001/10/xml-exc-c14n#"),
];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "outcome", "detail"]);
    let (mut same, mut all) = (0, 0);
    for (folder, identifier) in FOLDERS {
        let tests = data.join("signature/c14n/test/c14n").join(folder);
        let form = Canonicalization::from_identifier(identifier).ok_or("a form that is not known")?;
        for (name, path) in super::files(&tests)? {
            let Some(case) = name.strip_suffix(".xml") else { continue };
            let expected = data.join("signature/c14n/result/c14n").join(folder).join(case);
            let (word, detail) = match std::fs::read(expected) {
                Ok(expected) => {
                    all += 1;
                    match canonical(&path, form.clone()) {
                        Ok(octets) if octets == expected => ("same", String::new()),
                        Ok(octets) => ("different", difference(&octets, &expected)),
                        Err(error) => ("failed", error.to_string()),
                    }
                }
                Err(_) => ("left out", "no result is kept".to_owned()),
            };
            same += usize::from(word == "same");
            table.row([format!("{folder}/{case}").as_str(), word, &detail]);
        }
    }
    table.summary(format!("{same} of {all} cases are the same to the octet"));
    Ok(table)
}

/// The canonical form of a case.
fn canonical(path: &Path, form: Canonicalization) -> crate::Result<Vec<u8>> {
    let limits = Limits { document_type: true, ..Limits::default() };
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = |system: &str| std::fs::read(folder.join(system)).ok();
    let read = |extension: &str| std::fs::read(path.with_extension(extension));
    let document = Document::parse_with_entities(read("xml")?, &limits, &file)?;
    let form = match read("ns") {
        Ok(prefixes) => form.with_inclusive_prefixes(String::from_utf8_lossy(&prefixes).split_ascii_whitespace()),
        Err(_) => form,
    };
    let Ok(expression) = read("xpath") else {
        let octets = form.to_vec(Subset::document(&document))?;
        return if streamed(&read("xml")?, form).is_some_and(|streamed| streamed != octets) {
            Err("the stream gives another form than the tree".into())
        } else {
            Ok(octets)
        };
    };
    let expression = Document::parse(expression, &limits)?;
    let text: String = expression.root().children().filter_map(Node::as_text).collect();
    let expression = XPath::parse(&text, |prefix| expression.root().namespace_of_prefix(prefix))?;
    let Value::Nodes(nodes) = expression.evaluate(&Context::new(&document))? else {
        return Err("the expression gives no nodes".into());
    };
    let mut octets = Vec::new();
    form.write_nodes(&document, &nodes, &mut octets)?;
    Ok(octets)
}

/// The canonical form made while reading; none of a document with a document type declaration.
fn streamed(source: &[u8], form: Canonicalization) -> Option<Vec<u8>> {
    let mut reader = EventReader::new(source, Limits::default());
    let mut stream = CanonicalStream::new(form, Vec::new(), XmlAttributes::default());
    while let Some(markup) = reader.advance_markup().ok()? {
        stream.take(&reader, markup).ok()?;
    }
    stream.finish().ok()
}

/// Where two forms begin to differ.
fn difference(found: &[u8], expected: &[u8]) -> String {
    let at = found.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let near =
        |octets: &[u8]| String::from_utf8_lossy(&octets[at.min(octets.len())..octets.len().min(at + 40)]).into_owned();
    format!("at octet {at}: {:?}, not {:?}", near(found), near(expected))
}
