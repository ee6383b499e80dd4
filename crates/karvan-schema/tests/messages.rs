//! Every message of every release: its smallest instance is sound, and each mandatory segment that is left out is missed.

use std::collections::HashMap;

use karvan_edifact::{Item, Reader};
use karvan_schema::directory::{Directories, Directory, Message};
use karvan_schema::interchange::{Definitions, Options, Validator};
use karvan_schema::message::arrange::{Arranger, Placement};
use karvan_schema::message::example::Example;
use karvan_schema::message::table::{Table, Tag};

/// All messages with the service directory that they are written with.
fn messages() -> impl Iterator<Item = (Directory<'static>, Message<'static>)> {
    let directories = Directories::builtin();
    let names = directories.releases().iter().filter_map(|name| directories.release(name));
    names.flat_map(|release| release.messages()).filter_map(move |message| {
        let service = directories.service(if message.is_interactive() { "4" } else { "3" })?;
        Some((service, message))
    })
}

/// `code path` of each finding.
fn check(octets: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(octets);
    let mut validator = Validator::new(Definitions::builtin(), Options::default());
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
    for (service, message) in messages() {
        let octets = Example::minimal(message, service).interchange().expect("letters and digits can be written");
        faulty.extend(check(&octets).into_iter().map(|finding| format!("{message:?}: {finding}")));
    }
    assert_eq!(faulty, [""; 0]);
}

/// Messages where a segment of the same tag, further on, takes the place of the one left out, so that something else is
/// missing then.
const TAKEN_BY_THE_NEXT: [&str; 3] = ["ENTREC", "LEDGER", "RESETT"];

#[test]
fn every_mandatory_segment_that_is_left_out_is_missed() {
    let mut faulty = Vec::new();
    let mut known = HashMap::new();
    for (service, message) in messages() {
        // Most tables are those of the release before.
        let rows: Vec<_> =
            message.rows().map(|row| (row.trigger(), row.status(), row.repetitions(), row.end())).collect();
        if known.insert(message.tag(), rows.clone()) == Some(rows) {
            continue;
        }
        let table = Table::of(message);
        let example = Example::minimal(message, service);
        assert_eq!(arrange(&table, &example), (vec![], 0), "{message:?}");
        for (index, (row, segment)) in example.segments().iter().enumerate() {
            let (missing, unsupported) = arrange(&table, &example.without(index));
            // Without its trigger a group is missing as a whole, and what stood in it has no place. Of two segments with
            // one tag, nobody can tell which it was.
            let tag = table.row(*row).tag;
            let named = |at: usize| table.row(at).tag == tag || (at < *row && table.after(at) > *row);
            let taken = !missing.is_empty() && TAKEN_BY_THE_NEXT.contains(&message.tag());
            if !taken && !missing.iter().any(|&at| named(at)) {
                faulty.push(format!("{message:?}: {} {row} {missing:?} {unsupported}", segment.tag()));
            }
        }
    }
    assert_eq!(faulty, [""; 0]);
}
