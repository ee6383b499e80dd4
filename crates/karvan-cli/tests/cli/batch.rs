//! `karvan convert --out-dir` and `--out-archive`.

use std::fs;
use std::io::Write;

use serde_json::Value;

use crate::documents::{INVOICE, ORDER, invoice_with_more};
use crate::support::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("in/invoice.xml", INVOICE);
    folder.write("in/deep/more.xml", invoice_with_more());
    folder.write("in/notes.txt", "no document");
    folder
}

/// The names below a folder, hidden ones too.
fn tree(folder: &Folder, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.path(name)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => names.push(entry.path().strip_prefix(folder.path(name)).unwrap().display().to_string()),
            }
        }
    }
    names.sort();
    names
}

#[test]
fn a_folder_is_translated_and_what_fails_does_not_stop_the_others() {
    for jobs in ["1", "3"] {
        let folder = folder();
        let run = folder.run(["convert", "--to=cii", "--out-dir=out", "--jobs", jobs, "in"]).expect(1);
        assert_eq!(tree(&folder, "out"), [".karvan-cii.jsonl", "invoice.xml.xml"]);
        let lines: Vec<_> = run.stdout.lines().filter(|line| line.starts_with("in/")).collect();
        assert!(lines[0].starts_with("in/deep/more.xml: UBL 2.1 Invoice → CII D16B, NOT WRITTEN"), "{lines:?}");
        assert!(
            lines[1].starts_with("in/invoice.xml: UBL 2.1 Invoice → CII D16B, invoice.xml.xml: 0 lost"),
            "{lines:?}"
        );
        assert!(lines[2].starts_with("in/notes.txt: NOT TRANSLATED: "), "{lines:?}");
        assert!(
            run.stdout
                .contains("1 documents written, 1 withheld, 0 translated before, 1 not translated; 1 values lost")
        );
        assert!(run.stdout.contains("error[E0001]"), "{}", run.stdout);
        let alone = folder.run(["convert", "-q", "--to=cii", "in/invoice.xml"]).expect(0).stdout;
        assert_eq!(folder.read("out/invoice.xml.xml"), alone);
    }
}

#[test]
fn the_account_stands_in_a_file_too_where_that_is_asked_for() {
    let folder = folder();
    folder.run(["convert", "--to=cii", "--out-dir=out", "--report=account.json", "in"]).expect(1);
    let account: Value = serde_json::from_str(&folder.read("account.json")).unwrap();
    let files: Vec<_> = account.as_array().unwrap().iter().filter_map(|entry| entry["file"].as_str()).collect();
    assert_eq!(files, ["in/deep/more.xml", "in/invoice.xml", "in/notes.txt"]);
    assert_eq!(account[0]["report"]["lost"].as_array().map(Vec::len), Some(1));
    assert_eq!(account[3]["totals"]["written"], 1);
}

#[test]
fn losses_are_written_where_they_are_allowed() {
    let folder = folder();
    folder.run(["convert", "--to=json", "--out-dir=out", "--allow-loss", "in/deep", "in/invoice.xml"]).expect(0);
    assert_eq!(tree(&folder, "out"), [".karvan-json.jsonl", "invoice.xml.json", "more.xml.json"]);
}

