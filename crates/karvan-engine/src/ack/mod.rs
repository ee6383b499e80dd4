//! Answering an interchange: with CONTRL (ISO 9735-4) from what is wrong with its syntax and structure, or with APERAK, which
//! tells the same to applications in words, one message for each.
//!
//! The interchange streams through reader and validator; what is kept is what the answer will name. So memory grows with
//! the errors that are told, not with the interchange.

mod aperak;
mod codes;
mod contrl;
mod ledger;
mod reply;

use std::collections::HashMap;
use std::io::{self, Read};

pub use aperak::{AperakRelease, NoAperak};
pub use contrl::{Action, Named};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use karvan_edifact::{Item, Reader, SegmentBuffer, WriteError};
use karvan_schema::interchange::{Definitions, Depth, Validator};
use karvan_text::{Code, Diagnostic, Message, Place, Summary};
use ledger::{Keeping, Ledger, Subject};
use reply::Reply;
use serde::Serialize;

use crate::detect;
use crate::validate::{Options as Check, Verdict, judge_strictly};

/// What is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// CONTRL: acknowledged or rejected, with the errors of syntax.
    #[default]
    Contrl,
    /// CONTRL: received, nothing else.
    Receipt,
    /// APERAK: each message accepted or rejected, with what was found in it.
    Aperak,
}

/// When an interchange is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// Where its UNB asks for an acknowledgement (0031).
    Requested,
    /// Where something of it is rejected.
    Rejected,
}

/// How a file is answered.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// How the file is checked.
    pub check: Check,
    /// What the answer is.
    pub kind: Kind,
    /// The release that APERAK is written by.
    pub release: AperakRelease,
    /// When there is one.
    pub when: When,
    /// Which interchange of the file is answered, from 1; all where none is named.
    pub interchange: Option<usize>,
    /// Whether messages, packages and groups without fault are named too.
    pub explicit: bool,
    /// Whether an interchange is rejected as a whole where any of it is.
    pub whole: bool,
    /// Whether warnings are told.
    pub warnings: bool,
    /// The interchange control reference of the answer (0020); made of that of the interchange where none is given. One
    /// that was given already in a run is numbered: `-2`, and so on.
    pub reference: Option<String>,
    /// The association assigned code of the answering message (0057).
    pub association: Option<String>,
}

/// What came of answering a file.
#[derive(Clone, Debug)]
pub struct Acknowledgement {
    /// The answers, one interchange after the other.
    pub octets: Vec<u8>,
    /// What each interchange of the file is answered.
    pub answers: Vec<Answer>,
    /// What the check of the file came to.
    pub verdict: Verdict,
    /// How many findings there were.
    pub summary: Summary,
}

/// What one interchange is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Which interchange of the file it is, from 1.
    pub interchange: usize,
    /// Its control reference (0020).
    pub reference: String,
    /// Who sent it (0004).
    pub sender: String,
    /// Who received it (0010), and answers.
    pub recipient: String,
    /// Whether it asks for an acknowledgement (0031).
    pub requested: bool,
    /// Whether it is a test (0035).
    pub test: bool,
    /// How many messages and packages it has.
    pub units: u64,
    /// The answer; none where there is none to be given, for the reason in `withheld`.
    #[serde(flatten)]
    pub answer: Option<Given>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
}

/// An answer that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// What it is.
    pub kind: Kind,
    /// Its interchange control reference.
    pub answer_reference: String,
    /// What is done with the interchange.
    pub action: Action,
    /// The error code told with the interchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<u16>,
    /// The groups, messages and packages that are named.
    pub named: Vec<Named>,
    /// How many errors there was no room for.
    pub unreported: usize,
}

impl Given {
    /// How many messages and packages are rejected by name.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.named.iter().filter(|named| named.header != "UNG" && named.action == Action::Rejected).count()
    }
}

/// Why an interchange is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Withheld {
    /// Another interchange of the file was asked for.
    NotAsked,
    /// Its UNB does not ask for an acknowledgement.
    NotRequested,
    /// Nothing of it is rejected.
    NotRejected,
    /// Its syntax rejects it as a whole, so that it reaches no application: CONTRL tells that.
    Rejected,
    /// It holds acknowledgements alone, which are not acknowledged.
    Acknowledgements,
    /// What an answer must copy from its UNB is not there, or not as the directory has it.
    Unaddressed,
}

