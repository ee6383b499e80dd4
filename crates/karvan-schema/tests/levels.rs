//! Levels of the envelope beyond the usual: interactive interchanges, security, references, what is left out.

mod common;

use common::{check, check_with, told};
use karvan_schema::interchange::{Counts, Definitions, Depth, Options, Validator};

#[track_caller]
fn expect(text: &str, findings: &[&str]) {
    assert_eq!(told(text, &check(text)), findings, "{text}");
}

/// Replaces `from` in `sound` by `to` and expects these findings.
#[track_caller]
fn expect_changed(sound: &str, from: &str, to: &str, findings: &[&str]) {
    assert!(sound.contains(from), "{from} is in the text");
    expect(&sound.replacen(from, to, 1), findings);
}

/// One side of a dialogue about a health care claim, with a report on its status (ISO 9735-3).
const DIALOGUE: &str = "UIB+UNOA:4+D1:CLINIC:UN++++CLINIC+INSURER+20261122:090000'\
    UIH+IHCLME:D:21B::UN+M1+D1:CLINIC:UN'MSD+AAA'UIT+M1+3'\
    UIR+1++D1++M0'\
    UIH+IHCLME:D:21B::UN+M2'MSD+AAA'UIT+M2'\
    UIZ+D1+2'";

#[test]
fn a_sound_dialogue_has_no_findings() {
    expect(DIALOGUE, &[]);
    let text = DIALOGUE.replace("UNOA:4", "UNOA:0");
    expect(&text, &["E1002 UIB/S001/0002 0"]);
}

#[test]
fn counts_and_references_of_a_dialogue_are_compared() {
    let sound = DIALOGUE;
    expect_changed(sound, "UIT+M1+3", "UIT+M1+2", &["E1029 UIT/0074 2"]);
    expect_changed(sound, "UIT+M1+3", "UIT+M3+3", &["E1028 UIT/0340 M3"]);
    expect_changed(sound, "UIT+M1+3", "UIT", &[]);
    expect_changed(sound, "UIZ+D1+2", "UIZ+D1+3", &["E1029 UIZ/0036 3"]);
    expect_changed(sound, "UIZ+D1+2", "UIZ+D2+2", &["E1028 UIZ/S302/0300 D2"]);
    expect_changed(sound, "UIZ+D1+2", "UIZ+D1:CLINIC:UN:R7+2", &[]);
    expect_changed(sound, "+M1+D1:CLINIC", "+M1+D1:CLINICS", &["E1028 UIH/S302/0303 CLINICS"]);
    expect_changed(sound, "UIR+1++D1", "UIR+1++D9", &["E1028 UIR/S302/0300 D9"]);
    expect_changed(sound, "+M2'MSD+AAA'UIT+M2", "+M1'MSD+AAA'UIT+M1", &["E1026 UIH/0340 M1"]);
    expect_changed(sound, "UIT+M1+3'", "", &["E1013 UIT "]);
    expect_changed(sound, "UIZ+D1+2'", "", &["E1013 UIZ "]);
}

#[test]
fn messages_in_a_dialogue_are_checked_against_the_interactive_directory() {
    let sound = DIALOGUE;
    expect_changed(sound, "UIT+M1+3", "XYZ+1'UIT+M1+4", &["E2015 XYZ XYZ"]);
    // PSI opens the group in which DNT stands.
    expect_changed(sound, "UIT+M1+3", "DNT+1'UIT+M1+4", &["E2015 DNT DNT"]);
    expect_changed(sound, "MSD+AAA'UIT+M1", "MSD+AAAA'UIT+M1", &["E2039 MSD[4025=AAAA]/E972/4025 AAAA"]);
    // A batch message is none of the interactive directory, and has no place in a dialogue; nor have groups.
    expect_changed(sound, "IHCLME:D:21B::UN+M1", "INVOIC:D:21B::UN+M1", &["E1017 UIH/S306 INVOIC:D:21B::UN"]);
    expect("UNB+UNOC:4+A+B+20261122:0900+1'UIH+IHCLME:D:21B::UN+M1'UIT+M1+2'UNZ+1+1'", &["E1015 UIH UIH"]);
    expect_changed(
        sound,
        "UIR+1++D1++M0'",
        "UNG++++20261122:0900+G'UNE+0+G'",
        &["E1015 UNG UNG", "E1032 UNE UNE", "E1030 UIH UIH"],
    );
}

#[test]
fn a_status_report_names_a_message_or_a_package() {
    // UIR, D1(050,060): one and only one.
    expect_changed(DIALOGUE, "++D1++M0'", "++D1++M0+P0'", &["E1048 UIR[0331=1]/0340 M0"]);
    expect_changed(DIALOGUE, "++D1++M0'", "++D1'", &["E1048 UIR[0331=1]/0340 "]);
    // D5(080,070), D5(090,070,080): a place belongs to an error, a data element to a segment.
    expect_changed(DIALOGUE, "++D1++M0'", "++D1++M0++13+2+2:1'", &[]);
    expect_changed(DIALOGUE, "++D1++M0'", "++D1++M0+++2'", &["E1048 UIR[0331=1]/0096 2"]);
    expect_changed(DIALOGUE, "++D1++M0'", "++D1++M0++13++2'", &["E1048 UIR[0331=1]/S011 2"]);
    // S307, D5(030,020): a language belongs to a text.
    expect_changed(DIALOGUE, "UIR+1++D1", "UIR+1+::EN+D1", &["E1048 UIR[0331=1]/S307/0335 EN"]);
}