#[test]
fn a_run_is_resumed_with_what_is_missing_or_changed() {
    let folder = folder();
    folder.write("in/order.edi", ORDER);
    let resume = |status| {
        let run =
            folder.run(["convert", "--to=json", "--out-dir=out", "--resume", "--format=json", "--allow-loss", "in"]);
        run.expect(status).json().as_array().unwrap().last().unwrap()["totals"].clone()
    };
    let counts = |totals: &Value| ["written", "skipped", "failed"].map(|name| totals[name].as_u64().unwrap());
    assert_eq!(counts(&resume(1)), [3, 0, 1]);
    assert_eq!(counts(&resume(1)), [0, 3, 1]);
    folder.write("in/order.edi", ORDER.replace("PO-1", "PO-2"));
    fs::remove_file(folder.path("out/invoice.xml.json")).unwrap();
    assert_eq!(counts(&resume(1)), [2, 1, 1]);
    assert!(folder.read("out/order.edi.json").contains("PO-2"));
    // A journal that was cut off in the middle of a line is good up to that line.
    let journal = folder.read("out/.karvan-json.jsonl");
    folder.write("out/.karvan-json.jsonl", &journal[..journal.trim_end().len() - 9]);
    assert_eq!(counts(&resume(1)), [1, 2, 1]);
    assert_eq!(counts(&resume(1)), [0, 3, 1]);
    // Without being asked to, nothing is left out.
    let run = folder.run(["convert", "--to=json", "--out-dir=out", "--format=jsonl", "--allow-loss", "in"]).expect(1);
    assert_eq!(counts(&run.json_lines().last().unwrap()["totals"]), [3, 0, 1]);
}

#[test]
fn every_document_of_an_interchange_gets_a_file() {
    let folder = Folder::new();
    let second = ORDER.replace("PO-1", "PO-2").replace("+77'", "+78'");
    folder.write("two.edi", [ORDER, &second].concat());
    folder.run(["convert", "--to=ubl", "--out-dir=out", "--allow-loss", "two.edi"]).expect(0);
    assert_eq!(tree(&folder, "out"), [".karvan-ubl.jsonl", "two.edi.1.xml", "two.edi.2.xml"]);
    assert!(folder.read("out/two.edi.2.xml").contains("PO-2"));
    let other = ORDER.replace("ORDERS", "SLSRPT").replace("+77'", "+78'");
    folder.write("both.edi", [ORDER, &other].concat());
    let run = folder.run(["convert", "--to=ubl", "--out-dir=out", "--allow-loss", "both.edi"]).expect(1);
    assert!(run.stdout.contains("1 messages in it are no documents that can be translated"), "{}", run.stdout);
}

/// The same files as in a folder, in the order of the inputs, and the same octets however many jobs there are.
#[test]
fn an_archive_holds_what_a_folder_would() {
    let folder = folder();
    let second = ORDER.replace("PO-1", "PO-2").replace("+77'", "+78'");
    folder.write("in/two.edi", [ORDER, &second].concat());
    folder.run(["convert", "--to=ubl", "--out-dir=out", "--allow-loss", "in"]).expect(1);
    for (archive, jobs) in [("one.zip", "1"), ("three.zip", "3")] {
        let to = format!("--out-archive={archive}");
        let run = folder.run(["convert", "--to=ubl", &to, "--allow-loss", "--jobs", jobs, "in"]).expect(1);
        assert!(run.stdout.contains("4 documents written, 0 withheld, 0 translated before, 1 not translated"));
    }
    let octets = |name: &str| fs::read(folder.path(name)).unwrap();
    assert_eq!(octets("one.zip"), octets("three.zip"));
    let mut archive = zip::ZipArchive::new(fs::File::open(folder.path("one.zip")).unwrap()).unwrap();
    let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["deep/more.xml.xml", "invoice.xml.xml", "two.edi.1.xml", "two.edi.2.xml"]);
    for name in names {
        let member = std::io::read_to_string(archive.by_name(&name).unwrap()).unwrap();
        assert_eq!(member, folder.read(&format!("out/{name}")), "{name}");
    }
    // It is read again as any archive is.
    folder.run(["convert", "--to=json", "--out-dir=again", "--allow-loss", "one.zip"]).expect(0);
    assert_eq!(tree(&folder, "again").len(), 5);
}

