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
mod import;
mod names;
mod other_codes;
mod pack;
mod stream;
#[cfg(test)]
mod tests;
pub mod texts;
mod unpack;

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::OnceLock};

pub use dependency::{Dependency, DependencyKind, NotADependency};
pub use facts::{
    DirectoryFacts, ElementFacts, Format, MessageFacts, MessageRowFacts, NotAFormat, PartFacts, PartRowFacts,
    Repertoire, Status,
};
pub use handle::{
    Code, Composite, Constituent, Directory, Element, Elsewhere, Message, MessageRow, MessageRowKind, PartRow,
    Position, Segment,
};
pub use import::Import;
pub use names::translated;
pub use other_codes::{OtherCodes, Publication};
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
    files: Vec<PackedFile>,
    /// Releases in order of time, then service directories.
    names: Vec<String>,
    /// In step with the names: the file, and which of its directories.
    places: Vec<(usize, u16)>,
    releases: usize,
    /// Of imported releases, in order of time: the definitions by tag.
    definitions: BTreeMap<Age, (String, BTreeMap<String, String>)>,
}

/// A file of packed directories, and the tables of those that were asked for.
#[derive(Debug)]
struct PackedFile {
    pack: unpack::Pack,
    tables: Vec<OnceLock<unpack::Tables>>,
}

/// The directories that a program works with; see [`Directories::builtin`].
static BUILTIN: OnceLock<Directories> = OnceLock::new();

impl Directories {
    /// The directories that are part of the program: every release from D.93A on, and the service directories of syntax
    /// versions 1 to 4; with those that were added by [`Directories::extend_builtin`].
    #[must_use]
    pub fn builtin() -> &'static Self {
        BUILTIN.get_or_init(Self::builtin_alone)
    }

    /// Adds imported releases to [`Directories::builtin`], for the whole program. This is done once, before anything is
    /// looked up.
    ///
    /// # Errors
    /// If an import is malformed, or the built-in directories are in use already.
    pub fn extend_builtin(imports: Vec<Import>) -> Result<(), Malformed> {
        let extended = imports.into_iter().try_fold(Self::builtin_alone(), Self::with)?;
        BUILTIN.set(extended).map_err(|_| Malformed("the built-in directories are in use"))
    }

    /// The directories that are part of the program, without any that were added.
    fn builtin_alone() -> Self {
        let octets = include_bytes!("../../../../schemas/edifact/directories.bin").as_slice();
        Self::read(octets).unwrap_or_default()
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
        let places = (0..names.len()).map(|index| (0, index as u16)).collect();
        let (releases, files) = (releases.min(names.len()), vec![PackedFile { pack, tables }]);
        Ok(Self { files, places, names, releases, definitions: BTreeMap::new() })
    }

    /// The same with an imported release. One that is known by its name keeps its facts, which may mend slips of the texts,
    /// and gets definitions.
    ///
    /// # Errors
    /// If the import is malformed.
    pub fn with(mut self, import: Import) -> Result<Self, Malformed> {
        let name = import.release().to_owned();
        let (packed, definitions) = import.into_parts();
        if self.release(&name).is_none() {
            let mut imported = Self::read(packed)?;
            let age = Age::of(&name);
            let index = self.releases().iter().take_while(|known| Age::of(known) <= age).count();
            self.names.insert(index, name.clone());
            self.places.insert(index, (self.files.len(), 0));
            self.releases += 1;
            self.files.append(&mut imported.files);
        }
        self.definitions.insert(Age::of(&name), (name, definitions));
        Ok(self)
    }

    /// Reads everything once and reports whether any of it is malformed.
    pub fn verify(&self) -> Result<(), Malformed> {
        self.files.iter().try_for_each(|file| file.pack.verify())
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

    /// The names of the releases that have a message of this type, oldest first: `INVOIC`.
    pub fn releases_with<'a>(&'a self, message: &str) -> impl Iterator<Item = &'a str> {
        let names = self.releases().iter().enumerate();
        let has = move |index| self.directory(index).is_some_and(|release| release.message(message).is_some());
        names.filter(move |(index, _)| has(*index)).map(|(_, name)| name.as_str())
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

    /// What the official texts say that a tag (`NAD`) or code (`3035=BY`) is for, and in which release: in `release` where
    /// that was imported, else in the newest imported one that has it.
    #[must_use]
    pub fn definition(&self, release: &str, tag: &str) -> Option<(&str, &str)> {
        let own = self.definitions.get(&Age::of(release)).into_iter();
        own.chain(self.definitions.values().rev())
            .find_map(|(release, definitions)| Some((release.as_str(), definitions.get(tag)?.as_str())))
    }

    fn directory(&self, index: usize) -> Option<Directory<'_>> {
        let (file, number) = *self.places.get(index)?;
        let file = self.files.get(file)?;
        let tables = file.tables.get(usize::from(number))?;
        let tables = tables.get_or_init(|| file.pack.read_tables(number).unwrap_or_default());
        Some(Directory::new(&file.pack, tables))
    }
}

/// The age of a release by its name, so that D.99B comes before D.00A.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age(u16, String);

impl Age {
    /// The first directories are of 1993; two digits cannot tell 1993 from 2093.
    fn of(name: &str) -> Self {
        let letters: String = letters(name).skip(1).map(char::from).collect();
        let year: u16 = letters.get(..2).and_then(|year| year.parse().ok()).unwrap_or_default();
        Self(if year < 93 { 2000 + year } else { 1900 + year }, letters)
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
