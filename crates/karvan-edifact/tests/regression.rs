//! One test for each way in which real files, or readers of them, were found to go wrong.

use std::io::{self, Read};

use karvan_edifact::{
    Item, Items, Problem, ProblemKind, ReadOptions, Reader, Segment, ServiceCharacters, Transmission, items, segments,
};

/// The bodies of the segments of `file`, and what is wrong with it.
fn read(file: &[u8]) -> (Vec<String>, Vec<ProblemKind>) {
    let mut items = Items::new(file, ReadOptions::default());
    let mut bodies = Vec::new();
    let mut octets = Vec::new();
    for item in items.by_ref() {
        octets.extend_from_slice(item.raw());
        bodies.extend(item.segment().map(|segment| String::from_utf8_lossy(segment.body()).into_owned()));
    }
    assert_eq!(octets, file, "the items are the file");
    (bodies, items.problems().map(|problem: Problem| problem.kind).collect())
}

fn tags(file: &[u8]) -> Vec<String> {
    segments(file).map(|segment| String::from_utf8_lossy(segment.tag()).into_owned()).collect()
}

#[test]
fn a_released_release_character_does_not_release_the_terminator() {
    let (bodies, problems) = read(b"UNB+UNOA:3'FTX+WHY??'FTX+O?'NEIL???'S'UNZ'");
    assert_eq!(bodies, ["UNB+UNOA:3", "FTX+WHY??", "FTX+O?'NEIL???'S", "UNZ"]);
    assert!(problems.is_empty());
    let segment = Segment::new(b"FTX+WHY??+A?+B??+?:C'", 0, ServiceCharacters::DEFAULT);
    let values: Vec<_> = segment.elements().map(|element| element.component(0).unescaped().into_owned()).collect();
    assert_eq!(values, [&b"WHY?"[..], b"A+B?", b":C"]);
}

/// A file in memory was looked at as far as the version of UNB, however far away; a stream only as far as it was read.
#[test]
fn a_stream_tells_of_unb_what_the_whole_file_does() {
    for padding in (0..400).step_by(7) {
        let file = format!("UNA:+.?*'\r\nUNB+{}UNOC:3+A+B'UNZ'", "0".repeat(padding));
        let (_, whole) = read(file.as_bytes());
        for piece in [1, 7, 40] {
            let mut reader = Reader::new(InPieces(file.as_bytes(), piece));
            while let Ok(Some(_)) = reader.next() {}
            let told: Vec<_> = reader.problems().map(|problem| problem.kind).collect();
            assert_eq!(told, whole, "{file} in pieces of {piece}");
        }
    }
}

/// The header put its service characters in force before its end was there, and was then no header by them.
#[test]
fn a_header_stays_one_while_its_end_is_awaited() {
    let file = b"UNA|NBU ~\r\nUNB^CO~UNZNHUNA|H^M1^UNA|^,^ ~\r\nUNBUNA|^,\\ ~\r\nU/12345\x01\0\0\0\x001^UNA|\0,^ ~\r\n\
                 UN\xBC\xA1\xAA\xB1OCO";
    let mut reader = Reader::new(InPieces(file, 1));
    let mut bodies = Vec::new();
    while let Ok(Some(item)) = reader.next() {
        bodies.extend(item.segment().map(|segment| String::from_utf8_lossy(segment.body()).into_owned()));
    }
    assert_eq!(bodies, read(file).0);
}

/// With one character for two purposes the version was looked for behind the end of UNB, as far as the file was read.
#[test]
fn the_version_stands_in_the_header() {
    let file = format!("UNA4^\r,\n^\r\nUNB^UNOC{}43^A^B^\nUNZ^", "x".repeat(200));
    let mut reader = Reader::new(InPieces(file.as_bytes(), 90));
    let mut raw = Vec::new();
    while let Ok(Some(item)) = reader.next() {
        raw.push(item.raw().to_vec());
    }
    let whole: Vec<_> = items(file.as_bytes()).map(|item| item.raw().to_vec()).collect();
    assert_eq!(raw, whole);
}

/// Gives so many octets at a time.
struct InPieces<'a>(&'a [u8], usize);

impl Read for InPieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.1.min(buffer.len());
        self.0.read(&mut buffer[..piece])
    }
}

