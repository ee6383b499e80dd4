//! The sample PKI: Karvan's verdict on every signer beside that of `openssl verify`.
//!
//! One verdict differs, and is meant to: OpenSSL takes a certificate for expired in the last second of its validity,
//! which RFC 5280 §4.1.2.5 counts in.

use std::path::{Path, PathBuf};
use std::process::Command;

use karvan_pki::{CertificateSet, Limits, Options, Purpose, Status, TrustStore, find_paths};

use super::{Table, files};

const STORES: [&str; 3] = ["trust-iran", "trust-turkey", "trust-germany"];
const POOLS: [&str; 2] = ["", "cross"];
const TIMES: [&str; 4] =
    ["2022-06-01T00:00:00Z", "2025-06-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-06-01T00:00:00Z"];

pub(super) fn run(_data: &Path) -> crate::Result<Table> {
    let samples = crate::workspace().join("samples/pki");
    let mut table = Table::new(["signer", "store", "pool", "at", "karvan", "openssl"]);
    let (mut agreed, mut all) = (0, 0);
    for (name, path) in files(&samples.join("signers"))? {
        if !name.ends_with(".pem") || name.ends_with(".key.pem") {
            continue;
        }
        for store in STORES {
            for pool in POOLS {
                for at in TIMES {
                    let case = Case { signer: &path, store: samples.join(store), pool: paths(&samples, pool)?, at };
                    let (karvan, openssl) = (case.karvan()?, case.openssl()?);
                    agreed += usize::from(karvan == openssl);
                    all += 1;
                    let pool = if pool.is_empty() { "-" } else { pool };
                    table.row([name.as_str(), store, pool, at, word(karvan), word(openssl)]);
                }
            }
        }
    }
    table.summary(format!("{all} verdicts, {agreed} the same as those of openssl verify"));
    Ok(table)
}

const fn word(accepted: bool) -> &'static str {
    if accepted { "accepted" } else { "rejected" }
}

/// The files of a folder of the samples; none where the name is empty.
fn paths(samples: &Path, folder: &str) -> crate::Result<Vec<PathBuf>> {
    if folder.is_empty() {
        return Ok(Vec::new());
    }
    Ok(files(&samples.join(folder))?.into_iter().map(|(_, path)| path).collect())
}

struct Case<'a> {
    signer: &'a Path,
    store: PathBuf,
    pool: Vec<PathBuf>,
    at: &'a str,
}

impl Case<'_> {
    /// Whether Karvan trusts the signer, its key not asked what it is for: OpenSSL has no such question.
    fn karvan(&self) -> crate::Result<bool> {
        let limits = Limits::default();
        let read = |path: &PathBuf| Ok::<_, std::io::Error>((path.display().to_string(), std::fs::read(path)?));
        let anchors = files(&self.store)?.into_iter().map(|(_, path)| read(&path)).collect::<Result<Vec<_>, _>>()?;
        let pool = self.pool.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let (anchors, _) = TrustStore::load(anchors, &limits);
        let (mut pool, _) = CertificateSet::load(pool, &limits);
        let (chain, _) = CertificateSet::load([read(&self.signer.to_path_buf())?], &limits);
        pool.extend(&chain, &limits);
        let signer = chain.iter().next().ok_or("a signer without a certificate")?;
        let options = Options { purpose: Purpose::any(), ..Options::document_signature(self.at.parse()?) };
        Ok(find_paths(signer, &pool, &anchors, &options).status() == Status::Accepted)
    }

    /// Whether OpenSSL does.
    fn openssl(&self) -> crate::Result<bool> {
        let at: jiff::Timestamp = self.at.parse()?;
        let mut command = Command::new("openssl");
        command.args(["verify", "-no-CAfile", "-no-CApath", "-no-CAstore", "-attime", &at.as_second().to_string()]);
        for (_, path) in files(&self.store)? {
            command.arg("-trusted").arg(path);
        }
        for path in self.pool.iter().map(PathBuf::as_path).chain([self.signer]) {
            command.arg("-untrusted").arg(path);
        }
        let output = command.arg(self.signer).output().map_err(|error| format!("openssl cannot be run: {error}"))?;
        Ok(output.status.success())
    }
}
