//! The object between UNO and UNP (ISO 9735-8), and encrypted data between USD and USU (ISO 9735-7): octets of any kind,
//! read by their declared length.
//!
//! The declared length is trusted where the trailer stands behind it. Where it does not, the trailer is looked for. To find
//! it when the length says too much, the last [`HOLD`] octets of an object are held back until its end is certain.

use crate::characters::{LAYOUT_BEFORE_TAG, layout_before_tag};
use crate::item::ProblemKind;
use crate::{Segment, ServiceCharacters};

/// How many octets are held back.
pub(crate) const HOLD: usize = 1 << 16;

/// The most octets that a trailer takes: tag, length (n..18), reference (an..35, each released), separators and terminator.
const LONGEST_TRAILER: usize = 128;

/// An object that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// The tag of the header.
    header: &'static str,
    /// The tag of the trailer.
    trailer: &'static [u8; 3],
    /// Data element 0810 of UNO, 0556 of USD.
    declared: Option<u64>,
    /// Data element 0800 of UNO, 0518 of USD, as it stands.
    reference: Vec<u8>,
    /// Data element 0814 of UNO: security segments still to come before the object.
    segments: u64,
    /// Octets delivered.
    counted: u64,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Reading by the declared length.
    Counting,
    /// The declared length is wrong: looking for the trailer.
    Searching,
    /// All octets are delivered.
    Ended { found: bool },
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress {
    /// So many octets of the object.
    Octets(usize),
    /// The window is too small to tell.
    More,
    /// A segment of security that precedes the object.
    SecuritySegment,
    /// So many octets of layout before such a segment.
    Layout(usize),
    /// Segments again, and what is wrong with the object.
    Done(Option<ProblemKind>),
}

impl Object {
    /// The object that the segment UNO announces.
    pub(crate) fn announced(header: &Segment<'_>) -> Self {
        let declared = number(header, 3, 0);
        Self {
            header: "UNO",
            trailer: b"UNP",
            declared,
            reference: header.element(0).raw().to_vec(),
            segments: number(header, 3, 1).unwrap_or(0),
            counted: 0,
            phase: if declared.is_some() { Phase::Counting } else { Phase::Searching },
        }
    }

    /// The encrypted data that the segment USD announces; none where it does not tell their length.
    pub(crate) fn encrypted(header: &Segment<'_>) -> Option<Self> {
        Some(Self {
            header: "USD",
            trailer: b"USU",
            declared: Some(number(header, 0, 0)?),
            reference: header.element(1).raw().to_vec(),
            segments: 0,
            counted: 0,
            phase: Phase::Counting,
        })
    }

    /// How many octets were delivered.
    pub(crate) const fn counted(&self) -> u64 {
        self.counted
    }

    /// A security segment that precedes the object was delivered.
    pub(crate) const fn pass_security_segment(&mut self) {
        self.segments = self.segments.saturating_sub(1);
    }

    /// Looks at `rest`, which begins with the next octet not yet delivered; `last` says that it ends with the file.
    pub(crate) fn step(&mut self, rest: &[u8], last: bool, characters: &ServiceCharacters) -> Progress {
        if self.segments > 0 && self.counted == 0 {
            if rest.len() < LAYOUT_BEFORE_TAG + 4 && !last {
                return Progress::More;
            }
            let layout = layout_before_tag(rest);
            if is_security_segment(&rest[layout..], characters) {
                return if layout == 0 { Progress::SecuritySegment } else { Progress::Layout(layout) };
            }
            self.segments = 0;
        }
        loop {
            match self.phase {
                Phase::Counting => {
                    if let Some(progress) = self.count(rest, last, characters) {
                        return self.deliver(progress);
                    }
                }
                Phase::Searching => {
                    let progress = self.search(rest, last, characters);
                    return self.deliver(progress);
                }
                Phase::Ended { found } => return Progress::Done(self.verdict(found)),
            }
        }
    }