#[test]
fn service_string_advice_of_many_kinds() {
    for (file, bodies) in [
        (&b"UNA:+.?*'UNB+UNOC:4'UNZ'"[..], ["UNB+UNOC:4", "UNZ"]),
        (b"UNA:+,? 'UNB+UNOC:3'UNZ'", ["UNB+UNOC:3", "UNZ"]),
        (b"UNA:+./*'UIB+UNOA:4/''UIZ'", ["UIB+UNOA:4/'", "UIZ"]),
        (b"UNA:+.= 'UNB+UNOA:3+='?'UNZ'", ["UNB+UNOA:3+='?", "UNZ"]),
        (b"UNA:+.? #UNB+UNOA:3+'#UNZ#", ["UNB+UNOA:3+'", "UNZ"]),
        (b"UNA^*.? $UNB*UNOA^3$UNZ*1$", ["UNB*UNOA^3", "UNZ*1"]),
        (b"UNA=*.? ~UNB*UNOA=3~UNZ*1~", ["UNB*UNOA=3", "UNZ*1"]),
        (b"UNA:+.? \nUNB+UNOA:3\nUNZ+1\n", ["UNB+UNOA:3", "UNZ+1"]),
        (b"UNA:+.? '\r\n \nUNB+UNOA:3'\r\nUNZ+1'", ["UNB+UNOA:3", "UNZ+1"]),
    ] {
        let (found, problems) = read(file);
        assert_eq!(found, bodies);
        assert_eq!(problems, [], "{}", file.escape_ascii());
    }
}

#[test]
fn a_space_behind_una_is_told_and_read() {
    let (bodies, problems) = read(b"UNA :+.? #UNB+UNOA:3#UNZ#");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNZ"]);
    assert_eq!(problems, [ProblemKind::AdviceMisplaced]);
}

#[test]
fn doubtful_service_characters_are_told_and_obeyed() {
    let (bodies, problems) = read(b"UNA:+.?'XUNB+UNOA:3XUNZX");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNZ"]);
    let unused = ProblemKind::RepetitionSeparatorUnused { octet: b'\'', version: 3 };
    assert_eq!(problems, [ProblemKind::DoubtfulServiceCharacter { octet: b'X' }, unused]);
    let (bodies, problems) = read(b"UNAXY.? QUNBYUNOAX3QUNHY1QUNZY0Q=====");
    assert_eq!(bodies, ["UNBYUNOAX3", "UNHY1", "UNZY0"]);
    assert_eq!(problems.len(), 4, "three letters, and text behind UNZ");
    // Element separator and component separator are the same: everything is an element.
    let segment = segments(b"UNA++.? 'UNB+UNOA+3'").next().expect("a segment");
    assert_eq!(segment.elements().map(|element| element.components().count()).collect::<Vec<_>>(), [1, 1]);
    // A release character that is the terminator too releases nothing.
    assert_eq!(tags(b"UNA:+.' 'UNB+UNOA:3'UNZ'"), ["UNB", "UNZ"]);
}

#[test]
fn separators_beyond_ascii_are_octets() {
    assert_eq!(tags(b"UNA\xFF\xA7.? ~UNB\xA7UNOC\xFF3~UNZ~"), ["UNB", "UNZ"]);
    assert_eq!(tags(b"UNA\xFF*.? ~UNB*UNO\xFF"), ["UNB"]);
}

#[test]
fn an_asterisk_is_data_before_syntax_version_4() {
    // PNRGOV of the airlines declares `*` and uses it in text.
    let repetitions = |file: &'static [u8]| {
        let segment = segments(file).nth(1).expect("the second segment");
        segment.element(0).repetitions().map(|repetition| repetition.raw()).collect::<Vec<_>>()
    };
    assert_eq!(repetitions(b"UNA:+.?*'UNB+IATA:1'TIF+A*B'"), [b"A*B"]);
    assert_eq!(repetitions(b"UNB+UNOC:3'TIF+A*B'"), [b"A*B"]);
    assert_eq!(repetitions(b"UNA:+.? 'UNB+UNOC:4'TIF+A*B'"), [b"A*B"], "a space: not used");
    assert_eq!(repetitions(b"UNA:+.?*'UNB+UNOC:4'TIF+A*B'"), [b"A", b"B"]);
    assert_eq!(repetitions(b"UNB+UNOC:4'TIF+A*B'"), [b"A", b"B"]);
    let characters = ServiceCharacters { repetition: Some(b'*'), ..ServiceCharacters::DEFAULT };
    let options = ReadOptions::default().characters(characters);
    let mut items = Items::new(b"UNB+IATA:1'TIF+A*B'", options);
    let segment = items.nth(1).and_then(|item| item.segment()).expect("the second segment");
    assert_eq!(segment.element(0).repetition(1).raw(), b"B", "the caller knows better");
}

