//! The tables that are part of Karvan: what each is for is known at once, its rows when they are needed.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use karvan_edifact::{Message, MessageHeader};
use karvan_model::{Document, DocumentType};
use karvan_schema::directory::Directories;
use karvan_xml::Element;

use crate::file::{File, Told, Unless};
use crate::table::{Syntax, Table, TableError};
use crate::{edifact, json, xml};

/// The tables of a kind of document: the name of its folder in `schemas/documents/`, and of its files.
macro_rules! tables {
    ($($kind:literal: $($file:literal),+;)+) => {
        &[$($(($kind, $file, include_str!(concat!("../../../schemas/documents/", $kind, "/", $file, ".toml")))),+),+]
    };
}

/// The tables, those that are for some documents only before those that are for all: an order has the root of its response.
const TABLES: &[(&str, &str, &str)] = tables! {
    "invoice": "cii", "ubl-self-billed-credit-note", "ubl-self-billed-invoice", "ubl-credit-note", "ubl-invoice", "edifact-d14b",
        "edifact-d01b", "edifact-d96a", "bsp";
    "order-response": "edifact", "ubl-simple", "ubl", "cio", "bsp";
    "order-change": "edifact", "ubl-cancellation", "ubl", "cio", "bsp";
    "order": "edifact", "ubl", "cio", "bsp";
    "packing-list": "edifact", "ubl", "bsp";
    "despatch-advice": "edifact", "ubl", "bsp";
    "receiving-advice": "edifact", "ubl", "bsp";
    "quotation": "edifact", "ubl", "bsp";
    "request-for-quotation": "edifact", "ubl", "bsp";
    "forwarding-instruction": "edifact", "ubl";
    "remittance-advice": "edifact", "ubl", "bsp";
    "goods-declaration": "edifact", "ubl-export", "ubl-transit", "ubl-import";
    "customs-response": "edifact";
    "price-catalogue": "edifact", "ubl";
    "cargo-report": "edifact", "ubl";
    "transport-status": "edifact", "ubl", "bsp";
    "dangerous-goods-notification": "edifact";
    "transport-contract": "edifact", "ubl-bill-of-lading", "ubl-waybill", "ecmr", "bsp";
    "payment-order": "edifact";
    "certificate-of-origin": "edifact", "ubl", "bsp";
};

/// The rows of shared groups, by the syntax that they are for.
const SHARED: &[(&str, &str)] = &[
    ("bsp", include_str!("../../../schemas/documents/shared/bsp.toml")),
    ("cio", include_str!("../../../schemas/documents/shared/cio.toml")),
    ("ecmr", include_str!("../../../schemas/documents/shared/ecmr.toml")),
    ("edifact", include_str!("../../../schemas/documents/shared/edifact.toml")),
    ("ubl", include_str!("../../../schemas/documents/shared/ubl.toml")),
];

/// A file of tables, one for each release of its message.
struct Entry {
    kind: &'static str,
    text: &'static str,
    head: File,
    tables: Vec<OnceLock<Option<Table>>>,
    /// Those of releases that the file does not name, by the releases that are known.
    others: OnceLock<Vec<OnceLock<Option<Table>>>>,
}

impl Entry {
    fn new(kind: &'static str, text: &'static str) -> Self {
        let head = File::head(text).expect("the tables in the repository are whole: a test reads them");
        let releases = head.edifact.as_ref().map_or(1, |syntax| syntax.releases.len());
        let tables = (0..releases).map(|_| OnceLock::new()).collect();
        Self { kind, text, head, tables, others: OnceLock::new() }
    }

