//! Verifying a signature, and whom it can be trusted to come from.

pub mod asic;
pub mod cms;
pub mod edifact;
mod given;
mod xades;

use std::fmt::Write as _;
use std::io::{self, Read, Seek, Write};

use jiff::Timestamp;
use karvan_pki::{Evidence, Status, Verdict};
use karvan_signature::{
    Covered, Doubt, ExternalFile, Indication, Intact, KnownKeys, Policy, Rejected, Target, Verified,
};
use karvan_text::{Code, Diagnostic, Language, Message, Place, Span};
use karvan_xml::{Document, Limits};
use serde::Serialize;

use crate::detect::{self, Kind};
use crate::trust::{Material, Named};

use xades::Examined;

pub use given::{ByGivenKey, GivenKey, GivenKeys, GivenKind, verify_by_keys, verify_stream_by_keys};
pub use karvan_signature::KeyError;
pub use xades::{Properties, Stamp};

/// How a verification ended.
#[derive(Debug)]
pub enum Outcome {
    /// The signature is good and a path leads from the signer to a trust anchor: here is the content.
    Trusted(Box<Trusted>),
    /// The signature is good by a key that the user gave; no path was looked for. Here is the content.
    ByGivenKey(Box<ByGivenKey>),
    /// The signature is good; the signer is not trusted. The verdict says why.
    Untrusted(Box<Report>, Box<Verdict>),
    /// The signature is good; whether to trust the signer cannot be said: no trust anchor was given, or the signature
    /// offers no certificate.
    Indeterminate(Box<Report>, Box<Diagnostic>),
    /// The signature is not good, or not one that may be relied on. There is one finding at least.
    Broken(Vec<Diagnostic>),
}

impl Outcome {
    /// The outcome in the words of ETSI EN 319 102-1.
    #[must_use]
    pub fn indication(&self) -> Indication {
        match self {
            Self::Trusted(_) => Indication::TotalPassed,
            // §5.2.3: a validation begins with the certificate of the signer, and nobody looked at one.
            Self::ByGivenKey(_) => Indication::Indeterminate(Doubt::NoSigningCertificateFound),
            Self::Untrusted(_, verdict) => Indication::of_path(verdict),
            Self::Indeterminate(_, finding) => Indication::of_finding(finding),
            Self::Broken(findings) => Indication::of_findings(findings),
        }
    }
}

/// Content of which it is proven who signed it.
#[derive(Debug)]
pub struct Trusted {
    /// The content, and the path that proves the signer.
    pub verified: Verified<Verdict>,
    /// What was signed by whom.
    pub report: Report,
}

/// What was signed, by whom, and what was not.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The path of the signature in its document.
    pub signature: String,
    /// The signature algorithm.
    pub algorithm: String,
    /// The kind of the signer's key.
    pub key: String,
    /// What is weak about it and was allowed (`--allow-legacy`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legacy: Vec<&'static str>,
    /// The subject of the signer's certificate, as far as the signature offers one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What the references cover.
    pub covered: Vec<CoveredPart>,
    /// What of the document no reference covers; told once, whatever signs the rest.
    #[serde(skip)]
    pub uncovered: Vec<Part>,
    /// What the signature says about itself, if it is one of XAdES.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Properties>,
    /// What speaks neither for the signature nor against it.
    #[serde(skip)]
    pub notes: Vec<Diagnostic>,
}

/// What one reference covers.
#[derive(Clone, Debug, Serialize)]
pub struct CoveredPart {
    /// Which reference, from 1.
    pub reference: usize,
    /// Which reference covers the manifest that it stands in, if it stands in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<usize>,
    /// Its URI; empty for the document that the signature stands in.
    pub uri: String,
    /// The digest algorithm.
    pub digest: String,
    /// What is covered.
    #[serde(flatten)]
    pub part: Part,
    /// Whether a filter leaves some of it out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub filtered: bool,
}

/// A part of a document, or a file.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The path in the document, `/` for all of it, or the name of the file.
    pub path: String,
    /// Its octets, where it is an element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

