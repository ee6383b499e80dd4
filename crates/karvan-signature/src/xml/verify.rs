//! Verifying signatures, and handing out what they cover and nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, DigestAlgorithm, Legacy};
use karvan_text::{Code, Diagnostic, Language, Message, Place, Span};
use karvan_xml::{CanonicalizationError, Document, Element, Subset};

use super::coverage::{Part, check_coverage, uncovered};
use super::key_info::Offered;
use super::keys::{KnownKeys, SignedBy, find_key};
use super::namespaces::{SIGNATURE, SIGNED_PROPERTIES, XADES};
use super::policy::{Policy, Selection};
use super::reference::{IdError, Local, element_with_id, is_file};
use super::sign::signatures;
use super::stream::Streamed;
use super::structure::{Children, Finding, Reference, SignatureElement, finding};
use super::transforms::{Data, Transformed, Transformer};

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
    verify_with(source, files, &KnownKeys { certificates: known, ..KnownKeys::default() }, policy)
}

/// The same with bare keys and secrets beside certificates.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    source: impl Into<Vec<u8>>,
    files: &[ExternalFile<'_>],
    known: &KnownKeys<'_>,
    policy: &Policy,
) -> Result<Intact, Rejected> {
    let document = Document::parse(source, &policy.xml).map_err(|error| Rejected(vec![error.into_diagnostic()]))?;
    verify_document(&document, files, known, policy, None)
}

/// Verifies the signature in `document`, of which one reference may have been computed before.
pub(super) fn verify_document(
    document: &Document,
    files: &[ExternalFile<'_>],
    known: &KnownKeys<'_>,
    policy: &Policy,
    streamed: Option<Streamed>,
) -> Result<Intact, Rejected> {
    let signature = select(document, policy)?;
    let signature = SignatureElement::read(signature, policy)?;
    let mut findings = Vec::new();
    let signed_by = sign_check(&signature, files, known, policy).map_err(|finding| findings.push(*finding)).ok();
    let verifier = Verifier { signature: signature.element, files, policy, streamed };
    let mut covered = Vec::new();
    for (index, reference) in signature.references.iter().enumerate() {
        match verifier.cover(reference, index + 1, None) {
            Ok(part) => covered.push(part),
            Err(finding) => findings.push(*finding),
        }
    }
    // XML Signature 1.1 §5.1: what a signed list lists is covered as what SignedInfo lists; a list in it is no list.
    let mut index = signature.references.len();
    for listed in 0..covered.len() {
        let list = covered[listed].0.index;
        let references = verifier.manifest(&covered[listed]).map_err(|finding| findings.push(*finding));
        for reference in references.unwrap_or_default() {
            index += 1;
            if index > policy.references {
                let message = Message::new("signature-limit-references").with("limit", policy.references);
                return Err(finding(reference.element, 9201, message).into());
            }
            match verifier.cover(&reference, index, Some(list)) {
                Ok(part) => covered.push(part),
                Err(finding) => findings.push(*finding),
            }
        }
    }
    // What is missing for another reason is not missing for this one as well.
    if findings.is_empty() {
        check_coverage(document, &signature, &covered, policy).map_err(|finding| findings.push(*finding)).ok();
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
            uncovered: uncovered(document, &signature, &covered),
            covered: covered.into_iter().map(|(part, _)| part).collect(),
        }),
        _ => Err(Rejected(findings)),
    }
}

