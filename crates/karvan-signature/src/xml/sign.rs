//! Making signatures: enveloped in a document, around octets that they carry, or in a file of their own.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karvan_pki::{Certificate, Digest, DigestAlgorithm, PublicKey};
use karvan_xml::{
    Canonicalization, CanonicalizationError, Document, Element, ElementBuilder, Limits, Node, ParseError, Subset,
    Writer, XML_NAMESPACE,
};

use super::key_info::key_info;
use super::method::{SignatureMethod, authentication_code};
use super::namespaces::{BASE64, ENVELOPED, EXCLUSIVE, SIGNATURE};
use super::reference::{IdError, element_with_id, file_uri, without_comments};
use crate::algorithm::{digest_identifier, signature_identifier};
use crate::key::{KeyError, SigningKey};

/// Makes signatures with one key.
///
/// ```
/// use std::sync::Arc;
/// use karvan_signature::{PrivateKey, Signed, Signer};
/// use karvan_xml::{Document, Limits};
///
/// # let file = include_bytes!("../../tests/keys/p256.pem");
/// let key = PrivateKey::read(file, Arc::new(ring::rand::SystemRandom::new()))?;
/// let document = Document::parse("<order><id>7</id></order>", &Limits::default())?;
/// let signed = Signer::new(&key).sign_in(document.root(), &[Signed::Document])?;
/// assert!(signed.starts_with(b"<order><id>7</id><ds:Signature "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Signer<'k> {
    key: Key<'k>,
    key_name: Option<String>,
    certificates: Vec<Certificate>,
    canonicalization: Canonicalization,
    digest: DigestAlgorithm,
    key_value: bool,
    id: Option<String>,
    objects: Vec<SignedObject>,
}

/// What a signature is made with.
enum Key<'k> {
    Private(&'k dyn SigningKey),
    Secret(&'k [u8], DigestAlgorithm),
}

impl Key<'_> {
    fn identifier(&self) -> Option<&'static str> {
        match self {
            Self::Private(key) => signature_identifier(key.algorithm()),
            Self::Secret(_, digest) => SignatureMethod::secret_identifier(*digest),
        }
    }

    fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Private(key) => Some(key.public_key()),
            Self::Secret(..) => None,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Private(key) => key.sign(message),
            Self::Secret(secret, digest) => Ok(authentication_code(*digest, secret, message)),
        }
    }
}

/// What a signature carries in an Object of its own and covers: a part of it, found by its identifier.
#[derive(Clone, Debug)]
pub struct SignedObject {
    /// What stands in the Object.
    pub content: ElementBuilder,
    /// The attribute `Id` of the element in it that is signed.
    pub id: String,
    /// What the element is: the `Type` of the Reference to it.
    pub kind: &'static str,
    /// The prefix to write for a namespace, and that namespace.
    pub prefix: (&'static str, &'static str),
}

/// What a signature is to cover.
#[derive(Clone, Copy, Debug)]
pub enum Signed<'c> {
    /// The whole document that the signature is put into.
    Document,
    /// The element of that document with this identifier.
    Element {
        /// The value of its attribute `Id`, `ID`, `id`, `xml:id` or `wsu:Id`.
        id: &'c str,
    },
    /// A file, octet by octet.
    File {
        /// Its name, as seen from the file that will hold the signature.
        name: &'c str,
        /// Its octets.
        octets: &'c [u8],
    },
    /// A file that is an XML document, in its canonical form: it may be written otherwise and remain signed.
    XmlFile {
        /// Its name, as seen from the file that will hold the signature.
        name: &'c str,
        /// The document in it.
        document: &'c Document,
    },
    /// Octets that the signature carries in an Object, in Base64: it envelops them.
    Content {
        /// The octets.
        octets: &'c [u8],
    },
}

/// How what is signed becomes the octets that are digested: which transforms a Reference names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Octets,
    /// Out of Base64.
    Base64,
    /// Its canonical form.
    Canonical,
    /// Its canonical form without the signature.
    Enveloped,
}

/// The References to what is signed, and the Objects that carry what is in the signature itself.
#[derive(Default)]
struct References {
    references: Vec<ElementBuilder>,
    objects: Vec<ElementBuilder>,
}