#[test]
fn interchanges_follow_each_other_with_their_own_delimiters() {
    let file = b"UNA:+.? 'UNB+UNOA:3+A'UNZ+0'\r\nUNA^*.? $UNB*UNOA^3*B$UNZ*0$UNB+UNOA:3+C'UNZ+0'";
    let transmission = Transmission::read(&file[..]);
    let senders: Vec<_> = transmission
        .interchanges()
        .map(|interchange| interchange.header().expect("UNB").sender().identification().raw())
        .collect();
    assert_eq!(senders, [b"A", b"B", b"C"]);
    assert!(transmission.problems().is_empty());
    assert_eq!(transmission.interchanges().filter(|interchange| interchange.advice().is_some()).count(), 2);
}

#[test]
fn an_advice_without_unz_before_it_is_seen() {
    assert_eq!(tags(b"UNB+UNOA:3'UNH+1'UNA^*.? $UNB*UNOA^3$UNZ*0$"), ["UNB", "UNH", "UNB", "UNZ"]);
    // A segment that happens to be called UNA is one where no interchange follows.
    assert_eq!(tags(b"UNB+UNOA:3'UNA+1'UNT+1'"), ["UNB", "UNA", "UNT"]);
}

#[test]
fn text_around_interchanges_is_told_once_and_passed_over() {
    let (bodies, problems) =
        read(b"SAGE EXPORT 4711\r\nsecond line UNAUTHORISED UNA:+.? 'UNB+UNOA:3'UNZ+0'\n=====\n===\n");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNZ+0"]);
    assert_eq!(problems, [ProblemKind::TextBeforeInterchange, ProblemKind::StrayText]);
}

#[test]
fn a_byte_order_mark_is_told_and_passed_over() {
    let (bodies, problems) = read(b"\xEF\xBB\xBFUNA:+.? 'UNB+UNOA:3'UNZ+0'");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNZ+0"]);
    assert_eq!(problems, [ProblemKind::ByteOrderMark]);
}

#[test]
fn nul_octets_between_segments_are_told() {
    let (bodies, problems) = read(b"UNB+UNOA:3'\0\0UNZ+0'\r\n\x1a");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNZ+0"]);
    assert_eq!(problems, [ProblemKind::ControlsBetweenSegments, ProblemKind::ControlsBetweenSegments]);
    assert_eq!(segments(b"UNB+UNOA:3'FTX+A\0B'").nth(1).expect("FTX").element(0).raw(), b"A\0B");
}

#[test]
fn a_truncated_file_keeps_its_last_segment() {
    let (bodies, problems) = read(b"UNB+UNOA:3'\nUNH+1\r\n");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNH+1"]);
    assert_eq!(problems, [ProblemKind::Unterminated]);
    let last = segments(b"UNB+UNOA:3'UNZ+1?").last().expect("UNZ");
    assert!(!last.is_terminated());
    assert_eq!(&*last.element(0).component(0).unescaped(), b"1?");
}

