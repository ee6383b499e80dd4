//! The business rules of EN 16931, beside the outcome that the published tests of the rules state, and over official
//! examples, which have to be accepted.

use std::collections::BTreeMap;
use std::path::Path;

use karvan_edifact::Transmission;
use karvan_mapping::{Purpose, Reading};
use karvan_rules::RuleSet;
use karvan_text::Severity;
use karvan_xml::{Document, Element, Limits};

use super::Table;

/// Folders of invoices that their publishers give as examples of how it is done, relative to the data.
const EXAMPLES: &[&str] = &["en16931-rule-tests/testfiles", "invoice-quadruples", "xrechnung-pairs", "peppol"];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "stated", "found", "outcome", "detail"]);
    let (mut agree, mut cases) = (0, 0);
    for (name, path) in super::files(&data.join("documents/en16931-rule-tests"))? {
        if name.starts_with("testfiles/") {
            continue;
        }
        let tests = Document::parse(std::fs::read(path)?, &Limits::default())?;
        for (number, test) in elements(tests.root(), "test").enumerate() {
            for case in Case::of(test, tests.source())? {
                cases += 1;
                agree += usize::from(case.agrees());
                let outcome = if case.agrees() { "agrees" } else { "differs" };
                let case_name = format!("{name}#{}", number + 1);
                let stated = format!("{} × {}", case.rule, case.stated);
                table.row([&case_name, &stated, &case.found.to_string(), outcome, &case.detail]);
            }
        }
    }
    table.summary(format!("{agree} of {cases} stated outcomes agree"));
    let (mut accepted, mut examples) = (0, 0);
    for folder in EXAMPLES {
        for (name, path) in super::files(&data.join("documents").join(folder))? {
            let octets = std::fs::read(path)?;
            for reading in readings(octets) {
                examples += 1;
                let broken = broken(&reading);
                accepted += usize::from(broken.is_empty());
                let outcome = if broken.is_empty() { "accepted" } else { "refused" };
                let told: Vec<_> = broken.iter().map(|(rule, count)| format!("{rule} × {count}")).collect();
                table.row([&format!("{folder}/{name}"), "", &broken.len().to_string(), outcome, &told.join(", ")]);
            }
        }
    }
    table.summary(format!("{accepted} of {examples} examples accepted"));
    Ok(table)
}

/// What a test states of a rule, and what Karvan finds.
struct Case {
    rule: String,
    /// How many findings there should be: 0 where success is stated.
    stated: usize,
    found: usize,
    detail: String,
}

impl Case {
    fn agrees(&self) -> bool {
        (self.stated == 0) == (self.found == 0)
    }

    fn of(test: Element<'_>, source: &[u8]) -> crate::Result<Vec<Self>> {
        let Some(document) = test.elements().find(|element| element.local_name() != "assert") else {
            return Ok(Vec::new());
        };
        let octets = document.span().slice(source).to_vec();
        let Ok(parsed) = Document::parse(octets, &Limits::default()) else {
            return Err(format!("{}: a test that stands alone is not well formed", test.path()).into());
        };
        let reading = karvan_mapping::read_xml_for(&parsed, Purpose::Check)?;
        let found = broken(&reading);
        let mut cases = Vec::new();
        for stated in elements(test, "assert").flat_map(|assert| assert.elements().collect::<Vec<_>>()) {
            let rule = stated.text().trim().to_owned();
            let number = stated.attribute("number").and_then(|number| number.parse().ok()).unwrap_or(1);
            let stated = match stated.local_name() {
                "success" => 0,
                "error" | "fatal" | "warning" => number,
                _ => continue,
            };
            let detail = if RuleSet::find(&rule).is_none() { "no such rule".to_owned() } else { String::new() };
            cases.push(Self { stated, found: found.get(&rule).copied().unwrap_or(0), rule, detail });
        }
        Ok(cases)
    }
}

fn elements<'d>(parent: Element<'d>, name: &str) -> impl Iterator<Item = Element<'d>> {
    parent.elements().filter(move |element| element.local_name() == name)
}

/// The invoices of a file; none where it is no invoice.
fn readings(octets: Vec<u8>) -> Vec<Reading> {
    if octets.starts_with(b"UN") {
        return karvan_mapping::read_edifact_for(&Transmission::read(&octets), Purpose::Check).unwrap_or_default();
    }
    let document = Document::parse(octets, &Limits::default());
    let reading = document.ok().and_then(|document| karvan_mapping::read_xml_for(&document, Purpose::Check).ok());
    reading.into_iter().filter(|reading| reading.document.kind.name() == "invoice").collect()
}

/// The rules that do not hold, each with the number of findings; of warnings, too.
fn broken(reading: &Reading) -> BTreeMap<String, usize> {
    let mut broken = BTreeMap::new();
    let findings = RuleSet::of(reading.document.kind).map(|rules| rules.check(&reading.document)).unwrap_or_default();
    for finding in findings {
        debug_assert!(finding.code.severity >= Severity::Warning);
        *broken.entry(finding.rule.unwrap_or_default()).or_insert(0) += 1;
    }
    broken
}
