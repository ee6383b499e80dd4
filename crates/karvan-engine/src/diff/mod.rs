//! What two documents say differently, whatever syntax each is in.
//!
//! Both are read, and their terms compared by their values. What only one of them says is asked of the other's syntax: the
//! document is written in it, and what that loses, adds or changes is no difference between two authors but one between
//! two syntaxes, and told apart.

mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use karvan_mapping::{Entry, ReadError, Reading, Writing, read_within, write};
use karvan_model::{Comparison, Document, Kind, Pair, Part, Sameness, TermId, compare};
use karvan_text::{Diagnostic, Message, Span};
use karvan_xml::Limits;
use serde::{Serialize, Serializer};

use crate::convert::{Checked, unread};
use crate::encoding::in_utf8;
use crate::validate;

pub use karvan_model::Term;
pub use text::text_of_diff;

/// How documents are compared.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Whether values written otherwise differ (`12.50` and `12.5`), and so do counters and envelopes of one syntax.
    pub strict: bool,
    /// How much of everything a document may have.
    pub check: validate::Options,
}

/// What two files say differently.
#[derive(Debug, Serialize)]
pub struct Diff {
    /// Whether nothing is different in what both can say.
    pub same: bool,
    /// How many messages of either file are not compared, for no table reads them.
    pub unread: Sides<usize>,
    /// The documents, as one file has one of the other.
    pub documents: Vec<Compared>,
}

impl Diff {
    /// Whether every message was compared.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.unread.left == 0 && self.unread.right == 0
    }
}

/// What there is of either file.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Sides<T> {
    /// Of the first file.
    pub left: T,
    /// Of the second file.
    pub right: T,
}

/// A document of each file that are compared with each other; one is missing where the other file has none like it.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// What kind of document it is: `order`.
    pub kind: &'static str,
    /// The documents.
    pub sides: Sides<Option<Side>>,
    /// How many values are the same.
    pub same: usize,
    /// What is different.
    pub differences: Vec<Difference>,
    /// What could not be compared: the syntax of the other document has no place for it or asks for it, or no term has it.
    pub not_compared: Vec<Difference>,
}

/// One of two documents.
#[derive(Debug, Serialize)]
pub struct Side {
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its syntax, for people: `UBL 2.1 Order`.
    pub format: String,
}

/// Something that one document says, or both say differently.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The term, or for what qualifies a value the term of its own or else of the value; none where no term has its place.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "id")]
    pub term: Option<&'static Term>,
    /// What qualifies the value, where that alone is different: `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// The groups that repeat in which it stands, from the outermost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Within>,
    /// What the first document says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Said>,
    /// What the second document says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Said>,
    /// Why it is not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Message>,
}

/// One of several groups with the same term.
#[derive(Debug, Serialize)]
pub struct Within {
    /// The term.
    #[serde(serialize_with = "own_id")]
    pub term: &'static Term,
    /// The value that tells it from the others, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which it is in its document, from 1.
    pub number: usize,
}

/// A value, and where it stands.
#[derive(Debug, Serialize)]
pub struct Said {
    /// The value.
    pub value: String,
    /// What qualifies it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<&'static str, String>,
    /// The line of its first octet, from 1.
    pub line: usize,
    /// Its octets.
    pub span: Span,
    /// Its path, in the names of the syntax.
    pub path: String,
}

/// Why nothing was compared.
#[derive(Debug)]
pub struct Error {
    /// Whether it is the second file that cannot be read.
    pub is_right: bool,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
    /// Why it cannot be read.
    pub error: ReadError,
}

/// Compares the documents of two files.
///
/// # Errors
/// If a file holds no document that a table reads.
pub fn diff(left: &[u8], right: &[u8], options: &Options) -> Result<Diff, Error> {
    let (left, right) = (File::read(left, false, options)?, File::read(right, true, options)?);
    let sameness = if options.strict { Sameness::Letter } else { Sameness::Meaning };
    let comparisons = compare(&left.documents(), &right.documents(), sameness);
    let documents: Vec<_> = comparisons.into_iter().map(|one| compared(one, &left, &right, sameness)).collect();
    let is_same = |one: &Compared| one.sides.left.is_some() && one.sides.right.is_some() && one.differences.is_empty();
    let unread = Sides { left: left.unread, right: right.unread };
    Ok(Diff { same: documents.iter().all(is_same), unread, documents })
}

/// A file that was read.
struct File<'s> {
    source: Cow<'s, [u8]>,
    readings: Vec<Reading>,
    /// How many messages no table reads.
    unread: usize,
    /// Where its lines end.
    lines: Vec<usize>,
}

impl<'s> File<'s> {
    fn read(source: &'s [u8], is_right: bool, options: &Options) -> Result<Self, Error> {
        let checked = Checked::new(source, &options.check);
        let (source, _) = in_utf8(source);
        match read_within(&source, &options.check.xml) {
            Ok(readings) => {
                let lines = memchr::memchr_iter(b'\n', &source).collect();
                Ok(Self { source, unread: checked.messages.saturating_sub(readings.len()), readings, lines })
            }
            Err(error) => Err(Error { is_right, findings: unread(checked.findings, &error), error }),
        }
    }

