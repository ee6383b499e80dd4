//! What an inspection tells, as plain data.

use karvan_schema::message::choice::Verdict;
use karvan_text::{Position, Span};
use serde::Serialize;

/// One thing of a document, in the order of the document. Machines get it as it is, with `node` saying what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "node", rename_all = "kebab-case")]
pub enum Node {
    /// An interchange, by its header.
    Interchange(InterchangeNode),
    /// A functional group, by its header.
    Group(GroupNode),
    /// A message.
    Message(MessageNode),
    /// A package with an object.
    Package(PackageNode),
    /// A segment group, as its trigger opens it.
    SegmentGroup(SegmentGroupNode),
    /// A segment.
    Segment(SegmentNode),
    /// What stands where it was asked about.
    Place(Box<PlaceNode>),
    /// Octets that are no segment, where they were asked about.
    Other(OtherNode),
    /// A document that is no interchange: XML, JSON.
    Document(DocumentNode),
}

/// An interchange, by its header UNB or UIB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InterchangeNode {
    /// The octets of the header.
    pub span: Span,
    /// Line and column of the first.
    #[serde(flatten)]
    pub position: Position,
    /// Which interchange of the file it is, from 1.
    pub number: u64,
    /// Syntax identifier and version: `UNOC:3`.
    pub syntax: String,
    /// The sender (0004), with the qualifier behind a colon where there is one.
    pub sender: String,
    /// The recipient (0010), likewise.
    pub recipient: String,
    /// The date as written.
    pub date: String,
    /// The time as written.
    pub time: String,
    /// The control reference (0020).
    pub reference: String,
    /// The application reference (0026).
    pub application: String,
    /// Whether it says that it is a test (0035).
    pub test: bool,
    /// Whether it is an interactive interchange.
    pub interactive: bool,
}

/// A functional group, by its header UNG.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupNode {
    /// The octets of the header.
    pub span: Span,
    /// Line and column of the first.
    #[serde(flatten)]
    pub position: Position,
    /// The identification (0038): the message type.
    pub identification: String,
    /// The application that sent it.
    pub sender: String,
    /// The application that it is for.
    pub recipient: String,
    /// The reference (0048).
    pub reference: String,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessageNode {
    /// The octets from its header to its trailer where both are known, else those of its header.
    pub span: Span,
    /// Line and column of the first.
    #[serde(flatten)]
    pub position: Position,
    /// Which message of the file it is, from 1.
    pub number: u64,
    /// The reference (0062).
    pub reference: String,
    /// The message type: `ORDERS`.
    pub message: String,
    /// Version and release: `D.96A`.
    pub release: String,
    /// The association assigned code (0057).
    pub association: String,
    /// The name that the directory gives it; empty where no directory has it.
    pub name: &'static str,
    /// How many segments it has; none where it is told before its end is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u64>,
    /// What a KEYMAN (ISO 9735-9) asks for or delivers, in the order in which it does first; of other messages, and before the end
    /// is known, nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionNode>,
}

/// A key management function of a KEYMAN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FunctionNode {
    /// The code (0579).
    pub code: String,
    /// What it means; empty where the code list does not have it.
    pub name: &'static str,
    /// How often the message has it.
    pub count: u64,
}

/// A package, by its header UNO.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PackageNode {
    /// The octets of the header.
    pub span: Span,
    /// Line and column of the first.
    #[serde(flatten)]
    pub position: Position,
    /// The reference (0800).
    pub reference: String,
    /// How many octets its object has, as it says.
    pub length: String,
}

/// A segment group, as its trigger opens it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentGroupNode {
    /// The number: 2 for `SG2`.
    pub number: u16,
    /// Which repetition of the group it is, from 1.
    pub repetition: u32,
    /// How many groups stand around it.
    pub depth: usize,
    /// Where the segment begins that opens it.
    pub byte: u64,
}

