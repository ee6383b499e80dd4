//! The graph in the language of Graphviz.

use std::fmt::Write as _;

use karvan_text::Language;

use super::{Graph, NodeKind};

pub(super) fn write(graph: &Graph, language: Language) -> String {
    let direction = if language == Language::Persian { "RL" } else { "LR" };
    let mut text = format!("digraph trust {{\n  label={};\n", quoted(&graph.title(language)));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  rankdir={direction};\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];");
    let _ = writeln!(text, "  edge [fontname=\"sans-serif\", fontsize=10];");
    for (index, node) in graph.nodes.iter().enumerate() {
        let mut lines = node.lines(language).to_vec();
        lines.extend(node.rejections.iter().flat_map(|reason| reason.lines(language)));
        let shape = match node.kind {
            NodeKind::Anchor => ", style=\"rounded,bold\"",
            NodeKind::Signer => ", style=\"rounded,filled\", fillcolor=\"#eef3fb\"",
            NodeKind::Unknown => ", style=\"rounded,dashed\"",
            NodeKind::Authority => "",
        };
        let _ = writeln!(text, "  n{index} [label={}{shape}];", quoted(&lines.join("\n")));
    }
    for edge in &graph.edges {
        let style = match (edge.accepted, edge.rejections.is_empty()) {
            (true, _) => ", penwidth=3, color=\"#1a7f37\"",
            (false, false) => ", style=dashed, color=\"#b3261e\", fontcolor=\"#b3261e\"",
            (false, true) => ", color=\"#6b7280\"",
        };
        let label = quoted(&edge.lines(language).join("\n"));
        let _ = writeln!(text, "  n{} -> n{} [label={label}{style}];", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
