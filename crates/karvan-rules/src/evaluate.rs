//! What a condition comes to at a place of a document.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use jiff::civil::Date;
use karvan_model::{Content, Document, DocumentType, Group, Leaf, Node, Origin, PartValue, TermId};
use karvan_schema::codes::CodeList;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::expression::{Comparison, Condition, Expression, Operator, Reference, Relation};

/// A group, a value or what qualifies a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'d> {
    Group(&'d Group),
    Leaf(&'d Leaf),
    Part(&'d PartValue),
}

impl<'d> Item<'d> {
    pub(crate) fn origin(self) -> &'d Origin {
        match self {
            Self::Group(group) => &group.origin,
            Self::Leaf(leaf) => &leaf.origin,
            Self::Part(part) => &part.origin,
        }
    }

    /// What stands there as it was written, in its canonical form.
    pub(crate) fn text(self) -> Cow<'d, str> {
        match self {
            Self::Group(_) => Cow::Borrowed(""),
            Self::Leaf(leaf) => leaf.value.text(),
            Self::Part(part) => Cow::Borrowed(&part.text),
        }
    }

    fn is_something(self) -> bool {
        match self {
            Self::Group(_) => true,
            Self::Leaf(leaf) => match &leaf.value.content {
                Content::Text(text) => !text.trim().is_empty(),
                _ => true,
            },
            Self::Part(part) => !part.text.trim().is_empty(),
        }
    }

    fn number(self) -> Option<Decimal> {
        match self {
            Self::Leaf(Leaf { value, .. }) => match &value.content {
                Content::Number(number) => Some(number.value()),
                _ => None,
            },
            _ => None,
        }
    }

    fn value(self) -> Value<'d> {
        let text = match self {
            Self::Leaf(leaf) => match &leaf.value.content {
                Content::Number(number) => return Value::Number(number.value()),
                Content::Date(date) => return Value::Date(*date),
                Content::Text(text) => text.trim(),
                Content::Binary(_) => "",
            },
            Self::Part(part) => part.text.trim(),
            Self::Group(_) => "",
        };
        Value::Text(Cow::Borrowed(text))
    }
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'d> {
    Number(Decimal),
    Date(Date),
    Text(Cow<'d, str>),
}

impl Value<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(out),
            Self::Date(date) => date.fmt(out),
            Self::Text(text) => text.fmt(out),
        }
    }
}

/// A document of which rules are asked, and what was found in it: the values of a term that several rules look for in all lines.
pub(crate) struct Asked<'d> {
    pub(crate) document: &'d Document,
    found: RefCell<Vec<Option<Rc<Found<'d>>>>>,
}

/// What stands where a reference leads that begins at the document.
struct Found<'d> {
    items: Vec<Item<'d>>,
    /// Their different texts, once somebody looks for one; none where one of them is no text.
    texts: OnceCell<Option<BTreeSet<Cow<'d, str>>>>,
}

impl<'d> Asked<'d> {
    pub(crate) const fn new(document: &'d Document) -> Self {
        Self { document, found: RefCell::new(Vec::new()) }
    }

    fn found(&self, reference: &Reference) -> Rc<Found<'d>> {
        let mut found = self.found.borrow_mut();
        let index = reference.term.index();
        if found.len() <= index {
            found.resize_with(index + 1, || None);
        }
        let items = found[index].get_or_insert_with(|| {
            let mut items = Vec::new();
            reach(self.document.kind, Item::Group(&self.document.root), &reference.down, &mut |item| {
                items.push(item);
                false
            });
            Rc::new(Found { items, texts: OnceCell::new() })
        });
        Rc::clone(items)
    }

    /// Whether one of the values where a reference leads is this text, if they are texts.
    fn says(&self, reference: &Reference, text: &str) -> Option<bool> {
        let found = self.found(reference);
        let texts = found.texts.get_or_init(|| {
            let values = found.items.iter().filter(|item| item.is_something()).map(|item| match item.value() {
                Value::Text(text) => Some(text),
                _ => None,
            });
            values.collect()
        });
        texts.as_ref().map(|texts| texts.contains(text))
    }
}

/// Where a condition is asked: the document, the groups around, the item itself.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a, 'd> {
    pub(crate) asked: &'a Asked<'d>,
    pub(crate) stack: &'a [Item<'d>],
    /// The place of the condition that this one is part of.
    pub(crate) outer: Option<&'a Place<'a, 'd>>,
}

