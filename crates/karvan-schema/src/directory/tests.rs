//! Facts of well-known tables, properties of all tables, and broken files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn release(name: &str) -> Directory<'static> {
    Directories::builtin().release(name).expect("a known release")
}

fn row<'a>(message: Message<'a>, position: &str) -> MessageRow<'a> {
    message.rows().find(|row| row.position().to_string() == position).expect("a known position")
}

#[test]
fn the_packed_file_is_whole() {
    let directories = Directories::builtin();
    assert_eq!(directories.verify(), Ok(()));
    assert_eq!(directories.releases().len(), 62);
    assert_eq!(directories.releases().first().map(String::as_str), Some("D.93A"));
    assert_eq!(directories.newest().map(Directory::name), Some("D.24A"));
    assert_eq!(directories.services(), ["1", "2", "3", "4"]);
}

#[test]
fn a_release_is_found_however_it_is_written() {
    for name in ["D.96A", "D96A", "d96a", "D:96A"] {
        assert_eq!(release(name).name(), "D.96A");
    }
    assert!(Directories::builtin().release("D.92A").is_none());
    assert!(Directories::builtin().release("").is_none());
    assert!(Directories::builtin().service("5").is_none());
}

#[test]
fn parts_are_counted_as_published() {
    let count = |name: &str| {
        let directory = release(name);
        [
            directory.messages().filter(|message| !message.is_interactive()).count(),
            directory.segments().filter(|segment| !segment.is_interactive()).count(),
            directory.composites().filter(|composite| !composite.is_interactive()).count(),
            directory.elements().count(),
        ]
    };
    assert_eq!(count("D.96A"), [125, 127, 161, 462]);
    assert_eq!(count("D.21B"), [195, 156, 199, 649]);
    assert_eq!(release("D.21B").messages().filter(|message| message.is_interactive()).count(), 15);
    assert_eq!(release("D.96A").elements().filter(|element| element.is_coded()).count(), 207);
    assert_eq!(release("D.21B").elements().map(|element| element.codes().len()).sum::<usize>(), 11_605);
}

#[test]
fn invoice_of_96a() {
    let invoice = release("D.96A").message("INVOIC").expect("INVOIC");
    assert_eq!((invoice.name(), invoice.rows().len()), ("Invoice message", 193));
    let line = row(invoice, "0900");
    assert_eq!(line.kind(), MessageRowKind::Segment("LIN"));
    let group = line.parent().expect("a group");
    assert_eq!((group.position().to_string().as_str(), group.group()), ("0890", Some(25)));
    assert_eq!((group.status(), group.repetitions(), group.depth()), (Status::Conditional, 9_999_999, 0));
    assert_eq!(group.trigger(), Some("LIN"));
    let rows_of_group: Vec<_> = (group.index()..group.end()).filter_map(|index| invoice.row(index)).collect();
    assert!(rows_of_group.iter().all(|row| row.index() == group.index() || row.depth() > 0));
    let next = invoice.row(group.end()).expect("a row after the group");
    assert_eq!((next.depth(), next.kind()), (0, MessageRowKind::Segment("UNS")));
    // SG3 and SG5 are in SG2; SG5 ends both.
    let reference = row(invoice, "0150");
    assert_eq!((reference.group(), reference.parent().and_then(MessageRow::group)), (Some(3), Some(2)));
    assert_eq!(row(invoice, "0210").end(), row(invoice, "0110").end());
}

#[test]
fn invoice_of_21b_and_of_the_conversions() {
    for name in ["D.21B", "D.24A"] {
        let invoice = release(name).message("INVOIC").expect("INVOIC");
        let line = row(invoice, "01170");
        assert_eq!(line.tag(), Some("LIN"));
        let group = line.parent().expect("a group");
        assert_eq!((group.position().to_string().as_str(), group.group()), ("01160", Some(27)));
        assert_eq!(group.repetitions(), 9_999_999, "not cut at five digits");
    }
    let quality = release("D.24A").message("QALITY").expect("QALITY");
    assert_eq!(quality.rows().filter(|row| row.tag() == Some("SPS")).count(), 4, "rows with wrapped names are there");
}

