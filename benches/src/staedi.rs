//! StAEDI, a Java library that reads and checks EDIFACT, as a peer in the same run.
//!
//! It is measured where Java is there and one command fetched the library beforehand, [`PREPARE`]; the benchmarks themselves use no
//! network. Its own clock counts, after Java has started, and the best of its runs, so that the first warms it up.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use karvan_schema::directory::{
    Constituent, Directories, Element, Message, MessageRow, MessageRowKind, PartRow, Repertoire, Status,
};

/// What fetches StAEDI.
pub const PREPARE: &str = "mvn -q -f benches/peers/staedi dependency:copy-dependencies";

/// How often it reads the file.
const RUNS: &str = "3";

/// How long StAEDI takes to read `file`, and to check each message of it against `schema`, if there is one.
///
/// # Errors
/// If it is not prepared, if there is no Java, or if it finds the file wrong.
pub fn measure(file: &[u8], schema: Option<&str>) -> Result<Duration, Box<dyn Error>> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/staedi");
    let library = peer.join("target/dependency");
    if !library.is_dir() {
        return Err(format!("not prepared: {PREPARE}").into());
    }
    let folder = tempfile::tempdir()?;
    let (file_path, schema_path) = (folder.path().join("file.edi"), folder.path().join("schema.xml"));
    fs::write(&file_path, file)?;
    let mut java = Command::new("java");
    java.arg("-cp").arg(library.join("*")).arg(peer.join("Peer.java")).arg(&file_path).arg(RUNS);
    if let Some(schema) = schema {
        fs::write(&schema_path, schema)?;
        java.arg(&schema_path);
    }
    let output = java.output().map_err(|error| format!("java cannot be run: {error}"))?;
    let (told, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let numbers: Vec<u64> = told.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [nanoseconds, values, 0] if values > 0 => Ok(Duration::from_nanos(nanoseconds)),
        _ => Err(format!("{told}{faults}").into()),
    }
}

/// What `measure` gave, as a row of a table; where it gave none, the reason is printed.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
pub fn row(name: &'static str, measured: Result<Duration, Box<dyn Error>>) -> Option<(&'static str, Duration)> {
    measured.inspect_err(|reason| println!("{name}: not measured, {reason}")).ok().map(|duration| (name, duration))
}

/// A message of a release as StAEDI's schema (EDISchema v4), code lists included.
#[must_use]
pub fn schema(release: &str, message: &str) -> Option<String> {
    let message = Directories::builtin().release(release)?.message(message)?;
    let mut schema = Schema::default();
    let last = message.rows().len().checked_sub(1)?;
    let body = schema.rows(message, 1, last);
    let Schema { types, .. } = schema;
    Some(format!(
        "<schema xmlns=\"http://xlate.io/EDISchema/v4\">\n<transaction><sequence>\n{body}</sequence></transaction>\n{}{}{}</schema>\n",
        types[0], types[1], types[2]
    ))
}

#[derive(Default)]
struct Schema {
    /// The types of data elements, composites and segments.
    types: [String; 3],
    known: Vec<String>,
}

impl Schema {
    /// The rows from `start` up to `end`, which stand on one level.
    fn rows(&mut self, message: Message<'_>, start: usize, end: usize) -> String {
        let mut text = String::new();
        let mut at = start;
        while let Some(row) = message.row(at).filter(|_| at < end) {
            let occurs = occurs(row.status(), row.repetitions());
            let _ = match row.kind() {
                MessageRowKind::Segment(tag) => {
                    self.segment(tag, row);
                    writeln!(text, "<segment type=\"{tag}\"{occurs}/>")
                }
                MessageRowKind::Group(number) => {
                    let body = self.rows(message, at + 1, row.end());
                    writeln!(text, "<loop code=\"SG{number}\"{occurs}><sequence>\n{body}</sequence></loop>")
                }
            };
            at = row.end();
        }
        text
    }

    fn segment(&mut self, tag: &str, row: MessageRow<'_>) {
        let of_service = || Directories::builtin().service("3").and_then(|service| service.segment(tag));
        if let Some(segment) = row.segment().or_else(of_service).filter(|_| self.is_new(tag)) {
            let parts = self.parts(segment.rows());
            self.define(2, &format!("<segmentType name=\"{tag}\"><sequence>{parts}</sequence></segmentType>"));
        }
    }

    fn parts<'d>(&mut self, rows: impl Iterator<Item = PartRow<'d>>) -> String {
        let mut text = String::new();
        for row in rows {
            let occurs = occurs(row.status(), u32::from(row.repetitions()));
            let _ = match row.constituent() {
                Some(Constituent::Composite(composite)) => {
                    if self.is_new(composite.tag()) {
                        let parts = self.parts(composite.rows());
                        let tag = composite.tag();
                        let definition =
                            format!("<compositeType name=\"{tag}\"><sequence>{parts}</sequence></compositeType>");
                        self.define(1, &definition);
                    }
                    write!(text, "<composite type=\"{}\"{occurs}/>", composite.tag())
                }
                Some(Constituent::Element(element)) => {
                    self.element(element);
                    write!(text, "<element type=\"E{}\"{occurs}/>", element.tag())
                }
                None => Ok(()),
            };
        }
        text
    }

    fn element(&mut self, element: Element<'_>) {
        if !self.is_new(element.tag()) {
            return;
        }
        let (tag, format) = (element.tag(), element.format());
        let base = match format.repertoire {
            Repertoire::Numeric => "decimal",
            _ if element.is_coded() => "identifier",
            _ => "string",
        };
        let values: String = element.codes().map(|code| format!("<value>{}</value>", code.value())).collect();
        let values = if values.is_empty() { values } else { format!("<enumeration>{values}</enumeration>") };
        let (minimum, maximum) = (format.minimum.max(1), format.maximum);
        let length = format!("minLength=\"{minimum}\" maxLength=\"{maximum}\"");
        self.define(0, &format!("<elementType name=\"E{tag}\" base=\"{base}\" {length}>{values}</elementType>"));
    }

    fn is_new(&mut self, tag: &str) -> bool {
        let new = !self.known.iter().any(|known| known == tag);
        if new {
            self.known.push(tag.to_owned());
        }
        new
    }

    fn define(&mut self, kind: usize, definition: &str) {
        self.types[kind].push_str(definition);
        self.types[kind].push('\n');
    }
}

fn occurs(status: Status, repetitions: u32) -> String {
    format!(" minOccurs=\"{}\" maxOccurs=\"{}\"", u8::from(status.is_mandatory()), repetitions.max(1))
}
