//! `karvan explain`.

use std::io;

use clap::Args;
use karvan_engine::explain::{explain, findings};

use crate::session::{Session, say};
use crate::status::Status;

/// `karvan explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// What to explain; without a name, all codes of findings are listed.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

pub(crate) fn run(asked: &Explain, mut session: Session) -> io::Result<Status> {
    let mut status = Status::Good;
    if asked.names.is_empty() {
        let all: Vec<_> = findings().collect();
        session.result(|language| all.iter().map(|finding| finding.heading(language) + "\n").collect(), &all)?;
    }
    for name in &asked.names {
        match explain(name) {
            Ok(topic) => session.result(|language| topic.text(language), &topic)?,
            Err(unknown) => {
                say(&format!("karvan: {}", session.text(&unknown.message())));
                status = Status::Findings;
            }
        }
    }
    session.output.finish()?;
    Ok(status)
}
