//! Reading any document that a table is for, and writing it by another table.

use std::fmt;

use jiff::civil::Date;
use karvan_edifact::Transmission;
use karvan_model::{Document, json};
use karvan_schema::xml::document_within;
use karvan_text::Message;
use karvan_xml::{Document as XmlDocument, Limits, ParseError};

use crate::edifact::Envelope;
use crate::library::Target;
use crate::read::Purpose;
use crate::report::{Entry, LossReport, Place};
use crate::table::Syntax;
use crate::{edifact, envelope, json as document, library, xml};

/// A document read from some syntax.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The document.
    pub document: Document,
    /// What of the source it does not hold.
    pub report: LossReport,
    /// What the source was, for people: `CII D16B`.
    pub format: String,
    /// What has to be written to have the syntax of the source again.
    pub syntax: Target,
    /// Who sent it to whom, where it came in an interchange.
    pub partners: Partners,
}

/// Who sends an interchange to whom: each an identification (0004, 0010) and its qualifier (0007), which may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partners {
    /// The sender.
    pub sender: Option<(String, String)>,
    /// The recipient.
    pub recipient: Option<(String, String)>,
}

/// What is known of an envelope beside the document.
#[derive(Clone, Debug, Default)]
pub struct Preparation {
    /// The day of preparation where the document has no date; the report tells it.
    pub today: Option<Date>,
    /// Partners who are written whatever parties the document has.
    pub partners: Partners,
    /// Partners where the document has no such party.
    pub otherwise: Partners,
}

/// A document written in some syntax.
#[derive(Clone, Debug)]
pub struct Writing {
    /// The octets.
    pub bytes: Vec<u8>,
    /// What of the document they do not hold, and what they hold besides.
    pub report: LossReport,
    /// What they are, for people.
    pub format: String,
}

