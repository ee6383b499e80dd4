//! What is asked of a timestamping authority, and what it answers: RFC 3161 §2.4.

use std::fmt;

use karvan_text::{Diagnostic, Language};

use super::token::Token;
use crate::DigestAlgorithm;
use crate::cms::Identifier;
use crate::cms::der::{
    self, BIT_STRING, BOOLEAN, INTEGER, NULL, OCTET_STRING, ObjectIdentifier, SEQUENCE, UTF8_STRING, Value,
};

/// What stamps octets with the time, so that whoever holds the stamp can prove that they were there by then.
pub trait Authority {
    /// A timestamp over `octets`.
    ///
    /// # Errors
    /// Why there is none.
    fn stamp(&self, octets: &[u8]) -> Result<Token, StampError>;
}

/// Why there is no timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StampError {
    /// The authority was not reached, or did not answer: what the way there says.
    Unreached(String),
    /// What it answered is no `TimeStampResp`.
    Malformed,
    /// It refused.
    Refused {
        /// `PKIStatus`: 2 rejection, 3 waiting, 4 and 5 about revocation.
        status: u64,
        /// What it says in words.
        text: String,
        /// The name of the bit of `PKIFailureInfo` that is set, if one is.
        failure: Option<&'static str>,
    },
    /// It stamped something else: the field that differs from the request.
    Differs(&'static str),
    /// Its token cannot be read.
    Token(Vec<Diagnostic>),
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(reason) => f.write_str(reason),
            Self::Malformed => f.write_str("the authority did not answer with a timestamp response"),
            Self::Refused { status, text, failure } => {
                write!(f, "the authority refused (status {status})")?;
                [Some(text.as_str()), *failure]
                    .into_iter()
                    .flatten()
                    .filter(|reason| !reason.is_empty())
                    .try_for_each(|reason| write!(f, ": {reason}"))
            }
            Self::Differs(field) => write!(f, "the timestamp has another {field} than asked for"),
            Self::Token(findings) => {
                findings.first().map_or(Ok(()), |finding| f.write_str(&finding.message.text(Language::English)))
            }
        }
    }
}

impl std::error::Error for StampError {}

/// `TimeStampReq` (RFC 3161 §2.4.1).
///
/// ```
/// use karvan_signature::DigestAlgorithm;
/// use karvan_signature::timestamp::Request;
///
/// let request = Request::new(DigestAlgorithm::Sha256, b"what is to be stamped").with_nonce(&[1, 2, 3, 4, 5, 6, 7, 8]);
/// assert!(request.to_der().starts_with(&[0x30]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    digest: DigestAlgorithm,
    imprint: Vec<u8>,
    policy: Option<ObjectIdentifier>,
    nonce: Option<Vec<u8>>,
    certificates: bool,
}

impl Request {
    /// The media type of a request (RFC 3161 §3.4).
    pub const MEDIA_TYPE: &'static str = "application/timestamp-query";

    /// Asks for a timestamp over `octets`, of which the authority gets the digest, and for the authority's certificate
    /// with it.
    #[must_use]
    pub fn new(digest: DigestAlgorithm, octets: &[u8]) -> Self {
        Self::of_imprint(digest, digest.digest(octets).as_ref().to_vec())
    }

    /// The same of octets whose digest is known.
    #[must_use]
    pub const fn of_imprint(digest: DigestAlgorithm, imprint: Vec<u8>) -> Self {
        Self { digest, imprint, policy: None, nonce: None, certificates: true }
    }

    /// Asks under this policy of the authority.
    #[must_use]
    pub const fn with_policy(mut self, policy: ObjectIdentifier) -> Self {
        self.policy = Some(policy);
        self
    }

    /// A number that was never used, which the answer repeats: an old answer cannot be played again.
    #[must_use]
    pub fn with_nonce(mut self, random: &[u8]) -> Self {
        self.nonce = Some(der::unsigned(random));
        self
    }

    /// Does not ask for the authority's certificate.
    #[must_use]
    pub const fn without_certificates(mut self) -> Self {
        self.certificates = false;
        self
    }

    /// The DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = der::value(OCTET_STRING, &[&self.imprint]);
        // NULL for parameters, as everybody writes here: authorities may compare octets.
        let digest = Identifier { parameters: vec![NULL, 0], ..Identifier::of_digest(self.digest) }.to_der();
        let mut parts = vec![der::unsigned(&[1]), der::sequence(&[&digest, &imprint])];
        parts.extend(self.policy.map(der::object_identifier));
        parts.extend(self.nonce.clone());
        if self.certificates {
            parts.push(der::value(BOOLEAN, &[&[0xFF]]));
        }
        der::sequence(&[&parts.concat()])
    }
}

/// `TimeStampResp` (RFC 3161 §2.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u64,
    text: String,
    failure: Option<&'static str>,
    token: Option<Vec<u8>>,
}

