//! The words of the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use karvan_engine::{Depth, ServiceCharacters};

use crate::commands::ack::Ack;

use crate::commands;

/// The open toolkit for trade documents.
#[derive(Debug, Parser)]
#[command(name = "karvan", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 good, 1 findings, 2 usage, 3 input/output, 4 not finished, 5 trust indeterminate, 70 a bug."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,

    /// What every verb takes.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every verb takes.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Write the result to FILE (default: standard output).
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) output: Option<PathBuf>,

    /// How findings and reports are written.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(crate) format: Format,

    /// Language of sentences: en or fa (default: the locale's).
    #[arg(long, value_enum, global = true)]
    pub(crate) lang: Option<Lang>,

    /// Colour of human output.
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: When,

    /// Print results and errors only.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Read settings from FILE (default: karvan.toml in this folder, one above it, or the user's configuration folder).
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,

    /// Read no settings.
    #[arg(long, global = true)]
    pub(crate) isolated: bool,

    /// Largest document that is read whole, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 1 << 30, global = true, hide_short_help = true)]
    pub(crate) max_size: u64,

    /// What compressed input, or an archive, may expand to, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 1 << 36, global = true, hide_short_help = true)]
    pub(crate) max_expanded: u64,

    /// How many times its size compressed input, or an archive, may expand to.
    #[arg(long, value_name = "TIMES", default_value_t = 500, global = true, hide_short_help = true,
        value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_ratio: u64,
}

/// How findings and reports are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    #[default]
    Human,
    /// One JSON document: an array of findings, or one object.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Findings as a SARIF 2.1.0 log.
    Sarif,
    /// Findings as a JUnit test report.
    Junit,
    /// Findings as workflow commands of GitHub Actions.
    Github,
}

impl Format {
    /// Whether it can tell findings and nothing else.
    pub(crate) const fn is_for_findings_alone(self) -> bool {
        matches!(self, Self::Sarif | Self::Junit | Self::Github)
    }
}

/// A language of sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English.
    En,
    /// Persian.
    Fa,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// What a document is: envelope, messages, tree of groups and segments with names.
    Inspect(commands::inspect::Inspect),
    /// Check documents: envelope, syntax, structure, codes.
    Validate(Validate),
    /// Answer an interchange: acknowledge or reject it by CONTRL, with what is wrong.
    Ack(Ack),
    /// Translate a document between syntaxes, with an exact report of what was carried and what was not.
    Convert(Convert),
    /// Lay out interchanges anew: one segment a line, counts, delimiters, repertoire.
    Fmt(commands::fmt::Fmt),
    /// Sign an XML document in place, or any file in a signature beside it.
    Sign(Sign),
    /// Verify a signature, and whom it can be trusted to come from.
    Verify(Verify),
    /// Certificates and paths between them.
    #[command(subcommand)]
    Trust(Trust),
    /// What the UN/EDIFACT directories say: releases, messages, segments, composites, elements, codes.
    #[command(subcommand)]
    Schema(Schema),
    /// What a finding's code or a name of the directories means: E1029, NAD, NAD@D.96A, C082, 3035, 3035=BY, INVOIC.
    Explain(commands::explain::Explain),
    /// Completions for a shell, on standard output.
    Completions(commands::completions::Completions),
    /// Manual pages, one for each verb, in a folder.
    Man(commands::completions::Man),
}

impl Verb {
    /// Whether its result is a list of findings.
    pub(crate) const fn tells_findings(&self) -> bool {
        matches!(self, Self::Validate(_))
    }
}

/// `karvan validate`.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// Files and folders, as they are or compressed (gzip, zstd, ZIP); standard input where there are none or `-` is named.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// How deep to check.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) level: Level,

    /// Read messages as of this directory, whatever they say: MESSAGE:VERSION:RELEASE, as CUSDEC:D:96B.
    #[arg(long = "as", value_name = "MESSAGE:D:RELEASE")]
    pub(crate) as_message: Option<String>,

    /// Make errors of what deviates from the syntax and is read all the same, and tell line ends between segments too.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Service characters that hold whatever UNA says, six as in UNA: ':+.? \'' where its '*' is data.
    #[arg(long, value_name = "CHARACTERS", value_parser = service_characters)]
    pub(crate) una: Option<ServiceCharacters>,

    /// Say why segments stand where they do, where their message has several places for them.
    #[arg(long)]
    pub(crate) explain_structure: bool,

    /// How many files to check at a time (default: as many as there are processors).
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// End with status 0 whatever was found.
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Longest segment that is read, in octets, 4096 or more.
    #[arg(long, value_name = "OCTETS", default_value_t = 16 << 20, hide_short_help = true, value_parser = at_least_a_page)]
    pub(crate) max_segment: usize,

    /// Longest object of a package, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 1 << 30, hide_short_help = true)]
    pub(crate) max_package: u64,

    /// How many references are compared: of the messages in an interchange, and of the interchanges of a run.
    #[arg(long, value_name = "COUNT", default_value_t = 1 << 20, hide_short_help = true)]
    pub(crate) max_references: usize,

    /// Stop after this many findings a document.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true,
        value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_findings: u64,
}

