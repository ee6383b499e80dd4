//! `cargo xtask xml-grammar`: reads official XML Schema documents and packs their facts into `schemas/xml/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use karvan_schema::xml::{CodePlace, Collection, Grammar, Heading, compile};

/// A grammar that is packed.
pub(crate) struct Packed {
    pub(crate) name: &'static str,
    /// The name for people.
    title: &'static str,
    /// The schema documents of the root elements, below `xml/xsd/`; a folder stands for all that lie in it.
    pub(crate) entries: &'static [&'static str],
    /// What tells a document of this grammar from one of its family: path and beginning of a value.
    signs: &'static [(&'static str, &'static str)],
    /// Where codes stand whose lists the schema documents do not hold.
    codes: &'static [Codes],
}

/// A place of codes: an attribute or a type, the lists, and the attribute that names another list.
type Codes = (&'static str, &'static str, Option<&'static str>);

/// Amounts and quantities of UN/CEFACT, which gives them no lists in its schemas.
const CEFACT_CODES: &[Codes] = &[("@currencyID", "ISO4217", None), ("@unitCode", UNITS, None)];

/// Recommendation 20 and, behind an X, Recommendation 21.
const UNITS: &str = "REC20|EN16931-UNIT";

/// The attribute by which UBL names the list of a code (UBL 2.1, 2.3 "Code list metadata").
const LIST: Option<&str> = Some("listID");

/// Codes that UBL says to be of these lists by default, and those of EN 16931.
const UBL_CODES: &[Codes] = &[
    ("@currencyID", "ISO4217", None),
    ("@unitCode", UNITS, Some("unitCodeListID")),
    ("CurrencyCodeType", "ISO4217", LIST),
    ("DocumentCurrencyCodeType", "ISO4217", LIST),
    ("PaymentAlternativeCurrencyCodeType", "ISO4217", LIST),
    ("PaymentCurrencyCodeType", "ISO4217", LIST),
    ("PricingCurrencyCodeType", "ISO4217", LIST),
    ("RequestedInvoiceCurrencyCodeType", "ISO4217", LIST),
    ("SourceCurrencyCodeType", "ISO4217", LIST),
    ("TargetCurrencyCodeType", "ISO4217", LIST),
    ("TaxCurrencyCodeType", "ISO4217", LIST),
    ("IdentificationCodeType", "ISO3166", LIST),
    ("PackagingTypeCodeType", "REC21", LIST),
    ("PaymentMeansCodeType", "4461", LIST),
    ("InvoiceTypeCodeType", "1001", LIST),
    ("CreditNoteTypeCodeType", "1001", LIST),
    ("OrderTypeCodeType", "1001", LIST),
];

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
        codes: &[],
    },
    Packed {
        name: "cii-d16b",
        title: "UN/CEFACT Cross Industry Invoice D16B",
        entries: &["cii-d16b/data/standard/CrossIndustryInvoice_100pD16B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:cen.eu:en16931:2017")],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "cii-d22b",
        title: "UN/CEFACT Cross Industry Invoice D22B",
        entries: &["cii-d22b/cii/CrossIndustryInvoice_100pD22B.xsd"],
        signs: &[],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "cii-d25a",
        title: "UN/CEFACT Cross Industry Invoice D25A",
        entries: &["cii-d25a/cii/CrossIndustryInvoice_100pD25A.xsd"],
        // Their elements are those of D22B, all of which D25A has; but D22B knows no codes of charges as reasons, which they
        // take.
        signs: &[
            (CII_GUIDELINE, ""),
            (CII_GUIDELINE, "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"),
            (CII_GUIDELINE, "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"),
        ],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "ecmr-1.0",
        title: "UN/CEFACT electronic road consignment note (eCMR) 1.0",
        entries: &["ecmr/eCMR_1p0.xsd"],
        signs: &[],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "efti-0.5",
        title: "EU electronic freight transport information (eFTI) 0.5",
        entries: &["efti/consignment-common.xsd", "efti/consignment-identifier.xsd", "efti/edelivery"],
        signs: &[],
        codes: &[],
    },
    Packed {
        name: "order-x-1.0-basic",
        title: "Order-X 1.0 BASIC (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/basic/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:basic")],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "order-x-1.0-comfort",
        title: "Order-X 1.0 COMFORT (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/comfort/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:comfort")],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "order-x-1.0-extended",
        title: "Order-X 1.0 EXTENDED (UN/CEFACT Cross Industry Order D20B)",
        entries: &["order-x-1.0/extended/SCRDMCCBDACIOMessageStructure_100pD20B.xsd"],
        signs: &[(CII_GUIDELINE, "urn:order-x.eu:1p0:extended")],
        codes: CEFACT_CODES,
    },
    Packed {
        name: "sbdh-1.3",
        title: "UN/CEFACT Standard Business Document Header 1.3",
        entries: &["ebxml/sbdh/StandardBusinessDocumentHeader.xsd"],
        signs: &[],
        codes: &[],
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
        codes: UBL_CODES,
    },
    Packed {
        name: "ubl-2.3",
        title: "OASIS Universal Business Language 2.3",
        entries: &["ubl-2.3/maindoc"],
        signs: &[(UBL_VERSION, "2.2"), (UBL_VERSION, "2.3")],
        codes: UBL_CODES,
    },
    Packed {
        name: "ubl-2.4",
        title: "OASIS Universal Business Language 2.4",
        entries: &["ubl-2.4/maindoc"],
        signs: &[(UBL_VERSION, "2.4")],
        codes: UBL_CODES,
    },
    Packed {
        name: "ubl-2.5",
        title: "OASIS Universal Business Language 2.5",
        entries: &["ubl-2.5/maindoc"],
        signs: &[],
        codes: UBL_CODES,
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
    for Packed { name, title, entries, signs, codes } in PACKED {
        let entries = documents(&source, entries)?;
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let heading =
            signs.iter().fold(Heading::new(*name, *title), |heading, (path, text)| heading.sign(*path, *text));
        let heading = codes.iter().fold(heading, |heading, (place, lists, unless)| {
            let (place, lists) = ((*place).to_owned(), (*lists).to_owned());
            heading.codes(CodePlace { place, lists, unless: unless.map(str::to_owned) })
        });
        let packed = compile(heading, &entries, &mut collection(&source, &entries)?)?;
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

/// The schema documents in the folders that `entries` lie in, by their paths below `source`.
fn collection(source: &Path, entries: &[&str]) -> crate::Result<Collection> {
    let folders: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.split('/').next()).collect();
    let mut schemas = Collection::default();
    for folder in folders {
        for (name, path) in crate::conformance::files(&source.join(folder))? {
            schemas.add(format!("{folder}/{name}"), std::fs::read(path)?);
        }
    }
    Ok(schemas)
}
