//! `karvan completions` and `karvan man`.

use crate::support::Folder;

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
