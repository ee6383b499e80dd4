//! Several files at a time.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, ended};

#[test]
fn the_output_is_the_same_however_many_jobs() {
    let folder = Folder::new();
    for number in 0..60 {
        let content = match number % 4 {
            0 => ORDER.to_owned(),
            1 => ORDER.replace("UNT+10", "UNT+11"),
            // Long ones first: who comes later is ready earlier.
            2 => ORDER.replace("UNS+S'", &format!("{}UNS+S'", "GIS+1'\n".repeat(5 * (60 - number)))),
            _ => INVOICE.replace("2026-05-04", "4 May 2026"),
        };
        folder.write(&format!("in/{number:02}"), content);
    }
    for format in ["human", "json", "jsonl", "sarif", "junit", "github"] {
        let run = |jobs: &str| folder.run(["validate", "--format", format, "--jobs", jobs, "in"]).expect(1).stdout;
        let one = run("1");
        assert!(one.len() > 10_000, "{format}");
        for jobs in ["2", "5"] {
            assert_eq!(run(jobs), one, "{format} with {jobs} jobs");
        }
    }
}

#[test]
fn at_least_one_job_is_needed() {
    Folder::new().run_with(["validate", "--jobs=0"], ORDER.as_bytes()).expect(2);
}

#[test]
fn totals_tell_how_many_were_good_and_what_was_found() {
    let folder = Folder::new();
    folder.write("a.edi", ORDER);
    folder.write("b.edi", ORDER.replace("UNT+10", "UNT+11").replace("UNZ+1+", "UNZ+2+").replace("+77'", "+78'"));
    folder.write("c.json", format!("{{}}{}", " ".repeat(10_000)));
    let arguments = ["validate", "--max-size=9000", "a.edi", "b.edi", "c.json", "missing.edi"];
    let run = folder.run(arguments).expect(3);
    let last = "4 documents: 1 valid, 1 invalid, 1 not finished, 1 not read\n        2 × E1029\n        1 × E9002\n";
    assert!(run.stdout.ends_with(last), "{}", run.stdout);
    let quiet = folder.run([&arguments[..], &["--quiet"]].concat()).expect(3);
    assert!(!quiet.stdout.contains("4 documents"), "{}", quiet.stdout);
    assert!(quiet.stdout.contains("INVALID b.edi") && !quiet.stdout.contains("VALID a.edi"), "{}", quiet.stdout);
}

/// Findings were kept until the file was read to its end.
#[test]
fn the_first_finding_is_told_before_the_end_is_read() {
    let folder = Folder::new();
    let mut child = folder
        .command(["validate", "--jobs=2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (send, first) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        send.send(line).unwrap();
        std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    });
    let head = ORDER.find("UNH+").unwrap();
    let (head, message) = ORDER.split_at(head);
    let (message, trailer) = message.split_at(message.find("UNZ+").unwrap());
    // More than a reader takes at once.
    let rest = (2..500).map(|number| {
        message.replace("UNH+1+", &format!("UNH+{number}+")).replace("UNT+10+1", &format!("UNT+10+{number}"))
    });
    let begun = format!("{head}{}{}", message.replace("UNT+10", "UNT+11"), rest.collect::<String>());
    stdin.write_all(begun.as_bytes()).unwrap();
    stdin.flush().unwrap();
    let line = first.recv_timeout(Duration::from_secs(20)).expect("told while the rest is awaited");
    assert!(line.starts_with("error[E1029"), "{line}");
    stdin.write_all(trailer.as_bytes()).unwrap();
    drop(stdin);
    reading.join().unwrap();
    ended(&child.wait_with_output().unwrap()).expect(1);
}
