//! Reading items: from octets in memory, or from any source in constant memory.

use std::io::{self, Read};

use karvan_text::{Locator, Position};

use crate::item::{Item, Problem};
use crate::scanner::{ReadOptions, Scanner, Step};

/// Cuts `octets` into items.
///
/// ```
/// use karvan_edifact::{Item, items};
///
/// let file = b"UNA:+.? 'UNB+UNOA:3+A+B+261122:0900+1'\nUNZ+0+1'\n";
/// let tags: Vec<_> = items(file).filter_map(|item| item.segment()).map(|segment| segment.tag()).collect();
/// assert_eq!(tags, [b"UNB", b"UNZ"]);
/// assert_eq!(items(file).map(|item| item.raw().len()).sum::<usize>(), file.len());
/// ```
#[must_use]
pub fn items(octets: &[u8]) -> Items<'_> {
    Items::new(octets, ReadOptions::default())
}

/// The segments of `octets`, wherever they stand; what lies between them is passed over.
pub fn segments(octets: &[u8]) -> impl Iterator<Item = crate::Segment<'_>> {
    items(octets).filter_map(|item| item.segment())
}

/// The items of a file in memory; see [`items`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    octets: &'a [u8],
    scanner: Scanner,
}

impl<'a> Items<'a> {
    /// The items of `octets`, read as `options` say.
    #[must_use]
    pub fn new(octets: &'a [u8], options: ReadOptions) -> Self {
        Self { octets, scanner: Scanner::new(options) }
    }

    /// What was found wrong since the last call; it belongs to the items delivered since then.
    pub fn problems(&mut self) -> impl Iterator<Item = Problem> {
        self.scanner.problems().drain(..)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        match self.scanner.quick_step(self.octets) {
            Some((separators, end)) => Some(self.scanner.take_segment(self.octets, separators, end)),
            None => self.step(),
        }
    }
}

impl<'a> Items<'a> {
    #[inline(never)]
    fn step(&mut self) -> Option<Item<'a>> {
        match self.scanner.step(self.octets, true) {
            Step::Item(kind, end) => Some(self.scanner.take(self.octets, kind, end)),
            Step::More | Step::End => None,
        }
    }
}

/// Reads items from any source in constant memory.
///
/// The items are those of [`items`], with one difference: the object of a package comes in several parts when it is large.
/// The buffer grows to hold one segment, up to [`ReadOptions::segment_limit`].
///
/// ```
/// use karvan_edifact::{Item, Reader};
///
/// let mut reader = Reader::new(&b"UNB+UNOA:3+A+B+261122:0900+1'\nUNZ+0+1"[..]);
/// let mut segments = 0;
/// while let Some(item) = reader.next()? {
///     if let Item::Segment(segment) = item {
///         segments += 1;
///     }
/// }
/// assert_eq!(segments, 2);
/// let problem = reader.problems().next().unwrap(); // UNZ has no terminator
/// assert_eq!(reader.position(problem.span.start).line, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    buffer: Vec<u8>,
    /// How much of the buffer is filled.
    filled: usize,
    ended: bool,
    scanner: Scanner,
    locator: Locator,
    /// Offset in the file of the place where the locator stands.
    located: u64,
    /// The locator as it stood at the first octet in the buffer.
    at_base: Locator,
    /// Offset in the file of the first octet in the buffer.
    base: u64,
    /// Offset in the file of the item delivered last.
    item: u64,
}

/// How long an item may be that stays in the buffer until the next one is delivered.
const KEPT: u64 = 4096;

/// How large the buffer is at first.
const BUFFER: usize = 1 << 18;

impl<R: Read> Reader<R> {
    /// A reader of `source`.
    #[must_use]
    pub fn new(source: R) -> Self {
        Self::with_options(source, ReadOptions::default())
    }

