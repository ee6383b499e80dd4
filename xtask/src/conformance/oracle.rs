//! Tools beside which Karvan is measured: run once with an answer, or kept running and asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A tool that answers each line on its standard input with a line on its standard output.
pub(super) struct Oracle {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the tool; an error where it is missing.
    pub(super) fn start(command: &mut Command) -> crate::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let (Some(questions), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(format!("{command:?}: no pipes").into());
        };
        Ok(Self { process, questions: Some(questions), answers: BufReader::new(answers) })
    }

    /// A script of `xtask/oracle`, run by `python3`.
    pub(super) fn python(script: &str) -> crate::Result<Self> {
        Self::start(Command::new("python3").arg(file(script)))
    }

    /// The answer to a question of these parts.
    pub(super) fn ask(&mut self, parts: &[&str]) -> crate::Result<String> {
        let questions = self.questions.as_mut().ok_or("it was closed")?;
        writeln!(questions, "{}", parts.join("\t"))?;
        questions.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(format!("no answer to {}", parts.join(" ")).into());
        }
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.process.wait();
    }
}

/// A file of `xtask/oracle`.
pub(super) fn file(name: &str) -> PathBuf {
    crate::workspace().join("xtask/oracle").join(name)
}

/// What a command writes to its standard output; an error if it fails or is missing.
pub(super) fn output(command: &mut Command) -> crate::Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// A path as a part of a question.
pub(super) fn text(path: &Path) -> crate::Result<&str> {
    path.to_str().ok_or_else(|| format!("{} is no text", path.display()).into())
}

/// The verdict on a signature from what was said of it whole and broken.
pub(super) fn verdict(whole: bool, broken: bool) -> &'static str {
    match (whole, broken) {
        (true, false) => "good",
        (false, _) => "refused",
        (true, true) => "blind",
    }
}