/// Answers the interchanges of the file that `source` gives, as of `at`; each finding is handed to `report`.
///
/// # Errors
/// Those of `source`.
pub fn acknowledge(
    mut source: impl Read,
    options: &Options,
    at: Timestamp,
    report: &mut dyn FnMut(Diagnostic),
) -> io::Result<Acknowledgement> {
    let mut telling = Telling::new(options.check.finding_limit, report);
    let mut head = Vec::with_capacity(detect::HEAD);
    source.by_ref().take(detect::HEAD as u64).read_to_end(&mut head)?;
    if let Some(kind @ (detect::Kind::Xml | detect::Kind::Json)) = detect::kind(&head) {
        let kind = if kind == detect::Kind::Xml { "XML" } else { "JSON" };
        telling.add(Diagnostic::new(
            Code::error(1),
            Message::new("ack-other-kind").with("kind", kind),
            Place::default(),
        ));
        let (verdict, summary) = (telling.verdict(), telling.summary);
        return Ok(Acknowledgement { octets: Vec::new(), answers: Vec::new(), verdict, summary });
    }
    let source = head.chain(source);
    let (subjects, dialogues) = if options.kind == Kind::Receipt {
        // A receipt says nothing about what was received.
        let check = Check { depth: Depth::Syntax, ..options.check.clone() };
        read(source, &Options { check, ..options.clone() }, &mut Telling::new(0, &mut |_| {}))?
    } else {
        read(source, options, &mut telling)?
    };
    if subjects.is_empty() && dialogues.is_empty() {
        telling.add(Diagnostic::new(Code::error(21), Message::new("ack-no-interchange"), Place::default()));
    }
    // CONTRL is the report for batch EDI (ISO 9735-4 §1); a dialogue has its own service segments (ISO 9735-3).
    for place in dialogues {
        telling.add(Diagnostic::new(Code::error(24), Message::new("ack-interactive"), place));
    }
    let at = at.to_zoned(TimeZone::UTC).datetime();
    let mut octets = Vec::new();
    let mut answers = Vec::with_capacity(subjects.len());
    let mut references = References::default();
    for (index, subject) in subjects.iter().enumerate() {
        let (answer, withheld) = match answer(subject, index + 1, &mut references, options, at) {
            Ok((answer, interchange)) => {
                octets.extend(interchange);
                (Some(answer), None)
            }
            Err(withheld) => {
                withheld.finding(subject).into_iter().for_each(|finding| telling.add(finding));
                (None, Some(withheld))
            }
        };
        let value = |element| subject.header.value(element, 0, 0).to_owned();
        answers.push(Answer {
            interchange: index + 1,
            reference: value(4),
            sender: value(1),
            recipient: value(2),
            requested: is_requested(subject),
            test: !value(10).is_empty(),
            units: subject.unit_count,
            answer,
            withheld,
        });
    }
    Ok(Acknowledgement { octets, answers, verdict: telling.verdict(), summary: telling.summary })
}

/// Reads and checks the file, and charges each interchange with what was found in it; tells also where interactive
/// interchanges begin, of as many as findings are told.
fn read(source: impl Read, options: &Options, telling: &mut Telling<'_>) -> io::Result<(Vec<Subject>, Vec<Place>)> {
    let mut reader = Reader::with_options(source, options.check.reading());
    let mut validator = Validator::new(Definitions::builtin(), options.check.checking());
    let aperak = options.kind == Kind::Aperak;
    let mut ledger = Ledger::new(Keeping {
        warnings: options.warnings,
        all: options.explicit || aperak && options.when != When::Rejected,
        remarks: if aperak { options.release.most_errors() } else { 0 },
    });
    let strict = options.check.strict;
    let judged = |mut finding: Diagnostic| {
        if strict {
            judge_strictly(&mut finding);
        }
        finding
    };
    let (mut found, mut dialogues) = (Vec::new(), Vec::new());
    let mut end = 0;
    while let Some(item) = reader.next()? {
        end = item.span().end;
        let mut header = None;
        match item {
            Item::Segment(segment) => {
                validator.segment(&segment, &mut |finding| found.push(judged(finding)));
                ledger.segment(&segment, &found);
                header = match segment.tag() {
                    b"UNB" => Some(("UNB", segment.span())),
                    b"UIB" => Some(("UIB", segment.span())),
                    _ => None,
                };
            }
            Item::Advice(advice) => validator.advice(&advice),
            _ => {}
        }
        if let Some((tag, span)) = header {
            let position = reader.position(span.start);
            let place = Place { span, position, path: tag.to_owned(), ..Place::default() };
            if tag == "UNB" {
                ledger.place(place);
            } else if (dialogues.len() as u64) < options.check.finding_limit {
                dialogues.push(place);
            }
        }
        problems(&mut reader, &judged, &mut ledger, telling);
        for mut finding in found.drain(..) {
            finding.place.position = reader.position(finding.place.span.start);
            telling.add(finding);
        }
    }
    problems(&mut reader, &judged, &mut ledger, telling);
    validator.finish(end, &mut |finding| found.push(judged(finding)));
    let subjects = ledger.finish(&found);
    for mut finding in found {
        finding.place.position = reader.position(finding.place.span.start);
        telling.add(finding);
    }
    Ok((subjects, dialogues))
}

