//! Invoices translated from every syntax to every other, and judged by tools that do not know Karvan.
//!
//! An invoice goes along a route, `ubl>edifact>cii`; what comes out is compared with what went in and with what the
//! reports of all steps together tell. Where an invoice exists in several syntaxes, each is the twin of the others.

pub(super) mod oracle;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use karvan_engine::convert::{Options, convert};
use karvan_mapping::{LossReport, Target};
use karvan_text::Severity;

use super::Table;
use oracle::{Answer, Question};
use terms::{Terms, Told};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Edifact,
    EdifactD96A,
    EdifactD01B,
    Cii,
    Ubl,
    Bsp,
    Json,
}

use Syntax::{Bsp, Cii, Edifact, EdifactD01B, EdifactD96A, Json, Ubl};

impl Syntax {
    const fn name(self) -> &'static str {
        match self {
            Edifact => "edifact",
            EdifactD96A => "edifact:D96A",
            EdifactD01B => "edifact:D01B",
            Cii => "cii",
            Ubl => "ubl",
            Bsp => "bsp",
            Json => "json",
        }
    }

    const fn target(self) -> Target {
        match self {
            Edifact => Target::Edifact(Some("D.14B")),
            EdifactD96A => Target::Edifact(Some("D.96A")),
            EdifactD01B => Target::Edifact(Some("D.01B")),
            Cii => Target::CII,
            Ubl => Target::UBL,
            Bsp => Target::Bsp,
            Json => Target::Json,
        }
    }
}

/// An invoice in one syntax.
struct Source {
    /// The name of the invoice, the same for its twins.
    name: String,
    syntax: Syntax,
    octets: Vec<u8>,
}

/// The five invoices that exist in EDIFACT, CII and UBL.
pub(super) fn quadruples(data: &Path) -> crate::Result<Table> {
    let folder = data.join("documents/invoice-quadruples");
    let mut sources = Vec::new();
    let mut messages = BTreeMap::new();
    for (syntax, end) in [(Edifact, "edi"), (Cii, "xml"), (Ubl, "xml")] {
        for (file, path) in super::files(&folder.join(syntax.name()))? {
            let Some(name) = file.strip_suffix(&format!(".{end}")) else { continue };
            sources.push(Source { name: name.to_owned(), syntax, octets: std::fs::read(path)? });
            messages.insert(name.to_owned(), folder.join(format!("edifact_xml_iso20625/{name}.xml")));
        }
    }
    measure(data, sources, messages)
}

/// The invoices that exist in UBL and CII, a few of them in one of the two only.
pub(super) fn pairs(data: &Path) -> crate::Result<Table> {
    let mut sources = Vec::new();
    for (file, path) in super::files(&data.join("documents/xrechnung-pairs"))? {
        let known = [("ubl.xml", Ubl), ("uncefact.xml", Cii)];
        let found = known.iter().find_map(|(end, syntax)| Some((file.strip_suffix(end)?, *syntax)));
        let Some((name, syntax)) = found else { continue };
        let name = name.trim_end_matches('_').to_owned();
        sources.push(Source { name, syntax, octets: std::fs::read(path)? });
    }
    measure(data, sources, BTreeMap::new())
}

/// Where a source is sent.
fn routes(source: Syntax) -> Vec<Vec<Syntax>> {
    let other = match source {
        Cii => Ubl,
        Ubl => Cii,
        _ => {
            return [Cii, Ubl]
                .into_iter()
                .flat_map(|to| [vec![source, to], vec![source, Json, to], vec![source, to, Edifact, to]])
                .collect();
        }
    };
    let through = [Edifact, EdifactD96A, EdifactD01B, Bsp, Json];
    let through = through.into_iter().flat_map(|middle| [vec![source, middle, source], vec![source, middle, other]]);
    let rest = [vec![source, other], vec![source, other, source], vec![source, Json, Edifact, source]];
    rest.into_iter().chain(through).collect()
}

/// An invoice that went along a route.
struct Journey<'a> {
    source: &'a Source,
    route: Vec<Syntax>,
    /// The octets that the terms are compared with: the source or, where it went through EDIFACT twice, the first XML.
    start: Vec<u8>,
    /// What came out.
    end: Vec<u8>,
    /// What was told on the way from start to end.
    report: LossReport,
    /// Errors that Karvan finds in what it wrote.
    errors: BTreeSet<String>,
}

