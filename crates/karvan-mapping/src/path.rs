//! Paths to places in a syntax: a small grammar for XML and EDIFACT alike.
//!
//! ```text
//! path        = ["/" / "$" name "/"] step *("/" step)      "/" and "$": from the root, else from the group's place; "." is that place
//! step        = name [occurrences] *predicate ["*"]         "*": every repetition of the row gets a new one of these
//! name        = ["@"] 1*(letter / digit / ":" / "." / "-" / "_")   ".." goes one level up
//! occurrences = "[" number *("," number) "]"                among brothers of the same name, from 1
//! predicate   = "[" condition "]"
//! condition   = "not(" condition ")" / inner ["=" operand *("|" operand)]
//! operand     = "'" text "'" / "{" term "}" / 1*(letter / digit)
//! ```
//!
//! A predicate with `=` is matched when reading and made true when writing (the first operand); one without `=` or with
//! `not` is matched only. In EDIFACT paths a segment that opens a group stands for the group:
//! `NAD[3035=SE]/RFF/C506[1153=VA]/1154` is the reference in the group that `NAD+SE` opens. Where groups of one place are
//! opened by the same segment, the group is named as well, `SG50/TAX`; else it is the first. A predicate on the value
//! itself is matched only.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map, map_res, opt};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// A path as it is written in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Where it begins.
    pub start: Start,
    /// Its steps; none for `.`.
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the place of the group the row belongs to.
    Group,
    /// At the root of the document.
    Root,
    /// At the path that the table names so.
    Named(String),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The name of the node, in the spelling of the table: `ram:Name`, `@schemeID`, `SG2`, `C080`, `3036`, `..`.
    pub name: String,
    /// Which occurrences among brothers of the same name, from 1; empty for any.
    pub occurrences: Vec<u32>,
    /// What else must be true of the node.
    pub predicates: Vec<Condition>,
    /// Whether each repetition of the row has one of its own.
    pub fresh: bool,
}

impl Step {
    pub(crate) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), occurrences: Vec::new(), predicates: Vec::new(), fresh: false }
    }
}

/// Something that is true of a node or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A node at the path has one of these texts.
    Equals(Vec<Step>, Vec<Operand>),
    /// There is a node at the path.
    Exists(Vec<Step>),
    /// The other is not true.
    Not(Box<Condition>),
}

/// What a text is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// This text.
    Text(String),
    /// The value of this term in the document.
    Term(String),
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The path.
    pub path: String,
    /// The offset of the character that was not understood.
    pub offset: usize,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not understood from character {}", self.path, self.offset)
    }
}

impl std::error::Error for PathError {}

impl Path {
    /// Reads a path of an XML table.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn xml(text: &str) -> Result<Self, PathError> {
        match all_consuming(path).parse(text) {
            Ok((_, path)) => Ok(path),
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => {
                Err(PathError { path: text.to_owned(), offset: text.len() - error.input.len() })
            }
            Err(nom::Err::Incomplete(_)) => Err(PathError { path: text.to_owned(), offset: text.len() }),
        }
    }

    /// Reads a path of an EDIFACT table: what a segment that opens a group says is said of the group.
    ///
    /// # Errors
    /// If it does not follow the grammar.
    pub fn edifact(text: &str) -> Result<Self, PathError> {
        Ok(Self::xml(text)?.through_segments())
    }

    /// The path with what the segments of its steps say of their groups.
    pub(crate) fn through_segments(self) -> Self {
        Self { start: self.start, steps: through_triggers(through_composites(self.steps)) }
    }
}

/// Rewrites `RFF/C506[1153=VA]/…`: what a composite equals tells its segment from others too, unless its occurrence does, as
/// that of a segment that has the composite several times: `CST[1]/C246[1131=122]/…`.
fn through_composites(mut steps: Vec<Step>) -> Vec<Step> {
    for index in 1..steps.len() {
        let is_told = !steps[index - 1].occurrences.is_empty();
        if is_segment(&steps[index - 1].name) && is_composite(&steps[index].name) && !is_told {
            let composite = steps[index].name.clone();
            let equal = steps[index].predicates.iter().filter(|condition| matches!(condition, Condition::Equals(..)));
            let told: Vec<_> = equal.map(|condition| within(&composite, condition.clone())).collect();
            steps[index - 1].predicates.extend(told);
        }
    }
    steps
}

