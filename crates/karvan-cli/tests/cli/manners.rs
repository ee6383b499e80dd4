//! What all verbs keep to: streams, files, languages, colours, help.

use std::io::Read;
use std::process::Stdio;

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::{Folder, NOW, ended, from_iran, signer};

#[test]
fn help_and_version_are_results() {
    let folder = Folder::new();
    let run = folder.run(["--version"]).expect(0);
    assert_eq!(run.stdout, format!("karvan {}\n", env!("CARGO_PKG_VERSION")));
    for verb in [
        &["--help"][..],
        &["validate", "-h"],
        &["convert", "-h"],
        &["sign", "-h"],
        &["verify", "-h"],
        &["trust", "path", "-h"],
    ] {
        let run = folder.run(verb).expect(0);
        assert!(run.stdout.contains("Usage: karvan") && run.stderr.is_empty(), "{run:?}");
    }
    assert!(!folder.run(["validate", "-h"]).stdout.contains("--max-"), "limits are for long help");
    assert!(folder.run(["validate", "--help"]).stdout.contains("--max-segment"));
    assert!(folder.run(["--help"]).stdout.contains("Exit status: 0 good, 1 findings, 2 usage"));
}

#[test]
fn usage_that_is_not_understood_ends_with_2() {
    let folder = Folder::new();
    for arguments in
        [&[][..], &["frobnicate"], &["validate", "--colour"], &["validate", "--lang=de"], &["validate", "--format=xml"]]
    {
        let run = folder.run(arguments).expect(2);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn what_is_done_is_told_to_those_who_ask() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("karvan.toml", "[validate]\nlevel = \"structure\"\n");
    assert_eq!(folder.run(["validate", "order.edi"]).expect(0).stderr, "");
    let told = folder.run(["validate", "-v", "order.edi"]).expect(0).stderr;
    for part in ["settings of ", "karvan.toml\n", " octets read, ", "karvan: ended with status 0 after 0."] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let told = folder.run(["validate", "--verbose", "--lang=fa", "order.edi"]).expect(0).stderr;
    assert!(told.contains("با وضعیت \u{2066}0\u{2069}"), "{told}");
    folder.run(["validate", "-v", "-q", "order.edi"]).expect(2);
}

#[test]
fn usage_is_told_in_the_language_asked_for() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    let told = |arguments: &[&str]| folder.run([arguments, &["--lang=fa"]].concat()).expect(2).stderr;
    assert!(told(&["fmt", "-i", "-o", "out", "order.edi"]).starts_with("karvan: \u{2066}--in-place\u{2069} فایل"));
    assert!(told(&["trust", "path", "order.edi"]).contains("لنگر اعتماد"));
    assert!(told(&["ack", "--as=ORDERS", "order.edi"]).contains("\u{2066}CUSDEC:D:96B\u{2069}"));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::new();
    // More findings than a pipe holds.
    let many: String = (0..4000).map(|n| format!("GIS+{n}'\n")).collect();
    folder.write("order.edi", ORDER.replace("UNS+S'", &format!("{many}UNS+S'")));
    let mut child =
        folder.command(["validate", "order.edi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let run = ended(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!((&first, run.stderr.as_str()), (b"error[E201", ""));
}

#[test]
fn an_output_file_replaces_the_one_before_and_leaves_nothing_beside_it() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("out", "older");
    let run = folder.run(["validate", "-o", "out", "order.edi"]).expect(0);
    assert_eq!(run.stdout, "");
    assert!(folder.read("out").starts_with("VALID order.edi"));
    assert_eq!(folder.names(), ["order.edi", "out"]);
}

#[test]
fn a_document_can_be_replaced_by_its_signed_form() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.run(arguments!["sign", signer("anka"), "-o", "invoice.xml", "invoice.xml"]).expect(0);
    folder.run(arguments!["verify", from_iran(), NOW, "invoice.xml"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_a_failure() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    std::fs::set_permissions(folder.path("order.edi"), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(folder.path("order.edi")).is_ok() {
        return; // Nothing is closed to the superuser.
    }
    for arguments in [&["validate", "order.edi"][..], &["convert", "--to=cii", "order.edi"], &["verify", "order.edi"]] {
        folder.run(arguments).expect(3);
    }
}

/// Nothing may be written where the disk is full, or in its stead.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    for arguments in [&["validate"][..], &["convert", "--to=cii", "-q"]] {
        let run = folder.run([arguments, &["invoice.xml", "-o", "/dev/full"]].concat()).expect(3);
        assert!(run.stderr.starts_with("karvan: output: "), "{}", run.stderr);
    }
}

#[test]
fn an_output_that_cannot_be_a_file_is_a_failure() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    std::fs::create_dir(folder.path("folder")).unwrap();
    for output in ["folder", "nowhere/out", ".."] {
        let run = folder.run(["validate", "-o", output, "order.edi"]).expect(3);
        assert!(run.stderr.starts_with(&format!("karvan: {output}: ")), "{}", run.stderr);
    }
    assert_eq!(folder.names(), ["folder", "order.edi"]);
}

/// `-o /dev/null` put a file in the place of the device.
#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_a_link_is_followed() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.run(["validate", "-o", "/dev/null", "order.edi"]).expect(0);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    folder.write("real/out", "older");
    symlink("real/out", folder.path("out")).unwrap();
    folder.run(["validate", "-o", "out", "order.edi"]).expect(0);
    assert!(std::fs::symlink_metadata(folder.path("out")).unwrap().is_symlink());
    assert!(folder.read("real/out").starts_with("VALID"));
}

