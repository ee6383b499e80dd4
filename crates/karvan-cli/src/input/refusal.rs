//! Why compressed input is not read to its end. None of it is ever told as valid: these are codes of layer 9.

use std::fmt;
use std::io;

use karvan_engine::text::{Code, Diagnostic, Language, Message, Place};

/// What keeps compressed input from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// What was expanded is compressed, or an archive, once more.
    Nested,
    /// It expands to more than so many times its size.
    Ratio(u64),
    /// It expands to more than so many octets.
    Expanded(u64),
    /// It is not what its form asks for; here the form's own words.
    Damaged(String),
    /// A member is encrypted.
    Encrypted,
    /// A member is compressed by a method that is not known.
    Method(String),
}

impl Refusal {
    /// The refusal that an error of reading came from.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// What is told about the document.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(self.code(), self.message(), Place::default())
    }

    const fn code(&self) -> Code {
        match self {
            Self::Nested => Code::error(9301),
            Self::Ratio(_) => Code::error(9302),
            Self::Expanded(_) => Code::error(9303),
            Self::Damaged(_) => Code::error(9304),
            Self::Encrypted => Code::error(9305),
            Self::Method(_) => Code::error(9306),
        }
    }

    fn message(&self) -> Message {
        match self {
            Self::Nested => Message::new("input-nested"),
            Self::Ratio(limit) => Message::new("input-ratio").with("limit", limit),
            Self::Expanded(limit) => Message::new("input-expanded").with("limit", limit),
            Self::Damaged(detail) => Message::new("input-damaged").with("detail", detail),
            Self::Encrypted => Message::new("input-encrypted"),
            Self::Method(method) => Message::new("input-method").with("method", method),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message().text(Language::English))
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(io::ErrorKind::InvalidData, refusal)
    }
}
