//! `karvan schema`.

use std::io;

use karvan_engine::schema::{View, code, releases, show};
use karvan_engine::schema_diff::diff;
use karvan_engine::text::Message;

use super::import;
use crate::arguments::{Schema, SchemaCode, SchemaDiff};
use crate::session::{Session, say};
use crate::status::Status;

pub(crate) fn run(asked: &Schema, mut session: Session) -> io::Result<Status> {
    let (found, wanted): (_, fn(&View) -> bool) = match asked {
        Schema::Import(asked) => return import::run(asked, session),
        Schema::Diff(asked) => return compare(asked, session),
        Schema::List => (Ok(releases()), |_| true),
        Schema::Show(asked) => (show(&asked.name), |_| true),
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
    session.result(|language| view.text(language), &view)?;
    session.output.finish()?;
    Ok(Status::Good)
}

fn compare(asked: &SchemaDiff, mut session: Session) -> io::Result<Status> {
    let view = match diff(&asked.old, &asked.new, asked.name.as_deref()) {
        Ok(view) => view,
        Err(error) => {
            say(&format!("karvan: {}", session.text(&error.message())));
            return Ok(Status::Findings);
        }
    };
    session.result(|language| view.text(language), &view)?;
    session.output.finish()?;
    Ok(Status::Good)
}