impl<'d> Place<'_, 'd> {
    /// The item that the condition is asked of.
    pub(crate) fn it(&self) -> Option<Item<'d>> {
        self.stack.last().copied()
    }

    /// Hands out what stands where the reference leads, until `visit` says that it is enough.
    fn find(&self, reference: &Reference, visit: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
        let mut place = self;
        for _ in 0..reference.outer {
            let Some(outer) = place.outer else { return false };
            place = outer;
        }
        if reference.is_far() {
            return self.asked.found(reference).items.iter().any(|item| visit(*item));
        }
        let kind = self.asked.document.kind;
        place.stack.get(reference.from).is_some_and(|&item| reach(kind, item, &reference.down, visit))
    }

    /// The first item where the reference leads.
    pub(crate) fn first(&self, reference: &Reference) -> Option<Item<'d>> {
        let mut first = None;
        self.find(reference, &mut |found| {
            first = Some(found).filter(|item| item.is_something());
            first.is_some()
        });
        first
    }

    /// Whether a condition holds here.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Present(reference) => self.first(reference).is_some(),
            Condition::Compare(comparison) => self.compare(comparison),
            Condition::OneOf(expression, values) => self.every(expression, &mut |value| {
                value.text().is_some_and(|text| values.iter().any(|value| value == text))
            }),
            Condition::Listed(expression, list) => {
                let list = CodeList::published(list);
                self.every(expression, &mut |value| {
                    value.text().is_some_and(|text| list.is_some_and(|list| list.code(text).is_some()))
                })
            }
            Condition::Begins(expression, start) => {
                self.any(expression, &mut |value| value.text().is_some_and(|text| text.starts_with(start.as_str())))
            }
            Condition::Not(condition) => !self.holds(condition),
            Condition::All(conditions) => conditions.iter().all(|condition| self.holds(condition)),
            Condition::Any(conditions) => conditions.iter().any(|condition| self.holds(condition)),
        }
    }

    fn compare(&self, comparison: &Comparison) -> bool {
        let Comparison { left, relation, right, within } = comparison;
        let stands =
            |left: &Value<'_>, right: &Value<'_>| order(left, right, *within).is_none_or(|order| relation.is(order));
        let is_with = |number| {
            let number = Value::Number(number);
            self.any(left, &mut |left| stands(&left, &number))
        };
        match right {
            // Nearly all comparisons are with what the rule itself says.
            Expression::Number(number) => is_with(*number),
            // A total cannot be reckoned from what is missing or is no number; that is told by itself, and once.
            right if right.is_reckoned() => self.number(right).is_none_or(is_with),
            Expression::Text(text) => {
                if let (Expression::Term(reference), Relation::Equal) = (left, relation)
                    && reference.is_far()
                    && let Some(is_said) = self.asked.says(reference, text)
                {
                    return is_said;
                }
                let text = Value::Text(Cow::Borrowed(text));
                self.any(left, &mut |left| stands(&left, &text))
            }
            _ => self.any(left, &mut |left| self.any(right, &mut |right| stands(&left, &right))),
        }
    }

    /// Whether there is a value, and all values are so.
    fn every(&self, expression: &Expression, holds: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut given = false;
        let other = self.any(expression, &mut |value| {
            given = true;
            !holds(value)
        });
        given && !other
    }

    /// Hands out the values of an expression until `found` says that it is enough; says whether it did.
    pub(crate) fn any(&self, expression: &Expression, found: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match expression {
            Expression::Term(reference) => self.find(reference, &mut |item| item.is_something() && found(item.value())),
            Expression::It => self.it().is_some_and(|item| found(item.value())),
            Expression::Text(text) => found(Value::Text(Cow::Borrowed(text))),
            Expression::Beginning(text, length) => self.any(text, &mut |value| {
                value.text().is_some_and(|text| found(Value::Text(Cow::Owned(text.chars().take(*length).collect()))))
            }),
            Expression::Capitals(text) => self.any(text, &mut |value| {
                value.text().is_some_and(|text| found(Value::Text(Cow::Owned(text.to_uppercase()))))
            }),
            Expression::Length(text) => self.any(text, &mut |value| {
                value.text().is_some_and(|text| found(Value::Number(text.chars().count().into())))
            }),
            Expression::Decimals(number) => self.any(number, &mut |value| match value {
                Value::Number(number) => found(Value::Number(number.scale().into())),
                other => found(other),
            }),
            _ => self.number(expression).is_some_and(|number| found(Value::Number(number))),
        }
    }

    /// The number that an expression comes to; none where something it needs is not there, or is too large to hold.
    pub(crate) fn number(&self, expression: &Expression) -> Option<Decimal> {
        match expression {
            Expression::Number(number) => Some(*number),
            Expression::Sum(reference, condition) => {
                let mut sum = Some(Decimal::ZERO);
                self.chosen(reference, condition.as_deref(), &mut |item| {
                    sum = sum.zip(item.number()).and_then(|(sum, number)| sum.checked_add(number));
                });
                sum
            }
            Expression::Count(reference, condition) => {
                let mut count = 0_u64;
                self.chosen(reference, condition.as_deref(), &mut |_| count += 1);
                Some(count.into())
            }
            Expression::Distinct(reference) => {
                let mut values = BTreeSet::new();
                self.chosen(reference, None, &mut |item| {
                    values.insert(item.text());
                });
                Some(values.len().into())
            }
            Expression::Arithmetic(left, operator, right) => {
                let (left, right) = (self.operand(left)?, self.operand(right)?);
                match operator {
                    Operator::Add => left.checked_add(right),
                    Operator::Subtract => left.checked_sub(right),
                    Operator::Multiply => left.checked_mul(right),
                    Operator::Divide => left.checked_div(right),
                }
            }
            Expression::Round(number) => {
                Some(self.number(number)?.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
            }
            Expression::Term(_) | Expression::It => {
                let mut first = None;
                self.any(expression, &mut |value| {
                    if let Value::Number(number) = value {
                        first = Some(number);
                    }
                    first.is_some()
                });
                first
            }
            _ => None,
        }
    }

    /// A number that is reckoned with: a term that need not be there counts as nothing where it is not.
    fn operand(&self, expression: &Expression) -> Option<Decimal> {
        match expression {
            Expression::Term(reference) if !reference.required => {
                Some(self.number(expression).unwrap_or(Decimal::ZERO))
            }
            _ => self.number(expression),
        }
    }

    /// Hands out what stands where the reference leads and for which the condition holds.
    pub(crate) fn chosen(&self, reference: &Reference, condition: Option<&Condition>, take: &mut dyn FnMut(Item<'d>)) {
        let Some(condition) = condition else {
            self.find(reference, &mut |item| {
                take(item);
                false
            });
            return;
        };
        // What is asked of each item may be about what is around it.
        let mut place = self;
        for _ in 0..reference.outer {
            let Some(outer) = place.outer else { return };
            place = outer;
        }
        let Some(above) = place.stack.get(..=reference.from) else { return };
        descend(self.asked.document.kind, &mut above.to_vec(), &reference.down, &mut |items| {
            let inner = Place { asked: self.asked, stack: items, outer: Some(self) };
            if inner.holds(condition) {
                items.last().copied().into_iter().for_each(&mut *take);
            }
            false
        });
    }
}

/// Goes down from an item by `terms`, and hands out what it comes to.
fn reach<'d>(kind: &DocumentType, item: Item<'d>, terms: &[TermId], visit: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
    match terms.split_first() {
        None => visit(item),
        Some((term, [])) => members(kind, item, *term, visit),
        Some((term, rest)) => members(kind, item, *term, &mut |member| reach(kind, member, rest, visit)),
    }
}

