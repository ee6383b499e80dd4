//! `karvan schema import`, and what was imported before.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use clap::Args;
use karvan_engine::import::{Imported, Importer, Naming};
use karvan_engine::text::Message;
use karvan_engine::{Directories, Grammars, Import};
use zip::ZipArchive;

use crate::output::Output;
use crate::session::{Session, say, say_failed};
use crate::status::Status;

/// `karvan schema import`.
#[derive(Args, Debug)]
pub(crate) struct SchemaImport {
    /// A release of the UN/EDIFACT directories or a set of XML Schema documents: its ZIP archive, or the folder of its files.
    #[arg(value_name = "ZIP|FOLDER", required = true)]
    paths: Vec<PathBuf>,

    /// Call the XML grammar NAME, as for --as (default: what the first file or folder is called).
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Call the XML grammar TITLE for people (default: its name).
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,

    /// Documents begin with the elements of the schema documents at PATH, or in the folder PATH (default: of those that no
    /// other includes or imports).
    #[arg(long = "entry", value_name = "PATH")]
    entries: Vec<String>,

    /// Documents whose value at PATH begins with TEXT follow the XML grammar, and no others: UBLVersionID=2.2 (default: it is
    /// taken for the newest, for documents that tell of no other).
    #[arg(long = "sign", value_name = "PATH=TEXT", value_parser = sign)]
    signs: Vec<(String, String)>,

    /// Keep it in DIR (default: `KARVAN_SCHEMAS`, else the folder of the user's data).
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Archives stand in one another at most so deep: a release holds one for each directory.
const DEEPEST: usize = 3;

/// More than the texts of any release or grammar have, in octets.
const LARGEST: u64 = 1 << 28;

/// Adds what was imported before to what is built in.
pub(crate) fn load(session: &Session) {
    let Some(folder) = folder() else { return };
    let Ok(entries) = fs::read_dir(&folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let (mut releases, mut grammars, mut count) = (Vec::new(), Grammars::default(), 0);
    for path in paths {
        let read = || fs::read(&path).map_err(|error| error.to_string());
        let added = match path.extension().and_then(OsStr::to_str) {
            Some("release") => read()
                .and_then(|octets| Import::read(&octets).map_err(|error| error.to_string()))
                .map(|import| releases.push(import)),
            Some("grammar") => read().and_then(|octets| grammars.add(octets).map_err(|error| error.to_string())),
            _ => continue,
        };
        match added {
            Ok(()) => count += 1,
            Err(error) => say(&format!("karvan: {}: {error}", path.display())),
        }
    }
    if count == 0 {
        return;
    }
    session.note(&Message::new("note-imported").with("count", count).with("path", folder.display()));
    let releases = Directories::extend_builtin(releases).map_err(|error| error.to_string());
    if let Err(error) = releases.and_then(|()| Grammars::extend_builtin(grammars).map_err(|error| error.to_string())) {
        say(&format!("karvan: {error}"));
    }
}

/// Where what was imported is kept: `KARVAN_SCHEMAS`, else the folder of the user's data (XDG Base Directory).
fn folder() -> Option<PathBuf> {
    let given = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = || given("XDG_DATA_HOME").or_else(|| Some(given("HOME")?.join(".local/share")));
    given("KARVAN_SCHEMAS").or_else(|| Some(data()?.join("karvan/schemas")))
}

pub(crate) fn run(asked: &SchemaImport, mut session: Session) -> io::Result<Status> {
    let naming = Naming {
        name: asked
            .name
            .clone()
            .unwrap_or_else(|| asked.paths.first().map(|path| grammar_name(path)).unwrap_or_default()),
        title: asked.title.clone(),
        entries: asked.entries.clone(),
        signs: asked.signs.clone(),
    };
    let mut importer = Importer::new(naming);
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

/// Writes the file of a release or grammar; it appears only when it is whole.
fn keep(imported: &Imported, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (name, octets) = imported.file();
    let path = folder.join(name);
    let mut output = Output::open(Some(&path))?;
    io::Write::write_all(&mut output, &octets)?;
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

/// Reads a file that is a text of a directory, a schema document, or an archive of them; passes over others.
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
        importer.read(&path, octets);
    }
    Ok(())
}

/// The name of a grammar that comes from `path`: of its name, what a name may have.
fn grammar_name(path: &Path) -> String {
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let stem = stem.map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    stem.trim_start_matches('.').chars().map(|c| if is_good(c) { c } else { '-' }).collect()
}

/// `UBLVersionID=2.2`.
fn sign(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("a path, =, and the beginning of a value: UBLVersionID=2.2")?;
    let spaced =
        path.is_empty() || value.is_empty() || path.contains(char::is_whitespace) || value.contains(['\n', '\r']);
    if spaced {
        Err("neither path nor text may be empty, nor have white space".into())
    } else {
        Ok((path.into(), value.into()))
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
