//! How fast documents are signed and verified, and in how much memory, beside libxml2, xmlsec1 and OpenSSL.
//!
//! XML of 1 MB and 50 MB, any file of 100 MB with CMS, an interchange of 100 MB; `--megabytes N` makes all of one size. What is
//! measured within this process is held against the peer's own time: what the peer takes for a tiny file, its start, is left
//! out. Processes (`target/release/karvan`, if it is built) are held against processes, starts included; what they hold at
//! most is told by `/usr/bin/time`. Times are those of the processor, as the kernel tells them (`/proc`), of one thread: what
//! else the machine does counts for nobody.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufReader, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use benches::{argument, interchange, size};
use karvan_pki::{Certificate, DigestAlgorithm, Limits as PkiLimits, certificates};
use karvan_signature::edifact::{self, Files, Level};
use karvan_signature::{Insertion, KnownKeys, Policy, PrivateKey, Signer, cms, verify_stream};
use karvan_xml::{CanonicalStream, Canonicalization, EventReader, Limits, XmlAttributes};
use ring::rand::SystemRandom;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/karvan-signature/tests/keys");

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let sizes = if argument("--megabytes").is_some() { vec![size(0)] } else { vec![1_000_000, 50_000_000] };
    for octets in sizes {
        xml(octets, folder.path())?;
    }
    any(size(100), folder.path())?;
    interchanges(size(100), folder.path())
}

/// XMLDSig over a document of so many octets: enveloped, exclusive canonical form, RSA of 2048 bits, SHA-256.
fn xml(octets: usize, folder: &Path) -> io::Result<()> {
    let path = |name: &str| folder.join(name);
    for (name, octets) in [("large", octets), ("small", 0)] {
        let document_path = path(&format!("{name}.xml"));
        document(octets, &document_path)?;
        sign(&document_path, &path(&format!("{name}-signed.xml")));
        template(&document_path, &path(&format!("{name}-template.xml")))?;
    }
    let (large, signed, out) = (path("large.xml"), path("large-signed.xml"), path("out"));
    let runs = if octets > 10_000_000 { 3 } else { 20 };
    let xmllint = Tool::new("xmllint", &["--exc-c14n"]);
    let signer = Tool::new("xmlsec1", &["--sign", "--privkey-pem", "rsa.pem", "--output", &out.to_string_lossy()]);
    let verifier =
        Tool::new("xmlsec1", &["--verify", "--enabled-key-data", "x509", "--trusted-pem", "rsa-certificate.pem"]);
    let table = Table::new(&format!("XML of {octets} octets, beside xmllint and xmlsec1"), octets);
    let own = |tool: &Tool, end: &str| tool.own(&path(&format!("large{end}")), &path(&format!("small{end}")), runs);
    table.row("exclusive C14N, parsing included", best(runs, || canonicalise(&large)), own(&xmllint, ".xml"));
    table.row("sign, file to file", best(runs, || sign(&large, &out)), own(&signer, "-template.xml"));
    table.row("verify", best(runs, || verify(&signed)), own(&verifier, "-signed.xml"));
    let template = path("large-template.xml");
    table.processes("sign", (&Tool::signing("xmldsig", &out), &large), (&signer, &template), runs);
    table.processes("verify", (&Tool::verifying(), &signed), (&verifier, &signed), runs);
    Ok(())
}

/// CMS around so many octets: RSA of 2048 bits, SHA-256.
fn any(octets: usize, folder: &Path) -> io::Result<()> {
    let path = |name: &str| folder.join(name);
    let (large, small, out) = (path("any"), path("any-small"), path("out"));
    fs::write(&large, interchange(octets, ""))?;
    fs::write(&small, b"UNB")?;
    let to = out.to_string_lossy();
    let signer = ["-sign", "-binary", "-nodetach", "-stream", "-outform", "DER", "-signer", "rsa-certificate.pem"];
    let signer = [&["cms"], &signer[..], &["-inkey", "rsa.pem", "-out", &to, "-in"]].concat();
    let verifier = ["cms", "-verify", "-binary", "-inform", "DER", "-CAfile", "rsa-certificate.pem", "-purpose", "any"];
    let verifier = [&verifier[..], &["-out", &to, "-in"]].concat();
    let (signer, verifier) = (Tool::new("openssl", &signer), Tool::new("openssl", &verifier));
    let (signed, small_signed) = (path("any.p7"), path("any-small.p7"));
    enclose(&large, &signed);
    enclose(&small, &small_signed);
    let table = Table::new(&format!("CMS around {octets} octets, beside openssl cms"), octets);
    table.row("sign, file to file", best(3, || enclose(&large, &out)), signer.own(&large, &small, 3));
    table.row("verify, file to file", best(3, || disclose(&signed, &out)), verifier.own(&signed, &small_signed, 3));
    table.processes("sign", (&Tool::signing("cms", &out), &large), (&signer, &large), 3);
    let ours = Tool {
        arguments: [Tool::verifying().arguments, vec!["--out".into(), to.into()]].concat(),
        ..Tool::verifying()
    };
    table.processes("verify", (&ours, &signed), (&verifier, &signed), 3);
    Ok(())
}

