//! The graph as an SVG image: the anchors on the side where the language begins, the signer where it ends.

use std::fmt::Write as _;

use karvan_text::Language;

use super::{Edge, Graph, Node, NodeKind};

const WIDTH: usize = 210;
const HEIGHT: usize = 52;
/// Between two columns: there the labels of edges stand.
const COLUMN_GAP: usize = 200;
const ROW_GAP: usize = 48;
const MARGIN: usize = 24;
const TITLE: usize = 40;
/// How high an edge rises for each column that it passes over.
const RISE: usize = 56;
const LINE: usize = 14;
/// Characters of a line that fit into a box, and beside an edge.
const BOX_CHARACTERS: usize = 28;
const EDGE_CHARACTERS: usize = 40;

/// Where a node stands: its upper left corner.
type Corner = (usize, usize);

pub(super) fn write(graph: &Graph, language: Language) -> String {
    let picture = Picture::new(graph, language);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = picture.write(&mut text);
    text
}

struct Picture<'a> {
    graph: &'a Graph,
    language: Language,
    corners: Vec<Corner>,
    width: usize,
    height: usize,
}

impl<'a> Picture<'a> {
    /// A column a depth; the rows of a column are centred.
    fn new(graph: &'a Graph, language: Language) -> Self {
        let columns = graph.nodes.iter().map(|node| node.depth + 1).max().unwrap_or(1);
        let column = |depth: usize| graph.nodes.iter().enumerate().filter(move |(_, node)| node.depth == depth);
        let rows = (0..columns).map(|depth| column(depth).count()).max().unwrap_or(1).max(1);
        let width = 2 * MARGIN + columns * WIDTH + (columns - 1) * COLUMN_GAP;
        let rise = graph.edges.iter().map(|edge| passed_over(graph, edge)).max().unwrap_or(0) * RISE;
        let lines = graph.nodes.iter().map(|node| 2 * node.rejections.len() * LINE).max().unwrap_or(0);
        let top = MARGIN + TITLE + rise;
        let height = top + rows * HEIGHT + (rows - 1) * ROW_GAP + lines + MARGIN;
        let mut corners = vec![(0, 0); graph.nodes.len()];
        for depth in 0..columns {
            let count = column(depth).count();
            let free = (rows - count) * (HEIGHT + ROW_GAP) / 2;
            // English reads from the anchor on the left to the signer on the right; Persian the other way round.
            let from_left = if language == Language::Persian { depth } else { columns - 1 - depth };
            for (row, (index, _)) in column(depth).enumerate() {
                let x = MARGIN + from_left * (WIDTH + COLUMN_GAP);
                corners[index] = (x, top + free + row * (HEIGHT + ROW_GAP));
            }
        }
        Self { graph, language, corners, width, height }
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Self { width, height, .. } = self;
        let title = escaped(&self.graph.title(self.language));
        let direction = if self.language == Language::Persian { "rtl" } else { "ltr" };
        writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">"
        )?;
        writeln!(text, "<title>{title}</title>")?;
        writeln!(text, "<defs>")?;
        for (name, colour) in [("good", GOOD), ("bad", BAD), ("tried", TRIED)] {
            writeln!(
                text,
                "<marker id=\"{name}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"12\" markerHeight=\"12\" \
                 markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 10 5 0 10z\" fill=\"{colour}\"/></marker>"
            )?;
        }
        writeln!(text, "</defs>")?;
        writeln!(text, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>")?;
        let middle = width / 2;
        let y = MARGIN + 12;
        writeln!(
            text,
            "<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"bold\" \
             direction=\"{direction}\">{title}</text>"
        )?;
        for (index, edge) in self.graph.edges.iter().enumerate() {
            self.edge(text, edge, self.parallel(index))?;
        }
        for (node, corner) in self.graph.nodes.iter().zip(&self.corners) {
            self.node(text, node, *corner)?;
        }
        writeln!(text, "</svg>")
    }

    /// How many edges between the same nodes come before this one, and how many there are.
    fn parallel(&self, index: usize) -> (usize, usize) {
        let ends = |edge: &Edge| (edge.from.min(edge.to), edge.from.max(edge.to));
        let same = |edge: &&Edge| ends(edge) == ends(&self.graph.edges[index]);
        (self.graph.edges[..index].iter().filter(same).count(), self.graph.edges.iter().filter(same).count())
    }

