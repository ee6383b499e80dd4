//! `karvan sign --form cms`, which streams, and `--form asic`.

use std::io::{self, Write};

use karvan_engine::sign::cms::{Error, Options, Request, authority, sign};
use karvan_engine::sign::{Identity, asic};

use karvan_engine::trust::Named;

use super::Sign;
use crate::input::Input;
use crate::network::Network;
use crate::session::{Session, say, say_failed, say_problem, say_unread};
use crate::status::Status;

/// Signs what `input` gives, around it or in a file of its own.
pub(super) fn run(asked: &Sign, input: &Input, session: Session) -> io::Result<Status> {
    let name = input.name();
    let content = match input.open(session.limits) {
        Ok(content) => content,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    with_options(asked, session, |identity, options, out| {
        sign(content, out, identity, options).map_err(|error| tell(&name, &error))
    })
}

/// Puts the files into one container and signs them.
pub(super) fn container(asked: &Sign, files: &[Named], session: Session) -> io::Result<Status> {
    let digest = asked.signer.digest();
    with_options(asked, session, |identity, options, out| {
        asic::sign(files, out, identity, digest, options).map_err(|error| match error {
            asic::Error::Sign(error) => tell("container", &error),
            error => {
                say(&format!("karvan: {error}"));
                Status::Usage
            }
        })
    })
}

/// Signs as and with what is asked for; what cannot be done is told where it comes up.
fn with_options(
    asked: &Sign,
    mut session: Session,
    sign: impl FnOnce(&Identity, &Options<'_>, &mut dyn Write) -> Result<(), Status>,
) -> io::Result<Status> {
    let signing = match asked.signer.open(&session) {
        Ok(signing) => signing,
        Err(status) => return Ok(status),
    };
    let network = Network::new(asked.network);
    let url = asked.timestamp.clone().unwrap_or_default();
    let transport = |request: &[u8]| Ok(network.fetch(&url, Some((Request::MEDIA_TYPE, request)))?.octets);
    let authority = authority(&transport);
    let mut options = Options::default();
    options.detached = asked.detached;
    options.time = Some(signing.now);
    options.hint = asked.content_hint.as_deref();
    if asked.timestamp.is_some() {
        options.authority = Some(&authority);
    }
    let mut nowhere = io::sink();
    let out: &mut dyn Write = if asked.signer.prepares() { &mut nowhere } else { &mut session.output };
    let signed = sign(&signing.identity, &options, out);
    if let Some(ended) = signing.prepared() {
        return Ok(ended.unwrap_or_else(|status| status));
    }
    match signed {
        Ok(()) => {
            session.output.finish()?;
            Ok(Status::Good)
        }
        Err(status) => Ok(status),
    }
}

fn tell(name: &str, error: &Error) -> Status {
    match error {
        Error::Io(error) => say_unread(name, error),
        Error::Timestamp(_) => say_failed(name, error),
        error => {
            say_problem(name, error);
            Status::Usage
        }
    }
}
