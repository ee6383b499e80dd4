//! Buy-Ship-Pay JSON that Karvan writes, held against the published schemas by a validator that knows JSON Schema alone.

use std::path::Path;
use std::process::Command;

use karvan_engine::Target;
use karvan_engine::convert::{Options, convert_all};
use karvan_engine::text::{Diagnostic, Severity};

use super::oracle::{self, Oracle};
use super::{Table, documents, files};

/// Where invoices are that the set of documents leaves to those of invoices.
const INVOICES: [&str; 2] = ["documents/xrechnung-pairs", "documents/invoice-quadruples"];

/// The published schemas.
const SCHEMAS: &str = "xml/bsp-jsonschema-d23b.tar.xz";

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut sources = vec![("samples".to_owned(), crate::workspace().join("samples"))];
    let folders = documents::FOLDERS.into_iter().chain(INVOICES);
    sources.extend(folders.map(|folder| (folder.to_owned(), data.join(folder))));
    let folder = tempfile::tempdir()?;
    let mut written = Vec::new();
    for (source, path) in sources {
        for (name, path) in files(&path)? {
            let octets = std::fs::read(path)?;
            let Ok(conversions) = convert_all(&octets, Target::Bsp, &Options::default()) else { continue };
            for conversion in conversions.documents.into_iter().flatten() {
                let path = folder.path().join(format!("{}.json", written.len()));
                std::fs::write(&path, &conversion.octets)?;
                // Values that code lists and rules of the document deny are none of the schemas' business.
                let is_of_schema =
                    |one: &&Diagnostic| one.code.severity == Severity::Error && one.code.number / 100 == 51;
                let errors = conversion.target_findings.iter().filter(is_of_schema);
                let errors: Vec<String> = errors.map(|finding| finding.code.to_string()).collect();
                written.push((format!("{source}/{name}"), path, errors));
            }
        }
    }
    let mut validator = Oracle::start(Command::new("python3").arg(oracle::file("bsp.py")).arg(data.join(SCHEMAS)))?;
    let mut table = Table::new(["document", "by Karvan", "by jsonschema"]);
    let (mut valid, mut alike) = (0, 0);
    for (name, path, errors) in &written {
        let verdict = validator.ask(&[oracle::text(path)?])?;
        valid += usize::from(verdict == "valid");
        alike += usize::from((verdict == "valid") == errors.is_empty());
        let own = if errors.is_empty() { "valid".to_owned() } else { errors.join(" ") };
        table.row([name.clone(), own, verdict]);
    }
    table.summary(format!("{valid} of {} documents are valid by the published schemas", written.len()));
    table.summary(format!("{alike} of {} verdicts are the same", written.len()));
    table.tool(validator.ask(&["version"])?);
    Ok(table)
}