    fn edge(&self, text: &mut String, edge: &Edge, (before, all): (usize, usize)) -> std::fmt::Result {
        let ((from_x, from_y), (to_x, to_y)) = (self.corners[edge.from], self.corners[edge.to]);
        // Edges between the same boxes leave them at different heights.
        let height = HEIGHT * (before + 1) / (all + 1);
        let (from_y, to_y) = (from_y + height, to_y + height);
        let (start, end, bend) = match (from_x).cmp(&to_x) {
            std::cmp::Ordering::Less => (from_x + WIDTH, to_x, COLUMN_GAP / 2),
            std::cmp::Ordering::Greater => (from_x, to_x + WIDTH, COLUMN_GAP / 2),
            std::cmp::Ordering::Equal => (from_x + WIDTH, to_x + WIDTH, 60),
        };
        let control = |x: usize, corner: usize| if x == corner { x.saturating_sub(bend) } else { x + bend };
        let (one, other) = (control(start, from_x), control(end, to_x));
        let (colour, width, dashes, marker) = match (edge.accepted, edge.rejections.is_empty()) {
            (true, _) => (GOOD, 4, "", "good"),
            (false, false) => (BAD, 2, " stroke-dasharray=\"6 4\"", "bad"),
            (false, true) => (TRIED, 2, "", "tried"),
        };
        // What passes over columns rises above them: three quarters of what its controls rise.
        let rise = passed_over(self.graph, edge) * RISE;
        let (one_y, other_y) = (from_y.saturating_sub(rise * 4 / 3), to_y.saturating_sub(rise * 4 / 3));
        writeln!(
            text,
            "<path d=\"M{start} {from_y}C{one} {one_y} {other} {other_y} {end} {to_y}\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"{width}\"{dashes} marker-end=\"url(#{marker})\"/>"
        )?;
        let lines = edge.lines(self.language);
        // The label stands at the middle of the curve, above it.
        let x = (start + 3 * one + 3 * other + end) / 8;
        let y = ((from_y + to_y) / 2).saturating_sub(rise);
        let first = y.saturating_sub(6 + LINE * lines.len().saturating_sub(1));
        for (index, line) in lines.iter().enumerate() {
            self.label(text, (x, first + index * LINE), line, colour, EDGE_CHARACTERS, "11")?;
        }
        Ok(())
    }

    fn node(&self, text: &mut String, node: &Node, (x, y): Corner) -> std::fmt::Result {
        let (fill, stroke, width, dashes) = match node.kind {
            NodeKind::Signer => ("#eef3fb", "#1f4e9c", 2, ""),
            NodeKind::Anchor => ("#fdf6e3", "#7a5b00", 3, ""),
            NodeKind::Authority => ("#ffffff", "#4b5563", 1, ""),
            NodeKind::Unknown => ("#ffffff", BAD, 1, " stroke-dasharray=\"4 3\""),
        };
        writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"{fill}\" stroke=\"{stroke}\" \
             stroke-width=\"{width}\"{dashes}/>"
        )?;
        let [name, kind] = node.lines(self.language);
        let middle = x + WIDTH / 2;
        self.label(text, (middle, y + 22), &name, "#111827", BOX_CHARACTERS, "13")?;
        self.label(text, (middle, y + 40), &kind, "#4b5563", BOX_CHARACTERS, "11")?;
        let reasons = node.rejections.iter().flat_map(|reason| reason.lines(self.language));
        for (index, line) in reasons.enumerate() {
            self.label(text, (middle, y + HEIGHT + LINE * (index + 1)), &line, BAD, EDGE_CHARACTERS, "11")?;
        }
        Ok(())
    }

    fn label(
        &self,
        text: &mut String,
        (x, y): (usize, usize),
        label: &str,
        colour: &str,
        most: usize,
        size: &str,
    ) -> std::fmt::Result {
        let direction = if self.language == Language::Persian { "rtl" } else { "ltr" };
        let short = match label.char_indices().nth(most) {
            Some((end, _)) => format!("{}…", &label[..end]),
            None => label.to_owned(),
        };
        writeln!(
            text,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"{colour}\" \
             direction=\"{direction}\" unicode-bidi=\"plaintext\">{}</text>",
            escaped(&short)
        )
    }
}

/// How many columns lie between the ends of an edge.
fn passed_over(graph: &Graph, edge: &Edge) -> usize {
    graph.nodes[edge.from].depth.abs_diff(graph.nodes[edge.to].depth).saturating_sub(1)
}

const GOOD: &str = "#1a7f37";
const BAD: &str = "#b3261e";
const TRIED: &str = "#6b7280";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
