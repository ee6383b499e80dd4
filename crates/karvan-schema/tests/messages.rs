//! Every message of every release: its smallest instance is sound, and each mandatory segment that is left out is missed.

use std::collections::HashMap;

use karvan_edifact::{Item, Reader};
use karvan_schema::directory::{Directories, Directory, Message};
use karvan_schema::interchange::{Definitions, Options, Validator};
use karvan_schema::message::arrange::{Arranger, Placement};
use karvan_schema::message::example::Example;
use karvan_schema::message::table::{Table, Tag};
use karvan_schema::message::tree::{Child, Group};

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

/// Where the segments of a message come to stand: `SG1.2/LOC`.
fn arranged(release: &str, message: &str, tags: &str) -> String {
    fn write(group: &Group, path: &str, tags: &[&str], out: &mut Vec<String>) {
        for child in &group.children {
            match child {
                Child::Segment { row: Some(_), index } => out.push(format!("{path}{}", tags[*index])),
                Child::Segment { row: None, index } => out.push(format!("?{}", tags[*index])),
                Child::Group(group) => {
                    write(group, &format!("{path}SG{}.{}/", group.number, group.repetition), tags, out);
                }
            }
        }
    }
    let directory = Directories::builtin().release(release).expect("a known release");
    let table = Table::of(directory.message(message).expect("a known message"));
    let tags: Vec<_> = tags.split_whitespace().collect();
    let mut out = Vec::new();
    write(&Group::arrange(&table, tags.iter().map(|tag| Tag::new(tag.as_bytes()))), "", &tags, &mut out);
    out.join(" ")
}

#[test]
fn places_of_cargo_in_baplie_are_not_those_of_the_voyage() {
    // LOC stands in SG1, opens SG2 and stands in SG2 again (D.95B).
    assert_eq!(
        arranged("D.95B", "BAPLIE", "UNH BGM DTM TDT LOC LOC DTM LOC MEA LOC LOC RFF EQD LOC MEA RFF UNT"),
        "UNH BGM DTM SG1.1/TDT SG1.1/LOC SG1.1/LOC SG1.1/DTM SG2.1/LOC SG2.1/MEA SG2.1/LOC SG2.1/LOC SG2.1/RFF \
         SG2.1/SG3.1/EQD SG2.2/LOC SG2.2/MEA SG2.2/RFF UNT"
    );
}

#[test]
fn taxes_of_an_invoice_are_told_apart_by_the_section() {
    assert_eq!(
        arranged("D.96A", "INVOIC", "UNH BGM DTM NAD TAX LIN TAX UNS MOA TAX MOA UNT"),
        "UNH BGM DTM SG2.1/NAD SG6.1/TAX SG25.1/LIN SG25.1/SG33.1/TAX UNS SG48.1/MOA SG50.1/TAX SG50.1/MOA UNT"
    );
}

#[test]
fn groups_of_a_single_segment_repeat() {
    let parties = "NAD ".repeat(10);
    let placed = arranged("D.96A", "DESADV", &format!("UNH BGM {parties} NAD CPS UNT"));
    // Ten are allowed, and the eleventh is still one of them.
    assert!(
        placed.starts_with("UNH BGM SG2.1/NAD SG2.2/NAD") && placed.ends_with("SG2.11/NAD SG10.1/CPS UNT"),
        "{placed}"
    );
}

#[test]
fn quantities_of_meter_readings_open_a_group() {
    assert_eq!(
        arranged("D.04B", "MSCONS", "UNH BGM UNS NAD LOC LIN QTY DTM DTM STS QTY DTM LIN QTY UNT"),
        "UNH BGM UNS SG5.1/NAD SG5.1/SG6.1/LOC SG5.1/SG6.1/SG9.1/LIN SG5.1/SG6.1/SG9.1/SG10.1/QTY \
         SG5.1/SG6.1/SG9.1/SG10.1/DTM SG5.1/SG6.1/SG9.1/SG10.1/DTM SG5.1/SG6.1/SG9.1/SG10.1/STS \
         SG5.1/SG6.1/SG9.1/SG10.2/QTY SG5.1/SG6.1/SG9.1/SG10.2/DTM SG5.1/SG6.1/SG9.2/LIN \
         SG5.1/SG6.1/SG9.2/SG10.1/QTY UNT"
    );
}
