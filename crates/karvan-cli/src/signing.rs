//! Who signs: the options of every verb that does, and reading what they name.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use karvan_engine::sign::{Error, Identity, Scheme, Ticket};
use karvan_engine::text::Message;
use karvan_engine::trust::Named;
use karvan_engine::{DigestAlgorithm, Timestamp};

use crate::input::Input;
use crate::output::Output;
use crate::session::{Session, say, say_failed, say_problem, say_unread};
use crate::status::Status;

/// Who signs, and with what.
#[derive(Args, Debug)]
pub(crate) struct SignerOptions {
    /// The private key: PKCS #8, PKCS #1, SEC 1 (PEM or DER), or PKCS #12; certificates may stand beside it. On a token:
    /// pkcs11:token=…;object=…?module-path=… (RFC 7512).
    #[arg(long, value_name = "FILE", required_unless_present_any = ["prepare", "complete", "extend"])]
    key: Option<PathBuf>,

    /// The signer's certificate, then those that lead to its authority.
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,

    /// A file whose first line is the password of the key, or the PIN of the token.
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,

    /// An environment variable that holds the password of the key, or the PIN of the token.
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,

    /// The digest of what is signed, and of the signature (default: sha256; elliptic curves sign with that of their
    /// strength).
    #[arg(long, value_name = "NAME", value_parser = digests())]
    digest: Option<DigestAlgorithm>,

    /// Sign with RSASSA-PSS in place of PKCS #1 v1.5.
    #[arg(long)]
    pss: bool,

    /// Write what is to be signed to FILE, for a key that is elsewhere: that of the first --cert.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "complete"])]
    prepare: Option<PathBuf>,

    /// Put the signature into the document that came back as "value" in FILE, which --prepare wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    complete: Option<PathBuf>,
}

/// The digests that are sound, as options name them.
const DIGESTS: [&str; 8] = ["sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256", "sha3-384", "sha3-512"];

fn digests() -> impl TypedValueParser<Value = DigestAlgorithm> {
    PossibleValuesParser::new(DIGESTS).map(|name| DigestAlgorithm::from_name(&name).unwrap_or_default())
}

/// Who signs, and when.
pub(crate) struct Signing {
    /// The key and its certificates.
    pub(crate) identity: Identity,
    /// The time that the signature gives as its own.
    pub(crate) now: Timestamp,
    prepare: Option<PathBuf>,
}

impl SignerOptions {
    /// Whoever signs as it is usual for the key.
    pub(crate) const fn of(
        key: Option<PathBuf>,
        cert: Vec<PathBuf>,
        password_file: Option<PathBuf>,
        password_env: Option<String>,
    ) -> Self {
        Self { key, cert, password_file, password_env, digest: None, pss: false, prepare: None, complete: None }
    }

    /// The digest of what is signed.
    pub(crate) fn digest(&self) -> DigestAlgorithm {
        self.digest.unwrap_or_default()
    }

    /// Reads the certificates.
    pub(crate) fn certificates(&self, session: &Session) -> Result<Vec<Named>, Status> {
        self.cert.iter().map(|path| named(path, session)).collect()
    }

    /// Whether nothing is signed here, but prepared for a key elsewhere.
    pub(crate) const fn prepares(&self) -> bool {
        self.prepare.is_some()
    }

    /// Reads the key and the certificates. What cannot be read is told.
    pub(crate) fn open(&self, session: &Session) -> Result<Signing, Status> {
        let chain = self.certificates(session)?;
        let scheme = Scheme { digest: self.digest, pss: self.pss };
        // Signatures give their time in seconds.
        let mut now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let identity = match (&self.key, &self.complete) {
            (Some(key), _) if key.to_string_lossy().starts_with("pkcs11:") => {
                let pin = self.password(session)?;
                Identity::on_token(&key.to_string_lossy(), pin.as_deref().map(String::as_str), &chain, scheme)
            }
            (Some(key), _) => {
                let password = self.password(session)?;
                Identity::open(&named(key, session)?.1, password.as_deref().map(String::as_str), &chain, scheme)
            }
            (None, Some(ticket)) => Ticket::read(&named(ticket, session)?.1).and_then(|(time, value)| {
                now = time;
                Identity::elsewhere(&chain, scheme, Some(value))
            }),
            (None, None) => Identity::elsewhere(&chain, scheme, None),
        };
        match identity {
            Ok(identity) => Ok(Signing { identity, now, prepare: self.prepare.clone() }),
            Err(error) => Err(self.say(&error)),
        }
    }

    fn password(&self, session: &Session) -> Result<Option<Secret>, Status> {
        if let Some(path) = &self.password_file {
            let octets = Secret::new(String::from_utf8(named(path, session)?.1).unwrap_or_default());
            return Ok(octets.lines().next().map(|line| Secret::new(line.to_owned())));
        }
        let Some(name) = &self.password_env else { return Ok(None) };
        match std::env::var(name) {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(_) => Err(session.usage(&Message::new("usage-no-variable").with("name", name))),
        }
    }

    /// Tells why there is no signature, naming the file that it is about.
    pub(crate) fn say(&self, error: &Error) -> Status {
        let file = match error {
            Error::Key(_) => self.key.as_ref().or(self.complete.as_ref()),
            Error::Ticket(_) => self.complete.as_ref(),
            _ => None,
        };
        match file {
            Some(path) => say_problem(&path.display().to_string(), error),
            None => say(&format!("karvan: {error}")),
        }
        Status::Usage
    }
}

/// A password, wiped when it is dropped.
type Secret = zeroize::Zeroizing<String>;

impl Signing {
    /// Writes what is to be signed elsewhere, where that was asked for and signing came so far; nothing otherwise.
    pub(crate) fn prepared(&self) -> Option<Result<Status, Status>> {
        let path = self.prepare.as_ref()?;
        let ticket = self.identity.asked(self.now)?;
        let written = Output::open(Some(path)).and_then(|mut output| {
            serde_json::to_writer_pretty(&mut output, &ticket)?;
            writeln!(output)?;
            output.finish()
        });
        Some(written.map(|()| Status::Good).map_err(|error| say_failed(&path.display().to_string(), &error)))
    }
}

fn named(path: &Path, session: &Session) -> Result<Named, Status> {
    let input = Input::one(path);
    let octets = input.read(session.limits).map_err(|error| say_unread(&input.name(), &error))?;
    Ok((path.display().to_string(), octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digest_that_is_sound_has_a_name() {
        let named: Vec<_> = DIGESTS.into_iter().map(DigestAlgorithm::from_name).collect();
        assert!(DigestAlgorithm::sound().map(Some).eq(named));
    }
}
