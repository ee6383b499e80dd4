//! A stretch of a source that goes by: UTF-8, checked, with the position of its first octet.

use std::io::{self, Read};
use std::ops::Range;

use karvan_text::{Excerpt, Locator, Position, Span};

use crate::characters::first_forbidden;
use crate::document::excerpt;
use crate::problem::Problem;
use crate::reader::{forbidden, not_utf8};

/// How many octets are read at once, at least.
const STEP: usize = 64 << 10;

/// How many octets are kept before what is being read, to show the line that it stands on.
const CONTEXT: usize = 512;

/// A stretch of a source.
pub(crate) struct Window<R> {
    source: R,
    text: String,
    /// The offset of the first octet of `text` in the source.
    base: u64,
    /// Stands at `base`.
    locator: Locator,
    /// What the source is read into.
    octets: Vec<u8>,
    /// How many of `octets` were read before and make no whole character yet.
    kept: usize,
    end: End,
}

/// Whether the source goes on behind the window.
enum End {
    Open,
    Reached,
    /// It does not go on as XML: the problem, and where it is.
    Problem(Option<(Box<Problem>, u64)>),
}

impl<R: Read> Window<R> {
    pub(crate) fn new(source: R) -> Self {
        let (text, octets) = (String::new(), Vec::new());
        Self { source, text, base: 0, locator: Locator::default(), octets, kept: 0, end: End::Open }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the source ends where the window does.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.end, End::Reached)
    }

    /// The offset of the first octet of the window in the source.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// What keeps the source from going on, with its octets counted from the beginning of the source.
    pub(crate) fn problem(&mut self) -> Option<(Box<Problem>, u64)> {
        match &mut self.end {
            End::Problem(problem) => problem.take(),
            _ => None,
        }
    }

    /// How much of the window is forgotten by [`Window::fill`]: what lies before `keep`, some context aside.
    pub(crate) fn forgotten(&self, keep: usize) -> usize {
        // Not worth it where it is little.
        let mut moved = if keep < STEP { 0 } else { keep.saturating_sub(CONTEXT) };
        while !self.text.is_char_boundary(moved) {
            moved -= 1;
        }
        moved
    }

    /// Forgets what it may and reads more: as much again as there is, so that looking for an end again and again costs no
    /// more than the text is long. Gives how far everything moved.
    pub(crate) fn fill(&mut self, keep: usize) -> io::Result<usize> {
        let moved = self.forgotten(keep);
        self.locator.advance(&self.text.as_bytes()[..moved]);
        self.base += moved as u64;
        self.text.drain(..moved);
        if matches!(self.end, End::Open) {
            self.read(STEP.max(self.text.len()))?;
        }
        Ok(moved)
    }

    fn read(&mut self, wanted: usize) -> io::Result<()> {
        if self.octets.len() < self.kept + wanted {
            self.octets.resize(self.kept + wanted, 0);
        }
        let read = loop {
            match self.source.read(&mut self.octets[self.kept..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let octets = &self.octets[..self.kept + read];
        let base = self.base + self.text.len() as u64;
        let (good, cut) = match std::str::from_utf8(octets) {
            Ok(text) => (text, read > 0),
            Err(error) => {
                let good = std::str::from_utf8(&octets[..error.valid_up_to()]).unwrap_or_default();
                // A character, or a byte order mark of UTF-16, whose other octets are yet to come.
                let is_cut = error.error_len().is_none() || base == 0 && matches!(octets, [0xfe | 0xff]);
                (good, is_cut && read > 0)
            }
        };
        let rest = good.len()..octets.len();
        if let Some(at) = first_forbidden(good) {
            self.text.push_str(&good[..at]);
            self.end = End::Problem(Some((forbidden(good, at), base)));
            return Ok(());
        }
        self.text.push_str(good);
        if cut {
            self.kept = rest.len();
            self.octets.copy_within(rest, 0);
        } else if rest.is_empty() {
            self.end = End::Reached;
        } else {
            self.end = End::Problem(Some((not_utf8(octets, rest.start, base == 0), base)));
        }
        Ok(())
    }

    /// The octets `range` of the window, counted from the beginning of the source.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::from(range).offset_by(self.base)
    }

    /// The line and column of the octet at `offset`, or of the first one that is still here.
    pub(crate) fn position(&self, offset: u64) -> Position {
        self.locator.position(self.text.as_bytes(), self.index(offset))
    }

    /// The line that `span` begins on, as far as it is here.
    pub(crate) fn excerpt(&self, span: Span) -> Excerpt {
        excerpt(self.text.as_bytes(), Span::from(self.index(span.start)..self.index(span.end)))
    }

    fn index(&self, offset: u64) -> usize {
        usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX).min(self.text.len())
    }
}
