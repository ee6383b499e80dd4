//! Timestamps themselves: RFC 3161 §2.4.2, RFC 5816.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use karvan_pki::{Certificate, Legacy};
use karvan_text::{Code, Diagnostic, Message, Place};

use crate::DigestAlgorithm;
use crate::cms::ber::Source;
use crate::cms::der::{
    self, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, ObjectIdentifier, SEQUENCE, Value, context, primitive,
};
use crate::cms::{self, Identifier, Signature, Unusable, VerifyError, time};

/// `id-ct-TSTInfo` (RFC 3161 §2.4.2).
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-kp-timeStamping` (RFC 3161 §2.3).
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// `id-ce-extKeyUsage` (RFC 5280 §4.2.1.12).
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// A timestamp as it came, `TimeStampToken`: what it says, and a signature that nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    der: Vec<u8>,
    info: TokenInfo,
}

/// What a timestamp says, `TSTInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The policy of the authority under which it was made.
    pub policy: ObjectIdentifier,
    /// The digest algorithm.
    pub digest: DigestAlgorithm,
    /// The digest of what was there at that time.
    pub imprint: Vec<u8>,
    /// Its serial number in lower-case hexadecimal digits.
    pub serial: String,
    /// When.
    pub time: Timestamp,
    /// How far the time may be off, if it says so.
    pub accuracy: Option<Accuracy>,
    /// Whether the times of this authority are in order, whatever the accuracy.
    pub ordering: bool,
    /// The DER of the number of the request, if it had one.
    pub nonce: Option<Vec<u8>>,
}

/// How far a time may be off, earlier or later (RFC 3161 §2.4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accuracy(pub SignedDuration);

impl TokenInfo {
    /// The instant by which what is stamped was there for certain.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        self.accuracy.and_then(|accuracy| self.time.checked_add(accuracy.0).ok()).unwrap_or(self.time)
    }

    /// Which of two timestamps of the same authority was made first, if that can be told (RFC 3161 §2.4.2, `ordering`).
    #[must_use]
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.ordering && other.ordering {
            return Some(self.time.cmp(&other.time));
        }
        let apart = self.time.duration_since(other.time);
        let off = |info: &Self| info.accuracy.unwrap_or_default().0;
        (apart.abs() > off(self).saturating_add(off(other))).then(|| self.time.cmp(&other.time))
    }

    fn read(octets: &[u8]) -> Option<Result<Self, Unusable>> {
        let mut parts = Value::whole(octets, SEQUENCE)?.parts();
        if parts.field(INTEGER)?.unsigned() != Some(1) {
            return None;
        }
        let policy = parts.object_identifier()?;
        let mut message_imprint = parts.field(SEQUENCE)?.parts();
        let digest = match Identifier::take(&mut message_imprint)?.digest(Legacy::ALL) {
            Ok(digest) => digest,
            Err(unusable) => return Some(Err(unusable)),
        };
        let imprint = message_imprint.field(OCTET_STRING)?.content.to_vec();
        let serial = parts.field(INTEGER)?.content.iter().map(|octet| format!("{octet:02x}")).collect();
        let time = time::read(parts.field(GENERALIZED_TIME)?)?;
        let accuracy = match parts.field(SEQUENCE) {
            Some(accuracy) => Some(Accuracy::read(accuracy)?),
            None => None,
        };
        let ordering = parts.field(BOOLEAN).is_some_and(|ordering| ordering.content != [0]);
        let nonce = parts.field(INTEGER).map(|nonce| nonce.octets.to_vec());
        // The name of the authority, of which the certificate is the proof, and extensions.
        parts.field(context(0));
        parts.field(context(1));
        let known = message_imprint.is_empty() && parts.is_empty();
        known.then_some(Ok(Self { policy, digest, imprint, serial, time, accuracy, ordering, nonce }))
    }
}

impl Accuracy {
    fn read(value: Value<'_>) -> Option<Self> {
        let mut parts = value.parts();
        let mut number = |tag| match parts.field(tag) {
            Some(number) => number.unsigned(),
            None => Some(0),
        };
        let (seconds, milliseconds, microseconds) = (number(INTEGER)?, number(primitive(0))?, number(primitive(1))?);
        // RFC 3161 §2.4.2: from 1 to 999 each.
        let known = parts.is_empty() && milliseconds < 1_000 && microseconds < 1_000;
        known.then(|| time::duration(seconds, milliseconds, microseconds)).flatten().map(Self)
    }
}

impl Token {
    /// Reads a `TimeStampToken`, in DER or, as some authorities write it, in BER.
    ///
    /// # Errors
    /// The findings: what is no timestamp, or one by a digest that proves nothing.
    pub fn from_der(octets: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let der = in_der(octets).ok_or_else(|| vec![unreadable()])?;
        let info = content(&der).and_then(TokenInfo::read).ok_or_else(|| vec![unreadable()])?;
        let info = info.map_err(|unusable| vec![Diagnostic::new(Code::error(6306), unusable.message(), here())])?;
        Ok(Self { der: octets.to_vec(), info })
    }

    /// The octets as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says, which is no proof until it is verified.
    #[must_use]
    pub const fn info(&self) -> &TokenInfo {
        &self.info
    }

    /// Verifies that it is over `octets`, and signed with a certificate for timestamps and nothing else (RFC 3161
    /// §2.2, §2.3), which is inside or one of the `known`.
    ///
    /// # Errors
    /// The findings; never empty.
    pub fn verify(
        &self,
        octets: &[u8],
        known: &[Certificate],
        policy: &cms::Policy,
    ) -> Result<IntactToken, Vec<Diagnostic>> {
        let imprint = self.info.digest.digest(octets);
        self.verify_imprint(imprint.as_ref(), known, policy)
    }

