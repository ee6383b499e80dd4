//! What an expression is worth: XPath 1.0 §2 and §3.

use std::cell::Cell;

use super::parse::{Axis, Comparison, Expression, NodeTest, Operation, Start, Step};
use super::point::{Part, namespaces_in_scope};
use super::{NodeSet, Point, XPathError, functions};
use crate::{Document, Element, Node, NodeId, NodeKind};

/// Where an expression is evaluated.
#[derive(Clone, Debug)]
pub struct Context<'d> {
    pub(super) document: &'d Document,
    pub(super) node: Point,
    pub(super) position: usize,
    pub(super) size: usize,
    pub(super) here: Option<Point>,
    limit: u64,
    left: Cell<u64>,
}

impl<'d> Context<'d> {
    /// The document itself, with a hundred million nodes to be looked at, at most.
    #[must_use]
    pub const fn new(document: &'d Document) -> Self {
        const LIMIT: u64 = 100_000_000;
        let node = Point::DOCUMENT;
        Self { document, node, position: 1, size: 1, here: None, limit: LIMIT, left: Cell::new(LIMIT) }
    }

    /// The same at another node.
    #[must_use]
    pub fn at(mut self, node: Point) -> Self {
        self.node = node;
        self
    }

    /// The same with the node that `here()` gives (XML Signature 1.1 §6.6.3): the element that the expression stands in.
    #[must_use]
    pub fn with_here(mut self, here: Point) -> Self {
        self.here = Some(here);
        self
    }

    /// The same with this many nodes to be looked at, at most, in all evaluations together.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        (self.limit, self.left) = (limit, Cell::new(limit));
        self
    }

    /// Goes to another node; what is left of the limit is what is left.
    pub fn move_to(&mut self, node: Point) {
        self.node = node;
    }

    /// Counts what the string-values of nodes cost: as many nodes as they are long.
    pub(super) fn spend_string(&self, point: Point) -> Result<(), XPathError> {
        let octets = match point.node_id().and_then(|id| self.document.node(id)) {
            Some(node) => node.span().len(),
            None => self.document.source().len() as u64,
        };
        self.spend(1 + usize::try_from(octets / 64).unwrap_or(usize::MAX))
    }

    /// Counts the nodes that were looked at.
    pub(super) fn spend(&self, nodes: usize) -> Result<(), XPathError> {
        let left = self.left.get().checked_sub(nodes as u64);
        self.left.set(left.ok_or(XPathError::Work { limit: self.limit })?);
        Ok(())
    }
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A set of nodes.
    Nodes(NodeSet),
    /// Yes or no.
    Boolean(bool),
    /// A number, as IEEE 754 has it.
    Number(f64),
    /// A string.
    String(String),
}

impl Value {
    /// The value as yes or no: XPath 1.0 §4.3.
    #[must_use]
    pub fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Boolean(boolean) => *boolean,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => !text.is_empty(),
        }
    }

    /// The value as a string: XPath 1.0 §4.2.
    #[must_use]
    pub fn string(&self, document: &Document) -> String {
        match self {
            Self::Nodes(nodes) => nodes.iter().next().map_or_else(String::new, |first| string_value(document, first)),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Number(number) if number.is_infinite() => {
                if *number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
            }
            // Negative zero has no sign.
            Self::Number(number) => (number + 0.0).to_string(),
            Self::String(text) => text.clone(),
        }
    }

    /// The first node, if it is a set of nodes.
    pub(super) fn first_node(&self) -> Option<Point> {
        match self {
            Self::Nodes(nodes) => nodes.iter().next(),
            _ => None,
        }
    }

    /// The value as a number: XPath 1.0 §4.4.
    #[must_use]
    pub fn number(&self, document: &Document) -> f64 {
        match self {
            Self::Boolean(boolean) => f64::from(u8::from(*boolean)),
            Self::Number(number) => *number,
            Self::Nodes(_) | Self::String(_) => number(&self.string(document)),
        }
    }
}

