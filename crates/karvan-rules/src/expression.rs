//! What a rule says, once its terms are found in the document type.

use std::cmp::Ordering;

use karvan_model::{Part, TermId};
use rust_decimal::Decimal;

/// What holds or does not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// The term is there, with something in it.
    Present(Reference),
    /// One value stands so to another; of several, any.
    Compare(Box<Comparison>),
    /// Every value is one of these.
    OneOf(Expression, Vec<String>),
    /// Every value is a code of the published list of this name.
    Listed(Expression, String),
    /// The text begins so.
    Begins(Expression, String),
    /// The condition does not hold.
    Not(Box<Self>),
    /// All of them hold.
    All(Vec<Self>),
    /// One of them holds at least.
    Any(Vec<Self>),
}

/// A comparison of two values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) left: Expression,
    pub(crate) relation: Relation,
    pub(crate) right: Expression,
    /// How far apart two numbers may be and still be equal, in units of the number; 0 where nothing is said.
    pub(crate) within: Decimal,
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    /// Whether a value that is so ordered to another stands to it like this.
    pub(crate) fn is(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "≤",
            Self::Greater => ">",
            Self::GreaterOrEqual => "≥",
        }
    }
}

/// What has a value, or several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// A number of the rule.
    Number(Decimal),
    /// A text of the rule.
    Text(String),
    /// The values of a term.
    Term(Reference),
    /// The value that the rule is asked of.
    It,
    /// The sum of the values of a term, of those for which the condition holds.
    Sum(Reference, Option<Box<Condition>>),
    /// How often a term stands, counted where the condition holds.
    Count(Reference, Option<Box<Condition>>),
    /// How many different values a term has.
    Distinct(Reference),
    /// Two numbers in one.
    Arithmetic(Box<Self>, Operator, Box<Self>),
    /// A number rounded half up to two decimals, as amounts have.
    Round(Box<Self>),
    /// How many decimals a number is written with.
    Decimals(Box<Self>),
    /// A text in capitals.
    Capitals(Box<Self>),
    /// How many characters a text has.
    Length(Box<Self>),
    /// The first characters of a text.
    Beginning(Box<Self>, usize),
}

impl Expression {
    /// Whether it is reckoned from several figures.
    pub(crate) const fn is_reckoned(&self) -> bool {
        matches!(self, Self::Arithmetic(..) | Self::Sum(..) | Self::Round(_))
    }
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "−",
            Self::Multiply => "×",
            Self::Divide => "/",
        }
    }
}

/// A term, and the way to it from where the rule is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) term: TermId,
    /// Whether the document type asks for it wherever its group stands; what it does not ask for counts as nothing.
    pub(crate) required: bool,
    /// From how many conditions further out to start: the values of a sum have a place of their own.
    pub(crate) outer: usize,
    /// Which of the groups around that place to start from, the document itself being 0.
    pub(crate) from: usize,
    /// The terms to go down by.
    pub(crate) down: Box<[TermId]>,
}

impl Reference {
    /// Whether it begins at the document and leads through groups, as of all lines.
    pub(crate) fn is_far(&self) -> bool {
        self.from == 0 && self.down.len() > 1
    }
}

/// Of what a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The document.
    Document,
    /// Every group, value or qualifier of this term.
    Term(TermId),
    /// Every qualifier of this kind, whatever it qualifies.
    Part(Part),
}
