//! Every kind of damage and the report that ISO 9735-4 asks for, worked out by hand; each answer is itself valid.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use karvan_engine::Timestamp;
use karvan_engine::ack::{Acknowledgement, Kind, Options, When, Withheld, acknowledge};
use karvan_engine::validate::{self, Verdict, validate};

/// Two orders, syntax version 3. Segments of the first by position: UNH 1, BGM 2, DTM 3, NAD 4 and 5, LIN 6, QTY 7, PRI 8,
/// UNS 9, CNT 10, UNT 11.
const ORDERS: &str = "\
UNB+UNOA:3+SENDER:14+RECIPIENT:14+261122:0900+IC1'
UNH+M1+ORDERS:D:96A:UN'
BGM+220+PO1+9'
DTM+137:20261122:102'
NAD+BY+4012345000009::9'
NAD+SU+4098765000008::9'
LIN+1++4011111000006:EN'
QTY+21:5'
PRI+AAA:2.50'
UNS+S'
CNT+2:1'
UNT+11+M1'
UNH+M2+ORDERS:D:96A:UN'
BGM+220+PO2+9'
DTM+137:20261122:102'
NAD+BY+4012345000009::9'
NAD+SU+4098765000008::9'
LIN+1++4011111000006:EN'
UNS+S'
UNT+8+M2'
UNZ+2+IC1'
";

/// A group of one order, syntax version 3.
const GROUPED: &str = "\
UNB+UNOA:3+SENDER:14+RECIPIENT:14+261122:0900+IC1'
UNG+ORDERS+APP1+APP2+261122:0900+G1+UN+D:96A'
UNH+M1+ORDERS:D:96A:UN'
BGM+220+PO1+9'
DTM+137:20261122:102'
NAD+BY+4012345000009::9'
LIN+1++4011111000006:EN'
UNS+S'
UNT+7+M1'
UNE+1+G1'
UNZ+1+IC1'
";

/// An order, and a package with an object of five octets, syntax version 4. Segments of the order: UNH 1, BGM 2, DTM 3,
/// RFF 4, NAD 5, LIN 6, PRI 7, UNS 8, UNT 9.
const VERSION_4: &str = "\
UNB+UNOC:4+SENDER:14+RECIPIENT:14+20261122:0900+IC1'
UNH+M1+ORDERS:D:01B:UN'
BGM+220+PO1+9'
DTM+137:20261122:102'
RFF+ON:123'
NAD+BY+4012345000009::9'
LIN+1++4011111000006:EN'
PRI+AAA:2.50'
UNS+S'
UNT+9+M1'
UNO+P1+1:REF7+2+5'hello
UNP+5+P1'
UNZ+2+IC1'
";

/// `text` with each first occurrence replaced; what is not there is a mistake of the test.
fn damaged(text: &str, damage: &[(&str, &str)]) -> String {
    damage.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the interchange");
        text.replacen(from, to, 1)
    })
}

fn answered(text: &str, options: &Options) -> Acknowledgement {
    let at: Timestamp = "2026-11-22T10:30:00Z".parse().unwrap();
    acknowledge(text.as_bytes(), options, at, &mut |_| {}).unwrap()
}

/// The segments between UNH and UNT of each answer, which is valid.
fn body(octets: &[u8]) -> Vec<String> {
    let mut findings = Vec::new();
    let outcome = validate(octets, &validate::Options::default(), &mut |finding| findings.push(finding)).unwrap();
    // A qualifier that partners agreed on is copied as it is.
    findings.retain(|finding| !finding.place.path.ends_with("/0007"));
    let text = String::from_utf8_lossy(octets).into_owned();
    assert_eq!((outcome.verdict, findings), (Verdict::Valid, Vec::new()), "{text}");
    let lines = text.lines().filter(|line| ["UCI", "UCF", "UCM", "UCS", "UCD"].iter().any(|tag| line.starts_with(tag)));
    lines.map(|line| line.trim_end_matches('\'').to_owned()).collect()
}

