//! Published signatures: the interoperability suites that xmlsec keeps, and documents attacked by signature wrapping.
//!
//! What is asked is whether a signature is intact, by any key; whether the key is to be trusted is another question, so
//! rows of the suites that fail for trust alone are left out. Of the suites, every algorithm and transform that Karvan
//! refuses is named with the code of its finding. One intact signature is called changed: the one whose ECDSA numbers
//! are padded beyond their length, against XML Signature 1.1 §6.4.3.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use karvan_pki::Certificate;
use karvan_signature::{Coverage, Policy, Position, verify};

use super::Table;

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "expected", "karvan"]);
    suites(&data.join("signature/xmldsig"), &mut table)?;
    wrapping(&data.join("signature/wrapping"), &mut table)?;
    Ok(table)
}

/// The suites: whatever the signature covers, wherever it stands.
fn suites(folder: &Path, table: &mut Table) -> crate::Result<()> {
    let policy = Policy { coverage: Coverage::Anything, positions: vec![Position::Anywhere], ..Policy::default() };
    let mut rows = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("expected.tsv"))?.lines().skip(1) {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (expected, directory, file, _, _, options) = (cell(), cell(), cell(), cell(), cell(), cell());
        // Only trust and revocation make xmlsec1 refuse what is intact.
        if expected == "success" {
            let name = if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") };
            rows.entry(name).or_insert_with(|| options.to_owned());
        }
    }
    let (mut intact, mut wrong) = (0, 0);
    let all = rows.len();
    for (name, options) in rows {
        let Ok(source) = std::fs::read(folder.join(format!("{name}.xml"))) else {
            table.row([name.as_str(), "intact", "left out: not there"]);
            continue;
        };
        let verdict = verdict(source, &known(folder, &options), &policy);
        intact += usize::from(verdict == "intact");
        wrong += usize::from(verdict.contains("E6011") || verdict.contains("E6012"));
        table.row([name.as_str(), "intact", &verdict]);
    }
    table
        .summary(format!("suites: {all} signatures, {intact} intact, {wrong} found changed, the others not supported"));
    Ok(())
}

/// The attacks: with the policy of every day.
fn wrapping(folder: &Path, table: &mut Table) -> crate::Result<()> {
    let (mut right, mut all) = (0, 0);
    for line in std::fs::read_to_string(folder.join("expected.tsv"))?.lines().skip(1) {
        let mut cells = line.split('\t');
        let (file, expected) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let expected = if expected == "accept" { "intact" } else { "refused" };
        let verdict = verdict(std::fs::read(folder.join(file))?, &[], &Policy::default());
        all += 1;
        right += usize::from((verdict == "intact") == (expected == "intact"));
        table.row([format!("wrapping/{file}").as_str(), expected, &verdict]);
    }
    table.summary(format!("wrapping: {all} documents, {right} judged as expected"));
    Ok(())
}

/// `intact`, or the codes of the findings.
fn verdict(source: Vec<u8>, known: &[Certificate], policy: &Policy) -> String {
    match verify(source, &[], known, policy) {
        Ok(_) => "intact".to_owned(),
        Err(rejected) => {
            let codes = rejected.findings().iter().map(|finding| format!("{} {}", finding.code, finding.message.id()));
            codes.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The certificates that the options of xmlsec1 name.
fn known(folder: &Path, options: &str) -> Vec<Certificate> {
    let limits = karvan_pki::Limits::default();
    let files = options.split_ascii_whitespace().filter(|word| word.contains("keys/")).map(|word| {
        let word = word.replace("$cert_format", "der").replace("keys/largersa", "keys/rsa/rsa-4096-");
        PathBuf::from(word)
    });
    files
        .filter_map(|file| std::fs::read(folder.join(file)).ok())
        .flat_map(|octets| karvan_pki::certificates("known", &octets, &limits).0)
        .collect()
}