/// Why there is no signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignError {
    /// The key failed.
    Key(KeyError),
    /// XML Signature has no identifier for the algorithm of the key.
    Algorithm,
    /// The digest is weak.
    Digest(DigestAlgorithm),
    /// The first certificate is not that of the key.
    WrongKey {
        /// The subject of the certificate.
        subject: String,
    },
    /// The document holds a signature already, which a second one over the whole document would break.
    AlreadySigned {
        /// Where.
        path: String,
    },
    /// No element of the document has the identifier, or several have.
    Id {
        /// The identifier.
        id: String,
        /// Whether there are several.
        several: bool,
    },
    /// What is to be said about the signature needs the signer's certificate.
    NoCertificate,
    /// A file of its own can sign files only.
    NoDocument,
    /// There is nothing to sign.
    Nothing,
    /// What is to be signed has no canonical form.
    Canonicalization(CanonicalizationError),
    /// The signature cannot be put there: the finding of the XML reader.
    Place(ParseError),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Algorithm => f.write_str("XML Signature has no identifier for the algorithm of the key"),
            Self::Digest(digest) => write!(f, "{digest} is weak: signatures with it are verified, and none are made"),
            Self::WrongKey { subject } => write!(f, "the private key does not belong to the certificate of {subject}"),
            Self::AlreadySigned { path } => write!(f, "the document is signed already, at {path}"),
            Self::Id { id, several: false } => write!(f, "no element has the identifier {id}"),
            Self::Id { id, several: true } => write!(f, "several elements have the identifier {id}"),
            Self::NoCertificate => f.write_str("this form of signature needs the certificate of the signer"),
            Self::NoDocument => f.write_str("a signature in a file of its own signs files only"),
            Self::Nothing => f.write_str("there is nothing to sign"),
            Self::Canonicalization(error) => error.fmt(f),
            Self::Place(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}

impl From<KeyError> for SignError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<CanonicalizationError> for SignError {
    fn from(error: CanonicalizationError) -> Self {
        Self::Canonicalization(error)
    }
}

impl From<ParseError> for SignError {
    fn from(error: ParseError) -> Self {
        Self::Place(error)
    }
}

impl<'k> Signer<'k> {
    /// Signs with `key`, exclusive canonical form and SHA-256, and offers the public key by value.
    #[must_use]
    pub fn new(key: &'k dyn SigningKey) -> Self {
        Self::with_key(Key::Private(key))
    }

    /// The same with a secret that is shared with whoever verifies: HMAC (RFC 2104) with `digest`. To anybody else it proves
    /// nothing.
    #[must_use]
    pub fn with_secret(secret: &'k [u8], digest: DigestAlgorithm) -> Self {
        Self::with_key(Key::Secret(secret, digest))
    }

    const fn with_key(key: Key<'k>) -> Self {
        Self {
            key,
            key_name: None,
            certificates: Vec::new(),
            canonicalization: Canonicalization::exclusive(),
            digest: DigestAlgorithm::Sha256,
            key_value: false,
            id: None,
            objects: Vec::new(),
        }
    }

    /// Gives the signature this identifier, and what other elements refer to identifiers made of it: `ID-value` to the
    /// SignatureValue, `ID-reference-N`, from 1, to the References to what is signed.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Carries `object` in the signature and signs it, after everything else.
    #[must_use]
    pub fn with_object(mut self, object: SignedObject) -> Self {
        self.objects.push(object);
        self
    }

    /// Offers these certificates in place of the bare key: the signer's first, then those that lead to a root.
    ///
    /// # Errors
    /// The first certificate is not that of the key.
    pub fn with_certificates(mut self, certificates: Vec<Certificate>) -> Result<Self, SignError> {
        match certificates.first() {
            Some(first) if Some(first.public_key()) != self.key.public_key() => {
                Err(SignError::WrongKey { subject: first.subject().to_string() })
            }
            _ => {
                self.certificates = certificates;
                Ok(self)
            }
        }
    }

    /// Calls the key by a name that whoever verifies knows.
    #[must_use]
    pub fn with_key_name(mut self, name: impl Into<String>) -> Self {
        self.key_name = Some(name.into());
        self
    }

