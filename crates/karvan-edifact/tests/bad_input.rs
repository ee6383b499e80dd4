//! Files that break the rules: each is read, each deviation told once with its place, and the cost stays bounded.

use std::io::{self, Read};

use karvan_edifact::{Item, Items, ProblemKind, ReadOptions, Reader, ServiceCharacters, Transmission};

/// The bodies of the segments of `file`, and what is wrong with it and where.
fn read_with(file: &[u8], options: ReadOptions) -> (Vec<String>, Vec<(ProblemKind, String)>) {
    let mut items = Items::new(file, options);
    let segments = items.by_ref().filter_map(|item| item.segment());
    let bodies = segments.map(|segment| String::from_utf8_lossy(segment.body()).into_owned()).collect();
    let marked = |span: karvan_text::Span| String::from_utf8_lossy(span.slice(file)).into_owned();
    (bodies, items.problems().map(|problem| (problem.kind, marked(problem.span))).collect())
}

fn read(file: &[u8]) -> (Vec<String>, Vec<(ProblemKind, String)>) {
    read_with(file, ReadOptions::default())
}

/// A source that gives `before`, then `count` times `again`, then `after`, and remembers how much room it was offered.
struct Generated {
    before: &'static [u8],
    again: &'static [u8],
    count: usize,
    after: &'static [u8],
    given: usize,
    largest_room: usize,
}

impl Generated {
    fn new(before: &'static [u8], again: &'static [u8], count: usize, after: &'static [u8]) -> Self {
        Self { before, again, count, after, given: 0, largest_room: 0 }
    }

    fn length(&self) -> usize {
        self.before.len() + self.again.len() * self.count + self.after.len()
    }

    fn octet(&self, at: usize) -> u8 {
        let repeated = self.again.len() * self.count;
        match at.checked_sub(self.before.len()) {
            None => self.before[at],
            Some(at) if at < repeated => self.again[at % self.again.len()],
            Some(at) => self.after[at - repeated],
        }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.largest_room = self.largest_room.max(buffer.len());
        let length = buffer.len().min(self.length() - self.given);
        for (index, octet) in buffer[..length].iter_mut().enumerate() {
            *octet = self.octet(self.given + index);
        }
        self.given += length;
        Ok(length)
    }
}

/// Reads it all: how many segments, what is wrong, the most room in the buffer of the reader.
fn stream(source: Generated, options: ReadOptions) -> (usize, Vec<ProblemKind>, usize) {
    let mut reader = Reader::with_options(source, options);
    let mut segments = 0;
    let mut problems = Vec::new();
    while let Some(item) = reader.next().expect("memory can be read") {
        segments += usize::from(matches!(item, Item::Segment(_)));
        problems.extend(reader.problems().map(|problem| problem.kind));
    }
    problems.extend(reader.problems().map(|problem| problem.kind));
    (segments, problems, reader.into_inner().largest_room)
}

#[test]
fn a_segment_without_end_takes_no_more_memory_than_the_limit_says() {
    let source = Generated::new(b"UNB+UNOA:3'FTX+", b"A", 6 << 20, b"'UNZ+0'");
    let (segments, problems, room) = stream(source, ReadOptions::default().segment_limit(1 << 16));
    assert_eq!((segments, problems), (2, vec![ProblemKind::SegmentTooLong { limit: 1 << 16 }]));
    assert!(room <= 1 << 18, "{room}");
    // Nor does one that never ends.
    let source = Generated::new(b"UNB+UNOA:3+", b"A", 4 << 20, b"");
    let (segments, problems, room) = stream(source, ReadOptions::default().segment_limit(1 << 16));
    assert_eq!((segments, problems), (0, vec![ProblemKind::SegmentTooLong { limit: 1 << 16 }]));
    assert!(room <= 1 << 18, "{room}");
}

#[test]
fn a_million_empty_segments_are_read_in_the_first_buffer() {
    let (segments, problems, room) =
        stream(Generated::new(b"UNB+UNOA:3'", b"'", 1 << 20, b"UNZ+0'"), ReadOptions::default());
    assert_eq!((segments, problems), ((1 << 20) + 2, vec![]));
    assert_eq!(room, 1 << 18);
}

#[test]
fn a_long_message_is_read_in_the_first_buffer() {
    let source = Generated::new(b"UNB+UNOA:3'UNH+1'", b"FTX+AAI+++SOME TEXT THAT COMES AGAIN'\r\n", 1 << 18, b"UNZ+0'");
    let (segments, problems, room) = stream(source, ReadOptions::default());
    assert_eq!((segments, problems), ((1 << 18) + 3, vec![]));
    assert_eq!(room, 1 << 18);
}

