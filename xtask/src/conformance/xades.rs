//! XAdES in both directions: EU DSS at every baseline level, signxml at the level B-B.
//!
//! Authorities, signers and lists are made anew by the script of `samples/xades`; Karvan's timestamps come from OpenSSL,
//! those of DSS from DSS. Every signature is broken once as well, in its content: then it must be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use karvan_engine::sign::cms::authority;
use karvan_engine::sign::{Extender, Identity, Options, Placement, Scheme, sign};
use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::{Outcome, Report, files_referred_to, verify};
use karvan_engine::xades::{Level, Properties};
use karvan_engine::{DigestAlgorithm, PathLimits, RevocationMode, SignaturePolicy, Timestamp, XmlLimits};

use super::Table;
use super::oracle::{Oracle, file, output, text};

/// The kind of key, its padding, and its digests; signxml has all but Ed25519.
pub(super) const KEYS: [(&str, &str, &[DigestAlgorithm]); 6] = [
    ("rsa", "usual", &[DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512]),
    ("rsa", "pss", &[DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512]),
    ("p256", "usual", &[DigestAlgorithm::Sha256]),
    ("p384", "usual", &[DigestAlgorithm::Sha384]),
    ("p521", "usual", &[DigestAlgorithm::Sha512]),
    ("ed25519", "usual", &[DigestAlgorithm::Sha512]),
];

const LEVELS: [(&str, Level); 4] = [("B", Level::B), ("T", Level::T), ("LT", Level::Lt), ("LTA", Level::Lta)];

const PLACEMENTS: [(&str, Placement); 3] =
    [("ENVELOPED", Placement::Enveloped), ("ENVELOPING", Placement::Enveloping), ("DETACHED", Placement::Detached)];

/// Comments, CR LF, Persian and an attribute of the namespace `xml` are what canonical forms differ about.
const CONTENT: &str = "<?xml version=\"1.0\"?>\n<i:Invoice xmlns:i=\"urn:sample:invoice\" xmlns='urn:sample:basic' \
    xml:lang='fa'>\r\n  <Line Id='line' b='2' a='&#10;&lt;'>قالی&#13;<!-- inside --></Line>\n  \
    <Total>1250</Total>\n</i:Invoice>\n";

/// The same in Base64: the first octets.
const BEGINNING: &str = "PD94bWwg";

/// An attribute that parts inherit, which lxml forgets when signxml digests them.
const INHERITED: &str = " xml:lang='fa'";

/// What was changed afterwards: the total.
const TOTALS: (&str, &str) = (">1250<", ">9250<");

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let bench = Bench::new()?;
    let mut peers = Peers::start(&bench)?;
    let columns =
        ["algorithm", "level", "form", "karvan to dss", "dss to karvan", "karvan to signxml", "signxml to karvan"];
    let mut table = Table::new(columns);
    let (mut all, mut good) = (0, 0);
    for (signer, padding, digests) in KEYS {
        for digest in digests {
            let key = Key { signer, pss: padding == "pss", digest: *digest };
            for (level_name, level) in LEVELS {
                for (form, placement) in PLACEMENTS {
                    let case = Case { bench: &bench, key: &key, level_name, level, form, placement };
                    let with_signxml = level == Level::B && signer != "ed25519";
                    let verdicts = [
                        case.karvan_to_dss(&mut peers.dss)?,
                        case.dss_to_karvan(&mut peers.dss)?,
                        if with_signxml { case.karvan_to_signxml(&mut peers.signxml)? } else { "none".to_owned() },
                        if with_signxml { case.signxml_to_karvan(&mut peers.signxml)? } else { "none".to_owned() },
                    ];
                    all += verdicts.iter().filter(|verdict| *verdict != "none").count();
                    good += verdicts.iter().filter(|verdict| *verdict == "good").count();
                    let name = [key.name(), format!("B-{level_name}"), form.to_ascii_lowercase()];
                    table.row(name.into_iter().chain(verdicts));
                }
            }
        }
    }
    table.summary(format!(
        "{all} signatures, {good} accepted by the other side at their level, and refused by it when broken"
    ));
    table.tool("EU DSS 6.1");
    table.tool(output(Command::new("python3").arg(file("xades.py")).arg("version"))?.trim());
    table.tool(output(Command::new("openssl").arg("version"))?.trim());
    Ok(table)
}

