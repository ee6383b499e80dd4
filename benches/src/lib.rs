//! What the benchmarks share: the file they read, the clock, the table they print.
//!
//! `cargo bench -p benches` runs them all; each measures Karvan beside the machine's own measure and a peer, in one run, one
//! thread, the file in memory, the best of several runs. After `--`, `--megabytes N` sets the size of the file.

pub mod edifact;
pub mod staedi;
pub mod ubl;

/// That of the command line; peers in the same process have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The value of the argument `name`, if it was given.
#[must_use]
pub fn argument(name: &str) -> Option<String> {
    let mut arguments = env::args().skip_while(|argument| argument != name);
    arguments.next()?;
    arguments.next()
}

/// The size of the file to make, in octets.
#[must_use]
pub fn size(megabytes: usize) -> usize {
    argument("--megabytes").and_then(|text| text.parse().ok()).unwrap_or(megabytes) * 1_000_000
}

/// Prints a table of speeds over a file of `octets` octets; the last measure is the peer that the others are held against.
#[allow(clippy::print_stdout)] // A benchmark's table is its output.
pub fn print(title: &str, octets: usize, measures: &[(&str, Duration)]) {
    println!("{title}: {octets} octets");
    let Some((_, peer)) = measures.last() else { return };
    println!("{:44} {:>8} {:>10}", "", "MB/s", "x peer");
    for (name, duration) in measures {
        let speed = octets as f64 / 1e6 / duration.as_secs_f64();
        println!("{name:44} {speed:8.0} {:10.1}", peer.as_secs_f64() / duration.as_secs_f64());
    }
    println!();
}

/// The shortest of `runs` runs.
#[must_use]
pub fn best<T>(runs: usize, work: impl Fn() -> T) -> Duration {
    (0..runs).map(|_| time(1, &work)).min().unwrap_or_default()
}

/// How long work of microseconds takes that is done again and again, as a batch does it: the shortest of `runs` runs, each of
/// as many repetitions as take some fifty milliseconds.
#[must_use]
pub fn steady<T>(runs: usize, work: impl Fn() -> T) -> Duration {
    let once = time(1, &work).max(Duration::from_nanos(1));
    let repetitions = u32::try_from(Duration::from_millis(50).as_nanos() / once.as_nanos()).unwrap_or(u32::MAX).max(1);
    (0..runs).map(|_| time(repetitions, &work)).min().unwrap_or_default() / repetitions
}

fn time<T>(repetitions: u32, work: &impl Fn() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..repetitions {
        black_box(work());
    }
    start.elapsed()
}