#[test]
fn the_first_release_has_no_positions_and_no_codes() {
    let directory = release("D.93A");
    let invoice = directory.message("INVOIC").expect("INVOIC");
    assert!(invoice.rows().all(|row| row.position().to_string().is_empty()));
    assert!(directory.elements().all(|element| !element.is_coded()));
    let name_and_address = directory.segment("NAD").expect("NAD");
    let positions: Vec<_> = name_and_address.rows().map(|row| row.position().to_string()).collect();
    assert_eq!(positions[..2], ["010", "020"]);
}

#[test]
fn name_and_address_of_96a() {
    let segment = release("D.96A").segment("NAD").expect("NAD");
    let rows: Vec<_> = segment.rows().map(|row| (row.tag(), row.status().letter())).collect();
    let expected = [
        ("3035", 'M'),
        ("C082", 'C'),
        ("C058", 'C'),
        ("C080", 'C'),
        ("C059", 'C'),
        ("3164", 'C'),
        ("3229", 'C'),
        ("3251", 'C'),
        ("3207", 'C'),
    ];
    assert_eq!(rows, expected);
    let Some(Constituent::Composite(party)) = segment.rows().nth(1).and_then(PartRow::constituent) else {
        panic!("C082 is a composite")
    };
    let components: Vec<_> = party.rows().map(|row| (row.tag(), row.status().letter())).collect();
    assert_eq!(components, [("3039", 'M'), ("1131", 'C'), ("3055", 'C')]);
}

#[test]
fn formats_and_codes() {
    let directory = release("D.96A");
    let format = |tag| directory.element(tag).map(|element| element.format().to_string());
    assert_eq!(format("3035").as_deref(), Some("an..3"));
    assert_eq!(format("5004").as_deref(), Some("n..18"));
    let qualifier = directory.element("3035").expect("3035");
    assert!(qualifier.has_code(b"SU") && qualifier.has_code(b"BY"));
    assert!(!qualifier.has_code(b"") && !qualifier.has_code(b"su") && !qualifier.has_code(b"SU\0"));
    assert!(!qualifier.has_code(b"much too long"));
    assert_eq!(directory.code("3035", "BY").map(Code::name), Some("Buyer"));
    assert_eq!(directory.code("3035", "BY").map(Code::value), Some("BY"));
    assert!(directory.code("0000", "BY").is_none());
    let values: Vec<_> = qualifier.codes().map(Code::value).collect();
    assert!(values.is_sorted() && values.len() > 100);
    assert!(values.iter().all(|value| qualifier.has_code(value.as_bytes())));
    assert_eq!(directory.code("3035", "SU").map(Code::since), Some("D.94A"));
    assert_eq!(release("D.24A").code("1001", "415").map(Code::since), Some("D.05A"));
    // The conversion of the lists between D.94A and D.95B calls this one F.
    assert_eq!(directory.code("3155", "XF").map(Code::since), Some("D.94A"));
    // A value that looks like a change mark.
    assert!(release("D.21B").elements().any(|element| element.has_code(b"X")));
}

#[test]
fn service_directories() {
    let directories = Directories::builtin();
    let third = directories.service("3").expect("version 3");
    let fourth = directories.service("4").expect("version 4");
    let tags = |directory: Directory<'static>, tag| -> Vec<_> {
        directory.segment(tag).into_iter().flat_map(Segment::rows).map(PartRow::tag).collect()
    };
    assert_eq!(tags(third, "UNH"), ["0062", "S009", "0068", "S010"]);
    assert_eq!(tags(fourth, "UNH"), ["0062", "S009", "0068", "S010", "S016", "S017", "S018"]);
    assert_eq!(third.element("0017").map(Element::format), "n6".parse().ok());
    assert_eq!(fourth.element("0017").map(Element::format), "n8".parse().ok());
    assert!(third.element("0085").is_some_and(|element| element.has_code(b"29")));
    assert!(fourth.code("0085", "35").is_some());
    assert!(fourth.message("AUTACK").is_some() && third.message("AUTACK").is_none());
    let control = third.message("CONTRL").expect("CONTRL");
    assert_eq!(control.rows().filter_map(MessageRow::group).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for version in directories.services() {
        let directory = directories.service(version).expect("a service directory");
        for tag in ["UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "UNS"] {
            assert!(directory.segment(tag).is_some(), "{tag} in version {version}");
        }
    }
}

