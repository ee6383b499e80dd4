//! `karvan trust`, and the trust options that `verify` shares with it.

use std::io;
use std::path::PathBuf;

use karvan_engine::trust::{Material, Named};
use karvan_engine::{Timestamp, TrustStatus};

use crate::arguments::{Trust, TrustOptions, TrustPath};
use crate::input::Input;
use crate::session::{Aside, Session, say, say_failed, say_unread};
use crate::status::Status;

pub(crate) fn run(asked: &Trust, session: Session) -> io::Result<Status> {
    match asked {
        Trust::Path(asked) => path(asked, session),
    }
}

fn path(asked: &TrustPath, mut session: Session) -> io::Result<Status> {
    if asked.trust.trust.is_empty() {
        say("karvan: a path leads to a trust anchor; name a store of them: --trust STORE");
        return Ok(Status::Usage);
    }
    let (material, at) = match material(&asked.trust, &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let name = asked.leaf.display().to_string();
    let leaf = match Input::one(&asked.leaf).read(session.limits) {
        Ok(octets) => [(name.clone(), octets)],
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let verdict = match material.path(&leaf, at) {
        Ok(verdict) => verdict,
        Err(findings) => {
            for finding in &findings {
                session.finding(&name, finding)?;
            }
            session.finish_findings()?;
            return Ok(Status::Findings);
        }
    };
    let explanation = verdict.explanation();
    session.result(|language| explanation.text(language), &explanation)?;
    session.output.finish()?;
    Ok(status(verdict.status()))
}

/// The exit status that a verdict about trust amounts to.
pub(crate) fn status(status: TrustStatus) -> Status {
    match status {
        TrustStatus::Accepted => Status::Good,
        TrustStatus::Rejected => Status::Findings,
        _ => Status::Unfinished,
    }
}

/// Reads what decides whom to trust, and when. What cannot be read is told.
pub(crate) fn material(asked: &TrustOptions, session: &Session) -> Result<(Material, Timestamp), Status> {
    let at = match asked.at.as_deref().map(str::parse) {
        // Certificates count in seconds.
        None => Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default(),
        Some(Ok(at)) => at,
        Some(Err(error)) => {
            say(&format!("karvan: --at takes a time as RFC 3339 writes it, 2026-06-01T00:00:00Z: {error}"));
            return Err(Status::Usage);
        }
    };
    let store = files(&asked.trust, session)?;
    let certificates = files(&asked.cert, session)?;
    let material = Material::load(&store, &certificates);
    let mut aside = Aside::new(session);
    for (file, problem) in material.problems() {
        aside.finding(file, problem);
    }
    if !asked.trust.is_empty() && !material.has_anchors() {
        say("karvan: --trust names no certificate");
        return Err(Status::Usage);
    }
    Ok((material, at))
}

fn files(paths: &[PathBuf], session: &Session) -> Result<Vec<Named>, Status> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let inputs = Input::all(paths).map_err(|error| say_failed("certificates", &error))?;
    let read = inputs.iter().map(|input| match input.read(session.limits) {
        Ok(octets) => Ok((input.name(), octets)),
        Err(error) => Err(say_unread(&input.name(), &error)),
    });
    read.collect()
}
