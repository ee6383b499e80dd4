//! Which segments are asked for: a path through segment groups, as mapping tables write it.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use karvan_edifact::Segment;
use karvan_mapping::{Condition, Operand, Path, PathError, Start, Step};
use karvan_schema::directory;
use karvan_text::Position;

use super::edifact::{Trigger, values};

/// What is asked about: `193`, `8:27`, `SG5/NAD[3035=EX]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// What stands at this octet, counted from 0.
    Octet(u64),
    /// What stands on this line, in this column.
    Position(Position),
    /// Each segment that this path leads to.
    Path(Selector),
}

impl FromStr for At {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        // No tag begins with a digit.
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return text.parse().map(Self::Path);
        }
        let wrong = |_| SelectorError::Step(text.to_owned());
        let counted = |text: &str| text.parse::<NonZeroU64>().map(NonZeroU64::get).map_err(wrong);
        Ok(match text.split_once(':') {
            Some((line, column)) => Self::Position(Position { line: counted(line)?, column: counted(column)? }),
            None => Self::Octet(text.parse().map_err(wrong)?),
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octet(octet) => octet.fmt(out),
            Self::Position(Position { line, column }) => write!(out, "{line}:{column}"),
            Self::Path(selector) => selector.text.fmt(out),
        }
    }
}

/// A path to segments: `NAD`, `SG5/NAD[3035=EX]`, `SG2/NAD[3035=BY]/SG3/RFF`, `SG25[2]`, `NAD/C082/3039`.
///
/// Groups are those right around the segment, innermost last; a segment before a further group or segment is the trigger of the
/// group before it. A path that ends with a group leads to all that is in it. What follows the segment chooses among its values. The
/// grammar is that of the mapping tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// As it was written.
    text: String,
    groups: Vec<GroupStep>,
    segment: Option<SegmentStep>,
    /// The tags that lead to a value within the segment.
    value: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct GroupStep {
    number: u16,
    occurrences: Vec<u32>,
    trigger: Option<SegmentStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SegmentStep {
    tag: String,
    conditions: Vec<Condition>,
}

/// Why a path cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectorError {
    /// It does not follow the grammar.
    Path(PathError),
    /// It has a part that leads to nothing in an interchange.
    Step(String),
}

impl fmt::Display for SelectorError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(error) => error.fmt(out),
            Self::Step(step) => write!(out, "{step:?} is no segment group, segment or data element in its place"),
        }
    }
}

impl std::error::Error for SelectorError {}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let path = Path::xml(text).map_err(SelectorError::Path)?;
        if path.start != Start::Group || path.steps.is_empty() {
            return Err(SelectorError::Step(text.to_owned()));
        }
        let mut selector = Self { text: text.to_owned(), groups: Vec::new(), segment: None, value: Vec::new() };
        for step in path.steps {
            selector.take(step)?;
        }
        Ok(selector)
    }
}

impl Selector {
    fn take(&mut self, step: Step) -> Result<(), SelectorError> {
        let wrong = || SelectorError::Step(step.name.clone());
        let group = step.name.strip_prefix("SG").and_then(|digits| digits.parse().ok());
        if (group.is_some() || step.name.len() == 3) && self.value.is_empty() {
            // A segment before a further group or segment is the trigger that tells which repetition of its group is meant.
            if let Some(segment) = self.segment.take() {
                self.groups.last_mut().ok_or_else(wrong)?.trigger = Some(segment);
            }
        }
        if let Some(number) = group {
            if !self.value.is_empty() || !step.predicates.is_empty() {
                return Err(wrong());
            }
            self.groups.push(GroupStep { number, occurrences: step.occurrences, trigger: None });
        } else if step.name.len() == 3 && self.segment.is_none() {
            self.segment = Some(SegmentStep { tag: step.name.to_ascii_uppercase(), conditions: step.predicates });
        } else if step.name.len() == 4 && self.value.len() < 2 {
            let segment = self.segment.as_mut().ok_or_else(wrong)?;
            self.value.push(step.name.to_ascii_uppercase());
            // What a composite equals tells its segment from others too.
            segment.conditions.extend(step.predicates);
        } else {
            return Err(wrong());
        }
        Ok(())
    }

    /// Whether the path may lead to segments with this tag.
    pub(super) fn may_match(&self, tag: &[u8]) -> bool {
        self.segment.as_ref().is_none_or(|segment| segment.tag.as_bytes() == tag)
    }

    /// Whether the path leads to the segment, around which the groups of `triggers` are open.
    pub(super) fn matches(
        &self,
        triggers: &[Trigger],
        segment: &Segment<'_>,
        definition: Option<directory::Segment<'static>>,
    ) -> bool {
        if let Some(wanted) = &self.segment {
            let innermost = triggers.len().checked_sub(self.groups.len());
            return wanted.matches(segment, definition)
                && innermost.is_some_and(|first| self.groups_match(&triggers[first..]));
        }
        triggers.windows(self.groups.len()).any(|window| self.groups_match(window))
    }

    /// Whether certain values of the segment are asked for.
    pub(super) fn is_for_values(&self) -> bool {
        !self.value.is_empty()
    }

    /// Whether the value at `path` in a segment is one that is asked for.
    pub(super) fn wants(&self, path: &str) -> bool {
        self.value.is_empty() || path == self.value.join("/") || path.split('/').any(|tag| [tag] == *self.value)
    }

    fn groups_match(&self, triggers: &[Trigger]) -> bool {
        self.groups.iter().zip(triggers).all(|(step, trigger)| {
            step.number == trigger.group.number
                && (step.occurrences.is_empty() || step.occurrences.contains(&trigger.group.repetition))
                && step.trigger.as_ref().is_none_or(|wanted| wanted.matches(&trigger.segment(), trigger.definition))
        })
    }
}

impl SegmentStep {
    fn matches(&self, segment: &Segment<'_>, definition: Option<directory::Segment<'static>>) -> bool {
        segment.tag() == self.tag.as_bytes()
            && self.conditions.iter().all(|condition| holds(condition, segment, definition))
    }
}

fn holds(condition: &Condition, segment: &Segment<'_>, definition: Option<directory::Segment<'static>>) -> bool {
    let found = |steps: &[Step]| {
        let tags: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
        let path = tags.join("/");
        let values = values(segment, definition, None, None).into_iter();
        values
            .filter(move |value| value.path == path || value.path.rsplit('/').next() == Some(&path))
            .collect::<Vec<_>>()
    };
    match condition {
        Condition::Equals(steps, operands) => found(steps)
            .iter()
            .any(|value| operands.iter().any(|operand| matches!(operand, Operand::Text(text) if *text == value.value))),
        Condition::Exists(steps) => !found(steps).is_empty(),
        Condition::Not(condition) => !holds(condition, segment, definition),
    }
}
