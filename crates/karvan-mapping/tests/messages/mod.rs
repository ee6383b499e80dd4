//! Small messages, and what is read of them.

use karvan_mapping::{Reading, Target, read, write};
use karvan_model::{Document, Leaf};

/// What is read of a message of these segments.
pub(crate) fn reading(message: &str, segments: &str) -> Reading {
    let source = format!("UNB+UNOC:3+SENDER+RECIPIENT+261114:0840+7'UNH+1+{message}:UN'{segments}UNT+9+1'UNZ+1+7'");
    read(source.as_bytes()).expect("a document").remove(0)
}

/// The values of a term, in the order of the document.
pub(crate) fn leaves<'d>(document: &'d Document, id: &str) -> Vec<&'d Leaf> {
    let term = document.kind.find(id).expect("a term");
    document.leaves().filter(|leaf| leaf.term == term).collect()
}

/// Their texts.
pub(crate) fn values(document: &Document, id: &str) -> Vec<String> {
    leaves(document, id).into_iter().map(|leaf| leaf.value.text().into_owned()).collect()
}

/// What was lost on the way there and back.
pub(crate) fn through(document: &Document, target: Target) -> (Document, Vec<String>) {
    let writing = write(document, target).expect("written");
    let lost = writing.report.lost.iter().map(|entry| entry.value.clone()).collect();
    (read(&writing.bytes).expect("a document").remove(0).document, lost)
}
