//! Messages against profiles.

#![allow(clippy::unwrap_used)] // A test fails by panicking; helpers outside test functions too.

mod common;

use std::sync::Arc;

use common::{check, check_with, told};
use karvan_schema::directory::Directories;
use karvan_schema::interchange::Options;
use karvan_schema::message::example::Example;
use karvan_schema::profile::Profile;
use karvan_text::Diagnostic;
use proptest::prelude::*;

/// A profile of one message with these rules.
fn profile(message: &str, release: &str, rules: &str) -> Arc<Profile> {
    let text = format!("title = \"T\"\nmessage = \"{message}\"\nreleases = [\"{release}\"]\n{rules}");
    Arc::new(Profile::read("p", &text, Directories::builtin()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}")))
}

fn check_by(text: &str, profiles: &[&Arc<Profile>]) -> Vec<Diagnostic> {
    let profiles = profiles.iter().map(|profile| Arc::clone(profile)).collect();
    check_with(text.as_bytes(), Options { profiles, ..Options::default() })
}

/// `code path marked-octets` of the findings that the profile brings.
fn found(text: &str, profile: &Arc<Profile>) -> Vec<String> {
    let mut findings = check_by(text, &[profile]);
    findings.retain(|finding| finding.code.layer() == 4);
    told(text, &findings)
}

fn interchange(content: &str) -> String {
    format!("UNB+UNOC:3+A+B+261122:0900+1'\n{content}\nUNZ+1+1'")
}

/// An inventory report of one article. The segment QTY begins a group for each quantity of it, and stands in the packages of
/// that too.
fn report(quantities: &str) -> String {
    interchange(&format!(
        "UNH+1+INVRPT:D:96A:UN'\nBGM+35+1'\nDTM+137:20261122:102'\nLIN+1++1:EN'\n{quantities}\nUNT+1+1'"
    ))
}

#[test]
fn qualifiers_decide_where_a_segment_stands() {
    let text = report("QTY+17:5'\nCPS+1'\nPAC+1'\nQTY+52:5'\nQTY+17:X'");
    let misplaced = "E2037 SG9/SG11/SG15/SG16/QTY[6063=17]/C186/6060 X";
    assert!(
        told(&text, &check(&text)).contains(&misplaced.to_owned()),
        "without a profile, the nearest place is taken"
    );
    for rules in [
        "rules = [{ path = \"SG9/SG11/QTY/C186/6063\", codes = [\"17\"] }]",
        "rules = [{ path = \"SG9/SG11/SG15/SG16/QTY/C186/6063\", codes = [\"52\"] }]",
        "rules = [{ path = \"SG9/SG11/SG15/SG16/QTY\", times = 0 }]",
        "rules = [{ path = \"SG9/SG11/QTY[6063=17]/INV\", times = 0 }]",
    ] {
        let profile = profile("INVRPT", "D.96A", rules);
        let told = told(&text, &check_by(&text, &[&profile]));
        assert!(told.contains(&"E2037 SG9/SG11/QTY[6063=17]/C186/6060 X".to_owned()), "{rules}: {told:?}");
        // Asked why, it says so.
        let options = Options { profiles: vec![profile], explain_structure: true, ..Options::default() };
        let notes = check_with(text.as_bytes(), options);
        let last = text.rfind("QTY").unwrap() as u64;
        let notes: Vec<_> =
            notes.iter().filter(|note| note.code.number == 2901 && note.place.span.start == last).collect();
        let said: Vec<_> = notes.iter().map(|note| (note.message.id(), &*note.place.path)).collect();
        // Where QTY is not used in packages, the one before began a quantity too, and this is the nearest place.
        let (here, other) = match rules.contains("SG16/QTY\", times") {
            true => ("place-nearest", "place-not-open"),
            false => ("place-by-profile", "place-farther"),
        };
        assert_eq!(said[1..], [(here, "SG9/SG11/QTY"), (other, "SG9/SG11/SG15/SG16/QTY")], "{rules}");
    }
}

#[test]
fn a_place_that_is_revised_is_counted_anew() {
    // The condition is on the quantity, so that no qualifier decides: the second QTY+17 is taken for one of the package, until
    // INV shows what it is.
    let profile = profile("INVRPT", "D.96A", "rules = [{ path = \"SG9/SG11/QTY[6060=7]/LOC\", times = 1 }]");
    let first = "QTY+17:5'\nINV+1'\nCPS+1'\nPAC+1'\n";
    assert_eq!(found(&report(&format!("{first}QTY+17:7'\nINV+1'\nLOC+18+A'")), &profile), [""; 0]);
    let missing = ["E4013 SG9/SG11/QTY[6060=7]/LOC "];
    assert_eq!(found(&report(&format!("{first}QTY+17:7'\nINV+1'")), &profile), missing);
    // Also where many segments have passed since the places began to be remembered.
    assert_eq!(found(&report(&format!("{}QTY+17:7'\nINV+1'", first.repeat(40))), &profile), missing);
}

/// An order of these parties.
fn order(parties: &str) -> String {
    interchange(&format!(
        "UNH+1+ORDERS:D:96A:UN:EAN008'\nBGM+220+A1'\nDTM+137:20261122:102'\n{parties}\nUNS+S'\nUNT+1+1'"
    ))
}

#[test]
fn what_a_rule_asks_for_is_counted_within_its_group() {
    let profile = profile(
        "ORDERS",
        "D.96A",
        "rules = [{ path = \"SG2/NAD[3035=SU]/SG3/RFF[1153=VA]\", times = 1, id = \"R7\", note = \"tax number\" }]",
    );
    assert_eq!(found(&order("NAD+BY+1'\nNAD+SU+2'\nRFF+VA:3'"), &profile), [""; 0]);
    assert_eq!(found(&order("NAD+BY+1'"), &profile), [""; 0]);
    let text = order("NAD+SU+2'\nNAD+BY+1'\nRFF+VA:3'");
    assert_eq!(found(&text, &profile), ["E4013 SG2/NAD[3035=SU]/SG3/RFF[1153=VA] "]);
    let finding = check_by(&text, &[&profile]).into_iter().find(|finding| finding.code.layer() == 4).unwrap();
    assert_eq!((finding.rule.as_deref(), finding.expected.as_deref()), (Some("R7"), Some("1")));
    // Where the next group begins, it is missing.
    assert_eq!(finding.place.span.start, text.find("NAD+BY").unwrap() as u64);
    let help = finding.help.unwrap();
    assert_eq!(help.arguments().iter().map(|(_, value)| &**value).collect::<Vec<_>>(), ["p", "4", "tax number"]);
    let text = order("NAD+SU+2'\nRFF+VA:3'\nRFF+VA:4'");
    assert_eq!(found(&text, &profile), ["E4036 SG2/NAD[3035=SU]/SG3/RFF[1153=VA] RFF"]);
}

#[test]
fn data_elements_are_counted_within_their_segment() {
    let rules = "rules = [
        { path = \"SG2/NAD/C080\", times = 1 },
        { path = \"SG2/NAD/C080/3036\", times = \"1..2\" },
        { path = \"SG2/NAD[3035=BY]/3164\", times = 0 },
    ]";
    let profile = profile("ORDERS", "D.96A", rules);
    assert_eq!(found(&order("NAD+BY+++A:B'\nNAD+SU+++A++C'"), &profile), [""; 0]);
    assert_eq!(found(&order("NAD+BY+1'"), &profile), ["E4013 SG2/NAD[3035=BY]/C080 "]);
    assert_eq!(found(&order("NAD+BY+++A:B:C'"), &profile), ["E4035 SG2/NAD[3035=BY]/C080/3036 C"]);
    assert_eq!(found(&order("NAD+BY+++A++TEHRAN'"), &profile), ["E4015 SG2/NAD[3035=BY]/3164 TEHRAN"]);
}

#[test]
fn a_message_that_no_profile_is_for_is_told() {
    let narrow = profile("ORDERS", "D.96A", "association = [\"EAN008\"]");
    let other = profile("INVOIC", "D.96A", "");
    assert_eq!(found(&order("NAD+BY+1'"), &narrow), [""; 0]);
    assert_eq!(found(&order("NAD+BY+1'"), &other), ["N4900 UNH/S009 ORDERS:D:96A:UN:EAN008"]);
    let text = order("NAD+BY+1'").replace(":EAN008", "");
    assert_eq!(found(&text, &narrow), ["N4900 UNH/S009 ORDERS:D:96A:UN"]);
    assert_eq!(narrow.scope(), "ORDERS D.96A EAN008");
    assert!(!narrow.overlaps(&other) && narrow.overlaps(&profile("ORDERS", "D.96A", "")));
    assert!(!narrow.overlaps(&profile("ORDERS", "D.96A", "association = [\"EAN009\"]")));
}

#[test]
fn a_profile_is_told_all_its_mistakes_at_their_places() {
    let text = "title = \"T\"\nmessage = \"ORDERS\"\nreleases = [\"D.96A\"]\nuses = [\"SG1\", \"SG99\"]\nrules = [\n\
        { path = \"SG2/NAD\", times = 1 },\n\
        { path = \"SG1/RFF/C506/1153\", codes = [\"VA\", \"QQQ\"] },\n\
        { path = \"SG1/RFF/C506\", format = \"an..3\" },\n\
        { path = \"BGM/1004/1004\", times = 1 },\n\
        { path = \"UNH/0062\", times = 1 },\n\
        { path = \"SG1/RFF[1111=A]\", times = 1 },\n\
        { path = \"SG1/RFF[1153=VA]/SG3\", times = \"0..99\" },\n\
        { path = \"SG1\", times = \"0..99\" },\n\
        { path = \"UNS\", times = \"0..1\" },\n\
    ]\n";
    let mistakes = Profile::read("p", text, Directories::builtin()).unwrap_err();
    let told: Vec<_> = mistakes
        .iter()
        .map(|it| format!("{} {}:{} {}", it.code, it.place.position.line, it.place.position.column, it.message.id()))
        .collect();
    assert_eq!(
        told,
        [
            "E0033 4:16 profile-absent",
            "E0036 6:10 profile-rule-unused",
            "E0034 7:46 profile-code-unknown",
            "E0036 8:10 profile-without-value",
            "E0033 9:10 profile-absent",
            "E0033 10:10 profile-envelope",
            "E0033 11:10 profile-condition-absent",
            "E0033 12:10 profile-absent",
            "E0035 13:25 profile-times-widen",
            "E0035 14:25 profile-times-mandatory",
        ]
    );
}

proptest! {
    /// Each segment of a message is left out, doubled or put elsewhere: a profile that narrows nothing finds nothing more.
    #[test]
    fn a_profile_that_narrows_nothing_changes_nothing(
        name in prop::sample::select(vec!["ORDERS", "INVOIC", "DESADV", "BAPLIE", "IFTMIN", "CUSDEC", "MSCONS", "PRICAT"]),
        release in prop::sample::select(vec!["D.96A", "D.01B", "D.14B"]),
        changes in prop::collection::vec((0..3, 0..60usize, 0..60usize), 0..6),
    ) {
        let directories = Directories::builtin();
        let Some(message) = directories.release(release).and_then(|release| release.message(name)) else { return Ok(()) };
        let example = Example::minimal(message, directories.service("3").unwrap()).interchange().unwrap();
        let text = String::from_utf8(example).unwrap();
        // The groups of the message, begun once each, so that there is something to arrange.
        let triggers = message.rows().filter(|row| row.group().is_some()).filter_map(|row| row.trigger());
        let mut segments: Vec<String> = text.split_inclusive('\'').map(str::to_owned).collect();
        let end = segments.len() - 2;
        segments.splice(end..end, triggers.take(20).map(|tag| format!("{tag}+1'")));
        for (change, from, to) in changes {
            let (from, to) = (from % segments.len(), to % segments.len());
            let segment = segments[from].clone();
            match change {
                0 => drop(segments.remove(from)),
                1 => segments.insert(from, segment),
                _ => segments.swap(from, to),
            }
            if segments.is_empty() {
                return Ok(());
            }
        }
        let text = segments.concat();
        let nothing = profile(name, release, "");
        prop_assert_eq!(check_by(&text, &[&nothing]), check(&text));
    }

    /// Any text is read as a profile or refused, with findings that lie in it.
    #[test]
    fn any_text_is_a_profile_or_is_refused_within_itself(
        path in "[SG0-9NADRF/\\[\\]=|]{0,24}", times in "[0-9.]{0,6}", codes in "[A-Z0-9]{0,4}", format in "[an.0-9]{0,6}",
    ) {
        let text = format!(
            "title = \"T\"\nmessage = \"ORDERS\"\nreleases = [\"D.96A\"]\nrules = [{{ path = \"{path}\", times = \"{times}\", \
             codes = [\"{codes}\"], format = \"{format}\" }}, {{ path = \"SG2/NAD\", times = \"{times}\" }}]"
        );
        if let Err(mistakes) = Profile::read("p", &text, Directories::builtin()) {
            prop_assert!(!mistakes.is_empty());
            prop_assert!(mistakes.iter().all(|mistake| mistake.place.span.end <= text.len() as u64));
        }
    }
}
