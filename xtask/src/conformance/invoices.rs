//! Invoices through every pair of syntaxes, judged by others: the terms by an extractor that shares nothing with Karvan,
//! the output by xmllint and by the official Schematron of EN 16931 (`oracle/invoices.py`).
//!
//! What the extractor sees missing or added is compared with what the conversion reported; the two must be the same. Of a
//! conversion from EDIFACT, which the extractor cannot read, the columns count the terms that both XML twins have, and
//! what came that neither has.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use karvan_mapping::{Entry, LossReport, Target, read, write};
use serde::Deserialize;

use super::Table;

/// Terms with their values, counted.
type Terms = BTreeMap<(String, String), i64>;

/// One conversion, or one there and back.
struct Case {
    name: String,
    way: String,
    source: PathBuf,
    /// The same invoice in the other XML syntaxes.
    twins: Vec<PathBuf>,
    output: PathBuf,
    report: LossReport,
}

/// What the oracle says of a case.
#[derive(Deserialize)]
struct Judgement {
    source: Vec<(String, String, i64)>,
    output: Vec<(String, String, i64)>,
    twins: Vec<Vec<(String, String, i64)>>,
    valid: bool,
    fatal: Vec<String>,
}

/// The ways of an invoice of the quadruples: where from, then through what.
const WAYS: [&[&str]; 18] = [
    &["cii", "ubl"],
    &["ubl", "cii"],
    &["cii", "json", "cii"],
    &["ubl", "json", "ubl"],
    &["cii", "ubl", "cii"],
    &["ubl", "cii", "ubl"],
    &["cii", "edifact", "cii"],
    &["cii", "edifact", "ubl"],
    &["ubl", "edifact", "cii"],
    &["ubl", "edifact", "ubl"],
    &["cii", "edifact:D96A", "cii"],
    &["ubl", "edifact:D96A", "ubl"],
    &["cii", "edifact:D01B", "cii"],
    &["ubl", "edifact:D01B", "ubl"],
    &["edifact", "cii"],
    &["edifact", "ubl"],
    &["edifact", "json", "cii"],
    &["edifact", "json", "ubl"],
];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let folder = tempfile::tempdir()?;
    let mut cases = Vec::new();
    let quadruples = data.join("documents/invoice-quadruples");
    for number in 1..=5 {
        let file = |syntax: &str| {
            let end = if syntax == "edifact" { "edi" } else { "xml" };
            quadruples.join(syntax).join(format!("{number}.{end}"))
        };
        for way in WAYS {
            let twins = ["cii", "ubl"].into_iter().filter(|syntax| *syntax != way[0]).map(file).collect();
            cases.push(case(format!("quadruple {number}"), way, file(way[0]), twins, folder.path())?);
        }
    }
    for (name, path) in super::files(&data.join("documents/xrechnung-pairs"))? {
        let Some((stem, way, other)) =
            [("_ubl.xml", ["ubl", "cii"], "_uncefact.xml"), ("_uncefact.xml", ["cii", "ubl"], "_ubl.xml")]
                .iter()
                .find_map(|(end, way, other)| Some((name.strip_suffix(end)?, way, other)))
        else {
            continue;
        };
        let twin = path.with_file_name(format!("{stem}{other}"));
        let twins = Some(twin).filter(|twin| twin.exists()).into_iter().collect();
        cases.push(case(stem.to_owned(), way, path, twins, folder.path())?);
    }
    let judgements = judge(data, &cases)?;
    let mut table = Table::new(["invoice", "way", "kept", "of", "added", "report", "schema", "fatal rules of its own"]);
    let mut sums = Sums::default();
    for (case, judgement) in cases.iter().zip(&judgements) {
        let output = counted(&judgement.output);
        let (kept, of, added, report) = if judgement.source.is_empty() {
            sums.count_edifact(&output, &judgement.twins.iter().map(|twin| counted(twin)).collect::<Vec<_>>())
        } else {
            sums.count_xml(&case.way, &counted(&judgement.source), &output, &case.report)
        };
        sums.valid += usize::from(judgement.valid);
        let schema = if judgement.valid { "valid" } else { "invalid" }.to_owned();
        let fatal = judgement.fatal.join(" ");
        let counts = [kept, of, added].map(|count| count.to_string());
        table.row([vec![case.name.clone(), case.way.clone()], counts.to_vec(), vec![report, schema, fatal]].concat());
    }
    sums.tell(&mut table, cases.len());
    Ok(table)
}

