//! The commands that the README shows: each runs as it stands there, one after the other.

use std::fs;
use std::path::Path;

use crate::support::Folder;

/// What stands for files of the reader's own.
const OF_THE_READER: [&str; 7] = ["ubl-2.2", "in/", " day.zip", " order.edi", " invoice.edi", "d25a.zip", "man FOLDER"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => fs::copy(entry.path(), to.join(entry.file_name())).map(drop).unwrap(),
        }
    }
}

#[test]
fn every_command_runs_as_it_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = Folder::new();
    copy(&root.join("samples"), &folder.path("samples"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (mut section, mut commands) = ("", 0);
    for line in readme.lines() {
        section = line.strip_prefix("## ").unwrap_or(section);
        let Some(command) = line.strip_prefix("    $ karvan ") else { continue };
        let is_own = |name: &&str| command.contains(*name) && !command.contains(&format!("samples/{}", name.trim()));
        if OF_THE_READER.iter().any(|name| is_own(name) && !command.contains("samples/shipment")) {
            continue;
        }
        let arguments = command.split_whitespace().map(|word| word.trim_matches('\''));
        // What is written may be of any repertoire.
        let ended = folder.command(arguments).output().unwrap();
        // Some show what is wrong; whom to trust depends on the day.
        let statuses = if section.starts_with("A shipment") { &[0][..] } else { &[0, 1, 5] };
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.code().is_some_and(|status| statuses.contains(&status)), "{command}: {told}");
        commands += 1;
    }
    assert!(commands > 30, "{commands}");
}