impl<'a> Journey<'a> {
    fn new(source: &'a Source, route: Vec<Syntax>) -> crate::Result<Self> {
        let mut journey = Self {
            source,
            start: source.octets.clone(),
            end: source.octets.clone(),
            report: LossReport::default(),
            errors: BTreeSet::new(),
            route,
        };
        for (step, syntax) in journey.route.iter().enumerate().skip(1) {
            let conversion = convert(&journey.end, syntax.target(), &Options::default())
                .map_err(|error| format!("{} {}: {error}", source.name, name(&journey.route)))?;
            let errors = conversion.target_findings.iter().filter(|finding| finding.code.severity == Severity::Error);
            journey.errors.extend(errors.map(|finding| finding.code.to_string()));
            journey.report.extend(conversion.report);
            journey.end = conversion.octets;
            if step == 1 && is_from_edifact_and_back(&journey.route) {
                journey.start.clone_from(&journey.end);
                journey.report = LossReport::default();
            }
        }
        Ok(journey)
    }

    /// Whether what it is compared with is EDIFACT, whose terms the extractor cannot read.
    fn is_from_edifact(&self) -> bool {
        self.route[0] == Edifact && !is_from_edifact_and_back(&self.route)
    }

    /// Whether it came back to the syntax it is compared with.
    fn is_round_trip(&self) -> bool {
        is_from_edifact_and_back(&self.route) || self.route.len() > 2 && self.route.first() == self.route.last()
    }

    /// What kind of route it is, for the summary.
    fn way(&self) -> &'static str {
        match self.route[1..] {
            [_] => "direct",
            [Edifact, _] => "through INVOIC D.14B",
            [EdifactD96A, _] => "through INVOIC D.96A",
            [EdifactD01B, _] => "through INVOIC D.01B",
            [Bsp, _] => "through Buy-Ship-Pay JSON",
            [Json, _] => "through JSON",
            [Json, Edifact, _] => "through JSON and INVOIC D.14B",
            [_, Edifact, _] => "made from EDIFACT, through INVOIC D.14B",
            _ => "there and back",
        }
    }
}

/// Whether EDIFACT stands on the route twice: then the XML between is what the end is compared with.
fn is_from_edifact_and_back(route: &[Syntax]) -> bool {
    route.iter().filter(|syntax| **syntax == Edifact).count() == 2
}

fn name(route: &[Syntax]) -> String {
    route.iter().map(|syntax| syntax.name()).collect::<Vec<_>>().join(">")
}

const COLUMNS: [&str; 16] = [
    "case",
    "route",
    "all",
    "kept",
    "said",
    "added",
    "told gone",
    "told come",
    "exact",
    "in a twin",
    "shared",
    "shared and out",
    "schema",
    "fatal",
    "errors",
    "terms",
];

/// Sends every source along its routes and judges what comes out; `messages` are the XML forms of EDIFACT sources.
fn measure(data: &Path, sources: Vec<Source>, messages: BTreeMap<String, PathBuf>) -> crate::Result<Table> {
    let mut journeys = Vec::new();
    for source in &sources {
        for route in routes(source.syntax) {
            journeys.push(Journey::new(source, route)?);
        }
    }
    let mut question = Question { messages: messages.values().cloned().collect(), ..Question::default() };
    let xml = |source: &&Source| source.syntax != Edifact;
    question.invoices.extend(sources.iter().filter(xml).map(|source| source.octets.clone()));
    for journey in &journeys {
        question.invoices.insert(journey.end.clone());
        question.values.extend(terms::values(&journey.report).map(str::to_owned));
    }
    let answer = oracle::ask(data, question)?;
    let judge = Judge { sources: &sources, journeys: &journeys, messages: &messages, answer: &answer };
    let mut table = Table::new(COLUMNS);
    let mut totals = Totals::default();
    for journey in &journeys {
        let verdict = judge.verdict(journey);
        totals.add(journey, &verdict);
        table.row(verdict.cells(journey));
    }
    totals.summarise(&mut table);
    answer.tools.iter().for_each(|tool| table.tool(tool));
    Ok(table)
}

struct Judge<'a> {
    sources: &'a [Source],
    journeys: &'a [Journey<'a>],
    messages: &'a BTreeMap<String, PathBuf>,
    answer: &'a Answer,
}

