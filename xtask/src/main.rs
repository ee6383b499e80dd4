//! Tasks of the workspace: making the packed data, conformance runs, generated docs.
//!
//! One file per task; this one only dispatches. A task owns its arguments (`Arguments`) and a `run` function.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the terminal")]

mod codes;
mod conformance;
mod directory;
mod json_grammar;
mod json_schema;
mod mutate;
mod xml_grammar;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// What a task hands back: done, or the reason it could not be.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the Karvan workspace")]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Pack the UN/EDIFACT directories into schemas/edifact/
    Directory(directory::Arguments),
    /// Pack published code lists into schemas/codes/
    Codes(codes::Arguments),
    /// Run Karvan over published material and keep the results in conformance/
    Conformance(conformance::Arguments),
    /// Damage sound interchanges and look whether each damage is told
    Mutate(mutate::Arguments),
    /// Pack XML Schema documents into schemas/xml/
    XmlGrammar(xml_grammar::Arguments),
    /// Pack published JSON Schemas into schemas/json/
    JsonGrammar(json_grammar::Arguments),
    /// Write the JSON Schemas of Karvan's own JSON into schemas/output/documents/
    JsonSchema(json_schema::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Command::parse().task {
        Task::Directory(arguments) => directory::run(&arguments),
        Task::Codes(arguments) => codes::run(&arguments),
        Task::Conformance(arguments) => conformance::run(&arguments),
        Task::Mutate(arguments) => mutate::run(&arguments),
        Task::XmlGrammar(arguments) => xml_grammar::run(&arguments),
        Task::JsonGrammar(arguments) => json_grammar::run(&arguments),
        Task::JsonSchema(arguments) => json_schema::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The folder of this repository.
pub(crate) fn workspace() -> PathBuf {
    let task = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    task.parent().map(PathBuf::from).unwrap_or(task)
}

/// The folder of reference data: the one given, else `KARVAN_DATA`, else `../shared/data` beside the repository.
pub(crate) fn data(given: Option<&PathBuf>) -> PathBuf {
    given
        .cloned()
        .or_else(|| std::env::var_os("KARVAN_DATA").map(PathBuf::from))
        .unwrap_or_else(|| workspace().join("../shared/data"))
}