/// An order, signed in the interchange, the group and the message (ISO 9735-5).
const SIGNED: &str = "UNB+UNOC:4+A+B+20261122:0900+1'\
    USH+1+S1'USA+1:::16:1'USC+C1'USA+6:::10:1'\
    UNG++++20261122:0900+G1'USH+3+S2'\
    UNH+1+CONTRL:4:1:UN'USH+1+S3'USA+1:::16'USH+2+S4'UCI+1+A+B+7'UST+S4+3'USR+1:AB'UST+S3+4'USR+1:CD'UNT+10+1'\
    UST+S2+2'UNE+1+G1'UST+S1+6'USR+1:EF'UNZ+1+1'";

#[test]
fn sound_security_has_no_findings() {
    expect(SIGNED, &[]);
}

#[test]
fn security_groups_are_paired_and_counted() {
    expect_changed(SIGNED, "UST+S3+4", "UST+S3+3", &["E1029 UST/0588 3"]);
    expect_changed(SIGNED, "UST+S3+4", "UST+S3+5", &["E1029 UST/0588 5"]);
    expect_changed(SIGNED, "UST+S1+6", "UST+S1+7", &["E1029 UST/0588 7"]);
    expect_changed(SIGNED, "USR+1:CD'UNT+10", "UNT+9", &["E1029 UST/0588 4"]);
    expect_changed(SIGNED, "UST+S2+2", "UST+S9+2", &["E1028 UST/0534 S9", "E1013 UST "]);
    expect_changed(SIGNED, "UST+S2+2'", "", &["E1013 UST "]);
    expect_changed(
        SIGNED,
        "USH+2+S4",
        "USH+2+S3",
        &["E1026 USH/0534 S3", "E1028 UST/0534 S4", "E1029 UST/0588 4", "E1013 UST "],
    );
    // A trailer group has one result.
    let twice = "USR+1:CD'USR+1:EF'UNT+11";
    expect_changed(SIGNED, "USR+1:CD'UNT+10", twice, &["E1035 USR USR", "E1029 UST/0588 4"]);
}

#[test]
fn security_segments_stand_where_the_standard_puts_them() {
    expect_changed(SIGNED, "UCI+1+A+B+7'", "UCI+1+A+B+7'USA+1'", &["E1015 USA USA", "E1029 UNT/0074 10"]);
    expect_changed(SIGNED, "USC+C1'", "", &["E1029 UST/0588 6"]);
    expect_changed(SIGNED, "USC+C1'", "USR+1:AB'", &["E1015 USR USR"]);
    // Content behind a trailer.
    let behind = "USR+1:CD'UCM+1+CONTRL:4:1:UN+4'UNT";
    expect_changed(SIGNED, "USR+1:CD'UNT", behind, &["E1015 UCM UCM", "E1029 UNT/0074 10"]);
    // A header behind content.
    let late = SIGNED.replace("USH+2+S4'UCI+1+A+B+7'", "UCI+1+A+B+7'USH+2+S4'");
    expect(&late, &["E1015 USH USH"]);
    // Four algorithms in a group.
    let four = SIGNED.replace("USA+1:::16'USH+2", "USA+1:::16'USA+1:::16'USA+1:::16'USA+1:::16'USH+2");
    let four = four.replace("UST+S3+4", "UST+S3+7").replace("UNT+10", "UNT+13");
    expect(&four, &["E1035 USA USA"]);
}

#[test]
fn security_segments_are_none_before_version_4() {
    let text = "UNB+UNOC:3+A+B+261122:0900+1'USH+1+S1'UNH+1+CONTRL:2:2:UN'UCI+1+A+B+7'UNT+3+1'UNZ+1+1'";
    expect(text, &["E1033 USH USH"]);
}

#[test]
fn messages_about_security_have_places_of_their_own_for_its_segments() {
    // The shape of an AUTACK whose subject is in another interchange.
    let text = "UNB+UNOA:4+5412345678908:14+8798765432106:14+20020102:1015+I2'UNH+AUT0001+AUTACK:4:1:UN:EAN001'\
        USH+7+1+3+1+2+1++++1:20020102:100522:0100'USA+1:16:1:6:1:7:1'USC+AXZ4711+4::541234500006:2+3'USA+6:16:1:10:1:7:1'\
        USB+1++5412345678908:14+8798765432106:14'USX+INT12435'USY+1+1:139B7CB7'UST+1+5'UNT+10+AUT0001'UNZ+1+I2'";
    expect(text, &[]);
    expect_changed(text, "UST+1+5", "UST+1+6", &["E1029 UST/0588 6"]);
    expect_changed(text, "USY+1+1:139B7CB7'", "USY+1'", &["E2048 SG3/USY/S508 "]);
    let report =
        "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+KEYMAN:4:1:UN'USE+1'USF+101'USC+C1'USA+6:::10:1'UNT+6+1'UNZ+1+1'";
    assert!(check(report).iter().all(|finding| !matches!(finding.code.number, 1015 | 2015)), "{:?}", check(report));
}