/// The bits of `PKIFailureInfo`.
const FAILURES: [(usize, &str); 8] = [
    (0, "badAlg"),
    (2, "badRequest"),
    (5, "badDataFormat"),
    (14, "timeNotAvailable"),
    (15, "unacceptedPolicy"),
    (16, "unacceptedExtension"),
    (17, "addInfoNotAvailable"),
    (25, "systemFailure"),
];

impl Response {
    /// The media type of a response (RFC 3161 §3.4).
    pub const MEDIA_TYPE: &'static str = "application/timestamp-reply";

    /// Reads the DER of a response; none where it is none.
    #[must_use]
    pub fn from_der(octets: &[u8]) -> Option<Self> {
        let mut parts = Value::whole(octets, SEQUENCE)?.parts();
        let mut status_info = parts.field(SEQUENCE)?.parts();
        let status = status_info.field(INTEGER)?.unsigned()?;
        let texts = status_info.field(SEQUENCE).into_iter().flat_map(Value::parts);
        let texts = texts.filter(|text| text.tag == UTF8_STRING).map(|text| String::from_utf8_lossy(text.content));
        let text = texts.collect::<Vec<_>>().join("; ").chars().filter(|c| !c.is_control()).take(500).collect();
        let bits = status_info.field(BIT_STRING).and_then(|bits| bits.content.split_first()).map(|(_, bits)| bits);
        let is_set =
            |bit: usize| bits.and_then(|bits| bits.get(bit / 8)).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
        let failure = FAILURES.into_iter().find(|(bit, _)| is_set(*bit)).map(|(_, name)| name);
        let token = if parts.is_empty() { None } else { Some(parts.field(SEQUENCE)?.octets.to_vec()) };
        parts.is_empty().then_some(Self { status, text, failure, token })
    }

    /// The token, whatever it answers; its signature is not looked at yet.
    ///
    /// # Errors
    /// A refusal.
    pub fn granted(&self) -> Result<Token, StampError> {
        // granted (0), grantedWithMods (1).
        let Some(token) = self.token.as_ref().filter(|_| self.status <= 1) else {
            return Err(StampError::Refused { status: self.status, text: self.text.clone(), failure: self.failure });
        };
        Token::from_der(token).map_err(StampError::Token)
    }

    /// The token, which answers `request`; its signature is not looked at yet.
    ///
    /// # Errors
    /// A refusal, or a token that answers something else.
    pub fn token(&self, request: &Request) -> Result<Token, StampError> {
        let token = self.granted()?;
        let info = token.info();
        let differs = [
            ("messageImprint", (info.digest, info.imprint.as_slice()) != (request.digest, request.imprint.as_slice())),
            ("nonce", info.nonce != request.nonce),
            ("policy", request.policy.is_some_and(|policy| policy != info.policy)),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            Some((field, _)) => Err(StampError::Differs(field)),
            None => Ok(token),
        }
    }
}

/// The way to an authority: takes the DER of a request, gives that of the response, or says why there is none.
pub type Transport<'t> = dyn Fn(&[u8]) -> Result<Vec<u8>, String> + 't;

/// An authority that is asked over some way.
pub struct Exchange<'t> {
    transport: &'t Transport<'t>,
    random: &'t dyn ring::rand::SecureRandom,
    digest: DigestAlgorithm,
    policy: Option<ObjectIdentifier>,
}

impl<'t> Exchange<'t> {
    /// Asks over `transport`, with SHA-256 and nonces of `random`.
    #[must_use]
    pub fn new(transport: &'t Transport<'t>, random: &'t dyn ring::rand::SecureRandom) -> Self {
        Self { transport, random, digest: DigestAlgorithm::Sha256, policy: None }
    }

    /// Digests with this algorithm.
    #[must_use]
    pub const fn with_digest(mut self, digest: DigestAlgorithm) -> Self {
        self.digest = digest;
        self
    }

    /// Asks under this policy of the authority.
    #[must_use]
    pub const fn with_policy(mut self, policy: ObjectIdentifier) -> Self {
        self.policy = Some(policy);
        self
    }
}

impl Authority for Exchange<'_> {
    fn stamp(&self, octets: &[u8]) -> Result<Token, StampError> {
        let mut nonce = [0; 16];
        let no_random = |_| StampError::Unreached("no random numbers to ask with".to_owned());
        self.random.fill(&mut nonce).map_err(no_random)?;
        let mut request = Request::new(self.digest, octets).with_nonce(&nonce);
        if let Some(policy) = self.policy {
            request = request.with_policy(policy);
        }
        let response = (self.transport)(&request.to_der()).map_err(StampError::Unreached)?;
        Response::from_der(&response).ok_or(StampError::Malformed)?.token(&request)
    }
}
