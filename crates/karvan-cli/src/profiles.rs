//! The profiles that a verb is asked to take: shipped ones by name, others by file.

use std::borrow::Cow;
use std::fs;
use std::sync::Arc;

use karvan_engine::profile::{self, Profile};

use crate::session::{Aside, Session, say_failed};
use crate::status::Status;

/// The profiles of these names and files, or how the run ends where one is of no use; why is told on standard error.
pub(crate) fn load(wanted: &[String], session: &Session) -> Result<Vec<Arc<Profile>>, Status> {
    let mut files = Vec::new();
    for name in wanted {
        let text = match profile::named(name) {
            Some(shipped) => Cow::Borrowed(shipped.text),
            None => Cow::Owned(fs::read_to_string(name).map_err(|error| say_failed(name, &error))?),
        };
        files.push((name, text));
    }
    profile::read(files.iter().map(|(name, text)| (name.as_str(), &**text))).map_err(|(name, mistakes)| {
        let mut aside = Aside::new(session);
        mistakes.iter().for_each(|mistake| aside.finding(&name, mistake));
        Status::Usage
    })
}
