//! Cutting octets into items: the one place where it is decided what begins and ends where.
//!
//! The scanner looks at a window of the file and never further back than its own state: given the same octets it finds
//! the same items, whether the window is the whole file or a buffer that is filled as a stream arrives.

use karvan_text::Span;

use crate::characters::{LAYOUT_BEFORE_TAG, advice_before_header, layout_before_tag, syntax_identifier};
use crate::item::{Advice, Item, Octets, Problem, ProblemKind};
use crate::object::{self, Object, Progress};
use crate::scan::{BLOCK, Delimiters, Separators, later};
use crate::{Segment, ServiceCharacters};

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The longest segment that is read, in octets; longer ones are passed over with a problem. At least 4096.
    pub segment_limit: usize,
    /// The longest object of a package that is not told as too long, in octets; its octets are delivered all the same.
    pub object_limit: u64,
    /// Service characters that are in force whatever UNA and UNB say.
    pub characters: Option<ServiceCharacters>,
    /// Whether to tell also what nearly everybody does and the standard does not know: line ends between segments.
    pub strict: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { segment_limit: 1 << 20, object_limit: 1 << 30, characters: None, strict: false }
    }
}

impl ReadOptions {
    /// Sets the longest segment that is read, in octets.
    #[must_use]
    pub const fn segment_limit(mut self, octets: usize) -> Self {
        self.segment_limit = octets;
        self
    }

    /// Sets the longest object that is not told as too long, in octets.
    #[must_use]
    pub const fn object_limit(mut self, octets: u64) -> Self {
        self.object_limit = octets;
        self
    }

    /// Tells also what nearly everybody does and the standard does not know.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the service characters, whatever UNA and UNB say.
    #[must_use]
    pub const fn characters(mut self, characters: ServiceCharacters) -> Self {
        self.characters = Some(characters);
        self
    }
}

/// What the scanner found in its window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// An item that ends before this offset of the window.
    Item(Kind, usize),
    /// The window holds too little to tell.
    More,
    /// Nothing is left.
    End,
}

/// What kind of item was found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Advice(ServiceCharacters),
    Segment { separators: Separators, terminated: bool },
    Object,
    Layout,
    Stray,
}

/// Where the scanner stands in the structure of the file.
#[derive(Clone, Debug)]
enum State {
    /// Before UNB or after UNZ.
    Outside,
    /// Segments follow.
    Inside,
    /// After UNO.
    Object(Object),
    /// In a segment that is too long; whether a release character came last.
    TooLong { released: bool },
}

/// Cuts a window of octets into items.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    options: ReadOptions,
    state: State,
    /// The service characters in force.
    characters: ServiceCharacters,
    /// What an UNA declared for the UNB to come.
    declared: Option<ServiceCharacters>,
    /// The syntax version of the interchange, as far as it is known.
    version: Option<u8>,
    /// Octets that are layout, see [`ServiceCharacters::layout`].
    layout: u64,
    /// Offset of the window in the file.
    base: u64,
    /// Where the next item begins in the window.
    start: usize,
    /// The block looked at last.
    block: Block,
    /// Whether the search for a terminator stopped in that block, for want of octets.
    searching: bool,
    /// Whether that is the search for the end of UNB or UIB.
    in_header: bool,
    /// Whether the text outside any interchange that stands here is reported already.
    stray_reported: bool,
    /// Whether an interchange, or a segment of one, was seen.
    begun: bool,
    /// What of the layout between the segments of this interchange is reported already.
    reported: LayoutReported,
    problems: Vec<Problem>,
}

/// What was reported once and is not told again.
#[derive(Clone, Copy, Debug, Default)]
struct LayoutReported {
    layout: bool,
    controls: bool,
}

/// A block of the window with its delimiters.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    start: usize,
    /// How many octets were there to see; a block that is not whole is looked at again.
    seen: usize,
    delimiters: Delimiters,
    released_before: bool,
    released_after: bool,
}

