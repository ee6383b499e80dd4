//! How quickly the program checks many files at all levels, with one job and with two: small ones, and a few large ones.
//!
//! After `--`, `--files N` sets how many small ones there are, `--megabytes N` how large the large ones are.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use benches::{argument, interchange, program, size};

fn main() -> Result<(), Box<dyn Error>> {
    let count = argument("--files").map_or(Ok(20_000), |text| text.parse::<u32>())?;
    let program = program()?;
    // One invoice: the header alone is shorter than this.
    measure(&program, count, 100)?;
    measure(&program, 4, size(50))
}

/// Checks so many files of about `size` octets with one job and with two, and prints how quickly.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
fn measure(program: &Path, count: u32, size: usize) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = String::from_utf8(interchange(size, ""))?;
    for number in 0..count {
        // Each has a reference of its own, which stands at the end of UNB and of UNZ.
        fs::write(folder.path().join(format!("{number:06}.edi")), file.replace("+B1'", &format!("+{number:06}'")))?;
    }
    // By turns, so that what else the machine does falls on both alike.
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        for (jobs, best) in ["1", "2"].into_iter().zip(&mut best) {
            *best = validate(program, folder.path(), jobs)?.min(*best);
        }
    }
    println!("karvan validate (all levels), {count} files of {} octets", file.len());
    println!("{:8} {:>10} {:>10} {:>10}", "", "files/s", "MB/s", "x one job");
    for (jobs, elapsed) in ["1 job", "2 jobs"].into_iter().zip(best) {
        let files = f64::from(count) / elapsed.as_secs_f64();
        let megabytes = files * file.len() as f64 / 1e6;
        let ratio = best[0].as_secs_f64() / elapsed.as_secs_f64();
        println!("{jobs:8} {files:10.0} {megabytes:10.0} {ratio:10.2}");
    }
    println!();
    Ok(())
}

fn validate(program: &Path, folder: &Path, jobs: &str) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let status = Command::new(program).args(["validate", "--jobs", jobs]).arg(folder).stdout(Stdio::null()).status()?;
    match status.success() {
        true => Ok(start.elapsed()),
        false => Err(format!("the files are sound: {status}").into()),
    }
}
