//! What a rule asks for, in words: made from what is checked, with the names of the terms in the language of the reader.

use karvan_model::{DocumentType, Part};
use karvan_text::Language;
use karvan_text::catalogue::{isolate, sentence};

use crate::expression::{Comparison, Condition, Expression, Reference, Relation, Subject};

/// A rule as a sentence.
pub(crate) fn rule(
    kind: &DocumentType,
    subjects: &[Subject],
    when: Option<&Condition>,
    check: &Condition,
    language: Language,
) -> String {
    let words = Words { kind, subjects, language, brief: false };
    let check = words.condition(check);
    let asked = match subjects {
        [Subject::Document] => check,
        _ => words.say("rule-in", &[("place", words.subject()), ("check", check)]),
    };
    match when {
        Some(when) => words.say("rule-when", &[("when", words.condition(when)), ("check", asked)]),
        None => asked,
    }
}

/// Says conditions and expressions.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) kind: &'a DocumentType,
    /// Of what the rule is asked.
    pub(crate) subjects: &'a [Subject],
    pub(crate) language: Language,
    /// Whether to leave out what is asked of each value of a sum.
    pub(crate) brief: bool,
}

impl Words<'_> {
    /// A sentence of the catalogue. What is put in is words of the same language, so nothing isolates it.
    fn say(&self, id: &str, arguments: &[(&str, String)]) -> String {
        let template = sentence(self.language, id).unwrap_or(id);
        arguments.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Text that belongs to no language.
    fn bare(&self, text: &str) -> String {
        isolate(text, self.language).into_owned()
    }

    /// Of what the rule is asked.
    pub(crate) fn subject(&self) -> String {
        let names = self.subjects.iter().map(|subject| match subject {
            Subject::Document => self.say("rule-document", &[]),
            Subject::Term(term) => self.name(self.kind.term(*term).id()),
            Subject::Part(part) => self.part(*part),
        });
        self.list("rule-or", names.collect())
    }

    fn part(&self, part: Part) -> String {
        self.say(&format!("rule-part-{part}"), &[])
    }

    /// `Seller name (BT-27)`.
    fn name(&self, id: &str) -> String {
        let name = self.kind.find(id).map_or("", |term| self.kind.term(term).name(self.language));
        format!("{name} ({})", self.bare(id))
    }

    fn reference(&self, reference: &Reference) -> String {
        self.name(self.kind.term(reference.term).id())
    }

    /// Several in one: `A, B or C` said pair by pair.
    fn list(&self, joint: &str, parts: Vec<String>) -> String {
        let joined = parts.into_iter().reduce(|left, right| self.say(joint, &[("left", left), ("right", right)]));
        joined.unwrap_or_default()
    }

    /// The terms that a condition asks for.
    pub(crate) fn terms(&self, condition: &Condition) -> String {
        match condition {
            Condition::Present(reference) => self.reference(reference),
            Condition::Any(any) => self.list("rule-or", any.iter().map(|one| self.terms(one)).collect()),
            other => self.condition(other),
        }
    }

    /// A condition in words.
    pub(crate) fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::Present(reference) => self.say("rule-present", &[("what", self.reference(reference))]),
            Condition::Not(inner) => match &**inner {
                Condition::Present(reference) => self.say("rule-absent", &[("what", self.reference(reference))]),
                inner => self.say("rule-not", &[("what", self.condition(inner))]),
            },
            Condition::All(all) => self.list("rule-and", all.iter().map(|one| self.nested(one)).collect()),
            Condition::Any(any) => match present(any) {
                Some(references) => {
                    let names = references.into_iter().map(|reference| self.reference(reference)).collect();
                    self.say("rule-present", &[("what", self.list("rule-or", names))])
                }
                None => self.list("rule-or", any.iter().map(|one| self.nested(one)).collect()),
            },
            Condition::Compare(comparison) => self.comparison(comparison),
            Condition::OneOf(expression, values) => {
                let values: Vec<_> = values.iter().map(|value| self.bare(value)).collect();
                let values = values.join(self.say("rule-comma", &[]).as_str());
                self.say("rule-one-of", &[("what", self.expression(expression)), ("values", values)])
            }
            Condition::Listed(expression, list) => {
                self.say("rule-listed", &[("what", self.expression(expression)), ("list", self.bare(list))])
            }
            Condition::Begins(expression, start) => {
                self.say("rule-begins", &[("what", self.expression(expression)), ("start", self.bare(start))])
            }
        }
    }

    fn nested(&self, condition: &Condition) -> String {
        match condition {
            Condition::All(_) | Condition::Any(_) => format!("({})", self.condition(condition)),
            _ => self.condition(condition),
        }
    }

    fn comparison(&self, comparison: &Comparison) -> String {
        let Comparison { left, relation, right, within } = comparison;
        let (left, right) = (self.expression(left), self.expression(right));
        let id = match relation {
            _ if !within.is_zero() => "rule-nearly-equal",
            Relation::Equal => "rule-equal",
            Relation::Less => "rule-less",
            Relation::LessOrEqual => "rule-at-most",
            Relation::Greater => "rule-greater",
            Relation::GreaterOrEqual => "rule-at-least",
        };
        self.say(id, &[("left", left), ("right", right), ("within", self.bare(&within.to_string()))])
    }

    /// An expression in words.
    pub(crate) fn expression(&self, expression: &Expression) -> String {
        let chosen = |id: &str, reference: &Reference, condition: &Option<Box<Condition>>| {
            let of = self.say(id, &[("what", self.reference(reference))]);
            match condition {
                Some(condition) if !self.brief => {
                    self.say("rule-where", &[("what", of), ("condition", self.condition(condition))])
                }
                _ => of,
            }
        };
        match expression {
            Expression::Number(number) => self.bare(&number.to_string()),
            Expression::Text(text) => self.bare(text),
            Expression::Term(reference) => self.reference(reference),
            Expression::It => self.subject(),
            Expression::Sum(reference, condition) => chosen("rule-sum", reference, condition),
            Expression::Count(reference, condition) => chosen("rule-count", reference, condition),
            Expression::Arithmetic(left, operator, right) => {
                format!("{} {} {}", self.expression(left), operator.symbol(), self.expression(right))
            }
            Expression::Distinct(reference) => self.say("rule-distinct", &[("what", self.reference(reference))]),
            Expression::Capitals(inner) => self.say("rule-capitals", &[("what", self.expression(inner))]),
            Expression::Round(inner) => self.say("rule-rounded", &[("what", self.expression(inner))]),
            Expression::Decimals(inner) => self.say("rule-decimals", &[("what", self.expression(inner))]),
            Expression::Length(inner) => self.say("rule-length", &[("what", self.expression(inner))]),
            Expression::Beginning(inner, length) => self
                .say("rule-beginning", &[("what", self.expression(inner)), ("length", self.bare(&length.to_string()))]),
        }
    }
}

/// The terms one of which has to be there, where a condition is nothing but that.
pub(crate) fn present(any: &[Condition]) -> Option<Vec<&Reference>> {
    any.iter()
        .map(|condition| match condition {
            Condition::Present(reference) => Some(reference),
            _ => None,
        })
        .collect()
}