/// What is found of a journey.
struct Verdict {
    /// The terms at the start; of EDIFACT, those that came out.
    terms: i64,
    kept: Option<i64>,
    /// Of those not kept, what the output says all the same: once for all, or by the code that its own list has for it.
    said: Option<i64>,
    added: Option<i64>,
    told: Told,
    is_exact: bool,
    twins: Option<Twins>,
    is_valid: bool,
    /// Fatal asserts that neither the source nor a twin has.
    fatal: BTreeSet<String>,
    /// The terms that make a difference: what kind of difference, and which.
    notes: Vec<(&'static str, Terms)>,
}

/// How what came from EDIFACT compares with the CII and UBL of the same invoice.
struct Twins {
    /// Terms that came out and stand in one of the twins.
    known: i64,
    /// Terms that both twins have.
    shared: i64,
    /// Those of them that came out.
    out: i64,
}

impl Judge<'_> {
    fn verdict(&self, journey: &Journey) -> Verdict {
        let end = &self.answer.invoices[&journey.end];
        let told = Told::new(&journey.report, &self.answer.values);
        let twins: Vec<&Source> = self.sources.iter().filter(|source| source.name == journey.source.name).collect();
        let known: Vec<_> = twins.iter().filter_map(|twin| self.answer.invoices.get(&twin.octets)).collect();
        let message = self.messages.get(&journey.source.name).and_then(|path| self.answer.messages.get(path));
        let excused: BTreeSet<_> =
            known.iter().flat_map(|twin| &twin.fatal).chain(message.into_iter().flatten()).collect();
        let fatal = end.fatal.iter().filter(|rule| !excused.contains(rule)).cloned().collect();
        let mut verdict = Verdict {
            terms: end.terms.total(),
            kept: None,
            said: None,
            added: None,
            is_exact: false,
            twins: None,
            is_valid: end.is_valid,
            fatal,
            notes: Vec::new(),
            told,
        };
        if journey.is_from_edifact() {
            let (here, there) = (self.source_by(journey), self.source_by(self.other_way(journey)));
            verdict.is_exact = here == there;
            verdict.notes = vec![("told here", here.without(&there)), ("told otherwise", there.without(&here))];
            if let [one, two] = known[..] {
                let (either, shared) = (one.terms.either(&two.terms), one.terms.common(&two.terms));
                verdict.twins = Some(Twins {
                    known: end.terms.common(&either).total(),
                    shared: shared.total(),
                    out: shared.common(&end.terms).total(),
                });
                verdict.notes.push(("in no twin", end.terms.without(&either)));
                verdict.notes.push(("missing", shared.without(&end.terms)));
            }
        } else {
            let start = &self.answer.invoices[&journey.start].terms;
            verdict.terms = start.total();
            verdict.kept = Some(start.common(&end.terms).total());
            verdict.said = Some(start.without(&end.terms).common(&verdict.told.said).total());
            verdict.added = Some(end.terms.without(start).total());
            let told = start.after(&verdict.told);
            verdict.is_exact = told == end.terms;
            verdict.notes = vec![
                ("gone", start.without(&end.terms)),
                ("come", end.terms.without(start)),
                ("not told", end.terms.without(&told)),
                ("not so", told.without(&end.terms)),
            ];
        }
        verdict
    }

    /// The terms of an EDIFACT source as the end of a journey and its report tell them.
    fn source_by(&self, journey: &Journey) -> Terms {
        let told = Told::new(&journey.report, &self.answer.values);
        self.answer.invoices[&journey.end].terms.before(&told)
    }

    /// The direct journey of the same EDIFACT source to the other XML.
    fn other_way<'j>(&'j self, journey: &'j Journey<'j>) -> &'j Journey<'j> {
        let end = if journey.route.last() == Some(&Cii) { Ubl } else { Cii };
        let same = |other: &&Journey| other.source.name == journey.source.name && other.route == [Edifact, end];
        self.journeys.iter().find(same).unwrap_or(journey)
    }
}