/// The six service characters, as they stand in UNA.
pub(crate) fn service_characters(text: &str) -> Result<ServiceCharacters, String> {
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
pub(crate) fn at_least_a_page(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(octets) if octets >= 4096 => Ok(octets),
        Ok(_) => Err("4096 or more".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}

/// How deep `validate` checks; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Envelope, counts, character repertoire.
    Syntax,
    /// Messages, groups, segments, elements, formats.
    Structure,
    /// Code values too.
    #[default]
    Codes,
}

impl From<Level> for Depth {
    fn from(level: Level) -> Self {
        match level {
            Level::Syntax => Self::Syntax,
            Level::Structure => Self::Structure,
            Level::Codes => Self::Codes,
        }
    }
}

/// `karvan convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// The document; standard input where there is none or `-` is named.
    #[arg(value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,

    /// What to write: edifact (INVOIC D.14B, 16B), edifact:D96A, edifact:D01B, cii, ubl, json.
    #[arg(long, value_name = "SYNTAX")]
    pub(crate) to: String,

    /// Write the output though something of the source is not in it.
    #[arg(long)]
    pub(crate) allow_loss: bool,

    /// Which document of an interchange that holds several, from 1.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) document: Option<usize>,

    /// Write the report of the conversion to FILE, as JSON (default: standard error, for a person).
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// `karvan sign`.
#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// The document; `-` for standard input.
    #[arg(value_name = "FILE")]
    pub(crate) path: PathBuf,

    /// The private key: PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    /// The signer's certificate, then those that lead to its authority.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Vec<PathBuf>,

    /// The form of the signature.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) form: Form,

    /// Write the signature alone; it then refers to the document by its file name.
    #[arg(long)]
    pub(crate) detached: bool,

    /// The canonical form that is digested.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) c14n: Canonical,

    /// The digest of what is signed, and of an RSA signature.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) digest: Digest,
}

/// The form of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// XML-Signature.
    #[default]
    Xmldsig,
}

/// A canonical form of XML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Canonical {
    /// Exclusive XML Canonicalization 1.0.
    #[default]
    Exclusive,
    /// Canonical XML 1.0.
    Inclusive,
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Digest {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What decides whom to trust.
#[derive(Args, Debug)]
pub(crate) struct TrustOptions {
    /// Trust anchors: a file or folder of certificates (PEM, DER, P7B).
    #[arg(long, value_name = "STORE")]
    pub(crate) trust: Vec<PathBuf>,

    /// Further certificates for paths, cross-certificates among them: files or folders.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Vec<PathBuf>,

    /// The time at which to judge, RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

/// `karvan verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The signed document, or the file of a detached signature; `-` for standard input.
    #[arg(value_name = "FILE")]
    pub(crate) path: PathBuf,

    /// Whom to trust.
    #[command(flatten)]
    pub(crate) trust: TrustOptions,

    /// The document of a detached signature, where it is not beside the signature under the name that it refers to.
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,

    /// Write what is signed, and nothing else, to FILE; only if signature and signer are good.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `karvan trust`.
#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Find the path from a certificate to a trust anchor.
    Path(TrustPath),
}

/// `karvan trust path`.
#[derive(Args, Debug)]
pub(crate) struct TrustPath {
    /// The certificate to judge, and those that it comes with: PEM, DER, P7B; `-` for standard input.
    #[arg(value_name = "LEAF")]
    pub(crate) leaf: PathBuf,

    /// Whom to trust.
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}

/// `karvan schema`.
#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// The releases and what each holds.
    List,
    /// A message: INVOIC@D.96A (without a release: the newest).
    Show(SchemaName),
    /// A segment: NAD@D.96A.
    Segment(SchemaName),
    /// A composite data element: C082@D.96A.
    Composite(SchemaName),
    /// A simple data element: 3035@D.96A.
    Element(SchemaName),
    /// What changed between two releases, whole or in a message, segment, composite or element.
    Diff(SchemaDiff),
    /// Import a release of the directories, a later one too, from your own copy of the official texts.
    Import(commands::import::SchemaImport),
    /// A code value: 3035 SU, 3035@D.96A SU; without a value, the whole list.
    Code(SchemaCode),
}

/// A name in a directory.
#[derive(Args, Debug)]
pub(crate) struct SchemaName {
    /// The name, with `@` and a release where it is not the newest.
    #[arg(value_name = "NAME[@RELEASE]")]
    pub(crate) name: String,
}

/// `karvan schema diff`.
#[derive(Args, Debug)]
pub(crate) struct SchemaDiff {
    /// The release before: D.96A.
    #[arg(value_name = "OLD")]
    pub(crate) old: String,

    /// The release after: D.21B.
    #[arg(value_name = "NEW")]
    pub(crate) new: String,

    /// What to compare, such as INVOIC, NAD, C082, 3035; without it, everything.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// A code value of an element.
#[derive(Args, Debug)]
pub(crate) struct SchemaCode {
    /// The element, with `@` and a release where it is not the newest.
    #[arg(value_name = "ELEMENT[@RELEASE]")]
    pub(crate) element: String,

    /// The value.
    #[arg(value_name = "VALUE")]
    pub(crate) value: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
