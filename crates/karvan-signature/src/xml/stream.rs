//! Signatures over whole documents, made and verified while the document is read: in memory that does not grow with it.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use karvan_pki::{Digest, DigestContext};
use karvan_text::{Place, Span};
use karvan_xml::{
    CanonicalStream, Canonicalization, Document, Event, EventReader, Limits, Markup, Node, ReadError, XML_NAMESPACE,
    XmlAttributes, escape_value,
};

use super::keys::KnownKeys;
use super::namespaces::{SIGNATURE, XADES};
use super::policy::Policy;
use super::reference::{Local, without_comments};
use super::sign::{SignError, Signer, signatures};
use super::structure::SignatureElement;
use super::transforms::Transform;
use super::verify::{Intact, verify_document};

/// A signature, and where it goes in the document that it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// How many octets of the document come before it.
    before: u64,
    /// What is put there.
    text: String,
    /// How many octets of the document are left out behind it.
    replaced: u64,
}

impl Insertion {
    /// Writes the signed document: `source` is the document again, from its beginning.
    ///
    /// # Errors
    /// What the source or the sink reports.
    pub fn write(&self, mut source: impl Read, sink: &mut impl Write) -> io::Result<()> {
        io::copy(&mut source.by_ref().take(self.before), sink)?;
        sink.write_all(self.text.as_bytes())?;
        io::copy(&mut source.by_ref().take(self.replaced), &mut io::sink())?;
        io::copy(&mut source, sink).map(drop)
    }
}

/// Why a document that is read in a stream is not signed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError {
    /// The document cannot be read, or is not XML that can be signed.
    Read(ReadError),
    /// The signature cannot be made.
    Sign(SignError),
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StreamError {}

impl From<ReadError> for StreamError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl<E: Into<SignError>> From<E> for StreamError {
    fn from(error: E) -> Self {
        Self::Sign(error.into())
    }
}

impl Signer<'_> {
    /// Signs the whole document that `source` gives, the signature to be the last child of its document element: what
    /// [`Signer::sign_in`] does with [`Signed::Document`](super::Signed::Document), without holding the document.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use karvan_signature::{Policy, PrivateKey, Signer, verify};
    /// # let key = PrivateKey::read(include_bytes!("../../tests/keys/p256.pem"), Arc::new(ring::rand::SystemRandom::new()))?;
    /// let source = &b"<order><id>7</id></order>"[..];
    /// let insertion = Signer::new(&key).sign_stream(source, &karvan_xml::Limits::default())?;
    /// let mut signed = Vec::new();
    /// insertion.write(source, &mut signed)?;
    /// assert!(verify(signed, &[], &[], &Policy::default()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Why there is no signature.
    pub fn sign_stream(&self, source: impl Read, limits: &Limits) -> Result<Insertion, StreamError> {
        let mut reader = EventReader::new(source, *limits);
        let form = without_comments(self.canonicalization());
        let mut stream = CanonicalStream::new(form, self.digest().context(), XmlAttributes::default());
        let (mut context, mut name, mut end) = (String::new(), String::new(), Span::default());
        while let Some(markup) = reader.advance_markup()? {
            match markup {
                Markup::Event(Event::Start) => {
                    if reader.local_name() == "Signature" && reader.namespace() == SIGNATURE {
                        return Err(SignError::AlreadySigned { path: reader.path() }.into());
                    }
                    if reader.depth() == 1 {
                        (context, name) = (context_tag(&reader), reader.qualified_name().to_owned());
                    }
                }
                Markup::Event(Event::End) if reader.depth() == 1 => end = reader.span(),
                _ => {}
            }
            stream.take(&reader, markup)?;
        }
        let signature = self.signature_over(stream.finish()?.finish(), &context)?;
        // An empty-element tag becomes two tags.
        Ok(match end.len() {
            0 => Insertion {
                before: end.start - "/>".len() as u64,
                text: format!(">{signature}</{name}>"),
                replaced: "/>".len() as u64,
            },
            _ => Insertion { before: end.start, text: signature, replaced: 0 },
        })
    }
}

/// The start tag of an element that stands in the same context as one in the element that `reader` is at.
fn context_tag<R: Read>(reader: &EventReader<R>) -> String {
    let mut tag = String::from("<context");
    let mut push = |name: &str, value: &str| {
        tag.push(' ');
        tag.push_str(name);
        tag.push_str("=\"");
        escape_value(value, &mut tag);
        tag.push('"');
    };
    for (prefix, namespace) in reader.declarations() {
        match prefix {
            "" => push("xmlns", namespace),
            prefix => push(&format!("xmlns:{prefix}"), namespace),
        }
    }
    for attribute in reader.attributes().filter(|attribute| attribute.namespace() == XML_NAMESPACE) {
        push(attribute.qualified_name(), attribute.value());
    }
    tag.push('>');
    tag
}

