//! Signatures in both directions: made by Karvan and verified by xmlsec1, made by xmlsec1 and verified by Karvan.
//!
//! xmlsec1 has no Ed25519; there the other side is `oracle/ed25519.py`, on libxml2 and OpenSSL. The keys are those of the
//! tests of karvan-signature. Every signature is broken once as well: then both must refuse it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use karvan_pki::{Certificate, Limits as PkiLimits, certificates};
use karvan_signature::{
    Coverage, DigestAlgorithm, ExternalFile, Policy, PrivateKey, Signed, Signer, SigningKey, signature_identifier,
    verify,
};
use karvan_xml::{Canonicalization, Document, Limits};
use ring::rand::SystemRandom;

use super::Table;
use super::oracle::{file, output, verdict};

/// The document that is signed; comments, CR LF, Persian and an `xml:` attribute are what canonical forms differ about.
const INVOICE: &str = "<?xml version=\"1.0\"?>\n<!-- before -->\n<i:Invoice xmlns:i=\"urn:sample:invoice\" \
    xmlns='urn:sample:basic' xmlns:unused='urn:sample:unused' xml:lang='fa'>\r\n  <Line Id='line' b='2' a='&#10;&lt;'>\
    قالی&#13;<!-- inside --></Line>\n  <Empty xmlns=''/>\n</i:Invoice>\n<!-- after -->\n";

const FORMS: [(&str, bool, bool); 4] = [
    ("c14n", false, false),
    ("c14n-with-comments", false, true),
    ("exc-c14n", true, false),
    ("exc-c14n-with-comments", true, true),
];

/// What is signed, and where the signature stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// In the document, over all of it.
    Enveloped,
    /// In the document, over one element.
    Element,
    /// In a file of its own, over the octets of another.
    Detached,
    /// In a file of its own, over the canonical form of another.
    DetachedXml,
}

impl Placement {
    const ALL: [(&'static str, Self); 4] = [
        ("enveloped", Self::Enveloped),
        ("element", Self::Element),
        ("detached", Self::Detached),
        ("detached-xml", Self::DetachedXml),
    ];

    fn in_document(self) -> bool {
        matches!(self, Self::Enveloped | Self::Element)
    }
}

/// One key with one algorithm.
struct Key {
    file: &'static str,
    key: PrivateKey,
    certificate: Certificate,
    digest: DigestAlgorithm,
}

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["algorithm", "placement", "form", "tool", "karvan to tool", "tool to karvan"]);
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("invoice.xml"), INVOICE)?;
    let (mut good, mut all) = (0, 0);
    for key in keys()? {
        for (placement_name, placement) in Placement::ALL {
            for (form_name, exclusive, comments) in FORMS {
                let form = if exclusive { Canonicalization::exclusive() } else { Canonicalization::inclusive() };
                let case = Case { key: &key, placement, form: form.with_comments(comments), folder: folder.path() };
                let (there, back) = (case.there()?, case.back()?);
                good += usize::from(there == "good") + usize::from(back == "good");
                all += 2;
                let identifier = signature_identifier(key.key.algorithm()).unwrap_or_default();
                let algorithm = identifier.rsplit('#').next().unwrap_or_default();
                table.row([algorithm, placement_name, form_name, case.tool().0, there, back]);
            }
        }
    }
    table.summary(format!("{all} signatures, {good} verified by the other side, and refused by it when broken"));
    table.tool(output(Command::new("xmlsec1").arg("--version"))?.trim());
    table.tool(output(Command::new("python3").arg(file("ed25519.py")).arg("version"))?.trim());
    Ok(table)
}

fn keys() -> crate::Result<Vec<Key>> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    let folder = crate::workspace().join("crates/karvan-signature/tests/keys");
    let mut keys = Vec::new();
    for (file, digest) in
        [("rsa", Sha256), ("rsa", Sha384), ("rsa", Sha512), ("p256", Sha256), ("p384", Sha384), ("ed25519", Sha256)]
    {
        let key = PrivateKey::read(&std::fs::read(folder.join(format!("{file}.pem")))?, Arc::new(SystemRandom::new()))?;
        let key = if file == "rsa" { key.with_digest(digest)? } else { key };
        let name = format!("{file}-certificate.pem");
        let (certificates, _) = certificates(&name, &std::fs::read(folder.join(&name))?, &PkiLimits::default());
        let certificate = certificates.into_iter().next().ok_or("no certificate")?;
        keys.push(Key { file, key, certificate, digest });
    }
    Ok(keys)
}

struct Case<'a> {
    key: &'a Key,
    placement: Placement,
    form: Canonicalization,
    folder: &'a Path,
}

