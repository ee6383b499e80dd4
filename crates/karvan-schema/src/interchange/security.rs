//! Security segments of a message, package, group or interchange (ISO 9735-5 and -7).
//!
//! Header groups (USH, USA, USC, USR) stand directly behind the header of what they secure, trailer groups (UST, USR)
//! directly before its trailer. A trailer belongs to the header with the same security reference number (0534) and tells how
//! many segments both groups have (0588). Encrypted data stand between USD and USU.

use karvan_edifact::Segment;
use karvan_text::{Code, Diagnostic, Message, Span};

use super::finding::{Findings, at, bounded, differing_reference, excerpt, misplaced, place, shown, trailer_missing};

/// How often each group and segment may stand (ISO 9735-5 §5 and §6).
const GROUPS: usize = 99;
const ALGORITHMS: u32 = 3;
const CERTIFICATES: u32 = 2;

/// The security segments of one level.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// Header groups that no trailer closed yet.
    open: Vec<Header>,
    /// How many header groups there were.
    headers: usize,
    /// Security reference numbers of headers that are closed.
    closed: Vec<Vec<u8>>,
    phase: Phase,
    /// The trailer group that may not be complete.
    trailer: Option<TrailerGroup>,
    encrypted: Option<Encrypted>,
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Header groups.
    #[default]
    Headers,
    /// What is secured.
    Content,
    /// Trailer groups.
    Trailers,
}

/// A header group.
#[derive(Debug)]
struct Header {
    reference: Vec<u8>,
    segments: u64,
    algorithms: u32,
    certificates: u32,
}

/// A trailer group: its count can be judged when the segment behind it is seen.
#[derive(Debug)]
struct TrailerGroup {
    segments: u64,
    results: u32,
    declared: Option<u64>,
    /// The count as it stands, and where.
    text: String,
    span: Span,
    excerpt: karvan_text::Excerpt,
}

/// Data that USD says are encrypted.
#[derive(Debug)]
struct Encrypted {
    length: Vec<u8>,
    reference: Vec<u8>,
}

/// Whether the tag is that of a segment that secures others; USB, USX, USY and the like stand in messages of their own.
pub(super) fn is_security_segment(tag: &[u8]) -> bool {
    matches!(tag, b"USH" | b"USA" | b"USC" | b"USR" | b"UST" | b"USD" | b"USU")
}

impl Security {
    /// Takes a segment of the level that is no security segment.
    #[inline]
    pub(super) fn content(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        if self.phase != Phase::Content {
            self.begin_content(segment, findings);
        }
    }

    fn begin_content(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.settle(findings);
        if self.phase == Phase::Trailers {
            let message = Message::new("content-behind-security-trailer").with("segment", shown(segment.tag()));
            findings.report(at(segment, segment.tag_span(), "", Code::error(1015), message));
        }
        self.phase = Phase::Content;
    }

