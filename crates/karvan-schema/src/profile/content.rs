//! The data elements of one segment against a profile.

use std::collections::BTreeSet;

use karvan_edifact::{Component, Repetition, Segment};
use karvan_text::{Code, DataElementPosition, Message, Span};

use super::file::Times;
use super::guide::{Asks, ContentRule};
use crate::directory::{Format, Repertoire};
use crate::message::content::{Fault, Problem, Reading, characters, check_length, number_digits};
use crate::message::rules::SegmentRules;

/// Checks what one rule asks of a segment; `rules` are those of the directory.
pub(super) fn check(
    segment: &Segment<'_>,
    rules: &SegmentRules<'_>,
    rule: &ContentRule,
    profile: &str,
    reading: &Reading,
    report: &mut dyn FnMut(Fault),
) {
    let mut check = Check { segment, rules, rule, profile, report };
    match &rule.asks {
        Asks::Times(times) => check.times(*times),
        Asks::Codes(codes) if reading.codes => check.values(&mut |value| unlisted(value, codes)),
        Asks::Codes(_) => {}
        Asks::Format { format, narrows } => check.values(&mut |value| misformed(value, *format, *narrows, reading)),
    }
}

/// One rule and one segment.
struct Check<'a, 's> {
    segment: &'a Segment<'s>,
    rules: &'a SegmentRules<'a>,
    rule: &'a ContentRule,
    profile: &'a str,
    report: &'a mut dyn FnMut(Fault),
}

/// Where something stands or is missing: by its places in the segment, and its octets.
#[derive(Clone, Copy)]
struct Given<'s> {
    element: usize,
    repetition: usize,
    component: Option<usize>,
    span: Span,
    octets: &'s [u8],
}

impl<'s> Given<'s> {
    /// The component at this place of a repetition.
    fn part(self, component: usize, value: &Component<'s>) -> Self {
        Self { component: Some(component), span: value.span(), octets: value.raw(), ..self }
    }
}

/// What is wrong: the code, the sentence, what is asked for.
type Wrong = (Code, Message, String);