/// Why nothing could be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The XML is not well formed.
    Xml(ParseError),
    /// The JSON is none of Karvan's.
    Json(json::JsonError),
    /// No table is for this document.
    Unknown,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
            Self::Unknown => f.write_str("no table maps this document"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Why nothing could be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// No table writes documents of this kind so.
    NoTable {
        /// The kind of the document.
        document: &'static str,
        /// What was to be written.
        target: Target,
    },
    /// No grammar orders the output.
    NoGrammar,
    /// A segment cannot be written.
    Edifact(karvan_edifact::WriteError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable { document, target } => {
                write!(f, "there is no table that writes a document of the kind {document} as {target}")
            }
            Self::NoGrammar => f.write_str("the grammar of the target is missing"),
            Self::Edifact(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {}

/// Reads a document of any syntax that a table is for.
///
/// # Errors
/// If the source is no document that Karvan maps.
pub fn read(source: &[u8]) -> Result<Vec<Reading>, ReadError> {
    read_within(source, &Limits::default())
}

/// Reads a document of any syntax that a table is for; of XML, one within `limits`.
///
/// # Errors
/// If the source is no document that Karvan maps.
pub fn read_within(source: &[u8], limits: &Limits) -> Result<Vec<Reading>, ReadError> {
    let start = source.iter().copied().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte));
    match start {
        Some(b'<') => read_xml(&XmlDocument::parse(source, limits).map_err(ReadError::Xml)?).map(|one| vec![one]),
        Some(b'{') => read_json(source).map(|one| vec![one]),
        _ => read_edifact(&Transmission::read(source)),
    }
}

/// Reads an XML document.
///
/// # Errors
/// If no table is for its root element.
pub fn read_xml(document: &XmlDocument) -> Result<Reading, ReadError> {
    read_xml_for(document, Purpose::Convert)
}

/// Reads an XML document for a purpose.
///
/// # Errors
/// If no table is for its root element.
pub fn read_xml_for(document: &XmlDocument, purpose: Purpose) -> Result<Reading, ReadError> {
    let root = document.root();
    let within = document_within(root);
    let table = library::for_root(within.unwrap_or(root)).ok_or(ReadError::Unknown)?;
    let Syntax::Xml(syntax) = table.syntax() else { return Err(ReadError::Unknown) };
    let (read, mut report) = crate::read::read(table, xml::tree(table, syntax, within.unwrap_or(root)), purpose);
    report.extend(xml::form(document));
    let mut partners = Partners::default();
    if let Some(within) = within {
        report.form.extend(envelope::form(root, within));
        partners = envelope::partners(root);
    }
    report.sort();
    let format = table.title().to_owned();
    Ok(Reading { document: read, report, format, syntax: table.target(), partners })
}

/// Reads the messages of an EDIFACT file that a table is for.
///
/// # Errors
/// If there is none.
pub fn read_edifact(transmission: &Transmission<'_>) -> Result<Vec<Reading>, ReadError> {
    read_edifact_for(transmission, Purpose::Convert)
}

/// Reads the messages of an EDIFACT file for a purpose.
///
/// # Errors
/// If there is none that a table is for.
pub fn read_edifact_for(transmission: &Transmission<'_>, purpose: Purpose) -> Result<Vec<Reading>, ReadError> {
    let mut readings = Vec::new();
    for interchange in transmission.interchanges() {
        let first = readings.len();
        let mut groups = interchange.groups().peekable();
        for message in interchange.messages() {
            // Both come in the order of the file.
            while groups.next_if(|group| group.span().end <= message.span().start).is_some() {}
            let group = groups.peek().filter(|group| group.span().start <= message.span().start);
            let Some(table) = library::for_message(&message) else { continue };
            let Syntax::Edifact(syntax) = table.syntax() else { continue };
            let Some(definition) = table.definition(syntax) else { continue };
            let (tree, envelope) = edifact::tree(definition, table, &interchange, group, &message);
            let (document, mut report) = crate::read::read(table, tree, purpose);
            report.extend(envelope);
            report.sort();
            let (format, partners) = (table.title().to_owned(), edifact::partners(&interchange));
            readings.push(Reading { document, report, format, syntax: table.target(), partners });
        }
        share_packages(&mut readings[first..]);
    }
    if readings.is_empty() { Err(ReadError::Unknown) } else { Ok(readings) }
}

/// Packages belong to the interchange: what one message of it took, no other has lost.
fn share_packages(readings: &mut [Reading]) {
    let of_package = |entry: &Entry| entry.source.as_ref().is_some_and(|place| place.path.starts_with("UNO"));
    let lost_by_all: Vec<_> = match readings.split_first() {
        Some((first, rest)) => first
            .report
            .lost
            .iter()
            .filter(|entry| of_package(entry))
            .filter(|entry| rest.iter().all(|other| other.report.lost.iter().any(|lost| lost.source == entry.source)))
            .filter_map(|entry| entry.source.clone())
            .collect(),
        None => return,
    };
    for (index, reading) in readings.iter_mut().enumerate() {
        reading.report.lost.retain(|entry| {
            let everywhere = entry.source.as_ref().is_some_and(|source| lost_by_all.contains(source));
            !of_package(entry) || (everywhere && index == 0)
        });
    }
}

/// Reads a JSON document: Karvan's own, or one of a standard.
///
/// # Errors
/// If it is no JSON of a document that Karvan knows.
pub fn read_json(source: &[u8]) -> Result<Reading, ReadError> {
    read_json_for(source, Purpose::Convert)
}

/// Reads a JSON document for a purpose.
///
/// # Errors
/// If it is no JSON of a document that Karvan knows.
pub fn read_json_for(source: &[u8], purpose: Purpose) -> Result<Reading, ReadError> {
    let text = std::str::from_utf8(source).map_err(|_| ReadError::Unknown)?;
    let json::Reading { document, unread } = match json::read(text) {
        Ok(reading) => reading,
        Err(error) => {
            let table = library::for_json(text).ok_or(ReadError::Json(error))?;
            let (document, mut report) = crate::read::read(table, document::tree(table, text), purpose);
            report.sort();
            let (format, syntax) = (table.title().to_owned(), table.target());
            return Ok(Reading { document, report, format, syntax, partners: Partners::default() });
        }
    };
    let mut report = LossReport::default();
    for unread in unread {
        let reason = match unread.reason {
            json::Reason::Repeated => Message::new("mapping-repeated").with("limit", 1),
            json::Reason::Value(_) | json::Reason::Shape => Message::new("mapping-no-value"),
            json::Reason::Empty => Message::new("mapping-absent"),
            _ => Message::new("mapping-no-term"),
        };
        let entries = if unread.reason == json::Reason::Empty { &mut report.form } else { &mut report.lost };
        entries.push(Entry {
            term: unread.term.map(|term| document.kind.term(term)),
            value: unread.value,
            written: None,
            reason,
            source: Some(Place { span: unread.span, path: unread.path }),
            target: None,
        });
    }
    let (format, partners) = ("JSON".to_owned(), Partners::default());
    Ok(Reading { document, report, format, syntax: Target::Json, partners })
}

/// Writes a document; an interchange gets the envelope that the document suggests.
///
/// # Errors
/// If the octets cannot be made.
pub fn write(document: &Document, target: Target) -> Result<Writing, WriteError> {
    enveloped(document, target, None, &Preparation::default())
}

/// Writes a document; in EDIFACT, `today` is the day of preparation where the document has no date, which the report tells.
///
/// # Errors
/// If the octets cannot be made.
pub fn write_on(document: &Document, target: Target, today: Date) -> Result<Writing, WriteError> {
    write_prepared(document, target, &Preparation { today: Some(today), ..Preparation::default() })
}

/// Writes a document; in EDIFACT, the envelope says what `preparation` knows beside the document.
///
/// # Errors
/// If the octets cannot be made.
pub fn write_prepared(document: &Document, target: Target, preparation: &Preparation) -> Result<Writing, WriteError> {
    enveloped(document, target, None, preparation)
}

/// Writes a document, in EDIFACT with this envelope, or else the one that the document suggests.
///
/// # Errors
/// If the octets cannot be made.
pub fn write_with(document: &Document, target: Target, envelope: Option<&Envelope>) -> Result<Writing, WriteError> {
    enveloped(document, target, envelope, &Preparation::default())
}

fn enveloped(
    document: &Document,
    target: Target,
    envelope: Option<&Envelope>,
    preparation: &Preparation,
) -> Result<Writing, WriteError> {
    if target == Target::Json {
        let mut text = format!("{:#}", json::write(document));
        text.push('\n');
        let report = LossReport::default();
        return Ok(Writing { bytes: text.into_bytes(), report, format: "JSON".to_owned() });
    }
    let no_table = || WriteError::NoTable { document: document.kind.name(), target };
    let table = library::for_target(document, target).ok_or_else(no_table)?;
    let written = crate::write::write(table, document, table.grammar().ok_or(WriteError::NoGrammar)?);
    let mut prepared = None;
    let bytes = match table.syntax() {
        Syntax::Xml(syntax) => xml::document(table, syntax, &written).into_bytes(),
        Syntax::Json(syntax) => document::document(syntax, table, &written).into_bytes(),
        Syntax::Edifact(syntax) => {
            let definition = table.definition(syntax).ok_or(WriteError::NoGrammar)?;
            let mut envelope = envelope.cloned().unwrap_or_else(|| Envelope::of(document, syntax));
            let Preparation { today, partners, otherwise } = preparation;
            envelope.take(partners, |_| true);
            envelope.take(otherwise, |(identification, _)| identification.is_empty());
            if let Some(today) = today.filter(|_| envelope.date.is_empty()) {
                envelope.date = today.strftime("%Y%m%d").to_string();
                prepared = Some(Entry {
                    term: None,
                    value: envelope.date.clone(),
                    written: None,
                    reason: Message::new("mapping-prepared"),
                    source: None,
                    target: Some("UNB/S004/0017".to_owned()),
                });
            }
            edifact::interchange(definition, syntax, &written, &envelope).map_err(WriteError::Edifact)?
        }
    };
    let mut report = written.report;
    report.added.extend(prepared);
    report.sort();
    Ok(Writing { bytes, report, format: table.title().to_owned() })
}
