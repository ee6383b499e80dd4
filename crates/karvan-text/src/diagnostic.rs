//! A finding about a document: what, where, expected, found, and what to do.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::catalogue::picture;
use crate::{Message, Position, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the document is good.
    Note,
    /// Doubtful, but allowed.
    Warning,
    /// The document is wrong.
    Error,
}

/// The code of a finding: severity letter, layer digit, three digits (`E1029`).
///
/// Layers: 1 envelope and syntax, 2 directory structure, 3 code lists, 4 business and partner rules, 5 XML grammar,
/// 6 signature, 7 certificate path, 8 messaging, 9 limits and hostile input, 0 tool and configuration. In layers 1 to 3
/// the three digits are the CONTRL error code (data element 0085); digits from 900 are Karvan's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// How bad it is.
    pub severity: Severity,
    /// Layer digit and three digits, `1029` for `E1029`.
    pub number: u16,
}

impl Code {
    /// The code of an error, `E`.
    #[must_use]
    pub const fn error(number: u16) -> Self {
        Self { severity: Severity::Error, number }
    }

    /// The code of a warning, `W`.
    #[must_use]
    pub const fn warning(number: u16) -> Self {
        Self { severity: Severity::Warning, number }
    }

    /// The code of a note, `N`.
    #[must_use]
    pub const fn note(number: u16) -> Self {
        Self { severity: Severity::Note, number }
    }

    /// The layer digit.
    #[must_use]
    pub const fn layer(self) -> u16 {
        self.number / 1000
    }

    /// The three digits: in layers 1 to 3, below 900, the CONTRL error code.
    #[must_use]
    pub const fn digits(self) -> u16 {
        self.number % 1000
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.severity {
            Severity::Error => 'E',
            Severity::Warning => 'W',
            Severity::Note => 'N',
        };
        write!(f, "{letter}{:04}", self.number)
    }
}

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let (letter, digits) = text.split_at_checked(1).ok_or(NotACode)?;
        let severity = match letter {
            "E" => Severity::Error,
            "W" => Severity::Warning,
            "N" => Severity::Note,
            _ => return Err(NotACode),
        };
        if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotACode);
        }
        Ok(Self { severity, number: digits.parse().map_err(|_| NotACode)? })
    }
}

/// The text is not the code of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACode;

impl fmt::Display for NotACode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a code such as E1029")
    }
}

impl std::error::Error for NotACode {}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where a finding stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The octets concerned; empty where something is missing.
    pub span: Span,
    /// Line and column of the first octet.
    #[serde(flatten)]
    pub position: Position,
    /// The message or package of the file that it stands in; none for the envelope, and where a file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The path in the names of the standard, `SG2/NAD[3035=BY]/C080/3036`; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The data element concerned, where it is one of an EDIFACT segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_element: Option<DataElementPosition>,
}

/// A data element in its segment by numbers, counted as CONTRL counts them (ISO 9735-10, S011): every data element that
/// the definition of the segment has counts once, whether it is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct DataElementPosition {
    /// The position in the segment (0098); the tag is 1, the first data element 2.
    pub position: usize,
    /// The component of the composite (0104), from 1; none where the whole data element is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<usize>,
    /// The occurrence (0136), from 1; none where the data element does not repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<usize>,
}

/// A message or package of a file of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// The tag of the segment that it begins with: `UNH`, `UIH`, `UNO`.
    pub header: &'static str,
    /// Which one of the file it is, messages and packages each counted from 1.
    pub number: u64,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.header, self.number)
    }
}

/// The piece of the source to show with a finding: a segment of EDIFACT, a line of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What is shown, control characters made visible.
    pub text: String,
    /// The first marked character of `text`, from 0.
    pub mark_start: usize,
    /// How many characters are marked; 0 marks the gap before `mark_start`.
    pub mark_length: usize,
}

impl Excerpt {
    /// How many characters an excerpt shows at most.
    const WIDTH: usize = 120;

