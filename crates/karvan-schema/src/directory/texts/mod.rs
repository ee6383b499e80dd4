//! Reading the official texts of a release: message, segment, composite, element and code directories as the UNECE publishes
//! them.
//!
//! The texts of thirty years differ in code page, columns and drawing; each reader names what it expects. What is read is
//! facts, and beside them the definitions, which belong to the publisher: they stay in the copy of whoever imports a release.
//!
//! ```
//! use karvan_schema::directory::texts::{ReleaseTexts, TextFile};
//!
//! let file = TextFile::of(&["d99z.zip", "EDED.99Z"]).ok_or("no text of a directory")?;
//! let mut texts = ReleaseTexts::new(&file.release);
//! let rule = "-".repeat(70);
//! let text = format!("{rule}\n\n     1000  Name of the camel   [C]\n\n     Desc: How it is called.\n\n     Repr: an..35\n");
//! texts.read(&file.kind, text.as_bytes());
//! let (facts, definitions, _) = texts.finish();
//! assert_eq!((facts.name.as_str(), facts.elements["1000"].name.as_str()), ("D.99Z", "Name of the camel"));
//! assert_eq!(definitions["1000"], "How it is called.");
//! # Ok::<(), &'static str>(())
//! ```

mod codes;
mod definitions;
mod elements;
mod lines;
mod messages;
mod parts;

use std::collections::BTreeMap;

use super::DirectoryFacts;
pub use codes::Lists;
pub use lines::{is_composite_tag, tidy};

/// What is to be told about texts that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// The release that is being read.
    pub of: String,
    /// Lines that were not understood, and drawings that contradict themselves.
    pub problems: Vec<String>,
    /// Where two statements differ, or a conversion differs from the release before it.
    pub notes: Vec<String>,
}

impl Remarks {
    /// Adds something that was not understood.
    pub fn add(&mut self, problem: String) {
        self.problems.push(format!("{} {problem}", self.of));
    }

    /// Adds a difference.
    pub fn note(&mut self, note: String) {
        self.notes.push(format!("{} {note}", self.of));
    }
}

/// A file of a release, told by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// The release: `D.96A`.
    pub release: String,
    /// What it states.
    pub kind: TextKind,
}

/// What a file of a release states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// The segment table of the message type of this tag.
    Message {
        /// The tag.
        tag: String,
        /// Whether it belongs to the interactive directory.
        interactive: bool,
    },
    /// The segment directory.
    Segments {
        /// Whether it is that of interactive messages.
        interactive: bool,
    },
    /// The composite directory.
    Composites {
        /// Whether it is that of interactive messages.
        interactive: bool,
    },
    /// The element directory.
    Elements,
    /// A code list directory.
    Codes,
}

impl TextFile {
    /// What the file at `path` is: names of folders and archives, outermost first, and of the file (`EDMD`, `INVOIC_D.96A`).
    /// None for indexes and other texts.
    #[must_use]
    pub fn of(path: &[&str]) -> Option<Self> {
        let (name, around) = path.split_last()?;
        let (stem, release) = name.rsplit_once('.')?;
        let stem = stem.to_ascii_uppercase();
        let release = release.to_ascii_uppercase();
        // Two digits of the year and a letter.
        if !matches!(release.as_bytes(), [b'0'..=b'9', b'0'..=b'9', b'A'..=b'Z']) {
            return None;
        }
        // `INVOIC_D` is a batch or an interactive message; the folder or archive around it tells.
        let within = |name: &str| around.iter().any(|outer| outer.to_ascii_uppercase().starts_with(name));
        let kind = match stem.as_str() {
            "EDSD" | "TRSD" => TextKind::Segments { interactive: false },
            "IDSD" => TextKind::Segments { interactive: true },
            "EDCD" | "TRCD" => TextKind::Composites { interactive: false },
            "IDCD" => TextKind::Composites { interactive: true },
            "EDED" | "TRED" => TextKind::Elements,
            "UNCL" | "UNCL-1" | "UNCL-2" => TextKind::Codes,
            _ => {
                let tag = stem.strip_suffix("_D").filter(|tag| is_message_tag(tag))?.to_owned();
                TextKind::Message { tag, interactive: within("IDMD") }
            }
        };
        Some(Self { release: format!("D.{release}"), kind })
    }
}

