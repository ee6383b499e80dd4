//! The result table of a set: a few lines of summary, a header, one row a case.

use std::collections::BTreeSet;
use std::fmt::Write;

/// How a line begins that names a tool.
const TOOL: &str = "# beside: ";

/// Results of a run.
#[derive(Debug, Default)]
pub(crate) struct Table {
    summary: Vec<String>,
    tools: Vec<String>,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns, of which the first names the case.
    pub(crate) fn new(columns: impl Into<Vec<&'static str>>) -> Self {
        Self { summary: Vec::new(), tools: Vec::new(), columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a case.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl ToString>) {
        // A cell is one field of one line, whatever a file is called or a message says.
        let cell = |cell: String| cell.replace(['\t', '\n', '\r'], " ");
        self.rows.push(cells.into_iter().map(|value| cell(value.to_string())).collect());
    }

    /// Adds a line to the summary.
    pub(crate) fn summary(&mut self, line: impl Into<String>) {
        self.summary.push(line.into());
    }

    /// Names a tool beside which the run was made, with its version. Another version is no difference of the result.
    pub(crate) fn tool(&mut self, line: impl Into<String>) {
        self.tools.push(line.into());
    }

    /// The table as it is kept.
    pub(super) fn text(&self, name: &str, about: &str) -> String {
        let mut text = format!("# {about}\n# made by: cargo xtask conformance {name}\n");
        for line in &self.summary {
            let _ = writeln!(text, "# = {line}");
        }
        for line in &self.tools {
            let _ = writeln!(text, "{TOOL}{line}");
        }
        let _ = writeln!(text, "{}", self.columns.join("\t"));
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.join("\t"));
        }
        text
    }
}

/// The summary in `text`, each line with the name of the set.
pub(super) fn summary(name: &str, text: &str) -> String {
    text.lines().filter_map(|line| line.strip_prefix("# = ")).map(|line| format!("{name}: {line}\n")).collect()
}

/// The lines that stand in one of the two texts only, the first twenty of them; none where the texts are the same.
pub(super) fn difference(kept: &str, run: &str) -> Option<String> {
    const MOST: usize = 20;
    let results = |text| str::lines(text).filter(|line| !line.starts_with(TOOL));
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (results(kept).collect(), results(run).collect());
    let lost = results(kept).filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let gained = results(run).filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let mut lines: Vec<String> = lost.chain(gained).collect();
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("… and {more} lines more"));
    }
    results(kept).ne(results(run)).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_one_line_a_case_and_its_difference_is_told() {
        let mut table = Table::new(["case", "verdict"]);
        table.row(["a\tb", "valid"]);
        table.summary("1 case");
        let text = table.text("x", "about x");
        assert_eq!(text, "# about x\n# made by: cargo xtask conformance x\n# = 1 case\ncase\tverdict\na b\tvalid\n");
        assert_eq!(summary("x", &text), "x: 1 case\n");
        assert_eq!(difference(&text, &text), None);
        table.tool("xmllint 2.9");
        assert_eq!(difference(&text, &table.text("x", "about x")), None);
        assert_eq!(difference(&text, &text.replace("valid", "invalid")).unwrap(), "- a b\tvalid\n+ a b\tinvalid");
    }
}
