//! `karvan.toml`.

use crate::arguments;
use crate::documents::ORDER;
use crate::support::{Folder, NOW, Run, ended, from_iran, sample};

/// A folder with a document whose only fault is a code.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("BGM+220", "BGM+ZZ9"));
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run([&["validate", "order.edi"], arguments].concat())
}

#[test]
fn a_file_sets_defaults_and_the_command_line_has_the_last_word() {
    let folder = folder();
    folder.write("karvan.toml", "format = \"jsonl\"\n[validate]\nlevel = \"structure\"\njobs = 1\nmax-findings = 5\n");
    assert!(run(&folder, &[]).expect(0).stdout.starts_with('{'));
    assert!(run(&folder, &["--format=human"]).expect(0).stdout.starts_with("VALID"));
    run(&folder, &["--level=codes"]).expect(1);
    run(&folder, &["--isolated"]).expect(1);
    folder.write("other.toml", "lang = \"fa\"");
    assert!(run(&folder, &["--config=other.toml"]).expect(1).stdout.contains('خ'));
}

#[test]
fn the_file_is_found_upwards_then_with_the_user() {
    let folder = folder();
    folder.write("home/karvan/karvan.toml", "[validate]\nlevel = \"structure\"\n");
    folder.write("in/deep/none", "");
    let status = |below: &str| {
        let mut command = folder.command(["validate", "../../order.edi"]);
        command
            .current_dir(folder.path(below))
            .env("XDG_CONFIG_HOME", folder.path("home"))
            .env("APPDATA", folder.path("home"));
        ended(&command.output().unwrap()).status
    };
    assert_eq!(status("in/deep"), 0, "the user's");
    folder.write("in/karvan.toml", "[validate]\nlevel = \"codes\"\n");
    assert_eq!(status("in/deep"), 1, "the nearest above");
}

#[test]
fn a_verb_below_a_verb_has_its_own_settings() {
    let folder = Folder::new();
    let leaf = sample("pki/signers/anka.pem");
    let status = || folder.run(arguments!["trust", "path", from_iran(), NOW, leaf.clone()]).status;
    assert_eq!(status(), 0);
    folder.write("karvan.toml", "[trust.path]\nmax-path-length = 1\n");
    assert_eq!(status(), 4);
    folder.write("karvan.toml", "[trust.path]\nmax-path-lenght = 1\n");
    let told = folder.run(arguments!["trust", "path", from_iran(), NOW, leaf.clone()]).expect(2).stderr;
    assert!(told.contains("trust.path.max-path-lenght is no setting; the nearest is max-path-length"), "{told}");
    // Whom to trust is said on the command line alone: a file beside a document must not decide it.
    folder.write("karvan.toml", "[trust.path]\ntrust = \"store\"\n");
    assert_eq!(status(), 2);
}

#[test]
fn what_is_no_setting_is_told_with_the_nearest() {
    let folder = folder();
    let told = |content: &str| {
        folder.write("karvan.toml", content);
        run(&folder, &[]).expect(2).stderr
    };
    assert!(told("fromat = \"json\"").contains("fromat is no setting; the nearest is format"));
    assert!(
        told("[validate]\nmax-finding = 5").contains("validate.max-finding is no setting; the nearest is max-findings")
    );
    assert!(told("[valdiate]\nlevel = \"codes\"").contains("the nearest is validate"));
    assert!(told("output = \"elsewhere\"").contains("output is no setting"));
    assert!(told("format = [1]").contains("format takes a string or a whole number"));
    assert!(told("format = \"xml\"").contains("karvan.toml"));
    assert!(told("format = ").contains("karvan.toml"));
    run(&folder, &["--config=missing.toml"]).expect(2);
}
