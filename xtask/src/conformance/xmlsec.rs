//! Signatures in both directions: made by Karvan and verified by others, made by others and verified by Karvan.
//!
//! The others are xmlsec1 as the system has it, the newer libxmlsec1 that the Python package xmlsec brings along, and
//! for Ed25519, which neither has, `oracle/ed25519.py` on libxml2 and OpenSSL. The keys are those of the tests of
//! karvan-signature. Every signature is made in every canonical form and broken once as well: then it must be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use karvan_pki::{Certificate, Limits as PkiLimits, SignatureAlgorithm, certificates};
use karvan_signature::{
    Coverage, DigestAlgorithm, ExternalFile, KnownKeys, Policy, PrivateKey, Secret, Signed, Signer, digest_identifier,
    signature_identifier, verify_with,
};
use karvan_xml::{Canonicalization, Document, Limits};
use ring::rand::SystemRandom;

use super::Table;
use super::oracle::{Oracle, file, output, text, verdict};

/// The document that is signed; comments, CR LF, Persian and an `xml:` attribute are what canonical forms differ about.
const INVOICE: &str = "<?xml version=\"1.0\"?>\n<!-- before -->\n<i:Invoice xmlns:i=\"urn:sample:invoice\" \
    xmlns='urn:sample:basic' xmlns:unused='urn:sample:unused' xml:lang='fa'>\r\n  <Line Id='line' b='2' a='&#10;&lt;'>\
    قالی&#13;<!-- inside --></Line>\n  <Empty xmlns=''/>\n</i:Invoice>\n<!-- after -->\n";

/// What parts inherit, and lxml forgets.
const INHERITED: &str = " xml:lang='fa'";

/// The prefixes of the list of an exclusive form.
const PREFIXES: [&str; 2] = ["unused", "#default"];

const SECRET: &[u8] = b"a secret of sixty-four octets, as long as a block of SHA-256 is.";

/// What is signed, and where the signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    /// In the document, over all of it.
    Enveloped,
    /// In the document, over one element.
    Element,
    /// Around what it signs.
    Enveloping,
    /// In a file of its own, over the octets of another.
    Detached,
    /// In a file of its own, over the canonical form of another.
    DetachedXml,
    /// In the document, over what an expression leaves of it: all but the signature.
    XPath,
    /// The same by XPath Filter 2.
    Filter,
}

impl Placement {
    const ALL: [(&'static str, Self); 7] = [
        ("enveloped", Self::Enveloped),
        ("element", Self::Element),
        ("enveloping", Self::Enveloping),
        ("detached", Self::Detached),
        ("detached-xml", Self::DetachedXml),
        ("xpath", Self::XPath),
        ("xpath-filter-2", Self::Filter),
    ];

    fn in_document(self) -> bool {
        matches!(self, Self::Enveloped | Self::Element | Self::XPath | Self::Filter)
    }
}

/// A key with an algorithm, for what is signed the same digest.
struct Method {
    /// The last part of the identifier of the algorithm.
    name: &'static str,
    identifier: &'static str,
    digest: DigestAlgorithm,
    key: Key,
}

enum Key {
    Pair { file: &'static str, private: Box<PrivateKey>, certificate: Box<Certificate> },
    Secret(DigestAlgorithm),
}

impl Key {
    const fn name(&self) -> &'static str {
        match self {
            Self::Pair { file, .. } => file,
            Self::Secret(_) => "secret",
        }
    }
}

impl Method {
    /// Whether libxmlsec1 has it from version 1.3 on only.
    fn is_new(&self) -> bool {
        self.name.contains("sha3") || self.name.ends_with("MGF1")
    }

    fn is_edwards(&self) -> bool {
        self.name.contains("ed25519")
    }