    /// Counts what is delivered; there is no item without octets.
    fn deliver(&mut self, progress: Progress) -> Progress {
        match (progress, self.phase) {
            (Progress::Octets(0), Phase::Ended { found }) => Progress::Done(self.verdict(found)),
            (Progress::Octets(0), _) => Progress::More,
            (Progress::Octets(length), _) => {
                self.counted += length as u64;
                progress
            }
            _ => progress,
        }
    }

    fn verdict(&self, found: bool) -> Option<ProblemKind> {
        let Self { header, declared, counted, .. } = *self;
        match found {
            true if declared == Some(counted) => None,
            true => Some(ProblemKind::ObjectLength { header, declared, counted }),
            false => Some(ProblemKind::ObjectTruncated { header, declared, counted }),
        }
    }

    /// Goes on by the declared length; none where that turns out to be wrong.
    fn count(&mut self, rest: &[u8], last: bool, characters: &ServiceCharacters) -> Option<Progress> {
        let left = self.declared.unwrap_or(0).saturating_sub(self.counted);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left > HOLD {
            let certain = left.min(rest.len()).saturating_sub(HOLD);
            if let Some(end) = self.own_trailer(rest, certain, characters) {
                self.phase = Phase::Ended { found: true };
                return Some(Progress::Octets(end));
            }
            if certain > 0 {
                return Some(Progress::Octets(certain));
            }
        } else if rest.len() >= left + LAYOUT_BEFORE_TAG + 4 || last {
            if rest.len() >= left && self.trailer_follows(&rest[left..], characters) {
                self.phase = Phase::Ended { found: true };
                return Some(Progress::Octets(left));
            }
            self.phase = Phase::Searching;
            return None;
        }
        if last {
            self.phase = Phase::Searching;
            return None;
        }
        Some(Progress::More)
    }

    /// Where the trailer stands before the declared end, in the first `certain` octets: only one that names this package, and the
    /// declared or the true length, can be meant, for the object may be an interchange itself.
    fn own_trailer(&self, rest: &[u8], certain: usize, characters: &ServiceCharacters) -> Option<usize> {
        let upto = rest.len().min(certain + 4);
        memchr::memmem::find_iter(&rest[..upto], self.trailer).find(|&at| {
            let trailer = &rest[at..rest.len().min(at + LONGEST_TRAILER)];
            let trailer = Segment::new(trailer, 0, *characters);
            let length = std::str::from_utf8(trailer.element(0).raw()).ok().and_then(|text| text.parse().ok());
            trailer.is_terminated()
                && trailer.tag() == self.trailer
                && trailer.element(1).raw() == self.reference
                && (length == self.declared || length == Some(self.counted + at as u64))
        })
    }

    /// Goes on until a trailer is found.
    fn search(&mut self, rest: &[u8], last: bool, characters: &ServiceCharacters) -> Progress {
        let [first, second, third] = *self.trailer;
        let trailer = [first, second, third, characters.element];
        if let Some(end) = memchr::memmem::find(rest, &trailer) {
            self.phase = Phase::Ended { found: true };
            return Progress::Octets(end);
        }
        if last {
            self.phase = Phase::Ended { found: false };
            return Progress::Octets(rest.len());
        }
        Progress::Octets(rest.len().saturating_sub(trailer.len() - 1))
    }

    /// Whether the trailer stands in `octets`, or the security segments that may precede UNP; layout may come first.
    fn trailer_follows(&self, octets: &[u8], characters: &ServiceCharacters) -> bool {
        let octets = &octets[layout_before_tag(octets)..];
        octets.starts_with(self.trailer) && octets.get(3) == Some(&characters.element)
            || is_security_segment(octets, characters)
    }
}

/// The number in a component of `header`.
fn number(header: &Segment<'_>, element: usize, component: usize) -> Option<u64> {
    std::str::from_utf8(header.component(element, component).raw()).ok()?.trim().parse().ok()
}

/// Whether a segment of the security part (USH, USA, UST …) begins here.
fn is_security_segment(octets: &[u8], characters: &ServiceCharacters) -> bool {
    matches!(octets, [b'U', b'S', b'A'..=b'Z', separator, ..] if *separator == characters.element)
}
