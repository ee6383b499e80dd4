//! Findings as workflow commands of GitHub Actions, which shows them beside the line of the file.

use std::io::{self, Write};

use crate::{Diagnostic, Language, Severity};

/// Writes one finding about the file `name` as `::error file=…,line=…,col=…,title=…::…`.
///
/// A command is one line: what would end it, or one of its properties, is escaped, so that no document can give
/// commands of its own.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, name: &str, finding: &Diagnostic) -> io::Result<()> {
    let command = match finding.code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let position = finding.place.position;
    write!(out, "::{command} ")?;
    // Standard input is no file of the repository.
    if name != "-" {
        write!(out, "file={},", property(name))?;
    }
    write!(out, "line={},col={},title={}", position.line, position.column, property(&finding.code.to_string()))?;
    writeln!(out, "::{}", data(&text(finding)))
}

/// The sentence, where it is, what was expected and found, and what to do, one a line.
fn text(finding: &Diagnostic) -> String {
    let mut text = finding.message.text(Language::English);
    if !finding.place.path.is_empty() {
        text = format!("{text}\n{}", finding.place.path);
    }
    let facts = [("expected", &finding.expected), ("found", &finding.found), ("rule", &finding.rule)];
    for (label, value) in facts {
        if let Some(value) = value {
            text = format!("{text}\n{label}: {}", crate::catalogue::shortened(value));
        }
    }
    match &finding.help {
        Some(help) => format!("{text}\nhelp: {}", help.text(Language::English)),
        None => text,
    }
}

/// Text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Message, Place, Position, Span};

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let place = Place {
            span: Span::new(4, 6),
            position: Position { line: 16, column: 5 },
            path: "UNT".into(),
            ..Place::default()
        };
        let finding = Diagnostic::new(Code::warning(1029), Message::new("severity-error"), place)
            .expected("100 %")
            .found("a\r\n::error::b");
        let mut out = Vec::new();
        write(&mut out, "a,b:c\n.edi", &finding).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::warning file=a%2Cb%3Ac%0A.edi,line=16,col=5,title=W1029::\
             error%0AUNT%0Aexpected: 100 %25%0Afound: a%0D%0A::error::b\n"
        );
    }

    #[test]
    fn standard_input_has_no_file() {
        let finding = Diagnostic::new(Code::error(1), Message::new("severity-note"), Place::default());
        let mut out = Vec::new();
        write(&mut out, "-", &finding).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "::error line=1,col=1,title=E0001::note\n");
    }
}
