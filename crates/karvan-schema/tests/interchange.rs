//! Interchanges with one thing wrong each: the finding, its place and its path.

mod common;

use common::{check, check_with, told};
use karvan_schema::interchange::{Depth, MessageType, Options};

/// An order that is as the directory D.96A and ISO 9735 ask.
const ORDER: &str = "UNA:+.? '\n\
    UNB+UNOC:3+4012345000009:14+8690000000005:14+261122:0900+77'\n\
    UNH+1+ORDERS:D:96A:UN'\n\
    BGM+220+PO-1+9'\n\
    DTM+137:20261122:102'\n\
    NAD+BY+4012345000009::9'\n\
    NAD+SU+8690000000005::9'\n\
    RFF+VA:TR1234567890'\n\
    LIN+1++8690000000012:EN'\n\
    QTY+21:12.5:KGM'\n\
    UNS+S'\n\
    CNT+2:1'\n\
    UNT+11+1'\n\
    UNZ+1+77'\n";

/// Replaces `from` in the order by `to` and expects these findings.
#[track_caller]
fn expect(from: &str, to: &str, findings: &[&str]) {
    assert!(ORDER.contains(from), "{from} is in the order");
    let text = ORDER.replacen(from, to, 1);
    assert_eq!(told(&text, &check(&text)), findings, "{from} → {to}");
}

#[test]
fn a_good_order_has_no_findings() {
    assert_eq!(told(ORDER, &check(ORDER)), [""; 0]);
}

#[test]
fn counts_and_references_are_compared() {
    expect("UNT+11+1'", "UNT+12+1'", &["E1029 UNT/0074 12"]);
    expect("UNT+11+1'", "UNT+11+2'", &["E1028 UNT/0062 2"]);
    expect("UNZ+1+77'", "UNZ+2+77'", &["E1029 UNZ/0036 2"]);
    expect("UNZ+1+77'", "UNZ+1+78'", &["E1028 UNZ/0020 78"]);
}

#[test]
fn a_wrong_count_says_what_is_right() {
    let text = ORDER.replace("UNT+11+1'", "UNT+12+1'");
    let finding = &check(&text)[0];
    assert_eq!((finding.expected.as_deref(), finding.found.as_deref()), (Some("11"), Some("12")));
    assert_eq!(finding.fix.as_ref().unwrap().replacement, "11");
}

#[test]
fn missing_service_segments_are_told() {
    expect("UNT+11+1'\n", "", &["E1013 UNT "]);
    expect("UNZ+1+77'\n", "", &["E1013 UNZ "]);
    expect("UNH+1+ORDERS:D:96A:UN'\n", "", &["E1033 BGM BGM", "E1013 UNH UNT", "E1029 UNZ/0036 1", "E1032 UNZ UNZ"]);
    let text = ORDER.split_inclusive('\n').filter(|line| !line.starts_with("UNB") && !line.starts_with("UNZ"));
    let text: String = text.collect();
    assert_eq!(told(&text, &check(&text)), ["W1913 UNB "], "messages on their own are a deviation");
    let text = ORDER.replacen("UNB+UNOC:3+4012345000009:14+8690000000005:14+261122:0900+77'\n", "", 1);
    assert_eq!(
        told(&text, &check(&text)),
        ["W1913 UNB ", "E1013 UNB UNZ"],
        "a trailer shows that the header is missing"
    );
    let text = format!("{ORDER}UNH+2+ORDERS:D:96A:UN'");
    assert_eq!(told(&text, &check(&text))[0], "E1013 UNB ", "behind an interchange its header is missing");
}

#[test]
fn a_segment_that_the_end_of_the_file_cut_short_is_not_judged() {
    let cut = ORDER.find("QTY").unwrap() + 2;
    let text = &ORDER[..cut];
    assert_eq!(told(text, &check(text)), ["E1013 UNT ", "E2013 UNS ", "E1013 UNZ "]);
}

