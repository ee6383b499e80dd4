//! Every EDIFACT file of the corpus: read, written back, validated.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use karvan_edifact::{Reader, Transmission};
use karvan_engine::validate::{Content, Options, Verdict, validate};

use super::{Table, files};

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["file", "octets", "same", "messages", "verdict", "findings"]);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut same, mut panics, mut total) = (0, 0, 0);
    for (name, path) in files(&data.join("edifact/corpus"))? {
        let octets = std::fs::read(path)?;
        total += 1;
        match catch_unwind(AssertUnwindSafe(|| judge(&octets))) {
            Ok(Ok(case)) => {
                same += usize::from(case.same);
                *counts.entry(case.verdict).or_default() += 1;
                let same = if case.same { "yes" } else { "NO" };
                table.row([&name, &octets.len().to_string(), same, &case.messages, case.verdict, &case.findings]);
            }
            Ok(Err(error)) => return Err(format!("{name}: {error}").into()),
            Err(_) => {
                panics += 1;
                table.row([&name, &octets.len().to_string(), "-", "-", "PANIC", "-"]);
            }
        }
    }
    table.summary(format!("{total} files, {same} written back octet for octet, {panics} panics"));
    let verdicts: Vec<String> = counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    table.summary(verdicts.join(", "));
    Ok(table)
}

struct Case {
    same: bool,
    messages: String,
    verdict: &'static str,
    findings: String,
}

fn judge(octets: &[u8]) -> std::io::Result<Case> {
    let tree: Vec<u8> = Transmission::read(octets).items().flat_map(|item| item.raw().to_vec()).collect();
    let same = tree == octets && streamed(octets)? == octets;
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    let outcome = validate(octets, &Options::default(), &mut |finding| {
        *codes.entry(finding.code.to_string()).or_default() += 1;
    })?;
    let verdict = match outcome.verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Unfinished => "unfinished",
    };
    let messages = match outcome.content {
        Content::Edifact(counts) => counts.messages.to_string(),
        _ => "-".to_owned(),
    };
    let findings: Vec<String> = codes.iter().map(|(code, count)| format!("{code}*{count}")).collect();
    Ok(Case { same, messages, verdict, findings: findings.join(" ") })
}

/// `octets` as the streaming reader gives them back when they come in small pieces.
fn streamed(octets: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut reader = Reader::new(Pieces(octets));
    let mut written = Vec::with_capacity(octets.len());
    while let Some(item) = reader.next()? {
        written.extend_from_slice(item.raw());
    }
    Ok(written)
}

/// A source that gives a few octets at a time.
struct Pieces<'a>(&'a [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(61);
        self.0.read(&mut buffer[..length])
    }
}
