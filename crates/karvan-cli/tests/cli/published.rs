//! The schemas of what the program writes as JSON: whatever it writes in any test keeps to them, and they to it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use jsonschema::{Registry, ValidationError, Validator};
use serde_json::{Value, json};

use crate::arguments;
use crate::support::{Folder, NOW, Run, from_iran, sample, signer};

/// The schemas by their names.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/output");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".schema.json")?.to_owned();
        Some((name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()))
    });
    named.collect()
});

/// What holds a document against each schema; of the common parts, against that of a finding.
static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let mut registry = Registry::new();
    for schema in SCHEMAS.values() {
        registry = registry.add(schema["$id"].as_str().unwrap(), schema.clone()).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let mut validators = BTreeMap::new();
    for (name, schema) in &*SCHEMAS {
        let entry = if name == "common" { "#/$defs/finding" } else { "" };
        let wrapper = json!({ "$ref": format!("{}{entry}", schema["$id"].as_str().unwrap()) });
        validators.insert(&**name, jsonschema::options().with_registry(&registry).build(&wrapper).unwrap());
    }
    validators
});

/// What is wrong with `document` by a schema; no more of each than a person reads, as errors repeat what they are about.
fn faults(schema: &Validator, document: &Value) -> Vec<String> {
    let line = |error: ValidationError<'_>| format!("{} {error}", error.instance_path()).chars().take(2000).collect();
    schema.iter_errors(document).map(line).collect()
}

/// A run of the program: its arguments, and what it wrote for machines, each with the schema that it keeps to.
struct Written {
    verb: String,
    on_output: Vec<Value>,
    beside: Vec<Value>,
}

impl Written {
    fn of(command: &Command, run: &Run) -> Option<Self> {
        let arguments: Vec<_> = command.get_args().filter_map(OsStr::to_str).collect();
        let value_of = |name: &str| {
            arguments.iter().enumerate().find_map(|(at, argument)| match argument.strip_prefix(name)? {
                "" => arguments.get(at + 1).copied(),
                value => value.strip_prefix('='),
            })
        };
        let verb = (*arguments.first()?).to_owned();
        let is_machine = matches!(value_of("--format"), Some("json" | "jsonl"));
        let writes_json = match &*verb {
            "schema" => !arguments.contains(&"--json-schema"),
            "validate" | "inspect" | "diff" | "verify" | "trust" | "explain" => true,
            "fmt" => arguments.contains(&"--check"),
            "convert" => value_of("--out-dir").or(value_of("--out-archive")).is_some(),
            _ => false,
        };
        let documents = |text: &str| serde_json::Deserializer::from_str(text).into_iter().map(Result::unwrap).collect();
        let on_output = if is_machine && writes_json { documents(&run.stdout) } else { Vec::new() };
        let mut beside = Vec::new();
        if is_machine {
            // Sentences to a person may stand between them.
            let lines = run.stderr.lines().filter(|line| line.starts_with('{'));
            beside.extend(lines.map(|line| serde_json::from_str(line).unwrap()));
        }
        let report =
            value_of("--report").and_then(|name| fs::read_to_string(command.get_current_dir()?.join(name)).ok());
        beside.extend(report.iter().flat_map(|text| -> Vec<Value> { documents(text) }));
        (SCHEMAS.contains_key(&verb)).then_some(Self { verb, on_output, beside })
    }

    /// The documents, each with the name of its schema.
    fn documents(&self) -> impl Iterator<Item = (&str, &Value)> {
        let on_output = self.on_output.iter().map(|document| (&*self.verb, document));
        on_output.chain(self.beside.iter().map(|document| {
            let is_finding = document["code"].is_string();
            (if is_finding { "common" } else { &*self.verb }, document)
        }))
    }
}

/// What the program writes as JSON keeps to the schemas that are published.
#[track_caller]
pub(crate) fn hold(command: &Command, run: &Run) {
    for (name, document) in Written::of(command, run).iter().flat_map(Written::documents) {
        let faults = faults(&VALIDATORS[name], document);
        assert!(faults.is_empty(), "{:?}: {faults:#?}", command.get_args());
    }
    if let Some(document) = translated(command, run) {
        let faults = faults(&DOCUMENTS[document["document"].as_str().unwrap()], &document);
        assert!(faults.is_empty(), "{:?}: {faults:#?}", command.get_args());
    }
}

/// What holds a document in Karvan's own JSON against the schema of its kind.
static DOCUMENTS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/output/documents");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let schemas = paths.map(|path| serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap());
    let named = schemas.map(|schema| {
        let name = schema["properties"]["document"]["const"].as_str().unwrap().to_owned();
        (name, jsonschema::validator_for(&schema).unwrap())
    });
    named.collect()
});

