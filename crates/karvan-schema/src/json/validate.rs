//! Whether a JSON document is what its schema declares.

use std::borrow::Cow;
use std::fmt;

use karvan_text::{Code, Diagnostic, Message, Place, Span};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Datatype, Definition};
use crate::xml;

/// What the names of members begin with that the schemas leave to partners; one of them names the schema of a document.
const EXTENSION: &str = "x-";

/// How deep objects and arrays are looked into; schemas go half as deep.
const DEPTH: usize = 64;

/// Holds a JSON object against what may stand in it; gives what does not fit, in the order of the document.
///
/// The codes are those of XML grammars: E5112 a code that the schema does not list, E5113 what is missing or stands too seldom, E5135 what stands too
/// often, E5137 what is not of its datatype, E5151 what has no place, E5153 an array in place of one value or one value in
/// place of an array. Places have octets and path.
///
/// ```
/// use karvan_schema::json::{Grammar, validate};
///
/// let order = Grammar::builtin().root("CrossIndustryOrder").unwrap();
/// let findings = validate(r#"{"exchangedDocument": {"colour": "blue"}}"#, order);
/// let colour = findings.iter().find(|finding| finding.code.to_string() == "E5151").unwrap();
/// assert_eq!(colour.place.path, "/exchangedDocument/colour");
/// ```
#[must_use]
pub fn validate(source: &str, definition: Definition<'_>) -> Vec<Diagnostic> {
    let mut validator = Validator { source, path: String::new(), findings: Vec::new() };
    validator.value(source.trim(), definition, 0);
    validator.findings
}

/// The members of a JSON object, every one with its text in the source; none if it is no object.
#[must_use]
pub fn members(raw: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de str)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                members.push((key, raw.get()));
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    let members = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok()?;
    Some(members)
}

/// The text of a string, a number, `true` or `false`.
#[must_use]
pub fn scalar(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<Key<'_>>(raw).ok().map(|Key(text)| text),
        b'-' | b'0'..=b'9' | b't' | b'f' => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// A name, of the source where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'s>(#[serde(borrow)] Cow<'s, str>);

struct Validator<'s> {
    source: &'s str,
    path: String,
    findings: Vec<Diagnostic>,
}

impl<'s> Validator<'s> {
    fn value(&mut self, raw: &'s str, definition: Definition<'_>, depth: usize) {
        let datatype = definition.datatype();
        if datatype != Datatype::Object {
            return self.scalar(raw, definition);
        }
        let Some(members) = members(raw).filter(|_| depth < DEPTH) else {
            return self.tell(5137, Message::new("json-no-object"), raw, "object", raw);
        };
        for (at, (name, raw)) in members.iter().enumerate() {
            if name.starts_with(EXTENSION) {
                continue;
            }
            let length = self.path.len();
            self.path.push('/');
            self.path.push_str(name);
            match definition.member(name) {
                None => self.tell(5151, Message::new("json-member-unknown").with("name", name), raw, "", name),
                Some(_) if members[..at].iter().any(|(other, _)| other == name) => {
                    let message = Message::new("json-member-often").with("name", name).with("limit", 1);
                    self.tell(5135, message, raw, "1", "2");
                }
                Some(member) if member.is_array() => self.items(raw, member, depth),
                Some(member) => self.value(raw, member.definition(), depth + 1),
            }
            self.path.truncate(length);
        }
        for member in definition.members().filter(super::Member::is_required) {
            if members.iter().all(|(name, _)| name != member.name()) {
                let message = Message::new("json-member-missing").with("name", member.name());
                self.tell(5113, message, &raw[..1], member.name(), "");
            }
        }
    }

    fn items(&mut self, raw: &'s str, member: super::Member<'_>, depth: usize) {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
            return self.tell(5153, Message::new("json-no-array"), raw, "array", raw);
        };
        if items.len() < member.minimum() as usize {
            let message = Message::new("json-member-few").with("name", member.name()).with("limit", member.minimum());
            self.tell(5113, message, raw, &member.minimum().to_string(), &items.len().to_string());
        }
        if let Some(limit) = member.maximum().filter(|limit| items.len() > *limit as usize) {
            let message = Message::new("json-member-often").with("name", member.name()).with("limit", limit);
            self.tell(5135, message, raw, &limit.to_string(), &items.len().to_string());
        }
        for item in items {
            self.value(item.get(), member.definition(), depth + 1);
        }
    }

    fn scalar(&mut self, raw: &str, definition: Definition<'_>) {
        let datatype = definition.datatype();
        if raw.starts_with('[') {
            return self.tell(5153, Message::new("json-array"), raw, "", raw);
        }
        let text = scalar(raw).unwrap_or_default();
        if !is_of(raw, &text, datatype) {
            let message = Message::new("json-datatype").with("value", raw).with("datatype", name(datatype));
            self.tell(5137, message, raw, name(datatype), raw);
        } else if !definition.codes().is_empty() && definition.codes().iter().all(|code| *code != text) {
            self.tell(5112, Message::new("json-code").with("value", &text), raw, "", &text);
        }
    }

    fn tell(&mut self, code: u16, message: Message, at: &str, expected: &str, found: &str) {
        // What was found, but no more of it than a line shows.
        let found: String = found.chars().take(60).collect();
        let start = (at.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        let place = Place { span: Span::from(start..start + at.len()), path: self.path.clone(), ..Place::default() };
        let mut finding = Diagnostic::new(Code::error(code), message, place);
        if !expected.is_empty() {
            finding = finding.expected(expected);
        }
        if !found.is_empty() {
            finding = finding.found(found);
        }
        self.findings.push(finding);
    }
}