#[test]
fn missing_segments_and_elements_are_told_where_they_should_stand() {
    expect("BGM+220+PO-1+9'\n", "", &["E2013 BGM ", "E1029 UNT/0074 11"]);
    expect("UNS+S'\n", "", &["E2013 UNS ", "E1029 UNT/0074 11"]);
    expect("DTM+137:20261122:102'", "DTM+:20261122:102'", &["E2013 DTM/C507/2005 "]);
    expect("QTY+21:12.5:KGM'", "QTY'", &["E2013 SG25/QTY/C186 "]);
}

#[test]
fn what_has_no_place_is_told() {
    expect("UNS+S'", "RFF+ON:1'\nUNS+S'", &["E1029 UNT/0074 11"]);
    expect("UNS+S'", "GIS+1'\nUNS+S'", &["E2015 GIS GIS", "E1029 UNT/0074 11"]);
    expect("UNS+S'", "XYZ+1'\nUNS+S'", &["E2015 XYZ XYZ", "E1029 UNT/0074 11"]);
    expect("CNT+2:1'", "CNT+2:1'\nNAD+BY'", &["E2015 NAD NAD", "E1029 UNT/0074 11"]);
    expect("BGM+220+PO-1+9'", "BGM+220+PO-1+9'\nBGM+220+PO-1+9'", &["E2035 BGM BGM", "E1029 UNT/0074 11"]);
    expect("BGM+220+PO-1+9'", "BGM+220+PO-1+9+NA+1'", &["E2016 BGM[1001=220] 1"]);
    expect("DTM+137:20261122:102'", "DTM+137:20261122:102:9'", &["E2016 DTM[2005=137]/C507 9"]);
}

/// ISO 9735:1988 §10.1 asks for digits on both sides of the mark; ISO 9735-1:2002 §10 takes the forms of ISO 6093, without
/// plus, space, and mark at the end, and counts neither minus, mark nor exponent.
#[test]
fn numbers_are_written_as_the_syntax_version_says() {
    let told_of = |order: &str, number: &str| {
        let text = order.replace("21:12.5:KGM", &format!("21:{number}:KGM"));
        let found = told(&text, &check(&text));
        found.iter().map(|finding| finding[..5].to_owned()).collect::<Vec<_>>()
    };
    let version_4 = ORDER.replace("UNOC:3", "UNOC:4").replace("+261122:", "+20261122:");
    assert_eq!(told(&version_4, &check(&version_4)), [""; 0]);
    let without_advice = ORDER.replace("UNA:+.? '\n", "");
    for (number, advised, either, iso_6093) in [
        ("-12.5", None, None, None),
        ("12,5", Some("E1019"), None, None),
        (".5", Some("E2038"), Some("E2038"), None),
        ("5.", Some("E1019"), Some("E1019"), Some("E1019")),
        ("1E3", Some("E2037"), Some("E2037"), None),
        ("-1.5e-3", Some("E2037"), Some("E2037"), None),
        ("1E?+3", Some("E2037"), Some("E2037"), Some("E2037")),
        ("1E", Some("E2037"), Some("E2037"), Some("E2037")),
        ("E3", Some("E2037"), Some("E2037"), Some("E2037")),
        ("?+1", Some("E2037"), Some("E2037"), Some("E2037")),
        ("-123456789012.345E99", Some("E2037"), Some("E2037"), None),
        ("1234567890123456", Some("E2039"), Some("E2039"), Some("E2039")),
    ] {
        assert_eq!(told_of(ORDER, number), advised.into_iter().collect::<Vec<_>>(), "{number}, version 3 with UNA");
        assert_eq!(told_of(&without_advice, number), either.into_iter().collect::<Vec<_>>(), "{number}, version 3");
        assert_eq!(told_of(&version_4, number), iso_6093.into_iter().collect::<Vec<_>>(), "{number}, version 4");
    }
}