    /// Offers the key by value as well as the certificates.
    #[must_use]
    pub fn with_key_value(mut self) -> Self {
        self.key_value = true;
        self
    }

    /// Uses this canonical form, for what is signed and for the signature's own SignedInfo.
    #[must_use]
    pub fn with_canonicalization(mut self, canonicalization: Canonicalization) -> Self {
        self.canonicalization = canonicalization;
        self
    }

    /// Uses this digest for what is signed; the digest of the signature itself is the key's.
    ///
    /// # Errors
    /// A digest that is weak: such a one is verified where that is allowed, and never made.
    pub fn with_digest(mut self, digest: DigestAlgorithm) -> Result<Self, SignError> {
        if !digest.legacy().is_empty() {
            return Err(SignError::Digest(digest));
        }
        self.digest = digest;
        Ok(self)
    }

    /// The certificates that are offered.
    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The digest for what is signed.
    pub(crate) const fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// Signs, and puts the signature into the document as the last child of `parent`. Every other octet of the
    /// document stays as it is.
    ///
    /// # Errors
    /// Why there is no signature.
    pub fn sign_in(&self, parent: Element<'_>, what: &[Signed<'_>]) -> Result<Vec<u8>, SignError> {
        let document = parent.document();
        let references = self.references(what, Some(parent))?;
        let (before, after) = context(parent);
        let signature = self.signature(references, &before, &after)?;
        Ok(insert(document.source(), parent, &signature))
    }

    /// Signs files, or content that it carries, the signature to be a file of its own.
    ///
    /// # Errors
    /// Why there is no signature.
    pub fn sign_detached(&self, what: &[Signed<'_>]) -> Result<Vec<u8>, SignError> {
        let references = self.references(what, None)?;
        let signature = self.signature(references, "", "")?;
        Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{signature}\n").into_bytes())
    }

    fn references(&self, what: &[Signed<'_>], parent: Option<Element<'_>>) -> Result<References, SignError> {
        let mut made = References::default();
        for (index, signed) in what.iter().enumerate() {
            let object = match signed {
                Signed::Content { octets } => Some(self.object(octets, index + 1, parent)?),
                _ => None,
            };
            let mut reference = self.reference(*signed, parent, object.as_ref())?;
            if let Some(id) = &self.id {
                reference.set_attribute("Id", format!("{id}-reference-{}", index + 1));
            }
            made.references.push(reference);
            made.objects.extend(object);
        }
        Ok(made)
    }

    /// The `number`th thing signed, in an Object with an identifier that nothing in the document of `parent` has.
    fn object(&self, octets: &[u8], number: usize, parent: Option<Element<'_>>) -> Result<ElementBuilder, SignError> {
        let id = self.id.iter().fold(format!("object-{number}"), |end, id| format!("{id}-{end}"));
        if parent.is_some_and(|parent| element_with_id(parent.document(), &id) != Err(IdError::None)) {
            return Err(SignError::Id { id, several: true });
        }
        let mut object = ElementBuilder::new(SIGNATURE, "Object");
        object.set_attribute("Id", id);
        object.set_attribute("Encoding", BASE64);
        object.push_text(STANDARD.encode(octets));
        Ok(object)
    }

    pub(super) const fn canonicalization(&self) -> &Canonicalization {
        &self.canonicalization
    }

    /// The signature over the document with this digest, to stand in an element with this start tag.
    pub(super) fn signature_over(&self, digest: Digest, context: &str) -> Result<String, SignError> {
        let mut reference = self.reference_to(String::new(), Form::Enveloped, digest.as_ref());
        if let Some(id) = &self.id {
            reference.set_attribute("Id", format!("{id}-reference-1"));
        }
        let references = References { references: vec![reference], ..References::default() };
        self.signature(references, context, "</context>")
    }

    /// The Reference to `signed`, which may be in `object`, out of a signature that will stand in `parent`.
    fn reference(
        &self,
        signed: Signed<'_>,
        parent: Option<Element<'_>>,
        object: Option<&ElementBuilder>,
    ) -> Result<ElementBuilder, SignError> {
        let mut context = self.digest.context();
        // What a same-document reference means has no comments (XML Signature 1.1 §4.4.3.3).
        let same_document = without_comments(&self.canonicalization);
        let (uri, form) = match (signed, parent) {
            (Signed::Document, Some(parent)) => {
                if let Some(other) = signatures(parent.document()).next() {
                    return Err(SignError::AlreadySigned { path: other.path() });
                }
                same_document.write(Subset::document(parent.document()), &mut context)?;
                (String::new(), Form::Enveloped)
            }
            (Signed::Element { id }, Some(parent)) => {
                let element = element_with_id(parent.document(), id)
                    .map_err(|error| SignError::Id { id: id.to_owned(), several: error == IdError::Several })?;
                same_document.write(Subset::element(element), &mut context)?;
                (format!("#{id}"), if element.contains(parent.id()) { Form::Enveloped } else { Form::Canonical })
            }
            (Signed::File { name, octets }, _) => {
                context.update(octets);
                (file_uri(name), Form::Octets)
            }
            (Signed::XmlFile { name, document }, _) => {
                self.canonicalization.write(Subset::document(document), &mut context)?;
                (file_uri(name), Form::Canonical)
            }
            (Signed::Content { octets }, _) => {
                context.update(octets);
                let id = object.and_then(|object| object.attribute("Id")).unwrap_or_default();
                (format!("#{id}"), Form::Base64)
            }
            (Signed::Document | Signed::Element { .. }, None) => return Err(SignError::NoDocument),
        };
        Ok(self.reference_to(uri, form, context.finish().as_ref()))
    }

    fn reference_to(&self, uri: String, form: Form, digest: &[u8]) -> ElementBuilder {
        let mut reference = ElementBuilder::new(SIGNATURE, "Reference");
        reference.set_attribute("URI", uri);
        if form != Form::Octets {
            let transforms = reference.push_element(SIGNATURE, "Transforms");
            let mut push = |algorithm: &str| {
                transforms.push_element(SIGNATURE, "Transform").set_attribute("Algorithm", algorithm);
            };
            match form {
                Form::Base64 => push(BASE64),
                Form::Enveloped => push(ENVELOPED),
                Form::Octets | Form::Canonical => {}
            }
            if form != Form::Base64 {
                self.push_form(transforms, "Transform");
            }
        }
        reference.push_element(SIGNATURE, "DigestMethod").set_attribute("Algorithm", digest_identifier(self.digest));
        reference.push_element(SIGNATURE, "DigestValue").push_text(STANDARD.encode(digest));
        reference
    }

    /// Names the canonical form in an element `name` of `parent`.
    fn push_form(&self, parent: &mut ElementBuilder, name: &str) {
        let method = parent.push_element(SIGNATURE, name);
        method.set_attribute("Algorithm", self.canonicalization.identifier());
        let prefixes: Vec<_> = self.canonicalization.inclusive_prefixes().collect();
        if !prefixes.is_empty() {
            method.push_element(EXCLUSIVE, "InclusiveNamespaces").set_attribute("PrefixList", prefixes.join(" "));
        }
    }

    /// The Signature element, signed as it will be between `before` and `after`.
    fn signature(&self, what: References, before: &str, after: &str) -> Result<String, SignError> {
        let References { references, objects } = what;
        if references.is_empty() && self.objects.is_empty() {
            return Err(SignError::Nothing);
        }
        let algorithm = self.key.identifier().ok_or(SignError::Algorithm)?;
        let mut writer = Writer::new().prefix("ds", SIGNATURE).without_declaration();
        for object in &self.objects {
            writer = writer.prefix(object.prefix.0, object.prefix.1);
        }
        // What is signed of the signature itself is read out of it as it will stand in its place.
        let placed = |signature: &ElementBuilder| {
            Document::parse(format!("{before}{}{after}", writer.write(signature)), &Limits::default())
        };

        let mut signed_info = ElementBuilder::new(SIGNATURE, "SignedInfo");
        self.push_form(&mut signed_info, "CanonicalizationMethod");
        signed_info.push_element(SIGNATURE, "SignatureMethod").set_attribute("Algorithm", algorithm);
        for reference in references {
            signed_info.push(reference);
        }
        let is_bare = self.certificates.is_empty() && self.key_name.is_none();
        let key = self.key.public_key().filter(|_| self.key_value || is_bare);
        let mut signature = ElementBuilder::new(SIGNATURE, "Signature");
        signature.push_element(SIGNATURE, "SignatureValue");
        let key_info = key_info(self.key_name.as_deref(), &self.certificates, key);
        if !key_info.is_empty() {
            signature.push(key_info);
        }
        for object in objects {
            signature.push(object);
        }
        for object in &self.objects {
            signature.push_element(SIGNATURE, "Object").push(object.content.clone());
        }
        if let Some(id) = &self.id {
            signature.set_attribute("Id", id);
        }
        if !self.objects.is_empty() {
            let document = placed(&signature)?;
            for object in &self.objects {
                let element = element_with_id(&document, &object.id)
                    .map_err(|error| SignError::Id { id: object.id.clone(), several: error == IdError::Several })?;
                let mut context = self.digest.context();
                without_comments(&self.canonicalization).write(Subset::element(element), &mut context)?;
                let uri = format!("#{}", object.id);
                let reference = self.reference_to(uri, Form::Canonical, context.finish().as_ref());
                signed_info.push(reference).set_attribute("Type", object.kind);
            }
        }
        signature.insert(0, signed_info);

        let document = placed(&signature)?;
        let signed_info = signatures(&document).next().and_then(|element| element.child(SIGNATURE, "SignedInfo"));
        let signed_info = signed_info.ok_or(SignError::Nothing)?;
        let value = self.key.sign(&self.canonicalization.to_vec(Subset::element(signed_info))?)?;

        if let Some(element) = signature.elements_mut().find(|element| element.local_name() == "SignatureValue") {
            if let Some(id) = &self.id {
                element.set_attribute("Id", format!("{id}-value"));
            }
            element.push_text(STANDARD.encode(value));
        }
        Ok(writer.write(&signature))
    }
}

/// The Signature elements of a document, wherever they stand.
pub(crate) fn signatures(document: &Document) -> impl Iterator<Item = Element<'_>> {
    let root = document.root();
    let elements = std::iter::once(root).chain(root.descendants().filter_map(Node::as_element));
    elements.filter(|element| element.is(SIGNATURE, "Signature"))
}

