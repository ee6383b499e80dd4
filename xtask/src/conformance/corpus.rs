//! Every EDIFACT file of the corpus: read, written back, validated; what its manifest names, and whether it was told.
//!
//! The manifest was made by a reader of its own that counts segments and compares references, and knows nothing of
//! structure. What it names must be told; `conformance/README.md` argues where it is not.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use karvan_edifact::{Reader, Transmission};
use karvan_engine::validate::{Content, Options, Verdict, validate};
use karvan_text::{Diagnostic, Severity};

use super::{Table, files};

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["file", "octets", "same", "messages", "verdict", "findings", "manifest"]);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let manifest = std::fs::read_to_string(data.join("edifact/corpus-manifest.tsv"))?;
    let manifest = manifest_notes(&manifest);
    let (mut same, mut panics, mut total, mut named, mut missed) = (0, 0, 0, 0, 0);
    for (name, path) in files(&data.join("edifact/corpus"))? {
        let octets = std::fs::read(path)?;
        total += 1;
        match catch_unwind(AssertUnwindSafe(|| judge(&octets))) {
            Ok(Ok(case)) => {
                same += usize::from(case.same);
                *counts.entry(case.verdict).or_default() += 1;
                let same = if case.same { "yes" } else { "NO" };
                let mut notes = Vec::new();
                for note in manifest.get(name.as_str()).into_iter().flatten() {
                    let Some(told) = note.is_told(&case) else { continue };
                    named += 1;
                    missed += usize::from(!told);
                    notes.push(format!("{}{}", note.name, if told { "" } else { " NOT TOLD" }));
                }
                let cells = [&name, &octets.len().to_string(), same, &case.messages, case.verdict, &case.codes()];
                table.row(cells.into_iter().chain([notes.join("; ").as_str()]));
            }
            Ok(Err(error)) => return Err(format!("{name}: {error}").into()),
            Err(_) => {
                panics += 1;
                table.row([&name, &octets.len().to_string(), "-", "-", "PANIC", "-", "-"]);
            }
        }
    }
    table.summary(format!("{total} files, {same} written back octet for octet, {panics} panics"));
    let verdicts: Vec<String> = counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    table.summary(verdicts.join(", "));
    table.summary(format!("{named} times the manifest names what must be told, {missed} times it is not"));
    Ok(table)
}

/// What became of a file.
struct Case {
    same: bool,
    messages: String,
    groups: u64,
    verdict: &'static str,
    findings: Vec<Diagnostic>,
}

impl Case {
    /// The codes of the findings, each with its count.
    fn codes(&self) -> String {
        let mut codes: BTreeMap<String, usize> = BTreeMap::new();
        self.findings.iter().for_each(|finding| *codes.entry(finding.code.to_string()).or_default() += 1);
        codes.iter().map(|(code, count)| format!("{code}*{count}")).collect::<Vec<_>>().join(" ")
    }

    fn tells(&self, number: u16, path: &str) -> bool {
        self.findings.iter().any(|finding| finding.code.number == number && finding.place.path == path)
    }
}

/// What the manifest notes of a file.
struct Note {
    /// Its name, with what follows it: `UNT-count 7!=6`.
    name: String,
    /// 0001, as the manifest read it.
    repertoire: String,
}

impl Note {
    /// Whether it was told; none where it is nothing that must be.
    fn is_told(&self, case: &Case) -> Option<bool> {
        let (name, rest) = self.name.split_once([' ', '=', ':']).unwrap_or((&self.name, ""));
        Some(match name {
            "UNT-count" => case.tells(1029, "UNT/0074"),
            "UNZ-count" => case.tells(1029, "UNZ/0036"),
            "UNT-ref-mismatch" => case.tells(1028, "UNT/0062"),
            "UNZ-ref-mismatch" => case.tells(1028, "UNZ/0020"),
            "UNZ-bad" => {
                let error = |finding: &&Diagnostic| finding.code.severity == Severity::Error;
                case.findings.iter().filter(error).any(|finding| finding.place.path.starts_with("UNZ"))
            }
            "no-UNB" => case.tells(1013, "UNB") || case.tells(1913, "UNB"),
            "no-UNZ" => case.tells(1013, "UNZ"),
            "BOM" => case.findings.iter().any(|finding| finding.code.number == 1901),
            "groups" => rest == case.groups.to_string(),
            "non-ascii" if rest == "utf8" && !matches!(self.repertoire.as_str(), "UNOW" | "UNOY" | "UNOZ" | "") => {
                // The byte order mark may be all there is.
                case.findings.iter().any(|finding| matches!(finding.code.number, 1021 | 1901 | 1910))
            }
            "non-ascii" if matches!(self.repertoire.as_str(), "UNOA" | "UNOB") => {
                case.findings.iter().any(|finding| finding.code.number == 1021)
            }
            _ => return None,
        })
    }
}

/// The notes on each file, by the name it has in the corpus.
fn manifest_notes(text: &str) -> BTreeMap<&str, Vec<Note>> {
    let mut notes: BTreeMap<&str, Vec<Note>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (Some(file), Some(syntax), Some(noted)) = (cells.first(), cells.get(6), cells.get(9)) else { continue };
        let Some(file) = file.strip_prefix("corpus/").filter(|file| !notes.contains_key(file)) else { continue };
        let repertoire = syntax.split(':').next().unwrap_or_default();
        let note = |name: &str| Note { name: name.trim().to_owned(), repertoire: repertoire.to_owned() };
        let interactive = noted.contains("interactive");
        // An interactive interchange has no UNB, and needs none.
        let applies = |note: &Note| !(interactive && matches!(note.name.as_str(), "no-UNB" | "no-UNZ"));
        notes.insert(file, noted.split(';').map(note).filter(applies).collect());
    }
    notes
}

fn judge(octets: &[u8]) -> std::io::Result<Case> {
    let tree: Vec<u8> = Transmission::read(octets).items().flat_map(|item| item.raw().to_vec()).collect();
    let same = tree == octets && streamed(octets)? == octets;
    let mut findings = Vec::new();
    let outcome = validate(octets, &Options::default(), &mut |finding| findings.push(finding))?;
    let verdict = match outcome.verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Unfinished => "unfinished",
    };
    let (messages, groups) = match outcome.content {
        Content::Edifact(counts) => (counts.messages.to_string(), counts.groups),
        _ => ("-".to_owned(), 0),
    };
    Ok(Case { same, messages, groups, verdict, findings })
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
