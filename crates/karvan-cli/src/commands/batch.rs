//! `karvan convert --out-dir` and `--out-archive`: many documents, each translated to a file of its own in a folder or an archive,
//! and one account of all.

mod archive;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use karvan_engine::Target;
use karvan_engine::convert::{Conversion, Error, Options, convert_all, fingerprint};
use karvan_engine::text::render::human;
use karvan_engine::text::render::json::List;
use karvan_engine::text::{Diagnostic, Message};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::archive::Archive;
use super::convert::{Convert, errors, told};
use crate::arguments::Format;
use crate::input::{Input, Limits, Meter, Refusal, whole};
use crate::jobs::{Told, in_order};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::{Session, say_failed};
use crate::status::Status;

/// Where the files go.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Into a folder, each as soon as it is whole.
    Folder(&'a Path),
    /// Into an archive, in the order of the inputs.
    Archive(&'a Path),
}

impl<'a> Place<'a> {
    /// The one that was asked for.
    pub(crate) fn asked(asked: &'a Convert) -> Option<Self> {
        let folder = asked.out_dir.as_deref().map(Place::Folder);
        folder.or_else(|| asked.out_archive.as_deref().map(Place::Archive))
    }
}

/// What becomes of what was translated.
enum Keeper {
    /// It stands in the folder already, and is written down.
    Journal(Journal),
    /// It is added.
    Archive(Box<Archive>),
}

impl Keeper {
    fn keep(&mut self, what: &What) -> io::Result<()> {
        match (self, what) {
            (Self::Journal(journal), _) => journal.keep(what),
            (Self::Archive(archive), What::Translated(conversion, Some(record))) => {
                record.outputs.last().map_or(Ok(()), |output| archive.add(output, &conversion.octets))
            }
            (Self::Archive(_), _) => Ok(()),
        }
    }
}

/// An input, and where in the folder or archive what comes of it stands.
struct Work {
    input: Input,
    place: PathBuf,
}

/// What became of a document.
struct Event {
    file: String,
    what: What,
}

enum What {
    /// It was translated, to this file unless something would be lost.
    Translated(Box<Conversion>, Option<Record>),
    /// An earlier run has translated it to these files.
    Before(Record),
    /// It was not translated.
    Failed(Vec<Diagnostic>, String, Status),
}

pub(crate) fn run(
    asked: &Convert,
    to: Place<'_>,
    target: Target,
    options: &Options,
    mut session: Session,
) -> io::Result<Status> {
    if matches!(to, Place::Archive(path) if path == Path::new("-")) && session.output.is_stdout() {
        return Ok(session.usage(&Message::new("usage-two-to-output").with("option", "--out-archive")));
    }
    let works = match works(&asked.paths) {
        Ok(works) => works,
        Err(error) => return Ok(say_failed("input", &error)),
    };
    let mut places = HashMap::new();
    for Work { input, place } in &works {
        if let Some(other) = places.insert(place, input) {
            let message = Message::new("batch-same-name").with("left", other.name()).with("right", input.name());
            return Ok(session.usage(&message.with("output", place.display())));
        }
    }
    let (folder, path, opened) = match to {
        Place::Folder(path) => (Some(path), path, Journal::open(path, target, asked.resume).map(Keeper::Journal)),
        Place::Archive(path) => (None, path, Archive::create(path).map(Box::new).map(Keeper::Archive)),
    };
    let mut keeper = match opened {
        Ok(keeper) => keeper,
        Err(error) => return Ok(say_failed(&path.display().to_string(), &error)),
    };
    let done = match &mut keeper {
        Keeper::Journal(journal) => std::mem::take(&mut journal.done),
        Keeper::Archive(_) => HashMap::new(),
    };
    let (limits, meter) = (session.limits, Arc::default());
    let worker = Worker { folder, target, options, limits, done, allow_loss: asked.allow_loss };
    let jobs = asked.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let inputs: Vec<_> = works.iter().map(|work| work.input.clone()).collect();
    let mut progress = Progress::new(session.quiet, session.output.is_terminal());
    let report = match &asked.report {
        Some(path) => Some((Output::open(Some(path))?, List::array())),
        None => None,
    };
    let mut account = Account { totals: Totals::default(), worst: Status::Good, list: session.list(), report };
    in_order(
        &works,
        jobs,
        |work, say| worker.translate(work, &meter, say),
        |told| {
            progress.show(&inputs, &meter);
            progress.beside(|| match told {
                Told::Said(event) => {
                    keeper.keep(&event.what)?;
                    account.tell(&event, &mut session)
                }
                Told::Pause => session.output.flush(),
            })
        },
        || meter.stop(),
    )?;
    progress.finish();
    if let Keeper::Archive(archive) = keeper {
        archive.finish()?;
    }
    account.finish(session)
}

/// Every input that is named, with its place below the folder: of a folder its own tree, of a file its name.
fn works(paths: &[PathBuf]) -> io::Result<Vec<Work>> {
    let paths = if paths.is_empty() { &[PathBuf::from("-")][..] } else { paths };
    let mut works = Vec::new();
    for path in paths {
        for input in Input::all(std::slice::from_ref(path))? {
            let place = match &input {
                Input::Stdin => PathBuf::from("stdin"),
                Input::File(file) => match file.strip_prefix(path) {
                    Ok(below) if !below.as_os_str().is_empty() => below.to_owned(),
                    _ => PathBuf::from(file.file_name().unwrap_or_default()),
                },
                Input::Member(archive, member) => below(archive.file_name().unwrap_or_default().as_ref(), member),
            };
            works.push(Work { input, place });
        }
    }
    Ok(works)
}

/// The place of a member of an archive below that of the archive, whatever way out of it the member's name names.
fn below(archive: &Path, member: &str) -> PathBuf {
    let parts = Path::new(member).components().filter(|part| matches!(part, Component::Normal(_)));
    archive.join(parts.collect::<PathBuf>())
}

/// What every thread knows.
struct Worker<'r> {
    /// The folder that files are written to; none where they go into an archive, which takes them one after the other.
    folder: Option<&'r Path>,
    target: Target,
    options: &'r Options,
    limits: Limits,
    /// What earlier runs have translated, by the names of the files.
    done: HashMap<String, Record>,
    allow_loss: bool,
}

