//! Real invoices and mutants of them, checked against their grammar here and against the schema documents by libxml2.

use std::path::Path;
use std::process::Command;

use karvan_schema::xml::{Grammar, Grammars, validate};
use karvan_xml::{Document, Limits};

use super::{Table, files};

/// Where invoices and credit notes are, among other documents.
const FOLDERS: [&str; 5] = [
    "documents/invoice-quadruples/cii",
    "documents/invoice-quadruples/ubl",
    "documents/xrechnung-pairs",
    "documents/peppol",
    "documents/ubl-official/creditnote",
];

/// The schema document of each root element.
const SCHEMAS: [(&str, &str); 3] = [
    ("CrossIndustryInvoice", "cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"),
    ("Invoice", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
    ("CreditNote", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut documents = Vec::new();
    for folder in FOLDERS {
        for (name, path) in files(&data.join(folder))? {
            if has_grammar(&path)? {
                documents.push((format!("{folder}/{name}"), path));
            }
        }
    }
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("python3");
    command.arg(crate::workspace().join("xtask/oracle/grammar.py")).arg(folder.path());
    for (root, schema) in SCHEMAS {
        command.arg(format!("{}={root}", data.join("xml/xsd").join(schema).display()));
    }
    let output = command.arg("--").args(documents.iter().map(|(_, path)| path)).output()?;
    if !output.status.success() {
        return Err(format!("python3 with lxml is needed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }

    let mut counts = vec![[0_usize; 3]; documents.len()];
    for line in String::from_utf8(output.stdout)?.lines() {
        let [number, path, verdict] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("the oracle says {line}").into());
        };
        let (here, there) = (is_valid(Path::new(path))?, verdict == "valid");
        let column = if here != there { 2 } else { usize::from(!here) };
        counts[number.parse::<usize>()?][column] += 1;
    }
    let mut table = Table::new(["document", "valid to both", "invalid to both", "different"]);
    for ((name, _), [valid, invalid, different]) in documents.iter().zip(&counts) {
        table.row([name, &valid.to_string(), &invalid.to_string(), &different.to_string()]);
    }
    let total = |column: usize| counts.iter().map(|count| count[column]).sum::<usize>();
    let (valid, invalid, different) = (total(0), total(1), total(2));
    table.summary(format!(
        "{} documents with mutants, {} in all: {valid} valid to both, {invalid} invalid to both, {different} judged differently",
        documents.len(),
        valid + invalid + different
    ));
    Ok(table)
}

/// Whether there is a grammar for the document at `path`.
fn has_grammar(path: &Path) -> crate::Result<bool> {
    let document = Document::parse(std::fs::read(path)?, &Limits::default());
    Ok(document.is_ok_and(|document| {
        Grammars::builtin().for_root(document.root().namespace(), document.root().local_name()).next().is_some()
    }))
}

/// Whether the document at `path` is valid by the grammar of its root element.
fn is_valid(path: &Path) -> crate::Result<bool> {
    let Ok(document) = Document::parse(std::fs::read(path)?, &Limits::default()) else { return Ok(false) };
    let root = document.root();
    let grammar = Grammars::builtin().for_root(root.namespace(), root.local_name()).next();
    let grammar = grammar.and_then(|heading| Grammar::builtin(heading.name()));
    Ok(grammar.is_some_and(|grammar| validate(&document, grammar).is_empty()))
}
