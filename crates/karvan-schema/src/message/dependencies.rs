//! Dependency notes on the data elements of a segment and the components of a composite (ISO 9735-1:2002 §11).

use std::borrow::Borrow;

use karvan_edifact::{Element, Repetition, Segment};
use karvan_text::{Code, Message, Span};

use super::content::Fault;
use super::rules::{ElementRules, SegmentRules};
use crate::directory::{Dependency, DependencyKind};

/// A dependency note with the places it is about as indexes.
#[derive(Clone, Debug)]
pub struct DependencyRule<'d> {
    note: &'d Dependency,
    indexes: Vec<usize>,
}

/// The rules of `notes` on rows at `positions`; a note about a position that is not there says nothing.
pub(super) fn rules<'d>(notes: &'d [Dependency], positions: &[u32]) -> Vec<DependencyRule<'d>> {
    let index = |position: &u16| positions.iter().position(|known| *known == u32::from(*position));
    let rule = |note: &'d Dependency| {
        let indexes = note.positions.iter().map(index).collect::<Option<_>>()?;
        Some(DependencyRule { note, indexes })
    };
    notes.iter().filter_map(rule).collect()
}

/// Checks the notes of a segment and of the composites in it.
pub(super) fn check(segment: &Segment<'_>, rules: &SegmentRules<'_>, report: &mut dyn FnMut(Fault)) {
    let element = |index: usize| {
        let element = segment.element(index);
        element.repetitions().any(|repetition| is_given(&repetition)).then(|| element.span())
    };
    let body = segment.span().start + segment.body().len() as u64;
    for rule in &rules.dependencies {
        check_rule(rule, segment, &|index| rules.elements[index].tag, "", &element, body, report);
    }
    for (index, rules) in rules.elements.iter().enumerate().filter(|(_, rules)| !rules.dependencies.is_empty()) {
        check_composite(segment, &segment.element(index), rules, report);
    }
}

fn check_composite(
    segment: &Segment<'_>,
    element: &Element<'_>,
    rules: &ElementRules<'_>,
    report: &mut dyn FnMut(Fault),
) {
    for repetition in element.repetitions().filter(is_given) {
        let component = |index: usize| {
            let component = repetition.component(index);
            (!component.is_empty()).then(|| component.span())
        };
        for rule in &rules.dependencies {
            let tag = |index: usize| rules.components[index].tag;
            check_rule(rule, segment, &tag, rules.tag, &component, repetition.span().end, report);
        }
    }
}

fn is_given(repetition: &Repetition<'_>) -> bool {
    repetition.components().any(|component| !component.is_empty())
}

fn check_rule<'d>(
    rule: &DependencyRule<'_>,
    segment: &Segment<'_>,
    tag: &dyn Fn(usize) -> &'d str,
    within: &str,
    given: &dyn Fn(usize) -> Option<Span>,
    end: u64,
    report: &mut dyn FnMut(Fault),
) {
    let present: Vec<_> = rule.indexes.iter().map(|index| given(*index)).collect();
    if rule.note.kind.holds(&present.iter().map(Option::is_some).collect::<Vec<_>>()) {
        return;
    }
    let tags: Vec<_> = rule.indexes.iter().map(|index| tag(*index)).collect();
    let first = tags[0];
    let message = sentence(rule.note.kind, &tags);
    // The first that is there is what asks for the others, or what is too much; where none is, one is missing.
    let place = present.iter().zip(&tags).find_map(|(span, tag)| span.map(|span| (span, *tag)));
    let (span, named) = place.unwrap_or((Span::at(end), first));
    report(Fault {
        code: Code::error(2048),
        message,
        span,
        constituent: if within.is_empty() { named.to_owned() } else { format!("{within}/{named}") },
        place: segment.position_of(span),
        expected: Some(rule.note.to_string()),
        found: None,
        help: None,
    });
}

/// What a note of this kind about things of these names asks for.
pub(crate) fn sentence(kind: DependencyKind, tags: &[impl Borrow<str>]) -> Message {
    let (first, others) = (tags[0].borrow(), tags[1..].join(", "));
    match kind {
        DependencyKind::OneAndOnlyOne => Message::new("dependency-one-and-only-one").with("names", tags.join(", ")),
        DependencyKind::AllOrNone => Message::new("dependency-all-or-none").with("names", tags.join(", ")),
        DependencyKind::OneOrMore => Message::new("dependency-one-or-more").with("names", tags.join(", ")),
        DependencyKind::OneOrNone => Message::new("dependency-one-or-none").with("names", tags.join(", ")),
        DependencyKind::IfFirstThenAll => {
            Message::new("dependency-first-then-all").with("first", first).with("others", others)
        }
        DependencyKind::IfFirstThenOneMore => {
            Message::new("dependency-first-then-one").with("first", first).with("others", others)
        }
        DependencyKind::IfFirstThenNone => {
            Message::new("dependency-first-then-none").with("first", first).with("others", others)
        }
    }
}
