//! The data elements of one segment against the directory: presence, number, repetitions, format, code values.

use karvan_edifact::{Component, Element as RawElement, Repetition, Segment, ServiceCharacters};
use karvan_text::{Code, Message, Span};

use super::rules::{ComponentRules, ElementRules, SegmentRules};
use crate::directory::{Format, Repertoire};

/// What a data element does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code of the finding.
    pub code: Code,
    /// The sentence.
    pub message: Message,
    /// The octets concerned.
    pub span: Span,
    /// The constituent within its segment: `C080/3036`, `3164`; empty for the segment itself.
    pub constituent: String,
    /// What is asked for.
    pub expected: Option<String>,
    /// What stands there.
    pub found: Option<String>,
    /// What to do.
    pub help: Option<Message>,
}

/// What decides how the content of segments is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The service characters in force.
    pub characters: ServiceCharacters,
    /// Whether lengths count UTF-8 characters rather than octets.
    pub utf8: bool,
    /// Whether only the decimal mark of the service string advice may be used: syntax versions 1 to 3 with a UNA.
    pub advised_decimal_mark: bool,
    /// Whether code values are checked.
    pub codes: bool,
    /// How bad a code value is that the list lacks: an error, or a warning where a user community keeps its own codes.
    pub unknown_code: fn(u16) -> Code,
}

/// Checks the data elements of `segment` and hands each fault to `report`.
pub fn check(segment: &Segment<'_>, rules: &SegmentRules<'_>, reading: &Reading, report: &mut dyn FnMut(Fault)) {
    let mut given = 0;
    for (position, element) in segment.elements().enumerate() {
        given = position + 1;
        let Some(rules) = rules.elements.get(position) else {
            too_many_elements(segment, &element, rules, report);
            break;
        };
        if element.is_empty() {
            if rules.mandatory {
                report(missing(rules.tag, rules.name, String::from(rules.tag), element.span()));
            }
        } else {
            check_element(&element, rules, reading, report);
        }
    }
    for rules in rules.elements.iter().skip(given).filter(|rules| rules.mandatory) {
        let end = segment.span().end - u64::from(segment.is_terminated());
        report(missing(rules.tag, rules.name, String::from(rules.tag), Span::at(end)));
    }
    if let [.., last] = segment.body()
        && (*last == reading.characters.element || *last == reading.characters.component)
        && !ends_released(segment.body(), reading.characters.release)
    {
        let end = segment.span().start + segment.body().len() as u64;
        report(Fault {
            code: Code::warning(1045),
            message: Message::new("trailing-separator").with("segment", rules.tag),
            span: Span::new(end - 1, end),
            constituent: String::new(),
            expected: None,
            found: None,
            help: Some(Message::new("help-minify")),
        });
    }
}

/// Whether the last octet is released, so that it is no separator.
fn ends_released(body: &[u8], release: Option<u8>) -> bool {
    let Some(release) = release else { return false };
    body.iter().rev().skip(1).take_while(|octet| **octet == release).count() % 2 == 1
}

fn too_many_elements(
    segment: &Segment<'_>,
    first: &RawElement<'_>,
    rules: &SegmentRules<'_>,
    report: &mut dyn FnMut(Fault),
) {
    // Separators with nothing between them claim no place; they are told as trailing.
    let extra = segment.elements().skip(rules.elements.len());
    if extra.clone().all(|element| element.raw().iter().all(|octet| *octet == segment.characters().component)) {
        return;
    }
    report(Fault {
        code: Code::error(2016),
        message: Message::new("too-many-elements")
            .with("segment", rules.tag)
            .with("allowed", rules.elements.len())
            .with("actual", rules.elements.len() + extra.count()),
        span: first.span(),
        constituent: String::new(),
        expected: Some(rules.elements.len().to_string()),
        found: Some(shown(first.raw())),
        help: None,
    });
}

