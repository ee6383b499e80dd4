//! `karvan verify`.

mod answer;
mod cms;
mod edifact;
mod given;
mod told;

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::{Component, Path, PathBuf};

use clap::Args;
use karvan_engine::detect::{self, HEAD, Kind};
use karvan_engine::text::Message;
use karvan_engine::trust::{Material, Named};
use karvan_engine::verify::asic;
use karvan_engine::verify::cms::{begins, decoded};
use karvan_engine::verify::{
    GivenKeys, Outcome, Report, files_referred_to, verify, verify_by_keys, verify_stream, verify_stream_by_keys,
};
use karvan_engine::{Coverage, SignaturePolicy, Timestamp};
use serde_json::{Value, json};

use self::answer::AnswerOptions;
use self::given::GivenOptions;
use self::told::{Conclusion, Told};
use super::trust::{TrustOptions, material};
use crate::fetching::FetchOptions;
use crate::input::{Input, Limits, whole};
use crate::output::Output;
use crate::session::{Aside, Session, say, say_unread};
use crate::status::Status;

/// `karvan verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The signed document, or the file of a detached signature; standard input where there is none or `-` is named.
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,

    /// Whom to trust.
    #[command(flatten)]
    trust: TrustOptions,

    /// Who is asked.
    #[command(flatten)]
    fetch: FetchOptions,

    #[command(flatten)]
    given: GivenOptions,

    #[command(flatten)]
    answer: AnswerOptions,

    /// The document of a detached signature, where it is not beside the signature under the name that it refers to.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,

    /// Write what is signed, and nothing else, to FILE; only if signature and signer are good.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What must be covered. Of an interchange `bodies` of all its messages and packages, or all its octets, `interchanges`, or
    /// `anything` that is signed; of an XML document, in place of the whole of it, an element by its path (`/Invoice/cac:Party[2]`).
    #[arg(long, value_name = "WHAT", value_parser = Required::read)]
    require_covers: Vec<Required>,

    /// Show each stretch of octets of an interchange that is signed, with its digest.
    #[arg(long)]
    explain: bool,

    /// Parts of documents that a signature refers to.
    #[arg(long, value_name = "COUNT", default_value_t = 32, hide_short_help = true)]
    max_signed_parts: usize,

    /// Transforms of a part.
    #[arg(long, value_name = "COUNT", default_value_t = 3, hide_short_help = true)]
    max_transforms: usize,

    /// Certificates and keys that a signature offers.
    #[arg(long, value_name = "COUNT", default_value_t = 16, hide_short_help = true)]
    max_keys: usize,

    /// Signers of one CMS signature.
    #[arg(long, value_name = "COUNT", default_value_t = 16, hide_short_help = true)]
    max_signers: usize,

    /// Octets of a CMS signature beside its content.
    #[arg(long, value_name = "OCTETS", default_value_t = 8 << 20, hide_short_help = true)]
    max_signature_size: usize,
}

/// Whom a signature in XML is to come from.
enum Whom<'w> {
    /// Somebody to whose certificate a path leads.
    Certified(&'w Material),
    /// Whoever has the keys that the user gives.
    Keyed(&'w GivenKeys),
}

/// What must be covered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Required {
    Interchange(CoverageName),
    /// An element of an XML document.
    Element(String),
}

impl Required {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "bodies" => Ok(Self::Interchange(CoverageName::Bodies)),
            "interchanges" => Ok(Self::Interchange(CoverageName::Interchanges)),
            "anything" => Ok(Self::Interchange(CoverageName::Anything)),
            path if path.starts_with('/') => Ok(Self::Element(path.to_owned())),
            _ => Err("bodies, interchanges, anything, or a path (/Invoice/cac:Party[2])".to_owned()),
        }
    }
}

impl Verify {
    /// What must be covered of an interchange.
    fn coverage_of_interchange(&self) -> CoverageName {
        let name = |required: &Required| match required {
            Required::Interchange(name) => Some(*name),
            Required::Element(_) => None,
        };
        self.require_covers.iter().find_map(name).unwrap_or_default()
    }

    /// What must be covered of an XML document.
    fn coverage_of_document(&self) -> Coverage {
        if self.require_covers.contains(&Required::Interchange(CoverageName::Anything)) {
            return Coverage::Anything;
        }
        let path = |required: &Required| match required {
            Required::Element(path) => Some(path.clone()),
            Required::Interchange(_) => None,
        };
        let paths: Vec<_> = self.require_covers.iter().filter_map(path).collect();
        if paths.is_empty() { Coverage::Document } else { Coverage::Elements(paths) }
    }
}

/// What must be covered of an interchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CoverageName {
    /// The body of every message and package.
    #[default]
    Bodies,
    /// Every octet from UNB to UNZ.
    Interchanges,
    /// Whatever the signatures say that they sign.
    Anything,
}

