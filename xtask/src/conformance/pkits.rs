//! The Public Key Interoperability Test Suite of NIST: every row judged, and where Karvan does not agree, why.

use std::collections::BTreeMap;
use std::path::Path;

use karvan_pki::{CertificateSet, Check, Limits, Options, Purpose, Status, TrustStore, Verdict, find_paths};

use super::Table;

/// A time when every certificate of the suite that is meant to be valid is.
const AT: &str = "2011-06-01T00:00:00Z";

/// The sections of the suite.
const SECTIONS: [&str; 16] = [
    "signatures",
    "validity",
    "name chaining",
    "basic revocation",
    "self-issued certificates",
    "basic constraints",
    "key usage",
    "policies",
    "require explicit policy",
    "policy mapping",
    "inhibit policy mapping",
    "inhibit any policy",
    "name constraints",
    "distribution points",
    "delta CRLs",
    "private extensions",
];

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let folder = data.join("pki/pkits");
    let mut table = Table::new(["case", "name", "expected", "verdict", "agrees", "reason"]);
    let mut causes: BTreeMap<Agreement, usize> = BTreeMap::new();
    let mut sections = [(0, 0); SECTIONS.len()];
    let rows = std::fs::read_to_string(folder.join("pkits.tsv"))?;
    for row in rows.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let [case, name, expected, .., certificates, _, _] = fields[..] else {
            return Err(format!("a row of {} fields", fields.len()).into());
        };
        let section: usize = case.split('.').nth(1).and_then(|section| section.parse().ok()).unwrap_or_default();
        let verdict = judge(&folder, certificates)?;
        let accepted = verdict.as_ref().is_some_and(|verdict| verdict.status() == Status::Accepted);
        let agreement = Agreement::new(section, expected == "true", accepted, verdict.as_ref());
        *causes.entry(agreement).or_default() += 1;
        if let Some((agreed, all)) = section.checked_sub(1).and_then(|index| sections.get_mut(index)) {
            *agreed += usize::from(agreement == Agreement::Yes);
            *all += 1;
        }
        let expected = if expected == "true" { "accepted" } else { "rejected" };
        let found = if accepted { "accepted" } else { "rejected" };
        table.row([case, name, expected, found, agreement.text(), &reason(verdict.as_ref())]);
    }
    let causes: Vec<_> = causes.iter().map(|(cause, count)| format!("{count} {}", cause.text())).collect();
    table.summary(format!("{} rows: {}", sections.iter().map(|section| section.1).sum::<usize>(), causes.join(", ")));
    for (index, (name, (agreed, all))) in SECTIONS.iter().zip(sections).enumerate() {
        table.summary(format!("4.{} {name}: {agreed} of {all}", index + 1));
    }
    Ok(table)
}

/// Whether Karvan agrees with the suite, and if not, what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Yes,
    /// The row is about revocation, which is not checked yet.
    Revocation,
    /// The row is about policies, which are not checked yet: a critical extension is refused, the others are not seen.
    Policies,
    /// The row needs DSA.
    Algorithm,
    /// A fault of Karvan.
    No,
}

impl Agreement {
    fn new(section: usize, expected: bool, accepted: bool, verdict: Option<&Verdict>) -> Self {
        let checks: Vec<_> =
            verdict.iter().flat_map(|verdict| &verdict.rejected).flat_map(|path| &path.rejections).collect();
        match (expected, accepted) {
            _ if expected == accepted => Self::Yes,
            (false, _) if matches!(section, 4 | 5 | 7 | 14 | 15) => Self::Revocation,
            (false, _) if matches!(section, 8..=12) => Self::Policies,
            (true, _) if checks.iter().any(|fault| fault.check == Check::CriticalExtensions) => Self::Policies,
            (true, _) if checks.iter().any(|fault| fault.check == Check::Algorithm) => Self::Algorithm,
            _ => Self::No,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Revocation => "needs revocation",
            Self::Policies => "needs policies",
            Self::Algorithm => "needs DSA",
            Self::No => "NO",
        }
    }
}

/// The verdict on a row; none where the last certificate cannot be read.
fn judge(folder: &Path, names: &str) -> crate::Result<Option<Verdict>> {
    let limits = Limits::default();
    let mut files = Vec::new();
    for name in names.split(',') {
        files.push((name.to_owned(), std::fs::read(folder.join(format!("certs/{name}.crt")))?));
    }
    let [anchor, between @ .., signer] = &files[..] else {
        return Err("a row with fewer than two certificates".into());
    };
    let borrowed = |(name, octets): &(String, Vec<u8>)| (name.clone(), octets.clone());
    let (anchors, _) = TrustStore::load([borrowed(anchor)], &limits);
    let (pool, _) = CertificateSet::load(between.iter().map(borrowed), &limits);
    let (signer, _) = CertificateSet::load([borrowed(signer)], &limits);
    let options = Options { purpose: Purpose::any(), ..Options::document_signature(AT.parse()?) };
    Ok(signer.iter().next().map(|signer| find_paths(signer, &pool, &anchors, &options)))
}

/// The checks that were not passed, each with the position of its certificate.
fn reason(verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else { return "unreadable".to_owned() };
    let faults = verdict.rejected.iter().flat_map(|path| &path.rejections);
    let faults: Vec<_> = faults.map(|fault| format!("{}:{}", fault.position, fault.check)).collect();
    if faults.is_empty() { "-".to_owned() } else { faults.join(" ") }
}