impl Report {
    fn new(intact: &Intact) -> Self {
        let signed_by = intact.signed_by();
        Self {
            signature: intact.path().to_owned(),
            algorithm: signed_by.method().to_string(),
            key: signed_by.key().map_or_else(|| "a shared secret".to_owned(), |key| key.kind().to_string()),
            legacy: intact.legacy().names().collect(),
            signer: signed_by.certificate().map(|certificate| certificate.subject().to_string()),
            covered: intact.covered().iter().map(covered_part).collect(),
            uncovered: intact
                .uncovered()
                .iter()
                .map(|part| Part { path: part.path.clone(), span: Some(part.span) })
                .collect(),
            properties: None,
            notes: Vec::new(),
        }
    }

    /// The report for people, several lines, each ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let mut line = |message: Message| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", message.text(language));
        };
        let signer = self.signer.clone().unwrap_or_else(|| self.key.clone());
        line(
            Message::new("verify-signed-by")
                .with("signer", signer)
                .with("algorithm", &self.algorithm)
                .with("key", &self.key),
        );
        if !self.legacy.is_empty() {
            line(Message::new("verify-legacy").with("names", self.legacy.join(", ")));
        }
        for covered in &self.covered {
            let id = match (covered.filtered, covered.manifest) {
                (false, None) => "verify-covered",
                (true, None) => "verify-covered-in-part",
                (false, Some(_)) => "verify-listed",
                (true, Some(_)) => "verify-listed-in-part",
            };
            let message = Message::new(id)
                .with("reference", covered.reference)
                .with("part", &covered.part.path)
                .with("digest", &covered.digest);
            line(covered.manifest.iter().fold(message, |message, list| message.with("manifest", list)));
        }
        self.properties.iter().flat_map(Properties::lines).for_each(line);
        text.extend(self.uncovered.iter().map(|part| part.text(language)));
        text
    }
}

impl Part {
    /// That nothing covers it, for people: a line, ended.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        format!("{}\n", Message::new("verify-uncovered").with("part", &self.path).text(language))
    }
}

fn covered_part(covered: &Covered) -> CoveredPart {
    let part = match &covered.target {
        Target::Document => Part { path: "/".to_owned(), span: None },
        Target::Element { path, span } => Part { path: path.clone(), span: Some(*span) },
        Target::File { name } => Part { path: name.clone(), span: None },
    };
    let (uri, digest) = (covered.uri.clone(), covered.digest.to_string());
    let (reference, manifest) = (covered.index, covered.manifest);
    CoveredPart { reference, manifest, uri, digest, part, filtered: !covered.is_whole }
}

/// The names of the files that the signature in `source` refers to, so that they can be read before it is verified.
///
/// References into the document itself (`""`, `#id`) name no file; what a URI escapes (`%20`) is given as it is named. What
/// is not XML refers to nothing.
#[must_use]
pub fn files_referred_to(source: &[u8], limits: &Limits) -> Vec<String> {
    const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
    let Ok(document) = Document::parse(source, limits) else { return Vec::new() };
    let elements = document.root().descendants().filter_map(|node| node.as_element());
    let uris =
        elements.filter(|element| element.is(SIGNATURE, "Reference")).filter_map(|element| element.attribute("URI"));
    uris.filter(|uri| !uri.is_empty() && !uri.starts_with('#')).map(unescaped).collect()
}

/// The name that `uri` escapes (RFC 3986 §2.1); the URI itself where that is no text.
fn unescaped(uri: &str) -> String {
    let mut octets = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let escaped = if *first == b'%' { digit(0).zip(digit(1)) } else { None };
        octets.push(escaped.map_or(*first, |(high, low)| (high * 16 + low) as u8));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(octets).unwrap_or_else(|_| uri.to_owned())
}

/// Verifies the signature in `source`, over `files` where it refers to any, and looks for the path from the signer to a
/// trust anchor of `material` at the time `at`. What is asked of the signature is in `policy`; the limits on certificates are
/// those of `material`.
#[must_use]
pub fn verify(source: Vec<u8>, files: &[Named], material: &Material, policy: &Policy, at: Timestamp) -> Outcome {
    let certificates = material.certificates();
    let known = KnownKeys { certificates: &certificates, ..KnownKeys::default() };
    match intact(source, files, &known, material, policy, at) {
        Ok((intact, examined)) => judge(intact, examined, material, at),
        Err(findings) => Outcome::Broken(findings),
    }
}