fn check_element(element: &RawElement<'_>, rules: &ElementRules<'_>, reading: &Reading, report: &mut dyn FnMut(Fault)) {
    for (number, repetition) in element.repetitions().enumerate() {
        if number == rules.repetitions {
            report(Fault {
                code: Code::error(2035),
                message: Message::new("too-many-repetitions")
                    .with("name", rules.tag)
                    .with("allowed", rules.repetitions)
                    .with("actual", element.repetitions().count()),
                span: repetition.span(),
                constituent: rules.tag.to_owned(),
                expected: Some(rules.repetitions.to_string()),
                found: Some(shown(repetition.raw())),
                help: None,
            });
            return;
        }
        check_repetition(&repetition, rules, reading, report);
    }
}

fn check_repetition(
    repetition: &Repetition<'_>,
    rules: &ElementRules<'_>,
    reading: &Reading,
    report: &mut dyn FnMut(Fault),
) {
    let mut given = 0;
    for (position, component) in repetition.components().enumerate() {
        let Some(component_rules) = rules.components.get(position) else {
            if repetition.components().skip(position).any(|component| !component.is_empty()) {
                report(too_many_components(repetition, &component, rules));
            }
            break;
        };
        given = position + 1;
        if component.is_empty() {
            if component_rules.mandatory && rules.composite {
                report(missing_component(rules, component_rules, component.span()));
            }
        } else {
            check_value(repetition, &component, rules, component_rules, reading, report);
        }
    }
    if repetition.is_empty() {
        return;
    }
    for component_rules in rules.components.iter().skip(given).filter(|rules| rules.mandatory) {
        report(missing_component(rules, component_rules, Span::at(repetition.span().end)));
    }
}

fn check_value(
    repetition: &Repetition<'_>,
    component: &Component<'_>,
    rules: &ElementRules<'_>,
    component_rules: &ComponentRules<'_>,
    reading: &Reading,
    report: &mut dyn FnMut(Fault),
) {
    let Some(element) = component_rules.element else { return };
    let value = component.unescaped();
    let format = element.format();
    let problem = match format.repertoire {
        Repertoire::Numeric => check_number(&value, format, reading),
        Repertoire::Alphabetic if value.iter().any(u8::is_ascii_digit) => Some(Problem::Type),
        Repertoire::Alphabetic | Repertoire::Alphanumeric => check_length(characters(&value, reading.utf8), format),
    };
    if let Some(problem) = problem {
        report(problem.fault(component, constituent(rules, component_rules), component_rules, format));
        return;
    }
    if reading.codes && component_rules.coded && !element.has_code(&value) && !takes_other_codes(repetition, rules) {
        report(Fault {
            code: (reading.unknown_code)(3012),
            message: Message::new("unknown-code").with("value", shown(&value)).with("name", component_rules.tag),
            span: component.span(),
            constituent: constituent(rules, component_rules),
            expected: None,
            found: Some(shown(component.raw())),
            help: Some(Message::new("help-code-list").with("name", component_rules.tag)),
        });
    }
}

/// Whether the composite says that its code comes from a list other than the directory's: code list identification
/// (1131) or a responsible agency (3055) other than 6, UN/ECE.
fn takes_other_codes(repetition: &Repetition<'_>, rules: &ElementRules<'_>) -> bool {
    rules.names_code_list()
        && rules.components.iter().zip(repetition.components()).any(|(rules, component)| match rules.tag {
            "1131" => !component.is_empty(),
            "3055" => !component.is_empty() && component.raw() != b"6",
            _ => false,
        })
}

/// What is wrong with the form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Type,
    DecimalMark,
    DigitBeforeMark,
    TooLong(usize),
    TooShort(usize),
}

