//! Reads the lines of an invoice into structs: `cargo run --example invoice_lines < invoice.edi`
//!
//! Without an invoice on standard input it reads one of its own.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::error::Error;
use std::io::{self, IsTerminal, Read};

use karvan_edifact::{Repertoire, Transmission, typed};
use serde::Deserialize;

const INVOICE: &[u8] = b"UNB+UNOC:3+4012345000009:14+8690000000005:14+261122:0900+1'UNH+1+INVOIC:D:96A:UN'\
    BGM+380+KV-17+9'LIN+1++8690000000012:EN'IMD+F++:::Caf\xE9, ger\xF6stet'QTY+47:12:PCE'MOA+203:150,60'\
    LIN+2++8690000000029:EN'QTY+47:2,5:KGM'MOA+203:20'UNS+S'MOA+77:170,60'UNT+10+1'UNZ+1+1'";

/// The segments of an invoice that matter here.
#[derive(Deserialize)]
enum Part {
    #[serde(rename = "LIN")]
    Line(Line),
    #[serde(rename = "IMD")]
    Description(Description),
    #[serde(rename = "QTY")]
    Quantity(Quantity),
    #[serde(rename = "MOA")]
    Amount(Amount),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename = "LIN")]
struct Line {
    #[serde(rename = "0")]
    number: String,
    /// C212: the item number and its type.
    #[serde(rename = "2")]
    item: Option<(String, Option<String>)>,
}

#[derive(Deserialize)]
#[serde(rename = "IMD")]
struct Description {
    #[serde(rename = "2.3")]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename = "QTY")]
struct Quantity {
    #[serde(rename = "0.1")]
    value: f64,
    #[serde(rename = "0.2")]
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename = "MOA")]
struct Amount {
    #[serde(rename = "0.0")]
    kind: String,
    #[serde(rename = "0.1")]
    value: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = Vec::new();
    if !io::stdin().is_terminal() {
        io::stdin().read_to_end(&mut file)?;
    }
    let transmission = Transmission::read(if file.is_empty() { INVOICE } else { &file });
    for interchange in transmission.interchanges() {
        let repertoire = interchange.repertoire().unwrap_or(Repertoire::UNOC);
        for segment in interchange.messages().flat_map(|message| message.segments()) {
            match typed::from_segment(&segment, repertoire)? {
                Part::Line(Line { number, item }) => {
                    println!("line {number}: {}", item.map_or_else(String::new, |(item, _)| item));
                }
                Part::Description(description) => println!("  {}", description.text.unwrap_or_default()),
                Part::Quantity(Quantity { value, unit }) => println!("  {value} {}", unit.unwrap_or_default()),
                Part::Amount(Amount { kind, value: Some(value) }) if kind == "203" => println!("  amount {value:.2}"),
                Part::Amount(_) | Part::Other => {}
            }
        }
    }
    Ok(())
}