#[test]
fn messages_without_an_interchange_are_read() {
    let transmission =
        Transmission::read(&b"UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'\nUNH+2+ORDERS:D:96A:UN'UNT+2+2'"[..]);
    let interchange = transmission.interchanges().next().expect("one without a header");
    assert!(interchange.header().is_none());
    assert_eq!(interchange.messages().map(|message| message.segments().count()).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn level_b_separators_are_seen_in_unb() {
    assert_eq!(tags(b"UNB\x1dUNOB\x1f1\x1dA?\x1cUNZ\x1d0\x1c"), ["UNB", "UNZ"]);
}

#[test]
fn empty_segments_by_the_million() {
    let mut file = b"UNB+UNOA:3'".to_vec();
    file.resize(1_000_000, b'\'');
    assert_eq!(segments(&file).filter(|segment| segment.tag().is_empty()).count(), 1_000_000 - 11);
}

#[test]
fn explicit_nesting_stays_with_the_tag() {
    let segment = Segment::new(b"NAD:1:2+BY'", 0, ServiceCharacters::DEFAULT);
    assert_eq!(segment.tag(), b"NAD");
    assert_eq!(
        segment.tag_element().components().map(|part| part.raw()).collect::<Vec<_>>(),
        [&b"NAD"[..], b"1", b"2"]
    );
    assert_eq!(segment.element(0).raw(), b"BY");
}

#[test]
fn what_is_absent_has_a_place() {
    let segment = Segment::new(b"NAD+BY+1:2'", 1000, ServiceCharacters::DEFAULT);
    assert_eq!(segment.element(5).span().start, 1010);
    assert_eq!(segment.element(1).component(7).span().start, 1010);
    assert_eq!(segment.element(0).component(1).span().start, 1006);
    assert_eq!(segment.elements().count(), 2);
    assert_eq!(Segment::new(b"UNS++'", 0, ServiceCharacters::DEFAULT).elements().count(), 2);
    assert_eq!(Segment::new(b"UNS'", 0, ServiceCharacters::DEFAULT).elements().count(), 0);
}

#[test]
fn long_values_are_cut_where_short_ones_are() {
    let long = "X".repeat(200);
    let octets = format!("FTX+{long}?+{long}:{long}+B:C*{long}:E+{long}'");
    let segment = Segment::new(octets.as_bytes(), 0, ServiceCharacters::for_version(4));
    let [first, second, third] = [segment.element(0), segment.element(1), segment.element(2)];
    assert_eq!(first.component(0).raw().len(), 402);
    assert_eq!(first.component(1).raw(), long.as_bytes());
    assert_eq!(second.repetition(1).component(0).raw(), long.as_bytes());
    assert_eq!(second.repetition(1).component(1).raw(), b"E");
    assert_eq!(second.component(1).raw(), b"C");
    assert_eq!(third.raw(), long.as_bytes());
    assert_eq!(segment.elements().count(), 3);
}

#[test]
fn a_segment_beyond_the_limit_is_passed_over() {
    for length in [4096, 4097, 10_000] {
        let value = "?'".repeat(length / 2);
        let file = format!("UNB+UNOA:3'FTX+{value}'UNZ+0'");
        let options = ReadOptions::default().segment_limit(4096);
        let mut items = Items::new(file.as_bytes(), options);
        let tags: Vec<_> = items.by_ref().filter_map(|item| item.segment()).map(|segment| segment.tag()).collect();
        assert_eq!(tags, [b"UNB", b"UNZ"]);
        let problems: Vec<_> = items.problems().collect();
        assert_eq!(problems[0].kind, ProblemKind::SegmentTooLong { limit: 4096 });
        assert_eq!((problems.len(), problems[0].span.start), (1, 11));

        let mut reader = Reader::with_options(file.as_bytes(), options);
        let mut octets = Vec::new();
        while let Some(item) = reader.next().expect("no errors in memory") {
            octets.extend_from_slice(item.raw());
        }
        assert_eq!(octets, file.as_bytes());
        assert_eq!(reader.problems().collect::<Vec<_>>(), problems);
    }
}

#[test]
fn lines_are_counted_where_a_problem_stands() {
    // The line after UNA and its line end is the second one.
    let mut reader = Reader::new(&b"UNA:+.? '\r\nUNB+UNOA:3'\r\nUNZ+0"[..]);
    let mut positions = Vec::new();
    while let Some(start) = reader.next().expect("no errors in memory").map(|item| item.span().start) {
        let position = reader.position(start);
        positions.push((position.line, position.column));
    }
    assert_eq!(positions, [(1, 1), (1, 10), (2, 1), (2, 12), (3, 1)]);
}

mod objects {
    use super::*;

    const HEAD: &str = "UNB+UNOC:4+A+B+20261122:0900+I'";

    /// An interchange with one package; the object, and what is wrong.
    fn package(header: &str, object: &[u8], trailer: &str) -> (Vec<u8>, Vec<ProblemKind>) {
        let file = [HEAD.as_bytes(), header.as_bytes(), object, trailer.as_bytes(), b"UNZ+1+I'"].concat();
        let transmission = Transmission::read(&file[..]);
        assert_eq!(transmission.items().flat_map(|item| item.raw().to_vec()).collect::<Vec<_>>(), file);
        let interchange = transmission.interchanges().next().expect("an interchange");
        assert_eq!(interchange.trailer().expect("UNZ").reference().raw(), b"I", "what follows is read");
        let package = interchange.packages().next().expect("a package");
        assert!(package.trailer().is_some());
        let kinds = transmission.problems().iter().map(|problem| problem.kind).collect();

        // The same in small pieces.
        let mut reader = Reader::new(io::BufReader::with_capacity(1000, &file[..]));
        let mut object = Vec::new();
        while let Some(item) = reader.next().expect("no errors in memory") {
            if let Item::Object(octets) = item {
                object.extend_from_slice(octets.raw());
            }
        }
        assert_eq!(object, package.object().raw());
        assert_eq!(reader.problems().collect::<Vec<_>>(), transmission.problems());
        (object, kinds)
    }

    #[test]
    fn are_read_by_their_length() {
        let object = b"A'B?'\0UNP+9+P'UNZ+1'\n";
        let (found, problems) = package("UNO+P+1:X+13+21'", object, "UNP+21+P'");
        assert_eq!((found.as_slice(), problems.as_slice()), (&object[..], &[][..]));
        let (found, problems) = package("UNO+P+1:X+13+5'", b"Hello", "\r\nUNP+5+P'");
        assert_eq!((found.as_slice(), problems.as_slice()), (&b"Hello"[..], &[][..]));
        let (found, problems) = package("UNO+P+1:X+13+0'", b"", "UNP+0+P'");
        assert_eq!((found.as_slice(), problems.as_slice()), (&b""[..], &[][..]));
    }

    #[test]
    fn with_a_wrong_length_end_at_unp() {
        for (declared, text) in [(3, "3"), (6, "6"), (4000, "4000"), (9_999_999_999, "9999999999")] {
            let (found, problems) = package(&format!("UNO+P+1:X+13+{text}'"), b"Hello", &format!("UNP+{text}+P'"));
            assert_eq!(found, b"Hello");
            assert_eq!(problems, [ProblemKind::ObjectLength { header: "UNO", declared: Some(declared), counted: 5 }]);
        }
        let (found, problems) = package("UNO+P+1:X+13'", b"Hello", "UNP+5+P'");
        assert_eq!(found, b"Hello");
        assert_eq!(problems, [ProblemKind::ObjectLength { header: "UNO", declared: None, counted: 5 }]);
    }

    #[test]
    fn that_are_large_come_in_parts() {
        let mut object: Vec<u8> = (0..500_000_u32).map(|n| (n % 251) as u8).collect();
        object[300_000..300_009].copy_from_slice(b"UNP+1+XY'");
        let (found, problems) = package("UNO+P+1:X+13+500000'", &object, "UNP+500000+P'");
        assert!(found == object && problems.is_empty());
        let (found, problems) = package("UNO+P+1:X+13+900000'", &object, "UNP+500000+P'");
        assert!(found == object);
        assert_eq!(problems, [ProblemKind::ObjectLength { header: "UNO", declared: Some(900_000), counted: 500_000 }]);
        let (found, problems) = package("UNO+P+1:X+13+500100'", &object, "UNP+7+P'");
        assert!(found == object);
        assert_eq!(problems, [ProblemKind::ObjectLength { header: "UNO", declared: Some(500_100), counted: 500_000 }]);
    }

    #[test]
    fn may_be_interchanges_with_packages() {
        let inner = [HEAD.as_bytes(), b"UNO+P+1:X+13+5'HelloUNP+5+P'UNZ+1+I'"].concat().repeat(3000);
        let (found, problems) =
            package(&format!("UNO+P+1:X+13+{}'", inner.len()), &inner, &format!("UNP+{}+P'", inner.len()));
        assert!(found == inner && problems.is_empty());
    }

    #[test]
    fn may_follow_security_segments() {
        let file = b"UNB+UNOC:4'UNO+P+1:X+13+7:2'USH+1+2'\nUSA+1'USH+99'UST+1+2'UNP+7+P'UNZ+1'";
        let tags = tags(file);
        assert_eq!(tags, ["UNB", "UNO", "USH", "USA", "UST", "UNP", "UNZ"]);
        let transmission = Transmission::read(&file[..]);
        assert!(transmission.problems().is_empty());
        let interchange = transmission.interchanges().next().expect("an interchange");
        assert_eq!(interchange.packages().next().expect("a package").object().raw(), b"USH+99'");
    }

    #[test]
    fn may_follow_security_segments_that_come_slowly() {
        /// One octet at a time.
        struct Trickle<'a>(&'a [u8]);
        impl Read for Trickle<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                Read::read(&mut self.0, &mut buffer[..1])
            }
        }
        let security = format!("USH+{}'", "1".repeat(100));
        let file = format!("UNB+UNOC:4'UNO+P+1:X+13+5:1'{security}HelloUNP+5+P'UNZ+1'");
        let mut reader = Reader::new(Trickle(file.as_bytes()));
        let mut pieces = Vec::new();
        while let Some(item) = reader.next().expect("no errors in memory") {
            pieces.push(String::from_utf8_lossy(item.raw()).into_owned());
        }
        assert_eq!(pieces[2..4], [security, "Hello".to_owned()]);
    }

    #[test]
    fn without_an_end_are_told() {
        let mut items = Items::new(b"UNB+UNOC:4'UNO+P+1:X+13+50'Hello", ReadOptions::default());
        assert_eq!(items.by_ref().count(), 3);
        let problems: Vec<_> = items.problems().map(|problem| problem.kind).collect();
        assert_eq!(problems, [ProblemKind::ObjectTruncated { header: "UNO", declared: Some(50), counted: 5 }]);
    }
}

