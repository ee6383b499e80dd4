//! Running the program in a folder of its own, and looking at what it left there.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::published;

/// A moment at which the sample signers, but for the expired ones, are valid.
pub(crate) const NOW: &str = "--at=2026-06-01T00:00:00Z";

/// How the program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output, which is one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output, of which every line is a JSON document.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// `code line:column path` of every finding on standard output, which is an array of JSON.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<String> {
        let objects = self.json();
        let findings = objects.as_array().expect("an array").iter().filter(|object| object["code"].is_string());
        findings.map(place).collect()
    }

    /// Expects this exit status and that nothing went wrong inside the program.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// `code line:column path` of a finding in JSON.
pub(crate) fn place(finding: &Value) -> String {
    let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}:{} {}", text("code"), finding["line"], finding["column"], text("path")).trim_end().to_owned()
}

/// A folder of its own, in which the program runs.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with the folders that it stands in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in the folder, in order, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program, ready to be run with these arguments.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_karvan"));
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        // What the person who runs the tests has imported is none of their business.
        command.env("KARVAN_SCHEMAS", self.path("schemas"));
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR"] {
            command.env_remove(name);
        }
        // What the user has configured is no part of a test.
        for name in ["XDG_CONFIG_HOME", "APPDATA"] {
            command.env(name, self.path("no-settings"));
        }
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut command = self.command(arguments);
        let run = ended(&command.output().unwrap());
        published::hold(&command, &run);
        run
    }

    /// Runs the program with `input` on its standard input.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>, input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            // A program that tells findings while it reads waits until they are taken; one that does not read all of its
            // input closes the pipe.
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
            child.wait_with_output().unwrap()
        });
        let run = ended(&output);
        published::hold(&command, &run);
        run
    }
}

pub(crate) fn ended(output: &Output) -> Run {
    Run {
        status: output.status.code().expect("ended by itself, not by a signal"),
        stdout: String::from_utf8(output.stdout.clone()).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr.clone()).expect("UTF-8"),
    }
}

/// A file of the samples.
pub(crate) fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name).canonicalize();
    path.expect("the sample is there").into_os_string().into_string().unwrap()
}

/// `--trust`, `--cert` and `--crl` of one who trusts the Iranian root, knows its cross-certificates and has all lists.
pub(crate) fn from_iran() -> [String; 3] {
    let [trust, cert] = from_iran_without_lists();
    [trust, cert, format!("--crl={}", sample("pki/crl"))]
}

/// The same without the lists.
pub(crate) fn from_iran_without_lists() -> [String; 2] {
    [format!("--trust={}", sample("pki/trust-iran")), format!("--cert={}", sample("pki/cross"))]
}

/// `--key` and `--cert` of a sample signer.
pub(crate) fn signer(name: &str) -> [String; 2] {
    [
        format!("--key={}", sample(&format!("pki/signers/{name}.key.pem"))),
        format!("--cert={}", sample(&format!("pki/signers/{name}.pem"))),
    ]
}

/// The arguments of one command line, put together.
#[macro_export]
macro_rules! arguments {
    ($($part:expr),* $(,)?) => {{
        let mut all: Vec<String> = Vec::new();
        $( $crate::support::Part::add($part, &mut all); )*
        all
    }};
}

/// One argument or several.
pub(crate) trait Part {
    fn add(self, all: &mut Vec<String>);
}

impl Part for &str {
    fn add(self, all: &mut Vec<String>) {
        all.push(self.to_owned());
    }
}

impl Part for String {
    fn add(self, all: &mut Vec<String>) {
        all.push(self);
    }
}

impl Part for Vec<String> {
    fn add(self, all: &mut Vec<String>) {
        all.extend(self);
    }
}

impl<const N: usize> Part for [String; N] {
    fn add(self, all: &mut Vec<String>) {
        all.extend(self);
    }
}
