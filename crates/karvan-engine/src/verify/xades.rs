//! XAdES: what a signature says about itself, and since when it exists, as far as timestamps prove that.
//!
//! ETSI EN 319 102-1 §5.5 and §5.6: an archive timestamp proves that everything before it existed at its time, so
//! everything before it, older timestamps too, is judged as of that time and not as of now.

use std::sync::Arc;

use jiff::Timestamp;
use karvan_pki::{Certificate, CertificateError, Evidence, Limits as PathLimits, OcspResponse, RevocationList, Status};
use karvan_signature::xades::{
    Commitment, DataObjectFormat, Level, Limits, ProductionPlace, Qualified, SignaturePolicy, TimeStamp, TimeStampKind,
    ValidationData,
};
use karvan_signature::{Intact, Policy};
use karvan_text::{Code, Diagnostic, Message};
use karvan_xml::Document;
use serde::Serialize;

use crate::trust::Material;

/// What a signature says about itself, and since when it exists.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Properties {
    /// The baseline level of XAdES: B-B, B-T, B-LT, B-LTA; none if not even the properties of the lowest are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// When the signer claims to have signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_time: Option<String>,
    /// By when the signature existed, as the timestamps prove.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<String>,
    /// The timestamps, the oldest first.
    pub timestamps: Vec<Stamp>,
    /// The identifier of the rules under which the signature was made; empty where they follow from what is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Where the signer claims to have signed: from the city to the country, as far as it is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<String>,
    /// The roles that the signer claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// What signing means: identifiers of commitments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<String>,
    /// The media types of what is signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
}

/// A timestamp of a signature.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// What it is over: the name of the property.
    pub kind: &'static str,
    /// The time that it proves if it is trusted.
    pub time: String,
    /// The subject of the authority's certificate.
    pub authority: String,
    /// Whether a path leads from the authority to a trust anchor.
    pub trusted: bool,
}

/// What a signature says about itself, and the time for which its signer is to be judged.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) properties: Properties,
    /// The certificates that it carries.
    pub(super) certificates: Vec<Certificate>,
    /// The revocation lists and answers that it carries.
    pub(super) evidence: Evidence,
    /// The time for which the signer is to be judged.
    pub(super) at: Timestamp,
    /// What speaks neither for the signature nor against it.
    pub(super) notes: Vec<Diagnostic>,
}

/// Whether `source` may hold a signature with properties: without reading it.
pub(super) fn may_be_in(source: &[u8]) -> bool {
    const NAME: &[u8] = b"QualifyingProperties";
    source.windows(NAME.len()).any(|octets| octets == NAME)
}

