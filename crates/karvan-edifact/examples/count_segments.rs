//! Counts the segments of a file by their tags, in constant memory: `cargo run --example count_segments < order.edi`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::collections::BTreeMap;
use std::io;

use karvan_edifact::{Item, Reader};

fn main() -> io::Result<()> {
    let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut reader = Reader::new(io::stdin().lock());
    while let Some(item) = reader.next()? {
        if let Item::Segment(segment) = item {
            match counts.get_mut(segment.tag()) {
                Some(count) => *count += 1,
                None => drop(counts.insert(segment.tag().to_vec(), 1)),
            }
        }
        // What is wrong with the octets never ends the reading; it is told beside it.
        let problems: Vec<_> = reader.problems().collect();
        for problem in problems {
            let place = reader.position(problem.span.start);
            println!("line {}, column {}: {:?}", place.line, place.column, problem.kind);
        }
    }
    for (tag, count) in counts {
        println!("{count:9} {}", String::from_utf8_lossy(&tag));
    }
    Ok(())
}
