//! `karvan trust keyman`.

use std::io::{self, Write};

use clap::Args;
use karvan_engine::text::Message;
use karvan_engine::trust::keyman::{Delivery, deliver};
use karvan_engine::{Timestamp, Verdict};

use super::TrustPath;
use crate::commands::convert::{Partner, partner};
use crate::session::{Session, say};

/// `karvan trust keyman`.
#[derive(Args, Debug)]
pub(crate) struct Keyman {
    #[command(flatten)]
    pub(super) path: TrustPath,

    /// Who delivers: identification and, behind a colon, qualifier.
    #[arg(long, value_name = "ID[:QUALIFIER]", value_parser = partner)]
    sender: Partner,

    /// Who is to have it.
    #[arg(long, value_name = "ID[:QUALIFIER]", value_parser = partner)]
    recipient: Partner,

    /// The reference of the interchange (default: from the time).
    #[arg(long, value_name = "REFERENCE", value_parser = reference)]
    interchange_reference: Option<String>,
}

fn reference(text: &str) -> Result<String, String> {
    match text.chars().count() {
        1..=14 => Ok(text.to_owned()),
        _ => Err("1 to 14 characters".to_owned()),
    }
}

/// Writes the accepted path as a KEYMAN; where there is none, says why, and that nothing is written.
pub(super) fn tell(asked: &Keyman, session: &mut Session, verdict: &Verdict) -> io::Result<bool> {
    let Some(path) = verdict.accepted.first() else {
        say(verdict.explanation().text(session.style.language).trim_end());
        say(&session.text(&Message::new("keyman-nothing")));
        return Ok(false);
    };
    let delivery = Delivery {
        sender: asked.sender.clone(),
        recipient: asked.recipient.clone(),
        time: Timestamp::now(),
        reference: asked.interchange_reference.clone(),
    };
    let octets = deliver(path, &delivery).map_err(|error| io::Error::other(error.to_string()))?;
    session.output.write_all(&octets).map(|()| true)
}
