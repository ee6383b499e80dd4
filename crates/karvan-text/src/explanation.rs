//! What the code of a finding means: the explanations of all codes that Karvan can report.
//!
//! An explanation is data. What no language changes — letters and number, the clause of the standard, an example — stands
//! in `catalogue/findings.txt`; what it means, why it matters and how to mend it stands in `catalogue/{en,fa}/explain.txt`
//! under `explain-1029`, `explain-1029-why` and `explain-1029-mend`. A code of the program without an explanation fails the
//! tests.
//!
//! ```
//! use karvan_text::explanation::{Example, Explanation};
//! use karvan_text::{Code, Language};
//!
//! let counts = Explanation::of(Code::error(1029)).ok_or("no explanation")?;
//! assert_eq!(counts.title(Language::English), "A control count differs from what was counted");
//! let Example::Document(lines) = counts.example() else { return Err("not a document") };
//! assert!(lines.iter().any(|line| line.wrong() && line.text == "UNT+9+1'"));
//! # Ok::<(), &'static str>(())
//! ```

use std::sync::LazyLock;

use crate::catalogue::sentence;
use crate::{Code, Language, Severity};

/// What a code means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    severities: Vec<Severity>,
    number: u16,
    clause: &'static str,
    profile: String,
    example: Example,
}

/// An example of what a code is about, wrong and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// A document: its wrong lines give the finding, its right lines do not.
    Document(Vec<ExampleLine>),
    /// A profile: read with its wrong lines, it gives the finding; with its right lines, it does not.
    Profile(Vec<ExampleLine>),
    /// What cannot be checked by itself: a command line, a piece of a document, something too large to show.
    Sketch(Vec<ExampleLine>),
}

/// A line of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExampleLine {
    /// Where it stands.
    pub side: Side,
    /// The line.
    pub text: &'static str,
}

/// On which side of an example a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On the wrong one alone.
    Wrong,
    /// On the right one alone.
    Right,
    /// On both.
    Both,
}

impl ExampleLine {
    /// Whether it belongs to the wrong side.
    #[must_use]
    pub fn wrong(self) -> bool {
        self.side != Side::Right
    }

    /// Whether it belongs to the right side.
    #[must_use]
    pub fn right(self) -> bool {
        self.side != Side::Wrong
    }
}

impl Example {
    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[ExampleLine] {
        match self {
            Self::Document(lines) | Self::Profile(lines) | Self::Sketch(lines) => lines,
        }
    }

    /// Its wrong side.
    #[must_use]
    pub fn wrong(&self) -> String {
        join(self.lines().iter().filter(|line| line.wrong()))
    }

    /// Its right side.
    #[must_use]
    pub fn right(&self) -> String {
        join(self.lines().iter().filter(|line| line.right()))
    }
}

fn join<'a>(lines: impl Iterator<Item = &'a ExampleLine>) -> String {
    lines.map(|line| line.text).collect::<Vec<_>>().join("\n")
}

impl Explanation {
    /// All explanations, by number.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Explanation>> = LazyLock::new(|| {
            let mut all = read(include_str!("../catalogue/findings.txt"));
            all.sort_by_key(|explanation| explanation.number);
            all
        });
        &ALL
    }

    /// The explanation of `code`, whatever its severity.
    #[must_use]
    pub fn of(code: Code) -> Option<&'static Self> {
        let index = Self::all().binary_search_by_key(&code.number, |explanation| explanation.number).ok()?;
        Self::all().get(index)
    }

    /// The codes it is about: one number, with each severity that a finding can have.
    pub fn codes(&self) -> impl Iterator<Item = Code> {
        self.severities.iter().map(|&severity| Code { severity, number: self.number })
    }

    /// Layer digit and three digits.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The clause of the standard that asks for it.
    #[must_use]
    pub fn clause(&self) -> &'static str {
        self.clause
    }

    /// The profile that the document of the example is checked against; empty where it needs none.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The example.
    #[must_use]
    pub fn example(&self) -> &Example {
        &self.example
    }

    /// What it means.
    #[must_use]
    pub fn title(&self, language: Language) -> &'static str {
        self.sentence("", language)
    }

    /// Why it matters.
    #[must_use]
    pub fn why(&self, language: Language) -> &'static str {
        self.sentence("-why", language)
    }

    /// How to mend it.
    #[must_use]
    pub fn mend(&self, language: Language) -> &'static str {
        self.sentence("-mend", language)
    }

    fn sentence(&self, part: &str, language: Language) -> &'static str {
        sentence(language, &format!("explain-{:04}{part}", self.number)).unwrap_or_default()
    }
}

/// Reads entries: `[E1029 W1029] clause`, then `document:`, `profile:` or `sketch:`, then the lines of the example, each after
/// `- ` (wrong), `+ ` (right) or two spaces (both). A profile that a document follows is what that is checked against.
fn read(text: &'static str) -> Vec<Explanation> {
    let mut entries: Vec<Explanation> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((codes, clause)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
            let codes: Vec<Code> = codes.split(' ').filter_map(|code| code.parse().ok()).collect();
            entries.push(Explanation {
                severities: codes.iter().map(|code| code.severity).collect(),
                number: codes.first().map_or(0, |code| code.number),
                clause,
                profile: String::new(),
                example: Example::Document(Vec::new()),
            });
            continue;
        }
        let Some(entry) = entries.last_mut() else { continue };
        let side = match line.get(..2) {
            Some("- ") => Side::Wrong,
            Some("+ ") => Side::Right,
            Some("  ") => Side::Both,
            _ => {
                match line {
                    "profile:" => entry.example = Example::Profile(Vec::new()),
                    "document:" => {
                        entry.profile = entry.example.right();
                        entry.example = Example::Document(Vec::new());
                    }
                    "sketch:" => entry.example = Example::Sketch(Vec::new()),
                    _ => {}
                }
                continue;
            }
        };
        let (Example::Document(lines) | Example::Profile(lines) | Example::Sketch(lines)) = &mut entry.example;
        lines.push(ExampleLine { side, text: &line[2..] });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_whole_in_both_languages() {
        for explanation in Explanation::all() {
            let number = explanation.number;
            assert!(explanation.codes().count() > 0, "{number}: severities");
            assert!(!explanation.clause.is_empty(), "{number}: clause");
            assert_ne!(explanation.example.wrong(), explanation.example.right(), "{number}: example");
            for language in Language::ALL {
                for part in ["", "-why", "-mend"] {
                    assert!(
                        !explanation.sentence(part, language).is_empty(),
                        "explain-{number:04}{part} in {language:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_number_is_explained_once_and_every_sentence_has_its_entry() {
        let numbers: Vec<_> = Explanation::all().iter().map(Explanation::number).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a number stands twice: {numbers:?}");
        for line in include_str!("../catalogue/en/explain.txt").lines().filter(|line| line.starts_with("explain-")) {
            let number = line["explain-".len()..].get(..4).and_then(|number| number.parse().ok()).unwrap_or_default();
            assert!(numbers.contains(&number), "{line}");
        }
    }

    #[test]
    fn entries_are_read_as_written() {
        let [first, second] =
            read("# note\n[E1029 W1029] ISO\ndocument:\n  a\n- b\n+ c\n\n[N0001] own\nsketch:\n- d\n")
                .try_into()
                .expect("two entries");
        assert_eq!(first.codes().collect::<Vec<_>>(), [Code::error(1029), Code::warning(1029)]);
        assert_eq!((first.example.wrong().as_str(), first.example.right().as_str()), ("a\nb", "a\nc"));
        assert!(matches!(second.example, Example::Sketch(_)));
    }
}