/// The signature in `source` by one of the keys that it offers or that are `known`, with what its properties say.
fn intact(
    source: Vec<u8>,
    files: &[Named],
    known: &KnownKeys<'_>,
    material: &Material,
    policy: &Policy,
    at: Timestamp,
) -> Result<(Intact, Option<Examined>), Vec<Diagnostic>> {
    if detect::kind(&source) != Some(Kind::Xml) {
        let finding = Diagnostic::new(Code::error(6001), Message::new("verify-not-xml"), Place::default());
        return Err(vec![finding.help(Message::new("help-verify-detached"))]);
    }
    let files: Vec<_> = files.iter().map(|(name, octets)| ExternalFile { name, octets }).collect();
    let policy = Policy { certificates: material.limits().clone(), ..policy.clone() };
    let with_properties = xades::may_be_in(&source).then(|| source.clone());
    let intact = karvan_signature::verify_with(source, &files, known, &policy).map_err(Rejected::into_findings)?;
    let examined = with_properties.map(|source| xades::examine(&source, &intact, material, &policy, at)).transpose()?;
    Ok((intact, examined.flatten()))
}

/// The same of a document that is read in a stream, in memory that does not grow with it; what is signed goes to `content`, and is
/// good only where the outcome is [`Outcome::Trusted`]. None where a stream does not do: [`verify`] then says what it is.
///
/// # Errors
/// What the source or `content` reports.
pub fn verify_stream(
    source: &mut (impl Read + Seek),
    material: &Material,
    policy: &Policy,
    at: Timestamp,
    content: &mut dyn Write,
) -> io::Result<Option<Outcome>> {
    let certificates = material.certificates();
    let known = KnownKeys { certificates: &certificates, ..KnownKeys::default() };
    let policy = Policy { certificates: material.limits().clone(), ..policy.clone() };
    let intact = karvan_signature::verify_stream(source, &known, &policy, content)?;
    Ok(intact.map(|intact| judge(intact, None, material, at)))
}