/// The document in Karvan's own JSON that a run has written, if it has.
fn translated(command: &Command, run: &Run) -> Option<Value> {
    let arguments: Vec<_> = command.get_args().filter_map(OsStr::to_str).collect();
    let after = |name: &str| arguments.iter().position(|argument| *argument == name).map(|at| arguments[at + 1]);
    if arguments.first() != Some(&"convert") || after("--to") != Some("json") {
        return None;
    }
    let text = match after("-o") {
        Some(name) => fs::read_to_string(command.get_current_dir()?.join(name)).ok()?,
        None => run.stdout.clone(),
    };
    (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap())
}

/// Runs of every verb that writes JSON, of many kinds.
fn many_runs() -> Vec<Written> {
    const ORDER: &str = "UNA:+.? '\nUNB+UNOC:3+SENDER+RECEIVER+261122:0900+7++ORDERS++1++1'\nUNG+ORDERS+A+B+261122:0900+5+UN+D:96A'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+A1'\nDTM+137:20261122:102'\nNAD+BY+5412345000013::9'\nRFF+VA:DE1'\nNAD+ZZZZ+4012345500004::9'\nUNS+S'\nUNT+8+1'\nUNE+1+5'\nUNZ+1+7'\n";
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("short.edi", ORDER.replace("DTM+137:20261122:102'\n", ""));
    folder.write("package.edi", "UNB+UNOC:4+A+B+20261122:0900+7'UNO+1+X:1+:::+3'abc'UNP+3+1'UNZ+1+7'");
    folder.write("dialogue.edi", "UIB+UNOC:4+1234567+++A+B+20261122:0900'UIH+IHCEBI:D:96A:UN+1'UIT+1+2'UIZ+1234567+1'");
    folder.write("note.xml", "<note xmlns='urn:x'><b/><b/></note>");
    folder.write("broken.xml", "<note>");
    folder.write("own.json", "{\"document\":\"invoice\"}");
    folder.write("notes.txt", "no document");
    folder.write("no.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let invoice = sample("invoice-tr.cii.xml");
    for (name, who) in [("signed.xml", "anka"), ("expired.xml", "nordhafen")] {
        let run = folder.run(arguments!["sign", invoice.clone(), signer(who), "-o", name]);
        run.expect(0);
    }
    let leaf = |name: &str| sample(&format!("pki/signers/{name}.pem"));
    let mut runs: Vec<Vec<String>> = Vec::new();
    for format in ["--format=json", "--format=jsonl"] {
        let inputs = [
            "order.edi",
            "short.edi",
            "package.edi",
            "dialogue.edi",
            "note.xml",
            "broken.xml",
            "own.json",
            "notes.txt",
        ];
        for depth in ["0", "1", "2", "3"] {
            runs.push(arguments!["inspect", format, "--depth", depth, inputs.map(str::to_owned)]);
        }
        for at in ["0", "12", "2:1", "4:1", "NAD", "BGM", "UNS", "NAD[3035=BY]/C082/3039"] {
            runs.push(arguments!["inspect", format, "--at", at, "order.edi"]);
            runs.push(arguments!["inspect", format, "--at", at, "short.edi"]);
        }
        runs.push(arguments!["inspect", format, "--path", "NAD", "order.edi"]);
        runs.push(arguments!["validate", format, "--explain-structure", inputs.map(str::to_owned)]);
        for name in ["signed.xml", "expired.xml", "note.xml", "order.edi"] {
            runs.push(arguments!["verify", format, from_iran(), NOW, name]);
            runs.push(arguments!["verify", format, NOW, name]);
        }
        for leaf in [leaf("anka"), leaf("nordhafen"), leaf("isar"), "no.pem".to_owned()] {
            runs.push(arguments!["trust", "path", format, from_iran(), NOW, leaf]);
        }
        for name in ["order.edi", "short.edi", "package.edi", "notes.txt"] {
            runs.push(arguments!["ack", format, "--explicit", name, "-o", "answer.edi"]);
            runs.push(arguments!["ack", format, "--explicit", name, "-o", "answer.edi", "--report=answer.json"]);
            runs.push(arguments!["ack", format, "--type=aperak", name, "-o", "answer.edi", "--report=answer.json"]);
        }
        runs.push(arguments!["ack", format, "--receipt", "order.edi", "-o", "answer.edi"]);
        runs.push(arguments!["ack", format, "--when=rejected", "package.edi", "-o", "answer.edi"]);
        runs.push(arguments!["ack", format, "--interchange=2", "order.edi", "-o", "answer.edi"]);
        for _ in 0..2 {
            let inputs = ["order.edi", "short.edi", "notes.txt"].map(str::to_owned);
            runs.push(arguments!["convert", format, "--to=ubl", "--out-dir=all", "--resume", invoice.clone(), inputs]);
        }
        for to in ["edifact", "edifact:D96A", "ubl", "json"] {
            runs.push(arguments!["convert", format, "--to", to, invoice.clone(), "-o", "out"]);
            runs.push(arguments![
                "convert",
                format,
                "--to",
                to,
                "--allow-loss",
                invoice.clone(),
                "-o",
                "out",
                "--report=out.json"
            ]);
        }
        for other in ["invoice-ir.edi", "order-ir.edi", "creditnote-nl.ubl.xml"] {
            runs.push(arguments!["diff", format, invoice.clone(), sample(other)]);
        }
        runs.push(arguments!["diff", format, sample("despatchadvice-ir.edi"), sample("despatchadvice-ir.ubl.xml")]);
        runs.push(arguments![
            "fmt",
            format,
            "--check",
            "--charset=UNOA",
            "order.edi",
            "package.edi",
            sample("invoice-ir.edi")
        ]);
        for lookup in [
            &["list"][..],
            &["show", "INVOIC@D.96A"],
            &["show", "IHCEBI"],
            &["show", "INVOIC@D.93A"],
            &["segment", "NAD"],
            &["composite", "C082"],
            &["element", "3035"],
            &["code", "3035", "SU"],
            &["code", "3035"],
            &["list", "--codes"],
            &["list", "--profiles"],
            &["list", "--documents"],
            &["show", "invoice"],
            &["show", "order"],
            &["show", "en16931-invoic"],
            &["show", "eancom97-orders"],
            &["code", "ISO3166"],
            &["code", "REC20", "KGM"],
            &["show", "Invoice@ubl-2.1"],
            &["show", "CountryIDType@cii-d16b"],
            &["show", "GoodsType/TransactionAmount@efti-0.5"],
            &["diff", "D.96A", "D.21B"],
            &["diff", "D.96A", "D.97A", "ORDERS"],
            &["diff", "D.96A", "D.96A"],
            &["diff", "ubl-2.1", "ubl-2.3"],
            &["diff", "ubl-2.4", "ubl-2.5", "Invoice"],
        ] {
            runs.push([&["schema", format], lookup].concat().into_iter().map(str::to_owned).collect());
        }
        for names in [
            &[][..],
            &["E1029"],
            &["NAD"],
            &["INVOIC"],
            &["C082", "3035", "3035=BY@D.96A", "UNB@3", "nothing"],
            &["BR-51", "VATEX", "REC20=KGM"],
        ] {
            runs.push([&["explain", format], names].concat().into_iter().map(str::to_owned).collect());
        }
    }
    let runs = runs.into_iter().filter_map(|arguments| {
        let _ = fs::remove_file(folder.path("answer.json"));
        Written::of(&folder.command(&arguments), &folder.run(&arguments))
    });
    runs.collect()
}

/// Objects in which names are data: anything may stand there.
fn is_map(path: &str) -> bool {
    ["/arguments", "/codes", "/types", "/inputs"].iter().any(|map| path.ends_with(map))
}

/// Every document that is `document` with one member more.
fn with_more(document: &Value) -> Vec<(String, Value)> {
    fn objects(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.push(path.to_owned());
                members.iter().for_each(|(name, member)| objects(member, &format!("{path}/{name}"), found));
            }
            // The first of a list stands for the others.
            Value::Array(items) => items.iter().take(1).for_each(|item| objects(item, &format!("{path}/0"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    objects(document, "", &mut found);
    found.retain(|path| !is_map(path));
    let more = found.into_iter().map(|path| {
        let mut changed = document.clone();
        changed.pointer_mut(&path).unwrap()["unforeseen"] = true.into();
        (path, changed)
    });
    more.collect()
}

#[test]
fn every_verb_keeps_to_its_schema_and_nothing_can_be_added_unnoticed() {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for run in many_runs() {
        for (name, document) in run.documents() {
            *held.entry(name.to_owned()).or_default() += 1;
            // One of a kind is enough of what is long.
            let document = match document.as_array() {
                Some(items) => &Value::Array(items.iter().take(3).cloned().collect()),
                None => document,
            };
            for (path, changed) in with_more(document) {
                assert!(
                    !faults(&VALIDATORS[name], &changed).is_empty(),
                    "{name}: a member more at {path:?} goes unnoticed: {changed:#}"
                );
            }
        }
    }
    let without: Vec<_> = SCHEMAS.keys().filter(|name| !held.contains_key(*name)).collect();
    assert!(without.is_empty(), "nothing was held against {without:?}");
}

#[test]
fn every_schema_is_one_and_says_what_it_is() {
    for (name, schema) in &*SCHEMAS {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
        assert_eq!(schema["$id"], format!("urn:karvan:output:1:{name}"));
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{name}");
    }
}
