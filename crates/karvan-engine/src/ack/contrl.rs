//! CONTRL, the syntax and service report message (ISO 9735-4): UCI for the interchange, UCF for a group, UCM for a message or
//! package, UCS for a segment, UCD for a data element.

use karvan_edifact::{SegmentBuffer, WriteError, Writer};
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

/// What a CONTRL message says.
#[derive(Debug)]
pub(super) struct Report {
    /// What is done with the interchange.
    pub(super) action: Action,
    /// The error code told with the interchange.
    pub(super) error: Option<u16>,
    /// The messages, packages and groups that are named.
    pub(super) named: Vec<Named>,
    /// How many errors there was no room for.
    pub(super) unreported: usize,
}

/// How often the segment table lets UCM and UCF stand.
const MOST_UNITS: usize = 999_999;

/// A report that is about to be written.
#[derive(Debug)]
pub(super) struct Plan<'s> {
    subject: &'s Subject,
    action: Action,
    charge: Option<Charge>,
    /// Whether something is rejected.
    pub(super) rejects: bool,
}

/// A receipt: the interchange arrived, nothing more (ISO 9735-4 §5.3.1).
pub(super) fn receipt(subject: &Subject) -> Plan<'_> {
    Plan { subject, action: Action::Received, charge: None, rejects: false }
}

/// Acknowledges or rejects `subject`; as a `whole` where any of it is rejected, if that is asked for.
pub(super) fn report<'s>(reply: &Reply, subject: &'s Subject, whole: bool) -> Plan<'s> {
    let (groups, units) = lower(subject);
    let unnamed = has_unnamed(reply, units) || groups.iter().any(|group| is_unnamed(reply, group));
    let charge = if unnamed { raised(subject.charge.as_ref()) } else { subject.charge.clone() };
    let below = units.iter().any(Unit::is_rejected) || groups.iter().any(Group::is_rejected);
    let rejected = is_error(charge.as_ref());
    Plan { subject, action: Action::of(rejected || whole && below), charge, rejects: rejected || below }
}

/// What is told below the interchange: groups or else messages outside groups (ISO 9735-4 §5.3.1). Where both are
/// there, that is the fault.
fn lower(subject: &Subject) -> (&[Group], &[Unit]) {
    if subject.groups.is_empty() { (&[], &subject.units) } else { (&subject.groups, &[]) }
}

impl Plan<'_> {
    /// UCI; none where what it must copy from the header is not there, so that no CONTRL is possible (ISO 9735-4 §5.3.4).
    pub(super) fn heading(&self, reply: &Reply) -> Option<SegmentBuffer> {
        let header = &self.subject.header;
        let mut segment = SegmentBuffer::new("UCI");
        segment.set(0, 0, 0, header.value(4, 0, 0));
        reply.copy(header, 1, &mut segment, 1);
        reply.copy(header, 2, &mut segment, 2);
        segment.set(3, 0, 0, self.action.code());
        put_charge(reply, &mut segment, 4, Level::Interchange, self.charge.as_ref());
        reply.fitted(segment)
    }

    /// Writes what follows UCI.
    pub(super) fn write(self, reply: &Reply, writer: &mut Writer<Vec<u8>>) -> Result<Report, WriteError> {
        let mut teller = Teller { reply, writer, named: Vec::new(), unreported: 0 };
        if self.action != Action::Received {
            let (groups, units) = lower(self.subject);
            teller.groups(groups, self.action)?;
            teller.units(units, self.action)?;
        }
        let error = self.charge.map(|charge| codes::at(charge.code, Level::Interchange, reply.service));
        Ok(Report { action: self.action, error, named: teller.named, unreported: teller.unreported })
    }
}

