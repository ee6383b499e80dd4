//! Writes an interchange in UTF-8, whatever repertoire it declares: `cargo run --example transcode < order.edi`
//!
//! This is the bare bones of `karvan fmt --charset UNOY`, which also finds out what is declared wrongly.

use std::error::Error;
use std::io::{self, Write};

use karvan_edifact::{InterchangeHeader, Item, Layout, Reader, Repertoire, SegmentBuffer, WriteOptions, Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::new(io::stdin().lock());
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut repertoire = Repertoire::UNOC;
    while let Some(item) = reader.next()? {
        let Item::Segment(segment) = item else {
            // UNA, objects of packages and what stands between segments stay as they are.
            output.write_all(item.raw())?;
            continue;
        };
        let header = InterchangeHeader::of(segment);
        if let Some(header) = header {
            repertoire = header.repertoire().unwrap_or(Repertoire::UNOC);
        }
        // Most segments are plain ASCII, which is the same in both.
        if header.is_none() && Repertoire::UNOY.is_plain(segment.body()) {
            output.write_all(segment.raw())?;
            continue;
        }
        let mut buffer = SegmentBuffer::from_segment(&segment, repertoire);
        if header.is_some() {
            buffer.set(0, 0, 0, "UNOY");
        }
        let options = WriteOptions::default()
            .repertoire(Repertoire::UNOY)
            .characters(segment.characters())
            .layout(Layout::Minified);
        Writer::new(&mut output, options).segment(&buffer)?;
    }
    output.flush()?;
    Ok(())
}