/// Everything that is Latin in `text` stands between U+2066 and U+2069.
#[track_caller]
fn assert_isolated(text: &str) {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '\u{2066}' => depth += 1,
            '\u{2069}' => depth -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&depth), "isolates are nested or open: {text}");
        assert!(depth == 1 || !character.is_ascii_alphabetic(), "{:?} stands bare in {text}", &text[at..]);
    }
    assert_eq!(depth, 0, "an isolate is left open: {text}");
}

#[test]
fn persian_keeps_codes_paths_and_source_isolated() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11").replace("PO-1", "PÖ-1"));
    folder.write("invoice.xml", INVOICE);
    folder.run(arguments!["sign", signer("anka"), "-o", "signed.xml", "invoice.xml"]).expect(0);
    let run = folder.run(["validate", "--lang=fa", "order.edi", "invoice.xml"]).expect(1);
    for isolated in [
        "\u{2066}E1029\u{2069}",
        "\u{2066}order.edi:12:5\u{2069}",
        "\u{2066}UNH 1 › UNT/0074\u{2069}",
        "\u{2066}UNT+11+1'\u{2069}",
    ] {
        assert!(run.stdout.contains(isolated), "{isolated} in {}", run.stdout);
    }
    // Isolates do not nest: the summary is put together from sentences.
    let last = "نامعتبر \u{2066}order.edi\u{2069}: \u{2066}1\u{2069} تبادل، \u{2066}1\u{2069} پیام \
        (\u{2066}ORDERS D.96A\u{2069})، \u{2066}2\u{2069} خطا، \u{2066}1\u{2069} هشدار\n";
    assert!(run.stdout.contains(last), "{}", run.stdout);
    let signed = folder.run(arguments!["verify", "--lang=fa", from_iran(), NOW, "signed.xml"]).expect(0);
    signed.stdout.lines().for_each(assert_isolated);
    let converted = folder.run(["convert", "--lang=fa", "--to=cii", "invoice.xml"]).expect(0);
    converted.stderr.lines().for_each(assert_isolated);
}

/// Every sentence in Persian closes the isolates that it opens.
#[test]
fn persian_isolates_are_closed() {
    let folder = Folder::new();
    folder
        .write("order.edi", ORDER.replace("BGM+220", "BGM+ZZ9").replace("UNS+S'", "GIS+1'").replace("QTY+21", "QTY+"));
    folder.write("unknown.edi", ORDER.replace("ORDERS:D:96A", "ORDUHR:D:96A").replace("UNOC:3", "UNOQ:9"));
    folder.write("invoice.xml", INVOICE.replace("<cbc:ID>KV-2026-17</cbc:ID>", "<cbc:UUID/><x/>"));
    folder.write("cut.xml", &INVOICE[..700]);
    folder.write("cut.json", "{\"document\": ");
    folder.write("empty", "");
    folder.write("more.xml", crate::documents::invoice_with_more());
    for arguments in [
        &["validate", "order.edi", "unknown.edi", "invoice.xml", "cut.xml", "cut.json", "empty"][..],
        &["convert", "--to=cii", "more.xml"],
        &["convert", "--to=cii", "cut.xml"],
        &["convert", "--to=edifact", "invoice.xml"],
        &["verify", "invoice.xml"],
        &["verify", "order.edi"],
        &["trust", "path", "order.edi"],
    ] {
        let run = folder.run([&["--lang=fa"], arguments].concat());
        let text = run.stdout + &run.stderr;
        assert!(!text.contains('␦'), "{text}");
        for line in text.lines() {
            let opened = line.matches('\u{2066}').count();
            assert_eq!(opened, line.matches('\u{2069}').count(), "{line}");
        }
    }
}

#[test]
fn the_locale_chooses_the_language() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    let said = |name: &str, value: &str| {
        ended(&folder.command(["validate", "order.edi"]).env(name, value).output().unwrap()).stdout
    };
    assert!(said("LANG", "fa_IR.UTF-8").starts_with("معتبر"));
    assert!(said("LC_ALL", "fa").starts_with("معتبر"));
    assert!(said("LANG", "de_DE.UTF-8").starts_with("VALID"));
}

#[test]
fn colour_is_for_those_who_ask() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11"));
    let coloured =
        |arguments: &[&str]| folder.run([&["validate", "order.edi"], arguments].concat()).stdout.contains('\x1b');
    assert!(!coloured(&[]), "no terminal");
    assert!(coloured(&["--color=always"]));
    assert!(!coloured(&["--color=never"]));
    let run =
        ended(&folder.command(["validate", "--color=always", "order.edi"]).env("NO_COLOR", "1").output().unwrap());
    assert!(run.stdout.contains('\x1b'), "who asks on the command line has it");
}

/// A document could clear the screen of the one who looked at its findings.
#[test]
fn a_document_does_not_steer_the_terminal() {
    let folder = Folder::new();
    let steering = "\x1b[2J\u{9b}2J\u{202e}";
    folder.write(
        "order.edi",
        ORDER
            .replace("UNOC:3", "UNOY:4")
            .replace("ORDERS:D", &format!("{steering}:D"))
            .replace("+PO-1", &format!("+PO{steering}")),
    );
    folder.write("invoice.xml", INVOICE.replace("EUR\">900", &format!("EUR\u{202e}\">x{}900", "\u{9b}")));
    let run = folder.run(["validate", "order.edi", "invoice.xml"]).expect(1);
    for steering in ['\x1b', '\u{9b}', '\u{202e}'] {
        assert!(!run.stdout.contains(steering), "{:?}", run.stdout);
    }
}
