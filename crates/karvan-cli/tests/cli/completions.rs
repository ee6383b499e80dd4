//! `karvan completions` and `karvan man`.

use std::io::Read;
use std::process::Stdio;

use crate::support::{Folder, ended};

/// The generator of completions panicked.
#[test]
fn a_closed_pipe_ends_completions_without_a_word() {
    let folder = Folder::new();
    let mut child =
        folder.command(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let run = ended(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn each_shell_has_completions() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = folder.run(["completions", shell]).expect(0);
        assert!(run.stdout.contains("validate") && run.stdout.contains("max-findings"), "{shell}");
    }
    folder.run(["completions", "cmd"]).expect(2);
}

#[test]
fn each_verb_has_a_page() {
    let folder = Folder::new();
    folder.run(["man", "man1"]).expect(0);
    for page in ["karvan.1", "karvan-validate.1", "karvan-trust-path.1"] {
        assert!(folder.read(&format!("man1/{page}")).contains(".SH"), "{page}");
    }
    folder.write("file", "");
    folder.run(["man", "file"]).expect(3);
}