    /// A reader of `source` that reads as `options` say.
    #[must_use]
    pub fn with_options(source: R, options: ReadOptions) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            filled: 0,
            ended: false,
            scanner: Scanner::new(options),
            locator: Locator::default(),
            located: 0,
            at_base: Locator::default(),
            base: 0,
            item: 0,
        }
    }

    /// The next item; none at the end.
    ///
    /// # Errors
    /// What the source says when it cannot be read. What is wrong with the octets is no error; see [`Self::problems`].
    #[allow(clippy::should_implement_trait)] // An item borrows the buffer, which no `Iterator` can say.
    #[inline]
    pub fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        if let Some((separators, end)) = self.scanner.quick_step(&self.buffer[..self.filled]) {
            self.item = self.scanner.offset();
            return Ok(Some(self.scanner.take_segment(&self.buffer[..self.filled], separators, end)));
        }
        self.step()
    }

    fn step(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            match self.scanner.step(&self.buffer[..self.filled], self.ended) {
                Step::Item(kind, end) => {
                    self.item = self.scanner.offset();
                    return Ok(Some(self.scanner.take(&self.buffer[..self.filled], kind, end)));
                }
                Step::End => return Ok(None),
                Step::More => {
                    // What is looked at again and again grows each time, so that slow sources do not make slow work.
                    let enough = self.filled - self.scanner.start() + (self.filled - self.scanner.start()) / 8;
                    self.fill()?;
                    while !self.ended && self.filled < enough {
                        self.fill()?;
                    }
                }
            }
        }
    }

    /// The segments of a message that follow in the buffer, all at once and as they stand, for whoever copies them;
    /// [`Self::next`] goes on behind them. None where something else follows, a segment whose tag begins with `U`, or one that
    /// is not in the buffer yet.
    pub fn run_of_segments(&mut self) -> &[u8] {
        let start = self.scanner.start();
        self.item = self.scanner.offset();
        let end = self.scanner.pass_segments(&self.buffer[..self.filled]);
        &self.buffer[start..end]
    }

    /// What was found wrong since the last call; it belongs to the items delivered since then.
    ///
    /// Problems are kept until they are taken away: take them after each item, or from time to time.
    pub fn problems(&mut self) -> impl Iterator<Item = Problem> {
        self.scanner.problems().drain(..)
    }

    /// Whether something was found wrong since the last call of [`Self::problems`].
    #[inline]
    #[must_use]
    pub fn has_problems(&self) -> bool {
        self.scanner.has_problems()
    }

    /// Line and column of `offset`, which lies in the item delivered last or at its end, or in the one before, where that
    /// has no more than 4096 octets.
    ///
    /// This costs nothing as long as nobody asks: lines are counted on the way to the item only then.
    pub fn position(&mut self, offset: u64) -> Position {
        if offset < self.located {
            self.locator = self.at_base.clone();
            self.located = self.base;
        }
        self.locate(self.item.min(offset));
        let octets = self.between(self.located, offset);
        self.locator.position(&self.buffer[octets.clone()], octets.len())
    }

    /// The source, and with it what was not yet read from it.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.source
    }

    /// The part of the buffer from `start` to `end` of the file.
    fn between(&self, start: u64, end: u64) -> std::ops::Range<usize> {
        let clip = |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(0).min(self.filled);
        clip(start)..clip(end).max(clip(start))
    }

    /// Brings the locator to `offset`, which is not before it.
    fn locate(&mut self, offset: u64) {
        let octets = self.between(self.located, offset);
        self.locator.advance(&self.buffer[octets]);
        self.located = self.located.max(offset);
    }

    /// Makes room behind what is left in the buffer and reads once.
    fn fill(&mut self) -> io::Result<()> {
        let mut passed = self.scanner.start();
        // A finding may concern the item before the one that shows it.
        if self.scanner.offset() - self.item <= KEPT {
            passed -= self.between(self.item, self.scanner.offset()).len();
        }
        if passed > 0 {
            let base = self.base + passed as u64;
            self.locate(base);
            self.at_base = self.locator.clone();
            self.buffer.copy_within(passed..self.filled, 0);
            self.filled -= passed;
            self.base = base;
            self.scanner.shift(passed);
        }
        if self.filled == self.buffer.len() {
            let size = (2 * self.buffer.len())
                .min(self.scanner.longest_window() + KEPT as usize)
                .max(self.filled + 1)
                .max(BUFFER);
            self.buffer.resize(size, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(length) => self.filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}