/// Takes what the reader found wrong with the octets up to here.
fn problems(
    reader: &mut Reader<impl Read>,
    judged: &dyn Fn(Diagnostic) -> Diagnostic,
    ledger: &mut Ledger,
    telling: &mut Telling<'_>,
) {
    let problems: Vec<_> = reader.problems().collect();
    for problem in problems {
        let finding = judged(problem.diagnostic(reader.position(problem.span.start)));
        ledger.problem(problem.kind, &finding);
        telling.add(finding);
    }
}

/// Answers one interchange, the `number`th of its file.
fn answer(
    subject: &Subject,
    number: usize,
    references: &mut References,
    options: &Options,
    at: DateTime,
) -> Result<(Given, Vec<u8>), Withheld> {
    if options.interchange.is_some_and(|asked| asked != number) {
        return Err(Withheld::NotAsked);
    }
    if options.when == When::Requested && !is_requested(subject) {
        return Err(Withheld::NotRequested);
    }
    // To answer an acknowledgement would never end (ISO 9735-4 §5).
    if subject.unit_count > 0 && !subject.has_data {
        return Err(Withheld::Acknowledgements);
    }
    let association = options.association.as_deref().unwrap_or_default();
    let reference = references.next(subject, options);
    if options.kind == Kind::Aperak {
        return to_applications(subject, reference, association, options, at);
    }
    let reply = Reply::to(subject, None).ok_or(Withheld::Unaddressed)?;
    let plan = match options.kind {
        Kind::Receipt => contrl::receipt(subject),
        _ => contrl::report(&reply, subject, options.whole),
    };
    if options.when == When::Rejected && !plan.rejects {
        return Err(Withheld::NotRejected);
    }
    let header = reply.header(subject, at, &reference).ok_or(Withheld::Unaddressed)?;
    let heading = plan.heading(&reply).ok_or(Withheld::Unaddressed)?;
    let (version, release) = if reply.version < 4 { ("D", "3") } else { ("4", "1") };
    let message = SegmentBuffer::new("UNH").element("1").composite(["CONTRL", version, release, "UN", association]);
    let write = || -> Result<_, WriteError> {
        let mut writer = reply.begin(&header)?;
        writer.segment(&message)?;
        writer.segment(&heading)?;
        let report = plan.write(&reply, &mut writer)?;
        writer.end_message()?;
        writer.end_interchange()?;
        Ok((report, writer.into_inner()))
    };
    // Every segment was fitted to the repertoire and the service characters; the sink is memory.
    let (told, octets) = write().map_err(|_| Withheld::Unaddressed)?;
    let (action, error, named, unreported) = (told.action, told.error, told.named, told.unreported);
    Ok((Given { kind: options.kind, answer_reference: reference, action, error, named, unreported }, octets))
}