/// A folder with authorities, keys and the content.
pub(super) struct Bench {
    pub(super) folder: tempfile::TempDir,
    pub(super) material: Material,
}

impl Bench {
    pub(super) fn new() -> crate::Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::copy(crate::workspace().join("samples/xades/make.sh"), at("make.sh"))?;
        let signers = "rsa:rsa3072 p256:P-256 p384:P-384 p521:P-521 ed25519:ED25519 revoked:P-256";
        output(Command::new("sh").arg(at("make.sh")).env("SIGNERS", signers))?;
        fs::write(at("invoice.xml"), CONTENT)?;
        fs::create_dir(at("broken"))?;
        fs::create_dir(at("plain"))?;
        fs::write(at("plain/invoice.xml"), CONTENT.replace(INHERITED, ""))?;
        fs::write(at("broken/invoice.xml"), CONTENT.replace(TOTALS.0, TOTALS.1))?;
        fs::write(at("order.edi"), "UNH+1+ORDERS:D:96A:UN'BGM+220+7'UNT+3+1'")?;
        fs::write(at("serial"), "01\n")?;
        let read = |name: &str| Ok::<Named, std::io::Error>((name.to_owned(), fs::read(at(name))?));
        let authorities = [read("authorities/traders.pem")?, read("authorities/stamps.pem")?];
        let lists = [read("crl/root.crl")?, read("crl/traders.crl")?, read("crl/stamps.crl")?];
        let material = Material::load(&[read("trust/root.pem")?], &authorities, PathLimits::default())
            .with_evidence(&lists)
            .revocation(RevocationMode::Require, None);
        Ok(Self { folder, material })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Who signs with `key`.
    pub(super) fn identity(&self, key: &Key) -> crate::Result<Identity> {
        let chain = format!("signers/{}.pem", key.signer);
        let chain = [(chain.clone(), fs::read(self.path(&chain))?)];
        let file = fs::read(self.path(&format!("signers/{}.key.pem", key.signer)))?;
        let digest = (key.signer != "ed25519").then_some(key.digest);
        Ok(Identity::open(&file, None, &chain, Scheme { digest, pss: key.pss })?)
    }

    /// What OpenSSL answers as the timestamping authority.
    pub(super) fn stamp(&self, request: &[u8]) -> crate::Result<Vec<u8>> {
        let (asked, answer) = (self.path("request.tsq"), self.path("answer.tsr"));
        fs::write(&asked, request)?;
        let mut command = Command::new("openssl");
        command.args(["ts", "-reply", "-config", "tsa/openssl.cnf", "-queryfile"]).arg(asked).arg("-out").arg(&answer);
        output(command.current_dir(self.folder.path()).env("TSA_SERIAL", self.path("serial")))?;
        Ok(fs::read(answer)?)
    }

    /// How Karvan judges `signed`, at which level: the indication and the level.
    fn judged(&self, signed: &Path, content: &str) -> crate::Result<(String, Option<String>)> {
        let source = fs::read(signed)?;
        let mut files = Vec::new();
        for name in files_referred_to(&source, &XmlLimits::default()) {
            files.push((name, fs::read(self.path(content))?));
        }
        let outcome = verify(source, &files, &self.material, &SignaturePolicy::default(), Timestamp::now());
        Ok((
            outcome.indication().to_string(),
            report(&outcome).and_then(|report| report.properties.as_ref()?.level.clone()),
        ))
    }
}

fn report(outcome: &Outcome) -> Option<&Report> {
    match outcome {
        Outcome::Trusted(trusted) => Some(&trusted.report),
        Outcome::ByGivenKey(good) => Some(&good.report),
        Outcome::Untrusted(report, _) | Outcome::Indeterminate(report, _) => Some(report),
        Outcome::Broken(_) => None,
    }
}

struct Peers {
    dss: Oracle,
    signxml: Oracle,
}

