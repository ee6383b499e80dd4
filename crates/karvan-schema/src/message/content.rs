//! The data elements of one segment against the directory: presence, number, repetitions, format, code values.

use karvan_edifact::{Element as RawElement, Repetition, Segment, ServiceCharacters, Value};
use karvan_text::{Code, DataElementPosition, Message, Span};

use super::rules::{ComponentRules, ElementRules, SegmentRules, word};
use super::{codes, dependencies};
use crate::directory::{Format, OtherCodes, Repertoire};

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
    /// The same by numbers; none for the segment itself.
    pub place: Option<DataElementPosition>,
    /// What is asked for.
    pub expected: Option<String>,
    /// What stands there.
    pub found: Option<String>,
    /// What to do.
    pub help: Option<Message>,
}

impl Fault {
    /// Whether it is about a code value that names a repertoire (S001) or a message and its release (S008, S009). Whether
    /// those are known is judged by what is at hand and told with it; the list of a service directory ends with the year
    /// it was written in.
    #[must_use]
    pub fn is_judged_elsewhere(&self) -> bool {
        self.code.layer() == 3
            && ["S001", "S008", "S009", "S306"].iter().any(|composite| self.constituent.starts_with(composite))
    }
}

/// What decides how the content of segments is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The service characters in force.
    pub characters: ServiceCharacters,
    /// The repertoire whose characters lengths count; octets where there is none.
    pub repertoire: Option<karvan_edifact::Repertoire>,
    /// How numbers are written.
    pub numbers: NumberForm,
    /// Whether code values are checked.
    pub codes: bool,
    /// How bad a code value is that the list lacks: an error, or a warning where a user community keeps its own codes.
    pub unknown_code: fn(u16) -> Code,
}

impl Reading {
    /// Whether each octet is a character.
    #[inline]
    pub(super) fn counts_octets(&self) -> bool {
        self.repertoire.is_none_or(karvan_edifact::Repertoire::has_one_octet_a_character)
    }
}

/// How the values of numeric data elements are written; a minus may stand in front in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberForm {
    /// Syntax versions 1 to 3 (ISO 9735:1988 §10): digits, with a comma or a full stop between them at most.
    EitherMark,
    /// The same with a service string advice: its decimal mark alone.
    AdvisedMark,
    /// Syntax version 4, whatever the advice says (ISO 9735-1:2002 §10): the forms of ISO 6093, which need no digit before
    /// the mark and may end with an exponent, `1.5E-3`.
    Iso6093,
}

/// Checks the data elements of `segment` and hands each fault to `report`.
#[inline]
pub fn check(segment: &Segment<'_>, rules: &SegmentRules<'_>, reading: &Reading, report: &mut dyn FnMut(Fault)) {
    if !rules.outline.is_kept(segment, reading) {
        check_closely(segment, rules, reading, report);
    } else if rules.has_dependencies {
        dependencies::check(segment, rules, report);
    }
}

/// Looks at every value and says what is wrong with it.
#[cold]
#[inline(never)]
pub(super) fn check_closely(
    segment: &Segment<'_>,
    rules: &SegmentRules<'_>,
    reading: &Reading,
    report: &mut dyn FnMut(Fault),
) {
    let mut check = Check { segment, rules, reading, report, open: None, elements: 0, trailing: None };
    for value in segment.values() {
        check.value(&value);
    }
    check.finish();
}

/// A segment that is being checked, value after value.
struct Check<'a, 's> {
    segment: &'a Segment<'s>,
    rules: &'a SegmentRules<'a>,
    reading: &'a Reading,
    report: &'a mut dyn FnMut(Fault),
    /// The repetition of a data element whose values are coming.
    open: Option<Open<'a>>,
    /// How many data elements there were.
    elements: usize,
    /// The end of the first separator that separates nothing.
    trailing: Option<u64>,
}

/// A repetition of a data element.
struct Open<'a> {
    rules: &'a ElementRules<'a>,
    /// Which repetition it is, from 0.
    repetition: usize,
    /// How many components there were.
    components: usize,
    /// Whether it consists of one empty value.
    empty: bool,
    /// Where it ends so far.
    end: u64,
}