/// Answers the messages of an interchange with APERAK.
fn to_applications(
    subject: &Subject,
    reference: String,
    association: &str,
    options: &Options,
    at: DateTime,
) -> Result<(Given, Vec<u8>), Withheld> {
    if aperak::is_rejected_before(subject) {
        return Err(Withheld::Rejected);
    }
    let reply = Reply::to(subject, options.release.message()).ok_or(Withheld::Unaddressed)?;
    let header = reply.header(subject, at, &reference).ok_or(Withheld::Unaddressed)?;
    let accepted = options.when != When::Rejected;
    let mut writer = reply.begin(&header).map_err(|_| Withheld::Unaddressed)?;
    let manner = aperak::Manner { release: options.release, association, accepted, at };
    let answers = aperak::answer(&reply, subject, &manner, &mut writer).map_err(|_| Withheld::Unaddressed)?;
    if answers.named.is_empty() {
        return Err(if accepted { Withheld::Acknowledgements } else { Withheld::NotRejected });
    }
    writer.end_interchange().map_err(|_| Withheld::Unaddressed)?;
    let (action, error) = (Action::Acknowledged, None);
    let (named, unreported) = (answers.named, answers.unreported);
    let given = Given { kind: options.kind, answer_reference: reference, action, error, named, unreported };
    Ok((given, writer.into_inner()))
}

/// Whether UNB asks for an acknowledgement (0031).
fn is_requested(subject: &Subject) -> bool {
    subject.header.value(8, 0, 0) == "1"
}

/// The interchange control references of the answers to a file, each with how often it was wanted.
#[derive(Debug, Default)]
struct References(HashMap<String, usize>);

impl References {
    /// The most characters that 0020 has.
    const LONGEST: usize = 14;

    /// The reference of the answer to `subject`: the one that was asked for, or the end of the one that is answered behind a
    /// letter, so that an acknowledgement, a receipt and what they answer are told apart. One that was given already is
    /// numbered.
    fn next(&mut self, subject: &Subject, options: &Options) -> String {
        let wanted = match &options.reference {
            Some(reference) => head(reference, Self::LONGEST),
            None => {
                let answered = subject.header.value(4, 0, 0);
                let passed = answered.chars().count().saturating_sub(Self::LONGEST - 1);
                let letter = match options.kind {
                    Kind::Contrl => 'A',
                    Kind::Receipt => 'R',
                    Kind::Aperak => 'E',
                };
                std::iter::once(letter).chain(answered.chars().skip(passed)).collect()
            }
        };
        let count = self.0.entry(wanted.clone()).or_default();
        *count += 1;
        if *count == 1 {
            return wanted;
        }
        let number = format!("-{count}");
        head(&wanted, Self::LONGEST.saturating_sub(number.len())) + &number
    }
}

/// The first characters of `text`.
fn head(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

impl Withheld {
    /// What there is to say about it, where that is not what was asked for.
    fn finding(self, subject: &Subject) -> Option<Diagnostic> {
        let reference = subject.header.value(4, 0, 0);
        let (code, id) = match self {
            Self::Unaddressed => (Code::error(22), "ack-unaddressed"),
            Self::Acknowledgements => (Code::note(23), "ack-of-acknowledgement"),
            Self::NotAsked | Self::NotRequested | Self::NotRejected | Self::Rejected => return None,
        };
        Some(Diagnostic::new(code, Message::new(id).with("reference", reference), subject.place.clone()))
    }
}

/// Counts findings on their way out; up to the limit they are told.
struct Telling<'a> {
    summary: Summary,
    unfinished: bool,
    left: u64,
    limit: u64,
    report: &'a mut dyn FnMut(Diagnostic),
}

impl<'a> Telling<'a> {
    fn new(limit: u64, report: &'a mut dyn FnMut(Diagnostic)) -> Self {
        Self { summary: Summary::default(), unfinished: false, left: limit, limit, report }
    }

    fn add(&mut self, finding: Diagnostic) {
        self.summary.add(finding.code.severity);
        // Limits are layer 9: what lies beyond one was not looked at.
        self.unfinished |= finding.code.layer() == 9;
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        (self.report)(finding);
        if self.left == 0 {
            let message = Message::new("ack-finding-limit").with("limit", self.limit);
            (self.report)(Diagnostic::new(Code::note(9901), message, Place::default()));
        }
    }

    const fn verdict(&self) -> Verdict {
        match (self.unfinished, self.summary.errors) {
            (true, _) => Verdict::Unfinished,
            (false, 0) => Verdict::Valid,
            (false, _) => Verdict::Invalid,
        }
    }
}
