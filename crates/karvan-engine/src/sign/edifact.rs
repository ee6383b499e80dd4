//! Securing interchanges (ISO 9735-5 and -6).

use std::io::{Read, Write};

use jiff::Timestamp;
use karvan_signature::edifact::autack::{self, Refused};
pub use karvan_signature::edifact::autack::{Position as Place, Values};
pub use karvan_signature::edifact::{Filter, Layout, Level, Scope, SignError};
use karvan_signature::edifact::{Options, SecurityError, Signer};

use super::Identity;

/// How an interchange is secured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// What is secured.
    pub level: Level,
    /// The scope; none is 1 within structures, and 3 for the references of an AUTACK.
    pub scope: Option<Scope>,
    /// The filter; none is what fits.
    pub filter: Option<Filter>,
    /// Whether line ends are digested.
    pub layout: Layout,
    /// Whether an acknowledgement is asked for.
    pub acknowledgement: bool,
    /// Whether the certificates of the signer travel with the interchange.
    pub attach: bool,
    /// When.
    pub time: Timestamp,
    /// By an AUTACK, and not by groups within.
    pub autack: Option<Autack>,
}

/// What an AUTACK says.
#[derive(Clone, Debug, Default)]
pub struct Autack {
    /// What the references hold.
    pub values: Values,
    /// Where it stands.
    pub place: Place,
    /// The reference of its interchange; none is made of the time.
    pub reference: Option<String>,
    /// Whether it acknowledges.
    pub acknowledge: bool,
    /// What is refused, `REFERENCE=CODE` with a code of list 0571.
    pub refused: Vec<String>,
}

impl Request {
    /// The usual way at this time.
    #[must_use]
    pub const fn new(time: Timestamp) -> Self {
        Self {
            level: Level::Message,
            scope: None,
            filter: None,
            layout: Layout::Kept,
            acknowledgement: false,
            attach: false,
            time,
            autack: None,
        }
    }
}

/// Secures an interchange as `identity`. Groups within are written while the file goes by, in constant memory; for an AUTACK
/// the file is read whole.
///
/// # Errors
/// Why it is not secured; what was written until then is worth nothing.
pub fn sign(
    mut source: impl Read,
    mut sink: impl Write,
    identity: &Identity,
    request: &Request,
) -> Result<(), SignError> {
    let signer = Signer::new(identity.key());
    let time = request.time.strftime("%Y%m%d").to_string();
    let mut options = Options::default();
    options.level = request.level;
    options.filter = request.filter;
    options.layout = request.layout;
    options.acknowledgement = request.acknowledgement;
    options.time = Some((time, request.time.strftime("%H%M%S").to_string()));
    options.certificate = identity.certificates().first().cloned();
    if request.attach {
        options.attached = identity.certificates().to_vec();
    }
    let Some(asked) = &request.autack else {
        options.scope = request.scope.unwrap_or_default();
        return signer.sign(source, sink, &options).map(|_| ());
    };
    options.scope = Scope::HeaderToTrailer;
    let mut autack = autack::Options::default();
    autack.signing = options;
    autack.scope = request.scope.unwrap_or(Scope::Whole);
    autack.values = asked.values;
    autack.place = asked.place;
    autack.reference = asked.reference.clone().unwrap_or_else(|| request.time.strftime("%y%m%d%H%M%S").to_string());
    autack.acknowledged =
        asked.acknowledge.then(|| asked.refused.iter().filter_map(|refused| read_refused(refused)).collect());
    let mut octets = Vec::new();
    source.read_to_end(&mut octets)?;
    Ok(sink.write_all(&autack::write(&octets, signer, &autack)?)?)
}

fn read_refused(text: &str) -> Option<Refused> {
    let (reference, code) = text.rsplit_once('=')?;
    Some(Refused { reference: reference.to_owned(), error: SecurityError::from_code(code)? })
}
