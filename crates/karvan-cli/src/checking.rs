//! How documents are read and checked: what the verbs that do so have in common.

use clap::{Args, ValueEnum, value_parser};
use karvan_engine::validate::{Options, Rules};
use karvan_engine::{Depth, ReadAsError, ServiceCharacters, read_as};

use crate::input::Limits;

/// How interchanges are read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Service characters that hold whatever UNA says, six as in UNA: ':+.? \'' where its '*' is data.
    #[arg(long, value_name = "CHARACTERS", value_parser = service_characters)]
    pub(crate) una: Option<ServiceCharacters>,

    /// Longest segment that is read, in octets, 4096 or more.
    #[arg(long, value_name = "OCTETS", default_value_t = 16 << 20, hide_short_help = true, value_parser = at_least_a_page)]
    pub(crate) max_segment: usize,
}

/// How documents are checked.
#[derive(Args, Debug)]
pub(crate) struct Checking {
    /// How deep to check [default: codes, and the business rules that a document says it keeps].
    #[arg(long, value_enum)]
    pub(crate) level: Option<Level>,

    /// Read messages as of this directory, whatever they say: MESSAGE:VERSION:RELEASE, as CUSDEC:D:96B; or XML by this
    /// grammar, as ubl-2.1.
    #[arg(long = "as", value_name = "MESSAGE:D:RELEASE|GRAMMAR")]
    as_message: Option<String>,

    /// Make errors of what deviates from the syntax and is read all the same, and tell line ends between segments too.
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    reading: Reading,

    /// Longest message of which business rules are asked, in octets, 4096 or more.
    #[arg(long, value_name = "OCTETS", default_value_t = 64 << 20, hide_short_help = true, value_parser = at_least_a_page)]
    max_message: usize,

    /// Longest object of a package, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 1 << 30, hide_short_help = true)]
    max_package: u64,

    /// How many references are compared: of the messages in an interchange, and of the interchanges of a run.
    #[arg(long, value_name = "COUNT", default_value_t = 1 << 20, hide_short_help = true)]
    pub(crate) max_references: usize,

    /// Stop after this many findings a document; what is answered needs all of them, and tells this many.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true,
        value_parser = value_parser!(u64).range(1..))]
    max_findings: u64,
}

impl Checking {
    /// What the engine is asked.
    ///
    /// # Errors
    /// `--as` names no message.
    pub(crate) fn options(&self, limits: Limits) -> Result<Options, ReadAsError> {
        let mut options = Options::default();
        if let Some(level) = self.level {
            (options.depth, options.rules) = level.parts();
        }
        options.message_limit = self.max_message;
        options.read_as = self.as_message.as_deref().map(read_as).transpose()?;
        options.strict = self.strict;
        options.characters = self.reading.una;
        options.segment_limit = self.reading.max_segment;
        options.object_limit = self.max_package;
        options.reference_limit = self.max_references;
        options.finding_limit = self.max_findings;
        options.size_limit = limits.size;
        options.xml = limits.xml;
        Ok(options)
    }
}

/// How deep documents are checked; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Envelope, counts, character repertoire.
    Syntax,
    /// Messages, groups, segments, elements, formats.
    Structure,
    /// Code values too.
    Codes,
    /// The business rules for documents of its kind too, whether or not a document says that it keeps them.
    Rules,
}

impl Level {
    /// What is checked against directories and grammars, and which business rules are asked.
    const fn parts(self) -> (Depth, Rules) {
        match self {
            Self::Syntax => (Depth::Syntax, Rules::None),
            Self::Structure => (Depth::Structure, Rules::None),
            Self::Codes => (Depth::Codes, Rules::None),
            Self::Rules => (Depth::Codes, Rules::All),
        }
    }
}

/// The six service characters, as they stand in UNA.
fn service_characters(text: &str) -> Result<ServiceCharacters, String> {
    let advice = [b"UNA", text.as_bytes()].concat();
    if advice.len() != ServiceCharacters::ADVICE_LENGTH {
        return Err(
            "six characters, as in UNA: component, element, decimal mark, release, repetition, terminator".into()
        );
    }
    ServiceCharacters::from_advice(&advice).filter(|characters| characters.doubtful().is_empty()).ok_or_else(|| {
        "six different characters that are no letters or digits; a space where release or repetition is not used".into()
    })
}

/// A length that the reader of segments can keep to.
fn at_least_a_page(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(octets) if octets >= 4096 => Ok(octets),
        Ok(_) => Err("4096 or more".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}