    /// An excerpt of `bytes` with `mark` (offsets in `bytes`) marked; long pieces are cut around the mark.
    ///
    /// Octets that are not UTF-8 are shown as Latin-1 would show them, control characters as their Unicode pictures.
    #[must_use]
    pub fn new(bytes: &[u8], mark: std::ops::Range<usize>) -> Self {
        let (start, end) = (mark.start.min(bytes.len()), mark.end.min(bytes.len()));
        // Only what can be shown is decoded: a segment may be a megabyte long.
        let from = start.saturating_sub(4 * Self::WIDTH);
        let to = bytes.len().min(end.min(start + 4 * Self::WIDTH) + 4 * Self::WIDTH);
        let before = visible(&bytes[from..start]);
        let marked = visible(&bytes[start..end.min(to)]);
        let after = visible(&bytes[end.min(to)..to]);
        let cut_before = before.len().saturating_sub(Self::WIDTH / 2);
        let mut text: String = if cut_before > 0 || from > 0 { "…".to_owned() } else { String::new() };
        text.extend(&before[cut_before..]);
        let mark_start = text.chars().count();
        let mark_length = marked.len().min(Self::WIDTH);
        text.extend(&marked[..mark_length]);
        let room = Self::WIDTH.saturating_sub(mark_start + mark_length);
        text.extend(after.iter().take(room));
        if after.len() > room || to < bytes.len() || marked.len() > mark_length {
            text.push('…');
        }
        Self { text, mark_start, mark_length }
    }
}

/// The characters of `bytes` as shown to a person.
fn visible(bytes: &[u8]) -> Vec<char> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().map(picture).collect(),
        Err(_) => bytes.iter().map(|&byte| picture(char::from(byte))).collect(),
    }
}

/// A change of the source that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The octets to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// A finding about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code.
    pub code: Code,
    /// What is wrong.
    pub message: Message,
    /// Where.
    pub place: Place,
    /// What the standard or the document itself asks for there.
    pub expected: Option<String>,
    /// What stands there.
    pub found: Option<String>,
    /// What to do about it.
    pub help: Option<Message>,
    /// The id of a rule kept by someone else, such as `BR-CO-10`.
    pub rule: Option<String>,
    /// A change that mends it.
    pub fix: Option<Fix>,
    /// The piece of the source to show.
    pub excerpt: Option<Excerpt>,
}

impl Diagnostic {
    /// A finding with nothing but its code, its message and its place.
    #[must_use]
    pub fn new(code: Code, message: Message, place: Place) -> Self {
        Self { code, message, place, expected: None, found: None, help: None, rule: None, fix: None, excerpt: None }
    }

    /// Says what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what was found.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: Message) -> Self {
        self.help = Some(help);
        self
    }

    /// Names the rule of another keeper.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Gives the change that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Shows a piece of the source.
    #[must_use]
    pub fn excerpt(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(excerpt);
        self
    }
}

/// How the check of a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No error was found, and everything was looked at.
    Valid,
    /// Errors were found.
    Invalid,
    /// The check did not come to its end: a limit was hit.
    Unfinished,
}

/// How many findings there were, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity note.
    pub notes: u64,
}

impl Summary {
    /// Counts one more finding.
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_with_four_digits() {
        assert_eq!(Code::error(1029).to_string(), "E1029");
        assert_eq!(Code::warning(12).to_string(), "W0012");
        assert_eq!(Code::note(3014).layer(), 3);
    }

    #[test]
    fn an_excerpt_marks_characters_not_octets() {
        let bytes = "NAD+EX+MÜLLER'".as_bytes();
        let excerpt = Excerpt::new(bytes, 8..10);
        assert_eq!(excerpt.text, "NAD+EX+MÜLLER'");
        assert_eq!((excerpt.mark_start, excerpt.mark_length), (8, 1));
    }

    #[test]
    fn a_long_excerpt_is_cut_around_its_mark() {
        let bytes = [b'x'; 1_000_000];
        let excerpt = Excerpt::new(&bytes, 500_000..500_003);
        assert!(excerpt.text.chars().count() <= Excerpt::WIDTH + 2);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
        assert_eq!(excerpt.mark_length, 3);
    }

    #[test]
    fn octets_that_are_not_utf8_and_controls_are_shown() {
        let excerpt = Excerpt::new(b"M\xDCLLER\x00\n", 1..2);
        assert_eq!(excerpt.text, "MÜLLER␀␊");
        assert_eq!((excerpt.mark_start, excerpt.mark_length), (1, 1));
    }
}
