//! The core function library, XPath 1.0 §4, and `here()`, XML Signature 1.1 §6.6.3.

use super::evaluate::{Context, Value, evaluate, nodes, number, string_value};
use super::parse::Expression;
use super::{NodeSet, Point, XPathError};
use crate::{Node, NodeKind, XML_NAMESPACE};

pub(super) fn call(name: &str, arguments: &[Expression], context: &Context<'_>) -> Result<Value, XPathError> {
    let document = context.document;
    let value = |index: usize| {
        let value = evaluate(&arguments[index], context)?;
        value.first_node().map_or(Ok(()), |node| context.spend_string(node))?;
        Ok::<_, XPathError>(value)
    };
    let string = |index: usize| Ok::<_, XPathError>(value(index)?.string(document));
    // The argument, or what stands for it where there is none.
    let own_string = || {
        if arguments.is_empty() {
            context.spend_string(context.node)?;
            Ok(string_value(document, context.node))
        } else {
            string(0)
        }
    };
    let first_node = || match arguments {
        [] => Ok(Some(context.node)),
        [nodes_of] => nodes(nodes_of, context).map(|nodes| nodes.iter().next()),
        _ => Err(XPathError::Function { name: name.to_owned() }),
    };
    Ok(match (name, arguments.len()) {
        ("last", 0) => Value::Number(context.size as f64),
        ("position", 0) => Value::Number(context.position as f64),
        ("count", 1) => Value::Number(nodes(&arguments[0], context)?.len() as f64),
        ("here", 0) => Value::Nodes(NodeSet::new(context.here.into_iter().collect())),
        ("id", 1) => Value::Nodes(by_identifiers(&value(0)?, context)?),
        ("local-name", 0 | 1) => Value::String(first_node()?.map_or_else(String::new, |node| names(node, context).1)),
        ("namespace-uri", 0 | 1) => {
            Value::String(first_node()?.map_or_else(String::new, |node| names(node, context).0))
        }
        ("name", 0 | 1) => Value::String(first_node()?.map_or_else(String::new, |node| names(node, context).2)),
        ("string", 0 | 1) => Value::String(own_string()?),
        ("concat", 2..) => {
            let mut text = String::new();
            for index in 0..arguments.len() {
                text.push_str(&string(index)?);
                context.spend(1 + text.len() / 64)?;
            }
            Value::String(text)
        }
        ("starts-with", 2) => Value::Boolean(string(0)?.starts_with(&string(1)?)),
        ("contains", 2) => Value::Boolean(string(0)?.contains(&string(1)?)),
        ("substring-before", 2) => {
            let (text, mark) = (string(0)?, string(1)?);
            Value::String(text.split_once(&mark).map_or_else(String::new, |(before, _)| before.to_owned()))
        }
        ("substring-after", 2) => {
            let (text, mark) = (string(0)?, string(1)?);
            Value::String(text.split_once(&mark).map_or_else(String::new, |(_, after)| after.to_owned()))
        }
        ("substring", 2 | 3) => {
            let length = if arguments.len() == 3 { Some(value(2)?.number(document)) } else { None };
            Value::String(substring(&string(0)?, value(1)?.number(document), length))
        }
        ("string-length", 0 | 1) => Value::Number(own_string()?.chars().count() as f64),
        ("normalize-space", 0 | 1) => {
            let text = own_string()?;
            let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
            Value::String(words.collect::<Vec<_>>().join(" "))
        }
        ("translate", 3) => {
            let (from, to): (Vec<char>, Vec<char>) = (string(1)?.chars().collect(), string(2)?.chars().collect());
            let text = string(0)?;
            context.spend(from.len().saturating_mul(text.len()) / 64)?;
            let translated =
                text.chars().filter_map(|character| match from.iter().position(|other| *other == character) {
                    None => Some(character),
                    Some(index) => to.get(index).copied(),
                });
            Value::String(translated.collect())
        }
        ("boolean", 1) => Value::Boolean(value(0)?.boolean()),
        ("not", 1) => Value::Boolean(!value(0)?.boolean()),
        ("true", 0) => Value::Boolean(true),
        ("false", 0) => Value::Boolean(false),
        ("lang", 1) => Value::Boolean(has_language(&string(0)?, context)),
        ("number", 0) => Value::Number(number(&string_value(document, context.node))),
        ("number", 1) => Value::Number(value(0)?.number(document)),
        ("sum", 1) => {
            let nodes = nodes(&arguments[0], context)?;
            nodes.iter().try_for_each(|node| context.spend_string(node))?;
            Value::Number(nodes.iter().map(|node| number(&string_value(document, node))).sum())
        }
        ("floor", 1) => Value::Number(value(0)?.number(document).floor()),
        ("ceiling", 1) => Value::Number(value(0)?.number(document).ceil()),
        ("round", 1) => Value::Number(round(value(0)?.number(document))),
        _ => return Err(XPathError::Function { name: name.to_owned() }),
    })
}

