//! Which octets a security service covers (code list 0541).

use karvan_edifact::Item;
use karvan_pki::{Digest, DigestAlgorithm};
use karvan_text::Span;

use super::code::Scope;
use super::structure::{PlacedHeader, PlacedTrailer, Structure, Structures};

/// Whether line ends and blanks between segments are digested.
///
/// The standard knows none there. Where partners lay files out in lines, some digest what the file holds and some what the
/// standard sees; which one was meant shows when the digest fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The octets as they stand: what stands behind a segment belongs to it.
    #[default]
    Kept,
    /// Segments and objects alone.
    LeftOut,
}

/// A stretch of octets that a service covers, and their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where they stand.
    pub span: Span,
    /// The digest of these octets alone, for comparing notes.
    pub digest: Digest,
}

/// The octets that a service within a structure covers: in order, apart from each other, empty ones left out.
#[must_use]
pub fn embedded(structure: &Structure, header: &PlacedHeader, trailer: &PlacedTrailer, scope: Scope) -> Vec<Span> {
    let spans = match scope {
        // This header group and the body; other groups stand between them, or the body of a package does not begin there.
        Scope::HeaderAndBody => vec![header.span, structure.body],
        // All octets from USH to where UST begins.
        Scope::HeaderToTrailer => vec![Span::new(header.span.start, trailer.span.start)],
        // They would hold the value itself.
        Scope::Whole | Scope::BatchMessage => Vec::new(),
    };
    joined(spans)
}

/// The same without what stands between segments.
#[must_use]
pub fn without_layout(structures: &Structures<'_>, spans: &[Span]) -> Vec<Span> {
    let layout = structures.items().filter_map(|item| match item {
        Item::Layout(octets) => Some(octets.span()),
        _ => None,
    });
    without(spans, layout)
}

/// `spans` without `gaps`, both in order and each apart from the next.
#[must_use]
pub fn without(spans: &[Span], gaps: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut left = Vec::new();
    let mut gaps = gaps.into_iter().peekable();
    for &Span { mut start, end } in spans {
        while gaps.next_if(|gap| gap.end <= start).is_some() {}
        while let Some(&gap) = gaps.peek().filter(|gap| gap.start < end) {
            left.push(Span::new(start, gap.start.max(start)));
            start = gap.end.min(end).max(start);
            if gap.end > end {
                break;
            }
            gaps.next();
        }
        left.push(Span::new(start, end));
    }
    joined(left)
}

/// All octets of several lists of spans, each once, in order.
#[must_use]
pub fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut all: Vec<Span> = spans.into_iter().collect();
    all.sort_unstable_by_key(|span| (span.start, span.end));
    joined(all)
}

/// Spans that touch or overlap become one, empty ones vanish; they begin in order.
fn joined(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| !span.is_empty()) {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The digest of all `spans`, one behind the other.
#[must_use]
pub fn digest(octets: &[u8], spans: &[Span], algorithm: DigestAlgorithm) -> Digest {
    let mut context = algorithm.context();
    for span in spans {
        context.update(span.slice(octets));
    }
    context.finish()
}

/// The spans, each with its own digest.
#[must_use]
pub fn stretches(octets: &[u8], spans: &[Span], algorithm: DigestAlgorithm) -> Vec<Stretch> {
    spans.iter().map(|&span| Stretch { span, digest: digest(octets, &[span], algorithm) }).collect()
}

#[cfg(test)]
mod tests {
    use karvan_edifact::ReadOptions;

    use super::*;

    /// Two signatures in a message that is laid out in lines.
    const FILE: &[u8] = b"UNB+UNOC:4+A+B+20261122:0900+I'\nUNH+M+X'\nUSH+1+1'\nUSA+1'\nUSH+1+2'\nBGM'\nDTM'\nUST+2+2'\nUSR+1:A'\nUST+1+3'\nUSR+1:B'\nUNT+11+M'\nUNZ+1+I'\n";

    fn covered(reference: usize, scope: Scope, layout: Layout) -> String {
        let found = Structures::read(FILE, ReadOptions::default());
        let message = &found.all()[1];
        let header = &message.headers[reference];
        let trailer = message.trailers.iter().find(|trailer| trailer.reference() == header.group.reference()).unwrap();
        let mut spans = embedded(message, header, trailer, scope);
        if layout == Layout::LeftOut {
            spans = without_layout(&found, &spans);
        }
        let octets: Vec<u8> = spans.iter().flat_map(|span| span.slice(FILE)).copied().collect();
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn scope_1_is_the_own_header_and_the_body() {
        assert_eq!(covered(0, Scope::HeaderAndBody, Layout::Kept), "USH+1+1'\nUSA+1'\nBGM'\nDTM'\n");
        assert_eq!(covered(1, Scope::HeaderAndBody, Layout::Kept), "USH+1+2'\nBGM'\nDTM'\n");
        assert_eq!(covered(0, Scope::HeaderAndBody, Layout::LeftOut), "USH+1+1'USA+1'BGM'DTM'");
    }

    #[test]
    fn scope_2_is_all_from_the_header_to_the_trailer() {
        let outer = "USH+1+1'\nUSA+1'\nUSH+1+2'\nBGM'\nDTM'\nUST+2+2'\nUSR+1:A'\n";
        assert_eq!(covered(0, Scope::HeaderToTrailer, Layout::Kept), outer);
        assert_eq!(covered(0, Scope::HeaderToTrailer, Layout::LeftOut), outer.replace('\n', ""));
        assert_eq!(covered(1, Scope::HeaderToTrailer, Layout::Kept), "USH+1+2'\nBGM'\nDTM'\n");
    }

    #[test]
    fn gaps_are_cut_out_wherever_they_stand() {
        let span = Span::new;
        assert_eq!(
            without(&[span(2, 10)], [span(0, 1), span(1, 3), span(5, 6), span(9, 12)]),
            [span(3, 5), span(6, 9)]
        );
        assert_eq!(without(&[span(2, 4), span(6, 8)], [span(3, 7)]), [span(2, 3), span(7, 8)]);
        assert_eq!(without(&[span(2, 4)], []), [span(2, 4)]);
        assert_eq!(union([span(6, 8), span(1, 3), span(2, 5)]), [span(1, 5), span(6, 8)]);
    }
}
