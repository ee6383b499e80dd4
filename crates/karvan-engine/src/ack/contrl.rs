//! CONTRL, the syntax and service report message (ISO 9735-4): UCI for the interchange, UCF for a group, UCM for a message or
//! package, UCS for a segment, UCD for a data element.

use karvan_edifact::SegmentBuffer;
use karvan_text::{DataElementPosition, Severity};
use serde::Serialize;

use super::codes::{self, Level};
use super::ledger::{Charge, Group, SegmentCharge, Subject, UNSPECIFIED, Unit, is_error};
use super::reply::Reply;

/// What is done with a part of an interchange (0083).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// This level and all lower levels rejected.
    #[serde(rename = "4")]
    Rejected,
    /// This level acknowledged, and what is below unless it is rejected.
    #[serde(rename = "7")]
    Acknowledged,
    /// The interchange was received; nothing is said about it.
    #[serde(rename = "8")]
    Received,
}

impl Action {
    /// The code value.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rejected => "4",
            Self::Acknowledged => "7",
            Self::Received => "8",
        }
    }

    const fn of(rejected: bool) -> Self {
        if rejected { Self::Rejected } else { Self::Acknowledged }
    }
}

/// A message, a package or a group that an answer names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `UNH`, `UNO` or `UNG`.
    pub header: String,
    /// Its reference.
    pub reference: String,
    /// The message type, `INVOIC`; empty for a package.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_type: String,
    /// What is done with it.
    pub action: Action,
    /// The error code that it is told with itself (0085).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<u16>,
    /// How many of its segments are told with errors.
    pub segments: usize,
}

/// The body of a CONTRL message and what it says.
#[derive(Debug)]
pub(super) struct Report {
    /// UCI and what follows it.
    pub(super) body: Vec<SegmentBuffer>,
    /// What is done with the interchange.
    pub(super) action: Action,
    /// The error code told with the interchange.
    pub(super) error: Option<u16>,
    /// The messages, packages and groups that are named.
    pub(super) named: Vec<Named>,
    /// How many errors there was no room for.
    pub(super) unreported: usize,
}

impl Report {
    /// Whether something is rejected.
    pub(super) fn rejects(&self) -> bool {
        self.action == Action::Rejected || self.named.iter().any(|named| named.action == Action::Rejected)
    }
}

/// How often the segment table lets UCM and UCF stand.
const MOST_UNITS: usize = 999_999;

/// A receipt: the interchange arrived, nothing more (ISO 9735-4 §5.3.1). None where its header cannot be copied.
pub(super) fn receipt(reply: &Reply, subject: &Subject) -> Option<Report> {
    let action = Action::Received;
    let body = vec![interchange(reply, subject, action, None)?];
    Some(Report { body, action, error: None, named: Vec::new(), unreported: 0 })
}

/// Acknowledges or rejects `subject`; as a `whole` where any of it is rejected, if that is asked for. None where its header cannot be copied, so that no CONTRL is possible
/// (ISO 9735-4 §5.3.4).
pub(super) fn report(reply: &Reply, subject: &Subject, whole: bool) -> Option<Report> {
    let mut teller = Teller { reply, body: Vec::new(), named: Vec::new(), unreported: 0 };
    // Either groups are told or messages outside groups (ISO 9735-4 §5.4.2): where both are there, that is the fault.
    let (groups, units) =
        if subject.groups.is_empty() { (&[][..], &subject.units[..]) } else { (&subject.groups[..], &[][..]) };
    let unnamed = teller.has_unnamed(units) || groups.iter().any(|group| teller.is_unnamed(group));
    let charge = if unnamed { raised(subject.charge.as_ref()) } else { subject.charge.clone() };
    let below = units.iter().any(Unit::is_rejected) || groups.iter().any(Group::is_rejected);
    let action = Action::of(is_error(charge.as_ref()) || whole && below);
    teller.body.push(interchange(reply, subject, action, charge.as_ref())?);
    teller.groups(groups, action);
    teller.units(units, action);
    let error = charge.map(|charge| codes::at(charge.code, Level::Interchange, reply.service));
    Some(Report { body: teller.body, action, error, named: teller.named, unreported: teller.unreported })
}

