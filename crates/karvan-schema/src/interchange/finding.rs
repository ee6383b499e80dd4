//! Findings about segments: where they go, and how each begins.

use karvan_edifact::{Detected, MisfitKind, Repertoire, Segment};
use karvan_text::{Code, Diagnostic, Excerpt, Message, Place, Span, Unit};

use super::level::Names;
use super::open::Interchange;
use crate::message::content::Fault;
use crate::message::rules::SegmentRules;
use crate::message::table::Tag;

/// Where findings go.
pub(super) struct Findings<'a> {
    pub(super) report: &'a mut dyn FnMut(Diagnostic),
    /// The message or package that they are about.
    pub(super) unit: Option<Unit>,
}

impl Findings<'_> {
    pub(super) fn report(&mut self, mut finding: Diagnostic) {
        finding.place.unit = self.unit;
        (self.report)(finding);
    }

    /// Reports what a data element of `segment` does wrong; service segments belong to layer 1.
    pub(super) fn fault(
        &mut self,
        fault: Fault,
        segment: &Segment<'_>,
        rules: &SegmentRules<'_>,
        path: &str,
        service: bool,
    ) {
        if !fault.is_judged_elsewhere() {
            let mut finding = of_data_element(fault, segment, rules, path);
            if service {
                finding.code.number = 1000 + finding.code.digits();
            }
            self.report(finding);
        }
    }
}

/// What a data element of `segment` does wrong, as a finding.
pub(crate) fn of_data_element(fault: Fault, segment: &Segment<'_>, rules: &SegmentRules<'_>, path: &str) -> Diagnostic {
    let mut place = Place { data_element: fault.place, ..place(fault.span, path) };
    if let Some(qualifier) = qualifier(segment, rules) {
        place.path.push_str(&qualifier);
    }
    if !fault.constituent.is_empty() {
        place.path.push('/');
        place.path.push_str(&fault.constituent);
    }
    let mut finding = Diagnostic::new(fault.code, fault.message, place);
    finding.expected = fault.expected;
    finding.found = fault.found;
    finding.help = fault.help;
    finding.excerpt(excerpt(segment, fault.span))
}

/// A place whose line and column are still to be filled in.
pub(crate) fn place(span: Span, path: &str) -> Place {
    Place { span, path: path.to_owned(), ..Place::default() }
}

/// The segment with the octets of `span` marked.
pub(crate) fn excerpt(segment: &Segment<'_>, span: Span) -> Excerpt {
    let within = |offset: u64| usize::try_from(offset.saturating_sub(segment.span().start)).unwrap_or(usize::MAX);
    Excerpt::new(segment.raw(), within(span.start)..within(span.end))
}

/// `[3035=BY]`: the qualifier of a segment is its first value, where that is coded.
pub(super) fn qualifier(segment: &Segment<'_>, rules: &SegmentRules<'_>) -> Option<String> {
    let rules = rules.elements.first()?.components.first()?;
    let value = segment.component(0, 0);
    let short = rules.codes.is_some() && !value.is_empty() && value.raw().len() <= 8;
    short.then(|| format!("[{}={}]", rules.tag, String::from_utf8_lossy(value.raw())))
}

/// `/C080/3036`: the data element at `span`; nothing where that is no single one, or one that the rules do not know.
pub(super) fn constituent_at(segment: &Segment<'_>, span: Span, rules: &SegmentRules<'_>) -> String {
    let place = segment.position_of(span);
    let element = place.and_then(|place| Some((place, rules.elements.get(place.position - 2)?)));
    let Some((place, element)) = element else { return String::new() };
    if !element.composite {
        return format!("/{}", element.tag);
    }
    // A composite of which only the first component is given looks like a simple data element.
    match element.components.get(place.component.unwrap_or(1) - 1) {
        Some(component) => format!("/{}/{}", element.tag, component.tag),
        None => format!("/{}", element.tag),
    }
}

