//! The scenarios of `tests/trust`: each verdict as it follows from the standard.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../../../tests/trust/scenario.rs"]
mod scenario;

#[path = "../../../tests/trust/replay.rs"]
mod replay;

#[test]
fn every_scenario_has_the_verdict_that_follows_from_the_standard() {
    let table = scenario::table();
    assert!(table.scenario.len() >= 60);
    let differences: Vec<_> = table
        .scenario
        .iter()
        .filter_map(|scenario| {
            Some(format!(
                "{} ({}): {}",
                scenario.name,
                scenario.clause,
                scenario.difference(&table, &scenario.judge(&table))?
            ))
        })
        .collect();
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), table.scenario.len(), differences.join("\n"));
}

#[test]
fn every_rejection_names_its_certificate_its_rule_and_its_clause() {
    let table = scenario::table();
    for scenario in table.scenario.iter().filter(|scenario| scenario.expect != "accepted") {
        let verdict = scenario.judge(&table);
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
        let json = serde_json::to_value(scenario.judge(&table).explanation()).unwrap();
        assert_eq!(replay::replay(&json), Vec::<String>::new(), "{}", scenario.name);
    }
}

#[test]
fn the_independent_reader_notices_what_was_altered() {
    let table = scenario::table();
    let scenario = table.scenario.iter().find(|scenario| scenario.name == "policy-mapped-twice").unwrap();
    let json = serde_json::to_string(&scenario.judge(&table).explanation()).unwrap();
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

#[test]
fn openssl_differs_only_where_it_can_be_asked() {
    for scenario in scenario::table().scenario {
        assert!(scenario.openssl_differs.is_none() || scenario.openssl_cannot.is_none(), "{}", scenario.name);
    }
}
