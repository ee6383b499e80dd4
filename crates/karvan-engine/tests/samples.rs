//! The samples of the repository: the good ones are good, the broken ones are found broken as their README says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use karvan_engine::validate::{Options, Verdict, validate};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// The verdict on a file and the codes of its findings.
fn judge(path: &Path) -> (Verdict, BTreeSet<String>) {
    let octets = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut codes = BTreeSet::new();
    let outcome = validate(&octets[..], &Options::default(), &mut |finding| {
        codes.insert(finding.code.to_string());
    });
    (outcome.expect("octets in memory can be read").verdict, codes)
}

/// The documents in `folder`.
fn documents(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("the folder of samples is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| [".edi", ".xml", ".json"].iter().any(|end| name.ends_with(end))).collect()
}

#[test]
fn good_samples_have_no_finding() {
    let documents = documents(&samples());
    assert!(documents.len() >= 8);
    for name in documents {
        let (verdict, codes) = judge(&samples().join(&name));
        assert_eq!((verdict, codes), (Verdict::Valid, BTreeSet::new()), "{name}");
    }
}

#[test]
fn broken_samples_have_the_findings_of_their_readme() {
    let readme = fs::read_to_string(samples().join("README.md")).expect("the README of the samples is there");
    let (_, table) = readme.split_once("## Broken twins").expect("a chapter on broken twins");
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        Some((name, cells.next()?.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>()))
    });
    let rows: Vec<_> = rows.collect();
    let named: BTreeSet<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(named, documents(&samples().join("broken")));
    for (name, expected) in rows {
        let (verdict, codes) = judge(&samples().join("broken").join(&name));
        assert_ne!(verdict, Verdict::Valid, "{name}");
        assert_eq!(codes, expected, "{name}");
    }
}

#[test]
fn answers_are_valid() {
    for name in documents(&samples().join("answers")) {
        let (verdict, codes) = judge(&samples().join("answers").join(&name));
        assert_eq!((verdict, codes), (Verdict::Valid, BTreeSet::new()), "{name}");
    }
}
