//! Reading any document that a table is for, and writing it by another table.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use karvan_edifact::Transmission;
use karvan_model::{Document, DocumentType, json};
use karvan_text::Message;
use karvan_xml::{Document as XmlDocument, Limits, ParseError};

use crate::edifact::Envelope;
use crate::report::{Entry, LossReport, Place};
use crate::table::{Syntax, Table};
use crate::{edifact, xml};

/// A document read from some syntax.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The document.
    pub document: Document,
    /// What of the source it does not hold.
    pub report: LossReport,
    /// What the source was, for people: `CII D16B`.
    pub format: String,
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

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// INVOIC D.14B with the code lists of D.16B, as EN 16931-3-4 writes it.
    EdifactD14B,
    /// INVOIC D.96A, as users of EANCOM 1997 write it.
    EdifactD96A,
    /// INVOIC D.01B, as users of EANCOM 2002 write it.
    EdifactD01B,
    /// UN/CEFACT Cross Industry Invoice D16B.
    Cii,
    /// UBL 2.1: Invoice or CreditNote, as the type code of the invoice has it.
    Ubl,
    /// Karvan's own JSON.
    Json,
}

impl Target {
    /// All of them, each with the name that `--to` knows.
    pub const ALL: [(&'static str, Self); 7] = [
        ("edifact", Self::EdifactD14B),
        ("edifact:D14B", Self::EdifactD14B),
        ("edifact:D96A", Self::EdifactD96A),
        ("edifact:D01B", Self::EdifactD01B),
        ("cii", Self::Cii),
        ("ubl", Self::Ubl),
        ("json", Self::Json),
    ];
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        let known = Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, target)| *target).ok_or_else(|| UnknownTarget(name.to_owned()))
    }
}

/// A name that no [`Target`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTarget(pub String);

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Target::ALL.iter().map(|(name, _)| *name).collect();
        write!(f, "{:?} is none of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownTarget {}

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
    /// No grammar orders the output.
    NoGrammar,
    /// A segment cannot be written.
    Edifact(karvan_edifact::WriteError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGrammar => f.write_str("the grammar of the target is missing"),
            Self::Edifact(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {}

/// The tables that are part of Karvan.
#[must_use]
pub fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let invoice = DocumentType::invoice();
        let tables = [
            Table::parse(invoice, CII),
            Table::parse_variant(invoice, UBL_INVOICE, UBL_CREDIT_NOTE),
            Table::parse(invoice, UBL_INVOICE),
            Table::parse(invoice, EDIFACT_D14B),
            Table::parse(invoice, EDIFACT_D96A),
            Table::parse(invoice, EDIFACT_D01B),
        ];
        tables.into_iter().collect::<Result<_, _>>().expect("the tables in the repository are whole: a test reads them")
    })
}

const CII: &str = include_str!("../../../schemas/documents/invoice/cii.toml");
const UBL_INVOICE: &str = include_str!("../../../schemas/documents/invoice/ubl-invoice.toml");
const UBL_CREDIT_NOTE: &str = include_str!("../../../schemas/documents/invoice/ubl-credit-note.toml");
const EDIFACT_D14B: &str = include_str!("../../../schemas/documents/invoice/edifact-d14b.toml");
const EDIFACT_D96A: &str = include_str!("../../../schemas/documents/invoice/edifact-d96a.toml");
const EDIFACT_D01B: &str = include_str!("../../../schemas/documents/invoice/edifact-d01b.toml");

/// Reads a document of any syntax that a table is for.
///
/// # Errors
/// If the source is no document that Karvan maps.
pub fn read(source: &[u8]) -> Result<Vec<Reading>, ReadError> {
    let start = source.iter().copied().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte));
    match start {
        Some(b'<') => {
            read_xml(&XmlDocument::parse(source, &Limits::default()).map_err(ReadError::Xml)?).map(|one| vec![one])
        }
        Some(b'{') => read_json(source).map(|one| vec![one]),
        _ => read_edifact(&Transmission::read(source)),
    }
}

