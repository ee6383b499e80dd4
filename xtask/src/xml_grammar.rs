//! `cargo xtask xml-grammar`: reads official XML Schema documents and packs their facts into `schemas/xml/`.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use karvan_schema::xml::{Grammar, Library, compile};
use karvan_xml::{Document, Limits};

/// What is packed: name, name for people, and the schema documents of the root elements, below `xml/xsd/`.
const GRAMMARS: [(&str, &str, &[&str]); 2] = [
    (
        "cii-d16b",
        "UN/CEFACT Cross Industry Invoice D16B",
        &["cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"],
    ),
    (
        "ubl-2.1",
        "OASIS Universal Business Language 2.1",
        &["ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"],
    ),
];

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of reference data holding xml/xsd/ [default: $KARVAN_DATA or ../shared/data]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Compare with what is packed; write nothing
    #[arg(long)]
    check: bool,
}

/// Packs the grammars, or checks what is packed.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let source = crate::data(arguments.source.as_ref()).join("xml/xsd");
    if !source.is_dir() {
        return Err(format!("no such folder: {}", source.display()).into());
    }
    let mut same = true;
    for (name, title, entries) in GRAMMARS {
        let packed = compile(name, title, entries, &mut Folder { root: source.clone() })?;
        let grammar = Grammar::from_bytes(&packed)?;
        let roots: Vec<&str> = grammar.roots().map(|root| root.name()).collect();
        println!("{name}: {} octets, roots {}", packed.len(), roots.join(" "));
        let target = crate::workspace().join(format!("schemas/xml/{name}.grammar"));
        if !arguments.check {
            std::fs::write(&target, &packed)?;
        } else if std::fs::read(&target)? != packed {
            println!("{} is not what the schema documents give", target.display());
            same = false;
        }
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Schema documents below a folder; locations are paths in it, with `/`.
struct Folder {
    root: PathBuf,
}

impl Library for Folder {
    fn open(
        &mut self,
        base: Option<&str>,
        location: Option<&str>,
        namespace: &str,
    ) -> Result<Option<(String, Document)>, String> {
        let Some(location) = location else {
            // An import without location leaves it to us to know the namespace; only that of xml:lang is known.
            return match namespace {
                karvan_xml::XML_NAMESPACE => Ok(None),
                _ => Err("the import gives no location".to_owned()),
            };
        };
        let folder = base.and_then(|base| Path::new(base).parent()).unwrap_or(Path::new(""));
        let path = normal(&folder.join(location));
        let octets = std::fs::read(self.root.join(&path)).map_err(|error| error.to_string())?;
        let octets = without_document_type(&octets);
        let document = Document::parse(octets, &Limits::default())
            .map_err(|error| error.diagnostic().message.text(karvan_text::Language::English))?;
        Ok(Some((path.to_string_lossy().replace('\\', "/"), document)))
    }
}

/// `path` without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(name) => normal.push(name),
            _ => {}
        }
    }
    normal
}

/// `octets` with a document type declaration overwritten by spaces, which Karvan's reader refuses and which the schema
/// of XML signatures has. Schema documents that use entities of their own are not well-formed after this.
fn without_document_type(octets: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let find = |from: usize, wanted: &[u8], octets: &[u8]| {
        octets[from..].windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
    };
    // A comment may speak of a DOCTYPE before the one that is meant.
    let mut from = 0;
    while let Some(at) = find(from, b"<!", &octets) {
        if octets[at..].starts_with(b"<!--") {
            match find(at, b"-->", &octets) {
                Some(end) => from = end,
                None => break,
            }
        } else if octets[at..].starts_with(b"<!DOCTYPE") {
            let bracket = octets[at..].iter().position(|&octet| octet == b'[' || octet == b'>').map(|place| at + place);
            let end = match bracket {
                Some(place) if octets[place] == b'[' => {
                    find(place, b"]", &octets).and_then(|end| find(end, b">", &octets))
                }
                other => other,
            };
            if let Some(end) = end {
                octets[at..=end]
                    .iter_mut()
                    .filter(|octet| !octet.is_ascii_whitespace())
                    .for_each(|octet| *octet = b' ');
            }
            break;
        } else {
            break;
        }
    }
    octets
}
