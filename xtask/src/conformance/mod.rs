//! `cargo xtask conformance`: runs Karvan over published material and keeps the results in `conformance/`.
//!
//! The material itself is not part of the project: it lies in a folder of reference data (`KARVAN_DATA`), and a set that
//! is not there is named and left out. One file per set here, one table per set there; the diff of a table shows every
//! gain and every loss.

mod asic;
mod bsp;
mod c14n;
mod c14n_random;
mod cms;
mod corpus;
mod directories;
mod documents;
mod fmt;
mod grammar;
mod instances;
mod invoices;
mod oracle;
mod pkits;
mod rules;
mod scenarios;
mod table;
mod trust;
mod xades;
mod xmldsig;
mod xmlsec;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) use table::Table;

/// One set of material and what is done with it.
struct Set {
    /// The name of the set and of its table.
    name: &'static str,
    /// What is measured.
    about: &'static str,
    /// What of the data folder it needs.
    needs: &'static [&'static str],
    /// Runs it on the data folder.
    run: fn(&Path) -> crate::Result<Table>,
}

const SETS: &[Set] = &[
    Set {
        name: "asic",
        about: "containers (ASiC-E) and CAdES in both directions between Karvan and EU DSS",
        needs: &[],
        run: asic::run,
    },
    Set {
        name: "bsp",
        about: "Buy-Ship-Pay JSON of every sample and document that has it, by the published schemas and an independent validator",
        needs: &["xml/bsp-jsonschema-d23b.tar.xz", "documents/ubl-official", "edifact/corpus"],
        run: bsp::run,
    },
    Set {
        name: "c14n",
        about: "canonical forms, inclusive and exclusive, of documents and elements, byte for byte",
        needs: &["signature/c14n"],
        run: c14n::run,
    },
    Set {
        name: "c14n-random",
        about: "canonical forms of documents made at random, whole and filtered by XPath, beside libxml2",
        needs: &[],
        run: c14n_random::run,
    },
    Set {
        name: "cms",
        about: "CMS signatures and timestamps in both directions between Karvan and OpenSSL",
        needs: &[],
        run: cms::run,
    },
    Set {
        name: "corpus",
        about: "EDIFACT files from public repositories: read without panic, written back octet for octet, verdicts",
        needs: &["edifact/corpus"],
        run: corpus::run,
    },
    Set {
        name: "directories",
        about: "the packed UN/EDIFACT directories: counts per release beside the published ones, tags without definition",
        needs: &["edifact/un-directories.tar.xz", "edifact/conversions", "edifact/service"],
        run: directories::run,
    },
    Set {
        name: "documents",
        about: "orders, responses, changes and despatch advices: through every syntax and back, what is kept, told and silent",
        needs: &["documents/ubl-official", "documents/peppol", "documents/order-x", "edifact/corpus", "xml/xsd"],
        run: documents::run,
    },
    Set {
        name: "pairs",
        about: "invoices in UBL and CII: translated along every route, terms, reports, schema and rules judged by others",
        needs: &["documents/xrechnung-pairs", "xml/en16931", "xml/xsd", "../tools/invoice-terms"],
        run: invoices::pairs,
    },
    Set {
        name: "fmt",
        about: "the EDIFACT files of the corpus laid out anew: segments, counts and values stay, and there is a way back",
        needs: &["edifact/corpus"],
        run: fmt::run,
    },
    Set {
        name: "grammar",
        about: "XML documents and mutants of them against the packed grammars, beside libxml2 with the schema documents",
        needs: &["documents", "xml/xsd"],
        run: grammar::run,
    },
    Set {
        name: "mutants",
        about: "sound interchanges, damaged in every kind of way: what must be told, what is told beside it",
        needs: &[],
        run: |_| crate::mutate::table(),
    },
    Set {
        name: "pkits",
        about: "the NIST suite of certificate paths: verdict and policies of every row, with its revocation lists",
        needs: &["pki/pkits"],
        run: pkits::run,
    },
    Set {
        name: "quadruples",
        about: "invoices in EDIFACT, CII and UBL: translated along every route, judged as the pairs are",
        needs: &["documents/invoice-quadruples", "xml/en16931", "xml/xsd", "../tools/invoice-terms"],
        run: invoices::quadruples,
    },
    Set {
        name: "rules",
        about: "the business rules of EN 16931: the outcome that each published test states, and official examples",
        needs: &["documents/en16931-rule-tests"],
        run: rules::run,
    },
    Set {
        name: "scenarios",
        about: "trust across borders: the verdict that follows from the standard, Karvan's, replayed, and that of openssl",
        needs: &[],
        run: scenarios::run,
    },
    Set {
        name: "trust",
        about: "the sample PKI, every signer from every country at several times, beside openssl verify",
        needs: &[],
        run: trust::run,
    },
    Set {
        name: "wrapping",
        about: "documents attacked by signature wrapping and the like: what is intact by default, and why the rest is refused",
        needs: &["signature/wrapping"],
        run: xmldsig::run_wrapping,
    },
    Set {
        name: "xades",
        about: "XAdES of every level, form and algorithm in both directions between Karvan, EU DSS and signxml",
        needs: &[],
        run: xades::run,
    },
    Set {
        name: "xmldsig",
        about: "published XML signatures, every row of the suites of xmlsec: what is accepted, what is refused and why",
        needs: &["signature/xmldsig"],
        run: xmldsig::run,
    },
    Set {
        name: "xmlsec",
        about: "XML signatures of every algorithm, placement and canonical form in both directions between Karvan and xmlsec1",
        needs: &[],
        run: xmlsec::run,
    },
];

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The sets to run [default: all]
    sets: Vec<String>,
    /// Folder of reference data [default: $KARVAN_DATA or ../shared/data]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Fail where a table differs from the run; write nothing
    #[arg(long)]
    check: bool,
    /// Print the names of the sets
    #[arg(long)]
    list: bool,
}

/// Runs the sets and writes, or compares, their tables.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    if arguments.list {
        SETS.iter().for_each(|set| println!("{:12} {}", set.name, set.about));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = arguments.sets.iter().find(|name| SETS.iter().all(|set| set.name != **name)) {
        let names: Vec<&str> = SETS.iter().map(|set| set.name).collect();
        return Err(format!("no set is called {unknown}; the sets are {}", names.join(", ")).into());
    }
    let data = crate::data(arguments.source.as_ref());
    let mut same = true;
    for set in SETS.iter().filter(|set| arguments.sets.is_empty() || arguments.sets.iter().any(|name| name == set.name))
    {
        if let Some(missing) = set.needs.iter().find(|path| !data.join(path).exists()) {
            println!("{}: left out, {} is missing", set.name, data.join(missing).display());
            continue;
        }
        let text = (set.run)(&data)?.text(set.name, set.about);
        let target = crate::workspace().join(format!("conformance/{}.tsv", set.name));
        if !arguments.check {
            std::fs::write(&target, &text)?;
        } else if let Some(difference) = table::difference(&std::fs::read_to_string(&target).unwrap_or_default(), &text)
        {
            println!("{}: the table is not what the run gives\n{difference}", set.name);
            same = false;
        }
        print!("{}", table::summary(set.name, &text));
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All files below `folder`, sorted by their path relative to it, which is given with `/`.
pub(crate) fn files(folder: &Path) -> crate::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
                found.push((relative, path));
            }
        }
    }
    found.sort();
    Ok(found)
}
