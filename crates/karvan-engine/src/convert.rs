//! Translating a document from one syntax to another, checked on both sides.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};
use karvan_mapping::{
    LossReport, Partners, Preparation, ReadError, Reading, Target, WriteError, read_within, write_prepared,
};
use karvan_text::{Code, Diagnostic, Message, Severity};

use crate::encoding::in_utf8;
use crate::validate::{self, Content, Verdict};

/// A translated document.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// The octets of the target.
    pub octets: Vec<u8>,
    /// What the source was, for people.
    pub from: String,
    /// What the target is, for people.
    pub to: String,
    /// What was carried, and what was not.
    pub report: LossReport,
    /// What is wrong with the source.
    pub source_findings: Vec<Diagnostic>,
    /// What is wrong with the target: what the source lacks and the target asks for.
    pub target_findings: Vec<Diagnostic>,
    /// Whether the checks of source and target came to their end.
    pub checked: bool,
}

impl Conversion {
    /// Whether something of the source is not in the target.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.report.is_lossy()
    }

    /// Whether source or target has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.source_findings.iter().chain(&self.target_findings).any(|one| one.code.severity == Severity::Error)
    }
}

/// Why nothing was translated.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Nothing could be read: the findings in the source, and why.
    Read(Vec<Diagnostic>, ReadError),
    /// The source holds several messages, and which one is meant was not said.
    Several {
        /// How many of them are documents that can be translated.
        documents: usize,
        /// How many there are in all.
        messages: usize,
    },
    /// The source holds no document of this number.
    NoSuchDocument {
        /// The number that was asked for.
        number: usize,
        /// How many documents there are.
        documents: usize,
    },
    /// The octets of the target could not be made.
    Write(WriteError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_, error) => error.fmt(f),
            Self::Several { documents: 1, messages } => {
                write!(f, "it holds {messages} messages, one of which can be converted; choose it with --document 1")
            }
            Self::Several { documents, .. } => {
                write!(f, "it holds {documents} documents; choose one with --document 1 to {documents}")
            }
            Self::NoSuchDocument { number, documents } => {
                write!(f, "there is no document {number} in it; documents that can be converted: {documents}")
            }
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// How a document is translated.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Which document of several in one interchange, from 1.
    pub number: Option<usize>,
    /// The time of preparation of an interchange where the document has no date; its day in UTC is written.
    pub at: Option<Timestamp>,
    /// Who sends an interchange to whom, whatever parties the document has.
    pub partners: Partners,
    /// How source and target are checked, and how much of everything they may have.
    pub check: validate::Options,
}

/// Translates `source` to `target`.
///
/// # Errors
/// If no document could be read. Findings alone are no reason: a document with a wrong count is translated all the same.
pub fn convert(source: &[u8], target: Target, options: &Options) -> Result<Conversion, Error> {
    let Read { checked, readings, messages } = Read::new(source, options)?;
    let documents = readings.len();
    let number = match options.number {
        None if messages > 1 => return Err(Error::Several { documents, messages }),
        number => number.unwrap_or(1),
    };
    let reading = number.checked_sub(1).and_then(|index| readings.into_iter().nth(index));
    let reading = reading.ok_or(Error::NoSuchDocument { number, documents })?;
    let mut conversion = translate(reading, target, options)?;
    conversion.checked &= checked.finished;
    conversion.source_findings = checked.findings;
    Ok(conversion)
}

/// Every document of a source, translated.
#[derive(Debug)]
pub struct Conversions {
    /// The documents in their order, each translated or not; the first has the findings in the source.
    pub documents: Vec<Result<Conversion, Error>>,
    /// How many messages are no documents that can be translated.
    pub unread: usize,
}

