use karvan_edifact::{Layout, SegmentBuffer, items, segments};
use proptest::prelude::*;

use super::*;
use crate::validate;

const ORDER: &[u8] = b"UNB+UNOC:3+SENDER+RECEIVER+261122:0900+77'UNH+1+ORDERS:D:96A:UN'BGM+220+PO?+1::+9'\
    FTX+AAI+++M\xFCller??:O?'Neil'UNS+S'UNT+5+1'UNZ+1+77'";

fn run(source: &[u8], options: &Options) -> (Vec<u8>, Outcome, Vec<Diagnostic>) {
    let (mut output, mut found) = (Vec::new(), Vec::new());
    let mut as_it_was = Vec::new();
    let mut sink = |old: &[u8], new: &[u8]| {
        as_it_was.extend_from_slice(old);
        output.extend_from_slice(new);
        Ok(())
    };
    let outcome = format(source, options, &mut sink, &mut |finding| found.push(finding)).expect("no errors in memory");
    if !outcome.refused {
        assert_eq!(as_it_was, source, "the pieces are the file");
        assert_eq!(outcome.changed, output != source);
    }
    (output, outcome, found)
}

fn written(source: &[u8], options: &Options) -> Vec<u8> {
    let (output, outcome, found) = run(source, options);
    assert!(!outcome.refused && found.is_empty(), "{found:?}");
    output
}

fn lines() -> Options {
    Options::default()
}

fn minified() -> Options {
    Options { layout: Layout::Minified, ..Options::default() }
}

fn into(identifier: &str) -> Options {
    let repertoire = Repertoire::from_identifier(identifier.as_bytes());
    Options { repertoire: Some(repertoire.expect("supported")), layout: Layout::Minified, ..Options::default() }
}

/// Every value of every segment as text, by the repertoire that holds there; envelope S001 aside.
fn values(file: &[u8]) -> Vec<SegmentBuffer> {
    let mut repertoire = Repertoire::UNOC;
    let read = segments(file).map(|segment| {
        if let Some(header) = InterchangeHeader::of(segment) {
            repertoire = header.repertoire().unwrap_or(repertoire);
        }
        let mut values = SegmentBuffer::from_segment(&segment, repertoire);
        if values.tag() == "UNB" {
            values.set(0, 0, 0, "");
            values.set(0, 0, 3, "");
        }
        values
    });
    read.collect()
}

#[test]
fn one_segment_stands_on_a_line_or_all_on_one() {
    let formatted = written(ORDER, &lines());
    assert_eq!(formatted.split_inclusive(|octet| *octet == b'\n').count(), 7);
    assert!(formatted.ends_with(b"UNZ+1+77'\n"));
    assert_eq!(written(&formatted, &minified()), ORDER);
    let untidy = formatted.iter().flat_map(|octet| if *octet == b'\n' { b"\r\n \n".to_vec() } else { vec![*octet] });
    let untidy = [&b"\xEF\xBB\xBF\n"[..], &untidy.collect::<Vec<_>>()].concat();
    assert_eq!(written(&untidy, &lines()), formatted);
}

#[test]
fn counts_are_written_anew_at_every_level() {
    let file =
        b"UNB+UNOC:3+S+R+261122:0900+1'UNG+ORDERS+S+R+261122:0900+G+UN+D:96A'UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+9+1'\
        UNH+2+ORDERS:D:96A:UN'UNT+0+2'UNE+7+G'UNZ+3+1'";
    let options = Options { recount: true, ..minified() };
    let recounted = String::from_utf8(written(file, &options)).expect("ASCII");
    for trailer in ["'UNT+3+1'", "'UNT+2+2'", "'UNE+2+G'", "'UNZ+1+1'"] {
        assert!(recounted.contains(trailer), "{trailer} in {recounted}");
    }
    assert!(!run(recounted.as_bytes(), &options).1.changed);
}

#[test]
fn interactive_counts_stand_behind_the_references() {
    let file = b"UIB+UNOA:4+D1++++S:14+R:14+20261122:0900'UIH+PAORES:D:96A::UN:X+M1'MSG'UIT+M1+9'UIZ+D1+7'";
    let recounted = written(file, &Options { recount: true, ..minified() });
    assert!(recounted.ends_with(b"MSG'UIT+M1+3'UIZ+D1+1'"), "{}", recounted.escape_ascii());
}

