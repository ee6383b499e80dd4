//! XML documents, published ones and ones made of the grammars, and mutants of them, checked against packed grammars here and against the schema documents by libxml2.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use karvan_schema::xml::{Grammar, SCHEMA_NAMESPACE, Validator};
use karvan_xml::{Document, Event, EventReader, Limits, ReadError};

use super::instances::{Extent, instance};
use super::{Table, files};
use crate::xml_grammar::{PACKED, documents};

/// Where XML documents are.
const FOLDERS: [&str; 9] = [
    "documents/cii-d22b-d25a",
    "documents/efti",
    "documents/invoice-quadruples/cii",
    "documents/invoice-quadruples/ubl",
    "documents/order-x",
    "documents/peppol",
    "documents/ubl-official",
    "documents/xrechnung-pairs",
    "ebxml/sbdh",
];

/// How many mutants are made of a document, and of how many documents of one kind.
const MUTANTS: usize = 30;
const MOST_MUTATED: usize = 3;

/// How many mutants are made of a document that is made of the grammar; each document element has several of these.
const MUTANTS_OF_MADE: usize = 12;

/// Namespace and local name of a document element.
type Root = (String, String);

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut by_root: BTreeMap<Root, Vec<PathBuf>> = BTreeMap::new();
    for folder in FOLDERS {
        for (_, path) in files(&data.join(folder))? {
            if let Some(root) = root_of(&path)? {
                by_root.entry(root).or_default().push(path);
            }
        }
    }
    let source = data.join("xml/xsd");
    let folder = tempfile::tempdir()?;
    // One line a document and grammar, for the oracle.
    let (mut lines, mut rows) = (String::new(), Vec::new());
    for packed in PACKED {
        let grammar = Grammar::builtin(packed.name).ok_or("the grammar does not open")?;
        for entry in documents(&source, packed.entries)? {
            let schema = source.join(&entry);
            for root in declared(&schema)? {
                let mut line = |path: &Path, mutants: usize, made: bool| {
                    lines += &format!("{}\t{}\t{mutants}\n", schema.display(), path.display());
                    rows.push(Row { grammar: packed.name, root: root.1.clone(), made });
                };
                for (number, path) in by_root.get(&root).into_iter().flatten().enumerate() {
                    line(path, if number < MOST_MUTATED { MUTANTS } else { 0 }, false);
                }
                let declaration = grammar.root(&root.0, &root.1).ok_or("the grammar lacks a document element")?;
                for (name, extent) in Extent::ALL {
                    match instance(grammar, declaration, extent) {
                        Ok(text) => {
                            // Two namespaces may have a document element of the same name.
                            let entry = entry.replace('/', "_");
                            let path = folder.path().join(format!("{entry}-{}-{name}.xml", root.1));
                            std::fs::write(&path, text)?;
                            line(&path, MUTANTS_OF_MADE, true);
                        }
                        Err(reason) => println!("{} {}: no {name} document: {reason}", packed.name, root.1),
                    }
                }
            }
        }
    }
    let mutants = tempfile::tempdir()?;
    let mut command = Command::new("python3");
    command.arg(crate::workspace().join("xtask/oracle/grammar.py")).arg(mutants.path());
    let mut oracle = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = oracle.stdin.take().ok_or("the oracle takes no lines")?;
    let stdout = oracle.stdout.take().ok_or("the oracle says nothing")?;
    let mut counts: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
    std::thread::scope(|scope| -> crate::Result<()> {
        scope.spawn(move || stdin.write_all(lines.as_bytes()));
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            let [number, path, verdict] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("the oracle says {line}").into());
            };
            let row = &rows[number.parse::<usize>()?];
            let path = Path::new(path);
            let (here, there) = (is_valid(path, row.grammar)?, verdict == "valid");
            let counts = counts.entry((row.grammar, &row.root)).or_default();
            let is_mutant = path.starts_with(mutants.path());
            let kind = match (is_mutant, row.made) {
                (true, _) => &mut counts.mutants,
                (false, true) => &mut counts.made,
                (false, false) => &mut counts.documents,
            };
            *kind += 1;
            *(if here != there {
                &mut counts.different
            } else if here {
                &mut counts.valid
            } else {
                &mut counts.invalid
            }) += 1;
            if here != there {
                println!("{} {}: {verdict} to libxml2", row.grammar, path.display());
            } else if is_mutant {
                std::fs::remove_file(path)?;
            } else if row.made && !here {
                println!("{} {}: made, and invalid to both", row.grammar, path.display());
            }
        }
        Ok(())
    })?;
    if !oracle.wait()?.success() {
        return Err("python3 with lxml is needed".into());
    }
    if counts.values().any(|counts| counts.different > 0) {
        // What is judged differently is to be looked at.
        println!("kept in {} and {}", folder.keep().display(), mutants.keep().display());
    }
    Ok(table(&counts))
}