#[test]
fn every_tag_that_a_table_uses_is_defined() {
    let directories = Directories::builtin();
    let service = directories.service("4").expect("version 4");
    let defined = |row: &PartRow<'_>| row.constituent().is_some_and(|part| part.tag() == row.tag());
    let everything = directories.releases().iter().filter_map(|name| directories.release(name));
    for directory in everything.chain(directories.services().iter().filter_map(|name| directories.service(name))) {
        for row in directory.messages().flat_map(Message::rows) {
            let Some(tag) = row.tag() else { continue };
            let segment = row.segment().or_else(|| service.segment(tag));
            assert_eq!(segment.map(Segment::tag), Some(tag), "{directory:?} {row:?}");
        }
        for segment in directory.segments() {
            assert!(segment.rows().len() > 0 && segment.rows().all(|row| defined(&row)), "{segment:?}");
        }
        for composite in directory.composites() {
            assert!(composite.rows().len() > 0 && composite.rows().all(|row| defined(&row)), "{composite:?}");
        }
    }
}

#[test]
fn every_group_has_its_trigger_first_and_ends_where_it_should() {
    let directories = Directories::builtin();
    for directory in directories.releases().iter().filter_map(|name| directories.release(name)) {
        for message in directory.messages() {
            let rows: Vec<_> = message.rows().collect();
            assert!(rows.len() > 2, "{message:?}");
            for row in &rows {
                assert!(
                    row.repetitions() > 0 && row.end() > row.index() && row.end() <= rows.len(),
                    "{message:?} {row:?}"
                );
                assert_eq!(row.depth(), row.parent().map_or(0, |parent| parent.depth() + 1));
                if let Some(parent) = row.parent() {
                    assert!(parent.index() < row.index() && row.end() <= parent.end(), "{message:?} {row:?}");
                }
                if row.group().is_some() {
                    assert_eq!(rows[row.index() + 1].tag(), row.trigger(), "{message:?} {row:?}");
                }
            }
            let first = if message.is_interactive() { "UIH" } else { "UNH" };
            assert_eq!(rows[0].tag(), Some(first), "{message:?}");
        }
    }
}

fn sample() -> DirectoryFacts {
    let element =
        |name: &str, format: &str| ElementFacts { name: name.into(), format: format.parse().expect("a format") };
    let row = |position, tag: &str, repetitions| PartRowFacts {
        position,
        tag: tag.into(),
        status: Status::Conditional,
        repetitions,
    };
    let message_row =
        |position, kind, depth| MessageRowFacts { position, kind, status: Status::Mandatory, repetitions: 9, depth };
    let segment = |tag: &str| MessageRowFactsKind::Segment(tag.into());
    DirectoryFacts {
        name: "D.00A".into(),
        messages: BTreeMap::from([(
            "TESTER".into(),
            MessageFacts {
                name: "Test message".into(),
                interactive: false,
                position_digits: 4,
                rows: vec![
                    message_row(10, segment("UNH"), 0),
                    message_row(20, MessageRowFactsKind::Group(1), 0),
                    message_row(35, segment("AAA"), 1),
                    message_row(40, MessageRowFactsKind::Group(2), 1),
                    message_row(50, segment("AAA"), 2),
                    message_row(60, segment("UNT"), 0),
                ],
                dependencies: vec!["D4(010,020)".parse().expect("a note")],
            },
        )]),
        segments: BTreeMap::from([(
            "AAA".into(),
            PartFacts {
                name: "ALPHA".into(),
                interactive: false,
                rows: vec![row(10, "C001", 5), row(30, "1000", 1)],
                dependencies: vec!["D5(030,010)".parse().expect("a note")],
            },
        )]),
        composites: BTreeMap::from([(
            "C001".into(),
            PartFacts {
                name: "GAMMA".into(),
                interactive: true,
                rows: vec![row(10, "1000", 1), row(20, "9999", 1)],
                dependencies: vec![],
            },
        )]),
        elements: BTreeMap::from([("1000".into(), element("Größe", "an..35"))]),
        codes: BTreeMap::from([(
            "1000".into(),
            BTreeMap::from([("1".into(), "One".into()), ("X".into(), "Ten".into())]),
        )]),
    }
}

