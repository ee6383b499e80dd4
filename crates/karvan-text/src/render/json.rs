//! Findings for a machine: one object a finding, never translated.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataElementPosition, Position, Span, Unit};

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