/// The octets at `span` do not belong into the declared repertoire.
pub(super) fn out_of_repertoire(
    segment: &Segment<'_>,
    span: Span,
    path: &str,
    repertoire: Repertoire,
    misfit: MisfitKind,
) -> Diagnostic {
    let described = |character: char| match character.is_control() {
        true => format!("U+{:04X}", u32::from(character)),
        false => format!("U+{:04X} '{character}'", u32::from(character)),
    };
    let (id, name, shown) = match misfit {
        MisfitKind::NotPermitted { character } => ("character-not-in-repertoire", "character", described(character)),
        MisfitKind::Utf8 { character } => ("utf8-in-repertoire", "character", described(character)),
        _ => {
            let octet = span_of(segment, span).first().copied().unwrap_or_default();
            ("octet-not-in-repertoire", "octet", format!("{octet:02X}"))
        }
    };
    let message = Message::new(id).with(name, &shown).with("identifier", repertoire);
    let found = at(segment, span, path, Code::error(1021), message).found(shown);
    match misfit {
        MisfitKind::Utf8 { .. } => found.help(Message::new("help-utf8-found")),
        // A control character is in no repertoire.
        MisfitKind::NotPermitted { character } if !character.is_control() => found.help(Message::new("help-charset")),
        MisfitKind::NotPermitted { character: '\n' | '\r' } => found.help(Message::new("help-line-end")),
        MisfitKind::Malformed { .. } => found.help(Message::new("fmt-help-read-as")),
        _ => found,
    }
}

/// Tells, at the end of an interchange, that its octets do not look like the repertoire that UNB declares: only there all of
/// them are seen, so the trailer is the place, and not UNB, which is long gone.
pub(super) fn detected_otherwise(interchange: &Interchange, span: Span) -> Option<Diagnostic> {
    let Interchange { repertoire: Some(repertoire), evidence, .. } = interchange else { return None };
    let detected = evidence.detected();
    if repertoire.agrees_with(detected) {
        return None;
    }
    let id = match detected {
        Detected::Utf8 => "repertoire-detected-utf8",
        Detected::Iso2022 => "repertoire-detected-iso-2022",
        Detected::CodePage => "repertoire-detected-code-page",
        Detected::EightBit => "repertoire-detected-eight-bit",
        _ => "repertoire-detected-mixed",
    };
    let message = Message::new(id)
        .with("identifier", repertoire)
        .with("characters", evidence.utf8)
        .with("octets", evidence.eight_bit);
    let finding = Diagnostic::new(Code::warning(1910), message, place(span, interchange.level.names.trailer));
    Some(finding.help(Message::new("help-repertoire-detected")))
}

/// As much of a reference or an identifier as is kept: none that the standard knows is longer.
pub(super) fn bounded(octets: &[u8]) -> &[u8] {
    &octets[..octets.len().min(64)]
}

/// Octets of a service segment as shown in a finding.
pub(super) fn shown(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

pub(super) fn at(segment: &Segment<'_>, span: Span, path: &str, code: Code, message: Message) -> Diagnostic {
    let tag;
    let path = if path.is_empty() {
        tag = Tag::new(segment.tag()).to_string();
        &tag
    } else {
        path
    };
    let place = Place { data_element: segment.position_of(span), ..place(span, path) };
    Diagnostic::new(code, message, place).excerpt(excerpt(segment, span))
}

pub(super) fn span_of<'a>(segment: &Segment<'a>, span: Span) -> &'a [u8] {
    let start = segment.span().start;
    Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start)).slice(segment.raw())
}

pub(super) fn trailer_missing(trailer: &str, header: &str, end: Span) -> Diagnostic {
    let message = Message::new("trailer-missing").with("trailer", trailer).with("header", header);
    Diagnostic::new(Code::error(1013), message, place(end, trailer)).expected(trailer)
}

/// `segment` is a trailer, and the header that it belongs to is missing.
pub(super) fn header_missing(segment: &Segment<'_>, names: &Names) -> Diagnostic {
    let message = Message::new("header-missing").with("trailer", names.trailer).with("header", names.header);
    at(segment, segment.tag_span(), names.header, Code::error(1013), message).expected(names.header)
}

/// The kind of interchange does not know the segment here.
pub(super) fn misplaced(segment: &Segment<'_>) -> Diagnostic {
    let tag = Tag::new(segment.tag());
    let message = Message::new("segment-position").with("name", tag);
    at(segment, segment.tag_span(), "", Code::error(1015), message).found(tag.to_string())
}

pub(super) fn outside(segment: &Segment<'_>) -> Diagnostic {
    let message = Message::new("segment-outside").with("segment", Tag::new(segment.tag()));
    at(segment, segment.tag_span(), "", Code::error(1033), message)
}

/// `segment` gives another reference than `header` did.
pub(super) fn differing_reference(
    segment: &Segment<'_>,
    span: Span,
    path: &str,
    header: &str,
    expected: &[u8],
    found: &[u8],
) -> Diagnostic {
    let (expected, found) = (shown(expected), shown(found));
    let message = Message::new("reference-differs")
        .with("trailer", shown(segment.tag()))
        .with("header", header)
        .with("found", &found)
        .with("expected", &expected);
    at(segment, span, path, Code::error(1028), message).expected(expected).found(found)
}