/// Rewrites `SG2/NAD[3035=SE]/…`: the group gets the predicates of its trigger, told from the group; the trigger itself
/// is left out where the path goes on inside the group.
fn through_triggers(steps: Vec<Step>) -> Vec<Step> {
    let mut rewritten: Vec<Step> = Vec::with_capacity(steps.len());
    let mut steps = steps.into_iter().peekable();
    let mut after_group = false;
    while let Some(mut step) = steps.next() {
        let trigger_of = rewritten.last_mut().filter(|_| after_group && is_segment(&step.name));
        after_group = is_group(&step.name);
        let Some(group) = trigger_of else {
            rewritten.push(step);
            continue;
        };
        group.fresh |= step.fresh;
        step.fresh = false;
        let (of_group, of_segment): (Vec<_>, Vec<_>) = step.predicates.into_iter().partition(goes_through_segment);
        group.predicates.extend(of_segment.iter().map(|condition| within(&step.name, condition.clone())));
        group.predicates.extend(of_group);
        step.predicates = of_segment;
        if steps.peek().is_some_and(|next| !is_segment(&next.name) && !is_group(&next.name)) {
            rewritten.push(step);
        }
    }
    rewritten
}

pub(crate) fn is_group(name: &str) -> bool {
    name.strip_prefix("SG").is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_composite(name: &str) -> bool {
    name.len() == 4 && !name.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_segment(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn goes_through_segment(condition: &Condition) -> bool {
    match condition {
        Condition::Equals(path, _) | Condition::Exists(path) => {
            path.first().is_some_and(|step| is_segment(&step.name) || is_group(&step.name))
        }
        Condition::Not(condition) => goes_through_segment(condition),
    }
}

/// `condition`, said of what `outer` stands in instead of `outer`.
fn within(outer: &str, condition: Condition) -> Condition {
    let longer = |mut path: Vec<Step>| {
        path.insert(0, Step::plain(outer));
        path
    };
    match condition {
        Condition::Equals(path, operands) => Condition::Equals(longer(path), operands),
        Condition::Exists(path) => Condition::Exists(longer(path)),
        Condition::Not(condition) => Condition::Not(Box::new(within(outer, *condition))),
    }
}

fn path(input: &str) -> IResult<&str, Path> {
    let here = map(tag("."), |_| Path { start: Start::Group, steps: Vec::new() });
    let named = map(preceded(char('$'), name), |name| Start::Named(name.to_owned()));
    let root = map(char('/'), |_| Start::Root);
    let start =
        map(opt(alt((map((named, opt(char('/'))), |(start, _)| start), root))), |start| start.unwrap_or(Start::Group));
    let long = map((start, separated_list1(char('/'), step)), |(start, steps)| Path { start, steps });
    let short = map(preceded(char('$'), name), |name| Path { start: Start::Named(name.to_owned()), steps: Vec::new() });
    alt((all_consuming(here), all_consuming(short), long)).parse(input)
}

fn step(input: &str) -> IResult<&str, Step> {
    let parts = (alt((tag(".."), name)), opt(occurrences), many0(predicate), opt(char('*')));
    map(parts, |(name, occurrences, predicates, fresh): (&str, _, _, _)| Step {
        name: name.to_owned(),
        occurrences: occurrences.unwrap_or_default(),
        predicates,
        fresh: fresh.is_some(),
    })
    .parse(input)
}

fn name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | ':' | '.' | '-' | '_')).parse(input)
}

fn occurrences(input: &str) -> IResult<&str, Vec<u32>> {
    let number = map_res(digit1, str::parse);
    delimited(char('['), separated_list1(char(','), number), char(']')).parse(input)
}

fn predicate(input: &str) -> IResult<&str, Condition> {
    delimited(char('['), condition, char(']')).parse(input)
}