/// The reference to the whole document, computed while it was read.
#[derive(Clone, Copy)]
pub(super) struct Streamed {
    /// Which reference, from 1.
    pub(super) index: usize,
    pub(super) digest: Digest,
}

/// Verifies a signature over the whole document that it stands in, while the document is read; what is covered goes to `content`.
///
/// It gives what [`verify_with`](super::verify_with) gives of a good signature, but for the content, which is good only if it
/// does. None of everything else: of a signature that is not good, that does not cover the document, or has transforms that need
/// the document as a whole. [`verify_with`](super::verify_with) then says what it is.
///
/// # Errors
/// What the source or `content` reports.
pub fn verify_stream(
    source: &mut (impl Read + Seek),
    known: &KnownKeys<'_>,
    policy: &Policy,
    content: &mut dyn Write,
) -> io::Result<Option<Intact>> {
    let Some(plan) = Plan::of(source, policy)? else { return Ok(None) };
    let Some(pass) = Pass::over(source, &plan, policy, content)? else { return Ok(None) };
    // What remains is a document without anything that the streamed reference covers, but for what the signature stands in.
    let mut skeleton = Vec::new();
    for span in pass.around.iter().chain([&pass.signature]) {
        if skeleton.len() as u64 + span.len() > policy.xml.markup as u64 {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(span.start))?;
        source.by_ref().take(span.len()).read_to_end(&mut skeleton)?;
    }
    for name in pass.names.iter().rev() {
        skeleton.extend_from_slice(format!("</{name}>").as_bytes());
    }
    let Ok(document) = Document::parse(skeleton, &policy.xml) else { return Ok(None) };
    let streamed = Streamed { index: plan.index, digest: pass.digest };
    // The plan was made of what looks like the signature; the signature itself must say the same.
    let same = signatures(&document).next().and_then(|signature| Plan::read(signature, policy));
    if same.as_ref() != Some(&plan) {
        return Ok(None);
    }
    let intact = verify_document(&document, &[], known, policy, Some(streamed)).ok();
    Ok(intact.map(|intact| intact.standing_at(pass.place)))
}

/// What is to be computed while a document is read, by the signature in it.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    index: usize,
    form: Canonicalization,
    digest: karvan_pki::DigestAlgorithm,
    /// The identifiers that other references name, all of them in the signature.
    identifiers: Vec<String>,
}

/// How far behind its beginning a signature ends, at most, to be found before the document is read.
const LONGEST: u64 = 1 << 20;

impl Plan {
    /// Looks for a signature in `source`, without reading the document.
    fn of(source: &mut (impl Read + Seek), policy: &Policy) -> io::Result<Option<Self>> {
        let Some(at) = find(source, SIGNATURE.as_bytes())? else { return Ok(None) };
        // The tag that the namespace stands in begins not far before it.
        let from = at.saturating_sub(1024);
        source.seek(SeekFrom::Start(from))?;
        let mut octets = Vec::new();
        source.by_ref().take(LONGEST).read_to_end(&mut octets)?;
        let here = usize::try_from(at - from).unwrap_or(usize::MAX).min(octets.len());
        let Some(start) = octets[..here].iter().rposition(|octet| *octet == b'<') else { return Ok(None) };
        let octets = &octets[start..];
        let name_end = octets.iter().position(|octet| octet.is_ascii_whitespace()).unwrap_or(octets.len());
        let end_tag = [b"</", &octets[1..name_end.max(1)]].concat();
        let Some(end) = octets.windows(end_tag.len()).rposition(|window| window == end_tag) else { return Ok(None) };
        let text = [&octets[..end], &end_tag, b">"].concat();
        let Ok(document) = Document::parse(text, &policy.xml) else { return Ok(None) };
        Ok(Self::read(document.root(), policy))
    }

    /// What `signature` says, if that can be computed in a stream.
    fn read(signature: karvan_xml::Element<'_>, policy: &Policy) -> Option<Self> {
        // Properties and manifests are about octets that are not kept.
        let mut elements = signature.descendants().filter_map(Node::as_element);
        if elements.any(|element| element.namespace() == XADES || element.is(SIGNATURE, "Manifest")) {
            return None;
        }
        let signature = SignatureElement::read(signature, policy).ok()?;
        let mut plan = None;
        let mut identifiers = Vec::new();
        for (index, reference) in signature.references.iter().enumerate() {
            match Local::of(reference.uri?)? {
                Local::Document { comments: false } if plan.is_none() => {
                    let form = match reference.transforms.as_slice() {
                        [Transform::Enveloped] => Canonicalization::inclusive(),
                        [Transform::Enveloped, Transform::Canonical(form)] => without_comments(form),
                        _ => return None,
                    };
                    plan = Some((index + 1, form, reference.digest));
                }
                Local::Element { id, .. } => identifiers.push(id.to_owned()),
                _ => return None,
            }
        }
        let (index, form, digest) = plan?;
        Some(Self { index, form, digest, identifiers })
    }
}

