//! What the URI of a reference means: XML Signature 1.1 §4.4.3.

use karvan_xml::{Canonicalization, Document, Element, Node, XML_NAMESPACE};

use super::namespaces::SECURITY_UTILITY;

/// Why an identifier names no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdError {
    None,
    /// Two readers could take two different ones.
    Several,
}

/// The one element that has the identifier `id`.
///
/// Without a DTD nothing says which attributes are identifiers, so all that any of our vocabularies uses count.
pub(crate) fn element_with_id<'d>(document: &'d Document, id: &str) -> Result<Element<'d>, IdError> {
    let root = document.root();
    let mut found = std::iter::once(root).chain(root.descendants().filter_map(Node::as_element)).filter(|element| {
        element.attributes().any(|attribute| {
            attribute.value() == id
                && matches!(
                    (attribute.namespace(), attribute.local_name()),
                    ("", "Id" | "ID" | "id") | (XML_NAMESPACE, "id") | (SECURITY_UTILITY, "Id")
                )
        })
    });
    let element = found.next().ok_or(IdError::None)?;
    if found.next().is_some() { Err(IdError::Several) } else { Ok(element) }
}

/// The form without comments.
pub(crate) fn without_comments(form: &Canonicalization) -> Canonicalization {
    form.clone().with_comments(false)
}

/// The name of a file as a relative URI reference (RFC 3986 §4.2): what a path segment may not hold is escaped.
pub(crate) fn file_uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Whether `uri` is the name of the file `name`, escaped or not.
pub(crate) fn is_file(uri: &str, name: &str) -> bool {
    uri == name || uri == file_uri(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use karvan_xml::Limits;

    #[test]
    fn names_of_files_are_escaped() {
        assert_eq!(file_uri("invoice-7.edi"), "invoice-7.edi");
        assert_eq!(file_uri("a b#c?d:e%.xml"), "a%20b%23c%3Fd%3Ae%25.xml");
        assert!(is_file("a%20b", "a b") && is_file("a b", "a b") && !is_file("a%20b", "a%20c"));
    }

    #[test]
    fn an_identifier_names_one_element_or_none() {
        let source = "<a Id='1'><b ID='2'/><c xml:id='3' id='4'/><d Id='4'/><e Name='5'/></a>";
        let document = Document::parse(source, &Limits::default()).unwrap();
        let found = |id: &str| element_with_id(&document, id).map(Element::local_name);
        assert_eq!(found("1"), Ok("a"));
        assert_eq!(found("2"), Ok("b"));
        assert_eq!(found("3"), Ok("c"));
        assert_eq!(found("4"), Err(IdError::Several));
        assert_eq!(found("5"), Err(IdError::None));
    }
}
