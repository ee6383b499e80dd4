//! The envelope of an XML document: what the header of a StandardBusinessDocument says (Standard Business Document Header
//! 1.3), which no term of the document says.

use karvan_schema::xml::{ENVELOPE_NAMESPACE, INSTANCE_NAMESPACE};
use karvan_text::{Message, Span};
use karvan_xml::Element;

use crate::convert::Partners;
use crate::report::{Entry, Place};
use crate::xml::own_text;

/// What stands in the envelope `root`, but for the document in it: it belongs to the form.
pub(crate) fn form(root: Element<'_>, document: Element<'_>) -> Vec<Entry> {
    let entry = |value: String, span: Span, path: String| Entry {
        term: None,
        value,
        written: None,
        reason: Message::new("mapping-envelope"),
        source: Some(Place { span, path }),
        target: None,
    };
    let below = root.descendants().filter(|node| !document.contains(node.id()));
    let mut entries = Vec::new();
    for element in std::iter::once(root).chain(below.filter_map(karvan_xml::Node::as_element)) {
        for attribute in element.attributes().filter(|attribute| attribute.namespace() != INSTANCE_NAMESPACE) {
            let path = format!("{}/@{}", element.path(), attribute.local_name());
            entries.push(entry(attribute.value().to_owned(), attribute.value_span(), path));
        }
        let text = own_text(element);
        if !text.is_empty() {
            entries.push(entry(text, element.text_span(), element.path()));
        }
    }
    entries
}

/// Who sends the document to whom: the first sender and the first receiver of the header.
pub(crate) fn partners(root: Element<'_>) -> Partners {
    let header = root.child(ENVELOPE_NAMESPACE, "StandardBusinessDocumentHeader");
    let partner = |name: &str| {
        let partner = header?.child(ENVELOPE_NAMESPACE, name)?.child(ENVELOPE_NAMESPACE, "Identifier")?;
        qualified(partner.text().trim(), partner.attribute("Authority").unwrap_or_default())
    };
    Partners { sender: partner("Sender"), recipient: partner("Receiver") }
}

/// An identification and its qualifier as an interchange has them (data elements 0004 and 0007), of an identifier and the
/// authority that gave it; none where it is empty or too long.
fn qualified(identifier: &str, authority: &str) -> Option<(String, String)> {
    // Participants of Peppol begin with the number of their scheme in ISO/IEC 6523.
    let scheme = identifier.split_once(':').filter(|_| authority == "iso6523-actorid-upis");
    let (identification, qualifier) = match (scheme, authority) {
        (Some(("0088", number)), _) => (number, "14"),
        (Some(("0060", number)), _) => (number, "1"),
        (_, "GS1" | "EAN.UCC") => (identifier, "14"),
        _ => (identifier, ""),
    };
    let fits = (1..=35).contains(&identification.chars().count());
    fits.then(|| (identification.to_owned(), qualifier.to_owned()))
}
