//! Findings for a machine: one object a finding, never translated.

use std::io::{self, Write};

use serde::Serialize;

use crate::{Code, Diagnostic, Fix, Message, Place, Severity};

/// A finding as JSON; field names are part of the command line contract.
#[derive(Serialize)]
struct Finding<'a> {
    code: Code,
    severity: Severity,
    message: &'a Message,
    #[serde(flatten)]
    place: &'a Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: &'a Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: &'a Option<Fix>,
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Finding {
            code: self.code,
            severity: self.code.severity,
            message: &self.message,
            place: &self.place,
            expected: &self.expected,
            found: &self.found,
            help: &self.help,
            rule: &self.rule,
            fix: &self.fix,
        }
        .serialize(serializer)
    }
}

/// What is told about the document `file`: the fields of `facts`, after its name.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct InFile<'a, T> {
    /// The name of the document.
    pub file: &'a str,
    /// What is told about it.
    #[serde(flatten)]
    pub facts: &'a T,
}

/// Objects on their way out: the items of one array, or each on a line of its own.
#[derive(Debug)]
pub struct List {
    lines: bool,
    begun: bool,
}

impl List {
    /// An array of JSON.
    #[must_use]
    pub const fn array() -> Self {
        Self { lines: false, begun: false }
    }

    /// JSON lines.
    #[must_use]
    pub const fn lines() -> Self {
        Self { lines: true, begun: false }
    }

    /// Writes one object.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn item(&mut self, out: &mut dyn Write, item: &impl Serialize) -> io::Result<()> {
        if !self.lines {
            out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
            self.begun = true;
        }
        serde_json::to_writer(&mut *out, item)?;
        if self.lines { writeln!(out) } else { Ok(()) }
    }

    /// Ends the list, which may be empty.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.lines, self.begun) {
            (true, _) => Ok(()),
            (false, true) => out.write_all(b"\n]\n"),
            (false, false) => out.write_all(b"[]\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataElementPosition, Position, Span, Unit};

    fn listed(mut list: List, items: &[u8]) -> String {
        let mut out = Vec::new();
        for item in items {
            list.item(&mut out, item).unwrap();
        }
        list.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_list_is_an_array_or_lines() {
        assert_eq!(listed(List::array(), &[1, 2]), "[\n1,\n2\n]\n");
        assert_eq!(listed(List::array(), &[]), "[]\n");
        assert_eq!(listed(List::lines(), &[1, 2]), "1\n2\n");
        assert_eq!(listed(List::lines(), &[]), "");
    }

    #[test]
    fn a_finding_is_one_flat_object() {
        let place = Place {
            span: Span::new(4, 6),
            position: Position { line: 1, column: 5 },
            unit: Some(Unit { header: "UNH", number: 1 }),
            path: "UNT/0074".to_owned(),
            data_element: Some(DataElementPosition { position: 2, component: None, occurrence: None }),
        };
        let finding = Diagnostic::new(Code::error(1029), Message::new("label-help").with("n", 1), place).found("13");
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "code": "E1029", "severity": "error",
                "message": {"id": "label-help", "arguments": {"n": "1"}, "text": "help"},
                "span": {"start": 4, "end": 6}, "line": 1, "column": 5, "unit": {"header": "UNH", "number": 1},
                "path": "UNT/0074", "data_element": {"position": 2}, "found": "13",
            })
        );
    }
}
