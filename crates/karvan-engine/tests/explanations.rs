//! The examples of `karvan explain`: what is shown as wrong is found by that code, what is shown as right is not.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use karvan_engine::profile;
use karvan_engine::text::Code;
use karvan_engine::text::explanation::{Example, Explanation};
use karvan_engine::validate::{Options, validate};

/// The codes that a document gets, checked against a profile where there is one.
fn codes(document: &str, profile: &str) -> Vec<Code> {
    let mut options = Options::default();
    if !profile.is_empty() {
        options.profiles = profile::read([("profile", profile)]).unwrap();
    }
    let mut found = Vec::new();
    validate(document.as_bytes(), &options, &mut |finding| found.push(finding.code)).unwrap();
    found
}

/// The codes that a profile gets.
fn codes_of_profile(text: &str) -> Vec<Code> {
    let read = profile::read([("profile", text)]);
    read.err().map_or_else(Vec::new, |(_, mistakes)| mistakes.iter().map(|mistake| mistake.code).collect())
}

#[test]
fn wrong_examples_give_their_code_and_right_ones_give_nothing() {
    let mut faults = Vec::new();
    for explanation in Explanation::all() {
        let number = explanation.number();
        let codes = |text: &str| match explanation.example() {
            Example::Document(_) => Some(codes(text, explanation.profile())),
            Example::Profile(_) => Some(codes_of_profile(text)),
            Example::Sketch(_) => None,
        };
        let (wrong, right) = (explanation.example().wrong(), explanation.example().right());
        let (Some(wrong), Some(right)) = (codes(&wrong), codes(&right)) else { continue };
        if !wrong.iter().any(|code| explanation.codes().any(|known| known == *code)) {
            faults.push(format!("{number}: wrong gives {wrong:?}"));
        }
        if !right.is_empty() {
            faults.push(format!("{number}: right gives {right:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
