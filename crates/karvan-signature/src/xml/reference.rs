//! What the URI of a reference means: XML Signature 1.1 §4.4.3.

use karvan_xml::{Canonicalization, Document, Element};

/// Why an identifier names no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdError {
    None,
    /// Two readers could take two different ones.
    Several,
}

/// The one element that has the identifier `id`.
pub(crate) fn element_with_id<'d>(document: &'d Document, id: &str) -> Result<Element<'d>, IdError> {
    let mut found = document.elements_with_identifier(move |other| other == id);
    let element = found.next().ok_or(IdError::None)?;
    if found.next().is_some() { Err(IdError::Several) } else { Ok(element) }
}

/// What the URI of a reference names within the document of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local<'u> {
    /// The document, with comments or without.
    Document { comments: bool },
    /// The element with an identifier, with comments or without.
    Element { id: &'u str, comments: bool },
    /// A pointer of another kind.
    Pointer,
}

impl<'u> Local<'u> {
    /// What `uri` names, if it names something in the document: XML Signature 1.1 §4.4.3.2 and §4.4.3.3.
    pub(crate) fn of(uri: &'u str) -> Option<Self> {
        if uri.is_empty() {
            return Some(Self::Document { comments: false });
        }
        let fragment = uri.strip_prefix('#')?;
        if !fragment.contains('(') {
            return Some(Self::Element { id: fragment, comments: false });
        }
        Some(Self::of_pointer(fragment))
    }

    /// What a pointer names: XML Signature 1.1 §4.4.3.3, RFC 9231 §2.8.1.
    pub(crate) fn of_pointer(pointer: &'u str) -> Self {
        let pointer = pointer.strip_prefix("xpointer(").and_then(|rest| rest.strip_suffix(')'));
        let quoted = |id: &'u str| {
            let id = id.trim_ascii();
            let within = |mark: char| id.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
            within('\'').or_else(|| within('"')).filter(|id| !id.contains(['\'', '"']))
        };
        let id = pointer.and_then(|pointer| quoted(pointer.strip_prefix("id(")?.strip_suffix(')')?));
        match (pointer, id) {
            (Some("/"), _) => Self::Document { comments: true },
            (_, Some(id)) => Self::Element { id, comments: true },
            _ => Self::Pointer,
        }
    }
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

/// Whether `uri` is the name of the file `name`, escaped or not, or the Content-ID `name` of a part (RFC 2392).
pub(crate) fn is_file(uri: &str, name: &str) -> bool {
    uri == name
        || uri == file_uri(name)
        || uri.strip_prefix("cid:").is_some_and(|part| part == name || part == file_uri(name))
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
    fn references_name_the_document_an_element_or_something_else() {
        assert_eq!(Local::of(""), Some(Local::Document { comments: false }));
        assert_eq!(Local::of("#a"), Some(Local::Element { id: "a", comments: false }));
        assert_eq!(Local::of("#xpointer(/)"), Some(Local::Document { comments: true }));
        assert_eq!(Local::of("#xpointer(id('a'))"), Some(Local::Element { id: "a", comments: true }));
        assert_eq!(Local::of("#xpointer(id(\"a\"))"), Some(Local::Element { id: "a", comments: true }));
        for strange in ["#xpointer(//a)", "#xpointer(id('a') or id('b'))", "#xpointer(id(a))", "#element(/1)"] {
            assert_eq!(Local::of(strange), Some(Local::Pointer), "{strange}");
        }
        assert_eq!(Local::of("file#a"), None);
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
