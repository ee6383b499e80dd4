//! `cargo xtask xml-grammar`: reads official XML Schema documents and packs their facts into `schemas/xml/`.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use karvan_schema::xml::{Grammar, Heading, Library, compile};
use karvan_xml::{Document, Limits};

/// A grammar that is packed.
pub(crate) struct Packed {
    pub(crate) name: &'static str,
    /// The name for people.
    title: &'static str,
    /// The schema documents of the root elements, below `xml/xsd/`; a folder stands for all that lie in it.
    pub(crate) entries: &'static [&'static str],
    /// What tells a document of this grammar from one of its family: path and beginning of a value.
    signs: &'static [(&'static str, &'static str)],
}

/// Where UBL names its version (UBL 2.1 §3), and where documents name the rules that they keep to.
const UBL_VERSION: &str = "UBLVersionID";
const UBL_CUSTOMIZATION: &str = "CustomizationID";
const CII_GUIDELINE: &str = "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID";

/// All grammars that are packed.
pub(crate) const PACKED: &[Packed] = &[
    Packed {
        name: "cdar-d22b",
        title: "UN/CEFACT Cross Domain Acknowledgement and Response D22B",
        entries: &["cii-d22b/cdar/CrossDomainAcknowledgementAndResponse_100pD22B.xsd"],
        signs: &[],
    },
    Packed {
        name: "cii-d16b",
        title: "UN/CEFACT Cross Industry Invoice D16B",
        entries: &["cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:cen.eu:en16931:2017")],
    },
    Packed {
        name: "cii-d22b",
        title: "UN/CEFACT Cross Industry Invoice D22B",
        entries: &["cii-d22b/cii/CrossIndustryInvoice_100pD22B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended")],
    },
    Packed {
        name: "cii-d25a",
        title: "UN/CEFACT Cross Industry Invoice D25A",
        entries: &["cii-d25a/cii/CrossIndustryInvoice_100pD25A.xsd"],
        signs: &[],
    },
    Packed {
        name: "ecmr-1.0",
        title: "UN/CEFACT electronic road consignment note (eCMR) 1.0",
        entries: &["ecmr/eCMR_1p0.xsd"],
        signs: &[],
    },
    Packed {
        name: "efti-0.5",
        title: "EU electronic freight transport information (eFTI) 0.5",
        entries: &["efti/consignment-common.xsd", "efti/consignment-identifier.xsd", "efti/edelivery"],
        signs: &[],
    },
    Packed {
        name: "order-x-1.0-basic",
        title: "Order-X 1.0 BASIC (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/basic/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:basic")],
    },
    Packed {
        name: "order-x-1.0-comfort",
        title: "Order-X 1.0 COMFORT (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/comfort/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:comfort")],
    },
    Packed {
        name: "order-x-1.0-extended",
        title: "Order-X 1.0 EXTENDED (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/extended/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:extended")],
    },
    Packed {
        name: "ubl-2.1",
        title: "OASIS Universal Business Language 2.1",
        entries: &["ubl-2.1/maindoc"],
        signs: &[
            (UBL_VERSION, "2.0"),
            (UBL_VERSION, "2.1"),
            // EN 16931-3-2 and Peppol BIS are written for UBL 2.1.
            (UBL_CUSTOMIZATION, "urn:cen.eu:en16931:2017"),
            (UBL_CUSTOMIZATION, "urn:fdc:peppol.eu:poacc:"),
        ],
    },
    Packed {
        name: "ubl-2.3",
        title: "OASIS Universal Business Language 2.3",
        entries: &["ubl-2.3/maindoc"],
        signs: &[(UBL_VERSION, "2.2"), (UBL_VERSION, "2.3")],
    },
    Packed {
        name: "ubl-2.4",
        title: "OASIS Universal Business Language 2.4",
        entries: &["ubl-2.4/maindoc"],
        signs: &[(UBL_VERSION, "2.4")],
    },
    Packed {
        name: "ubl-2.5",
        title: "OASIS Universal Business Language 2.5",
        entries: &["ubl-2.5/maindoc"],
        signs: &[(UBL_VERSION, "2.5")],
    },
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
    for Packed { name, title, entries, signs } in PACKED {
        let entries = documents(&source, entries)?;
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let heading =
            signs.iter().fold(Heading::new(*name, *title), |heading, (path, text)| heading.sign(*path, *text));
        let packed = compile(heading, &entries, &mut Folder { root: source.clone() })?;
        let grammar = Grammar::from_bytes(&packed)?;
        println!("{name}: {} octets, {} document elements", packed.len(), grammar.roots().count());
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

/// The schema documents that `entries` name, folders written out.
pub(crate) fn documents(source: &Path, entries: &[&str]) -> crate::Result<Vec<String>> {
    let mut documents = Vec::new();
    for entry in entries {
        let path = source.join(entry);
        if path.is_dir() {
            documents.extend(crate::conformance::files(&path)?.into_iter().map(|(name, _)| format!("{entry}/{name}")));
        } else {
            documents.push((*entry).to_owned());
        }
    }
    Ok(documents)
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
