//! Published signatures: the interoperability suites that xmlsec keeps, and documents attacked by signature wrapping.
//!
//! The suites ask what xmlsec1 asks of them by its options: keys, certificates, a time. Rows that are stated to fail fail for
//! their signature, or for the path to a trust anchor at that time, which Karvan looks for then. What is left out is named
//! with its reason: algorithms that Karvan does not have (GOST, post-quantum, encryption), programs as transforms, keys that
//! the folder does not have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use karvan_pki::{
    Certificate, CertificateSet, Evidence, Legacy, Options, PublicKey, RevocationMode, RevocationOptions, Sourced,
    Status, TrustStore, find_paths,
};
use karvan_signature::{Coverage, ExternalFile, Intact, KnownKeys, Policy, Position, Secret, verify, verify_with};

use super::Table;

pub(super) fn run(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "expected", "karvan", "detail"]);
    suites(&data.join("signature/xmldsig"), &mut table)?;
    Ok(table)
}

pub(super) fn run_wrapping(data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["case", "expected", "karvan"]);
    wrapping(&data.join("signature/wrapping"), &mut table)?;
    Ok(table)
}

/// A row of the suites.
struct Row {
    expected: String,
    /// The file, without extension, from the folder of the suites.
    file: String,
    /// The folder that the files named in the options are in.
    folder: PathBuf,
    needs: String,
    options: Vec<String>,
}

/// The time of rows that name none: the certificates of the suites are renewed from time to time.
const TODAY: Timestamp = Timestamp::constant(1_795_305_600, 0);

/// What a row leaves out, by the beginning of what it needs or of its file.
const LEFT_OUT: [(&str, &str); 8] = [
    ("xmldsig11-interop-2012/signature-enveloping-x509digest-rsa", "the key is not in the folder"),
    ("gost", "GOST"),
    ("xslt", "a program as transform (XSLT) is refused by policy"),
    ("kw-", "XML Encryption"),
    ("rsa-1_5", "XML Encryption"),
    ("rsa-oaep", "XML Encryption"),
    ("ml-dsa", "post-quantum"),
    ("slh-dsa", "post-quantum"),
];

/// The suites: whatever the signature covers, wherever it stands.
fn suites(folder: &Path, table: &mut Table) -> crate::Result<()> {
    let (mut right, mut all, mut left_out, mut wrongly_accepted) = (0, 0, 0, 0);
    for line in std::fs::read_to_string(folder.join("expected.tsv"))?.lines().skip(1) {
        let mut cells = line.split('\t').map(str::to_owned);
        let mut cell = || cells.next().unwrap_or_default();
        let (expected, directory, file, needs, _, options) = (cell(), cell(), cell(), cell(), cell(), cell());
        let options = options.split_ascii_whitespace().map(str::to_owned).collect();
        let name = if directory.is_empty() { file } else { format!("{directory}/{file}") };
        let row = Row { expected, file: name, folder: folder.join(&directory), needs, options };
        let (word, detail) = match row.left_out() {
            Some(reason) => ("left out", reason.to_owned()),
            None => match row.verdict(folder) {
                Ok(detail) => ("accepted", detail),
                Err(reason) => ("refused", reason),
            },
        };
        if word == "left out" {
            left_out += 1;
        } else {
            all += 1;
            right += usize::from((word == "accepted") == (row.expected == "success"));
            wrongly_accepted += usize::from(word == "accepted" && row.expected != "success");
        }
        table.row([row.file.as_str(), &row.expected, word, &detail]);
    }
    table.summary(format!(
        "suites: {right} of {all} rows as stated, {wrongly_accepted} accepted that are stated to fail, {left_out} left out by name"
    ));
    Ok(())
}

