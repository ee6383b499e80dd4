//! The UN/EDIFACT directories: which messages, segments, composites, data elements and codes there are, release by
//! release, and the service directories of each syntax version.
//!
//! All directories come packed in one file that is part of the program ([`Directories::builtin`]); a directory is
//! inflated when it is first asked for, a message table when it is first looked into. What is handed out are small `Copy`
//! handles that borrow their names.
//!
//! ```
//! use karvan_schema::directory::{Constituent, Directories, MessageRowKind};
//!
//! let directory = Directories::builtin().release("D.96A").ok_or("no D.96A")?;
//! let invoice = directory.message("INVOIC").ok_or("no INVOIC")?;
//! let line = invoice.rows().find(|row| row.tag() == Some("LIN")).ok_or("no LIN")?;
//! let group = line.parent().ok_or("LIN stands in no group")?;
//! assert_eq!((line.position().to_string(), group.position().to_string()), ("0900".into(), "0890".into()));
//! assert_eq!(group.kind(), MessageRowKind::Group(25));
//!
//! let name_and_address = directory.segment("NAD").ok_or("no NAD")?;
//! let party = name_and_address.rows().next().ok_or("NAD is empty")?;
//! let Some(Constituent::Element(qualifier)) = party.constituent() else { return Err("not an element".into()) };
//! assert_eq!((qualifier.tag(), qualifier.format().to_string().as_str()), ("3035", "an..3"));
//! assert!(qualifier.code("SU").is_some_and(|code| code.name() == "Supplier"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Taken from the directories of the UNECE are facts only: tags, positions, status, repetitions, formats, code values and
//! short names; see NOTICE.

mod dependency;
mod facts;
mod handle;
mod names;
mod other_codes;
mod pack;
mod stream;
#[cfg(test)]
mod tests;
mod unpack;

use std::{
    borrow::Cow,
    fmt,
    sync::{LazyLock, OnceLock},
};

pub use dependency::{Dependency, DependencyKind, NotADependency};
pub use facts::{
    DirectoryFacts, ElementFacts, Format, MessageFacts, MessageRowFacts, NotAFormat, PartFacts, PartRowFacts,
    Repertoire, Status,
};
pub use handle::{
    Code, Composite, Constituent, Directory, Element, Message, MessageRow, MessageRowKind, PartRow, Position, Segment,
};
pub use names::translated;
pub use other_codes::OtherCodes;
pub use pack::{PackError, pack};

/// What owned rows of a message are about; the borrowed form is [`MessageRowKind`].
pub use facts::MessageRowKind as MessageRowFactsKind;

/// The first octets of a file of packed directories; the last is the version of the layout.
const MAGIC: [u8; 8] = *b"KARVAND\x02";

/// The longest code value that can be packed, in octets. No directory has one longer than six.
const CODE_VALUE_LENGTH: usize = 8;

/// A set of directories: UN/EDIFACT releases in order of time, and service directories by syntax version.
#[derive(Debug, Default)]
pub struct Directories {
    pack: unpack::Pack,
    names: Vec<String>,
    releases: usize,
    tables: Vec<OnceLock<unpack::Tables>>,
}

impl Directories {
    /// The directories that are part of the program: every release from D.93A on, and the service directories of syntax
    /// versions 1 to 4.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Directories> = LazyLock::new(|| {
            let octets = include_bytes!("../../../../schemas/edifact/directories.bin").as_slice();
            Directories::read(octets).unwrap_or_default()
        });
        &BUILTIN
    }

    /// Directories from a file made by [`pack()`].
    ///
    /// Only the outermost layer is read here. Where something within is malformed, the directory concerned is empty;
    /// [`Directories::verify`] finds out.
    pub fn read(octets: impl Into<Cow<'static, [u8]>>) -> Result<Self, Malformed> {
        let pack = unpack::Pack::parse(octets.into())?;
        let (names, releases) = pack.read_names()?;
        let names: Vec<String> = names.into_iter().map(|name| pack.core_text(name).to_owned()).collect();
        let tables = names.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { releases: releases.min(names.len()), names, pack, tables })
    }

    /// Reads everything once and reports whether any of it is malformed.
    pub fn verify(&self) -> Result<(), Malformed> {
        self.pack.verify()
    }

    /// The names of the releases, oldest first: `D.93A`, …
    #[must_use]
    pub fn releases(&self) -> &[String] {
        &self.names[..self.releases]
    }

    /// The names of the service directories: the syntax versions, `1`, …
    #[must_use]
    pub fn services(&self) -> &[String] {
        &self.names[self.releases..]
    }

    /// The release of this name, written `D.96A`, `D96A`, `D:96A` or `d96a`.
    #[must_use]
    pub fn release(&self, name: &str) -> Option<Directory<'_>> {
        let index = self.releases().iter().position(|release| letters(release).eq(letters(name)))?;
        self.directory(index)
    }

    /// The newest release.
    #[must_use]
    pub fn newest(&self) -> Option<Directory<'_>> {
        self.directory(self.releases.checked_sub(1)?)
    }

    /// The service directory of a syntax version, `1` to `4`: service segments (UNB, UNG, UNH, …), service composites,
    /// their coded elements, and the service messages (CONTRL, AUTACK, KEYMAN).
    #[must_use]
    pub fn service(&self, syntax_version: &str) -> Option<Directory<'_>> {
        let index = self.services().iter().position(|service| service == syntax_version)?;
        self.directory(self.releases + index)
    }

    fn directory(&self, index: usize) -> Option<Directory<'_>> {
        let number = u16::try_from(index).ok()?;
        let tables = self.tables.get(index)?.get_or_init(|| self.pack.read_tables(number).unwrap_or_default());
        Some(Directory::new(&self.pack, tables))
    }
}

/// The octets of a release's name that count.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|octet| !matches!(octet, b'.' | b':')).map(|octet| octet.to_ascii_uppercase())
}

/// The octets are not packed directories; says where they fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "packed directories are malformed: {}", self.0)
    }
}

impl std::error::Error for Malformed {}