#[test]
fn a_long_object_is_read_in_the_first_buffer_and_told_beyond_the_limit() {
    let source = Generated::new(b"UNB+UNOA:4'UNO+1+1:1+1:1+8388608'", b"12'", 2_796_202, b"34UNP+8388608+1'UNZ+1+1'");
    let (segments, problems, room) = stream(source, ReadOptions::default().object_limit(1 << 20));
    assert_eq!((segments, problems), (4, vec![ProblemKind::ObjectTooLong { limit: 1 << 20 }]));
    assert!(room <= 1 << 18, "{room}");
}

#[test]
fn padding_is_told_once() {
    let (segments, problems, room) =
        stream(Generated::new(b"UNB+UNOA:3'UNZ+0'", b"\0", 4 << 20, b""), ReadOptions::default().segment_limit(4096));
    assert_eq!((segments, problems), (2, vec![ProblemKind::ControlsBetweenSegments]));
    assert!(room <= 1 << 18, "{room}");
}

#[test]
fn a_repetition_separator_before_version_4_is_data_and_told_at_its_place() {
    let unused = |version| (ProblemKind::RepetitionSeparatorUnused { octet: b'*', version }, "*".to_owned());
    let (_, problems) = read(b"UNA:+.?*'\r\nUNB+UNOC:3'UNZ+0'");
    assert_eq!(problems, [unused(3)]);
    let (_, problems) = read(b"UNA:+.?*'UNB+IATA:1'UNZ+0'");
    assert_eq!(problems, [unused(1)]);
    for file in [&b"UNA:+.?*'UNB+UNOC:4'UNZ+0'"[..], b"UNA:+.? 'UNB+UNOC:3'UNZ+0'", b"UNA:+./*'UIB+UNOA:0'UIZ'"] {
        assert_eq!(read(file).1, [], "{}", file.escape_ascii());
    }
    // The same place, whatever portions the file comes in.
    let mut reader = Reader::new(&b"\nUNA:+.?*'\r\nUNB+UNOC:3'UNZ+0'"[..]);
    while reader.next().expect("memory can be read").is_some_and(|item| !matches!(item, Item::Advice(_))) {}
    let problem = reader.problems().next().expect("a problem");
    assert_eq!((reader.position(problem.span.start).line, reader.position(problem.span.start).column), (2, 8));
}

#[test]
fn interactive_interchanges_repeat_whatever_version_they_say() {
    for file in [&b"UIB+UNOA:0'DRU+A*B'"[..], b"UNA:+./*'UIB+UNOA:0'DRU+A*B'", b"UIB+UNOA:4'DRU+A*B'"] {
        let segment = karvan_edifact::segments(file).nth(1).expect("the second segment");
        assert_eq!(segment.element(0).repetitions().count(), 2, "{}", file.escape_ascii());
    }
}

#[test]
fn line_ends_stand_for_terminators_where_nothing_else_ends_segments() {
    let line_ends = |line: &str| (ProblemKind::LineEndsTerminate { declared: b'\'' }, line.to_owned());
    for (file, end) in [
        (&b"UNB+UNOA:3\nUNH+1+ORDERS\nBGM+O'NEIL\nUNT+3+1\nUNZ+1\n"[..], "\n"),
        (b"UNA:+.? 'UNB+UNOA:3\r\nUNH+1+ORDERS\r\nBGM+O'NEIL\r\nUNT+3+1\r\nUNZ+1\r\n", "\r"),
    ] {
        let (bodies, problems) = read(file);
        assert_eq!(bodies, ["UNB+UNOA:3", "UNH+1+ORDERS", "BGM+O'NEIL", "UNT+3+1", "UNZ+1"]);
        assert_eq!(problems, [line_ends(&format!("UNB+UNOA:3{end}"))]);
    }
    // UNA declares LF, the file has CR LF.
    let (bodies, problems) = read(b"UNA:+.? \nUNB+UNOA:3\r\nUNH+1\r\nUNZ+1\r\n");
    assert_eq!(bodies, ["UNB+UNOA:3", "UNH+1", "UNZ+1"]);
    assert_eq!(problems.len(), 1);
    // One terminator was forgotten; lines are only layout.
    let (bodies, problems) = read(b"UNB+UNOA:3\nUNH+1+ORDERS'\nUNT+3+1'\nUNZ+1'\n");
    assert_eq!(bodies, ["UNB+UNOA:3\nUNH+1+ORDERS", "UNT+3+1", "UNZ+1"]);
    assert_eq!(problems, []);
}