#[test]
fn formats_are_checked() {
    expect("QTY+21:12.5:KGM'", "QTY+21:12x5:KGM'", &["E2037 SG25/QTY[6063=21]/C186/6060 12x5"]);
    expect("QTY+21:12.5:KGM'", "QTY+21:12,5:KGM'", &["E1019 SG25/QTY[6063=21]/C186/6060 12,5"]);
    expect("QTY+21:12.5:KGM'", "QTY+21:.5:KGM'", &["E2038 SG25/QTY[6063=21]/C186/6060 .5"]);
    expect("QTY+21:12.5:KGM'", "QTY+21:-123456789012.345:KGM'", &[]);
    expect(
        "QTY+21:12.5:KGM'",
        "QTY+21:1234567890123.456:KGM'",
        &["E2039 SG25/QTY[6063=21]/C186/6060 1234567890123.456"],
    );
    let long = "1".repeat(36);
    let finding = format!("E2039 SG2/NAD[3035=BY]/C082/3039 {long}");
    expect("NAD+BY+4012345000009::9'", &format!("NAD+BY+{long}::9'"), &[&finding]);
}

#[test]
fn separators_that_separate_nothing_are_told_once_a_segment() {
    expect("BGM+220+PO-1+9'", "BGM+220::::+PO-1::+9'", &["W1045 BGM[1001=220] :"]);
    expect("BGM+220+PO-1+9'", "BGM+220+PO-1+9++'", &["W1045 BGM[1001=220] +"]);
    expect("DTM+137:20261122:102'", "DTM+137:20261122:'", &["W1045 DTM[2005=137] :"]);
    expect("BGM+220+PO-1+9'", "BGM+220+PO-1?+'", &[]);
}

#[test]
fn released_characters_do_not_count_towards_a_length() {
    // 35 characters (an..35), four of them released.
    let party = |digits: usize| format!("?+?:?'??{}", "1".repeat(digits));
    expect("NAD+BY+4012345000009::9'", &format!("NAD+BY+{}::9'", party(31)), &[]);
    let finding = format!("E2039 SG2/NAD[3035=BY]/C082/3039 {}", party(32));
    expect("NAD+BY+4012345000009::9'", &format!("NAD+BY+{}::9'", party(32)), &[&finding]);
}

#[test]
fn without_advice_either_decimal_mark_is_read() {
    let text = ORDER.replacen("UNA:+.? '\n", "", 1).replace("12.5", "12,5");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
}

#[test]
fn code_values_are_looked_up() {
    expect("NAD+SU", "NAD+QQX", &["E3012 SG2/NAD[3035=QQX]/3035 QQX"]);
    // A list of one's own, named by 1131 or by an agency other than the UN.
    expect("LIN+1++8690000000012:EN'", "LIN+1++8690000000012:QQ::9'", &[]);
    // With an association assigned code, the community may have added codes.
    let text = ORDER.replace("D:96A:UN'", "D:96A:UN:EAN008'").replace("NAD+SU", "NAD+QQX");
    assert_eq!(told(&text, &check(&text)), ["W3012 SG2/NAD[3035=QQX]/3035 QQX"]);
}

#[test]
fn codes_are_those_of_the_code_list_directory_that_unh_names() {
    // 58, SEPA credit transfer, came to 4461 after D.14B; UNH may say that codes are those of D.16B (0110).
    let invoice = |code_list: &str| {
        format!(
            "UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+INVOIC:D:14B:UN{code_list}'BGM+380+1'DTM+137:20261122:102'\
             PYT+1'PAI+::58'UNS+S'MOA+9:1'UNT+8+1'UNZ+1+1'"
        )
    };
    let text = invoice("");
    assert_eq!(told(&text, &check(&text)), ["E3012 SG8/PAI/C534/4461 58"]);
    let text = invoice("::16B");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
}