/// The charge of a level with something rejected below it that cannot be named.
fn raised(charge: Option<&Charge>) -> Option<Charge> {
    let unspecified =
        || Charge { severity: Severity::Error, code: UNSPECIFIED, segment: None, data_element: None, security: None };
    Some(charge.filter(|charge| charge.severity == Severity::Error).cloned().unwrap_or_else(unspecified))
}

/// UCI, or none where the header cannot be copied.
fn interchange(reply: &Reply, subject: &Subject, action: Action, charge: Option<&Charge>) -> Option<SegmentBuffer> {
    let mut segment = SegmentBuffer::new("UCI");
    segment.set(0, 0, 0, subject.header.value(4, 0, 0));
    reply.copy(&subject.header, 1, &mut segment, 1);
    reply.copy(&subject.header, 2, &mut segment, 2);
    segment.set(3, 0, 0, action.code());
    put_charge(reply, &mut segment, 4, Level::Interchange, charge);
    reply.fitted(segment)
}

/// Puts an error code, the service segment and the data element at fault (0085, 0135, S011) from `at` on.
fn put_charge(reply: &Reply, segment: &mut SegmentBuffer, at: usize, level: Level, charge: Option<&Charge>) {
    let Some(charge) = charge else { return };
    segment.set(at, 0, 0, codes::at(charge.code, level, reply.service).to_string());
    let element = if reply.version < 4 { "0013" } else { "0135" };
    let Some(tag) = charge.segment.as_ref().filter(|tag| reply.service.code(element, tag).is_some()) else { return };
    segment.set(at + 1, 0, 0, tag);
    if let Some(place) = charge.data_element {
        put_place(reply, segment, at + 2, place);
    }
    if let Some((reference, position)) = charge.security.as_ref().filter(|_| reply.version >= 4) {
        let at = if level == Level::Message { at + 5 } else { at + 3 };
        segment.set(at, 0, 0, reference);
        segment.set(at + 1, 0, 0, position.to_string());
    }
}

/// Puts S011; whether it could be, for its numbers have three digits.
fn put_place(reply: &Reply, segment: &mut SegmentBuffer, at: usize, place: DataElementPosition) -> bool {
    if place.position > 999 {
        return false;
    }
    segment.set(at, 0, 0, place.position.to_string());
    if let Some(component) = place.component.filter(|component| *component <= 999) {
        segment.set(at, 0, 1, component.to_string());
    }
    if let Some(occurrence) = place.occurrence.filter(|_| reply.version >= 4) {
        segment.set(at, 0, 2, occurrence.to_string());
    }
    true
}

/// Tells what is below the interchange.
struct Teller<'r> {
    reply: &'r Reply,
    body: Vec<SegmentBuffer>,
    named: Vec<Named>,
    unreported: usize,
}

