//! `karvan trust`, and the trust options that `verify` shares with it.

mod cross;
mod keyman;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};
use karvan_engine::text::Message;
use karvan_engine::trust::{Material, Named, age};
use karvan_engine::{
    Legacy, ObjectIdentifier, PathLimits, PolicyOptions, RevocationMode, Timestamp, TrustStatus, Verdict,
};

use crate::fetching::{FetchOptions, Others};
use crate::input::Input;
use crate::session::{Aside, Session, say_failed, say_problem, say_unread};
use crate::status::Status;
use cross::Cross;
use keyman::Keyman;

/// What decides whom to trust.
#[derive(Args, Debug)]
pub(crate) struct TrustOptions {
    /// Trust anchors: a file or folder of certificates (PEM, DER, P7B).
    #[arg(long, value_name = "STORE")]
    trust: Vec<PathBuf>,

    /// Further certificates for paths, cross-certificates among them: files or folders.
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,

    /// Registers of agreements (TOML), of which one must recognise a foreign authority.
    #[arg(long, value_name = "FILE")]
    register: Vec<PathBuf>,

    /// Trusted lists (ETSI TS 119 612), whose services are trust anchors while they are supervised.
    #[arg(long, value_name = "FILE", requires = "list_signer")]
    trusted_list: Vec<PathBuf>,

    /// Certificates of those who may sign the trusted lists.
    #[arg(long, value_name = "FILE")]
    list_signer: Vec<PathBuf>,

    /// The time at which to judge, RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Believe what is no longer safe, by name.
    #[arg(long, value_name = "NAME", value_parser = legacy())]
    allow_legacy: Vec<Legacy>,

    /// Lists of revoked certificates: files or folders (PEM, DER, P7B).
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,

    /// OCSP responses: files or folders (DER, PEM).
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,

    /// What must be known of revocation: of every certificate that it was not revoked (require), of those about which
    /// there is a list or a response (check), nothing (off) (default: require).
    // Without a default of its own it is no setting: a file beside a document must not decide it.
    #[arg(long, value_name = "WHAT", value_enum)]
    revocation: Option<Revocation>,

    /// How old a list or a response may be at that time, such as 7d or 12h (default: as long as it says itself).
    #[arg(long, value_name = "AGE")]
    max_revocation_age: Option<String>,

    /// A policy that will do, by its identifier (default: any).
    #[arg(long, value_name = "OID")]
    policy: Vec<String>,

    /// Ask for a path that is valid for a policy.
    #[arg(long)]
    require_explicit_policy: bool,

    /// Let no authority map policies of others to its own.
    #[arg(long)]
    inhibit_policy_mapping: bool,

    /// Do not take any policy for the one that is asked for.
    #[arg(long)]
    inhibit_any_policy: bool,

    /// A purpose that the certificate must be for, where it names any: its identifier (extended key usage).
    #[arg(long, value_name = "OID")]
    purpose: Vec<String>,

    #[command(flatten)]
    limits: SearchLimits,
}

impl TrustOptions {
    /// What is no longer safe, and is believed all the same.
    pub(crate) fn legacy(&self) -> Legacy {
        self.allow_legacy.iter().copied().collect()
    }
}

/// A reader of what is no longer safe, by its names.
fn legacy() -> impl clap::builder::TypedValueParser<Value = Legacy> {
    PossibleValuesParser::new(Legacy::all_names()).map(|name| Legacy::from_name(&name).unwrap_or_default())
}

/// What must be known of revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Revocation {
    Require,
    Check,
    Off,
}

/// How much the search for a path may cost; one that comes to a limit is not finished.
#[derive(Args, Clone, Copy, Debug)]
struct SearchLimits {
    /// Octets of a certificate.
    #[arg(long, value_name = "OCTETS", default_value_t = 64 * 1024, hide_short_help = true)]
    max_certificate_size: usize,

    /// Octets of the name of a subject or issuer.
    #[arg(long, value_name = "OCTETS", default_value_t = 2 * 1024, hide_short_help = true)]
    max_name_size: usize,

    /// Certificates that are read.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, hide_short_help = true)]
    max_certificates: usize,

    /// Certificates in a path, without the trust anchor.
    #[arg(long, value_name = "COUNT", default_value_t = 12, hide_short_help = true)]
    max_path_length: usize,

    /// Certificates that are considered as issuers, over all paths.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true)]
    max_edges: usize,

    /// Signatures that are checked.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, hide_short_help = true)]
    max_signature_checks: usize,

    /// Paths that are tried.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, hide_short_help = true)]
    max_paths: usize,

    /// Comparisons of a name with a name constraint.
    #[arg(long, value_name = "COUNT", default_value_t = 250_000, hide_short_help = true)]
    max_name_comparisons: usize,

    /// Nodes and edges of policy graphs.
    #[arg(long, value_name = "COUNT", default_value_t = 250_000, hide_short_help = true)]
    max_policy_nodes: usize,

    /// Octets of a revocation list or an OCSP response.
    #[arg(long, value_name = "OCTETS", default_value_t = 64 * 1024 * 1024, hide_short_help = true)]
    max_revocation_size: usize,

