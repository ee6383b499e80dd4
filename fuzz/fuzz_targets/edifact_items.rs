//! A stream in pieces gives the items and the problems of the whole, and those are the file.

#![no_main]

mod pieces;

use karvan_edifact::{Item, Items, ReadOptions, Reader};
use libfuzzer_sys::fuzz_target;

use pieces::Pieces;

/// The items as kind and octets, objects in one piece.
fn add(told: &mut Vec<(u8, Vec<u8>)>, item: &Item<'_>) {
    let kind = match item {
        Item::Advice(_) => 0,
        Item::Segment(_) => 1,
        Item::Object(_) => 2,
        Item::Layout(_) => 3,
        _ => 4,
    };
    match told.last_mut() {
        Some((2, octets)) if kind == 2 => octets.extend_from_slice(item.raw()),
        _ => told.push((kind, item.raw().to_vec())),
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, file)) = input.split_first() else { return };
    let options = ReadOptions::default().segment_limit(4096);
    let mut whole = Items::new(file, options);
    let mut expected = Vec::new();
    for item in whole.by_ref() {
        add(&mut expected, &item);
    }
    let octets: Vec<u8> = expected.iter().flat_map(|(_, octets)| octets.iter().copied()).collect();
    assert_eq!(octets, file);

    let mut reader = Reader::with_options(Pieces(file, usize::from(first) + 1), options);
    let mut found = Vec::new();
    while let Ok(Some(item)) = reader.next() {
        let span = item.span();
        add(&mut found, &item);
        reader.position(span.end);
    }
    assert_eq!(found, expected);
    assert!(reader.problems().eq(whole.problems()));
});
