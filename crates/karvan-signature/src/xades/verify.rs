//! Checking what a signature says about itself: ETSI EN 319 102-1 §5.2.2, §5.2.3, §5.2.8.

use std::fmt;

use karvan_pki::Certificate;
use karvan_text::{Code, Diagnostic, Message, Place};
use karvan_xml::{Document, Element};

use super::imprint;
use super::properties::Properties;
use super::read::{Qualifying, TimeStampKind, TimeStampProperty, UnsignedKind};
use super::values::ValidationData;
use crate::timestamp::{IntactToken, Token};
use crate::xml::Target;
use crate::xml::namespaces::SIGNATURE;
use crate::xml::structure::{Finding, finding};
use crate::{Intact, cms};

/// How much of everything the properties of a signature may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Timestamps at most (`E9231`); an archive timestamp is over everything before it.
    pub timestamps: usize,
    /// Certificates, revocation lists and answers at most (`E9232`).
    pub values: usize,
    /// Limits on the certificates read.
    pub certificates: karvan_pki::Limits,
}

impl Default for Limits {
    /// 32 timestamps, 512 values.
    fn default() -> Self {
        Self { timestamps: 32, values: 512, certificates: karvan_pki::Limits::default() }
    }
}

/// What the properties of a signature amount to: the baseline levels of ETSI EN 319 132-1 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// B-B: it says when and by whom it was made.
    B,
    /// B-T: a timestamp proves its age.
    T,
    /// B-LT: it carries what validates the signer's certificate.
    Lt,
    /// B-LTA: a timestamp proves the age of all that.
    Lta,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::B => "B-B",
            Self::T => "B-T",
            Self::Lt => "B-LT",
            Self::Lta => "B-LTA",
        })
    }
}

/// What a signature that verifies says about itself.
///
/// The properties are covered by the signature; whom to believe that is decided where the signer is trusted. Nobody has
/// looked yet at the authorities of the timestamps and at what the validation data says.
#[derive(Clone, Debug)]
pub struct Qualified {
    properties: Properties,
    timestamps: Vec<TimeStamp>,
    data: ValidationData,
    level: Option<Level>,
    notes: Vec<Diagnostic>,
}

/// A timestamp of a signature.
#[derive(Clone, Debug)]
pub struct TimeStamp {
    /// What it is over.
    pub kind: TimeStampKind,
    /// Where it stands.
    pub place: Place,
    /// The timestamp, if it is over what it should be over and signed.
    ///
    /// # Errors
    /// Why it is not: one finding at least.
    pub token: Result<IntactToken, Vec<Diagnostic>>,
}

impl Qualified {
    /// Reads and checks the qualifying properties of the signature in `document` that was found `intact`; none if it has
    /// none. The `known` certificates may be those of authorities that stamped it.
    ///
    /// # Errors
    /// The finding: properties that are malformed, not signed, of another certificate, or more than the limits allow.
    pub fn read(
        document: &Document,
        intact: &Intact,
        known: &[Certificate],
        limits: &Limits,
    ) -> Result<Option<Self>, Box<Diagnostic>> {
        let Some(signature) = document.find(intact.path()).filter(|element| element.is(SIGNATURE, "Signature")) else {
            return Ok(None);
        };
        let Some(qualifying) = Qualifying::of(signature)? else { return Ok(None) };
        check_signed(&qualifying, intact)?;
        let mut notes = Vec::new();
        check_certificate(&qualifying, intact.signed_by().certificate(), &mut notes)?;
        notes.extend(told(&qualifying));
        let data = ValidationData::of(&qualifying, &limits.certificates, limits.values)?;
        let known = [data.certificates.as_slice(), known].concat();
        let timestamps = timestamps(&qualifying, intact, &known, limits)?;
        let level = level(&qualifying);
        Ok(Some(Self { properties: qualifying.properties, timestamps, data, level, notes }))
    }

    /// What the signer says.
    #[must_use]
    pub const fn properties(&self) -> &Properties {
        &self.properties
    }

    /// The timestamps: those over the content first, then the others as they stand, the oldest first.
    #[must_use]
    pub fn timestamps(&self) -> &[TimeStamp] {
        &self.timestamps
    }

    /// The validation data that the signature carries.
    #[must_use]
    pub const fn data(&self) -> &ValidationData {
        &self.data
    }

    /// The baseline level whose properties are there; none if not even those of B-B are. Whether the timestamps are good
    /// is another question.
    #[must_use]
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// What is there and was not looked at, or is other than it should be without harm.
    #[must_use]
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}