/// Examines the properties of the signature in `source` that was found `intact`; none if it has none.
///
/// # Errors
/// The findings: why the properties or the timestamps are not good.
pub(super) fn examine(
    source: &[u8],
    intact: &Intact,
    material: &Material,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Examined>, Vec<Diagnostic>> {
    let document = Document::parse(source, &policy.xml).map_err(|error| vec![error.into_diagnostic()])?;
    let limits = Limits { certificates: policy.certificates.clone(), ..Limits::default() };
    let qualified =
        Qualified::read(&document, intact, &material.certificates(), &limits).map_err(|wrong| vec![*wrong])?;
    let Some(qualified) = qualified else { return Ok(None) };
    let broken: Vec<_> = qualified.timestamps().iter().filter_map(broken).collect();
    if !broken.is_empty() {
        return Err(broken);
    }
    let certificates = &qualified.data().certificates;
    let evidence = evidence(qualified.data(), intact, &policy.certificates).map_err(|wrong| vec![*wrong])?;
    let mut proof =
        Proof { material, certificates, evidence: &evidence, everything: now, signature: now, notes: Vec::new() };
    let stamps = proof.of(qualified.timestamps());
    let proven = (proof.signature < now).then_some(proof.signature);
    let mut notes = proof.notes;
    check_order(&qualified, proven)?;
    let signing_time = qualified.properties().signing_time;
    if let (Some(claimed), Some(proven)) = (signing_time, proven)
        && claimed > proven
    {
        let message = Message::new("xades-claimed-later").with("claimed", claimed).with("proven", proven);
        notes.push(Diagnostic::new(Code::warning(6117), message, intact.place().clone()));
    }
    notes.extend(qualified.notes().iter().cloned());
    Ok(Some(Examined {
        properties: properties(&qualified, stamps, proven),
        certificates: qualified.data().certificates.clone(),
        evidence,
        at: proven.unwrap_or(now),
        notes,
    }))
}

/// What `data` tells of revocation.
fn evidence(data: &ValidationData, intact: &Intact, limits: &PathLimits) -> Result<Evidence, Box<Diagnostic>> {
    let origin: Arc<str> = "RevocationValues".into();
    let unreadable = |error: CertificateError| {
        let message = Message::new("xades-revocation-value").with("detail", error);
        Box::new(Diagnostic::new(Code::error(6113), message, intact.place().clone()))
    };
    let mut evidence = Evidence::default();
    for octets in &data.crls {
        evidence.insert_list(RevocationList::from_der(octets, limits).map_err(unreadable)?, &origin, limits);
    }
    for octets in &data.ocsp_responses {
        evidence.insert_response(OcspResponse::from_der(octets, limits).map_err(unreadable)?, &origin, limits);
    }
    Ok(evidence)
}

/// The finding about a timestamp that is not good.
fn broken(timestamp: &TimeStamp) -> Option<Diagnostic> {
    let findings = timestamp.token.as_ref().err()?;
    let message = Message::new("xades-timestamp").with("kind", timestamp.kind.name());
    let finding = Diagnostic::new(Code::error(6114), message, timestamp.place.clone());
    Some(findings.iter().fold(finding, |finding, reason| finding.help(reason.message.clone())))
}

/// What exists since when, while the timestamps are gone through from the youngest to the oldest.
struct Proof<'p> {
    material: &'p Material,
    certificates: &'p [Certificate],
    evidence: &'p Evidence,
    /// By when everything before the timestamp in question existed.
    everything: Timestamp,
    /// By when the signature existed.
    signature: Timestamp,
    notes: Vec<Diagnostic>,
}

impl Proof<'_> {
    /// What each timestamp proves, in their order.
    fn of(&mut self, timestamps: &[TimeStamp]) -> Vec<Stamp> {
        let mut stamps: Vec<_> = timestamps.iter().rev().filter_map(|timestamp| self.one(timestamp)).collect();
        stamps.reverse();
        stamps
    }

    fn one(&mut self, timestamp: &TimeStamp) -> Option<Stamp> {
        let token = timestamp.token.as_ref().ok()?;
        // What is signed is as old as the signature at least.
        let over_content =
            matches!(timestamp.kind, TimeStampKind::AllDataObjects | TimeStampKind::IndividualDataObjects);
        let at = if over_content { self.signature } else { self.everything };
        let time = token.info().latest();
        let certificate = token.certificate();
        let is_later = time > at;
        let trusted = !is_later && self.is_trusted(certificate, token.offered(), at);
        if trusted {
            match timestamp.kind {
                TimeStampKind::Archive => {
                    self.everything = self.everything.min(time);
                    self.signature = self.signature.min(time);
                }
                TimeStampKind::Signature | TimeStampKind::SignatureAndReferences => {
                    self.signature = self.signature.min(time);
                }
                _ => {}
            }
        } else {
            let about = |id: &'static str| Message::new(id).with("kind", timestamp.kind.name()).with("at", at);
            let tell = |message| Diagnostic::new(Code::warning(6115), message, timestamp.place.clone());
            self.notes.push(if is_later {
                tell(about("xades-timestamp-later").with("time", time))
            } else {
                tell(about("xades-timestamp-untrusted").with("authority", certificate.subject()))
                    .help(Message::new("xades-timestamp-untrusted-help"))
            });
        }
        Some(Stamp {
            kind: timestamp.kind.name(),
            time: time.to_string(),
            authority: certificate.subject().to_string(),
            trusted,
        })
    }

    fn is_trusted(&self, authority: &Certificate, offered: &[Certificate], at: Timestamp) -> bool {
        let offered = offered.iter().chain(self.certificates);
        let verdict = self.material.path_of_clock(authority, offered, self.evidence, at);
        verdict.status() == Status::Accepted
    }
}

