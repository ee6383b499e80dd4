//! What an inspection tells, for people.

use std::fmt::Write;

use karvan_schema::directory::translated;
use karvan_text::catalogue::isolate;
use karvan_text::{Language, Message};

use super::node::{
    ChoiceNode, ConsideredNode, DocumentNode, FunctionNode, InterchangeNode, MessageNode, Node, OtherKind, PlaceNode,
    SegmentGroupNode, SegmentNode, Summary, ValueNode,
};

/// A node as one or more lines, each with its end.
#[must_use]
pub fn text_of_node(node: &Node, language: Language) -> String {
    let lines = match node {
        Node::Interchange(node) => vec![interchange(node, language)],
        Node::Group(node) => {
            let message = Message::new("inspect-group")
                .with("identification", &node.identification)
                .with("sender", &node.sender)
                .with("recipient", &node.recipient)
                .with("reference", &node.reference);
            vec![format!("  {}", message.text(language))]
        }
        Node::Message(node) => {
            let functions = node.functions.iter().map(|one| format!("    {}", function(one, language)));
            std::iter::once(format!("  {}", message(node, language))).chain(functions).collect()
        }
        Node::Package(node) => {
            let message =
                Message::new("inspect-package").with("reference", &node.reference).with("length", &node.length);
            vec![format!("  {}", message.text(language))]
        }
        Node::SegmentGroup(node) => vec![segment_group(node, language)],
        Node::Segment(node) => segment(node, "    ", language),
        Node::Place(node) => place(node, language),
        Node::Other(node) => {
            let id = match node.what {
                OtherKind::Advice => "inspect-advice",
                OtherKind::Object => "inspect-object",
                OtherKind::Layout => "inspect-layout",
                OtherKind::Text => "inspect-text",
            };
            let message = Message::new(id).with("start", node.span.start).with("end", node.span.end);
            vec![message.text(language)]
        }
        Node::Document(node) => document(node, language),
    };
    lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// What there was in all, in one line, and in a second one what was withheld.
#[must_use]
pub fn text_of_summary(summary: &Summary, name: &str, node_limit: u64, language: Language) -> String {
    let Some(syntax) = summary.syntax else {
        return Message::new("inspect-unknown").with("name", name).text(language) + "\n";
    };
    let message = match syntax {
        "edifact" => {
            let types: Vec<_> = summary.types.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
            Message::new("inspect-summary")
                .with("interchanges", summary.interchanges)
                .with("groups", summary.groups)
                .with("messages", summary.messages)
                .with("types", types.join(", "))
                .with("packages", summary.packages)
                .with("segments", summary.segments)
        }
        _ => Message::new("inspect-summary-document").with("syntax", syntax),
    };
    let message = message.with("name", name).with("octets", summary.octets);
    let mut text = message.text(language) + "\n";
    if summary.withheld > 0 {
        let withheld = Message::new("inspect-withheld").with("limit", node_limit).with("withheld", summary.withheld);
        text += &(withheld.text(language) + "\n");
    }
    text
}

fn interchange(node: &InterchangeNode, language: Language) -> String {
    let id = if node.interactive { "inspect-interactive" } else { "inspect-interchange" };
    let mut text = Message::new(id)
        .with("number", node.number)
        .with("sender", &node.sender)
        .with("recipient", &node.recipient)
        .with("date", &node.date)
        .with("time", &node.time)
        .with("reference", &node.reference)
        .with("syntax", &node.syntax)
        .text(language);
    if !node.application.is_empty() {
        let application = Message::new("inspect-application").with("application", &node.application);
        text += &application.text(language);
    }
    if node.test {
        text += &Message::new("inspect-test").text(language);
    }
    text
}

fn message(node: &MessageNode, language: Language) -> String {
    let name = named(&node.message, node.name, language);
    let kind = format!("{} {} {}", node.message, node.release, node.association);
    let mut text = Message::new("inspect-message")
        .with("number", node.number)
        .with("type", kind.trim_end())
        .with("reference", &node.reference)
        .text(language);
    if !name.is_empty() {
        let _ = write!(text, " — {name}");
    }
    if let Some(segments) = node.segments {
        text += &Message::new("inspect-segments").with("segments", segments).text(language);
    }
    text
}

fn function(node: &FunctionNode, language: Language) -> String {
    let name = if node.name.is_empty() { "—" } else { node.name };
    Message::new("inspect-function")
        .with("code", &node.code)
        .with("name", name)
        .with("count", node.count)
        .text(language)
}

fn segment_group(node: &SegmentGroupNode, language: Language) -> String {
    let indent = "  ".repeat(node.depth);
    isolate(&format!("    {indent}SG{} ({})", node.number, node.repetition), language).into_owned()
}

fn segment(node: &SegmentNode, margin: &str, language: Language) -> Vec<String> {
    let indent = format!("{margin}{}", "  ".repeat(node.depth));
    let name = named(&node.tag, node.name, language);
    let mut head = isolate(&format!("{indent}{}", node.text), language).into_owned();
    if !name.is_empty() {
        let _ = write!(head, "  — {name}");
    }
    if node.misplaced {
        head += &Message::new("inspect-misplaced").text(language);
    }
    let mut lines = vec![head];
    lines.extend(
        node.values
            .iter()
            .map(|value| format!("{}{}", isolate(&format!("{indent}    "), language), valued(value, language))),
    );
    lines
}

/// `3035 Party qualifier: BY (Buyer)`.
fn valued(node: &ValueNode, language: Language) -> String {
    let tag = node.path.rsplit('/').next().unwrap_or_default();
    let name = named(tag, node.name, language);
    let space = if name.is_empty() { "" } else { " " };
    let mut text = format!("{}{space}{name}: {}", isolate(&node.path, language), isolate(&node.value, language));
    if let Some(meaning) = node.meaning {
        let _ = write!(text, " ({})", named(&format!("{tag}={}", node.value), meaning, language));
    }
    text
}

fn place(node: &PlaceNode, language: Language) -> Vec<String> {
    let position = &node.segment.position;
    let mut lines = vec![
        Message::new("inspect-place")
            .with("byte", node.byte)
            .with("path", &node.segment.path)
            .with("line", position.line)
            .with("column", position.column)
            .text(language),
    ];
    if let Some(found) = &node.message {
        lines.push(format!("  {}", message(found, language)));
    }
    lines.extend(node.groups.iter().map(|group| segment_group(group, language)));
    lines.extend(segment(&node.segment, "    ", language));
    if let Some(value) = &node.value {
        lines.push(format!("      {}", valued(value, language)));
    }
    lines.extend(node.choice.iter().flat_map(|node| choice(node, language)).map(|line| format!("  {line}")));
    lines
}

/// Why a segment stands where it does.
fn choice(node: &ChoiceNode, language: Language) -> Vec<String> {
    // A date has thirty places in an invoice: those in groups that are not open are told together.
    let (closed, open): (Vec<_>, Vec<_>) = node.places.iter().partition(|place| place.is_closed() && !place.taken);
    let mut lines: Vec<_> = open.into_iter().map(|place| considered(place, language)).collect();
    if !closed.is_empty() {
        let places: Vec<_> = closed.iter().map(|place| place.path.as_str()).collect();
        let closed = Message::new("inspect-not-open").with("places", places.join(", "));
        lines.push(format!("· {}", closed.text(language)));
    }
    let mut say = |message: Message| lines.push(message.text(language));
    if node.revised > 0 {
        say(Message::new("inspect-revised").with("count", node.revised));
    }
    if !node.left_out.is_empty() {
        say(Message::new("inspect-left-out").with("names", node.left_out.join(", ")));
    }
    if let Some(excess) = &node.excess {
        say(Message::new("inspect-excess").with("name", excess));
    }
    if !node.expected.is_empty() {
        say(Message::new("inspect-expected").with("names", node.expected.join(", ")));
    }
    lines
}

fn considered(node: &ConsideredNode, language: Language) -> String {
    let message = Message::new(node.verdict).with("place", &node.path).with("position", &node.position);
    let message = match &node.other {
        Some(other) => message.with("other", other),
        None => message,
    };
    format!("{} {}", if node.taken { "→" } else { "·" }, message.text(language))
}

fn document(node: &DocumentNode, language: Language) -> Vec<String> {
    let id = match (node.syntax, &node.malformed) {
        (_, Some(_)) => "inspect-malformed",
        ("xml", _) => "inspect-xml",
        _ => "inspect-json",
    };
    let message = Message::new(id)
        .with("syntax", node.syntax)
        .with("root", &node.root)
        .with("elements", node.elements)
        .with("depth", node.depth)
        .with("detail", node.malformed.as_deref().unwrap_or_default());
    let mut lines = vec![message.text(language)];
    if node.syntax == "xml" && node.malformed.is_none() {
        lines.push(Message::new("inspect-namespace").with("namespace", &node.namespace).text(language));
        lines.push(match node.grammar {
            Some(grammar) => Message::new("inspect-grammar").with("grammar", grammar).text(language),
            None => Message::new("inspect-grammar-none").text(language),
        });
    }
    lines.extend(node.children.iter().map(|(name, count)| {
        let times = if *count > 1 { format!(" × {count}") } else { String::new() };
        format!("  {}", isolate(&format!("{name}{times}"), language))
    }));
    lines
}

/// A name in the language of the reader where Karvan has it, else that of the directory.
fn named(tag: &str, name: &str, language: Language) -> String {
    match translated(tag, language) {
        Some(own) => own.to_owned(),
        None if name.is_empty() => String::new(),
        None => isolate(name, language).into_owned(),
    }
}
