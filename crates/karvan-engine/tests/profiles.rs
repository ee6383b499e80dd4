//! The shipped profiles on the samples: what keeps them has no finding, and each rule is broken by a mutant that is found.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use karvan_engine::profile::{self, Shipped};
use karvan_engine::text::Diagnostic;
use karvan_engine::validate::{Options, Verdict, validate};

/// A broken sample, and the rule that it breaks.
struct Mutant<'a> {
    path: &'a str,
    key: &'a str,
    code: &'a str,
    old: String,
    new: String,
}

/// Mutants of one profile, and the sample that they are of.
struct Mutants<'a> {
    profile: &'static Shipped,
    sample: &'a str,
    mutants: Vec<Mutant<'a>>,
}

fn mutants() -> Vec<Mutants<'static>> {
    let mut all: Vec<Mutants<'static>> = Vec::new();
    for line in include_str!("profiles/mutants.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((name, sample)) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')?.split_once(' ')) {
            all.push(Mutants { profile: profile::named(name).unwrap(), sample, mutants: Vec::new() });
            continue;
        }
        let (rule, change) = line.split_once(" | ").unwrap_or_else(|| panic!("{line}"));
        let [path, key, code] = rule.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (old, new) = change.split_once(" => ").unwrap_or_else(|| panic!("{line}"));
        let [old, new] = [old, new].map(|text| text.replace('⏎', "\n"));
        all.last_mut().unwrap().mutants.push(Mutant { path, key, code, old, new });
    }
    all
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name)).unwrap()
}

/// The findings on octets that are checked against a profile.
fn check(octets: &[u8], profile: &Shipped) -> (Verdict, Vec<Diagnostic>) {
    let mut options = Options::default();
    options.profiles = profile::read([(profile.name, profile.text)]).unwrap();
    let mut findings = Vec::new();
    let outcome = validate(octets, &options, &mut |finding| findings.push(finding)).unwrap();
    (outcome.verdict, findings)
}

/// The line of the profile that says what a mutant breaks.
fn line_of(mutant: &Mutant<'_>, profile: &Shipped) -> usize {
    let path = format!("path = \"{}\"", mutant.path);
    let rule = |line: &str| match mutant.path {
        "-" => line.starts_with(mutant.key),
        _ => line.contains(&path) && line.contains(&format!(" {} = ", mutant.key)),
    };
    1 + profile.text.lines().position(rule).unwrap_or_else(|| panic!("{}: no {} of {}", profile.name, mutant.key, path))
}

#[test]
fn samples_keep_their_profile() {
    let others = [("en16931-invoic", "invoice-ir.edi")].map(|(name, sample)| (profile::named(name).unwrap(), sample));
    for (profile, name) in mutants().iter().map(|mutants| (mutants.profile, mutants.sample)).chain(others) {
        let (verdict, findings) = check(&sample(name), profile);
        assert_eq!((verdict, findings), (Verdict::Valid, Vec::new()), "{name}");
    }
}

#[test]
fn mutants_are_found_by_the_rule_that_they_break() {
    let mut faults = Vec::new();
    for Mutants { profile, sample: name, mutants } in mutants() {
        let octets = sample(name);
        // What is not UTF-8 is of ISO 8859-1, in which each octet is a character.
        let latin = str::from_utf8(&octets).is_err();
        let text = match latin {
            true => octets.iter().map(|&octet| char::from(octet)).collect(),
            false => String::from_utf8(octets).unwrap(),
        };
        for mutant in mutants {
            let Mutant { path, key, code, old, new } = &mutant;
            if !text.contains(old.as_str()) {
                faults.push(format!("{name}: no {old:?}"));
                continue;
            }
            let broken = text.replacen(old.as_str(), new, 1);
            let octets = match latin {
                true => broken.chars().map(|character| u8::try_from(character).unwrap()).collect(),
                false => broken.into_bytes(),
            };
            let (verdict, findings) = check(&octets, profile);
            let line = line_of(&mutant, profile).to_string();
            let says_so = |finding: &&Diagnostic| {
                let help = finding.help.as_ref().map(|help| help.arguments().to_vec()).unwrap_or_default();
                let of_rule = help.iter().any(|(name, value)| *name == "line" && *value == line);
                finding.code.to_string() == *code && (of_rule || *key == "repertoires")
            };
            let Some(finding) = findings.iter().find(says_so) else {
                let found: Vec<_> = findings.iter().map(|it| format!("{} {}", it.code, it.place.path)).collect();
                faults.push(format!("{name}: {path} {key} {code} (line {line}): {old:?} => {new:?} gives {found:?}"));
                continue;
            };
            let last = path.rsplit('/').next().unwrap();
            let placed = *path == "-" || finding.place.path.contains(last.split('[').next().unwrap());
            if verdict != Verdict::Invalid || !placed {
                faults.push(format!("{name}: {path} {key} {code} is {verdict:?} at {}", finding.place.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_is_broken_by_a_mutant() {
    let mutants = mutants();
    assert_eq!(mutants.len(), profile::shipped().len());
    for Mutants { profile, mutants, .. } in mutants {
        let broken: BTreeSet<usize> = mutants.iter().map(|mutant| line_of(mutant, profile)).collect();
        let says = |line: &str| line.contains("path = ") || line.starts_with("uses") || line.starts_with("repertoires");
        let rules = profile.text.lines().enumerate().filter(|(_, line)| says(line)).map(|(index, _)| index + 1);
        let unbroken: Vec<_> = rules.filter(|line| !broken.contains(line)).collect();
        assert!(unbroken.is_empty(), "{}: no mutant breaks the rules in lines {unbroken:?}", profile.name);
    }
}