/// A kind of damage, what is replaced by what, and the report.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c [&'c str]);

/// Checks the report on each damaged interchange. The first segment is told by what follows sender and recipient.
fn check(base: &str, cases: &[Case<'_>]) {
    for (kind, damage, expected) in cases {
        let told = answered(&damaged(base, damage), &Options::default());
        let told_body = body(&told.octets);
        let expected: Vec<_> = expected
            .iter()
            .enumerate()
            .map(|(index, line)| match index {
                0 if !line.starts_with("UCI") => format!("UCI+IC1+SENDER:14+RECIPIENT:14+{line}"),
                _ => (*line).to_owned(),
            })
            .collect();
        assert_eq!(told_body, expected, "{kind}");
        let good = expected.len() == 1 && expected[0].ends_with("+7");
        assert_eq!(told.verdict, if good { Verdict::Valid } else { Verdict::Invalid }, "{kind}");
    }
}

/// UCM of the first order.
const M1: &str = "UCM+M1+ORDERS:D:96A:UN+4";

#[test]
fn what_is_wrong_with_the_interchange_is_told_by_uci() {
    check(
        ORDERS,
        &[
            ("nothing", &[], &["7"]),
            ("count of UNZ", &[("UNZ+2", "UNZ+3")], &["4+29+UNZ+2"]),
            ("reference of UNZ", &[("UNZ+2+IC1", "UNZ+2+IC2")], &["4+28+UNZ+3"]),
            ("UNZ is missing", &[("UNZ+2+IC1'\n", "")], &["4+13+UNZ"]),
            ("UNZ is cut off", &[("UNZ+2+IC1'", "UNZ+2+IC1")], &["4+18+UNZ"]),
            ("count of UNZ is no number", &[("UNZ+2", "UNZ+B")], &["4+37+UNZ+2"]),
            ("repertoire unknown", &[("UNOA", "UNOQ")], &["4+2+UNB+2:1"]),
            ("date too short", &[("261122:0900", "26112:0900")], &["4+40+UNB+5:1"]),
            ("time missing", &[("261122:0900", "261122")], &["4+13+UNB+5:2"]),
            ("date missing", &[("+261122:0900+", "++")], &["4+13+UNB+5"]),
            ("too many data elements", &[("+IC1'", "+IC1+++++++X'")], &["4+16+UNB"]),
            // The qualifier is longer than 0007 may be, so that it cannot be copied.
            ("qualifier", &[("SENDER:14", "SENDER:QQQQQ")], &["UCI+IC1+SENDER+RECIPIENT:14+4+39+UNB+3:2"]),
            ("character in UNB", &[("SENDER", "sender")], &["UCI+IC1+sender:14+RECIPIENT:14+4+21+UNB+3:1"]),
            ("segment between messages", &[("UNH+M2", "BGM+220'\nUNH+M2")], &["4+33"]),
        ],
    );
    let empty = "UNB+UNOA:3+SENDER:14+RECIPIENT:14+261122:0900+IC1'\nUNZ+0+IC1'\n";
    check(empty, &[("no message", &[], &["4+32"])]);
}

#[test]
fn what_is_wrong_with_a_message_is_told_by_ucm() {
    check(
        ORDERS,
        &[
            ("count of UNT", &[("UNT+11", "UNT+12")], &["7", "UCM+M1+ORDERS:D:96A:UN+4+29+UNT+2"]),
            ("reference of UNT", &[("UNT+11+M1", "UNT+11+M9")], &["7", "UCM+M1+ORDERS:D:96A:UN+4+28+UNT+3"]),
            ("UNT is missing", &[("UNT+11+M1'\n", "")], &["7", "UCM+M1+ORDERS:D:96A:UN+4+13+UNT"]),
            ("duplicate", &[("UNH+M2", "UNH+M1"), ("UNT+8+M2", "UNT+8+M1")], &["7", "UCM+M1+ORDERS:D:96A:UN+4+26"]),
            ("unknown message", &[("ORDERS", "ORDERZ")], &["7", "UCM+M1+ORDERZ:D:96A:UN+4+17+UNH+3"]),
            ("unknown release", &[("D:96A", "D:99Z")], &["7", "UCM+M1+ORDERS:D:99Z:UN+4+17+UNH+3"]),
            (
                "both",
                &[("UNT+11", "UNT+12"), ("UNT+8", "UNT+9")],
                &["7", "UCM+M1+ORDERS:D:96A:UN+4+29+UNT+2", "UCM+M2+ORDERS:D:96A:UN+4+29+UNT+2"],
            ),
            (
                "too many data elements in UNT",
                &[("UNT+11+M1", "UNT+11+M1+X")],
                &["7", "UCM+M1+ORDERS:D:96A:UN+4+16+UNT"],
            ),
            // Without its reference a message cannot be named: the level above is rejected with it.
            ("no reference", &[("UNH+M1", "UNH+"), ("UNT+11+M1", "UNT+11+")], &["4+18"]),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_segment_is_told_by_ucs() {
    let nads = "NAD+DP+4012345000009::9'\n".repeat(98);
    let dates = "DTM+2:20261122:102'\n".repeat(35);
    check(
        ORDERS,
        &[
            ("BGM is missing", &[("BGM+220+PO1+9'\n", ""), ("UNT+11", "UNT+10")], &["7", M1, "UCS+1+13"]),
            ("DTM is missing", &[("DTM+137:20261122:102'\n", ""), ("UNT+11", "UNT+10")], &["7", M1, "UCS+2+13"]),
            ("UNS is missing", &[("UNS+S'\nCNT+2:1'\nUNT+11", "UNT+9")], &["7", M1, "UCS+8+13"]),
            ("unknown segment", &[("NAD+BY", "XYZ+1'\nNAD+BY"), ("UNT+11", "UNT+12")], &["7", M1, "UCS+4+15"]),
            ("segment out of place", &[("UNS+S", "BGM+220'\nUNS+S"), ("UNT+11", "UNT+12")], &["7", M1, "UCS+9+15"]),
            (
                "too many segments",
                &[("NAD+BY", &format!("{dates}NAD+BY")), ("UNT+11", "UNT+46")],
                &["7", M1, "UCS+38+35"],
            ),
            ("too many groups", &[("LIN+1", &format!("{nads}LIN+1")), ("UNT+11", "UNT+109")], &["7", M1, "UCS+103+36"]),
            ("too many data elements", &[("BGM+220+PO1+9", "BGM+220+PO1+9+AB+X")], &["7", M1, "UCS+2+16"]),
            (
                "two of them",
                &[("BGM+220+PO1+9", "BGM+220+PO1+9+AB+X"), ("CNT+2:1", "XYZ+1")],
                &["7", M1, "UCS+2+16", "UCS+10+15"],
            ),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_data_element_is_told_by_ucd() {
    let long = format!("BGM+220+{}", "P".repeat(36));
    check(
        ORDERS,
        &[
            ("simple missing", &[("NAD+BY", "NAD+")], &["7", M1, "UCS+4", "UCD+13+2"]),
            ("composite missing", &[("DTM+137:20261122:102", "DTM")], &["7", M1, "UCS+3", "UCD+13+2"]),
            ("component missing", &[("DTM+137:", "DTM+:")], &["7", M1, "UCS+3", "UCD+13+2:1"]),
            ("too many components", &[("QTY+21:5", "QTY+21:5:PCE:X")], &["7", M1, "UCS+7", "UCD+16+2"]),
            ("too long", &[("BGM+220+PO1", &long)], &["7", M1, "UCS+2", "UCD+39+3"]),
            ("no number", &[("QTY+21:5", "QTY+21:FIVE")], &["7", M1, "UCS+7", "UCD+37+2:2"]),
            ("decimal notation", &[("2.50", "2.5.0")], &["7", M1, "UCS+8", "UCD+19+2:2"]),
            ("no digit before the mark", &[("2.50", ".50")], &["7", M1, "UCS+8", "UCD+38+2:2"]),
            ("code", &[("NAD+BY", "NAD+QQQ")], &["7", M1, "UCS+4", "UCD+12+2"]),
            ("code in a composite", &[("DTM+137", "DTM+QQQ")], &["7", M1, "UCS+3", "UCD+12+2:1"]),
            ("character", &[("PO1", "po1")], &["7", M1, "UCS+2", "UCD+21+3"]),
            (
                "two in one segment",
                &[("NAD+BY+4012345000009", "NAD+QQQ+abc")],
                &["7", M1, "UCS+4", "UCD+12+2", "UCD+21+3:1"],
            ),
            ("service segment of the body", &[("UNS+S", "UNS+X")], &["7", M1, "UCS+9", "UCD+12+2"]),
            (
                "missing after it and wrong itself",
                &[("DTM+137:20261122:102'\n", ""), ("UNT+11", "UNT+10"), ("BGM+220", "BGM+QQQ")],
                &["7", M1, "UCS+2", "UCD+12+2:1", "UCS+2+13"],
            ),
        ],
    );
}

#[test]
fn groups_are_told_by_ucf() {
    let acknowledged = "UCF+G1+APP1+APP2+7";
    check(
        GROUPED,
        &[
            // Before version 4 an acknowledged interchange says nothing of the messages in its groups.
            ("count of UNE", &[("UNE+1", "UNE+2")], &["7", "UCF+G1+APP1+APP2+4+29+UNE+2"]),
            ("reference of UNE", &[("UNE+1+G1", "UNE+1+G2")], &["7", "UCF+G1+APP1+APP2+4+28+UNE+3"]),
            ("UNE is missing", &[("UNE+1+G1'\n", "")], &["7", "UCF+G1+APP1+APP2+4+13+UNE"]),
            ("date in UNG", &[("APP2+261122", "APP2+2611221")], &["7", "UCF+G1+APP1+APP2+4+39+UNG+5:1"]),
            ("count of UNT", &[("UNT+7", "UNT+8")], &["7", acknowledged, "UCM+M1+ORDERS:D:96A:UN+4+29+UNT+2"]),
            ("segment in the group", &[("UNE+1", "BGM+220'\nUNE+1")], &["7", "UCF+G1+APP1+APP2+4+33"]),
            (
                "message after the group",
                &[(
                    "UNZ+1",
                    "UNH+M2+ORDERS:D:96A:UN'\nBGM+220'\nDTM+137:20261122:102'\n\
                NAD+BY'\nLIN+1'\nUNS+S'\nUNT+7+M2'\nUNZ+1",
                )],
                &["4+30", "UCF+G1+APP1+APP2+4"],
            ),
            ("no reference", &[("+G1+UN", "++UN"), ("UNE+1+G1", "UNE+1+")], &["4+18"]),
        ],
    );
    let explicit = answered(GROUPED, &Options::default());
    assert_eq!(body(&explicit.octets), ["UCI+IC1+SENDER:14+RECIPIENT:14+7", acknowledged]);
}

#[test]
fn syntax_version_4_has_its_own_codes_packages_and_occurrences() {
    let m1 = "UCM+M1+ORDERS:D:01B:UN+4";
    check(
        VERSION_4,
        &[
            ("nothing", &[], &["7"]),
            ("decimal notation", &[("2.50", "2.5.0")], &["7", m1, "UCS+7", "UCD+12+2:2"]),
            ("no digit before the mark", &[("2.50", ".50")], &["7"]),
            ("repertoire unknown", &[("UNOC", "UNOQ")], &["4+46+UNB+2:1"]),
            ("too many repetitions", &[("RFF+ON:123", "RFF+ON:123*ON:124")], &["7", m1, "UCS+4", "UCD+35+2::2"]),
            ("reference of UNP", &[("UNP+5+P1", "UNP+5+P2")], &["7", "UCM+++4+28+UNP+3+P1+1:REF7"]),
            ("length of the object", &[("+2+5'", "+2+9'")], &["7", "UCM+++4+29+UNO++P1+1:REF7"]),
            ("UNP is missing", &[("\nUNP+5+P1'", "")], &["4+13+UNZ", "UCM+++4+13+UNP++P1+1:REF7"]),
        ],
    );
}

#[test]
fn a_security_segment_is_told_by_its_reference() {
    let secured = damaged(VERSION_4, &[("BGM", "USH+1+S1+1'\nUSA+1:16:1'\nBGM"), ("UNT+9", "UST+S1+4'\nUNT+12")]);
    check(
        &secured,
        &[
            ("algorithm", &[("USA+1:16:1", "USA+QQQ:16:1")], &["7", "UCM+M1+ORDERS:D:01B:UN+4+12+USA+2:1+++S1+2"]),
            ("trailer", &[("UST+S1+4", "UST+S1+X")], &["7", "UCM+M1+ORDERS:D:01B:UN+4+37+UST+3+++S1+3"]),
        ],
    );
}

#[test]
fn the_answer_goes_back_in_kind() {
    let head = |text: &str| {
        let told = answered(text, &Options::default());
        body(&told.octets);
        let text = String::from_utf8(told.octets).unwrap();
        text.lines().take(2).collect::<Vec<_>>().join("")
    };
    assert_eq!(head(ORDERS), "UNB+UNOA:3+RECIPIENT:14+SENDER:14+261122:1030+AIC1'UNH+1+CONTRL:D:3:UN'");
    assert_eq!(head(VERSION_4), "UNB+UNOC:4+RECIPIENT:14+SENDER:14+20261122:1030+AIC1'UNH+1+CONTRL:4:1:UN'");
    let first = damaged(ORDERS, &[("UNOA:3", "UNOA:1")]);
    assert_eq!(head(&first), "UNB+UNOA:2+RECIPIENT:14+SENDER:14+261122:1030+AIC1'UNH+1+CONTRL:D:3:UN'");
    let test = damaged(ORDERS, &[("+IC1'", "+IC1++++++1'")]);
    assert_eq!(head(&test), "UNB+UNOA:3+RECIPIENT:14+SENDER:14+261122:1030+AIC1++++++1'UNH+1+CONTRL:D:3:UN'");
    let routed = damaged(ORDERS, &[("SENDER:14", "SENDER:14:DEPT")]);
    assert!(head(&routed).starts_with("UNB+UNOA:3+RECIPIENT:14+SENDER:14:DEPT+261122:1030+AIC1'"));
    // The separators that UNA declares, and the first repertoire that carries what is copied.
    let advised = format!("UNA^|.? ~{}", ORDERS.replace('\'', "~").replace('+', "|").replace(':', "^"));
    let expected = "UNA^|.? ~UNB|UNOC^3|RECIPIENT^14|SENDER^14|261122^1030|AIC1~";
    assert_eq!(head(&advised.replace("UNOA", "UNOC")), expected);
    assert!(head(&damaged(ORDERS, &[("SENDER", "sender")])).starts_with("UNB+UNOB:3+"));
    // Those of the interchange before hold on where a second one has no UNA; each answer declares them.
    let twice = advised.replace("UNOA", "UNOC") + &advised.replace("UNOA", "UNOC").replace("IC1", "IC2")[9..];
    let twice = String::from_utf8(answered(&twice, &Options::default()).octets).unwrap();
    assert_eq!(twice.matches("UNA^|.? ~").count(), 2, "{twice}");
    let long = damaged(ORDERS, &[("+IC1'", "+12345678901234'"), ("UNZ+2+IC1", "UNZ+2+12345678901234")]);
    assert!(head(&long).contains("+A2345678901234'"));
}

#[test]
fn what_cannot_be_answered_is_said() {
    let withheld = |text: &str, options: &Options| {
        let told = answered(text, options);
        assert!(told.octets.is_empty());
        (told.answers.iter().map(|answer| answer.withheld).collect::<Vec<_>>(), told.verdict)
    };
    let plain = Options::default();
    let no_header = damaged(ORDERS, &[("UNB+UNOA:3+SENDER:14+RECIPIENT:14+261122:0900+IC1'\n", "")]);
    assert_eq!(withheld(&no_header, &plain), (vec![], Verdict::Invalid));
    let no_sender = damaged(ORDERS, &[("+SENDER:14", "+")]);
    assert_eq!(withheld(&no_sender, &plain), (vec![Some(Withheld::Unaddressed)], Verdict::Invalid));
    let no_reference = damaged(ORDERS, &[("+IC1'", "'"), ("UNZ+2+IC1", "UNZ+2")]);
    assert_eq!(withheld(&no_reference, &plain), (vec![Some(Withheld::Unaddressed)], Verdict::Invalid));
    let acknowledgement = answered(ORDERS, &plain).octets;
    let acknowledgement = String::from_utf8(acknowledgement).unwrap();
    assert_eq!(withheld(&acknowledgement, &plain), (vec![Some(Withheld::Acknowledgements)], Verdict::Valid));
    let mut asked = Options::default();
    asked.when = When::Requested;
    assert_eq!(withheld(ORDERS, &asked), (vec![Some(Withheld::NotRequested)], Verdict::Valid));
    asked.when = When::Rejected;
    assert_eq!(withheld(ORDERS, &asked), (vec![Some(Withheld::NotRejected)], Verdict::Valid));
}

/// ISO 9735-4 is about batch EDI alone.
#[test]
fn a_dialogue_is_not_answered_and_that_is_told_where_it_begins() {
    const DIALOGUE: &str =
        "UIB+UNOC:4+1234567+++A+B+20261122:0900'\nUIH+IHCEBI:D:96A:UN+1'\nUIT+1+2'\nUIZ+1234567+1'\n";
    let told = |text: &str, kind| {
        let mut options = Options::default();
        options.kind = kind;
        let now: Timestamp = "2026-11-22T10:30:00Z".parse().unwrap();
        let mut places = Vec::new();
        let told = acknowledge(text.as_bytes(), &options, now, &mut |finding| {
            if finding.code.layer() == 0 {
                places.push((finding.code.to_string(), finding.place.span.start));
            }
        });
        (told.unwrap().answers.len(), places)
    };
    for kind in [Kind::Contrl, Kind::Receipt, Kind::Aperak] {
        assert_eq!(told(DIALOGUE, kind), (0, vec![("E0024".to_owned(), 0)]));
        let both = told(&format!("{ORDERS}{DIALOGUE}"), kind);
        assert_eq!(both, (1, vec![("E0024".to_owned(), ORDERS.len() as u64)]));
    }
}

#[test]
fn acknowledgements_among_messages_are_passed_over() {
    let contrl = "UNH+M9+CONTRL:D:3:UN'\nUCI+X+A+B+9'\nUNT+3+M9'\n";
    let mixed = damaged(ORDERS, &[("UNZ+2", &format!("{contrl}UNZ+3"))]);
    let told = answered(&mixed, &Options::default());
    assert_eq!(body(&told.octets), ["UCI+IC1+SENDER:14+RECIPIENT:14+7"]);
    assert_eq!(told.verdict, Verdict::Invalid);
}

#[test]
fn each_interchange_of_a_file_is_answered() {
    let second = damaged(ORDERS, &[("+IC1'", "+IC2'"), ("UNZ+2+IC1", "UNZ+2+IC2"), ("UNT+11", "UNT+12")]);
    let both = format!("{ORDERS}{second}");
    let told = answered(&both, &Options::default());
    let expected =
        ["UCI+IC1+SENDER:14+RECIPIENT:14+7", "UCI+IC2+SENDER:14+RECIPIENT:14+7", "UCM+M1+ORDERS:D:96A:UN+4+29+UNT+2"];
    assert_eq!(body(&told.octets), expected);
    let mut options = Options::default();
    options.reference = Some("ACK".to_owned());
    let text = String::from_utf8(answered(&both, &options).octets).unwrap();
    assert!(text.contains("UNZ+1+ACK'") && text.contains("UNZ+1+ACK-2'"));
    let twice = answered(&format!("{ORDERS}{ORDERS}"), &Options::default()).octets;
    assert_eq!(body(&twice)[1], "UCI+IC1+SENDER:14+RECIPIENT:14+4+26");
    let text = String::from_utf8(twice).unwrap();
    assert!(text.contains("UNZ+1+AIC1'") && text.contains("UNZ+1+AIC1-2'"));
    options.interchange = Some(2);
    let told = answered(&both, &options);
    assert_eq!(body(&told.octets), &expected[1..]);
    assert_eq!(told.answers[0].withheld, Some(Withheld::NotAsked));
}

#[test]
fn options_change_what_is_told() {
    let wrong = damaged(ORDERS, &[("UNT+11", "UNT+12")]);
    let told = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        body(&answered(&wrong, &options).octets)
    };
    assert_eq!(told(|options| options.kind = Kind::Receipt), ["UCI+IC1+SENDER:14+RECIPIENT:14+8"]);
    let faulty = "UCM+M1+ORDERS:D:96A:UN+4+29+UNT+2";
    assert_eq!(told(|options| options.whole = true), ["UCI+IC1+SENDER:14+RECIPIENT:14+4", faulty]);
    assert_eq!(
        told(|options| options.explicit = true),
        ["UCI+IC1+SENDER:14+RECIPIENT:14+7", faulty, "UCM+M2+ORDERS:D:96A:UN+7"]
    );
    let trailing = damaged(ORDERS, &[("PO1+9", "PO1+9+")]);
    let mut options = Options::default();
    options.warnings = true;
    assert_eq!(
        body(&answered(&trailing, &options).octets),
        ["UCI+IC1+SENDER:14+RECIPIENT:14+7", "UCM+M1+ORDERS:D:96A:UN+7", "UCS+2+18"]
    );
    options.warnings = false;
    assert_eq!(body(&answered(&trailing, &options).octets).len(), 1);
    let marked = format!("\u{FEFF}{}", damaged(ORDERS, &[("PO1+9", "PO1")]));
    options.check.strict = true;
    assert_eq!(body(&answered(&marked.replace('\n', ""), &options).octets), ["UCI+IC1+SENDER:14+RECIPIENT:14+7"]);
    let advised = format!("UNA:+.?*'{}", ORDERS.replace('\n', ""));
    assert_eq!(body(&answered(&advised, &options).octets), ["UCI+IC1+SENDER:14+RECIPIENT:14+4+18+UNA"]);
    options.check.strict = false;
    options.association = Some("EAN002".to_owned());
    let text = String::from_utf8(answered(ORDERS, &options).octets).unwrap();
    assert!(text.contains("CONTRL:D:3:UN:EAN002'"));
}

#[test]
fn a_report_has_no_more_segments_than_its_table_lets_stand() {
    let unknown = "XYZ+1'\n".repeat(1200);
    let many = damaged(ORDERS, &[("UNS+S", &format!("{unknown}UNS+S")), ("UNT+11", "UNT+1211")]);
    let told = answered(&many, &Options::default());
    assert_eq!(body(&told.octets).len(), 2 + 999);
    assert_eq!(told.answers[0].answer.as_ref().unwrap().unreported, 201);
}

#[test]
fn applications_are_answered_message_by_message() {
    let wrong = damaged(ORDERS, &[("NAD+BY", "NAD+QQQ")]);
    let aperak = |text: &str, when: When| {
        let mut options = Options::default();
        options.kind = Kind::Aperak;
        options.when = when;
        answered(text, &options)
    };
    let told = aperak(&wrong, When::Always);
    body(&told.octets);
    assert_eq!(
        String::from_utf8(told.octets).unwrap(),
        "UNB+UNOC:3+RECIPIENT:14+SENDER:14+261122:1030+EIC1'\n\
         UNH+1+APERAK:D:96A:UN'\n\
         BGM++1+9+RE'\n\
         DTM+137:202611221030:203'\n\
         RFF+ACW:M1'\n\
         RFF+DM:PO1'\n\
         ERC+E3012::86'\n\
         FTX+AAO+++code QQQ is not in the code list of 3035+EN'\n\
         RFF+ACW:M1:4'\n\
         FTX+AAO+++SG2/NAD[3035=QQQ]/3035 QQQ+EN'\n\
         UNT+10+1'\n\
         UNH+2+APERAK:D:96A:UN'\n\
         BGM++2+9+AP'\n\
         DTM+137:202611221030:203'\n\
         RFF+ACW:M2'\n\
         RFF+DM:PO2'\n\
         UNT+6+2'\n\
         UNZ+2+EIC1'\n"
    );
    let rejected = aperak(&wrong, When::Rejected);
    assert_eq!(rejected.answers[0].answer.as_ref().unwrap().named.len(), 1);
    let withheld = |text: &str, when| aperak(text, when).answers[0].withheld;
    assert_eq!(withheld(ORDERS, When::Rejected), Some(Withheld::NotRejected));
    assert_eq!(withheld(&wrong.replace("UNZ+2", "UNZ+3"), When::Always), Some(Withheld::Rejected));
    let answer = String::from_utf8(aperak(ORDERS, When::Always).octets).unwrap();
    assert_eq!(withheld(&answer, When::Always), Some(Withheld::Acknowledgements));
}

#[test]
fn every_release_with_aperak_gives_valid_answers() {
    let long = format!("NAD+BY+{}", "4".repeat(400));
    let wrong = damaged(ORDERS, &[("NAD+BY+4012345000009", &long), ("NAD+SU", "NAD+QQQ"), ("LIN+1", "XYZ+1")]);
    let releases = ["D.95A", "D.95B", "D.96A", "D.96B", "D.97A", "D.98B", "D.99B", "D.00A", "D.01B", "D.08A", "D.24A"];
    for release in releases {
        let mut options = Options::default();
        options.kind = Kind::Aperak;
        options.release = release.parse().unwrap();
        body(&answered(&wrong, &options).octets);
    }
}

#[test]
fn answers_are_valid_whatever_is_damaged() {
    const OCTETS: [&[u8]; 8] = [b"'", b"+", b":", b"?", b"x", b"9", b"\xE9", b""];
    let now: Timestamp = "2026-11-22T10:30:00Z".parse().unwrap();
    let mut answers = 0;
    for text in [ORDERS, GROUPED, VERSION_4] {
        for at in 0..text.len() {
            let damaged = [&text.as_bytes()[..at], OCTETS[at % OCTETS.len()], &text.as_bytes()[at + 1..]].concat();
            let mut options = Options::default();
            options.explicit = at % 2 == 0;
            options.warnings = at % 3 == 0;
            options.kind = if at % 5 == 0 { Kind::Aperak } else { Kind::Contrl };
            let told = acknowledge(&damaged[..], &options, now, &mut |_| {}).unwrap();
            if !told.octets.is_empty() {
                body(&told.octets);
                answers += 1;
            }
        }
    }
    assert!(answers > 700, "{answers}");
}