/// The offset at which `wanted` first stands in `source`.
fn find(source: &mut (impl Read + Seek), wanted: &[u8]) -> io::Result<Option<u64>> {
    source.seek(SeekFrom::Start(0))?;
    let finder = memchr::memmem::Finder::new(wanted);
    let mut block = vec![0; 256 << 10];
    let (mut base, mut kept) = (0_u64, 0);
    loop {
        let read = match source.read(&mut block[kept..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(None);
        }
        let filled = kept + read;
        if let Some(at) = finder.find(&block[..filled]) {
            return Ok(Some(base + at as u64));
        }
        // It may stand across two blocks.
        let from = filled.saturating_sub(wanted.len() - 1);
        block.copy_within(from..filled, 0);
        (base, kept) = (base + from as u64, filled - from);
    }
}

/// What reading the document came to.
struct Pass {
    digest: Digest,
    /// The start tags of the elements that the signature stands in, and their names.
    around: Vec<Span>,
    names: Vec<String>,
    /// The octets of the signature.
    signature: Span,
    place: Place,
}

impl Pass {
    /// Reads the document; none where it has no signature or several, is not well formed, or has an identifier twice.
    fn over(
        source: &mut (impl Read + Seek),
        plan: &Plan,
        policy: &Policy,
        content: &mut dyn Write,
    ) -> io::Result<Option<Self>> {
        source.seek(SeekFrom::Start(0))?;
        let mut reader = EventReader::new(source, policy.xml);
        let sink = Tee { digest: plan.digest.context(), content };
        let mut stream = CanonicalStream::new(plan.form.clone(), sink, XmlAttributes::default());
        let mut found: Option<Self> = None;
        // How deep the signature that is passed over stands, while it is.
        let mut inside = None;
        loop {
            let markup = match reader.advance_markup() {
                Ok(Some(markup)) => markup,
                Ok(None) => break,
                Err(ReadError::Source(error)) => return Err(error),
                Err(_) => return Ok(None),
            };
            match (inside, markup) {
                (Some(depth), Markup::Event(Event::End)) if reader.depth() == depth => {
                    inside = None;
                    if let Some(pass) = &mut found {
                        pass.signature.end = reader.span().end;
                        pass.place.span.end = reader.span().end;
                    }
                    continue;
                }
                (Some(_), _) => continue,
                (None, Markup::Event(Event::Start)) => {
                    if reader.local_name() == "Signature" && reader.namespace() == SIGNATURE {
                        if found.is_some() {
                            return Ok(None);
                        }
                        inside = Some(reader.depth());
                        found = Some(Self::at(&reader, plan));
                        continue;
                    }
                    if !plan.identifiers.is_empty() && has_identifier(&reader, &plan.identifiers) {
                        return Ok(None);
                    }
                }
                _ => {}
            }
            if let Err(error) = stream.take(&reader, markup) {
                return not_canonical(error);
            }
        }
        let sink = match stream.finish() {
            Ok(sink) => sink,
            Err(error) => return not_canonical(error),
        };
        Ok(found.map(|pass| Self { digest: sink.digest.finish(), ..pass }))
    }

    /// The signature that begins where `reader` is.
    fn at<R: Read>(reader: &EventReader<R>, plan: &Plan) -> Self {
        let mut open: Vec<(Span, String)> = reader.open_tags().map(|(span, name)| (span, name.to_owned())).collect();
        open.pop();
        let (around, names) = open.into_iter().unzip();
        let span = reader.span();
        let place = Place { span, position: reader.position(span.start), path: reader.path(), ..Place::default() };
        Self { digest: plan.digest.digest(&[]), around, names, signature: span, place }
    }
}

/// The outcome where a document has no canonical form, which is not good, or the sink fails.
fn not_canonical(error: karvan_xml::CanonicalizationError) -> io::Result<Option<Pass>> {
    match error {
        karvan_xml::CanonicalizationError::Sink(error) => Err(error),
        _ => Ok(None),
    }
}

fn has_identifier<R: Read>(reader: &EventReader<R>, identifiers: &[String]) -> bool {
    reader.attributes().any(|attribute| {
        attribute.is_identifier() && identifiers.iter().any(|identifier| identifier == attribute.value())
    })
}

/// Digests what it hands on.
struct Tee<'c> {
    digest: DigestContext,
    content: &'c mut dyn Write,
}

impl Write for Tee<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.content.write_all(octets)?;
        self.digest.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}
