//! Writes an order to standard output; the counts come by themselves: `cargo run --example write_order`

use std::error::Error;
use std::io;

use karvan_edifact::{Repertoire, SegmentBuffer, ServiceCharacters, WriteOptions, Writer, typed};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename = "LIN")]
struct Line<'a> {
    #[serde(rename = "0")]
    number: usize,
    /// C212: the item number and its type.
    #[serde(rename = "2")]
    item: (&'a str, &'a str),
}

#[derive(Serialize)]
#[serde(rename = "QTY")]
struct Quantity {
    #[serde(rename = "0")]
    quantity: (u16, f64),
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = WriteOptions::default().repertoire(Repertoire::UNOY).characters(ServiceCharacters::for_version(4));
    let mut writer = Writer::new(io::stdout().lock(), options);
    writer.advice()?;
    let header = SegmentBuffer::new("UNB")
        .composite(["UNOY", "4"])
        .composite(["4012345000009", "14"])
        .composite(["6260000000002", "14"])
        .composite(["20261122", "0900"])
        .element("77");
    writer.segment(&header)?;
    writer.segment(&SegmentBuffer::new("UNH").element("1").composite(["ORDERS", "D", "01B", "UN"]))?;
    writer.segment(&SegmentBuffer::new("BGM").element("220").element("PO-1").element("9"))?;
    writer.segment(&SegmentBuffer::new("FTX").element("AAI").element("").element("").element("O'Neil, تهران"))?;
    for (index, (item, quantity)) in [("6260000000019", 12.0), ("6260000000026", 2.5)].into_iter().enumerate() {
        let line = Line { number: index + 1, item: (item, "SRV") };
        writer.segment(&typed::to_segment(&line, &options.characters)?)?;
        writer.segment(&typed::to_segment(&Quantity { quantity: (21, quantity) }, &options.characters)?)?;
    }
    writer.segment(&SegmentBuffer::new("UNS").element("S"))?;
    writer.end_message()?;
    writer.end_interchange()?;
    Ok(())
}