#[test]
fn dependency_notes_are_checked() {
    // TDT has D5(040,030) from D.02B on: C001, type of transport means, asks for C220, mode of transport.
    let dependencies = |segment: &str| {
        let text = format!("UNB+UNOC:4+A+B+20261122:0900+1'UNH+1+IFTSTA:D:21B:UN'BGM+23+1'{segment}'UNT+4+1'UNZ+1+1'");
        let mut told = told(&text, &check(&text));
        told.retain(|finding| finding.starts_with("E2048") || finding.starts_with("E1048"));
        told
    };
    assert_eq!(dependencies("TDT+20+V1++31"), ["E2048 TDT[8051=20]/C001 31"]);
    assert_eq!(dependencies("TDT+20+V1+3+31"), [""; 0]);
    assert_eq!(dependencies("TDT+20+V1+3"), [""; 0]);
    // Service segments of version 4: UNG asks for type, agency and version together or for none of them, D2(010,060,070).
    let group = |group: &str| {
        let text = format!(
            "UNB+UNOC:4+A+B+20261122:0900+1'UNG+{group}'UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UNT+3+1'UNE+1+G'UNZ+1+1'"
        );
        told(&text, &check(&text))
    };
    assert_eq!(group("+++20261122:0900+G"), [""; 0]);
    assert_eq!(group("CONTRL+++20261122:0900+G+UN+4:1"), [""; 0]);
    assert_eq!(group("CONTRL+++20261122:0900+G+UN"), ["E1048 UNG/0038 CONTRL"]);
}

#[test]
fn each_depth_looks_no_further() {
    let text = ORDER.replace("NAD+SU", "NAD+QQX").replace("BGM+220+PO-1+9'\n", "");
    let at = |depth| check_with(text.as_bytes(), Options { depth, ..Options::default() }).len();
    assert_eq!((at(Depth::Syntax), at(Depth::Structure), at(Depth::Codes)), (1, 2, 3));
}

#[test]
fn an_unknown_release_or_message_is_not_called_valid() {
    expect("ORDERS:D:96A:UN", "ORDERS:D:96Z:UN", &["E1017 UNH/S009 ORDERS:D:96Z:UN"]);
    expect("ORDERS:D:96A:UN", "ORDERX:D:96A:UN", &["E1017 UNH/S009 ORDERX:D:96A:UN"]);
    expect("ORDERS:D:96A:UN", "ORDERS:D:96A:ZZ", &["E1017 UNH/S009 ORDERS:D:96A:ZZ"]);
    let text = ORDER.replace("D:96A:UN", "D:96Z:UN");
    let read_as = MessageType {
        name: "ORDERS".into(),
        version: "D".into(),
        release: "96A".into(),
        agency: "UN".into(),
        ..MessageType::default()
    };
    let options = Options { read_as: Some(read_as), ..Options::default() };
    assert_eq!(told(&text, &check_with(text.as_bytes(), options)), [""; 0]);
}

/// ISO 9735-4 §5.4: D4(0030,0080), messages are answered or groups, never both.
#[test]
fn a_dependency_note_of_a_message_is_kept() {
    const MESSAGE: &str = "UCM+M1+ORDERS:D:96A:UN+7'\n";
    const GROUP: &str = "UCF+5+S+R+7'\n";
    let findings = |response: &str| {
        let count = 3 + response.lines().count();
        let text = format!(
            "UNB+UNOA:4+A+B+20261122:0900+7'\nUNH+1+CONTRL:4:1:UN'\nUCI+77+S:14+R:14+7'\n{response}UNT+{count}+1'\nUNZ+1+7'\n"
        );
        told(&text, &check(&text))
    };
    for sound in [String::new(), MESSAGE.to_owned(), MESSAGE.repeat(3), GROUP.to_owned(), format!("{GROUP}{MESSAGE}")] {
        assert_eq!(findings(&sound), [""; 0], "{sound}");
    }
    assert_eq!(findings(&format!("{MESSAGE}{GROUP}")), ["E2048 SG1 "]);
    assert_eq!(findings(&format!("{MESSAGE}{GROUP}{MESSAGE}{GROUP}")), ["E2048 SG1 "]);
}

