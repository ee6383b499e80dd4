//! `karvan sign`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use karvan_engine::DigestAlgorithm;
use karvan_engine::detect::{self, Kind};
use karvan_engine::sign::{Error, Options, sign};
use karvan_engine::text::Message;
use karvan_engine::trust::Named;

use crate::arguments::{Canonical, Digest, Form, Sign};
use crate::input::Input;
use crate::session::{Aside, Session, say, say_problem, say_unread};
use crate::status::Status;

pub(crate) fn run(asked: &Sign, mut session: Session) -> io::Result<Status> {
    let Form::Xmldsig = asked.form;
    if asked.detached && asked.path == Path::new("-") {
        say("karvan: --detached: the signature refers to the document by its name, and standard input has none");
        return Ok(Status::Usage);
    }
    let mut options = Options::default();
    options.detached = asked.detached;
    options.inclusive = asked.c14n == Canonical::Inclusive;
    options.digest = match asked.digest {
        Digest::Sha256 => DigestAlgorithm::Sha256,
        Digest::Sha384 => DigestAlgorithm::Sha384,
        Digest::Sha512 => DigestAlgorithm::Sha512,
    };
    let (document, key, chain) = match read(asked, &session) {
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
            Aside::new(&session).finding(&asked.path.display().to_string(), &finding);
            Ok(Status::from(&finding))
        }
        Err(error) => {
            match &error {
                // It names its file.
                Error::Certificate(_) => say(&format!("karvan: {error}")),
                Error::Key(_) => say_problem(&asked.key.display().to_string(), &error),
                _ => say_problem(&asked.path.display().to_string(), &error),
            }
            Ok(Status::Usage)
        }
    }
}

type Material = (Named, Vec<u8>, Vec<Named>);

fn read(asked: &Sign, session: &Session) -> Result<Material, Status> {
    let octets = |path: &PathBuf| {
        Input::one(path).read(session.limits).map_err(|error| say_unread(&path.display().to_string(), &error))
    };
    // A detached signature refers to the document by the name it has beside the signature, not by the way there.
    let name = Path::new(&asked.path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let chain = asked.cert.iter().map(|path| Ok::<_, Status>((path.display().to_string(), octets(path)?)));
    Ok(((name, octets(&asked.path)?), octets(&asked.key)?, chain.collect::<Result<_, Status>>()?))
}
