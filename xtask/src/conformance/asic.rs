//! Containers and CAdES in both directions beside EU DSS, with the authorities and keys of the set `xades`.
//!
//! Every signature is broken once as well, in its content: then it must be refused.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use karvan_engine::sign::cms::{Options, authority};
use karvan_engine::sign::{self, Extender};
use karvan_engine::trust::Named;
use karvan_engine::verify;
use karvan_engine::xades::{Level, Properties};
use karvan_engine::{Coverage, SignaturePolicy, Timestamp};

use super::Table;
use super::oracle::{Oracle, file, output, text};
use super::xades::{Bench, KEYS, Key, dss, verdict};

const FORMS: [(&str, Form); 4] = [
    ("CAdES enveloping", Form::Enveloping),
    ("CAdES detached", Form::Detached),
    ("ASiC-E with CAdES", Form::Container("CAdES")),
    ("ASiC-E with XAdES", Form::Container("XAdES")),
];

/// The levels; of CAdES Karvan makes the first two.
const LEVELS: [&str; 4] = ["B", "T", "LT", "LTA"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// CMS around the content.
    Enveloping,
    /// CMS beside the content.
    Detached,
    /// A container with signatures of that kind.
    Container(&'static str),
}

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let bench = Bench::new()?;
    let mut dss = dss(&bench)?;
    let mut table = Table::new(["algorithm", "level", "form", "karvan to dss", "dss to karvan"]);
    let (mut all, mut good) = (0, 0);
    for (signer, padding, digests) in KEYS {
        for digest in digests {
            let key = Key { signer, pss: padding == "pss", digest: *digest };
            for level in LEVELS {
                for (name, form) in FORMS {
                    let case = Case { bench: &bench, key: &key, level, form };
                    let is_made = matches!(level, "B" | "T") || form == Form::Container("XAdES");
                    let there = if is_made { case.karvan_to_dss(&mut dss)? } else { "none".to_owned() };
                    let verdicts = [there, case.dss_to_karvan(&mut dss)?];
                    all += verdicts.iter().filter(|verdict| *verdict != "none").count();
                    good += verdicts.iter().filter(|verdict| *verdict == "good").count();
                    let name = [key.name(), format!("B-{level}"), name.to_owned()];
                    table.row(name.into_iter().chain(verdicts));
                }
            }
        }
    }
    table.summary(format!("{all} signatures, {good} accepted by the other side, and refused by it when broken"));
    table.tool("EU DSS 6.1");
    table.tool(output(Command::new("openssl").arg("version"))?.trim());
    Ok(table)
}

struct Case<'c> {
    bench: &'c Bench,
    key: &'c Key,
    level: &'static str,
    form: Form,
}

