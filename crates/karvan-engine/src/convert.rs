//! Translating a document from one syntax to another, checked on both sides.

use std::fmt;

use karvan_mapping::{LossReport, ReadError, Reading, Target, WriteError, read, write};
use karvan_text::{Diagnostic, Severity};

use crate::validate::{self, Verdict};

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
    /// The source holds several documents: how many.
    Several(usize),
    /// The source holds no document of this number: how many it holds.
    NoSuchDocument(usize),
    /// The octets of the target could not be made.
    Write(WriteError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_, error) => error.fmt(f),
            Self::Several(count) => write!(f, "it holds {count} documents; choose one with --document 1 to {count}"),
            Self::NoSuchDocument(count) => write!(f, "it holds {count} documents"),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// Translates `source` to `target`. Of several documents in one interchange, `number` (from 1) says which.
///
/// # Errors
/// If no document could be read. Findings alone are no reason: a document with a wrong count is translated all the same.
pub fn convert(source: &[u8], target: Target, number: Option<usize>) -> Result<Conversion, Error> {
    let (source_findings, source_checked) = check(source);
    let readings = match read(source) {
        Ok(readings) => readings,
        Err(error) => return Err(Error::Read(source_findings, error)),
    };
    let count = readings.len();
    let Reading { document, mut report, format } = match (number, count) {
        (None, 2..) => return Err(Error::Several(count)),
        (number, _) => {
            let index = number.unwrap_or(1).checked_sub(1);
            index.and_then(|index| readings.into_iter().nth(index)).ok_or(Error::NoSuchDocument(count))?
        }
    };
    let writing = write(&document, target).map_err(Error::Write)?;
    report.extend(writing.report);
    let (target_findings, target_checked) = check(&writing.bytes);
    Ok(Conversion {
        octets: writing.bytes,
        from: format,
        to: writing.format,
        report,
        source_findings,
        target_findings,
        checked: source_checked && target_checked,
    })
}

/// The findings in `octets`, and whether the check came to its end. Karvan's own JSON has no grammar to be checked by: it
/// is read whole or not at all.
fn check(octets: &[u8]) -> (Vec<Diagnostic>, bool) {
    if crate::detect::kind(octets) == Some(crate::detect::Kind::Json) {
        return (Vec::new(), true);
    }
    let mut findings = Vec::new();
    let outcome = validate::validate(octets, &validate::Options::default(), &mut |finding| findings.push(finding));
    (findings, outcome.is_ok_and(|outcome| outcome.verdict != Verdict::Unfinished))
}
