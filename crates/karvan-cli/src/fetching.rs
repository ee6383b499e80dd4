//! `--fetch` and `--bundle`: asking others for what a verdict lacks, and coming to it again without them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use karvan_engine::Timestamp;
use karvan_engine::text::{Message, Severity};
use karvan_engine::trust::Material;
use karvan_engine::trust::fetch::{Bundle, Fetching};

use crate::input::Input;
use crate::network::{Network, NetworkOptions};
use crate::session::{Aside, Session, say_problem, say_unread};
use crate::status::Status;

/// Whether others are asked.
#[derive(Args, Debug)]
pub(crate) struct FetchOptions {
    /// Fetch what is lacking, where certificates say that it is: certificates of issuers, revocation lists, OCSP responses.
    #[arg(long)]
    fetch: bool,

    /// With --fetch: write all that came to FILE; without: come to the same verdict again from FILE, offline.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// Questions that are asked of others, over all certificates.
    #[arg(long, value_name = "COUNT", default_value_t = 64, hide_short_help = true)]
    max_fetches: usize,

    #[command(flatten)]
    network: NetworkOptions,
}

/// Others who are asked, or what they said before.
pub(crate) struct Others {
    fetching: Arc<Fetching>,
    /// The time that was asked about when it was fetched.
    pub(crate) at: Option<Timestamp>,
    /// Where all that came is written.
    bundle: Option<PathBuf>,
}

impl FetchOptions {
    /// Who is asked; none: nobody.
    pub(crate) fn open(&self, session: &Session) -> Result<Option<Others>, Status> {
        if self.fetch {
            let fetching = Fetching::new(Network::new(self.network), self.max_fetches).into();
            return Ok(Some(Others { fetching, at: None, bundle: self.bundle.clone() }));
        }
        let Some(path) = &self.bundle else { return Ok(None) };
        let name = path.display().to_string();
        let octets = Input::File(path.clone()).read(session.limits).map_err(|error| say_unread(&name, &error))?;
        let bundle = Bundle::read(&octets).map_err(|detail| {
            say_problem(&name, &session.text(&Message::new("fetch-bundle-unreadable").with("detail", detail)));
            Status::Usage
        })?;
        let at = Some(bundle.at);
        Ok(Some(Others { fetching: Fetching::new(bundle, self.max_fetches).into(), at, bundle: None }))
    }
}

impl Others {
    /// Has them asked.
    pub(crate) fn asked_by(&self, material: Material) -> Material {
        material.fetching(Arc::clone(&self.fetching))
    }

    /// Tells what could not be had, writes the bundle, and says how all ended that so far `ended`: what nobody could be asked for
    /// any more was not finished, unless it is good.
    pub(crate) fn finish(&self, ended: Status, at: Timestamp, mut aside: Aside) -> Status {
        let findings = self.fetching.findings();
        for (url, finding) in &findings {
            aside.finding(url, finding);
        }
        if let Some(path) = &self.bundle
            && let Err(error) = fs::write(path, self.fetching.bundle(at).write())
        {
            say_problem(&path.display().to_string(), &error);
            return Status::InputOutput;
        }
        let limited = findings.iter().any(|(_, finding)| finding.code.severity == Severity::Error);
        if limited && ended != Status::Good { ended.max(Status::Unfinished) } else { ended }
    }
}