#[test]
fn packages_stay_as_they_are() {
    let package = b"UNO+P+1:X+13+12:1'\nUSH+1+2'\r\nA'\n\0UNT+9+1'\nUNP+12+P'";
    let file = [&b"UNB+UNOC:4+S+R+20261122:0900+1'\n\n"[..], package, b"\n\nUNZ+4+1'\n"].concat();
    for options in [lines(), minified(), Options { recount: true, trim: true, ..lines() }, into("UNOY")] {
        let (output, outcome, _) = run(&file, &options);
        assert!(!outcome.refused);
        assert!(output.windows(package.len()).any(|window| window == package), "{}", output.escape_ascii());
    }
}

#[test]
fn encrypted_data_stay_as_they_are() {
    let file = b"UNB+UNOC:4+S+R+20261122:0900+1'UNH+1+ORDERS:D:96A:UN'USD+7'\n'UNT+'\0USU+7'UNT+4+1'UNZ+1+1'";
    for options in [lines(), Options { recount: true, trim: true, ..lines() }, into("UNOY")] {
        let (output, outcome, _) = run(file, &options);
        assert!(!outcome.refused);
        assert!(output.windows(18).any(|window| window == b"USD+7'\n'UNT+'\0USU+"), "{}", output.escape_ascii());
    }
}

#[test]
fn values_are_carried_to_another_repertoire() {
    let output = written(ORDER, &into("UNOY"));
    assert!(output.starts_with(b"UNB+UNOY:3+SENDER"));
    assert_eq!(values(&output), values(ORDER));
    assert_eq!(written(&output, &into("UNOC")), ORDER);
    let declared = b"UNB+UNOC:4::7+S+R+20261122:0900+1'UNH+1+ORDERS:D:96A:UN'FTX+\xC3\xBC'UNT+3+1'UNZ+1+1'";
    let code_page = Repertoire::declared(b"UNOC", b"4");
    let output = written(declared, &Options { repertoire: code_page, ..minified() });
    assert!(output.starts_with(b"UNB+UNOC:4::+S") && output.windows(6).any(|window| window == b"FTX+\xFC'"));
    let output = written(declared, &into("UNOD"));
    assert!(output.starts_with(b"UNB+UNOD:4::+S") && output.windows(6).any(|window| window == b"FTX+\xFC'"));
}

#[test]
fn what_cannot_be_carried_is_refused_with_its_octets() {
    let (_, outcome, found) = run(ORDER, &into("UNOB"));
    assert!(outcome.refused);
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!((finding.code, finding.message.id()), (Code::error(1021), "fmt-character-refused"));
    assert_eq!(finding.found.as_deref(), Some("U+00FC 'ü'"));
    let place = finding.place.span;
    assert_eq!(&ORDER[usize::try_from(place.start).unwrap()..usize::try_from(place.end).unwrap()], b"\xFC");
}

#[test]
fn control_characters_are_carried_where_they_mean_nothing() {
    let file = b"UNB+UNOC:3+S+R+261122:0900+1'UNH+1+ORDERS:D:96A:UN'FTX+M\xFC\r\nller\x1B'UNT+3+1'UNZ+1+1'";
    let output = written(file, &into("UNOY"));
    assert!(output.windows(13).any(|window| window == b"M\xC3\xBC\r\nller\x1B'UN"));
    assert_eq!(written(&output, &into("UNOC")), file);
    let (_, outcome, found) = run(file, &into("UNOX"));
    assert!(outcome.refused && found[0].found.as_deref() == Some("U+001B"));
    let (_, outcome, found) = run(&file.map(|octet| if octet == 0xFC { 0x80 } else { octet }), &into("UNOY"));
    assert!(outcome.refused && found[0].found.as_deref() == Some("U+0080"), "no euro sign, whatever was meant");
}

