//! `karvan sign`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use karvan_engine::DigestAlgorithm;
use karvan_engine::detect::{self, Kind};
use karvan_engine::sign::{Error, Options, sign};
use karvan_engine::text::Message;
use karvan_engine::trust::Named;

use crate::input::Input;
use crate::session::{Aside, Session, say, say_problem, say_unread};
use crate::status::Status;

/// `karvan sign`.
#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// The document; standard input where there is none or `-` is named.
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,

    /// The private key: PEM or DER.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// The signer's certificate, then those that lead to its authority.
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,

    /// The form of the signature.
    #[arg(long, value_enum, default_value_t)]
    form: Form,

    /// Write the signature alone; it then refers to the document by its file name.
    #[arg(long)]
    detached: bool,

    /// The canonical form that is digested.
    #[arg(long, value_enum, default_value_t)]
    c14n: Canonical,

    /// The digest of what is signed, and of an RSA signature.
    #[arg(long, value_enum, default_value_t)]
    digest: Digest,
}

/// The form of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// XML-Signature.
    #[default]
    Xmldsig,
}

/// A canonical form of XML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Canonical {
    /// Exclusive XML Canonicalization 1.0.
    #[default]
    Exclusive,
    /// Canonical XML 1.0.
    Inclusive,
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Digest {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

pub(crate) fn run(asked: &Sign, mut session: Session) -> io::Result<Status> {
    let Form::Xmldsig = asked.form;
    let input = match session.one_input(asked.path.as_ref(), "sign") {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    if asked.detached && input == Input::Stdin {
        return Ok(session.usage(&Message::new("usage-detached-name")));
    }
    let mut options = Options::default();
    options.detached = asked.detached;
    options.inclusive = asked.c14n == Canonical::Inclusive;
    options.xml = session.limits.xml;
    options.digest = match asked.digest {
        Digest::Sha256 => DigestAlgorithm::Sha256,
        Digest::Sha384 => DigestAlgorithm::Sha384,
        Digest::Sha512 => DigestAlgorithm::Sha512,
    };
    let (document, key, chain) = match read(asked, &input, &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    match sign(&document, &key, &chain, &options) {
        Ok(signed) => {
            session.output.write_all(&signed)?;
            session.output.finish()?;
            Ok(Status::Good)
        }
        Err(Error::Document(error)) => {
            let mut finding = error.into_diagnostic();
            if detect::kind(&document.1) != Some(Kind::Xml) {
                finding = finding.help(Message::new("help-sign-detached"));
            }
            Aside::new(&session).finding(&input.name(), &finding);
            Ok(Status::from(&finding))
        }
        Err(error) => {
            match &error {
                // It names its file.
                Error::Certificate(_) => say(&format!("karvan: {error}")),
                Error::Key(_) => say_problem(&asked.key.display().to_string(), &error),
                _ => say_problem(&input.name(), &error),
            }
            Ok(Status::Usage)
        }
    }
}

type Material = (Named, Vec<u8>, Vec<Named>);

fn read(asked: &Sign, input: &Input, session: &Session) -> Result<Material, Status> {
    let octets = |input: &Input| input.read(session.limits).map_err(|error| say_unread(&input.name(), &error));
    // A detached signature refers to the document by the name it has beside the signature, not by the way there.
    let name = asked.path.as_deref().and_then(Path::file_name);
    let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let chain = asked.cert.iter().map(|path| Ok::<_, Status>((path.display().to_string(), octets(&Input::one(path))?)));
    Ok(((name, octets(input)?), octets(&Input::one(&asked.key))?, chain.collect::<Result<_, Status>>()?))
}