#[test]
fn what_is_packed_is_read() {
    let older = sample();
    let mut newer = sample();
    newer.name = "D.00B".into();
    newer.codes.get_mut("1000").expect("the list").insert("1".into(), "First".into());
    let directories = Directories::read(pack(&[older, newer], &[]).expect("packs")).expect("reads");
    assert_eq!(directories.verify(), Ok(()));
    let directory = directories.release("D00B").expect("the release");
    let rows: Vec<_> = directory.message("TESTER").expect("the message").rows().collect();
    let told: Vec<_> = rows.iter().map(|row| (row.position().number, row.depth(), row.end())).collect();
    assert_eq!(told, [(10, 0, 1), (20, 0, 5), (35, 1, 3), (40, 1, 5), (50, 2, 5), (60, 0, 6)]);
    assert!(rows[0].segment().is_none() && rows[2].segment().is_some());
    let positions: Vec<_> = directory.segment("AAA").expect("AAA").rows().map(|row| row.position().number).collect();
    assert_eq!(positions, [10, 30]);
    let composite = directory.composite("C001").expect("C001");
    assert!(composite.is_interactive() && composite.dependencies().is_empty());
    let message = directory.message("TESTER").expect("a message");
    assert_eq!(message.dependencies()[0].to_string(), "D4(010,020)");
    assert_eq!(
        directory.segment("AAA").map(|segment| segment.dependencies()[0].to_string()).as_deref(),
        Some("D5(030,010)")
    );
    assert!(composite.rows().nth(1).is_some_and(|row| row.tag() == "9999" && row.constituent().is_none()));
    assert_eq!(directory.element("1000").map(Element::name), Some("Größe"));
    let name = |release| directories.release(release).and_then(|directory| directory.code("1000", "1")).map(Code::name);
    assert_eq!((name("D.00A"), name("D.00B")), (Some("One"), Some("First")));
}

#[test]
fn what_cannot_be_looked_up_is_not_packed() {
    let mut facts = sample();
    facts.codes.get_mut("1000").expect("the list").insert("123456789".into(), String::new());
    assert!(matches!(pack(&[facts], &[]), Err(PackError::CodeValue { .. })));
    let mut facts = sample();
    facts.messages.get_mut("TESTER").expect("the message").rows[0].depth = 1;
    assert!(matches!(pack(&[facts], &[]), Err(PackError::Depth { row: 0, .. })));
}

proptest! {
    #[test]
    fn a_broken_file_is_told_and_never_panics(at in 0usize..400, value: u8, cut in 0usize..400) {
        let mut octets = pack(&[sample()], &[sample()]).expect("packs");
        let index = at % octets.len();
        octets[index] = value;
        octets.truncate(octets.len() - if cut < octets.len() && cut % 3 == 0 { cut } else { 0 });
        if let Ok(directories) = Directories::read(octets) {
            let _ = directories.verify();
            for name in directories.releases() {
                let Some(directory) = directories.release(name) else { continue };
                for row in directory.messages().flat_map(Message::rows) {
                    let _ = (row.kind(), row.segment(), row.trigger(), row.parent());
                }
                for row in directory.segments().flat_map(Segment::rows) {
                    let _ = (row.tag(), row.constituent());
                }
                for code in directory.elements().flat_map(Element::codes) {
                    let _ = (code.value(), code.name());
                }
            }
        }
    }
}
