//! `karvan verify --acknowledge`: answering what was verified, by an AUTACK (ISO 9735-6).

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use karvan_engine::sign::edifact::{Request, acknowledge};
use karvan_engine::text::Message;
use karvan_engine::verify::edifact::{Answer, Level};

use crate::commands::sign::levels;
use crate::output::Output;
use crate::session::{Session, say, say_failed, say_problem};
use crate::signing::SignerOptions;
use crate::status::Status;

/// What is answered to whoever secured an interchange, and who answers.
#[derive(Args, Debug)]
pub(super) struct AnswerOptions {
    /// Write an AUTACK to FILE that confirms what was verified and believed, and refuses what is not good. Of what could not be
    /// checked nothing is said, and where that is all, nothing is written.
    #[arg(long, value_name = "FILE", requires = "acknowledge_key", help_heading = "Acknowledging interchanges")]
    acknowledge: Option<PathBuf>,

    /// The private key of whoever answers, as for sign --key.
    #[arg(long, value_name = "FILE", requires = "acknowledge", help_heading = "Acknowledging interchanges")]
    acknowledge_key: Option<PathBuf>,

    /// The certificate of whoever answers, then those that lead to its authority.
    #[arg(long, value_name = "FILE", requires = "acknowledge", help_heading = "Acknowledging interchanges")]
    acknowledge_cert: Vec<PathBuf>,

    /// A file whose first line is the password of that key.
    #[arg(long, value_name = "FILE", requires = "acknowledge", help_heading = "Acknowledging interchanges")]
    acknowledge_password_file: Option<PathBuf>,

    /// An environment variable that holds it.
    #[arg(
        long,
        value_name = "NAME",
        requires = "acknowledge",
        conflicts_with = "acknowledge_password_file",
        help_heading = "Acknowledging interchanges"
    )]
    acknowledge_password_env: Option<String>,

    /// What is answered: every message, package, group or interchange.
    #[arg(long, value_name = "LEVEL", default_value = "message", value_parser = levels(),
        help_heading = "Acknowledging interchanges")]
    acknowledge_level: Level,
}

impl AnswerOptions {
    pub(super) const fn is_asked(&self) -> bool {
        self.acknowledge.is_some()
    }

    pub(super) const fn level(&self) -> Level {
        self.acknowledge_level
    }

    /// Writes the answer, where one is asked for. What keeps it from being written is told, and is the status then.
    pub(super) fn write(&self, answer: Option<&Answer>, session: &Session) -> io::Result<Option<Status>> {
        let Some(path) = &self.acknowledge else { return Ok(None) };
        let Some(answer) = answer else {
            say(&session.text(&Message::new("acknowledge-nothing")));
            return Ok(None);
        };
        let (certificates, password) = (self.acknowledge_cert.clone(), self.acknowledge_password_file.clone());
        let signer = SignerOptions::of(
            self.acknowledge_key.clone(),
            certificates,
            password,
            self.acknowledge_password_env.clone(),
        );
        let signing = match signer.open(session) {
            Ok(signing) => signing,
            Err(status) => return Ok(Some(status)),
        };
        let name = path.display().to_string();
        let octets = match acknowledge(answer, &signing.identity, &Request::new(signing.now)) {
            Ok(octets) => octets,
            Err(error) => {
                say_problem(&name, &error);
                return Ok(Some(Status::Usage));
            }
        };
        let written = Output::open(Some(path)).and_then(|mut output| {
            output.write_all(&octets)?;
            output.finish()
        });
        if let Err(error) = written {
            return Ok(Some(say_failed(&name, &error)));
        }
        for answered in answer.structures() {
            let message = match answered.error {
                None => Message::new("acknowledge-confirmed"),
                Some(error) => Message::new("acknowledge-refused").with("code", error.code()),
            };
            say(&session.text(&message.with("structure", &answered.structure)));
        }
        Ok(None)
    }
}