#[test]
fn utf8_that_is_not_declared_is_read_as_such_and_told() {
    let file = String::from_utf8(ORDER.iter().map(|octet| if *octet == 0xFC { b'u' } else { *octet }).collect());
    let file = file.expect("ASCII").replace("Muller", "Müller");
    let (output, outcome, found) = run(file.as_bytes(), &into("UNOY"));
    assert_eq!(String::from_utf8(output).expect("UTF-8"), file.replace("UNOC", "UNOY"));
    assert!(!outcome.refused);
    assert_eq!(found.iter().map(|finding| finding.message.id()).collect::<Vec<_>>(), ["fmt-read-as-utf8"]);
    let forced = Options { read_as: Some(Repertoire::UNOC), ..into("UNOY") };
    assert!(String::from_utf8(written(file.as_bytes(), &forced)).expect("UTF-8").contains("MÃ¼ller"));
    let mixed = [&file.as_bytes()[..file.len() - 9], b"FTX+M\xFCller'UNZ+1+77'"].concat();
    let (_, outcome, found) = run(&mixed, &into("UNOY"));
    assert!(outcome.refused);
    assert_eq!(found.last().map(|finding| finding.message.id()), Some("fmt-repertoires-mixed"));
}

#[test]
fn octets_without_a_meaning_are_refused_until_somebody_says_what_they_are() {
    let file = String::from_utf8_lossy(ORDER).replace("UNOC", "UNOA");
    let file: Vec<u8> = file.chars().map(|c| if c == char::REPLACEMENT_CHARACTER { 0xFC } else { c as u8 }).collect();
    let (_, outcome, found) = run(&file, &into("UNOY"));
    assert!(outcome.refused);
    assert_eq!((found[0].message.id(), found[0].found.as_deref()), ("octet-not-in-repertoire", Some("FC")));
    let forced = Options { read_as: Some(Repertoire::UNOC), ..into("UNOY") };
    assert_eq!(values(&written(&file, &forced)), values(ORDER));
}

#[test]
fn delimiters_are_written_anew() {
    let advised = b"UNA:*.# ~UNB*UNOC:3*S*R*261122:0900*1~UNH*1*ORDERS:D:96A:UN~FTX*A#*B*C'D+E*##~UNT*3*1~UNZ*1*1~";
    let options = Options { characters: Some(ServiceCharacters::DEFAULT), ..minified() };
    let output = written(advised, &options);
    assert_eq!(
        output,
        b"UNA:+.? 'UNB+UNOC:3+S+R+261122:0900+1'UNH+1+ORDERS:D:96A:UN'FTX+A*B+C?'D?+E+#'UNT+3+1'UNZ+1+1'"
    );
    assert!(!run(&output, &options).1.changed);
    let exotic = ServiceCharacters::from_advice(b"UNA:*.# ~").expect("an advice");
    assert_eq!(written(&output, &Options { characters: Some(exotic), ..minified() }), advised);
    // Without UNA one is written where it is needed.
    let output = written(ORDER, &Options { characters: Some(exotic), ..lines() });
    assert!(output.starts_with(b"UNA:*.# ~\nUNB*UNOC:3"));
    assert_eq!(values(&output), values(ORDER));
    let mute = ServiceCharacters { release: None, ..ServiceCharacters::DEFAULT };
    let (_, outcome, found) = run(ORDER, &Options { characters: Some(mute), ..minified() });
    assert!(outcome.refused && found.iter().all(|finding| finding.message.id() == "fmt-no-release"));
}

#[test]
fn separators_that_separate_nothing_are_left_out_when_asked() {
    let file = b"UNB+UNOC:4+S+R+20261122:0900+1'UNH+1+ORDERS:D:96A:UN'NAD+BY+:9:*::++::'UNS+?+'UNT+4+1++'UNZ+1+1'";
    let output = written(file, &Options { trim: true, ..minified() });
    assert_eq!(output, b"UNB+UNOC:4+S+R+20261122:0900+1'UNH+1+ORDERS:D:96A:UN'NAD+BY+:9'UNS+?+'UNT+4+1'UNZ+1+1'");
    assert_eq!(written(file, &minified()), file, "otherwise they stay");
}

#[test]
fn what_is_no_interchange_is_refused_and_what_is_cut_short_told() {
    for (source, id) in
        [(&b"<Invoice/>"[..], "fmt-other-kind"), (b"", "content-empty"), (b"ISA*00*", "content-unknown")]
    {
        let (output, outcome, found) = run(source, &lines());
        assert!(output.is_empty() && outcome.refused);
        assert_eq!(found[0].message.id(), id);
    }
    let (output, outcome, found) = run(&ORDER[..ORDER.len() - 1], &lines());
    assert!(output.ends_with(b"'\nUNZ+1+77") && outcome.errors && !outcome.refused);
    assert_eq!(found[0].code, Code::error(1903));
}

