//! Where documents come from: files, folders, standard input; as they are, compressed, or in an archive.

mod archive;
mod compression;
mod refusal;
mod tape;

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use archive::Archive;
use compression::{Form, Spending, expanded, form};
use karvan_engine::XmlLimits;
pub(crate) use refusal::Refusal;
use tape::Tape;

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest document that is read whole, and the largest archive that is not a file, in octets.
    pub(crate) size: u64,
    /// What one input may expand to, in octets.
    pub(crate) expanded: u64,
    /// How many times its size an input may expand to.
    pub(crate) ratio: u64,
    /// How much of everything an XML document may have.
    pub(crate) xml: XmlLimits,
}

/// What several threads know of a run of reading: how far it is, and whether it is to end.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    octets: AtomicU64,
    stopped: AtomicBool,
}

impl Meter {
    /// How many octets were read, before they were expanded.
    pub(crate) fn octets(&self) -> u64 {
        self.octets.load(Ordering::Relaxed)
    }

    /// Ends all reading: nobody wants to know any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn pass(&self, octets: usize) -> io::Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// A document being read, by its name.
pub(crate) type Document = (String, Box<dyn Read>);

/// One input that the command line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// A member of an archive.
    Member(PathBuf, String),
}

impl Input {
    /// The inputs that the command line names: `-` or nothing for standard input, a folder for every file below it.
    ///
    /// # Errors
    /// Nothing was named and standard input is a terminal, it was named twice, or a folder cannot be read.
    pub(crate) fn all(paths: &[PathBuf]) -> io::Result<Vec<Self>> {
        let invalid = |problem| Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        if paths.is_empty() {
            if io::stdin().is_terminal() {
                return invalid("no file named, and standard input is a terminal");
            }
            return Ok(vec![Self::Stdin]);
        }
        let mut inputs = Vec::new();
        for path in paths {
            if path.is_dir() {
                let before = inputs.len();
                files_below(path, &mut inputs)?;
                if inputs.len() == before {
                    // To look at nothing and say that all is well would be no answer.
                    return Err(nothing_in(&path.display().to_string()));
                }
            } else {
                inputs.push(Self::one(path));
            }
        }
        if inputs.iter().filter(|input| **input == Self::Stdin).count() > 1 {
            return invalid("standard input is named twice");
        }
        Ok(inputs)
    }

    /// The one input that is named: `-` for standard input, `day.zip!order.edi` for a member of an archive.
    pub(crate) fn one(path: &Path) -> Self {
        if path == Path::new("-") {
            return Self::Stdin;
        }
        match path.to_str().and_then(|text| text.split_once('!')) {
            Some((archive, member)) if !path.exists() && Path::new(archive).is_file() => {
                Self::Member(archive.into(), member.to_owned())
            }
            _ => Self::File(path.to_owned()),
        }
    }

    /// The name shown with findings.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Member(archive, member) => format!("{}!{member}", archive.display()),
        }
    }

    /// How many octets it has, where that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin | Self::Member(..) => None,
            Self::File(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|known| known.len()),
        }
    }

    /// The documents that it holds: itself, what it expands to, or the members of an archive one after the other.
    ///
    /// What a file is, is told by its content. What cannot be expanded is told where it is read.
    pub(crate) fn documents(
        &self,
        limits: Limits,
        meter: &Arc<Meter>,
    ) -> io::Result<Box<dyn Iterator<Item = Document>>> {
        let name = self.name();
        let file = match self {
            Self::Stdin => None,
            Self::File(path) | Self::Member(path, _) => Some(File::open(path)?),
        };
        // Only what is a file can be read from its end, where an archive has its directory.
        let seekable = match &file {
            Some(file) => file.metadata()?.is_file().then(|| file.try_clone()).transpose()?,
            None => None,
        };
        let octets: Box<dyn Read> = match file {
            Some(file) => Box::new(file),
            None => Box::new(io::stdin().lock()),
        };
        let spending = Spending::new(limits);
        let metered = Metered { source: octets, meter: Arc::clone(meter), spending: Arc::clone(&spending) };
        let (form, source) = form(Box::new(metered))?;
        match (form, self) {
            (Form::Archive, _) => {
                let archive = match seekable {
                    Some(file) => Archive::open(file, spending, Arc::clone(meter))?,
                    None => Archive::spill(source, spending, Arc::clone(meter), limits.size)?,
                };
                match self {
                    Self::Member(_, member) => Ok(Box::new(std::iter::once((name, archive.member_named(member)?)))),
                    _ if archive.is_empty() => Err(nothing_in(&name)),
                    _ => Ok(Box::new(
                        archive.members().map(move |(member, source)| (format!("{name}!{member}"), source)),
                    )),
                }
            }
            (Form::Plain | Form::Tape, _) => self.unwrapped(form, source),
            (form, _) => {
                let (form, source) = expanded(form, source, spending);
                self.unwrapped(form, source)
            }
        }
    }

    /// The documents of what is not compressed, or no more: itself, or the members of a tar archive.
    fn unwrapped(&self, form: Form, source: Box<dyn Read>) -> io::Result<Box<dyn Iterator<Item = Document>>> {
        let (name, not_found) = (self.name(), |problem| io::Error::new(io::ErrorKind::NotFound, problem));
        match (form, self) {
            (Form::Tape, Self::Member(_, member)) => match Tape::new(source).find(|(name, _)| name == member) {
                Some((_, source)) => Ok(Box::new(std::iter::once((name, source)))),
                None => Err(not_found("no such member in the archive".to_owned())),
            },
            (_, Self::Member(archive, _)) => Err(not_found(format!("{} is no archive", archive.display()))),
            (Form::Tape, _) => {
                let mut members = Tape::new(source).peekable();
                if members.peek().is_none() {
                    return Err(nothing_in(&name));
                }
                Ok(Box::new(members.map(move |(member, source)| (format!("{name}!{member}"), source))))
            }
            _ => Ok(Box::new(std::iter::once((name, source)))),
        }
    }

    /// Opens the one document that it holds, for reading piece by piece.
    ///
    /// # Errors
    /// It cannot be read, or is an archive that holds several.
    pub(crate) fn open(&self, limits: Limits) -> io::Result<Box<dyn Read>> {
        let documents = || self.documents(limits, &Arc::default());
        // What stands in a file can be looked at twice.
        if let Self::File(_) = self
            && documents()?.nth(1).is_some()
        {
            return Err(several(documents()?.next()));
        }
        let mut documents = documents()?;
        match documents.next() {
            Some((name, source)) => Ok(Box::new(Sole { name, source, documents })),
            None => Err(nothing_in(&self.name())),
        }
    }

    /// Reads the one document that it holds whole, up to the limit.
    pub(crate) fn read(&self, limits: Limits) -> io::Result<Vec<u8>> {
        whole(self.open(limits)?, limits)
    }
}