    /// The table of the release with this number.
    fn table(&'static self, number: usize) -> Option<&'static Table> {
        let releases = self.head.edifact.as_ref().map_or(&[][..], |syntax| &syntax.releases);
        let release = releases.get(number).map_or("", String::as_str);
        let compile = || self.compile(release).expect("the tables in the repository are whole: a test reads them");
        self.tables.get(number)?.get_or_init(|| Some(compile())).as_ref()
    }

    /// The releases that the file does not name and may be for all the same, with their numbers.
    fn other_releases(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let syntax = self.head.edifact.as_ref().filter(|syntax| syntax.onwards);
        let names = Directories::builtin().releases().iter().map(String::as_str).enumerate();
        let is_named = move |name: &str| syntax.is_some_and(|syntax| syntax.releases.iter().any(|own| own == name));
        let from_oldest_on = names.skip_while(move |(_, name)| !is_named(name));
        from_oldest_on.filter(move |(_, name)| !is_named(name))
    }

    /// The table of a release.
    fn table_of(&'static self, release: &str) -> Option<&'static Table> {
        let syntax = self.head.edifact.as_ref()?;
        if let Some(number) = syntax.releases.iter().position(|own| own == release) {
            return self.table(number);
        }
        let (number, release) = self.other_releases().find(|(_, other)| *other == release)?;
        let directories = Directories::builtin();
        directories.release(release)?.message(&syntax.message)?;
        let all = directories.releases();
        let others = self.others.get_or_init(|| all.iter().map(|_| OnceLock::new()).collect());
        let compile = || self.compile(release).expect("the tables in the repository are whole: a test reads them");
        others.get(number)?.get_or_init(|| Some(compile())).as_ref()
    }

    fn compile(&self, release: &str) -> Result<Table, TableError> {
        let kind = DocumentType::named(self.kind).ok_or(TableError::NoSyntax)?;
        let mut file = File::parse(self.text)?;
        if let Some(base) = &file.base {
            let known = TABLES.iter().find(|(kind, name, _)| *kind == self.kind && name == base);
            let (_, _, text) = known.ok_or_else(|| unknown("base", base))?;
            let base = File::parse(text)?;
            file = file.on(base, kind);
        }
        if let Some(shared) = &file.shared {
            let (_, text) = SHARED.iter().find(|(name, _)| name == shared).ok_or_else(|| unknown("shared", shared))?;
            let shared = File::parse(text)?;
            file = file.with_shared(shared, kind);
        }
        if let Some(syntax) = &mut file.edifact {
            release.clone_into(&mut syntax.release);
        }
        Table::compile(kind, file)
    }

    /// Whether a document is one that the table is for.
    fn accepts(&self, document: &Document) -> bool {
        let find = |id: &str| document.kind.find(id);
        let has = |unless: &Unless| match unless {
            Unless::Term(id) => find(id).is_some_and(|term| !document.root.all(term).is_empty()),
            Unless::Value { term, begins } => find(term).is_some_and(|term| {
                let begins_so = |text: &str| begins.iter().any(|begin| text.starts_with(begin));
                document.leaves().any(|leaf| leaf.term == term && begins_so(&leaf.value.text()))
            }),
        };
        self.kind == document.kind.name()
            && self.head.when.as_ref().is_none_or(|when| {
                let leaf = document.kind.find(&when.term).and_then(|term| document.root.leaf(term));
                leaf.is_some_and(|leaf| when.values.iter().any(|value| *value == leaf.value.text()))
            })
            && !self.head.unless.iter().any(has)
    }
}

fn unknown(section: &str, name: &str) -> TableError {
    TableError::Unknown { term: section.to_owned(), name: name.to_owned() }
}

fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| TABLES.iter().map(|(kind, _, text)| Entry::new(kind, text)).collect())
}

/// The tables that are part of Karvan.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    entries().iter().flat_map(|entry| (0..entry.tables.len()).filter_map(|release| entry.table(release)))
}

/// The table for XML documents with this root element.
pub(crate) fn for_root(root: Element<'_>) -> Option<&'static Table> {
    let is_for = |entry: &&Entry| entry.head.xml.as_ref().is_some_and(|syntax| xml::recognises(syntax, root));
    entries().iter().find(is_for)?.table(0)
}

/// The name of a JSON document of a standard in the grammar of its schemas: `CrossIndustryInvoice`, as it names it itself or
/// as its type code tells.
#[must_use]
pub fn json_document(source: &str) -> Option<String> {
    let sign = json::Sign::of(source)?;
    let told = || match for_json(source)?.syntax() {
        Syntax::Json(syntax) => Some(syntax.document.clone()),
        _ => None,
    };
    sign.document().map(str::to_owned).or_else(told)
}

/// The table for a JSON document of a standard.
pub(crate) fn for_json(source: &str) -> Option<&'static Table> {
    let sign = json::Sign::of(source)?;
    let is_for = |entry: &&Entry| entry.head.json.as_ref().is_some_and(|syntax| sign.is_of(syntax));
    entries().iter().find(is_for)?.table(0)
}