impl Row {
    fn left_out(&self) -> Option<&'static str> {
        if self.file.ends_with("enveloped-x509-missing-cert") && self.time().is_some() && self.expected == "success" {
            return Some("the certificates of that time are not in the folder");
        }
        let needs = self.needs.split_ascii_whitespace().chain([self.file.as_str()]);
        needs
            .flat_map(|need| LEFT_OUT.iter().filter(move |(word, _)| need.starts_with(word)))
            .map(|(_, why)| *why)
            .next()
    }

    /// How it is accepted, or why not.
    fn verdict(&self, folder: &Path) -> Result<String, String> {
        let renamed = self.file.replace("manifest-x509-data-crl", "~x509-data-crl");
        let source =
            [&self.file, &renamed].into_iter().find_map(|name| std::fs::read(folder.join(format!("{name}.xml"))).ok());
        let source = source.ok_or("the file is not there")?;
        let certificates = self.certificates(folder, &["--untrusted", "--trusted", "--pubkey-cert"]);
        let secrets: Vec<_> = self
            .files(folder, &["--hmackey"])
            .into_iter()
            .map(|(_, octets)| (String::new(), Secret::of_any_length(octets)))
            .collect();
        let keys: Vec<(String, PublicKey)> = self
            .files(folder, &["--pubkey-{", "--privkey-{"])
            .iter()
            .filter_map(|(_, octets)| Some((String::new(), PublicKey::from_spki(octets).ok()?)))
            .collect();
        let externals = self.externals(folder);
        let files: Vec<_> = externals.iter().map(|(name, octets)| ExternalFile { name, octets }).collect();
        let known = KnownKeys { certificates: &certificates, keys: &keys, secrets: &secrets, alone: false };
        let intact = verify_with(source, &files, &known, &self.policy()).map_err(|rejected| codes(&rejected))?;
        self.path(folder, &intact)
    }

    /// Whatever is weak is allowed: the suites are of their time.
    fn policy(&self) -> Policy {
        let mut policy = Policy {
            coverage: Coverage::Anything,
            positions: vec![Position::Anywhere],
            legacy: Legacy::ALL,
            transforms: 8,
            // The suites have codes of 40 and 64 bits.
            hmac_bits: Some(40),
            ..Policy::default()
        };
        policy.xml.document_type = true;
        // The first signature is meant, as xmlsec1 takes it, where there are several.
        policy.selection = karvan_signature::Selection::First;
        policy
    }

    /// Whether a path leads to a trust anchor, where the options name any and the signature has a certificate.
    fn path(&self, folder: &Path, intact: &Intact) -> Result<String, String> {
        let option = |name: &str| self.options.iter().any(|option| option == name);
        let anchors = self.files(folder, &["--trusted"]);
        let Some(signer) = intact.signed_by().certificate() else { return Ok("intact".to_owned()) };
        let is_known = |file: &(String, Vec<u8>)| file.1 == signer.der();
        let is_given = self.files(folder, &["--pubkey-cert"]).iter().any(is_known) && !option("--verify-keys");
        if option("--insecure") || is_given || (self.expected == "success" && anchors.is_empty()) {
            return Ok("intact".to_owned());
        }
        let at = self.time().unwrap_or(TODAY);
        let limits = karvan_pki::Limits::default();
        let (store, _) = TrustStore::load(anchors, &limits);
        let (mut pool, _) = CertificateSet::load(self.files(folder, &["--untrusted"]), &limits);
        let (evidence, _) = Evidence::load(self.files(folder, &["--crl"]), &limits);
        let origin = Arc::from("KeyInfo");
        for certificate in intact.signed_by().offered() {
            pool.insert(certificate.clone(), &origin, &limits);
        }
        let leaf = Sourced { certificate: Arc::new(signer.clone()), origin };
        let mode = if option("--crl-$cert_format") { RevocationMode::Check } else { RevocationMode::Off };
        let revocation = RevocationOptions { mode, evidence: Arc::new(evidence), ..RevocationOptions::default() };
        // Whatever is weak is allowed, as in the signature.
        let options = Options { legacy: Legacy::ALL, revocation, ..Options::document_signature(at) };
        match find_paths(&leaf, &pool, &store, &options).status() {
            Status::Accepted => Ok("intact, path".to_owned()),
            // Old authorities do not say that they are some; the signature is what is asked about.
            _ if self.expected == "success" && !intact.legacy().is_empty() => {
                Ok("intact, weak: no path by the rules of today".to_owned())
            }
            status => Err(format!("intact, path {status:?}").to_lowercase()),
        }
    }

    fn time(&self) -> Option<Timestamp> {
        let at = self.options.iter().position(|option| option == "--verification-gmt-time")?;
        let text = self.options.get(at + 1)?;
        let (day, clock) = text.split_once('+')?;
        format!("{day}T{clock}Z").parse().ok()
    }

    fn certificates(&self, folder: &Path, options: &[&str]) -> Vec<Certificate> {
        let limits = karvan_pki::Limits::default();
        let files = self.files(folder, options);
        files.iter().flat_map(|(name, octets)| karvan_pki::certificates(name, octets, &limits).0).collect()
    }

    /// The files that follow options of these names.
    fn files(&self, folder: &Path, options: &[&str]) -> Vec<(String, Vec<u8>)> {
        let named = self.options.windows(2).filter(|pair| options.iter().any(|option| pair[0].starts_with(option)));
        let read = |pair: &[String]| {
            let name = today(&pair[1]);
            let places = [self.folder.join(&name), folder.join(&name)];
            Some((name, places.iter().find_map(|place| std::fs::read(place).ok())?))
        };
        named.filter_map(read).collect()
    }

    /// What the suites refer to, on the web and beside the file, from the folder.
    fn externals(&self, folder: &Path) -> Vec<(String, Vec<u8>)> {
        const FILES: [(&str, &str); 8] = [
            ("http://www.w3.org/TR/xml-stylesheet", "external-data/xml-stylesheet-STYLE"),
            ("http://www.ietf.org/rfc/rfc3161.txt", "external-data/rfc3161.txt"),
            ("http://www.w3.org/Signature/2002/04/xml-stylesheet.b64", "external-data/xml-stylesheet-2005.b64"),
            ("relationship/xml-base-input.xml", "aleksey-xmldsig-01/relationship/xml-base-input.xml"),
            ("document.xml", "phaos-xmldsig-three/document.xml"),
            ("document.b64", "phaos-xmldsig-three/document.b64"),
            ("c14n11/xml-base-input.xml", "xmldsig2ed-tests/c14n11/xml-base-input.xml"),
            ("tests/merlin-xmldsig-twenty-three/certs/balor.der", "merlin-xmldsig-twenty-three/certs/balor.der"),
        ];
        // The suites of Phaos signed the style sheet of later.
        let style = if self.file.starts_with("merlin") { "2005" } else { "2018" };
        let read = |(uri, name): (&str, &str)| {
            Some((uri.to_owned(), std::fs::read(folder.join(name.replace("STYLE", style))).ok()?))
        };
        FILES.into_iter().filter_map(read).collect()
    }
}