#[test]
fn a_segment_cut_short_gets_no_line_end_that_could_end_it() {
    let file = b"UNA;*,! ~\nUNB+UNOC:3+A'\nUNO+P+1:X+13+4'";
    assert_eq!(run(file, &lines()).0, file);
}

#[test]
fn text_outside_any_interchange_is_kept() {
    let file = b"COALA;1\r\nCOALA;2\r\nUNB+UNOC:3+S+R+261122:0900+1'UNZ+0+1'\r\nBYE";
    let (output, outcome, _) = run(file, &lines());
    assert_eq!(output, b"COALA;1\r\nCOALA;2\r\nUNB+UNOC:3+S+R+261122:0900+1'\nUNZ+0+1'\nBYE");
    assert!(outcome.errors);
}

#[test]
fn a_diff_shows_what_changes_with_its_surroundings() {
    let file: String = (0..20).map(|line| format!("FTX+{line}'\n")).collect();
    let file = format!("UNB+UNOC:3+S+R+261122:0900+1'\nUNH+1+ORDERS:D:96A:UN'\n{file}UNT+9+1'\nUNZ+5+1'");
    let mut diff = Diff::new(Vec::new(), "order.edi", 1000);
    let options = Options { recount: true, ..lines() };
    format(file.as_bytes(), &options, &mut |old, new| diff.piece(old, new), &mut |_| {}).expect("no errors in memory");
    let text = String::from_utf8(diff.finish().expect("no errors in memory")).expect("ASCII");
    // What `diff -u` of GNU diffutils says of the two files, but for the times.
    let expected = "--- order.edi\n+++ order.edi\n@@ -20,5 +20,5 @@\n FTX+17'\n FTX+18'\n FTX+19'\n-UNT+9+1'\n-UNZ+5+1'\n\
        \\ No newline at end of file\n+UNT+22+1'\n+UNZ+1+1'\n";
    assert_eq!(text, expected);
}

#[test]
fn changes_far_apart_are_hunks_of_their_own() {
    let mut diff = Diff::new(Vec::new(), "f", 10);
    for line in 0..30 {
        let (old, new) = (format!("{line}\n"), if line % 10 == 9 { format!("{line}!\n") } else { format!("{line}\n") });
        diff.piece(old.as_bytes(), new.as_bytes()).expect("no errors in memory");
    }
    diff.piece(b"", b"end\n").expect("no errors in memory");
    assert_eq!(diff.piece(b"123456", b"1234").map_err(|error| error.kind()), Ok(()));
    assert_eq!(diff.piece(b"7", b"").map_err(|error| error.kind()), Err(io::ErrorKind::FileTooLarge));
    let text = String::from_utf8(diff.finish().expect("no errors in memory")).expect("ASCII");
    let hunks: Vec<_> = text.lines().filter(|line| line.starts_with("@@")).collect();
    assert_eq!(hunks, ["@@ -7,7 +7,7 @@", "@@ -17,7 +17,7 @@", "@@ -27,5 +27,6 @@"]);
}

/// An interchange with texts of ISO 8859-1 in it, and whatever layout and counts.
fn interchanges() -> impl Strategy<Value = Vec<u8>> {
    let value = "([A-Za-z0-9 é-ÿ]|\\?[+:'?*]){0,12}";
    let segment = (value, value, value, "(|\n|\r\n| )", 0..3_u8);
    let message = (prop::collection::vec(segment, 0..5), 0..20_u32);
    (prop::collection::vec(message, 0..4), 0..9_u32, any::<bool>()).prop_map(|(messages, count, advised)| {
        let mut text = String::from(if advised { "UNA:+.? '" } else { "" });
        text.push_str("UNB+UNOC:3+S+R+261122:0900+1'");
        for (number, (segments, count)) in messages.into_iter().enumerate() {
            text.push_str(&std::format!("UNH+{number}+ORDERS:D:96A:UN'"));
            for (one, two, three, layout, shape) in segments {
                text.push_str(&match shape {
                    0 => std::format!("FTX+{one}+{two}:{three}'{layout}"),
                    1 => std::format!("NAD+{one}::{two}++{three}:'{layout}"),
                    _ => std::format!("BGM+{one}'{layout}"),
                });
            }
            text.push_str(&std::format!("UNT+{count}+{number}'"));
        }
        text.push_str(&std::format!("UNZ+{count}+1'"));
        text.chars().map(|character| u8::try_from(character).expect("Latin alphabet 1")).collect()
    })
}