    /// The same over octets of which this is the digest, by the algorithm that [`TokenInfo::digest`] names.
    ///
    /// # Errors
    /// The findings; never empty.
    pub fn verify_imprint(
        &self,
        imprint: &[u8],
        known: &[Certificate],
        policy: &cms::Policy,
    ) -> Result<IntactToken, Vec<Diagnostic>> {
        let policy = cms::Policy { content_type: TST_INFO, ..policy.clone() };
        let intact = match cms::verify(self.der.as_slice(), None, known, &policy, std::io::sink()) {
            Ok(intact) => intact,
            Err(VerifyError::Rejected(findings)) => return Err(findings),
            // Memory does not fail to be read.
            Err(VerifyError::Io(_)) => return Err(vec![unreadable()]),
        };
        let mut findings = Vec::new();
        let mut tell = |code, message: Message| findings.push(Diagnostic::new(Code::error(code), message, here()));
        if !self.info.digest.legacy().without(policy.legacy).is_empty() {
            tell(6306, Unusable::Refused(self.info.digest).message());
        }
        if imprint != self.info.imprint {
            tell(6310, Message::new("timestamp-imprint").with("digest", self.info.digest));
        }
        let [signature] = intact.signatures() else {
            tell(6310, Message::new("timestamp-signers").with("count", intact.signatures().len()));
            return Err(findings);
        };
        if !signature.names_certificate() {
            tell(6310, Message::new("timestamp-certificate-unnamed"));
        }
        if !is_for_timestamps_only(signature.certificate()) {
            let message = Message::new("timestamp-purpose").with("subject", signature.certificate().subject());
            tell(6311, message);
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let (signature, offered) = (signature.clone(), intact.offered().to_vec());
        Ok(IntactToken { info: self.info.clone(), signature, offered })
    }
}

/// A timestamp over the octets in question, by an authority that nobody has looked at yet.
#[derive(Clone, Debug)]
#[must_use = "nothing is trusted yet"]
pub struct IntactToken {
    info: TokenInfo,
    signature: Signature,
    offered: Vec<Certificate>,
}

impl IntactToken {
    /// What it says.
    #[must_use]
    pub const fn info(&self) -> &TokenInfo {
        &self.info
    }

    /// The signature of the authority.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The certificate of the authority.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        self.signature.certificate()
    }

    /// The certificates inside, for building its path.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered
    }

    /// Gives the time if `judge` believes the authority. Its certificate has to be good by when the token is proven to have existed,
    /// which is now unless another timestamp is over it; not at the time that the token gives itself.
    ///
    /// # Errors
    /// The reason of `judge` not to believe.
    pub fn trust<T, E>(self, judge: impl FnOnce(&Self) -> Result<T, E>) -> Result<Stamped<T>, E> {
        let trust = judge(&self)?;
        Ok(Stamped { trust, info: self.info })
    }
}

/// Proof that octets were there at a time.
#[derive(Clone, Debug)]
pub struct Stamped<T> {
    trust: T,
    info: TokenInfo,
}

impl<T> Stamped<T> {
    /// What made the caller believe the authority.
    #[must_use]
    pub const fn trust(&self) -> &T {
        &self.trust
    }

    /// What is proven.
    #[must_use]
    pub const fn info(&self) -> &TokenInfo {
        &self.info
    }
}

/// The same value in DER, of which what is longer than it was is only headers.
fn in_der(octets: &[u8]) -> Option<Vec<u8>> {
    let mut source = Source::new(octets, octets.len());
    let element = source.element().ok()?;
    source.finish().ok()?;
    Some(element)
}

/// The content of a `SignedData` in memory, of the type of timestamps.
fn content(octets: &[u8]) -> Option<&[u8]> {
    let mut parts = Value::whole(octets, SEQUENCE)?.parts();
    parts.object_identifier()?;
    let mut parts = parts.field(context(0))?.parts().field(SEQUENCE)?.parts();
    parts.field(INTEGER)?;
    parts.field(der::SET)?;
    let mut parts = parts.field(SEQUENCE)?.parts();
    if parts.object_identifier()? != TST_INFO {
        return None;
    }
    Some(parts.field(context(0))?.parts().field(OCTET_STRING)?.content)
}

/// RFC 3161 §2.3: `extKeyUsage` critical, with `id-kp-timeStamping` and nothing else.
fn is_for_timestamps_only(certificate: &Certificate) -> bool {
    let only = certificate.extensions().extended_key_usage.as_deref() == Some(&[TIME_STAMPING]);
    only && is_critical(certificate, EXTENDED_KEY_USAGE) == Some(true)
}

/// Whether an extension of a certificate is critical (RFC 5280 §4.1); none if there is no such extension.
fn is_critical(certificate: &Certificate, kind: ObjectIdentifier) -> Option<bool> {
    let fields = Value::whole(certificate.der(), SEQUENCE)?.parts().field(SEQUENCE)?.parts();
    let extensions = fields.filter(|field| field.tag == context(3)).last()?;
    extensions.parts().field(SEQUENCE)?.parts().find_map(|extension| {
        let mut parts = extension.parts();
        (parts.object_identifier()? == kind)
            .then(|| parts.field(BOOLEAN).is_some_and(|critical| critical.content != [0]))
    })
}

fn here() -> Place {
    Place { path: "TimeStampToken".to_owned(), ..Place::default() }
}

fn unreadable() -> Diagnostic {
    Diagnostic::new(Code::error(6310), Message::new("timestamp-unreadable"), here())
}