/// The program as it is released, made now.
///
/// # Errors
/// It cannot be made or found.
pub fn program() -> Result<PathBuf, Box<dyn Error>> {
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

/// An interchange of about `size` octets: invoices and despatch advices with ten lines each, sound in every respect.
/// `line_end` follows each segment.
#[must_use]
pub fn interchange(size: usize, line_end: &'static str) -> Vec<u8> {
    let mut file = Vec::with_capacity(size + 8192);
    // Reading from memory that is made on the way cannot fail.
    let _ = Stream::new(size, line_end).read_to_end(&mut file);
    file
}

/// The same with invoices alone.
#[must_use]
pub fn invoices(size: usize) -> Vec<u8> {
    let mut file = Vec::with_capacity(size + 8192);
    let _ = Stream { bodies: [invoice; 2], ..Stream::new(size, "") }.read_to_end(&mut file);
    file
}

/// The same interchange, made while it is read.
#[derive(Debug)]
pub struct Stream {
    size: usize,
    /// What makes the segments of the messages, by turns.
    bodies: [fn(usize) -> Vec<String>; 2],
    line_end: &'static str,
    given: usize,
    messages: usize,
    ended: bool,
    part: Vec<u8>,
    at: usize,
}

impl Stream {
    /// A stream of about `size` octets.
    #[must_use]
    pub fn new(size: usize, line_end: &'static str) -> Self {
        let bodies = [despatch_advice, invoice];
        let mut stream = Self { size, bodies, line_end, given: 0, messages: 0, ended: false, part: Vec::new(), at: 0 };
        stream.put("UNB+UNOC:3+4012345000009:14+4098765000008:14+261122:0900+B1");
        stream
    }

    fn put(&mut self, segment: &str) {
        self.part.extend_from_slice(segment.as_bytes());
        self.part.push(b'\'');
        self.part.extend_from_slice(self.line_end.as_bytes());
    }

    fn next_part(&mut self) {
        self.part.clear();
        self.at = 0;
        if self.given < self.size {
            self.messages += 1;
            let number = self.messages;
            let body = self.bodies[number % 2](number);
            for segment in &body {
                self.put(segment);
            }
            self.put(&format!("UNT+{}+{number}", body.len() + 1));
        } else if !self.ended {
            self.ended = true;
            self.put(&format!("UNZ+{}+B1", self.messages));
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.part.len() {
            self.next_part();
        }
        let given = buffer.len().min(self.part.len() - self.at);
        buffer[..given].copy_from_slice(&self.part[self.at..self.at + given]);
        self.at += given;
        self.given += given;
        Ok(given)
    }
}

fn invoice(number: usize) -> Vec<String> {
    let mut body: Vec<String> = [
        &format!("UNH+{number}+INVOIC:D:96A:UN:EAN008"),
        &format!("BGM+380+RE{number:08}+9"),
        "DTM+137:20261122:102",
        "DTM+35:20261120:102",
        "FTX+AAI+++Zahlbar innerhalb von 14 Tagen mit 2 % Skonto?, sonst 30 Tage netto",
        &format!("RFF+ON:PO{number:07}"),
        "RFF+DQ:LS55120",
        "NAD+BY+4098765000008::9++NORDLICHT HANDEL GMBH+AM HAFEN 12+HAMBURG++20457+DE",
        "RFF+VA:DE123456789",
        "NAD+SU+4012345000009::9++SPEICHERSTADT ROESTEREI AG+KAFFEEGASSE 3+BREMEN++28195+DE",
        "RFF+VA:DE987654321",
        "CUX+2:EUR:4",
        "PAT+1++5:3:D:30",
    ]
    .map(str::to_owned)
    .into();
    for line in 1..=10 {
        body.extend(
            [
                &format!("LIN+{line}++40123450{line:05}:EN"),
                &format!("PIA+1+ART-{line:05}:SA::91"),
                "IMD+F++:::Kaffee, ganze Bohne, 1 kg Beutel:geroestet",
                "QTY+47:12.5:KGM",
                "MOA+203:187.50",
                "PRI+AAA:15.00:::1:KGM",
                "TAX+7+VAT+++:::7+S",
            ]
            .map(str::to_owned),
        );
    }
    body.extend(["UNS+S", "MOA+77:2006.25", "MOA+79:1875", "TAX+7+VAT+++:::7+S", "MOA+124:131.25"].map(str::to_owned));
    body
}

fn despatch_advice(number: usize) -> Vec<String> {
    let mut body: Vec<String> = [
        &format!("UNH+{number}+DESADV:D:96A:UN:EAN005"),
        &format!("BGM+351+LS{number:08}+9"),
        "DTM+137:202611220900:203",
        "DTM+17:20261124:102",
        &format!("RFF+ON:PO{number:07}"),
        "NAD+BY+4098765000008::9",
        "NAD+SU+4012345000009::9",
        "NAD+DP+4098765000015::9++NORDLICHT LAGER O?'HARA+KAI 7+HAMBURG++20457+DE",
        "TDT+20++30+31",
        "CPS+1",
        "PAC+2++201::9",
    ]
    .map(str::to_owned)
    .into();
    for line in 1..=10 {
        body.extend(
            [
                &format!("CPS+{}+1", line + 1),
                "PAC+1++CT",
                "MEA+PD+AAB+KGM:12.7",
                "PCI+17",
                &format!("GIN+BJ+3401234500000{line:05}"),
                &format!("LIN+{line}++40123450{line:05}:EN"),
                "QTY+12:10:PCE",
            ]
            .map(str::to_owned),
        );
    }
    body
}