    /// Revocation lists and OCSP responses that are read.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true)]
    max_revocation_items: usize,

    /// Revocation lists and OCSP responses that are looked at, over all certificates.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, hide_short_help = true)]
    max_revocation_checks: usize,

    /// Authorities behind each other whose lists prove a list.
    #[arg(long, value_name = "COUNT", default_value_t = 8, hide_short_help = true)]
    max_revocation_depth: usize,
}

impl SearchLimits {
    const fn limits(self) -> PathLimits {
        PathLimits {
            certificate_size: self.max_certificate_size,
            name_size: self.max_name_size,
            certificates: self.max_certificates,
            path_length: self.max_path_length,
            edges: self.max_edges,
            signature_checks: self.max_signature_checks,
            paths: self.max_paths,
            name_comparisons: self.max_name_comparisons,
            policy_nodes: self.max_policy_nodes,
            revocation_size: self.max_revocation_size,
            revocation_items: self.max_revocation_items,
            revocation_checks: self.max_revocation_checks,
            revocation_depth: self.max_revocation_depth,
        }
    }
}

/// `karvan trust`.
#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Find the path from a certificate to a trust anchor.
    Path(TrustPath),
    /// Tell of every path that was tried, with each check, its clause, what it looked at and its result.
    Explain(TrustPath),
    /// Draw the paths: the accepted one bold, what was rejected with the rule.
    Graph(Graph),
    /// Deliver the path to a partner: an interchange with a KEYMAN (ISO 9735-9), and the certificates in packages.
    Keyman(Keyman),
    /// Cross-certificates before they are relied on.
    #[command(subcommand)]
    Cross(Cross),
    /// List every foreign authority that the trust anchors lead to, with what binds it.
    Leak(Looked),
    /// Look over the trust anchors of a store.
    CheckStore(Looked),
}

/// `karvan trust graph`.
#[derive(Args, Debug)]
pub(crate) struct Graph {
    #[command(flatten)]
    path: TrustPath,

    /// In what it is drawn.
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    form: Form,
}

/// In what a graph is drawn.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    /// SVG, an image.
    #[default]
    Svg,
    /// DOT, for Graphviz.
    Dot,
    /// Mermaid, for pages written in Markdown.
    Mermaid,
}

/// `karvan trust leak` and `karvan trust check-store`.
#[derive(Args, Debug)]
pub(crate) struct Looked {
    #[command(flatten)]
    trust: TrustOptions,
}

/// `karvan trust path` and `karvan trust explain`.
#[derive(Args, Debug)]
pub(crate) struct TrustPath {
    /// The certificate to judge, and those that it comes with: PEM, DER, P7B; standard input where there is none or `-` is
    /// named.
    #[arg(value_name = "LEAF")]
    leaf: Option<PathBuf>,

    /// Whom to trust.
    #[command(flatten)]
    trust: TrustOptions,

    /// Who is asked.
    #[command(flatten)]
    fetch: FetchOptions,
}

pub(crate) fn run(asked: &Trust, session: Session) -> io::Result<Status> {
    match asked {
        Trust::Path(asked) => path(asked, session, false, |session, verdict| {
            let explanation = verdict.explanation();
            session.result(|language| explanation.text(language), &explanation).map(|()| true)
        }),
        Trust::Explain(asked) => path(asked, session, true, |session, verdict| {
            let explanation = verdict.explanation();
            session.result(|language| explanation.account(language), &explanation).map(|()| true)
        }),
        Trust::Graph(asked) => path(&asked.path, session, true, |session, verdict| {
            let (graph, language) = (karvan_engine::TrustGraph::new(verdict), session.style.language);
            let drawn = match asked.form {
                Form::Svg => graph.svg(language),
                Form::Dot => graph.dot(language),
                Form::Mermaid => graph.mermaid(language),
            };
            session.output.write_all(drawn.as_bytes()).map(|()| true)
        }),
        Trust::Keyman(asked) => {
            path(&asked.path, session, false, |session, verdict| keyman::tell(asked, session, verdict))
        }
        Trust::Cross(asked) => cross::run(asked, session),
        Trust::Leak(asked) => cross::leak(&asked.trust, session),
        Trust::CheckStore(asked) => cross::check_store(&asked.trust, session),
    }
}