/// A start tag and an end tag with all that a canonical form of an element in `parent` takes over from around it: the
/// namespaces in scope and the attributes of the namespace `xml`.
fn context(parent: Element<'_>) -> (String, String) {
    let source = parent.document().source();
    let mut tag = String::from("<context");
    let mut seen: Vec<String> = Vec::new();
    for ancestor in parent.ancestors() {
        let declarations =
            ancestor.declarations().map(|declared| (format!("xmlns:{}", declared.prefix), declared.span));
        let attributes = ancestor
            .attributes()
            .filter(|attribute| attribute.namespace() == XML_NAMESPACE)
            .map(|attribute| (attribute.local_name().to_owned(), attribute.span()));
        for (name, span) in declarations.chain(attributes) {
            // The innermost one holds.
            if !seen.contains(&name) {
                tag.push(' ');
                tag.push_str(&String::from_utf8_lossy(span.slice(source)));
                seen.push(name);
            }
        }
    }
    tag.push('>');
    (tag, "</context>".to_owned())
}

/// `source` with `signature` put before the end tag of `parent`; an empty-element tag becomes two tags.
pub(crate) fn insert(source: &[u8], parent: Element<'_>, signature: &str) -> Vec<u8> {
    let offset = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(source.len());
    let (at, end) = (offset(parent.content_span().end), offset(parent.span().end));
    let mut signed = Vec::with_capacity(source.len() + signature.len() + 64);
    if at == end {
        signed.extend_from_slice(&source[..at.saturating_sub("/>".len())]);
        signed.push(b'>');
        signed.extend_from_slice(signature.as_bytes());
        signed.extend_from_slice(format!("</{}>", parent.qualified_name()).as_bytes());
    } else {
        signed.extend_from_slice(&source[..at]);
        signed.extend_from_slice(signature.as_bytes());
    }
    signed.extend_from_slice(&source[at..]);
    signed
}