/// What a line for the oracle is about.
struct Row {
    grammar: &'static str,
    root: String,
    /// Whether the document is made of the grammar.
    made: bool,
}

/// What came of the documents of a document element.
#[derive(Clone, Copy, Default)]
struct Counts {
    documents: usize,
    made: usize,
    mutants: usize,
    valid: usize,
    invalid: usize,
    different: usize,
}

impl Counts {
    const TITLES: [&str; 6] =
        ["documents", "made of the grammar", "mutants", "valid to both", "invalid to both", "different"];

    const fn all(self) -> [usize; 6] {
        [self.documents, self.made, self.mutants, self.valid, self.invalid, self.different]
    }
}

fn table(counts: &BTreeMap<(&str, &str), Counts>) -> Table {
    let mut table = Table::new(["grammar", "document element"].into_iter().chain(Counts::TITLES).collect::<Vec<_>>());
    for ((grammar, root), counts) in counts {
        let figures = counts.all().map(|count| count.to_string());
        table.row([*grammar, *root].into_iter().chain(figures.iter().map(String::as_str)).collect::<Vec<_>>());
    }
    let total = |column: usize| counts.values().map(|counts| counts.all()[column]).sum::<usize>();
    let [documents, made, mutants, valid, invalid, different] = std::array::from_fn(total);
    let fewest = counts.values().map(|counts| counts.mutants).min().unwrap_or_default();
    table.summary(format!(
        "{} document elements of {} grammars: {documents} documents, {made} made of the grammar, {mutants} mutants ({fewest} or \
         more each): {valid} valid to both, {invalid} invalid to both, {different} judged differently",
        counts.len(),
        PACKED.len(),
    ));
    table
}

/// The document element of the XML document at `path`; none where it is no document.
fn root_of(path: &Path) -> crate::Result<Option<Root>> {
    let mut reader = EventReader::new(File::open(path)?, Limits::default());
    loop {
        match reader.advance() {
            Ok(Some(Event::Start)) => return Ok(Some((reader.namespace().to_owned(), reader.local_name().to_owned()))),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Ok(None),
        }
    }
}

/// The global elements of a schema document.
fn declared(schema: &Path) -> crate::Result<Vec<Root>> {
    let document = Document::parse(std::fs::read(schema)?, &Limits::default())?;
    let root = document.root();
    let namespace = root.attribute("targetNamespace").unwrap_or_default();
    let names = root.children_named(SCHEMA_NAMESPACE, "element").filter_map(|element| element.attribute("name"));
    Ok(names.map(|name| (namespace.to_owned(), name.to_owned())).collect())
}

/// Whether the document at `path` is valid by the grammar of this name.
fn is_valid(path: &Path, grammar: &str) -> crate::Result<bool> {
    let grammar = Grammar::builtin(grammar).ok_or("the grammar does not open")?;
    let mut reader = EventReader::new(File::open(path)?, Limits::default());
    let mut valid = true;
    match Validator::new(grammar).run(&mut reader, &mut |_| valid = false) {
        Ok(()) => Ok(valid),
        Err(ReadError::Malformed(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
