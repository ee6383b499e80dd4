//! Documents in an envelope: the StandardBusinessDocument of UN/CEFACT (Standard Business Document Header 1.3), which holds a
//! header and one document of another namespace.

use karvan_xml::Element;

/// The namespace of the envelope and of its header.
pub const ENVELOPE_NAMESPACE: &str = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader";

/// Whether an element of this name is an envelope.
pub(super) fn is_envelope(namespace: &str, local_name: &str) -> bool {
    namespace == ENVELOPE_NAMESPACE && local_name == "StandardBusinessDocument"
}

/// The document within an envelope; none if the element is no envelope, or has not one document.
///
/// ```
/// use karvan_schema::xml::document_within;
/// use karvan_xml::{Document, Limits};
///
/// let source = "<e:StandardBusinessDocument
///     xmlns:e='http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader'>
///     <e:StandardBusinessDocumentHeader/><Order xmlns='urn:orders'/></e:StandardBusinessDocument>";
/// let document = Document::parse(source, &Limits::default())?;
/// assert_eq!(document_within(document.root()).map(|order| order.local_name()), Some("Order"));
/// # Ok::<(), karvan_xml::ParseError>(())
/// ```
#[must_use]
pub fn document_within(element: Element<'_>) -> Option<Element<'_>> {
    let is_one = is_envelope(element.namespace(), element.local_name());
    let mut documents = element.elements().filter(|child| is_one && child.namespace() != ENVELOPE_NAMESPACE);
    documents.next().filter(|_| documents.next().is_none())
}
