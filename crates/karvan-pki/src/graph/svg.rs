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

/// No character of a label is wider.
const CHARACTER: usize = 7;

/// Where a node stands: its upper left corner.
type Corner = (usize, usize);

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area(usize, usize, usize, usize);

impl Area {
    /// Of lines whose first stands on `(x, y)`, centred.
    fn of_lines(lines: &[String], (x, y): Corner) -> Self {
        let characters = lines.iter().map(|line| line.chars().count().min(EDGE_CHARACTERS + 1)).max().unwrap_or(0);
        let half = characters * CHARACTER / 2;
        let top = y.saturating_sub(LINE - 3);
        Self(x.saturating_sub(half), top, x + half, top + LINE * lines.len())
    }

    const fn overlaps(self, other: Self) -> bool {
        self.0 < other.2 && other.0 < self.2 && self.1 < other.3 && other.1 < self.3
    }
}

/// A cubic curve.
struct Curve([Corner; 4]);

impl Curve {
    /// The point after so many eighths of its parameter.
    fn at(&self, eighths: usize) -> Corner {
        let (done, left) = (eighths, 8 - eighths);
        let weights = [left * left * left, 3 * left * left * done, 3 * left * done * done, done * done * done];
        let sum = |part: fn(&Corner) -> usize| {
            self.0.iter().zip(weights).map(|(point, weight)| part(point) * weight).sum::<usize>() / 512
        };
        (sum(|point| point.0), sum(|point| point.1))
    }
}

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
    /// Where the first line of the label of each edge stands, in its middle.
    labels: Vec<Corner>,
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
        let mut picture = Self { graph, language, corners, labels: Vec::new(), width, height };
        picture.place_labels();
        picture
    }

    /// Finds room for the labels of edges: at the middle of the curve, else along it, else below all that is in the way.
    fn place_labels(&mut self) {
        let mut taken: Vec<Area> = self.areas_of_nodes().collect();
        for (index, edge) in self.graph.edges.iter().enumerate() {
            let lines = edge.lines(self.language);
            let curve = self.curve(edge, self.parallel(index));
            // Within the picture, which is wider than any label.
            let half = Area::of_lines(&lines, (self.width, 0)).2 - self.width;
            let inside = |x: usize| x.min(self.width.saturating_sub(half)).max(half);
            let above = |(x, y): Corner| (inside(x), y.saturating_sub(6 + LINE * lines.len().saturating_sub(1)));
            let is_free = |place: &Corner| {
                let area = Area::of_lines(&lines, *place);
                !taken.iter().any(|other| area.overlaps(*other))
            };
            let along = [4, 3, 5, 2, 6].map(|eighths| above(curve.at(eighths)));
            let (x, y) = along[0];
            // What stands nowhere ends below everything.
            let below = (1..).map(|step| (x, y + step * LINE / 2));
            let place = along.into_iter().chain(below.take(self.height)).find(is_free).unwrap_or((x, y));
            taken.push(Area::of_lines(&lines, place));
            self.labels.push(place);
        }
        let lowest = taken.iter().map(|area| area.3).max().unwrap_or(0);
        self.height = self.height.max(lowest + MARGIN);
    }

    /// The boxes of nodes with what stands below them.
    fn areas_of_nodes(&self) -> impl Iterator<Item = Area> {
        self.graph.nodes.iter().zip(&self.corners).flat_map(|(node, &(x, y))| {
            let reasons: Vec<_> = node.rejections.iter().flat_map(|reason| reason.lines(self.language)).collect();
            let below = (x + WIDTH / 2, y + HEIGHT + LINE);
            let reasons = (!reasons.is_empty()).then(|| Area::of_lines(&reasons, below));
            [Area(x, y, x + WIDTH, y + HEIGHT)].into_iter().chain(reasons)
        })
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
            Self::edge(text, edge, &self.curve(edge, self.parallel(index)))?;
        }
        // After all lines, for a label may stand where another edge passes.
        for (edge, place) in self.graph.edges.iter().zip(&self.labels) {
            self.edge_label(text, edge, *place)?;
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

    /// The line of an edge: the one after so many `before` between the same nodes, of `all`.
    fn curve(&self, edge: &Edge, (before, all): (usize, usize)) -> Curve {
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
        // What passes over columns rises above them: three quarters of what its controls rise.
        let rise = passed_over(self.graph, edge) * RISE;
        let (one_y, other_y) = (from_y.saturating_sub(rise * 4 / 3), to_y.saturating_sub(rise * 4 / 3));
        Curve([(start, from_y), (one, one_y), (other, other_y), (end, to_y)])
    }

    fn edge(text: &mut String, edge: &Edge, curve: &Curve) -> std::fmt::Result {
        let (colour, width, dashes, marker) = style(edge);
        let [(start, from_y), (one, one_y), (other, other_y), (end, to_y)] = curve.0;
        writeln!(
            text,
            "<path d=\"M{start} {from_y}C{one} {one_y} {other} {other_y} {end} {to_y}\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"{width}\"{dashes} marker-end=\"url(#{marker})\"/>"
        )
    }

    /// The label, on a ground of its own, so that it can be read where a line passes.
    fn edge_label(&self, text: &mut String, edge: &Edge, (x, first): Corner) -> std::fmt::Result {
        let lines = edge.lines(self.language);
        let Area(left, top, right, bottom) = Area::of_lines(&lines, (x, first));
        let (width, height) = (right - left, bottom - top);
        writeln!(
            text,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\" fill-opacity=\"0.85\"/>"
        )?;
        for (index, line) in lines.iter().enumerate() {
            self.label(text, (x, first + index * LINE), line, style(edge).0, EDGE_CHARACTERS, "11")?;
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

/// The colour of an edge, its width, its dashes and its arrow.
fn style(edge: &Edge) -> (&'static str, usize, &'static str, &'static str) {
    match (edge.accepted, edge.rejections.is_empty()) {
        (true, _) => (GOOD, 4, "", "good"),
        (false, false) => (BAD, 2, " stroke-dasharray=\"6 4\"", "bad"),
        (false, true) => (TRIED, 2, "", "tried"),
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::{CertificateSet, Evidence, Limits, Options, RevocationMode, TrustStore, find_paths};

    /// The files of a folder of samples.
    fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "pem")).collect();
        files.sort();
        files.into_iter().map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
    }

    /// The pictures of every sample signer, from each of the samples' stores.
    fn pictures() -> Vec<(String, Graph)> {
        let limits = Limits::default();
        let mut pictures = Vec::new();
        for (place, store) in [("trust", "trust/store"), ("pki", "pki/trust-iran")] {
            let (anchors, _) = TrustStore::load(folder(store), &limits);
            let (pool, _) = CertificateSet::load(folder(&format!("{place}/cross")), &limits);
            let (evidence, _) = Evidence::load(folder(&format!("{place}/crl")), &limits);
            for (name, octets) in folder(&format!("{place}/signers")) {
                let (chain, _) = CertificateSet::load([(&name, octets)], &limits);
                let Some(signer) = chain.iter().next().filter(|_| !name.ends_with(".key.pem")) else { continue };
                let mut pool = pool.clone();
                pool.extend(&chain, &limits);
                let mut options = Options::document_signature("2026-06-15T00:00:00Z".parse().unwrap());
                (options.every_path, options.revocation.mode) = (true, RevocationMode::Require);
                options.revocation.evidence = evidence.clone().into();
                pictures.push((name.clone(), Graph::new(&find_paths(signer, &pool, &anchors, &options))));
            }
        }
        pictures
    }

    #[test]
    fn no_label_lies_over_another_or_over_a_box() {
        let pictures = pictures();
        assert!(pictures.len() > 6);
        for (name, graph) in &pictures {
            for language in [Language::English, Language::Persian] {
                let picture = Picture::new(graph, language);
                let edges = graph.edges.iter().zip(&picture.labels);
                let labels = edges.map(|(edge, place)| Area::of_lines(&edge.lines(language), *place));
                let areas: Vec<_> = picture.areas_of_nodes().chain(labels).collect();
                for (index, area) in areas.iter().enumerate() {
                    let over = areas[..index].iter().find(|other| area.overlaps(**other));
                    assert_eq!(over, None, "{name}: {area:?}");
                    assert!(area.2 <= picture.width && area.3 <= picture.height, "{name}: {area:?}");
                }
            }
        }
    }
}