    /// Takes a security segment. `placed` says that the table of the message has a place for it, as those of AUTACK and
    /// KEYMAN have: what stands where is then judged by the table.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, placed: bool, findings: &mut Findings<'_>) {
        if segment.tag() != b"USR" {
            self.settle(findings);
        }
        match segment.tag() {
            b"USH" => self.header(segment, placed, findings),
            b"UST" => self.trailer(segment, findings),
            b"USD" => {
                self.phase = Phase::Content;
                let text = |n| segment.component(n, 0).unescaped().into_owned();
                self.encrypted = Some(Encrypted { length: text(0), reference: text(1) });
            }
            b"USU" => self.encryption_trailer(segment, findings),
            tag => self.member(segment, tag, placed, findings),
        }
    }

    /// Ends the level at `end`.
    pub(super) fn finish(&mut self, end: Span, findings: &mut Findings<'_>) {
        self.settle(findings);
        if self.encrypted.take().is_some() {
            findings.report(trailer_missing("USU", "USD", end));
        }
        for header in self.open.drain(..) {
            let message = Message::new("security-trailer-missing").with("reference", shown(&header.reference));
            findings.report(Diagnostic::new(Code::error(1013), message, place(end, "UST")).expected("UST"));
        }
    }

    fn header(&mut self, segment: &Segment<'_>, placed: bool, findings: &mut Findings<'_>) {
        if self.phase != Phase::Headers && !placed {
            out_of_place(segment, findings);
        }
        self.headers += 1;
        if self.headers > GROUPS {
            if self.headers == GROUPS + 1 {
                let message = Message::new("group-excess").with("name", "USH").with("allowed", GROUPS);
                findings.report(at(segment, segment.tag_span(), "", Code::error(1036), message));
            }
            return;
        }
        let value = segment.component(1, 0);
        let reference = bounded(&value.unescaped()).to_vec();
        let known = self.closed.contains(&reference) || self.open.iter().any(|open| open.reference == reference);
        if known && !reference.is_empty() {
            let shown = shown(&reference);
            let message = Message::new("security-reference-duplicate").with("reference", &shown);
            findings.report(at(segment, value.span(), "USH/0534", Code::error(1026), message).found(shown));
        }
        self.open.push(Header { reference, segments: 1, algorithms: 0, certificates: 0 });
    }

    /// A segment within a group: USA, USC, USR.
    fn member(&mut self, segment: &Segment<'_>, tag: &[u8], placed: bool, findings: &mut Findings<'_>) {
        if let (b"USR", Some(trailer)) = (tag, &mut self.trailer) {
            trailer.segments += 1;
            trailer.results += 1;
            if trailer.results > 1 {
                excess(segment, 1, findings);
            }
            return;
        }
        if tag == b"USR" && self.phase == Phase::Trailers {
            // It belongs to a trailer whose header is not known, which was told.
            return;
        }
        let header = self.open.last_mut().filter(|_| self.phase == Phase::Headers);
        let Some(header) = header else {
            if !placed {
                out_of_place(segment, findings);
            }
            return;
        };
        header.segments += 1;
        match tag {
            b"USA" => {
                header.algorithms += 1;
                if header.algorithms > ALGORITHMS && !placed {
                    excess(segment, ALGORITHMS, findings);
                }
            }
            b"USC" => {
                header.certificates += 1;
                header.algorithms = 0;
                if header.certificates > CERTIFICATES && !placed {
                    excess(segment, CERTIFICATES, findings);
                }
            }
            // The result of a certificate stands behind it.
            _ if header.certificates == 0 && !placed => out_of_place(segment, findings),
            _ => {}
        }
    }

    fn trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        self.phase = Phase::Trailers;
        let value = segment.component(0, 0);
        let reference = bounded(&value.unescaped()).to_vec();
        let Some(index) = self.open.iter().rposition(|open| open.reference == reference) else {
            if self.headers <= GROUPS {
                let shown = shown(&reference);
                let message = Message::new("security-reference-unknown").with("reference", &shown);
                findings.report(at(segment, value.span(), "UST/0534", Code::error(1028), message).found(shown));
            }
            return;
        };
        let header = self.open.remove(index);
        self.closed.push(header.reference);
        let count = segment.component(1, 0);
        let text = shown(&count.unescaped());
        self.trailer = Some(TrailerGroup {
            segments: header.segments + 1,
            results: 0,
            declared: text.parse().ok(),
            text,
            span: count.span(),
            excerpt: excerpt(segment, count.span()),
        });
    }

    /// Judges the count of the trailer group, now that nothing more can belong to it.
    fn settle(&mut self, findings: &mut Findings<'_>) {
        let Some(TrailerGroup { segments, declared, text, span, excerpt, .. }) = self.trailer.take() else { return };
        if text.is_empty() || declared == Some(segments) {
            return;
        }
        let message = Message::new("count-differs-ust").with("counted", &text).with("actual", segments);
        let finding = Diagnostic::new(Code::error(1029), message, place(span, "UST/0588"));
        findings.report(
            finding
                .expected(segments.to_string())
                .found(text)
                .fix(span, segments.to_string())
                .excerpt(excerpt)
                .help(Message::new("help-recount")),
        );
    }

    fn encryption_trailer(&mut self, segment: &Segment<'_>, findings: &mut Findings<'_>) {
        let Some(Encrypted { length, reference }) = self.encrypted.take() else {
            out_of_place(segment, findings);
            return;
        };
        for (n, path, expected) in [(0, "USU/0556", length), (1, "USU/0518", reference)] {
            let value = segment.component(n, 0);
            if *value.unescaped() != *expected {
                let found = value.unescaped();
                findings.report(differing_reference(segment, value.span(), path, "USD", &expected, &found));
            }
        }
    }
}

/// The segment does not stand where security segments of its kind do.
fn out_of_place(segment: &Segment<'_>, findings: &mut Findings<'_>) {
    findings.report(misplaced(segment).help(Message::new("help-security-position")));
}

fn excess(segment: &Segment<'_>, allowed: u32, findings: &mut Findings<'_>) {
    let tag = shown(segment.tag());
    let message = Message::new("segment-excess").with("name", tag).with("allowed", allowed);
    findings.report(at(segment, segment.tag_span(), "", Code::error(1035), message));
}
