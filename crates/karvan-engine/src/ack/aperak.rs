//! APERAK, the application error and acknowledgement message: one for each message of an interchange, accepted or rejected
//! with what was found in it, in sentences.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use karvan_edifact::{SegmentBuffer, WriteError, Writer};
use karvan_schema::directory::{Directories, Message};

use super::contrl::{Action, Named};
use super::ledger::{Remark, Subject, Unit, is_error};
use super::reply::Reply;

/// A release of the UN/EDIFACT directories that has APERAK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AperakRelease(&'static str);

impl Default for AperakRelease {
    /// D.96A, which most partners read.
    fn default() -> Self {
        Self("D.96A")
    }
}

/// A release that has no APERAK, or that there is none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAperak;

impl fmt::Display for NoAperak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no release with APERAK: D.95A or later, as in D.96A")
    }
}

impl std::error::Error for NoAperak {}

impl FromStr for AperakRelease {
    type Err = NoAperak;

    fn from_str(name: &str) -> Result<Self, NoAperak> {
        let directory = Directories::builtin().release(name).filter(|directory| directory.message("APERAK").is_some());
        directory.map(|directory| Self(directory.name())).ok_or(NoAperak)
    }
}

impl AperakRelease {
    /// `96A`.
    fn number(self) -> &'static str {
        self.0.trim_start_matches("D.")
    }

    pub(super) fn message(self) -> Option<Message<'static>> {
        Directories::builtin().release(self.0)?.message("APERAK")
    }

    /// How many errors one message can tell: as many groups as begin with ERC.
    pub(super) fn most_errors(self) -> usize {
        let rows = self.message().into_iter().flat_map(|message| message.rows().collect::<Vec<_>>());
        let group = rows.filter(|row| row.group().is_some()).find(|row| row.trigger() == Some("ERC"));
        group.map_or(0, |row| row.repetitions() as usize)
    }
}

/// How messages are answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    /// The release.
    pub(super) release: AperakRelease,
    /// The association assigned code (0057).
    pub(super) association: &'a str,
    /// Whether messages that are accepted are answered too.
    pub(super) accepted: bool,
    /// The date and time of the answers.
    pub(super) at: DateTime,
}

/// What the answers say.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) named: Vec<Named>,
    pub(super) unreported: usize,
}

/// Writes the answers to the messages of `subject`.
pub(super) fn answer(
    reply: &Reply,
    subject: &Subject,
    manner: &Manner<'_>,
    writer: &mut Writer<Vec<u8>>,
) -> Result<Answers, WriteError> {
    let mut answers = Answers::default();
    // What its group is rejected with reaches no application either.
    let groups = subject.groups.iter().filter(|group| !is_error(group.charge.as_ref()));
    let grouped = groups.flat_map(|group| &group.units);
    for unit in subject.units.iter().chain(grouped).filter(|unit| unit.is_answered_by_applications()) {
        let rejected = unit.is_rejected() || !unit.remarks.is_empty();
        let action = if rejected { Action::Rejected } else { Action::Acknowledged };
        if !rejected && !manner.accepted {
            continue;
        }
        let number = (answers.named.len() + 1).to_string();
        let identifier = ["APERAK", "D", manner.release.number(), "UN", manner.association];
        writer.segment(&SegmentBuffer::new("UNH").element(number.as_str()).composite(identifier))?;
        let heading = heading(&number, unit, action, manner.at).into_iter().filter_map(|segment| reply.fitted(segment));
        let errors = unit.remarks.iter().flat_map(|remark| error(reply, unit, remark));
        heading.chain(errors).try_for_each(|segment| writer.segment(&segment))?;
        writer.end_message()?;
        answers.unreported += unit.unremarked;
        answers.named.push(Named {
            header: unit.header.tag().to_owned(),
            reference: unit.header.value(0, 0, 0).to_owned(),
            message_type: unit.header.value(1, 0, 0).to_owned(),
            action,
            error: None,
            segments: unit.remarks.len(),
        });
    }
    Ok(answers)
}