impl Worker<'_> {
    /// Translates the documents of an input; one that fails does not keep the next from being translated.
    fn translate(&self, work: &Work, meter: &Arc<Meter>, say: &mut dyn FnMut(Event)) {
        let name = work.input.name();
        let documents = match work.input.documents(self.limits, meter) {
            Ok(documents) => documents,
            Err(error) => return say(Event { file: name, what: unread(&error) }),
        };
        let mut places = HashSet::new();
        for (file, source) in documents {
            let place = match file.strip_prefix(&name).and_then(|rest| rest.strip_prefix('!')) {
                Some(member) => below(&work.place, member),
                None => work.place.clone(),
            };
            // An archive may hold a name twice.
            let what = match whole(source, self.limits) {
                Ok(_) if !places.insert(place.clone()) => {
                    vec![What::Failed(Vec::new(), format!("{} stands twice", place.display()), Status::Findings)]
                }
                Ok(source) => self.one(&file, &source, &place),
                Err(error) => vec![unread(&error)],
            };
            what.into_iter().for_each(|what| say(Event { file: file.clone(), what }));
        }
    }

    fn one(&self, file: &str, source: &[u8], place: &Path) -> Vec<What> {
        let digest = fingerprint(source);
        let is_file = |output: &PathBuf| self.folder.is_some_and(|folder| folder.join(output).is_file());
        let is_there = |record: &&Record| record.outputs.iter().all(is_file);
        if let Some(record) = self.done.get(file).filter(|record| record.source == digest).filter(is_there) {
            return vec![What::Before(record.clone())];
        }
        let conversions = match convert_all(source, self.target, self.options) {
            Ok(conversions) => conversions,
            Err(error) => return vec![failed(error)],
        };
        let is_sole = conversions.documents.len() == 1;
        let mut outputs = Vec::new();
        let mut all = Vec::new();
        for (number, conversion) in conversions.documents.into_iter().enumerate() {
            let output = named(place, (!is_sole).then_some(number + 1), self.target);
            let what = match conversion {
                Ok(conversion) if conversion.is_lossy() && !self.allow_loss => {
                    What::Translated(Box::new(conversion), None)
                }
                Ok(conversion) => match self.write(&output, &conversion.octets) {
                    Ok(()) => {
                        outputs.push(output.clone());
                        let record = Record { file: file.to_owned(), source: String::new(), outputs: vec![output] };
                        What::Translated(Box::new(conversion), Some(record))
                    }
                    Err(error) => {
                        What::Failed(Vec::new(), format!("{}: {error}", output.display()), Status::InputOutput)
                    }
                },
                Err(error) => failed(error),
            };
            all.push(what);
        }
        if conversions.unread > 0 {
            let problem = Message::new("batch-unread").with("count", conversions.unread);
            let problem = problem.text(karvan_engine::text::Language::English);
            all.push(What::Failed(Vec::new(), problem, Status::Findings));
        }
        // Only what is translated whole need not be translated again: the last of its documents says so.
        if outputs.len() == all.len()
            && let Some(What::Translated(_, Some(record))) = all.last_mut()
        {
            (record.source, record.outputs) = (digest, outputs);
        }
        all
    }

    /// Writes a file of the folder: it appears when it is whole.
    fn write(&self, output: &Path, octets: &[u8]) -> io::Result<()> {
        let Some(folder) = self.folder else { return Ok(()) };
        let path = folder.join(output);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = Output::open(Some(&path))?;
        file.write_all(octets)?;
        file.finish()
    }
}

