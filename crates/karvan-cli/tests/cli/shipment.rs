//! The shipment among the samples: sound, consistent from the quotation to the customs response, and equal to its twins.

use std::fs;
use std::path::PathBuf;

use crate::arguments;
use crate::support::{Folder, sample};

/// The documents of the shipment, in their order.
fn documents() -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(sample("shipment")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_document_is_valid_and_keeps_the_rules() {
    let run = Folder::new().run(arguments!["validate", "--level=rules", sample("shipment")]).expect(0);
    assert_eq!(run.stdout.matches(", 0 errors, 0 warnings").count(), documents().len(), "{}", run.stdout);
}

#[test]
fn every_document_says_the_same_as_its_twins() {
    let folder = Folder::new();
    for path in documents() {
        let source = path.display().to_string();
        let is_response = source.contains("customs-response");
        for target in ["json", "ubl"].iter().filter(|target| !is_response || **target == "json") {
            let to = ["--to", target].map(str::to_owned);
            folder.run(arguments!["convert", "-q", "--allow-loss", to, "-o", "twin", source.clone()]).expect(0);
            folder.run(arguments!["diff", source.clone(), "twin"]).expect(0);
        }
    }
}

/// What one document has of another: numbers, the container, weights, what was agreed.
#[test]
fn what_the_documents_say_of_each_other_is_so() {
    let chain = [
        ("01-quotation", &["PK-Q-26-041+9", "MOA+9:118400'"][..]),
        ("02-order", &["ET-PO-26-318", "RFF+AAG:PK-Q-26-041'", "MOA+9:118400'"]),
        ("03-order-response", &["PK-R-26-318", "RFF+ON:ET-PO-26-318'"]),
        ("04-forwarding-instruction", &["PK-FI-26-118", "EQD+CN+KRVU2045110", "CNT+7:21960:KGM'", "CNT+11:1600'"]),
        ("05-despatch-advice", &["PK-DN-26-118", "RFF+ON:ET-PO-26-318'", "AAD+KGM:21960'", "PAC+1600"]),
        ("06-bill-of-lading", &["SHML-BND-00921", "RFF+SI:PK-FI-26-118'", "EQD+CN+KRVU2045110", "SEL+IR884120"]),
        ("07-invoice", &["PK-INV-26-118'", "RFF+ON:ET-PO-26-318'", "RFF+AAK:PK-DN-26-118'", "MOA+9:118400'"]),
        (
            "08-goods-declaration",
            &[
                "DOC+380+PK-INV-26-118'",
                "DOC+705+SHML-BND-00921'",
                "EQD+CN+KRVU2045110",
                "AAD+KGM:21960'",
                "CNT+11:1600'",
            ],
        ),
        ("09-customs-response", &["RFF+AAE:AZ-26-3318'", "EQD+CN+KRVU2045110", "AAD+KGM:21960'", "CNT+11:1600'"]),
    ];
    assert_eq!(documents().len(), chain.len());
    for ((name, texts), path) in chain.iter().zip(documents()) {
        assert!(path.ends_with(format!("{name}.edi")), "{}", path.display());
        let document = fs::read_to_string(path).unwrap();
        for text in *texts {
            assert!(document.contains(text), "{name} has no {text}");
        }
    }
}
