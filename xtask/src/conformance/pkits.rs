//! The Public Key Interoperability Test Suite of NIST: every row judged with its lists and under its policies, and decided again
//! from its explanation alone by the independent reader.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use karvan_pki::{
    ANY_POLICY, CertificateSet, Evidence, Legacy, Limits, ObjectIdentifier, Options, PolicyOptions, Purpose,
    RevocationMode, RevocationOptions, Status, TrustStore, Verdict, find_paths,
};

use super::Table;
use super::scenarios::{is_named, replay::replay};

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
    let mut table = Table::new(["case", "name", "expected", "verdict", "agrees", "replayed", "policies", "reason"]);
    let mut sections = [(0, 0); SECTIONS.len()];
    let (mut with_legacy, mut replayed, mut faults, mut named) = (0, 0, 0, 0);
    let rows = std::fs::read_to_string(folder.join("pkits.tsv"))?;
    for row in rows.lines().skip(1) {
        let row = Row::read(row)?;
        let section: usize = row.case.split('.').nth(1).and_then(|section| section.parse().ok()).unwrap_or_default();
        // Two rows are about DSA with SHA-1, which is believed where it is allowed by name.
        let mut verdict = row.judge(&folder, Legacy::NONE)?;
        let needs_legacy = verdict.as_ref().is_some_and(|verdict| {
            verdict.rejected.iter().flat_map(|path| &path.rejections).any(|fault| fault.message.id() == "trust-legacy")
        });
        if needs_legacy {
            verdict = row.judge(&folder, Legacy::ALL)?;
            with_legacy += 1;
        }
        let accepted = verdict.as_ref().is_some_and(|verdict| verdict.status() == Status::Accepted);
        let policies: BTreeSet<_> = verdict
            .iter()
            .filter_map(Verdict::path)
            .flat_map(|path| path.policies())
            .map(|policy| policy.policy)
            .collect();
        let agrees = accepted == row.accepted && (!accepted || row.names(&policies)?);
        if let Some((agreed, all)) = section.checked_sub(1).and_then(|index| sections.get_mut(index)) {
            *agreed += usize::from(agrees);
            *all += 1;
        }
        let word = |accepted| if accepted { "accepted" } else { "rejected" };
        let found = verdict.as_ref().map_or("rejected", |verdict| match verdict.status() {
            Status::Accepted => "accepted",
            Status::Indeterminate => "indeterminate",
            Status::Rejected => "rejected",
            _ => "unfinished",
        });
        let policies: Vec<_> = policies.iter().map(ToString::to_string).collect();
        let policies = if policies.is_empty() { "-".to_owned() } else { policies.join(" ") };
        // A signer that cannot be read has no verdict that could be explained.
        let same = verdict.as_ref().map(|verdict| Ok(replay(&serde_json::to_value(verdict.explanation())?).is_empty()));
        let same = same.transpose().map_err(|error: serde_json::Error| error)?;
        replayed += usize::from(same != Some(false));
        for path in verdict.iter().flat_map(|verdict| &verdict.rejected) {
            faults += path.rejections.len();
            named += path.rejections.iter().filter(|fault| is_named(path, fault)).count();
        }
        let yes = |good| if good { "yes" } else { "NO" };
        let again = same.map_or("-", yes);
        let reason = reason(verdict.as_ref());
        table.row([row.case, row.name, word(row.accepted), found, yes(agrees), again, &policies, &reason]);
    }
    let (agreed, all) = sections.iter().fold((0, 0), |sum, section| (sum.0 + section.0, sum.1 + section.1));
    table.summary(format!("{all} rows: {agreed} yes, {with_legacy} of them judged with weak algorithms allowed"));
    table.summary(format!(
        "{replayed} decided again from the explanation alone; {faults} rejections, {named} of them with certificate, rule and clause"
    ));
    for (index, (name, (agreed, all))) in SECTIONS.iter().zip(sections).enumerate() {
        table.summary(format!("4.{} {name}: {agreed} of {all}", index + 1));
    }
    Ok(table)
}

