//! Findings as a log in the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS).
//!
//! A log is written as findings come: results first, then the rules, which are the codes that were met. So it takes
//! no more memory for a million findings than for one.

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::catalogue::sentence;
use crate::explanation::Explanation;
use crate::{Code, Diagnostic, Fix, Language, Message, Severity, Span};

/// A log being written.
#[derive(Debug, Default)]
pub struct Log {
    begun: bool,
    rules: Vec<Rule>,
    unfinished: bool,
}

/// A code that was met, with the messages it was met with.
#[derive(Debug)]
struct Rule {
    code: Code,
    messages: Vec<Message>,
}

impl Log {
    /// Writes one finding about the document `name`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finding(&mut self, out: &mut dyn Write, name: &str, finding: &Diagnostic) -> io::Result<()> {
        let separator = if self.begin(out)? { "\n" } else { ",\n" };
        out.write_all(separator.as_bytes())?;
        let rule = self.rule(finding.code, &finding.message);
        Ok(serde_json::to_writer(out, &result(name, rule, finding))?)
    }

    /// Remembers that the check of a document did not come to its end.
    pub fn unfinished(&mut self) {
        self.unfinished = true;
    }

    /// Ends the log.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        let invocations = json!([{ "executionSuccessful": !self.unfinished }]);
        let tool = json!({ "driver": {
            "name": "karvan", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"),
            "language": "en", "rules": self.rules.iter().map(Rule::descriptor).collect::<Vec<_>>(),
        }});
        writeln!(out, "\n],\"invocations\":{invocations},\"tool\":{tool}}}]}}")
    }

    /// Writes the head, unless it is written already; tells whether it was written now.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<bool> {
        if self.begun {
            return Ok(false);
        }
        self.begun = true;
        write!(
            out,
            "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\
             \"runs\":[{{\"columnKind\":\"unicodeCodePoints\",\"results\":["
        )?;
        Ok(true)
    }

    /// The index of the rule that `code` is, which now knows `message` too.
    fn rule(&mut self, code: Code, message: &Message) -> usize {
        let index = self.rules.iter().position(|rule| rule.code == code).unwrap_or_else(|| {
            self.rules.push(Rule { code, messages: Vec::new() });
            self.rules.len() - 1
        });
        let messages = &mut self.rules[index].messages;
        if !messages.iter().any(|known| known.id() == message.id()) {
            messages.push(message.clone());
        }
        index
    }
}

impl Rule {
    /// The `reportingDescriptor` of §3.49.
    fn descriptor(&self) -> Value {
        let code = self.code;
        let strings =
            self.messages.iter().map(|message| (message.id().to_owned(), json!({ "text": template(message) })));
        let mut descriptor = json!({
            "id": code.to_string(),
            "messageStrings": strings.collect::<Map<_, _>>(),
            "defaultConfiguration": { "level": level(code) },
        });
        if let Some(explanation) = Explanation::of(code) {
            let text = |sentence: &str| json!({ "text": literal(sentence) });
            descriptor["shortDescription"] = text(explanation.title(Language::English));
            descriptor["fullDescription"] = text(explanation.why(Language::English));
            descriptor["help"] = text(explanation.mend(Language::English));
        }
        descriptor
    }
}

fn level(code: Code) -> &'static str {
    match code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The sentence of a message with `{0}` for its first argument, `{1}` for its second (§3.11.5).
fn template(message: &Message) -> String {
    let Some(sentence) = sentence(Language::English, message.id()) else {
        return literal(&message.text(Language::English));
    };
    let mut template = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        template.push_str(&literal(before));
        // Writing to a string cannot fail.
        let _ = match message.arguments().iter().position(|(key, _)| *key == name) {
            Some(index) => write!(template, "{{{index}}}"),
            None => write!(template, "{name}"),
        };
        rest = after;
    }
    template + &literal(rest)
}