impl<'s> Check<'_, 's> {
    /// Looks at every value that the rule is about.
    fn values(&mut self, judge: &mut dyn FnMut(&Component<'s>) -> Option<Wrong>) {
        for (given, repetition) in self.repetitions() {
            if self.rule.components.is_empty() {
                if let Some(wrong) = judge(&repetition.component(0)) {
                    self.fault(given, wrong);
                }
                continue;
            }
            for &at in &self.rule.components {
                let value = repetition.component(at);
                if let Some(wrong) = Some(&value).filter(|value| !value.is_empty()).and_then(&mut *judge) {
                    self.fault(given.part(at, &value), wrong);
                }
            }
        }
    }

    /// Counts what the rule is about in what it stands in: the segment, or each composite that is there.
    fn times(&mut self, times: Times) {
        let (repetitions, rule) = (self.repetitions(), self.rule);
        if rule.components.is_empty() {
            let element = rule.elements.first().copied().unwrap_or_default();
            let place = self.segment.element(element).span().start;
            let missing = Given { element, repetition: 0, component: None, span: Span::at(place), octets: b"" };
            let all: Vec<_> = repetitions.iter().map(|(given, _)| *given).collect();
            return self.count(times, &all, missing);
        }
        for (given, repetition) in repetitions {
            let value = |&at: &usize| given.part(at, &repetition.component(at));
            let all: Vec<_> = rule.components.iter().map(value).filter(|given| !given.octets.is_empty()).collect();
            let missing = value(rule.components.first().unwrap_or(&0));
            self.count(times, &all, Given { span: Span::at(missing.span.start), octets: b"", ..missing });
        }
    }

    /// Tells what is missing, and each of those given that is one too many.
    fn count(&mut self, times: Times, given: &[Given<'s>], missing: Given<'s>) {
        let message = |id| Message::new(id).with("actual", given.len());
        if (given.len() as u64) < u64::from(times.minimum) {
            let message = match given {
                [] => Message::new("profile-missing"),
                _ => message("profile-too-few").with("times", times),
            };
            self.fault(missing, (Code::error(4013), message, times.to_string()));
        }
        let maximum = times.maximum.map_or(usize::MAX, |maximum| maximum as usize);
        for excess in given.iter().skip(maximum) {
            let (code, message) = match maximum {
                0 => (Code::error(4015), Message::new("profile-unused")),
                _ => (Code::error(4035), message("profile-too-many").with("allowed", maximum)),
            };
            self.fault(*excess, (code, message, times.to_string()));
        }
    }

    /// The repetitions of the data element that are there, each with its place.
    fn repetitions(&self) -> Vec<(Given<'s>, Repetition<'s>)> {
        let mut all = Vec::new();
        for &element in &self.rule.elements {
            for (index, repetition) in self.segment.element(element).repetitions().enumerate() {
                if repetition.components().any(|component| !component.is_empty()) {
                    let (span, octets) = (repetition.span(), repetition.raw());
                    all.push((Given { element, repetition: index, component: None, span, octets }, repetition));
                }
            }
        }
        all
    }

    fn fault(&mut self, given: Given<'_>, (code, message, expected): Wrong) {
        let rules = self.rules.elements.get(given.element);
        let component = given.component.zip(rules).and_then(|(at, rules)| rules.components.get(at));
        let tag = rules.map_or("", |rules| rules.tag);
        let constituent = match component {
            Some(component) => format!("{tag}/{}", component.tag),
            None => tag.to_owned(),
        };
        let repeats = rules.is_some_and(|rules| rules.repetitions > 1);
        (self.report)(Fault {
            code,
            message: message.with("path", &constituent).with("profile", self.profile),
            span: given.span,
            constituent,
            place: Some(DataElementPosition {
                position: given.element + 2,
                component: given.component.map(|at| at + 1),
                occurrence: repeats.then_some(given.repetition + 1),
            }),
            expected: Some(expected),
            found: (!given.octets.is_empty()).then(|| String::from_utf8_lossy(given.octets).into_owned()),
            help: None,
        });
    }
}

fn unlisted(value: &Component<'_>, codes: &BTreeSet<Vec<u8>>) -> Option<Wrong> {
    let octets = value.unescaped();
    if codes.contains(&*octets) {
        return None;
    }
    let listed: Vec<_> = codes.iter().map(|code| String::from_utf8_lossy(code)).collect();
    let message = Message::new("profile-code").with("value", String::from_utf8_lossy(&octets));
    Some((Code::error(4012), message, listed.join(", ")))
}

/// What is wrong with the form of a value; where `narrows` says what the directory asks for.
fn misformed(value: &Component<'_>, format: Format, narrows: Repertoire, reading: &Reading) -> Option<Wrong> {
    let octets = value.unescaped();
    let length = match (narrows, format.repertoire) {
        // What is wrong with a number as such, the directory tells.
        (Repertoire::Numeric, _) => number_digits(&octets, reading).ok()?,
        // An identification that consists of digits is no number: it has no sign and no decimal mark.
        (_, Repertoire::Numeric) if !octets.iter().all(u8::is_ascii_digit) => {
            return Some((Code::error(4037), Message::new("profile-type"), format.to_string()));
        }
        (_, Repertoire::Alphabetic) if octets.iter().any(u8::is_ascii_digit) => {
            return Some((Code::error(4037), Message::new("profile-type"), format.to_string()));
        }
        _ => characters(&octets, reading),
    };
    let (code, message) = match check_length(length, format)? {
        Problem::TooShort(actual) => (
            Code::error(4040),
            Message::new("profile-too-short").with("allowed", format.minimum).with("actual", actual),
        ),
        Problem::TooLong(actual) => {
            (Code::error(4039), Message::new("profile-too-long").with("allowed", format.maximum).with("actual", actual))
        }
        // A length is nothing else.
        _ => return None,
    };
    Some((code, message, format.to_string()))
}
