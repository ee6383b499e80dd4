//! What signatures cover, what they do not, and what they must.

use karvan_edifact::Item;
use karvan_text::{Message, Span};

use super::groups::{FINDINGS, Verification};
use super::subject::{Subject, message_type};
use super::{Coverage, Signature, Uncovered, Which};
use crate::edifact::scope;
use crate::edifact::structure::{Level, Structure};

pub(in crate::edifact) fn covered_spans(signatures: &[Signature], which: Which) -> Vec<Span> {
    let covered = signatures.iter().flat_map(|signature| &signature.covered).filter(|part| part.file == which);
    scope::union(covered.flat_map(|part| part.spans.iter().copied()))
}

/// The stretches of a file that no signature covers, layout alone left out.
pub(super) fn uncovered(subject: &Subject<'_>, signatures: &[Signature]) -> Vec<Uncovered> {
    let octets = subject.structures.octets();
    let covered = covered_spans(signatures, subject.which);
    let gaps = scope::without(&[Span::new(0, octets.len() as u64)], covered);
    let mut segments = subject.structures.items().filter(|item| !matches!(item, Item::Layout(_))).peekable();
    let mut found = Vec::new();
    for gap in gaps {
        let (mut first, mut last) = (None, None);
        while let Some(item) = segments.next_if(|item| item.span().start < gap.end) {
            if item.span().end <= gap.start {
                continue;
            }
            let tag = match item {
                Item::Segment(segment) => String::from_utf8_lossy(segment.tag()).into_owned(),
                Item::Advice(_) => "UNA".to_owned(),
                _ => "…".to_owned(),
            };
            first.get_or_insert_with(|| tag.clone());
            last = Some(tag);
        }
        let segments = match (first, last) {
            (Some(first), Some(last)) if first != last => format!("{first} … {last}"),
            (Some(only), _) => only,
            _ => continue,
        };
        found.push(Uncovered { file: subject.which, span: gap, segments });
    }
    found
}

/// The first octets that are `wanted` of `structure` and not `covered`, layout between segments alone left out.
pub(in crate::edifact) fn first_gap(
    octets: &[u8],
    structure: &Structure,
    wanted: Span,
    covered: &[Span],
) -> Option<Span> {
    let is_layout =
        |span: &Span| structure.level != Level::Package && span.slice(octets).iter().all(|octet| *octet <= b' ');
    scope::without(&[wanted], covered.iter().copied()).into_iter().find(|gap| !is_layout(gap))
}

impl Verification<'_> {
    /// Whether the object of a package is a certificate in DER, and nothing else.
    fn is_certificate(&self, subject: &Subject<'_>, package: &Structure) -> bool {
        let object = package.body.slice(subject.structures.octets());
        self.offered.iter().any(|certificate| certificate.der() == object)
    }

    /// What the policy wants covered.
    pub(super) fn coverage(&mut self) {
        let mut missing = Vec::new();
        let referred =
            self.signatures.iter().flat_map(|signature| &signature.covered).any(|part| part.file == Which::Content);
        for subject in std::iter::once(&self.source).chain(self.content.iter().filter(|_| referred)) {
            let covered = covered_spans(&self.signatures, subject.which);
            for (index, structure) in subject.structures.all().iter().enumerate() {
                let wanted = match (self.policy.coverage, structure.level) {
                    (Coverage::Bodies, Level::Message) if message_type(structure) != b"AUTACK" => structure.body,
                    // A certificate proves itself, or nothing.
                    (Coverage::Bodies, Level::Package) if !self.is_certificate(subject, structure) => structure.body,
                    (Coverage::Interchanges, Level::Interchange)
                        if subject.which == Which::Content || self.content.is_none() || !referred =>
                    {
                        structure.span
                    }
                    _ => continue,
                };
                if let Some(gap) = first_gap(subject.structures.octets(), structure, wanted, &covered) {
                    missing.push((subject.which, gap, subject.path(index)));
                }
            }
        }
        for (which, span, path) in missing.into_iter().take(FINDINGS) {
            let message = Message::new("security-not-covered").with("structure", path);
            self.tell(which, span, 6224, message).help("help-security-not-covered");
        }
    }
}
