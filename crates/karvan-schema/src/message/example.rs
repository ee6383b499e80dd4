//! The smallest message that a directory asks for: something to begin a new message with, and to test with.

use karvan_edifact::{Repertoire, SegmentBuffer, ServiceCharacters, WriteError, WriteOptions, Writer};

use crate::directory::{
    Constituent, Directory, Element, Format, Message, MessageRow, MessageRowKind, PartRow, Repertoire as Letters,
    Segment,
};

/// A message with its mandatory parts only, each value the simplest that its format and its code list allow.
///
/// ```
/// use karvan_schema::directory::Directories;
/// use karvan_schema::message::example::Example;
///
/// let directories = Directories::builtin();
/// let order = directories.release("D.96A").and_then(|release| release.message("ORDERS")).ok_or("no ORDERS")?;
/// let service = directories.service("3").ok_or("no service directory")?;
/// let example = Example::minimal(order, service);
/// let tags: Vec<_> = example.segments().iter().map(|(_, segment)| segment.tag()).collect();
/// assert_eq!(tags, ["UNH", "BGM", "DTM", "UNS", "UNT"]);
/// assert!(example.interchange()?.starts_with(b"UNB+UNOC:3+A+A+"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Example<'d> {
    message: Message<'d>,
    service: Directory<'d>,
    /// The segments with the rows of the message table that ask for them.
    segments: Vec<(usize, SegmentBuffer)>,
}

impl<'d> Example<'d> {
    /// The mandatory parts of `message`; `service` is the service directory of the syntax version to write in.
    #[must_use]
    pub fn minimal(message: Message<'d>, service: Directory<'d>) -> Self {
        let values = Values::of(message, service);
        let mut segments = Vec::new();
        let mut at = 0;
        while let Some(row) = message.row(at) {
            // The first row of a group is its trigger: it stands wherever the group does, whatever its status.
            let begins_group = row.parent().is_some_and(|group| group.index() + 1 == at);
            let wanted = row.status().is_mandatory() || begins_group;
            match row.kind() {
                MessageRowKind::Segment(tag) if wanted => {
                    let segment = row.segment().or_else(|| service.segment(tag));
                    segments.push((at, segment.map_or_else(|| SegmentBuffer::new(tag), |it| values.segment(it))));
                    at += 1;
                }
                MessageRowKind::Group(_) if wanted => at += 1,
                _ => at = row.end(),
            }
        }
        Self { message, service, segments }
    }

    /// The segments, header and trailer included, each with the row of the message table that asks for it.
    #[must_use]
    pub fn segments(&self) -> &[(usize, SegmentBuffer)] {
        &self.segments
    }

    /// The row of the message table that asks for the segment at `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<MessageRow<'d>> {
        self.message.row(self.segments.get(index)?.0)
    }

    /// The same message without the segment at `index`.
    #[must_use]
    pub fn without(&self, index: usize) -> Self {
        let kept = self.segments.iter().enumerate().filter(|(other, _)| *other != index);
        Self { segments: kept.map(|(_, segment)| segment.clone()).collect(), ..self.clone() }
    }

    /// An interchange that holds the message, its counts being right.
    ///
    /// # Errors
    /// Never for a message of a directory: all values are letters and digits.
    pub fn interchange(&self) -> Result<Vec<u8>, WriteError> {
        let values = Values { segments: self.segments.len(), ..Values::of(self.message, self.service) };
        let version = values.syntax_version.bytes().next().map_or(3, |digit| digit.wrapping_sub(b'0'));
        let options =
            WriteOptions::default().characters(ServiceCharacters::for_version(version)).repertoire(Repertoire::UNOC);
        let mut writer = Writer::new(Vec::new(), options);
        let (header, trailer) = if self.message.is_interactive() { ("UIB", "UIZ") } else { ("UNB", "UNZ") };
        let envelope = |tag| self.service.segment(tag).map_or_else(|| SegmentBuffer::new(tag), |it| values.segment(it));
        writer.segment(&envelope(header))?;
        for (row, segment) in &self.segments {
            // The count of the trailer is known only now.
            match self.message.row(*row).and_then(MessageRow::tag) {
                Some("UIT") => writer.segment(&envelope("UIT"))?,
                _ => writer.segment(segment)?,
            }
        }
        writer.segment(&envelope(trailer))?;
        Ok(writer.into_inner())
    }
}

/// The values that segments are filled with.
struct Values<'d> {
    message: &'d str,
    /// Message version and release number, `D` and `96A`.
    version: (&'d str, &'d str),
    syntax_version: &'d str,
    /// How many segments the message has.
    segments: usize,
}

impl<'d> Values<'d> {
    fn of(message: Message<'d>, service: Directory<'d>) -> Self {
        let version = match message.directory().name().split_once('.') {
            Some(version) => version,
            // Service messages: `CONTRL:D:3` up to syntax version 3, `CONTRL:4:1` in version 4.
            None if service.name() == "4" => ("4", "1"),
            None => ("D", service.name()),
        };
        Self { message: message.tag(), version, syntax_version: service.name(), segments: 0 }
    }

    /// The segment with its mandatory elements.
    fn segment(&self, segment: Segment<'_>) -> SegmentBuffer {
        let mut buffer = SegmentBuffer::new(segment.tag());
        for (index, row) in segment.rows().enumerate().filter(|(_, row)| self.wants(*row)) {
            match row.constituent() {
                Some(Constituent::Composite(composite)) => {
                    // A composite that is there has a value, though each of its components may be missing.
                    let any = composite.rows().any(|row| self.wants(row));
                    let filled = composite.rows().enumerate().filter(|&(at, row)| self.wants(row) || (at == 0 && !any));
                    for (at, row) in filled {
                        buffer.set(index, 0, at, self.value(row));
                    }
                }
                _ => buffer.set(index, 0, 0, self.value(row)),
            }
        }
        buffer
    }

    /// Whether a value is written: those that say which message it is are, though the directory may leave them open.
    fn wants(&self, row: PartRow<'_>) -> bool {
        row.status().is_mandatory() || matches!(row.tag(), "S306" | "0052" | "0054" | "0051" | "0074")
    }

    fn value(&self, row: PartRow<'_>) -> String {
        match row.tag() {
            "0001" => "UNOC".to_owned(),
            "0002" => self.syntax_version.to_owned(),
            "0051" => "UN".to_owned(),
            "0052" => self.version.0.to_owned(),
            "0054" => self.version.1.to_owned(),
            "0065" => self.message.to_owned(),
            "0074" => self.segments.to_string(),
            _ => match row.constituent() {
                Some(Constituent::Element(element)) => simplest(element),
                _ => "1".to_owned(),
            },
        }
    }
}

/// The first code that fits the format, or else the shortest value that does.
fn simplest(element: Element<'_>) -> String {
    let format = element.format();
    let code = element.codes().map(|code| code.value()).find(|value| fits(value, format));
    let letter = if format.repertoire == Letters::Numeric { "1" } else { "A" };
    code.map_or_else(|| letter.repeat(usize::from(format.minimum).max(1)), str::to_owned)
}

fn fits(value: &str, format: Format) -> bool {
    let length = value.len();
    (usize::from(format.minimum)..=usize::from(format.maximum)).contains(&length)
        && match format.repertoire {
            Letters::Numeric => value.bytes().all(|octet| octet.is_ascii_digit()),
            Letters::Alphabetic => !value.bytes().any(|octet| octet.is_ascii_digit()),
            Letters::Alphanumeric => true,
        }
}