impl Teller<'_> {
    /// Whether one of these is rejected and cannot be named, so that the level above must be rejected.
    fn has_unnamed(&self, units: &[Unit]) -> bool {
        units.iter().any(|unit| unit.is_rejected() && self.unit(unit, Action::Rejected).is_none())
    }

    fn is_unnamed(&self, group: &Group) -> bool {
        group.is_rejected() && self.group(group, Action::Rejected, group.charge.as_ref()).is_none()
    }

    /// UCF and what is below it for each group.
    fn groups(&mut self, groups: &[Group], above: Action) {
        self.unreported += groups.len().saturating_sub(MOST_UNITS);
        for group in groups.iter().take(MOST_UNITS) {
            let unnamed = self.has_unnamed(&group.units);
            let charge = if unnamed { raised(group.charge.as_ref()) } else { group.charge.clone() };
            let action = Action::of(above == Action::Rejected || is_error(charge.as_ref()));
            let Some(segment) = self.group(group, action, charge.as_ref()) else { continue };
            self.body.push(segment);
            self.named.push(Named {
                header: group.header.tag().to_owned(),
                reference: group.header.value(4, 0, 0).to_owned(),
                message_type: group.header.value(0, 0, 0).to_owned(),
                action,
                error: charge.map(|charge| codes::at(charge.code, Level::Group, self.reply.service)),
                segments: 0,
            });
            self.units(&group.units, action);
        }
    }

    fn group(&self, group: &Group, action: Action, charge: Option<&Charge>) -> Option<SegmentBuffer> {
        let mut segment = SegmentBuffer::new("UCF");
        segment.set(0, 0, 0, group.header.value(4, 0, 0));
        self.reply.copy(&group.header, 1, &mut segment, 1);
        self.reply.copy(&group.header, 2, &mut segment, 2);
        segment.set(3, 0, 0, action.code());
        put_charge(self.reply, &mut segment, 4, Level::Group, charge);
        self.reply.fitted(segment)
    }

    /// UCM and what is below it for each message or package.
    fn units(&mut self, units: &[Unit], above: Action) {
        self.unreported += units.len().saturating_sub(MOST_UNITS);
        for unit in units.iter().take(MOST_UNITS) {
            let action = Action::of(above == Action::Rejected || unit.is_rejected());
            let Some(segment) = self.unit(unit, action) else { continue };
            self.body.push(segment);
            self.named.push(Named {
                header: unit.header.tag().to_owned(),
                reference: unit.header.value(0, 0, 0).to_owned(),
                message_type: if unit.is_package() { String::new() } else { unit.header.value(1, 0, 0).to_owned() },
                action,
                error: unit.charge.as_ref().map(|charge| codes::at(charge.code, Level::Message, self.reply.service)),
                segments: unit.segments.len(),
            });
            self.unreported += unit.dropped;
            self.segments(&unit.segments);
        }
    }

    fn unit(&self, unit: &Unit, action: Action) -> Option<SegmentBuffer> {
        let mut segment = SegmentBuffer::new("UCM");
        if unit.is_package() {
            segment.set(6, 0, 0, unit.header.value(0, 0, 0));
            let references = unit.header.elements().get(1).map_or(&[][..], Vec::as_slice);
            for (index, reference) in references.iter().enumerate() {
                for (component, value) in reference.iter().enumerate() {
                    segment.set(7, index, component, value);
                }
            }
        } else {
            segment.set(0, 0, 0, unit.header.value(0, 0, 0));
            self.reply.copy(&unit.header, 1, &mut segment, 1);
        }
        segment.set(2, 0, 0, action.code());
        put_charge(self.reply, &mut segment, 3, Level::Message, unit.charge.as_ref());
        // From syntax version 4 on the directory does not ask for the reference, but without it nothing is named.
        let named = if unit.is_package() { 6 } else { 0 };
        self.reply.fitted(segment).filter(|segment| !segment.value(named, 0, 0).is_empty())
    }

    fn segments(&mut self, charges: &[SegmentCharge]) {
        for charge in charges {
            let told: Vec<_> =
                charge.data_elements.iter().map(|(code, place)| self.data_element(*code, *place)).collect();
            // A data element beyond what can be counted is a fault of the segment.
            let code = charge.code.or(told.contains(&None).then_some(UNSPECIFIED));
            let mut segment = SegmentBuffer::new("UCS").element(charge.position.to_string());
            if let Some(code) = code {
                segment.set(1, 0, 0, codes::at(code, Level::Segment, self.reply.service).to_string());
            }
            let Some(segment) = self.reply.fitted(segment) else {
                self.unreported += 1;
                continue;
            };
            self.body.push(segment);
            self.body.extend(told.into_iter().flatten());
        }
    }

    fn data_element(&self, code: u16, place: DataElementPosition) -> Option<SegmentBuffer> {
        let code = codes::at(code, Level::DataElement, self.reply.service);
        let mut segment = SegmentBuffer::new("UCD").element(code.to_string());
        put_place(self.reply, &mut segment, 1, place).then_some(())?;
        self.reply.fitted(segment)
    }
}