#[test]
fn layout_is_no_part_of_a_segment() {
    let kinds: Vec<_> = items(b"UNB+UNOA:3' \r\n\tUNZ+0'\n")
        .map(|item| match item {
            Item::Segment(_) => 's',
            Item::Layout(_) => 'l',
            _ => '?',
        })
        .collect();
    assert_eq!(kinds, ['s', 'l', 's', 'l']);
}

mod structure {
    use super::*;

    #[test]
    fn groups_messages_and_packages() {
        let file = b"UNB+UNOC:4+A+B+1:2+I'UNG+INVOIC+A+B+1:2+G1+UN+D:96A'UNH+1+INVOIC:D:96A:UN'BGM'UNT+3+1'UNE+1+G1'\
            UNG+ORDERS++++G2'UNH+2+ORDERS:D:96A:UN'UNT+2+2'UNO+P++13+2'hiUNP+2+P'UNE+2+G2'UNZ+2+I'";
        let transmission = Transmission::read(&file[..]);
        let interchange = transmission.interchanges().next().expect("an interchange");
        let groups: Vec<_> = interchange.groups().collect();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].header().expect("UNG").reference().raw(), b"G1");
        assert_eq!(groups[0].header().expect("UNG").release().raw(), b"96A");
        assert_eq!(groups[0].trailer().expect("UNE").count().raw(), b"1");
        assert_eq!((groups[1].messages().count(), groups[1].packages().count()), (1, 1));
        assert_eq!((interchange.messages().count(), interchange.packages().count()), (2, 1));
        assert_eq!(interchange.loose_segments().count(), 0);
        assert_eq!(interchange.raw(), file);
    }

    #[test]
    fn parts_without_a_trailer_end_where_the_next_begins() {
        let file = b"UNB+UNOC:3'UNH+1'BGM'UNH+2'BGM'UNT+3+2'FTX'UNB+UNOC:3'UNH+3'";
        let transmission = Transmission::read(&file[..]);
        let [first, second] = transmission.interchanges().collect::<Vec<_>>()[..] else { panic!("two interchanges") };
        let counts: Vec<_> = first.messages().map(|message| message.segments().count()).collect();
        assert_eq!(counts, [2, 3]);
        assert!(first.messages().next().expect("a message").trailer().is_none());
        assert_eq!(first.loose_segments().map(|segment| segment.tag()).collect::<Vec<_>>(), [b"FTX"]);
        assert_eq!(second.messages().count(), 1);
        assert_eq!(second.raw(), b"UNB+UNOC:3'UNH+3'");
    }

    #[test]
    fn a_package_within_a_message_leaves_the_message_whole() {
        let file = b"UNB+UNOC:3'UNH+1'S11+1'UNO+1+A:B+C+2'hiUNP+2+1'UNT+4+1'UNZ+1'";
        let transmission = Transmission::read(&file[..]);
        let interchange = transmission.interchanges().next().expect("an interchange");
        let message = interchange.messages().next().expect("a message");
        assert_eq!(message.trailer().expect("UNT").count().raw(), b"4");
        assert_eq!(message.packages().next().expect("a package").object().raw(), b"hi");
    }

    #[test]
    fn a_dialogue_has_messages_and_status_reports() {
        let file = b"UIB+UNOA:4+D1:CLINIC:UN'UIH+IHCLME:D:21B::UN+M1+D1'MSD+AAA'UIT+M1+3'UIR+1++D1++M0'UIZ+D1+1'";
        let transmission = Transmission::read(&file[..]);
        let interchange = transmission.interchanges().next().expect("an interchange");
        assert!(interchange.is_interactive());
        let header = interchange.header().expect("UIB");
        assert_eq!(header.dialogue().initiator_identification().raw(), b"CLINIC");
        let message = interchange.messages().next().and_then(|message| message.header()).expect("UIH");
        assert_eq!(message.dialogue().initiator_control_reference().raw(), b"D1");
        let reports: Vec<_> = interchange.status_reports().map(|report| report.message_reference().raw()).collect();
        assert_eq!(reports, [b"M0"]);
        let trailer = interchange.trailer().expect("UIZ");
        assert_eq!((trailer.dialogue().element().raw(), trailer.count().raw()), (&b"D1"[..], &b"1"[..]));
    }

    #[test]
    fn interactive_messages() {
        let file = b"UIB+UNOA:4+D1++++S:14+R:14+20261122:0900'UIH+PAORES:D:96A::UN:X+M1'MSG'UIT+M1+3'UIZ+D1+1'";
        let transmission = Transmission::read(&file[..]);
        let interchange = transmission.interchanges().next().expect("an interchange");
        let header = interchange.header().expect("UIB");
        assert_eq!((header.sender().identification().raw(), header.reference().raw()), (&b"S"[..], &b"D1"[..]));
        assert!(header.priority().is_empty());
        let message = interchange.messages().next().expect("a message");
        let header = message.header().expect("UIH");
        assert_eq!((header.message_type().raw(), header.agency().raw()), (&b"PAORES"[..], &b"UN"[..]));
        assert_eq!((header.reference().raw(), header.association().raw()), (&b"M1"[..], &b"X"[..]));
        assert_eq!(message.trailer().expect("UIT").count().raw(), b"3");
        assert_eq!(interchange.trailer().expect("UIZ").count().raw(), b"1");
    }
}