/// What all cases come to.
#[derive(Default)]
struct Sums {
    /// Terms kept and all terms, from XML by CII, UBL, JSON and the default INVOIC.
    kept: (i64, i64),
    /// The same through the INVOIC of EANCOM users, which has no place for some terms.
    kept_by_eancom: (i64, i64),
    /// Reports that are exact, and all reports.
    exact: (i64, i64),
    /// Terms from EDIFACT that stand in a twin, and all that came.
    in_twins: (i64, i64),
    /// Terms that both twins have and that came, and all that both have.
    shared: (i64, i64),
    valid: usize,
}

impl Sums {
    fn count_xml(&mut self, way: &str, source: &Terms, output: &Terms, report: &LossReport) -> (i64, i64, i64, String) {
        let (lost, added) = (less(source, output), less(output, source));
        let (of, missing) = (sum(source), sum(&lost));
        let sum_of_way = if way.contains("edifact:") { &mut self.kept_by_eancom } else { &mut self.kept };
        add(sum_of_way, of - missing, of);
        let verdict = verdict(report, &lost, &added);
        add(&mut self.exact, i64::from(verdict == "exact"), 1);
        (of - missing, of, sum(&added), verdict)
    }

    /// Gives the terms that came of those that both twins have, how many these are, and how many no twin has.
    fn count_edifact(&mut self, output: &Terms, twins: &[Terms]) -> (i64, i64, i64, String) {
        let mut any = Terms::new();
        for (term, count) in twins.iter().flatten() {
            let most = any.entry(term.clone()).or_default();
            *most = (*most).max(*count);
        }
        let mut both = twins.first().cloned().unwrap_or_default();
        for twin in twins {
            both = less(&both, &less(&both, twin));
        }
        let (came, foreign) = (sum(output), less(output, &any));
        let (shared, missing) = (sum(&both), less(&both, output));
        add(&mut self.in_twins, came - sum(&foreign), came);
        add(&mut self.shared, shared - sum(&missing), shared);
        let names = |what: &str, terms: &Terms| {
            let ids: Vec<_> = terms.keys().map(|(term, _)| term.as_str()).collect();
            (!ids.is_empty()).then(|| format!("{what} {}", ids.join(",")))
        };
        let told = [names("in no twin:", &foreign), names("missing:", &missing)].into_iter().flatten();
        (shared - sum(&missing), shared, sum(&foreign), told.collect::<Vec<_>>().join("; "))
    }

    fn tell(&self, table: &mut Table, cases: usize) {
        let percent = |(part, whole): (i64, i64)| {
            let percent = 100.0 * part as f64 / whole.max(1) as f64;
            format!("{part} of {whole}, {percent:.2} %")
        };
        table.summary(format!("terms kept from XML by CII, UBL, JSON and INVOIC D.14B: {}", percent(self.kept)));
        table.summary(format!("terms kept from XML by INVOIC D.96A and D.01B: {}", percent(self.kept_by_eancom)));
        table.summary(format!("reports exact: {}", percent(self.exact)));
        table.summary(format!("terms from EDIFACT that stand in one of the twins: {}", percent(self.in_twins)));
        table.summary(format!("terms of both twins that come from EDIFACT: {}", percent(self.shared)));
        table.summary(format!("outputs valid: {} of {cases}", self.valid));
    }
}

fn add(sums: &mut (i64, i64), part: i64, whole: i64) {
    sums.0 += part;
    sums.1 += whole;
}

fn sum(terms: &Terms) -> i64 {
    terms.values().sum()
}