/// A document, at whose end it is told whether there are others.
struct Sole {
    name: String,
    source: Box<dyn Read>,
    documents: Box<dyn Iterator<Item = Document>>,
}

impl Read for Sole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.source.read(buffer)? {
            0 if !buffer.is_empty() && self.documents.next().is_some() => {
                Err(several(Some((std::mem::take(&mut self.name), Box::new(io::empty())))))
            }
            read => Ok(read),
        }
    }
}

/// That an archive does not say which of its documents is meant.
fn several(first: Option<Document>) -> io::Error {
    let name = first.map(|(name, _)| name).unwrap_or_default();
    let problem = format!("an archive of several documents; name the one that is meant, as in {name}");
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

/// All that `source` gives, up to the limit on a document.
pub(crate) fn whole(source: impl Read, limits: Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limits.size.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.size {
        return Err(too_large(limits.size));
    }
    Ok(bytes)
}

/// That a document has more octets than it may have.
pub(crate) fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} octets (--max-size)"))
}

fn nothing_in(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file in {name}"))
}

/// A source whose octets are counted on their way.
struct Metered {
    source: Box<dyn Read>,
    meter: Arc<Meter>,
    spending: Arc<Spending>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.meter.pass(read)?;
        self.spending.take(read);
        Ok(read)
    }
}

/// Every file below `folder`, by name, links not followed into folders.
fn files_below(folder: &Path, inputs: &mut Vec<Input>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(named)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files_below(&entry.path(), inputs)?;
        } else if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
            inputs.push(Input::File(entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(size: u64) -> Limits {
        Limits { size, expanded: 1 << 20, ratio: 100, xml: XmlLimits::default() }
    }

    #[test]
    fn a_folder_stands_for_its_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.edi", "a.edi", "b/z.edi"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let inputs = Input::all(&[folder.path().to_owned(), PathBuf::from("-")]).unwrap();
        let names: Vec<_> =
            inputs.iter().map(|input| input.name().replace(&folder.path().display().to_string(), "")).collect();
        assert_eq!(names, ["/a.edi", "/b/z.edi", "/c.edi", "-"]);
        assert!(Input::all(&[PathBuf::from("-"), PathBuf::from("-")]).is_err());
    }

    #[test]
    fn a_limit_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(Input::File(path.clone()).read(limits(5)).unwrap(), b"12345");
        assert_eq!(Input::File(path).read(limits(4)).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_name_with_an_exclamation_mark_is_a_member_only_of_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("day.zip"), "x").unwrap();
        fs::write(folder.path().join("alarm!.edi"), "x").unwrap();
        let one = |name: &str| Input::one(&folder.path().join(name));
        assert_eq!(one("day.zip!a/b!.edi"), Input::Member(folder.path().join("day.zip"), "a/b!.edi".into()));
        assert_eq!(one("alarm!.edi"), Input::File(folder.path().join("alarm!.edi")));
        assert_eq!(one("night.zip!a"), Input::File(folder.path().join("night.zip!a")));
    }
}