fn condition(input: &str) -> IResult<&str, Condition> {
    let negated = delimited(tag("not("), condition, char(')'));
    let operands = preceded(char('='), separated_list1(char('|'), operand));
    let plain = (separated_list1(char('/'), step), opt(operands));
    alt((
        map(negated, |condition| Condition::Not(Box::new(condition))),
        map(plain, |(path, operands)| match operands {
            Some(operands) => Condition::Equals(path, operands),
            None => Condition::Exists(path),
        }),
    ))
    .parse(input)
}

fn operand(input: &str) -> IResult<&str, Operand> {
    alt((
        map(delimited(char('\''), take_till1(|c| c == '\''), char('\'')), |text: &str| Operand::Text(text.to_owned())),
        map(delimited(char('{'), take_till1(|c| c == '}'), char('}')), |term: &str| Operand::Term(term.to_owned())),
        map(take_while1(|c: char| c.is_ascii_alphanumeric()), |text: &str| Operand::Text(text.to_owned())),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn equals(path: &[&str], text: &str) -> Condition {
        let steps = path.iter().map(|name| Step::plain(name)).collect();
        Condition::Equals(steps, vec![Operand::Text(text.to_owned())])
    }

    #[test]
    fn steps_predicates_occurrences() {
        let path = Path::xml("$head/ram:Tax[ram:TypeCode='VAT'][not(@x)]*/ram:Name[2]").unwrap();
        assert_eq!(path.start, Start::Named("head".to_owned()));
        assert_eq!(path.steps[0].predicates[0], equals(&["ram:TypeCode"], "VAT"));
        assert_eq!(path.steps[0].predicates[1], Condition::Not(Box::new(Condition::Exists(vec![Step::plain("@x")]))));
        assert!(path.steps[0].fresh && !path.steps[1].fresh);
        assert_eq!(path.steps[1].occurrences, [2]);
    }

    #[test]
    fn here_and_roots() {
        assert_eq!(Path::xml(".").unwrap(), Path { start: Start::Group, steps: vec![] });
        assert_eq!(Path::xml("$a").unwrap(), Path { start: Start::Named("a".to_owned()), steps: vec![] });
        assert_eq!(Path::xml("/a").unwrap().start, Start::Root);
        assert_eq!(Path::xml("../1131").unwrap().steps[0].name, "..");
    }

    #[test]
    fn a_trigger_stands_for_its_group() {
        let path = Path::edifact("SG2/NAD[3035=SE]/SG3/RFF/C506[1153=VA]/1154").unwrap();
        let names: Vec<_> = path.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["SG2", "SG3", "RFF", "C506", "1154"]);
        assert_eq!(path.steps[0].predicates, [equals(&["NAD", "3035"], "SE")]);
        assert_eq!(path.steps[1].predicates, [equals(&["RFF", "C506", "1153"], "VA")]);
        assert_eq!(path.steps[2].predicates, [equals(&["C506", "1153"], "VA")]);
        assert_eq!(path.steps[3].predicates, [equals(&["1153"], "VA")]);
    }

    #[test]
    fn a_segment_behind_the_trigger_stands_in_the_group() {
        let path = Path::edifact("/SG2/NAD[3035=SE]/FII[3035=RB]").unwrap();
        let names: Vec<_> = path.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["SG2", "FII"]);
        assert_eq!(path.steps[1].predicates, [equals(&["3035"], "RB")]);
    }

    #[test]
    fn a_segment_told_by_its_occurrence_may_have_a_composite_several_times() {
        let path = Path::edifact("CST[1]/C246[1131=122]/7361").unwrap();
        assert!(path.steps[0].predicates.is_empty());
        assert_eq!(path.steps[1].predicates, [equals(&["1131"], "122")]);
    }

    #[test]
    fn a_condition_on_another_segment_is_one_of_the_group() {
        let path = Path::edifact("SG40/ALC[5463=A][not(SG43/MOA/C516/5025=509)]/C552/1230").unwrap();
        assert_eq!(path.steps[0].predicates.len(), 2);
        assert_eq!(path.steps[1].predicates, [equals(&["5463"], "A")]);
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for (text, offset) in [("", 0), ("a//b", 1), ("a[", 1), ("a[b=]", 1), ("a b", 1), ("a[not(b]", 1)] {
            let error = Path::xml(text).unwrap_err();
            assert_eq!((error.path.as_str(), error.offset), (text, offset), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = Path::edifact(&text);
        }
    }
}