/// The charge of a level with something rejected below it that cannot be named.
fn raised(charge: Option<&Charge>) -> Option<Charge> {
    let unspecified =
        || Charge { severity: Severity::Error, code: UNSPECIFIED, segment: None, data_element: None, security: None };
    Some(charge.filter(|charge| charge.severity == Severity::Error).cloned().unwrap_or_else(unspecified))
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

/// Whether one of these is rejected and cannot be named, so that the level above must be rejected.
fn has_unnamed(reply: &Reply, units: &[Unit]) -> bool {
    units.iter().any(|unit| unit.is_rejected() && unit_response(reply, unit, Action::Rejected).is_none())
}

fn is_unnamed(reply: &Reply, group: &Group) -> bool {
    group.is_rejected() && group_response(reply, group, Action::Rejected, group.charge.as_ref()).is_none()
}

/// UCF; none where the group cannot be named.
fn group_response(reply: &Reply, group: &Group, action: Action, charge: Option<&Charge>) -> Option<SegmentBuffer> {
    let mut segment = SegmentBuffer::new("UCF");
    segment.set(0, 0, 0, group.header.value(4, 0, 0));
    reply.copy(&group.header, 1, &mut segment, 1);
    reply.copy(&group.header, 2, &mut segment, 2);
    segment.set(3, 0, 0, action.code());
    put_charge(reply, &mut segment, 4, Level::Group, charge);
    reply.fitted(segment)
}

/// UCM; none where the message or package cannot be named.
fn unit_response(reply: &Reply, unit: &Unit, action: Action) -> Option<SegmentBuffer> {
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
        reply.copy(&unit.header, 1, &mut segment, 1);
    }
    segment.set(2, 0, 0, action.code());
    put_charge(reply, &mut segment, 3, Level::Message, unit.charge.as_ref());
    // From syntax version 4 on the directory does not ask for the reference, but without it nothing is named.
    let named = if unit.is_package() { 6 } else { 0 };
    reply.fitted(segment).filter(|segment| !segment.value(named, 0, 0).is_empty())
}

/// UCD; none where the data element is beyond what can be counted.
fn data_element_error(reply: &Reply, code: u16, place: DataElementPosition) -> Option<SegmentBuffer> {
    let code = codes::at(code, Level::DataElement, reply.service);
    let mut segment = SegmentBuffer::new("UCD").element(code.to_string());
    put_place(reply, &mut segment, 1, place).then_some(())?;
    reply.fitted(segment)
}

/// Tells what is below the interchange.
struct Teller<'r> {
    reply: &'r Reply,
    writer: &'r mut Writer<Vec<u8>>,
    named: Vec<Named>,
    unreported: usize,
}

impl Teller<'_> {
    /// UCF and what is below it for each group.
    fn groups(&mut self, groups: &[Group], above: Action) -> Result<(), WriteError> {
        self.unreported += groups.len().saturating_sub(MOST_UNITS);
        for group in groups.iter().take(MOST_UNITS) {
            let unnamed = has_unnamed(self.reply, &group.units);
            let charge = if unnamed { raised(group.charge.as_ref()) } else { group.charge.clone() };
            let action = Action::of(above == Action::Rejected || is_error(charge.as_ref()));
            let Some(segment) = group_response(self.reply, group, action, charge.as_ref()) else { continue };
            self.writer.segment(&segment)?;
            self.named.push(Named {
                header: group.header.tag().to_owned(),
                reference: group.header.value(4, 0, 0).to_owned(),
                message_type: group.header.value(0, 0, 0).to_owned(),
                action,
                error: charge.map(|charge| codes::at(charge.code, Level::Group, self.reply.service)),
                segments: 0,
            });
            self.units(&group.units, action)?;
        }
        Ok(())
    }

    /// UCM and what is below it for each message or package.
    fn units(&mut self, units: &[Unit], above: Action) -> Result<(), WriteError> {
        self.unreported += units.len().saturating_sub(MOST_UNITS);
        for unit in units.iter().take(MOST_UNITS) {
            let action = Action::of(above == Action::Rejected || unit.is_rejected());
            let Some(segment) = unit_response(self.reply, unit, action) else { continue };
            self.writer.segment(&segment)?;
            self.named.push(Named {
                header: unit.header.tag().to_owned(),
                reference: unit.header.value(0, 0, 0).to_owned(),
                message_type: if unit.is_package() { String::new() } else { unit.header.value(1, 0, 0).to_owned() },
                action,
                error: unit.charge.as_ref().map(|charge| codes::at(charge.code, Level::Message, self.reply.service)),
                segments: unit.segments.len(),
            });
            self.unreported += unit.dropped;
            self.segments(&unit.segments)?;
        }
        Ok(())
    }

    /// UCS and UCD for each segment.
    fn segments(&mut self, charges: &[SegmentCharge]) -> Result<(), WriteError> {
        for charge in charges {
            let told: Vec<_> = charge
                .data_elements
                .iter()
                .map(|(code, place)| data_element_error(self.reply, *code, *place))
                .collect();
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
            self.writer.segment(&segment)?;
            told.iter().flatten().try_for_each(|segment| self.writer.segment(segment))?;
        }
        Ok(())
    }
}