/// EDIFACT security around the messages, and around the interchange, of so many octets, beside the digest alone.
fn interchanges(octets: usize, folder: &Path) -> io::Result<()> {
    // Security segments came with syntax version 4, and dates with centuries.
    let (before, now) =
        ("UNOC:3+4012345000009:14+4098765000008:14+26", "UNOC:4+4012345000009:14+4098765000008:14+2026");
    let mut file = interchange(octets, "");
    file.splice(4..4 + before.len(), now.bytes());
    let digest = || best(3, || DigestAlgorithm::Sha256.digest(&file));
    let table = Table::new(&format!("An interchange of {octets} octets, beside SHA-256 of it alone"), octets);
    let signed = secure(&file, Level::Interchange);
    table.row("sign the interchange", best(3, || secure(&file, Level::Interchange)), Some(digest()));
    table.row("verify it", best(3, || check(&signed)), Some(digest()));
    let path = folder.join("interchange.edi");
    fs::write(&path, &file)?;
    let (out, signed) = (folder.join("out"), folder.join("signed.edi"));
    let mut signer = Tool::signing("edifact", &out);
    signer.arguments.extend(["--secure".into(), "interchange".into()]);
    let shasum = Tool::new("sha256sum", &[]);
    table.processes("sign the interchange, beside sha256sum", (&signer, &path), (&shasum, &path), 3);
    fs::copy(&out, &signed)?;
    let mut verifier = Tool::verifying();
    verifier.arguments.extend(["--cert".into(), "rsa-certificate.pem".into()]);
    table.processes("verify it, beside sha256sum", (&verifier, &signed), (&shasum, &path), 3);
    Ok(())
}

/// A program that is run on a file.
#[derive(Clone)]
struct Tool {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Tool {
    fn new(program: &str, arguments: &[&str]) -> Self {
        Self { program: program.into(), arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }

    /// `karvan`, which stands beside this program.
    fn karvan(arguments: &[&str]) -> Self {
        let here = std::env::current_exe().unwrap_or_default();
        let program = here.ancestors().nth(2).map(|folder| folder.join("karvan")).unwrap_or_default();
        Self { program, ..Self::new("", arguments) }
    }

    fn signing(form: &str, out: &Path) -> Self {
        let key = ["--key", "rsa.pem", "--cert", "rsa-certificate.pem", "-o", &out.to_string_lossy()];
        Self::karvan(&[&["sign", "--form", form], &key[..]].concat())
    }

    fn verifying() -> Self {
        Self::karvan(&["verify", "--trust", "rsa-certificate.pem", "--revocation", "off"])
    }

    /// Whether it is there and does what it should.
    fn run(&self, file: &Path) -> bool {
        let mut command = Command::new(&self.program);
        command.current_dir(KEYS).args(&self.arguments).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// How long it takes, starting included; none where it is not there.
    fn time(&self, file: &Path, runs: usize) -> Option<Duration> {
        let before = self.run(file).then(of_children)?;
        (0..runs).for_each(|_| assert!(self.run(file)));
        Some((of_children() - before) / runs as u32)
    }

    /// The same without what it takes for a tiny file.
    fn own(&self, large: &Path, small: &Path, runs: usize) -> Option<Duration> {
        Some(self.time(large, runs)?.saturating_sub(self.time(small, runs)?))
    }

    /// What it holds at most, in MiB.
    fn memory(&self, file: &Path) -> Option<f64> {
        let mut command = Command::new("/usr/bin/time");
        command.current_dir(KEYS).args(["-f", "peak %M"]).arg(&self.program).args(&self.arguments).arg(file);
        let output = command.output().ok()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let peak = told.lines().find_map(|line| line.strip_prefix("peak "))?.trim().parse::<f64>().ok()?;
        Some(peak / 1024.0)
    }
}

/// The processor time of the processes that this one ran.
fn of_children() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let told = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // `cutime` and `cstime` (proc(5)), counted from behind the name, which may hold blanks.
    let fields = told.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    TICK * fields.filter_map(|ticks| ticks.parse::<u32>().ok()).sum()
}

/// The processor time of this thread.
fn of_this_thread() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or_default())
}