/// Judges the certificate that is asked about, of `every` path or until one holds, and tells of the verdict. Where `tell` says that
/// nothing came of it, no file is written.
fn path(
    asked: &TrustPath,
    mut session: Session,
    every: bool,
    tell: impl FnOnce(&mut Session, &Verdict) -> io::Result<bool>,
) -> io::Result<Status> {
    let others = match asked.fetch.open(&session) {
        Ok(others) => others,
        Err(status) => return Ok(status),
    };
    let (mut material, at) = match store(&asked.trust, others.as_ref(), &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    if every {
        material.every_path();
    }
    let input = match session.one_input(asked.leaf.as_ref(), "trust path") {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    let name = input.name();
    let leaf = match input.read(session.limits) {
        Ok(octets) => [(name.clone(), octets)],
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let verdict = match material.path(&leaf, at) {
        Ok(verdict) => verdict,
        Err(findings) => {
            for finding in &findings {
                session.finding(&name, finding)?;
            }
            session.finish_findings()?;
            return Ok(Status::Findings);
        }
    };
    let is_written = tell(&mut session, &verdict)?;
    let aside = Aside::new(&session);
    if is_written {
        session.output.finish()?;
    }
    let ended = status(verdict.status());
    Ok(others.map_or(ended, |others| others.finish(ended, at, aside)))
}

/// Reads what decides whom to trust, which must be named.
fn store(asked: &TrustOptions, others: Option<&Others>, session: &Session) -> Result<(Material, Timestamp), Status> {
    if asked.trust.is_empty() && asked.trusted_list.is_empty() {
        return Err(session.usage(&Message::new("usage-no-store")));
    }
    material(asked, others, session)
}

/// The exit status that a verdict about trust amounts to.
pub(crate) fn status(status: TrustStatus) -> Status {
    match status {
        TrustStatus::Accepted => Status::Good,
        TrustStatus::Rejected => Status::Findings,
        TrustStatus::Indeterminate => Status::Indeterminate,
        _ => Status::Unfinished,
    }
}

/// Reads what decides whom to trust, and when; what it lacks, `others` are asked for. What cannot be read is told.
pub(crate) fn material(
    asked: &TrustOptions,
    others: Option<&Others>,
    session: &Session,
) -> Result<(Material, Timestamp), Status> {
    // What was fetched for a time is judged again for that time.
    let at = match others.and_then(|others| others.at).filter(|_| asked.at.is_none()) {
        Some(at) => at,
        None => time(asked.at.as_deref(), session)?,
    };
    let store = files(&asked.trust, session)?;
    let certificates = files(&asked.cert, session)?;
    let evidence = [files(&asked.crl, session)?, files(&asked.ocsp, session)?].concat();
    let policies = PolicyOptions {
        acceptable: identifiers(&asked.policy, session)?.into_iter().collect(),
        require_explicit: asked.require_explicit_policy,
        inhibit_mapping: asked.inhibit_policy_mapping,
        inhibit_any: asked.inhibit_any_policy,
    };
    let mode = match asked.revocation {
        None | Some(Revocation::Require) => RevocationMode::Require,
        Some(Revocation::Check) => RevocationMode::Check,
        Some(Revocation::Off) => RevocationMode::Off,
    };
    let freshness = asked.max_revocation_age.as_deref().map(age).transpose();
    let freshness = freshness.map_err(|error| session.usage(&Message::new("usage-age").with("detail", error)))?;
    let mut material = Material::load(&store, &certificates, asked.limits.limits())
        .with_evidence(&evidence)
        .revocation(mode, freshness)
        .legacy(asked.legacy())
        .policies(policies)
        .purposes(identifiers(&asked.purpose, session)?);
    material.add_trusted_lists(&files(&asked.trusted_list, session)?, &files(&asked.list_signer, session)?);
    if let Err((file, message)) = material.recognised_by(&files(&asked.register, session)?) {
        say_problem(&file, &session.text(&message));
        return Err(Status::Usage);
    }
    let mut aside = Aside::new(session);
    for (file, problem) in material.problems().iter().chain(&material.stale_lists(at)) {
        aside.finding(file, problem);
    }
    if let Some(others) = others {
        material = others.asked_by(material);
    }
    let asks_for_anchors = !asked.trust.is_empty() || !asked.trusted_list.is_empty();
    if asks_for_anchors && !material.has_anchors() {
        return Err(session.usage(&Message::new("usage-no-anchor")));
    }
    Ok((material, at))
}

/// The time that is asked about.
fn time(asked: Option<&str>, session: &Session) -> Result<Timestamp, Status> {
    match asked.map(str::parse) {
        // Certificates count in seconds.
        None => Ok(Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()),
        Some(Ok(at)) => Ok(at),
        Some(Err(error)) => Err(session.usage(&Message::new("usage-time").with("detail", error))),
    }
}

/// Object identifiers from their decimal numbers.
fn identifiers(texts: &[String], session: &Session) -> Result<Vec<ObjectIdentifier>, Status> {
    let read = texts.iter().map(|text| {
        text.parse().map_err(|_| session.usage(&Message::new("usage-identifier").with("identifier", text)))
    });
    read.collect()
}

pub(crate) fn files(paths: &[PathBuf], session: &Session) -> Result<Vec<Named>, Status> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let inputs = Input::all(paths).map_err(|error| say_failed("certificates", &error))?;
    let read = inputs.iter().map(|input| match input.read(session.limits) {
        Ok(octets) => Ok((input.name(), octets)),
        Err(error) => Err(say_unread(&input.name(), &error)),
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Asked {
        #[command(flatten)]
        limits: SearchLimits,
    }

    #[test]
    fn limits_are_those_of_the_search() {
        assert_eq!(Asked::parse_from(["karvan"]).limits.limits(), PathLimits::default());
    }
}