/// What values of a datatype are called in the schema documents.
fn name(datatype: Datatype) -> &'static str {
    match datatype {
        Datatype::Object => "object",
        Datatype::Text => "string",
        Datatype::Decimal => "decimal",
        Datatype::Moment => "date-time",
        Datatype::Date => "date",
        Datatype::Binary => "base64",
        Datatype::Boolean => "boolean",
        Datatype::Integer => "integer",
    }
}

/// Whether a value, `text` without what JSON adds, is of a datatype.
fn is_of(raw: &str, text: &str, datatype: Datatype) -> bool {
    let is_string = raw.starts_with('"');
    match datatype {
        Datatype::Object => false,
        Datatype::Text => is_string,
        Datatype::Decimal => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
            let are = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
            is_string && are(whole) && are(decimals) && !decimals.is_empty()
        }
        Datatype::Moment => is_string && is_moment(text),
        Datatype::Date => is_string && (is_day(text) || is_moment(text)),
        Datatype::Binary => {
            is_string && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+/=\r\n".contains(&octet))
        }
        Datatype::Boolean => matches!(raw, "true" | "false"),
        Datatype::Integer => !is_string && raw.trim_start_matches('-').bytes().all(|octet| octet.is_ascii_digit()),
    }
}

/// Whether a text is a day of the calendar (RFC 3339 §5.6).
fn is_day(text: &str) -> bool {
    fits(text, "0000-00-00") && xml::Datatype::Date.accepts(text)
}

/// Whether a text is a day with a time and its offset (RFC 3339 §5.6).
fn is_moment(text: &str) -> bool {
    let (Some((day, time)), Some((_, rest))) = (text.split_at_checked(10), text.split_at_checked(19)) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    // The last minute of a day may have a leap second.
    let (time, greatest) = (&time[..9], ["t23", "59", "60"]);
    let is_time = fits(&time.to_ascii_lowercase(), "t00:00:00")
        && time.split(':').zip(greatest).all(|(part, greatest)| part.to_ascii_lowercase().as_str() <= greatest);
    let is_offset = |sign: &str| {
        offset
            .strip_prefix(sign)
            .is_some_and(|offset| fits(offset, "00:00") && offset[..2] <= *"23" && offset[3..] <= *"59")
    };
    is_day(day) && is_time && (offset.eq_ignore_ascii_case("Z") || is_offset("+") || is_offset("-"))
}

/// Whether a text has digits where `pattern` has noughts, and is the pattern elsewhere.
fn fits(text: &str, pattern: &str) -> bool {
    let same = |(octet, wanted): (u8, u8)| if wanted == b'0' { octet.is_ascii_digit() } else { octet == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::super::Grammar;
    use super::*;

    fn told(source: &str) -> Vec<String> {
        let order = Grammar::builtin().root("CrossIndustryOrder").unwrap();
        let findings = validate(source, order).into_iter();
        let mut told: Vec<_> = findings
            .filter(|finding| finding.code != Code::error(5113))
            .map(|finding| {
                let slice = std::str::from_utf8(finding.place.span.slice(source.as_bytes())).unwrap();
                format!("{} {} {slice}", finding.code, finding.place.path)
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn what_does_not_fit_is_told_where_it_stands() {
        let document =
            |members: &str| format!(r#"{{"x-schema":"CrossIndustryOrder","exchangedDocument":{{{members}}}}}"#);
        for (members, expected) in [
            (r#""id":{"content":"7"}"#, ""),
            (r#""id":{"content":7}"#, "E5137 /exchangedDocument/id/content 7"),
            (r#""id":"7""#, r#"E5137 /exchangedDocument/id "7""#),
            (r#""colour":"blue""#, r#"E5151 /exchangedDocument/colour "blue""#),
            (r#""issueDateTime":"2026-10-12T00:00:00Z""#, ""),
            (
                r#""issueDateTime":"2026-02-30T00:00:00Z""#,
                r#"E5137 /exchangedDocument/issueDateTime "2026-02-30T00:00:00Z""#,
            ),
            (
                r#""issueDateTime":"2026-10-12T24:00:00Z""#,
                r#"E5137 /exchangedDocument/issueDateTime "2026-10-12T24:00:00Z""#,
            ),
            (r#""issueDateTime":"2026-10-12T23:59:60.5+03:30""#, ""),
            (r#""issueDateTime":"2026-10-12""#, r#"E5137 /exchangedDocument/issueDateTime "2026-10-12""#),
            (r#""typeCode":{"content":"turquoise"}"#, r#"E5112 /exchangedDocument/typeCode/content "turquoise""#),
            (r#""includedNote":{}"#, "E5153 /exchangedDocument/includedNote {}"),
            (r#""id":{"content":"7"},"id":{"content":"8"}"#, r#"E5135 /exchangedDocument/id {"content":"8"}"#),
        ] {
            let expected: Vec<_> = Some(expected.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
            assert_eq!(told(&document(members)), expected, "{members}");
        }
    }

    #[test]
    fn what_must_stand_is_missed() {
        let order = Grammar::builtin().root("CrossIndustryOrder").unwrap();
        let findings = validate("{}", order);
        let missing: Vec<_> = order.members().filter(super::super::Member::is_required).collect();
        assert!(!missing.is_empty());
        assert_eq!(findings.len(), missing.len());
        assert!(findings.iter().all(|finding| finding.code == Code::error(5113)));
    }
}
