//! How many small files the program checks in a second, with one job and with two.
//!
//! After `--`, `--files N` sets how many there are.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use benches::{argument, interchange};

#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn main() -> Result<(), Box<dyn Error>> {
    let count = argument("--files").map_or(Ok(20_000), |text| text.parse::<u32>())?;
    let program = program()?;
    let folder = tempfile::tempdir()?;
    // One invoice: the header alone is shorter than this.
    let file = String::from_utf8(interchange(100, ""))?;
    for number in 0..count {
        // Each has a reference of its own, which stands at the end of UNB and of UNZ.
        fs::write(folder.path().join(format!("{number:06}.edi")), file.replace("+B1'", &format!("+{number:06}'")))?;
    }
    // By turns, so that what else the machine does falls on both alike.
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        for (jobs, best) in ["1", "2"].into_iter().zip(&mut best) {
            *best = validate(&program, folder.path(), jobs)?.min(*best);
        }
    }
    println!("karvan validate (all levels), {count} files of {} octets", file.len());
    println!("{:8} {:>10} {:>10}", "", "files/s", "x one job");
    for (jobs, elapsed) in ["1 job", "2 jobs"].into_iter().zip(best) {
        let ratio = best[0].as_secs_f64() / elapsed.as_secs_f64();
        println!("{jobs:8} {:10.0} {ratio:10.2}", f64::from(count) / elapsed.as_secs_f64());
    }
    Ok(())
}

/// The program as it is released, made now.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let made =
        Command::new(env!("CARGO")).args(["build", "--release", "--quiet", "--package", "karvan-cli"]).status()?;
    if !made.success() {
        return Err("the program cannot be made".into());
    }
    // This one stands in target/release/deps.
    let here = env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).ok_or("no folder above this program")?;
    Ok(folder.join("karvan").with_extension(env::consts::EXE_EXTENSION))
}

fn validate(program: &Path, folder: &Path, jobs: &str) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let status = Command::new(program).args(["validate", "--jobs", jobs]).arg(folder).stdout(Stdio::null()).status()?;
    match status.success() {
        true => Ok(start.elapsed()),
        false => Err(format!("the files are sound: {status}").into()),
    }
}