pub(crate) fn run(asked: &Verify, session: Session) -> io::Result<Status> {
    if asked.out.as_deref() == Some(Path::new("-")) && session.output.is_stdout() {
        return Ok(session.usage(&Message::new("usage-two-to-output").with("option", "--out")));
    }
    let others = match asked.fetch.open(&session) {
        Ok(others) => others,
        Err(status) => return Ok(status),
    };
    let (material, at) = match material(&asked.trust, others.as_ref(), &session) {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    let aside = Aside::new(&session);
    let ended = judge(asked, &material, at, session)?;
    Ok(others.map_or(ended, |others| others.finish(ended, at, aside)))
}

fn judge(asked: &Verify, material: &Material, at: Timestamp, mut session: Session) -> io::Result<Status> {
    let input = match session.one_input(asked.path.as_ref(), "verify") {
        Ok(input) => input,
        Err(status) => return Ok(status),
    };
    let name = input.name();
    let given = match asked.given.read(&session) {
        Ok(given) => given,
        Err(status) => return Ok(status),
    };
    let whom = if given.is_empty() { Whom::Certified(material) } else { Whom::Keyed(&given) };
    if let Some(container) = container(&input) {
        if let Some(status) = asked.is_not_xml(&session).or_else(|| asked.is_no_interchange(&session)) {
            return Ok(status);
        }
        return cms::container(asked, &input, container, material, at, session);
    }
    let (head, source) = match input.open(session.limits).and_then(beginning) {
        Ok(opened) => opened,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    let (is_cms, is_interchange) = (begins(&head), detect::kind(&head) == Some(Kind::Edifact));
    if (is_cms || is_interchange)
        && let Some(status) = asked.is_not_xml(&session)
    {
        return Ok(status);
    }
    if !is_interchange && let Some(status) = asked.is_no_interchange(&session) {
        return Ok(status);
    }
    if is_cms {
        return cms::run(asked, &input, decoded(&head, source), material, at, session);
    }
    let policy = asked.policy(&session);
    if let Some(ended) = in_a_stream(asked, &input, &head, &whom, &policy, at, &mut session)? {
        session.output.finish()?;
        return Ok(ended);
    }
    let source = match whole(source, session.limits) {
        Ok(source) => source,
        Err(error) => return Ok(say_unread(&name, &error)),
    };
    if detect::kind(&source) == Some(Kind::Edifact) {
        return edifact::run(asked, &input, source, material, at, session);
    }
    let files = match files(asked, &source, session.limits) {
        Ok(files) => files,
        Err(status) => return Ok(status),
    };
    let outcome = match &whom {
        Whom::Certified(material) => verify(source, &files, material, &policy, at),
        Whom::Keyed(keys) => verify_by_keys(source, &files, keys, &policy, at),
    };
    let ended = tell(&name, &outcome, &mut session)?;
    let content = match &outcome {
        Outcome::Trusted(trusted) => Some(trusted.verified.content()),
        Outcome::ByGivenKey(good) => Some(good.verified.content()),
        _ => None,
    };
    let ended = match (content, &asked.out) {
        (Some(content), Some(out)) => write_content(content, out, &session)?,
        _ => ended,
    };
    session.output.finish()?;
    Ok(ended)
}

impl Verify {
    /// Keys in place of a path are for signatures in XML; elsewhere they would say nothing, and are refused.
    fn is_not_xml(&self, session: &Session) -> Option<Status> {
        let option = self.given.given()?;
        Some(session.usage(&Message::new("usage-key-of-xml").with("option", option)))
    }

    /// Interchanges alone are acknowledged.
    fn is_no_interchange(&self, session: &Session) -> Option<Status> {
        self.answer.is_asked().then(|| session.usage(&Message::new("usage-acknowledge-interchange")))
    }

    /// What is asked of a signature in XML.
    fn policy(&self, session: &Session) -> SignaturePolicy {
        SignaturePolicy {
            coverage: self.coverage_of_document(),
            references: self.max_signed_parts,
            transforms: self.max_transforms,
            keys: self.max_keys,
            legacy: self.trust.legacy(),
            xml: session.limits.xml,
            ..SignaturePolicy::default()
        }
    }
}

/// The file of a signed container, if the input is one.
fn container(input: &Input) -> Option<File> {
    let Input::File(path) = input else { return None };
    let mut file = File::open(path).ok()?;
    let mut head = Vec::new();
    (&mut file).take(asic::HEAD as u64).read_to_end(&mut head).ok()?;
    asic::begins(&head).then_some(file)
}

/// Verifies a signature over the whole of an XML file while that is read; none where it cannot be done so, or is not good.
fn in_a_stream(
    asked: &Verify,
    input: &Input,
    head: &[u8],
    whom: &Whom<'_>,
    policy: &SignaturePolicy,
    at: Timestamp,
    session: &mut Session,
) -> io::Result<Option<Status>> {
    let Input::File(path) = input else { return Ok(None) };
    let mut source = File::open(path)?;
    let mut first = vec![0; head.len()];
    // What is packed has other octets than those that were read of it.
    if detect::kind(head) != Some(Kind::Xml) || !source.metadata()?.is_file() || source.read_exact(&mut first).is_err()
    {
        return Ok(None);
    }
    // What is signed is known to be only at the end: it may go to a file, which can be taken back, and to nothing else.
    let mut output = match &asked.out {
        Some(out) => match Output::open(Some(out))? {
            file @ Output::File(_) => Some(file),
            _ => return Ok(None),
        },
        None => None,
    };
    let content: &mut dyn Write = match &mut output {
        Some(output) => output,
        None => &mut io::sink(),
    };
    if first != head {
        return Ok(None);
    }
    let outcome = match whom {
        Whom::Certified(material) => verify_stream(&mut source, material, policy, at, content)?,
        Whom::Keyed(keys) => verify_stream_by_keys(&mut source, keys, policy, content)?,
    };
    let Some(outcome) = outcome else { return Ok(None) };
    let ended = tell(&input.name(), &outcome, session)?;
    if let (Outcome::Trusted(_) | Outcome::ByGivenKey(_), Some(output)) = (&outcome, output) {
        output.finish()?;
    }
    Ok(Some(ended))
}

/// The first octets of a source, which tell what it is, and all of it.
fn beginning(mut source: Box<dyn Read>) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::new();
    source.as_mut().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(source)))
}

