//! `karvan schema import`, and what was imported before.

use std::env;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use clap::Args;
use karvan_engine::import::{Imported, Importer};
use karvan_engine::text::Message;
use karvan_engine::{Directories, Import};
use zip::ZipArchive;

use crate::output::Output;
use crate::session::{Session, say, say_failed};
use crate::status::Status;

/// `karvan schema import`.
#[derive(Args, Debug)]
pub(crate) struct SchemaImport {
    /// A release of the UN/EDIFACT directories: its ZIP archive, or the folder of its texts.
    #[arg(value_name = "ZIP|FOLDER", required = true)]
    paths: Vec<PathBuf>,

    /// Keep it in DIR (default: `KARVAN_SCHEMAS`, else the folder of the user's data).
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// The ending of the files in which imported releases are kept.
const ENDING: &str = "release";

/// Archives stand in one another at most so deep: a release holds one for each directory.
const DEEPEST: usize = 3;

/// More than the texts of any release have, in octets.
const LARGEST: u64 = 1 << 28;

/// Adds what was imported before to the built-in directories.
pub(crate) fn load(session: &Session) {
    let Some(folder) = folder() else { return };
    let Ok(entries) = fs::read_dir(&folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == ENDING));
    paths.sort();
    let mut imports = Vec::new();
    for path in paths {
        let read = fs::read(&path).map_err(|error| error.to_string());
        match read.and_then(|octets| Import::read(&octets).map_err(|error| error.to_string())) {
            Ok(import) => imports.push(import),
            Err(error) => say(&format!("karvan: {}: {error}", path.display())),
        }
    }
    if !imports.is_empty() {
        let imported = Message::new("note-imported").with("count", imports.len());
        session.note(&imported.with("path", folder.display()));
    }
    if !imports.is_empty()
        && let Err(error) = Directories::extend_builtin(imports)
    {
        say(&format!("karvan: {error}"));
    }
}

/// Where imported releases are kept: `KARVAN_SCHEMAS`, else the folder of the user's data (XDG Base Directory).
fn folder() -> Option<PathBuf> {
    let given = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = || given("XDG_DATA_HOME").or_else(|| Some(given("HOME")?.join(".local/share")));
    given("KARVAN_SCHEMAS").or_else(|| Some(data()?.join("karvan/schemas")))
}

pub(crate) fn run(asked: &SchemaImport, mut session: Session) -> io::Result<Status> {
    let mut importer = Importer::default();
    for path in &asked.paths {
        let mut left = LARGEST;
        let read = match path.is_dir() {
            true => folder_texts(path, &mut Vec::new(), &mut importer, &mut left),
            false => File::open(path).and_then(|file| archive_texts(file, &mut Vec::new(), &mut importer, &mut left)),
        };
        if let Err(error) = read {
            return Ok(say_failed(&path.display().to_string(), &error));
        }
    }
    let imported = match importer.finish() {
        Ok(imported) => imported,
        Err(error) => {
            say(&format!("karvan: {}", session.text(&error.message())));
            return Ok(Status::Findings);
        }
    };
    let Some(target) = asked.to.clone().or_else(folder) else {
        return Ok(session.usage(&Message::new("usage-no-folder")));
    };
    let mut kept = Vec::new();
    for release in &imported {
        match keep(release, &target) {
            Ok(path) => kept.push(path),
            Err(error) => return Ok(say_failed(&target.display().to_string(), &error)),
        }
    }
    session.results(Imported::text, &imported)?;
    if !session.quiet {
        for path in kept {
            say(&session.text(&Message::new("import-kept").with("path", path.display())));
        }
    }
    session.output.finish()?;
    Ok(Status::Good)
}

/// Writes the file of a release; it appears only when it is whole.
fn keep(release: &Imported, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{}.{ENDING}", release.release));
    let mut output = Output::open(Some(&path))?;
    io::Write::write_all(&mut output, &release.import.to_octets())?;
    output.finish()?;
    Ok(path)
}

/// Reads the texts below a folder, in archives too.
fn folder_texts(folder: &Path, around: &mut Vec<String>, importer: &mut Importer, left: &mut u64) -> io::Result<()> {
    around.push(name_of(folder));
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            folder_texts(&path, around, importer, left)?;
        } else if kind.is_file() {
            text(&name_of(&path), File::open(&path)?, around, importer, left)?;
        }
    }
    around.pop();
    Ok(())
}

/// Reads the texts in an archive, and in the archives in it.
fn archive_texts(
    archive: impl Read + Seek,
    around: &mut Vec<String>,
    importer: &mut Importer,
    left: &mut u64,
) -> io::Result<()> {
    let mut archive = ZipArchive::new(archive)?;
    for index in 0..archive.len() {
        let member = archive.by_index(index)?;
        if member.is_file() {
            let name = member.name().unwrap_or_default().to_string();
            let names: Vec<_> = name.split(['/', '\\']).map(str::to_owned).collect();
            let Some((name, folders)) = names.split_last() else { continue };
            let depth = around.len();
            around.extend_from_slice(folders);
            text(name, member, around, importer, left)?;
            around.truncate(depth);
        }
    }
    Ok(())
}

/// Reads a file that is a text of a directory, or an archive of them; passes over others.
fn text(
    name: &str,
    file: impl Read,
    around: &mut Vec<String>,
    importer: &mut Importer,
    left: &mut u64,
) -> io::Result<()> {
    let is_archive = name.to_ascii_lowercase().ends_with(".zip");
    let archives = around.iter().filter(|name| name.to_ascii_lowercase().ends_with(".zip")).count();
    let path: Vec<&str> = around.iter().map(String::as_str).chain([name]).collect();
    let is_wanted = Importer::wants(&path) || is_archive && archives < DEEPEST;
    if !is_wanted {
        return Ok(());
    }
    let mut octets = Vec::new();
    file.take(left.saturating_add(1)).read_to_end(&mut octets)?;
    let Some(rest) = left.checked_sub(octets.len() as u64) else {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("texts of more than {LARGEST} octets")));
    };
    *left = rest;
    if is_archive {
        around.push(name.to_owned());
        archive_texts(Cursor::new(octets), around, importer, left)?;
        around.pop();
    } else {
        importer.read(&path, &octets);
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