impl Problem {
    fn fault(
        self,
        component: &Component<'_>,
        constituent: String,
        rules: &ComponentRules<'_>,
        format: Format,
    ) -> Fault {
        let (number, message) = match self {
            Self::Type => (2037, Message::new("invalid-type")),
            Self::DecimalMark => (1019, Message::new("invalid-decimal")),
            Self::DigitBeforeMark => (2038, Message::new("missing-digit")),
            Self::TooLong(actual) => {
                (2039, Message::new("too-long").with("allowed", format.maximum).with("actual", actual))
            }
            Self::TooShort(actual) => {
                (2040, Message::new("too-short").with("allowed", format.minimum).with("actual", actual))
            }
        };
        Fault {
            code: Code::error(number),
            message: message.with("name", rules.tag).with("title", rules.name),
            span: component.span(),
            constituent,
            expected: Some(format.to_string()),
            found: Some(shown(component.raw())),
            help: None,
        }
    }
}

/// A number: digits, one decimal mark with a digit before it, a leading minus; mark and minus are not counted
/// (ISO 9735-1 §10).
fn check_number(value: &[u8], format: Format, reading: &Reading) -> Option<Problem> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    let mut digits = 0;
    let mut mark = None;
    for (index, &octet) in unsigned.iter().enumerate() {
        match octet {
            b'0'..=b'9' => digits += 1,
            b'.' | b',' if mark.is_none() => mark = Some((index, octet)),
            b'.' | b',' => return Some(Problem::DecimalMark),
            _ if octet == reading.characters.decimal && mark.is_none() => mark = Some((index, octet)),
            _ => return Some(Problem::Type),
        }
    }
    match mark {
        Some((0, _)) => return Some(Problem::DigitBeforeMark),
        Some((index, _)) if index + 1 == unsigned.len() => return Some(Problem::DecimalMark),
        Some((_, octet)) if reading.advised_decimal_mark && octet != reading.characters.decimal => {
            return Some(Problem::DecimalMark);
        }
        _ if digits == 0 => return Some(Problem::Type),
        _ => {}
    }
    check_length(digits, format)
}

fn check_length(length: usize, format: Format) -> Option<Problem> {
    if length > usize::from(format.maximum) {
        Some(Problem::TooLong(length))
    } else if length < usize::from(format.minimum) {
        Some(Problem::TooShort(length))
    } else {
        None
    }
}

/// How many characters a value has.
fn characters(value: &[u8], utf8: bool) -> usize {
    if utf8 { value.iter().filter(|octet| (**octet & 0xC0) != 0x80).count() } else { value.len() }
}

fn constituent(rules: &ElementRules<'_>, component: &ComponentRules<'_>) -> String {
    if rules.composite { format!("{}/{}", rules.tag, component.tag) } else { rules.tag.to_owned() }
}

fn missing(tag: &str, name: &str, constituent: String, span: Span) -> Fault {
    Fault {
        code: Code::error(2013),
        message: Message::new("element-missing").with("name", tag).with("title", name),
        span,
        constituent,
        expected: Some(tag.to_owned()),
        found: None,
        help: None,
    }
}

fn missing_component(rules: &ElementRules<'_>, component: &ComponentRules<'_>, span: Span) -> Fault {
    missing(component.tag, component.name, constituent(rules, component), span)
}

fn too_many_components(repetition: &Repetition<'_>, first: &Component<'_>, rules: &ElementRules<'_>) -> Fault {
    Fault {
        code: Code::error(2016),
        message: Message::new("too-many-components")
            .with("name", rules.tag)
            .with("allowed", rules.components.len())
            .with("actual", repetition.components().count()),
        span: first.span(),
        constituent: rules.tag.to_owned(),
        expected: Some(rules.components.len().to_string()),
        found: Some(shown(first.raw())),
        help: None,
    }
}

/// A value as shown in a finding: cut where it is long.
fn shown(octets: &[u8]) -> String {
    const LONGEST: usize = 70;
    let text = String::from_utf8_lossy(&octets[..octets.len().min(4 * LONGEST)]);
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.into_owned(),
    }
}