impl<'a> Check<'a, '_> {
    #[inline]
    fn value(&mut self, value: &Value<'_>) {
        if value.component == 0 {
            self.open(value);
        } else if value.value().is_empty() && !value.goes_on {
            self.trailing.get_or_insert(value.value().span().start);
        }
        let Some(open) = &mut self.open else { return };
        open.end = value.value().span().end;
        let rules = open.rules;
        let Some(component) = rules.components.get(value.component) else {
            if value.component == rules.components.len() {
                self.too_many_components(value, rules);
            }
            return;
        };
        open.components = value.component + 1;
        if !value.value().is_empty() {
            check_value(self.segment, value, rules, component, self.reading, self.report);
        } else if component.mandatory && rules.composite && !open.empty {
            let place = component_position(rules, value.element, value.repetition, value.component);
            (self.report)(missing_component(rules, component, place, value.value().span()));
        }
    }

    /// Begins a repetition with its first value.
    #[inline]
    fn open(&mut self, value: &Value<'_>) {
        self.close();
        self.elements = value.element + 1;
        let Some(rules) = self.rules.elements.get(value.element) else {
            if value.element == self.rules.elements.len() && value.repetition == 0 {
                too_many_elements(self.segment, self.rules, self.report);
            }
            return;
        };
        if value.repetition >= rules.repetitions {
            if value.repetition == rules.repetitions {
                let element = self.segment.element(value.element);
                (self.report)(too_many_repetitions(&element, value.element, rules));
            }
            return;
        }
        let empty = value.value().is_empty() && !value.goes_on;
        if empty && rules.mandatory && value.repetition == 0 {
            (self.report)(missing_element(rules, value.element, value.value().span()));
        }
        self.open =
            Some(Open { rules, repetition: value.repetition, components: 0, empty, end: value.value().span().end });
    }

    /// Ends the repetition: what it had to have and has not is missing at its end.
    #[inline]
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        if open.empty {
            return;
        }
        for (index, component) in open.rules.components.iter().enumerate().skip(open.components) {
            if component.mandatory {
                let place = component_position(open.rules, self.elements - 1, open.repetition, index);
                (self.report)(missing_component(open.rules, component, place, Span::at(open.end)));
            }
        }
    }

    /// Ends the segment.
    fn finish(&mut self) {
        self.close();
        let body = self.segment.body();
        let end = self.segment.span().start + body.len() as u64;
        if self.rules.has_dependencies {
            dependencies::check(self.segment, self.rules, self.report);
        }
        for (index, rules) in self.rules.elements.iter().enumerate().skip(self.elements) {
            if rules.mandatory {
                (self.report)(missing_element(rules, index, Span::at(end)));
            }
        }
        let characters = self.reading.characters;
        if body.last() == Some(&characters.element) && !ends_released(body, characters.release) {
            self.trailing.get_or_insert(end);
        }
        if let Some(end) = self.trailing {
            (self.report)(Fault {
                code: Code::warning(1045),
                message: Message::new("trailing-separator").with("segment", self.rules.tag),
                span: Span::new(end - 1, end),
                constituent: String::new(),
                place: None,
                expected: None,
                found: None,
                help: Some(Message::new("help-minify")),
            });
        }
    }

    fn too_many_components(&mut self, first: &Value<'_>, rules: &ElementRules<'_>) {
        let repetition = self.segment.element(first.element).repetition(first.repetition);
        // Separators with nothing between them claim no place; they are told as trailing.
        if repetition.components().skip(first.component).any(|component| !component.is_empty()) {
            (self.report)(too_many_components(&repetition, first, rules));
        }
    }
}

/// Whether the last octet is released, so that it is no separator.
fn ends_released(body: &[u8], release: Option<u8>) -> bool {
    let Some(release) = release else { return false };
    body.iter().rev().skip(1).take_while(|octet| **octet == release).count() % 2 == 1
}

fn too_many_elements(segment: &Segment<'_>, rules: &SegmentRules<'_>, report: &mut dyn FnMut(Fault)) {
    let extra = segment.elements().skip(rules.elements.len());
    // Separators with nothing between them claim no place; they are told as trailing.
    if extra.clone().all(|element| element.raw().iter().all(|octet| *octet == segment.characters().component)) {
        return;
    }
    let first = segment.element(rules.elements.len());
    report(Fault {
        code: Code::error(2016),
        message: Message::new("too-many-elements")
            .with("segment", rules.tag)
            .with("allowed", rules.elements.len())
            .with("actual", rules.elements.len() + extra.count()),
        span: first.span(),
        constituent: String::new(),
        place: None,
        expected: Some(rules.elements.len().to_string()),
        found: Some(shown(first.raw())),
        help: None,
    });
}

