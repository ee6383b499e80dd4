//! Where documents come from: files, folders, standard input.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// One document to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// The inputs that the command line names: `-` or nothing for standard input, a folder for every file below it.
    ///
    /// # Errors
    /// Nothing was named and standard input is a terminal, or a folder cannot be read.
    pub(crate) fn all(paths: &[PathBuf]) -> io::Result<Vec<Self>> {
        if paths.is_empty() {
            if io::stdin().is_terminal() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "no file named, and standard input is a terminal",
                ));
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
                    let problem = format!("no file in {}", path.display());
                    return Err(io::Error::new(io::ErrorKind::NotFound, problem));
                }
            } else {
                inputs.push(Self::one(path));
            }
        }
        Ok(inputs)
    }

    /// The one input that is named: `-` for standard input.
    pub(crate) fn one(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path.to_owned()) }
    }

    /// The name shown with findings.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Opens it for reading piece by piece.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Stdin => Box::new(io::stdin().lock()),
            Self::File(path) => Box::new(File::open(path)?),
        })
    }

    /// Reads it whole, up to `limit` octets.
    pub(crate) fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("larger than {limit} octets (--max-size)"),
            ));
        }
        Ok(bytes)
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
    }

    #[test]
    fn a_limit_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(Input::File(path.clone()).read(5).unwrap(), b"12345");
        assert_eq!(Input::File(path).read(4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
