//! `karvan completions` and `karvan man`: the command line told to shells and to `man`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::session::Session;
use crate::status::Status;

/// `karvan completions`.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// `karvan man`.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder, which is made where it is not there.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// Writes the completions of a shell to the output.
pub(crate) fn completions(asked: &Completions, mut session: Session) -> io::Result<Status> {
    // The generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Arguments::command(), "karvan", &mut script);
    session.output.write_all(&script)?;
    session.output.finish()?;
    Ok(Status::Good)
}

/// Writes a page for each verb into a folder.
pub(crate) fn man(asked: &Man) -> io::Result<Status> {
    std::fs::create_dir_all(&asked.folder)?;
    clap_mangen::generate_to(Arguments::command(), &asked.folder)?;
    Ok(Status::Good)
}
