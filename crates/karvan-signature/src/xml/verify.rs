//! Verifying signatures, and handing out what they cover and nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, Legacy, PublicKey, SignatureAlgorithm, SignatureError};
use karvan_text::{Code, Diagnostic, Language, Message, Place, Span};
use karvan_xml::{Canonicalization, CanonicalizationError, Document, Element, NodeKind, Subset};

use super::key_info::Offered;
use super::namespaces::{SIGNATURE, SIGNED_PROPERTIES, XADES};
use super::policy::{Coverage, Policy, Selection};
use super::reference::{IdError, element_with_id, is_file, without_comments};
use super::sign::signatures;
use super::structure::{Finding, Reference, SignatureElement, finding};
use karvan_pki::DigestAlgorithm;

/// A file that a signature may refer to. The caller reads files, this crate does not.
#[derive(Clone, Copy, Debug)]
pub struct ExternalFile<'f> {
    /// Its name, as the signature refers to it.
    pub name: &'f str,
    /// Its octets.
    pub octets: &'f [u8],
}

/// Verifies the signature in `source` with a key that it offers, or with that of one of the `known` certificates.
///
/// What comes back is intact: nothing that it covers was changed since whoever has the private key signed it. Who that
/// is, and whether to believe them, is decided by [`Intact::trust`]; only then is there content.
///
/// # Errors
/// The findings: malformed or hostile XML, a signature that the policy does not allow, what was changed. Never empty.
pub fn verify(
    source: impl Into<Vec<u8>>,
    files: &[ExternalFile<'_>],
    known: &[Certificate],
    policy: &Policy,
) -> Result<Intact, Rejected> {
    let document = Document::parse(source, &policy.xml).map_err(|error| Rejected(vec![error.into_diagnostic()]))?;
    let signature = select(&document, policy)?;
    let signature = SignatureElement::read(signature, policy)?;
    let offered = match signature.key_info {
        Some(key_info) => Offered::read(key_info, policy)?,
        None => Offered::default(),
    };
    let mut findings = Vec::new();
    let signed_by = find_key(&signature, offered, known, policy.legacy).map_err(|finding| findings.push(*finding)).ok();
    let mut covered = Vec::new();
    for (index, reference) in signature.references.iter().enumerate() {
        match cover(&signature, reference, index + 1, files, policy) {
            Ok(part) => covered.push(part),
            Err(finding) => findings.push(*finding),
        }
    }
    // What is missing for another reason is not missing for this one as well.
    if findings.is_empty() {
        check_coverage(&document, &signature, &covered, policy).map_err(|finding| findings.push(*finding)).ok();
    }
    match signed_by {
        Some(signed_by) if findings.is_empty() => Ok(Intact {
            signed_by,
            place: Place {
                span: signature.element.span(),
                position: document.position(signature.element.span().start),
                path: signature.element.path(),
                ..Place::default()
            },
            uncovered: uncovered(&document, &signature, &covered),
            covered: covered.into_iter().map(|(part, _)| part).collect(),
        }),
        _ => Err(Rejected(findings)),
    }
}

/// Why nothing is handed out: one finding at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected(Vec<Diagnostic>);

impl Rejected {
    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The findings, to keep.
    #[must_use]
    pub fn into_findings(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Finding> for Rejected {
    fn from(finding: Finding) -> Self {
        Self(vec![*finding])
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", finding.code, finding.message.text(Language::English))?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

/// Who holds the key that a signature verifies with, as far as the signature itself tells.
#[derive(Clone, Debug)]
pub struct SignedBy {
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    certificate: Option<Certificate>,
    offered: Vec<Certificate>,
}

impl SignedBy {
    /// The public key that the signature verifies with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The signature algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The certificate of that key, offered or known; none if the signature offers a bare key.
    #[must_use]
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// All certificates that the signature offers, in its order, for building a path.
    #[must_use]
    pub fn offered(&self) -> &[Certificate] {
        &self.offered
    }
}

/// What one reference of a signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Which reference of the signature, from 1.
    pub index: usize,
    /// Its URI.
    pub uri: String,
    /// What it says that it covers: its `Type`.
    pub kind: Option<String>,
    /// The digest that was found right.
    pub digest: DigestAlgorithm,
    /// What it covers.
    pub target: Target,
    octets: Vec<u8>,
}

impl Covered {
    /// What the digest was computed of; nobody may have it before the signer is trusted.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether this is about the signature itself, the SignedProperties of XAdES (ETSI EN 319 132-1 §4.4.2), and no
    /// content.
    #[must_use]
    pub fn is_properties(&self) -> bool {
        self.kind.as_deref() == Some(SIGNED_PROPERTIES) && matches!(self.target, Target::Element { .. })
    }
}

/// What a reference covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The document that the signature stands in, except for comments and, if it is so transformed, the signature.
    Document,
    /// An element of that document with all in it, with the same exceptions.
    Element {
        /// Its path.
        path: String,
        /// Its octets in the source.
        span: Span,
    },
    /// A file of its own.
    File {
        /// The name that the caller gave it.
        name: String,
    },
}

/// A part of the document that no reference covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The path of the element; of text and processing instructions, of the element they stand in.
    pub path: String,
    /// The octets: all of an element, or its start tag where something in it is covered.
    pub span: Span,
}

/// A signature that verifies, by a key that nobody has looked at yet.
///
/// It tells who signed and what; the content comes out only through [`Self::trust`].
#[derive(Clone, Debug)]
#[must_use = "nothing is trusted yet"]
pub struct Intact {
    signed_by: SignedBy,
    place: Place,
    covered: Vec<Covered>,
    uncovered: Vec<Uncovered>,
}

impl Intact {
    /// Who signed, as far as the signature tells.
    #[must_use]
    pub const fn signed_by(&self) -> &SignedBy {
        &self.signed_by
    }

    /// The path of the Signature element.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// The octets of the Signature element.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.place.span
    }

    /// The place of the Signature element, for findings about it.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What the references cover.
    #[must_use]
    pub fn covered(&self) -> &[Covered] {
        &self.covered
    }

    /// What of the document no reference covers. Comments, which no reference ever covers, and the signature itself,
    /// which proves itself, are not listed; an Object in it is.
    #[must_use]
    pub fn uncovered(&self) -> &[Uncovered] {
        &self.uncovered
    }

    /// Hands the content out if `judge` believes the signer, together with what made it believe.
    ///
    /// # Errors
    /// What `judge` says.
    pub fn trust<T, E>(self, judge: impl FnOnce(&SignedBy) -> Result<T, E>) -> Result<Verified<T>, E> {
        Ok(Verified { trust: judge(&self.signed_by)?, intact: self })
    }
}

/// Content of which it is proven who signed it: `T` is the proof, such as a certificate path.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    trust: T,
    intact: Intact,
}

