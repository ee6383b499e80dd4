//! Input that is compressed or an archive: told by its content, read within limits, the same for every verb.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, Run};

fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(content: impl AsRef<[u8]>) -> Vec<u8> {
    compress_to_vec(content.as_ref(), CompressionLevel::Fastest)
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, content)) in members.iter().enumerate() {
        let method = if number % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn day() -> Vec<u8> {
    let bad = ORDER.replace("UNT+10", "UNT+11");
    archive(&[("in/good.edi", ORDER.as_bytes()), ("in/bad.edi", bad.as_bytes()), ("invoice.xml", INVOICE.as_bytes())])
}

/// Checks `content` from standard input.
fn validate(content: &[u8]) -> Run {
    Folder::new().run_with(["validate", "--format=json"], content)
}

#[test]
fn compressed_documents_are_read_as_what_they_hold() {
    let bad = ORDER.replace("UNT+10", "UNT+11");
    for compressed in [gzip(&bad), zstandard(&bad)] {
        assert_eq!(validate(&compressed).expect(1).findings(), ["E1029 12:5 UNT/0074"]);
        let folder = Folder::new();
        // A name says nothing.
        folder.write("order.txt", &compressed);
        let run = folder.run(["validate", "order.txt"]).expect(1);
        assert!(run.stdout.contains("order.txt:12:5"), "{}", run.stdout);
    }
}

#[test]
fn parts_that_are_compressed_one_by_one_are_one_document() {
    let (one, two) = ORDER.split_at(100);
    validate(&[gzip(one), gzip(two)].concat()).expect(0);
    let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"any"].concat();
    validate(&[skipped.clone(), zstandard(one), skipped, zstandard(two)].concat()).expect(0);
}

#[test]
fn each_member_of_an_archive_is_a_document() {
    let folder = Folder::new();
    folder.write("day.zip", day());
    let run = folder.run(["validate", "day.zip"]).expect(1);
    let told: Vec<_> = run.stdout.lines().filter(|line| line.contains("VALID ")).collect();
    let names: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(names, ["VALID day.zip!in/good.edi", "INVALID day.zip!in/bad.edi", "VALID day.zip!invoice.xml"]);
    // From a pipe, which has no end to begin with.
    let piped = folder.run_with(["validate"], &day()).expect(1);
    assert_eq!(piped.stdout.replace("-!", "day.zip!"), run.stdout);
}

#[test]
fn a_verb_of_one_document_takes_a_member_by_its_name() {
    let folder = Folder::new();
    folder.write("day.zip", day());
    let run = folder.run(["convert", "--to=json", "-q", "day.zip!invoice.xml"]).expect(0);
    assert!(run.stdout.contains("KV-2026-17"), "{}", run.stdout);
    let several = folder.run(["convert", "--to=json", "day.zip"]).expect(3);
    assert!(several.stderr.contains("name the one that is meant, as in day.zip!in/good.edi"), "{}", several.stderr);
    folder.run(["convert", "--to=json", "day.zip!none.xml"]).expect(3);
    folder.write("one.zip", archive(&[("invoice.xml", INVOICE.as_bytes())]));
    folder.run(["convert", "--to=json", "one.zip"]).expect(0);
    folder.write("invoice.xml.gz", gzip(INVOICE));
    folder.run(["convert", "--to=json", "invoice.xml.gz"]).expect(0);
}

#[test]
fn what_is_nested_is_refused() {
    let zipped = archive(&[("a.edi.gz", &gzip(ORDER)), ("b.edi", ORDER.as_bytes())]);
    let run = validate(&zipped).expect(4);
    assert_eq!(run.findings(), ["E9301 1:1"]);
    let verdicts: Vec<_> = run.json().as_array().unwrap().iter().map(|object| object["verdict"].clone()).collect();
    assert!(verdicts.contains(&"valid".into()), "the other member is looked at: {verdicts:?}");
    for nested in [gzip(gzip(ORDER)), gzip(day()), zstandard(gzip(ORDER)), gzip(zstandard(ORDER))] {
        assert_eq!(validate(&nested).expect(4).findings(), ["E9301 1:1"]);
    }
}