#[test]
fn characters_outside_the_repertoire_are_named() {
    let text = ORDER.replace("UNOC", "UNOA").replace("PO-1", "po-1");
    assert_eq!(told(&text, &check(&text)), ["E1021 BGM[1001=220]/1004 p"]);
    let text = ORDER.replace("PO-1", "PÖ-1");
    let findings = check(&text);
    assert_eq!(told(&text, &findings), ["E1021 BGM[1001=220]/1004 Ö", "W1910 UNZ UNZ"]);
    assert_eq!(findings[0].help.as_ref().unwrap().id(), "help-utf8-found");
    let text = ORDER.replace("UNOC:3", "UNOQ:3");
    assert_eq!(told(&text, &check(&text)), ["E1046 UNB/S001 UNOQ"]);
}

#[test]
fn what_the_octets_look_like_is_told_where_it_is_not_declared() {
    let detected = |octets: &[u8]| {
        let findings = check_with(octets, Options::default());
        let told = findings.iter().find(|finding| finding.code == karvan_text::Code::warning(1910));
        told.map(|finding| finding.message.id().trim_start_matches("repertoire-detected-").to_owned())
    };
    let with = |repertoire: &str, value: &[u8]| {
        let text = ORDER.replace("UNOC", repertoire);
        let (before, after) = text.split_once("PO-1").expect("the order has a number");
        detected(&[before.as_bytes(), value, after.as_bytes()].concat())
    };
    assert_eq!(with("UNOC", b"P\xD6"), None);
    assert_eq!(with("UNOC", "PÖ".as_bytes()).as_deref(), Some("utf8"));
    assert_eq!(with("UNOY", b"P\xD6").as_deref(), Some("eight-bit"));
    assert_eq!(with("UNOC", b"P\x99").as_deref(), Some("code-page"));
    assert_eq!(with("UNOC", b"P\xD6\xC3\x96").as_deref(), Some("mixed"));
    assert_eq!(with("UNOC", b"\x1B$BEl5~\x1B(B").as_deref(), Some("iso-2022"));
    assert_eq!(with("UNOX", b"\x1B$BEl5~\x1B(B"), None);
}

#[test]
fn lengths_count_characters_of_the_declared_repertoire() {
    // C106/1004 has 35 characters at most, each of which may take two octets.
    let number = "東".repeat(35);
    let octets = karvan_edifact::Repertoire::from_identifier(b"UNOX").unwrap().encode(&number).unwrap();
    let text = ORDER.replace("UNOC:3", "UNOX:4");
    let (before, after) = text.split_once("PO-1").expect("the order has a number");
    let findings = check_with(&[before.as_bytes(), &octets, after.as_bytes()].concat(), Options::default());
    assert!(findings.iter().all(|finding| finding.code.number != 2039), "{findings:?}");
}

#[test]
fn groups_count_their_messages() {
    let group = "UNG+ORDERS+A+B+261122:0900+G1+UN+D:96A'\n";
    let text = ORDER.replace("UNH+1", &format!("{group}UNH+1")).replace("UNZ", "UNE+1+G1'\nUNZ");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
    let wrong = text.replace("UNE+1+G1'", "UNE+2+G2'");
    assert_eq!(told(&wrong, &check(&wrong)), ["E1029 UNE/0060 2", "E1028 UNE/0048 G2"]);
    let open = text.replace("UNE+1+G1'\n", "");
    assert_eq!(told(&open, &check(&open)), ["E1013 UNE "]);
}