/// One row of the suite.
struct Row<'a> {
    case: &'a str,
    name: &'a str,
    accepted: bool,
    options: PolicyOptions,
    /// The `user-constrained-policy-set`; where the table leaves it open, the first test policy or none.
    policies: &'a str,
    certificates: &'a str,
    lists: &'a str,
}

impl<'a> Row<'a> {
    fn read(row: &'a str) -> crate::Result<Self> {
        let fields: Vec<&str> = row.split('\t').collect();
        let [case, name, expected, initial, explicit, mapping, any, policies, certificates, lists, _] = fields[..]
        else {
            return Err(format!("a row of {} fields", fields.len()).into());
        };
        let options = PolicyOptions {
            acceptable: policy_set(initial)?,
            require_explicit: explicit == "true",
            inhibit_mapping: mapping == "true",
            inhibit_any: any == "true",
        };
        Ok(Self { case, name, accepted: expected == "true", options, policies, certificates, lists })
    }

    /// Whether these are the policies that the path is to be valid for.
    fn names(&self, policies: &BTreeSet<ObjectIdentifier>) -> crate::Result<bool> {
        let stated = policy_set(if self.policies.is_empty() { "NIST-test-policy-1" } else { self.policies })?;
        Ok(*policies == stated || (self.policies.is_empty() && policies.is_empty()))
    }

    /// The verdict; none where the last certificate cannot be read.
    fn judge(&self, folder: &Path, legacy: Legacy) -> crate::Result<Option<Verdict>> {
        let limits = Limits::default();
        let read = |names: &str, kind: &str| {
            let names = names.split(',').filter(|name| !name.is_empty());
            let files = names.map(|name| {
                let extension = if kind == "certs" { "crt" } else { "crl" };
                Ok((name.to_owned(), std::fs::read(folder.join(format!("{kind}/{name}.{extension}")))?))
            });
            files.collect::<crate::Result<Vec<_>>>()
        };
        let files = read(self.certificates, "certs")?;
        let [anchor, between @ .., signer] = &files[..] else {
            return Err("a row with fewer than two certificates".into());
        };
        let (anchors, _) = TrustStore::load([anchor.clone()], &limits);
        let (pool, _) = CertificateSet::load(between.iter().cloned(), &limits);
        let (signer, _) = CertificateSet::load([signer.clone()], &limits);
        let (evidence, _) = Evidence::load(read(self.lists, "crls")?, &limits);
        let options = Options {
            purpose: Purpose::any(),
            policies: self.options.clone(),
            revocation: RevocationOptions {
                mode: RevocationMode::Require,
                freshness: None,
                evidence: Arc::new(evidence),
            },
            legacy,
            ..Options::document_signature(AT.parse()?)
        };
        Ok(signer.iter().next().map(|signer| find_paths(signer, &pool, &anchors, &options)))
    }
}

/// The policies of the suite by their names.
fn policy_set(names: &str) -> crate::Result<BTreeSet<ObjectIdentifier>> {
    let policies = names.split(',').filter(|name| !name.is_empty()).map(|name| {
        if name == "anyPolicy" {
            return Ok(ANY_POLICY);
        }
        let number = name.rsplit('-').next().unwrap_or_default();
        format!("2.16.840.1.101.3.2.1.48.{number}").parse().map_err(|_| format!("{name} is no test policy").into())
    });
    policies.collect()
}

/// The checks that were not passed, each with the position of its certificate.
fn reason(verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else { return "unreadable".to_owned() };
    let faults = verdict.rejected.iter().flat_map(|path| &path.rejections);
    let faults: Vec<_> = faults.map(|fault| format!("{}:{}", fault.position, fault.check)).collect();
    if faults.is_empty() { "-".to_owned() } else { faults.join(" ") }
}
