//! `karvan schema`.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use karvan_engine::code_lists::{self, CodesView};
use karvan_engine::documents;
use karvan_engine::grammars::{self, DeclarationUnknown, DeclarationView};
use karvan_engine::profile::{self, ProfilesView};
use karvan_engine::schema::{View, code, releases, show};
use karvan_engine::schema_diff::{diff, diff_grammars};
use karvan_engine::text::{Language, Message};
use serde::Serialize;

use super::import;
use crate::profiles;
use crate::session::{Session, say};
use crate::status::Status;

/// `karvan schema`.
#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// The releases and what each holds.
    List(SchemaList),
    /// A message: INVOIC@D.96A (without a release: the newest); a kind of document: invoice; a profile, by its name or its
    /// file; an element or type of an XML grammar: Invoice@ubl-2.1, Invoice/InvoiceLine@ubl-2.1.
    Show(SchemaShow),
    /// A segment: NAD@D.96A.
    Segment(SchemaName),
    /// A composite data element: C082@D.96A.
    Composite(SchemaName),
    /// A simple data element: 3035@D.96A.
    Element(SchemaName),
    /// What changed between two releases or XML grammars, whole or in a message, segment, composite, element or type.
    Diff(SchemaDiff),
    /// Import a release of the directories, a later one too, from your own copy of the official texts; or an XML grammar from
    /// XML Schema documents.
    Import(import::SchemaImport),
    /// A code value: 3035 SU, 3035@D.96A SU, REC20 KGM; without a value, the whole list.
    Code(SchemaCode),
}

/// `karvan schema list`.
#[derive(Args, Debug)]
pub(crate) struct SchemaList {
    /// The published code lists instead: ISO 4217, UN/LOCODE, Recommendation 20 and others.
    #[arg(long, conflicts_with = "profiles")]
    codes: bool,

    /// The shipped profiles instead: message implementation guidelines, for validate --profile.
    #[arg(long)]
    profiles: bool,

    /// The XML grammars instead, with the elements that their documents begin with.
    #[arg(long, conflicts_with_all = ["codes", "profiles"])]
    grammars: bool,

    /// The kinds of documents instead, with what each can be written as.
    #[arg(long, conflicts_with_all = ["codes", "profiles", "grammars"])]
    documents: bool,
}

/// `karvan schema show`.
#[derive(Args, Debug)]
pub(crate) struct SchemaShow {
    #[command(flatten)]
    name: SchemaName,

    /// Of a kind of document, the JSON Schema of Karvan's own JSON (convert --to json).
    #[arg(long)]
    json_schema: bool,
}

/// A name in a directory.
#[derive(Args, Debug)]
pub(crate) struct SchemaName {
    /// The name, with `@` and a release where it is not the newest.
    #[arg(value_name = "NAME[@RELEASE]")]
    name: String,
}

/// `karvan schema diff`.
#[derive(Args, Debug)]
pub(crate) struct SchemaDiff {
    /// The release before: D.96A; or an XML grammar: ubl-2.1.
    #[arg(value_name = "OLD")]
    old: String,

    /// The release after: D.21B; or an XML grammar: ubl-2.3.
    #[arg(value_name = "NEW")]
    new: String,

    /// What to compare, such as INVOIC, NAD, C082, 3035, Invoice/InvoiceLine; without it, everything.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// A code value of an element.
#[derive(Args, Debug)]
pub(crate) struct SchemaCode {
    /// The element, with `@` and a release where it is not the newest; or a published list (karvan schema list --codes).
    #[arg(value_name = "ELEMENT[@RELEASE]|LIST")]
    element: String,