impl Scanner {
    pub(crate) fn new(options: ReadOptions) -> Self {
        let options = ReadOptions { segment_limit: options.segment_limit.max(4096).next_multiple_of(BLOCK), ..options };
        let characters = options.characters.unwrap_or_default().usable();
        Self {
            options,
            state: State::Outside,
            characters,
            declared: None,
            version: None,
            layout: characters.layout(),
            base: 0,
            start: 0,
            block: Block::default(),
            searching: false,
            in_header: false,
            stray_reported: false,
            begun: false,
            reported: LayoutReported::default(),
            problems: Vec::new(),
        }
    }

    /// Where the next item begins in the window.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// The offset of the next item in the file.
    pub(crate) const fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// How long a window may have to be until something is found in it.
    pub(crate) const fn longest_window(&self) -> usize {
        self.options.segment_limit + 2 * object::HOLD
    }

    /// Whether something was found wrong and not yet taken away.
    #[inline]
    pub(crate) const fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// What was found wrong and not yet taken away.
    pub(crate) const fn problems(&mut self) -> &mut Vec<Problem> {
        &mut self.problems
    }

    /// The window now begins `passed` octets later, at the latest where the next item begins.
    pub(crate) fn shift(&mut self, passed: usize) {
        self.base += passed as u64;
        if self.searching && self.block.start >= self.start {
            self.block.start -= passed;
        } else {
            self.forget_block();
        }
        self.start -= passed;
    }

