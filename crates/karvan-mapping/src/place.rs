//! The places of a table, compiled: paths with numbers for names, and what their predicates tell.

use karvan_model::TermId;

use crate::moment::DateFormat;
use crate::names::Name;
use crate::tree::{NodeId, Short, Tree};

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
    /// Whether a reader compares texts on the way, which are taken with the value.
    pub(crate) compares: bool,
    /// How a day is written there, where the place has a format of its own.
    pub(crate) format: Option<DateFormat>,
    /// The steps, counted from the last, whose nodes must not become what something written later may make of them.
    pub(crate) guarded: Vec<usize>,
    /// The terms whose values its predicates compare with.
    pub(crate) told_by: Vec<TermId>,
}

impl Place {
    pub(crate) fn new(from_root: bool, from_group: bool, steps: Vec<PlaceStep>) -> Self {
        let is_fresh = steps.iter().any(|step| step.fresh);
        let nodes = || steps.iter().rev().filter(|step| step.name != Name::PARENT);
        let is_told = nodes().any(|step| !step.predicates.is_empty());
        let guarded = nodes().enumerate().filter(|(_, step)| step.predicates.iter().any(Predicate::may_be_undone));
        let guarded = guarded.map(|(height, _)| height).collect();
        let compares = steps.iter().any(|step| step.checks.iter().any(|check| matches!(check, Predicate::Equals(_))));
        let told_by = steps.iter().flat_map(|step| &step.predicates).flat_map(Predicate::terms).collect();
        Self { from_root, from_group, is_fresh, is_told, compares, format: None, guarded, told_by, steps }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PlaceStep {
    pub(crate) name: Name,
    pub(crate) occurrences: Vec<u32>,
    pub(crate) predicates: Vec<Predicate>,
    /// The predicates that a reader of the whole path has to look at: those that no later step says again.
    pub(crate) checks: Vec<Predicate>,
    pub(crate) fresh: bool,
}

impl PartialEq for PlaceStep {
    fn eq(&self, other: &Self) -> bool {
        let asks = |step: &Self| (step.name, step.fresh);
        asks(self) == asks(other) && self.occurrences == other.occurrences && self.predicates == other.predicates
    }
}

impl PlaceStep {
    /// Its name, if it asks for nothing else.
    pub(crate) fn plain(&self) -> Option<Name> {
        (self.occurrences.is_empty() && self.predicates.is_empty()).then_some(self.name)
    }

    /// Whether every node of its name will do.
    #[inline]
    pub(crate) const fn asks_nothing(&self) -> bool {
        self.occurrences.is_empty() && self.checks.is_empty()
    }

    /// The qualifier that is all that a reader looks at, if it is: that of most segments.
    #[inline]
    pub(crate) fn qualifier(&self) -> Option<&Qualifier> {
        match &self.checks[..] {
            [Predicate::Equals(Equals { qualifier, .. })] if self.occurrences.is_empty() => qualifier.as_ref(),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Predicate {
    Equals(Equals),
    Exists(Vec<PlaceStep>),
    Not(Box<Predicate>),
}

/// That one of the nodes at a path has one of these texts.
#[derive(Clone, Debug)]
pub(crate) struct Equals {
    pub(crate) path: Vec<PlaceStep>,
    pub(crate) values: Vec<Value>,
    /// The path and the values as a reader looks at them first.
    pub(crate) qualifier: Option<Qualifier>,
}

impl Equals {
    pub(crate) fn new(path: Vec<PlaceStep>, values: Vec<Value>) -> Self {
        let qualifier = Qualifier::new(&path, &values);
        Self { path, values, qualifier }
    }
}

impl PartialEq for Equals {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.values == other.values
    }
}

/// A path of names alone and given texts: qualifiers stand first in their segment, once, and are short.
#[derive(Clone, Debug)]
pub(crate) struct Qualifier {
    path: Vec<Name>,
    values: Vec<Short>,
}

impl Qualifier {
    fn new(path: &[PlaceStep], values: &[Value]) -> Option<Self> {
        let short = |value: &Value| match value {
            Value::Text(text) => Some(Short::of(text)),
            Value::Term(_) => None,
        };
        let path = path.iter().map(PlaceStep::plain).collect::<Option<_>>()?;
        let mut values = values.iter().map(short).collect::<Option<Vec<_>>>()?;
        // A longer text is never that of a qualifier.
        values.retain(|value| value.is_telling());
        Some(Self { path, values })
    }

    /// How many steps the path has.
    pub(crate) fn height(&self) -> usize {
        self.path.len()
    }

    /// Whether the text below `node` is one of the values, and where it stands, if that can be told at once.
    #[inline]
    pub(crate) fn decide(&self, tree: &Tree<'_>, node: NodeId) -> Option<(bool, NodeId)> {
        let sole = tree.sole(node, &self.path)?;
        let text = tree.node(sole).short_text()?;
        Some((self.values.contains(&text), sole))
    }
}

impl Predicate {
    /// The terms whose values it compares with.
    fn terms(&self) -> Vec<TermId> {
        match self {
            Self::Not(inner) => inner.terms(),
            Self::Exists(_) => Vec::new(),
            Self::Equals(Equals { values, .. }) => values.iter().filter_map(Value::term).collect(),
        }
    }

    /// Whether it may be true of a node at first, and no more when something was written below the node.
    fn may_be_undone(&self) -> bool {
        let Self::Not(inner) = self else { return false };
        match &**inner {
            Self::Equals(Equals { path, .. }) => path.len() > 1,
            Self::Exists(_) => true,
            Self::Not(_) => false,
        }
    }
}

/// A text to compare with: given, or the value of a term.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Term(TermId),
}

impl Value {
    fn term(&self) -> Option<TermId> {
        match self {
            Self::Text(_) => None,
            Self::Term(term) => Some(*term),
        }
    }
}

/// Gives each step the predicates to look at: those that no later step says again.
pub(crate) fn tell_apart(steps: &mut [PlaceStep]) {
    for at in 0..steps.len() {
        let later = &steps[at + 1..];
        let checks = steps[at].predicates.iter().filter(|predicate| !is_said_again(predicate, later)).cloned();
        steps[at].checks = checks.collect();
    }
}

/// Whether one of the steps `later` in a path says what `predicate` says of the step before them: what follows along the
/// very steps of its path has the rest of its path, and the same values.
fn is_said_again(predicate: &Predicate, later: &[PlaceStep]) -> bool {
    let Predicate::Equals(Equals { path, values, .. }) = predicate else { return false };
    let same = |(step, other): (&PlaceStep, &PlaceStep)| step.plain() == Some(other.name);
    (1..path.len().min(later.len() + 1)).any(|depth| {
        let (along, rest) = path.split_at(depth);
        let deeper = &later[depth - 1].predicates;
        along.iter().zip(later).all(same)
            && deeper
                .iter()
                .any(|other| matches!(other, Predicate::Equals(own) if own.path == rest && own.values == *values))
    })
}
