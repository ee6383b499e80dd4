//! `karvan schema import`: a release in the manner of the official texts, of a trade that nobody standardised.

use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::Folder;

fn release() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/release-99z").display().to_string()
}

const CARAVAN: &str = "UNB+UNOC:3+SENDER+RECEIVER+261122:0900+1'UNH+1+CAMELS:D:99Z:UN'BGM+C1'CML+ALI:DRO'LOD+40'CML+SARI:ZZZ'UNT+6+1'UNZ+1+1'";

/// The release as the publisher packs it: an archive of one archive a directory.
fn archive() -> Vec<u8> {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut outer = ZipWriter::new(Cursor::new(Vec::new()));
    for directory in ["EDMD", "EDSD", "EDCD", "EDED", "UNCL"] {
        let mut inner = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in std::fs::read_dir(Path::new(&release()).join(directory)).unwrap() {
            let entry = entry.unwrap();
            inner.start_file(entry.file_name().to_str().unwrap(), stored).unwrap();
            inner.write_all(&std::fs::read(entry.path()).unwrap()).unwrap();
        }
        outer.start_file(format!("{directory}.zip"), stored).unwrap();
        outer.write_all(&inner.finish().unwrap().into_inner()).unwrap();
    }
    outer.finish().unwrap().into_inner()
}

#[test]
fn an_imported_release_is_known_to_every_verb() {
    let folder = Folder::new();
    folder.write("caravan.edi", CARAVAN);
    assert!(folder.run(["validate", "caravan.edi"]).expect(1).stdout.contains("E1017"), "nobody knows it yet");
    let run = folder.run(["schema", "import", &release()]).expect(0);
    let counts = "messages 1, segments 3, composites 1, data elements 4, code lists 1, definitions 11";
    assert_eq!(run.stdout, format!("D.99Z imported: {counts}\n"));
    assert!(run.stderr.contains("D.99Z.release"), "{}", run.stderr);

    let found = folder.run(["validate", "--format", "json", "caravan.edi"]).expect(1).findings();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("E3012") && found[0].ends_with("SG1/CML/C001/1001"), "{found:?}");
    let table = folder.run(["schema", "show", "CAMELS@D.99Z"]).expect(0).stdout;
    assert!(table.contains("00050  └ LOD LOAD") && table.contains("00030  ┌ SG1"), "{table}");
    let camel = folder.run(["explain", "CML@D.99Z", "1001=DRO", "CAMELS"]).expect(0).stdout;
    for part in [
        "Definition (D.99Z): To name a camel and to say of which kind it is.",
        "DRO Dromedary: code of 1001",
        "Definition (D.99Z): A camel with one hump.",
        "Definition (D.99Z): This message says which camels of a caravan carry what.",
    ] {
        assert!(camel.contains(part), "{part} in {camel}");
    }
    assert!(folder.run(["schema", "list"]).expect(0).stdout.starts_with("63 releases"));
}

#[test]
fn an_archive_of_archives_gives_the_same_as_the_folder() {
    let folder = Folder::new();
    folder.write("d99z.zip", archive());
    folder.run(["schema", "import", "d99z.zip", "--to", "zip"]).expect(0);
    folder.run(["schema", "import", &release(), "--to", "texts"]).expect(0);
    let kept = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(kept("zip/D.99Z.release"), kept("texts/D.99Z.release"));
}

#[test]
fn what_is_no_release_is_told() {
    let folder = Folder::new();
    folder.write("notes/README.TXT", "no directory");
    folder.write("notes.zip", "no archive");
    folder.write("part/EDED.99Z", "nothing");
    assert!(folder.run(["schema", "import", "notes"]).expect(1).stderr.contains("EDMD"));
    assert!(folder.run(["schema", "import", "part"]).expect(1).stderr.contains("D.99Z is not whole"));
    folder.run(["schema", "import", "notes.zip"]).expect(3);
    folder.run(["schema", "import", "nowhere"]).expect(3);
    folder.run(["schema", "import"]).expect(2);
    // A file that is damaged stands in nobody's way.
    folder.write("schemas/D.25A.release", "damaged");
    assert!(folder.run(["schema", "list"]).expect(0).stderr.contains("D.25A.release"));
}
