//! Profiles: message implementation guidelines, shipped or of a user's own.

use std::sync::Arc;

use karvan_schema::directory::Directories;
pub use karvan_schema::profile::{Profile, Shipped, shipped};
use karvan_text::{Code, Diagnostic, Message, Place};

/// The shipped profile of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|profile| profile.name == name)
}

/// Reads profiles that are to hold together, each given by its name and its text.
///
/// # Errors
/// What is wrong with the first of them with which something is, and its name: mistakes in it, or that it is for messages
/// that another is for.
pub fn read<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Arc<Profile>>, (String, Vec<Diagnostic>)> {
    let mut profiles: Vec<Arc<Profile>> = Vec::new();
    for (name, text) in files {
        let profile = Profile::read(name, text, Directories::builtin()).map_err(|found| (name.to_owned(), found))?;
        if let Some(other) = profiles.iter().find(|other| other.overlaps(&profile)) {
            let message = Message::new("profile-overlap").with("profile", name).with("other", other.name());
            let mistake = Diagnostic::new(Code::error(37), message, Place::default()).found(profile.scope());
            return Err((name.to_owned(), vec![mistake]));
        }
        profiles.push(Arc::new(profile));
    }
    Ok(profiles)
}