    /// The value.
    #[arg(value_name = "VALUE")]
    value: Option<String>,
}

pub(crate) fn run(asked: &Schema, session: Session) -> io::Result<Status> {
    if let Some(found) = published(asked) {
        return tell_codes(found, session);
    }
    if let Some(found) = declared(asked) {
        return tell_declaration(found, session);
    }
    match asked {
        Schema::List(SchemaList { grammars: true, .. }) => {
            let view = grammars::list();
            return tell(|language| view.text(language), &view, session);
        }
        Schema::List(SchemaList { documents: true, .. }) => {
            let view = documents::list();
            return tell(|language| view.text(language), &view, session);
        }
        Schema::Show(SchemaShow { name, json_schema: true }) => return tell_json_schema(&name.name, session),
        Schema::List(SchemaList { profiles: true, .. }) => return tell_profiles([profile::list()], session),
        Schema::Show(SchemaShow { name: SchemaName { name }, .. })
            if profile::named(name).is_some() || name.ends_with(".toml") =>
        {
            return match profiles::load(std::slice::from_ref(name), &session) {
                Ok(read) => tell_profiles(read.iter().map(|profile| profile::show(profile)), session),
                Err(status) => Ok(status),
            };
        }
        Schema::Show(SchemaShow { name, .. }) => {
            if let Some(view) = documents::show(&name.name) {
                return tell(|language| view.text(language), &view, session);
            }
        }
        _ => {}
    }
    let (found, wanted): (_, fn(&View) -> bool) = match asked {
        Schema::Import(asked) => return import::run(asked, session),
        Schema::Diff(asked) => return compare(asked, session),
        Schema::List(_) => (Ok(releases()), |_| true),
        Schema::Show(asked) => (show(&asked.name.name), |_| true),
        Schema::Segment(asked) => (show(&asked.name), |view| matches!(view, View::Segment(_))),
        Schema::Composite(asked) => (show(&asked.name), |view| matches!(view, View::Composite(_))),
        Schema::Element(asked) => (show(&asked.name), |view| matches!(view, View::Element(_))),
        Schema::Code(SchemaCode { element, value: Some(value) }) => (code(element, value), |_| true),
        Schema::Code(asked) => (show(&asked.element), |view| matches!(view, View::Element(_))),
    };
    let view = match found {
        Ok(view) if wanted(&view) => view,
        // A message type has a tag as well, and is no segment.
        Ok(view) => {
            let problem = session.text(&Message::new("schema-other-kind"));
            say(&format!("karvan: {problem}: {}", session.text(&view.heading())));
            return Ok(Status::Findings);
        }
        Err(error) => {
            say(&format!("karvan: {}", session.text(&error.message())));
            return Ok(Status::Findings);
        }
    };
    tell(|language| view.text(language), &view, session)
}

fn tell(text: impl Fn(Language) -> String, view: &impl Serialize, mut session: Session) -> io::Result<Status> {
    session.result(text, view)?;
    session.output.finish()?;
    Ok(Status::Good)
}

/// A JSON Schema is written as it is, whatever the format.
fn tell_json_schema(name: &str, mut session: Session) -> io::Result<Status> {
    match documents::json_schema(name) {
        Some(schema) => {
            session.output.write_all(schema.as_bytes())?;
            session.output.finish()?;
            Ok(Status::Good)
        }
        None => {
            say(&format!("karvan: {}", session.text(&Message::new("document-kind-unknown").with("name", name))));
            Ok(Status::Findings)
        }
    }
}

/// What is asked of the published code lists, and what they answer; none where something else is asked.
fn published(asked: &Schema) -> Option<Result<CodesView, Message>> {
    match asked {
        Schema::List(SchemaList { codes: true, .. }) => Some(Ok(code_lists::lists())),
        Schema::Code(SchemaCode { element, value: Some(value) }) => code_lists::code(element, value),
        Schema::Code(SchemaCode { element, value: None }) => code_lists::list(element).map(Ok),
        _ => None,
    }
}

/// What is asked of the XML grammars, and what they answer; none where something else is asked.
fn declared(asked: &Schema) -> Option<Result<DeclarationView, DeclarationUnknown>> {
    let Schema::Show(SchemaShow { name: SchemaName { name }, json_schema: false }) = asked else { return None };
    let is_elsewhere = || {
        documents::show(name).is_some()
            || profile::named(name).is_some()
            || name.ends_with(".toml")
            || show(name).is_ok()
    };
    // A name without a grammar is one of a grammar only where it is nothing else.
    if name.contains('@') {
        grammars::declaration(name)
    } else if is_elsewhere() {
        None
    } else {
        grammars::declaration(name).filter(Result::is_ok)
    }
}

fn tell_declaration(found: Result<DeclarationView, DeclarationUnknown>, session: Session) -> io::Result<Status> {
    match found {
        Ok(view) => tell(|language| view.text(language), &view, session),
        Err(error) => {
            say(&format!("karvan: {}", session.text(&error.message())));
            Ok(Status::Findings)
        }
    }
}

fn tell_codes(found: Result<CodesView, Message>, session: Session) -> io::Result<Status> {
    match found {
        Ok(view) => tell(|language| view.text(language), &view, session),
        Err(message) => {
            say(&format!("karvan: {}", session.text(&message)));
            Ok(Status::Findings)
        }
    }
}

fn tell_profiles(views: impl IntoIterator<Item = ProfilesView>, mut session: Session) -> io::Result<Status> {
    for view in views {
        session.result(|language| view.text(language), &view)?;
    }
    session.output.finish()?;
    Ok(Status::Good)
}

fn compare(asked: &SchemaDiff, session: Session) -> io::Result<Status> {
    let (old, new, name) = (&*asked.old, &*asked.new, asked.name.as_deref());
    let compared = match diff_grammars(old, new, name) {
        Some(compared) => compared.map_err(|error| error.message()),
        None => diff(old, new, name).map_err(|error| error.message()),
    };
    let view = match compared {
        Ok(view) => view,
        Err(problem) => {
            say(&format!("karvan: {}", session.text(&problem)));
            return Ok(Status::Findings);
        }
    };
    tell(|language| view.text(language), &view, session)
}
