//! `karvan sign --form edifact` and `--form autack`.

use std::io;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use karvan_engine::sign::edifact::{Autack, Filter, Layout, Level, Place, Request, Scope, Values, sign};

use super::Sign;
use crate::input::Input;
use crate::session::{Session, say_problem, say_unread};
use crate::status::Status;

/// How interchanges are secured.
#[derive(Args, Debug)]
pub(super) struct EdifactOptions {
    /// What is secured: every message, package, group or interchange of the file.
    #[arg(long, value_name = "LEVEL", default_value = "message", help_heading = "Interchanges",
        value_parser = levels())]
    secure: Level,

    /// The scope (0541): 1 or 2 for groups within, 3 or 6 for the references of an AUTACK (default: 1, 3).
    #[arg(long, value_name = "CODE", help_heading = "Interchanges",
        value_parser = PossibleValuesParser::new(["1", "2", "3", "6"]).map(|code| Scope::from_code(&code).unwrap_or_default()))]
    scope: Option<Scope>,

    /// The filter of values (0505): 2 hexadecimal, 5 EDA, 6 EDC, 7 Base64 (default: what fits).
    #[arg(long, value_name = "CODE", help_heading = "Interchanges",
        value_parser = PossibleValuesParser::new(["2", "5", "6", "7"]).map(|code| Filter::from_code(&code).unwrap_or_default()))]
    filter: Option<Filter>,

    /// Digest segments alone, not the line ends between them.
    #[arg(long, help_heading = "Interchanges")]
    without_layout: bool,

    /// Ask the receiver for an acknowledgement.
    #[arg(long, help_heading = "Interchanges")]
    request_acknowledgement: bool,

    /// Let the certificates travel with the interchange, each in a package.
    #[arg(long, help_heading = "Interchanges")]
    attach_certificates: bool,

    /// Sign each reference of an AUTACK by itself (service 7), and not the AUTACK.
    #[arg(long, help_heading = "Interchanges")]
    sign_references: bool,

    /// The reference of the interchange that holds the AUTACK (default: from the time).
    #[arg(long, value_name = "REFERENCE", help_heading = "Interchanges")]
    interchange_reference: Option<String>,
}

/// The levels of structures, as options name them.
pub(in crate::commands) fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(["message", "package", "group", "interchange"]).map(|name| level(&name))
}

fn level(name: &str) -> Level {
    match name {
        "package" => Level::Package,
        "group" => Level::Group,
        "interchange" => Level::Interchange,
        _ => Level::Message,
    }
}

pub(super) fn run(asked: &Sign, autack: bool, input: &Input, mut session: Session) -> io::Result<Status> {
    let signing = match asked.signer.open(&session) {
        Ok(signing) => signing,
        Err(status) => return Ok(status),
    };
    let options = &asked.edifact;
    let mut request = Request::new(signing.now);
    request.level = options.secure;
    request.scope = options.scope;
    request.filter = options.filter;
    request.layout = if options.without_layout { Layout::LeftOut } else { Layout::Kept };
    request.acknowledgement = options.request_acknowledgement;
    request.attach = options.attach_certificates;
    request.autack = autack.then(|| Autack {
        values: if options.sign_references { Values::Signatures } else { Values::Digests },
        place: if asked.detached { Place::Apart } else { Place::Inside },
        reference: options.interchange_reference.clone(),
    });
    let source = match input.open(session.limits) {
        Ok(source) => source,
        Err(error) => return Ok(say_unread(&input.name(), &error)),
    };
    let signed = sign(source, &mut session.output, &signing.identity, &request);
    if let Some(ended) = signing.prepared() {
        return Ok(ended.unwrap_or_else(|status| status));
    }
    match signed {
        Ok(()) => {
            session.output.finish()?;
            Ok(Status::Good)
        }
        Err(error) => {
            say_problem(&input.name(), &error);
            Ok(Status::Usage)
        }
    }
}