#[test]
fn findings_say_in_which_message_they_stand() {
    let message: String = ORDER.split_inclusive('\n').skip(2).take(11).collect();
    let second = message.replace("UNH+1+", "UNH+2+").replace("UNT+11+1", "UNT+11+2").replace("NAD+SU", "NAD+QQX");
    let text = ORDER.replace("UNZ+1+77", &format!("{second}UNZ+3+77"));
    let units: Vec<_> = check(&text).iter().map(|finding| finding.place.unit.map(|unit| unit.to_string())).collect();
    assert_eq!(units, [Some("UNH 2".to_owned()), None]);
}

#[test]
fn a_reference_used_twice_is_told() {
    let message: String = ORDER.split_inclusive('\n').skip(2).take(11).collect();
    let text = ORDER.replace("UNZ+1", &format!("{message}UNZ+2"));
    assert_eq!(told(&text, &check(&text)), ["E1026 UNH/0062 1"]);
}

#[test]
fn codes_of_recommendations_and_agreed_codes_are_no_errors() {
    // The terms of delivery are Incoterms, though D.01B lists two codes of its own.
    let text = ORDER.replace("D:96A", "D:01B").replace("RFF+VA:TR1234567890", "TOD+3++CIF");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
    // The units of D.24A are those of Recommendation 20, though it lists one of its own.
    let text = ORDER.replace("D:96A", "D:24A");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
    // Up to D.00B users may agree on types of item numbers.
    expect("EN'", "ZZX'", &["W3012 SG25/LIN/C212/7143 ZZX"]);
}

#[test]
fn what_is_missing_says_before_which_segment_it_should_stand() {
    let text = ORDER.replace("BGM+220+PO-1+9'\n", "");
    let finding = &check(&text)[0];
    let arguments: Vec<_> = finding.message.arguments().iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(arguments, ["name=BGM", "before=DTM"]);
    let cut = ORDER.find("UNS").expect("a section control");
    let finding = &check(&ORDER[..cut])[1];
    assert_eq!((finding.message.id(), finding.place.path.as_str()), ("segment-missing-at-end", "UNS"));
}

#[test]
fn a_segment_without_a_place_says_what_may_stand_there() {
    let text = ORDER.replace("UNS+S'", "UNS+S'\nDTM+137:20261122:102'").replace("UNT+11", "UNT+12");
    let findings = check(&text);
    assert_eq!(told(&text, &findings), ["E2015 DTM DTM"]);
    assert_eq!(findings[0].expected.as_deref(), Some("MOA, CNT, SG54 (ALC), UNT"));
}

#[test]
fn an_unknown_code_says_which_are_like_it_and_which_release_has_it() {
    let text = ORDER.replace("NAD+SU", "NAD+SUU");
    let finding = &check(&text)[0];
    assert!(finding.expected.as_deref().is_some_and(|expected| expected.starts_with("SU (Supplier)")), "{finding:?}");
    let text = "UNB+UNOC:3+A+B+261122:0900+1'UNH+1+INVOIC:D:14B:UN'BGM+380+1'DTM+137:20261122:102'PYT+1'PAI+::58'\
                UNS+S'MOA+9:1'UNT+8+1'UNZ+1+1'";
    let finding = &check(text)[0];
    assert_eq!(finding.help.as_ref().map(|help| help.id()), Some("help-code-since"));
}

#[test]
fn the_places_of_a_segment_are_told_when_asked_for() {
    let options = Options { explain_structure: true, ..Options::default() };
    let findings = check_with(ORDER.as_bytes(), options);
    let of_reference: Vec<_> = findings
        .iter()
        .filter(|finding| finding.place.span.start == ORDER.find("RFF").expect("a reference") as u64)
        .map(|finding| (finding.message.id(), finding.place.path.as_str()))
        .collect();
    // Behind the parties: references of the order are passed, those of the party are nearest.
    assert_eq!(of_reference[..2], [("place-passed", "SG1/RFF"), ("place-nearest", "SG2/SG3/RFF")]);
    assert!(findings.iter().all(|finding| finding.code.to_string() == "N2901"));
}

