//! Converts a document: `cargo run --example convert -- FILE TARGET`; the report goes to standard error,
//! as JSON where `REPORT_JSON` is set.

use std::io::Write as _;

use karvan_mapping::{Target, read, write};
use karvan_text::Language;

#[allow(clippy::print_stderr, reason = "the report of an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, target] = arguments.as_slice() else { return Err("usage: convert FILE TARGET".into()) };
    let target: Target = target.parse()?;
    for mut reading in read(&std::fs::read(file)?)? {
        let writing = write(&reading.document, target)?;
        reading.report.extend(writing.report);
        if std::env::var_os("REPORT_JSON").is_some() {
            eprintln!("{}", serde_json::to_string(&reading.report)?);
        } else {
            eprintln!("{} → {}\n{}", reading.format, writing.format, reading.report.text(Language::English));
        }
        std::io::stdout().write_all(&writing.bytes)?;
    }
    Ok(())
}
