//! Securing interchanges (ISO 9735-5 and -6).

use std::io::{Read, Write};

use jiff::Timestamp;
use karvan_signature::edifact::autack;
pub use karvan_signature::edifact::autack::{Position as Place, Values};
use karvan_signature::edifact::{Answer, Options, Signer};
pub use karvan_signature::edifact::{Filter, Layout, Level, Scope, SignError};

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
    let mut options = options(identity, request);
    let Some(asked) = &request.autack else {
        options.scope = request.scope.unwrap_or_default();
        return signer.sign(source, sink, &options).map(|_| ());
    };
    let mut octets = Vec::new();
    source.read_to_end(&mut octets)?;
    Ok(sink.write_all(&autack::write(&octets, signer, &autack_options(options, asked, request))?)?)
}

/// Answers as `identity` what a verification found ([`verify_and_answer`](crate::verify::edifact::verify_and_answer)), by an AUTACK
/// in an interchange of its own.
///
/// # Errors
/// Why it is not answered.
pub fn acknowledge(answer: &Answer, identity: &Identity, request: &Request) -> Result<Vec<u8>, SignError> {
    let asked = request.autack.clone().unwrap_or_default();
    let options = autack_options(options(identity, request), &asked, request);
    autack::acknowledge(answer, Signer::new(identity.key()), &options)
}

fn options(identity: &Identity, request: &Request) -> Options {
    let mut options = Options::default();
    options.level = request.level;
    options.filter = request.filter;
    options.layout = request.layout;
    options.acknowledgement = request.acknowledgement;
    let time = [request.time.strftime("%Y%m%d"), request.time.strftime("%H%M%S")].map(|part| part.to_string());
    options.time = Some(time.into());
    options.certificate = identity.certificates().first().cloned();
    if request.attach {
        options.attached = identity.certificates().to_vec();
    }
    options
}

fn autack_options(mut signing: Options, asked: &Autack, request: &Request) -> autack::Options {
    signing.scope = Scope::HeaderToTrailer;
    let mut autack = autack::Options::default();
    autack.signing = signing;
    autack.scope = request.scope.unwrap_or(Scope::Whole);
    autack.values = asked.values;
    autack.place = asked.place;
    autack.reference = asked.reference.clone().unwrap_or_else(|| request.time.strftime("%y%m%d%H%M%S").to_string());
    autack
}