impl Case<'_> {
    /// The name of the other side, and whether it is xmlsec1.
    fn tool(&self) -> (&'static str, bool) {
        if self.key.file == "ed25519" { ("lxml+cryptography", false) } else { ("xmlsec1", true) }
    }

    /// The document, without `xml:lang` where lxml would not let a part of it inherit that.
    fn document(&self) -> String {
        if self.tool().1 { INVOICE.to_owned() } else { INVOICE.replace(" xml:lang='fa'", "") }
    }

    /// Karvan signs, the other side verifies.
    fn there(&self) -> crate::Result<&'static str> {
        let document = Document::parse(self.document(), &Limits::default())?;
        let file = Document::parse(INVOICE, &Limits::default())?;
        let signer = Signer::new(&self.key.key)
            .with_certificates(vec![self.key.certificate.clone()])?
            .with_canonicalization(self.form.clone())
            .with_digest(self.key.digest)?;
        let name = "invoice.xml";
        let signed = match self.placement {
            Placement::Enveloped => signer.sign_in(document.root(), &[Signed::Document])?,
            Placement::Element => signer.sign_in(document.root(), &[Signed::Element { id: "line" }])?,
            Placement::Detached => signer.sign_detached(&[Signed::File { name, octets: INVOICE.as_bytes() }])?,
            Placement::DetachedXml => signer.sign_detached(&[Signed::XmlFile { name, document: &file }])?,
        };
        let signed = String::from_utf8(signed)?;
        Ok(verdict(self.verified_there(&signed)?, self.verified_there(&broken(&signed))?))
    }

    fn verified_there(&self, signed: &str) -> crate::Result<bool> {
        let path = self.folder.join("signed.xml");
        std::fs::write(&path, signed)?;
        let certificate = self.key_file("-certificate.pem");
        let mut command = if self.tool().1 {
            let mut command = Command::new("xmlsec1");
            command.args(["--verify", "--enabled-key-data", "x509", "--id-attr:Id", "urn:sample:basic:Line"]);
            command.arg("--trusted-pem").arg(certificate).arg(path);
            command
        } else {
            let mut command = Command::new("python3");
            command.arg(file("ed25519.py")).arg("verify").arg(certificate).arg(path);
            command
        };
        let output =
            command.current_dir(self.folder).output().map_err(|error| format!("{}: {error}", self.tool().0))?;
        Ok(output.status.success())
    }

    /// The other side signs, Karvan verifies.
    fn back(&self) -> crate::Result<&'static str> {
        let path = self.folder.join("template.xml");
        std::fs::write(&path, self.template())?;
        let key = self.key_file(".pem");
        let mut command = if self.tool().1 {
            let mut command = Command::new("xmlsec1");
            let mut both = key.into_os_string();
            both.push(",");
            both.push(self.key_file("-certificate.pem"));
            command.args(["--sign", "--id-attr:Id", "urn:sample:basic:Line", "--privkey-pem"]).arg(both).arg(path);
            command
        } else {
            let mut command = Command::new("python3");
            command.arg(file("ed25519.py")).arg("sign").arg(key).arg(path);
            command
        };
        let signed = output(command.current_dir(self.folder))?;
        Ok(verdict(self.verified_here(&signed), self.verified_here(&broken(&signed))))
    }

    fn verified_here(&self, signed: &str) -> bool {
        let coverage = if self.placement == Placement::Element { Coverage::Anything } else { Coverage::Document };
        let policy = Policy { coverage, ..Policy::default() };
        let file = ExternalFile { name: "invoice.xml", octets: INVOICE.as_bytes() };
        let known = [self.key.certificate.clone()];
        verify(signed, &[file], &known, &policy)
            .is_ok_and(|intact| intact.signed_by().key() == Some(self.key.certificate.public_key()))
    }

    /// What the other side fills in.
    fn template(&self) -> String {
        let form = self.form.identifier();
        let transform = |algorithm: &str| format!("<Transform Algorithm=\"{algorithm}\"/>");
        let enveloped = transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
        let (uri, transforms) = match self.placement {
            Placement::Enveloped => ("", format!("<Transforms>{enveloped}{}</Transforms>", transform(form))),
            Placement::Element => ("#line", format!("<Transforms>{}</Transforms>", transform(form))),
            Placement::Detached => ("invoice.xml", String::new()),
            Placement::DetachedXml => ("invoice.xml", format!("<Transforms>{}</Transforms>", transform(form))),
        };
        let signature = format!(
            "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n  <SignedInfo>\n    \
             <CanonicalizationMethod Algorithm=\"{form}\"/>\n    <SignatureMethod Algorithm=\"{}\"/>\n    \
             <Reference URI=\"{uri}\">{transforms}<DigestMethod Algorithm=\"{}\"/><DigestValue/></Reference>\n  \
             </SignedInfo>\n  <SignatureValue/>\n  <KeyInfo><X509Data/></KeyInfo>\n</Signature>",
            signature_identifier(self.key.key.algorithm()).unwrap_or_default(),
            karvan_signature::digest_identifier(self.key.digest),
        );
        if self.placement.in_document() {
            self.document().replace("</i:Invoice>", &format!("{signature}</i:Invoice>"))
        } else {
            signature
        }
    }

    fn key_file(&self, end: &str) -> std::path::PathBuf {
        crate::workspace().join(format!("crates/karvan-signature/tests/keys/{}{end}", self.key.file))
    }
}

/// The same with one character of the digest changed.
fn broken(signed: &str) -> String {
    let at = signed.find("DigestValue>").map_or(0, |at| at + "DigestValue>".len());
    let other = if signed.as_bytes().get(at) == Some(&b'A') { "B" } else { "A" };
    format!("{}{other}{}", &signed[..at], signed.get(at + 1..).unwrap_or_default())
}