/// Translates every document of `source` to `target`.
///
/// # Errors
/// If no document could be read.
pub fn convert_all(source: &[u8], target: Target, options: &Options) -> Result<Conversions, Error> {
    let Read { checked, readings, messages } = Read::new(source, options)?;
    let unread = messages - readings.len();
    let mut documents: Vec<_> = readings.into_iter().map(|reading| translate(reading, target, options)).collect();
    for conversion in documents.iter_mut().flatten() {
        conversion.checked &= checked.finished;
    }
    if let Some(first) = documents.iter_mut().flatten().next() {
        first.source_findings = checked.findings;
    }
    Ok(Conversions { documents, unread })
}

/// The SHA-256 digest of `octets`, in hexadecimal digits: tells a source that was translated before from one that has changed.
#[must_use]
pub fn fingerprint(octets: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, octets);
    digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A source that was checked and read.
struct Read {
    checked: Checked,
    readings: Vec<Reading>,
    /// How many messages there are: one that no table is for is not left out unsaid.
    messages: usize,
}

impl Read {
    fn new(source: &[u8], options: &Options) -> Result<Self, Error> {
        let checked = Checked::new(source, &options.check);
        match read_within(&in_utf8(source).0, &options.check.xml) {
            Ok(readings) => Ok(Self { messages: checked.messages.max(readings.len()), checked, readings }),
            Err(error) => Err(Error::Read(unread(checked.findings, &error), error)),
        }
    }
}

/// Writes what was read; the findings in the source are somebody else's.
fn translate(reading: Reading, target: Target, options: &Options) -> Result<Conversion, Error> {
    let Reading { document, mut report, format, partners: otherwise, .. } = reading;
    let today = options.at.map(|at| at.to_zoned(TimeZone::UTC).date());
    let preparation = Preparation { today, partners: options.partners.clone(), otherwise };
    let writing = write_prepared(&document, target, &preparation).map_err(Error::Write)?;
    report.extend(writing.report);
    let mut written = Checked::new(&writing.bytes, &options.check);
    for finding in written.findings.iter_mut().filter(|finding| is_of_partner(finding)) {
        finding.help = Some(Message::new("help-partners"));
    }
    Ok(Conversion {
        octets: writing.bytes,
        from: format,
        to: writing.format,
        report,
        source_findings: Vec::new(),
        target_findings: written.findings,
        checked: written.finished,
    })
}

/// Whether an interchange lacks its sender or its recipient (S002, S003).
fn is_of_partner(finding: &Diagnostic) -> bool {
    finding.code == Code::error(1013) && finding.expected.as_deref().is_some_and(|tag| ["S002", "S003"].contains(&tag))
}

/// Nothing could be read: what ended the reading is told with what was found before, if that has not met it.
pub(crate) fn unread(mut findings: Vec<Diagnostic>, error: &ReadError) -> Vec<Diagnostic> {
    if let ReadError::Xml(error) = error {
        let end = error.diagnostic();
        if findings.iter().all(|finding| finding.code != end.code) {
            findings.push(end.clone());
        }
    }
    findings
}

/// What checking a document told.
pub(crate) struct Checked {
    pub(crate) findings: Vec<Diagnostic>,
    /// Whether the check came to its end.
    finished: bool,
    /// How many messages there are, where there are messages.
    pub(crate) messages: usize,
}

impl Checked {
    pub(crate) fn new(octets: &[u8], options: &validate::Options) -> Self {
        let mut findings = Vec::new();
        // A translation says what the source says, whether or not that keeps the rules of business.
        let options = validate::Options { rules: validate::Rules::None, ..options.clone() };
        let outcome = validate::validate(octets, &options, &mut |finding| findings.push(finding));
        let messages = match outcome.as_ref().map(|outcome| &outcome.content) {
            Ok(Content::Edifact(counts)) => usize::try_from(counts.messages).unwrap_or(usize::MAX),
            // What of Karvan's own JSON has no place in the document is a loss, and told as such.
            Ok(Content::Json(None)) => {
                findings.clear();
                1
            }
            _ => 1,
        };
        Self { findings, finished: outcome.is_ok_and(|outcome| outcome.verdict != Verdict::Unfinished), messages }
    }
}
