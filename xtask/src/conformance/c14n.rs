//! The canonicalisation cases that libxml2 keeps, byte for byte.
//!
//! Karvan makes canonical forms of documents and of elements with all in them. A case whose node set is another one, or
//! whose document has a DTD or another encoding than UTF-8, is named with that reason.

use std::path::Path;

use karvan_xml::{Canonicalization, Document, Element, Limits, Node, Subset};

use super::Table;

/// Folder and form. The cases of Canonical XML 1.1 have a folder of their own, which is not read.
const FOLDERS: [(&str, bool, bool); 3] =
    [("without-comments", false, false), ("with-comments", false, true), ("exc-without-comments", true, false)];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "outcome", "detail"]);
    let (mut same, mut all) = (0, 0);
    for (folder, exclusive, comments) in FOLDERS {
        let tests = data.join("signature/c14n/test/c14n").join(folder);
        for (name, path) in super::files(&tests)? {
            let Some(case) = name.strip_suffix(".xml") else { continue };
            let expected = data.join("signature/c14n/result/c14n").join(folder).join(case);
            let form = if exclusive { Canonicalization::exclusive() } else { Canonicalization::inclusive() };
            let outcome = match std::fs::read(expected) {
                Ok(expected) => canonical(&path, form.with_comments(comments)).map(|octets| octets == expected),
                Err(_) => Err("no result is kept".to_owned()),
            };
            all += usize::from(outcome.is_ok());
            same += usize::from(outcome == Ok(true));
            let (word, detail) = match outcome {
                Ok(true) => ("same", String::new()),
                Ok(false) => ("different", String::new()),
                Err(reason) => ("left out", reason),
            };
            table.row([format!("{folder}/{case}").as_str(), word, &detail]);
        }
    }
    table.summary(format!("{same} of {all} cases within reach are the same to the octet"));
    Ok(table)
}

/// The canonical form of a case, or why it is left out.
fn canonical(path: &Path, form: Canonicalization) -> Result<Vec<u8>, String> {
    let read = |extension: &str| std::fs::read(path.with_extension(extension));
    let document = parse(read("xml").map_err(|error| error.to_string())?)?;
    let form = match read("ns") {
        Ok(prefixes) => form.with_inclusive_prefixes(String::from_utf8_lossy(&prefixes).split_ascii_whitespace()),
        Err(_) => form,
    };
    let subset = match read("xpath") {
        Ok(expression) => {
            Subset::element(element(&document, &parse(expression)?).ok_or("a node set that is no element")?)
        }
        Err(_) => Subset::document(&document),
    };
    form.to_vec(subset).map_err(|error| error.to_string())
}

fn parse(source: Vec<u8>) -> Result<Document, String> {
    Document::parse(source, &Limits::default()).map_err(|error| error.to_string())
}

/// The element that an expression of the form `(everything)[ancestor-or-self::name]` means.
fn element<'d>(document: &'d Document, expression: &Document) -> Option<Element<'d>> {
    let text = expression.root().text();
    let (_, condition) = text.split_once('[')?;
    let name = condition.trim().strip_suffix(']')?.trim().strip_prefix("ancestor-or-self::")?;
    let (prefix, name) = name.split_once(':').unwrap_or(("", name));
    let namespace = expression.root().namespace_of_prefix(prefix).unwrap_or_default();
    let root = document.root();
    let mut elements = std::iter::once(root).chain(root.descendants().filter_map(Node::as_element));
    elements.find(|element| element.is(namespace, name))
}