/// Whether the syntax of `subject` is such that CONTRL rejects it as a whole: then it reaches no application.
pub(super) fn is_rejected_before(subject: &Subject) -> bool {
    is_error(subject.charge.as_ref())
}

/// BGM, DTM and RFF: what is answered, and how.
fn heading(number: &str, unit: &Unit, action: Action, at: DateTime) -> Vec<SegmentBuffer> {
    let (name, response) = if action == Action::Rejected { ("313", "RE") } else { ("312", "AP") };
    let mut heading = vec![
        SegmentBuffer::new("BGM").composite([name]).element(number).element("9").element(response),
        SegmentBuffer::new("DTM").composite(["137", &at.strftime("%Y%m%d%H%M").to_string(), "203"]),
        SegmentBuffer::new("RFF").composite(["ACW", unit.header.value(0, 0, 0)]),
    ];
    if !unit.document.is_empty() {
        heading.push(SegmentBuffer::new("RFF").composite(["DM", &unit.document]));
    }
    heading
}

/// ERC, FTX, RFF and FTX: the code, the sentence, the segment by its position, and what stands there at which path.
fn error(reply: &Reply, unit: &Unit, remark: &Remark) -> Vec<SegmentBuffer> {
    let text = |text: &str| {
        let mut segment = SegmentBuffer::new("FTX").element("AAO");
        for (component, line) in lines(text, reply.longest("FTX", 3)).take(reply.components("FTX", 3)).enumerate() {
            segment.set(3, 0, component, line);
        }
        segment.set(4, 0, 0, "EN");
        reply.fitted(segment)
    };
    // D.95A has room for the three digits alone.
    let digits = remark.code.len().saturating_sub(reply.longest("ERC", 0));
    let code = remark.code.get(if digits > 0 { 2 } else { 0 }..).unwrap_or_default();
    // Codes of our own: the list is that of the party which answers.
    let Some(code) = reply.fitted(SegmentBuffer::new("ERC").composite([code, "", "86"])) else { return Vec::new() };
    let place = SegmentBuffer::new("RFF").composite(["ACW", unit.header.value(0, 0, 0), &remark.position.to_string()]);
    let mut error = vec![code];
    error.extend(text(&remark.sentence));
    if let Some(place) = reply.fitted(place) {
        error.push(place);
        let found = format!("{} {}", remark.path, remark.found);
        error.extend(Some(found).filter(|found| !found.trim().is_empty()).and_then(|found| text(&found)));
    }
    error
}

/// `text` in lines of at most `longest` characters, broken between words where that can be.
fn lines(text: &str, longest: usize) -> impl Iterator<Item = String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while !word.is_empty() {
            let Some(line) = lines.last_mut() else { break };
            let length = line.chars().count();
            let gap = usize::from(length > 0);
            if length + gap + word.len() <= longest {
                line.extend([' '].iter().take(gap));
                line.extend(word.drain(..));
            } else if length == 0 {
                line.extend(word.drain(..longest.max(1)));
                lines.push(String::new());
            } else {
                lines.push(String::new());
            }
        }
    }
    lines.into_iter().filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_within_long_ones() {
        let broken = |text, longest| lines(text, longest).collect::<Vec<_>>();
        assert_eq!(broken("code QQ is unknown", 7), ["code QQ", "is", "unknown"]);
        assert_eq!(broken("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert!(broken("", 4).is_empty());
    }

    #[test]
    fn releases_are_those_with_the_message() {
        assert_eq!("d24a".parse(), Ok(AperakRelease("D.24A")));
        assert_eq!("D.93A".parse::<AperakRelease>(), Err(NoAperak));
        assert_eq!(AperakRelease::default().most_errors(), 999);
        assert_eq!("D.01B".parse::<AperakRelease>().map(AperakRelease::most_errors), Ok(99_999));
    }
}