#[test]
fn bombs_are_refused() {
    let blank = " ".repeat(8 << 20);
    let order = ORDER.replace("UNS+S'", &format!("{blank}UNS+S'"));
    for bomb in [gzip(&order), zstandard(&order), archive(&[("a.edi", order.as_bytes())])] {
        let codes = |limits: [&str; 2]| {
            let arguments = [&["validate", "--format=json"], &limits[..]].concat();
            let run = Folder::new().run_with(arguments, &bomb).expect(4);
            run.findings().last().unwrap().split(' ').next().unwrap().to_owned()
        };
        assert_eq!(codes(["--max-expanded=2000000", "--max-ratio=1000000"]), "E9303");
        assert_eq!(codes(["--max-expanded=100000000", "--max-ratio=10"]), "E9302");
    }
    let run = Folder::new().run_with(["convert", "--to=cii", "--max-ratio=10"], &gzip(&order)).expect(4);
    assert!(run.stderr.contains("E9302"), "{}", run.stderr);
}

/// What all members of an archive expand to counts together: they may share the same octets.
#[test]
fn many_members_count_together() {
    let content = ORDER.replace("UNS+S'", &format!("{}UNS+S'", " ".repeat(300_000)));
    let names: Vec<_> = (0..10).map(|number| format!("{number}.edi")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), content.as_bytes())).collect();
    let arguments = ["validate", "--format=json", "--max-expanded=1000000"];
    let run = Folder::new().run_with(arguments, &archive(&members)).expect(4);
    assert!(run.findings().iter().any(|finding| finding.starts_with("E9303")), "{run:?}");
}

#[test]
fn what_is_damaged_is_not_finished() {
    let (gzipped, zstd) = (gzip(ORDER), zstandard(ORDER));
    for whole in [&gzipped, &zstd] {
        for cut in [5, 20, whole.len() / 2, whole.len() - 1] {
            let run = validate(&whole[..cut]).expect(4);
            assert!(run.findings().last().unwrap().starts_with("E9304"), "cut at {cut}: {run:?}");
        }
    }
    // One bit of the content, which only the checksum tells.
    let stored = archive(&[("x.edi", b""), ("a.edi", ORDER.as_bytes())]);
    let at = stored.windows(4).position(|window| window == b"PO-1").unwrap();
    let mut changed = stored.clone();
    changed[at] ^= 1;
    let run = validate(&changed).expect(4);
    assert!(run.findings().iter().any(|finding| finding.starts_with("E9304")), "{run:?}");
    // The directory is at the end.
    assert_eq!(validate(&stored[..stored.len() - 30]).expect(4).findings(), ["E9304 1:1"]);
}

#[test]
fn an_archive_of_nothing_is_not_valid() {
    let run = validate(&archive(&[])).expect(3);
    assert_eq!(run.stderr, "karvan: -: no file in -\n");
}

#[test]
fn other_content_is_left_as_it_is() {
    validate(b"PK").expect(1);
    validate(b"").expect(1);
    validate(&[0x1F, 0x8B]).expect(1);
}

/// `fmt --in-place` would have put the plain document in the place of the compressed one.
#[test]
fn what_is_packed_is_not_formatted_in_place() {
    let folder = Folder::new();
    let packed = gzip(ORDER.replace('\n', ""));
    folder.write("order.edi.gz", &packed);
    assert_ne!(folder.run(["fmt", "--in-place", "order.edi.gz"]).status, 0);
    assert_eq!(std::fs::read(folder.path("order.edi.gz")).unwrap(), packed);
    assert_eq!(folder.run(["fmt", "order.edi.gz"]).expect(0).stdout, ORDER);
}
