//! The graph in the language of Mermaid.

use std::fmt::Write as _;

use karvan_text::Language;

use super::{Graph, NodeKind};

pub(super) fn write(graph: &Graph, language: Language) -> String {
    let direction = if language == Language::Persian { "RL" } else { "LR" };
    // Writing to a string cannot fail.
    let mut text = format!("---\ntitle: {}\n---\nflowchart {direction}\n", quoted(&graph.title(language)));
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut lines = node.lines(language).to_vec();
        lines.extend(node.rejections.iter().flat_map(|reason| reason.lines(language)));
        let label = quoted(&lines.join("\n"));
        let _ = match node.kind {
            NodeKind::Anchor => writeln!(text, "  n{index}[[{label}]]"),
            NodeKind::Signer => writeln!(text, "  n{index}([{label}])"),
            NodeKind::Unknown => writeln!(text, "  n{index}{{{{{label}}}}}"),
            NodeKind::Authority => writeln!(text, "  n{index}[{label}]"),
        };
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        let arrow = match (edge.accepted, edge.rejections.is_empty()) {
            (true, _) => "==>",
            (false, false) => "-.->",
            (false, true) => "-->",
        };
        let label = quoted(&edge.lines(language).join("\n"));
        let _ = writeln!(text, "  n{} {arrow}|{label}| n{}", edge.from, edge.to);
        let _ = match (edge.accepted, edge.rejections.is_empty()) {
            (true, _) => writeln!(text, "  linkStyle {index} stroke:#1a7f37,stroke-width:4px"),
            (false, false) => writeln!(text, "  linkStyle {index} stroke:#b3261e,color:#b3261e"),
            (false, true) => Ok(()),
        };
    }
    text
}

/// A text in quotation marks, with every character that could end it as an entity.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("<br>"),
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
