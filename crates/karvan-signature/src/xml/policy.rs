//! What a signature may look like to be verified at all, and what it must cover.

use karvan_pki::Legacy;
use karvan_xml::Element;

/// What is asked of a signature before anything it signs is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What must be signed.
    pub coverage: Coverage,
    /// Which signature of the document it is about.
    pub selection: Selection,
    /// Where a signature may stand; one of them must hold.
    pub positions: Vec<Position>,
    /// What is no longer safe, and is believed all the same.
    pub legacy: Legacy,
    /// How many bits of an HMAC are enough; none for what XML Signature 1.1 §6.3.1 says.
    pub hmac_bits: Option<usize>,
    /// Nodes that the expressions of one transform may look at (`E9202`).
    pub work: u64,
    /// References of one signature at most, those of its manifests among them (`E9201`).
    pub references: usize,
    /// Transforms of one reference at most (`E9202`).
    pub transforms: usize,
    /// Certificates and keys of one KeyInfo at most (`E9203`).
    pub keys: usize,
    /// Limits on the documents read: the one that holds the signature and XML files it is detached from.
    pub xml: karvan_xml::Limits,
    /// Limits on the certificates read.
    pub certificates: karvan_pki::Limits,
}

impl Default for Policy {
    /// One signature in the document, at a usual place, over the whole document; 32 references with 3 transforms each,
    /// 16 keys.
    fn default() -> Self {
        Self {
            coverage: Coverage::Document,
            selection: Selection::Only,
            positions: vec![Position::Root, Position::Child, Position::ubl()],
            legacy: Legacy::NONE,
            hmac_bits: None,
            work: 100_000_000,
            references: 32,
            transforms: 3,
            keys: 16,
            xml: karvan_xml::Limits::default(),
            certificates: karvan_pki::Limits::default(),
        }
    }
}

/// What must be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// The document element with all in it but the signature; of a signature that is a document of its own, at least
    /// one file or object.
    ///
    /// Whoever moves a signed element elsewhere and puts another in its place (signature wrapping) fails here.
    Document,
    /// The elements with these paths, as [`Element::path`] writes them.
    Elements(Vec<String>),
    /// Whatever the signature says it signs. Use only what is handed out, never the document around it.
    Anything,
}

/// Which signature of a document is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The only one; a second one anywhere in the document is a finding.
    Only,
    /// The first one, whatever others there are.
    First,
    /// The one with this path.
    Path(String),
}

/// A place in a document where a signature may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// The signature is the document element: a detached signature, or one around what it signs.
    Root,
    /// A child of the document element.
    Child,
    /// At the end of this chain of elements (namespace, local name), which begins with a child of the document
    /// element; the signature itself is not part of it.
    Below(Vec<(String, String)>),
    /// Anywhere.
    Anywhere,
}

impl Position {
    /// Where UBL documents keep their signatures (UBL 2.1, 5 Additional Document Constraints: signature extension).
    #[must_use]
    pub fn ubl() -> Self {
        let chain = [
            ("CommonExtensionComponents-2", "UBLExtensions"),
            ("CommonExtensionComponents-2", "UBLExtension"),
            ("CommonExtensionComponents-2", "ExtensionContent"),
            ("CommonSignatureComponents-2", "UBLDocumentSignatures"),
            ("SignatureAggregateComponents-2", "SignatureInformation"),
        ];
        let namespace = |schema: &str| format!("urn:oasis:names:specification:ubl:schema:xsd:{schema}");
        Self::Below(chain.into_iter().map(|(schema, name)| (namespace(schema), name.to_owned())).collect())
    }

    /// Whether `signature` stands there.
    pub(crate) fn holds(&self, signature: Element<'_>) -> bool {
        let mut above: Vec<_> = signature.ancestors().skip(1).collect();
        // The document element may be anything.
        let has_root = above.pop().is_some();
        above.reverse();
        match self {
            Self::Root => !has_root,
            Self::Child => has_root && above.is_empty(),
            Self::Below(chain) => {
                chain.len() == above.len()
                    && above.iter().zip(chain).all(|(element, (namespace, name))| element.is(namespace, name))
            }
            Self::Anywhere => true,
        }
    }
}