impl Peers {
    fn start(bench: &Bench) -> crate::Result<Self> {
        Ok(Self { dss: dss(bench)?, signxml: Oracle::python("xades.py")? })
    }
}

/// EU DSS, fetched and built by Maven, with the authorities of the bench.
pub(super) fn dss(bench: &Bench) -> crate::Result<Oracle> {
    let built = crate::workspace().join("target/xades-oracle");
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "--file"]).arg(file("xades/pom.xml"));
    maven.args(["compile", "dependency:copy-dependencies"]);
    maven.arg(format!("-DoutputDirectory={}", built.join("lib").display()));
    output(&mut maven)?;
    let mut java = Command::new("java");
    java.arg("-classpath").arg(format!("{}:{}/*", built.join("classes").display(), built.join("lib").display()));
    java.arg("XadesOracle").arg(bench.folder.path());
    Oracle::start(&mut java)
}

/// One key with one algorithm.
pub(super) struct Key {
    pub(super) signer: &'static str,
    pub(super) pss: bool,
    pub(super) digest: DigestAlgorithm,
}

impl Key {
    pub(super) fn name(&self) -> String {
        let padding = if self.pss { "-pss" } else { "" };
        format!("{}{padding}-{}", self.signer, self.digest_name().to_ascii_lowercase())
    }

    pub(super) fn digest_name(&self) -> String {
        self.digest.to_string().replace('-', "")
    }

    /// As signxml calls the algorithm.
    fn method(&self) -> String {
        match (self.signer, self.pss) {
            ("rsa", true) => format!("{}_RSA_MGF1", self.digest_name()),
            ("rsa", false) => format!("RSA_{}", self.digest_name()),
            _ => format!("ECDSA_{}", self.digest_name()),
        }
    }
}

struct Case<'c> {
    bench: &'c Bench,
    key: &'c Key,
    level_name: &'static str,
    level: Level,
    form: &'static str,
    placement: Placement,
}