    /// Makes the item that `kind` and `end` tell out of `window` and goes on behind it.
    pub(crate) fn take<'w>(&mut self, window: &'w [u8], kind: Kind, end: usize) -> Item<'w> {
        let octets = &window[self.start..end];
        let offset = self.offset();
        self.start = end;
        match kind {
            Kind::Segment { separators, terminated } => {
                Item::Segment(Segment::scanned(octets, offset, terminated, separators, self.characters))
            }
            Kind::Advice(declared) => Item::Advice(Advice::new(Octets::new(octets, offset), declared)),
            Kind::Object => Item::Object(Octets::new(octets, offset)),
            Kind::Layout => Item::Layout(Octets::new(octets, offset)),
            Kind::Stray => Item::Stray(Octets::new(octets, offset)),
        }
    }

    /// The separators and the end of the next item, where that is a segment of a message which ends in the block looked at
    /// last: the usual case.
    #[inline]
    pub(crate) fn quick_step(&self, window: &[u8]) -> Option<(Separators, usize)> {
        let first = *window.get(self.start)?;
        let within = self.start.wrapping_sub(self.block.start);
        if within >= BLOCK || first <= b' ' || first == b'U' || !matches!(self.state, State::Inside) {
            return None;
        }
        let Delimiters { terminators, separators } = self.block.delimiters;
        let terminators = terminators >> within;
        if terminators == 0 {
            return None;
        }
        Some((separators.from(within), self.start + terminators.trailing_zeros() as usize + 1))
    }

    /// Makes the segment that [`Self::quick_step`] found and goes on behind it.
    #[inline]
    pub(crate) fn take_segment<'w>(&mut self, window: &'w [u8], separators: Separators, end: usize) -> Item<'w> {
        let octets = &window[self.start..end];
        let offset = self.offset();
        self.start = end;
        Item::Segment(Segment::scanned(octets, offset, true, separators, self.characters))
    }

    /// Passes over the whole segments of a message that follow in the window: where they end.
    pub(crate) fn pass_segments(&mut self, window: &[u8]) -> usize {
        while let Some(&first) = window.get(self.start)
            && first > b' '
            && first != b'U'
            && matches!(self.state, State::Inside)
        {
            let step = match self.quick_step(window) {
                Some((separators, end)) => Step::Item(Kind::Segment { separators, terminated: true }, end),
                None => self.segment(window, false),
            };
            let Step::Item(_, end) = step else { break };
            self.start = end;
        }
        self.start
    }

    /// Finds the next item; `last` says that nothing follows the window.
    pub(crate) fn step(&mut self, window: &[u8], last: bool) -> Step {
        match window.get(self.start) {
            Some(&first) if first > b' ' && first != b'U' && matches!(self.state, State::Inside) => {
                self.segment(window, last)
            }
            Some(&first) => self.special(window, last, first),
            None if last => {
                // An object may still have to be told as truncated.
                self.object(window, last);
                Step::End
            }
            None => Step::More,
        }
    }

    /// Finds the next item where it may be something else than a segment of a message.
    #[inline(never)]
    fn special(&mut self, window: &[u8], last: bool, first: u8) -> Step {
        match self.state {
            State::TooLong { released } => return self.too_long(window, last, released),
            State::Object(_) => {
                if let Some(step) = self.object(window, last) {
                    return step;
                }
            }
            State::Inside | State::Outside => {}
        }
        if self.is_layout(first) {
            return self.between(window, last);
        }
        let outside = matches!(self.state, State::Outside);
        if first != b'U' && !outside {
            return self.segment(window, last);
        }
        let rest = &window[self.start..];
        if rest.len() < 4 && !last {
            return Step::More;
        }
        if outside && rest.starts_with(BYTE_ORDER_MARK) {
            self.report(ProblemKind::ByteOrderMark, BYTE_ORDER_MARK.len());
            self.forget_block();
            return Step::Item(Kind::Layout, self.start + BYTE_ORDER_MARK.len());
        }
        if let Some(step) = self.advice(rest, last) {
            return step;
        }
        if self.in_header || self.characters.begin_with(rest, b"UNB") || self.characters.begin_with(rest, b"UIB") {
            return self.interchange_header(window, last);
        }
        if outside && !self.looks_like_segment(rest) {
            return self.stray(rest, last);
        }
        self.stray_reported = false;
        self.begun = true;
        let step = self.segment(window, last);
        if let Step::Item(Kind::Segment { .. }, end) = step {
            self.after_segment(Segment::new(&window[self.start..end], self.offset(), self.characters));
        }
        step
    }

    /// Takes note of what follows a service segment.
    fn after_segment(&mut self, segment: Segment<'_>) {
        match segment.tag() {
            b"UNZ" | b"UIZ" => {
                self.state = State::Outside;
                self.reported = LayoutReported::default();
            }
            b"UNO" => self.state = State::Object(Object::announced(&segment)),
            // Encryption came with syntax version 4 (ISO 9735-7).
            b"USD" if self.version >= Some(4) => {
                if let Some(object) = Object::encrypted(&segment) {
                    self.state = State::Object(object);
                }
            }
            _ => {}
        }
    }

    /// A segment: everything up to the next terminator that is not released.
    #[inline]
    fn segment(&mut self, window: &[u8], last: bool) -> Step {
        if self.searching {
            return self.long_segment(window, last);
        }
        let mut within = self.start.wrapping_sub(self.block.start);
        if within >= BLOCK || self.block.seen < BLOCK {
            self.look(window, self.start, false);
            within = 0;
        }
        let mut terminators = self.block.delimiters.terminators >> within;
        let mut separators = self.block.delimiters.separators.from(within);
        if terminators == 0 && self.block.seen == BLOCK {
            self.look(window, self.block.start + BLOCK, self.block.released_after);
            terminators = later(self.block.delimiters.terminators, BLOCK - within);
            separators = separators.followed_by(self.block.delimiters.separators, BLOCK - within);
        }
        if terminators != 0 {
            let end = self.start + terminators.trailing_zeros() as usize + 1;
            return Step::Item(Kind::Segment { separators, terminated: true }, end);
        }
        self.long_segment(window, last)
    }

    /// A segment that ends in the block looked at last or in a later one.
    #[inline(never)]
    fn long_segment(&mut self, window: &[u8], last: bool) -> Step {
        if self.searching {
            self.look(window, self.block.start, self.block.released_before);
        }
        self.searching = false;
        while self.block.delimiters.terminators == 0 {
            if self.block.seen < BLOCK {
                return self.open_end(window, last);
            }
            self.look(window, self.block.start + BLOCK, self.block.released_after);
        }
        let end = self.block.start + self.block.delimiters.terminators.trailing_zeros() as usize + 1;
        if end - self.start > self.options.segment_limit {
            return self.begin_too_long(window);
        }
        let separators = self.characters.separators(&window[self.start..]);
        Step::Item(Kind::Segment { separators, terminated: true }, end)
    }

    /// A segment whose terminator is not in the window.
    fn open_end(&mut self, window: &[u8], last: bool) -> Step {
        let rest = &window[self.start..];
        if rest.len() > self.options.segment_limit {
            return self.begin_too_long(window);
        }
        if !last {
            self.searching = true;
            return Step::More;
        }
        // Line ends at the end of the file belong to no segment.
        let layout = rest.iter().rev().take_while(|&&octet| self.is_layout(octet)).count();
        let length = rest.len() - layout;
        self.report(ProblemKind::Unterminated, length);
        self.forget_block();
        let separators = self.characters.separators(rest);
        Step::Item(Kind::Segment { separators, terminated: false }, self.start + length)
    }

    fn begin_too_long(&mut self, window: &[u8]) -> Step {
        let limit = self.options.segment_limit;
        self.report(ProblemKind::SegmentTooLong { limit }, limit);
        self.pass_over(window, limit, false)
    }

    /// The next part of a segment that is too long.
    fn too_long(&mut self, window: &[u8], last: bool, released: bool) -> Step {
        let rest = &window[self.start..];
        let limit = self.options.segment_limit.min(rest.len());
        let mut before = released;
        for (number, block) in rest[..limit].chunks(BLOCK).enumerate() {
            let terminators = self.characters.delimiters(block, &mut before).terminators;
            if terminators != 0 {
                self.state = State::Inside;
                self.forget_block();
                let end = number * BLOCK + terminators.trailing_zeros() as usize + 1;
                return Step::Item(Kind::Stray, self.start + end);
            }
        }
        if rest.len() < self.options.segment_limit && !last {
            return Step::More;
        }
        self.pass_over(window, limit, released)
    }

    /// Passes over `length` octets of a segment that is too long.
    fn pass_over(&mut self, window: &[u8], length: usize, mut released: bool) -> Step {
        for block in window[self.start..self.start + length].chunks(BLOCK) {
            self.characters.delimiters(block, &mut released);
        }
        self.state = State::TooLong { released };
        self.forget_block();
        Step::Item(Kind::Stray, self.start + length)
    }

    /// Line ends and blanks between segments.
    fn between(&mut self, window: &[u8], last: bool) -> Step {
        let rest = &window[self.start..];
        let within_limit = &rest[..rest.len().min(self.options.segment_limit)];
        let length = within_limit.iter().position(|&octet| !self.is_layout(octet)).unwrap_or(within_limit.len());
        if length == rest.len() && !last && length < self.options.segment_limit {
            return Step::More;
        }
        let is_control = |octet: &u8| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
        if !self.reported.controls && rest[..length].iter().any(is_control) {
            self.reported.controls = true;
            self.report(ProblemKind::ControlsBetweenSegments, length);
        }
        let within = self.declared.is_some() || matches!(self.state, State::Inside);
        if self.options.strict && within && !self.reported.layout {
            self.reported.layout = true;
            self.report(ProblemKind::LayoutBetweenSegments, length);
        }
        Step::Item(Kind::Layout, self.start + length)
    }

    /// UNA, if that is what begins here.
    fn advice(&mut self, rest: &[u8], last: bool) -> Option<Step> {
        if !rest.starts_with(b"UNA") {
            return None;
        }
        if rest.len() < LONGEST_ADVICE && !last {
            return Some(Step::More);
        }
        // No more is looked at where there is more, so that a stream tells what the whole file does.
        let rest = &rest[..rest.len().min(LONGEST_ADVICE)];
        let (declared, length) = match advice_before_header(rest) {
            Some(found) => found,
            // Inside an interchange only the header of another one tells UNA from a segment of that name.
            None if matches!(self.state, State::Inside) => return None,
            None => {
                let declared =
                    ServiceCharacters::from_advice(rest).filter(|declared| declared.doubtful().is_empty())?;
                (declared, ServiceCharacters::ADVICE_LENGTH)
            }
        };
        if length > ServiceCharacters::ADVICE_LENGTH {
            self.report(ProblemKind::AdviceMisplaced, length);
        }
        for octet in declared.doubtful() {
            self.report(ProblemKind::DoubtfulServiceCharacter { octet }, length);
        }
        let follows = &rest[length + layout_before_tag(&rest[length..])..];
        let begins = declared.begin_with(follows, b"UNB") || declared.begin_with(follows, b"UIB");
        if follows.starts_with(b"UNA") || matches!(self.state, State::Inside) && !begins {
            self.report(ProblemKind::AdviceRepeated, length);
        }
        let version = syntax_identifier(follows, &declared).filter(|_| follows.starts_with(b"UNB"));
        if let (Some(octet), Some(version @ 1..4)) = (declared.repetition, version.and_then(|syntax| syntax.version)) {
            let kind = ProblemKind::RepetitionSeparatorUnused { octet, version };
            let at = self.offset() + length as u64 - 2;
            self.problems.push(Problem { kind, span: Span::new(at, at + 1) });
        }
        self.declared = Some(declared);
        self.stray_reported = false;
        if begins || !matches!(self.state, State::Inside) {
            self.state = State::Outside;
        }
        self.put_in_force(declared);
        Some(Step::Item(Kind::Advice(declared), self.start + length))
    }

    /// UNB or UIB: decides the service characters, then is a segment like any other.
    fn interchange_header(&mut self, window: &[u8], last: bool) -> Step {
        let rest = &window[self.start..];
        if !self.searching {
            let without_advice = match rest.get(3) {
                Some(b'+') => ServiceCharacters::DEFAULT,
                Some(0x1d) => ServiceCharacters::LEVEL_B,
                // Not by the book, but the interchange before this one had the same separator.
                Some(&separator) if separator == self.characters.element => self.characters,
                _ => ServiceCharacters::DEFAULT,
            };
            let characters = self.declared.unwrap_or(without_advice);
            match line_end_for_terminator(rest, &characters, last) {
                None => return Step::More,
                Some(line_end) => self.put_in_force(ServiceCharacters { terminator: line_end, ..characters }),
            }
        }
        let step = self.segment(window, last);
        // It stays a header under the service characters that are in force from here on.
        self.in_header = matches!(step, Step::More);
        let Step::Item(Kind::Segment { terminated, .. }, end) = step else { return step };
        let header = &window[self.start..end];
        let version = syntax_identifier(header, &self.characters).and_then(|syntax| syntax.version);
        // Interactive interchanges came with version 4, whatever those of the pharmacies say.
        let version = if rest.starts_with(b"UIB") { Some(4) } else { version };
        let terminator = self.characters.terminator;
        let characters = match self.declared.take() {
            Some(declared) => declared.in_version(version),
            None if self.characters.element == b'+' => ServiceCharacters::for_version(version.unwrap_or(3)),
            None => self.characters.in_version(version),
        };
        if self.options.characters.is_none() && characters.terminator != terminator {
            let declared = characters.terminator;
            self.report(ProblemKind::LineEndsTerminate { declared }, end - self.start);
        }
        self.put_in_force(ServiceCharacters { terminator, ..characters });
        self.version = version;
        self.stray_reported = false;
        self.begun = true;
        self.state = State::Inside;
        // The repetition separator may have changed.
        let separators = self.characters.separators(&window[self.start..end]);
        Step::Item(Kind::Segment { separators, terminated }, end)
    }

    fn put_in_force(&mut self, characters: ServiceCharacters) {
        self.characters = self.options.characters.unwrap_or(characters).usable();
        self.layout = self.characters.layout();
        self.forget_block();
    }

    /// Whether something like a segment begins here, though no interchange has begun.
    fn looks_like_segment(&self, rest: &[u8]) -> bool {
        let characters = &self.characters;
        let ends_tag = |octet: &u8| [characters.element, characters.component, characters.terminator].contains(octet);
        match rest {
            [first, second, third, behind, ..] => {
                first.is_ascii_uppercase()
                    && [second, third].iter().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit())
                    && ends_tag(behind)
            }
            _ => false,
        }
    }

    /// Text outside any interchange: up to the end of the line, or to where an interchange begins.
    fn stray(&mut self, rest: &[u8], last: bool) -> Step {
        let needed = LONGEST_ADVICE;
        let mut length = rest.len().min(self.options.segment_limit);
        for found in memchr::memchr3_iter(b'\n', b'\r', b'U', &rest[1..length]) {
            let at = found + 1;
            if rest[at] == b'U' {
                if !last && rest.len() < at + needed && rest.len() < self.options.segment_limit + needed {
                    return Step::More;
                }
                let begins = self.characters.begin_with(&rest[at..], b"UNB")
                    || self.characters.begin_with(&rest[at..], b"UIB")
                    || advice_before_header(&rest[at..]).is_some();
                if !begins {
                    continue;
                }
            }
            length = at;
            break;
        }
        if length == rest.len() && !last && length < self.options.segment_limit {
            return Step::More;
        }
        if !self.stray_reported {
            let kind = if self.begun { ProblemKind::StrayText } else { ProblemKind::TextBeforeInterchange };
            self.report(kind, length);
        }
        self.stray_reported = true;
        self.forget_block();
        Step::Item(Kind::Stray, self.start + length)
    }

    /// The object of a package; none where a segment stands instead.
    fn object(&mut self, window: &[u8], last: bool) -> Option<Step> {
        let State::Object(object) = &mut self.state else { return None };
        match object.step(&window[self.start..], last, &self.characters) {
            Progress::Octets(length) => {
                let (limit, counted) = (self.options.object_limit, object.counted());
                if counted > limit && counted - length as u64 <= limit {
                    self.report(ProblemKind::ObjectTooLong { limit }, length);
                }
                self.forget_block();
                Some(Step::Item(Kind::Object, self.start + length))
            }
            Progress::More => Some(Step::More),
            Progress::SecuritySegment => {
                let step = self.segment(window, last);
                if let (Step::Item(..), State::Object(object)) = (&step, &mut self.state) {
                    object.pass_security_segment();
                }
                Some(step)
            }
            Progress::Layout(length) => Some(Step::Item(Kind::Layout, self.start + length)),
            Progress::Done(problem) => {
                self.state = State::Inside;
                if let Some(kind) = problem {
                    self.report(kind, 0);
                }
                self.forget_block();
                None
            }
        }
    }

    /// Looks at the block that begins at `start` of the window.
    fn look(&mut self, window: &[u8], start: usize, released_before: bool) {
        let mut released_after = released_before;
        let octets = &window[start..];
        let delimiters = self.characters.delimiters(octets, &mut released_after);
        self.block = Block { start, seen: octets.len().min(BLOCK), delimiters, released_before, released_after };
    }

    fn forget_block(&mut self) {
        self.block = Block::default();
        self.searching = false;
    }

    #[inline]
    fn is_layout(&self, octet: u8) -> bool {
        octet <= b' ' && self.layout >> octet & 1 == 1
    }

    fn report(&mut self, kind: ProblemKind, length: usize) {
        let start = self.offset();
        self.problems.push(Problem { kind, span: Span::new(start, start + length as u64) });
    }
}

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// How many octets tell an UNA: itself, a space too many, layout, and what follows up to the syntax version.
const LONGEST_ADVICE: usize = ServiceCharacters::ADVICE_LENGTH + 1 + LAYOUT_BEFORE_TAG + 16;