mod writing {
    use karvan_edifact::{Layout, Repertoire, SegmentBuffer, WriteError, WriteOptions, Writer};

    use super::*;

    fn writer(options: WriteOptions) -> Writer<Vec<u8>> {
        Writer::new(Vec::new(), options.layout(Layout::Minified))
    }

    #[test]
    fn trailers_are_counted_whatever_is_given() {
        let mut writer = writer(WriteOptions::default());
        let segment = |tag: &str| SegmentBuffer::new(tag);
        writer.segment(&segment("UNB").element("UNOC").element("A").element("B").element("D").element("I")).unwrap();
        for group in ["G1", "G2"] {
            let header = segment("UNG").element("ORDERS").element("A").element("B").element("D").element(group);
            writer.segment(&header).unwrap();
            for message in ["M1", "M2"] {
                writer.segment(&segment("UNH").element(message)).unwrap();
                writer.segment(&segment("BGM").element("220")).unwrap();
                // Count and reference wrong, and swapped.
                writer.segment(&segment("UNT").element("M9").element("99")).unwrap();
            }
            writer.segment(&segment("UNE")).unwrap();
        }
        writer.end_interchange().unwrap();
        let octets = writer.into_inner();
        let trailers = |tag: &[u8]| {
            let of_tag = segments(&octets).filter(|segment| segment.tag() == tag);
            of_tag.map(|segment| String::from_utf8_lossy(segment.body()).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(trailers(b"UNT"), ["UNT+3+M1", "UNT+3+M2", "UNT+3+M1", "UNT+3+M2"]);
        assert_eq!(trailers(b"UNE"), ["UNE+2+G1", "UNE+2+G2"]);
        assert_eq!(trailers(b"UNZ"), ["UNZ+2+I"], "groups are counted where there are any");
    }

    #[test]
    fn packages_count_as_messages_do() {
        let mut writer = writer(WriteOptions::default());
        writer.segment(&SegmentBuffer::new("UNB").element("UNOC")).unwrap();
        let header = SegmentBuffer::new("UNO").element("P1").composite(["1", "DOC"]).element("13");
        writer.package(header.clone(), 7, &b"'binary"[..]).unwrap();
        writer.end_interchange().unwrap();
        assert!(matches!(
            writer.package(header.clone(), 3, &b"four"[..]),
            Err(WriteError::ObjectLength { declared: 3 })
        ));
        let octets = writer.into_inner();
        let expected = b"UNB+UNOC'UNO+P1+1:DOC+13+7''binaryUNP+7+P1'UNZ+1'";
        assert_eq!(octets[..expected.len()], expected[..]);
    }

    #[test]
    fn what_cannot_be_carried_is_refused_and_nothing_is_written() {
        let mut writer = writer(WriteOptions::default().repertoire(Repertoire::UNOA));
        let refused = writer.segment(&SegmentBuffer::new("FTX").element("").composite(["", "MÜLLER"]));
        let Err(WriteError::NotInRepertoire { error, element: 1, component: 1, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(error.to_string(), "U+00DC 'Ü' is not in UNOA");
        assert!(matches!(writer.segment(&SegmentBuffer::new("A'B")), Err(WriteError::NoTag { .. })));
        assert!(matches!(writer.end_message(), Err(WriteError::NothingToEnd { tag: "UNT" })));
        let repeated = SegmentBuffer::new("NAD").element("1").repeat(["2"]);
        assert!(matches!(writer.segment(&repeated), Err(WriteError::NoRepetition { .. })));
        assert!(writer.into_inner().is_empty());

        let characters = ServiceCharacters { release: None, ..ServiceCharacters::DEFAULT };
        let mut writer = self::writer(WriteOptions::default().characters(characters));
        let refused = writer.segment(&SegmentBuffer::new("FTX").element("O'NEIL"));
        assert!(matches!(refused, Err(WriteError::NoRelease { octet: b'\'', .. })));
    }

    #[test]
    fn nothing_is_written_for_what_is_empty_at_the_end() {
        let mut writer = writer(WriteOptions::default().characters(ServiceCharacters::for_version(4)));
        let segment = SegmentBuffer::new("NAD").element("BY").composite(["", "", "9", ""]).repeat(["", ""]).element("");
        writer.segment(&segment).unwrap();
        writer.segment(&SegmentBuffer::new("UNS").element("")).unwrap();
        assert_eq!(writer.into_inner(), b"NAD+BY+::9'UNS'");
    }

    #[test]
    fn a_release_character_in_a_value_is_released() {
        let mut writer = writer(WriteOptions::default());
        writer.segment(&SegmentBuffer::new("FTX").element("WHY?").element("A+B:C'*")).unwrap();
        assert_eq!(writer.into_inner(), b"FTX+WHY??+A?+B?:C?'*'");
    }

    #[test]
    fn a_copied_package_keeps_its_object() {
        let file = b"UNB+UNOC:3'UNO+P+1:X+13+2'\n'UNP+2+P'UNZ+1'";
        let mut writer = Writer::new(Vec::new(), WriteOptions::default());
        for item in items(file) {
            match item {
                Item::Segment(segment) => writer.copy(&segment).unwrap(),
                Item::Object(octets) => writer.copy_object(octets.raw()).unwrap(),
                _ => {}
            }
        }
        assert_eq!(writer.into_inner(), b"UNB+UNOC:3'\nUNO+P+1:X+13+2'\n'UNP+2+P'\nUNZ+1'\n");
    }
}