/// `text` as a message string in which no brace is a placeholder.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// The `result` of §3.27.
fn result(name: &str, rule: usize, finding: &Diagnostic) -> Value {
    let message = &finding.message;
    let arguments: Vec<_> = message.arguments().iter().map(|(_, value)| value).collect();
    let mut result = json!({
        "ruleId": finding.code.to_string(), "ruleIndex": rule, "level": level(finding.code),
        "message": { "text": literal(&message.text(Language::English)), "id": message.id(), "arguments": arguments },
        "locations": [location(name, finding)],
    });
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([fixed(name, fix, finding.help.as_ref())]);
    }
    let properties: Map<_, _> = [
        ("expected", finding.expected.clone()),
        ("found", finding.found.clone()),
        ("rule", finding.rule.clone()),
        ("help", finding.help.as_ref().map(|help| help.text(Language::English))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
    .collect();
    if !properties.is_empty() {
        result["properties"] = Value::Object(properties);
    }
    result
}

/// The place as line and column, as octets, and by its path in the document.
fn location(name: &str, finding: &Diagnostic) -> Value {
    let place = &finding.place;
    let mut region = octets(place.span);
    region["startLine"] = place.position.line.into();
    region["startColumn"] = place.position.column.into();
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(name) }, "region": region } });
    if !place.path.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": place.path }]);
    }
    location
}

fn octets(span: Span) -> Value {
    json!({ "byteOffset": span.start, "byteLength": span.len() })
}

/// A fix replaces octets, so that what is put there is told as octets too (§3.57.4).
fn fixed(name: &str, fix: &Fix, help: Option<&Message>) -> Value {
    let inserted = json!({ "text": fix.replacement, "binary": BASE64_STANDARD.encode(&fix.replacement) });
    let mut fixed = json!({ "artifactChanges": [{
        "artifactLocation": { "uri": uri(name) },
        "replacements": [{ "deletedRegion": octets(fix.span), "insertedContent": inserted }],
    }]});
    if let Some(help) = help {
        fixed["description"] = json!({ "text": literal(&help.text(Language::English)) });
    }
    fixed
}

/// A file name as a reference of RFC 3986.
fn uri(name: &str) -> String {
    let name = if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() };
    let mut uri = match name.as_bytes() {
        [b'/', ..] => "file://".to_owned(),
        // A drive is no scheme.
        [drive, b':', ..] if cfg!(windows) && drive.is_ascii_alphabetic() => "file:///".to_owned(),
        _ => String::new(),
    };
    for octet in name.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'@' | b'+' | b',' => {
                uri.push(char::from(octet));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{octet:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Position};

    fn finding(message: Message) -> Diagnostic {
        let place = Place {
            span: Span::new(244, 246),
            position: Position { line: 12, column: 5 },
            path: "UNT/0074".into(),
            ..Place::default()
        };
        Diagnostic::new(Code::error(1029), message, place).fix(Span::new(244, 246), "10").found("11")
    }

    fn count() -> Message {
        Message::new("count-differs-unt").with("counted", 11).with("actual", 10)
    }

    fn written(findings: &[Diagnostic]) -> Value {
        let (mut log, mut out) = (Log::default(), Vec::new());
        for finding in findings {
            log.finding(&mut out, "in/order 1.edi", finding).unwrap();
        }
        log.finish(&mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_result_has_its_place_twice_and_its_fix() {
        let log = written(&[finding(count())]);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "E1029");
        assert_eq!(result["message"]["arguments"], json!(["11", "10"]));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "in/order%201.edi");
        let region = json!({ "byteOffset": 244, "byteLength": 2, "startLine": 12, "startColumn": 5 });
        assert_eq!(place["region"], region);
        let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(replacement["insertedContent"], json!({ "text": "10", "binary": "MTA=" }));
    }

    #[test]
    fn a_rule_stands_once_with_the_strings_of_its_messages() {
        let une = Message::new("count-differs-une").with("counted", 1).with("actual", 2);
        let log = written(&[finding(count()), finding(une), finding(count())]);
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 1);
        let text = &rules[0]["messageStrings"]["count-differs-unt"]["text"];
        assert_eq!(text, "UNT counts {0} segments, the message has {1} (UNH to UNT inclusive)");
        assert_eq!(rules[0]["messageStrings"].as_object().unwrap().len(), 2);
        assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn braces_of_a_document_are_no_placeholders() {
        let message = Message::new("count-differs-unt").with("counted", "{1}").with("actual", 10);
        let log = written(&[finding(message)]);
        let text = log["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
        assert!(text.starts_with("UNT counts {{1}} segments"), "{text}");
    }

    #[test]
    fn a_log_of_nothing_is_whole() {
        let log = written(&[]);
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["invocations"], json!([{ "executionSuccessful": true }]));
    }

    #[test]
    fn names_become_references() {
        assert_eq!(uri("/in/a:b%.edi"), "file:///in/a%3Ab%25.edi");
        assert_eq!(uri("پیام.edi"), "%D9%BE%DB%8C%D8%A7%D9%85.edi");
        assert_eq!(uri("day.zip!a.edi"), "day.zip!a.edi");
    }
}