impl<T> Verified<T> {
    /// The proof.
    #[must_use]
    pub const fn trust(&self) -> &T {
        &self.trust
    }

    /// What the signature tells about itself.
    pub const fn signature(&self) -> &Intact {
        &self.intact
    }

    /// What is covered and its octets: of XML the canonical form, of other files what they are, in both cases exactly
    /// what the digest was computed of.
    pub fn contents(&self) -> impl Iterator<Item = (&Covered, &[u8])> {
        self.intact.covered.iter().map(|covered| (covered, &*covered.octets))
    }

    /// The octets of the one thing that the signature is about: the document it stands in, or else the only file or
    /// element that it covers. None where it covers several. What the signature says about itself is no content.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        let mut contents = self.contents().filter(|(covered, _)| !covered.is_properties());
        let is_document = |(covered, _): &(&Covered, &[u8])| match &covered.target {
            Target::Document => true,
            Target::Element { path, .. } => path.rfind('/') == Some(0),
            Target::File { .. } => false,
        };
        match (self.contents().find(is_document), contents.next(), contents.next()) {
            (Some((_, octets)), ..) | (None, Some((_, octets)), None) => Some(octets),
            _ => None,
        }
    }
}

/// The signature that the policy means.
fn select<'d>(document: &'d Document, policy: &Policy) -> Result<Element<'d>, Finding> {
    let none = || finding(document.root(), 6001, Message::new("signature-none"));
    let signature = match &policy.selection {
        Selection::Only => {
            let mut all = signatures(document).filter(|signature| !is_countersignature(*signature));
            let first = all.next().ok_or_else(none)?;
            if let Some(second) = all.next() {
                let message = Message::new("signature-several").with("first", first.path());
                return Err(Box::new(
                    second.diagnostic(Code::error(6002), message).help(Message::new("signature-several-help")),
                ));
            }
            first
        }
        Selection::Path(path) => {
            document.find(path).filter(|element| element.is(SIGNATURE, "Signature")).ok_or_else(none)?
        }
    };
    if policy.positions.iter().any(|position| position.holds(signature)) {
        Ok(signature)
    } else {
        Err(finding(signature, 6003, Message::new("signature-position").with("path", signature.path())))
    }
}

