//! Where results go: standard output, or a file that appears only when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{Path, PathBuf};

/// A destination for results.
///
/// A file is written under a temporary name beside its own and renamed by [`Output::finish`]; if that is never reached,
/// the temporary file is removed, so that no partial output is left behind.
pub(crate) enum Output {
    /// Standard output.
    Stdout(BufWriter<StdoutLock<'static>>),
    /// A file.
    File(Replacement),
    /// A device or a pipe, which cannot be replaced.
    Device(BufWriter<File>),
}

impl Output {
    /// Opens `path`, or standard output where there is none or it is `-`.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        match path {
            Some(path) if path != Path::new("-") => match fs::metadata(path) {
                Ok(known) if known.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
                Ok(known) if !known.is_file() => {
                    Ok(Self::Device(BufWriter::new(File::options().write(true).open(path)?)))
                }
                // A link stays a link: what it leads to is replaced.
                Ok(_) => Replacement::create(&fs::canonicalize(path)?).map(Self::File),
                Err(_) => Replacement::create(path).map(Self::File),
            },
            _ => Ok(Self::Stdout(BufWriter::with_capacity(1 << 16, io::stdout().lock()))),
        }
    }

    /// Whether it is standard output.
    pub(crate) const fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout(_))
    }

    /// Whether a person reads it directly.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout(stdout) if stdout.get_ref().is_terminal())
    }

    /// Writes what is buffered; a file now gets its name.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush(),
            Self::File(replacement) => replacement.finish(),
            Self::Device(mut device) => device.flush(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File(replacement) => replacement.file.write(bytes),
            Self::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File(replacement) => replacement.file.flush(),
            Self::Device(device) => device.flush(),
        }
    }
}

/// A file being written under a temporary name.
pub(crate) struct Replacement {
    file: BufWriter<File>,
    temporary: PathBuf,
    target: PathBuf,
    renamed: bool,
}

impl Replacement {
    fn create(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
        let process = std::process::id();
        for attempt in 0..100_u32 {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{process}.{attempt}.part"));
            let temporary = target.with_file_name(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    let file = BufWriter::with_capacity(1 << 16, file);
                    return Ok(Self { file, temporary, target: target.to_owned(), renamed: false });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free temporary name"))
    }

    fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Ok(replaced) = fs::metadata(&self.target) {
            // Who may read and write the file stays as it was.
            fs::set_permissions(&self.temporary, replaced.permissions())?;
        }
        fs::rename(&self.temporary, &self.target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing more can be done about a file that cannot be removed; its name says what it is.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("invoice.xml");
        let mut output = Output::open(Some(&target)).unwrap();
        output.write_all(b"half").unwrap();
        assert!(!target.exists());
        drop(output);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut output = Output::open(Some(&target)).unwrap();
        output.write_all(b"whole").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
