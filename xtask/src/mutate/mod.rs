//! `cargo xtask mutate`: damages sound interchanges in every way that senders do, and looks whether each damage is told.
//!
//! Samples are written by hand (`templates/`) and enveloped in every syntax version; each kind of damage (`kinds/`) says
//! itself which findings it must lead to and at which octets. Those must be told, and nothing else, but where the damage
//! took the meaning from octets; and of the sound originals nothing at all.

mod answer;
mod judge;
mod kinds;
mod sample;
mod template;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::conformance::Table;
use judge::{Told, Verdict, judge, told};
use kinds::{Kind, kinds};
use sample::Sample;

/// How many mutants of one kind are made of a sample for the table, at most.
const MOST: usize = 2;

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only kinds with this in their name
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,
    /// Only messages of this type
    #[arg(long, value_name = "TYPE")]
    message: Option<String>,
    /// Only this release
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// How many mutants of one kind to make of a sample, at most
    #[arg(long, value_name = "N", default_value_t = MOST)]
    most: usize,
    /// Write the sound originals into this folder, one file each
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Print every mutant with what is told of it, not only those with another outcome than expected
    #[arg(long)]
    all: bool,
    /// Print the kinds of damage
    #[arg(long)]
    list: bool,
}

/// Makes the mutants that the arguments choose and prints those that are not told as they should be.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    if arguments.list {
        kinds().for_each(|kind| println!("{:24} {}", kind.name, kind.about));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.write {
        std::fs::create_dir_all(folder)?;
        for sample in template::samples(MOST)? {
            let name = format!("{}-{}.edi", sample.message.tag(), sample.release());
            std::fs::write(folder.join(name), sample.write().octets)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = |choice: &Option<String>, name: &str| choice.as_ref().is_none_or(|choice| choice == name);
    let (mut total, mut good, mut answered) = (0, 0, 0);
    for sample in template::samples(arguments.most)? {
        if !chosen(&arguments.message, sample.message.tag()) || !chosen(&arguments.release, sample.release()) {
            continue;
        }
        let (name, octets) = (format!("{} {}", sample.message.tag(), sample.release()), sample.write().octets);
        let original = told(&octets)?;
        if !original.is_empty() {
            println!("{name}: the original is told\n{}{}", shown(&octets), listed(&original));
        }
        for kind in kinds().filter(|kind| arguments.kind.as_ref().is_none_or(|part| kind.name.contains(part.as_str())))
        {
            for mutant in (kind.make)(&sample) {
                let outcome = judge(&mutant)?;
                total += 1;
                good += usize::from(outcome.verdict == Verdict::Exact);
                // CONTRL answers batch interchanges.
                let answer =
                    if sample.is_interactive() { Ok(()) } else { answer::judge(&mutant, sample.message.directory())? };
                match answer {
                    Ok(()) => answered += 1,
                    Err(problem) => println!("{} {name}: CONTRL {problem}\n{}", kind.name, shown(&mutant.octets)),
                }
                if outcome.verdict != Verdict::Exact || arguments.all {
                    println!("{} {name}: {}", kind.name, outcome.verdict);
                    for expected in &mutant.expected {
                        println!("  expected {} {} {:?}", expected.code, expected.path, expected.span);
                    }
                    print!("{}{}", shown(&mutant.octets), listed(&outcome.told));
                }
            }
        }
    }
    println!("{total} mutants, {good} told exactly as expected, {answered} answered by CONTRL as they should be");
    Ok(if good == total && answered == total { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Findings, one a line.
fn listed(findings: &[Told]) -> String {
    let line = |finding: &Told| {
        format!("  told     {} {} {:?} {}\n", finding.code, finding.path, finding.span, finding.message)
    };
    findings.iter().map(line).collect()
}

/// The octets as text on one line.
fn shown(octets: &[u8]) -> String {
    format!("  {}\n", octets.escape_ascii())
}

/// The table of all kinds, messages and releases.
pub(crate) fn table() -> crate::Result<Table> {
    let mut table = Table::new([
        "kind",
        "message",
        "release",
        "mutants",
        "exact",
        "answered",
        "code",
        "path of the first",
        "verdict",
    ]);
    let samples = template::samples(MOST)?;
    let (mut mutants, mut exact, mut answered, mut applied) = (0, 0, 0, std::collections::BTreeSet::new());
    for sample in &samples {
        let findings = told(&sample.write().octets)?;
        let verdict = if findings.is_empty() { "nothing told".to_owned() } else { codes(&findings) };
        table.row(["(original)", sample.message.tag(), sample.release(), "-", "-", "-", "-", "-", &verdict]);
    }
    for kind in kinds() {
        for sample in &samples {
            let row = row(kind, sample)?;
            if row.mutants == 0 {
                continue;
            }
            applied.insert(kind.name);
            mutants += row.mutants;
            exact += row.exact;
            answered += row.answered;
            let cells = [kind.name, sample.message.tag(), sample.release()].map(str::to_owned);
            let counts = [row.mutants, row.exact, row.answered].map(|count| count.to_string());
            table.row(cells.into_iter().chain(counts).chain([row.code, row.path, row.verdict]));
        }
    }
    let types: std::collections::BTreeSet<&str> = samples.iter().map(|sample| sample.message.tag()).collect();
    let releases: std::collections::BTreeSet<&str> = samples.iter().map(Sample::release).collect();
    table.summary(format!(
        "{} originals of {} message types and {} releases",
        samples.len(),
        types.len(),
        releases.len()
    ));
    table.summary(format!(
        "{} kinds of damage, {mutants} mutants, {exact} told exactly as expected, {} not",
        applied.len(),
        mutants - exact
    ));
    table.summary(format!(
        "{answered} answered by a CONTRL that is valid and says what and where, {} not",
        mutants - answered
    ));
    Ok(table)
}

/// A line of the table.
#[derive(Default)]
struct Row {
    mutants: usize,
    exact: usize,
    answered: usize,
    code: String,
    path: String,
    verdict: String,
}

fn row(kind: &Kind, sample: &Sample<'_>) -> crate::Result<Row> {
    let mut row = Row::default();
    let mut verdict = Verdict::Exact;
    for mutant in (kind.make)(sample) {
        let outcome = judge(&mutant)?;
        row.mutants += 1;
        row.exact += usize::from(outcome.verdict == Verdict::Exact);
        // CONTRL answers batch interchanges.
        row.answered +=
            usize::from(sample.is_interactive() || answer::judge(&mutant, sample.message.directory())?.is_ok());
        verdict = verdict.max(outcome.verdict);
        if let (true, Some(expected)) = (row.mutants == 1, mutant.expected.first()) {
            row.code = expected.code.to_owned();
            row.path = if expected.path.is_empty() { "-".to_owned() } else { expected.path.clone() };
        }
    }
    row.verdict = verdict.to_string();
    Ok(row)
}

/// The codes of findings, each with its count.
fn codes(findings: &[Told]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    findings.iter().for_each(|finding| *counts.entry(&finding.code).or_default() += 1);
    counts.iter().map(|(code, count)| format!("{code}*{count}")).collect::<Vec<_>>().join(" ")
}