impl Case<'_> {
    fn karvan_to_dss(&self, dss: &mut Oracle) -> crate::Result<String> {
        self.sign()?;
        self.break_signed()?;
        let (signed, content) = (self.bench.path("signed.bin"), self.bench.path("invoice.xml"));
        let (broken, other) = (self.bench.path("broken.bin"), self.bench.path("broken/invoice.xml"));
        let mut ask = |signed: &Path, content: &Path| match self.form {
            Form::Detached => dss.ask(&["verify", text(signed)?, text(content)?]),
            _ => dss.ask(&["verify", text(signed)?]),
        };
        let (whole, broken) = (ask(&signed, &content)?, ask(&broken, &other)?);
        let kind = if self.form == Form::Container("XAdES") { "XAdES" } else { "CAdES" };
        let expected = format!("TOTAL_PASSED {kind}-BASELINE-{} |", self.level);
        let is_stamped = whole.matches("[timestamp").count() == whole.matches("[timestamp PASSED]").count();
        Ok(verdict(whole.starts_with(&expected) && is_stamped, broken.starts_with("TOTAL_FAILED"), &whole, &broken))
    }

    fn dss_to_karvan(&self, dss: &mut Oracle) -> crate::Result<String> {
        let (content, signed) = (self.bench.path("invoice.xml"), self.bench.path("signed.bin"));
        let (digest, padding) = (self.key.digest_name(), if self.key.pss { "pss" } else { "usual" });
        let (command, kind) = match self.form {
            Form::Enveloping => ("cades", "ENVELOPING"),
            Form::Detached => ("cades", "DETACHED"),
            Form::Container(kind) => ("asic", kind),
        };
        let (content, signed) = (text(&content)?, text(&signed)?);
        let answer = dss.ask(&[command, self.level, &digest, self.key.signer, padding, kind, content, signed])?;
        if answer != "ok" {
            return Ok(answer);
        }
        self.break_signed()?;
        let whole = self.judged(&self.bench.path("signed.bin"), &self.bench.path("invoice.xml"))?;
        let broken = self.judged(&self.bench.path("broken.bin"), &self.bench.path("broken/invoice.xml"))?;
        Ok(verdict(whole == "TOTAL-PASSED", broken.starts_with("TOTAL-FAILED"), &whole, &broken))
    }

    /// Signs with Karvan, into `signed.bin`.
    fn sign(&self) -> crate::Result<()> {
        let identity = self.bench.identity(self.key)?;
        let stamp = |request: &[u8]| self.bench.stamp(request).map_err(|error| error.to_string());
        let authority = authority(&stamp);
        let mut options = Options::default();
        options.detached = self.form == Form::Detached;
        options.time = Some(Timestamp::now());
        if self.level == "T" {
            options.authority = Some(&authority);
        }
        let out = File::create(self.bench.path("signed.bin"))?;
        let read = |name: &str| Ok::<Named, io::Error>((name.to_owned(), fs::read(self.bench.path(name))?));
        let files = [read("invoice.xml")?, read("order.edi")?];
        if self.form == Form::Container("XAdES") {
            let mut options = sign::Options::default();
            options.digest = self.key.digest;
            options.properties = Some(Properties { signing_time: Some(Timestamp::now()), ..Properties::default() });
            let signatures = sign::asic::sign_xades(&files, &identity, &options)?;
            let extender = Extender {
                files: &files,
                policy: &SignaturePolicy { coverage: Coverage::Anything, ..SignaturePolicy::default() },
                material: &self.bench.material,
                authority: &authority,
                now: Timestamp::now(),
            };
            sign::asic::enclose(&files, &extender.extend(signatures, self.level()?)?, out)?;
        } else if let Form::Container(_) = self.form {
            sign::asic::sign(&files, out, &identity, self.key.digest, &options)?;
        } else {
            sign::cms::sign(File::open(self.bench.path("invoice.xml"))?, out, &identity, &options)?;
        }
        Ok(())
    }

    /// What Karvan says of `signed`, over `content` if it is detached.
    fn judged(&self, signed: &Path, content: &Path) -> crate::Result<String> {
        let (source, material, now) = (File::open(signed)?, &self.bench.material, Timestamp::now());
        let indication = match self.form {
            Form::Container(_) => {
                verify::asic::verify(source, material, &verify::asic::Policy::default(), now)?.indication()
            }
            form => {
                let mut content = File::open(content)?;
                let detached = (form == Form::Detached).then_some(&mut content as &mut dyn io::Read);
                let policy = verify::cms::Policy::default();
                verify::cms::verify(source, detached, material, &policy, now, io::sink())?.indication()
            }
        };
        Ok(indication.to_string())
    }

    fn level(&self) -> crate::Result<Level> {
        let levels = [Level::B, Level::T, Level::Lt, Level::Lta];
        let at = LEVELS.iter().position(|level| *level == self.level).ok_or("a level")?;
        Ok(levels[at])
    }

    /// Changes the total in `signed.bin`, into `broken.bin`.
    fn break_signed(&self) -> crate::Result<()> {
        let (signed, broken): (PathBuf, PathBuf) = (self.bench.path("signed.bin"), self.bench.path("broken.bin"));
        if let Form::Container(_) = self.form {
            output(Command::new("python3").arg(file("container.py")).arg(signed).arg(broken))?;
            return Ok(());
        }
        let mut octets = fs::read(signed)?;
        if let Some(at) = octets.windows(6).position(|octets| octets == b">1250<") {
            octets[at + 1] = b'9';
        }
        Ok(fs::write(broken, octets)?)
    }
}