/// XPath 1.0 §4.4: white space, an optional minus sign, digits with a decimal point among them, white space.
pub(super) fn number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let good = digits.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    if good { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// XPath 1.0 §5: the string-value of a node.
pub(super) fn string_value(document: &Document, point: Point) -> String {
    if let Some(attribute) = point.attribute(document) {
        return attribute.value().to_owned();
    }
    if let Some((_, namespace)) = point.namespace(document) {
        return namespace.to_owned();
    }
    match point.node(document).map(Node::kind) {
        None => all_text(document.root()),
        Some(NodeKind::Element(element)) => all_text(element),
        Some(NodeKind::Text(text) | NodeKind::Comment(text)) => text.to_owned(),
        Some(NodeKind::ProcessingInstruction { data, .. }) => data.to_owned(),
    }
}

fn all_text(element: Element<'_>) -> String {
    element.descendants().filter_map(Node::as_text).collect()
}

pub(super) fn evaluate(expression: &Expression, context: &Context<'_>) -> Result<Value, XPathError> {
    let document = context.document;
    let number = |expression| {
        let value = evaluate(expression, context)?;
        value.first_node().map_or(Ok(()), |node| context.spend_string(node))?;
        Ok(value.number(document))
    };
    Ok(match expression {
        Expression::Or(one, other) => {
            Value::Boolean(evaluate(one, context)?.boolean() || evaluate(other, context)?.boolean())
        }
        Expression::And(one, other) => {
            Value::Boolean(evaluate(one, context)?.boolean() && evaluate(other, context)?.boolean())
        }
        Expression::Compare(comparison, one, other) => {
            let (one, other) = (evaluate(one, context)?, evaluate(other, context)?);
            Value::Boolean(compare(*comparison, &one, &other, context)?)
        }
        Expression::Arithmetic(operation, one, other) => {
            let (one, other): (f64, f64) = (number(one)?, number(other)?);
            Value::Number(match operation {
                Operation::Add => one + other,
                Operation::Subtract => one - other,
                Operation::Multiply => one * other,
                Operation::Divide => one / other,
                Operation::Remainder => one % other,
            })
        }
        Expression::Negate(operand) => Value::Number(-number(operand)?),
        Expression::Union(one, other) => Value::Nodes(nodes(one, context)?.union(&nodes(other, context)?)),
        Expression::Literal(text) => Value::String(text.clone()),
        Expression::Number(number) => Value::Number(*number),
        Expression::Call(name, arguments) => functions::call(name, arguments, context)?,
        Expression::Path(start, steps) => Value::Nodes(path(start, steps, context)?),
    })
}

/// The value, which must be a node set.
pub(super) fn nodes(expression: &Expression, context: &Context<'_>) -> Result<NodeSet, XPathError> {
    match evaluate(expression, context)? {
        Value::Nodes(nodes) => Ok(nodes),
        _ => Err(XPathError::NoNodeSet),
    }
}

/// XPath 1.0 §3.4.
fn compare(comparison: Comparison, one: &Value, other: &Value, context: &Context<'_>) -> Result<bool, XPathError> {
    let document = context.document;
    let strings = |nodes: &NodeSet| -> Result<Vec<String>, XPathError> {
        nodes.iter().try_for_each(|point| context.spend_string(point))?;
        Ok(nodes.iter().map(|point| string_value(document, point)).collect())
    };
    let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    match (one, other) {
        (Value::Nodes(one), Value::Nodes(other)) => {
            let (one, other) = (strings(one)?, strings(other)?);
            context.spend(one.len().saturating_mul(other.len()))?;
            Ok(one.iter().any(|one| {
                other.iter().any(|other| match is_order {
                    true => ordered(comparison, number(one), number(other)),
                    false => (one == other) == (comparison == Comparison::Equal),
                })
            }))
        }
        (Value::Nodes(nodes), Value::Boolean(_)) => {
            compare(comparison, &Value::Boolean(!nodes.is_empty()), other, context)
        }
        (Value::Boolean(_), Value::Nodes(nodes)) => {
            compare(comparison, one, &Value::Boolean(!nodes.is_empty()), context)
        }
        (Value::Nodes(nodes), _) => any(strings(nodes)?, |text| compare(comparison, &text, other, context)),
        (_, Value::Nodes(nodes)) => any(strings(nodes)?, |text| compare(comparison, one, &text, context)),
        _ if is_order => Ok(ordered(comparison, one.number(document), other.number(document))),
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => {
            Ok((one.boolean() == other.boolean()) == (comparison == Comparison::Equal))
        }
        (Value::Number(_), _) | (_, Value::Number(_)) => {
            Ok(ordered(comparison, one.number(document), other.number(document)))
        }
        _ => Ok((one == other) == (comparison == Comparison::Equal)),
    }
}

fn any(texts: Vec<String>, mut holds: impl FnMut(Value) -> Result<bool, XPathError>) -> Result<bool, XPathError> {
    for text in texts {
        if holds(Value::String(text))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ordered(comparison: Comparison, one: f64, other: f64) -> bool {
    match comparison {
        Comparison::Equal => one == other,
        Comparison::NotEqual => one != other,
        Comparison::Less => one < other,
        Comparison::LessOrEqual => one <= other,
        Comparison::Greater => one > other,
        Comparison::GreaterOrEqual => one >= other,
    }
}

fn path(start: &Start, steps: &[Step], context: &Context<'_>) -> Result<NodeSet, XPathError> {
    let mut current = match start {
        Start::Root => vec![Point::DOCUMENT],
        Start::Context => vec![context.node],
        Start::Filter(expression, predicates) => {
            let found: Vec<_> = nodes(expression, context)?.iter().collect();
            filtered(found, predicates, context)?
        }
    };
    for step in steps {
        let mut found = Vec::new();
        for &point in &current {
            let on_axis = axis(step.axis, point, context)?;
            let matching = on_axis.into_iter().filter(|point| matches(&step.test, step.axis, *point, context.document));
            found.extend(filtered(matching.collect(), &step.predicates, context)?);
        }
        found.sort_unstable();
        found.dedup();
        current = found;
    }
    Ok(NodeSet::new(current))
}

/// Those of `points`, in the order of their axis, for which all predicates hold.
fn filtered(
    mut points: Vec<Point>,
    predicates: &[Expression],
    context: &Context<'_>,
) -> Result<Vec<Point>, XPathError> {
    for predicate in predicates {
        let size = points.len();
        let mut kept = Vec::new();
        // The context is that of the predicate for as long as it is evaluated; the limit is one for all.
        let mut inner = context.clone();
        inner.size = size;
        for (index, point) in points.into_iter().enumerate() {
            (inner.node, inner.position) = (point, index + 1);
            let holds = match evaluate(predicate, &inner)? {
                Value::Number(number) => number == (index + 1) as f64,
                value => value.boolean(),
            };
            if holds {
                kept.push(point);
            }
        }
        context.left.set(inner.left.get());
        points = kept;
    }
    Ok(points)
}

/// The nodes on an axis, in its order: XPath 1.0 §2.2.
fn axis(axis: Axis, point: Point, context: &Context<'_>) -> Result<Vec<Point>, XPathError> {
    let document = context.document;
    let children = |point: Point| -> Vec<Point> {
        if point == Point::DOCUMENT {
            return document.children().map(Point::from).collect();
        }
        let element = point.node(document).and_then(Node::as_element);
        element.map_or_else(Vec::new, |element| element.children().map(Point::from).collect())
    };
    // The nodes of the tree that stand in this one.
    let inside = |point: Point| match point.part() {
        Part::Itself => match point.node_id() {
            None => 0..document.node_count(),
            Some(id) => id.0 + 1..document.element(id).map_or(id.0 + 1, |element| element.end().0),
        },
        _ => 0..0,
    };
    let points = |ids: std::ops::Range<u32>| ids.map(|id| Point::new(NodeId(id), Part::Itself));
    let ancestors = |point: Point| std::iter::successors(point.parent(document), |around| around.parent(document));
    let siblings = || match point.part() {
        Part::Itself => point.parent(document).map_or_else(Vec::new, children),
        _ => Vec::new(),
    };
    let element = point.node(document).and_then(Node::as_element);
    let found: Vec<Point> = match axis {
        Axis::Itself => vec![point],
        Axis::Child => children(point),
        Axis::Parent => point.parent(document).into_iter().collect(),
        Axis::Ancestor => ancestors(point).collect(),
        Axis::AncestorOrSelf => std::iter::once(point).chain(ancestors(point)).collect(),
        Axis::Descendant => points(inside(point)).collect(),
        Axis::DescendantOrSelf => std::iter::once(point).chain(points(inside(point))).collect(),
        Axis::FollowingSibling => siblings().into_iter().filter(|other| *other > point).collect(),
        Axis::PrecedingSibling => siblings().into_iter().filter(|other| *other < point).rev().collect(),
        Axis::Following => {
            let from = match (point.part(), point.node_id()) {
                (_, None) => document.node_count(),
                (Part::Itself, Some(id)) => document.element(id).map_or(id.0 + 1, |element| element.end().0),
                // What stands in its element follows an attribute.
                (_, Some(id)) => id.0 + 1,
            };
            points(from..document.node_count()).collect()
        }
        Axis::Preceding => {
            let around: Vec<_> = ancestors(point).collect();
            let before = points(0..point.node_id().map_or(0, |id| id.0));
            before.rev().filter(|other| !around.contains(other)).collect()
        }
        Axis::Attribute => element.map_or_else(Vec::new, |element| {
            element.attribute_numbers().map(|index| Point::new(element.id(), Part::Attribute(index))).collect()
        }),
        Axis::Namespace => element.map_or_else(Vec::new, |element| {
            let in_scope = namespaces_in_scope(element).into_iter();
            in_scope.map(|index| Point::new(element.id(), Part::Namespace(index))).collect()
        }),
    };
    context.spend(found.len() + 1)?;
    Ok(found)
}

/// XPath 1.0 §2.3.
fn matches(test: &NodeTest, axis: Axis, point: Point, document: &Document) -> bool {
    let named = |matches: &dyn Fn(&str, &str) -> bool| match axis {
        Axis::Attribute => {
            point.attribute(document).is_some_and(|found| matches(found.namespace(), found.local_name()))
        }
        Axis::Namespace => point.namespace(document).is_some_and(|(prefix, _)| matches("", prefix)),
        _ => {
            let element = point.node(document).and_then(Node::as_element);
            element.is_some_and(|found| matches(found.namespace(), found.local_name()))
        }
    };
    let kind = || point.node(document).map(Node::kind);
    match test {
        NodeTest::AnyNode => true,
        NodeTest::AnyName => named(&|_, _| true),
        NodeTest::AnyNameIn(namespace) => named(&|found, _| found == namespace),
        NodeTest::Name(namespace, local) => named(&|found, name| found == namespace && name == local),
        NodeTest::Text => matches!(kind(), Some(NodeKind::Text(_))),
        NodeTest::Comment => matches!(kind(), Some(NodeKind::Comment(_))),
        NodeTest::Instruction(wanted) => match kind() {
            Some(NodeKind::ProcessingInstruction { target, .. }) => {
                wanted.as_ref().is_none_or(|wanted| wanted == target)
            }
            _ => false,
        },
    }
}
