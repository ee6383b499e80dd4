//! What messages and service segments are checked against, compiled once and shared.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use karvan_edifact::{MessageHeader, Segment};
use karvan_text::{Code, Diagnostic, Message};

use super::body::{Definition, directory_of};
use super::finding::{at, shown};
use super::options::MessageType;
use crate::directory::Directories;
use crate::message::rules::RuleBook;
use crate::profile::Profile;

/// The definitions that validators ask for, of messages and of service segments.
///
/// To compile the table and the rules of a message takes longer than to check a small file, so all validators of a program
/// share them, whatever thread they run on. No more than [`Definitions::LIMIT`] messages are kept.
///
/// ```
/// use karvan_schema::directory::Directories;
/// use karvan_schema::interchange::{Definitions, Options, Validator};
///
/// let definitions = Definitions::new(Directories::builtin());
/// let files = [Validator::new(&definitions, Options::default()), Validator::new(&definitions, Options::default())];
/// assert!(files.iter().all(|validator| validator.counts().messages == 0));
/// ```
#[derive(Debug)]
pub struct Definitions<'d> {
    directories: &'d Directories,
    /// Of the syntax versions from 1 on.
    services: [OnceLock<Arc<RuleBook<'d>>>; 4],
    messages: Mutex<Vec<Arc<Definition<'d>>>>,
}

/// A message without a definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undefined<'d> {
    /// The first and the last release that have a message of this name.
    releases: Option<(&'d str, &'d str)>,
    /// The first and the last release of all.
    all: Option<(&'d str, &'d str)>,
}

impl<'d> Definitions<'d> {
    /// How many messages are kept: types, each with its release, its code lists and its profile.
    pub const LIMIT: usize = 64;

    /// None yet; what is asked for is compiled from `directories`.
    #[must_use]
    pub const fn new(directories: &'d Directories) -> Self {
        Self { directories, services: [const { OnceLock::new() }; 4], messages: Mutex::new(Vec::new()) }
    }

    /// The rules of the service segments of a syntax version, or of the nearest that there is.
    pub(super) fn service(&self, version: u8) -> Arc<RuleBook<'d>> {
        let version = version.clamp(1, 4);
        let book = self.services[usize::from(version - 1)].get_or_init(|| {
            let directory = self.directories.service(&version.to_string());
            Arc::new(directory.map(|directory| RuleBook::new(directory.segments(), None)).unwrap_or_default())
        });
        Arc::clone(book)
    }

    /// The definition of a message, narrowed by the first of the profiles that is for it.
    pub(super) fn message(
        &self,
        wanted: &MessageType,
        interactive: bool,
        profiles: &[Arc<Profile>],
    ) -> Result<Arc<Definition<'d>>, Undefined<'d>> {
        let message = directory_of(self.directories, wanted)
            .filter(|_| wanted.agency.is_empty() || wanted.agency == "UN")
            .and_then(|directory| directory.message(&wanted.name))
            .filter(|message| message.is_interactive() == interactive)
            .ok_or_else(|| self.undefined(wanted))?;
        let profile = profiles.iter().find(|profile| profile.is_for(wanted));
        let profile = profile.and_then(|profile| Some((Arc::clone(profile), profile.guide(wanted)?)));
        let declared = self.directories.release(&format!("{}.{}", wanted.version, wanted.code_list));
        let agreed = profile.as_ref().and_then(|(profile, _)| self.directories.release(profile.code_lists()?));
        let codes = declared.or(agreed);
        // A thread that panicked leaves whole definitions behind.
        let mut known = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = known.iter().find(|definition| definition.is_of(message, codes, profile.as_ref())) {
            return Ok(Arc::clone(definition));
        }
        let definition = Arc::new(Definition::new(message, codes, profile));
        if known.len() == Self::LIMIT {
            known.clear();
        }
        known.push(Arc::clone(&definition));
        Ok(definition)
    }

    fn undefined(&self, wanted: &MessageType) -> Undefined<'d> {
        let all = self.directories.releases().iter().map(String::as_str);
        Undefined { releases: ends(self.directories.releases_with(&wanted.name)), all: ends(all) }
    }
}

impl Definitions<'static> {
    /// Those of [`Directories::builtin`], for the whole program.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Definitions<'static>> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::new(Directories::builtin()))
    }
}

impl Undefined<'_> {
    /// Tells that there is nothing to check a message against.
    pub(super) fn finding(self, segment: &Segment<'_>, header: &MessageHeader<'_>, wanted: &MessageType) -> Diagnostic {
        let message = if !wanted.agency.is_empty() && wanted.agency != "UN" {
            Message::new("agency-unsupported").with("agency", &wanted.agency)
        } else if self.releases.is_none() {
            Message::new("message-unknown").with("message", &wanted.name)
        } else {
            Message::new("release-unknown")
                .with("message", &wanted.name)
                .with("release", format!("{}.{}", wanted.version, wanted.release))
        };
        let expected = match (self.releases, self.all) {
            (Some((first, last)), _) => format!("{} {first}–{last}", wanted.name),
            (None, Some((first, last))) => format!("{first}–{last}"),
            (None, None) => String::new(),
        };
        let identifier = header.identifier();
        let path = if header.is_interactive() { "UIH/S306" } else { "UNH/S009" };
        at(segment, identifier.span(), path, Code::error(1017), message)
            .expected(expected)
            .found(shown(identifier.raw()))
            .help(Message::new("help-read-as"))
    }
}

/// The first and the last.
fn ends<'d>(mut names: impl Iterator<Item = &'d str>) -> Option<(&'d str, &'d str)> {
    let first = names.next()?;
    Some((first, names.last().unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, code_list: &str) -> MessageType {
        let [name, version, release, agency, code_list] = [name, "D", "14B", "UN", code_list].map(str::to_owned);
        MessageType { name, version, release, agency, code_list, ..MessageType::default() }
    }

    #[test]
    fn what_is_the_same_is_compiled_once() {
        let definitions = Definitions::new(Directories::builtin());
        let definition = |wanted| definitions.message(&wanted, false, &[]).expect("a known message");
        let invoice = definition(of("INVOIC", ""));
        assert!(Arc::ptr_eq(&invoice, &definition(MessageType { association: "EAN".to_owned(), ..of("INVOIC", "") })));
        assert!(!Arc::ptr_eq(&invoice, &definition(of("INVOIC", "16B"))));
        assert!(!Arc::ptr_eq(&invoice, &definition(of("ORDERS", ""))));
    }

    #[test]
    fn no_more_are_kept_than_the_limit() {
        let directories = Directories::builtin();
        let definitions = Definitions::new(directories);
        let messages = directories.release("D.14B").expect("a known release").messages();
        for message in messages.filter(|message| !message.is_interactive()).take(Definitions::LIMIT + 1) {
            definitions.message(&of(message.tag(), ""), false, &[]).expect("a known message");
        }
        assert_eq!(definitions.messages.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_releases_that_have_a_message_are_told() {
        let definitions = Definitions::new(Directories::builtin());
        let releases = |wanted: MessageType| definitions.message(&wanted, false, &[]).unwrap_err().releases;
        let known = releases(MessageType { release: "94Z".to_owned(), ..of("INVOIC", "") });
        assert_eq!(known.map(|(first, _)| first), Some("D.93A"));
        assert_eq!(releases(of("INVOIX", "")), None);
    }
}
