//! What changed, as a unified diff.

use std::io::{self, Write};

/// Puts together a unified diff from the pieces that [`format`](super::format) hands on.
///
/// Old and new text are compared where both are at the beginning of a line; in between they are kept, so that memory
/// grows with the longest stretch that has no common line end, up to a limit.
#[derive(Debug)]
pub struct Diff<W> {
    output: W,
    name: String,
    /// How many octets may be kept.
    limit: u64,
    old: Vec<u8>,
    new: Vec<u8>,
    /// Lines gone by in the old and the new text.
    lines: (usize, usize),
    /// Lines that are the same, kept as context for what may follow.
    context: Vec<Vec<u8>>,
    hunk: Option<Hunk>,
    /// Whether the names of the file are written.
    headed: bool,
}

/// Changes that stand close together.
#[derive(Debug)]
struct Hunk {
    /// Lines before it in the old and the new text.
    start: (usize, usize),
    lengths: (usize, usize),
    /// With their signs.
    text: Vec<Vec<u8>>,
    /// Lines of the change that is going on: those removed stand before those added.
    added: Vec<Vec<u8>>,
    /// How many lines at its end are the same.
    same: usize,
}

/// How many lines that are the same are shown around a change.
const CONTEXT: usize = 3;

impl<W: Write> Diff<W> {
    /// A diff of the file `name`, written to `output`; stretches without a common line end have at most `limit` octets.
    pub fn new(output: W, name: impl Into<String>, limit: u64) -> Self {
        Self {
            output,
            name: name.into(),
            limit,
            old: Vec::new(),
            new: Vec::new(),
            lines: (0, 0),
            context: Vec::new(),
            hunk: None,
            headed: false,
        }
    }

    /// Takes a piece as it was and as it is to be.
    ///
    /// # Errors
    /// Those of the output, and [`io::ErrorKind::FileTooLarge`] beyond the limit.
    pub fn piece(&mut self, as_it_was: &[u8], to_be: &[u8]) -> io::Result<()> {
        self.old.extend_from_slice(as_it_was);
        self.new.extend_from_slice(to_be);
        if self.old.len() as u64 + self.new.len() as u64 > self.limit {
            let problem = format!("more than {} octets without a common line end", self.limit);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        let at_line_end = |text: &[u8]| text.last().is_none_or(|octet| *octet == b'\n');
        if at_line_end(&self.old) && at_line_end(&self.new) { self.compare() } else { Ok(()) }
    }

    /// Writes what is left and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.compare()?;
        self.end_hunk()?;
        self.output.flush()?;
        Ok(self.output)
    }

    /// Compares what is kept of both texts.
    fn compare(&mut self) -> io::Result<()> {
        let (old, new) = (std::mem::take(&mut self.old), std::mem::take(&mut self.new));
        let old: Vec<_> = old.split_inclusive(|octet| *octet == b'\n').collect();
        let new: Vec<_> = new.split_inclusive(|octet| *octet == b'\n').collect();
        let before = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let (old_rest, new_rest) = (&old[before..], &new[before..]);
        let behind = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
        for line in &old[..before] {
            self.same(line)?;
        }
        self.changed(&old_rest[..old_rest.len() - behind], &new_rest[..new_rest.len() - behind]);
        for line in &old_rest[old_rest.len() - behind..] {
            self.same(line)?;
        }
        Ok(())
    }

    fn same(&mut self, line: &[u8]) -> io::Result<()> {
        self.lines.0 += 1;
        self.lines.1 += 1;
        if let Some(hunk) = &mut self.hunk {
            hunk.add(b' ', line);
            hunk.same += 1;
            // What follows the last change may precede the next one.
            if hunk.same < 2 * CONTEXT {
                return Ok(());
            }
            self.end_hunk()?;
            return Ok(());
        }
        if self.context.len() == CONTEXT {
            self.context.remove(0);
        }
        self.context.push(line.to_vec());
        Ok(())
    }

    fn changed(&mut self, old: &[&[u8]], new: &[&[u8]]) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        let context = std::mem::take(&mut self.context);
        let start = (self.lines.0 - context.len().min(self.lines.0), self.lines.1 - context.len().min(self.lines.1));
        let hunk = self.hunk.get_or_insert_with(|| {
            let mut hunk = Hunk { start, lengths: (0, 0), text: Vec::new(), added: Vec::new(), same: 0 };
            context.iter().for_each(|line| hunk.add(b' ', line));
            hunk
        });
        hunk.same = 0;
        old.iter().for_each(|line| hunk.add(b'-', line));
        new.iter().for_each(|line| hunk.add(b'+', line));
        self.lines.0 += old.len();
        self.lines.1 += new.len();
    }

    /// Writes the hunk that is open, with its context, and keeps the rest of it for the next one.
    fn end_hunk(&mut self) -> io::Result<()> {
        let Some(mut hunk) = self.hunk.take() else { return Ok(()) };
        hunk.text.append(&mut hunk.added);
        if !std::mem::replace(&mut self.headed, true) {
            writeln!(self.output, "--- {name}\n+++ {name}", name = self.name)?;
        }
        let surplus = hunk.same.saturating_sub(CONTEXT);
        let lengths = (hunk.lengths.0 - surplus, hunk.lengths.1 - surplus);
        // A range without lines is told by the line before it.
        let range = |start: usize, length: usize| match length {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            _ => format!("{},{length}", start + 1),
        };
        let (old, new) = (range(hunk.start.0, lengths.0), range(hunk.start.1, lengths.1));
        writeln!(self.output, "@@ -{old} +{new} @@")?;
        let (shown, kept) = hunk.text.split_at(hunk.text.len() - surplus);
        shown.iter().try_for_each(|line| self.output.write_all(line))?;
        self.context = kept.iter().map(|line| line[1..].to_vec()).collect();
        Ok(())
    }
}

impl Hunk {
    fn add(&mut self, sign: u8, line: &[u8]) {
        let mut text = [&[sign], line].concat();
        if line.last() != Some(&b'\n') {
            text.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
        if sign == b' ' {
            self.text.append(&mut self.added);
        }
        if sign == b'+' { &mut self.added } else { &mut self.text }.push(text);
        self.lengths.0 += usize::from(sign != b'+');
        self.lengths.1 += usize::from(sign != b'-');
    }
}
