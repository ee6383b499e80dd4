//! What is wrong with a value, told.

use karvan_text::{Code, Message};

use super::ValueProblem;
use super::grammar::{Facet, SimpleType};

const VALUE: Code = Code::error(5112);
const DATATYPE: Code = Code::error(5137);
const TOO_LONG: Code = Code::error(5139);
const TOO_SHORT: Code = Code::error(5140);

/// How many alternatives are listed at most.
pub(super) const MOST_LISTED: usize = 12;

/// What is wrong with a value.
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) message: Message,
    pub(super) expected: String,
}

impl Problem {
    /// Why `text` is no value of the type `value`.
    pub(super) fn of_value(problem: ValueProblem<'_>, text: &str, value: SimpleType<'_>) -> Self {
        let (code, id, expected) = match problem {
            ValueProblem::Datatype(datatype) => (DATATYPE, "grammar-datatype", datatype.name().to_owned()),
            ValueProblem::Union => (DATATYPE, "grammar-datatype", value.name().unwrap_or("union").to_owned()),
            ValueProblem::Facet(Facet::Enumeration, _) => (VALUE, "grammar-enumeration", listed(&value.enumeration())),
            ValueProblem::Facet(facet, limit) => {
                let code = match facet {
                    Facet::MaximumLength | Facet::TotalDigits | Facet::FractionDigits => TOO_LONG,
                    Facet::MinimumLength => TOO_SHORT,
                    _ => VALUE,
                };
                (code, "grammar-facet", format!("{} {limit}", facet.name()))
            }
        };
        let message = Message::new(id).with("value", shown(text)).with("expected", &expected);
        Self { code, message, expected }
    }

    /// That `name` has not the one value it can have.
    pub(super) fn of_fixed(name: &str, fixed: &str) -> Self {
        let message = Message::new("grammar-fixed").with("name", name).with("fixed", fixed);
        Self { code: VALUE, message, expected: fixed.to_owned() }
    }
}

/// The first of several alternatives.
pub(super) fn listed<T: AsRef<str>>(alternatives: &[T]) -> String {
    let mut text = String::new();
    for (number, alternative) in alternatives.iter().take(MOST_LISTED).enumerate() {
        text += if number > 0 { " | " } else { "" };
        text += alternative.as_ref();
    }
    if alternatives.len() > MOST_LISTED {
        text += " | …";
    }
    text
}

/// As much of a value as a message can hold.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
