//! The places of a table, compiled: paths with numbers for names, and what their predicates tell.

use karvan_model::TermId;

use crate::moment::DateFormat;
use crate::tree::Name;

/// A path, compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) from_root: bool,
    /// Whether the place of a part begins at the group, not at the value.
    pub(crate) from_group: bool,
    pub(crate) steps: Vec<PlaceStep>,
    /// Whether each repetition has a node of its own at some step.
    pub(crate) is_fresh: bool,
    /// Whether something must be true of what is written there.
    pub(crate) is_told: bool,
    /// How a day is written there, where the place has a format of its own.
    pub(crate) format: Option<DateFormat>,
    /// The steps, counted from the last, whose nodes must not become what something written later may make of them.
    pub(crate) guarded: Vec<usize>,
}

impl Place {
    pub(crate) fn new(from_root: bool, from_group: bool, steps: Vec<PlaceStep>) -> Self {
        let is_fresh = steps.iter().any(|step| step.fresh);
        let nodes = || steps.iter().rev().filter(|step| step.name != Name::PARENT);
        let is_told = nodes().any(|step| step.told().next().is_some());
        let guarded = nodes().enumerate().filter(|(_, step)| step.predicates.iter().any(Predicate::may_be_undone));
        let guarded = guarded.map(|(height, _)| height).collect();
        Self { from_root, from_group, is_fresh, is_told, format: None, guarded, steps }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaceStep {
    pub(crate) name: Name,
    pub(crate) occurrences: Vec<u32>,
    pub(crate) predicates: Vec<Predicate>,
    /// The predicates that a reader of the whole path has to look at.
    pub(crate) checks: Vec<Predicate>,
    /// The others, which a later step says again: a reader may look at them to know at once.
    pub(crate) hints: Vec<Predicate>,
    pub(crate) fresh: bool,
}

impl PlaceStep {
    /// Its name, if it asks for nothing else.
    pub(crate) fn plain(&self) -> Option<Name> {
        (self.occurrences.is_empty() && self.predicates.is_empty()).then_some(self.name)
    }

    /// The predicates that tell a node from others by what it says.
    pub(crate) fn told(&self) -> impl Iterator<Item = &Predicate> {
        self.predicates.iter().filter(|predicate| match predicate {
            Predicate::Exists(_) => false,
            Predicate::Not(inner) => !matches!(**inner, Predicate::Exists(_)),
            Predicate::Equals(..) => true,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Predicate {
    Equals(Vec<PlaceStep>, Vec<Value>),
    Exists(Vec<PlaceStep>),
    Not(Box<Predicate>),
}

impl Predicate {
    /// Whether it may be true of a node at first, and no more when something was written below the node.
    fn may_be_undone(&self) -> bool {
        matches!(self, Self::Not(inner) if matches!(&**inner, Self::Equals(path, _) if path.len() > 1))
    }
}

/// A text to compare with: given, or the value of a term.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Term(TermId),
}

/// Parts the predicates of each step into those to look at and those that a later step says again.
pub(crate) fn tell_apart(steps: &mut [PlaceStep]) {
    for at in 0..steps.len() {
        let (step, later) = (&steps[at], &steps[at + 1..]);
        let predicates = step.predicates.iter().cloned();
        (steps[at].hints, steps[at].checks) = predicates.partition(|predicate| is_said_again(predicate, later));
    }
    for at in (1..steps.len()).rev() {
        // Whoever has looked from the step before knows already.
        let (before, step) = (&steps[at - 1].predicates, steps[at].name);
        let known = |hint: &Predicate| before.iter().any(|other| says_of_next(other, step, hint));
        let hints = steps[at].hints.iter().filter(|hint| !known(hint)).cloned().collect();
        steps[at].hints = hints;
    }
}

/// Whether one of the steps `later` in a path says what `predicate` says of the step before them: what follows along the
/// very steps of its path has the rest of its path, and the same values.
fn is_said_again(predicate: &Predicate, later: &[PlaceStep]) -> bool {
    let Predicate::Equals(path, values) = predicate else { return false };
    let same = |(step, other): (&PlaceStep, &PlaceStep)| step.plain() == Some(other.name);
    (1..path.len().min(later.len() + 1)).any(|depth| {
        let (along, rest) = path.split_at(depth);
        let deeper = &later[depth - 1].predicates;
        along.iter().zip(later).all(same)
            && deeper.iter().any(|other| matches!(other, Predicate::Equals(path, own) if path == rest && own == values))
    })
}

/// Whether `predicate` says of a node what `other` says of its child `next`.
fn says_of_next(predicate: &Predicate, next: Name, other: &Predicate) -> bool {
    match (predicate, other) {
        (Predicate::Equals(path, values), Predicate::Equals(rest, others)) => {
            path.split_first().is_some_and(|(first, path)| first.plain() == Some(next) && path == rest)
                && values == others
        }
        _ => false,
    }
}