    /// The file to sign with, the one of the certificate if there is one, and the one to verify with.
    fn files(&self, folder: &Path) -> (PathBuf, Option<PathBuf>, PathBuf) {
        match &self.key {
            Key::Pair { file, .. } => {
                let certificate = keys().join(format!("{file}-certificate.pem"));
                (keys().join(format!("{file}.pem")), Some(certificate.clone()), certificate)
            }
            Key::Secret(_) => (folder.join("secret"), None, folder.join("secret")),
        }
    }
}

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let columns = ["algorithm", "key", "placement", "tool", "karvan to tool", "tool to karvan"];
    let mut table = Table::new(columns);
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("invoice.xml"), INVOICE)?;
    fs::write(folder.path().join("secret"), SECRET)?;
    let mut script = Command::new("python3");
    let python = Oracle::start(script.arg(file("xmlsec.py")).current_dir(folder.path()))?;
    let mut tools = [Tool::Xmlsec1, Tool::Python(python), Tool::Lxml];
    let (mut good, mut all) = (0, 0);
    for method in methods()? {
        for (placement_name, placement) in Placement::ALL {
            for tool in &mut tools {
                if !tool.has(&method, placement) {
                    continue;
                }
                let (mut there, mut back) = (Tally::default(), Tally::default());
                for (form_name, form) in tool.forms() {
                    let case = Case { method: &method, placement, form, folder: folder.path() };
                    there.count(form_name, case.there(tool)?);
                    back.count(form_name, Some(case.back(tool)?));
                }
                for tally in [&there, &back] {
                    good += tally.good;
                    all += tally.all;
                }
                table.row([method.name, method.key.name(), placement_name, tool.name(), &there.cell(), &back.cell()]);
            }
        }
    }
    table.summary(format!("{all} signatures, {good} verified by the other side, and refused by it when broken"));
    table.tool(output(Command::new("xmlsec1").arg("--version"))?.trim());
    for script in ["xmlsec.py", "ed25519.py"] {
        table.tool(output(Command::new("python3").arg(file(script)).arg("version"))?.trim());
    }
    Ok(table)
}

/// How many of the signatures of a row were good, and in which forms they were not.
#[derive(Default)]
struct Tally {
    good: usize,
    all: usize,
    others: Vec<String>,
}

impl Tally {
    fn count(&mut self, form: &str, verdict: Option<&str>) {
        self.all += usize::from(verdict.is_some());
        match verdict {
            Some("good") => self.good += 1,
            Some(verdict) => self.others.push(format!("{form} {verdict}")),
            None => {}
        }
    }

    fn cell(&self) -> String {
        match self.all {
            0 => "none".to_owned(),
            all if self.others.is_empty() => format!("{all} of {all}"),
            all => format!("{} of {all}: {}", self.good, self.others.join(", ")),
        }
    }
}

fn keys() -> PathBuf {
    crate::workspace().join("crates/karvan-signature/tests/keys")
}

fn methods() -> crate::Result<Vec<Method>> {
    use SignatureAlgorithm::{EcdsaFixed, Ed25519, RsaPkcs1};
    let mut algorithms = vec![("ed25519", Ed25519, DigestAlgorithm::Sha256)];
    for digest in DigestAlgorithm::sound() {
        algorithms.push(("rsa", RsaPkcs1(digest), digest));
        algorithms.push(("rsa", SignatureAlgorithm::rsa_pss(digest), digest));
        for curve in ["p256", "p384", "p521"] {
            algorithms.push((curve, EcdsaFixed(digest), digest));
        }
    }
    let mut methods = Vec::new();
    for (file, algorithm, digest) in algorithms {
        let Some(identifier) = signature_identifier(algorithm) else { continue };
        let private = PrivateKey::read(&fs::read(keys().join(format!("{file}.pem")))?, Arc::new(SystemRandom::new()))?;
        let private = Box::new(private.with_algorithm(algorithm)?);
        let name = format!("{file}-certificate.pem");
        let (certificates, _) = certificates(&name, &fs::read(keys().join(&name))?, &PkiLimits::default());
        let certificate = Box::new(certificates.into_iter().next().ok_or("no certificate")?);
        methods.push(Method {
            name: last_part(identifier),
            identifier,
            digest,
            key: Key::Pair { file, private, certificate },
        });
    }
    for (identifier, digest) in [
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha224", DigestAlgorithm::Sha224),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", DigestAlgorithm::Sha256),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", DigestAlgorithm::Sha384),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", DigestAlgorithm::Sha512),
    ] {
        methods.push(Method { name: last_part(identifier), identifier, digest, key: Key::Secret(digest) });
    }
    Ok(methods)
}