/// Whether `signature` stands in the properties of another one, which it confirms (ETSI EN 319 132-1 §5.2.7): nobody
/// takes it for the signature of the document.
fn is_countersignature(signature: Element<'_>) -> bool {
    let mut above = signature.ancestors().skip(1);
    above.next().is_some_and(|parent| parent.is(XADES, "CounterSignature"))
        && above.any(|element| element.is(SIGNATURE, "Signature"))
}

/// The key that the signature verifies with, among those offered and those known.
fn find_key(
    signature: &SignatureElement<'_>,
    offered: Offered,
    known: &[Certificate],
    legacy: Legacy,
) -> Result<SignedBy, Finding> {
    let octets = signature
        .canonicalization
        .to_vec(Subset::element(signature.signed_info))
        .map_err(|error| not_canonical(signature.signed_info, &error))?;
    let algorithm = signature.algorithm;
    let certified =
        offered.certificates.iter().chain(known).map(|certificate| (certificate.public_key(), Some(certificate)));
    let mut reason = None;
    for (key, certificate) in certified.chain(offered.keys.iter().map(|key| (key, None))) {
        match key.verify_allowing(algorithm, &octets, &signature.value, legacy) {
            Ok(()) => {
                let (key, certificate) = (key.clone(), certificate.cloned());
                return Ok(SignedBy { key, algorithm, certificate, offered: offered.certificates });
            }
            // That one key does not fit is told only if no other one could have fitted.
            Err(error) if error == SignatureError::Wrong || reason.is_none() => reason = Some(error),
            Err(_) => {}
        }
    }
    Err(match reason {
        None => {
            let message = Message::new("signature-no-key");
            Box::new(
                signature.element.diagnostic(Code::error(6013), message).help(Message::new("signature-no-key-help")),
            )
        }
        Some(SignatureError::Wrong) => {
            let message = Message::new("signature-value").with("algorithm", algorithm);
            let diagnostic = signature.value_element.diagnostic(Code::error(6012), message);
            Box::new(diagnostic.help(Message::new("signature-value-help")))
        }
        Some(error) => finding(signature.element, 6013, Message::new("signature-unfit-key").with("detail", error)),
    })
}

/// A covered part, and its element if it is one of the document's.
type Part<'d> = (Covered, Option<Element<'d>>);

/// Resolves one reference, computes its digest and compares.
fn cover<'d>(
    signature: &SignatureElement<'d>,
    reference: &Reference<'d>,
    index: usize,
    files: &[ExternalFile<'_>],
    policy: &Policy,
) -> Result<Part<'d>, Finding> {
    let element = reference.element;
    let unresolved = |id: &'static str| {
        let message = Message::new(id).with("index", index);
        finding(element, 6009, reference.uri.iter().fold(message, |message, uri| message.with("uri", uri)))
    };
    let uri = reference.uri.ok_or_else(|| unresolved("signature-reference-anonymous"))?;
    let default_form = Canonicalization::inclusive();
    let (target, apex, octets) = if uri.is_empty() || uri.starts_with('#') {
        let (target, apex) = match uri.strip_prefix('#') {
            None => (Target::Document, element.document().root()),
            Some(id) if id.contains('(') => return Err(unresolved("signature-reference-pointer")),
            Some(id) => {
                let apex = element_with_id(element.document(), id).map_err(|error| match error {
                    IdError::None => unresolved("signature-reference-id"),
                    IdError::Several => {
                        finding(element, 6010, Message::new("signature-id-twice").with("id", id).with("index", index))
                    }
                })?;
                (Target::Element { path: apex.path(), span: apex.span() }, apex)
            }
        };
        let mut subset = match target {
            Target::Document => Subset::document(element.document()),
            _ => Subset::element(apex),
        };
        if reference.enveloped {
            if !apex.contains(signature.element.id()) {
                let message = Message::new("signature-not-enveloped").with("uri", uri).with("index", index);
                return Err(finding(element, 6008, message));
            }
            subset = subset.without(signature.element);
        }
        // XML Signature 1.1 §4.4.3.2 and §4.4.3.3: what such a reference means has no comments.
        let form = without_comments(reference.canonicalization.as_ref().unwrap_or(&default_form));
        (target, Some(apex), form.to_vec(subset).map_err(|error| not_canonical(element, &error))?)
    } else {
        let file =
            files.iter().find(|file| is_file(uri, file.name)).ok_or_else(|| unresolved("signature-file-missing"))?;
        let octets = match &reference.canonicalization {
            None if reference.enveloped => {
                let message = Message::new("signature-not-enveloped").with("uri", uri).with("index", index);
                return Err(finding(element, 6008, message));
            }
            None => file.octets.to_vec(),
            Some(form) => {
                let document = Document::parse(file.octets, &policy.xml).map_err(|error| {
                    finding(
                        element,
                        6009,
                        Message::new("signature-file-not-xml").with("uri", uri).with("detail", error),
                    )
                })?;
                form.to_vec(Subset::document(&document)).map_err(|error| not_canonical(element, &error))?
            }
        };
        (Target::File { name: file.name.to_owned() }, None, octets)
    };
    let digest = reference.digest.digest(&octets);
    if digest.as_ref() != reference.value {
        let message =
            Message::new("signature-digest").with("index", index).with("uri", uri).with("digest", reference.digest);
        let diagnostic = reference.value_element.diagnostic(Code::error(6011), message);
        return Err(Box::new(diagnostic.expected(STANDARD.encode(&reference.value)).found(STANDARD.encode(digest))));
    }
    let kind = element.attribute("Type").map(str::to_owned);
    Ok((Covered { index, uri: uri.to_owned(), kind, digest: reference.digest, target, octets }, apex))
}