/// The name of what a document is translated to: that of its file, with its number where there are several, and the ending of
/// its syntax.
fn named(place: &Path, number: Option<usize>, target: Target) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    if let Some(number) = number {
        name.push(format!(".{number}"));
    }
    name.push(match target {
        Target::Edifact(_) => ".edi",
        Target::Bsp | Target::Json => ".json",
        _ => ".xml",
    });
    name.into()
}

fn unread(error: &io::Error) -> What {
    let is_beyond = error.kind() == io::ErrorKind::FileTooLarge || Refusal::of(error).is_some();
    let status = if is_beyond { Status::Unfinished } else { Status::InputOutput };
    What::Failed(Refusal::of(error).map(Refusal::diagnostic).into_iter().collect(), error.to_string(), status)
}

fn failed(error: Error) -> What {
    let problem = error.to_string();
    let findings = if let Error::Read(findings, _) = error { findings } else { Vec::new() };
    let status = findings.iter().map(Status::from).max().unwrap_or_default().max(Status::Findings);
    What::Failed(findings, problem, status)
}

/// A file that was translated, as the journal has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Record {
    file: String,
    /// The SHA-256 digest of its octets; empty where something of it is still to be translated.
    source: String,
    outputs: Vec<PathBuf>,
}

/// What was translated, kept in the folder as it is done, so that a run that was interrupted can be resumed.
struct Journal {
    file: File,
    done: HashMap<String, Record>,
}

