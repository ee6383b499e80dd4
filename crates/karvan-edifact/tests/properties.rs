//! What holds for any file and any value.

use std::io::{self, Read};

use karvan_edifact::{
    Item, Items, Layout, Problem, ReadOptions, Reader, Repertoire, Segment, SegmentBuffer, ServiceCharacters,
    Transmission, WriteOptions, Writer, segments,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Octets that look enough like EDIFACT to lead into every corner.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        60 => prop::sample::select(vec![
            &b"UNA:+.? '"[..],
            b"UNA:+.?*'",
            b"UNA^*.? $",
            b"UNA :+.? '",
            b"UNA:+.? \n",
            b"UNA++.? '",
            b"UNA:+.:+'",
            b"UNA",
            b"UNB+UNOA:3+A+B'",
            b"UNB+UNOC:4+A+B'",
            b"UNB*UNOA^3$",
            b"UNB",
            b"UIB+UNOA:4'",
            b"UNG+X'",
            b"UNE+1'",
            b"UNH+1+INVOIC:D:96A:UN'",
            b"UNT+3+1'",
            b"UNZ+1+1'",
            b"UNO+P+A:B+C+5'",
            b"UNO+P+A:B+C+70000:1'",
            b"UNO+P'",
            b"UNP+5+P'",
            b"UNP",
            b"USH+1'",
            b"UST+1'",
            b"hello",
            b"FTX+AAI+++A?+B:C*D'",
            b"'",
            b"''''",
            b"?",
            b"??",
            b"\r\n",
            b"\n",
            b" ",
            b"\0",
            b"\xEF\xBB\xBF",
            b"\x1d",
            b"\x1b$B",
            b"U",
            b"UN",
            b"++",
            b"::",
            b"$",
            b"lorem ipsum dolor sit amet",
        ])
        .prop_map(<[u8]>::to_vec),
        10 => vec(any::<u8>(), 0..20),
        10 => (any::<u8>(), 0..200_usize).prop_map(|(octet, count)| vec![octet; count]),
        2 => (prop::sample::select(vec![b'X', b'?', b'\'', b'U', b'\n']), 4000..9000_usize)
            .prop_map(|(octet, count)| vec![octet; count]),
        1 => Just(vec![b'O'; 66_000]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A source that gives a few octets at a time.
struct Slow<'a> {
    octets: &'a [u8],
    steps: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.steps.next().unwrap_or(1).min(self.octets.len()).min(buffer.len());
        let (now, later) = self.octets.split_at(step);
        buffer[..step].copy_from_slice(now);
        self.octets = later;
        Ok(step)
    }
}

/// Values with their places, in components, repetitions and elements.
type Parts = Vec<Vec<Vec<(u64, Vec<u8>)>>>;

/// An item by itself, objects in one piece.
#[derive(Debug, PartialEq)]
enum Told {
    Segment(Parts, u64, bool),
    Object(u64, Vec<u8>),
    Other(u8, u64, Vec<u8>),
}

fn tell(told: &mut Vec<Told>, item: &Item<'_>) {
    let start = item.span().start;
    assert!(!item.raw().is_empty(), "no item is empty");
    let next = match item {
        Item::Object(octets) => {
            if let Some(Told::Object(_, object)) = told.last_mut() {
                object.extend_from_slice(octets.raw());
                return;
            }
            Told::Object(start, octets.raw().to_vec())
        }
        Item::Segment(segment) => Told::Segment(parts(segment), start, segment.is_terminated()),
        Item::Advice(advice) => Told::Other(0, start, advice.raw().to_vec()),
        Item::Layout(octets) => Told::Other(1, start, octets.raw().to_vec()),
        other => Told::Other(2, start, other.raw().to_vec()),
    };
    told.push(next);
}

/// Tag and elements, of each the repetitions, of each the components with their places.
fn parts(segment: &Segment<'_>) -> Parts {
    let component = |part: karvan_edifact::Component<'_>| (part.span().start, part.raw().to_vec());
    std::iter::once(segment.tag_element())
        .chain(segment.elements())
        .map(|element| element.repetitions().map(|once| once.components().map(component).collect()).collect())
        .collect()
}

fn whole(octets: &[u8], options: ReadOptions) -> (Vec<Told>, Vec<Problem>) {
    let mut items = Items::new(octets, options);
    let mut told = Vec::new();
    for item in items.by_ref() {
        tell(&mut told, &item);
    }
    (told, items.problems().collect())
}

