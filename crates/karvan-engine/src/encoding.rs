//! XML in other encodings than UTF-8, where what a document says matters and not its octets.

use std::borrow::Cow;

use karvan_text::{Code, Diagnostic, Message, Place};
use karvan_xml::{Transcoded, is_encoded_otherwise, transcoded};

/// A document as UTF-8, and what is to be told of its encoding; anything else as it is.
pub(crate) fn in_utf8(octets: &[u8]) -> (Cow<'_, [u8]>, Option<Diagnostic>) {
    match is_encoded_otherwise(octets).then(|| transcoded(octets)).flatten() {
        Some(Transcoded { octets, encoding, was_utf8 }) => {
            let finding = was_utf8.then(|| {
                let message = Message::new("document-declared-otherwise").with("encoding", encoding);
                let finding = Diagnostic::new(Code::warning(5015), message, Place::default());
                finding.help(Message::new("help-document-declared-otherwise"))
            });
            (Cow::Owned(octets), finding)
        }
        None => (Cow::Borrowed(octets), None),
    }
}