fn last_part(identifier: &'static str) -> &'static str {
    identifier.rsplit('#').next().unwrap_or_default()
}

/// The other side.
enum Tool {
    Xmlsec1,
    Python(Oracle),
    Lxml,
}

impl Tool {
    const fn name(&self) -> &'static str {
        match self {
            Self::Xmlsec1 => "xmlsec1",
            Self::Python(_) => "PyPI xmlsec",
            Self::Lxml => "lxml+cryptography",
        }
    }

    fn has(&self, method: &Method, placement: Placement) -> bool {
        match self {
            Self::Xmlsec1 => !method.is_new() && !method.is_edwards(),
            Self::Python(_) => !method.is_edwards(),
            Self::Lxml => {
                method.is_edwards()
                    && !matches!(placement, Placement::Enveloping | Placement::XPath | Placement::Filter)
            }
        }
    }

    fn forms(&self) -> Vec<(&'static str, Canonicalization)> {
        let mut forms = vec![
            ("c14n", Canonicalization::inclusive()),
            ("c14n-with-comments", Canonicalization::inclusive().with_comments(true)),
            ("exc-c14n", Canonicalization::exclusive()),
            ("exc-c14n-with-comments", Canonicalization::exclusive().with_comments(true)),
        ];
        if !matches!(self, Self::Lxml) {
            forms.push(("c14n11", Canonicalization::inclusive_1_1()));
            forms.push(("c14n11-with-comments", Canonicalization::inclusive_1_1().with_comments(true)));
            forms.push(("exc-c14n with prefixes", Canonicalization::exclusive().with_inclusive_prefixes(PREFIXES)));
        }
        forms
    }

    fn document(&self) -> String {
        if matches!(self, Self::Lxml) { INVOICE.replace(INHERITED, "") } else { INVOICE.to_owned() }
    }

    fn verifies(&mut self, signed: &str, method: &Method, folder: &Path) -> crate::Result<bool> {
        let path = folder.join("signed.xml");
        fs::write(&path, signed)?;
        let (_, _, known) = method.files(folder);
        let mut command = match self {
            Self::Python(oracle) => return Ok(oracle.ask(&["verify", text(&known)?, text(&path)?])? == "ok"),
            Self::Xmlsec1 => {
                let mut command = Command::new("xmlsec1");
                command.args(["--verify", "--id-attr:Id", "urn:sample:basic:Line"]);
                match method.key {
                    Key::Pair { .. } => command.args(["--enabled-key-data", "x509", "--trusted-pem"]).arg(known),
                    Key::Secret(_) => command.arg("--hmackey").arg(known),
                };
                command
            }
            Self::Lxml => {
                let mut command = Command::new("python3");
                command.arg(file("ed25519.py")).arg("verify").arg(known);
                command
            }
        };
        let ended = command.arg(path).current_dir(folder).output();
        Ok(ended.map_err(|error| format!("{}: {error}", self.name()))?.status.success())
    }

    fn signs(&mut self, template: &str, method: &Method, folder: &Path) -> crate::Result<String> {
        let path = folder.join("template.xml");
        fs::write(&path, template)?;
        let (key, chain, _) = method.files(folder);
        let mut command = match self {
            Self::Python(oracle) => {
                let signed = folder.join("signed.xml");
                let chain = chain.unwrap_or_default();
                let answer = oracle.ask(&["sign", text(&key)?, text(&chain)?, text(&path)?, text(&signed)?])?;
                return if answer == "ok" { Ok(fs::read_to_string(signed)?) } else { Err(answer.into()) };
            }
            Self::Xmlsec1 => {
                let mut command = Command::new("xmlsec1");
                command.args(["--sign", "--id-attr:Id", "urn:sample:basic:Line"]);
                match chain {
                    Some(chain) => {
                        command.arg("--privkey-pem").arg(format!("{},{}", text(&key)?, text(&chain)?));
                    }
                    None => {
                        command.arg("--hmackey").arg(key);
                    }
                }
                command
            }
            Self::Lxml => {
                let mut command = Command::new("python3");
                command.arg(file("ed25519.py")).arg("sign").arg(key);
                command
            }
        };
        output(command.arg(path).current_dir(folder))
    }
}

struct Case<'a> {
    method: &'a Method,
    placement: Placement,
    form: Canonicalization,
    folder: &'a Path,
}

