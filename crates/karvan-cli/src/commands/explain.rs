//! `karvan explain`.

use std::io;

use clap::Args;
use karvan_engine::explain::{Topic, explain, findings};

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
        session.results(|finding, language| finding.heading(language) + "\n", &all)?;
    }
    let mut topics = Vec::new();
    for name in &asked.names {
        match explain(name) {
            Ok(topic) => topics.push(topic),
            Err(unknown) => {
                say(&format!("karvan: {}", session.text(&unknown.message())));
                status = Status::Findings;
            }
        }
    }
    match &topics[..] {
        [topic] if asked.names.len() == 1 => session.result(|language| topic.text(language), topic)?,
        [] if asked.names.len() <= 1 => {}
        topics => session.results(Topic::text, topics)?,
    }
    session.output.finish()?;
    Ok(status)
}
