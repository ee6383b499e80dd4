//! What documents are to be read as, whatever they say: messages of a type, XML documents of a grammar.

use std::fmt;

use karvan_schema::directory::Directories;
use karvan_schema::interchange::{MessageType, directory_of};
use karvan_schema::xml::Grammars;
use karvan_text::{Language, Message};

use crate::schema::LookupError;

/// What documents are read as, whatever they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadAs {
    /// Every message as of this type.
    Message(MessageType),
    /// Every XML document by the grammar of this name.
    Grammar(&'static str),
}

/// Why documents cannot be read as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadAsError {
    /// What was asked for is not written as `CUSDEC:D:96B`, and is no XML grammar.
    Form {
        /// What was asked for.
        found: String,
    },
    /// There is no such directory, or no such message in it.
    Unknown(LookupError),
}

impl ReadAsError {
    /// The sentence to tell, from the catalogue.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Form { found } => Message::new("read-as-form").with("found", found),
            Self::Unknown(error) => error.message(),
        }
    }
}

impl fmt::Display for ReadAsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::English))
    }
}

impl std::error::Error for ReadAsError {}

/// What `text` names: a message type as `CUSDEC:D:96B`, a service message as `CONTRL:4:1`, an XML grammar as `ubl-2.1`.
///
/// ```
/// use karvan_engine::{ReadAs, read_as};
///
/// assert!(matches!(read_as("cusdec:d:96b")?, ReadAs::Message(message) if message.name == "CUSDEC"));
/// assert_eq!(read_as("UBL-2.1")?, ReadAs::Grammar("ubl-2.1"));
/// assert!(read_as("CUSDEX:D:96B").unwrap_err().to_string().ends_with("did you mean CUSDEC?"));
/// # Ok::<(), karvan_engine::ReadAsError>(())
/// ```
///
/// # Errors
/// If it is not written so, or there is no such message.
pub fn read_as(text: &str) -> Result<ReadAs, ReadAsError> {
    if let Some(grammar) = Grammars::builtin().headings().find(|grammar| grammar.name().eq_ignore_ascii_case(text)) {
        return Ok(ReadAs::Grammar(grammar.name()));
    }
    let parts: Vec<_> = text.split(':').map(str::to_ascii_uppercase).collect();
    let (name, version, release) = match &parts[..] {
        [name, version, release] | [name, version, release, _] if parts.iter().all(|part| !part.is_empty()) => {
            (name.clone(), version.clone(), release.clone())
        }
        _ => return Err(ReadAsError::Form { found: text.to_owned() }),
    };
    let agency = parts.get(3).map_or("UN", String::as_str);
    if agency != "UN" {
        return Err(ReadAsError::Form { found: text.to_owned() });
    }
    let message = MessageType { name, version, release, agency: agency.to_owned(), ..MessageType::default() };
    let unknown = |error| Err(ReadAsError::Unknown(error));
    let Some(directory) = directory_of(Directories::builtin(), &message) else {
        return unknown(LookupError::release(&format!("{}.{}", message.version, message.release)));
    };
    match directory.message(&message.name) {
        Some(_) => Ok(ReadAs::Message(message)),
        None => unknown(LookupError::tag(&message.name, directory, |other| other.message(&message.name).is_some())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_type_is_one_of_the_directories() {
        let ReadAs::Message(read) = read_as("ORDERS:D:96A:UN").unwrap() else { panic!("a message") };
        assert_eq!((read.version.as_str(), read.release.as_str(), read.agency.as_str()), ("D", "96A", "UN"));
        assert!(read_as("CONTRL:D:3").is_ok() && read_as("CONTRL:4:1").is_ok());
        for (text, why) in [
            ("ORDERS", "takes MESSAGE:VERSION:RELEASE"),
            ("ORDERS:D", "takes MESSAGE:VERSION:RELEASE"),
            ("ORDERS::96A", "takes MESSAGE:VERSION:RELEASE"),
            ("ORDERS:D:96A:GS", "takes MESSAGE:VERSION:RELEASE"),
            ("ORDERS:D:96C", "there is no directory D.96C; did you mean D.96A, D.96B?"),
            ("ORDRES:D:96A", "ORDRES is in no directory; did you mean ORDERS?"),
            ("VERMAS:D:96A", "VERMAS is not in directory D.96A"),
        ] {
            let error = read_as(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
