//! Findings as a test report in the JUnit form that build servers read (`junit-10.xsd` of Jenkins).
//!
//! A document is a suite. Each error is a test case that failed; a document without errors is one test case that passed,
//! and one whose check did not come to its end has a test case in error. Warnings and notes are told in `system-out`.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::catalogue::{picture, shortened};
use crate::{Diagnostic, Language, Severity, Verdict};

/// A report being written. It holds the test cases of one document, for their number comes first.
#[derive(Debug, Default)]
pub struct Report {
    begun: bool,
    cases: String,
    notes: String,
    failures: usize,
}

impl Report {
    /// Takes one finding about the document `name`, whose end is told by [`Self::document`].
    pub fn finding(&mut self, name: &str, finding: &Diagnostic) {
        let sentence = escaped(&finding.message.text(Language::English));
        let details = escaped(&details(name, finding));
        let code = finding.code;
        // Writing to a string cannot fail.
        let _ = match code.severity {
            Severity::Error => {
                self.failures += 1;
                let (name, place) = (escaped(name), escaped(&place(finding)));
                writeln!(
                    self.cases,
                    "    <testcase classname=\"{name}\" name=\"{code} {place}\">\
                     <failure type=\"{code}\" message=\"{sentence}\">{details}</failure></testcase>"
                )
            }
            Severity::Warning | Severity::Note => writeln!(self.notes, "{code}: {sentence}\n{details}"),
        };
    }

    /// Writes the suite of the document `name`, all of whose findings were taken.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn document(&mut self, out: &mut dyn Write, name: &str, verdict: Verdict) -> io::Result<()> {
        self.begin(out)?;
        let name = escaped(name);
        let unfinished = verdict == Verdict::Unfinished;
        let own_case = unfinished || self.failures == 0;
        let tests = self.failures + usize::from(own_case);
        let (failures, errors) = (self.failures, usize::from(unfinished));
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\">"
        )?;
        out.write_all(self.cases.as_bytes())?;
        if unfinished {
            let why = "the check did not come to its end";
            writeln!(
                out,
                "    <testcase classname=\"{name}\" name=\"{name}\"><error type=\"unfinished\" message=\"{why}\"/></testcase>"
            )?;
        } else if own_case {
            writeln!(out, "    <testcase classname=\"{name}\" name=\"{name}\"/>")?;
        }
        if !self.notes.is_empty() {
            writeln!(out, "    <system-out>{}</system-out>", self.notes.trim_end())?;
        }
        *self = Self { begun: true, ..Self::default() };
        writeln!(out, "  </testsuite>")
    }

    /// Ends the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        writeln!(out, "</testsuites>")
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"karvan\">")
    }
}

/// `16:5 UNT/0074`.
fn place(finding: &Diagnostic) -> String {
    let position = finding.place.position;
    format!("{}:{} {}", position.line, position.column, finding.place.path).trim_end().to_owned()
}

/// What the sentence does not say.
fn details(name: &str, finding: &Diagnostic) -> String {
    let span = finding.place.span;
    let mut text = format!("{name}:{} (bytes {} to {})", place(finding), span.start, span.end);
    let facts = [("expected", &finding.expected), ("found", &finding.found), ("rule", &finding.rule)];
    for (label, value) in facts {
        if let Some(value) = value {
            text = format!("{text}\n{label}: {}", shortened(value));
        }
    }
    match &finding.help {
        Some(help) => format!("{text}\nhelp: {}", help.text(Language::English)),
        None => text,
    }
}

/// `text` as content or as the value of an attribute; what XML cannot say is shown as a picture.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(picture(other)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Message, Place, Position, Span};

    fn finding(code: Code) -> Diagnostic {
        let place = Place {
            span: Span::new(341, 343),
            position: Position { line: 16, column: 5 },
            path: "UNT/0074".into(),
            ..Place::default()
        };
        Diagnostic::new(code, Message::new("severity-error"), place).found("<\u{1}&\">")
    }

    fn written(findings: &[Diagnostic], verdict: Verdict) -> String {
        let (mut report, mut out) = (Report::default(), Vec::new());
        for finding in findings {
            report.finding("a&b.edi", finding);
        }
        report.document(&mut out, "a&b.edi", verdict).unwrap();
        report.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_error_is_a_test_case_that_failed() {
        let text = written(&[finding(Code::error(1029)), finding(Code::warning(1901))], Verdict::Invalid);
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"karvan\">\n  \
               <testsuite name=\"a&amp;b.edi\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
                 <testcase classname=\"a&amp;b.edi\" name=\"E1029 16:5 UNT/0074\">\
                   <failure type=\"E1029\" message=\"error\">a&amp;b.edi:16:5 UNT/0074 (bytes 341 to 343)\n\
                   found: &lt;␁&amp;&quot;&gt;</failure></testcase>\n    \
                 <system-out>W1901: error\na&amp;b.edi:16:5 UNT/0074 (bytes 341 to 343)\nfound: &lt;␁&amp;&quot;&gt;</system-out>\n  \
               </testsuite>\n\
             </testsuites>\n"
        );
    }

    #[test]
    fn a_document_without_errors_is_a_test_case_that_passed() {
        let text = written(&[], Verdict::Valid);
        assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\""), "{text}");
        assert!(text.contains("<testcase classname=\"a&amp;b.edi\" name=\"a&amp;b.edi\"/>"), "{text}");
    }

    #[test]
    fn what_was_not_finished_did_not_pass() {
        let text = written(&[finding(Code::error(1029))], Verdict::Unfinished);
        assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"1\""), "{text}");
        assert!(text.contains("<error type=\"unfinished\""), "{text}");
    }
}
