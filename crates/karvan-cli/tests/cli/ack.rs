//! `karvan ack`.

use std::fs;
use std::path::Path;

use crate::arguments;
use crate::documents::{INVOICE, ORDER};
use crate::support::Folder;

const AT: &str = "--at=2026-11-22T09:00:00Z";

/// The answer to the order, which is good.
const ACKNOWLEDGED: &str = "UNB+UNOC:3+8690000000005:14+4012345000009:14+261122:0900+A77'\n\
    UNH+1+CONTRL:D:3:UN'\n\
    UCI+77+4012345000009:14+8690000000005:14+7'\n\
    UNT+3+1'\n\
    UNZ+1+A77'\n";

/// It had been told as text before an interchange.
#[test]
fn what_is_no_interchange_is_told_by_what_it_is() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    let told = folder.run(["ack", "invoice.xml"]).expect(1).stderr;
    assert!(told.starts_with("error[E0001]: this is XML; only interchanges are acknowledged\n"), "{told}");
    assert!(!told.contains("W1907"), "{told}");
}

#[test]
fn a_message_type_that_is_not_there_is_told_with_the_nearest() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    for verb in ["ack", "validate"] {
        let told = |asked: &str| folder.run([verb, "--as", asked, "order.edi"]).expect(2).stderr;
        assert!(told("ORDRES:D:96A").ends_with("did you mean ORDERS?\n"));
        assert!(told("ORDERS:D:96C").contains("did you mean D.96A, D.96B?"));
        assert!(told("ORDERS").contains("as in ubl-2.1, and not ORDERS"));
    }
    assert_eq!(folder.names(), ["order.edi"]);
}

#[test]
fn a_good_interchange_is_acknowledged_from_a_file_or_standard_input() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    let run = folder.run(["ack", AT, "order.edi"]).expect(0);
    assert_eq!(run.stdout, ACKNOWLEDGED);
    assert_eq!(
        run.stderr,
        "A77: interchange 77 from 4012345000009 is acknowledged\n\
         interchange 77 asks for no acknowledgement; it is answered all the same\n"
    );
    let piped = Folder::new().run_with(["ack", AT, "--quiet"], ORDER.as_bytes()).expect(0);
    assert_eq!((piped.stdout.as_str(), piped.stderr.as_str()), (ACKNOWLEDGED, ""));
}

#[test]
fn samples_are_answered_as_their_folder_shows() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    for name in ["invoice-nl-format", "invoice-de-count"] {
        let broken = samples.join(format!("broken/{name}.edi"));
        let run = Folder::new().run(arguments!["ack", AT, broken.to_str().unwrap()]).expect(1);
        let answer = fs::read_to_string(samples.join(format!("answers/{name}.contrl.edi"))).unwrap();
        assert_eq!(run.stdout, answer);
    }
}

#[test]
fn a_faulty_interchange_is_answered_with_status_1_and_its_findings_aside() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11"));
    let run =
        folder.run(["ack", AT, "order.edi", "-o", "answer.edi", "--report", "report.json", "--format=json"]).expect(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("\"code\":\"E1029\""), "{}", run.stderr);
    folder.run(["validate", "answer.edi"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&folder.read("report.json")).unwrap();
    let answer = &report["answers"][0];
    assert_eq!(answer["reference"], "77");
    assert_eq!(answer["answer_reference"], "A77");
    assert_eq!(answer["action"], "7");
    assert_eq!(
        answer["named"],
        serde_json::json!([{
            "header": "UNH", "reference": "1", "message_type": "ORDERS", "action": "4", "error": 29, "segments": 0,
        }])
    );
    assert_eq!(report["findings"][0]["code"], "E1029");
    folder.run(["ack", AT, "order.edi", "--exit-zero"]).expect(0);
    let persian = folder.run(["ack", AT, "order.edi", "--lang=fa", "-o", "again.edi"]).expect(1);
    assert!(persian.stderr.contains("تأیید شد"), "{}", persian.stderr);
}

#[test]
fn what_is_no_interchange_has_no_answer() {
    let folder = Folder::new();
    folder.write("invoice.xml", INVOICE);
    folder.write("message.edi", &ORDER[ORDER.find("UNH").unwrap()..]);
    let run = folder.run(["ack", "message.edi", "-o", "answer.edi"]).expect(1);
    assert!(run.stderr.contains("E0021"), "{}", run.stderr);
    folder.run(["ack", "invoice.xml", "-o", "answer.edi"]).expect(1);
    assert!(!folder.path("answer.edi").exists());
    folder.run(["ack", "missing.edi"]).expect(3);
    folder.run(["ack", "--reference=123456789012345", "invoice.xml"]).expect(2);
    folder.run(["ack", "--as=ORDERS", "invoice.xml"]).expect(2);
}

#[test]
fn a_receipt_says_nothing_of_what_was_received() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("UNT+10", "UNT+11"));
    let run = folder.run(["ack", AT, "--receipt", "order.edi"]).expect(0);
    assert!(run.stdout.contains("UCI+77+4012345000009:14+8690000000005:14+8'\nUNT+3+1'\nUNZ+1+R77'"), "{}", run.stdout);
    let run = folder.run(["ack", AT, "--receipt", "--when=requested", "order.edi"]).expect(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn applications_are_answered_with_aperak_by_the_release_asked_for() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("NAD+BY", "NAD+QQQ"));
    let run = folder.run(["ack", AT, "order.edi", "--type=aperak", "--release=D.01B", "-o", "answer.edi"]).expect(1);
    assert!(run.stderr.contains("1 of 1 messages"), "{}", run.stderr);
    let answer = folder.read("answer.edi");
    assert!(answer.contains("UNH+1+APERAK:D:01B:UN'\nBGM+313+1+9+RE'"), "{answer}");
    folder.run(["validate", "answer.edi"]).expect(0);
    folder.run(["ack", "order.edi", "--type=aperak", "--release=D.93A"]).expect(2);
    folder.run(["ack", "order.edi", "--type=aperak", "--receipt"]).expect(2);
}
