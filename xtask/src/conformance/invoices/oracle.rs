//! The tools that judge an invoice: the extractor of terms, the official Schematron, xmllint.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::terms::{Normal, Terms};

/// What lies where in the data folder.
pub(super) const EXTRACTOR: &str = "../tools/invoice-terms";
const RULES: [(&str, &str); 3] = [
    ("cii", "xml/en16931/cii/xslt/EN16931-CII-validation.xslt"),
    ("ubl", "xml/en16931/ubl/xslt/EN16931-UBL-validation.xslt"),
    ("edifact", "xml/en16931/edifact/xslt/EN16931-EDIFACT-validation.xslt"),
];
const SCHEMAS: [(&str, &str); 3] = [
    ("cii", "xml/xsd/cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"),
    ("ubl", "xml/xsd/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
    ("credit", "xml/xsd/ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
];

/// What the tools say of an invoice.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgement {
    /// Its terms.
    pub(super) terms: Terms,
    /// The rules whose fatal asserts fail.
    pub(super) fatal: BTreeSet<String>,
    /// Whether it is valid by its schema.
    pub(super) is_valid: bool,
}

/// What is asked of the tools, each thing once.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// Invoices in CII or UBL.
    pub(super) invoices: BTreeSet<Vec<u8>>,
    /// Invoices in the XML form of EDIFACT, by the rules alone.
    pub(super) messages: BTreeSet<PathBuf>,
    /// Values, as they are in a report.
    pub(super) values: BTreeSet<String>,
}

/// What the tools answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// By the octets of the invoice.
    pub(super) invoices: BTreeMap<Vec<u8>, Judgement>,
    /// Failed rules, by the file of the message.
    pub(super) messages: BTreeMap<PathBuf, BTreeSet<String>>,
    /// The values as the extractor writes them.
    pub(super) values: Normal,
    /// The tools and their versions.
    pub(super) tools: Vec<String>,
}

/// Asks all tools.
pub(super) fn ask(data: &Path, question: Question) -> crate::Result<Answer> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for (number, octets) in question.invoices.iter().enumerate() {
        let path = folder.path().join(format!("{number}.xml"));
        std::fs::write(&path, octets)?;
        files.push(path);
    }
    let rules: BTreeMap<&str, PathBuf> = RULES.iter().map(|(name, path)| (*name, data.join(path))).collect();
    let request = json!({
        "extractor": data.join(EXTRACTOR),
        "rules": rules,
        "files": files,
        "only_rules": { "edifact": question.messages },
        "values": question.values,
    });
    let answer = run(&request)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let names = |value: &Value| list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut kinds: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    let mut judgements = Vec::new();
    let told = list(&answer["files"]);
    for (path, file) in files.iter().zip(&told) {
        let mut terms = Terms::default();
        for row in list(&file["terms"]) {
            let (term, value, count) = (row[0].as_str(), row[1].as_str(), row[2].as_i64());
            terms.count(term.unwrap_or_default(), value.unwrap_or_default(), count.unwrap_or_default());
        }
        kinds.entry(file["kind"].as_str().unwrap_or_default()).or_default().push(path);
        judgements.push(Judgement { terms, fatal: names(&file["fatal"]), is_valid: false });
    }
    let mut valid = BTreeSet::new();
    for (kind, path) in SCHEMAS {
        valid.extend(validated(&data.join(path), kinds.get(kind).map_or(&[][..], Vec::as_slice))?);
    }
    for (path, judgement) in files.iter().zip(&mut judgements) {
        judgement.is_valid = valid.contains(path);
    }
    let messages = list(&answer["only_rules"]["edifact"]).iter().map(names).collect::<Vec<_>>();
    let values =
        list(&answer["values"]).iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    Ok(Answer {
        invoices: question.invoices.into_iter().zip(judgements).collect(),
        messages: question.messages.into_iter().zip(messages).collect(),
        values: question.values.into_iter().zip(values).collect(),
        tools: vec![answer["tools"].as_str().unwrap_or_default().to_owned(), xmllint_version()?],
    })
}

/// The answer of the extractor and of the rules.
fn run(request: &Value) -> crate::Result<Value> {
    let script = crate::workspace().join("xtask/oracle/invoices.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("python3 cannot be run: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(request.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("oracle/invoices.py failed; it needs the Python packages lxml and saxonche".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub(in crate::conformance) fn xmllint_version() -> crate::Result<String> {
    let output = Command::new("xmllint").arg("--version").output();
    let output = output.map_err(|error| format!("xmllint cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let version = text.lines().next().and_then(|line| line.rsplit(' ').next()).unwrap_or_default();
    Ok(format!("xmllint {version}"))
}

/// Those of `files` that are valid by a schema, as xmllint judges.
pub(in crate::conformance) fn validated(schema: &Path, files: &[&Path]) -> crate::Result<Vec<PathBuf>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = Command::new("xmllint");
    let output = command
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .args(files)
        .output()
        .map_err(|error| format!("xmllint cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("compilation failed") || text.contains("failed to load external") {
        return Err(format!("xmllint cannot read {}", schema.display()).into());
    }
    let valid = text.lines().filter_map(|line| line.strip_suffix(" validates"));
    Ok(valid.map(PathBuf::from).collect())
}