/// ISO 9735:1988 §6.1: the messages of a functional group are of the same type; from version 4 on UNG may leave the type out.
#[test]
fn a_group_holds_messages_of_one_type() {
    let message = |number: u8, kind: &str, code: &str| {
        format!("UNH+{number}+{kind}:D:96A:UN'BGM+{code}'DTM+137:20261122:102'UNS+S'UNT+5+{number}'")
    };
    let group = |version: &str, date: &str, group: &str| {
        let (order, response) = (message(1, "ORDERS", "220"), message(2, "ORDRSP", "231"));
        let text = format!("UNB+UNOC:{version}+A+B+{date}:0900+1'UNG+{group}'{order}{response}UNE+2+G'UNZ+1+1'");
        told(&text, &check(&text))
    };
    assert_eq!(group("3", "261122", "ORDERS+A+B+261122:0900+G+UN+D:96A"), ["E1031 UNH/S009/0065 ORDRSP"]);
    assert_eq!(group("4", "20261122", "ORDERS+A+B+20261122:0900+G+UN+D:96A"), ["E1031 UNH/S009/0065 ORDRSP"]);
    assert_eq!(group("4", "20261122", "+A+B+20261122:0900+G"), [""; 0]);
}

/// ISO 9735:1988, annex B: the decimal notation of UNA is a comma or a full stop; version 4 passes over it.
#[test]
fn a_decimal_mark_that_is_none_is_told_once_at_its_place() {
    for mark in ["", ";", " "] {
        let text = ORDER.replacen("UNA:+.?", &format!("UNA:+{}?", if mark.is_empty() { "," } else { mark }), 1);
        let expected = if mark.is_empty() {
            "E1019 SG25/QTY[6063=21]/C186/6060 12.5".to_owned()
        } else {
            format!("W1019 UNA {mark}")
        };
        assert_eq!(told(&text, &check(&text)), [expected]);
    }
    let version_4 = ORDER.replace("UNA:+.?", "UNA:+ ?").replace("UNOC:3", "UNOC:4").replace("+261122:", "+20261122:");
    assert_eq!(told(&version_4, &check(&version_4)), [""; 0]);
}

#[test]
fn an_advice_and_nothing_else_is_no_interchange() {
    assert_eq!(told("UNA:+.? '", &check("UNA:+.? '")), ["E1013 UNB "]);
    let text = format!("{ORDER}UNA:+.? '\n");
    assert_eq!(told(&text, &check(&text)).last().map(String::as_str), Some("E1013 UNB "));
}

/// Every interchange in syntax version 1 was wrong for its `D:96A`.
#[test]
fn versions_and_releases_of_directories_stand_in_syntax_version_1() {
    let text = ORDER.replace("UNOC:3", "UNOB:1");
    assert_eq!(told(&text, &check(&text)), [""; 0]);
}

#[test]
fn an_advice_of_less_than_six_characters_is_told_as_that() {
    expect("UNA:+.? '\n", "UNA:+.'\n", &["W1902 UNA UNA:+.'"]);
}

#[test]
fn a_country_is_a_place() {
    let place = |place: &str| ORDER.replace("RFF+VA", &format!("LOC+28+{place}::6'RFF+VA")).replace("UNT+11", "UNT+12");
    for (at, findings) in [("ZA", &[][..]), ("IRTHR", &[]), ("XQ", &["W3012 SG2/LOC[3227=28]/C517/3225 XQ"])] {
        assert_eq!(told(&place(at), &check(&place(at))), findings, "{at}");
    }
}

#[test]
fn a_line_end_within_a_segment_is_told_to_be_data() {
    let text = ORDER.replace("PO-1", "PO\n1");
    let findings = check(&text);
    assert_eq!(told(&text, &findings), ["E1021 BGM[1001=220]/1004 \n"]);
    assert_eq!(findings[0].help.as_ref().map(|help| help.id()), Some("help-line-end"));
}