/// What a file of the options is called in the folder.
fn today(name: &str) -> String {
    const RENAMED: [(&str, &str); 8] = [
        ("keys/largersakey.$priv_key_format", "keys/rsa/rsa-4096-pubkey.der"),
        ("keys/largersa", "keys/rsa/rsa-4096-"),
        ("keys/rsacert-", "keys/rsa/rsa-2048-cert-"),
        ("keys/rsacert.", "keys/rsa/rsa-2048-cert."),
        ("keys/rsakey.$priv_key_format", "keys/rsa/rsa-2048-pubkey.der"),
        ("keys/dsakey.$priv_key_format", "keys/dsa/dsa-1024-pubkey.der"),
        ("keys/ecdsa-secp256r1-key.$priv_key_format", "keys/ec/ec-prime256v1-pubkey.der"),
        ("keys/rsa-key.crt", "keys/rsa/rsa-2048-cert.der"),
    ];
    let mut name = name.trim_start_matches("./").replace("keys/ecdsa-secp521r1-", "keys/ec/ec-prime521v1-");
    for (old, new) in RENAMED {
        name = name.replace(old, new);
    }
    let name = name.replace("keys/ecdsa-secp256r1-", "keys/ec/ec-prime256v1-");
    let der = |name: String, word| name.replace(word, "der");
    der(der(name, "$cert_format"), "$pub_key_format").replace("$pub_key_suffix", "")
}

/// The attacks: with the policy of every day.
fn wrapping(folder: &Path, table: &mut Table) -> crate::Result<()> {
    let (mut right, mut all) = (0, 0);
    for line in std::fs::read_to_string(folder.join("expected.tsv"))?.lines().skip(1) {
        let mut cells = line.split('\t');
        let (file, expected) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let expected = if expected == "accept" { "intact" } else { "refused" };
        let verdict = match verify(std::fs::read(folder.join(file))?, &[], &[], &Policy::default()) {
            Ok(_) => "intact".to_owned(),
            Err(rejected) => codes(&rejected),
        };
        all += 1;
        right += usize::from((verdict == "intact") == (expected == "intact"));
        table.row([file, expected, &verdict]);
    }
    table.summary(format!("{all} documents, {right} judged as expected"));
    Ok(())
}

/// The codes of the findings.
fn codes(rejected: &karvan_signature::Rejected) -> String {
    let name = |finding: &karvan_text::Diagnostic| {
        let index =
            finding.message.arguments().iter().find(|(name, _)| *name == "index").map(|(_, index)| format!(" {index}"));
        format!("{} {}{}", finding.code, finding.message.id(), index.unwrap_or_default())
    };
    let codes = rejected.findings().iter().map(name);
    codes.collect::<Vec<_>>().join(", ")
}