    fn documents(&self) -> Vec<&Document> {
        self.readings.iter().map(|reading| &reading.document).collect()
    }

    fn reading_of(&self, document: &Document) -> Option<&Reading> {
        self.readings.iter().find(|reading| std::ptr::eq(&raw const reading.document, document))
    }

    fn said(&self, said: &karvan_model::Said<'_>, document: &Document) -> Said {
        let parts = match said {
            karvan_model::Said::Value(leaf) => &leaf.value.parts[..],
            karvan_model::Said::Part(_) => &[],
        };
        let origin = said.origin();
        Said {
            parts: parts.iter().map(|part| (part.part.name(), part.text.to_string())).collect(),
            ..self.at(said.text().into_owned(), origin.span, document.path(&origin).unwrap_or_default())
        }
    }

    fn at(&self, value: String, span: Span, path: String) -> Said {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX).min(self.source.len());
        let line = self.lines.partition_point(|&end| end < start) + 1;
        Said { value, parts: BTreeMap::new(), line, span, path }
    }
}

fn compared(comparison: Comparison<'_>, left: &File<'_>, right: &File<'_>, sameness: Sameness) -> Compared {
    let Pair { left: one, right: other } = comparison.documents;
    let readings = (one.and_then(|one| left.reading_of(one)), other.and_then(|other| right.reading_of(other)));
    let mut compared = Compared {
        kind: one.or(other).map_or("", |document| document.kind.name()),
        sides: Sides { left: readings.0.map(Side::of), right: readings.1.map(Side::of) },
        same: comparison.same,
        differences: Vec::new(),
        not_compared: Vec::new(),
    };
    // What a document says that the other file does not have is all of it.
    let (Some(one), Some(other)) = readings else { return compared };
    let (mut there, mut back) = (Carried::new(one, other, sameness), Carried::new(other, one, sameness));
    for difference in &comparison.differences {
        let reason = there.explains(difference, one).or_else(|| back.explains(&reversed(difference), other));
        let told = Difference::of(difference, (left, one), (right, other), reason);
        if told.reason.is_some() { &mut compared.not_compared } else { &mut compared.differences }.push(told);
    }
    beyond_terms((left, one), (right, other), sameness == Sameness::Letter, &mut compared);
    compared
}

/// A path without the prefixes of its names, which each document chooses for itself: `/Invoice/UBLVersionID`.
fn unprefixed(path: &str) -> String {
    let steps = path.split('/').map(|step| {
        let (name, place) = step.split_at(step.find('[').unwrap_or(step.len()));
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        format!("{local}{place}")
    });
    steps.collect::<Vec<_>>().join("/")
}

/// Compares what of two documents no term holds: of one syntax by path and value, of two not at all.
fn beyond_terms(left: (&File<'_>, &Reading), right: (&File<'_>, &Reading), strict: bool, compared: &mut Compared) {
    let entries = |reading: &'_ Reading| {
        let report = reading.report.clone();
        let form = if strict && left.1.syntax == right.1.syntax { report.form } else { Vec::new() };
        report.lost.into_iter().chain(form).collect::<Vec<_>>()
    };
    let (mut ours, mut theirs) = (entries(left.1), entries(right.1));
    let is_one_syntax = left.1.syntax == right.1.syntax;
    if is_one_syntax {
        let key = |entry: &Entry| Some((unprefixed(&entry.source.as_ref()?.path), entry.value.clone()));
        let mut known: HashMap<_, usize> = HashMap::new();
        theirs.iter().filter_map(key).for_each(|key| *known.entry(key).or_default() += 1);
        let mut common: HashMap<_, usize> = HashMap::new();
        ours.retain(|entry| {
            let Some(key) = key(entry) else { return true };
            let Some(count) = known.get_mut(&key).filter(|count| **count > 0) else { return true };
            *count -= 1;
            *common.entry(key).or_default() += 1;
            false
        });
        theirs.retain(|entry| {
            let count = key(entry).and_then(|key| common.get_mut(&key)).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_none()
        });
    }
    let mut tell = |file: &File<'_>, entry: Entry, is_left: bool| {
        let Some(place) = entry.source else { return };
        let said = Some(file.at(entry.value, place.span, place.path));
        let (left, right) = if is_left { (said, None) } else { (None, said) };
        let reason = (!is_one_syntax).then_some(entry.reason);
        let told = Difference { term: entry.term, part: None, within: Vec::new(), left, right, reason };
        if is_one_syntax { &mut compared.differences } else { &mut compared.not_compared }.push(told);
    };
    ours.into_iter().for_each(|entry| tell(left.0, entry, true));
    theirs.into_iter().for_each(|entry| tell(right.0, entry, false));
}

