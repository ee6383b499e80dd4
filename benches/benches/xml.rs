//! How fast an XML document is checked against its grammar, parse included, and in how much memory, beside libxml2.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use benches::{argument, best, print, size};
use karvan_schema::xml::{Grammar, Validator};
use karvan_xml::{EventReader, Limits};

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let (large, small) = (folder.path().join("large.xml"), folder.path().join("small.xml"));
    let octets = size(20);
    invoice(octets, &large)?;
    invoice(0, &small)?;
    let mut measures = vec![
        ("events (karvan-xml)", best(5, || read(&large))),
        ("events and grammar (karvan-schema)", best(5, || check(&large))),
    ];
    memory();
    measures
        .extend(libxml2(&large, &small).map(|duration| ("xmllint --stream --schema, its start left out", duration)));
    print("XML, a UBL 2.1 invoice", octets, &measures);
    Ok(())
}

fn read(path: &Path) -> usize {
    let mut reader = EventReader::new(open(path), Limits::default());
    let mut events = 0;
    while reader.advance().unwrap_or_else(|error| panic!("the file is sound: {error}")).is_some() {
        events += 1;
    }
    events
}

fn check(path: &Path) {
    let grammar = Grammar::builtin("ubl-2.1").unwrap_or_else(|| panic!("the grammar is built in"));
    let mut reader = EventReader::new(open(path), Limits::default());
    let run = Validator::new(grammar).run(&mut reader, &mut |finding| panic!("the file is sound: {finding:?}"));
    run.unwrap_or_else(|error| panic!("the file is sound: {error}"));
}

fn open(path: &Path) -> File {
    File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// How long xmllint takes for the large document, less what it takes for the small one: its start, and reading the schema.
fn libxml2(large: &Path, small: &Path) -> Option<Duration> {
    let data = argument("--data").map(PathBuf::from).or_else(|| std::env::var_os("KARVAN_DATA").map(PathBuf::from));
    let data = data.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")));
    let schema = data.join("xml/xsd/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd");
    let run = |document: &Path| {
        let mut command = Command::new("xmllint");
        command.args(["--nonet", "--noout", "--stream", "--schema"]).arg(&schema).arg(document);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !schema.is_file() || !run(small) {
        return None;
    }
    Some(best(5, || run(large)).saturating_sub(best(5, || run(small))))
}

/// Prints the largest memory that the process has held until now.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn memory() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("most memory held, {} until now\n", most.trim());
    }
}

/// Writes an invoice of about `octets` octets, sound in every respect; at least one line.
fn invoice(octets: usize, path: &Path) -> io::Result<()> {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>RE-2026-1</cbc:ID>
  <cbc:IssueDate>2026-11-22</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Speicherstadt Rösterei AG</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Nordlicht Handel GmbH</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
  <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">0.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
"#;
    let mut file = io::BufWriter::new(File::create(path)?);
    file.write_all(HEAD.as_bytes())?;
    let (mut written, mut number) = (HEAD.len(), 0);
    while written < octets || number == 0 {
        number += 1;
        let line = format!(
            r#"  <cac:InvoiceLine>
    <cbc:ID>{number}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="KGM">12.5</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">187.50</cbc:LineExtensionAmount>
    <cac:OrderLineReference><cbc:LineID>{number}</cbc:LineID></cac:OrderLineReference>
    <cac:Item>
      <cbc:Description>Kaffee, ganze Bohne, 1 kg Beutel &amp; Dose</cbc:Description>
      <cbc:Name>Kaffee {number}</cbc:Name>
      <cac:SellersItemIdentification><cbc:ID>ART-{number:05}</cbc:ID></cac:SellersItemIdentification>
      <cac:ClassifiedTaxCategory>
        <cbc:ID>S</cbc:ID>
        <cbc:Percent>7</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">15.00</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
"#
        );
        file.write_all(line.as_bytes())?;
        written += line.len();
    }
    file.write_all(b"</Invoice>\n")?;
    file.flush()
}
