//! The house rules that a compiler does not check: which crate uses which, and that every sentence has its translation.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use karvan_engine::text::catalogue::{Language, sentence};
use karvan_engine::text::explanation::Explanation;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The table of ARCHITECTURE.md: crates in order, with what each may use.
fn table() -> Vec<(String, BTreeSet<String>)> {
    let text = read("ARCHITECTURE.md");
    let mut rows: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, uses] = cells[..] else { continue };
        let above = || rows.iter().map(|(name, _)| name.clone()).filter(|name| name != "karvan-cli" && name != "xtask");
        let uses = match uses {
            "–" => BTreeSet::new(),
            "all above" => above().collect(),
            list => list.split(',').map(|name| format!("karvan-{}", name.trim())).collect(),
        };
        rows.push((name.trim_matches('`').to_owned(), uses));
    }
    rows
}

/// The crates of the workspace with the crates of the workspace that each depends on, not counting those for tests.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let mut folders: Vec<_> = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.extend(["xtask", "benches"].map(|name| root().join(name)));
    let manifests = folders.iter().map(|folder| folder.join("Cargo.toml")).filter(|path| path.exists());
    manifests
        .map(|path| {
            let manifest: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).into_iter().flatten();
            let ours = dependencies.map(|(name, _)| name.clone()).filter(|name| name.starts_with("karvan-"));
            (name, ours.collect())
        })
        .collect()
}

#[test]
fn arrows_between_crates_are_as_drawn() {
    let table = table();
    let manifests = manifests();
    let drawn: BTreeSet<_> = table.iter().map(|(name, _)| name).collect();
    assert_eq!(drawn, manifests.keys().collect(), "crates in ARCHITECTURE.md and in the workspace");
    for (index, (name, may_use)) in table.iter().enumerate() {
        let above: BTreeSet<_> = table[..index].iter().map(|(name, _)| name.clone()).collect();
        assert!(may_use.is_subset(&above), "{name} may use only what stands above it");
        let uses = &manifests[name];
        assert!(uses.is_subset(may_use), "{name} uses {:?}, which is not drawn", uses - may_use);
    }
}

#[test]
fn every_library_forbids_unsafe_code_and_asks_for_documentation() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let lints = &manifest["workspace"]["lints"]["rust"];
    assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(lints["missing_docs"].as_str(), Some("deny"));
    for name in manifests().keys() {
        let folder = if name.starts_with("karvan-") { format!("crates/{name}") } else { name.clone() };
        let folder = if root().join(&folder).exists() { folder } else { "benches".to_owned() };
        let manifest: toml::Table = read(&format!("{folder}/Cargo.toml")).parse().unwrap();
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name} takes the lints of the workspace");
    }
}

/// All Rust sources of the crates.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_message_stands_in_the_catalogue() {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path().join("src");
        // The tests of the catalogue itself name a message that is not there.
        if !folder.ends_with("karvan-text/src") {
            sources(&folder, &mut files);
        }
    }
    let mut seen = 0;
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("Message::new(").skip(1) {
            let Some(id) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else { continue };
            seen += 1;
            for language in Language::ALL {
                assert!(sentence(language, id.0).is_some(), "{}: {} in {language:?}", path.display(), id.0);
            }
        }
    }
    assert!(seen > 50, "the search finds messages at all");
}

/// The source of a module without its comments, its texts and its tests.
fn code_of(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut code = String::new();
    for line in source.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // Every second piece between quotation marks is text.
        code.extend(line.replace("\\\"", "").split('"').step_by(2));
        code.push('\n');
    }
    code
}

/// The numbers of findings that a module names: four digits standing by themselves as an argument or in a tuple, where
/// findings are made at all.
fn finding_numbers(code: &str) -> BTreeSet<u16> {
    if !["Code::", "Code {", "Diagnostic", "Problem::new(", "finding(", "refusal(", "tell(", "ZipError::Limit("]
        .iter()
        .any(|word| code.contains(word))
    {
        return BTreeSet::new();
    }
    // Those of layer 0 are written without their zeros.
    let severities = ["Code::error(", "Code::warning(", "Code::note("];
    let written = severities.iter().flat_map(|severity| code.split(severity).skip(1));
    let tools = written.filter_map(|rest| rest.split(')').next().filter(|word| word.len() < 4)?.parse().ok());
    let words = code.split(|letter: char| !letter.is_alphanumeric() && !"(,) \n".contains(letter));
    let arguments = words.flat_map(|words| {
        let after = |open: char| words.split(open).skip(1).collect::<Vec<_>>();
        [after('('), after(' ')].concat()
    });
    arguments
        .filter_map(|argument| argument.split([',', ')']).next().filter(|word| word.len() < argument.len()))
        .filter(|word| word.len() == 4)
        .filter_map(|word| word.parse().ok())
        // No code has the digits 000; that is how a layer is told from its digits. 1024 is a size.
        .filter(|number: &u16| !number.is_multiple_of(1000) && *number != 1024)
        .chain(tools)
        .collect()
}

#[test]
fn every_code_of_a_finding_is_explained() {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        sources(&entry.unwrap().path().join("src"), &mut files);
    }
    let explained: BTreeSet<u16> = Explanation::all().iter().map(Explanation::number).collect();
    let mut named = BTreeSet::new();
    for path in files.iter().filter(|path| !path.ends_with("tests.rs")) {
        let numbers = finding_numbers(&code_of(path));
        let unknown: Vec<_> = numbers.difference(&explained).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?} stand neither in findings.txt nor in explain.txt", path.display());
        named.extend(numbers);
    }
    assert!(named.len() > 80, "the search finds codes at all: {named:?}");
    // What a service segment does wrong has the layer digit 1 in place of 2 or 3.
    let known = |number: &u16| {
        let digits = number % 1000;
        named.contains(number)
            || number / 1000 == 1 && (named.contains(&(2000 + digits)) || named.contains(&(3000 + digits)))
    };
    let stale: Vec<_> = explained.iter().filter(|number| !known(number)).collect();
    assert!(stale.is_empty(), "{stale:?} are explained and never reported");
}