/// The table for a message of this type and release.
pub(crate) fn for_message(message: &Message<'_>) -> Option<&'static Table> {
    let told = |told: &Told, release: &str| edifact::says(message, release, told);
    let (entry, release) = find(&message.header()?, told)?;
    entry.table_of(release)
}

/// The kind of document that messages with this header are read as, if there is a table for them and nothing behind the
/// header makes another of it.
#[must_use]
pub fn kind_of(header: &MessageHeader<'_>) -> Option<&'static DocumentType> {
    DocumentType::named(find(header, |_, _| false)?.0.kind)
}

/// The tables for a message with this header, and of which `told` is true in a release where they ask for something.
fn find(header: &MessageHeader<'_>, told: impl Fn(&Told, &str) -> bool) -> Option<(&'static Entry, &'static str)> {
    // Read once: every message is looked up, and most tables are for others.
    let (message, version, number) = (header.message_type(), header.version(), header.release());
    // `D.96A` is version and release.
    let is_its = |release: &&str| {
        let release = release.as_bytes().strip_prefix(version.raw());
        release.and_then(|release| release.strip_prefix(b".")) == Some(number.raw())
    };
    entries().iter().find_map(|entry| {
        let syntax = entry.head.edifact.as_ref().filter(|syntax| syntax.message.as_bytes() == message.raw())?;
        let others = entry.other_releases().map(|(_, release)| release);
        let mut releases = syntax.releases.iter().map(String::as_str).chain(others);
        let release = releases.find(is_its)?;
        let is_told = syntax.told.as_ref().is_none_or(|asked| told(asked, release));
        is_told.then_some((entry, release))
    })
}

/// The table that writes a document.
pub(crate) fn for_target(document: &Document, target: Target) -> Option<&'static Table> {
    let mut own = entries().iter().filter(|entry| entry.accepts(document));
    own.find_map(|entry| match (target, &entry.head.xml, &entry.head.edifact) {
        (Target::Xml(name), Some(syntax), _) if syntax.target == name => entry.table(0),
        (Target::Edifact(None), _, Some(_)) => entry.table(0),
        (Target::Bsp, ..) if entry.head.json.is_some() => entry.table(0),
        (Target::Edifact(Some(wanted)), _, Some(_)) => entry.table_of(wanted),
        _ => None,
    })
}

/// What to write. Which message or which XML document that is follows from the kind of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The message of EDIFACT, of this release (`D.96A`) or else of the first that its table names.
    Edifact(Option<&'static str>),
    /// The XML document of this syntax: `cii`, `ubl`.
    Xml(&'static str),
    /// The JSON document of the Buy-Ship-Pay data model of UN/CEFACT.
    Bsp,
    /// Karvan's own JSON.
    Json,
}

impl Target {
    /// UN/CEFACT Cross Industry Invoice.
    pub const CII: Self = Self::Xml("cii");
    /// UN/CEFACT Cross Industry Order.
    pub const CIO: Self = Self::Xml("cio");
    /// UN/CEFACT electronic consignment note.
    pub const ECMR: Self = Self::Xml("ecmr");
    /// OASIS UBL.
    pub const UBL: Self = Self::Xml("ubl");

    /// All of them, each once.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::written_by(|_| true)
    }

    /// What documents of a kind can be written as.
    #[must_use]
    pub fn of(kind: &DocumentType) -> Vec<Self> {
        Self::written_by(|entry| entry.kind == kind.name())
    }

    fn written_by(is_meant: impl Fn(&Entry) -> bool) -> Vec<Self> {
        let heads = || entries().iter().filter(|entry| is_meant(entry)).map(|entry| &entry.head);
        let releases = heads().filter_map(|head| head.edifact.as_ref()).flat_map(|syntax| &syntax.releases);
        let releases = releases.map(|release| Self::Edifact(Some(release)));
        let names = heads().filter_map(|head| head.xml.as_ref()).map(|syntax| Self::Xml(&syntax.target));
        let mut targets: Vec<Self> = Vec::new();
        let bsp = heads().filter_map(|head| head.json.as_ref()).map(|_| Self::Bsp);
        for target in releases.chain(names).chain(bsp).chain([Self::Json]) {
            if targets.is_empty() && matches!(target, Self::Edifact(_)) {
                targets.push(Self::Edifact(None));
            }
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }
}

/// The name that `--to` knows: `edifact:D96A`, `ubl`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edifact(None) => f.write_str("edifact"),
            Self::Edifact(Some(release)) => write!(f, "edifact:{}", release.replace('.', "")),
            Self::Xml(name) => f.write_str(name),
            Self::Bsp => f.write_str("bsp"),
            Self::Json => f.write_str("json"),
        }
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        let name = name.replace('.', "");
        // Most messages may be written as one of any packed release.
        let releases = Directories::builtin().releases().iter().map(|release| Self::Edifact(Some(release)));
        let mut all = Self::all().into_iter().chain(releases);
        let known = all.find(|known| known.to_string().eq_ignore_ascii_case(&name));
        known.ok_or(UnknownTarget(name))
    }
}