/// §6.3, as far as it says which properties must be there.
fn level(qualifying: &Qualifying<'_>) -> Option<Level> {
    let has = |kind| qualifying.unsigned(kind).next().is_some();
    let properties = &qualifying.properties;
    if properties.signing_time.is_none() || properties.certificates.is_empty() {
        return None;
    }
    Some(if !has(UnsignedKind::TimeStamp(TimeStampKind::Signature)) {
        Level::B
    } else if !(has(UnsignedKind::CertificateValues) || has(UnsignedKind::RevocationValues)) {
        Level::T
    } else if !has(UnsignedKind::TimeStamp(TimeStampKind::Archive)) {
        Level::Lt
    } else {
        Level::Lta
    })
}

fn timestamps(
    qualifying: &Qualifying<'_>,
    intact: &Intact,
    known: &[Certificate],
    limits: &Limits,
) -> Result<Vec<TimeStamp>, Finding> {
    let over_content = qualifying.content_timestamps.iter().map(|property| (0, property.clone()));
    let mut timestamps = Vec::new();
    for (position, property) in over_content.chain(qualifying.timestamps()?) {
        for (element, octets) in &property.tokens {
            if timestamps.len() >= limits.timestamps {
                let message = Message::new("xades-limit-timestamps").with("limit", limits.timestamps);
                return Err(finding(*element, 9231, message));
            }
            timestamps.push(TimeStamp {
                kind: property.kind,
                place: element.diagnostic(Code::note(6114), Message::new("xades-timestamp")).place,
                token: verify_token(qualifying, intact, &property, position, octets, known)?,
            });
        }
    }
    Ok(timestamps)
}

fn verify_token(
    qualifying: &Qualifying<'_>,
    intact: &Intact,
    property: &TimeStampProperty<'_>,
    position: usize,
    octets: &[u8],
    known: &[Certificate],
) -> Result<Result<IntactToken, Vec<Diagnostic>>, Finding> {
    let token = match Token::from_der(octets) {
        Ok(token) => token,
        Err(findings) => return Ok(Err(findings)),
    };
    let mut context = token.info().digest.context();
    imprint::write(qualifying, intact.covered(), property, position, &mut context)?;
    Ok(token.verify_imprint(context.finish().as_ref(), known, &cms::Policy::default()))
}

/// §4.4.2: one Reference, by its Type, covers the SignedProperties, those of this signature.
fn check_signed(qualifying: &Qualifying<'_>, intact: &Intact) -> Result<(), Finding> {
    let mut references = intact.covered().iter().filter(|covered| covered.is_properties());
    let is_ours = |target: &Target| match target {
        Target::Element { span, .. } => *span == qualifying.signed.span(),
        _ => false,
    };
    match (references.next(), references.next()) {
        (Some(covered), None) if is_ours(&covered.target) => Ok(()),
        _ => Err(finding(qualifying.signed, 6106, Message::new("xades-not-signed"))),
    }
}

/// EN 319 102-1 §5.2.3: the certificate that the signature verifies with is the one that the signer signed to have used.
fn check_certificate(
    qualifying: &Qualifying<'_>,
    certificate: Option<&Certificate>,
    notes: &mut Vec<Diagnostic>,
) -> Result<(), Finding> {
    let references = &qualifying.properties.certificates;
    let tell = |message: Message| finding(qualifying.signed, 6107, message);
    let Some(certificate) = certificate else {
        return Err(tell(Message::new("xades-no-certificate")));
    };
    if references.is_empty() {
        // §6.3: the level B-B asks for it.
        let message = Message::new("xades-certificate-unnamed");
        notes.push(qualifying.signed.diagnostic(Code::warning(6108), message));
        return Ok(());
    }
    let meant = references.iter().find(|reference| reference.is_to(certificate) == Some(true));
    let Some(meant) = meant else {
        return Err(tell(Message::new("xades-other-certificate").with("subject", certificate.subject())));
    };
    if !meant.names(certificate) {
        return Err(tell(Message::new("xades-other-issuer").with("subject", certificate.subject())));
    }
    Ok(())
}

/// What is told of, and not validated.
fn told(qualifying: &Qualifying<'_>) -> Vec<Diagnostic> {
    let tell = |element: Element<'_>, number: u16, id: &'static str| {
        element.diagnostic(Code::note(number), Message::new(id).with("name", element.qualified_name()))
    };
    let mut notes: Vec<_> = qualifying.unknown.iter().map(|&element| tell(element, 6110, "xades-unknown")).collect();
    if qualifying.properties.role.as_ref().is_some_and(|role| role.certified + role.assertions > 0) {
        notes.push(tell(qualifying.signed, 6111, "xades-attributes"));
    }
    for property in &qualifying.unsigned {
        let (number, id) = match property.kind {
            UnsignedKind::Unknown => (6110, "xades-unknown"),
            UnsignedKind::AttributeReferences | UnsignedKind::AttributeValues => (6111, "xades-attributes"),
            UnsignedKind::CounterSignature => (6112, "xades-countersignature"),
            _ => continue,
        };
        notes.push(tell(property.element, number, id));
    }
    notes
}