/// What an archive calls its members leads nowhere but below the folder.
#[test]
fn the_members_of_an_archive_stay_below_the_folder() {
    let folder = Folder::new();
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path("day.zip")).unwrap());
    for name in ["a/invoice.xml", "../../outside.xml"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(INVOICE.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    folder.run(["convert", "--to=cii", "--out-dir=deep/out", "day.zip"]).expect(0);
    assert_eq!(
        tree(&folder, "deep/out"),
        [".karvan-cii.jsonl", "day.zip/a/invoice.xml.xml", "day.zip/outside.xml.xml"]
    );
    assert_eq!(folder.names(), ["day.zip", "deep"]);
}

#[test]
fn the_members_of_a_tar_archive_are_translated_compressed_or_not_and_resumed() {
    let folder = Folder::new();
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in
        [("a/invoice.xml", INVOICE.as_bytes()), ("notes.txt", b"no document"), ("b.xml", INVOICE.as_bytes())]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, content).unwrap();
    }
    // A name that leads out of the folder, which the crate would not write.
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..14].copy_from_slice(b"../outside.xml");
    header.set_size(INVOICE.len() as u64);
    header.set_cksum();
    archive.append(&header, INVOICE.as_bytes()).unwrap();
    let octets = archive.into_inner().unwrap();
    folder.write("day.tar", &octets);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&octets).unwrap();
    folder.write("night.tar.gz", gzip.finish().unwrap());
    folder.run(["convert", "--to=cii", "--out-dir=out", "--jobs=2", "day.tar", "night.tar.gz"]).expect(1);
    let written = ["a/invoice.xml.xml", "b.xml.xml", "outside.xml.xml"];
    let below = |archive: &str| written.map(|name| format!("{archive}/{name}"));
    let all: Vec<_> =
        [".karvan-cii.jsonl".to_owned()].into_iter().chain(below("day.tar")).chain(below("night.tar.gz")).collect();
    assert_eq!(tree(&folder, "out"), all);
    assert_eq!(folder.names(), ["day.tar", "night.tar.gz", "out"]);
    let again = folder.run(["convert", "--to=cii", "--out-dir=out", "--resume", "--format=json", "day.tar"]);
    let totals =
        serde_json::from_str::<Value>(&again.stdout).unwrap().as_array().unwrap().last().unwrap()["totals"].clone();
    assert_eq!((&totals["skipped"], &totals["written"]), (&3.into(), &0.into()));
    folder.run(["convert", "--to=cii", "day.tar!b.xml"]).expect(0);
    folder.run(["convert", "--to=cii", "day.tar"]).expect(3);
}

#[test]
fn two_documents_never_become_one_file() {
    let folder = folder();
    folder.write("other/invoice.xml", INVOICE);
    let run = folder.run(["convert", "--to=cii", "--out-dir=out", "in", "other"]).expect(2);
    assert!(
        run.stderr.contains("in/invoice.xml and other/invoice.xml would both be translated to invoice.xml"),
        "{}",
        run.stderr
    );
    assert!(!folder.path("out").exists());
}

#[test]
fn options_that_do_not_go_together_are_told() {
    let folder = folder();
    folder.run(["convert", "--to=cii", "--resume", "in/invoice.xml"]).expect(2);
    folder.run(["convert", "--to=cii", "--out-dir=out", "--document=1", "in/invoice.xml"]).expect(2);
    folder.run(["convert", "--to=cii", "in/invoice.xml", "in/deep/more.xml"]).expect(2);
    folder.run(["convert", "--to=cii", "--out-dir=out", "--out-archive=out.zip", "in"]).expect(2);
    folder.run(["convert", "--to=cii", "--out-archive=out.zip", "--resume", "in"]).expect(2);
    folder.run(["convert", "--to=cii", "--out-archive=-", "in"]).expect(2);
    folder.run(["convert", "--to=cii", "--out-archive=in", "in"]).expect(3);
    folder.run(["convert", "--to=cii", "--out-dir=in/invoice.xml", "in"]).expect(3);
    folder.run(["convert", "--to=cii", "--out-dir=out", "--max-size=100", "in/invoice.xml"]).expect(4);
}
