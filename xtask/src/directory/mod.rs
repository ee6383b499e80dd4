//! `cargo xtask directory`: reads the official UN/EDIFACT texts and packs their facts into `schemas/edifact/`.

pub(crate) mod archive;
pub(crate) mod check;
mod conversions;
mod service;
mod xml;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use karvan_schema::directory::texts::{Lists, ReleaseTexts, Remarks};
use karvan_schema::directory::{DirectoryFacts, pack};

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of reference data holding edifact/ [default: $KARVAN_DATA or ../shared/data]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Print what could not be resolved, compare with the stated counts and with the packed file; write nothing
    #[arg(long)]
    check: bool,
}

/// Everything that was read.
pub(crate) struct Collected {
    pub(crate) releases: Vec<DirectoryFacts>,
    pub(crate) services: Vec<DirectoryFacts>,
    remarks: Remarks,
}

/// Packs the directories, or checks what is packed.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let source = crate::data(arguments.source.as_ref()).join("edifact");
    if !source.is_dir() {
        return Err(format!("no such folder: {}", source.display()).into());
    }
    let collected = collect(&source)?;
    if arguments.check {
        return check::report(&collected, &source, is_current(&collected)?);
    }
    let packed = pack(&collected.releases, &collected.services)?;
    fs::write(packed_file(), &packed)?;
    println!(
        "{} releases and {} service directories in {} octets; {} problems (--check tells)",
        collected.releases.len(),
        collected.services.len(),
        packed.len(),
        collected.remarks.problems.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether the packed file is what was collected.
pub(crate) fn is_current(collected: &Collected) -> crate::Result<bool> {
    Ok(fs::read(packed_file())? == pack(&collected.releases, &collected.services)?)
}

fn packed_file() -> PathBuf {
    crate::workspace().join("schemas/edifact/directories.bin")
}

/// Reads everything there is in the folder `edifact` of the reference data.
pub(crate) fn collect(source: &Path) -> crate::Result<Collected> {
    let mut remarks = Remarks::default();
    let releases = releases(source, &mut remarks)?;
    let services = service::read(&source.join("service"))?;
    Ok(Collected { releases, services, remarks })
}

/// All releases, oldest first.
fn releases(source: &Path, remarks: &mut Remarks) -> crate::Result<Vec<DirectoryFacts>> {
    let mut releases = official(&source.join("un-directories.tar.xz"), remarks)?;
    let conversions = source.join("conversions/php-edifact-mapping");
    let stated: Vec<Lists> = releases.iter().map(|release| release.codes.clone()).collect();
    for (index, release) in releases.iter_mut().enumerate().filter(|(_, release)| release.codes.is_empty()) {
        let path = conversions.join(folder(&release.name)).join("codes.xml");
        if path.is_file() {
            let has_codes = |lists: &&Lists| !lists.is_empty();
            let (before, after) = (stated[..index].iter().rfind(has_codes), stated[index..].iter().find(has_codes));
            let beside: Vec<Lists> = before.into_iter().chain(after).cloned().collect();
            remarks.of.clone_from(&release.name);
            release.codes = conversions::codes_beside(&path, &beside, remarks)?;
        }
    }
    for name in ["D.22A", "D.22B", "D.23A", "D.24A"] {
        remarks.of = name.to_owned();
        let before = releases.last().ok_or("no official release")?;
        let release = conversions::release(name, before, &conversions.join(folder(name)), remarks)?;
        releases.push(release);
    }
    Ok(releases)
}

/// The folder of a release: `D96A` for `D.96A`.
fn folder(release: &str) -> String {
    release.replace('.', "")
}

/// The releases of which there are official texts, oldest first.
fn official(archive: &Path, remarks: &mut Remarks) -> crate::Result<Vec<DirectoryFacts>> {
    let mut releases: BTreeMap<String, ReleaseTexts> = BTreeMap::new();
    archive::read(archive, |file, octets| {
        // The nineties sort before the years after 1999.
        let century = if file.release.starts_with("D.9") { "19" } else { "20" };
        let key = format!("{century}{}", &file.release[2..]);
        releases.entry(key).or_insert_with(|| ReleaseTexts::new(&file.release)).read(&file.kind, &octets);
    })?;
    let finished = releases.into_values().map(|texts| {
        let (facts, _, told) = texts.finish();
        remarks.problems.extend(told.problems);
        remarks.notes.extend(told.notes);
        facts
    });
    Ok(finished.collect())
}