/// What becomes of the values of a document in the syntax of the other one.
#[derive(Default)]
struct Carried {
    /// Why values are not there any more, by their octets and paths.
    gone: HashMap<(Span, String), Message>,
    /// What the syntax has besides.
    added: Vec<Entry>,
    /// What is different once the document was written in the syntax and read again, counted.
    otherwise: HashMap<Otherwise, usize>,
}

/// A term with the octets and the path of what a document says, and what it is in the other syntax.
type Otherwise = (TermId, Option<Part>, Option<(Span, String)>, Option<String>);

impl Carried {
    /// Writes a document in the syntax of the other one, if that is another, and reads it again.
    fn new(document: &Reading, other: &Reading, sameness: Sameness) -> Self {
        let written = write(&document.document, other.syntax).ok().filter(|_| document.syntax != other.syntax);
        let Some(Writing { bytes, report, .. }) = written else { return Self::default() };
        let gone = report.lost.into_iter().chain(report.repeated);
        let gone = gone.filter_map(|entry| Some(((entry.source.as_ref()?.span, entry.source?.path), entry.reason)));
        let mut otherwise: HashMap<_, usize> = HashMap::new();
        let again = read_within(&bytes, &Limits::default()).unwrap_or_default();
        let again: Vec<_> = again.iter().map(|reading| &reading.document).collect();
        for difference in compare(&[&document.document], &again, sameness).iter().flat_map(|one| &one.differences) {
            *otherwise.entry(key(difference, document)).or_default() += 1;
        }
        Self { gone: gone.collect(), added: report.added, otherwise }
    }

    /// Why the syntax of the other document alone makes this difference, of which this document says the left.
    fn explains(&mut self, difference: &karvan_model::Difference<'_>, own: &Reading) -> Option<Message> {
        let key = key(difference, own);
        let known = self.otherwise.get_mut(&key).filter(|count| **count > 0);
        let is_so = known.map(|count| *count -= 1).is_some();
        match (key.2, key.3) {
            (Some(place), None) => self.gone.get(&place).cloned(),
            (None, Some(text)) => {
                let kind = own.document.kind;
                let term = kind.term(difference.term);
                let term = difference.part.map_or(Some(difference.term), |part| term.part(part));
                let is_it = |entry: &Entry| {
                    entry.value == text && entry.term.map(Term::id) == term.map(|term| kind.term(term).id())
                };
                self.added.iter().position(is_it).map(|at| self.added.swap_remove(at).reason)
            }
            _ => None,
        }
        .or_else(|| is_so.then(|| Message::new("compare-syntax")))
    }
}

fn key(difference: &karvan_model::Difference<'_>, own: &Reading) -> Otherwise {
    let place = difference.said.left.map(|said| said.origin());
    let place = place.map(|origin| (origin.span, own.document.path(&origin).unwrap_or_default()));
    let other = difference.said.right.map(|said| said.text().into_owned());
    (difference.term, difference.part, place, other)
}

/// The difference as the other document has it.
fn reversed<'d>(difference: &karvan_model::Difference<'d>) -> karvan_model::Difference<'d> {
    let Pair { left, right } = difference.said;
    karvan_model::Difference { said: Pair { left: right, right: left }, within: Vec::new(), ..*difference }
}

impl Side {
    fn of(reading: &Reading) -> Self {
        let kind = reading.document.kind;
        // The number of a document is the first of its terms that is an identifier and must be there.
        let is_number = |term: &Term| term.is_required() && term.kind() == Kind::Identifier;
        let number = kind.top().iter().find(|&&term| is_number(kind.term(term)));
        let leaf = number.and_then(|&term| reading.document.root.leaf(term));
        Self { number: leaf.map(|leaf| leaf.value.text().into_owned()), format: reading.format.clone() }
    }
}

impl Difference {
    fn of(
        difference: &karvan_model::Difference<'_>,
        left: (&File<'_>, &Reading),
        right: (&File<'_>, &Reading),
        reason: Option<Message>,
    ) -> Self {
        let kind = left.1.document.kind;
        let value = kind.term(difference.term);
        let own = difference.part.and_then(|part| value.part(part));
        let within = difference.within.iter().filter_map(|group| {
            let key = group.key.map(|key| key.text().into_owned());
            Some(Within { term: kind.term(group.term), key, number: group.number? })
        });
        let said = |said: &Option<karvan_model::Said<'_>>, (file, reading): (&File<'_>, &Reading)| {
            said.as_ref().map(|said| file.said(said, &reading.document))
        };
        Self {
            term: Some(own.map_or(value, |own| kind.term(own))),
            part: difference.part.map(Part::name),
            within: within.collect(),
            left: said(&difference.said.left, left),
            right: said(&difference.said.right, right),
            reason,
        }
    }
}

#[allow(clippy::ref_option, reason = "serde gives a field by reference")]
fn id<S: Serializer>(term: &Option<&'static Term>, serializer: S) -> Result<S::Ok, S::Error> {
    term.map(Term::id).serialize(serializer)
}

fn own_id<S: Serializer>(term: &&'static Term, serializer: S) -> Result<S::Ok, S::Error> {
    term.id().serialize(serializer)
}