/// Looks for the path to a trust anchor, at the time that the properties of XAdES prove where there are any.
fn judge(intact: Intact, examined: Option<Examined>, material: &Material, at: Timestamp) -> Outcome {
    let mut report = Report::new(&intact);
    let (mut at, mut carried, mut evidence) = (at, Vec::new(), Evidence::default());
    if let Some(examined) = examined {
        (at, carried, evidence) = (examined.at, examined.certificates, examined.evidence);
        (report.properties, report.notes) = (Some(examined.properties), examined.notes);
    }
    let place = intact.place().clone();
    let indeterminate = |id: &'static str, help: &'static str| {
        let finding = Diagnostic::new(Code::warning(7900), Message::new(id), place.clone()).help(Message::new(help));
        Outcome::Indeterminate(Box::new(report.clone()), Box::new(finding))
    };
    if !material.has_anchors() {
        return indeterminate("verify-no-anchors", "help-trust");
    }
    let mut judged = None;
    let verified = intact.trust(|signed_by| {
        let signer = signed_by.certificate().ok_or(())?;
        let offered = signed_by.offered().iter().chain(&carried).filter(|offered| offered.der() != signer.der());
        let verdict = material.path_with(signer, offered, &evidence, at);
        if verdict.status() == Status::Accepted {
            return Ok(verdict);
        }
        judged = Some(verdict);
        Err(())
    });
    match (verified, judged) {
        (Ok(verified), _) => Outcome::Trusted(Box::new(Trusted { verified, report })),
        (Err(()), Some(verdict)) => Outcome::Untrusted(Box::new(report), Box::new(verdict)),
        (Err(()), None) => indeterminate("verify-no-certificate", "help-signer-certificate"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::{Identity, Options, Placement, Scheme, sign};

    fn file(name: &str, octets: &[u8]) -> Named {
        (name.to_owned(), octets.to_vec())
    }

    fn material() -> Material {
        let store = [file("iran", include_bytes!("../../../samples/pki/trust-iran/rishe-ye-melli.pem"))];
        let cross = [
            file("turkey", include_bytes!("../../../samples/pki/cross/iran-to-turkey.pem")),
            file("germany", include_bytes!("../../../samples/pki/cross/iran-to-germany-expired.pem")),
        ];
        Material::load(&store, &cross, karvan_pki::Limits::default())
    }

    fn signed_by_anka(options: &Options) -> Vec<u8> {
        let document = file("order.xml", b"<order><id>7</id></order>");
        let chain = [file("anka", include_bytes!("../../../samples/pki/signers/anka.pem"))];
        let key = include_bytes!("../../../samples/pki/signers/anka.key.pem");
        sign(&document, &Identity::open(key, None, &chain, Scheme::default()).unwrap(), options).unwrap()
    }

    #[test]
    fn what_was_signed_abroad_is_handed_out_through_a_cross_certificate() {
        let at = "2026-06-01T00:00:00Z".parse().unwrap();
        let Outcome::Trusted(trusted) =
            verify(signed_by_anka(&Options::default()), &[], &material(), &Policy::default(), at)
        else {
            panic!("trusted")
        };
        assert_eq!(trusted.verified.content(), Some(&b"<order><id>7</id></order>"[..]));
        assert!(trusted.report.signer.unwrap().contains("Anka"));
    }

    #[test]
    fn a_changed_octet_hands_out_nothing() {
        let mut source = signed_by_anka(&Options::default());
        let at = source.windows(3).position(|octets| octets == b">7<").unwrap();
        source[at + 1] = b'8';
        let Outcome::Broken(findings) = verify(source, &[], &material(), &Policy::default(), Timestamp::UNIX_EPOCH)
        else {
            panic!("broken")
        };
        assert_eq!(findings[0].code.layer(), 6);
        assert_eq!(Outcome::Broken(findings).indication().to_string(), "TOTAL-FAILED/HASH_FAILURE");
    }

    #[test]
    fn the_time_decides_about_an_expired_cross_certificate() {
        let document = file("order.xml", b"<order/>");
        let chain = [file("nordhafen", include_bytes!("../../../samples/pki/signers/nordhafen.pem"))];
        let key = include_bytes!("../../../samples/pki/signers/nordhafen.key.pem");
        let identity = Identity::open(key, None, &chain, Scheme::default()).unwrap();
        let source = sign(&document, &identity, &Options::default()).unwrap();
        let verdict = |at: &str| verify(source.clone(), &[], &material(), &Policy::default(), at.parse().unwrap());
        assert!(matches!(verdict("2026-06-01T00:00:00Z"), Outcome::Untrusted(..)));
        assert_eq!(verdict("2026-06-01T00:00:00Z").indication().to_string(), "INDETERMINATE/OUT_OF_BOUNDS_NO_POE");
        assert!(matches!(verdict("2025-06-01T00:00:00Z"), Outcome::Trusted(_)));
    }

    #[test]
    fn without_an_anchor_nothing_is_trusted() {
        let nobody = Material::load(&[], &[], karvan_pki::Limits::default());
        let outcome =
            verify(signed_by_anka(&Options::default()), &[], &nobody, &Policy::default(), Timestamp::UNIX_EPOCH);
        assert!(matches!(outcome, Outcome::Indeterminate(..)));
    }

    #[test]
    fn a_detached_signature_covers_the_exact_octets_of_its_file() {
        let options = Options { placement: Placement::Detached, ..Options::default() };
        let source = signed_by_anka(&options);
        assert_eq!(files_referred_to(&source, &Limits::default()), ["order.xml"]);
        let at = "2026-06-01T00:00:00Z".parse().unwrap();
        let content = |octets: &[u8]| match verify(
            source.clone(),
            &[file("order.xml", octets)],
            &material(),
            &Policy::default(),
            at,
        ) {
            Outcome::Trusted(trusted) => trusted.verified.content().map(<[u8]>::to_vec),
            _ => None,
        };
        assert_eq!(content(b"<order><id>7</id></order>").unwrap(), b"<order><id>7</id></order>");
        assert_eq!(content(b"<order><id>7</id></order>\n"), None);
    }
}