proptest! {
    #[test]
    fn items_are_the_file(file in file()) {
        let mut end = 0;
        for item in Items::new(&file, ReadOptions::default()) {
            prop_assert_eq!(item.span().start, end);
            prop_assert_eq!(item.span().slice(&file), item.raw());
            end = item.span().end;
        }
        prop_assert_eq!(end, file.len() as u64);
    }

    #[test]
    fn a_stream_gives_the_items_of_the_whole(file in file(), steps in vec(1..5000_usize, 1..8), small in any::<bool>()) {
        let options = if small { ReadOptions::default().segment_limit(4096) } else { ReadOptions::default() };
        let mut reader = Reader::with_options(Slow { octets: &file, steps: steps.into_iter().cycle() }, options);
        let mut told = Vec::new();
        let mut problems = Vec::new();
        while let Some(item) = reader.next().expect("a source without errors") {
            tell(&mut told, &item);
            problems.extend(reader.problems());
        }
        problems.extend(reader.problems());
        prop_assert_eq!((told, problems), whole(&file, options));
    }

    #[test]
    fn runs_of_segments_are_what_stands_there(file in file(), steps in vec(1..5000_usize, 1..8), small in any::<bool>()) {
        let options = if small { ReadOptions::default().segment_limit(4096) } else { ReadOptions::default() };
        let mut reader = Reader::with_options(Slow { octets: &file, steps: steps.into_iter().cycle() }, options);
        let (mut copied, mut problems) = (Vec::new(), Vec::new());
        loop {
            copied.extend_from_slice(reader.run_of_segments());
            problems.extend(reader.problems());
            let Some(item) = reader.next().expect("a source without errors") else { break };
            copied.extend_from_slice(item.raw());
            problems.extend(reader.problems());
        }
        problems.extend(reader.problems());
        prop_assert_eq!(copied, file.clone());
        prop_assert_eq!(problems, whole(&file, options).1);
    }

    #[test]
    fn parts_of_a_segment_are_the_segment(file in file()) {
        for segment in segments(&file) {
            let characters = segment.characters();
            let join = |parts: Vec<Vec<u8>>, separator: Option<u8>| parts.join(&[separator.unwrap_or(0)][..]);
            let elements: Vec<Vec<u8>> = parts(&segment)
                .into_iter()
                .map(|element| {
                    let components = |once: Vec<(u64, Vec<u8>)>| {
                        join(once.into_iter().map(|(_, octets)| octets).collect(), Some(characters.component))
                    };
                    join(element.into_iter().map(components).collect(), characters.repetition)
                })
                .collect();
            prop_assert_eq!(join(elements, Some(characters.element)), segment.body());
            for (start, octets) in parts(&segment).into_iter().flatten().flatten() {
                prop_assert_eq!(&file[start as usize..start as usize + octets.len()], octets);
            }
            // What the scanner knows and what is found afresh is the same.
            let afresh = Segment::new(segment.raw(), segment.span().start, characters);
            prop_assert_eq!(parts(&afresh), parts(&segment));
            prop_assert_eq!(afresh.tag(), segment.tag());
            let values: Vec<_> = segment.values().map(|value| value.value()).collect();
            let repetitions = segment.elements().flat_map(|element| element.repetitions());
            prop_assert_eq!(values, repetitions.flat_map(|once| once.components()).collect::<Vec<_>>());
            prop_assert_eq!(segment.element(1), segment.elements().nth(1).unwrap_or(segment.element(1)));
        }
    }

    #[test]
    fn a_tree_loses_nothing(file in file()) {
        let tree = Transmission::read(&file[..]);
        prop_assert_eq!(tree.items().flat_map(|item| item.raw().to_vec()).collect::<Vec<_>>(), &file[..]);
        // Each segment stands in one interchange.
        let in_parts: usize = tree.interchanges().map(|interchange| interchange.segments().count()).sum();
        prop_assert_eq!(in_parts, tree.segments().count());
        for interchange in tree.interchanges() {
            let within: usize = interchange.messages().map(|message| message.segments().count()).sum();
            prop_assert!(within + interchange.loose_segments().count() <= interchange.segments().count());
            for package in interchange.packages() {
                prop_assert_eq!(package.object().span().slice(&file), package.object().raw());
            }
        }
    }

    #[test]
    fn what_is_written_reads_as_it_was(
        characters in characters(),
        lines in any::<bool>(),
        values in vec(("[A-Z]{3}", vec(vec(vec("\\PC{0,80}", 1..4), 1..4), 0..6)), 1..6),
    ) {
        let layout = if lines { Layout::Lines } else { Layout::Minified };
        let options = WriteOptions::default().characters(characters).repertoire(Repertoire::UNOY).layout(layout);
        let mut writer = Writer::new(Vec::new(), options);
        writer.advice().expect("written");
        writer.segment(&SegmentBuffer::new("UNB").composite(["UNOY", "4"]).element("A")).expect("written");
        let mut expected = Vec::new();
        for (tag, elements) in values {
            if tag.starts_with('U') {
                continue; // Service segments have lives of their own.
            }
            let mut segment = SegmentBuffer::new(tag);
            for (e, element) in elements.iter().enumerate() {
                for (r, repetition) in element.iter().enumerate() {
                    for (c, value) in repetition.iter().enumerate() {
                        segment.set(e, r, c, value.as_str());
                    }
                }
            }
            writer.segment(&segment).expect("written");
            expected.push(segment);
        }
        let octets = writer.into_inner();
        let found: Vec<_> = segments(&octets).skip(1).map(|segment| SegmentBuffer::from_segment(&segment, Repertoire::UNOY)).collect();
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert_eq!(found.tag(), expected.tag());
            for (e, element) in expected.elements().iter().enumerate() {
                for (r, repetition) in element.iter().enumerate() {
                    for (c, value) in repetition.iter().enumerate() {
                        prop_assert_eq!(found.value(e, r, c), value);
                    }
                }
            }
        }
        // Copying with other characters and back gives the same octets.
        let other = options.characters(ServiceCharacters::for_version(4));
        let there = copy(&octets, other);
        prop_assert_eq!(copy(&there, options), octets);
    }
}

/// Service characters that differ from each other and can be told from values.
fn characters() -> impl Strategy<Value = ServiceCharacters> {
    let signs: Vec<u8> = b"!\"#$%&'()*+,-./:;<=>?@[]^_{|}~".to_vec();
    Just(signs).prop_shuffle().prop_map(|signs| ServiceCharacters {
        component: signs[0],
        element: signs[1],
        decimal: signs[2],
        release: Some(signs[3]),
        repetition: Some(signs[4]),
        terminator: signs[5],
    })
}

fn copy(octets: &[u8], options: WriteOptions) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), options);
    writer.advice().expect("written");
    for segment in segments(octets) {
        writer.copy(&segment).expect("written");
    }
    writer.into_inner()
}