/// Goes down from the last item of `stack` by `terms`, and hands out each way that there is.
fn descend<'d>(
    kind: &DocumentType,
    stack: &mut Vec<Item<'d>>,
    terms: &[TermId],
    visit: &mut dyn FnMut(&[Item<'d>]) -> bool,
) -> bool {
    let Some((term, rest)) = terms.split_first() else { return visit(stack) };
    let Some(&item) = stack.last() else { return false };
    members(kind, item, *term, &mut |member| {
        stack.push(member);
        let enough = descend(kind, stack, rest, visit);
        stack.pop();
        enough
    })
}

/// The members of an item that have this term: members of a group, qualifiers of a value.
fn members<'d>(kind: &DocumentType, item: Item<'d>, term: TermId, visit: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
    match item {
        Item::Group(group) => group.all(term).iter().any(|node| visit(node.into())),
        Item::Leaf(leaf) => leaf
            .value
            .parts
            .iter()
            .filter(|part| kind.term(leaf.term).part(part.part) == Some(term))
            .any(|part| visit(Item::Part(part))),
        Item::Part(_) => false,
    }
}

impl<'d> From<&'d Node> for Item<'d> {
    fn from(node: &'d Node) -> Self {
        match node {
            Node::Group(group) => Self::Group(group),
            Node::Leaf(leaf) => Self::Leaf(leaf),
        }
    }
}

/// How two values stand to each other; none where one of them is no value of its kind, which is not for a rule to tell.
fn order(left: &Value<'_>, right: &Value<'_>, within: Decimal) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let apart = left.checked_sub(*right)?.abs();
            Some(if apart <= within { Ordering::Equal } else { left.cmp(right) })
        }
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
