//! `cargo xtask json-grammar`: reads published JSON Schemas and packs their facts into `schemas/json/`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use karvan_schema::json::{Library, compile};
use lzma_rust2::XzReader;

/// The folder in the archive that holds the schema documents.
const FOLDER: &str = "JSONschema2020-12/library/BuyShipPay/D23B/";

/// The documents that are packed, as their schema documents are called.
const DOCUMENTS: &[&str] = &[
    "CrossIndustryInvoice",
    "CrossIndustryOrder",
    "CrossIndustryOrderResponse",
    "CrossIndustryOrderChange",
    "CrossIndustryDespatchAdvice",
    "CrossIndustryReceivingAdvice",
    "CrossIndustryRemittanceAdvice",
    "CrossIndustryExportPackingList",
    "CrossIndustryRequestforQuotation",
    "CrossIndustryQuotationProposal",
    "CrossIndustryCatalogue",
    "MultimodalShippingInstructions",
    "MultimodalWaybill",
    "MaritimeBillofLading",
    "eCMR",
    "MultimodalTransportConsignmentStatusReport",
    "AirDangerousGoodsDeclaration",
    "PreferentialCoO",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of reference data holding xml/bsp-jsonschema-d23b.tar.xz [default: $KARVAN_DATA or ../shared/data]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Compare with what is packed; write nothing
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let library = library(&crate::data(arguments.source.as_ref()).join("xml/bsp-jsonschema-d23b.tar.xz"))?;
    let documents: Vec<_> = DOCUMENTS.iter().map(|name| format!("UNECE-{name}.json")).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let packed = compile("bsp-d23b", "UN/CEFACT Buy-Ship-Pay D23B", &library, &documents)?.pack();
    println!("bsp-d23b: {} octets, {} documents", packed.len(), documents.len());
    let target = crate::workspace().join("schemas/json/bsp-d23b.grammar");
    if !arguments.check {
        std::fs::write(&target, &packed)?;
    } else if std::fs::read(&target)? != packed {
        println!("{} is not what the schema documents give", target.display());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The schema documents of the archive.
fn library(path: &Path) -> crate::Result<Library> {
    let mut library = Library::default();
    for (name, octets) in documents(path)? {
        library.add(name, &octets)?;
    }
    Ok(library)
}

/// The schema documents of the archive, by the names that references have for them.
pub(crate) fn documents(path: &Path) -> crate::Result<Vec<(String, Vec<u8>)>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut archive = tar::Archive::new(XzReader::new(BufReader::new(file), false));
    let mut documents = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let Some(name) = path.trim_start_matches("./").strip_prefix(FOLDER).filter(|name| name.ends_with(".json"))
        else {
            continue;
        };
        let mut octets = Vec::new();
        entry.read_to_end(&mut octets)?;
        documents.push((name.to_owned(), octets));
    }
    Ok(documents)
}