/// Reads an XML document.
///
/// # Errors
/// If no table is for its root element.
pub fn read_xml(document: &XmlDocument) -> Result<Reading, ReadError> {
    let (table, syntax) = tables()
        .iter()
        .find_map(|table| match table.syntax() {
            Syntax::Xml(syntax) if xml::recognises(syntax, document.root()) => Some((table, syntax)),
            _ => None,
        })
        .ok_or(ReadError::Unknown)?;
    let (read, mut report) = crate::read::read(table, xml::tree(table, syntax, document));
    report.extend(xml::form(document));
    report.sort();
    Ok(Reading { document: read, report, format: table.title().to_owned() })
}

/// Reads the messages of an EDIFACT file that a table is for.
///
/// # Errors
/// If there is none.
pub fn read_edifact(transmission: &Transmission<'_>) -> Result<Vec<Reading>, ReadError> {
    let mut readings = Vec::new();
    for interchange in transmission.interchanges() {
        let first = readings.len();
        for message in interchange.messages() {
            let found = tables().iter().find_map(|table| match table.syntax() {
                Syntax::Edifact(syntax) if edifact::recognises(syntax, &message) => {
                    Some((table, table.definition(syntax)?))
                }
                _ => None,
            });
            let Some((table, definition)) = found else { continue };
            let (tree, envelope) = edifact::tree(definition, table, &interchange, &message);
            let (document, mut report) = crate::read::read(table, tree);
            report.extend(envelope);
            report.sort();
            readings.push(Reading { document, report, format: table.title().to_owned() });
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

/// Reads Karvan's JSON.
///
/// # Errors
/// If it is no JSON of a document that Karvan knows.
pub fn read_json(source: &[u8]) -> Result<Reading, ReadError> {
    let text = std::str::from_utf8(source).map_err(|_| ReadError::Unknown)?;
    let json::Reading { document, unread } = json::read(text).map_err(ReadError::Json)?;
    let mut report = LossReport::default();
    for unread in unread {
        let reason = match unread.reason {
            json::Reason::Repeated => Message::new("mapping-repeated").with("limit", 1),
            json::Reason::Value(_) | json::Reason::Shape => Message::new("mapping-no-value"),
            _ => Message::new("mapping-no-term"),
        };
        report.lost.push(Entry {
            term: unread.term.map(|term| document.kind.term(term)),
            value: unread.value,
            written: None,
            reason,
            source: Some(Place { span: unread.span, path: unread.path }),
            target: None,
        });
    }
    Ok(Reading { document, report, format: "JSON".to_owned() })
}

/// Writes a document; an interchange gets the envelope that the document suggests.
///
/// # Errors
/// If the octets cannot be made.
pub fn write(document: &Document, target: Target) -> Result<Writing, WriteError> {
    write_with(document, target, None)
}

/// Writes a document, in EDIFACT with this envelope, or else the one that the document suggests.
///
/// # Errors
/// If the octets cannot be made.
pub fn write_with(document: &Document, target: Target, envelope: Option<&Envelope>) -> Result<Writing, WriteError> {
    let release = match target {
        Target::Json => {
            let mut text = format!("{:#}", json::write(document));
            text.push('\n');
            let report = LossReport::default();
            return Ok(Writing { bytes: text.into_bytes(), report, format: "JSON".to_owned() });
        }
        Target::Cii => "cii-d16b",
        Target::Ubl => "ubl-2.1",
        Target::EdifactD14B => "D.14B",
        Target::EdifactD96A => "D.96A",
        Target::EdifactD01B => "D.01B",
    };
    let value = |term| document.root.leaf(term).map(|leaf| leaf.value.text().into_owned());
    let mut wanted = tables().iter().filter(|table| match table.syntax() {
        Syntax::Xml(syntax) => syntax.grammar == release,
        Syntax::Edifact(syntax) => syntax.release == release,
    });
    let table = wanted.find(|table| table.accepts(value)).ok_or(WriteError::NoGrammar)?;
    let written = crate::write::write(table, document, table.grammar().ok_or(WriteError::NoGrammar)?);
    let bytes = match table.syntax() {
        Syntax::Xml(syntax) => xml::document(table, syntax, &written).into_bytes(),
        Syntax::Edifact(syntax) => {
            let definition = table.definition(syntax).ok_or(WriteError::NoGrammar)?;
            let envelope = envelope.cloned().unwrap_or_else(|| Envelope::of(document, syntax));
            edifact::interchange(definition, syntax, &written, &envelope).map_err(WriteError::Edifact)?
        }
    };
    let mut report = written.report;
    report.sort();
    Ok(Writing { bytes, report, format: table.title().to_owned() })
}

#[cfg(test)]
mod tests {
    use karvan_schema::xml::Grammar as Schema;

    use super::*;
    use crate::grammar::Slot;
    use crate::table::XmlSyntax;

    #[test]
    fn every_place_of_an_xml_table_stands_in_its_grammar() {
        for table in tables() {
            let Syntax::Xml(syntax) = table.syntax() else { continue };
            for (term, path) in table.places() {
                let known = is_in_grammar(syntax, &path);
                assert!(known, "{}, {}: {}", table.title(), table.kind().term(term).id(), path.join("/"));
            }
        }
    }

    fn is_in_grammar(syntax: &XmlSyntax, path: &[&str]) -> bool {
        let namespace = |prefix: &str| syntax.namespaces[prefix].as_str();
        let (prefix, local) = crate::tree::split(&syntax.root);
        let grammar = Schema::builtin(&syntax.grammar).unwrap();
        let mut at = grammar.root(namespace(prefix), local).unwrap().definition();
        path.iter().all(|step| match step.strip_prefix('@') {
            Some(attribute) => at.attribute("", attribute).is_some(),
            None => {
                let (prefix, local) = crate::tree::split(step);
                let child = at.child(namespace(prefix), local);
                child.inspect(|child| at = child.element().definition()).is_some()
            }
        })
    }

    #[test]
    fn every_place_of_an_edifact_table_stands_in_its_directory() {
        for table in tables() {
            let Syntax::Edifact(_) = table.syntax() else { continue };
            let grammar = table.grammar().unwrap();
            for (term, path) in table.places() {
                let mut at = Some(Slot::ROOT);
                for step in &path {
                    at = at.and_then(|slot| grammar.child(slot.key, table.names.find("", step)));
                }
                assert!(at.is_some(), "{}, {}: {}", table.title(), table.kind().term(term).id(), path.join("/"));
            }
        }
    }

    #[test]
    fn every_code_in_a_path_stands_in_its_code_list() {
        for table in tables() {
            let Syntax::Edifact(syntax) = table.syntax() else { continue };
            let directories = karvan_schema::directory::Directories::builtin();
            let (release, service) = (directories.release(&syntax.release).unwrap(), directories.service("4").unwrap());
            let known = |tag: &str| release.element(tag).or_else(|| service.element(tag)).unwrap();
            let stands = |(tag, code): &(&str, &str)| !known(tag).is_coded() || known(tag).code(code).is_some();
            let strange: Vec<_> = table.codes().into_iter().filter(|code| !stands(code)).collect();
            assert!(strange.is_empty(), "{}: {strange:?}", table.title());
        }
    }

    #[test]
    fn every_value_of_the_invoice_has_a_place_in_cii_and_ubl() {
        for table in tables().iter().filter(|table| matches!(table.syntax(), Syntax::Xml(_))) {
            let placed: Vec<_> = table.places().into_iter().map(|(term, _)| term).collect();
            for term in table.kind().terms() {
                let id = table.kind().find(term.id()).unwrap();
                assert!(placed.contains(&id), "{} has no place for {}", table.title(), term.id());
            }
        }
    }

    #[test]
    fn targets_are_known_by_name() {
        for (name, target) in Target::ALL {
            assert_eq!(name.parse(), Ok(target));
        }
        assert!("word".parse::<Target>().is_err());
    }
}