fn too_many_repetitions(element: &RawElement<'_>, index: usize, rules: &ElementRules<'_>) -> Fault {
    let first = element.repetition(rules.repetitions);
    Fault {
        code: Code::error(2035),
        message: Message::new("too-many-repetitions")
            .with("name", rules.tag)
            .with("allowed", rules.repetitions)
            .with("actual", element.repetitions().count()),
        span: first.span(),
        constituent: rules.tag.to_owned(),
        place: Some(DataElementPosition {
            occurrence: Some(rules.repetitions + 1),
            ..position(rules, index, rules.repetitions)
        }),
        expected: Some(rules.repetitions.to_string()),
        found: Some(shown(first.raw())),
        help: Some(Message::new("help-repetition-as-data")),
    }
}

#[inline]
fn check_value(
    segment: &Segment<'_>,
    value: &Value<'_>,
    rules: &ElementRules<'_>,
    component: &ComponentRules<'_>,
    reading: &Reading,
    report: &mut dyn FnMut(Fault),
) {
    let Some(format) = component.format else { return };
    let octets = value.unescaped();
    let problem = match format.repertoire {
        Repertoire::Numeric => match number_digits(&octets, reading) {
            Ok(digits) => check_length(digits, format),
            Err(problem) => Some(problem),
        },
        Repertoire::Alphabetic if octets.iter().any(u8::is_ascii_digit) => Some(Problem::Type),
        Repertoire::Alphabetic | Repertoire::Alphanumeric => check_length(characters(&octets, reading), format),
    };
    if let Some(problem) = problem {
        report(problem.fault(value, rules, component, format));
        return;
    }
    let Some(list) = component.codes.as_ref().filter(|_| reading.codes) else { return };
    if list.contains(&octets) {
        return;
    }
    let repetition = segment.element(value.element).repetition(value.repetition);
    let publication = list.publication().filter(|_| !list.element().is_coded());
    if publication.is_some_and(|publication| publication.named && !names_unece(&repetition, rules)) {
        return;
    }
    if !takes_other_codes(&repetition, rules) {
        // A code that users agreed on, in place of a list that is recommended, cannot be known here.
        let agreed =
            list.other_codes() == OtherCodes::Agreed || publication.is_some_and(|publication| !publication.binding);
        let text = shown(&octets);
        report(Fault {
            code: if agreed { Code::warning(3012) } else { (reading.unknown_code)(3012) },
            message: Message::new("unknown-code").with("value", &text).with("name", component.tag),
            span: value.value().span(),
            constituent: constituent(rules, component),
            place: Some(component_position(rules, value.element, value.repetition, value.component)),
            expected: list.list().offer(&text),
            found: Some(shown(value.value().raw())),
            help: Some(codes::help(&text, list)),
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

/// Whether the composite names the UN/ECE as the agency that keeps its list.
fn names_unece(repetition: &Repetition<'_>, rules: &ElementRules<'_>) -> bool {
    rules
        .components
        .iter()
        .zip(repetition.components())
        .any(|(rules, component)| rules.tag == "3055" && component.raw() == b"6")
}

/// What is wrong with the form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Type,
    DecimalMark,
    DigitBeforeMark,
    TooLong(usize),
    TooShort(usize),
}

impl Problem {
    fn fault(self, value: &Value<'_>, element: &ElementRules<'_>, rules: &ComponentRules<'_>, format: Format) -> Fault {
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
            span: value.value().span(),
            constituent: constituent(element, rules),
            place: Some(component_position(element, value.element, value.repetition, value.component)),
            expected: Some(format.to_string()),
            found: Some(shown(value.value().raw())),
            help: None,
        }
    }
}

/// How many digits a number has, which is written as [`NumberForm`] says; the minus, the mark and the exponent are not
/// counted (ISO 9735-1 §10).
#[inline]
pub(crate) fn number_digits(value: &[u8], reading: &Reading) -> Result<usize, Problem> {
    match all_digits(value) {
        true => Ok(value.len()),
        false => number_digits_closely(value, reading),
    }
}

/// Whether these are digits, eight at most.
#[inline]
fn all_digits(value: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 255;
    let Some(word) = word(value).filter(|_| !value.is_empty()) else { return false };
    // Of a digit and of the padding the upper half is 3 or 0; 6 brings those above 9 over the half.
    let upper = |word: u64| word & (EACH * 0xF0);
    let padding = u64::MAX.checked_shl(8 * value.len() as u32).unwrap_or(0);
    upper(word) == (EACH * 0x30) & !padding && upper((word & (EACH * 0x0F)) + EACH * 6) == 0
}

fn number_digits_closely(value: &[u8], reading: &Reading) -> Result<usize, Problem> {
    let iso_6093 = reading.numbers == NumberForm::Iso6093;
    let significand = if iso_6093 { without_exponent(value)? } else { value };
    let unsigned = significand.strip_prefix(b"-").unwrap_or(significand);
    let mut mark = None;
    for (index, &octet) in unsigned.iter().enumerate() {
        match octet {
            b'0'..=b'9' => {}
            b'.' | b',' if mark.is_none() => mark = Some((index, octet)),
            b'.' | b',' => return Err(Problem::DecimalMark),
            _ if octet == reading.characters.decimal && mark.is_none() => mark = Some((index, octet)),
            _ => return Err(Problem::Type),
        }
    }
    match mark {
        None if unsigned.is_empty() => Err(Problem::Type),
        None => Ok(unsigned.len()),
        Some((0, _)) if !iso_6093 => Err(Problem::DigitBeforeMark),
        Some((index, _)) if index + 1 == unsigned.len() => Err(Problem::DecimalMark),
        Some((_, octet)) if reading.numbers == NumberForm::AdvisedMark && octet != reading.characters.decimal => {
            Err(Problem::DecimalMark)
        }
        Some(_) => Ok(unsigned.len() - 1),
    }
}

/// A number without its exponent: `E` or `e`, perhaps a minus, digits.
fn without_exponent(value: &[u8]) -> Result<&[u8], Problem> {
    let Some(mark) = value.iter().position(|octet| matches!(octet, b'E' | b'e')) else { return Ok(value) };
    let (significand, exponent) = (&value[..mark], &value[mark + 1..]);
    let digits = exponent.strip_prefix(b"-").unwrap_or(exponent);
    let sound = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if sound { Ok(significand) } else { Err(Problem::Type) }
}

pub(crate) fn check_length(length: usize, format: Format) -> Option<Problem> {
    if length > usize::from(format.maximum) {
        Some(Problem::TooLong(length))
    } else if length < usize::from(format.minimum) {
        Some(Problem::TooShort(length))
    } else {
        None
    }
}

/// How many characters a value has.
#[inline]
pub(crate) fn characters(value: &[u8], reading: &Reading) -> usize {
    reading.repertoire.map_or(value.len(), |repertoire| repertoire.length(value))
}

fn constituent(rules: &ElementRules<'_>, component: &ComponentRules<'_>) -> String {
    if rules.composite { format!("{}/{}", rules.tag, component.tag) } else { rules.tag.to_owned() }
}

/// The position of a repetition of the data element at `index`, both from 0.
fn position(rules: &ElementRules<'_>, index: usize, repetition: usize) -> DataElementPosition {
    let occurrence = (rules.repetitions > 1).then_some(repetition + 1);
    // The tag is the first.
    DataElementPosition { position: index + 2, component: None, occurrence }
}

/// The position of a value: data element, repetition and component, each from 0.
fn component_position(
    rules: &ElementRules<'_>,
    index: usize,
    repetition: usize,
    component: usize,
) -> DataElementPosition {
    DataElementPosition { component: rules.composite.then_some(component + 1), ..position(rules, index, repetition) }
}

fn missing(tag: &str, name: &str, constituent: String, place: DataElementPosition, span: Span) -> Fault {
    Fault {
        code: Code::error(2013),
        message: Message::new("element-missing").with("name", tag).with("title", name),
        span,
        constituent,
        place: Some(place),
        expected: Some(tag.to_owned()),
        found: None,
        help: None,
    }
}

fn missing_element(rules: &ElementRules<'_>, index: usize, span: Span) -> Fault {
    missing(rules.tag, rules.name, rules.tag.to_owned(), position(rules, index, 0), span)
}

fn missing_component(
    rules: &ElementRules<'_>,
    component: &ComponentRules<'_>,
    place: DataElementPosition,
    span: Span,
) -> Fault {
    missing(component.tag, component.name, constituent(rules, component), place, span)
}

fn too_many_components(repetition: &Repetition<'_>, first: &Value<'_>, rules: &ElementRules<'_>) -> Fault {
    Fault {
        code: Code::error(2016),
        message: Message::new("too-many-components")
            .with("name", rules.tag)
            .with("allowed", rules.components.len())
            .with("actual", repetition.components().count()),
        span: first.value().span(),
        constituent: rules.tag.to_owned(),
        place: Some(position(rules, first.element, first.repetition)),
        expected: Some(rules.components.len().to_string()),
        found: Some(shown(first.value().raw())),
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