/// A segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentNode {
    /// Its octets.
    pub span: Span,
    /// Line and column of the first.
    #[serde(flatten)]
    pub position: Position,
    /// Its tag.
    pub tag: String,
    /// The name that the directory gives it; empty where it has none.
    pub name: &'static str,
    /// The groups around it and its qualifier: `SG2/NAD[3035=BY]`.
    pub path: String,
    /// How many groups stand around it.
    pub depth: usize,
    /// Whether the message has no place for it where it stands.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub misplaced: bool,
    /// Its text, without the terminator; long ones are cut.
    pub text: String,
    /// Its values, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueNode>,
}

/// A value of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValueNode {
    /// Its octets.
    pub span: Span,
    /// The tags that lead to it in its segment: `C082/3039`; numbers where no directory has them.
    pub path: String,
    /// The name that the directory gives the data element.
    pub name: &'static str,
    /// The value, without release characters; long ones are cut.
    pub value: String,
    /// What the value means by its code list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<&'static str>,
}

/// What stands at a place, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlaceNode {
    /// The octet that was asked about, counted from 0; where a path was, the first of what it leads to.
    pub byte: u64,
    /// The segment that it belongs to.
    pub segment: SegmentNode,
    /// The value that it belongs to; none in the tag and in separators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueNode>,
    /// The segment groups around it, outermost first.
    pub groups: Vec<SegmentGroupNode>,
    /// The message that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageNode>,
    /// Why the segment stands where it does; none outside messages, and where no directory has the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<ChoiceNode>,
}

/// Why a segment stands where it does, as far as that can be said before the next segment is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChoiceNode {
    /// The places that its tag has in the message, in the order of the message.
    pub places: Vec<ConsideredNode>,
    /// How many of the segments before it came to stand elsewhere than in their nearest place, so that this one has a place.
    #[serde(skip_serializing_if = "is_zero")]
    pub revised: usize,
    /// What is mandatory, had to stand before it and does not: `BGM`, `SG2 (NAD)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What stands more often than it may: `NAD`, `SG2 (NAD)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess: Option<String>,
    /// What may stand there instead, the nearest first, where the segment may not: `DTM`, `SG2 (NAD)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<String>,
}

/// A place that was weighed for a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsideredNode {
    /// The place: `SG2/NAD`.
    pub path: String,
    /// Its position as the directory writes it; empty where it does not.
    pub position: String,
    /// What speaks for or against it: the id of a sentence, such as `place-nearest`.
    pub verdict: &'static str,
    /// What would be left out, or is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// Whether the segment stands there.
    pub taken: bool,
}

impl ConsideredNode {
    /// Whether it stands in a group that is not open.
    pub(super) fn is_closed(&self) -> bool {
        self.verdict == Verdict::NotOpen(0).id()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Octets that are no segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherNode {
    /// The octets.
    pub span: Span,
    /// What they are.
    pub what: OtherKind,
}

/// What octets are that are no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherKind {
    /// The service string advice, UNA.
    Advice,
    /// The object of a package, or encrypted data.
    Object,
    /// Line ends and blanks between segments.
    Layout,
    /// Text outside any interchange.
    Text,
}

/// A document that is no interchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DocumentNode {
    /// `xml` or `json`.
    pub syntax: &'static str,
    /// The name of the root element; of Karvan's own JSON, the document that it says it is.
    pub root: String,
    /// The namespace of the root element.
    pub namespace: String,
    /// The grammar that Karvan has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grammar: Option<&'static str>,
    /// How many elements there are; of JSON, how many fields.
    pub elements: u64,
    /// How deep they stand in one another.
    pub depth: u64,
    /// What the root holds, by name, with how often it does.
    pub children: Vec<(String, u64)>,
    /// Why it could not be read, in English; none where it could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<String>,
}

/// What there was in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `edifact`, `xml`, `json`; none where it is nothing that Karvan reads.
    pub syntax: Option<&'static str>,
    /// Interchanges.
    pub interchanges: u64,
    /// Functional groups.
    pub groups: u64,
    /// Messages.
    pub messages: u64,
    /// Packages.
    pub packages: u64,
    /// Segments, service segments included.
    pub segments: u64,
    /// How many octets were looked at.
    pub octets: u64,
    /// How many messages there are of each type: `ORDERS D.96A`.
    pub types: std::collections::BTreeMap<String, u64>,
    /// How many nodes were not handed out, for there were more than the limit.
    pub withheld: u64,
}