impl Verdict {
    fn cells(&self, journey: &Journey) -> Vec<String> {
        let number = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let list = |names: &BTreeSet<String>| match names.len() {
            0 => "-".to_owned(),
            _ => names.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        };
        let twins = self.twins.as_ref();
        let notes = self.notes.iter().filter(|(_, terms)| terms.total() > 0);
        let notes: Vec<String> = notes.map(|(what, terms)| format!("{what}: {}", terms.names())).collect();
        vec![
            format!("{}/{}", journey.source.name, journey.source.syntax.name()),
            name(&journey.route),
            self.terms.to_string(),
            number(self.kept),
            number(self.said),
            number(self.added),
            self.told.gone.total().to_string(),
            self.told.come.total().to_string(),
            if self.is_exact { "yes" } else { "NO" }.to_owned(),
            number(twins.map(|twins| twins.known)),
            number(twins.map(|twins| twins.shared)),
            number(twins.map(|twins| twins.out)),
            if self.is_valid { "valid" } else { "INVALID" }.to_owned(),
            list(&self.fatal),
            list(&journey.errors),
            if notes.is_empty() { "-".to_owned() } else { notes.join("; ") },
        ]
    }
}

/// The sums of a table.
#[derive(Default)]
struct Totals {
    journeys: usize,
    exact: usize,
    valid: usize,
    sound: usize,
    /// Journeys that came back, and those of them that gave what the source had less what was told to be gone.
    back: (usize, usize),
    /// Terms, terms kept, and terms kept or said otherwise, by the kind of route.
    kept: BTreeMap<&'static str, (i64, i64, i64)>,
    /// From EDIFACT: terms that came out and those known to a twin; terms that twins share and those that came out.
    known: (i64, i64),
    shared: (i64, i64),
}

impl Totals {
    fn add(&mut self, journey: &Journey, verdict: &Verdict) {
        self.journeys += 1;
        self.exact += usize::from(verdict.is_exact);
        self.valid += usize::from(verdict.is_valid);
        self.sound += usize::from(verdict.fatal.is_empty());
        if journey.is_round_trip() {
            self.back.0 += 1;
            self.back.1 += usize::from(verdict.is_exact && verdict.added == Some(0));
        }
        if let (Some(kept), Some(said)) = (verdict.kept, verdict.said) {
            let sum = self.kept.entry(journey.way()).or_default();
            *sum = (sum.0 + verdict.terms, sum.1 + kept, sum.2 + kept + said);
        }
        if let Some(twins) = &verdict.twins {
            self.known = (self.known.0 + verdict.terms, self.known.1 + twins.known);
            self.shared = (self.shared.0 + twins.shared, self.shared.1 + twins.out);
        }
    }

    fn summarise(&self, table: &mut Table) {
        let Self { journeys, exact, valid, sound, back, .. } = self;
        for (way, &(terms, kept, said)) in &self.kept {
            table.summary(format!(
                "from XML, {way}: {} of the terms kept (goal 99.9 %), {} with those said once or by the code of the other list",
                share((terms, kept)),
                share((terms, said)),
            ));
        }
        if self.known.0 > 0 {
            table.summary(format!(
                "from EDIFACT: {} of the terms that come out stand in a twin (goal 99 %)",
                share(self.known)
            ));
            table.summary(format!(
                "from EDIFACT: {} of the terms that both twins share come out (goal 95 %)",
                share(self.shared)
            ));
        }
        table.summary(format!("{exact} of {journeys} reports tell exactly the difference that the extractor sees"));
        table.summary(format!("{} of {} round trips give back the terms less those told to be gone", back.1, back.0));
        table.summary(format!("{valid} of {journeys} outputs are valid by xmllint"));
        table.summary(format!("{sound} of {journeys} outputs fail no fatal assert that source and twins pass"));
    }
}

fn share((all, some): (i64, i64)) -> String {
    // Rounded down, for a goal is reached or it is not; per ten thousand.
    let share = some * 10_000 / all.max(1);
    format!("{some}/{all} = {}.{:02} %", share / 100, share % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_direction_among_the_syntaxes_is_on_a_route() {
        let all: Vec<_> = [Edifact, Cii, Ubl].into_iter().flat_map(routes).collect();
        assert!(all.iter().all(|route| matches!(route.last(), Some(Cii | Ubl))));
        for from in [Edifact, Cii, Ubl, Json] {
            for to in [Edifact, Cii, Ubl, Json].into_iter().filter(|to| *to != from) {
                assert!(all.iter().any(|route| route.windows(2).any(|step| step == [from, to])), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_share_is_rounded_down() {
        assert_eq!(share((3, 2)), "2/3 = 66.66 %");
        assert_eq!(share((10_001, 10_000)), "10000/10001 = 99.99 %");
        assert_eq!(share((0, 0)), "0/0 = 0.00 %");
    }
}
