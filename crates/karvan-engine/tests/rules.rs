//! The rules of the documents that are no invoices: sound samples keep them, and each is told where it is broken.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use karvan_engine::text::{Diagnostic, Language, Severity};
use karvan_engine::validate::{Options, Rules, validate};
use karvan_rules::RuleSet;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// What is found when all rules are asked, of the rules of arithmetic and reference.
fn findings(source: &[u8]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut options = Options::default();
    options.rules = Rules::All;
    validate(source, &options, &mut |finding| findings.push(finding)).unwrap();
    findings.retain(|finding| finding.rule.as_deref().is_some_and(|rule| rule.starts_with("KV-")));
    findings
}

/// A sample in which a text stands for another.
fn broken(name: &str, text: &str, other: &str) -> Vec<u8> {
    let source = fs::read(folder().join(name)).unwrap();
    let at = source.windows(text.len()).position(|window| window == text.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{name} has no {text}"));
    [&source[..at], other.as_bytes(), &source[at + text.len()..]].concat()
}

#[test]
fn sound_documents_keep_every_rule() {
    for path in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let mut findings = findings(&fs::read(&path).unwrap());
        // What practice does otherwise, such as an amount in another currency, is a warning.
        findings.retain(|finding| finding.code.severity == Severity::Error);
        assert_eq!(findings, [], "{}", path.display());
    }
}

#[test]
fn every_rule_is_told_where_it_is_broken() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        // Sample, what stands there, what shall stand there, the rule, what is found.
        ("order-de.edi", "LIN+2+", "LIN+1+", "KV-LINE-01", ""),
        ("order-de.edi", "MOA+79:10810'", "MOA+79:10810'CNT+2:3'", "KV-LINE-02", "3"),
        ("order-de.edi", "PRI+AAA:6.2:::1:MTR", "PRI+AAA:6.2", "", ""),
        ("order-de.edi", "QTY+21:350:", "QTY+21:300:", "KV-LINE-04", "2170"),
        ("order-de.edi", "MOA+79:10810", "MOA+79:10811", "KV-TOTAL-01", "10811"),
        ("order-de.edi", "CUX+2:EUR", "CUX+2:EVR", "KV-CURRENCY-01", "EVR"),
        ("quotation-de.ubl.xml", "<cbc:LineCountNumeric>2", "<cbc:LineCountNumeric>4", "KV-LINE-02", "4"),
        ("despatchadvice-ir.edi", "CPS+3+1", "CPS+3+7", "KV-PACK-01", "7"),
        ("despatchadvice-ir.edi", "CPS+3+1", "CPS+2+1", "KV-PACK-02", ""),
        ("forwardinginstruction-ir.edi", "MEA+AAE+N+KGM:15000", "MEA+AAE+N+KGM:17000", "KV-GOODS-01", ""),
        ("forwardinginstruction-ir.edi", "CNT+7:21960:KGM", "CNT+7:21000:KGM", "KV-GOODS-03", "21000"),
        ("forwardinginstruction-ir.edi", "CNT+11:1600", "CNT+11:2600", "KV-GOODS-05", "2600"),
        ("forwardinginstruction-ir.edi", "SGP+KRVU2045110+400", "SGP+KRVU9999999+400", "KV-GOODS-06", "KRVU9999999"),
        ("goodsdeclaration-de.edi", "CNT+5:2", "CNT+5:3", "KV-CUSTOMS-01", "3"),
        ("goodsdeclaration-de.edi", "CNT+11:15", "CNT+11:16", "KV-CUSTOMS-02", "16"),
        ("goodsdeclaration-de.edi", "MEA+WT+AAA+KGM:48", "MEA+WT+AAA+KGM:84", "KV-CUSTOMS-03", "54"),
        ("goodsdeclaration-de.edi", "MEA+WT+AAD+KGM:1914", "MEA+WT+AAD+KGM:2000", "KV-CUSTOMS-04", "2000"),
        ("goodsdeclaration-de.edi", "CST+2+", "CST+1+", "KV-CUSTOMS-06", ""),
    ];
    for (name, text, other, rule, found) in cases {
        let findings = findings(&broken(name, text, other));
        if rule.is_empty() {
            assert_eq!(findings, [], "{name}, {other}");
            continue;
        }
        let finding = findings.iter().find(|finding| finding.rule.as_deref() == Some(rule));
        let told: Vec<_> = findings.iter().map(|finding| (&finding.rule, &finding.found)).collect();
        let finding = finding.unwrap_or_else(|| panic!("{name}, {other}: {rule} is not told, but {told:?}"));
        assert_eq!(finding.code.layer(), 4, "{rule}");
        if !found.is_empty() {
            assert_eq!(finding.found.as_deref(), Some(*found), "{rule}");
        }
        assert!(finding.message.text(Language::Persian).contains('\u{6cc}'), "{rule}");
    }
}

#[test]
fn the_examples_of_a_rule_break_it_and_keep_it() {
    let rules: BTreeMap<_, _> = RuleSet::builtin().flat_map(RuleSet::rules).map(|rule| (rule.id(), rule)).collect();
    let own = rules.values().filter(|rule| rule.id().starts_with("KV-"));
    let (mut count, mut faults) = (0, Vec::new());
    for rule in own {
        let example = rule.example().unwrap_or_else(|| panic!("{} has no example", rule.id()));
        let told =
            |json: &str| findings(json.as_bytes()).into_iter().filter_map(|finding| finding.rule).collect::<Vec<_>>();
        let (wrong, right) = (told(&example.wrong()), told(&example.right()));
        if wrong != [rule.id()] || !right.is_empty() {
            faults.push(format!("{}: {wrong:?}, {right:?}", rule.id()));
        }
        count += 1;
    }
    assert!(faults.is_empty() && count >= 50, "{count} rules: {faults:#?}");
}

/// A document that claims nothing is asked nothing, unless that is wanted.
#[test]
fn no_rule_is_asked_of_who_claims_none() {
    let mut findings = Vec::new();
    let source = broken("order-de.edi", "MOA+79:10810", "MOA+79:10811");
    validate(source.as_slice(), &Options::default(), &mut |finding| findings.push(finding)).unwrap();
    assert!(findings.iter().all(|finding| finding.rule.is_none()), "{findings:?}");
}
