//! CMS and timestamps in both directions: made by Karvan and verified by OpenSSL, made by OpenSSL and verified by Karvan.
//!
//! The keys are those of the tests of karvan-signature. Every signature is broken once as well, in its content: then both
//! must refuse it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use karvan_pki::{Certificate, DigestAlgorithm, Limits, SignatureAlgorithm, certificates};
use karvan_signature::cms::{Policy, Signer, verify};
use karvan_signature::timestamp::{Request, Response};
use karvan_signature::{PrivateKey, SigningKey};
use ring::rand::SystemRandom;

use super::Table;
use super::oracle::{output, verdict};

/// Where the content is, and how OpenSSL is asked for it.
const SHAPES: [(&str, bool, usize, &[&str]); 5] = [
    ("detached", true, 45, &[]),
    ("enclosing", false, 45, &["-nodetach"]),
    ("streamed", false, 3 << 20, &["-nodetach", "-stream"]),
    ("cades", false, 45, &["-nodetach", "-cades"]),
    ("no attributes", false, 3 << 20, &["-nodetach", "-noattr"]),
];

struct Case<'a> {
    key: &'a PrivateKey,
    file: &'a str,
    certificate: &'a Certificate,
    detached: bool,
    content: &'a [u8],
    openssl: &'a [&'a str],
    folder: &'a Path,
}

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let mut table = Table::new(["algorithm", "key", "shape", "karvan to openssl", "openssl to karvan"]);
    let folder = tempfile::tempdir()?;
    let (mut good, mut all) = (0, 0);
    for (file, algorithm) in algorithms() {
        let octets = fs::read(keys().join(format!("{file}.pem")))?;
        let key = PrivateKey::read(&octets, Arc::new(SystemRandom::new()))?.with_algorithm(algorithm)?;
        let name = format!("{file}-certificate.pem");
        let certificate = certificates(&name, &fs::read(keys().join(&name))?, &Limits::default()).0;
        let certificate = certificate.first().ok_or("no certificate")?;
        for (shape, detached, length, openssl) in SHAPES {
            let content: Vec<u8> = (0..length).map(|index| (index * 7 % 251) as u8).collect();
            let folder = folder.path();
            let case = Case { key: &key, file, certificate, detached, content: &content, openssl, folder };
            let there = case.there()?;
            let back = case.back()?;
            for verdict in [there, back] {
                good += usize::from(verdict == "good");
                all += usize::from(verdict != "none");
            }
            table.row([algorithm.to_string(), file.to_owned(), shape.to_owned(), there.to_owned(), back.to_owned()]);
        }
    }
    for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        let back = stamped(digest, folder.path())?;
        good += usize::from(back == "good");
        all += 1;
        table.row([digest.to_string(), "p256".to_owned(), "timestamp".to_owned(), "none".to_owned(), back.to_owned()]);
    }
    table.summary(format!(
        "{all} signatures and timestamps, {good} verified by the other side, and refused by it when broken"
    ));
    table.tool(output(Command::new("openssl").arg("version"))?.trim());
    Ok(table)
}

fn keys() -> PathBuf {
    crate::workspace().join("crates/karvan-signature/tests/keys")
}

/// Every algorithm that both sides have.
fn algorithms() -> Vec<(&'static str, SignatureAlgorithm)> {
    use SignatureAlgorithm::{EcdsaFixed, Ed25519, RsaPkcs1};
    let mut all = Vec::new();
    for digest in DigestAlgorithm::sound() {
        all.push(("rsa", RsaPkcs1(digest)));
        all.push(("rsa", SignatureAlgorithm::rsa_pss(digest)));
        all.push(("p256", EcdsaFixed(digest)));
        all.push(("p384", EcdsaFixed(digest)));
        all.push(("p521", EcdsaFixed(digest)));
    }
    all.push(("ed25519", Ed25519));
    all
}