/// The integer that is closest, of two the one nearer to infinity.
fn round(number: f64) -> f64 {
    if number.fract() == -0.5 { number.ceil() } else { number.round() }
}

/// XPath 1.0 §4.2: positions count characters from 1, and are rounded.
fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let start = round(start);
    let end = length.map_or(f64::INFINITY, |length| start + round(length));
    let inside = |(index, _): &(usize, char)| {
        let position = (index + 1) as f64;
        position >= start && position < end
    };
    text.chars().enumerate().filter(inside).map(|(_, character)| character).collect()
}

/// Namespace, local name and qualified name of a node.
fn names(point: Point, context: &Context<'_>) -> (String, String, String) {
    let document = context.document;
    if let Some(attribute) = point.attribute(document) {
        let qualified = match attribute.prefix() {
            "" => attribute.local_name().to_owned(),
            prefix => format!("{prefix}:{}", attribute.local_name()),
        };
        return (attribute.namespace().to_owned(), attribute.local_name().to_owned(), qualified);
    }
    if let Some((prefix, _)) = point.namespace(document) {
        return (String::new(), prefix.to_owned(), prefix.to_owned());
    }
    match point.node(document).map(Node::kind) {
        Some(NodeKind::Element(element)) => {
            let (namespace, local) = (element.namespace().to_owned(), element.local_name().to_owned());
            (namespace, local, element.qualified_name().into_owned())
        }
        Some(NodeKind::ProcessingInstruction { target, .. }) => (String::new(), target.to_owned(), target.to_owned()),
        _ => (String::new(), String::new(), String::new()),
    }
}

/// XPath 1.0 §4.1, `id()`.
fn by_identifiers(value: &Value, context: &Context<'_>) -> Result<NodeSet, XPathError> {
    let document = context.document;
    let texts = match value {
        Value::Nodes(nodes) => {
            nodes.iter().try_for_each(|node| context.spend_string(node))?;
            nodes.iter().map(|node| string_value(document, node)).collect()
        }
        other => vec![other.string(document)],
    };
    let wanted: Vec<&str> = texts.iter().flat_map(|text| text.split_ascii_whitespace()).collect();
    context.spend(document.node_count() as usize)?;
    let elements = document.elements_with_identifier(|identifier| wanted.contains(&identifier));
    Ok(NodeSet::new(elements.map(Point::from).collect()))
}

/// XPath 1.0 §4.3, `lang()`.
fn has_language(wanted: &str, context: &Context<'_>) -> bool {
    let document = context.document;
    let element = std::iter::successors(Some(context.node), |node| node.parent(document))
        .find_map(|node| node.node(document).and_then(Node::as_element));
    let mut ancestors = element.into_iter().flat_map(|element| element.ancestors());
    let Some(language) = ancestors.find_map(|element| element.attribute_in(XML_NAMESPACE, "lang")) else {
        return false;
    };
    let (language, wanted) = (language.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    language.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
