//! Documents along their routes: what the source says is in the output or in the reports.
//!
//! Two accounts are kept. One is of the texts and attributes in the XML itself, which knows nothing of tables or terms:
//! a text of the source that is neither in the output nor in a report is *silent*. The other is of the terms that Karvan
//! reads at both ends, against the reports of all steps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use karvan_engine::Target;
use karvan_engine::convert::{Options, convert};
use karvan_engine::text::Severity;
use karvan_mapping::{Entry, LossReport, Reading, read};
use karvan_model::{Document as Terms, DocumentType, Part};
use karvan_xml::{Document, Element, Limits};

use super::invoices::oracle::{validated, xmllint_version};
use super::{Table, files};

/// Where the documents are.
pub(super) const FOLDERS: [&str; 6] = [
    "documents/ubl-official",
    "documents/peppol",
    "documents/order-x",
    "documents/cii-d22b-d25a",
    "edifact/corpus",
    "edifact/snippets",
];

/// The schema document of each root element.
const SCHEMAS: &[(&str, &str)] = &[
    ("Invoice", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
    ("CreditNote", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
    ("SelfBilledInvoice", "ubl-2.1/maindoc/UBL-SelfBilledInvoice-2.1.xsd"),
    ("SelfBilledCreditNote", "ubl-2.1/maindoc/UBL-SelfBilledCreditNote-2.1.xsd"),
    ("CrossIndustryInvoice", "cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"),
    ("Order", "ubl-2.1/maindoc/UBL-Order-2.1.xsd"),
    ("OrderResponse", "ubl-2.1/maindoc/UBL-OrderResponse-2.1.xsd"),
    ("OrderChange", "ubl-2.1/maindoc/UBL-OrderChange-2.1.xsd"),
    ("DespatchAdvice", "ubl-2.1/maindoc/UBL-DespatchAdvice-2.1.xsd"),
    ("ReceiptAdvice", "ubl-2.1/maindoc/UBL-ReceiptAdvice-2.1.xsd"),
    ("CertificateOfOrigin", "ubl-2.1/maindoc/UBL-CertificateOfOrigin-2.1.xsd"),
    ("Catalogue", "ubl-2.1/maindoc/UBL-Catalogue-2.1.xsd"),
    ("Quotation", "ubl-2.1/maindoc/UBL-Quotation-2.1.xsd"),
    ("RequestForQuotation", "ubl-2.1/maindoc/UBL-RequestForQuotation-2.1.xsd"),
    ("TransportationStatus", "ubl-2.1/maindoc/UBL-TransportationStatus-2.1.xsd"),
    ("Waybill", "ubl-2.1/maindoc/UBL-Waybill-2.1.xsd"),
    ("BillOfLading", "ubl-2.1/maindoc/UBL-BillOfLading-2.1.xsd"),
    ("eCMR", "ecmr/eCMR_1p0.xsd"),
    ("ForwardingInstructions", "ubl-2.1/maindoc/UBL-ForwardingInstructions-2.1.xsd"),
    ("RemittanceAdvice", "ubl-2.1/maindoc/UBL-RemittanceAdvice-2.1.xsd"),
    ("OrderResponseSimple", "ubl-2.1/maindoc/UBL-OrderResponseSimple-2.1.xsd"),
    ("OrderCancellation", "ubl-2.1/maindoc/UBL-OrderCancellation-2.1.xsd"),
    ("PackingList", "ubl-2.5/maindoc/UBL-PackingList-2.5.xsd"),
    ("SCRDMCCBDACIOMessageStructure", "order-x-1.0/extended/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"),
    ("Manifest", "ubl-2.5/maindoc/UBL-Manifest-2.5.xsd"),
    ("ImportCustomsDeclaration", "ubl-2.5/maindoc/UBL-ImportCustomsDeclaration-2.5.xsd"),
    ("ExportCustomsDeclaration", "ubl-2.5/maindoc/UBL-ExportCustomsDeclaration-2.5.xsd"),
    ("TransitCustomsDeclaration", "ubl-2.5/maindoc/UBL-TransitCustomsDeclaration-2.5.xsd"),
];

const COLUMNS: [&str; 12] = [
    "document",
    "kind",
    "route",
    "texts",
    "kept",
    "told",
    "silent",
    "terms",
    "terms kept",
    "exact",
    "errors",
    "schema",
];

/// Values, counted.
type Values = BTreeMap<String, i64>;

/// A document that went along a route.
struct Journey {
    name: String,
    kind: &'static str,
    route: String,
    source: Vec<u8>,
    end: Vec<u8>,
    report: LossReport,
    /// Errors that Karvan finds in what it wrote, and the source has not.
    errors: BTreeSet<String>,
}

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut journeys = Vec::new();
    for folder in FOLDERS {
        for (name, path) in files(&data.join(folder))? {
            let octets = std::fs::read(path)?;
            let Ok(readings) = read(&octets) else { continue };
            let [reading] = &readings[..] else { continue };
            let kind = reading.document.kind;
            let own = own_target(&octets, kind, &reading.format);
            for route in routes(own) {
                let name = format!("{folder}/{name}");
                journeys.extend(Journey::new(name, kind.name(), &octets, own, &route)?);
            }
        }
    }
    let folder = tempfile::tempdir()?;
    let mut written: BTreeMap<&str, Vec<(usize, PathBuf)>> = BTreeMap::new();
    for (number, journey) in journeys.iter().enumerate() {
        if let Some((root, _)) = SCHEMAS.iter().find(|(root, _)| Some(*root) == root_of(&journey.end).as_deref()) {
            let path = folder.path().join(format!("{number}.xml"));
            std::fs::write(&path, &journey.end)?;
            written.entry(root).or_default().push((number, path));
        }
    }
    let mut valid = BTreeSet::new();
    for (root, schema) in SCHEMAS {
        let Some(outputs) = written.get(root) else { continue };
        let paths: Vec<&Path> = outputs.iter().map(|(_, path)| path.as_path()).collect();
        let good = validated(&data.join("xml/xsd").join(schema), &paths)?;
        valid.extend(outputs.iter().filter(|(_, path)| good.contains(path)).map(|(number, _)| *number));
    }
    let judged: BTreeSet<usize> = written.values().flatten().map(|(number, _)| *number).collect();
    let mut table = Table::new(COLUMNS);
    let mut totals = Totals::default();
    for (number, journey) in journeys.iter().enumerate() {
        let schema = judged.contains(&number).then(|| valid.contains(&number));
        table.row(totals.add(journey, schema)?);
    }
    totals.summarise(&mut table);
    table.tool(xmllint_version()?);
    Ok(table)
}

/// The target that writes what a document was read from.
fn own_target(octets: &[u8], kind: &DocumentType, format: &str) -> Target {
    let empty = Terms::new(DocumentType::named(kind.name()).unwrap_or(DocumentType::invoice()));
    let same = |target: &Target| karvan_mapping::write(&empty, *target).is_ok_and(|writing| writing.format == format);
    let written = Target::all().into_iter().filter(|target| *target != Target::Edifact(None)).find(same);
    // A message of any other release goes back to that.
    let release = || format.split_once(' ').and_then(|(_, release)| format!("edifact:{release}").parse().ok());
    written.or_else(release).unwrap_or(if octets.starts_with(b"<") { Target::UBL } else { Target::Edifact(None) })
}

/// Where a document goes: through every other syntax and back, and to its own at once.
fn routes(own: Target) -> Vec<Vec<Target>> {
    let releases = ["D.96A", "D.96B", "D.01B", "D.14B", "D.21B"].map(|release| Target::Edifact(Some(release)));
    let others = releases
        .into_iter()
        .chain([Target::UBL, Target::CII, Target::CIO, Target::ECMR, Target::Bsp, Target::Json])
        .filter(|other| *other != own);
    [vec![own]].into_iter().chain(others.map(|other| vec![other, own])).collect()
}

impl Journey {
    /// Goes along `route`; none where the kind of document has no such syntax.
    fn new(
        name: String,
        kind: &'static str,
        source: &[u8],
        own: Target,
        route: &[Target],
    ) -> crate::Result<Option<Self>> {
        let mut journey = Self {
            kind,
            route: route.iter().fold(own.to_string(), |way, step| format!("{way}>{step}")),
            source: source.to_vec(),
            end: source.to_vec(),
            report: LossReport::default(),
            errors: BTreeSet::new(),
            name,
        };
        for target in route {
            let conversion = match convert(&journey.end, *target, &Options::default()) {
                Ok(conversion) => conversion,
                Err(karvan_engine::convert::Error::Write(_)) => return Ok(None),
                Err(error) => return Err(format!("{} {}: {error}", journey.name, journey.route).into()),
            };
            let errors = |findings: &[karvan_engine::text::Diagnostic]| -> BTreeSet<String> {
                let errors = findings.iter().filter(|finding| finding.code.severity == Severity::Error);
                errors.map(|finding| finding.code.to_string()).collect()
            };
            let before = errors(&conversion.source_findings);
            journey.errors.extend(errors(&conversion.target_findings).difference(&before).cloned());
            journey.report.extend(conversion.report);
            journey.end = conversion.octets;
        }
        Ok(Some(journey))
    }
}

/// The texts and attributes of an XML document; none of another.
fn texts(octets: &[u8]) -> Option<Values> {
    let document = Document::parse(octets, &Limits::default()).ok()?;
    let mut values = Values::new();
    collect(document.root(), &mut values);
    Some(values)
}

fn collect(element: Element<'_>, values: &mut Values) {
    let mut add = |text: &str| *values.entry(text.trim().to_owned()).or_default() += i64::from(!text.trim().is_empty());
    if is_moment(element.local_name()) {
        return moment(&element.text()).iter().for_each(|text| add(text));
    }
    element.attributes().filter(|one| one.namespace().is_empty()).for_each(|one| add(one.value()));
    if element.elements().next().is_none() {
        add(&element.text());
    }
    element.elements().for_each(|child| collect(child, values));
}

/// Whether a path or name is that of a date of UN/CEFACT, whose form an attribute tells.
fn is_moment(path: &str) -> bool {
    path.ends_with("DateTimeString") || path.ends_with("DateString")
}

/// A day and its time as UBL and the reports have them.
fn moment(text: &str) -> Vec<String> {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let day = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    let time = (text.len() > 8).then(|| format!("{}:{}:00", part(8, 10), part(10, 12)));
    [Some(day), time].into_iter().flatten().collect()
}

fn root_of(octets: &[u8]) -> Option<String> {
    let document = Document::parse(octets, &Limits::default()).ok()?;
    Some(document.root().local_name().to_owned())
}

/// The terms of a document and the parts of their values, and what reading it has told.
fn terms(octets: &[u8]) -> crate::Result<(Values, LossReport)> {
    let Reading { document, report, .. } = read(octets)?.remove(0);
    let mut values = Values::new();
    for leaf in document.leaves() {
        let id = document.kind.term(leaf.term).id();
        *values.entry(format!("{id} {}", leaf.value.text())).or_default() += 1;
        for (term, part) in leaf.parts(document.kind).filter(|(_, part)| part.part != Part::Currency) {
            let name = term.map_or_else(|| part.part.to_string(), |term| document.kind.term(term).id().to_owned());
            *values.entry(format!("{name} {}", part.text)).or_default() += 1;
        }
    }
    Ok((values, report))
}

/// Takes what reports tell to be gone from an account, and adds what they tell to have come, `by` times.
fn book(account: &mut Values, entries: &[Entry], by: i64) {
    for (entry, term) in entries.iter().filter_map(|entry| Some((entry, entry.term?))) {
        *account.entry(format!("{} {}", term.id(), entry.value)).or_default() -= by;
        if let Some(written) = &entry.written {
            *account.entry(format!("{} {written}", term.id())).or_default() += by;
        }
    }
}

fn total(values: &Values) -> i64 {
    values.values().sum()
}

fn common(one: &Values, other: &Values) -> i64 {
    one.iter().map(|(value, count)| (*count).min(other.get(value).copied().unwrap_or_default())).sum()
}

/// What is said of the routes of one way.
#[derive(Clone, Copy, Default)]
struct Way {
    journeys: usize,
    texts: i64,
    kept: i64,
    told: i64,
    silent: i64,
    exact: usize,
    without_errors: usize,
    judged: usize,
    valid: usize,
}

#[derive(Default)]
struct Totals(BTreeMap<String, Way>);

impl Totals {
    /// Counts a journey and gives its row; `schema` is what xmllint says of the output, if it is XML.
    fn add(&mut self, journey: &Journey, schema: Option<bool>) -> crate::Result<Vec<String>> {
        let report = &journey.report;
        let mut told = Values::new();
        let gone = report.lost.iter().chain(&report.repeated).chain(&report.changed).chain(&report.form);
        for entry in gone {
            let place = entry.source.as_ref().map_or("", |place| place.path.as_str());
            let moment = if is_moment(place) { moment(&entry.value) } else { Vec::new() };
            let values = moment.into_iter().chain([entry.value.trim().to_owned()]);
            values.for_each(|value| *told.entry(value).or_default() += 1);
        }
        let (mut all, mut kept, mut silent) = (0, 0, Vec::new());
        if let (Some(source), Some(end)) = (texts(&journey.source), texts(&journey.end)) {
            (all, kept) = (total(&source), common(&source, &end));
            for (text, count) in &source {
                let missing = count - end.get(text).copied().unwrap_or_default();
                let missing = missing - told.get(text).copied().unwrap_or_default();
                if missing > 0 {
                    silent.push((text.clone(), missing));
                }
            }
        }
        let ((start, before), (end, after)) = (terms(&journey.source)?, terms(&journey.end)?);
        let mut account = start.clone();
        for (report, by) in [(report, 1), (&before, -1)] {
            [&report.lost, &report.repeated, &report.changed].into_iter().for_each(|gone| book(&mut account, gone, by));
        }
        book(&mut account, &after.changed, 1);
        // What reading adds is among the terms that were read.
        for (added, by) in [(&report.added, -1), (&before.added, 1), (&after.added, -1)] {
            book(&mut account, added, by);
        }
        // Of parts without terms of their own is told by the value alone.
        let only_terms = |values: &Values| -> Values {
            let is_part = |value: &str| Part::ALL.iter().any(|part| value.starts_with(&format!("{part} ")));
            values
                .iter()
                .filter(|(value, count)| **count != 0 && !is_part(value))
                .map(|(a, b)| (a.clone(), *b))
                .collect()
        };
        let exact = only_terms(&account) == only_terms(&end);
        let missing: i64 = silent.iter().map(|(_, count)| count).sum();
        let way = self.0.entry(format!("{}, {}", journey.kind, journey.route)).or_default();
        way.journeys += 1;
        way.texts += all;
        way.kept += kept;
        way.silent += missing;
        way.told += all - kept - missing;
        way.exact += usize::from(exact);
        way.without_errors += usize::from(journey.errors.is_empty());
        way.judged += usize::from(schema.is_some());
        way.valid += usize::from(schema == Some(true));
        let list = |values: Vec<String>| if values.is_empty() { "-".to_owned() } else { values.join(" ") };
        let silent = list(silent.into_iter().map(|(text, count)| format!("{text}*{count}")).collect());
        let cells = [journey.name.clone(), journey.kind.to_owned(), journey.route.clone()];
        let counts = [all, kept, all - kept - missing].map(|count| count.to_string());
        let of_terms = [total(&start), common(&start, &end)].map(|count| count.to_string());
        let verdicts = [
            if exact { "yes" } else { "no" }.to_owned(),
            list(journey.errors.iter().cloned().collect()),
            schema.map_or("-", |valid| if valid { "valid" } else { "invalid" }).to_owned(),
        ];
        Ok(cells.into_iter().chain(counts).chain([silent]).chain(of_terms).chain(verdicts).collect())
    }

    fn summarise(&self, table: &mut Table) {
        for (name, way) in &self.0 {
            let Way { journeys, texts, kept, told, silent, exact, without_errors, judged, valid } = way;
            let mut line =
                format!("{name}: {journeys} documents, {exact} accounts exact, {without_errors} without new errors");
            if *texts > 0 {
                line += &format!("; of {texts} texts {kept} kept, {told} told, {silent} silent");
            }
            if *judged > 0 {
                line += &format!("; {valid} of {judged} valid by xmllint");
            }
            table.summary(line);
        }
    }
}