impl Case<'_> {
    /// Karvan signs, the other side verifies; none where Karvan makes no such signature.
    fn there(&self, tool: &mut Tool) -> crate::Result<Option<&'static str>> {
        let document = Document::parse(tool.document(), &Limits::default())?;
        let file = Document::parse(INVOICE, &Limits::default())?;
        let signer = match &self.method.key {
            Key::Pair { private, certificate, .. } => {
                Signer::new(private.as_ref()).with_certificates(vec![certificate.as_ref().clone()])?
            }
            Key::Secret(digest) => Signer::with_secret(SECRET, *digest),
        };
        let signer = signer.with_canonicalization(self.form.clone()).with_digest(self.method.digest)?;
        let (name, octets) = ("invoice.xml", INVOICE.as_bytes());
        let signed = match self.placement {
            Placement::Enveloped => signer.sign_in(document.root(), &[Signed::Document])?,
            Placement::Element => signer.sign_in(document.root(), &[Signed::Element { id: "line" }])?,
            Placement::Enveloping => signer.sign_detached(&[Signed::Content { octets }])?,
            Placement::Detached => signer.sign_detached(&[Signed::File { name, octets }])?,
            Placement::DetachedXml => signer.sign_detached(&[Signed::XmlFile { name, document: &file }])?,
            Placement::XPath | Placement::Filter => return Ok(None),
        };
        let signed = String::from_utf8(signed)?;
        let mut verifies = |signed: &str| tool.verifies(signed, self.method, self.folder);
        Ok(Some(verdict(verifies(&signed)?, verifies(&broken(&signed))?)))
    }

    /// The other side signs, Karvan verifies.
    fn back(&self, tool: &mut Tool) -> crate::Result<&'static str> {
        let signed = tool.signs(&self.template(&tool.document()), self.method, self.folder)?;
        Ok(verdict(self.verifies(&signed), self.verifies(&broken(&signed))))
    }

    fn verifies(&self, signed: &str) -> bool {
        let coverage = if self.placement == Placement::Element { Coverage::Anything } else { Coverage::Document };
        let policy = Policy { coverage, ..Policy::default() };
        let files = [ExternalFile { name: "invoice.xml", octets: INVOICE.as_bytes() }];
        let secrets = [("secret".to_owned(), Secret::of_any_length(SECRET.to_vec()))];
        let (certificates, public) = match &self.method.key {
            Key::Pair { certificate, .. } => (vec![certificate.as_ref().clone()], Some(certificate.public_key())),
            Key::Secret(_) => (Vec::new(), None),
        };
        let known = KnownKeys { certificates: &certificates, secrets: &secrets, ..KnownKeys::default() };
        verify_with(signed, &files, &known, &policy).is_ok_and(|intact| intact.signed_by().key() == public)
    }

    /// What the other side fills in.
    fn template(&self, document: &str) -> String {
        let (form, identifier) = (self.form(), self.form.identifier());
        let named =
            |algorithm: &str, inside: &str| format!("<Transform Algorithm=\"{algorithm}\">{inside}</Transform>");
        let canonical = named(identifier, &form);
        let (uri, transforms) = match self.placement {
            Placement::Enveloped => {
                ("", named("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "") + &canonical)
            }
            Placement::XPath => {
                let expression =
                    "<XPath xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\">not(ancestor-or-self::d:Signature)</XPath>";
                ("", named("http://www.w3.org/TR/1999/REC-xpath-19991116", expression) + &canonical)
            }
            Placement::Filter => {
                let expression = "<f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" \
                    Filter=\"subtract\">here()/ancestor::*[local-name()='Signature']</f:XPath>";
                ("", named("http://www.w3.org/2002/06/xmldsig-filter2", expression) + &canonical)
            }
            Placement::Element => ("#line", canonical),
            Placement::Enveloping => ("#object", canonical),
            Placement::Detached => ("invoice.xml", String::new()),
            Placement::DetachedXml => ("invoice.xml", canonical),
        };
        let transforms =
            if transforms.is_empty() { transforms } else { format!("<Transforms>{transforms}</Transforms>") };
        let object = if self.placement == Placement::Enveloping {
            let root = document.find("<i:").unwrap_or_default()..document.rfind("<!-- after").unwrap_or(document.len());
            format!("<Object Id=\"object\">{}</Object>", &document[root])
        } else {
            String::new()
        };
        let key_info = match self.method.key {
            Key::Pair { .. } => "<KeyInfo><X509Data/></KeyInfo>",
            Key::Secret(_) => "",
        };
        let signature = format!(
            "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n  <SignedInfo>\n    \
             <CanonicalizationMethod Algorithm=\"{identifier}\">{form}</CanonicalizationMethod>\n    \
             <SignatureMethod Algorithm=\"{}\"/>\n    <Reference URI=\"{uri}\">{transforms}\
             <DigestMethod Algorithm=\"{}\"/><DigestValue/></Reference>\n  </SignedInfo>\n  <SignatureValue/>\n  \
             {key_info}{object}\n</Signature>",
            self.method.identifier,
            digest_identifier(self.method.digest),
        );
        if self.placement.in_document() {
            document.replace("</i:Invoice>", &format!("{signature}</i:Invoice>"))
        } else {
            signature
        }
    }

    /// What stands in the elements that name the form.
    fn form(&self) -> String {
        let prefixes: Vec<_> = self.form.inclusive_prefixes().collect();
        if prefixes.is_empty() {
            return String::new();
        }
        let list = prefixes.join(" ");
        format!("<e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{list}\"/>")
    }
}

/// The same with one character of the digest changed.
fn broken(signed: &str) -> String {
    let at = signed.find("DigestValue>").map_or(0, |at| at + "DigestValue>".len());
    let other = if signed.as_bytes().get(at) == Some(&b'A') { "B" } else { "A" };
    format!("{}{other}{}", &signed[..at], signed.get(at + 1..).unwrap_or_default())
}