/// A name that no [`Target`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTarget(pub String);

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Target::all().iter().map(Target::to_string).collect();
        write!(f, "{:?} is none of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownTarget {}

#[cfg(test)]
mod tests {
    use karvan_schema::xml::Grammar as Schema;

    use super::*;
    use crate::file::XmlSyntax;
    use crate::grammar::Slot;

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

    #[test]
    fn every_path_of_a_file_leads_somewhere_in_one_of_its_tables() {
        for (entry, (kind, name, _)) in entries().iter().zip(TABLES) {
            let made = |other: &&Entry| other.kind == *kind && other.head.base.as_deref() == Some(name);
            let entries = || entries().iter().filter(made).chain([entry]);
            let tables = || entries().flat_map(|entry| (0..entry.tables.len()).filter_map(|one| entry.table(one)));
            for row in File::parse(entry.text).unwrap().rows {
                for path in row.path.iter() {
                    let path = (row.term.clone(), path.to_owned());
                    let placed = tables().any(|table| !table.unplaced().contains(&path));
                    assert!(placed, "{}: {path:?}", entry.head.title);
                }
            }
        }
    }

    #[test]
    fn every_path_of_a_shared_row_leads_somewhere_in_one_of_the_tables() {
        for (name, text) in SHARED {
            let entries = || entries().iter().filter(|entry| entry.head.shared.as_deref() == Some(name));
            let tables = || entries().flat_map(|entry| (0..entry.tables.len()).filter_map(|one| entry.table(one)));
            for row in File::parse(text).unwrap().rows {
                let (group, rest) = row.term.split_once('.').unwrap();
                for path in row.path.iter() {
                    let placed = tables().any(|table| {
                        let groups = table.kind().terms().iter().filter(|term| term.shared() == Some(group));
                        groups.map(|term| format!("{}.{rest}", term.id())).any(|id| {
                            let unplaced =
                                (id.clone(), path.replace(&format!("{{{group}."), &id[..id.len() - rest.len()]));
                            let term = table.kind().find(&id).unwrap();
                            table.row_of(term).is_some() && !table.unplaced().contains(&unplaced)
                        })
                    });
                    assert!(placed, "{name}: {} {path}", row.term);
                }
            }
        }
    }

    fn is_in_grammar(syntax: &XmlSyntax, path: &[&str]) -> bool {
        let namespace = |prefix: &str| syntax.namespaces[prefix].as_str();
        let (prefix, local) = crate::names::split(&syntax.root);
        let grammar = Schema::builtin(&syntax.grammar).unwrap();
        let mut at = grammar.root(namespace(prefix), local).unwrap().definition();
        path.iter().all(|step| match step.strip_prefix('@') {
            Some(attribute) => at.attribute("", attribute).is_some(),
            None => {
                let (prefix, local) = crate::names::split(step);
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
            let places = table.places();
            let stands = |path: &[&str]| {
                let mut steps = path.iter();
                let child = |slot: Slot, step: &&str| grammar.child(slot.key, table.names.find("", step));
                steps.try_fold(Slot::ROOT, child).is_some()
            };
            for (term, path) in &places {
                // Where a value has several places, what qualifies it may stand with one of them alone.
                let mut same = places.iter().filter(|(other, way)| other == term && way.last() == path.last());
                let is_placed = stands(path) || same.any(|(_, way)| stands(way));
                assert!(is_placed, "{}, {}: {}", table.title(), table.kind().term(*term).id(), path.join("/"));
            }
        }
    }

    #[test]
    fn a_message_has_a_table_in_every_release_from_the_oldest_on() {
        for entry in entries().iter().filter(|entry| entry.head.edifact.as_ref().is_some_and(|syntax| syntax.onwards)) {
            let some = entry.other_releases().step_by(6);
            let tables: Vec<_> = some.filter_map(|(_, release)| entry.table_of(release)).collect();
            let named = entry.table(0).unwrap().rows.len();
            for table in &tables {
                // A place may be missing in one release, not a good part of them.
                let own = table.rows.len();
                assert!(own * 10 > named * 9, "{}: {own} rows of {named}", table.title());
            }
            assert!(tables.len() > 4, "{}", entry.head.title);
        }
    }

    #[test]
    fn every_code_in_a_path_stands_in_its_code_list() {
        for table in tables() {
            let Syntax::Edifact(syntax) = table.syntax() else { continue };
            let directories = Directories::builtin();
            let (release, service) = (directories.release(&syntax.release).unwrap(), directories.service("4").unwrap());
            let known = |tag: &str| release.element(tag).or_else(|| service.element(tag)).unwrap();
            let stands = |(tag, code): &(&str, &str)| {
                !known(tag).is_coded() || known(tag).code(code).is_some() || crate::locate::is_of_eancom(code)
            };
            let strange: Vec<_> = table.codes().into_iter().filter(|code| !stands(code)).collect();
            assert!(strange.is_empty(), "{}: {strange:?}", table.title());
        }
    }

    #[test]
    fn every_value_of_the_invoice_has_a_place_in_cii_and_ubl() {
        let invoices = tables().filter(|table| table.kind() == DocumentType::invoice());
        for table in invoices.filter(|table| matches!(table.syntax(), Syntax::Xml(_))) {
            let placed: Vec<_> = table.places().into_iter().map(|(term, _)| term).collect();
            // Who bills himself does not tell himself where to send it, and the document says what type it is.
            let is_self_billed = table.title().contains("SelfBilled");
            let lacks = |id: &str| is_self_billed && ["BT-3", "BT-10"].contains(&id);
            for term in table.kind().terms().iter().filter(|term| !lacks(term.id())) {
                let id = table.kind().find(term.id()).unwrap();
                assert!(placed.contains(&id), "{} has no place for {}", table.title(), term.id());
            }
        }
    }

    #[test]
    fn nothing_comes_to_a_line_of_an_invoice_once_it_is_written() {
        let line = DocumentType::invoice().find("BG-25").unwrap();
        let invoices = tables().filter(|table| table.kind() == DocumentType::invoice());
        for table in invoices.filter(|table| matches!(table.syntax(), Syntax::Xml(_))) {
            assert!(table.row_of(line).unwrap().is_closed, "{}", table.title());
        }
    }

    #[test]
    fn targets_are_known_by_name() {
        for target in Target::all() {
            assert_eq!(target.to_string().parse(), Ok(target));
        }
        assert_eq!("edifact:d.96a".parse(), Ok(Target::Edifact(Some("D.96A"))));
        assert!("word".parse::<Target>().is_err());
    }
}
