//! The scenarios of `tests/trust`: each verdict as it follows from the standard.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[allow(dead_code, reason = "the conformance run reads the rest")]
#[path = "../../../tests/trust/scenario.rs"]
mod scenario;

#[path = "../../../tests/trust/replay.rs"]
mod replay;

use std::collections::BTreeSet;
use std::sync::Arc;

use karvan_pki::{
    CertificateSet, Evidence, Limits, ObjectIdentifier, Options, PolicyOptions, Purpose, Recognition, Register,
    RevocationMode, RevocationOptions, Status, StoreFile, TrustStore, Verdict, find_paths,
};
use scenario::{Scenario, Table};

fn oid(table: &Table, word: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(&table.policies[word])
}

fn options(table: &Table, scenario: &Scenario, evidence: Evidence) -> Options {
    let mail = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
    let mut purpose = Purpose::document_signature();
    if scenario.purpose.as_deref() == Some("email") {
        purpose.extended_key_usage.push(mail);
    }
    let register = scenario.register.as_ref().map(|_| {
        let text = String::from_utf8(scenario.read("register.toml").unwrap()).unwrap();
        Arc::new(Register::from_toml(&text).unwrap())
    });
    Options {
        purpose,
        policies: PolicyOptions {
            acceptable: scenario.policies.iter().map(|word| oid(table, word)).collect(),
            require_explicit: scenario.explicit,
            inhibit_mapping: scenario.inhibit_mapping,
            inhibit_any: scenario.inhibit_any,
        },
        revocation: RevocationOptions {
            mode: if scenario.revocation.is_some() { RevocationMode::Require } else { RevocationMode::Off },
            freshness: None,
            evidence: Arc::new(evidence),
        },
        register,
        ..Options::document_signature(scenario.at.parse().unwrap())
    }
}

fn judge(table: &Table, scenario: &Scenario) -> Verdict {
    let limits = Limits::default();
    let bundle = scenario.bundle();
    let (mut anchors, problems) = TrustStore::load(bundle.anchors, &limits);
    assert_eq!(problems, [], "{}", scenario.name);
    if scenario.store.is_some() {
        let text = String::from_utf8(scenario.read("store.toml").unwrap()).unwrap();
        assert_eq!(StoreFile::from_toml(&text).unwrap().apply(&mut anchors), [], "{}", scenario.name);
    }
    let (pool, problems) = CertificateSet::load(bundle.pool, &limits);
    assert_eq!(problems, [], "{}", scenario.name);
    let (evidence, problems) = Evidence::load(bundle.lists.into_iter().chain(bundle.answers), &limits);
    assert_eq!(problems, [], "{}", scenario.name);
    let (signer, problems) = CertificateSet::load([bundle.signer], &limits);
    assert_eq!(problems, [], "{}", scenario.name);
    find_paths(signer.iter().next().unwrap(), &pool, &anchors, &options(table, scenario, evidence))
}

/// What differs from the verdict that is expected.
fn difference(table: &Table, scenario: &Scenario) -> Option<String> {
    let verdict = judge(table, scenario);
    let status = match verdict.status() {
        Status::Accepted => "accepted",
        Status::Rejected => "rejected",
        Status::Indeterminate => "indeterminate",
        _ => "unfinished",
    };
    let faults: BTreeSet<(String, String)> = verdict
        .rejected
        .iter()
        .flat_map(|path| path.rejections.iter().map(move |fault| (path, fault)))
        .filter_map(|(path, fault)| {
            let certificate = path.certificate(fault.position)?;
            Some((fault.check.name().to_owned(), certificate.origin.as_ref().to_owned()))
        })
        .collect();
    if status != scenario.expect {
        return Some(format!("{status}, not {}: {faults:?}", scenario.expect));
    }
    if let Some(check) = &scenario.check {
        let at = scenario.at_certificate.as_deref();
        if !faults.iter().any(|(found, place)| found == check && at.is_none_or(|at| at == place)) {
            return Some(format!("{check} at {at:?} is not among {faults:?}"));
        }
    }
    let path = verdict.path();
    if let (Some(words), Some(path)) = (&scenario.valid_policies, path) {
        let expected: BTreeSet<_> = words.iter().map(|word| oid(table, word)).collect();
        let found: BTreeSet<_> = path.policies().iter().map(|policy| policy.policy).collect();
        if found != expected {
            return Some(format!("policies {found:?}, not {expected:?}"));
        }
    }
    if scenario.register.is_some()
        && let Some(path) = path
    {
        let by = match path.recognition() {
            Some(Recognition::Recognised { agreement, .. }) => Some(agreement.as_str()),
            _ => None,
        };
        if by != scenario.recognised_by.as_deref() {
            return Some(format!("recognised by {by:?}"));
        }
    }
    None
}

#[test]
fn every_scenario_has_the_verdict_that_follows_from_the_standard() {
    let table = scenario::table();
    assert!(table.scenario.len() >= 60);
    let differences: Vec<_> = table
        .scenario
        .iter()
        .filter_map(|scenario| {
            Some(format!("{} ({}): {}", scenario.name, scenario.clause, difference(&table, scenario)?))
        })
        .collect();
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), table.scenario.len(), differences.join("\n"));
}

#[test]
fn every_rejection_names_its_certificate_its_rule_and_its_clause() {
    let table = scenario::table();
    for scenario in table.scenario.iter().filter(|scenario| scenario.expect != "accepted") {
        let verdict = judge(&table, scenario);
        assert!(!verdict.rejected.is_empty(), "{}", scenario.name);
        for path in &verdict.rejected {
            for fault in &path.rejections {
                assert!(path.certificate(fault.position).is_some(), "{}", scenario.name);
                assert!(!fault.check.clause().is_empty() && !fault.expected.is_empty(), "{}: {fault:?}", scenario.name);
            }
        }
    }
}

#[test]
fn an_independent_reader_comes_to_the_same_verdicts_from_the_json_alone() {
    let table = scenario::table();
    for scenario in &table.scenario {
        let json = serde_json::to_value(judge(&table, scenario).explanation()).unwrap();
        assert_eq!(replay::replay(&json), Vec::<String>::new(), "{}", scenario.name);
    }
}

#[test]
fn the_independent_reader_notices_what_was_altered() {
    let table = scenario::table();
    let scenario = table.scenario.iter().find(|scenario| scenario.name == "policy-mapped-twice").unwrap();
    let json = serde_json::to_string(&judge(&table, scenario).explanation()).unwrap();
    for (was, is) in [
        ("\"status\":\"accepted\"", "\"status\":\"rejected\""),
        ("\"verifies\":true", "\"verifies\":false"),
        ("\"not_after\":\"2037", "\"not_after\":\"2025"),
        ("\"max_path_length\":3", "\"max_path_length\":0"),
        ("\"certificate_policies\":[\"1.3.6.1.4.1.32473.792.1\"]", "\"certificate_policies\":[\"1.2.3\"]"),
        ("\"user_constrained_policy_set\":[", "\"user_constrained_policy_set\":[\"1.2.3\","),
        ("\"result\":\"passed\"", "\"result\":\"failed\""),
    ] {
        assert!(json.contains(was), "{was}");
        let altered = serde_json::from_str(&json.replace(was, is)).unwrap();
        assert_ne!(replay::replay(&altered), Vec::<String>::new(), "{was} → {is}");
    }
}