/// How many octets are looked at for the end of UNB, before it is taken to end with its terminator.
const LONGEST_HEADER: usize = 2048;

/// The terminator of the segments that begin with the UNB or UIB in `rest`: that of `characters`, or a line end where UNB
/// and the segment behind it end with nothing else. None where `rest` is too short to tell.
fn line_end_for_terminator(rest: &[u8], characters: &ServiceCharacters, last: bool) -> Option<u8> {
    let declared = characters.terminator;
    let looked_at = &rest[..rest.len().min(2 * LONGEST_HEADER)];
    let ends = |octet: &u8| *octet == declared || matches!(octet, b'\r' | b'\n');
    let undecided = || if last || rest.len() >= 2 * LONGEST_HEADER { Some(declared) } else { None };
    let Some(end) = looked_at.iter().position(ends) else { return undecided() };
    if looked_at[end] == declared {
        return Some(declared);
    }
    let behind = &looked_at[end + layout_before_tag(&looked_at[end..])..];
    if behind.len() < 4 {
        return undecided();
    }
    if ![b"UNG", b"UNH", b"UNO", b"USH", b"UIH", b"UIR"].iter().any(|tag| characters.begin_with(behind, tag)) {
        return Some(declared);
    }
    match behind.iter().find(|octet| ends(octet)) {
        Some(octet) if *octet == declared => Some(declared),
        Some(_) => Some(looked_at[end]),
        None => undecided(),
    }
}
