//! Every message of every release: its smallest instance is sound, and each mandatory segment that is left out is missed.

use karvan_edifact::{Item, Reader};
use karvan_schema::directory::{Directories, Directory, Message};
use karvan_schema::interchange::{Options, Validator};
use karvan_schema::message::arrange::{Arranger, Placement};
use karvan_schema::message::example::Example;
use karvan_schema::message::table::{Table, Tag};

/// Its segment table is printed twice over in the directory.
const PRINTED_TWICE: &str = "DOCINF@D.94B";

/// All messages with the service directory that they are written with.
fn messages() -> impl Iterator<Item = (Directory<'static>, Message<'static>)> {
    let directories = Directories::builtin();
    let names = directories.releases().iter().filter_map(|name| directories.release(name));
    names.flat_map(|release| release.messages()).filter_map(move |message| {
        let service = directories.service(if message.is_interactive() { "4" } else { "3" })?;
        (format!("{message:?}") != PRINTED_TWICE).then_some((service, message))
    })
}

/// `code path` of each finding.
fn check(octets: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(octets);
    let mut validator = Validator::new(Directories::builtin(), Options::default());
    let mut found = Vec::new();
    while let Some(item) = reader.next().expect("memory can be read") {
        if let Item::Segment(segment) = item {
            validator.segment(&segment, &mut |finding| found.push(format!("{} {}", finding.code, finding.place.path)));
        }
    }
    validator
        .finish(octets.len() as u64, &mut |finding| found.push(format!("{} {}", finding.code, finding.place.path)));
    found
}

/// The rows that are missing, and how many segments have no place.
fn arrange(table: &Table, example: &Example<'_>) -> (Vec<usize>, usize) {
    let mut arranger = Arranger::new(table);
    let (mut missing, mut unsupported) = (Vec::new(), 0);
    for (_, segment) in example.segments() {
        let placement = arranger.place(Tag::new(segment.tag().as_bytes()), &mut missing);
        unsupported += usize::from(placement == Placement::Unsupported);
    }
    arranger.finish(&mut missing);
    (missing, unsupported)
}

#[test]
fn the_smallest_instance_of_every_message_is_sound() {
    let mut faulty = Vec::new();
    // Interactive interchanges are not checked yet.
    for (service, message) in messages().filter(|(_, message)| !message.is_interactive()) {
        let octets = Example::minimal(message, service).interchange().expect("letters and digits can be written");
        faulty.extend(check(&octets).into_iter().map(|finding| format!("{message:?}: {finding}")));
    }
    assert_eq!(faulty, [""; 0]);
}

#[test]
fn every_mandatory_segment_that_is_left_out_is_missed() {
    let mut faulty = Vec::new();
    for (service, message) in messages() {
        let table = Table::of(message);
        let example = Example::minimal(message, service);
        assert_eq!(arrange(&table, &example), (vec![], 0), "{message:?}");
        for (index, (row, segment)) in example.segments().iter().enumerate() {
            let (missing, unsupported) = arrange(&table, &example.without(index));
            if missing.is_empty() {
                faulty.push(format!("{message:?}: {} {row} {unsupported}", segment.tag()));
            }
        }
    }
    assert_eq!(faulty, [""; 0]);
}