impl Case<'_> {
    /// Karvan signs, OpenSSL verifies.
    fn there(&self) -> crate::Result<&'static str> {
        if self.openssl.contains(&"-noattr") {
            // Karvan always signs with attributes.
            return Ok("none");
        }
        let signer = Signer::new(self.key, vec![self.certificate.clone()])?;
        let mut signed = Vec::new();
        if self.detached {
            signed = signer.sign_detached(self.content)?;
        } else {
            signer.sign(self.content, &mut signed)?;
        }
        let good = self.verified_there(&signed, self.content)?;
        let broken = if self.detached {
            self.verified_there(&signed, &broken(self.content))?
        } else {
            self.verified_there(&self.broken_inside(&signed), self.content)?
        };
        Ok(verdict(good, broken))
    }

    fn verified_there(&self, signed: &[u8], content: &[u8]) -> crate::Result<bool> {
        let [signature, input, output] = ["signed.p7", "content", "verified"].map(|name| self.folder.join(name));
        fs::write(&signature, signed)?;
        fs::write(&input, content)?;
        let mut command = Command::new("openssl");
        command.args(["cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in"]).arg(signature);
        if self.detached {
            command.arg("-content").arg(input);
        }
        let ended = command.arg("-out").arg(&output).output().map_err(|error| format!("openssl: {error}"))?;
        Ok(ended.status.success() && fs::read(output)? == content)
    }

    /// OpenSSL signs, Karvan verifies.
    fn back(&self) -> crate::Result<&'static str> {
        let [input, output] = ["content", "signed.p7"].map(|name| self.folder.join(name));
        fs::write(&input, self.content)?;
        let mut command = Command::new("openssl");
        command.args(["cms", "-sign", "-binary", "-outform", "DER", "-in"]).arg(&input).arg("-out").arg(&output);
        command.arg("-signer").arg(keys().join(format!("{}-certificate.pem", self.file)));
        command.arg("-inkey").arg(keys().join(format!("{}.pem", self.file))).args(self.openssl);
        if let Some(digest) = self.key.algorithm().digest() {
            command.arg("-md").arg(digest.to_string().to_lowercase().replace("sha-", "sha"));
        }
        if matches!(self.key.algorithm(), SignatureAlgorithm::RsaPss { .. }) {
            command.args(["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1"]);
        }
        let ended = command.output().map_err(|error| format!("openssl: {error}"))?;
        if !ended.status.success() {
            return Ok("none");
        }
        let signed = fs::read(output)?;
        let good = self.verified_here(&signed, self.content);
        let broken = if self.detached {
            self.verified_here(&signed, &broken(self.content))
        } else {
            self.verified_here(&self.broken_inside(&signed), self.content)
        };
        Ok(verdict(good, broken))
    }

    fn verified_here(&self, signed: &[u8], content: &[u8]) -> bool {
        let mut detached = content;
        let detached = self.detached.then_some(&mut detached as &mut dyn Read);
        let Ok(intact) = verify(signed, detached, &[], &Policy::default(), Vec::new()) else { return false };
        let by = |signature: &karvan_signature::cms::Signature| match signature.algorithm()
            == self.key.algorithm().in_der()
        {
            true => Ok(()),
            false => Err(signature.algorithm()),
        };
        intact.trust(by).is_ok_and(|verified| verified.content() == content)
    }

    /// The signature around the content, one octet of it changed.
    fn broken_inside(&self, signed: &[u8]) -> Vec<u8> {
        let start = &self.content[..self.content.len().min(16)];
        let at = signed.windows(start.len()).position(|octets| octets == start).unwrap_or_default();
        let mut broken = signed.to_vec();
        broken[at] ^= 1;
        broken
    }
}

fn broken(content: &[u8]) -> Vec<u8> {
    let mut broken = content.to_vec();
    broken[0] ^= 1;
    broken
}

/// Karvan asks for a timestamp, OpenSSL stamps, Karvan verifies.
fn stamped(digest: DigestAlgorithm, folder: &Path) -> crate::Result<&'static str> {
    let [query, reply, serial, config] = ["query", "reply", "serial", "tsa.cnf"].map(|name| folder.join(name));
    fs::write(&serial, "01\n")?;
    let settings = format!(
        "[tsa]\ndefault_tsa = sample\n[sample]\nserial = {}\ndefault_policy = 1.3.6.1.4.1.99999.1\n\
         digests = sha256, sha384, sha512\nsigner_digest = sha256\ness_cert_id_alg = sha256\n",
        serial.display()
    );
    fs::write(&config, settings)?;
    let content = b"what is stamped";
    let request = Request::new(digest, content).with_nonce(&[7; 16]);
    fs::write(&query, request.to_der())?;
    let authority = crate::workspace().join("crates/karvan-signature/tests/cms/authority.pem");
    let mut command = Command::new("openssl");
    command.args(["ts", "-reply", "-config"]).arg(config).arg("-queryfile").arg(query).arg("-signer").arg(authority);
    output(command.arg("-inkey").arg(keys().join("p256.pem")).arg("-out").arg(&reply))?;
    let response = Response::from_der(&fs::read(reply)?).ok_or("no response")?;
    let token = response.token(&request)?;
    let verified = |octets: &[u8]| token.verify(octets, &[], &Policy::default()).is_ok();
    Ok(verdict(verified(content), verified(b"something else")))
}
