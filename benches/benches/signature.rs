//! How fast XML is canonicalised, signed and verified while it streams, and in how much memory, beside libxml2 and xmlsec1.
//!
//! `--size 50` for a document of 50 MB, `--size 1` for one. The peers are processes: what they take for a tiny document is left out.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use benches::{best, print, size};
use karvan_pki::{Certificate, Limits as PkiLimits, certificates};
use karvan_signature::{Insertion, KnownKeys, Policy, PrivateKey, Signer, verify_stream};
use karvan_xml::{CanonicalStream, Canonicalization, EventReader, Limits, XmlAttributes};
use ring::rand::SystemRandom;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/karvan-signature/tests/keys");

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let octets = size(50);
    for (name, octets) in [("large", octets), ("small", 0)] {
        document(octets, &path(&format!("{name}.xml")))?;
        sign(&path(&format!("{name}.xml")), &path(&format!("{name}-signed.xml")));
        template(&path(&format!("{name}.xml")), &path(&format!("{name}-template.xml")))?;
    }
    let (large, signed) = (path("large.xml"), path("large-signed.xml"));
    let mut measures = vec![
        ("exclusive C14N, parse included (karvan-xml)", best(3, || canonicalise(&large))),
        ("sign, file to file (karvan-signature)", best(3, || sign(&large, &path("again.xml")))),
        ("verify (karvan-signature)", best(3, || verify(&signed))),
    ];
    memory();
    let peers: [(&str, &str, &[&str], &str); 3] = [
        ("xmllint --exc-c14n", "xmllint", &["--exc-c14n"], ".xml"),
        ("xmlsec1 --sign", "xmlsec1", &["--sign", "--privkey-pem", "rsa.pem"], "-template.xml"),
        (
            "xmlsec1 --verify",
            "xmlsec1",
            &["--verify", "--enabled-key-data", "x509", "--trusted-pem", "rsa-certificate.pem"],
            "-signed.xml",
        ),
    ];
    for (name, tool, options, end) in peers {
        let run = |document: &Path| {
            let mut command = Command::new(tool);
            command.current_dir(KEYS).args(options).arg(document).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let (large, small) = (path(&format!("large{end}")), path(&format!("small{end}")));
        if run(&small) {
            let whole: Duration = best(3, || run(&large));
            measures.push((name, whole.saturating_sub(best(3, || run(&small)))));
        }
    }
    print("XML signatures", octets, &measures);
    Ok(())
}

fn open(path: &Path) -> File {
    File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn canonicalise(path: &Path) {
    let mut reader = EventReader::new(open(path), Limits::default());
    let mut stream = CanonicalStream::new(Canonicalization::exclusive(), io::sink(), XmlAttributes::default());
    while let Some(markup) = reader.advance_markup().unwrap_or_else(|error| panic!("the file is sound: {error}")) {
        stream.take(&reader, markup).unwrap_or_else(|error| panic!("it has a form: {error}"));
    }
    stream.finish().unwrap_or_else(|error| panic!("it has a form: {error}"));
}

fn read(name: &str) -> Vec<u8> {
    fs::read(Path::new(KEYS).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sign(document: &Path, signed: &Path) {
    let key = PrivateKey::read(&read("rsa.pem"), Arc::new(SystemRandom::new()));
    let key = key.unwrap_or_else(|error| panic!("{error}"));
    let certificates: Vec<Certificate> = certificates("rsa", &read("rsa-certificate.pem"), &PkiLimits::default()).0;
    let signer = Signer::new(&key).with_certificates(certificates).unwrap_or_else(|error| panic!("{error}"));
    let insertion: Insertion =
        signer.sign_stream(open(document), &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let written = File::create(signed).and_then(|mut file| insertion.write(open(document), &mut file));
    written.unwrap_or_else(|error| panic!("{error}"));
}

fn verify(signed: &Path) {
    let intact = verify_stream(&mut open(signed), &KnownKeys::default(), &Policy::default(), &mut io::sink());
    assert!(intact.is_ok_and(|intact| intact.is_some()));
}

/// Prints the largest memory that the process has held until now.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn memory() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("most memory held, {} until now\n", most.trim());
    }
}

/// Writes an order of about `octets` octets.
fn document(octets: usize, path: &Path) -> io::Result<()> {
    let mut file = io::BufWriter::new(File::create(path)?);
    file.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Order xmlns=\"urn:sample:order\" xmlns:c=\"urn:sample:common\">\n",
    )?;
    let (mut written, mut number) = (100, 0);
    while written < octets || number == 0 {
        number += 1;
        let line = format!(
            "  <c:Line>\n    <c:ID>{number}</c:ID>\n    <c:Quantity unitCode=\"KGM\">12.5</c:Quantity>\n    \
             <c:Amount currencyID=\"EUR\">187.50</c:Amount>\n    <c:Item><c:Name>Kaffee &amp; Dose {number}</c:Name>\
             <c:Origin>TR</c:Origin></c:Item>\n  </c:Line>\n"
        );
        file.write_all(line.as_bytes())?;
        written += line.len();
    }
    file.write_all(b"</Order>\n")?;
    file.flush()
}

/// Writes what xmlsec1 fills in: the document with a signature without values.
fn template(document: &Path, path: &Path) -> io::Result<()> {
    const SIGNATURE: &str = "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><SignedInfo>\
        <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
        <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/><Reference URI=\"\"><Transforms>\
        <Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
        <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></Transforms>\
        <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue/></Reference></SignedInfo>\
        <SignatureValue/></Signature>";
    let text = fs::read_to_string(document)?;
    fs::write(path, text.replace("</Order>", &format!("{SIGNATURE}</Order>")))
}