/// Converts along `way` into a file of `folder`.
fn case(name: String, way: &[&str], source: PathBuf, twins: Vec<PathBuf>, folder: &Path) -> crate::Result<Case> {
    let mut octets = std::fs::read(&source)?;
    let mut report = LossReport::default();
    for step in &way[1..] {
        let target: Target = step.parse()?;
        let reading = read(&octets)?.into_iter().next().ok_or("no document")?;
        let writing = write(&reading.document, target)?;
        report.extend(reading.report);
        report.extend(writing.report);
        octets = writing.bytes;
    }
    let way = way.join(" → ");
    let output = folder.join(format!("{name} {way}.xml").replace([' ', ':', '→'], "_"));
    std::fs::write(&output, octets)?;
    Ok(Case { name, way, source, twins, output, report })
}

/// Asks the oracle about all cases.
fn judge(data: &Path, cases: &[Case]) -> crate::Result<Vec<Judgement>> {
    let mut lines = String::new();
    for case in cases {
        let paths = [&case.source, &case.output].into_iter().chain(&case.twins);
        let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
        lines.push_str(&paths.join("\t"));
        lines.push('\n');
    }
    let mut child = Command::new("python3")
        .arg(crate::workspace().join("xtask/oracle/invoices.py"))
        .args([data.join("../tools/invoice-terms"), data.join("xml")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("no input to python3")?;
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the cases could not be given to python3")??;
    let text = String::from_utf8(output.stdout)?;
    let judgements: Vec<Judgement> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    if judgements.len() == cases.len() { Ok(judgements) } else { Err("xtask/oracle/invoices.py stopped early".into()) }
}

/// Whether the report lists exactly what the oracle sees, or what the one has and the other has not.
fn verdict(report: &LossReport, lost: &Terms, added: &Terms) -> String {
    let mut told_lost = Terms::new();
    let mut told_added = Terms::new();
    let tell = |entry: &Entry, value: Option<&str>, terms: &mut Terms| {
        // The extractor knows the terms, not the schemes and units that have a number behind theirs.
        let id =
            entry.term.map(karvan_model::Term::id).filter(|id| id.starts_with("BT-") && id.matches('-').count() == 1);
        if let (Some(id), Some(value)) = (id, value) {
            *terms.entry((id.to_owned(), normalised(value))).or_default() += 1;
        }
    };
    for entry in report.lost.iter().chain(&report.repeated).chain(&report.changed) {
        tell(entry, Some(&entry.value), &mut told_lost);
    }
    report.added.iter().for_each(|entry| tell(entry, Some(&entry.value), &mut told_added));
    report.changed.iter().for_each(|entry| tell(entry, entry.written.as_deref(), &mut told_added));
    // What one step took away and another brought back is neither lost nor added.
    let (net_lost, net_added) = (less(&told_lost, &told_added), less(&told_added, &told_lost));
    if net_lost == *lost && net_added == *added {
        return "exact".to_owned();
    }
    let differences = [
        ("silent -", less(lost, &net_lost)),
        ("told -", less(&net_lost, lost)),
        ("silent +", less(added, &net_added)),
        ("told +", less(&net_added, added)),
    ];
    let shown = differences.into_iter().filter(|(_, terms)| !terms.is_empty()).map(|(what, terms)| {
        let ids: Vec<_> = terms.keys().map(|(term, _)| term.as_str()).collect();
        format!("{what}{}", ids.join(","))
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn counted(terms: &[(String, String, i64)]) -> Terms {
    terms.iter().map(|(term, value, count)| ((term.clone(), value.clone()), *count)).collect()
}

/// What of `terms` is not in `others`.
fn less(terms: &Terms, others: &Terms) -> Terms {
    let rest = terms.iter().map(|(term, count)| (term.clone(), count - others.get(term).copied().unwrap_or_default()));
    rest.filter(|(_, count)| *count > 0).collect()
}

/// A value as the extractor writes it: white space folded, no zeros behind the decimals, days as `2026-03-21`.
fn normalised(value: &str) -> String {
    let mut text = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() == 8
        && digits(&text)
        && matches!(&text[..2], "19" | "20")
        && ("01"..="12").contains(&&text[4..6])
        && ("01"..="31").contains(&&text[6..])
    {
        text = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
    }
    let number = text.strip_prefix('-').unwrap_or(&text).split_once('.');
    if number.is_some_and(|(whole, decimals)| digits(whole) && digits(decimals)) {
        text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}