impl Journal {
    /// The journal of a folder for one syntax; what it says of earlier runs is known where that is asked for.
    fn open(folder: &Path, target: Target, resume: bool) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!(".karvan-{}.jsonl", target.to_string().replace(':', "-")));
        let mut done = HashMap::new();
        if resume && let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines() {
                // A line that was being written when the run was interrupted says nothing.
                if let Ok(record) = serde_json::from_str::<Record>(&line?) {
                    done.insert(record.file.clone(), record);
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if !resume {
            file.set_len(0)?;
        }
        // A line cut short is ended.
        file.write_all(b"\n")?;
        Ok(Self { file, done })
    }

    fn keep(&mut self, what: &What) -> io::Result<()> {
        let What::Translated(_, Some(record)) = what else { return Ok(()) };
        if record.source.is_empty() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

/// What the documents came to.
#[derive(Debug, Default, Serialize)]
struct Totals {
    written: usize,
    withheld: usize,
    skipped: usize,
    failed: usize,
    lost: usize,
    changed: usize,
    added: usize,
}

/// What is told of the documents, and what it comes to.
struct Account {
    totals: Totals,
    worst: Status,
    list: List,
    /// Where the account stands for a machine besides.
    report: Option<(Output, List)>,
}

impl Account {
    fn tell(&mut self, event: &Event, session: &mut Session) -> io::Result<()> {
        let (message, object) = match &event.what {
            What::Translated(conversion, record) => self.translated(&event.file, conversion, record.as_ref()),
            What::Before(record) => {
                self.totals.skipped += 1;
                let outputs = record.outputs.iter().map(|output| output.display().to_string()).collect::<Vec<_>>();
                let message = Message::new("batch-skipped").with("output", outputs.join(", "));
                (message, json!({ "file": event.file, "skipped": true, "outputs": outputs }))
            }
            What::Failed(findings, problem, status) => {
                self.totals.failed += 1;
                self.worst = self.worst.max(*status);
                let message = Message::new("batch-failed").with("problem", problem);
                (message, json!({ "file": event.file, "problem": problem, "source_findings": findings }))
            }
        };
        self.report(&object)?;
        if session.format != Format::Human {
            return self.list.item(&mut session.output, &object);
        }
        let (findings, is_good) = match &event.what {
            What::Translated(conversion, record) => (&conversion.source_findings[..], record.is_some()),
            What::Before(_) => (&[][..], true),
            What::Failed(findings, ..) => (&findings[..], false),
        };
        for finding in findings {
            human::write(&mut session.output, &event.file, finding, session.style)?;
        }
        if is_good && session.quiet {
            return Ok(());
        }
        let line = session.text(&message.with("file", &event.file));
        writeln!(session.output, "{line}")
    }

    fn report(&mut self, object: &Value) -> io::Result<()> {
        self.report.as_mut().map_or(Ok(()), |(out, list)| list.item(out, object))
    }

    fn translated(&mut self, file: &str, conversion: &Conversion, record: Option<&Record>) -> (Message, Value) {
        let (report, output) = (&conversion.report, record.and_then(|record| record.outputs.last()));
        let [lost, changed, added] = [&report.lost, &report.changed, &report.added].map(Vec::len);
        let errors = errors(&conversion.source_findings) + errors(&conversion.target_findings);
        let mut object = told(file, conversion, output.is_some());
        let message = match output {
            Some(output) => {
                self.totals.written += 1;
                object["output"] = output.display().to_string().into();
                Message::new("batch-written").with("output", output.display())
            }
            None => {
                self.totals.withheld += 1;
                self.worst = self.worst.max(Status::Findings);
                Message::new("batch-withheld")
            }
        };
        self.totals.lost += lost;
        self.totals.changed += changed;
        self.totals.added += added;
        self.worst = self.worst.max(match (conversion.checked, errors) {
            (false, _) => Status::Unfinished,
            (true, 0) => Status::Good,
            (true, _) => Status::Findings,
        });
        let message = message.with("from", &conversion.from).with("to", &conversion.to).with("lost", lost);
        (message.with("changed", changed).with("added", added).with("errors", errors), object)
    }

    fn finish(mut self, mut session: Session) -> io::Result<Status> {
        let Totals { written, withheld, skipped, failed, lost, changed, added } = self.totals;
        let totals = json!({ "totals": self.totals });
        self.report(&totals)?;
        if let Some((mut out, mut list)) = self.report.take() {
            list.finish(&mut out)?;
            out.finish()?;
        }
        if session.format == Format::Human {
            let message = Message::new("batch-totals").with("written", written).with("withheld", withheld);
            let message = message.with("skipped", skipped).with("failed", failed).with("lost", lost);
            let line = session.text(&message.with("changed", changed).with("added", added));
            writeln!(session.output, "{line}")?;
        } else {
            self.list.item(&mut session.output, &totals)?;
        }
        session.finish_list(&mut self.list)?;
        session.output.finish()?;
        Ok(self.worst)
    }
}
