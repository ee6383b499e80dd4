//! `karvan trust cross`, `leak` and `check-store`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use karvan_engine::text::{Diagnostic, Language, Message, Severity};
use karvan_engine::trust::Named;
use karvan_engine::trust::cross::{Drafted, pair};
use serde::Serialize;

use super::{SearchLimits, TrustOptions, files, store, time};
use crate::input::Input;
use crate::session::{Aside, Session, say_failed, say_problem, say_unread};
use crate::status::Status;

/// `karvan trust cross`.
#[derive(Debug, Subcommand)]
pub(crate) enum Cross {
    /// Hold the two certificates of a pair against each other: keys, names, validity, constraints, policies.
    Check(Check),
    /// Draft a cross-certificate that is still to be signed, and say what it would let in.
    Draft(Draft),
}

/// `karvan trust cross check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The two certificates: in two files, or in one (PEM, DER, P7B, crossCertificatePair, LDIF).
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    pair: Vec<PathBuf>,

    /// The time at which to judge, RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    #[command(flatten)]
    limits: SearchLimits,
}

/// `karvan trust cross draft`.
#[derive(Args, Debug)]
pub(crate) struct Draft {
    /// The terms: validity, path length, names, policies, mappings (TOML).
    #[arg(value_name = "TERMS")]
    terms: PathBuf,

    /// The certificate of the authority that is to sign.
    #[arg(long, value_name = "FILE")]
    issuer: PathBuf,

    /// A certificate of the foreign authority: its name and key are taken.
    #[arg(long, value_name = "FILE")]
    subject: PathBuf,

    /// Certificates of which to say who would be let in: files or folders.
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,

    /// Write what is to be signed, DER, to FILE.
    #[arg(long, value_name = "FILE")]
    to_be_signed: Option<PathBuf>,

    /// The issuer's signature, made elsewhere over what is to be signed.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    signature: Option<PathBuf>,

    /// The issuer's private key: PEM or DER.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Write the signed certificate, DER, to FILE.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// The time at which to judge, RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    #[command(flatten)]
    limits: SearchLimits,
}

pub(super) fn run(asked: &Cross, session: Session) -> io::Result<Status> {
    match asked {
        Cross::Check(asked) => check(asked, session),
        Cross::Draft(asked) => draft(asked, session),
    }
}

fn check(asked: &Check, session: Session) -> io::Result<Status> {
    let read = time(asked.at.as_deref(), &session).and_then(|at| Ok((at, files(&asked.pair, &session)?)));
    let (at, files) = match read {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    match pair(&files, at, &asked.limits.limits()) {
        Ok(check) => {
            let findings = check.findings.clone();
            told(session, |language| check.text(language), &check, &findings)
        }
        Err(problems) => {
            let mut aside = Aside::new(&session);
            problems.iter().for_each(|(file, problem)| aside.finding(file, problem));
            Ok(session.usage(&Message::new("usage-pair")))
        }
    }
}

fn draft(asked: &Draft, mut session: Session) -> io::Result<Status> {
    let limits = asked.limits.limits();
    let drafted = read_draft(asked, &session).and_then(|(issuer, subject, terms)| {
        Drafted::new(&issuer, &subject, &terms, &limits).map_err(|message| session.usage(&message))
    });
    let mut drafted = match drafted {
        Ok(drafted) => drafted,
        Err(status) => return Ok(status),
    };
    let signed = match (&asked.signature, &asked.key) {
        (Some(file), _) => one(file, &session).map(|(_, signature)| drafted.complete(&signature)),
        (None, Some(file)) => one(file, &session).map(|(_, key)| drafted.sign(&key)),
        (None, None) => Ok(Ok(())),
    };
    match signed {
        Ok(Ok(())) => {}
        Ok(Err(message)) => return Ok(session.usage(&message)),
        Err(status) => return Ok(status),
    }
    let read = time(asked.at.as_deref(), &session).and_then(|at| Ok((at, files(&asked.cert, &session)?)));
    let (at, pool) = match read {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let report = match drafted.report(&pool, at, &limits) {
        Ok(report) => report,
        Err(message) => return Ok(session.usage(&message)),
    };
    let certificate = asked.certificate.as_ref();
    if certificate.is_some() && drafted.certificate().is_none() {
        return Ok(session.usage(&Message::new("usage-draft-unsigned")));
    }
    for (file, octets) in
        [(asked.to_be_signed.as_ref(), Some(drafted.to_be_signed())), (certificate, drafted.certificate())]
    {
        if let (Some(file), Some(octets)) = (file, octets)
            && let Err(error) = fs::write(file, octets)
        {
            return Ok(say_failed(&file.display().to_string(), &error));
        }
    }
    session.result(|language| report.text(language), &report)?;
    session.output.finish()?;
    Ok(Status::Good)
}

/// The certificates of issuer and subject, and the terms.
fn read_draft(asked: &Draft, session: &Session) -> Result<(Named, Named, String), Status> {
    let (name, terms) = one(&asked.terms, session)?;
    let terms = String::from_utf8(terms).map_err(|error| {
        say_problem(&name, &error);
        Status::Usage
    })?;
    Ok((one(&asked.issuer, session)?, one(&asked.subject, session)?, terms))
}

fn one(path: &Path, session: &Session) -> Result<Named, Status> {
    let input = Input::one(path);
    let octets = input.read(session.limits).map_err(|error| say_unread(&input.name(), &error))?;
    Ok((input.name(), octets))
}

/// `karvan trust leak`: who is reachable; a limit that ended a search leaves it unfinished.
pub(super) fn leak(asked: &TrustOptions, mut session: Session) -> io::Result<Status> {
    let (material, at) = match store(asked, None, &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let reach = material.reach(at);
    session.result(|language| reach.text(language), &reach)?;
    session.output.finish()?;
    Ok(if reach.limit.is_some() { Status::Unfinished } else { Status::Good })
}

/// `karvan trust check-store`.
pub(super) fn check_store(asked: &TrustOptions, session: Session) -> io::Result<Status> {
    let (material, at) = match store(asked, None, &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let check = material.check_store(at);
    let findings = check.findings.clone();
    told(session, |language| check.text(language), &check, &findings)
}

/// Writes a report that has findings: for a person the facts and then the findings, for a machine one object with both.
fn told(
    mut session: Session,
    text: impl FnOnce(Language) -> String,
    object: &impl Serialize,
    findings: &[Diagnostic],
) -> io::Result<Status> {
    let human = session.is_human();
    session.result(text, object)?;
    let wrong = findings.iter().any(|finding| finding.code.severity == Severity::Error);
    let status = if wrong { Status::Findings } else { Status::Good };
    if !human {
        session.output.finish()?;
        return Ok(status);
    }
    for finding in findings {
        session.finding("", finding)?;
    }
    session.finish_findings()?;
    Ok(status)
}
