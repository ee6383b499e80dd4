//! XML documents and mutants of them, checked against packed grammars here and against the schema documents by libxml2.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use karvan_schema::xml::{Grammar, SCHEMA_NAMESPACE, Validator};
use karvan_xml::{Document, Event, EventReader, Limits, ReadError};

use super::{Table, files};
use crate::xml_grammar::{PACKED, documents};

/// Where XML documents are.
const FOLDERS: [&str; 8] = [
    "documents/cii-d22b-d25a",
    "documents/efti",
    "documents/invoice-quadruples/cii",
    "documents/invoice-quadruples/ubl",
    "documents/order-x",
    "documents/peppol",
    "documents/ubl-official",
    "documents/xrechnung-pairs",
];

/// How many mutants are made of a document, and of how many documents of one kind.
const MUTANTS: usize = 30;
const MOST_MUTATED: usize = 3;

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
    // One line a document and grammar, for the oracle.
    let (mut lines, mut rows) = (String::new(), Vec::new());
    for packed in PACKED {
        for entry in documents(&source, packed.entries)? {
            let schema = source.join(entry);
            for root in declared(&schema)? {
                for (number, path) in by_root.get(&root).into_iter().flatten().enumerate() {
                    let mutants = if number < MOST_MUTATED { MUTANTS } else { 0 };
                    lines += &format!("{}\t{}\t{mutants}\n", schema.display(), path.display());
                    rows.push((packed.name, root.1.clone()));
                }
            }
        }
    }
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("python3");
    command.arg(crate::workspace().join("xtask/oracle/grammar.py")).arg(folder.path());
    let mut oracle = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = oracle.stdin.take().ok_or("the oracle takes no lines")?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(lines.as_bytes()));
        oracle.wait_with_output()
    })?;
    if !output.status.success() {
        return Err("python3 with lxml is needed".into());
    }

    let mut counts: BTreeMap<&(&str, String), [usize; 4]> = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let [number, path, verdict] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("the oracle says {line}").into());
        };
        let row = &rows[number.parse::<usize>()?];
        let (here, there) = (is_valid(Path::new(path), row.0)?, verdict == "valid");
        let counts = counts.entry(row).or_default();
        counts[0] += usize::from(!path.starts_with(&*folder.path().to_string_lossy()));
        counts[if here != there { 3 } else { 1 + usize::from(!here) }] += 1;
        if here != there {
            println!("{} {path}: {verdict} to libxml2", row.0);
        }
    }
    let mut table =
        Table::new(["grammar", "document element", "documents", "valid to both", "invalid to both", "different"]);
    for ((grammar, root), counts) in &counts {
        let [documents, valid, invalid, different] = counts.map(|count| count.to_string());
        table.row([*grammar, root, &documents, &valid, &invalid, &different]);
    }
    let total = |column: usize| counts.values().map(|count| count[column]).sum::<usize>();
    let (documents, valid, invalid, different) = (total(0), total(1), total(2), total(3));
    table.summary(format!(
        "{documents} documents by a grammar, {} with mutants: {valid} valid to both, {invalid} invalid to both, {different} \
         judged differently",
        valid + invalid + different
    ));
    Ok(table)
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