proptest! {
    #[test]
    fn laying_out_changes_no_item_and_is_done_once(file in interchanges()) {
        let formatted = written(&file, &lines());
        prop_assert_eq!(&written(&formatted, &lines()), &formatted);
        let small = written(&formatted, &minified());
        prop_assert_eq!(&written(&small, &minified()), &small);
        prop_assert_eq!(&written(&small, &lines()), &formatted);
        let raw = |file: &[u8]| -> Vec<Vec<u8>> { segments(file).map(|segment| segment.raw().to_vec()).collect() };
        prop_assert_eq!(raw(&file), raw(&formatted));
        prop_assert!(items(&small).all(|item| !matches!(item, Item::Layout(_))));
    }

    #[test]
    fn transcoding_there_and_back_keeps_every_value(file in interchanges()) {
        for identifier in ["UNOY", "UNOW", "UNOX"] {
            let there = written(&file, &into(identifier));
            prop_assert_eq!(values(&there), values(&file));
            prop_assert_eq!(values(&written(&there, &into("UNOC"))), values(&file));
        }
    }

    #[test]
    fn delimiters_and_separators_carry_no_meaning(file in interchanges()) {
        let exotic = ServiceCharacters::from_advice(b"UNA;*.#!~").expect("an advice");
        let there = written(&file, &Options { characters: Some(exotic), ..minified() });
        prop_assert_eq!(values(&there), values(&file));
        let filled = |file: &[u8]| -> Vec<(Vec<u8>, usize, usize, Vec<u8>)> {
            let segments = segments(file).flat_map(|segment| segment.values().map(move |value| {
                (segment.tag().to_vec(), value.element, value.component, value.unescaped().into_owned())
            }));
            segments.filter(|(.., value)| !value.is_empty()).collect()
        };
        prop_assert_eq!(filled(&written(&file, &Options { trim: true, ..minified() })), filled(&file));
    }

    #[test]
    fn after_a_recount_no_count_differs(file in interchanges()) {
        let recounted = written(&file, &Options { recount: true, ..lines() });
        let mut differing = 0;
        let mut report = |finding: Diagnostic| differing += u32::from(finding.code.number == 1029);
        validate::validate(&recounted[..], &validate::Options::default(), &mut report).expect("no errors in memory");
        prop_assert_eq!(differing, 0);
    }

    /// Whatever is thrown together: nothing but layout changes, and a second run changes nothing.
    #[test]
    fn laying_out_rubble_keeps_every_item_that_is_no_layout(fragments in prop::collection::vec(prop::sample::select(RUBBLE), 0..24)) {
        let rubble = [&b"UNB+UNOC:4'"[..], &fragments.concat()].concat();
        let kept = |file: &[u8]| -> Vec<Vec<u8>> {
            let kept = items(file).filter(|item| !matches!(item, Item::Layout(_)));
            kept.map(|item| item.raw().to_vec()).collect()
        };
        let (formatted, outcome, _) = run(&rubble, &lines());
        prop_assert!(!outcome.refused);
        prop_assert_eq!(kept(&formatted).concat(), kept(&rubble).concat());
        prop_assert_eq!(run(&formatted, &lines()).0.escape_ascii().to_string(), formatted.escape_ascii().to_string());
        let small = run(&formatted, &minified()).0;
        prop_assert_eq!(run(&small, &lines()).0.escape_ascii().to_string(), formatted.escape_ascii().to_string());
    }
}

const RUBBLE: &[&[u8]] = &[
    b"UNA:+.? '",
    b"UNA;*,! ~",
    b"UNB+UNOC:3+A'",
    b"UNB*UNOC;4*A~",
    b"UIB+UNOA:4'",
    b"UNH+1'",
    b"UNT+2+1'",
    b"UNZ+1+1'",
    b"UIZ'",
    b"UNO+P+1:X+13+4'",
    b"UNP+4+P'",
    b"UNP+",
    b"USH+1'",
    b"FTX+A?'B'",
    b"FTX+?",
    b"'",
    b"''",
    b"+",
    b"\n",
    b"\r\n",
    b" ",
    b"\0",
    b"\t",
    b"stray",
    b"\xEF\xBB\xBF",
    b"~",
    b"?",
    b"BGM+220",
    b"\x1D",
];