fn not_canonical(element: Element<'_>, error: &CanonicalizationError) -> Finding {
    finding(element, 6016, Message::new("signature-canonical").with("detail", error))
}

/// Compares what is covered with what must be.
fn check_coverage(
    document: &Document,
    signature: &SignatureElement<'_>,
    covered: &[Part<'_>],
    policy: &Policy,
) -> Result<(), Finding> {
    let covers = |element: Element<'_>| {
        covered.iter().any(|(_, apex)| apex.is_some_and(|apex| apex.contains(element.id())))
            && !signature.element.contains(element.id())
    };
    let missing = |path: String| {
        let message = Message::new("signature-coverage").with("path", path);
        let diagnostic = signature.element.diagnostic(Code::error(6015), message);
        Err(Box::new(diagnostic.help(Message::new("signature-coverage-help"))))
    };
    match &policy.coverage {
        Coverage::Anything => Ok(()),
        Coverage::Document if signature.element == document.root() => {
            let in_object = |apex: Element<'_>| {
                signature.element.children_named(SIGNATURE, "Object").any(|object| object.contains(apex.id()))
            };
            match covered.iter().any(|(part, apex)| !part.is_properties() && apex.is_none_or(in_object)) {
                true => Ok(()),
                false => missing(signature.element.path()),
            }
        }
        Coverage::Document if covers(document.root()) => Ok(()),
        Coverage::Document => missing(document.root().path()),
        Coverage::Elements(paths) => {
            let is_missing = |path: &&String| !document.find(path).is_some_and(covers);
            paths.iter().find(is_missing).map_or(Ok(()), |path| missing(path.clone()))
        }
    }
}

/// The parts of the document that nothing covers.
fn uncovered(document: &Document, signature: &SignatureElement<'_>, covered: &[Part<'_>]) -> Vec<Uncovered> {
    let apexes: Vec<_> = covered.iter().filter_map(|(_, apex)| *apex).collect();
    let objects = signature.element.children_named(SIGNATURE, "Object").map(Element::node);
    let mut pending: Vec<_> = document.children().chain(objects).collect();
    pending.reverse();
    let mut uncovered = Vec::new();
    while let Some(node) = pending.pop() {
        let within = |apex: &Element<'_>| {
            // What the enveloped-signature transform takes out is not covered by what is around it.
            apex.contains(node.id())
                && (!signature.element.contains(node.id()) || signature.element.contains(apex.id()))
        };
        if apexes.iter().any(within) {
            continue;
        }
        let path = node.parent().map_or_else(String::new, Element::path);
        match node.kind() {
            NodeKind::Element(element) if element == signature.element => {}
            NodeKind::Element(element) => {
                let around =
                    apexes.iter().any(|apex| element.contains(apex.id())) || element.contains(signature.element.id());
                let span = if around { element.start_tag_span() } else { element.span() };
                uncovered.push(Uncovered { path: element.path(), span });
                if around {
                    let from = pending.len();
                    pending.extend(element.children());
                    pending[from..].reverse();
                }
            }
            NodeKind::Text(text) if !text.trim_ascii().is_empty() => {
                uncovered.push(Uncovered { path, span: node.span() })
            }
            NodeKind::ProcessingInstruction { .. }
                if !covered.iter().any(|(part, _)| part.target == Target::Document) =>
            {
                uncovered.push(Uncovered { path, span: node.span() });
            }
            _ => {}
        }
    }
    uncovered
}
