//! The code of a finding, explained.

use karvan_schema::directory::Directories;
use karvan_text::catalogue::isolate;
use karvan_text::explanation::{Example, ExampleLine, Explanation, Side};
use karvan_text::{Code, Language, Message};
use serde::Serialize;

use super::label;

/// What the code of a finding means. Machines get it in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "finding")]
pub struct FindingTopic {
    /// The code, with each severity that a finding can have.
    pub codes: Vec<Code>,
    /// What it means.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// The clause of the standard.
    pub clause: &'static str,
    /// The code by which CONTRL answers it; none outside layers 1 to 3, and for codes of Karvan's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ErrorCode>,
    /// The example.
    pub example: Sample,
    #[serde(skip)]
    explanation: &'static Explanation,
}

/// An error code of CONTRL (data element 0085).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorCode {
    /// `29`.
    pub code: &'static str,
    /// `Control count does not match number of instances received`.
    pub name: &'static str,
}

/// An example, both sides whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Whether the sides are documents, of which the wrong one gets the code and the right one nothing.
    pub document: bool,
    /// The profile that the documents are checked against, where they need one.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub profile: &'static str,
    /// The wrong side.
    pub wrong: String,
    /// The right side.
    pub right: String,
}

/// The digits from which on codes are Karvan's own.
const OWN: u16 = 900;

/// How many lines of an example are shown around one that is not on both sides.
const AROUND: usize = 2;

impl FindingTopic {
    pub(super) fn new(explanation: &'static Explanation, directories: &'static Directories) -> Self {
        let codes: Vec<Code> = explanation.codes().collect();
        let answered = codes.first().filter(|code| (1..=3).contains(&code.layer()) && code.digits() < OWN);
        let answer = answered.and_then(|code| directories.service("4")?.code("0085", &code.digits().to_string()));
        let example = explanation.example();
        Self {
            codes,
            title: explanation.title(Language::English),
            why: explanation.why(Language::English),
            mend: explanation.mend(Language::English),
            clause: explanation.clause(),
            answer: answer.map(|code| ErrorCode { code: code.value(), name: code.name() }),
            example: Sample {
                document: matches!(example, Example::Document(_)),
                profile: explanation.profile(),
                wrong: example.wrong(),
                right: example.right(),
            },
            explanation,
        }
    }

    /// The code with its title, in one line.
    #[must_use]
    pub fn heading(&self, language: Language) -> String {
        let codes: Vec<_> = self.codes.iter().map(Code::to_string).collect();
        format!("{}: {}", isolate(&codes.join(" "), language), self.explanation.title(language))
    }

    /// The explanation for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut lines = vec![self.heading(language), String::new(), self.explanation.why(language).to_owned()];
        lines.push(format!("{}: {}", label("topic-mend", language), self.explanation.mend(language)));
        if !self.example.profile.is_empty() {
            lines.extend([String::new(), format!("{}:", label("topic-profile", language))]);
            let profile = self.example.profile.lines();
            lines.extend(profile.map(|line| isolate(&format!("    {line}"), language).into_owned()));
        }
        lines.extend([String::new(), format!("{}:", label("topic-example", language))]);
        lines.extend(shown(self.explanation.example().lines()).iter().map(|line| match line {
            Some(ExampleLine { side, text }) => {
                let mark = match side {
                    Side::Wrong => '-',
                    Side::Right => '+',
                    Side::Both => ' ',
                };
                isolate(&format!("  {mark} {text}"), language).into_owned()
            }
            None => "    …".to_owned(),
        }));
        lines.extend([
            String::new(),
            format!("{}: {}", label("topic-clause", language), isolate(self.clause, language)),
        ]);
        if let Some(ErrorCode { code, name }) = self.answer {
            let answer = Message::new("topic-answer").with("code", code).with("name", name);
            lines.push(answer.text(language));
        }
        lines.join("\n") + "\n"
    }
}

/// The lines that differ, with those around them; none for a gap.
fn shown(lines: &[ExampleLine]) -> Vec<Option<ExampleLine>> {
    let near = |index: usize| {
        let around = &lines[index.saturating_sub(AROUND)..lines.len().min(index + AROUND + 1)];
        around.iter().any(|line| line.side != Side::Both)
    };
    let mut shown = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if near(index) {
            shown.push(Some(*line));
        } else if shown.last().is_none_or(Option::is_some) {
            shown.push(None);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::{Topic, explain};
    use super::*;

    fn finding(name: &str) -> FindingTopic {
        match explain(name) {
            Ok(Topic::Finding(topic)) => topic,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_code_of_the_standard_is_tied_to_its_answer() {
        assert_eq!(finding("E1029").answer.map(|answer| answer.code), Some("29"));
        assert_eq!(finding("E2013").answer.map(|answer| answer.code), Some("13"));
        assert_eq!((finding("E1903").answer, finding("E5113").answer), (None, None));
    }

    #[test]
    fn examples_show_what_differs_and_what_stands_around_it() {
        let text = finding("E1029").text(Language::English);
        assert!(
            text.contains("  …\n    DTM+137:20261122:102'\n    UNS+S'\n  - UNT+9+1'\n  + UNT+5+1'\n    UNZ+1+1'\n"),
            "{text}"
        );
    }

    #[test]
    fn people_are_told_in_their_language_and_machines_in_english() {
        let topic = finding("E1029");
        assert!(topic.text(Language::Persian).contains("شمار کنترلی"));
        let json = serde_json::to_value(&topic).unwrap();
        assert_eq!((&json["kind"], &json["codes"][0]), (&"finding".into(), &"E1029".into()));
        assert_eq!(json["title"], "A control count differs from what was counted");
        assert!(json["example"]["wrong"].as_str().unwrap().ends_with("UNT+9+1'\nUNZ+1+1'"));
    }
}