/// The key that SignedInfo is signed with.
fn sign_check(
    signature: &SignatureElement<'_>,
    files: &[ExternalFile<'_>],
    known: &KnownKeys<'_>,
    policy: &Policy,
) -> Result<SignedBy, Finding> {
    let offered = match signature.key_info {
        Some(key_info) => Offered::read(key_info, files, policy)?,
        None => Offered::default(),
    };
    let octets = signature.canonicalization.to_vec(Subset::element(signature.signed_info));
    let octets = octets.map_err(|error| not_canonical(signature.signed_info, &error))?;
    find_key(signature, &octets, offered, known, policy)
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

/// What one reference of a signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Which reference of the signature, from 1; those of its manifests come after its own.
    pub index: usize,
    /// Which reference covers the Manifest that it stands in, if it stands in one (XML Signature 1.1 §5.1).
    pub manifest: Option<usize>,
    /// Its URI.
    pub uri: String,
    /// What it says that it covers: its `Type`.
    pub kind: Option<String>,
    /// The digest that was found right.
    pub digest: DigestAlgorithm,
    /// What it covers.
    pub target: Target,
    /// Whether all of that is covered, but for comments and the signature itself: transforms may leave more out.
    pub is_whole: bool,
    /// None where they were not kept.
    octets: Option<Vec<u8>>,
}

impl Covered {
    /// What the digest was computed of; nobody may have it before the signer is trusted.
    pub(crate) fn octets(&self) -> &[u8] {
        self.octets.as_deref().unwrap_or_default()
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

    /// The same, but that the signature, with all in it that is told of, stands there, behind where it was found.
    pub(super) fn standing_at(mut self, place: Place) -> Self {
        let moved = place.span.start.saturating_sub(self.place.span.start);
        for covered in &mut self.covered {
            if let Target::Element { span, .. } = &mut covered.target {
                *span = span.offset_by(moved);
            }
        }
        self.uncovered.iter_mut().for_each(|part| part.span = part.span.offset_by(moved));
        Self { place, ..self }
    }

    /// What is weak about the signature, and was allowed.
    #[must_use]
    pub fn legacy(&self) -> Legacy {
        let digests = self.covered.iter().map(|covered| covered.digest.legacy());
        digests.fold(self.signed_by.legacy(), |all, one| all | one)
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
    /// what the digest was computed of. What was read in a stream is not kept.
    pub fn contents(&self) -> impl Iterator<Item = (&Covered, &[u8])> {
        self.intact.covered.iter().filter_map(|covered| Some((covered, covered.octets.as_deref()?)))
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
        Selection::First => signatures(document).next().ok_or_else(none)?,
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

/// Resolves references, computes their digests and compares.
struct Verifier<'v> {
    signature: Element<'v>,
    files: &'v [ExternalFile<'v>],
    policy: &'v Policy,
    streamed: Option<Streamed>,
}

impl Verifier<'_> {
    fn cover<'d>(&self, reference: &Reference<'d>, index: usize, manifest: Option<usize>) -> Result<Part<'d>, Finding> {
        let element = reference.element;
        let unresolved = |id: &'static str| {
            let message = Message::new(id).with("index", index);
            finding(element, 6009, reference.uri.iter().fold(message, |message, uri| message.with("uri", uri)))
        };
        let uri = reference.uri.ok_or_else(|| unresolved("signature-reference-anonymous"))?;
        let document = element.document();
        let (target, apex, data) = match Local::of(uri) {
            Some(Local::Document { comments }) => {
                (Target::Document, Some(document.root()), Data::Part(Subset::document(document), comments))
            }
            Some(Local::Element { id, comments }) => {
                let apex = element_with_id(document, id).map_err(|error| match error {
                    IdError::None => unresolved("signature-reference-id"),
                    IdError::Several => {
                        finding(element, 6010, Message::new("signature-id-twice").with("id", id).with("index", index))
                    }
                })?;
                let target = Target::Element { path: apex.path(), span: apex.span() };
                (target, Some(apex), Data::Part(Subset::element(apex), comments))
            }
            Some(Local::Pointer) => return Err(unresolved("signature-reference-pointer")),
            None => {
                let file = self.files.iter().find(|file| is_file(uri, file.name));
                let file = file.ok_or_else(|| unresolved("signature-file-missing"))?;
                let target = Target::File { name: file.name.to_owned() };
                (target, None, Data::Octets(file.octets.into()))
            }
        };
        let transformer = Transformer { signature: self.signature, element, index, uri, policy: self.policy };
        let (octets, is_whole, digest) = match self.streamed.filter(|streamed| streamed.index == index) {
            Some(streamed) => (None, true, streamed.digest),
            None => {
                let Transformed { octets, is_whole } = transformer.run(data, &reference.transforms)?;
                let digest = reference.digest.digest(&octets);
                (Some(octets), is_whole, digest)
            }
        };
        if digest.as_ref() != reference.value {
            let message =
                Message::new("signature-digest").with("index", index).with("uri", uri).with("digest", reference.digest);
            let diagnostic = reference.value_element.diagnostic(Code::error(6011), message);
            let (expected, found) = (STANDARD.encode(&reference.value), STANDARD.encode(digest));
            return Err(Box::new(diagnostic.expected(expected).found(found)));
        }
        let kind = element.attribute("Type").map(str::to_owned);
        let (uri, digest) = (uri.to_owned(), reference.digest);
        Ok((Covered { index, manifest, uri, kind, digest, target, is_whole, octets }, apex))
    }

    /// The references of a Manifest, if that is what `part` covers.
    fn manifest<'d>(&self, part: &Part<'d>) -> Result<Vec<Reference<'d>>, Finding> {
        let is_manifest = |element: &Element<'d>| part.0.is_whole && element.is(SIGNATURE, "Manifest");
        let Some(manifest) = part.1.filter(is_manifest) else { return Ok(Vec::new()) };
        let mut children = Children::of(manifest)?;
        let mut references = vec![Reference::read(children.required("Reference")?, self.policy)?];
        while let Some(reference) = children.optional("Reference") {
            references.push(Reference::read(reference, self.policy)?);
        }
        children.finish()?;
        Ok(references)
    }
}

pub(super) fn not_canonical(element: Element<'_>, error: &CanonicalizationError) -> Finding {
    finding(element, 6016, Message::new("signature-canonical").with("detail", error))
}