/// The files that a detached signature refers to: the one that `--content` names, or those beside the signature.
fn files(asked: &Verify, source: &[u8], limits: Limits) -> Result<Vec<Named>, Status> {
    let mut files = Vec::new();
    for name in files_referred_to(source, &limits.xml) {
        let path = match &asked.content {
            Some(content) => content.clone(),
            // A name that leads elsewhere is not followed; the reference then has no file, and is told so.
            None if !is_plain(&name) => continue,
            None => asked.path.as_deref().unwrap_or(Path::new("-")).with_file_name(&name),
        };
        if asked.content.is_none() && !path.exists() {
            continue;
        }
        match Input::File(path.clone()).read(limits) {
            Ok(octets) => files.push((name, octets)),
            Err(error) => return Err(say_unread(&path.display().to_string(), &error)),
        }
    }
    Ok(files)
}

/// Whether the name is that of a file in the same folder.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !name.contains(':')
}

fn tell(name: &str, outcome: &Outcome, session: &mut Session) -> io::Result<Status> {
    let given = match outcome {
        Outcome::ByGivenKey(good) => Some(good.verified.trust()),
        _ => None,
    };
    let (conclusion, report, verdict, findings): (_, Option<&Report>, _, _) = match outcome {
        Outcome::Trusted(trusted) => {
            (Conclusion::Trusted, Some(&trusted.report), Some(trusted.verified.trust()), Vec::new())
        }
        Outcome::ByGivenKey(good) => {
            (Conclusion::GivenKey(good.verified.trust().kind), Some(&good.report), None, Vec::new())
        }
        Outcome::Untrusted(report, verdict) => {
            (Conclusion::Signers(verdict.status()), Some(&**report), Some(&**verdict), Vec::new())
        }
        Outcome::Indeterminate(report, finding) => (Conclusion::Indeterminate, Some(&**report), None, vec![&**finding]),
        Outcome::Broken(findings) => (Conclusion::broken(findings), None, None, findings.iter().collect()),
    };
    let notes = report.iter().flat_map(|report| &report.notes);
    let language = session.style.language;
    let mut text = report.map(|report| report.text(language)).unwrap_or_default();
    text.extend(verdict.map(|verdict| verdict.explanation().text(language)));
    let told = Told {
        conclusion,
        indication: outcome.indication(),
        signatures: report.iter().map(|report| (json!(report), verdict)).collect(),
        uncovered: report.map(|report| report.uncovered.clone()).unwrap_or_default(),
        digests: Value::Null,
        given,
        findings: findings.into_iter().chain(notes).collect(),
        text,
    };
    told::tell(name, told, session)
}

/// Writes what is signed, and nothing else.
fn write_content(content: Option<&[u8]>, out: &Path, session: &Session) -> io::Result<Status> {
    let Some(content) = content else {
        say(&format!("karvan: {}: {}", out.display(), session.text(&Message::new("verify-several-contents"))));
        return Ok(Status::Findings);
    };
    let mut output = Output::open(Some(out))?;
    output.write_all(content)?;
    output.finish()?;
    Ok(Status::Good)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_files_beside_the_signature_are_read() {
        assert!(is_plain("order.xml"));
        for name in ["../order.xml", "/etc/passwd", "a/b.xml", "..", "file:///etc/passwd", "http://example.org/x", ""] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