/// The shortest of `runs` runs.
fn best<T>(runs: usize, work: impl Fn() -> T) -> Duration {
    let one = |_| {
        let before = of_this_thread();
        black_box(work());
        of_this_thread() - before
    };
    (0..runs).map(one).min().unwrap_or_default()
}

/// Speeds beside each other, a line each.
struct Table {
    octets: usize,
}

#[allow(clippy::print_stdout)] // A benchmark's table is its output.
impl Table {
    fn new(title: &str, octets: usize) -> Self {
        println!("\n{title}\n{:44} {:>8} {:>8} {:>6}", "", "MB/s", "peer", "x");
        Self { octets }
    }

    fn row(&self, name: &str, time: Duration, peer: Option<Duration>) {
        let speed = |time: Duration| self.octets as f64 / 1e6 / time.as_secs_f64();
        match peer {
            Some(peer) => {
                let ratio = peer.as_secs_f64() / time.as_secs_f64();
                println!("{name:44} {:8.0} {:8.0} {ratio:6.2}", speed(time), speed(peer));
            }
            None => println!("{name:44} {:8.0}", speed(time)),
        }
    }

    fn processes(&self, name: &str, ours: (&Tool, &Path), peer: (&Tool, &Path), runs: usize) {
        let time = |(tool, file): (&Tool, &Path)| tool.time(file, runs);
        let Some(own) = time(ours) else { return println!("{name}: {} does not run", ours.0.program.display()) };
        self.row(&format!("{name}, as a process"), own, time(peer));
        let memory = |(tool, file): (&Tool, &Path)| {
            tool.memory(file).map_or_else(|| "unknown".to_owned(), |mebibytes| format!("{mebibytes:.0} MiB"))
        };
        println!("{:44} {:>8} {:>8}", "  memory held", memory(ours), memory(peer));
    }
}

fn key() -> (PrivateKey, Vec<Certificate>) {
    let key = PrivateKey::read(&read("rsa.pem"), Arc::new(SystemRandom::new()));
    let chain = certificates("rsa", &read("rsa-certificate.pem"), &PkiLimits::default()).0;
    (key.unwrap_or_else(|error| panic!("{error}")), chain)
}

fn enclose(content: &Path, signed: &Path) {
    let (key, chain) = key();
    let signer = cms::Signer::new(&key, chain).unwrap_or_else(|error| panic!("{error}"));
    let file = File::create(signed).unwrap_or_else(|error| panic!("{error}"));
    signer.sign(open(content), file).unwrap_or_else(|error| panic!("{error}"));
}

fn disclose(signed: &Path, content: &Path) {
    let file = File::create(content).unwrap_or_else(|error| panic!("{error}"));
    let intact = cms::verify(BufReader::new(open(signed)), None, &[], &cms::Policy::default(), file);
    assert!(intact.is_ok());
}

fn secure(file: &[u8], level: Level) -> Vec<u8> {
    let (key, chain) = key();
    let mut options = edifact::Options::default();
    options.level = level;
    options.certificate = chain.into_iter().next();
    let mut signed = Vec::with_capacity(file.len() + 4096);
    let result = edifact::Signer::new(&key).sign(Cursor::new(file), &mut signed, &options);
    result.unwrap_or_else(|error| panic!("{error}"));
    signed
}

fn check(signed: &[u8]) {
    let files = Files { source: signed.to_vec(), content: None };
    let intact = edifact::verify(files, &key().1, &edifact::Policy::default());
    assert!(intact.is_ok_and(|intact| intact.signatures().len() == 1));
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
    let (key, chain) = key();
    let signer = Signer::new(&key).with_certificates(chain).unwrap_or_else(|error| panic!("{error}"));
    let insertion: Insertion =
        signer.sign_stream(open(document), &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let written = File::create(signed).and_then(|mut file| insertion.write(open(document), &mut file));
    written.unwrap_or_else(|error| panic!("{error}"));
}

fn verify(signed: &Path) {
    let intact = verify_stream(&mut open(signed), &KnownKeys::default(), &Policy::default(), &mut io::sink());
    assert!(intact.is_ok_and(|intact| intact.is_some()));
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
    let mut source = fs::read(document)?;
    let end = source.len() - b"</Order>\n".len();
    source.splice(end..end, SIGNATURE.bytes());
    fs::write(path, source)
}