#[test]
fn several_advices_are_told_and_the_last_counts() {
    let (bodies, problems) = read(b"UNA:+.? 'UNA^*.? $UNB*UNOA^3$UNZ*0$");
    assert_eq!(bodies, ["UNB*UNOA^3", "UNZ*0"]);
    assert_eq!(problems, [(ProblemKind::AdviceRepeated, "UNA:+.? '".to_owned())]);
    let file = b"UNB+UNOA:3'UNA:+.? 'UNH+1'UNT+2+1'UNZ+1'";
    let (bodies, problems) = read(file);
    assert_eq!(bodies, ["UNB+UNOA:3", "UNH+1", "UNT+2+1", "UNZ+1"]);
    assert_eq!(problems, [(ProblemKind::AdviceRepeated, "UNA:+.? '".to_owned())]);
    let tree = Transmission::read(&file[..]);
    assert_eq!(tree.interchanges().map(|interchange| interchange.messages().count()).collect::<Vec<_>>(), [1]);
    // With an interchange behind it, it stands where it belongs, though the trailer of the one before is missing.
    let file = b"UNB+UNOA:3'UNH+1'UNA:+.? '\nUNB+UNOA:3'UNZ+0'";
    assert_eq!(read(file).1, []);
    let tree = Transmission::read(&file[..]);
    let interchanges: Vec<_> = tree.interchanges().map(|interchange| interchange.raw().len()).collect();
    assert_eq!(interchanges, [17, 27]);
}

#[test]
fn marks_of_byte_order_are_told_before_each_interchange() {
    let (bodies, problems) = read(b"\xEF\xBB\xBFUNB+UNOA:3'UNZ+0'\r\n\xEF\xBB\xBFUNB+UNOA:3'UNZ+0'");
    assert_eq!(bodies.len(), 4);
    assert_eq!(problems.iter().map(|problem| problem.0).collect::<Vec<_>>(), [ProblemKind::ByteOrderMark; 2]);
}

#[test]
fn strict_reading_tells_line_ends_once_an_interchange() {
    let file = b"UNA:+.? '\nUNB+UNOA:3'\nUNH+1'\nUNZ+0'\nUNB+UNOA:3'UNZ+0'\n";
    assert_eq!(read(file).1, []);
    let (_, problems) = read_with(file, ReadOptions::default().strict(true));
    assert_eq!(problems, [(ProblemKind::LayoutBetweenSegments, "\n".to_owned())]);
}

#[test]
fn encrypted_data_are_read_by_their_length() {
    let file = b"UNB+UNOC:4'UNH+1'USD+8+R'a'UNT+b+USU+8+R'UNT+4+1'UNZ+1'";
    let (bodies, problems) = read(file);
    assert_eq!(bodies, ["UNB+UNOC:4", "UNH+1", "USD+8+R", "USU+8+R", "UNT+4+1", "UNZ+1"]);
    assert_eq!(problems, []);
    // The length is wrong: up to USU.
    let (bodies, problems) = read(b"UNB+UNOC:4'USD+3+R'a'UNT+b+USU+8+R'UNZ+1'");
    assert_eq!(bodies, ["UNB+UNOC:4", "USD+3+R", "USU+8+R", "UNZ+1"]);
    let wrong = ProblemKind::ObjectLength { header: "USD", declared: Some(3), counted: 8 };
    assert_eq!(problems.iter().map(|problem| problem.0).collect::<Vec<_>>(), [wrong]);
    // Before version 4 there is no encryption.
    assert_eq!(read(b"UNB+UNOC:3'USD+8+R'a'UNT+b'UNZ+1'").0.len(), 5);
}

#[test]
fn service_characters_of_the_caller_win() {
    let characters = ServiceCharacters::from_advice(b"UNA:+.? '").expect("an advice");
    let file = b"UNA:+.?*'UNB+UNOC:4'TIF+A*B'UNZ+0'";
    let mut items = Items::new(file, ReadOptions::default().characters(characters));
    let segment = items.nth(2).and_then(|item| item.segment()).expect("TIF");
    assert_eq!(segment.element(0).repetitions().count(), 1);
}

#[test]
fn the_item_before_the_last_still_has_its_place() {
    // Octet by octet, so that the buffer moves all the time.
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(1);
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }
    let file = b"UNB+UNOA:3'\nUNH+1'\r\n\r\nUST+1+5'USR+1'\nUNZ+0'";
    let (whole, mut before) = (karvan_text::Locator::default(), None);
    let mut reader = Reader::new(Slow(file));
    while let Some(item) = reader.next().expect("memory can be read") {
        let start = item.span().start;
        let place = |offset: u64| whole.position(file, usize::try_from(offset).expect("a small offset"));
        for offset in [Some(start), before, Some(start)].into_iter().flatten() {
            assert_eq!(reader.position(offset), place(offset), "{offset} at {start}");
        }
        before = Some(start);
    }
}
