//! Keys that the user gives in place of a path: `--public-key`, `--secret-file`, `--secret-env`.

use std::path::{Path, PathBuf};

use clap::Args;
use karvan_engine::text::Message;
use karvan_engine::trust::Named;
use karvan_engine::verify::{GivenKeys, KeyError};

use crate::session::{Session, say_problem, say_unread};
use crate::status::Status;

/// What a signature in XML is verified with, where no path is to be looked for.
#[derive(Args, Debug)]
pub(super) struct GivenOptions {
    /// Verify a signature in XML with this public key and no other (PEM or DER; of a certificate its key alone counts). No path is
    /// looked for: whose key it is, you say.
    #[arg(long, value_name = "FILE", help_heading = "Keys in place of a path", conflicts_with_all = PATHS)]
    public_key: Vec<PathBuf>,

    /// The same with a secret shared with the signer (HMAC): all octets of FILE, 14 at least.
    #[arg(long, value_name = "FILE", help_heading = "Keys in place of a path", conflicts_with_all = PATHS)]
    secret_file: Vec<PathBuf>,

    /// The same with the secret that an environment variable holds.
    #[arg(long, value_name = "NAME", help_heading = "Keys in place of a path", conflicts_with_all = PATHS)]
    secret_env: Vec<String>,
}

/// What is about paths.
const PATHS: [&str; 8] = ["trust", "cert", "register", "trusted_list", "crl", "ocsp", "policy", "fetch"];

impl GivenOptions {
    /// The option that was given, if any was.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--public-key", self.public_key.is_empty()),
            ("--secret-file", self.secret_file.is_empty()),
            ("--secret-env", self.secret_env.is_empty()),
        ];
        given.into_iter().find(|(_, is_empty)| !is_empty).map(|(option, _)| option)
    }

    /// Reads the keys. What cannot be read is told.
    pub(super) fn read(&self, session: &Session) -> Result<GivenKeys, Status> {
        let mut keys = GivenKeys::default();
        for path in &self.public_key {
            let file = octets(path)?;
            keys.add_key(&file).map_err(|error| refused(&file.0, &error))?;
        }
        for path in &self.secret_file {
            let (name, octets) = octets(path)?;
            keys.add_secret(name.clone(), octets).map_err(|error| refused(&name, &error))?;
        }
        for name in &self.secret_env {
            let Some(secret) = std::env::var_os(name) else {
                return Err(session.usage(&Message::new("usage-no-variable").with("name", name)));
            };
            let octets = secret.into_encoded_bytes();
            keys.add_secret(name.clone(), octets).map_err(|error| refused(name, &error))?;
        }
        Ok(keys)
    }
}

/// The octets of a file as they are: what looks packed may be a secret.
fn octets(path: &Path) -> Result<Named, Status> {
    let name = path.display().to_string();
    std::fs::read(path).map_err(|error| say_unread(&name, &error)).map(|octets| (name, octets))
}

fn refused(name: &str, error: &KeyError) -> Status {
    say_problem(name, error);
    Status::Usage
}
