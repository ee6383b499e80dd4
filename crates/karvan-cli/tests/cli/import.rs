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

/// Schema documents of a grammar that nobody standardised: an order of camels, with what it includes in another folder.
fn schemas() -> [(&'static str, String); 2] {
    let schema = |inside: &str| {
        format!(
            r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:camels" targetNamespace="urn:camels"
                elementFormDefault="qualified">{inside}</xs:schema>"#
        )
    };
    let order = r#"<xs:include schemaLocation="../common/types.xsd"/>
        <xs:element name="Order"><xs:complexType><xs:sequence>
            <xs:element name="Version" type="xs:string" minOccurs="0"/>
            <xs:element name="Camel" type="CamelType" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType></xs:element>"#;
    let types = r#"<xs:simpleType name="CamelType"><xs:restriction base="xs:token">
            <xs:enumeration value="ALI"/><xs:enumeration value="SARI"/></xs:restriction></xs:simpleType>"#;
    [("main/Order.xsd", schema(order)), ("common/types.xsd", schema(types))]
}

const CAMELS: &str = "<Order xmlns='urn:camels'><Version>1.0</Version><Camel>ALI</Camel><Camel>BIBI</Camel></Order>";

#[test]
fn an_imported_grammar_is_known_to_every_verb() {
    let folder = Folder::new();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in schemas() {
        archive.start_file(format!("release/{path}"), SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    folder.write("Camels 1.0.zip", archive.finish().unwrap().into_inner());
    folder.write("order.xml", CAMELS);
    assert!(folder.run(["validate", "order.xml"]).expect(1).stdout.contains("E5150"), "nobody knows it yet");

    let run = folder.run(["schema", "import", "Camels 1.0.zip"]).expect(0);
    assert!(run.stdout.starts_with("XML grammar camels-1.0 imported from 1 schema documents"), "{}", run.stdout);
    assert!(run.stderr.contains("camels-1.0.grammar"), "{}", run.stderr);
    let found = folder.run(["validate", "--format", "json", "order.xml"]).expect(1).findings();
    assert_eq!(found, ["E5112 1:74 /Order/Camel[2]"]);
    assert!(folder.run(["schema", "list", "--grammars"]).expect(0).stdout.contains("camels-1.0"));
    let shown = folder.run(["schema", "show", "Order@camels-1.0"]).expect(0).stdout;
    assert!(shown.contains("  Camel    1..n   CamelType\n"), "{shown}");
    let shown = folder.run(["schema", "show", "CamelType"]).expect(0).stdout;
    assert!(shown.contains("= token, ALI | SARI"), "{shown}");
}

#[test]
fn a_sign_and_a_name_say_which_documents_follow_a_grammar() {
    let folder = Folder::new();
    for (path, text) in schemas() {
        folder.write(&format!("one/{path}"), text.clone());
        folder.write(&format!("two/{path}"), text.replace("SARI", "BIBI"));
    }
    folder.write("order.xml", CAMELS);
    let both = folder.run(["schema", "import", "one", "two"]).expect(1).stderr;
    assert!(both.contains("one/main/Order.xsd") && both.contains("two/main/Order.xsd"), "{both}");
    folder.run(["schema", "import", "one"]).expect(0);
    folder.run(["schema", "import", "two", "--sign", "Version=1"]).expect(0);
    folder.run(["validate", "order.xml"]).expect(0);
    folder.run(["validate", "--as", "one", "order.xml"]).expect(1);
    folder.write("order.xml", CAMELS.replace("1.0", "2.0"));
    folder.run(["validate", "order.xml"]).expect(1);
    folder.run(["schema", "import", "two", "--sign", "Version"]).expect(2);
    assert!(folder.run(["schema", "import", "two", "--name", "../x"]).expect(1).stderr.contains("../x"));
}
