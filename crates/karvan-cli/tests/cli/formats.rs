//! `--format`: how findings are written for other programs.

use serde_json::{Value, json};

use crate::documents::ORDER;
use crate::support::Folder;

/// A folder with a sound order, one with an error in its trailer, and a file that is larger than is read.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write("bad, & worse.edi", ORDER.replace("UNT+10", "UNT+11").replace("+77'", "+78'"));
    folder.write("large.json", format!("{{}}{}", " ".repeat(10_000)));
    folder
}

#[test]
fn sarif_has_results_rules_and_fixes() {
    let folder = folder();
    let run = folder.run(["validate", "--format=sarif", "--lang=fa", "good.edi", "bad, & worse.edi"]).expect(1);
    let log = run.json();
    assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(1));
    let result = &run["results"][0];
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "bad,%20%26%20worse.edi");
    assert_eq!(place["region"], json!({ "byteOffset": 244, "byteLength": 2, "startLine": 12, "startColumn": 5 }));
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"], json!({ "byteOffset": 244, "byteLength": 2 }));
    assert_eq!(replacement["insertedContent"]["text"], "10");
    // The message of a result can be made again from its rule.
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], result["ruleId"]);
    let template = rule["messageStrings"][result["message"]["id"].as_str().unwrap()]["text"].as_str().unwrap();
    let arguments = result["message"]["arguments"].as_array().unwrap();
    let filled = arguments.iter().enumerate().fold(template.to_owned(), |text, (index, argument)| {
        text.replace(&format!("{{{index}}}"), argument.as_str().unwrap())
    });
    assert_eq!(result["message"]["text"], filled);
}

#[test]
fn sarif_says_when_the_work_was_not_finished() {
    let successful = |names: &[&str]| {
        let run = folder().run([&["validate", "--format=sarif", "--max-size=9000"], names].concat());
        run.json()["runs"][0]["invocations"][0]["executionSuccessful"].clone()
    };
    assert_eq!(successful(&["good.edi"]), Value::Bool(true));
    assert_eq!(successful(&["large.json", "good.edi"]), Value::Bool(false));
}

#[test]
fn junit_has_a_suite_for_each_document() {
    let names = ["good.edi", "bad, & worse.edi", "large.json"];
    let run = folder().run([&["validate", "--format=junit", "--lang=fa", "--max-size=9000"], &names[..]].concat());
    let run = run.expect(4);
    let suites: Vec<_> = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("<testsuite ")).collect();
    assert_eq!(
        suites,
        [
            "name=\"good.edi\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">",
            "name=\"bad, &amp; worse.edi\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">",
            "name=\"large.json\" tests=\"2\" failures=\"1\" errors=\"1\" skipped=\"0\">",
        ]
    );
    assert!(run.stdout.contains("<failure type=\"E1029\" message=\"UNT counts 11 segments"), "{}", run.stdout);
    assert!(run.stdout.is_ascii(), "never Persian: {}", run.stdout);
}

#[test]
fn github_has_a_command_for_each_finding() {
    let run = folder().run(["validate", "--format=github", "--lang=fa", "good.edi", "bad, & worse.edi"]).expect(1);
    assert_eq!(
        run.stdout,
        "::error file=bad%2C & worse.edi,line=12,col=5,title=E1029::UNT counts 11 segments, the message has 10 (UNH to \
         UNT inclusive)%0AUNT/0074%0Aexpected: 10%0Afound: 11%0Ahelp: karvan fmt \
         --recount FILE writes the counts anew\n"
    );
}

/// A document could end the command that tells of it, and give commands of its own.
#[test]
fn a_document_gives_no_commands_to_github() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("BGM+220", "BGM+\n::set-env name=PATH::x\n"));
    let run = folder.run(["validate", "--format=github", "order.edi"]).expect(1);
    for line in run.stdout.lines() {
        assert!(line.starts_with("::error file=order.edi,") || line.starts_with("::warning file=order.edi,"), "{line}");
    }
}

#[test]
fn formats_of_findings_are_for_verbs_that_find() {
    let folder = folder();
    for format in ["sarif", "junit", "github"] {
        let run = folder.run(["schema", "list", "--format", format]).expect(2);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("--format"), "{}", run.stderr);
    }
}