/// EN 319 102-1 §5.5.4 (step 5 c): no timestamp over content is younger than the signature.
fn check_order(qualified: &Qualified, proven: Option<Timestamp>) -> Result<(), Vec<Diagnostic>> {
    let Some(proven) = proven else { return Ok(()) };
    let is_late = |timestamp: &&TimeStamp| {
        let over_content =
            matches!(timestamp.kind, TimeStampKind::AllDataObjects | TimeStampKind::IndividualDataObjects);
        over_content && timestamp.token.as_ref().is_ok_and(|token| token.info().time > proven)
    };
    let Some(late) = qualified.timestamps().iter().find(is_late) else { return Ok(()) };
    let message = Message::new("xades-timestamp-order").with("kind", late.kind.name()).with("proven", proven);
    Err(vec![Diagnostic::new(Code::error(6116), message, late.place.clone())])
}

fn properties(qualified: &Qualified, timestamps: Vec<Stamp>, proven: Option<Timestamp>) -> Properties {
    let said = qualified.properties();
    let identifier = |commitment: &Commitment| commitment.identifier.identifier.clone();
    let media_type = |format: &DataObjectFormat| format.mime_type.clone();
    Properties {
        level: qualified.level().as_ref().map(Level::to_string),
        signing_time: said.signing_time.map(|time| time.to_string()),
        proven: proven.map(|time| time.to_string()),
        timestamps,
        policy: said.policy.as_ref().map(|policy| match policy {
            SignaturePolicy::Implied => String::new(),
            SignaturePolicy::Explicit { identifier, .. } => identifier.identifier.clone(),
        }),
        place: said.place.as_ref().map(place).unwrap_or_default(),
        roles: said.role.as_ref().map(|role| role.claimed.clone()).unwrap_or_default(),
        commitments: said.commitments.iter().map(identifier).collect(),
        media_types: said.formats.iter().filter_map(media_type).collect(),
    }
}

fn place(place: &ProductionPlace) -> Vec<String> {
    [&place.city, &place.street, &place.state, &place.postal_code, &place.country]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

impl Properties {
    /// The properties for people, a line each.
    pub(super) fn lines(&self) -> Vec<Message> {
        let mut lines = Vec::new();
        let level = self.level.as_deref().unwrap_or("—");
        lines.push(Message::new("verify-xades").with("level", level));
        let mut say = |id: &'static str, name: &'static str, values: &[String]| {
            if !values.is_empty() {
                lines.push(Message::new(id).with(name, values.join(", ")));
            }
        };
        say("verify-xades-time", "time", self.signing_time.as_slice());
        let policies: Vec<_> = self.policy.iter().filter(|policy| !policy.is_empty()).cloned().collect();
        say("verify-xades-policy", "policy", &policies);
        say("verify-xades-place", "place", &self.place);
        say("verify-xades-roles", "roles", &self.roles);
        say("verify-xades-commitments", "commitments", &self.commitments);
        for stamp in &self.timestamps {
            let id = if stamp.trusted { "verify-xades-stamp" } else { "verify-xades-stamp-untrusted" };
            lines.push(
                Message::new(id).with("kind", stamp.kind).with("time", &stamp.time).with("authority", &stamp.authority),
            );
        }
        lines.push(match &self.proven {
            Some(proven) => Message::new("verify-xades-proven").with("time", proven),
            None => Message::new("verify-xades-unproven"),
        });
        lines
    }
}