#[test]
fn encrypted_data_are_framed() {
    let text = "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+CONTRL:4:1:UN'USH+4+S1'USA+2'USD+9+E1'a'UNT+1+1USU+9+E1'UST+S1+3'\
        UNT+7+1'UNZ+1+1'";
    expect(text, &["E2013 UCI "]);
    expect_changed(text, "USU+9+E1", "USU+9+E2", &["E1028 USU/0518 E2", "E2013 UCI "]);
    expect_changed(text, "USU+9+E1", "USU+8+E1", &["E1028 USU/0556 8", "E2013 UCI "]);
}

#[test]
fn a_package_repeats_its_length_and_its_reference() {
    let text = "UNB+UNOC:4+A+B+20261122:0900+1'UNO+P1+1:X+1:Y+4'a'+bUNP+4+P1'UNZ+1+1'";
    expect(text, &[]);
    expect_changed(text, "UNP+4+P1", "UNP+5+P1", &["E1029 UNP/0810 5"]);
    expect_changed(text, "UNP+4+P1", "UNP+4+P2", &["E1028 UNP/0800 P2"]);
    // A message of the same number is something else.
    let both = text.replace("UNZ+1", "UNH+P1+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+P1'UNZ+2");
    expect(&both, &[]);
}

#[test]
fn references_are_unique_where_the_standard_asks_for_it() {
    let interchange = "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+1'UNZ+1+1'";
    expect(interchange, &[]);
    expect(&format!("{interchange}{interchange}"), &["E1026 UNB/0020 1"]);
    // Another recipient: another interchange (ISO 9735-10, UNB).
    expect(&format!("{interchange}{}", interchange.replacen("+B+", "+C+", 1)), &[]);
    // In another group a message of the same number is another message (UNH note 2).
    let message = "UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+1'";
    let group = |number: &str| format!("UNG++A+B+20261122:0900+{number}'{message}UNE+1+{number}'");
    let groups = |numbers: [&str; 2]| {
        format!("UNB+UNOC:4+A+B+20261122:0900+1'{}{}UNZ+2+1'", group(numbers[0]), group(numbers[1]))
    };
    expect(&groups(["1", "2"]), &[]);
    expect(&groups(["1", "1"]), &["E1026 UNG/0048 1"]);
    expect(&format!("UNB+UNOC:4+A+B+20261122:0900+1'{message}{message}UNZ+2+1'"), &["E1026 UNH/0062 1"]);
}

#[test]
fn as_many_references_are_compared_as_asked() {
    let message = |number: u8| format!("UNH+{number}+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+{number}'");
    let codes = |numbers: [u8; 3]| {
        let messages: String = numbers.map(message).concat();
        let text = format!("UNB+UNOC:4+A+B+20261122:0900+1'{messages}UNZ+3+1'");
        let findings = check_with(text.as_bytes(), Options { reference_limit: 1, ..Options::default() });
        findings.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes([1, 1, 1]), ["E1026", "E1026"]);
    assert_eq!(codes([1, 2, 3]), ["E9003"]);
}

#[test]
fn empty_segments_are_told_once_a_run_and_counted_nowhere() {
    let text = "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+CONTRL:4:1:UN'''\n'UCI+1+A+B+7'UNT+3+1''UNZ+1+1'";
    expect(text, &["W1912  '", "W1912  '"]);
}

#[test]
fn trailers_of_the_other_kind_end_nothing() {
    let text = "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UIT+1+3'UNZ+1+1'";
    expect(text, &["E2015 UIT UIT", "E1013 UNT "]);
}

#[test]
fn a_package_within_a_message_is_misplaced_and_does_not_end_it() {
    let text =
        "UNB+UNOC:3+A+B+261122:0900+1'UNH+1+CONTRL:2:2:UN'UCI+1+A+B+7'UNO+1+1:1+1:1+4'a'+bUNP+4+1'UNT+5+1'UNZ+1+1'";
    expect(text, &["E1015 UNO UNO"]);
}

#[test]
fn types_of_messages_are_kept_in_bounds() {
    let options = Options { depth: Depth::Syntax, ..Options::default() };
    let mut validator = Validator::new(Definitions::builtin(), options);
    let mut reader = |text: String| {
        for segment in karvan_edifact::segments(text.as_bytes()) {
            validator.segment(&segment, &mut |_| {});
        }
    };
    let long = "X".repeat(100);
    for number in 0..1100 {
        reader(format!("UNB+UNOC:4+A+B+20261122:0900+{number}'UNH+1+T{number}{long}:D:96A:UN'UNT+2+1'UNZ+1+{number}'"));
    }
    let counts = validator.counts();
    assert_eq!((counts.messages, counts.types.values().sum::<u64>()), (1100, 1100));
    assert_eq!(counts.types.len(), Counts::TYPES + 1);
    assert!(counts.types.keys().all(|kind| kind.name.len() <= 64));
}