/// Whether the text is the tag of a message type: six letters.
fn is_message_tag(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|octet| octet.is_ascii_uppercase())
}

/// The texts of one release as they are read, in any order.
#[derive(Debug, Default)]
pub struct ReleaseTexts {
    facts: DirectoryFacts,
    definitions: BTreeMap<String, String>,
    restated: Vec<parts::Restated>,
    remarks: Remarks,
}

impl ReleaseTexts {
    /// A release of which nothing was read yet.
    #[must_use]
    pub fn new(release: &str) -> Self {
        let facts = DirectoryFacts { name: release.to_owned(), ..DirectoryFacts::default() };
        Self { facts, remarks: Remarks { of: release.to_owned(), ..Remarks::default() }, ..Self::default() }
    }

    /// Reads the octets of one of its files.
    pub fn read(&mut self, kind: &TextKind, octets: &[u8]) {
        let (lines, remarks) = (lines::lines(octets), &mut self.remarks);
        self.definitions.extend(definitions::read(kind, &lines));
        match kind {
            TextKind::Message { tag, interactive } => {
                let message = messages::parse(tag, &lines, *interactive, remarks);
                self.facts.messages.insert(tag.clone(), message);
            }
            TextKind::Segments { interactive } => {
                let parts = parts::parse(&lines, true, *interactive, remarks);
                self.facts.segments.extend(parts.parts);
                self.restated.extend(parts.restated);
            }
            TextKind::Composites { interactive } => {
                let parts = parts::parse(&lines, false, *interactive, remarks);
                self.facts.composites.extend(parts.parts);
                self.restated.extend(parts.restated);
            }
            TextKind::Elements => self.facts.elements = elements::parse(&lines, remarks),
            TextKind::Codes => self.facts.codes.extend(codes::parse(&lines, remarks)),
        }
    }

    /// What was read: facts, definitions by tag (`NAD`, `3035=BY`), and what is to be told about them.
    #[must_use]
    pub fn finish(mut self) -> (DirectoryFacts, BTreeMap<String, String>, Remarks) {
        self.restated.iter().for_each(|restated| restated.compare(&self.facts, &mut self.remarks));
        (self.facts, self.definitions, self.remarks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names_and_those_around_them() {
        let kind = |path: &[&str]| TextFile::of(path).map(|file| file.kind);
        let message = |tag: &str, interactive| Some(TextKind::Message { tag: tag.to_owned(), interactive });
        assert_eq!(kind(&["TRMD", "INVOIC_D.96A"]), message("INVOIC", false));
        assert_eq!(kind(&["IDMD97A", "RESREQ_D.97A"]), message("RESREQ", true));
        assert_eq!(kind(&["d21b.zip", "Idmd.zip", "resreq_d.21b"]), message("RESREQ", true));
        assert_eq!(kind(&["UNCL-2.96A"]), Some(TextKind::Codes));
        assert_eq!(kind(&["UNCL", "Uncl.98b"]), Some(TextKind::Codes));
        assert_eq!(kind(&["EDSD", "EDSD.21B"]), Some(TextKind::Segments { interactive: false }));
        for name in ["EDSDI1.21B", "EDMDI1.21B", "README.TXT", "EDSD", "UNSL.96A", "D4232A_D.96A"] {
            assert_eq!(kind(&["EDSD", name]), None, "{name}");
        }
        assert_eq!(TextFile::of(&["Eded.98b"]).map(|file| file.release).as_deref(), Some("D.98B"));
    }
}
