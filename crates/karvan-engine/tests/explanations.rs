//! The examples of `karvan explain`: what is shown as wrong is found by that code, what is shown as right is not.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use karvan_engine::text::Code;
use karvan_engine::text::explanation::{Example, Explanation};
use karvan_engine::validate::{Options, validate};

/// The codes that a document gets.
fn codes(document: &str) -> Vec<Code> {
    let mut found = Vec::new();
    validate(document.as_bytes(), &Options::default(), &mut |finding| found.push(finding.code)).unwrap();
    found
}

#[test]
fn wrong_examples_give_their_code_and_right_ones_give_nothing() {
    let mut faults = Vec::new();
    let documents =
        Explanation::all().iter().filter(|explanation| matches!(explanation.example(), Example::Document(_)));
    for explanation in documents {
        let number = explanation.number();
        let (wrong, right) = (codes(&explanation.example().wrong()), codes(&explanation.example().right()));
        if !wrong.iter().any(|code| explanation.codes().any(|known| known == *code)) {
            faults.push(format!("{number}: wrong gives {wrong:?}"));
        }
        if !right.is_empty() {
            faults.push(format!("{number}: right gives {right:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
