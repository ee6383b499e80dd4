//! The words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use karvan_engine::XmlLimits;

use crate::commands;
use crate::input::Limits;

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

    /// Tell also what is done: which settings and imported releases hold, how long it took.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,

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

    #[command(flatten)]
    xml: XmlOptions,
}

/// How much of everything an XML document may have.
#[derive(Args, Clone, Debug)]
pub(crate) struct XmlOptions {
    /// Elements of XML within one another.
    #[arg(long, value_name = "COUNT", default_value_t = 256, global = true, hide_short_help = true)]
    max_xml_depth: usize,

    /// Attributes and namespace declarations of an element of XML.
    #[arg(long, value_name = "COUNT", default_value_t = 256, global = true, hide_short_help = true)]
    max_xml_attributes: usize,

    /// Namespace declarations in scope of an element of XML.
    #[arg(long, value_name = "COUNT", default_value_t = 256, global = true, hide_short_help = true)]
    max_xml_namespaces: usize,

    /// Elements, attributes, texts and comments of an XML document.
    #[arg(long, value_name = "COUNT", default_value_t = 16_000_000, global = true, hide_short_help = true)]
    max_xml_nodes: usize,

    /// Octets of the different names of an XML document that is read in a stream.
    #[arg(long, value_name = "OCTETS", default_value_t = 2 << 20, global = true, hide_short_help = true)]
    max_xml_names: usize,

    /// Octets of a tag, comment or section of an XML document that is read in a stream.
    #[arg(long, value_name = "OCTETS", default_value_t = 16 << 20, global = true, hide_short_help = true)]
    max_xml_markup: usize,

    /// Octets of the value of an element of XML that is checked.
    #[arg(long, value_name = "OCTETS", default_value_t = 64 << 20, global = true, hide_short_help = true)]
    max_xml_value: usize,
}

impl Common {
    /// The limits on what is read.
    pub(crate) fn limits(&self) -> Limits {
        let xml = XmlLimits {
            size: usize::try_from(self.max_size).unwrap_or(usize::MAX),
            depth: self.xml.max_xml_depth,
            attributes: self.xml.max_xml_attributes,
            namespaces: self.xml.max_xml_namespaces,
            nodes: self.xml.max_xml_nodes,
            names: self.xml.max_xml_names,
            markup: self.xml.max_xml_markup,
            value: self.xml.max_xml_value,
            ..XmlLimits::default()
        };
        Limits { size: self.max_size, expanded: self.max_expanded, ratio: self.max_ratio, xml }
    }
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
    Validate(commands::validate::Validate),
    /// Answer an interchange: acknowledge or reject it by CONTRL, with what is wrong.
    Ack(commands::ack::Ack),
    /// Translate a document between syntaxes, with an exact report of what was carried and what was not.
    Convert(commands::convert::Convert),
    /// Compare what two documents say, whatever syntax each is in: an order in EDIFACT with one in UBL.
    Diff(commands::diff::Diff),
    /// Lay out interchanges anew: one segment a line, counts, delimiters, repertoire.
    Fmt(commands::fmt::Fmt),
    /// Sign an XML document in place, or any file in a signature beside it.
    Sign(commands::sign::Sign),
    /// Verify a signature, and whom it can be trusted to come from.
    Verify(Box<commands::verify::Verify>),
    /// Certificates and paths between them.
    #[command(subcommand)]
    Trust(commands::trust::Trust),
    /// What the UN/EDIFACT directories say: releases, messages, segments, composites, elements, codes.
    #[command(subcommand)]
    Schema(commands::schema::Schema),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn limits_on_xml_are_those_of_its_reader_but_for_the_size() {
        let asked = Arguments::try_parse_from(["karvan", "validate"]).unwrap();
        let XmlLimits { size, .. } = XmlLimits::default();
        assert_eq!(XmlLimits { size, ..asked.common.limits().xml }, XmlLimits::default());
    }
}