impl Case<'_> {
    fn karvan_to_dss(&self, dss: &mut Oracle) -> crate::Result<String> {
        self.sign()?;
        let [whole, broken] = self.asked()?.map(|parts| {
            let parts: Vec<&str> = std::iter::once("verify").chain(parts.iter().map(String::as_str)).collect();
            dss.ask(&parts)
        });
        let (whole, broken) = (whole?, broken?);
        let expected = format!("TOTAL_PASSED XAdES-BASELINE-{} |", self.level_name);
        let is_stamped = whole.matches("[timestamp").count() == whole.matches("[timestamp PASSED]").count();
        Ok(verdict(whole.starts_with(&expected) && is_stamped, broken.starts_with("TOTAL_FAILED"), &whole, &broken))
    }

    fn dss_to_karvan(&self, dss: &mut Oracle) -> crate::Result<String> {
        let (content, signed) = (self.bench.path("invoice.xml"), self.bench.path("signed.xml"));
        let (digest, padding) = (self.key.digest_name(), if self.key.pss { "pss" } else { "usual" });
        let answer = dss.ask(&[
            "sign",
            self.level_name,
            &digest,
            self.key.signer,
            padding,
            self.form,
            text(&content)?,
            text(&signed)?,
        ])?;
        self.judged(&answer, "invoice.xml")
    }

    fn karvan_to_signxml(&self, signxml: &mut Oracle) -> crate::Result<String> {
        self.sign()?;
        let root = self.bench.path("trust/root.pem");
        let root = text(&root)?;
        let [whole, broken] = self.asked()?.map(|parts| {
            let parts: Vec<&str> = ["verify", root].into_iter().chain(parts.iter().map(String::as_str)).collect();
            signxml.ask(&parts)
        });
        let (whole, broken) = (whole?, broken?);
        Ok(verdict(whole == "ok", broken.starts_with("failed: InvalidDigest"), &whole, &broken))
    }

    fn signxml_to_karvan(&self, signxml: &mut Oracle) -> crate::Result<String> {
        let path = |name: &str| self.bench.path(name);
        let (content, signed) = (path("plain/invoice.xml"), path("signed.xml"));
        let signer = self.key.signer;
        let (key, chain) = (path(&format!("signers/{signer}.key.pem")), path(&format!("signers/{signer}.pem")));
        let (method, digest) = (self.key.method(), self.key.digest_name());
        let parts = [text(&key)?, text(&chain)?, self.form, text(&content)?, text(&signed)?];
        let answer = signxml.ask(&[&["sign", &method, &digest], &parts[..]].concat())?;
        self.judged(&answer, "plain/invoice.xml")
    }

    /// Signs with Karvan, into `signed.xml`.
    fn sign(&self) -> crate::Result<()> {
        let read = |name: String| Ok::<Named, std::io::Error>((name.clone(), fs::read(self.bench.path(&name))?));
        let identity = self.bench.identity(self.key)?;
        let mut options = Options::default();
        options.placement = self.placement;
        options.digest = self.key.digest;
        options.properties = Some(Properties { signing_time: Some(Timestamp::now()), ..Properties::default() });
        let document = read("invoice.xml".to_owned())?;
        let signed = sign(&document, &identity, &options)?;
        let files = if self.placement == Placement::Detached { vec![document] } else { Vec::new() };
        let stamp = |request: &[u8]| self.bench.stamp(request).map_err(|error| error.to_string());
        let extender = Extender {
            files: &files,
            policy: &SignaturePolicy::default(),
            material: &self.bench.material,
            authority: &authority(&stamp),
            now: Timestamp::now(),
        };
        Ok(fs::write(self.bench.path("signed.xml"), extender.extend(signed, self.level)?)?)
    }

    /// What verifiers are asked about: the signature and its content, whole and broken.
    fn asked(&self) -> crate::Result<[Vec<String>; 2]> {
        self.break_signed()?;
        let path = |name: &str| -> crate::Result<String> { Ok(text(&self.bench.path(name))?.to_owned()) };
        Ok(match self.placement {
            Placement::Detached => [
                vec![path("signed.xml")?, path("invoice.xml")?],
                vec![path("signed.xml")?, path("broken/invoice.xml")?],
            ],
            _ => [vec![path("signed.xml")?], vec![path("broken-signed.xml")?]],
        })
    }

    /// Changes the total in `signed.xml`.
    fn break_signed(&self) -> crate::Result<()> {
        let signed = fs::read_to_string(self.bench.path("signed.xml"))?;
        let broken = match signed.contains(TOTALS.0) {
            true => signed.replace(TOTALS.0, TOTALS.1),
            // In Base64: an octet in the middle.
            false => match signed.find(BEGINNING) {
                Some(at) => {
                    let at = at + CONTENT.len() / 2;
                    let other = if signed.as_bytes().get(at) == Some(&b'A') { "B" } else { "A" };
                    format!("{}{other}{}", &signed[..at], &signed[at + 1..])
                }
                None => signed,
            },
        };
        Ok(fs::write(self.bench.path("broken-signed.xml"), broken)?)
    }

    /// What Karvan says of `signed.xml` over `content`, if the other side said that it made it.
    fn judged(&self, answer: &str, content: &str) -> crate::Result<String> {
        if answer != "ok" {
            return Ok(answer.to_owned());
        }
        self.break_signed()?;
        let (signed, altered) = (self.bench.path("signed.xml"), self.bench.path("broken-signed.xml"));
        let (indication, level) = self.bench.judged(&signed, content)?;
        let (broken, _) = self
            .bench
            .judged(if self.placement == Placement::Detached { &signed } else { &altered }, "broken/invoice.xml")?;
        let level = level.unwrap_or_else(|| "no level".to_owned());
        let is_good = indication == "TOTAL-PASSED" && level == format!("B-{}", self.level_name);
        Ok(verdict(is_good, broken == "TOTAL-FAILED/HASH_FAILURE", &format!("{indication} {level}"), &broken))
    }
}

/// Good, or what was said instead of that.
pub(super) fn verdict(is_good: bool, is_refused: bool, whole: &str, broken: &str) -> String {
    match (is_good, is_refused) {
        (true, true) => "good".to_owned(),
        (true, false) => format!("broken: {broken}"),
        (false, _) => whole.to_owned(),
    }
}
